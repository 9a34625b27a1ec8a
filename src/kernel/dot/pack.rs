//! Packs the panels of the parent module.
//!
//! The sums of a panel's bytes are formed while they are in registers, as products with ones.

use super::{DotPanel, WORD};
use crate::simd::dot::terms::{Terms, TermsDispatch, WORDS};
use crate::simd::dot::{Dot, DotDispatch, FACTORS, Ints, Sums};
use core::marker::PhantomData;

/// Bytes of a block of a column before it is spread.
const BLOCK: usize = WORD * WORDS;
/// The highest bit of each byte.
const HIGHEST_BITS: i32 = 0x8080_8080u32 as i32;

/// Sums of unsigned bytes, four in each lane.
struct ByteSums<D: Dot> {
    ones: <D::Narrow as Sums<D>>::Quad,
    /// Steps that a sum has room for.
    room: usize,
    total: D::Ints,
    sum: <D::Narrow as Sums<D>>::Sum,
    steps: usize,
}

impl<D: Dot> Clone for ByteSums<D> {
    #[inline(always)]
    fn clone(&self) -> Self {
        *self
    }
}
impl<D: Dot> Copy for ByteSums<D> {}

impl<D: Dot> ByteSums<D> {
    #[inline(always)]
    fn new(isa: D) -> Self {
        let mut ones = [1u8; 2 * FACTORS];
        debug_assert!(<D::Narrow as Sums<D>>::FACTOR_BYTES <= 2 * FACTORS);
        // SAFETY: a block of factors with room to be prepared.
        let ones = unsafe {
            D::Narrow::prepare(isa, ones.as_mut_ptr());
            D::Narrow::quad(isa, ones.as_ptr(), 0)
        };
        let total = D::Ints::splat(isa.isa(), 0);
        // 255 times 1 is less than 3 times 127.
        let room = D::Narrow::most_steps(3);
        ByteSums { ones, room, total, sum: D::Narrow::begin(isa, total), steps: 0 }
    }

    /// Adds the bytes of a vector.
    #[inline(always)]
    fn add(&mut self, isa: D, bytes: D::Ints) {
        self.sum = D::Narrow::add(isa, self.sum, bytes, self.ones);
        self.steps += 1;
        if self.steps == self.room {
            self.total = D::Narrow::end(isa, self.total, self.sum);
            self.sum = D::Narrow::begin(isa, self.total);
            self.steps = 0;
        }
    }

    #[inline(always)]
    fn total(self, isa: D) -> D::Ints {
        D::Narrow::end(isa, self.total, self.sum)
    }
}

/// # Safety
/// The CPU has ISA `P`; source and destination are as large as the fields say.
pub(super) unsafe fn rows<P: Terms, const DOWN: usize>(panel: &DotPanel) {
    // SAFETY: the caller vouches for the ISA; `Rows::run` relies on the rest.
    Dot::enter(unsafe { P::assume() }.dot(), Rows::<P, DOWN>(panel, PhantomData));
}

struct Rows<'a, P, const DOWN: usize>(&'a DotPanel, PhantomData<P>);

impl<P: Terms, const DOWN: usize> DotDispatch for Rows<'_, P, DOWN> {
    type Output = ();

    #[inline(always)]
    fn run<D: Dot>(self, isa: D) {
        let panel = self.0;
        let mr = DOWN * P::LANES;
        for first in (0..mr).step_by(D::Ints::LANES) {
            let from = panel.from.wrapping_offset(first as isize * panel.i_stride);
            let to = panel.to.wrapping_add(first * WORD);
            let width = panel.width.saturating_sub(first).min(D::Ints::LANES);
            let mut words = RowWords { isa, panel, from, to, mr, width, sums: ByteSums::new(isa) };
            // SAFETY: rows `first..` of source and panel, which the caller of `rows` vouches for.
            unsafe {
                words.pack::<P>();
                if P::NUMBERS == WORD && !panel.sums.is_null() {
                    let to = panel.sums.add(first).cast::<u8>();
                    (D::Ints::load(isa.isa(), to) + words.sums.total(isa)).store(to);
                }
            }
        }
    }
}

/// The words of as many rows as there are lanes, of which `width` exist.
struct RowWords<'a, D: Dot> {
    isa: D,
    panel: &'a DotPanel,
    from: *const u8,
    to: *mut u8,
    mr: usize,
    width: usize,
    sums: ByteSums<D>,
}

impl<D: Dot> RowWords<'_, D> {
    /// Packs all words: vectors as far as there are whole ones, then word by word.
    ///
    /// # Safety
    /// The rows must be readable, the panel writable.
    #[inline(always)]
    unsafe fn pack<P: Terms>(&mut self) {
        let (isa, panel, from) = (self.isa, self.panel, self.from);
        let flip = D::Ints::splat(isa.isa(), panel.flip as i32);
        let size = (WORD / P::NUMBERS) as isize;
        let whole = if self.width == D::Ints::LANES { panel.k / P::NUMBERS } else { 0 };
        let mut done = 0;
        // SAFETY: 16 bytes of each row, of which there are LANES, or the numbers of one word; words that exist.
        unsafe {
            if panel.k_stride == size && panel.i_stride > 0 {
                done = whole - whole % 4;
                for word in (0..done).step_by(4) {
                    let at = from.add(word * WORD);
                    let [a, b, c, d] = D::Ints::gather_words(isa.isa(), at, panel.i_stride as usize);
                    self.put::<P>(word, a ^ flip);
                    self.put::<P>(word + 1, b ^ flip);
                    self.put::<P>(word + 2, c ^ flip);
                    self.put::<P>(word + 3, d ^ flip);
                }
            } else if panel.i_stride == size {
                done = whole;
                for word in 0..done {
                    let at = |i: usize| from.offset((word * P::NUMBERS + i) as isize * panel.k_stride);
                    let row = if P::NUMBERS == WORD {
                        let byte = |i: usize| D::Ints::load_bytes(isa.isa(), at(i));
                        byte(0) | byte(1).shl::<8>() | byte(2).shl::<16>() | byte(3).shl::<24>()
                    } else {
                        let half = |i: usize| D::Ints::load_halves(isa.isa(), at(i));
                        half(0) | half(1).shl::<16>()
                    };
                    self.put::<P>(word, row ^ flip);
                }
            }
            for word in done..panel.k.div_ceil(P::NUMBERS) {
                let mut words = [0u32; MOST_LANES];
                for (i, to) in words.iter_mut().enumerate().take(self.width) {
                    let row = from.wrapping_offset(i as isize * panel.i_stride);
                    *to = gather(panel, P::NUMBERS, row, word);
                }
                self.put::<P>(word, D::Ints::load(isa.isa(), words.as_ptr().cast()));
            }
        }
    }

    /// Writes word `word` of each row.
    ///
    /// # Safety
    /// The panel must have the word.
    #[inline(always)]
    unsafe fn put<P: Terms>(&mut self, word: usize, words: D::Ints) {
        // SAFETY: the caller's promise.
        unsafe { words.store(self.to.add(word * self.mr * WORD)) };
        if P::NUMBERS == WORD {
            self.sums.add(self.isa, words);
        }
    }
}

/// Lanes of the widest vector.
const MOST_LANES: usize = 16;

/// Word `word` of one row or column, filled up with zeros behind the last number.
///
/// # Safety
/// The row must be readable.
#[inline(always)]
unsafe fn gather(panel: &DotPanel, numbers: usize, row: *const u8, word: usize) -> u32 {
    let size = WORD / numbers;
    let mut bytes = [0; WORD];
    for i in 0..numbers {
        let k = word * numbers + i;
        if k < panel.k {
            // SAFETY: number k of the row.
            unsafe {
                let from = row.offset(k as isize * panel.k_stride);
                for byte in 0..size {
                    bytes[i * size + byte] = *from.add(byte) ^ panel.flip.to_le_bytes()[i * size + byte];
                }
            }
        }
    }
    u32::from_le_bytes(bytes)
}

/// # Safety
/// The CPU has ISA `P`; source and destination are as large as the fields say.
pub(super) unsafe fn columns<P: Terms, const NR: usize>(panel: &DotPanel) {
    // SAFETY: the caller vouches for the ISA; `Columns::run` relies on the rest.
    unsafe { P::assume() }.enter(Columns::<P, NR>(panel, PhantomData))
}

struct Columns<'a, P, const NR: usize>(&'a DotPanel, PhantomData<P>);

/// A block of each column.
#[repr(align(64))]
struct Block<const NR: usize>([[u8; BLOCK]; NR]);

impl<P: Terms, const NR: usize> TermsDispatch<P> for Columns<'_, P, NR> {
    #[inline(always)]
    fn run(self, isa: P) {
        let (panel, ints) = (self.0, isa.dot());
        let lanes = <<P::Dot as Dot>::Ints as Ints>::LANES;
        // Vectors may take several columns, which lie one after the other then.
        const { assert!(<<P::Dot as Dot>::Ints as Ints>::LANES <= WORDS || P::BLOCK_BYTES == BLOCK) };
        const { assert!((NR * WORDS).is_multiple_of(<<P::Dot as Dot>::Ints as Ints>::LANES)) };
        const { assert!(NR <= MOST_COLUMNS) };
        let vectors = NR * WORDS / lanes;
        let splat = |x: i32| <P::Dot as Dot>::Ints::splat(ints.isa(), x);
        let (flip, highest) = (splat(panel.flip as i32), splat(HIGHEST_BITS));
        let per_block = P::NUMBERS * WORDS;
        let blocks = panel.k.div_ceil(per_block);
        let sums_wanted = P::NUMBERS == WORD && !panel.sums.is_null();
        let mut sums = [ByteSums::new(ints); MOST_COLUMNS * WORDS / FEWEST_LANES];
        // What no number replaces becomes 0 when the bits are turned.
        let empty = core::array::from_fn::<u8, BLOCK, _>(|i| panel.flip.to_le_bytes()[i % WORD]);
        let mut bytes = Block([empty; NR]);
        for block in 0..blocks {
            let numbers = per_block.min(panel.k - block * per_block);
            if numbers < per_block {
                bytes.0 = [empty; NR];
            }
            // SAFETY: `numbers` numbers of each column of the source; a block of each column of the panel.
            unsafe {
                copy::<P, NR>(panel, block * per_block, numbers, &mut bytes);
                let to = panel.to.add(block * NR * P::BLOCK_BYTES);
                for (v, sums) in sums.iter_mut().enumerate().take(vectors) {
                    let at = v * lanes * WORD;
                    let words =
                        <P::Dot as Dot>::Ints::load(ints.isa(), bytes.0.as_ptr().cast::<u8>().add(at));
                    let words = words ^ flip;
                    if sums_wanted {
                        sums.add(ints, words ^ highest);
                    }
                    words.store(to.add(at / BLOCK * P::BLOCK_BYTES + at % BLOCK));
                }
                for j in 0..NR {
                    isa.spread(to.add(j * P::BLOCK_BYTES));
                }
            }
        }
        if sums_wanted {
            let mut lanes_of = [[0i32; WORDS]; NR];
            for (v, sums) in sums.iter().enumerate().take(vectors) {
                // SAFETY: as many lanes as the columns have words.
                unsafe { sums.total(ints).store(lanes_of.as_mut_ptr().cast::<u8>().add(v * lanes * WORD)) };
            }
            // Each byte was summed 128 larger than it is.
            let above = (128 * BLOCK * blocks) as i32;
            for (j, lanes) in lanes_of.iter().enumerate() {
                let sum = lanes.iter().fold(0i32, |sum, &lane| sum.wrapping_add(lane)).wrapping_sub(above);
                // SAFETY: a sum for each column.
                unsafe {
                    let to = panel.sums.add(j);
                    to.write_unaligned(to.read_unaligned().wrapping_add(sum));
                }
            }
        }
    }
}

/// Columns of the widest panel.
const MOST_COLUMNS: usize = 8;
/// Lanes of the narrowest vector.
const FEWEST_LANES: usize = 4;

/// Copies `count` numbers of each column that exists, from number `first` on.
///
/// # Safety
/// They must be readable.
#[inline(always)]
unsafe fn copy<P: Terms, const NR: usize>(panel: &DotPanel, first: usize, count: usize, to: &mut Block<NR>) {
    let size = WORD / P::NUMBERS;
    // SAFETY: the caller vouches for the numbers; a block has room for as many.
    unsafe {
        let from = panel.from.offset(first as isize * panel.k_stride);
        if panel.k_stride == size as isize {
            for (j, column) in to.0.iter_mut().enumerate().take(panel.width) {
                let from = from.offset(j as isize * panel.i_stride);
                if count * size == BLOCK {
                    *column = from.cast::<[u8; BLOCK]>().read_unaligned();
                } else {
                    from.copy_to_nonoverlapping(column.as_mut_ptr(), count * size);
                }
            }
        } else {
            for number in 0..count {
                let from = from.offset(number as isize * panel.k_stride);
                for (j, column) in to.0.iter_mut().enumerate().take(panel.width) {
                    let from = from.offset(j as isize * panel.i_stride);
                    for byte in 0..size {
                        column[number * size + byte] = *from.add(byte);
                    }
                }
            }
        }
    }
}

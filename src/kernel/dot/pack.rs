//! Packs the panels of the parent module.
//!
//! Numbers of a row or column that are adjacent are read along it; where those of a k are, a word of many rows or
//! columns at a time, for columns to be transposed.
//!
//! The sums of a panel's bytes are formed while they are in registers, as products with ones.

use super::{DotPanel, WORD};
use crate::simd::dot::terms::{Terms, TermsDispatch, WORDS};
use crate::simd::dot::{Dot, DotDispatch, FACTORS, Ints, Sums};
use crate::simd::{Isa, Transposition};
use core::marker::PhantomData;
use core::ops::Range;

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

/// Bytes after which addresses share the places of a line in L1, and how many places there are, on CPUs of this line.
const L1_PERIOD: usize = 4096;
const L1_WAYS: usize = 8;

/// How adjacent rows or columns are read: some k of all of them before the next.
struct Steps {
    /// Words at a time: as many as keep the lines of their numbers in L1, of which each holds rows of several panels.
    words: usize,
    /// Numbers from those of a word to what is fetched with it: what is read next, if that leaves the others in L1.
    ahead: usize,
}

impl Steps {
    fn new(k_stride: isize, numbers: usize) -> Steps {
        let shared = 1 << k_stride.unsigned_abs().trailing_zeros().min(L1_PERIOD.trailing_zeros());
        let lines = L1_WAYS * (L1_PERIOD / shared);
        let words = (lines / numbers).min(WORDS);
        Steps { words, ahead: if 2 * words * numbers <= lines { words * numbers } else { 0 } }
    }

    /// Fetches what is read after numbers `k` of the line at `from`.
    #[inline(always)]
    fn fetch<S: Isa>(&self, isa: S, from: *const u8, k_stride: isize, k: Range<usize>) {
        if self.ahead > 0 {
            for k in k {
                isa.prefetch(from.wrapping_offset((k + self.ahead) as isize * k_stride));
            }
        }
    }
}

impl<P: Terms, const DOWN: usize> DotDispatch for Rows<'_, P, DOWN> {
    type Output = ();

    #[inline(always)]
    fn run<D: Dot>(self, isa: D) {
        let panel = self.0;
        let (lanes, mr) = (D::Ints::LANES, DOWN * P::LANES);
        let words = panel.k.div_ceil(P::NUMBERS);
        let steps = if panel.is_adjacent(WORD / P::NUMBERS) {
            Steps::new(panel.k_stride, P::NUMBERS)
        } else {
            Steps { words: words.max(1), ahead: 0 }
        };
        for first_word in (0..words).step_by(steps.words) {
            let here = first_word..(first_word + steps.words).min(words);
            for (index, first_row) in (0..panel.width).step_by(mr).enumerate() {
                let (to, sums) = panel.place(index);
                let from = panel.from.wrapping_offset(first_row as isize * panel.i_stride);
                steps.fetch(isa.isa(), from, panel.k_stride, here.start * P::NUMBERS..here.end * P::NUMBERS);
                for first in (0..mr).step_by(lanes) {
                    let from = from.wrapping_offset(first as isize * panel.i_stride);
                    let to = to.wrapping_add(first * WORD);
                    let width = panel.width.saturating_sub(first_row + first).min(lanes);
                    let mut words = RowWords { isa, panel, from, to, mr, width, sums: ByteSums::new(isa) };
                    // SAFETY: rows of source and panel, which the caller of `rows` vouches for.
                    unsafe {
                        words.pack::<P>(here.clone());
                        if P::NUMBERS == WORD && !sums.is_null() {
                            let to = sums.add(first).cast::<u8>();
                            (D::Ints::load(isa.isa(), to) + words.sums.total(isa)).store(to);
                        }
                    }
                }
            }
        }
    }
}

/// A word of as many adjacent rows as there are lanes, as it stands in memory; its first number is at `from` for row 0.
///
/// # Safety
/// All its numbers must be readable.
#[inline(always)]
pub(super) unsafe fn adjacent<D: Dot, P: Terms>(isa: D, from: *const u8, k_stride: isize) -> D::Ints {
    // SAFETY: the caller's promise.
    unsafe {
        if P::NUMBERS == WORD {
            let byte = |i: isize| D::Ints::load_bytes(isa.isa(), from.offset(i * k_stride));
            byte(0) | byte(1).shl::<8>() | byte(2).shl::<16>() | byte(3).shl::<24>()
        } else {
            let half = |i: isize| D::Ints::load_halves(isa.isa(), from.offset(i * k_stride));
            half(0) | half(1).shl::<16>()
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
    /// Packs these words: vectors as far as there are whole ones, then word by word.
    ///
    /// # Safety
    /// The rows must be readable, the panel writable.
    #[inline(always)]
    unsafe fn pack<P: Terms>(&mut self, words: Range<usize>) {
        let (isa, panel, from) = (self.isa, self.panel, self.from);
        let flip = D::Ints::splat(isa.isa(), panel.flip as i32);
        let size = WORD / P::NUMBERS;
        let whole = if self.width == D::Ints::LANES { (panel.k / P::NUMBERS).min(words.end) } else { 0 };
        let mut done = words.start;
        // SAFETY: 16 bytes of each row, of which there are LANES, or the numbers of one word; words that exist.
        unsafe {
            if panel.is_adjacent(size) {
                let mut at = from.offset((done * P::NUMBERS) as isize * panel.k_stride);
                while done < whole {
                    self.put::<P>(done, adjacent::<D, P>(isa, at, panel.k_stride) ^ flip);
                    at = at.wrapping_offset(P::NUMBERS as isize * panel.k_stride);
                    done += 1;
                }
            } else if panel.k_stride == size as isize && panel.i_stride > 0 {
                while done + 4 <= whole {
                    let at = from.add(done * WORD);
                    let [a, b, c, d] = D::Ints::gather_words(isa.isa(), at, panel.i_stride as usize);
                    self.put::<P>(done, a ^ flip);
                    self.put::<P>(done + 1, b ^ flip);
                    self.put::<P>(done + 2, c ^ flip);
                    self.put::<P>(done + 3, d ^ flip);
                    done += 4;
                }
            }
            for word in done..words.end {
                let mut words = [0u32; MOST_LANES];
                for (i, to) in words.iter_mut().enumerate().take(self.width) {
                    let row = from.wrapping_offset(i as isize * panel.i_stride);
                    *to = gather(panel.numbers(), P::NUMBERS, row, word);
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

/// The numbers of a row or column.
#[derive(Clone, Copy)]
pub(super) struct Numbers {
    /// Bytes from one to the next.
    pub(super) k_stride: isize,
    /// How many.
    pub(super) k: usize,
    /// Exclusive-or of each word.
    pub(super) flip: u32,
}

/// Word `word` of one row or column, filled up with zeros behind the last number.
///
/// # Safety
/// The row must be readable.
#[inline(always)]
pub(super) unsafe fn gather(of: Numbers, numbers: usize, row: *const u8, word: usize) -> u32 {
    let size = WORD / numbers;
    let mut bytes = [0; WORD];
    for i in 0..numbers {
        let k = word * numbers + i;
        if k < of.k {
            // SAFETY: number k of the row.
            unsafe {
                let from = row.offset(k as isize * of.k_stride);
                for byte in 0..size {
                    bytes[i * size + byte] = *from.add(byte) ^ of.flip.to_le_bytes()[i * size + byte];
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

/// A block of each column of a panel, and of the next where there are fewer than a transposition makes.
#[repr(align(64))]
struct Block([[u8; BLOCK]; MOST_COLUMNS]);

/// Adjacent columns that are transposed at a time: whole panels, whole lines.
const CHUNK: usize = 192;
/// A block of words of adjacent columns, and what a transposition may read behind them.
type Words = [[u32; CHUNK + MOST_COLUMNS]; WORDS];

impl<P: Terms, const NR: usize> TermsDispatch<P> for Columns<'_, P, NR> {
    #[inline(always)]
    fn run(self, isa: P) {
        const { assert!(NR <= MOST_COLUMNS && CHUNK.is_multiple_of(NR)) };
        let panel = self.0;
        let blocks = panel.k.div_ceil(P::NUMBERS * WORDS);
        let panels = panel.width.div_ceil(NR);
        if !panel.is_adjacent(WORD / P::NUMBERS) {
            for index in 0..panels {
                // SAFETY: a panel that the caller vouches for, the numbers of its columns.
                unsafe {
                    self.pack(isa, index, 0..blocks, |first, count, to| {
                        copy::<P>(panel, index * NR, NR, first, count, to)
                    })
                };
            }
            return;
        }
        let mut words: Words = [[0; CHUNK + MOST_COLUMNS]; WORDS];
        for chunk in (0..panel.width).step_by(CHUNK) {
            let panels = chunk / NR..(chunk + CHUNK).min(panel.width).div_ceil(NR);
            for block in 0..blocks {
                // SAFETY: numbers of columns that exist.
                unsafe { self.read(isa, chunk, block, &mut words) };
                for index in panels.clone() {
                    let from = words[0][index * NR - chunk..].as_ptr();
                    // SAFETY: a panel that the caller vouches for; words that were read, or are not used.
                    unsafe {
                        self.pack(isa, index, block..block + 1, |_, _, to| {
                            isa.dot().isa().transpose(Transposition {
                                from,
                                from_stride: (CHUNK + MOST_COLUMNS) as isize,
                                rows: WORDS,
                                cols: MOST_COLUMNS,
                                to: to.0.as_mut_ptr().cast(),
                                to_stride: WORDS,
                                width: WORDS,
                                ahead: 0,
                            })
                        })
                    };
                }
            }
        }
    }
}

impl<P: Terms, const NR: usize> Columns<'_, P, NR> {
    /// Reads block `block` of adjacent columns `first..`, [`CHUNK`] of them if there are so many.
    ///
    /// # Safety
    /// They must be readable.
    #[inline(always)]
    unsafe fn read(&self, isa: P, first: usize, block: usize, words: &mut Words) {
        let (panel, ints) = (self.0, isa.dot());
        let lanes = <<P::Dot as Dot>::Ints as Ints>::LANES;
        let width = (panel.width - first).min(CHUNK);
        let from = panel.from.wrapping_offset(first as isize * panel.i_stride);
        // A word's lines are used up at once here.
        let next = Steps { words: 1, ahead: WORDS * P::NUMBERS };
        for (i, words) in words.iter_mut().enumerate() {
            let word = block * WORDS + i;
            for line in (0..width * WORD / P::NUMBERS).step_by(LINE) {
                let (from, k) = (from.wrapping_add(line), word * P::NUMBERS..(word + 1) * P::NUMBERS);
                next.fetch(ints.isa(), from, panel.k_stride, k);
            }
            // What no number replaces becomes 0 when the bits are turned.
            let whole = if (word + 1) * P::NUMBERS <= panel.k { width - width % lanes } else { 0 };
            // SAFETY: the caller's promise.
            unsafe {
                let at = from.wrapping_offset((word * P::NUMBERS) as isize * panel.k_stride);
                for j in (0..whole).step_by(lanes) {
                    let at = at.offset(j as isize * panel.i_stride);
                    adjacent::<P::Dot, P>(ints, at, panel.k_stride).store(words.as_mut_ptr().add(j).cast());
                }
                for (j, to) in words.iter_mut().enumerate().take(width).skip(whole) {
                    let column = from.offset(j as isize * panel.i_stride);
                    *to = gather(panel.numbers(), P::NUMBERS, column, word) ^ panel.flip;
                }
                words[width..].fill(panel.flip);
            }
        }
    }

    /// Packs blocks of panel `index`, which `bring` brings: from number `first` on, `count` numbers of each column.
    ///
    /// # Safety
    /// The panel must have the blocks.
    #[inline(always)]
    unsafe fn pack(
        &self,
        isa: P,
        index: usize,
        blocks: Range<usize>,
        mut bring: impl FnMut(usize, usize, &mut Block),
    ) {
        let (panel, ints) = (self.0, isa.dot());
        let lanes = <<P::Dot as Dot>::Ints as Ints>::LANES;
        // Vectors may take several columns, which lie one after the other then.
        const { assert!(<<P::Dot as Dot>::Ints as Ints>::LANES <= WORDS || P::BLOCK_BYTES == BLOCK) };
        const { assert!((NR * WORDS).is_multiple_of(<<P::Dot as Dot>::Ints as Ints>::LANES)) };
        let vectors = NR * WORDS / lanes;
        let splat = |x: i32| <P::Dot as Dot>::Ints::splat(ints.isa(), x);
        let (flip, highest) = (splat(panel.flip as i32), splat(HIGHEST_BITS));
        let per_block = P::NUMBERS * WORDS;
        let (to, sums_to) = panel.place(index);
        let sums_wanted = P::NUMBERS == WORD && !sums_to.is_null();
        let mut sums = [ByteSums::new(ints); MOST_COLUMNS * WORDS / FEWEST_LANES];
        // What no number replaces becomes 0 when the bits are turned.
        let empty = core::array::from_fn::<u8, BLOCK, _>(|i| panel.flip.to_le_bytes()[i % WORD]);
        let mut bytes = Block([empty; MOST_COLUMNS]);
        for block in blocks.clone() {
            let numbers = per_block.min(panel.k - block * per_block);
            if numbers < per_block {
                bytes.0 = [empty; MOST_COLUMNS];
            }
            bring(block * per_block, numbers, &mut bytes);
            // SAFETY: a block of each column of the panel.
            unsafe {
                let to = to.add(block * NR * P::BLOCK_BYTES);
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
            let above = (128 * BLOCK * blocks.len()) as i32;
            for (j, lanes) in lanes_of.iter().enumerate() {
                let sum = lanes.iter().fold(0i32, |sum, &lane| sum.wrapping_add(lane)).wrapping_sub(above);
                // SAFETY: a sum for each column.
                unsafe {
                    let to = sums_to.add(j);
                    to.write_unaligned(to.read_unaligned().wrapping_add(sum));
                }
            }
        }
    }
}

/// Bytes of a cache line.
const LINE: usize = 64;
/// Columns of the widest panel.
const MOST_COLUMNS: usize = 8;
/// Lanes of the narrowest vector.
const FEWEST_LANES: usize = 4;

/// Copies `count` numbers of each of `n` columns from `column` on that exist, from number `first` on.
///
/// # Safety
/// They must be readable.
#[inline(always)]
unsafe fn copy<P: Terms>(
    panel: &DotPanel,
    column: usize,
    n: usize,
    first: usize,
    count: usize,
    to: &mut Block,
) {
    let size = WORD / P::NUMBERS;
    let width = (panel.width - column).min(n);
    // SAFETY: the caller vouches for the numbers; a block has room for as many.
    unsafe {
        let from = panel.from.offset(column as isize * panel.i_stride + first as isize * panel.k_stride);
        if panel.k_stride == size as isize {
            for (j, column) in to.0.iter_mut().enumerate().take(width) {
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
                for (j, column) in to.0.iter_mut().enumerate().take(width) {
                    let from = from.offset(j as isize * panel.i_stride);
                    for byte in 0..size {
                        column[number * size + byte] = *from.add(byte);
                    }
                }
            }
        }
    }
}

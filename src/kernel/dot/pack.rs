//! Packs the panels of the parent module.
//!
//! Numbers of a row or column that are adjacent are read along it; where those of a k are, a word of as many rows or
//! columns as there are lanes at a time, for columns to be transposed.
//!
//! The sums of a panel's bytes are formed while they are in registers, as products with ones.

use super::{DotPanel, MOST_COLUMNS, WORD};
use crate::platform::memory::LINE;
use crate::simd::Isa;
use crate::simd::dot::terms::{Terms, TermsDispatch, WORDS};
use crate::simd::dot::{Dot, DotDispatch, FACTORS, Ints, Sums};
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
/// Bytes of a source up to which nothing is fetched: the whole of it may be near, and takes less time than asking.
const FETCHED_ABOVE: usize = 16 << 10;

/// How adjacent rows or columns are read: some k of all of them before the next.
struct Steps {
    /// Words at a time: as many as keep the lines of their numbers in L1, of which each holds rows of several panels.
    words: usize,
    /// Numbers from those of a word to what is fetched with it: what is read next.
    ahead: usize,
}

impl Steps {
    /// For `width` rows or columns of `words` words.
    fn new(k_stride: isize, numbers: usize, width: usize, words: usize) -> Steps {
        if width * words * WORD <= FETCHED_ABOVE {
            return Steps { words: words.max(1), ahead: 0 };
        }
        let shared = 1 << k_stride.unsigned_abs().trailing_zeros().min(L1_PERIOD.trailing_zeros());
        let lines = L1_WAYS * (L1_PERIOD / shared);
        let words = (lines / numbers).min(WORDS);
        // What L1 has no room for stays in L2.
        Steps { words, ahead: words * numbers }
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
            Steps::new(panel.k_stride, P::NUMBERS, panel.width, words)
        } else {
            Steps { words: words.max(1), ahead: 0 }
        };
        for first_word in (0..words).step_by(steps.words) {
            let here = first_word..(first_word + steps.words).min(words);
            for (index, first_row) in (0..panel.width).step_by(mr).enumerate() {
                let (to, sums) = panel.place(index);
                let from = panel.from.wrapping_offset(first_row as isize * panel.i_stride);
                let numbers = here.start * P::NUMBERS..here.end * P::NUMBERS;
                for line in (0..mr * WORD / P::NUMBERS).step_by(LINE) {
                    steps.fetch(isa.isa(), from.wrapping_add(line), panel.k_stride, numbers.clone());
                }
                for first in (0..mr).step_by(lanes) {
                    let from = from.wrapping_offset(first as isize * panel.i_stride);
                    let to = to.wrapping_add(first * WORD);
                    let width = panel.width.saturating_sub(first_row + first).min(lanes);
                    let highest = D::Ints::splat(isa.isa(), if panel.signed { HIGHEST_BITS } else { 0 });
                    let sums_of = (!sums.is_null()).then(|| ByteSums::new(isa));
                    let mut words = RowWords { isa, panel, from, to, mr, width, highest, sums: sums_of };
                    // SAFETY: rows of source and panel, which the caller of `rows` vouches for.
                    unsafe {
                        words.pack::<P>(here.clone());
                        if P::NUMBERS == WORD
                            && let Some(sums_of) = words.sums
                        {
                            let to = sums.add(first).cast::<u8>();
                            let excess = if panel.signed { ABOVE * (here.len() * WORD) as i32 } else { 0 };
                            let total = sums_of.total(isa) - D::Ints::splat(isa.isa(), excess);
                            (D::Ints::load(isa.isa(), to) + total).store(to);
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
            D::Ints::join_bytes(isa.isa(), from, k_stride)
        } else {
            D::Ints::join_halves(isa.isa(), from, k_stride)
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
    /// What makes unsigned bytes, [`ABOVE`] larger, of signed ones, to be summed.
    highest: D::Ints,
    /// None if nobody asks for them.
    sums: Option<ByteSums<D>>,
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
            if self.width == 0 {
                // Behind the last row of all.
                for word in words {
                    self.put::<P>(word, D::Ints::splat(isa.isa(), 0));
                }
                return;
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
        if P::NUMBERS == WORD
            && let Some(sums) = &mut self.sums
        {
            sums.add(self.isa, words ^ self.highest);
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
    if of.k_stride == size as isize && (word + 1) * numbers <= of.k {
        // SAFETY: a whole word of the row.
        return unsafe { row.add(word * WORD).cast::<u32>().read_unaligned() } ^ of.flip;
    }
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

/// A block of each column of a panel.
#[repr(align(64))]
struct Block([[u8; BLOCK]; MOST_COLUMNS]);

/// Adjacent columns of which a block is packed before the next: whole panels, whole vectors, whole lines.
const CHUNK: usize = 192;
/// What each byte is too large by when sums of unsigned bytes are formed of signed ones.
const ABOVE: i32 = 128;

impl<P: Terms, const NR: usize> TermsDispatch<P> for Columns<'_, P, NR> {
    #[inline(always)]
    fn run(self, isa: P) {
        const { assert!(NR <= MOST_COLUMNS && CHUNK.is_multiple_of(NR) && CHUNK.is_multiple_of(LINE)) };
        let panel = self.0;
        // SAFETY: panels that the caller of `columns` vouches for, the numbers of their columns.
        unsafe {
            if panel.is_adjacent(WORD / P::NUMBERS) {
                for first in (0..panel.width).step_by(CHUNK) {
                    self.pack_adjacent(isa, first);
                }
            } else {
                for index in 0..panel.width.div_ceil(NR) {
                    self.pack_along(isa, index);
                }
            }
        }
    }
}

impl<P: Terms, const NR: usize> Columns<'_, P, NR> {
    const LANES: usize = <<P::Dot as Dot>::Ints as Ints>::LANES;

    /// Blocks of a column.
    fn blocks(&self) -> usize {
        self.0.k.div_ceil(P::NUMBERS * WORDS)
    }

    /// Whether sums of the columns are asked for.
    fn sums_wanted(&self) -> bool {
        P::NUMBERS == WORD && !self.0.sums.is_null()
    }

    fn splat(isa: P, x: i32) -> <P::Dot as Dot>::Ints {
        <P::Dot as Dot>::Ints::splat(isa.dot().isa(), x)
    }

    /// Packs [`CHUNK`] columns from `first` on, whose numbers of a k are adjacent: vectors of words become columns.
    ///
    /// # Safety
    /// The panels must be writable, the numbers readable.
    #[inline(always)]
    unsafe fn pack_adjacent(&self, isa: P, first: usize) {
        const { assert!(CHUNK.is_multiple_of(Self::LANES)) };
        let (panel, ints) = (self.0, isa.dot());
        let width = (panel.width - first).min(CHUNK);
        let groups = width.next_multiple_of(NR).div_ceil(Self::LANES);
        let from = panel.from.wrapping_offset(first as isize * panel.i_stride);
        let (flip, highest) = (Self::splat(isa, panel.flip as i32), Self::splat(isa, HIGHEST_BITS));
        // A word's lines are used up at once here.
        let next = Steps { words: 1, ahead: WORDS * P::NUMBERS };
        let mut sums = [Self::splat(isa, 0); CHUNK / FEWEST_LANES];
        for block in 0..self.blocks() {
            let numbers = block * WORDS * P::NUMBERS..(block + 1) * WORDS * P::NUMBERS;
            for line in (0..width * WORD / P::NUMBERS).step_by(LINE) {
                next.fetch(ints.isa(), from.wrapping_add(line), panel.k_stride, numbers.clone());
            }
            for (group, sum) in sums.iter_mut().enumerate().take(groups) {
                let column = group * Self::LANES;
                let here = width.saturating_sub(column).min(Self::LANES);
                // SAFETY: words of columns that exist; a block of each column of the panels.
                unsafe {
                    let mut words = self.words(isa, first + column, here, block);
                    let mut bytes = ByteSums::new(ints);
                    for word in &mut words {
                        *word = *word ^ flip;
                        if self.sums_wanted() {
                            bytes.add(ints, *word ^ highest);
                        }
                    }
                    if self.sums_wanted() {
                        *sum = *sum + bytes.total(ints);
                    }
                    for (v, words) in <P::Dot as Dot>::Ints::columns(words).into_iter().enumerate() {
                        let at = v * Self::LANES * WORD;
                        let column = column + at / BLOCK;
                        if column < width.next_multiple_of(NR) {
                            words.store(self.place(first + column, block).add(at % BLOCK));
                            if (at + Self::LANES * WORD).is_multiple_of(BLOCK) {
                                isa.spread(self.place(first + column, block));
                            }
                        }
                    }
                }
            }
        }
        if self.sums_wanted() {
            let mut totals = [0i32; CHUNK];
            for (group, sum) in sums.iter().enumerate().take(groups) {
                // SAFETY: as many totals as columns in a chunk.
                unsafe { sum.store(totals.as_mut_ptr().add(group * Self::LANES).cast()) };
            }
            for (column, &total) in totals.iter().enumerate().take(width.next_multiple_of(NR)) {
                // SAFETY: a column of the panels.
                unsafe { self.add_sum(first + column, total) };
            }
        }
    }

    /// The words of a block of as many adjacent columns as there are lanes, of which `here` exist. What no number
    /// stands for becomes 0 when the bits are turned.
    ///
    /// # Safety
    /// The numbers must be readable.
    #[inline(always)]
    unsafe fn words(
        &self,
        isa: P,
        column: usize,
        here: usize,
        block: usize,
    ) -> [<P::Dot as Dot>::Ints; WORDS] {
        let panel = self.0;
        let from = panel.from.wrapping_offset(column as isize * panel.i_stride);
        let mut words = [Self::splat(isa, panel.flip as i32); WORDS];
        let exist = panel.k.div_ceil(P::NUMBERS) - block * WORDS;
        for (i, to) in words.iter_mut().enumerate().take(exist) {
            let word = block * WORDS + i;
            // SAFETY: the caller's promise.
            unsafe {
                if here == Self::LANES && (word + 1) * P::NUMBERS <= panel.k {
                    let at = from.wrapping_offset((word * P::NUMBERS) as isize * panel.k_stride);
                    *to = adjacent::<P::Dot, P>(isa.dot(), at, panel.k_stride);
                } else {
                    let mut lanes = [panel.flip; MOST_LANES];
                    for (j, lane) in lanes.iter_mut().enumerate().take(here) {
                        let column = from.wrapping_offset(j as isize * panel.i_stride);
                        *lane = gather(panel.numbers(), P::NUMBERS, column, word) ^ panel.flip;
                    }
                    *to = <P::Dot as Dot>::Ints::load(isa.dot().isa(), lanes.as_ptr().cast());
                }
            }
        }
        words
    }

    /// Packs panel `index`, blocks as they lie along its columns.
    ///
    /// # Safety
    /// The panel must be writable, the numbers readable.
    #[inline(always)]
    unsafe fn pack_along(&self, isa: P, index: usize) {
        let (panel, ints) = (self.0, isa.dot());
        // Vectors may take several columns, which lie one after the other then.
        const { assert!(Self::LANES <= WORDS || P::BLOCK_BYTES == BLOCK) };
        const { assert!((NR * WORDS).is_multiple_of(Self::LANES)) };
        let vectors = NR * WORDS / Self::LANES;
        let (flip, highest) = (Self::splat(isa, panel.flip as i32), Self::splat(isa, HIGHEST_BITS));
        let per_block = P::NUMBERS * WORDS;
        let first = index * NR;
        let direct = panel.k_stride == (WORD / P::NUMBERS) as isize && first + NR <= panel.width;
        let from = panel.from.wrapping_offset(first as isize * panel.i_stride);
        let mut sums = [ByteSums::new(ints); MOST_COLUMNS * WORDS / FEWEST_LANES];
        // What no number replaces becomes 0 when the bits are turned.
        let empty = core::array::from_fn::<u8, BLOCK, _>(|i| panel.flip.to_le_bytes()[i % WORD]);
        let mut bytes = Block([empty; MOST_COLUMNS]);
        for block in 0..self.blocks() {
            let numbers = per_block.min(panel.k - block * per_block);
            // SAFETY: a block of each column, in place or copied; of each column of the panel.
            unsafe {
                let (from, stride) = if direct && numbers == per_block {
                    (from.add(block * BLOCK), panel.i_stride)
                } else {
                    bytes.0 = [empty; MOST_COLUMNS];
                    copy::<P>(panel, first, NR, block * per_block, numbers, &mut bytes);
                    (bytes.0.as_ptr().cast::<u8>(), BLOCK as isize)
                };
                let to = self.place(first, block);
                for (v, sums) in sums.iter_mut().enumerate().take(vectors) {
                    let (column, at) = (v * Self::LANES * WORD / BLOCK, v * Self::LANES * WORD % BLOCK);
                    let from = from.wrapping_offset(column as isize * stride).wrapping_add(at);
                    let words = <P::Dot as Dot>::Ints::load_blocks(ints.isa(), from, stride) ^ flip;
                    if self.sums_wanted() {
                        sums.add(ints, words ^ highest);
                    }
                    words.store(to.add(column * P::BLOCK_BYTES + at));
                }
                for j in 0..NR {
                    isa.spread(to.add(j * P::BLOCK_BYTES));
                }
            }
        }
        if self.sums_wanted() {
            let mut lanes_of = [[0i32; WORDS]; NR];
            for (v, sums) in sums.iter().enumerate().take(vectors) {
                // SAFETY: as many lanes as the columns have words.
                unsafe {
                    let to = lanes_of.as_mut_ptr().cast::<u8>().add(v * Self::LANES * WORD);
                    sums.total(ints).store(to);
                }
            }
            for (j, lanes) in lanes_of.iter().enumerate() {
                let total = lanes.iter().fold(0i32, |sum, &lane| sum.wrapping_add(lane));
                // SAFETY: a column of the panel.
                unsafe { self.add_sum(first + j, total) };
            }
        }
    }

    /// Where a block of a column goes.
    #[inline(always)]
    fn place(&self, column: usize, block: usize) -> *mut u8 {
        let (panel, _) = self.0.place(column / NR);
        panel.wrapping_add((block * NR + column % NR) * P::BLOCK_BYTES)
    }

    /// Adds the bytes of a column, each of which was summed [`ABOVE`] larger than it is.
    ///
    /// # Safety
    /// The panels must have the column, and sums.
    unsafe fn add_sum(&self, column: usize, total: i32) {
        let above = ABOVE.wrapping_mul((BLOCK * self.blocks()) as i32);
        // SAFETY: a sum for each column.
        unsafe {
            let to = self.0.place(column / NR).1.add(column % NR);
            to.write_unaligned(to.read_unaligned().wrapping_add(total.wrapping_sub(above)));
        }
    }
}

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

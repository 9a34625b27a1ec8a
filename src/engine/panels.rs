//! Operands that were packed beforehand: where their panels are.
//!
//! Panels lie as the loops read them: all panels of the first KC of k, one after the other, then those of the
//! next. A panel of depth `d` takes `d * bytes + tail` bytes.

use super::Ready;
use core::marker::PhantomData;
use core::ops::Range;

/// The measures of packed panels.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Layout {
    /// Rows (of A) or columns (of B) of a panel: MR or NR.
    pub width: usize,
    /// Bytes of one k in a panel.
    pub bytes: usize,
    /// Bytes of a panel beside those of its k.
    pub tail: usize,
    /// Depth of the blocks, KC.
    pub kc: usize,
    /// Rows or columns in all.
    pub count: usize,
    /// Depth in all.
    pub k: usize,
}

impl Layout {
    /// Panels of each block.
    fn panels(&self) -> usize {
        self.count.div_ceil(self.width)
    }

    /// Bytes of all panels; `None` if that is more than can be addressed.
    pub fn size(&self) -> Option<usize> {
        let depth = self.k.checked_mul(self.bytes)?;
        let tails = self.k.div_ceil(self.kc).checked_mul(self.tail)?;
        depth.checked_add(tails)?.checked_mul(self.panels())
    }

    /// Where the panel that begins with row or column `first` at depths `k` begins, in bytes.
    pub fn offset(&self, first: usize, k: &Range<usize>) -> usize {
        debug_assert!(k.start.is_multiple_of(self.kc) && first.is_multiple_of(self.width));
        let before = k.start * self.bytes + k.start / self.kc * self.tail;
        before * self.panels() + first / self.width * (k.len() * self.bytes + self.tail)
    }

    /// How many blocks of up to `group` panels there are.
    pub fn blocks(&self, group: usize) -> usize {
        self.k.div_ceil(self.kc.max(1)) * self.panels().div_ceil(group)
    }

    /// Block `i` of up to `group` panels, which lie one after the other: their rows or columns, and depths.
    pub fn block(&self, group: usize, i: usize) -> (Range<usize>, Range<usize>) {
        let (step, across) = (group * self.width, self.panels().div_ceil(group));
        let (from, first) = (i / across * self.kc, i % across * step);
        (first..(first + step).min(self.count), from..(from + self.kc).min(self.k))
    }
}

/// Packed panels.
#[derive(Clone, Copy, Debug)]
pub struct Panels<'a> {
    data: *const u8,
    layout: Layout,
    life: PhantomData<&'a [u8]>,
}

// SAFETY: memory that is only read.
unsafe impl Sync for Panels<'_> {}
// SAFETY: as above.
unsafe impl Send for Panels<'_> {}

impl Panels<'_> {
    /// The panels at `data`.
    ///
    /// # Safety
    /// For the lifetime `Layout::size` bytes there must be readable, and be panels of this layout.
    pub unsafe fn new(data: *const u8, layout: Layout) -> Self {
        Panels { data, layout, life: PhantomData }
    }

    /// Their measures.
    pub fn layout(&self) -> &Layout {
        &self.layout
    }

    /// The panels that begin with row or column `first` at depths `k`.
    pub fn at(&self, first: usize, k: &Range<usize>) -> *const u8 {
        self.data.wrapping_add(self.layout.offset(first, k))
    }

    /// Number `number` of the `size` bytes each that belong to (i, p), in panels of plain elements.
    pub(super) fn element(&self, i: usize, p: usize, size: usize) -> *const u8 {
        let Layout { width, kc, k, .. } = self.layout;
        let from = p / kc * kc;
        let panel = self.at(i / width * width, &(from..(from + kc).min(k)));
        panel.wrapping_add(((p - from) * width + i % width) * size)
    }
}

/// What the loops need to know of operands of which some are packed.
pub fn ready(a: Option<&Panels>, b: Option<&Panels>) -> Ready {
    let kc = a.or(b).map_or(0, |panels| panels.layout.kc);
    debug_assert!(b.is_none_or(|panels| panels.layout.kc == kc));
    Ready { kc, a: a.is_some(), b: b.is_some() }
}

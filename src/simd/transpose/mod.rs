//! Transpositions of blocks, in registers where the ISA has a way.

#[cfg(target_arch = "x86_64")]
pub(super) mod avx2;
#[cfg(target_arch = "x86_64")]
pub(super) mod avx512;

/// Arguments of [`crate::simd::Isa::transpose`].
#[derive(Clone, Copy, Debug)]
pub struct Transposition<T> {
    /// Where to read: `rows` rows of `cols` elements.
    pub from: *const T,
    /// Elements from a row read to the next.
    pub from_stride: isize,
    /// Rows to read.
    pub rows: usize,
    /// Elements of each, and rows to write.
    pub cols: usize,
    /// Where to write: `cols` rows of `width` elements.
    pub to: *mut T,
    /// Elements from a row written to the next.
    pub to_stride: usize,
    /// Elements of each row written.
    pub width: usize,
    /// Rows from each that is read to one that will be soon, and is fetched meanwhile; 0 where nothing follows.
    pub ahead: usize,
}

impl<T: Copy> Transposition<T> {
    /// The plain loop.
    ///
    /// # Safety
    /// As for [`crate::simd::Isa::transpose`].
    #[inline(always)]
    pub(super) unsafe fn plain(self) {
        for j in 0..self.cols {
            // SAFETY: row j < cols of the destination, elements i < rows <= width; source row i, element j.
            unsafe {
                let row = self.to.add(j * self.to_stride);
                for i in 0..self.rows {
                    *row.add(i) = *self.from.offset(i as isize * self.from_stride + j as isize);
                }
                core::ptr::write_bytes(row.add(self.rows), 0, self.width - self.rows);
            }
        }
    }
}

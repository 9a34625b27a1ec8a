//! The product of the four BLAS types: `C <- alpha A B + beta C`, on all of C or on one triangle.

use super::operand::{Operand, Packer};
use super::panels;
use super::{Pair, Product, Shape, Source};
use crate::kernel::tile::Tile;
use crate::kernel::triangle::Part;
use crate::kernel::{KernelSet, TileFn};
use crate::platform::topology;
use crate::scalar::Scalar;
use crate::simd::Level;
use crate::view::{Symmetry, Uplo};
use core::mem::MaybeUninit;
use core::ops::Range;

/// Which elements of C are computed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Region {
    /// All.
    Full,
    /// One triangle with the diagonal; a Hermitian one keeps its diagonal real.
    Triangle(Uplo, Symmetry),
}

/// `C <- alpha A B + beta C`.
#[derive(Debug)]
pub struct Gemm<'a, T: Scalar> {
    /// Kernels of an ISA that the CPU has.
    pub kernels: &'static KernelSet<T>,
    /// Rows of C.
    pub m: usize,
    /// Columns of C.
    pub n: usize,
    /// Terms of each sum.
    pub k: usize,
    /// Factor of the product.
    pub alpha: T,
    /// A, m x k.
    pub a: Operand<'a, T>,
    /// Whether A is conjugated, beyond what `a` says.
    pub conj_a: bool,
    /// B transposed, n x k.
    pub b: Operand<'a, T>,
    /// Whether B is conjugated, beyond what `b` says.
    pub conj_b: bool,
    /// Factor of C.
    pub beta: T,
    /// Element (0, 0) of C; rows are adjacent.
    pub c: *mut T,
    /// Elements from a column of C to the next.
    pub c_col: isize,
    /// Which part of C.
    pub region: Region,
}

// SAFETY: the pointer is C, of which the loops give every element to one thread.
unsafe impl<T: Scalar> Sync for Gemm<'_, T> {}

/// Elements of the largest tile of any kernel set, in bytes.
pub(super) const LARGEST_TILE: usize = 2048;

impl<T: Scalar> Gemm<'_, T> {
    /// The tile `rows` x `cols` of C as its kernel wants it.
    #[inline]
    pub fn packed_tile(
        &self,
        rows: Range<usize>,
        cols: Range<usize>,
        k: Range<usize>,
        pair: Pair,
    ) -> Tile<T> {
        Tile {
            k: k.len(),
            a: pair.a.cast(),
            a_k: self.kernels.mr as isize,
            b: pair.b.cast(),
            b_k: self.kernels.nr as isize,
            b_j: 1,
            next: pair.next.cast(),
            next_step: pair.next_step / size_of::<T>() as isize,
            c: self.c.wrapping_offset(rows.start as isize + cols.start as isize * self.c_col),
            c_col: self.c_col,
            m: rows.len(),
            n: cols.len(),
            alpha: self.alpha,
            beta: if k.start == 0 { self.beta } else { T::ONE },
            conj_a: self.conj_a,
            conj_b: self.conj_b,
        }
    }

    /// Runs `kernel` on a tile of C whose element (0, 0) is (`row`, `col`) of C, for what the region has of it.
    ///
    /// # Safety
    /// The kernel suits the tile, whose panels it may read; nobody else uses the tile of C.
    #[inline(always)]
    pub(super) unsafe fn run_tile(&self, kernel: TileFn<T>, tile: &Tile<T>, row: usize, col: usize) {
        let (rows, cols) = (row..row + tile.m, col..col + tile.n);
        if let Region::Triangle(uplo, symmetry) = self.region {
            if self.skips(rows.clone(), cols.clone()) {
                return;
            }
            let inside = match uplo {
                Uplo::Upper => rows.end <= cols.start,
                Uplo::Lower => rows.start >= cols.end,
            };
            if !inside {
                // SAFETY: the caller vouches for panels and tile.
                unsafe { self.crossed_tile(tile, row, col, uplo, symmetry) };
                return;
            }
        }
        // SAFETY: the caller vouches for panels and tile.
        unsafe { kernel(tile) }
    }

    /// A tile that the diagonal crosses: through a small copy, without the vectors of rows beyond the diagonal.
    ///
    /// # Safety
    /// As for [`Gemm::run_tile`].
    unsafe fn crossed_tile(&self, tile: &Tile<T>, row: usize, col: usize, uplo: Uplo, symmetry: Symmetry) {
        let KernelSet { mr, nr, vector, add_part, .. } = *self.kernels;
        let (skipped, end) = match uplo {
            Uplo::Upper => (0, (col + tile.n - row).min(tile.m)),
            Uplo::Lower => (col.saturating_sub(row) / vector * vector, tile.m),
        };
        let (m, n, c) = (end - skipped, tile.n, tile.c.wrapping_add(skipped));
        let mut copy = MaybeUninit::<[u128; LARGEST_TILE / 16]>::uninit();
        debug_assert!(n <= nr && mr * nr * size_of::<T>() <= LARGEST_TILE);
        let sums = copy.as_mut_ptr().cast::<T>();
        let whole =
            Tile { m, a: tile.a.wrapping_add(skipped), c: sums, c_col: mr as isize, beta: T::ZERO, ..*tile };
        let diagonal = col as isize - (row + skipped) as isize;
        // SAFETY: the panels are the caller's, with rows adjacent; the copy holds a whole tile; of C the rows and columns
        // that exist.
        unsafe {
            self.kernels.direct(m, n)(&whole);
            add_part(&Part {
                sums,
                sums_col: mr,
                c,
                c_col: tile.c_col,
                m,
                n,
                diagonal,
                uplo,
                beta: tile.beta,
            });
        }
        if symmetry == Symmetry::Hermitian {
            for j in 0..n {
                let i = diagonal + j as isize;
                if (0..m as isize).contains(&i) {
                    // SAFETY: element (i, j) of the tile, on the diagonal.
                    unsafe {
                        let element = c.offset(i + j as isize * tile.c_col);
                        *element = T::from_real((*element).re());
                    }
                }
            }
        }
    }
}

impl<T: Scalar> Product for Gemm<'_, T> {
    fn shape(&self) -> Shape {
        let KernelSet { mr, nr, .. } = *self.kernels;
        let (triangle, factor) = match self.region {
            Region::Full => (None, 1.0),
            Region::Triangle(uplo, _) => (Some(uplo), 2.0),
        };
        let (a, b) = ((mr, mr * size_of::<T>()), (nr, nr * size_of::<T>()));
        Shape {
            ready: panels::ready(self.a.panels(), self.b.panels()),
            triangle,
            ..Shape::new([self.m, self.n, self.k], a, b, rate::<T>(self.kernels.level) * factor)
        }
    }

    unsafe fn pack_a(&self, rows: Range<usize>, k: Range<usize>, to: *mut u8) {
        let packer = Packer { level: self.kernels.level, pack: self.kernels.pack, width: self.kernels.mr };
        // SAFETY: the kernel set is one that the CPU has; the caller vouches for `to`.
        unsafe { self.a.pack(packer, rows, k, to.cast()) }
    }

    unsafe fn pack_b(&self, cols: Range<usize>, k: Range<usize>, to: *mut u8) {
        let packer = Packer { level: self.kernels.level, pack: self.kernels.pack, width: self.kernels.nr };
        // SAFETY: the kernel set is one that the CPU has; the caller vouches for `to`.
        unsafe { self.b.pack(packer, cols, k, to.cast()) }
    }

    fn ready_a(&self, rows: &Range<usize>, k: &Range<usize>) -> Option<*const u8> {
        self.a.panels().map(|panels| panels.at(rows.start, k))
    }

    fn a_source(&self, rows: &Range<usize>, k: &Range<usize>) -> Option<Source> {
        let Operand::Dense(a) = &self.a else { return None };
        let step = a.col_stride() * size_of::<T>() as isize;
        // Lines a multiple of a power of two apart share as much less of L2, and drive each other out.
        let apart = 1 << step.trailing_zeros().min(16);
        let fits = 2 * k.len() * apart <= topology::get().caches.l2;
        (a.row_stride() == 1 && fits).then(|| Source {
            first: a.at(rows.start, k.start).cast(),
            step,
            bytes: rows.len() * size_of::<T>(),
        })
    }

    fn ready_b(&self, cols: &Range<usize>, k: &Range<usize>) -> Option<*const u8> {
        self.b.panels().map(|panels| panels.at(cols.start, k))
    }

    #[inline]
    unsafe fn tile(&self, rows: Range<usize>, cols: Range<usize>, k: Range<usize>, pair: Pair) {
        let tile = self.packed_tile(rows.clone(), cols.clone(), k, pair);
        // A tile that lacks whole vectors of rows does without them.
        let short = tile.m + self.kernels.vector <= self.kernels.mr;
        let kernel = if short { self.kernels.direct(tile.m, tile.n) } else { self.kernels.tile };
        // SAFETY: the caller vouches for panels and tile.
        unsafe { self.run_tile(kernel, &tile, rows.start, cols.start) }
    }

    #[inline]
    fn skips(&self, rows: Range<usize>, cols: Range<usize>) -> bool {
        match self.region {
            Region::Full => false,
            Region::Triangle(Uplo::Upper, _) => rows.start >= cols.end,
            Region::Triangle(Uplo::Lower, _) => rows.end <= cols.start,
        }
    }
}

/// Multiply-adds of `T` that one core does in a nanosecond, roughly: for the choice of threads only.
pub fn rate<T: Scalar>(level: Level) -> f64 {
    let f32_rate = match level {
        Level::Avx512 => 60.0,
        Level::Avx2 => 50.0,
        Level::Portable => 8.0,
    };
    let wide = if size_of::<T::Real>() == 8 { 2.0 } else { 1.0 };
    let parts = if T::IS_COMPLEX { 4.0 } else { 1.0 };
    f32_rate / wide / parts
}

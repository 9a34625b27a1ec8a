//! The product of the four BLAS types: `C <- alpha A B + beta C`, on all of C or on one triangle.

use super::operand::{Operand, Packer};
use super::{Product, Ready, Shape};
use crate::kernel::KernelSet;
use crate::kernel::tile::Tile;
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
const LARGEST_TILE: usize = 2048;

impl<T: Scalar> Gemm<'_, T> {
    /// A tile that the diagonal crosses: through a small copy.
    ///
    /// # Safety
    /// As for [`Product::tile`].
    unsafe fn crossed_tile(&self, mut tile: Tile<T>, row: usize, col: usize, uplo: Uplo, symmetry: Symmetry) {
        let mut copy = MaybeUninit::<[u128; LARGEST_TILE / 16]>::uninit();
        debug_assert!(self.kernels.mr * self.kernels.nr * size_of::<T>() <= LARGEST_TILE);
        let (c, beta) = (tile.c, tile.beta);
        tile.c = copy.as_mut_ptr().cast();
        tile.c_col = self.kernels.mr as isize;
        tile.beta = T::ZERO;
        // SAFETY: the panels are the caller's, the copy holds a whole tile.
        unsafe { (self.kernels.tile)(&tile) };
        for j in 0..tile.n {
            let (from, to) = match uplo {
                Uplo::Upper => (0, (col + j + 1).saturating_sub(row).min(tile.m)),
                Uplo::Lower => ((col + j).saturating_sub(row).min(tile.m), tile.m),
            };
            for i in from..to {
                // SAFETY: row i, column j of both tiles, i < m, j < n; the kernel wrote the copy.
                unsafe {
                    let sum = *tile.c.offset(j as isize * tile.c_col + i as isize);
                    let out = c.offset(j as isize * self.c_col + i as isize);
                    let new = if beta == T::ZERO { sum } else { sum + beta * *out };
                    let on_diagonal = row + i == col + j;
                    *out = if on_diagonal && symmetry == Symmetry::Hermitian {
                        T::from_real(new.re())
                    } else {
                        new
                    };
                }
            }
        }
    }
}

impl<T: Scalar> Product for Gemm<'_, T> {
    fn shape(&self) -> Shape {
        let KernelSet { mr, nr, .. } = *self.kernels;
        Shape {
            m: self.m,
            n: self.n,
            k: self.k,
            mr,
            nr,
            a_bytes: mr * size_of::<T>(),
            b_bytes: nr * size_of::<T>(),
            a_tail: 0,
            b_tail: 0,
            ready: Ready::default(),
            b_near: false,
            rate: rate::<T>(self.kernels.level) * if self.region == Region::Full { 1.0 } else { 2.0 },
        }
    }

    unsafe fn pack_a(&self, rows: Range<usize>, k: Range<usize>, to: *mut u8) {
        let packer = Packer { pack: self.kernels.pack, width: self.kernels.mr };
        // SAFETY: the kernel set is one that the CPU has; the caller vouches for `to`.
        unsafe { self.a.pack(packer, rows, k, to.cast()) }
    }

    unsafe fn pack_b(&self, cols: Range<usize>, k: Range<usize>, to: *mut u8) {
        let packer = Packer { pack: self.kernels.pack, width: self.kernels.nr };
        // SAFETY: the kernel set is one that the CPU has; the caller vouches for `to`.
        unsafe { self.b.pack(packer, cols, k, to.cast()) }
    }

    #[inline]
    unsafe fn tile(
        &self,
        rows: Range<usize>,
        cols: Range<usize>,
        k: Range<usize>,
        a: *const u8,
        b: *const u8,
    ) {
        let tile = Tile {
            k: k.len(),
            a: a.cast(),
            a_k: self.kernels.mr as isize,
            b: b.cast(),
            b_k: self.kernels.nr as isize,
            b_j: 1,
            c: self.c.wrapping_offset(rows.start as isize + cols.start as isize * self.c_col),
            c_col: self.c_col,
            m: rows.len(),
            n: cols.len(),
            alpha: self.alpha,
            beta: if k.start == 0 { self.beta } else { T::ONE },
            conj_a: self.conj_a,
            conj_b: self.conj_b,
        };
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
                unsafe { self.crossed_tile(tile, rows.start, cols.start, uplo, symmetry) };
                return;
            }
        }
        // SAFETY: the caller vouches for panels and tile.
        unsafe { (self.kernels.tile)(&tile) }
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

//! `cblas_sgemm` for libggml-blas: quantised where the rows of B hold records, else with floats.
//!
//! Called by `symbols`; calls `record` and `zenblas`.

use crate::openmp::Loan;
use crate::record::{self, Rows};
use crate::report::{self, Why};
use crate::traits::{self, FORMATS, Format};
use crate::zenblas::{self, Operand, Sgemm, Zenblas};
use core::ffi::{c_int, c_void};

/// The arguments of `cblas_sgemm`.
#[derive(Clone, Copy, Debug)]
pub struct Product {
    /// 101 for row-major.
    pub layout: c_int,
    /// 111 for A as it is.
    pub trans_a: c_int,
    /// 112 for B transposed.
    pub trans_b: c_int,
    /// Rows of C.
    pub m: c_int,
    /// Columns of C.
    pub n: c_int,
    /// Depth.
    pub k: c_int,
    /// Factor of the product.
    pub alpha: f32,
    /// The activations.
    pub a: *const f32,
    /// Their leading dimension.
    pub lda: c_int,
    /// The weights, or records of them.
    pub b: *const f32,
    /// Their leading dimension.
    pub ldb: c_int,
    /// Factor of C.
    pub beta: f32,
    /// The result.
    pub c: *mut f32,
    /// Its leading dimension.
    pub ldc: c_int,
}

impl Product {
    /// Multiplies, for libggml-blas. `next` is the `cblas_sgemm` that it would have called.
    ///
    /// # Safety
    /// As `cblas_sgemm`; B may hold records.
    pub unsafe fn for_ggml_blas(&self, next: Option<Sgemm>) {
        // SAFETY: the caller's promise.
        let why = match unsafe { self.quantised() } {
            Ok(format) => return report::as_they_are(format),
            Err(why) => why,
        };
        report::float(why);
        let zenblas = zenblas::get();
        let _loan = zenblas.and_then(Loan::begin);
        // SAFETY: B holds floats now.
        unsafe { self.with(zenblas.map(|zenblas| zenblas.sgemm).or(next)) };
    }

    /// Multiplies by zenblas's quantised product, if B holds records and all is as it should be; the place of
    /// the format in the table. Else B holds floats afterwards.
    ///
    /// # Safety
    /// As [`Product::for_ggml_blas`].
    unsafe fn quantised(&self) -> Result<usize, Why> {
        let traits::Given { since, why } = traits::given();
        let Some((n, k)) = self.weights() else {
            return Err(why);
        };
        // SAFETY: B has n rows of k floats.
        let tried = match unsafe { record::rows(self.b, n, k, since) } {
            Rows::Floats => return Err(why),
            Rows::Mixed => Err(Why::Rows),
            // SAFETY: n rows of weights, as far apart, were given to the recorder for this product.
            Rows::Weights { format, source, stride } => unsafe {
                self.multiply_blocks(format, source, stride)
            },
        };
        if tried.is_err() {
            // SAFETY: rows with records are in libggml-blas's buffer, which it fills through us.
            unsafe { record::convert(self.b.cast_mut(), n, k, since) };
        }
        tried
    }

    /// Multiplies by weights at `source`, in rows `stride` bytes apart; or does nothing.
    ///
    /// # Safety
    /// As `cblas_sgemm`, with these weights for B.
    unsafe fn multiply_blocks(
        &self,
        format: usize,
        source: *const c_void,
        stride: usize,
    ) -> Result<usize, Why> {
        let Product { m, n, k, a, lda, c, ldc, .. } = *self;
        let entry = &FORMATS[format];
        if let Some(why) = entry.later() {
            return Err(why);
        }
        if !self.is_of_ggml_blas() || entry.row_bytes(k as usize).is_none_or(|bytes| stride < bytes) {
            return Err(Why::Rows);
        }
        let zenblas = zenblas::get().ok_or(Why::NoZenblas)?;
        let _loan = Loan::begin(zenblas);
        if !entry.quantised {
            // SAFETY: the caller's promise.
            return unsafe { self.multiply_halves(zenblas, entry, source, stride) }.map(|()| format);
        }
        // SAFETY: the caller's promise.
        let status = unsafe { (zenblas.qgemm)(entry.kind, m, n, k, a, lda, source, stride, c, ldc) };
        if status == 0 { Ok(format) } else { Err(Why::Refused) }
    }

    /// Multiplies by weights of 16 bits, which become `f32` where the product reads them; or does nothing.
    ///
    /// # Safety
    /// As [`Product::multiply_blocks`].
    unsafe fn multiply_halves(
        &self,
        zenblas: &Zenblas,
        entry: &Format,
        source: *const c_void,
        stride: usize,
    ) -> Result<(), Why> {
        let Product { layout, m, n, k, a, lda, c, ldc, .. } = *self;
        let gemm = zenblas.gemm.ok_or(Why::Floats)?;
        let kind = entry.sixteen_bits().ok_or(Why::Format)?;
        let ld = c_int::try_from(stride / size_of::<u16>()).map_err(|_| Why::Rows)?;
        if lda < k || ldc < n || !stride.is_multiple_of(size_of::<u16>()) {
            return Err(Why::Rows);
        }
        let operand = |data, kind, trans, ld| Operand { data, kind, trans, ld, zero: 0 };
        let a = operand(a.cast(), zenblas::SINGLE, self.trans_a, lda);
        let b = operand(source, kind, self.trans_b, ld);
        let c = zenblas::Result { data: c.cast(), kind: zenblas::SINGLE, ld: ldc };
        let epilogue = if entry.in_bf16() { &raw const zenblas::IN_BF16 } else { core::ptr::null() };
        // SAFETY: the caller's promise, for arguments that zenblas takes.
        unsafe { gemm(layout, m, n, k, &a, &b, &c, epilogue) };
        Ok(())
    }

    /// Rows of B and floats of a row, if B is as libggml-blas's buffer is: rows one after the other.
    fn weights(&self) -> Option<(usize, usize)> {
        let rows =
            self.layout == 101 && self.trans_b == 112 && self.ldb == self.k && self.n > 0 && self.k > 0;
        rows.then_some((self.n as usize, self.k as usize))
    }

    /// Whether all else is as libggml-blas makes it: C = A B', A as it is.
    fn is_of_ggml_blas(&self) -> bool {
        self.trans_a == 111 && self.alpha == 1.0 && self.beta == 0.0 && self.m > 0
    }

    /// Multiplies by this `cblas_sgemm`.
    ///
    /// # Safety
    /// As `cblas_sgemm`.
    pub unsafe fn with(&self, sgemm: Option<Sgemm>) {
        let Product { layout, trans_a, trans_b, m, n, k, alpha, a, lda, b, ldb, beta, c, ldc } = *self;
        let Some(sgemm) = sgemm else {
            report::say("there is no other cblas_sgemm in this process");
            std::process::abort();
        };
        // SAFETY: the caller's promise.
        unsafe { sgemm(layout, trans_a, trans_b, m, n, k, alpha, a, lda, b, ldb, beta, c, ldc) }
    }
}

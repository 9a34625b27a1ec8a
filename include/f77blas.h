/* f77blas.h: the Fortran interface to BLAS, seen from C.
 *
 * Every argument is a pointer. Matrices are stored by columns. Complex numbers are pairs (real, imaginary) in
 * float or double arrays; complex functions return by value. Integer results count from 1. A Fortran compiler
 * passes the length of each CHARACTER argument as a further, hidden size_t; the library does not look at it and C
 * callers leave it out. op(A) is A, its transpose or its conjugate transpose.
 *
 * With ZENBLAS_ILP64 (or OPENBLAS_USE64BITINT) defined, blasint is 64 bits wide and dgemm_ stands for dgemm_64_. */

#ifndef F77BLAS_H
#define F77BLAS_H

#include <stddef.h>
#include "openblas_config.h"

#ifdef __cplusplus
extern "C" {
#endif

/* ---- Level 1: vectors ---- */

/* rotg: Givens rotation: find c, s with c a + s b = r and c b - conj(s) a = 0; r replaces a */
void srotg_(float *a, float *b, float *c, float *s);
void drotg_(double *a, double *b, double *c, double *s);
void crotg_(float *a, float *b, float *c, float *s);
void zrotg_(double *a, double *b, double *c, double *s);

/* rotmg: modified Givens rotation: build p = {flag, h11, h21, h12, h22} from d1, d2, b1, b2 */
void srotmg_(float *d1, float *d2, float *b1, const float *b2, float *p);
void drotmg_(double *d1, double *d2, double *b1, const double *b2, double *p);

/* rot: (x, y) <- (c x + s y, c y - s x) */
void srot_(const blasint *n, float *x, const blasint *incx, float *y, const blasint *incy, const float *c,
    const float *s);
void drot_(const blasint *n, double *x, const blasint *incx, double *y, const blasint *incy, const double *c,
    const double *s);
void csrot_(const blasint *n, float *x, const blasint *incx, float *y, const blasint *incy, const float *c,
    const float *s);
void zdrot_(const blasint *n, double *x, const blasint *incx, double *y, const blasint *incy, const double *c,
    const double *s);

/* rotm: (x, y) <- H (x, y), H as packed in p by rotmg */
void srotm_(const blasint *n, float *x, const blasint *incx, float *y, const blasint *incy, const float *p);
void drotm_(const blasint *n, double *x, const blasint *incx, double *y, const blasint *incy,
    const double *p);

/* swap: x <-> y */
void sswap_(const blasint *n, float *x, const blasint *incx, float *y, const blasint *incy);
void dswap_(const blasint *n, double *x, const blasint *incx, double *y, const blasint *incy);
void cswap_(const blasint *n, float *x, const blasint *incx, float *y, const blasint *incy);
void zswap_(const blasint *n, double *x, const blasint *incx, double *y, const blasint *incy);

/* scal: x <- alpha x (csscal, zdscal: alpha real) */
void sscal_(const blasint *n, const float *alpha, float *x, const blasint *incx);
void dscal_(const blasint *n, const double *alpha, double *x, const blasint *incx);
void cscal_(const blasint *n, const float *alpha, float *x, const blasint *incx);
void zscal_(const blasint *n, const double *alpha, double *x, const blasint *incx);
void csscal_(const blasint *n, const float *alpha, float *x, const blasint *incx);
void zdscal_(const blasint *n, const double *alpha, double *x, const blasint *incx);

/* copy: y <- x */
void scopy_(const blasint *n, const float *x, const blasint *incx, float *y, const blasint *incy);
void dcopy_(const blasint *n, const double *x, const blasint *incx, double *y, const blasint *incy);
void ccopy_(const blasint *n, const float *x, const blasint *incx, float *y, const blasint *incy);
void zcopy_(const blasint *n, const double *x, const blasint *incx, double *y, const blasint *incy);

/* axpy: y <- alpha x + y */
void saxpy_(const blasint *n, const float *alpha, const float *x, const blasint *incx, float *y,
    const blasint *incy);
void daxpy_(const blasint *n, const double *alpha, const double *x, const blasint *incx, double *y,
    const blasint *incy);
void caxpy_(const blasint *n, const float *alpha, const float *x, const blasint *incx, float *y,
    const blasint *incy);
void zaxpy_(const blasint *n, const double *alpha, const double *x, const blasint *incx, double *y,
    const blasint *incy);

/* dot: x' y; dsdot and sdsdot (alpha + x' y) accumulate in double */
float sdot_(const blasint *n, const float *x, const blasint *incx, const float *y, const blasint *incy);
double ddot_(const blasint *n, const double *x, const blasint *incx, const double *y, const blasint *incy);
double dsdot_(const blasint *n, const float *x, const blasint *incx, const float *y, const blasint *incy);
float sdsdot_(const blasint *n, const float *alpha, const float *x, const blasint *incx, const float *y,
    const blasint *incy);

/* dotu, dotc: x' y, conj(x)' y */
openblas_complex_float cdotu_(const blasint *n, const float *x, const blasint *incx, const float *y,
    const blasint *incy);
openblas_complex_float cdotc_(const blasint *n, const float *x, const blasint *incx, const float *y,
    const blasint *incy);
openblas_complex_double zdotu_(const blasint *n, const double *x, const blasint *incx, const double *y,
    const blasint *incy);
openblas_complex_double zdotc_(const blasint *n, const double *x, const blasint *incx, const double *y,
    const blasint *incy);

/* nrm2: Euclidean norm */
float snrm2_(const blasint *n, const float *x, const blasint *incx);
double dnrm2_(const blasint *n, const double *x, const blasint *incx);
float scnrm2_(const blasint *n, const float *x, const blasint *incx);
double dznrm2_(const blasint *n, const double *x, const blasint *incx);

/* asum: sum of |x_i|; complex: |re| + |im| */
float sasum_(const blasint *n, const float *x, const blasint *incx);
double dasum_(const blasint *n, const double *x, const blasint *incx);
float scasum_(const blasint *n, const float *x, const blasint *incx);
double dzasum_(const blasint *n, const double *x, const blasint *incx);

/* iamax: index of the first largest |x_i|; complex: |re| + |im| */
blasint isamax_(const blasint *n, const float *x, const blasint *incx);
blasint idamax_(const blasint *n, const double *x, const blasint *incx);
blasint icamax_(const blasint *n, const float *x, const blasint *incx);
blasint izamax_(const blasint *n, const double *x, const blasint *incx);

/* scabs1, dcabs1: |re z| + |im z| */
float scabs1_(const float *z);
double dcabs1_(const double *z);

/* ---- Level 2: matrix and vector ---- */

/* gemv: y <- alpha op(A) x + beta y, A m x n */
void sgemv_(const char *trans, const blasint *m, const blasint *n, const float *alpha, const float *a,
    const blasint *lda, const float *x, const blasint *incx, const float *beta, float *y,
    const blasint *incy);
void dgemv_(const char *trans, const blasint *m, const blasint *n, const double *alpha, const double *a,
    const blasint *lda, const double *x, const blasint *incx, const double *beta, double *y,
    const blasint *incy);
void cgemv_(const char *trans, const blasint *m, const blasint *n, const float *alpha, const float *a,
    const blasint *lda, const float *x, const blasint *incx, const float *beta, float *y,
    const blasint *incy);
void zgemv_(const char *trans, const blasint *m, const blasint *n, const double *alpha, const double *a,
    const blasint *lda, const double *x, const blasint *incx, const double *beta, double *y,
    const blasint *incy);

/* gbmv: the same, A in band storage with kl sub- and ku superdiagonals */
void sgbmv_(const char *trans, const blasint *m, const blasint *n, const blasint *kl, const blasint *ku,
    const float *alpha, const float *a, const blasint *lda, const float *x, const blasint *incx,
    const float *beta, float *y, const blasint *incy);
void dgbmv_(const char *trans, const blasint *m, const blasint *n, const blasint *kl, const blasint *ku,
    const double *alpha, const double *a, const blasint *lda, const double *x, const blasint *incx,
    const double *beta, double *y, const blasint *incy);
void cgbmv_(const char *trans, const blasint *m, const blasint *n, const blasint *kl, const blasint *ku,
    const float *alpha, const float *a, const blasint *lda, const float *x, const blasint *incx,
    const float *beta, float *y, const blasint *incy);
void zgbmv_(const char *trans, const blasint *m, const blasint *n, const blasint *kl, const blasint *ku,
    const double *alpha, const double *a, const blasint *lda, const double *x, const blasint *incx,
    const double *beta, double *y, const blasint *incy);

/* symv: y <- alpha A x + beta y, A symmetric, one triangle read */
void ssymv_(const char *uplo, const blasint *n, const float *alpha, const float *a, const blasint *lda,
    const float *x, const blasint *incx, const float *beta, float *y, const blasint *incy);
void dsymv_(const char *uplo, const blasint *n, const double *alpha, const double *a, const blasint *lda,
    const double *x, const blasint *incx, const double *beta, double *y, const blasint *incy);

/* sbmv: the same, A in band storage with k off-diagonals */
void ssbmv_(const char *uplo, const blasint *n, const blasint *k, const float *alpha, const float *a,
    const blasint *lda, const float *x, const blasint *incx, const float *beta, float *y,
    const blasint *incy);
void dsbmv_(const char *uplo, const blasint *n, const blasint *k, const double *alpha, const double *a,
    const blasint *lda, const double *x, const blasint *incx, const double *beta, double *y,
    const blasint *incy);

/* spmv: the same, A packed */
void sspmv_(const char *uplo, const blasint *n, const float *alpha, const float *ap, const float *x,
    const blasint *incx, const float *beta, float *y, const blasint *incy);
void dspmv_(const char *uplo, const blasint *n, const double *alpha, const double *ap, const double *x,
    const blasint *incx, const double *beta, double *y, const blasint *incy);

/* hemv: y <- alpha A x + beta y, A Hermitian, one triangle read */
void chemv_(const char *uplo, const blasint *n, const float *alpha, const float *a, const blasint *lda,
    const float *x, const blasint *incx, const float *beta, float *y, const blasint *incy);
void zhemv_(const char *uplo, const blasint *n, const double *alpha, const double *a, const blasint *lda,
    const double *x, const blasint *incx, const double *beta, double *y, const blasint *incy);

/* hbmv: the same, A in band storage with k off-diagonals */
void chbmv_(const char *uplo, const blasint *n, const blasint *k, const float *alpha, const float *a,
    const blasint *lda, const float *x, const blasint *incx, const float *beta, float *y,
    const blasint *incy);
void zhbmv_(const char *uplo, const blasint *n, const blasint *k, const double *alpha, const double *a,
    const blasint *lda, const double *x, const blasint *incx, const double *beta, double *y,
    const blasint *incy);

/* hpmv: the same, A packed */
void chpmv_(const char *uplo, const blasint *n, const float *alpha, const float *ap, const float *x,
    const blasint *incx, const float *beta, float *y, const blasint *incy);
void zhpmv_(const char *uplo, const blasint *n, const double *alpha, const double *ap, const double *x,
    const blasint *incx, const double *beta, double *y, const blasint *incy);

/* trmv: x <- op(A) x, A triangular */
void strmv_(const char *uplo, const char *trans, const char *diag, const blasint *n, const float *a,
    const blasint *lda, float *x, const blasint *incx);
void dtrmv_(const char *uplo, const char *trans, const char *diag, const blasint *n, const double *a,
    const blasint *lda, double *x, const blasint *incx);
void ctrmv_(const char *uplo, const char *trans, const char *diag, const blasint *n, const float *a,
    const blasint *lda, float *x, const blasint *incx);
void ztrmv_(const char *uplo, const char *trans, const char *diag, const blasint *n, const double *a,
    const blasint *lda, double *x, const blasint *incx);

/* tbmv: the same, A in band storage with k off-diagonals */
void stbmv_(const char *uplo, const char *trans, const char *diag, const blasint *n, const blasint *k,
    const float *a, const blasint *lda, float *x, const blasint *incx);
void dtbmv_(const char *uplo, const char *trans, const char *diag, const blasint *n, const blasint *k,
    const double *a, const blasint *lda, double *x, const blasint *incx);
void ctbmv_(const char *uplo, const char *trans, const char *diag, const blasint *n, const blasint *k,
    const float *a, const blasint *lda, float *x, const blasint *incx);
void ztbmv_(const char *uplo, const char *trans, const char *diag, const blasint *n, const blasint *k,
    const double *a, const blasint *lda, double *x, const blasint *incx);

/* tpmv: the same, A packed */
void stpmv_(const char *uplo, const char *trans, const char *diag, const blasint *n, const float *ap,
    float *x, const blasint *incx);
void dtpmv_(const char *uplo, const char *trans, const char *diag, const blasint *n, const double *ap,
    double *x, const blasint *incx);
void ctpmv_(const char *uplo, const char *trans, const char *diag, const blasint *n, const float *ap,
    float *x, const blasint *incx);
void ztpmv_(const char *uplo, const char *trans, const char *diag, const blasint *n, const double *ap,
    double *x, const blasint *incx);

/* trsv: solve op(A) x = b, A triangular; x replaces b */
void strsv_(const char *uplo, const char *trans, const char *diag, const blasint *n, const float *a,
    const blasint *lda, float *x, const blasint *incx);
void dtrsv_(const char *uplo, const char *trans, const char *diag, const blasint *n, const double *a,
    const blasint *lda, double *x, const blasint *incx);
void ctrsv_(const char *uplo, const char *trans, const char *diag, const blasint *n, const float *a,
    const blasint *lda, float *x, const blasint *incx);
void ztrsv_(const char *uplo, const char *trans, const char *diag, const blasint *n, const double *a,
    const blasint *lda, double *x, const blasint *incx);

/* tbsv: the same, A in band storage with k off-diagonals */
void stbsv_(const char *uplo, const char *trans, const char *diag, const blasint *n, const blasint *k,
    const float *a, const blasint *lda, float *x, const blasint *incx);
void dtbsv_(const char *uplo, const char *trans, const char *diag, const blasint *n, const blasint *k,
    const double *a, const blasint *lda, double *x, const blasint *incx);
void ctbsv_(const char *uplo, const char *trans, const char *diag, const blasint *n, const blasint *k,
    const float *a, const blasint *lda, float *x, const blasint *incx);
void ztbsv_(const char *uplo, const char *trans, const char *diag, const blasint *n, const blasint *k,
    const double *a, const blasint *lda, double *x, const blasint *incx);

/* tpsv: the same, A packed */
void stpsv_(const char *uplo, const char *trans, const char *diag, const blasint *n, const float *ap,
    float *x, const blasint *incx);
void dtpsv_(const char *uplo, const char *trans, const char *diag, const blasint *n, const double *ap,
    double *x, const blasint *incx);
void ctpsv_(const char *uplo, const char *trans, const char *diag, const blasint *n, const float *ap,
    float *x, const blasint *incx);
void ztpsv_(const char *uplo, const char *trans, const char *diag, const blasint *n, const double *ap,
    double *x, const blasint *incx);

/* ger: A <- alpha x y' + A */
void sger_(const blasint *m, const blasint *n, const float *alpha, const float *x, const blasint *incx,
    const float *y, const blasint *incy, float *a, const blasint *lda);
void dger_(const blasint *m, const blasint *n, const double *alpha, const double *x, const blasint *incx,
    const double *y, const blasint *incy, double *a, const blasint *lda);

/* geru: A <- alpha x y' + A */
void cgeru_(const blasint *m, const blasint *n, const float *alpha, const float *x, const blasint *incx,
    const float *y, const blasint *incy, float *a, const blasint *lda);
void zgeru_(const blasint *m, const blasint *n, const double *alpha, const double *x, const blasint *incx,
    const double *y, const blasint *incy, double *a, const blasint *lda);

/* gerc: A <- alpha x conj(y)' + A */
void cgerc_(const blasint *m, const blasint *n, const float *alpha, const float *x, const blasint *incx,
    const float *y, const blasint *incy, float *a, const blasint *lda);
void zgerc_(const blasint *m, const blasint *n, const double *alpha, const double *x, const blasint *incx,
    const double *y, const blasint *incy, double *a, const blasint *lda);

/* syr: A <- alpha x x' + A, one triangle */
void ssyr_(const char *uplo, const blasint *n, const float *alpha, const float *x, const blasint *incx,
    float *a, const blasint *lda);
void dsyr_(const char *uplo, const blasint *n, const double *alpha, const double *x, const blasint *incx,
    double *a, const blasint *lda);

/* spr: the same, A packed */
void sspr_(const char *uplo, const blasint *n, const float *alpha, const float *x, const blasint *incx,
    float *ap);
void dspr_(const char *uplo, const blasint *n, const double *alpha, const double *x, const blasint *incx,
    double *ap);

/* her: A <- alpha x conj(x)' + A, one triangle, alpha real */
void cher_(const char *uplo, const blasint *n, const float *alpha, const float *x, const blasint *incx,
    float *a, const blasint *lda);
void zher_(const char *uplo, const blasint *n, const double *alpha, const double *x, const blasint *incx,
    double *a, const blasint *lda);

/* hpr: the same, A packed */
void chpr_(const char *uplo, const blasint *n, const float *alpha, const float *x, const blasint *incx,
    float *ap);
void zhpr_(const char *uplo, const blasint *n, const double *alpha, const double *x, const blasint *incx,
    double *ap);

/* syr2: A <- alpha x y' + alpha y x' + A, one triangle */
void ssyr2_(const char *uplo, const blasint *n, const float *alpha, const float *x, const blasint *incx,
    const float *y, const blasint *incy, float *a, const blasint *lda);
void dsyr2_(const char *uplo, const blasint *n, const double *alpha, const double *x, const blasint *incx,
    const double *y, const blasint *incy, double *a, const blasint *lda);

/* spr2: the same, A packed */
void sspr2_(const char *uplo, const blasint *n, const float *alpha, const float *x, const blasint *incx,
    const float *y, const blasint *incy, float *ap);
void dspr2_(const char *uplo, const blasint *n, const double *alpha, const double *x, const blasint *incx,
    const double *y, const blasint *incy, double *ap);

/* her2: A <- alpha x conj(y)' + conj(alpha) y conj(x)' + A, one triangle */
void cher2_(const char *uplo, const blasint *n, const float *alpha, const float *x, const blasint *incx,
    const float *y, const blasint *incy, float *a, const blasint *lda);
void zher2_(const char *uplo, const blasint *n, const double *alpha, const double *x, const blasint *incx,
    const double *y, const blasint *incy, double *a, const blasint *lda);

/* hpr2: the same, A packed */
void chpr2_(const char *uplo, const blasint *n, const float *alpha, const float *x, const blasint *incx,
    const float *y, const blasint *incy, float *ap);
void zhpr2_(const char *uplo, const blasint *n, const double *alpha, const double *x, const blasint *incx,
    const double *y, const blasint *incy, double *ap);

/* ---- Level 3: matrix and matrix ---- */

/* gemm: C <- alpha op(A) op(B) + beta C, C m x n, inner size k */
void sgemm_(const char *transa, const char *transb, const blasint *m, const blasint *n, const blasint *k,
    const float *alpha, const float *a, const blasint *lda, const float *b, const blasint *ldb,
    const float *beta, float *c, const blasint *ldc);
void dgemm_(const char *transa, const char *transb, const blasint *m, const blasint *n, const blasint *k,
    const double *alpha, const double *a, const blasint *lda, const double *b, const blasint *ldb,
    const double *beta, double *c, const blasint *ldc);
void cgemm_(const char *transa, const char *transb, const blasint *m, const blasint *n, const blasint *k,
    const float *alpha, const float *a, const blasint *lda, const float *b, const blasint *ldb,
    const float *beta, float *c, const blasint *ldc);
void zgemm_(const char *transa, const char *transb, const blasint *m, const blasint *n, const blasint *k,
    const double *alpha, const double *a, const blasint *lda, const double *b, const blasint *ldb,
    const double *beta, double *c, const blasint *ldc);

/* symm: C <- alpha A B + beta C (left) or alpha B A + beta C (right), A symmetric */
void ssymm_(const char *side, const char *uplo, const blasint *m, const blasint *n, const float *alpha,
    const float *a, const blasint *lda, const float *b, const blasint *ldb, const float *beta, float *c,
    const blasint *ldc);
void dsymm_(const char *side, const char *uplo, const blasint *m, const blasint *n, const double *alpha,
    const double *a, const blasint *lda, const double *b, const blasint *ldb, const double *beta, double *c,
    const blasint *ldc);
void csymm_(const char *side, const char *uplo, const blasint *m, const blasint *n, const float *alpha,
    const float *a, const blasint *lda, const float *b, const blasint *ldb, const float *beta, float *c,
    const blasint *ldc);
void zsymm_(const char *side, const char *uplo, const blasint *m, const blasint *n, const double *alpha,
    const double *a, const blasint *lda, const double *b, const blasint *ldb, const double *beta, double *c,
    const blasint *ldc);

/* hemm: the same, A Hermitian */
void chemm_(const char *side, const char *uplo, const blasint *m, const blasint *n, const float *alpha,
    const float *a, const blasint *lda, const float *b, const blasint *ldb, const float *beta, float *c,
    const blasint *ldc);
void zhemm_(const char *side, const char *uplo, const blasint *m, const blasint *n, const double *alpha,
    const double *a, const blasint *lda, const double *b, const blasint *ldb, const double *beta, double *c,
    const blasint *ldc);

/* syrk: C <- alpha A A' + beta C or alpha A' A + beta C, one triangle of C */
void ssyrk_(const char *uplo, const char *trans, const blasint *n, const blasint *k, const float *alpha,
    const float *a, const blasint *lda, const float *beta, float *c, const blasint *ldc);
void dsyrk_(const char *uplo, const char *trans, const blasint *n, const blasint *k, const double *alpha,
    const double *a, const blasint *lda, const double *beta, double *c, const blasint *ldc);
void csyrk_(const char *uplo, const char *trans, const blasint *n, const blasint *k, const float *alpha,
    const float *a, const blasint *lda, const float *beta, float *c, const blasint *ldc);
void zsyrk_(const char *uplo, const char *trans, const blasint *n, const blasint *k, const double *alpha,
    const double *a, const blasint *lda, const double *beta, double *c, const blasint *ldc);

/* herk: the same with conj(A)', alpha and beta real */
void cherk_(const char *uplo, const char *trans, const blasint *n, const blasint *k, const float *alpha,
    const float *a, const blasint *lda, const float *beta, float *c, const blasint *ldc);
void zherk_(const char *uplo, const char *trans, const blasint *n, const blasint *k, const double *alpha,
    const double *a, const blasint *lda, const double *beta, double *c, const blasint *ldc);

/* syr2k: C <- alpha A B' + alpha B A' + beta C (or transposed), one triangle of C */
void ssyr2k_(const char *uplo, const char *trans, const blasint *n, const blasint *k, const float *alpha,
    const float *a, const blasint *lda, const float *b, const blasint *ldb, const float *beta, float *c,
    const blasint *ldc);
void dsyr2k_(const char *uplo, const char *trans, const blasint *n, const blasint *k, const double *alpha,
    const double *a, const blasint *lda, const double *b, const blasint *ldb, const double *beta, double *c,
    const blasint *ldc);
void csyr2k_(const char *uplo, const char *trans, const blasint *n, const blasint *k, const float *alpha,
    const float *a, const blasint *lda, const float *b, const blasint *ldb, const float *beta, float *c,
    const blasint *ldc);
void zsyr2k_(const char *uplo, const char *trans, const blasint *n, const blasint *k, const double *alpha,
    const double *a, const blasint *lda, const double *b, const blasint *ldb, const double *beta, double *c,
    const blasint *ldc);

/* her2k: C <- alpha A conj(B)' + conj(alpha) B conj(A)' + beta C (or transposed), one triangle, beta real */
void cher2k_(const char *uplo, const char *trans, const blasint *n, const blasint *k, const float *alpha,
    const float *a, const blasint *lda, const float *b, const blasint *ldb, const float *beta, float *c,
    const blasint *ldc);
void zher2k_(const char *uplo, const char *trans, const blasint *n, const blasint *k, const double *alpha,
    const double *a, const blasint *lda, const double *b, const blasint *ldb, const double *beta, double *c,
    const blasint *ldc);

/* trmm: B <- alpha op(A) B (left) or alpha B op(A) (right), A triangular */
void strmm_(const char *side, const char *uplo, const char *transa, const char *diag, const blasint *m,
    const blasint *n, const float *alpha, const float *a, const blasint *lda, float *b, const blasint *ldb);
void dtrmm_(const char *side, const char *uplo, const char *transa, const char *diag, const blasint *m,
    const blasint *n, const double *alpha, const double *a, const blasint *lda, double *b,
    const blasint *ldb);
void ctrmm_(const char *side, const char *uplo, const char *transa, const char *diag, const blasint *m,
    const blasint *n, const float *alpha, const float *a, const blasint *lda, float *b, const blasint *ldb);
void ztrmm_(const char *side, const char *uplo, const char *transa, const char *diag, const blasint *m,
    const blasint *n, const double *alpha, const double *a, const blasint *lda, double *b,
    const blasint *ldb);

/* trsm: solve op(A) X = alpha B (left) or X op(A) = alpha B (right); X replaces B */
void strsm_(const char *side, const char *uplo, const char *transa, const char *diag, const blasint *m,
    const blasint *n, const float *alpha, const float *a, const blasint *lda, float *b, const blasint *ldb);
void dtrsm_(const char *side, const char *uplo, const char *transa, const char *diag, const blasint *m,
    const blasint *n, const double *alpha, const double *a, const blasint *lda, double *b,
    const blasint *ldb);
void ctrsm_(const char *side, const char *uplo, const char *transa, const char *diag, const blasint *m,
    const blasint *n, const float *alpha, const float *a, const blasint *lda, float *b, const blasint *ldb);
void ztrsm_(const char *side, const char *uplo, const char *transa, const char *diag, const blasint *m,
    const blasint *n, const double *alpha, const double *a, const blasint *lda, double *b,
    const blasint *ldb);

/* ---- Newer routines of the reference library ---- */

/* axpby: y <- alpha x + beta y */
void saxpby_(const blasint *n, const float *alpha, const float *x, const blasint *incx, const float *beta,
    float *y, const blasint *incy);
void daxpby_(const blasint *n, const double *alpha, const double *x, const blasint *incx, const double *beta,
    double *y, const blasint *incy);
void caxpby_(const blasint *n, const float *alpha, const float *x, const blasint *incx, const float *beta,
    float *y, const blasint *incy);
void zaxpby_(const blasint *n, const double *alpha, const double *x, const blasint *incx, const double *beta,
    double *y, const blasint *incy);

/* gemmtr: one triangle of C <- alpha op(A) op(B) + beta C, C n x n */
void sgemmtr_(const char *uplo, const char *transa, const char *transb, const blasint *n, const blasint *k,
    const float *alpha, const float *a, const blasint *lda, const float *b, const blasint *ldb,
    const float *beta, float *c, const blasint *ldc);
void dgemmtr_(const char *uplo, const char *transa, const char *transb, const blasint *n, const blasint *k,
    const double *alpha, const double *a, const blasint *lda, const double *b, const blasint *ldb,
    const double *beta, double *c, const blasint *ldc);
void cgemmtr_(const char *uplo, const char *transa, const char *transb, const blasint *n, const blasint *k,
    const float *alpha, const float *a, const blasint *lda, const float *b, const blasint *ldb,
    const float *beta, float *c, const blasint *ldc);
void zgemmtr_(const char *uplo, const char *transa, const char *transb, const blasint *n, const blasint *k,
    const double *alpha, const double *a, const blasint *lda, const double *b, const blasint *ldb,
    const double *beta, double *c, const blasint *ldc);

/* ---- OpenBLAS's extensions ---- */

/* gemmt: gemmtr under its older name */
void sgemmt_(const char *uplo, const char *transa, const char *transb, const blasint *n, const blasint *k,
    const float *alpha, const float *a, const blasint *lda, const float *b, const blasint *ldb,
    const float *beta, float *c, const blasint *ldc);
void dgemmt_(const char *uplo, const char *transa, const char *transb, const blasint *n, const blasint *k,
    const double *alpha, const double *a, const blasint *lda, const double *b, const blasint *ldb,
    const double *beta, double *c, const blasint *ldc);
void cgemmt_(const char *uplo, const char *transa, const char *transb, const blasint *n, const blasint *k,
    const float *alpha, const float *a, const blasint *lda, const float *b, const blasint *ldb,
    const float *beta, float *c, const blasint *ldc);
void zgemmt_(const char *uplo, const char *transa, const char *transb, const blasint *n, const blasint *k,
    const double *alpha, const double *a, const blasint *lda, const double *b, const blasint *ldb,
    const double *beta, double *c, const blasint *ldc);

/* gemm3m: gemm allowed to use three real products for a complex one */
void cgemm3m_(const char *transa, const char *transb, const blasint *m, const blasint *n, const blasint *k,
    const float *alpha, const float *a, const blasint *lda, const float *b, const blasint *ldb,
    const float *beta, float *c, const blasint *ldc);
void zgemm3m_(const char *transa, const char *transb, const blasint *m, const blasint *n, const blasint *k,
    const double *alpha, const double *a, const blasint *lda, const double *b, const blasint *ldb,
    const double *beta, double *c, const blasint *ldc);

/* gemm_batch: group_count groups of gemm, group i with group_size[i] products of one shape */
void sgemm_batch_(const char *transa_array, const char *transb_array, const blasint *m_array,
    const blasint *n_array, const blasint *k_array, const float *alpha_array, float **a_array,
    const blasint *lda_array, float **b_array, const blasint *ldb_array, const float *beta_array,
    float **c_array, const blasint *ldc_array, const blasint *group_count, const blasint *group_size);
void dgemm_batch_(const char *transa_array, const char *transb_array, const blasint *m_array,
    const blasint *n_array, const blasint *k_array, const double *alpha_array, double **a_array,
    const blasint *lda_array, double **b_array, const blasint *ldb_array, const double *beta_array,
    double **c_array, const blasint *ldc_array, const blasint *group_count, const blasint *group_size);
void cgemm_batch_(const char *transa_array, const char *transb_array, const blasint *m_array,
    const blasint *n_array, const blasint *k_array, const float *alpha_array, float **a_array,
    const blasint *lda_array, float **b_array, const blasint *ldb_array, const float *beta_array,
    float **c_array, const blasint *ldc_array, const blasint *group_count, const blasint *group_size);
void zgemm_batch_(const char *transa_array, const char *transb_array, const blasint *m_array,
    const blasint *n_array, const blasint *k_array, const double *alpha_array, double **a_array,
    const blasint *lda_array, double **b_array, const blasint *ldb_array, const double *beta_array,
    double **c_array, const blasint *ldc_array, const blasint *group_count, const blasint *group_size);

/* gemm_batch_strided: count products of one shape, operands a fixed stride apart */
void sgemm_batch_strided_(const char *transa, const char *transb, const blasint *m, const blasint *n,
    const blasint *k, const float *alpha, const float *a, const blasint *lda, const blasint *stride_a,
    const float *b, const blasint *ldb, const blasint *stride_b, const float *beta, float *c,
    const blasint *ldc, const blasint *stride_c, const blasint *count);
void dgemm_batch_strided_(const char *transa, const char *transb, const blasint *m, const blasint *n,
    const blasint *k, const double *alpha, const double *a, const blasint *lda, const blasint *stride_a,
    const double *b, const blasint *ldb, const blasint *stride_b, const double *beta, double *c,
    const blasint *ldc, const blasint *stride_c, const blasint *count);
void cgemm_batch_strided_(const char *transa, const char *transb, const blasint *m, const blasint *n,
    const blasint *k, const float *alpha, const float *a, const blasint *lda, const blasint *stride_a,
    const float *b, const blasint *ldb, const blasint *stride_b, const float *beta, float *c,
    const blasint *ldc, const blasint *stride_c, const blasint *count);
void zgemm_batch_strided_(const char *transa, const char *transb, const blasint *m, const blasint *n,
    const blasint *k, const double *alpha, const double *a, const blasint *lda, const blasint *stride_a,
    const double *b, const blasint *ldb, const blasint *stride_b, const double *beta, double *c,
    const blasint *ldc, const blasint *stride_c, const blasint *count);

/* omatcopy: B <- alpha op(A), A rows x cols */
void somatcopy_(const char *order, const char *trans, const blasint *rows, const blasint *cols,
    const float *alpha, const float *a, const blasint *lda, float *b, const blasint *ldb);
void domatcopy_(const char *order, const char *trans, const blasint *rows, const blasint *cols,
    const double *alpha, const double *a, const blasint *lda, double *b, const blasint *ldb);
void comatcopy_(const char *order, const char *trans, const blasint *rows, const blasint *cols,
    const float *alpha, const float *a, const blasint *lda, float *b, const blasint *ldb);
void zomatcopy_(const char *order, const char *trans, const blasint *rows, const blasint *cols,
    const double *alpha, const double *a, const blasint *lda, double *b, const blasint *ldb);

/* imatcopy: A <- alpha op(A) in place, leading dimension lda before and ldb after */
void simatcopy_(const char *order, const char *trans, const blasint *rows, const blasint *cols,
    const float *alpha, float *a, const blasint *lda, const blasint *ldb);
void dimatcopy_(const char *order, const char *trans, const blasint *rows, const blasint *cols,
    const double *alpha, double *a, const blasint *lda, const blasint *ldb);
void cimatcopy_(const char *order, const char *trans, const blasint *rows, const blasint *cols,
    const float *alpha, float *a, const blasint *lda, const blasint *ldb);
void zimatcopy_(const char *order, const char *trans, const blasint *rows, const blasint *cols,
    const double *alpha, double *a, const blasint *lda, const blasint *ldb);

/* geadd: C <- alpha A + beta C, rows x cols; the nine arguments of OpenBLAS up to 0.3.30 */
void sgeadd_(const blasint *rows, const blasint *cols, const float *alpha, const float *a, const blasint *lda,
    const float *beta, float *c, const blasint *ldc);
void dgeadd_(const blasint *rows, const blasint *cols, const double *alpha, const double *a,
    const blasint *lda, const double *beta, double *c, const blasint *ldc);
void cgeadd_(const blasint *rows, const blasint *cols, const float *alpha, const float *a, const blasint *lda,
    const float *beta, float *c, const blasint *ldc);
void zgeadd_(const blasint *rows, const blasint *cols, const double *alpha, const double *a,
    const blasint *lda, const double *beta, double *c, const blasint *ldc);

/* axpyc: y <- alpha conj(x) + y */
void caxpyc_(const blasint *n, const float *alpha, const float *x, const blasint *incx, float *y,
    const blasint *incy);
void zaxpyc_(const blasint *n, const double *alpha, const double *x, const blasint *incx, double *y,
    const blasint *incy);

/* sum: sum of x_i; complex: of re + im */
float ssum_(const blasint *n, const float *x, const blasint *incx);
double dsum_(const blasint *n, const double *x, const blasint *incx);
float scsum_(const blasint *n, const float *x, const blasint *incx);
double dzsum_(const blasint *n, const double *x, const blasint *incx);

/* amax: largest |x_i|; complex: |re| + |im| */
float samax_(const blasint *n, const float *x, const blasint *incx);
double damax_(const blasint *n, const double *x, const blasint *incx);
float scamax_(const blasint *n, const float *x, const blasint *incx);
double dzamax_(const blasint *n, const double *x, const blasint *incx);

/* amin: smallest |x_i|; complex: |re| + |im| */
float samin_(const blasint *n, const float *x, const blasint *incx);
double damin_(const blasint *n, const double *x, const blasint *incx);
float scamin_(const blasint *n, const float *x, const blasint *incx);
double dzamin_(const blasint *n, const double *x, const blasint *incx);

/* max: largest x_i */
float smax_(const blasint *n, const float *x, const blasint *incx);
double dmax_(const blasint *n, const double *x, const blasint *incx);

/* min: smallest x_i */
float smin_(const blasint *n, const float *x, const blasint *incx);
double dmin_(const blasint *n, const double *x, const blasint *incx);

/* iamin: index of the first smallest |x_i|; complex: |re| + |im| */
blasint isamin_(const blasint *n, const float *x, const blasint *incx);
blasint idamin_(const blasint *n, const double *x, const blasint *incx);
blasint icamin_(const blasint *n, const float *x, const blasint *incx);
blasint izamin_(const blasint *n, const double *x, const blasint *incx);

/* imax: index of the first largest x_i */
blasint ismax_(const blasint *n, const float *x, const blasint *incx);
blasint idmax_(const blasint *n, const double *x, const blasint *incx);

/* imin: index of the first smallest x_i */
blasint ismin_(const blasint *n, const float *x, const blasint *incx);
blasint idmin_(const blasint *n, const double *x, const blasint *incx);

/* ---- Low precision ---- */

/* gemm_s8u8s32, gemm_s8s8s32, gemm_s16s16s32: C <- alpha (op(A) + ao) (op(B) + bo) + beta C + co, of integers: A and B
 * as in the name, C of 32 bits. offsetc: 'F' co is one number, 'R' a row of n, 'C' a column of m. See cblas.h. */
void gemm_s8u8s32_(const char *transa, const char *transb, const char *offsetc, const blasint *m, const blasint *n,
    const blasint *k, const float *alpha, const int8_t *a, const blasint *lda, const int8_t *ao, const uint8_t *b,
    const blasint *ldb, const int8_t *bo, const float *beta, int32_t *c, const blasint *ldc, const int32_t *co);
void gemm_s8s8s32_(const char *transa, const char *transb, const char *offsetc, const blasint *m, const blasint *n,
    const blasint *k, const float *alpha, const int8_t *a, const blasint *lda, const int8_t *ao, const int8_t *b,
    const blasint *ldb, const int8_t *bo, const float *beta, int32_t *c, const blasint *ldc, const int32_t *co);
void gemm_s16s16s32_(const char *transa, const char *transb, const char *offsetc, const blasint *m, const blasint *n,
    const blasint *k, const float *alpha, const int16_t *a, const blasint *lda, const int16_t *ao, const int16_t *b,
    const blasint *ldb, const int16_t *bo, const float *beta, int32_t *c, const blasint *ldc, const int32_t *co);

/* gemm_bf16bf16f32 and sbgemm, gemm_f16f16f32 and shgemm: C <- alpha op(A) op(B) + beta C, A and B of bf16 or half
 * precision, C of float */
void gemm_bf16bf16f32_(const char *transa, const char *transb, const blasint *m, const blasint *n, const blasint *k,
    const float *alpha, const bfloat16 *a, const blasint *lda, const bfloat16 *b, const blasint *ldb, const float
    *beta, float *c, const blasint *ldc);
void gemm_f16f16f32_(const char *transa, const char *transb, const blasint *m, const blasint *n, const blasint *k,
    const float *alpha, const hfloat16 *a, const blasint *lda, const hfloat16 *b, const blasint *ldb, const float
    *beta, float *c, const blasint *ldc);
void sbgemm_(const char *transa, const char *transb, const blasint *m, const blasint *n, const blasint *k, const float
    *alpha, const bfloat16 *a, const blasint *lda, const bfloat16 *b, const blasint *ldb, const float *beta, float *c,
    const blasint *ldc);
void shgemm_(const char *transa, const char *transb, const blasint *m, const blasint *n, const blasint *k, const float
    *alpha, const hfloat16 *a, const blasint *lda, const hfloat16 *b, const blasint *ldb, const float *beta, float *c,
    const blasint *ldc);

/* bgemm: the same, all of bf16 */
void bgemm_(const char *transa, const char *transb, const blasint *m, const blasint *n, const blasint *k, const
    bfloat16 *alpha, const bfloat16 *a, const blasint *lda, const bfloat16 *b, const blasint *ldb, const bfloat16
    *beta, bfloat16 *c, const blasint *ldc);

/* sbgemv, bgemv: y <- alpha op(A) x + beta y, A m x n and x of bf16, y of float or bf16 */
void sbgemv_(const char *trans, const blasint *m, const blasint *n, const float *alpha, const bfloat16 *a, const
    blasint *lda, const bfloat16 *x, const blasint *incx, const float *beta, float *y, const blasint *incy);
void bgemv_(const char *trans, const blasint *m, const blasint *n, const bfloat16 *alpha, const bfloat16 *a, const
    blasint *lda, const bfloat16 *x, const blasint *incx, const bfloat16 *beta, bfloat16 *y, const blasint *incy);

/* sbdot: x' y, of bf16 */
float sbdot_(const blasint *n, const bfloat16 *x, const blasint *incx, const bfloat16 *y, const blasint *incy);

/* sbstobf16, sbdtobf16: out <- in as bf16, rounded once to nearest even; sbf16tos, dbf16tod: the way back */
void sbstobf16_(const blasint *n, const float *in, const blasint *incin, bfloat16 *out, const blasint *incout);
void sbdtobf16_(const blasint *n, const double *in, const blasint *incin, bfloat16 *out, const blasint *incout);
void sbf16tos_(const blasint *n, const bfloat16 *in, const blasint *incin, float *out, const blasint *incout);
void dbf16tod_(const blasint *n, const bfloat16 *in, const blasint *incin, double *out, const blasint *incout);

/* ---- Operands packed once, used again and again: see cblas.h. identifier: 'A' or 'B'; trans 'P': packed ---- */

size_t gemm_s8u8s32_pack_get_size_(const char *identifier, const blasint *m, const blasint *n, const blasint *k);
size_t gemm_s8s8s32_pack_get_size_(const char *identifier, const blasint *m, const blasint *n, const blasint *k);
size_t gemm_s16s16s32_pack_get_size_(const char *identifier, const blasint *m, const blasint *n, const blasint *k);
size_t gemm_bf16bf16f32_pack_get_size_(const char *identifier, const blasint *m, const blasint *n, const blasint *k);
size_t gemm_f16f16f32_pack_get_size_(const char *identifier, const blasint *m, const blasint *n, const blasint *k);
size_t sgemm_pack_get_size_(const char *identifier, const blasint *m, const blasint *n, const blasint *k);
size_t dgemm_pack_get_size_(const char *identifier, const blasint *m, const blasint *n, const blasint *k);

void gemm_s8u8s32_pack_(const char *identifier, const char *trans, const blasint *m, const blasint *n, const blasint
    *k, const void *src, const blasint *ld, void *dest);
void gemm_s8s8s32_pack_(const char *identifier, const char *trans, const blasint *m, const blasint *n, const blasint
    *k, const int8_t *src, const blasint *ld, void *dest);
void gemm_s16s16s32_pack_(const char *identifier, const char *trans, const blasint *m, const blasint *n, const blasint
    *k, const int16_t *src, const blasint *ld, void *dest);
void gemm_bf16bf16f32_pack_(const char *identifier, const char *trans, const blasint *m, const blasint *n, const
    blasint *k, const bfloat16 *src, const blasint *ld, void *dest);
void gemm_f16f16f32_pack_(const char *identifier, const char *trans, const blasint *m, const blasint *n, const blasint
    *k, const hfloat16 *src, const blasint *ld, void *dest);
/* These pack alpha op(A) or alpha op(B). */
void sgemm_pack_(const char *identifier, const char *trans, const blasint *m, const blasint *n, const blasint *k,
    const float *alpha, const float *src, const blasint *ld, float *dest);
void dgemm_pack_(const char *identifier, const char *trans, const blasint *m, const blasint *n, const blasint *k,
    const double *alpha, const double *src, const blasint *ld, double *dest);

void gemm_s8u8s32_compute_(const char *transa, const char *transb, const char *offsetc, const blasint *m, const
    blasint *n, const blasint *k, const float *alpha, const void *a, const blasint *lda, const int8_t *ao, const void
    *b, const blasint *ldb, const int8_t *bo, const float *beta, int32_t *c, const blasint *ldc, const int32_t *co);
void gemm_s8s8s32_compute_(const char *transa, const char *transb, const char *offsetc, const blasint *m, const
    blasint *n, const blasint *k, const float *alpha, const void *a, const blasint *lda, const int8_t *ao, const void
    *b, const blasint *ldb, const int8_t *bo, const float *beta, int32_t *c, const blasint *ldc, const int32_t *co);
void gemm_s16s16s32_compute_(const char *transa, const char *transb, const char *offsetc, const blasint *m, const
    blasint *n, const blasint *k, const float *alpha, const void *a, const blasint *lda, const int16_t *ao, const void
    *b, const blasint *ldb, const int16_t *bo, const float *beta, int32_t *c, const blasint *ldc, const int32_t *co);
void gemm_bf16bf16f32_compute_(const char *transa, const char *transb, const blasint *m, const blasint *n, const
    blasint *k, const float *alpha, const void *a, const blasint *lda, const void *b, const blasint *ldb, const float
    *beta, float *c, const blasint *ldc);
void gemm_f16f16f32_compute_(const char *transa, const char *transb, const blasint *m, const blasint *n, const blasint
    *k, const float *alpha, const void *a, const blasint *lda, const void *b, const blasint *ldb, const float *beta,
    float *c, const blasint *ldc);
/* C <- op(A) op(B) + beta C: alpha is in what was packed */
void sgemm_compute_(const char *transa, const char *transb, const blasint *m, const blasint *n, const blasint *k,
    const float *a, const blasint *lda, const float *b, const blasint *ldb, const float *beta, float *c, const blasint
    *ldc);
void dgemm_compute_(const char *transa, const char *transb, const blasint *m, const blasint *n, const blasint *k,
    const double *a, const blasint *lda, const double *b, const blasint *ldb, const double *beta, double *c, const
    blasint *ldc);

/* ---- Helpers ---- */

/* True when two letters are equal, whatever their case. */
blasint lsame_(const char *ca, const char *cb);
/* Error handler: routine name of `srname_len` letters and the number of the wrong parameter. A program may define
 * its own; the call that failed then returns with its outputs untouched. */
void xerbla_(const char *srname, const blasint *info, size_t srname_len);
/* The same with the name as an array of letters, for callers that have no Fortran strings. */
void xerbla_array_(const char *srname_array, const blasint *srname_len, const blasint *info);

/* ---- Control, as in OpenBLAS; see cblas.h ---- */

void openblas_set_num_threads_(int *num_threads);
int openblas_get_num_threads_(void);
int openblas_get_num_procs_(void);
int openblas_get_parallel_(void);

#ifdef __cplusplus
}
#endif

#endif /* F77BLAS_H */

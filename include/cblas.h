/* cblas.h: the C interface to BLAS as zenblas implements it: all of the reference's cblas_* routines, the
 * extensions OpenBLAS added, and OpenBLAS's control calls.
 *
 * Vectors: n elements, `incx` apart; a negative increment walks the vector from its far end.
 * Matrices: `layout` says whether rows (CblasRowMajor) or columns (CblasColMajor) are contiguous, `lda` is the
 * distance from one row or column to the next. Complex scalars and arrays are passed as void pointers to
 * (real, imaginary) pairs. Indices returned are 0-based. op(A) is A, its transpose or its conjugate transpose.
 *
 * With ZENBLAS_ILP64 (or OPENBLAS_USE64BITINT) defined, blasint is 64 bits wide and every name below stands for
 * the one with the suffix _64, as exported by the 64-bit build of the library. */

#ifndef CBLAS_H
#define CBLAS_H

#include <stddef.h>
#include "openblas_config.h"

#ifdef __cplusplus
extern "C" {
#endif

#ifndef OPENBLAS_CONST
#define OPENBLAS_CONST const
#endif

#define CBLAS_INT blasint
#define CBLAS_INDEX size_t

typedef enum CBLAS_LAYOUT { CblasRowMajor = 101, CblasColMajor = 102 } CBLAS_LAYOUT;
typedef enum CBLAS_TRANSPOSE {
    CblasNoTrans = 111,
    CblasTrans = 112,
    CblasConjTrans = 113,
    CblasConjNoTrans = 114
} CBLAS_TRANSPOSE;
typedef enum CBLAS_UPLO { CblasUpper = 121, CblasLower = 122 } CBLAS_UPLO;
typedef enum CBLAS_DIAG { CblasNonUnit = 131, CblasUnit = 132 } CBLAS_DIAG;
typedef enum CBLAS_SIDE { CblasLeft = 141, CblasRight = 142 } CBLAS_SIDE;
#define CBLAS_ORDER CBLAS_LAYOUT /* the older name, also as `enum CBLAS_ORDER` */

/* ---- Level 1: vectors ---- */

/* rotg: Givens rotation: find c, s with c a + s b = r and c b - conj(s) a = 0; r replaces a */
void cblas_srotg(float *a, float *b, float *c, float *s);
void cblas_drotg(double *a, double *b, double *c, double *s);
void cblas_crotg(void *a, void *b, float *c, void *s);
void cblas_zrotg(void *a, void *b, double *c, void *s);

/* rotmg: modified Givens rotation: build p = {flag, h11, h21, h12, h22} from d1, d2, b1, b2 */
void cblas_srotmg(float *d1, float *d2, float *b1, float b2, float *p);
void cblas_drotmg(double *d1, double *d2, double *b1, double b2, double *p);

/* rot: (x, y) <- (c x + s y, c y - s x) */
void cblas_srot(blasint n, float *x, blasint incx, float *y, blasint incy, float c, float s);
void cblas_drot(blasint n, double *x, blasint incx, double *y, blasint incy, double c, double s);
void cblas_csrot(blasint n, void *x, blasint incx, void *y, blasint incy, float c, float s);
void cblas_zdrot(blasint n, void *x, blasint incx, void *y, blasint incy, double c, double s);

/* rotm: (x, y) <- H (x, y), H as packed in p by rotmg */
void cblas_srotm(blasint n, float *x, blasint incx, float *y, blasint incy, const float *p);
void cblas_drotm(blasint n, double *x, blasint incx, double *y, blasint incy, const double *p);

/* swap: x <-> y */
void cblas_sswap(blasint n, float *x, blasint incx, float *y, blasint incy);
void cblas_dswap(blasint n, double *x, blasint incx, double *y, blasint incy);
void cblas_cswap(blasint n, void *x, blasint incx, void *y, blasint incy);
void cblas_zswap(blasint n, void *x, blasint incx, void *y, blasint incy);

/* scal: x <- alpha x (csscal, zdscal: alpha real) */
void cblas_sscal(blasint n, float alpha, float *x, blasint incx);
void cblas_dscal(blasint n, double alpha, double *x, blasint incx);
void cblas_cscal(blasint n, const void *alpha, void *x, blasint incx);
void cblas_zscal(blasint n, const void *alpha, void *x, blasint incx);
void cblas_csscal(blasint n, float alpha, void *x, blasint incx);
void cblas_zdscal(blasint n, double alpha, void *x, blasint incx);

/* copy: y <- x */
void cblas_scopy(blasint n, const float *x, blasint incx, float *y, blasint incy);
void cblas_dcopy(blasint n, const double *x, blasint incx, double *y, blasint incy);
void cblas_ccopy(blasint n, const void *x, blasint incx, void *y, blasint incy);
void cblas_zcopy(blasint n, const void *x, blasint incx, void *y, blasint incy);

/* axpy: y <- alpha x + y */
void cblas_saxpy(blasint n, float alpha, const float *x, blasint incx, float *y, blasint incy);
void cblas_daxpy(blasint n, double alpha, const double *x, blasint incx, double *y, blasint incy);
void cblas_caxpy(blasint n, const void *alpha, const void *x, blasint incx, void *y, blasint incy);
void cblas_zaxpy(blasint n, const void *alpha, const void *x, blasint incx, void *y, blasint incy);

/* dot: x' y; dsdot and sdsdot (alpha + x' y) accumulate in double */
float cblas_sdot(blasint n, const float *x, blasint incx, const float *y, blasint incy);
double cblas_ddot(blasint n, const double *x, blasint incx, const double *y, blasint incy);
double cblas_dsdot(blasint n, const float *x, blasint incx, const float *y, blasint incy);
float cblas_sdsdot(blasint n, float alpha, const float *x, blasint incx, const float *y, blasint incy);

/* dotu, dotc: x' y, conj(x)' y */
void cblas_cdotu_sub(blasint n, const void *x, blasint incx, const void *y, blasint incy, void *result);
void cblas_cdotc_sub(blasint n, const void *x, blasint incx, const void *y, blasint incy, void *result);
void cblas_zdotu_sub(blasint n, const void *x, blasint incx, const void *y, blasint incy, void *result);
void cblas_zdotc_sub(blasint n, const void *x, blasint incx, const void *y, blasint incy, void *result);

/* nrm2: Euclidean norm */
float cblas_snrm2(blasint n, const float *x, blasint incx);
double cblas_dnrm2(blasint n, const double *x, blasint incx);
float cblas_scnrm2(blasint n, const void *x, blasint incx);
double cblas_dznrm2(blasint n, const void *x, blasint incx);

/* asum: sum of |x_i|; complex: |re| + |im| */
float cblas_sasum(blasint n, const float *x, blasint incx);
double cblas_dasum(blasint n, const double *x, blasint incx);
float cblas_scasum(blasint n, const void *x, blasint incx);
double cblas_dzasum(blasint n, const void *x, blasint incx);

/* iamax: index of the first largest |x_i|; complex: |re| + |im| */
CBLAS_INDEX cblas_isamax(blasint n, const float *x, blasint incx);
CBLAS_INDEX cblas_idamax(blasint n, const double *x, blasint incx);
CBLAS_INDEX cblas_icamax(blasint n, const void *x, blasint incx);
CBLAS_INDEX cblas_izamax(blasint n, const void *x, blasint incx);

/* scabs1, dcabs1: |re z| + |im z| */
float cblas_scabs1(const void *z);
double cblas_dcabs1(const void *z);

/* ---- Level 2: matrix and vector ---- */

/* gemv: y <- alpha op(A) x + beta y, A m x n */
void cblas_sgemv(CBLAS_LAYOUT layout, CBLAS_TRANSPOSE trans, blasint m, blasint n, float alpha,
    const float *a, blasint lda, const float *x, blasint incx, float beta, float *y, blasint incy);
void cblas_dgemv(CBLAS_LAYOUT layout, CBLAS_TRANSPOSE trans, blasint m, blasint n, double alpha,
    const double *a, blasint lda, const double *x, blasint incx, double beta, double *y, blasint incy);
void cblas_cgemv(CBLAS_LAYOUT layout, CBLAS_TRANSPOSE trans, blasint m, blasint n, const void *alpha,
    const void *a, blasint lda, const void *x, blasint incx, const void *beta, void *y, blasint incy);
void cblas_zgemv(CBLAS_LAYOUT layout, CBLAS_TRANSPOSE trans, blasint m, blasint n, const void *alpha,
    const void *a, blasint lda, const void *x, blasint incx, const void *beta, void *y, blasint incy);

/* gbmv: the same, A in band storage with kl sub- and ku superdiagonals */
void cblas_sgbmv(CBLAS_LAYOUT layout, CBLAS_TRANSPOSE trans, blasint m, blasint n, blasint kl, blasint ku,
    float alpha, const float *a, blasint lda, const float *x, blasint incx, float beta, float *y,
    blasint incy);
void cblas_dgbmv(CBLAS_LAYOUT layout, CBLAS_TRANSPOSE trans, blasint m, blasint n, blasint kl, blasint ku,
    double alpha, const double *a, blasint lda, const double *x, blasint incx, double beta, double *y,
    blasint incy);
void cblas_cgbmv(CBLAS_LAYOUT layout, CBLAS_TRANSPOSE trans, blasint m, blasint n, blasint kl, blasint ku,
    const void *alpha, const void *a, blasint lda, const void *x, blasint incx, const void *beta, void *y,
    blasint incy);
void cblas_zgbmv(CBLAS_LAYOUT layout, CBLAS_TRANSPOSE trans, blasint m, blasint n, blasint kl, blasint ku,
    const void *alpha, const void *a, blasint lda, const void *x, blasint incx, const void *beta, void *y,
    blasint incy);

/* symv: y <- alpha A x + beta y, A symmetric, one triangle read */
void cblas_ssymv(CBLAS_LAYOUT layout, CBLAS_UPLO uplo, blasint n, float alpha, const float *a, blasint lda,
    const float *x, blasint incx, float beta, float *y, blasint incy);
void cblas_dsymv(CBLAS_LAYOUT layout, CBLAS_UPLO uplo, blasint n, double alpha, const double *a, blasint lda,
    const double *x, blasint incx, double beta, double *y, blasint incy);

/* sbmv: the same, A in band storage with k off-diagonals */
void cblas_ssbmv(CBLAS_LAYOUT layout, CBLAS_UPLO uplo, blasint n, blasint k, float alpha, const float *a,
    blasint lda, const float *x, blasint incx, float beta, float *y, blasint incy);
void cblas_dsbmv(CBLAS_LAYOUT layout, CBLAS_UPLO uplo, blasint n, blasint k, double alpha, const double *a,
    blasint lda, const double *x, blasint incx, double beta, double *y, blasint incy);

/* spmv: the same, A packed */
void cblas_sspmv(CBLAS_LAYOUT layout, CBLAS_UPLO uplo, blasint n, float alpha, const float *ap,
    const float *x, blasint incx, float beta, float *y, blasint incy);
void cblas_dspmv(CBLAS_LAYOUT layout, CBLAS_UPLO uplo, blasint n, double alpha, const double *ap,
    const double *x, blasint incx, double beta, double *y, blasint incy);

/* hemv: y <- alpha A x + beta y, A Hermitian, one triangle read */
void cblas_chemv(CBLAS_LAYOUT layout, CBLAS_UPLO uplo, blasint n, const void *alpha, const void *a,
    blasint lda, const void *x, blasint incx, const void *beta, void *y, blasint incy);
void cblas_zhemv(CBLAS_LAYOUT layout, CBLAS_UPLO uplo, blasint n, const void *alpha, const void *a,
    blasint lda, const void *x, blasint incx, const void *beta, void *y, blasint incy);

/* hbmv: the same, A in band storage with k off-diagonals */
void cblas_chbmv(CBLAS_LAYOUT layout, CBLAS_UPLO uplo, blasint n, blasint k, const void *alpha, const void *a,
    blasint lda, const void *x, blasint incx, const void *beta, void *y, blasint incy);
void cblas_zhbmv(CBLAS_LAYOUT layout, CBLAS_UPLO uplo, blasint n, blasint k, const void *alpha, const void *a,
    blasint lda, const void *x, blasint incx, const void *beta, void *y, blasint incy);

/* hpmv: the same, A packed */
void cblas_chpmv(CBLAS_LAYOUT layout, CBLAS_UPLO uplo, blasint n, const void *alpha, const void *ap,
    const void *x, blasint incx, const void *beta, void *y, blasint incy);
void cblas_zhpmv(CBLAS_LAYOUT layout, CBLAS_UPLO uplo, blasint n, const void *alpha, const void *ap,
    const void *x, blasint incx, const void *beta, void *y, blasint incy);

/* trmv: x <- op(A) x, A triangular */
void cblas_strmv(CBLAS_LAYOUT layout, CBLAS_UPLO uplo, CBLAS_TRANSPOSE trans, CBLAS_DIAG diag, blasint n,
    const float *a, blasint lda, float *x, blasint incx);
void cblas_dtrmv(CBLAS_LAYOUT layout, CBLAS_UPLO uplo, CBLAS_TRANSPOSE trans, CBLAS_DIAG diag, blasint n,
    const double *a, blasint lda, double *x, blasint incx);
void cblas_ctrmv(CBLAS_LAYOUT layout, CBLAS_UPLO uplo, CBLAS_TRANSPOSE trans, CBLAS_DIAG diag, blasint n,
    const void *a, blasint lda, void *x, blasint incx);
void cblas_ztrmv(CBLAS_LAYOUT layout, CBLAS_UPLO uplo, CBLAS_TRANSPOSE trans, CBLAS_DIAG diag, blasint n,
    const void *a, blasint lda, void *x, blasint incx);

/* tbmv: the same, A in band storage with k off-diagonals */
void cblas_stbmv(CBLAS_LAYOUT layout, CBLAS_UPLO uplo, CBLAS_TRANSPOSE trans, CBLAS_DIAG diag, blasint n,
    blasint k, const float *a, blasint lda, float *x, blasint incx);
void cblas_dtbmv(CBLAS_LAYOUT layout, CBLAS_UPLO uplo, CBLAS_TRANSPOSE trans, CBLAS_DIAG diag, blasint n,
    blasint k, const double *a, blasint lda, double *x, blasint incx);
void cblas_ctbmv(CBLAS_LAYOUT layout, CBLAS_UPLO uplo, CBLAS_TRANSPOSE trans, CBLAS_DIAG diag, blasint n,
    blasint k, const void *a, blasint lda, void *x, blasint incx);
void cblas_ztbmv(CBLAS_LAYOUT layout, CBLAS_UPLO uplo, CBLAS_TRANSPOSE trans, CBLAS_DIAG diag, blasint n,
    blasint k, const void *a, blasint lda, void *x, blasint incx);

/* tpmv: the same, A packed */
void cblas_stpmv(CBLAS_LAYOUT layout, CBLAS_UPLO uplo, CBLAS_TRANSPOSE trans, CBLAS_DIAG diag, blasint n,
    const float *ap, float *x, blasint incx);
void cblas_dtpmv(CBLAS_LAYOUT layout, CBLAS_UPLO uplo, CBLAS_TRANSPOSE trans, CBLAS_DIAG diag, blasint n,
    const double *ap, double *x, blasint incx);
void cblas_ctpmv(CBLAS_LAYOUT layout, CBLAS_UPLO uplo, CBLAS_TRANSPOSE trans, CBLAS_DIAG diag, blasint n,
    const void *ap, void *x, blasint incx);
void cblas_ztpmv(CBLAS_LAYOUT layout, CBLAS_UPLO uplo, CBLAS_TRANSPOSE trans, CBLAS_DIAG diag, blasint n,
    const void *ap, void *x, blasint incx);

/* trsv: solve op(A) x = b, A triangular; x replaces b */
void cblas_strsv(CBLAS_LAYOUT layout, CBLAS_UPLO uplo, CBLAS_TRANSPOSE trans, CBLAS_DIAG diag, blasint n,
    const float *a, blasint lda, float *x, blasint incx);
void cblas_dtrsv(CBLAS_LAYOUT layout, CBLAS_UPLO uplo, CBLAS_TRANSPOSE trans, CBLAS_DIAG diag, blasint n,
    const double *a, blasint lda, double *x, blasint incx);
void cblas_ctrsv(CBLAS_LAYOUT layout, CBLAS_UPLO uplo, CBLAS_TRANSPOSE trans, CBLAS_DIAG diag, blasint n,
    const void *a, blasint lda, void *x, blasint incx);
void cblas_ztrsv(CBLAS_LAYOUT layout, CBLAS_UPLO uplo, CBLAS_TRANSPOSE trans, CBLAS_DIAG diag, blasint n,
    const void *a, blasint lda, void *x, blasint incx);

/* tbsv: the same, A in band storage with k off-diagonals */
void cblas_stbsv(CBLAS_LAYOUT layout, CBLAS_UPLO uplo, CBLAS_TRANSPOSE trans, CBLAS_DIAG diag, blasint n,
    blasint k, const float *a, blasint lda, float *x, blasint incx);
void cblas_dtbsv(CBLAS_LAYOUT layout, CBLAS_UPLO uplo, CBLAS_TRANSPOSE trans, CBLAS_DIAG diag, blasint n,
    blasint k, const double *a, blasint lda, double *x, blasint incx);
void cblas_ctbsv(CBLAS_LAYOUT layout, CBLAS_UPLO uplo, CBLAS_TRANSPOSE trans, CBLAS_DIAG diag, blasint n,
    blasint k, const void *a, blasint lda, void *x, blasint incx);
void cblas_ztbsv(CBLAS_LAYOUT layout, CBLAS_UPLO uplo, CBLAS_TRANSPOSE trans, CBLAS_DIAG diag, blasint n,
    blasint k, const void *a, blasint lda, void *x, blasint incx);

/* tpsv: the same, A packed */
void cblas_stpsv(CBLAS_LAYOUT layout, CBLAS_UPLO uplo, CBLAS_TRANSPOSE trans, CBLAS_DIAG diag, blasint n,
    const float *ap, float *x, blasint incx);
void cblas_dtpsv(CBLAS_LAYOUT layout, CBLAS_UPLO uplo, CBLAS_TRANSPOSE trans, CBLAS_DIAG diag, blasint n,
    const double *ap, double *x, blasint incx);
void cblas_ctpsv(CBLAS_LAYOUT layout, CBLAS_UPLO uplo, CBLAS_TRANSPOSE trans, CBLAS_DIAG diag, blasint n,
    const void *ap, void *x, blasint incx);
void cblas_ztpsv(CBLAS_LAYOUT layout, CBLAS_UPLO uplo, CBLAS_TRANSPOSE trans, CBLAS_DIAG diag, blasint n,
    const void *ap, void *x, blasint incx);

/* ger: A <- alpha x y' + A */
void cblas_sger(CBLAS_LAYOUT layout, blasint m, blasint n, float alpha, const float *x, blasint incx,
    const float *y, blasint incy, float *a, blasint lda);
void cblas_dger(CBLAS_LAYOUT layout, blasint m, blasint n, double alpha, const double *x, blasint incx,
    const double *y, blasint incy, double *a, blasint lda);

/* geru: A <- alpha x y' + A */
void cblas_cgeru(CBLAS_LAYOUT layout, blasint m, blasint n, const void *alpha, const void *x, blasint incx,
    const void *y, blasint incy, void *a, blasint lda);
void cblas_zgeru(CBLAS_LAYOUT layout, blasint m, blasint n, const void *alpha, const void *x, blasint incx,
    const void *y, blasint incy, void *a, blasint lda);

/* gerc: A <- alpha x conj(y)' + A */
void cblas_cgerc(CBLAS_LAYOUT layout, blasint m, blasint n, const void *alpha, const void *x, blasint incx,
    const void *y, blasint incy, void *a, blasint lda);
void cblas_zgerc(CBLAS_LAYOUT layout, blasint m, blasint n, const void *alpha, const void *x, blasint incx,
    const void *y, blasint incy, void *a, blasint lda);

/* syr: A <- alpha x x' + A, one triangle */
void cblas_ssyr(CBLAS_LAYOUT layout, CBLAS_UPLO uplo, blasint n, float alpha, const float *x, blasint incx,
    float *a, blasint lda);
void cblas_dsyr(CBLAS_LAYOUT layout, CBLAS_UPLO uplo, blasint n, double alpha, const double *x, blasint incx,
    double *a, blasint lda);

/* spr: the same, A packed */
void cblas_sspr(CBLAS_LAYOUT layout, CBLAS_UPLO uplo, blasint n, float alpha, const float *x, blasint incx,
    float *ap);
void cblas_dspr(CBLAS_LAYOUT layout, CBLAS_UPLO uplo, blasint n, double alpha, const double *x, blasint incx,
    double *ap);

/* her: A <- alpha x conj(x)' + A, one triangle, alpha real */
void cblas_cher(CBLAS_LAYOUT layout, CBLAS_UPLO uplo, blasint n, float alpha, const void *x, blasint incx,
    void *a, blasint lda);
void cblas_zher(CBLAS_LAYOUT layout, CBLAS_UPLO uplo, blasint n, double alpha, const void *x, blasint incx,
    void *a, blasint lda);

/* hpr: the same, A packed */
void cblas_chpr(CBLAS_LAYOUT layout, CBLAS_UPLO uplo, blasint n, float alpha, const void *x, blasint incx,
    void *ap);
void cblas_zhpr(CBLAS_LAYOUT layout, CBLAS_UPLO uplo, blasint n, double alpha, const void *x, blasint incx,
    void *ap);

/* syr2: A <- alpha x y' + alpha y x' + A, one triangle */
void cblas_ssyr2(CBLAS_LAYOUT layout, CBLAS_UPLO uplo, blasint n, float alpha, const float *x, blasint incx,
    const float *y, blasint incy, float *a, blasint lda);
void cblas_dsyr2(CBLAS_LAYOUT layout, CBLAS_UPLO uplo, blasint n, double alpha, const double *x, blasint incx,
    const double *y, blasint incy, double *a, blasint lda);

/* spr2: the same, A packed */
void cblas_sspr2(CBLAS_LAYOUT layout, CBLAS_UPLO uplo, blasint n, float alpha, const float *x, blasint incx,
    const float *y, blasint incy, float *ap);
void cblas_dspr2(CBLAS_LAYOUT layout, CBLAS_UPLO uplo, blasint n, double alpha, const double *x, blasint incx,
    const double *y, blasint incy, double *ap);

/* her2: A <- alpha x conj(y)' + conj(alpha) y conj(x)' + A, one triangle */
void cblas_cher2(CBLAS_LAYOUT layout, CBLAS_UPLO uplo, blasint n, const void *alpha, const void *x,
    blasint incx, const void *y, blasint incy, void *a, blasint lda);
void cblas_zher2(CBLAS_LAYOUT layout, CBLAS_UPLO uplo, blasint n, const void *alpha, const void *x,
    blasint incx, const void *y, blasint incy, void *a, blasint lda);

/* hpr2: the same, A packed */
void cblas_chpr2(CBLAS_LAYOUT layout, CBLAS_UPLO uplo, blasint n, const void *alpha, const void *x,
    blasint incx, const void *y, blasint incy, void *ap);
void cblas_zhpr2(CBLAS_LAYOUT layout, CBLAS_UPLO uplo, blasint n, const void *alpha, const void *x,
    blasint incx, const void *y, blasint incy, void *ap);

/* ---- Level 3: matrix and matrix ---- */

/* gemm: C <- alpha op(A) op(B) + beta C, C m x n, inner size k */
void cblas_sgemm(CBLAS_LAYOUT layout, CBLAS_TRANSPOSE transa, CBLAS_TRANSPOSE transb, blasint m, blasint n,
    blasint k, float alpha, const float *a, blasint lda, const float *b, blasint ldb, float beta, float *c,
    blasint ldc);
void cblas_dgemm(CBLAS_LAYOUT layout, CBLAS_TRANSPOSE transa, CBLAS_TRANSPOSE transb, blasint m, blasint n,
    blasint k, double alpha, const double *a, blasint lda, const double *b, blasint ldb, double beta,
    double *c, blasint ldc);
void cblas_cgemm(CBLAS_LAYOUT layout, CBLAS_TRANSPOSE transa, CBLAS_TRANSPOSE transb, blasint m, blasint n,
    blasint k, const void *alpha, const void *a, blasint lda, const void *b, blasint ldb, const void *beta,
    void *c, blasint ldc);
void cblas_zgemm(CBLAS_LAYOUT layout, CBLAS_TRANSPOSE transa, CBLAS_TRANSPOSE transb, blasint m, blasint n,
    blasint k, const void *alpha, const void *a, blasint lda, const void *b, blasint ldb, const void *beta,
    void *c, blasint ldc);

/* symm: C <- alpha A B + beta C (left) or alpha B A + beta C (right), A symmetric */
void cblas_ssymm(CBLAS_LAYOUT layout, CBLAS_SIDE side, CBLAS_UPLO uplo, blasint m, blasint n, float alpha,
    const float *a, blasint lda, const float *b, blasint ldb, float beta, float *c, blasint ldc);
void cblas_dsymm(CBLAS_LAYOUT layout, CBLAS_SIDE side, CBLAS_UPLO uplo, blasint m, blasint n, double alpha,
    const double *a, blasint lda, const double *b, blasint ldb, double beta, double *c, blasint ldc);
void cblas_csymm(CBLAS_LAYOUT layout, CBLAS_SIDE side, CBLAS_UPLO uplo, blasint m, blasint n,
    const void *alpha, const void *a, blasint lda, const void *b, blasint ldb, const void *beta, void *c,
    blasint ldc);
void cblas_zsymm(CBLAS_LAYOUT layout, CBLAS_SIDE side, CBLAS_UPLO uplo, blasint m, blasint n,
    const void *alpha, const void *a, blasint lda, const void *b, blasint ldb, const void *beta, void *c,
    blasint ldc);

/* hemm: the same, A Hermitian */
void cblas_chemm(CBLAS_LAYOUT layout, CBLAS_SIDE side, CBLAS_UPLO uplo, blasint m, blasint n,
    const void *alpha, const void *a, blasint lda, const void *b, blasint ldb, const void *beta, void *c,
    blasint ldc);
void cblas_zhemm(CBLAS_LAYOUT layout, CBLAS_SIDE side, CBLAS_UPLO uplo, blasint m, blasint n,
    const void *alpha, const void *a, blasint lda, const void *b, blasint ldb, const void *beta, void *c,
    blasint ldc);

/* syrk: C <- alpha A A' + beta C or alpha A' A + beta C, one triangle of C */
void cblas_ssyrk(CBLAS_LAYOUT layout, CBLAS_UPLO uplo, CBLAS_TRANSPOSE trans, blasint n, blasint k,
    float alpha, const float *a, blasint lda, float beta, float *c, blasint ldc);
void cblas_dsyrk(CBLAS_LAYOUT layout, CBLAS_UPLO uplo, CBLAS_TRANSPOSE trans, blasint n, blasint k,
    double alpha, const double *a, blasint lda, double beta, double *c, blasint ldc);
void cblas_csyrk(CBLAS_LAYOUT layout, CBLAS_UPLO uplo, CBLAS_TRANSPOSE trans, blasint n, blasint k,
    const void *alpha, const void *a, blasint lda, const void *beta, void *c, blasint ldc);
void cblas_zsyrk(CBLAS_LAYOUT layout, CBLAS_UPLO uplo, CBLAS_TRANSPOSE trans, blasint n, blasint k,
    const void *alpha, const void *a, blasint lda, const void *beta, void *c, blasint ldc);

/* herk: the same with conj(A)', alpha and beta real */
void cblas_cherk(CBLAS_LAYOUT layout, CBLAS_UPLO uplo, CBLAS_TRANSPOSE trans, blasint n, blasint k,
    float alpha, const void *a, blasint lda, float beta, void *c, blasint ldc);
void cblas_zherk(CBLAS_LAYOUT layout, CBLAS_UPLO uplo, CBLAS_TRANSPOSE trans, blasint n, blasint k,
    double alpha, const void *a, blasint lda, double beta, void *c, blasint ldc);

/* syr2k: C <- alpha A B' + alpha B A' + beta C (or transposed), one triangle of C */
void cblas_ssyr2k(CBLAS_LAYOUT layout, CBLAS_UPLO uplo, CBLAS_TRANSPOSE trans, blasint n, blasint k,
    float alpha, const float *a, blasint lda, const float *b, blasint ldb, float beta, float *c, blasint ldc);
void cblas_dsyr2k(CBLAS_LAYOUT layout, CBLAS_UPLO uplo, CBLAS_TRANSPOSE trans, blasint n, blasint k,
    double alpha, const double *a, blasint lda, const double *b, blasint ldb, double beta, double *c,
    blasint ldc);
void cblas_csyr2k(CBLAS_LAYOUT layout, CBLAS_UPLO uplo, CBLAS_TRANSPOSE trans, blasint n, blasint k,
    const void *alpha, const void *a, blasint lda, const void *b, blasint ldb, const void *beta, void *c,
    blasint ldc);
void cblas_zsyr2k(CBLAS_LAYOUT layout, CBLAS_UPLO uplo, CBLAS_TRANSPOSE trans, blasint n, blasint k,
    const void *alpha, const void *a, blasint lda, const void *b, blasint ldb, const void *beta, void *c,
    blasint ldc);

/* her2k: C <- alpha A conj(B)' + conj(alpha) B conj(A)' + beta C (or transposed), one triangle, beta real */
void cblas_cher2k(CBLAS_LAYOUT layout, CBLAS_UPLO uplo, CBLAS_TRANSPOSE trans, blasint n, blasint k,
    const void *alpha, const void *a, blasint lda, const void *b, blasint ldb, float beta, void *c,
    blasint ldc);
void cblas_zher2k(CBLAS_LAYOUT layout, CBLAS_UPLO uplo, CBLAS_TRANSPOSE trans, blasint n, blasint k,
    const void *alpha, const void *a, blasint lda, const void *b, blasint ldb, double beta, void *c,
    blasint ldc);

/* trmm: B <- alpha op(A) B (left) or alpha B op(A) (right), A triangular */
void cblas_strmm(CBLAS_LAYOUT layout, CBLAS_SIDE side, CBLAS_UPLO uplo, CBLAS_TRANSPOSE transa,
    CBLAS_DIAG diag, blasint m, blasint n, float alpha, const float *a, blasint lda, float *b, blasint ldb);
void cblas_dtrmm(CBLAS_LAYOUT layout, CBLAS_SIDE side, CBLAS_UPLO uplo, CBLAS_TRANSPOSE transa,
    CBLAS_DIAG diag, blasint m, blasint n, double alpha, const double *a, blasint lda, double *b,
    blasint ldb);
void cblas_ctrmm(CBLAS_LAYOUT layout, CBLAS_SIDE side, CBLAS_UPLO uplo, CBLAS_TRANSPOSE transa,
    CBLAS_DIAG diag, blasint m, blasint n, const void *alpha, const void *a, blasint lda, void *b,
    blasint ldb);
void cblas_ztrmm(CBLAS_LAYOUT layout, CBLAS_SIDE side, CBLAS_UPLO uplo, CBLAS_TRANSPOSE transa,
    CBLAS_DIAG diag, blasint m, blasint n, const void *alpha, const void *a, blasint lda, void *b,
    blasint ldb);

/* trsm: solve op(A) X = alpha B (left) or X op(A) = alpha B (right); X replaces B */
void cblas_strsm(CBLAS_LAYOUT layout, CBLAS_SIDE side, CBLAS_UPLO uplo, CBLAS_TRANSPOSE transa,
    CBLAS_DIAG diag, blasint m, blasint n, float alpha, const float *a, blasint lda, float *b, blasint ldb);
void cblas_dtrsm(CBLAS_LAYOUT layout, CBLAS_SIDE side, CBLAS_UPLO uplo, CBLAS_TRANSPOSE transa,
    CBLAS_DIAG diag, blasint m, blasint n, double alpha, const double *a, blasint lda, double *b,
    blasint ldb);
void cblas_ctrsm(CBLAS_LAYOUT layout, CBLAS_SIDE side, CBLAS_UPLO uplo, CBLAS_TRANSPOSE transa,
    CBLAS_DIAG diag, blasint m, blasint n, const void *alpha, const void *a, blasint lda, void *b,
    blasint ldb);
void cblas_ztrsm(CBLAS_LAYOUT layout, CBLAS_SIDE side, CBLAS_UPLO uplo, CBLAS_TRANSPOSE transa,
    CBLAS_DIAG diag, blasint m, blasint n, const void *alpha, const void *a, blasint lda, void *b,
    blasint ldb);

/* ---- Newer routines of the reference library ---- */

/* axpby: y <- alpha x + beta y */
void cblas_saxpby(blasint n, float alpha, const float *x, blasint incx, float beta, float *y, blasint incy);
void cblas_daxpby(blasint n, double alpha, const double *x, blasint incx, double beta, double *y,
    blasint incy);
void cblas_caxpby(blasint n, const void *alpha, const void *x, blasint incx, const void *beta, void *y,
    blasint incy);
void cblas_zaxpby(blasint n, const void *alpha, const void *x, blasint incx, const void *beta, void *y,
    blasint incy);

/* gemmtr: one triangle of C <- alpha op(A) op(B) + beta C, C n x n */
void cblas_sgemmtr(CBLAS_LAYOUT layout, CBLAS_UPLO uplo, CBLAS_TRANSPOSE transa, CBLAS_TRANSPOSE transb,
    blasint n, blasint k, float alpha, const float *a, blasint lda, const float *b, blasint ldb, float beta,
    float *c, blasint ldc);
void cblas_dgemmtr(CBLAS_LAYOUT layout, CBLAS_UPLO uplo, CBLAS_TRANSPOSE transa, CBLAS_TRANSPOSE transb,
    blasint n, blasint k, double alpha, const double *a, blasint lda, const double *b, blasint ldb,
    double beta, double *c, blasint ldc);
void cblas_cgemmtr(CBLAS_LAYOUT layout, CBLAS_UPLO uplo, CBLAS_TRANSPOSE transa, CBLAS_TRANSPOSE transb,
    blasint n, blasint k, const void *alpha, const void *a, blasint lda, const void *b, blasint ldb,
    const void *beta, void *c, blasint ldc);
void cblas_zgemmtr(CBLAS_LAYOUT layout, CBLAS_UPLO uplo, CBLAS_TRANSPOSE transa, CBLAS_TRANSPOSE transb,
    blasint n, blasint k, const void *alpha, const void *a, blasint lda, const void *b, blasint ldb,
    const void *beta, void *c, blasint ldc);

/* ---- OpenBLAS's extensions ---- */

/* gemmt: gemmtr under its older name */
void cblas_sgemmt(CBLAS_LAYOUT layout, CBLAS_UPLO uplo, CBLAS_TRANSPOSE transa, CBLAS_TRANSPOSE transb,
    blasint n, blasint k, float alpha, const float *a, blasint lda, const float *b, blasint ldb, float beta,
    float *c, blasint ldc);
void cblas_dgemmt(CBLAS_LAYOUT layout, CBLAS_UPLO uplo, CBLAS_TRANSPOSE transa, CBLAS_TRANSPOSE transb,
    blasint n, blasint k, double alpha, const double *a, blasint lda, const double *b, blasint ldb,
    double beta, double *c, blasint ldc);
void cblas_cgemmt(CBLAS_LAYOUT layout, CBLAS_UPLO uplo, CBLAS_TRANSPOSE transa, CBLAS_TRANSPOSE transb,
    blasint n, blasint k, const void *alpha, const void *a, blasint lda, const void *b, blasint ldb,
    const void *beta, void *c, blasint ldc);
void cblas_zgemmt(CBLAS_LAYOUT layout, CBLAS_UPLO uplo, CBLAS_TRANSPOSE transa, CBLAS_TRANSPOSE transb,
    blasint n, blasint k, const void *alpha, const void *a, blasint lda, const void *b, blasint ldb,
    const void *beta, void *c, blasint ldc);

/* gemm3m: gemm allowed to use three real products for a complex one */
void cblas_cgemm3m(CBLAS_LAYOUT layout, CBLAS_TRANSPOSE transa, CBLAS_TRANSPOSE transb, blasint m, blasint n,
    blasint k, const void *alpha, const void *a, blasint lda, const void *b, blasint ldb, const void *beta,
    void *c, blasint ldc);
void cblas_zgemm3m(CBLAS_LAYOUT layout, CBLAS_TRANSPOSE transa, CBLAS_TRANSPOSE transb, blasint m, blasint n,
    blasint k, const void *alpha, const void *a, blasint lda, const void *b, blasint ldb, const void *beta,
    void *c, blasint ldc);

/* gemm_batch: group_count groups of gemm, group i with group_size[i] products of one shape */
void cblas_sgemm_batch(CBLAS_LAYOUT layout, const CBLAS_TRANSPOSE *transa_array,
    const CBLAS_TRANSPOSE *transb_array, const blasint *m_array, const blasint *n_array,
    const blasint *k_array, const float *alpha_array, const float **a_array, const blasint *lda_array,
    const float **b_array, const blasint *ldb_array, const float *beta_array, float **c_array,
    const blasint *ldc_array, blasint group_count, const blasint *group_size);
void cblas_dgemm_batch(CBLAS_LAYOUT layout, const CBLAS_TRANSPOSE *transa_array,
    const CBLAS_TRANSPOSE *transb_array, const blasint *m_array, const blasint *n_array,
    const blasint *k_array, const double *alpha_array, const double **a_array, const blasint *lda_array,
    const double **b_array, const blasint *ldb_array, const double *beta_array, double **c_array,
    const blasint *ldc_array, blasint group_count, const blasint *group_size);
void cblas_cgemm_batch(CBLAS_LAYOUT layout, const CBLAS_TRANSPOSE *transa_array,
    const CBLAS_TRANSPOSE *transb_array, const blasint *m_array, const blasint *n_array,
    const blasint *k_array, const void *alpha_array, const void **a_array, const blasint *lda_array,
    const void **b_array, const blasint *ldb_array, const void *beta_array, void **c_array,
    const blasint *ldc_array, blasint group_count, const blasint *group_size);
void cblas_zgemm_batch(CBLAS_LAYOUT layout, const CBLAS_TRANSPOSE *transa_array,
    const CBLAS_TRANSPOSE *transb_array, const blasint *m_array, const blasint *n_array,
    const blasint *k_array, const void *alpha_array, const void **a_array, const blasint *lda_array,
    const void **b_array, const blasint *ldb_array, const void *beta_array, void **c_array,
    const blasint *ldc_array, blasint group_count, const blasint *group_size);

/* gemm_batch_strided: count products of one shape, operands a fixed stride apart */
void cblas_sgemm_batch_strided(CBLAS_LAYOUT layout, CBLAS_TRANSPOSE transa, CBLAS_TRANSPOSE transb, blasint m,
    blasint n, blasint k, float alpha, const float *a, blasint lda, blasint stride_a, const float *b,
    blasint ldb, blasint stride_b, float beta, float *c, blasint ldc, blasint stride_c, blasint count);
void cblas_dgemm_batch_strided(CBLAS_LAYOUT layout, CBLAS_TRANSPOSE transa, CBLAS_TRANSPOSE transb, blasint m,
    blasint n, blasint k, double alpha, const double *a, blasint lda, blasint stride_a, const double *b,
    blasint ldb, blasint stride_b, double beta, double *c, blasint ldc, blasint stride_c, blasint count);
void cblas_cgemm_batch_strided(CBLAS_LAYOUT layout, CBLAS_TRANSPOSE transa, CBLAS_TRANSPOSE transb, blasint m,
    blasint n, blasint k, const void *alpha, const void *a, blasint lda, blasint stride_a, const void *b,
    blasint ldb, blasint stride_b, const void *beta, void *c, blasint ldc, blasint stride_c, blasint count);
void cblas_zgemm_batch_strided(CBLAS_LAYOUT layout, CBLAS_TRANSPOSE transa, CBLAS_TRANSPOSE transb, blasint m,
    blasint n, blasint k, const void *alpha, const void *a, blasint lda, blasint stride_a, const void *b,
    blasint ldb, blasint stride_b, const void *beta, void *c, blasint ldc, blasint stride_c, blasint count);

/* omatcopy: B <- alpha op(A), A rows x cols */
void cblas_somatcopy(CBLAS_LAYOUT layout, CBLAS_TRANSPOSE trans, blasint rows, blasint cols, float alpha,
    const float *a, blasint lda, float *b, blasint ldb);
void cblas_domatcopy(CBLAS_LAYOUT layout, CBLAS_TRANSPOSE trans, blasint rows, blasint cols, double alpha,
    const double *a, blasint lda, double *b, blasint ldb);
void cblas_comatcopy(CBLAS_LAYOUT layout, CBLAS_TRANSPOSE trans, blasint rows, blasint cols,
    const void *alpha, const void *a, blasint lda, void *b, blasint ldb);
void cblas_zomatcopy(CBLAS_LAYOUT layout, CBLAS_TRANSPOSE trans, blasint rows, blasint cols,
    const void *alpha, const void *a, blasint lda, void *b, blasint ldb);

/* imatcopy: A <- alpha op(A) in place, leading dimension lda before and ldb after */
void cblas_simatcopy(CBLAS_LAYOUT layout, CBLAS_TRANSPOSE trans, blasint rows, blasint cols, float alpha,
    float *a, blasint lda, blasint ldb);
void cblas_dimatcopy(CBLAS_LAYOUT layout, CBLAS_TRANSPOSE trans, blasint rows, blasint cols, double alpha,
    double *a, blasint lda, blasint ldb);
void cblas_cimatcopy(CBLAS_LAYOUT layout, CBLAS_TRANSPOSE trans, blasint rows, blasint cols,
    const void *alpha, void *a, blasint lda, blasint ldb);
void cblas_zimatcopy(CBLAS_LAYOUT layout, CBLAS_TRANSPOSE trans, blasint rows, blasint cols,
    const void *alpha, void *a, blasint lda, blasint ldb);

/* geadd: C <- alpha A + beta C, rows x cols; the nine arguments of OpenBLAS up to 0.3.30 */
void cblas_sgeadd(CBLAS_LAYOUT layout, blasint rows, blasint cols, float alpha, const float *a, blasint lda,
    float beta, float *c, blasint ldc);
void cblas_dgeadd(CBLAS_LAYOUT layout, blasint rows, blasint cols, double alpha, const double *a, blasint lda,
    double beta, double *c, blasint ldc);
void cblas_cgeadd(CBLAS_LAYOUT layout, blasint rows, blasint cols, const void *alpha, const void *a,
    blasint lda, const void *beta, void *c, blasint ldc);
void cblas_zgeadd(CBLAS_LAYOUT layout, blasint rows, blasint cols, const void *alpha, const void *a,
    blasint lda, const void *beta, void *c, blasint ldc);

/* axpyc: y <- alpha conj(x) + y */
void cblas_caxpyc(blasint n, const void *alpha, const void *x, blasint incx, void *y, blasint incy);
void cblas_zaxpyc(blasint n, const void *alpha, const void *x, blasint incx, void *y, blasint incy);

/* sum: sum of x_i; complex: of re + im */
float cblas_ssum(blasint n, const float *x, blasint incx);
double cblas_dsum(blasint n, const double *x, blasint incx);
float cblas_scsum(blasint n, const void *x, blasint incx);
double cblas_dzsum(blasint n, const void *x, blasint incx);

/* amax: largest |x_i|; complex: |re| + |im| */
float cblas_samax(blasint n, const float *x, blasint incx);
double cblas_damax(blasint n, const double *x, blasint incx);
float cblas_scamax(blasint n, const void *x, blasint incx);
double cblas_dzamax(blasint n, const void *x, blasint incx);

/* amin: smallest |x_i|; complex: |re| + |im| */
float cblas_samin(blasint n, const float *x, blasint incx);
double cblas_damin(blasint n, const double *x, blasint incx);
float cblas_scamin(blasint n, const void *x, blasint incx);
double cblas_dzamin(blasint n, const void *x, blasint incx);

/* iamin: index of the first smallest |x_i|; complex: |re| + |im| */
CBLAS_INDEX cblas_isamin(blasint n, const float *x, blasint incx);
CBLAS_INDEX cblas_idamin(blasint n, const double *x, blasint incx);
CBLAS_INDEX cblas_icamin(blasint n, const void *x, blasint incx);
CBLAS_INDEX cblas_izamin(blasint n, const void *x, blasint incx);

/* imax: index of the first largest x_i */
CBLAS_INDEX cblas_ismax(blasint n, const float *x, blasint incx);
CBLAS_INDEX cblas_idmax(blasint n, const double *x, blasint incx);

/* imin: index of the first smallest x_i */
CBLAS_INDEX cblas_ismin(blasint n, const float *x, blasint incx);
CBLAS_INDEX cblas_idmin(blasint n, const double *x, blasint incx);

/* dotu, dotc: x' y, conj(x)' y */
openblas_complex_float cblas_cdotu(blasint n, const void *x, blasint incx, const void *y, blasint incy);
openblas_complex_float cblas_cdotc(blasint n, const void *x, blasint incx, const void *y, blasint incy);
openblas_complex_double cblas_zdotu(blasint n, const void *x, blasint incx, const void *y, blasint incy);
openblas_complex_double cblas_zdotc(blasint n, const void *x, blasint incx, const void *y, blasint incy);

/* ---- Low precision ---- */

typedef enum CBLAS_OFFSET { CblasRowOffset = 171, CblasColOffset = 172, CblasFixOffset = 173 } CBLAS_OFFSET;
typedef enum CBLAS_IDENTIFIER { CblasAMatrix = 161, CblasBMatrix = 162 } CBLAS_IDENTIFIER;
typedef enum CBLAS_STORAGE { CblasPacked = 151 } CBLAS_STORAGE;

/* gemm_s8u8s32, gemm_s8s8s32, gemm_s16s16s32: C <- alpha (op(A) + ao) (op(B) + bo) + beta C + co, op(A) m x k and
 * op(B) k x n of small integers, C m x n of 32-bit integers. ao and bo are added to every number.
 * co: with CblasFixOffset one number, with CblasRowOffset a row (n numbers, added to each row of C), with
 * CblasColOffset a column (m numbers); NULL for none.
 * s8u8s32: by columns A is of int8_t and B of uint8_t; by rows A is of uint8_t and B of int8_t, as in MKL.
 * The sums are exact modulo 2^32. With alpha 1, beta 0 and co 0 they are C. Else alpha sum + beta C + co is evaluated
 * in double precision, rounded to the nearest integer (the even one of two) and clamped to 32 bits.
 * alpha 0: A and B are not read; beta 0: C is not read. Parameter errors as in gemm. */
void cblas_gemm_s8u8s32(CBLAS_LAYOUT layout, CBLAS_TRANSPOSE transa, CBLAS_TRANSPOSE transb, CBLAS_OFFSET offsetc,
    blasint m, blasint n, blasint k, float alpha, const void *a, blasint lda, int8_t ao, const void *b, blasint ldb,
    int8_t bo, float beta, int32_t *c, blasint ldc, const int32_t *co);
void cblas_gemm_s8s8s32(CBLAS_LAYOUT layout, CBLAS_TRANSPOSE transa, CBLAS_TRANSPOSE transb, CBLAS_OFFSET offsetc,
    blasint m, blasint n, blasint k, float alpha, const int8_t *a, blasint lda, int8_t ao, const int8_t *b, blasint
    ldb, int8_t bo, float beta, int32_t *c, blasint ldc, const int32_t *co);
void cblas_gemm_s16s16s32(CBLAS_LAYOUT layout, CBLAS_TRANSPOSE transa, CBLAS_TRANSPOSE transb, CBLAS_OFFSET offsetc,
    blasint m, blasint n, blasint k, float alpha, const int16_t *a, blasint lda, int16_t ao, const int16_t *b, blasint
    ldb, int16_t bo, float beta, int32_t *c, blasint ldc, const int32_t *co);

/* gemm_bf16bf16f32 (MKL's name) and sbgemm (OpenBLAS's), gemm_f16f16f32 and shgemm: C <- alpha op(A) op(B) + beta C, A
 * and B of bf16 or half precision, sums and C of float. The error of a sum is at most (k + 2) 2^-23 times the sum of
 * the absolute values of its terms. Where the CPU multiplies bf16 itself, numbers below 2^-126 count as 0. */
void cblas_gemm_bf16bf16f32(CBLAS_LAYOUT layout, CBLAS_TRANSPOSE transa, CBLAS_TRANSPOSE transb, blasint m, blasint n,
    blasint k, float alpha, const bfloat16 *a, blasint lda, const bfloat16 *b, blasint ldb, float beta, float *c,
    blasint ldc);
void cblas_gemm_f16f16f32(CBLAS_LAYOUT layout, CBLAS_TRANSPOSE transa, CBLAS_TRANSPOSE transb, blasint m, blasint n,
    blasint k, float alpha, const hfloat16 *a, blasint lda, const hfloat16 *b, blasint ldb, float beta, float *c,
    blasint ldc);
void cblas_sbgemm(CBLAS_LAYOUT layout, CBLAS_TRANSPOSE transa, CBLAS_TRANSPOSE transb, blasint m, blasint n, blasint
    k, float alpha, const bfloat16 *a, blasint lda, const bfloat16 *b, blasint ldb, float beta, float *c, blasint
    ldc);
void cblas_shgemm(CBLAS_LAYOUT layout, CBLAS_TRANSPOSE transa, CBLAS_TRANSPOSE transb, blasint m, blasint n, blasint
    k, float alpha, const hfloat16 *a, blasint lda, const hfloat16 *b, blasint ldb, float beta, float *c, blasint
    ldc);

/* bgemm: the same, all of bf16; computed in float, rounded to nearest even at the end */
void cblas_bgemm(CBLAS_LAYOUT layout, CBLAS_TRANSPOSE transa, CBLAS_TRANSPOSE transb, blasint m, blasint n, blasint k,
    bfloat16 alpha, const bfloat16 *a, blasint lda, const bfloat16 *b, blasint ldb, bfloat16 beta, bfloat16 *c,
    blasint ldc);

/* sbgemv, bgemv: y <- alpha op(A) x + beta y, A m x n and x of bf16, y of float or bf16; sums of float */
void cblas_sbgemv(CBLAS_LAYOUT layout, CBLAS_TRANSPOSE trans, blasint m, blasint n, float alpha, const bfloat16 *a,
    blasint lda, const bfloat16 *x, blasint incx, float beta, float *y, blasint incy);
void cblas_bgemv(CBLAS_LAYOUT layout, CBLAS_TRANSPOSE trans, blasint m, blasint n, bfloat16 alpha, const bfloat16 *a,
    blasint lda, const bfloat16 *x, blasint incx, bfloat16 beta, bfloat16 *y, blasint incy);

/* sbdot: x' y, of bf16; the sum of float */
float cblas_sbdot(blasint n, const bfloat16 *x, blasint incx, const bfloat16 *y, blasint incy);

/* sbstobf16, sbdtobf16: out <- in as bf16, rounded once to nearest even; sbf16tos, dbf16tod: the way back */
void cblas_sbstobf16(blasint n, const float *in, blasint incin, bfloat16 *out, blasint incout);
void cblas_sbdtobf16(blasint n, const double *in, blasint incin, bfloat16 *out, blasint incout);
void cblas_sbf16tos(blasint n, const bfloat16 *in, blasint incin, float *out, blasint incout);
void cblas_dbf16tod(blasint n, const bfloat16 *in, blasint incin, double *out, blasint incout);

/* ---- Operands packed once, used again and again ----
 *
 * ..._pack_get_size says how many bytes op(A), m x k (identifier CblasAMatrix), or op(B), k x n (CblasBMatrix), takes;
 * ..._pack packs it into dest, which must be aligned to 8 bytes (64 is best); ..._compute multiplies, with transa or
 * transb CblasPacked for what is packed (its leading dimension is not read). The results are those of the unpacked
 * product, to the last bit but for C of a few rows or columns. A packed operand is for one layout and one side; the
 * size that is not its own (n of A, m of B) may differ from call to call. It can be copied, but not used in a process
 * that runs on another instruction set. One of another type, shape, layout or side, or no packed operand at all, is
 * refused with the parameter's number and a message that says what it is. */
size_t cblas_gemm_s8u8s32_pack_get_size(CBLAS_IDENTIFIER identifier, blasint m, blasint n, blasint k);
size_t cblas_gemm_s8s8s32_pack_get_size(CBLAS_IDENTIFIER identifier, blasint m, blasint n, blasint k);
size_t cblas_gemm_s16s16s32_pack_get_size(CBLAS_IDENTIFIER identifier, blasint m, blasint n, blasint k);
size_t cblas_gemm_bf16bf16f32_pack_get_size(CBLAS_IDENTIFIER identifier, blasint m, blasint n, blasint k);
size_t cblas_gemm_f16f16f32_pack_get_size(CBLAS_IDENTIFIER identifier, blasint m, blasint n, blasint k);
size_t cblas_sgemm_pack_get_size(CBLAS_IDENTIFIER identifier, blasint m, blasint n, blasint k);
size_t cblas_dgemm_pack_get_size(CBLAS_IDENTIFIER identifier, blasint m, blasint n, blasint k);

void cblas_gemm_s8u8s32_pack(CBLAS_LAYOUT layout, CBLAS_IDENTIFIER identifier, CBLAS_TRANSPOSE trans, blasint m,
    blasint n, blasint k, const void *src, blasint ld, void *dest);
void cblas_gemm_s8s8s32_pack(CBLAS_LAYOUT layout, CBLAS_IDENTIFIER identifier, CBLAS_TRANSPOSE trans, blasint m,
    blasint n, blasint k, const int8_t *src, blasint ld, void *dest);
void cblas_gemm_s16s16s32_pack(CBLAS_LAYOUT layout, CBLAS_IDENTIFIER identifier, CBLAS_TRANSPOSE trans, blasint m,
    blasint n, blasint k, const int16_t *src, blasint ld, void *dest);
void cblas_gemm_bf16bf16f32_pack(CBLAS_LAYOUT layout, CBLAS_IDENTIFIER identifier, CBLAS_TRANSPOSE trans, blasint m,
    blasint n, blasint k, const bfloat16 *src, blasint ld, void *dest);
void cblas_gemm_f16f16f32_pack(CBLAS_LAYOUT layout, CBLAS_IDENTIFIER identifier, CBLAS_TRANSPOSE trans, blasint m,
    blasint n, blasint k, const hfloat16 *src, blasint ld, void *dest);
/* These pack alpha op(A) or alpha op(B). */
void cblas_sgemm_pack(CBLAS_LAYOUT layout, CBLAS_IDENTIFIER identifier, CBLAS_TRANSPOSE trans, blasint m, blasint n,
    blasint k, float alpha, const float *src, blasint ld, float *dest);
void cblas_dgemm_pack(CBLAS_LAYOUT layout, CBLAS_IDENTIFIER identifier, CBLAS_TRANSPOSE trans, blasint m, blasint n,
    blasint k, double alpha, const double *src, blasint ld, double *dest);

void cblas_gemm_s8u8s32_compute(CBLAS_LAYOUT layout, int transa, int transb, CBLAS_OFFSET offsetc, blasint m, blasint
    n, blasint k, float alpha, const void *a, blasint lda, int8_t ao, const void *b, blasint ldb, int8_t bo, float
    beta, int32_t *c, blasint ldc, const int32_t *co);
void cblas_gemm_s8s8s32_compute(CBLAS_LAYOUT layout, int transa, int transb, CBLAS_OFFSET offsetc, blasint m, blasint
    n, blasint k, float alpha, const void *a, blasint lda, int8_t ao, const void *b, blasint ldb, int8_t bo, float
    beta, int32_t *c, blasint ldc, const int32_t *co);
void cblas_gemm_s16s16s32_compute(CBLAS_LAYOUT layout, int transa, int transb, CBLAS_OFFSET offsetc, blasint m,
    blasint n, blasint k, float alpha, const void *a, blasint lda, int16_t ao, const void *b, blasint ldb, int16_t bo,
    float beta, int32_t *c, blasint ldc, const int32_t *co);
void cblas_gemm_bf16bf16f32_compute(CBLAS_LAYOUT layout, int transa, int transb, blasint m, blasint n, blasint k,
    float alpha, const void *a, blasint lda, const void *b, blasint ldb, float beta, float *c, blasint ldc);
void cblas_gemm_f16f16f32_compute(CBLAS_LAYOUT layout, int transa, int transb, blasint m, blasint n, blasint k, float
    alpha, const void *a, blasint lda, const void *b, blasint ldb, float beta, float *c, blasint ldc);
/* C <- op(A) op(B) + beta C: alpha is in what was packed */
void cblas_sgemm_compute(CBLAS_LAYOUT layout, int transa, int transb, blasint m, blasint n, blasint k, const float *a,
    blasint lda, const float *b, blasint ldb, float beta, float *c, blasint ldc);
void cblas_dgemm_compute(CBLAS_LAYOUT layout, int transa, int transb, blasint m, blasint n, blasint k, const double
    *a, blasint lda, const double *b, blasint ldb, double beta, double *c, blasint ldc);

/* ---- Errors ---- */

/* Called with the number of the offending parameter, the routine and a printf-like message. A program may define
 * its own; the call that failed then returns with its outputs untouched. */
void cblas_xerbla(blasint p, const char *rout, const char *form, ...);

/* Set while a cblas_* call runs; a replacement cblas_xerbla reads them to number the parameters of a row-major call. */
extern int CBLAS_CallFromC;
extern int RowMajorStrg;

/* ---- Control, as in OpenBLAS ---- */

/* Number of threads used by later calls. */
void openblas_set_num_threads(int num_threads);
void goto_set_num_threads(int num_threads);
int openblas_get_num_threads(void);
/* The same for the calling thread only; returns the previous value. */
int openblas_set_num_threads_local(int num_threads);
/* Number of processors the process may run on. */
int openblas_get_num_procs(void);
/* "OpenBLAS <version> ...": the version whose interface this library follows, then what it is. */
char *openblas_get_config(void);
/* Name of the kernel set in use. */
char *openblas_get_corename(void);

#define OPENBLAS_SEQUENTIAL 0
#define OPENBLAS_THREAD 1
#define OPENBLAS_OPENMP 2
/* One of the three: how the library runs in parallel. */
int openblas_get_parallel(void);

/* Run the library's jobs on the caller's own threads; NULL restores the library's. */
typedef void (*openblas_dojob_callback)(int thread_num, void *jobdata, int dojob_data);
typedef void (*openblas_threads_callback)(int sync, openblas_dojob_callback dojob, int numjobs,
    size_t jobdata_elsize, void *jobdata, int dojob_data);
void openblas_set_threads_callback_function(openblas_threads_callback callback);

/* Affinity of worker thread `thread_idx`; `cpu_set` points to a cpu_set_t of `cpusetsize` bytes. */
int openblas_setaffinity(int thread_idx, size_t cpusetsize, void *cpu_set);
int openblas_getaffinity(int thread_idx, size_t cpusetsize, void *cpu_set);

#ifdef __cplusplus
}
#endif

#endif /* CBLAS_H */

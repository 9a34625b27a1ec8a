/* zenblas.h: calls that only zenblas has. The routines themselves are in cblas.h (C) and f77blas.h (Fortran). */

#ifndef ZENBLAS_H
#define ZENBLAS_H

#include "cblas.h"

#define ZENBLAS_VERSION "0.1.0"
#define ZENBLAS_VERSION_MAJOR 0
#define ZENBLAS_VERSION_MINOR 1
#define ZENBLAS_VERSION_PATCH 0

#ifdef __cplusplus
extern "C" {
#endif

/* Number of threads used by later calls, for the whole process. Less than one restores the default. */
void zenblas_set_num_threads(int num_threads);
int zenblas_get_num_threads(void);

/* One line that says what the library is and what it found: version, integer width, instruction set, threads. */
const char *zenblas_get_config(void);
/* Version of the library that was loaded, like ZENBLAS_VERSION of the one compiled against. */
const char *zenblas_version(void);
/* Instruction set of the kernels in use: "avx512", "avx2" or "portable". */
const char *zenblas_get_isa(void);

/* Threads of the program's own for the calls from this thread, so that a program whose threads wait for work (an OpenMP
 * team between its parallel regions) has no second set beside them. The lender must call member(0, work) on the calling
 * thread and member(1, work) ... member(members - 1, work) each on a thread of its own, all at the same time, since they
 * wait for each other; it returns when all have returned. The number of members is never larger than the number of
 * threads set for calls from this thread. NULL: the library's own threads again. Returns the lender before. */
typedef void (*zenblas_lender)(int members, void (*member)(int number, void *work), void *work);
zenblas_lender zenblas_set_lender_local(zenblas_lender lender);

/* ---- A layer in low precision: a product and what inference does with it ---- */

/* Types of numbers. Operands: bytes of any sign with bytes of any sign; bf16, half and single precision each with any of
 * these three (see zenblas_precision).
 * Results: ZENBLAS_F32, ZENBLAS_BF16, ZENBLAS_S32, ZENBLAS_S8, ZENBLAS_U8. */
typedef enum zenblas_type {
    ZENBLAS_S8 = 1,
    ZENBLAS_U8 = 2,
    ZENBLAS_S16 = 3,
    ZENBLAS_BF16 = 4,
    ZENBLAS_F16 = 5,
    ZENBLAS_F32 = 6,
    ZENBLAS_F64 = 7,
    ZENBLAS_S32 = 8
} zenblas_type;

/* A or B: op(A) is m x k, op(B) k x n. */
typedef struct zenblas_operand {
    const void *data;  /* the numbers, or what zenblas_gemm_pack or another ..._pack routine made of them */
    zenblas_type type; /* of the numbers */
    int trans;         /* CblasNoTrans, CblasTrans, or CblasPacked */
    blasint ld;        /* leading dimension, in numbers; not read if packed */
    int32_t zero;      /* added to each number, of bytes only: minus the zero point */
} zenblas_operand;

/* C, m x n. */
typedef struct zenblas_result {
    void *data;
    zenblas_type type;
    blasint ld; /* leading dimension, in elements */
} zenblas_result;

/* One value for all of C, one for each of its m rows, or one for each of its n columns, whatever the layout. */
typedef enum zenblas_per { ZENBLAS_PER_TENSOR = 0, ZENBLAS_PER_ROW = 1, ZENBLAS_PER_COLUMN = 2 } zenblas_per;
typedef struct zenblas_values {
    const float *values; /* NULL: scale 1, bias 0, step 1 */
    zenblas_per per;
} zenblas_values;

typedef enum zenblas_activation {
    ZENBLAS_NO_ACTIVATION = 0,
    ZENBLAS_RELU = 1,      /* max(x, 0) */
    ZENBLAS_GELU = 2,      /* x (1 + erf(x / sqrt 2)) / 2, within 2e-7 max(1, |x|) */
    ZENBLAS_GELU_TANH = 3, /* x (1 + tanh(sqrt(2 / pi) (x + 0.044715 x^3))) / 2, within 2e-6 max(1, |x|) */
    ZENBLAS_SILU = 4       /* x / (1 + exp(-x)), within 1e-6 max(1, |x|) */
} zenblas_activation;

/* What products of bf16, half and single precision are formed of. Sums are of single precision. */
typedef enum zenblas_precision {
    ZENBLAS_STRICT = 0,   /* The numbers as they are. bf16 packed beforehand then only goes with bf16. */
    ZENBLAS_FAST_BF16 = 1 /* Numbers may be rounded to the nearest bf16, half to even, first. They are where the CPU
                           * multiplies bf16 faster and both C's sizes are above 8, or an operand is packed bf16. */
} zenblas_precision;

/* What becomes of the sums, in single precision and this order:
 *     x = scale sum + beta C + bias     sums of bytes are rounded to float first: exact below 2^24
 *     x = activation(x)
 *     x = min(max(x, low), high)        if clamp is 1
 *     C = x                             F32; BF16: rounded to nearest even
 *     C = round(x)                      S32: to nearest even, clamped to 32 bits
 *     C = round(x / step) + zero        S8, U8: to nearest even, clamped to the type; NaN gives 0
 * A zeroed struct whose size is set leaves the sums alone. */
typedef struct zenblas_epilogue {
    size_t size; /* sizeof(zenblas_epilogue) */
    zenblas_values scale;
    zenblas_values bias;
    zenblas_values step;
    float beta; /* 0: C is not read */
    zenblas_activation activation;
    int clamp;
    float low, high;
    int32_t zero;
    zenblas_precision precision;
} zenblas_epilogue;

/* C <- epilogue((op(A) + a->zero) (op(B) + b->zero)). epilogue may be NULL: then C of S32 is the exact sum of bytes
 * modulo 2^32. A wrong argument is reported through cblas_xerbla with its position here (an operand, C and the epilogue
 * count as a whole) and nothing is written; what is wrong with a packed operand is said on stderr too. */
void zenblas_gemm(CBLAS_LAYOUT layout, blasint m, blasint n, blasint k, const zenblas_operand *a,
    const zenblas_operand *b, const zenblas_result *c, const zenblas_epilogue *epilogue);

/* Bytes that a packed op(A) (CblasAMatrix) or op(B) (CblasBMatrix) takes. */
size_t zenblas_gemm_pack_get_size(zenblas_type type, CBLAS_IDENTIFIER identifier, blasint m, blasint n, blasint k);
/* Packs op(A) or op(B) into dest, aligned to 8 bytes (64 is best), for products of this layout; see cblas.h. */
void zenblas_gemm_pack(CBLAS_LAYOUT layout, zenblas_type type, CBLAS_IDENTIFIER identifier, CBLAS_TRANSPOSE trans,
    blasint m, blasint n, blasint k, const void *src, blasint ld, void *dest);

/* ---- Products with quantised weights ----
 *
 * W is N rows of K values in ggml's block formats, as they lie in a GGUF file: row i begins at
 * (const char *)w + i * w_stride, w_stride in bytes, at least K / values * bytes of the type's block. K is a
 * multiple of the block. A is row-major, M x K; C is row-major, M x N: C <- A W^T.
 *
 * A is rounded to 8 bits inside, with one scale for each 32 values of a row (for each 256 if the type's block has
 * 256): scale = max |a| / 127, values rounded to the nearest, half to even. The integers of a block are summed exactly;
 * block sums are added in order of k in single precision, so that the result is the same, bit for bit, for every
 * number of threads and every instruction set. A row of A with a NaN or an infinity gives a row of NaNs.
 *
 * The functions return 0 when they have done their work; the number of the first wrong argument, which cblas_xerbla
 * has been told too, and nothing is written; or -1 where the system refused even the smallest buffers, and what C
 * holds then is undefined. */

/* Block formats, by ggml's numbers. */
typedef enum zenblas_qtype {
    ZENBLAS_Q4_0 = 2,
    ZENBLAS_Q4_1 = 3,
    ZENBLAS_Q5_0 = 6,
    ZENBLAS_Q5_1 = 7,
    ZENBLAS_Q8_0 = 8,
    ZENBLAS_Q2_K = 10,
    ZENBLAS_Q3_K = 11,
    ZENBLAS_Q4_K = 12,
    ZENBLAS_Q5_K = 13,
    ZENBLAS_Q6_K = 14,
    ZENBLAS_IQ4_NL = 20,
    ZENBLAS_IQ4_XS = 23,
    ZENBLAS_MXFP4 = 39
} zenblas_qtype;

/* Values and bytes of a block. Returns 0, or 1 for a type that there is not (nothing is written then, nothing said). */
int zenblas_qtype_block(int type, size_t *values, size_t *bytes);

/* C <- A W^T */
int zenblas_qgemm(int type, blasint m, blasint n, blasint k, const float *a, blasint lda, const void *w,
                  size_t w_stride, float *c, blasint ldc);
/* y <- W x: the same with M = 1 */
int zenblas_qgemv(int type, blasint n, blasint k, const float *x, const void *w, size_t w_stride, float *y);

/* W unpacked once, for many products: the bytes that takes (0 for wrong arguments), the unpacking, and the product.
 * What was packed is for the instruction set of this process only. `packed` has any alignment. */
size_t zenblas_qgemm_pack_get_size(int type, blasint n, blasint k);
int zenblas_qgemm_pack(int type, blasint n, blasint k, const void *w, size_t w_stride, void *packed);
int zenblas_qgemm_compute(int type, blasint m, blasint n, blasint k, const float *a, blasint lda, const void *packed,
                          float *c, blasint ldc);

/* A row of k values to blocks and back. */
int zenblas_quantize_row(int type, blasint k, const float *x, void *w);
int zenblas_dequantize_row(int type, blasint k, const void *w, float *x);

#ifdef __cplusplus
}
#endif

#endif /* ZENBLAS_H */

/* Every name of low precision and of packed operands, from C and as Fortran sees it: results on small numbers, which are
 * exact in every type, and refusals, seen by an error handler of the program's own. */

#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cblas.h"
#include "f77blas.h"
#include "zenblas.h"

enum { M = 3, N = 2, K = 5 };

static int failures = 0;
static char routine[64];
static long parameter;

void cblas_xerbla(blasint p, const char *rout, const char *form, ...) {
    (void)form;
    snprintf(routine, sizeof routine, "%s", rout);
    parameter = p;
}

static void refused(const char *name, long number, int untouched) {
    if (strcmp(routine, name) != 0 || parameter != number || !untouched) {
        printf("wrong: %s parameter %ld, got %s parameter %ld%s\n", name, number, routine, parameter,
            untouched ? "" : ", and the result was touched");
        failures++;
    }
    routine[0] = 0;
    parameter = 0;
}

static int a_number(int i, int p) { return (i + 2 * p) % 5 - 2; }
static int b_number(int p, int j) { return (3 * p + j) % 4; }

/* What C should be, `zero_a` and `zero_b` added to the numbers. */
static int sum(int i, int j, int zero_a, int zero_b) {
    int sum = 0;
    for (int p = 0; p < K; p++) sum += (a_number(i, p) + zero_a) * (b_number(p, j) + zero_b);
    return sum;
}

/* Numbers of every type, by columns (a and b) and by rows (ra and rb). */
static int8_t a8[M * K], b8[K * N], rb8[K * N];
static uint8_t ub8[K * N], ura8[M * K];
static int16_t a16[M * K], b16[K * N];
static bfloat16 abf[M * K], bbf[K * N];
static hfloat16 ah[M * K], bh[K * N];
static float as[M * K], bs[K * N];
static double ad[M * K], bd[K * N];

static bfloat16 bf16_of(float x) {
    bfloat16 y;
    cblas_sbstobf16(1, &x, 1, &y, 1);
    return y;
}

/* A whole number of at most 4 in half precision. */
static hfloat16 half_of(int x) {
    static const hfloat16 halves[] = {0, 0x3c00, 0x4000, 0x4200, 0x4400};
    return (hfloat16)(halves[x < 0 ? -x : x] | (x < 0 ? 0x8000 : 0));
}

static void fill(void) {
    for (int i = 0; i < M; i++)
        for (int p = 0; p < K; p++) {
            int x = a_number(i, p), at = i + p * M;
            a8[at] = (int8_t)x, a16[at] = (int16_t)x, abf[at] = bf16_of((float)x), ah[at] = half_of(x);
            as[at] = (float)x, ad[at] = x, ura8[i * K + p] = (uint8_t)(x + 2);
        }
    for (int p = 0; p < K; p++)
        for (int j = 0; j < N; j++) {
            int x = b_number(p, j), at = p + j * K;
            b8[at] = (int8_t)x, ub8[at] = (uint8_t)x, b16[at] = (int16_t)x, bbf[at] = bf16_of((float)x);
            bh[at] = half_of(x), bs[at] = (float)x, bd[at] = x, rb8[p * N + j] = (int8_t)x;
        }
}

static void check_int(const char *name, const int32_t *c, int zero_a, int zero_b, int add) {
    for (int i = 0; i < M; i++)
        for (int j = 0; j < N; j++)
            if (c[i + j * M] != sum(i, j, zero_a, zero_b) + add) {
                printf("wrong: %s (%d, %d): %d, not %d\n", name, i, j, c[i + j * M], sum(i, j, zero_a, zero_b) + add);
                failures++;
            }
}

#define CHECK_REAL(name, c, add)                                                                        \
    for (int i = 0; i < M; i++)                                                                         \
        for (int j = 0; j < N; j++)                                                                     \
            if ((c)[i + j * M] != sum(i, j, 0, 0) + (add)) {                                            \
                printf("wrong: %s (%d, %d): %g\n", name, i, j, (double)(c)[i + j * M]);                 \
                failures++;                                                                             \
            }

static const blasint m = M, n = N, k = K, one = 1;
static const float unit = 1, nothing = 0;
static int32_t c[M * N];
static float cs[M * N];

/* One routine of integers: from C and Fortran, plain and packed, with offsets. */
#define INTEGER(type, zero_type, a, b)                                                                                  \
    do {                                                                                                                \
        const int32_t co = 10;                                                                                          \
        const zero_type ao = 3, bo = -2;                                                                                \
        cblas_gemm_##type(CblasColMajor, CblasNoTrans, CblasNoTrans, CblasFixOffset, M, N, K, 1, a, M, ao, b, K, bo, 0, \
            c, M, &co);                                                                                                 \
        check_int("cblas_gemm_" #type, c, ao, bo, 10);                                                                  \
        memset(c, 0, sizeof c);                                                                                         \
        gemm_##type##_("N", "N", "F", &m, &n, &k, &unit, a, &m, &ao, b, &k, &bo, &nothing, c, &m, &co);                 \
        check_int("gemm_" #type "_", c, ao, bo, 10);                                                                    \
        void *pa = malloc(cblas_gemm_##type##_pack_get_size(CblasAMatrix, M, N, K));                                    \
        void *pb = malloc(gemm_##type##_pack_get_size_("B", &m, &n, &k));                                               \
        cblas_gemm_##type##_pack(CblasColMajor, CblasAMatrix, CblasNoTrans, M, N, K, a, M, pa);                         \
        gemm_##type##_pack_("B", "N", &m, &n, &k, b, &k, pb);                                                           \
        memset(c, 0, sizeof c);                                                                                         \
        cblas_gemm_##type##_compute(CblasColMajor, CblasPacked, CblasNoTrans, CblasFixOffset, M, N, K, 1, pa, M, ao, b, \
            K, bo, 0, c, M, &co);                                                                                       \
        check_int("cblas_gemm_" #type "_compute", c, ao, bo, 10);                                                       \
        gemm_##type##_compute_("P", "P", "F", &m, &n, &k, &unit, pa, &m, &ao, pb, &k, &bo, &nothing, c, &m, &co);       \
        check_int("gemm_" #type "_compute_", c, ao, bo, 10);                                                            \
        memset(c, 7, sizeof c);                                                                                         \
        cblas_gemm_##type##_compute(CblasColMajor, CblasPacked, CblasPacked, CblasFixOffset, M, N, K, 1, pb, M, 0, pa,  \
            K, 0, 0, c, M, &co);                                                                                        \
        refused("cblas_gemm_" #type "_compute", 9, c[0] == 0x07070707);                                                 \
        cblas_gemm_##type##_compute(CblasColMajor, CblasNoTrans, CblasPacked, CblasFixOffset, M, N, K - 1, 1, a, M, 0,  \
            pb, K, 0, 0, c, M, &co);                                                                                    \
        refused("cblas_gemm_" #type "_compute", 12, c[0] == 0x07070707);                                                \
        cblas_gemm_##type(CblasColMajor, (CBLAS_TRANSPOSE)CblasPacked, CblasNoTrans, CblasFixOffset, M, N, K, 1, pa, M, \
            0, b, K, 0, 0, c, M, &co);                                                                                  \
        refused("cblas_gemm_" #type, 2, c[0] == 0x07070707);                                                            \
        free(pa), free(pb);                                                                                             \
    } while (0)

#define HALF(type, a, b)                                                                                               \
    do {                                                                                                               \
        cblas_gemm_##type(CblasColMajor, CblasNoTrans, CblasNoTrans, M, N, K, 1, a, M, b, K, 0, cs, M);                \
        CHECK_REAL("cblas_gemm_" #type, cs, 0);                                                                        \
        gemm_##type##_("N", "N", &m, &n, &k, &unit, a, &m, b, &k, &nothing, cs, &m);                                   \
        CHECK_REAL("gemm_" #type "_", cs, 0);                                                                          \
        void *pa = malloc(gemm_##type##_pack_get_size_("A", &m, &n, &k));                                              \
        void *pb = malloc(cblas_gemm_##type##_pack_get_size(CblasBMatrix, M, N, K));                                   \
        gemm_##type##_pack_("A", "N", &m, &n, &k, a, &m, pa);                                                          \
        cblas_gemm_##type##_pack(CblasColMajor, CblasBMatrix, CblasNoTrans, M, N, K, b, K, pb);                        \
        gemm_##type##_compute_("P", "N", &m, &n, &k, &unit, pa, &m, b, &k, &unit, cs, &m);                             \
        for (int i = 0; i < M * N; i++) cs[i] /= 2;                                                                    \
        CHECK_REAL("gemm_" #type "_compute_", cs, 0);                                                                  \
        cblas_gemm_##type##_compute(CblasColMajor, CblasPacked, CblasPacked, M, N, K, 1, pa, M, pb, K, 0, cs, M);      \
        CHECK_REAL("cblas_gemm_" #type "_compute", cs, 0);                                                             \
        cs[0] = 7;                                                                                                     \
        cblas_gemm_##type##_compute(CblasRowMajor, CblasPacked, CblasNoTrans, M, N, K, 1, pa, M, b, K, 0, cs, N);      \
        refused("cblas_gemm_" #type "_compute", 8, cs[0] == 7);                                                        \
        memset(pb, 0, 8);                                                                                              \
        cblas_gemm_##type##_compute(CblasColMajor, CblasNoTrans, CblasPacked, M, N, K, 1, a, M, pb, K, 0, cs, M);      \
        refused("cblas_gemm_" #type "_compute", 10, cs[0] == 7);                                                       \
        free(pa), free(pb);                                                                                            \
    } while (0)

#define REAL(t, T, a, b)                                                                                             \
    do {                                                                                                             \
        T out[M * N];                                                                                                \
        const T two = 2, half = 0.5, zero = 0;                                                                       \
        T *pa = malloc(cblas_##t##gemm_pack_get_size(CblasAMatrix, M, N, K));                                        \
        T *pb = malloc(t##gemm_pack_get_size_("B", &m, &n, &k));                                                     \
        cblas_##t##gemm_pack(CblasColMajor, CblasAMatrix, CblasNoTrans, M, N, K, two, a, M, pa);                     \
        t##gemm_pack_("B", "N", &m, &n, &k, &half, b, &k, pb);                                                       \
        cblas_##t##gemm_compute(CblasColMajor, CblasPacked, CblasPacked, M, N, K, pa, M, pb, K, 0, out, M);          \
        CHECK_REAL("cblas_" #t "gemm_compute", out, 0);                                                              \
        t##gemm_compute_("P", "P", &m, &n, &k, pa, &m, pb, &k, &zero, out, &m);                                      \
        CHECK_REAL(#t "gemm_compute_", out, 0);                                                                      \
        out[0] = 7;                                                                                                  \
        cblas_##t##gemm_compute(CblasColMajor, CblasPacked, CblasPacked, M + 1, N, K, pa, M, pb, K, 0, out, M + 1);  \
        refused("cblas_" #t "gemm_compute", 7, out[0] == 7);                                                         \
        free(pa), free(pb);                                                                                          \
    } while (0)

static void vectors(void) {
    const float alpha = 2, beta = 1, x[2] = {1.00390625f, -2};
    const double xd[2] = {1.00390625 + 1e-12, 3};
    bfloat16 y[2];
    float xs[2], ys[M] = {1, 1, 1};
    double yd[2];
    cblas_sbstobf16(2, x, 1, y, 1);
    sbf16tos_((const blasint[]){2}, y, &one, xs, &one);
    cblas_sbdtobf16(2, xd, 1, y, 1);
    cblas_dbf16tod(2, y, 1, yd, 1);
    sbstobf16_(&one, x, &one, y, &one);
    cblas_sbf16tos(1, y, 1, xs, 1);
    if (xs[0] != 1 || xs[1] != -2 || yd[0] != 1.0078125 || yd[1] != 3) {
        printf("wrong: conversions %g %g %g %g\n", xs[0], xs[1], yd[0], yd[1]);
        failures++;
    }
    sbdtobf16_(&one, xd, &one, y, &one);
    dbf16tod_(&one, y, &one, yd, &one);
    int product = 0;
    for (int p = 0; p < K; p++) product += b_number(p, 0) * b_number(p, 1);
    if (cblas_sbdot(K, bbf, 1, bbf + K, 1) != product || sbdot_(&k, bbf, &one, bbf + K, &one) != product || yd[0] != 1.0078125) {
        printf("wrong: sbdot\n");
        failures++;
    }
    cblas_sbgemv(CblasColMajor, CblasNoTrans, M, K, 2, abf, M, bbf, 1, 1, ys, 1);
    sbgemv_("N", &m, &k, &alpha, abf, &m, bbf, &one, &beta, ys, &one);
    const bfloat16 two = bf16_of(2), none = 0;
    bfloat16 yb[M], zb[M];
    cblas_bgemv(CblasColMajor, CblasNoTrans, M, K, two, abf, M, bbf, 1, none, yb, 1);
    bgemv_("N", &m, &k, &two, abf, &m, bbf, &one, &none, zb, &one);
    for (int i = 0; i < M; i++)
        if (ys[i] != 4 * sum(i, 0, 0, 0) + 1 || yb[i] != bf16_of(2.0f * (float)sum(i, 0, 0, 0)) || yb[i] != zb[i]) {
            printf("wrong: gemv of bf16, row %d\n", i);
            failures++;
        }
    cblas_sbgemv(CblasColMajor, CblasNoTrans, M, K, 2, abf, M - 1, bbf, 1, 1, ys, 1);
    refused("cblas_sbgemv", 7, ys[0] == 4 * sum(0, 0, 0, 0) + 1);
    cblas_bgemv(CblasRowMajor, CblasNoTrans, -1, K, two, abf, K, bbf, 1, none, yb, 1);
    refused("cblas_bgemv", 3, yb[0] == zb[0]);
}

static void openblas_products(void) {
    bfloat16 cb[M * N], cf[M * N];
    const bfloat16 two = bf16_of(2), none = 0;
    cblas_sbgemm(CblasColMajor, CblasNoTrans, CblasNoTrans, M, N, K, 1, abf, M, bbf, K, 0, cs, M);
    CHECK_REAL("cblas_sbgemm", cs, 0);
    sbgemm_("N", "N", &m, &n, &k, &unit, abf, &m, bbf, &k, &nothing, cs, &m);
    CHECK_REAL("sbgemm_", cs, 0);
    cblas_shgemm(CblasColMajor, CblasNoTrans, CblasNoTrans, M, N, K, 1, ah, M, bh, K, 0, cs, M);
    CHECK_REAL("cblas_shgemm", cs, 0);
    shgemm_("N", "N", &m, &n, &k, &unit, ah, &m, bh, &k, &nothing, cs, &m);
    CHECK_REAL("shgemm_", cs, 0);
    cblas_bgemm(CblasColMajor, CblasNoTrans, CblasNoTrans, M, N, K, two, abf, M, bbf, K, none, cb, M);
    bgemm_("N", "N", &m, &n, &k, &two, abf, &m, bbf, &k, &none, cf, &m);
    for (int i = 0; i < M; i++)
        for (int j = 0; j < N; j++)
            if (cb[i + j * M] != bf16_of(2.0f * (float)sum(i, j, 0, 0)) || cb[i + j * M] != cf[i + j * M]) {
                printf("wrong: bgemm (%d, %d)\n", i, j);
                failures++;
            }
    cs[0] = 7;
    cblas_sbgemm(CblasRowMajor, CblasNoTrans, CblasNoTrans, M, N, K, 1, abf, K, bbf, N - 1, 0, cs, N);
    refused("cblas_sbgemm", 11, cs[0] == 7);
    cblas_sbgemm(CblasColMajor, CblasNoTrans, (CBLAS_TRANSPOSE)7, M, N, K, 1, abf, M, bbf, K, 0, cs, M);
    refused("cblas_sbgemm", 3, cs[0] == 7);
    cblas_bgemm(CblasRowMajor, CblasNoTrans, CblasNoTrans, M, N, K, two, abf, K - 1, bbf, N, none, cb, N);
    refused("cblas_bgemm", 9, 1);
    cblas_bgemm(CblasRowMajor, CblasNoTrans, CblasNoTrans, M, -1, K, two, abf, K, bbf, N, none, cb, N);
    refused("cblas_bgemm", 5, 1);
}

/* Offsets of C, row-major, where A is unsigned, and what is wrong with arguments. */
static void offsets(void) {
    const int32_t row[N] = {100, 200}, column[M] = {1000, 2000, 3000};
    cblas_gemm_s8u8s32(CblasRowMajor, CblasNoTrans, CblasNoTrans, CblasRowOffset, M, N, K, 1, ura8, K, -2, rb8, N, 0, 0, c,
        N, row);
    for (int i = 0; i < M * N; i++)
        if (c[i] != sum(i / N, i % N, 0, 0) + row[i % N]) printf("wrong: row offset %d\n", c[i]), failures++;
    cblas_gemm_s8u8s32(CblasRowMajor, CblasNoTrans, CblasNoTrans, CblasColOffset, M, N, K, 1, ura8, K, -2, rb8, N, 0, -1, c,
        N, column);
    for (int i = 0; i < M * N; i++)
        if (c[i] != column[i / N] - row[i % N]) printf("wrong: column offset %d\n", c[i]), failures++;
    memset(c, 7, sizeof c);
    cblas_gemm_s8u8s32(CblasRowMajor, CblasNoTrans, CblasNoTrans, (CBLAS_OFFSET)170, M, N, K, 1, ura8, K, 0, rb8, N, 0, 0,
        c, N, row);
    refused("cblas_gemm_s8u8s32", 4, c[0] == 0x07070707);
    cblas_gemm_s8u8s32(CblasRowMajor, CblasNoTrans, CblasNoTrans, CblasRowOffset, M, N, K, 1, ura8, K - 1, 0, rb8, N, 0, 0,
        c, N, row);
    refused("cblas_gemm_s8u8s32", 10, c[0] == 0x07070707);
    cblas_gemm_s8u8s32(CblasRowMajor, CblasNoTrans, CblasNoTrans, CblasRowOffset, M, N, K, 1, ura8, K, 0, rb8, N, 0, 0, c,
        N - 1, row);
    refused("cblas_gemm_s8u8s32", 17, c[0] == 0x07070707);
    if (cblas_gemm_s8u8s32_pack_get_size((CBLAS_IDENTIFIER)1, M, N, K) != 0) failures++;
    refused("cblas_gemm_s8u8s32_pack_get_size", 1, 1);
    cblas_gemm_s8u8s32_pack(CblasRowMajor, CblasAMatrix, CblasNoTrans, M, N, K, ura8, K - 1, c);
    refused("cblas_gemm_s8u8s32_pack", 8, c[0] == 0x07070707);
}

static void layers(void) {
    const zenblas_operand a = {a8, ZENBLAS_S8, CblasNoTrans, M, 0}, b = {ub8, ZENBLAS_U8, CblasNoTrans, K, 0};
    zenblas_result to = {c, ZENBLAS_S32, M};
    zenblas_gemm(CblasColMajor, M, N, K, &a, &b, &to, NULL);
    check_int("zenblas_gemm", c, 0, 0, 0);

    const float scale[M] = {1, 2, 4};
    const float steps = 2;
    int8_t bytes[M * N];
    zenblas_epilogue last;
    memset(&last, 0, sizeof last);
    last.size = sizeof last;
    last.scale.values = scale;
    last.scale.per = ZENBLAS_PER_ROW;
    last.step.values = &steps;
    last.activation = ZENBLAS_RELU;
    last.zero = 1;
    zenblas_result small = {bytes, ZENBLAS_S8, M};
    void *packed = malloc(zenblas_gemm_pack_get_size(ZENBLAS_U8, CblasBMatrix, M, N, K));
    zenblas_gemm_pack(CblasColMajor, ZENBLAS_U8, CblasBMatrix, CblasNoTrans, M, N, K, ub8, K, packed);
    zenblas_operand ready = {packed, ZENBLAS_U8, CblasPacked, 0, 0};
    zenblas_gemm(CblasColMajor, M, N, K, &a, &ready, &small, &last);
    for (int i = 0; i < M; i++)
        for (int j = 0; j < N; j++) {
            int x = (1 << i) * sum(i, j, 0, 0), half = x < 0 ? 0 : x / 2;
            if (x > 0 && x % 2) half += half % 2; /* to even */
            if (bytes[i + j * M] != half + 1) {
                printf("wrong: requantised (%d, %d): %d, not %d\n", i, j, bytes[i + j * M], half + 1);
                failures++;
            }
        }
    const zenblas_operand single = {as, ZENBLAS_F32, CblasNoTrans, M, 0}, half = {bh, ZENBLAS_F16, CblasNoTrans, K, 0};
    float reals[M * N];
    const zenblas_result to_reals = {reals, ZENBLAS_F32, M};
    zenblas_gemm(CblasColMajor, M, N, K, &single, &half, &to_reals, NULL);
    CHECK_REAL("zenblas_gemm of float and half", reals, 0)
    const zenblas_operand packed_half = {packed, ZENBLAS_F16, CblasPacked, 0, 0};
    reals[0] = 7;
    zenblas_gemm(CblasColMajor, M, N, K, &single, &packed_half, &to_reals, NULL);
    refused("zenblas_gemm", 6, reals[0] == 7);

    /* Packed bf16 goes with others only where those may be rounded to it; here all numbers are bf16. */
    bfloat16 short_b[K * N], *packed_short = malloc(zenblas_gemm_pack_get_size(ZENBLAS_BF16, CblasBMatrix, M, N, K));
    cblas_sbstobf16(K * N, bs, 1, short_b, 1);
    zenblas_gemm_pack(CblasColMajor, ZENBLAS_BF16, CblasBMatrix, CblasNoTrans, M, N, K, short_b, K, packed_short);
    const zenblas_operand ready_short = {packed_short, ZENBLAS_BF16, CblasPacked, 0, 0};
    zenblas_gemm(CblasColMajor, M, N, K, &single, &ready_short, &to_reals, NULL);
    refused("zenblas_gemm", 6, reals[0] == 7);
    zenblas_epilogue fast;
    memset(&fast, 0, sizeof fast);
    fast.size = sizeof fast;
    fast.precision = ZENBLAS_FAST_BF16;
    zenblas_gemm(CblasColMajor, M, N, K, &single, &ready_short, &to_reals, &fast);
    CHECK_REAL("zenblas_gemm of float and packed bf16", reals, 0)
    const zenblas_operand single_b = {bs, ZENBLAS_F32, CblasNoTrans, K, 0};
    zenblas_gemm(CblasColMajor, M, N, K, &single, &single_b, &to_reals, &fast);
    CHECK_REAL("zenblas_gemm of floats", reals, 0)
    fast.precision = (zenblas_precision) 2;
    reals[0] = 7;
    zenblas_gemm(CblasColMajor, M, N, K, &single, &single_b, &to_reals, &fast);
    refused("zenblas_gemm", 8, reals[0] == 7);
    /* A program built before there was a precision. */
    fast.size = offsetof(zenblas_epilogue, precision);
    zenblas_gemm(CblasColMajor, M, N, K, &single, &single_b, &to_reals, &fast);
    CHECK_REAL("zenblas_gemm with an earlier epilogue", reals, 0)
    free(packed_short);
    memset(c, 7, sizeof c);
    zenblas_operand wrong = {as, ZENBLAS_F32, CblasNoTrans, M, 0};
    zenblas_gemm(CblasColMajor, M, N, K, &wrong, &b, &to, NULL);
    refused("zenblas_gemm", 6, c[0] == 0x07070707);
    ready.type = ZENBLAS_S8;
    zenblas_gemm(CblasColMajor, M, N, K, &a, &ready, &to, NULL);
    refused("zenblas_gemm", 6, c[0] == 0x07070707);
    to.ld = M - 1;
    zenblas_gemm(CblasColMajor, M, N, K, &a, &b, &to, NULL);
    refused("zenblas_gemm", 7, c[0] == 0x07070707);
    to.ld = M;
    last.size = 8;
    zenblas_gemm(CblasColMajor, M, N, K, &a, &b, &to, &last);
    refused("zenblas_gemm", 8, c[0] == 0x07070707);
    zenblas_gemm((CBLAS_LAYOUT)1, M, N, K, &a, &b, &to, NULL);
    refused("zenblas_gemm", 1, c[0] == 0x07070707);
    zenblas_gemm_pack(CblasColMajor, ZENBLAS_U8, CblasBMatrix, CblasNoTrans, M, N, K, ub8, K - 1, packed);
    refused("zenblas_gemm_pack", 9, 1);
    free(packed);
}

int main(void) {
    fill();
    INTEGER(s8u8s32, int8_t, a8, ub8);
    INTEGER(s8s8s32, int8_t, a8, b8);
    INTEGER(s16s16s32, int16_t, a16, b16);
    HALF(bf16bf16f32, abf, bbf);
    HALF(f16f16f32, ah, bh);
    REAL(s, float, as, bs);
    REAL(d, double, ad, bd);
    vectors();
    openblas_products();
    offsets();
    layers();
    printf(failures ? "%d failures\n" : "all right\n", failures);
    return failures != 0;
}

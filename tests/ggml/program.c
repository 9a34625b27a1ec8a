/* A program on libggml-blas: program int8|q4_0|f32|off
 *
 * int8: quantised products must be made by zenblas from the blocks, without any conversion; q4_0: those of this type
 * only. f32: by conversion, but by zenblas; off: by conversion and the BLAS that libggml-blas was linked to. Weights of
 * 16 bits must be multiplied by zenblas where they lie, unless off or with CONVERT_HALVES in the environment. The
 * numbers must be right in any case. */

#define _GNU_SOURCE
#include "ggml.h"

#include <dlfcn.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int failures;

#define CHECK(condition, ...)                                                                                          \
    do {                                                                                                               \
        if (!(condition)) {                                                                                            \
            printf("line %d: %s: ", __LINE__, #condition);                                                             \
            printf(__VA_ARGS__);                                                                                       \
            printf("\n");                                                                                              \
            failures++;                                                                                                \
        }                                                                                                              \
    } while (0)

/* A counter of one of the two BLAS libraries; 0 where it isn't loaded. */
static int count(const char *name) {
    int *counter = dlsym(RTLD_DEFAULT, name);
    void *zenblas = counter ? NULL : dlopen("libzenblas.so.0", RTLD_LAZY | RTLD_NOLOAD);
    if (zenblas) {
        counter = dlsym(zenblas, name);
        dlclose(zenblas);
    }
    return counter ? *counter : 0;
}

static double uniform(void) {
    static uint64_t state = 1;
    state = state * 6364136223846793005u + 1442695040888963407u;
    return (double) (state >> 33) / (1u << 30) - 1.0;
}

static size_t bytes_of_row(int type, int k) {
    switch (type) {
    case F32: return 4 * (size_t) k;
    case F16: return 2 * (size_t) k;
    case Q4_0: return 18 * (size_t) k / 32;
    default: return 34 * (size_t) k / 32;
    }
}

/* Random weights, and what they are as floats. */
static void *weights(int type, int rows, int k, float *floats) {
    size_t row_bytes = bytes_of_row(type, k), block = type == Q4_0 ? 18 : 34;
    unsigned char *w = malloc(rows * row_bytes);
    for (int i = 0; i < rows; i++) {
        for (int p = 0; p < k; p++) {
            float *value = &floats[(size_t) i * k + p];
            *value = (float) (_Float16) uniform();
            if (type == F32) {
                ((float *) w)[(size_t) i * k + p] = *value;
            } else if (type == F16) {
                ((_Float16 *) w)[(size_t) i * k + p] = (_Float16) *value;
            } else {
                unsigned char *b = w + i * row_bytes + p / 32 * block;
                int q = (int) (uniform() * (type == Q4_0 ? 8 : 128));
                if (p % 32 == 0) {
                    memset(b, 0, block);
                    *(_Float16 *) b = (_Float16) *value;
                }
                if (type == Q4_0) {
                    b[2 + p % 16] |= (q + 8) << (p % 32 / 16 * 4);
                } else {
                    b[2 + p % 32] = q;
                }
                *value = (float) *(_Float16 *) b * q;
            }
        }
    }
    return w;
}


static const char *mode;

/* One product of libggml-blas, with the counts that it is expected to change. */
static void product(int type, int m, int n, int k, int planes, bool broadcast, int threads, int drop) {
    struct mul_mat op = {type, m, n, k, planes, threads, drop, broadcast, NULL, bytes_of_row(type, k), NULL, NULL};
    int weighed = broadcast ? 1 : planes;
    float *floats = malloc(4 * (size_t) weighed * n * k), *y = malloc(4 * (size_t) planes * m * k);
    float *d = malloc(4 * (size_t) planes * m * n);
    for (int i = 0; i < planes * m * k; i++) {
        y[i] = (float) uniform();
    }
    memset(d, 255, 4 * (size_t) planes * m * n);
    op.w = weights(type, weighed * n, k, floats);
    op.y = y;
    op.d = d;
    int q = count("quantised_products"), h = count("half_products"), z = count("float_products");
    int o = count("other_products"), c = converted;
    blas_mul_mat(&op);
    q = count("quantised_products") - q, h = count("half_products") - h, z = count("float_products") - z, o = count("other_products") - o;
    c = converted - c;

    bool quantised = (type == Q8_0 && strcmp(mode, "q4_0")) || type == Q4_0;
    bool int8 = (!strcmp(mode, "int8") || !strcmp(mode, "q4_0")) && quantised && drop < 0;
    bool linked = !strcmp(mode, "off");
    bool half = type == F16 && !linked && !getenv("CONVERT_HALVES") && drop < 0;
    int rows = type == F32 ? 0 : weighed * (n - (drop >= 0));
    CHECK(q == (int8 ? planes : 0), "%d quantised products, type %d, %d x %d x %d", q, type, m, n, k);
    CHECK(h == (half ? planes : 0), "%d half products, type %d, %d x %d x %d", h, type, m, n, k);
    CHECK(z == (int8 || half || linked ? 0 : planes), "%d float products, type %d, %d x %d x %d", z, type, m, n, k);
    CHECK(o == (linked ? planes : 0), "%d other products, type %d, %d x %d x %d", o, type, m, n, k);
    CHECK(c == (int8 || half ? 0 : rows), "%d rows converted, type %d, %d x %d x %d", c, type, m, n, k);
    for (int p = 0; p < planes; p++) {
        for (int i = 0; i < m; i++) {
            for (int j = 0; j < n; j++) {
                const float *row = floats + ((size_t) (broadcast ? 0 : p) * n + j) * k;
                double want = 0.0;
                for (int l = 0; l < k && j != drop; l++) {
                    want += (double) row[l] * y[((size_t) p * m + i) * k + l];
                }
                double got = d[((size_t) p * m + i) * n + j];
                if (!(fabs(got - want) <= 1e-3 + 1e-5 * fabs(want))) {
                    CHECK(false, "%g not %g, type %d, %d x %d x %d", got, want, type, m, n, k);
                    i = m;
                    break;
                }
            }
        }
    }
    free((void *) op.w);
    free(floats);
    free(y);
    free(d);
}

/* Records that lie where no recorder wrote them are floats, whatever they look like. */
static void copied_records(void) {
    enum { N = 40, K = 64, M = 33 };
    static float floats[N * K], y[M * K], d[M * N], copy[N * K];
    struct mul_mat op = {Q8_0, M, N, K, 1, 1, -1, false, weights(Q8_0, N, K, floats), bytes_of_row(Q8_0, K), y, d};
    const struct ggml_type_traits *traits = ggml_get_type_traits(Q8_0);
    blas_mul_mat(&op);
    int q = count("quantised_products"), c = converted;
    op.type = F32;
    memcpy(copy, blas_work(), sizeof copy);
    op.w = copy;
    blas_mul_mat(&op);
    CHECK(count("quantised_products") == q, "a copied record was taken for one");
    CHECK(converted == c, "rows were converted into the weights");
    CHECK(traits == ggml_get_type_traits(Q8_0), "the program sees other traits");
}

/* Other libraries get the originals: they read what they convert, and call the BLAS that they are linked to. */
static void others(void) {
    enum { N = 3, K = 64 };
    float floats[N * K], y[N * K], square[N * N];
    void *w = weights(Q8_0, N, K, floats);
    for (int i = 0; i < N; i++) {
        other_convert(Q8_0, (char *) w + i * bytes_of_row(Q8_0, K), y + i * K, K);
    }
    CHECK(!memcmp(y, floats, sizeof y), "another library didn't get its floats");
    /* Where the program itself has zenblas in front of its BLAS, zenblas is what others call. */
    const char *next = getenv("ZENBLAS_IS_NEXT") ? "float_products" : "other_products";
    int before = count(next);
    other_sgemm(N, N, K, y, y, square);
    CHECK(count(next) == before + 1, "another library's product went elsewhere");
    free(w);
}

/* A product that libggml-blas doesn't make today. */
static void accumulate(void) {
    enum { M = 32, N = 40, K = 64 };
    static float floats[N * K], y[M * K], d[M * N];
    struct mul_mat op = {Q8_0, M, N, K, 1, 1, -1, false, weights(Q8_0, N, K, floats), bytes_of_row(Q8_0, K), y, d};
    for (int i = 0; i < M * K; i++) {
        y[i] = (float) uniform();
    }
    for (int i = 0; i < M * N; i++) {
        d[i] = 1.0f;
    }
    blas_accumulate(&op);
    double want = 1.0;
    for (int l = 0; l < K; l++) {
        want += (double) floats[7 * K + l] * y[5 * K + l];
    }
    CHECK(fabs(d[5 * N + 7] - want) < 1e-3, "%g not %g", d[5 * N + 7], want);
}

/* Products run on the program's own OpenMP team, as large as libggml-blas was told, but no larger than the two CPUs
 * that zenblas tells of; and alone inside a region. */
static void team(void) {
    if (!count("quantised_products")) {
        return;
    }
    for (int threads = 1; threads <= 3; threads++) {
        int told = 0, before = count("lent_members");
        ggml_backend_blas_set_n_threads(&told, threads);
        CHECK(told == threads, "libggml-blas was told %d", told);
        product(Q4_0, 32, 40, 64, 1, false, threads, -1);
        product(Q4_0, 32, 40, 64, 2, true, threads, -1);
        product(F16, 32, 41, 64, 2, false, threads, -1);
        int members = count("lent_members") - before;
        int teams = getenv("CONVERT_HALVES") ? 3 : 5;
        int want = threads == 1 || getenv("OWN_THREADS") ? 0 : teams * (2 + (getenv("TWO_MORE") ? 2 : 0));
        CHECK(members == want, "%d members of %d teams for %d threads", members, teams, threads);
    }
    int before = count("lent_members");
#pragma omp parallel num_threads(2)
    {
#pragma omp single
        product(Q4_0, 32, 40, 64, 1, false, 2, -1);
    }
    CHECK(count("lent_members") == before, "threads were lent that are at work");
    ggml_backend_blas_set_n_threads(&before, 0);
}

int main(int argc, char **argv) {
    mode = argc > 1 ? argv[1] : "int8";
    product(Q8_0, 32, 40, 64, 1, false, 2, 17); /* in a new buffer: the row that is left out is zero */
    product(Q8_0, 32, 40, 64, 1, false, 2, -1);
    others();
    static const int sizes[][3] = {{32, 32, 32}, {32, 1, 32}, {33, 2, 64}, {40, 257, 96}, {64, 64, 2048}};
    static const int types[] = {Q8_0, F16, Q4_0, F32, Q8_0, TQ1_0, Q4_0, Q8_0, F32, F16};
    for (size_t s = 0; s < sizeof sizes / sizeof *sizes; s++) {
        for (size_t t = 0; t < sizeof types / sizeof *types; t++) {
            const int *size = sizes[s];
            product(types[t], size[0], size[1], size[2], 1, false, 1 + t % 4, -1);
        }
    }
    product(Q4_0, 32, 33, 64, 3, false, 3, -1);
    product(Q8_0, 32, 33, 64, 3, true, 2, -1);
    product(F16, 32, 33, 64, 2, true, 2, -1);
    product(F32, 32, 33, 64, 2, true, 2, -1);
    copied_records();
    team();
    accumulate();
    others();
    printf("%d failures\n", failures);
    return failures != 0;
}

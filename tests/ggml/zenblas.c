/* libzenblas.so.0 as far as the shim knows it, in plain loops that count. REFUSE in the environment: refuse. VERSION:
 * what it says its version is. */

#include "counting.h"
#include "ggml.h"

#include <zenblas.h>

int quantised_products, half_products, float_products;

const char *zenblas_version(void) { return VERSION; }

void cblas_sgemm(CBLAS_LAYOUT layout, CBLAS_TRANSPOSE ta, CBLAS_TRANSPOSE tb, int m, int n, int k, float alpha,
    const float *a, int lda, const float *b, int ldb, float beta, float *c, int ldc) {
    (void) layout, (void) ta, (void) tb, (void) alpha;
    float_products++;
    plain_sgemm(m, n, k, a, lda, b, ldb, beta, c, ldc);
}

static _Thread_local int threads = 1;
static _Thread_local zenblas_lender lender;
int openblas_get_num_procs(void) { return 2; }

int lent_members; /* members of all teams on lent threads */

int openblas_set_num_threads_local(int count) {
    int before = threads;
    threads = count;
    return before;
}

zenblas_lender zenblas_set_lender_local(zenblas_lender new) {
    zenblas_lender before = lender;
    lender = new;
    return before;
}

static int threads_of_team;

/* Members of a team are there at the same time: each waits for all. */
static void member(int number, void *arrived) {
    (void) number;
    __atomic_fetch_add((int *) arrived, 1, __ATOMIC_SEQ_CST);
    while (__atomic_load_n((int *) arrived, __ATOMIC_SEQ_CST) < threads_of_team) {
    }
}

int zenblas_qtype_block(int type, size_t *values, size_t *bytes) {
    if (type != Q8_0 && type != Q4_0) {
        return 1;
    }
    *values = 32;
    *bytes = type == Q8_0 ? 34 : 18;
    return 0;
}

static void run_a_team(void) {
    if (lender) {
        int arrived = 0;
        threads_of_team = threads + (getenv("TWO_MORE") ? 2 : 0);
        lender(threads_of_team, member, &arrived);
        lent_members += arrived;
    }
}

void zenblas_gemm(CBLAS_LAYOUT layout, int m, int n, int k, const zenblas_operand *a, const zenblas_operand *b,
    const zenblas_result *c, const zenblas_epilogue *epilogue) {
    if (layout != CblasRowMajor || a->type != ZENBLAS_F32 || a->trans != CblasNoTrans || b->type != ZENBLAS_F16 ||
        b->trans != CblasTrans || c->type != ZENBLAS_F32) {
        return;
    }
    const char *in_bf16 = getenv("ZENBLAS_GGML_BF16"), *mode = getenv("ZENBLAS_GGML");
    bool fast_wanted = in_bf16 && !strcmp(in_bf16, "1") && !(mode && !strcmp(mode, "f32"));
    if ((epilogue != NULL) != fast_wanted) {
        return;
    }
    if (epilogue) {
        zenblas_epilogue fast;
        memset(&fast, 0, sizeof fast);
        fast.size = sizeof fast;
        fast.precision = ZENBLAS_FAST_BF16;
        if (memcmp(epilogue, &fast, sizeof fast)) {
            return;
        }
    }
    run_a_team();
    float *floats = malloc((size_t) n * k * sizeof(float));
    for (int j = 0; j < n; j++) {
        for (int p = 0; p < k; p++) {
            floats[(size_t) j * k + p] = (float) ((const _Float16 *) b->data)[(size_t) j * b->ld + p];
        }
    }
    plain_sgemm(m, n, k, a->data, a->ld, floats, k, 0.0f, c->data, c->ld);
    free(floats);
    half_products++;
}

int zenblas_qgemm(int type, int m, int n, int k, const float *a, int lda, const void *w, size_t w_stride, float *c,
    int ldc) {
    if (getenv("REFUSE")) {
        return -1;
    }
    run_a_team();
    float *floats = malloc((size_t) n * k * sizeof(float));
    for (int j = 0; j < n; j++) {
        for (int p = 0; p < k; p++) {
            const unsigned char *block = (const unsigned char *) w + j * w_stride + p / 32 * (type == Q8_0 ? 34 : 18);
            int i = p % 32;
            int q = type == Q8_0 ? (signed char) block[2 + i]
                                 : (i < 16 ? block[2 + i] & 15 : block[2 + i - 16] >> 4) - 8;
            floats[(size_t) j * k + p] = (float) *(const _Float16 *) block * q;
        }
    }
    plain_sgemm(m, n, k, a, lda, floats, k, 0.0f, c, ldc);
    free(floats);
    quantised_products++;
    return 0;
}

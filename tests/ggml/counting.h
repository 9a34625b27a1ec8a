/* cblas_sgemm in plain loops, for the two libraries that stand in for a BLAS. */

#include <cblas.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

static void plain_sgemm(int m, int n, int k, const float *a, int lda, const float *b, int ldb, float beta, float *c,
    int ldc) {
    for (int i = 0; i < m; i++) {
        for (int j = 0; j < n; j++) {
            double sum = beta == 0.0f ? 0.0 : (double) beta * c[(size_t) i * ldc + j];
            for (int p = 0; p < k; p++) {
                sum += (double) a[(size_t) i * lda + p] * b[(size_t) j * ldb + p];
            }
            c[(size_t) i * ldc + j] = (float) sum;
        }
    }
}

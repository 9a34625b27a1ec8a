/* libblas.so.3: the BLAS that libggml-blas was linked to, no zenblas. */

#include "counting.h"

int other_products;

void cblas_sgemm(CBLAS_LAYOUT layout, CBLAS_TRANSPOSE ta, CBLAS_TRANSPOSE tb, int m, int n, int k, float alpha,
    const float *a, int lda, const float *b, int ldb, float beta, float *c, int ldc) {
    (void) layout, (void) ta, (void) tb, (void) alpha;
    other_products++;
    plain_sgemm(m, n, k, a, lda, b, ldb, beta, c, ldc);
}

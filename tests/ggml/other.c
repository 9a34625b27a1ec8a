/* libggml-other: a library of ggml that isn't libggml-blas. It reads what it converts. */

#include "ggml.h"

#include <cblas.h>

void other_convert(int type, const void *x, float *y, int64_t k) { ggml_get_type_traits(type)->to_float(x, y, k); }

void other_sgemm(int m, int n, int k, const float *a, const float *b, float *c) {
    cblas_sgemm(CblasRowMajor, CblasNoTrans, CblasTrans, m, n, k, 1.0f, a, k, b, k, 0.0f, c, n);
}

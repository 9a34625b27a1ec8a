/* What libggml-base offers to libggml-blas, as far as the tests need it. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { F32 = 0, F16 = 1, Q4_0 = 2, Q8_0 = 8, Q4_K = 12, TQ1_0 = 34 };

typedef void (*to_float_t)(const void *x, float *y, int64_t k);

struct ggml_type_traits {
    const char *type_name;
    int64_t blck_size;
    int64_t blck_size_interleave;
    size_t type_size;
    bool is_quantized;
    to_float_t to_float;
    void (*from_float_ref)(const float *x, void *y, int64_t k);
};

const struct ggml_type_traits *ggml_get_type_traits(int type);
const char *ggml_version(void);

/* Rows that the original converters have converted. */
extern int converted;

/* libggml-blas: d (m x n) = y (m x k) w^T on `threads` threads, in a buffer of its own. `drop`: leave out the conversion
 * of this row (its floats stay what they were); -1 for none. `planes` products, each with weights of its own or all
 * with those of the first. */
struct mul_mat {
    int type, m, n, k, planes, threads, drop;
    bool broadcast;
    const void *w;
    size_t row_bytes;
    const float *y;
    float *d;
};
void blas_mul_mat(const struct mul_mat *op);
void ggml_backend_blas_set_n_threads(void *backend, int threads);
/* The buffer. */
const float *blas_work(void);
/* A product of another form: d = d + y w^T */
void blas_accumulate(const struct mul_mat *op);

/* Another library that converts and multiplies. */
void other_convert(int type, const void *x, float *y, int64_t k);
void other_sgemm(int m, int n, int k, const float *a, const float *b, float *c);

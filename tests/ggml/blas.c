/* libggml-blas: converts its weights on threads of its own, row by row, and multiplies, as the real one does. */

#include "ggml.h"

#include <cblas.h>
#include <pthread.h>
#include <stdlib.h>

static float *work;
static size_t work_size;

const float *blas_work(void) { return work; }

void ggml_backend_blas_set_n_threads(void *backend, int threads) { *(int *) backend = threads; }

struct rows {
    const struct mul_mat *op;
    to_float_t to_float;
    const char *x;
    float *plane;
    int start, end;
};

static void *convert(void *argument) {
    const struct rows *rows = argument;
    for (int i = rows->start; i < rows->end; i++) {
        if (i != rows->op->drop) {
            rows->to_float(rows->x + i * rows->op->row_bytes, rows->plane + (size_t) i * rows->op->k, rows->op->k);
        }
    }
    return NULL;
}

void blas_mul_mat(const struct mul_mat *op) {
    size_t plane = (size_t) op->n * op->k;
    int weights = op->broadcast ? 1 : op->planes;
    if (op->type != F32 && work_size < weights * plane) {
        free(work);
        work_size = weights * plane;
        work = calloc(work_size, sizeof(float));
    }
    if (op->type != F32) {
        to_float_t to_float = ggml_get_type_traits(op->type)->to_float;
        for (int p = 0; p < weights; p++) {
            struct rows rows[8];
            pthread_t threads[8];
            for (int t = op->threads - 1; t >= 0; t--) {
                rows[t] = (struct rows) {op, to_float, (const char *) op->w + p * op->n * op->row_bytes,
                    work + p * plane, t * op->n / op->threads, (t + 1) * op->n / op->threads};
                if (t > 0) {
                    pthread_create(&threads[t], NULL, convert, &rows[t]);
                } else {
                    convert(&rows[0]);
                }
            }
            for (int t = 1; t < op->threads; t++) {
                pthread_join(threads[t], NULL);
            }
        }
    }
    for (int p = 0; p < op->planes; p++) {
        int from = op->broadcast ? 0 : p;
        const float *b = op->type == F32 ? (const float *) op->w + from * plane : work + from * plane;
        cblas_sgemm(CblasRowMajor, CblasNoTrans, CblasTrans, op->m, op->n, op->k, 1.0f,
            op->y + (size_t) p * op->m * op->k, op->k, b, op->k, 0.0f, op->d + (size_t) p * op->m * op->n, op->n);
    }
}

void blas_accumulate(const struct mul_mat *op) {
    float *floats = malloc((size_t) op->n * op->k * sizeof(float));
    to_float_t to_float = ggml_get_type_traits(op->type)->to_float;
    convert(&(struct rows) {op, to_float, op->w, floats, 0, op->n});
    cblas_sgemm(CblasRowMajor, CblasNoTrans, CblasTrans, op->m, op->n, op->k, 1.0f, op->y, op->k, floats, op->k, 1.0f,
        op->d, op->n);
    free(floats);
}

/* libggml-base: type traits with converters that count. VERSION and LAYOUT make unknown ones. */

#include "ggml.h"

int converted;

static void f16_row(const void *x, float *y, int64_t k) {
    __atomic_fetch_add(&converted, 1, __ATOMIC_RELAXED);
    for (int64_t i = 0; i < k; i++) {
        y[i] = (float) ((const _Float16 *) x)[i];
    }
}

static void q8_0_row(const void *x, float *y, int64_t k) {
    __atomic_fetch_add(&converted, 1, __ATOMIC_RELAXED);
    for (int64_t block = 0; block < k / 32; block++) {
        const char *from = (const char *) x + 34 * block;
        for (int i = 0; i < 32; i++) {
            y[32 * block + i] = (float) *(const _Float16 *) from * (signed char) from[2 + i];
        }
    }
}

static void q4_0_row(const void *x, float *y, int64_t k) {
    __atomic_fetch_add(&converted, 1, __ATOMIC_RELAXED);
    for (int64_t block = 0; block < k / 32; block++) {
        const unsigned char *from = (const unsigned char *) x + 18 * block;
        for (int i = 0; i < 16; i++) {
            y[32 * block + i] = (float) *(const _Float16 *) from * ((from[2 + i] & 15) - 8);
            y[32 * block + 16 + i] = (float) *(const _Float16 *) from * ((from[2 + i] >> 4) - 8);
        }
    }
}

#ifndef LAYOUT
#define LAYOUT 0
#endif
#ifndef VERSION
#define VERSION "0.25.3"
#endif

static const struct ggml_type_traits traits[64] = {
    [F32] = {"f32", 1, 0, 4, false, 0, 0},
    [F16] = {"f16", 1, 0, 2, false, f16_row, 0},
    [Q4_0] = {"q4_0", 32, 0, 18, true, q4_0_row, 0},
    [Q8_0] = {"q8_0", 32, LAYOUT, 34, true, q8_0_row, 0},
    [TQ1_0] = {"tq1_0", 32, 0, 34, true, q8_0_row, 0}, /* no type of zenblas; its blocks are Q8_0's here */
};

const struct ggml_type_traits *ggml_get_type_traits(int type) { return &traits[type]; }
const char *ggml_version(void) { return VERSION; }

/* A layer of a neural network in 8-bit integers, next to the same layer in single precision.
 *
 *     y = gelu(x W^T + bias)        x: tokens x inputs, W: outputs x inputs
 *
 * Weights are quantised to int8_t, symmetric, a step for each output; activations to uint8_t, with one step and a zero
 * point. The weights are packed once; each product scales, adds the bias and takes the activation on its way out.
 *
 *     cc quantised_layer.c $(pkg-config --cflags --libs zenblas) -lm && ./a.out
 *
 * Prints the error relative to the largest output, and fails if it is more than 2 %. */

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zenblas.h>

enum { TOKENS = 37, INPUTS = 768, OUTPUTS = 320 };

static float x[TOKENS * INPUTS], weights[OUTPUTS * INPUTS], bias[OUTPUTS];
static float wanted[TOKENS * OUTPUTS], got[TOKENS * OUTPUTS];
static uint8_t quantised_x[TOKENS * INPUTS];
static int8_t quantised_weights[OUTPUTS * INPUTS];
static float scales[OUTPUTS];

static float random_number(void) {
    static uint32_t state = 12345;
    state = state * 1664525u + 1013904223u;
    return (float)(state >> 8) / 8388608.0f - 1.0f;
}

static float gelu(float x) { return 0.5f * x * (1.0f + erff(x * 0.70710678f)); }

int main(void) {
    for (int i = 0; i < TOKENS * INPUTS; i++) x[i] = random_number() + 0.3f;
    for (int i = 0; i < OUTPUTS * INPUTS; i++) weights[i] = 0.1f * random_number();
    for (int i = 0; i < OUTPUTS; i++) bias[i] = random_number();

    /* The layer in single precision. */
    for (int t = 0; t < TOKENS; t++) memcpy(wanted + t * OUTPUTS, bias, sizeof bias);
    cblas_sgemm(CblasRowMajor, CblasNoTrans, CblasTrans, TOKENS, OUTPUTS, INPUTS, 1, x, INPUTS, weights, INPUTS, 1, wanted,
        OUTPUTS);
    for (int i = 0; i < TOKENS * OUTPUTS; i++) wanted[i] = gelu(wanted[i]);

    /* Activations: x = step (number + zero). */
    float low = 0, high = 0;
    for (int i = 0; i < TOKENS * INPUTS; i++) {
        low = fminf(low, x[i]);
        high = fmaxf(high, x[i]);
    }
    float step = (high - low) / 255;
    int32_t zero = (int32_t)lrintf(low / step);
    for (int i = 0; i < TOKENS * INPUTS; i++) {
        long number = lrintf(x[i] / step) - zero;
        quantised_x[i] = (uint8_t)(number < 0 ? 0 : number > 255 ? 255 : number);
    }

    /* Weights: w = step of its output times the number. */
    for (int o = 0; o < OUTPUTS; o++) {
        const float *row = weights + o * INPUTS;
        float largest = 0;
        for (int i = 0; i < INPUTS; i++) largest = fmaxf(largest, fabsf(row[i]));
        float weight_step = largest / 127;
        for (int i = 0; i < INPUTS; i++) quantised_weights[o * INPUTS + i] = (int8_t)lrintf(row[i] / weight_step);
        scales[o] = step * weight_step;
    }

    /* Packed once, for any number of tokens. */
    size_t bytes = zenblas_gemm_pack_get_size(ZENBLAS_S8, CblasBMatrix, TOKENS, OUTPUTS, INPUTS);
    void *packed = aligned_alloc(64, (bytes + 63) / 64 * 64);
    if (!packed) return 1;
    zenblas_gemm_pack(CblasRowMajor, ZENBLAS_S8, CblasBMatrix, CblasTrans, TOKENS, OUTPUTS, INPUTS, quantised_weights,
        INPUTS, packed);

    zenblas_operand a = {quantised_x, ZENBLAS_U8, CblasNoTrans, INPUTS, zero};
    zenblas_operand b = {packed, ZENBLAS_S8, CblasPacked, 0, 0};
    zenblas_result c = {got, ZENBLAS_F32, OUTPUTS};
    zenblas_epilogue last;
    memset(&last, 0, sizeof last);
    last.size = sizeof last;
    last.scale.values = scales;
    last.scale.per = ZENBLAS_PER_COLUMN;
    last.bias.values = bias;
    last.bias.per = ZENBLAS_PER_COLUMN;
    last.activation = ZENBLAS_GELU;
    zenblas_gemm(CblasRowMajor, TOKENS, OUTPUTS, INPUTS, &a, &b, &c, &last);
    free(packed);

    float error = 0, largest = 0;
    for (int i = 0; i < TOKENS * OUTPUTS; i++) {
        error = fmaxf(error, fabsf(got[i] - wanted[i]));
        largest = fmaxf(largest, fabsf(wanted[i]));
    }
    printf("int8 layer: largest error %.2f %% of the largest output\n", 100 * error / largest);
    return !(error < 0.02f * largest);
}

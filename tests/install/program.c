/* A program that uses the C and the Fortran interface and checks every result; compiled as C and as C++. */

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "cblas.h"
#include "f77blas.h"
#include "zenblas.h"

static int failures = 0;

static void check(int ok, const char *what) {
    if (!ok) {
        printf("wrong: %s\n", what);
        failures++;
    }
}

/* Every spelling of the argument types that programs use. */
static void spellings(void) {
    enum CBLAS_ORDER order = CblasRowMajor;
    enum CBLAS_LAYOUT layout = CblasColMajor;
    CBLAS_ORDER older = order;
    CBLAS_LAYOUT newer = layout;
    enum CBLAS_TRANSPOSE conj = CblasConjNoTrans;
    CBLAS_UPLO uplo = CblasLower;
    CBLAS_DIAG diag = CblasUnit;
    CBLAS_SIDE side = CblasRight;
    CBLAS_INDEX index = (size_t)-1;
    CBLAS_INT integer = sizeof(blasint);
    check(older == 101 && newer == 102 && conj == 114, "layout and transposition");
    check(uplo == 122 && diag == 132 && side == 142, "triangle, diagonal, side");
#ifdef ZENBLAS_ILP64
    check(integer == 8 && index > 0, "integers");
#else
    check(integer == 4 && index > 0, "integers");
#endif
}

int main(void) {
    spellings();

    /* A = [1 2; 3 4], B = [5 6; 7 8]; row by row, and column by column the transposes. */
    const double a[4] = {1, 2, 3, 4}, b[4] = {5, 6, 7, 8};
    const double rows[4] = {19, 22, 43, 50}, columns[4] = {23, 34, 31, 46};
    double c[4] = {0, 0, 0, 0};
    const blasint two = 2, one = 1;
    const double unit = 1, zero = 0;

    cblas_dgemm(CblasRowMajor, CblasNoTrans, CblasNoTrans, 2, 2, 2, 1.0, a, 2, b, 2, 0.0, c, 2);
    check(memcmp(c, rows, sizeof c) == 0, "cblas_dgemm, rows");
    cblas_dgemm(CblasColMajor, CblasNoTrans, CblasNoTrans, 2, 2, 2, 1.0, a, 2, b, 2, 0.0, c, 2);
    check(memcmp(c, columns, sizeof c) == 0, "cblas_dgemm, columns");
    dgemm_("N", "n", &two, &two, &two, &unit, a, &two, b, &two, &zero, c, &two);
    check(memcmp(c, columns, sizeof c) == 0, "dgemm_");

    const float x[3] = {1, -4, 2}, y[3] = {3, 1, 0.5f};
    const blasint three = 3, back = -1;
    check(cblas_sdot(3, x, 1, y, 1) == 0.0f, "cblas_sdot");
    check(sdot_(&three, x, &one, y, &back) == 2.5f, "sdot_ with a negative increment");
    check(cblas_isamax(3, x, 1) == 1, "cblas_isamax counts from 0");
    check(isamax_(&three, x, &one) == 2, "isamax_ counts from 1");
    check(lsame_("n", "N") != 0 && lsame_("n", "T") == 0, "lsame_");

    /* conj(1 + 2i) (3 - i) = 1 - 7i, by value and through a pointer. */
    const double u[2] = {1, 2}, v[2] = {3, -1};
    double w[2] = {0, 0};
    cblas_zdotc_sub(1, u, 1, v, 1, w);
    check(w[0] == 1 && w[1] == -7, "cblas_zdotc_sub");
    openblas_complex_double z = zdotc_(&one, u, &one, v, &one);
    check(openblas_complex_double_real(z) == 1 && openblas_complex_double_imag(z) == -7, "zdotc_");
    const float s[2] = {1, 2}, t[2] = {3, -1};
    openblas_complex_float d = cblas_cdotu(1, s, 1, t, 1);
    check(openblas_complex_float_real(d) == 5 && openblas_complex_float_imag(d) == 5, "cblas_cdotu");

    openblas_set_num_threads(1);
    check(zenblas_get_num_threads() == 1 && openblas_get_num_threads() == 1, "number of threads");
    check(strcmp(zenblas_version(), ZENBLAS_VERSION) == 0, "version of header and library");
    check(strncmp(openblas_get_config(), OPENBLAS_VERSION + 1, 15) == 0, "OpenBLAS version of header and library");
    check(strlen(zenblas_get_isa()) > 0 && strstr(zenblas_get_config(), ZENBLAS_VERSION) != NULL, "zenblas_get_config");
    printf(failures ? "%d failures\n" : "all right\n", failures);
    return failures != 0;
}

/* A program with error handlers of its own. The library must call them, with the routine and the number of the
 * wrong parameter, and leave the result alone. */

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "cblas.h"
#include "f77blas.h"

static int failures = 0;
static char routine[16];
static long parameter;

void xerbla_(const char *srname, const blasint *info, size_t srname_len) {
    snprintf(routine, sizeof routine, "%.*s", (int)srname_len, srname);
    parameter = *info;
}

void cblas_xerbla(blasint p, const char *rout, const char *form, ...) {
    (void)form;
    snprintf(routine, sizeof routine, "%s", rout);
    parameter = p;
}

static void expect(const char *name, long number, double untouched) {
    routine[strcspn(routine, " ")] = 0;
    if (strcmp(routine, name) != 0 || parameter != number || untouched != 7) {
        printf("wrong: %s parameter %ld, got %s parameter %ld, result %g\n", name, number, routine, parameter, untouched);
        failures++;
    }
    routine[0] = 0;
    parameter = 0;
}

int main(void) {
    const double a[4] = {1, 2, 3, 4}, unit = 1;
    double c[4] = {7, 7, 7, 7};
    const blasint two = 2, one = 1, minus = -1;

    dgemm_("N", "N", &minus, &two, &two, &unit, a, &two, a, &two, &unit, c, &two);
    expect("DGEMM", 3, c[0]);
    dgemm_("N", "N", &two, &two, &two, &unit, a, &two, a, &two, &unit, c, &one);
    expect("DGEMM", 13, c[0]);
    dgemv_("X", &two, &two, &unit, a, &two, a, &one, &unit, c, &one);
    expect("DGEMV", 1, c[0]);
    cblas_dgemm(CblasColMajor, CblasNoTrans, CblasNoTrans, -1, 2, 2, 1.0, a, 2, a, 2, 1.0, c, 2);
    expect("cblas_dgemm", 4, c[0]);
    cblas_dgemm(CblasRowMajor, CblasNoTrans, CblasNoTrans, 2, 2, 2, 1.0, a, 2, a, 2, 1.0, c, 1);
    expect("cblas_dgemm", 14, c[0]);
    printf(failures ? "%d failures\n" : "all right\n", failures);
    return failures != 0;
}

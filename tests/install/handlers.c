/* A program with an error handler of its own: xerbla_, or with -DC_HANDLER cblas_xerbla. The library must call it,
 * with the routine and the number of the wrong parameter, and leave the result alone. (A program that replaces both
 * gets the sizes of a C call in xerbla_, as with the reference library: hence one at a time.) */

#include <stdio.h>
#include <string.h>

#include "cblas.h"
#include "f77blas.h"

static int failures = 0;
static char routine[16];
static long parameter;

#ifdef C_HANDLER
void cblas_xerbla(blasint p, const char *rout, const char *form, ...) {
    (void)form;
    snprintf(routine, sizeof routine, "%s", rout);
    parameter = p;
}
#else
void xerbla_(const char *srname, const blasint *info, size_t srname_len) {
    snprintf(routine, sizeof routine, "%.*s", (int)srname_len, srname);
    parameter = *info;
}
#endif

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

#ifdef C_HANDLER
    cblas_dgemm(CblasColMajor, CblasNoTrans, CblasNoTrans, -1, 2, 2, 1.0, a, 2, a, 2, 1.0, c, 2);
    expect("cblas_dgemm", 4, c[0]);
    cblas_dgemm(CblasRowMajor, CblasNoTrans, CblasNoTrans, 2, 2, 2, 1.0, a, 2, a, 2, 1.0, c, 1);
    expect("cblas_dgemm", 14, c[0]);
    cblas_dgemm(CblasRowMajor, CblasNoTrans, (CBLAS_TRANSPOSE)110, 2, 2, 2, 1.0, a, 2, a, 2, 1.0, c, 2);
    expect("cblas_dgemm", 3, c[0]);
    cblas_dgemv((CBLAS_LAYOUT)100, CblasNoTrans, 2, 2, 1.0, a, 2, a, 1, 1.0, c, 1);
    expect("cblas_dgemv", 1, c[0]);
    (void)unit, (void)two, (void)one, (void)minus;
#else
    dgemm_("N", "N", &minus, &two, &two, &unit, a, &two, a, &two, &unit, c, &two);
    expect("DGEMM", 3, c[0]);
    dgemm_("N", "N", &two, &two, &two, &unit, a, &two, a, &two, &unit, c, &one);
    expect("DGEMM", 13, c[0]);
    dgemv_("X", &two, &two, &unit, a, &two, a, &one, &unit, c, &one);
    expect("DGEMV", 1, c[0]);
#endif
    printf(failures ? "%d failures\n" : "all right\n", failures);
    return failures != 0;
}

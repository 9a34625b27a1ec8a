/* One program, two Rust archives; see other.rs. */

#include <stdio.h>

#include "cblas.h"

int other_library(int n);

int main(void) {
    const double x[2] = {3, 4};
    int right = other_library(5) == 5 && cblas_ddot(2, x, 1, x, 1) == 25;
    printf(right ? "all right\n" : "wrong\n");
    return !right;
}

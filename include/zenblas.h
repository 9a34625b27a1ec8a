/* zenblas.h: calls that only zenblas has. The routines themselves are in cblas.h (C) and f77blas.h (Fortran). */

#ifndef ZENBLAS_H
#define ZENBLAS_H

#include "cblas.h"

#define ZENBLAS_VERSION "0.1.0"
#define ZENBLAS_VERSION_MAJOR 0
#define ZENBLAS_VERSION_MINOR 1
#define ZENBLAS_VERSION_PATCH 0

#ifdef __cplusplus
extern "C" {
#endif

/* Number of threads used by later calls, for the whole process. Less than one restores the default. */
void zenblas_set_num_threads(int num_threads);
int zenblas_get_num_threads(void);

/* One line that says what the library is and what it found: version, integer width, instruction set, threads. */
const char *zenblas_get_config(void);
/* Version of the library that was loaded, like ZENBLAS_VERSION of the one compiled against. */
const char *zenblas_version(void);
/* Instruction set of the kernels in use: "avx512", "avx2" or "portable". */
const char *zenblas_get_isa(void);

#ifdef __cplusplus
}
#endif

#endif /* ZENBLAS_H */

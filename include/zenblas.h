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

/* Threads of the program's own for the calls from this thread, so that a program whose threads wait for work (an OpenMP
 * team between its parallel regions) has no second set beside them. The lender must call member(0, work) on the calling
 * thread and member(1, work) ... member(members - 1, work) each on a thread of its own, all at the same time, since they
 * wait for each other; it returns when all have returned. The number of members is never larger than the number of
 * threads set for calls from this thread. NULL: the library's own threads again. Returns the lender before. */
typedef void (*zenblas_lender)(int members, void (*member)(int number, void *work), void *work);
zenblas_lender zenblas_set_lender_local(zenblas_lender lender);

#ifdef __cplusplus
}
#endif

#endif /* ZENBLAS_H */

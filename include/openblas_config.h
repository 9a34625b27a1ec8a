/* openblas_config.h: integer and complex types shared by cblas.h, f77blas.h and zenblas.h, and the few
 * OPENBLAS_* macros that programs look at. */

#ifndef OPENBLAS_CONFIG_H
#define OPENBLAS_CONFIG_H

#include <stddef.h>
#include <stdint.h>

/* The OpenBLAS version whose interface these headers follow. */
#define OPENBLAS_VERSION " OpenBLAS 0.3.30 (zenblas 0.1.0) "

#if defined(__linux__)
#define OPENBLAS_OS_LINUX 1
#endif
#if defined(__x86_64__)
#define OPENBLAS_ARCH_X86_64 1
#elif defined(__aarch64__)
#define OPENBLAS_ARCH_ARM64 1
#endif
#define OPENBLAS___64BIT__ 1
#define OPENBLAS_NEEDBUNDERSCORE 1
#define OPENBLAS_BUNDERSCORE _

/* BLASFUNC(dgemm) is the Fortran symbol of dgemm. */
#define BLASFUNC(FUNC) FUNC##_

/* blasint: the integer of the interface. 32 bits unless the program is built for the 64-bit library. */
typedef long BLASLONG;
typedef unsigned long BLASULONG;
#if defined(ZENBLAS_ILP64) || defined(OPENBLAS_USE64BITINT)
#ifndef OPENBLAS_USE64BITINT
#define OPENBLAS_USE64BITINT 1
#endif
typedef int64_t blasint;
#include "zenblas_ilp64.h"
#else
typedef int32_t blasint;
#endif

/* The bits of a bf16 (the upper half of a float) and of a number of half precision. */
typedef uint16_t bfloat16;
typedef uint16_t hfloat16;

/* Complex numbers that functions return by value: the compiler's own type where there is one. A program that wants
 * the structure instead defines FORCE_OPENBLAS_COMPLEX_STRUCT; both are returned in the same registers. */
#if !defined(FORCE_OPENBLAS_COMPLEX_STRUCT) && \
    (defined(__GNUC__) || (!defined(__cplusplus) && __STDC_VERSION__ >= 199901L))
#define OPENBLAS_COMPLEX_C99
#ifndef __cplusplus
#include <complex.h>
#endif
#ifdef __GNUC__
__extension__ typedef float _Complex openblas_complex_float;
__extension__ typedef double _Complex openblas_complex_double;
#else
typedef float _Complex openblas_complex_float;
typedef double _Complex openblas_complex_double;
#endif
#define openblas_make_complex_float(real, imag) ((openblas_complex_float)((real) + ((imag) * _Complex_I)))
#define openblas_make_complex_double(real, imag) ((openblas_complex_double)((real) + ((imag) * _Complex_I)))
#ifdef __GNUC__
#define openblas_complex_float_real(z) (__real__(z))
#define openblas_complex_float_imag(z) (__imag__(z))
#define openblas_complex_double_real(z) (__real__(z))
#define openblas_complex_double_imag(z) (__imag__(z))
#else
#define openblas_complex_float_real(z) (crealf(z))
#define openblas_complex_float_imag(z) (cimagf(z))
#define openblas_complex_double_real(z) (creal(z))
#define openblas_complex_double_imag(z) (cimag(z))
#endif
#else
#define OPENBLAS_COMPLEX_STRUCT
typedef struct {
    float real, imag;
} openblas_complex_float;
typedef struct {
    double real, imag;
} openblas_complex_double;
#define openblas_make_complex_float(real, imag) {(real), (imag)}
#define openblas_make_complex_double(real, imag) {(real), (imag)}
#define openblas_complex_float_real(z) ((z).real)
#define openblas_complex_float_imag(z) ((z).imag)
#define openblas_complex_double_real(z) ((z).real)
#define openblas_complex_double_imag(z) ((z).imag)
#endif

#endif /* OPENBLAS_CONFIG_H */

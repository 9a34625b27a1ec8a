/* Load the library under several names, given as arguments, and check that all lead to the same code: one copy, one
 * number of threads, and every name complete. */

#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdio.h>
#include <string.h>

int main(int argc, char **argv) {
    void *first_dgemm = NULL;
    for (int i = 1; i < argc; i++) {
        void *handle = dlopen(argv[i], RTLD_NOW | RTLD_LOCAL);
        if (!handle) {
            printf("%s\n", dlerror());
            return 1;
        }
        void *dgemm = dlsym(handle, "dgemm_");
        int (*get)(void) = (int (*)(void))dlsym(handle, "openblas_get_num_threads");
        void (*set)(int) = (void (*)(int))dlsym(handle, "zenblas_set_num_threads");
        if (!dgemm || !get || !set || !dlsym(handle, "RowMajorStrg")) {
            printf("%s is not complete\n", argv[i]);
            return 1;
        }
        if (i == 1) {
            first_dgemm = dgemm;
            set(1);
        }
        if (dgemm != first_dgemm || get() != 1) {
            printf("%s is another copy\n", argv[i]);
            return 1;
        }
        Dl_info where;
        if (!dladdr(dgemm, &where) || !strstr(where.dli_fname, "/libzenblas.so.")) {
            printf("%s leads to %s\n", argv[i], where.dli_fname);
            return 1;
        }
        dlclose(handle);
    }
    printf("all right\n");
    return 0;
}

/* SPDX-License-Identifier: MIT */
/*
 * Hosts of Python that are not python. `python_embed LIBPYTHON SCRIPT…` loads libpython out of
 * everybody's sight (RTLD_LOCAL). Built with -DSTATIC and libpython.a it has the interpreter
 * inside.
 */
#include <dlfcn.h>
#include <stdio.h>

typedef int run_main(int argc, char **argv);

#ifdef STATIC
run_main Py_BytesMain;

int main(int argc, char **argv) {
    return Py_BytesMain(argc, argv);
}
#else
int main(int argc, char **argv) {
    void *library = argc > 1 ? dlopen(argv[1], RTLD_NOW | RTLD_LOCAL) : NULL;
    run_main *run = library ? (run_main *)dlsym(library, "Py_BytesMain") : NULL;
    if (!run) {
        fprintf(stderr, "python_embed: %s\n", argc > 1 ? dlerror() : "no library named");
        return 2;
    }
    argv[1] = argv[0];
    return run(argc - 1, argv + 1);
}
#endif

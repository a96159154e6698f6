/* SPDX-License-Identifier: MIT */
/* load [-d] PLUGIN: a C program that opens a plugin (-d: with RTLD_DEEPBIND) and calls it. */
#include <dlfcn.h>
#include <stdio.h>
#include <string.h>

int main(int count, char **arguments) {
    int deep = count > 2 && strcmp(arguments[1], "-d") == 0 ? RTLD_DEEPBIND : 0;
    void *library = count > 1 ? dlopen(arguments[count - 1], RTLD_NOW | RTLD_LOCAL | deep) : NULL;
    int (*plugin)(void) = NULL;
    if (!library) {
        fprintf(stderr, "%s\n", dlerror());
        return 2;
    }
    *(void **)&plugin = dlsym(library, "plugin");
    return plugin ? plugin() : 3;
}

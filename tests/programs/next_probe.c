/* SPDX-License-Identifier: MIT */
/*
 * A preload that says on stderr, when it is loaded, whether the wrappers look names up by
 * themselves or by dlsym(3), and each name for which they would call another definition than dlsym
 * finds.
 */
#include "next.h"
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>

static unsigned names;

static void compare(const char *name) {
    void *ours = next_look_up(name), *theirs = dlsym(RTLD_NEXT, name);
    names++;
    if (ours != theirs)
        dprintf(2, "next_probe: %s: %p, but dlsym finds %p\n", name, ours, theirs);
}

__attribute__((constructor)) static void start(int count, char **arguments, char **environment) {
    (void)count, (void)arguments;
    void *stub = (void *)next.open;
    /* Before the constructor of the library has run there is nothing else to ask. */
#define CALL(type, name, ...) compare(#name);
#define CALL_AT CALL
#define CALL_FTS CALL
#include "exports.def"
#undef CALL
    next_start(environment);
    const char *way = (void *)next.open == stub ? "its own look-up" : "dlsym";
    /* And so it stays. */
#define CALL(type, name, ...) compare(#name);
#include "exports.def"
#undef CALL
    /* What a stub calls, and what it leaves behind. */
    if (next.open("/", 0) < 0 || (void *)next.open != dlsym(RTLD_NEXT, "open"))
        dprintf(2, "next_probe: open is not called\n");
    dprintf(2, "next_probe: %u names by %s\n", names, way);
}

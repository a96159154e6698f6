/* SPDX-License-Identifier: MIT */
/* A library that opens images before main and after it has ended, wherever it stands in LD_PRELOAD.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>

static void fail(const char *path) {
    errno = 0;
    if (open(path, O_RDONLY) != -1 || errno != ENOENT)
        abort();
    errno = 0;
    if (fopen(path, "r") || errno != ENOENT)
        abort();
}

static void at_exit(void) {
    fail("/at-exit.png");
}

__attribute__((constructor)) static void begin(void) {
    fail("/constructor.png");
    if (atexit(at_exit) != 0)
        abort();
}

__attribute__((destructor)) static void end(void) {
    fail("/destructor.png");
    puts("the end");
}

/* SPDX-License-Identifier: MIT */
/*
 * A host program that checks one promise of the contract's section 7 about itself. Each promise is
 * run in a process of its own (tests/host/promises_test.sh), with the library preloaded,
 * PERMSHIM_LOG naming a file, no limit, and an empty working directory.
 */
#ifndef PERMSHIM_TESTS_HOST_HOST_H
#define PERMSHIM_TESTS_HOST_HOST_H

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>
#include <unistd.h>

/* PROMISE(name) { body }: the body returns when the promise is kept. */
#define PROMISE(name)                                                                              \
    static void name(void);                                                                        \
    __attribute__((constructor)) static void add_##name(void) {                                    \
        host_add(#name, name);                                                                     \
    }                                                                                              \
    static void name(void)

void host_add(const char *name, void (*promise)(void));

/* Ends the process as failed, by _exit: it may be a child, a handler or a thread that says so. */
#define EXPECT(condition)                                                                          \
    do {                                                                                           \
        if (!(condition))                                                                          \
            host_fail(__FILE__, __LINE__, #condition);                                             \
    } while (0)

_Noreturn void host_fail(const char *file, int line, const char *what);
_Noreturn void host_skip(const char *why);

/* Opens an image that is not there, another one each time, and expects -1 and ENOENT. Safe in a
 * signal handler. */
void fail_once(void);

/* The same for the image of that number: for forked processes, which count for themselves. */
void fail_at(unsigned number);

/* The lines of the log that hold `text`. */
size_t reports_with(const char *text);

/* All failures reported so far. */
size_t reports(void);

/* What the process has open and mapped, as one number each. */
struct holdings {
    unsigned long descriptors; /* a digest of number, file and flags of each below 256 */
    size_t mappings;           /* bytes mapped: VmSize */
};
struct holdings holdings(void);

/* Runs this promise again in a new process image with `descriptor` as stderr, and returns its wait
 * status; in that image host_again() is true. */
int run_again_with_stderr(int descriptor);
bool host_again(void);

#endif

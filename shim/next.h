/* SPDX-License-Identifier: MIT */
/* The next definition of every wrapped name: libc's, or another preloaded library's. */
#ifndef PERMSHIM_NEXT_H
#define PERMSHIM_NEXT_H

#include "libc_names.h" /* generated: LIBC_HAS_… */
#include <dirent.h>
#include <fts.h>
#include <ftw.h>
#include <linux/openat2.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/types.h>

struct next {
#define MODE , ...
#define CALL(type, name, parameters, ...) type(*name) parameters;
#define CALL_AT CALL
#define CALL_FTS CALL
#include "exports.def"
#undef CALL_FTS
#undef CALL_AT
#undef CALL
#undef MODE
};

/* Always callable, at any time and in a signal handler: until its first call each pointer leads to
 * a stub that finds the name first. What it finds is what dlsym(RTLD_NEXT) finds. */
extern struct next next;

/* What dlsym(RTLD_NEXT, name) finds; NULL: nothing. Safe in a signal handler once next_start() has
 * returned, and takes no lock where that found none to be needed. */
void *next_look_up(const char *name);

/* Called by the library's constructor. Where names cannot be found without the loader, finds all;
 * dlsym(3) of a name that exists neither allocates nor fails. */
void next_start(char *const *environment);

#endif

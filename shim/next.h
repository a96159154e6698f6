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

/* Always callable: before next_find() each pointer leads to a stub that finds them first. */
extern struct next next;

/* Finds every name. Called by the library's constructor, or by the first call when that comes from
 * a constructor that ran before ours. dlsym(3) of a name that exists neither allocates nor fails.
 */
void next_find(void);

#endif

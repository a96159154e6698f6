/* SPDX-License-Identifier: MIT */
/* Does the path of a failing call name an image? The only code that most failures meet. */
#ifndef PERMSHIM_MATCH_H
#define PERMSHIM_MATCH_H

#include "base/slice.h"
#include <stdint.h>

enum { MATCH_GLOBS_BYTES = 4096 };

/* What a path is matched against. */
struct matcher {
    /* Bit N: a path that ends in byte N needs more than a look at its suffix, for there may be
     * trailing matter to strip or a glob to try. */
    uint64_t careful_ends[4];
    /* Bit S % 32 of pairs[F % 32]: a suffix of images.def starts with the bytes F, S. Turns nearly
     * every other suffix away before the list is searched. */
    uint32_t pairs[32];
    bool everything;
    size_t globs_length;
    char globs[MATCH_GLOBS_BYTES]; /* NUL-terminated, one after the other, an empty one ends */
};

/* A matcher that nothing matches. Comes before the others. */
void match_clear(struct matcher *matcher);

/* Adds one glob; false when it is empty, too long, or there is no room left. */
bool match_add(struct matcher *matcher, struct slice glob);

/* Adds all of images.def. */
void match_add_images(struct matcher *matcher);

/* Whether the last component of `path`, after trailing blanks, control characters, quotes and
 * slashes are taken off, and what stands behind the quotes of a printed list or object, matches; of
 * the built-in suffixes also where a short column of a list or a short query follows. About a
 * hundred instructions when it does not. Safe in a signal handler. */
bool match_path(const struct matcher *matcher, const char *path);

/* What match_path would look at: the path without that trailing matter. Safe in a signal handler,
 * as what follows. */
struct slice match_strip(struct slice path);

/* fnmatch(3) without case (ASCII) and without special slashes and dots: * ? [set] [!set] \x. */
bool match_glob(struct slice glob, struct slice name);

#endif

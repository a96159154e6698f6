/* SPDX-License-Identifier: MIT */
/* Does the path of a failing call name an image? The only code that most failures meet. */
#ifndef PERMSHIM_MATCH_H
#define PERMSHIM_MATCH_H

#include "base/slice.h"
#include <stdint.h>

enum { MATCH_SUFFIX_SLOTS = 512, MATCH_SUFFIX_BYTES = 7, MATCH_GLOBS_BYTES = 2048 };

/* What a path is matched against. Globs of the form "*.abc" become suffixes, looked up in one step;
 * the others are tried one by one. */
struct matcher {
    bool everything;
    uint64_t suffixes[MATCH_SUFFIX_SLOTS]; /* open addressing; lower-case bytes, first one lowest */
    size_t suffix_count;
    char globs[MATCH_GLOBS_BYTES]; /* NUL-terminated, one after the other, an empty one ends */
    size_t globs_length;
    uint64_t glob_ends[4]; /* bit N: a name that ends in byte N may match a glob */
};

/* Adds one glob; false when it is empty, too long, or there is no room left. */
bool match_add(struct matcher *matcher, struct slice glob);

/* Adds every suffix of images.def. */
void match_add_images(struct matcher *matcher);

/* Whether the last component of `path`, after trailing blanks, control characters, quotes and
 * slashes are taken off, matches. About a hundred instructions when it does not. Safe in a signal
 * handler. */
bool match_path(const struct matcher *matcher, const char *path);

/* What match_path would look at: the path without that trailing matter. */
struct slice match_strip(struct slice path);

/* fnmatch(3) without case (ASCII) and without special slashes and dots: * ? [set] [!set] \x. */
bool match_glob(struct slice glob, struct slice name);

#endif

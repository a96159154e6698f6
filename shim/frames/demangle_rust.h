/* SPDX-License-Identifier: MIT */
/* Rust's names for people; what demangle_nested() does with them. */
#ifndef PERMSHIM_FRAMES_DEMANGLE_RUST_H
#define PERMSHIM_FRAMES_DEMANGLE_RUST_H

#include "base/buffer.h"
#include "base/slice.h"

/*
 * Writes the path that `mangled` encodes by Rust's v0 scheme (RFC 2603), without generic arguments:
 * "_RNvMNtCs1_5album5albumNtB2_5Album4load" gives "album::album::Album::load". False when it is no
 * such name; `out` may then hold a part. Bounded in time and depth. Safe in a signal handler.
 */
bool demangle_rust(struct buffer *out, struct slice mangled);

/* Writes a component of a name by the older scheme: "$LT$" is <, ".." is ::. */
void demangle_rust_escapes(struct buffer *out, struct slice component);

#endif

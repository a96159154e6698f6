/* SPDX-License-Identifier: MIT */
/* C++ and Rust names for people, as far as a report needs them. */
#ifndef PERMSHIM_FRAMES_DEMANGLE_H
#define PERMSHIM_FRAMES_DEMANGLE_H

#include "base/arena.h"

/*
 * The qualified name that `mangled` encodes by the Itanium C++ ABI or by one of Rust's two schemes,
 * without parameters, template arguments and return type: "_ZN2cv6imreadERK..." gives "cv::imread".
 * Empty when it is no mangled name, when it needs more of the grammar than that, or when the arena
 * is full. Bounded in time and depth. Safe in a signal handler.
 */
struct slice demangle_nested(struct arena *arena, struct slice mangled);

#endif

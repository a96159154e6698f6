/* SPDX-License-Identifier: MIT */
/* Addresses to names: object, build id, function. */
#ifndef PERMSHIM_FRAMES_SYMBOLS_H
#define PERMSHIM_FRAMES_SYMBOLS_H

#include "frames.h"

/*
 * Fills in object, offset, build_id, function and symbol_offset of the native frames. Names come
 * from .dynsym in memory, else from .symtab in the object's file, C++ names as demangle_nested()
 * writes them. Reads each table once for all frames of an object. No lock (dladdr takes one), no
 * descriptor kept. What the arena has no room for stays empty. Safe in a signal handler.
 */
void symbols_resolve(struct arena *arena, struct memory *memory, struct frame *frames,
                     size_t count);

#endif

/* SPDX-License-Identifier: MIT */
/* The symbols of a loaded object, found without the loader's help and so without its locks. */
#ifndef PERMSHIM_BASE_DYNAMIC_H
#define PERMSHIM_BASE_DYNAMIC_H

#include "base/memory.h"
#include <link.h>

/* What the dynamic section of an object tells about its symbols; addresses. */
struct dynamic {
    uintptr_t base, symbols, strings, gnu_hash;
    uintptr_t versions; /* 0: its symbols have none */
    bool filters;       /* the loader looks into other objects before or instead of it */
};

/* Both take memory as it is when `memory` is NULL: for objects that are there as long as the
 * process. Both are safe in a signal handler. */

/* Reads the dynamic section; false when there is no table to look symbols up in. */
bool dynamic_read(struct memory *memory, const struct link_map *map, struct dynamic *dynamic);

/*
 * Finds what dlsym(3) finds for a name of at most 63 bytes in this object alone: the definition
 * without a version, or else the default version where there is exactly one, and none that is
 * hidden or local.
 */
bool dynamic_find(struct memory *memory, const struct dynamic *dynamic, const char *name,
                  ElfW(Sym) * symbol);

#endif

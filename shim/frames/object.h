/* SPDX-License-Identifier: MIT */
/* Which ELF object holds an address: asked of the loader without its locks. */
#ifndef PERMSHIM_FRAMES_OBJECT_H
#define PERMSHIM_FRAMES_OBJECT_H

#include "base/memory.h"
#include <stdbool.h>
#include <stdint.h>

struct object {
    uintptr_t start, end; /* of the mapping: all of the object, or one segment when it has gaps */
    uintptr_t link_map;   /* the loader's struct link_map */
    uintptr_t unwind;     /* .eh_frame_hdr; 0: none */
};

/*
 * The object that holds `address`; false when there is none (JIT code). By _dl_find_object, which
 * takes no lock (glibc manual, "Dynamic Linker Introspection"); before glibc 2.35 by
 * object_find_in_link_map. Safe in a signal handler.
 */
bool object_find(struct memory *memory, uintptr_t address, struct object *object);

/* The same by reading the loader's list, which another thread may be changing: fault-proof,
 * bounded, and at worst finds nothing. */
bool object_find_in_link_map(struct memory *memory, uintptr_t address, struct object *object);

#endif

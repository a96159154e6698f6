/* SPDX-License-Identifier: MIT */
/* Reading memory that may not be there: the host's stack, the interpreter's structs, ELF tables. */
#ifndef PERMSHIM_BASE_MEMORY_H
#define PERMSHIM_BASE_MEMORY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { MEMORY_PAGE_BYTES = 4096, MEMORY_CACHE_SLOTS = 64 };

/* Remembers which pages were readable, for the length of one report. Zeroed is empty. */
struct memory {
    uintptr_t readable[MEMORY_CACHE_SLOTS]; /* page address + 1; 0 is an empty slot */
};

/*
 * Whether the whole range can be read now. Asks the kernel once per page: rt_sigprocmask(2) with an
 * impossible `how` reads the set first, so it answers EINVAL for readable memory and EFAULT for the
 * rest, touches nothing, and needs no descriptor. Safe in a signal handler. Another thread may
 * still unmap the page afterwards: keep to memory that lives as long as the calling thread or its
 * objects.
 */
bool memory_readable(struct memory *memory, uintptr_t address, size_t bytes);

/* Copies `bytes` from `address` when all of it can be read; false, nothing copied, when not. */
bool memory_read(struct memory *memory, uintptr_t address, void *copy, size_t bytes);

/* The length of the C string at `address`, at most `most`; -1 when it runs into unreadable memory
 * or is longer. */
long memory_string_length(struct memory *memory, uintptr_t address, size_t most);

#endif

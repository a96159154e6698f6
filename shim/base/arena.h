/* SPDX-License-Identifier: MIT */
/* Memory that dies with the report: one private mapping, handed out from the bottom up. */
#ifndef PERMSHIM_BASE_ARENA_H
#define PERMSHIM_BASE_ARENA_H

#include "base/slice.h"
#include <stdint.h>

struct arena {
    char *next; /* first free byte */
    char *end;  /* first byte behind the mapping */
};

/* `bytes` zeroed bytes at a multiple of `alignment` (a power of two), or NULL when the arena is
 * full. Needs a fresh mapping, whose bytes are zero. Safe in a signal handler. */
static inline void *arena_get(struct arena *arena, size_t bytes, size_t alignment) {
    uintptr_t start = ((uintptr_t)arena->next + alignment - 1) & ~(uintptr_t)(alignment - 1);
    uintptr_t end = (uintptr_t)arena->end;
    if (start > end || bytes > end - start)
        return NULL;
    arena->next = (char *)start + bytes;
    return (char *)start;
}

#define ARENA_NEW(arena, type) ((type *)arena_get((arena), sizeof(type), _Alignof(type)))
#define ARENA_ARRAY(arena, type, count)                                                            \
    ((type *)arena_get((arena), sizeof(type) * (count), _Alignof(type)))

/* What is left but for `kept` bytes, or but for half of it where that is less, to work in: what
 * hostile input makes hungry leaves room for those behind it. Goes back to `arena` by
 * arena->next = part.next. */
static inline struct arena arena_part(const struct arena *arena, size_t kept) {
    size_t half = (size_t)(arena->end - arena->next) / 2;
    return (struct arena){arena->next, arena->end - (kept < half ? kept : half)};
}

/* A copy of `text` with a NUL behind it; an empty slice (data "") when the arena is full. */
static inline struct slice arena_copy(struct arena *arena, struct slice text) {
    char *copy = arena_get(arena, text.length + 1, 1);
    if (!copy)
        return SLICE("");
    if (text.length)
        memcpy(copy, text.data, text.length);
    copy[text.length] = '\0';
    return (struct slice){copy, text.length};
}

#endif

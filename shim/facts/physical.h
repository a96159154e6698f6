/* SPDX-License-Identifier: MIT */
/*
 * The physical path of a walk, which grows and shrinks by names. What was taken of it stays as it
 * is: what comes after it is written behind it, or in a new place. All of it is safe in a signal
 * handler.
 */
#ifndef PERMSHIM_FACTS_PHYSICAL_H
#define PERMSHIM_FACTS_PHYSICAL_H

#include "base/arena.h"

struct physical {
    struct arena *arena;
    char *bytes;
    size_t length, capacity;
};

static inline struct slice physical_text(const struct physical *path) {
    return (struct slice){path->bytes, path->length};
}

/* Each returns false when the arena is full; then the path is not to be used any more. */

/* Begins anew with `start`: absolute, or "." where the start has no name. */
bool physical_set(struct physical *path, struct slice start);

/* Adds a name. */
bool physical_enter(struct physical *path, struct slice name);

/* Takes the last name off, as .. does; behind "." it adds "..". */
bool physical_leave(struct physical *path);

/* Goes back to what it was when it had that length. */
bool physical_return(struct physical *path, size_t length);

#endif

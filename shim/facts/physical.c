/* SPDX-License-Identifier: MIT */
#include "facts/physical.h"

enum { SPARE_BYTES = 256 };

/* Makes room for `bytes` more, by moving to a new place: what was taken keeps the old one. */
static bool move(struct physical *path, size_t bytes) {
    size_t capacity = path->length + bytes + SPARE_BYTES;
    char *moved = arena_get(path->arena, capacity, 1);
    if (!moved)
        return false;
    if (path->length)
        memcpy(moved, path->bytes, path->length);
    path->bytes = moved;
    path->capacity = capacity;
    return true;
}

bool physical_set(struct physical *path, struct slice start) {
    path->length = 0;
    if (!move(path, start.length))
        return false;
    memcpy(path->bytes, start.data, start.length);
    path->length = start.length;
    return true;
}

bool physical_enter(struct physical *path, struct slice name) {
    bool slash = path->length == 0 || path->bytes[path->length - 1] != '/';
    if (path->length + slash + name.length > path->capacity && !move(path, name.length + 1))
        return false;
    if (slash)
        path->bytes[path->length++] = '/';
    memcpy(path->bytes + path->length, name.data, name.length);
    path->length += name.length;
    return true;
}

bool physical_leave(struct physical *path) {
    if (path->bytes[0] != '/')
        return physical_enter(path, SLICE(".."));
    size_t length = slice_parent(physical_text(path)).length;
    return physical_return(path, length ? length : 1);
}

bool physical_return(struct physical *path, size_t length) {
    path->length = length;
    return move(path, 0);
}

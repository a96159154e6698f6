/* SPDX-License-Identifier: MIT */
/* Text of a bounded length. What does not fit is dropped and `cut` remembers it. */
#ifndef PERMSHIM_BASE_BUFFER_H
#define PERMSHIM_BASE_BUFFER_H

#include "base/arena.h"
#include <stdarg.h>
#include <stdint.h>

struct buffer {
    char *data;
    size_t length;
    size_t capacity;
    bool cut;
};

/* All functions here are safe in a signal handler: no allocation, no locale, no errno. */

/* A buffer of `capacity` bytes from the arena; of none when the arena is full. */
struct buffer buffer_in(struct arena *arena, size_t capacity);

void buffer_char(struct buffer *buffer, char byte);
void buffer_slice(struct buffer *buffer, struct slice text);

/* printf's %s %.*s %c %d %i %u %o %x, with l, ll and z, `0`, `#`, `-` and a width; nothing else. */
__attribute__((format(printf, 2, 3))) void buffer_format(struct buffer *buffer, const char *format,
                                                         ...);

/* The same for a function that takes such arguments itself. */
void buffer_format_list(struct buffer *buffer, const char *format, va_list list);

/* Blanks up to the column, counted from `line_start` (an earlier buffer->length). */
void buffer_pad(struct buffer *buffer, size_t line_start, size_t column);

static inline struct slice buffer_text(const struct buffer *buffer) {
    return (struct slice){buffer->data, buffer->length};
}

/* A new slice in the arena, made by buffer_format; cut at 1024 bytes. */
__attribute__((format(printf, 2, 3))) struct slice arena_format(struct arena *arena,
                                                                const char *format, ...);

#endif

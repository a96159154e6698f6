/* SPDX-License-Identifier: MIT */
/* A run of bytes that somebody else owns. */
#ifndef PERMSHIM_BASE_SLICE_H
#define PERMSHIM_BASE_SLICE_H

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

struct slice {
    const char *data;
    size_t length; /* bytes; the byte after the last need not be readable */
};

/* A slice over a string literal. */
#define SLICE(literal) ((struct slice){(literal), sizeof(literal) - 1})

static inline struct slice slice_of(const char *string) {
    return (struct slice){string, string ? strlen(string) : 0};
}

static inline bool slice_equal(struct slice a, struct slice b) {
    return a.length == b.length && (a.length == 0 || memcmp(a.data, b.data, a.length) == 0);
}

static inline bool slice_is(struct slice a, const char *string) {
    return slice_equal(a, slice_of(string));
}

static inline bool slice_starts(struct slice whole, struct slice start) {
    return whole.length >= start.length && memcmp(whole.data, start.data, start.length) == 0;
}

/* Where `part` stands first in a text; NULL: nowhere. */
static inline const char *slice_search(struct slice text, const char *part) {
    return text.length > 0 ? memmem(text.data, text.length, part, strlen(part)) : NULL;
}

static inline struct slice slice_from(struct slice whole, size_t offset) {
    if (offset > whole.length)
        offset = whole.length;
    return (struct slice){whole.data + offset, whole.length - offset};
}

static inline struct slice slice_first(struct slice whole, size_t length) {
    return (struct slice){whole.data, length < whole.length ? length : whole.length};
}

/* The offset of the first `byte`, or whole.length when there is none. */
static inline size_t slice_find(struct slice whole, char byte) {
    const char *at = whole.length ? memchr(whole.data, byte, whole.length) : NULL;
    return at ? (size_t)(at - whole.data) : whole.length;
}

/* Whether `byte` is one of `set`. */
static inline bool slice_has(struct slice set, char byte) {
    return slice_find(set, byte) < set.length;
}

/* Cuts off and returns what stands before the next `separator`; *rest is what stands behind it. */
static inline struct slice slice_split(struct slice *rest, char separator) {
    size_t at = slice_find(*rest, separator);
    struct slice head = slice_first(*rest, at);
    *rest = slice_from(*rest, at + 1);
    return head;
}

/* The last component of a path: "/a/b" gives "b", "/a/b/" gives "". */
static inline struct slice slice_basename(struct slice path) {
    size_t start = path.length;
    while (start > 0 && path.data[start - 1] != '/')
        start--;
    return slice_from(path, start);
}

/* What stands before the last component: "/a/b" gives "/a", "/a" and "a" give nothing. */
static inline struct slice slice_parent(struct slice path) {
    size_t length = path.length;
    while (length > 0 && path.data[length - 1] != '/')
        length--;
    while (length > 0 && path.data[length - 1] == '/')
        length--;
    return slice_first(path, length);
}

/* Whether a path, as text, is `directory` or below it: "/a/b" is within "/a", "/ab" is not. Nothing
 * is within "/" but "/" itself and what has two slashes; who means the root asks for it. */
static inline bool slice_within(struct slice path, struct slice directory) {
    return slice_starts(path, directory) &&
           (path.length == directory.length || path.data[directory.length] == '/');
}

/* Reads a number to base 8, 10 or 16 (small letters, no prefix) at the start of *text and steps
 * over it; false if there is none. */
static inline bool slice_number(struct slice *text, unsigned base, unsigned long *number) {
    size_t digits = 0;
    unsigned long value = 0;
    for (; digits < text->length && digits < 20; digits++) {
        char byte = text->data[digits];
        unsigned digit = (unsigned)(byte >= 'a' && byte <= 'f' ? byte - 'a' + 10 : byte - '0');
        if (digit >= base)
            break;
        value = value * base + digit;
    }
    *text = slice_from(*text, digits);
    *number = value;
    return digits > 0;
}

#endif

/* SPDX-License-Identifier: MIT */
#include "frames/python_lines.h"

/* Lines come from bytes that may be anything: wrapping is defined, overflow is not. */
static int add_wrapping(int line, int delta) {
    return (int)((unsigned)line + (unsigned)delta);
}

/* Objects/lnotab_notes.txt of 3.8 and 3.9: pairs of (unsigned bytes, signed lines) to step over. */
static int line_of_lnotab(const uint8_t *table, size_t length, int line, long offset) {
    long at = 0;
    for (size_t i = 0; i + 1 < length; i += 2) {
        at += table[i];
        if (at > offset)
            break;
        line = add_wrapping(line, (int8_t)table[i + 1]);
    }
    return line;
}

/* Objects/lnotab_notes.txt of 3.10: pairs of (unsigned bytes, signed lines) of a range that ends
 * there; -128 is a range without a line. */
static int line_of_linetable(const uint8_t *table, size_t length, int line, long offset) {
    long end = 0;
    for (size_t i = 0; i + 1 < length; i += 2) {
        bool none = table[i + 1] == 0x80;
        end += table[i];
        if (!none)
            line = add_wrapping(line, (int8_t)table[i + 1]);
        if (offset < end)
            return none ? -1 : line;
    }
    return -1;
}

/* Six bits a byte, least significant first, bit 6 says that more follow; bit 0 of it all is the
 * sign. */
static int signed_varint(const uint8_t *table, size_t length, size_t at) {
    unsigned value = 0;
    for (unsigned shift = 0; at < length && shift < 32; at++, shift += 6) {
        value |= (unsigned)(table[at] & 0x3f) << shift;
        if (!(table[at] & 0x40))
            break;
    }
    int magnitude = (int)(value >> 1);
    return value & 1 ? -magnitude : magnitude;
}

/*
 * Objects/locations.md (InternalDocs/code_objects.md later): an entry begins with a byte of which
 * bit 7 is set, alone in the whole entry; bits 3 to 6 are its kind and bits 0 to 2 its length less
 * one, in instructions of two bytes.
 */
static int line_of_locations(const uint8_t *table, size_t length, int line, long offset) {
    enum { KIND_ONE_LINE_0 = 10, KIND_ONE_LINE_2 = 12, KIND_NO_COLUMNS, KIND_LONG, KIND_NONE };
    long end = 0;
    for (size_t i = 0; i < length;) {
        unsigned kind = (table[i] >> 3) & 15;
        end += 2 * ((table[i] & 7) + 1);
        if (kind >= KIND_ONE_LINE_0 && kind <= KIND_ONE_LINE_2)
            line = add_wrapping(line, (int)kind - KIND_ONE_LINE_0);
        else if (kind == KIND_NO_COLUMNS || kind == KIND_LONG)
            line = add_wrapping(line, signed_varint(table, length, i + 1));
        if (offset < end)
            return kind == KIND_NONE ? -1 : line;
        do
            i++;
        while (i < length && !(table[i] & 0x80));
    }
    return -1;
}

int python_line(enum python_lines format, const uint8_t *table, size_t length, int first_line,
                long offset) {
    if (offset < 0)
        return first_line;
    switch (format) {
    case LINES_LNOTAB:
        return line_of_lnotab(table, length, first_line, offset);
    case LINES_LINETABLE:
        return line_of_linetable(table, length, first_line, offset);
    case LINES_LOCATIONS:
        return line_of_locations(table, length, first_line, offset);
    }
    return -1;
}

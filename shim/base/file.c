/* SPDX-License-Identifier: MIT */
#include "base/file.h"
#include "base/sys.h"

enum { WINDOW_BYTES = 4096, LINK_BYTES = 4096 };

bool lines_open(struct line_reader *reader, struct arena *arena, const char *path,
                size_t budget_bytes) {
    *reader = (struct line_reader){.descriptor = -1, .budget_bytes = budget_bytes};
    reader->window = arena_get(arena, WINDOW_BYTES, 1);
    if (reader->window)
        reader->descriptor = sys_open_to_read(path);
    return reader->descriptor >= 0;
}

/* Reads more behind the unread bytes; false at the end of the file or of the budget, or when the
 * read fails. */
static bool refill(struct line_reader *reader) {
    if (reader->start > 0) {
        memmove(reader->window, reader->window + reader->start, reader->length);
        reader->start = 0;
    }
    size_t room = WINDOW_BYTES - reader->length;
    if (room > reader->budget_bytes)
        room = reader->budget_bytes;
    long got = room > 0 ? sys_read(reader->descriptor, reader->window + reader->length, room) : 0;
    if (got <= 0)
        return false;
    reader->length += (size_t)got;
    reader->budget_bytes -= (size_t)got;
    return true;
}

bool lines_next(struct line_reader *reader, struct slice *line) {
    for (;;) {
        struct slice unread = {reader->window + reader->start, reader->length};
        size_t at = slice_find(unread, '\n');
        bool whole = at < unread.length;
        bool full = !whole && reader->length == WINDOW_BYTES;
        if (!whole && !full) {
            if (refill(reader))
                continue;
            if (reader->length == 0)
                return false;
            unread.data = reader->window + reader->start; /* refill moved it */
        }
        bool tail_of_long_line = reader->skipping;
        size_t taken = whole ? at + 1 : unread.length;
        reader->start += taken;
        reader->length -= taken;
        reader->skipping = full;
        *line = slice_first(unread, at);
        if (!tail_of_long_line)
            return true;
    }
}

void lines_close(struct line_reader *reader) {
    if (reader->descriptor >= 0)
        sys_close(reader->descriptor);
    reader->descriptor = -1;
}

/* Of what was taken from the arena last it keeps the first bytes. The others were not written: less
 * memory is touched when the next one takes them. */
static void keep_first(struct arena *arena, char *bytes, size_t kept) {
    if (bytes)
        arena->next = bytes + kept;
}

struct slice file_link(struct arena *arena, int directory, const char *path) {
    char *bytes = arena_get(arena, LINK_BYTES, 1);
    long length = bytes ? sys_readlinkat(directory, path, bytes, LINK_BYTES - 1) : 0;
    if (length <= 0)
        length = 0;
    keep_first(arena, bytes, (size_t)length + 1);
    return length > 0 ? (struct slice){bytes, (size_t)length} : SLICE("");
}

struct slice file_whole(struct arena *arena, const char *path, size_t most) {
    char *bytes = arena_get(arena, most, 1);
    int descriptor = sys_open_to_read(path);
    size_t length = 0;
    long got = -1;
    while (bytes && descriptor >= 0 && length < most &&
           (got = sys_read(descriptor, bytes + length, most - length)) > 0)
        length += (size_t)got;
    if (descriptor >= 0)
        sys_close(descriptor);
    keep_first(arena, bytes, length);
    return got == 0 ? (struct slice){bytes, length} : SLICE("");
}

struct slice file_first(struct arena *arena, const char *path, size_t most) {
    char *bytes = arena_get(arena, most, 1);
    int descriptor = sys_open_to_read(path);
    long got = bytes && descriptor >= 0 ? sys_read(descriptor, bytes, most) : 0;
    if (descriptor >= 0)
        sys_close(descriptor);
    if (got < 0)
        got = 0;
    keep_first(arena, bytes, (size_t)got);
    while (got > 0 && (bytes[got - 1] == '\n' || bytes[got - 1] == '\0'))
        got--;
    return (struct slice){bytes ? bytes : "", (size_t)got};
}

/* SPDX-License-Identifier: MIT */
/* Small text files of /proc and /etc, read line by line through one bounded window. */
#ifndef PERMSHIM_BASE_FILE_H
#define PERMSHIM_BASE_FILE_H

#include "base/arena.h"

struct line_reader {
    int descriptor;
    char *window;
    size_t start, length; /* the unread bytes are window[start .. start+length) */
    size_t budget_bytes;  /* how much may still be read from the file */
    bool skipping;        /* inside a line longer than the window */
};

/* All functions here are safe in a signal handler. */

/* Opens `path` for reading lines, of which at most `budget_bytes` are read; false, and nothing to
 * close, when it cannot be opened or the arena is full. */
bool lines_open(struct line_reader *reader, struct arena *arena, const char *path,
                size_t budget_bytes);

/* The next line without its newline, valid until the next call; false at the end, be it of the
 * file, of the budget, or of what can be read. Of a line longer than the window (4 KiB) the first
 * window is given and the rest dropped. */
bool lines_next(struct line_reader *reader, struct slice *line);

void lines_close(struct line_reader *reader);

/* What a symbolic link holds, with a NUL behind it; empty when it cannot be read. `directory` is
 * for a relative `path`, which may be "" to read the link behind an O_PATH descriptor;
 * readlinkat(2). */
struct slice file_link(struct arena *arena, int directory, const char *path);

/* The first `most` bytes of a file, read once, trailing newlines and NULs cut; empty when it cannot
 * be read. */
struct slice file_first(struct arena *arena, const char *path, size_t most);

/* All of a file that is shorter than `most` bytes; empty when it is not, or cannot be read. */
struct slice file_whole(struct arena *arena, const char *path, size_t most);

#endif

/* SPDX-License-Identifier: MIT */
/* Which frames matter most to the reader of a report, when there is room for some of them only. */
#ifndef PERMSHIM_REPORT_RANK_H
#define PERMSHIM_REPORT_RANK_H

#include "frames.h"

enum rank {
    RANK_USER,    /* Python code of the user's own */
    RANK_LIBRARY, /* of the standard library and of installed packages */
    RANK_NATIVE,
    RANK_INTERPRETER, /* what only runs the Python frames, the program's start included */
    RANK_COUNT
};

struct ranking {
    const struct stack *stack;
    size_t outermost_python;   /* an index; stack->count: no Python frame */
    size_t counts[RANK_COUNT]; /* how many frames are of each rank */
    size_t shares[RANK_COUNT]; /* how many of them, from the innermost on, are to be shown */
    size_t omitted;            /* frames above RANK_INTERPRETER that no share holds */
};

/* Where Python keeps code that is not the user's. The first two hold packages, and what follows
 * them in a file's name is the module. */
extern const char *const rank_library_marks[];
enum { RANK_PACKAGE_MARKS = 2 };

/* Counts, and shares `room` out by rank; RANK_INTERPRETER takes no room and has no share. Pure. */
void rank_frames(const struct stack *stack, size_t room, struct ranking *ranking);

enum rank rank_of(const struct ranking *ranking, size_t index);

#endif

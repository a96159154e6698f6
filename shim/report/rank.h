/* SPDX-License-Identifier: MIT */
/* Which frames matter most to the reader of a report, when there is room for some of them only. */
#ifndef PERMSHIM_REPORT_RANK_H
#define PERMSHIM_REPORT_RANK_H

#include "frames.h"

enum rank {
    RANK_USER,    /* Python code of the user's own */
    RANK_OWN,     /* native code of the user's own: of no system directory and no package */
    RANK_LIBRARY, /* Python code of the standard library and of installed packages */
    RANK_NATIVE,  /* all other native code */
    RANK_HIDDEN,  /* what only runs the others: an interpreter, libc's start of a thread */
    RANK_COUNT
};

enum { RANK_MOST_FRAMES = 2 * STACK_MOST_FRAMES }; /* native ones, and as many of Python */

struct ranking {
    const struct stack *stack;
    size_t count;              /* of frames that are ranked: the innermost RANK_MOST_FRAMES */
    size_t counts[RANK_COUNT]; /* how many frames are of each rank */
    size_t omitted;            /* frames above RANK_HIDDEN that there is no room for */
    bool has_interpreter;      /* some of RANK_HIDDEN are an interpreter's */
    bool has_generated_code;   /* functions that only the program's own runtime has names for */
    uint8_t ranks[RANK_MOST_FRAMES];
};

/* Some frames that read the same, as a recursion leaves them: one line of a report. */
struct rank_run {
    const struct frame *frame;
    size_t times;
    enum rank rank;
    size_t next; /* where to look for the next run of the rank */
};

/* Where Python keeps code that is not the user's. The first two hold packages, and what follows
 * them in a file's name is the module. */
enum { RANK_LIBRARY_MARKS = 4, RANK_PACKAGE_MARKS = 2 };
extern const char rank_library_marks[RANK_LIBRARY_MARKS][16];

/* Ranks the frames of `stack` for a program that runs in `directory`, where `room` lines can be
 * given to them. Pure. */
void rank_frames(const struct stack *stack, struct slice directory, size_t room,
                 struct ranking *ranking);

/* Goes from run to run: by rank, in each from the innermost frame on, RANK_HIDDEN not at all.
 * Starts with a `run` of zeros; false behind the last. */
bool rank_next(const struct ranking *ranking, struct rank_run *run);

#endif

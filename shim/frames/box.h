/* SPDX-License-Identifier: MIT */
/*
 * The glass box around libunwind. Every name it takes from outside is defined in box.c
 * (scripts/build-libunwind renames them to box_NAME): its memory is one private mapping that dies
 * with the walk, locks and signal masks do nothing, files and mappings are refused.
 *
 * So a walk shares nothing with another one: what is left of libunwind's globals is written once,
 * by whoever comes first, always with the same values. Threads walk at the same time without a
 * lock, and a child forked in the middle of another thread's walk can walk at once.
 */
#ifndef PERMSHIM_FRAMES_BOX_H
#define PERMSHIM_FRAMES_BOX_H

#include <stdbool.h>
#include <stddef.h>

struct box {
    char *memory;
    size_t used, kept;
    size_t dirty;         /* what was ever handed out; the rest is zero still */
    int error;            /* libunwind's errno */
    struct box *previous; /* of a walk that this one interrupted */
};

/* All are safe in a signal handler. */

/* Makes `box` the one of this thread; false when the kernel gives no memory. */
bool box_open(struct box *box);

/* box_keep(): what was allocated until now stays. box_rewind(): what came later is free again. */
void box_keep(struct box *box);
void box_rewind(struct box *box);

void box_close(struct box *box);

#endif

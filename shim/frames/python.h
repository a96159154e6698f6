/* SPDX-License-Identifier: MIT */
/* The frames of CPython 3.8 to 3.15, read from its structs, and their place in the native stack. */
#ifndef PERMSHIM_FRAMES_PYTHON_H
#define PERMSHIM_FRAMES_PYTHON_H

#include "frames.h"

enum { PYTHON_MOST_FRAMES = 256, PYTHON_FILE_MOST_BYTES = 4096, PYTHON_NAME_MOST_BYTES = 512 };

/* What one run of the evaluation loop, one native frame, has on it: frames[first .. first+count).
 */
struct python_group {
    size_t first, count;
    uintptr_t marker; /* the address of a local variable of that native frame; 0: not known */
};

struct python_stack {
    const struct frame *frames; /* innermost first, all FRAME_PYTHON */
    size_t count;
    const struct python_group *groups;
    size_t group_count;
    uintptr_t loop_start, loop_end; /* without markers: the code of the evaluation loop; else 0 */
    const char *ended; /* NULL: all frames are there, or there is no Python; else why not */
};

/*
 * Reads the Python frames of the calling thread. Works without the GIL and at any point of the
 * interpreter, start and finalization included. Every read is checked: what makes no sense ends the
 * stack and never faults. The one call into Python is PyGILState_GetThisThreadState, which reads a
 * thread-local. File names and qualified names (plain names before 3.11) are UTF-8; a byte that
 * Python itself could not decode (surrogateescape, PEP 383) is given as that byte. Texts beyond the
 * limits above are cut. Strings live in `arena`; a full arena gives fewer frames. Safe in a signal
 * handler.
 */
void python_collect(struct arena *arena, struct memory *memory, struct python_stack *python);

/*
 * Puts the Python frames into the native `stack`, each group right behind (outside of) the native
 * frame of the loop that runs it, and marks that frame and the rest of its object, when this is a
 * python executable or libpython, as `interpreter`. The native frames need .pc, .interrupted, .cfa
 * and .object. Groups whose native frame is not there come after the native ones. `stack->frames`
 * becomes a new array in `arena`; when there is no room, `stack` stays as it was. stack->ended is
 * kept, else python->ended is told there. Safe in a signal handler.
 */
void python_merge(struct arena *arena, const struct python_stack *python, struct stack *stack);

#endif

/* SPDX-License-Identifier: MIT */
/* The native stack: libunwind's knowledge of call frame information, our own reads. */
#ifndef PERMSHIM_FRAMES_UNWIND_H
#define PERMSHIM_FRAMES_UNWIND_H

#include "frames.h"

/*
 * Fills in pc, cfa, interrupted and function_start of up to `capacity` frames of the calling
 * thread, the function that `registers` return into first, and returns how many there are. *ended
 * is NULL when the start of the thread was reached, else why it stops. Every read is fault-proof.
 * Takes no lock, allocates nothing of the host's. Needs 5 KB of stack. Safe in a signal handler.
 */
size_t unwind_frames(struct memory *memory, const struct registers *registers, struct frame *frames,
                     size_t capacity, const char **ended);

#endif

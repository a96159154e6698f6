/* SPDX-License-Identifier: MIT */
/* One frame object of the interpreter, read field by field: fault-proof, without a call into the
 * interpreter, safe in a signal handler. */
#ifndef PERMSHIM_FRAMES_PYTHON_OBJECT_H
#define PERMSHIM_FRAMES_PYTHON_OBJECT_H

#include "frames.h"
#include "frames/python_find.h"

/* Strings repeat: a module's functions share the one object that is their file name. */
struct python_reader {
    struct arena *arena;
    struct memory *memory;
    struct python *python; /* its types are filled in when they are learnt */
    uintptr_t last_file_object;
    struct slice last_file;
};

/* The word at base + offset; 0 when it cannot be read. */
uintptr_t python_word(struct python_reader *reader, uintptr_t base, size_t offset);

/* The int (32 bits) there; false when it cannot be read. */
bool python_int(struct python_reader *reader, uintptr_t base, size_t offset, int *value);

/* Whether the frame at `address` runs Python code. */
bool python_is_frame(struct python_reader *reader, uintptr_t address);

/* Reads what runs in such a frame: file, line and function. What cannot be read stays empty, the
 * line 0. */
void python_frame(struct python_reader *reader, uintptr_t address, struct frame *frame);

#endif

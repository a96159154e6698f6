/* SPDX-License-Identifier: MIT */
/* The interpreter in this process, if there is one. */
#ifndef PERMSHIM_FRAMES_PYTHON_FIND_H
#define PERMSHIM_FRAMES_PYTHON_FIND_H

#include "frames/python_layout.h"

enum python_found {
    PYTHON_NONE,    /* no CPython that shows itself */
    PYTHON_KNOWN,   /* its layout is known, the rest of the struct is filled in */
    PYTHON_UNKNOWN, /* one whose layout is not known here; `layout.minor` is its version, 0: older
                     */
};

struct python {
    enum python_found found;
    struct python_layout layout;
    uintptr_t runtime;    /* _PyRuntime; 0: not exported */
    uintptr_t get_thread; /* PyGILState_GetThisThreadState; 0: not exported */
    uintptr_t code_type;  /* PyCode_Type and so on; 0: not exported, known by tp_name instead */
    uintptr_t unicode_type, bytes_type;
    uintptr_t loop_start, loop_end; /* _PyEval_EvalFrameDefault, for CHAIN_EACH; 0: not known */
};

/*
 * Looks for CPython: in the loader's list of objects (the program, a libpython that it is linked
 * with or that came later, RTLD_LOCAL too), then for the section .PyRuntime of a program without
 * symbols (3.13 and later). No lock, no call into the loader or the interpreter. That an object has
 * nothing is remembered; one that had it is looked for again, since it may be unloaded. Safe in a
 * signal handler; opens /proc/self/exe at most once per process image and closes it again.
 */
void python_find(struct memory *memory, struct python *python);

#endif

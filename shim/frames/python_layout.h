/* SPDX-License-Identifier: MIT */
/* Where CPython's structs keep what a frame is made of: offsets in bytes, by version. */
#ifndef PERMSHIM_FRAMES_PYTHON_LAYOUT_H
#define PERMSHIM_FRAMES_PYTHON_LAYOUT_H

#include "base/memory.h"
#include <stdint.h>

/* How frames hang together, and what tells where the evaluation loop was entered anew. */
enum python_chain {
    CHAIN_EACH,    /* 3.8, 3.9: every frame has a native frame of the loop; nothing marks it */
    CHAIN_COUNTED, /* 3.10: so still, and the n-th CFrame on the C stack belongs to the n-th frame
                    */
    CHAIN_ENTRY, /* 3.11: a _PyCFrame on the C stack for each entry; frame.is_entry ends a group */
    CHAIN_SHIM,  /* 3.12 and later: a _PyInterpreterFrame on the C stack stands between groups */
};

enum python_lines {
    LINES_LNOTAB,    /* 3.8, 3.9: co_lnotab */
    LINES_LINETABLE, /* 3.10: co_linetable of PEP 626 */
    LINES_LOCATIONS, /* 3.11 and later: co_linetable of PEP 657 */
};

/* In how the frame tells the instruction it is at. */
enum python_position {
    POSITION_BYTES,   /* an int, in bytes */
    POSITION_UNITS,   /* an int, in instructions of two bytes */
    POSITION_POINTER, /* a pointer into the code */
};

struct python_layout {
    unsigned minor; /* 10 for Python 3.10; 8 for 3.8 and 3.9, which are laid out alike */
    enum python_chain chain;
    enum python_lines lines;
    enum python_position position;
    uint16_t thread_frame;  /* PyThreadState: the innermost frame; unused where there is a cframe */
    uint16_t thread_cframe; /* PyThreadState.cframe, 3.10 to 3.12 */
    uint16_t cframe_frame, cframe_previous;
    uint16_t frame_code, frame_previous, frame_position;
    uint16_t frame_end;        /* is_entry of 3.11, owner of 3.12 and later: one byte */
    uint16_t frame_tlbc_index; /* free-threaded 3.14 and later */
    uint16_t code_file, code_name, code_lines, code_first_line;
    uint16_t code_bytes; /* co_code_adaptive */
    uint16_t code_tlbc;  /* free-threaded 3.14 and later: co_tlbc; 0: none */
    uint16_t object_type, bytes_size, bytes_value;
    uint16_t text_length, text_state, text_ascii, text_compact;
    uint8_t text_kind_bit; /* where in `state` the three bits of the kind begin */
    uint16_t thread_id;    /* pthread_self() of the thread; 0: not needed */
    /* From _PyRuntime to this thread's state, 3.13 and later. */
    uint16_t runtime_interpreters, interpreter_next, interpreter_threads, thread_next;
    uint16_t type_name;
};

/* What _PyRuntime begins with since 3.13. */
#define PYTHON_COOKIE "xdebugpy"

enum { FRAME_OWNER_FIRST_SHIM = 3, CODE_POINTER_TAGS = 7 };

/* The row for 3.8 (and 3.9), 3.10, 3.11 or 3.12; NULL for any other version. */
const struct python_layout *python_layout_table(unsigned minor);

/*
 * The layout of 3.13 and later, which such a Python tells by _PyRuntime.debug_offsets. False when
 * there is none at `runtime`, or it is of a version not known here (*minor is then that version's).
 * Safe in a signal handler.
 */
bool python_layout_read(struct memory *memory, uintptr_t runtime, struct python_layout *layout,
                        unsigned *minor);

#endif

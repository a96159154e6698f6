/* SPDX-License-Identifier: MIT */
/* Who called: the native stack and, inside it, the interpreter's own frames. */
#ifndef PERMSHIM_FRAMES_H
#define PERMSHIM_FRAMES_H

#include "base/arena.h"
#include "base/memory.h"
#include "incident.h"
#include <stdint.h>

enum frame_kind { FRAME_NATIVE, FRAME_PYTHON };

struct frame {
    enum frame_kind kind;
    /* of both */
    struct slice function; /* symbol or Python qualified name; empty: unknown */
    /* native */
    bool interpreter; /* code of a Python interpreter, whose own frames tell the same better */
    uintptr_t pc;     /* return address; unless interrupted */
    bool interrupted; /* pc is where a signal struck, not a return address */
    uintptr_t cfa;    /* canonical frame address: the stack pointer before the call; 0: unknown */
    uintptr_t function_start; /* from the unwind table; 0: unknown */
    struct slice object;      /* path of the ELF file; empty: none (JIT code) */
    uint64_t offset;          /* of pc in the object */
    uint64_t symbol_offset;   /* of pc in the function; without a name from function_start on */
    struct slice build_id;    /* lower-case hexadecimal; empty: unknown */
    /* python */
    struct slice file;
    int line; /* 0: unknown */
};

struct stack {
    const struct frame *frames; /* innermost first; none of libpermshim's own */
    size_t count;
    const char *ended; /* NULL: reached the thread's start; else why it stops here */
};

/* FRAMES_LEFT_BYTES: two paths as long as the kernel takes them, PATH_MAX of linux/limits.h. */
enum { STACK_MOST_FRAMES = 256, FRAMES_LEFT_BYTES = 2 * 4096 };

/*
 * The frames of the calling thread, from `registers` on. No lock, no allocation, no descriptor
 * kept, no call into the interpreter that can block. Safe in a signal handler. What cannot be read
 * makes the stack shorter, never wrong. Leaves FRAMES_LEFT_BYTES of the arena to who comes behind
 * it, or half of what there was where that is less.
 */
void frames_collect(struct arena *arena, struct memory *memory, const struct registers *registers,
                    struct stack *stack);

#endif

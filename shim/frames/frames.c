/* SPDX-License-Identifier: MIT */
#include "frames.h"
#include "frames/python.h"
#include "frames/symbols.h"
#include "frames/unwind.h"

/* The ends of the object this code is in, from the linker: ld(1), --defsym and "PROVIDE". */
extern const char __ehdr_start[] __attribute__((visibility("hidden")));
extern const char _end[] __attribute__((visibility("hidden")));

static bool is_ours(const struct frame *frame) {
    uintptr_t address = frame->pc - !frame->interrupted;
    return address >= (uintptr_t)__ehdr_start && address < (uintptr_t)_end;
}

/* Room for as many frames as the arena can take; what stays unused goes back to it. */
static struct frame *frames_in(struct arena *arena, size_t *capacity) {
    for (*capacity = STACK_MOST_FRAMES; *capacity > 0; *capacity /= 2) {
        struct frame *frames = ARENA_ARRAY(arena, struct frame, *capacity);
        if (frames)
            return frames;
    }
    return NULL;
}

static void collect_in(struct arena *arena, struct memory *memory,
                       const struct registers *registers, struct stack *stack) {
    size_t capacity, kept = 0;
    struct frame *frames = frames_in(arena, &capacity);
    *stack = (struct stack){.frames = frames, .ended = "no memory"};
    if (!frames)
        return;
    size_t count = unwind_frames(memory, registers, frames, capacity, &stack->ended);
    for (size_t i = 0; i < count; i++) {
        if (!is_ours(&frames[i]))
            frames[kept++] = frames[i];
    }
    memset(frames + kept, 0, (count - kept) * sizeof *frames);
    arena->next = (char *)(frames + kept);
    symbols_resolve(arena, memory, frames, kept);
    stack->count = kept;
    struct python_stack python;
    python_collect(arena, memory, &python);
    python_merge(arena, &python, stack);
}

/* 256 frames of Python may have names of 4 KiB each. What follows takes memory for one thing more,
 * a row of the text: a name and what of the path stands behind it (report/text_walk.c). */
void frames_collect(struct arena *arena, struct memory *memory, const struct registers *registers,
                    struct stack *stack) {
    struct arena part = arena_part(arena, FRAMES_LEFT_BYTES);
    collect_in(&part, memory, registers, stack);
    arena->next = part.next;
}

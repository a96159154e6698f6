/* SPDX-License-Identifier: MIT */
#include "frames/python.h"
#include "base/buffer.h"
#include "frames/python_object.h"
#include <pthread.h>

enum {
    MOST_STEPS = 4 * PYTHON_MOST_FRAMES, /* with the shims between the groups */
    MOST_THREADS = 16384,
    MOST_COUNTED = 16384,
};

/* First the addresses of the frames, in groups; their contents afterwards. */
struct walk {
    struct python_reader reader;
    uintptr_t *addresses;
    size_t count;
    struct python_group *groups;
    size_t group_count;
    size_t group_first; /* where the open group began */
    size_t steps;
    const char *ended;
};

static const struct python_layout *layout_of(const struct walk *walk) {
    return &walk->reader.python->layout;
}

/* Adds a frame to the open group. False, and the walk is over, when it is none or one too many. */
static bool push(struct walk *walk, uintptr_t address) {
    if (walk->count == PYTHON_MOST_FRAMES || walk->steps++ == MOST_STEPS)
        walk->ended = "more Python frames than are kept";
    else if (!python_is_frame(&walk->reader, address))
        walk->ended = "a Python frame could not be read";
    else
        walk->addresses[walk->count++] = address;
    return !walk->ended;
}

static void close_group(struct walk *walk, uintptr_t marker) {
    size_t first = walk->group_first;
    if (walk->count > first)
        walk->groups[walk->group_count++] =
            (struct python_group){.first = first, .count = walk->count - first, .marker = marker};
    walk->group_first = walk->count;
}

static uintptr_t next_frame(struct walk *walk, uintptr_t frame) {
    return python_word(&walk->reader, frame, layout_of(walk)->frame_previous);
}

static uintptr_t next_cframe(struct walk *walk, uintptr_t cframe) {
    return python_word(&walk->reader, cframe, layout_of(walk)->cframe_previous);
}

/* The length of a chain of pointers; MOST_COUNTED when it is longer. */
static size_t chain_length(struct walk *walk, uintptr_t at, size_t offset) {
    size_t length = 0;
    for (; at && length < MOST_COUNTED; length++)
        at = python_word(&walk->reader, at, offset);
    return length;
}

static void walk_each(struct walk *walk, uintptr_t frame) {
    for (; frame && push(walk, frame); frame = next_frame(walk, frame))
        close_group(walk, 0);
}

/*
 * The chains are equally long but for the outermost CFrame, which is part of the thread state.
 * While the loop is being entered or left, one may be ahead of the other, so they are paired from
 * the far end.
 */
static void walk_counted(struct walk *walk, uintptr_t frame, uintptr_t cframe) {
    size_t frames = chain_length(walk, frame, layout_of(walk)->frame_previous);
    size_t cframes = chain_length(walk, cframe, layout_of(walk)->cframe_previous);
    for (cframes -= cframes > 0; cframes > frames; cframes--)
        cframe = next_cframe(walk, cframe);
    for (; frame && push(walk, frame); frame = next_frame(walk, frame), frames--) {
        close_group(walk, frames <= cframes ? cframe : 0);
        if (frames <= cframes)
            cframe = next_cframe(walk, cframe);
    }
}

/*
 * Each _PyCFrame knows the innermost frame of its entry. The one that is just being made does not
 * yet (ceval.c sets tstate->cframe before cframe.current_frame), and what it holds is no frame, so
 * the next one is where to begin.
 */
static void walk_entries(struct walk *walk, uintptr_t cframe) {
    const struct python_layout *layout = layout_of(walk);
    for (size_t n = 0; n < MOST_STEPS; n++) {
        uintptr_t outer = next_cframe(walk, cframe);
        if (!outer || walk->ended) /* the outermost is part of the thread state */
            return;
        uintptr_t frame = python_word(&walk->reader, cframe, layout->cframe_frame);
        for (bool last = false; frame && !last; frame = next_frame(walk, frame)) {
            if (!push(walk, frame))
                break;
            uint8_t is_entry = 0;
            last = !memory_read(walk->reader.memory, frame + layout->frame_end, &is_entry, 1) ||
                   is_entry != 0;
        }
        close_group(walk, cframe);
        if (walk->count == 0)
            walk->ended = NULL;
        cframe = outer;
    }
}

/* The shim is the marker. Outside of the first one more may follow (3.15 has a base frame). */
static void walk_shims(struct walk *walk, uintptr_t frame) {
    const struct python_layout *layout = layout_of(walk);
    for (; frame; frame = next_frame(walk, frame)) {
        uint8_t owner;
        if (!memory_read(walk->reader.memory, frame + layout->frame_end, &owner, 1)) {
            walk->ended = "a Python frame could not be read";
            break;
        }
        if (owner >= FRAME_OWNER_FIRST_SHIM && walk->steps++ < MOST_STEPS)
            close_group(walk, frame);
        else if (!push(walk, frame))
            break;
    }
    close_group(walk, 0);
}

static void walk_thread(struct walk *walk, uintptr_t thread) {
    const struct python_layout *layout = layout_of(walk);
    uintptr_t frame = python_word(&walk->reader, thread, layout->thread_frame);
    uintptr_t cframe =
        layout->thread_cframe ? python_word(&walk->reader, thread, layout->thread_cframe) : 0;
    switch (layout->chain) {
    case CHAIN_EACH:
        walk_each(walk, frame);
        break;
    case CHAIN_COUNTED:
        walk_counted(walk, frame, cframe);
        break;
    case CHAIN_ENTRY:
        walk_entries(walk, cframe);
        break;
    case CHAIN_SHIM:
        if (!cframe) {
            walk_shims(walk, frame);
            break;
        }
        /* 3.12: see walk_entries. */
        for (int n = 0; n < 2 && walk->count == 0; n++, cframe = next_cframe(walk, cframe)) {
            walk->ended = NULL;
            walk_shims(walk, python_word(&walk->reader, cframe, layout->cframe_frame));
        }
        break;
    }
}

/*
 * This thread's PyThreadState; 0 when it has none. The function reads a thread-local (up to 3.14 by
 * pthread_getspecific) and is in the stable ABI. Before 3.12 it does so with a key that is not made
 * yet, or no more, outside of Py_Initialize and Py_Finalize: what comes back then belongs to
 * somebody else, so the state must name this thread.
 */
static uintptr_t find_thread(struct python_reader *reader) {
    const struct python *python = reader->python;
    const struct python_layout *layout = &python->layout;
    uintptr_t self = (uintptr_t)pthread_self();
    if (python->get_thread) {
        void *(*get_thread)(void);
        memcpy(&get_thread, &python->get_thread, sizeof get_thread);
        uintptr_t thread = (uintptr_t)get_thread();
        bool checked = layout->minor < 12;
        return checked && python_word(reader, thread, layout->thread_id) != self ? 0 : thread;
    }
    size_t steps = 0;
    uintptr_t interpreter = python_word(reader, python->runtime, layout->runtime_interpreters);
    for (; interpreter && steps < MOST_THREADS;
         interpreter = python_word(reader, interpreter, layout->interpreter_next), steps++) {
        uintptr_t thread = python_word(reader, interpreter, layout->interpreter_threads);
        for (; thread && steps < MOST_THREADS;
             thread = python_word(reader, thread, layout->thread_next), steps++)
            if (python_word(reader, thread, layout->thread_id) == self)
                return thread;
    }
    return 0;
}

static const char *unknown_version(struct arena *arena, unsigned minor) {
    if (minor == 0)
        return "Python before 3.8: its frames are not read";
    struct slice text =
        arena_format(arena, "Python 3.%u is not known yet: its frames are not read%c", minor, '\0');
    return text.length ? text.data : "this Python is not known yet: its frames are not read";
}

/* The contents of the frames that `walk` found. */
static void read_frames(struct walk *walk, struct python_stack *stack) {
    struct frame *frames = ARENA_ARRAY(walk->reader.arena, struct frame, walk->count);
    if (!frames) {
        stack->ended = "no memory for Python frames";
        return;
    }
    for (size_t i = 0; i < walk->count; i++)
        python_frame(&walk->reader, walk->addresses[i], &frames[i]);
    stack->frames = frames;
    stack->count = walk->count;
    stack->groups = walk->groups;
    stack->group_count = walk->group_count;
}

void python_collect(struct arena *arena, struct memory *memory, struct python_stack *stack) {
    *stack = (struct python_stack){0};
    struct python python;
    python_find(memory, &python);
    if (python.found == PYTHON_NONE)
        return;
    if (python.found == PYTHON_UNKNOWN) {
        stack->ended = unknown_version(arena, python.layout.minor);
        return;
    }
    struct walk walk = {
        .reader = {.arena = arena, .memory = memory, .python = &python},
    };
    uintptr_t thread = find_thread(&walk.reader);
    if (!thread)
        return;
    walk.addresses = ARENA_ARRAY(arena, uintptr_t, PYTHON_MOST_FRAMES);
    walk.groups = ARENA_ARRAY(arena, struct python_group, PYTHON_MOST_FRAMES);
    if (walk.addresses && walk.groups)
        walk_thread(&walk, thread);
    stack->ended = walk.ended;
    stack->loop_start = python.loop_start;
    stack->loop_end = python.loop_end;
    read_frames(&walk, stack);
}

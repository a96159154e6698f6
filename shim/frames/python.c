/* SPDX-License-Identifier: MIT */
#include "frames/python.h"
#include "base/buffer.h"
#include "frames/python_object.h"
#include <pthread.h>

enum {
    MOST_THREADS = 16384,
    MOST_COUNTED = 16384,     /* links of a chain */
    THREAD_MOST_BYTES = 1024, /* sizeof(PyThreadState) of 3.10 to 3.12 is less */
};

/* First the addresses of the frames, in groups; their contents afterwards. */
struct walk {
    struct python_reader reader;
    uintptr_t thread; /* PyThreadState of this thread */
    uintptr_t *addresses;
    size_t count;
    struct python_group *groups;
    size_t group_count;
    size_t group_first; /* where the open group began */
    const char *ended;
};

static const struct python_layout *layout_of(const struct walk *walk) {
    return &walk->reader.python->layout;
}

/* Adds a frame to the open group. False, and the walk is over, when it is none or one too many. */
static bool push(struct walk *walk, uintptr_t address) {
    if (walk->count == PYTHON_MOST_FRAMES)
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

/* A CFrame on the C stack; 0 for the outermost one, which is part of the thread state (root_cframe,
 * whose `previous` is not always set). */
static uintptr_t on_stack(const struct walk *walk, uintptr_t cframe) {
    return cframe - walk->thread < THREAD_MOST_BYTES ? 0 : cframe;
}

static uintptr_t next_cframe(struct walk *walk, uintptr_t cframe) {
    return on_stack(walk, python_word(&walk->reader, cframe, layout_of(walk)->cframe_previous));
}

static void walk_each(struct walk *walk, uintptr_t frame) {
    for (; frame && push(walk, frame); frame = next_frame(walk, frame))
        close_group(walk, 0);
}

/*
 * The two chains are equally long. While a frame is being left (ceval.c pops the CFrame first) its
 * frame is left over at the near end. A greenlet has a CFrame of its own at the far end, in the C
 * function that started it.
 */
static void walk_counted(struct walk *walk, uintptr_t frame, uintptr_t cframe) {
    size_t frames = 0, cframes = 0;
    for (uintptr_t at = frame; at && frames < MOST_COUNTED; at = next_frame(walk, at))
        frames++;
    for (uintptr_t at = cframe; at && cframes < MOST_COUNTED; at = next_cframe(walk, at))
        cframes++;
    for (; frame && push(walk, frame); frame = next_frame(walk, frame)) {
        bool left_over = frames > cframes;
        close_group(walk, left_over ? 0 : cframe);
        if (left_over)
            frames--;
        else
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
    for (size_t n = 0; cframe && n < MOST_COUNTED && !walk->ended; n++) {
        uintptr_t frame = python_word(&walk->reader, cframe, layout->cframe_frame);
        for (bool last = false; frame && !last; frame = next_frame(walk, frame)) {
            if (!push(walk, frame))
                break;
            uint8_t is_entry = 0;
            last = !memory_read(walk->reader.memory, frame + layout->frame_end, &is_entry, 1) ||
                   is_entry != 0;
        }
        close_group(walk, cframe);
        if (walk->count == 0 && n == 0)
            walk->ended = NULL;
        cframe = next_cframe(walk, cframe);
    }
}

/*
 * The shim is the marker. Outside of the first one more may follow (3.15 has a base frame). When
 * there are too many frames, only the marker of the last group is still looked for.
 */
static void walk_shims(struct walk *walk, uintptr_t frame) {
    const struct python_layout *layout = layout_of(walk);
    for (size_t n = 0; frame && n < MOST_COUNTED; n++, frame = next_frame(walk, frame)) {
        uint8_t owner = 0;
        memory_read(walk->reader.memory, frame + layout->frame_end, &owner, sizeof owner);
        if (owner >= FRAME_OWNER_FIRST_SHIM)
            close_group(walk, frame);
        else if (!walk->ended && !push(walk, frame) && walk->count < PYTHON_MOST_FRAMES)
            break;
        if (walk->ended && walk->group_first == walk->count)
            break;
    }
    close_group(walk, 0);
}

static void walk_thread(struct walk *walk) {
    const struct python_layout *layout = layout_of(walk);
    uintptr_t frame = python_word(&walk->reader, walk->thread, layout->thread_frame);
    uintptr_t cframe = 0;
    if (layout->thread_cframe)
        cframe = on_stack(walk, python_word(&walk->reader, walk->thread, layout->thread_cframe));
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
        if (layout->thread_frame)
            walk_shims(walk, frame);
        /* 3.12: as in walk_entries, the first may not be filled in yet. */
        for (int n = 0; n < 2 && cframe && walk->count == 0; n++) {
            walk->ended = NULL;
            walk_shims(walk, python_word(&walk->reader, cframe, layout->cframe_frame));
            cframe = next_cframe(walk, cframe);
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
    if (minor < 8)
        return "Python before 3.8: its frames are not read";
    struct slice text = {"", 0};
    if (minor != UINT8_MAX)
        text = arena_format(arena, "Python 3.%u is not known yet: its frames are not read%c", minor,
                            '\0');
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
    walk.thread = find_thread(&walk.reader);
    if (!walk.thread)
        return;
    walk.addresses = ARENA_ARRAY(arena, uintptr_t, PYTHON_MOST_FRAMES);
    walk.groups = ARENA_ARRAY(arena, struct python_group, PYTHON_MOST_FRAMES);
    if (walk.addresses && walk.groups)
        walk_thread(&walk);
    stack->ended = walk.ended;
    stack->loop_start = python.loop_start;
    stack->loop_end = python.loop_end;
    read_frames(&walk, stack);
}

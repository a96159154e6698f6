/* SPDX-License-Identifier: MIT */
#include "report/rank.h"
#include <string.h>

/* /lib64 is Fedora's and openSUSE's. */
const char rank_library_marks[RANK_LIBRARY_MARKS][16] = {"/site-packages/", "/dist-packages/",
                                                         "/lib/python3", "/lib64/python3"};

/* Native code of packages, and of what is installed below a prefix of its own: conda, a JDK. */
static const char package_marks[][16] = {"/site-packages/", "/dist-packages/", "/node_modules/"};
static const char prefix_marks[][16] = {"/lib/", "/lib64/"};

/* hier(7); then snap, Nix and Guix. */
static const char system_directories[][16] = {"/usr/", "/bin/",  "/sbin/", "/lib/", "/lib64/",
                                              "/opt/", "/snap/", "/nix/",  "/gnu/"};

#define HOLDS_ANY(text, marks) holds_any(text, marks, sizeof(marks) / sizeof *(marks))
#define STARTS_WITH_ANY(text, starts)                                                              \
    starts_with_any(text, starts, sizeof(starts) / sizeof *(starts))

static bool holds_any(struct slice text, const char (*marks)[16], size_t count) {
    for (size_t i = 0; i < count; i++)
        if (slice_search(text, marks[i]))
            return true;
    return false;
}

static bool starts_with_any(struct slice text, const char (*starts)[16], size_t count) {
    for (size_t i = 0; i < count; i++)
        if (slice_starts(text, slice_of(starts[i])))
            return true;
    return false;
}

static bool is_library(struct slice file) {
    return HOLDS_ANY(file, rank_library_marks) || slice_starts(file, SLICE("<frozen "));
}

/* Below the working directory a lib is the user's too. */
static bool is_own(struct slice object, struct slice directory) {
    if (object.length == 0 || object.data[0] != '/' ||
        STARTS_WITH_ANY(object, system_directories) || HOLDS_ANY(object, package_marks))
        return false;
    bool is_below =
        directory.length > 1 && object.length > directory.length && slice_within(object, directory);
    return is_below || !HOLDS_ANY(object, prefix_marks);
}

/* Templates of the C++ library, and Rust's, are compiled into the user's own objects. */
static bool is_of_standard_library(struct slice function) {
    static const char crates[][16] = {"std::",   "__gnu_cxx::", "core::", "alloc::", "<std::",
                                      "<core::", "<alloc::",    "rust_",  "__rust"};
    return STARTS_WITH_ANY(function, crates);
}

/* What runs JavaScript and Java, code that has no names here: its own frames are the same whatever
 * the program does. Python's are marked already. */
static bool is_engine(const struct frame *frame) {
    return slice_starts(frame->function, SLICE("Builtins_")) ||
           slice_starts(frame->function, SLICE("v8::internal::")) ||
           slice_is(slice_basename(frame->object), "libjvm.so");
}

/* Where libc starts a program or a thread; before glibc 2.34 threads start in libpthread. */
static bool is_libc(const struct frame *frame) {
    struct slice name = slice_basename(frame->object);
    return slice_starts(name, SLICE("libc.so.")) || slice_starts(name, SLICE("libc-")) ||
           slice_starts(name, SLICE("libpthread"));
}

/* The first of the outermost frames that only start the thread: libc's, an interpreter's, and
 * _start, which libc's are called by. */
static size_t find_start(const struct stack *stack, bool has_python) {
    size_t start = stack->count;
    if (stack->ended && !has_python)
        return start;
    if (start > 1 && is_libc(&stack->frames[start - 2]))
        start--;
    while (start > 1 && stack->frames[start - 1].kind == FRAME_NATIVE &&
           (is_libc(&stack->frames[start - 1]) || stack->frames[start - 1].interpreter))
        start--;
    return start;
}

static enum rank rank_of(const struct frame *frame, struct slice directory) {
    if (frame->kind == FRAME_PYTHON)
        return is_library(frame->file) ? RANK_LIBRARY : RANK_USER;
    if (frame->interpreter || is_engine(frame))
        return RANK_HIDDEN;
    return is_own(frame->object, directory) && !is_of_standard_library(frame->function)
               ? RANK_OWN
               : RANK_NATIVE;
}

static bool reads_the_same(const struct frame *a, const struct frame *b) {
    if (a->kind != b->kind)
        return false;
    return a->kind == FRAME_NATIVE ? a->pc == b->pc
                                   : a->line == b->line && slice_equal(a->file, b->file) &&
                                         slice_equal(a->function, b->function);
}

bool rank_next(const struct ranking *ranking, struct rank_run *run) {
    const struct frame *frames = ranking->stack->frames;
    run->times = 0;
    for (; run->rank < RANK_HIDDEN; run->rank++, run->next = 0) {
        for (; run->next < ranking->count; run->next++) {
            const struct frame *frame = &frames[run->next];
            if (ranking->ranks[run->next] != run->rank)
                continue;
            if (run->times > 0 && !reads_the_same(run->frame, frame))
                return true;
            run->frame = frame;
            run->times++;
        }
        if (run->times > 0)
            return true;
    }
    return false;
}

void rank_frames(const struct stack *stack, struct slice directory, size_t room,
                 struct ranking *ranking) {
    bool has_python = false;
    memset(ranking, 0, sizeof *ranking);
    ranking->stack = stack;
    ranking->count = stack->count < RANK_MOST_FRAMES ? stack->count : RANK_MOST_FRAMES;
    for (size_t i = 0; i < ranking->count; i++)
        has_python = has_python || stack->frames[i].kind == FRAME_PYTHON;
    size_t start = find_start(stack, has_python);
    ranking->has_interpreter = has_python;
    for (size_t i = 0; i < ranking->count; i++) {
        const struct frame *frame = &stack->frames[i];
        enum rank rank = i < start ? rank_of(frame, directory) : RANK_HIDDEN;
        bool is_generated = frame->kind == FRAME_NATIVE && frame->object.length == 0 &&
                            frame->function_start == 0; /* else only its path is unknown */
        ranking->ranks[i] = (uint8_t)rank;
        ranking->counts[rank]++;
        if (i < start && rank == RANK_HIDDEN)
            ranking->has_interpreter = true;
        if (!has_python && (is_generated || (i < start && rank == RANK_HIDDEN)))
            ranking->has_generated_code = true;
    }
    ranking->omitted = stack->count - ranking->counts[RANK_HIDDEN];
    struct rank_run run = {0};
    for (size_t lines = 0; lines < room && rank_next(ranking, &run); lines++)
        ranking->omitted -= run.times;
}

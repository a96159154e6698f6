/* SPDX-License-Identifier: MIT */
#include "report/rank.h"
#include <string.h>

/* /lib64 is Fedora's and openSUSE's. */
const char *const rank_library_marks[] = {"/site-packages/", "/dist-packages/", "/lib/python3",
                                          "/lib64/python3", NULL};

static bool is_library(struct slice file) {
    for (const char *const *mark = rank_library_marks; *mark; mark++)
        if (file.length > 0 && memmem(file.data, file.length, *mark, strlen(*mark)))
            return true;
    return slice_starts(file, SLICE("<frozen "));
}

/* Where libc starts a program or a thread; before glibc 2.34 threads start in libpthread. */
static bool is_start(const struct frame *frame) {
    struct slice name = slice_basename(frame->object);
    return slice_starts(name, SLICE("libc.so.")) || slice_starts(name, SLICE("libc-")) ||
           slice_starts(name, SLICE("libpthread"));
}

enum rank rank_of(const struct ranking *ranking, size_t index) {
    const struct frame *frame = &ranking->stack->frames[index];
    bool has_python = ranking->outermost_python < ranking->stack->count;
    if (frame->kind == FRAME_PYTHON)
        return is_library(frame->file) ? RANK_LIBRARY : RANK_USER;
    return frame->interpreter ||
                   (has_python && index > ranking->outermost_python && is_start(frame))
               ? RANK_INTERPRETER
               : RANK_NATIVE;
}

void rank_frames(const struct stack *stack, size_t room, struct ranking *ranking) {
    *ranking = (struct ranking){.stack = stack, .outermost_python = stack->count};
    for (size_t i = 0; i < stack->count; i++)
        if (stack->frames[i].kind == FRAME_PYTHON)
            ranking->outermost_python = i;
    for (size_t i = 0; i < stack->count; i++)
        ranking->counts[rank_of(ranking, i)]++;
    for (enum rank rank = RANK_USER; rank < RANK_INTERPRETER; rank++) {
        size_t share = ranking->counts[rank] < room ? ranking->counts[rank] : room;
        ranking->shares[rank] = share;
        ranking->omitted += ranking->counts[rank] - share;
        room -= share;
    }
}

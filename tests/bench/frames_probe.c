/* SPDX-License-Identifier: MIT */
/*
 * A preload for tests/bench/frames: on each fopen of a .png that fails it takes the stack as
 * frames_collect() does and clocks the parts of it. When the process ends it writes to the file
 * FRAMES_PROBE, a line for each part: its name, nanoseconds of the first time, of the median later.
 */
#include "base/enter.h"
#include "frames/python.h"
#include "frames/symbols.h"
#include "frames/unwind.h"
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>

enum { MOST_RUNS = 10000, ARENA_BYTES = 1 << 20 };
enum part { UNWINDING, SYMBOLS, PYTHON, PARTS };

static const char *const names[PARTS] = {"native", "symbols", "python"};
static long runs[PARTS][MOST_RUNS];
static size_t run_count, native_count, python_count;

static long now_ns(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * 1000000000L + now.tv_nsec;
}

static void measure(const struct incident *incident, const struct registers *registers) {
    (void)incident;
    struct memory memory = {0};
    struct stack stack = {0};
    struct python_stack python;
    char *room =
        mmap(NULL, ARENA_BYTES, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (room == MAP_FAILED || run_count == MOST_RUNS)
        return;
    struct arena arena = {room, room + ARENA_BYTES};
    struct frame *frames = ARENA_ARRAY(&arena, struct frame, STACK_MOST_FRAMES);
    long start = now_ns();
    stack.count = unwind_frames(&memory, registers, frames, STACK_MOST_FRAMES, &stack.ended);
    long unwound = now_ns();
    symbols_resolve(&arena, &memory, frames, stack.count);
    long named = now_ns();
    stack.frames = frames;
    native_count = stack.count;
    python_collect(&arena, &memory, &python);
    python_merge(&arena, &python, &stack);
    long merged = now_ns();
    python_count = python.count;
    munmap(room, ARENA_BYTES);
    runs[UNWINDING][run_count] = unwound - start;
    runs[SYMBOLS][run_count] = named - unwound;
    runs[PYTHON][run_count++] = merged - named;
}

__attribute__((visibility("default"))) FILE *fopen(const char *path, const char *mode) {
    static FILE *(*next)(const char *, const char *);
    if (!next)
        *(void **)&next = dlsym(RTLD_NEXT, "fopen");
    FILE *file = next(path, mode);
    size_t length = strlen(path);
    if (!file && length > 4 && strcmp(path + length - 4, ".png") == 0)
        enter_with_registers(NULL, measure);
    return file;
}

static int by_size(const void *a, const void *b) {
    long x = *(const long *)a, y = *(const long *)b;
    return (x > y) - (x < y);
}

__attribute__((destructor)) static void tell(void) {
    const char *path = getenv("FRAMES_PROBE");
    FILE *file = path && run_count > 1 ? fopen(path, "w") : NULL;
    if (!file)
        return;
    for (enum part part = 0; part < PARTS; part++) {
        long first = runs[part][0];
        qsort(runs[part] + 1, run_count - 1, sizeof(long), by_size);
        fprintf(file, "%s %ld %ld\n", names[part], first, runs[part][run_count / 2]);
    }
    fprintf(file, "frames %zu %zu\n", native_count, python_count);
    fclose(file);
}

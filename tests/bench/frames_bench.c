/* SPDX-License-Identifier: MIT */
/* What a stack costs: the first one of a process, and the ones after it. Prints microseconds. */
#include "base/enter.h"
#include "frames/symbols.h"
#include "frames/unwind.h"
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <time.h>

enum { RUNS = 1001, ARENA_BYTES = 1 << 20, DEPTH = 40 };

static double unwinding_us[RUNS], naming_us[RUNS];
static size_t frame_count;

static double now_us(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec * 1e6 + (double)now.tv_nsec / 1e3;
}

static void measure(const struct incident *incident, const struct registers *registers) {
    (void)incident;
    static struct frame frames[STACK_MOST_FRAMES];
    static size_t run;
    struct memory memory = {0};
    const char *ended;
    char *room =
        mmap(NULL, ARENA_BYTES, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    struct arena arena = {room, room + ARENA_BYTES};
    double start = now_us();
    frame_count = unwind_frames(&memory, registers, frames, STACK_MOST_FRAMES, &ended);
    double unwound = now_us();
    symbols_resolve(&arena, &memory, frames, frame_count);
    double named = now_us();
    munmap(room, ARENA_BYTES);
    unwinding_us[run] = unwound - start;
    naming_us[run++] = named - unwound;
}

static int deeper(unsigned depth);

static int compare(const void *a, const void *b) {
    (void)b;
    return deeper(*(const unsigned *)a);
}

/* Half of the frames are libc's. */
static int deeper(unsigned depth) {
    unsigned pair[] = {depth > 0 ? depth - 1 : 0, depth > 0 ? depth - 1 : 0};
    if (depth == 0)
        enter_with_registers(NULL, measure);
    else
        qsort(pair, 2, sizeof pair[0], compare);
    return (int)pair[0];
}

static int by_size(const void *a, const void *b) {
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static void print(const char *what, double *runs) {
    double first = runs[0];
    qsort(runs + 1, RUNS - 1, sizeof *runs, by_size);
    printf("%-10s first %7.1f us   then %7.1f us (median of %d)\n", what, first, runs[RUNS / 2],
           RUNS - 1);
}

int main(void) {
    for (int run = 0; run < RUNS; run++)
        deeper(DEPTH / 4);
    printf("%zu frames\n", frame_count);
    print("unwinding", unwinding_us);
    print("naming", naming_us);
    return 0;
}

/* SPDX-License-Identifier: MIT */
/* The whole of "who called". All code of this program counts as permshim's own, so what is left of
 * a stack through libc are libc's frames and the program's are not among them. */
#include "base/enter.h"
#include "frames.h"
#include <search.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include <cmocka.h>

extern const char __ehdr_start[], _end[];

static char memory[1 << 20];
static size_t arena_bytes;
static unsigned deeper; /* calls of libc's that are still to be made, one inside the other */
static struct stack stack;
static struct arena arena;

static void collect(const struct incident *incident, const struct registers *registers) {
    (void)incident;
    memset(memory, 0, sizeof memory);
    arena = (struct arena){memory, memory + arena_bytes};
    struct memory pages = {0};
    frames_collect(&arena, &pages, registers, &stack);
}

static int compare(const void *a, const void *b) {
    if (deeper > 0) {
        size_t count = 1;
        deeper--;
        lfind(a, b, &count, sizeof(int), compare);
    } else {
        enter_with_registers(NULL, collect);
    }
    return *(const int *)a - *(const int *)b;
}

static void collect_with(size_t bytes) {
    int numbers[] = {3, 1, 2};
    arena_bytes = bytes;
    qsort(numbers, 3, sizeof numbers[0], compare);
}

static void own_frames_are_left_out(void **state) {
    (void)state;
    collect_with(sizeof memory);
    assert_null(stack.ended);
    assert_true(stack.count >= 3); /* qsort, libcmocka, __libc_start_main */
    bool started = false;
    for (size_t i = 0; i < stack.count; i++) {
        const struct frame *frame = &stack.frames[i];
        assert_false(frame->pc >= (uintptr_t)__ehdr_start && frame->pc < (uintptr_t)_end);
        assert_int_equal(frame->kind, FRAME_NATIVE);
        assert_true(frame->object.length > 0);
        assert_true(i == 0 || frame->cfa > stack.frames[i - 1].cfa);
        started |= slice_starts(frame->function, SLICE("__libc_start_main"));
    }
    assert_true(started);
}

static void unused_room_goes_back_clean(void **state) {
    (void)state;
    collect_with(sizeof memory);
    assert_true((size_t)(arena.next - memory) < stack.count * (sizeof *stack.frames + 512));
    for (const char *byte = arena.next; byte < arena.end; byte++)
        assert_int_equal(*byte, 0);
}

static void any_arena_will_do(void **state) {
    (void)state;
    size_t most = 0;
    for (size_t bytes = 0; bytes < 64 * 1024; bytes += 1009) {
        collect_with(bytes);
        assert_true(arena.next <= arena.end);
        most = stack.count > most ? stack.count : most;
        if (bytes == 0) {
            assert_int_equal(stack.count, 0);
            assert_non_null(stack.ended);
        }
    }
    assert_null(stack.ended);
    assert_true(most >= 3);
}

static void room_is_left_behind_many_frames(void **state) {
    (void)state;
    for (size_t bytes = 1009; bytes < 64 * 1024; bytes += 1009) {
        size_t half = bytes / 2;
        int number = 1;
        arena_bytes = bytes;
        deeper = 100;
        compare(&number, &number);
        assert_true((size_t)(arena.end - arena.next) >=
                    (half < FRAMES_LEFT_BYTES ? half : FRAMES_LEFT_BYTES));
    }
    assert_true(stack.count > 100);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(own_frames_are_left_out),
        cmocka_unit_test(unused_room_goes_back_clean),
        cmocka_unit_test(any_arena_will_do),
        cmocka_unit_test(room_is_left_behind_many_frames),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

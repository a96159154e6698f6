/* SPDX-License-Identifier: MIT */
/* Where Python frames go in the native stack, from literal frames. */
#include "frames/python.h"
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static char memory[64 * 1024];

static struct frame native(uintptr_t cfa, uintptr_t pc, const char *object) {
    return (struct frame){.kind = FRAME_NATIVE, .cfa = cfa, .pc = pc, .object = slice_of(object)};
}

static struct frame python(const char *function) {
    return (struct frame){.kind = FRAME_PYTHON, .function = slice_of(function)};
}

/* The merged stack as text: n for a native frame, N for one of the interpreter, the names of
 * others. */
static const char *merged(const struct python_stack *frames, struct stack *stack) {
    static char text[256];
    memset(memory, 0, sizeof memory);
    struct arena arena = {memory, memory + sizeof memory};
    python_merge(&arena, frames, stack);
    size_t at = 0;
    for (size_t i = 0; i < stack->count; i++) {
        const struct frame *frame = &stack->frames[i];
        if (frame->kind == FRAME_NATIVE)
            text[at++] = frame->interpreter ? 'N' : 'n';
        for (size_t j = 0; j < frame->function.length; j++)
            text[at++] = frame->function.data[j];
    }
    text[at] = '\0';
    return text;
}

#define COUNT(array) (sizeof(array) / sizeof *(array))
#define PYTHON_STACK(f, g)                                                                         \
    { .frames = (f), .count = COUNT(f), .groups = (g), .group_count = COUNT(g) }

/* open, loop, qsort, loop, main; two groups, the inner of two frames. */
static void by_address(void **state) {
    (void)state;
    struct frame natives[] = {
        native(0x1000, 1, "libc.so.6"),      native(0x1400, 1, "libpython3.11.so.1.0"),
        native(0x1500, 1, "libc.so.6"),      native(0x1900, 1, "libpython3.11.so.1.0"),
        native(0x1a00, 1, "/bin/python3.1"), native(0x1b00, 1, "libc.so.6"),
    };
    struct frame frames[] = {python("a"), python("b"), python("c")};
    struct python_group groups[] = {{0, 2, 0x1008}, {2, 1, 0x18f8}};
    struct python_stack stack = PYTHON_STACK(frames, groups);
    struct stack whole = {natives, COUNT(natives), NULL};
    assert_string_equal(merged(&stack, &whole), "nNabnNcNn");
    assert_null(whole.ended);
}

/* The loop's own frame is marked whatever its object is called; an application around it is not. */
static void inside_an_application(void **state) {
    (void)state;
    struct frame natives[] = {native(0x1000, 1, "libc.so.6"), native(0x1400, 1, "/opt/blender"),
                              native(0x1500, 1, "/opt/blender"),
                              native(0x1600, 1, "/lib/libpythonic.so")};
    struct frame frames[] = {python("a")};
    struct python_group groups[] = {{0, 1, 0x1200}};
    struct python_stack stack = PYTHON_STACK(frames, groups);
    struct stack whole = {natives, COUNT(natives), NULL};
    assert_string_equal(merged(&stack, &whole), "nNann");
}

/* A signal handler on a stack of its own above the thread's: the frame it interrupted is a loop. */
static void across_a_signal_stack(void **state) {
    (void)state;
    struct frame natives[] = {native(0x9000, 1, "x"), native(0x9100, 1, "x"),
                              native(0x1400, 1, "x"), native(0x1500, 1, "x")};
    struct frame frames[] = {python("a"), python("b")};
    struct python_group groups[] = {{0, 1, 0x1300}, {1, 1, 0x1480}};
    struct python_stack stack = PYTHON_STACK(frames, groups);
    struct stack whole = {natives, COUNT(natives), NULL};
    assert_string_equal(merged(&stack, &whole), "nnNaNb");
}

/* Native frames were cut: what has no place comes last; in the middle, with the next that has one.
 */
static void leftovers(void **state) {
    (void)state;
    struct frame natives[] = {native(0x1000, 1, "x"), native(0x1400, 1, "x"),
                              native(0x1500, 1, "x")};
    struct frame frames[] = {python("a"), python("b"), python("c"), python("d")};
    struct python_group groups[] = {{0, 1, 0}, {1, 1, 0x1200}, {2, 1, 0x7000}, {3, 1, 0}};
    struct python_stack stack = PYTHON_STACK(frames, groups);
    struct stack whole = {natives, COUNT(natives), "cut"};
    stack.ended = "Python too";
    assert_string_equal(merged(&stack, &whole), "nNabncd");
    assert_string_equal(whole.ended, "cut");
}

/* 3.8, 3.9: a loop of 100 bytes of code; its call may be its last instruction. */
static void by_code(void **state) {
    (void)state;
    struct frame natives[] = {native(0, 5, "x"), native(0, 1100, "x"), native(0, 1000, "x"),
                              native(0, 1050, "x"), native(0, 6, "x")};
    struct frame frames[] = {python("a"), python("b")};
    struct python_group groups[] = {{0, 1, 0}, {1, 1, 0}};
    struct python_stack stack = PYTHON_STACK(frames, groups);
    stack.loop_start = 1000;
    stack.loop_end = 1100;
    struct stack whole = {natives, COUNT(natives), NULL};
    assert_string_equal(merged(&stack, &whole), "nNanNbn");
}

/* Interrupted while the loop is entered: it has no frame yet, so the first one is the caller's. */
static void by_code_one_more(void **state) {
    (void)state;
    struct frame natives[] = {native(0, 1010, "x"), native(0, 1020, "x"), native(0, 1030, "x"),
                              native(0, 6, "x")};
    struct frame frames[] = {python("a"), python("b")};
    struct python_group groups[] = {{0, 1, 0}, {1, 1, 0}};
    struct python_stack stack = PYTHON_STACK(frames, groups);
    stack.loop_start = 1000;
    stack.loop_end = 1100;
    struct stack whole = {natives, COUNT(natives), NULL};
    assert_string_equal(merged(&stack, &whole), "nNaNbn");
    /* Cut stacks have no common end: then from the inner one. */
    struct stack part = {natives, COUNT(natives), "cut"};
    assert_string_equal(merged(&stack, &part), "NaNbnn");
}

static void by_code_one_less(void **state) {
    (void)state;
    struct frame natives[] = {native(0, 5, "x"), native(0, 1020, "x"), native(0, 6, "x")};
    struct frame frames[] = {python("a"), python("b")};
    struct python_group groups[] = {{0, 1, 0}, {1, 1, 0}};
    struct python_stack stack = PYTHON_STACK(frames, groups);
    stack.loop_start = 1000;
    stack.loop_end = 1100;
    struct stack whole = {natives, COUNT(natives), NULL};
    assert_string_equal(merged(&stack, &whole), "nNabn");
}

static void nothing_to_merge(void **state) {
    (void)state;
    struct frame natives[] = {native(0x1000, 1, "libpython3.16.so")};
    struct python_stack none = {.ended = "not known"};
    struct stack whole = {natives, 1, NULL};
    assert_string_equal(merged(&none, &whole), "n");
    assert_ptr_equal(whole.frames, natives);
    assert_string_equal(whole.ended, "not known");
}

static void no_native_frames(void **state) {
    (void)state;
    struct frame frames[] = {python("a")};
    struct python_group groups[] = {{0, 1, 0x1000}};
    struct python_stack stack = PYTHON_STACK(frames, groups);
    struct stack whole = {NULL, 0, "no unwinding"};
    assert_string_equal(merged(&stack, &whole), "a");
}

static void no_memory(void **state) {
    (void)state;
    struct frame natives[] = {native(0x1000, 1, "x")};
    struct frame frames[] = {python("a")};
    struct python_group groups[] = {{0, 1, 0}};
    struct python_stack stack = PYTHON_STACK(frames, groups);
    struct stack whole = {natives, 1, NULL};
    struct arena arena = {memory, memory + 64};
    python_merge(&arena, &stack, &whole);
    assert_ptr_equal(whole.frames, natives);
    assert_int_equal(whole.count, 1);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(by_address),
        cmocka_unit_test(inside_an_application),
        cmocka_unit_test(across_a_signal_stack),
        cmocka_unit_test(leftovers),
        cmocka_unit_test(by_code),
        cmocka_unit_test(by_code_one_more),
        cmocka_unit_test(by_code_one_less),
        cmocka_unit_test(nothing_to_merge),
        cmocka_unit_test(no_native_frames),
        cmocka_unit_test(no_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

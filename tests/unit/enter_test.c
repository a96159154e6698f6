/* SPDX-License-Identifier: MIT */
/* The registers of a caller, and a call on another stack. */
#include "base/enter.h"
#include "incident.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>

#include <cmocka.h>
#include <unwind.h>

static struct registers seen;
static const struct incident *seen_incident;
static bool seen_aligned;

/* The psABI wants %rsp + 8 at a multiple of 16 on entry: then so is the frame address, %rsp - 8. */
#define ALIGNED() ((uintptr_t)__builtin_frame_address(0) % 16 == 0)

static void remember(const struct incident *incident, const struct registers *registers) {
    seen = *registers;
    seen_incident = incident;
    seen_aligned = ALIGNED();
}

/* Sets the callee-saved registers to known values, enters, and gives back the address behind the
 * call and the stack pointer there. */
static void enter_with_values(const struct incident *incident, uintptr_t *rip, uintptr_t *rsp) {
    static uintptr_t after, stack;
    __asm__ volatile("pushq %%rbp\n\t"
                     "movq %%rsp, %%rbx\n\t"
                     "subq $136, %%rsp\n\t" /* past the red zone, */
                     "andq $-16, %%rsp\n\t" /* aligned for the call */
                     "pushq %%rbx\n\t"
                     "pushq %%rbx\n\t"
                     "movq $0x1111, %%rbx\n\t"
                     "movq $0x2222, %%rbp\n\t"
                     "movq $0x3333, %%r12\n\t"
                     "movq $0x4444, %%r13\n\t"
                     "movq $0x5555, %%r14\n\t"
                     "movq $0x6666, %%r15\n\t"
                     "leaq 1f(%%rip), %%rax\n\t"
                     "movq %%rax, %[after]\n\t"
                     "movq %%rsp, %[stack]\n\t"
                     "call enter_with_registers\n"
                     "1:\n\t"
                     "popq %%rsp\n\t"
                     "popq %%rbp"
                     : "+D"(incident), [after] "=m"(after), [stack] "=m"(stack)
                     : "S"(remember)
                     : "rax", "rbx", "rcx", "rdx", "r8", "r9", "r10", "r11", "r12", "r13", "r14",
                       "r15", "cc", "memory");
    *rip = after;
    *rsp = stack;
}

static void registers_are_the_callers(void **state) {
    (void)state;
    struct incident incident = {.function = "open64"};
    uintptr_t rip, rsp;
    enter_with_values(&incident, &rip, &rsp);
    assert_ptr_equal(seen_incident, &incident);
    assert_true(seen_aligned);
    assert_int_equal(seen.rip, rip);
    assert_int_equal(seen.rsp, rsp);
    assert_int_equal(seen.rbx, 0x1111);
    assert_int_equal(seen.rbp, 0x2222);
    assert_int_equal(seen.r12, 0x3333);
    assert_int_equal(seen.r13, 0x4444);
    assert_int_equal(seen.r14, 0x5555);
    assert_int_equal(seen.r15, 0x6666);
}

static _Alignas(16) char other_stack[65536];

struct visit {
    bool elsewhere, aligned;
    unsigned frames;
    uintptr_t caller; /* the function that called stack_call */
    bool caller_seen;
};

static _Unwind_Reason_Code count_frame(struct _Unwind_Context *context, void *argument) {
    struct visit *visit = argument;
    visit->frames++;
    if (_Unwind_GetRegionStart(context) == visit->caller)
        visit->caller_seen = true;
    return visit->frames < 64 ? _URC_NO_REASON : _URC_END_OF_STACK;
}

static void visit_stack(void *argument) {
    struct visit *visit = argument;
    char local;
    uintptr_t here = (uintptr_t)&local;
    visit->elsewhere =
        here >= (uintptr_t)other_stack && here < (uintptr_t)other_stack + sizeof other_stack;
    visit->aligned = ALIGNED();
    _Unwind_Backtrace(count_frame, visit);
}

static void call_runs_on_the_other_stack(void **state) {
    (void)state;
    for (size_t misaligned = 0; misaligned < 16; misaligned++) {
        struct visit visit = {.caller = (uintptr_t)call_runs_on_the_other_stack};
        stack_call(visit_stack, &visit, other_stack + sizeof other_stack - misaligned);
        assert_true(visit.elsewhere);
        assert_true(visit.aligned);
        assert_true(visit.caller_seen);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(registers_are_the_callers),
        cmocka_unit_test(call_runs_on_the_other_stack),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

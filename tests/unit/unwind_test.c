/* SPDX-License-Identifier: MIT */
/* The native stack, held against libgcc's own unwinder on the stacks a host may have. */
#include "base/enter.h"
#include "frames/object.h"
#include "frames/unwind.h"
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/mman.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>
#include <unwind.h>

struct stack_of {
    struct frame frames[STACK_MOST_FRAMES];
    size_t count;
    const char *ended;
};

static _Thread_local struct stack_of ours;

static void collect(const struct incident *incident, const struct registers *registers) {
    (void)incident;
    struct memory memory = {0};
    ours.count = unwind_frames(&memory, registers, ours.frames, STACK_MOST_FRAMES, &ours.ended);
}

/* The stack of the caller's function, which is the first frame. */
#define COLLECT() enter_with_registers(NULL, collect)

/* Not inlined, not cloned, and no tail call: each is a frame of its own. */
#ifdef __clang__
#define A_FRAME __attribute__((noinline))
#else
#define A_FRAME __attribute__((noipa))
#endif
#define NO_TAIL_CALL() __asm__ volatile("" ::: "memory")

struct theirs {
    uintptr_t pcs[STACK_MOST_FRAMES], cfas[STACK_MOST_FRAMES];
    int interrupted[STACK_MOST_FRAMES];
    size_t count;
};

static _Unwind_Reason_Code note(struct _Unwind_Context *context, void *argument) {
    struct theirs *theirs = argument;
    if (theirs->count == STACK_MOST_FRAMES)
        return _URC_END_OF_STACK;
    theirs->pcs[theirs->count] = _Unwind_GetIPInfo(context, &theirs->interrupted[theirs->count]);
    theirs->cfas[theirs->count++] = _Unwind_GetCFA(context);
    return _URC_NO_REASON;
}

/* Whether both unwinders see the same callers, and the same stack pointer in each. libgcc may tell
 * a last frame with pc 0. */
static A_FRAME bool same_as_libgcc(void) {
    static _Thread_local struct theirs theirs;
    theirs.count = 0;
    COLLECT();
    _Unwind_Backtrace(note, &theirs);
    while (theirs.count > 0 && theirs.pcs[theirs.count - 1] == 0)
        theirs.count--;
    if (ours.count != theirs.count || ours.count < 2)
        return false;
    for (size_t i = 1; i < ours.count; i++) {
        if (ours.frames[i].pc != theirs.pcs[i] ||
            ours.frames[i].interrupted != (theirs.interrupted[i] != 0) ||
            ours.frames[i - 1].cfa != theirs.cfas[i])
            return false;
    }
    return true;
}

static volatile bool same; /* raise(3) is declared a leaf: the handler is out of its sight */

static bool starts_in(const struct frame *frame, void *function) {
    return frame->function_start == (uintptr_t)function;
}

static bool visited(void *function) {
    for (size_t i = 0; i < ours.count; i++) {
        if (starts_in(&ours.frames[i], function))
            return true;
    }
    return false;
}

void _start(void);

static void assert_reached_start(void) {
    assert_null(ours.ended);
    assert_true(starts_in(&ours.frames[ours.count - 1], (void *)_start));
}

/* ---- stacks ---- */

static int compare(const void *a, const void *b) {
    same = same_as_libgcc();
    return *(const int *)a - *(const int *)b;
}

static void through_libc_to_the_start(void **state) {
    (void)state;
    int numbers[] = {3, 1, 2};
    same = false;
    qsort(numbers, 3, sizeof numbers[0], compare);
    assert_true(same);
    assert_true(visited((void *)compare));
    assert_true(visited((void *)through_libc_to_the_start));
    assert_reached_start();
}

static void on_signal(int number) {
    (void)number;
    same = same_as_libgcc();
}

static A_FRAME void struck(void) {
    raise(SIGUSR1);
    NO_TAIL_CALL();
}

static bool one_was_interrupted(void) {
    size_t interrupted = 0;
    for (size_t i = 0; i < ours.count; i++)
        interrupted += ours.frames[i].interrupted;
    return interrupted == 1;
}

static void take_signal(int flags) {
    struct sigaction action = {.sa_handler = on_signal, .sa_flags = flags};
    struct sigaction before;
    sigaction(SIGUSR1, &action, &before);
    same = false;
    struck();
    sigaction(SIGUSR1, &before, NULL);
    assert_true(same);
    assert_true(one_was_interrupted());
    assert_true(visited((void *)struck));
    assert_reached_start();
}

static void through_a_signal_handler(void **state) {
    (void)state;
    take_signal(0);
}

static void through_a_handler_on_its_own_stack(void **state) {
    (void)state;
    /* Once above and once below the interrupted stack in memory is up to the kernel: map both. */
    static char low[65536];
    void *high = mmap(NULL, 65536, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    char *stacks[] = {low, high};
    for (size_t i = 0; i < 2; i++) {
        stack_t other = {.ss_sp = stacks[i], .ss_size = 65536}, before;
        sigaltstack(&other, &before);
        take_signal(SA_ONSTACK);
        sigaltstack(&before, NULL);
    }
    munmap(high, 65536);
}

static void call_other(void *argument) {
    (void)argument;
    same = same_as_libgcc();
}

static A_FRAME void on_other_stack(void *top) {
    stack_call(call_other, NULL, top);
    NO_TAIL_CALL();
}

static void from_another_stack(void **state) {
    (void)state;
    static char low[65536];
    same = false;
    on_other_stack(low + sizeof low);
    assert_true(same);
    assert_true(visited((void *)on_other_stack));
    assert_reached_start();
}

static void *in_thread(void *argument) {
    (void)argument;
    same = same_as_libgcc() && ours.ended == NULL && visited((void *)in_thread);
    return NULL;
}

static void from_a_thread(void **state) {
    (void)state;
    pthread_t thread;
    same = false;
    assert_int_equal(pthread_create(&thread, NULL, in_thread, NULL), 0);
    pthread_join(thread, NULL);
    assert_true(same);
}

static A_FRAME void deeper(unsigned depth) {
    volatile char *space = __builtin_alloca(depth % 7 * 16 + 16);
    *space = 0;
    if (depth > 0)
        deeper(depth - 1);
    else
        same = same_as_libgcc();
    NO_TAIL_CALL();
}

static void deep_recursion_is_cut(void **state) {
    (void)state;
    same = false;
    deeper(100);
    assert_true(same);
    assert_reached_start();
    deeper(STACK_MOST_FRAMES);
    assert_int_equal(ours.count, STACK_MOST_FRAMES);
    assert_non_null(ours.ended);
}

/* Code without unwind information, as a JIT compiler makes it. */
static A_FRAME void run_code(const uint8_t *code, size_t bytes) {
    void *page =
        mmap(NULL, 4096, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (page == MAP_FAILED)
        fail();
    memcpy(page, code, bytes);
    void (*enter)(void (*)(void *));
    memcpy(&enter, &page, sizeof enter);
    enter(call_other);
    munmap(page, 4096);
}

static void through_generated_code(void **state) {
    (void)state;
    const uint8_t with_frame_pointer[] = {
        0x55,             /* push %rbp */
        0x48, 0x89, 0xe5, /* mov %rsp, %rbp */
        0xff, 0xd7,       /* call *%rdi */
        0x5d,             /* pop %rbp */
        0xc3,             /* ret */
    };
    run_code(with_frame_pointer, sizeof with_frame_pointer);
    assert_true(visited((void *)call_other));
    assert_true(visited((void *)run_code));
    assert_reached_start();
}

/* As HotSpot's interpreter calls: it pushes the return address and jumps. */
static void through_a_return_address_without_a_call(void **state) {
    (void)state;
    const uint8_t jumping[] = {
        0x55,                            /* push %rbp */
        0x48, 0x89, 0xe5,                /* mov %rsp, %rbp */
        0x48, 0x8d, 0x05, 0x03, 0, 0, 0, /* lea back(%rip), %rax */
        0x50,                            /* push %rax */
        0xeb, 0x02,                      /* jmp method */
        0x5d,                            /* back: pop %rbp */
        0xc3,                            /* ret */
        0x55,                            /* method: push %rbp */
        0x48, 0x89, 0xe5,                /* mov %rsp, %rbp */
        0xff, 0xd7,                      /* call *%rdi */
        0x5d,                            /* pop %rbp */
        0xc3,                            /* ret */
    };
    run_code(jumping, sizeof jumping);
    assert_int_equal(ours.frames[3].pc - ours.frames[2].pc, 14 - 22);
    assert_true(starts_in(&ours.frames[4], (void *)run_code));
    assert_reached_start();
}

static void generated_code_without_frame_pointer_ends(void **state) {
    (void)state;
    const uint8_t without[] = {
        0x55,       /* push %rbp */
        0x31, 0xed, /* xor %ebp, %ebp */
        0xff, 0xd7, /* call *%rdi */
        0x5d,       /* pop %rbp */
        0xc3,       /* ret */
    };
    run_code(without, sizeof without);
    assert_int_equal(ours.count, 3); /* same_as_libgcc, call_other, the code */
    assert_string_equal(ours.ended, "no unwind information and no frame pointer");
    assert_int_equal(ours.frames[2].cfa, 0);
}

/* A function whose unwind information says that its frame address is an expression which jumps back
 * to its own start: DW_CFA_def_cfa_expression, 3 bytes, DW_OP_skip -3 (DWARF 5, 2.5.1.5). */
void call_in_a_circle(void (*function)(void *));
__asm__(".text\n"
        ".type call_in_a_circle, @function\n"
        "call_in_a_circle:\n"
        ".cfi_startproc\n"
        ".cfi_escape 0x0f, 0x03, 0x2f, 0xfd, 0xff\n"
        "subq $8, %rsp\n"
        "call *%rdi\n"
        "addq $8, %rsp\n"
        "ret\n"
        ".cfi_endproc\n"
        ".size call_in_a_circle, . - call_in_a_circle\n");

static void call_ours_only(void *argument) {
    (void)argument;
    COLLECT();
    NO_TAIL_CALL();
}

static void endless_unwind_information_ends(void **state) {
    (void)state;
    call_in_a_circle(call_ours_only);
    assert_int_equal(ours.count, 2);
    assert_true(starts_in(&ours.frames[1], (void *)call_in_a_circle));
    assert_string_equal(ours.ended, "the unwind information has no end");
}

/* ---- any moment of any code: a timer strikes, both unwinders look ---- */

static volatile sig_atomic_t strikes, differences, unfinished;

static void on_timer(int number) {
    (void)number;
    strikes++;
    if (!same_as_libgcc())
        differences++;
    if (ours.ended)
        unfinished++;
}

static void at_any_moment(void **state) {
    (void)state;
    enum { WANTED = 400 };
    struct sigaction action = {.sa_handler = on_timer, .sa_flags = SA_RESTART}, before;
    sigaction(SIGPROF, &action, &before);
    struct itimerval often = {{0, 500}, {0, 500}}, never = {{0, 0}, {0, 0}};
    strikes = differences = unfinished = 0;
    setitimer(ITIMER_PROF, &often, NULL);
    volatile unsigned sum = 0;
    while (strikes < WANTED) {
        struct timespec now; /* by the vDSO */
        for (int i = 0; i < 100; i++) {
            clock_gettime(CLOCK_MONOTONIC, &now);
            sum += (unsigned)now.tv_nsec;
        }
        char text[64];
        snprintf(text, sizeof text, "%f %d", (double)sum / 3, (int)sum);
        free(strdup(text));
    }
    setitimer(ITIMER_PROF, &never, NULL);
    sigaction(SIGPROF, &before, NULL);
    assert_int_equal(differences, 0);
    assert_int_equal(unfinished, 0);
}

/* ---- hostile stacks: never a crash, never an end without a reason ---- */

static void unreadable_registers_end_at_once(void **state) {
    (void)state;
    COLLECT();
    uintptr_t code = ours.frames[0].pc;
    struct {
        struct registers registers;
        size_t count;
    } cases[] = {
        {{0}, 0},
        {{.rip = 0x4141414141414141, .rsp = 0x4141414141414141}, 0},
        {{.rip = UINTPTR_MAX, .rsp = UINTPTR_MAX, .rbp = UINTPTR_MAX}, 0},
        {{.rip = code, .rsp = 0, .rbp = 0}, 1},
        {{.rip = code, .rsp = 0x4141414141414141, .rbp = 0x4141414141414141}, 1},
        {{.rip = code, .rsp = UINTPTR_MAX - 8, .rbp = UINTPTR_MAX - 8}, 1},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        collect(NULL, &cases[i].registers);
        assert_int_equal(ours.count, cases[i].count);
        assert_non_null(ours.ended);
    }
}

static uintptr_t stack_copy[512];
static struct registers copied;

/* A stack has red zones of the address sanitizer in it, which memcpy would not be let over. */
__attribute__((no_sanitize("address"))) static void copy_stack(const struct incident *incident,
                                                               const struct registers *registers) {
    collect(incident, registers);
    copied = *registers;
    const volatile uintptr_t *stack = (const volatile uintptr_t *)registers->rsp;
    for (size_t i = 0; i < sizeof stack_copy / sizeof *stack_copy; i++)
        stack_copy[i] = stack[i];
}

static A_FRAME void copy_below(unsigned depth) {
    volatile char *space = __builtin_alloca(64);
    *space = 0;
    if (depth > 0)
        copy_below(depth - 1);
    else
        enter_with_registers(NULL, copy_stack);
    NO_TAIL_CALL();
}

static void damaged_stacks_end_with_a_reason(void **state) {
    (void)state;
    copy_below(8);
    size_t whole = ours.count;
    assert_true(whole > 10);
    uintptr_t original = copied.rsp;
    /* The copy is a stack like the original one: words that point into it move with it. */
    for (size_t i = 0; i < 512; i++) {
        if (stack_copy[i] - original < sizeof stack_copy)
            stack_copy[i] += (uintptr_t)stack_copy - original;
    }
    copied.rsp = (uintptr_t)stack_copy;
    if (copied.rbp - original < sizeof stack_copy)
        copied.rbp += (uintptr_t)stack_copy - original;
    collect(NULL, &copied);
    assert_true(ours.count >= 9);

    static uintptr_t intact[512];
    memcpy(intact, stack_copy, sizeof intact);
    uint64_t random = 88172645463325252u;
    size_t shorter = 0;
    for (int round = 0; round < 20000; round++) {
        memcpy(stack_copy, intact, sizeof intact);
        for (int hit = 0; hit < 4; hit++) {
            random ^= random << 13, random ^= random >> 7, random ^= random << 17;
            uintptr_t word = random >> 20;
            switch (random % 4) {
            case 0: /* some word of the stack */
                word = intact[word % 512];
                break;
            case 1: /* some place on the stack */
                word = (uintptr_t)(stack_copy + word % 512);
                break;
            case 2: /* some place in the code */
                word = (uintptr_t)copy_below + word % 4096;
                break;
            default:
                break;
            }
            stack_copy[(random >> 8) % 128] = word;
        }
        collect(NULL, &copied);
        shorter += ours.count < 9;
        assert_true(ours.count <= STACK_MOST_FRAMES);
    }
    assert_true(shorter > 1000); /* the damage was felt */
}

/* ---- threads and forks ---- */

static volatile bool stop;

static void *walk_until_stopped(void *argument) {
    size_t *failures = argument;
    while (!stop)
        *failures += !same_as_libgcc();
    return NULL;
}

static void many_threads_and_their_children(void **state) {
    (void)state;
    enum { THREADS = 4, CHILDREN = 200 };
    pthread_t threads[THREADS];
    size_t failures[THREADS] = {0};
    stop = false;
    for (size_t i = 0; i < THREADS; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, walk_until_stopped, &failures[i]), 0);
    size_t whole = 0;
    for (size_t i = 0; i < CHILDREN; i++) {
        pid_t child = fork();
        if (child == 0) {
            alarm(60); /* a hang is a failure, not a hang */
            COLLECT();
            _exit(ours.ended != NULL);
        }
        int status = -1;
        assert_int_equal(waitpid(child, &status, 0), child);
        whole += status == 0;
    }
    stop = true;
    for (size_t i = 0; i < THREADS; i++) {
        pthread_join(threads[i], NULL);
        assert_int_equal(failures[i], 0);
    }
    assert_int_equal(whole, CHILDREN);
}

/* ---- objects ---- */

static void objects_are_found_both_ways(void **state) {
    (void)state;
    uintptr_t addresses[] = {
        (uintptr_t)objects_are_found_both_ways, /* this program */
        (uintptr_t)&qsort,                      /* libc, or this program's PLT */
        (uintptr_t)stdout,                      /* libc's data */
        getauxval(AT_SYSINFO_EHDR) + 64,        /* the vDSO */
        (uintptr_t)&strikes,                    /* .bss */
    };
    struct memory memory = {0};
    for (size_t i = 0; i < sizeof addresses / sizeof addresses[0]; i++) {
        struct object found, in_map;
        assert_true(object_find(&memory, addresses[i], &found));
        assert_true(object_find_in_link_map(&memory, addresses[i], &in_map));
        assert_true(found.start <= addresses[i] && addresses[i] < found.end);
        assert_true(in_map.start <= addresses[i] && addresses[i] < in_map.end);
        assert_int_equal(found.link_map, in_map.link_map);
        assert_int_equal(found.unwind, in_map.unwind);
    }
    struct object object;
    assert_false(object_find(&memory, (uintptr_t)&object, &object)); /* the stack */
    assert_false(object_find_in_link_map(&memory, (uintptr_t)&object, &object));
    assert_false(object_find(&memory, 0, &object));
    assert_false(object_find_in_link_map(&memory, UINTPTR_MAX, &object));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(through_libc_to_the_start),
        cmocka_unit_test(through_a_signal_handler),
        cmocka_unit_test(through_a_handler_on_its_own_stack),
        cmocka_unit_test(from_another_stack),
        cmocka_unit_test(from_a_thread),
        cmocka_unit_test(deep_recursion_is_cut),
        cmocka_unit_test(through_generated_code),
        cmocka_unit_test(through_a_return_address_without_a_call),
        cmocka_unit_test(generated_code_without_frame_pointer_ends),
        cmocka_unit_test(endless_unwind_information_ends),
        cmocka_unit_test(at_any_moment),
        cmocka_unit_test(unreadable_registers_end_at_once),
        cmocka_unit_test(damaged_stacks_end_with_a_reason),
        cmocka_unit_test(many_threads_and_their_children),
        cmocka_unit_test(objects_are_found_both_ways),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

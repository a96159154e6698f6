/* SPDX-License-Identifier: MIT */
/*
 * through CASE PATH: fails to open PATH on a stack of some kind. Each case is called by main()
 * through begin(), so that a walk to the thread's start passes both.
 */
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <ucontext.h>
#include <unistd.h>

static const char *path;

static void fail_to_open(void) {
    if (open(path, O_RDONLY) >= 0)
        abort();
}

/* ---- signals ---- */

static void on_signal(int number) {
    (void)number;
    fail_to_open();
}

static void take_signal(int flags) {
    struct sigaction action = {.sa_handler = on_signal, .sa_flags = flags};
    sigaction(SIGUSR1, &action, NULL);
    raise(SIGUSR1);
}

static void case_handler(void) {
    take_signal(0);
}

static void case_altstack(void) {
    stack_t other = {.ss_sp = malloc(65536), .ss_size = 65536};
    sigaltstack(&other, NULL);
    take_signal(SA_ONSTACK);
}

/* A fault, whose handler is entered between two instructions that no call separates. */
static volatile int *volatile nowhere;

static void on_fault(int number, siginfo_t *info, void *context) {
    (void)number, (void)info;
    fail_to_open();
    ((ucontext_t *)context)->uc_mcontext.gregs[REG_RAX] = (greg_t)(uintptr_t)&path;
}

static void touch_nowhere(void) {
    const volatile void *at = nowhere;
    __asm__ volatile("movl (%0), %%ecx" : "+a"(at) : : "ecx", "memory");
}

static void case_fault(void) {
    struct sigaction action = {.sa_sigaction = on_fault, .sa_flags = SA_SIGINFO};
    sigaction(SIGSEGV, &action, NULL);
    touch_nowhere();
}

/* ---- coroutines ---- */

static ucontext_t outside, inside;

static void coroutine(void) {
    fail_to_open();
}

static void coroutine_with_signal(void) {
    take_signal(SA_ONSTACK);
}

static void run_coroutine(void (*function)(void)) {
    getcontext(&inside);
    inside.uc_stack.ss_sp = malloc(65536);
    inside.uc_stack.ss_size = 65536;
    inside.uc_link = &outside;
    makecontext(&inside, function, 0);
    swapcontext(&outside, &inside);
}

static void case_makecontext(void) {
    run_coroutine(coroutine);
}

static void case_makecontext_signal(void) {
    stack_t other = {.ss_sp = malloc(65536), .ss_size = 65536};
    sigaltstack(&other, NULL);
    run_coroutine(coroutine_with_signal);
}

/* ---- damage: needs frame pointers ---- */

static uintptr_t garbage;

static void smash_return_address(void) {
    uintptr_t volatile *slot = (uintptr_t *)__builtin_frame_address(0) + 1;
    uintptr_t saved = *slot;
    *slot = garbage;
    fail_to_open();
    *slot = saved;
}

static void smash(uintptr_t value) {
    garbage = value;
    smash_return_address();
}

static void case_garbage(void) {
    smash(0x4141414141414141);
}

static void case_zero(void) {
    smash(0);
}

static void case_data(void) {
    smash((uintptr_t)&garbage);
}

static void case_heap(void) {
    smash((uintptr_t)malloc(64) + 16);
}

static void case_unmapped(void) {
    void *page = mmap(NULL, 4096, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    munmap(page, 4096);
    smash((uintptr_t)page + 5);
}

/* A frame that says it is its own caller's. */
static void case_circle(void) {
    uintptr_t volatile *frame = __builtin_frame_address(0);
    uintptr_t rbp = frame[0], address = frame[1];
    frame[0] = (uintptr_t)frame;
    frame[1] = (uintptr_t)__builtin_extract_return_addr(__builtin_return_address(0));
    garbage = (uintptr_t)frame;
    fail_to_open();
    frame[0] = rbp;
    frame[1] = address;
}

/* ---- a stack that ends where nothing is mapped ---- */

/* Calls `function` on the stack below `top`; its unwind information says that its own caller is
 * found above `top`. */
void call_below(void *top, void (*function)(void));
__asm__(".text\n"
        ".type call_below, @function\n"
        "call_below:\n"
        ".cfi_startproc\n"
        "pushq %rbx\n"
        "movq %rsp, %rbx\n"
        "movq %rdi, %rsp\n"
        "call *%rsi\n"
        "movq %rbx, %rsp\n"
        "popq %rbx\n"
        "ret\n"
        ".cfi_endproc\n"
        ".size call_below, . - call_below\n");

static void case_truncated(void) {
    enum { BYTES = 65536 };
    char *stack =
        mmap(NULL, BYTES + 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    munmap(stack + BYTES, 4096);
    call_below(stack + BYTES, fail_to_open);
}

/* ---- threads ---- */

static void *in_thread(void *argument) {
    fail_to_open();
    return argument;
}

static void case_thread(void) {
    pthread_t thread;
    pthread_create(&thread, NULL, in_thread, NULL);
    pthread_join(thread, NULL);
}

static void case_plain(void) {
    fail_to_open();
}

static void begin(void (*function)(void)) {
    function();
}

int main(int count, char **arguments) {
    static const struct {
        const char *name;
        void (*run)(void);
    } cases[] = {
        {"handler", case_handler},
        {"altstack", case_altstack},
        {"fault", case_fault},
        {"makecontext", case_makecontext},
        {"makecontext-signal", case_makecontext_signal},
        {"garbage", case_garbage},
        {"zero", case_zero},
        {"data", case_data},
        {"heap", case_heap},
        {"unmapped", case_unmapped},
        {"circle", case_circle},
        {"truncated", case_truncated},
        {"thread", case_thread},
        {"plain", case_plain},
    };
    if (count != 3)
        return 2;
    path = arguments[2];
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        if (strcmp(cases[i].name, arguments[1]) == 0) {
            begin(cases[i].run);
            puts("alive");
            return 0;
        }
    }
    return 2;
}

/* SPDX-License-Identifier: MIT */
/* Section 7.2 and 7.3: no signal touched; safe in handlers, and when a handler interrupts. */
#include "host.h"
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdatomic.h>
#include <sys/mman.h>
#include <sys/time.h>
#include <ucontext.h>

enum { SMALL_STACK_BYTES = 8192 };

PROMISE(signals_unchanged) {
    struct sigaction before[NSIG], after;
    sigset_t mask, mask_after = {0}, pending;
    stack_t stack, stack_after;
    sigemptyset(&mask);
    sigaddset(&mask, SIGUSR1);
    sigaddset(&mask, SIGPIPE);
    pthread_sigmask(SIG_SETMASK, &mask, NULL);
    raise(SIGUSR1);
    for (int i = 1; i < NSIG; i++)
        sigaction(i, NULL, &before[i]);
    sigaltstack(NULL, &stack);
    fail_once();
    sigaltstack(NULL, &stack_after);
    pthread_sigmask(SIG_SETMASK, NULL, &mask_after);
    EXPECT(memcmp(&mask, &mask_after, sizeof mask) == 0);
    EXPECT(stack.ss_sp == stack_after.ss_sp && stack.ss_flags == stack_after.ss_flags);
    EXPECT(sigpending(&pending) == 0 && sigismember(&pending, SIGUSR1));
    for (int i = 1; i < NSIG; i++) {
        memset(&after, 0, sizeof after);
        if (sigaction(i, NULL, &after) == 0)
            EXPECT(after.sa_handler == before[i].sa_handler &&
                   after.sa_flags == before[i].sa_flags);
    }
    EXPECT(reports() == 1);
}

/* ---- small stacks ---- */

/* `bytes` that end a mapping, with nothing below them but a page that cannot be touched. */
static char *small_stack(size_t bytes) {
    char *pages =
        mmap(NULL, bytes + 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    EXPECT(pages != MAP_FAILED && mprotect(pages, 4096, PROT_NONE) == 0);
    return pages + 4096;
}

static ucontext_t home, away;

static void fail_away(void) {
    fail_once();
}

PROMISE(a_stack_of_8_kib) {
    getcontext(&away);
    away.uc_stack.ss_sp = small_stack(SMALL_STACK_BYTES);
    away.uc_stack.ss_size = SMALL_STACK_BYTES;
    away.uc_link = &home;
    makecontext(&away, fail_away, 0);
    EXPECT(swapcontext(&home, &away) == 0);
    EXPECT(reports() == 1);
}

static void *fail_in_thread(void *argument) {
    fail_once();
    return argument;
}

PROMISE(a_thread_of_the_smallest_stack) {
    pthread_attr_t attributes;
    pthread_t thread;
    pthread_attr_init(&attributes);
    EXPECT(pthread_attr_setstacksize(&attributes, (size_t)sysconf(_SC_THREAD_STACK_MIN)) == 0);
    EXPECT(pthread_create(&thread, &attributes, fail_in_thread, NULL) == 0);
    EXPECT(pthread_join(thread, NULL) == 0);
    EXPECT(reports() == 1);
}

static void fail_in_handler(int number) {
    int error = errno;
    (void)number;
    fail_once();
    errno = error;
}

PROMISE(an_alternate_signal_stack) {
    size_t bytes = (size_t)sysconf(_SC_MINSIGSTKSZ) + 4096;
    bytes = (bytes + 4095) / 4096 * 4096;
    stack_t stack = {.ss_sp = small_stack(bytes), .ss_size = bytes};
    struct sigaction action = {.sa_handler = fail_in_handler, .sa_flags = SA_ONSTACK};
    EXPECT(sigaltstack(&stack, NULL) == 0 && sigaction(SIGUSR1, &action, NULL) == 0);
    raise(SIGUSR1);
    EXPECT(reports() == 1);
}

/* ---- storms ---- */

/* One signal. Each is sent by who has dealt with the last one: sent by the clock, they would leave
 * a slow machine no time for anything else. */
static void strike_in(long microseconds) {
    struct itimerval once = {{0, 0}, {0, microseconds}};
    EXPECT(setitimer(ITIMER_REAL, &once, NULL) == 0);
}

static void same_failure(void) {
    errno = 0;
    EXPECT(open("missing.png", O_RDONLY) == -1 && errno == ENOENT);
}

enum { STRIKES = 2000, STRIKE_US = 300, MOST_DEEP = 8 };
static atomic_uint strikes;
static volatile bool storm_over;

/* The next one strikes in this handler, wherever it is then, until there are eight of them. */
static void same_failure_in_handler(int number) {
    static _Thread_local unsigned deep;
    int error = errno;
    (void)number;
    bool last = ++strikes >= STRIKES, within = ++deep < MOST_DEEP;
    if (!last && within)
        strike_in(STRIKE_US);
    same_failure();
    deep--;
    if (!last && !within)
        strike_in(STRIKE_US);
    errno = error;
}

static void *fail_until_over(void *argument) {
    while (!storm_over)
        same_failure();
    return argument;
}

PROMISE(a_storm_of_signals) {
    struct sigaction action = {.sa_handler = same_failure_in_handler,
                               .sa_flags = SA_RESTART | SA_NODEFER};
    pthread_t threads[4];
    struct holdings before = holdings();
    EXPECT(sigaction(SIGALRM, &action, NULL) == 0);
    for (int i = 0; i < 4; i++)
        EXPECT(pthread_create(&threads[i], NULL, fail_until_over, NULL) == 0);
    strike_in(STRIKE_US);
    while (strikes < STRIKES)
        same_failure();
    storm_over = true;
    for (int i = 0; i < 4; i++)
        pthread_join(threads[i], NULL);
    EXPECT(holdings().descriptors == before.descriptors);
    EXPECT(reports() == 1); /* of one failure, however often */
}

static sigjmp_buf jump;

static void jump_away(int number) {
    (void)number;
    siglongjmp(jump, 1);
}

/* Were a report interrupted, its mapping, its descriptors and its mask would be lost. */
PROMISE(a_handler_that_jumps_out) {
    enum { JUMPS = 1000 };
    struct sigaction action = {.sa_handler = jump_away};
    volatile unsigned jumps = 0;
    fail_once();
    struct holdings before = holdings();
    EXPECT(sigaction(SIGALRM, &action, NULL) == 0);
    if (sigsetjmp(jump, 1))
        jumps++;
    if (jumps < JUMPS) {
        strike_in(1 + jumps % 400);
        for (;;)
            fail_once();
    }
    EXPECT(holdings().descriptors == before.descriptors);
    EXPECT(holdings().mappings == before.mappings);
    sigset_t mask;
    EXPECT(pthread_sigmask(SIG_SETMASK, NULL, &mask) == 0 && !sigismember(&mask, SIGUSR1));
}

/* ---- cancellation: open(2) is a cancellation point, our report is none ---- */

static volatile bool cleaned;

static void clean(void *argument) {
    (void)argument;
    cleaned = true;
}

static void *cancelled_at_open(void *argument) {
    pthread_cleanup_push(clean, NULL);
    pthread_cancel(pthread_self());
    open("missing.png", O_RDONLY);
    host_fail(__FILE__, __LINE__, "open acts on a cancellation");
    pthread_cleanup_pop(0);
    return argument;
}

PROMISE(cancelled_at_the_call) {
    pthread_t thread;
    void *result;
    EXPECT(pthread_create(&thread, NULL, cancelled_at_open, NULL) == 0);
    EXPECT(pthread_join(thread, &result) == 0 && result == PTHREAD_CANCELED && cleaned);
    fail_once();
    EXPECT(reports() == 1);
}

static void *fail_for_ever(void *argument) {
    if (argument)
        pthread_setcanceltype(PTHREAD_CANCEL_ASYNCHRONOUS, NULL);
    for (;;)
        fail_once();
    return NULL;
}

static void cancel_threads(void *asynchronous) {
    /* A thread's stack stays in libc's cache, and the count of failures for good: both come before
     * what is compared. */
    struct holdings before = {0};
    fail_once();
    for (int i = 0; i < 150; i++) {
        pthread_t thread;
        void *result;
        EXPECT(pthread_create(&thread, NULL, fail_for_ever, asynchronous) == 0);
        usleep((useconds_t)(i * 37 % 3000));
        EXPECT(pthread_cancel(thread) == 0);
        EXPECT(pthread_join(thread, &result) == 0 && result == PTHREAD_CANCELED);
        if (i == 4)
            before = holdings();
    }
    EXPECT(holdings().descriptors == before.descriptors);
    EXPECT(holdings().mappings == before.mappings);
}

PROMISE(cancelled_around_a_report) {
    cancel_threads(NULL);
}

PROMISE(cancelled_asynchronously) {
    cancel_threads((void *)1);
}

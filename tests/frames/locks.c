/* SPDX-License-Identifier: MIT */
/*
 * locks CASE DIRECTORY [PLUGIN]: opens files that are not in DIRECTORY at bad moments. Prints how
 * many opens failed. With a report that waits for a lock of its host each case would hang.
 *
 * Built as PLUGIN too, with -DPLUGIN: the object whose constructor dlopen runs, and what the Python
 * test calls by ctypes.
 */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <unistd.h>

#ifdef PLUGIN

/* ---- in the plugin ---- */

extern void in_constructor(void) __attribute__((weak));

__attribute__((constructor)) static void start(void) {
    if (in_constructor)
        in_constructor();
}

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static atomic_bool held, wanted;

/* For a thread without the GIL: fails to open while the thread that holds the GIL wants our mutex.
 */
int open_with_mutex(const char *path) {
    pthread_mutex_lock(&mutex);
    atomic_store(&held, true);
    while (!atomic_load(&wanted))
        usleep(100);
    usleep(50000); /* it is in pthread_mutex_lock by now */
    int result = open(path, O_RDONLY), error = result < 0 ? errno : 0;
    pthread_mutex_unlock(&mutex);
    return error;
}

/* For a thread with the GIL. */
void want_mutex(void) {
    while (!atomic_load(&held))
        usleep(100);
    atomic_store(&wanted, true);
    pthread_mutex_lock(&mutex);
    pthread_mutex_unlock(&mutex);
}

#else

/* ---- the program ---- */

#include <dlfcn.h>
#include <semaphore.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <time.h>
#include <ucontext.h>

static const char *directory;
static atomic_uint failures;

/* A new name each time: a failure that is only counted takes no stack. */
static void fail_to_open(void) {
    static atomic_uint number;
    char path[4096];
    snprintf(path, sizeof path, "%s/%d-%u.png", directory, (int)getpid(), ++number);
    if (open(path, O_RDONLY) != -1 || errno != ENOENT)
        abort();
    failures++;
}

/* ---- a constructor under the loader's lock waits for a thread that reports ---- */

enum { REPORTS = 20 };

static pthread_t reporter;

static void *report_some(void *argument) {
    for (int i = 0; i < REPORTS; i++)
        fail_to_open();
    return argument;
}

void in_constructor(void);
void in_constructor(void) {
    pthread_create(&reporter, NULL, report_some, NULL);
    pthread_join(reporter, NULL);
}

static void case_dlopen(const char *plugin) {
    if (!dlopen(plugin, RTLD_NOW)) {
        fprintf(stderr, "%s\n", dlerror());
        exit(1);
    }
}

/* ---- forks while other threads report ---- */

enum { WALKERS = 3, FORKS = 1000 };

static atomic_bool over;

static void *report_on(void *argument) {
    while (!atomic_load(&over))
        fail_to_open();
    return argument;
}

static void case_forks(void) {
    pthread_t walkers[WALKERS];
    for (int i = 0; i < WALKERS; i++)
        pthread_create(&walkers[i], NULL, report_on, NULL);
    for (int i = 0; i < FORKS; i++) {
        int status;
        pid_t child = fork();
        if (child == 0) {
            fail_to_open();
            _exit(0);
        }
        if (waitpid(child, &status, 0) != child || status != 0)
            abort();
        failures++; /* the child's */
    }
    atomic_store(&over, true);
    for (int i = 0; i < WALKERS; i++)
        pthread_join(walkers[i], NULL);
}

/* ---- a stack that the kernel and libc know nothing of ---- */

static ucontext_t outside, inside;

static void coroutine(void) {
    for (;;) {
        fail_to_open();
        swapcontext(&inside, &outside);
    }
}

static void case_coroutine(void) {
    enum { BYTES = 64 * 1024 };
    getcontext(&inside);
    inside.uc_stack.ss_sp = malloc(BYTES);
    inside.uc_stack.ss_size = BYTES;
    inside.uc_link = &outside;
    makecontext(&inside, coroutine, 0);
    for (int i = 0; i < 5; i++)
        swapcontext(&outside, &inside);
}

/* ---- a signal that strikes in the vDSO ---- */

enum { STRIKES = 200 };
static atomic_uint strikes;

static void struck(int number) {
    int error = errno;
    (void)number;
    if (strikes < STRIKES) { /* the timer may strike once more before it is stopped */
        fail_to_open();
        strikes++;
    }
    errno = error;
}

static long ask_the_time(void) {
    struct timespec now;
    long sum = 0;
    while (strikes < STRIKES) {
        clock_gettime(CLOCK_MONOTONIC, &now);
        sum += now.tv_nsec;
    }
    return sum;
}

static void case_vdso(void) {
    struct sigaction action = {.sa_handler = struck, .sa_flags = SA_RESTART};
    struct itimerval each_ms = {{0, 1000}, {0, 1000}};
    sigaction(SIGPROF, &action, NULL);
    setitimer(ITIMER_PROF, &each_ms, NULL);
    ask_the_time();
    setitimer(ITIMER_PROF, &(struct itimerval){0}, NULL);
}

int main(int count, char **arguments) {
    if (count < 3)
        return 2;
    const char *name = arguments[1];
    directory = arguments[2];
    if (strcmp(name, "dlopen") == 0 && count == 4)
        case_dlopen(arguments[3]);
    else if (strcmp(name, "forks") == 0)
        case_forks();
    else if (strcmp(name, "coroutine") == 0)
        case_coroutine();
    else if (strcmp(name, "vdso") == 0)
        case_vdso();
    else
        return 2;
    printf("%u\n", failures);
    return 0;
}

#endif

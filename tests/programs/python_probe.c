/* SPDX-License-Identifier: MIT */
/*
 * A preload that writes the frames of every failing open of a path with "probe-me" in it to the
 * file PROBE_LOG names: frames/python.c merged into the native frames of libgcc's unwinder. With
 * PROBE_STRESS=N every thread does the same work again and again, N microseconds after the last
 * time and wherever it is then, in a SIGPROF handler; how these walks ended is written when the
 * process exits. PROBE_STRESS_OPEN=1: the handler makes an open fail instead, for the library
 * behind which this one is loaded to report.
 */
#include "base/buffer.h"
#include "base/sys.h"
#include "frames/python.h"
#include "frames/python_lines.h"
#include <dlfcn.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>
#include <unwind.h>

enum { ARENA_BYTES = 1 << 20, NATIVE_MOST = 256, TEXT_MOST = 256 * 1024 };
#define EXPORT __attribute__((visibility("default")))

struct natives {
    struct frame *frames;
    size_t count;
    bool cut;
};

/* In the callback libgcc's CFA is still that of the frame before, so each step mends the last one.
 */
static _Unwind_Reason_Code add_native(struct _Unwind_Context *context, void *argument) {
    struct natives *natives = argument;
    if (natives->count > 0)
        natives->frames[natives->count - 1].cfa = _Unwind_GetCFA(context);
    if (natives->count == NATIVE_MOST) {
        natives->cut = true;
        return _URC_END_OF_STACK;
    }
    natives->frames[natives->count++] = (struct frame){.pc = _Unwind_GetIP(context)};
    return _URC_NO_REASON;
}

static void collect(struct arena *arena, struct python_stack *python, struct stack *stack) {
    static _Thread_local struct memory memory;
    memory = (struct memory){0};
    struct natives natives = {.frames = ARENA_ARRAY(arena, struct frame, NATIVE_MOST)};
    _Unwind_Backtrace(add_native, &natives);
    *stack = (struct stack){natives.frames, natives.count, natives.cut ? "cut" : NULL};
    python_collect(arena, &memory, python);
}

static long now_ns(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * 1000000000L + now.tv_nsec;
}

static void report(const char *function, const char *path) {
    const char *log = getenv("PROBE_LOG");
    if (!log || !path || !strstr(path, "probe-me"))
        return;
    char *bytes =
        mmap(NULL, ARENA_BYTES, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    struct arena arena = {bytes, bytes + ARENA_BYTES};
    struct python_stack python;
    struct stack stack;
    collect(&arena, &python, &stack);
    struct arena spare = {arena.end - ARENA_BYTES / 4, arena.end};
    arena.end = spare.next;
    struct memory memory = {0};
    struct python_stack again;
    long start = now_ns();
    python_collect(&spare, &memory, &again);
    long taken_ns = now_ns() - start;
    Dl_info info;
    for (size_t i = 0; i < stack.count; i++)
        if (dladdr((void *)stack.frames[i].pc, &info)) {
            struct frame *frame = (struct frame *)&stack.frames[i];
            frame->object = slice_of(info.dli_fname);
            frame->function = slice_of(info.dli_sname ? info.dli_sname : "");
        }
    python_merge(&arena, &python, &stack);
    struct buffer text = buffer_in(&arena, TEXT_MOST);
    buffer_format(&text, "call %s\ncost %ld\n", function, taken_ns);
    for (size_t i = 0; i < stack.count; i++) {
        const struct frame *f = &stack.frames[i];
        if (f->kind == FRAME_PYTHON)
            buffer_format(&text, "py\t%.*s\t%d\t%.*s\n", (int)f->file.length, f->file.data, f->line,
                          (int)f->function.length, f->function.data);
        else
            buffer_format(&text, "c\t%.*s\t%s\t%.*s\n", (int)f->object.length, f->object.data,
                          f->interpreter ? "interpreter" : "", (int)f->function.length,
                          f->function.data);
    }
    buffer_format(&text, "end\t%s\n", stack.ended ? stack.ended : "");
    int out = sys_openat(AT_FDCWD, log, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    sys_write(out, text.data, text.length);
    sys_close(out);
    munmap(bytes, ARENA_BYTES);
}

#define WRAP(name)                                                                                 \
    EXPORT int name(const char *path, int flags, ...) {                                            \
        va_list list;                                                                              \
        va_start(list, flags);                                                                     \
        mode_t mode = va_arg(list, mode_t);                                                        \
        va_end(list);                                                                              \
        int result = sys_openat(AT_FDCWD, path, flags, mode);                                      \
        if (result >= 0)                                                                           \
            return result;                                                                         \
        report(#name, path);                                                                       \
        errno = -result;                                                                           \
        return -1;                                                                                 \
    }
WRAP(open)
WRAP(open64)

/* OpenCV reads by stdio. */
#define WRAP_STDIO(name)                                                                           \
    EXPORT FILE *name(const char *path, const char *mode) {                                        \
        FILE *(*next)(const char *, const char *);                                                 \
        *(void **)&next = dlsym(RTLD_NEXT, #name);                                                 \
        FILE *file = next(path, mode);                                                             \
        int saved = errno;                                                                         \
        if (!file)                                                                                 \
            report(#name, path);                                                                   \
        errno = saved;                                                                             \
        return file;                                                                               \
    }
WRAP_STDIO(fopen)
WRAP_STDIO(fopen64)

/* For scenarios.py: an open in the middle of a call, when the caller's lock is long released. */
EXPORT atomic_int probe_waits;
EXPORT int probe_open_later(unsigned pause_us, const char *path) {
    probe_waits = 1;
    usleep(pause_us);
    return open(path, O_RDONLY);
}

/* Also for it: waits, without letting go of the GIL, until there is such a file; at most 30 s. */
EXPORT int probe_wait_for(const char *path) {
    for (int n = 0; n < 3000; n++) {
        if (access(path, F_OK) == 0)
            return 1;
        usleep(10000);
    }
    return 0;
}

/* For lines.py: the line of every instruction of a code object, in one call. */
EXPORT void probe_lines(int format, const uint8_t *table, size_t length, int first_line, int count,
                        int *lines) {
    for (int i = 0; i < count; i++)
        lines[i] = python_line((enum python_lines)format, table, length, first_line, 2L * i);
}

/* ---- stress ---- */

/* Shared with forked children, whose walks count too. */
struct tally {
    atomic_long opens, walks, frames, groups, lost, unreadable, limit, other, none;
};
static struct tally *tally;

static void count_walk(const struct python_stack *python, const struct stack *stack) {
    tally->walks++;
    tally->frames += (long)python->count;
    tally->groups += (long)python->group_count;
    if (python->ended && strstr(python->ended, "could not be read"))
        tally->unreadable++;
    else if (python->ended && strstr(python->ended, "more Python frames"))
        tally->limit++;
    else if (python->ended)
        tally->other++;
    if (python->count == 0)
        tally->none++;
    else if (!stack->ended && stack->frames[stack->count - 1].kind == FRAME_PYTHON)
        tally->lost++; /* the last group found no native frame */
}

/* By a name that is not wrapped above: it is the library's. */
static void open_in_vain(void) {
    char path[64];
    snprintf(path, sizeof path, "/nonexistent-%ld/a.png", (long)++tally->opens);
    openat(AT_FDCWD, path, O_RDONLY);
    tally->walks++;
}

static void walk(void) {
    char *bytes = (char *)sys_map(ARENA_BYTES, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS);
    if (bytes) {
        struct arena arena = {bytes, bytes + ARENA_BYTES};
        struct python_stack python;
        struct stack stack;
        collect(&arena, &python, &stack);
        python_merge(&arena, &python, &stack);
        count_walk(&python, &stack);
        sys_unmap(bytes, ARENA_BYTES);
    }
}

static bool opens;
static atomic_int at_work; /* threads whose handler has not returned */

static void on_profile(int signal) {
    (void)signal;
    int saved = errno;
    if (opens)
        open_in_vain();
    else
        walk();
    at_work--;
    errno = saved;
}

/* For stress.py: how much was done, by the children too. */
EXPORT long probe_walks(void) {
    return tally ? tally->walks : 0;
}

static void signal_threads(pid_t but) {
    char entries[4096];
    int tasks = sys_openat(AT_FDCWD, "/proc/self/task", O_RDONLY | O_DIRECTORY | O_CLOEXEC, 0);
    long got = tasks < 0 ? 0 : sys_getdents(tasks, entries, sizeof entries);
    for (long at = 0; at < got;) {
        unsigned short bytes;
        memcpy(&bytes, entries + at + 16, sizeof bytes); /* getdents(2): d_reclen, d_name at 19 */
        int thread = atoi(entries + at + 19);
        if (thread > 0 && thread != but) {
            at_work++;
            if (syscall(SYS_tgkill, sys_getpid(), thread, SIGPROF) != 0)
                at_work--;
        }
        at += bytes;
    }
    sys_close(tasks);
}

enum {
    WAIT_US = 50,
    LONGEST_WAITS = 2000, /* a thread that ended does not answer */
    LONG_PAUSE = 16,
    LONGEST_PAUSE = 256,
    LONGEST_PAUSE_US = 100000,
};

/* ITIMER_PROF comes at most once a tick; this, PROBE_STRESS microseconds after the last handler has
 * returned: a signal sent before would leave the threads no time of their own on a slow machine.
 * A pending signal starts a fork anew (copy_process), so each sixteenth pause is long, and now and
 * then one is longer than a fork takes anywhere. */
static useconds_t pause_after(unsigned round, useconds_t pause_us) {
    if (round % LONGEST_PAUSE == 0)
        return LONGEST_PAUSE_US;
    return round % LONG_PAUSE == 0 ? LONG_PAUSE * pause_us : pause_us;
}

static void *disturb(void *argument) {
    useconds_t pause_us = *(const useconds_t *)argument;
    pid_t self = sys_gettid();
    sigset_t all;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, NULL);
    for (unsigned round = 1;; round++) {
        at_work = 0;
        signal_threads(self);
        for (int waits = 0; at_work > 0 && waits < LONGEST_WAITS; waits++)
            usleep(WAIT_US);
        usleep(pause_after(round, pause_us));
    }
    return NULL;
}

static useconds_t pause_us;

static void start_disturbing(void) {
    pthread_t thread;
    pthread_create(&thread, NULL, disturb, &pause_us);
}

__attribute__((constructor)) static void begin(void) {
    const char *pause = getenv("PROBE_STRESS");
    if (!pause || !getenv("PROBE_LOG"))
        return;
    pause_us = (useconds_t)atoi(pause);
    opens = getenv("PROBE_STRESS_OPEN") != NULL;
    tally = mmap(NULL, sizeof *tally, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    struct sigaction action = {.sa_handler = on_profile, .sa_flags = SA_RESTART};
    sigaction(SIGPROF, &action, NULL);
    pthread_atfork(NULL, NULL, start_disturbing);
    start_disturbing();
}

__attribute__((destructor)) static void end(void) {
    if (!tally || tally->walks == 0)
        return;
    char line[512];
    int length = snprintf(line, sizeof line,
                          "walks=%ld frames=%ld groups=%ld without-host=%ld unreadable=%ld "
                          "too-many=%ld other=%ld no-python-frames=%ld\n",
                          tally->walks, tally->frames, tally->groups, tally->lost,
                          tally->unreadable, tally->limit, tally->other, tally->none);
    int out =
        sys_openat(AT_FDCWD, getenv("PROBE_LOG"), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    sys_write(out, line, (size_t)length);
    sys_close(out);
}

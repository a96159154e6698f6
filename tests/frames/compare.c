/* SPDX-License-Identifier: MIT */
/*
 * A preload for tests/frames/run: on each open that fails it takes the native stack twice, by the
 * library's unwinder and by libgcc's _Unwind_Backtrace (linked in statically), and appends a line
 * to the file COMPARE_LOG: the verdict, what was compared, and the program.
 */
#include "base/enter.h"
#include "base/memory.h"
#include "frames/object.h"
#include "frames/unwind.h"
#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>
#include <unwind.h>

#define WRAPPER __attribute__((visibility("default")))

extern const char __ehdr_start[] __attribute__((visibility("hidden")));
extern const char _end[] __attribute__((visibility("hidden")));

/* libgcc is given one more, so that a stack of exactly as many as ours is not taken for longer. */
enum { MOST = STACK_MOST_FRAMES + 16 };

/* Too large for the stack of a host's thread. */
struct pair {
    struct memory memory;
    struct frame ours[STACK_MOST_FRAMES];
    size_t our_count;
    const char *ended;
    struct {
        uintptr_t pc;
        bool exact; /* where a signal struck */
    } theirs[MOST];
    size_t their_count;
};

static _Thread_local bool busy;
static char log_path[4096], program[256];

static bool is_own(uintptr_t pc) {
    return pc > (uintptr_t)__ehdr_start && pc <= (uintptr_t)_end;
}

static _Unwind_Reason_Code keep(struct _Unwind_Context *context, void *argument) {
    struct pair *pair = argument;
    int exact = 0;
    uintptr_t pc = _Unwind_GetIPInfo(context, &exact);
    if (pair->their_count == 0 && is_own(pc))
        return _URC_NO_REASON;
    if (pc == 0 || pair->their_count == MOST) /* libgcc tells the end of the thread by a zero */
        return _URC_END_OF_STACK;
    pair->theirs[pair->their_count].exact = exact != 0;
    pair->theirs[pair->their_count++].pc = pc;
    return _URC_NO_REASON;
}

static void take_ours(struct pair *pair, const struct registers *registers) {
    size_t own = 0;
    pair->our_count =
        unwind_frames(&pair->memory, registers, pair->ours, STACK_MOST_FRAMES, &pair->ended);
    while (own < pair->our_count && is_own(pair->ours[own].pc))
        own++;
    pair->our_count -= own;
    memmove(pair->ours, pair->ours + own, pair->our_count * sizeof *pair->ours);
}

/* libgcc's own search, which unwind.h does not declare: unwind-dw2-fde.h. */
struct dwarf_eh_bases {
    void *text, *data, *function;
};
extern const void *_Unwind_Find_FDE(void *pc, struct dwarf_eh_bases *bases);

/* Does libgcc have to stop at this frame, having no unwind table entry for it? */
static bool ends_tables(struct pair *pair, size_t i) {
    struct dwarf_eh_bases bases;
    return !_Unwind_Find_FDE((void *)(pair->theirs[i].pc - !pair->theirs[i].exact), &bases);
}

static void compare(struct pair *pair, char *line, size_t capacity) {
    size_t ours = pair->our_count, theirs = pair->their_count, same = 0;
    while (same < ours && same < theirs && pair->ours[same].pc == pair->theirs[same].pc &&
           pair->ours[same].interrupted == pair->theirs[same].exact)
        same++;
    bool full = pair->ended && strstr(pair->ended, "more frames than") && same == ours;
    const char *verdict = full || (same == ours && same == theirs)                    ? "equal"
                          : same == theirs && same > 0 && ends_tables(pair, same - 1) ? "longer"
                                                                                      : "different";
    struct object object = {0};
    uintptr_t at = same < ours ? pair->ours[same].pc : 0,
              other = same < theirs ? pair->theirs[same].pc : 0;
    if (at)
        object_find(&pair->memory, at - 1, &object);
    snprintf(line, capacity, "%s %zu %zu %zu %#lx%s %#lx in %#lx+%#lx %s [%s]\n", verdict, ours,
             theirs, same, at, same < ours && pair->ours[same].interrupted ? "!" : "", other,
             object.start, at - object.start, program, pair->ended ? pair->ended : "");
}

static void take_both(const struct incident *incident, const struct registers *registers) {
    (void)incident;
    struct pair *pair =
        mmap(NULL, sizeof *pair, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (pair == MAP_FAILED)
        return;
    char line[512];
    take_ours(pair, registers);
    _Unwind_Backtrace(keep, pair);
    compare(pair, line, sizeof line);
    int log = (int)syscall(SYS_openat, AT_FDCWD, log_path, O_WRONLY | O_APPEND | O_CLOEXEC);
    if (log >= 0) {
        syscall(SYS_write, log, line, strlen(line));
        syscall(SYS_close, log);
    }
    munmap(pair, sizeof *pair);
}

/* Called by each wrapper when its call has failed. */
static void failed(void) {
    int error = errno;
    if (!busy && log_path[0]) {
        busy = true;
        enter_with_registers(NULL, take_both);
        busy = false;
    }
    errno = error;
}

/* ---- the wrappers ---- */

static FILE *(*next_fopen)(const char *, const char *),
    *(*next_fopen64)(const char *, const char *);
static DIR *(*next_opendir)(const char *);

__attribute__((constructor)) static void start(void) {
    const char *path = getenv("COMPARE_LOG");
    if (path)
        snprintf(log_path, sizeof log_path, "%s", path);
    snprintf(program, sizeof program, "%s", program_invocation_short_name);
    for (char *at = program; *at; at++)
        if (*at <= ' ')
            *at = '_';
    *(void **)&next_fopen = dlsym(RTLD_NEXT, "fopen");
    *(void **)&next_fopen64 = dlsym(RTLD_NEXT, "fopen64");
    *(void **)&next_opendir = dlsym(RTLD_NEXT, "opendir");
}

static int checked(long result) {
    if (result < 0)
        failed();
    return (int)result;
}

static int mode_of(int flags, va_list arguments) {
    return flags & (O_CREAT | __O_TMPFILE) ? va_arg(arguments, int) : 0;
}

#define OPEN(name)                                                                                 \
    WRAPPER int name(const char *path, int flags, ...) {                                           \
        va_list arguments;                                                                         \
        va_start(arguments, flags);                                                                \
        int mode = mode_of(flags, arguments);                                                      \
        va_end(arguments);                                                                         \
        return checked(syscall(SYS_openat, AT_FDCWD, path, flags, mode));                          \
    }
OPEN(open)
OPEN(open64)

#define OPENAT(name)                                                                               \
    WRAPPER int name(int directory, const char *path, int flags, ...) {                            \
        va_list arguments;                                                                         \
        va_start(arguments, flags);                                                                \
        int mode = mode_of(flags, arguments);                                                      \
        va_end(arguments);                                                                         \
        return checked(syscall(SYS_openat, directory, path, flags, mode));                         \
    }
OPENAT(openat)
OPENAT(openat64)

/* What _FORTIFY_SOURCE makes of open without a mode. */
#define OPEN_2(name)                                                                               \
    WRAPPER int name(const char *path, int flags);                                                 \
    int name(const char *path, int flags) {                                                        \
        return checked(syscall(SYS_openat, AT_FDCWD, path, flags));                                \
    }
OPEN_2(__open_2)
OPEN_2(__open64_2)

#define OPENAT_2(name)                                                                             \
    WRAPPER int name(int directory, const char *path, int flags);                                  \
    int name(int directory, const char *path, int flags) {                                         \
        return checked(syscall(SYS_openat, directory, path, flags));                               \
    }
OPENAT_2(__openat_2)
OPENAT_2(__openat64_2)

#define POINTER(type, name, parameters, ...)                                                       \
    WRAPPER type *name parameters {                                                                \
        type *result = next_##name ? next_##name(__VA_ARGS__) : NULL;                              \
        if (!result)                                                                               \
            failed();                                                                              \
        return result;                                                                             \
    }
POINTER(FILE, fopen, (const char *path, const char *mode), path, mode)
POINTER(FILE, fopen64, (const char *path, const char *mode), path, mode)
POINTER(DIR, opendir, (const char *path), path)

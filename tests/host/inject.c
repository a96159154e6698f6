/* SPDX-License-Identifier: MIT */
/*
 * inject DIRECTORY: makes reports in a build of the library where every system call comes here, and
 * lets each call of each report fail in turn with every plausible errno, or read and write less
 * than asked. The host's side of the call must stay as it is; the report may be shorter, absent or
 * unsure, but when the trouble was ours it may not prove anything else than before. The JSON
 * reports go to stdout, for jq; the figures to stderr.
 */
#include "base/sys.h"
#include "config.h"
#include "incident.h"
#include "report/report.h"
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

enum { OUTPUT_BYTES = 256 * 1024, SHORT = 100000, NOTHING, RESULTS = 26 };

/* What a call answers instead; SHORT does one byte of what it should, NOTHING none. */
static const int results[RESULTS] = {
    EPERM,  ENOENT,    ESRCH,   EINTR,  EIO,        EBADF,  EAGAIN, ENOMEM,  EACCES,
    EFAULT, EEXIST,    ENODEV,  EINVAL, ENFILE,     EMFILE, ENOSPC, EPIPE,   ERANGE,
    ELOOP,  EOVERFLOW, ENODATA, ENOSYS, EOPNOTSUPP, ESTALE, SHORT,  NOTHING,
};

/* Says that asking went wrong, and nothing about what was asked. */
static bool is_our_trouble(int result) {
    static const int troubles[] = {EINTR, EIO, ENOMEM, ENFILE, EMFILE, ENOSYS};
    for (size_t i = 0; i < sizeof troubles / sizeof *troubles; i++)
        if (troubles[i] == result)
            return true;
    return false;
}

static struct {
    unsigned calls;   /* made so far in this report */
    unsigned failing; /* the number of the one that fails; 0: none */
    int result;
    long failed; /* its system call */
    char output[OUTPUT_BYTES];
    size_t length;
} run;

static long really(long number, long a, long b, long c, long d, long e, long f) {
    long result = syscall(number, a, b, c, d, e, f);
    return result == -1 ? -errno : result;
}

long sys_enter(long number, long a, long b, long c, long d, long e, long f) {
    bool fails = ++run.calls == run.failing;
    if (number == SYS_rt_sigprocmask && a == SIG_SETMASK)
        fails = false; /* with a mask that the kernel gave it cannot fail */
    if (number == SYS_mmap && (d & MAP_FIXED))
        return -ENOMEM; /* without the tally, each failure is the first */
    if (fails)
        run.failed = number;
    bool transfers = number == SYS_read || number == SYS_pread64 || number == SYS_write;
    if (fails && run.result == NOTHING && transfers)
        return 0;
    if (fails && run.result == SHORT && transfers)
        c = c > 1;
    else if (fails && run.result >= SHORT)
        fails = false;
    /* These do their work even when they complain. */
    if (fails && run.result < SHORT && number != SYS_close && number != SYS_munmap)
        return -run.result;
    if (number == SYS_write) {
        size_t room = sizeof run.output - run.length, count = (size_t)c < room ? (size_t)c : room;
        memcpy(run.output + run.length, (const char *)b, count);
        run.length += count;
        return c;
    }
    long result = really(number, a, b, c, d, e, f);
    return fails && run.result < SHORT ? -run.result : result;
}

static _Noreturn void fail(const char *what, const char *path) {
    fprintf(stderr, "%s: %s, when call %u (system call %ld) answers %d\n%.*s\n", path, what,
            run.failing, run.failed, run.result, (int)run.length, run.output);
    exit(1);
}

struct scene {
    const char *path;
    int flags, error;
    char cause[64]; /* the JSON's "cause" and "certainty", when all goes well */
    unsigned calls;
};

static void report(const struct scene *scene, unsigned failing, int result) {
    struct failed_call call = {"open", GROUP_OPEN, HOW_FLAGS, false};
    sigset_t before = {0}, after = {0};
    int lowest = dup(0);
    close(lowest);
    sigprocmask(SIG_SETMASK, NULL, &before);
    run.calls = 0;
    run.failing = failing;
    run.result = result;
    run.length = 0;
    run.failed = -1;
    errno = scene->error;
    call_failed(&call, AT_FDCWD, scene->path, (uintptr_t)scene->flags);
    if (errno != scene->error)
        fail("errno changed", scene->path);
    sigprocmask(SIG_SETMASK, NULL, &after);
    if (memcmp(&before, &after, sizeof before) != 0)
        fail("the signal mask changed", scene->path);
    int now = dup(0);
    close(now);
    if (now != lowest)
        fail("a descriptor is left", scene->path);
}

/* Copies `"cause":"…","certainty":"…"` out of the report; empty when there is none. */
static void find_cause(char cause[64]) {
    run.output[run.length < sizeof run.output ? run.length : sizeof run.output - 1] = '\0';
    const char *start = strstr(run.output, "\"cause\":"),
               *end = start ? strstr(start, ",\"culprit\"") : NULL;
    snprintf(cause, 64, "%.*s", end ? (int)(end - start) : 0, end ? start : "");
}

/* Whether what one report proves is what the undisturbed one proves. */
static bool agrees(const struct scene *scene) {
    char cause[64];
    find_cause(cause);
    return !strstr(cause, "\"proven\"") || strcmp(cause, scene->cause) == 0;
}

static unsigned try_all(struct scene *scene) {
    unsigned tried = 0;
    report(scene, 0, 0);
    find_cause(scene->cause);
    scene->calls = run.calls;
    if (config.format == FORMAT_JSON && (run.length == 0 || !scene->cause[0]))
        fail("no report of an undisturbed call", scene->path);
    for (unsigned failing = 1; failing <= scene->calls; failing++)
        for (size_t i = 0; i < RESULTS; i++) {
            report(scene, failing, results[i]);
            tried++;
            if (run.length > 0 && run.output[run.length - 1] != '\n' && run.result < SHORT)
                fail("a torn report", scene->path);
            if (config.format != FORMAT_JSON)
                continue;
            if (is_our_trouble(results[i]) && !agrees(scene))
                fail("our own trouble proves another cause", scene->path);
            if (run.length > 0 && !(run.result >= SHORT && run.failed == SYS_write))
                fwrite(run.output, 1, run.length, stdout);
        }
    return tried;
}

static void complain(struct slice line) {
    fprintf(stderr, "%.*s", (int)line.length, line.data);
}

static unsigned try_scenes(const char *format) {
    char *environment[] = {(char *)(uintptr_t)format, NULL};
    struct scene scenes[] = {
        {.path = "missing.png", .flags = O_RDONLY, .error = ENOENT},
        {.path = "real/../link/missing/a.png", .flags = O_RDONLY | O_CLOEXEC, .error = ENOENT},
        {.path = "missing/new.png", .flags = O_WRONLY | O_CREAT, .error = ENOENT},
        {.path = "dangling.png", .flags = O_RDONLY, .error = ENOENT},
        {.path = "locked.png", .flags = O_RDWR, .error = EACCES},
        {.path = "link/locked.png", .flags = O_RDONLY, .error = EACCES},
        {.path = "closed/a.png", .flags = O_RDONLY, .error = EACCES},
        {.path = "sealed/new.png", .flags = O_WRONLY | O_CREAT, .error = EACCES},
        {.path = "masked.png", .flags = O_RDONLY, .error = EACCES},
        {.path = "good.png", .flags = O_RDONLY, .error = EACCES},
    };
    unsigned tried = 0;
    memset(&config, 0, sizeof config);
    config_read(environment, complain);
    for (size_t i = 0; i < sizeof scenes / sizeof *scenes; i++)
        tried += try_all(&scenes[i]);
    return tried;
}

int main(int count, char **arguments) {
    if (count != 2 || chdir(arguments[1]) != 0)
        return 2;
    sink_start();
    unsigned tried = try_scenes("PERMSHIM_FORMAT=json") + try_scenes("PERMSHIM_FORMAT=text");
    fprintf(stderr, "%u calls failed in turn\n", tried);
    return 0;
}

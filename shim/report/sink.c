/* SPDX-License-Identifier: MIT */
#include "base/ask.h"
#include "base/sys.h"
#include "config.h"
#include "report/report.h"
#include <asm/ioctls.h>
#include <asm/termbits.h>

enum { SIGNAL_PIPE = 13, SIGNAL_FILE_SIZE = 25 };

static struct {
    dev_t device;
    ino_t inode;
    mode_t type;
    bool known;
} start;

void sink_start(void) {
    struct stat status;
    if (sys_fstat(2, &status) != 0)
        return;
    start.device = status.st_dev;
    start.inode = status.st_ino;
    start.type = status.st_mode & S_IFMT;
    start.known = true;
}

/* A daemon may have closed descriptor 2 and got a socket or a data file in its place. */
static bool is_still_stderr(void) {
    struct stat status;
    return start.known && sys_fstat(2, &status) == 0 && status.st_dev == start.device &&
           status.st_ino == start.inode && (status.st_mode & S_IFMT) == start.type;
}

bool sink_is_terminal(void) {
    struct termios settings;
    return start.known && start.type == S_IFCHR && is_still_stderr() &&
           sys_call(SYS_ioctl, 2, TCGETS, (long)&settings, 0, 0, 0) == 0;
}

/* A write may raise SIGPIPE or SIGXFSZ for this thread. They are blocked, and taken back here when
 * they were not pending before. */
static uint64_t write_signals(void) {
    return (uint64_t)1 << (SIGNAL_PIPE - 1) | (uint64_t)1 << (SIGNAL_FILE_SIZE - 1);
}

static void write_quietly(int descriptor, struct slice text) {
    uint64_t pending = 0;
    sys_call(SYS_rt_sigpending, (long)&pending, sizeof pending, 0, 0, 0, 0);
    long written = sys_write(descriptor, text.data, text.length);
    uint64_t raised = write_signals() & ~pending;
    if ((written == -EPIPE || written == -EFBIG) && raised != 0) {
        struct timespec now = {0};
        sys_call(SYS_rt_sigtimedwait, (long)&raised, 0, (long)&now, sizeof raised, 0, 0);
    }
}

static bool takes_bytes_now(void) {
    struct pollfd polled = {.fd = 2, .events = POLLOUT};
    return sys_poll(&polled, 1, 0) == 1 && (polled.revents & POLLOUT) != 0 &&
           (polled.revents & (POLLERR | POLLHUP | POLLNVAL)) == 0;
}

/* Where poll(2) may not be called, nor a SIGPIPE taken back: a second opening of the same pipe or
 * terminal, which does not wait, and which reads too, so that a pipe has a reader, pipe(7). A
 * socket cannot be opened so. */
static void write_anew(struct slice text) {
    int flags = O_RDWR | O_NONBLOCK | O_NOCTTY | O_CLOEXEC;
    int descriptor = sys_openat(AT_FDCWD, "/proc/thread-self/fd/2", flags, 0);
    if (descriptor < 0)
        return;
    sys_write(descriptor, text.data, text.length);
    sys_close(descriptor);
}

void sink_stderr(struct slice text) {
    if (text.length == 0 || !is_still_stderr())
        return;
    /* A pipe or terminal that nobody reads must not stop the host. */
    if (start.type == S_IFREG)
        write_quietly(2, text);
    else if (sys_careful)
        write_anew(text);
    else if (takes_bytes_now())
        write_quietly(2, text);
}

/* %p is the process, %h the host. */
static const char *log_name(struct arena *arena, pid_t pid) {
    struct buffer path = buffer_in(arena, CONFIG_LOG_BYTES);
    struct slice rest = slice_of(config.log_path);
    while (rest.length > 0) {
        size_t at = slice_find(rest, '%');
        buffer_slice(&path, slice_first(rest, at));
        rest = slice_from(rest, at);
        if (slice_starts(rest, SLICE("%p"))) {
            buffer_format(&path, "%d", pid);
        } else if (slice_starts(rest, SLICE("%h"))) {
            buffer_slice(&path, ask_host(arena));
        } else {
            buffer_slice(&path, slice_first(rest, 1));
            rest = slice_from(rest, 1);
            continue;
        }
        rest = slice_from(rest, 2);
    }
    buffer_char(&path, '\0');
    return path.cut ? NULL : path.data;
}

void sink_log(struct arena *arena, struct slice line, pid_t pid) {
    const char *path = config.log_path[0] ? log_name(arena, pid) : NULL;
    if (!path)
        return;
    int flags = O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOCTTY | O_NONBLOCK;
    int descriptor = sys_openat(AT_FDCWD, path, flags, 0666);
    if (descriptor < 0)
        return;
    write_quietly(descriptor, line);
    sys_close(descriptor);
}

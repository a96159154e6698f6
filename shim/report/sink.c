/* SPDX-License-Identifier: MIT */
#include "base/ask.h"
#include "base/start.h"
#include "base/sys.h"
#include "config.h"
#include "report/report.h"
#include <asm/ioctls.h>
#include <asm/termbits.h>
#include <linux/limits.h>
#include <signal.h>
#include <stdatomic.h>
#include <sys/socket.h>
#include <sys/uio.h>

enum { PATIENCE_MS = 100 };

static START_DATA struct {
    dev_t device;
    ino_t inode;
    mode_t type;
    bool known;
} start;

START_CODE void sink_start(void) {
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
    return sys_signal(SIGPIPE) | sys_signal(SIGXFSZ);
}

static long write_bytes(int descriptor, struct slice text) {
    return sys_write(descriptor, text.data, text.length);
}

static long write_quietly(long (*write)(int, struct slice), int descriptor, struct slice text) {
    uint64_t pending = 0;
    sys_call(SYS_rt_sigpending, (long)&pending, sizeof pending, 0, 0, 0, 0);
    long written = write(descriptor, text);
    uint64_t raised = write_signals() & ~pending;
    if ((written == -EPIPE || written == -EFBIG) && raised != 0) {
        struct timespec now = {0};
        sys_call(SYS_rt_sigtimedwait, (long)&raised, 0, (long)&now, sizeof raised, 0, 0);
    }
    return written;
}

/* ---- a stderr that somebody has to read ---- */

/* A line that its reader did not take in time; the next one begins anew. */
static atomic_bool torn;

/* Whether there is room for PIPE_BUF bytes, within so many milliseconds. */
static bool takes_bytes(int timeout_ms) {
    struct pollfd polled = {.fd = 2, .events = POLLOUT};
    return sys_poll(&polled, 1, timeout_ms) == 1 && (polled.revents & POLLOUT) != 0 &&
           (polled.revents & (POLLERR | POLLHUP | POLLNVAL)) == 0;
}

/* Since Linux 6.5 a pipe itself tells what it takes. */
static long write_at_once(int descriptor, struct slice text) {
    struct iovec bytes = {(void *)text.data, text.length};
    return sys_call(SYS_pwritev2, descriptor, (long)&bytes, 1, -1, -1, RWF_NOWAIT);
}

/* An older kernel's answer, or that of a container's filter. */
static bool is_unknown(long written) {
    return written == -EOPNOTSUPP || written == -ENOSYS || written == -EPERM;
}

/* Up to PIPE_BUF bytes, for which there was room just now: another writer may have taken it, and
 * who waits then, waits for a reader. */
static long write_short(int descriptor, struct slice text) {
    long written = start.type == S_IFIFO ? write_at_once(descriptor, text) : -EOPNOTSUPP;
    return is_unknown(written) ? write_bytes(descriptor, text) : written;
}

/* At once and without waiting, so that no other process writes between: also an empty pipe takes it
 * whole. 0 where that cannot be had. */
static long write_without_waiting(int descriptor, struct slice text) {
    int waiting = 0;
    if (start.type == S_IFSOCK)
        return sys_call(SYS_sendto, descriptor, (long)text.data, (long)text.length, MSG_DONTWAIT, 0,
                        0);
    if (start.type != S_IFIFO)
        return 0;
    long written = write_at_once(descriptor, text);
    if (!is_unknown(written))
        return written;
    bool empty = sys_call(SYS_ioctl, descriptor, FIONREAD, (long)&waiting, 0, 0, 0) == 0 &&
                 waiting == 0 &&
                 (long)text.length <= sys_call(SYS_fcntl, descriptor, F_GETPIPE_SZ, 0, 0, 0, 0);
    return empty ? write_bytes(descriptor, text) : 0;
}

/* More than PIPE_BUF bytes: that there is room for some does not say that there is for all, and a
 * reader that has stopped would stop the host. */
static void write_long(struct slice text) {
    long written = write_quietly(write_without_waiting, 2, text);
    if (written < 0)
        return;
    size_t done = (size_t)written;
    while (done < text.length && takes_bytes(done > 0 ? PATIENCE_MS : 0)) {
        struct slice piece = slice_first(slice_from(text, done), PIPE_BUF);
        written = write_quietly(write_short, 2, piece);
        if (written <= 0)
            break;
        done += (size_t)written;
    }
    if (done > 0 && done < text.length)
        atomic_store(&torn, true);
}

static void write_to_reader(struct slice text) {
    if (!takes_bytes(0))
        return;
    if (atomic_exchange(&torn, false))
        write_quietly(write_short, 2, SLICE("\n"));
    if (text.length <= PIPE_BUF)
        write_quietly(write_short, 2, text);
    else
        write_long(text);
}

/* Where poll(2) may not be called, nor a SIGPIPE taken back: a second opening of the same pipe or
 * terminal, which does not wait, and which reads too, so that a pipe has a reader, pipe(7). A
 * socket cannot be opened so. */
static void write_anew(struct slice text) {
    int flags = O_RDWR | O_NONBLOCK | O_NOCTTY | O_CLOEXEC;
    int descriptor = sys_openat(AT_FDCWD, "/proc/thread-self/fd/2", flags, 0);
    if (descriptor < 0)
        return;
    if (atomic_exchange(&torn, false))
        sys_write(descriptor, "\n", 1);
    long written = sys_write(descriptor, text.data, text.length);
    if (written > 0 && (size_t)written < text.length)
        atomic_store(&torn, true);
    sys_close(descriptor);
}

void sink_stderr(struct slice text) {
    if (text.length == 0 || !is_still_stderr())
        return;
    /* A pipe or terminal that nobody reads must not stop the host. */
    if (start.type == S_IFREG)
        write_quietly(write_bytes, 2, text);
    else if (sys_careful)
        write_anew(text);
    else
        write_to_reader(text);
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
    write_quietly(write_bytes, descriptor, line);
    sys_close(descriptor);
}

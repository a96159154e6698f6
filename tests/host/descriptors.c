/* SPDX-License-Identifier: MIT */
/* Section 7.2 and 7.4: no descriptor kept or touched, and nothing on stdout; stderr only while it
 * is what it was. */
#include "host.h"
#include <signal.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/user.h>
#include <sys/wait.h>

PROMISE(descriptors_given_back) {
    struct holdings before = holdings();
    EXPECT(mkdir("real", 0700) == 0 && symlink("real", "link") == 0);
    for (int i = 0; i < 20; i++)
        fail_once();
    EXPECT(open("link/../link/./missing.png", O_RDONLY) == -1);
    EXPECT(open("/proc/self/cwd/link/other.png", O_RDONLY) == -1);
    EXPECT(holdings().descriptors == before.descriptors);
    EXPECT(reports() == 22);
}

/* A library that kept a descriptor would now find the host's socket under its number. */
PROMISE(descriptors_reused_between_reports) {
    int pair[2];
    char bytes[64];
    fail_once();
    EXPECT(reports() == 1);
    closefrom(3);
    EXPECT(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, pair) == 0);
    EXPECT(pair[0] == 3 && pair[1] == 4);
    EXPECT(write(3, "HELLO", 5) == 5 && write(4, "WORLD", 5) == 5);
    struct holdings before = holdings();
    for (int i = 0; i < 10; i++)
        fail_once();
    EXPECT(holdings().descriptors == before.descriptors);
    EXPECT(read(4, bytes, sizeof bytes) == 5 && memcmp(bytes, "HELLO", 5) == 0);
    EXPECT(read(3, bytes, sizeof bytes) == 5 && memcmp(bytes, "WORLD", 5) == 0);
    EXPECT(read(3, bytes, sizeof bytes) == -1 && errno == EAGAIN);
    EXPECT(read(4, bytes, sizeof bytes) == -1 && errno == EAGAIN);
    EXPECT(reports() == 11);
}

PROMISE(nothing_on_stdout) {
    struct stat before, after;
    EXPECT(fstat(1, &before) == 0 && S_ISREG(before.st_mode));
    fail_once();
    EXPECT(fstat(1, &after) == 0 && after.st_size == before.st_size);
    EXPECT(reports() == 1);
}

PROMISE(stderr_gets_the_report) {
    struct stat before, after;
    EXPECT(fstat(2, &before) == 0 && S_ISREG(before.st_mode));
    fail_once();
    EXPECT(fstat(2, &after) == 0 && after.st_size > before.st_size);
}

PROMISE(stderr_closed) {
    close(2);
    fail_once();
    EXPECT(fcntl(2, F_GETFD) == -1);
    EXPECT(reports() == 1);
}

PROMISE(stderr_reused_by_a_data_file) {
    struct stat status;
    close(2);
    EXPECT(open("data", O_RDWR | O_CREAT, 0600) == 2);
    fail_once();
    EXPECT(fstat(2, &status) == 0 && status.st_size == 0);
    EXPECT(reports() == 1);
}

PROMISE(stderr_reused_by_a_socket) {
    int pair[2];
    char byte;
    close(2);
    EXPECT(socketpair(AF_UNIX, SOCK_STREAM, 0, pair) == 0 && pair[0] == 2);
    fail_once();
    EXPECT(recv(pair[1], &byte, 1, MSG_DONTWAIT) == -1 && errno == EAGAIN);
    EXPECT(reports() == 1);
}

/* Nobody reads it, and a byte more would wait for ever. */
PROMISE(stderr_a_full_pipe) {
    int ends[2];
    if (host_again()) {
        alarm(60);
        fail_once();
        return;
    }
    EXPECT(pipe(ends) == 0);
    EXPECT(fcntl(ends[1], F_SETFL, O_NONBLOCK) == 0);
    static char filling[4096];
    while (write(ends[1], filling, sizeof filling) > 0)
        ;
    EXPECT(fcntl(ends[1], F_SETFL, 0) == 0);
    EXPECT(run_again_with_stderr(ends[1]) == 0);
    EXPECT(reports() == 1);
}

/* A line of JSON is longer than what room in a pipe is promised for. Here nobody reads until the
 * host has ended: what it got rid of are whole lines but for the last. */
PROMISE(stderr_a_pipe_that_fills) {
    int ends[2];
    if (host_again()) {
        char path[4000] = "";
        alarm(60);
        for (unsigned i = 0; i < 60; i++) {
            size_t length = 2500 + 20 * i;
            memset(path, '/', length);
            path[0] = '.';
            snprintf(path + length, sizeof path - length, "missing%u.png", i);
            EXPECT(open(path, O_RDONLY) == -1 && errno == ENOENT);
        }
        return;
    }
    EXPECT(setenv("PERMSHIM_FORMAT", "json", 1) == 0);
    EXPECT(pipe(ends) == 0);
    EXPECT(run_again_with_stderr(ends[1]) == 0);
    EXPECT(reports() == 60);
    close(ends[1]);
    FILE *lines = fdopen(ends[0], "r");
    char *line = NULL;
    size_t room = 0, whole = 0, torn = 0;
    while (lines && getline(&line, &room, lines) > 0)
        if (strncmp(line, "{\"v\":", 5) == 0 && strcmp(line + strlen(line) - 2, "}\n") == 0)
            whole++;
        else
            torn++;
    EXPECT(whole > 5 && torn <= 1);
    free(line);
    fclose(lines);
}

static void fill(int descriptor) {
    static char filling[4096];
    int nonblocking = O_WRONLY | O_NONBLOCK; /* an open file of its own: the flag is for it alone */
    char path[64];
    snprintf(path, sizeof path, "/proc/self/fd/%d", descriptor);
    int again = open(path, nonblocking);
    EXPECT(again >= 0);
    while (write(again, filling, sizeof filling) > 0)
        ;
    close(again);
}

/* Runs until the end, and fills the pipe that is stderr when the program has been told by poll(2)
 * that there is room: what another writer may do just then. */
static void fill_behind_poll(pid_t program) {
    struct user_regs_struct registers;
    bool inside = false;
    int status, filled = 0;
    EXPECT(waitpid(program, &status, 0) == program && WIFSTOPPED(status));
    EXPECT(ptrace(PTRACE_SETOPTIONS, program, 0, PTRACE_O_TRACESYSGOOD | PTRACE_O_EXITKILL) == 0);
    while (ptrace(PTRACE_SYSCALL, program, 0, 0) == 0 && waitpid(program, &status, 0) == program) {
        if (!WIFSTOPPED(status))
            break;
        if (WSTOPSIG(status) != (SIGTRAP | 0x80))
            continue;
        inside = !inside;
        EXPECT(ptrace(PTRACE_GETREGS, program, 0, &registers) == 0);
        if (!inside && registers.orig_rax == SYS_poll && registers.rax == 1 && filled++ == 0)
            fill(STDERR_FILENO);
    }
    EXPECT(filled == 1 && WIFEXITED(status) && WEXITSTATUS(status) == 0);
}

PROMISE(stderr_a_pipe_that_another_fills) {
    int ends[2];
    if (host_again()) {
        pid_t child = fork();
        if (child == 0) {
            EXPECT(ptrace(PTRACE_TRACEME, 0, 0, 0) == 0 && raise(SIGSTOP) == 0);
            fail_once();
            _exit(0);
        }
        alarm(60); /* the child, which blocks all signals, dies with this */
        fill_behind_poll(child);
        return;
    }
    char byte;
    struct iovec bytes = {&byte, 1};
    EXPECT(pipe(ends) == 0);
    if (pwritev2(ends[1], &bytes, 1, -1, RWF_NOWAIT) != 1)
        host_skip("before Linux 6.5 no pipe tells what it takes\n");
    EXPECT(run_again_with_stderr(ends[1]) == 0);
    EXPECT(reports() == 1);
}

static volatile sig_atomic_t pipe_signals;

static void count_pipe_signal(int number) {
    (void)number;
    pipe_signals++;
}

PROMISE(stderr_a_pipe_without_reader) {
    int ends[2];
    if (host_again()) {
        fail_once(); /* SIGPIPE would kill this */
        signal(SIGPIPE, count_pipe_signal);
        fail_once();
        EXPECT(pipe_signals == 0);
        sigset_t pending;
        EXPECT(sigpending(&pending) == 0 && !sigismember(&pending, SIGPIPE));
        return;
    }
    EXPECT(pipe(ends) == 0);
    close(ends[0]);
    EXPECT(run_again_with_stderr(ends[1]) == 0);
    EXPECT(reports() == 2);
}

/* The log may be such a pipe as well, or meet the limit of file sizes. */
PROMISE(log_over_the_file_size) {
    struct rlimit limit = {1, RLIM_INFINITY};
    fail_once();
    EXPECT(setrlimit(RLIMIT_FSIZE, &limit) == 0);
    fail_once(); /* SIGXFSZ would kill this */
    EXPECT(reports() == 1);
}

/* Nothing on disk changes: who owns a directory may list it without leaving a time. */
PROMISE(listing_leaves_no_time) {
    const struct timespec old[2] = {{.tv_sec = 1000}, {.tv_sec = 2000}};
    struct stat status;
    EXPECT(mkdir("pets", 0755) == 0 && close(creat("pets/dog-0001.png", 0644)) == 0);
    EXPECT(utimensat(AT_FDCWD, "pets", old, 0) == 0);
    EXPECT(open("pets/dgo-0001.png", O_RDONLY) == -1 && errno == ENOENT);
    EXPECT(reports_with("\"cause\":\"typo\"") == 1); /* so it was listed */
    EXPECT(stat("pets", &status) == 0 && status.st_atim.tv_sec == 1000);
}

/* What a bad value gets at start is a write like any other. */
PROMISE(complaint_over_the_file_size) {
    struct rlimit limit = {0, RLIM_INFINITY};
    if (host_again())
        return;
    int file = open("errors", O_WRONLY | O_CREAT, 0600);
    EXPECT(file >= 0 && setenv("PERMSHIM_LIMIT", "many", 1) == 0);
    EXPECT(setrlimit(RLIMIT_FSIZE, &limit) == 0);
    EXPECT(run_again_with_stderr(file) == 0);
}

PROMISE(descriptors_exhausted) {
    struct rlimit limit = {64, 64};
    EXPECT(setrlimit(RLIMIT_NOFILE, &limit) == 0);
    while (dup(0) >= 0)
        ;
    errno = 0;
    EXPECT(open("missing.png", O_RDONLY) == -1 && errno == EMFILE);
    errno = 0;
    EXPECT(fopen("missing.png", "r") == NULL && errno == EMFILE);
    close(63); /* one is left: enough for the call, not for the walk */
    fail_once();
    EXPECT(dup(0) == 63);
}

/* SPDX-License-Identifier: MIT */
/*
 * meddler allow|remove FILE COMMAND…: runs the command, and in the moment between the kernel's
 * EACCES to its open(2) and the program's next step allows FILE to everybody, or removes it. Once.
 */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <unistd.h>
/* Behind <sys/ptrace.h>, whose names it shares. */
#include <linux/ptrace.h>

static void fail(const char *what) {
    perror(what);
    exit(2);
}

/* Is this stop the end of an open that was refused? The start of the same call came before it. */
static int was_refused(pid_t program) {
    static int opening;
    struct ptrace_syscall_info info;
    if (ptrace(PTRACE_GET_SYSCALL_INFO, program, sizeof info, &info) <= 0)
        fail("PTRACE_GET_SYSCALL_INFO");
    if (info.op == PTRACE_SYSCALL_INFO_ENTRY)
        opening = info.entry.nr == SYS_open || info.entry.nr == SYS_openat;
    return info.op == PTRACE_SYSCALL_INFO_EXIT && opening && info.exit.rval == -EACCES;
}

static void meddle(const char *how, const char *file) {
    if ((strcmp(how, "allow") == 0 ? chmod(file, 0666) : unlink(file)) != 0)
        fail(file);
}

int main(int count, char **arguments) {
    int status, done = 0;
    if (count < 4) {
        fprintf(stderr, "usage: meddler allow|remove FILE COMMAND...\n");
        return 2;
    }
    pid_t program = fork();
    if (program == 0) {
        ptrace(PTRACE_TRACEME, 0, 0, 0);
        raise(SIGSTOP);
        execvp(arguments[3], arguments + 3);
        fail(arguments[3]);
    }
    waitpid(program, &status, 0);
    ptrace(PTRACE_SETOPTIONS, program, 0, PTRACE_O_TRACESYSGOOD | PTRACE_O_EXITKILL);
    for (int signal = 0; ptrace(PTRACE_SYSCALL, program, 0, signal) == 0;) {
        if (waitpid(program, &status, 0) != program || !WIFSTOPPED(status))
            break;
        signal = WSTOPSIG(status);
        if (signal == (SIGTRAP | 0x80) && !done && was_refused(program)) {
            meddle(arguments[1], arguments[2]);
            done = 1;
        }
        if ((signal & ~0x80) == SIGTRAP) /* of ours, or of an exec */
            signal = 0;
    }
    return WIFEXITED(status) ? WEXITSTATUS(status) : 2;
}

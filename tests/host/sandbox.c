/* SPDX-License-Identifier: MIT */
/*
 * Section 7.3: under a seccomp filter that allows what a program that opens images needs, and kills
 * for anything else. The filter is this process's second, so that it is told from the one that a
 * container has. And section 7.1: a filter that counts how often a call is made.
 */
#include "host.h"
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <pthread.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <ucontext.h>

#define ALLOW_CALL(number)                                                                         \
    BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (number), 0, 1),                                           \
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW)

static void add_filter(struct sock_filter *code, size_t length) {
    struct sock_fprog program = {(unsigned short)length, code};
    EXPECT(prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) == 0);
}

static void kill_for_more_than_opening(void) {
    struct sock_filter everything[] = {BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW)};
    struct sock_filter opening[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
        ALLOW_CALL(SYS_openat),
        ALLOW_CALL(SYS_open),
        ALLOW_CALL(SYS_read),
        ALLOW_CALL(SYS_pread64),
        ALLOW_CALL(SYS_close),
        ALLOW_CALL(SYS_fstat),
        ALLOW_CALL(SYS_newfstatat),
        ALLOW_CALL(SYS_mmap),
        ALLOW_CALL(SYS_munmap),
        ALLOW_CALL(SYS_write),
        ALLOW_CALL(SYS_lseek),
        ALLOW_CALL(SYS_rt_sigprocmask),
        ALLOW_CALL(SYS_futex),
        ALLOW_CALL(SYS_exit),
        ALLOW_CALL(SYS_exit_group),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS),
    };
    EXPECT(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0);
    add_filter(everything, sizeof everything / sizeof *everything);
    add_filter(opening, sizeof opening / sizeof *opening);
}

/* Fails in every way, in a child; returns its wait status. */
static int fail_in_the_sandbox(void (*failing)(void)) {
    int status;
    pid_t child = fork();
    if (child == 0) {
        kill_for_more_than_opening();
        failing();
        _exit(0);
    }
    EXPECT(waitpid(child, &status, 0) == child);
    return status;
}

static void fail_in_many_ways(void) {
    fail_once();
    EXPECT(open("dir/missing.png", O_RDONLY) == -1 && errno == ENOENT);
    EXPECT(open("link/missing.png", O_RDONLY) == -1 && errno == ENOENT);
    EXPECT(open("/nowhere/missing.png", O_WRONLY | O_CREAT, 0600) == -1 && errno == ENOENT);
    for (int i = 0; i < 10; i++)
        EXPECT(open("missing.png", O_RDONLY) == -1 && errno == ENOENT);
}

static void make_places(void) {
    EXPECT(mkdir("dir", 0755) == 0 && symlink("dir", "link") == 0);
}

PROMISE(a_filter_that_kills) {
    make_places();
    EXPECT(fail_in_the_sandbox(fail_in_many_ways) == 0);
    EXPECT(reports() >= 4);
    EXPECT(reports_with("\"seccomp\":2") >= 4);
    EXPECT(reports_with("\"cause\":\"missing-file\"") >= 2);
    EXPECT(reports_with("\"time\":\"1970") == 0 && reports_with("\"pid\":0") == 0);
    EXPECT(reports_with("\"host\":\"\"") == 0);
    EXPECT(reports_with("\"count\":10") == 1);
    EXPECT(reports_with("\"fstype\":null") < reports());
}

static void fail_above(void) {
    EXPECT(open("../missing-above.png", O_RDONLY) == -1 && errno == ENOENT);
    EXPECT(open("dir/../missing-here.png", O_RDONLY) == -1 && errno == ENOENT);
}

/* The working directory has no name then, and so neither has the one above. */
PROMISE(a_filter_that_kills_and_the_directory_above) {
    make_places();
    EXPECT(fail_in_the_sandbox(fail_above) == 0);
    EXPECT(reports_with("\"culprit\":\"./../missing-above.png\"") == 1);
    EXPECT(reports_with("\"culprit\":\"./dir/../missing-here.png\"") == 1);
}

static void go_out_by_exit(void) {
    EXPECT(open("missing.png", O_RDONLY) == -1);
    EXPECT(open("missing.png", O_RDONLY) == -1);
    exit(0); /* the summary is said under the filter too */
}

PROMISE(a_filter_that_kills_at_exit) {
    EXPECT(fail_in_the_sandbox(go_out_by_exit) == 0);
    EXPECT(reports_with("\"event\":\"summary\"") == 1);
}

static void fail_refused(void) {
    EXPECT(open("closed/missing.png", O_RDONLY) == -1 && errno == EACCES);
    EXPECT(open("locked.png", O_RDONLY) == -1 && errno == EACCES);
}

static void become_nobody(void) {
    kill_for_more_than_opening();
    fail_refused();
    _exit(0);
}

PROMISE(a_filter_that_kills_and_a_refusal) {
    int status;
    if (geteuid() != 0)
        host_skip("only root can be another user\n");
    int made = open("locked.png", O_WRONLY | O_CREAT, 0600);
    EXPECT(made >= 0 && close(made) == 0);
    EXPECT(mkdir("closed", 0700) == 0 && chmod(".", 0755) == 0);
    pid_t child = fork();
    if (child == 0) {
        EXPECT(syscall(SYS_setresuid, 54321, 54321, 54321) == 0);
        become_nobody();
    }
    EXPECT(waitpid(child, &status, 0) == child && status == 0);
    EXPECT(reports() == 2);
    EXPECT(reports_with("\"cause\":\"dir-search\"") == 1 &&
           reports_with("\"cause\":\"file-read\"") == 1);
    EXPECT(reports_with("\"euid\":54321") == 2);
}

/* stderr is a pipe: full, without a reader, and read. */
PROMISE(a_filter_that_kills_and_a_pipe) {
    int ends[2];
    char bytes[8192];
    if (host_again()) {
        EXPECT(fail_in_the_sandbox(fail_once) == 0);
        return;
    }
    EXPECT(pipe(ends) == 0);
    EXPECT(run_again_with_stderr(ends[1]) == 0);
    long got = read(ends[0], bytes, sizeof bytes - 1);
    EXPECT(got > 0);
    bytes[got] = '\0';
    EXPECT(strstr(bytes, "permshim: ") != NULL);
    close(ends[0]);
    EXPECT(run_again_with_stderr(ends[1]) == 0);
    EXPECT(reports() == 2);
}

static void exhaust_descriptors(void) {
    fail_once();
    while (open("/dev/null", O_RDONLY) >= 0)
        ;
    EXPECT(errno == EMFILE);
    EXPECT(open("missing.png", O_RDONLY) == -1 && errno == EMFILE);
}

/* Then nothing tells whether there is a filter, but what was seen before. */
PROMISE(a_filter_that_kills_and_no_descriptor) {
    struct rlimit limit = {64, 64};
    if (host_again()) {
        EXPECT(setrlimit(RLIMIT_NOFILE, &limit) == 0);
        EXPECT(fail_in_the_sandbox(exhaust_descriptors) == 0);
        return;
    }
    EXPECT(setenv("PERMSHIM_ERRNO", "all", 1) == 0);
    EXPECT(run_again_with_stderr(2) == 0);
    EXPECT(reports() == 1);
}

static void kill_for_getcwd(void) {
    struct sock_filter code[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_getcwd, 1, 0),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS),
    };
    EXPECT(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0);
    add_filter(code, sizeof code / sizeof *code);
}

/* A service manager's filter is there before the library; a relative log needs the directory. */
PROMISE(a_filter_that_kills_before_the_start) {
    char directory[4096];
    if (host_again()) {
        EXPECT(chdir("/") == 0);
        fail_once();
        return;
    }
    int log = open("here.log", O_WRONLY | O_CREAT, 0600);
    EXPECT(log >= 0 && getcwd(directory, sizeof directory));
    EXPECT(setenv("PWD", directory, 1) == 0 && setenv("PERMSHIM_LOG", "here.log", 1) == 0);
    kill_for_getcwd();
    EXPECT(run_again_with_stderr(2) == 0);
    EXPECT(reports() == 1);
}

/* Only a call that cannot be helped may be made before the filter is known. */
PROMISE(a_filter_of_one_thread) {
    /* The others are as free as before, and say all they know. */
    fail_once();
    EXPECT(fail_in_the_sandbox(fail_once) == 0);
    fail_once();
    EXPECT(reports() == 3 && reports_with("\"seccomp\":2") == 1);
    EXPECT(reports_with("\"exe\":\"/") == 2); /* by readlink(2): not in the sandbox */
}

/* ---- a filter that counts ---- */

enum { COUNTED_FLAGS = O_RDWR | O_SYNC | O_NOFOLLOW }; /* nobody but the host opens so */

static volatile sig_atomic_t counted;

static void count_and_refuse(int number, siginfo_t *info, void *context) {
    (void)number, (void)info;
    counted++;
    ((ucontext_t *)context)->uc_mcontext.gregs[REG_RAX] = -ENOENT;
}

static void count_opens(void) {
    struct sock_filter code[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_openat, 0, 3),
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, args[2])),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, COUNTED_FLAGS, 0, 1),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_TRAP),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
    };
    struct sigaction action = {.sa_sigaction = count_and_refuse, .sa_flags = SA_SIGINFO};
    EXPECT(sigaction(SIGSYS, &action, NULL) == 0);
    EXPECT(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0);
    add_filter(code, sizeof code / sizeof *code);
}

PROMISE(the_call_is_made_once) {
    count_opens();
    EXPECT(open("missing.png", COUNTED_FLAGS) == -1 && errno == ENOENT);
    EXPECT(counted == 1);
    EXPECT(reports() == 1);
}

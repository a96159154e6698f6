/* SPDX-License-Identifier: MIT */
/* Section 7.3: between fork and exec, in a vfork child, in threads that are somebody else. */
#include "host.h"
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <spawn.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>

extern char **environ;

enum { THREADS = 16, FORKS = 20 };

static void *fork_and_exec(void *argument) {
    unsigned first = (unsigned)(size_t)argument * FORKS;
    for (int i = 0; i < FORKS; i++) {
        int status;
        pid_t child = fork();
        if (child == 0) {
            prctl(PR_SET_PDEATHSIG, SIGKILL); /* a report blocks SIGALRM */
            fail_at(first + (unsigned)i);
            execl("/bin/true", "true", (char *)NULL);
            _exit(1);
        }
        EXPECT(child > 0 && waitpid(child, &status, 0) == child && status == 0);
    }
    return argument;
}

static volatile bool over;

static void *fail_meanwhile(void *argument) {
    while (!over)
        fail_at(1000000 + (unsigned)(size_t)argument);
    return argument;
}

/* What the failing threads hold while the others fork, the children find taken for ever. */
PROMISE(between_fork_and_exec) {
    pthread_t threads[THREADS], failing[THREADS];
    for (int i = 0; i < THREADS; i++)
        EXPECT(pthread_create(&failing[i], NULL, fail_meanwhile, (void *)(size_t)i) == 0);
    for (int i = 0; i < THREADS; i++)
        EXPECT(pthread_create(&threads[i], NULL, fork_and_exec, (void *)(size_t)i) == 0);
    for (int i = 0; i < THREADS; i++)
        pthread_join(threads[i], NULL);
    over = true;
    for (int i = 0; i < THREADS; i++)
        pthread_join(failing[i], NULL);
    EXPECT(reports() == THREADS * FORKS + THREADS);
}

/* The child has the parent's memory: what it writes there, the parent finds. */
PROMISE(a_vfork_child) {
    int status;
    fail_once();
    struct holdings before = holdings();
    volatile int kept = 1;
    pid_t child = vfork();
    if (child == 0) {
        fail_once();
        _exit(7);
    }
    EXPECT(waitpid(child, &status, 0) == child && WEXITSTATUS(status) == 7);
    EXPECT(kept == 1 && errno != EFAULT);
    EXPECT(holdings().descriptors == before.descriptors);
    EXPECT(holdings().mappings == before.mappings);
    EXPECT(reports() == 2);
    EXPECT(reports_with("\"frames\":[]") == 1); /* the child's has none */
    fail_once();
    EXPECT(reports() == 3 && reports_with("\"frames\":[]") == 1);
}

/* What posix_spawn(3) gave it: stderr closed, descriptor 9, one blocked signal, nothing else. */
static void look_at_what_was_given(void) {
    sigset_t mask;
    errno = 0;
    EXPECT(fcntl(2, F_GETFD) == -1 && errno == EBADF);
    EXPECT(fcntl(9, F_GETFD) == 0);
    for (int i = 3; i < 256; i++)
        EXPECT(i == 9 || fcntl(i, F_GETFD) == -1);
    EXPECT(sigprocmask(SIG_BLOCK, NULL, &mask) == 0);
    for (int i = 1; i < 32; i++)
        EXPECT(sigismember(&mask, i) == (i == SIGUSR1));
    fail_once();
    EXPECT(fcntl(2, F_GETFD) == -1);
}

PROMISE(a_spawned_child) {
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attributes;
    char *const arguments[] = {"promises", "a_spawned_child", NULL};
    sigset_t mask;
    pid_t child;
    int status;
    if (host_again()) {
        look_at_what_was_given();
        return;
    }
    EXPECT(setenv("HOST_AGAIN", "1", 1) == 0);
    closefrom(3); /* the test's runner may have more open */
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_addopen(&actions, 5, "missing.png", O_RDONLY, 0);
    EXPECT(posix_spawn(&child, "/bin/true", &actions, NULL, arguments, environ) == ENOENT);
    posix_spawn_file_actions_destroy(&actions);

    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_addopen(&actions, 9, "/dev/null", O_RDONLY, 0);
    posix_spawn_file_actions_addclose(&actions, 2);
    posix_spawnattr_init(&attributes);
    posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK);
    sigemptyset(&mask);
    sigaddset(&mask, SIGUSR1);
    posix_spawnattr_setsigmask(&attributes, &mask);
    EXPECT(posix_spawn(&child, "/proc/self/exe", &actions, &attributes, arguments, environ) == 0);
    EXPECT(waitpid(child, &status, 0) == child && status == 0);
    fail_at(1);
    EXPECT(reports() == 2); /* the child's and this one; the open of posix_spawn is not seen */
}

/* ---- a thread that is somebody else ---- */

static void *fail_as_another(void *argument) {
    EXPECT(syscall(SYS_setresuid, 54321, 54321, 54321) == 0);
    errno = 0;
    EXPECT(open("locked.png", O_RDONLY) == -1 && errno == EACCES);
    return argument;
}

PROMISE(ids_of_the_thread) {
    pthread_t thread;
    if (geteuid() != 0)
        host_skip("only root can be another user\n");
    int made = open("locked.png", O_WRONLY | O_CREAT, 0600);
    EXPECT(made >= 0 && close(made) == 0);
    EXPECT(chmod(".", 0755) == 0);
    EXPECT(pthread_create(&thread, NULL, fail_as_another, NULL) == 0);
    pthread_join(thread, NULL);
    EXPECT(syscall(SYS_geteuid) == 0);
    fail_once();
    EXPECT(reports() == 2);
    /* The log is written by whoever fails; the runner lets everybody write it. */
    EXPECT(reports_with("\"euid\":54321") == 1 && reports_with("\"cause\":\"file-read\"") == 1);
}

/* ---- other places ---- */

PROMISE(another_root) {
    if (geteuid() != 0)
        host_skip("only root can change its root\n");
    EXPECT(mkdir("root", 0755) == 0);
    pid_t child = fork();
    int status;
    if (child == 0) {
        EXPECT(chroot("root") == 0 && chdir("/") == 0);
        fail_once();
        EXPECT(open("/a/missing.png", O_RDONLY) == -1 && errno == ENOENT);
        _exit(0);
    }
    EXPECT(waitpid(child, &status, 0) == child && status == 0);
    child = fork();
    if (child == 0) { /* with the working directory outside */
        EXPECT(chroot("root") == 0);
        fail_once();
        _exit(0);
    }
    EXPECT(waitpid(child, &status, 0) == child && status == 0);
}

static void take_proc_away(void) {
    if (geteuid() != 0 || unshare(CLONE_NEWNS) != 0)
        host_skip("no mount namespace of its own\n");
    EXPECT(mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0);
    EXPECT(umount2("/proc", MNT_DETACH) == 0);
    EXPECT(access("/proc/self", F_OK) == -1);
}

PROMISE(proc_not_mounted) {
    take_proc_away();
    EXPECT(chmod(".", 0700) == 0);
    EXPECT(syscall(SYS_setresgid, 54322, 54322, 54322) == 0);
    EXPECT(syscall(SYS_setresuid, 54321, 54321, 54321) == 0);
    errno = 0;
    EXPECT(open("missing.png", O_RDONLY) == -1 && errno == EACCES);
    EXPECT(reports() == 1);
    EXPECT(reports_with("\"euid\":54321") == 1 && reports_with("\"egid\":54322") == 1);
    EXPECT(reports_with("\"cause\":\"dir-search\"") == 1);
}

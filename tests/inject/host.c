/* SPDX-License-Identifier: MIT */
/*
 * host: makes calls that fail and get reports, in a directory that run prepares, then prints what
 * it has got of each. getppid(2), which nobody else calls, marks where a report may be at work.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

enum { MOST_CALLS = 16 };

static struct outcome {
    const char *path;
    long result;
    int error;
} outcomes[MOST_CALLS];
static size_t count;

static void keep(const char *path, long result) {
    outcomes[count++] = (struct outcome){path, result, errno};
    getppid();
}

static void open_it(const char *path, int flags) {
    errno = 0;
    getppid();
    keep(path, open(path, flags, 0600));
}

int main(void) {
    open_it("missing.png", O_RDONLY);
    open_it("real/../link/missing/a.png", O_RDONLY | O_CLOEXEC);
    open_it("dangling.png", O_RDONLY);
    open_it("locked.png", O_RDWR);
    open_it("closed/a.png", O_RDONLY);
    open_it("sealed/new.png", O_WRONLY | O_CREAT);
    open_it("masked.png", O_RDONLY);
    open_it("missing.png", O_RDONLY); /* again: told when the process ends */
    getppid();
    keep("stream.png", (long)fopen("stream.png", "r"));
    getppid();
    keep("closed", (long)opendir("closed"));

    sigset_t mask;
    sigprocmask(SIG_SETMASK, NULL, &mask);
    for (size_t i = 0; i < count; i++)
        printf("%s: %ld, errno %d\n", outcomes[i].path, outcomes[i].result, outcomes[i].error);
    for (int signal = 1; signal < 32; signal++)
        if (sigismember(&mask, signal))
            printf("signal %d is blocked\n", signal);
    printf("next descriptor %d\n", dup(0));
    fflush(stdout);
    getppid();
    return 3;
}

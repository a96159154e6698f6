/* SPDX-License-Identifier: MIT */
/*
 * opener [--landlock | --seccomp | --fill] HOW PATH: opens PATH once, prints "opened" or the
 * errno's name. HOW is words of the table below, joined by commas. First, with
 *   --landlock  a ruleset takes the right to read files away, but below /usr, /lib and /etc;
 *   --seccomp   a filter gives EACCES to every openat of O_RDWR;
 *   --fill      all descriptors are used up.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/landlock.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

static const struct {
    const char *word;
    int flags;
} words[] = {
    {"read", O_RDONLY},     {"write", O_WRONLY},      {"both", O_RDWR},
    {"create", O_CREAT},    {"truncate", O_TRUNC},    {"append", O_APPEND},
    {"exclusive", O_EXCL},  {"nofollow", O_NOFOLLOW}, {"directory", O_DIRECTORY},
    {"noatime", O_NOATIME},
};

static void fail(const char *what) {
    perror(what);
    exit(2);
}

static int flags_of(char *text) {
    int flags = 0;
    for (char *word = strtok(text, ","); word; word = strtok(NULL, ",")) {
        size_t i = 0;
        while (i < sizeof words / sizeof *words && strcmp(word, words[i].word) != 0)
            i++;
        if (i == sizeof words / sizeof *words)
            fail(word);
        flags |= words[i].flags;
    }
    return flags;
}

static void allow_below(int ruleset, const char *directory) {
    struct landlock_path_beneath_attr rule = {
        .allowed_access = LANDLOCK_ACCESS_FS_READ_FILE,
        .parent_fd = open(directory, O_PATH | O_CLOEXEC),
    };
    if (rule.parent_fd < 0)
        return;
    if (syscall(SYS_landlock_add_rule, ruleset, LANDLOCK_RULE_PATH_BENEATH, &rule, 0) != 0)
        fail("landlock_add_rule");
    close(rule.parent_fd);
}

static void enter_landlock(void) {
    struct landlock_ruleset_attr attributes = {.handled_access_fs = LANDLOCK_ACCESS_FS_READ_FILE};
    int ruleset = (int)syscall(SYS_landlock_create_ruleset, &attributes, sizeof attributes, 0);
    if (ruleset < 0)
        fail("landlock_create_ruleset");
    allow_below(ruleset, "/usr");
    allow_below(ruleset, "/lib");
    allow_below(ruleset, "/etc");
    allow_below(ruleset, "/proc");
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 ||
        syscall(SYS_landlock_restrict_self, ruleset, 0) != 0)
        fail("landlock_restrict_self");
    close(ruleset);
}

/* A filter sees numbers and no paths: flags are the only thing to choose by. */
static void enter_seccomp(void) {
    struct sock_filter filter[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_openat, 0, 4),
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, args[2])),
        BPF_STMT(BPF_ALU | BPF_AND | BPF_K, O_ACCMODE),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, O_RDWR, 0, 1),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EACCES),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
    };
    struct sock_fprog program = {sizeof filter / sizeof *filter, filter};
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 ||
        prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) != 0)
        fail("PR_SET_SECCOMP");
}

static void fill_descriptors(void) {
    while (dup(0) >= 0)
        ;
}

int main(int count, char **arguments) {
    static const struct {
        const char *option;
        void (*act)(void);
    } acts[] = {
        {"--landlock", enter_landlock},
        {"--seccomp", enter_seccomp},
        {"--fill", fill_descriptors},
    };
    if (count < 3) {
        fprintf(stderr, "usage: opener [--landlock | --seccomp | --fill] HOW PATH\n");
        return 2;
    }
    for (size_t i = 0; i < sizeof acts / sizeof *acts; i++)
        if (strcmp(arguments[1], acts[i].option) == 0)
            acts[i].act();
    int descriptor = open(arguments[count - 1], flags_of(arguments[count - 2]), 0644);
    puts(descriptor < 0 ? strerrorname_np(errno) : "opened");
    return descriptor < 0;
}

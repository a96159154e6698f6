/* SPDX-License-Identifier: MIT */
/*
 * hostile [OPTION]… PROGRAM…    runs PROGRAM where much is to be read; as root
 *   -g COUNT                    in that many groups
 *   -m COUNT                    with at least that many mounts, in a mount namespace of its own
 *   -u UID                      as that user
 */
#include <grp.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

static _Noreturn void fail(const char *what) {
    perror(what);
    exit(1);
}

static void join_groups(size_t count) {
    gid_t *groups = calloc(count, sizeof *groups);
    for (size_t i = 0; i < count; i++)
        groups[i] = (gid_t)(1000000000 + i); /* ten digits each */
    if (!groups || setgroups(count, groups) != 0)
        fail("setgroups");
    free(groups);
}

/* Each recursive binding of /mnt into itself doubles what is there; one by one takes minutes. */
static void mount_many(size_t count) {
    char path[64];
    if (unshare(CLONE_NEWNS) != 0 || mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) != 0 ||
        mount("hostile", "/mnt", "tmpfs", 0, NULL) != 0)
        fail("a mount namespace");
    for (size_t there = 1, i = 0; there < count; there *= 2, i++) {
        snprintf(path, sizeof path, "/mnt/name-%zu", i);
        if (mkdir(path, 0755) != 0 || mount("/mnt", path, NULL, MS_BIND | MS_REC, NULL) != 0)
            fail(path);
    }
}

int main(int count, char **arguments) {
    int option;
    uid_t user = 0;
    while ((option = getopt(count, arguments, "+g:m:u:")) != -1) {
        if (option == 'g')
            join_groups((size_t)atol(optarg));
        else if (option == 'm')
            mount_many((size_t)atol(optarg));
        else if (option == 'u')
            user = (uid_t)atol(optarg);
        else
            return 2;
    }
    if (optind == count)
        return 2;
    if (user && (setresgid(user, user, user) != 0 || setresuid(user, user, user) != 0))
        fail("setresuid");
    execv(arguments[optind], arguments + optind);
    fail(arguments[optind]);
}

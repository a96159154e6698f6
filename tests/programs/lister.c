/* SPDX-License-Identifier: MIT */
/*
 * lister [REAL EFFECTIVE]    in a directory with the image locked.png (0600, another's), the
 *                            directories closed (0700) and named (0711), each with a.png: makes
 *                            every kind of listing and probing call once. With two uids, of a
 *                            process that has both, as a server has that lends its rights.
 */
#include <dirent.h>
#include <fcntl.h>
#include <fts.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

static int go_on(const char *path, const struct stat *status, int type) {
    (void)path;
    (void)status;
    (void)type;
    return 0;
}

static void walk(const char *path) {
    FTS *tree = fts_open((char *const[]){(char *)path, NULL}, FTS_PHYSICAL, NULL);
    while (tree && fts_read(tree))
        continue;
    if (tree)
        fts_close(tree);
}

int main(int count, char **arguments) {
    struct stat status;
    struct statx extended;
    struct dirent **list;
    char target[4096];
    if (count == 3 && setresuid((uid_t)atoi(arguments[1]), (uid_t)atoi(arguments[2]), 0) != 0)
        return 2;

    opendir("named");
    scandir("named", &list, NULL, NULL);
    ftw("closed/a", go_on, 4);
    walk("named");
    walk("closed/a");
    open("named", O_RDONLY | O_DIRECTORY);
    open("named", O_PATH | O_DIRECTORY); /* needs no right to list */
    open("named", O_RDONLY);             /* no image, and not said to be a directory */
    opendir("missing");
    opendir("/proc/1/task/1/fd"); /* no image lies there */

    stat("closed/a.png", &status);
    stat("closed/list.txt", &status); /* no image */
    lstat("closed/a.png", &status);
    fstatat(AT_FDCWD, "closed/a.png", &status, AT_SYMLINK_NOFOLLOW);
    statx(AT_FDCWD, "closed/a.png", 0, 0, &extended);
    access("locked.png", F_OK); /* allowed: the name is there */
    access("locked.png", R_OK | W_OK);
    access("locked.png", X_OK);
    eaccess("locked.png", R_OK);
    faccessat(AT_FDCWD, "locked.png", R_OK, AT_EACCESS);
    (void)!readlink("closed/a.png", target, sizeof target);
    (void)!realpath("closed/a.png", target);
    stat("missing.png", &status);
    open("copy.png", O_PATH | O_DIRECTORY); /* as cp(1) looks at its target */
    return 0;
}

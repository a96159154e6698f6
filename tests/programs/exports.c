/* SPDX-License-Identifier: MIT */
/*
 * Calls every name of shim/exports.def in every case below and prints what came of it, one line
 * each: the test compares the lines with and without the library. Each call is made in a process of
 * its own, since some kill it (a stream that is NULL, O_CREAT without a mode under
 * _FORTIFY_SOURCE).
 *
 *   exports          makes what it needs in the working directory, which must be empty
 *   exports --list   prints each name and its group
 */
#include "incident.h"
#include "libc_names.h"
#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <fts.h>
#include <ftw.h>
#include <limits.h>
#include <linux/openat2.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

/* The arguments of the calls, by the names that the table gives its parameters. A new row compiles
 * when each of its parameters stands here. */
const char *path, *kind;
int flags, directory = AT_FDCWD;
mode_t mode;
FILE *stream;
struct open_how open_how;
const struct open_how *how = &open_how;
size_t size = sizeof open_how;
int wanted = R_OK, version = 1, descriptors = 8;
unsigned mask;
size_t room = 2 * PATH_MAX;
/* Of the same size in both variants of a name, so that one of them serves: hence void. */
static union {
    struct stat status;
    struct statx extended;
    struct dirent **list;
    char target[2 * PATH_MAX];
} room_for_results;
void *status = &room_for_results, *extended = &room_for_results, *list = &room_for_results,
     *target = &room_for_results;
void *filter, *compare, *tree;

static int go_on(void) {
    return 0;
}
void *each = go_on;

enum { UNTOUCHED = 77, DESCRIPTORS = 64 };

/* ---- what came of a call ---- */

static void print_descriptor(int descriptor) {
    struct stat file;
    if (fcntl(descriptor, F_GETFD) < 0 || fstat(descriptor, &file) != 0)
        return;
    printf(" flags %#o close-on-exec %d mode %o size %lld", (unsigned)fcntl(descriptor, F_GETFL),
           fcntl(descriptor, F_GETFD), file.st_mode, (long long)file.st_size);
}

static void print_open_descriptors(void) {
    printf(" open");
    for (int i = 0; i < DESCRIPTORS; i++)
        if (fcntl(i, F_GETFD) >= 0)
            printf(" %d", i);
    printf("\n");
}

static void print_number(long result, int error) {
    printf("%ld errno %d", result, error);
    if (result > 2 && result < DESCRIPTORS)
        print_descriptor((int)result);
    print_open_descriptors();
}

static void print_int(int result, int error) {
    print_number(result, error);
}

static void print_stream(FILE *result, int error) {
    if (!result) {
        print_int(0, error);
        return;
    }
    printf("stream%s errno %d", result == stream ? " the old one" : "", error);
    print_descriptor(fileno(result));
    printf(" first byte %d", fgetc(result));
    print_open_descriptors();
}

static void print_pointer(const void *result, int error) {
    print_number(result != NULL, error);
}

#define PRINT(result, error)                                                                       \
    _Generic((result),                                                                             \
        int : print_int,                                                                           \
        long : print_number,                                                                       \
        FILE * : print_stream,                                                                     \
        default : print_pointer)((result), (error))

/* ---- the names ---- */

#define MODE , ...
#define CALL(type, name, parameters, arguments, ...)                                               \
    static void call_##name(void) {                                                                \
        type(*function) parameters;                                                                \
        *(void **)&function = dlsym(RTLD_DEFAULT, #name);                                          \
        errno = UNTOUCHED;                                                                         \
        type result = function arguments;                                                          \
        int error = errno;                                                                         \
        PRINT(result, error);                                                                      \
    }
#define CALL_AT CALL
#define CALL_FTS CALL
#include "exports.def"
#undef CALL

static const struct row {
    const char *name;
    void (*call)(void);
    enum call_group group;
} rows[] = {
#define CALL(type, name, parameters, arguments, group, ...) {#name, call_##name, group},
#include "exports.def"
};

/* ---- the cases ---- */

/* %s of a path is the name of the call, so that no two are the same failure. */
static const struct situation {
    const char *what, *path, *kind;
    int flags, directory;
} situations[] = {
    {"success", "good.png", "re", O_RDONLY | O_CLOEXEC, AT_FDCWD},
    {"appending", "good.png", "a+", O_RDWR | O_APPEND, AT_FDCWD},
    {"a new file", "new-%s.png", "wx", O_WRONLY | O_CREAT | O_EXCL, AT_FDCWD},
    {"truncating", "old-%s.png", "w", O_WRONLY | O_TRUNC, AT_FDCWD},
    {"a file without a name", ".", "r", O_RDWR | O_TMPFILE, AT_FDCWD},
    {"EACCES at the file", "locked-%s.png", "r", O_RDONLY, AT_FDCWD},
    {"EACCES on the way, reading", "closed-%s/a.png", "r", O_RDONLY, AT_FDCWD},
    {"EACCES on the way", "closed-%s/a.png", "r+", O_RDWR, AT_FDCWD},
    {"EACCES of a new file", "sealed-%s/a.png", "w", O_WRONLY | O_CREAT, AT_FDCWD},
    {"ENOENT", "missing-%s.png", "r", O_RDONLY, AT_FDCWD},
    {"ENOENT on the way", "missing-%s/a.png", "w", O_WRONLY | O_CREAT | O_TRUNC, AT_FDCWD},
    {"ENOENT of no name", "", "r", O_RDONLY, AT_FDCWD},
    {"ENOTDIR", "good.png/a.png", "r", O_RDONLY, AT_FDCWD},
    {"ELOOP", "loop.png", "r", O_RDONLY, AT_FDCWD},
    {"EISDIR", "folder.png", "w", O_WRONLY, AT_FDCWD},
    {"EEXIST", "good.png", "wx", O_WRONLY | O_CREAT | O_EXCL, AT_FDCWD},
    {"EBADF", "good.png", "r", O_RDONLY, 999},
    {"EINVAL", "missing.png", "?", O_RDONLY | O_TMPFILE, AT_FDCWD},
};

/* Paths that are no strings. */
static const char *unterminated_page(void) {
    size_t page = (size_t)sysconf(_SC_PAGESIZE);
    char *pages = mmap(NULL, 2 * page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    mprotect(pages + page, page, PROT_NONE);
    return memset(pages + page - 8, 'x', 8);
}

static char *filled_in(const char *pattern, const char *name) {
    char *text = NULL;
    const char *at = strstr(pattern, "%s");
    if (!at)
        return strdup(pattern);
    return asprintf(&text, "%.*s%s%s", (int)(at - pattern), pattern, name, at + 2) < 0 ? NULL
                                                                                       : text;
}

static void in_a_child(const struct row *row, const char *what) {
    int outcome;
    printf("%s, %s: ", row->name, what);
    fflush(stdout);
    pid_t child = fork();
    if (child == 0) {
        struct rlimit no_core = {0, 0};
        setrlimit(RLIMIT_CORE, &no_core);
        stream = fopen("other.png", "r");
        open_how = (struct open_how){.flags = (unsigned)flags, .mode = mode};
        if (strstr(row->name, "fts"))
            tree = fts_open((char *const[]){(char *)path, NULL}, FTS_PHYSICAL, NULL);
        row->call();
        fflush(stdout);
        _exit(0);
    }
    if (child < 0 || waitpid(child, &outcome, 0) != child)
        abort();
    if (outcome != 0)
        printf("killed by signal %d, status %d\n", WTERMSIG(outcome), WEXITSTATUS(outcome));
    fflush(stdout);
}

static void call_row(const struct row *row) {
    for (size_t i = 0; i < sizeof situations / sizeof *situations; i++) {
        const struct situation *situation = &situations[i];
        path = filled_in(situation->path, row->name);
        kind = situation->kind;
        flags = situation->flags;
        directory = situation->directory;
        in_a_child(row, situation->what);
        free((char *)path);
    }
    const char *const bad[] = {NULL, (const char *)8, (const char *)-4096, unterminated_page()};
    kind = "r";
    flags = O_RDONLY;
    directory = AT_FDCWD;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        path = bad[i];
        in_a_child(row, "EFAULT");
    }
    path = "missing.png";
    kind = (const char *)8;
    how = (const struct open_how *)8;
    in_a_child(row, "EFAULT of the third");
    how = &open_how;
}

static void make_file(const char *pattern, const char *name, mode_t access) {
    char *file = filled_in(pattern, name);
    int descriptor = open(file, O_WRONLY | O_CREAT, 0600);
    if (write(descriptor, "image", 5) != 5 || fchmod(descriptor, access) != 0 ||
        close(descriptor) != 0)
        abort();
    free(file);
}

static void make_directory(const char *pattern, const char *name, mode_t access) {
    char *made = filled_in(pattern, name);
    if (mkdir(made, 0700) != 0 || chmod(made, access) != 0)
        abort();
    free(made);
}

int main(int count, char **arguments) {
    int error = errno;
    size_t all = sizeof rows / sizeof *rows;
    if (count > 1 && strcmp(arguments[1], "--list") == 0) {
        static const char *const groups[] = {
            [GROUP_OPEN] = "open", [GROUP_DIR] = "dir", [GROUP_PROBE] = "probe"};
        for (size_t i = 0; i < all; i++)
            printf("%s %s\n", rows[i].name, groups[rows[i].group]);
        return 0;
    }
    printf("errno when main begins: %d\n", error);
    umask(027);
    mode = 0666;
    make_file("good.png", "", 0644);
    make_file("other.png", "", 0644);
    make_directory("folder.png", "", 0755);
    if (symlink("loop.png", "loop.png") != 0)
        abort();
    for (size_t i = 0; i < all; i++) {
        make_file("locked-%s.png", rows[i].name, 0);
        make_file("old-%s.png", rows[i].name, 0644);
        make_directory("closed-%s", rows[i].name, 0);
        make_directory("sealed-%s", rows[i].name, 0555);
        call_row(&rows[i]);
    }
    return 0;
}

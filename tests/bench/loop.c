/* SPDX-License-Identifier: MIT */
/*
 * loop open PATH COUNT       opens PATH that often and closes what it got; prints nanoseconds
 * loop stat PATH COUNT       asks for the status of PATH that often
 * loop list PATH COUNT       opens the directory PATH that often, and closes it
 * loop report PATH COUNT     prints the nanoseconds of the first open of PATH, then the median of
 *                            COUNT more of them, and by how many KiB the first made the process
 * grow loop start COUNT A B       runs /bin/true with LD_PRELOAD=A and with LD_PRELOAD=B in turns;
 *                            prints the median nanoseconds of each
 */
#include <dirent.h>
#include <fcntl.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static long now_ns(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * 1000000000 + now.tv_nsec;
}

static int ascending(const void *a, const void *b) {
    long x = *(const long *)a, y = *(const long *)b;
    return (x > y) - (x < y);
}

static long median(long *values, size_t count) {
    qsort(values, count, sizeof *values, ascending);
    return values[count / 2];
}

static long open_once(const char *path) {
    long before = now_ns();
    int descriptor = open(path, O_RDONLY | O_CLOEXEC);
    long taken = now_ns() - before;
    if (descriptor >= 0)
        close(descriptor);
    return taken;
}

static void loop_open(const char *path, long count) {
    long before = now_ns();
    for (long i = 0; i < count; i++) {
        int descriptor = open(path, O_RDONLY | O_CLOEXEC);
        if (descriptor >= 0)
            close(descriptor);
    }
    printf("%ld\n", now_ns() - before);
}

static void loop_stat(const char *path, long count) {
    struct stat status;
    for (long i = 0; i < count; i++)
        (void)!stat(path, &status);
}

static void loop_list(const char *path, long count) {
    for (long i = 0; i < count; i++) {
        DIR *directory = opendir(path);
        if (directory)
            closedir(directory);
    }
}

/* The most memory that this program has had: VmHWM; getrusage(2) tells of those before it, too. */
static long most_kib(void) {
    char line[4096];
    long kib = 0;
    FILE *status = fopen("/proc/self/status", "r");
    while (status && kib == 0 && fgets(line, sizeof line, status))
        kib = strncmp(line, "VmHWM:", 6) == 0 ? atol(line + 6) : 0;
    if (kib == 0)
        abort();
    fclose(status);
    return kib;
}

static void loop_report(const char *path, size_t count) {
    long *taken = calloc(count, sizeof *taken);
    long before = most_kib(), first = open_once(path), after = most_kib();
    for (size_t i = 0; i < count; i++)
        taken[i] = open_once(path);
    printf("%ld %ld %ld\n", first, median(taken, count), after - before);
}

static long start_once(const char *preload) {
    char variable[4200];
    char *const environment[] = {variable, NULL}, *const arguments[] = {"true", NULL};
    pid_t child;
    int status;
    snprintf(variable, sizeof variable, "LD_PRELOAD=%s", preload);
    long before = now_ns();
    if (posix_spawn(&child, "/bin/true", NULL, NULL, arguments, environment) != 0 ||
        waitpid(child, &status, 0) != child || status != 0)
        abort();
    return now_ns() - before;
}

static void loop_start(size_t count, const char *a, const char *b) {
    long *with_a = calloc(count, sizeof *with_a), *with_b = calloc(count, sizeof *with_b);
    for (size_t i = 0; i < count; i++) {
        with_a[i] = start_once(a);
        with_b[i] = start_once(b);
    }
    printf("%ld %ld\n", median(with_a, count), median(with_b, count));
}

int main(int count, char **arguments) {
    if (count == 4 && strcmp(arguments[1], "open") == 0)
        loop_open(arguments[2], atol(arguments[3]));
    else if (count == 4 && strcmp(arguments[1], "stat") == 0)
        loop_stat(arguments[2], atol(arguments[3]));
    else if (count == 4 && strcmp(arguments[1], "list") == 0)
        loop_list(arguments[2], atol(arguments[3]));
    else if (count == 4 && strcmp(arguments[1], "report") == 0)
        loop_report(arguments[2], (size_t)atol(arguments[3]));
    else if (count == 5 && strcmp(arguments[1], "start") == 0)
        loop_start((size_t)atol(arguments[2]), arguments[3], arguments[4]);
    else
        return 2;
    return 0;
}

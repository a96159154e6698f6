/* SPDX-License-Identifier: MIT */
/*
 * near [NAMES] [SEED]: is the file that was meant found? A table of slips, random slips and random
 * names, in a directory of NAMES names. Prints precision, recall and time; fails below the goals.
 */
#include "base/arena.h"
#include "facts/collect.h"
#include "facts/search.h"
#include "random_slips.h"
#include "tree.h"
#include "verdict.h"
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

enum { ARENA_BYTES = 1400 * 1024, LARGE = 100000 };

static char root[256];
static size_t names;
static char *scratch;

/* ---- one question ---- */

struct answer {
    const char *cause;
    char suggestion[4096]; /* below the root; empty: none */
    bool honest;           /* it says that names were left */
    bool empty;            /* it says that the directory is */
    double wall_ms, processor_ms;
};

static double now_ms(clockid_t clock) {
    struct timespec now;
    clock_gettime(clock, &now);
    return (double)now.tv_sec * 1e3 + (double)now.tv_nsec / 1e6;
}

/* The road's middle, with no sign of a container whatever this runs in. */
static void ask(const char *path, struct answer *answer) {
    static struct facts facts;
    static struct verdict verdict;
    struct incident incident = {.function = "open",
                                .group = GROUP_OPEN,
                                .path = path,
                                .directory = AT_FDCWD,
                                .error = ENOENT};
    /* Dropping the pages is the quickest way to zero them, as arena_get() needs. */
    madvise(scratch, ARENA_BYTES, MADV_DONTNEED);
    struct arena arena = {scratch, scratch + ARENA_BYTES};
    double wall = now_ms(CLOCK_MONOTONIC), processor = now_ms(CLOCK_THREAD_CPUTIME_ID);
    memset(&facts, 0, sizeof facts);
    identity_read(&arena, &facts.identity);
    facts.identity.container = SLICE("");
    walk_path(&arena, &incident, &facts.walk);
    place_read(&arena, &facts);
    environment_read(&arena, &facts);
    if (facts.walk.error == ENOENT)
        neighbours_find(&arena, &incident, &facts);
    verdict_reach(&arena, &incident, &facts, &verdict);
    answer->wall_ms = now_ms(CLOCK_MONOTONIC) - wall;
    answer->processor_ms = now_ms(CLOCK_THREAD_CPUTIME_ID) - processor;
    answer->cause = cause_word(verdict.cause);
    answer->honest = facts.neighbours.names_left || facts.neighbours.out_of_time;
    answer->empty = facts.neighbours.held.known && facts.neighbours.held.empty;
    answer->suggestion[0] = '\0';
    if (verdict.suggestion_count > 0) {
        struct slice found = verdict.suggestions[0].path;
        size_t skip = slice_starts(found, slice_of(root)) ? strlen(root) + 1 : 0;
        snprintf(answer->suggestion, sizeof answer->suggestion, "%.*s", (int)(found.length - skip),
                 found.data + skip);
    }
}

/* ---- the table ---- */

static const struct slip_case {
    const char *asked, *cause, *path;
    bool listed;
} cases[] = {
#define CASE(asked, cause, path) {asked, cause, path, false},
#define LISTED(asked, cause, path) {asked, cause, path, true},
#include "cases.def"
#undef CASE
#undef LISTED
};
enum { CASES = sizeof cases / sizeof *cases };

static void put_root(const char *asked, char *path, size_t size) {
    size_t length = 0;
    for (; *asked && length + sizeof root < size; asked++)
        if (*asked == '@')
            length += (size_t)snprintf(path + length, size - length, "%s", root);
        else
            path[length++] = *asked;
    path[length] = '\0';
}

static void show(const char *text) {
    for (; *text; text++)
        if ((unsigned char)*text < ' ' || (unsigned char)*text >= 0x7f)
            printf("\\x%02x", (unsigned char)*text);
        else
            putchar(*text);
}

static int by_value(const void *a, const void *b) {
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static void show_times(const char *what, double *times, size_t count) {
    qsort(times, count, sizeof *times, by_value);
    printf("%s: median %.2f ms, 99 %% %.2f ms, most %.2f ms\n", what, times[count / 2],
           times[count * 99 / 100], times[count - 1]);
}

/* Precision: of the suggestions made, how many are right. Recall: of those that should be made, how
 * many were. */
static bool run_table(void) {
    static double wall[CASES], processor[CASES];
    size_t made = 0, right = 0, due = 0, causes = 0, hidden = 0;
    for (size_t i = 0; i < CASES; i++) {
        const struct slip_case *one = &cases[i];
        static struct answer answer;
        char path[4096];
        put_root(one->asked, path, sizeof path);
        ask(path, &answer);
        wall[i] = answer.wall_ms;
        processor[i] = answer.processor_ms;
        bool good = strcmp(answer.suggestion, one->path ? one->path : "") == 0;
        bool same_cause = strcmp(answer.cause, one->cause) == 0;
        /* A directory too large to be read through may hide it, if the report says so. */
        bool missed = one->listed && names >= LARGE && !answer.suggestion[0] && answer.honest;
        made += answer.suggestion[0] != '\0';
        due += one->path != NULL;
        right += good && one->path;
        causes += same_cause || missed;
        hidden += missed;
        if ((good && same_cause) || missed)
            continue;
        printf("FAILED: '");
        show(path);
        printf("'\n  expected %s '", one->cause);
        show(one->path ? one->path : "");
        printf("'\n  actual   %s '", answer.cause);
        show(answer.suggestion);
        printf("'%s\n", answer.honest ? " (search cut short)" : "");
    }
    double precision = made ? (double)right / (double)made : 0;
    double recall = (double)right / (double)due;
    printf("table: %d cases, %zu causes right; %zu suggestions due, %zu made, %zu right: "
           "precision %.4f, recall %.4f; %zu hidden in the large directory\n",
           CASES, causes, due, made, right, precision, recall, hidden);
    show_times("time of a diagnosis", wall, CASES);
    show_times("of which on the processor", processor, CASES);
    return precision == 1.0 && recall >= 0.98 && causes == CASES;
}

/* ---- at random ---- */

/* An existing path with one or two slips leads back to it. */
static bool run_random_slips(unsigned *seed, size_t rounds) {
    size_t first = 0, shown = 0, kinds = 0, files = 0;
    while (tree_files[files])
        files++;
    for (size_t i = 0; i < rounds; i++) {
        static struct answer answer;
        char original[4096], slipped[4096], history[256];
        do {
            size_t which = random_below(seed, files + 40);
            if (which < files)
                snprintf(original, sizeof original, "%s", tree_files[which]);
            else
                snprintf(original, sizeof original, "proj/big/img_%07zu.jpg",
                         random_below(seed, names - files));
        } while (strstr(original, ".txt") || strstr(original, ".xml") ||
                 !random_slip(seed, root, original, 1 + random_below(seed, 2), slipped,
                              sizeof slipped, history, sizeof history));
        ask(slipped, &answer);
        kinds++;
        if (strcmp(answer.suggestion, original) == 0) {
            first++;
        } else if (shown++ < 25) {
            printf("  not found (%s): '", history);
            show(slipped);
            printf("' for '");
            show(original);
            printf("': %s '", answer.cause);
            show(answer.suggestion);
            printf("'%s\n", answer.honest ? " (search cut short)" : "");
        }
    }
    double share = (double)first / (double)kinds;
    printf("random slips: %zu of %zu lead back (%.2f %%)\n", first, kinds, 100 * share);
    return share >= 0.98;
}

/* A name that nobody meant leads nowhere. */
static bool run_random_names(unsigned *seed, size_t rounds) {
    size_t silent = 0, shown = 0;
    for (size_t i = 0; i < rounds; i++) {
        static struct answer answer;
        char path[512];
        random_name(seed, path, sizeof path);
        ask(path, &answer);
        if (!answer.suggestion[0])
            silent++;
        else if (shown++ < 10)
            printf("  suggested for '%s': %s '%s'\n", path, answer.cause, answer.suggestion);
    }
    double share = (double)silent / (double)rounds;
    printf("random names: %zu of %zu without a suggestion (%.2f %%)\n", silent, rounds,
           100 * share);
    return share >= 0.99;
}

/* Who had no time to look says of no directory that it is empty. */
static bool run_without_time(void) {
    const struct search_budget ours = search_budget;
    static struct answer answer;
    search_budget = (struct search_budget){0};
    ask("big/qwertyuiop.png", &answer);
    search_budget = ours;
    printf("without time: %s\n", answer.empty ? "a full directory is called empty" : "no claim");
    return !answer.empty;
}

/* Any bytes, many slashes, every length: an answer and no crash. The time is told, not judged. */
static void run_hostile_paths(unsigned *seed, size_t rounds) {
    static const char *const pieces[] = {"../", "./",    "//", "{",        "[",    "%41",
                                         "\\",  "$HOME", "~/", "\xcc\x81", "\xff", "big/",
                                         "\n",  "a.jpg", "\"", "C:"};
    double most = 0;
    for (size_t i = 0; i < rounds; i++) {
        static struct answer answer;
        char path[4096];
        size_t length = 1 + random_below(seed, i % 2 ? 4090 : 200), at = 0;
        bool one_piece = random_below(seed, 4) == 0;
        const char *piece = pieces[random_below(seed, sizeof pieces / sizeof *pieces)];
        while (at < length) {
            if (!one_piece)
                piece = pieces[random_below(seed, sizeof pieces / sizeof *pieces)];
            if (one_piece || random_below(seed, 2))
                at += (size_t)snprintf(path + at, length - at + 1, "%s", piece);
            else
                path[at++] = (char)(1 + random_below(seed, 255));
        }
        path[length] = '\0';
        ask(path, &answer);
        most = answer.processor_ms > most ? answer.processor_ms : most;
    }
    printf("hostile paths: %zu answered, the slowest in %.2f ms of the processor\n", rounds, most);
}

/* ---- the whole ---- */

/* $HOME and the like are read from the environment as it was at exec, and the program's directory
 * counts as one to look in: so a copy of this program is started from within the tree. */
static void start_in_tree(char **arguments) {
    const char *base = getenv("NEAR_TMPDIR") ? getenv("NEAR_TMPDIR") : "/tmp";
    char template[200], command[4200], home[512], store[512];
    snprintf(template, sizeof template, "%s/near.XXXXXX", base);
    if (!mkdtemp(template) || chdir(template) != 0) {
        perror(template);
        exit(2);
    }
    tree_make(names);
    snprintf(command, sizeof command, "cp /proc/%d/exe app/near", getpid());
    snprintf(home, sizeof home, "HOME=%s/home/alice", template);
    snprintf(store, sizeof store, "STORE=%s/store", template);
    if (system(command) != 0 || chdir("proj") != 0)
        exit(2);
    char *environment[] = {home, store, "KIND=one", "NEAR_INSIDE=1", NULL};
    execve("../app/near", arguments, environment);
    perror("../app/near");
    exit(2);
}

int main(int count, char **arguments) {
    names = count > 1 ? (size_t)atol(arguments[1]) : 10000;
    unsigned seed = count > 2 ? (unsigned)atol(arguments[2]) : 20260;
    if (!getenv("NEAR_INSIDE"))
        start_in_tree(arguments);
    if (!getcwd(root, sizeof root))
        return 2;
    *strrchr(root, '/') = '\0';
    scratch = mmap(NULL, ARENA_BYTES, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (scratch == MAP_FAILED)
        return 2;
    printf("near: a directory of %zu names, seed %u\n", names, seed);
    /* What is found, not how soon: `make bench` measures that, with the library's own limits. */
    const struct search_budget ours = search_budget;
    search_budget.processor_ns *= 50;
    search_budget.wall_ns *= 50;
    static struct answer warm;
    ask("big/warm-up-qz.png", &warm);
    bool good = run_table();
    good = run_random_slips(&seed, 1000) && good;
    good = run_random_names(&seed, 1000) && good;
    search_budget = ours;
    good = run_without_time() && good;
    run_hostile_paths(&seed, 2000);
    if (chdir("/") == 0)
        tree_remove(root);
    return good ? 0 : 1;
}

/* SPDX-License-Identifier: MIT */
#include "score.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

/* What enough random calls meet: tests/scripts/causes_test.sh reads this list. */
static const char *const causes[PROVED_CAUSES] = {
    "dir-search",        "file-read",        "file-write",
    "dir-write",         "class-shadow",     "acl-entry",
    "acl-mask",          "unmapped-owner",   "root-without-capability",
    "protected-symlink", "protected-create", "nodev",
    "missing-file",      "missing-dir",      "create-in-missing-dir",
    "dangling-symlink",  "empty-path",       "deleted-cwd",
    "not-a-directory",   "symlink-loop",     "is-a-directory",
    "read-only",
};
enum { ENOUGH_TREES = 4000 };

struct score *score_new(void) {
    void *memory =
        mmap(NULL, sizeof(struct score), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    return memory == MAP_FAILED ? NULL : memory;
}

static void add(unsigned long *counter, unsigned long number) {
    __atomic_fetch_add(counter, number, __ATOMIC_RELAXED);
}

void score_count(unsigned long *counter) {
    add(counter, 1);
}

void score_checks(struct score *score, const struct trial_counts *counts) {
    add(&score->checks.progress, counts->progress);
    add(&score->checks.fixed, counts->fixed);
    add(&score->checks.commands, counts->commands);
    add(&score->checks.unfixable, counts->unfixable);
    add(&score->checks.unreachable, counts->unreachable);
}

void score_cause(struct score *score, const char *cause) {
    for (int i = 0; i < PROVED_CAUSES; i++)
        if (strcmp(causes[i], cause) == 0)
            add(&score->causes[i], 1);
}

static uint64_t mix(uint64_t hash, const char *text) {
    for (; text && *text; text++)
        hash = (hash ^ (unsigned char)*text) * 0x100000001b3U;
    return hash * 31;
}

bool score_first(struct score *score, unsigned most, enum complaint complaint,
                 const struct expectation *expectation, const struct outcome *outcome) {
    uint64_t hash = mix(0xcbf29ce484222325U + (uint64_t)complaint, expectation->causes[0]);
    hash = mix(hash + (uint64_t)expectation->error, outcome->cause) + (uint64_t)outcome->error;
    if (complaint == COMPLAINT_FIX) {
        char kind[sizeof outcome->why];
        snprintf(kind, sizeof kind, "%.*s", (int)strcspn(outcome->why, ":"), outcome->why);
        hash = mix((uint64_t)complaint, kind);
    }
    hash |= 1;
    for (unsigned i = 0; i < most && i < MOST_SIGNATURES; i++) {
        uint64_t free = 0;
        if (__atomic_compare_exchange_n(&score->signatures[i], &free, hash, false, __ATOMIC_RELAXED,
                                        __ATOMIC_RELAXED))
            return true;
        if (free == hash)
            return false;
    }
    return false;
}

/* Are these trees enough, and of all kinds? */
static bool meets_all(const struct score *score) {
    return score->trees >= ENOUGH_TREES && !getenv("PLACE") && !getenv("NO_NAMESPACES") &&
           !getenv("KEEP_SWITCHES");
}

unsigned long score_report(const struct score *score, uint64_t seed, double seconds) {
    unsigned long bad = score->broken;
    printf("property: SEED=%llu: %lu trees, %lu subjects, %lu calls in %.1f s\n",
           (unsigned long long)seed, score->trees, score->subjects, score->calls, seconds);
    printf("property: answers:");
    for (int i = 0; i < MOST_ERRORS; i++)
        if (score->errors[i])
            printf(" %s %lu", answer_name(i), score->errors[i]);
    printf("\nproperty: refusals whose cause was told:");
    for (int i = 0; i < PROVED_CAUSES; i++)
        printf(" %s %lu", causes[i], score->causes[i]);
    printf(
        "\nproperty: %lu culprits granted and asked again; %lu calls mended by %lu commands, %lu "
        "without a command; %lu commands named an owner who cannot get there\n",
        score->checks.progress, score->checks.fixed, score->checks.commands,
        score->checks.unfixable, score->checks.unreachable);
    for (int i = 1; i <= COMPLAINT_COUNT; i++) {
        bad += score->complaints[i];
        if (score->complaints[i])
            printf("property: %lu × %s\n", score->complaints[i], COMPLAINTS[i]);
    }
    for (int i = 0; i < PROVED_CAUSES && meets_all(score); i++)
        if (score->causes[i] == 0) {
            printf("property: no call was refused by %s\n", causes[i]);
            bad++;
        }
    if (score->broken)
        printf("property: %lu cases could not be run\n", score->broken);
    if (score->calls == 0) {
        printf("property: no call was made\n");
        bad++;
    }
    printf("property: %lu disagreements\n", bad);
    return bad;
}

/* SPDX-License-Identifier: MIT */
/*
 * The property test: random trees, subjects and calls; the oracle's answer, the running kernel's,
 * and the library's verdict must agree. Needs root. Environment: N (how many trees), SEED, JOBS,
 * CASE (one index alone), PLACE (one place alone), SHOW (most failures printed).
 */
#include "call.h"
#include "disk.h"
#include "judge.h"
#include "oracle.h"
#include "random.h"
#include "run.h"
#include "script.h"
#include "subject.h"
#include "tree.h"
#include "world.h"
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { MOST_SUBJECTS = 2, MOST_ERRORS = 134, MOST_JOBS = 64 };

/* What all workers count together. */
struct tally {
    unsigned long trees, subjects, calls, broken;
    unsigned long errors[MOST_ERRORS];
    unsigned long complaints[COMPLAINT_COUNT];
    unsigned long shown;
};

static struct {
    uint64_t seed, cases, only;
    unsigned jobs, show;
    bool single;
} options;

static struct tally *tally;
static struct world world;

static void count(unsigned long *counter) {
    __atomic_fetch_add(counter, 1, __ATOMIC_RELAXED);
}

static void show(uint64_t index, enum complaint complaint, const struct scene *scene,
                 const struct subject *subject, const struct call *call,
                 const struct expectation *expectation, const struct outcome *outcome) {
    if (__atomic_fetch_add(&tally->shown, 1, __ATOMIC_RELAXED) >= options.show)
        return;
    char text[2048];
    flockfile(stdout);
    printf("\n# SEED=%llu CASE=%llu: %s\n", (unsigned long long)options.seed,
           (unsigned long long)index, COMPLAINTS[complaint]);
    judge_expected(expectation, text, sizeof text);
    printf("# oracle: %s\n", text);
    judge_actual(outcome, text, sizeof text);
    printf("# actual: %s\n", text);
    script_print(stdout, scene, subject, call);
    fflush(stdout);
    funlockfile(stdout);
}

static bool run_subject(uint64_t index, struct random *random, const struct scene *scene) {
    struct subject subject;
    struct call calls[MOST_CALLS];
    struct expectation expectations[MOST_CALLS];
    struct outcome outcomes[MOST_CALLS];
    subject_generate(random, scene, &subject);
    unsigned most = 3 + random_below(random, MOST_CALLS - 2);
    for (unsigned i = 0; i < most; i++) {
        call_generate(random, scene, &subject, i, &calls[i]);
        oracle_predict(scene, &subject, &calls[i], &expectations[i]);
    }
    if (!run_calls(scene, &subject, calls, expectations, most, outcomes))
        return false;
    count(&tally->subjects);
    for (unsigned i = 0; i < most; i++) {
        enum complaint complaint = judge(&expectations[i], &outcomes[i]);
        count(&tally->calls);
        count(&tally->errors[outcomes[i].error]);
        if (complaint == CONTENT)
            continue;
        count(&tally->complaints[complaint]);
        show(index, complaint, scene, &subject, &calls[i], &expectations[i], &outcomes[i]);
    }
    return true;
}

static void run_case(unsigned worker, uint64_t index) {
    struct random random = random_start(options.seed, index);
    struct scene scene;
    const struct place *place = world_any_place(&world, &random);
    world_scene(&world, place, worker, &scene);
    tree_generate(&random, &scene);
    bool good = world_enter(&world, place, worker) && disk_build(&scene);
    unsigned subjects = 1 + random_below(&random, MOST_SUBJECTS);
    for (unsigned i = 0; good && i < subjects; i++)
        good = run_subject(index, &random, &scene);
    disk_remove(&scene);
    count(good ? &tally->trees : &tally->broken);
}

static void work(unsigned worker) {
    if (options.single)
        run_case(worker, options.only);
    else
        for (uint64_t i = worker; i < options.cases; i += options.jobs)
            run_case(worker, i);
}

static uint64_t number(const char *name, uint64_t otherwise) {
    const char *text = getenv(name);
    return text && *text ? strtoull(text, NULL, 10) : otherwise;
}

static void read_options(void) {
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    options.seed = number("SEED", (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000);
    options.cases = number("N", 2000);
    options.jobs = (unsigned)number("JOBS", 2);
    options.show = (unsigned)number("SHOW", 5);
    options.only = number("CASE", 0);
    options.single = getenv("CASE") != NULL;
    if (options.single || options.jobs < 1 || options.jobs > MOST_JOBS)
        options.jobs = 1;
}

static void run_workers(void) {
    for (unsigned i = 0; i < options.jobs; i++)
        if (fork() == 0) {
            work(i);
            fflush(stdout);
            _exit(0);
        }
    int status;
    while (wait(&status) > 0)
        if (!WIFEXITED(status) || WEXITSTATUS(status) != 0)
            count(&tally->broken);
}

static int report(double seconds) {
    unsigned long bad = tally->broken;
    printf("property: SEED=%llu: %lu trees, %lu subjects, %lu calls in %.1f s\n",
           (unsigned long long)options.seed, tally->trees, tally->subjects, tally->calls, seconds);
    printf("property: answers:");
    for (int i = 0; i < MOST_ERRORS; i++)
        if (tally->errors[i])
            printf(" %s %lu", answer_name(i), tally->errors[i]);
    printf("\n");
    for (int i = 1; i < COMPLAINT_COUNT; i++) {
        bad += tally->complaints[i];
        if (tally->complaints[i])
            printf("property: %lu × %s\n", tally->complaints[i], COMPLAINTS[i]);
    }
    if (tally->broken)
        printf("property: %lu cases could not be run\n", tally->broken);
    printf("property: %lu disagreements\n", bad);
    return bad == 0 ? 0 : 1;
}

int main(void) {
    struct timespec start, end;
    read_options();
    tally = mmap(NULL, sizeof *tally, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (geteuid() != 0 || tally == MAP_FAILED || !world_open(&world, options.jobs)) {
        fprintf(stderr, "property: needs root\n");
        return 2;
    }
    printf("property: SEED=%llu N=%llu\n", (unsigned long long)options.seed,
           (unsigned long long)options.cases);
    fflush(stdout);
    clock_gettime(CLOCK_MONOTONIC, &start);
    run_workers();
    clock_gettime(CLOCK_MONOTONIC, &end);
    world_close(&world);
    return report((double)(end.tv_sec - start.tv_sec) +
                  (double)(end.tv_nsec - start.tv_nsec) / 1e9);
}

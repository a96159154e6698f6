/* SPDX-License-Identifier: MIT */
/*
 * The property test: random trees, subjects and calls; the oracle's answer, the running kernel's,
 * and the library's verdict must agree, and its fixes must work. A case is one call: each subject
 * makes a few on a tree, each tree has a few subjects. Needs root. Environment: N (how many cases),
 * SEED, JOBS (all processors), FIXES (percentage of trees whose fixes are run), CASE (one case
 * alone), PLACE (one place alone), NO_NAMESPACES, SHOW (most kinds of disagreement printed), FIRST
 * (end at the first disagreement), KEEP_SWITCHES (turn none of fs.protected_*, and wait for nobody
 * who does).
 */
#include "call.h"
#include "disk.h"
#include "judge.h"
#include "oracle.h"
#include "random.h"
#include "run.h"
#include "score.h"
#include "script.h"
#include "shrink.h"
#include "subject.h"
#include "tree.h"
#include "trial.h"
#include "world.h"
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { SUBJECTS = 2, MOST_JOBS = 64, PROGRESS_PERCENT = 25 };

/* Cases are numbered in the order of trees, subjects and calls. */
enum { CASES_A_TREE = SUBJECTS * MOST_CALLS };

/* What is drawn for one tree, or one subject, does not depend on how much was drawn before. */
enum { STREAM_TREE = SUBJECTS, STREAMS };

static struct {
    uint64_t seed, cases, only;
    unsigned jobs, show, fixes;
    bool single, first, keep_switches;
} options;

static struct score *score;
static struct world world;

/* The first disagreement of a case, kept until its tree is gone and it can be made smaller. */
struct finding {
    uint64_t index;
    enum complaint complaint;
    struct trial trial;
    struct expectation expectation;
    struct outcome outcome;
};

static void show(struct finding *found) {
    char text[2048];
    shrink(&found->trial, found->complaint, &found->expectation, &found->outcome);
    flockfile(stdout);
    printf("\n# SEED=%llu CASE=%llu: %s\n", (unsigned long long)options.seed,
           (unsigned long long)found->index, COMPLAINTS[found->complaint]);
    judge_expected(&found->expectation, text, sizeof text);
    printf("# oracle: %s\n", text);
    judge_actual(&found->outcome, text, sizeof text);
    printf("# actual: %s\n", text);
    script_print(stdout, &found->trial.scene, &found->trial.subject, &found->trial.call);
    script_print_fixes(stdout, &found->outcome);
    fflush(stdout);
    funlockfile(stdout);
}

/* Somebody else may have turned the switches meanwhile: then nothing follows. */
static bool undisturbed(const struct scene *scene) {
    return sysctls_equal(scene->sysctls, sysctls_read());
}

static void complain(struct finding *found, enum complaint complaint, const struct trial *trial,
                     const struct expectation *expectation, const struct outcome *outcome) {
    if (complaint == CONTENT || !undisturbed(&trial->scene))
        return;
    score_count(&score->complaints[complaint]);
    score->enough = options.first;
    if (found->complaint == CONTENT &&
        score_first(score, options.show, complaint, expectation, outcome))
        *found = (struct finding){trial->index, complaint, *trial, *expectation, *outcome};
}

/* The deeper questions about a call that was refused. */
static void ask_more(struct random *random, bool mend, struct finding *found,
                     const struct trial *trial, const struct expectation *expectation,
                     const struct outcome *outcome) {
    struct trial_counts counts = {0};
    struct outcome then = *outcome;
    if (options.single || random_chance(random, PROGRESS_PERCENT))
        complain(found, trial_progress(trial, expectation, &then, &counts), trial, expectation,
                 &then);
    then = *outcome;
    if (mend)
        complain(found, trial_fix(trial, &then, &counts), trial, expectation, &then);
    score_checks(score, &counts);
}

static bool is_wanted(uint64_t index) {
    return options.single ? index == options.only : index < options.cases;
}

/* `first` is the number of its first case. */
static bool run_subject(uint64_t first, struct random random, const struct scene *scene, bool mend,
                        struct finding *found) {
    struct trial trial = {.scene = *scene};
    struct call calls[MOST_CALLS];
    struct expectation expectations[MOST_CALLS];
    struct outcome outcomes[MOST_CALLS];
    subject_generate(&random, scene, &trial.subject);
    for (unsigned i = 0; i < MOST_CALLS; i++) {
        call_generate(&random, scene, &trial.subject, i, &calls[i]);
        oracle_predict(scene, &trial.subject, &calls[i], &expectations[i]);
    }
    if (!run_calls(scene, &trial.subject, calls, expectations, MOST_CALLS, outcomes))
        return false;
    score_count(&score->subjects);
    for (unsigned i = 0; i < MOST_CALLS; i++) {
        if (!is_wanted(first + i))
            continue;
        enum complaint complaint = judge(&expectations[i], &outcomes[i]);
        trial.index = first + i;
        trial.call = calls[i];
        score_count(&score->calls);
        score_count(&score->errors[outcomes[i].error % MOST_ERRORS]);
        complain(found, complaint, &trial, &expectations[i], &outcomes[i]);
        if (complaint == CONTENT && outcomes[i].error != 0 &&
            judge_expects(&expectations[i], outcomes[i].cause))
            score_cause(score, outcomes[i].cause);
        if (complaint == CONTENT && expectations[i].error == EACCES)
            ask_more(&random, mend, found, &trial, &expectations[i], &outcomes[i]);
    }
    return true;
}

static struct random stream(uint64_t tree, unsigned which) {
    return random_start(options.seed, tree * STREAMS + which);
}

static void run_tree(unsigned worker, uint64_t tree) {
    struct random random = stream(tree, STREAM_TREE);
    struct scene scene;
    struct finding found = {.complaint = CONTENT};
    const struct place *place = world_any_place(&world, &random);
    if (options.keep_switches)
        world.sysctls = sysctls_read();
    world_scene(&world, place, worker, &scene);
    tree_generate(&random, &scene);
    bool good = world_enter(&world, place, worker) && disk_build(&scene);
    bool mend = random_chance(&random, options.fixes);
    for (unsigned i = 0; good && i < SUBJECTS; i++) {
        uint64_t first = tree * CASES_A_TREE + i * MOST_CALLS;
        if (options.single ? options.only / MOST_CALLS == first / MOST_CALLS : is_wanted(first))
            good = run_subject(first, stream(tree, i), &scene, mend, &found);
    }
    disk_remove(&scene);
    score_count(good ? &score->trees : &score->broken);
    if (found.complaint != CONTENT)
        show(&found);
}

/* Which switches a tree has follows from its number, so that it can be run again alone. */
enum { PHASES = 2 * 3 * 3 };

static struct sysctls phase_sysctls(uint64_t phase) {
    return (struct sysctls){(int)(phase % 2), (int)(phase / 2 % 3), (int)(phase / 6)};
}

static void work(unsigned worker, uint64_t phase) {
    if (options.single) {
        run_tree(worker, options.only / CASES_A_TREE);
        return;
    }
    for (uint64_t tree = phase + worker * PHASES;
         tree * CASES_A_TREE < options.cases && !score->enough; tree += options.jobs * PHASES)
        run_tree(worker, tree);
}

static uint64_t number(const char *name, uint64_t otherwise) {
    const char *text = getenv(name);
    return text && *text ? strtoull(text, NULL, 10) : otherwise;
}

static void read_options(void) {
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    options.seed = number("SEED", (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000);
    options.cases = number("N", 12000);
    options.jobs = (unsigned)number("JOBS", (uint64_t)sysconf(_SC_NPROCESSORS_ONLN));
    options.show = (unsigned)number("SHOW", 5);
    options.fixes = (unsigned)number("FIXES", 100);
    options.only = number("CASE", 0);
    options.single = getenv("CASE") != NULL;
    options.first = getenv("FIRST") != NULL;
    options.keep_switches = getenv("KEEP_SWITCHES") != NULL;
    if (options.jobs > MOST_JOBS)
        options.jobs = MOST_JOBS;
    if (options.single || options.jobs < 1)
        options.jobs = 1;
}

static volatile sig_atomic_t stopped;

static void stop(int signal) {
    (void)signal;
    stopped = 1;
}

static void run_phase(uint64_t phase) {
    fflush(stdout);
    for (unsigned i = 0; i < options.jobs; i++) {
        pid_t pid = fork();
        if (pid == 0) {
            signal(SIGINT, SIG_DFL);
            signal(SIGTERM, SIG_DFL);
            work(i, phase);
            fflush(stdout);
            _exit(0);
        }
        if (pid < 0)
            score_count(&score->broken);
    }
    int status;
    pid_t ended;
    while ((ended = wait(&status)) > 0 || (ended < 0 && errno == EINTR))
        if (ended > 0 && (!WIFEXITED(status) || WEXITSTATUS(status) != 0))
            score_count(&score->broken);
}

/* Every setting of the fs.protected_* switches in turn; afterwards they are as they were. */
static void run_phases(void) {
    if (!options.keep_switches)
        sysctls_lock();
    struct sysctls before = sysctls_read();
    struct sigaction action = {.sa_handler = stop};
    sigaction(SIGINT, &action, NULL);
    sigaction(SIGTERM, &action, NULL);
    bool writable = !options.keep_switches && sysctls_write(before);
    if (!writable && !options.keep_switches)
        printf("property: the fs.protected_* switches stay as they are: they cannot be written\n");
    for (uint64_t phase = 0; phase < PHASES && !stopped && !score->enough; phase++) {
        if (options.single && phase != options.only / CASES_A_TREE % PHASES)
            continue;
        world.sysctls = writable ? phase_sysctls(phase) : before;
        if (writable)
            sysctls_write(world.sysctls);
        run_phase(phase);
    }
    if (writable)
        sysctls_write(before);
}

int main(void) {
    struct timespec start, end;
    read_options();
    score = score_new();
    if (geteuid() != 0 || !score || !world_open(&world, options.jobs)) {
        fprintf(stderr, "property: needs root\n");
        return 2;
    }
    printf("property: SEED=%llu N=%llu\n", (unsigned long long)options.seed,
           (unsigned long long)options.cases);
    clock_gettime(CLOCK_MONOTONIC, &start);
    run_phases();
    clock_gettime(CLOCK_MONOTONIC, &end);
    double seconds =
        (double)(end.tv_sec - start.tv_sec) + (double)(end.tv_nsec - start.tv_nsec) / 1e9;
    return score_report(score, options.seed, seconds) == 0 ? 0 : 1;
}

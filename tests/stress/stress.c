/* SPDX-License-Identifier: MIT */
/*
 * stress SECONDS PROCESSES THREADS: threads that open images, there or not, under a storm of
 * signals whose handlers do the same, while their processes fork children that do too. In the
 * working directory good.png is there and missing-N.png is not. Prints how many opens failed, and
 * the largest resident memory of a process early and at its end, in KiB: early is after a fifth of
 * the time, but not before each thread has done all that it does. Each signal is sent by who has
 * done something since the last one, so that a slow machine gets on, too.
 */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { PATHS = 50, MOST_THREADS = 256, FIRST_ROUNDS = 20 };

static struct shared {
    atomic_ulong failed;
    atomic_long early_kib, late_kib;
} * shared;
static time_t start, seconds;

/* Of this process. */
static pthread_t running[MOST_THREADS];
static unsigned threads;
static pthread_barrier_t all_there;
static atomic_uint warm; /* threads behind their first rounds */
static atomic_bool early;

static void fail(unsigned number) {
    int error = errno;
    char path[] = "missing-00.png";
    path[8] = (char)('0' + number % PATHS / 10);
    path[9] = (char)('0' + number % 10);
    errno = 0;
    if (open(path, O_RDONLY) != -1 || errno != ENOENT)
        abort();
    atomic_fetch_add(&shared->failed, 1);
    errno = error;
}

static void handle(int number) {
    fail((unsigned)number * 7);
}

static bool has_passed(time_t span) {
    return time(NULL) - start >= span;
}

static bool is_over(void) {
    return atomic_load(&early) && has_passed(seconds);
}

static void *work(void *argument) {
    unsigned self = (unsigned)(size_t)argument;
    pthread_barrier_wait(&all_there);
    for (unsigned round = 1; !is_over(); round++) {
        int descriptor = open("good.png", O_RDONLY | O_CLOEXEC);
        if (descriptor < 0)
            abort();
        close(descriptor);
        fail(self + round);
        pthread_kill(running[(self + round) % threads], SIGUSR1);
        if (round == FIRST_ROUNDS)
            warm++;
        usleep(500);
    }
    pthread_barrier_wait(&all_there); /* nobody signals a thread that was joined */
    return NULL;
}

static long resident_kib(void) {
    long pages = 0, ignored;
    FILE *file = fopen("/proc/self/statm", "re");
    if (!file || fscanf(file, "%ld %ld", &ignored, &pages) != 2)
        abort();
    fclose(file);
    return pages * (sysconf(_SC_PAGESIZE) / 1024);
}

static void keep_largest(atomic_long *largest, long value) {
    long present = atomic_load(largest);
    while (value > present && !atomic_compare_exchange_weak(largest, &present, value))
        ;
}

static void fork_one(unsigned number) {
    int status = 0;
    pid_t child = fork();
    if (child == 0) {
        fail(number);
        _exit(0);
    }
    while (child > 0 && waitpid(child, &status, 0) == -1 && errno == EINTR)
        ;
    if (child < 0 || status != 0)
        abort();
}

static void run_process(void) {
    struct sigaction action = {.sa_handler = handle, .sa_flags = SA_RESTART};
    sigaction(SIGALRM, &action, NULL);
    sigaction(SIGUSR1, &action, NULL);
    pthread_barrier_init(&all_there, NULL, threads + 1);
    for (size_t i = 0; i < threads; i++)
        if (pthread_create(&running[i], NULL, work, (void *)i) != 0)
            abort();
    pthread_barrier_wait(&all_there);
    for (unsigned number = 0; !is_over(); number++) {
        setitimer(ITIMER_REAL, &(struct itimerval){.it_value.tv_usec = 1 + number % 500}, NULL);
        fork_one(number);
        usleep(20000);
        if (!early && atomic_load(&warm) == threads && has_passed(seconds / 5)) {
            keep_largest(&shared->early_kib, resident_kib());
            atomic_store(&early, true);
        }
    }
    pthread_barrier_wait(&all_there);
    for (unsigned i = 0; i < threads; i++)
        pthread_join(running[i], NULL);
    keep_largest(&shared->late_kib, resident_kib());
}

int main(int count, char **arguments) {
    if (count != 4)
        return 2;
    seconds = atol(arguments[1]);
    unsigned processes = (unsigned)atoi(arguments[2]);
    threads = (unsigned)atoi(arguments[3]);
    shared = mmap(NULL, sizeof *shared, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    start = time(NULL);
    if (shared == MAP_FAILED || threads > MOST_THREADS)
        return 2;
    for (unsigned i = 0; i < processes; i++)
        if (fork() == 0) {
            run_process();
            _exit(0);
        }
    int status, worst = 0;
    while (wait(&status) > 0)
        worst |= status;
    printf("%lu %ld %ld\n", atomic_load(&shared->failed), atomic_load(&shared->early_kib),
           atomic_load(&shared->late_kib));
    return worst != 0;
}

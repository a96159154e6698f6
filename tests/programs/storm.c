/* SPDX-License-Identifier: MIT */
/*
 * storm DIRECTORY PROCESSES THREADS OPENS [same]
 *
 * Processes and threads that fail at once: thread t of process p opens
 * DIRECTORY/missing-p-t-i.png for i below OPENS, or always the same path. With one process it is
 * this one, and it ends by exit(); forked ones leave by _exit(), as workers do.
 */
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static const char *directory;
static int processes, threads, opens, same;
static pthread_barrier_t barrier;

struct place {
    int process, thread;
};

static void *fail(void *argument) {
    const struct place *place = argument;
    pthread_barrier_wait(&barrier);
    for (int i = 0; i < opens; i++) {
        char path[4096];
        if (same)
            snprintf(path, sizeof path, "%s/missing.png", directory);
        else
            snprintf(path, sizeof path, "%s/missing-%d-%d-%d.png", directory, place->process,
                     place->thread, i);
        if (open(path, O_RDONLY) != -1)
            abort();
    }
    return NULL;
}

static void run_threads(int process) {
    pthread_t running[64];
    struct place places[64];
    pthread_barrier_init(&barrier, NULL, (unsigned)threads);
    for (int i = 0; i < threads; i++) {
        places[i] = (struct place){process, i};
        if (pthread_create(&running[i], NULL, fail, &places[i]) != 0)
            abort();
    }
    for (int i = 0; i < threads; i++)
        pthread_join(running[i], NULL);
}

int main(int count, char **arguments) {
    if (count < 5)
        return 2;
    directory = arguments[1];
    processes = atoi(arguments[2]);
    threads = atoi(arguments[3]);
    opens = atoi(arguments[4]);
    same = count > 5;
    if (threads > 64)
        return 2;
    if (processes == 1) {
        run_threads(0);
        return 0;
    }
    for (int i = 0; i < processes; i++)
        if (fork() == 0) {
            run_threads(i);
            _exit(0);
        }
    int status, worst = 0;
    while (wait(&status) > 0)
        worst |= status;
    return worst != 0;
}

/* SPDX-License-Identifier: MIT */
#include "run.h"
#include "call.h"
#include "disk.h"
#include "examine.h"
#include "subject.h"
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

/* The child speaks one byte, the parent does what it says and answers one byte. */
enum message { WRITE_MAPS = 'm', REMOVE_CREATED = 'r' };

static void tell(int socket, enum message message) {
    char byte = (char)message;
    if (write(socket, &byte, 1) != 1 || read(socket, &byte, 1) != 1)
        _exit(2);
}

static void ask_for_maps(void *socket) {
    tell(*(int *)socket, WRITE_MAPS);
}

/* A dead directory lives just long enough to become the working directory. */
static bool enter(const struct scene *scene, int node) {
    struct scene living = *scene;
    bool dead = scene->nodes[node].dead;
    char path[PATH_BYTES];
    int plain = open(".", O_PATH | O_CLOEXEC);
    living.nodes[node].dead = false;
    node_path(scene, node, path, sizeof path);
    if (dead && (!disk_make(&living, node) || !disk_dress(&living, node)))
        return false;
    bool entered = plain >= 0 && chdir(path) == 0;
    int there = open(".", O_PATH | O_CLOEXEC);
    if (dead && fchdir(plain) == 0) {
        disk_unmake(scene, node);
        entered &= fchdir(there) == 0;
    }
    close(plain);
    close(there);
    return entered;
}

/* While the process is still root: a subject could not get at most of these. */
static bool open_bases(const struct scene *scene, const struct subject *subject,
                       const struct call *calls, unsigned count, int *bases) {
    char path[PATH_BYTES];
    for (unsigned i = 0; i < count; i++) {
        bases[i] = calls[i].directory == BAD_DESCRIPTOR ? 999 : AT_FDCWD;
        if (calls[i].directory < 0)
            continue;
        node_path(scene, calls[i].directory, path, sizeof path);
        bases[i] = open(path, (calls[i].directory_opath ? O_PATH : O_RDONLY) | O_CLOEXEC);
        if (bases[i] < 0)
            return false;
    }
    return enter(scene, subject->cwd);
}

static void child(const struct scene *scene, const struct subject *subject,
                  const struct call *calls, const struct expectation *expectations, unsigned count,
                  struct outcome *outcomes, int socket) {
    int bases[MOST_CALLS];
    if (!open_bases(scene, subject, calls, count, bases) ||
        !subject_become(subject, ask_for_maps, &socket))
        _exit(2);
    for (unsigned i = 0; i < count; i++) {
        struct outcome *outcome = &outcomes[i];
        outcome->error = call_perform(&calls[i], bases[i]);
        outcome->done = true;
        if (outcome->error == 0 && expectations[i].creates)
            tell(socket, REMOVE_CREATED);
        examine(&calls[i], bases[i], outcome->error ? outcome->error : EACCES, outcome);
    }
    _exit(0);
}

/* Serves the child until it closes its end. */
static void serve(const struct scene *scene, const struct subject *subject,
                  const struct expectation *expectations, const struct outcome *outcomes, pid_t pid,
                  int socket) {
    char byte;
    while (read(socket, &byte, 1) == 1) {
        if (byte == WRITE_MAPS && !subject_write_maps(subject, pid))
            break;
        if (byte == REMOVE_CREATED) {
            unsigned done = 0;
            while (done < MOST_CALLS && outcomes[done].done)
                done++;
            disk_remove_created(scene, expectations[done - 1].created);
        }
        if (write(socket, &byte, 1) != 1)
            break;
    }
}

bool run_calls(const struct scene *scene, const struct subject *subject, const struct call *calls,
               const struct expectation *expectations, unsigned count, struct outcome *outcomes) {
    static struct outcome *shared;
    int ends[2], status = 0;
    if (!shared)
        shared = mmap(NULL, MOST_CALLS * sizeof *shared, PROT_READ | PROT_WRITE,
                      MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (shared == MAP_FAILED || socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0)
        abort();
    memset(shared, 0, MOST_CALLS * sizeof *shared);
    disk_freeze(scene, true);
    pid_t pid = fork();
    if (pid == 0) {
        close(ends[0]);
        child(scene, subject, calls, expectations, count, shared, ends[1]);
    }
    close(ends[1]);
    serve(scene, subject, expectations, shared, pid, ends[0]);
    close(ends[0]);
    waitpid(pid, &status, 0);
    disk_freeze(scene, false);
    memcpy(outcomes, shared, count * sizeof *shared);
    if (WIFEXITED(status) && WEXITSTATUS(status) == 2) {
        fprintf(stderr, "property: a subject could not be made\n");
        return false;
    }
    return true;
}

/* SPDX-License-Identifier: MIT */
/* Where scenes lie: file systems and mounts in a mount namespace of our own. */
#ifndef PROPERTY_WORLD_H
#define PROPERTY_WORLD_H

#include "random.h"
#include "scene.h"

enum { MOST_PLACES = 8 };

struct world {
    char root[32]; /* where the tmpfs lies that becomes our root */
    char base[64]; /* of the places; every directory down to it is searchable by all */
    unsigned place_count;
    struct place places[MOST_PLACES];
    const char *plain[MOST_PLACES]; /* the same files without the place's restrictions */
    struct sysctls sysctls;         /* in force now */
};

/* Enters a mount namespace with a root of its own and makes the places in it: no case can touch
 * the machine's files, and all goes when the last process ends. What this machine cannot do is left
 * out, with a line on stderr. False: nothing could be made. */
bool world_open(struct world *world, unsigned workers);
/* Starts a scene in a place: the nodes from "/" to the worker's directory. */
void world_scene(const struct world *world, const struct place *place, unsigned worker,
                 struct scene *scene);
const struct place *world_any_place(const struct world *world, struct random *random);
/* Makes the plain view of the worker's directory the current one. */
bool world_enter(const struct world *world, const struct place *place, unsigned worker);

struct sysctls sysctls_read(void);
bool sysctls_equal(struct sysctls a, struct sysctls b);
/* The switches belong to the whole machine: waits until no other run of this test turns them, and
 * keeps others waiting until the process ends. For other tests: flock(1) on the first switch's file
 * in /proc/sys/fs, protected_symlinks. */
void sysctls_lock(void);
/* False, with a line on stderr, when they cannot be written. */
bool sysctls_write(struct sysctls sysctls);

#endif

/* SPDX-License-Identifier: MIT */
/* What each part of facts/ reads. All of it is safe in a signal handler and leaves no descriptor. */
#ifndef PERMSHIM_FACTS_COLLECT_H
#define PERMSHIM_FACTS_COLLECT_H

#include "base/arena.h"
#include "facts.h"

/* The credentials of the calling thread, from /proc/thread-self/status, or by system calls where
 * /proc is not mounted; credentials(7), user_namespaces(7). */
void identity_read(struct arena *arena, struct identity *identity);

/* Walks the path of `incident` as path_resolution(7) says, one O_PATH descriptor at a time, and stops
 * where the kernel stops. */
void walk_path(struct arena *arena, const struct incident *incident, struct walk *walk);

/* The access ACL of the object behind an O_PATH descriptor, acl(5). Ids are those of the caller's
 * user namespace. */
void acl_read(struct arena *arena, int descriptor, struct acl *acl);

/* Finds the mount of every component, in one pass over /proc/self/mountinfo. */
void mounts_read(struct arena *arena, struct component *components, size_t count);

/* What ACCESS_* a call with these flags needs on an object that exists; open(2). */
unsigned access_needed(int flags);

#endif

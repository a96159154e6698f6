/* SPDX-License-Identifier: MIT */
/* What each part of facts/ reads. All of it is safe in a signal handler and leaves no descriptor.
 */
#ifndef PERMSHIM_FACTS_COLLECT_H
#define PERMSHIM_FACTS_COLLECT_H

#include "base/arena.h"
#include "facts.h"

/* The credentials of the calling thread, from /proc/thread-self/status, or by system calls where
 * /proc is not mounted; credentials(7), user_namespaces(7). Before anything else of a report, since
 * it decides about sys_careful. False: nothing may be asked here, so there is no report. */
bool identity_read(struct arena *arena, struct identity *identity);

/* Where it happened: working directory, program, host. */
void place_read(struct arena *arena, struct facts *facts);

/* The environment as the program was given it: at most 32 KiB. */
void environment_read(struct arena *arena, struct facts *facts);

/* Walks the path of `incident` as path_resolution(7) says, one O_PATH descriptor at a time, and
 * stops where the kernel stops. */
void walk_path(struct arena *arena, const struct incident *incident, struct walk *walk);

/* Asks all there is to know about the object behind `descriptor` (an O_PATH one, or AT_FDCWD). */
void component_observe(struct arena *arena, int descriptor, struct component *component);

/* Adds to what the call needs of a component and asks the kernel about all of it by faccessat2(2),
 * as an open would be judged, with the effective and file system ids; or with the real ones, as
 * access(2) does. */
void component_need(int descriptor, struct component *component, unsigned access, bool real_ids);

/* The name under /proc by which an O_PATH descriptor, or AT_FDCWD, can be asked for attributes. */
enum { DESCRIPTOR_NAME_BYTES = 48 };
void descriptor_name(int descriptor, char name[DESCRIPTOR_NAME_BYTES]);

/* Whether `path` (a NUL behind it), by which the kernel calls what is behind `descriptor`, leads to
 * something else or nowhere, as it does where that lies under another mount, on a detached one, on
 * one that was unmounted while in use, or in another namespace. False also when it cannot be told,
 * and of what was removed. */
bool path_leads_elsewhere(struct arena *arena, struct slice path, int descriptor);

/* The access ACL of the object behind an O_PATH descriptor, acl(5). Ids are those of the caller's
 * user namespace. */
void acl_read(struct arena *arena, int descriptor, struct acl *acl);

/* Finds the mount of every component, in one pass over /proc/self/mountinfo. Of a path that is not
 * there it keeps the text for mounts_each(): the kernel takes long to write it. */
void mounts_read(struct arena *arena, struct walk *walk);

/* What else could have refused the call at component `culprit` (-1: none). Costs some system calls
 * more than the plain rule, so verdict_reach() has to ask for it. */
void surroundings_read(struct arena *arena, const struct incident *incident, struct facts *facts,
                       int culprit);

/* Asks SELinux about component `culprit` and AppArmor about the path: whether they let the thread
 * do what the call needs. Unknown where the thread may not write to the modules' own access files.
 */
void modules_ask(struct arena *arena, const struct incident *incident, const struct facts *facts,
                 int culprit, struct surroundings *surroundings);

/* The home directory of a user by the local passwd file; false when that has no such user, true
 * with an empty one when it cannot be read. */
bool accounts_find_home(struct arena *arena, struct slice user, struct slice *home);

/* Names for every id in `facts`, in one pass over /etc/passwd and one over /etc/group. */
void accounts_read(struct arena *arena, struct facts *facts);

/* Looks only for signs that the target of a dangling link belongs to another view of the file
 * system: sets `elsewhere` of the result. */
void neighbours_find_elsewhere(struct arena *arena, const struct incident *incident,
                               struct facts *facts, const struct component *link);

/* Sets meant_target of a dangling link. A few dozen calls of stat(2) at most. */
void link_find_meant(struct arena *arena, struct component *link);

/* Of a walk that was refused: sets has_account, and group_joinable of the components that refused:
 * the group file lists the thread's user in the owning group, yet the thread is not in it. */
void accounts_find_joinable(struct arena *arena, struct identity *identity, struct walk *walk);

/*
 * Looks for what was meant by a path that the walk did not find: exact probes of repaired paths
 * first, then directory listings. At most 2 ms of processor time, 20 ms in all (time in the
 * queue for a processor aside) and 20,000 names. Fills facts->neighbours; needs all that stands
 * before it in `facts`, and where it happened.
 */
void neighbours_find(struct arena *arena, const struct incident *incident, struct facts *facts);

/* What the first process sees where this one sees `component`, which stands on a mount. */
void outside_read(struct arena *arena, const struct component *component, struct outside *outside);

/* Calls `each` for every mount of this process until it returns false; mountinfo's order. The mount
 * lives until `each` returns. `text` is what mounts_read() kept; if it is empty the file is read.
 */
void mounts_each(struct arena *arena, struct slice text,
                 bool (*each)(void *context, const struct mount *mount), void *context);

/* What ACCESS_* a call with these flags needs on an object that exists; open(2). */
unsigned access_needed(int flags);

#endif

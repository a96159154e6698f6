/* SPDX-License-Identifier: MIT */
/* Puts a scene's tree on disk and takes it away again. Both work in the current directory, which is
 * the plain view of the directory that holds the scene's top, and need root. */
#ifndef PROPERTY_DISK_H
#define PROPERTY_DISK_H

#include "scene.h"

/* False, with a line on stderr, when the file system would not have it so. */
bool disk_build(const struct scene *scene);
void disk_remove(const struct scene *scene);
/* A read-only file system is writable but for the time of a call, and of a fix. */
void disk_freeze(const struct scene *scene, bool frozen);
/* Makes one node, which must not be there. Dead nodes are left out of all the others. */
bool disk_make(const struct scene *scene, int node);
void disk_unmake(const struct scene *scene, int node);
/* Puts owner, mode and ACLs of one node on disk again. */
bool disk_dress(const struct scene *scene, int node);
/* Reads modes, ids and ACLs back into the scene, the directory that holds the top included. */
bool disk_read(struct scene *scene);
/* Removes what a call made. `path` is absolute, as the scene's place shows it. */
void disk_remove_created(const struct scene *scene, const char *path);

#endif

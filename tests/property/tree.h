/* SPDX-License-Identifier: MIT */
/* Random trees, and the ids they and the subjects are drawn from. */
#ifndef PROPERTY_TREE_H
#define PROPERTY_TREE_H

#include "random.h"
#include "scene.h"

/* Few ids, so that owners, groups, ACL entries and subjects often meet. */
uid_t any_uid(struct random *random);
gid_t any_gid(struct random *random);

/* Fills the scene behind the nodes that lead to it (scene->top): the top directory and what it
 * holds. */
void tree_generate(struct random *random, struct scene *scene);

#endif

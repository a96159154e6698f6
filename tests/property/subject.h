/* SPDX-License-Identifier: MIT */
/* Who asks: credentials(7), capabilities(7), user_namespaces(7). */
#ifndef PROPERTY_SUBJECT_H
#define PROPERTY_SUBJECT_H

#include "random.h"
#include "scene.h"

void subject_generate(struct random *random, const struct scene *scene, struct subject *subject);

/*
 * Makes the calling process the subject, for good. Needs root; `mapped` is called in between, when
 * the process has entered its new user namespace and somebody else must write its maps. False, with
 * a line on stderr, when the kernel would not have it so.
 */
bool subject_become(const struct subject *subject, void (*mapped)(void *), void *context);

/* Writes the maps of the subject's user namespace for the process `pid`. */
bool subject_write_maps(const struct subject *subject, pid_t pid);

/* An id of the initial user namespace as the subject's namespace numbers it; UINT32_MAX: not there.
 */
uint32_t subject_inside(const struct ranges *map, uint32_t id);

/* Which capabilities root has here at all. */
uint64_t capabilities_available(void);

#endif

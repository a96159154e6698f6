/* SPDX-License-Identifier: MIT */
/* A subject's calls on a tree that stands on disk, each in turn, in a process of its own. */
#ifndef PROPERTY_RUN_H
#define PROPERTY_RUN_H

#include "scene.h"

enum { MOST_CALLS = 3 };

/*
 * Fills outcomes[0..count). Before each next call the tree is again as it was: what a call made is
 * removed. False, with a line on stderr, when the subject could not be made.
 */
bool run_calls(const struct scene *scene, const struct subject *subject, const struct call *calls,
               const struct expectation *expectations, unsigned count, struct outcome *outcomes);

#endif

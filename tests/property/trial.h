/* SPDX-License-Identifier: MIT */
/* One call of one subject on one tree, and all that is asked about it. */
#ifndef PROPERTY_TRIAL_H
#define PROPERTY_TRIAL_H

#include "judge.h"
#include "scene.h"

struct trial {
    struct scene scene;
    struct subject subject;
    struct call call;
    uint64_t index; /* of the case; seeds the witnesses */
};

/* What the checks met, for the closing lines. */
struct trial_counts {
    unsigned long progress, fixed, commands, unfixable, unreachable;
};

/*
 * The checks below need the tree on disk, and leave it as it was. `outcome` is of the call; with a
 * complaint it becomes that of the step that failed.
 */

/* With everything granted on the culprit alone, the call gets further. */
enum complaint trial_progress(const struct trial *trial, const struct expectation *expectation,
                              struct outcome *outcome, struct trial_counts *counts);
/* The commands of the fix, run as whom they say, end in an open that is not refused, and nobody
 * else gains. */
enum complaint trial_fix(const struct trial *trial, struct outcome *outcome,
                         struct trial_counts *counts);

/* Builds the tree, asks everything that a complaint like `wanted` needs, takes the tree away. */
enum complaint trial_run(const struct trial *trial, enum complaint wanted,
                         struct expectation *expectation, struct outcome *outcome);

#endif

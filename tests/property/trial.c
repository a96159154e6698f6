/* SPDX-License-Identifier: MIT */
#include "trial.h"
#include "disk.h"
#include "oracle.h"
#include "rights.h"
#include "run.h"
#include <errno.h>
#include <string.h>

/* Only what chmod can grant: what a mount or a sysctl refuses has no bits to set. */
static bool can_be_granted(const struct trial *trial, const struct expectation *expectation) {
    const struct scene *scene = &trial->scene;
    int node = expectation->culprit;
    return expectation->error == EACCES && node >= scene->top && expectation->needs != 0 &&
           !((expectation->needs & W) &&
             (seen_uid(scene, node) == UINT32_MAX || seen_gid(scene, node) == UINT32_MAX));
}

enum complaint trial_progress(const struct trial *trial, const struct expectation *expectation,
                              struct outcome *outcome, struct trial_counts *counts) {
    if (!can_be_granted(trial, expectation))
        return CONTENT;
    struct scene granted = trial->scene;
    struct node *culprit = &granted.nodes[expectation->culprit];
    struct expectation then;
    culprit->mode |= 0777;
    culprit->acl.count = 0;
    oracle_predict(&granted, &trial->subject, &trial->call, &then);
    bool ran = disk_dress(&granted, expectation->culprit) &&
               run_calls(&granted, &trial->subject, &trial->call, &then, 1, outcome);
    bool restored = disk_dress(&trial->scene, expectation->culprit);
    counts->progress++;
    if (!ran || !restored || outcome->error != then.error)
        return COMPLAINT_KERNEL;
    bool same = then.error == EACCES && then.culprit == expectation->culprit &&
                then.needs == expectation->needs;
    return same ? COMPLAINT_PROGRESS : CONTENT;
}

enum complaint trial_run(const struct trial *trial, enum complaint wanted,
                         struct expectation *expectation, struct outcome *outcome) {
    struct trial_counts counts = {0};
    enum complaint complaint = COMPLAINT_COUNT; /* could not be run: like no other */
    oracle_predict(&trial->scene, &trial->subject, &trial->call, expectation);
    if (disk_build(&trial->scene) &&
        run_calls(&trial->scene, &trial->subject, &trial->call, expectation, 1, outcome)) {
        complaint = judge(expectation, outcome);
        if (complaint == CONTENT && wanted == COMPLAINT_PROGRESS)
            complaint = trial_progress(trial, expectation, outcome, &counts);
        if (complaint == CONTENT && wanted >= COMPLAINT_FIX)
            complaint = trial_fix(trial, outcome, &counts);
    }
    disk_remove(&trial->scene);
    return complaint;
}

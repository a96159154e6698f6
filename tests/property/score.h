/* SPDX-License-Identifier: MIT */
/* What all workers count together, and which disagreements were shown already. */
#ifndef PROPERTY_SCORE_H
#define PROPERTY_SCORE_H

#include "trial.h"

enum { MOST_ERRORS = 134, MOST_SIGNATURES = 128, PROVED_CAUSES = 22 };

struct score {
    unsigned long trees, subjects, calls, broken;
    bool enough; /* all workers end */
    unsigned long errors[MOST_ERRORS];
    unsigned long causes[PROVED_CAUSES]; /* the kernel refused, oracle and library said why */
    unsigned long complaints[COMPLAINT_COUNT + 1];
    struct trial_counts checks;
    uint64_t signatures[MOST_SIGNATURES]; /* kinds of disagreement seen; 0: free */
};

/* Shared with the processes forked later; NULL when there is no memory. */
struct score *score_new(void);
void score_count(unsigned long *counter);
void score_checks(struct score *score, const struct trial_counts *counts);
/* True the first time a disagreement of this kind comes, while fewer than `most` kinds came. */
bool score_first(struct score *score, unsigned most, enum complaint complaint,
                 const struct expectation *expectation, const struct outcome *outcome);
/* A call that the kernel refused, and for which library and oracle name the same cause. */
void score_cause(struct score *score, const char *cause);
/* Prints the closing lines; returns how many disagreements there were. In a run of some size each
 * cause that has to come up and did not is one. */
unsigned long score_report(const struct score *score, uint64_t seed, double seconds);

#endif

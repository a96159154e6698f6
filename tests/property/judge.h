/* SPDX-License-Identifier: MIT */
/* Holds the outcome of a call against the oracle's expectation. */
#ifndef PROPERTY_JUDGE_H
#define PROPERTY_JUDGE_H

#include "scene.h"

enum complaint {
    CONTENT,
    COMPLAINT_KERNEL,    /* the kernel answered otherwise than the oracle */
    COMPLAINT_CRASH,     /* the library did not come back */
    COMPLAINT_BLAME,     /* the call is allowed, yet something is blamed */
    COMPLAINT_CAUSE,     /* another cause */
    COMPLAINT_CULPRIT,   /* another component */
    COMPLAINT_CERTAINTY, /* right, but not sure of it */
    COMPLAINT_CLASS,     /* right, but by another class of bits */
    COMPLAINT_UNASKED,   /* wrong where the kernel could not be asked: its answer hid that */
    COMPLAINT_RASH,      /* wrong and proven, though something could not be read */
    COMPLAINT_UNSURE,    /* less sure, though what could not be read does not matter */
    COMPLAINT_PROGRESS,  /* granting all on the culprit changes nothing */
    COMPLAINT_FIX,       /* the fix cannot be run, or does not help */
    COMPLAINT_LEAK,      /* the fix opens to others and does not say so */
    COMPLAINT_EXCESS,    /* the fix gives the subject what it did not need */
    COMPLAINT_COUNT      /* could not be run */
};

extern const char *const COMPLAINTS[COMPLAINT_COUNT + 1];

enum complaint judge(const struct expectation *expectation, const struct outcome *outcome);

/* Is the cause one of those that the oracle takes for right? */
bool judge_expects(const struct expectation *expectation, const char *cause);

/* "EACCES, dir-search or acl-mask at /a/b" */
void judge_expected(const struct expectation *expectation, char *text, size_t bytes);
void judge_actual(const struct outcome *outcome, char *text, size_t bytes);

/* The name of an errno value, "OK" for 0. */
const char *answer_name(int error);

#endif

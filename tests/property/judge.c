/* SPDX-License-Identifier: MIT */
#include "judge.h"
#include "examine.h"
#include <errno.h>
#include <stdio.h>
#include <string.h>

const char *const COMPLAINTS[COMPLAINT_COUNT + 1] = {
    "content",
    "the kernel's answer is not the oracle's",
    "the library crashed",
    "the call is allowed, yet something is blamed",
    "wrong cause",
    "wrong culprit",
    "right, but not proven",
    "granting everything on the culprit changes nothing",
    "the fix does not work",
    "the fix opens to others and does not say so",
    "the fix gives more than was needed",
    "could not be run",
};

const char *answer_name(int error) {
    const char *name = error ? strerrorname_np(error) : "OK";
    return name ? name : "?";
}

static bool blames_nobody(const struct outcome *outcome) {
    return strcmp(outcome->cause, "unseen") == 0 || strcmp(outcome->cause, "changed") == 0;
}

/* Only causes that the library has by now can be asked for. */
static bool can_be_told(const struct expectation *expectation) {
    for (unsigned i = 0; i < MOST_CAUSES && expectation->causes[i]; i++)
        if (examine_knows(expectation->causes[i]))
            return true;
    return false;
}

bool judge_expects(const struct expectation *expectation, const char *cause) {
    for (unsigned i = 0; i < MOST_CAUSES && expectation->causes[i]; i++)
        if (strcmp(expectation->causes[i], cause) == 0)
            return true;
    return false;
}

static bool is_sticky(const char *cause) {
    return strcmp(cause, "protected-symlink") == 0 || strcmp(cause, "protected-create") == 0;
}

enum complaint judge(const struct expectation *expectation, const struct outcome *outcome) {
    if (outcome->done && expectation->also && outcome->error == expectation->also)
        return CONTENT;
    if (!outcome->done || outcome->error != expectation->error)
        return COMPLAINT_KERNEL;
    if (!outcome->known)
        return CONTENT;
    if (!outcome->examined)
        return COMPLAINT_CRASH;
    if (expectation->lookalike && outcome->certainty != SURE_PROVEN)
        return CONTENT; /* nobody could tell; it does not claim to */
    if (expectation->error == 0)
        return blames_nobody(outcome) ? CONTENT : COMPLAINT_BLAME;
    if (!can_be_told(expectation))
        return CONTENT;
    if (expectation->guess && outcome->certainty == SURE_LIKELY &&
        strcmp(outcome->cause, "unmapped-owner") == 0)
        return CONTENT;
    /* A sticky directory whose owners cannot be told apart: which rule came first is a guess. */
    if (expectation->guess && outcome->certainty == SURE_LIKELY &&
        (is_sticky(outcome->cause) || judge_expects(expectation, "protected-symlink") ||
         judge_expects(expectation, "protected-create")))
        return CONTENT;
    if (!judge_expects(expectation, outcome->cause))
        return COMPLAINT_CAUSE;
    if (*expectation->culprit_path && strcmp(expectation->culprit_path, outcome->culprit) != 0)
        return COMPLAINT_CULPRIT;
    if (expectation->guess && outcome->certainty == SURE_LIKELY)
        return CONTENT;
    return outcome->certainty == SURE_PROVEN ? CONTENT : COMPLAINT_CERTAINTY;
}

void judge_expected(const struct expectation *expectation, char *text, size_t bytes) {
    size_t length = (size_t)snprintf(text, bytes, "%s", answer_name(expectation->error));
    for (unsigned i = 0; i < MOST_CAUSES && expectation->causes[i] && length < bytes; i++)
        length += (size_t)snprintf(text + length, bytes - length, "%s%s", i ? " or " : ", ",
                                   expectation->causes[i]);
    if (*expectation->culprit_path && length < bytes)
        snprintf(text + length, bytes - length, " at %s", expectation->culprit_path);
}

void judge_actual(const struct outcome *outcome, char *text, size_t bytes) {
    static const char *const sure[] = {"unknown", "likely", "proven"};
    size_t length = (size_t)snprintf(text, bytes, "%s",
                                     outcome->done ? answer_name(outcome->error) : "no answer");
    if (outcome->examined && length < bytes)
        snprintf(text + length, bytes - length, ", %s at %s (%s) %s", outcome->cause,
                 *outcome->culprit ? outcome->culprit : "nothing",
                 sure[(unsigned)outcome->certainty % 3], outcome->why);
}

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
    "right, but by another class of bits",
    "wrong where the kernel's own check cannot be asked",
    "wrong and proven where ACLs, groups or maps cannot be read",
    "not as sure without an ACL or groups that do not matter",
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

static bool blames_nobody(const char *cause) {
    return strcmp(cause, "unseen") == 0 || strcmp(cause, "changed") == 0;
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

static bool is_culprit(const struct expectation *expectation, const char *culprit) {
    return !*expectation->culprit_path || strcmp(expectation->culprit_path, culprit) == 0;
}

/* The whole verdict; what it says of less than all facts is judged below. */
static enum complaint judge_verdict(const struct expectation *expectation,
                                    const struct outcome *outcome) {
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
    if (expectation->unwalkable && outcome->certainty == SURE_UNKNOWN)
        return CONTENT; /* nothing can be seen */
    if (expectation->error == 0)
        return blames_nobody(outcome->cause) ? CONTENT : COMPLAINT_BLAME;
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
    if (!is_culprit(expectation, outcome->culprit))
        return COMPLAINT_CULPRIT;
    if (expectation->guess && outcome->certainty == SURE_LIKELY)
        return CONTENT;
    if (outcome->certainty != SURE_PROVEN)
        return COMPLAINT_CERTAINTY;
    bool class_told = !expectation->class || (strcmp(expectation->class, outcome->class) == 0 &&
                                              expectation->grants == outcome->grants);
    return class_told ? CONTENT : COMPLAINT_CLASS;
}

static bool is_right(const struct expectation *expectation, const struct view *view) {
    if (expectation->error == 0)
        return blames_nobody(view->cause);
    return judge_expects(expectation, view->cause) && is_culprit(expectation, view->culprit);
}

/* Is what was left out without any weight here? Then the verdict must not suffer. */
static bool is_moot(const struct expectation *expectation, enum view_kind kind) {
    if (expectation->error != EACCES || expectation->guess || expectation->lookalike)
        return false;
    return kind == VIEW_NO_ACL      ? expectation->acl_moot
           : kind == VIEW_NO_GROUPS ? expectation->groups_moot
                                    : false;
}

static enum complaint judge_view(const struct expectation *expectation, const struct outcome *whole,
                                 enum view_kind kind) {
    const struct view *view = &whole->views[kind];
    bool right = is_right(expectation, view);
    if (expectation->unwalkable && view->certainty == SURE_UNKNOWN)
        return CONTENT;
    if (is_moot(expectation, kind))
        return right && view->certainty == whole->certainty ? CONTENT : COMPLAINT_UNSURE;
    if (kind == VIEW_UNASKED || (kind == VIEW_NO_MAPS && expectation->error == 0))
        return right || expectation->vague || expectation->guess || expectation->lookalike
                   ? CONTENT
                   : COMPLAINT_UNASKED;
    return right || view->certainty != SURE_PROVEN ? CONTENT : COMPLAINT_RASH;
}

/* With less to go by it may be less sure, but not wrong. */
static enum complaint judge_views(const struct expectation *expectation,
                                  const struct outcome *outcome) {
    if (!outcome->known || (expectation->error != EACCES && expectation->error != 0) ||
        outcome->error != expectation->error)
        return CONTENT;
    bool told = expectation->error == 0 || can_be_told(expectation);
    enum complaint complaint = CONTENT;
    for (enum view_kind kind = 0; told && complaint == CONTENT && kind < VIEW_COUNT; kind++)
        complaint = judge_view(expectation, outcome, kind);
    return complaint;
}

enum complaint judge(const struct expectation *expectation, const struct outcome *outcome) {
    enum complaint complaint = judge_verdict(expectation, outcome);
    return complaint == CONTENT ? judge_views(expectation, outcome) : complaint;
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
    static const char *const views[] = {"without the kernel's check", "without ACLs",
                                        "without groups", "without maps"};
    size_t length = (size_t)snprintf(text, bytes, "%s",
                                     outcome->done ? answer_name(outcome->error) : "no answer");
    if (outcome->examined && length < bytes)
        snprintf(text + length, bytes - length, ", %s at %s (%s) %s", outcome->cause,
                 *outcome->culprit ? outcome->culprit : "nothing",
                 sure[(unsigned)outcome->certainty % 3], outcome->why);
    for (enum view_kind kind = 0; outcome->examined && kind < VIEW_COUNT; kind++) {
        const struct view *view = &outcome->views[kind];
        length = strlen(text);
        snprintf(text + length, bytes - length, "; %s: %s at %s (%s)", views[kind], view->cause,
                 view->culprit, sure[(unsigned)view->certainty % 3]);
    }
}

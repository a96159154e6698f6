/* SPDX-License-Identifier: MIT */
/* ENOENT with something near: which slip it was, by what the search found. */
#include "base/buffer.h"
#include "base/escape.h"
#include "slips/fold.h"
#include "verdict/trial.h"
#include <errno.h>

static const enum cause slip_causes[SLIP_COUNT] = {
    [SLIP_WHITESPACE] = CAUSE_stray_whitespace,
    [SLIP_QUOTES] = CAUSE_quotes,
    [SLIP_LINE] = CAUSE_list_line,
    [SLIP_UNEXPANDED] = CAUSE_unexpanded,
    [SLIP_WINDOWS] = CAUSE_windows_path,
    [SLIP_URI] = CAUSE_uri,
    [SLIP_BASE] = CAUSE_wrong_base,
    [SLIP_CASE] = CAUSE_letter_case,
    [SLIP_UNICODE] = CAUSE_unicode_form,
    [SLIP_EXTENSION] = CAUSE_extension,
    [SLIP_NUMBER] = CAUSE_numbering,
    [SLIP_TYPO] = CAUSE_typo,
};

/* ---- why, a clause for each slip ---- */

/* What stands around the path that the reader does not see, escaped. */
static void tell_whitespace(struct trial *trial, struct buffer *why) {
    struct slice path = slice_of(trial->incident->path);
    struct buffer trimmed = buffer_in(trial->arena, path.length);
    struct slice none = SLICE("");
    bool at_ends = slip_undo(SLIP_WHITESPACE, 0, path, none, &trimmed);
    size_t start = 0;
    while (at_ends && start + trimmed.length < path.length &&
           !slice_starts(slice_from(path, start), buffer_text(&trimmed)))
        start++;
    struct slice before = slice_first(path, start);
    struct slice behind = slice_from(path, start + trimmed.length);
    if (!at_ends) {
        buffer_slice(why, SLICE("there is a blank or invisible character in it"));
        return;
    }
    buffer_char(why, '"');
    escape_shown(why, slice_first(behind.length ? behind : before, 40), true);
    buffer_format(why, "\" stands at its %s%s", behind.length ? "end" : "start",
                  before.length && behind.length ? " (and more at its start)" : "");
}

static void tell_unexpanded(struct trial *trial, struct buffer *why) {
    static const char whose[][48] = {
        [SIGN_NONE] = "a shell expands it",
        [SIGN_TILDE] = "the shell expands it",
        [SIGN_VARIABLE] = "the shell expands it",
        [SIGN_BRACES] = "a format function fills it in",
        [SIGN_PRINTF] = "a format function fills it in",
        [SIGN_GLOB] = "the shell expands it",
        [SIGN_URL] = "a shell expands it",
        [SIGN_DRIVE] = "a shell expands it",
        [SIGN_NOTHING] = "programs write it for a value that is not set",
    };
    struct slice seen;
    enum slip_sign sign = slip_sign(slice_of(trial->incident->path), &seen);
    if (sign == SIGN_NONE)
        seen = SLICE("~");
    buffer_char(why, '"');
    escape_shown(why, slice_first(seen, 60), true);
    bool of_windows = sign == SIGN_VARIABLE && seen.data[0] == '%';
    bool of_bash = sign == SIGN_BRACES && slice_search(seen, "..");
    buffer_format(why, "\" is a name like others to open(2); %s",
                  of_windows ? "Windows expands it"
                  : of_bash  ? "bash expands it"
                             : whose[sign]);
    struct slice unset = trial->facts->neighbours.unset_variable;
    if (sign == SIGN_VARIABLE && !of_windows && unset.length > 0)
        buffer_format(why, ", and %.*s is not set here", (int)unset.length, unset.data);
}

static void tell_base(struct trial *trial, const struct neighbour *near, struct buffer *why) {
    static const char words[][40] = {
        [BASE_WORKING_DIRECTORY] = "the working directory",
        [BASE_ABOVE_WORKING_DIRECTORY] = "a directory above the working directory",
        [BASE_PROGRAM] = "the program's directory",
        [BASE_SCRIPT] = "the script's directory",
        [BASE_ABOVE_SCRIPT] = "a directory above the script's",
        [BASE_PWD] = "$PWD",
        [BASE_OLDPWD] = "$OLDPWD",
        [BASE_HOME] = "the home directory",
        [BASE_MOUNT] = "where that directory is mounted",
        [BASE_INSIDE] = "a directory in it",
        [BASE_UNJOINED] = "with a / between",
    };
    const struct walk *walk = &trial->facts->walk;
    if (trial->incident->path[0] != '/' && walk->count > 0)
        buffer_format(why, "relative to %s (where it starts) it does not exist",
                      quoted(trial->arena, walk->components[0].path).data);
    else
        buffer_slice(why, SLICE("from / on it does not exist"));
    if (near->base_kind != BASE_OF_CALL)
        buffer_format(why, ", under %s (%s) it does", quoted(trial->arena, near->base).data,
                      words[near->base_kind]);
    else
        buffer_format(why, ", as %s it does", quoted(trial->arena, near->path).data);
}

bool near_is_encoded(struct trial *trial, const struct neighbour *near) {
    enum { FOLDS = FOLD_CASE | FOLD_FORM | FOLD_LOOKS };
    struct slice asked = slice_of(trial->incident->path), there = near->path;
    uint32_t *a = ARENA_ARRAY(trial->arena, uint32_t, NAME_MOST_POINTS);
    uint32_t *b = ARENA_ARRAY(trial->arena, uint32_t, NAME_MOST_POINTS);
    if (utf8_valid(asked) != utf8_valid(there))
        return true;
    if (near->slips & ~(SLIP_BIT(SLIP_UNICODE) | SLIP_BIT(SLIP_BASE)) || !a || !b)
        return false;
    size_t count = fold_name(slice_basename(asked), FOLDS, a, NAME_MOST_POINTS);
    return count != fold_name(slice_basename(there), FOLDS, b, NAME_MOST_POINTS) ||
           memcmp(a, b, count * sizeof *a) != 0;
}

static void tell_slip(struct trial *trial, enum slip slip, const struct neighbour *near,
                      struct buffer *why) {
    static const char clauses[SLIP_COUNT][72] = {
        [SLIP_QUOTES] = "the quotation marks are part of the name that was asked for",
        [SLIP_LINE] = "other columns of the list stand beside the name",
        [SLIP_WINDOWS] = "here / separates names, and a backslash or drive letter does not",
        [SLIP_URI] = "open(2) takes no URI and decodes nothing",
        [SLIP_CASE] = "letter case counts here",
        [SLIP_UNICODE] = "the names look alike and are made of other bytes",
        [SLIP_EXTENSION] = "the suffix is another",
        [SLIP_NUMBER] = "the number is padded with zeros in another way",
    };
    if (slip == SLIP_WHITESPACE)
        tell_whitespace(trial, why);
    else if (slip == SLIP_UNEXPANDED)
        tell_unexpanded(trial, why);
    else if (slip == SLIP_BASE)
        tell_base(trial, near, why);
    else if (slip == SLIP_TYPO)
        buffer_format(why, "%u character%s different", near->edits,
                      near->edits == 1 ? " is" : "s are");
    else if (slip == SLIP_QUOTES && slip_is_printed(slice_of(trial->incident->path)))
        buffer_slice(why, SLICE("what str() or an f-string made of an object is part of the name"));
    else if (slip == SLIP_NUMBER &&
             name_has_fraction(slice_basename(slice_of(trial->incident->path))))
        buffer_slice(why, SLICE("the number is written as a float, with a fraction"));
    else if (slip == SLIP_UNICODE && near_is_encoded(trial, near))
        buffer_slice(why, SLICE("the same letters stand there in another character encoding"));
    else
        buffer_slice(why, slice_of(clauses[slip]));
}

static struct slice explain(struct trial *trial, const struct neighbour *near) {
    struct buffer why = buffer_in(trial->arena, 2048);
    for (enum slip slip = 0; slip < SLIP_COUNT; slip++)
        if (near->slips & SLIP_BIT(slip)) {
            if (why.length > 0)
                buffer_slice(&why, SLICE("; "));
            tell_slip(trial, slip, near, &why);
        }
    return buffer_text(&why);
}

/* "windows-path, letter-case" */
static struct slice difference(struct trial *trial, unsigned slips) {
    struct buffer words = buffer_in(trial->arena, 160);
    for (enum slip slip = 0; slip < SLIP_COUNT; slip++)
        if (slips & SLIP_BIT(slip))
            buffer_format(&words, "%s%s", words.length ? ", " : "", cause_word(slip_causes[slip]));
    return buffer_text(&words);
}

/* ---- the causes ---- */

static enum cause first_cause(struct trial *trial, const struct neighbour *near) {
    enum slip slip = 0;
    while (!(near->slips & SLIP_BIT(slip)))
        slip++;
    const struct facts *facts = trial->facts;
    bool whole_tree = facts->walk.count <= 3 || facts->neighbours.elsewhere == ELSEWHERE_HOST;
    /* All of it is there, below another start: the / is what is too many. */
    bool slash_alone = near->base_kind != BASE_OF_CALL && !near->unlikely;
    bool of_host = slip == SLIP_BASE && trial->incident->path[0] == '/' && !slash_alone &&
                   facts->identity.container.length > 0 && whole_tree;
    return of_host ? CAUSE_host_path : slip_causes[slip];
}

/* A guess, where letters or the suffix differ, or where only the end of the path is found. */
static enum certainty certainty_of(const struct neighbours *neighbours) {
    const struct neighbour *near = &neighbours->found[0];
    bool guessed = near->slips & (SLIP_BIT(SLIP_EXTENSION) | SLIP_BIT(SLIP_TYPO));
    return guessed || near->unlikely || neighbours->ties > 1 ? CERTAINTY_LIKELY : CERTAINTY_PROVEN;
}

/* What the process would meet on the suggested path. */
static void note_refused(struct trial *trial) {
    const struct neighbours *neighbours = &trial->facts->neighbours;
    struct facts *facts = ARENA_NEW(trial->arena, struct facts);
    struct incident *incident = ARENA_NEW(trial->arena, struct incident);
    struct verdict *verdict = ARENA_NEW(trial->arena, struct verdict);
    if (neighbours->found[0].kernel_answer != EACCES)
        return;
    if (!neighbours->refused || !facts || !incident || !verdict) {
        add_note(trial, "it is there, but this process may not open it either");
        return;
    }
    *facts = (struct facts){.identity = trial->facts->identity, .walk = *neighbours->refused};
    *incident = *trial->incident;
    incident->error = EACCES;
    verdict_reach(trial->arena, incident, facts, verdict);
    add_note(trial, "that one would be refused: %.*s [%s]", (int)verdict->summary.length,
             verdict->summary.data, cause_word(verdict->cause));
}

/* The first, and those that are like the first in everything. */
static void suggest(struct trial *trial, const struct neighbour *first) {
    const struct neighbours *neighbours = &trial->facts->neighbours;
    struct verdict *verdict = trial->verdict;
    for (size_t i = 0;
         i < neighbours->count && verdict->suggestion_count < VERDICT_MOST_SUGGESTIONS; i++) {
        const struct neighbour *near = &neighbours->found[i];
        if (near->slips == neighbours->found[0].slips && near->edits == first->edits)
            verdict->suggestions[verdict->suggestion_count++] =
                (struct suggestion){near->path, difference(trial, first->slips)};
    }
}

static enum slip slip_of_sign(enum slip_sign sign) {
    return sign == SIGN_URL ? SLIP_URI : sign == SIGN_DRIVE ? SLIP_WINDOWS : SLIP_UNEXPANDED;
}

static bool is_pattern(enum slip_sign sign) {
    return sign == SIGN_BRACES || sign == SIGN_PRINTF || sign == SIGN_GLOB;
}

static bool judge_found(struct trial *trial, int absent) {
    const struct neighbours *neighbours = &trial->facts->neighbours;
    if (neighbours->count == 0)
        return false;
    struct neighbour first = neighbours->found[0];
    struct slice seen;
    enum slip_sign sign = slip_sign(slice_of(trial->incident->path), &seen);
    if (is_pattern(sign) && first.slips & SLIP_BIT(SLIP_TYPO))
        return false;
    if (neighbours->ties > VERDICT_MOST_SUGGESTIONS) {
        add_note(trial, "%s%zu names there are equally near: none is suggested",
                 neighbours->ties == NEIGHBOURS_MOST ? "at least " : "", neighbours->ties);
        return false;
    }
    if (sign == SIGN_VARIABLE && first.slips & SLIP_BIT(SLIP_TYPO)) /* "$DATA" is no "data" */
        first.slips = (first.slips & ~SLIP_BIT(SLIP_TYPO)) | SLIP_BIT(SLIP_UNEXPANDED);
    /* The end of the path was found, and what stands before it is what nobody expanded. */
    if (sign != SIGN_NONE && first.unlikely && first.slips & SLIP_BIT(SLIP_BASE))
        first.slips |= SLIP_BIT(slip_of_sign(sign));
    conclude(trial, first_cause(trial, &first), certainty_of(neighbours), absent, NULL);
    trial->verdict->why = explain(trial, &first);
    suggest(trial, &first);
    fix_near(trial, &first);
    note_refused(trial);
    return true;
}

/* Does the sign stand behind a directory that is missing? Expanding it would not bring that back,
 * and with O_CREAT any name would do. */
static bool is_behind_missing(struct trial *trial, enum slip_sign sign, struct slice seen) {
    const struct walk *walk = &trial->facts->walk;
    struct slice path = slice_of(trial->incident->path);
    return (is_pattern(sign) || walk->creates) &&
           seen.data >= path.data + path.length - walk->missing.length;
}

/* The path itself shows that a step was left out, though nothing was found behind it. */
static bool judge_sign(struct trial *trial, int absent) {
    struct slice seen;
    enum slip_sign sign = slip_sign(slice_of(trial->incident->path), &seen);
    struct neighbour nothing = {0};
    struct buffer why = buffer_in(trial->arena, 400);
    enum slip slip = slip_of_sign(sign);
    if (sign == SIGN_NONE)
        return false;
    if (is_behind_missing(trial, sign, seen)) {
        add_note(trial, "%s behind it is a name like others to open(2): nobody expanded it",
                 quoted(trial->arena, slice_first(seen, 60)).data);
        return false;
    }
    nothing.slips = SLIP_BIT(slip);
    conclude(trial, slip_causes[slip], CERTAINTY_LIKELY, absent, NULL);
    tell_slip(trial, slip, &nothing, &why);
    if (!is_pattern(sign)) /* whether a name fits one was not looked for */
        buffer_slice(&why, SLICE("; nothing was found in its place"));
    else if (trial->facts->neighbours.held.empty)
        buffer_slice(&why, SLICE("; the directory is empty"));
    else
        note_held(trial);
    trial->verdict->why = buffer_text(&why);
    fix_near(trial, &nothing);
    return true;
}

static bool judge_range(struct trial *trial, int absent) {
    const struct neighbours *neighbours = &trial->facts->neighbours;
    const struct number_range *range = &neighbours->range;
    if (range->count == 0 || neighbours->count > 0)
        return false;
    conclude(trial, CAUSE_numbering, CERTAINTY_PROVEN, absent, NULL);
    struct slice first = quoted(trial->arena, range->first);
    struct slice last = quoted(trial->arena, range->last);
    if (range->count == 1)
        trial->verdict->why = arena_format(
            trial->arena, "the directory holds %s; a number is not guessed", first.data);
    else
        trial->verdict->why = arena_format(
            trial->arena, "the directory holds %s%zu such names, %s to %s; a number is not guessed",
            neighbours->names_left ? "at least " : "", range->count, first.data, last.data);
    add_advice(trial, SLICE("correct the number: see where the count starts and where it ends"));
    return true;
}

bool tell_elsewhere(struct trial *trial, struct told_elsewhere *told) {
    const struct neighbours *neighbours = &trial->facts->neighbours;
    const char *sign = quoted(trial->arena, neighbours->elsewhere_sign).data;
    switch (neighbours->elsewhere) {
    case ELSEWHERE_NONE:
        return false;
    case ELSEWHERE_HOST:
        told->cause = CAUSE_host_path;
        told->why = arena_format(trial->arena,
                                 "this is a container (%s), which has its own root directory; "
                                 "nothing is mounted there",
                                 sign);
        told->advice = SLICE("mount the directory into the container at the same path (docker "
                             "run -v DIR:DIR), or pass the path that the container has");
        return true;
    case ELSEWHERE_PRIVATE:
        told->cause = CAUSE_private_view;
        told->why = arena_format(
            trial->arena, "%s is a private view of this process: others' files there are not seen",
            sign);
        told->advice = SLICE("put the file where both see it, or let it be seen here: "
                             "BindReadOnlyPaths= in a service's unit, --ro-bind of bwrap");
        return true;
    case ELSEWHERE_NOT_MOUNTED:
        told->cause = CAUSE_not_mounted;
        told->why = arena_format(trial->arena,
                                 "%s is a place for a mount, and nothing is mounted there", sign);
        told->advice = SLICE("mount it, or attach the disk; findmnt shows what is mounted");
        return true;
    }
    return false;
}

static bool judge_elsewhere(struct trial *trial, int absent) {
    struct told_elsewhere told;
    if (!tell_elsewhere(trial, &told))
        return false;
    conclude(trial, told.cause, CERTAINTY_LIKELY, absent, NULL);
    trial->verdict->why = told.why;
    add_advice(trial, told.advice);
    return true;
}

/* With O_CREAT only the directory is missed: that is a cause of its own, unless the text itself is
 * wrong. */
static bool judge_creation(struct trial *trial, int absent) {
    const struct neighbours *neighbours = &trial->facts->neighbours;
    unsigned textual = SLIP_BIT(SLIP_URI + 1) - 1;
    if (neighbours->count > 0 && neighbours->found[0].slips & textual)
        return judge_found(trial, absent);
    return judge_sign(trial, absent);
}

bool judge_near(struct trial *trial, int absent) {
    bool judged;
    if (!trial->facts->neighbours.sought)
        return false;
    if (trial->facts->walk.creates)
        judged = judge_creation(trial, absent);
    else
        judged = judge_found(trial, absent) || judge_sign(trial, absent) ||
                 judge_range(trial, absent) || judge_elsewhere(trial, absent);
    if (judged)
        note_search(trial);
    return judged;
}

void suggest_near(struct trial *trial) {
    const struct neighbours *neighbours = &trial->facts->neighbours;
    if (neighbours->count == 0 || neighbours->ties > VERDICT_MOST_SUGGESTIONS)
        return;
    suggest(trial, &neighbours->found[0]);
    fix_by_path(trial);
}

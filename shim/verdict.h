/* SPDX-License-Identifier: MIT */
/* What the facts mean: a cause, who is to blame, how sure, and the least that mends it. */
#ifndef PERMSHIM_VERDICT_H
#define PERMSHIM_VERDICT_H

#include "base/arena.h"
#include "facts.h"

enum cause {
#define CAUSE(id, word, says, page) CAUSE_##id,
#include "verdict/causes.def"
#undef CAUSE
    CAUSE_COUNT
};

enum certainty { CERTAINTY_UNKNOWN, CERTAINTY_LIKELY, CERTAINTY_PROVEN };

/* Which rule of path_resolution(7) and acl(5) decided at a component. */
enum access_class {
    CLASS_NONE,
    CLASS_OWNER,
    CLASS_ACL_USER,
    CLASS_ACL_GROUP,
    CLASS_GROUP,
    CLASS_OTHER,
    CLASS_CAPABILITY,
};

enum component_verdict {
    COMPONENT_OK,
    COMPONENT_DENIED,
    COMPONENT_MISSING,
    COMPONENT_UNREACHED,
    COMPONENT_UNKNOWN,
};

/* Judgement of one component of the walk, at the same index. */
struct judgement {
    enum component_verdict verdict;
    enum access_class class;
    unsigned granted; /* ACCESS_* that the deciding class gives */
};

enum {
    FIX_MOST_ARGUMENTS = 8,
    VERDICT_MOST_FIXES = 3,
    VERDICT_MOST_NOTES = 5,
    VERDICT_MOST_SUGGESTIONS = 3
};

/* Who may run a fix. */
enum run_as { RUN_AS_SELF = 1, RUN_AS_OWNER = 2, RUN_AS_ROOT = 4 };

/* Either a command (argument_count > 0), or, where no command here can help, advice in words. */
struct fix {
    struct slice arguments[FIX_MOST_ARGUMENTS];
    size_t argument_count;
    unsigned run_as;     /* RUN_AS_*; of a command */
    struct slice grants; /* "uid 1001: search" */
    struct slice effect; /* the same as a sentence's end: "lets uid 1001 pass" */
    struct slice advice; /* of a fix without a command */
    bool opens_to_more;  /* others gain by it, and `grants` says so */
};

struct suggestion {
    struct slice path;       /* absolute, exists */
    struct slice difference; /* "letter-case" */
};

enum { NO_CULPRIT = -1 };

struct verdict {
    enum cause cause;
    enum certainty certainty;
    int culprit;          /* index into the walk, or NO_CULPRIT */
    bool asks_for_more;   /* facts.surroundings may tell more, and nobody asked for them yet */
    struct slice summary; /* behind "cannot read 'PATH': " */
    struct slice why;     /* the rule that decided, with its numbers */
    struct slice notes[VERDICT_MOST_NOTES];
    size_t note_count;
    struct fix fixes[VERDICT_MOST_FIXES];
    size_t fix_count;
    struct suggestion suggestions[VERDICT_MOST_SUGGESTIONS];
    size_t suggestion_count;
    const struct judgement *judgements; /* one for each component of the walk; NULL: no memory */
};

/* The judgement of one component. */
static inline const struct judgement *verdict_judgement(const struct verdict *verdict, size_t at) {
    static const struct judgement none = {.verdict = COMPONENT_UNKNOWN};
    return verdict->judgements ? &verdict->judgements[at] : &none;
}

/* The stable word of a cause, "dir-search". */
const char *cause_word(enum cause cause);

/*
 * Judges the facts of `incident`. Pure: no system call, no clock, no global. Everything it makes
 * lives in `arena`. With a full arena texts come out shorter; the cause stays right,
 * or is `unseen` where there is no room for the judgements.
 */
void verdict_reach(struct arena *arena, const struct incident *incident, const struct facts *facts,
                   struct verdict *verdict);

#endif

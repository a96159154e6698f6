/* SPDX-License-Identifier: MIT */
/* How alike a name of a directory is to one that was asked for. Pure; safe in a signal handler. */
#ifndef PERMSHIM_SLIPS_LIKENESS_H
#define PERMSHIM_SLIPS_LIKENESS_H

#include "slips/fold.h"
#include "slips/slip.h"

/* A name in the form in which names are compared. */
struct folded {
    uint32_t points[NAME_MOST_POINTS];
    size_t count, stem; /* the suffix begins at points[stem] */
    uint64_t letters;   /* bit N: a letter whose number is N modulo 64 is in the stem */
    uint64_t digits;    /* a hash of the numbers in the stem, without their padding */
    size_t skeleton;    /* length of the stem with each number as one place */
};

struct wanted {
    struct slice name;
    struct folded folded;
    char lower[256]; /* the name in lower case, when all of it is ASCII */
    bool ascii;
    uint64_t whole_letters; /* as folded.letters, of the whole name */
    bool last;              /* the last name of its path: it may get another suffix */
    unsigned edits;         /* how many typing errors are believed; 0 for short names */
};

enum likeness_kind {
    LIKENESS_NONE,
    LIKENESS_NEAR,         /* `slips` and `edits` tell all that is different */
    LIKENESS_OTHER_NUMBER, /* nothing is different but numbers: never guessed */
};

struct likeness {
    enum likeness_kind kind;
    unsigned slips;    /* SLIP_BIT */
    unsigned edits;    /* of SLIP_TYPO */
    unsigned unlikely; /* to rank equal numbers of edits: 0 is likeliest */
};

/* Prepares a name to be looked for; false when it is empty or too long. */
bool likeness_want(struct slice name, bool last, struct wanted *wanted);

/* Compares one name with it. `scratch` is for the function's own use. */
struct likeness likeness_of(const struct wanted *wanted, struct slice name, struct folded *scratch);

/* Orders names by the numbers in them: negative, 0 or positive. */
int name_order(struct slice a, struct slice b);

#endif

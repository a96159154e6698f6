/* SPDX-License-Identifier: MIT */
/* One search for the file that was meant: its budget, and where its findings go. All of it is safe
 * in a signal handler. */
#ifndef PERMSHIM_FACTS_SEARCH_H
#define PERMSHIM_FACTS_SEARCH_H

#include "facts/collect.h"
#include "slips/likeness.h"

/* A directory that a path may have been meant to start in. */
struct place {
    enum base_kind kind;
    struct slice directory; /* absolute; empty with BASE_OF_CALL */
};

enum { SEARCH_MOST_PLACES = 16, SEARCH_ABSENT_SLOTS = 256, SEARCH_ENTRIES_BYTES = 32768 };

/* What was changed on the way to a path. */
struct change {
    unsigned slips, edits, unlikely;
    const struct place *place;
};

/* The names of a directory that are most like the one wanted. */
enum { LIKE_MOST = 6 };
struct like {
    struct slice name;
    struct likeness likeness;
};
struct like_names {
    struct like names[LIKE_MOST];
    size_t count;
    bool cut; /* there are names that were not looked at */
};

/* How long one search may take. Constant in the library; a test of what is found lifts it, so that
 * a slow machine does not decide the answer. */
extern struct search_budget {
    uint64_t processor_ns; /* of the calling thread */
    uint64_t wall_ns;      /* with a disk or server that lets us wait; not with
                              others on the processor */
} search_budget;

struct search {
    struct arena *arena;
    const struct incident *incident;
    const struct facts *facts; /* but for the neighbours, which are `result` */
    struct neighbours *result;
    bool wants_directory;
    struct place places[SEARCH_MOST_PLACES]; /* the first is where the call started */
    size_t place_count;
    struct neighbour found[NEIGHBOURS_MOST];
    struct stat found_status[NEIGHBOURS_MOST];
    struct buffer path;      /* the path that is being probed or repaired */
    struct buffer candidate; /* a name that is being made */
    struct wanted wanted;
    struct folded folded; /* scratch of likeness_of() */
    char *entries;        /* scratch of getdents64(2) */
    size_t entries_left;
    /* When scratch holds all the names of a directory: how many bytes, and the hash of the path
     * that it was asked by; 0: it holds no such thing. */
    size_t whole_bytes;
    uint64_t whole_directory;
    uint64_t start_ns, processor_end_ns, end_ns;
    long sleeps;    /* of the thread, when it began; -1: unknown */
    unsigned calls; /* system calls made, roughly */
    /* Hashes of paths that are not there: each stage asks for many that one before it asked for. */
    uint64_t absent[SEARCH_ABSENT_SLOTS];
};

/* Starts the clock and makes room; false when the arena is full. */
bool search_start(struct search *search);

/* Whether there is time left for a system call; asks the clock at every 16th only. */
bool search_has_time(struct search *search);

/* The same, asking the clock. */
bool search_ask_clock(struct search *search);

/* The directory to give to an *at call together with search->path. */
int search_directory(const struct search *search);

/* Begins search->path anew with a directory; empty: where the call started. */
void search_enter(struct search *search, struct slice directory);

/* Adds a name or a path behind a slash; false when it does not fit. */
bool search_append(struct search *search, struct slice text);

/* Whether search->path is there. */
bool search_exists(struct search *search, struct stat *status);

/* Puts search->path, whose status is given, among the findings, when it is of the kind wanted. */
void search_offer(struct search *search, const struct stat *status, const struct change *change);

/* A hash of search->path, never 0. */
uint64_t search_path_hash(const struct search *search);

/* How far a path is from what was asked for: fewer and likelier changes are nearer. */
unsigned search_cost(unsigned slips, unsigned edits);

/* ---- listing.c ---- */

/* Whether the directory search->path may hold a name that name_variant() makes of `name`. A small
 * one is read for it: each name that is asked for and not there costs the kernel more than many
 * that are listed. Not a large one, nor where a directory may have names that it does not list. */
bool search_may_vary(struct search *search, struct slice name);

/* Looks through the directory search->path for names like `name`. Notes the range of numbers. */
void search_list(struct search *search, struct slice name, bool last, struct like_names *like);

/* The directories, and links that may lead to one, in the directory search->path; of which, unless
 * it is empty, `start_of` has the name at its start. 0 also when there are more than `most`. */
size_t search_directories(struct search *search, struct slice start_of, struct slice *names,
                          size_t most);

/* Whether the directory search->path was read through and holds no name. */
bool search_is_empty(struct search *search);

/* Notes what the directory holds in which the path's first missing name was looked up: directories
 * where one is missing, else images, or whatever is there where no image is. */
void search_held(struct search *search);

/* Puts a name into the range of numbers. */
void search_note_number(struct search *search, struct slice name);

/* ---- numbers.c ---- */

/* Finds names in the directory search->path that differ from `name` in the last number only, by
 * exact probes, and notes the range. */
void search_numbers(struct search *search, struct slice name);

/* ---- bases.c ---- */

/* Fills search->places. */
void search_find_places(struct search *search);

/* ---- repair.c ---- */

enum listing {
    LIST_NEVER, /* exact probes only */
    LIST_BELOW, /* directories that were found under their right name */
    LIST_ALWAYS,
};

/* Finds `rest` below the place with names put right one by one. LIST_NEVER sets *dead_end to
 * whether no likely variant is there of the name where the way ends; the others need that of the
 * same place and path, so as not to ask again. */
void search_repair(struct search *search, const struct place *place, struct slice rest,
                   const struct change *change, enum listing listing, bool *dead_end);

/* ---- elsewhere.c ---- */

/* Looks for signs of a host's path, a private view, a missing mount. */
void search_elsewhere(struct search *search);

#endif

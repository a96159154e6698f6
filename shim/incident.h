/* SPDX-License-Identifier: MIT */
/* One failed call, and the road from it to a report. */
#ifndef PERMSHIM_INCIDENT_H
#define PERMSHIM_INCIDENT_H

#include "base/enter.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct arena;
struct facts;
struct verdict;

/* The groups of calls that PERMSHIM_CALLS chooses from. */
enum call_group { GROUP_OPEN = 1, GROUP_DIR = 2, GROUP_PROBE = 4 };

/* The callee-saved registers of x86-64 as they stand right after the call to incident_enter
 * returns: where unwinding starts. base/enter.S knows the order. */
struct registers {
    uintptr_t rip, rsp, rbx, rbp, r12, r13, r14, r15;
};

/* What a call wanted to do is told in one of these forms; exports.def says which. */
enum how_kind {
    HOW_FLAGS,   /* a number of O_* flags */
    HOW_MODE,    /* a pointer to fopen's mode string */
    HOW_STRUCT,  /* a pointer to a struct open_how, openat2(2) */
    HOW_LIST,    /* access(2) bits wanted of a directory */
    HOW_STAT,    /* AT_* flags of a call that wants no more than the status */
    HOW_ACCESS,  /* access(2) bits and AT_* flags; with the real ids unless AT_EACCESS is there */
    HOW_RESOLVE, /* AT_* flags of a call that wants to know where a name leads */
};

/* What a wrapper knows at compile time about a call that failed. Here as in other tables short text
 * stands in an array: a pointer is one more for the loader to relocate in each process. */
struct failed_call {
    char function[24]; /* the wrapped name, "open64" */
    enum call_group group;
    enum how_kind how_kind;
    bool returns_pointer;
};

/*
 * What every wrapper calls when the next definition failed, with errno as that left it and dirfd or
 * AT_FDCWD in `directory`; errno is the same afterwards. Most calls end here, after a look at errno
 * and at the path's end. Safe wherever the wrapped call is: in a signal handler, before
 * constructors, in a vfork child.
 */
void call_failed(const struct failed_call *call, int directory, const char *path, uintptr_t how);

struct incident {
    const char *function; /* the wrapped name, "open64" */
    enum call_group group;
    enum how_kind how_kind;
    const char *path; /* readable: the kernel read it, or memory_readable() said so */
    int directory;    /* dirfd, or AT_FDCWD */
    int flags;        /* O_*; fopen's mode already translated; O_PATH where nothing is opened */
    uint64_t resolve; /* openat2's RESOLVE_*; else 0 */
    unsigned wanted;  /* access(2) bits wanted beside those of `flags` */
    bool real_ids;    /* access(2): judged by the real ids, not by the effective ones */
    int error;        /* errno of the failed call */
    bool null_result; /* it returned NULL, not -1 */
    const struct registers *registers; /* NULL: no frames */
};

/*
 * Collects the facts of `incident` and judges them: the middle of the road, without guard, tally
 * and output. Everything lives in `arena`. Opens descriptors and closes them again. Safe in a
 * signal handler. Used by the report and by the property test. False: nothing may be asked here.
 */
bool incident_examine(struct arena *arena, const struct incident *incident, struct facts *facts,
                      struct verdict *verdict);

/*
 * Looks for what only a report needs, and judges again: the file that was meant, when the verdict
 * is that it or its directory is not there; $HOME, when access was denied. The dearest part of a
 * report (neighbours_find() tells its bounds). Needs facts->executable and
 * facts->working_directory.
 */
void incident_search(struct arena *arena, const struct incident *incident, struct facts *facts,
                     struct verdict *verdict);

/* Reports one failed call. `registers` are the wrapper's own, or NULL. */
void incident_report(const struct incident *incident, const struct registers *registers);

/* Says the counts that no report has told of; called when the process ends. */
void incident_summary(void);

/* incident_report() with the registers of the wrapper that calls this. */
static inline void incident_enter(const struct incident *incident) {
    enter_with_registers(incident, incident_report);
}

#endif

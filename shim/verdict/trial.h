/* SPDX-License-Identifier: MIT */
/* What the parts of verdict/ share while they judge one incident. All of it is pure but for what it
 * adds to the trial, and safe in a signal handler. */
#ifndef PERMSHIM_VERDICT_TRIAL_H
#define PERMSHIM_VERDICT_TRIAL_H

#include "verdict.h"
#include "verdict/access.h"

struct trial {
    struct arena *arena;
    const struct incident *incident;
    const struct facts *facts;
    struct verdict *verdict;
    struct judgement *judgements; /* one for each component */
    bool walked_as_another; /* the path was walked with other rights than the call was judged by */
};

/* Where the kernel said no, and what the plain rule and the kernel's own check say there. */
struct suspicion {
    int at;                      /* the component, or NO_CULPRIT */
    int kernel;                  /* EACCES, 0 or ANSWER_UNKNOWN */
    const struct access *access; /* NULL with NO_CULPRIT */
};

/* EACCES to a cause, with its why and fixes. */
void judge_denied(struct trial *trial);

/* The causes of EACCES beside the plain rule. Each concludes and returns true when it is its case.
 */
bool judge_protected_symlink(struct trial *trial, bool guess);
bool judge_protected_create(struct trial *trial, bool guess);

/* Whether one of these two rules would come before the cause that was concluded, if owners that
 * look alike here are not the same: then that cause is not proven. */
bool sticky_may_come_first(struct trial *trial);

bool judge_nodev(struct trial *trial);
bool judge_noexec(struct trial *trial);
bool judge_proc_guard(struct trial *trial, int suspect);

/* Whether the path leads through a /proc that hides the processes of others: proc(5), hidepid=. */
bool proc_hides(const struct trial *trial);

bool judge_kernels_own(struct trial *trial, const struct suspicion *suspicion);
bool judge_fuse_private(struct trial *trial, const struct suspicion *suspicion);
bool judge_mount_mask(struct trial *trial, const struct suspicion *suspicion);
bool judge_nfs_server(struct trial *trial, const struct suspicion *suspicion);
bool judge_smb_server(struct trial *trial, const struct suspicion *suspicion);
bool judge_modules(struct trial *trial, const struct suspicion *suspicion);

/* What is left: a change meanwhile, or candidates with their evidence. */
void judge_unseen(struct trial *trial, const struct suspicion *suspicion);

/* Any other errno to a cause: the neighbours of EACCES and ENOENT. */
void judge_other(struct trial *trial);

/* ENOENT to a cause, with its why and fixes. */
void judge_missing(struct trial *trial);

/* ENOENT to one of the causes that tell what was meant, by facts->neighbours; false, with nothing
 * concluded, when nothing tells it. `absent` is the index of the first missing component. */
bool judge_near(struct trial *trial, int absent);

/* The cause, why and advice of a path that belongs to another view of the file system, by
 * facts->neighbours; false when nothing says so. */
struct told_elsewhere {
    enum cause cause;
    struct slice why, advice;
};
bool tell_elsewhere(struct trial *trial, struct told_elsewhere *told);

/* Adds the ways to what `judge_near` found and to the habit that made the slip. */
void fix_near(struct trial *trial, const struct neighbour *nearest);

/* Whether the names differ by their encoding, not by their Unicode form. */
bool near_is_encoded(struct trial *trial, const struct neighbour *near);

/* Adds what was found as suggestions, whatever the cause: `fix_by_path` says them. */
void suggest_near(struct trial *trial);
void fix_by_path(struct trial *trial);

/* Notes what the directory holds in place of the missing name: the reader sees at once which one
 * was meant. Nothing where that was not read, or where the call would have made the name. */
void note_held(struct trial *trial);

/* Says which limits the search for a near name met. */
void note_search(struct trial *trial);

/* The least fix for `access->missing` at component `culprit`: commands where they help. */
void fix_denied(struct trial *trial, int culprit, const struct access *access);

/* What helps in a container, a user namespace or a service's sandbox. True: nothing else does. */
bool fix_by_world(struct trial *trial, int culprit, const struct access *access);

/* Whether nobody can write on it: the mount or all of its file system is read-only. */
bool mount_is_read_only(const struct mount *mount);

/* Whether nobody could mount it otherwise: squashfs, a CD, an overlay without an upper layer. */
bool mount_is_made_read_only(const struct mount *mount);

bool mount_is_proc(const struct mount *mount);

/* Whether the kernel alone makes files on it: procfs, sysfs … And what to do then. */
bool mount_is_made_by_kernel(const struct mount *mount);
struct slice advice_on_kernels_own(struct trial *trial, const struct mount *mount);

/* What helps who wants to write to `component`, which is on a read-only mount. */
void fix_read_only(struct trial *trial, const struct component *component);

/*
 * What is seen outside of mounts that a service or a sandbox has of its own, where a command is
 * pasted; NULL when the component is on none. The component is the culprit, or the directory that
 * the culprit is missing in. May ask for more, and then knows it the next time.
 */
const struct outside *outside_of(struct trial *trial, const struct component *component);

/* The path of the command that changes `path`, which is `component` or below it: as it is seen
 * outside. */
struct slice path_outside(struct trial *trial, const struct component *component,
                          struct slice path);

/* Says where such a command is to be run. */
void note_outside(struct trial *trial, const struct component *component);

/* The attribute of chattr(1) that keeps owner, mode, ACL and the names of a directory as they are,
 * for root too: 'i', 'a', or '\0' without one. */
char binding_attribute(const struct component *component);

/* Takes that attribute away. */
void fix_by_chattr(struct trial *trial, const struct component *component);

/* Before a command that changes the component: adds what takes such an attribute away. False: there
 * is no room, and the command would be of no use. */
bool thaw(struct trial *trial, const struct component *component);

/* Sets cause, certainty and culprit, and the summary from the catalogue. */
void conclude(struct trial *trial, enum cause cause, enum certainty certainty, int culprit,
              const struct access *access);

/* Does the component refuse what is needed of it? The kernel tells; else the rule. */
bool component_refuses(const struct trial *trial, int index);

/* Marks the component as the one that refused, by something else than its bits; what was found
 * behind it the call did not reach. */
void refuse_at(struct trial *trial, int culprit);

/* Notes that the plain rule refuses at this component as well, if it does. */
void note_mode_too(struct trial *trial, int culprit);

/* Notes that more may refuse behind a directory that could not be passed. */
void note_below(struct trial *trial);

/* Adds a note, a command, or a fix in words; dropped without a word when there is no room. */
__attribute__((format(printf, 2, 3))) void add_note(struct trial *trial, const char *format, ...);
void add_fix(struct trial *trial, const struct fix *fix);
void add_advice(struct trial *trial, struct slice advice);

/* A path for a sentence: quoted, escaped, shortened in the middle to at most 300 bytes; a
 * NUL stands behind it, and the data is never NULL. */
struct slice quoted(struct arena *arena, struct slice path);

/* What a mount says of itself (type, source, options), for a sentence: whoever mounted it chose the
 * bytes. Escaped, at most 200 of them, with a NUL behind; never NULL. */
const char *escaped(struct arena *arena, struct slice text);

static inline const struct component *component_at(const struct trial *trial, int index) {
    return index >= 0 ? &trial->facts->walk.components[index] : NULL;
}

#endif

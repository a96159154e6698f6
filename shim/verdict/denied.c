/* SPDX-License-Identifier: MIT */
#include "base/buffer.h"
#include "verdict/trial.h"
#include <errno.h>

/* The component that the kernel asks last before it says no; NO_CULPRIT when the walk was not
 * refused and could not have been. */
static int find_suspect(const struct trial *trial) {
    const struct walk *walk = &trial->facts->walk;
    int last = (int)walk->count - 1;
    if (walk->cut || walk->count == 0)
        return NO_CULPRIT;
    for (int i = 0; i <= last && trial->walked_as_another; i++)
        if (component_refuses(trial, i))
            return i;
    if (trial->walked_as_another && walk->error == EACCES)
        return NO_CULPRIT;
    if (walk->error == EACCES)
        return walk->components[last].role == ROLE_LINK ? last : walk->directory;
    if (walk->error == 0)
        return last;
    bool would_create = walk->error == ENOENT && walk->creates && walk->missing.length == 0 &&
                        !walk->trailing_slash;
    return would_create ? walk->directory : NO_CULPRIT;
}

/* The kernel's answer at the suspect: EACCES, 0 or ANSWER_UNKNOWN. */
static int kernel_answer_at(const struct trial *trial, int suspect) {
    const struct walk *walk = &trial->facts->walk;
    if (walk->error == EACCES && !trial->walked_as_another)
        return EACCES;
    const struct component *component = component_at(trial, suspect);
    return component->needs == 0 ? 0 : component->kernel_answer;
}

/* ---- why ---- */

static void put_acl_entry(struct buffer *text, const struct acl_entry *entry) {
    struct rwx rwx = rwx_of(entry->access);
    switch (entry->tag) {
    case ACL_TAG_USER:
        buffer_format(text, "user:%u:%s", entry->id, rwx.text);
        break;
    case ACL_TAG_GROUP:
        buffer_format(text, "group:%u:%s", entry->id, rwx.text);
        break;
    case ACL_TAG_GROUP_OBJ:
        buffer_format(text, "group::%s", rwx.text);
        break;
    default:
        buffer_format(text, "other::%s", rwx.text);
    }
}

static void explain_acl(struct buffer *text, const struct component *component,
                        const struct access *access) {
    buffer_format(text, "%s ",
                  access->class == CLASS_ACL_USER
                      ? "the ACL has an entry for this user, which decides:"
                      : "the ACL's entries for its groups decide, the nearest is");
    put_acl_entry(text, access->entry);
    if (access->mask_took)
        buffer_format(text, ", of which mask::%s leaves %s", rwx_of(access->mask).text,
                      rwx_of(access->entry->access & access->mask).text);
    else
        buffer_format(text, ", without %s", access_words(component, access->missing));
}

static void explain_mode(struct buffer *text, const struct identity *identity,
                         const struct component *component, const struct access *access) {
    const struct stat *status = &component->status;
    struct rwx bits = rwx_of(access->granted);
    if (access->class == CLASS_OWNER) {
        buffer_format(text, "uid %u owns it; so the \"owner\" bits %s decide, and no others",
                      identity->fsuid, bits.text);
        return;
    }
    buffer_format(text, "owner is %u, not %u; ", status->st_uid, identity->fsuid);
    if (access->class == CLASS_GROUP)
        buffer_format(
            text, "group %u is among the groups; so the \"group\" bits %s decide, and no others",
            status->st_gid, bits.text);
    else if (access->entry)
        buffer_format(text,
                      "the ACL has no entry for this user or its groups; so the \"other\" bits "
                      "%s decide",
                      bits.text);
    else
        buffer_format(text, "group %u is not among the groups; so the \"other\" bits %s decide",
                      status->st_gid, bits.text);
}

static void explain_asleep(struct buffer *text, const struct access *access) {
    buffer_format(text, "the ACL has an entry for %s, ",
                  access->asleep->tag == ACL_TAG_USER ? "this user" : "one of its groups");
    put_acl_entry(text, access->asleep);
    buffer_format(text,
                  ", but its mask is ---, as chmod g-rwx or a creation with mode 600 leaves it; "
                  "the kernel then skips the ACL "
                  "and the \"%s\" bits %s decide",
                  access->class == CLASS_GROUP ? "group" : "other", rwx_of(access->granted).text);
}

static void explain(struct trial *trial, const struct component *component,
                    const struct access *access) {
    struct buffer text = buffer_in(trial->arena, 1024);
    const struct identity *identity = &trial->facts->identity;
    if (trial->verdict->cause == CAUSE_acl_mask && access->asleep)
        explain_asleep(&text, access);
    else if (access->class == CLASS_ACL_USER || access->class == CLASS_ACL_GROUP)
        explain_acl(&text, component, access);
    else
        explain_mode(&text, identity, component, access);
    if (access->others_ids)
        buffer_format(&text,
                      "; all ids that this user namespace does not map look alike (%u), and the "
                      "kernel, which refuses, takes these for others than the process's",
                      identity->overflow_uid);
    if (trial->verdict->cause == CAUSE_unmapped_owner)
        buffer_format(&text,
                      "; %s: owner %u or group %u stands for an id that this %s does not map",
                      access->unmapped_write ? "nobody may write here, whatever the bits"
                                             : "its capabilities do not count here",
                      component->status.st_uid, component->status.st_gid,
                      mount_is_idmapped(component->mount) ? "mount" : "user namespace");
    else if (trial->verdict->cause == CAUSE_root_without_capability)
        buffer_slice(&text, SLICE("; root passes that only with CAP_DAC_OVERRIDE or "
                                  "CAP_DAC_READ_SEARCH, and has not what is needed"));
    trial->verdict->why = buffer_text(&text);
}

/* ---- which cause ---- */

static enum cause plain_cause(const struct component *component, unsigned missing) {
    if (S_ISDIR(component->status.st_mode) || component->role != ROLE_TARGET)
        return component->needs & ACCESS_WRITE ? CAUSE_dir_write
               : missing & ACCESS_READ         ? CAUSE_dir_list
                                               : CAUSE_dir_search;
    return missing & ACCESS_READ    ? CAUSE_file_read
           : missing & ACCESS_WRITE ? CAUSE_file_write
                                    : CAUSE_file_execute;
}

/* Has a class behind the one that decided every bit that is missing? */
static bool later_class_has(const struct component *component, const struct access *access) {
    unsigned group = component->status.st_mode >> 3 & 7, other = component->status.st_mode & 7;
    if (access->class == CLASS_OWNER && (access->missing & ~group) == 0)
        return true;
    return (access->class == CLASS_OWNER || access->class == CLASS_GROUP) &&
           (access->missing & ~other) == 0;
}

/* The order is the contract's, section 5. */
static enum cause choose_cause(const struct trial *trial, const struct component *component,
                               const struct access *access) {
    if (access->capability_idle || access->unmapped_write)
        return CAUSE_unmapped_owner;
    if (trial->facts->identity.fsuid == 0)
        return CAUSE_root_without_capability;
    if (access->class == CLASS_ACL_USER || access->class == CLASS_ACL_GROUP)
        return access->mask_took ? CAUSE_acl_mask : CAUSE_acl_entry;
    if (access->asleep) /* where its mask is empty the kernel skips the ACL that would allow */
        return CAUSE_acl_mask;
    if (later_class_has(component, access))
        return CAUSE_class_shadow;
    return plain_cause(component, access->missing);
}

/* ---- when the plain rule does not explain it ---- */

/* In the order in which the kernel would come to them. */
static void judge_beyond(struct trial *trial, const struct suspicion *suspicion) {
    if (!trial->facts->surroundings.known) {
        trial->verdict->asks_for_more = true;
        judge_unseen(trial, suspicion);
        return;
    }
    if (judge_proc_guard(trial, suspicion->at) || judge_kernels_own(trial, suspicion) ||
        judge_fuse_private(trial, suspicion) || judge_protected_symlink(trial, true) ||
        judge_protected_create(trial, true) || judge_nfs_server(trial, suspicion) ||
        judge_smb_server(trial, suspicion) || judge_modules(trial, suspicion))
        return;
    judge_unseen(trial, suspicion);
}

static void judge_without_suspect(struct trial *trial) {
    bool gone = trial->facts->walk.error == ENOENT;
    if (judge_protected_symlink(trial, true))
        return;
    /* A seccomp filter answers before the kernel looks at the path. */
    if (gone && trial->facts->identity.seccomp == 0 && !trial->walked_as_another) {
        conclude(trial, CAUSE_changed, CERTAINTY_PROVEN, (int)trial->facts->walk.count - 1, NULL);
        trial->verdict->why =
            SLICE("the call was refused; a moment later a part of the path is gone");
        return;
    }
    trial->verdict->asks_for_more = !trial->facts->surroundings.known;
    judge_unseen(trial, &(struct suspicion){NO_CULPRIT, ANSWER_UNKNOWN, NULL});
    if (gone)
        trial->verdict->why = SLICE("there is no such file: it was removed meanwhile, or the call "
                                    "was refused before anybody looked");
}

/* On FUSE an ACL may be there for the server alone: the kernel looks at it only where the server
 * asked for that (FUSE_POSIX_ACL), and else at the mode. True: it does the latter here. */
static bool is_acl_ignored(const struct trial *trial, const struct component *component, int kernel,
                           struct access *access) {
    struct component plain = *component;
    struct access by_mode;
    if (!access->allowed || kernel != EACCES || !mount_is_fuse(component->mount) ||
        component->acl.state != ACL_PRESENT)
        return false;
    plain.acl.state = ACL_UNSUPPORTED;
    access_decide(&trial->facts->identity, &plain, component->needs, &by_mode);
    if (by_mode.allowed)
        return false;
    *access = by_mode;
    access->sure = false;
    return true;
}

/* A FUSE mount that was made in a user namespace shows owners whom that does not have, and nobody
 * may write to what is theirs: HAS_UNMAPPED_ID(), as on an idmapped mount. */
static bool is_unmapped_write(const struct trial *trial, const struct component *component,
                              const struct access *access) {
    return trial->facts->identity.in_user_namespace && mount_is_fuse(component->mount) &&
           (component->needs & ACCESS_WRITE) &&
           (access->owner_mapping != MAPPED || access->group_mapping != MAPPED);
}

/* Ids that a user namespace does not map look alike. Where the bits would allow it and the kernel
 * refuses, it knows that the object's are not the process's: then the rule for one who has none. */
static void decide_as_stranger(const struct trial *trial, const struct component *component,
                               struct access *access) {
    enum { SOMEBODY_ELSE = -2 };
    const struct identity *identity = &trial->facts->identity;
    struct identity stranger = *identity;
    struct access apart;
    gid_t *groups = ARENA_ARRAY(trial->arena, gid_t, identity->group_count + 1);
    if (!identity->in_user_namespace || !groups)
        return;
    if (access->owner_mapping != MAPPED && stranger.fsuid == component->status.st_uid)
        stranger.fsuid = (uid_t)SOMEBODY_ELSE;
    if (access->group_mapping != MAPPED) {
        gid_t shown = component->status.st_gid;
        stranger.groups = groups;
        stranger.group_count = 0;
        for (size_t i = 0; i < identity->group_count; i++)
            if (identity->groups[i] != shown)
                groups[stranger.group_count++] = identity->groups[i];
        if (stranger.fsgid == shown)
            stranger.fsgid = (gid_t)SOMEBODY_ELSE;
    }
    access_decide(&stranger, component, component->needs, &apart);
    apart.sure = false;
    apart.others_ids = true;
    if (apart.missing != 0)
        *access = apart;
}

static void judge_refusal(struct trial *trial) {
    /* A link that may not be followed stands before all that was found behind it; what a sticky
     * directory, a nodev and a noexec mount forbid the kernel asks before it looks at the file's
     * bits. */
    if (judge_protected_symlink(trial, false) || judge_protected_create(trial, false) ||
        judge_nodev(trial) || judge_noexec(trial))
        return;
    int suspect = find_suspect(trial);
    if (suspect == NO_CULPRIT) {
        judge_without_suspect(trial);
        return;
    }
    const struct component *component = component_at(trial, suspect);
    int kernel = kernel_answer_at(trial, suspect);
    struct access access;
    access_decide(&trial->facts->identity, component, component->needs, &access);
    struct suspicion suspicion = {suspect, kernel, &access};
    if (is_acl_ignored(trial, component, kernel, &access))
        add_note(trial,
                 "its ACL would allow it, but on this mount (%.*s) the kernel looks at the "
                 "mode alone",
                 (int)slice_first(component->mount->fstype, 32).length,
                 component->mount->fstype.data);
    bool looks_allowed = kernel == EACCES && access.allowed && component->status_known;
    if (looks_allowed && is_unmapped_write(trial, component, &access)) {
        access.unmapped_write = true;
        access.sure = false;
    } else if (looks_allowed && !access.sure && access.missing == 0) {
        decide_as_stranger(trial, component, &access);
    }
    /* An id that may or may not be mapped: the kernel knows. */
    bool unmapped = access.capability_idle || access.unmapped_write;
    bool refused = !access.allowed || (unmapped && kernel == EACCES);
    /* Another answer, EROFS of a read-only mount, comes only when the bits were asked and allowed
     * it. */
    bool allowed_by_kernel = kernel != EACCES && kernel != ANSWER_UNKNOWN;
    if (!refused || allowed_by_kernel || !component->status_known) {
        judge_beyond(trial, &suspicion);
        return;
    }
    enum cause cause = choose_cause(trial, component, &access);
    bool proven = kernel == EACCES && access.sure;
    if (cause != CAUSE_unmapped_owner && judge_mount_mask(trial, &suspicion))
        return;
    conclude(trial, cause, proven ? CERTAINTY_PROVEN : CERTAINTY_LIKELY, suspect, &access);
    trial->judgements[suspect] = (struct judgement){COMPONENT_DENIED, access.class, access.granted};
    explain(trial, component, &access);
    /* Who lists a directory goes on to what is listed: mend both at once. */
    if (trial->incident->group == GROUP_DIR && component->role == ROLE_TARGET)
        access_decide(&trial->facts->identity, component, component->needs | ACCESS_SEARCH,
                      &access);
    fix_denied(trial, suspect, &access);
    const struct identity *identity = &trial->facts->identity;
    if (trial->incident->real_ids &&
        (identity->fsuid != identity->euid || identity->fsgid != identity->egid))
        add_note(trial, "%s asks for the real ids, not for the effective ones, uid %u gid %u",
                 trial->incident->function, identity->euid, identity->egid);
    note_below(trial);
}

void judge_denied(struct trial *trial) {
    struct verdict *verdict = trial->verdict;
    judge_refusal(trial);
    if (verdict->certainty != CERTAINTY_PROVEN || !sticky_may_come_first(trial))
        return;
    verdict->certainty = CERTAINTY_LIKELY;
    add_note(trial, "fs.protected_symlinks or fs.protected_regular may have refused first: here %s",
             trial->facts->surroundings.protected_symlinks == ANSWER_UNKNOWN
                 ? "they cannot be read"
                 : "owners that are not mapped cannot be told apart");
}

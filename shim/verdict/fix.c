/* SPDX-License-Identifier: MIT */
/*
 * The least change that lets this process in: one principal, one object, only the missing bit.
 * Every command is tried on the facts first, by the same rule that found the refusal.
 */
#include "base/buffer.h"
#include "verdict/trial.h"
#include <fcntl.h>
#include <linux/capability.h>

enum { MOST_REWRITTEN = 6, MOST_ENTRIES = 256 };

/* A change that was worked out, and what the component would be after it. */
struct remedy {
    struct component after;
    struct slice tool, option, specification; /* option may be empty */
    unsigned run_as;
    bool opens_to_group, opens_to_all, rewrites; /* what it gives beyond this one principal */
};

static const char *who_gains(const struct remedy *remedy) {
    return remedy->opens_to_all     ? "; opens it to every user"
           : remedy->opens_to_group ? "; opens it to the whole group"
           : remedy->rewrites       ? "; other entries of the ACL may gain too"
                                    : "";
}

/* What the missing bits are good for at this component. */
static const char *deed(const struct component *component, unsigned missing) {
    static const char directory_deeds[][24] = {
        "nothing", "pass",          "write names",          "create names in it",
        "list it", "list and pass", "list and write names", "list and create names"};
    static const char file_deeds[][20] = {"nothing",           "execute it",       "write it",
                                          "write it",          "read it",          "read it",
                                          "read and write it", "read and write it"};
    return S_ISDIR(component->status.st_mode) ? directory_deeds[missing & 7]
                                              : file_deeds[missing & 7];
}

/* A container's root has what the bounding set of its processes leaves: without CAP_FOWNER it
 * changes nothing that is another's. What is mounted from outside is changed there. */
static bool is_root_able(const struct trial *trial, const struct component *component) {
    const struct identity *identity = &trial->facts->identity;
    const struct mount *mount = component->mount;
    bool made = mount && slice_is(mount->fstype, "tmpfs") && slice_is(mount->root, "/");
    bool own = identity_is_in_container(identity) && mount && (made || slice_is(mount->point, "/"));
    return !own || (identity->bounding >> CAP_FOWNER & 1);
}

/* False: the rule does not say for sure that it helps, or there is no room. */
static bool add_command(struct trial *trial, int culprit, const struct access *access,
                        const struct remedy *remedy) {
    struct verdict *verdict = trial->verdict;
    const struct component *component = component_at(trial, culprit);
    struct access after;
    access_decide(&trial->facts->identity, &remedy->after, component->needs, &after);
    if (!after.allowed || !after.sure || component->path.data[0] != '/' ||
        verdict->fix_count == VERDICT_MOST_FIXES)
        return false;
    struct fix fix = {.run_as = remedy->run_as};
    /* capable_wrt_inode_uidgid(): root's capability is idle */
    if (access->group_mapping != MAPPED || !is_root_able(trial, component))
        fix.run_as &= ~(unsigned)RUN_AS_ROOT;
    fix.arguments[fix.argument_count++] = remedy->tool;
    if (remedy->option.length > 0)
        fix.arguments[fix.argument_count++] = remedy->option;
    if (slice_is(remedy->tool, "setfacl"))
        fix.arguments[fix.argument_count++] = SLICE("-m");
    fix.arguments[fix.argument_count++] = remedy->specification;
    fix.arguments[fix.argument_count++] = path_outside(trial, component, component->path);
    fix.opens_to_more = remedy->opens_to_all || remedy->opens_to_group || remedy->rewrites;
    fix.effect = arena_format(trial->arena, "lets uid %u %s%s", trial->facts->identity.fsuid,
                              deed(component, access->missing),
                              fix.opens_to_more ? who_gains(remedy) : ", nothing more");
    fix.grants = arena_format(trial->arena, "uid %u: %s%s", trial->facts->identity.fsuid,
                              access_words(component, access->missing), who_gains(remedy));
    add_fix(trial, &fix);
    return true;
}

/* ---- by mode bits ---- */

static struct slice chmod_specification(struct arena *arena, char class, unsigned bits) {
    return arena_format(arena, "%c+%s%s%s", class, bits & ACCESS_READ ? "r" : "",
                        bits & ACCESS_WRITE ? "w" : "", bits & ACCESS_SEARCH ? "x" : "");
}

static bool fix_by_chmod(struct trial *trial, int culprit, const struct access *access) {
    const struct component *component = component_at(trial, culprit);
    bool owner = access->class == CLASS_OWNER, group = access->class == CLASS_GROUP;
    unsigned shift = owner ? 6 : group ? 3 : 0;
    struct remedy remedy = {
        .after = *component,
        .tool = SLICE("chmod"),
        .specification = chmod_specification(trial->arena,
                                             owner   ? 'u'
                                             : group ? 'g'
                                                     : 'o',
                                             access->missing),
        .run_as = owner ? RUN_AS_SELF | RUN_AS_ROOT : RUN_AS_OWNER | RUN_AS_ROOT,
        .opens_to_group = group,
        .opens_to_all = !owner && !group,
    };
    remedy.after.status.st_mode |= access->missing << shift;
    return add_command(trial, culprit, access, &remedy);
}

/* ---- by an ACL entry ---- */

/* The ACL that is being written: the present one, or the one that the mode bits amount to. */
struct draft {
    struct acl_entry *entries;
    size_t count;
    unsigned mask, new_mask, other;
    bool had_mask;
    bool was_ignored; /* no bit in the group class: the kernel does not look at the ACL */
    struct buffer specification;
    size_t rewritten;
};

static void specify(struct draft *draft, const char *who, unsigned access) {
    buffer_format(&draft->specification, "%s%s%s", draft->specification.length ? "," : "", who,
                  rwx_of(access).text);
}

static bool start_draft(struct trial *trial, const struct component *component,
                        struct draft *draft) {
    const struct acl *acl = &component->acl;
    mode_t mode = component->status.st_mode;
    size_t present = acl->state == ACL_PRESENT ? acl->count : 0;
    if (present > MOST_ENTRIES)
        return false;
    *draft = (struct draft){
        .entries = ARENA_ARRAY(trial->arena, struct acl_entry, present + 5),
        .mask = mode >> 3 & 7,
        .other = mode & 7,
        .was_ignored = (mode & S_IRWXG) == 0 && present > 0,
        .specification = buffer_in(trial->arena, 400),
    };
    if (!draft->entries || !draft->specification.data)
        return false;
    for (size_t i = 0; i < present; i++) {
        draft->entries[draft->count++] = acl->entries[i];
        draft->had_mask = draft->had_mask || acl->entries[i].tag == ACL_TAG_MASK;
    }
    if (present == 0) {
        draft->entries[draft->count++] = (struct acl_entry){ACL_TAG_USER_OBJ, mode >> 6 & 7, 0};
        draft->entries[draft->count++] = (struct acl_entry){ACL_TAG_GROUP_OBJ, mode >> 3 & 7, 0};
        draft->entries[draft->count++] = (struct acl_entry){ACL_TAG_OTHER, mode & 7, 0};
    }
    return true;
}

/* A wider mask would give other entries what they hold but may not use now. They are cut down to
 * what they give now, so that nobody else gains. */
static void keep_others_as_they_are(struct draft *draft, uid_t user) {
    for (size_t i = 0; i < draft->count; i++) {
        struct acl_entry *entry = &draft->entries[i];
        bool named_user = entry->tag == ACL_TAG_USER && entry->id != user;
        bool named_group = entry->tag == ACL_TAG_GROUP;
        bool owning_group = entry->tag == ACL_TAG_GROUP_OBJ;
        if (!named_user && !named_group && !owning_group)
            continue;
        unsigned now = !draft->was_ignored ? entry->access & draft->mask
                       : owning_group      ? 0
                                           : draft->other;
        if ((entry->access & draft->new_mask) == now)
            continue;
        entry->access = (uint16_t)now;
        draft->rewritten++;
        if (named_user)
            buffer_format(&draft->specification, ",u:%u:%s", entry->id, rwx_of(now).text);
        else if (named_group)
            buffer_format(&draft->specification, ",g:%u:%s", entry->id, rwx_of(now).text);
        else
            buffer_format(&draft->specification, ",g::%s", rwx_of(now).text);
    }
}

static void set_entry(struct draft *draft, enum acl_tag tag, uint32_t id, unsigned access) {
    for (size_t i = 0; i < draft->count; i++) {
        struct acl_entry *entry = &draft->entries[i];
        if (entry->tag == tag && (tag != ACL_TAG_USER || entry->id == id)) {
            entry->access = (uint16_t)access;
            return;
        }
    }
    draft->entries[draft->count++] = (struct acl_entry){(uint16_t)tag, (uint16_t)access, id};
}

/* Does the user's own entry hold the rights, so that the mask alone is in their way? */
static bool has_entry(const struct draft *draft, uid_t user, unsigned rights) {
    for (size_t i = 0; i < draft->count; i++) {
        const struct acl_entry *entry = &draft->entries[i];
        if (entry->tag == ACL_TAG_USER && entry->id == user)
            return (rights & ~(unsigned)entry->access) == 0;
    }
    return false;
}

static bool fix_by_acl(struct trial *trial, int culprit, const struct access *access) {
    const struct component *component = component_at(trial, culprit);
    uid_t user = trial->facts->identity.fsuid;
    struct draft draft;
    if (!start_draft(trial, component, &draft))
        return false;
    /* A named entry decides alone: it must repeat what the user has already, as far as that is
     * known. */
    unsigned rights = access->sure ? (access->granted & 7) | access->missing : component->needs;
    draft.new_mask = draft.mask | rights;
    bool widens = draft.had_mask && draft.new_mask != draft.mask;
    bool stays = widens && has_entry(&draft, user, rights);
    if (!stays)
        buffer_format(&draft.specification, "u:%u:%s", user, rwx_of(rights).text);
    if (widens) {
        specify(&draft, "m::", draft.new_mask);
        keep_others_as_they_are(&draft, user);
    }
    if (!stays)
        set_entry(&draft, ACL_TAG_USER, user, rights);
    set_entry(&draft, ACL_TAG_MASK, 0, draft.new_mask);
    if (draft.specification.cut || draft.rewritten > MOST_REWRITTEN)
        return false;
    struct remedy remedy = {
        .after = *component,
        .tool = SLICE("setfacl"),
        .option =
            draft.had_mask ? SLICE("-n") : SLICE(""), /* -n: the mask as given, not recomputed */
        .specification = buffer_text(&draft.specification),
        .run_as = RUN_AS_OWNER | RUN_AS_ROOT,
        /* Who was in which group when the ACL was ignored cannot be told from here; nor which
         * entries an ACL holds that could not be read. */
        .rewrites = (draft.was_ignored && draft.other != 0) || component->acl.state == ACL_UNKNOWN,
    };
    remedy.after.acl = (struct acl){ACL_PRESENT, draft.entries, draft.count};
    remedy.after.status.st_mode |= draft.new_mask << 3;
    return add_command(trial, culprit, access, &remedy);
}

/* ---- which of them ---- */

/* A group of people, not of the system and not one user's own, that has what is missing. */
static void note_group(struct trial *trial, const struct component *component,
                       const struct access *access) {
    enum { FIRST_OF_PEOPLE = 1000 }; /* GID_MIN, login.defs(5) */
    const struct stat *status = &component->status;
    unsigned group_bits = status->st_mode >> 3 & 7;
    if (access->class != CLASS_OTHER || component->acl.state == ACL_PRESENT ||
        component->group_joinable || status->st_gid < FIRST_OF_PEOPLE ||
        status->st_gid == status->st_uid || access->group_mapping != MAPPED ||
        (access->missing & ~group_bits) != 0)
        return;
    if (trial->facts->identity.has_account)
        add_note(trial,
                 "group %u has the right: root can add the user to it (usermod -aG), for all that "
                 "the group may do",
                 status->st_gid);
    else
        add_note(trial,
                 "group %u has the right: uid %u has no account that could be added to it, but can "
                 "be started with it (SupplementaryGroups= of a service, setpriv --groups), for "
                 "all that the group may do",
                 status->st_gid, trial->facts->identity.fsuid);
}

/* Which class decides is not sure, so neither is what a bit more in one of them would do. */
static void advise_without_command(struct trial *trial, const struct component *component,
                                   const struct access *access) {
    if (!access->sure)
        add_advice(trial,
                   arena_format(trial->arena,
                                "run it as the owner, uid %u: whether group %u is one of this "
                                "process's groups cannot be told from here, so no chmod is sure to "
                                "help",
                                component->status.st_uid, component->status.st_gid));
}

void fix_denied(struct trial *trial, int culprit, const struct access *access) {
    const struct component *component = component_at(trial, culprit);
    if (fix_by_world(trial, culprit, access))
        return;
    if (!thaw(trial, component))
        return;
    note_outside(trial, component);
    bool by_acl = access->class == CLASS_ACL_USER || access->class == CLASS_ACL_GROUP;
    bool by_server = mount_is_fuse(component->mount) && !by_acl;
    bool by_mode =
        access->class == CLASS_OWNER || component->acl.state == ACL_UNSUPPORTED || by_server;
    bool commanded =
        (!by_mode && fix_by_acl(trial, culprit, access)) || fix_by_chmod(trial, culprit, access);
    if (!commanded)
        advise_without_command(trial, component, access);
    if (commanded && mount_is_fuse(component->mount))
        add_note(trial, "behind FUSE a server may refuse the command, or make owner and mode up "
                        "(uid=, umask= and their like): where it changes nothing, only other "
                        "options of the mount help");
    if (by_server && access->class != CLASS_OWNER && component->acl.state != ACL_UNSUPPORTED)
        add_note(trial, "by chmod and not by setfacl, since on FUSE an ACL counts only where the "
                        "server of the file system asks for it, and that cannot be seen");
    note_group(trial, component, access);
    if (component->needs == (ACCESS_READ | ACCESS_WRITE) && access->missing == ACCESS_WRITE &&
        component->role == ROLE_TARGET && !(trial->incident->flags & (O_CREAT | O_TRUNC)))
        add_note(trial, "reading alone is allowed: if the program only reads, open it read-only");
}

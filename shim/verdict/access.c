/* SPDX-License-Identifier: MIT */
#include "verdict/access.h"
#include <linux/capability.h>

enum { ALL_ACCESS = ACCESS_READ | ACCESS_WRITE | ACCESS_SEARCH };

bool options_have(struct slice options, const char *option) {
    while (options.length > 0)
        if (slice_is(slice_split(&options, ','), option))
            return true;
    return false;
}

bool options_find(struct slice options, const char *name, struct slice *value) {
    while (options.length > 0) {
        struct slice option = slice_split(&options, ',');
        if (slice_is(slice_split(&option, '='), name)) {
            *value = option;
            return true;
        }
    }
    return false;
}

bool mount_is_idmapped(const struct mount *mount) {
    return mount && options_have(mount->options, "idmapped");
}

bool mount_is_fuse(const struct mount *mount) {
    return mount && slice_starts(mount->fstype, SLICE("fuse"));
}

struct rwx rwx_of(unsigned access) {
    return (struct rwx){{access & ACCESS_READ ? 'r' : '-', access & ACCESS_WRITE ? 'w' : '-',
                         access & ACCESS_SEARCH ? 'x' : '-', '\0'}};
}

const char *access_words(const struct component *component, unsigned access) {
    static const char words[][24] = {
        "nothing", "search",          "write",          "write and search",
        "read",    "read and search", "read and write", "read, write and search",
    };
    static const char of_files[][24] = {
        "nothing", "execute",          "write",          "write and execute",
        "read",    "read and execute", "read and write", "read, write and execute",
    };
    bool is_file = component->status_known && !S_ISDIR(component->status.st_mode);
    return (is_file ? of_files : words)[access & 7];
}

/* Is the id that stat(2) shows one that exists in this user namespace (and through this mount)? An
 * unmapped one is shown as the overflow id, which may also be an id of its own: "nobody". */
static enum mapping mapping_of(const struct identity *identity, const struct id_map *map,
                               uint32_t id, uint32_t overflow, const struct mount *mount) {
    bool mapped_by_mount = mount_is_idmapped(mount);
    uint64_t mapped_ids = 0;
    bool holds = false;
    if (id != overflow || (!identity->in_user_namespace && !mapped_by_mount))
        return MAPPED;
    if (!identity->in_user_namespace || !map->known)
        return MAYBE_MAPPED;
    for (size_t i = 0; i < map->count; i++) {
        holds = holds || id - map->ranges[i].inside < map->ranges[i].length;
        mapped_ids += map->ranges[i].length;
    }
    bool everything = mapped_ids == UINT32_MAX; /* all ids there are: the last number is none */
    if (everything && !mapped_by_mount)
        return MAPPED;
    return holds ? MAYBE_MAPPED : NOT_MAPPED;
}

enum mapping identity_mapping(const struct identity *identity) {
    return mapping_of(identity, &identity->uid_map, identity->fsuid, identity->overflow_uid, NULL);
}

static enum mapping worse(enum mapping a, enum mapping b) {
    return a > b ? a : b;
}

/* Keeps the entry that lacks the fewest of the wanted bits. */
static void consider(struct access *access, const struct acl_entry *entry, unsigned wanted) {
    unsigned lacks = wanted & ~(unsigned)entry->access;
    if (!access->entry ||
        __builtin_popcount(lacks) < __builtin_popcount(wanted & ~(unsigned)access->entry->access))
        access->entry = entry;
}

static unsigned mask_of(const struct acl *acl) {
    for (size_t i = 0; i < acl->count; i++)
        if (acl->entries[i].tag == ACL_TAG_MASK)
            return acl->entries[i].access;
    return ALL_ACCESS;
}

/* Whether the identity is the owner and in the owning group. */
struct relation {
    bool owner, group;
};

/* An id that an idmapped mount does not map equals no id at all; in a user namespace two unmapped
 * ids may be the same. */
static struct relation relate(const struct identity *identity, const struct component *component,
                              enum mapping owner, enum mapping group) {
    bool idmapped = mount_is_idmapped(component->mount);
    return (struct relation){
        .owner = component->status.st_uid == identity->fsuid && !(idmapped && owner != MAPPED),
        .group =
            identity_in_group(identity, component->status.st_gid) && !(idmapped && group != MAPPED),
    };
}

/* Ids of its own that the namespace does not map a thread sees as the overflow id: then it may be
 * whom this entry names, by that number or by one that is not mapped either. */
static bool may_be_ours(const struct identity *identity, const struct acl_entry *entry) {
    bool user = entry->tag == ACL_TAG_USER;
    uint32_t overflow = user ? identity->overflow_uid : identity->overflow_gid;
    const struct id_map *map = user ? &identity->uid_map : &identity->gid_map;
    bool held = user ? identity->fsuid == overflow : identity_in_group(identity, overflow);
    return (user || entry->tag == ACL_TAG_GROUP) && held &&
           (entry->id == UINT32_MAX || entry->id == overflow) &&
           mapping_of(identity, map, overflow, overflow, NULL) != MAPPED;
}

/* posix_acl_permission(): a named user, else any of the matching groups, else the others. */
static void decide_by_acl(const struct identity *identity, const struct component *component,
                          struct relation relation, unsigned wanted, struct access *access) {
    const struct acl *acl = &component->acl;
    unsigned granted_by_groups = 0;
    const struct acl_entry *other = NULL;
    access->mask = mask_of(acl);
    for (size_t i = 0; i < acl->count && access->class != CLASS_ACL_USER; i++) {
        const struct acl_entry *entry = &acl->entries[i];
        if (may_be_ours(identity, entry))
            access->sure = false;
        bool in_group = entry->tag == ACL_TAG_GROUP_OBJ
                            ? relation.group
                            : entry->tag == ACL_TAG_GROUP && identity_in_group(identity, entry->id);
        if (entry->tag == ACL_TAG_USER && entry->id == identity->fsuid) {
            access->class = CLASS_ACL_USER;
            access->entry = entry;
        } else if (in_group) {
            access->class = CLASS_ACL_GROUP;
            granted_by_groups |= entry->access & access->mask;
            consider(access, entry, wanted);
        } else if (entry->tag == ACL_TAG_OTHER) {
            other = entry;
        }
    }
    if (access->class == CLASS_NONE) { /* the mask does not limit the others */
        access->class = CLASS_OTHER;
        access->entry = other;
        access->granted = other ? other->access : 0;
        access->missing = wanted & ~access->granted;
        return;
    }
    unsigned entry_access = access->entry->access;
    access->granted =
        access->class == CLASS_ACL_USER ? entry_access & access->mask : granted_by_groups;
    /* One group must give everything: rights of several groups do not add up. */
    access->missing = wanted & ~(entry_access & access->mask);
    access->mask_took = access->missing != 0 && (wanted & ~entry_access) == 0;
}

/* An ACL with an empty mask is not looked at: what comes here with an ACL has that. Finds the entry
 * that it would take to have it allow. */
static void find_asleep(const struct identity *identity, const struct component *component,
                        struct relation relation, unsigned wanted, struct access *access) {
    struct access awake = {.sure = true};
    if (access->missing == 0 || access->class == CLASS_OWNER || component->acl.state != ACL_PRESENT)
        return;
    decide_by_acl(identity, component, relation, wanted, &awake);
    access->asleep = awake.mask_took && awake.sure ? awake.entry : NULL;
}

/* Which bits decide, and what they give: acl_permission_check(). */
static void decide_by_class(const struct identity *identity, const struct component *component,
                            struct relation relation, unsigned wanted, struct access *access) {
    mode_t mode = component->status.st_mode;
    if (relation.owner) {
        access->class = CLASS_OWNER;
        access->granted = mode >> 6 & ALL_ACCESS;
    } else if ((mode & S_IRWXG) && component->acl.state == ACL_PRESENT) {
        /* Only with a bit in the group class is the ACL looked at: there that class is its mask. */
        decide_by_acl(identity, component, relation, wanted, access);
        return;
    } else if (relation.group) {
        access->class = CLASS_GROUP;
        access->granted = mode >> 3 & ALL_ACCESS;
    } else {
        access->class = CLASS_OTHER;
        access->granted = mode & ALL_ACCESS;
    }
    if ((mode & S_IRWXG) && component->acl.state == ACL_UNKNOWN && access->class != CLASS_OWNER)
        access->sure = false;
    access->missing = wanted & ~access->granted;
    find_asleep(identity, component, relation, wanted, access);
}

/* generic_permission(): what CAP_DAC_OVERRIDE and CAP_DAC_READ_SEARCH give by themselves. */
static bool capability_allows(const struct identity *identity, const struct component *component,
                              unsigned wanted) {
    bool directory = S_ISDIR(component->status.st_mode);
    bool reads_or_searches = directory ? (wanted & ACCESS_WRITE) == 0 : wanted == ACCESS_READ;
    if (reads_or_searches && identity_has(identity, CAP_DAC_READ_SEARCH))
        return true;
    bool executes_nothing = !directory && (wanted & ACCESS_SEARCH) &&
                            (component->status.st_mode & (S_IXUSR | S_IXGRP | S_IXOTH)) == 0;
    return !executes_nothing && identity_has(identity, CAP_DAC_OVERRIDE);
}

void access_decide(const struct identity *identity, const struct component *component,
                   unsigned wanted, struct access *access) {
    *access = (struct access){.sure = component->status_known, .mask = ALL_ACCESS};
    if (wanted == 0 || !component->status_known) {
        access->allowed = wanted == 0;
        access->missing = wanted;
        return;
    }
    uid_t owner = component->status.st_uid;
    gid_t group = component->status.st_gid;
    access->owner_mapping =
        mapping_of(identity, &identity->uid_map, owner, identity->overflow_uid, component->mount);
    access->group_mapping =
        mapping_of(identity, &identity->gid_map, group, identity->overflow_gid, component->mount);
    enum mapping mapping = worse(access->owner_mapping, access->group_mapping);
    access->unmapped_write =
        (wanted & ACCESS_WRITE) && mapping != MAPPED && mount_is_idmapped(component->mount);
    decide_by_class(identity, component,
                    relate(identity, component, access->owner_mapping, access->group_mapping),
                    wanted, access);
    /* An overflow id on both sides may stand for two different ids. A group is not asked about
     * where the owner's bits or a named user's entry decide. */
    bool groups_decide = access->class != CLASS_OWNER && access->class != CLASS_ACL_USER;
    bool group_unclear = (access->group_mapping != MAPPED && identity_in_group(identity, group)) ||
                         !identity->groups_complete;
    if ((access->owner_mapping != MAPPED && identity->fsuid == owner) ||
        (groups_decide && group_unclear) || access->unmapped_write)
        access->sure = false;

    if (access->missing == 0) {
        access->allowed = true;
    } else if (capability_allows(identity, component, wanted)) {
        access->by_capability = mapping != NOT_MAPPED;
        access->capability_idle = mapping != MAPPED;
        access->allowed = access->by_capability;
        if (mapping == MAYBE_MAPPED)
            access->sure = false;
    }
}

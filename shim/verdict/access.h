/* SPDX-License-Identifier: MIT */
/* The kernel's permission rule: one identity, one object, some wanted bits. */
#ifndef PERMSHIM_VERDICT_ACCESS_H
#define PERMSHIM_VERDICT_ACCESS_H

#include "verdict.h"

enum mapping { MAPPED, MAYBE_MAPPED, NOT_MAPPED };

struct access {
    bool allowed;
    bool sure;               /* false: something the rule needs could not be read */
    enum access_class class; /* which class of bits decides for this identity */
    bool by_capability;      /* the class denies, a capability allows */
    unsigned granted;        /* ACCESS_* that the class gives by itself */
    unsigned missing;        /* wanted and not granted; 0 when the class allows */
    /* when an ACL decided */
    const struct acl_entry *entry; /* the entry that came nearest; NULL: no ACL decided */
    unsigned mask;                 /* the ACL's mask; rwx when it has none */
    bool mask_took;                /* without the mask the entries would allow */
    /* when no ACL decided because its mask is empty: the entry that would allow, or NULL */
    const struct acl_entry *asleep;
    /* when a capability would have allowed */
    bool capability_idle; /* effective, but owner or group is not mapped, so it does not count */
    /* when owner or group is not mapped by an idmapped mount */
    bool unmapped_write; /* nobody may write then, whatever the bits: HAS_UNMAPPED_ID(), linux/fs.h
                          */
    enum mapping owner_mapping, group_mapping;
    /* An id looks like the process's own, and the kernel's answer says that it is not. */
    bool others_ids;
};

/* inode_permission()'s discretionary part: acl_permission_check(), posix_acl_permission() and
 * generic_permission() of fs/namei.c and fs/posix_acl.c. Pure. */
void access_decide(const struct identity *identity, const struct component *component,
                   unsigned wanted, struct access *access);

/* Whether the effective set holds capability number `capability`, linux/capability.h. */
static inline bool identity_has(const struct identity *identity, unsigned capability) {
    return identity->effective >> capability & 1;
}

/* Whether an engine started it that starts its containers as a user of one's choice, with volumes
 * of one's choice. */
static inline bool identity_is_in_container(const struct identity *identity) {
    return identity->container.length > 0 && !is_sandbox(identity->container);
}

/* Whether the thread's own file system uid exists in its user namespace. */
enum mapping identity_mapping(const struct identity *identity);

/* Whether the mount maps ids by itself, mount_setattr(2). */
bool mount_is_idmapped(const struct mount *mount);

/* Whether a server in user space is behind the mount, fuse(4). */
bool mount_is_fuse(const struct mount *mount);

/* Whether a comma-separated list of mount options holds `option`. */
bool options_have(struct slice options, const char *option);

/* What stands behind "NAME=" in a list of mount options; false, *value untouched, without it. */
bool options_find(struct slice options, const char *name, struct slice *value);

/* "r-x" */
struct rwx {
    char text[4];
};
struct rwx rwx_of(unsigned access);

/* "read", "write and search" …; of what is no directory, "execute" for "search". */
const char *access_words(const struct component *component, unsigned access);

#endif

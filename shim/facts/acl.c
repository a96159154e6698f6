/* SPDX-License-Identifier: MIT */
#include "base/sys.h"
#include "facts/collect.h"
#include <linux/posix_acl_xattr.h>
#include <linux/xattr.h>

enum {
    MOST_BYTES = 8192, /* ext4 and xfs keep fewer than 1,000 entries; more are said to be unknown */
};

void acl_read(struct arena *arena, int descriptor, struct acl *acl) {
    *acl = (struct acl){.state = ACL_UNKNOWN};
    char *mark = arena->next;
    struct posix_acl_xattr_header *header =
        arena_get(arena, MOST_BYTES, _Alignof(struct posix_acl_xattr_header));
    if (!header)
        return;
    /* An O_PATH descriptor has no extended attributes of its own; its name in /proc leads to them.
     */
    char name[DESCRIPTOR_NAME_BYTES];
    descriptor_name(descriptor, name);
    long length = sys_getxattr(name, XATTR_NAME_POSIX_ACL_ACCESS, header, MOST_BYTES);
    if (length == -ENODATA)
        acl->state = ACL_ABSENT;
    else if (length == -EOPNOTSUPP)
        acl->state = ACL_UNSUPPORTED;
    if (length < (long)sizeof *header || header->a_version != POSIX_ACL_XATTR_VERSION) {
        if (length > 0) /* older kernels hand on what a FUSE server says, whatever it is */
            memset(header, 0, (size_t)length); /* as arena_get promises */
        arena->next = mark;
        return;
    }
    const struct posix_acl_xattr_entry *raw = (const void *)(header + 1);
    size_t count = ((size_t)length - sizeof *header) / sizeof *raw;
    /* The kernel's entry is our entry: tag, permissions, id (le16, le16, le32). */
    _Static_assert(sizeof(struct acl_entry) == sizeof *raw &&
                       offsetof(struct acl_entry, id) ==
                           offsetof(struct posix_acl_xattr_entry, e_id),
                   "struct acl_entry is struct posix_acl_xattr_entry");
    *acl = (struct acl){ACL_PRESENT, (const struct acl_entry *)(const void *)raw, count};
    arena->next = (char *)header + length;
}

/* SPDX-License-Identifier: MIT */
#include "base/buffer.h"
#include "base/file.h"
#include "base/sys.h"
#include "facts/collect.h"

void descriptor_name(int descriptor, char name[DESCRIPTOR_NAME_BYTES]) {
    struct buffer text = {.data = name, .capacity = DESCRIPTOR_NAME_BYTES - 1};
    /* thread-self, not self: a thread may have unshared its directory and its descriptors. */
    if (descriptor == AT_FDCWD)
        buffer_slice(&text, SLICE("/proc/thread-self/cwd"));
    else
        buffer_format(&text, "/proc/thread-self/fd/%d", descriptor);
    name[text.length] = '\0';
}

static bool is_on_one_mount(const struct statx *a, const struct statx *b) {
    return (a->stx_mask & b->stx_mask & STATX_MNT_ID) && a->stx_mnt_id == b->stx_mnt_id;
}

bool path_leads_elsewhere(struct arena *arena, struct slice path, int descriptor) {
    struct statx here, there;
    if (sys_statx(descriptor, "", AT_EMPTY_PATH | AT_STATX_DONT_SYNC, STATX_BASIC_STATS, &here) ||
        here.stx_nlink == 0)
        return false;
    enum { LOOK = AT_NO_AUTOMOUNT | AT_STATX_DONT_SYNC };
    int error = sys_statx(AT_FDCWD, path.data, LOOK, STATX_BASIC_STATS, &there);
    if (error == -ENOENT) { /* a file server may have removed it, and nobody knows yet */
        struct slice parent = slice_parent(path);
        const char *above = parent.length > 0 ? arena_copy(arena, parent).data : "/";
        return sys_statx(AT_FDCWD, above, LOOK, STATX_BASIC_STATS, &there) != 0 ||
               !is_on_one_mount(&here, &there);
    }
    if (error != 0)
        return error == -ENOTDIR;
    bool mounts_known = here.stx_mask & there.stx_mask & STATX_MNT_ID;
    return here.stx_ino != there.stx_ino || here.stx_dev_major != there.stx_dev_major ||
           here.stx_dev_minor != there.stx_dev_minor ||
           (mounts_known && !is_on_one_mount(&here, &there));
}

/* "mnt_id:\t29", proc_pid_fdinfo(5): for kernels before 5.8, and where statx(2) may not be called.
 */
static uint64_t mount_id_of(struct arena *arena, int descriptor) {
    char name[DESCRIPTOR_NAME_BYTES];
    struct buffer path = {.data = name, .capacity = sizeof name - 1};
    buffer_format(&path, "/proc/thread-self/fdinfo/%d", descriptor);
    name[path.length] = '\0';
    struct slice text = file_first(arena, name, 256);
    unsigned long id = 0;
    while (text.length > 0) {
        struct slice value = slice_split(&text, '\n');
        if (slice_is(slice_split(&value, '\t'), "mnt_id:"))
            slice_number(&value, 10, &id);
    }
    return id;
}

void component_observe(struct arena *arena, int descriptor, struct component *component) {
    struct statx extended;
    int error = sys_fstatat(descriptor, "", &component->status, AT_EMPTY_PATH);
    component->status_known = error == 0;
    component->status_error = -error;
    /* Asked for nothing, it tells the mount and the attributes all the same, also of a FUSE mount
     * that would refuse anything else. */
    if (sys_statx(descriptor, "", AT_EMPTY_PATH | AT_STATX_DONT_SYNC, 0, &extended) == 0) {
        if (extended.stx_mask & STATX_MNT_ID)
            component->mount_id = extended.stx_mnt_id;
        component->attributes = extended.stx_attributes;
    }
    if (component->mount_id == 0 && descriptor >= 0)
        component->mount_id = mount_id_of(arena, descriptor);
    /* A symbolic link has neither ACL nor mode bits that count. */
    if (component->status_known && !S_ISLNK(component->status.st_mode))
        acl_read(arena, descriptor, &component->acl);
    else
        component->acl.state = component->status_known ? ACL_UNSUPPORTED : ACL_UNKNOWN;
}

void component_need(int descriptor, struct component *component, unsigned access, bool real_ids) {
    component->needs |= access;
    if (component->needs == 0)
        return;
    int answer = sys_faccessat2(descriptor, "", (int)component->needs,
                                AT_EMPTY_PATH | (real_ids ? 0 : AT_EACCESS));
    /* A filter that does not know the call answers ENOSYS, an old one of Docker's EPERM: no answer.
     */
    component->kernel_answer =
        answer == -ENOSYS || answer == -EPERM || answer == -EINVAL ? ANSWER_UNKNOWN : -answer;
}

unsigned access_needed(int flags) {
    static const unsigned by_mode[] = {
        [O_RDONLY] = ACCESS_READ,
        [O_WRONLY] = ACCESS_WRITE,
        [O_RDWR] = ACCESS_READ | ACCESS_WRITE,
        [O_ACCMODE] = ACCESS_READ | ACCESS_WRITE, /* 3: checked as both, open(2) NOTES */
    };
    if (flags & O_PATH)
        return 0;
    if ((flags & O_TMPFILE) == O_TMPFILE)
        return ACCESS_WRITE | ACCESS_SEARCH;
    return by_mode[flags & O_ACCMODE] | (flags & O_TRUNC ? ACCESS_WRITE : 0);
}

/* SPDX-License-Identifier: MIT */
/* Where the road begins: which failing calls count, and what they wanted. */
#include "base/memory.h"
#include "base/sys.h"
#include "config.h"
#include "incident.h"
#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <string.h>
#include <unistd.h>

/* ---- what it wanted ---- */

static int flags_of_mode(const char *mode) {
    int flags =
        mode[0] == 'r' ? O_RDONLY : O_WRONLY | O_CREAT | (mode[0] == 'a' ? O_APPEND : O_TRUNC);
    for (const char *at = mode; *at && *at != ','; at++) { /* may be empty: EINVAL */
        if (*at == '+')
            flags = (flags & ~O_ACCMODE) | O_RDWR;
        else if (*at == 'x')
            flags |= O_EXCL;
        else if (*at == 'e')
            flags |= O_CLOEXEC;
    }
    return flags;
}

/* The call may have failed for want of it: EFAULT, or EINVAL where it is too short. */
static struct open_how read_open_how(uintptr_t address) {
    struct memory memory = {0};
    struct open_how how = {0};
    memory_read(&memory, address, &how, sizeof how);
    return how;
}

/* A call that opens nothing walks like an open with O_PATH. */
static void read_how(struct incident *incident, uintptr_t how) {
    struct open_how extended;
    int flags = (int)how;
    switch (incident->how_kind) {
    case HOW_FLAGS:
        incident->flags = flags;
        break;
    case HOW_MODE:
        incident->flags = flags_of_mode((const char *)how);
        break;
    case HOW_STRUCT:
        extended = read_open_how(how);
        incident->flags = (int)extended.flags;
        incident->resolve = extended.resolve;
        break;
    case HOW_ACCESS:
    case HOW_LIST:
        incident->wanted = how & (R_OK | W_OK | X_OK);
        incident->real_ids = incident->how_kind == HOW_ACCESS && !(flags & AT_EACCESS);
        /* fall through */
    case HOW_STAT:
    case HOW_RESOLVE:
        incident->flags = O_PATH | (flags & AT_SYMLINK_NOFOLLOW ? O_NOFOLLOW : 0);
        break;
    }
}

/* ---- does it count? ---- */

/* The group that a call counts in. With O_PATH nothing is opened: cp(1) asks so whether its target
 * is a directory. With O_DIRECTORY it is opened to list, opendir(3) by hand, for fdopendir(3); what
 * that group does not report may still be an image that is opened. */
static enum call_group group_of(const struct failed_call *call, uintptr_t how, int error) {
    if (call->how_kind != HOW_FLAGS)
        return call->group;
    if (how & O_PATH)
        return GROUP_PROBE;
    bool listing = (how & O_TMPFILE) == O_DIRECTORY && config_reports(GROUP_DIR, error);
    return listing ? GROUP_DIR : call->group;
}

/* No image lies in /proc, but ss(8), lsof(8) and their kin try the descriptors of every process. */
static bool is_of_interest(enum call_group group, const char *path) {
    if (config.matcher.everything || group != GROUP_DIR)
        return match_path(&config.matcher, path);
    return !slice_starts(slice_of(path), SLICE("/proc/"));
}

/* Errors other than ENOENT and EACCES may come before the kernel has read the path: EFAULT, or the
 * EINVAL of an unknown fopen mode. */
__attribute__((noinline)) static bool is_readable(const char *path) {
    struct memory memory = {0};
    return memory_string_length(&memory, (uintptr_t)path, 2 * 4096) >= 0;
}

/* What most failures do not come to stays out of what they all run through: here the question is
 * asked exactly. */
__attribute__((noinline)) static void report_failure(const struct failed_call *call, int directory,
                                                     const char *path, uintptr_t how, int error) {
    enum call_group group = group_of(call, how, error);
    if (!config_reports(group, error) || !is_of_interest(group, path))
        return;
    struct incident incident = {
        .function = call->function,
        .group = group,
        .how_kind = call->how_kind,
        .path = path,
        .directory = directory,
        .error = error,
        .null_result = call->returns_pointer,
    };
    read_how(&incident, how);
    incident_enter(&incident);
    errno = error;
}

void call_failed(const struct failed_call *call, int directory, const char *path, uintptr_t how) {
    int error = errno;
    if (!config_reports(call->group | GROUP_DIR | GROUP_PROBE, error) || !path)
        return;
    if (error != ENOENT && error != EACCES && !is_readable(path))
        return;
    if (match_path(&config.matcher, path) || how & O_DIRECTORY || call->group == GROUP_DIR)
        report_failure(call, directory, path, how, error);
}

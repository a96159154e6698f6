/* SPDX-License-Identifier: MIT */
#include "base/file.h"
#include "base/sys.h"
#include "config.h"
#include "facts/collect.h"
#include <linux/capability.h>
#include <linux/securebits.h>
#include <stdatomic.h>
#include <sys/prctl.h>

enum {
    STATUS_BUDGET_BYTES = 1 << 20,
    MOST_GROUPS = 65536,                       /* NGROUPS_MAX */
    MOST_RANGES = 340,                         /* lines of a uid_map, user_namespaces(7) */
    INITIAL_USER_NAMESPACE = (int)0xEFFFFFFDu, /* PROC_USER_INIT_INO, linux/proc_ns.h */
    DEFAULT_OVERFLOW_ID = 65534,
};

static struct slice skip_blanks(struct slice text) {
    while (text.length > 0 && (text.data[0] == ' ' || text.data[0] == '\t'))
        text = slice_from(text, 1);
    return text;
}

static bool next_number(struct slice *text, unsigned base, unsigned long *number) {
    *text = skip_blanks(*text);
    return slice_number(text, base, number);
}

/* "Uid:\t1001\t1001\t1001\t1001": real, effective, saved, file system. */
static void read_four(struct slice value, uint32_t *a, uint32_t *b, uint32_t *c, uint32_t *d) {
    uint32_t *const ids[] = {a, b, c, d};
    unsigned long number;
    for (size_t i = 0; i < 4 && next_number(&value, 10, &number); i++)
        *ids[i] = (uint32_t)number;
}

static uint64_t read_hexadecimal(struct slice value) {
    unsigned long bits;
    next_number(&value, 16, &bits);
    return bits;
}

static void read_groups(struct arena *arena, struct identity *identity) {
    long count = sys_call(SYS_getgroups, 0, 0, 0, 0, 0, 0);
    identity->groups_complete = count == 0;
    if (count <= 0 || count > MOST_GROUPS)
        return;
    gid_t *groups = ARENA_ARRAY(arena, gid_t, (size_t)count);
    if (!groups || sys_call(SYS_getgroups, count, (long)groups, 0, 0, 0, 0) != count)
        return;
    identity->groups = groups;
    identity->group_count = (size_t)count;
    identity->groups_complete = true;
}

/* The line of the status file may be longer than the reader's window: then getgroups(2) is asked.
 */
static void parse_groups(struct arena *arena, struct identity *identity, struct slice value) {
    size_t most = value.length / 2 + 1;
    unsigned long number;
    size_t count = 0;
    if (value.length > 4000) {
        read_groups(arena, identity);
        return;
    }
    gid_t *groups = ARENA_ARRAY(arena, gid_t, most);
    while (groups && count < most && next_number(&value, 10, &number))
        groups[count++] = (gid_t)number;
    identity->groups = groups;
    identity->group_count = count;
    identity->groups_complete = groups != NULL;
}

/* "NSpid:\t4121\t7": the last one is the thread's own namespace's. It stands behind "Pid:\t4121",
 * where the kernel has such namespaces. */
static pid_t last_number(struct slice value) {
    unsigned long number, last = 0;
    while (next_number(&value, 10, &number))
        last = number;
    return (pid_t)last;
}

/* Counts the filters in *filters. */
static bool read_status(struct arena *arena, struct identity *identity, unsigned long *filters) {
    struct line_reader reader;
    struct slice line;
    unsigned long number;
    bool complete = false;
    if (!lines_open(&reader, arena, "/proc/thread-self/status", STATUS_BUDGET_BYTES))
        return false;
    while (lines_next(&reader, &line)) {
        struct slice value = line;
        struct slice name = slice_split(&value, ':');
        if (slice_is(name, "Uid"))
            read_four(value, &identity->ruid, &identity->euid, &identity->suid, &identity->fsuid);
        else if (slice_is(name, "Gid"))
            read_four(value, &identity->rgid, &identity->egid, &identity->sgid, &identity->fsgid);
        else if (slice_is(name, "Groups"))
            parse_groups(arena, identity, value);
        else if (slice_is(name, "CapEff")) {
            identity->effective = read_hexadecimal(value);
            complete = true;
        } else if (slice_is(name, "CapPrm"))
            identity->permitted = read_hexadecimal(value);
        else if (slice_is(name, "CapBnd"))
            identity->bounding = read_hexadecimal(value);
        else if (slice_is(name, "NoNewPrivs"))
            identity->no_new_privs = next_number(&value, 10, &number) && number;
        else if (slice_is(name, "Seccomp"))
            identity->seccomp = next_number(&value, 10, &number) ? (int)number : 0;
        else if (slice_is(name, "Seccomp_filters"))
            next_number(&value, 10, filters);
        else if (slice_is(name, "Tgid") || slice_is(name, "NStgid"))
            identity->pid = last_number(value);
        else if (slice_is(name, "Pid") || slice_is(name, "NSpid"))
            identity->tid = last_number(value);
    }
    lines_close(&reader);
    return complete;
}

/* Without /proc. setfsuid(2) with an impossible id changes nothing and returns the present one. */
static void ask_kernel(struct arena *arena, struct identity *identity) {
    struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
    struct __user_cap_data_struct data[2] = {0};
    sys_call(SYS_getresuid, (long)&identity->ruid, (long)&identity->euid, (long)&identity->suid, 0,
             0, 0);
    sys_call(SYS_getresgid, (long)&identity->rgid, (long)&identity->egid, (long)&identity->sgid, 0,
             0, 0);
    identity->fsuid = (uid_t)sys_call(SYS_setfsuid, -1, 0, 0, 0, 0, 0);
    identity->fsgid = (gid_t)sys_call(SYS_setfsgid, -1, 0, 0, 0, 0, 0);
    read_groups(arena, identity);
    if (sys_call(SYS_capget, (long)&header, (long)data, 0, 0, 0, 0) != 0)
        return;
    identity->effective = (uint64_t)data[1].effective << 32 | data[0].effective;
    identity->permitted = (uint64_t)data[1].permitted << 32 | data[0].permitted;
}

static void read_map(struct arena *arena, const char *path, struct id_map *map) {
    struct line_reader reader;
    struct slice line;
    if (!lines_open(&reader, arena, path, STATUS_BUDGET_BYTES))
        return;
    struct id_range *ranges = NULL;
    size_t count = 0;
    while (count < MOST_RANGES && lines_next(&reader, &line)) {
        unsigned long inside, outside, length;
        if (!next_number(&line, 10, &inside) || !next_number(&line, 10, &outside) ||
            !next_number(&line, 10, &length))
            break;
        /* One after the other, so that they form an array: nothing else is allocated meanwhile. */
        struct id_range *range = ARENA_NEW(arena, struct id_range);
        if (!range)
            break;
        *range = (struct id_range){(uint32_t)inside, (uint32_t)outside, (uint32_t)length};
        ranges = ranges ? ranges : range;
        count++;
    }
    lines_close(&reader);
    *map = (struct id_map){.ranges = ranges, .count = count, .known = true};
}

static unsigned read_overflow_id(struct arena *arena, const char *path) {
    struct slice text = file_first(arena, path, 16);
    unsigned long number;
    return slice_number(&text, 10, &number) ? (unsigned)number : DEFAULT_OVERFLOW_ID;
}

static void read_user_namespace(struct arena *arena, struct identity *identity) {
    struct stat status;
    identity->in_user_namespace = sys_fstatat(AT_FDCWD, "/proc/self/ns/user", &status, 0) == 0 &&
                                  status.st_ino != (unsigned)INITIAL_USER_NAMESPACE;
    identity->overflow_uid = DEFAULT_OVERFLOW_ID;
    identity->overflow_gid = DEFAULT_OVERFLOW_ID;
    if (!identity->in_user_namespace)
        return; /* the initial namespace maps every id */
    read_map(arena, "/proc/self/uid_map", &identity->uid_map);
    read_map(arena, "/proc/self/gid_map", &identity->gid_map);
    identity->overflow_uid = read_overflow_id(arena, "/proc/sys/kernel/overflowuid");
    identity->overflow_gid = read_overflow_id(arena, "/proc/sys/kernel/overflowgid");
}

/* Signs that container runtimes leave; the environment's word was taken at start. */
static struct slice find_container(void) {
    static const struct {
        char path[24], name[8];
    } signs[] = {
        {"/run/.containerenv", "podman"},
        {"/.dockerenv", "docker"},
        {"/.flatpak-info", "flatpak"},
    };
    struct stat status;
    if (config.container[0])
        return slice_of(config.container);
    for (size_t i = 0; i < sizeof signs / sizeof *signs; i++)
        if (sys_fstatat(AT_FDCWD, signs[i].path, &status, AT_SYMLINK_NOFOLLOW) == 0)
            return slice_of(signs[i].name);
    return SLICE("");
}

/* Container runtimes install one filter, which answers with an error. Any other filter may kill. */
static bool filter_may_kill(const struct identity *identity, unsigned long filters) {
    return identity->seccomp != 0 && (identity->container.length == 0 || filters > 1);
}

/* Without the status file: has the program gone where its own loader is not? Then it shuts itself
 * in, and may have a filter as well that cannot be seen. */
static bool has_left_its_root(void) {
    struct stat status;
    return sys_fstatat(AT_FDCWD, "/lib64/ld-linux-x86-64.so.2", &status, 0) != 0 &&
           sys_fstatat(AT_FDCWD, "/proc/self", &status, AT_SYMLINK_NOFOLLOW) != 0;
}

/* What starts with a namespace's own root directory has a mount there; chroot(2) asks for none. Not
 * seen: a chroot to a mount point, and any before Linux 5.8. */
static bool has_another_root(void) {
    struct statx status;
    return sys_statx(AT_FDCWD, "/", AT_STATX_DONT_SYNC, 0, &status) == 0 &&
           (status.stx_attributes_mask & ~status.stx_attributes & STATX_ATTR_MOUNT_ROOT) != 0;
}

/* The first process of the container shows as whom the container was started. */
static bool has_changed_user(const struct identity *identity) {
    struct stat first;
    return identity->container.length > 0 && sys_fstatat(AT_FDCWD, "/proc/1", &first, 0) == 0 &&
           first.st_uid != identity->fsuid;
}

bool identity_read(struct arena *arena, struct identity *identity) {
    static atomic_bool filter_seen; /* filters stay; without a descriptor they cannot be read */
    unsigned long filters = 1;
    sys_careful = true;
    *identity = (struct identity){.container = find_container()};
    bool read = read_status(arena, identity, &filters);
    if (!read && (atomic_load_explicit(&filter_seen, memory_order_relaxed) || has_left_its_root()))
        return false;
    sys_careful = read && filter_may_kill(identity, filters);
    if (sys_careful) {
        atomic_store_explicit(&filter_seen, true, memory_order_relaxed);
    } else {
        identity->pid = sys_getpid();
        identity->tid = sys_gettid();
        long securebits = sys_call(SYS_prctl, PR_GET_SECUREBITS, 0, 0, 0, 0, 0);
        identity->no_setuid_fixup = securebits > 0 && (securebits & SECBIT_NO_SETUID_FIXUP);
    }
    if (!read)
        ask_kernel(arena, identity);
    identity->in_chroot = has_another_root();
    identity->changed_user = !sys_careful && has_changed_user(identity);
    read_user_namespace(arena, identity);
    identity->lsm_label = file_first(arena, "/proc/thread-self/attr/current", 256);
    return true;
}

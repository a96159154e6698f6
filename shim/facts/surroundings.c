/* SPDX-License-Identifier: MIT */
#include "base/file.h"
#include "base/sys.h"
#include "facts/collect.h"
#include <linux/landlock.h>
#include <sys/resource.h>
#include <sys/vfs.h>

static int read_sysctl(struct arena *arena, const char *path) {
    struct slice text = file_first(arena, path, 16);
    unsigned long number;
    return slice_number(&text, 10, &number) ? (int)number : ANSWER_UNKNOWN;
}

/* The kernel answers with the version of the interface, and makes nothing; landlock(7). */
static bool has_landlock(void) {
    return sys_call(SYS_landlock_create_ruleset, 0, 0, LANDLOCK_CREATE_RULESET_VERSION, 0, 0, 0) >
           0;
}

static void read_file_limits(struct surroundings *surroundings) {
    struct rlimit limit;
    if (sys_call(SYS_prlimit64, 0, RLIMIT_NOFILE, 0, (long)&limit, 0, 0) != 0)
        return;
    surroundings->files_most = limit.rlim_cur;
    surroundings->files_most_hard = limit.rlim_max;
}

static unsigned long longest_name(struct arena *arena, const struct walk *walk) {
    struct statfs system;
    if (walk->directory < 0)
        return 0;
    struct slice path = arena_copy(arena, walk->components[walk->directory].path);
    if (path.length == 0 || sys_call(SYS_statfs, (long)path.data, (long)&system, 0, 0, 0, 0) != 0)
        return 0;
    return (unsigned long)system.f_namelen;
}

void surroundings_read(struct arena *arena, const struct incident *incident, struct facts *facts,
                       int culprit) {
    struct surroundings *surroundings = &facts->surroundings;
    *surroundings = (struct surroundings){
        .known = true,
        .protected_symlinks = read_sysctl(arena, "/proc/sys/fs/protected_symlinks"),
        .protected_regular = read_sysctl(arena, "/proc/sys/fs/protected_regular"),
        .protected_fifos = read_sysctl(arena, "/proc/sys/fs/protected_fifos"),
        .selinux = {.answer = ANSWER_UNKNOWN},
        .apparmor = {.answer = ANSWER_UNKNOWN},
        .landlock = has_landlock(),
        .name_bytes_most = longest_name(arena, &facts->walk),
    };
    read_file_limits(surroundings);
    const struct component *component = culprit >= 0 ? &facts->walk.components[culprit] : NULL;
    if (component && component->lookup_error != 0 && component->parent >= 0)
        component = &facts->walk.components[component->parent];
    if (component && component->mount)
        outside_read(arena, component, &surroundings->outside);
    if (incident->error == EACCES && culprit >= 0)
        modules_ask(arena, incident, facts, culprit, surroundings);
}

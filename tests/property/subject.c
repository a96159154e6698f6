/* SPDX-License-Identifier: MIT */
#include "subject.h"
#include "rights.h"
#include "tree.h"
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/capability.h>
#include <linux/securebits.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/fsuid.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

static uint64_t any_capabilities(struct random *random) {
    static const uint64_t telling[] = {1U << CAPABILITY_DAC_OVERRIDE,
                                       1U << CAPABILITY_DAC_READ_SEARCH, 1U << CAPABILITY_FOWNER};
    unsigned kind = random_below(random, 100);
    if (kind < 55)
        return 0;
    if (kind < 60)
        return ~UINT64_C(0);
    uint64_t set = kind < 80 ? random_next(random) & random_next(random) : 0;
    for (unsigned i = 0; i < 3; i++)
        if (random_chance(random, 35))
            set |= telling[i];
        else
            set &= ~telling[i];
    return set;
}

static void any_groups(struct random *random, struct subject *subject) {
    unsigned count = random_below(random, random_chance(random, 20) ? MOST_GROUPS + 1 : 4);
    for (unsigned i = 0; i < count; i++)
        subject->groups[i] =
            random_chance(random, 60) ? any_gid(random) : 3000 + random_below(random, 100);
    subject->group_count = count;
}

/* A map that leaves out some of the ids the trees use, and numbers others anew. */
static void any_map(struct random *random, struct ranges *map, uint32_t base) {
    if (random_chance(random, 15)) { /* everything, as "unshare --map-all" does for root */
        map->range[map->count++] = (struct range){0, 0, UINT32_MAX};
        return;
    }
    static const uint32_t starts[] = {0, 1, 2, 100};
    uint32_t next = 0;
    for (unsigned i = 0; i < 4 && map->count < MOST_RANGES; i++) {
        uint32_t outside = i == 0 ? 0 : base + starts[i] - 1; /* ascending, apart */
        if (random_chance(random, 35))
            continue;
        uint32_t length = i == 3 ? 1900 : 1;
        map->range[map->count++] = (struct range){next, outside, length};
        next += length + (random_chance(random, 50) ? 1000 : 0);
    }
    if (map->count == 0)
        map->range[map->count++] = (struct range){0, base, 1};
    if (random_chance(random, 25)) /* the id that stands for "none" is also somebody */
        map->range[map->count++] =
            (struct range){65534, random_chance(random, 50) ? 65534 : 5000, 1};
}

static uint32_t keep_mapped(struct random *random, const struct ranges *map, uint32_t id) {
    if (subject_inside(map, id) != UINT32_MAX)
        return id;
    return map->range[random_below(random, map->count)].outside;
}

/* Most processes hold ids that their namespace maps; "unshare --user" leaves those it had. */
static void enter_namespace(struct random *random, struct subject *subject) {
    subject->in_namespace = true;
    any_map(random, &subject->uid_map, 1001);
    any_map(random, &subject->gid_map, 2001);
    if (random_chance(random, 25))
        return;
    uid_t *uids[] = {&subject->ruid, &subject->euid, &subject->suid, &subject->fsuid};
    gid_t *gids[] = {&subject->rgid, &subject->egid, &subject->sgid, &subject->fsgid};
    for (unsigned i = 0; i < 4; i++) {
        *uids[i] = keep_mapped(random, &subject->uid_map, *uids[i]);
        *gids[i] = keep_mapped(random, &subject->gid_map, *gids[i]);
    }
    unsigned kept = 0;
    for (unsigned i = 0; i < subject->group_count; i++)
        if (subject_inside(&subject->gid_map, subject->groups[i]) != UINT32_MAX)
            subject->groups[kept++] = subject->groups[i];
    subject->group_count = kept;
}

void subject_generate(struct random *random, const struct scene *scene, struct subject *subject) {
    *subject = (struct subject){0};
    subject->fsuid = any_uid(random);
    subject->fsgid = any_gid(random);
    bool apart = random_chance(random, 20);
    subject->euid = apart ? any_uid(random) : subject->fsuid;
    subject->egid = apart ? any_gid(random) : subject->fsgid;
    bool set_id = random_chance(random, 15);
    subject->ruid = set_id ? any_uid(random) : subject->euid;
    subject->suid = set_id ? any_uid(random) : subject->euid;
    subject->rgid = set_id ? any_gid(random) : subject->egid;
    subject->sgid = set_id ? any_gid(random) : subject->egid;
    any_groups(random, subject);
    uint64_t available = capabilities_available();
    subject->effective = any_capabilities(random) & available;
    if (random_chance(random, 30))
        subject->idle = any_capabilities(random) & available & ~subject->effective;
    if (random_chance(random, 25))
        subject->securebits = random_chance(random, 70) ? SECBIT_NO_SETUID_FIXUP : SECBIT_NOROOT;
    subject->bounding = random_chance(random, 70) ? available : random_next(random) & available;
    if (random_chance(random, 20) && !getenv("NO_NAMESPACES"))
        enter_namespace(random, subject);
    subject->cwd = scene->top - 1;
    for (int i = scene->top; i < scene->count; i++)
        if (scene->nodes[i].type == DIRECTORY && random_chance(random, 40) &&
            rights_root_reaches(scene, i))
            subject->cwd = i;
}

uint32_t subject_inside(const struct ranges *map, uint32_t id) {
    for (unsigned i = 0; i < map->count; i++)
        if (id >= map->range[i].outside && id - map->range[i].outside < map->range[i].length)
            return map->range[i].inside + (id - map->range[i].outside);
    return UINT32_MAX;
}

uint64_t capabilities_available(void) {
    struct __user_cap_header_struct header = {_LINUX_CAPABILITY_VERSION_3, 0};
    struct __user_cap_data_struct data[2] = {{0}};
    if (syscall(SYS_capget, &header, data) != 0)
        return 0;
    return (uint64_t)data[1].permitted << 32 | data[0].permitted;
}

static bool failed(const char *what) {
    fprintf(stderr, "property: %s: %s\n", what, strerror(errno));
    return false;
}

static bool write_map(pid_t pid, const char *file, const struct ranges *map) {
    char path[64], text[256];
    int length = 0;
    snprintf(path, sizeof path, "/proc/%d/%s", (int)pid, file);
    for (unsigned i = 0; i < map->count; i++)
        length += snprintf(text + length, sizeof text - (size_t)length, "%u %u %u\n",
                           map->range[i].inside, map->range[i].outside, map->range[i].length);
    int descriptor = open(path, O_WRONLY | O_CLOEXEC);
    if (descriptor < 0)
        return failed(path);
    bool written = write(descriptor, text, (size_t)length) == length;
    if (!written)
        failed(path);
    close(descriptor);
    return written;
}

bool subject_write_maps(const struct subject *subject, pid_t pid) {
    return write_map(pid, "uid_map", &subject->uid_map) &&
           write_map(pid, "gid_map", &subject->gid_map);
}

static bool set_ids(const struct subject *s) {
    if (setgroups(s->group_count, s->groups) != 0)
        return failed("setgroups");
    if (setresgid(s->rgid, s->egid, s->sgid) != 0)
        return failed("setresgid");
    setfsgid(s->fsgid);
    if (setresuid(s->ruid, s->euid, s->suid) != 0)
        return failed("setresuid");
    setfsuid(s->fsuid);
    if ((uid_t)setfsuid((uid_t)-1) != s->fsuid || (gid_t)setfsgid((gid_t)-1) != s->fsgid)
        return failed("setfsuid");
    return true;
}

static bool set_capabilities(const struct subject *subject) {
    uint64_t available = capabilities_available();
    for (int bit = 0; bit < 64; bit++)
        if ((available >> bit & 1) && !(subject->bounding >> bit & 1) &&
            prctl(PR_CAPBSET_DROP, bit, 0, 0, 0) != 0)
            return failed("PR_CAPBSET_DROP");
    struct __user_cap_header_struct header = {_LINUX_CAPABILITY_VERSION_3, 0};
    uint64_t set = subject->effective & available, all = (set | subject->idle) & available;
    struct __user_cap_data_struct data[2] = {
        {.effective = (uint32_t)set, .permitted = (uint32_t)all},
        {.effective = (uint32_t)(set >> 32), .permitted = (uint32_t)(all >> 32)}};
    return syscall(SYS_capset, &header, data) == 0 || failed("capset");
}

bool subject_become(const struct subject *subject, void (*mapped)(void *), void *context) {
    /* Ids and capabilities apart from each other: capabilities(7), "securebits". */
    if (prctl(PR_SET_SECUREBITS, SECBIT_KEEP_CAPS | SECBIT_NO_SETUID_FIXUP, 0, 0, 0) != 0)
        return failed("PR_SET_SECUREBITS");
    if (!set_ids(subject)) /* before, since in a namespace it could take mapped ids only */
        return false;
    if (subject->in_namespace) {
        if (unshare(CLONE_NEWUSER) != 0)
            return failed("unshare(CLONE_NEWUSER)");
        mapped(context);
    }
    if (prctl(PR_SET_SECUREBITS, subject->securebits, 0, 0, 0) != 0) /* access(2) looks at them */
        return failed("PR_SET_SECUREBITS");
    return set_capabilities(subject);
}

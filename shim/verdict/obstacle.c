/* SPDX-License-Identifier: MIT */
/*
 * What binds root as well, so that no command changes an object while it is there: a read-only
 * mount, an attribute of chattr(1). And what takes it away.
 */
#include "verdict/trial.h"
#include <linux/capability.h>
#include <linux/stat.h>

/* ---- read-only ---- */

bool mount_is_read_only(const struct mount *mount) {
    return mount &&
           (options_have(mount->options, "ro") || options_have(mount->super_options, "ro"));
}

bool mount_is_made_read_only(const struct mount *mount) {
    struct slice fstype = mount->fstype, upper;
    return slice_is(fstype, "iso9660") || slice_is(fstype, "squashfs") ||
           slice_is(fstype, "erofs") || slice_is(fstype, "cramfs") ||
           (slice_is(fstype, "overlay") && !options_find(mount->super_options, "upperdir", &upper));
}

bool mount_is_proc(const struct mount *mount) {
    return mount && slice_is(mount->fstype, "proc");
}

bool mount_is_made_by_kernel(const struct mount *mount) {
    static const char kinds[][12] = {"proc",       "sysfs",   "cgroup",  "cgroup2", "devpts",
                                     "securityfs", "debugfs", "tracefs", "fusectl", "selinuxfs"};
    for (size_t i = 0; mount && i < sizeof kinds / sizeof *kinds; i++)
        if (slice_is(mount->fstype, kinds[i]))
            return true;
    return false;
}

struct slice advice_on_kernels_own(struct trial *trial, const struct mount *mount) {
    return arena_format(
        trial->arena,
        "create it elsewhere: what is in %s the kernel makes (%.*s), and nobody can "
        "put a file there, root included",
        quoted(trial->arena, slice_first(mount->point, 200)).data, (int)mount->fstype.length,
        mount->fstype.data);
}

/* ProtectSystem=, ReadOnlyPaths= and ProtectHome=read-only of systemd.exec(5); bwrap(1). A mount of
 * a user namespace keeps the ro that it was given outside, mount_namespaces(7). */
static bool fix_in_sandbox(struct trial *trial, const struct component *component) {
    const struct outside *outside = outside_of(trial, component);
    const struct identity *identity = &trial->facts->identity;
    const char *place = quoted(trial->arena, slice_first(component->path, 200)).data;
    if (outside || identity->in_user_namespace)
        add_advice(trial,
                   arena_format(trial->arena,
                                "or let the sandbox that it runs in give it %s to write: %s", place,
                                outside ? "ReadWritePaths= in a service's unit, where "
                                          "ProtectSystem=, ReadOnlyPaths= or ProtectHome= took it"
                                        : "bwrap has --bind in place of --ro-bind"));
    else if (!trial->facts->surroundings.outside.known)
        add_advice(trial,
                   arena_format(trial->arena,
                                "or let it write to %s: a service by ReadWritePaths= in its unit; "
                                "if others may not write there either, as root: mount -o "
                                "remount,bind,rw %s (which is the case cannot be seen from here)",
                                place, quoted(trial->arena, component->mount->point).data));
    else
        return false;
    return true;
}

static void fix_by_remount(struct trial *trial, const struct mount *mount) {
    bool whole = options_have(mount->super_options, "ro");
    if (whole && mount_is_made_read_only(mount))
        return;
    const struct fix fix = {
        .arguments = {SLICE("mount"), SLICE("-o"),
                      whole ? SLICE("remount,rw") : SLICE("remount,bind,rw"), mount->point},
        .argument_count = 4,
        .run_as = RUN_AS_ROOT,
        .grants = SLICE("writing on this mount to all who have the permission"),
        .effect = SLICE("lets all write on this mount who have the permission"),
        .opens_to_more = true,
    };
    add_fix(trial, &fix);
}

void fix_read_only(struct trial *trial, const struct component *component) {
    const struct mount *mount = component->mount;
    bool this_mount = options_have(mount->options, "ro");
    add_advice(trial, SLICE("write elsewhere; or, if the program only reads, open it read-only"));
    if (trial->facts->identity.container.length > 0 && slice_is(mount->point, "/"))
        add_advice(trial, SLICE("or start the container with a volume or a tmpfs there (docker, "
                                "podman: -v SOURCE:PLACE, --tmpfs PLACE), or without --read-only "
                                "(kubernetes: readOnlyRootFilesystem)"));
    else if (trial->facts->identity.container.length > 0)
        add_advice(trial, SLICE("or start the container with this volume writable (docker, podman: "
                                "-v SOURCE:PLACE without :ro; kubernetes: readOnly: false)"));
    else if (this_mount && !fix_in_sandbox(trial, component))
        fix_by_remount(trial, mount);
    if (!this_mount && mount_is_made_read_only(mount))
        add_note(trial, "a file system of this kind cannot be written (an overlay: not without an "
                        "upper layer)");
    else if (!this_mount)
        add_note(trial, "a file system that became read-only by itself had an error: dmesg tells");
}

/* ---- mounts of one's own ---- */

/* What makes a mount for one process alone makes a bind mount, a read-only one or a tmpfs. */
static bool may_be_own(const struct mount *mount) {
    return mount_is_read_only(mount) || !slice_is(mount->root, "/") ||
           slice_is(mount->fstype, "tmpfs");
}

const struct outside *outside_of(struct trial *trial, const struct component *component) {
    const struct identity *identity = &trial->facts->identity;
    const struct surroundings *surroundings = &trial->facts->surroundings;
    /* A container's user is told of the host by other means; in a user namespace the number of a
     * user is not the one that a command outside would need. */
    if (!component->mount || !may_be_own(component->mount) || identity->in_user_namespace ||
        identity_is_in_container(identity))
        return NULL;
    trial->verdict->asks_for_more |= !surroundings->known;
    return surroundings->known && surroundings->outside.own_mount ? &surroundings->outside : NULL;
}

struct slice path_outside(struct trial *trial, const struct component *component,
                          struct slice path) {
    const struct outside *outside = outside_of(trial, component);
    if (!outside || outside->path.length == 0 || slice_equal(outside->path, component->path))
        return path;
    return arena_format(trial->arena, "%.*s%.*s", (int)outside->path.length, outside->path.data,
                        (int)(path.length - component->path.length),
                        path.data + component->path.length);
}

void note_outside(struct trial *trial, const struct component *component) {
    const struct outside *outside = outside_of(trial, component);
    if (!outside)
        return;
    const char *here = quoted(trial->arena, component->path).data;
    if (outside->path.length == 0)
        add_note(trial,
                 "the process has mounts of its own, a service's or a sandbox's, and %s is on one: "
                 "run the command among them, as root: nsenter -m -t %d",
                 here, (int)trial->facts->identity.pid);
    else if (!slice_equal(outside->path, component->path))
        add_note(trial,
                 "the process has mounts of its own, a service's or a sandbox's: its %s is %s for "
                 "all others",
                 here, quoted(trial->arena, outside->path).data);
    else if (mount_is_read_only(component->mount))
        add_note(trial,
                 "%s is read-only for this process alone: the command is for a shell outside of "
                 "its service or sandbox",
                 here);
}

/* ---- attributes ---- */

char binding_attribute(const struct component *component) {
    return component->attributes & STATX_ATTR_IMMUTABLE ? 'i'
           : component->attributes & STATX_ATTR_APPEND  ? 'a'
                                                        : '\0';
}

/* FS_IOC_SETFLAGS(2const) asks for CAP_LINUX_IMMUTABLE in the initial user namespace; the root of a
 * container has what the bounding set of its processes leaves. */
static bool has_root_for_chattr(const struct identity *identity) {
    bool bounded = !(identity->bounding >> CAP_LINUX_IMMUTABLE & 1);
    return !identity->in_user_namespace && !(identity->container.length > 0 && bounded);
}

void fix_by_chattr(struct trial *trial, const struct component *component) {
    char letter = binding_attribute(component);
    if (!has_root_for_chattr(&trial->facts->identity)) {
        add_advice(trial, arena_format(trial->arena,
                                       "on the host, as root there: chattr -%c with the host's "
                                       "path of %s; nobody in a container may",
                                       letter, quoted(trial->arena, component->path).data));
    } else if (component->path.data[0] == '/') {
        const struct fix fix = {
            .arguments = {SLICE("chattr"), arena_format(trial->arena, "-%c", letter),
                          path_outside(trial, component, component->path)},
            .argument_count = 3,
            .run_as = RUN_AS_ROOT,
            .grants = SLICE("changes to all who have the permission"),
            .effect = SLICE("lets all change it who have the permission"),
            .opens_to_more = true,
        };
        add_fix(trial, &fix);
    }
}

bool thaw(struct trial *trial, const struct component *component) {
    char letter = binding_attribute(component);
    if (letter == '\0')
        return true;
    if (trial->verdict->fix_count + 2 > VERDICT_MOST_FIXES)
        return false;
    fix_by_chattr(trial, component);
    add_note(trial,
             "%s has the attribute %c, which keeps it as it is, for root too: first chattr -%c, "
             "then the command after it; chattr +%c puts the attribute back",
             quoted(trial->arena, component->path).data, letter, letter, letter);
    return true;
}

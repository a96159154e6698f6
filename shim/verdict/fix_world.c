/* SPDX-License-Identifier: MIT */
/*
 * What mends it in the world that the process lives in: a container's user, a namespace's map, a
 * service's sandbox. Nothing on disk has to change for these.
 */
#include "base/buffer.h"
#include "verdict/trial.h"

static bool in_container(const struct trial *trial, const char *kind) {
    return slice_is(trial->facts->identity.container, kind);
}

static bool in_chosen_container(const struct trial *trial) {
    return identity_is_in_container(&trial->facts->identity);
}

/* Would the ids alone, without any capability, pass every component as far as the culprit? */
static bool would_pass(const struct trial *trial, const struct identity *identity, int culprit) {
    struct access access;
    for (int i = 0; i <= culprit; i++) {
        const struct component *component = component_at(trial, i);
        access_decide(identity, component, component->needs, &access);
        if (!access.allowed || !access.sure)
            return false;
    }
    return true;
}

static void advise_on_user(struct trial *trial, uid_t user, gid_t group) {
    if (in_container(trial, "kubernetes"))
        add_advice(trial, arena_format(trial->arena,
                                       "run the pod as the owner: securityContext with "
                                       "runAsUser: %u, runAsGroup: %u",
                                       user, group));
    else if (in_chosen_container(trial))
        add_advice(trial, arena_format(trial->arena,
                                       "start the container as the owner: --user %u:%u (docker, "
                                       "podman)",
                                       user, group));
    else
        add_advice(trial, arena_format(trial->arena,
                                       "run it as the owner, uid %u gid %u (a service: User=)",
                                       user, group));
}

static void advise_on_group(struct trial *trial, gid_t group) {
    add_advice(trial, arena_format(trial->arena,
                                   "start the container with the group that has the right: "
                                   "--group-add %u (kubernetes: supplementalGroups)",
                                   group));
}

/* A group that the user belongs to, but the process does not: it was started before. */
static bool fix_by_joining(struct trial *trial, int culprit, bool as_started) {
    const struct component *component = component_at(trial, culprit);
    struct identity other = trial->facts->identity;
    other.fsgid = component->status.st_gid;
    if (!component->group_joinable || !would_pass(trial, &other, culprit))
        return false;
    const char *group = quoted(trial->arena, component->group_name).data;
    if (as_started)
        advise_on_group(trial, other.fsgid);
    else
        add_advice(trial, arena_format(trial->arena,
                                       "log in again (a service: restart it), or begin with: "
                                       "newgrp %s   (the user belongs to this group, %u, which has "
                                       "the right; this process does not)",
                                       group, other.fsgid));
    return true;
}

/* Is uid 0 here the ordinary user who started a rootless container? Such a map begins "0 UID 1" and
 * has no 0 outside, as the map of keep-id has, which is relative to a namespace in between. */
static bool root_is_ordinary(const struct identity *identity) {
    bool alone = false;
    for (size_t i = 0; i < identity->uid_map.count; i++) {
        const struct id_range *range = &identity->uid_map.ranges[i];
        if (range->outside == 0)
            return false;
        alone = alone || (range->inside == 0 && range->length == 1);
    }
    return identity->in_user_namespace && alone;
}

/* The owner, when that is an ordinary user; else a group that has the right. */
static void fix_by_identity(struct trial *trial, int culprit, const struct access *access) {
    const struct stat *status = &component_at(trial, culprit)->status;
    struct identity other = trial->facts->identity;
    bool root_in_vain = trial->verdict->cause == CAUSE_root_without_capability;
    /* Who became another user inside the container (nginx's workers, su) is started so there. */
    bool as_started = in_chosen_container(trial) && !other.changed_user;
    if (access->class == CLASS_OWNER || fix_by_joining(trial, culprit, as_started) ||
        (!as_started && !root_in_vain))
        return;
    other.effective = 0;
    other.fsuid = status->st_uid;
    other.fsgid = status->st_gid;
    other.group_count = 0;
    if (status->st_uid != 0 && would_pass(trial, &other, culprit)) {
        advise_on_user(trial, status->st_uid, status->st_gid);
        return;
    }
    if (status->st_uid == 0 && in_container(trial, "podman") && root_is_ordinary(&other) &&
        would_pass(trial, &other, culprit)) {
        const struct identity *identity = &trial->facts->identity;
        add_advice(trial, arena_format(trial->arena,
                                       "start the container with --userns=keep-id:uid=%u,gid=%u "
                                       "(podman, rootless): uid %u is then who starts it, the "
                                       "owner",
                                       identity->fsuid, identity->fsgid, identity->fsuid));
        return;
    }
    other = trial->facts->identity;
    other.fsgid = status->st_gid;
    if (status->st_gid != 0 && as_started && would_pass(trial, &other, culprit))
        advise_on_group(trial, status->st_gid);
}

/* A user to whom the object is closed outside as well: that its owner is not mapped here changes
 * nothing. The map tells the numbers of a namespace in between (bwrap has two). */
static void advise_on_outer_user(struct trial *trial, const struct component *component,
                                 const struct access *access) {
    add_advice(trial,
               arena_format(trial->arena,
                            "outside of this user namespace, as the owner or root there: setfacl "
                            "-m u:UID:%s %s%s, UID being the number that uid %u has there (ps -o "
                            "uid= -p PID); here nobody can change it",
                            rwx_of((access->granted & 7) | access->missing).text,
                            in_chosen_container(trial) ? "with the host's path of " : "",
                            quoted(trial->arena, slice_first(component->path, 200)).data,
                            trial->facts->identity.fsuid));
}

/* Whom no map makes root, it is not outside either: unshare -r, a rootless container. */
static bool is_root_outside(const struct identity *identity) {
    for (size_t i = 0; i < identity->uid_map.count; i++) {
        const struct id_range *range = &identity->uid_map.ranges[i];
        uint32_t offset = identity->fsuid - range->inside;
        if (offset < range->length)
            return range->outside + offset == 0;
    }
    return false;
}

static void advise_on_unmapped(struct trial *trial, const struct component *component,
                               const struct access *access) {
    bool root_outside = is_root_outside(&trial->facts->identity);
    if (in_chosen_container(trial))
        add_advice(trial, SLICE("from outside, map the owner into this user namespace: podman "
                                "--userns=keep-id when rootless, --uidmap and --gidmap, or the "
                                "volume's option :idmap; chmod here cannot help"));
    if (!root_outside)
        advise_on_outer_user(trial, component, access);
    if (in_chosen_container(trial))
        return;
    add_advice(trial,
               root_outside
                   ? SLICE("run it outside of this user namespace, or have the namespace map the "
                           "owner too (unshare --map-users, --map-groups); chmod here cannot help")
                   : SLICE("or have root make the namespace and map the owner too (unshare "
                           "--map-users, --map-groups)"));
}

static void advise_on_namespace(struct trial *trial, const struct component *component,
                                const struct access *access) {
    if (mount_is_idmapped(component->mount) && access->owner_mapping == MAPPED)
        add_advice(trial,
                   arena_format(trial->arena,
                                "the mount maps ids, and perhaps not uid %u: change owner or "
                                "permissions from outside, where nothing is mapped",
                                trial->facts->identity.fsuid));
    else if (mount_is_idmapped(component->mount))
        add_advice(trial,
                   SLICE("the mount maps ids: let it map this owner too, or change the owner from "
                         "outside; chmod here cannot help"));
    else if (trial->verdict->cause == CAUSE_unmapped_owner)
        advise_on_unmapped(trial, component, access);
    else
        advise_on_outer_user(trial, component, access);
}

/* systemd's ProtectHome= and InaccessiblePaths= mount an empty object without any permission over
 * the real one, systemd.exec(5): out of /run/systemd/inaccessible, mostly a tmpfs. */
static bool is_masked(const struct component *component) {
    const struct mount *mount = component->mount;
    return mount && component->status_known && (component->status.st_mode & 07777) == 0 &&
           component->status.st_uid == 0 && slice_equal(mount->point, component->path) &&
           (slice_is(mount->fstype, "tmpfs") ||
            slice_search(mount->root, "/systemd/inaccessible/"));
}

/* An entry for an id that this user namespace does not map: setfacl(1), which writes the whole ACL
 * anew, cannot write it back. */
static bool acl_has_unmapped(const struct acl *acl) {
    for (size_t i = 0; i < acl->count; i++) {
        bool named = acl->entries[i].tag == ACL_TAG_USER || acl->entries[i].tag == ACL_TAG_GROUP;
        if (named && acl->entries[i].id == UINT32_MAX)
            return true;
    }
    return false;
}

/* Is owner or group beyond what this namespace or mount maps, so that nobody here can change it? */
static bool is_beyond(const struct component *component, const struct access *access) {
    bool by_owner = access->class == CLASS_OWNER;
    return access->owner_mapping != MAPPED ||
           (mount_is_idmapped(component->mount) && (!by_owner || access->group_mapping != MAPPED));
}

/* Is it the removed directory that the path starts in? "." names it as well. */
static bool is_removed(const struct trial *trial, const struct component *component) {
    const struct walk *walk = &trial->facts->walk;
    const struct stat *start = &walk->components[0].status;
    return walk->start_deleted && component->status.st_ino == start->st_ino &&
           component->status.st_dev == start->st_dev;
}

/* Does a magic link of /proc lead to what was removed, or made without a name (O_TMPFILE,
 * memfd_create(2))? The link's text, which is its path here, then ends so: proc_pid_fd(5). */
static bool has_no_name(const struct component *component) {
    static const char mark[] = " (deleted)";
    size_t length = sizeof mark - 1;
    struct slice path = component->path;
    return component->status.st_nlink == 0 && path.length > length &&
           slice_is(slice_from(path, path.length - length), mark);
}

/* Says why no command, whoever runs it here, could change the object; false when one can. */
static bool advise_on_obstacle(struct trial *trial, const struct component *component,
                               const struct access *access) {
    bool by_owner = access->class == CLASS_OWNER;
    struct slice advice = SLICE("");
    const struct outside *outside = outside_of(trial, component);
    bool elsewhere = outside && outside->path.length > 0 && !mount_is_read_only(&outside->mount);
    if (mount_is_read_only(component->mount) && !elsewhere)
        advice = mount_is_made_read_only(component->mount)
                     ? SLICE("a file system of this kind is never written: change the permissions "
                             "in what it is made from, and make it anew")
                     : SLICE("the file system is mounted read-only here: change the permissions "
                             "where it can be written, or mount it read-write first");
    else if (S_ISDIR(component->status.st_mode) && (access->missing & ACCESS_WRITE) &&
             mount_is_made_by_kernel(component->mount))
        advice = advice_on_kernels_own(trial, component->mount);
    else if (is_removed(trial, component))
        advice =
            SLICE("it has been removed and has no name any more, so no command can reach it: start "
                  "the program again in a directory that exists");
    else if (trial->facts->walk.start_astray && component->path.data[0] != '/')
        advice = SLICE("no path leads to it from here, so no command can name it: the directory "
                       "that the call starts in lies under another mount, on one that was taken "
                       "away, or in another namespace; enter it anew (cd), by a path");
    else if (has_no_name(component))
        advice = SLICE("it has no name (any more), so no command can reach it: use the descriptor "
                       "that the link in /proc stands for, and do not open it again");
    else if (mount_is_proc(component->mount))
        advice = arena_format(trial->arena,
                              "nothing in /proc takes chmod or setfacl, proc(5): what is there is "
                              "for uid %u and for root",
                              component->status.st_uid);
    else if (!by_owner && identity_mapping(&trial->facts->identity) != MAPPED)
        advice =
            SLICE("this process's own user id is not mapped into its user namespace: run it as a "
                  "user that is (unshare --map-user, podman --userns=keep-id)");
    else if (!by_owner && acl_has_unmapped(&component->acl))
        advice =
            SLICE("from outside this user namespace: the ACL names ids that are not mapped here, "
                  "so setfacl here cannot rewrite it");
    add_advice(trial, advice);
    return advice.length > 0;
}

/* $HOME of another user, as sudo -E, su without "-" and USER in a Dockerfile leave it. Not that of
 * a service, whose home may well be root's. */
static void fix_by_home(struct trial *trial, int culprit) {
    struct slice home = environment_value(trial->facts->environment, SLICE("HOME"));
    const struct identity *identity = &trial->facts->identity;
    for (int i = 0; home.length > 1 && identity->fsuid != 0 && i <= culprit; i++) {
        const struct component *component = component_at(trial, i);
        uid_t owner = component->status.st_uid;
        bool personal = owner >= 1000 || slice_is(home, "/root");
        if (!component->status_known || !slice_equal(component->path, home) || !personal ||
            owner == identity->fsuid || identity->in_user_namespace)
            continue;
        add_advice(trial,
                   arena_format(trial->arena,
                                "set HOME: it is %s, the home of uid %u, and this is uid %u (start "
                                "it with sudo -H or su -, or give it HOME=DIR of its own)",
                                quoted(trial->arena, home).data, owner, identity->fsuid));
        return;
    }
}

/* Nobody is helped by a root directory that users may write to. */
static bool is_root_directory(const struct component *component, const struct access *access) {
    return (access->missing & ACCESS_WRITE) && slice_is(component->path, "/");
}

/* In a user namespace the host has other numbers for the same users; the map, which may be relative
 * to a namespace in between, does not tell which. */
static void note_host(struct trial *trial, const struct mount *mount) {
    const struct identity *identity = &trial->facts->identity;
    struct slice there = SLICE("");
    if (slice_is(mount->fstype, "tmpfs") && slice_is(mount->root, "/")) {
        add_note(
            trial,
            "%s is a tmpfs that was made for this container: the command is for a shell in it "
            "(docker, podman: exec --user 0), until it ends; at the start --tmpfs DIR:mode=1777 "
            "opens it to all",
            quoted(trial->arena, slice_first(mount->point, 120)).data);
        return;
    }
    if (identity->in_user_namespace)
        there = arena_format(trial->arena, " and its number for uid %u (ps -o uid= -p PID, there)",
                             identity->fsuid);
    add_note(trial,
             "%s is mounted from outside the container: a command that changes it is for the host, "
             "with the host's path%.*s",
             quoted(trial->arena, slice_first(mount->point, 120)).data, (int)there.length,
             there.data);
}

bool fix_by_world(struct trial *trial, int culprit, const struct access *access) {
    const struct component *component = component_at(trial, culprit);
    if (trial->verdict->cause == CAUSE_unmapped_owner || is_beyond(component, access)) {
        if (access->owner_mapping == MAPPED && access->group_mapping == MAPPED)
            fix_by_identity(trial, culprit, access);
        advise_on_namespace(trial, component, access);
        return true;
    }
    if (is_masked(component)) {
        add_advice(trial,
                   arena_format(trial->arena,
                                "a sandbox has mounted an empty object without permissions over "
                                "%s: in the service's unit, ProtectHome= or InaccessiblePaths= "
                                "does; let it in by ProtectHome=read-only or BindReadOnlyPaths=",
                                quoted(trial->arena, component->path).data));
        add_note(trial, "what really lies there cannot be seen from here; setfacl and chmod would "
                        "change the empty object only");
        return true;
    }
    if (is_root_directory(component, access)) {
        add_advice(trial,
                   SLICE("write to a directory of one's own: give an absolute path, or start "
                         "the program in one (cd; in a service's unit, WorkingDirectory=)"));
        return true;
    }
    fix_by_home(trial, culprit);
    fix_by_identity(trial, culprit, access);
    if (in_chosen_container(trial) && component->mount && !slice_is(component->mount->point, "/") &&
        !mount_is_made_by_kernel(component->mount))
        note_host(trial, component->mount);
    return advise_on_obstacle(trial, component, access);
}

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

/* An engine that starts its containers as a user of one's choice. */
static bool in_chosen_container(const struct trial *trial) {
    return trial->facts->identity.container.length > 0 && !in_container(trial, "flatpak") &&
           !in_container(trial, "snap");
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

/* The owner, when that is an ordinary user; else a group that has the right. */
static void fix_by_identity(struct trial *trial, int culprit, const struct access *access) {
    const struct stat *status = &component_at(trial, culprit)->status;
    struct identity other = trial->facts->identity;
    bool root_in_vain = trial->verdict->cause == CAUSE_root_without_capability;
    if (access->class == CLASS_OWNER || (!in_chosen_container(trial) && !root_in_vain))
        return;
    other.effective = 0;
    other.fsuid = status->st_uid;
    other.fsgid = status->st_gid;
    other.group_count = 0;
    if (status->st_uid != 0 && would_pass(trial, &other, culprit)) {
        advise_on_user(trial, status->st_uid, status->st_gid);
        return;
    }
    other = trial->facts->identity;
    other.fsgid = status->st_gid;
    if (status->st_gid != 0 && in_chosen_container(trial) && would_pass(trial, &other, culprit))
        add_advice(trial, arena_format(trial->arena,
                                       "start the container with the group that has the right: "
                                       "--group-add %u (kubernetes: supplementalGroups)",
                                       status->st_gid));
}

static void advise_on_namespace(struct trial *trial, const struct component *component) {
    if (mount_is_idmapped(component->mount))
        add_advice(trial,
                   SLICE("the mount maps ids: let it map this owner too, or change the owner from "
                         "outside; chmod here cannot help"));
    else
        add_advice(trial, SLICE("from outside, map the owner into this user namespace: podman "
                                "--userns=keep-id when rootless, --uidmap and --gidmap, or the "
                                "volume's option :idmap; chmod here cannot help"));
}

/* systemd's ProtectHome= and InaccessiblePaths= mount an empty object without any permission over
 * the real one, systemd.exec(5). */
static bool is_masked(const struct component *component) {
    const struct mount *mount = component->mount;
    return mount && component->status_known && (component->status.st_mode & 07777) == 0 &&
           component->status.st_uid == 0 && slice_is(mount->fstype, "tmpfs") &&
           slice_equal(mount->point, component->path);
}

bool fix_by_world(struct trial *trial, int culprit, const struct access *access) {
    const struct component *component = component_at(trial, culprit);
    if (trial->verdict->cause == CAUSE_unmapped_owner) {
        advise_on_namespace(trial, component);
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
    fix_by_identity(trial, culprit, access);
    if (in_chosen_container(trial) && component->mount && !slice_is(component->mount->point, "/"))
        add_note(trial,
                 "%s is mounted from outside the container: a command that changes it is for the "
                 "host, with the host's path",
                 quoted(trial->arena, slice_first(component->mount->point, 120)).data);
    return false;
}

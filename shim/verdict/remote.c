/* SPDX-License-Identifier: MIT */
/*
 * File systems whose say is not in the mode bits: somebody else decides (a server, the user who
 * mounted), or the bits are made up from the options of the mount.
 */
#include "base/buffer.h"
#include "verdict/trial.h"
#include <errno.h>

enum { NFS_MOST_GROUPS = 16 }; /* UNX_NGRPS: what AUTH_SYS carries, RFC 5531 appendix A */

static bool is_type(const struct mount *mount, const char *type) {
    return mount && slice_is(mount->fstype, type);
}

static bool is_smb(const struct mount *mount) {
    return is_type(mount, "cifs") || is_type(mount, "smb3");
}

static bool is_nfs(const struct mount *mount) {
    return is_type(mount, "nfs") || is_type(mount, "nfs4");
}

/* The number that a mount option holds. */
static bool option_number(struct slice options, const char *name, unsigned long *number) {
    struct slice value;
    return options_find(options, name, &value) && slice_number(&value, 10, number);
}

/* ---- FUSE ---- */

/* fuse_allow_current_process() of fs/fuse/dir.c: all six ids must be the mounting user's. */
static bool shuts_out(const struct mount *mount, const struct identity *identity,
                      unsigned long *uid, unsigned long *gid) {
    if (!mount_is_fuse(mount) || options_have(mount->super_options, "allow_other") ||
        !option_number(mount->super_options, "user_id", uid) ||
        !option_number(mount->super_options, "group_id", gid))
        return false;
    return identity->ruid != *uid || identity->euid != *uid || identity->suid != *uid ||
           identity->rgid != *gid || identity->egid != *gid || identity->sgid != *gid;
}

bool judge_fuse_private(struct trial *trial, const struct suspicion *suspicion) {
    const struct identity *identity = &trial->facts->identity;
    const struct mount *mount = component_at(trial, suspicion->at)->mount;
    unsigned long uid, gid;
    if (suspicion->kernel == 0 || !shuts_out(mount, identity, &uid, &gid))
        return false;
    /* The ids in the options are those of the mount's own user namespace. */
    conclude(trial, CAUSE_fuse_private,
             identity->in_user_namespace ? CERTAINTY_LIKELY : CERTAINTY_PROVEN, suspicion->at,
             NULL);
    refuse_at(trial, suspicion->at);
    bool only_group = identity->ruid == uid && identity->euid == uid && identity->suid == uid;
    trial->verdict->why = arena_format(
        trial->arena,
        "uid %lu gid %lu mounted it (%s) without allow_other: then all six ids of a process, "
        "real, effective and saved, must be these, and here %s; root is no exception",
        uid, gid, escaped(trial->arena, mount->fstype),
        only_group ? "a group id is not" : "they are not");
    if (only_group)
        add_advice(trial, arena_format(trial->arena,
                                       "run it with group %lu as its group (newgrp, or setpriv "
                                       "--regid %lu --keep-groups)",
                                       gid, gid));
    else
        add_advice(trial,
                   arena_format(trial->arena, "run it as the user who mounted it: uid %lu gid %lu",
                                uid, gid));
    add_advice(trial,
               arena_format(trial->arena,
                            "or have uid %lu mount it again with -o allow_other, which needs the "
                            "line user_allow_other in /etc/fuse.conf; chmod cannot help",
                            uid));
    return true;
}

/* ---- mode bits from mount options ---- */

/* Do the bits come from uid=, gid=, umask= and their like, so that chmod(2) changes nothing? */
static bool makes_up_modes(const struct mount *mount) {
    static const char types[][8] = {"vfat", "msdos", "exfat", "ntfs", "ntfs3", "fuseblk"};
    struct slice name;
    for (size_t i = 0; i < sizeof types / sizeof *types; i++)
        if (is_type(mount, types[i]))
            return true;
    if (is_smb(mount)) /* with these the server's modes or ACLs are shown, mount.cifs(8) */
        return !options_have(mount->super_options, "cifsacl") &&
               !options_have(mount->super_options, "modefromsid") &&
               !options_have(mount->super_options, "posix") &&
               !options_have(mount->super_options, "unix");
    /* A Windows drive in WSL */
    return is_type(mount, "9p") && options_find(mount->super_options, "aname", &name) &&
           slice_starts(name, SLICE("drvfs")) && !options_have(mount->super_options, "metadata");
}

/* ntfs-3g(8) and its like: their options are not in the table of mounts, and with `permissions`
 * among them the file system keeps real owners and modes. */
static bool hides_options(const struct mount *mount) {
    return is_type(mount, "fuseblk");
}

/* Made-up owners are the same everywhere on the mount. */
static bool owner_is_its_own(const struct trial *trial, const struct component *component) {
    const struct walk *walk = &trial->facts->walk;
    for (size_t i = 0; i < walk->count; i++) {
        const struct component *top = &walk->components[i];
        if (top->status_known && top->mount && top->mount_id == component->mount_id &&
            slice_equal(top->path, top->mount->point))
            return top->status.st_uid != component->status.st_uid ||
                   top->status.st_gid != component->status.st_gid;
    }
    return false;
}

static void advise_on_options(struct trial *trial, const struct component *component,
                              const struct access *access) {
    const struct mount *mount = component->mount;
    bool directory = S_ISDIR(component->status.st_mode);
    unsigned owner_bits = component->status.st_mode >> 6 & 7;
    bool owner_may = access->class != CLASS_OWNER && (access->missing & ~owner_bits) == 0;
    struct slice option = SLICE("");
    if (owner_may)
        option = arena_format(trial->arena, "uid=%u", trial->facts->identity.fsuid);
    else if (is_smb(mount))
        option = directory                        ? SLICE("dir_mode=0755")
                 : access->missing & ACCESS_WRITE ? SLICE("file_mode=0664")
                                                  : SLICE("file_mode=0644");
    else
        option = directory                        ? SLICE("dmask=0022")
                 : access->missing & ACCESS_WRITE ? SLICE("fmask=0113")
                                                  : SLICE("fmask=0133");
    /* Most of these file systems ignore the options of a remount. */
    add_advice(trial,
               arena_format(trial->arena,
                            "as root, umount %s and mount %s there again with -o %.*s "
                            "among its options (and in /etc/fstab); chmod does nothing "
                            "here%s",
                            quoted(trial->arena, mount->point).data,
                            escaped(trial->arena, mount->source), (int)option.length, option.data,
                            hides_options(mount) ? " without the option permissions" : ""));
}

static void explain_mask(struct trial *trial, const struct component *component,
                         const struct access *access) {
    const struct mount *mount = component->mount;
    struct slice shown =
        hides_options(mount)
            ? SLICE("uid=, gid= and umask= of its mount, which cannot be seen here, say")
            : arena_format(trial->arena, "its mount options say (%s)",
                           escaped(trial->arena, slice_first(mount->super_options, 160)));
    trial->verdict->why = arena_format(
        trial->arena,
        "%s shows every file with the owner and the bits that %.*s; they give uid %u no %s%s",
        escaped(trial->arena, mount->fstype), (int)shown.length, shown.data,
        trial->facts->identity.fsuid, access_words(component, access->missing),
        hides_options(mount) ? ", unless it is mounted with permissions: then they are its own"
                             : "");
}

bool judge_mount_mask(struct trial *trial, const struct suspicion *suspicion) {
    const struct component *component = component_at(trial, suspicion->at);
    const struct access *access = suspicion->access;
    bool hidden = hides_options(component->mount);
    if (!makes_up_modes(component->mount) || (hidden && owner_is_its_own(trial, component)))
        return false;
    bool proven = suspicion->kernel == EACCES && access->sure && !hidden;
    conclude(trial, CAUSE_mount_mask, proven ? CERTAINTY_PROVEN : CERTAINTY_LIKELY, suspicion->at,
             access);
    trial->judgements[suspicion->at] =
        (struct judgement){COMPONENT_DENIED, access->class, access->granted};
    explain_mask(trial, component, access);
    advise_on_options(trial, component, access);
    note_below(trial);
    return true;
}

/* ---- servers ---- */

/* Does a group give the right that is not among those that the request carries? */
static bool group_is_left_out(const struct identity *identity, const struct component *component,
                              const struct access *access, size_t *place) {
    if (access->class != CLASS_GROUP && access->class != CLASS_ACL_GROUP)
        return false;
    gid_t group = component->status.st_gid;
    if (access->entry && access->entry->tag == ACL_TAG_GROUP)
        group = access->entry->id;
    if (group == identity->fsgid)
        return false;
    for (*place = 0; *place < identity->group_count; ++*place)
        if (identity->groups[*place] == group)
            return *place >= NFS_MOST_GROUPS;
    return false;
}

static void blame_groups(struct trial *trial, const struct component *component, size_t place) {
    gid_t group = component->status.st_gid;
    trial->verdict->why = arena_format(
        trial->arena,
        "here group %u gives the right; the process has %zu groups, NFS with sec=sys sends the "
        "server the first %u only, and %u is number %zu",
        group, trial->facts->identity.group_count, NFS_MOST_GROUPS, group, place + 1);
    add_advice(trial,
               arena_format(trial->arena,
                            "run it with group %u as its group (newgrp, or setpriv --regid %u "
                            "--keep-groups): that one is always sent",
                            group, group));
    add_advice(trial,
               SLICE("or on the server: rpc.mountd --manage-gids (manage-gids=y under "
                     "[mountd] in /etc/nfs.conf), which looks the groups up there; then mount "
                     "it here anew, since refusals are remembered; chmod cannot help"));
}

static void blame_squashing(struct trial *trial, const struct component *component) {
    trial->verdict->why =
        SLICE("owner, mode and capabilities allow it here, but the server decides: an export with "
              "root_squash, the default, treats uid 0 as nobody, exports(5)");
    if (component->status_known && component->status.st_uid != 0)
        add_advice(trial, arena_format(trial->arena,
                                       "run it as a real user, uid %u gid %u owns it (docker: "
                                       "--user %u:%u)",
                                       component->status.st_uid, component->status.st_gid,
                                       component->status.st_uid, component->status.st_gid));
    else
        add_advice(trial, SLICE("run it as a real user who has the right on the server: root has "
                                "none there"));
    add_advice(trial,
               SLICE("or on the server: give the right to the user that root is there, nobody "
                     "(65534) unless the export has anonuid=; chmod as root of this machine "
                     "cannot help"));
}

bool judge_nfs_server(struct trial *trial, const struct suspicion *suspicion) {
    const struct component *component = component_at(trial, suspicion->at);
    const struct identity *identity = &trial->facts->identity;
    struct slice security = SLICE("sys");
    size_t place;
    if (!is_nfs(component->mount))
        return false;
    options_find(component->mount->super_options, "sec", &security);
    conclude(trial, CAUSE_nfs_server, CERTAINTY_LIKELY, suspicion->at, NULL);
    refuse_at(trial, suspicion->at);
    if (slice_starts(security, SLICE("krb5"))) {
        trial->verdict->why = arena_format(
            trial->arena,
            "mode and owner allow it here, but the server decides, by the Kerberos ticket of uid "
            "%u (sec=%s)",
            identity->fsuid, escaped(trial->arena, security));
        add_advice(trial, SLICE("klist shows whether that user has a ticket, kinit gets one; "
                                "chmod cannot help"));
    } else if (group_is_left_out(identity, component, suspicion->access, &place)) {
        blame_groups(trial, component, place);
    } else if (identity->fsuid == 0) {
        blame_squashing(trial, component);
    } else {
        trial->verdict->why = arena_format(
            trial->arena,
            "mode and owner allow it here, but the server decides, and refused uid %u: all_squash, "
            "another user behind the same number there, or an NFSv4 ACL",
            identity->fsuid);
        add_advice(trial, SLICE("on the server, as its admin: exportfs -v shows the export's "
                                "options; nfs4_getfacl here shows the file's ACL"));
    }
    add_note(trial, "it was decided on the server %s, where this process cannot look",
             escaped(trial->arena, component->mount->source));
    return true;
}

bool judge_smb_server(struct trial *trial, const struct suspicion *suspicion) {
    const struct component *component = component_at(trial, suspicion->at);
    struct slice user = SLICE("");
    if (!is_smb(component->mount))
        return false;
    const struct mount *mount = component->mount;
    options_find(mount->super_options, "username", &user);
    bool guest = user.length == 0 || options_have(mount->super_options, "sec=none");
    conclude(trial, CAUSE_smb_server, CERTAINTY_LIKELY, suspicion->at, NULL);
    refuse_at(trial, suspicion->at);
    struct slice account = guest ? SLICE("the guest")
                                 : arena_format(trial->arena, "the user %s",
                                                escaped(trial->arena, slice_first(user, 64)));
    trial->verdict->why = arena_format(
        trial->arena,
        "the bits shown here come from the mount's options and allow it; the server decides by its "
        "own rules, and for it every process on this mount is %.*s of the share",
        (int)account.length, account.data);
    add_advice(trial, arena_format(trial->arena,
                                   "on the server: give %.*s the right, on the file and in the "
                                   "share's settings; chmod here does nothing",
                                   (int)account.length, account.data));
    add_advice(
        trial,
        SLICE("or mount it as another user of the server: -o credentials=FILE, mount.cifs(8)"));
    add_note(trial, "it was decided on the server of %s, where this process cannot look",
             escaped(trial->arena, mount->source));
    return true;
}

/* SPDX-License-Identifier: MIT */
/* The errors beside EACCES and ENOENT, which PERMSHIM_ERRNO=all reports too: open(2), ERRORS. */
#include "base/buffer.h"
#include "base/errnames.h"
#include "verdict/trial.h"
#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <linux/openat2.h>
#include <linux/stat.h>

enum { PATH_BYTES = 4096, NAME_BYTES = 255 }; /* PATH_MAX with its NUL, NAME_MAX; linux/limits.h */

static int last_of(const struct walk *walk) {
    return (int)walk->count - 1;
}

static const struct component *target_of(const struct trial *trial) {
    const struct walk *walk = &trial->facts->walk;
    return walk->error == 0 && !walk->cut ? component_at(trial, last_of(walk)) : NULL;
}

static bool is_directory(const struct component *component) {
    return component && component->status_known && S_ISDIR(component->status.st_mode);
}

static bool wants_to_write(const struct trial *trial) {
    int flags = trial->incident->flags;
    return (flags & O_ACCMODE) != O_RDONLY || (flags & (O_TRUNC | O_CREAT));
}

/* A cause that the walk shows at component `culprit`. */
static void convict(struct trial *trial, enum cause cause, int culprit, struct slice why) {
    conclude(trial, cause, CERTAINTY_PROVEN, culprit, NULL);
    refuse_at(trial, culprit);
    trial->verdict->why = why;
}

/* ---- ENOTDIR, EISDIR ---- */

static bool judge_not_a_directory(struct trial *trial) {
    const struct walk *walk = &trial->facts->walk;
    const struct component *target = target_of(trial);
    if (target && (trial->incident->flags & O_DIRECTORY) && target->status_known &&
        !is_directory(target)) {
        convict(trial, CAUSE_not_a_directory, last_of(walk),
                SLICE("the call asks for a directory (O_DIRECTORY), and this is none"));
        add_advice(trial, SLICE("open it as a file, or pass the directory that it is in"));
        return true;
    }
    int culprit = walk->trailing_slash && walk->missing.length == 0 &&
                          (walk->count == 0 || walk->components[walk->count - 1].lookup_error == 0)
                      ? last_of(walk)
                      : walk->directory;
    if (walk->error != ENOTDIR || culprit < 0)
        return false;
    bool by_slash = culprit == last_of(walk);
    convict(trial, CAUSE_not_a_directory, culprit,
            by_slash
                ? SLICE("the path ends in a slash, which asks for a directory, and this is none")
                : SLICE("the path goes on behind it, and only a directory has names below it"));
    add_advice(trial, by_slash ? SLICE("leave the slash at the end out")
                               : SLICE("correct the path: it takes a file for a directory"));
    return true;
}

static bool judge_is_a_directory(struct trial *trial) {
    const struct walk *walk = &trial->facts->walk;
    int flags = trial->incident->flags;
    if (is_directory(target_of(trial)) && wants_to_write(trial)) {
        convict(trial, CAUSE_is_a_directory, last_of(walk),
                flags & O_CREAT
                    ? SLICE("it is a directory, and O_CREAT makes or opens files")
                    : SLICE("it is a directory, and only the kernel writes to directories"));
    } else if (walk->trailing_slash && (flags & O_CREAT) && walk->count > 0) {
        convict(trial, CAUSE_is_a_directory, last_of(walk),
                SLICE("the path ends in a slash, which asks for a directory, and O_CREAT makes "
                      "none"));
    } else {
        return false;
    }
    add_advice(trial, SLICE("name a file in the directory"));
    return true;
}

/* ---- ELOOP ---- */

static bool judge_symlink_loop(struct trial *trial) {
    const struct walk *walk = &trial->facts->walk;
    const struct component *target = target_of(trial);
    bool resolves_none =
        (trial->incident->resolve & (RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS)) != 0;
    for (size_t i = 0; i < walk->count; i++) {
        const struct component *link = &walk->components[i];
        bool barred = link->mount && options_have(link->mount->options, "nosymfollow");
        if (link->role != ROLE_LINK || (!barred && !resolves_none))
            continue;
        convict(trial, CAUSE_symlink_loop, (int)i,
                barred ? arena_format(trial->arena,
                                      "no loop: what is mounted at %s has the option nosymfollow, "
                                      "and no link on it is followed, mount(8)",
                                      quoted(trial->arena, link->mount->point).data)
                       : SLICE("no loop: the call itself forbids links (RESOLVE_NO_SYMLINKS or "
                               "RESOLVE_NO_MAGICLINKS), openat2(2)"));
        add_advice(trial, SLICE("name what the link leads to by its own path"));
        return true;
    }
    if (target && target->status_known && S_ISLNK(target->status.st_mode)) {
        convict(trial, CAUSE_symlink_loop, last_of(walk),
                SLICE("no loop: the last name is a symbolic link, and the call forbids to follow "
                      "it (O_NOFOLLOW)"));
        add_advice(trial, SLICE("name what the link leads to, or open it without O_NOFOLLOW"));
        return true;
    }
    if (walk->error != ELOOP)
        return false;
    convict(trial, CAUSE_symlink_loop, last_of(walk),
            SLICE("the links lead in a circle, or there are too many: the kernel follows 40, "
                  "path_resolution(7)"));
    add_advice(trial,
               arena_format(trial->arena, "point the link to the thing itself: ln -sfn TARGET %s",
                            quoted(trial->arena, component_at(trial, last_of(walk))->path).data));
    return true;
}

/* ---- EROFS, EPERM ---- */

/* What would be written: the file, or the directory that would get a new name. */
static int written(const struct trial *trial) {
    const struct walk *walk = &trial->facts->walk;
    return walk->error == 0 ? last_of(walk) : walk->directory;
}

static bool judge_read_only(struct trial *trial) {
    int at = written(trial);
    const struct component *component = component_at(trial, at);
    if (!component || !component->mount)
        return false;
    const struct mount *mount = component->mount;
    bool this_mount = options_have(mount->options, "ro");
    bool whole = options_have(mount->super_options, "ro"); /* the file system, for every mount */
    if (!this_mount && !whole)
        return false;
    const char *point = quoted(trial->arena, mount->point).data;
    convict(trial, CAUSE_read_only, at,
            arena_format(trial->arena, "%s at %s is read-only%s; no permission matters there",
                         this_mount ? "the mount" : "the whole file system", point,
                         this_mount ? " (option ro)" : ""));
    fix_read_only(trial, component);
    note_mode_too(trial, at);
    return true;
}

/* Attributes bind root too: chattr(1), FS_IOC_SETFLAGS(2const). */
static bool judge_immutable(struct trial *trial) {
    int at = written(trial), flags = trial->incident->flags;
    const struct component *component = component_at(trial, at);
    if (!component || !wants_to_write(trial))
        return false;
    if (component->attributes & STATX_ATTR_IMMUTABLE) {
        convict(trial, CAUSE_immutable, at,
                SLICE("it has the attribute i (immutable): nobody may change it, root included, "
                      "whatever the permissions say"));
        add_advice(trial, at == last_of(&trial->facts->walk)
                              ? SLICE("if the program only reads, open it read-only")
                              : SLICE("create it elsewhere"));
        fix_by_chattr(trial, component);
        note_mode_too(trial, at);
        return true;
    }
    if (!(component->attributes & STATX_ATTR_APPEND) || at != last_of(&trial->facts->walk) ||
        ((flags & O_APPEND) && !(flags & O_TRUNC)))
        return false;
    convict(trial, CAUSE_immutable, at,
            flags & O_TRUNC ? SLICE("it has the attribute a (append only): nobody may cut it off "
                                    "(O_TRUNC), root included")
                            : SLICE("it has the attribute a (append only): it opens for writing "
                                    "with O_APPEND alone, root included"));
    add_advice(trial, SLICE("append to it (\"a\"), or, if the program only reads, open it "
                            "read-only"));
    fix_by_chattr(trial, component);
    note_mode_too(trial, at);
    return true;
}

/* ---- EMFILE, ENFILE, ENAMETOOLONG, ESTALE ---- */

static bool judge_too_many_files(struct trial *trial) {
    const struct surroundings *surroundings = &trial->facts->surroundings;
    trial->verdict->asks_for_more = !surroundings->known;
    conclude(trial, CAUSE_too_many_files, CERTAINTY_PROVEN, NO_CULPRIT, NULL);
    if (trial->incident->error == ENFILE) {
        trial->verdict->why = SLICE("all processes together have as many files open as the system "
                                    "allows: the sysctl fs.file-max");
        add_advice(trial, SLICE("as root: /proc/sys/fs/file-nr shows how many are open, lsof whose "
                                "they are; sysctl fs.file-max=N raises the limit"));
        return true;
    }
    trial->verdict->why = arena_format(
        trial->arena,
        "this process has used up its descriptors: all below the soft limit of %lu (ulimit -n) are "
        "open",
        (unsigned long)surroundings->files_most);
    add_advice(trial, SLICE("close what is not needed any more: ls -l /proc/PID/fd shows what is "
                            "open; many of one name are a leak"));
    if (surroundings->files_most < surroundings->files_most_hard)
        add_advice(trial, arena_format(trial->arena,
                                       "or raise the limit before the start: ulimit -n %lu (the "
                                       "hard limit); no permission matters here",
                                       (unsigned long)surroundings->files_most_hard));
    else
        add_advice(trial, SLICE("or have the hard limit raised: limits.conf(5), LimitNOFILE= of "
                                "systemd, --ulimit nofile= of docker and podman"));
    return true;
}

static bool judge_name_too_long(struct trial *trial) {
    const struct walk *walk = &trial->facts->walk;
    const struct surroundings *surroundings = &trial->facts->surroundings;
    size_t bytes = strlen(trial->incident->path);
    if (bytes >= PATH_BYTES) {
        conclude(trial, CAUSE_name_too_long, CERTAINTY_PROVEN, NO_CULPRIT, NULL);
        trial->verdict->why = arena_format(
            trial->arena, "the path has %zu bytes, and the kernel takes %u", bytes, PATH_BYTES - 1);
        add_advice(trial, SLICE("go there in parts: chdir(2) or openat(2) with a directory, then a "
                                "shorter relative path"));
        return true;
    }
    if (walk->error != ENAMETOOLONG)
        return false;
    trial->verdict->asks_for_more = !surroundings->known;
    struct slice name = slice_basename(component_at(trial, last_of(walk))->path);
    unsigned long most = surroundings->name_bytes_most ? surroundings->name_bytes_most : NAME_BYTES;
    convict(trial, CAUSE_name_too_long, last_of(walk),
            arena_format(trial->arena,
                         "the name has %zu bytes, and a name here has %lu at most; a letter beyond "
                         "ASCII takes two to four",
                         name.length, most));
    add_advice(trial, SLICE("shorten the name; a whole text or a URL may have been taken for a "
                            "file name"));
    return true;
}

static bool judge_stale_handle(struct trial *trial) {
    const struct walk *walk = &trial->facts->walk;
    int culprit = walk->cut ? NO_CULPRIT : walk->error == ESTALE ? walk->directory : last_of(walk);
    for (size_t i = 0; i < walk->count && !walk->cut; i++)
        if (walk->components[i].status_error == ESTALE) {
            culprit = (int)i;
            break;
        }
    const struct component *component = component_at(trial, culprit);
    bool confirmed = walk->error == ESTALE || (component && component->status_error == ESTALE);
    conclude(trial, CAUSE_stale_handle, confirmed ? CERTAINTY_PROVEN : CERTAINTY_LIKELY, culprit,
             NULL);
    if (culprit >= 0)
        refuse_at(trial, culprit);
    trial->verdict->why = SLICE("the server does not know any more what this handle stands for: it "
                                "was removed, replaced or no longer exported there");
    add_advice(trial, SLICE("enter the directory again (cd \"$PWD\") and open it anew; if all of "
                            "the mount is stale, umount and mount it, as root"));
    return true;
}

/* ---- any other ---- */

/* What only the path decides, and the path does not decide so any more. */
static bool judge_moved(struct trial *trial) {
    const struct walk *walk = &trial->facts->walk;
    int error = trial->incident->error;
    if ((error != ENOTDIR && error != ELOOP) || walk->cut || walk->start_unknown ||
        walk->count == 0 || walk->error == error || trial->incident->resolve != 0 ||
        (trial->walked_as_another && walk->error == EACCES))
        return false;
    for (size_t i = 0; i < walk->count; i++)
        if (!walk->components[i].mount && walk->components[i].lookup_error == 0)
            return false; /* it may be mounted with nosymfollow */
    conclude(trial, CAUSE_changed, CERTAINTY_PROVEN, last_of(walk), NULL);
    trial->verdict->why =
        SLICE("the path leads elsewhere now than at the time of the call: somebody replaced a part "
              "of it meanwhile");
    return true;
}

/* inode_owner_or_capable(): over one that is not, no capability counts. */
static bool is_owner_mapped(const struct identity *identity, const struct component *component) {
    struct access access;
    access_decide(identity, component, ACCESS_READ, &access);
    return access.owner_mapping == MAPPED;
}

static struct slice meaning_of(const struct trial *trial) {
    const struct component *target = target_of(trial);
    const struct identity *identity = &trial->facts->identity;
    switch (trial->incident->error) {
    case EPERM:
        if (proc_hides(trial))
            return SLICE("/proc is mounted with hidepid=, proc(5): what is in the directory of a "
                         "process is for its own user, for root, and for the group of gid=");
        if ((trial->incident->flags & O_NOATIME) && target && target->status_known &&
            target->status.st_uid != identity->fsuid &&
            !(identity_has(identity, CAP_FOWNER) && is_owner_mapped(identity, target)))
            return SLICE("O_NOATIME is for the file's owner, and for root with CAP_FOWNER where "
                         "the owner is mapped into its user namespace, open(2)");
        return SLICE("no rule about owner, mode and ACL gives this errno: a seccomp filter, a "
                     "device rule of a container, fanotify or a module may");
    case EBADF:
        return SLICE("the descriptor that the path is relative to is not open (openat)");
    case EROFS:
        return SLICE(
            "no mount on the way is marked read-only; a part of a file system may be, such "
            "as a subvolume or a snapshot (btrfs property get PATH ro)");
    case EEXIST:
        return SLICE("it is there already, and O_CREAT with O_EXCL asks for a new one");
    case EUCLEAN:
    case EBADMSG: /* what ext4 and XFS make of a bad checksum */
        return SLICE("the file system is damaged there: dmesg tells more, fsck mends it");
    case EINVAL:
        if (trial->incident->how_kind == HOW_RESOLVE && (trial->incident->flags & O_NOFOLLOW))
            return SLICE("it is no symbolic link: many programs ask so to find out");
        return SLICE("the kernel or the file system does not take these flags, or this name");
    case ENXIO:
        return SLICE("a FIFO without a reader, a socket, or a device that is not there");
    case ENODEV:
        return SLICE("a device file without a device behind it");
    case ETXTBSY:
        return SLICE("it is a program that runs, or a swap file, and cannot be written meanwhile");
    case EBUSY:
        return SLICE("it is in use by somebody who does not share it");
    case ENOSPC:
    case EDQUOT:
        return SLICE("no room for a new file: df -h, df -i and quota show which kind is short");
    case EOPNOTSUPP:
        return SLICE("this file system has not what the flags ask for (O_TMPFILE, O_DIRECT)");
    case EOVERFLOW:
        return SLICE("an owner would have to be stored whom the user namespace or the mount does "
                     "not map: this process's user or group, of a new file, or that of a file in "
                     "an overlay's lower layer; or a program without large-file support met a "
                     "large file");
    case EXDEV:
        return SLICE("the path leaves the directory or mount that the call keeps to, openat2(2)");
    case EINTR:
        return SLICE("a signal came while the call waited: it may be called again");
    case EIO:
        return SLICE("the device or the server failed: dmesg tells more");
    case ETIMEDOUT:
    case EHOSTDOWN:
    case ENOTCONN:
        return SLICE("the server of the file system does not answer");
    default:
        return SLICE("open(2) says when this errno comes; nothing more is known here");
    }
}

void judge_other(struct trial *trial) {
    static const struct {
        int error;
        bool (*judge)(struct trial *trial);
    } judges[] = {
        {ENOTDIR, judge_not_a_directory}, {EISDIR, judge_is_a_directory},
        {ELOOP, judge_symlink_loop},      {EROFS, judge_read_only},
        {EPERM, judge_immutable},         {EMFILE, judge_too_many_files},
        {ENFILE, judge_too_many_files},   {ENAMETOOLONG, judge_name_too_long},
        {ESTALE, judge_stale_handle},
    };
    int error = trial->incident->error;
    for (size_t i = 0; i < sizeof judges / sizeof *judges; i++)
        if (judges[i].error == error && judges[i].judge(trial))
            return;
    if (judge_moved(trial))
        return;
    const struct walk *walk = &trial->facts->walk;
    int culprit = walk->cut ? NO_CULPRIT : last_of(walk);
    conclude(trial, CAUSE_other_errno, CERTAINTY_UNKNOWN, culprit, NULL);
    /* do_open() of fs/namei.c: EEXIST comes before anybody looks at the bits, which may well refuse
     * too. */
    if (culprit >= 0 && trial->judgements[culprit].verdict == COMPONENT_DENIED)
        refuse_at(trial, culprit);
    trial->verdict->why =
        arena_format(trial->arena, "%s: %s", errno_text(error), meaning_of(trial).data);
}

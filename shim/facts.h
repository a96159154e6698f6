/* SPDX-License-Identifier: MIT */
/*
 * What the kernel told about one failed call. Plain data: facts/ fills it in, verdict/ reads it, a
 * unit test writes it as a literal. Slices and arrays live in the report's arena.
 */
#ifndef PERMSHIM_FACTS_H
#define PERMSHIM_FACTS_H

#include "base/slice.h"
#include "incident.h"
#include "slips/slip.h"
#include <stdint.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <time.h>

/* Bits of access, as in rwx and as faccessat2(2) takes them. */
enum { ACCESS_SEARCH = 1, ACCESS_WRITE = 2, ACCESS_READ = 4 };

/* The kernel's answer to a question we did not, or could not, ask. */
enum { ANSWER_UNKNOWN = -1 };

/* ---- identity: who the calling thread is, credentials(7) ---- */

/* One line of /proc/self/uid_map or gid_map: ids [inside, inside+length) exist in this namespace.
 */
struct id_range {
    uint32_t inside, outside, length;
};

struct id_map {
    const struct id_range *ranges;
    size_t count;
    bool known; /* false: the map could not be read */
};

struct identity {
    pid_t pid, tid;
    uid_t ruid, euid, suid, fsuid;
    gid_t rgid, egid, sgid, fsgid;
    const gid_t *groups;
    size_t group_count;
    bool groups_complete;
    uint64_t effective;     /* CapEff: bit N is capability N of capabilities(7) */
    uint64_t permitted;     /* CapPrm */
    uint64_t bounding;      /* CapBnd */
    bool in_user_namespace; /* in another than the initial one */
    struct id_map uid_map, gid_map;
    uid_t overflow_uid; /* how an unmapped id is shown: /proc/sys/kernel/overflowuid */
    gid_t overflow_gid;
    bool no_new_privs;
    bool no_setuid_fixup;   /* SECBIT_NO_SETUID_FIXUP: capabilities stay whatever the ids */
    int seccomp;            /* 0 none, 1 strict, 2 filter */
    struct slice lsm_label; /* /proc/self/attr/current; empty: no module serves it */
    struct slice container; /* "docker", "podman", "kubernetes", …; empty: no sign of one */
    bool has_account;       /* the passwd file has the fsuid; known of one who was refused */
    bool changed_user;      /* in a container whose first process runs as another user */
    bool in_chroot;         /* its root directory is not that of a mount, chroot(2) */
};

/* in_group_p() of the kernel: the file system group or a supplementary one. */
static inline bool identity_in_group(const struct identity *identity, gid_t group) {
    for (size_t i = 0; i < identity->group_count; i++)
        if (identity->groups[i] == group)
            return true;
    return identity->fsgid == group;
}

/* A sandbox of one program, whose files and users are the host's: no engine started it as a user of
 * one's choice, with an image and volumes. */
static inline bool is_sandbox(struct slice container) {
    return slice_is(container, "snap") || slice_is(container, "flatpak") ||
           slice_is(container, "firejail");
}

/* ---- the walk: path_resolution(7), component by component ---- */

enum acl_state {
    ACL_ABSENT,
    ACL_PRESENT,
    ACL_UNSUPPORTED, /* the file system has none */
    ACL_UNKNOWN,     /* could not be read */
};

/* Tags of the extended attribute system.posix_acl_access (linux/posix_acl_xattr.h). */
enum acl_tag {
    ACL_TAG_USER_OBJ = 0x01,
    ACL_TAG_USER = 0x02,
    ACL_TAG_GROUP_OBJ = 0x04,
    ACL_TAG_GROUP = 0x08,
    ACL_TAG_MASK = 0x10,
    ACL_TAG_OTHER = 0x20,
};

struct acl_entry {
    uint16_t tag;
    uint16_t access; /* ACCESS_* */
    uint32_t id;     /* of ACL_TAG_USER and ACL_TAG_GROUP */
};

struct acl {
    enum acl_state state;
    const struct acl_entry *entries;
    size_t count;
};

/* One line of /proc/self/mountinfo, proc_pid_mountinfo(5). */
struct mount {
    uint64_t id;
    struct slice device;        /* "254:0": of the file system */
    struct slice point;         /* mount point, as this process sees it */
    struct slice root;          /* what of the file system is mounted there */
    struct slice options;       /* per mount: ro,nodev,nosymfollow,idmapped … */
    struct slice fstype;        /* "ext4" */
    struct slice source;        /* "/dev/sda1", "server:/export" */
    struct slice super_options; /* per file system: user_id=,allow_other,fmask= … */
};

enum component_role {
    ROLE_START,   /* where the walk begins: /, the working directory or dirfd */
    ROLE_PASSAGE, /* looked up and passed through */
    ROLE_LINK,    /* a symbolic link that was followed */
    ROLE_TARGET,  /* the last one: the object of the call */
};

struct component {
    struct slice path; /* absolute and physical, as far as it is known */
    enum component_role role;
    int lookup_error; /* what looking its name up gave: 0, or EACCES (the directory before it
                         refused search), ENOENT, ENOTDIR, ELOOP … */
    int parent;       /* index of the directory it was looked up in; -1: none, or elided */
    bool status_known;
    int status_error;   /* why not, when it could be opened but not asked (FUSE refuses so) */
    struct stat status; /* of the component itself; a link is not followed */
    struct acl acl;
    const struct mount *mount; /* NULL: unknown */
    uint64_t mount_id;         /* 0: unknown */
    uint64_t attributes;       /* statx(2) stx_attributes: immutable, append … */
    unsigned needs;            /* ACCESS_*: what the call needs here */
    int kernel_answer;         /* to `needs`, by faccessat2(2): 0, an errno, or ANSWER_UNKNOWN */
    bool group_joinable;       /* the account file lists the user in the owning group, but the
                                  process does not have it */
    struct slice group_name;   /* of a joinable group */
    /* of a ROLE_LINK */
    struct slice link_target;
    struct slice meant_target; /* of a dangling one: what a relative target, or the end of an
                                  absolute one, is seen from a directory above; empty: nothing
                                  there, or nobody asked */
    size_t rest_behind;        /* bytes of the path that were left to walk behind the link */
};

enum { WALK_MOST_COMPONENTS = 128, WALK_KEPT_FIRST = 48 };

struct walk {
    struct component *components;
    size_t count;
    size_t elided;       /* components that were passed and found no room: they stood before
                            components[WALK_KEPT_FIRST] */
    int error;           /* 0: the target is there; else why the walk ended at its last component */
    bool cut;            /* the walk was given up (too long, no memory): nothing follows from it */
    int directory;       /* index of the directory the last name was looked up in; -1: none */
    bool start_deleted;  /* the directory it starts in has no name any more */
    bool start_astray;   /* no path leads to it: path_leads_elsewhere() */
    bool start_unknown;  /* nothing could be learnt about the start (bad dirfd …) */
    bool trailing_slash; /* the path asks for a directory */
    bool creates;        /* O_CREAT or O_TMPFILE: needs the right to make the last name */
    struct slice missing; /* what of the path stands behind the component that ended the walk */
    struct slice mounts; /* all of /proc/self/mountinfo, where it is short and was read; or empty */
};

/* ---- neighbours: what is there in place of what is not ---- */

/* What a directory is that a path may have been meant to start in; verdict/near.c has the words. */
enum base_kind {
    BASE_OF_CALL, /* where the call started */
    BASE_WORKING_DIRECTORY,
    BASE_ABOVE_WORKING_DIRECTORY,
    BASE_PROGRAM,
    BASE_SCRIPT,
    BASE_ABOVE_SCRIPT,
    BASE_PWD, /* this and the next: where the environment says that the shell is, and was */
    BASE_OLDPWD,
    BASE_HOME,
    BASE_MOUNT,    /* where a bind mount shows the directory that the path begins with */
    BASE_INSIDE,   /* in the directory that the path led to */
    BASE_UNJOINED, /* the same, and the path has its name, without a slash behind it */
};

/* A path that exists, and what is different about it. */
struct neighbour {
    struct slice path; /* absolute; the directory it is in is physical */
    unsigned slips;    /* SLIP_BIT: what has to be undone to get from the path asked for to it */
    unsigned edits;    /* of SLIP_TYPO: how many typing errors */
    unsigned unlikely; /* ranks neighbours that are otherwise equal; 0 is likeliest */
    enum base_kind base_kind; /* of SLIP_BASE; BASE_OF_CALL: the path itself changed */
    struct slice base;        /* of SLIP_BASE: that directory */
    int kernel_answer;        /* to what the call needs of it: 0, an errno, or ANSWER_UNKNOWN */
};

/* Names that differ from the one asked for in their numbers alone. */
struct number_range {
    struct slice first, last;
    size_t count;
};

/* What the directory holds that the path led to: of the names that may have been meant, the first.
 */
enum { HELD_MOST = 6 };

struct held {
    bool known;
    bool empty;  /* it holds no name at all */
    bool more;   /* not all its names were read */
    bool images; /* `names` are images, as there are some; of a missing directory: directories */
    struct slice names[HELD_MOST]; /* first those that begin as the one asked for; numbers by their
                                      value */
    size_t count;                  /* how many there are */
};

/* Signs that the path belongs to another view of the file system. */
enum elsewhere {
    ELSEWHERE_NONE,
    ELSEWHERE_HOST,        /* a path of the host, in a container */
    ELSEWHERE_PRIVATE,     /* a directory that this process sees another of */
    ELSEWHERE_NOT_MOUNTED, /* below a mount point with nothing mounted */
};

enum { NEIGHBOURS_MOST = 8 };

struct neighbours {
    bool sought;
    const struct neighbour *found; /* the nearest first */
    size_t count;
    size_t ties; /* how many are as near as the first */
    struct number_range range;
    struct held held; /* where nothing was found */
    size_t listed;    /* names looked at */
    bool names_left;  /* a directory holds more names than were looked at */
    bool out_of_time; /* not all was tried */
    bool unlistable;  /* a directory could not be listed */
    enum elsewhere elsewhere;
    struct slice elsewhere_sign; /* mount point, container or fstab line that is the evidence */
    struct slice own_view; /* mount point in place of which others see another directory; empty:
                              they do not, or unknown */
    struct slice unset_variable; /* in the path, and not in the environment */
    struct slice unknown_user;   /* "~user" begins the path, and is not in the local passwd file */
    bool caller_is_python;       /* the executable is a Python interpreter */
    const struct walk *refused;  /* the walk to found[0], when this process may not open it */
};

/* ---- names for ids, from the local passwd and group files ---- */

struct id_name {
    uint32_t id;
    struct slice name; /* empty: the files have none */
};

struct accounts {
    const struct id_name *users, *groups;
    size_t user_count, group_count;
};

/* The name of an id, empty when there is none. */
static inline struct slice id_name_find(const struct id_name *names, size_t count, uint32_t id) {
    for (size_t i = 0; i < count; i++)
        if (names[i].id == id)
            return names[i].name;
    return SLICE("");
}

static inline struct slice accounts_user(const struct accounts *accounts, uid_t uid) {
    return id_name_find(accounts->users, accounts->user_count, uid);
}

static inline struct slice accounts_group(const struct accounts *accounts, gid_t gid) {
    return id_name_find(accounts->groups, accounts->group_count, gid);
}

/* ---- surroundings: asked only when owner, mode, ACL and capabilities do not explain it ---- */

/* A security module that confines the thread, and what it said when it was asked. */
struct module_answer {
    bool enforcing; /* it confines this thread, and does more than log */
    int answer;     /* to what the call needs: 0, EACCES, or ANSWER_UNKNOWN: not to be asked */
    struct slice subject; /* the thread's domain or profile */
    struct slice object;  /* the object's label, or its path */
    struct slice lacking; /* what it denies, in its own words: "read open" */
};

/* What the first process sees of an object that a mount of this process's own shows here,
 * mount_namespaces(7). Who logs in sees what the first process sees. */
struct outside {
    bool known;         /* false: the first process's mounts cannot be read (hidepid=) */
    bool own_mount;     /* the mount is none of the first process's; false: it is, or unknown */
    struct slice path;  /* the object's path there; empty: none was found */
    struct mount mount; /* options and super_options of the mount that it is on there */
};

struct surroundings {
    bool known;             /* false: nobody asked yet */
    struct outside outside; /* of the culprit; of one that is not there, of its directory */
    /* sysctls of sysctl.fs(5): 0, 1, 2, or ANSWER_UNKNOWN */
    int protected_symlinks, protected_regular, protected_fifos;
    struct module_answer selinux, apparmor;
    bool landlock;       /* this kernel has it; no process can see whether it is inside */
    uint64_t files_most; /* RLIMIT_NOFILE, getrlimit(2): soft; 0: unknown */
    uint64_t files_most_hard;
    unsigned long name_bytes_most; /* of a name in the directory; statfs(2) f_namelen, 0: unknown */
};

struct facts {
    struct identity identity;
    struct walk walk;
    struct surroundings surroundings;
    struct neighbours neighbours;   /* of a path that is not there */
    struct slice working_directory; /* empty: unknown or deleted */
    struct slice executable;        /* /proc/self/exe */
    struct slice environment;       /* at start, NUL behind each; of a report; empty: unknown */
    struct slice host;              /* uname(2) nodename */
    struct accounts accounts;
    struct timespec now; /* CLOCK_REALTIME, when collecting began */
};

#endif

/* SPDX-License-Identifier: MIT */
/*
 * What a case is made of. A scene is a tree of files on one mount under given sysctls; a subject is
 * who asks; a call is what is asked; an expectation is the oracle's answer, an outcome the kernel's
 * and the verdict's. All plain data of fixed size: a case can be copied, shrunk and printed.
 */
#ifndef PROPERTY_SCENE_H
#define PROPERTY_SCENE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

enum {
    MOST_NODES = 28,
    MOST_ENTRIES = 14,
    NAME_BYTES = 56,
    TARGET_BYTES = 320,
    PATH_BYTES = 768,
    MOST_GROUPS = 40,
    MOST_RANGES = 6,
    NO_NODE = -1,
};

/* ---- the tree ---- */

enum node_type { DIRECTORY, REGULAR, LINK, FIFO, DEVICE, SOCKET };

/* Tags of system.posix_acl_access (linux/posix_acl_xattr.h). */
enum entry_tag {
    TAG_USER_OBJ = 0x01,
    TAG_USER = 0x02,
    TAG_GROUP_OBJ = 0x04,
    TAG_GROUP = 0x08,
    TAG_MASK = 0x10,
    TAG_OTHER = 0x20,
};

struct entry {
    uint16_t tag;
    uint16_t bits; /* rwx */
    uint32_t id;
};

/* An ACL as the attribute holds it: sorted, valid, with a mask. Empty: none. */
struct entries {
    unsigned count;
    struct entry entry[MOST_ENTRIES];
};

struct node {
    int parent; /* index; of "/" itself: 0 */
    enum node_type type;
    bool dead;   /* a directory that is removed once it is the working directory */
    mode_t mode; /* permission bits, 0 to 07777 */
    uid_t uid;   /* as stored on disk, before an idmapped mount translates it */
    gid_t gid;
    char name[NAME_BYTES];
    char target[TARGET_BYTES]; /* of a LINK */
    int goal;                  /* of a LINK: the node it is meant to reach, or NO_NODE */
    struct entries acl, default_acl;
};

/* Ids [inside, inside + length) stand for [outside, outside + length). */
struct range {
    uint32_t inside, outside, length;
};

struct ranges {
    unsigned count;
    struct range range[MOST_RANGES];
};

/* How the tree is reached. The same files are built through another, plain, mount. */
struct place {
    const char *name; /* its directory below the world's base */
    const char *fstype;
    const char *options; /* for the printed script */
    bool read_only_mount, read_only_super, nodev, nosymfollow, idmapped;
    bool no_acls;      /* mode bits alone */
    bool one_each;     /* every worker has a file system of its own */
    struct ranges map; /* of an idmapped mount: inside = on disk, outside = as seen, uid and gid */
};

struct sysctls {
    int symlinks, regular, fifos; /* fs.protected_* */
};

struct scene {
    const struct place *place;
    struct sysctls sysctls;
    int mount; /* first node that lies on the mount */
    int top;   /* first node of the random tree; those before it lead there from "/" */
    int count; /* of nodes */
    struct node nodes[MOST_NODES];
};

/* ---- who ---- */

enum capability { /* capabilities(7), the ones open(2) asks for */
                  CAPABILITY_DAC_OVERRIDE = 1,
                  CAPABILITY_DAC_READ_SEARCH = 2,
                  CAPABILITY_FOWNER = 3,
};

struct subject {
    uid_t ruid, euid, suid, fsuid; /* as the initial user namespace numbers them */
    gid_t rgid, egid, sgid, fsgid;
    unsigned group_count;
    gid_t groups[MOST_GROUPS];
    uint64_t effective, bounding;
    uint64_t idle;       /* permitted beside the effective ones */
    unsigned securebits; /* SECBIT_*, capabilities(7) */
    bool in_namespace;
    struct ranges uid_map, gid_map; /* of the user namespace */
    int cwd;                        /* node */
};

/* ---- what ---- */

enum function { CALL_OPEN, CALL_OPENAT, CALL_FOPEN, CALL_ACCESS };

enum { BAD_DESCRIPTOR = -2 };

struct call {
    enum function function;
    int flags;
    char mode[8];    /* of fopen; flags hold what it means */
    unsigned wanted; /* of faccessat(2): rwx; flags hold O_PATH */
    bool real_ids;   /* of faccessat(2), without AT_EACCESS */
    int directory;   /* of openat and faccessat: a node, NO_NODE for AT_FDCWD, or BAD_DESCRIPTOR */
    bool directory_opath; /* the descriptor was opened with O_PATH */
    char path[PATH_BYTES];
};

/* ---- answers ---- */

enum { MOST_CAUSES = 4 };

struct expectation {
    int error;             /* 0: allowed */
    int also;              /* another answer, that depends on what the test cannot know; 0: none */
    int culprit;           /* node to blame, or NO_NODE */
    unsigned needs, lacks; /* rwx asked of the culprit, and what of it the deciding class lacks */
    const char *class;     /* the contract's word for that class; NULL: no class decided */
    unsigned grants;       /* and all that it gives */
    char culprit_path[PATH_BYTES];   /* empty: none (or NO_NODE and unknown) */
    const char *causes[MOST_CAUSES]; /* the contract's words that would be right */
    bool guess;      /* an id shown here may be a real one or stand for one that has none */
    bool lookalike;  /* and the subject itself holds that id */
    bool vague;      /* so it is somewhere on the way, and it holds that id: ask the kernel */
    bool unwalkable; /* with other ids than the call was judged by its path cannot be followed */
    bool acl_moot, groups_moot; /* the culprit refuses whatever its ACL, or the groups, may be */
    bool creates;               /* the call makes `created` */
    char created[PATH_BYTES];   /* absolute */
};

enum { MOST_FIXES = 3, MOST_ARGUMENTS = 8, ARGUMENT_BYTES = 512 };

struct fix_command {
    unsigned count;
    char arguments[MOST_ARGUMENTS][ARGUMENT_BYTES];
    unsigned run_as;
    bool opens_to_more;
};

/* What the library concludes from a part of what it could have known. */
struct view {
    char cause[32];
    int certainty;
    char culprit[PATH_BYTES];
};

/* The kernel's own check was not asked; no ACL, no supplementary group could be read; no map of the
 * user namespace, and the kernel was not asked either. */
enum view_kind { VIEW_UNASKED, VIEW_NO_ACL, VIEW_NO_GROUPS, VIEW_NO_MAPS, VIEW_COUNT };

struct outcome {
    bool done; /* the call returned */
    int error;
    bool examined; /* incident_examine() returned */
    bool known;    /* false: the library is not linked */
    char cause[32];
    int certainty;
    char culprit[PATH_BYTES];
    char class[16];  /* the one that decided at the culprit */
    unsigned grants; /* what it gives, rwx */
    struct view views[VIEW_COUNT];
    char why[256];
    unsigned fix_count;
    struct fix_command fixes[MOST_FIXES];
};

/* The absolute physical path of a node. */
void node_path(const struct scene *scene, int node, char *path, size_t bytes);
/* The child of `directory` called `name`, or NO_NODE. */
int node_child(const struct scene *scene, int directory, const char *name, size_t length);

#endif

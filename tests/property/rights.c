/* SPDX-License-Identifier: MIT */
#include "rights.h"
#include "subject.h"

enum deciding { OWNER, NAMED_USER, SOME_GROUP, GROUP, OTHER };

/* Contract, section 4. */
static const char *const CLASSES[] = {"owner", "acl-user", "acl-group", "group", "other"};

/* mount(8), X-mount.idmap: what is stored on disk appears as another id, or as none. */
static uint32_t seen(const struct scene *scene, int node, uint32_t id) {
    if (!scene->place->idmapped || node < scene->mount)
        return id;
    const struct ranges *map = &scene->place->map;
    for (unsigned i = 0; i < map->count; i++)
        if (id >= map->range[i].inside && id - map->range[i].inside < map->range[i].length)
            return map->range[i].outside + (id - map->range[i].inside);
    return UINT32_MAX;
}

uint32_t seen_uid(const struct scene *scene, int node) {
    return seen(scene, node, scene->nodes[node].uid);
}

uint32_t seen_gid(const struct scene *scene, int node) {
    return seen(scene, node, scene->nodes[node].gid);
}

static bool in_group(const struct subject *subject, uint32_t gid) {
    if (gid == UINT32_MAX)
        return false;
    if (gid == subject->fsgid)
        return true;
    for (unsigned i = 0; i < subject->group_count; i++)
        if (subject->groups[i] == gid)
            return true;
    return false;
}

static bool has(const struct subject *subject, enum capability capability) {
    return subject->effective >> capability & 1;
}

static bool mapped(const struct subject *subject, const struct ranges *map, uint32_t id) {
    if (id == UINT32_MAX)
        return false;
    return !subject->in_namespace || subject_inside(map, id) != UINT32_MAX;
}

/* user_namespaces(7): a capability counts for a file when owner and group have ids here. */
static bool counts(const struct scene *scene, const struct subject *subject, int node) {
    return mapped(subject, &subject->uid_map, seen_uid(scene, node)) &&
           mapped(subject, &subject->gid_map, seen_gid(scene, node));
}

bool rights_owner(const struct scene *scene, const struct subject *subject, int node) {
    uint32_t uid = seen_uid(scene, node);
    if (uid != UINT32_MAX && uid == subject->fsuid)
        return true;
    return has(subject, CAPABILITY_FOWNER) && mapped(subject, &subject->uid_map, uid);
}

bool rights_storable(const struct scene *scene, const struct subject *subject) {
    if (!scene->place->idmapped)
        return true;
    const struct ranges *map = &scene->place->map;
    return subject_inside(map, subject->fsuid) != UINT32_MAX &&
           subject_inside(map, subject->fsgid) != UINT32_MAX;
}

/* capabilities(7): CAP_DAC_OVERRIDE bypasses r, w, x; CAP_DAC_READ_SEARCH r of files, r and x of
 * directories. */
static bool capable(const struct scene *scene, const struct subject *subject, int node,
                    unsigned needs) {
    bool directory = scene->nodes[node].type == DIRECTORY;
    bool runs_nothing = !directory && (needs & X) && !(scene->nodes[node].mode & 0111);
    if (has(subject, CAPABILITY_DAC_OVERRIDE) && !runs_nothing) /* access(2), "X_OK" */
        return true;
    return has(subject, CAPABILITY_DAC_READ_SEARCH) && !(needs & W) && (directory || !(needs & X));
}

/* What the ACL says by acl(5)'s access check algorithm, owner aside. */
struct ruling {
    enum deciding decided;
    unsigned bits; /* the best that the deciding entries give */
    bool allowed;
    bool but_for_the_mask; /* an entry has all that is needed; the mask takes it away */
};

static struct ruling acl_ruling(const struct scene *scene, const struct subject *subject, int node,
                                unsigned needs) {
    const struct entries *acl = &scene->nodes[node].acl;
    struct ruling ruling = {.decided = OTHER};
    unsigned mask = 7, other = 0;
    for (unsigned i = 0; i < acl->count; i++)
        if (acl->entry[i].tag == TAG_MASK)
            mask = acl->entry[i].bits;
        else if (acl->entry[i].tag == TAG_OTHER)
            other = acl->entry[i].bits;
    for (unsigned i = 0; i < acl->count; i++) {
        const struct entry *e = &acl->entry[i];
        if (e->tag == TAG_USER && seen(scene, node, e->id) == subject->fsuid)
            return (struct ruling){NAMED_USER, e->bits & mask, (e->bits & mask & needs) == needs,
                                   (e->bits & needs) == needs};
        bool group = (e->tag == TAG_GROUP_OBJ && in_group(subject, seen_gid(scene, node))) ||
                     (e->tag == TAG_GROUP && in_group(subject, seen(scene, node, e->id)));
        if (!group)
            continue;
        ruling.decided = SOME_GROUP;
        ruling.allowed |= (e->bits & mask & needs) == needs;
        ruling.but_for_the_mask |= (e->bits & needs) == needs;
        ruling.bits |= e->bits & mask;
    }
    if (ruling.decided == OTHER) {
        ruling.bits = other;
        ruling.allowed = (other & needs) == needs;
    }
    return ruling;
}

static void add_cause(struct rights *rights, const char *cause) {
    for (unsigned i = 0; i < MOST_CAUSES; i++)
        if (!rights->causes[i]) {
            rights->causes[i] = cause;
            return;
        }
}

/* Contract, section 5: the plain words. */
static void plain_cause(const struct scene *scene, int node, unsigned needs, unsigned lacks,
                        struct rights *rights) {
    if (scene->nodes[node].type == DIRECTORY && (needs & W)) {
        add_cause(rights, "dir-write");
    } else if (scene->nodes[node].type == DIRECTORY) {
        if (lacks & X)
            add_cause(rights, "dir-search");
        if (lacks & R)
            add_cause(rights, "dir-list"); /* there is no other word for opening one to read */
    } else {
        add_cause(rights, lacks & R ? "file-read" : lacks & W ? "file-write" : "file-execute");
    }
}

static bool one_has(unsigned bits, unsigned lacks) {
    return (bits & lacks) == lacks;
}

/* "class-shadow when a later class has every bit that is missing, else the plain one" */
static void class_cause(const struct scene *scene, int node, enum deciding decided, unsigned needs,
                        unsigned lacks, struct rights *rights) {
    const struct node *at = &scene->nodes[node];
    bool later = decided != OTHER && one_has(at->mode & 7, lacks);
    bool open = false; /* does the owning group have it, when an ACL and its mask stand between? */
    if (decided == OWNER && !later) {
        later = one_has(at->mode >> 3 & 7, lacks);
        for (unsigned i = 0; i < at->acl.count; i++)
            if (at->acl.entry[i].tag == TAG_GROUP_OBJ)
                open = later && !one_has(at->acl.entry[i].bits, lacks);
    }
    if (later)
        add_cause(rights, "class-shadow");
    if (!later || open)
        plain_cause(scene, node, needs, lacks, rights);
}

static void name_cause(const struct scene *scene, const struct subject *subject, int node,
                       unsigned needs, const struct ruling *ruling, struct rights *rights) {
    const struct node *at = &scene->nodes[node];
    bool root = subject->fsuid == 0, also_root = subject->euid == 0;
    if (subject->in_namespace) {
        root = subject_inside(&subject->uid_map, subject->fsuid) == 0;
        also_root = subject_inside(&subject->uid_map, subject->euid) == 0;
    }
    if (capable(scene, subject, node, needs)) {
        add_cause(rights, "unmapped-owner");
        return;
    }
    if (root || also_root)
        add_cause(rights, "root-without-capability");
    if (root)
        return;
    if (ruling->decided == NAMED_USER || ruling->decided == SOME_GROUP) {
        add_cause(rights, ruling->but_for_the_mask ? "acl-mask" : "acl-entry");
        return;
    }
    /* With a mask of --- the kernel looks past the ACL; a cause that names the mask is as true. */
    if (ruling->decided != OWNER && at->acl.count > 0 && !(at->mode & 070)) {
        struct ruling acl = acl_ruling(scene, subject, node, needs);
        if (acl.decided != OTHER && acl.but_for_the_mask)
            add_cause(rights, "acl-mask");
    }
    class_cause(scene, node, ruling->decided, needs, rights->lacks, rights);
}

/* ---- what the subject cannot know ---- */

/* Whether every id there is has a number here: the last one is none. */
static bool maps_all(const struct ranges *map) {
    uint64_t covered = 0;
    for (unsigned i = 0; i < map->count; i++)
        covered += map->range[i].length;
    return covered == UINT32_MAX;
}

/* Whether an id that is shown as OVERFLOW_ID can be the real one as well as one without a mapping.
 */
static bool is_unclear(const struct scene *scene, const struct subject *subject,
                       const struct ranges *map, uint32_t id) {
    bool real = scene->place->idmapped; /* whose map nobody can read */
    uint32_t shown = id;
    if (subject->in_namespace) {
        shown = id == UINT32_MAX ? id : subject_inside(map, id);
        for (unsigned i = 0; i < map->count; i++)
            real |= OVERFLOW_ID - map->range[i].inside < map->range[i].length;
        real &= scene->place->idmapped || !maps_all(map);
    }
    return real && (shown == UINT32_MAX || shown == OVERFLOW_ID);
}

/* An id as the subject sees it; UINT32_MAX: as one without a mapping. */
static uint32_t shown(const struct subject *subject, const struct ranges *map, uint32_t id) {
    return subject->in_namespace && id != UINT32_MAX ? subject_inside(map, id) : id;
}

/* Whether the subject sees an id of its own as OVERFLOW_ID; hidden: it may be one without a mapping
 * then, and the subject cannot tell. */
struct disguise {
    bool user, group;
    bool hidden_user, hidden_group;
};

static struct disguise disguise_of(const struct subject *subject) {
    const struct ranges *uids = &subject->uid_map, *gids = &subject->gid_map;
    struct disguise disguise = {0};
    uint32_t id = shown(subject, uids, subject->fsuid);
    disguise.user = id == UINT32_MAX || id == OVERFLOW_ID;
    for (unsigned i = 0; i <= subject->group_count; i++) {
        id = shown(subject, gids, i ? subject->groups[i - 1] : subject->fsgid);
        disguise.group |= id == UINT32_MAX || id == OVERFLOW_ID;
    }
    disguise.hidden_user = disguise.user && subject->in_namespace && !maps_all(uids);
    disguise.hidden_group = disguise.group && subject->in_namespace && !maps_all(gids);
    return disguise;
}

bool rights_overflow_held(const struct subject *subject) {
    struct disguise disguise = disguise_of(subject);
    return disguise.user || disguise.group;
}

/* Whether an id of the file is shown as OVERFLOW_ID too, and may or may not be the same. */
static bool is_alike(const struct subject *subject, const struct ranges *map, uint32_t id,
                     bool hidden) {
    uint32_t as = shown(subject, map, id);
    return hidden && (as == UINT32_MAX || as == OVERFLOW_ID);
}

/* Whether what decided hangs on an id that is shown as OVERFLOW_ID and nothing that the subject can
 * read tells which it is. Behind the owner and a named user no group is looked at. */
static bool is_blurred(const struct scene *scene, const struct subject *subject, int node,
                       unsigned needs, enum deciding decided) {
    const struct ranges *uids = &subject->uid_map, *gids = &subject->gid_map;
    const struct node *at = &scene->nodes[node];
    uint32_t uid = seen_uid(scene, node), gid = seen_gid(scene, node);
    struct disguise disguise = disguise_of(subject);
    bool unclear_uid = is_unclear(scene, subject, uids, uid);
    bool unclear_gid = is_unclear(scene, subject, gids, gid);
    bool groups_asked = decided != OWNER && decided != NAMED_USER;
    if ((unclear_uid || unclear_gid) && /* does a capability count, can it be written back? */
        (capable(scene, subject, node, needs) || (scene->place->idmapped && (needs & W))))
        return true;
    if ((unclear_uid && disguise.user) || is_alike(subject, uids, uid, disguise.hidden_user))
        return true;
    if (groups_asked &&
        ((unclear_gid && disguise.group) || is_alike(subject, gids, gid, disguise.hidden_group)))
        return true;
    for (unsigned i = 0; decided != OWNER && (at->mode & 070) && i < at->acl.count; i++) {
        uint32_t id = seen(scene, node, at->acl.entry[i].id);
        if (at->acl.entry[i].tag == TAG_USER && is_alike(subject, uids, id, disguise.hidden_user))
            return true;
        if (at->acl.entry[i].tag == TAG_GROUP && groups_asked &&
            is_alike(subject, gids, id, disguise.hidden_group))
            return true;
    }
    return false;
}

/* ---- the answer ---- */

struct rights rights_of(const struct scene *scene, const struct subject *subject, int node,
                        unsigned needs) {
    const struct node *at = &scene->nodes[node];
    struct rights rights = {.allowed = true};
    uint32_t uid = seen_uid(scene, node), gid = seen_gid(scene, node);
    if ((needs & W) && (uid == UINT32_MAX || gid == UINT32_MAX)) {
        /* mount_setattr(2): nothing can be written back to an owner that is not mapped. */
        rights = (struct rights){.lacks = needs & W, .causes = {"unmapped-owner"}, .blurred = true};
        return rights;
    }
    struct ruling ruling;
    if (uid != UINT32_MAX && uid == subject->fsuid)
        ruling = (struct ruling){.decided = OWNER, .bits = at->mode >> 6 & 7};
    else if (at->acl.count > 0 && (at->mode & 070))
        ruling = acl_ruling(scene, subject, node, needs);
    else if (in_group(subject, gid))
        ruling = (struct ruling){.decided = GROUP, .bits = at->mode >> 3 & 7};
    else
        ruling = (struct ruling){.decided = OTHER, .bits = at->mode & 7};
    if (ruling.decided != SOME_GROUP)
        ruling.allowed = (ruling.bits & needs) == needs;
    rights.blurred = is_blurred(scene, subject, node, needs, ruling.decided);
    if (ruling.allowed)
        return rights;
    if (capable(scene, subject, node, needs) && counts(scene, subject, node))
        return rights;
    rights.allowed = false;
    rights.lacks = needs & ~ruling.bits;
    rights.grants = ruling.bits;
    rights.class = CLASSES[ruling.decided];
    rights.acl_moot = ruling.decided == OWNER || !(at->mode & 070);
    rights.groups_moot = ruling.decided == OWNER || ruling.decided == NAMED_USER;
    name_cause(scene, subject, node, needs, &ruling, &rights);
    return rights;
}

bool rights_shown(const struct scene *scene, const struct subject *subject, int node) {
    uint32_t uid = seen_uid(scene, node);
    if (subject->in_namespace && uid != UINT32_MAX)
        uid = subject_inside(&subject->uid_map, uid);
    bool hidden = subject->in_namespace || scene->place->idmapped;
    return uid != UINT32_MAX && !(hidden && uid == OVERFLOW_ID);
}

bool rights_root_reaches(const struct scene *scene, int node) {
    struct subject root = {.effective = ~UINT64_C(0)};
    unsigned needs = scene->nodes[node].type == DIRECTORY ? R | X : R;
    if (!scene->place->idmapped)
        return true;
    for (; node >= scene->mount; node = scene->nodes[node].parent, needs = X)
        if (!rights_of(scene, &root, node, needs).allowed)
            return false;
    return true;
}

/* SPDX-License-Identifier: MIT */
#include "oracle.h"
#include "call.h"
#include "rights.h"
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>

enum { MOST_LINKS = 40, REST_BYTES = 8192, LONGEST_NAME = 255 };

/* The walk: where it stands, what of the path is left, and which links that text came from. */
struct road {
    const struct scene *scene;
    const struct subject *subject;
    struct expectation *answer;
    int flags;
    unsigned wanted; /* of faccessat(2) */
    int at;
    char rest[REST_BYTES];
    int links;
    struct {
        int node;
        size_t behind; /* bytes of `rest` that stand behind this link's own text */
    } inside[MOST_LINKS];
    int depth;
};

static void blame(struct road *road, int node, const char *cause) {
    road->answer->culprit = node;
    road->answer->causes[0] = cause;
    if (!road->scene->nodes[node].dead) /* which has no path any more */
        node_path(road->scene, node, road->answer->culprit_path, sizeof road->answer->culprit_path);
}

/* All the helpers below return true when the walk goes on, false when the answer is known. */

static bool refuse(struct road *road, int error, int node, const char *cause) {
    road->answer->error = error;
    if (node != NO_NODE)
        blame(road, node, cause);
    return false;
}

static bool need(struct road *road, int node, unsigned needs) {
    struct rights rights = rights_of(road->scene, road->subject, node, needs);
    road->answer->vague |= rights.blurred && rights_overflow_held(road->subject);
    if (rights.allowed)
        return true;
    refuse(road, EACCES, node, NULL);
    memcpy(road->answer->causes, rights.causes, sizeof rights.causes);
    road->answer->guess = rights.blurred;
    road->answer->lookalike |= road->answer->guess && rights_overflow_held(road->subject);
    road->answer->needs = needs;
    road->answer->lacks = rights.lacks;
    road->answer->class = rights.class;
    road->answer->grants = rights.grants;
    road->answer->acl_moot = rights.acl_moot;
    road->answer->groups_moot = rights.groups_moot;
    return false;
}

static bool read_only(const struct scene *scene, int node) {
    return node >= scene->mount && (scene->place->read_only_mount || scene->place->read_only_super);
}

/* ENOENT: the name is not there. In a link's text, the innermost link is to blame. */
static bool missing(struct road *road, const char *name, size_t length, bool last, bool slash) {
    struct expectation *answer = road->answer;
    refuse(road, ENOENT, NO_NODE, NULL);
    if (road->scene->nodes[road->at].dead) {
        answer->causes[0] = "deleted-cwd";
        return false;
    }
    if (road->depth > 0) {
        blame(road, road->inside[road->depth - 1].node, "dangling-symlink");
        if (!last && (road->flags & O_CREAT))
            answer->culprit_path[0] = '\0'; /* create-in-missing-dir would be as true */
        return false;
    }
    char parent[PATH_BYTES], path[2 * PATH_BYTES];
    node_path(road->scene, road->at, parent, sizeof parent);
    snprintf(path, sizeof path, "%s/%.*s", parent, (int)length, name);
    snprintf(answer->culprit_path, sizeof answer->culprit_path, "%.*s", PATH_BYTES - 1, path);
    if (last && !slash)
        answer->causes[0] = "missing-file";
    else
        answer->causes[0] = road->flags & O_CREAT ? "create-in-missing-dir" : "missing-dir";
    if (last && slash)
        answer->causes[1] = "missing-file";
    return false;
}

/* proc(5), /proc/sys/fs/protected_symlinks. */
static bool link_protected(const struct road *road, int link) {
    const struct scene *scene = road->scene;
    const struct node *directory = &scene->nodes[road->at];
    uint32_t owner = seen_uid(scene, link);
    return scene->sysctls.symlinks && (directory->mode & 01002) == 01002 &&
           (owner == UINT32_MAX || owner != road->subject->fsuid) &&
           (owner == UINT32_MAX || owner != seen_uid(scene, road->at));
}

/* In a sticky directory the kernel compares owners, and some are shown as one and the same id. */
static bool sticky_owners_unknown(const struct road *road, int node) {
    const struct scene *scene = road->scene;
    return (scene->nodes[road->at].mode & 01000) && !rights_shown(scene, road->subject, node) &&
           (!rights_shown(scene, road->subject, road->at) || rights_overflow_held(road->subject));
}

/* Puts the link's text before what is left. `last`: nothing is left. */
static bool follow(struct road *road, int link, const char *after, bool last) {
    const struct scene *scene = road->scene;
    if (++road->links > MOST_LINKS)
        return refuse(road, ELOOP, NO_NODE, NULL);
    /* The kernel guards a link where the path ends, not one that is passed through. */
    if (last && sticky_owners_unknown(road, link))
        road->answer->lookalike = true;
    if (last && link_protected(road, link)) {
        /* Linux (6.18) walks once more before it says so, and counts the links on; but not when
         * it had to write a link's access time on the way. */
        if (2 * road->links > MOST_LINKS)
            road->answer->also = ELOOP;
        return refuse(road, EACCES, link, "protected-symlink");
    }
    if (scene->place->nosymfollow && link >= scene->mount)
        return refuse(road, ELOOP, link, "symlink-loop");
    road->inside[road->depth].node = link;
    road->inside[road->depth++].behind = strlen(after);
    char text[REST_BYTES];
    const char *target = scene->nodes[link].target;
    snprintf(text, sizeof text, "%s%s%.*s", target, *after ? "/" : "", REST_BYTES / 2, after);
    memcpy(road->rest, text, sizeof text);
    if (*target == '/')
        road->at = 0;
    return true;
}

/* Links whose text is used up no longer speak. */
static void leave_links(struct road *road) {
    size_t left = strlen(road->rest);
    while (road->depth > 0 && left <= road->inside[road->depth - 1].behind)
        road->depth--;
}

/* The new file: needs w and x on its directory, open(2) EACCES; a mount that can be written and
 * that can store its owner. */
static bool create(struct road *road, const char *name, size_t length) {
    char parent[PATH_BYTES], path[2 * PATH_BYTES];
    if (road->scene->nodes[road->at].dead)
        return missing(road, name, length, true, false);
    if (read_only(road->scene, road->at))
        return refuse(road, EROFS, road->at, "read-only");
    if (road->at >= road->scene->mount && !rights_storable(road->scene, road->subject))
        return refuse(road, EOVERFLOW, NO_NODE, NULL);
    if (!need(road, road->at, W | X))
        return false;
    node_path(road->scene, road->at, parent, sizeof parent);
    snprintf(path, sizeof path, "%s/%.*s", parent, (int)length, name);
    snprintf(road->answer->created, sizeof road->answer->created, "%.*s", PATH_BYTES - 1, path);
    road->answer->creates = true;
    return false;
}

/*
 * proc(5), /proc/sys/fs/protected_regular and protected_fifos: O_CREAT on what is there already.
 * What no page says and this test found (Linux 6.18): the switches are for regular files and FIFOs
 * alone; a socket, a device or, with O_NOFOLLOW, a link in a sticky directory that all may write is
 * refused whatever they say.
 */
static bool create_protected(const struct road *road, int node) {
    const struct scene *scene = road->scene;
    const struct node *directory = &scene->nodes[road->at], *file = &scene->nodes[node];
    int level = file->type == FIFO      ? scene->sysctls.fifos
                : file->type == REGULAR ? scene->sysctls.regular
                                        : 1;
    uint32_t owner = seen_uid(scene, node);
    /* An owner that the mount does not map is nobody's equal, not even another's of its kind. */
    bool own = owner != UINT32_MAX &&
               (owner == road->subject->fsuid || owner == seen_uid(scene, road->at));
    if (!(directory->mode & 01000) || level == 0 || own)
        return false;
    return (directory->mode & 0002) || (level >= 2 && (directory->mode & 0020));
}

static bool is_special(const struct node *node) {
    return node->type == FIFO || node->type == SOCKET || node->type == DEVICE;
}

/* What the file system itself says of a special file, with O_NONBLOCK: fifo(7), unix(7). */
static int special_error(const struct node *node, int access) {
    if (node->type == SOCKET || (node->type == FIFO && access == O_WRONLY))
        return ENXIO;
    return node->type == FIFO && access == O_ACCMODE ? EINVAL : 0;
}

/* O_TMPFILE: "an unnamed temporary regular file in that directory". */
static bool open_unnamed(struct road *road, int node) {
    if (road->scene->nodes[node].type != DIRECTORY)
        return refuse(road, ENOTDIR, node, "not-a-directory");
    if (read_only(road->scene, node))
        return refuse(road, EROFS, node, "read-only");
    if (node >= road->scene->mount && !rights_storable(road->scene, road->subject))
        return refuse(road, EOVERFLOW, NO_NODE, NULL);
    /* ext4 makes no inode for a directory that is gone (__ext4_new_inode()); tmpfs does. */
    if (need(road, node, W | X) && road->scene->nodes[node].dead &&
        strcmp(road->scene->place->fstype, "ext4") == 0)
        refuse(road, EPERM, NO_NODE, NULL);
    return false;
}

/* access(2): asks without opening. */
static bool probe(struct road *road, int node) {
    const struct node *file = &road->scene->nodes[node];
    bool barred = (road->wanted & W) && read_only(road->scene, node) && !is_special(file);
    if (road->wanted == 0)
        return false;
    if (barred && road->scene->place->read_only_super)
        return refuse(road, EROFS, node, "read-only");
    if (need(road, node, road->wanted) && barred)
        refuse(road, EROFS, node, "read-only");
    return false;
}

/* The path leads to `node`. `slash`: it asked for a directory. */
static bool open_node(struct road *road, int node, bool slash) {
    const struct scene *scene = road->scene;
    const struct node *file = &scene->nodes[node];
    int flags = road->flags, access = flags & O_ACCMODE;
    unsigned needs = access == O_RDONLY ? R : access == O_WRONLY ? W : R | W;
    if (flags & O_TRUNC)
        needs |= W;
    if ((flags & O_TMPFILE) == O_TMPFILE)
        return open_unnamed(road, node);
    if ((flags & O_CREAT) && (flags & O_EXCL))
        return refuse(road, EEXIST, NO_NODE, NULL);
    if ((flags & O_CREAT) && file->type == DIRECTORY)
        return refuse(road, EISDIR, node, "is-a-directory");
    if ((flags & O_CREAT) && sticky_owners_unknown(road, node))
        road->answer->lookalike = true;
    if ((flags & O_CREAT) && create_protected(road, node))
        return refuse(road, EACCES, node, "protected-create");
    if ((slash || (flags & O_DIRECTORY)) && file->type != DIRECTORY)
        return refuse(road, ENOTDIR, node, "not-a-directory");
    if (flags & O_PATH)
        return probe(road, node);
    bool written = needs & W, locked = read_only(scene, node);
    if (file->type == REGULAR && (flags & O_TRUNC) && locked)
        return refuse(road, EROFS, node, "read-only");
    if (file->type == LINK)
        return refuse(road, ELOOP, node, "symlink-loop");
    if (file->type == DIRECTORY && written)
        return refuse(road, EISDIR, node, "is-a-directory");
    if (file->type == DEVICE && scene->place->nodev && node >= scene->mount)
        return refuse(road, EACCES, node, "nodev");
    if (written && locked && scene->place->read_only_super && !is_special(file))
        return refuse(road, EROFS, node, "read-only");
    if (!need(road, node, needs))
        return false;
    if ((flags & O_NOATIME) && !rights_owner(scene, road->subject, node))
        return refuse(road, EPERM, NO_NODE, NULL);
    if (locked && file->type == REGULAR && (access == O_WRONLY || access == O_RDWR))
        return refuse(road, EROFS, node, "read-only");
    road->answer->error = special_error(file, access);
    return false;
}

static bool is_dots(const char *name, size_t length) {
    return (length == 1 && name[0] == '.') || (length == 2 && name[0] == '.' && name[1] == '.');
}

/* The last component. */
static bool step_last(struct road *road, const char *name, size_t length) {
    bool slash = name[length] == '/';
    if (is_dots(name, length))
        return open_node(road, length == 2 ? road->scene->nodes[road->at].parent : road->at, true);
    if ((road->flags & O_CREAT) && slash)
        return refuse(road, EISDIR, NO_NODE, NULL);
    if (length > LONGEST_NAME && !road->scene->nodes[road->at].dead)
        return refuse(road, ENAMETOOLONG, NO_NODE, NULL);
    int child = node_child(road->scene, road->at, name, length);
    if (child == NO_NODE && !(road->flags & O_CREAT))
        return missing(road, name, length, true, slash);
    if (child == NO_NODE)
        return create(road, name, length);
    bool followed = slash || !(road->flags & O_NOFOLLOW);
    if ((road->flags & O_CREAT) && (road->flags & O_EXCL))
        followed = false;
    if (road->scene->nodes[child].type == LINK && followed)
        return follow(road, child, slash ? "/" : "", true); /* the slash still asks its question */
    return open_node(road, child, slash);
}

/* A component with something behind it, which stands at `after`. */
static bool step(struct road *road, const char *name, size_t length, const char *after) {
    int child = road->scene->nodes[road->at].parent;
    if (is_dots(name, length)) {
        if (length == 2)
            road->at = child;
    } else {
        if (length > LONGEST_NAME && !road->scene->nodes[road->at].dead)
            return refuse(road, ENAMETOOLONG, NO_NODE, NULL);
        child = node_child(road->scene, road->at, name, length);
        if (child == NO_NODE)
            return missing(road, name, length, false, false);
        if (road->scene->nodes[child].type == LINK)
            return follow(road, child, after, false);
        road->at = child;
        if (road->scene->nodes[child].type != DIRECTORY)
            return refuse(road, ENOTDIR, child, "not-a-directory");
    }
    memmove(road->rest, after, strlen(after) + 1);
    return true;
}

static bool step_any(struct road *road) {
    const char *name = road->rest + strspn(road->rest, "/");
    if (*name == '\0')
        return open_node(road, road->at, true);
    leave_links(road);
    if (road->scene->nodes[road->at].type != DIRECTORY)
        return refuse(road, ENOTDIR, road->at, "not-a-directory");
    if (!need(road, road->at, X))
        return false;
    size_t length = strcspn(name, "/");
    const char *after = name + length + strspn(name + length, "/");
    return *after ? step(road, name, length, after) : step_last(road, name, length);
}

/* open(2), NOTES and ERRORS: which flags mean nothing, or cannot be. False: the answer is EINVAL.
 */
static bool settle_flags(struct road *road) {
    if (road->flags & O_PATH)
        road->flags &= O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC;
    if ((road->flags & O_TMPFILE) == O_TMPFILE && (road->flags & O_ACCMODE) == O_RDONLY)
        return refuse(road, EINVAL, NO_NODE, NULL);
    return true;
}

static void predict(const struct scene *scene, const struct subject *subject,
                    const struct call *call, struct expectation *answer) {
    *answer = (struct expectation){.culprit = NO_NODE};
    struct subject judged = call_subject(call, subject);
    struct road road = {.scene = scene,
                        .subject = &judged,
                        .answer = answer,
                        .flags = call->flags,
                        .wanted = call->wanted};
    if (!settle_flags(&road))
        return;
    if (call->path[0] == '\0') {
        refuse(&road, ENOENT, NO_NODE, NULL);
        answer->causes[0] = "empty-path";
        return;
    }
    road.at = subject->cwd;
    if (call->path[0] == '/')
        road.at = 0;
    else if (call_is_at(call) && call->directory == BAD_DESCRIPTOR)
        return (void)refuse(&road, EBADF, NO_NODE, NULL);
    else if (call_is_at(call) && call->directory != NO_NODE)
        road.at = call->directory;
    snprintf(road.rest, sizeof road.rest, "%s", call->path);
    bool on = true;
    while (on)
        on = step_any(&road);
}

void oracle_predict(const struct scene *scene, const struct subject *subject,
                    const struct call *call, struct expectation *answer) {
    struct expectation walk;
    struct call look = *call;
    predict(scene, subject, call, answer);
    if (!call->real_ids)
        return;
    look.real_ids = false;
    look.wanted = 0;
    predict(scene, subject, &look, &walk);
    answer->unwalkable = walk.error == EACCES;
}

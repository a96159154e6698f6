/* SPDX-License-Identifier: MIT */
#include "disk.h"
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/xattr.h>
#include <unistd.h>

/* What stands behind the path of the top's parent: "t/a/b"; "." for the parent itself.
 * A path that leads elsewhere stays absolute. */
static const char *relative(const struct scene *scene, const char *path) {
    char parent[PATH_BYTES];
    node_path(scene, scene->top - 1, parent, sizeof parent);
    size_t length = strlen(parent);
    if (strncmp(path, parent, length) != 0)
        return path;
    return path[length] ? path + length + 1 : ".";
}

static bool failed(const char *what, const char *path) {
    fprintf(stderr, "property: %s %s: %s\n", what, path, strerror(errno));
    return false;
}

/* Mode and ids come later: the tree must stay writable while it grows. */
static bool make(const struct node *node, const char *path) {
    int error = 0;
    switch (node->type) {
    case DIRECTORY:
        error = mkdir(path, 0700);
        break;
    case REGULAR:
        error = mknod(path, S_IFREG | 0600, 0);
        break;
    case FIFO:
        error = mknod(path, S_IFIFO | 0600, 0);
        break;
    case SOCKET:
        error = mknod(path, S_IFSOCK | 0600, 0);
        break;
    case DEVICE: /* /dev/null: opening it does nothing */
        error = mknod(path, S_IFCHR | 0600, makedev(1, 3));
        break;
    case LINK:
        error = symlink(node->target, path);
        break;
    }
    return error == 0 || failed("make", path);
}

/* system.posix_acl_access and _default, linux/posix_acl_xattr.h. */
struct attribute {
    uint32_t version;
    struct entry entry[MOST_ENTRIES];
};

static bool set_acl(const char *path, const char *attribute, const struct entries *acl) {
    struct attribute value = {.version = 2};
    if (acl->count == 0)
        return lremovexattr(path, attribute) == 0 || errno == ENODATA || errno == EOPNOTSUPP ||
               failed(attribute, path);
    memcpy(value.entry, acl->entry, acl->count * sizeof *acl->entry);
    size_t bytes = sizeof value.version + acl->count * sizeof *acl->entry;
    return lsetxattr(path, attribute, &value, bytes, 0) == 0 || failed(attribute, path);
}

/* chown(2) clears set-id bits and the ACL's mask follows chmod(2), so: owner, mode, ACL. */
bool disk_dress(const struct scene *scene, int index) {
    const struct node *node = &scene->nodes[index];
    if (node->dead)
        return true;
    char absolute[PATH_BYTES];
    node_path(scene, index, absolute, sizeof absolute);
    const char *path = relative(scene, absolute);
    if (lchown(path, node->uid, node->gid) != 0)
        return failed("lchown", path);
    if (node->type == LINK)
        return true;
    if (!set_acl(path, "system.posix_acl_access", &node->acl))
        return false;
    if (chmod(path, node->mode) != 0)
        return failed("chmod", path);
    return node->type != DIRECTORY || set_acl(path, "system.posix_acl_default", &node->default_acl);
}

static bool get_acl(const char *path, const char *attribute, struct entries *acl) {
    struct attribute value;
    ssize_t bytes = lgetxattr(path, attribute, &value, sizeof value);
    acl->count = 0;
    if (bytes < 0)
        return errno == ENODATA || errno == EOPNOTSUPP || failed(attribute, path);
    acl->count = (unsigned)(((size_t)bytes - sizeof value.version) / sizeof *value.entry);
    memcpy(acl->entry, value.entry, acl->count * sizeof *value.entry);
    return true;
}

bool disk_read(struct scene *scene) {
    char absolute[PATH_BYTES];
    for (int i = scene->top - 1; i < scene->count; i++) {
        struct node *node = &scene->nodes[i];
        struct stat status;
        if (node->dead)
            continue;
        node_path(scene, i, absolute, sizeof absolute);
        const char *path = relative(scene, absolute);
        if (lstat(path, &status) != 0)
            return failed("lstat", path);
        node->uid = status.st_uid;
        node->gid = status.st_gid;
        node->mode = status.st_mode & 07777;
        if (node->type != LINK && !get_acl(path, "system.posix_acl_access", &node->acl))
            return false;
    }
    return true;
}

bool disk_make(const struct scene *scene, int node) {
    char path[PATH_BYTES];
    node_path(scene, node, path, sizeof path);
    return make(&scene->nodes[node], relative(scene, path));
}

void disk_unmake(const struct scene *scene, int node) {
    char path[PATH_BYTES];
    node_path(scene, node, path, sizeof path);
    if (remove(relative(scene, path)) != 0)
        failed("remove", path);
}

bool disk_build(const struct scene *scene) {
    for (int i = scene->top; i < scene->count; i++)
        if (!scene->nodes[i].dead && !disk_make(scene, i))
            return false;
    for (int i = scene->top; i < scene->count; i++)
        if (!disk_dress(scene, i))
            return false;
    return true;
}

void disk_freeze(const struct scene *scene, bool frozen) {
    char path[PATH_BYTES];
    if (!scene->place->read_only_super)
        return;
    node_path(scene, scene->mount, path, sizeof path);
    if (mount(NULL, path, NULL, MS_REMOUNT | (frozen ? MS_RDONLY : 0), NULL) != 0)
        failed("remount", path);
}

static int remove_entry(const char *path, const struct stat *status, int flag, struct FTW *ftw) {
    (void)status;
    (void)flag;
    (void)ftw;
    if (remove(path) != 0)
        failed("remove", path);
    return 0;
}

void disk_remove(const struct scene *scene) {
    char path[PATH_BYTES];
    bool left = false;
    for (int i = scene->count - 1; i >= scene->top; i--) {
        node_path(scene, i, path, sizeof path);
        left = remove(relative(scene, path)) != 0 && errno != ENOENT;
    }
    if (left) /* something was made that the oracle did not expect */
        nftw(scene->nodes[scene->top].name, remove_entry, 16, FTW_DEPTH | FTW_PHYS);
}

void disk_remove_created(const struct scene *scene, const char *path) {
    if (unlink(relative(scene, path)) != 0)
        failed("unlink", path);
}

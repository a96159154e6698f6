/* SPDX-License-Identifier: MIT */
#include "world.h"
#include <errno.h>
#include <fcntl.h>
#include <linux/mount.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#ifndef MS_NOSYMFOLLOW
#define MS_NOSYMFOLLOW 256
#endif

/* The directory of all places, in the root. */
#define BASE "property"

/* Swaps some ids, shifts some, has none for the rest: every way an owner can look. */
static const struct ranges IDMAP = {
    5, {{1001, 1002, 1}, {1002, 0, 1}, {1003, 1003, 1}, {2001, 2002, 1}, {2002, 2001, 1}}};

static bool failed(const char *what, const char *path) {
    fprintf(stderr, "property: left out: %s %s: %s\n", what, path, strerror(errno));
    return false;
}

static void place_path(const struct world *world, const char *name, char *path, size_t bytes) {
    snprintf(path, bytes, "%s/%s", world->base, name);
}

static struct place *add_place(struct world *world, const char *name, const char *plain,
                               const char *fstype, const char *options) {
    struct place *place = &world->places[world->place_count];
    *place = (struct place){.name = name, .fstype = fstype, .options = options};
    world->plain[world->place_count++] = plain;
    return place;
}

static bool make_directory(const struct world *world, const char *name, char *path, size_t bytes) {
    place_path(world, name, path, bytes);
    return mkdir(path, 0755) == 0 || failed("mkdir", path);
}

static void make_tmpfs(struct world *world) {
    char path[96];
    if (!make_directory(world, "tmpfs", path, sizeof path))
        return;
    if (mount("tmpfs", path, "tmpfs", 0, "mode=0755") != 0) {
        failed("mount tmpfs", path);
        return;
    }
    add_place(world, "tmpfs", "tmpfs", "tmpfs", "rw");
}

/* As on a FAT stick or an old NFS server: the file system knows no ACLs. */
static void make_ramfs(struct world *world) {
    char path[96];
    if (!make_directory(world, "ramfs", path, sizeof path))
        return;
    if (mount("ramfs", path, "ramfs", 0, "mode=0755") != 0)
        failed("mount ramfs", path);
    else
        add_place(world, "ramfs", "ramfs", "ramfs", "rw")->no_acls = true;
}

static void make_ext4(struct world *world) {
    char path[96], command[640];
    if (!make_directory(world, "ext4", path, sizeof path))
        return;
    snprintf(command, sizeof command,
             "truncate -s 64M %s/image && mkfs.ext4 -q -O ^has_journal %s/image && "
             "mount -o loop %s/image %s",
             world->base, world->base, world->base, path);
    if (system(command) != 0)
        failed("mount -o loop", path);
    else if (chmod(path, 0755) == 0)
        add_place(world, "ext4", "ext4", "ext4", "rw");
}

/* Frozen and thawed by each worker for itself, so each has its own. */
static void make_frozen(struct world *world, unsigned workers) {
    char path[96], own[128];
    if (!make_directory(world, "frozen", path, sizeof path))
        return;
    for (unsigned worker = 0; worker < workers; worker++) {
        snprintf(own, sizeof own, "%s/w%u", path, worker);
        if (mkdir(own, 0755) != 0 || mount("tmpfs", own, "tmpfs", 0, "mode=0755") != 0) {
            failed("mount tmpfs", own);
            return;
        }
    }
    struct place *place = add_place(world, "frozen", "frozen", "tmpfs", "ro");
    place->read_only_super = true;
    place->one_each = true;
}

static struct place *make_bind(struct world *world, const char *name, const char *plain,
                               unsigned long flags) {
    char path[96], source[96];
    if (!make_directory(world, name, path, sizeof path))
        return NULL;
    place_path(world, plain, source, sizeof source);
    if (mount(source, path, NULL, MS_BIND, NULL) != 0 ||
        mount(NULL, path, NULL, MS_BIND | MS_REMOUNT | flags, NULL) != 0) {
        failed("mount --bind", path);
        return NULL;
    }
    return add_place(world, name, plain, plain, name);
}

/* A descriptor of a user namespace with the map, or -1. */
static int open_namespace(const struct ranges *map) {
    int ready[2];
    char text[256], path[64], byte = 0;
    if (pipe2(ready, O_CLOEXEC) != 0)
        return -1;
    pid_t child = fork();
    if (child == 0) {
        byte = unshare(CLONE_NEWUSER) == 0;
        (void)!write(ready[1], &byte, 1);
        pause();
        _exit(0);
    }
    int descriptor = -1;
    if (child > 0 && read(ready[0], &byte, 1) == 1 && byte == 1) {
        int length = 0;
        for (unsigned i = 0; i < map->count; i++)
            length += snprintf(text + length, sizeof text - (size_t)length, "%u %u %u\n",
                               map->range[i].inside, map->range[i].outside, map->range[i].length);
        bool written = true;
        for (unsigned i = 0; i < 2; i++) {
            snprintf(path, sizeof path, "/proc/%d/%s_map", (int)child, i ? "gid" : "uid");
            int file = open(path, O_WRONLY | O_CLOEXEC);
            written &= write(file, text, (size_t)length) == length;
            close(file);
        }
        snprintf(path, sizeof path, "/proc/%d/ns/user", (int)child);
        if (written)
            descriptor = open(path, O_RDONLY | O_CLOEXEC);
    }
    close(ready[0]);
    close(ready[1]);
    if (child > 0) {
        kill(child, SIGKILL);
        waitpid(child, NULL, 0);
    }
    return descriptor;
}

static void make_idmapped(struct world *world, const char *name, const char *plain) {
    char path[96], source[96];
    if (!make_directory(world, name, path, sizeof path))
        return;
    place_path(world, plain, source, sizeof source);
    struct mount_attr attributes = {.attr_set = MOUNT_ATTR_IDMAP};
    int space = open_namespace(&IDMAP);
    attributes.userns_fd = (unsigned)space;
    int tree = (int)syscall(SYS_open_tree, AT_FDCWD, source, OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC);
    if (space < 0 || tree < 0 ||
        syscall(SYS_mount_setattr, tree, "", AT_EMPTY_PATH, &attributes, sizeof attributes) != 0 ||
        syscall(SYS_move_mount, tree, "", AT_FDCWD, path, MOVE_MOUNT_F_EMPTY_PATH) != 0) {
        failed("idmapped mount", path);
    } else {
        struct place *place = add_place(world, name, plain, plain, name);
        place->idmapped = true;
        place->map = IDMAP;
    }
    close(tree);
    close(space);
}

/* Programs that run fixes, and /proc, as they are outside; each directory may be a link there. */
static bool furnish(const struct world *world, const char *name, unsigned long flags) {
    char inside[96], outside[32], target[64];
    snprintf(outside, sizeof outside, "/%s", name);
    snprintf(inside, sizeof inside, "%s/%s", world->root, name);
    ssize_t length = readlink(outside, target, sizeof target - 1);
    if (length > 0) {
        target[length] = '\0';
        return symlink(target, inside) == 0 || failed("symlink", inside);
    }
    if (access(outside, F_OK) != 0)
        return true;
    return (mkdir(inside, 0755) == 0 && mount(outside, inside, NULL, MS_BIND | MS_REC, NULL) == 0 &&
            (!flags || mount(NULL, inside, NULL, MS_BIND | MS_REMOUNT | flags, NULL) == 0)) ||
           failed("mount --bind", inside);
}

/*
 * Makes our tmpfs the root. Nothing that a case does can then reach the machine's own files: a
 * shrunken path may climb, and a fix may well name "/".
 */
static bool lock_in(const struct world *world) {
    static const char *const programs[] = {"usr", "bin", "sbin", "lib", "lib64"};
    char old[96];
    for (unsigned i = 0; i < sizeof programs / sizeof *programs; i++)
        if (!furnish(world, programs[i], MS_RDONLY))
            return false;
    snprintf(old, sizeof old, "%s/old", world->root);
    if (!furnish(world, "proc", 0) || mkdir(old, 0700) != 0)
        return failed("furnish", world->root);
    int above = open("/run", O_PATH | O_DIRECTORY | O_CLOEXEC);
    if (above < 0 || syscall(SYS_pivot_root, world->root, old) != 0 || chdir("/") != 0 ||
        umount2("/old", MNT_DETACH) != 0 || rmdir("/old") != 0)
        return failed("pivot_root", world->root);
    if (unlinkat(above, strrchr(world->root, '/') + 1, AT_REMOVEDIR) != 0)
        fprintf(stderr, "property: %s is left behind: %s\n", world->root, strerror(errno));
    close(above);
    return true;
}

static bool has_place(const struct world *world, const char *name) {
    for (unsigned i = 0; i < world->place_count; i++)
        if (strcmp(world->places[i].name, name) == 0)
            return true;
    return false;
}

static void make_workers(const struct world *world, unsigned workers) {
    char path[128];
    for (unsigned i = 0; i < world->place_count; i++)
        for (unsigned worker = 0; worker < workers; worker++) {
            if (strcmp(world->plain[i], world->places[i].name) != 0)
                continue;
            snprintf(path, sizeof path, "%s/%s/w%u", world->base, world->plain[i], worker);
            if (mkdir(path, 0755) != 0)
                failed("mkdir", path);
        }
}

bool world_open(struct world *world, unsigned workers) {
    *world = (struct world){.root = "/run/permshim-XXXXXX"};
    umask(0);
    if (unshare(CLONE_NEWNS) != 0 || mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) != 0)
        return failed("a mount namespace (root?)", "");
    if (!mkdtemp(world->root) || mount("tmpfs", world->root, "tmpfs", 0, "mode=0755") != 0)
        return failed("mount tmpfs", world->root);
    snprintf(world->base, sizeof world->base, "%s/%s", world->root, BASE);
    if (mkdir(world->base, 0755) != 0)
        return failed("mkdir", world->base);
    world->sysctls = sysctls_read();
    make_tmpfs(world);
    make_ramfs(world);
    make_ext4(world);
    make_workers(world, workers);
    struct place *place;
    if ((place = make_bind(world, "nodev", "tmpfs", MS_NODEV)))
        place->nodev = true;
    if ((place = make_bind(world, "nosymfollow", "tmpfs", MS_NOSYMFOLLOW)))
        place->nosymfollow = true;
    if ((place = make_bind(world, "read-only", "tmpfs", MS_RDONLY)))
        place->read_only_mount = true;
    make_frozen(world, workers);
    if (has_place(world, "ext4"))
        make_idmapped(world, "idmapped", "ext4");
    if (!lock_in(world))
        return false;
    snprintf(world->base, sizeof world->base, "/%s", BASE);
    return world->place_count > 0;
}

static int add_step(struct scene *scene, const char *name) {
    int index = scene->count++;
    struct node *node = &scene->nodes[index];
    *node = (struct node){
        .parent = index ? index - 1 : 0, .type = DIRECTORY, .mode = 0755, .goal = NO_NODE};
    snprintf(node->name, sizeof node->name, "%s", name);
    return index;
}

void world_scene(const struct world *world, const struct place *place, unsigned worker,
                 struct scene *scene) {
    char name[16];
    scene->place = place;
    scene->sysctls = world->sysctls;
    scene->count = 0;
    add_step(scene, "");
    add_step(scene, BASE);
    scene->mount = add_step(scene, place->name);
    snprintf(name, sizeof name, "w%u", worker);
    scene->top = add_step(scene, name) + 1;
    if (place->one_each)
        scene->mount = scene->top - 1;
}

const struct place *world_any_place(const struct world *world, struct random *random) {
    unsigned chosen = random_chance(random, 40) ? 0 : random_below(random, world->place_count);
    const char *only = getenv("PLACE");
    for (unsigned i = 0; only && i < world->place_count; i++)
        if (strcmp(world->places[i].name, only) == 0)
            chosen = i;
    return &world->places[chosen];
}

bool world_enter(const struct world *world, const struct place *place, unsigned worker) {
    char path[128];
    snprintf(path, sizeof path, "%s/%s/w%u", world->base, world->plain[place - world->places],
             worker);
    return chdir(path) == 0 || failed("chdir", path);
}

static const char *const SYSCTLS[] = {"/proc/sys/fs/protected_symlinks",
                                      "/proc/sys/fs/protected_regular",
                                      "/proc/sys/fs/protected_fifos"};

struct sysctls sysctls_read(void) {
    int value[3] = {0};
    for (unsigned i = 0; i < 3; i++) {
        char text[8] = "";
        int file = open(SYSCTLS[i], O_RDONLY | O_CLOEXEC);
        if (file >= 0 && read(file, text, sizeof text - 1) > 0)
            value[i] = atoi(text);
        if (file >= 0)
            close(file);
    }
    return (struct sysctls){value[0], value[1], value[2]};
}

void sysctls_lock(void) {
    int file = open(SYSCTLS[0], O_RDONLY | O_CLOEXEC);
    if (file < 0 || flock(file, LOCK_EX | LOCK_NB) == 0)
        return;
    fprintf(stderr, "property: waiting for another run to end\n");
    int error;
    do
        error = flock(file, LOCK_EX) == 0 ? 0 : errno;
    while (error == EINTR);
}

bool sysctls_equal(struct sysctls a, struct sysctls b) {
    return a.symlinks == b.symlinks && a.regular == b.regular && a.fifos == b.fifos;
}

bool sysctls_write(struct sysctls sysctls) {
    const int value[3] = {sysctls.symlinks, sysctls.regular, sysctls.fifos};
    for (unsigned i = 0; i < 3; i++) {
        char digit = (char)('0' + value[i]);
        int file = open(SYSCTLS[i], O_WRONLY | O_CLOEXEC);
        bool written = file >= 0 && write(file, &digit, 1) == 1;
        if (file >= 0)
            close(file);
        if (!written)
            return failed("write", SYSCTLS[i]);
    }
    return true;
}

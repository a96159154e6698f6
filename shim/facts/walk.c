/* SPDX-License-Identifier: MIT */
/*
 * path_resolution(7) once more, in slow motion: one component at a time, each by an
 * O_PATH|O_NOFOLLOW descriptor, whose errno is the kernel's own verdict on the directory that is
 * held.
 */
#include "base/buffer.h"
#include "base/file.h"
#include "base/sys.h"
#include "facts/collect.h"
#include "facts/physical.h"
#include <linux/magic.h>
#include <linux/openat2.h>
#include <sys/vfs.h>

enum {
    MOST_LINKS = 40,     /* MAXSYMLINKS, linux/namei.h */
    MOST_LOOKUPS = 8192, /* 4,095 bytes hold 2,048 names; links bring more */
    LINK_BYTES = 4096,
};

struct walker {
    struct arena *arena;
    struct walk *walk;
    struct component *components;
    int flags;
    unsigned wanted; /* of the object, beside what the flags say */
    bool real_ids;
    int held;       /* the directory stood on: a descriptor, or AT_FDCWD */
    bool held_ours; /* to be closed */
    int current;    /* its component */
    struct physical path;
    struct slice rest; /* what of the path is still to be walked */
    unsigned links, lookups;
    struct followed {
        dev_t device;
        ino_t inode;
        struct slice rest; /* what was left to walk behind it */
    } followed[MOST_LINKS];
};

/* ---- the components ---- */

/* Drops a part out of the middle of a full list. The last ones matter: among them is the directory
 * that up to 40 links were looked up in. So do the first ones: a loop of links goes on and on, and
 * its first round may have been refused, by fs.protected_symlinks. */
static void elide(struct walker *w) {
    enum { DROPPED = WALK_MOST_COMPONENTS / 4 };
    struct component *kept = w->components + WALK_KEPT_FIRST;
    size_t behind = w->walk->count - WALK_KEPT_FIRST - DROPPED;
    memmove(kept, kept + DROPPED, behind * sizeof *kept);
    memset(kept + behind, 0, DROPPED * sizeof *kept);
    w->walk->count -= DROPPED;
    w->walk->elided += DROPPED;
    for (size_t i = 0; i < w->walk->count; i++) {
        int *parent = &w->components[i].parent;
        if (*parent >= WALK_KEPT_FIRST)
            *parent = *parent < WALK_KEPT_FIRST + DROPPED ? -1 : *parent - DROPPED;
    }
    if (w->current >= WALK_KEPT_FIRST + DROPPED)
        w->current -= DROPPED;
}

static struct component *add_component(struct walker *w, enum component_role role) {
    if (w->walk->count == WALK_MOST_COMPONENTS)
        elide(w);
    struct component *component = &w->components[w->walk->count++];
    component->path = physical_text(&w->path);
    component->role = role;
    component->parent = w->current;
    component->kernel_answer = ANSWER_UNKNOWN;
    return component;
}

static void hold(struct walker *w, int descriptor, bool ours) {
    if (w->held_ours)
        sys_close(w->held);
    w->held = descriptor;
    w->held_ours = ours;
}

static void stop(struct walker *w, int error) {
    w->walk->error = error;
    w->walk->directory = w->current;
    w->walk->missing = w->rest;
    w->rest.length = 0;
}

static void give_up(struct walker *w) {
    w->walk->cut = true;
    stop(w, 0);
}

/* ---- where it begins ---- */

static bool stand_on_root(struct walker *w) {
    int root = sys_openat(AT_FDCWD, "/", O_PATH | O_DIRECTORY | O_CLOEXEC, 0);
    if (root < 0 || !physical_set(&w->path, SLICE("/"))) {
        if (root >= 0)
            sys_close(root);
        return false;
    }
    hold(w, root, true);
    return true;
}

/* The path of the directory behind a descriptor, as the kernel tells it; "." when it cannot. */
static struct slice name_of(struct walker *w, int descriptor) {
    char name[DESCRIPTOR_NAME_BYTES];
    descriptor_name(descriptor, name);
    struct slice path = file_link(w->arena, AT_FDCWD, name);
    if (path.length == 0 && descriptor == AT_FDCWD) { /* /proc may not be mounted */
        char *bytes = arena_get(w->arena, LINK_BYTES, 1);
        long length = bytes ? sys_getcwd(bytes, LINK_BYTES) - 1 : 0; /* it counts the NUL */
        path = (struct slice){bytes, length > 0 ? (size_t)length : 0};
    }
    return path.length > 0 && path.data[0] == '/' ? path : SLICE(".");
}

static bool is_astray(struct walker *w, struct slice path, int descriptor) {
    return path.data[0] == '/' && path_leads_elsewhere(w->arena, path, descriptor);
}

static void stand_on_start(struct walker *w, const struct incident *incident) {
    if (w->rest.data[0] == '/') {
        if (!stand_on_root(w)) {
            w->walk->start_unknown = true;
            give_up(w);
            return;
        }
    } else {
        hold(w, incident->directory, false);
        struct slice name = name_of(w, w->held);
        w->walk->start_astray = is_astray(w, name, w->held);
        if (!physical_set(&w->path, w->walk->start_astray ? SLICE(".") : name)) {
            give_up(w);
            return;
        }
    }
    w->current = -1;
    struct component *start = add_component(w, ROLE_START);
    component_observe(w->arena, w->held, start);
    if (!start->status_known && start->status_error == EBADF)
        w->walk->start_unknown = true;
    w->walk->start_deleted =
        start->status_known && S_ISDIR(start->status.st_mode) && start->status.st_nlink == 0;
    w->current = 0;
}

/* ---- one step ---- */

static bool on_proc(int descriptor) {
    struct statfs system;
    return sys_call(SYS_fstatfs, descriptor, (long)&system, 0, 0, 0, 0) == 0 &&
           system.f_type == PROC_SUPER_MAGIC;
}

/* A link of procfs may be magic: its text is not where it leads. The kernel follows it, and tells.
 * What that calls "/data" is none of ours behind another namespace's /proc/PID/root: then the link
 * itself is the way there. */
static void jump(struct walker *w, const char *name, bool last) {
    int descriptor = sys_openat(w->held, name, O_PATH | O_CLOEXEC, 0);
    if (descriptor < 0) {
        stop(w, -descriptor);
        return;
    }
    struct slice path = name_of(w, descriptor);
    bool entered = is_astray(w, path, descriptor) ? physical_enter(&w->path, slice_of(name))
                                                  : physical_set(&w->path, path);
    if (!entered) {
        sys_close(descriptor);
        give_up(w);
        return;
    }
    struct component *component = add_component(w, last ? ROLE_TARGET : ROLE_PASSAGE);
    component_observe(w->arena, descriptor, component);
    w->current = (int)w->walk->count - 1;
    hold(w, descriptor, true);
}

/* A link that is met again with the same way still to go is met for ever: the kernel gives up after
 * 40, and so do we, but at once, while what stood before is still in the list. */
static bool is_circle(const struct walker *w, const struct component *link) {
    for (unsigned i = 0; i < w->links; i++)
        if (w->followed[i].inode == link->status.st_ino &&
            w->followed[i].device == link->status.st_dev &&
            slice_equal(w->followed[i].rest, w->rest))
            return true;
    return false;
}

/* Puts the link's text before what is left to walk, and returns to where the link stands. */
static void follow(struct walker *w, struct component *link, int descriptor,
                   size_t directory_length, bool last) {
    size_t slash = link->path.data[directory_length] == '/'; /* none behind the root's own */
    struct slice name = arena_copy(w->arena, slice_from(link->path, directory_length + slash));
    char *text = arena_get(w->arena, LINK_BYTES, 1);
    bool magic = on_proc(descriptor);
    long length = text ? sys_readlinkat(descriptor, "", text, LINK_BYTES) : -ENOMEM;
    sys_close(descriptor);
    link->role = ROLE_LINK;
    if (length == -EACCES && magic) {
        stop(w, EACCES); /* to read it needs the same right as to follow it */
        return;
    }
    if (length < 0) {
        give_up(w);
        return;
    }
    if (w->links == MOST_LINKS || is_circle(w, link)) {
        stop(w, ELOOP);
        return;
    }
    w->followed[w->links++] = (struct followed){link->status.st_dev, link->status.st_ino, w->rest};
    link->link_target = (struct slice){text, (size_t)length};
    link->rest_behind = w->rest.length;
    if (!physical_return(&w->path, directory_length)) {
        give_up(w);
        return;
    }
    if (magic) {
        jump(w, name.data, last);
        return;
    }
    struct buffer joined = buffer_in(w->arena, (size_t)length + 1 + w->rest.length);
    buffer_slice(&joined, link->link_target);
    if (w->rest.length > 0 || w->walk->trailing_slash) {
        buffer_char(&joined, '/');
        buffer_slice(&joined, w->rest);
    }
    w->rest = buffer_text(&joined);
    if (joined.cut || length == 0) {
        give_up(w);
    } else if (text[0] == '/') {
        if (!stand_on_root(w)) {
            give_up(w);
            return;
        }
        add_component(w, ROLE_PASSAGE);
        w->current = (int)w->walk->count - 1;
        component_observe(w->arena, w->held, &w->components[w->current]);
    }
}

/* Whether an errno tells of the name that was looked up, path_resolution(7), or a file system, and
 * not of our own trouble in looking. */
static bool is_an_answer(int error) {
    static const int troubles[] = {EMFILE, ENFILE, ENOMEM, ENOSYS, EINVAL, EPERM,
                                   EINTR,  EIO,    EBADF,  EAGAIN, EFAULT};
    for (size_t i = 0; i < sizeof troubles / sizeof *troubles; i++)
        if (error == troubles[i])
            return false;
    return true;
}

/* Looks one name up in the held directory, and stands on what it finds. */
static void step(struct walker *w, struct slice name, bool last) {
    struct component *directory = &w->components[w->current];
    size_t directory_length = w->path.length;
    component_need(w->held, directory, ACCESS_SEARCH, w->real_ids);

    struct slice terminated = arena_copy(w->arena, name);
    bool dot = slice_is(name, "."), dots = slice_is(name, "..");
    if (terminated.length != name.length || ++w->lookups > MOST_LOOKUPS) {
        give_up(w);
        return;
    }
    int descriptor = sys_openat(w->held, terminated.data, O_PATH | O_NOFOLLOW | O_CLOEXEC, 0);
    bool named = descriptor < 0 || (!dot && !dots); /* one that was not reached is shown as asked */
    bool moved = named ? physical_enter(&w->path, name) : dot || physical_leave(&w->path);
    if (!moved) {
        if (descriptor >= 0)
            sys_close(descriptor);
        give_up(w);
        return;
    }
    if (descriptor >= 0 && dot && !last) {
        sys_close(descriptor);
        return;
    }
    if (descriptor < 0 && !is_an_answer(-descriptor)) {
        give_up(w);
        return;
    }
    struct component *found = add_component(w, last ? ROLE_TARGET : ROLE_PASSAGE);
    if (descriptor < 0) {
        found->lookup_error = -descriptor;
        stop(w, -descriptor);
        return;
    }
    component_observe(w->arena, descriptor, found);
    if (!found->status_known && !is_an_answer(found->status_error)) {
        sys_close(descriptor);
        give_up(w); /* a link or not? */
        return;
    }
    bool link = found->status_known && S_ISLNK(found->status.st_mode);
    bool kept = last && !w->walk->trailing_slash &&
                (w->flags & O_NOFOLLOW || (w->flags & (O_CREAT | O_EXCL)) == (O_CREAT | O_EXCL));
    if (link && !kept) {
        follow(w, found, descriptor, directory_length, last);
        return;
    }
    w->walk->directory = w->current;
    w->current = (int)w->walk->count - 1;
    hold(w, descriptor, true);
}

/* Cuts the next name off what is left; false at the end. */
static bool next_name(struct walker *w, struct slice *name, bool *last) {
    while (w->rest.length > 0 && w->rest.data[0] == '/')
        w->rest = slice_from(w->rest, 1);
    if (w->rest.length == 0)
        return false;
    size_t length = slice_find(w->rest, '/');
    *name = slice_first(w->rest, length);
    w->rest = slice_from(w->rest, length);
    size_t slashes = 0;
    while (slashes < w->rest.length && w->rest.data[slashes] == '/')
        slashes++;
    *last = slashes == w->rest.length;
    if (*last) {
        if (slashes > 0)
            w->walk->trailing_slash = true;
        w->rest.length = 0;
    }
    return true;
}

/* The walk is at its end: what does the call need of what is there, or of where it would be? */
static void need_the_end(struct walker *w) {
    struct walk *walk = w->walk;
    if (walk->cut || walk->count == 0)
        return;
    if (walk->error == 0) {
        struct component *target = &w->components[w->current];
        target->role = ROLE_TARGET;
        if (walk->trailing_slash && target->status_known && !S_ISDIR(target->status.st_mode))
            walk->error = ENOTDIR;
        else
            component_need(w->held, target, access_needed(w->flags) | w->wanted, w->real_ids);
    } else if (walk->error == ENOENT && walk->creates && walk->missing.length == 0 &&
               walk->directory >= 0) {
        component_need(w->held, &w->components[walk->directory], ACCESS_WRITE | ACCESS_SEARCH,
                       w->real_ids);
    }
}

/* With O_PATH the kernel looks at no other flag but these: O_PATH_FLAGS, linux/fcntl.h. */
static int flags_that_count(int flags) {
    return flags & O_PATH ? flags & (O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC) : flags;
}

static void walk_in(struct arena *arena, const struct incident *incident, struct walk *walk) {
    struct walker w = {
        .arena = arena,
        .walk = walk,
        .components = ARENA_ARRAY(arena, struct component, WALK_MOST_COMPONENTS),
        .flags = flags_that_count(incident->flags),
        .wanted = incident->wanted,
        .real_ids = incident->real_ids,
        .held = AT_FDCWD,
        .path = {.arena = arena},
        .rest = slice_of(incident->path),
    };
    *walk = (struct walk){
        .components = w.components,
        .directory = -1,
        .creates = (w.flags & O_CREAT) != 0,
    };
    if (!w.components || (incident->resolve & RESOLVE_IN_ROOT)) {
        walk->cut = true;
        return;
    }
    if (w.rest.length == 0) {
        walk->error = ENOENT;
        return;
    }
    stand_on_start(&w, incident);
    struct slice name;
    bool last;
    while (!walk->cut && walk->error == 0 && next_name(&w, &name, &last))
        step(&w, name, last);
    need_the_end(&w);
    hold(&w, AT_FDCWD, false);
}

void walk_path(struct arena *arena, const struct incident *incident, struct walk *walk) {
    struct arena half = arena_part(arena, SIZE_MAX);
    walk_in(&half, incident, walk);
    arena->next = half.next;
    mounts_read(arena, walk);
}

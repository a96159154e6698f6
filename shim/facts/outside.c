/* SPDX-License-Identifier: MIT */
/*
 * A service or a sandbox may have mounts of its own. The command that mends something there is
 * pasted where the first process's mounts are: has the same object a path among them?
 */
#include "base/buffer.h"
#include "base/file.h"
#include "facts/collect.h"

enum { MOUNTINFO_BYTES = 1 << 17, MOST_TRIES = 8 };

static bool is_at_or_below(struct slice path, struct slice directory) {
    return slice_is(directory, "/") || slice_within(path, directory);
}

/* The path under which what stands at `path`, in or at `from`, stands in or at `to`. */
static struct slice moved(struct arena *arena, struct slice path, struct slice from,
                          struct slice to) {
    struct slice rest = slice_is(from, "/") ? path : slice_from(path, from.length);
    if (rest.length <= 1)
        return arena_copy(arena, to);
    if (slice_is(to, "/"))
        return arena_copy(arena, rest);
    struct buffer text = buffer_in(arena, to.length + rest.length);
    buffer_slice(&text, to);
    buffer_slice(&text, rest);
    return text.cut ? SLICE("") : buffer_text(&text);
}

struct view {
    struct arena *arena;
    struct slice text; /* the first process's mountinfo */
    const struct mount *own;
    bool is_shared;     /* the object's mount is one of these */
    struct slice inner; /* the object's path within its file system */
    /* the mount that `path` is on there */
    struct slice path;
    size_t point_length;
    uint64_t cover;
    bool shows;           /* there the path leads to the object */
    struct mount options; /* of a mount that shows it */
    /* where other mounts show the object */
    struct {
        uint64_t id;
        struct slice path;
    } tries[MOST_TRIES];
    size_t count;
};

static bool find_own(void *context, const struct mount *mount) {
    struct view *view = context;
    view->is_shared = mount->id == view->own->id;
    return !view->is_shared;
}

static bool holds_object(const struct view *view, const struct mount *mount) {
    return slice_equal(mount->device, view->own->device) &&
           is_at_or_below(view->inner, mount->root);
}

/* The one with the longest mount point above the path; of equal ones the last, which is on top. */
static bool find_cover(void *context, const struct mount *mount) {
    struct view *view = context;
    if (!is_at_or_below(view->path, mount->point) || mount->point.length < view->point_length)
        return true;
    view->point_length = mount->point.length;
    view->cover = mount->id;
    view->shows =
        holds_object(view, mount) &&
        slice_equal(moved(view->arena, view->inner, mount->root, mount->point), view->path);
    if (view->shows)
        view->options =
            (struct mount){.options = arena_copy(view->arena, mount->options),
                           .super_options = arena_copy(view->arena, mount->super_options)};
    return true;
}

static bool find_others(void *context, const struct mount *mount) {
    struct view *view = context;
    if (holds_object(view, mount)) {
        view->tries[view->count].id = mount->id;
        view->tries[view->count++].path =
            moved(view->arena, view->inner, mount->root, mount->point);
    }
    return view->count < MOST_TRIES;
}

/* Is the object at `path` there, and seen through the mount `id` (0: through any)? */
static bool is_at(struct view *view, struct slice path, uint64_t id) {
    view->path = path;
    view->point_length = 0;
    view->shows = false;
    mounts_each(view->arena, view->text, find_cover, view);
    return path.length > 0 && view->shows && (id == 0 || view->cover == id);
}

void outside_read(struct arena *arena, const struct component *component, struct outside *outside) {
    const struct mount *own = component->mount;
    struct view view = {.arena = arena, .own = own};
    *outside = (struct outside){0};
    if (!is_at_or_below(component->path, own->point))
        return;
    view.inner = moved(arena, component->path, own->point, own->root);
    view.text = file_whole(arena, "/proc/1/mountinfo", MOUNTINFO_BYTES);
    if (view.text.length == 0 || view.inner.length == 0)
        return;
    outside->known = true;
    mounts_each(arena, view.text, find_own, &view);
    outside->own_mount = !view.is_shared;
    if (view.is_shared)
        return;
    struct slice found = is_at(&view, component->path, 0) ? component->path : SLICE("");
    if (found.length == 0)
        mounts_each(arena, view.text, find_others, &view);
    for (size_t i = 0; i < view.count && found.length == 0; i++)
        if (is_at(&view, view.tries[i].path, view.tries[i].id))
            found = view.tries[i].path;
    outside->path = found;
    outside->mount = view.options;
}

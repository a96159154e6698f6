/* SPDX-License-Identifier: MIT */
/* What a dangling link's target was meant to be: a relative one was written as seen from a
 * directory above, where ln was run; an absolute one names the place that the tree had before it
 * was moved. */
#include "base/sys.h"
#include "facts/collect.h"

enum { MOST_ABOVE = 6, MOST_SKIPPED = 8, TARGET_BYTES = 4096 };

/* Whether `target` is there below `directory` or one of those above it. */
static bool find_above(struct slice directory, struct slice target, struct buffer *path) {
    struct stat status;
    for (unsigned i = 0; i < MOST_ABOVE; i++) {
        path->length = 0;
        path->cut = false;
        buffer_format(path, "%.*s/%.*s", (int)directory.length, directory.data, (int)target.length,
                      target.data);
        buffer_char(path, '\0');
        if (!path->cut && sys_fstatat(AT_FDCWD, path->data, &status, AT_NO_AUTOMOUNT) == 0)
            return true;
        if (directory.length == 0)
            return false;
        directory = slice_parent(directory);
    }
    return false;
}

/* Behind the first name; empty where that leaves a single one, which says too little. */
static struct slice skip_name(struct slice target) {
    struct slice name = slice_from(target, 1);
    struct slice rest = slice_from(name, slice_find(name, '/'));
    bool more = rest.length > 1 && slice_find(slice_from(rest, 1), '/') < rest.length - 1;
    return more ? rest : SLICE("");
}

void link_find_meant(struct arena *arena, struct component *link) {
    struct slice directory = slice_parent(link->path), target = link->link_target;
    struct buffer path = buffer_in(arena, TARGET_BYTES);
    bool found = false;
    if (!path.data || target.length == 0 || link->path.data[0] != '/' ||
        slice_starts(target, SLICE("../")))
        return;
    if (target.data[0] != '/')
        found = directory.length > 0 && find_above(slice_parent(directory), target, &path);
    else
        for (unsigned i = 0; i < MOST_SKIPPED && !found; i++) {
            target = skip_name(target);
            if (target.length == 0)
                return;
            found = find_above(directory, slice_from(target, 1), &path);
        }
    if (found)
        link->meant_target = (struct slice){path.data, path.length - 1};
}

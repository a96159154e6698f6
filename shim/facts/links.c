/* SPDX-License-Identifier: MIT */
/* A relative link whose target was written as seen from a directory above: where ln was run. */
#include "base/sys.h"
#include "facts/collect.h"

enum { MOST_ABOVE = 6, TARGET_BYTES = 4096 };

void link_find_meant(struct arena *arena, struct component *link) {
    struct slice directory = slice_parent(link->path), target = link->link_target;
    struct buffer path = buffer_in(arena, TARGET_BYTES);
    struct stat status;
    if (!path.data || target.length == 0 || target.data[0] == '/' || link->path.data[0] != '/' ||
        slice_starts(target, SLICE("../")))
        return;
    for (unsigned i = 0; i < MOST_ABOVE && directory.length > 0; i++) {
        directory = slice_parent(directory);
        path.length = 0;
        path.cut = false;
        buffer_format(&path, "%.*s/%.*s", (int)directory.length, directory.data, (int)target.length,
                      target.data);
        buffer_char(&path, '\0');
        if (!path.cut && sys_fstatat(AT_FDCWD, path.data, &status, AT_NO_AUTOMOUNT) == 0) {
            link->meant_target = (struct slice){path.data, path.length - 1};
            return;
        }
    }
}

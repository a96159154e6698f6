/* SPDX-License-Identifier: MIT */
/* Signs that a path is right somewhere else: on the host, in another view, with the disk mounted.
 */
#include "base/file.h"
#include "base/sys.h"
#include "facts/search.h"

enum { FSTAB_BUDGET_BYTES = 1 << 18 };

/* The absolute path that was asked for: as text, for none of it can be resolved further. */
static struct slice asked_path(const struct search *search) {
    const struct walk *walk = &search->facts->walk;
    const struct component *absent = &walk->components[walk->count - 1];
    struct buffer path = buffer_in(search->arena, absent->path.length + walk->missing.length);
    buffer_slice(&path, absent->path);
    buffer_slice(&path, walk->missing);
    return buffer_text(&path);
}

static bool is_below(struct slice path, struct slice directory) {
    return directory.length > 1 && slice_within(path, directory);
}

/* ---- the mounts ---- */

struct mount_search {
    struct search *search;
    struct slice asked;
    struct slice fstab_point; /* the entry whose mount is looked for */
    bool mounted;
};

/* A bind mount shows a directory of the host at another place: "/home/alice/data" at "/data". What
 * the kernel tells of the source is its path within its own file system, which may itself be
 * mounted somewhere: so it may stand anywhere in the path. */
static void try_bind_mount(struct mount_search *m, const struct mount *mount) {
    struct search *search = m->search;
    struct stat status;
    if (mount->root.length < 3)
        return;
    for (size_t at = 0; at + mount->root.length < m->asked.length; at++) {
        struct slice tail = slice_from(m->asked, at);
        if (tail.data[0] != '/' || !is_below(tail, mount->root))
            continue;
        struct place *place = ARENA_NEW(search->arena, struct place);
        if (!place)
            return;
        *place = (struct place){BASE_MOUNT, arena_copy(search->arena, mount->point)};
        search_enter(search, place->directory);
        if (search_append(search, slice_from(tail, mount->root.length + 1)) &&
            search_exists(search, &status)) {
            struct change change = {.slips = SLIP_BIT(SLIP_BASE), .unlikely = 1, .place = place};
            search_offer(search, &status, &change);
            m->search->result->elsewhere = ELSEWHERE_HOST;
            m->search->result->elsewhere_sign = place->directory;
        }
        return;
    }
}

static bool is_private(const struct mount *mount) {
    static const char marks[][20] = {"systemd-private-", "snap-private-tmp", "snap.", "/.private"};
    /* ProtectHome=tmpfs of systemd.exec(5) */
    if (slice_is(mount->fstype, "tmpfs") &&
        (slice_is(mount->point, "/home") || slice_is(mount->point, "/root")))
        return true;
    for (size_t i = 0; i < sizeof marks / sizeof *marks; i++)
        if (slice_search(mount->root, marks[i]))
            return true;
    return false;
}

static bool look_at_mount(void *context, const struct mount *mount) {
    struct mount_search *m = context;
    struct neighbours *result = m->search->result;
    if (result->elsewhere == ELSEWHERE_NONE && is_below(m->asked, mount->point) &&
        is_private(mount)) {
        result->elsewhere = ELSEWHERE_PRIVATE;
        result->elsewhere_sign = arena_copy(m->search->arena, mount->point);
    }
    if (slice_equal(mount->point, m->fstab_point))
        m->mounted = true;
    try_bind_mount(m, mount);
    return search_has_time(m->search);
}

/* ---- fstab(5) ---- */

static struct slice next_field(struct slice *line) {
    while (line->length > 0 && (line->data[0] == ' ' || line->data[0] == '\t'))
        *line = slice_from(*line, 1);
    size_t length = 0;
    while (length < line->length && line->data[length] != ' ' && line->data[length] != '\t')
        length++;
    struct slice field = slice_first(*line, length);
    *line = slice_from(*line, length);
    return field;
}

/* The longest mount point of /etc/fstab that the path is below; \040 and the like are not read. */
static struct slice fstab_point(struct search *search, struct slice asked) {
    struct line_reader reader;
    struct slice line, found = SLICE("");
    if (!lines_open(&reader, search->arena, "/etc/fstab", FSTAB_BUDGET_BYTES))
        return found;
    while (lines_next(&reader, &line)) {
        struct slice device = next_field(&line), point = next_field(&line);
        bool comment = device.length == 0 || device.data[0] == '#';
        if (!comment && is_below(asked, point) && point.length > found.length)
            found = arena_copy(search->arena, point);
    }
    lines_close(&reader);
    return found;
}

/* ---- where disks are mounted ---- */

/* "/mnt/usb": the first name below a directory that mount points are made in, when it is not there,
 * or when nothing is mounted on it and it is empty. */
static struct slice removable_point(struct search *search, struct slice asked) {
    static const char parents[][12] = {"/run/media/", "/media/", "/mnt/", "/Volumes/"};
    const struct walk *walk = &search->facts->walk;
    const struct component *directory =
        walk->directory >= 0 ? &walk->components[walk->directory] : NULL;
    for (size_t i = 0; i < sizeof parents / sizeof *parents; i++) {
        struct slice parent = slice_of(parents[i]);
        if (!slice_starts(asked, parent))
            continue;
        struct slice behind = slice_from(asked, parent.length);
        size_t length = parent.length + slice_find(behind, '/');
        /* /media/USER/DISK */
        if (i < 2 && length < asked.length)
            length += 1 + slice_find(slice_from(asked, length + 1), '/');
        struct slice point = slice_first(asked, length);
        bool missing = is_below(point, walk->components[walk->count - 1].path);
        if (missing && length < asked.length)
            return point;
        bool is_place = directory && slice_equal(directory->path, point);
        if (!is_place || (directory->mount && slice_equal(directory->mount->point, point)))
            continue;
        search_enter(search, point);
        if (search_is_empty(search))
            return point;
    }
    return SLICE("");
}

/* ---- the host ---- */

static bool is_home_of_hosts(struct slice path) {
    static const char starts[][12] = {"/home/", "/Users/", "/mnt/",      "/media/",   "/Volumes/",
                                      "/root/", "/data/",  "/datasets/", "/scratch/", "/storage/",
                                      "/nfs/",  "/raid/",  "/srv/"};
    for (size_t i = 0; i < sizeof starts / sizeof *starts; i++)
        if (slice_starts(path, slice_of(starts[i])))
            return true;
    return false;
}

/* A path from / on whose first or second directory is not there, or empty. Deeper, and where
 * something is mounted, the container has been told of the place; and what is relative starts in
 * the container's own directory. */
static bool may_be_of_host(const struct search *search, struct slice asked) {
    const struct walk *walk = &search->facts->walk;
    const struct component *absent = &walk->components[walk->count - 1];
    const struct mount *mount =
        walk->directory >= 0 ? walk->components[walk->directory].mount : NULL;
    size_t names = 0;
    for (size_t i = 0; i < absent->path.length; i++)
        names += absent->path.data[i] == '/';
    return search->incident->path[0] == '/' && names <= 2 &&
           (walk->missing.length > 0 ||
            (search->result->listed == 0 && !search->result->unlistable)) &&
           !(mount && mount->point.length > 1) && is_home_of_hosts(asked);
}

/* Where the directory's mount is one that the first process does not have, and another directory is
 * seen there without it. Of a root directory of one's own the path tells nothing. */
static struct slice own_view(struct arena *arena, const struct component *directory) {
    struct outside outside = {0};
    if (directory->mount && !slice_is(directory->mount->point, "/"))
        outside_read(arena, directory, &outside);
    bool another = outside.own_mount && !slice_equal(outside.path, directory->path);
    return another ? directory->mount->point : SLICE("");
}

void search_elsewhere(struct search *search) {
    const struct identity *identity = &search->facts->identity;
    struct neighbours *result = search->result;
    const struct walk *walk = &search->facts->walk;
    struct mount_search m = {.search = search, .asked = asked_path(search)};
    if (m.asked.length == 0 || m.asked.data[0] != '/')
        return;
    m.fstab_point = fstab_point(search, m.asked);
    mounts_each(search->arena, walk->mounts, look_at_mount, &m);
    if (result->elsewhere != ELSEWHERE_NONE || result->count > 0)
        return;
    const struct component *directory =
        walk->directory >= 0 ? &walk->components[walk->directory] : NULL;
    struct slice container = identity->container;
    bool sandboxed = is_sandbox(container);
    struct slice point = SLICE("");
    bool temporary =
        slice_starts(m.asked, SLICE("/tmp/")) || slice_starts(m.asked, SLICE("/var/tmp/"));
    if (sandboxed && (temporary || is_home_of_hosts(m.asked))) {
        result->elsewhere = ELSEWHERE_PRIVATE;
        result->elsewhere_sign = directory ? directory->path : container;
        return;
    }
    if (directory)
        result->own_view = own_view(search->arena, directory);
    if (m.fstab_point.length > 0 && !m.mounted)
        point = m.fstab_point;
    else if (directory && directory->mount && slice_is(directory->mount->fstype, "autofs"))
        point = directory->mount->point;
    if (point.length == 0 && container.length > 0 && may_be_of_host(search, m.asked)) {
        result->elsewhere = ELSEWHERE_HOST;
        result->elsewhere_sign = container;
        return;
    }
    if (point.length == 0)
        point = removable_point(search, m.asked);
    if (point.length > 0) {
        result->elsewhere = ELSEWHERE_NOT_MOUNTED;
        result->elsewhere_sign = point;
    }
}

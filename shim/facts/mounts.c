/* SPDX-License-Identifier: MIT */
#include "base/file.h"
#include "facts/collect.h"
#include <errno.h>

enum { MOUNTINFO_BUDGET_BYTES = 8 << 20 };

/* The kernel writes blanks, newlines and backslashes of a name as \ooo (seq_path). */
static struct slice unescape(struct arena *arena, struct slice text) {
    struct slice copy = arena_copy(arena, text);
    if (!slice_has(text, '\\'))
        return copy;
    char *bytes = (char *)copy.data;
    size_t length = 0;
    for (size_t at = 0; at < copy.length; at++) {
        struct slice digits = slice_first(slice_from(copy, at + 1), 3);
        unsigned long byte;
        if (copy.data[at] == '\\' && digits.length == 3 && slice_number(&digits, 8, &byte) &&
            digits.length == 0) {
            bytes[length++] = (char)byte;
            at += 3;
        } else {
            bytes[length++] = copy.data[at];
        }
    }
    return slice_first(copy, length);
}

/* "36 35 98:0 /root /point rw,nodev shared:1 - ext4 /dev/sda1 rw,errors=remount-ro" */
static struct mount *parse_mount(struct arena *arena, struct slice line, uint64_t id) {
    struct mount *mount = ARENA_NEW(arena, struct mount);
    if (!mount)
        return NULL;
    slice_split(&line, ' '); /* id */
    slice_split(&line, ' '); /* parent */
    mount->id = id;
    mount->device = arena_copy(arena, slice_split(&line, ' '));
    mount->root = unescape(arena, slice_split(&line, ' '));
    mount->point = unescape(arena, slice_split(&line, ' '));
    mount->options = arena_copy(arena, slice_split(&line, ' '));
    while (line.length > 0 && !slice_is(slice_split(&line, ' '), "-"))
        ; /* optional fields */
    mount->fstype = arena_copy(arena, slice_split(&line, ' '));
    mount->source = unescape(arena, slice_split(&line, ' '));
    mount->super_options = arena_copy(arena, slice_split(&line, ' '));
    return mount;
}

/* Gives the mount to every component on it; returns how many that were. */
static size_t give(struct component *components, size_t count, uint64_t id,
                   const struct mount *mount) {
    size_t given = 0;
    for (size_t i = 0; i < count; i++)
        if (components[i].mount_id == id && !components[i].mount) {
            components[i].mount = mount;
            given++;
        }
    return given;
}

static bool is_wanted(const struct component *components, size_t count, uint64_t id) {
    for (size_t i = 0; i < count; i++)
        if (components[i].mount_id == id && !components[i].mount)
            return true;
    return false;
}

/* ---- the file ---- */

/* Its lines: out of memory when all of it was kept, else out of the file. */
struct mount_lines {
    struct slice text;
    struct line_reader reader;
    bool from_file;
};

static bool mount_lines_open(struct mount_lines *lines, struct arena *arena, struct slice text) {
    *lines = (struct mount_lines){.text = text, .from_file = text.length == 0};
    return !lines->from_file ||
           lines_open(&lines->reader, arena, "/proc/self/mountinfo", MOUNTINFO_BUDGET_BYTES);
}

static bool mount_lines_next(struct mount_lines *lines, struct slice *line) {
    if (lines->from_file)
        return lines_next(&lines->reader, line);
    *line = slice_split(&lines->text, '\n');
    return line->length > 0;
}

static void mount_lines_close(struct mount_lines *lines) {
    if (lines->from_file)
        lines_close(&lines->reader);
}

/* ---- those of the components ---- */

void mounts_read(struct arena *arena, struct walk *walk) {
    enum { KEPT_BYTES = 32768 };
    struct component *components = walk->components;
    struct mount_lines lines;
    struct slice line;
    size_t wanted = 0;
    for (size_t i = 0; i < walk->count; i++)
        wanted += components[i].mount_id != 0;
    if (wanted == 0)
        return;
    if (walk->error == ENOENT)
        walk->mounts = file_whole(arena, "/proc/self/mountinfo", KEPT_BYTES);
    if (!mount_lines_open(&lines, arena, walk->mounts))
        return;
    while (wanted > 0 && mount_lines_next(&lines, &line)) {
        struct slice rest = line;
        unsigned long id;
        if (!slice_number(&rest, 10, &id) || !is_wanted(components, walk->count, id))
            continue;
        const struct mount *mount = parse_mount(arena, line, id);
        if (!mount)
            break;
        wanted -= give(components, walk->count, id, mount);
    }
    mount_lines_close(&lines);
}

void mounts_each(struct arena *arena, struct slice text,
                 bool (*each)(void *context, const struct mount *mount), void *context) {
    enum { MOUNT_BYTES = 16384 }; /* several times a line */
    struct mount_lines lines;
    struct slice line;
    char *bytes = arena_get(arena, MOUNT_BYTES, 8);
    if (!bytes || !mount_lines_open(&lines, arena, text))
        return;
    bool more = true;
    while (more && mount_lines_next(&lines, &line)) {
        struct arena one = {bytes, bytes + MOUNT_BYTES};
        struct slice rest = line;
        unsigned long id = 0;
        slice_number(&rest, 10, &id);
        struct mount *mount = parse_mount(&one, line, id);
        more = mount && each(context, mount);
        memset(bytes, 0, (size_t)(one.next - bytes)); /* as arena_get promises */
    }
    mount_lines_close(&lines);
}

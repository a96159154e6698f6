/* SPDX-License-Identifier: MIT */
/* Names of a directory, by getdents64(2) and never more than the budget allows. */
#include "base/sys.h"
#include "facts/search.h"
#include <dirent.h>

/* struct linux_dirent64 of getdents(2). */
struct entry {
    uint64_t inode;
    int64_t offset;
    uint16_t record_bytes;
    uint8_t type;
    char name[];
};

enum { ENTRIES_BYTES = 32768 };

/* ---- the range of numbers ---- */

static void set_end(struct search *search, struct slice *end, struct slice name) {
    /* Each end has its own place, which no name outgrows. */
    char *bytes = end->data ? (char *)end->data : arena_get(search->arena, 256, 1);
    if (!bytes)
        return;
    memcpy(bytes, name.data, name.length);
    *end = (struct slice){bytes, name.length};
}

void search_note_number(struct search *search, struct slice name) {
    struct number_range *range = &search->result->range;
    if (range->count++ == 0 || name_order(name, range->first) < 0)
        set_end(search, &range->first, name);
    if (range->count == 1 || name_order(name, range->last) > 0)
        set_end(search, &range->last, name);
}

/* ---- the most like ---- */

static unsigned rank(const struct likeness *likeness) {
    return search_cost(likeness->slips, likeness->edits) * 16 + likeness->unlikely;
}

static void keep(struct search *search, struct like_names *like, struct slice name,
                 const struct likeness *likeness) {
    size_t at = like->count;
    if (at == LIKE_MOST) {
        at--;
        if (rank(&like->names[at].likeness) <= rank(likeness))
            return;
    }
    struct slice copy = arena_copy(search->arena, name);
    if (copy.length == 0)
        return;
    if (at == like->count)
        like->count++;
    for (; at > 0 && rank(&like->names[at - 1].likeness) > rank(likeness); at--)
        like->names[at] = like->names[at - 1];
    like->names[at] = (struct like){copy, *likeness};
}

static void look_at(struct search *search, const struct entry *entry, bool notes_numbers,
                    struct like_names *like) {
    size_t room = entry->record_bytes - offsetof(struct entry, name);
    struct slice name = {entry->name, strnlen(entry->name, room)};
    bool directory = entry->type == DT_DIR, unknown = entry->type == DT_UNKNOWN;
    bool needs_directory = !search->wanted.last || search->wants_directory;
    if (slice_is(name, ".") || slice_is(name, ".."))
        return;
    search->result->listed++;
    /* A link may lead to either. */
    if (!unknown && entry->type != DT_LNK && directory != needs_directory)
        return;
    struct likeness likeness = likeness_of(&search->wanted, name, &search->folded);
    if (likeness.kind == LIKENESS_NEAR)
        keep(search, like, name, &likeness);
    else if (likeness.kind == LIKENESS_OTHER_NUMBER && notes_numbers)
        search_note_number(search, name);
}

size_t search_directories(struct search *search, struct slice *names, size_t most) {
    size_t count = 0;
    const char *path = search->path.data;
    if (search->path.length == 0 || search->path.length >= search->path.capacity)
        return 0;
    search->path.data[search->path.length] = '\0';
    int directory = sys_openat(search_directory(search), path,
                               O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NONBLOCK, 0);
    if (directory < 0)
        return 0;
    long got = sys_getdents(directory, search->entries, ENTRIES_BYTES);
    for (long at = 0; at < got && count <= most;) {
        const struct entry *entry = (const void *)(search->entries + at);
        size_t room = entry->record_bytes - offsetof(struct entry, name);
        struct slice name = {entry->name, strnlen(entry->name, room)};
        at += entry->record_bytes;
        if (entry->type != DT_DIR || slice_is(name, ".") || slice_is(name, ".."))
            continue;
        if (count < most)
            names[count] = arena_copy(search->arena, name);
        count++;
    }
    bool more = got > 0 && sys_getdents(directory, search->entries, ENTRIES_BYTES) > 0;
    sys_close(directory);
    return more || count > most ? 0 : count;
}

void search_list(struct search *search, struct slice name, bool last, struct like_names *like) {
    struct number_range *range = &search->result->range;
    const char *path = search->path.length > 0 ? search->path.data : ".";
    like->count = 0;
    like->cut = false;
    if (!likeness_want(name, last, &search->wanted) || search->path.length >= search->path.capacity)
        return;
    search->path.data[search->path.length] = '\0';
    int directory = sys_openat(search_directory(search), path,
                               O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NONBLOCK, 0);
    if (directory < 0) {
        search->result->unlistable = true;
        return;
    }
    bool notes_numbers = last && range->count == 0;
    long got;
    while ((got = sys_getdents(directory, search->entries, ENTRIES_BYTES)) > 0) {
        for (long at = 0; at < got && !like->cut;) {
            const struct entry *entry = (const void *)(search->entries + at);
            like->cut = search->entries_left == 0;
            if (!like->cut) {
                search->entries_left--;
                look_at(search, entry, notes_numbers, like);
            }
            at += entry->record_bytes;
        }
        like->cut = like->cut || !search_ask_clock(search);
        if (like->cut)
            break;
    }
    sys_close(directory);
    search->result->unlistable = search->result->unlistable || got < 0;
    search->result->names_left = search->result->names_left || like->cut;
}

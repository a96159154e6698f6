/* SPDX-License-Identifier: MIT */
/* Names of a directory, by getdents64(2) and never more than the budget allows. */
#include "base/sys.h"
#include "facts/search.h"
#include <dirent.h>
#include <linux/magic.h>
#include <sys/vfs.h>

/* struct linux_dirent64 of getdents(2). */
struct entry {
    uint64_t inode;
    int64_t offset;
    uint16_t record_bytes;
    uint8_t type;
    char name[];
};

static const struct entry *entry_at(const struct search *search, size_t at) {
    return (const void *)(search->entries + at);
}

static struct slice name_of(const struct entry *entry) {
    size_t room = entry->record_bytes - offsetof(struct entry, name);
    return (struct slice){entry->name, slice_find((struct slice){entry->name, room}, '\0')};
}

/* "." and "..", which every directory holds. */
static bool is_dots(const struct entry *entry) {
    struct slice name = name_of(entry);
    return slice_is(name, ".") || slice_is(name, "..");
}

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
    struct slice name = name_of(entry);
    bool directory = entry->type == DT_DIR, unknown = entry->type == DT_UNKNOWN;
    bool needs_directory = !search->wanted.last || search->wants_directory;
    if (is_dots(entry))
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

/* ---- reading ---- */

/* Opens the directory search->path; where the kernel lets us, so that no time of access is left. */
static int open_directory(struct search *search) {
    enum { FLAGS = O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NONBLOCK };
    struct buffer *path = &search->path;
    if (path->length >= path->capacity)
        return -ENAMETOOLONG;
    path->data[path->length] = '\0';
    const char *name = path->length > 0 ? path->data : ".";
    int directory = sys_openat(search_directory(search), name, FLAGS | O_NOATIME, 0);
    if (directory == -EPERM) /* it is for the owner, and root: open(2) */
        directory = sys_openat(search_directory(search), name, FLAGS, 0);
    return directory;
}

/* File systems that list every name by which something can be opened; procfs, autofs and many of
 * FUSE do not. */
static bool lists_all(int directory) {
    static const unsigned long kinds[] = {EXT4_SUPER_MAGIC, XFS_SUPER_MAGIC,  BTRFS_SUPER_MAGIC,
                                          TMPFS_MAGIC,      F2FS_SUPER_MAGIC, OVERLAYFS_SUPER_MAGIC,
                                          NFS_SUPER_MAGIC};
    struct statfs system;
    if (sys_call(SYS_fstatfs, directory, (long)&system, 0, 0, 0, 0) != 0)
        return false;
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
        if ((unsigned long)system.f_type == kinds[i])
            return true;
    return false;
}

/* Reads all names of search->path, if they are so few that scratch holds them. */
static bool read_whole(struct search *search) {
    uint64_t key = search_path_hash(search);
    struct stat status;
    if (search->whole_directory == key)
        return true;
    search->whole_directory = 0;
    search->whole_bytes = 0;
    int directory = open_directory(search);
    if (directory < 0)
        return false;
    long got = -1;
    if (sys_fstat(directory, &status) == 0 && status.st_size <= SEARCH_ENTRIES_BYTES &&
        lists_all(directory))
        while ((got = sys_getdents(directory, search->entries + search->whole_bytes,
                                   SEARCH_ENTRIES_BYTES - search->whole_bytes)) > 0)
            search->whole_bytes += (size_t)got;
    sys_close(directory);
    if (got == 0) /* -EINVAL: there are more */
        search->whole_directory = key;
    return got == 0;
}

bool search_may_vary(struct search *search, struct slice name) {
    if (!read_whole(search))
        return true;
    for (size_t at = 0; at < search->whole_bytes; at += entry_at(search, at)->record_bytes)
        if (name_may_vary_into(name, name_of(entry_at(search, at))))
            return true;
    return false;
}

/* The names of the directory search->path, a part at a time: from scratch, where all of them are
 * already, or read into it. */
struct reading {
    struct search *search;
    int directory; /* negative: an error; its names are in scratch when `whole` */
    bool whole, ended;
};

static struct reading begin_reading(struct search *search) {
    struct reading reading = {.search = search, .directory = -EBADF};
    reading.whole = search->whole_directory == search_path_hash(search);
    if (!reading.whole) {
        search->whole_directory = 0;
        reading.directory = open_directory(search);
    }
    return reading;
}

/* How many bytes of scratch the next part has; 0 when there is none, negative after an error. */
static long next_part(struct reading *reading) {
    struct search *search = reading->search;
    if (!reading->whole)
        return reading->directory < 0
                   ? reading->directory
                   : sys_getdents(reading->directory, search->entries, SEARCH_ENTRIES_BYTES);
    bool first = !reading->ended;
    reading->ended = true;
    return first ? (long)search->whole_bytes : 0;
}

static void end_reading(struct reading *reading) {
    if (reading->directory >= 0)
        sys_close(reading->directory);
}

/* ---- directories ---- */

static bool may_lead_down(const struct entry *entry) {
    bool may = entry->type == DT_DIR || entry->type == DT_LNK || entry->type == DT_UNKNOWN;
    return may && !is_dots(entry);
}

size_t search_directories(struct search *search, struct slice start_of, struct slice *names,
                          size_t most) {
    enum { MOST_READS = 16 };
    size_t count = 0, reads = start_of.length > 0 ? MOST_READS : 1;
    long got = 0;
    if (search->path.length == 0)
        return 0;
    struct reading reading = begin_reading(search);
    while (reads-- > 0 && count <= most && search_ask_clock(search) &&
           (got = next_part(&reading)) > 0)
        for (long at = 0; at < got && count <= most;) {
            const struct entry *entry = entry_at(search, (size_t)at);
            at += entry->record_bytes;
            if (!may_lead_down(entry) ||
                (start_of.length > 0 && !slice_starts(start_of, name_of(entry))))
                continue;
            if (count < most)
                names[count] = arena_copy(search->arena, name_of(entry));
            count++;
        }
    bool more = got > 0 && next_part(&reading) > 0;
    end_reading(&reading);
    return more || count > most ? 0 : count;
}

/* ---- what is there at all ---- */

/* Whether one of the names in the first `bytes` of scratch is not one of the dots. */
static bool holds_names(const struct search *search, long bytes) {
    for (long at = 0; at < bytes; at += entry_at(search, (size_t)at)->record_bytes)
        if (!is_dots(entry_at(search, (size_t)at)))
            return true;
    return false;
}

bool search_is_empty(struct search *search) {
    if (!search_ask_clock(search))
        return false;
    struct reading reading = begin_reading(search);
    long got;
    while ((got = next_part(&reading)) > 0 && !holds_names(search, got) && search_ask_clock(search))
        ;
    end_reading(&reading);
    return got == 0;
}

/* How many bytes both begin with, letter case aside. */
static size_t common_start(struct slice a, struct slice b) {
    size_t length = 0;
    while (length < a.length && length < b.length &&
           (a.data[length] | 0x20) == (b.data[length] | 0x20))
        length++;
    return length;
}

/* Of names that are not like the one asked for, those that begin as it does are told first. */
static bool comes_before(struct slice asked, struct slice a, struct slice b) {
    size_t of_a = common_start(asked, a), of_b = common_start(asked, b);
    return of_a != of_b ? of_a > of_b : name_order(a, b) < 0;
}

static void hold(struct search *search, struct slice asked, struct slice name) {
    struct held *held = &search->result->held;
    size_t at = held->count < HELD_MOST ? held->count : HELD_MOST;
    held->count++;
    if (at == HELD_MOST && !comes_before(asked, name, held->names[--at]))
        return;
    for (; at > 0 && comes_before(asked, name, held->names[at - 1]); at--)
        held->names[at] = held->names[at - 1];
    held->names[at] = arena_copy(search->arena, name);
}

/* Whether a directory stands behind this name of the directory search->path. */
static bool leads_down(struct search *search, const struct entry *entry) {
    struct stat status;
    size_t length = search->path.length;
    if (entry->type != DT_LNK && entry->type != DT_UNKNOWN)
        return entry->type == DT_DIR;
    bool down = search_append(search, name_of(entry)) && search_exists(search, &status) &&
                S_ISDIR(status.st_mode);
    search->path.length = length;
    search->path.cut = false;
    return down;
}

void search_held(struct search *search) {
    const struct walk *walk = &search->facts->walk;
    struct held *held = &search->result->held;
    bool last = walk->missing.length == 0;
    struct slice asked = slice_basename(walk->components[walk->count - 1].path);
    if (walk->directory < 0 || walk->components[walk->directory].path.length < 2 ||
        !search_ask_clock(search))
        return; /* everybody's root directory says nothing */
    search_enter(search, walk->components[walk->directory].path);
    struct reading reading = begin_reading(search);
    long got = next_part(&reading), at = 0;
    bool any = holds_names(search, got);
    while (at < got && search_has_time(search)) {
        const struct entry *entry = entry_at(search, (size_t)at);
        struct slice name = name_of(entry);
        at += entry->record_bytes;
        bool image = suffix_is_image(slice_from(name, name_suffix(name)));
        if (name.data[0] == '.' || (!last && !leads_down(search, entry)) ||
            (held->images && !image))
            continue;
        if (last && image && !held->images) {
            held->images = true;
            held->count = 0;
        }
        hold(search, asked, name);
    }
    held->known = got >= 0;
    held->more = at < got || (got > 0 && next_part(&reading) > 0);
    held->empty = held->known && !any && !held->more;
    end_reading(&reading);
}

/* ---- looking ---- */

/* Looks at the first `bytes` of scratch; false when that was enough. */
static bool look_through(struct search *search, size_t bytes, bool notes_numbers,
                         struct like_names *like) {
    for (size_t at = 0; at < bytes && !like->cut; at += entry_at(search, at)->record_bytes) {
        like->cut = search->entries_left == 0;
        if (!like->cut) {
            search->entries_left--;
            look_at(search, entry_at(search, at), notes_numbers, like);
        }
    }
    like->cut = like->cut || !search_ask_clock(search);
    return !like->cut;
}

void search_list(struct search *search, struct slice name, bool last, struct like_names *like) {
    struct neighbours *result = search->result;
    bool notes_numbers = last && result->range.count == 0;
    like->count = 0;
    like->cut = false;
    if (!likeness_want(name, last, &search->wanted))
        return;
    struct reading reading = begin_reading(search);
    long got;
    while ((got = next_part(&reading)) > 0 &&
           look_through(search, (size_t)got, notes_numbers, like))
        ;
    end_reading(&reading);
    result->unlistable = result->unlistable || got < 0;
    result->names_left = result->names_left || like->cut;
}

/* SPDX-License-Identifier: MIT */
/* A path put right name by name: exact probes of likely names, then what the directory holds. */
#include "base/sys.h"
#include "facts/search.h"

enum { DEEPEST = 6, NAME_COPY_BYTES = 256 };

struct repair {
    struct search *search;
    enum listing listing;
    bool *dead_end;
    unsigned depth; /* names that were replaced */
};

static void follow(struct repair *repair, struct slice rest, struct change change);

static struct slice next_name(struct slice *rest) {
    while (rest->length > 0 && rest->data[0] == '/')
        *rest = slice_from(*rest, 1);
    struct slice name = slice_first(*rest, slice_find(*rest, '/'));
    *rest = slice_from(*rest, name.length);
    return name;
}

static bool is_last(struct slice rest) {
    return next_name(&rest).length == 0;
}

/* Tries `name` at the end of search->path; follows the rest when it is there. */
static bool try_name(struct repair *repair, struct slice name, struct slice rest,
                     const struct change *change) {
    struct search *search = repair->search;
    size_t length = search->path.length, found = search->result->count;
    struct stat status;
    if (search_append(search, name) && search_exists(search, &status)) {
        *repair->dead_end = false;
        if (is_last(rest)) {
            search_offer(search, &status, change);
        } else if (S_ISDIR(status.st_mode) && repair->depth < DEEPEST) {
            repair->depth++;
            follow(repair, rest, *change);
            repair->depth--;
        }
    }
    search->path.length = length;
    search->path.cut = false;
    return search->result->count > found;
}

/* Tries the name that was made. Its buffer is used again further down. */
static void try_candidate(struct repair *repair, struct slice rest, const struct change *change) {
    char copy[NAME_COPY_BYTES];
    struct slice candidate = buffer_text(&repair->search->candidate);
    memcpy(copy, candidate.data, candidate.length);
    try_name(repair, (struct slice){copy, candidate.length}, rest, change);
}

/* Names made from this one, number `from` to `to`. */
static bool try_variants(struct repair *repair, struct slice name, struct slice rest, unsigned from,
                         unsigned to, const struct change *change) {
    struct search *search = repair->search;
    size_t found = search->result->count;
    for (unsigned i = from; i < to && !search->result->out_of_time; i++) {
        struct change varied = *change;
        unsigned slips;
        if (!name_variant(name, is_last(rest), i, &search->candidate, &slips))
            continue;
        varied.slips |= slips;
        try_candidate(repair, rest, &varied);
    }
    return search->result->count > found;
}

static bool try_edits(struct repair *repair, struct slice name, struct slice rest,
                      const struct change *change) {
    struct search *search = repair->search;
    size_t found = search->result->count;
    struct change edited = *change;
    edited.slips |= SLIP_BIT(SLIP_TYPO);
    edited.edits++;
    for (unsigned i = 0; i < name_edits(name) && search_has_time(search); i++)
        if (name_edit(name, i, &search->candidate))
            try_candidate(repair, rest, &edited);
    return search->result->count > found;
}

/* Two slips in one name, or one typing error: for a directory that is too large to be read. */
static bool try_blindly(struct repair *repair, struct slice name, struct slice rest,
                        const struct change *change) {
    struct search *search = repair->search;
    return try_variants(repair, name, rest, name_likely_variants(name, is_last(rest)),
                        name_variants(), change) ||
           (likeness_want(name, is_last(rest), &search->wanted) && search->wanted.edits > 0 &&
            try_edits(repair, name, rest, change));
}

/* By its size, for it is not known how many names a directory holds before all are read. Some 20
 * bytes a name on tmpfs, 40 on ext4: such a one is not read through in the time there is. */
static bool is_large(struct search *search) {
    enum { LARGE_BYTES = 1 << 20 };
    struct stat status;
    return search_exists(search, &status) && status.st_size > LARGE_BYTES;
}

static void try_listing(struct repair *repair, struct slice name, struct slice rest,
                        const struct change *change) {
    struct search *search = repair->search;
    struct like_names *like = ARENA_NEW(search->arena, struct like_names);
    bool large = is_large(search), found = false;
    if (!like || !search_has_time(search) || (large && try_blindly(repair, name, rest, change)))
        return;
    if (large && is_last(rest))
        search_numbers(search, name);
    search_list(search, name, is_last(rest), like);
    for (size_t i = 0; i < like->count; i++) {
        struct change changed = *change;
        changed.slips |= like->names[i].likeness.slips;
        changed.edits += like->names[i].likeness.edits;
        changed.unlikely += like->names[i].likeness.unlikely;
        found |= try_name(repair, like->names[i].name, rest, &changed);
    }
    if (!found && like->cut && !large)
        try_blindly(repair, name, rest, change);
}

/* Names made from one that is not there. Of a last name there are many: a look into a small
 * directory is cheaper. */
static bool try_likely(struct repair *repair, struct slice name, struct slice rest,
                       const struct change *change) {
    bool asked = repair->depth == 0 && repair->listing != LIST_NEVER && *repair->dead_end;
    if (asked || (is_last(rest) && !search_may_vary(repair->search, name)))
        return false;
    return try_variants(repair, name, rest, 0, name_likely_variants(name, is_last(rest)), change);
}

static void follow(struct repair *repair, struct slice rest, struct change change) {
    struct search *search = repair->search;
    struct stat status;
    for (;;) {
        struct slice name = next_name(&rest);
        size_t length = search->path.length;
        if (name.length == 0 || name.length >= NAME_COPY_BYTES || !search_append(search, name))
            return;
        if (!search_exists(search, &status)) {
            search->path.length = length;
            bool dots = slice_is(name, ".") || slice_is(name, "..");
            if (!dots && !try_likely(repair, name, rest, &change) && repair->listing == LIST_ALWAYS)
                try_listing(repair, name, rest, &change);
            return;
        }
        if (is_last(rest)) {
            if (change.slips)
                search_offer(search, &status, &change);
            return;
        }
        if (!S_ISDIR(status.st_mode))
            return;
        if (repair->listing == LIST_BELOW)
            repair->listing = LIST_ALWAYS; /* the right place, or a great coincidence */
    }
}

void search_repair(struct search *search, const struct place *place, struct slice rest,
                   const struct change *change, enum listing listing, bool *dead_end) {
    struct repair repair = {search, listing, dead_end, 0};
    struct change placed = *change;
    search_enter(search, place->directory);
    if (rest.length > 0 && rest.data[0] == '/' && place->directory.length == 0)
        buffer_char(&search->path, '/');
    placed.place = place;
    if (place->kind != BASE_OF_CALL)
        placed.slips |= SLIP_BIT(SLIP_BASE);
    if (listing == LIST_NEVER)
        *dead_end = true;
    follow(&repair, rest, placed);
}

/* SPDX-License-Identifier: MIT */
/*
 * What else is there: the search for the file that was meant, cheapest first. Each stage ends the
 * search when it finds something: exact repairs of the text, other places to start, names put right
 * one by one, and last a file of that name elsewhere.
 */
#include "base/file.h"
#include "base/sys.h"
#include "facts/search.h"
#include <errno.h>

enum { MOST_TEXTS = 40, MOST_TEXT_SLIPS = 3, TEXT_BYTES = 4096 };

/* The path with some slips undone. */
struct text {
    struct slice path;
    unsigned slips;
    bool dead_ends[SEARCH_MOST_PLACES]; /* of search_repair(), by place */
};

struct texts {
    struct text all[MOST_TEXTS]; /* the first is the path itself; fewer slips come first */
    size_t count;
};

/* ---- the texts ---- */

static void add_text(struct search *search, struct texts *texts, struct slice path,
                     unsigned slips) {
    for (size_t i = 0; i < texts->count; i++)
        if (slice_equal(texts->all[i].path, path))
            return;
    struct slice copy = arena_copy(search->arena, path);
    if (copy.length > 0 && texts->count < MOST_TEXTS)
        texts->all[texts->count++] = (struct text){.path = copy, .slips = slips};
}

/* "~user/…" with the home directory that the passwd file has for that user. */
static void add_home(struct search *search, struct texts *texts, struct slice asked) {
    size_t end = slice_find(asked, '/');
    struct slice user = slice_from(slice_first(asked, end), 1), home;
    if (asked.data[0] != '~' || user.length == 0 ||
        (end == asked.length && !search->facts->walk.creates))
        return;
    if (!accounts_find_home(search->arena, user, &home)) {
        search->result->unknown_user = user;
        return;
    }
    struct buffer out = buffer_in(search->arena, TEXT_BYTES);
    buffer_slice(&out, home);
    buffer_slice(&out, slice_from(asked, end));
    if (home.length > 0 && !out.cut)
        add_text(search, texts, buffer_text(&out), SLIP_BIT(SLIP_UNEXPANDED));
}

/* Undoes every slip in every way, then every second one of what that gave, and so on. */
static void make_texts(struct search *search, struct slice asked, struct texts *texts) {
    struct buffer out = buffer_in(search->arena, TEXT_BYTES);
    size_t from = 0;
    add_text(search, texts, asked, 0);
    add_home(search, texts, asked);
    for (unsigned round = 0; round < MOST_TEXT_SLIPS; round++) {
        size_t to = texts->count;
        for (size_t i = from; i < to && search_ask_clock(search); i++)
            for (enum slip slip = SLIP_WHITESPACE; slip <= SLIP_URI; slip++)
                for (unsigned variant = 0; variant < slip_variants(slip); variant++) {
                    struct text text = texts->all[i];
                    if (!(text.slips & SLIP_BIT(slip)) &&
                        slip_undo(slip, variant, text.path, search->facts->environment, &out))
                        add_text(search, texts, buffer_text(&out), text.slips | SLIP_BIT(slip));
                }
        from = to;
    }
}

/* ---- exact probes ---- */

/* The path from its name number `skipped` on, without a leading slash. */
static struct slice skip_names(struct slice path, size_t skipped) {
    for (;;) {
        while (path.length > 0 && path.data[0] == '/')
            path = slice_from(path, 1);
        if (skipped-- == 0)
            return path;
        path = slice_from(path, slice_find(path, '/'));
    }
}

static void probe_as(struct search *search, const struct place *place, struct slice path,
                     unsigned slips, unsigned unlikely) {
    struct stat status;
    struct change change = {.slips = slips, .unlikely = unlikely, .place = place};
    search_enter(search, place->directory);
    bool absolute = path.length > 0 && path.data[0] == '/' && place->directory.length == 0;
    if (absolute)
        buffer_char(&search->path, '/');
    path = skip_names(path, 0);
    if (path.length > 0 && search_append(search, path) && search_exists(search, &status))
        search_offer(search, &status, &change);
}

static void probe(struct search *search, const struct place *place, struct slice path,
                  unsigned slips) {
    probe_as(search, place, path, slips, 0);
}

static size_t count_names(struct slice path) {
    size_t count = 0;
    for (size_t i = 0; i < path.length; i++)
        count += path.data[i] != '/' && (i == 0 || path.data[i - 1] == '/');
    return count;
}

/* a/b/a/b/c is a/b/c: a prefix that was joined twice. */
static void probe_without_repetition(struct search *search, struct slice path, unsigned slips) {
    size_t names = count_names(path);
    enum { MOST_NAMES = 24 };
    struct buffer out = buffer_in(search->arena, path.length + 1);
    if (names > MOST_NAMES || !out.data)
        return;
    for (size_t at = 0; at < names; at++)
        for (size_t length = 1; at + 2 * length < names; length++) {
            struct slice from = skip_names(path, at), again = skip_names(path, at + length);
            size_t bytes = (size_t)(again.data - from.data);
            if (!slice_starts(again, slice_first(from, bytes)))
                continue;
            out.length = 0;
            buffer_slice(&out, slice_first(path, (size_t)(from.data - path.data)));
            buffer_slice(&out, again);
            probe(search, &search->places[0], buffer_text(&out), slips);
        }
}

/* The places a text may start in, when it is taken as a relative one. */
static void probe_places(struct search *search, const struct text *text) {
    struct slice path = text->path;
    unsigned slips = text->slips | SLIP_BIT(SLIP_BASE);
    bool absolute = path.data[0] == '/';
    size_t names = count_names(path);
    if (absolute) { /* a leading slash too many */
        if (search->incident->path[0] != '/')
            probe(search, &search->places[0], skip_names(path, 0), slips);
    } else if (names > 1) { /* one too few */
        struct buffer out = buffer_in(search->arena, path.length + 1);
        buffer_char(&out, '/');
        buffer_slice(&out, path);
        probe(search, &search->places[0], buffer_text(&out), slips);
    }
    for (size_t i = 1; i < search->place_count; i++)
        probe(search, &search->places[i], path, slips);
    probe_without_repetition(search, path, slips);
}

/* A directory that exists, and what of the path comes behind it. */
struct deeper {
    struct slice directory, rest;
};

/* Where the walk ended; false where nothing can be said of it. */
static bool find_end(struct search *search, struct deeper *end) {
    const struct walk *walk = &search->facts->walk;
    if (walk->error != ENOENT || walk->directory < 0 || walk->creates)
        return false;
    struct slice absent = slice_basename(walk->components[walk->count - 1].path);
    struct buffer rest = buffer_in(search->arena, absent.length + walk->missing.length);
    buffer_slice(&rest, absent);
    buffer_slice(&rest, walk->missing);
    *end = (struct deeper){walk->components[walk->directory].path, buffer_text(&rest)};
    return end->directory.length >= 2 && end->directory.data[0] == '/' && !rest.cut;
}

static void probe_below(struct search *search, enum base_kind kind, const struct deeper *end,
                        struct slice name, struct slice rest, unsigned unlikely) {
    struct buffer path = buffer_in(search->arena, end->directory.length + 1 + name.length);
    buffer_slice(&path, end->directory);
    buffer_char(&path, '/');
    buffer_slice(&path, name);
    struct place place = {kind, buffer_text(&path)};
    if (!path.cut)
        probe_as(search, &place, rest, SLIP_BIT(SLIP_BASE), unlikely);
}

/* A directory too few: an archive that brought one of its own, or a list that starts in the data's
 * directory: a/b/c.jpg is a/a/b/c.jpg, a/a-main/b/c.jpg or data/a/b/c.jpg. */
static void probe_deeper(struct search *search) {
    enum { MOST_INSIDE = 32 };
    struct slice inside[MOST_INSIDE];
    struct deeper end;
    if (!find_end(search, &end))
        return;
    search_enter(search, end.directory);
    size_t count =
        count_names(end.rest) > 1 ? search_directories(search, SLICE(""), inside, MOST_INSIDE) : 0;
    for (size_t i = 0; i < count && search_has_time(search); i++)
        probe_below(search, BASE_INSIDE, &end, inside[i], end.rest, 1);
    probe_below(search, BASE_INSIDE, &end, slice_basename(end.directory), end.rest, 0);
}

/* A directory and a name that were put together without a slash. */
static void probe_unjoined(struct search *search) {
    enum { MOST_INSIDE = 8 };
    struct slice inside[MOST_INSIDE];
    struct deeper end;
    if (!find_end(search, &end))
        return;
    search_enter(search, end.directory);
    size_t count = search_directories(search, end.rest, inside, MOST_INSIDE);
    for (size_t i = 0; i < count && search_has_time(search); i++)
        probe_below(search, BASE_UNJOINED, &end, inside[i], slice_from(end.rest, inside[i].length),
                    0);
}

/* The end of a path under other starts: a project that was moved, a host's path in a container. A
 * single name is weak evidence. */
static void probe_ends(struct search *search, const struct text *text, size_t least_names) {
    size_t names = count_names(text->path);
    for (size_t skipped = 1; skipped + least_names <= names && search_has_time(search); skipped++) {
        struct slice end = skip_names(text->path, skipped);
        size_t left = names - skipped;
        if (least_names == 1 && left != 1)
            continue;
        for (size_t i = 0; i < search->place_count; i++)
            probe_as(search, &search->places[i], end, text->slips | SLIP_BIT(SLIP_BASE), 1);
        if (left > 1 && end.data > text->path.data) { /* with its slash, from the root on */
            struct slice from_root = {end.data - 1, end.length + 1};
            probe_as(search, &search->places[0], from_root, text->slips | SLIP_BIT(SLIP_BASE), 1);
        }
    }
}

/* ---- the stages ---- */

/* The text with everything undone that can be, each slip in the first way that changes something:
 * what is worth a listing. */
static struct text clean_text(struct search *search, struct slice asked) {
    static const enum slip order[] = {SLIP_WHITESPACE, SLIP_QUOTES,  SLIP_WHITESPACE, SLIP_LINE,
                                      SLIP_UNEXPANDED, SLIP_WINDOWS, SLIP_URI};
    struct buffer out = buffer_in(search->arena, TEXT_BYTES);
    struct text clean = {.path = asked};
    for (size_t i = 0; i < sizeof order / sizeof *order; i++)
        for (unsigned variant = 0; variant < slip_variants(order[i]); variant++)
            if (slip_undo(order[i], variant, clean.path, search->facts->environment, &out)) {
                clean.path = arena_copy(search->arena, buffer_text(&out));
                clean.slips |= SLIP_BIT(order[i]);
                break;
            }
    return clean;
}

static void repair(struct search *search, struct text *text, enum listing start,
                   enum listing elsewhere) {
    struct change change = {.slips = text->slips};
    for (size_t i = 0; i < search->place_count && (i == 0 || search->result->count == 0); i++)
        search_repair(search, &search->places[i], text->path, &change, i == 0 ? start : elsewhere,
                      &text->dead_ends[i]);
}

/* Each stage costs more and proves less than the one before. */
static void run_stages(struct search *search, const struct texts *texts) {
    const size_t *found = &search->result->count;
    struct text worth[2] = {clean_text(search, texts->all[0].path), texts->all[0]};
    size_t worth_count = worth[0].slips ? 2 : 1;
    for (size_t i = 1; i < texts->count; i++)
        probe(search, &search->places[0], texts->all[i].path, texts->all[i].slips);
    for (size_t i = 0; i < texts->count && *found == 0; i++)
        probe_places(search, &texts->all[i]);
    for (size_t i = 0; i < worth_count && *found == 0; i++)
        repair(search, &worth[i], LIST_NEVER, LIST_NEVER);
    if (*found == 0)
        probe_unjoined(search);
    if (*found == 0)
        probe_deeper(search);
    for (size_t i = 0; i < worth_count && *found == 0; i++)
        probe_ends(search, &worth[i], 2);
    for (size_t i = 0; i < worth_count && *found == 0; i++)
        repair(search, &worth[i], LIST_ALWAYS, LIST_BELOW);
    for (size_t i = 0; i < worth_count && *found == 0; i++)
        probe_ends(search, &worth[i], 1);
}

/* ---- what was found ---- */

/* Makes the path absolute and its directory physical, and asks whether it may be opened. */
static void settle(struct search *search, struct neighbour *neighbour) {
    struct slice name = slice_basename(neighbour->path);
    struct slice directory = slice_first(neighbour->path, neighbour->path.length - name.length);
    const char *terminated = arena_copy(search->arena, directory).data;
    bool absolute = directory.length > 0 && directory.data[0] == '/';
    int start = absolute ? AT_FDCWD : search->incident->directory;
    int held = sys_openat(start, directory.length > 0 ? terminated : ".",
                          O_PATH | O_DIRECTORY | O_CLOEXEC, 0);
    if (held < 0)
        return;
    char link[DESCRIPTOR_NAME_BYTES];
    descriptor_name(held, link);
    struct slice physical = file_link(search->arena, AT_FDCWD, link);
    unsigned needs = access_needed(search->incident->flags);
    int answer =
        sys_faccessat2(held, neighbour->path.data + directory.length, (int)needs, AT_EACCESS);
    bool astray = physical.length > 0 && path_leads_elsewhere(search->arena, physical, held);
    sys_close(held);
    if (answer == 0 || answer == -EACCES)
        neighbour->kernel_answer = -answer;
    if (astray || !slice_starts(physical, SLICE("/")))
        return;
    struct buffer path = buffer_in(search->arena, physical.length + 1 + name.length + 1);
    buffer_slice(&path, physical);
    if (physical.length > 1)
        buffer_char(&path, '/');
    buffer_slice(&path, name);
    if (!path.cut)
        neighbour->path = buffer_text(&path); /* the byte behind it is zero */
}

static void settle_all(struct search *search) {
    struct neighbours *result = search->result;
    for (size_t i = 0; i < result->count; i++) {
        const struct neighbour *a = &search->found[0], *b = &search->found[i];
        result->ties += search_cost(a->slips, a->edits) == search_cost(b->slips, b->edits) &&
                        a->unlikely == b->unlikely;
        settle(search, &search->found[i]);
    }
    result->found = search->found;
    if (result->count == 0 || search->found[0].kernel_answer != EACCES)
        return;
    struct incident refused = *search->incident;
    struct walk *walk = ARENA_NEW(search->arena, struct walk);
    refused.path = search->found[0].path.data;
    refused.error = EACCES;
    if (!walk)
        return;
    walk_path(search->arena, &refused, walk);
    result->refused = walk;
}

void neighbours_find_elsewhere(struct arena *arena, const struct incident *incident,
                               struct facts *facts, const struct component *link) {
    struct search *search = ARENA_NEW(arena, struct search);
    struct incident target = *incident;
    if (!search || link->link_target.length == 0)
        return;
    target.path = arena_copy(arena, link->link_target).data;
    target.directory = AT_FDCWD;
    search->arena = arena;
    search->incident = &target;
    search->facts = facts;
    search->result = &facts->neighbours;
    if (target.path && search_start(search))
        search_elsewhere(search);
    /* What a link should lead to is another matter: link_find_meant(). */
    facts->neighbours.count = 0;
}

void neighbours_find(struct arena *arena, const struct incident *incident, struct facts *facts) {
    const struct walk *walk = &facts->walk;
    struct neighbours *result = &facts->neighbours;
    struct search *search = ARENA_NEW(arena, struct search);
    struct texts *texts = ARENA_NEW(arena, struct texts);
    struct slice asked = slice_of(incident->path);
    if (!search || !texts || asked.length == 0 || asked.length >= TEXT_BYTES)
        return;
    search->arena = arena;
    search->incident = incident;
    search->facts = facts;
    search->result = result;
    search->wants_directory = incident->group == GROUP_DIR || (incident->flags & O_DIRECTORY);
    if (!search_start(search))
        return;
    result->sought = true;
    result->unset_variable = slip_unset_variable(asked, facts->environment);
    struct slice program = slice_basename(facts->executable);
    result->caller_is_python =
        slice_starts(program, SLICE("python")) || slice_starts(program, SLICE("pypy"));
    if (walk->creates) { /* what is missing is the directory */
        search->wants_directory = true;
        asked.length -= slice_basename(asked).length;
        while (asked.length > 1 && asked.data[asked.length - 1] == '/')
            asked.length--;
        if (asked.length == 0)
            return;
    }
    struct slice sign;
    bool remote = slip_sign(asked, &sign) == SIGN_URL && !slice_starts(asked, SLICE("file:"));
    if (remote)
        return; /* a local file of that name would be a coincidence */
    search_find_places(search);
    make_texts(search, asked, texts);
    run_stages(search, texts);
    if (result->count == 0)
        search_elsewhere(search);
    if (result->count == 0)
        search_held(search);
    settle_all(search);
}

/* SPDX-License-Identifier: MIT */
/* The table of the text report: one row for each component of the path. */
#include "base/escape.h"
#include "report/page.h"
#include "verdict/access.h"
#include <errno.h>

enum { MOST_COLUMN_BYTES = 44 }; /* of a path in the table */

/* ls -l's ten characters, and its + for an ACL. */
static void put_mode(struct buffer *out, const struct component *component) {
    static const char types[] = "?pc?d?b?-?l?s???";
    mode_t mode = component->status.st_mode;
    char text[] = "?--------- ";
    text[0] = types[mode >> 12 & 15];
    for (int i = 0; i < 9; i++)
        if (mode >> (8 - i) & 1)
            text[1 + i] = "rwx"[i % 3];
    if (mode & S_ISUID)
        text[3] = mode & S_IXUSR ? 's' : 'S';
    if (mode & S_ISGID)
        text[6] = mode & S_IXGRP ? 's' : 'S';
    if (mode & S_ISVTX)
        text[9] = mode & S_IXOTH ? 't' : 'T';
    if (component->acl.state == ACL_PRESENT)
        text[10] = '+';
    buffer_format(out, "%s", text);
}

/* A column of the table: the end of a long path, after "...". */
static size_t put_column_path(struct page *page, struct slice path) {
    size_t before = page->out->length;
    if (path.length > MOST_COLUMN_BYTES) {
        buffer_slice(page->out, SLICE("..."));
        path = slice_from(path, path.length - (MOST_COLUMN_BYTES - 3));
        while (path.length > 0 && (path.data[0] & 0xc0) == 0x80) /* not inside a character */
            path = slice_from(path, 1);
    }
    escape_shown(page->out, path, page->ascii);
    return page->out->length - before;
}

static const char *class_bits(enum access_class class) {
    static const char words[][20] = {
        [CLASS_NONE] = "the mode",           [CLASS_OWNER] = "\"owner\"",
        [CLASS_ACL_USER] = "its ACL entry",  [CLASS_ACL_GROUP] = "the ACL's groups",
        [CLASS_GROUP] = "\"group\"",         [CLASS_OTHER] = "\"other\"",
        [CLASS_CAPABILITY] = "capabilities",
    };
    return words[class];
}

static void put_component_verdict(struct page *page, size_t index) {
    const struct report *report = page->report;
    const struct component *component = &report->facts->walk.components[index];
    const struct judgement *judgement = verdict_judgement(report->verdict, index);
    static const char needs[][8] = {"nothing", "x", "w", "wx", "r", "rx", "rw", "rwx"};
    switch (judgement->verdict) {
    case COMPONENT_OK:
        page_paint(page, PAINT_GREEN);
        buffer_slice(page->out, SLICE("ok"));
        break;
    case COMPONENT_DENIED:
        page_paint(page, PAINT_RED);
        if (judgement->class == CLASS_NONE) {
            buffer_slice(page->out, SLICE("DENIED, not by these bits"));
            break;
        }
        buffer_format(page->out, "DENIED  needs %s (%s), %s %s %s", needs[component->needs & 7],
                      access_words(component, component->needs), class_bits(judgement->class),
                      judgement->class == CLASS_ACL_GROUP ? "have" : "has",
                      rwx_of(judgement->granted).text);
        break;
    case COMPONENT_UNKNOWN:
        page_paint(page, PAINT_RED);
        buffer_slice(page->out, component->status_known ? SLICE("refused, not by these bits")
                                                        : SLICE("cannot be read"));
        break;
    case COMPONENT_MISSING:
        page_paint(page, PAINT_RED);
        buffer_slice(page->out, SLICE("MISSING"));
        break;
    case COMPONENT_UNREACHED:
        buffer_slice(page->out, SLICE("not reached"));
        break;
    }
    page_paint(page, PAINT_NONE);
}

static struct slice row_path(const struct report *report, size_t index, struct arena *arena) {
    const struct walk *walk = &report->facts->walk;
    const struct component *component = &walk->components[index];
    bool behind_culprit = component->lookup_error != 0 && component->lookup_error != ENOENT;
    if (!behind_culprit)
        return component->path;
    /* "data/cat.jpg": what was not reached, from the component that refused. */
    struct slice name = slice_basename(component->path);
    struct buffer text = buffer_in(arena, name.length + walk->missing.length);
    buffer_slice(&text, name);
    buffer_slice(&text, walk->missing);
    return text.cut ? name : buffer_text(&text);
}

/* The name of an id, or the id itself. */
static void put_name(const struct page *page, struct buffer *out, uint32_t id, struct slice name) {
    if (name.length > 0)
        escape_shown(out, slice_first(name, 16), page->ascii);
    else
        buffer_format(out, "%u", id);
}

static void put_owners(const struct page *page, const struct component *component,
                       struct buffer *out) {
    const struct accounts *accounts = &page->report->facts->accounts;
    const struct stat *status = &component->status;
    put_name(page, out, status->st_uid, accounts_user(accounts, status->st_uid));
    buffer_char(out, ':');
    put_name(page, out, status->st_gid, accounts_group(accounts, status->st_gid));
}

static bool has_owners(const struct component *component) {
    return component->status_known && component->lookup_error == 0;
}

/* Where the columns behind the path and behind the owners begin. */
struct columns {
    size_t path, owners;
};

static void put_row(struct page *page, struct arena *arena, size_t index,
                    const struct columns *columns) {
    const struct report *report = page->report;
    const struct component *component = &report->facts->walk.components[index];
    size_t column = columns->path;
    size_t width = put_column_path(page, row_path(report, index, arena));
    buffer_pad(page->out, page->out->length - width, width > column ? width + 2 : column + 2);
    if (has_owners(component)) {
        put_mode(page->out, component);
        buffer_char(page->out, ' ');
        size_t start = page->out->length;
        put_owners(page, component, page->out);
        buffer_pad(page->out, start, columns->owners);
        buffer_char(page->out, ' ');
    }
    put_component_verdict(page, index);
    if (component->role == ROLE_LINK && component->link_target.length > 0) {
        buffer_slice(page->out, SLICE("  -> "));
        escape_shown(page->out, slice_first(component->link_target, 100), page->ascii);
    }
    page_end_line(page);
}

static void widen(const struct page *page, const struct component *component,
                  struct columns *columns) {
    enum { OWNERS_BYTES = 160 }; /* two names of 16 bytes, escaped */
    char bytes[OWNERS_BYTES];
    struct buffer owners = {.data = bytes, .capacity = sizeof bytes};
    size_t length = component->path.length;
    int error = component->lookup_error;
    bool whole = error == 0 || error == ENOENT; /* the others show only their name */
    if (whole && length > columns->path)
        columns->path = length > MOST_COLUMN_BYTES ? MOST_COLUMN_BYTES : length;
    if (!has_owners(component))
        return;
    put_owners(page, component, &owners);
    if (owners.length > columns->owners)
        columns->owners = owners.length;
}

/* A row for what gets none of its own. */
static void put_gap(struct page *page, size_t count, const char *what) {
    page_label(page, "");
    buffer_format(page->out, "... %zu more, %s", count, what);
    page_end_line(page);
}

/* How many components stand behind the one that refused. None does when the walk ended there. */
static size_t count_unreached(const struct report *report) {
    size_t count = report->facts->walk.count, end = (size_t)(report->verdict->culprit + 1);
    bool stopped = end > 0 && end < count &&
                   verdict_judgement(report->verdict, end)->verdict == COMPONENT_UNREACHED;
    return stopped ? count - end : 0;
}

void page_put_walk(struct page *page, struct arena *arena, size_t most_rows) {
    const struct walk *walk = &page->report->facts->walk;
    struct columns columns = {.owners = 14};
    /* The first row, and those up to the end or to who refused: the middle is the least
     * interesting. */
    size_t behind = walk->count > most_rows ? count_unreached(page->report) : 0;
    size_t end = walk->count - behind, rows = most_rows - (behind > 0);
    size_t skipped = end > rows ? end - rows + 1 : 0;
    size_t passed = skipped, unreached = behind;
    *(behind > 0 && end <= WALK_KEPT_FIRST ? &unreached : &passed) += walk->elided;
    for (size_t i = 0; i < end; i++)
        if (i == 0 || i > skipped)
            widen(page, &walk->components[i], &columns);
    for (size_t i = 0; i < end; i++) {
        page_label(page, i == 0 ? "path:" : "");
        put_row(page, arena, i, &columns);
        if (i == 0 && passed > 0) {
            put_gap(page, passed, "all ok");
            i += skipped;
        }
    }
    if (unreached > 0)
        put_gap(page, unreached, "not reached");
}

/* SPDX-License-Identifier: MIT */
/* One failure as a paragraph for a person: section 3 of the contract. */
#include "base/errnames.h"
#include "base/escape.h"
#include "report/page.h"
#include <errno.h>
#include <fcntl.h>

enum {
    MOST_PATH_BYTES = 300, /* of a path that stands in a sentence */
    MOST_PATH_ROWS = 9,
    LEAST_PATH_ROWS = 4,
    MOST_NAMED_GROUPS = 12,
    MOST_NAMED_CAPABILITIES = 6,
};

/* Long paths keep their end, and their start as far as it fits. */
static void put_path(struct page *page, struct slice path) {
    if (path.length <= MOST_PATH_BYTES) {
        escape_quoted(page->out, path, page->ascii);
        return;
    }
    escape_quoted(page->out, slice_first(path, MOST_PATH_BYTES / 3), page->ascii);
    buffer_slice(page->out, SLICE("..."));
    escape_quoted(page->out, slice_from(path, path.length - MOST_PATH_BYTES / 2), page->ascii);
}

/* ---- the first line ---- */

/* Would O_CREAT have made the file? */
static bool is_new(const struct report *report) {
    const struct walk *walk = &report->facts->walk;
    return report->incident->error == ENOENT ||
           (walk->error == ENOENT && walk->creates && walk->missing.length == 0);
}

static const char *verb(const struct report *report) {
    const struct incident *incident = report->incident;
    int mode = incident->flags & O_ACCMODE;
    if (incident->group == GROUP_DIR)
        return "list";
    if (incident->group == GROUP_PROBE)
        return incident->how_kind == HOW_ACCESS    ? "access"
               : incident->how_kind == HOW_RESOLVE ? "resolve"
                                                   : "stat";
    if (incident->flags & O_CREAT)
        return is_new(report) ? "create" : "open for writing";
    return mode == O_RDONLY && !(incident->flags & O_TRUNC) ? "read"
           : mode == O_WRONLY                               ? "write"
                                                            : "open for reading and writing";
}

static void put_headline(struct page *page) {
    const struct report *report = page->report;
    page_paint(page, PAINT_BOLD);
    buffer_format(page->out, "permshim: cannot %s ", verb(report));
    put_path(page, slice_of(report->incident->path));
    buffer_slice(page->out, SLICE(": "));
    buffer_slice(page->out, report->verdict->summary);
    buffer_format(page->out, " [%s]", cause_word(report->verdict->cause));
    page_paint(page, PAINT_NONE);
    page_end_line(page);
}

/* ---- call and who ---- */

static void put_call(struct page *page) {
    const struct incident *incident = page->report->incident;
    const struct facts *facts = page->report->facts;
    page_label(page, "call:");
    buffer_format(page->out, "%s(", incident->function);
    if (incident->directory != AT_FDCWD)
        buffer_format(page->out, "%d, ", incident->directory);
    buffer_char(page->out, '"');
    struct slice path = slice_of(incident->path);
    escape_shown(page->out, slice_first(path, MOST_PATH_BYTES), page->ascii);
    buffer_format(page->out, "\"%s", path.length > MOST_PATH_BYTES ? "..." : "");
    for (size_t i = 0; how_name(incident, i); i++)
        buffer_format(page->out, "%s%s", i ? "|" : ", ", how_name(incident, i));
    buffer_format(page->out, ") = %s %s (%s)   ", incident->null_result ? "NULL" : "-1",
                  errno_name(incident->error), errno_text(incident->error));
    escape_shown(page->out, slice_first(slice_basename(facts->executable), 40), page->ascii);
    buffer_format(page->out, " pid %d", facts->identity.pid);
    if (facts->identity.tid != facts->identity.pid)
        buffer_format(page->out, " tid %d", facts->identity.tid);
    page_end_line(page);
}

static void put_id(struct page *page, uint32_t id, struct slice name) {
    buffer_format(page->out, "%u", id);
    if (name.length == 0)
        return;
    buffer_char(page->out, '(');
    escape_shown(page->out, slice_first(name, 32), page->ascii);
    buffer_char(page->out, ')');
}

static void put_user(struct page *page, const char *what, uid_t id) {
    buffer_format(page->out, "%s=", what);
    put_id(page, id, accounts_user(&page->report->facts->accounts, id));
    buffer_char(page->out, ' ');
}

static void put_group(struct page *page, const char *what, gid_t id) {
    buffer_format(page->out, "%s", what);
    put_id(page, id, accounts_group(&page->report->facts->accounts, id));
}

static void put_capabilities(struct page *page, uint64_t effective) {
    unsigned count = (unsigned)__builtin_popcountll(effective), named = 0;
    buffer_slice(page->out, SLICE("  capabilities:"));
    if (count == 0)
        buffer_slice(page->out, SLICE(" none"));
    for (unsigned i = 0; i < 64 && named < MOST_NAMED_CAPABILITIES && count < 30; i++)
        if (effective >> i & 1 && capability_name(i)) {
            buffer_format(page->out, "%s%s", named ? "," : " ", capability_name(i));
            named++;
        }
    if (named < count)
        buffer_format(page->out, named ? " and %u more" : " %u, as root has", count - named);
}

static void put_who(struct page *page) {
    const struct identity *identity = &page->report->facts->identity;
    page_label(page, "who:");
    /* One id where all agree, else those that differ; the fs ids are what files are checked
     * against. */
    put_user(page, "uid", identity->fsuid);
    if (identity->euid != identity->fsuid)
        put_user(page, "euid", identity->euid);
    if (identity->ruid != identity->fsuid)
        put_user(page, "ruid", identity->ruid);
    put_group(page, "gid=", identity->fsgid);
    for (size_t i = 0; i < identity->group_count && i < MOST_NAMED_GROUPS; i++)
        put_group(page, i ? "," : " groups=", identity->groups[i]);
    if (identity->group_count > MOST_NAMED_GROUPS)
        buffer_format(page->out, " and %zu more", identity->group_count - MOST_NAMED_GROUPS);
    put_capabilities(page, identity->effective);
    if (identity->in_user_namespace)
        buffer_slice(page->out, SLICE("  in a user namespace"));
    if (identity->container.length > 0) {
        buffer_slice(page->out, SLICE("  container: "));
        escape_shown(page->out, slice_first(identity->container, 32), page->ascii);
    }
    page_end_line(page);
}

/* ---- why, fix, note ---- */

static void put_sentence(struct page *page, const char *name, struct slice text) {
    if (text.length == 0)
        return;
    page_label(page, name);
    buffer_slice(page->out, text);
    page_end_line(page);
}

static void put_why(struct page *page) {
    page_label(page, "why:");
    buffer_slice(page->out, page->report->verdict->why);
    buffer_format(page->out, "   (%s)", certainty_word(page->report->verdict->certainty));
    page_end_line(page);
}

static void put_owner_name(struct page *page, const struct component *component) {
    uid_t owner = component->status.st_uid;
    struct slice name = accounts_user(&page->report->facts->accounts, owner);
    if (name.length > 0)
        escape_shown(page->out, slice_first(name, 32), page->ascii);
    else
        buffer_format(page->out, "uid %u", owner);
}

/* The owner of what has to be changed; NULL: unknown, or root, who is named anyway. */
static const struct component *find_owned(const struct page *page) {
    const struct component *components = page->report->facts->walk.components;
    int at = page->report->verdict->culprit;
    if (at >= 0 && !components[at].status_known)
        at = components[at].parent;
    bool known = at >= 0 && components[at].status_known;
    return known && components[at].status.st_uid != 0 ? &components[at] : NULL;
}

static void put_who_runs(struct page *page, const struct fix *fix) {
    const struct component *owned = fix->run_as & RUN_AS_OWNER ? find_owned(page) : NULL;
    if (fix->run_as & RUN_AS_SELF) {
        buffer_slice(page->out, SLICE("the same user"));
        return;
    }
    if (owned)
        put_owner_name(page, owned);
    if (fix->run_as & RUN_AS_ROOT || !owned)
        buffer_slice(page->out, owned ? SLICE(" or root") : SLICE("root"));
}

/* What no shell reads anything into. */
static bool is_plain(struct slice word) {
    for (size_t i = 0; i < word.length; i++) {
        char c = word.data[i];
        bool alphanumeric =
            (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
        if (!alphanumeric && !slice_has(SLICE("-_+,.:="), c))
            return false;
    }
    return true;
}

static void put_fix(struct page *page, const struct fix *fix) {
    page_label(page, "fix:");
    if (fix->argument_count == 0) {
        buffer_slice(page->out, fix->advice);
        page_end_line(page);
        return;
    }
    for (size_t i = 0; i < fix->argument_count; i++) {
        if (i > 0)
            buffer_char(page->out, ' ');
        if (i + 1 == fix->argument_count || !is_plain(fix->arguments[i]))
            escape_shell(page->out, fix->arguments[i], page->ascii);
        else
            buffer_slice(page->out, fix->arguments[i]);
    }
    buffer_slice(page->out, SLICE("      # as "));
    put_who_runs(page, fix);
    buffer_slice(page->out, SLICE(": "));
    buffer_slice(page->out, fix->effect);
    page_end_line(page);
}

/* Text that would not fit ends in a whole line that says so. */
static void finish(struct buffer *out) {
    static const char ending[] = "  (cut)\n";
    if (!out->cut)
        return;
    out->length = out->capacity < sizeof ending ? 0 : out->capacity - (sizeof ending - 1);
    while (out->length > 0 && out->data[out->length - 1] != '\n')
        out->length--;
    buffer_format(out, "%s", ending);
}

void text_render(struct arena *arena, const struct report *report, struct buffer *out) {
    const struct verdict *verdict = report->verdict;
    struct page page = {out, report, !report->terminal, TEXT_MOST_LINES};
    size_t sentences = 4 + verdict->fix_count + verdict->note_count; /* headline, call, who, why */
    size_t rest = TEXT_MOST_LINES - sentences;
    size_t rows = MOST_PATH_ROWS;
    if (report->stack->count + rows > rest)
        rows = rest > report->most_frames + LEAST_PATH_ROWS ? rest - report->most_frames
                                                            : LEAST_PATH_ROWS;
    if (rows > MOST_PATH_ROWS)
        rows = MOST_PATH_ROWS;
    put_headline(&page);
    put_call(&page);
    put_who(&page);
    page_put_walk(&page, arena, rows);
    put_why(&page);
    for (size_t i = 0; i < verdict->fix_count; i++)
        put_fix(&page, &verdict->fixes[i]);
    for (size_t i = 0; i < verdict->note_count; i++)
        put_sentence(&page, "note:", verdict->notes[i]);
    page_put_frames(&page);
    finish(out);
}

void text_render_line(const struct report *report, struct buffer *out) {
    struct page page = {out, report, !report->terminal, 1};
    put_headline(&page);
    finish(out);
}

void text_render_summary(const struct tally_line *line, bool terminal, struct buffer *out) {
    buffer_format(out, "permshim: %u time%s so far: ", line->count, line->count == 1 ? "" : "s");
    if (line->culprit.length > 0)
        escape_quoted(out, line->culprit, !terminal);
    buffer_format(out, " [%s]\n", line->cause);
}

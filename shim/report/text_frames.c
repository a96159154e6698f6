/* SPDX-License-Identifier: MIT */
/*
 * The callers in the text report. JSON has every frame in its place, innermost first; here the
 * user's own Python code comes first, then the libraries' and then the native frames that it went
 * through. What only runs the interpreter is left out and counted.
 */
#include "base/escape.h"
#include "report/page.h"
#include "report/rank.h"

static const char *find(struct slice text, const char *mark) {
    return text.length > 0 ? memmem(text.data, text.length, mark, strlen(mark)) : NULL;
}

/* "train.py" for a file below the working directory, "PIL/Image.py" for a package's. */
static struct slice short_name(const struct page *page, struct slice file) {
    struct slice base = page->report->facts->working_directory;
    for (size_t i = 0; i < RANK_PACKAGE_MARKS; i++) {
        const char *mark = rank_library_marks[i], *at = find(file, mark);
        if (at)
            return slice_from(file, (size_t)(at - file.data) + strlen(mark));
    }
    if (base.length > 1 && file.length > base.length + 1 && slice_starts(file, base) &&
        file.data[base.length] == '/')
        return slice_from(file, base.length + 1);
    return file;
}

static void put_python(struct page *page, const struct frame *frame, enum rank rank) {
    struct slice file = short_name(page, frame->file);
    page_paint(page, rank == RANK_LIBRARY ? PAINT_DIM : PAINT_BOLD);
    if (file.length > 70) {
        buffer_slice(page->out, SLICE("..."));
        file = slice_from(file, file.length - 67);
    }
    escape_shown(page->out, file, page->ascii);
    buffer_format(page->out, ":%d in ", frame->line);
    escape_shown(page->out, slice_first(frame->function, 80), page->ascii);
    page_paint(page, PAINT_NONE);
}

static void put_native(struct page *page, const struct frame *frame) {
    buffer_slice(page->out, SLICE("[native] "));
    if (frame->object.length > 0)
        escape_shown(page->out, slice_first(slice_basename(frame->object), 60), page->ascii);
    else
        buffer_format(page->out, "%#lx", frame->pc);
    if (frame->function.length > 0) {
        buffer_char(page->out, ' ');
        escape_shown(page->out, slice_first(frame->function, 100), page->ascii);
        buffer_format(page->out, "+%#lx", frame->symbol_offset);
    } else if (frame->object.length > 0) {
        buffer_format(page->out, "+%#lx", frame->offset);
    }
}

/* Shows what there is room for of one rank. */
static size_t put_rank(struct page *page, const struct ranking *ranking, enum rank rank,
                       size_t shown) {
    const struct stack *stack = ranking->stack;
    size_t left = ranking->shares[rank];
    for (size_t i = 0; i < stack->count && left > 0; i++) {
        if (rank_of(ranking, i) != rank)
            continue;
        left--;
        page_label(page, shown++ == 0 ? "from:" : "");
        if (stack->frames[i].kind == FRAME_PYTHON)
            put_python(page, &stack->frames[i], rank);
        else
            put_native(page, &stack->frames[i]);
        page_end_line(page);
    }
    return shown;
}

/* What is not shown, and why the stack is shorter than it should be. */
static void put_rest(struct page *page, const struct ranking *ranking, const char *label) {
    size_t hidden = ranking->counts[RANK_INTERPRETER], omitted = ranking->omitted;
    const char *ended = ranking->stack->ended;
    page_label(page, label);
    buffer_char(page->out, '(');
    if (hidden > 0)
        buffer_format(page->out, "%zu interpreter frame%s", hidden, hidden == 1 ? "" : "s");
    if (omitted > 0)
        buffer_format(page->out, "%s%zu more", hidden > 0 ? " and " : "", omitted);
    if (hidden + omitted > 0)
        buffer_format(page->out, " left out%s", ended ? "; " : "");
    if (ended)
        buffer_format(page->out, "the stack is incomplete: %s", ended);
    buffer_slice(page->out, SLICE(")"));
    page_end_line(page);
}

void page_put_frames(struct page *page) {
    const struct stack *stack = page->report->stack;
    struct ranking ranking;
    size_t shown = 0, room = page->lines_left, most = page->report->most_frames;
    rank_frames(stack, room < most ? room : most, &ranking);
    bool has_rest = ranking.counts[RANK_INTERPRETER] + ranking.omitted > 0 || stack->ended;
    if (has_rest && room > 0 && room <= most)
        rank_frames(stack, room - 1, &ranking); /* its line is one of those that are left */
    for (enum rank rank = RANK_USER; rank < RANK_INTERPRETER; rank++)
        shown = put_rank(page, &ranking, rank, shown);
    if (has_rest && most > 0 && page->lines_left > 0)
        put_rest(page, &ranking, shown > 0 ? "" : "from:");
}

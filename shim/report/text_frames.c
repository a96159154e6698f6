/* SPDX-License-Identifier: MIT */
/*
 * The callers in the text report. JSON has every frame in its place, innermost first; here the
 * user's own code comes first, then the libraries' (rank.h). What only runs the others is left out
 * and counted, and frames of a recursion that read the same are one line.
 */
#include "base/escape.h"
#include "report/page.h"
#include "report/rank.h"

/* "train.py" for a file below the working directory, "PIL/Image.py" for a package's. */
static struct slice short_name(const struct page *page, struct slice file) {
    struct slice base = page->report->facts->working_directory;
    for (size_t i = 0; i < RANK_PACKAGE_MARKS; i++) {
        const char *mark = rank_library_marks[i], *at = slice_search(file, mark);
        if (at)
            return slice_from(file, (size_t)(at - file.data) + strlen(mark));
    }
    if (base.length > 1 && file.length > base.length + 1 && slice_within(file, base))
        return slice_from(file, base.length + 1);
    return file;
}

static void put_python(struct page *page, const struct frame *frame) {
    struct slice file = short_name(page, frame->file);
    if (file.length > 70) {
        buffer_slice(page->out, SLICE("..."));
        file = slice_from(file, file.length - 67);
    }
    escape_shown(page->out, file, page->ascii);
    buffer_format(page->out, ":%d in ", frame->line);
    escape_shown(page->out, slice_first(frame->function, 80), page->ascii);
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

static void put_run(struct page *page, const struct rank_run *run) {
    page_paint(page, run->rank <= RANK_OWN ? PAINT_BOLD : PAINT_DIM);
    if (run->frame->kind == FRAME_PYTHON)
        put_python(page, run->frame);
    else
        put_native(page, run->frame);
    if (run->times > 1)
        buffer_format(page->out, "  (%zu times)", run->times);
    page_paint(page, PAINT_NONE);
    page_end_line(page);
}

/* What is not shown, and why the stack is shorter than it should be. */
static void put_rest(struct page *page, const struct ranking *ranking) {
    size_t hidden = ranking->counts[RANK_HIDDEN], omitted = ranking->omitted;
    const char *ended = ranking->stack->ended, *separator = "";
    buffer_char(page->out, '(');
    if (hidden > 0)
        buffer_format(page->out, "%zu %s frame%s", hidden,
                      ranking->has_interpreter ? "interpreter" : "start", hidden == 1 ? "" : "s");
    if (omitted > 0)
        buffer_format(page->out, "%s%zu more", hidden > 0 ? " and " : "", omitted);
    if (hidden + omitted > 0) {
        buffer_slice(page->out, SLICE(" left out"));
        separator = "; ";
    }
    if (ended) {
        buffer_format(page->out, "%sthe stack is incomplete: %s", separator, ended);
        separator = "; ";
    }
    if (ranking->has_generated_code)
        buffer_format(page->out, "%sof JIT code 'permshim frames' tells more", separator);
    buffer_char(page->out, ')');
    page_end_line(page);
}

void page_put_frames(struct page *page) {
    const struct stack *stack = page->report->stack;
    struct slice directory = page->report->facts->working_directory;
    struct ranking ranking;
    struct rank_run run = {0};
    size_t room = page->lines_left, most = page->report->most_frames, shown = 0;
    rank_frames(stack, directory, room < most ? room : most, &ranking);
    bool has_rest = ranking.counts[RANK_HIDDEN] + ranking.omitted > 0 || stack->ended ||
                    ranking.has_generated_code;
    if (most == 0 || room == 0)
        return;
    if (has_rest && room <= most) /* its line is one of those that are left */
        rank_frames(stack, directory, most = room - 1, &ranking);
    for (; shown < most && rank_next(&ranking, &run); shown++) {
        page_label(page, shown == 0 ? "from:" : "");
        put_run(page, &run);
    }
    if (has_rest) {
        page_label(page, shown == 0 ? "from:" : "");
        put_rest(page, &ranking);
    }
}

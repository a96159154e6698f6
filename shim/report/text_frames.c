/* SPDX-License-Identifier: MIT */
/*
 * The callers in the text report. JSON has every frame in its place, innermost first; here the
 * user's own Python code comes first, then the libraries' and then the native frames that it went
 * through. What only runs the interpreter is left out and counted.
 */
#include "base/escape.h"
#include "report/page.h"

/* Where Python keeps code that is not the user's. */
static const char *const library_marks[] = {"/site-packages/", "/dist-packages/", "/lib/python3"};

static const char *find(struct slice text, const char *mark) {
    return text.length > 0 ? memmem(text.data, text.length, mark, strlen(mark)) : NULL;
}

static bool is_library(struct slice file) {
    for (size_t i = 0; i < sizeof library_marks / sizeof *library_marks; i++)
        if (find(file, library_marks[i]))
            return true;
    return slice_starts(file, SLICE("<frozen "));
}

/* "train.py" for a file below the working directory, "PIL/Image.py" for a package's. */
static struct slice short_name(const struct page *page, struct slice file) {
    struct slice base = page->report->facts->working_directory;
    for (size_t i = 0; i < 2; i++) {
        const char *at = find(file, library_marks[i]);
        if (at)
            return slice_from(file, (size_t)(at - file.data) + strlen(library_marks[i]));
    }
    if (base.length > 1 && file.length > base.length + 1 && slice_starts(file, base) &&
        file.data[base.length] == '/')
        return slice_from(file, base.length + 1);
    return file;
}

static void put_python(struct page *page, const struct frame *frame) {
    struct slice file = short_name(page, frame->file);
    page_paint(page, is_library(frame->file) ? PAINT_DIM : PAINT_BOLD);
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

enum rank { RANK_USER, RANK_LIBRARY, RANK_NATIVE, RANK_HIDDEN };

/* Behind the outermost Python frame only the interpreter's start is left. */
static enum rank rank_of(const struct stack *stack, size_t index, size_t outermost_python) {
    const struct frame *frame = &stack->frames[index];
    bool has_python = outermost_python < stack->count;
    if (frame->kind == FRAME_PYTHON)
        return is_library(frame->file) ? RANK_LIBRARY : RANK_USER;
    return frame->interpreter || (has_python && index > outermost_python) ? RANK_HIDDEN
                                                                          : RANK_NATIVE;
}

void page_put_frames(struct page *page) {
    const struct stack *stack = page->report->stack;
    size_t outermost_python = stack->count, hidden = 0, shown = 0;
    for (size_t i = 0; i < stack->count; i++)
        if (stack->frames[i].kind == FRAME_PYTHON)
            outermost_python = i;
    for (size_t i = 0; i < stack->count; i++)
        hidden += rank_of(stack, i, outermost_python) == RANK_HIDDEN;
    size_t room = page->lines_left - (hidden > 0 && page->lines_left > 0);
    if (room > page->report->most_frames)
        room = page->report->most_frames;
    for (enum rank rank = RANK_USER; rank < RANK_HIDDEN; rank++) {
        for (size_t i = 0; i < stack->count && shown < room; i++) {
            if (rank_of(stack, i, outermost_python) != rank)
                continue;
            page_label(page, shown++ == 0 ? "from:" : "");
            if (stack->frames[i].kind == FRAME_PYTHON)
                put_python(page, &stack->frames[i]);
            else
                put_native(page, &stack->frames[i]);
            page_end_line(page);
        }
    }
    if (hidden > 0 && shown > 0) {
        page_label(page, "");
        buffer_format(page->out, "(%zu interpreter frame%s left out)", hidden,
                      hidden == 1 ? "" : "s");
        page_end_line(page);
    }
}

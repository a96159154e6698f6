/* SPDX-License-Identifier: MIT */
/* The text report while it is being written: colours, labels, lines. Safe in a signal handler. */
#ifndef PERMSHIM_REPORT_PAGE_H
#define PERMSHIM_REPORT_PAGE_H

#include "report/report.h"

/* The page that is being written. */
struct page {
    struct buffer *out;
    const struct report *report;
    bool ascii;
    size_t lines_left;
};

enum paint { PAINT_NONE, PAINT_BOLD, PAINT_RED, PAINT_GREEN, PAINT_DIM };

/* Colours on a terminal; nothing anywhere else. */
void page_paint(struct page *page, enum paint paint);

/* Ends the line and counts it. */
void page_end_line(struct page *page);

/* Starts a line: "  call:  ", or blanks of that width for "". */
void page_label(struct page *page, const char *name);

/* The table of components in at most `most_rows` rows (and one that tells what was left out). */
void page_put_walk(struct page *page, struct arena *arena, size_t most_rows);

/* The callers, as many as lines are left: the user's own code first. */
void page_put_frames(struct page *page);

#endif

/* SPDX-License-Identifier: MIT */
#include "report/page.h"

void page_paint(struct page *page, enum paint paint) {
    static const char codes[][5] = {
        [PAINT_NONE] = "0",   [PAINT_BOLD] = "1", [PAINT_RED] = "1;31",
        [PAINT_GREEN] = "32", [PAINT_DIM] = "2",
    };
    if (page->report->terminal)
        buffer_format(page->out, "\033[%sm", codes[paint]);
}

void page_end_line(struct page *page) {
    buffer_char(page->out, '\n');
    if (page->lines_left > 0)
        page->lines_left--;
}

void page_label(struct page *page, const char *name) {
    page_paint(page, PAINT_DIM);
    buffer_format(page->out, "  %-7s", name);
    page_paint(page, PAINT_NONE);
}

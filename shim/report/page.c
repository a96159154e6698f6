/* SPDX-License-Identifier: MIT */
#include "report/page.h"

void page_paint(struct page *page, enum paint paint) {
    static const char *const codes[] = {"0", "1", "1;31", "32", "2"};
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

/* SPDX-License-Identifier: MIT */
/* Which numbers a series of names has, where the directory is too large to be read through. */
#include "base/sys.h"
#include "facts/search.h"

/* "img_0042.jpg" is "img_", 42 in 4 digits, ".jpg". */
struct series {
    struct slice before, behind;
    size_t width;
    unsigned long number;
};

static bool split(struct slice name, struct series *series) {
    enum { MOST_DIGITS = 15 };
    struct slice digits = name_number(name);
    size_t start = (size_t)(digits.data - name.data);
    *series = (struct series){slice_first(name, start), slice_from(name, start + digits.length),
                              digits.length, 0};
    return digits.length <= MOST_DIGITS && slice_number(&digits, 10, &series->number);
}

/* Whether the series has that number; notes the name. */
static bool has(struct search *search, const struct series *series, unsigned long number) {
    size_t length = search->path.length, zeros = 0;
    struct stat status;
    struct buffer *name = &search->candidate;
    name->length = 0;
    name->cut = false;
    buffer_slice(name, series->before);
    for (unsigned long least = 1, width = series->width; width > 1; width--) {
        least *= 10;
        zeros += least > number;
    }
    while (zeros-- > 0)
        buffer_char(name, '0');
    buffer_format(name, "%lu", number);
    buffer_slice(name, series->behind);
    bool there = !name->cut && search_append(search, buffer_text(name)) &&
                 search_exists(search, &status) && S_ISREG(status.st_mode);
    search->path.length = length;
    search->path.cut = false;
    if (there)
        search_note_number(search, buffer_text(name));
    return there;
}

/* From a number that is there, in growing and then in shrinking steps, to one whose neighbour is
 * not. */
static void reach_out(struct search *search, const struct series *series, unsigned long from,
                      bool up) {
    unsigned long step = 1;
    bool growing = true;
    while (step > 0 && search_has_time(search)) {
        bool possible = up || from >= step;
        if (possible && has(search, series, up ? from + step : from - step)) {
            from = up ? from + step : from - step;
            step = growing ? step * 2 : step;
        } else {
            growing = false;
            step /= 2;
        }
    }
}

void search_numbers(struct search *search, struct slice name) {
    struct series series;
    if (!split(name, &series))
        return;
    unsigned long n = series.number,
                  seeds[] = {n + 1, n - 1, n + 2, n - 2, n / 2, n / 4, n / 10, 0, 1, 2};
    unsigned long least = 0, most = 0;
    bool any = false;
    for (size_t i = 0; i < sizeof seeds / sizeof *seeds; i++) {
        if (seeds[i] > n + 2 || !has(search, &series, seeds[i]))
            continue; /* below zero, or not there */
        least = !any || seeds[i] < least ? seeds[i] : least;
        most = !any || seeds[i] > most ? seeds[i] : most;
        any = true;
    }
    if (any) {
        reach_out(search, &series, most, true);
        reach_out(search, &series, least, false);
    }
}

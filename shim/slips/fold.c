/* SPDX-License-Identifier: MIT */
#include "slips/fold.h"
#include "base/escape.h"

static const struct decomposition {
    uint16_t composed, base, mark;
    bool recomposes;
} decompositions[] = {
#define DECOMPOSE(composed, base, mark, recomposes) {composed, base, mark, recomposes},
#define MARK(first, last, order)
#define LOWER(upper, lower)
#include "slips/unicode.def"
#undef DECOMPOSE
#undef MARK
};

static const struct mark_range {
    uint16_t first, last;
    uint8_t order;
} marks[] = {
#define DECOMPOSE(composed, base, mark, recomposes)
#define MARK(first, last, order) {first, last, order},
#include "slips/unicode.def"
#undef MARK
#undef LOWER
};

static const struct letter {
    uint16_t upper, lower;
} letters[] = {
#define MARK(first, last, order)
#define LOWER(upper, lower) {upper, lower},
#include "slips/unicode.def"
#undef LOWER
#undef MARK
#undef DECOMPOSE
};

#define COUNT(table) (sizeof(table) / sizeof *(table))

/* The row that begins with `key`, in a table that is sorted by what its rows begin with; or NULL.
 */
#define FIND(table, key) find_row((table), COUNT(table), sizeof *(table), (key))

static const void *find_row(const void *table, size_t count, size_t row_bytes, uint32_t key) {
    size_t low = 0, high = count;
    while (low < high) {
        size_t middle = (low + high) / 2;
        const void *row = (const char *)table + middle * row_bytes;
        uint16_t first = *(const uint16_t *)row;
        if (first == key)
            return row;
        if (first < key)
            low = middle + 1;
        else
            high = middle;
    }
    return NULL;
}

/* Hangul syllables, the Unicode standard, section 3.12. */
enum {
    HANGUL_FIRST = 0xac00,
    HANGUL_LEAD = 0x1100,
    HANGUL_VOWEL = 0x1161,
    HANGUL_TAIL = 0x11a7,
    HANGUL_LEADS = 19,
    HANGUL_VOWELS = 21,
    HANGUL_TAILS = 28,
    HANGUL_COUNT = HANGUL_LEADS * HANGUL_VOWELS * HANGUL_TAILS,
};

/* ---- characters ---- */

size_t point_next(struct slice text, uint32_t *point) {
    size_t length = utf8_next(text, point);
    if (length > 0)
        return length;
    *point = 0xdc00 + (unsigned char)text.data[0];
    return 1;
}

void point_write(struct buffer *out, uint32_t c) {
    char bytes[4];
    if (c < 0x80) /* most are */
        buffer_char(out, (char)c);
    else
        buffer_slice(out, (struct slice){bytes, utf8_encode(c, bytes)});
}

uint32_t point_lower(uint32_t c) {
    if (c < 0x80)
        return c >= 'A' && c <= 'Z' ? c + ('a' - 'A') : c;
    const struct letter *found = FIND(letters, c);
    return found ? found->lower : c;
}

uint32_t point_upper(uint32_t c) {
    if (c < 0x80)
        return c >= 'a' && c <= 'z' ? c - ('a' - 'A') : c;
    for (size_t i = 0; i < COUNT(letters); i++)
        if (letters[i].lower == c)
            return letters[i].upper;
    return c;
}

bool point_invisible(uint32_t c) {
    return c <= 0x20 || (c >= 0x7f && c <= 0xa0) || c == 0xad || c == 0x1680 ||
           (c >= 0x2000 && c <= 0x200f) || (c >= 0x2028 && c <= 0x202f) ||
           (c >= 0x205f && c <= 0x206f) || c == 0x3000 || c == 0xfeff;
}

bool point_quote(uint32_t c) {
    return c == '"' || c == '\'' || c == '`' || c == 0xab || c == 0xbb || c == 0xb4 ||
           (c >= 0x2018 && c <= 0x201f) || c == 0x2039 || c == 0x203a;
}

/* What a paste brings, as it would be typed; 0 for a character that would not be typed at all. */
static uint32_t plain_look(uint32_t c) {
    if (c < 0xa0)
        return c;
    if (c >= 0xff01 && c <= 0xff5e) /* full-width ASCII */
        return c - 0xff01 + '!';
    if ((c >= 0x2010 && c <= 0x2015) || c == 0x2212 || c == 0xfe63)
        return '-';
    if ((c >= 0x2018 && c <= 0x201b) || c == 0x2032 || c == 0xb4)
        return '\'';
    if ((c >= 0x201c && c <= 0x201f) || c == 0x2033)
        return '"';
    if (c == 0xa0 || (c >= 0x2000 && c <= 0x200a) || c == 0x202f || c == 0x205f || c == 0x3000)
        return ' ';
    if (c == 0xad || (c >= 0x200b && c <= 0x200f) || c == 0x2060 || c == 0xfeff ||
        (c >= 0xfe00 && c <= 0xfe0f)) /* soft hyphen, zero width, variation selectors */
        return 0;
    if (c == 0xd7)
        return 'x';
    if (c == 0x2044)
        return '/';
    return c;
}

static unsigned mark_order(uint32_t c) {
    if (c < marks[0].first)
        return 0;
    for (size_t i = 0; i < COUNT(marks) && marks[i].first <= c; i++)
        if (c <= marks[i].last)
            return marks[i].order;
    return 0;
}

/* ---- decomposition ---- */

struct points {
    uint32_t *data;
    size_t count, most;
};

static void put_point(struct points *points, uint32_t c) {
    if (points->count < points->most)
        points->data[points->count++] = c;
}

/* A mark goes behind those of a lower or the same class: canonical ordering. */
static void put_ordered(struct points *points, uint32_t c) {
    unsigned order = mark_order(c);
    size_t at = points->count;
    put_point(points, c);
    while (order > 0 && at > 0 && at < points->count && mark_order(points->data[at - 1]) > order) {
        points->data[at] = points->data[at - 1];
        points->data[--at] = c;
    }
}

static void put_decomposed(struct points *points, uint32_t c) {
    enum { DEEPEST = 4 }; /* no character below U+3400 nests deeper */
    uint32_t behind[DEEPEST];
    size_t count = 0;
    if (c >= HANGUL_FIRST && c < HANGUL_FIRST + HANGUL_COUNT) {
        uint32_t index = c - HANGUL_FIRST, tail = index % HANGUL_TAILS;
        put_point(points, HANGUL_LEAD + index / (HANGUL_VOWELS * HANGUL_TAILS));
        put_point(points, HANGUL_VOWEL + index / HANGUL_TAILS % HANGUL_VOWELS);
        if (tail > 0)
            put_point(points, HANGUL_TAIL + tail);
        return;
    }
    const struct decomposition *found;
    while (count < DEEPEST && (found = FIND(decompositions, c))) {
        if (found->mark)
            behind[count++] = found->mark;
        c = found->base;
    }
    put_ordered(points, c);
    while (count > 0)
        put_ordered(points, behind[--count]);
}

size_t fold_name(struct slice name, unsigned folds, uint32_t *data, size_t most) {
    struct points points = {data, 0, most};
    while (name.length > 0) {
        uint32_t c;
        name = slice_from(name, point_next(name, &c));
        if (c >= 0x80 && folds & FOLD_LOOKS)
            c = plain_look(c);
        if (c == 0 || points.count == most)
            continue;
        size_t from = points.count;
        if (c >= 0x80 && folds & FOLD_FORM)
            put_decomposed(&points, c);
        else
            put_point(&points, c);
        for (size_t i = from; folds & FOLD_CASE && i < points.count; i++)
            data[i] = point_lower(data[i]);
    }
    return points.count;
}

/* ---- composition ---- */

static uint32_t compose_pair(uint32_t base, uint32_t mark) {
    if (base >= HANGUL_LEAD && base < HANGUL_LEAD + HANGUL_LEADS && mark >= HANGUL_VOWEL &&
        mark < HANGUL_VOWEL + HANGUL_VOWELS)
        return HANGUL_FIRST +
               ((base - HANGUL_LEAD) * HANGUL_VOWELS + (mark - HANGUL_VOWEL)) * HANGUL_TAILS;
    if (base >= HANGUL_FIRST && base < HANGUL_FIRST + HANGUL_COUNT &&
        (base - HANGUL_FIRST) % HANGUL_TAILS == 0 && mark > HANGUL_TAIL &&
        mark < HANGUL_TAIL + HANGUL_TAILS)
        return base + (mark - HANGUL_TAIL);
    for (size_t i = 0; mark >= 0x80 && i < COUNT(decompositions); i++)
        if (decompositions[i].base == base && decompositions[i].mark == mark &&
            decompositions[i].recomposes)
            return decompositions[i].composed;
    return 0;
}

/* Canonical composition of decomposed points, in place; the Unicode standard, section 3.11. */
static size_t compose(uint32_t *points, size_t count) {
    size_t starter = count, length = 0;
    for (size_t i = 0; i < count; i++) {
        uint32_t c = points[i];
        unsigned order = mark_order(c);
        /* Nothing of the same or a higher class stands between the starter and this one. */
        bool reaches =
            starter < length && (length == starter + 1 || mark_order(points[length - 1]) < order);
        uint32_t composed = reaches ? compose_pair(points[starter], c) : 0;
        if (composed) {
            points[starter] = composed;
            continue;
        }
        if (order == 0)
            starter = length;
        points[length++] = c;
    }
    return length;
}

/* As word processors and the clock of macOS have it. */
static uint32_t typographic_look(const uint32_t *points, size_t at, size_t count) {
    uint32_t next = at + 1 < count ? points[at + 1] : 0;
    bool noon = (next == 'A' || next == 'P') && at + 2 < count && points[at + 2] == 'M';
    return points[at] == '-'           ? 0x2013
           : points[at] == '\''        ? 0x2019
           : points[at] == ' ' && noon ? 0x202f
                                       : points[at];
}

/* Another character encoding; its own function for the sake of the stack. */
static bool write_encoded(struct slice name, enum form form, struct buffer *out) {
    enum code_page page = form == FORM_DOS_BYTES || form == FORM_FROM_DOS ? PAGE_DOS : PAGE_WINDOWS;
    return form == FORM_WINDOWS_BYTES || form == FORM_DOS_BYTES ? page_encode(name, page, out)
                                                                : page_decode(name, page, out);
}

static bool write_composed(struct slice name, enum form form, struct buffer *out) {
    uint32_t points[NAME_MOST_POINTS];
    unsigned folds = FOLD_FORM | (form == FORM_PLAIN ? FOLD_LOOKS : 0u);
    size_t count = fold_name(name, folds, points, NAME_MOST_POINTS);
    if (count == NAME_MOST_POINTS)
        return false;
    if (form != FORM_DECOMPOSED)
        count = compose(points, count);
    for (size_t i = 0; i < count; i++)
        point_write(out, form == FORM_TYPOGRAPHIC ? typographic_look(points, i, count) : points[i]);
    return !out->cut;
}

bool form_write(struct slice name, enum form form, struct buffer *out) {
    return form >= FORM_WINDOWS_BYTES ? write_encoded(name, form, out)
                                      : write_composed(name, form, out);
}

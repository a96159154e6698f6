/* SPDX-License-Identifier: MIT */
#include "slips/likeness.h"

enum { MOST_EDITS = 3, MOST_DISTANCE_POINTS = 100 };

static bool is_digit(uint32_t c) {
    return c >= '0' && c <= '9';
}

/* Words are joined by one or the other, and people mix them up: one difference, however many. */
static bool is_joint(uint32_t c) {
    return c == '_' || c == '-' || c == ' ' || c == '+';
}

/* ---- the folded form ---- */

static uint64_t letter_bit(unsigned char byte) {
    return is_digit(byte) ? 0 : (uint64_t)1 << (is_joint(byte) ? 0 : byte % 64);
}

static unsigned char lower_byte(char byte) {
    return (unsigned char)(byte >= 'A' && byte <= 'Z' ? byte | 0x20 : byte);
}

static void summarize(struct folded *folded) {
    folded->letters = folded->digits = 0;
    folded->skeleton = 0;
    for (size_t i = 0; i < folded->stem; i++) {
        uint32_t c = folded->points[i];
        folded->skeleton++;
        if (!is_digit(c)) {
            folded->letters |= (uint64_t)1 << (is_joint(c) ? 0 : c % 64);
            continue;
        }
        while (i + 1 < folded->stem && folded->points[i] == '0' && is_digit(folded->points[i + 1]))
            i++;
        for (; i < folded->stem && is_digit(folded->points[i]); i++)
            folded->digits = folded->digits * 31 + folded->points[i];
        folded->digits = folded->digits * 31 + 1;
        i--;
    }
}

static void fold_whole(struct slice name, struct folded *folded) {
    folded->count =
        fold_name(name, FOLD_CASE | FOLD_FORM | FOLD_LOOKS, folded->points, NAME_MOST_POINTS);
    /* The suffix is ASCII in every name that matters: count it from the end. */
    size_t suffix = name.length - name_suffix(name);
    folded->stem = suffix < folded->count ? folded->count - suffix : folded->count;
    summarize(folded);
}

/* How many typing errors a name of that many letters is forgiven: rustc's and Python's third, but
 * less for short names, where everything is like everything. */
static unsigned forgiven(const struct folded *folded) {
    size_t length = folded->skeleton;
    return length < 4 ? 0 : length < 7 ? 1 : length < 12 ? 2 : MOST_EDITS;
}

bool likeness_want(struct slice name, bool last, struct wanted *wanted) {
    wanted->name = name;
    wanted->last = last;
    fold_whole(name, &wanted->folded);
    wanted->edits = forgiven(&wanted->folded);
    wanted->ascii = name.length < sizeof wanted->lower;
    wanted->whole_letters = 0;
    for (size_t i = 0; i < name.length && wanted->ascii; i++) {
        unsigned char byte = lower_byte(name.data[i]);
        wanted->ascii = byte < 0x80;
        wanted->lower[i] = (char)byte;
        wanted->whole_letters |= letter_bit(byte);
    }
    return name.length > 0 && name.length <= 255 && wanted->folded.count < NAME_MOST_POINTS;
}

/* ---- the parts of a comparison ---- */

static bool same_points(const uint32_t *a, size_t a_count, const uint32_t *b, size_t b_count) {
    return a_count == b_count && memcmp(a, b, a_count * sizeof *a) == 0;
}

/* Which of case and Unicode form differ between stems that are the same when folded. */
static unsigned surface_slips(struct slice a, struct slice b, struct folded *scratch) {
    size_t half = NAME_MOST_POINTS / 2;
    unsigned slips = 0;
    static const struct {
        unsigned folds, slip;
    } tries[] = {{FOLD_FORM | FOLD_LOOKS, SLIP_BIT(SLIP_CASE)},
                 {FOLD_CASE, SLIP_BIT(SLIP_UNICODE)}};
    if (slice_equal(a, b))
        return 0;
    for (size_t i = 0; i < 2; i++) {
        size_t a_count = fold_name(a, tries[i].folds, scratch->points, half);
        size_t b_count = fold_name(b, tries[i].folds, scratch->points + half, half);
        if (!same_points(scratch->points, a_count, scratch->points + half, b_count))
            slips |= tries[i].slip;
    }
    return slips;
}

enum numbers { NUMBERS_SAME, NUMBERS_PADDED, NUMBERS_OTHER, NUMBERS_NO };

static size_t number_end(const uint32_t *points, size_t at, size_t count) {
    while (at < count && is_digit(points[at]))
        at++;
    return at;
}

static size_t without_padding(const uint32_t *points, size_t at, size_t end) {
    while (at + 1 < end && points[at] == '0')
        at++;
    return at;
}

/* Compares stems with every number as one place. NUMBERS_NO: more than numbers differ. */
static enum numbers compare_numbers(const struct folded *a, const struct folded *b) {
    enum numbers result = NUMBERS_SAME;
    size_t i = 0, j = 0;
    while (i < a->stem && j < b->stem) {
        if (is_digit(a->points[i]) && is_digit(b->points[j])) {
            size_t a_end = number_end(a->points, i, a->stem);
            size_t b_end = number_end(b->points, j, b->stem);
            size_t a_from = without_padding(a->points, i, a_end);
            size_t b_from = without_padding(b->points, j, b_end);
            if (!same_points(a->points + a_from, a_end - a_from, b->points + b_from,
                             b_end - b_from))
                result = NUMBERS_OTHER;
            else if (a_end - i != b_end - j && result == NUMBERS_SAME)
                result = NUMBERS_PADDED;
            i = a_end;
            j = b_end;
        } else if (a->points[i++] != b->points[j++]) {
            return NUMBERS_NO;
        }
    }
    return i == a->stem && j == b->stem ? result : NUMBERS_NO;
}

/* ---- edit distance ---- */

/* The stem with each number as one place and every joint alike. */
static size_t put_skeleton(const struct folded *folded, uint16_t *places) {
    size_t count = 0;
    for (size_t i = 0; i < folded->stem && count < MOST_DISTANCE_POINTS; i++) {
        uint32_t c = folded->points[i];
        if (is_digit(c))
            i = number_end(folded->points, i, folded->stem) - 1;
        places[count++] = (uint16_t)(is_digit(c) ? '0' : is_joint(c) ? '_' : c);
    }
    return count;
}

static unsigned least(unsigned a, unsigned b) {
    return a < b ? a : b;
}

/* Optimal string alignment: insertions, deletions, replacements, swaps of neighbours. A number can
 * only stand for itself. More than `most`: most + 1. */
static unsigned distance(const uint16_t *a, size_t a_count, const uint16_t *b, size_t b_count,
                         unsigned most) {
    enum { FAR = 100 };
    uint8_t rows[3][MOST_DISTANCE_POINTS + 1];
    for (size_t j = 0; j <= b_count; j++)
        rows[0][j] = (uint8_t)j;
    for (size_t i = 1; i <= a_count; i++) {
        uint8_t *row = rows[i % 3], *above = rows[(i - 1) % 3], *two_above = rows[(i + 1) % 3];
        unsigned best = row[0] = (uint8_t)i;
        for (size_t j = 1; j <= b_count; j++) {
            uint16_t x = a[i - 1], y = b[j - 1];
            unsigned cost =
                least(above[j] + (x == '0' ? FAR : 1u), row[j - 1] + (y == '0' ? FAR : 1u));
            cost = least(cost, above[j - 1] + (x == y ? 0u : x == '0' || y == '0' ? FAR : 1u));
            if (i > 1 && j > 1 && x == b[j - 2] && y == a[i - 2] && x != y)
                cost = least(cost, two_above[j - 2] + 1u);
            row[j] = (uint8_t)least(cost, FAR);
            best = least(best, row[j]);
        }
        if (best > most)
            return most + 1;
    }
    return rows[a_count % 3][b_count];
}

static bool joints_differ(const struct folded *a, const struct folded *b) {
    size_t j = 0;
    for (size_t i = 0; i < a->stem; i++) {
        if (!is_joint(a->points[i]))
            continue;
        while (j < b->stem && !is_joint(b->points[j]))
            j++;
        if (j == b->stem)
            return false; /* counted as an edit */
        if (a->points[i] != b->points[j++])
            return true;
    }
    return false;
}

static bool is_letter(char byte) {
    return (lower_byte(byte) >= 'a' && lower_byte(byte) <= 'z') || (byte & 0x80);
}

/* A letter that stands alone tells things apart: patient1_L from patient1_R, trainA from trainB.
 * The next one of them, in lower case; '\0' when there is none. */
static char next_label(struct slice stem, size_t *at) {
    while (*at < stem.length) {
        size_t i = (*at)++;
        char byte = stem.data[i], before = i > 0 ? stem.data[i - 1] : '.';
        bool hump = byte >= 'A' && byte <= 'Z' && before >= 'a' && before <= 'z';
        bool ends = i + 1 == stem.length || !is_letter(stem.data[i + 1]);
        if (is_letter(byte) && ends && (hump || !is_letter(before)))
            return (char)lower_byte(byte);
    }
    return '\0';
}

/* As many of them, and not the same. */
static bool labels_differ(struct slice a, struct slice b) {
    size_t i = 0, j = 0;
    bool differ = false;
    for (;;) {
        char x = next_label(a, &i), y = next_label(b, &j);
        if (x == '\0' || y == '\0')
            return x == y && differ;
        differ = differ || x != y;
    }
}

static struct likeness compare_spelling(const struct wanted *wanted, const struct folded *entry,
                                        struct slice name) {
    const struct folded *asked = &wanted->folded;
    struct likeness result = {0};
    unsigned most = wanted->edits;
    size_t difference = asked->skeleton > entry->skeleton ? asked->skeleton - entry->skeleton
                                                          : entry->skeleton - asked->skeleton;
    if (most == 0 || difference > most || asked->digits != entry->digits ||
        asked->skeleton > MOST_DISTANCE_POINTS || entry->skeleton > MOST_DISTANCE_POINTS ||
        (unsigned)__builtin_popcountll(asked->letters ^ entry->letters) > 2 * most)
        return result;
    uint16_t a[MOST_DISTANCE_POINTS], b[MOST_DISTANCE_POINTS];
    size_t a_count = put_skeleton(asked, a), b_count = put_skeleton(entry, b);
    unsigned edits = distance(a, a_count, b, b_count, most);
    edits += joints_differ(asked, entry);
    edits += asked->stem - a_count != entry->stem - b_count; /* zeros before a number */
    if (edits == 0 || edits > most ||
        labels_differ(slice_first(wanted->name, name_suffix(wanted->name)),
                      slice_first(name, name_suffix(name))))
        return result;
    result.kind = LIKENESS_NEAR;
    result.slips = SLIP_BIT(SLIP_TYPO);
    result.edits = edits;
    /* People seldom mistype the first letter, and swap or drop letters more often than they type
     * another one. */
    result.unlikely = (a[0] != b[0]) * 2u + (difference == 0 && asked->letters != entry->letters);
    return result;
}

/* ---- a glance at the bytes, which ends most comparisons ---- */

enum glance { GLANCE_FURTHER, GLANCE_NOTHING, GLANCE_OTHER_NUMBER };

/* Letters and numbers of ASCII bytes, as summarize() has them of points. */
struct summary {
    uint64_t letters, digits;
    unsigned char bytes; /* all of them or'ed */
};

static struct summary summary_of(struct slice text) {
    struct summary summary = {0};
    for (size_t i = 0; i < text.length; i++) {
        unsigned char byte = lower_byte(text.data[i]);
        summary.bytes |= byte;
        if (!is_digit(byte)) {
            summary.letters |= letter_bit(byte);
            continue;
        }
        while (i + 1 < text.length && text.data[i] == '0' && is_digit((uint8_t)text.data[i + 1]))
            i++;
        for (; i < text.length && is_digit((uint8_t)text.data[i]); i++)
            summary.digits = summary.digits * 31 + (uint8_t)text.data[i];
        summary.digits = summary.digits * 31 + 1;
        i--;
    }
    return summary;
}

/* Whether two ASCII names are the same when every number is one place. */
static bool same_skeleton(const char *a, size_t a_count, struct slice b) {
    size_t i = 0, j = 0;
    while (i < a_count && j < b.length) {
        unsigned char x = (unsigned char)a[i++], y = lower_byte(b.data[j++]);
        if (is_digit(x) && is_digit(y)) {
            while (i < a_count && is_digit((unsigned char)a[i]))
                i++;
            while (j < b.length && is_digit((unsigned char)b.data[j]))
                j++;
        } else if (x != y) {
            return false;
        }
    }
    return i == a_count && j == b.length;
}

static enum glance glance(const struct wanted *wanted, struct slice name) {
    const struct folded *asked = &wanted->folded;
    size_t stem = name.length;
    while (stem > 1 && name.data[stem - 1] != '.')
        stem--;
    stem = stem > 1 ? stem - 1 : name.length;
    struct summary first = summary_of(slice_first(name, stem));
    struct summary rest = summary_of(slice_from(name, stem));
    bool two_suffixes = name.length > 3 && lower_byte(name.data[name.length - 1]) == 'z';
    if ((first.bytes | rest.bytes) >= 0x80 || two_suffixes) /* ".nii.gz" */
        return GLANCE_FURTHER;
    /* A suffix too many, on either side. */
    if (first.letters == wanted->whole_letters || (first.letters | rest.letters) == asked->letters)
        return GLANCE_FURTHER;
    if (first.digits != asked->digits)
        return wanted->ascii && same_skeleton(wanted->lower, wanted->name.length, name)
                   ? GLANCE_OTHER_NUMBER
                   : GLANCE_NOTHING;
    /* Each error adds and takes at most one letter. */
    unsigned different = (unsigned)__builtin_popcountll(first.letters ^ asked->letters);
    return different <= 2 * wanted->edits ? GLANCE_FURTHER : GLANCE_NOTHING;
}

/* ---- all together ---- */

static struct likeness compare_stems(const struct wanted *wanted, const struct folded *entry,
                                     struct slice name, bool *same) {
    const struct folded *asked = &wanted->folded;
    *same = same_points(asked->points, asked->stem, entry->points, entry->stem);
    if (*same)
        return (struct likeness){.kind = LIKENESS_NEAR};
    switch (compare_numbers(asked, entry)) {
    case NUMBERS_PADDED:
        return (struct likeness){.kind = LIKENESS_NEAR, .slips = SLIP_BIT(SLIP_NUMBER)};
    case NUMBERS_OTHER:
        return (struct likeness){.kind = LIKENESS_OTHER_NUMBER};
    default:
        return compare_spelling(wanted, entry, name);
    }
}

/* a.jpg.jpg for a.jpg, a.jpg for a.jpg.jpg, and a for a.jpg. */
static bool suffix_too_many(const struct wanted *wanted, const struct folded *entry,
                            struct slice name) {
    const struct folded *asked = &wanted->folded;
    bool image = suffix_is_image(slice_from(name, name_suffix(name)));
    return (same_points(asked->points, asked->count, entry->points, entry->stem) && image) ||
           (same_points(asked->points, asked->stem, entry->points, entry->count) &&
            (image || entry->stem == entry->count));
}

struct likeness likeness_of(const struct wanted *wanted, struct slice name, struct folded *entry) {
    const struct folded *asked = &wanted->folded;
    const struct likeness none = {0};
    bool same_stem;
    if (name.length == 0 || name.length > 255 || slice_equal(name, wanted->name))
        return none;
    switch (glance(wanted, name)) {
    case GLANCE_FURTHER:
        break;
    case GLANCE_NOTHING:
        return none;
    case GLANCE_OTHER_NUMBER:
        return (struct likeness){.kind = LIKENESS_OTHER_NUMBER};
    }
    fold_whole(name, entry);
    bool same_suffix = same_points(asked->points + asked->stem, asked->count - asked->stem,
                                   entry->points + entry->stem, entry->count - entry->stem);
    struct slice entry_suffix = slice_from(name, name_suffix(name));
    if (wanted->last && suffix_too_many(wanted, entry, name))
        return (struct likeness){.kind = LIKENESS_NEAR, .slips = SLIP_BIT(SLIP_EXTENSION)};
    /* A directory has no suffix to speak of, and a file next to the image is another thing. */
    if (!same_suffix && (!wanted->last || !suffix_is_image(entry_suffix)))
        return none;
    struct likeness result = compare_stems(wanted, entry, name, &same_stem);
    if (result.kind != LIKENESS_NEAR)
        return same_suffix || result.kind == LIKENESS_NONE ? result : none;
    if (!same_suffix)
        result.slips |= SLIP_BIT(SLIP_EXTENSION);
    /* Letter case and Unicode form, of what is the same when folded. */
    size_t asked_stem = name_suffix(wanted->name), stem = name_suffix(name);
    if (same_stem)
        result.slips |=
            surface_slips(slice_first(wanted->name, asked_stem), slice_first(name, stem), entry);
    if (same_suffix)
        result.slips |= surface_slips(slice_from(wanted->name, asked_stem), entry_suffix, entry);
    return result.slips ? result : none;
}

/* The number at the start of the text, without padding; stepped over. */
static struct slice take_number(struct slice *text) {
    size_t end = 0;
    while (end < text->length && is_digit((unsigned char)text->data[end]))
        end++;
    struct slice number = slice_first(*text, end);
    *text = slice_from(*text, end);
    while (number.length > 1 && number.data[0] == '0')
        number = slice_from(number, 1);
    return number;
}

int name_order(struct slice a, struct slice b) {
    while (a.length > 0 && b.length > 0) {
        if (is_digit((unsigned char)a.data[0]) && is_digit((unsigned char)b.data[0])) {
            struct slice x = take_number(&a), y = take_number(&b);
            int order = x.length != y.length ? (x.length > y.length) - (x.length < y.length)
                                             : memcmp(x.data, y.data, x.length);
            if (order != 0)
                return order;
        } else if (a.data[0] != b.data[0]) {
            return (unsigned char)a.data[0] - (unsigned char)b.data[0];
        } else {
            a = slice_from(a, 1);
            b = slice_from(b, 1);
        }
    }
    return (a.length > 0) - (b.length > 0);
}

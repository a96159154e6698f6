/* SPDX-License-Identifier: MIT */
/* Other names that may have been meant: what a directory too large to list can be asked for. */
#include "slips/fold.h"
#include "slips/slip.h"

static const char images[][12] = {
#define IMAGE(suffix) "*." suffix,
#define IMAGE_GLOB(glob) glob,
#include "images.def"
#undef IMAGE
};

static const char common_suffixes[][8] = {
    ".jpg", ".jpeg", ".png",  ".JPG",  ".JPEG", ".PNG",    ".webp", ".tif", ".tiff", ".TIF",
    ".gif", ".bmp",  ".heic", ".avif", ".jxl",  ".nii.gz", ".nii",  ".dcm", ".exr",  ".svg",
};

bool suffix_is_image(struct slice suffix) {
    char lower[16];
    if (suffix.length >= sizeof lower)
        return false;
    for (size_t i = 0; i < suffix.length; i++)
        lower[i] = (char)point_lower((unsigned char)suffix.data[i] & 0x7f);
    for (size_t i = 0; i < sizeof images / sizeof *images; i++)
        if (slice_is((struct slice){lower, suffix.length}, images[i] + 1)) /* behind the star */
            return true;
    return false;
}

size_t name_suffix(struct slice name) {
    size_t at = name.length;
    while (at > 1 && name.data[at - 1] != '.')
        at--;
    if (at <= 1)
        return name.length;
    at--;
    /* ".nii.gz" is one suffix. */
    struct slice before = slice_first(name, at);
    if (slice_is(slice_from(name, at), ".gz") && at > 4) {
        size_t inner = name_suffix(before);
        if (suffix_is_image(slice_from(name, inner)))
            return inner;
    }
    return at;
}

/* ---- four axes; 0 on an axis leaves the name as it is ---- */

enum {
    CASES = 9,
    FORMS = 1 + FORM_COUNT,
    WIDEST = 12, /* COCO's "000000000139.jpg" */
    WIDTHS = 1 + WIDEST,
    SUFFIXES = 4 + sizeof common_suffixes / sizeof *common_suffixes,
    AXES = 4,
    /* Each alone, then each with each: how many names there are. */
    SINGLES = (CASES - 1) + (FORMS - 1) + (WIDTHS - 1) + (SUFFIXES - 1),
};

static const unsigned axis_sizes[AXES] = {CASES, FORMS, WIDTHS, SUFFIXES};
static const unsigned axis_slips[AXES] = {SLIP_BIT(SLIP_CASE), SLIP_BIT(SLIP_UNICODE),
                                          SLIP_BIT(SLIP_NUMBER), SLIP_BIT(SLIP_EXTENSION)};

/* Which two axes meet: cameras' "IMG_42.JPG" first, for that is worth asking any directory. */
static const unsigned meetings[][2] = {{0, 2}, {0, 3}, {2, 3}, {0, 1}, {1, 2}, {1, 3}};
enum { MEETINGS = sizeof meetings / sizeof *meetings };

static unsigned meeting_size(unsigned meeting) {
    return (axis_sizes[meetings[meeting][0]] - 1) * (axis_sizes[meetings[meeting][1]] - 1);
}

unsigned name_variants(void) {
    unsigned count = SINGLES;
    for (unsigned meeting = 0; meeting < MEETINGS; meeting++)
        count += meeting_size(meeting);
    return count;
}

static bool is_digit(char byte) {
    return byte >= '0' && byte <= '9';
}

struct slice name_number(struct slice name) {
    size_t end = name_suffix(name);
    while (end > 0 && !is_digit(name.data[end - 1]))
        end--;
    size_t start = end;
    while (start > 0 && is_digit(name.data[start - 1]))
        start--;
    return slice_from(slice_first(name, end), start);
}

/* Where the ".0" begins that a float's text has behind its digits: "12.0.jpg"; 0: there is none. */
static size_t fraction_at(struct slice name) {
    size_t stem = name_suffix(name);
    bool float_text = stem > 2 && name.data[stem - 1] == '0' && name.data[stem - 2] == '.' &&
                      is_digit(name.data[stem - 3]);
    return float_text ? stem - 2 : 0;
}

bool name_has_fraction(struct slice name) {
    return fraction_at(name) > 0;
}

unsigned name_likely_variants(struct slice name, bool last) {
    size_t stem = name_suffix(name);
    for (size_t i = 0; i < stem; i++)
        if (is_digit(name.data[i]))
            return SINGLES + meeting_size(0);
    return last ? SINGLES : (CASES - 1) + (FORMS - 1);
}

/* Which point of the axes a number stands for. */
static void locate(unsigned number, unsigned at[AXES]) {
    for (unsigned a = 0; a < AXES; a++) {
        if (number < axis_sizes[a] - 1) {
            at[a] = number + 1;
            return;
        }
        number -= axis_sizes[a] - 1;
    }
    for (unsigned meeting = 0; meeting < MEETINGS; meeting++) {
        const unsigned *axes = meetings[meeting];
        if (number < meeting_size(meeting)) {
            at[axes[0]] = number / (axis_sizes[axes[1]] - 1) + 1;
            at[axes[1]] = number % (axis_sizes[axes[1]] - 1) + 1;
            return;
        }
        number -= meeting_size(meeting);
    }
}

static void put_case(struct slice text, bool upper, struct buffer *out) {
    while (text.length > 0) {
        uint32_t c;
        text = slice_from(text, point_next(text, &c));
        point_write(out, upper ? point_upper(c) : point_lower(c));
    }
}

/* The first letter of the text, or of each of its words, in upper case and the rest in lower. */
static void put_title(struct slice text, bool each_word, struct buffer *out) {
    bool starts = true;
    while (text.length > 0) {
        uint32_t c;
        text = slice_from(text, point_next(text, &c));
        point_write(out, starts ? point_upper(c) : point_lower(c));
        starts = each_word && (c == '_' || c == '-' || c == ' ');
    }
}

static bool put_cased(struct slice name, unsigned which, struct buffer *out) {
    size_t stem = name_suffix(name);
    struct slice first = slice_first(name, stem), rest = slice_from(name, stem);
    switch (which) {
    case 1:
    case 2: /* the suffix alone, as cameras write it */
        buffer_slice(out, first);
        put_case(rest, which == 2, out);
        break;
    case 3:
    case 4:
        put_case(name, which == 4, out);
        break;
    default: /* 5 to 8: one word or each, the suffix in lower case or upper */
        put_title(first, which % 2 == 0, out);
        put_case(rest, which > 6, out);
    }
    return true;
}

/* The last number of the stem, without a float's fraction, padded with zeros to `width` digits. */
static bool put_padded(struct slice name, unsigned width, struct buffer *out) {
    size_t fraction = fraction_at(name);
    struct slice number = name_number(fraction ? slice_first(name, fraction) : name);
    size_t start = (size_t)(number.data - name.data);
    size_t behind = fraction ? name_suffix(name) : start + number.length;
    while (number.length > 1 && number.data[0] == '0')
        number = slice_from(number, 1); /* its own padding goes */
    if (number.length == 0 || width < number.length)
        return false;
    buffer_slice(out, slice_first(name, start));
    for (size_t i = number.length; i < width; i++)
        buffer_char(out, '0');
    buffer_slice(out, number);
    buffer_slice(out, slice_from(name, behind));
    return true;
}

static bool put_suffixed(struct slice name, unsigned which, struct buffer *out) {
    size_t stem = name_suffix(name);
    struct slice suffix = slice_from(name, stem);
    if (which == 1) { /* "a.jpg.jpg" for "a.jpg" */
        buffer_slice(out, name);
        buffer_slice(out, suffix);
        return suffix.length > 0;
    }
    buffer_slice(out, slice_first(name, stem));
    if (which == 2) /* and the other way round, or none at all */
        return suffix.length > 0;
    if (which == 3) { /* "a..jpg": the suffix had its point already */
        while (out->length > 0 && out->data[out->length - 1] == '.')
            out->length--;
        buffer_slice(out, suffix);
        return out->length > suffix.length;
    }
    const char *other = common_suffixes[which - 4];
    buffer_slice(out, slice_of(other));
    /* A suffix in another case is a matter of the case. */
    bool same = suffix.length == strlen(other);
    for (size_t i = 0; same && i < suffix.length; i++)
        same = (suffix.data[i] | 0x20) == (other[i] | 0x20);
    return !same;
}

static bool put_on_axis(unsigned axis, struct slice name, unsigned at, struct buffer *out) {
    return axis == 0   ? put_cased(name, at, out)
           : axis == 1 ? form_write(name, (enum form)(at - 1), out)
           : axis == 2 ? put_padded(name, at, out)
                       : put_suffixed(name, at, out);
}

bool name_variant(struct slice name, bool last, unsigned number, struct buffer *out,
                  unsigned *slips) {
    enum { MOST_NAME_BYTES = 255 };
    unsigned at[AXES] = {0};
    char other[MOST_NAME_BYTES];
    struct slice current = name;
    *slips = 0;
    locate(number, at);
    if (name.length == 0 || name.length > MOST_NAME_BYTES || (at[3] > 0 && !last))
        return false;
    /* At most two axes: the first writes here when there is a second. */
    for (unsigned axis = 0; axis < AXES; axis++) {
        if (at[axis] == 0)
            continue;
        out->length = 0;
        out->cut = false;
        bool made = put_on_axis(axis, current, at[axis], out);
        if (!made || out->cut || slice_equal(buffer_text(out), current) ||
            out->length > MOST_NAME_BYTES)
            return false;
        *slips |= axis_slips[axis];
        memcpy(other, out->data, out->length);
        current = (struct slice){other, out->length};
    }
    return !slice_equal(buffer_text(out), name);
}

/* The next letter, in lower case, or digit but 0: what no axis takes away, adds or changes where
 * all is ASCII. '\0' at the end. */
static char next_lasting(struct slice *text) {
    while (text->length > 0) {
        char byte = text->data[0];
        *text = slice_from(*text, 1);
        if ((byte >= '1' && byte <= '9') || (byte >= 'a' && byte <= 'z'))
            return byte;
        if (byte >= 'A' && byte <= 'Z')
            return (char)(byte | 0x20);
    }
    return '\0';
}

bool name_may_vary_into(struct slice name, struct slice other) {
    struct slice stem = slice_first(name, name_suffix(name));
    for (size_t i = 0; i < name.length; i++)
        if ((unsigned char)name.data[i] >= 0x80)
            return true; /* "K" is the lower case's of a Kelvin sign, too */
    for (char lasting; (lasting = next_lasting(&stem)) != '\0';)
        if (next_lasting(&other) != lasting)
            return false;
    return true;
}

/* ---- one typing error ---- */

static const char typed[] = "abcdefghijklmnopqrstuvwxyz_-";
enum { TYPED = sizeof typed - 1 };

/* Of the whole stem: words joined in another way, and every doubled letter once. */
static const char joints[] = {'_', '-', ' ', '\0'};
enum { WHOLE_EDITS = sizeof joints + 1 };

/* At a place of the stem. */
enum {
    EDIT_SWAP,
    EDIT_OMIT,
    EDIT_INSERT,
    EDIT_REPLACE = EDIT_INSERT + TYPED,
    EDITS = EDIT_REPLACE + TYPED
};

unsigned name_edits(struct slice name) {
    return WHOLE_EDITS + EDITS * ((unsigned)name_suffix(name) + 1);
}

/* A digit is never guessed, and a byte of a longer character is no letter. */
static bool is_editable(struct slice name, size_t stem, size_t at) {
    return at < stem && (unsigned char)name.data[at] < 0x80 && !is_digit(name.data[at]);
}

static void put_whole_edit(struct slice name, size_t stem, unsigned which, struct buffer *out) {
    for (size_t i = 0; i < stem; i++) {
        bool joint = slice_has(SLICE("_- "), name.data[i]), doubles = which == sizeof joints;
        if (doubles && i > 0 && is_editable(name, stem, i) && name.data[i] == name.data[i - 1])
            continue;
        if (!joint || doubles)
            buffer_char(out, name.data[i]);
        else if (joints[which])
            buffer_char(out, joints[which]);
    }
    buffer_slice(out, slice_from(name, stem));
}

bool name_edit(struct slice name, unsigned number, struct buffer *out) {
    size_t stem = name_suffix(name);
    out->length = 0;
    out->cut = false;
    if (number < WHOLE_EDITS) {
        put_whole_edit(name, stem, number, out);
        return !out->cut && !slice_equal(buffer_text(out), name);
    }
    number -= WHOLE_EDITS;
    size_t at = number % (stem + 1), taken = 1;
    unsigned edit = number / ((unsigned)stem + 1);
    char put[2] = {0};
    size_t put_count = 0;
    if (edit == EDIT_SWAP) {
        if (!is_editable(name, stem, at) || !is_editable(name, stem, at + 1))
            return false;
        put[put_count++] = name.data[at + 1];
        put[put_count++] = name.data[at];
        taken = 2;
    } else if (edit >= EDIT_INSERT && edit < EDIT_REPLACE) {
        put[put_count++] = typed[edit - EDIT_INSERT];
        taken = 0;
    } else {
        if (!is_editable(name, stem, at))
            return false;
        if (edit >= EDIT_REPLACE)
            put[put_count++] = typed[edit - EDIT_REPLACE];
    }
    buffer_slice(out, slice_first(name, at));
    buffer_slice(out, (struct slice){put, put_count});
    buffer_slice(out, slice_from(name, at + taken));
    return out->length > 0 && !out->cut && !slice_equal(buffer_text(out), name);
}

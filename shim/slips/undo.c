/* SPDX-License-Identifier: MIT */
/* Slips of a whole path: what lists, shells, other systems and other programs leave on it. */
#include "slips/fold.h"
#include "slips/slip.h"

static bool is_letter(char byte) {
    return (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z');
}

static bool is_digit(char byte) {
    return byte >= '0' && byte <= '9';
}

/* ---- blanks and quotes ---- */

/* The text without the characters at both ends that `is_matter` names. */
static struct slice trim(struct slice text, bool (*is_matter)(uint32_t point)) {
    size_t start = text.length, end = 0, at = 0;
    unsigned char last = text.length > 0 ? (unsigned char)text.data[text.length - 1] : 0;
    bool ends_well =
        last < 0x80 && !is_matter(last); /* most do: then only the start is looked at */
    while (at < text.length && !(ends_well && start < text.length)) {
        uint32_t point;
        size_t length = point_next(slice_from(text, at), &point);
        if (!is_matter(point)) {
            start = at < start ? at : start;
            end = at + length;
        }
        at += length;
    }
    if (ends_well)
        end = text.length;
    return end > start ? (struct slice){text.data + start, end - start} : SLICE("");
}

static struct slice without_blanks(struct slice text) {
    return trim(text, point_invisible);
}

/* Each name, and each without its suffix: "0001 .png" was made from a number and a blank. */
static void put_cleaned_components(struct slice path, struct slice (*clean)(struct slice),
                                   struct buffer *out) {
    while (path.length > 0) {
        size_t length = slice_find(path, '/');
        struct slice name = clean(slice_first(path, length));
        size_t stem = name_suffix(name);
        buffer_slice(out, clean(slice_first(name, stem)));
        buffer_slice(out, slice_from(name, stem));
        if (length < path.length)
            buffer_char(out, '/');
        path = slice_from(path, length + 1);
    }
}

static bool undo_whitespace(unsigned variant, struct slice path, struct buffer *out) {
    switch (variant) {
    case 0:
        buffer_slice(out, trim(path, point_invisible));
        return true;
    case 1:
        put_cleaned_components(path, without_blanks, out);
        return true;
    default: /* inside a name: all but the blank itself */
        while (path.length > 0) {
            uint32_t point;
            size_t length = point_next(path, &point);
            if (point == ' ' || !point_invisible(point))
                buffer_slice(out, slice_first(path, length));
            path = slice_from(path, length);
        }
        return true;
    }
}

/* b'…', as Python shows a bytes object. */
static struct slice without_bytes_mark(struct slice path) {
    bool marked = path.length > 3 && (path.data[0] == 'b' || path.data[0] == 'r') &&
                  (path.data[1] == '\'' || path.data[1] == '"') &&
                  path.data[path.length - 1] == path.data[1];
    return marked ? slice_from(path, 1) : path;
}

static struct slice without_quotes(struct slice text) {
    return trim(without_bytes_mark(text), point_quote);
}

static bool is_quote(char byte) {
    return byte == '\'' || byte == '"';
}

/* Where the first quotation mark stands that printing an object put there, behind a bracket, an
 * equals sign or the mark of bytes; the length: nowhere. */
static size_t printed_quote(struct slice text) {
    for (size_t at = 1; at < text.length; at++) {
        char before = text.data[at - 1];
        bool bytes = before == 'b' && (at == 1 || slice_has(SLICE("([{=/, "), text.data[at - 2]));
        if (is_quote(text.data[at]) && (bytes || slice_has(SLICE("([{="), before)))
            return at;
    }
    return text.length;
}

bool slip_is_printed(struct slice path) {
    return printed_quote(path) < path.length;
}

/* The first path in "['a.jpg', 'b.jpg']", "d/PosixPath('a.jpg')", "tf.Tensor(b'a.jpg', …)": with
 * what stands before the object, and with what was put behind it as a path goes on: "['a'].jpg". */
static void put_printed_path(struct slice text, struct buffer *out) {
    size_t at = printed_quote(text), start = at;
    struct slice behind = slice_from(text, at + 1);
    size_t length = at < text.length ? slice_find(behind, text.data[at]) : behind.length;
    if (length == behind.length)
        return;
    while (start > 0 && text.data[start - 1] != '/')
        start--;
    buffer_slice(out, slice_first(text, start));
    buffer_slice(out, slice_first(behind, length));
    behind = slice_from(behind, length + 1);
    while (behind.length > 0 && slice_has(SLICE(",)]}>"), behind.data[0]))
        behind = slice_from(behind, 1);
    if (behind.length > 0 && (behind.data[0] == '/' || behind.data[0] == '.'))
        buffer_slice(out, behind);
}

static bool undo_quotes(unsigned variant, struct slice path, struct buffer *out) {
    switch (variant) {
    case 0:
        buffer_slice(out, without_quotes(path));
        return true;
    case 1:
        put_cleaned_components(path, without_quotes, out);
        return true;
    case 2:
        put_printed_path(path, out);
        return true;
    default: /* "my\ cat.jpg", quoted for a shell that never saw it */
        for (size_t i = 0; i < path.length; i++) {
            bool escapes = path.data[i] == '\\' && i + 1 < path.length &&
                           !is_letter(path.data[i + 1]) && !is_digit(path.data[i + 1]) &&
                           path.data[i + 1] != '\\' &&
                           (unsigned char)path.data[i + 1] < 0x80; /* no shell escapes others */
            if (!escapes)
                buffer_char(out, path.data[i]);
            else
                buffer_char(out, path.data[++i]);
        }
        return true;
    }
}

/* ---- a line of a list ---- */

/* Where an image's suffix ends that another column follows; the length when none does. */
static size_t column_end(struct slice line) {
    for (size_t at = 1; at < line.length; at++) {
        size_t end = at + 1;
        while (end < line.length && (is_letter(line.data[end]) || is_digit(line.data[end])))
            end++;
        if (line.data[at] == '.' && end < line.length &&
            slice_has(SLICE(" \t,;|"), line.data[end]) &&
            suffix_is_image(slice_first(slice_from(line, at), end - at)))
            return end;
    }
    return line.length;
}

char slip_list_separator(struct slice path) {
    size_t end = column_end(path);
    return end < path.length ? path.data[end] : ' ';
}

/* "a.jpg 0", "a.jpg,cat" and, with a column before it that no blank ends, "0,a.jpg,cat". */
static bool undo_line(unsigned variant, struct slice path, struct buffer *out) {
    struct slice name = slice_first(path, column_end(path));
    size_t start = variant == 0 ? 0 : name.length;
    while (start > 0 && !slice_has(SLICE("\t,;|"), name.data[start - 1]))
        start--;
    buffer_slice(out, slice_from(name, start));
    return true;
}

/* ---- Windows ---- */

static bool has_drive(struct slice path) {
    return path.length > 2 && is_letter(path.data[0]) && path.data[1] == ':' &&
           (path.data[2] == '\\' || path.data[2] == '/');
}

static void put_with_slashes(struct slice path, struct buffer *out) {
    for (size_t i = 0; i < path.length; i++) {
        char byte = path.data[i] == '\\' ? '/' : path.data[i];
        bool doubled =
            byte == '/' && i > 0 && (path.data[i - 1] == '\\' || path.data[i - 1] == '/');
        if (!doubled || i == 1)
            buffer_char(out, byte);
    }
}

/* "data\train" and "data\001.jpg" in a string literal: the escapes became control characters. */
static void put_unescaped(struct slice path, struct buffer *out) {
    static const char letters[] = "abtnvfr"; /* \a is 7 … \r is 13 */
    for (size_t i = 0; i < path.length; i++) {
        unsigned char byte = (unsigned char)path.data[i];
        if (byte >= 7 && byte <= 13)
            buffer_format(out, "/%c", letters[byte - 7]);
        else if (byte < ' ')
            buffer_format(out, "/%03o", byte);
        else
            buffer_char(out, byte == '\\' ? '/' : (char)byte);
    }
}

static bool undo_windows(unsigned variant, struct slice path, struct buffer *out) {
    bool drive = has_drive(path), backslash = slice_has(path, '\\');
    struct slice behind = drive ? slice_from(path, 2) : path;
    switch (variant) {
    case 0:
        put_with_slashes(path, out);
        return !drive && backslash;
    case 1: /* C:\data is /data */
        put_with_slashes(behind, out);
        return drive;
    case 2: /* where WSL has it, */
    case 3: /* where MSYS and Cygwin have it, */
        if (drive)
            buffer_format(out, variant == 2 ? "/mnt/%c" : "/%c", path.data[0] | 0x20);
        put_with_slashes(behind, out);
        return drive;
    case 4: /* C:\data was copied to here */
        put_with_slashes(slice_from(behind, 1), out);
        return drive;
    default:
        put_unescaped(path, out);
        return true;
    }
}

/* ---- URI ---- */

static int hexadecimal(char byte) {
    return is_digit(byte)               ? byte - '0'
           : byte >= 'a' && byte <= 'f' ? byte - 'a' + 10
           : byte >= 'A' && byte <= 'F' ? byte - 'A' + 10
                                        : -1;
}

/* RFC 3986, section 2.1; "%00" and "%2F" cannot stand for themselves in a name. */
static void put_percent_decoded(struct slice text, struct buffer *out) {
    for (size_t i = 0; i < text.length; i++) {
        int high = -1, low = -1;
        if (text.data[i] == '%' && i + 2 < text.length) {
            high = hexadecimal(text.data[i + 1]);
            low = hexadecimal(text.data[i + 2]);
        }
        if (high < 0 || low < 0 || high * 16 + low == 0) {
            buffer_char(out, text.data[i]);
        } else {
            buffer_char(out, (char)(high * 16 + low));
            i += 2;
        }
    }
}

static struct slice before_query(struct slice text) {
    return slice_first(text, slice_find(slice_first(text, slice_find(text, '#')), '?'));
}

static bool undo_uri(unsigned variant, struct slice path, struct buffer *out) {
    bool file = slice_starts(path, SLICE("file:")) || slice_starts(path, SLICE("FILE:"));
    struct slice rest = file ? slice_from(path, 5) : path;
    bool authority = file && slice_starts(rest, SLICE("//"));
    if (authority)
        rest = slice_from(rest, 2);
    if (authority && slice_starts(rest, SLICE("localhost/")))
        rest = slice_from(rest, sizeof "localhost" - 1);
    switch (variant) {
    case 0: /* file:///a/b, and file://a/b as it is often written */
        put_percent_decoded(rest, out);
        return file;
    case 1:
        put_percent_decoded(path, out);
        return !file;
    default: /* photo.jpg?size=large#top */
        put_percent_decoded(before_query(rest), out);
        return true;
    }
}

/* ---- the door ---- */

unsigned slip_variants(enum slip slip) {
    static const unsigned counts[SLIP_COUNT] = {
        [SLIP_WHITESPACE] = 3, [SLIP_QUOTES] = 4,  [SLIP_LINE] = 2,
        [SLIP_UNEXPANDED] = 3, [SLIP_WINDOWS] = 6, [SLIP_URI] = 3,
    };
    return counts[slip];
}

bool slip_undo(enum slip slip, unsigned variant, struct slice path, struct slice environment,
               struct buffer *out) {
    out->length = 0;
    out->cut = false;
    bool applies = slip == SLIP_WHITESPACE   ? undo_whitespace(variant, path, out)
                   : slip == SLIP_QUOTES     ? undo_quotes(variant, path, out)
                   : slip == SLIP_LINE       ? undo_line(variant, path, out)
                   : slip == SLIP_UNEXPANDED ? slip_undo_unexpanded(variant, path, environment, out)
                   : slip == SLIP_WINDOWS    ? undo_windows(variant, path, out)
                   : slip == SLIP_URI        ? undo_uri(variant, path, out)
                                             : false;
    return applies && !out->cut && out->length > 0 && !slice_equal(buffer_text(out), path);
}

/* SPDX-License-Identifier: MIT */
/* What a shell, a template or a format would have replaced, had it seen the path: open(2) takes
 * every byte as it is. */
#include "slips/slip.h"

static bool is_name_byte(char byte, bool first) {
    return byte == '_' || (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') ||
           (!first && byte >= '0' && byte <= '9');
}

/* The length of the variable's name at the start of the text. */
static size_t name_length(struct slice text) {
    size_t length = 0;
    while (length < text.length && is_name_byte(text.data[length], length == 0))
        length++;
    return length;
}

struct slice environment_value(struct slice environment, struct slice name) {
    while (environment.length > 0) {
        struct slice value = slice_split(&environment, '\0');
        if (slice_equal(slice_split(&value, '='), name))
            return value;
    }
    return SLICE("");
}

/* $NAME, ${NAME} or %NAME% at the start of the text: its length and name; 0 when there is none. */
static size_t variable_at(struct slice text, struct slice *name) {
    char first = text.data[0];
    bool braced = first == '$' && text.length > 1 && text.data[1] == '{';
    if (first != '$' && first != '%')
        return 0;
    size_t prefix = braced ? 2 : 1;
    *name = slice_first(slice_from(text, prefix), name_length(slice_from(text, prefix)));
    size_t length = prefix + name->length;
    char closing = braced ? '}' : first == '%' ? '%' : '\0';
    if (name->length == 0 || (closing && (length >= text.length || text.data[length] != closing)))
        return 0;
    return length + (closing != '\0');
}

static bool put_expanded(struct slice path, struct slice environment, struct buffer *out) {
    size_t replaced = 0;
    while (path.length > 0) {
        struct slice name;
        size_t length = variable_at(path, &name);
        struct slice value = length > 0 ? environment_value(environment, name) : SLICE("");
        if (length > 0 && value.length == 0)
            return false;
        replaced += length > 0;
        buffer_slice(out, length > 0 ? value : slice_first(path, 1));
        path = slice_from(path, length > 0 ? length : 1);
    }
    return replaced > 0;
}

struct slice slip_unset_variable(struct slice path, struct slice environment) {
    struct slice name;
    for (; environment.length > 0 && path.length > 0; path = slice_from(path, 1))
        if (variable_at(path, &name) > 0 && environment_value(environment, name).length == 0)
            return name;
    return SLICE("");
}

bool slip_undo_unexpanded(unsigned variant, struct slice path, struct slice environment,
                          struct buffer *out) {
    struct slice home = environment_value(environment, SLICE("HOME"));
    bool tilde = path.length > 0 && path.data[0] == '~';
    size_t user_end = slice_find(path, '/');
    switch (variant) {
    case 0: /* ~/data */
        buffer_slice(out, home);
        buffer_slice(out, slice_from(path, 1));
        return tilde && user_end == 1 && home.length > 0;
    case 1: /* ~bob/data: homes stand beside each other */
        buffer_slice(out, slice_first(home, home.length - slice_basename(home).length));
        buffer_slice(out, slice_from(path, 1));
        return tilde && user_end > 1 && home.length > 1;
    default:
        return put_expanded(path, environment, out);
    }
}

/* ---- signs ---- */

/* {}, {name}, {0:04d}: the length, or 0. {3f2504e0-4f89-…} is a GUID and a name like others. */
static size_t braces_at(struct slice text) {
    size_t end = slice_find(text, '}');
    if (text.data[0] != '{' || end == text.length)
        return 0;
    for (size_t i = 1; i < end; i++)
        if (!is_name_byte(text.data[i], false) && !slice_has(SLICE(".:[]!"), text.data[i]))
            return 0;
    return end + 1;
}

/* %d, %05d, %s: the length, or 0. */
static size_t printf_at(struct slice text) {
    size_t at = 1;
    while (at < text.length && at < 4 && text.data[at] >= '0' && text.data[at] <= '9')
        at++;
    bool letter = at < text.length && (text.data[at] == 'd' || text.data[at] == 's' ||
                                       text.data[at] == 'i' || text.data[at] == 'u');
    /* "%20d…" and "50%discount" are no formats: a zero leads a width, or the letter ends a word. */
    bool ends = at + 1 >= text.length || !is_name_byte(text.data[at + 1], true);
    return text.data[0] == '%' && letter && ends ? at + 1 : 0;
}

/* "[2]" stands in many a name, "[0-9]" in few. */
static size_t glob_at(struct slice text) {
    if (text.data[0] == '*' || text.data[0] == '?')
        return 1;
    size_t end = slice_find(text, ']');
    bool range = text.data[0] == '[' && end < text.length && slice_find(text, '-') < end;
    return range && end < 12 ? end + 1 : 0;
}

static enum slip_sign sign_at(struct slice text, size_t *length) {
    struct slice name;
    if ((*length = variable_at(text, &name)) > 0)
        return SIGN_VARIABLE;
    if ((*length = braces_at(text)) > 0)
        return SIGN_BRACES;
    if ((*length = printf_at(text)) > 0)
        return SIGN_PRINTF;
    if ((*length = glob_at(text)) > 0)
        return SIGN_GLOB;
    return SIGN_NONE;
}

/* C:\ or \\server: the length, or 0. */
static size_t windows_at(struct slice path) {
    if (path.length > 2 && path.data[1] == ':' && is_name_byte(path.data[0], true) &&
        (path.data[2] == '\\' || path.data[2] == '/'))
        return 3;
    return slice_starts(path, SLICE("\\\\")) ? 2 : 0;
}

/* "s3://": the length of scheme, colon and slashes; RFC 3986, section 3.1. */
static size_t scheme_length(struct slice path) {
    size_t colon = slice_find(path, ':');
    if (colon < 2 || colon > 12 || !slice_starts(slice_from(path, colon), SLICE("://")))
        return 0;
    for (size_t i = 0; i < colon; i++)
        if (!is_name_byte(path.data[i], i == 0) || path.data[i] == '_')
            return 0;
    return colon + 3;
}

/* A name, its suffix aside, that is what a program prints for no value; empty: there is none. */
static struct slice nothing_in(struct slice path) {
    static const char words[][12] = {"None", "nan", "NaN", "null", "undefined"};
    while (path.length > 0) {
        struct slice name = slice_split(&path, '/');
        name.length = name_suffix(name);
        for (size_t i = 0; i < sizeof words / sizeof *words; i++)
            if (slice_is(name, words[i]))
                return name;
    }
    return SLICE("");
}

enum slip_sign slip_sign(struct slice path, struct slice *seen) {
    size_t length = scheme_length(path);
    *seen = slice_first(path, length);
    if (length > 0)
        return SIGN_URL;
    length = windows_at(path);
    *seen = slice_first(path, length);
    if (length > 0)
        return SIGN_DRIVE;
    if (path.length > 0 && path.data[0] == '~' && slice_has(path, '/')) {
        *seen = slice_first(path, slice_find(path, '/'));
        return SIGN_TILDE;
    }
    for (size_t at = 0; at < path.length; at++) {
        enum slip_sign sign = sign_at(slice_from(path, at), &length);
        if (sign != SIGN_NONE) {
            *seen = slice_first(slice_from(path, at), length);
            return sign;
        }
    }
    *seen = nothing_in(path);
    return seen->length > 0 ? SIGN_NOTHING : SIGN_NONE;
}

/* SPDX-License-Identifier: MIT */
#include "base/escape.h"

size_t utf8_next(struct slice text, uint32_t *character) {
    unsigned char first = (unsigned char)text.data[0];
    if (first < 0x80) {
        *character = first;
        return 1;
    }
    size_t length = first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : 2;
    static const uint32_t smallest[] = {0, 0, 0x80, 0x800, 0x10000};
    if (first < 0xc2 || first > 0xf4 || length > text.length)
        return 0;
    uint32_t value = first & (0xffu >> (length + 1));
    for (size_t i = 1; i < length; i++) {
        unsigned char next = (unsigned char)text.data[i];
        if ((next & 0xc0) != 0x80)
            return 0;
        value = value << 6 | (next & 0x3f);
    }
    if (value < smallest[length] || value > 0x10ffff || (value >= 0xd800 && value <= 0xdfff))
        return 0;
    *character = value;
    return length;
}

size_t utf8_encode(uint32_t c, char bytes[4]) {
    static const unsigned lead[] = {0, 0, 0xc0, 0xe0, 0xf0};
    if (c < 0x80 || (c >= 0xdc80 && c <= 0xdcff)) {
        bytes[0] = (char)(c & 0xff);
        return 1;
    }
    size_t length = c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;
    for (size_t i = length - 1; i > 0; i--, c >>= 6)
        bytes[i] = (char)(0x80 | (c & 0x3f));
    bytes[0] = (char)(lead[length] | c);
    return length;
}

bool utf8_valid(struct slice text) {
    uint32_t character;
    while (text.length > 0) {
        size_t length = utf8_next(text, &character);
        if (length == 0)
            return false;
        text = slice_from(text, length);
    }
    return true;
}

/* Writes what no way of escaping changes, most of any text, and steps over it; false at the end. */
static bool step_to_special(struct buffer *buffer, struct slice *text) {
    size_t at = 0;
    if (text->length == 0) /* and its data may be NULL */
        return false;
    while (at < text->length && text->data[at] >= ' ' && text->data[at] <= '~' &&
           text->data[at] != '"' && text->data[at] != '\'' && text->data[at] != '\\')
        at++;
    buffer_slice(buffer, slice_first(*text, at));
    *text = slice_from(*text, at);
    return text->length > 0;
}

/* What a terminal would act upon, or what nobody could see: it is escaped even where UTF-8 is
 * shown. */
static bool is_unseen(uint32_t c) {
    return c < 0x20 || (c >= 0x7f && c <= 0xa0) || c == 0xad || c == 0x61c ||
           (c >= 0x200b && c <= 0x200f) || (c >= 0x2028 && c <= 0x202f) ||
           (c >= 0x2060 && c <= 0x206f) || c == 0xfeff || (c >= 0xfff9 && c <= 0xfffb) ||
           (c >= 0xe0000 && c <= 0xe0fff);
}

static void put_control(struct buffer *buffer, uint32_t c) {
    static const char letters[] = "abtnvfr"; /* \a is 7 … \r is 13 */
    if (c >= 7 && c <= 13)
        buffer_format(buffer, "\\%c", letters[c - 7]);
    else if (c < 0x80)
        buffer_format(buffer, "\\x%02x", c);
    else if (c <= 0xffff)
        buffer_format(buffer, "\\u%04x", c);
    else
        buffer_format(buffer, "\\U%08x", c);
}

/* Escapes all that needs it, and `quote` besides (0: no quote to mind). */
static void put_escaped(struct buffer *buffer, struct slice text, bool ascii_only, char quote) {
    while (step_to_special(buffer, &text)) {
        uint32_t c;
        size_t length = utf8_next(text, &c);
        if (length == 0) {
            buffer_format(buffer, "\\x%02x", (unsigned char)text.data[0]);
            length = 1;
        } else if (is_unseen(c) || (ascii_only && c >= 0x80)) {
            put_control(buffer, c);
        } else {
            if (c == '\\' || (quote && c == (unsigned char)quote))
                buffer_char(buffer, '\\');
            buffer_slice(buffer, slice_first(text, length));
        }
        text = slice_from(text, length);
    }
}

void escape_shown(struct buffer *buffer, struct slice text, bool ascii_only) {
    put_escaped(buffer, text, ascii_only, '\0');
}

void escape_quoted(struct buffer *buffer, struct slice text, bool ascii_only) {
    buffer_char(buffer, '\'');
    put_escaped(buffer, text, ascii_only, '\'');
    buffer_char(buffer, '\'');
}

void escape_json(struct buffer *buffer, struct slice text) {
    while (step_to_special(buffer, &text)) {
        uint32_t c;
        size_t length = utf8_next(text, &c);
        if (length == 0) {
            buffer_slice(buffer, SLICE("\xef\xbf\xbd"));
            length = 1;
        } else if (c == '"' || c == '\\') {
            buffer_format(buffer, "\\%c", (int)c);
        } else if (c < 0x20 || (c >= 0x7f && c < 0xa0)) {
            buffer_format(buffer, "\\u%04x", c);
        } else {
            buffer_slice(buffer, slice_first(text, length));
        }
        text = slice_from(text, length);
    }
}

static bool is_plain(struct slice text, bool ascii_only) {
    while (text.length > 0) {
        uint32_t c;
        size_t length = utf8_next(text, &c);
        if (length == 0 || is_unseen(c) || (ascii_only && c >= 0x80))
            return false;
        text = slice_from(text, length);
    }
    return true;
}

/* Inside $'…' a number may swallow digits behind it, and \u depends on the locale: bytes, in octal,
 * always three digits. */
static void put_dollar_quoted(struct buffer *buffer, struct slice text, bool ascii_only) {
    buffer_slice(buffer, SLICE("$'"));
    while (text.length > 0) {
        uint32_t c;
        size_t length = utf8_next(text, &c);
        if (length == 0 || is_unseen(c) || (ascii_only && c >= 0x80)) {
            length = length ? length : 1;
            for (size_t i = 0; i < length; i++) {
                unsigned char byte = (unsigned char)text.data[i];
                if (byte == '\n')
                    buffer_slice(buffer, SLICE("\\n"));
                else
                    buffer_format(buffer, "\\%03o", byte);
            }
        } else {
            if (c == '\\' || c == '\'')
                buffer_char(buffer, '\\');
            buffer_slice(buffer, slice_first(text, length));
        }
        text = slice_from(text, length);
    }
    buffer_char(buffer, '\'');
}

void escape_shell(struct buffer *buffer, struct slice text, bool ascii_only) {
    if (!is_plain(text, ascii_only)) {
        put_dollar_quoted(buffer, text, ascii_only);
        return;
    }
    buffer_char(buffer, '\'');
    for (size_t i = 0; i < text.length; i++) {
        if (text.data[i] == '\'')
            buffer_slice(buffer, SLICE("'\\''"));
        else
            buffer_char(buffer, text.data[i]);
    }
    buffer_char(buffer, '\'');
}

void escape_base64(struct buffer *buffer, struct slice bytes) {
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    for (size_t at = 0; at < bytes.length; at += 3) {
        size_t count = bytes.length - at < 3 ? bytes.length - at : 3;
        uint32_t group = 0;
        for (size_t i = 0; i < 3; i++)
            group = group << 8 | (i < count ? (unsigned char)bytes.data[at + i] : 0);
        for (size_t i = 0; i < 4; i++)
            buffer_char(buffer, i <= count ? digits[group >> (18 - 6 * i) & 63] : '=');
    }
}

/* SPDX-License-Identifier: MIT */
#include "base/buffer.h"

struct buffer buffer_in(struct arena *arena, size_t capacity) {
    char *data = arena_get(arena, capacity, 1);
    return (struct buffer){.data = data, .capacity = data ? capacity : 0};
}

void buffer_char(struct buffer *buffer, char byte) {
    if (buffer->length < buffer->capacity)
        buffer->data[buffer->length++] = byte;
    else
        buffer->cut = true;
}

void buffer_slice(struct buffer *buffer, struct slice text) {
    size_t room = buffer->capacity - buffer->length;
    if (text.length > room) {
        text.length = room;
        buffer->cut = true;
    }
    if (text.length)
        memcpy(buffer->data + buffer->length, text.data, text.length);
    buffer->length += text.length;
}

void buffer_pad(struct buffer *buffer, size_t line_start, size_t column) {
    while (buffer->length < buffer->capacity && buffer->length - line_start < column)
        buffer_char(buffer, ' ');
}

/* What stands between the % and the letter. */
struct directive {
    bool left, zero, prefixed;
    int longs; /* 0 int, 1 long, 2 long long, 3 size_t */
    size_t width;
    size_t precision; /* SIZE_MAX: none given */
};

static void put_field(struct buffer *buffer, const struct directive *d, struct slice text) {
    size_t fill = d->width > text.length ? d->width - text.length : 0;
    for (size_t i = 0; i < fill && !d->left; i++)
        buffer_char(buffer, d->zero ? '0' : ' ');
    buffer_slice(buffer, text);
    for (size_t i = 0; i < fill && d->left; i++)
        buffer_char(buffer, ' ');
}

static void put_number(struct buffer *buffer, const struct directive *d, unsigned long long value,
                       unsigned base, bool negative) {
    char digits[32];
    size_t at = sizeof digits;
    do {
        digits[--at] = "0123456789abcdef"[value % base];
        value /= base;
    } while (value);
    if (d->prefixed && base == 16) {
        digits[--at] = 'x';
        digits[--at] = '0';
    }
    if (negative)
        digits[--at] = '-';
    put_field(buffer, d, (struct slice){digits + at, sizeof digits - at});
}

/* The next argument as an unsigned number of the directive's size. A macro: va_list cannot be
 * passed on and used again portably. */
#define NEXT_UNSIGNED(d, list)                                                                     \
    ((d).longs == 0   ? va_arg(list, unsigned)                                                     \
     : (d).longs == 1 ? va_arg(list, unsigned long)                                                \
     : (d).longs == 2 ? va_arg(list, unsigned long long)                                           \
                      : va_arg(list, size_t))
#define NEXT_SIGNED(d, list)                                                                       \
    ((d).longs == 0   ? (long long)va_arg(list, int)                                               \
     : (d).longs == 1 ? (long long)va_arg(list, long)                                              \
     : (d).longs == 2 ? va_arg(list, long long)                                                    \
                      : (long long)va_arg(list, size_t))

static const char *parse_flags(const char *at, struct directive *d) {
    for (;; at++) {
        if (*at == '-')
            d->left = true;
        else if (*at == '0')
            d->zero = true;
        else if (*at == '#')
            d->prefixed = true;
        else
            break;
    }
    while (*at >= '0' && *at <= '9')
        d->width = d->width * 10 + (size_t)(*at++ - '0');
    return at;
}

void buffer_format_list(struct buffer *buffer, const char *format, va_list list) {
    for (const char *at = format; *at; at++) {
        if (*at != '%') {
            buffer_char(buffer, *at);
            continue;
        }
        struct directive d = {.precision = SIZE_MAX};
        at = parse_flags(at + 1, &d);
        if (at[0] == '.' && at[1] == '*') {
            int precision = va_arg(list, int);
            d.precision = precision < 0 ? SIZE_MAX : (size_t)precision;
            at += 2;
        }
        while (*at == 'l') {
            d.longs++;
            at++;
        }
        if (*at == 'z') {
            d.longs = 3;
            at++;
        }
        switch (*at) {
        case 's': {
            const char *text = va_arg(list, const char *);
            if (!text)
                text = "(null)";
            size_t length = d.precision == SIZE_MAX
                                ? strlen(text)
                                : slice_find((struct slice){text, d.precision}, '\0');
            put_field(buffer, &d, (struct slice){text, length});
            break;
        }
        case 'c': {
            char byte = (char)va_arg(list, int);
            put_field(buffer, &d, (struct slice){&byte, 1});
            break;
        }
        case 'd':
        case 'i': {
            long long value = NEXT_SIGNED(d, list);
            unsigned long long size =
                value < 0 ? 0 - (unsigned long long)value : (unsigned long long)value;
            put_number(buffer, &d, size, 10, value < 0);
            break;
        }
        case 'u':
            put_number(buffer, &d, NEXT_UNSIGNED(d, list), 10, false);
            break;
        case 'o':
            put_number(buffer, &d, NEXT_UNSIGNED(d, list), 8, false);
            break;
        case 'x':
            put_number(buffer, &d, NEXT_UNSIGNED(d, list), 16, false);
            break;
        case '\0':
            return;
        default: /* %% and what the attribute lets no caller write */
            buffer_char(buffer, *at);
        }
    }
}

void buffer_format(struct buffer *buffer, const char *format, ...) {
    va_list list;
    va_start(list, format);
    buffer_format_list(buffer, format, list);
    va_end(list);
}

struct slice arena_format(struct arena *arena, const char *format, ...) {
    struct buffer buffer = buffer_in(arena, 1024);
    va_list list;
    va_start(list, format);
    buffer_format_list(&buffer, format, list);
    va_end(list);
    /* The unused tail goes back, zeroed bytes as arena_get promises: nothing was written there. */
    if (buffer.data)
        arena->next = buffer.data + buffer.length;
    return buffer_text(&buffer);
}

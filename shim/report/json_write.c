/* SPDX-License-Identifier: MIT */
#include "base/escape.h"
#include "report/json.h"

void json_separate(struct buffer *out) {
    char last = out->length > 0 ? out->data[out->length - 1] : '{';
    if (last != '{' && last != '[' && last != ':')
        buffer_char(out, ',');
}

void json_key(struct buffer *out, const char *name) {
    json_separate(out);
    buffer_char(out, '"');
    buffer_slice(out, slice_of(name));
    buffer_slice(out, SLICE("\":"));
}

void json_value(struct buffer *out, struct slice text) {
    json_separate(out);
    buffer_char(out, '"');
    escape_json(out, text);
    buffer_char(out, '"');
}

void json_string(struct buffer *out, const char *name, struct slice text) {
    json_key(out, name);
    json_value(out, text);
}

void json_string_or_null(struct buffer *out, const char *name, struct slice text) {
    json_key(out, name);
    if (text.length > 0)
        json_value(out, text);
    else
        buffer_slice(out, SLICE("null"));
}

void json_number(struct buffer *out, const char *name, long long value) {
    json_key(out, name);
    buffer_format(out, "%lld", value);
}

void json_boolean(struct buffer *out, const char *name, bool value) {
    json_key(out, name);
    buffer_slice(out, value ? SLICE("true") : SLICE("false"));
}

void json_path(struct buffer *out, const char *name, struct slice text) {
    json_string(out, name, text);
    if (utf8_valid(text))
        return;
    json_separate(out);
    buffer_format(out, "\"%s_base64\":\"", name);
    escape_base64(out, text);
    buffer_char(out, '"');
}

void json_object(struct buffer *out, const char *name) {
    if (name)
        json_key(out, name);
    else
        json_separate(out);
    buffer_char(out, '{');
}

void json_array(struct buffer *out, const char *name) {
    json_key(out, name);
    buffer_char(out, '[');
}

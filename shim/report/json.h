/* SPDX-License-Identifier: MIT */
/* Writing JSON into a bounded buffer. Commas are put where they belong; braces and brackets are
 * closed by the caller. All of it is safe in a signal handler. */
#ifndef PERMSHIM_REPORT_JSON_H
#define PERMSHIM_REPORT_JSON_H

#include "base/buffer.h"

/* A comma, unless this is the first of its object or array. */
void json_separate(struct buffer *out);

/* Each takes the name of a member of the object that is open. */
void json_key(struct buffer *out, const char *name);
void json_string(struct buffer *out, const char *name, struct slice text);
void json_string_or_null(struct buffer *out, const char *name, struct slice text); /* empty: null */
void json_number(struct buffer *out, const char *name, long long value);
void json_boolean(struct buffer *out, const char *name, bool value);
void json_array(struct buffer *out, const char *name);

/* `name`, and beside it NAME_base64 with the exact bytes where JSON cannot carry them. */
void json_path(struct buffer *out, const char *name, struct slice text);

/* Opens an object: a member called `name`, or with NULL an element of the array that is open. */
void json_object(struct buffer *out, const char *name);

/* A string that is an element of the array that is open. */
void json_value(struct buffer *out, struct slice text);

#endif

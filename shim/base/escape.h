/* SPDX-License-Identifier: MIT */
/* Bytes that somebody else chose, made safe for a terminal, a JSON reader or a shell. */
#ifndef PERMSHIM_BASE_ESCAPE_H
#define PERMSHIM_BASE_ESCAPE_H

#include "base/buffer.h"

/* All functions here are safe in a signal handler. */

/* Decodes the first character of a non-empty text; returns its length in bytes, or 0 when it is not
 * valid UTF-8 (RFC 3629: no overlong forms, no surrogates, at most U+10FFFF). */
size_t utf8_next(struct slice text, uint32_t *character);

bool utf8_valid(struct slice text);

/* Encodes a character in up to 4 bytes; U+DC80 … U+DCFF is the byte 0x80 … 0xff that it stands for
 * where a name is not UTF-8 (PEP 383). Returns how many bytes. */
size_t utf8_encode(uint32_t character, char bytes[4]);

/*
 * Shows text to a person: control characters (C0, DEL, C1), what steers the direction of text, line
 * separators and invalid bytes become \n, \t, \x1b, \u202e; a backslash is doubled, so that what is
 * shown can be read back. With `ascii_only` every other character beyond ASCII becomes \u or \U
 * too.
 */
void escape_shown(struct buffer *buffer, struct slice text, bool ascii_only);

/* The same between single quotes, with ' inside as \'. */
void escape_quoted(struct buffer *buffer, struct slice text, bool ascii_only);

/* The inside of a JSON string: control characters (C0, DEL, C1) as \u, since a terminal may be what
 * reads it. An invalid byte becomes U+FFFD. */
void escape_json(struct buffer *buffer, struct slice text);

/* One word for a POSIX shell: '…', with ' as '\''; or $'…' (POSIX.1-2024) when the text holds what
 * escape_shown would escape, so that it can still be pasted. */
void escape_shell(struct buffer *buffer, struct slice text, bool ascii_only);

/* Base64 with padding, RFC 4648 section 4. */
void escape_base64(struct buffer *buffer, struct slice bytes);

#endif

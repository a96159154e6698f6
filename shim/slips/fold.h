/* SPDX-License-Identifier: MIT */
/* Names without what a reader does not see: letter case, Unicode form, look-alike characters. */
#ifndef PERMSHIM_SLIPS_FOLD_H
#define PERMSHIM_SLIPS_FOLD_H

#include "base/buffer.h"

/* All functions here are pure and safe in a signal handler. */

enum { NAME_MOST_POINTS = 320 }; /* 255 bytes decompose to fewer, with the rarest exceptions */

enum fold {
    FOLD_CASE = 1,  /* lower case */
    FOLD_FORM = 2,  /* canonical decomposition (NFD) */
    FOLD_LOOKS = 4, /* typographic dashes, quotes and blanks and full-width letters to ASCII */
};

/* The code points of `name`, folded; a byte that is not UTF-8 is U+DC00 + byte. Returns how many,
 * at most `most`. */
size_t fold_name(struct slice name, unsigned folds, uint32_t *points, size_t most);

enum form {
    FORM_COMPOSED,    /* NFC */
    FORM_DECOMPOSED,  /* NFD, as macOS writes names */
    FORM_PLAIN,       /* look-alikes replaced by ASCII, then NFC */
    FORM_TYPOGRAPHIC, /* the other way round: en dash, curly apostrophe, macOS's blank before PM */
    /* unpacked with the wrong code page, or not converted at all */
    FORM_WINDOWS_BYTES,
    FORM_FROM_WINDOWS,
    FORM_DOS_BYTES,
    FORM_FROM_DOS,
    FORM_COUNT
};

/* Code pages of archives that were made on Windows. */
enum code_page { PAGE_WINDOWS, PAGE_DOS };

/* encoding.c: every byte as the character that it is in the page, in UTF-8; the other way round,
 * every character as its byte: false when the page has not all. */
bool page_decode(struct slice name, enum code_page page, struct buffer *out);
bool page_encode(struct slice name, enum code_page page, struct buffer *out);

/* Writes the name in another form; false when it does not fit. */
bool form_write(struct slice name, enum form form, struct buffer *out);

/* Lower case of one character, one to one. */
uint32_t point_lower(uint32_t point);

/* The upper case of one character below U+3400, or the character itself. */
uint32_t point_upper(uint32_t point);

/* Puts one character as UTF-8, U+DC80 … U+DCFF as the byte it stands for. */
void point_write(struct buffer *out, uint32_t point);

/* The next character of a text that is not empty, decoded as fold_name() does; returns its bytes.
 */
size_t point_next(struct slice text, uint32_t *point);

/* A blank, a control or a zero-width character: nothing that a reader sees. */
bool point_invisible(uint32_t point);

/* A quotation mark of any kind. */
bool point_quote(uint32_t point);

#endif

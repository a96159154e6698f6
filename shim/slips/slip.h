/* SPDX-License-Identifier: MIT */
/*
 * Slips: the ways in which a path goes wrong on its way to open(2), and how to undo one. Pure text:
 * no system call, no memory but the caller's. Safe in a signal handler.
 */
#ifndef PERMSHIM_SLIPS_SLIP_H
#define PERMSHIM_SLIPS_SLIP_H

#include "base/buffer.h"

/* In the order of the contract's causes, which carry the same names. */
enum slip {
    SLIP_WHITESPACE,
    SLIP_QUOTES,
    SLIP_LINE,
    SLIP_UNEXPANDED,
    SLIP_WINDOWS,
    SLIP_URI,
    SLIP_BASE, /* undone by whoever knows other directories, facts/bases.c */
    SLIP_CASE,
    SLIP_UNICODE,
    SLIP_EXTENSION,
    SLIP_NUMBER,
    SLIP_TYPO,
    SLIP_COUNT
};

#define SLIP_BIT(slip) (1u << (slip))

/* ---- slips of a whole path ---- */

/* How many ways there are to undo it; 0 for a slip that concerns a single name. */
unsigned slip_variants(enum slip slip);

/*
 * Writes `path` without the slip, undone in the way `variant`, into `out`; false, with `out`
 * undefined, when that changes nothing or does not fit. `environment` is "NAME=value\0…" as in
 * /proc/self/environ.
 */
bool slip_undo(enum slip slip, unsigned variant, struct slice path, struct slice environment,
               struct buffer *out);

/* slip_undo() for SLIP_UNEXPANDED, which calls it. */
bool slip_undo_unexpanded(unsigned variant, struct slice path, struct slice environment,
                          struct buffer *out);

/* The name of the first variable in the path that the environment does not have; empty: none, or
 * the environment is not known. */
struct slice slip_unset_variable(struct slice path, struct slice environment);

/* The value of a variable, or an empty slice. */
struct slice environment_value(struct slice environment, struct slice name);

/* What stands behind the image's name in a line of a list: one of " \t,;|". */
char slip_list_separator(struct slice path);

/* Whether the quotation marks in it are those of a printed object: "['a.jpg']", "d/b'a.jpg'". */
bool slip_is_printed(struct slice path);

/* ---- signs of a slip that cannot be undone ---- */

enum slip_sign {
    SIGN_NONE,
    SIGN_TILDE,    /* ~ or ~user */
    SIGN_VARIABLE, /* $VAR, ${VAR}, %VAR% */
    SIGN_BRACES,   /* {} or {name} */
    SIGN_PRINTF,   /* %s, %05d */
    SIGN_GLOB,     /* * ? [a-z] */
    SIGN_URL,      /* http://, s3:// … */
    SIGN_DRIVE,    /* C:\, C:/ or \\server */
    SIGN_NOTHING,  /* None, nan, undefined: the text of a value that is not there */
};

/* What in the path shows that a step was left out, and in `*seen` the bytes that show it. */
enum slip_sign slip_sign(struct slice path, struct slice *seen);

/* ---- slips of one name ---- */

/* How many names name_variant() can make, and how many of this one, the first ones, are worth
 * asking any directory for. `last` as there. */
unsigned name_variants(void);
unsigned name_likely_variants(struct slice name, bool last);

/*
 * Another name that may have been meant, in order of likelihood: other letter case, Unicode form,
 * image suffix, zero padding, and two of these. `last`: the name is the last of its path, and may
 * get another suffix. Sets *slips to what was undone. False: this number gives nothing new.
 */
bool name_variant(struct slice name, bool last, unsigned number, struct buffer *out,
                  unsigned *slips);

/* Whether `other` may be one that name_variant() makes of `name`: says no to most names that are
 * not, and never to one that is. A fraction of the cost of making them. */
bool name_may_vary_into(struct slice name, struct slice other);

/* How many names name_edit() can make of this one. */
unsigned name_edits(struct slice name);

/* The name with one letter swapped with the next, left out, replaced or put in; digits and suffix
 * are left alone. False: this number gives nothing new. */
bool name_edit(struct slice name, unsigned number, struct buffer *out);

/* Where the suffix begins: the last dot behind the first byte (".nii" counts with ".gz"), or the
 * length. */
size_t name_suffix(struct slice name);

/* The digits of the last number before the suffix, within `name`; empty: there is none. */
struct slice name_number(struct slice name);

/* Whether the name ends, before its suffix, as a float is written: "12.0.jpg". */
bool name_has_fraction(struct slice name);

/* Whether ".jpg" is the suffix of an image format, images.def, in any letter case. */
bool suffix_is_image(struct slice suffix);

#endif

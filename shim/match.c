/* SPDX-License-Identifier: MIT */
#include "match.h"
#include "base/start.h"

static unsigned char lower(char byte) {
    return (unsigned char)(byte >= 'A' && byte <= 'Z' ? byte + ('a' - 'A') : byte);
}

enum { SUFFIX_BYTES = 8 };

/* Filled up with NULs: as big-endian numbers they stand in the order of the alphabet. */
static const char images[][SUFFIX_BYTES] = {
#define IMAGE(suffix) suffix,
#include "images.def"
#undef IMAGE
};

static bool may_be_image(const struct matcher *matcher, uint64_t suffix) {
    return matcher->pairs[suffix >> 56 & 31] >> (suffix >> 48 & 31) & 1;
}

static uint64_t number_of(const char bytes[SUFFIX_BYTES]) {
    uint64_t number;
    memcpy(&number, bytes, sizeof number);
    return __builtin_bswap64(number);
}

/* Halves the list without a jump that depends on the answer. */
static __attribute__((noinline)) bool is_image(uint64_t suffix) {
    const char(*at)[SUFFIX_BYTES] = images;
    for (size_t left = sizeof images / sizeof *images; left > 1;) {
        size_t half = left / 2;
        at += number_of(at[half]) <= suffix ? half : 0;
        left -= half;
    }
    return number_of(*at) == suffix;
}

static void be_careful_at(struct matcher *matcher, unsigned end) {
    matcher->careful_ends[end / 64] |= (uint64_t)1 << end % 64;
}

static bool is_careful_at(const struct matcher *matcher, unsigned char end) {
    return matcher->careful_ends[end / 64] >> end % 64 & 1;
}

static bool is_alphanumeric(unsigned char byte) {
    return (lower((char)byte) >= 'a' && lower((char)byte) <= 'z') || (byte >= '0' && byte <= '9');
}

START_CODE void match_clear(struct matcher *matcher) {
    /* All bytes but '0' to '9' (48 on), 'A' to 'Z' (64 + 1 on) and 'a' to 'z' (64 + 33 on). */
    const uint64_t digits = (uint64_t)0x3ff << 48, letters = 0x3ffffff;
    memset(matcher, 0, offsetof(struct matcher, globs) + 1); /* the rest need not be touched */
    matcher->careful_ends[0] = ~digits;
    matcher->careful_ends[1] = ~(letters << 1 | letters << 33);
    matcher->careful_ends[2] = UINT64_MAX;
    matcher->careful_ends[3] = UINT64_MAX;
}

bool match_add(struct matcher *matcher, struct slice glob) {
    if (glob.length == 0)
        return false;
    if (slice_is(glob, "*")) {
        matcher->everything = true;
        memset(matcher->careful_ends, 0xff, sizeof matcher->careful_ends);
        return true;
    }
    if (matcher->globs_length + glob.length + 2 > sizeof matcher->globs)
        return false;
    memcpy(matcher->globs + matcher->globs_length, glob.data, glob.length);
    matcher->globs_length += glob.length;
    memset(matcher->globs + matcher->globs_length++, '\0', 2);
    unsigned char last = lower(glob.data[glob.length - 1]);
    bool ends_in_itself =
        is_alphanumeric(last) && !(glob.length > 1 && glob.data[glob.length - 2] == '\\');
    if (ends_in_itself) {
        be_careful_at(matcher, last);
        be_careful_at(matcher, last & ~0x20u); /* the capital; of a digit some control character */
    } else {
        memset(matcher->careful_ends, 0xff, sizeof matcher->careful_ends);
    }
    return true;
}

START_CODE void match_add_images(struct matcher *matcher) {
    /* Not a loop: the compiler makes one number of all that begin alike. */
#define IMAGE(suffix) matcher->pairs[(suffix)[0] % 32] |= (uint32_t)1 << (suffix)[1] % 32;
#define IMAGE_GLOB(glob) match_add(matcher, SLICE(glob));
#include "images.def"
#undef IMAGE
}

/* The length of the invisible or quoting character that ends the text, 0 when there is none: ASCII
 * blanks, controls and quotes; in UTF-8 NBSP, smart quotes, zero-width characters and the BOM. */
static size_t trailing_matter(struct slice text) {
    if (text.length == 0)
        return 0;
    unsigned char last = (unsigned char)text.data[text.length - 1];
    if (last <= ' ' || last == 0x7f || last == '"' || last == '\'' || last == '`' || last == '/')
        return 1;
    if (last < 0x80 || text.length < 2)
        return 0;
    unsigned char before = (unsigned char)text.data[text.length - 2];
    if (before == 0xc2)
        return last == 0xa0 ? 2 : 0;
    if (text.length < 3)
        return 0;
    unsigned char first = (unsigned char)text.data[text.length - 3];
    bool general = first == 0xe2 && before == 0x80 &&
                   ((last >= 0x8b && last <= 0x8f) || (last >= 0x98 && last <= 0x9f) ||
                    last == 0xa8 || last == 0xa9);
    bool mark = first == 0xef && before == 0xbb && last == 0xbf;
    return general || mark ? 3 : 0;
}

/* "['a.jpg', 'b.jpg']", "PosixPath('a.jpg')", "tf.Tensor(b'a.jpg', shape=(), dtype=string)": what
 * printing an object gave, up to its last quote. */
static struct slice without_printed_end(struct slice path) {
    size_t end = path.length;
    if (end == 0 || !slice_has(SLICE(")]}>"), path.data[end - 1]))
        return path;
    while (end > 0 && path.data[end - 1] != '\'' && path.data[end - 1] != '"')
        end--;
    return end > 0 ? slice_first(path, end) : path;
}

struct slice match_strip(struct slice path) {
    for (unsigned i = 0; i < 2; i++) {
        for (size_t length; (length = trailing_matter(path)) != 0;)
            path.length -= length;
        path = i == 0 ? without_printed_end(path) : path;
    }
    return path;
}

/* The set at glob.data[0] == '[': its length, or 0 when it never ends; *matches says the rest. */
static size_t match_set(struct slice glob, unsigned char byte, bool *matches) {
    size_t at = 1;
    bool negated = at < glob.length && (glob.data[at] == '!' || glob.data[at] == '^');
    if (negated)
        at++;
    bool found = false;
    for (size_t first = at; at < glob.length; at++) {
        if (glob.data[at] == ']' && at > first) {
            *matches = found != negated;
            return at + 1;
        }
        unsigned char low = lower(glob.data[at]), high = low;
        if (at + 2 < glob.length && glob.data[at + 1] == '-' && glob.data[at + 2] != ']') {
            high = lower(glob.data[at + 2]);
            at += 2;
        }
        found = found || (byte >= low && byte <= high);
    }
    return 0;
}

/* The length of the pattern element at glob.data[0] when it matches the byte, else 0. */
static size_t match_one(struct slice glob, char byte) {
    unsigned char folded = lower(byte);
    bool in_set;
    size_t length;
    switch (glob.data[0]) {
    case '?':
        return 1;
    case '[':
        length = match_set(glob, folded, &in_set);
        if (length > 0)
            return in_set ? length : 0;
        break; /* never closed: an ordinary character */
    case '\\':
        if (glob.length > 1)
            return lower(glob.data[1]) == folded ? 2 : 0;
        break;
    default:
        break;
    }
    return lower(glob.data[0]) == folded ? 1 : 0;
}

bool match_glob(struct slice glob, struct slice name) {
    /* Only the last star needs to be tried again: what stands before it has been matched for good.
     */
    struct slice glob_after_star = {0}, name_at_star = {0};
    bool star = false;
    for (;;) {
        if (glob.length > 0 && glob.data[0] == '*') {
            star = true;
            glob = slice_from(glob, 1);
            glob_after_star = glob;
            name_at_star = name;
            continue;
        }
        if (glob.length == 0 && name.length == 0)
            return true;
        size_t length = glob.length > 0 && name.length > 0 ? match_one(glob, name.data[0]) : 0;
        if (length > 0) {
            glob = slice_from(glob, length);
            name = slice_from(name, 1);
            continue;
        }
        if (!star || name_at_star.length == 0)
            return false;
        name_at_star = slice_from(name_at_star, 1);
        glob = glob_after_star;
        name = name_at_star;
    }
}

static __attribute__((noinline)) bool match_globs(const struct matcher *matcher,
                                                  struct slice path) {
    struct slice name = slice_basename(path);
    for (const char *glob = matcher->globs; *glob; glob += strlen(glob) + 1)
        if (match_glob(slice_of(glob), name))
            return true;
    return false;
}

/* The bytes behind the last point of eight, in lower case, as a big-endian number; 0 when there is
 * no point. All eight at once: most failing opens come by here. */
static inline uint64_t suffix_of(const char end[SUFFIX_BYTES]) {
    const uint64_t ones = 0x0101010101010101u;
    uint64_t word; /* the last byte is its highest, on a little-endian machine */
    memcpy(&word, end, sizeof word);
    uint64_t differs = word ^ ones * '.'; /* a point has become a zero byte … */
    uint64_t points = ~(((differs & ones * 0x7f) + ones * 0x7f) | differs | ones * 0x7f);
    if (points == 0) /* … and here the high bit of its byte is set, of no other */
        return 0;
    unsigned behind = (unsigned)__builtin_clzll(points) & ~7u; /* bits above the last point */
    if (behind == 0)
        return 0;
    /* Setting bit 5 makes capitals small and leaves digits; is_plain() rules out what else it may
     * turn into them. */
    return __builtin_bswap64((word | ones * 0x20) >> (64 - behind));
}

/* Are the bytes behind the last point letters and digits? */
static __attribute__((noinline)) bool is_plain(struct slice path) {
    for (size_t i = path.length; i-- > 0 && path.data[i] != '.';)
        if (!is_alphanumeric((unsigned char)path.data[i]))
            return false;
    return true;
}

/* "a.jpg 0", "a.jpg,cat" and "a.jpg?v=2": behind the last point are a suffix and another column, or
 * the query of a URI. */
static __attribute__((noinline)) bool has_column(struct slice path) {
    char suffix[SUFFIX_BYTES] = {0};
    size_t at = path.length, length = 0;
    while (at > 0 && path.data[at - 1] != '.')
        at--;
    for (; at < path.length && is_alphanumeric((unsigned char)path.data[at]); at++) {
        if (length == SUFFIX_BYTES)
            return false;
        suffix[length++] = (char)lower(path.data[at]);
    }
    return at < path.length && slice_has(SLICE(" \t,;|?"), path.data[at]) &&
           is_image(number_of(suffix));
}

static inline bool ends_as_image(const struct matcher *matcher, uint64_t suffix,
                                 struct slice path) {
    return may_be_image(matcher, suffix) && (is_image(suffix) ? is_plain(path) : has_column(path));
}

/* A path that is short, that ends in something to strip, or that a glob may match. */
static __attribute__((noinline)) bool match_carefully(const struct matcher *matcher,
                                                      struct slice path) {
    char end[SUFFIX_BYTES] = {0};
    if (matcher->everything)
        return true;
    path = match_strip(path);
    size_t taken = path.length < SUFFIX_BYTES ? path.length : SUFFIX_BYTES;
    memcpy(end + SUFFIX_BYTES - taken, path.data + path.length - taken, taken);
    uint64_t suffix = suffix_of(end);
    return ends_as_image(matcher, suffix, path) || match_globs(matcher, path);
}

bool match_path(const struct matcher *matcher, const char *path) {
    size_t length = strlen(path);
    if (length < SUFFIX_BYTES || is_careful_at(matcher, (unsigned char)path[length - 1]))
        return match_carefully(matcher, (struct slice){path, length});
    uint64_t suffix = suffix_of(path + length - SUFFIX_BYTES);
    return ends_as_image(matcher, suffix, (struct slice){path, length});
}

/* SPDX-License-Identifier: MIT */
#include "match.h"

static unsigned char lower(char byte) {
    return (unsigned char)(byte >= 'A' && byte <= 'Z' ? byte + ('a' - 'A') : byte);
}

/* Fibonacci hashing: the high bits of a product with 2^64 divided by the golden ratio. */
static size_t suffix_slot(uint64_t suffix) {
    _Static_assert(MATCH_SUFFIX_SLOTS == 1 << 9, "the shift takes the highest 9 bits");
    return (size_t)(suffix * 0x9e3779b97f4a7c15u >> (64 - 9));
}

static bool has_suffix(const struct matcher *matcher, uint64_t suffix) {
    for (size_t slot = suffix_slot(suffix);; slot = (slot + 1) % MATCH_SUFFIX_SLOTS) {
        if (matcher->suffixes[slot] == suffix)
            return true;
        if (matcher->suffixes[slot] == 0)
            return false;
    }
}

static bool add_suffix(struct matcher *matcher, struct slice suffix) {
    uint64_t packed = 0;
    for (size_t i = suffix.length; i-- > 0;)
        packed = packed << 8 | lower(suffix.data[i]);
    if (has_suffix(matcher, packed))
        return true;
    if (matcher->suffix_count >= MATCH_SUFFIX_SLOTS / 2)
        return false;
    size_t slot = suffix_slot(packed);
    while (matcher->suffixes[slot] != 0)
        slot = (slot + 1) % MATCH_SUFFIX_SLOTS;
    matcher->suffixes[slot] = packed;
    matcher->suffix_count++;
    return true;
}

void match_add_images(struct matcher *matcher) {
#define IMAGE(suffix) match_add(matcher, SLICE("*." suffix));
#include "images.def"
#undef IMAGE
}

static void set_bit(uint64_t bits[4], unsigned char bit) {
    bits[bit / 64] |= (uint64_t)1 << (bit % 64);
}

static bool has_bit(const uint64_t bits[4], unsigned char bit) {
    return bits[bit / 64] >> (bit % 64) & 1;
}

static bool is_literal(struct slice text) {
    for (size_t i = 0; i < text.length; i++)
        if (memchr("*?[\\./", text.data[i], 6))
            return false;
    return true;
}

bool match_add(struct matcher *matcher, struct slice glob) {
    if (glob.length == 0)
        return false;
    if (slice_is(glob, "*")) {
        matcher->everything = true;
        return true;
    }
    struct slice suffix = slice_from(glob, 2);
    if (slice_starts(glob, SLICE("*.")) && suffix.length > 0 &&
        suffix.length <= MATCH_SUFFIX_BYTES && is_literal(suffix))
        return add_suffix(matcher, suffix);
    if (matcher->globs_length + glob.length + 2 > sizeof matcher->globs)
        return false;
    memcpy(matcher->globs + matcher->globs_length, glob.data, glob.length);
    matcher->globs_length += glob.length + 1;
    char last = glob.data[glob.length - 1];
    bool ends_in_itself =
        !memchr("*?]\\", last, 4) && !(glob.length > 1 && glob.data[glob.length - 2] == '\\');
    if (ends_in_itself)
        set_bit(matcher->glob_ends, lower(last));
    else
        memset(matcher->glob_ends, 0xff, sizeof matcher->glob_ends);
    return true;
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

struct slice match_strip(struct slice path) {
    for (size_t length; (length = trailing_matter(path)) != 0;)
        path.length -= length;
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

static bool match_globs(const struct matcher *matcher, struct slice name) {
    for (const char *glob = matcher->globs; *glob; glob += strlen(glob) + 1)
        if (match_glob(slice_of(glob), name))
            return true;
    return false;
}

bool match_path(const struct matcher *matcher, const char *path) {
    if (matcher->everything)
        return true;
    struct slice rest = match_strip(slice_of(path));
    uint64_t suffix = 0;
    size_t most = rest.length < MATCH_SUFFIX_BYTES + 1 ? rest.length : MATCH_SUFFIX_BYTES + 1;
    for (size_t i = 1; i <= most; i++) {
        char byte = rest.data[rest.length - i];
        if (byte == '.') {
            if (suffix && has_suffix(matcher, suffix))
                return true;
            break;
        }
        if (byte == '/')
            break;
        suffix = suffix << 8 | lower(byte);
    }
    return rest.length > 0 && has_bit(matcher->glob_ends, lower(rest.data[rest.length - 1])) &&
           match_globs(matcher, slice_basename(rest));
}

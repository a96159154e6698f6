/* SPDX-License-Identifier: MIT */
#include "match.h"

static unsigned char lower(char byte) {
    unsigned char code = (unsigned char)byte;
    return (unsigned char)(code >= 'A' && code <= 'Z' ? code | 0x20 : code);
}

static unsigned char upper(char byte) {
    unsigned char code = (unsigned char)byte;
    return (unsigned char)(code >= 'a' && code <= 'z' ? code & ~0x20 : code);
}

/* Eight bytes at once, each by itself: no carry leaves a byte whose highest bit is clear. */
static const uint64_t every_byte = 0x0101010101010101u;

static uint64_t lower_all(uint64_t bytes) {
    uint64_t low = bytes & 0x7f * every_byte;
    /* Adding sets the highest bit from 'A' on, and from behind 'Z' on. */
    uint64_t from_a = low + (0x80 - 'A') * every_byte, behind_z = low + (0x7f - 'Z') * every_byte;
    uint64_t upper = (from_a ^ behind_z) & ~bytes & 0x80 * every_byte;
    return bytes | upper >> 2;
}

/* The highest bit of each byte that is `byte`. */
static uint64_t find_all(uint64_t bytes, char byte) {
    uint64_t differ = bytes ^ (unsigned char)byte * every_byte;
    return ~(((differ & 0x7f * every_byte) + 0x7f * every_byte) | differ | 0x7f * every_byte);
}

/* A suffix is packed with its first byte lowest. Its slot is by Fibonacci hashing: the high bits of
 * a product with 2^64 divided by the golden ratio. Bit 0x20 is set, so that case does not count. */
static size_t suffix_slot(uint64_t suffix) {
    _Static_assert(MATCH_SUFFIX_SLOTS == 1 << 9, "the shift takes the highest 9 bits");
    return (size_t)((suffix | 0x20 * every_byte) * 0x9e3779b97f4a7c15u >> (64 - 9));
}

/* Most suffixes that are looked for in vain meet an empty slot and are never folded. */
static bool has_suffix(const struct matcher *matcher, uint64_t suffix) {
    size_t slot = suffix_slot(suffix);
    if (matcher->suffixes[slot] == 0)
        return false;
    suffix = lower_all(suffix);
    while (matcher->suffixes[slot] != 0 && matcher->suffixes[slot] != suffix)
        slot = (slot + 1) % MATCH_SUFFIX_SLOTS;
    return matcher->suffixes[slot] == suffix;
}

static bool add_suffix(struct matcher *matcher, struct slice text) {
    uint64_t suffix = 0;
    for (size_t i = text.length; i-- > 0;)
        suffix = suffix << 8 | lower(text.data[i]);
    size_t slot = suffix_slot(suffix);
    while (matcher->suffixes[slot] != 0) {
        if (matcher->suffixes[slot] == suffix)
            return true;
        slot = (slot + 1) % MATCH_SUFFIX_SLOTS;
    }
    if (matcher->suffix_count >= MATCH_SUFFIX_SLOTS / 2)
        return false;
    matcher->suffixes[slot] = suffix;
    matcher->suffix_count++;
    return true;
}

/* Every program pays for this when it starts: the compiler knows which ones are plain suffixes. */
void match_add_images(struct matcher *matcher) {
#define IMAGE(suffix)                                                                              \
    if (strchr(suffix, '.'))                                                                       \
        match_add(matcher, SLICE("*." suffix));                                                    \
    else                                                                                           \
        add_suffix(matcher, SLICE(suffix));
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
    if (ends_in_itself) {
        set_bit(matcher->glob_ends, lower(last));
        set_bit(matcher->glob_ends, upper(last));
    } else {
        memset(matcher->glob_ends, 0xff, sizeof matcher->glob_ends);
    }
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

static __attribute__((noinline)) bool match_globs(const struct matcher *matcher,
                                                  struct slice name) {
    for (const char *glob = matcher->globs; *glob; glob += strlen(glob) + 1)
        if (match_glob(slice_of(glob), name))
            return true;
    return false;
}

/* Whether the text may end in something that trailing_matter() takes off. */
static bool ends_in_doubt(struct slice text) {
    unsigned char last = text.length ? (unsigned char)text.data[text.length - 1] : 'a';
    return last <= '/' || last >= 0x7f || last == '`';
}

/* The suffix behind the last dot, packed; 0 when there is none, or a longer one than is looked for.
 * With a slash in it, it is none that is looked for. */
static uint64_t last_suffix(struct slice path) {
    uint64_t tail = 0; /* the last byte highest */
    if (path.length >= sizeof tail)
        memcpy(&tail, path.data + path.length - sizeof tail, sizeof tail);
    else
        for (size_t i = 0; i < path.length; i++)
            tail = tail >> 8 | (uint64_t)(unsigned char)path.data[i] << 56;
    uint64_t dots = find_all(tail, '.');
    int behind = dots ? __builtin_clzll(dots) : 0; /* bits behind the last dot */
    return behind > 0 ? tail >> (64 - behind) : 0;
}

bool match_path(const struct matcher *matcher, const char *path) {
    if (matcher->everything)
        return true;
    struct slice rest = {path, strlen(path)};
    if (ends_in_doubt(rest))
        rest = match_strip(rest);
    if (rest.length == 0)
        return false;
    uint64_t suffix = last_suffix(rest);
    if (suffix && has_suffix(matcher, suffix))
        return true;
    return has_bit(matcher->glob_ends, (unsigned char)rest.data[rest.length - 1]) &&
           match_globs(matcher, slice_basename(rest));
}

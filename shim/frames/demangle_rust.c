/* SPDX-License-Identifier: MIT */
/* Rust's v0 mangling (RFC 2603, "Symbol grammar"), as far as it makes up the path of a function. */
#include "frames/demangle_rust.h"

enum { MOST_DEPTH = 32, MOST_STEPS = 4096 };

struct reader {
    struct slice whole; /* behind the _R: what a back reference counts from */
    struct slice rest;
    struct buffer *out;
    size_t start;    /* of the path in `out` */
    unsigned silent; /* inside what is skipped: arguments, and where an impl stands */
    unsigned steps;
};

static bool read_path(struct reader *reader, unsigned depth);
static bool read_type(struct reader *reader, unsigned depth);

static bool goes_too_far(struct reader *reader, unsigned depth) {
    return depth > MOST_DEPTH || ++reader->steps > MOST_STEPS;
}

static char peek(const struct reader *reader) {
    return reader->rest.length ? reader->rest.data[0] : '\0';
}

static bool accept(struct reader *reader, char wanted) {
    if (reader->rest.length == 0 || reader->rest.data[0] != wanted)
        return false;
    reader->rest = slice_from(reader->rest, 1);
    return true;
}

/* Writes a component of the path. */
static void emit(struct reader *reader, struct slice name) {
    if (reader->silent || name.length == 0)
        return;
    if (reader->out->length > reader->start)
        buffer_slice(reader->out, SLICE("::"));
    buffer_slice(reader->out, name);
}

/* <base-62-number>: "_" is 0, "0_" is 1. */
static bool read_number(struct reader *reader, size_t *number) {
    const struct slice digits =
        SLICE("0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ");
    size_t value = 0;
    bool is_empty = true;
    for (; !accept(reader, '_'); is_empty = false) {
        size_t digit = slice_find(digits, peek(reader));
        if (digit == digits.length || __builtin_mul_overflow(value, (size_t)62, &value) ||
            __builtin_add_overflow(value, digit, &value))
            return false;
        reader->rest = slice_from(reader->rest, 1);
    }
    *number = is_empty ? 0 : value + 1;
    return true;
}

/* A number behind `mark`, which may be missing. */
static bool skip_number_if(struct reader *reader, char mark) {
    size_t number;
    return !accept(reader, mark) || read_number(reader, &number);
}

static bool read_identifier(struct reader *reader, struct slice *name) {
    unsigned long length;
    if (!skip_number_if(reader, 's')) /* what tells it from others of its name */
        return false;
    accept(reader, 'u');     /* Punycode, which stays */
    if (accept(reader, '0')) /* closures have no name; the next digit is another one's */
        length = 0;
    else if (!slice_number(&reader->rest, 10, &length))
        return false;
    accept(reader, '_');
    if (length > reader->rest.length)
        return false;
    *name = slice_first(reader->rest, length);
    reader->rest = slice_from(reader->rest, length);
    return true;
}

/* <backref>, behind its B: what stands there is read, unless it would be skipped anyway. */
static bool read_back(struct reader *reader, bool (*read)(struct reader *, unsigned),
                      unsigned depth) {
    size_t at;
    struct slice before = reader->rest;
    if (!read_number(reader, &at) || at >= (size_t)(before.data - 1 - reader->whole.data))
        return false; /* it points back */
    if (reader->silent)
        return true;
    struct slice behind = reader->rest;
    reader->rest = slice_from(reader->whole, at);
    bool known = read(reader, depth + 1);
    reader->rest = behind;
    return known;
}

static bool skip(struct reader *reader, bool (*read)(struct reader *, unsigned), unsigned depth) {
    reader->silent++;
    bool known = read(reader, depth + 1);
    reader->silent--;
    return known;
}

/* <const>: a type and a value. */
static bool read_const(struct reader *reader, unsigned depth) {
    if (goes_too_far(reader, depth))
        return false;
    if (accept(reader, 'p'))
        return true;
    if (accept(reader, 'B'))
        return read_back(reader, read_const, depth);
    if (!read_type(reader, depth + 1))
        return false;
    accept(reader, 'n');
    const struct slice digits = SLICE("0123456789abcdef");
    while (slice_has(digits, peek(reader)))
        reader->rest = slice_from(reader->rest, 1);
    return accept(reader, '_');
}

static bool read_argument(struct reader *reader, unsigned depth) {
    if (peek(reader) == 'L')
        return skip_number_if(reader, 'L');
    return accept(reader, 'K') ? read_const(reader, depth + 1) : read_type(reader, depth + 1);
}

/* Arguments or types up to an E. */
static bool skip_list(struct reader *reader, bool (*read)(struct reader *, unsigned),
                      unsigned depth) {
    while (!accept(reader, 'E'))
        if (!skip(reader, read, depth))
            return false;
    return true;
}

/* <dyn-trait>: a path, and types for what it associates. */
static bool read_dyn_trait(struct reader *reader, unsigned depth) {
    struct slice name;
    if (!read_path(reader, depth + 1))
        return false;
    while (accept(reader, 'p'))
        if (!read_identifier(reader, &name) || !skip(reader, read_type, depth))
            return false;
    return true;
}

static bool read_function_type(struct reader *reader, unsigned depth) {
    struct slice abi;
    emit(reader, SLICE("fn"));
    if (!skip_number_if(reader, 'G'))
        return false;
    accept(reader, 'U');
    if (accept(reader, 'K') && !accept(reader, 'C') && !read_identifier(reader, &abi))
        return false;
    return skip_list(reader, read_type, depth) && skip(reader, read_type, depth);
}

/* <type>. Of one that is no path only its kind is written. */
static bool read_type(struct reader *reader, unsigned depth) {
    static const char basic[26][6] = {
        ['a' - 'a'] = "i8",    ['b' - 'a'] = "bool", ['c' - 'a'] = "char", ['d' - 'a'] = "f64",
        ['e' - 'a'] = "str",   ['f' - 'a'] = "f32",  ['h' - 'a'] = "u8",   ['i' - 'a'] = "isize",
        ['j' - 'a'] = "usize", ['l' - 'a'] = "i32",  ['m' - 'a'] = "u32",  ['n' - 'a'] = "i128",
        ['o' - 'a'] = "u128",  ['p' - 'a'] = "_",    ['s' - 'a'] = "i16",  ['t' - 'a'] = "u16",
        ['u' - 'a'] = "()",    ['v' - 'a'] = "...",  ['x' - 'a'] = "i64",  ['y' - 'a'] = "u64",
        ['z' - 'a'] = "!",
    };
    if (goes_too_far(reader, depth))
        return false;
    char next = peek(reader);
    if (next >= 'a' && next <= 'z') {
        reader->rest = slice_from(reader->rest, 1);
        emit(reader, slice_of(basic[next - 'a']));
        return basic[next - 'a'][0] != '\0';
    }
    switch (next) {
    case 'A':
    case 'S':
        reader->rest = slice_from(reader->rest, 1);
        emit(reader, SLICE("[_]"));
        return skip(reader, read_type, depth) && (next == 'S' || skip(reader, read_const, depth));
    case 'T':
        reader->rest = slice_from(reader->rest, 1);
        emit(reader, SLICE("(_)"));
        return skip_list(reader, read_type, depth);
    case 'R':
    case 'Q':
        reader->rest = slice_from(reader->rest, 1);
        return skip_number_if(reader, 'L') && read_type(reader, depth + 1);
    case 'P':
    case 'O':
        reader->rest = slice_from(reader->rest, 1);
        return read_type(reader, depth + 1);
    case 'F':
        reader->rest = slice_from(reader->rest, 1);
        return read_function_type(reader, depth);
    case 'D':
        reader->rest = slice_from(reader->rest, 1);
        emit(reader, SLICE("dyn"));
        return skip_number_if(reader, 'G') && skip_list(reader, read_dyn_trait, depth) &&
               skip_number_if(reader, 'L');
    case 'B':
        reader->rest = slice_from(reader->rest, 1);
        return read_back(reader, read_type, depth);
    default:
        return read_path(reader, depth + 1);
    }
}

/* <impl-path>: where an impl stands is not what its functions are called by. */
static bool skip_impl(struct reader *reader, unsigned depth) {
    return skip_number_if(reader, 's') && skip(reader, read_path, depth);
}

/* N: a name in a namespace; capitals are those of the compiler's own making. */
static bool read_nested(struct reader *reader, unsigned depth) {
    struct slice name;
    char space = peek(reader);
    if (!space)
        return false;
    reader->rest = slice_from(reader->rest, 1);
    if (!read_path(reader, depth + 1) || !read_identifier(reader, &name))
        return false;
    if (space == 'C')
        name = SLICE("{closure}");
    else if (space == 'S')
        name = SLICE("{shim}");
    emit(reader, name);
    return true;
}

static bool read_path(struct reader *reader, unsigned depth) {
    struct slice name;
    if (goes_too_far(reader, depth))
        return false;
    if (accept(reader, 'C')) {
        if (!read_identifier(reader, &name))
            return false;
        emit(reader, name);
        return true;
    }
    if (accept(reader, 'M'))
        return skip_impl(reader, depth) && read_type(reader, depth + 1);
    if (accept(reader, 'X'))
        return skip_impl(reader, depth) && read_type(reader, depth + 1) &&
               skip(reader, read_path, depth);
    if (accept(reader, 'Y')) /* a trait's own function, for some type */
        return skip(reader, read_type, depth) && read_path(reader, depth + 1);
    if (accept(reader, 'N'))
        return read_nested(reader, depth);
    if (accept(reader, 'I'))
        return read_path(reader, depth + 1) && skip_list(reader, read_argument, depth);
    return accept(reader, 'B') && read_back(reader, read_path, depth);
}

bool demangle_rust(struct buffer *out, struct slice mangled) {
    if (!slice_starts(mangled, SLICE("_R")))
        return false;
    struct slice whole = slice_from(mangled, 2);
    struct reader reader = {.whole = whole, .rest = whole, .out = out, .start = out->length};
    return read_path(&reader, 0) && !out->cut && out->length > reader.start;
}

void demangle_rust_escapes(struct buffer *out, struct slice component) {
    static const struct {
        char code[6], text[3];
    } escapes[] = {
        {"..", "::"},   {"$LT$", "<"},   {"$GT$", ">"},  {"$RF$", "&"},  {"$BP$", "*"},
        {"$LP$", "("},  {"$RP$", ")"},   {"$C$", ","},   {"$u20$", " "}, {"$u27$", "'"},
        {"$u5b$", "["}, {"$u5d$", "]"},  {"$u7b$", "{"}, {"$u7d$", "}"}, {"$u3b$", ";"},
        {"$u2b$", "+"}, {"$u22$", "\""},
    };
    if (slice_is(component, "_$u7b$$u7b$closure$u7d$$u7d$"))
        component = SLICE("$u7b$closure$u7d$");
    if (slice_starts(component, SLICE("_$"))) /* so that the name starts as a name must */
        component = slice_from(component, 1);
    while (component.length > 0) {
        size_t i = 0, count = sizeof escapes / sizeof escapes[0];
        while (i < count && !slice_starts(component, slice_of(escapes[i].code)))
            i++;
        buffer_slice(out, i < count ? slice_of(escapes[i].text) : slice_first(component, 1));
        component = slice_from(component, i < count ? strlen(escapes[i].code) : 1);
    }
}

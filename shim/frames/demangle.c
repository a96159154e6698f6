/* SPDX-License-Identifier: MIT */
/* The part of the Itanium C++ ABI's mangling (section 5.1) that makes up names of functions; Rust's
 * older scheme writes its names in it. */
#include "frames/demangle.h"
#include "base/buffer.h"
#include "frames/demangle_rust.h"

enum { MOST_DEPTH = 32, MOST_STEPS = 4096, NAME_MOST = 512 };

struct reader {
    struct slice rest;
    struct buffer out;
    unsigned silent;   /* inside what is skipped: arguments and parameters */
    unsigned steps;    /* of types and components read so far */
    struct slice last; /* the component before: what a constructor is called */
};

static bool read_type(struct reader *reader, unsigned depth);
static bool read_encoding(struct reader *reader, unsigned depth);
static bool read_local(struct reader *reader, unsigned depth);

static char peek(const struct reader *reader) {
    return reader->rest.length ? reader->rest.data[0] : '\0';
}

static bool accept(struct reader *reader, const char *text) {
    struct slice wanted = slice_of(text);
    if (!slice_starts(reader->rest, wanted))
        return false;
    reader->rest = slice_from(reader->rest, wanted.length);
    return true;
}

/* One of the characters, which is stepped over. */
static bool accept_one(struct reader *reader, const char *characters) {
    char next = peek(reader);
    struct slice wanted = slice_of(characters);
    if (!next || !slice_has(wanted, next))
        return false;
    reader->rest = slice_from(reader->rest, 1);
    return true;
}

static bool goes_too_far(struct reader *reader, unsigned depth) {
    return depth > MOST_DEPTH || ++reader->steps > MOST_STEPS;
}

/* Writes a component; `last` is what its constructors are called. */
static void emit(struct reader *reader, const char *prefix, struct slice name, struct slice last) {
    if (reader->silent)
        return;
    reader->last = last;
    if (reader->out.length)
        buffer_slice(&reader->out, SLICE("::"));
    buffer_slice(&reader->out, slice_of(prefix));
    if (slice_has(name, '$'))
        demangle_rust_escapes(&reader->out, name);
    else
        buffer_slice(&reader->out, name);
}

/* <seq-id> or <number>, as in S1_ and T_: digits and capitals up to an underscore. */
static bool read_sequence(struct reader *reader) {
    while (accept_one(reader, "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ")) {
    }
    return accept(reader, "_");
}

/* <source-name>: its length in decimal, then its bytes. */
static bool read_source_name(struct reader *reader, struct slice *name) {
    unsigned long length;
    if (!slice_number(&reader->rest, 10, &length) || length == 0 || length > reader->rest.length)
        return false;
    *name = slice_first(reader->rest, length);
    reader->rest = slice_from(reader->rest, length);
    return true;
}

/* Rust's older mangling ends a name with a hash: h and 16 hexadecimal digits. */
static bool is_rust_hash(const struct reader *reader, struct slice name) {
    if (name.length != 17 || name.data[0] != 'h' || peek(reader) != 'E')
        return false;
    for (size_t i = 1; i < name.length; i++) {
        if (!slice_has(SLICE("0123456789abcdef"), name.data[i]))
            return false;
    }
    return true;
}

/* <expr-primary>, behind its L: a type and a number, or a function by its name. */
static bool read_literal(struct reader *reader, unsigned depth) {
    bool read;
    if (accept(reader, "_Z"))
        return read_encoding(reader, depth + 1); /* with its E */
    read = read_type(reader, depth + 1);
    accept(reader, "n");
    while (accept_one(reader, "0123456789")) {
    }
    return read && accept(reader, "E");
}

/* <template-args>, skipped. */
static bool read_arguments(struct reader *reader, unsigned depth) {
    if (goes_too_far(reader, depth) || !accept_one(reader, "IJ"))
        return false;
    reader->silent++;
    while (!accept(reader, "E")) {
        bool read;
        if (peek(reader) == 'J')
            read = read_arguments(reader, depth + 1);
        else if (accept(reader, "XadL")) /* the only <expression> that is read: &function */
            read = read_literal(reader, depth) && accept(reader, "E");
        else if (accept(reader, "L"))
            read = read_literal(reader, depth);
        else
            read = read_type(reader, depth + 1);
        if (!read)
            return false;
    }
    reader->silent--;
    return true;
}

static bool read_arguments_if_any(struct reader *reader, unsigned depth) {
    return peek(reader) != 'I' || read_arguments(reader, depth + 1);
}

/* Types up to the E of a function type or a lambda's parameters. */
static bool read_types(struct reader *reader, unsigned depth) {
    while (!accept(reader, "E")) {
        if (!read_type(reader, depth + 1))
            return false;
    }
    return true;
}

/* <substitution>, of which only the abbreviations can be written. */
static bool read_substitution(struct reader *reader) {
    static const struct {
        char code[4], name[20], last[16];
    } known[] = {
        {"St", "std", "std"},
        {"Sa", "std::allocator", "allocator"},
        {"Sb", "std::basic_string", "basic_string"},
        {"Ss", "std::string", "string"},
        {"Si", "std::istream", "istream"},
        {"So", "std::ostream", "ostream"},
        {"Sd", "std::iostream", "iostream"},
    };
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++) {
        if (accept(reader, known[i].code)) {
            emit(reader, "", slice_of(known[i].name), slice_of(known[i].last));
            return true;
        }
    }
    return reader->silent && accept(reader, "S") && read_sequence(reader);
}

static bool read_operator(struct reader *reader) {
    static const struct {
        char code[4], name[12];
    } operators[] = {
        {"nw", " new"}, {"na", " new[]"}, {"dl", " delete"}, {"da", " delete[]"}, {"ps", "+"},
        {"ng", "-"},    {"ad", "&"},      {"de", "*"},       {"co", "~"},         {"pl", "+"},
        {"mi", "-"},    {"ml", "*"},      {"dv", "/"},       {"rm", "%"},         {"an", "&"},
        {"or", "|"},    {"eo", "^"},      {"aS", "="},       {"pL", "+="},        {"mI", "-="},
        {"mL", "*="},   {"dV", "/="},     {"rM", "%="},      {"aN", "&="},        {"oR", "|="},
        {"eO", "^="},   {"ls", "<<"},     {"rs", ">>"},      {"lS", "<<="},       {"rS", ">>="},
        {"eq", "=="},   {"ne", "!="},     {"lt", "<"},       {"gt", ">"},         {"le", "<="},
        {"ge", ">="},   {"ss", "<=>"},    {"nt", "!"},       {"aa", "&&"},        {"oo", "||"},
        {"pp", "++"},   {"mm", "--"},     {"cm", ","},       {"pm", "->*"},       {"pt", "->"},
        {"cl", "()"},   {"ix", "[]"},
    };
    for (size_t i = 0; i < sizeof operators / sizeof operators[0]; i++) {
        if (accept(reader, operators[i].code)) {
            emit(reader, "operator", slice_of(operators[i].name), SLICE(""));
            return true;
        }
    }
    return false;
}

/* <unqualified-name>, with constructors and destructors, abi tags and template arguments. */
static bool read_component(struct reader *reader, unsigned depth) {
    struct slice name;
    if (goes_too_far(reader, depth))
        return false;
    accept(reader, "L"); /* internal linkage */
    char next = peek(reader);
    if (next >= '0' && next <= '9') {
        if (!read_source_name(reader, &name))
            return false;
        if (slice_starts(name, SLICE("_GLOBAL__N")))
            name = SLICE("(anonymous namespace)");
        if (!is_rust_hash(reader, name))
            emit(reader, "", name, name);
    } else if (accept(reader, "C")) {
        if (!accept_one(reader, "12345"))
            return false;
        emit(reader, "", reader->last, reader->last);
    } else if (accept(reader, "D")) {
        if (!accept_one(reader, "01245"))
            return false;
        emit(reader, "~", reader->last, reader->last);
    } else if (accept(reader, "Ul")) {
        reader->silent++;
        if (!read_types(reader, depth) || !read_sequence(reader))
            return false;
        reader->silent--;
        emit(reader, "", SLICE("{lambda}"), SLICE("{lambda}"));
    } else if (accept(reader, "Ut")) {
        if (!read_sequence(reader))
            return false;
        emit(reader, "", SLICE("{unnamed}"), SLICE("{unnamed}"));
    } else if (accept(reader, "cv")) { /* conversion to a type */
        reader->silent++;
        if (!read_type(reader, depth + 1))
            return false;
        reader->silent--;
        emit(reader, "operator", SLICE(" (type)"), SLICE(""));
    } else if (!read_operator(reader)) {
        return false;
    }
    while (accept(reader, "B")) {
        if (!read_source_name(reader, &name))
            return false;
    }
    return read_arguments_if_any(reader, depth);
}

/* <nested-name>, behind its N. */
static bool read_nested(struct reader *reader, unsigned depth) {
    while (accept_one(reader, "rVKRO")) { /* qualifiers of a member function */
    }
    while (!accept(reader, "E")) {
        bool read;
        if (peek(reader) == 'S')
            read = read_substitution(reader) && read_arguments_if_any(reader, depth);
        else if (reader->silent && accept(reader, "T"))
            read = read_sequence(reader) && read_arguments_if_any(reader, depth);
        else
            read = read_component(reader, depth + 1);
        if (!read)
            return false;
    }
    return true;
}

/* <type>, of which nothing is written. */
static bool read_type(struct reader *reader, unsigned depth) {
    if (goes_too_far(reader, depth))
        return false;
    while (accept_one(reader, "PROKVrCG")) { /* pointers, references, qualifiers */
    }
    if (accept_one(reader, "vwbcahstijlmxynofdegz"))
        return true;
    if (accept(reader, "D")) {
        if (accept_one(reader, "po")) /* a pack, or noexcept */
            return read_type(reader, depth + 1);
        return accept_one(reader, "nacdefhisu");
    }
    if (accept(reader, "F")) {
        accept(reader, "Y"); /* extern "C" */
        return read_types(reader, depth);
    }
    if (accept(reader, "A")) { /* array */
        while (accept_one(reader, "0123456789")) {
        }
        return accept(reader, "_") && read_type(reader, depth + 1);
    }
    if (accept(reader, "M")) /* pointer to member */
        return read_type(reader, depth + 1) && read_type(reader, depth + 1);
    if (accept(reader, "N"))
        return read_nested(reader, depth + 1);
    if (accept(reader, "Z"))
        return read_local(reader, depth + 1);
    if (accept(reader, "u")) { /* a vendor's type */
        struct slice name;
        return read_source_name(reader, &name);
    }
    if (accept(reader, "T"))
        return read_sequence(reader) && read_arguments_if_any(reader, depth);
    if (accept(reader, "St"))
        return read_component(reader, depth + 1);
    if (peek(reader) == 'S')
        return read_substitution(reader) && read_arguments_if_any(reader, depth);
    return read_component(reader, depth + 1);
}

static bool read_name(struct reader *reader, unsigned depth) {
    if (accept(reader, "N"))
        return read_nested(reader, depth);
    if (accept(reader, "Z"))
        return read_local(reader, depth);
    if (accept(reader, "St"))
        emit(reader, "", SLICE("std"), SLICE("std"));
    else if (reader->silent && peek(reader) == 'S')
        return read_substitution(reader) && read_arguments_if_any(reader, depth);
    return read_component(reader, depth);
}

/* <encoding> up to an E, which ends it where it is inside of another: a name, and the types of the
 * parameters, which are skipped. */
static bool read_encoding(struct reader *reader, unsigned depth) {
    if (goes_too_far(reader, depth) || !read_name(reader, depth + 1))
        return false;
    reader->silent++;
    bool read = read_types(reader, depth);
    reader->silent--;
    return read;
}

/* <local-name>, behind its Z: what stands in the body of a function. */
static bool read_local(struct reader *reader, unsigned depth) {
    if (!read_encoding(reader, depth + 1))
        return false;
    if (accept(reader, "d")) { /* in a default argument */
        while (accept_one(reader, "0123456789")) {
        }
        if (!accept(reader, "_"))
            return false;
    }
    return read_name(reader, depth + 1);
}

/* What a thunk corrects before it goes on to the function: offsets, negative ones behind an n. */
static bool skip_thunk(struct reader *reader) {
    int offsets = accept(reader, "Tv") ? 2 : accept(reader, "Th") ? 1 : 0;
    for (int i = 0; i < offsets; i++) {
        while (accept_one(reader, "n0123456789")) {
        }
        if (!accept(reader, "_"))
            return false;
    }
    return true;
}

struct slice demangle_nested(struct arena *arena, struct slice mangled) {
    char text[NAME_MOST];
    struct reader reader = {.rest = mangled, .out = {.data = text, .capacity = sizeof text}};
    bool read = accept(&reader, "_Z") ? skip_thunk(&reader) && read_name(&reader, 0)
                                      : demangle_rust(&reader.out, mangled);
    if (!read || reader.out.cut)
        return SLICE("");
    return arena_copy(arena, buffer_text(&reader.out));
}

/* SPDX-License-Identifier: MIT */
#include "frames/python_object.h"
#include "base/escape.h"
#include "frames/python.h"
#include "frames/python_lines.h"

enum { TABLE_MOST_BYTES = 1 << 20 };

uintptr_t python_word(struct python_reader *reader, uintptr_t base, size_t offset) {
    uintptr_t word;
    return base && memory_read(reader->memory, base + offset, &word, sizeof word) ? word : 0;
}

bool python_int(struct python_reader *reader, uintptr_t base, size_t offset, int *value) {
    return base && memory_read(reader->memory, base + offset, value, sizeof *value);
}

/* Whether `object` is exactly of the type, which *type is or, while that is 0, has this name. */
static bool is_a(struct python_reader *reader, uintptr_t object, uintptr_t *type,
                 const char *name) {
    const struct python_layout *layout = &reader->python->layout;
    uintptr_t its_type = python_word(reader, object, layout->object_type);
    if (!*type && its_type) {
        char its_name[8];
        uintptr_t at = python_word(reader, its_type, layout->type_name);
        size_t bytes = strlen(name) + 1;
        if (memory_read(reader->memory, at, its_name, bytes) && memcmp(its_name, name, bytes) == 0)
            *type = its_type;
    }
    return its_type && its_type == *type;
}

/* Python's own surrogates stand for bytes of a name; any other is no character. */
static size_t encode(uint32_t point, char bytes[4]) {
    bool none = point > 0x10ffff || (point >= 0xd800 && point < 0xdc80) ||
                (point > 0xdcff && point <= 0xdfff);
    return utf8_encode(none ? 0xfffd : point, bytes);
}

/* A str, in the arena, of at most `most` bytes; empty when it is none or cannot be read. PEP 393:
 * every str made since 3.3 by the compiler is compact, its characters behind its header. */
static struct slice read_text(struct python_reader *reader, uintptr_t object, size_t most) {
    const struct python_layout *layout = &reader->python->layout;
    uint32_t state;
    if (!is_a(reader, object, &reader->python->unicode_type, "str") ||
        !memory_read(reader->memory, object + layout->text_state, &state, sizeof state))
        return SLICE("");
    size_t length = python_word(reader, object, layout->text_length);
    state >>= layout->text_kind_bit;
    unsigned kind = state & 7; /* bytes per character */
    bool compact = state & 8, ascii = state & 16;
    if (length > most)
        length = most;
    uintptr_t at = object + (ascii ? layout->text_ascii : layout->text_compact);
    if (!compact || (kind != 1 && kind != 2 && kind != 4) ||
        !memory_readable(reader->memory, at, length * kind))
        return SLICE("");
    if (ascii)
        return arena_copy(reader->arena, (struct slice){(const char *)at, length});
    size_t room = 4 * length < most ? 4 * length : most;
    char *text = arena_get(reader->arena, room + 1, 1);
    size_t used = 0;
    for (size_t i = 0; i < length && text; i++) {
        uint32_t point = kind == 1   ? ((const uint8_t *)at)[i]
                         : kind == 2 ? ((const uint16_t *)at)[i]
                                     : ((const uint32_t *)at)[i];
        char bytes[4];
        size_t count = encode(point, bytes);
        if (count > room - used)
            break;
        memcpy(text + used, bytes, count);
        used += count;
    }
    return text ? (struct slice){text, used} : SLICE("");
}

/* The instruction that the frame is at, in bytes from the start of its code; -1 before the first.
 */
static bool read_position(struct python_reader *reader, uintptr_t frame, uintptr_t code,
                          long *offset) {
    const struct python_layout *layout = &reader->python->layout;
    if (layout->position != POSITION_POINTER) {
        int index;
        if (!python_int(reader, frame, layout->frame_position, &index))
            return false;
        *offset = layout->position == POSITION_UNITS && index > 0 ? 2L * index : index;
        return true;
    }
    uintptr_t start = code + layout->code_bytes;
    uintptr_t copies = layout->code_tlbc ? python_word(reader, code, layout->code_tlbc) : 0;
    int index;
    /* _PyCodeArray of cpython/code.h: {size, entries[]}; each thread runs its own copy of the code.
     */
    if (copies && python_int(reader, frame, layout->frame_tlbc_index, &index) && index >= 0 &&
        (uintptr_t)index < python_word(reader, copies, 0))
        start = python_word(reader, copies, 8 + 8 * (size_t)index);
    uintptr_t at = python_word(reader, frame, layout->frame_position);
    *offset = (long)(at - start);
    /* A frame not begun is one instruction before the first. Less is no offset in this code, but in
     * a copy that another thread has replaced meanwhile. */
    return at != 0 && *offset >= -2;
}

static int read_line(struct python_reader *reader, uintptr_t frame, uintptr_t code) {
    const struct python_layout *layout = &reader->python->layout;
    int line;
    long offset;
    uintptr_t table = python_word(reader, code, layout->code_lines);
    if (!read_position(reader, frame, code, &offset) ||
        !python_int(reader, code, layout->code_first_line, &line) ||
        !is_a(reader, table, &reader->python->bytes_type, "bytes"))
        return 0;
    size_t length = python_word(reader, table, layout->bytes_size);
    table += layout->bytes_value;
    if (length > TABLE_MOST_BYTES || !memory_readable(reader->memory, table, length))
        return 0;
    line = python_line(layout->lines, (const uint8_t *)table, length, line, offset);
    return line > 0 ? line : 0;
}

/* The code object of a frame; since 3.14 the low bits of the pointer are tags (_PyStackRef). */
static uintptr_t code_of(struct python_reader *reader, uintptr_t frame) {
    return python_word(reader, frame, reader->python->layout.frame_code) &
           ~(uintptr_t)CODE_POINTER_TAGS;
}

bool python_is_frame(struct python_reader *reader, uintptr_t address) {
    return is_a(reader, code_of(reader, address), &reader->python->code_type, "code");
}

void python_frame(struct python_reader *reader, uintptr_t address, struct frame *frame) {
    const struct python_layout *layout = &reader->python->layout;
    uintptr_t code = code_of(reader, address);
    uintptr_t file = python_word(reader, code, layout->code_file);
    if (file != reader->last_file_object) {
        reader->last_file_object = file;
        reader->last_file = read_text(reader, file, PYTHON_FILE_MOST_BYTES);
    }
    *frame = (struct frame){
        .kind = FRAME_PYTHON,
        .function =
            read_text(reader, python_word(reader, code, layout->code_name), PYTHON_NAME_MOST_BYTES),
        .file = reader->last_file,
        .line = read_line(reader, address, code),
    };
}

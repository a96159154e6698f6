/* SPDX-License-Identifier: MIT */
/*
 * 3.8 to 3.12 do not tell their offsets, so they stand here; they never change within 3.X. Sources:
 * Include/cpython/{pystate,code,frameobject,unicodeobject}.h and Include/internal/pycore_frame.h of
 * each version, LP64. From 3.13 on _PyRuntime begins with them (struct _Py_DebugOffsets of
 * Include/internal/pycore_runtime.h, later pycore_debug_offsets.h), a run of 64-bit words whose
 * order changes between minor versions: only the known ones are taken.
 */
#include "frames/python_layout.h"
#include <string.h>

/* Of every version to 3.12: PyObject is {refcount, type}, PyBytesObject {…, ob_size, ob_shash,
 * ob_sval}. */
#define OBJECTS_TO_3_12                                                                            \
    .object_type = 8, .bytes_size = 16, .bytes_value = 32, .text_length = 16, .text_state = 32,    \
    .text_kind_bit = 2, .type_name = 24

static const struct python_layout table[] = {
    {.minor = 8, /* and 9 */
     .chain = CHAIN_EACH,
     .lines = LINES_LNOTAB,
     .position = POSITION_BYTES,
     .thread_frame = 24,
     .thread_id = 176,
     .frame_code = 32,
     .frame_previous = 24,
     .frame_position = 104,
     .code_file = 104,
     .code_name = 112,
     .code_lines = 120,
     .code_first_line = 40,
     .text_ascii = 48,
     .text_compact = 72,
     OBJECTS_TO_3_12},
    {.minor = 10,
     .chain = CHAIN_COUNTED,
     .lines = LINES_LINETABLE,
     .position = POSITION_UNITS,
     .thread_frame = 24,
     .thread_id = 176,
     .thread_cframe = 48,
     .cframe_previous = 8,
     .frame_code = 32,
     .frame_previous = 24,
     .frame_position = 96,
     .code_file = 104,
     .code_name = 112,
     .code_lines = 120,
     .code_first_line = 40,
     .text_ascii = 48,
     .text_compact = 72,
     OBJECTS_TO_3_12},
    {.minor = 11,
     .chain = CHAIN_ENTRY,
     .lines = LINES_LOCATIONS,
     .position = POSITION_POINTER,
     .thread_cframe = 56,
     .thread_id = 152,
     .cframe_frame = 8,
     .cframe_previous = 16,
     .frame_code = 32,
     .frame_previous = 48,
     .frame_position = 56,
     .frame_end = 68,
     .code_file = 112,
     .code_name = 128,
     .code_lines = 136,
     .code_first_line = 72,
     .code_bytes = 184,
     .text_ascii = 48,
     .text_compact = 72,
     OBJECTS_TO_3_12},
    {.minor = 12,
     .chain = CHAIN_SHIM,
     .lines = LINES_LOCATIONS,
     .position = POSITION_POINTER,
     .thread_cframe = 56,
     .cframe_frame = 0,
     .cframe_previous = 8,
     .frame_code = 0,
     .frame_previous = 8,
     .frame_position = 56,
     .frame_end = 70,
     .code_file = 112,
     .code_name = 128,
     .code_lines = 136,
     .code_first_line = 68,
     .code_bytes = 192,
     .text_ascii = 40,
     .text_compact = 56,
     OBJECTS_TO_3_12},
};

const struct python_layout *python_layout_table(unsigned minor) {
    for (size_t i = 0; i < sizeof table / sizeof *table; i++)
        if (table[i].minor == minor)
            return &table[i];
    return NULL;
}

/* Where in the words of debug_offsets the structs of a version begin, each with its `size`. */
struct words {
    unsigned minor;
    uint8_t thread, frame, code, object, type, bytes, text;
    uint8_t thread_id; /* counted from `thread` */
    uint8_t tlbc;      /* 1: frame has tlbc_index, code has co_tlbc */
};

static const struct words known[] = {
    {13, 19, 28, 34, 44, 46, 64, 67, 5, 0},
    {14, 22, 31, 39, 50, 52, 74, 77, 5, 1},
    {15, 22, 39, 47, 58, 60, 86, 89, 8, 1},
};

/* Words that stand at the same place in all of them. */
enum {
    WORD_COOKIE,
    WORD_VERSION,
    WORD_FREE_THREADED,
    WORD_RUNTIME_INTERPRETERS = 5,
    WORD_INTERPRETER_NEXT = 8,
    WORD_INTERPRETER_THREADS = 9,
    WORD_COUNT = 93, /* as far as the furthest one that is read */
};

bool python_layout_read(struct memory *memory, uintptr_t runtime, struct python_layout *layout,
                        unsigned *minor) {
    uint64_t words[3];
    if (!memory_read(memory, runtime, words, sizeof words) ||
        memcmp(words, PYTHON_COOKIE, 8) != 0 || words[WORD_VERSION] >> 24 != 3)
        return false;
    *minor = (unsigned)(words[WORD_VERSION] >> 16) & 0xff;
    const struct words *at = NULL;
    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        if (known[i].minor == *minor)
            at = &known[i];
    if (!at || !memory_readable(memory, runtime, WORD_COUNT * sizeof(uint64_t)))
        return false;
    /* All offsets are small; if these are not the words they should be, no object will be of its
     * type. */
    const uint64_t *told = (const uint64_t *)runtime;
#define OFFSET(word) ((uint16_t)told[word])
    bool free_threaded = words[WORD_FREE_THREADED] != 0;
    *layout = (struct python_layout){
        .minor = *minor,
        .chain = CHAIN_SHIM,
        .lines = LINES_LOCATIONS,
        .position = POSITION_POINTER,
        .thread_frame = OFFSET(at->thread + 4),
        .frame_previous = OFFSET(at->frame + 1),
        .frame_code = OFFSET(at->frame + 2),
        .frame_position = OFFSET(at->frame + 3),
        .frame_end = OFFSET(at->frame + 5),
        .code_file = OFFSET(at->code + 1),
        .code_name = OFFSET(at->code + 3),
        .code_lines = OFFSET(at->code + 4),
        .code_first_line = OFFSET(at->code + 5),
        .code_bytes = OFFSET(at->code + 9),
        .object_type = OFFSET(at->object + 1),
        .type_name = OFFSET(at->type + 1),
        .bytes_size = OFFSET(at->bytes + 1),
        .bytes_value = OFFSET(at->bytes + 2),
        .text_state = OFFSET(at->text + 1),
        .text_length = OFFSET(at->text + 2),
        .text_ascii = OFFSET(at->text + 3),
        /* Free-threaded 3.14 made `interned` a byte of its own. */
        .text_kind_bit = free_threaded && at->tlbc ? 8 : 2,
        .runtime_interpreters = OFFSET(WORD_RUNTIME_INTERPRETERS),
        .interpreter_next = OFFSET(WORD_INTERPRETER_NEXT),
        .interpreter_threads = OFFSET(WORD_INTERPRETER_THREADS),
        .thread_next = OFFSET(at->thread + 2),
        .thread_id = OFFSET(at->thread + at->thread_id),
    };
    if (free_threaded && at->tlbc) {
        layout->frame_tlbc_index = OFFSET(at->frame + 7);
        layout->code_tlbc = OFFSET(at->code + 10);
    }
#undef OFFSET
    /* PyCompactUnicodeObject adds utf8_length and utf8. */
    layout->text_compact = (uint16_t)(layout->text_ascii + 16);
    return true;
}

/* SPDX-License-Identifier: MIT */
/*
 * The reader against an interpreter of this test's own making: its symbols are the ones the weak
 * references find, its structs are arrays of words. So wrong, hostile and free-threaded layouts can
 * be had at will.
 */
#include "frames/python.h"
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include <cmocka.h>

/* ---- what an interpreter exports ---- */

#pragma GCC visibility push(default)
uint64_t _PyRuntime[128];
/* Large, so that a struct said to be where a type is does not end beyond it. */
char PyCode_Type[8192], PyUnicode_Type[8192], PyBytes_Type[8192];
unsigned long Py_Version;
void *PyGILState_GetThisThreadState(void);
#pragma GCC visibility pop

static void *thread;

void *PyGILState_GetThisThreadState(void) {
    return thread;
}

/* ---- its structs: 3.14's, at offsets chosen here ---- */

enum {
    THREAD_FRAME = 16,
    FRAME_PREVIOUS = 8,
    FRAME_CODE = 0,
    FRAME_POSITION = 24,
    FRAME_OWNER = 40
};
enum { FRAME_TLBC = 44, CODE_TLBC = 8, CODE_FILE = 16, CODE_NAME = 24, CODE_LINES = 32 };
enum { CODE_FIRST = 40, CODE_BYTES = 48, OBJECT_TYPE = 0, BYTES_SIZE = 8, BYTES_VALUE = 16 };
enum { TEXT_STATE = 8, TEXT_LENGTH = 16, TEXT_ASCII = 24, TEXT_COMPACT = 40 };

static void tell_layout(bool free_threaded) {
    memset(_PyRuntime, 0, sizeof _PyRuntime);
    memcpy(_PyRuntime, "xdebugpy", 8);
    _PyRuntime[1] = 0x030e00f0;
    _PyRuntime[2] = free_threaded;
    _PyRuntime[22 + 4] = THREAD_FRAME;
    _PyRuntime[31 + 1] = FRAME_PREVIOUS;
    _PyRuntime[31 + 2] = FRAME_CODE;
    _PyRuntime[31 + 3] = FRAME_POSITION;
    _PyRuntime[31 + 5] = FRAME_OWNER;
    _PyRuntime[31 + 7] = FRAME_TLBC;
    _PyRuntime[39 + 1] = CODE_FILE;
    _PyRuntime[39 + 3] = CODE_NAME;
    _PyRuntime[39 + 4] = CODE_LINES;
    _PyRuntime[39 + 5] = CODE_FIRST;
    _PyRuntime[39 + 9] = CODE_BYTES;
    _PyRuntime[39 + 10] = CODE_TLBC;
    _PyRuntime[50 + 1] = OBJECT_TYPE;
    _PyRuntime[74 + 1] = BYTES_SIZE;
    _PyRuntime[74 + 2] = BYTES_VALUE;
    _PyRuntime[77 + 1] = TEXT_STATE;
    _PyRuntime[77 + 2] = TEXT_LENGTH;
    _PyRuntime[77 + 3] = TEXT_ASCII;
    Py_Version = 0x030e00f0;
}

enum { WORLD_BYTES = 1 << 19 };
static uint64_t *world; /* an unreadable page behind it */
static size_t world_used;
static unsigned kind_bit = 2;

static void *new_object(size_t bytes) {
    void *object = world + world_used;
    world_used += (bytes + 7) / 8;
    assert_true(world_used < WORLD_BYTES / sizeof *world);
    return object;
}

static void put(void *object, size_t offset, uintptr_t value) {
    memcpy((char *)object + offset, &value, sizeof value);
}

/* A str of `length` characters of `kind` bytes each; ascii when kind is 0. */
static void *text(const void *characters, size_t length, unsigned kind) {
    size_t width = kind ? kind : 1;
    char *object = new_object(TEXT_COMPACT + length * width + 8);
    uint64_t state = (width | 8u | (kind ? 0u : 16u)) << kind_bit;
    put(object, OBJECT_TYPE, (uintptr_t)PyUnicode_Type);
    put(object, TEXT_STATE, state);
    put(object, TEXT_LENGTH, length);
    memcpy(object + (kind ? TEXT_COMPACT : TEXT_ASCII), characters, length * width);
    return object;
}

static void *ascii(const char *characters) {
    return text(characters, strlen(characters), 0);
}

/* Code whose n-th instruction is on line first_line + n. */
static void *code(void *file, void *name, int first_line) {
    static const uint8_t table[] = {0x80 | 10 << 3, 0, 0, 0x80 | 11 << 3, 0, 0,
                                    0x80 | 11 << 3, 0, 0};
    char *lines = new_object(BYTES_VALUE + sizeof table);
    put(lines, OBJECT_TYPE, (uintptr_t)PyBytes_Type);
    put(lines, BYTES_SIZE, sizeof table);
    memcpy(lines + BYTES_VALUE, table, sizeof table);
    char *object = new_object(CODE_BYTES + 16);
    put(object, OBJECT_TYPE, (uintptr_t)PyCode_Type);
    put(object, CODE_FILE, (uintptr_t)file);
    put(object, CODE_NAME, (uintptr_t)name);
    put(object, CODE_LINES, (uintptr_t)lines);
    memcpy(object + CODE_FIRST, &first_line, sizeof first_line);
    return object;
}

/* The frame is at `instruction` of its code; the low bit of the pointer is a tag. */
static char *frame(void *its_code, unsigned instruction, void *previous) {
    char *object = new_object(48);
    put(object, FRAME_CODE, (uintptr_t)its_code | 1);
    put(object, FRAME_PREVIOUS, (uintptr_t)previous);
    put(object, FRAME_POSITION, (uintptr_t)its_code + CODE_BYTES + 2 * instruction);
    return object;
}

static char *shim(void *previous) {
    char *object = frame(NULL, 0, previous);
    object[FRAME_OWNER] = 3;
    return object;
}

static void begin(void *innermost) {
    thread = new_object(64);
    put(thread, THREAD_FRAME, (uintptr_t)innermost);
}

static char arena_bytes[1 << 20];

static struct python_stack collect(size_t bytes) {
    static struct memory memory;
    memset(&memory, 0, sizeof memory);
    memset(arena_bytes, 0, bytes);
    struct arena arena = {arena_bytes, arena_bytes + bytes};
    struct python_stack stack;
    python_collect(&arena, &memory, &stack);
    return stack;
}

static int reset(void **state) {
    (void)state;
    tell_layout(false);
    if (!world) {
        world = mmap(NULL, WORLD_BYTES + MEMORY_PAGE_BYTES, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS,
                     -1, 0);
        mprotect(world, WORLD_BYTES, PROT_READ | PROT_WRITE);
    }
    memset(world, 0, WORLD_BYTES);
    world_used = 0;
    kind_bit = 2;
    thread = NULL;
    return 0;
}

static void expect(const struct frame *found, const char *file, int line, const char *function) {
    assert_int_equal(found->kind, FRAME_PYTHON);
    if (!slice_is(found->file, file) || !slice_is(found->function, function) || found->line != line)
        fail_msg("%.*s:%d %.*s", (int)found->file.length, found->file.data, found->line,
                 (int)found->function.length, found->function.data);
}

/* ---- the tests ---- */

static void groups(void **state) {
    (void)state;
    void *file = ascii("train.py");
    char *base = shim(NULL);
    char *outer_shim = shim(base);
    char *outer = frame(code(file, ascii("main"), 10), 2, outer_shim);
    char *inner_shim = shim(outer);
    char *caller = frame(code(file, ascii("Loader.get"), 30), 1, inner_shim);
    begin(frame(code(ascii("io.py"), ascii("load"), 50), 0, caller));
    struct python_stack stack = collect(sizeof arena_bytes);
    assert_null(stack.ended);
    assert_int_equal(stack.count, 3);
    expect(&stack.frames[0], "io.py", 50, "load");
    expect(&stack.frames[1], "train.py", 31, "Loader.get");
    expect(&stack.frames[2], "train.py", 12, "main");
    assert_int_equal(stack.group_count, 2);
    assert_int_equal(stack.groups[0].count, 2);
    assert_int_equal(stack.groups[0].marker, inner_shim);
    assert_int_equal(stack.groups[1].first, 2);
    assert_int_equal(stack.groups[1].marker, outer_shim);
}

/* PEP 393's kinds; surrogates are bytes (PEP 383) or nothing; what is too long is cut whole. */
static void texts(void **state) {
    (void)state;
    static const uint8_t latin[] = {'c', 'a', 'f', 0xe9};
    static const uint16_t wide[] = {0x65e5, 'x', 0xdcff, 0xd800, 0x3b1};
    static const uint32_t widest[] = {0x1f600, 0x110000, 'y'};
    static uint32_t endless[3000];
    for (size_t i = 0; i < 3000; i++)
        endless[i] = 0x1f600;
    char *outer = frame(code(text(endless, 3000, 4), text(endless, 3000, 4), 1), 0, NULL);
    char *middle = frame(code(text(widest, 3, 4), ascii(""), 1), 0, outer);
    begin(frame(code(text(latin, 4, 1), text(wide, 5, 2), 1), 0, middle));
    struct python_stack stack = collect(sizeof arena_bytes);
    assert_int_equal(stack.count, 3);
    expect(&stack.frames[0], "caf\xc3\xa9", 1, "\xe6\x97\xa5x\xff\xef\xbf\xbd\xce\xb1");
    expect(&stack.frames[1], "\xf0\x9f\x98\x80\xef\xbf\xbdy", 1, "");
    assert_int_equal(stack.frames[2].file.length, PYTHON_FILE_MOST_BYTES);
    assert_int_equal(stack.frames[2].function.length, PYTHON_NAME_MOST_BYTES);
}

/* Each thread runs a copy of the code: co_tlbc = {size, entries[]}, the frame knows which. */
static void free_threaded(void **state) {
    (void)state;
    tell_layout(true);
    kind_bit = 8;
    char *copies = new_object(24), *copy = new_object(16);
    put(copies, 0, 2);
    put(copies, 16, (uintptr_t)copy);
    char *its_code = code(ascii("a.py"), ascii("f"), 7);
    put(its_code, CODE_TLBC, (uintptr_t)copies);
    char *innermost = frame(its_code, 0, NULL);
    put(innermost, FRAME_POSITION, (uintptr_t)copy + 4);
    int index = 1;
    memcpy(innermost + FRAME_TLBC, &index, sizeof index);
    begin(innermost);
    struct python_stack stack = collect(sizeof arena_bytes);
    assert_int_equal(stack.count, 1);
    expect(&stack.frames[0], "a.py", 9, "f");
    /* Another thread has replaced the copy meanwhile: the position is in none. */
    put(copies, 16, (uintptr_t)copy + 16);
    stack = collect(sizeof arena_bytes);
    expect(&stack.frames[0], "a.py", 0, "f");
}

/* 3.10: which CFrame on the C stack belongs to which frame. At the offsets of that version. */
static void counted(void **state) {
    (void)state;
    enum { FRAME_OF_THREAD = 24, CFRAME_OF_THREAD = 48, ID_OF_THREAD = 176, PREVIOUS = 8 };
    Py_Version = 0x030a00f0;
    thread = new_object(1024);
    char *its_code = new_object(256), *frames[2], *cframes[3];
    put(its_code, 8, (uintptr_t)PyCode_Type);
    new_object(2048); /* the thread's state is far from the stack */
    for (int i = 0; i < 3; i++) {
        cframes[i] = new_object(16);
        put(cframes[i], PREVIOUS, i > 0 ? (uintptr_t)cframes[i - 1] : 0);
    }
    for (int i = 0; i < 2; i++) {
        frames[i] = new_object(104);
        put(frames[i], 32, (uintptr_t)its_code);
        put(frames[i], 24, i > 0 ? (uintptr_t)frames[i - 1] : 0);
    }
    put(thread, ID_OF_THREAD, (uintptr_t)pthread_self());
    put(thread, FRAME_OF_THREAD, (uintptr_t)frames[1]);

    put(thread, CFRAME_OF_THREAD, (uintptr_t)cframes[1]);
    struct python_stack stack = collect(sizeof arena_bytes);
    assert_int_equal(stack.group_count, 2);
    assert_int_equal(stack.groups[0].marker, cframes[1]);
    assert_int_equal(stack.groups[1].marker, cframes[0]);

    /* Being left: the innermost has none any more. */
    put(thread, CFRAME_OF_THREAD, (uintptr_t)cframes[0]);
    stack = collect(sizeof arena_bytes);
    assert_int_equal(stack.groups[0].marker, 0);
    assert_int_equal(stack.groups[1].marker, cframes[0]);

    /* In a greenlet: the outermost is its own. */
    put(thread, CFRAME_OF_THREAD, (uintptr_t)cframes[2]);
    stack = collect(sizeof arena_bytes);
    assert_int_equal(stack.groups[0].marker, cframes[2]);
    assert_int_equal(stack.groups[1].marker, cframes[1]);
}

static void too_many(void **state) {
    (void)state;
    char *its_code = code(ascii("a.py"), ascii("f"), 7);
    char *mark = shim(NULL), *at = mark;
    for (int i = 0; i < 1000; i++)
        at = frame(its_code, 0, at);
    begin(at);
    struct python_stack stack = collect(sizeof arena_bytes);
    assert_int_equal(stack.count, PYTHON_MOST_FRAMES);
    assert_string_equal(stack.ended, "more Python frames than are kept");
    assert_int_equal(stack.groups[0].marker, mark);
}

static void in_a_circle(void **state) {
    (void)state;
    char *at = frame(code(ascii("a.py"), ascii("f"), 7), 0, NULL);
    put(at, FRAME_PREVIOUS, (uintptr_t)at);
    begin(at);
    assert_int_equal(collect(sizeof arena_bytes).count, PYTHON_MOST_FRAMES);
    char *lonely = shim(NULL);
    put(lonely, FRAME_PREVIOUS, (uintptr_t)lonely);
    begin(lonely);
    assert_int_equal(collect(sizeof arena_bytes).count, 0);
}

static void no_frame(void **state) {
    (void)state;
    const uintptr_t bad[] = {8, (uintptr_t)world + WORLD_BYTES - 8, (uintptr_t)world + WORLD_BYTES,
                             UINTPTR_MAX - 3, 0x8000000000000000};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        reset(NULL);
        begin(frame(code(ascii("a.py"), ascii("f"), 7), 0, (void *)bad[i]));
        struct python_stack stack = collect(sizeof arena_bytes);
        assert_int_equal(stack.count, 1);
        assert_string_equal(stack.ended, "a Python frame could not be read");
    }
    reset(NULL);
    char *other = code(ascii("a.py"), ascii("f"), 7);
    put(other, OBJECT_TYPE, (uintptr_t)PyBytes_Type);
    begin(frame(other, 0, NULL));
    assert_int_equal(collect(sizeof arena_bytes).count, 0);
}

/* A name that is no str, lines that are no bytes: the rest of the frame is told. */
static void no_text(void **state) {
    (void)state;
    char *its_code = code(ascii("a.py"), (void *)0x5000, 7);
    put(its_code, CODE_LINES, (uintptr_t)ascii("not bytes"));
    begin(frame(its_code, 0, NULL));
    struct python_stack stack = collect(sizeof arena_bytes);
    assert_int_equal(stack.count, 1);
    expect(&stack.frames[0], "a.py", 0, "");
}

static void no_thread(void **state) {
    (void)state;
    struct python_stack stack = collect(sizeof arena_bytes);
    assert_int_equal(stack.count, 0);
    assert_null(stack.ended);
}

static void versions(void **state) {
    (void)state;
    begin(frame(code(ascii("a.py"), ascii("f"), 7), 0, NULL));
    Py_Version = 0x031000f0;
    _PyRuntime[1] = 0x031000f0;
    struct python_stack stack = collect(sizeof arena_bytes);
    assert_int_equal(stack.count, 0);
    assert_string_equal(stack.ended, "Python 3.16 is not known yet: its frames are not read");
    Py_Version = 0x030700f0;
    _PyRuntime[0] = 0;
    assert_string_equal(collect(sizeof arena_bytes).ended,
                        "Python before 3.8: its frames are not read");
    Py_Version = 0x040000f0;
    assert_non_null(collect(sizeof arena_bytes).ended);
}

static void small_arenas(void **state) {
    (void)state;
    char *at = shim(NULL);
    for (int i = 0; i < 5; i++)
        at = frame(code(ascii("a.py"), ascii("f"), 7), 0, at);
    begin(at);
    size_t most = 0;
    for (size_t bytes = 0; bytes < 16384; bytes += 8) {
        struct python_stack stack = collect(bytes);
        for (size_t i = 0; i < stack.count; i++)
            assert_true(stack.frames[i].kind == FRAME_PYTHON && stack.frames[i].file.data);
        most = stack.count > most ? stack.count : most;
    }
    assert_int_equal(most, 5);
}

/* Structs of all versions, 64 bytes apart, whose words are a type where one belongs, else a pointer
 * to another, a small number or noise. */
static void hostile(void **state) {
    (void)state;
    static const unsigned long all[] = {0x030800f0, 0x030a00f0, 0x030b00f0, 0x030c00f0,
                                        0x030d00f0, 0x030e00f0, 0x030f00f0};
    const void *types[] = {PyCode_Type, PyCode_Type, PyUnicode_Type, PyBytes_Type};
    enum { VERSIONS = sizeof all / sizeof *all, STRUCTS = 64, WORDS = 8 * STRUCTS };
    unsigned seed = 7;
    size_t frames[VERSIONS] = {0};
    for (int round = 0; round < 70000; round++) {
        for (size_t i = 0; i < WORDS; i++) {
            unsigned dice = (unsigned)rand_r(&seed);
            if (i % 8 == 1 && dice % 4)
                world[i] = (uint64_t)types[dice / 4 % 4];
            else if (dice % 16 < 11)
                world[i] = (uint64_t)(world + dice / 16 % STRUCTS * 8);
            else if (dice % 16 < 15)
                world[i] = dice / 16 % 4096;
            else
                world[i] = (uint64_t)dice << 33 | dice;
        }
        tell_layout(round % 16 < 8);
        for (size_t i = 3; i < sizeof _PyRuntime / sizeof *_PyRuntime; i++)
            _PyRuntime[i] = (unsigned)rand_r(&seed) % 64 & ~7u;
        /* ob_type of 3.13, 3.14 and 3.15. */
        _PyRuntime[45] = _PyRuntime[51] = _PyRuntime[59] = 8;
        _PyRuntime[1] = Py_Version = all[round % VERSIONS];
        thread = world + (unsigned)rand_r(&seed) % STRUCTS * 8;
        /* Before 3.12 the state has to name the thread. */
        if (Py_Version < 0x030c0000)
            put(thread, Py_Version < 0x030b0000 ? 176 : 152, (uintptr_t)pthread_self());
        struct python_stack stack = collect(32768);
        assert_true(stack.count <= PYTHON_MOST_FRAMES && stack.group_count <= stack.count);
        for (size_t i = 0; i < stack.count; i++)
            assert_true(stack.frames[i].file.length <= PYTHON_FILE_MOST_BYTES &&
                        stack.frames[i].function.length <= PYTHON_NAME_MOST_BYTES);
        frames[round % VERSIONS] += stack.count;
    }
    for (size_t i = 0; i < VERSIONS; i++)
        if (frames[i] < 100) /* past the checks often enough to mean something */
            fail_msg("%zu frames of version %lx", frames[i], all[i]);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(groups, reset),        cmocka_unit_test_setup(texts, reset),
        cmocka_unit_test_setup(free_threaded, reset), cmocka_unit_test_setup(too_many, reset),
        cmocka_unit_test_setup(counted, reset),       cmocka_unit_test_setup(in_a_circle, reset),
        cmocka_unit_test_setup(no_frame, reset),      cmocka_unit_test_setup(no_text, reset),
        cmocka_unit_test_setup(no_thread, reset),     cmocka_unit_test_setup(versions, reset),
        cmocka_unit_test_setup(small_arenas, reset),  cmocka_unit_test_setup(hostile, reset),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

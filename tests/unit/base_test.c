/* SPDX-License-Identifier: MIT */
/* Bounded text, escaping, slices, lines of a file, and memory that may not be there. */
#include "base/errnames.h"
#include "base/escape.h"
#include "base/file.h"
#include "base/memory.h"
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cmocka.h>

static char memory_bytes[1 << 16];

static struct arena fresh_arena(void) {
    memset(memory_bytes, 0, sizeof memory_bytes);
    return (struct arena){memory_bytes, memory_bytes + sizeof memory_bytes};
}

static void assert_slice(struct slice actual, const char *expected) {
    assert_int_equal(actual.length, strlen(expected));
    assert_memory_equal(actual.data, expected, actual.length);
}

static void format_knows_its_directives(void **state) {
    (void)state;
    struct arena arena = fresh_arena();
    assert_slice(arena_format(&arena, "%s %d %i %u %%", "a", -12, 0, 4000000000u),
                 "a -12 0 4000000000 %");
    assert_slice(arena_format(&arena, "%x %#lx %o %04o", 255u, 0xabcdul, 8u, 7u),
                 "ff 0xabcd 10 0007");
    assert_slice(arena_format(&arena, "[%5s|%-5s|%5d|%-3c]", "ab", "ab", 42, 'x'),
                 "[   ab|ab   |   42|x  ]");
    assert_slice(arena_format(&arena, "%.*s %lld %zu", 2, "abcdef", -5000000000ll, (size_t)7),
                 "ab -5000000000 7");
    const char *volatile nothing = NULL;
    assert_slice(arena_format(&arena, "%s", nothing), "(null)");
    assert_slice(arena_format(&arena, "%lld", (long long)INT64_MIN), "-9223372036854775808");
}

static void a_full_buffer_cuts_and_remembers(void **state) {
    (void)state;
    char bytes[4];
    struct buffer buffer = {.data = bytes, .capacity = sizeof bytes};
    buffer_format(&buffer, "%s", "abcd");
    assert_false(buffer.cut);
    buffer_char(&buffer, 'e');
    assert_true(buffer.cut);
    assert_slice(buffer_text(&buffer), "abcd");
}

static void a_full_arena_gives_nothing(void **state) {
    (void)state;
    char bytes[16];
    struct arena arena = {bytes, bytes + sizeof bytes};
    assert_null(arena_get(&arena, 17, 1));
    assert_non_null(arena_get(&arena, 9, 1));
    assert_null(arena_get(&arena, SIZE_MAX, 8));
    assert_slice(arena_copy(&arena, SLICE("longer than what is left")), "");
    struct buffer buffer = buffer_in(&arena, 100);
    buffer_format(&buffer, "x");
    assert_int_equal(buffer.length, 0);
    assert_true(buffer.cut);
}

static void utf8_is_checked_as_rfc_3629_says(void **state) {
    (void)state;
    static const struct {
        const char *bytes;
        bool valid;
    } cases[] = {
        {"plain", true},
        {"\xc3\xa9", true},
        {"\xe2\x82\xac", true},
        {"\xf0\x9f\x98\x80", true},
        {"\xc0\xaf", false},
        {"\xe0\x80\xaf", false},
        {"\xed\xa0\x80", false},
        {"\xf4\x90\x80\x80", false},
        {"\x80", false},
        {"\xc3", false},
        {"\xff", false},
        {"\xf0\x8f\xbf\xbf", false},
        {"\xf4\x8f\xbf\xbf", true},
        {"\xe2\x82", false},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        assert_int_equal(utf8_valid(slice_of(cases[i].bytes)), cases[i].valid);
}

typedef void escaper(struct buffer *buffer, struct slice text, bool ascii_only);

static struct slice escaped(struct arena *arena, escaper *escape, const char *text,
                            bool ascii_only) {
    struct buffer buffer = buffer_in(arena, 256);
    escape(&buffer, slice_of(text), ascii_only);
    return buffer_text(&buffer);
}

static void nothing_shown_can_drive_a_terminal(void **state) {
    (void)state;
    struct arena arena = fresh_arena();
    assert_slice(escaped(&arena, escape_shown, "a\n\r\t\x1b[31m\x7f", false),
                 "a\\n\\r\\t\\x1b[31m\\x7f");
    assert_slice(escaped(&arena, escape_shown, "\xff\xc3\xa9", true), "\\xff\\u00e9");
    assert_slice(escaped(&arena, escape_shown, "\xc3\xa9\xe2\x80\xae", false), "\xc3\xa9\\u202e");
    assert_slice(escaped(&arena, escape_shown, "\xc2\x9b\xc2\xa0\xf0\x9f\x98\x80", true),
                 "\\u009b\\u00a0\\U0001f600");
    assert_slice(escaped(&arena, escape_quoted, "it's a\\b", false), "'it\\'s a\\\\b'");
}

static void every_byte_alone_is_escaped_or_printable(void **state) {
    (void)state;
    for (int byte = 1; byte < 256; byte++) {
        struct arena arena = fresh_arena();
        char text[] = {(char)byte, '\0'};
        struct slice shown = escaped(&arena, escape_shown, text, true);
        for (size_t i = 0; i < shown.length; i++)
            assert_in_range((unsigned char)shown.data[i], 0x20, 0x7e);
    }
}

static void shell_words_survive_a_shell(void **state) {
    (void)state;
    static const char *const words[] = {"/plain/path",
                                        "it's",
                                        "a b",
                                        "$HOME `id` \"q\" \\n",
                                        "tail\n",
                                        "\xc3\xa9\xff\x1b"
                                        "12",
                                        "a\n\n",
                                        "'",
                                        "\xe2\x80\xae"};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        for (int ascii_only = 0; ascii_only < 2; ascii_only++) {
            struct arena arena = fresh_arena();
            struct slice word = escaped(&arena, escape_shell, words[i], ascii_only);
            char command[600], read[200] = "";
            snprintf(command, sizeof command, "exec bash -c 'eval \"printf %%s. $0\"' \"$WORD\"");
            char value[400];
            snprintf(value, sizeof value, "%.*s", (int)word.length, word.data);
            setenv("WORD", value, 1);
            FILE *shell = popen(command, "r");
            assert_non_null(shell);
            size_t length = fread(read, 1, sizeof read - 1, shell);
            assert_int_equal(pclose(shell), 0);
            assert_int_equal(length, strlen(words[i]) + 1);
            assert_memory_equal(read, words[i], strlen(words[i]));
        }
}

static void json_strings_are_valid_whatever_comes(void **state) {
    (void)state;
    struct arena arena = fresh_arena();
    struct buffer buffer = buffer_in(&arena, 256);
    /* The last but one is U+009B, the control character that begins what drives a terminal. */
    escape_json(&buffer, SLICE("a\"b\\c\n\x01\x7f\xff\xc2\x9b\xc3\xa9"));
    assert_slice(buffer_text(&buffer),
                 "a\\\"b\\\\c\\u000a\\u0001\\u007f\xef\xbf\xbd\\u009b\xc3\xa9");
}

static void base64_of_rfc_4648(void **state) {
    (void)state;
    static const char *const vectors[][2] = {{"", ""},
                                             {"f", "Zg=="},
                                             {"fo", "Zm8="},
                                             {"foo", "Zm9v"},
                                             {"foob", "Zm9vYg=="},
                                             {"fooba", "Zm9vYmE="},
                                             {"foobar", "Zm9vYmFy"}};
    for (size_t i = 0; i < sizeof vectors / sizeof *vectors; i++) {
        struct arena arena = fresh_arena();
        struct buffer buffer = buffer_in(&arena, 64);
        escape_base64(&buffer, slice_of(vectors[i][0]));
        assert_slice(buffer_text(&buffer), vectors[i][1]);
    }
}

static void slices_split_and_count(void **state) {
    (void)state;
    struct slice rest = SLICE("a,,b");
    assert_slice(slice_split(&rest, ','), "a");
    assert_slice(slice_split(&rest, ','), "");
    assert_slice(slice_split(&rest, ','), "b");
    assert_int_equal(rest.length, 0);
    unsigned long number;
    struct slice text = SLICE("0755x");
    assert_true(slice_number(&text, 8, &number));
    assert_int_equal(number, 0755);
    assert_slice(text, "x");
    assert_false(slice_number(&text, 10, &number));
    text = SLICE("000001ffffffffffg");
    assert_true(slice_number(&text, 16, &number));
    assert_int_equal(number, 0x1ffffffffff);
    assert_slice(text, "g");
    assert_false(slice_number(&text, 16, &number));
    assert_slice(slice_basename(SLICE("/a/b.c")), "b.c");
    assert_slice(slice_basename(SLICE("/a/")), "");
}

static void lines_longer_than_the_window_are_cut_not_split(void **state) {
    (void)state;
    struct arena arena = fresh_arena();
    char name[] = "/tmp/permshim-lines-XXXXXX";
    int descriptor = mkstemp(name);
    FILE *file = fdopen(descriptor, "w");
    fputs("first\n\n", file);
    for (int i = 0; i < 10000; i++)
        fputc('x', file);
    fputs("\nlast without newline", file);
    fclose(file);
    struct line_reader reader;
    struct slice line;
    assert_true(lines_open(&reader, &arena, name, 1 << 20));
    assert_true(lines_next(&reader, &line));
    assert_slice(line, "first");
    assert_true(lines_next(&reader, &line));
    assert_slice(line, "");
    assert_true(lines_next(&reader, &line));
    assert_int_equal(line.length, 4096);
    assert_true(lines_next(&reader, &line));
    assert_slice(line, "last without newline");
    assert_false(lines_next(&reader, &line));
    lines_close(&reader);

    size_t lines = 0;
    assert_true(lines_open(&reader, &arena, name, 8)); /* a budget that ends in the file */
    while (lines_next(&reader, &line))
        lines++;
    assert_int_equal(lines, 3);
    assert_slice(line, "x");
    lines_close(&reader);
    unlink(name);
    assert_false(lines_open(&reader, &arena, name, 8));
}

static void unreadable_memory_is_found_out(void **state) {
    (void)state;
    struct memory memory = {0};
    char *pages = mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    assert_ptr_not_equal(pages, MAP_FAILED);
    memset(pages, 'a', 8192);
    assert_int_equal(mprotect(pages + 4096, 4096, PROT_NONE), 0);
    uintptr_t address = (uintptr_t)pages;
    assert_true(memory_readable(&memory, address, 4096));
    assert_false(memory_readable(&memory, address, 4097));
    assert_false(memory_readable(&memory, 0, 1));
    assert_false(memory_readable(&memory, UINTPTR_MAX - 3, 8));
    assert_int_equal(memory_string_length(&memory, address, 9000), -1);
    pages[100] = '\0';
    assert_int_equal(memory_string_length(&memory, address, 9000), 100);
    assert_int_equal(memory_string_length(&memory, address, 99), -1);
    char copy[4] = "";
    assert_true(memory_read(&memory, address, copy, 3));
    assert_string_equal(copy, "aaa");
    munmap(pages, 8192);
}

static void errno_names_go_both_ways(void **state) {
    (void)state;
    for (int error = 1; error < 134; error++) {
        const char *name = errno_name(error);
        if (strcmp(name, "E?") == 0)
            continue;
        assert_string_equal(name, strerrorname_np(error));
        assert_string_equal(errno_text(error), strerrordesc_np(error));
        assert_int_equal(errno_number(name, strlen(name)), error);
    }
    assert_int_equal(errno_number("ENOSUCH", 7), 0);
    assert_string_equal(errno_name(EUCLEAN), "EUCLEAN"); /* of a damaged file system */
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(format_knows_its_directives),
        cmocka_unit_test(a_full_buffer_cuts_and_remembers),
        cmocka_unit_test(a_full_arena_gives_nothing),
        cmocka_unit_test(utf8_is_checked_as_rfc_3629_says),
        cmocka_unit_test(nothing_shown_can_drive_a_terminal),
        cmocka_unit_test(every_byte_alone_is_escaped_or_printable),
        cmocka_unit_test(shell_words_survive_a_shell),
        cmocka_unit_test(json_strings_are_valid_whatever_comes),
        cmocka_unit_test(base64_of_rfc_4648),
        cmocka_unit_test(slices_split_and_count),
        cmocka_unit_test(lines_longer_than_the_window_are_cut_not_split),
        cmocka_unit_test(unreadable_memory_is_found_out),
        cmocka_unit_test(errno_names_go_both_ways),
    };
    return cmocka_run_group_tests_name("base", tests, NULL, NULL);
}

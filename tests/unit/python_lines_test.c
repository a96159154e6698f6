/* SPDX-License-Identifier: MIT */
/* The three line tables, from literal bytes. tests/python/lines.py compares real ones. */
#include "frames/python_lines.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

struct expected {
    long offset;
    int line;
};

static void check(enum python_lines format, const uint8_t *table, size_t length, int first_line,
                  const struct expected *expected, size_t count) {
    for (size_t i = 0; i < count; i++)
        if (python_line(format, table, length, first_line, expected[i].offset) != expected[i].line)
            fail_msg("offset %ld: %d, not %d", expected[i].offset,
                     python_line(format, table, length, first_line, expected[i].offset),
                     expected[i].line);
}
#define CHECK(format, table, first_line, expected)                                                 \
    check(format, table, sizeof(table), first_line, expected, sizeof(expected) / sizeof *(expected))

/* A step of more than 255 bytes or 127 lines takes several pairs. */
static void lnotab(void **state) {
    (void)state;
    static const uint8_t table[] = {6, 1, 44, 5, 255, 0, 45, 127, 0, 73, 11, 1, 2, (uint8_t)-3};
    static const struct expected expected[] = {{-1, 1},    {0, 1},     {5, 1},     {6, 2},
                                               {49, 2},    {50, 7},    {349, 7},   {350, 207},
                                               {360, 207}, {361, 208}, {363, 205}, {9999, 205}};
    CHECK(LINES_LNOTAB, table, 1, expected);
}

static void linetable(void **state) {
    (void)state;
    static const uint8_t table[] = {2, 0, 4, 1, 0, 100, 2, (uint8_t)-3, 2, 0x80, 2, 2};
    static const struct expected expected[] = {{-1, 10}, {0, 10}, {2, 11},   {5, 11}, {6, 108},
                                               {8, -1},  {9, -1}, {10, 110}, {12, -1}};
    CHECK(LINES_LINETABLE, table, 10, expected);
}

#define ENTRY(kind, units) (uint8_t)(0x80 | (kind) << 3 | ((units)-1))

static void locations(void **state) {
    (void)state;
    static const uint8_t table[] = {
        ENTRY(0, 1),  0x11,                         /* short: same line */
        ENTRY(11, 2), 4,    9,                      /* one line further */
        ENTRY(14, 1), 0x4c, 0x02, 0x00, 0x01, 0x01, /* long: 70 further, as 12 + 2 * 64 = 2 * 70 */
        ENTRY(13, 8), 0x07,                         /* no columns: 3 back */
        ENTRY(15, 1),                               /* no line */
        ENTRY(12, 1), 1,    1,                      /* two further */
        ENTRY(9, 1),  0x7f,                         /* short: same line */
    };
    static const struct expected expected[] = {{-2, 5},  {0, 5},   {2, 6},   {5, 6},
                                               {6, 76},  {8, 73},  {23, 73}, {24, -1},
                                               {26, 75}, {28, 75}, {30, -1}};
    CHECK(LINES_LOCATIONS, table, 5, expected);
}

static void empty(void **state) {
    (void)state;
    static const uint8_t none[1];
    assert_int_equal(python_line(LINES_LNOTAB, none, 0, 7, 0), 7);
    assert_int_equal(python_line(LINES_LINETABLE, none, 0, 7, 0), -1);
    assert_int_equal(python_line(LINES_LOCATIONS, none, 0, 7, 0), -1);
}

/* Any bytes: the sanitizers see a read outside of the table or an overflow. */
static void hostile(void **state) {
    (void)state;
    unsigned seed = 1;
    for (int round = 0; round < 20000; round++) {
        size_t length = (size_t)(rand_r(&seed) % 40);
        uint8_t *table = malloc(length ? length : 1);
        assert_non_null(table);
        for (size_t i = 0; i < length; i++)
            table[i] = (uint8_t)(rand_r(&seed) >> 3);
        for (int format = LINES_LNOTAB; format <= LINES_LOCATIONS; format++)
            python_line((enum python_lines)format, table, length, round % 2 ? 0x7fffffff : 1,
                        rand_r(&seed) % 300 - 2);
        free(table);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lnotab), cmocka_unit_test(linetable), cmocka_unit_test(locations),
        cmocka_unit_test(empty),  cmocka_unit_test(hostile),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

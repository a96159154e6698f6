/* SPDX-License-Identifier: MIT */
#include "match.h"
#include <ctype.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

static const char *const images[] = {
#define IMAGE(suffix) "*." suffix,
#define IMAGE_GLOB(glob) glob,
#include "images.def"
};
enum { IMAGES = sizeof images / sizeof *images };

/* What match_path() says, the long way: glob by glob. */
static bool matches_a_glob(const char *path) {
    struct slice name = slice_basename(match_strip(slice_of(path)));
    for (size_t i = 0; i < IMAGES; i++)
        if (match_glob(slice_of(images[i]), name))
            return true;
    return false;
}

/* A suffix of the list within the last eight bytes, and behind it what begins another column. */
static bool has_a_column(const char *path) {
    struct slice name = match_strip(slice_of(path));
    size_t point = name.length, end;
    while (point > 0 && name.data[point - 1] != '.')
        point--;
    for (end = point; end < name.length && isalnum((unsigned char)name.data[end]);)
        end++;
    if (point == 0 || point + 7 < name.length || end == name.length ||
        !memchr(" \t,;|?", name.data[end], 6))
        return false;
    for (size_t i = 0; i < IMAGES; i++)
        if (match_glob(slice_of(images[i]), slice_from(slice_first(name, end), point - 1)))
            return true;
    return false;
}

static uint64_t random_bits(void) {
    static uint64_t state = 0x853c49e6748fea9b;
    state = state * 6364136223846793005u + 1442695040888963407u;
    return state >> 33;
}

/* Names near those that match: a suffix of the list, bent at one place. */
static void bend(char *name, size_t size) {
    static const char spice[] = "./pPnN\x00 \t\n'\"~\x7f\xc2\xa0@`[{\x10)]>,;|";
    const char *glob = images[random_bits() % IMAGES];
    static const char *const ends[] = {"",      "",     "",      " 0",     ",1\n",
                                       "', 0)", ",cat", "\t123", "|12345", "?v=2"};
    int length = snprintf(name, size, "%.*s%s%s", (int)(random_bits() % 12), "dir/a.b-c.d/e",
                          glob + 1, ends[random_bits() % (sizeof ends / sizeof *ends)]);
    for (uint64_t bends = random_bits() % 4; bends > 0 && length > 0; bends--) {
        char byte = spice[random_bits() % (sizeof spice - 1)];
        size_t at = (size_t)random_bits() % (size_t)length;
        if (random_bits() % 2 && name[at] >= 'a' && name[at] <= 'z')
            byte = (char)(name[at] ^ 0x20);
        name[at] = byte;
    }
}

static void the_short_way_is_the_long_way(void **state) {
    static struct matcher matcher;
    unsigned matched = 0;
    (void)state;
    match_clear(&matcher);
    match_add_images(&matcher);
    for (int i = 0; i < 200000; i++) {
        char name[64];
        bend(name, sizeof name);
        bool expected = matches_a_glob(name) || has_a_column(name);
        if (match_path(&matcher, name) != expected)
            fail_msg("'%s' %s", name, expected ? "should match" : "should not match");
        matched += expected;
    }
    assert_in_range(matched, 20000, 180000); /* both answers were tried */
}

static void path_matches(const char *globs, const char *path, bool expected) {
    struct matcher matcher;
    match_clear(&matcher);
    struct slice rest = slice_of(globs);
    while (rest.length > 0)
        assert_true(match_add(&matcher, slice_split(&rest, ',')));
    if (match_path(&matcher, path) != expected)
        fail_msg("'%s' with %s: %d expected", path, globs, expected);
}

static void what_lists_and_objects_leave(void **state) {
    static const struct {
        const char *path;
        bool expected;
    } cases[] = {
        {"d/a.png 0", true},
        {"d/a.jpeg 12\r\n", true},
        {"a.png,cat", true},
        {"a.png;1", true},
        {"d/a.png?v=2", true},
        {"a.pngs,cat", false},
        {"a.txt 0", false},
        {"a.png-0", false},
        {"['d/a.png']", true},
        {"['d/a.png', 'd/b.png']\n", true},
        {"('d/a.png', 0)", true},
        {"PosixPath('d/a.PNG')", true},
        {"tf.Tensor(b'd/a.png', shape=(), dtype=string)", true},
        {"<_io.BufferedReader name='d/a.png'>", true},
        {"['d/a.txt']", false},
        {"d/a.png (1)", true}, /* another column, as far as this can tell */
        {"d/a(1)", false},
        {")", false},
    };
    static struct matcher matcher;
    (void)state;
    match_clear(&matcher);
    match_add_images(&matcher);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        if (match_path(&matcher, cases[i].path) != cases[i].expected)
            fail_msg("'%s': %d expected", cases[i].path, cases[i].expected);
}

static void globs_of_a_user(void **state) {
    (void)state;
    path_matches("*.abcdefg", "x.ABCdefg", true);
    path_matches("*.abcdefgh", "x.ABCdefgh", true);
    path_matches("*.abcdefgh", "x.bcdefgh", false);
    path_matches("*.a", ".a", true);
    path_matches("*.a", "a", false);
    path_matches("*.a", "x.a/b", false);
    path_matches("*.a", "x.a/\"", true);
    path_matches("*.nii.gz", "/data/X.NII.GZ", true);
    path_matches("*.nii.gz", "/data/x.gz", false);
    path_matches("IMG_*", "/a/img_0001", true);
    path_matches("IMG_*", "/img_1/a", false);
    path_matches("img_[0-9]?", "IMG_5z", true);
    path_matches("*.png,*.x", "y.X", true);
    path_matches("*.png", "", false);
    path_matches("*", "", true);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_short_way_is_the_long_way),
        cmocka_unit_test(what_lists_and_objects_leave),
        cmocka_unit_test(globs_of_a_user),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

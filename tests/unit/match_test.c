/* SPDX-License-Identifier: MIT */
#include "match.h"
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

static uint64_t random_bits(void) {
    static uint64_t state = 0x853c49e6748fea9b;
    state = state * 6364136223846793005u + 1442695040888963407u;
    return state >> 33;
}

/* Names near those that match: a suffix of the list, bent at one place. */
static void bend(char *name, size_t size) {
    static const char spice[] = "./pPnN\x00 \t\n'\"~\x7f\xc2\xa0@`[{\x10";
    const char *glob = images[random_bits() % IMAGES];
    int length =
        snprintf(name, size, "%.*s%s", (int)(random_bits() % 12), "dir/a.b-c.d/e", glob + 1);
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
        bool expected = matches_a_glob(name);
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
        cmocka_unit_test(globs_of_a_user),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: MIT */
/* What the variables mean, and which paths name an image. */
#include "base/slice.h"
#include "config.h"
#include "incident.h"
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static char complaints[4096];

static void complain(struct slice line) {
    strncat(complaints, line.data, line.length);
}

static void read_variables(const char *const *environment) {
    memset(&config, 0, sizeof config);
    complaints[0] = '\0';
    config_read((char *const *)environment, complain);
}

#define READ(...) read_variables((const char *const[]){__VA_ARGS__, NULL})

static void defaults_are_the_contracts(void **state) {
    (void)state;
    READ("PATH=/bin", "", "\xef\xef=1");
    assert_true(config.enabled);
    assert_int_equal(config.groups, GROUP_OPEN | GROUP_DIR);
    assert_true(config_reports(GROUP_DIR, EACCES) && !config_reports(GROUP_DIR, ENOENT));
    assert_false(config_reports(GROUP_PROBE, EACCES) || config_reports(GROUP_PROBE, ENOENT));
    assert_true(config_reports(GROUP_OPEN, EACCES) && config_reports(GROUP_OPEN, ENOENT));
    assert_false(config_reports(GROUP_OPEN, EMFILE) || config_reports(GROUP_OPEN, 0) ||
                 config_reports(GROUP_OPEN, 4000));
    assert_int_equal(config.format, FORMAT_TEXT);
    assert_int_equal(config.frames, 12);
    assert_int_equal(config.limit, 25);
    assert_int_equal(config.color, COLOR_AUTO);
    assert_string_equal(config.log_path, "");
    assert_string_equal(complaints, "");
}

static void values_are_taken(void **state) {
    (void)state;
    READ("PERMSHIM_ERRNO=EMFILE,ELOOP", "PERMSHIM_CALLS=open,probe+", "PERMSHIM_FORMAT=json",
         "PERMSHIM_LOG=/var/tmp/x.%p", "PERMSHIM_FRAMES=0", "PERMSHIM_LIMIT=1000000",
         "PERMSHIM_COLOR=never", "NO_COLOR=1", "container=podman");
    assert_true(config_reports(GROUP_OPEN, EMFILE) && config_reports(GROUP_OPEN, ELOOP) &&
                !config_reports(GROUP_OPEN, EACCES));
    assert_int_equal(config.groups, GROUP_OPEN | GROUP_PROBE);
    assert_true(config.probe_missing);
    assert_true(config_reports(GROUP_PROBE, EMFILE) && !config_reports(GROUP_DIR, EMFILE));
    assert_int_equal(config.format, FORMAT_JSON);
    assert_string_equal(config.log_path, "/var/tmp/x.%p");
    assert_int_equal(config.frames, 0);
    assert_int_equal(config.limit, 1000000);
    assert_int_equal(config.color, COLOR_NEVER);
    assert_true(config.no_color);
    assert_string_equal(config.container, "podman");
    assert_string_equal(complaints, "");
}

static void disabled_reports_nothing(void **state) {
    (void)state;
    READ("PERMSHIM_DISABLE=1", "PERMSHIM_ERRNO=all");
    assert_false(config.enabled);
    for (int error = 0; error < 200; error++)
        assert_false(config_reports(GROUP_OPEN, error));
}

static void empty_means_unset(void **state) {
    (void)state;
    READ("PERMSHIM_FRAMES=", "PERMSHIM_DISABLE=", "PERMSHIM_ERRNO=");
    assert_true(config.enabled);
    assert_int_equal(config.frames, 12);
    assert_string_equal(complaints, "");
}

static void a_bad_value_gets_its_line_and_the_default(void **state) {
    (void)state;
    static const char *const bad[] = {
        "PERMSHIM_FRAMES=many", "PERMSHIM_FRAMES=257",    "PERMSHIM_FRAMES=1x",
        "PERMSHIM_LIMIT=-1",    "PERMSHIM_ERRNO=EWHAT",   "PERMSHIM_CALLS=read",
        "PERMSHIM_FORMAT=xml",  "PERMSHIM_COLOR=blue",    "PERMSHIM_DISABLE=yes",
        "PERMSHIM_MATCH=,",     "PERMSHIM_ERRNO=EACCES,",
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        READ(bad[i]);
        bool accepted_trailing_comma = strcmp(bad[i], "PERMSHIM_ERRNO=EACCES,") == 0;
        assert_int_equal(complaints[0] == '\0', accepted_trailing_comma);
        if (accepted_trailing_comma)
            continue;
        size_t name = strcspn(bad[i], "=");
        assert_memory_equal(complaints + strlen("permshim: "), bad[i], name);
        assert_non_null(strstr(complaints, "it takes"));
        assert_non_null(strstr(complaints, "; using "));
        assert_ptr_equal(strchr(complaints, '\n'), complaints + strlen(complaints) - 1);
        assert_int_equal(config.frames, 12);
        assert_int_equal(config.limit, 25);
        assert_true(config.enabled && config_reports(GROUP_OPEN, EACCES) &&
                    config_reports(GROUP_OPEN, ENOENT));
        assert_true(match_path(&config.matcher, "a.jpg"));
    }
    READ("PERMSHIM_FORMAT=\x1b[31m\n");
    assert_null(strchr(complaints, '\x1b'));
}

static void images_are_known_by_their_last_component(void **state) {
    (void)state;
    static const struct {
        const char *path;
        bool matches;
    } cases[] = {
        {"cat.jpg", true},
        {"/data/CAT.JPEG", true},
        {"/data/cat.jpg\n", true},
        {"/data/cat.jpg \r\n\t", true},
        {"/data/\"cat.png\"", true},
        {"/data/cat.png\xe2\x80\x9d", true},
        {"/data/cat.png\xc2\xa0", true},
        {"/data/cat.png\xef\xbb\xbf", true},
        {"/data/cat.png/", true},
        {".png", true},
        {"scan.nii.gz", true},
        {"~/x.tiff", true},
        {"texture.ktx2", true},
        {"shot.CR3", true},
        {"", false},
        {"/", false},
        {"jpg", false},
        {"/data.jpg/list.txt", false},
        {"/x.jpg/readme", false},
        {"module.py", false},
        {"lib.so.6", false},
        {"archive.tar.gz", false},
        {"name.jpgx", false},
        {"a.verylongsuffix", false},
        {"a.123456jpg", false},
        {"12345678.jpg", true},
        {"\xff\xfe", false},
    };
    READ("PATH=/bin");
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        if (match_path(&config.matcher, cases[i].path) != cases[i].matches)
            fail_msg("'%s' should %smatch", cases[i].path, cases[i].matches ? "" : "not ");
}

/* match.c searches images.def by halves. */
static void image_suffixes_are_sorted(void **state) {
    (void)state;
    static const char *const images[] = {
#define IMAGE(suffix) suffix,
#include "images.def"
#undef IMAGE
    };
    READ("PATH=/bin");
    for (size_t i = 0; i < sizeof images / sizeof *images; i++) {
        char path[32];
        snprintf(path, sizeof path, "x.%s", images[i]);
        assert_true(match_path(&config.matcher, path));
        assert_in_range(strlen(images[i]), 1, 8);
        if (i > 0)
            assert_true(strcmp(images[i - 1], images[i]) < 0);
    }
}

static void globs_replace_or_add(void **state) {
    (void)state;
    READ("PERMSHIM_MATCH=*.h5,photo_??,[a-c]*.dat");
    assert_true(match_path(&config.matcher, "/x/model.H5"));
    assert_true(match_path(&config.matcher, "/x/photo_12"));
    assert_true(match_path(&config.matcher, "/x/Beta.dat"));
    assert_false(match_path(&config.matcher, "/x/delta.dat"));
    assert_false(match_path(&config.matcher, "/x/photo_1"));
    assert_false(match_path(&config.matcher, "/x/a.jpg"));
    READ("PERMSHIM_MATCH=+*.h5");
    assert_true(match_path(&config.matcher, "a.h5") && match_path(&config.matcher, "a.jpg"));
    READ("PERMSHIM_MATCH=*");
    assert_true(match_path(&config.matcher, "anything") && match_path(&config.matcher, ""));
}

static void globs_match_as_fnmatch_does(void **state) {
    (void)state;
    static const struct {
        const char *glob, *name;
        bool matches;
    } cases[] = {
        {"*", "", true},
        {"?", "", false},
        {"a*b*c", "aXXbYYc", true},
        {"a*b*c", "aXXbYY", false},
        {"[!a]x", "bx", true},
        {"[!a]x", "ax", false},
        {"[]]", "]", true},
        {"[a-]", "-", true},
        {"[", "[", true},
        {"\\*", "*", true},
        {"\\*", "x", false},
        {"**.x", "a.x", true},
        {"*a*a*a*b", "aaaaaaaaaaaaaaaaaaaaaaaaaaaa", false},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        if (match_glob(slice_of(cases[i].glob), slice_of(cases[i].name)) != cases[i].matches)
            fail_msg("%s against %s", cases[i].glob, cases[i].name);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(defaults_are_the_contracts),
        cmocka_unit_test(values_are_taken),
        cmocka_unit_test(disabled_reports_nothing),
        cmocka_unit_test(empty_means_unset),
        cmocka_unit_test(a_bad_value_gets_its_line_and_the_default),
        cmocka_unit_test(images_are_known_by_their_last_component),
        cmocka_unit_test(image_suffixes_are_sorted),
        cmocka_unit_test(globs_replace_or_add),
        cmocka_unit_test(globs_match_as_fnmatch_does),
    };
    return cmocka_run_group_tests_name("config", tests, NULL, NULL);
}

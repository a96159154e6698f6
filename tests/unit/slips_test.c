/* SPDX-License-Identifier: MIT */
/* Slips undone, names varied and compared: text in, text out. */
#include "slips/fold.h"
#include "slips/likeness.h"
#include "slips/slip.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

enum { OUT_BYTES = 512 };

static char out_bytes[OUT_BYTES + 1];

static struct buffer fresh(void) {
    return (struct buffer){.data = out_bytes, .capacity = OUT_BYTES};
}

static const char *text_of(struct buffer *buffer) {
    buffer->data[buffer->length] = '\0';
    return buffer->data;
}

static const char environment_bytes[] = "HOME=/home/alice\0DATA=/srv/data\0EMPTY=\0X=y";
static const struct slice environment = {environment_bytes, sizeof environment_bytes - 1};

/* Whether one of the ways to undo the slip gives `right`. */
static bool undoes(enum slip slip, const char *wrong, const char *right) {
    for (unsigned i = 0; i < slip_variants(slip); i++) {
        struct buffer out = fresh();
        if (slip_undo(slip, i, slice_of(wrong), environment, &out) &&
            strcmp(text_of(&out), right) == 0)
            return true;
    }
    return false;
}

static bool leaves_alone(enum slip slip, const char *text) {
    struct buffer out = fresh();
    for (unsigned i = 0; i < slip_variants(slip); i++)
        if (slip_undo(slip, i, slice_of(text), environment, &out))
            return false;
    return true;
}

static void test_undo(void **state) {
    (void)state;
    static const struct {
        enum slip slip;
        const char *wrong, *right;
    } cases[] = {
        {SLIP_WHITESPACE, "a.jpg\r\n", "a.jpg"},
        {SLIP_WHITESPACE,
         "\xef\xbb\xbf"
         "a.jpg",
         "a.jpg"},
        {SLIP_WHITESPACE, " \t a b.jpg\xc2\xa0", "a b.jpg"},
        {SLIP_WHITESPACE, "d /e\n/a.jpg", "d/e/a.jpg"},
        {SLIP_WHITESPACE,
         "a\xe2\x80\x8b"
         "b.jpg",
         "ab.jpg"},
        {SLIP_QUOTES, "'a.jpg'", "a.jpg"},
        {SLIP_QUOTES,
         "\xe2\x80\x9c"
         "a.jpg\xe2\x80\x9d",
         "a.jpg"},
        {SLIP_QUOTES, "b'a.jpg'", "a.jpg"},
        {SLIP_QUOTES, "d/\"a.jpg\"", "d/a.jpg"},
        {SLIP_QUOTES, "my\\ cat\\(1\\).jpg", "my cat(1).jpg"},
        {SLIP_WHITESPACE, "d/12 .jpg", "d/12.jpg"},
        {SLIP_QUOTES, "d/b'12'.jpg", "d/12.jpg"},
        {SLIP_QUOTES, "d/b'e'/a.jpg", "d/e/a.jpg"},
        {SLIP_QUOTES, "['d/a.jpg', 'd/b.jpg']", "d/a.jpg"},
        {SLIP_QUOTES, "(\"d/it's.jpg\", 0)", "d/it's.jpg"},
        {SLIP_QUOTES, "PosixPath('d/a.jpg')", "d/a.jpg"},
        {SLIP_QUOTES, "tf.Tensor(b'd/a.jpg', shape=(), dtype=string)", "d/a.jpg"},
        {SLIP_QUOTES, "d/('a.jpg',)", "d/a.jpg"},
        {SLIP_QUOTES, "d/PosixPath('e/a.jpg')", "d/e/a.jpg"},
        {SLIP_QUOTES, "d/['e']/['a'].jpg", "d/e/['a'].jpg"},
        {SLIP_QUOTES, "d/['a'].jpg", "d/a.jpg"},
        {SLIP_LINE, "d/a.jpg 0", "d/a.jpg"},
        {SLIP_LINE, "d/my cat.jpg,cat", "d/my cat.jpg"},
        {SLIP_LINE, "7\td/a.jpg\tcat", "d/a.jpg"},
        {SLIP_LINE, "7,d/my cat.jpg", "d/my cat.jpg"},
        {SLIP_UNEXPANDED, "~/a.jpg", "/home/alice/a.jpg"},
        {SLIP_UNEXPANDED, "~bob/a.jpg", "/home/bob/a.jpg"},
        {SLIP_UNEXPANDED, "~", "/home/alice"},
        {SLIP_UNEXPANDED, "$DATA/a.jpg", "/srv/data/a.jpg"},
        {SLIP_UNEXPANDED, "d/${X}.jpg", "d/y.jpg"},
        {SLIP_UNEXPANDED, "%DATA%/%X%.jpg", "/srv/data/y.jpg"},
        {SLIP_WINDOWS, "d\\e\\a.jpg", "d/e/a.jpg"},
        {SLIP_WINDOWS, "d\\\\a.jpg", "d/a.jpg"},
        {SLIP_WINDOWS, "C:\\d\\a.jpg", "/d/a.jpg"},
        {SLIP_WINDOWS, "C:\\d\\a.jpg", "/mnt/c/d/a.jpg"},
        {SLIP_WINDOWS, "C:\\d\\a.jpg", "/c/d/a.jpg"},
        {SLIP_WINDOWS, "C:/d/a.jpg", "d/a.jpg"},
        {SLIP_WINDOWS, "data\train\new\001.jpg", "data/train/new/001.jpg"},
        {SLIP_URI, "file:///d/a%20b.jpg", "/d/a b.jpg"},
        {SLIP_URI, "file://localhost/d/a.jpg", "/d/a.jpg"},
        {SLIP_URI, "file:/d/a.jpg", "/d/a.jpg"},
        {SLIP_URI, "d/a%C3%A9.jpg", "d/a\xc3\xa9.jpg"},
        {SLIP_URI, "d/a.jpg?raw=1#top", "d/a.jpg"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        if (!undoes(cases[i].slip, cases[i].wrong, cases[i].right))
            fail_msg("slip %d of \"%s\" is not undone to \"%s\"", cases[i].slip, cases[i].wrong,
                     cases[i].right);
}

static void test_undo_nothing(void **state) {
    (void)state;
    static const char *const plain[] = {"a.jpg",     "/d/e/a.jpg",   "d/my cat.jpg", "d/100%.jpg",
                                        "d/%zz.jpg", "it's b'c.jpg", "a b.jpg.d/c"};
    for (size_t i = 0; i < sizeof plain / sizeof *plain; i++)
        for (enum slip slip = 0; slip < SLIP_COUNT; slip++)
            if (!leaves_alone(slip, plain[i]))
                fail_msg("slip %d changes \"%s\"", slip, plain[i]);
    assert_true(leaves_alone(SLIP_UNEXPANDED, "$EMPTY/a.jpg"));
    assert_true(leaves_alone(SLIP_UNEXPANDED, "$NOWHERE/a.jpg"));
    assert_true(
        slice_is(slip_unset_variable(SLICE("$X/${NOWHERE}/a.jpg"), environment), "NOWHERE"));
    assert_int_equal(slip_unset_variable(SLICE("$X/a.jpg"), environment).length, 0);
    assert_int_equal(slip_unset_variable(SLICE("$NOWHERE/a.jpg"), SLICE("")).length, 0);
    assert_true(leaves_alone(SLIP_WHITESPACE, "\n\t")); /* nothing would be left */
    assert_true(leaves_alone(SLIP_WINDOWS, "http://h/a.jpg"));
}

/* What does not fit is no answer. */
static void test_undo_in_small_room(void **state) {
    (void)state;
    struct buffer out = {.data = out_bytes, .capacity = 4};
    assert_false(slip_undo(SLIP_WHITESPACE, 0, SLICE("abcde\n"), environment, &out));
    assert_true(slip_undo(SLIP_WHITESPACE, 0, SLICE("abcd\n"), environment, &out));
}

static void test_signs(void **state) {
    (void)state;
    static const struct {
        const char *path;
        enum slip_sign sign;
        const char *seen;
    } cases[] = {
        {"~/a.jpg", SIGN_TILDE, "~"},        {"~bob/a.jpg", SIGN_TILDE, "~bob"},
        {"d/$X/a.jpg", SIGN_VARIABLE, "$X"}, {"%APPDATA%/a.jpg", SIGN_VARIABLE, "%APPDATA%"},
        {"d/{}.jpg", SIGN_BRACES, "{}"},     {"d/{i:04d}.jpg", SIGN_BRACES, "{i:04d}"},
        {"d/%05d.jpg", SIGN_PRINTF, "%05d"}, {"d/*.jpg", SIGN_GLOB, "*"},
        {"d/[0-9].jpg", SIGN_GLOB, "[0-9]"}, {"s3://b/a.jpg", SIGN_URL, "s3://"},
        {"C:\\a.jpg", SIGN_DRIVE, "C:\\"},   {"d/a.jpg", SIGN_NONE, ""},
        {"d/a~1.jpg", SIGN_NONE, ""},        {"d/{3f2504e0-4f89-11d3}.jpg", SIGN_NONE, ""},
        {"d/a [2020].jpg", SIGN_NONE, ""},   {"d/50%discount.jpg", SIGN_NONE, ""},
        {"d/a%20b.jpg", SIGN_NONE, ""},      {"d/costs 5$.jpg", SIGN_NONE, ""},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct slice seen;
        enum slip_sign sign = slip_sign(slice_of(cases[i].path), &seen);
        if (sign != cases[i].sign ||
            (sign != SIGN_NONE && !slice_equal(seen, slice_of(cases[i].seen))))
            fail_msg("\"%s\" has sign %d, not %d", cases[i].path, sign, cases[i].sign);
    }
}

static void test_suffix(void **state) {
    (void)state;
    assert_int_equal(name_suffix(SLICE("a.jpg")), 1);
    assert_int_equal(name_suffix(SLICE("a.b.jpg")), 3);
    assert_int_equal(name_suffix(SLICE("brain.nii.gz")), 5);
    assert_int_equal(name_suffix(SLICE("data.tar.gz")), 8);
    assert_int_equal(name_suffix(SLICE(".jpg")), 4);
    assert_int_equal(name_suffix(SLICE("a")), 1);
    assert_true(suffix_is_image(SLICE(".JPG")));
    assert_true(suffix_is_image(SLICE(".nii.gz")));
    assert_false(suffix_is_image(SLICE(".txt")));
    assert_false(suffix_is_image(SLICE("")));
}

/* ---- names ---- */

static unsigned variant_slips(const char *name, bool last, const char *right) {
    for (unsigned i = 0; i < name_variants(); i++) {
        struct buffer out = fresh();
        unsigned slips;
        if (name_variant(slice_of(name), last, i, &out, &slips) &&
            strcmp(text_of(&out), right) == 0)
            return slips;
    }
    return 0;
}

static bool edits_to(const char *name, const char *right) {
    for (unsigned i = 0; i < name_edits(slice_of(name)); i++) {
        struct buffer out = fresh();
        if (name_edit(slice_of(name), i, &out) && strcmp(text_of(&out), right) == 0)
            return true;
    }
    return false;
}

static void test_variants(void **state) {
    (void)state;
    unsigned letter_case = SLIP_BIT(SLIP_CASE), form = SLIP_BIT(SLIP_UNICODE);
    unsigned number = SLIP_BIT(SLIP_NUMBER), suffix = SLIP_BIT(SLIP_EXTENSION);
    assert_int_equal(variant_slips("img.JPG", true, "img.jpg"), letter_case);
    assert_int_equal(variant_slips("img.jpg", true, "IMG.JPG"), letter_case);
    assert_int_equal(variant_slips("sun_set.JPG", true, "Sun_Set.jpg"), letter_case);
    assert_int_equal(variant_slips("caf\xc3\xa9.jpg", true, "cafe\xcc\x81.jpg"), form);
    assert_int_equal(variant_slips("a\xe2\x80\x93"
                                   "b.jpg",
                                   true, "a-b.jpg"),
                     form);
    assert_int_equal(variant_slips("a-b.jpg", true,
                                   "a\xe2\x80\x93"
                                   "b.jpg"),
                     form);
    assert_int_equal(variant_slips("img_7.jpg", true, "img_0007.jpg"), number);
    assert_int_equal(variant_slips("img_0007.jpg", true, "img_7.jpg"), number);
    assert_int_equal(variant_slips("a.jpg", true, "a.png"), suffix);
    assert_int_equal(variant_slips("a.jpg", true, "a.jpg.jpg"), suffix);
    assert_int_equal(variant_slips("a.jpg.jpg", true, "a.jpg"), suffix);
    assert_int_equal(variant_slips("IMG_7.JPG", true, "img_007.jpg"), letter_case | number);
    assert_int_equal(variant_slips("a.jpg", false, "a.png"), 0); /* a directory */
    assert_int_equal(variant_slips("img_7.jpg", true, "img_8.jpg"), 0);
}

static void test_edits(void **state) {
    (void)state;
    assert_true(edits_to("hoilday.png", "holiday.png"));
    assert_true(edits_to("holyday.png", "holiday.png"));
    assert_true(edits_to("holday.png", "holiday.png"));
    assert_true(edits_to("hollliday.png", "holliday.png"));
    assert_true(edits_to("my-old-cat.png", "my_old_cat.png"));
    assert_true(edits_to("citty skylinne.png", "city skyline.png"));
    assert_false(edits_to("img_10.png", "img_1.png"));
    assert_false(edits_to("img_10.png", "img_01.png"));
    assert_false(edits_to("img_10.png", "img_11.png"));
    assert_false(edits_to("a.png", "a.pn"));
}

/* What is to be looked for may not be ruled out; the rest mostly is. */
static void test_may_vary(void **state) {
    (void)state;
    static const char *const names[] = {
        "img_0042.png", "IMG 7.JPG",       "a.b.c.nii.gz",   "cat's 3 PM.jpeg", "0.png",
        "no-suffix",    "caf\xc3\xa9.jpg", "100 200 03.tif", ".hidden",         "\xe2\x84\xaa.png"};
    for (size_t n = 0; n < sizeof names / sizeof *names; n++)
        for (unsigned i = 0; i < name_variants(); i++) {
            struct buffer out = fresh();
            unsigned slips;
            if (name_variant(slice_of(names[n]), true, i, &out, &slips))
                assert_true(name_may_vary_into(slice_of(names[n]), buffer_text(&out)));
        }
    static const char *const others[] = {"img_0043.png", "imgg_42.png", "im_42.png", "42.png", ""};
    for (size_t n = 0; n < sizeof others / sizeof *others; n++)
        assert_false(name_may_vary_into(SLICE("img_0042.png"), slice_of(others[n])));
}

/* Every byte at every place: never more than the room, never the name itself. */
static void test_variants_of_any_bytes(void **state) {
    (void)state;
    for (unsigned byte = 1; byte < 256; byte++) {
        char name[] = {'a', (char)byte, (char)byte, '.', 'j', (char)byte, '\0'};
        for (unsigned i = 0; i < name_variants(); i++) {
            struct buffer out = fresh();
            unsigned slips;
            if (name_variant(slice_of(name), true, i, &out, &slips)) {
                assert_int_not_equal(slips, 0);
                assert_string_not_equal(text_of(&out), name);
                assert_true(name_may_vary_into(slice_of(name), buffer_text(&out)));
            }
        }
        for (unsigned i = 0; i < name_edits(slice_of(name)); i++) {
            struct buffer out = fresh();
            if (name_edit(slice_of(name), i, &out))
                assert_string_not_equal(text_of(&out), name);
        }
    }
}

/* ---- folding ---- */

static bool in_form(const char *name, enum form form, const char *right) {
    struct buffer out = fresh();
    return form_write(slice_of(name), form, &out) && strcmp(text_of(&out), right) == 0;
}

static void test_forms(void **state) {
    (void)state;
    assert_true(in_form("e\xcc\x81", FORM_COMPOSED, "\xc3\xa9"));
    assert_true(in_form("\xc3\xa9", FORM_DECOMPOSED, "e\xcc\x81"));
    /* U+1E69: two marks in canonical order, whatever order they come in */
    assert_true(in_form("s\xcc\x87\xcc\xa3", FORM_COMPOSED, "\xe1\xb9\xa9"));
    assert_true(in_form("\xe1\xb9\xa9", FORM_DECOMPOSED, "s\xcc\xa3\xcc\x87"));
    /* kana with a voiced mark, and a Hangul syllable */
    assert_true(in_form("\xe3\x81\x8b\xe3\x82\x99", FORM_COMPOSED, "\xe3\x81\x8c"));
    assert_true(in_form("\xed\x95\x9c", FORM_DECOMPOSED, "\xe1\x84\x92\xe1\x85\xa1\xe1\x86\xab"));
    assert_true(in_form("\xe1\x84\x92\xe1\x85\xa1\xe1\x86\xab", FORM_COMPOSED, "\xed\x95\x9c"));
    /* composition exclusions stay apart: U+0958 */
    assert_true(in_form("\xe0\xa4\x95\xe0\xa4\xbc", FORM_COMPOSED, "\xe0\xa4\x95\xe0\xa4\xbc"));
    assert_true(in_form("\xef\xbc\xa1\xe2\x80\x99\xe2\x80\x94", FORM_PLAIN, "A'-"));
    /* bytes that are not UTF-8 come through */
    assert_true(in_form("\xff\xc3(", FORM_COMPOSED, "\xff\xc3("));
}

static void test_code_pages(void **state) {
    (void)state;
    assert_true(in_form("caf\xc3\xa9 \xe2\x82\xac", FORM_WINDOWS_BYTES, "caf\xe9 \x80"));
    assert_true(in_form("caf\xe9 \x80", FORM_FROM_WINDOWS, "caf\xc3\xa9 \xe2\x82\xac"));
    assert_true(in_form("caf\xc3\xa9", FORM_DOS_BYTES, "caf\x82"));
    assert_true(in_form("caf\x82", FORM_FROM_DOS, "caf\xc3\xa9"));
    /* UTF-8 that was taken for the page, and back */
    assert_true(in_form("\xc3\xa9", FORM_FROM_WINDOWS, "\xc3\x83\xc2\xa9"));
    assert_true(in_form("\xc3\x83\xc2\xa9", FORM_WINDOWS_BYTES, "\xc3\xa9"));
    assert_true(in_form("\xc3\xa9", FORM_FROM_DOS, "\xe2\x94\x9c\xe2\x8c\x90"));
    /* what the page has not */
    assert_false(in_form("\xe6\x97\xa5", FORM_WINDOWS_BYTES, ""));
    assert_false(in_form("\xe2\x82\xac", FORM_DOS_BYTES, ""));
}

/* ---- likeness ---- */

static struct likeness like(const char *asked, const char *name) {
    static struct wanted wanted;
    static struct folded scratch;
    assert_true(likeness_want(slice_of(asked), true, &wanted));
    return likeness_of(&wanted, slice_of(name), &scratch);
}

/* L and R, band 8 and band 8A: who confuses these is not helped by a guess. */
static void test_labels_are_not_guessed(void **state) {
    (void)state;
    assert_int_equal(like("patient1_R.dcm", "patient1_L.dcm").kind, LIKENESS_NONE);
    assert_int_equal(like("view-x-0001.png", "view-y-0001.png").kind, LIKENESS_NONE);
    assert_int_equal(like("trainB", "trainA").kind, LIKENESS_NONE);
    assert_int_equal(like("scan (b).png", "scan (a).png").kind, LIKENESS_NONE);
    assert_int_equal(like("T32_B08.jp2", "T32_B8A.jp2").kind, LIKENESS_NONE);
    assert_int_equal(like("patiemt1_L.dcm", "patient1_L.dcm").edits, 1);
    assert_int_equal(like("patient1_L.dcm", "patient1L.dcm").edits, 1);
    assert_int_equal(like("trianA", "trainA").edits, 1);
    assert_int_equal(like("my_f_ile_1.png", "my_file_1.png").edits, 1);
}

static void test_likeness(void **state) {
    (void)state;
    unsigned letter_case = SLIP_BIT(SLIP_CASE), form = SLIP_BIT(SLIP_UNICODE);
    unsigned number = SLIP_BIT(SLIP_NUMBER), suffix = SLIP_BIT(SLIP_EXTENSION);
    unsigned typo = SLIP_BIT(SLIP_TYPO);
    const struct {
        const char *asked, *name;
        enum likeness_kind kind;
        unsigned slips, edits;
    } cases[] = {
        {"cat.jpg", "CAT.jpg", LIKENESS_NEAR, letter_case, 0},
        {"cat.jpg", "cat.JPG", LIKENESS_NEAR, letter_case, 0},
        {"caf\xc3\xa9.jpg", "cafe\xcc\x81.jpg", LIKENESS_NEAR, form, 0},
        {"CAF\xc3\x89.jpg", "cafe\xcc\x81.jpg", LIKENESS_NEAR, form | letter_case, 0},
        {"a-b.jpg",
         "a\xe2\x80\x93"
         "b.jpg",
         LIKENESS_NEAR, form, 0},
        {"cat.jpg", "cat.png", LIKENESS_NEAR, suffix, 0},
        {"cat.jpg", "CAT.png", LIKENESS_NEAR, suffix | letter_case, 0},
        {"cat.jpg", "cat.jpg.jpg", LIKENESS_NEAR, suffix, 0},
        {"cat.jpg.jpg", "cat.jpg", LIKENESS_NEAR, suffix, 0},
        {"cat.jpg", "cat", LIKENESS_NEAR, suffix, 0},
        {"cat.jpg", "cat.txt", LIKENESS_NONE, 0, 0},
        {"img_1.jpg", "img_0001.jpg", LIKENESS_NEAR, number, 0},
        {"img_1.jpg", "img_0001.png", LIKENESS_NEAR, number | suffix, 0},
        {"img_1.jpg", "img_0002.jpg", LIKENESS_OTHER_NUMBER, 0, 0},
        {"img_1.jpg", "img_2.png", LIKENESS_NONE, 0, 0},
        {"img_0200001.png", "img_0000101.png", LIKENESS_OTHER_NUMBER, 0, 0},
        {"img_12.jpg", "img_21.jpg", LIKENESS_OTHER_NUMBER, 0, 0},
        {"holyday.png", "holiday.png", LIKENESS_NEAR, typo, 1},
        {"hoildya.png", "holiday.png", LIKENESS_NEAR, typo, 2},
        {"holiday_1.png", "holyday_2.png", LIKENESS_NONE, 0, 0},
        {"my_cat.jpg", "my-cat.jpg", LIKENESS_NEAR, typo, 1},
        {"cat.jpg", "car.jpg", LIKENESS_NONE, 0, 0}, /* too short to be sure of anything */
        {"elephant.jpg", "aardvark.jpg", LIKENESS_NONE, 0, 0},
        {"brian.nii.gz", "brain.nii.gz", LIKENESS_NEAR, typo, 1},
        {"cat.jpg", "cat.jpg", LIKENESS_NONE, 0, 0}, /* it would have been found */
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct likeness is = like(cases[i].asked, cases[i].name);
        if (is.kind != cases[i].kind || is.slips != cases[i].slips || is.edits != cases[i].edits)
            fail_msg("\"%s\" and \"%s\": kind %d, slips %#x, %u edits", cases[i].asked,
                     cases[i].name, is.kind, is.slips, is.edits);
    }
}

static void test_order_of_numbers(void **state) {
    (void)state;
    assert_true(name_order(SLICE("a9.jpg"), SLICE("a10.jpg")) < 0);
    assert_true(name_order(SLICE("a010.jpg"), SLICE("a9.jpg")) > 0);
    assert_int_equal(name_order(SLICE("a01.jpg"), SLICE("a1.jpg")), 0);
    assert_true(name_order(SLICE("a1_10"), SLICE("a10_1")) < 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_undo),
        cmocka_unit_test(test_undo_nothing),
        cmocka_unit_test(test_undo_in_small_room),
        cmocka_unit_test(test_signs),
        cmocka_unit_test(test_suffix),
        cmocka_unit_test(test_variants),
        cmocka_unit_test(test_edits),
        cmocka_unit_test(test_may_vary),
        cmocka_unit_test(test_variants_of_any_bytes),
        cmocka_unit_test(test_forms),
        cmocka_unit_test(test_code_pages),
        cmocka_unit_test(test_labels_are_not_guessed),
        cmocka_unit_test(test_likeness),
        cmocka_unit_test(test_order_of_numbers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

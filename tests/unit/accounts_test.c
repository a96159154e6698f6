/* SPDX-License-Identifier: MIT */
/* The local passwd file, compared with what libc reads in it. */
#include "facts/collect.h"
#include <pwd.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

enum { ARENA_BYTES = 1 << 18 };

static _Alignas(16) char memory[ARENA_BYTES];

static bool find_home(const char *user, struct slice *home) {
    struct arena arena = {memory, memory + ARENA_BYTES};
    return accounts_find_home(&arena, slice_of(user), home);
}

/* A later entry may have a name that an earlier one has, too. */
static void the_home_is_that_of_the_file(void **state) {
    (void)state;
    FILE *file = fopen("/etc/passwd", "re");
    assert_non_null(file);
    struct passwd *first = fgetpwent(file);
    struct slice home;
    assert_non_null(first);
    assert_true(find_home(first->pw_name, &home));
    assert_true(slice_is(home, first->pw_dir));
    (void)fclose(file);
}

static void unknown_users_have_none(void **state) {
    (void)state;
    struct slice home;
    assert_false(find_home("no-such-user-zq", &home));
    assert_false(find_home("roo", &home));
    assert_false(find_home("root:x", &home));
    assert_int_equal(home.length, 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_home_is_that_of_the_file),
        cmocka_unit_test(unknown_users_have_none),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

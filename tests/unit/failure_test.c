/* SPDX-License-Identifier: MIT */
/* What a failed call wanted, asked of arguments that the kernel has refused to read. */
#include "config.h"
#include "incident.h"
#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <sys/mman.h>

#include <cmocka.h>

enum { PAGE_BYTES = 4096 };

static void ignore(struct slice line) {
    (void)line;
}

/* The first byte that cannot be read, behind a page that can. */
static char *make_edge(void) {
    char *page =
        mmap(NULL, 2 * PAGE_BYTES, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    assert_ptr_not_equal(page, MAP_FAILED);
    assert_int_equal(mprotect(page + PAGE_BYTES, PAGE_BYTES, PROT_NONE), 0);
    return page + PAGE_BYTES;
}

static void fail_with(enum how_kind how_kind, const void *how, int error) {
    static char *const environment[] = {"PERMSHIM_ERRNO=all", "PERMSHIM_FORMAT=none", NULL};
    struct failed_call call = {"open", GROUP_OPEN, how_kind, false};
    config_read(environment, ignore);
    errno = error;
    call_failed(&call, AT_FDCWD, "/dev/null/a.png", (uintptr_t)how);
    assert_int_equal(errno, error);
}

/* fopen("a.png", "") is EINVAL. */
static void an_empty_mode_ends_where_it_begins(void **state) {
    (void)state;
    char *edge = make_edge();
    edge[-1] = '\0';
    fail_with(HOW_MODE, edge - 1, EINVAL);
}

/* openat2(2): EFAULT, and EINVAL for a struct that is too short. */
static void an_open_how_may_not_be_there(void **state) {
    (void)state;
    char *edge = make_edge();
    fail_with(HOW_STRUCT, NULL, EFAULT);
    fail_with(HOW_STRUCT, edge, EFAULT);
    fail_with(HOW_STRUCT, edge - sizeof(uint64_t), EINVAL);
    fail_with(HOW_STRUCT, edge - sizeof(struct open_how), ENOTDIR);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_empty_mode_ends_where_it_begins),
        cmocka_unit_test(an_open_how_may_not_be_there),
    };
    return cmocka_run_group_tests_name("failure", tests, NULL, NULL);
}

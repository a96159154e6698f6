/* SPDX-License-Identifier: MIT */
/* The table that forked processes share: one of them may have been taken over by somebody else. */
#include "report/report.h"
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

/* The table is the one shared mapping without a file that can be written. */
static void scribble(int byte) {
    char line[512];
    size_t found = 0;
    FILE *maps = fopen("/proc/self/maps", "re");
    assert_non_null(maps);
    while (fgets(line, sizeof line, maps)) {
        char *start, *end;
        if (sscanf(line, "%p-%p rw-s", (void **)&start, (void **)&end) == 2 &&
            strstr(line, " rw-s ") && strstr(line, "/dev/zero (deleted)")) {
            memset(start, byte, (size_t)(end - start));
            found++;
        }
    }
    fclose(maps);
    assert_int_equal(found, 1);
}

static size_t told, bytes_told;

static void tell(const struct tally_line *line, void *context) {
    (void)context;
    told++;
    bytes_told += strlen(line->cause);
    for (size_t i = 0; i < line->culprit.length; i++)
        bytes_told += line->culprit.data[i] != '\0';
}

static void count(uint64_t fingerprint, struct sighting *sighting) {
    struct verdict verdict = {.cause = CAUSE_dir_search};
    tally_count(fingerprint, &verdict, SLICE("/home/alice"), 0, sighting);
}

static void the_first_is_reported_and_powers_of_ten_are_said(void **state) {
    (void)state;
    struct sighting sighting;
    for (unsigned i = 1; i <= 1000; i++) {
        count(7, &sighting);
        assert_int_equal(sighting.report, i == 1);
        assert_int_equal(sighting.say_count, i == 10 || i == 100 || i == 1000);
    }
    assert_true(tally_has_untold());
    tally_untold(0, tell, NULL);
    assert_int_equal(told, 1);
    assert_int_equal(bytes_told, strlen("dir-search") + strlen("/home/alice"));
    assert_false(tally_has_untold());
}

static void whatever_the_table_holds_harms_nobody(void **state) {
    (void)state;
    struct sighting sighting;
    told = 0;
    for (int byte = 1; byte <= 0xff; byte++) {
        scribble(byte);
        uint64_t fingerprint = UINT64_MAX / 0xff * (unsigned)byte; /* what stands in every slot */
        count(fingerprint, &sighting);
        tally_untold(fingerprint, tell, NULL);
        tally_untold(0, tell, NULL);
    }
    assert_int_equal(told, 0);
    scribble(0);
    count(7, &sighting);
    count(7, &sighting);
    tally_untold(0, tell, NULL);
    assert_int_equal(told, 1);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_first_is_reported_and_powers_of_ten_are_said),
        cmocka_unit_test(whatever_the_table_holds_harms_nobody),
    };
    return cmocka_run_group_tests_name("tally", tests, NULL, NULL);
}

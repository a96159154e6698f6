/* SPDX-License-Identifier: MIT */
/* ENOENT to a cause, from literals. */
#include "verdict.h"
#include <errno.h>
#include <fcntl.h>
#include <linux/stat.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include <cmocka.h>

enum { ARENA_BYTES = 1 << 20 };

static struct arena arena;
static struct incident incident;
static struct facts facts;
static struct verdict verdict;
static struct component components[4];
static struct neighbour found[NEIGHBOURS_MOST];

static struct component directory(const char *path, int parent) {
    return (struct component){.path = slice_of(path),
                              .role = parent < 0 ? ROLE_START : ROLE_PASSAGE,
                              .parent = parent,
                              .status_known = true,
                              .status = {.st_mode = S_IFDIR | 0755},
                              .acl = {.state = ACL_ABSENT},
                              .needs = ACCESS_SEARCH};
}

/* "/d/a.jpg" was asked for: / and /d are there. */
static int start_over(void **state) {
    (void)state;
    char *bytes =
        mmap(NULL, ARENA_BYTES, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    arena = (struct arena){bytes, bytes + ARENA_BYTES};
    incident = (struct incident){.function = "open",
                                 .group = GROUP_OPEN,
                                 .path = "/d/a.jpg",
                                 .directory = AT_FDCWD,
                                 .error = ENOENT};
    components[0] = directory("/", -1);
    components[1] = directory("/d", 0);
    components[2] = (struct component){.path = SLICE("/d/a.jpg"),
                                       .role = ROLE_TARGET,
                                       .parent = 1,
                                       .lookup_error = ENOENT,
                                       .kernel_answer = ANSWER_UNKNOWN};
    facts = (struct facts){
        .walk = {.components = components, .count = 3, .error = ENOENT, .directory = 1},
        .neighbours = {.sought = true}};
    memset(found, 0, sizeof found);
    return bytes == MAP_FAILED;
}

static int drop_arena(void **state) {
    (void)state;
    return munmap(arena.end - ARENA_BYTES, ARENA_BYTES);
}

static void judge(enum cause cause, enum certainty certainty, int culprit) {
    verdict_reach(&arena, &incident, &facts, &verdict);
    assert_string_equal(cause_word(verdict.cause), cause_word(cause));
    assert_int_equal(verdict.certainty, certainty);
    assert_int_equal(verdict.culprit, culprit);
    assert_true(verdict.summary.length > 0);
    assert_true(verdict.why.length > 0);
}

static bool holds(struct slice text, const char *part) {
    return slice_search(text, part) != NULL;
}

static bool advises(const char *part) {
    for (size_t i = 0; i < verdict.fix_count; i++)
        if (holds(verdict.fixes[i].advice, part))
            return true;
    return false;
}

static bool notes(const char *part) {
    for (size_t i = 0; i < verdict.note_count; i++)
        if (holds(verdict.notes[i], part))
            return true;
    return false;
}

/* ---- nothing near ---- */

static void test_a_file_in_the_root_directory(void **state) {
    (void)state;
    judge(CAUSE_missing_file, CERTAINTY_PROVEN, 2);
    assert_false(notes("no directory stands before it"));
    incident.path = "/a.jpg";
    components[1] = components[2];
    components[1].path = SLICE("/a.jpg");
    components[1].parent = 0;
    facts.walk.count = 2;
    facts.walk.directory = 0;
    judge(CAUSE_missing_file, CERTAINTY_PROVEN, 1);
    assert_true(notes("a variable that was empty, or a / too many"));
    facts.neighbours.caller_is_python = true;
    judge(CAUSE_missing_file, CERTAINTY_PROVEN, 1);
    assert_true(notes("os.path.join(directory, \"/name\")"));
}

static void test_missing_file(void **state) {
    (void)state;
    judge(CAUSE_missing_file, CERTAINTY_PROVEN, 2);
    assert_int_equal(verdict.suggestion_count, 0);
    assert_int_equal(verdict.judgements[2].verdict, COMPONENT_MISSING);
    facts.neighbours.sought = false;
    judge(CAUSE_missing_file, CERTAINTY_PROVEN, 2);
}

static void test_what_is_there_instead(void **state) {
    (void)state;
    struct held *held = &facts.neighbours.held;
    *held = (struct held){.known = true, .empty = true};
    judge(CAUSE_missing_file, CERTAINTY_PROVEN, 2);
    assert_true(holds(verdict.why, "its directory exists and is empty"));
    assert_false(notes("there"));
    held->empty = false;
    judge(CAUSE_missing_file, CERTAINTY_PROVEN, 2);
    assert_true(notes("no image there"));
    *held = (struct held){.known = true, .images = true, .names = {SLICE("b.jpg")}, .count = 1};
    judge(CAUSE_missing_file, CERTAINTY_PROVEN, 2);
    assert_true(notes("images there: 'b.jpg'"));
    held->images = false;
    held->more = true;
    judge(CAUSE_missing_file, CERTAINTY_PROVEN, 2);
    assert_true(notes("no image there, but 'b.jpg' and more"));
    held->more = false;
    /* names of any length leave room for the rest of the report */
    static char length[200];
    memset(length, 'n', sizeof length);
    for (size_t i = 0; i < HELD_MOST; i++)
        held->names[i] = (struct slice){length, sizeof length};
    held->count = 40;
    incident.path = "/d/e/a.jpg";
    components[2].path = SLICE("/d/e");
    facts.walk.missing = SLICE("/a.jpg");
    judge(CAUSE_missing_dir, CERTAINTY_PROVEN, 2);
    assert_true(notes("directories there: 'nnn") && notes("nnn' and 39 more"));
    facts.walk.creates = true; /* what is there is not what is wanted */
    judge(CAUSE_create_in_missing_dir, CERTAINTY_PROVEN, 2);
    assert_false(notes("there"));
}

static void test_missing_directory(void **state) {
    (void)state;
    incident.path = "/d/e/f/a.jpg";
    components[2].path = SLICE("/d/e");
    facts.walk.missing = SLICE("/f/a.jpg");
    judge(CAUSE_missing_dir, CERTAINTY_PROVEN, 2);
    assert_true(holds(verdict.summary, "'/d/e'"));
    facts.walk.creates = true;
    incident.flags = O_CREAT | O_WRONLY;
    judge(CAUSE_create_in_missing_dir, CERTAINTY_PROVEN, 2);
    assert_int_equal(verdict.fix_count, 1);
    assert_true(slice_is(verdict.fixes[0].arguments[0], "mkdir"));
    assert_true(slice_is(verdict.fixes[0].arguments[2], "/d/e/f"));
}

static void test_trailing_slash_is_a_directory(void **state) {
    (void)state;
    incident.path = "/d/a.jpg/";
    facts.walk.trailing_slash = true;
    judge(CAUSE_missing_dir, CERTAINTY_PROVEN, 2);
}

static void test_relative_path_names_its_start(void **state) {
    (void)state;
    incident.path = "d/a.jpg";
    components[0] = directory("/home/bob", -1);
    judge(CAUSE_missing_file, CERTAINTY_PROVEN, 2);
    assert_true(notes("'/home/bob'"));
}

static void test_dangling_link(void **state) {
    (void)state;
    components[1].role = ROLE_LINK;
    components[1].link_target = SLICE("/gone");
    components[2].path = SLICE("/gone");
    found[0] = (struct neighbour){.path = SLICE("/g0ne"), .slips = SLIP_BIT(SLIP_TYPO), .edits = 1};
    facts.neighbours.found = found;
    facts.neighbours.count = facts.neighbours.ties = 1;
    judge(CAUSE_dangling_symlink, CERTAINTY_PROVEN, 1);
    /* the link leads to a directory, and the name behind it is what is missing */
    components[1].rest_behind = 6;
    facts.neighbours.count = 0;
    judge(CAUSE_missing_file, CERTAINTY_PROVEN, 2);
}

/* ln -s '~/a.jpg' l.jpg */
static void test_links_with_a_text_to_expand(void **state) {
    (void)state;
    static const char *const targets[] = {"~/a.jpg", "$DATA/a.jpg", "*.jpg", "file:///a.jpg"};
    components[1].role = ROLE_LINK;
    components[1].path = SLICE("/d/l.jpg");
    components[2].path = SLICE("/d/~");
    for (size_t i = 0; i < sizeof targets / sizeof *targets; i++) {
        components[1].link_target = slice_of(targets[i]);
        judge(CAUSE_dangling_symlink, CERTAINTY_PROVEN, 1);
        assert_true(advises("ln -sfn TARGET '/d/l.jpg': a link's text is taken as it is"));
    }
    components[1].link_target = SLICE("None/a.jpg");
    judge(CAUSE_dangling_symlink, CERTAINTY_PROVEN, 1);
    assert_true(advises("bring the link's target back"));
}

static void test_links_that_can_be_mended(void **state) {
    (void)state;
    components[1].role = ROLE_LINK;
    components[1].path = SLICE("/d/l.jpg");
    components[1].status = (struct stat){.st_mode = S_IFLNK | 0777};
    components[1].link_target = SLICE("../.git/annex/objects/a/b/c.jpg");
    components[2].path = SLICE("/.git");
    judge(CAUSE_dangling_symlink, CERTAINTY_PROVEN, 1);
    assert_true(advises("git annex get"));
    components[1].link_target = SLICE("/home/bob/.dvc/cache/ab/cd");
    judge(CAUSE_dangling_symlink, CERTAINTY_PROVEN, 1);
    assert_true(advises("dvc pull"));
    components[1].link_target = SLICE("/mnt/nas/data/1.jpg");
    facts.neighbours.elsewhere = ELSEWHERE_NOT_MOUNTED;
    facts.neighbours.elsewhere_sign = SLICE("/mnt/nas");
    judge(CAUSE_dangling_symlink, CERTAINTY_PROVEN, 1);
    assert_true(advises("findmnt") && notes("'/mnt/nas' is a place for a mount"));
    /* ln -s data/1.jpg d/l.jpg, in / */
    components[1].link_target = SLICE("data/1.jpg");
    components[1].meant_target = SLICE("/data/1.jpg");
    judge(CAUSE_dangling_symlink, CERTAINTY_PROVEN, 1);
    assert_int_equal(verdict.fixes[0].argument_count, 4);
    assert_int_equal(verdict.fixes[0].run_as, RUN_AS_SELF);
    assert_true(slice_is(verdict.fixes[0].arguments[2], "/data/1.jpg"));
    assert_true(slice_is(verdict.fixes[0].arguments[3], "/d/l.jpg"));
    assert_true(notes("not where ln was run"));
    components[1].link_target = SLICE("/home/bob/data/1.jpg");
    judge(CAUSE_dangling_symlink, CERTAINTY_PROVEN, 1);
    assert_true(slice_is(verdict.fixes[0].arguments[2], "/data/1.jpg"));
    assert_true(holds(verdict.fixes[0].effect, "the end of its target") && notes("ln -r"));
    facts.identity.fsuid = 1001; /* / is root's */
    judge(CAUSE_dangling_symlink, CERTAINTY_PROVEN, 1);
    assert_int_equal(verdict.fixes[0].run_as, RUN_AS_ROOT);
    struct mount mount = {.point = SLICE("/"), .super_options = SLICE("ro")};
    components[components[1].parent].mount = &mount;
    judge(CAUSE_dangling_symlink, CERTAINTY_PROVEN, 1);
    assert_true(advises("point the link to '/data/1.jpg' from where it can be written"));
    assert_int_equal(verdict.fix_count, 1);
}

/* A directory that root made would be root's. */
static void test_a_directory_that_root_makes(void **state) {
    (void)state;
    incident.path = "/d/runs/1/a.jpg";
    incident.flags = O_CREAT | O_WRONLY;
    components[2].path = SLICE("/d/runs");
    facts.walk.missing = SLICE("/1/a.jpg");
    facts.walk.creates = true;
    judge(CAUSE_create_in_missing_dir, CERTAINTY_PROVEN, 2);
    assert_true(slice_is(verdict.fixes[0].arguments[0], "mkdir"));
    assert_int_equal(verdict.fixes[0].run_as, RUN_AS_SELF);
    facts.identity.fsuid = 1001;
    facts.identity.fsgid = 100;
    judge(CAUSE_create_in_missing_dir, CERTAINTY_PROVEN, 2);
    assert_true(slice_is(verdict.fixes[0].arguments[0], "install"));
    assert_true(slice_is(verdict.fixes[0].arguments[3], "1001"));
    assert_true(slice_is(verdict.fixes[0].arguments[5], "100"));
    assert_true(slice_is(verdict.fixes[0].arguments[6], "/d/runs/1"));
    assert_int_equal(verdict.fixes[0].run_as, RUN_AS_ROOT);
}

/* Where nobody makes a directory, root included. */
static void test_a_directory_that_cannot_be_made(void **state) {
    (void)state;
    struct mount mount = {.point = SLICE("/d"), .options = SLICE("ro,relatime")};
    incident.path = "/d/runs/a.jpg";
    incident.flags = O_CREAT | O_WRONLY;
    components[2].path = SLICE("/d/runs");
    facts.walk.missing = SLICE("/a.jpg");
    facts.walk.creates = true;
    components[1].mount = &mount;
    facts.surroundings = (struct surroundings){.known = true, .outside = {.known = true}};
    judge(CAUSE_create_in_missing_dir, CERTAINTY_PROVEN, 2);
    assert_true(notes("what is mounted at '/d' is read-only"));
    assert_true(holds(verdict.fixes[0].advice, "write elsewhere"));
    assert_true(slice_is(verdict.fixes[1].arguments[0], "mount"));
    assert_int_equal(verdict.fix_count, 2);
    mount.options = SLICE("rw,relatime");
    components[1].attributes = STATX_ATTR_IMMUTABLE;
    judge(CAUSE_create_in_missing_dir, CERTAINTY_PROVEN, 2);
    assert_true(slice_is(verdict.fixes[0].arguments[0], "chattr"));
    assert_true(slice_is(verdict.fixes[1].arguments[0], "mkdir"));
    components[1].attributes = STATX_ATTR_APPEND; /* names may be added */
    judge(CAUSE_create_in_missing_dir, CERTAINTY_PROVEN, 2);
    assert_true(slice_is(verdict.fixes[0].arguments[0], "mkdir"));
    assert_int_equal(verdict.fix_count, 1);
}

/* What belongs into a home, and there is none. */
static void test_a_home_that_is_none(void **state) {
    (void)state;
    incident.path = "/d/ghost/.cache/thumbnails/a.png";
    incident.flags = O_CREAT | O_WRONLY;
    components[2].path = SLICE("/d/ghost");
    facts.walk.missing = SLICE("/.cache/thumbnails/a.png");
    facts.walk.creates = true;
    facts.identity.fsuid = 1001;
    facts.environment = SLICE("HOME=/d/ghost");
    judge(CAUSE_create_in_missing_dir, CERTAINTY_PROVEN, 2);
    assert_true(advises("HOME is '/d/ghost', which is not there"));
    assert_true(slice_is(verdict.fixes[1].arguments[0], "install"));
    facts.environment = SLICE("HOME=/d/ghostly");
    judge(CAUSE_create_in_missing_dir, CERTAINTY_PROVEN, 2);
    assert_int_equal(verdict.fix_count, 1);
    components[2].path = SLICE("/.cache");
    facts.environment = SLICE("HOME=/");
    judge(CAUSE_create_in_missing_dir, CERTAINTY_PROVEN, 2);
    assert_true(advises("HOME is '/', as for users without an account"));
    assert_int_equal(verdict.fix_count, 1);
    components[2].path = SLICE("/nonexistent");
    facts.environment = SLICE("HOME=/nonexistent");
    judge(CAUSE_create_in_missing_dir, CERTAINTY_PROVEN, 2);
    assert_int_equal(verdict.fix_count, 1);
    components[2].path = SLICE("/data");
    facts.environment = SLICE("HOME=/");
    judge(CAUSE_create_in_missing_dir, CERTAINTY_PROVEN, 2);
    assert_false(advises("HOME"));
}

static void test_empty_path(void **state) {
    (void)state;
    incident.path = "";
    facts.walk.count = 0;
    judge(CAUSE_empty_path, CERTAINTY_PROVEN, NO_CULPRIT);
}

static void test_deleted_start(void **state) {
    (void)state;
    incident.path = "a.jpg";
    facts.walk.start_deleted = true;
    facts.walk.directory = 0;
    judge(CAUSE_deleted_cwd, CERTAINTY_PROVEN, 0);
    assert_true(advises("change to a directory that exists") && advises("cd \"$PWD\""));
    incident.directory = 7; /* openat(2) */
    judge(CAUSE_deleted_cwd, CERTAINTY_PROVEN, 0);
    assert_true(advises("have the program open the directory anew"));
    incident.directory = AT_FDCWD;
    facts.walk.directory = 1; /* by "../d" it got out */
    judge(CAUSE_missing_file, CERTAINTY_PROVEN, 2);
}

static void test_another_s_process_is_hidden(void **state) {
    (void)state;
    struct mount mount = {.fstype = SLICE("proc"), .super_options = SLICE("rw,hidepid=invisible")};
    components[1].mount = &mount;
    judge(CAUSE_missing_file, CERTAINTY_LIKELY, 2);
    assert_non_null(strstr(verdict.notes[verdict.note_count - 1].data, "hidepid="));
    mount.super_options = SLICE("rw");
    judge(CAUSE_missing_file, CERTAINTY_PROVEN, 2);
}

static void test_a_start_under_another_mount(void **state) {
    (void)state;
    facts.walk.start_astray = true;
    judge(CAUSE_missing_file, CERTAINTY_PROVEN, 2);
    assert_int_equal(verdict.note_count, 0); /* a link led back to a path */
    components[2].path = SLICE("./a.jpg");
    judge(CAUSE_missing_file, CERTAINTY_PROVEN, 2);
    assert_non_null(strstr(verdict.notes[verdict.note_count - 1].data, "enter it anew (cd)"));
}

static void test_it_came_meanwhile(void **state) {
    (void)state;
    facts.walk.error = 0;
    components[2].lookup_error = 0;
    judge(CAUSE_changed, CERTAINTY_PROVEN, 2);
    facts.walk.error = ENOENT;
    facts.walk.creates = true;
    judge(CAUSE_changed, CERTAINTY_LIKELY, 2);
}

static void test_walk_given_up(void **state) {
    (void)state;
    facts.walk.cut = true;
    judge(CAUSE_unseen, CERTAINTY_UNKNOWN, NO_CULPRIT);
}

/* ---- something near ---- */

static void find(size_t count, unsigned slips, unsigned edits) {
    static const char *const paths[NEIGHBOURS_MOST] = {"/d/1", "/d/2", "/d/3", "/d/4",
                                                       "/d/5", "/d/6", "/d/7", "/d/8"};
    for (size_t i = 0; i < count; i++)
        found[i] = (struct neighbour){
            .path = slice_of(paths[i]), .slips = slips, .edits = edits, .kernel_answer = 0};
    facts.neighbours.found = found;
    facts.neighbours.count = facts.neighbours.ties = count;
}

static void test_every_slip_has_its_cause(void **state) {
    (void)state;
    static const struct {
        enum slip slip;
        enum cause cause;
        enum certainty certainty;
    } cases[] = {
        {SLIP_WHITESPACE, CAUSE_stray_whitespace, CERTAINTY_PROVEN},
        {SLIP_QUOTES, CAUSE_quotes, CERTAINTY_PROVEN},
        {SLIP_LINE, CAUSE_list_line, CERTAINTY_PROVEN},
        {SLIP_UNEXPANDED, CAUSE_unexpanded, CERTAINTY_PROVEN},
        {SLIP_WINDOWS, CAUSE_windows_path, CERTAINTY_PROVEN},
        {SLIP_URI, CAUSE_uri, CERTAINTY_PROVEN},
        {SLIP_BASE, CAUSE_wrong_base, CERTAINTY_PROVEN},
        {SLIP_CASE, CAUSE_letter_case, CERTAINTY_PROVEN},
        {SLIP_UNICODE, CAUSE_unicode_form, CERTAINTY_PROVEN},
        {SLIP_EXTENSION, CAUSE_extension, CERTAINTY_LIKELY},
        {SLIP_NUMBER, CAUSE_numbering, CERTAINTY_PROVEN},
        {SLIP_TYPO, CAUSE_typo, CERTAINTY_LIKELY},
    };
    assert_int_equal(sizeof cases / sizeof *cases, SLIP_COUNT);
    for (size_t i = 0; i < SLIP_COUNT; i++) {
        find(1, SLIP_BIT(cases[i].slip), cases[i].slip == SLIP_TYPO);
        judge(cases[i].cause, cases[i].certainty, 2);
        assert_int_equal(verdict.suggestion_count, 1);
        assert_true(slice_is(verdict.suggestions[0].path, "/d/1"));
        assert_true(slice_is(verdict.suggestions[0].difference, cause_word(cases[i].cause)));
        assert_true(advises("use '/d/1'"));
    }
}

static void test_two_slips(void **state) {
    (void)state;
    find(1, SLIP_BIT(SLIP_CASE) | SLIP_BIT(SLIP_WINDOWS), 0);
    judge(CAUSE_windows_path, CERTAINTY_PROVEN, 2);
    assert_true(slice_is(verdict.suggestions[0].difference, "windows-path, letter-case"));
    assert_true(holds(verdict.why, "backslash") && holds(verdict.why, "letter case"));
}

static void test_ties(void **state) {
    (void)state;
    find(3, SLIP_BIT(SLIP_TYPO), 1);
    judge(CAUSE_typo, CERTAINTY_LIKELY, 2);
    assert_int_equal(verdict.suggestion_count, 3);
    find(4, SLIP_BIT(SLIP_TYPO), 1);
    judge(CAUSE_missing_file, CERTAINTY_PROVEN, 2);
    assert_int_equal(verdict.suggestion_count, 0);
    assert_true(notes("4 names there are equally near"));
    /* the second is another matter than the first */
    find(2, SLIP_BIT(SLIP_CASE), 0);
    found[1].slips = SLIP_BIT(SLIP_EXTENSION);
    facts.neighbours.ties = 1;
    judge(CAUSE_letter_case, CERTAINTY_PROVEN, 2);
    assert_int_equal(verdict.suggestion_count, 1);
}

static void test_padding_is_told_as_it_is(void **state) {
    (void)state;
    find(1, SLIP_BIT(SLIP_NUMBER), 0);
    found[0].path = SLICE("/d/img_0042_x.jpg");
    facts.neighbours.caller_is_python = true;
    judge(CAUSE_numbering, CERTAINTY_PROVEN, 2);
    assert_true(advises("f\"{number:04d}\""));
    found[0].path = SLICE("/d/img_042.jpg");
    facts.neighbours.caller_is_python = false;
    judge(CAUSE_numbering, CERTAINTY_PROVEN, 2);
    assert_true(advises("printf's %03d"));
    found[0].path = SLICE("/d/img_42.jpg");
    judge(CAUSE_numbering, CERTAINTY_PROVEN, 2);
    assert_true(advises("without zeros"));
}

static void test_what_programs_print_is_told(void **state) {
    (void)state;
    facts.neighbours.caller_is_python = true;
    incident.path = "['/d/a.jpg']";
    find(1, SLIP_BIT(SLIP_QUOTES), 0);
    judge(CAUSE_quotes, CERTAINTY_PROVEN, 2);
    assert_true(holds(verdict.why, "str()") && advises("paths[0]"));
    incident.path = "'/d/a.jpg'";
    judge(CAUSE_quotes, CERTAINTY_PROVEN, 2);
    assert_false(holds(verdict.why, "str()") || advises("paths[0]"));
    incident.path = "/d/12.0.jpg";
    find(1, SLIP_BIT(SLIP_NUMBER), 0);
    found[0].path = SLICE("/d/012.jpg");
    judge(CAUSE_numbering, CERTAINTY_PROVEN, 2);
    assert_true(holds(verdict.why, "float") && advises("int(number)"));
    facts.neighbours.count = 0;
    incident.path = "/d/None.jpg";
    judge(CAUSE_unexpanded, CERTAINTY_LIKELY, 2);
    assert_true(holds(verdict.why, "\"None\"") && advises("not set"));
}

static void test_variables_that_are_not_set(void **state) {
    (void)state;
    facts.neighbours.caller_is_python = true;
    incident.path = "$DATA/a.jpg";
    judge(CAUSE_unexpanded, CERTAINTY_LIKELY, 2);
    assert_false(holds(verdict.why, "not set"));
    facts.neighbours.unset_variable = SLICE("DATA");
    judge(CAUSE_unexpanded, CERTAINTY_LIKELY, 2);
    assert_true(holds(verdict.why, "DATA is not set here") && advises("export DATA "));
    find(1, SLIP_BIT(SLIP_TYPO), 1); /* "data/a.jpg" */
    judge(CAUSE_unexpanded, CERTAINTY_LIKELY, 2);
    assert_true(slice_is(verdict.suggestions[0].difference, "unexpanded"));
    incident.path = "%DATA%/a.jpg";
    facts.neighbours.count = 0;
    judge(CAUSE_unexpanded, CERTAINTY_LIKELY, 2);
    assert_true(holds(verdict.why, "Windows expands it") && !advises("expandvars"));
}

/* Only Python expands what is in the environment: elsewhere export alone helps nobody. */
static void test_variables_outside_of_python(void **state) {
    (void)state;
    incident.path = "/d/${name}.jpg";
    facts.neighbours.unset_variable = SLICE("name");
    judge(CAUSE_unexpanded, CERTAINTY_LIKELY, 2);
    assert_true(advises("set name and") && advises("in `...` (JavaScript)"));
    assert_false(advises("export"));
}

static void test_homes_of_unknown_users(void **state) {
    (void)state;
    facts.neighbours.caller_is_python = true;
    incident.path = "~nosuch/a.jpg";
    judge(CAUSE_unexpanded, CERTAINTY_LIKELY, 2);
    assert_true(advises("os.path.expanduser"));
    facts.neighbours.unknown_user = SLICE("nosuch");
    judge(CAUSE_unexpanded, CERTAINTY_LIKELY, 2);
    assert_true(advises("has no user 'nosuch'") && !advises("expanduser"));
}

static void test_whitespace_is_shown(void **state) {
    (void)state;
    incident.path = "/d/a.jpg \r\n";
    find(1, SLIP_BIT(SLIP_WHITESPACE), 0);
    facts.neighbours.caller_is_python = true;
    judge(CAUSE_stray_whitespace, CERTAINTY_PROVEN, 2);
    assert_true(holds(verdict.why, "\" \\r\\n\" stands at its end"));
    assert_true(advises("line.rstrip(\"\\r\\n\")"));
    facts.neighbours.caller_is_python = false;
    judge(CAUSE_stray_whitespace, CERTAINTY_PROVEN, 2);
    assert_false(advises("rstrip"));
}

static void test_base_tells_both_places(void **state) {
    (void)state;
    incident.path = "d/a.jpg";
    components[0] = directory("/cwd", -1);
    find(1, SLIP_BIT(SLIP_BASE), 0);
    found[0].base = SLICE("/project");
    found[0].base_kind = BASE_SCRIPT;
    facts.neighbours.caller_is_python = true;
    judge(CAUSE_wrong_base, CERTAINTY_PROVEN, 2);
    assert_true(holds(verdict.why, "'/cwd'") && holds(verdict.why, "'/project'"));
    assert_true(advises("__file__"));
    found[0].base_kind = BASE_ABOVE_WORKING_DIRECTORY;
    judge(CAUSE_wrong_base, CERTAINTY_PROVEN, 2);
    assert_true(advises("cd '/project'"));
    found[0].base_kind = BASE_PWD; /* it was started there */
    judge(CAUSE_wrong_base, CERTAINTY_PROVEN, 2);
    assert_false(advises("cd "));
    found[0].base_kind = BASE_HOME;
    found[0].unlikely = 1; /* only the path's end was found */
    judge(CAUSE_wrong_base, CERTAINTY_LIKELY, 2);
    assert_false(advises("cd "));
}

static void test_a_hosts_path(void **state) {
    (void)state;
    find(1, SLIP_BIT(SLIP_BASE), 0);
    found[0].unlikely = 1;
    facts.identity.container = SLICE("docker");
    judge(CAUSE_host_path, CERTAINTY_LIKELY, 2);
    /* the whole path is there, from another start: a slash too many */
    found[0].unlikely = 0;
    found[0].base_kind = BASE_WORKING_DIRECTORY;
    found[0].base = SLICE("/home/bob");
    judge(CAUSE_wrong_base, CERTAINTY_PROVEN, 2);
    facts.neighbours.count = 0;
    facts.neighbours.elsewhere = ELSEWHERE_HOST;
    facts.neighbours.elsewhere_sign = SLICE("docker");
    judge(CAUSE_host_path, CERTAINTY_LIKELY, 2);
}

static void test_elsewhere(void **state) {
    (void)state;
    facts.neighbours.elsewhere = ELSEWHERE_PRIVATE;
    facts.neighbours.elsewhere_sign = SLICE("/tmp");
    judge(CAUSE_private_view, CERTAINTY_LIKELY, 2);
    facts.neighbours.elsewhere = ELSEWHERE_NOT_MOUNTED;
    facts.neighbours.elsewhere_sign = SLICE("/mnt/usb");
    judge(CAUSE_not_mounted, CERTAINTY_LIKELY, 2);
    assert_true(holds(verdict.why, "'/mnt/usb'"));
}

static void test_signs_without_a_find(void **state) {
    (void)state;
    static const struct {
        const char *path;
        enum cause cause;
    } cases[] = {
        {"~/a.jpg", CAUSE_unexpanded},        {"$X/a.jpg", CAUSE_unexpanded},
        {"/d/{}.jpg", CAUSE_unexpanded},      {"/d/%d.jpg", CAUSE_unexpanded},
        {"/d/*.jpg", CAUSE_unexpanded},       {"s3://b/a.jpg", CAUSE_uri},
        {"C:\\d\\a.jpg", CAUSE_windows_path},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        incident.path = cases[i].path;
        judge(cases[i].cause, CERTAINTY_LIKELY, 2);
        assert_int_equal(verdict.suggestion_count, 0);
        assert_true(verdict.fix_count > 0);
    }
    /* a pattern is not a typing error of a name that it would match */
    incident.path = "/d/img_*.jpg";
    find(1, SLIP_BIT(SLIP_TYPO), 1);
    judge(CAUSE_unexpanded, CERTAINTY_LIKELY, 2);
    assert_int_equal(verdict.suggestion_count, 0);
}

/* Whether a name fits a pattern is not looked for, so nothing is said of it: what is there is. */
static void test_patterns_are_told_with_what_is_there(void **state) {
    (void)state;
    static const char *const patterns[] = {"/d/*.jpg", "/d/img_%04d.jpg", "/d/{}.jpg"};
    struct held *held = &facts.neighbours.held;
    for (size_t i = 0; i < sizeof patterns / sizeof *patterns; i++) {
        incident.path = patterns[i];
        *held = (struct held){.known = true, .images = true, .names = {SLICE("b.png")}, .count = 1};
        judge(CAUSE_unexpanded, CERTAINTY_LIKELY, 2);
        assert_false(holds(verdict.why, "nothing was found"));
        assert_true(notes("images there: 'b.png'"));
        *held = (struct held){.known = true, .empty = true};
        judge(CAUSE_unexpanded, CERTAINTY_LIKELY, 2);
        assert_true(holds(verdict.why, "the directory is empty"));
        assert_int_equal(verdict.note_count, 0);
    }
    incident.path = "/d/*.jpg"; /* that is what a shell makes of an unquoted one, too */
    judge(CAUSE_unexpanded, CERTAINTY_LIKELY, 2);
    assert_true(advises("one that no name fits the shell leaves as it is"));
}

/* No expansion brings a directory back that stands before the pattern. */
static void test_patterns_in_a_missing_directory(void **state) {
    (void)state;
    incident.path = "/d/renders/img_%04d.jpg";
    components[2].path = SLICE("/d/renders");
    facts.walk.missing = SLICE("/img_%04d.jpg");
    judge(CAUSE_missing_dir, CERTAINTY_PROVEN, 2);
    assert_true(notes("'%04d' behind it is a name like others"));
    incident.path = "/d/*/a.jpg";
    components[2].path = SLICE("/d/*");
    facts.walk.missing = SLICE("/a.jpg");
    judge(CAUSE_unexpanded, CERTAINTY_LIKELY, 2);
    incident.path = "/d/renders/$NAME.jpg"; /* a name like others to make */
    components[2].path = SLICE("/d/renders");
    facts.walk.missing = SLICE("/$NAME.jpg");
    facts.walk.creates = true;
    incident.flags = O_CREAT | O_WRONLY;
    judge(CAUSE_create_in_missing_dir, CERTAINTY_PROVEN, 2);
    incident.path = "/d/$NAME/a.jpg";
    components[2].path = SLICE("/d/$NAME");
    facts.walk.missing = SLICE("/a.jpg");
    judge(CAUSE_unexpanded, CERTAINTY_LIKELY, 2);
}

static void test_nothing_is_made_on_procfs(void **state) {
    (void)state;
    static const struct mount proc = {.point = SLICE("/d"), .fstype = SLICE("proc")};
    components[1].mount = &proc;
    incident.flags = O_CREAT | O_WRONLY;
    facts.walk.creates = true;
    judge(CAUSE_other_errno, CERTAINTY_LIKELY, 2);
    assert_true(advises("what is in '/d' the kernel makes (proc)"));
    incident.path = "/d/e/a.jpg";
    components[2].path = SLICE("/d/e");
    facts.walk.missing = SLICE("/a.jpg");
    judge(CAUSE_create_in_missing_dir, CERTAINTY_PROVEN, 2);
    assert_int_equal(verdict.fix_count, 1);
    assert_true(advises("what is in '/d' the kernel makes (proc)"));
}

static void test_dates_are_no_numbers(void **state) {
    (void)state;
    facts.neighbours.caller_is_python = true;
    incident.path = "/d/%Y-%m-%d.jpg";
    judge(CAUSE_unexpanded, CERTAINTY_LIKELY, 2);
    assert_true(advises("time.strftime") && !advises("pattern % value"));
}

static void test_braces_of_bash(void **state) {
    (void)state;
    incident.path = "/d/img_{1..9}.jpg";
    judge(CAUSE_unexpanded, CERTAINTY_LIKELY, 2);
    assert_true(holds(verdict.why, "bash expands it") && advises("sh knows no {1..9}"));
    incident.path = "/d/img_{i}.jpg";
    judge(CAUSE_unexpanded, CERTAINTY_LIKELY, 2);
    assert_true(holds(verdict.why, "a format function") && advises("fill in the braces"));
}

/* split() leaves the comma where it is. */
static void test_separators_of_lists(void **state) {
    (void)state;
    facts.neighbours.caller_is_python = true;
    find(1, SLIP_BIT(SLIP_LINE), 0);
    incident.path = "/d/a.jpg 0";
    judge(CAUSE_list_line, CERTAINTY_PROVEN, 2);
    assert_true(advises("line.split()[0]"));
    incident.path = "/d/a.jpg;cat";
    judge(CAUSE_list_line, CERTAINTY_PROVEN, 2);
    assert_true(advises("csv.reader(file, delimiter=\";\")") && !advises("split"));
}

static void test_numbers_are_not_guessed(void **state) {
    (void)state;
    facts.neighbours.range =
        (struct number_range){SLICE("img_0001.jpg"), SLICE("img_0999.jpg"), 999};
    judge(CAUSE_numbering, CERTAINTY_PROVEN, 2);
    assert_int_equal(verdict.suggestion_count, 0);
    assert_true(holds(verdict.why, "'img_0001.jpg' to 'img_0999.jpg'"));
    facts.neighbours.names_left = true;
    judge(CAUSE_numbering, CERTAINTY_PROVEN, 2);
    assert_true(holds(verdict.why, "at least 999"));
    assert_true(notes("looked at 0 names"));
}

static void test_creation_in_a_near_directory(void **state) {
    (void)state;
    incident.path = "/D/a.jpg";
    incident.flags = O_CREAT | O_WRONLY;
    components[2].path = SLICE("/D");
    facts.walk.missing = SLICE("/a.jpg");
    facts.walk.creates = true;
    find(1, SLIP_BIT(SLIP_CASE), 0);
    judge(CAUSE_create_in_missing_dir, CERTAINTY_PROVEN, 2);
    assert_int_equal(verdict.suggestion_count, 1);
    assert_true(advises("use the directory '/d/1'"));
    assert_int_equal(verdict.fix_count, 2);
    incident.path = "~/a.jpg";
    find(1, SLIP_BIT(SLIP_UNEXPANDED), 0);
    judge(CAUSE_unexpanded, CERTAINTY_PROVEN, 2);
}

/* The suggested file is one that this process may not read: the report says why. */
static void test_suggestion_that_is_refused(void **state) {
    (void)state;
    static struct component refused[2];
    static struct walk walk = {.components = refused, .count = 2, .directory = 0};
    refused[0] = directory("/d", -1);
    refused[1] = (struct component){.path = SLICE("/d/1"),
                                    .role = ROLE_TARGET,
                                    .status_known = true,
                                    .status = {.st_mode = S_IFREG | 0600, .st_uid = 7},
                                    .acl = {.state = ACL_ABSENT},
                                    .needs = ACCESS_READ,
                                    .kernel_answer = EACCES};
    facts.identity.fsuid = facts.identity.euid = facts.identity.ruid = 1001;
    find(1, SLIP_BIT(SLIP_CASE), 0);
    found[0].kernel_answer = EACCES;
    judge(CAUSE_letter_case, CERTAINTY_PROVEN, 2);
    assert_true(notes("may not open it either"));
    facts.neighbours.refused = &walk;
    judge(CAUSE_letter_case, CERTAINTY_PROVEN, 2);
    assert_true(notes("[file-read]"));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, start_over, drop_arena)

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(test_missing_file),
        TEST(test_a_file_in_the_root_directory),
        TEST(test_what_is_there_instead),
        TEST(test_missing_directory),
        TEST(test_trailing_slash_is_a_directory),
        TEST(test_relative_path_names_its_start),
        TEST(test_dangling_link),
        TEST(test_links_with_a_text_to_expand),
        TEST(test_links_that_can_be_mended),
        TEST(test_a_directory_that_root_makes),
        TEST(test_a_directory_that_cannot_be_made),
        TEST(test_a_home_that_is_none),
        TEST(test_padding_is_told_as_it_is),
        TEST(test_empty_path),
        TEST(test_deleted_start),
        TEST(test_another_s_process_is_hidden),
        TEST(test_a_start_under_another_mount),
        TEST(test_it_came_meanwhile),
        TEST(test_walk_given_up),
        TEST(test_every_slip_has_its_cause),
        TEST(test_two_slips),
        TEST(test_ties),
        TEST(test_what_programs_print_is_told),
        TEST(test_variables_that_are_not_set),
        TEST(test_variables_outside_of_python),
        TEST(test_homes_of_unknown_users),
        TEST(test_whitespace_is_shown),
        TEST(test_base_tells_both_places),
        TEST(test_a_hosts_path),
        TEST(test_elsewhere),
        TEST(test_signs_without_a_find),
        TEST(test_patterns_are_told_with_what_is_there),
        TEST(test_patterns_in_a_missing_directory),
        TEST(test_nothing_is_made_on_procfs),
        TEST(test_dates_are_no_numbers),
        TEST(test_braces_of_bash),
        TEST(test_separators_of_lists),
        TEST(test_numbers_are_not_guessed),
        TEST(test_creation_in_a_near_directory),
        TEST(test_suggestion_that_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: MIT */
/* Both renderings of one report: a literal against the contract's example, and hostile sizes. */
#include "report/report.h"
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cmocka.h>

enum { ARENA_BYTES = 1 << 20 };

static struct arena arena;

static int make_arena(void **state) {
    (void)state;
    char *bytes =
        mmap(NULL, ARENA_BYTES, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    arena = (struct arena){bytes, bytes + ARENA_BYTES};
    return bytes == MAP_FAILED;
}

static int drop_arena(void **state) {
    (void)state;
    return munmap(arena.end - ARENA_BYTES, ARENA_BYTES);
}

static struct component directory(const char *path, mode_t mode, uid_t uid, gid_t gid) {
    return (struct component){
        .path = slice_of(path),
        .role = ROLE_PASSAGE,
        .status_known = true,
        .status = {.st_mode = S_IFDIR | mode, .st_uid = uid, .st_gid = gid},
        .acl = {.state = ACL_ABSENT},
        .needs = ACCESS_SEARCH,
        .kernel_answer = 0,
    };
}

/* The contract's example: bob, in group sudo, and alice's closed home directory. */
struct example {
    struct component components[4];
    gid_t groups[2];
    struct id_name users[3], group_names[4];
    struct frame frames[3];
    struct stack stack;
    struct facts facts;
    struct verdict verdict;
    struct incident incident;
    struct report report;
};

static void fill_in(struct example *example) {
    memset(example, 0, sizeof *example);
    example->components[0] = directory("/", 0755, 0, 0);
    example->components[0].role = ROLE_START;
    example->components[1] = directory("/home", 0755, 0, 0);
    example->components[2] = directory("/home/alice", 0700, 1000, 1000);
    example->components[2].kernel_answer = EACCES;
    example->components[3] = (struct component){.path = SLICE("/home/alice/data"),
                                                .lookup_error = EACCES,
                                                .parent = 2,
                                                .kernel_answer = ANSWER_UNKNOWN};
    example->groups[0] = 1001;
    example->groups[1] = 27;
    example->users[0] = (struct id_name){0, SLICE("root")};
    example->users[1] = (struct id_name){1000, SLICE("alice")};
    example->users[2] = (struct id_name){1001, SLICE("bob")};
    example->group_names[0] = (struct id_name){0, SLICE("root")};
    example->group_names[1] = (struct id_name){1000, SLICE("alice")};
    example->group_names[2] = (struct id_name){1001, SLICE("bob")};
    example->group_names[3] = (struct id_name){27, SLICE("sudo")};
    example->frames[0] = (struct frame){.kind = FRAME_NATIVE,
                                        .object = SLICE("/usr/lib/libc.so.6"),
                                        .function = SLICE("open64"),
                                        .symbol_offset = 0x10};
    example->frames[1] =
        (struct frame){.kind = FRAME_PYTHON,
                       .file = SLICE("/usr/lib/python3/dist-packages/PIL/Image.py"),
                       .line = 3277,
                       .function = SLICE("open")};
    example->frames[2] = (struct frame){.kind = FRAME_PYTHON,
                                        .file = SLICE("/home/bob/project/train.py"),
                                        .line = 31,
                                        .function = SLICE("load_batch")};
    example->stack = (struct stack){.frames = example->frames, .count = 3};
    example->facts = (struct facts){
        .identity = {.pid = 4121,
                     .tid = 4121,
                     .ruid = 1001,
                     .euid = 1001,
                     .suid = 1001,
                     .fsuid = 1001,
                     .rgid = 1001,
                     .egid = 1001,
                     .sgid = 1001,
                     .fsgid = 1001,
                     .groups = example->groups,
                     .group_count = 2,
                     .groups_complete = true},
        .walk = {.components = example->components,
                 .count = 4,
                 .error = EACCES,
                 .directory = 2,
                 .missing = SLICE("/cat.jpg")},
        .working_directory = SLICE("/home/bob/project"),
        .executable = SLICE("/usr/bin/python3"),
        .host = SLICE("node7"),
        .accounts = {example->users, example->group_names, 3, 4},
        .now = {.tv_sec = 1767323045, .tv_nsec = 678901000},
    };
    example->incident = (struct incident){.function = "open64",
                                          .group = GROUP_OPEN,
                                          .path = "/home/alice/data/cat.jpg",
                                          .directory = AT_FDCWD,
                                          .flags = O_RDONLY | O_CLOEXEC,
                                          .error = EACCES};
    verdict_reach(&arena, &example->incident, &example->facts, &example->verdict);
    example->report = (struct report){.incident = &example->incident,
                                      .facts = &example->facts,
                                      .verdict = &example->verdict,
                                      .stack = &example->stack,
                                      .fingerprint = 0xfeedu,
                                      .most_frames = 12};
}

static const char *rendered(const struct report *report) {
    struct buffer text = buffer_in(&arena, TEXT_MOST_BYTES);
    text_render(&arena, report, &text);
    assert_false(text.cut && text.length > TEXT_MOST_BYTES);
    char *copy = arena_get(&arena, text.length + 1, 1);
    memcpy(copy, text.data, text.length);
    return copy;
}

static void the_contracts_example_looks_like_the_contract(void **state) {
    (void)state;
    struct example example;
    fill_in(&example);
    assert_string_equal(
        rendered(&example.report),
        "permshim: cannot read '/home/alice/data/cat.jpg': uid 1001 may not pass through "
        "'/home/alice' [dir-search]\n"
        "  call:  open64(\"/home/alice/data/cat.jpg\", O_RDONLY|O_CLOEXEC) = -1 EACCES (Permission "
        "denied)   python3 pid 4121\n"
        "  who:   uid=1001(bob) gid=1001(bob) groups=1001(bob),27(sudo)  capabilities: none\n"
        "  path:  /            drwxr-xr-x  root:root      ok\n"
        "         /home        drwxr-xr-x  root:root      ok\n"
        "         /home/alice  drwx------  alice:alice    DENIED  needs x (search), \"other\" has "
        "---\n"
        "         data/cat.jpg  not reached\n"
        "  why:   owner is 1000, not 1001; group 1000 is not among the groups; so the \"other\" "
        "bits "
        "--- decide   (proven)\n"
        "  fix:   setfacl -m u:1001:--x '/home/alice'      # as alice or root: lets uid 1001 pass, "
        "nothing more\n"
        "  note:  what lies below cannot be seen from here and may need access too\n"
        "  from:  train.py:31 in load_batch\n"
        "         PIL/Image.py:3277 in open\n"
        "         [native] libc.so.6 open64+0x10\n");
}

/* Only those who can; and no word of a command that a shell would read something into. */
static void a_fix_names_who_runs_it(void **state) {
    (void)state;
    struct example example;
    fill_in(&example);
    example.verdict.fixes[0] =
        (struct fix){.arguments = {SLICE("ln"), SLICE("-sfn"), SLICE("/d/$(id) 'a"), SLICE("/d/b")},
                     .argument_count = 4,
                     .run_as = RUN_AS_ROOT,
                     .effect = SLICE("mends it")};
    assert_non_null(strstr(rendered(&example.report),
                           "  fix:   ln -sfn '/d/$(id) '\\''a' '/d/b'      # as root: mends it\n"));
    example.verdict.fixes[0].run_as = RUN_AS_OWNER;
    assert_non_null(strstr(rendered(&example.report), "# as alice: mends it\n"));
    example.verdict.fixes[0].run_as = RUN_AS_SELF | RUN_AS_ROOT;
    assert_non_null(strstr(rendered(&example.report), "# as the same user: mends it\n"));
}

static void a_new_file_is_created(void **state) {
    (void)state;
    struct example example;
    fill_in(&example);
    example.incident.flags = O_WRONLY | O_CREAT;
    assert_non_null(strstr(rendered(&example.report), "cannot open for writing '"));
    example.facts.walk.error = ENOENT;
    example.facts.walk.creates = true;
    example.facts.walk.missing = SLICE("");
    assert_non_null(strstr(rendered(&example.report), "cannot create '"));
}

static long column_of(const char *text, const char *row, const char *word) {
    const char *line = strstr(text, row), *start = line;
    while (start > text && start[-1] != '\n')
        start--;
    return strstr(line, word) - start;
}

static void long_names_keep_the_columns(void **state) {
    (void)state;
    struct example example;
    fill_in(&example);
    example.components[2].status.st_uid = example.components[2].status.st_gid = 4000000001u;
    verdict_reach(&arena, &example.incident, &example.facts, &example.verdict);
    const char *text = rendered(&example.report);
    assert_non_null(strstr(text, "4000000001:4000000001 DENIED"));
    assert_int_equal(column_of(text, "/home/alice  ", "DENIED"),
                     column_of(text, "/home  ", " ok") + 1);
}

static unsigned count_lines(const char *text) {
    unsigned lines = 0;
    for (; *text; text++)
        lines += *text == '\n';
    return lines;
}

/* Text stays within 25 lines and 4,096 bytes and ends in a whole line, whatever the sizes. */
static void hostile_sizes_stay_within_bounds(void **state) {
    (void)state;
    struct example example;
    fill_in(&example);
    static char path[4096], name[300];
    memset(path, '\x1b', sizeof path - 1);
    path[0] = '/';
    memset(name, '\n', sizeof name - 1);
    static struct frame frames[200];
    for (size_t i = 0; i < 200; i++)
        frames[i] = (struct frame){.kind = FRAME_PYTHON,
                                   .file = slice_of(path),
                                   .function = slice_of(name),
                                   .line = 2147483647};
    example.incident.path = path;
    example.components[2].path = slice_of(path);
    example.facts.executable = slice_of(path);
    for (size_t i = 0; i < 3; i++)
        example.users[i].name = slice_of(name);
    verdict_reach(&arena, &example.incident, &example.facts, &example.verdict);
    for (size_t i = 0; i < VERDICT_MOST_NOTES; i++)
        example.verdict.notes[i] = SLICE("a note");
    example.verdict.note_count = VERDICT_MOST_NOTES;
    example.stack = (struct stack){.frames = frames, .count = 200};
    for (unsigned most = 0; most <= 256; most += 32) {
        example.report.most_frames = most;
        const char *text = rendered(&example.report);
        assert_in_range(count_lines(text), 5, TEXT_MOST_LINES);
        assert_in_range(strlen(text), 100, TEXT_MOST_BYTES);
        assert_int_equal(text[strlen(text) - 1], '\n');
        for (const char *at = text; *at; at++)
            assert_true(*at == '\n' || (*at >= ' ' && *at <= '~'));
    }
}

/* A walk through much may leave no room for what comes behind it. */
static void any_arena_will_do(void **state) {
    (void)state;
    struct example example;
    fill_in(&example);
    struct buffer json = buffer_in(&arena, JSON_MOST_BYTES);
    size_t whole = 0, nothing = 0;
    for (size_t bytes = 0; bytes < 16 * 1024; bytes += 24) {
        struct arena small = {arena.next, arena.next + bytes};
        memset(arena.next, 0, bytes);
        verdict_reach(&small, &example.incident, &example.facts, &example.verdict);
        struct buffer text = buffer_in(&small, TEXT_MOST_BYTES);
        text_render(&small, &example.report, &text);
        assert_true(text.length == 0 || text.data[text.length - 1] == '\n');
        json.length = 0;
        json_render(&example.report, &json);
        assert_memory_equal(json.data + json.length - 3, "1}\n", 3);
        whole += text.length > 0 && !text.cut, nothing += text.length == 0;
    }
    assert_true(whole > 0 && nothing > 0);
}

static const char *json_of(const struct report *report) {
    struct buffer json = buffer_in(&arena, JSON_MOST_BYTES);
    json_render(report, &json);
    assert_false(json.cut);
    char *copy = arena_get(&arena, json.length + 1, 1);
    memcpy(copy, json.data, json.length);
    return copy;
}

static size_t count_of(const char *text, const char *part) {
    size_t count = 0;
    for (; (text = strstr(text, part)); text++)
        count++;
    return count;
}

/* What the row of components without rows says: "... 7 more, WHAT". */
static size_t left_out(const char *text, const char *what) {
    size_t count;
    char said[32];
    for (; (text = strstr(text, " ... ")); text++)
        if (sscanf(text, " ... %zu more, %31[^\n]", &count, said) == 2 && strcmp(said, what) == 0)
            return count;
    return 0;
}

/* A link in a sticky directory is refused before what it leads to: our walk goes on behind it. */
static void who_refused_is_shown_however_long_the_path(void **state) {
    (void)state;
    enum { LENGTH = 100 };
    struct example example;
    fill_in(&example);
    static struct component components[LENGTH];
    static struct judgement judgements[LENGTH];
    for (size_t i = 0; i < LENGTH; i++)
        components[i] = directory("/passed", 0755, 0, 0);
    for (int culprit = 0; culprit < LENGTH; culprit++) {
        memset(judgements, 0, sizeof judgements);
        for (int i = culprit; i < LENGTH; i++)
            judgements[i].verdict = i == culprit ? COMPONENT_DENIED : COMPONENT_UNREACHED;
        char *mark = arena.next;
        components[culprit].path = SLICE("/tmp/link");
        example.facts.walk.components = components;
        example.facts.walk.count = LENGTH;
        example.verdict.judgements = judgements;
        example.verdict.culprit = culprit;
        const char *text = rendered(&example.report);
        assert_non_null(strstr(text, "DENIED"));
        assert_true(count_lines(text) <= 6 + 9 + 3); /* of the walk nine */
        size_t passed = left_out(text, "all ok"), unreached = left_out(text, "not reached");
        assert_int_equal(count_of(text, "root:root") + passed + unreached, LENGTH);
        assert_true(passed <= (size_t)culprit);
        assert_non_null(strstr(json_of(&example.report), "\"verdict\":\"denied\""));
        assert_non_null(strstr(json_of(&example.report), "\"components_omitted\":60"));
        components[culprit].path = SLICE("/passed");
        memset(mark, 0, (size_t)(arena.next - mark));
        arena.next = mark;
    }
}

/* 20 frames of the interpreter, 3 of a library in C, 2 of one in Python, 1 of the user, and libc's
 * start of the program: what a person asks for comes first, and what is left out is counted. */
static void callers_share_the_lines(void **state) {
    (void)state;
    struct example example;
    fill_in(&example);
    static struct frame frames[27];
    for (size_t i = 0; i < 27; i++)
        frames[i] = (struct frame){
            .kind = FRAME_NATIVE, .object = SLICE("/usr/bin/python3.11"), .interpreter = true};
    for (size_t i = 0; i < 3; i++)
        frames[i] = (struct frame){.kind = FRAME_NATIVE,
                                   .pc = i,
                                   .object = SLICE("/usr/lib/libopencv_imgcodecs.so.406"),
                                   .function = SLICE("cv::imread"),
                                   .symbol_offset = i,
                                   .interrupted = i == 1};
    frames[10] = frames[11] = example.frames[1];
    frames[11].line = 99;
    frames[25] = example.frames[2];
    frames[26] = (struct frame){
        .kind = FRAME_NATIVE, .object = SLICE("/lib/libc.so.6"), .function = SLICE("clone3")};
    example.stack = (struct stack){.frames = frames, .count = 27};
    const char *text = rendered(&example.report), *json = json_of(&example.report);
    assert_non_null(strstr(text, "  from:  train.py:31 in load_batch\n"
                                 "         PIL/Image.py:3277 in open\n"
                                 "         PIL/Image.py:99 in open\n"));
    assert_non_null(strstr(text, "] libopencv_imgcodecs.so.406 cv::imread+0x2\n"
                                 "         (21 interpreter frames left out)\n"));
    assert_null(strstr(json, "frames_omitted"));
    assert_int_equal(count_of(json, "\"kind\""), 27); /* JSON has everything */
    assert_int_equal(count_of(json, "\"interpreter\":true"), 20);
    assert_int_equal(count_of(json, "\"interrupted\":true"), 1);

    example.report.most_frames = 2;
    example.stack.ended = "Python 3.99 is not known yet: its frames are not read";
    text = rendered(&example.report), json = json_of(&example.report);
    assert_non_null(strstr(text,
                           "  from:  train.py:31 in load_batch\n"
                           "         PIL/Image.py:3277 in open\n"
                           "         (21 interpreter frames and 4 more left out; the stack is "
                           "incomplete: Python 3.99 is not known yet: its frames are not read)\n"));
    assert_non_null(strstr(json, "}],\"frames_ended\":\"Python 3.99"));
    assert_int_equal(count_of(json, "\"kind\""), 27); /* whatever the text shows */

    /* An embedder's own code outside of the Python code is no start of an interpreter. */
    example.stack = (struct stack){.frames = frames + 25, .count = 2};
    frames[26].object = SLICE("/usr/bin/blender");
    assert_non_null(strstr(rendered(&example.report), "  from:  train.py:31 in load_batch\n"
                                                      "         [native] blender clone3+0x0\n"));
    example.stack = (struct stack){.ended = "a return address on the stack is none"};
    assert_non_null(strstr(rendered(&example.report),
                           "  from:  (the stack is incomplete: a return address on the stack"));
    example.report.most_frames = 0;
    assert_null(strstr(rendered(&example.report), "from:"));
}

static struct frame native(const char *object, const char *function, uintptr_t pc) {
    return (struct frame){.kind = FRAME_NATIVE,
                          .pc = pc,
                          .object = slice_of(object),
                          .function = slice_of(function),
                          .symbol_offset = pc};
}

/* Without Python the user's own are the objects that nobody installed. */
static void native_code_of_the_users_own_comes_first(void **state) {
    (void)state;
    struct example example;
    fill_in(&example);
    struct frame frames[] = {
        native("/usr/lib/x86_64-linux-gnu/libstdc++.so.6", "std::basic_filebuf::open", 1),
        native("/home/bob/miniconda3/lib/libtiff.so.6", "TIFFOpen", 2),
        native("/home/bob/project/lib/libvision.so", "vision::load", 3),
        native("/home/bob/project/node_modules/sharp/sharp.node", "sharp", 4),
        native("/srv/train", "main", 5),
        native("/lib/x86_64-linux-gnu/libc.so.6", "", 6),
        native("/lib/x86_64-linux-gnu/libc.so.6", "__libc_start_main", 7),
        native("/srv/train", "_start", 8),
    };
    example.stack = (struct stack){.frames = frames, .count = sizeof frames / sizeof *frames};
    static const char whole[] = "  from:  [native] libvision.so vision::load+0x3\n"
                                "         [native] train main+0x5\n"
                                "         [native] libstdc++.so.6 std::basic_filebuf::open+0x1\n"
                                "         [native] libtiff.so.6 TIFFOpen+0x2\n"
                                "         [native] sharp.node sharp+0x4\n"
                                "         (3 start frames left out)\n";
    assert_non_null(strstr(rendered(&example.report), whole));

    /* Then the outermost frame is no start, and nobody knows which is. */
    example.stack.ended = "the stack runs in a circle";
    assert_non_null(strstr(rendered(&example.report),
                           "         [native] libc.so.6 __libc_start_main+0x7\n"
                           "         (the stack is incomplete: the stack runs in a circle)\n"));

    /* Beside Python the user's own native code stands behind the user's Python. */
    frames[0] = example.frames[1], frames[4] = example.frames[2];
    assert_non_null(strstr(rendered(&example.report), "  from:  train.py:31 in load_batch\n"
                                                      "         [native] libvision.so vision"));
}

/* What runs JavaScript or Java is no news, and its code has names elsewhere. */
static void engines_are_counted(void **state) {
    (void)state;
    struct example example;
    fill_in(&example);
    struct frame frames[] = {
        native("/usr/bin/node", "uv_fs_open", 1),
        native("", "", 0x7f0000001000),
        native("/usr/bin/node", "v8::internal::Execution::Call", 2),
        native("/usr/bin/node", "Builtins_InterpreterEntryTrampoline", 3),
        native("/usr/lib/jvm/lib/server/libjvm.so", "JavaCalls::call", 4),
        native("/usr/bin/node", "node::Start", 5),
    };
    example.stack = (struct stack){.frames = frames, .count = 6};
    assert_non_null(strstr(rendered(&example.report),
                           "  from:  [native] node uv_fs_open+0x1\n"
                           "         [native] 0x7f0000001000\n"
                           "         [native] node node::Start+0x5\n"
                           "         (3 interpreter frames left out; of JIT code 'permshim frames' "
                           "tells more)\n"));
    example.stack.frames = frames + 1, example.stack.count = 1;
    assert_non_null(strstr(rendered(&example.report),
                           "  from:  [native] 0x7f0000001000\n"
                           "         (of JIT code 'permshim frames' tells more)\n"));
}

/* Each of a hundred calls deep is one line, and where it began is still seen. */
static void a_recursion_is_one_line(void **state) {
    (void)state;
    struct example example;
    fill_in(&example);
    static struct frame frames[204];
    for (size_t i = 0; i < 204; i++)
        frames[i] = example.frames[2];
    for (size_t i = 1; i < 203; i += 2) /* what lies between is of another rank */
        frames[i] = native("/usr/bin/python3", "", i), frames[i].interpreter = true;
    frames[0].line = 30;
    frames[203].function = SLICE("main");
    example.stack = (struct stack){.frames = frames, .count = 204};
    example.report.most_frames = 3;
    assert_non_null(strstr(rendered(&example.report),
                           "  from:  train.py:30 in load_batch\n"
                           "         train.py:31 in load_batch  (101 times)\n"
                           "         train.py:31 in main\n"
                           "         (101 interpreter frames left out)\n"));
    example.report.most_frames = 1;
    assert_non_null(strstr(rendered(&example.report),
                           "  from:  train.py:30 in load_batch\n"
                           "         (101 interpreter frames and 102 more left out)\n"));
    assert_int_equal(count_of(json_of(&example.report), "\"kind\""), 204);
}

/* The interpreter's frames give way, not the user's. */
static void a_long_interpreters_name_costs_its_own_frames(void **state) {
    (void)state;
    struct example example;
    fill_in(&example);
    static char path[4000];
    static struct frame frames[200];
    memset(path, 'x', sizeof path - 1);
    for (size_t i = 0; i < 200; i++)
        frames[i] =
            (struct frame){.kind = FRAME_NATIVE, .object = slice_of(path), .interpreter = true};
    frames[199] = example.frames[2];
    example.stack = (struct stack){.frames = frames, .count = 200};
    const char *json = json_of(&example.report);
    assert_null(strstr(json, "\"brief\""));
    assert_non_null(strstr(json, "\"function\":\"load_batch\"}],\"frames_omitted\":18"));
    assert_in_range(count_of(json, "\"interpreter\":true"), 10, 20);
}

static void colours_only_on_a_terminal(void **state) {
    (void)state;
    struct example example;
    fill_in(&example);
    assert_null(strchr(rendered(&example.report), '\x1b'));
    example.report.terminal = true;
    const char *text = rendered(&example.report);
    assert_non_null(strstr(text, "\x1b[1;31mDENIED"));
    assert_non_null(strstr(text, "\x1b[1mtrain.py:31 in load_batch\x1b[0m\n"));
    assert_non_null(strstr(text, "\x1b[2mPIL/Image.py:3277 in open\x1b[0m\n"));
    assert_non_null(strstr(text, "\x1b[2m[native] libc.so.6 open64+0x10\x1b[0m\n"));
    example.frames[0].object = SLICE("/srv/train");
    assert_non_null(
        strstr(rendered(&example.report), "\x1b[1m[native] train open64+0x10\x1b[0m\n"));
}

static void json_has_the_contracts_fields(void **state) {
    (void)state;
    struct example example;
    fill_in(&example);
    const char *json = json_of(&example.report);
    static const char *const parts[] = {
        "{\"v\":1,\"event\":\"failure\",\"time\":\"2026-01-02T03:04:05.678901Z\",\"host\":"
        "\"node7\","
        "\"pid\":4121,\"tid\":4121,\"exe\":\"/usr/bin/python3\",\"cwd\":\"/home/bob/project\",",
        "\"call\":{\"function\":\"open64\",\"path\":\"/home/alice/data/"
        "cat.jpg\",\"path_base64\":null,"
        "\"dir\":null,\"flags\":[\"O_RDONLY\",\"O_CLOEXEC\"],\"errno\":\"EACCES\"},",
        "\"cause\":\"dir-search\",\"certainty\":\"proven\",\"culprit\":\"/home/"
        "alice\",\"summary\":",
        "\"groups\":[1001,27],\"user\":\"bob\",\"group\":\"bob\",\"capabilities\":[],"
        "\"user_namespace\":false,\"no_new_privs\":false,\"seccomp\":0,\"lsm\":null,\"container\":"
        "null}",
        "{\"path\":\"/home/"
        "alice\",\"type\":\"directory\",\"mode\":\"0700\",\"uid\":1000,\"gid\":1000,"
        "\"acl\":null,\"fstype\":null,\"needs\":\"x\",\"class\":\"other\",\"verdict\":\"denied\"}",
        "{\"path\":\"/home/alice/data\",\"verdict\":\"unreached\"}",
        "\"fixes\":[{\"argv\":[\"setfacl\",\"-m\",\"u:1001:--x\",\"/home/alice\"],"
        "\"run_as\":[\"owner\",\"root\"],\"grants\":\"uid 1001: search\"",
        "{\"kind\":\"python\",\"file\":\"/home/bob/project/train.py\",\"line\":31,"
        "\"function\":\"load_batch\"}",
        "\"fingerprint\":\"000000000000feed\",\"count\":1}\n",
    };
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++)
        if (!strstr(json, parts[i]))
            fail_msg("no %s in %s", parts[i], json);
}

static void bytes_that_json_cannot_carry_are_in_base64(void **state) {
    (void)state;
    struct example example;
    fill_in(&example);
    example.incident.path = "/x/\xff\n.jpg";
    assert_non_null(strstr(json_of(&example.report), "\"path_base64\":\"L3gv/wouanBn\""));
}

/* What does not fit is left out whole, the frames first: the object stays an object. */
static void json_that_would_not_fit_is_brief(void **state) {
    (void)state;
    struct example example;
    fill_in(&example);
    size_t whole = 0, shortened = 0, brief = 0, nothing = 0;
    for (size_t capacity = 0; capacity < 4000; capacity += 16) {
        struct buffer json = buffer_in(&arena, capacity);
        json_render(&example.report, &json);
        if (json.length == 0) {
            nothing++;
            continue;
        }
        assert_memory_equal(json.data + json.length - 3, "1}\n", 3);
        bool is_brief = memmem(json.data, json.length, "\"brief\":true", 12);
        bool is_shortened = memmem(json.data, json.length, "\"frames_omitted\":", 17);
        assert_false(is_brief && is_shortened);
        brief += is_brief, shortened += is_shortened, whole += !is_brief && !is_shortened;
    }
    assert_true(whole > 0 && shortened > 0 && brief > 0 && nothing > 0);
}

static void fingerprints_tell_causes_culprits_and_users_apart(void **state) {
    (void)state;
    struct example a, b;
    fill_in(&a);
    fill_in(&b);
    uint64_t first = report_fingerprint(&a.incident, &a.facts, &a.verdict);
    b.incident.path = "/home/alice/data/dog.jpg"; /* another file behind the same closed door */
    assert_int_equal(report_fingerprint(&b.incident, &b.facts, &b.verdict), first);
    b.facts.identity.fsuid = 1002;
    assert_int_not_equal(report_fingerprint(&b.incident, &b.facts, &b.verdict), first);
    fill_in(&b);
    b.verdict.cause = CAUSE_unseen;
    assert_int_not_equal(report_fingerprint(&b.incident, &b.facts, &b.verdict), first);
    fill_in(&b);
    b.components[2].path = SLICE("/home/alicf");
    assert_int_not_equal(report_fingerprint(&b.incident, &b.facts, &b.verdict), first);
}

static void flags_have_their_names(void **state) {
    (void)state;
    static const struct {
        int flags;
        const char *text;
    } cases[] = {
        {O_RDONLY, "O_RDONLY"},
        {O_WRONLY | O_CREAT | O_TRUNC, "O_WRONLY|O_CREAT|O_TRUNC"},
        {O_RDWR | O_TMPFILE, "O_RDWR|O_TMPFILE"},
        {O_DIRECTORY | O_CLOEXEC, "O_RDONLY|O_DIRECTORY|O_CLOEXEC"},
        {O_WRONLY | O_SYNC, "O_WRONLY|O_SYNC"},
        {O_ACCMODE, "O_ACCMODE"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char text[200] = "";
        for (size_t j = 0; flag_name(cases[i].flags, j); j++)
            strcat(strcat(text, j ? "|" : ""), flag_name(cases[i].flags, j));
        assert_string_equal(text, cases[i].text);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
#define WITH_ARENA(test) cmocka_unit_test_setup_teardown(test, make_arena, drop_arena)
        WITH_ARENA(the_contracts_example_looks_like_the_contract),
        WITH_ARENA(a_fix_names_who_runs_it),
        WITH_ARENA(a_new_file_is_created),
        WITH_ARENA(long_names_keep_the_columns),
        WITH_ARENA(hostile_sizes_stay_within_bounds),
        WITH_ARENA(any_arena_will_do),
        WITH_ARENA(who_refused_is_shown_however_long_the_path),
        WITH_ARENA(callers_share_the_lines),
        WITH_ARENA(native_code_of_the_users_own_comes_first),
        WITH_ARENA(engines_are_counted),
        WITH_ARENA(a_recursion_is_one_line),
        WITH_ARENA(a_long_interpreters_name_costs_its_own_frames),
        WITH_ARENA(colours_only_on_a_terminal),
        WITH_ARENA(json_has_the_contracts_fields),
        WITH_ARENA(bytes_that_json_cannot_carry_are_in_base64),
        WITH_ARENA(json_that_would_not_fit_is_brief),
        WITH_ARENA(fingerprints_tell_causes_culprits_and_users_apart),
        WITH_ARENA(flags_have_their_names),
    };
    return cmocka_run_group_tests_name("report", tests, NULL, NULL);
}

/* SPDX-License-Identifier: MIT */
/*
 * Each parser of somebody else's bytes by itself: the first byte chooses. Files are read in pieces
 * of the size that the second byte says, as a kernel may give them.
 */
#include "base/sys.h"
#include "config.h"
#include "facts/collect.h"
#include "frames/demangle.h"
#include "frames/python_lines.h"
#include "input.h"
#include <sys/mman.h>
#include <unistd.h>

enum { ARENA_BYTES = 512 * 1024, DESCRIPTOR = 100 };

static const char *file; /* whose bytes are given */
static struct input input;
static size_t piece;

long sys_enter(long number, long a, long b, long c, long d, long e, long f) {
    (void)e, (void)f;
    switch (number) {
    case SYS_openat:
        return strcmp((const char *)b, file) == 0 ? DESCRIPTOR : -ENOENT;
    case SYS_read:
        REQUIRE(a == DESCRIPTOR);
        return (long)input_take(&input, (void *)b, (size_t)c < piece ? (size_t)c : piece);
    case SYS_getxattr:
        return (long)input_take(&input, (void *)c, (size_t)d);
    case SYS_close:
        return 0;
    case SYS_getpid:
    case SYS_gettid:
        return 1;
    default:
        return -ENOSYS;
    }
}

static void check_slice(struct slice text) {
    static volatile char sum;
    for (size_t i = 0; i < text.length; i++)
        sum = (char)(sum + text.data[i]);
}

static void parse_mounts(struct arena *arena) {
    struct component components[4] = {
        {.mount_id = 1}, {.mount_id = 29}, {.mount_id = 29}, {.mount_id = 36}};
    file = "/proc/self/mountinfo";
    struct walk walk = {
        .components = components, .count = 4, .error = input_byte(&input) & 1 ? ENOENT : EACCES};
    mounts_read(arena, &walk);
    check_slice(walk.mounts);
    for (size_t i = 0; i < 4; i++) {
        const struct mount *mount = components[i].mount;
        if (!mount)
            continue;
        REQUIRE(mount->id == components[i].mount_id);
        check_slice(mount->point), check_slice(mount->root), check_slice(mount->options);
        check_slice(mount->fstype), check_slice(mount->source), check_slice(mount->super_options);
    }
}

static void parse_identity(struct arena *arena) {
    static const char *const files[] = {"/proc/thread-self/status", "/proc/self/uid_map",
                                        "/proc/self/gid_map"};
    struct identity identity;
    file = files[input_byte(&input) % 3];
    if (!identity_read(arena, &identity))
        return;
    for (size_t i = 0; i < identity.group_count; i++)
        identity_in_group(&identity, identity.groups[i] ^ 1);
}

static void parse_accounts(struct arena *arena) {
    struct component components[2] = {{.status_known = true,
                                       .status = {.st_uid = 1000, .st_gid = 27},
                                       .needs = 4,
                                       .kernel_answer = EACCES},
                                      {.status_known = true, .status = {.st_uid = 7, .st_gid = 8}}};
    gid_t groups[] = {27, 1000};
    struct facts facts = {.identity = {.fsuid = 1001, .groups = groups, .group_count = 2},
                          .walk = {.components = components, .count = 2}};
    file = input_byte(&input) & 1 ? "/etc/passwd" : "/etc/group";
    accounts_read(arena, &facts);
    for (size_t i = 0; i < facts.accounts.user_count; i++)
        check_slice(facts.accounts.users[i].name);
    for (size_t i = 0; i < facts.accounts.group_count; i++)
        check_slice(facts.accounts.groups[i].name);
    accounts_find_joinable(arena, &facts.identity, &facts.walk);
    struct slice home;
    if (accounts_find_home(arena, SLICE("root"), &home))
        check_slice(home);
}

static void parse_acl(struct arena *arena) {
    struct acl acl;
    unsigned tags = 0;
    size_t given = input.size;
    acl_read(arena, DESCRIPTOR, &acl);
    REQUIRE(acl.count == 0 || 4 + acl.count * 8 <= given); /* linux/posix_acl_xattr.h */
    for (size_t i = 0; i < acl.count; i++)
        tags += acl.entries[i].tag;
    check_slice((struct slice){(const char *)&tags, sizeof tags});
}

static void say_nothing(struct slice line) {
    check_slice(line);
    REQUIRE(line.length > 0 && line.data[line.length - 1] == '\n');
}

/* The rest of the input is the environment's one string, and then a path to match. */
static void parse_variable(struct arena *arena) {
    char *text = arena_get(arena, 8192, 1);
    size_t length = input_take(&input, text, 4000);
    char *environment[] = {text, NULL};
    memset(&config, 0, sizeof config);
    config_read(environment, say_nothing);
    match_path(&config.matcher, text + strlen(text) + (strlen(text) < length));
}

/* A line table of any of the three formats, asked for the line at any offset. */
static void parse_lines(struct arena *arena) {
    static const enum python_lines formats[] = {LINES_LNOTAB, LINES_LINETABLE, LINES_LOCATIONS};
    enum python_lines format = formats[input_byte(&input) % 3];
    int16_t first = 0, offset = 0;
    input_take(&input, &first, sizeof first);
    input_take(&input, &offset, sizeof offset);
    size_t length = input.size;
    uint8_t *table = malloc(length ? length : 1); /* where ASan sees a byte too many */
    (void)arena;
    REQUIRE(table);
    input_take(&input, table, length);
    python_line(format, table, length, first, offset);
    free(table);
}

static void parse_mangled(struct arena *arena) {
    size_t length = input.size;
    char *name = malloc(length ? length : 1);
    REQUIRE(name);
    input_take(&input, name, length);
    check_slice(demangle_nested(arena, (struct slice){name, length}));
    free(name);
}

/* What arena_get() gives next has to be zero. */
static bool is_clean(const struct arena *arena) {
    size_t left = (size_t)(arena->end - arena->next);
    return left == 0 ||
           (arena->next[0] == '\0' && memcmp(arena->next, arena->next + 1, left - 1) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    static void (*const parsers[])(struct arena * arena) = {
        parse_mounts,   parse_identity, parse_accounts, parse_acl,
        parse_variable, parse_lines,    parse_mangled};
    char *bytes = calloc(1, ARENA_BYTES);
    struct arena arena = {bytes, bytes + ARENA_BYTES};
    input = (struct input){data, size};
    file = "";
    sys_careful = false;
    size_t chosen = input_byte(&input) % (sizeof parsers / sizeof *parsers);
    piece = (size_t)input_byte(&input) * 16 + 1;
    parsers[chosen](&arena);
    REQUIRE(is_clean(&arena));
    free(bytes);
    return 0;
}

/* SPDX-License-Identifier: MIT */
/*
 * One failed call as literals: uid 1001 opens /data/a.jpg for reading, and everything allows it. A
 * test changes what it is about and asks for the verdict.
 */
#ifndef PERMSHIM_TESTS_UNIT_SCENE_H
#define PERMSHIM_TESTS_UNIT_SCENE_H

#include "verdict.h"
#include "verdict/access.h"
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { ROOT, DATA, IMAGE, BEHIND, SCENE_COMPONENTS, SCENE_ARENA_BYTES = 1 << 20 };

struct scene {
    struct incident incident;
    struct facts facts;
    struct component components[SCENE_COMPONENTS];
    struct mount mount;
    struct verdict verdict;
    char *memory;
    char text[4096];
};

static inline struct component scene_component(const char *path, enum component_role role,
                                               mode_t mode, unsigned needs, int parent) {
    return (struct component){
        .path = slice_of(path),
        .role = role,
        .parent = parent,
        .status_known = true,
        .status = {.st_mode = mode, .st_ctim = {.tv_sec = 1000}},
        .acl = {.state = ACL_ABSENT},
        .needs = needs,
    };
}

static inline int scene_make(void **state) {
    struct scene *scene = calloc(1, sizeof *scene);
    scene->memory = malloc(SCENE_ARENA_BYTES);
    scene->mount = (struct mount){.id = 7,
                                  .point = SLICE("/data"),
                                  .root = SLICE("/"),
                                  .options = SLICE("rw,relatime"),
                                  .fstype = SLICE("ext4"),
                                  .source = SLICE("/dev/sda1"),
                                  .super_options = SLICE("rw")};
    scene->components[ROOT] = scene_component("/", ROLE_START, S_IFDIR | 0755, ACCESS_SEARCH, -1);
    scene->components[DATA] =
        scene_component("/data", ROLE_PASSAGE, S_IFDIR | 0755, ACCESS_SEARCH, ROOT);
    scene->components[IMAGE] =
        scene_component("/data/a.jpg", ROLE_TARGET, S_IFREG | 0644, ACCESS_READ, DATA);
    for (int i = 0; i < SCENE_COMPONENTS; i++)
        scene->components[i].mount = &scene->mount;
    scene->facts.walk =
        (struct walk){.components = scene->components, .count = 3, .directory = DATA};
    scene->facts.identity = (struct identity){
        .pid = 1,
        .tid = 1,
        .ruid = 1001,
        .euid = 1001,
        .suid = 1001,
        .fsuid = 1001,
        .rgid = 1001,
        .egid = 1001,
        .sgid = 1001,
        .fsgid = 1001,
        .groups_complete = true,
        .overflow_uid = 65534,
        .overflow_gid = 65534,
    };
    scene->facts.now.tv_sec = 2000;
    scene->facts.surroundings = (struct surroundings){.known = true,
                                                      .protected_symlinks = 1,
                                                      .protected_regular = 1,
                                                      .protected_fifos = 1,
                                                      .selinux = {.answer = ANSWER_UNKNOWN},
                                                      .apparmor = {.answer = ANSWER_UNKNOWN}};
    scene->incident = (struct incident){
        .function = "open", .path = "/data/a.jpg", .directory = AT_FDCWD, .error = EACCES};
    *state = scene;
    return 0;
}

static inline int scene_drop(void **state) {
    struct scene *scene = *state;
    free(scene->memory);
    free(scene);
    return 0;
}

static inline void scene_become_root(struct scene *scene) {
    struct identity *identity = &scene->facts.identity;
    identity->ruid = identity->euid = identity->suid = identity->fsuid = 0;
    identity->rgid = identity->egid = identity->sgid = identity->fsgid = 0;
    identity->effective = (1ull << 41) - 1;
}

/* The kernel refuses at that component: the walk, where it is none but the last. */
static inline void scene_refuse(struct scene *scene, int index) {
    scene->components[index].kernel_answer = EACCES;
    if (index == IMAGE)
        return;
    scene->facts.walk.error = EACCES;
    scene->facts.walk.directory = index;
    scene->components[index + 1].lookup_error = EACCES;
    scene->components[index + 1].status_known = false;
    scene->facts.walk.count = (size_t)index + 2;
}

/* The verdict on what the scene is now. The arena's bytes must be zero, as a fresh mapping's are.
 */
static inline const struct verdict *scene_judge(struct scene *scene) {
    memset(scene->memory, 0, SCENE_ARENA_BYTES);
    struct arena arena = {scene->memory, scene->memory + SCENE_ARENA_BYTES};
    verdict_reach(&arena, &scene->incident, &scene->facts, &scene->verdict);
    return &scene->verdict;
}

#define assert_cause(scene, word, sure, index)                                                     \
    do {                                                                                           \
        const struct verdict *judged = scene_judge(scene);                                         \
        assert_string_equal(cause_word(judged->cause), word);                                      \
        assert_int_equal(judged->certainty, sure);                                                 \
        assert_int_equal(judged->culprit, index);                                                  \
        assert_false(judged->asks_for_more);                                                       \
    } while (0)

/* All commands and all advice of the last verdict, "; " between them. */
static inline const char *scene_fixes(struct scene *scene) {
    size_t length = 0;
    scene->text[0] = '\0';
    for (size_t i = 0; i < scene->verdict.fix_count; i++) {
        const struct fix *fix = &scene->verdict.fixes[i];
        length += (size_t)snprintf(scene->text + length, sizeof scene->text - length, "%s%.*s",
                                   i ? "; " : "", (int)fix->advice.length, fix->advice.data);
        for (size_t j = 0; j < fix->argument_count; j++)
            length += (size_t)snprintf(scene->text + length, sizeof scene->text - length, "%s%.*s",
                                       j ? " " : "", (int)fix->arguments[j].length,
                                       fix->arguments[j].data);
    }
    return scene->text;
}

/* All notes of the last verdict. */
static inline const char *scene_notes(struct scene *scene) {
    size_t length = 0;
    scene->text[0] = '\0';
    for (size_t i = 0; i < scene->verdict.note_count; i++)
        length += (size_t)snprintf(scene->text + length, sizeof scene->text - length, "%s%.*s",
                                   i ? "; " : "", (int)scene->verdict.notes[i].length,
                                   scene->verdict.notes[i].data);
    return scene->text;
}

#define assert_says(text, part)                                                                    \
    do {                                                                                           \
        if (!strstr(text, part))                                                                   \
            fail_msg("\"%s\" does not say \"%s\"", text, part);                                    \
    } while (0)

/* No command may be given, and no word may send somebody to chmod, but to say that it is no use. */
#define assert_no_command(scene)                                                                   \
    do {                                                                                           \
        for (size_t i = 0; i < (scene)->verdict.fix_count; i++)                                    \
            assert_int_equal((scene)->verdict.fixes[i].argument_count, 0);                         \
        assert_true((scene)->verdict.fix_count > 0);                                               \
    } while (0)

#endif

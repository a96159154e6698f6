/* SPDX-License-Identifier: MIT */
#include "examine.h"
#include "base/arena.h"
#include "call.h"
#include "facts.h"
#include "facts/collect.h"
#include "incident.h"
#include "verdict.h"
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>

/* Weak, so that the oracle can be tested against the kernel alone. */
#pragma weak incident_examine
#pragma weak cause_word
#pragma weak verdict_reach
#pragma weak surroundings_read

enum { ARENA_BYTES = 1 << 20 };

static const char *function_name(enum function function) {
    static const char *const names[] = {"open", "openat", "fopen", "faccessat"};
    return names[function];
}

static void copy(char *to, size_t bytes, struct slice from) {
    snprintf(to, bytes, "%.*s", (int)from.length, from.data ? from.data : "");
}

static const char *class_word(enum access_class class) {
    static const char *const words[] = {"",      "owner", "acl-user",  "acl-group",
                                        "group", "other", "capability"};
    return words[class];
}

static void copy_culprit(char *to, const struct facts *facts, const struct verdict *verdict) {
    if (verdict->culprit >= 0 && (size_t)verdict->culprit < facts->walk.count)
        copy(to, PATH_BYTES, facts->walk.components[verdict->culprit].path);
}

static void keep(const struct facts *facts, const struct verdict *verdict,
                 struct outcome *outcome) {
    snprintf(outcome->cause, sizeof outcome->cause, "%s", cause_word(verdict->cause));
    outcome->certainty = (int)verdict->certainty;
    copy(outcome->why, sizeof outcome->why, verdict->why);
    copy_culprit(outcome->culprit, facts, verdict);
    if (verdict->culprit >= 0) {
        const struct judgement *judgement = &verdict->judgements[verdict->culprit];
        snprintf(outcome->class, sizeof outcome->class, "%s", class_word(judgement->class));
        outcome->grants = judgement->granted;
    }
    outcome->fix_count = 0;
    for (size_t i = 0; i < verdict->fix_count && outcome->fix_count < MOST_FIXES; i++) {
        const struct fix *fix = &verdict->fixes[i];
        struct fix_command *command = &outcome->fixes[outcome->fix_count++];
        command->count = (unsigned)fix->argument_count;
        command->run_as = fix->run_as;
        command->opens_to_more = fix->opens_to_more;
        for (size_t j = 0; j < fix->argument_count && j < MOST_ARGUMENTS; j++)
            copy(command->arguments[j], ARGUMENT_BYTES, fix->arguments[j]);
    }
}

/* The verdict again, on facts with something left out. */
static void look_again(struct arena *arena, const struct incident *incident,
                       const struct facts *facts, enum view_kind kind, struct view *view) {
    struct facts less = *facts;
    struct verdict verdict = {0};
    less.walk.components = ARENA_ARRAY(arena, struct component, facts->walk.count + 1);
    if (!less.walk.components)
        return;
    for (size_t i = 0; i < facts->walk.count; i++) {
        struct component *component = &less.walk.components[i];
        *component = facts->walk.components[i];
        if (kind == VIEW_UNASKED || kind == VIEW_NO_MAPS)
            component->kernel_answer = ANSWER_UNKNOWN;
        if (kind == VIEW_NO_ACL)
            component->acl = (struct acl){.state = ACL_UNKNOWN};
    }
    if (kind == VIEW_NO_GROUPS) {
        less.identity.group_count = 0;
        less.identity.groups_complete = false;
    }
    if (kind == VIEW_NO_MAPS)
        less.identity.uid_map = less.identity.gid_map = (struct id_map){.known = false};
    verdict_reach(arena, incident, &less, &verdict);
    if (verdict.asks_for_more) {
        surroundings_read(arena, incident, &less, verdict.culprit);
        verdict_reach(arena, incident, &less, &verdict);
    }
    snprintf(view->cause, sizeof view->cause, "%s", cause_word(verdict.cause));
    view->certainty = (int)verdict.certainty;
    copy_culprit(view->culprit, &less, &verdict);
}

void examine(const struct call *call, int directory, int error, struct outcome *outcome) {
    outcome->known = incident_examine && cause_word;
    if (!outcome->known)
        return;
    char *memory =
        mmap(NULL, ARENA_BYTES, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (memory == MAP_FAILED)
        return;
    struct arena arena = {memory, memory + ARENA_BYTES};
    bool asks = call->function == CALL_ACCESS;
    struct incident incident = {.function = function_name(call->function),
                                .group = asks ? GROUP_PROBE : GROUP_OPEN,
                                .how_kind = asks ? HOW_ACCESS : HOW_FLAGS,
                                .wanted = call->wanted,
                                .real_ids = call->real_ids,
                                .path = call->path,
                                .directory = call_is_at(call) ? directory : AT_FDCWD,
                                .flags = call->flags,
                                .error = error};
    struct facts facts = {0};
    struct verdict verdict = {0};
    incident_examine(&arena, &incident, &facts, &verdict);
    keep(&facts, &verdict, outcome);
    for (enum view_kind kind = 0; error == EACCES && kind < VIEW_COUNT; kind++)
        look_again(&arena, &incident, &facts, kind, &outcome->views[kind]);
    outcome->examined = true;
    munmap(memory, ARENA_BYTES);
}

bool examine_knows(const char *word) {
    for (int i = 0; cause_word && i < CAUSE_COUNT; i++)
        if (strcmp(cause_word((enum cause)i), word) == 0)
            return true;
    return false;
}

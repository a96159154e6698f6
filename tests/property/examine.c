/* SPDX-License-Identifier: MIT */
#include "examine.h"
#include "base/arena.h"
#include "facts.h"
#include "incident.h"
#include "verdict.h"
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>

/* Weak, so that the oracle can be tested against the kernel alone. */
#pragma weak incident_examine
#pragma weak cause_word

enum { ARENA_BYTES = 1 << 20 };

static const char *function_name(enum function function) {
    static const char *const names[] = {"open", "openat", "fopen"};
    return names[function];
}

static void copy(char *to, size_t bytes, struct slice from) {
    snprintf(to, bytes, "%.*s", (int)from.length, from.data ? from.data : "");
}

static void keep(const struct facts *facts, const struct verdict *verdict,
                 struct outcome *outcome) {
    snprintf(outcome->cause, sizeof outcome->cause, "%s", cause_word(verdict->cause));
    outcome->certainty = (int)verdict->certainty;
    copy(outcome->why, sizeof outcome->why, verdict->why);
    if (verdict->culprit >= 0 && (size_t)verdict->culprit < facts->walk.count)
        copy(outcome->culprit, sizeof outcome->culprit,
             facts->walk.components[verdict->culprit].path);
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

void examine(const struct call *call, int directory, int error, struct outcome *outcome) {
    outcome->known = incident_examine && cause_word;
    if (!outcome->known)
        return;
    char *memory =
        mmap(NULL, ARENA_BYTES, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (memory == MAP_FAILED)
        return;
    struct arena arena = {memory, memory + ARENA_BYTES};
    struct incident incident = {.function = function_name(call->function),
                                .group = GROUP_OPEN,
                                .path = call->path,
                                .directory = call->function == CALL_OPENAT ? directory : AT_FDCWD,
                                .flags = call->flags,
                                .error = error};
    struct facts facts = {0};
    struct verdict verdict = {0};
    incident_examine(&arena, &incident, &facts, &verdict);
    keep(&facts, &verdict, outcome);
    outcome->examined = true;
    munmap(memory, ARENA_BYTES);
}

bool examine_knows(const char *word) {
    for (int i = 0; cause_word && i < CAUSE_COUNT; i++)
        if (strcmp(cause_word((enum cause)i), word) == 0)
            return true;
    return false;
}

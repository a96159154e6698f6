/* SPDX-License-Identifier: MIT */
/* The local files only: NSS would load libraries, open sockets and allocate. */
#include "base/file.h"
#include "base/sys.h"
#include "facts/collect.h"

enum { ACCOUNTS_BUDGET_BYTES = 4 << 20, MOST_IDS = 64 };

struct wanted {
    struct id_name *names;
    size_t count, found;
};

static void want(struct wanted *wanted, uint32_t id) {
    for (size_t i = 0; i < wanted->count; i++)
        if (wanted->names[i].id == id)
            return;
    if (wanted->count < MOST_IDS)
        wanted->names[wanted->count++].id = id;
}

/* Both files: name:password:id:… */
static bool split_entry(struct slice line, struct slice *name, struct slice *rest,
                        unsigned long *id) {
    *name = slice_split(&line, ':');
    slice_split(&line, ':');
    bool numeric = slice_number(&line, 10, id);
    slice_split(&line, ':');
    *rest = line;
    return numeric && name->length > 0;
}

static void look_up(struct arena *arena, const char *path, struct wanted *wanted) {
    struct line_reader reader;
    struct slice line, name, rest;
    unsigned long id;
    if (!lines_open(&reader, arena, path, ACCOUNTS_BUDGET_BYTES))
        return;
    while (wanted->found < wanted->count && lines_next(&reader, &line)) {
        if (!split_entry(line, &name, &rest, &id))
            continue;
        for (size_t i = 0; i < wanted->count; i++)
            if (wanted->names[i].id == id && wanted->names[i].name.length == 0) {
                wanted->names[i].name = arena_copy(arena, name);
                wanted->found++;
            }
    }
    lines_close(&reader);
}

void accounts_read(struct arena *arena, struct facts *facts) {
    const struct identity *identity = &facts->identity;
    struct wanted users = {.names = ARENA_ARRAY(arena, struct id_name, MOST_IDS)};
    struct wanted groups = {.names = ARENA_ARRAY(arena, struct id_name, MOST_IDS)};
    if (!users.names || !groups.names)
        return;
    want(&users, identity->ruid);
    want(&users, identity->euid);
    want(&users, identity->fsuid);
    want(&groups, identity->rgid);
    want(&groups, identity->egid);
    want(&groups, identity->fsgid);
    for (size_t i = 0; i < facts->walk.count; i++) {
        const struct component *component = &facts->walk.components[i];
        if (!component->status_known)
            continue;
        want(&users, component->status.st_uid);
        want(&groups, component->status.st_gid);
    }
    for (size_t i = 0; i < identity->group_count; i++)
        want(&groups, identity->groups[i]);
    look_up(arena, "/etc/passwd", &users);
    look_up(arena, "/etc/group", &groups);
    facts->accounts = (struct accounts){users.names, groups.names, users.count, groups.count};
}

bool accounts_find_home(struct arena *arena, struct slice user, struct slice *home) {
    struct line_reader reader;
    struct slice line, name, rest;
    unsigned long id;
    bool found = false;
    *home = SLICE("");
    if (!lines_open(&reader, arena, "/etc/passwd", ACCOUNTS_BUDGET_BYTES))
        return true;
    while (!found && lines_next(&reader, &line)) {
        found = split_entry(line, &name, &rest, &id) && slice_equal(name, user);
        if (!found)
            continue;
        slice_split(&rest, ':'); /* passwd(5): the group and the full name stand before it */
        slice_split(&rest, ':');
        *home = arena_copy(arena, slice_split(&rest, ':'));
    }
    lines_close(&reader);
    return found;
}

static bool refused(const struct component *component) {
    return component->status_known && component->kernel_answer == EACCES;
}

static bool lists(struct slice members, struct slice user) {
    while (members.length > 0)
        if (slice_equal(slice_split(&members, ','), user))
            return true;
    return false;
}

void accounts_find_joinable(struct arena *arena, struct identity *identity, struct walk *walk) {
    struct line_reader reader;
    struct slice line, name, members;
    unsigned long id;
    struct id_name user = {.id = identity->fsuid};
    struct wanted wanted = {.names = &user, .count = 1};
    bool any = false;
    for (size_t i = 0; i < walk->count; i++)
        any = any || refused(&walk->components[i]);
    if (any)
        look_up(arena, "/etc/passwd", &wanted);
    identity->has_account = user.name.length > 0;
    if (user.name.length == 0 || !lines_open(&reader, arena, "/etc/group", ACCOUNTS_BUDGET_BYTES))
        return;
    while (lines_next(&reader, &line)) {
        if (!split_entry(line, &name, &members, &id) || !lists(members, user.name))
            continue;
        for (size_t i = 0; i < walk->count; i++)
            if (refused(&walk->components[i]) && walk->components[i].status.st_gid == id &&
                !identity_in_group(identity, (gid_t)id)) {
                walk->components[i].group_joinable = true;
                walk->components[i].group_name = arena_copy(arena, name);
            }
    }
    lines_close(&reader);
}

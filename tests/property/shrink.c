/* SPDX-License-Identifier: MIT */
#include "shrink.h"
#include "subject.h"
#include <fcntl.h>
#include <string.h>

struct hunt {
    struct trial *best;
    enum complaint complaint;
    struct expectation *expectation;
    struct outcome *outcome;
    unsigned tries;
};

enum { MOST_TRIES = 3000 };

/* The same words on both sides: else it would be another failure. */
static bool alike(const struct hunt *hunt, const struct expectation *expectation,
                  const struct outcome *outcome) {
    const char *was = hunt->expectation->causes[0], *is = expectation->causes[0];
    return hunt->expectation->error == expectation->error &&
           hunt->outcome->error == outcome->error &&
           strcmp(hunt->outcome->cause, outcome->cause) == 0 &&
           strcmp(was ? was : "", is ? is : "") == 0;
}

/* Keeps `smaller` when it still fails. */
static bool keep(struct hunt *hunt, const struct trial *smaller) {
    struct expectation expectation;
    struct outcome outcome;
    if (memcmp(smaller, hunt->best, sizeof *smaller) == 0 || hunt->tries++ > MOST_TRIES ||
        trial_run(smaller, hunt->complaint, &expectation, &outcome) != hunt->complaint ||
        !alike(hunt, &expectation, &outcome))
        return false;
    *hunt->best = *smaller;
    *hunt->expectation = expectation;
    *hunt->outcome = outcome;
    return true;
}

static bool is_below(const struct scene *scene, int node, int top) {
    while (node != top && node != 0)
        node = scene->nodes[node].parent;
    return node == top;
}

/* Takes a node and all below it out; false when the subject or the call stands on it. */
static bool cut(struct trial *trial, int top) {
    struct scene *scene = &trial->scene;
    int moved[MOST_NODES] = {0}, count = 0;
    for (int i = 0; i < scene->count; i++)
        moved[i] = is_below(scene, i, top) ? NO_NODE : count++;
    if (moved[trial->subject.cwd] == NO_NODE ||
        (trial->call.directory >= 0 && moved[trial->call.directory] == NO_NODE))
        return false;
    for (int i = 0; i < scene->count; i++)
        if (moved[i] != NO_NODE) {
            struct node node = scene->nodes[i];
            node.parent = moved[node.parent];
            scene->nodes[moved[i]] = node;
        }
    trial->subject.cwd = moved[trial->subject.cwd];
    if (trial->call.directory >= 0)
        trial->call.directory = moved[trial->call.directory];
    scene->count = count;
    return true;
}

static bool cut_nodes(struct hunt *hunt) {
    bool smaller = false;
    for (int i = hunt->best->scene.count - 1; i > hunt->best->scene.top; i--) {
        struct trial trial = *hunt->best;
        if (i < trial.scene.count && cut(&trial, i))
            smaller |= keep(hunt, &trial);
    }
    return smaller;
}

static bool drop_entries(struct hunt *hunt, int node) {
    bool smaller = false;
    for (unsigned i = hunt->best->scene.nodes[node].acl.count; i-- > 0;) {
        struct trial trial = *hunt->best;
        struct entries *acl = &trial.scene.nodes[node].acl;
        if (acl->entry[i].tag != TAG_USER && acl->entry[i].tag != TAG_GROUP)
            continue;
        memmove(&acl->entry[i], &acl->entry[i + 1], (--acl->count - i) * sizeof *acl->entry);
        smaller |= keep(hunt, &trial);
    }
    return smaller;
}

static bool plain_nodes(struct hunt *hunt) {
    bool smaller = false;
    for (int i = hunt->best->scene.top; i < hunt->best->scene.count; i++) {
        struct trial trial = *hunt->best;
        struct node *node = &trial.scene.nodes[i];
        mode_t plain = node->type == LINK || node->type == DIRECTORY ? 0777 : 0666;
        node->default_acl.count = 0;
        smaller |= keep(hunt, &trial);
        trial = *hunt->best;
        node->acl.count = 0;
        smaller |= keep(hunt, &trial);
        trial = *hunt->best;
        node->mode = plain;
        node->acl.count = 0;
        smaller |= keep(hunt, &trial);
        trial = *hunt->best;
        node->mode &= 0777;
        smaller |= keep(hunt, &trial);
        trial = *hunt->best;
        node->uid = 0;
        node->gid = 0;
        smaller |= keep(hunt, &trial);
        smaller |= drop_entries(hunt, i);
    }
    return smaller;
}

static bool plain_subject(struct hunt *hunt) {
    bool smaller = false;
    struct trial trial = *hunt->best;
    struct subject *s = &trial.subject;
    s->in_namespace = false;
    smaller |= keep(hunt, &trial);
    trial = *hunt->best;
    s->ruid = s->euid = s->suid = s->fsuid;
    s->rgid = s->egid = s->sgid = s->fsgid;
    smaller |= keep(hunt, &trial);
    trial = *hunt->best;
    s->effective = 0;
    smaller |= keep(hunt, &trial);
    trial = *hunt->best;
    s->effective &= 14; /* CAP_DAC_OVERRIDE, CAP_DAC_READ_SEARCH, CAP_FOWNER */
    smaller |= keep(hunt, &trial);
    trial = *hunt->best;
    s->idle = 0;
    smaller |= keep(hunt, &trial);
    trial = *hunt->best;
    s->securebits = 0;
    smaller |= keep(hunt, &trial);
    trial = *hunt->best;
    s->bounding = capabilities_available();
    smaller |= keep(hunt, &trial);
    trial = *hunt->best;
    s->cwd = trial.scene.top - 1;
    smaller |= keep(hunt, &trial);
    for (unsigned i = hunt->best->subject.group_count; i-- > 0;) {
        trial = *hunt->best;
        memmove(&s->groups[i], &s->groups[i + 1], (--s->group_count - i) * sizeof *s->groups);
        smaller |= keep(hunt, &trial);
    }
    return smaller;
}

/* Leaves out the component that starts at `start`. */
static bool drop_component(struct hunt *hunt, size_t start) {
    struct trial trial = *hunt->best;
    char *path = trial.call.path + start;
    size_t length = strcspn(path, "/");
    length += path[length] == '/';
    if (length == 0)
        return false;
    memmove(path, path + length, strlen(path + length) + 1);
    return keep(hunt, &trial);
}

static bool plain_call(struct hunt *hunt) {
    bool smaller = false;
    struct trial trial = *hunt->best;
    trial.call.function = CALL_OPEN;
    trial.call.directory = NO_NODE;
    smaller |= keep(hunt, &trial);
    trial = *hunt->best;
    trial.call.directory_opath = true;
    smaller |= keep(hunt, &trial);
    for (unsigned bit = 0; bit < 31 && hunt->best->call.function != CALL_FOPEN; bit++) {
        trial = *hunt->best;
        if (1U << bit == O_NONBLOCK)
            continue; /* or a FIFO would make the call wait for ever */
        trial.call.flags &= ~(int)(1U << bit);
        smaller |= keep(hunt, &trial);
    }
    for (size_t at = 0; at < strlen(hunt->best->call.path); at++)
        if (at == 0 || hunt->best->call.path[at - 1] == '/')
            smaller |= drop_component(hunt, at);
    return smaller;
}

/* The physical path of the target instead of the way that was taken. */
static bool straight_path(struct hunt *hunt) {
    bool smaller = false;
    for (int i = hunt->best->scene.top; i < hunt->best->scene.count; i++) {
        struct trial trial = *hunt->best;
        memset(trial.call.path, 0, sizeof trial.call.path);
        node_path(&trial.scene, i, trial.call.path, sizeof trial.call.path);
        if (hunt->best->call.path[0] != '/' ||
            strlen(trial.call.path) < strlen(hunt->best->call.path))
            smaller |= keep(hunt, &trial);
    }
    return smaller;
}

void shrink(struct trial *trial, enum complaint complaint, struct expectation *expectation,
            struct outcome *outcome) {
    struct hunt hunt = {trial, complaint, expectation, outcome, 0};
    bool smaller = true;
    while (smaller && hunt.tries < MOST_TRIES) {
        smaller = straight_path(&hunt);
        smaller |= plain_call(&hunt);
        smaller |= cut_nodes(&hunt);
        smaller |= plain_nodes(&hunt);
        smaller |= plain_subject(&hunt);
    }
}

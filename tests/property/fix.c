/* SPDX-License-Identifier: MIT */
/* trial_fix(): does what the report advises, as whom it says, and looks who gains. */
#include "call.h"
#include "disk.h"
#include "oracle.h"
#include "rights.h"
#include "run.h"
#include "subject.h"
#include "trial.h"
#include "witness.h"
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

enum { MOST_ROUNDS = 12, SELF = 1, AS_OWNER = 2, AS_ROOT = 4 }; /* enum run_as, shim/verdict.h */

/* A process with this one user id. */
static struct subject plain_subject(const struct subject *model, uid_t uid, gid_t gid) {
    struct subject who = {.ruid = uid,
                          .euid = uid,
                          .suid = uid,
                          .fsuid = uid,
                          .rgid = gid,
                          .egid = gid,
                          .sgid = gid,
                          .fsgid = gid,
                          .bounding = ~UINT64_C(0)};
    who.in_namespace = model->in_namespace;
    who.uid_map = model->uid_map;
    who.gid_map = model->gid_map;
    return who;
}

/* The administrator of the subject's world: inside a user namespace, its own. */
static struct subject root_subject(const struct subject *model) {
    uid_t uid = 0;
    gid_t gid = 0;
    if (model->in_namespace) {
        uid = model->uid_map.range[0].outside;
        gid = model->gid_map.range[0].outside;
    }
    struct subject root = plain_subject(model, uid, gid);
    root.effective = capabilities_available();
    return root;
}

static int node_of_path(const struct scene *scene, const char *path) {
    char other[PATH_BYTES];
    for (int i = 0; i < scene->count; i++) {
        node_path(scene, i, other, sizeof other);
        if (strcmp(path, other) == 0)
            return i;
    }
    return NO_NODE;
}

static bool reaches(const struct scene *scene, const struct subject *who, int node) {
    for (int at = scene->nodes[node].parent; at != 0; at = scene->nodes[at].parent)
        if (!rights_of(scene, who, at, X).allowed)
            return false;
    return true;
}

/* The directories that lead to the tree belong to all workers; and behind directories of others not
 * even a user namespace's administrator gets to a file of its own. */
static bool is_out_of_reach(const struct trial *trial, const char *culprit) {
    int node = node_of_path(&trial->scene, culprit);
    struct subject root = root_subject(&trial->subject);
    return node != NO_NODE && (node < trial->scene.top - 1 || !reaches(&trial->scene, &root, node));
}

/* Whether owner and group have ids in the subject's world. */
static bool is_mapped(const struct trial *trial, int node) {
    const struct subject *subject = &trial->subject;
    uint32_t uid = seen_uid(&trial->scene, node), gid = seen_gid(&trial->scene, node);
    return uid != UINT32_MAX && gid != UINT32_MAX &&
           (!subject->in_namespace || (subject_inside(&subject->uid_map, uid) != UINT32_MAX &&
                                       subject_inside(&subject->gid_map, gid) != UINT32_MAX));
}

/* The owner, in any group that it can have here; false: it is nobody here. */
static bool be_owner(const struct trial *trial, int node, struct subject *who) {
    const struct subject *subject = &trial->subject;
    uint32_t uid = seen_uid(&trial->scene, node), gid = seen_gid(&trial->scene, node);
    if (uid == UINT32_MAX ||
        (subject->in_namespace && subject_inside(&subject->uid_map, uid) == UINT32_MAX))
        return false;
    if (subject->in_namespace && subject_inside(&subject->gid_map, gid) == UINT32_MAX)
        gid = subject->fsgid;
    *who = plain_subject(subject, uid, gid == UINT32_MAX ? subject->fsgid : gid);
    return true;
}

/* Whom to run the command as: the least of those it names that gets there at all. False: nobody
 * that it names does. */
static bool choose(const struct trial *trial, int node, const struct fix_command *fix,
                   struct subject *who, struct trial_counts *counts) {
    const struct scene *scene = &trial->scene;
    const struct subject judged = call_subject(&trial->call, &trial->subject), *subject = &judged;
    *who = *subject;
    who->effective = who->idle = 0; /* execve(2) takes them, capabilities(7) */
    who->securebits = 0;
    who->fsgid = who->egid;
    if ((fix->run_as & SELF) && subject->euid == subject->fsuid && reaches(scene, who, node))
        return true;
    if ((fix->run_as & AS_OWNER) && be_owner(trial, node, who) && reaches(scene, who, node))
        return true;
    counts->unreachable += (fix->run_as & (SELF | AS_OWNER)) != 0;
    *who = root_subject(subject);
    return fix->run_as & AS_ROOT;
}

static void wait_for_maps(void *descriptor) {
    char byte = 'm';
    if (write(*(int *)descriptor, &byte, 1) != 1 || read(*(int *)descriptor, &byte, 1) != 1)
        _exit(126);
}

static void execute(const struct fix_command *fix, const struct subject *who, int descriptor) {
    char *arguments[MOST_ARGUMENTS + 1] = {NULL};
    for (unsigned i = 0; i < fix->count; i++)
        arguments[i] = (char *)fix->arguments[i];
    if (chdir("/") != 0 || !subject_become(who, wait_for_maps, &descriptor))
        _exit(126);
    execvp(arguments[0], arguments);
    _exit(127);
}

static bool run_command(const struct fix_command *fix, const struct subject *who) {
    int ends[2], status = 0;
    char byte;
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0)
        return false;
    pid_t pid = fork();
    if (pid == 0)
        execute(fix, who, ends[1]);
    close(ends[1]);
    while (read(ends[0], &byte, 1) == 1)
        if (!subject_write_maps(who, pid) || write(ends[0], &byte, 1) != 1)
            break;
    close(ends[0]);
    waitpid(pid, &status, 0);
    return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

static bool run_frozen(const struct scene *scene, const struct fix_command *fix,
                       const struct subject *who) {
    disk_freeze(scene, true);
    bool good = run_command(fix, who);
    disk_freeze(scene, false);
    return good;
}

/* Why a command may have been in vain, in words that tell kinds of failure apart. */
static const char *obstacle(const struct trial *now, int node) {
    const struct scene *scene = &now->scene;
    if (node < scene->top - 1)
        return "outside the tree";
    if (scene->place->read_only_mount || scene->place->read_only_super)
        return "read-only mount";
    if (seen_uid(scene, node) == UINT32_MAX || seen_gid(scene, node) == UINT32_MAX)
        return "owner not in the idmapped mount";
    return is_mapped(now, node) ? "owner mapped" : "owner not in the user namespace";
}

/* All commands of one report: they are all needed. *done: each could be run. */
static enum complaint apply(const struct trial *now, struct outcome *outcome, bool *wider,
                            bool *done, struct trial_counts *counts) {
    *done = false;
    for (unsigned i = 0; i < outcome->fix_count; i++) {
        const struct fix_command *fix = &outcome->fixes[i];
        struct subject who;
        if (fix->count == 0)
            continue; /* advice in words */
        int node = node_of_path(&now->scene, fix->arguments[fix->count - 1]);
        counts->commands++;
        *wider |= fix->opens_to_more;
        bool inside = node >= now->scene.top - 1;
        if (inside && !choose(now, node, fix, &who, counts))
            return CONTENT; /* it names an owner, and that owner could be in a group that gets there
                             */
        if (!inside || !run_frozen(&now->scene, fix, &who)) {
            snprintf(outcome->why, sizeof outcome->why,
                     "%s: command %u of %u fails as uid %u gid %u of the initial namespace",
                     obstacle(now, node), i + 1, outcome->fix_count, inside ? who.fsuid : 0,
                     inside ? who.fsgid : 0);
            return COMPLAINT_FIX;
        }
    }
    *done = true;
    return CONTENT;
}

static bool has_command(const struct outcome *outcome) {
    for (unsigned i = 0; i < outcome->fix_count; i++)
        if (outcome->fixes[i].count > 0)
            return true;
    return false;
}

/* "The least that makes this open work": the subject gains the bits that were missing, on the
 * component that was to blame. */
static bool gives_too_much(const struct scene *before, const struct trial *now,
                           const struct expectation *refusal) {
    struct subject judged = call_subject(&now->call, &now->subject);
    int node = refusal->culprit;
    for (unsigned bit = X; node != NO_NODE && bit <= R; bit *= 2)
        if (!(refusal->needs & bit) && rights_of(&now->scene, &judged, node, bit).allowed &&
            !rights_of(before, &judged, node, bit).allowed)
            return true;
    return false;
}

/* Fix after fix, until the call is no longer refused. */
static enum complaint mend(struct trial *now, struct outcome *outcome, bool *wider,
                           struct trial_counts *counts) {
    struct expectation then;
    oracle_predict(&now->scene, &now->subject, &now->call, &then);
    for (unsigned round = 0; round < MOST_ROUNDS && outcome->error == EACCES; round++) {
        struct scene before = now->scene;
        if (!has_command(outcome) || is_out_of_reach(now, outcome->culprit)) {
            counts->unfixable++;
            return CONTENT;
        }
        bool done;
        enum complaint complaint = apply(now, outcome, wider, &done, counts);
        if (complaint != CONTENT || !done)
            return complaint;
        if (!disk_read(&now->scene))
            return COMPLAINT_FIX;
        if (gives_too_much(&before, now, &then))
            return COMPLAINT_EXCESS;
        oracle_predict(&now->scene, &now->subject, &now->call, &then);
        if (!run_calls(&now->scene, &now->subject, &now->call, &then, 1, outcome))
            return COMPLAINT_FIX;
        complaint = judge(&then, outcome);
        if (complaint != CONTENT)
            return complaint;
    }
    counts->fixed += outcome->error != EACCES;
    if (outcome->error != EACCES)
        return CONTENT;
    snprintf(outcome->why, sizeof outcome->why, "still refused after %d reports", MOST_ROUNDS);
    return COMPLAINT_FIX;
}

enum complaint trial_fix(const struct trial *trial, struct outcome *outcome,
                         struct trial_counts *counts) {
    struct random random = random_start(trial->index, 0);
    struct witness witnesses[WITNESSES];
    struct testimony before, after;
    struct trial now = *trial;
    bool wider = false;
    if (!outcome->examined || outcome->error != EACCES)
        return CONTENT;
    if (!has_command(outcome) || is_out_of_reach(trial, outcome->culprit)) {
        counts->unfixable++;
        return CONTENT;
    }
    struct subject judged = call_subject(&trial->call, &trial->subject);
    witness_generate(&random, &judged, witnesses);
    if (!witness_ask(&trial->scene, witnesses, &before))
        return COMPLAINT_COUNT;
    enum complaint complaint = mend(&now, outcome, &wider, counts);
    if (complaint == CONTENT && !wider &&
        (!witness_ask(&trial->scene, witnesses, &after) ||
         memcmp(&before, &after, sizeof before) != 0))
        complaint = COMPLAINT_LEAK;
    for (int i = trial->scene.top - 1; i < trial->scene.count; i++)
        disk_dress(&trial->scene, i);
    return complaint;
}

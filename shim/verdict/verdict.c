/* SPDX-License-Identifier: MIT */
#include "base/buffer.h"
#include "base/errnames.h"
#include "base/escape.h"
#include "verdict/trial.h"
#include <errno.h>
#include <stdarg.h>

/* No pointers: each would be one more relocation in every program's start. */
static const struct {
    char word[24], says[104];
} catalogue[] = {
#define CAUSE(id, word, says, page) [CAUSE_##id] = {word, says},
#include "verdict/causes.def"
#undef CAUSE
};

const char *cause_word(enum cause cause) {
    return catalogue[cause].word;
}

struct slice quoted(struct arena *arena, struct slice path) {
    enum { SHOWN_BYTES = 300, HEAD_BYTES = 100, TAIL_BYTES = 180 };
    struct buffer text = buffer_in(arena, 10 * SHOWN_BYTES / 2 + 32);
    if (path.length <= SHOWN_BYTES) {
        escape_quoted(&text, path, true);
    } else {
        escape_quoted(&text, slice_first(path, HEAD_BYTES), true);
        buffer_slice(&text, SLICE("..."));
        escape_quoted(&text, slice_from(path, path.length - TAIL_BYTES), true);
    }
    if (!text.data)
        return SLICE("'...'");
    text.data[text.length] = '\0'; /* 4 bytes for each shown, and some to spare */
    return buffer_text(&text);
}

const char *escaped(struct arena *arena, struct slice text) {
    enum { SHOWN_BYTES = 200 };
    struct buffer shown = buffer_in(arena, 4 * SHOWN_BYTES + 1);
    escape_shown(&shown, slice_first(text, SHOWN_BYTES), true);
    buffer_char(&shown, '\0');
    return shown.data ? shown.data : "...";
}

static const char *class_words(enum access_class class) {
    static const char words[][12] = {
        [CLASS_NONE] = "mode",
        [CLASS_OWNER] = "owner",
        [CLASS_ACL_USER] = "ACL user",
        [CLASS_ACL_GROUP] = "ACL group",
        [CLASS_GROUP] = "group",
        [CLASS_OTHER] = "other",
        [CLASS_CAPABILITY] = "capability",
    };
    return words[class];
}

/* Puts what a {placeholder} of the catalogue stands for. */
static void put_placeholder(struct trial *trial, struct buffer *text, struct slice name,
                            int culprit, const struct access *access) {
    const struct component *component = component_at(trial, culprit);
    if (slice_is(name, "who"))
        buffer_format(text, "uid %u", trial->facts->identity.fsuid);
    else if (slice_is(name, "culprit") && component)
        buffer_slice(text, quoted(trial->arena, component->path));
    else if (slice_is(name, "class") && access)
        buffer_format(text, "%s", class_words(access->class));
    else if (slice_is(name, "missing") && access && component)
        buffer_format(text, "%s", access_words(component, access->missing));
    else if (slice_is(name, "errno"))
        buffer_format(text, "%s", errno_name(trial->incident->error));
    else
        buffer_slice(text, SLICE("it"));
}

static struct slice fill_in(struct trial *trial, const char *says, int culprit,
                            const struct access *access) {
    struct buffer text = buffer_in(trial->arena, 2048);
    struct slice rest = slice_of(says);
    while (rest.length > 0) {
        buffer_slice(&text, slice_split(&rest, '{'));
        if (rest.length > 0)
            put_placeholder(trial, &text, slice_split(&rest, '}'), culprit, access);
    }
    return buffer_text(&text);
}

void conclude(struct trial *trial, enum cause cause, enum certainty certainty, int culprit,
              const struct access *access) {
    struct verdict *verdict = trial->verdict;
    verdict->cause = cause;
    verdict->certainty = certainty;
    verdict->culprit = culprit;
    verdict->summary = fill_in(trial, catalogue[cause].says, culprit, access);
}

void note_below(struct trial *trial) {
    if (trial->facts->walk.error == EACCES)
        add_note(trial, "what lies below cannot be seen from here and may need access too");
}

void add_note(struct trial *trial, const char *format, ...) {
    struct verdict *verdict = trial->verdict;
    struct buffer text = buffer_in(trial->arena, 1024);
    va_list list;
    va_start(list, format);
    buffer_format_list(&text, format, list);
    va_end(list);
    if (verdict->note_count < VERDICT_MOST_NOTES)
        verdict->notes[verdict->note_count++] = buffer_text(&text);
}

void note_mode_too(struct trial *trial, int culprit) {
    const struct component *component = component_at(trial, culprit);
    struct access access;
    access_decide(&trial->facts->identity, component, component->needs, &access);
    if (access.missing != 0 && !access.by_capability)
        add_note(trial, "behind that its owner and mode give uid %u no %s either",
                 trial->facts->identity.fsuid, access_words(component, access.missing));
}

void add_fix(struct trial *trial, const struct fix *fix) {
    struct verdict *verdict = trial->verdict;
    if (verdict->fix_count < VERDICT_MOST_FIXES)
        verdict->fixes[verdict->fix_count++] = *fix;
}

void add_advice(struct trial *trial, struct slice advice) {
    if (advice.length > 0)
        add_fix(trial, &(struct fix){.advice = advice});
}

void refuse_at(struct trial *trial, int culprit) {
    trial->judgements[culprit] = (struct judgement){.verdict = COMPONENT_DENIED};
    for (size_t i = (size_t)culprit + 1; i < trial->facts->walk.count; i++)
        trial->judgements[i] = (struct judgement){.verdict = COMPONENT_UNREACHED};
}

bool component_refuses(const struct trial *trial, int index) {
    const struct component *component = component_at(trial, index);
    struct access access;
    access_decide(&trial->facts->identity, component, component->needs, &access);
    return component->kernel_answer == EACCES || (component->kernel_answer == ANSWER_UNKNOWN &&
                                                  component->status_known && !access.allowed);
}

/* What the rule says of each component, whatever the cause will be. */
static void judge_components(struct trial *trial) {
    const struct walk *walk = &trial->facts->walk;
    for (size_t i = 0; i < walk->count; i++) {
        const struct component *component = &walk->components[i];
        struct judgement *judgement = &trial->judgements[i];
        struct access access;
        access_decide(&trial->facts->identity, component, component->needs, &access);
        judgement->class = access.by_capability ? CLASS_CAPABILITY : access.class;
        judgement->granted = access.granted;
        bool reached_something = (int)i != walk->directory || walk->error == 0;
        bool kernel_allows =
            component->kernel_answer == 0 || (component->role != ROLE_TARGET && reached_something);
        bool kernel_denies = component->kernel_answer == EACCES;
        if (component->lookup_error == ENOENT)
            judgement->verdict = COMPONENT_MISSING;
        else if (component->lookup_error != 0)
            judgement->verdict = COMPONENT_UNREACHED;
        else if (component->needs == 0 || (access.allowed && !kernel_denies))
            judgement->verdict = COMPONENT_OK;
        else if (!component->status_known || access.allowed != !kernel_denies)
            judgement->verdict = kernel_allows ? COMPONENT_OK : COMPONENT_UNKNOWN;
        else
            judgement->verdict = COMPONENT_DENIED;
    }
}

/* access_override_creds() of fs/open.c: access(2) is judged by the real ids, and by capabilities
 * only when the real user is root, unless a securebit keeps them apart from the ids. */
static struct identity identity_of_real_ids(const struct identity *identity) {
    struct identity real = *identity;
    real.fsuid = identity->ruid;
    real.fsgid = identity->rgid;
    if (!identity->no_setuid_fixup)
        real.effective = identity->ruid == 0 ? identity->permitted : 0;
    return real;
}

/* May the kernel answer these two otherwise? Ids that a user namespace does not map look alike. */
static bool differ(const struct identity *real, const struct identity *effective) {
    bool hidden = real->in_user_namespace &&
                  (real->fsuid == real->overflow_uid || real->fsgid == real->overflow_gid);
    return hidden || real->fsuid != effective->fsuid || real->fsgid != effective->fsgid ||
           real->effective != effective->effective;
}

/* The same path outside may be another object's. */
static void note_chroot(struct trial *trial) {
    const struct verdict *verdict = trial->verdict;
    size_t commands = 0;
    for (size_t i = 0; i < verdict->fix_count; i++)
        commands += verdict->fixes[i].argument_count > 0;
    if (trial->facts->identity.in_chroot && commands > 0)
        add_note(trial,
                 "the process is in a chroot, and the command's path begins at its root directory: "
                 "outside, put that directory before it (as root: readlink /proc/%d/root)",
                 (int)trial->facts->identity.pid);
}

static void judge(struct trial *trial) {
    int error = trial->incident->error;
    bool stopped = trial->walked_as_another && trial->facts->walk.error == EACCES;
    /* ELOOP may tell of a link that was passed before. */
    if (stopped && error != EACCES && error != ELOOP) {
        conclude(trial, CAUSE_unseen, CERTAINTY_UNKNOWN, NO_CULPRIT, NULL);
        trial->verdict->why = SLICE("the call was judged by the real ids; with the effective ones "
                                    "its path cannot be followed so far");
        return;
    }
    if (error == ENOENT)
        judge_missing(trial);
    else if (error == EACCES)
        judge_denied(trial);
    else
        judge_other(trial);
}

void verdict_reach(struct arena *arena, const struct incident *incident, const struct facts *facts,
                   struct verdict *verdict) {
    *verdict = (struct verdict){.culprit = NO_CULPRIT};
    struct trial trial = {arena,
                          incident,
                          facts,
                          verdict,
                          ARENA_ARRAY(arena, struct judgement, facts->walk.count + 1),
                          false};
    if (!trial.judgements) {
        conclude(&trial, CAUSE_unseen, CERTAINTY_UNKNOWN, NO_CULPRIT, NULL);
        return;
    }
    verdict->judgements = trial.judgements;
    struct facts asked_for;
    if (incident->real_ids) {
        asked_for = *facts;
        asked_for.identity = identity_of_real_ids(&facts->identity);
        trial.facts = &asked_for;
        trial.walked_as_another = differ(&asked_for.identity, &facts->identity);
    }
    judge_components(&trial);
    judge(&trial);
    note_chroot(&trial);
}

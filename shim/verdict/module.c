/* SPDX-License-Identifier: MIT */
/* Security modules that could be asked, or whose hand shows. */
#include "base/buffer.h"
#include "verdict/trial.h"
#include <errno.h>

enum { SHOWN_LABEL_BYTES = 120, SHOWN_PATH_BYTES = 300 };

/* A label or profile for a sentence: it is the administrator's text, and still text. */
static const char *shown(struct trial *trial, struct slice label) {
    return quoted(trial->arena, slice_first(label, SHOWN_LABEL_BYTES)).data;
}

/* A path as apparmor.d(5) writes it: in double quotes, what would be a pattern behind a backslash.
 */
static const char *profile_path(struct trial *trial, struct slice path) {
    static const struct slice special = {"\"\\*?[]{}^@", 10};
    struct buffer text = buffer_in(trial->arena, 2 * SHOWN_PATH_BYTES + 3);
    if (path.length > SHOWN_PATH_BYTES)
        return "PATH";
    buffer_char(&text, '"');
    for (size_t i = 0; i < path.length; i++) {
        unsigned char byte = (unsigned char)path.data[i];
        if (byte < ' ' || byte > '~') /* the report would have to escape it in another way */
            return "PATH";
        if (slice_has(special, (char)byte))
            buffer_char(&text, '\\');
        buffer_char(&text, (char)byte);
    }
    buffer_slice(&text, (struct slice){"\"\0", 2});
    return text.cut || !text.data ? "PATH" : text.data;
}

static void convict_selinux(struct trial *trial, const struct suspicion *suspicion) {
    const struct module_answer *module = &trial->facts->surroundings.selinux;
    bool asked = module->answer == EACCES;
    conclude(trial, CAUSE_selinux, asked ? CERTAINTY_PROVEN : CERTAINTY_LIKELY, suspicion->at,
             NULL);
    refuse_at(trial, suspicion->at);
    if (asked)
        trial->verdict->why = arena_format(
            trial->arena,
            "mode and owner allow it; the policy, asked now, does not give the domain %s { %.*s } "
            "on the label %s",
            shown(trial, module->subject), (int)module->lacking.length, module->lacking.data,
            shown(trial, module->object));
    else
        trial->verdict->why = arena_format(
            trial->arena,
            "mode and owner allow it, yet the kernel's own access check refuses here: that is "
            "where "
            "SELinux is asked, it enforces, and the domain is %s on the label %s; the policy "
            "itself could not be asked",
            shown(trial, module->subject), shown(trial, module->object));
    if (trial->facts->identity.container.length > 0)
        add_advice(trial, SLICE("mount the volume with :z (shared among containers) or :Z (for "
                                "this one), which relabels it; never a home directory or /tmp"));
    const char *path = quoted(trial->arena, component_at(trial, suspicion->at)->path).data;
    add_advice(trial, arena_format(trial->arena,
                                   "as root: restorecon -v %s if the label is not the policy's own "
                                   "(matchpathcon -V %s); else semanage fcontext -a -t TYPE %s "
                                   "before, with a type for this domain; ausearch -m avc -ts "
                                   "recent shows the refusal; chmod cannot help",
                                   path, path, path));
}

static void convict_apparmor(struct trial *trial, const struct suspicion *suspicion) {
    const struct module_answer *module = &trial->facts->surroundings.apparmor;
    const struct component *component = component_at(trial, suspicion->at);
    uid_t user = trial->facts->identity.fsuid;
    bool asked = module->answer == EACCES;
    /* The kernel answers a question as for a file of uid 0: rules for one's own files (`owner`)
     * are told only to root. */
    bool may_be_own = component->status_known && component->status.st_uid == user && user != 0;
    conclude(trial, CAUSE_apparmor, asked && !may_be_own ? CERTAINTY_PROVEN : CERTAINTY_LIKELY,
             suspicion->at, NULL);
    refuse_at(trial, suspicion->at);
    struct slice lacking = asked                             ? module->lacking
                           : component->needs & ACCESS_WRITE ? SLICE("rw")
                                                             : SLICE("r");
    trial->verdict->why = arena_format(
        trial->arena,
        asked
            ? "mode and owner allow it; the profile %s, asked now, does not let it have %.*s there"
            : "mode and owner allow it, and the kernel's access check agrees; the profile %s is "
              "enforced and comes behind them; it could not be asked about %.*s",
        shown(trial, module->subject), (int)lacking.length, lacking.data);
    add_advice(
        trial,
        arena_format(trial->arena,
                     "as root: add the line %s %.*s, to the profile %s, take out any deny rule "
                     "that covers it, and load it: apparmor_parser -r PROFILE; chmod "
                     "cannot help",
                     profile_path(trial, module->object), (int)lacking.length, lacking.data,
                     shown(trial, module->subject)));
}

bool judge_modules(struct trial *trial, const struct suspicion *suspicion) {
    const struct surroundings *surroundings = &trial->facts->surroundings;
    const struct identity *identity = &trial->facts->identity;
    bool sandboxed = identity->seccomp > 0 || identity->no_new_privs;
    if (surroundings->selinux.enforcing &&
        (surroundings->selinux.answer == EACCES ||
         /* selinux_inode_permission() is part of what faccessat2(2) asks */
         (surroundings->selinux.answer == ANSWER_UNKNOWN && suspicion->kernel == EACCES))) {
        convict_selinux(trial, suspicion);
        return true;
    }
    if (surroundings->apparmor.enforcing && (surroundings->apparmor.answer == EACCES ||
                                             /* apparmor_file_open() comes behind it */
                                             (surroundings->apparmor.answer == ANSWER_UNKNOWN &&
                                              suspicion->kernel == 0 && !sandboxed))) {
        convict_apparmor(trial, suspicion);
        return true;
    }
    return false;
}

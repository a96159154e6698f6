/* SPDX-License-Identifier: MIT */
/*
 * What the sysctls fs.protected_* refuse in sticky directories such as /tmp, sysctl.fs(5): root
 * included, and no capability helps.
 */
#include "base/buffer.h"
#include "verdict/trial.h"

enum { SETTING_ON = 1, SETTING_STRICT = 2 };

static bool is_sticky(const struct component *directory) {
    return directory && directory->status_known && S_ISDIR(directory->status.st_mode) &&
           (directory->status.st_mode & S_ISVTX);
}

enum restriction { FREE, MAYBE_RESTRICTED, RESTRICTED };

/* vfsuid_eq(): does the component belong to `user`? An owner that an idmapped mount does not map is
 * nobody's equal. In a user namespace two ids that it does not map look the same and may differ. */
static enum restriction unless_owned(const struct trial *trial, const struct component *component,
                                     uid_t user) {
    const struct identity *identity = &trial->facts->identity;
    if (component->status.st_uid != user)
        return RESTRICTED;
    if (user != identity->overflow_uid)
        return FREE;
    return identity->in_user_namespace           ? MAYBE_RESTRICTED
           : mount_is_idmapped(component->mount) ? RESTRICTED
                                                 : FREE;
}

static enum restriction unless_owned_by_either(const struct trial *trial,
                                               const struct component *component,
                                               const struct component *directory) {
    enum restriction by_process = unless_owned(trial, component, trial->facts->identity.fsuid);
    enum restriction by_directory = unless_owned(trial, component, directory->status.st_uid);
    return by_process < by_directory ? by_process : by_directory;
}

/* may_follow_link() of fs/namei.c, as far as it needs no sysctl. It judges the link that ends the
 * path, and the one that ends that link's text, but no link on the way. */
static enum restriction link_restriction(const struct trial *trial, const struct component *link) {
    const struct component *directory = component_at(trial, link->parent);
    if (link->role != ROLE_LINK || link->rest_behind != 0 || !is_sticky(directory) ||
        !(directory->status.st_mode & S_IWOTH))
        return FREE;
    return unless_owned_by_either(trial, link, directory);
}

/* The sysctls, or false, and they are asked for. */
static bool settings_known(struct trial *trial) {
    trial->verdict->asks_for_more |= !trial->facts->surroundings.known;
    return trial->facts->surroundings.known;
}

/* systemd sets it to 1. Where /proc/sys is not there (its ProcSubset=pid) who guesses takes it so.
 */
static bool is_on(int setting, enum restriction least) {
    return setting >= SETTING_ON || (setting == ANSWER_UNKNOWN && least == MAYBE_RESTRICTED);
}

/* The first link that is restricted at least so much, or NO_CULPRIT. The call itself may not have
 * come as far as our walk. */
static int find_link(struct trial *trial, enum restriction least) {
    const struct walk *walk = &trial->facts->walk;
    for (size_t i = 0; i < walk->count; i++)
        if (trial->walked_as_another && component_refuses(trial, (int)i))
            return NO_CULPRIT;
        else if (link_restriction(trial, &walk->components[i]) >= least)
            return settings_known(trial) &&
                           is_on(trial->facts->surroundings.protected_symlinks, least)
                       ? (int)i
                       : NO_CULPRIT;
    return NO_CULPRIT;
}

/* Whether the call surely came as far as our walk did, with other rights, to this component. */
static bool surely_reached(const struct trial *trial, int at) {
    for (int i = 0; i < at && trial->walked_as_another; i++) {
        const struct component *component = component_at(trial, i);
        struct access access;
        access_decide(&trial->facts->identity, component, component->needs, &access);
        if (component->kernel_answer == ANSWER_UNKNOWN && !(access.allowed && access.sure))
            return false;
    }
    return true;
}

static const char *guess_words(bool guess, int setting) {
    return !guess ? ""
           : setting == ANSWER_UNKNOWN
               ? "; the sysctl cannot be read here, but systemd sets it, and nothing else that can "
                 "be "
                 "seen refuses"
               : "; here the same number may stand for different owners, whom this user namespace "
                 "does not map";
}

bool judge_protected_symlink(struct trial *trial, bool guess) {
    const struct walk *walk = &trial->facts->walk;
    int at = find_link(trial, guess ? MAYBE_RESTRICTED : RESTRICTED);
    if (at == NO_CULPRIT)
        return false;
    const struct component *link = &walk->components[at];
    const struct component *directory = component_at(trial, link->parent);
    int setting = trial->facts->surroundings.protected_symlinks;
    conclude(trial, CAUSE_protected_symlink,
             guess || !surely_reached(trial, at) ? CERTAINTY_LIKELY : CERTAINTY_PROVEN, at, NULL);
    refuse_at(trial, at);
    trial->verdict->why = arena_format(
        trial->arena,
        "fs.protected_symlinks%s: in a sticky directory that all may write to, a link is "
        "followed only by its owner (%u, not %u) or when the directory's owner (%u) made it; root "
        "is no exception%s",
        setting == ANSWER_UNKNOWN ? "" : " is 1", link->status.st_uid, trial->facts->identity.fsuid,
        directory->status.st_uid, guess_words(guess, setting));
    if (at + 1 < (int)walk->count && walk->error == 0)
        add_advice(trial,
                   arena_format(trial->arena, "open what it leads to by its own path: %s",
                                quoted(trial->arena, walk->components[walk->count - 1].path).data));
    add_advice(trial, SLICE("keep the link in a directory that only its owner may write to; chmod "
                            "cannot help"));
    return true;
}

static int creation_setting(const struct trial *trial, const struct component *file) {
    const struct surroundings *surroundings = &trial->facts->surroundings;
    return S_ISREG(file->status.st_mode)    ? surroundings->protected_regular
           : S_ISFIFO(file->status.st_mode) ? surroundings->protected_fifos
                                            : SETTING_ON;
}

/* may_create_in_sticky() of fs/namei.c, where the directory's group or all may write to it. What is
 * neither a regular file nor a FIFO has no sysctl. */
static enum restriction creation_restriction(const struct trial *trial,
                                             const struct component *file,
                                             const struct component *directory) {
    int setting = creation_setting(trial, file);
    bool open_to_many = (directory->status.st_mode & S_IWOTH) || setting >= SETTING_STRICT;
    if (!is_on(setting, MAYBE_RESTRICTED) || !open_to_many)
        return FREE;
    enum restriction restriction = unless_owned_by_either(trial, file, directory);
    return restriction == RESTRICTED && !is_on(setting, RESTRICTED) ? MAYBE_RESTRICTED
                                                                    : restriction;
}

/* Does O_CREAT meet a file that is restricted at least so much? */
static bool meets_file(struct trial *trial, enum restriction least) {
    const struct walk *walk = &trial->facts->walk;
    const struct component *file = component_at(trial, (int)walk->count - 1);
    const struct component *directory = component_at(trial, walk->directory);
    if (walk->cut || walk->error != 0 || !walk->creates || !file || !file->status_known ||
        !is_sticky(directory) || !(directory->status.st_mode & (S_IWOTH | S_IWGRP)))
        return false;
    return settings_known(trial) && creation_restriction(trial, file, directory) >= least;
}

bool sticky_may_come_first(struct trial *trial) {
    const struct verdict *verdict = trial->verdict;
    int link = find_link(trial, MAYBE_RESTRICTED);
    /* Then there is one, the culprit at the latest. */
    if (verdict->cause == CAUSE_protected_symlink)
        return link < verdict->culprit;
    return link != NO_CULPRIT ||
           (verdict->cause != CAUSE_protected_create && meets_file(trial, MAYBE_RESTRICTED));
}

bool judge_protected_create(struct trial *trial, bool guess) {
    const struct walk *walk = &trial->facts->walk;
    int suspect = (int)walk->count - 1;
    if (!meets_file(trial, guess ? MAYBE_RESTRICTED : RESTRICTED))
        return false;
    const struct component *file = component_at(trial, suspect);
    const struct component *directory = component_at(trial, walk->directory);
    const char *setting = S_ISREG(file->status.st_mode)    ? "fs.protected_regular"
                          : S_ISFIFO(file->status.st_mode) ? "fs.protected_fifos"
                                                           : "the kernel";
    conclude(trial, CAUSE_protected_create, guess ? CERTAINTY_LIKELY : CERTAINTY_PROVEN, suspect,
             NULL);
    refuse_at(trial, suspect);
    trial->verdict->why = arena_format(
        trial->arena,
        "%s refuses O_CREAT on a file that is there already, in a sticky directory that others may "
        "write to, when it belongs neither to the process (%u) nor to the directory's owner (%u) "
        "but to %u; root is no exception%s",
        setting, trial->facts->identity.fsuid, directory->status.st_uid, file->status.st_uid,
        guess_words(guess, creation_setting(trial, file)));
    struct access access;
    access_decide(&trial->facts->identity, file, file->needs, &access);
    if (access.allowed)
        add_advice(trial, SLICE("open it without O_CREAT (\"r+\" instead of \"w\" or \"a\") if it "
                                "is to be there already"));
    add_advice(trial, arena_format(trial->arena,
                                   "%swrite to a directory of one's own ($XDG_RUNTIME_DIR, "
                                   "mkdtemp), or run it as uid %u; chmod cannot help",
                                   access.allowed ? "or " : "", file->status.st_uid));
    note_mode_too(trial, suspect);
    return true;
}

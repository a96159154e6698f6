/* SPDX-License-Identifier: MIT */
#include "base/buffer.h"
#include "verdict/trial.h"
#include <errno.h>
#include <fcntl.h>

/* The innermost followed link whose text holds the missing name, or NO_CULPRIT when the name stands
 * in the path that was asked for. Behind a link's text lie rest_behind bytes and a slash. */
static int find_dangling_link(const struct walk *walk) {
    for (size_t i = walk->count; i-- > 0;) {
        const struct component *link = &walk->components[i];
        if (link->role == ROLE_LINK &&
            (link->rest_behind == 0 || walk->missing.length > link->rest_behind))
            return (int)i;
    }
    return NO_CULPRIT;
}

/* The directory that would have to be made: the first missing one and what follows but the name. */
static struct slice missing_directory(struct trial *trial, const struct component *first) {
    struct slice behind = trial->facts->walk.missing;
    while (behind.length > 0 && behind.data[behind.length - 1] != '/')
        behind.length--;
    while (behind.length > 0 && behind.data[behind.length - 1] == '/')
        behind.length--;
    struct buffer path = buffer_in(trial->arena, first->path.length + behind.length);
    buffer_slice(&path, first->path);
    buffer_slice(&path, behind);
    return path.cut ? SLICE("") : buffer_text(&path);
}

static void fix_by_mkdir(struct trial *trial, const struct component *first) {
    struct verdict *verdict = trial->verdict;
    struct slice directory = missing_directory(trial, first);
    if (directory.length == 0 || directory.data[0] != '/')
        return;
    const struct component *parent = component_at(trial, first->parent);
    struct access access = {0};
    if (parent)
        access_decide(&trial->facts->identity, parent, ACCESS_WRITE | ACCESS_SEARCH, &access);
    verdict->fixes[verdict->fix_count++] = (struct fix){
        .arguments = {SLICE("mkdir"), SLICE("-p"), directory},
        .argument_count = 3,
        .run_as = access.allowed ? RUN_AS_SELF : RUN_AS_OWNER | RUN_AS_ROOT,
        .grants = SLICE("nobody anything: makes the directory"),
        .effect = SLICE("makes the directory"),
    };
    if (!access.allowed)
        add_note(trial, "this process may not make it itself: it has no write permission on the "
                        "directory above");
}

/* Where a relative path starts is what people are wrong about most. */
static void note_base(struct trial *trial) {
    const char *path = trial->incident->path;
    const struct walk *walk = &trial->facts->walk;
    if (path[0] != '/' && walk->count > 0 && walk->components[0].path.length > 0 &&
        walk->components[0].path.data[0] == '/')
        add_note(trial, "the path is relative: it starts at %s %s",
                 trial->incident->directory == AT_FDCWD ? "the working directory" : "the directory",
                 quoted(trial->arena, walk->components[0].path).data);
}

static void judge_absent_name(struct trial *trial) {
    const struct walk *walk = &trial->facts->walk;
    int last = (int)walk->count - 1;
    const struct component *absent = component_at(trial, last);
    int link = find_dangling_link(walk);
    if (link != NO_CULPRIT) {
        struct slice target = walk->components[link].link_target;
        conclude(trial, CAUSE_dangling_symlink, CERTAINTY_PROVEN, link, NULL);
        trial->verdict->why = arena_format(
            trial->arena, "the link leads to %s, and %s does not exist",
            quoted(trial->arena, target).data, quoted(trial->arena, absent->path).data);
        add_advice(trial,
                   SLICE("bring the link's target back, or point the link to where it is now"));
        return;
    }
    bool final = walk->missing.length == 0 && !walk->trailing_slash;
    if (final && walk->creates) {
        /* O_CREAT would have made it: the directory was removed, or it was another moment. */
        conclude(trial, CAUSE_changed, CERTAINTY_LIKELY, last, NULL);
        trial->verdict->why =
            SLICE("O_CREAT makes a missing file; a directory on the way must have been "
                  "missing at the time of the call");
        return;
    }
    if (judge_near(trial, last))
        return;
    enum cause cause = final           ? CAUSE_missing_file
                       : walk->creates ? CAUSE_create_in_missing_dir
                                       : CAUSE_missing_dir;
    conclude(trial, cause, CERTAINTY_PROVEN, last, NULL);
    trial->verdict->why =
        final ? SLICE("its directory exists and was searched; it holds no such name")
              : SLICE("what stands before it exists and was searched; it holds no such "
                      "name");
    note_base(trial);
    note_search(trial);
    if (cause == CAUSE_create_in_missing_dir) {
        suggest_near(trial);
        fix_by_mkdir(trial, absent);
    } else {
        add_advice(trial, final ? SLICE("correct the path, or put the file there")
                                : SLICE("correct the path, or make the directory"));
    }
}

void judge_missing(struct trial *trial) {
    const struct walk *walk = &trial->facts->walk;
    if (trial->incident->path[0] == '\0') {
        conclude(trial, CAUSE_empty_path, CERTAINTY_PROVEN, NO_CULPRIT, NULL);
        trial->verdict->why =
            SLICE("an empty path names nothing, path_resolution(7); a variable was "
                  "probably not set");
        add_advice(trial, SLICE("look where the path comes from: an empty string was passed"));
    } else if (walk->start_deleted && walk->directory <= 0) {
        conclude(trial, CAUSE_deleted_cwd, CERTAINTY_PROVEN, 0, NULL);
        trial->verdict->why =
            SLICE("the directory that a relative path starts in has been removed: nothing "
                  "can be found or made in it");
        add_advice(trial,
                   SLICE("change to a directory that exists (cd), then start the program again"));
    } else if (walk->cut || walk->start_unknown) {
        conclude(trial, CAUSE_unseen, CERTAINTY_UNKNOWN, NO_CULPRIT, NULL);
        trial->verdict->why = SLICE("the path could not be followed to its end from here");
    } else if (walk->error == ENOENT) {
        judge_absent_name(trial);
    } else {
        conclude(trial, CAUSE_changed, CERTAINTY_PROVEN, (int)walk->count - 1, NULL);
        trial->verdict->why =
            walk->error == 0 ? SLICE("it was not there at the time of the call and is there now")
                             : SLICE("the path leads elsewhere now than at the time of the call");
    }
}

/* SPDX-License-Identifier: MIT */
#include "base/buffer.h"
#include "verdict/trial.h"
#include <errno.h>
#include <fcntl.h>

/* Is it the last name that is missing, and not asked to be a directory? */
static bool names_a_file(const struct walk *walk) {
    return walk->missing.length == 0 && !walk->trailing_slash;
}

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
    struct slice behind = slice_parent(trial->facts->walk.missing);
    struct buffer path = buffer_in(trial->arena, first->path.length + behind.length);
    buffer_slice(&path, first->path);
    buffer_slice(&path, behind);
    return path.cut ? SLICE("") : buffer_text(&path);
}

/* The caches and settings of a program that was given a home that is none: users without an account
 * have "/", those of Debian's services /nonexistent. True: nobody should make that. */
static bool fix_by_home(struct trial *trial, const struct component *first) {
    struct slice home = environment_value(trial->facts->environment, SLICE("HOME"));
    bool root = slice_is(home, "/") && slice_starts(first->path, SLICE("/.")) &&
                trial->facts->identity.fsuid != 0;
    bool gone = home.length > 1 && slice_within(home, first->path);
    if (!gone && !root)
        return false;
    add_advice(trial,
               arena_format(trial->arena,
                            "give it a home: HOME is %s, %s (HOME=DIR with a directory of "
                            "its own; XDG_CACHE_HOME=DIR for caches alone)",
                            quoted(trial->arena, slice_first(home, 200)).data,
                            gone ? "which is not there" : "as for users without an account"));
    return root || slice_is(home, "/nonexistent");
}

static void fix_by_mkdir(struct trial *trial, const struct component *first) {
    struct slice directory = missing_directory(trial, first);
    if (directory.length == 0 || directory.data[0] != '/' || fix_by_home(trial, first))
        return;
    const struct component *parent = component_at(trial, first->parent);
    struct access access = {0};
    if (parent && mount_is_read_only(parent->mount)) {
        add_note(trial, "what is mounted at %s is read-only: no directory can be made there",
                 quoted(trial->arena, parent->mount->point).data);
        fix_read_only(trial, parent);
        return;
    }
    if (parent && mount_is_made_by_kernel(parent->mount)) {
        add_advice(trial, advice_on_kernels_own(trial, parent->mount));
        return;
    }
    if (parent && binding_attribute(parent) == 'i' && !thaw(trial, parent))
        return;
    if (parent)
        access_decide(&trial->facts->identity, parent, ACCESS_WRITE | ACCESS_SEARCH, &access);
    if (parent) {
        directory = path_outside(trial, parent, directory);
        note_outside(trial, parent);
    }
    if (access.allowed) {
        const struct fix fix = {
            .arguments = {SLICE("mkdir"), SLICE("-p"), directory},
            .argument_count = 3,
            .run_as = RUN_AS_SELF,
            .grants = SLICE("nobody anything: makes the directory"),
            .effect = SLICE("makes the directory"),
        };
        add_fix(trial, &fix);
        return;
    }
    /* mkdir by root would make it root's, and the next try would be refused. */
    const struct identity *identity = &trial->facts->identity;
    const struct fix fix = {
        .arguments = {SLICE("install"), SLICE("-d"), SLICE("-o"),
                      arena_format(trial->arena, "%u", identity->fsuid), SLICE("-g"),
                      arena_format(trial->arena, "%u", identity->fsgid), directory},
        .argument_count = 7,
        .run_as = RUN_AS_ROOT,
        .grants = arena_format(trial->arena, "uid %u: a directory of its own", identity->fsuid),
        .effect = arena_format(trial->arena, "makes the directory, for uid %u", identity->fsuid),
    };
    add_fix(trial, &fix);
    add_note(trial, "this process may not make it itself: it has no write permission on the "
                    "directory above");
}

/* Where a path starts is what people are wrong about most. */
static void note_base(struct trial *trial) {
    const char *path = trial->incident->path;
    const struct walk *walk = &trial->facts->walk;
    if (path[0] != '/' && walk->count > 0 && walk->components[0].path.length > 0 &&
        walk->components[0].path.data[0] == '/')
        add_note(trial, "the path is relative: it starts at %s %s",
                 trial->incident->directory == AT_FDCWD ? "the working directory" : "the directory",
                 quoted(trial->arena, walk->components[0].path).data);
    if (path[0] == '/' && walk->components[walk->count - 1].parent == 0 &&
        walk->missing.length == 0)
        add_note(trial, "no directory stands before it: a variable that was empty, or %s",
                 trial->facts->neighbours.caller_is_python
                     ? "os.path.join(directory, \"/name\"), which drops the directory"
                     : "a / too many");
}

/* Who may make a name in the directory of the link may put another link in its place. */
static void fix_by_ln(struct trial *trial, const struct component *link) {
    const struct component *directory = component_at(trial, link->parent);
    struct access access = {0};
    if (directory && mount_is_read_only(directory->mount)) {
        add_advice(trial, arena_format(trial->arena,
                                       "point the link to %s from where it can be written: what is "
                                       "mounted at %s is read-only here",
                                       quoted(trial->arena, link->meant_target).data,
                                       quoted(trial->arena, directory->mount->point).data));
        return;
    }
    if (directory && !thaw(trial, directory))
        return;
    if (directory)
        access_decide(&trial->facts->identity, directory, ACCESS_WRITE | ACCESS_SEARCH, &access);
    bool own = !directory || !(directory->status.st_mode & S_ISVTX) ||
               link->status.st_uid == trial->facts->identity.fsuid;
    bool relative = link->link_target.data[0] != '/';
    struct slice effect = relative ? SLICE("points the link to where its target is")
                                   : SLICE("points the link to where the end of its target is");
    const struct fix fix = {
        .arguments = {SLICE("ln"), SLICE("-sfn"), link->meant_target, link->path},
        .argument_count = 4,
        .run_as = access.allowed && own ? RUN_AS_SELF : RUN_AS_ROOT,
        .grants =
            arena_format(trial->arena, "nobody anything: %.*s", (int)effect.length, effect.data),
        .effect = effect,
    };
    add_fix(trial, &fix);
    add_note(trial,
             relative ? "a relative link starts in the directory it stands in, not where ln was "
                        "run; ln -r writes it so"
                      : "the link has the path of another place or machine; one that ln -r writes "
                        "moves with the tree");
}

/* "ln -s '~/data' data": who follows a link expands nothing. */
static bool fix_unexpanded_link(struct trial *trial, const struct component *link) {
    struct slice seen;
    enum slip_sign sign = slip_sign(link->link_target, &seen);
    if (sign == SIGN_NONE || sign == SIGN_NOTHING)
        return false;
    add_advice(trial,
               arena_format(trial->arena,
                            "write the path out in the link, ln -sfn TARGET %s: a link's text is "
                            "taken as it is, with %s as a name",
                            quoted(trial->arena, slice_first(link->path, 400)).data,
                            quoted(trial->arena, slice_first(seen, 60)).data));
    return true;
}

/* What tools link to, they can fetch again. */
static void fix_dangling_link(struct trial *trial, const struct component *link) {
    struct told_elsewhere told;
    if (slice_search(link->link_target, ".git/annex/objects/"))
        add_advice(trial, SLICE("fetch the content, in its repository: git annex get FILE, or "
                                "datalad get FILE"));
    else if (slice_search(link->link_target, ".dvc/cache/"))
        add_advice(trial, SLICE("fetch the content, in its repository: dvc pull"));
    else if (link->meant_target.length > 0)
        fix_by_ln(trial, link);
    else if (tell_elsewhere(trial, &told)) {
        add_note(trial, "%.*s", (int)told.why.length, told.why.data);
        add_advice(trial, told.advice);
    } else if (!fix_unexpanded_link(trial, link))
        add_advice(trial,
                   SLICE("bring the link's target back, or point the link to where it is now"));
}

void note_held(struct trial *trial) {
    enum { SHOWN_BYTES = 200 };
    const struct walk *walk = &trial->facts->walk;
    const struct held *held = &trial->facts->neighbours.held;
    bool final = names_a_file(walk);
    size_t shown = 0, most = held->count < HELD_MOST ? held->count : HELD_MOST;
    struct buffer names = buffer_in(trial->arena, 4 * SHOWN_BYTES);
    const char *kind = !final         ? "directories there:"
                       : held->images ? "images there:"
                                      : "no image there, but";
    if (walk->creates || !held->known || held->empty || (held->more && held->count == 0))
        return;
    if (held->count == 0) {
        add_note(trial, final ? "no image there" : "no directory there");
        return;
    }
    for (; shown < most && names.length < SHOWN_BYTES; shown++) {
        buffer_slice(&names, shown ? SLICE(", ") : SLICE(""));
        buffer_slice(&names, quoted(trial->arena, held->names[shown]));
    }
    if (names.cut)
        return;
    if (held->more)
        buffer_slice(&names, SLICE(" and more"));
    else if (shown < held->count)
        buffer_format(&names, " and %zu more", held->count - shown);
    add_note(trial, "%s %.*s", kind, (int)names.length, names.data);
}

/* Whether others have the file cannot be seen, nor what a container's image has behind a volume. */
static void note_other_views(struct trial *trial, const struct component *absent) {
    const struct component *directory = component_at(trial, absent->parent);
    const struct mount *mount = directory ? directory->mount : NULL;
    struct slice own = slice_first(trial->facts->neighbours.own_view, 120);
    if (own.length > 0)
        add_note(trial,
                 "%s is mounted for this process and its like alone: files that others have there "
                 "are not seen here",
                 quoted(trial->arena, own).data);
    else if (identity_is_in_container(&trial->facts->identity) && mount &&
             !slice_is(mount->point, "/") && !mount_is_made_by_kernel(mount))
        add_note(trial, "%s is a volume of the container: what its image has there is not seen",
                 quoted(trial->arena, slice_first(mount->point, 200)).data);
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
        fix_dangling_link(trial, component_at(trial, link));
        return;
    }
    bool final = names_a_file(walk);
    const struct component *directory = component_at(trial, absent->parent);
    if (final && walk->creates && directory && mount_is_made_by_kernel(directory->mount)) {
        /* proc_lookup_de() of fs/proc/generic.c knows all the names that there can be. */
        conclude(trial, CAUSE_other_errno, CERTAINTY_LIKELY, last, NULL);
        trial->verdict->why = SLICE("O_CREAT makes no file there");
        add_advice(trial, advice_on_kernels_own(trial, directory->mount));
        return;
    }
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
    const struct held *held = &trial->facts->neighbours.held;
    trial->verdict->why = arena_format(
        trial->arena, "%s exists and %s", final ? "its directory" : "what stands before it",
        held->known && held->empty ? "is empty" : "was searched; it holds no such name");
    note_base(trial);
    note_held(trial);
    note_other_views(trial, absent);
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
                   trial->incident->directory == AT_FDCWD
                       ? SLICE("change to a directory that exists (cd; where one of that name was "
                               "made again: cd \"$PWD\"), then start the program again")
                       : SLICE("have the program open the directory anew: it holds a descriptor of "
                               "one that was removed meanwhile"));
    } else if (walk->cut || walk->start_unknown) {
        conclude(trial, CAUSE_unseen, CERTAINTY_UNKNOWN, NO_CULPRIT, NULL);
        trial->verdict->why = SLICE("the path could not be followed to its end from here");
    } else if (walk->error == ENOENT) {
        judge_absent_name(trial);
        if (proc_hides(trial)) {
            trial->verdict->certainty = CERTAINTY_LIKELY;
            add_note(trial, "/proc is mounted with hidepid=, proc(5): there the process of another "
                            "user looks as if it did not exist");
        }
        if (walk->start_astray && component_at(trial, (int)walk->count - 1)->path.data[0] != '/')
            add_note(trial,
                     "the directory that the path starts in is not what its own path leads "
                     "to now: it lies under another mount, on one that was taken away, or in "
                     "another namespace; enter it anew (cd)");
    } else {
        conclude(trial, CAUSE_changed, CERTAINTY_PROVEN, (int)walk->count - 1, NULL);
        trial->verdict->why =
            walk->error == 0 ? SLICE("it was not there at the time of the call and is there now")
                             : SLICE("the path leads elsewhere now than at the time of the call");
    }
}

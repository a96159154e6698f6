/* SPDX-License-Identifier: MIT */
/* When nothing that can be seen refuses: what could have, by which evidence, and how to find out.
 */
#include "base/buffer.h"
#include "verdict/trial.h"
#include <errno.h>

/* ---- a change between the call and the look ---- */

/* A file's times are those of the last tick, and the report may have waited for a processor. */
enum { RECENT_NS = 100 * 1000 * 1000, SECOND_NS = 1000 * 1000 * 1000 };

/* What the kernel shows of itself was made when somebody first looked at it. */
static bool is_made_at_first_look(const struct mount *mount) {
    static const char types[][8] = {"proc", "sysfs", "cgroup", "cgroup2"};
    for (size_t i = 0; mount && i < sizeof types / sizeof *types; i++)
        if (slice_is(mount->fstype, types[i]))
            return true;
    return false;
}

static const struct component *find_changed(const struct trial *trial) {
    const struct facts *facts = trial->facts;
    for (size_t i = facts->walk.count; i-- > 0;) {
        const struct component *component = &facts->walk.components[i];
        const struct timespec *changed = &component->status.st_ctim;
        /* A time that is still to come is a server's own, or made up: it says nothing. */
        if (!component->status_known || is_made_at_first_look(component->mount) ||
            changed->tv_sec < facts->now.tv_sec - 1 || changed->tv_sec > facts->now.tv_sec + 1)
            continue;
        long seconds = facts->now.tv_sec - changed->tv_sec;
        if (seconds * SECOND_NS + facts->now.tv_nsec - changed->tv_nsec <= RECENT_NS)
            return component;
    }
    return NULL;
}

/* ---- candidates ---- */

struct candidates {
    struct buffer found, questions;
    unsigned count; /* of those for which there is evidence */
};

__attribute__((format(printf, 2, 3))) static void put(struct buffer *list, const char *format,
                                                      ...) {
    va_list arguments;
    if (list->length > 0)
        buffer_slice(list, SLICE("; "));
    va_start(arguments, format);
    buffer_format_list(list, format, arguments);
    va_end(arguments);
}

static void suspect_modules(struct trial *trial, struct candidates *candidates) {
    const struct surroundings *surroundings = &trial->facts->surroundings;
    struct slice label = trial->facts->identity.lsm_label;
    if (surroundings->selinux.enforcing && surroundings->selinux.answer != 0) {
        put(&candidates->found, "SELinux (enforcing, and it could not be asked)");
        put(&candidates->questions, "as root, ausearch -m avc -ts recent");
        candidates->count++;
    }
    if (surroundings->apparmor.enforcing && surroundings->apparmor.answer != 0) {
        put(&candidates->found, "AppArmor (profile %s is enforced, and it could not be asked)",
            quoted(trial->arena, slice_first(surroundings->apparmor.subject, 64)).data);
        put(&candidates->questions, "as root, dmesg | grep DENIED");
        candidates->count++;
    }
    bool named = surroundings->selinux.enforcing || surroundings->apparmor.enforcing;
    if (!named && label.length > 0 && !slice_starts(label, SLICE("unconfined"))) {
        put(&candidates->found, "a security module (the thread's label is %s)",
            quoted(trial->arena, slice_first(label, 64)).data);
        put(&candidates->questions, "as root, dmesg | grep -i denied");
        candidates->count++;
    }
}

static void suspect_sandboxes(struct trial *trial, struct candidates *candidates) {
    const struct identity *identity = &trial->facts->identity;
    if (trial->facts->surroundings.landlock && identity->no_new_privs) {
        put(&candidates->found, "Landlock (no_new_privs is set, and this kernel has Landlock)");
        put(&candidates->questions,
            "run it without the sandbox that it, or what started it, sets up; as root, journalctl "
            "-k -g landlock from Linux 6.15 on");
        candidates->count++;
    }
    if (identity->seccomp > 0) {
        put(&candidates->found, "a seccomp filter (one is active, and may give any errno)");
        put(&candidates->questions,
            "run it without the filter (docker, podman: --security-opt seccomp=unconfined, to "
            "test only)");
        candidates->count++;
    }
}

/* File systems that ask somebody else, or ask twice. */
static void suspect_file_system(struct trial *trial, const struct mount *mount,
                                struct candidates *candidates) {
    static const char remote[][12] = {"9p",     "afs",    "ceph",     "glusterfs", "gpfs",
                                      "lustre", "beegfs", "virtiofs", "ncpfs"};
    if (!mount)
        return;
    bool elsewhere = slice_starts(mount->fstype, SLICE("fuse"));
    for (size_t i = 0; i < sizeof remote / sizeof *remote; i++)
        elsewhere = elsewhere || slice_is(mount->fstype, remote[i]);
    const char *point = quoted(trial->arena, slice_first(mount->point, 100)).data;
    if (elsewhere) {
        put(&candidates->found, "the server of the file system (%s at %s), which decides itself",
            escaped(trial->arena, slice_first(mount->fstype, 32)), point);
        put(&candidates->questions, "look in the log of the server behind %s", point);
        candidates->count++;
    } else if (slice_is(mount->fstype, "overlay")) {
        put(&candidates->found,
            "a lower layer of the overlay at %s, which is opened with the mounter's rights", point);
    } else if (mount_is_proc(mount)) {
        put(&candidates->found, "/proc, which shows much of a process only to who may trace it, "
                                "ptrace(2), and writes a sysctl for uid 0 alone, sysctl(8)");
        put(&candidates->questions, "run it as root");
        candidates->count++;
    }
}

/* Two ids that the user namespace does not map look alike, the process's own among them. */
static bool looks_alike(const struct suspicion *suspicion) {
    const struct access *access = suspicion->access;
    return access && access->allowed && !access->sure && suspicion->kernel == EACCES &&
           (access->owner_mapping != MAPPED || access->group_mapping != MAPPED);
}

static void suspect_ids(struct trial *trial, const struct component *component,
                        struct candidates *candidates) {
    const struct stat *status = &component->status;
    put(&candidates->found,
        "the plain rule for another owner or group (uid %u and gid %u also stand for each id that "
        "this user namespace does not map, and may be others than this process's)",
        status->st_uid, status->st_gid);
    put(&candidates->questions,
        "outside of the user namespace, ls -ldn %s and ps -o uid=,gid= -p PID",
        quoted(trial->arena, slice_first(component->path, 200)).data);
    candidates->count++;
}

static void list_candidates(struct trial *trial, const struct component *component,
                            struct candidates *candidates) {
    *candidates = (struct candidates){.found = buffer_in(trial->arena, 700),
                                      .questions = buffer_in(trial->arena, 700)};
    suspect_modules(trial, candidates);
    suspect_sandboxes(trial, candidates);
    suspect_file_system(trial, component ? component->mount : NULL, candidates);
}

static void tell_candidates(struct trial *trial, struct candidates *candidates,
                            const struct component *changed) {
    if (changed)
        put(&candidates->found, "a change in between (%s was changed just now)",
            quoted(trial->arena, slice_first(changed->path, 100)).data);
    if (candidates->found.length == 0)
        put(&candidates->found, "a BPF program, a security module (no sign of one is seen)");
    if (candidates->questions.length == 0)
        put(&candidates->questions,
            "run it again, and once outside its container or service; as root, dmesg | grep -i "
            "denied");
    add_note(trial, "what could have refused: %.*s", (int)candidates->found.length,
             candidates->found.data);
    add_advice(trial, arena_format(trial->arena, "to find out: %.*s",
                                   (int)candidates->questions.length, candidates->questions.data));
}

void judge_unseen(struct trial *trial, const struct suspicion *suspicion) {
    const struct component *component = component_at(trial, suspicion->at);
    const struct component *changed = find_changed(trial);
    struct candidates candidates;
    list_candidates(trial, component, &candidates);
    bool alike = looks_alike(suspicion);
    if (alike)
        suspect_ids(trial, component, &candidates);
    if (suspicion->kernel == 0 && suspicion->access->allowed && changed && candidates.count == 0) {
        conclude(trial, CAUSE_changed, CERTAINTY_LIKELY, suspicion->at, NULL);
        trial->verdict->why = arena_format(
            trial->arena,
            "mode, ACL and capabilities allow it now, and %s was changed at the time of the call",
            quoted(trial->arena, changed->path).data);
        return;
    }
    conclude(trial, CAUSE_unseen, CERTAINTY_UNKNOWN, suspicion->at, NULL);
    trial->verdict->why =
        suspicion->at == NO_CULPRIT
            ? SLICE("the path could not be followed from here as the call did")
        : alike || !suspicion->access->allowed
            ? SLICE("what can be read of owner, mode, ACL and capabilities does not settle it")
        : suspicion->kernel == EACCES
            ? SLICE("owner, mode, ACL and capabilities allow it, and yet the kernel refuses at "
                    "this component")
            : SLICE("owner, mode, ACL and capabilities allow it at every component, and the "
                    "kernel's own access check agrees; something behind them refused");
    tell_candidates(trial, &candidates, changed);
    if (slice_search(slice_of(trial->incident->function), "ftw"))
        add_note(trial,
                 "%s() also ends so when what it calls for a name returns -1: the errno is "
                 "then of a call in there",
                 trial->incident->function);
}

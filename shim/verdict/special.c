/* SPDX-License-Identifier: MIT */
/* Files that are refused for what they are and where: device files, programs and magic links. */
#include "base/buffer.h"
#include "verdict/trial.h"
#include <errno.h>
#include <fcntl.h>

/* may_open() of fs/namei.c: before mode bits are looked at. access(2) and stat(2) open nothing. */
bool judge_nodev(struct trial *trial) {
    const struct walk *walk = &trial->facts->walk;
    int suspect = (int)walk->count - 1;
    const struct component *file = component_at(trial, suspect);
    bool device = file && file->status_known &&
                  (S_ISCHR(file->status.st_mode) || S_ISBLK(file->status.st_mode));
    if (!device || walk->cut || walk->error != 0 || file->needs == 0 || !file->mount ||
        (trial->incident->flags & O_PATH) || !options_have(file->mount->options, "nodev"))
        return false;
    struct slice point = quoted(trial->arena, file->mount->point);
    conclude(trial, CAUSE_nodev, CERTAINTY_PROVEN, suspect, NULL);
    refuse_at(trial, suspect);
    trial->verdict->why = arena_format(
        trial->arena,
        "it is a device file, and what is mounted at %s has the option nodev, mount(8)",
        point.data);
    add_advice(trial, SLICE("use the device under /dev; an image is a regular file: was the device "
                            "file copied there by mistake? chmod cannot help"));
    note_mode_too(trial, suspect);
    return true;
}

/* do_faccessat() of fs/open.c: before mode bits are looked at, nothing on a noexec mount may be
 * executed. execve(2) asks the same. */
bool judge_noexec(struct trial *trial) {
    const struct walk *walk = &trial->facts->walk;
    int suspect = (int)walk->count - 1;
    const struct component *file = component_at(trial, suspect);
    if (trial->incident->how_kind != HOW_ACCESS || !(trial->incident->wanted & ACCESS_SEARCH) ||
        walk->cut || walk->error != 0 || !file || !file->status_known ||
        !S_ISREG(file->status.st_mode) || !file->mount ||
        !options_have(file->mount->options, "noexec"))
        return false;
    for (int i = 0; i < suspect && trial->walked_as_another; i++)
        if (component_refuses(trial, i))
            return false;
    struct slice point = quoted(trial->arena, file->mount->point);
    conclude(trial, CAUSE_file_execute,
             trial->walked_as_another ? CERTAINTY_LIKELY : CERTAINTY_PROVEN, suspect, NULL);
    refuse_at(trial, suspect);
    trial->verdict->why = arena_format(
        trial->arena,
        "what is mounted at %s has the option noexec, mount(8): no file there may be executed, "
        "whatever its bits",
        point.data);
    add_advice(trial,
               SLICE("if it is a program, put it where programs may lie; an image needs no x: "
                     "was it taken for a command? chmod cannot help"));
    note_mode_too(trial, suspect);
    return true;
}

bool proc_hides(const struct trial *trial) {
    const struct walk *walk = &trial->facts->walk;
    struct slice how;
    for (size_t i = 0; i < walk->count; i++) {
        const struct mount *mount = walk->components[i].mount;
        if (mount_is_proc(mount) && options_find(mount->super_options, "hidepid", &how) &&
            !slice_is(how, "0") && !slice_is(how, "off"))
            return true;
    }
    return false;
}

/* lookup_open() of fs/namei.c: EACCES, for root too, where a directory has no way to make a file.
 */
bool judge_kernels_own(struct trial *trial, const struct suspicion *suspicion) {
    const struct component *directory = component_at(trial, suspicion->at);
    if (trial->facts->walk.error != ENOENT || !trial->facts->walk.creates ||
        !suspicion->access->allowed || !S_ISDIR(directory->status.st_mode) ||
        !mount_is_made_by_kernel(directory->mount))
        return false;
    conclude(trial, CAUSE_dir_write, CERTAINTY_LIKELY, suspicion->at, NULL);
    refuse_at(trial, suspicion->at);
    trial->verdict->why = arena_format(
        trial->arena,
        "owner and mode allow it, but what is mounted at %s is made by the kernel: O_CREAT makes "
        "no file there",
        quoted(trial->arena, slice_first(directory->mount->point, 200)).data);
    add_advice(trial, advice_on_kernels_own(trial, directory->mount));
    return true;
}

/* proc_pid_get_link(): following /proc/PID/{cwd,root,exe,fd/…} needs the right to trace PID. */
bool judge_proc_guard(struct trial *trial, int suspect) {
    const struct component *link = component_at(trial, suspect);
    if (link->role != ROLE_LINK || trial->facts->walk.error != EACCES ||
        !mount_is_proc(link->mount))
        return false;
    conclude(trial, CAUSE_proc_guard, CERTAINTY_PROVEN, suspect, NULL);
    refuse_at(trial, suspect);
    trial->verdict->why = arena_format(
        trial->arena,
        "the link stands for what another process (of uid %u) holds: to follow it needs the right "
        "to trace that process, ptrace(2): the same ids and no more capabilities, or "
        "CAP_SYS_PTRACE",
        link->status.st_uid);
    const struct identity *identity = &trial->facts->identity;
    uid_t user = link->status.st_uid;
    gid_t group = link->status.st_gid;
    /* ptrace_may_access() asks for the group as well, and the same ids may not be enough. */
    if (identity->in_user_namespace)
        add_advice(trial, SLICE("open the file by its own path, or from outside of this user "
                                "namespace; chmod cannot help"));
    else if (identity->fsuid == user && identity->fsgid == group)
        add_advice(trial, SLICE("open the file by its own path: the ids are the same, so the other "
                                "process has a capability, a saved id or a namespace that this one "
                                "has not, or Landlock keeps them apart; chmod cannot help"));
    else
        add_advice(trial, arena_format(trial->arena,
                                       "open the file by its own path, or run it as uid %u gid %u; "
                                       "chmod cannot help",
                                       user, group));
    return true;
}

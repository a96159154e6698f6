/* SPDX-License-Identifier: MIT */
/* Numbers that have names: certainties, O_* flags, capabilities. And what makes two failures the
 * same. */
#include "base/hash.h"
#include "report/report.h"
#include <fcntl.h>
#include <linux/capability.h>
#include <unistd.h>

const char *certainty_word(enum certainty certainty) {
    static const char words[][8] = {
        [CERTAINTY_UNKNOWN] = "unknown",
        [CERTAINTY_LIKELY] = "likely",
        [CERTAINTY_PROVEN] = "proven",
    };
    return words[certainty];
}

const char *flag_name(int flags, size_t index) {
    static const char modes[][12] = {"O_RDONLY", "O_WRONLY", "O_RDWR", "O_ACCMODE"};
    /* O_TMPFILE holds O_DIRECTORY, O_SYNC holds O_DSYNC: the larger one first. */
    static const struct {
        int flag;
        char name[12];
    } names[] = {
        {O_CREAT, "O_CREAT"},       {O_EXCL, "O_EXCL"},       {O_NOCTTY, "O_NOCTTY"},
        {O_TRUNC, "O_TRUNC"},       {O_APPEND, "O_APPEND"},   {O_NONBLOCK, "O_NONBLOCK"},
        {O_SYNC, "O_SYNC"},         {O_DSYNC, "O_DSYNC"},     {O_ASYNC, "O_ASYNC"},
        {O_DIRECT, "O_DIRECT"},     {O_TMPFILE, "O_TMPFILE"}, {O_DIRECTORY, "O_DIRECTORY"},
        {O_NOFOLLOW, "O_NOFOLLOW"}, {O_NOATIME, "O_NOATIME"}, {O_CLOEXEC, "O_CLOEXEC"},
        {O_PATH, "O_PATH"},
    };
    if (index == 0)
        return modes[flags & O_ACCMODE];
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        if ((flags & names[i].flag) != names[i].flag)
            continue;
        if (--index == 0)
            return names[i].name;
        flags &= ~names[i].flag;
    }
    return NULL;
}

const char *how_name(const struct incident *incident, size_t index) {
    static const struct {
        unsigned bit;
        char name[8];
    } names[] = {{R_OK, "R_OK"}, {W_OK, "W_OK"}, {X_OK, "X_OK"}};
    if (incident->how_kind <= HOW_STRUCT)
        return flag_name(incident->flags, index);
    if (incident->how_kind != HOW_ACCESS)
        return NULL;
    if (incident->wanted == 0)
        return index == 0 ? "F_OK" : NULL;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (incident->wanted & names[i].bit && index-- == 0)
            return names[i].name;
    return NULL;
}

const char *capability_name(unsigned capability) {
    static const char names[][24] = {
        [CAP_CHOWN] = "CAP_CHOWN",
        [CAP_DAC_OVERRIDE] = "CAP_DAC_OVERRIDE",
        [CAP_DAC_READ_SEARCH] = "CAP_DAC_READ_SEARCH",
        [CAP_FOWNER] = "CAP_FOWNER",
        [CAP_FSETID] = "CAP_FSETID",
        [CAP_KILL] = "CAP_KILL",
        [CAP_SETGID] = "CAP_SETGID",
        [CAP_SETUID] = "CAP_SETUID",
        [CAP_SETPCAP] = "CAP_SETPCAP",
        [CAP_LINUX_IMMUTABLE] = "CAP_LINUX_IMMUTABLE",
        [CAP_NET_BIND_SERVICE] = "CAP_NET_BIND_SERVICE",
        [CAP_NET_BROADCAST] = "CAP_NET_BROADCAST",
        [CAP_NET_ADMIN] = "CAP_NET_ADMIN",
        [CAP_NET_RAW] = "CAP_NET_RAW",
        [CAP_IPC_LOCK] = "CAP_IPC_LOCK",
        [CAP_IPC_OWNER] = "CAP_IPC_OWNER",
        [CAP_SYS_MODULE] = "CAP_SYS_MODULE",
        [CAP_SYS_RAWIO] = "CAP_SYS_RAWIO",
        [CAP_SYS_CHROOT] = "CAP_SYS_CHROOT",
        [CAP_SYS_PTRACE] = "CAP_SYS_PTRACE",
        [CAP_SYS_PACCT] = "CAP_SYS_PACCT",
        [CAP_SYS_ADMIN] = "CAP_SYS_ADMIN",
        [CAP_SYS_BOOT] = "CAP_SYS_BOOT",
        [CAP_SYS_NICE] = "CAP_SYS_NICE",
        [CAP_SYS_RESOURCE] = "CAP_SYS_RESOURCE",
        [CAP_SYS_TIME] = "CAP_SYS_TIME",
        [CAP_SYS_TTY_CONFIG] = "CAP_SYS_TTY_CONFIG",
        [CAP_MKNOD] = "CAP_MKNOD",
        [CAP_LEASE] = "CAP_LEASE",
        [CAP_AUDIT_WRITE] = "CAP_AUDIT_WRITE",
        [CAP_AUDIT_CONTROL] = "CAP_AUDIT_CONTROL",
        [CAP_SETFCAP] = "CAP_SETFCAP",
        [CAP_MAC_OVERRIDE] = "CAP_MAC_OVERRIDE",
        [CAP_MAC_ADMIN] = "CAP_MAC_ADMIN",
        [CAP_SYSLOG] = "CAP_SYSLOG",
        [CAP_WAKE_ALARM] = "CAP_WAKE_ALARM",
        [CAP_BLOCK_SUSPEND] = "CAP_BLOCK_SUSPEND",
        [CAP_AUDIT_READ] = "CAP_AUDIT_READ",
        [CAP_PERFMON] = "CAP_PERFMON",
        [CAP_BPF] = "CAP_BPF",
        [CAP_CHECKPOINT_RESTORE] = "CAP_CHECKPOINT_RESTORE",
    };
    return capability < sizeof names / sizeof *names ? names[capability] : NULL;
}

uint64_t report_fingerprint(const struct incident *incident, const struct facts *facts,
                            const struct verdict *verdict) {
    char numbers[48];
    struct buffer text = {.data = numbers, .capacity = sizeof numbers};
    buffer_format(&text, "%d %u", incident->error, facts->identity.fsuid);
    struct slice culprit = verdict->culprit >= 0 ? facts->walk.components[verdict->culprit].path
                                                 : slice_of(incident->path);
    uint64_t hash = hash_text(0, slice_of(cause_word(verdict->cause)));
    hash = hash_text(hash, buffer_text(&text));
    return hash_text(hash, culprit);
}

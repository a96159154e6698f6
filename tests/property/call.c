/* SPDX-License-Identifier: MIT */
#include "call.h"
#include "rights.h"
#include "subject.h"
#include <errno.h>
#include <fcntl.h>
#include <linux/securebits.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { LONG_NAME = 300 }; /* over NAME_MAX */

static void append(struct call *call, const char *text) {
    size_t length = strlen(call->path);
    if (length + strlen(text) < sizeof call->path)
        strcpy(call->path + length, text);
}

static int any_child(struct random *random, const struct scene *scene, int directory) {
    int found = NO_NODE;
    unsigned seen = 0;
    for (int i = scene->top; i < scene->count; i++)
        if (scene->nodes[i].parent == directory && random_below(random, ++seen) == 0)
            found = i;
    return found;
}

/* Where a step through `node` leads, permissions aside; NO_NODE: nowhere known. */
static int follow(const struct scene *scene, int node) {
    for (int links = 0; node != NO_NODE && scene->nodes[node].type == LINK; links++)
        node = links < 4 ? scene->nodes[node].goal : NO_NODE;
    return node;
}

static void any_missing(struct random *random, struct call *call, unsigned number) {
    char name[LONG_NAME + 1];
    if (random_chance(random, 5)) {
        memset(name, 'n', LONG_NAME);
        name[LONG_NAME] = '\0';
    } else {
        snprintf(name, sizeof name, "%u-wwq%s", number, random_chance(random, 60) ? ".png" : "");
    }
    append(call, name);
    if (random_chance(random, 20))
        append(call, "/vvk.png");
}

/* Walks at random through the tree and writes down the way. */
static void any_path(struct random *random, const struct scene *scene, struct call *call, int at,
                     unsigned number) {
    for (unsigned steps = 0; steps < 9; steps++) {
        unsigned kind = random_below(random, 100);
        int child = at == NO_NODE ? NO_NODE : any_child(random, scene, at);
        if (at == NO_NODE || kind < 5 || (child == NO_NODE && kind < 60)) {
            any_missing(random, call, number);
            return;
        }
        if (kind < 13 && at >= scene->top) {
            append(call, "..");
            at = scene->nodes[at].parent;
        } else if (kind < 16 || child == NO_NODE) {
            append(call, ".");
        } else {
            append(call, scene->nodes[child].name);
            at = follow(scene, child);
            if (at == NO_NODE || scene->nodes[at].type != DIRECTORY) {
                if (random_chance(random, 92))
                    break; /* else go on through something that is no directory */
                at = NO_NODE;
            } else if (random_chance(random, 12)) {
                break;
            }
        }
        append(call, random_chance(random, 5) ? "//" : "/");
    }
    if (random_chance(random, 4))
        append(call, "/");
}

static int any_flags(struct random *random) {
    static const int extra[] = {O_CREAT,     O_EXCL,    O_TRUNC, O_NOFOLLOW,
                                O_DIRECTORY, O_NOATIME, O_APPEND};
    static const int usual[] = {O_RDONLY,         O_RDONLY,           O_RDONLY,
                                O_RDWR,           O_WRONLY,           O_WRONLY | O_CREAT | O_TRUNC,
                                O_RDWR | O_CREAT, O_RDONLY | O_CREAT, O_WRONLY | O_CREAT | O_EXCL};
    /* Never waiting for the other end of a FIFO. */
    int flags = O_NONBLOCK | O_CLOEXEC;
    if (random_chance(random, 55))
        return flags | RANDOM_OF(random, usual);
    if (random_chance(random, 12))
        return flags | O_TMPFILE | (int)random_below(random, 4);
    flags |= (int)random_below(random, 4);
    for (unsigned i = random_below(random, 4); i > 0; i--)
        flags |= RANDOM_OF(random, extra);
    if (random_chance(random, 6))
        flags |= O_PATH;
    /* Together they mean nothing: kernels before 6.3 make a file, later ones answer EINVAL. */
    return (flags & O_CREAT) ? flags & ~O_DIRECTORY : flags;
}

static const struct {
    const char *mode;
    int flags;
} MODES[] = {{"r", O_RDONLY},
             {"rb", O_RDONLY},
             {"re", O_RDONLY | O_CLOEXEC},
             {"r+", O_RDWR},
             {"w", O_WRONLY | O_CREAT | O_TRUNC},
             {"wb+", O_RDWR | O_CREAT | O_TRUNC},
             {"wx", O_WRONLY | O_CREAT | O_TRUNC | O_EXCL},
             {"a", O_WRONLY | O_CREAT | O_APPEND},
             {"a+", O_RDWR | O_CREAT | O_APPEND}};

static bool may_block(const struct scene *scene) {
    for (int i = scene->top; i < scene->count; i++)
        if (scene->nodes[i].type == FIFO)
            return true;
    return false;
}

/* The directory of an openat: a node, now and then one that is no directory, or no descriptor. */
static int any_base(struct random *random, const struct scene *scene) {
    if (random_chance(random, 25))
        return NO_NODE;
    if (random_chance(random, 3))
        return BAD_DESCRIPTOR;
    for (;;) {
        int node =
            scene->top - 1 + (int)random_below(random, (unsigned)(scene->count - scene->top + 1));
        enum node_type type = scene->nodes[node].type;
        if (!rights_root_reaches(scene, node) || scene->nodes[node].dead)
            continue;
        if (type == DIRECTORY || (type == REGULAR && random_chance(random, 5)))
            return node;
    }
}

void call_generate(struct random *random, const struct scene *scene, const struct subject *subject,
                   unsigned number, struct call *call) {
    *call = (struct call){.directory = NO_NODE};
    call->function =
        random_chance(random, 10) ? CALL_ACCESS : (enum function)random_below(random, 3);
    if (call->function == CALL_FOPEN && may_block(scene))
        call->function = CALL_OPEN;
    call->flags = any_flags(random);
    if (call->function == CALL_FOPEN) {
        unsigned i = random_below(random, sizeof MODES / sizeof *MODES);
        strcpy(call->mode, MODES[i].mode);
        call->flags = MODES[i].flags;
    }
    if (call->function == CALL_ACCESS) {
        call->flags = O_PATH | (random_chance(random, 15) ? O_NOFOLLOW : 0);
        call->wanted = random_below(random, 8);
        call->real_ids = random_chance(random, 40);
    }
    int base = subject->cwd;
    if (call_is_at(call)) {
        call->directory = any_base(random, scene);
        call->directory_opath = random_chance(random, 50);
        if (call->directory >= 0)
            base = call->directory;
    }
    if (random_chance(random, 1))
        return; /* the empty path */
    if (random_chance(random, 40)) {
        base = scene->top - (random_chance(random, 20) ? 1 : 0);
        node_path(scene, base, call->path, sizeof call->path);
        append(call, "/");
    }
    any_path(random, scene, call, scene->nodes[base].type == DIRECTORY ? base : NO_NODE, number);
}

int call_access_flags(const struct call *call) {
    return (call->real_ids ? 0 : AT_EACCESS) | (call->flags & O_NOFOLLOW ? AT_SYMLINK_NOFOLLOW : 0);
}

struct subject call_subject(const struct call *call, const struct subject *subject) {
    struct subject judged = *subject;
    if (!call->real_ids)
        return judged;
    bool root = (subject->in_namespace ? subject_inside(&subject->uid_map, subject->ruid)
                                       : subject->ruid) == 0;
    judged.euid = judged.fsuid = subject->ruid;
    judged.egid = judged.fsgid = subject->rgid;
    /* access(2), NOTES; capabilities(7), SECBIT_NO_SETUID_FIXUP: then the effective ones stay. */
    if (!(subject->securebits & SECBIT_NO_SETUID_FIXUP))
        judged.effective = root ? subject->effective | subject->idle : 0;
    return judged;
}

int call_perform(const struct call *call, int directory) {
    int descriptor = -1;
    switch (call->function) {
    case CALL_FOPEN: {
        FILE *file = fopen(call->path, call->mode);
        if (!file)
            return errno;
        fclose(file);
        return 0;
    }
    case CALL_ACCESS: {
        bool granted = syscall(SYS_faccessat2, directory, call->path, call->wanted,
                               call_access_flags(call)) == 0;
        return granted ? 0 : errno;
    }
    case CALL_OPENAT:
        descriptor = openat(directory, call->path, call->flags, 0644);
        break;
    default:
        descriptor = open(call->path, call->flags, 0644);
        break;
    }
    if (descriptor < 0)
        return errno;
    close(descriptor);
    return 0;
}

void call_flags_text(int flags, char *text, size_t bytes) {
    static const struct {
        int bits;
        const char *name;
    } names[] = {
        {O_TMPFILE, "O_TMPFILE"},   {O_CREAT, "O_CREAT"},       {O_EXCL, "O_EXCL"},
        {O_TRUNC, "O_TRUNC"},       {O_NOFOLLOW, "O_NOFOLLOW"}, {O_DIRECTORY, "O_DIRECTORY"},
        {O_PATH, "O_PATH"},         {O_NOATIME, "O_NOATIME"},   {O_APPEND, "O_APPEND"},
        {O_NONBLOCK, "O_NONBLOCK"}, {O_CLOEXEC, "O_CLOEXEC"}};
    static const char *const access[] = {"O_RDONLY", "O_WRONLY", "O_RDWR", "3"};
    size_t length = (size_t)snprintf(text, bytes, "%s", access[flags & O_ACCMODE]);
    for (size_t i = 0; i < sizeof names / sizeof *names && length < bytes; i++)
        if ((flags & names[i].bits) == names[i].bits) {
            length += (size_t)snprintf(text + length, bytes - length, "|%s", names[i].name);
            flags &= ~names[i].bits;
        }
}

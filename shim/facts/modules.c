/* SPDX-License-Identifier: MIT */
/*
 * The security modules that can be asked. Both take a question by write(2) on a file of their own
 * and give the answer to the read(2) behind it: selinuxfs' `access`, AppArmor's `.access`. Neither
 * is asked when it does not confine the thread.
 */
#include "base/buffer.h"
#include "base/file.h"
#include "base/sys.h"
#include "facts/collect.h"

enum { LABEL_BYTES = 256, QUERY_BYTES = 4096 + 512, ANSWER_BYTES = 256, MOST_NAMES = 5 };

/* Writes the question and reads the answer; empty when the module would not be asked. */
static struct slice ask(struct arena *arena, const char *path, struct slice question) {
    char *answer = arena_get(arena, ANSWER_BYTES, 1);
    int descriptor = answer ? sys_openat(AT_FDCWD, path, O_RDWR | O_CLOEXEC, 0) : -ENOMEM;
    long length = 0;
    if (descriptor >= 0) {
        if (sys_write(descriptor, question.data, question.length) == (long)question.length)
            length = sys_read(descriptor, answer, ANSWER_BYTES);
        sys_close(descriptor);
    }
    return (struct slice){answer, length > 0 ? (size_t)length : 0};
}

/* ---- SELinux ---- */

static const char *selinux_class(mode_t mode) {
    switch (mode & S_IFMT) {
    case S_IFDIR:
        return "dir";
    case S_IFCHR:
        return "chr_file";
    case S_IFBLK:
        return "blk_file";
    case S_IFIFO:
        return "fifo_file";
    case S_IFLNK:
        return "lnk_file";
    case S_IFSOCK:
        return "sock_file";
    default:
        return "file";
    }
}

/* The policy's number for a class or for one of its permissions. */
static bool policy_number(struct arena *arena, unsigned long *number, const char *class,
                          const char *permission) {
    struct slice path =
        permission ? arena_format(arena, "/sys/fs/selinux/class/%s/perms/%s", class, permission)
                   : arena_format(arena, "/sys/fs/selinux/class/%s/index", class);
    path = arena_copy(arena, path); /* a NUL behind it */
    struct slice text = file_first(arena, path.data, 16);
    return slice_number(&text, 10, number);
}

/* What selinux_inode_permission() and selinux_file_open() would check for these rights. */
static size_t selinux_permissions(const struct incident *incident,
                                  const struct component *component,
                                  const char *names[MOST_NAMES]) {
    size_t count = 0;
    bool directory = S_ISDIR(component->status.st_mode);
    if (component->needs & ACCESS_READ)
        names[count++] = "read";
    if (component->needs & ACCESS_WRITE)
        names[count++] = !directory && incident->flags & O_APPEND ? "append" : "write";
    if (component->needs & ACCESS_WRITE && directory) /* may_create() of security/selinux/hooks.c */
        names[count++] = "add_name";
    if (component->needs & ACCESS_SEARCH)
        names[count++] = directory ? "search" : "execute";
    if (component->role == ROLE_TARGET)
        names[count++] = "open";
    return count;
}

static struct slice selinux_label(struct arena *arena, struct slice path) {
    char *label = arena_get(arena, LABEL_BYTES, 1);
    path = arena_copy(arena, path);
    long length = label ? sys_getxattr(path.data, "security.selinux", label, LABEL_BYTES) : -ENOMEM;
    while (length > 0 && label[length - 1] == '\0')
        length--;
    return (struct slice){label, length > 0 ? (size_t)length : 0};
}

/* Puts those of the permissions that the domain lacks on `label` into *lacking. The answer's first
 * word is what is allowed: bit N - 1 is the permission with number N. */
static bool selinux_lacks(struct arena *arena, struct slice domain, struct slice label,
                          const char *class, const char *const names[], size_t count,
                          struct slice *lacking) {
    unsigned long number, allowed, bit;
    struct buffer list = buffer_in(arena, 64);
    if (!policy_number(arena, &number, class, NULL))
        return false;
    struct slice question = arena_format(arena, "%.*s %.*s %lu", (int)domain.length, domain.data,
                                         (int)label.length, label.data, number);
    struct slice answer = ask(arena, "/sys/fs/selinux/access", question);
    if (!slice_number(&answer, 16, &allowed))
        return false;
    for (size_t i = 0; i < count; i++)
        if (policy_number(arena, &bit, class, names[i]) && bit > 0 && bit <= 32 &&
            (allowed >> (bit - 1) & 1) == 0)
            buffer_format(&list, "%s%s", list.length ? " " : "", names[i]);
    *lacking = buffer_text(&list);
    return true;
}

/* A new file: the policy says which label it gets, from that of its directory, and the domain needs
 * `create` on that and what the call opens it for. */
static bool selinux_refuses_new_file(struct arena *arena, const struct incident *incident,
                                     struct module_answer *module) {
    unsigned needed = access_needed(incident->flags);
    const char *names[MOST_NAMES] = {"create", "open"};
    size_t count = 2;
    unsigned long number;
    if (needed & ACCESS_READ)
        names[count++] = "read";
    if (needed & ACCESS_WRITE)
        names[count++] = incident->flags & O_APPEND ? "append" : "write";
    if (!policy_number(arena, &number, "file", NULL))
        return false;
    struct slice question =
        arena_format(arena, "%.*s %.*s %lu", (int)module->subject.length, module->subject.data,
                     (int)module->object.length, module->object.data, number);
    struct slice label = ask(arena, "/sys/fs/selinux/create", question);
    while (label.length > 0 && label.data[label.length - 1] == '\0')
        label.length--;
    if (label.length == 0 ||
        !selinux_lacks(arena, module->subject, label, "file", names, count, &module->lacking))
        return false;
    module->object = label;
    return true;
}

static void ask_selinux(struct arena *arena, const struct incident *incident,
                        const struct component *component, struct module_answer *module) {
    const char *names[MOST_NAMES], *class = selinux_class(component->status.st_mode);
    size_t count = selinux_permissions(incident, component, names);
    bool answered = selinux_lacks(arena, module->subject, module->object, class, names, count,
                                  &module->lacking);
    if (answered && module->lacking.length == 0 && S_ISDIR(component->status.st_mode) &&
        component->needs & ACCESS_WRITE)
        answered = selinux_refuses_new_file(arena, incident, module);
    if (answered)
        module->answer = module->lacking.length > 0 ? EACCES : 0;
}

static void read_selinux(struct arena *arena, const struct incident *incident,
                         const struct component *component, const struct identity *identity,
                         struct module_answer *module) {
    module->enforcing = slice_is(file_first(arena, "/sys/fs/selinux/enforce", 4), "1");
    if (!module->enforcing)
        return;
    module->subject = identity->lsm_label;
    module->object = selinux_label(arena, component->path);
    if (module->subject.length > 0 && module->object.length > 0 && component->status_known)
        ask_selinux(arena, incident, component, module);
}

/* ---- AppArmor ---- */

/* Bits of a file query, as aa_query_file_path(3) of libapparmor has them. */
enum { AA_CLASS_FILE = 2, AA_MAY_WRITE = 2, AA_MAY_READ = 4, AA_MAY_CREATE = 16 };

/* "label\0PROFILE\0", the class, the path; the answer is "allow 0x…\ndeny 0x…\n…". */
static void ask_apparmor(struct arena *arena, struct module_answer *module, unsigned long wanted) {
    struct buffer question = buffer_in(arena, QUERY_BYTES);
    buffer_slice(&question, SLICE("label\0"));
    buffer_slice(&question, module->subject);
    buffer_char(&question, '\0');
    buffer_char(&question, AA_CLASS_FILE);
    buffer_slice(&question, module->object);
    if (question.cut)
        return;
    struct slice answer =
        ask(arena, "/sys/kernel/security/apparmor/.access", buffer_text(&question));
    unsigned long allowed, denied;
    slice_split(&answer, 'x');
    if (!slice_number(&answer, 16, &allowed))
        return;
    slice_split(&answer, 'x');
    if (!slice_number(&answer, 16, &denied))
        return;
    unsigned long lacking = wanted & (~allowed | denied);
    module->lacking = lacking & AA_MAY_READ && lacking & ~(unsigned long)AA_MAY_READ ? SLICE("rw")
                      : lacking & AA_MAY_READ                                        ? SLICE("r")
                      : lacking                                                      ? SLICE("w")
                                                                                     : SLICE("");
    module->answer = lacking ? EACCES : 0;
}

/* "demo (enforce)": the profile and its mode; "unconfined" has none. Passing a directory needs no
 * rule: what counts is the path that the call names in the end, there or to be made. */
static void read_apparmor(struct arena *arena, const struct incident *incident,
                          const struct walk *walk, struct module_answer *module) {
    static const struct slice enforced = {" (enforce)", 10};
    const struct component *last = &walk->components[walk->count - 1];
    struct slice label = file_first(arena, "/proc/thread-self/attr/apparmor/current", LABEL_BYTES);
    if (label.length == 0) /* before Linux 5.8 */
        label = file_first(arena, "/proc/thread-self/attr/current", LABEL_BYTES);
    if (label.length <= enforced.length)
        return;
    struct slice name = slice_first(label, label.length - enforced.length);
    module->enforcing = slice_equal(slice_from(label, name.length), enforced);
    if (!module->enforcing)
        return;
    module->subject = name;
    module->object = last->path;
    unsigned needed = access_needed(incident->flags);
    unsigned long wanted = (needed & ACCESS_READ ? AA_MAY_READ : 0) |
                           (needed & ACCESS_WRITE ? AA_MAY_WRITE : 0) |
                           (incident->flags & O_CREAT ? AA_MAY_CREATE : 0);
    if (walk->error == 0 || (walk->error == ENOENT && walk->creates))
        ask_apparmor(arena, module, wanted);
}

void modules_ask(struct arena *arena, const struct incident *incident, const struct facts *facts,
                 int culprit, struct surroundings *surroundings) {
    const struct walk *walk = &facts->walk;
    read_selinux(arena, incident, &walk->components[culprit], &facts->identity,
                 &surroundings->selinux);
    read_apparmor(arena, incident, walk, &surroundings->apparmor);
}

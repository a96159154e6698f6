/* SPDX-License-Identifier: MIT */
#include "script.h"
#include "call.h"
#include "subject.h"
#include <fcntl.h>
#include <string.h>
#include <sys/syscall.h>

static void print_acl(FILE *file, const struct entries *acl, const char *prefix, const char *path) {
    fprintf(file, "setfacl -n -m ");
    for (unsigned i = 0; i < acl->count; i++) {
        const struct entry *e = &acl->entry[i];
        const char *kind = e->tag == TAG_USER_OBJ || e->tag == TAG_USER     ? "u"
                           : e->tag == TAG_GROUP_OBJ || e->tag == TAG_GROUP ? "g"
                           : e->tag == TAG_MASK                             ? "m"
                                                                            : "o";
        fprintf(file, "%s%s%s:", i ? "," : "", prefix, kind);
        if (e->tag == TAG_USER || e->tag == TAG_GROUP)
            fprintf(file, "%u", e->id);
        fprintf(file, ":%c%c%c", e->bits & 4 ? 'r' : '-', e->bits & 2 ? 'w' : '-',
                e->bits & 1 ? 'x' : '-');
    }
    fprintf(file, " %s\n", path);
}

static void print_node(FILE *file, const struct scene *scene, int index) {
    const struct node *node = &scene->nodes[index];
    char path[PATH_BYTES];
    node_path(scene, index, path, sizeof path);
    static const char *const make[] = {"mkdir %s\n",
                                       "touch %s\n",
                                       NULL,
                                       "mkfifo %s\n",
                                       "mknod %s c 1 3\n",
                                       "perl -MIO::Socket::UNIX -e 'IO::Socket::UNIX->new(Local=>"
                                       "shift, Listen=>1)' %s\n"};
    if (node->type == LINK)
        fprintf(file, "ln -s '%s' %s\n", node->target, path);
    else
        fprintf(file, make[node->type], path);
}

static void print_dress(FILE *file, const struct scene *scene, int index) {
    const struct node *node = &scene->nodes[index];
    char path[PATH_BYTES];
    node_path(scene, index, path, sizeof path);
    fprintf(file, "chown -h %u:%u %s\n", node->uid, node->gid, path);
    if (node->type == LINK)
        return;
    fprintf(file, "chmod %05o %s\n", (unsigned)node->mode, path);
    if (node->acl.count)
        print_acl(file, &node->acl, "", path);
    if (node->default_acl.count)
        print_acl(file, &node->default_acl, "d:", path);
}

static void print_map(FILE *file, const char *name, const struct ranges *map) {
    fprintf(file, "# %s:", name);
    for (unsigned i = 0; i < map->count; i++)
        fprintf(file, " %u %u %u;", map->range[i].inside, map->range[i].outside,
                map->range[i].length);
    fprintf(file, "\n");
}

/* perl is on every Debian and can make raw system calls: fsuid apart from euid is beyond setpriv.
 */
static void print_subject(FILE *file, const struct subject *s) {
    fprintf(file, "  syscall(%d, 28, 0x14, 0, 0, 0);            # keep capabilities\n", SYS_prctl);
    fprintf(file, "  syscall(%d, %u, pack(q(L*)", SYS_setgroups, s->group_count);
    for (unsigned i = 0; i < s->group_count; i++)
        fprintf(file, ", %u", s->groups[i]);
    fprintf(file, "));\n  syscall(%d, %u, %u, %u); syscall(%d, %u);\n", SYS_setresgid, s->rgid,
            s->egid, s->sgid, SYS_setfsgid, s->fsgid);
    fprintf(file, "  syscall(%d, %u, %u, %u); syscall(%d, %u);\n", SYS_setresuid, s->ruid, s->euid,
            s->suid, SYS_setfsuid, s->fsuid);
    uint64_t all = s->effective | s->idle;
    fprintf(file, "  syscall(%d, 28, %#x, 0, 0, 0);            # securebits\n", SYS_prctl,
            s->securebits);
    fprintf(file, "  syscall(%d, pack(q(LL), 0x20080522, 0), pack(q(L6), %u, %u, 0, %u, %u, 0));\n",
            SYS_capset, (unsigned)s->effective, (unsigned)all, (unsigned)(s->effective >> 32),
            (unsigned)(all >> 32));
}

static void print_call(FILE *file, const struct call *call) {
    char text[160];
    call_flags_text(call->flags, text, sizeof text);
    fprintf(file, "  # %s\n  my $path = q(%s);\n", text, call->path);
    if (call->function == CALL_ACCESS)
        fprintf(file, "  my $r = syscall(%d, $dirfd, $path, %u, %d);\n", SYS_faccessat2,
                call->wanted, call_access_flags(call));
    else
        fprintf(file, "  my $r = syscall(%d, $dirfd, $path, %d, 0644);\n", SYS_openat, call->flags);
    fprintf(file, "  print $r < 0 ? \"$!\\n\" : \"opened\\n\";\n");
}

static void print_bases(FILE *file, const struct scene *scene, const struct subject *subject,
                        const struct call *call) {
    char path[PATH_BYTES];
    fprintf(file, "perl -e '\n  no warnings;\n");
    if (call_is_at(call) && call->directory >= 0) {
        node_path(scene, call->directory, path, sizeof path);
        fprintf(file, "  my $base = \"%s\"; my $dirfd = syscall(%d, -100, $base, %d, 0);\n", path,
                SYS_openat, call->directory_opath ? O_PATH : O_RDONLY);
    } else {
        fprintf(file, "  my $dirfd = %d;\n", call->directory == BAD_DESCRIPTOR ? 999 : -100);
    }
    node_path(scene, subject->cwd, path, sizeof path);
    fprintf(file, "  chdir \"%s\";%s\n", path,
            scene->nodes[subject->cwd].dead ? " rmdir \"../dead\";" : "");
}

static void print_place(FILE *file, const struct scene *scene) {
    char path[PATH_BYTES];
    fprintf(file,
            "#!/bin/bash\n# As root; in a mount namespace of its own: unshare -m bash THIS\n");
    node_path(scene, scene->mount, path, sizeof path);
    fprintf(file, "mkdir -p %s\nmount -t tmpfs -o mode=0755 tmpfs %s   # ran on %s (%s)\n", path,
            path, scene->place->fstype, scene->place->options);
    if (scene->place->idmapped)
        print_map(file, "idmapped mount, disk to seen", &scene->place->map);
    fprintf(file,
            "sysctl -q fs.protected_symlinks=%d fs.protected_regular=%d fs.protected_fifos=%d\n",
            scene->sysctls.symlinks, scene->sysctls.regular, scene->sysctls.fifos);
}

void script_print(FILE *file, const struct scene *scene, const struct subject *subject,
                  const struct call *call) {
    print_place(file, scene);
    char path[PATH_BYTES];
    node_path(scene, scene->top - 1, path, sizeof path);
    fprintf(file, "mkdir -p %s\n", path);
    for (int i = scene->top; i < scene->count; i++)
        print_node(file, scene, i);
    for (int i = scene->count - 1; i >= scene->top; i--)
        print_dress(file, scene, i);
    if (subject->in_namespace) {
        print_map(file, "in a user namespace with uid_map", &subject->uid_map);
        print_map(file, "gid_map", &subject->gid_map);
    }
    print_bases(file, scene, subject, call);
    print_subject(file, subject);
    print_call(file, call);
    fprintf(file, "'\n");
}

void script_print_fixes(FILE *file, const struct outcome *outcome) {
    for (unsigned i = 0; i < outcome->fix_count; i++) {
        const struct fix_command *fix = &outcome->fixes[i];
        fprintf(file, "# fix, run as %u:", fix->run_as);
        for (unsigned j = 0; j < fix->count; j++)
            fprintf(file, " %s", fix->arguments[j]);
        fprintf(file, "%s\n", fix->opens_to_more ? " (opens to more)" : "");
    }
}

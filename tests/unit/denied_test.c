/* SPDX-License-Identifier: MIT */
/* EACCES to a cause, from recorded facts. Where a kernel can be made to refuse so, tests/places and
 * tests/vm have it refuse; SELinux is here alone. */
#include "scene.h"

/* ---- the plain rule ---- */

static void plain_causes(void **state) {
    struct scene *scene = *state;
    struct component *image = &scene->components[IMAGE];
    scene_refuse(scene, IMAGE);
    image->status.st_mode = S_IFREG | 0600;
    assert_cause(scene, "file-read", CERTAINTY_PROVEN, IMAGE);
    image->needs = ACCESS_READ | ACCESS_WRITE;
    assert_cause(scene, "file-read", CERTAINTY_PROVEN, IMAGE);
    image->status.st_mode = S_IFREG | 0604;
    assert_cause(scene, "file-write", CERTAINTY_PROVEN, IMAGE);
    image->needs = ACCESS_READ;
    image->status.st_mode = S_IFREG | 0604;
    image->status.st_gid = 1001;
    assert_cause(scene, "class-shadow", CERTAINTY_PROVEN, IMAGE);
    image->status.st_mode = S_IFDIR | 0710;
    assert_cause(scene, "dir-list", CERTAINTY_PROVEN, IMAGE);
    scene_become_root(scene);
    scene->facts.identity.effective = 0;
    image->status.st_uid = 1002;
    assert_cause(scene, "root-without-capability", CERTAINTY_PROVEN, IMAGE);
}

static void directories(void **state) {
    struct scene *scene = *state;
    scene_refuse(scene, DATA);
    scene->components[DATA].status.st_mode = S_IFDIR | 0700;
    assert_cause(scene, "dir-search", CERTAINTY_PROVEN, DATA);
    assert_int_equal(scene->verdict.judgements[IMAGE].verdict, COMPONENT_UNREACHED);
    scene->components[DATA].kernel_answer = ANSWER_UNKNOWN; /* the walk was refused there itself */
    assert_cause(scene, "dir-search", CERTAINTY_PROVEN, DATA);
    scene->components[DATA].kernel_answer = EACCES;
    scene->facts.walk.error = ENOENT;
    scene->facts.walk.creates = true;
    scene->components[IMAGE].lookup_error = ENOENT;
    scene->incident.flags = O_WRONLY | O_CREAT;
    scene->components[DATA].needs = ACCESS_WRITE | ACCESS_SEARCH;
    scene->components[DATA].status.st_mode = S_IFDIR | 0755;
    assert_cause(scene, "dir-write", CERTAINTY_PROVEN, DATA);
}

/* In a user namespace: a process whose group is shown as 65534, and a file of another such group.
 */
static void ids_that_only_look_alike(void **state) {
    struct scene *scene = *state;
    static const struct id_range map[] = {{1001, 1001, 1}};
    static const gid_t groups[] = {65534};
    struct identity *identity = &scene->facts.identity;
    struct component *image = &scene->components[IMAGE];
    scene_refuse(scene, IMAGE);
    identity->in_user_namespace = true;
    identity->uid_map = identity->gid_map = (struct id_map){map, 1, true};
    identity->groups = groups;
    identity->group_count = 1;
    image->status = (struct stat){.st_mode = S_IFREG | 0640, .st_uid = 65534, .st_gid = 65534};
    assert_cause(scene, "file-read", CERTAINTY_LIKELY, IMAGE);
    assert_says(scene->verdict.why.data, "look alike (65534)");
    assert_no_command(scene);
    identity->effective = (1ull << 41) - 1;
    assert_cause(scene, "unmapped-owner", CERTAINTY_LIKELY, IMAGE);
    identity->group_count = 0; /* now they do not, and capabilities may have a say */
    image->status.st_mode = S_IFREG | 0600;
    static const struct id_range nobody[] = {{65534, 65534, 1}};
    identity->uid_map.ranges = identity->gid_map.ranges = nobody;
    assert_cause(scene, "unmapped-owner", CERTAINTY_LIKELY, IMAGE);
    assert_null(strstr(scene->verdict.why.data, "look alike"));
    identity->uid_map.ranges = identity->gid_map.ranges = map;
    identity->group_count = 1;
    image->status.st_mode = S_IFREG | 0644; /* for all: it is something else */
    assert_cause(scene, "unseen", CERTAINTY_UNKNOWN, IMAGE);
    identity->fsuid = 65534; /* so for users */
    image->status.st_mode = S_IFREG | 0600;
    identity->effective = 0;
    assert_cause(scene, "file-read", CERTAINTY_LIKELY, IMAGE);
    image->kernel_answer = 0; /* the same one after all */
    assert_cause(scene, "unseen", CERTAINTY_UNKNOWN, IMAGE);
}

/* bindfs in a user namespace: uid 65534 there is nobody at all. */
static void what_is_nobody_s_on_fuse_nobody_writes(void **state) {
    struct scene *scene = *state;
    static const struct id_range map[] = {{1001, 1001, 1}};
    struct identity *identity = &scene->facts.identity;
    struct component *image = &scene->components[IMAGE];
    scene_refuse(scene, IMAGE);
    identity->in_user_namespace = true;
    identity->uid_map = identity->gid_map = (struct id_map){map, 1, true};
    image->status = (struct stat){.st_mode = S_IFREG | 0666, .st_uid = 65534, .st_gid = 65534};
    image->needs = ACCESS_WRITE;
    assert_cause(scene, "unseen", CERTAINTY_UNKNOWN, IMAGE);
    scene->mount.fstype = SLICE("fuse");
    scene->mount.super_options = SLICE("rw,user_id=0,group_id=0,allow_other");
    assert_cause(scene, "unmapped-owner", CERTAINTY_LIKELY, IMAGE);
    assert_says(scene->verdict.why.data, "nobody may write here, whatever the bits");
    assert_no_command(scene);
    image->needs = ACCESS_READ;
    assert_cause(scene, "unseen", CERTAINTY_UNKNOWN, IMAGE);
}

static void acl_causes(void **state) {
    struct scene *scene = *state;
    static const struct acl_entry denies[] = {{ACL_TAG_USER_OBJ, 6, 0},
                                              {ACL_TAG_USER, 0, 1001},
                                              {ACL_TAG_GROUP_OBJ, 4, 0},
                                              {ACL_TAG_MASK, 4, 0},
                                              {ACL_TAG_OTHER, 4, 0}};
    static const struct acl_entry masked[] = {{ACL_TAG_USER_OBJ, 6, 0},
                                              {ACL_TAG_USER, 4, 1001},
                                              {ACL_TAG_GROUP_OBJ, 4, 0},
                                              {ACL_TAG_MASK, 2, 0},
                                              {ACL_TAG_OTHER, 4, 0}};
    scene_refuse(scene, IMAGE);
    scene->components[IMAGE].acl = (struct acl){ACL_PRESENT, denies, 5};
    assert_cause(scene, "acl-entry", CERTAINTY_PROVEN, IMAGE);
    scene->components[IMAGE].acl = (struct acl){ACL_PRESENT, masked, 5};
    scene->components[IMAGE].status.st_mode = S_IFREG | 0624;
    assert_cause(scene, "acl-mask", CERTAINTY_PROVEN, IMAGE);
}

/* ---- sticky directories ---- */

/* ---- access(2) ---- */

/* The path is walked with the effective ids, the call was judged by the real ones. */
static void access_asks_for_the_real_ids(void **state) {
    struct scene *scene = *state;
    struct component *data = &scene->components[DATA];
    scene->incident.flags = O_PATH;
    scene->incident.real_ids = true;
    scene->facts.identity.ruid = 1002;
    data->status = (struct stat){.st_mode = S_IFDIR | 0700, .st_uid = 1001};
    data->kernel_answer = EACCES;
    assert_cause(scene, "dir-search", CERTAINTY_PROVEN, DATA);
    data->kernel_answer = ANSWER_UNKNOWN;
    assert_cause(scene, "dir-search", CERTAINTY_LIKELY, DATA);
    /* A link that we met behind that the call did not come to. */
    struct component *link = &scene->components[IMAGE];
    data->status.st_mode = S_IFDIR | 01706;
    *link = scene_component("/data/a.jpg", ROLE_LINK, S_IFLNK | 0777, 0, DATA);
    link->status.st_uid = 1003;
    assert_cause(scene, "dir-search", CERTAINTY_LIKELY, DATA);
    /* One that it may have come to, and one that it did. */
    scene->facts.surroundings.known = true;
    scene->facts.surroundings.protected_symlinks = 1;
    data->status.st_mode = S_IFDIR | 01717;
    data->acl.state = ACL_UNKNOWN;
    assert_cause(scene, "protected-symlink", CERTAINTY_LIKELY, IMAGE);
    data->acl.state = ACL_ABSENT;
    assert_cause(scene, "protected-symlink", CERTAINTY_PROVEN, IMAGE);
}

/* capabilities(7), SECBIT_NO_SETUID_FIXUP: access(2) then leaves the effective ones as they are. */
static void access_keeps_fixed_capabilities(void **state) {
    struct scene *scene = *state;
    struct identity *identity = &scene->facts.identity;
    static const struct id_range map[] = {{1001, 1001, 1}};
    scene->incident.flags = O_PATH;
    scene->incident.real_ids = true;
    identity->effective = identity->permitted = (1ull << 41) - 1;
    identity->in_user_namespace = true;
    identity->uid_map = identity->gid_map = (struct id_map){map, 1, true};
    scene_refuse(scene, IMAGE);
    scene->components[IMAGE].status =
        (struct stat){.st_mode = S_IFREG | 0600, .st_uid = 65534, .st_gid = 65534};
    assert_cause(scene, "file-read", CERTAINTY_PROVEN, IMAGE);
    identity->no_setuid_fixup = true;
    assert_cause(scene, "unmapped-owner", CERTAINTY_PROVEN, IMAGE);
}

static void ids_that_differ_are_told(void **state) {
    struct scene *scene = *state;
    struct identity *identity = &scene->facts.identity;
    static const struct {
        uid_t uid;
        gid_t gid;
        bool told;
    } real[] = {{1001, 1001, false}, {1002, 1001, true}, {1001, 1002, true}};
    scene_refuse(scene, DATA);
    scene->components[DATA].status.st_mode = S_IFDIR | 0700;
    scene->incident.flags = O_PATH;
    scene->incident.real_ids = true;
    for (size_t i = 0; i < sizeof real / sizeof *real; i++) {
        identity->ruid = real[i].uid;
        identity->rgid = real[i].gid;
        assert_string_equal(cause_word(scene_judge(scene)->cause), "dir-search");
        assert_int_equal(real[i].told, strstr(scene_notes(scene), "uid 1001 gid 1001") != NULL);
    }
    scene->incident.real_ids = false;
    scene_judge(scene);
    assert_null(strstr(scene_notes(scene), "uid 1001 gid 1001"));
}

static void what_the_real_ids_reach_may_be_out_of_sight(void **state) {
    struct scene *scene = *state;
    struct component *data = &scene->components[DATA];
    scene->incident.flags = O_PATH;
    scene->incident.real_ids = true;
    scene->facts.identity.ruid = 1002;
    scene_refuse(scene, DATA);
    data->status = (struct stat){.st_mode = S_IFDIR | 0700, .st_uid = 1002};
    data->kernel_answer = 0;
    assert_cause(scene, "unseen", CERTAINTY_UNKNOWN, NO_CULPRIT);
    scene->incident.error = ENOENT;
    assert_cause(scene, "unseen", CERTAINTY_UNKNOWN, NO_CULPRIT);
    scene->incident.error = ENOTDIR;
    assert_cause(scene, "unseen", CERTAINTY_UNKNOWN, NO_CULPRIT);
    scene->incident.error = ELOOP;
    assert_cause(scene, "other-errno", CERTAINTY_UNKNOWN, IMAGE);
    scene->mount.options = SLICE("rw,nosymfollow"); /* the link was met before */
    scene->components[ROOT].role = ROLE_LINK;
    assert_cause(scene, "symlink-loop", CERTAINTY_PROVEN, ROOT);
    scene->components[ROOT].role = ROLE_START;
    scene->incident.error = EACCES;
    scene->facts.walk.error = ENOENT; /* further on, the real ids need not have come so far */
    assert_cause(scene, "unseen", CERTAINTY_UNKNOWN, NO_CULPRIT);
    scene->facts.identity.ruid = 1001;
    assert_cause(scene, "changed", CERTAINTY_PROVEN, IMAGE);
    scene->facts.identity.in_user_namespace = true;
    scene->facts.identity.ruid = scene->facts.identity.fsuid = 65534; /* or two that look so */
    assert_cause(scene, "unseen", CERTAINTY_UNKNOWN, NO_CULPRIT);
}

/* ---- other file systems ---- */

static void a_private_fuse_mount(void **state) {
    struct scene *scene = *state;
    struct component *data = &scene->components[DATA];
    scene_refuse(scene, DATA);
    data->status_known = false;
    data->status_error = EACCES;
    scene->mount.fstype = SLICE("fuse.sshfs");
    scene->mount.super_options = SLICE("rw,user_id=1002,group_id=1002");
    assert_cause(scene, "fuse-private", CERTAINTY_PROVEN, DATA);
    assert_says(scene_fixes(scene), "uid 1002 gid 1002; or have uid 1002");
    assert_says(scene_fixes(scene), "user_allow_other");
    assert_no_command(scene);
    scene_become_root(scene);
    assert_cause(scene, "fuse-private", CERTAINTY_PROVEN, DATA);
    scene->mount.super_options = SLICE("rw,user_id=0,group_id=1002");
    assert_cause(scene, "fuse-private", CERTAINTY_PROVEN, DATA);
    assert_says(scene_fixes(scene), "run it with group 1002 as its group");
    scene->mount.super_options = SLICE("rw,user_id=0,group_id=0");
    assert_cause(scene, "unseen", CERTAINTY_UNKNOWN, DATA);
    scene->mount.super_options = SLICE("rw,user_id=1002,group_id=1002,allow_other");
    assert_cause(scene, "unseen", CERTAINTY_UNKNOWN, DATA);
    assert_says(scene_notes(scene), "the server of the file system (fuse.sshfs at '/data')");
}

/* Without FUSE_POSIX_ACL an ACL is there for the server alone. */
static void an_acl_on_fuse(void **state) {
    struct scene *scene = *state;
    struct component *image = &scene->components[IMAGE];
    struct acl_entry entries[] = {{ACL_TAG_USER_OBJ, 6, 0},
                                  {ACL_TAG_USER, 4, 1001},
                                  {ACL_TAG_GROUP_OBJ, 0, 0},
                                  {ACL_TAG_MASK, 4, 0},
                                  {ACL_TAG_OTHER, 0, 0}};
    scene->mount.fstype = SLICE("fuse.glusterfs");
    scene->mount.super_options = SLICE("rw,user_id=0,group_id=0,allow_other");
    image->status.st_mode = S_IFREG | 0640;
    image->acl = (struct acl){ACL_PRESENT, entries, 5};
    image->kernel_answer = EACCES;
    assert_cause(scene, "file-read", CERTAINTY_LIKELY, IMAGE);
    assert_says(scene_notes(scene), "on this mount (fuse.glusterfs) the kernel looks at the mode");
    image->kernel_answer = 0; /* it does look at the ACL */
    assert_cause(scene, "unseen", CERTAINTY_UNKNOWN, IMAGE);
    assert_null(strstr(scene_notes(scene), "the mode alone"));
    image->kernel_answer = EACCES;
    image->status.st_mode = S_IFREG | 0644; /* the mode would allow it, too */
    assert_cause(scene, "unseen", CERTAINTY_UNKNOWN, IMAGE);
    assert_null(strstr(scene_notes(scene), "the mode alone"));
    image->status.st_mode = S_IFREG | 0640;
    scene->mount.fstype = SLICE("ext4");
    assert_cause(scene, "unseen", CERTAINTY_UNKNOWN, IMAGE);
    assert_null(strstr(scene_notes(scene), "the mode alone"));
    scene->mount.fstype = SLICE("fuse.glusterfs");
    entries[1].access = 0; /* it would not allow it */
    assert_cause(scene, "acl-entry", CERTAINTY_PROVEN, IMAGE);
    assert_null(strstr(scene_notes(scene), "the mode alone"));
    assert_says(scene_notes(scene), "where it changes nothing");
    image->path = SLICE("./a.jpg"); /* without a command */
    assert_cause(scene, "acl-entry", CERTAINTY_PROVEN, IMAGE);
    assert_null(strstr(scene_notes(scene), "where it changes nothing"));
}

static void bits_from_mount_options(void **state) {
    struct scene *scene = *state;
    struct component *image = &scene->components[IMAGE];
    scene_refuse(scene, IMAGE);
    image->status.st_mode = S_IFREG | 0700;
    image->acl.state = ACL_UNSUPPORTED;
    assert_cause(scene, "file-read", CERTAINTY_PROVEN, IMAGE);
    scene->mount.fstype = SLICE("vfat");
    assert_cause(scene, "mount-mask", CERTAINTY_PROVEN, IMAGE);
    assert_says(scene_fixes(scene), "-o uid=1001 ");
    assert_no_command(scene);
    image->status.st_mode = S_IFREG | 0300; /* the owner would not get it either */
    assert_cause(scene, "mount-mask", CERTAINTY_PROVEN, IMAGE);
    assert_says(scene_fixes(scene), "-o fmask=0133 ");
    scene->mount.fstype = SLICE("cifs");
    assert_cause(scene, "mount-mask", CERTAINTY_PROVEN, IMAGE);
    assert_says(scene_fixes(scene), "-o file_mode=0644 ");
    scene->mount.super_options = SLICE("rw,vers=3.0,cifsacl"); /* the server's own */
    assert_cause(scene, "file-read", CERTAINTY_PROVEN, IMAGE);
    scene->mount.fstype = SLICE("9p");
    assert_cause(scene, "file-read", CERTAINTY_PROVEN, IMAGE);
    scene->mount.super_options = SLICE("rw,aname=drvfs;path=C:\\;uid=1000");
    assert_cause(scene, "mount-mask", CERTAINTY_PROVEN, IMAGE);
    /* ntfs-3g does not show its options: an owner of its own tells that they hold `permissions`. */
    scene->mount.fstype = SLICE("fuseblk");
    scene->components[DATA].status.st_uid = image->status.st_uid;
    scene->components[DATA].status.st_gid = image->status.st_gid;
    assert_cause(scene, "mount-mask", CERTAINTY_LIKELY, IMAGE);
    assert_says(scene->verdict.why.data, "unless it is mounted with permissions");
    scene->components[DATA].status.st_uid = image->status.st_uid + 1;
    assert_cause(scene, "file-read", CERTAINTY_PROVEN, IMAGE);
}

static void a_server_refuses(void **state) {
    struct scene *scene = *state;
    static gid_t groups[20];
    for (gid_t i = 0; i < 20; i++)
        groups[i] = 2001 + i;
    struct component *image = &scene->components[IMAGE];
    scene->mount.fstype = SLICE("nfs4");
    scene->mount.super_options = SLICE("rw,vers=4.2,sec=sys");
    assert_cause(scene, "nfs-server", CERTAINTY_LIKELY, IMAGE);
    image->status = (struct stat){.st_mode = S_IFREG | 0640, .st_gid = 2018};
    scene->facts.identity.groups = groups;
    scene->facts.identity.group_count = 20;
    assert_cause(scene, "nfs-server", CERTAINTY_LIKELY, IMAGE);
    assert_says(scene->verdict.why.data, "2018 is number 18");
    assert_says(scene_fixes(scene), "--manage-gids");
    assert_no_command(scene);
    image->status.st_gid = 2016; /* the last that is sent */
    assert_cause(scene, "nfs-server", CERTAINTY_LIKELY, IMAGE);
    assert_null(strstr(scene_fixes(scene), "--manage-gids"));
    scene->mount.super_options = SLICE("rw,vers=4.2,sec=krb5p");
    assert_cause(scene, "nfs-server", CERTAINTY_LIKELY, IMAGE);
    assert_says(scene_fixes(scene), "kinit");
    scene_become_root(scene);
    image->status.st_uid = 1003;
    scene->mount.super_options = SLICE("rw,vers=4.2,sec=sys");
    assert_cause(scene, "nfs-server", CERTAINTY_LIKELY, IMAGE);
    assert_says(scene_fixes(scene), "uid 1003 gid 2016 owns it");
    assert_null(strstr(scene_fixes(scene), "no_root_squash"));
    scene->mount.fstype = SLICE("cifs");
    scene->mount.super_options = SLICE("rw,vers=3.0,username=alice");
    assert_cause(scene, "smb-server", CERTAINTY_LIKELY, IMAGE);
    assert_says(scene_fixes(scene), "give the user alice the right");
    assert_no_command(scene);
}

static void assert_harmless(const char *text) {
    for (const char *at = text; *at; at++)
        if (*at < ' ' || *at > '~')
            fail_msg("byte %d drives a terminal: \"%s\"", *at, text);
}

/* The kernel escapes blanks and newlines of a type and of options, and nothing else. */
static void what_a_mount_says_drives_no_terminal(void **state) {
    static const char *const types[] = {"fuse.\x1b[2J", "vfat", "cifs", "fuseblk", "nfs4", "9p"};
    static const char *const options[] = {"rw,user_id=7,group_id=7", "rw,username=\x1b]0;a\x07",
                                          "rw,sec=krb5\x1b[2J", "rw,aname=drvfs\x1b[2J\xc2\x9b"};
    struct scene *scene = *state;
    struct component *image = &scene->components[IMAGE];
    char why[2048];
    scene->mount.source = SLICE("//server\x1b[2J\n/share");
    for (size_t i = 0; i < 2 * sizeof types / sizeof *types; i++)
        for (size_t j = 0; j < sizeof options / sizeof *options; j++) {
            image->status.st_mode = i % 2 ? S_IFREG | 0700 : S_IFREG | 0644;
            image->kernel_answer = EACCES;
            scene->mount.fstype = slice_of(types[i / 2]);
            scene->mount.super_options = slice_of(options[j]);
            scene_judge(scene);
            snprintf(why, sizeof why, "%.*s", (int)scene->verdict.why.length,
                     scene->verdict.why.data);
            assert_harmless(why);
            assert_harmless(scene_notes(scene));
            assert_harmless(scene_fixes(scene));
        }
}

/* ---- modules ---- */

static void selinux(void **state) {
    struct scene *scene = *state;
    struct module_answer *module = &scene->facts.surroundings.selinux;
    *module = (struct module_answer){.enforcing = true,
                                     .answer = EACCES,
                                     .subject = SLICE("system_u:system_r:httpd_t:s0"),
                                     .object = SLICE("unconfined_u:object_r:user_home_t:s0"),
                                     .lacking = SLICE("read open")};
    scene->components[IMAGE].kernel_answer = EACCES;
    assert_cause(scene, "selinux", CERTAINTY_PROVEN, IMAGE);
    assert_says(scene->verdict.why.data, "{ read open }");
    assert_says(scene_fixes(scene), "restorecon -v '/data/a.jpg'");
    assert_null(strstr(scene_fixes(scene), "setenforce"));
    assert_no_command(scene);
    scene->facts.identity.container = SLICE("podman");
    assert_cause(scene, "selinux", CERTAINTY_PROVEN, IMAGE);
    assert_says(scene_fixes(scene), ":z ");
    /* Not to be asked: the kernel's own check refuses where SELinux sits. */
    module->answer = ANSWER_UNKNOWN;
    assert_cause(scene, "selinux", CERTAINTY_LIKELY, IMAGE);
    scene->components[IMAGE].kernel_answer = 0; /* behind it anybody might have */
    assert_cause(scene, "unseen", CERTAINTY_UNKNOWN, IMAGE);
    assert_says(scene_notes(scene), "SELinux (enforcing, and it could not be asked)");
    module->answer = 0; /* asked, and it allows */
    scene->components[IMAGE].kernel_answer = EACCES;
    assert_cause(scene, "unseen", CERTAINTY_UNKNOWN, IMAGE);
    assert_null(strstr(scene_notes(scene), "SELinux"));
    *module = (struct module_answer){.enforcing = false, .answer = EACCES}; /* permissive */
    assert_cause(scene, "unseen", CERTAINTY_UNKNOWN, IMAGE);
}

static void selinux_does_not_hide_the_bits(void **state) {
    struct scene *scene = *state;
    scene->facts.surroundings.selinux = (struct module_answer){.enforcing = true, .answer = EACCES};
    scene->components[IMAGE].status.st_mode = S_IFREG | 0600;
    scene->components[IMAGE].kernel_answer = EACCES;
    assert_cause(scene, "file-read", CERTAINTY_PROVEN, IMAGE);
}

static void apparmor(void **state) {
    struct scene *scene = *state;
    struct module_answer *module = &scene->facts.surroundings.apparmor;
    *module = (struct module_answer){.enforcing = true,
                                     .answer = EACCES,
                                     .subject = SLICE("viewer"),
                                     .object = SLICE("/data/a.jpg"),
                                     .lacking = SLICE("r")};
    assert_cause(scene, "apparmor", CERTAINTY_PROVEN, IMAGE);
    assert_says(scene_fixes(scene), "add the line \"/data/a.jpg\" r, to the profile 'viewer'");
    assert_no_command(scene);
    module->object = SLICE("/data/a \"[1]*.jpg"); /* as apparmor.d(5) quotes */
    scene_judge(scene);
    assert_says(scene_fixes(scene), "\"/data/a \\\"\\[1\\]\\*.jpg\" r,");
    module->object = SLICE("/data/a\n.jpg");
    scene_judge(scene);
    assert_says(scene_fixes(scene), "add the line PATH r,");
    module->object = SLICE("/data/a.jpg");
    scene->components[IMAGE].status.st_uid = 1001; /* rules for one's own are not told */
    assert_cause(scene, "apparmor", CERTAINTY_LIKELY, IMAGE);
    module->answer = ANSWER_UNKNOWN;
    assert_cause(scene, "apparmor", CERTAINTY_LIKELY, IMAGE);
    scene->facts.identity.seccomp = 2; /* then it is one of two */
    assert_cause(scene, "unseen", CERTAINTY_UNKNOWN, IMAGE);
    assert_says(scene_notes(scene), "AppArmor (profile 'viewer'");
    assert_says(scene_notes(scene), "a seccomp filter");
    module->answer = 0;
    assert_cause(scene, "unseen", CERTAINTY_UNKNOWN, IMAGE);
    assert_null(strstr(scene_notes(scene), "AppArmor"));
}

/* ---- nobody to blame ---- */

static void candidates_need_evidence(void **state) {
    struct scene *scene = *state;
    assert_cause(scene, "unseen", CERTAINTY_UNKNOWN, IMAGE);
    assert_says(scene_notes(scene), "no sign of one is seen");
    scene->facts.surroundings.landlock = true; /* every new kernel has it: no evidence */
    assert_cause(scene, "unseen", CERTAINTY_UNKNOWN, IMAGE);
    assert_null(strstr(scene_notes(scene), "Landlock"));
    scene->facts.identity.no_new_privs = true;
    assert_cause(scene, "unseen", CERTAINTY_UNKNOWN, IMAGE);
    assert_says(scene_notes(scene), "Landlock (no_new_privs is set");
    assert_says(scene_fixes(scene), "to find out: ");
    assert_no_command(scene);
    for (int i = 0; i <= IMAGE; i++)
        assert_int_equal(scene->verdict.judgements[i].verdict, COMPONENT_OK);
}

/* unshare -U: whoever it is, and whosever the file is, both show as 65534. */
static void ids_that_look_alike(void **state) {
    struct scene *scene = *state;
    struct identity *identity = &scene->facts.identity;
    struct component *image = &scene->components[IMAGE];
    identity->in_user_namespace = true;
    identity->uid_map = identity->gid_map = (struct id_map){.known = true};
    identity->fsuid = identity->euid = identity->ruid = 65534;
    image->status.st_uid = image->status.st_gid = 65534;
    image->status.st_mode = S_IFREG | 0604; /* neither way do its bits refuse */
    image->kernel_answer = EACCES;
    assert_cause(scene, "unseen", CERTAINTY_UNKNOWN, IMAGE);
    assert_says(scene->verdict.why.data, "does not settle it");
    assert_says(scene_notes(scene), "uid 65534 and gid 65534 also stand for each id that");
    assert_null(strstr(scene_notes(scene), "BPF"));
    assert_says(scene_fixes(scene), "ls -ldn '/data/a.jpg'");
    assert_no_command(scene);
}

static void a_change_in_between(void **state) {
    struct scene *scene = *state;
    struct timespec *changed = &scene->components[DATA].status.st_ctim;
    scene->facts.now = (struct timespec){2000, 10 * 1000 * 1000};
    *changed = (struct timespec){1999, 980 * 1000 * 1000};
    assert_cause(scene, "changed", CERTAINTY_LIKELY, IMAGE);
    *changed = (struct timespec){1999, 900 * 1000 * 1000};
    assert_cause(scene, "unseen", CERTAINTY_UNKNOWN, IMAGE);
    *changed = (struct timespec){2000, 20 * 1000 * 1000}; /* behind the beginning of the report */
    assert_cause(scene, "changed", CERTAINTY_LIKELY, IMAGE);
    *changed = (struct timespec){5000, 0}; /* by the clock of a server, or of whoever made it up */
    assert_cause(scene, "unseen", CERTAINTY_UNKNOWN, IMAGE);
    *changed = (struct timespec){INT64_MIN, 0};
    assert_cause(scene, "unseen", CERTAINTY_UNKNOWN, IMAGE);
    *changed = (struct timespec){2000, 20 * 1000 * 1000};
    scene->mount.fstype = SLICE("sysfs"); /* all of it is as young as the first look */
    assert_cause(scene, "unseen", CERTAINTY_UNKNOWN, IMAGE);
    assert_null(strstr(scene_notes(scene), "changed just now"));
    scene->mount.fstype = SLICE("proc");
    assert_cause(scene, "unseen", CERTAINTY_UNKNOWN, IMAGE);
    assert_says(scene_notes(scene), "only to who may trace it");
    scene->mount.fstype = SLICE("ext4");
    scene->facts.identity.seccomp = 2; /* a file that is new in a sandbox proves nothing */
    assert_cause(scene, "unseen", CERTAINTY_UNKNOWN, IMAGE);
    assert_says(scene_notes(scene), "'/data' was changed just now");
    scene->facts.walk.error = ENOENT;
    scene->components[IMAGE].lookup_error = ENOENT;
    assert_cause(scene, "unseen", CERTAINTY_UNKNOWN, NO_CULPRIT);
    assert_says(scene_notes(scene), "a seccomp filter");
    scene->facts.identity.seccomp = 0; /* who else refuses has looked the path up */
    assert_cause(scene, "changed", CERTAINTY_PROVEN, IMAGE);
}

static void a_callback_may_have_failed(void **state) {
    struct scene *scene = *state;
    scene->incident.group = GROUP_DIR;
    scene->incident.how_kind = HOW_LIST;
    assert_cause(scene, "unseen", CERTAINTY_UNKNOWN, IMAGE);
    assert_null(strstr(scene_notes(scene), "returns -1"));
    scene->incident.function = "nftw64";
    assert_cause(scene, "unseen", CERTAINTY_UNKNOWN, IMAGE);
    assert_says(scene_notes(scene),
                "nftw64() also ends so when what it calls for a name returns -1");
}

static void a_path_that_cannot_be_followed(void **state) {
    struct scene *scene = *state;
    scene->facts.walk.cut = true;
    assert_cause(scene, "unseen", CERTAINTY_UNKNOWN, NO_CULPRIT);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, scene_make, scene_drop)

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(plain_causes),
        TEST(directories),
        TEST(ids_that_only_look_alike),
        TEST(what_is_nobody_s_on_fuse_nobody_writes),
        TEST(acl_causes),
        TEST(access_asks_for_the_real_ids),
        TEST(access_keeps_fixed_capabilities),
        TEST(ids_that_differ_are_told),
        TEST(what_the_real_ids_reach_may_be_out_of_sight),
        TEST(a_private_fuse_mount),
        TEST(an_acl_on_fuse),
        TEST(bits_from_mount_options),
        TEST(a_server_refuses),
        TEST(what_a_mount_says_drives_no_terminal),
        TEST(selinux),
        TEST(selinux_does_not_hide_the_bits),
        TEST(apparmor),
        TEST(candidates_need_evidence),
        TEST(ids_that_look_alike),
        TEST(a_change_in_between),
        TEST(a_callback_may_have_failed),
        TEST(a_path_that_cannot_be_followed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

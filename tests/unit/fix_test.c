/* SPDX-License-Identifier: MIT */
/* The least fix, in the terms of the world that the process lives in: contract, section 6. */
#include "scene.h"
#include <linux/capability.h>
#include <linux/stat.h>

/* uid 1001 may not read alice's (1002) file. */
static void refuse_file(struct scene *scene, mode_t mode) {
    struct component *image = &scene->components[IMAGE];
    image->status = (struct stat){.st_mode = S_IFREG | mode, .st_uid = 1002, .st_gid = 1003};
    image->kernel_answer = EACCES;
}

static void one_user_one_file_one_bit(void **state) {
    struct scene *scene = *state;
    refuse_file(scene, 0600);
    scene_judge(scene);
    assert_string_equal(scene_fixes(scene), "setfacl -m u:1001:r-- /data/a.jpg");
    assert_int_equal(scene->verdict.fixes[0].run_as, RUN_AS_OWNER | RUN_AS_ROOT);
    assert_false(scene->verdict.fixes[0].opens_to_more);
    /* A named entry decides alone: what the others' bits gave has to be in it. */
    refuse_file(scene, 0604);
    scene->components[IMAGE].needs = ACCESS_READ | ACCESS_WRITE;
    scene_judge(scene);
    assert_string_equal(scene_fixes(scene), "setfacl -m u:1001:rw- /data/a.jpg");
    assert_says(scene_notes(scene), "reading alone is allowed");
}

static void who_lists_goes_on_to_what_is_listed(void **state) {
    struct scene *scene = *state;
    refuse_file(scene, 0);
    scene->components[IMAGE].status.st_mode = S_IFDIR | 0700;
    scene_judge(scene);
    assert_string_equal(scene_fixes(scene), "setfacl -m u:1001:r-- /data/a.jpg");
    scene->incident.group = GROUP_DIR;
    scene_judge(scene);
    assert_string_equal(scene_fixes(scene), "setfacl -m u:1001:r-x /data/a.jpg");
    assert_string_equal(cause_word(scene->verdict.cause), "dir-list");
    scene->components[IMAGE].role = ROLE_PASSAGE; /* on the way nothing is listed */
    scene->components[IMAGE].needs = ACCESS_READ;
    scene_judge(scene);
    assert_string_equal(scene_fixes(scene), "setfacl -m u:1001:r-- /data/a.jpg");
}

static void an_owner_helps_himself(void **state) {
    struct scene *scene = *state;
    refuse_file(scene, 0000);
    scene->components[IMAGE].status.st_uid = 1001;
    scene_judge(scene);
    assert_string_equal(scene_fixes(scene), "chmod u+r /data/a.jpg");
    assert_int_equal(scene->verdict.fixes[0].run_as, RUN_AS_SELF | RUN_AS_ROOT);
}

static void without_acls_it_opens_to_all_and_says_so(void **state) {
    struct scene *scene = *state;
    refuse_file(scene, 0600);
    scene->components[IMAGE].acl.state = ACL_UNSUPPORTED;
    scene_judge(scene);
    assert_string_equal(scene_fixes(scene), "chmod o+r /data/a.jpg");
    assert_true(scene->verdict.fixes[0].opens_to_more);
}

static void a_wider_mask_wakes_nobody(void **state) {
    struct scene *scene = *state;
    static const struct acl_entry entries[] = {{ACL_TAG_USER_OBJ, 6, 0}, {ACL_TAG_USER, 4, 1001},
                                               {ACL_TAG_USER, 6, 1005},  {ACL_TAG_GROUP_OBJ, 4, 0},
                                               {ACL_TAG_MASK, 2, 0},     {ACL_TAG_OTHER, 0, 0}};
    refuse_file(scene, 0620);
    scene->components[IMAGE].acl = (struct acl){ACL_PRESENT, entries, 6};
    scene_judge(scene);
    assert_string_equal(scene_fixes(scene), "setfacl -n -m m::rw-,u:1005:-w-,g::--- /data/a.jpg");
    assert_false(scene->verdict.fixes[0].opens_to_more);
}

/* setfacl u:alice:rw FILE; chmod 600 FILE */
static void an_entry_that_a_mask_put_to_sleep(void **state) {
    struct scene *scene = *state;
    struct acl_entry entries[] = {{ACL_TAG_USER_OBJ, 6, 0},
                                  {ACL_TAG_USER, 6, 1001},
                                  {ACL_TAG_GROUP_OBJ, 4, 0},
                                  {ACL_TAG_MASK, 0, 0},
                                  {ACL_TAG_OTHER, 0, 0}};
    refuse_file(scene, 0600);
    scene->components[IMAGE].acl = (struct acl){ACL_PRESENT, entries, 5};
    scene_judge(scene);
    assert_string_equal(cause_word(scene->verdict.cause), "acl-mask");
    assert_says(scene->verdict.why.data, "user:1001:rw-");
    assert_string_equal(scene_fixes(scene), "setfacl -n -m m::r--,g::--- /data/a.jpg");
    entries[1].access = 2; /* it would not allow it either */
    scene_judge(scene);
    assert_string_equal(cause_word(scene->verdict.cause), "file-read");
    assert_string_equal(scene_fixes(scene), "setfacl -n -m u:1001:r--,m::r--,g::--- /data/a.jpg");
    entries[1] = (struct acl_entry){ACL_TAG_GROUP, 4, 1001};
    scene_judge(scene);
    assert_string_equal(cause_word(scene->verdict.cause), "acl-mask");
    assert_says(scene->verdict.why.data, "one of its groups, group:1001:r--");
}

/* sudo -E, su without "-" */
static void a_home_of_another(void **state) {
    struct scene *scene = *state;
    refuse_file(scene, 0600);
    scene->facts.environment = SLICE("LANG=C\0HOME=/data\0");
    scene_judge(scene);
    assert_null(strstr(scene_fixes(scene), "HOME")); /* root's: a service's home may be */
    scene->components[DATA].status.st_uid = 1002;
    scene_judge(scene);
    assert_says(scene_fixes(scene), "set HOME: it is '/data', the home of uid 1002");
    scene->components[DATA].status.st_uid = 1001;
    scene_judge(scene);
    assert_null(strstr(scene_fixes(scene), "HOME"));
}

static void nobody_writes_to_the_root_directory(void **state) {
    struct scene *scene = *state;
    struct component *root = &scene->components[ROOT];
    root->kernel_answer = EACCES;
    root->needs = ACCESS_WRITE | ACCESS_SEARCH;
    scene->components[1] = scene->components[IMAGE];
    scene->components[1].parent = 0;
    scene->components[1].lookup_error = ENOENT;
    scene->facts.walk.count = 2;
    scene->facts.walk.directory = 0;
    scene->facts.walk.error = ENOENT;
    scene->facts.walk.creates = true;
    scene->incident.flags = O_WRONLY | O_CREAT;
    scene_judge(scene);
    assert_string_equal(cause_word(scene->verdict.cause), "dir-write");
    assert_int_equal(scene->verdict.fixes[0].argument_count, 0);
    assert_says(scene_fixes(scene), "WorkingDirectory=");
}

static void a_group_that_has_the_right(void **state) {
    struct scene *scene = *state;
    refuse_file(scene, 0640);
    scene_judge(scene);
    assert_says(scene_notes(scene), "group 1003 has the right: uid 1001 has no account");
    scene->facts.identity.has_account = true;
    scene_judge(scene);
    assert_says(scene_notes(scene), "group 1003 has the right: root can add the user");
    scene->components[IMAGE].status.st_gid = 1002; /* the owner's own */
    scene_judge(scene);
    assert_null(strstr(scene_notes(scene), "has the right"));
    scene->components[IMAGE].status.st_gid = 42; /* shadow, disk, docker: the system's */
    scene_judge(scene);
    assert_null(strstr(scene_notes(scene), "has the right"));
    refuse_file(scene, 0600);
    scene_judge(scene);
    assert_null(strstr(scene_notes(scene), "has the right"));
}

static void who_creates_does_not_only_read(void **state) {
    struct scene *scene = *state;
    refuse_file(scene, 0604);
    scene->components[IMAGE].needs = ACCESS_READ | ACCESS_WRITE;
    scene->incident.flags = O_RDWR | O_CREAT | O_TRUNC;
    scene_judge(scene);
    assert_null(strstr(scene_notes(scene), "read-only"));
}

static void a_group_to_join(void **state) {
    struct scene *scene = *state;
    refuse_file(scene, 0640);
    scene->components[IMAGE].group_joinable = true;
    scene->components[IMAGE].group_name = SLICE("vision");
    scene_judge(scene);
    assert_says(scene_fixes(scene), "newgrp 'vision'");
    scene->facts.identity.container = SLICE("docker"); /* nobody logs in there */
    scene_judge(scene);
    assert_says(scene_fixes(scene), "--group-add 1003");
    assert_null(strstr(scene_fixes(scene), "newgrp"));
    assert_null(strstr(scene_fixes(scene), "--user"));
    scene->facts.identity.changed_user = true; /* who runs su there does */
    scene_judge(scene);
    assert_says(scene_fixes(scene), "newgrp 'vision'");
    scene->facts.identity.changed_user = false;
    scene->facts.identity.container = SLICE("");
    assert_int_equal(scene->verdict.fixes[0].argument_count, 0);
    refuse_file(scene, 0600); /* the group has not the bit either */
    scene_judge(scene);
    assert_int_equal(scene->verdict.fixes[0].argument_count, 4);
    assert_null(strstr(scene_fixes(scene), "newgrp"));
}

static void a_container_has_a_user(void **state) {
    struct scene *scene = *state;
    refuse_file(scene, 0600);
    scene->facts.identity.container = SLICE("docker");
    scene_judge(scene);
    assert_string_equal(scene_fixes(scene),
                        "start the container as the owner: --user 1002:1003 (docker, podman); "
                        "setfacl -m u:1001:r-- /data/a.jpg");
    assert_says(scene_notes(scene), "'/data' is mounted from outside the container");
    scene->mount.fstype = SLICE("tmpfs");
    scene_judge(scene);
    assert_says(scene_notes(scene), "'/data' is a tmpfs that was made for this container");
    scene->mount.fstype = SLICE("ext4");
    /* In the image itself the container's root is needed, with CAP_FOWNER. */
    assert_int_equal(scene->verdict.fixes[1].run_as, RUN_AS_OWNER);
    scene->mount.point = SLICE("/");
    scene_judge(scene);
    assert_int_equal(scene->verdict.fixes[1].run_as, RUN_AS_OWNER);
    scene->facts.identity.bounding = 1ull << CAP_FOWNER;
    scene_judge(scene);
    assert_int_equal(scene->verdict.fixes[1].run_as, RUN_AS_OWNER | RUN_AS_ROOT);
    scene->facts.identity.bounding = 0;
    scene->mount.point = SLICE("/data");
    scene_judge(scene);
    assert_int_equal(scene->verdict.fixes[1].run_as, RUN_AS_OWNER | RUN_AS_ROOT);
    scene->facts.identity.container =
        SLICE("firejail"); /* a sandbox, in which users are the host's */
    scene_judge(scene);
    assert_string_equal(scene_fixes(scene), "setfacl -m u:1001:r-- /data/a.jpg");
    scene->facts.identity.container = SLICE("kubernetes");
    scene_judge(scene);
    assert_says(scene_fixes(scene), "runAsUser: 1002, runAsGroup: 1003");
    /* A worker whose master is root is not started as the owner. */
    scene->facts.identity.changed_user = true;
    scene_judge(scene);
    assert_string_equal(scene_fixes(scene), "setfacl -m u:1001:r-- /data/a.jpg");
    scene->facts.identity.changed_user = false;
    /* That user would be stopped on the way: no advice that does not help. */
    scene->components[DATA].status.st_mode = S_IFDIR | 0700;
    scene->components[DATA].status.st_uid = 1001;
    scene_judge(scene);
    assert_string_equal(scene_fixes(scene), "setfacl -m u:1001:r-- /data/a.jpg");
}

static void never_the_container_s_root(void **state) {
    struct scene *scene = *state;
    refuse_file(scene, 0640);
    scene->components[IMAGE].status.st_uid = 0;
    scene->facts.identity.container = SLICE("podman");
    scene_judge(scene);
    assert_says(scene_fixes(scene), "--group-add 1003");
    assert_null(strstr(scene_fixes(scene), "--user"));
    scene->components[IMAGE].status.st_gid = 0;
    scene_judge(scene);
    assert_string_equal(scene_fixes(scene), "setfacl -m u:1001:r-- /data/a.jpg");
}

/* Rootless: uid 0 of the container is the ordinary user who started it. */
static void the_one_who_started_it(void **state) {
    struct scene *scene = *state;
    static const struct id_range rootless[] = {{0, 1000, 1}, {1, 100000, 65536}};
    static const struct id_range keep_id[] = {{0, 1, 1}, {1, 0, 1}};
    struct identity *identity = &scene->facts.identity;
    refuse_file(scene, 0600);
    scene->components[IMAGE].status.st_uid = scene->components[IMAGE].status.st_gid = 0;
    identity->container = SLICE("podman");
    identity->in_user_namespace = true;
    identity->uid_map = identity->gid_map = (struct id_map){rootless, 2, true};
    scene_judge(scene);
    assert_says(scene_fixes(scene), "--userns=keep-id:uid=1001,gid=1001 (podman, rootless)");
    assert_says(scene_notes(scene), "its number for uid 1001");
    identity->container = SLICE("docker"); /* which knows no keep-id */
    scene_judge(scene);
    assert_null(strstr(scene_fixes(scene), "keep-id"));
    identity->container = SLICE("podman");
    identity->uid_map.ranges = keep_id;
    scene_judge(scene);
    assert_null(strstr(scene_fixes(scene), "keep-id"));
}

static void an_idmapped_volume(void **state) {
    struct scene *scene = *state;
    refuse_file(scene, 0600);
    scene->mount.options = SLICE("rw,relatime,idmapped");
    scene->facts.identity.container = SLICE("podman");
    scene_judge(scene);
    assert_no_command(scene);
    assert_says(scene_fixes(scene), "--user 1002:1003");
    assert_says(scene_fixes(scene), "the mount maps ids, and perhaps not uid 1001");
}

static void root_without_capabilities(void **state) {
    struct scene *scene = *state;
    refuse_file(scene, 0600);
    scene_become_root(scene);
    scene->facts.identity.effective = 0;
    assert_cause(scene, "root-without-capability", CERTAINTY_PROVEN, IMAGE);
    assert_says(scene_fixes(scene), "run it as the owner, uid 1002 gid 1003");
    scene->facts.identity.container = SLICE("docker");
    scene_judge(scene);
    assert_says(scene_fixes(scene), "--user 1002:1003");
    assert_null(strstr(scene_fixes(scene), "--privileged"));
    assert_null(strstr(scene_fixes(scene), "cap-add"));
}

static void an_owner_outside_the_map(void **state) {
    struct scene *scene = *state;
    static const struct id_range one[] = {{0, 1000, 1}};
    struct identity *identity = &scene->facts.identity;
    scene_become_root(scene);
    identity->in_user_namespace = true;
    identity->uid_map = identity->gid_map = (struct id_map){one, 1, true};
    refuse_file(scene, 0600);
    scene->components[IMAGE].status.st_uid = scene->components[IMAGE].status.st_gid = 65534;
    assert_cause(scene, "unmapped-owner", CERTAINTY_PROVEN, IMAGE);
    assert_no_command(scene);
    /* unshare -r: outside it is an ordinary user, to whom the file is closed as well */
    assert_null(strstr(scene_fixes(scene), "run it outside"));
    assert_says(scene_fixes(scene), "there: setfacl -m u:UID:r-- '/data/a.jpg', UID being the "
                                    "number that uid 0 has there");
    static const struct id_range of_root[] = {{0, 0, 1}};
    identity->uid_map.ranges = of_root;
    assert_cause(scene, "unmapped-owner", CERTAINTY_PROVEN, IMAGE);
    assert_says(scene_fixes(scene), "run it outside of this user namespace");
    assert_null(strstr(scene_fixes(scene), "setfacl"));
    identity->uid_map.ranges = one;
    identity->container = SLICE("podman");
    scene_judge(scene);
    assert_says(scene_fixes(scene), "u:UID:r-- with the host's path of '/data/a.jpg'");
    assert_says(scene_fixes(scene), "--userns=keep-id");
    assert_says(scene_fixes(scene), ":idmap");
    /* With or without its owner in the map: bwrap's users have no capability. */
    identity->container = SLICE("");
    identity->effective = 0;
    assert_cause(scene, "root-without-capability", CERTAINTY_PROVEN, IMAGE);
    assert_says(scene_fixes(scene),
                "as the owner or root there: setfacl -m u:UID:r-- '/data/a.jpg'");
    assert_no_command(scene);
}

static void a_masked_home(void **state) {
    struct scene *scene = *state;
    struct component *data = &scene->components[DATA];
    scene->facts.walk.error = EACCES;
    scene->components[IMAGE].lookup_error = EACCES;
    data->kernel_answer = EACCES;
    data->status.st_mode = S_IFDIR;
    assert_cause(scene, "dir-search", CERTAINTY_PROVEN, DATA);
    assert_says(scene_fixes(scene), "setfacl -m u:1001:--x /data");
    scene->mount.root = SLICE("/run/systemd/inaccessible/dir"); /* /run is no tmpfs */
    assert_cause(scene, "dir-search", CERTAINTY_PROVEN, DATA);
    assert_no_command(scene);
    scene->mount.root = SLICE("/");
    scene->mount.fstype = SLICE("tmpfs");
    assert_cause(scene, "dir-search", CERTAINTY_PROVEN, DATA);
    assert_no_command(scene);
    assert_says(scene_fixes(scene), "ProtectHome=read-only");
    scene->mount.point = SLICE("/"); /* an ordinary directory on a tmpfs */
    assert_cause(scene, "dir-search", CERTAINTY_PROVEN, DATA);
    assert_says(scene_fixes(scene), "setfacl -m u:1001:--x /data");
}

/* It is told as the start of the path, and as "." again. */
static void a_removed_directory(void **state) {
    struct scene *scene = *state;
    refuse_file(scene, 0000);
    scene->facts.walk.start_deleted = true;
    scene->components[ROOT].status.st_ino = 7;
    scene->components[IMAGE].status.st_mode = S_IFDIR;
    scene_judge(scene);
    assert_says(scene_fixes(scene), "setfacl");
    scene->components[IMAGE].status.st_ino = 7;
    scene_judge(scene);
    assert_no_command(scene);
    assert_says(scene_fixes(scene), "it has been removed");
}

/* Step by step towards r-x: what a named entry gives is known, whatever the groups are. */
static void an_unclear_group_takes_nothing_back(void **state) {
    struct scene *scene = *state;
    static const struct id_range ranges[] = {{0, 1000, 2000}, {65534, 5000, 1}};
    static const gid_t groups[] = {65534};
    static const struct acl_entry entries[] = {{ACL_TAG_USER_OBJ, 7, 0},
                                               {ACL_TAG_USER, 1, 1001},
                                               {ACL_TAG_GROUP_OBJ, 0, 0},
                                               {ACL_TAG_MASK, 1, 0},
                                               {ACL_TAG_OTHER, 0, 0}};
    struct identity *identity = &scene->facts.identity;
    struct component *image = &scene->components[IMAGE];
    identity->in_user_namespace = true;
    identity->uid_map = identity->gid_map = (struct id_map){ranges, 2, true};
    identity->groups = groups;
    identity->group_count = 1;
    refuse_file(scene, 0710);
    image->status.st_mode = S_IFDIR | 0710;
    image->status.st_gid = 65534;
    image->acl = (struct acl){ACL_PRESENT, entries, 5};
    assert_cause(scene, "acl-entry", CERTAINTY_PROVEN, IMAGE);
    assert_string_equal(scene_fixes(scene), "setfacl -n -m u:1001:r-x,m::r-x /data/a.jpg");
    /* Without ACLs a chmod would have to know who is in the group. */
    image->acl = (struct acl){.state = ACL_UNSUPPORTED};
    assert_cause(scene, "dir-list", CERTAINTY_LIKELY, IMAGE);
    assert_no_command(scene);
    assert_says(scene_fixes(scene), "no chmod is sure to help");
}

static void a_command_for_a_chroot(void **state) {
    struct scene *scene = *state;
    refuse_file(scene, 0600);
    scene_judge(scene);
    assert_null(strstr(scene_notes(scene), "chroot"));
    scene->facts.identity.in_chroot = true;
    scene_judge(scene);
    assert_says(scene_notes(scene),
                "put that directory before it (as root: readlink /proc/1/root)");
    scene->incident.error = EIO; /* no command, no note */
    scene_judge(scene);
    assert_null(strstr(scene_notes(scene), "chroot"));
}

static void an_id_of_its_own_that_is_not_mapped(void **state) {
    struct scene *scene = *state;
    static const struct id_range ranges[] = {{0, 1000, 2000}};
    struct identity *identity = &scene->facts.identity;
    identity->in_user_namespace = true;
    identity->uid_map = identity->gid_map = (struct id_map){ranges, 1, true};
    identity->fsuid = 65534;
    refuse_file(scene, 0600);
    scene_judge(scene);
    assert_no_command(scene);
    assert_says(scene_fixes(scene), "own user id is not mapped");
}

static void an_acl_that_cannot_be_read(void **state) {
    struct scene *scene = *state;
    refuse_file(scene, 0660);
    scene->components[IMAGE].acl.state = ACL_UNKNOWN;
    assert_cause(scene, "file-read", CERTAINTY_LIKELY, IMAGE);
    assert_string_equal(scene_fixes(scene), "setfacl -m u:1001:r-- /data/a.jpg");
    assert_true(scene->verdict.fixes[0].opens_to_more);
}

/* /proc/PID/environ of somebody else; proc_setattr() refuses whoever asks. */
static void nothing_in_proc_is_changed(void **state) {
    struct scene *scene = *state;
    refuse_file(scene, 0400);
    scene->components[IMAGE].acl.state = ACL_UNSUPPORTED;
    scene->mount.fstype = SLICE("proc");
    scene_judge(scene);
    assert_no_command(scene);
    assert_says(scene_fixes(scene), "what is there is for uid 1002 and for root");
}

/* /proc/self/fd/N of what was removed, of O_TMPFILE or of a memfd. */
static void what_has_no_name_takes_no_command(void **state) {
    struct scene *scene = *state;
    refuse_file(scene, 0600);
    scene->components[IMAGE].path = SLICE("/data/a.jpg (deleted)");
    scene_judge(scene);
    assert_no_command(scene);
    assert_says(scene_fixes(scene), "use the descriptor");
    scene->components[IMAGE].status.st_nlink = 1; /* it is called so */
    scene_judge(scene);
    assert_string_equal(scene_fixes(scene), "setfacl -m u:1001:r-- /data/a.jpg (deleted)");
}

/* "." where another mount lies over the working directory by now. */
static void no_command_for_what_has_no_path(void **state) {
    struct scene *scene = *state;
    refuse_file(scene, 0600);
    scene->components[IMAGE].path = SLICE("./a.jpg");
    scene->facts.walk.start_astray = true;
    scene_judge(scene);
    assert_no_command(scene);
    assert_says(scene_fixes(scene), "no path leads to it from here");
    scene->components[IMAGE].path = SLICE("/data/a.jpg"); /* a link's text led back */
    scene_judge(scene);
    assert_string_equal(scene_fixes(scene), "setfacl -m u:1001:r-- /data/a.jpg");
}

/* Neither mode nor ACL of a file with such an attribute can be changed, by root either. */
static void an_attribute_comes_off_first(void **state) {
    struct scene *scene = *state;
    refuse_file(scene, 0600);
    scene->components[IMAGE].attributes = STATX_ATTR_IMMUTABLE;
    scene_judge(scene);
    assert_string_equal(scene_fixes(scene),
                        "chattr -i /data/a.jpg; setfacl -m u:1001:r-- /data/a.jpg");
    assert_int_equal(scene->verdict.fixes[0].run_as, RUN_AS_ROOT);
    assert_says(scene_notes(scene), "chattr +i puts the attribute back");
    scene->components[IMAGE].attributes = STATX_ATTR_APPEND;
    scene_judge(scene);
    assert_string_equal(scene_fixes(scene),
                        "chattr -a /data/a.jpg; setfacl -m u:1001:r-- /data/a.jpg");
    /* A container's root has no CAP_LINUX_IMMUTABLE unless it was given. */
    scene->facts.identity.container = SLICE("docker");
    scene_judge(scene);
    assert_says(scene_fixes(scene), "on the host, as root there: chattr -a");
    scene->facts.identity.bounding = 1ull << CAP_LINUX_IMMUTABLE;
    scene_judge(scene);
    assert_says(scene_fixes(scene), "chattr -a /data/a.jpg; setfacl");
    scene->facts.identity.in_user_namespace = true;
    scene_judge(scene);
    assert_says(scene_fixes(scene), "on the host, as root there: chattr -a");
}

/* A service has mounts of its own; who mends something has the others'. */
static void a_service_with_its_own_mounts(void **state) {
    struct scene *scene = *state;
    struct surroundings *surroundings = &scene->facts.surroundings;
    refuse_file(scene, 0600);
    scene->mount.options = SLICE("ro,relatime");
    surroundings->known = false;
    assert_true(scene_judge(scene)->asks_for_more);
    surroundings->known = true;
    scene_judge(scene);
    assert_says(scene_fixes(scene), "mounted read-only here");
    assert_no_command(scene);
    scene->mount.fstype = SLICE("squashfs");
    scene->mount.super_options = SLICE("ro");
    scene_judge(scene);
    assert_says(scene_fixes(scene), "change the permissions in what it is made from");
    assert_no_command(scene);
    scene->mount.fstype = SLICE("ext4");
    scene->mount.super_options = SLICE("rw");
    /* ReadOnlyPaths= */
    surroundings->outside = (struct outside){true, true, SLICE("/data/a.jpg"), {0}};
    scene_judge(scene);
    assert_string_equal(scene_fixes(scene), "setfacl -m u:1001:r-- /data/a.jpg");
    assert_says(scene_notes(scene), "read-only for this process alone");
    surroundings->outside.mount.super_options = SLICE("ro");
    scene_judge(scene);
    assert_no_command(scene);
    /* BindPaths=, PrivateTmp= */
    scene->mount.options = SLICE("rw");
    scene->mount.root = SLICE("/private");
    surroundings->outside = (struct outside){true, true, SLICE("/private/a.jpg"), {0}};
    scene_judge(scene);
    assert_string_equal(scene_fixes(scene), "setfacl -m u:1001:r-- /private/a.jpg");
    assert_says(scene_notes(scene), "its '/data/a.jpg' is '/private/a.jpg' for all others");
    surroundings->outside.path = SLICE("");
    scene_judge(scene);
    assert_string_equal(scene_fixes(scene), "setfacl -m u:1001:r-- /data/a.jpg");
    assert_says(scene_notes(scene), "nsenter -m -t 1");
    /* In a container, or in a user namespace, the numbers of users are others outside. */
    surroundings->outside.path = SLICE("/private/a.jpg");
    scene->facts.identity.container = SLICE("docker");
    scene_judge(scene);
    assert_says(scene_fixes(scene), "setfacl -m u:1001:r-- /data/a.jpg");
    scene->facts.identity.container = SLICE("");
    scene->facts.identity.in_user_namespace = true;
    scene_judge(scene);
    assert_string_equal(scene_fixes(scene), "setfacl -m u:1001:r-- /data/a.jpg");
    /* Most mounts need no second look. */
    scene->facts.identity.in_user_namespace = false;
    scene->mount.root = SLICE("/");
    surroundings->known = false;
    assert_false(scene_judge(scene)->asks_for_more);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, scene_make, scene_drop)

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(one_user_one_file_one_bit),
        TEST(who_lists_goes_on_to_what_is_listed),
        TEST(an_owner_helps_himself),
        TEST(without_acls_it_opens_to_all_and_says_so),
        TEST(a_wider_mask_wakes_nobody),
        TEST(an_entry_that_a_mask_put_to_sleep),
        TEST(a_home_of_another),
        TEST(nobody_writes_to_the_root_directory),
        TEST(a_group_that_has_the_right),
        TEST(who_creates_does_not_only_read),
        TEST(a_group_to_join),
        TEST(a_container_has_a_user),
        TEST(never_the_container_s_root),
        TEST(the_one_who_started_it),
        TEST(an_idmapped_volume),
        TEST(root_without_capabilities),
        TEST(an_owner_outside_the_map),
        TEST(a_masked_home),
        TEST(a_removed_directory),
        TEST(an_unclear_group_takes_nothing_back),
        TEST(a_command_for_a_chroot),
        TEST(an_id_of_its_own_that_is_not_mapped),
        TEST(an_acl_that_cannot_be_read),
        TEST(nothing_in_proc_is_changed),
        TEST(what_has_no_name_takes_no_command),
        TEST(no_command_for_what_has_no_path),
        TEST(an_attribute_comes_off_first),
        TEST(a_service_with_its_own_mounts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

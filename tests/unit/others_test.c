/* SPDX-License-Identifier: MIT */
/* The neighbours of EACCES and ENOENT, from recorded facts. */
#include "scene.h"
#include <linux/openat2.h>
#include <linux/stat.h>

static void not_a_directory(void **state) {
    struct scene *scene = *state;
    scene->incident.error = scene->facts.walk.error = ENOTDIR;
    scene->components[DATA].status.st_mode = S_IFREG | 0644;
    scene->components[IMAGE].lookup_error = ENOTDIR;
    assert_cause(scene, "not-a-directory", CERTAINTY_PROVEN, DATA);
    scene->components[DATA].status.st_mode = S_IFDIR | 0755;
    scene->components[IMAGE].lookup_error = 0;
    scene->facts.walk.trailing_slash = true;
    assert_cause(scene, "not-a-directory", CERTAINTY_PROVEN, IMAGE);
    assert_says(scene->verdict.why.data, "ends in a slash");
    scene->facts.walk.trailing_slash = false;
    scene->facts.walk.error = 0;
    scene->incident.flags = O_DIRECTORY;
    assert_cause(scene, "not-a-directory", CERTAINTY_PROVEN, IMAGE);
    assert_says(scene->verdict.why.data, "O_DIRECTORY");
}

static void is_a_directory(void **state) {
    struct scene *scene = *state;
    scene->incident.error = EISDIR;
    scene->incident.flags = O_WRONLY;
    scene->components[IMAGE].status.st_mode = S_IFDIR | 0755;
    assert_cause(scene, "is-a-directory", CERTAINTY_PROVEN, IMAGE);
    scene->incident.flags = O_RDONLY; /* does not fit: say no more than the errno */
    assert_cause(scene, "other-errno", CERTAINTY_UNKNOWN, IMAGE);
}

static void three_kinds_of_loop(void **state) {
    struct scene *scene = *state;
    struct component *image = &scene->components[IMAGE];
    scene->incident.error = ELOOP;
    image->status.st_mode = S_IFLNK | 0777;
    assert_cause(scene, "symlink-loop", CERTAINTY_PROVEN, IMAGE);
    assert_says(scene->verdict.why.data, "O_NOFOLLOW");
    image->role = ROLE_LINK;
    scene->facts.walk.error = ELOOP;
    assert_cause(scene, "symlink-loop", CERTAINTY_PROVEN, IMAGE);
    assert_says(scene->verdict.why.data, "the kernel follows 40");
    scene->mount.options = SLICE("rw,nosymfollow");
    assert_cause(scene, "symlink-loop", CERTAINTY_PROVEN, IMAGE);
    assert_says(scene->verdict.why.data, "nosymfollow");
    scene->mount.options = SLICE("rw");
    scene->incident.resolve = RESOLVE_NO_SYMLINKS;
    assert_cause(scene, "symlink-loop", CERTAINTY_PROVEN, IMAGE);
    assert_says(scene->verdict.why.data, "RESOLVE_NO_SYMLINKS");
}

static void read_only(void **state) {
    struct scene *scene = *state;
    scene->incident.error = EROFS;
    scene->incident.flags = O_WRONLY;
    assert_cause(scene, "other-errno", CERTAINTY_UNKNOWN, IMAGE);
    assert_says(scene->verdict.why.data, "btrfs property get PATH ro");
    scene->mount.options = SLICE("ro,relatime");
    scene->components[IMAGE].needs = ACCESS_WRITE;
    assert_cause(scene, "read-only", CERTAINTY_PROVEN, IMAGE);
    assert_says(scene_notes(scene), "its owner and mode give uid 1001 no write either");
    scene->components[IMAGE].needs = ACCESS_READ;
    assert_cause(scene, "read-only", CERTAINTY_PROVEN, IMAGE);
    assert_string_equal(scene_notes(scene), "");
    assert_says(scene_fixes(scene), "which is the case cannot be seen from here");
    assert_no_command(scene);
    scene->facts.surroundings.outside.known = true;
    assert_cause(scene, "read-only", CERTAINTY_PROVEN, IMAGE);
    assert_says(scene_fixes(scene), "mount -o remount,bind,rw /data");
    assert_true(scene->verdict.fixes[1].effect.length > 0);
    scene->mount.super_options = SLICE("ro");
    assert_cause(scene, "read-only", CERTAINTY_PROVEN, IMAGE);
    assert_says(scene_fixes(scene), "mount -o remount,rw /data");
    scene->mount.fstype = SLICE("squashfs");
    assert_cause(scene, "read-only", CERTAINTY_PROVEN, IMAGE);
    assert_no_command(scene);
    scene->mount.fstype = SLICE("ext4");
    scene->mount.super_options = SLICE("rw");
    scene->facts.identity.container = SLICE("docker");
    assert_cause(scene, "read-only", CERTAINTY_PROVEN, IMAGE);
    assert_says(scene_fixes(scene), "without :ro");
    assert_no_command(scene);
    scene->mount.point = SLICE("/");
    assert_cause(scene, "read-only", CERTAINTY_PROVEN, IMAGE);
    assert_says(scene_fixes(scene), "without --read-only");
    scene->mount.point = SLICE("/data");
    scene->facts.identity.container = SLICE("");
    scene->facts.surroundings.outside = (struct outside){true, true, SLICE("/data/a.jpg"), {0}};
    assert_cause(scene, "read-only", CERTAINTY_PROVEN, IMAGE);
    assert_says(scene_fixes(scene), "ReadWritePaths= in a service's unit");
    assert_no_command(scene);
    scene->facts.identity.in_user_namespace = true;
    assert_cause(scene, "read-only", CERTAINTY_PROVEN, IMAGE);
    assert_says(scene_fixes(scene), "bwrap has --bind");
    assert_no_command(scene);
    scene->facts.identity.in_user_namespace = false;
    scene->mount.options = SLICE("rw,relatime");
    scene->mount.super_options = SLICE("ro,errors=remount-ro");
    assert_cause(scene, "read-only", CERTAINTY_PROVEN, IMAGE);
    assert_says(scene_notes(scene), "dmesg");
}

static void attributes(void **state) {
    struct scene *scene = *state;
    struct component *image = &scene->components[IMAGE];
    scene->incident.error = EPERM;
    scene->incident.flags = O_WRONLY;
    assert_cause(scene, "other-errno", CERTAINTY_UNKNOWN, IMAGE);
    image->attributes = STATX_ATTR_IMMUTABLE;
    assert_cause(scene, "immutable", CERTAINTY_PROVEN, IMAGE);
    assert_says(scene_fixes(scene), "chattr -i /data/a.jpg");
    assert_int_equal(scene->verdict.fixes[1].run_as, RUN_AS_ROOT);
    assert_true(scene->verdict.fixes[1].effect.length > 0);
    assert_string_equal(scene_notes(scene), "");
    image->needs = ACCESS_WRITE;
    assert_cause(scene, "immutable", CERTAINTY_PROVEN, IMAGE);
    assert_says(scene_notes(scene), "its owner and mode give uid 1001 no write either");
    image->attributes = STATX_ATTR_APPEND;
    assert_cause(scene, "immutable", CERTAINTY_PROVEN, IMAGE);
    scene->incident.flags = O_WRONLY | O_APPEND | O_TRUNC;
    assert_cause(scene, "immutable", CERTAINTY_PROVEN, IMAGE);
    scene->incident.flags = O_WRONLY | O_APPEND;
    assert_cause(scene, "other-errno", CERTAINTY_UNKNOWN, IMAGE);
    scene->incident.flags = O_RDONLY | O_NOATIME;
    image->status.st_uid = 1002;
    assert_cause(scene, "other-errno", CERTAINTY_UNKNOWN, IMAGE);
    assert_says(scene->verdict.why.data, "O_NOATIME");
    scene_become_root(scene);
    assert_cause(scene, "other-errno", CERTAINTY_UNKNOWN, IMAGE);
    assert_null(strstr(scene->verdict.why.data, "O_NOATIME"));
    scene->facts.identity.in_user_namespace = true;
    image->status.st_uid = 65534;
    assert_cause(scene, "other-errno", CERTAINTY_UNKNOWN, IMAGE);
    assert_says(scene->verdict.why.data, "O_NOATIME");
}

static void limits(void **state) {
    struct scene *scene = *state;
    static char path[5001];
    scene->incident.error = EMFILE;
    scene->facts.walk.cut = true;
    scene->facts.surroundings.files_most = 1024;
    scene->facts.surroundings.files_most_hard = 4096;
    assert_cause(scene, "too-many-files", CERTAINTY_PROVEN, NO_CULPRIT);
    assert_says(scene_fixes(scene), "ulimit -n 4096");
    scene->facts.surroundings.files_most = 4096;
    assert_cause(scene, "too-many-files", CERTAINTY_PROVEN, NO_CULPRIT);
    assert_says(scene_fixes(scene), "LimitNOFILE=");
    scene->incident.error = ENFILE;
    assert_cause(scene, "too-many-files", CERTAINTY_PROVEN, NO_CULPRIT);
    assert_says(scene_fixes(scene), "fs.file-max");
    scene->incident.error = ENAMETOOLONG;
    memset(path, 'x', sizeof path - 1);
    scene->incident.path = path;
    assert_cause(scene, "name-too-long", CERTAINTY_PROVEN, NO_CULPRIT);
    scene->incident.path = "/data/a.jpg";
    scene->facts.walk.cut = false;
    scene->facts.walk.error = scene->components[IMAGE].lookup_error = ENAMETOOLONG;
    scene->facts.surroundings.name_bytes_most = 143;
    assert_cause(scene, "name-too-long", CERTAINTY_PROVEN, IMAGE);
    assert_says(scene->verdict.why.data, "143 at most");
}

static void stale_handles(void **state) {
    struct scene *scene = *state;
    scene->incident.error = scene->facts.walk.error = ESTALE;
    assert_cause(scene, "stale-handle", CERTAINTY_PROVEN, DATA);
    scene->facts.walk.error = 0;
    assert_cause(scene, "stale-handle", CERTAINTY_LIKELY, IMAGE);
}

static void what_no_rule_explains(void **state) {
    struct scene *scene = *state;
    static const int errors[] = {EINVAL, ENXIO, EEXIST, ETXTBSY, ENOSPC, EIO, EFBIG};
    for (size_t i = 0; i < sizeof errors / sizeof *errors; i++) {
        scene->incident.error = errors[i];
        assert_cause(scene, "other-errno", CERTAINTY_UNKNOWN, IMAGE);
        assert_null(strstr(scene->verdict.why.data, "allow"));
        assert_says(scene->verdict.summary.data, "the kernel answered E");
    }
    scene->incident.error = EOVERFLOW;
    assert_cause(scene, "other-errno", CERTAINTY_UNKNOWN, IMAGE);
    assert_says(scene->verdict.why.data, "an owner would have to be stored");
    scene->incident.error = EPERM;
    scene->mount.fstype = SLICE("proc");
    scene->mount.super_options = SLICE("rw,hidepid=noaccess");
    assert_cause(scene, "other-errno", CERTAINTY_UNKNOWN, IMAGE);
    assert_says(scene->verdict.why.data, "mounted with hidepid=");
    scene->mount.super_options = SLICE("rw,hidepid=off");
    assert_cause(scene, "other-errno", CERTAINTY_UNKNOWN, IMAGE);
    assert_null(strstr(scene->verdict.why.data, "hidepid"));
    scene->mount.fstype = SLICE("ext4");
    scene->incident.error = EEXIST; /* O_EXCL: its bits were not looked at, and are not to blame */
    scene->incident.flags = O_WRONLY | O_CREAT | O_EXCL;
    scene->components[IMAGE].needs = ACCESS_WRITE;
    scene->components[IMAGE].kernel_answer = EACCES;
    assert_cause(scene, "other-errno", CERTAINTY_UNKNOWN, IMAGE);
    assert_int_equal(scene->verdict.judgements[IMAGE].verdict, COMPONENT_DENIED);
    assert_int_equal(scene->verdict.judgements[IMAGE].class, CLASS_NONE);
    scene->incident.error = EUCLEAN;
    assert_cause(scene, "other-errno", CERTAINTY_UNKNOWN, IMAGE);
    assert_says(scene->verdict.why.data, "Structure needs cleaning: the file system is damaged");
    scene->incident.error = EINVAL; /* of readlink(2) */
    scene->incident.how_kind = HOW_RESOLVE;
    scene->incident.flags = O_PATH | O_NOFOLLOW;
    assert_cause(scene, "other-errno", CERTAINTY_UNKNOWN, IMAGE);
    assert_says(scene->verdict.why.data, "it is no symbolic link");
    scene->facts.walk.count = 0;
    assert_cause(scene, "other-errno", CERTAINTY_UNKNOWN, NO_CULPRIT);
}

static void a_path_that_was_replaced(void **state) {
    struct scene *scene = *state;
    scene->incident.error = ELOOP;
    assert_cause(scene, "changed", CERTAINTY_PROVEN, IMAGE);
    scene->components[IMAGE].mount = NULL; /* with what options? */
    assert_cause(scene, "other-errno", CERTAINTY_UNKNOWN, IMAGE);
    scene->incident.error = ENOTDIR;
    scene->components[IMAGE].mount = &scene->mount;
    assert_cause(scene, "changed", CERTAINTY_PROVEN, IMAGE);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, scene_make, scene_drop)

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(not_a_directory),
        TEST(is_a_directory),
        TEST(three_kinds_of_loop),
        TEST(read_only),
        TEST(attributes),
        TEST(limits),
        TEST(stale_handles),
        TEST(what_no_rule_explains),
        TEST(a_path_that_was_replaced),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: MIT */
/* The sentence that tells why: which id, which entry, which bits. The kernel has no say in it, so
 * that tests/property cannot judge it. */
#include "scene.h"

enum { R = ACCESS_READ, W = ACCESS_WRITE, X = ACCESS_SEARCH };

/* Nobody's numbers are the same. */
static struct component *refuse_file(struct scene *scene, mode_t mode) {
    struct component *image = &scene->components[IMAGE];
    scene->facts.identity.ruid = 1003;
    image->status = (struct stat){.st_mode = S_IFREG | mode, .st_uid = 1004, .st_gid = 1005};
    image->kernel_answer = EACCES;
    return image;
}

static const char *why(struct scene *scene) {
    scene_judge(scene);
    assert_true(scene->verdict.why.length < sizeof scene->text);
    snprintf(scene->text, sizeof scene->text, "%.*s", (int)scene->verdict.why.length,
             scene->verdict.why.data);
    return scene->text;
}

static void the_class_that_decides(void **state) {
    struct scene *scene = *state;
    struct component *image = refuse_file(scene, 0752);
    image->needs = W | R;
    assert_string_equal(why(scene), "owner is 1004, not 1001; group 1005 is not among the groups; "
                                    "so the \"other\" bits -w- decide");
    image->status.st_gid = 1001;
    image->needs = W;
    assert_string_equal(why(scene), "owner is 1004, not 1001; group 1001 is among the groups; so "
                                    "the \"group\" bits r-x decide, and no others");
    image->status.st_uid = 1001;
    image->status.st_mode = S_IFREG | 0456;
    assert_string_equal(why(scene),
                        "uid 1001 owns it; so the \"owner\" bits r-- decide, and no others");
}

static void the_entry_that_decides(void **state) {
    struct scene *scene = *state;
    struct component *image = refuse_file(scene, 0660);
    struct acl_entry entries[] = {{ACL_TAG_USER_OBJ, 6, 0},  {ACL_TAG_USER, W, 1001},
                                  {ACL_TAG_GROUP_OBJ, X, 0}, {ACL_TAG_GROUP, W, 1001},
                                  {ACL_TAG_MASK, 6, 0},      {ACL_TAG_OTHER, 3, 0}};
    image->acl = (struct acl){ACL_PRESENT, entries, 6};
    assert_string_equal(why(scene), "the ACL has an entry for this user, which decides: "
                                    "user:1001:-w-, without read");
    entries[1] = (struct acl_entry){ACL_TAG_USER, R | X, 1001};
    entries[4].access = W | X;
    assert_string_equal(why(scene), "the ACL has an entry for this user, which decides: "
                                    "user:1001:r-x, of which mask::-wx leaves --x");
    entries[1].id = 1002;
    assert_string_equal(why(scene), "the ACL's entries for its groups decide, the nearest is "
                                    "group:1001:-w-, without read");
    entries[3].id = 1002;
    image->status.st_gid = 1001;
    assert_string_equal(why(scene), "the ACL's entries for its groups decide, the nearest is "
                                    "group::--x, without read");
    image->status.st_gid = 1005;
    assert_string_equal(why(scene), "owner is 1004, not 1001; the ACL has no entry for this user "
                                    "or its groups; so the \"other\" bits -wx decide");
}

static void an_entry_asleep(void **state) {
    struct scene *scene = *state;
    struct component *image = refuse_file(scene, 0602);
    struct acl_entry entries[] = {{ACL_TAG_USER_OBJ, 6, 0},
                                  {ACL_TAG_USER, R | X, 1001},
                                  {ACL_TAG_GROUP_OBJ, 0, 0},
                                  {ACL_TAG_MASK, 0, 0},
                                  {ACL_TAG_OTHER, W, 0}};
    image->acl = (struct acl){ACL_PRESENT, entries, 5};
    assert_string_equal(why(scene),
                        "the ACL has an entry for this user, user:1001:r-x, but its mask is ---, "
                        "as chmod g-rwx or a creation with mode 600 leaves it; the kernel then "
                        "skips the ACL and the \"other\" bits -w- decide");
    image->status.st_gid = 1001;
    entries[1] = (struct acl_entry){ACL_TAG_GROUP, R, 1001};
    assert_string_equal(why(scene), "the ACL has an entry for one of its groups, group:1001:r--, "
                                    "but its mask is ---, as chmod g-rwx or a creation with mode "
                                    "600 leaves it; the kernel then skips the ACL and the "
                                    "\"group\" bits --- decide");
}

static void what_root_lacks(void **state) {
    struct scene *scene = *state;
    struct component *image = refuse_file(scene, 0600);
    struct identity *identity = &scene->facts.identity;
    scene_become_root(scene);
    identity->effective = 0;
    assert_string_equal(why(scene),
                        "owner is 1004, not 0; group 1005 is not among the groups; so the "
                        "\"other\" bits --- decide; root passes that only with CAP_DAC_OVERRIDE "
                        "or CAP_DAC_READ_SEARCH, and has not what is needed");
    identity->effective = (1ull << 41) - 1;
    identity->in_user_namespace = true;
    static const struct id_range ranges[] = {{0, 1000, 1}};
    identity->uid_map = identity->gid_map = (struct id_map){ranges, 1, true};
    image->status.st_uid = 65534;
    assert_string_equal(why(scene),
                        "owner is 65534, not 0; group 1005 is not among the groups; so the "
                        "\"other\" bits --- decide; its capabilities do not count here: owner "
                        "65534 or group 1005 stands for an id that this user namespace does not "
                        "map");
    identity->in_user_namespace = false;
    scene->mount.options = SLICE("rw,idmapped");
    image->needs = W;
    image->status.st_mode = S_IFREG | 0666;
    assert_string_equal(why(scene),
                        "owner is 65534, not 0; group 1005 is not among the groups; so the "
                        "\"other\" bits rw- decide; nobody may write here, whatever the bits: "
                        "owner 65534 or group 1005 stands for an id that this mount does not map");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, scene_make, scene_drop)

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(the_class_that_decides),
        TEST(the_entry_that_decides),
        TEST(an_entry_asleep),
        TEST(what_root_lacks),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: MIT */
/* The kernel's permission rule, one line of it at a time: path_resolution(7), acl(5),
 * capabilities(7), user_namespaces(7). */
#include "scene.h"
#include <linux/capability.h>

enum { R = ACCESS_READ, W = ACCESS_WRITE, X = ACCESS_SEARCH };

static struct access decide(struct scene *scene, unsigned wanted) {
    struct access access;
    access_decide(&scene->facts.identity, &scene->components[IMAGE], wanted, &access);
    return access;
}

static struct stat *status_of(struct scene *scene) {
    return &scene->components[IMAGE].status;
}

static void one_class_decides(void **state) {
    struct scene *scene = *state;
    struct stat *status = status_of(scene);
    static const struct {
        uid_t owner;
        gid_t group;
        mode_t mode;
        enum access_class class;
        bool reads;
    } rows[] = {
        {1001, 1001, 0400, CLASS_OWNER, true}, {1001, 1001, 0044, CLASS_OWNER, false},
        {0, 1001, 0040, CLASS_GROUP, true},    {0, 1001, 0404, CLASS_GROUP, false},
        {0, 0, 0004, CLASS_OTHER, true},       {0, 0, 0440, CLASS_OTHER, false},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        status->st_uid = rows[i].owner;
        status->st_gid = rows[i].group;
        status->st_mode = S_IFREG | rows[i].mode;
        struct access access = decide(scene, R);
        assert_int_equal(access.class, rows[i].class);
        assert_int_equal(access.allowed, rows[i].reads);
        assert_int_equal(access.missing, rows[i].reads ? 0 : R);
        assert_true(access.sure);
    }
}

static void a_supplementary_group_counts(void **state) {
    struct scene *scene = *state;
    static const gid_t groups[] = {7, 8};
    status_of(scene)->st_gid = 8;
    status_of(scene)->st_mode = S_IFREG | 0040;
    assert_false(decide(scene, R).allowed);
    scene->facts.identity.groups = groups;
    scene->facts.identity.group_count = 2;
    assert_true(decide(scene, R).allowed);
}

static void set_acl(struct scene *scene, const struct acl_entry *entries, size_t count) {
    scene->components[IMAGE].acl = (struct acl){ACL_PRESENT, entries, count};
}

static void the_mask_limits_named_entries(void **state) {
    struct scene *scene = *state;
    static const struct acl_entry entries[] = {{ACL_TAG_USER_OBJ, R | W, 0},
                                               {ACL_TAG_USER, R, 1001},
                                               {ACL_TAG_GROUP_OBJ, 0, 0},
                                               {ACL_TAG_MASK, W, 0},
                                               {ACL_TAG_OTHER, R, 0}};
    set_acl(scene, entries, 5);
    status_of(scene)->st_mode = S_IFREG | 0624;
    struct access access = decide(scene, R);
    assert_int_equal(access.class, CLASS_ACL_USER);
    assert_false(access.allowed);
    assert_true(access.mask_took);
    /* Without a bit in the group class the kernel does not look at the ACL at all. */
    status_of(scene)->st_mode = S_IFREG | 0604;
    access = decide(scene, R);
    assert_int_equal(access.class, CLASS_OTHER);
    assert_true(access.allowed);
}

static void one_group_must_give_everything(void **state) {
    struct scene *scene = *state;
    static const gid_t groups[] = {7, 8};
    static const struct acl_entry entries[] = {
        {ACL_TAG_USER_OBJ, R | W, 0}, {ACL_TAG_GROUP_OBJ, 0, 0}, {ACL_TAG_GROUP, R, 7},
        {ACL_TAG_GROUP, W, 8},        {ACL_TAG_MASK, R | W, 0},  {ACL_TAG_OTHER, R | W, 0}};
    scene->facts.identity.groups = groups;
    scene->facts.identity.group_count = 2;
    set_acl(scene, entries, 6);
    status_of(scene)->st_mode = S_IFREG | 0666;
    assert_true(decide(scene, R).allowed);
    assert_true(decide(scene, W).allowed);
    struct access access = decide(scene, R | W);
    assert_int_equal(access.class, CLASS_ACL_GROUP);
    assert_false(access.allowed);
}

static void capabilities_pass(void **state) {
    struct scene *scene = *state;
    struct identity *identity = &scene->facts.identity;
    status_of(scene)->st_mode = S_IFREG | 0000;
    identity->effective = 1ull << CAP_DAC_READ_SEARCH;
    assert_true(decide(scene, R).allowed);
    assert_true(decide(scene, R).by_capability);
    assert_false(decide(scene, W).allowed);
    assert_false(decide(scene, R | W).allowed);
    identity->effective = 1ull << CAP_DAC_OVERRIDE;
    assert_true(decide(scene, R | W).allowed);
    assert_false(decide(scene, X).allowed); /* no one may execute it */
    for (unsigned bit = 0100; bit > 0; bit >>= 3) {
        status_of(scene)->st_mode = S_IFREG | bit; /* one may */
        assert_true(decide(scene, X).allowed);
    }
    status_of(scene)->st_mode = S_IFDIR | 0000;
    assert_true(decide(scene, R | W | X).allowed);
    identity->effective = 1ull << CAP_DAC_READ_SEARCH;
    assert_true(decide(scene, R | X).allowed);
    assert_false(decide(scene, W | X).allowed);
}

static void a_capability_stops_at_unmapped_owners(void **state) {
    struct scene *scene = *state;
    struct identity *identity = &scene->facts.identity;
    static const struct id_range one[] = {{0, 1000, 1}}, all[] = {{0, 100000, 65536}},
                                 two[] = {{0, 1000, 1}, {65534, 5000, 1}};
    scene_become_root(scene);
    identity->in_user_namespace = true;
    identity->uid_map = identity->gid_map = (struct id_map){one, 1, true};
    *status_of(scene) = (struct stat){.st_mode = S_IFREG | 0600, .st_uid = 65534, .st_gid = 65534};
    struct access access = decide(scene, R);
    assert_false(access.allowed);
    assert_true(access.capability_idle);
    assert_int_equal(access.owner_mapping, NOT_MAPPED);
    /* 65534 has a place in this map: it may be nobody himself. */
    identity->uid_map = identity->gid_map = (struct id_map){all, 1, true};
    access = decide(scene, R);
    assert_true(access.allowed);
    assert_false(access.sure);
    assert_int_equal(access.owner_mapping, MAYBE_MAPPED);
    identity->uid_map = identity->gid_map = (struct id_map){two, 2, true};
    assert_int_equal(decide(scene, R).owner_mapping, MAYBE_MAPPED);
}

static void an_idmapped_mount_unmaps_too(void **state) {
    struct scene *scene = *state;
    scene_become_root(scene);
    scene->mount.options = SLICE("rw,relatime,idmapped");
    *status_of(scene) = (struct stat){.st_mode = S_IFREG | 0666, .st_uid = 65534, .st_gid = 0};
    assert_true(decide(scene, R).allowed);
    assert_true(decide(scene, W).unmapped_write);
}

static void what_is_not_known_is_not_sure(void **state) {
    struct scene *scene = *state;
    status_of(scene)->st_mode = S_IFREG | 0060;
    scene->components[IMAGE].acl.state = ACL_UNKNOWN;
    assert_false(decide(scene, R).sure);
    scene->components[IMAGE].acl.state = ACL_ABSENT;
    assert_true(decide(scene, R).sure);
    scene->facts.identity.groups_complete = false;
    assert_false(decide(scene, R).sure);
    status_of(scene)->st_mode = S_IFREG | 0666;
    scene->components[IMAGE].status_known = false;
    assert_false(decide(scene, R).allowed);
    assert_int_equal(decide(scene, R).missing, R);
}

/* In a user namespace where 65534 is somebody, and may stand for anybody else as well. */
static void share_the_overflow_id(struct scene *scene) {
    static const struct id_range ranges[] = {{0, 1000, 2000}, {65534, 5000, 1}};
    static const gid_t groups[] = {65534};
    struct identity *identity = &scene->facts.identity;
    identity->in_user_namespace = true;
    identity->uid_map = identity->gid_map = (struct id_map){ranges, 2, true};
    identity->groups = groups;
    identity->group_count = 1;
}

static void where_no_group_is_asked_none_is_unclear(void **state) {
    struct scene *scene = *state;
    static const struct acl_entry entries[] = {{ACL_TAG_USER_OBJ, R, 0},
                                               {ACL_TAG_USER, X, 1001},
                                               {ACL_TAG_GROUP_OBJ, 0, 0},
                                               {ACL_TAG_MASK, R | X, 0},
                                               {ACL_TAG_OTHER, 0, 0}};
    share_the_overflow_id(scene);
    *status_of(scene) = (struct stat){.st_mode = S_IFDIR | 0750, .st_uid = 1002, .st_gid = 65534};
    assert_false(decide(scene, W).sure);
    set_acl(scene, entries, 5);
    assert_int_equal(decide(scene, R).class, CLASS_ACL_USER);
    assert_true(decide(scene, R).sure);
    status_of(scene)->st_uid = 1001;
    assert_int_equal(decide(scene, W).class, CLASS_OWNER);
    assert_true(decide(scene, W).sure);
    status_of(scene)->st_uid = 1002;
    scene->facts.identity.groups_complete = false;
    assert_true(decide(scene, R).sure);
}

/* posix_acl_to_xattr() gives -1 for an id that is not mapped, credentials give 65534. */
static void an_entry_may_mean_a_hidden_id(void **state) {
    struct scene *scene = *state;
    struct acl_entry entries[] = {{ACL_TAG_USER_OBJ, R, 0},
                                  {ACL_TAG_USER, R, UINT32_MAX},
                                  {ACL_TAG_GROUP_OBJ, 0, 0},
                                  {ACL_TAG_MASK, R, 0},
                                  {ACL_TAG_OTHER, 0, 0}};
    share_the_overflow_id(scene);
    scene->facts.identity.group_count = 0;
    *status_of(scene) = (struct stat){.st_mode = S_IFREG | 0640, .st_uid = 1002, .st_gid = 1002};
    set_acl(scene, entries, 5);
    assert_true(decide(scene, R).sure);
    scene->facts.identity.fsuid = 65534;
    assert_false(decide(scene, R).sure);
    entries[1].id = 65534;
    assert_false(decide(scene, R).sure);
    /* With an empty mask none of its entries is looked at, and none can be named. */
    status_of(scene)->st_mode = S_IFREG | 0600;
    entries[3].access = 0;
    assert_true(decide(scene, R).sure);
    assert_null(decide(scene, R).asleep);
    entries[3].access = R;
    status_of(scene)->st_mode = S_IFREG | 0640;
    entries[1].id = 1005;
    assert_true(decide(scene, R).sure);
    entries[1] = (struct acl_entry){ACL_TAG_GROUP, R, UINT32_MAX};
    assert_true(decide(scene, R).sure);
    scene->facts.identity.overflow_gid = 65533; /* a sysctl of its own */
    scene->facts.identity.fsgid = 65533;
    assert_false(decide(scene, R).sure);
}

static void options_are_whole_words(void **state) {
    (void)state;
    struct slice value = SLICE("untouched");
    struct slice options = SLICE("rw,user_id=1001,group_id=7,allow_others");
    assert_false(options_have(options, "allow_other"));
    assert_true(options_have(options, "allow_others"));
    assert_true(options_find(options, "group_id", &value));
    assert_true(slice_is(value, "7"));
    assert_false(options_find(options, "id", &value));
    assert_true(slice_is(value, "7"));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(one_class_decides, scene_make, scene_drop),
        cmocka_unit_test_setup_teardown(a_supplementary_group_counts, scene_make, scene_drop),
        cmocka_unit_test_setup_teardown(the_mask_limits_named_entries, scene_make, scene_drop),
        cmocka_unit_test_setup_teardown(one_group_must_give_everything, scene_make, scene_drop),
        cmocka_unit_test_setup_teardown(capabilities_pass, scene_make, scene_drop),
        cmocka_unit_test_setup_teardown(a_capability_stops_at_unmapped_owners, scene_make,
                                        scene_drop),
        cmocka_unit_test_setup_teardown(an_idmapped_mount_unmaps_too, scene_make, scene_drop),
        cmocka_unit_test_setup_teardown(what_is_not_known_is_not_sure, scene_make, scene_drop),
        cmocka_unit_test_setup_teardown(where_no_group_is_asked_none_is_unclear, scene_make,
                                        scene_drop),
        cmocka_unit_test_setup_teardown(an_entry_may_mean_a_hidden_id, scene_make, scene_drop),
        cmocka_unit_test(options_are_whole_words),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

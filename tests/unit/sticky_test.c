/* SPDX-License-Identifier: MIT */
/* What no bits decide: sticky directories with fs.protected_*, files on nodev and noexec, magic
 * links. */
#include "scene.h"

static void make_link(struct scene *scene, uid_t owner) {
    scene->components[DATA].status.st_mode = S_IFDIR | S_ISVTX | 0777;
    scene->components[BEHIND] = scene->components[IMAGE];
    scene->components[BEHIND].path = SLICE("/real.jpg");
    scene->components[BEHIND].mount = &scene->mount;
    scene->components[IMAGE].role = ROLE_LINK;
    scene->components[IMAGE].needs = 0;
    scene->components[IMAGE].status = (struct stat){.st_mode = S_IFLNK | 0777, .st_uid = owner};
    scene->facts.walk.count = 4;
}

static void a_restricted_link(void **state) {
    struct scene *scene = *state;
    make_link(scene, 1002);
    assert_cause(scene, "protected-symlink", CERTAINTY_PROVEN, IMAGE);
    assert_int_equal(scene->verdict.judgements[IMAGE].verdict, COMPONENT_DENIED);
    assert_int_equal(scene->verdict.judgements[BEHIND].verdict, COMPONENT_UNREACHED);
    assert_no_command(scene);
    assert_says(scene_fixes(scene), "'/real.jpg'");
    scene_become_root(scene); /* no capability helps */
    assert_cause(scene, "protected-symlink", CERTAINTY_PROVEN, IMAGE);
}

static void a_link_that_may_be_followed(void **state) {
    struct scene *scene = *state;
    make_link(scene, 1001); /* one's own */
    assert_cause(scene, "unseen", CERTAINTY_UNKNOWN, BEHIND);
    scene->components[IMAGE].status.st_uid = 0; /* the directory owner's */
    assert_cause(scene, "unseen", CERTAINTY_UNKNOWN, BEHIND);
    scene->components[IMAGE].status.st_uid = 1002;
    scene->components[IMAGE].rest_behind = 3; /* on the way, not at the end */
    assert_cause(scene, "unseen", CERTAINTY_UNKNOWN, BEHIND);
    scene->components[IMAGE].rest_behind = 0;
    scene->facts.surroundings.protected_symlinks = 0;
    assert_cause(scene, "unseen", CERTAINTY_UNKNOWN, BEHIND);
    scene->components[DATA].status.st_mode = S_IFDIR | S_ISVTX | 0775; /* not for all to write */
    scene->facts.surroundings.protected_symlinks = 1;
    assert_cause(scene, "unseen", CERTAINTY_UNKNOWN, BEHIND);
    scene->components[DATA].status.st_mode = S_IFDIR | 0777; /* not sticky */
    assert_cause(scene, "unseen", CERTAINTY_UNKNOWN, BEHIND);
}

static void a_sysctl_is_asked_for_first(void **state) {
    struct scene *scene = *state;
    make_link(scene, 1002);
    scene->facts.surroundings.known = false;
    assert_true(scene_judge(scene)->asks_for_more);
    scene->components[BEHIND].status.st_mode = S_IFREG | 0600; /* nor does what is behind decide */
    scene->components[BEHIND].kernel_answer = EACCES;
    assert_true(scene_judge(scene)->asks_for_more);
    /* What the plain rule explains asks for nothing. */
    scene_drop(state);
    scene_make(state);
    scene = *state;
    scene->facts.surroundings.known = false;
    scene_refuse(scene, IMAGE);
    scene->components[IMAGE].status.st_mode = S_IFREG | 0600;
    assert_false(scene_judge(scene)->asks_for_more);
    assert_string_equal(cause_word(scene->verdict.cause), "file-read");
}

static void creation_in_a_sticky_directory(void **state) {
    struct scene *scene = *state;
    struct component *image = &scene->components[IMAGE], *data = &scene->components[DATA];
    data->status.st_mode = S_IFDIR | S_ISVTX | 0777;
    image->status = (struct stat){.st_mode = S_IFREG | 0666, .st_uid = 1002};
    image->needs = ACCESS_WRITE;
    scene->incident.flags = O_WRONLY | O_CREAT;
    scene->facts.walk.creates = true;
    assert_cause(scene, "protected-create", CERTAINTY_PROVEN, IMAGE);
    assert_no_command(scene);
    assert_says(scene_fixes(scene), "r+");
    image->status.st_mode = S_IFREG | 0644; /* that alone would not help */
    assert_cause(scene, "protected-create", CERTAINTY_PROVEN, IMAGE);
    assert_null(strstr(scene_fixes(scene), "r+"));
    image->status.st_mode = S_IFREG | 0666;
    scene->facts.surroundings.protected_regular = 0;
    assert_cause(scene, "unseen", CERTAINTY_UNKNOWN, IMAGE);
    image->status.st_mode = S_IFIFO | 0666;
    assert_cause(scene, "protected-create", CERTAINTY_PROVEN, IMAGE);
    scene->facts.surroundings.protected_fifos = 1;
    data->status.st_mode = S_IFDIR | S_ISVTX | 0775; /* 1: only where all may write */
    assert_cause(scene, "unseen", CERTAINTY_UNKNOWN, IMAGE);
    scene->facts.surroundings.protected_fifos = 2;
    assert_cause(scene, "protected-create", CERTAINTY_PROVEN, IMAGE);
    image->status.st_uid = 1001;
    assert_cause(scene, "unseen", CERTAINTY_UNKNOWN, IMAGE);
    image->status.st_uid = 1002;
    data->status.st_mode = S_IFDIR | S_ISVTX | 0755; /* nobody else makes files there */
    scene->facts.surroundings.protected_fifos = 2;
    assert_cause(scene, "unseen", CERTAINTY_UNKNOWN, IMAGE);
    data->status.st_mode = S_IFDIR | 0777;
    assert_cause(scene, "unseen", CERTAINTY_UNKNOWN, IMAGE);
    data->status.st_mode = S_IFDIR | S_ISVTX | 0777;
    scene->facts.walk.cut = true; /* the last component is not the file */
    assert_cause(scene, "unseen", CERTAINTY_UNKNOWN, NO_CULPRIT);
}

static void owners_that_cannot_be_told_apart(void **state) {
    struct scene *scene = *state;
    static const struct id_range one[] = {{1001, 1001, 1}};
    make_link(scene, 65534);
    scene->components[DATA].status.st_uid = 65534;
    assert_cause(scene, "unseen", CERTAINTY_UNKNOWN, BEHIND); /* nobody is somebody */
    scene->facts.identity.in_user_namespace = true;
    scene->facts.identity.uid_map = scene->facts.identity.gid_map = (struct id_map){one, 1, true};
    assert_cause(scene, "protected-symlink", CERTAINTY_LIKELY, IMAGE);
    assert_says(scene->verdict.why.data, "may stand for different owners");
    scene->components[BEHIND].status.st_mode = S_IFREG | 0600; /* and this refuses for sure */
    scene->components[BEHIND].kernel_answer = EACCES;
    assert_cause(scene, "file-read", CERTAINTY_LIKELY, BEHIND);
    assert_says(scene_notes(scene), "fs.protected_symlinks or fs.protected_regular may");
    assert_says(scene_notes(scene), "cannot be told apart");
    scene->facts.walk.error = ENOENT; /* a dangling link refuses before it dangles */
    scene->components[BEHIND].lookup_error = ENOENT;
    assert_cause(scene, "protected-symlink", CERTAINTY_LIKELY, IMAGE);
}

static void a_creator_that_cannot_be_told_apart(void **state) {
    struct scene *scene = *state;
    static const struct id_range one[] = {{1001, 1001, 1}};
    scene->components[DATA].status =
        (struct stat){.st_mode = S_IFDIR | S_ISVTX | 0777, .st_uid = 65534};
    scene->components[IMAGE].status = (struct stat){.st_mode = S_IFREG | 0666, .st_uid = 65534};
    scene->components[IMAGE].needs = ACCESS_WRITE;
    scene->incident.flags = O_WRONLY | O_CREAT;
    scene->facts.walk.creates = true;
    assert_cause(scene, "unseen", CERTAINTY_UNKNOWN, IMAGE); /* nobody is somebody */
    scene->facts.identity.in_user_namespace = true;
    scene->facts.identity.uid_map = scene->facts.identity.gid_map = (struct id_map){one, 1, true};
    assert_cause(scene, "protected-create", CERTAINTY_LIKELY, IMAGE);
    assert_says(scene->verdict.why.data, "may stand for different owners");
}

static void a_sysctl_that_cannot_be_read(void **state) {
    struct scene *scene = *state;
    make_link(scene, 1002);
    scene->facts.surroundings.protected_symlinks = ANSWER_UNKNOWN;
    assert_cause(scene, "protected-symlink", CERTAINTY_LIKELY, IMAGE);
    assert_says(scene->verdict.why.data, "fs.protected_symlinks: in a sticky directory");
    assert_says(scene->verdict.why.data, "the sysctl cannot be read here");
    scene->components[BEHIND].status.st_mode = S_IFREG | 0600;
    scene->components[BEHIND].kernel_answer = EACCES;
    assert_cause(scene, "file-read", CERTAINTY_LIKELY, BEHIND);
    assert_says(scene_notes(scene), "may have refused first: here they cannot be read");
    scene->facts.surroundings.protected_symlinks = 1;
    scene_judge(scene);
    assert_says(scene->verdict.why.data, "fs.protected_symlinks is 1: in a sticky directory");
}

static void a_sysctl_of_files_that_cannot_be_read(void **state) {
    struct scene *scene = *state;
    scene->components[DATA].status.st_mode = S_IFDIR | S_ISVTX | 0777;
    scene->components[IMAGE].status = (struct stat){.st_mode = S_IFREG | 0666, .st_uid = 1002};
    scene->components[IMAGE].needs = ACCESS_WRITE;
    scene->incident.flags = O_WRONLY | O_CREAT;
    scene->facts.walk.creates = true;
    scene->facts.surroundings.protected_regular = ANSWER_UNKNOWN;
    assert_cause(scene, "protected-create", CERTAINTY_LIKELY, IMAGE);
    assert_says(scene->verdict.why.data, "the sysctl cannot be read here");
    scene->components[IMAGE].status.st_uid = 1001;
    assert_cause(scene, "unseen", CERTAINTY_UNKNOWN, IMAGE);
}

/* The owners that are told are those of the rule. */
static void whose_it_is(void **state) {
    struct scene *scene = *state;
    scene->facts.identity.ruid = 1003;
    make_link(scene, 1002);
    scene->components[DATA].status.st_uid = 1005;
    scene_judge(scene);
    assert_says(scene->verdict.why.data, "its owner (1002, not 1001) or when the directory's owner "
                                         "(1005) made it");
    assert_says(scene_fixes(scene), "by its own path: '/real.jpg'");
    scene->components[IMAGE].status.st_uid = 1003; /* the real id gives no right */
    assert_cause(scene, "protected-symlink", CERTAINTY_PROVEN, IMAGE);
    scene->facts.walk.error = ENOENT; /* a dangling one leads to nothing */
    scene->components[BEHIND].lookup_error = ENOENT;
    scene_judge(scene);
    assert_null(strstr(scene_fixes(scene), "by its own path"));
}

static void whose_the_file_is(void **state) {
    struct scene *scene = *state;
    struct component *image = &scene->components[IMAGE], *data = &scene->components[DATA];
    scene->facts.identity.ruid = 1003;
    data->status = (struct stat){.st_mode = S_IFDIR | S_ISVTX | 0777, .st_uid = 1005};
    image->status = (struct stat){.st_mode = S_IFREG | 0666, .st_uid = 1002};
    image->needs = ACCESS_WRITE;
    scene->incident.flags = O_WRONLY | O_CREAT;
    scene->facts.walk.creates = true;
    assert_cause(scene, "protected-create", CERTAINTY_PROVEN, IMAGE);
    assert_says(scene->verdict.why.data,
                "neither to the process (1001) nor to the directory's owner (1005) but to 1002");
    assert_says(scene_fixes(scene), "; or write to a directory of one's own ($XDG_RUNTIME_DIR, "
                                    "mkdtemp), or run it as uid 1002");
    image->status.st_mode = S_IFREG | 0600;
    scene_judge(scene);
    assert_int_equal(strncmp(scene_fixes(scene), "write to a directory", 20), 0);
}

static void a_device_on_nodev(void **state) {
    struct scene *scene = *state;
    scene->components[IMAGE].status.st_mode = S_IFCHR | 0666;
    assert_cause(scene, "unseen", CERTAINTY_UNKNOWN, IMAGE);
    scene->mount.options = SLICE("rw,nosuid,nodev");
    assert_cause(scene, "nodev", CERTAINTY_PROVEN, IMAGE);
    assert_no_command(scene);
    scene->facts.walk.cut = true; /* there is more behind it */
    assert_cause(scene, "unseen", CERTAINTY_UNKNOWN, NO_CULPRIT);
    scene->facts.walk.cut = false;
    scene->facts.walk.error = ENOTDIR;
    assert_cause(scene, "unseen", CERTAINTY_UNKNOWN, NO_CULPRIT);
    scene->facts.walk.error = 0;
    /* access(2) opens nothing. */
    scene->incident.flags = O_PATH;
    scene_refuse(scene, IMAGE);
    scene->components[IMAGE].status.st_mode = S_IFCHR | 0600;
    assert_cause(scene, "file-read", CERTAINTY_PROVEN, IMAGE);
    scene->incident.flags = 0;
    scene->components[IMAGE].kernel_answer = 0;
    scene->components[IMAGE].status.st_mode = S_IFREG | 0666;
    assert_cause(scene, "unseen", CERTAINTY_UNKNOWN, IMAGE);
}

/* Asked by access(2), which looks at the mount before it looks at the bits. */
static void a_program_on_noexec(void **state) {
    struct scene *scene = *state;
    scene->incident.how_kind = HOW_ACCESS;
    scene->incident.flags = O_PATH;
    scene->incident.wanted = ACCESS_SEARCH;
    scene->components[IMAGE].needs = ACCESS_SEARCH;
    scene->components[IMAGE].kernel_answer = EACCES;
    assert_cause(scene, "file-execute", CERTAINTY_PROVEN, IMAGE);
    assert_int_equal(scene->verdict.fixes[0].argument_count, 4);
    assert_memory_equal(scene->verdict.fixes[0].grants.data, "uid 1001: execute", 17);
    scene->mount.options = SLICE("rw,nosuid,noexec");
    assert_cause(scene, "file-execute", CERTAINTY_PROVEN, IMAGE);
    assert_says(scene->verdict.why.data, "'/data' has the option noexec");
    assert_says(scene_notes(scene), "no execute either");
    assert_no_command(scene);
    scene->components[IMAGE].status.st_mode = S_IFREG | 0755;
    assert_cause(scene, "file-execute", CERTAINTY_PROVEN, IMAGE);
    assert_int_equal(scene->verdict.note_count, 0);
    assert_no_command(scene);
    /* With other ids: these may have been refused before. */
    scene->incident.real_ids = true;
    scene->facts.identity.ruid = 1002;
    assert_cause(scene, "file-execute", CERTAINTY_LIKELY, IMAGE);
    scene->components[DATA].status.st_mode = S_IFDIR | 0700;
    scene->components[DATA].kernel_answer = EACCES;
    assert_cause(scene, "dir-search", CERTAINTY_PROVEN, DATA);
    scene->incident.real_ids = false;
    scene->components[DATA].status.st_mode = S_IFDIR | 0755;
    scene->components[DATA].kernel_answer = 0;
    scene->incident.wanted = scene->components[IMAGE].needs = ACCESS_READ;
    assert_cause(scene, "unseen", CERTAINTY_UNKNOWN, IMAGE);
}

static void a_guarded_magic_link(void **state) {
    struct scene *scene = *state;
    struct component *link = &scene->components[IMAGE];
    link->role = ROLE_LINK;
    link->needs = 0;
    link->status = (struct stat){.st_mode = S_IFLNK | 0777, .st_uid = 1002};
    scene->facts.walk.error = EACCES;
    assert_cause(scene, "unseen", CERTAINTY_UNKNOWN, IMAGE);
    scene->mount.fstype = SLICE("proc");
    assert_cause(scene, "proc-guard", CERTAINTY_PROVEN, IMAGE);
    assert_says(scene_fixes(scene), "run it as uid 1002 gid 0");
    assert_says(scene->verdict.why.data, "(of uid 1002)");
    assert_no_command(scene);
    link->status.st_uid = 1001; /* the group is another */
    assert_cause(scene, "proc-guard", CERTAINTY_PROVEN, IMAGE);
    assert_says(scene_fixes(scene), "run it as uid 1001 gid 0");
    link->status.st_gid = 1001; /* Landlock, or fewer capabilities */
    assert_cause(scene, "proc-guard", CERTAINTY_PROVEN, IMAGE);
    assert_null(strstr(scene_fixes(scene), "run it as"));
    scene->facts.identity.in_user_namespace = true;
    assert_cause(scene, "proc-guard", CERTAINTY_PROVEN, IMAGE);
    assert_says(scene_fixes(scene), "from outside of this user namespace");
    scene->facts.identity.in_user_namespace = false;
    link->mount = NULL;
    assert_cause(scene, "unseen", CERTAINTY_UNKNOWN, IMAGE);
    link->mount = &scene->mount;
    link->role = ROLE_TARGET; /* hidepid hides, and does not guard */
    scene->facts.walk.directory = IMAGE;
    assert_cause(scene, "unseen", CERTAINTY_UNKNOWN, IMAGE);
    link->role = ROLE_LINK;
    scene->facts.walk.error = 0;
    assert_cause(scene, "unseen", CERTAINTY_UNKNOWN, IMAGE);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, scene_make, scene_drop)

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(a_restricted_link),
        TEST(a_link_that_may_be_followed),
        TEST(a_sysctl_is_asked_for_first),
        TEST(creation_in_a_sticky_directory),
        TEST(owners_that_cannot_be_told_apart),
        TEST(a_creator_that_cannot_be_told_apart),
        TEST(a_sysctl_that_cannot_be_read),
        TEST(a_sysctl_of_files_that_cannot_be_read),
        TEST(whose_it_is),
        TEST(whose_the_file_is),
        TEST(a_device_on_nodev),
        TEST(a_program_on_noexec),
        TEST(a_guarded_magic_link),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: MIT */
#include "tree.h"
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

const char *const tree_files[] = {
    "proj/big/holiday.png",
    "proj/big/IMG_20230514_101500.JPG",
    "proj/big/Sunset_Beach.JPG",
    "proj/big/Report_FINAL.png",
    "proj/big/sunflower.jpeg",
    "proj/big/mountain-view.jpg",
    "proj/big/city skyline.png",
    "proj/big/cafe\xcc\x81.jpg",
    "proj/big/na\xc3\xafve.png",
    "proj/big/\xc3\xbc"
    "ber.tif",
    "proj/big/\xe3\x81\x8b\xe3\x82\x99.png",
    "proj/big/stra\xdf"
    "e.png",
    "proj/big/pi\xc3\x83\xc2\xb1"
    "ata.png",
    "proj/big/wide\xe2\x80\x93"
    "dash.png",
    "proj/big/screenshot 1.02\xe2\x80\xafPM.png",
    "proj/big/it's.jpg",
    "proj/big/dog.jpg",
    "proj/big/dog.xml",
    "proj/big/cat.png",
    "proj/big/cat.txt",
    "proj/big/notes.txt",
    "proj/big/portrait.jpg",
    "proj/big/landscape.tiff",
    "proj/big/photo.jpg.jpg",
    "proj/big/archive.jpg",
    "proj/big/brain.nii.gz",
    "proj/big/tulip.jpg",
    "proj/big/mask_left.png",
    "proj/big/mask_right.png",
    "proj/big/data (1).jpg",
    "proj/big/data (2).jpg",
    "proj/big/x1.png",
    "proj/big/x3.png",
    "proj/big/frame-0001.png",
    "proj/big/frame-0007.png",
    "proj/big/frame-0024.png",
    "proj/packed/packed/train/p1.jpg",
    "proj/packed/packed/solo.jpg",
    "proj/kit/kit-main/train/k1.jpg",
    "proj/kit/kit-main/k2.jpg",
    "proj/data/cats/001.jpg",
    "proj/data/cats/002.jpg",
    "proj/data/cats/010.jpg",
    "proj/data/dogs/rex.jpg",
    "proj/data/coco/000000000139.jpg",
    "proj/data/masks/cat_mask.png",
    "proj/data/train/n01440764/n01440764_10026.JPEG",
    "proj/Images/Sub Dir/pic.png",
    /* what else a project has: more directories than a handful */
    "proj/.git/HEAD.txt",
    "proj/configs/base.txt",
    "proj/models/list.txt",
    "proj/notebooks/readme.txt",
    "proj/outputs/log.txt",
    "shared/ref/target.png",
    "app/assets/icon.png",
    "home/alice/pics/me.jpg",
    "home/bob/pics/bob.jpg",
    "store/set/one.png",
    NULL,
};

static void fail(const char *what) {
    fprintf(stderr, "%s: %s\n", what, strerror(errno));
    exit(2);
}

static void make_file(const char *path) {
    char directory[4096];
    snprintf(directory, sizeof directory, "%s", path);
    for (char *at = strchr(directory, '/'); at; at = strchr(at + 1, '/')) {
        *at = '\0';
        if (mkdir(directory, 0755) != 0 && errno != EEXIST)
            fail(directory);
        *at = '/';
    }
    int descriptor = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0644);
    if (descriptor < 0)
        fail(path);
    close(descriptor);
}

void tree_make(size_t names) {
    size_t others = 0;
    for (const char *const *file = tree_files; *file; file++) {
        make_file(*file);
        others += strncmp(*file, "proj/big/", 9) == 0;
    }
    int big = open("proj/big", O_PATH | O_DIRECTORY | O_CLOEXEC);
    for (size_t i = 0; i + others < names; i++) {
        char name[32];
        snprintf(name, sizeof name, "img_%07zu.jpg", i);
        /* mknod(2) makes a regular file without opening it. */
        if (mknodat(big, name, S_IFREG | 0644, 0) != 0)
            fail(name);
    }
    close(big);
}

static int remove_one(const char *path, const struct stat *status, int type, struct FTW *walk) {
    (void)status;
    (void)type;
    (void)walk;
    return remove(path);
}

void tree_remove(const char *root) {
    nftw(root, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

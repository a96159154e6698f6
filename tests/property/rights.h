/* SPDX-License-Identifier: MIT */
/*
 * The oracle's first half: what one file gives one subject, and in which words a refusal is to be
 * told. Written from acl(5), path_resolution(7), capabilities(7), user_namespaces(7) and mount(8),
 * not from the library.
 */
#ifndef PROPERTY_RIGHTS_H
#define PROPERTY_RIGHTS_H

#include "scene.h"

enum { R = 4, W = 2, X = 1 };

struct rights {
    bool allowed;
    unsigned lacks;                  /* rwx that the deciding class does not give */
    unsigned grants;                 /* and those that it gives */
    const char *class;               /* the contract's word for it; NULL: none decided */
    bool acl_moot, groups_moot;      /* refused whatever the ACL, or the groups, may be */
    bool blurred;                    /* it hangs on an id shown as OVERFLOW_ID, and nothing that the
                                        subject can read tells whether that is the real one */
    const char *causes[MOST_CAUSES]; /* the contract's words for the refusal; more than one where
                                        the contract leaves it open */
};

struct rights rights_of(const struct scene *scene, const struct subject *subject, int node,
                        unsigned needs);

/* Owner ids as the scene's mount shows them; UINT32_MAX: an idmapped mount has none for it. */
uint32_t seen_uid(const struct scene *scene, int node);
uint32_t seen_gid(const struct scene *scene, int node);

/* Whether the mount can store files of the subject: else creating fails with EOVERFLOW. */
bool rights_storable(const struct scene *scene, const struct subject *subject);

/* Whether root itself gets there and can open it: not always, on an idmapped mount. */
bool rights_root_reaches(const struct scene *scene, int node);

/* The id that stands for one without a mapping, user_namespaces(7), /proc/sys/kernel/overflowuid.
 */
enum { OVERFLOW_ID = 65534 };

/* Whether the owner is shown as itself: it has an id here, and not OVERFLOW_ID. */
bool rights_shown(const struct scene *scene, const struct subject *subject, int node);

/* Whether the subject holds OVERFLOW_ID itself, and so looks like the owner of such a file. */
bool rights_overflow_held(const struct subject *subject);

/* Owner of the file, or CAP_FOWNER over it. */
bool rights_owner(const struct scene *scene, const struct subject *subject, int node);

#endif

/* SPDX-License-Identifier: MIT */
/* Others than the subject: what they may do must not change when the subject is helped. */
#ifndef PROPERTY_WITNESS_H
#define PROPERTY_WITNESS_H

#include "random.h"
#include "scene.h"

enum { WITNESSES = 20 };

struct witness {
    uid_t uid;
    gid_t gid;
    unsigned group_count;
    gid_t groups[4];
};

/* rwx of every node, as faccessat2(2) answers each witness. */
struct testimony {
    uint8_t access[WITNESSES][MOST_NODES];
};

/* None has the subject's fsuid. */
void witness_generate(struct random *random, const struct subject *subject,
                      struct witness witnesses[WITNESSES]);
bool witness_ask(const struct scene *scene, const struct witness witnesses[WITNESSES],
                 struct testimony *testimony);

#endif

/* SPDX-License-Identifier: MIT */
/* What is asked: open(2), openat(2), fopen(3) and faccessat(2). */
#ifndef PROPERTY_CALL_H
#define PROPERTY_CALL_H

#include "random.h"
#include "scene.h"

/* `number` makes the missing names of one scene's calls differ. */
void call_generate(struct random *random, const struct scene *scene, const struct subject *subject,
                   unsigned number, struct call *call);

/* Does the call; `directory` is its open dirfd. Returns 0 or errno; what it opened is closed. */
int call_perform(const struct call *call, int directory);

/* "O_WRONLY|O_CREAT" */
void call_flags_text(int flags, char *text, size_t bytes);

/* AT_* flags of a CALL_ACCESS. */
int call_access_flags(const struct call *call);

/* As whom the call is judged: access(2) asks for the real ids, and gives capabilities to none but
 * root. Without AT_EACCESS, that is. */
struct subject call_subject(const struct call *call, const struct subject *subject);

/* Whether the call takes the descriptor of a directory. */
static inline bool call_is_at(const struct call *call) {
    return call->function == CALL_OPENAT || call->function == CALL_ACCESS;
}

#endif

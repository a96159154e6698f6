/* SPDX-License-Identifier: MIT */
#include "next.h"
#include <dlfcn.h>
#include <errno.h>
#include <string.h>

/*
 * The stubs stand where the host may call before any constructor has run. Each replaces the
 * pointers and makes the call again; if the name were not there (it is: the build saw it), the call
 * fails with ENOSYS and the host runs on.
 */
#define FAILED(type) _Generic((type)0, int : -1, long : -1, default : 0)
#define MODE , mode_t mode
#define CALL(type, name, parameters, arguments, ...)                                               \
    static type find_then_##name parameters {                                                      \
        next_find();                                                                               \
        if (next.name == (void *)find_then_##name) {                                               \
            errno = ENOSYS;                                                                        \
            return FAILED(type);                                                                   \
        }                                                                                          \
        return next.name arguments;                                                                \
    }
#define CALL_AT CALL
#define CALL_FTS CALL
#include "exports.def"
#undef CALL
#undef MODE

struct next next = {
#define CALL(type, name, ...) .name = (void *)find_then_##name,
#include "exports.def"
#undef CALL
};

void next_find(void) {
    void *found;
    /* The pointer is stored whole: another thread may be calling through it. */
#define CALL(type, name, ...)                                                                      \
    found = dlsym(RTLD_NEXT, #name);                                                               \
    if (found)                                                                                     \
        __atomic_store(&next.name, (__typeof__(next.name) *)&found, __ATOMIC_RELEASE);
#include "exports.def"
}

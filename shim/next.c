/* SPDX-License-Identifier: MIT */
/*
 * A name is looked up when it is called for the first time: most programs call a few of them, and
 * to find all at once costs a tenth of the start of a short one. That may be in a signal handler or
 * while another thread is in dlopen, so it is done without locks, in the tables of the objects from
 * us to libc, which stay where they are as long as the process. dlsym(3) does it where they are not
 * all there is to it.
 */
#include "next.h"
#include "base/dynamic.h"
#include "base/start.h"
#include <dlfcn.h>
#include <errno.h>
#include <gnu/lib-names.h>
#include <stdatomic.h>
#include <stdbool.h>

/* Weak: not a reason to depend on ld.so by name. */
extern struct r_debug __attribute__((weak, visibility("default"))) _r_debug;

enum { MOST_OBJECTS = 4096 };

/* ---- where ---- */

static bool begins(const char *text, const char *start) {
    while (*start && *text == *start)
        text++, start++;
    return *start == '\0';
}

static bool is_libc(const struct link_map *map) {
    const char *name = map->l_name;
    for (const char *at = name; *at; at++)
        if (*at == '/')
            name = at + 1;
    return begins(name, LIBC_SO) && name[sizeof LIBC_SO - 1] == '\0';
}

/*
 * The object behind us in the order of RTLD_NEXT, which is that of the loader's list for all that
 * comes with the program. NULL where that is not enough: we came by dlopen, libc comes before us,
 * there are filters (DT_FILTER), tables of another kind, or name spaces and so perhaps auditors,
 * who change what is found (rtld-audit(7)).
 */
static const struct link_map *find_behind_us(void) {
    const struct link_map *behind_us = NULL;
    struct dynamic dynamic;
    if (!&_r_debug || _r_debug.r_version != 1)
        return NULL;
    const struct link_map *map = _r_debug.r_map;
    for (unsigned n = 0; map && n < MOST_OBJECTS; n++, map = map->l_next) {
        if (map->l_ld == _DYNAMIC)
            behind_us = map->l_next;
        else if (behind_us && (!dynamic_read(NULL, map, &dynamic) || dynamic.filters))
            return NULL;
        if (is_libc(map))
            return behind_us;
    }
    return NULL;
}

static uintptr_t find_from(const struct link_map *map, const char *name) {
    for (bool last = false; map && !last; map = map->l_next) {
        struct dynamic dynamic;
        ElfW(Sym) symbol;
        last = is_libc(map);
        if (!dynamic_read(NULL, map, &dynamic) || !dynamic_find(NULL, &dynamic, name, &symbol))
            continue;
        uintptr_t address = dynamic.base + symbol.st_value;
        if (ELF64_ST_TYPE(symbol.st_info) == STT_GNU_IFUNC)
            address = ((uintptr_t(*)(void))address)(); /* the psABI's indirect function */
        return address;
    }
    return 0;
}

/* ---- each name ---- */

/* Set once, before main or by an earlier call. */
static START_DATA const struct link_map *_Atomic behind_us;

void *next_look_up(const char *name) {
    const struct link_map *map = atomic_load_explicit(&behind_us, memory_order_acquire);
    if (!map) { /* a constructor before ours calls */
        map = find_behind_us();
        atomic_store_explicit(&behind_us, map, memory_order_release);
    }
    return map ? (void *)find_from(map, name) : dlsym(RTLD_NEXT, name);
}

/*
 * Each stub replaces the pointer that led to it and makes the call again; if the name were not
 * there (it is: the build saw it), the call fails with ENOSYS and the host runs on. The pointer is
 * stored whole: another thread may be calling through it.
 */
#define FAILED(type) _Generic((type)0, int : -1, long : -1, default : 0)
#define MODE , mode_t mode
#define CALL(type, name, parameters, arguments, ...)                                               \
    static type find_then_##name parameters {                                                      \
        void *found = next_look_up(#name);                                                         \
        if (!found) {                                                                              \
            errno = ENOSYS;                                                                        \
            return FAILED(type);                                                                   \
        }                                                                                          \
        __atomic_store(&next.name, (__typeof__(next.name) *)&found, __ATOMIC_RELEASE);             \
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

START_CODE void next_start(char *const *environment) {
    bool weak_matters = false; /* ld.so(8): then a weak definition is not always the one */
    for (; environment && *environment; environment++)
        weak_matters = weak_matters || begins(*environment, "LD_DYNAMIC_WEAK=");
    const struct link_map *map = find_behind_us();
    atomic_store_explicit(&behind_us, map, memory_order_release);
    if (map && !weak_matters)
        return;
    /* All at once, since dlsym takes the loader's lock. */
    void *found;
#define CALL(type, name, ...)                                                                      \
    found = dlsym(RTLD_NEXT, #name);                                                               \
    if (found)                                                                                     \
        __atomic_store(&next.name, (__typeof__(next.name) *)&found, __ATOMIC_RELEASE);
#include "exports.def"
}

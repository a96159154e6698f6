/* SPDX-License-Identifier: MIT */
/*
 * The wrappers. Each calls the next definition and, when that succeeded, returns at once.
 *
 * Variadic names. The optional mode of open() is a named parameter here. The x86-64 psABI (3.2.3)
 * passes an integer behind `...` just like a named one, so what the caller gave arrives, and what
 * it did not give is a register that the next definition ignores: it reads the mode only for
 * O_CREAT and O_TMPFILE. va_arg would cost half of the instructions a successful open may cost.
 *
 * The arguments that a report needs are kept in memory across the call. Left to itself the compiler
 * keeps them in callee-saved registers, and saving and restoring those costs more.
 */
#include "incident.h"
#include "next.h"
#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#define EXPORT __attribute__((visibility("default")))
#define KEEP(object) __asm__ volatile("" : "+m"(object))
#define UNLIKELY(condition) __builtin_expect((condition), 0)
#define HAS_FAILED(result)                                                                         \
    _Generic((result), int : no_number, long : no_number, default : no_pointer)(result)
#define IS_POINTER(result) _Generic((result), int : false, long : false, default : true)

static inline bool no_number(long result) {
    return result == -1;
}

static inline bool no_pointer(const void *result) {
    return result == NULL;
}

#define MODE , mode_t mode

#define CALL(type, name, parameters, arguments, group, path, how, how_is)                          \
    EXPORT type wrapped_##name parameters __asm__(#name);                                          \
    type wrapped_##name parameters {                                                               \
        struct {                                                                                   \
            const char *path_;                                                                     \
            __typeof__(how) how_;                                                                  \
        } kept = {path, how};                                                                      \
        KEEP(kept);                                                                                \
        type result = next.name arguments;                                                         \
        static const struct failed_call call = {#name, group, how_is, IS_POINTER(result)};         \
        if (UNLIKELY(HAS_FAILED(result)))                                                          \
            call_failed(&call, AT_FDCWD, kept.path_, (uintptr_t)kept.how_);                        \
        return result;                                                                             \
    }

#define CALL_AT(type, name, parameters, arguments, group, path, directory, how, how_is)            \
    EXPORT type wrapped_##name parameters __asm__(#name);                                          \
    type wrapped_##name parameters {                                                               \
        struct {                                                                                   \
            const char *path_;                                                                     \
            __typeof__(how) how_;                                                                  \
            int directory_;                                                                        \
        } kept = {path, how, directory};                                                           \
        KEEP(kept);                                                                                \
        type result = next.name arguments;                                                         \
        static const struct failed_call call = {#name, group, how_is, IS_POINTER(result)};         \
        if (UNLIKELY(HAS_FAILED(result)))                                                          \
            call_failed(&call, kept.directory_, kept.path_, (uintptr_t)kept.how_);                 \
        return result;                                                                             \
    }

/* The entry holds the errno, and a path that is good where the walk stands now. */
#define CALL_FTS(type, name, parameters, arguments, group, path, how, how_is)                      \
    EXPORT type wrapped_##name parameters __asm__(#name);                                          \
    type wrapped_##name parameters {                                                               \
        static const struct failed_call call = {#name, group, how_is, true};                       \
        type result = next.name arguments;                                                         \
        if (result && (result->fts_info == FTS_DNR || result->fts_info == FTS_NS)) {               \
            int error = errno;                                                                     \
            errno = result->fts_errno;                                                             \
            call_failed(&call, AT_FDCWD, path, (uintptr_t)(how));                                  \
            errno = error;                                                                         \
        }                                                                                          \
        return result;                                                                             \
    }

#include "exports.def"

/* SPDX-License-Identifier: MIT */
/*
 * System calls without libc: no errno, no cancellation point (open, read and write of libc are), no
 * way back into our own wrappers. Each returns what the kernel returns: a negated errno on failure.
 */
#ifndef PERMSHIM_BASE_SYS_H
#define PERMSHIM_BASE_SYS_H

#include <errno.h>
#include <fcntl.h>
#include <linux/stat.h>
#include <poll.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <time.h>

#ifndef __x86_64__
#error "permshim knows the system call convention of x86-64 only"
#endif

/*
 * Whether this thread's report keeps to the plain calls, since a seccomp filter may kill the host
 * for any other: then those answer ENOSYS without being made. Each report starts careful, and
 * identity_read() decides; seccomp(2), proc_pid_status(5).
 */
extern _Thread_local bool sys_careful;

/* What a program that opens images makes anyway. */
static inline bool sys_is_plain(long number) {
    switch (number) {
    case SYS_openat:
    case SYS_close:
    case SYS_read:
    case SYS_pread64:
    case SYS_write:
    case SYS_lseek:
    case SYS_fstat:
    case SYS_newfstatat:
    case SYS_mmap:
    case SYS_munmap:
    case SYS_rt_sigprocmask:
        return true;
    default:
        return false;
    }
}

#ifdef PERMSHIM_INJECT
/* A test build: the test decides which calls fail (tests/host/inject.c). */
long sys_enter(long number, long a, long b, long c, long d, long e, long f);
#else
static inline long sys_enter(long number, long a, long b, long c, long d, long e, long f) {
    long result;
    register long r10 __asm__("r10") = d;
    register long r8 __asm__("r8") = e;
    register long r9 __asm__("r9") = f;
    __asm__ volatile("syscall"
                     : "=a"(result)
                     : "a"(number), "D"(a), "S"(b), "d"(c), "r"(r10), "r"(r8), "r"(r9)
                     : "rcx", "r11", "memory");
    return result;
}
#endif

static inline long sys_call(long number, long a, long b, long c, long d, long e, long f) {
    if (!sys_is_plain(number) && sys_careful)
        return -ENOSYS;
    return sys_enter(number, a, b, c, d, e, f);
}

static inline int sys_openat(int directory, const char *path, int flags, mode_t mode) {
    return (int)sys_call(SYS_openat, directory, (long)path, flags, (long)mode, 0, 0);
}

/* Of a file that may be a FIFO or a terminal: waits for no writer, and takes none for its own. */
static inline int sys_open_to_read(const char *path) {
    return sys_openat(AT_FDCWD, path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK, 0);
}

static inline void sys_close(int descriptor) {
    sys_call(SYS_close, descriptor, 0, 0, 0, 0, 0);
}

static inline long sys_read(int descriptor, void *bytes, size_t count) {
    return sys_call(SYS_read, descriptor, (long)bytes, (long)count, 0, 0, 0);
}

static inline long sys_pread(int descriptor, void *bytes, size_t count, off_t offset) {
    return sys_call(SYS_pread64, descriptor, (long)bytes, (long)count, offset, 0, 0);
}

static inline long sys_write(int descriptor, const void *bytes, size_t count) {
    return sys_call(SYS_write, descriptor, (long)bytes, (long)count, 0, 0, 0);
}

/* On x86-64 struct stat is the kernel's struct stat. */
static inline int sys_fstat(int descriptor, struct stat *status) {
    return (int)sys_call(SYS_fstat, descriptor, (long)status, 0, 0, 0, 0);
}

/* With path "" and AT_EMPTY_PATH: the directory itself, also the working directory, without search
 * permission on it. */
static inline int sys_fstatat(int directory, const char *path, struct stat *status, int flags) {
    return (int)sys_call(SYS_newfstatat, directory, (long)path, (long)status, flags, 0, 0);
}

static inline int sys_statx(int directory, const char *path, int flags, unsigned mask,
                            struct statx *status) {
    return (int)sys_call(SYS_statx, directory, (long)path, flags, mask, (long)status, 0);
}

/* faccessat2(2) itself. glibc's faccessat() falls back to its own guess; this never does. */
static inline int sys_faccessat2(int directory, const char *path, int mode, int flags) {
    return (int)sys_call(SYS_faccessat2, directory, (long)path, mode, flags, 0, 0);
}

static inline long sys_readlinkat(int directory, const char *path, char *target, size_t size) {
    return sys_call(SYS_readlinkat, directory, (long)path, (long)target, (long)size, 0, 0);
}

static inline long sys_getxattr(const char *path, const char *name, void *value, size_t size) {
    return sys_call(SYS_getxattr, (long)path, (long)name, (long)value, (long)size, 0, 0);
}

static inline long sys_getcwd(char *path, size_t size) {
    return sys_call(SYS_getcwd, (long)path, (long)size, 0, 0, 0, 0);
}

static inline long sys_getdents(int descriptor, void *entries, size_t size) {
    return sys_call(SYS_getdents64, descriptor, (long)entries, (long)size, 0, 0, 0);
}

static inline void *sys_map(size_t bytes, int protection, int flags) {
    long result = sys_call(SYS_mmap, 0, (long)bytes, protection, flags, -1, 0);
    return result < 0 && result > -4096 ? NULL : (void *)result;
}

/* Maps in the place of what is there. Where that fails, nothing may be there any more. */
static inline bool sys_map_over(void *start, size_t bytes, int protection, int flags) {
    return sys_call(SYS_mmap, (long)start, (long)bytes, protection, flags | MAP_FIXED, -1, 0) ==
           (long)start;
}

static inline void sys_unmap(void *start, size_t bytes) {
    sys_call(SYS_munmap, (long)start, (long)bytes, 0, 0, 0, 0);
}

static inline pid_t sys_getpid(void) {
    return (pid_t)sys_call(SYS_getpid, 0, 0, 0, 0, 0, 0);
}

static inline pid_t sys_gettid(void) {
    return (pid_t)sys_call(SYS_gettid, 0, 0, 0, 0, 0, 0);
}

/* A signal in the kernel's set of 64 bits. */
static inline uint64_t sys_signal(int number) {
    return (uint64_t)1 << (number - 1);
}

/* `how` is SIG_BLOCK, SIG_UNBLOCK or SIG_SETMASK. */
static inline int sys_sigmask(int how, const uint64_t *set, uint64_t *old) {
    return (int)sys_call(SYS_rt_sigprocmask, how, (long)set, (long)old, sizeof *set, 0, 0);
}

static inline int sys_poll(struct pollfd *polled, unsigned count, int timeout_ms) {
    return (int)sys_call(SYS_poll, (long)polled, count, timeout_ms, 0, 0, 0);
}

/* By system call and not by the vDSO, whose entry libc resolves. */
static inline int sys_clock(clockid_t clock, struct timespec *now) {
    return (int)sys_call(SYS_clock_gettime, clock, (long)now, 0, 0, 0, 0);
}

#endif

/* SPDX-License-Identifier: MIT */
/* Section 7.2: nothing from the host's heap, no lock the host could hold. */
#include "host.h"
#include <limits.h>
#include <link.h>
#include <linux/posix_acl.h>
#include <linux/posix_acl_xattr.h>
#include <linux/xattr.h>
#include <locale.h>
#include <malloc.h>
#include <pthread.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <sys/xattr.h>

/* The malloc family of this program, in front of libc's. */
static volatile bool armed;

void *__libc_malloc(size_t bytes);
void *__libc_calloc(size_t count, size_t bytes);
void *__libc_realloc(void *memory, size_t bytes);
void *__libc_memalign(size_t alignment, size_t bytes);
void __libc_free(void *memory);

#define ALLOCATOR(result, name, parameters, call)                                                  \
    result name parameters;                                                                        \
    result name parameters {                                                                       \
        if (armed)                                                                                 \
            host_fail(__FILE__, __LINE__, "no call of " #name);                                    \
        return call;                                                                               \
    }
ALLOCATOR(void *, malloc, (size_t bytes), __libc_malloc(bytes))
ALLOCATOR(void *, calloc, (size_t count, size_t bytes), __libc_calloc(count, bytes))
ALLOCATOR(void *, realloc, (void *memory, size_t bytes), __libc_realloc(memory, bytes))
ALLOCATOR(void *, reallocarray, (void *memory, size_t count, size_t bytes),
          __libc_realloc(memory, count *bytes))
ALLOCATOR(void *, memalign, (size_t alignment, size_t bytes), __libc_memalign(alignment, bytes))
ALLOCATOR(void *, aligned_alloc, (size_t alignment, size_t bytes),
          __libc_memalign(alignment, bytes))
ALLOCATOR(int, posix_memalign, (void **memory, size_t alignment, size_t bytes),
          (*memory = __libc_memalign(alignment, bytes)) ? 0 : ENOMEM)
ALLOCATOR(void *, valloc, (size_t bytes), __libc_memalign(4096, bytes))
ALLOCATOR(void *, pvalloc, (size_t bytes), __libc_memalign(4096, (bytes + 4095) / 4096 * 4096))
ALLOCATOR(void, free, (void *memory), __libc_free(memory))

PROMISE(no_allocation) {
    armed = true;
    fail_once();
    fail_once();
    EXPECT(open("missing.png", O_RDONLY) == -1);
    EXPECT(open("missing.png", O_RDONLY) == -1);
    armed = false;
    EXPECT(reports() == 3);
}

/* The program break moves only by malloc, whoever calls it. */
PROMISE(no_heap_growth) {
    void *before = sbrk(0);
    for (int i = 0; i < 100; i++)
        fail_once();
    EXPECT(sbrk(0) == before);
}

/* ---- locks ---- */

static void *fail_elsewhere(void *argument) {
    fail_once();
    return argument;
}

static void fail_in_a_thread(void) {
    pthread_t thread;
    struct timespec limit;
    clock_gettime(CLOCK_REALTIME, &limit);
    limit.tv_sec += 60;
    EXPECT(pthread_create(&thread, NULL, fail_elsewhere, NULL) == 0);
    EXPECT(pthread_timedjoin_np(thread, NULL, &limit) == 0);
}

PROMISE(no_stdio_lock) {
    flockfile(stdout);
    flockfile(stderr);
    fail_in_a_thread();
    funlockfile(stderr);
    funlockfile(stdout);
    EXPECT(reports() == 1);
}

static int in_the_loader(struct dl_phdr_info *info, size_t size, void *argument) {
    (void)info, (void)size, (void)argument;
    fail_in_a_thread(); /* dl_iterate_phdr(3) holds the loader's lock now */
    return 1;
}

PROMISE(no_loader_lock) {
    fail_in_a_thread(); /* so that pthread_create has what it needs */
    dl_iterate_phdr(in_the_loader, NULL);
    EXPECT(reports() == 2);
}

/* A child of fork() keeps the locks that other threads held; this one holds the heap's. */
static void *allocate_for_ever(void *stop) {
    while (!*(volatile bool *)stop)
        free(malloc(100000));
    return NULL;
}

PROMISE(no_heap_lock_after_fork) {
    bool stop = false;
    pthread_t thread;
    EXPECT(pthread_create(&thread, NULL, allocate_for_ever, &stop) == 0);
    for (int i = 0; i < 50; i++) {
        int status;
        pid_t child = fork();
        if (child == 0) {
            alarm(60);
            armed = true;
            fail_at((unsigned)i);
            _exit(0);
        }
        EXPECT(waitpid(child, &status, 0) == child && status == 0);
    }
    *(volatile bool *)&stop = true;
    pthread_join(thread, NULL);
    EXPECT(reports() == 50);
}

/* ---- what else the process has that is its own ---- */

PROMISE(errno_of_the_call) {
    errno = 0;
    EXPECT(open("", O_RDONLY) == -1 && errno == ENOENT);
    EXPECT(fopen("missing.png", "r") == NULL && errno == ENOENT);
    EXPECT(open("/dev/null/a.png", O_RDONLY) == -1 && errno == ENOTDIR);
    EXPECT(open((const char *)8, O_RDONLY) == -1 && errno == EFAULT);
    errno = 1234;
    int descriptor = open("/dev/null", O_RDONLY);
    EXPECT(descriptor >= 0 && errno == 1234);
    close(descriptor);
}

PROMISE(environment_and_locale) {
    extern char **environ;
    char **before = environ, *first = environ[0];
    const char *preload = getenv("LD_PRELOAD");
    locale_t locale = uselocale((locale_t)0);
    char *name = setlocale(LC_ALL, NULL);
    fail_once();
    EXPECT(environ == before && environ[0] == first && getenv("LD_PRELOAD") == preload);
    EXPECT(preload && strstr(preload, "libpermshim"));
    EXPECT(uselocale((locale_t)0) == locale && setlocale(LC_ALL, NULL) == name);
    EXPECT(reports() == 1);
}

PROMISE(address_space_exhausted) {
    struct holdings held = holdings();
    struct rlimit limit = {(held.mappings + 128) * 1024, RLIM_INFINITY};
    fail_once();
    EXPECT(setrlimit(RLIMIT_AS, &limit) == 0);
    for (int i = 0; i < 10; i++)
        fail_once();
    limit.rlim_cur = RLIM_INFINITY;
    EXPECT(setrlimit(RLIMIT_AS, &limit) == 0);
    EXPECT(reports() == 1); /* there was no room for the others */
    fail_once();
    EXPECT(reports() == 2);
}

/* Under every limit the host gets as much as without us, refused reports or not. */
PROMISE(every_small_address_space) {
    enum { BLOCK = 16 * 1024, MOST = 160 }; /* to 2.5 MiB: a report needs 1.5 */
    static void *blocks[MOST + 1];
    holdings(); /* stdio takes what it needs */
    rlim_t held = holdings().mappings * 1024;
    for (size_t room = 0; room <= MOST; room++) {
        struct rlimit limit = {held + room * BLOCK, RLIM_INFINITY};
        EXPECT(setrlimit(RLIMIT_AS, &limit) == 0);
        fail_once();
        size_t got = 0;
        while (got <= MOST &&
               (blocks[got] = mmap(NULL, BLOCK, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS,
                                   -1, 0)) != MAP_FAILED)
            got++;
        EXPECT(got == room);
        while (got > 0)
            munmap(blocks[--got], BLOCK);
    }
    struct rlimit limit = {RLIM_INFINITY, RLIM_INFINITY};
    EXPECT(setrlimit(RLIMIT_AS, &limit) == 0);
    EXPECT(reports() > 10 && reports() < MOST);
}

PROMISE(no_larger_by_a_fork) {
    holdings();
    size_t before = holdings().mappings;
    pid_t child = fork();
    if (child == 0)
        _exit(0);
    EXPECT(child > 0 && waitpid(child, NULL, 0) == child);
    EXPECT(holdings().mappings == before);
}

PROMISE(memory_given_back) {
    fail_once();
    size_t before = holdings().mappings;
    for (int i = 0; i < 200; i++)
        fail_once();
    EXPECT(holdings().mappings == before);
    EXPECT(reports() == 201);
}

/* ---- a path that makes a report read more than there is room for ---- */

/* Opens t/../t/../ … /missing.png, as long as the kernel takes it. */
static void fail_on_turns(void) {
    static const char turn[] = "t/../";
    char path[PATH_MAX] = "";
    size_t length = 0;
    for (; length + sizeof turn + sizeof "missing.png" <= sizeof path; length += sizeof turn - 1)
        memcpy(path + length, turn, sizeof turn);
    strcpy(path + length, "missing.png");
    EXPECT(open(path, O_RDONLY) == -1 && errno == ENOENT);
}

PROMISE(path_that_turns_back) {
    EXPECT(mkdir("t", 0755) == 0);
    fail_on_turns();
    EXPECT(reports_with("\"cause\":\"missing-file\"") == 1);
}

/* What is too much to be read leaves room for a report that says less. */
PROMISE(large_acls_on_the_way) {
    enum { NAMED = 400 };
    const unsigned nobody = (unsigned)ACL_UNDEFINED_ID;
    static struct {
        struct posix_acl_xattr_header header;
        struct posix_acl_xattr_entry entries[NAMED + 4];
    } acl = {.header = {POSIX_ACL_XATTR_VERSION}};
    struct posix_acl_xattr_entry *next = acl.entries;
    *next++ = (struct posix_acl_xattr_entry){ACL_USER_OBJ, 7, nobody};
    for (unsigned i = 0; i < NAMED; i++)
        *next++ = (struct posix_acl_xattr_entry){ACL_USER, 5, 3000 + i};
    *next++ = (struct posix_acl_xattr_entry){ACL_GROUP_OBJ, 5, nobody};
    *next++ = (struct posix_acl_xattr_entry){ACL_MASK, 5, nobody};
    *next++ = (struct posix_acl_xattr_entry){ACL_OTHER, 5, nobody};
    EXPECT(mkdir("t", 0755) == 0);
    if (setxattr("t", XATTR_NAME_POSIX_ACL_ACCESS, &acl, sizeof acl, 0) != 0)
        host_skip("this file system has no such ACL");
    fail_on_turns();
    EXPECT(reports() == 1);
}

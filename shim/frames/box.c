/* SPDX-License-Identifier: MIT */
#include "frames/box.h"
#include "base/memory.h"
#include "base/sys.h"
#include <signal.h>
#include <string.h>
#include <sys/mman.h>

/* An address space of libunwind takes 30 KB, mostly its unused cache; a step takes under 1 KB, more
 * only when a function's unwind program nests many remembered states. */
enum { BOX_BYTES = 128 * 1024, BOX_ALIGNMENT = 16 };

static _Thread_local struct box *current;

bool box_open(struct box *box) {
    *box = (struct box){.previous = current};
    box->memory = sys_map(BOX_BYTES, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS);
    if (!box->memory)
        return false;
    current = box;
    return true;
}

void box_keep(struct box *box) {
    box->kept = box->used;
}

void box_rewind(struct box *box) {
    box->used = box->kept;
}

void box_close(struct box *box) {
    current = box->previous;
    sys_unmap(box->memory, BOX_BYTES);
}

/* ---- the names libunwind calls, in its build by scripts/build-libunwind ---- */

struct pool; /* libunwind's struct mempool: larger than the one word that is used of it here */

void *box_malloc(size_t bytes);
void *box_calloc(size_t count, size_t bytes);
void box_free(void *memory);
void box_mempool_init(struct pool *pool, size_t object_bytes, size_t reserve);
void *box_mempool_alloc(struct pool *pool);
void box_mempool_free(struct pool *pool, void *object);
int box_pthread_mutex_init(void *mutex, const void *attributes);
int box_pthread_mutex_lock(void *mutex);
int box_pthread_mutex_unlock(void *mutex);
int box_sigfillset(void *set);
int box_sigprocmask(int how, const void *set, void *old);
int box_pthread_sigmask(int how, const void *set, void *old);
int box_getpagesize(void);
long box_sysconf(int name);
void *box_mmap(void *address, size_t bytes, int protection, int flags, int descriptor,
               off_t offset);
int box_munmap(void *address, size_t bytes);
long box_write(int descriptor, const void *bytes, size_t count);
long box_syscall(long number, ...);
const char *box_strerror(int error);
int *box___errno_location(void);

void *box_malloc(size_t bytes) {
    struct box *box = current;
    if (!box || bytes > BOX_BYTES)
        return NULL;
    size_t rounded = (bytes + BOX_ALIGNMENT - 1) & ~(size_t)(BOX_ALIGNMENT - 1);
    if (rounded > BOX_BYTES - box->used)
        return NULL;
    void *memory = box->memory + box->used;
    box->used += rounded;
    if (box->used > box->dirty)
        box->dirty = box->used;
    return memory;
}

void *box_calloc(size_t count, size_t bytes) {
    size_t dirty = current ? current->dirty : 0;
    if (bytes && count > BOX_BYTES / bytes)
        return NULL;
    char *memory = box_malloc(count * bytes);
    if (!memory)
        return NULL;
    /* What was never handed out is zero: most of an address space need not even be touched. */
    size_t start = (size_t)(memory - current->memory), used = dirty > start ? dirty - start : 0;
    memset(memory, 0, used < count * bytes ? used : count * bytes);
    return memory;
}

void box_free(void *memory) {
    (void)memory; /* box_rewind() frees */
}

/* The pools are globals: they keep nothing but the size of their objects, the same every time. */
void box_mempool_init(struct pool *pool, size_t object_bytes, size_t reserve) {
    (void)reserve;
    __atomic_store_n((size_t *)pool, object_bytes, __ATOMIC_RELAXED);
}

void *box_mempool_alloc(struct pool *pool) {
    return box_malloc(__atomic_load_n((size_t *)pool, __ATOMIC_RELAXED));
}

void box_mempool_free(struct pool *pool, void *object) {
    (void)pool, (void)object;
}

/* Nothing is shared, so there is nothing to lock. */
int box_pthread_mutex_init(void *mutex, const void *attributes) {
    (void)mutex, (void)attributes;
    return 0;
}

int box_pthread_mutex_lock(void *mutex) {
    (void)mutex;
    return 0;
}

int box_pthread_mutex_unlock(void *mutex) {
    (void)mutex;
    return 0;
}

/* libunwind blocks signals around its locks; the report has blocked them already. */
int box_sigfillset(void *set) {
    memset(set, 0xff, sizeof(sigset_t));
    return 0;
}

int box_sigprocmask(int how, const void *set, void *old) {
    (void)how, (void)set, (void)old;
    return 0;
}

int box_pthread_sigmask(int how, const void *set, void *old) {
    return box_sigprocmask(how, set, old);
}

int box_getpagesize(void) {
    return MEMORY_PAGE_BYTES;
}

long box_sysconf(int name) {
    (void)name; /* it asks for the page size only */
    return MEMORY_PAGE_BYTES;
}

/* Larger caches, messages: not needed, not given. */
void *box_mmap(void *address, size_t bytes, int protection, int flags, int descriptor,
               off_t offset) {
    (void)address, (void)bytes, (void)protection, (void)flags, (void)descriptor, (void)offset;
    return MAP_FAILED;
}

int box_munmap(void *address, size_t bytes) {
    (void)address, (void)bytes;
    return 0;
}

long box_write(int descriptor, const void *bytes, size_t count) {
    (void)descriptor, (void)bytes, (void)count;
    return -1;
}

long box_syscall(long number, ...) {
    (void)number;
    return -1;
}

const char *box_strerror(int error) {
    (void)error;
    return "";
}

int *box___errno_location(void) {
    static int nobody;
    return current ? &current->error : &nobody;
}

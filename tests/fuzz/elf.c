/* SPDX-License-Identifier: MIT */
/*
 * An ELF object made by the fuzzer, both mapped and as a file, and a stack that returns into it:
 * its unwind tables are walked, its frames named, and it is searched for an interpreter. The input
 * is a struct shape and the object, whose addresses are its offsets. make-elf makes such inputs.
 */
#include "base/sys.h"
#include "frames/image.h"
#include "frames/python_find.h"
#include "frames/symbols.h"
#include "frames/unwind.h"
#include "input.h"
#include <dlfcn.h>
#include <link.h>
#include <sys/mman.h>
#include <unistd.h>

enum {
    IMAGE_BYTES = 16 * 4096,
    STACK_BYTES = 4096,
    ARENA_BYTES = 512 * 1024,
    MAPS = 1024,
    DESCRIPTOR = 100,
    NAMED = 4,
    WORDS = 48,
};

enum { FLAG_NO_FILE = 1, FLAG_SHORT_READS = 2, FLAG_BY_LIST = 4 };

/* A word of the stack or a register, so that a changed bit still makes an address. */
struct word {
    uint8_t kind; /* 0: the value; 1, 2: it counts from the image's, from the stack's start */
    uint8_t value[2];
};

struct shape {
    uint8_t dynamic[2], unwind[2]; /* where .dynamic and .eh_frame_hdr are; 0: there is none */
    uint8_t id[2]; /* where the build id is, of which each run makes another: some are remembered */
    uint8_t patch_at[2], patch; /* a byte that the file has otherwise */
    uint8_t cut[2];             /* bytes that the file lacks at its end */
    uint8_t flags;              /* FLAG_ */
    uint8_t named[NAMED][2];    /* addresses to name, beside those of the walk */
    struct word registers[4];   /* rip, rsp, rbp, rbx */
    struct word words[WORDS];   /* what the stack is filled with, again and again */
};

static struct {
    char *image, *stack;
    size_t length; /* of the image and, before it is cut, of the file */
    struct shape shape;
    struct link_map *maps;
    unsigned run;
    const struct link_map *map;
} world;

static size_t two(const uint8_t bytes[2]) {
    return (size_t)(bytes[0] | bytes[1] << 8);
}

/* ---- what the loader and the kernel tell ---- */

struct r_debug _r_debug; /* in place of the loader's own for all that asks for it by name */

int _dl_find_object(void *address, struct dl_find_object *found);

int _dl_find_object(void *address, struct dl_find_object *found) {
    struct memory memory = {0};
    struct object object = {.start = (uintptr_t)world.image,
                            .end = (uintptr_t)world.image + IMAGE_BYTES,
                            .link_map = (uintptr_t)world.map};
    size_t unwind = two(world.shape.unwind);
    object.unwind = unwind ? object.start + unwind : 0;
    if (world.shape.flags & FLAG_BY_LIST
            ? !object_find_in_link_map(&memory, (uintptr_t)address, &object)
            : (uintptr_t)address - object.start >= IMAGE_BYTES)
        return -1;
    memset(found, 0, sizeof *found);
    found->dlfo_map_start = (void *)object.start;
    found->dlfo_map_end = (void *)object.end;
    found->dlfo_link_map = (struct link_map *)object.link_map;
    found->dlfo_eh_frame = (void *)object.unwind;
    return 0;
}

static size_t file_length(void) {
    size_t cut = two(world.shape.cut);
    return world.length > cut ? world.length - cut : 0;
}

static long read_file(char *bytes, size_t count, size_t at) {
    size_t length = file_length(), patch = two(world.shape.patch_at);
    if (at >= length)
        return 0;
    if (count > length - at)
        count = length - at;
    if ((world.shape.flags & FLAG_SHORT_READS) && count > 64)
        count = 64;
    memcpy(bytes, world.image + at, count);
    if (patch >= at && patch - at < count)
        bytes[patch - at] = (char)(bytes[patch - at] ^ world.shape.patch);
    return (long)count;
}

static unsigned held;

long sys_enter(long number, long a, long b, long c, long d, long e, long f) {
    (void)e, (void)f;
    switch (number) {
    case SYS_mmap:
    case SYS_munmap:
    case SYS_rt_sigprocmask: {
        long result = syscall(number, a, b, c, d, e, f);
        return result == -1 ? -errno : result;
    }
    case SYS_openat:
        if (world.shape.flags & FLAG_NO_FILE)
            return -ENOENT;
        held++;
        return DESCRIPTOR;
    case SYS_close:
        REQUIRE(a == DESCRIPTOR && held-- > 0);
        return 0;
    case SYS_fstat:
        memset((void *)b, 0, sizeof(struct stat));
        ((struct stat *)b)->st_mode = S_IFREG;
        ((struct stat *)b)->st_size = (off_t)file_length();
        return 0;
    case SYS_pread64:
        REQUIRE(a == DESCRIPTOR);
        return d < 0 ? -EINVAL : read_file((char *)b, (size_t)c, (size_t)d);
    case SYS_readlinkat:
        memcpy((char *)c, "/fuzzed", 7);
        return 7;
    default:
        return -ENOSYS;
    }
}

/* ---- one run ---- */

static uintptr_t word(const struct word *word) {
    size_t value = two(word->value);
    return word->kind == 1   ? (uintptr_t)world.image + value
           : word->kind == 2 ? (uintptr_t)world.stack + value
                             : value;
}

/* Pages that nobody may touch follow. */
static char *map(size_t bytes) {
    char *pages =
        mmap(NULL, bytes + 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    REQUIRE(pages != MAP_FAILED && mprotect(pages + bytes, 4096, PROT_NONE) == 0);
    return pages;
}

/* Two objects as the loader lists them: a program without anything, and the fuzzer's. */
static void list_objects(void) {
    struct link_map *maps = world.maps + world.run % (MAPS / 2) * 2;
    size_t dynamic = two(world.shape.dynamic);
    maps[0] = (struct link_map){.l_name = (char *)(uintptr_t) "", .l_next = &maps[1]};
    maps[1] = (struct link_map){.l_addr = (uintptr_t)world.image,
                                .l_name = (char *)(uintptr_t) "/usr/lib/libpython3.so",
                                .l_ld = dynamic ? (ElfW(Dyn) *)(world.image + dynamic) : NULL};
    _r_debug.r_map = maps;
    world.map = &maps[1];
}

static void check_slice(struct slice text) {
    static volatile char sum;
    for (size_t i = 0; i < text.length; i++)
        sum = (char)(sum + text.data[i]);
}

static void walk_and_name(struct arena *arena, struct memory *memory) {
    const struct word *given = world.shape.registers;
    struct registers registers = {.rip = word(&given[0]),
                                  .rsp = word(&given[1]),
                                  .rbp = word(&given[2]),
                                  .rbx = word(&given[3])};
    static struct frame frames[STACK_MOST_FRAMES];
    const char *ended;
    size_t most = STACK_MOST_FRAMES - NAMED;
    size_t count = unwind_frames(memory, &registers, frames, most, &ended);
    REQUIRE(count <= most);
    for (size_t i = 0; i < NAMED; i++)
        frames[count++] = (struct frame){.kind = FRAME_NATIVE,
                                         .pc = (uintptr_t)world.image + two(world.shape.named[i]),
                                         .interrupted = i & 1};
    symbols_resolve(arena, memory, frames, count);
    REQUIRE(held == 0);
    for (size_t i = 0; i < count; i++) {
        check_slice(frames[i].function), check_slice(frames[i].object);
        check_slice(frames[i].build_id);
        REQUIRE(frames[i].build_id.length <= 2 * BUILD_ID_MOST);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct input input = {data, size};
    if (!world.image) {
        world.image = map(IMAGE_BYTES);
        world.stack = map(STACK_BYTES);
        world.maps = (struct link_map *)(void *)map(MAPS * sizeof *world.maps);
    }
    world.run++;
    memset(world.image, 0, world.length);
    input_take(&input, &world.shape, sizeof world.shape);
    world.length = input.size < IMAGE_BYTES ? input.size : IMAGE_BYTES;
    input_take(&input, world.image, world.length);
    size_t id = two(world.shape.id);
    if (id && id + sizeof world.run <= world.length)
        memcpy(world.image + id, &world.run, sizeof world.run);
    for (size_t i = 0; i < STACK_BYTES / sizeof(uintptr_t); i++) {
        uintptr_t value = word(&world.shape.words[i % WORDS]);
        memcpy(world.stack + i * sizeof value, &value, sizeof value);
    }
    list_objects();

    char *bytes = calloc(1, ARENA_BYTES);
    struct arena arena = {bytes, bytes + ARENA_BYTES};
    struct memory memory = {0};
    struct python python;
    walk_and_name(&arena, &memory);
    python_find(&memory, &python);
    REQUIRE(held == 0);
    free(bytes);
    return 0;
}

/* SPDX-License-Identifier: MIT */
/* Names of frames: from both symbol tables, from a stripped file, and from no file at all. */
#include "base/enter.h"
#include "frames/image.h"
#include "frames/symbols.h"
#include "frames/unwind.h"
#include <dlfcn.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#ifdef __clang__
#define A_FRAME __attribute__((noinline))
#else
#define A_FRAME __attribute__((noipa))
#endif

/* ---- nothing of the host's heap: an allocation while this is set ends the test ---- */

static bool allocation_forbidden;

#if !defined(__SANITIZE_ADDRESS__)
void *__libc_malloc(size_t bytes);
void *__libc_calloc(size_t count, size_t bytes);
void *__libc_realloc(void *memory, size_t bytes);

static void check_allocation(void) {
    static const char message[] = "the host's heap was used\n";
    if (!allocation_forbidden)
        return;
    if (write(2, message, sizeof message - 1) < 0)
        _exit(2);
    _exit(1);
}

void *malloc(size_t bytes) {
    check_allocation();
    return __libc_malloc(bytes);
}

void *calloc(size_t count, size_t bytes) {
    check_allocation();
    return __libc_calloc(count, bytes);
}

void *realloc(void *memory, size_t bytes) {
    check_allocation();
    return __libc_realloc(memory, bytes);
}
#endif

static struct arena new_arena(void) {
    enum { BYTES = 1 << 20 };
    char *memory = mmap(NULL, BYTES, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    return (struct arena){memory, memory + BYTES};
}

static struct frame frames[STACK_MOST_FRAMES];
static size_t frame_count;

static size_t open_descriptors(void) {
    size_t count = 0;
    for (int descriptor = 0; descriptor < 256; descriptor++)
        count += fcntl(descriptor, F_GETFD) >= 0;
    return count;
}

static void resolve(void) {
    struct memory memory = {0};
    struct arena arena = new_arena();
    size_t before = open_descriptors();
    allocation_forbidden = true;
    symbols_resolve(&arena, &memory, frames, frame_count);
    allocation_forbidden = false;
    assert_int_equal(open_descriptors(), before);
}

static void collect(const struct incident *incident, const struct registers *registers) {
    (void)incident;
    struct memory memory = {0};
    const char *ended;
    allocation_forbidden = true;
    frame_count = unwind_frames(&memory, registers, frames, STACK_MOST_FRAMES, &ended);
    allocation_forbidden = false;
}

static int compare(const void *a, const void *b) {
    enter_with_registers(NULL, collect);
    return *(const int *)a - *(const int *)b;
}

static const struct frame *frame_of(const char *function) {
    for (size_t i = 0; i < frame_count; i++) {
        if (slice_is(frames[i].function, function))
            return &frames[i];
    }
    return NULL;
}

static A_FRAME void collect_inside_qsort(void) {
    int numbers[] = {3, 1, 2};
    qsort(numbers, 3, sizeof numbers[0], compare);
}

static void static_functions_have_names(void **state) {
    (void)state;
    collect_inside_qsort();
    resolve();
    const struct frame *frame = frame_of("compare");
    assert_non_null(frame);
    assert_int_equal(frame->pc - frame->symbol_offset, (uintptr_t)compare);
    assert_non_null(frame_of("collect_inside_qsort"));
    assert_non_null(frame_of("main"));
    assert_non_null(frame_of("_start"));
    char path[4096];
    ssize_t length = readlink("/proc/self/exe", path, sizeof path);
    assert_true(length > 0 && slice_equal(frame->object, (struct slice){path, (size_t)length}));
    Dl_info info;
    assert_int_not_equal(dladdr((void *)frame->pc, &info), 0);
    assert_int_equal(frame->offset, frame->pc); /* linked at a fixed address (Makefile) */
    assert_true(frame->build_id.length == 0 || frame->build_id.length == 40);
}

/* Frames as the unwinder would give them, one byte into each function. */
static void frames_at(void *const *functions, size_t count) {
    frame_count = count;
    for (size_t i = 0; i < count; i++)
        frames[i] = (struct frame){.kind = FRAME_NATIVE,
                                   .pc = (uintptr_t)functions[i] + 1,
                                   .function_start = (uintptr_t)functions[i]};
}

static void dynamic_functions_have_names(void **state) {
    (void)state;
    static const char *const names[] = {"qsort",  "fopen64", "open64", "read", "printf",
                                        "getenv", "system",  "cos",    "write"};
    enum { COUNT = sizeof names / sizeof names[0] };
    void *functions[COUNT];
    for (size_t i = 0; i < COUNT; i++) {
        functions[i] = dlsym(RTLD_DEFAULT, names[i]);
        if (!functions[i]) { /* cos is in another library */
            void *library = dlopen("libm.so.6", RTLD_NOW);
            functions[i] = library ? dlsym(library, names[i]) : NULL;
        }
        assert_non_null(functions[i]);
    }
    frames_at(functions, COUNT);
    resolve();
    for (size_t i = 0; i < COUNT; i++) {
        Dl_info info;
        assert_int_not_equal(dladdr(functions[i], &info), 0);
        assert_true(slice_is(frames[i].object, info.dli_fname));
        assert_int_equal(frames[i].offset, (uintptr_t)functions[i] + 1 - (uintptr_t)info.dli_fbase);
        assert_true(frames[i].build_id.length > 0);
        if (strcmp(names[i], "cos") == 0) /* an indirect function: dlsym gives its target */
            continue;
        assert_int_equal(frames[i].symbol_offset, 1);
        /* fopen64 is fopen in another name: any of the names, none with underscores */
        char name[64];
        snprintf(name, sizeof name, "%.*s", (int)frames[i].function.length,
                 frames[i].function.data);
        assert_ptr_equal(dlsym(RTLD_DEFAULT, name), functions[i]);
        assert_int_not_equal(name[0], '_');
    }
}

/* What was learnt in the first report is what the later ones say: of names that differ between the
 * libraries, of addresses without a name, and when more of them are asked for than are kept. */
static void a_later_report_says_the_same(void **state) {
    (void)state;
    static struct frame first[STACK_MOST_FRAMES], addresses[STACK_MOST_FRAMES];
    for (unsigned round = 0; round < 40; round++) {
        uintptr_t somewhere[] = {(uintptr_t)dlsym(RTLD_DEFAULT, "qsort"),
                                 (uintptr_t)dlsym(RTLD_DEFAULT, "cos"), (uintptr_t)compare};
        frame_count = STACK_MOST_FRAMES < 48 ? STACK_MOST_FRAMES : 48;
        for (size_t i = 0; i < frame_count; i++)
            frames[i] = (struct frame){.kind = FRAME_NATIVE,
                                       .pc = somewhere[i % 3] + 1 + i / 3 * 977 * (round % 20)};
        memcpy(addresses, frames, sizeof frames);
        resolve();
        memcpy(first, frames, sizeof frames);
        memcpy(frames, addresses, sizeof frames);
        resolve();
        for (size_t i = 0; i < frame_count; i++) {
            assert_true(slice_equal(frames[i].function, first[i].function));
            assert_int_equal(frames[i].symbol_offset, first[i].symbol_offset);
        }
    }
}

static void the_vdso_has_names(void **state) {
    (void)state;
    struct memory memory = {0};
    struct object object;
    struct image image;
    struct symbol_table table;
    struct arena arena = new_arena();
    uintptr_t vdso = getauxval(AT_SYSINFO_EHDR);
    if (!vdso) {
        print_message("skipped: this machine has no vDSO\n");
        skip();
    }
    assert_true(object_find(&memory, vdso + 64, &object));
    assert_true(image_read(&arena, &memory, &object, &image));
    assert_true(image_dynamic_symbols(&memory, &image, &table));
    bool found = false;
    Elf64_Sym symbol;
    for (uint64_t at = 0; bytes_read(&table.symbols, at, &symbol, sizeof symbol);
         at += sizeof symbol) {
        char name[32] = "";
        bytes_read(&table.names, symbol.st_name, name, sizeof "__vdso_clock_gettime");
        if (strcmp(name, "__vdso_clock_gettime") != 0)
            continue;
        found = true;
        void *function = (void *)(image.base + symbol.st_value);
        frames_at(&function, 1);
        resolve();
        assert_int_equal(frames[0].symbol_offset, 1);
        assert_true(frames[0].function.length > 0);
        assert_false(image_open_symbols(&memory, &image, &table));
    }
    assert_true(found);
}

/* ---- the file ---- */

static struct image own_image(struct arena *arena, struct memory *memory) {
    struct object object;
    struct image image;
    assert_true(object_find(memory, (uintptr_t)own_image, &object));
    assert_true(image_read(arena, memory, &object, &image));
    return image;
}

static bool opens(struct memory *memory, const struct image *image) {
    struct symbol_table table;
    size_t before = open_descriptors();
    bool opened = image_open_symbols(memory, image, &table);
    if (opened)
        close(table.symbols.descriptor);
    assert_int_equal(open_descriptors(), before);
    return opened;
}

static void only_the_mapped_file_is_read(void **state) {
    (void)state;
    struct memory memory = {0};
    struct arena arena = new_arena();
    struct image image = own_image(&arena, &memory);
    assert_true(opens(&memory, &image));
    struct image by_path = image;
    by_path.is_program = false;
    assert_true(opens(&memory, &by_path));

    by_path.path = SLICE("/bin/true");
    assert_false(opens(&memory, &by_path));
    by_path.path = SLICE("/nonexistent/file");
    assert_false(opens(&memory, &by_path));
    by_path.path = SLICE("/dev/null");
    assert_false(opens(&memory, &by_path));
    by_path.path = SLICE("/");
    assert_false(opens(&memory, &by_path));
    by_path.path = SLICE("linux-vdso.so.1");
    assert_false(opens(&memory, &by_path));
    char fifo[] = "/tmp/permshim-fifo-XXXXXX";
    assert_non_null(mkdtemp(fifo));
    char path[64];
    snprintf(path, sizeof path, "%s/fifo", fifo);
    assert_int_equal(mkfifo(path, 0600), 0);
    by_path.path = slice_of(path);
    assert_false(opens(&memory, &by_path)); /* and does not hang */
    unlink(path);
    rmdir(fifo);

    struct image other_build = image;
    if (image.build_id_length > 0) {
        other_build.build_id[0] ^= 1;
        assert_false(opens(&memory, &other_build));
    }
    struct image other_header = image;
    other_header.header.e_entry++;
    assert_false(opens(&memory, &other_header));
}

static void bytes_end_where_they_end(void **state) {
    (void)state;
    static const char text[] = "0123456789";
    struct memory memory = {0};
    struct bytes bytes = {&memory, -1, (uintptr_t)text, 10};
    char copy[16];
    assert_true(bytes_read(&bytes, 0, copy, 10));
    assert_true(bytes_read(&bytes, 9, copy, 1));
    assert_false(bytes_read(&bytes, 0, copy, 11));
    assert_false(bytes_read(&bytes, 10, copy, 1));
    assert_false(bytes_read(&bytes, UINT64_MAX, copy, 2));
    bytes.start = 0x4141414141414141;
    assert_false(bytes_read(&bytes, 0, copy, 1));
}

/* Without symbols: this program again, stripped, tells what it can say of its own frames. */
static const char *own_path;

static int tell_as_child(void) {
    collect_inside_qsort();
    resolve();
    for (size_t i = 0; i < frame_count; i++)
        printf("[%.*s] %lu %s\n", (int)frames[i].function.length, frames[i].function.data,
               (unsigned long)frames[i].symbol_offset,
               frames[i].pc - frames[i].function_start == frames[i].symbol_offset ? "by table"
                                                                                  : "by name");
    return 0;
}

static void stripped_functions_have_offsets(void **state) {
    (void)state;
    char copy[] = "/tmp/permshim-stripped-XXXXXX", command[8192], line[256];
    int descriptor = mkstemp(copy);
    assert_true(descriptor >= 0);
    fchmod(descriptor, 0700);
    close(descriptor);
    snprintf(command, sizeof command, "objcopy --strip-all '%s' %s && %s child", own_path, copy,
             copy);
    FILE *output = popen(command, "r");
    assert_non_null(output);
    assert_non_null(fgets(line, sizeof line, output)); /* compare() */
    assert_memory_equal(line, "[] ", 3);
    assert_true(strtoul(line + 3, NULL, 10) > 0);
    assert_non_null(strstr(line, "by table"));
    while (fgets(line, sizeof line, output)) {
    }
    assert_int_equal(pclose(output), 0);
    unlink(copy);
}

static void a_full_arena_costs_names_only(void **state) {
    (void)state;
    collect_inside_qsort();
    struct memory memory = {0};
    struct arena whole = new_arena();
    for (size_t bytes = 0; bytes < 9000; bytes += 100) {
        for (size_t i = 0; i < frame_count; i++)
            frames[i].function = frames[i].object = frames[i].build_id = SLICE("");
        memset(whole.next, 0, bytes);
        struct arena arena = {whole.next, whole.next + bytes};
        symbols_resolve(&arena, &memory, frames, frame_count);
        assert_true(arena.next <= arena.end);
    }
    assert_non_null(frame_of("compare"));
}

int main(int argc, char **argv) {
    own_path = argv[0];
    if (argc > 1)
        return tell_as_child();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(static_functions_have_names),
        cmocka_unit_test(dynamic_functions_have_names),
        cmocka_unit_test(a_later_report_says_the_same),
        cmocka_unit_test(the_vdso_has_names),
        cmocka_unit_test(only_the_mapped_file_is_read),
        cmocka_unit_test(bytes_end_where_they_end),
        cmocka_unit_test(stripped_functions_have_offsets),
        cmocka_unit_test(a_full_arena_costs_names_only),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

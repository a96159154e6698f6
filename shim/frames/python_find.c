/* SPDX-License-Identifier: MIT */
#include "frames/python_find.h"
#include "base/dynamic.h"
#include "base/sys.h"
#include <elf.h>
#include <limits.h>
#include <link.h>
#include <stdatomic.h>
#include <string.h>

/* Weak, so that ld.so does not become a dependency of its own. */
extern struct r_debug __attribute__((weak)) _r_debug;

/* The interpreter's symbols; 0 is not there. */
struct symbols {
    uintptr_t get_thread, runtime, code_type, unicode_type, bytes_type;
    uintptr_t version;               /* Py_Version: since 3.11 */
    uintptr_t since_3_10, since_3_8; /* functions that came with these versions */
    uintptr_t loop, loop_bytes;
};

enum { MOST_OBJECTS = 4096, MOST_SECTIONS = 256 };

/* The address of a defined symbol, and its size; 0 when the object has none such. */
static uintptr_t look_up(struct memory *memory, const struct dynamic *object, const char *name,
                         uintptr_t *bytes) {
    ElfW(Sym) symbol;
    if (!dynamic_find(memory, object, name, &symbol))
        return 0;
    if (bytes)
        *bytes = symbol.st_size;
    return object->base + symbol.st_value;
}

static void look_up_all(struct memory *memory, const struct dynamic *object,
                        struct symbols *symbols) {
    symbols->runtime = look_up(memory, object, "_PyRuntime", NULL);
    symbols->code_type = look_up(memory, object, "PyCode_Type", NULL);
    symbols->unicode_type = look_up(memory, object, "PyUnicode_Type", NULL);
    symbols->bytes_type = look_up(memory, object, "PyBytes_Type", NULL);
    symbols->version = look_up(memory, object, "Py_Version", NULL);
    symbols->since_3_10 = look_up(memory, object, "Py_NewRef", NULL);
    symbols->since_3_8 = look_up(memory, object, "Py_InitializeFromConfig", NULL);
    symbols->loop = look_up(memory, object, "_PyEval_EvalFrameDefault", &symbols->loop_bytes);
}

static bool search_object(struct memory *memory, const struct link_map *map,
                          struct symbols *symbols) {
    struct dynamic object;
    if (!dynamic_read(memory, map, &object))
        return false;
    symbols->get_thread = look_up(memory, &object, "PyGILState_GetThisThreadState", NULL);
    if (symbols->get_thread)
        look_up_all(memory, &object, symbols);
    return symbols->get_thread != 0;
}

static bool named_python(struct memory *memory, const struct link_map *map) {
    long length = memory_string_length(memory, (uintptr_t)map->l_name, PATH_MAX);
    return length > 0 && memmem(map->l_name, (size_t)length, "python", 6);
}

/* What was learned before; zeroed: nothing. */
struct hints {
    uint64_t searched; /* how many objects, from the start of which list, had nothing */
    uintptr_t found;   /* the node of the object that had it */
};

/*
 * Searches the loader's list of objects. It has no lock that may be taken here: another thread may
 * be changing it, so its nodes are read like everything else. The program and objects called python
 * come first; the others cost two page faults each when nobody has used their symbols yet.
 */
static bool search_objects(struct memory *memory, struct hints *hints, struct symbols *symbols) {
    struct link_map map;
    uintptr_t first = &_r_debug ? (uintptr_t)_r_debug.r_map : 0;
    uint64_t list = 0;
    unsigned count = 0, known = 0;
    for (uintptr_t at = first; at && count < MOST_OBJECTS; at = (uintptr_t)map.l_next) {
        if (!memory_read(memory, at, &map, sizeof map))
            break;
        if (at == hints->found && search_object(memory, &map, symbols))
            return true;
        list = list * 31 + at + (uintptr_t)map.l_ld;
        count++;
        if (hints->searched == (list << 16 | count))
            known = count;
    }
    for (int others = 0; others < 2 && known < count; others++) {
        uintptr_t at = first;
        for (unsigned n = 0; n < count; n++, at = (uintptr_t)map.l_next) {
            if (!memory_read(memory, at, &map, sizeof map))
                break;
            if (n >= known && (others || n == 0 || named_python(memory, &map)) &&
                search_object(memory, &map, symbols)) {
                hints->found = at;
                return true;
            }
        }
    }
    hints->searched = list << 16 | count;
    return false;
}

/*
 * An executable whose symbols are all stripped still has _PyRuntime in a section of its own,
 * .PyRuntime (GENERATE_DEBUG_SECTION in CPython), which from 3.13 on begins with a cookie. The
 * loaded bytes are asked for the cookie, so the section's name need not be read.
 */
static uintptr_t search_sections(struct memory *memory) {
    enum { SECTIONS_AT_ONCE = 8 };
    struct link_map program;
    if (!&_r_debug || !memory_read(memory, (uintptr_t)_r_debug.r_map, &program, sizeof program))
        return 0;
    int descriptor = sys_openat(AT_FDCWD, "/proc/self/exe", O_RDONLY | O_CLOEXEC | O_NOCTTY, 0);
    if (descriptor < 0)
        return 0;
    ElfW(Ehdr) header;
    ElfW(Shdr) sections[SECTIONS_AT_ONCE];
    uintptr_t runtime = 0;
    unsigned count = 0;
    if (sys_pread(descriptor, &header, sizeof header, 0) == sizeof header &&
        memcmp(header.e_ident, ELFMAG, SELFMAG) == 0 && header.e_shentsize == sizeof *sections)
        count = header.e_shnum < MOST_SECTIONS ? header.e_shnum : MOST_SECTIONS;
    for (unsigned i = 0; i < count && !runtime; i++) {
        unsigned slot = i % SECTIONS_AT_ONCE;
        if (slot == 0 && sys_pread(descriptor, sections, sizeof sections,
                                   (off_t)(header.e_shoff + i * sizeof *sections)) <= 0)
            break;
        char cookie[8];
        uintptr_t address = program.l_addr + sections[slot].sh_addr;
        if (sections[slot].sh_type == SHT_PROGBITS && (sections[slot].sh_flags & SHF_WRITE) &&
            memory_read(memory, address, cookie, sizeof cookie) &&
            memcmp(cookie, PYTHON_COOKIE, sizeof cookie) == 0)
            runtime = address;
    }
    sys_close(descriptor);
    return runtime;
}

static void fill_in(struct memory *memory, const struct symbols *symbols, struct python *python) {
    *python = (struct python){
        .found = PYTHON_UNKNOWN,
        .runtime = symbols->runtime,
        .get_thread = symbols->get_thread,
        .code_type = symbols->code_type,
        .unicode_type = symbols->unicode_type,
        .bytes_type = symbols->bytes_type,
    };
    unsigned minor = symbols->since_3_10 ? 10 : symbols->since_3_8 ? 8 : 0;
    unsigned long version; /* PY_VERSION_HEX, 0x030b02f0 is 3.11.2 */
    if (symbols->version && memory_read(memory, symbols->version, &version, sizeof version))
        minor = version >> 24 == 3 ? (unsigned)(version >> 16) & 0xff : UINT8_MAX;
    const struct python_layout *row = python_layout_table(minor);
    if (row) {
        python->layout = *row;
        python->found = PYTHON_KNOWN;
    } else if (python_layout_read(memory, symbols->runtime, &python->layout, &minor)) {
        python->found = PYTHON_KNOWN;
    } else {
        python->layout.minor = minor;
    }
    if (python->found == PYTHON_KNOWN && python->layout.chain == CHAIN_EACH) {
        python->loop_start = symbols->loop;
        python->loop_end = symbols->loop + symbols->loop_bytes;
    }
}

/* The runtime of an executable without symbols; 0: none. Looked for once. */
static uintptr_t find_runtime(struct memory *memory) {
    enum { NOT_LOOKED, NOWHERE }; /* anything else is the address */
    static _Atomic uintptr_t known = NOT_LOOKED;
    uintptr_t runtime = atomic_load_explicit(&known, memory_order_relaxed);
    if (runtime == NOT_LOOKED) {
        runtime = search_sections(memory);
        if (!runtime)
            runtime = NOWHERE;
        atomic_store_explicit(&known, runtime, memory_order_relaxed);
    }
    return runtime == NOWHERE ? 0 : runtime;
}

void python_find(struct memory *memory, struct python *python) {
    static _Atomic uint64_t searched;
    static _Atomic uintptr_t found;
    struct symbols symbols = {0};
    struct hints hints = {atomic_load_explicit(&searched, memory_order_relaxed),
                          atomic_load_explicit(&found, memory_order_relaxed)};
    bool has_symbols = search_objects(memory, &hints, &symbols);
    atomic_store_explicit(&searched, hints.searched, memory_order_relaxed);
    atomic_store_explicit(&found, hints.found, memory_order_relaxed);
    if (!has_symbols)
        symbols.runtime = find_runtime(memory);
    if (has_symbols || symbols.runtime)
        fill_in(memory, &symbols, python);
    else
        *python = (struct python){.found = PYTHON_NONE};
}

/* SPDX-License-Identifier: MIT */
#include "frames/object.h"
#include <dlfcn.h>
#include <elf.h>
#include <link.h>
#include <string.h>
#include <sys/auxv.h>

enum { MOST_OBJECTS = 8192, MOST_SEGMENTS = 64 };

/* Both weak: older loaders have no _dl_find_object, and a weak reference asks for no library. */
#ifdef DLFO_STRUCT_HAS_EH_DBASE /* <dlfcn.h> of glibc 2.35 and newer */
#define HAVE_DL_FIND_OBJECT 1
extern __typeof__(_dl_find_object) _dl_find_object __attribute__((weak));
#else
#define HAVE_DL_FIND_OBJECT 0
#endif
extern struct r_debug _r_debug __attribute__((weak));

/* Whether the object whose ELF header is at `header` holds `address`: fills in all but link_map. */
static bool object_holds(struct memory *memory, uintptr_t header, uintptr_t base, uintptr_t address,
                         struct object *object) {
    Elf64_Ehdr elf;
    if (!memory_read(memory, header, &elf, sizeof elf) ||
        memcmp(elf.e_ident, ELFMAG, SELFMAG) != 0 || elf.e_phentsize != sizeof(Elf64_Phdr) ||
        elf.e_phnum > MOST_SEGMENTS)
        return false;
    bool held = false;
    *object = (struct object){.start = header};
    for (size_t i = 0; i < elf.e_phnum; i++) {
        Elf64_Phdr segment;
        if (!memory_read(memory, header + elf.e_phoff + i * sizeof segment, &segment,
                         sizeof segment))
            return false;
        uintptr_t start = base + segment.p_vaddr;
        if (segment.p_type == PT_LOAD) {
            held |= address >= start && address - start < segment.p_memsz;
            if (start + segment.p_memsz > object->end)
                object->end = start + segment.p_memsz;
        } else if (segment.p_type == PT_GNU_EH_FRAME) {
            object->unwind = start;
        }
    }
    return held;
}

bool object_find_in_link_map(struct memory *memory, uintptr_t address, struct object *object) {
    if (!&_r_debug)
        return false;
    uintptr_t at = (uintptr_t)_r_debug.r_map;
    for (size_t count = 0; at && count < MOST_OBJECTS; count++) {
        struct link_map map;
        if (!memory_read(memory, at, &map, sizeof map))
            return false;
        uintptr_t header = map.l_addr;
        if (count == 0) /* the program: at a fixed address (l_addr 0), or not */
            header = (uintptr_t)getauxval(AT_PHDR) & ~(uintptr_t)(MEMORY_PAGE_BYTES - 1);
        if (header <= address && object_holds(memory, header, map.l_addr, address, object)) {
            object->link_map = at;
            return true;
        }
        at = (uintptr_t)map.l_next;
    }
    return false;
}

bool object_find(struct memory *memory, uintptr_t address, struct object *object) {
#if HAVE_DL_FIND_OBJECT
    if (_dl_find_object) {
        struct dl_find_object found;
        if (_dl_find_object((void *)address, &found) != 0)
            return false;
        *object = (struct object){(uintptr_t)found.dlfo_map_start, (uintptr_t)found.dlfo_map_end,
                                  (uintptr_t)found.dlfo_link_map, (uintptr_t)found.dlfo_eh_frame};
        return true;
    }
#endif
    return object_find_in_link_map(memory, address, object);
}

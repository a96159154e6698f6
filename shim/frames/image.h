/* SPDX-License-Identifier: MIT */
/* An ELF object as it lies in memory and as its file says: where its symbols and names are. */
#ifndef PERMSHIM_FRAMES_IMAGE_H
#define PERMSHIM_FRAMES_IMAGE_H

#include "base/arena.h"
#include "frames/object.h"
#include <elf.h>

/* A run of bytes of the mapped object (descriptor below 0) or of its file. */
struct bytes {
    struct memory *memory;
    int descriptor;
    uint64_t start, length;
};

struct symbol_table {
    struct bytes symbols, names;
};

enum { BUILD_ID_MOST = 64 };

struct image {
    uintptr_t start;   /* where its ELF header lies */
    uintptr_t base;    /* what the loader added to the addresses in the file */
    uintptr_t dynamic; /* the dynamic section */
    struct slice path; /* with a NUL behind it; of the program what /proc/self/exe says */
    bool is_program;
    Elf64_Ehdr header;
    uint8_t build_id[BUILD_ID_MOST];
    size_t build_id_length;   /* 0: none */
    uint64_t build_id_offset; /* in the file */
};

/* All are safe in a signal handler. Reads of memory are fault-proof, and the file is read, not
 * mapped: a file that shrinks meanwhile cannot send SIGBUS. */

/* Copies `count` bytes from offset `at`; false, with nothing to rely on, when they are not there.
 */
bool bytes_read(const struct bytes *bytes, uint64_t at, void *copy, size_t count);

/* What memory and the loader tell of the object; false when its ELF header cannot be read. */
bool image_read(struct arena *arena, struct memory *memory, const struct object *object,
                struct image *image);

/* The start of the build id: what tells the object from others in what is kept between reports. 0:
 * nothing may be kept of it. */
uint64_t image_key(const struct image *image);

/* .dynsym, in memory; false when there is none. */
bool image_dynamic_symbols(struct memory *memory, const struct image *image,
                           struct symbol_table *table);

/*
 * .symtab, in the file. Opens the object's file and makes sure that it is the mapped one: a regular
 * file with the same ELF header and build id, or without one the same program headers. False, and
 * nothing to close, when it is not or has no symbols; else the caller closes
 * table->symbols.descriptor.
 */
bool image_open_symbols(struct memory *memory, const struct image *image,
                        struct symbol_table *table);

#endif

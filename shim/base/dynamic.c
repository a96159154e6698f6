/* SPDX-License-Identifier: MIT */
#include "base/dynamic.h"
#include <string.h>

enum { MOST_ENTRIES = 256, MOST_CHAIN = 4096, NAME_MOST_BYTES = 64 };

/* Of symbol versions: the bit of all but the default one, and how many numbers say that there is
 * none; "Symbol Versioning" in the LSB Core specification. */
enum { VERSION_HIDDEN = 0x8000, VERSION_NONE = 2 };

static inline bool get(struct memory *memory, uintptr_t address, void *copy, size_t bytes) {
    if (memory)
        return memory_read(memory, address, copy, bytes);
    memcpy(copy, (const void *)address, bytes);
    return true;
}

bool dynamic_read(struct memory *memory, const struct link_map *map, struct dynamic *dynamic) {
    *dynamic = (struct dynamic){.base = map->l_addr};
    ElfW(Dyn) entry;
    uintptr_t at = (uintptr_t)map->l_ld;
    for (unsigned n = 0; n < MOST_ENTRIES; n++, at += sizeof entry) {
        if (!get(memory, at, &entry, sizeof entry) || entry.d_tag == DT_NULL)
            break;
        /* glibc has added the base already, except where the section is read-only (the vDSO). */
        uintptr_t value = entry.d_un.d_ptr;
        if (value < dynamic->base)
            value += dynamic->base;
        if (entry.d_tag == DT_SYMTAB)
            dynamic->symbols = value;
        else if (entry.d_tag == DT_STRTAB)
            dynamic->strings = value;
        else if (entry.d_tag == DT_GNU_HASH)
            dynamic->gnu_hash = value;
        else if (entry.d_tag == DT_VERSYM)
            dynamic->versions = value;
        else if (entry.d_tag == DT_AUXILIARY || entry.d_tag == DT_FILTER)
            dynamic->filters = true;
    }
    return dynamic->symbols && dynamic->strings && dynamic->gnu_hash;
}

static uint32_t gnu_hash(const char *name) {
    uint32_t hash = 5381;
    for (; *name; name++)
        hash = hash * 33 + (uint8_t)*name;
    return hash;
}

static bool is_named(struct memory *memory, uintptr_t address, const char *name) {
    char found[NAME_MOST_BYTES];
    size_t bytes = strlen(name) + 1;
    const char *text = (const char *)address;
    if (!memory) {
        while (*name && *text == *name)
            text++, name++;
        return *text == *name;
    }
    return bytes <= sizeof found && memory_read(memory, address, found, bytes) &&
           memcmp(found, name, bytes) == 0;
}

/* As do_lookup_x() and check_match() of elf/dl-lookup.c in glibc. */
static bool is_definition(const ElfW(Sym) * symbol) {
    unsigned binding = ELF64_ST_BIND(symbol->st_info);
    unsigned visibility = ELF64_ST_VISIBILITY(symbol->st_other);
    return symbol->st_shndx != SHN_UNDEF && symbol->st_value != 0 &&
           (binding == STB_GLOBAL || binding == STB_WEAK || binding == STB_GNU_UNIQUE) &&
           visibility != STV_HIDDEN && visibility != STV_INTERNAL;
}

/* The first symbol of the hash's chain, and where its link is; 0 when none can be there. */
static uint32_t chain_of(struct memory *memory, const struct dynamic *dynamic, uint32_t hash,
                         uintptr_t *link) {
    uint32_t header[4]; /* buckets, first symbol, words of the Bloom filter, its shift */
    if (!get(memory, dynamic->gnu_hash, header, sizeof header) || !header[0] || !header[2])
        return 0;
    uintptr_t bloom = dynamic->gnu_hash + sizeof header;
    uint64_t word;
    if (!get(memory, bloom + 8 * (uintptr_t)((hash / 64) % header[2]), &word, sizeof word) ||
        !(word >> (hash % 64) & word >> ((hash >> (header[3] & 31)) % 64) & 1))
        return 0;
    uintptr_t buckets = bloom + 8 * (uintptr_t)header[2];
    uint32_t index;
    if (!get(memory, buckets + 4 * (uintptr_t)(hash % header[0]), &index, sizeof index) ||
        index < header[1])
        return 0;
    *link = buckets + 4 * (uintptr_t)header[0] + 4 * (uintptr_t)(index - header[1]);
    return index;
}

bool dynamic_find(struct memory *memory, const struct dynamic *dynamic, const char *name,
                  ElfW(Sym) * symbol) {
    uintptr_t at;
    uint32_t hash = gnu_hash(name), index = chain_of(memory, dynamic, hash, &at), link = 0;
    unsigned defaults = 0;
    for (unsigned n = 0; index && n < MOST_CHAIN && !(link & 1); n++, index++, at += sizeof link) {
        ElfW(Sym) found;
        uint16_t version = 0;
        if (!get(memory, at, &link, sizeof link))
            return false;
        if ((link | 1) != (hash | 1) ||
            !get(memory, dynamic->symbols + index * sizeof found, &found, sizeof found) ||
            !is_definition(&found) || !is_named(memory, dynamic->strings + found.st_name, name))
            continue;
        if (dynamic->versions &&
            !get(memory, dynamic->versions + index * sizeof version, &version, sizeof version))
            return false;
        if ((version & ~VERSION_HIDDEN) >= VERSION_NONE && version & VERSION_HIDDEN)
            continue;
        *symbol = found;
        if ((version & ~VERSION_HIDDEN) < VERSION_NONE)
            return true;
        defaults++;
    }
    return defaults == 1;
}

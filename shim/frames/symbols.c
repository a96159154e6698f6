/* SPDX-License-Identifier: MIT */
#include "frames/symbols.h"
#include "base/buffer.h"
#include "base/hash.h"
#include "base/sys.h"
#include "frames/demangle.h"
#include "frames/image.h"
#include <stdatomic.h>
#include <string.h>
#include <sys/mman.h>

enum {
    WINDOW_SYMBOLS = 256,
    MOST_SYMBOLS = 1 << 20, /* of one table; reading so many takes about 10 ms */
    MANGLED_MOST = 4096,    /* templates of templates have long names, and short ones inside */
    NAME_MOST = 512,
    SHORT_NAME = 64, /* most are shorter */
};

/* One frame whose function is looked for. Addresses are those in the file. */
struct wanted {
    struct frame *frame;
    uint64_t address;  /* inside the call instruction, or where a signal struck */
    uint64_t function; /* where the unwind table says its function starts; 0: unknown */
    bool found;
    uint32_t index; /* of the symbol in its table */
    Elf64_Sym symbol;
};

/* Work space, too large for the stack: a private mapping that goes when the names are known. */
struct search {
    struct object objects[STACK_MOST_FRAMES]; /* of each frame; link_map 0: none, or done */
    struct wanted wanted[STACK_MOST_FRAMES];  /* of one object, by rising address */
    size_t count;
    Elf64_Sym window[WINDOW_SYMBOLS];
    char name[MANGLED_MOST];
};

/* ---- tables ---- */

/* open64 is also __open64 and __libc_open64: the name with fewer underscores before it is for
 * people. */
static size_t underscores(const struct bytes *names, uint32_t name) {
    char start[2];
    if (!bytes_read(names, name, start, sizeof start))
        return 0;
    return start[0] != '_' ? 0 : start[1] != '_' ? 1 : 2;
}

static bool is_better(const struct symbol_table *table, const struct wanted *wanted,
                      const Elf64_Sym *symbol) {
    if (!wanted->found || symbol->st_value != wanted->symbol.st_value)
        return !wanted->found || symbol->st_value > wanted->symbol.st_value;
    if (!symbol->st_size != !wanted->symbol.st_size)
        return symbol->st_size != 0;
    return underscores(&table->names, symbol->st_name) <
           underscores(&table->names, wanted->symbol.st_name);
}

/* A function holds the addresses of its size; one without a size (assembler) those that the unwind
 * table gives it. */
static bool holds(const Elf64_Sym *symbol, const struct wanted *wanted) {
    return symbol->st_size ? wanted->address - symbol->st_value < symbol->st_size
                           : wanted->function && wanted->function == symbol->st_value;
}

/* The first frame at or behind `address`. */
static struct wanted *first_wanted(struct search *search, uint64_t address) {
    size_t low = 0, high = search->count;
    while (low < high) {
        size_t middle = (low + high) / 2;
        if (search->wanted[middle].address < address)
            low = middle + 1;
        else
            high = middle;
    }
    return search->wanted + low;
}

static bool is_code(const Elf64_Sym *symbol) {
    unsigned type = ELF64_ST_TYPE(symbol->st_info);
    return (type == STT_FUNC || type == STT_GNU_IFUNC || type == STT_NOTYPE) &&
           symbol->st_shndx != SHN_UNDEF && symbol->st_value != 0;
}

static void consider(struct search *search, const struct symbol_table *table,
                     const Elf64_Sym *symbol, uint32_t index) {
    if (!is_code(symbol))
        return;
    struct wanted *end = search->wanted + search->count;
    if (symbol->st_value > end[-1].address ||
        (symbol->st_size && symbol->st_value + symbol->st_size <= search->wanted->address))
        return;
    for (struct wanted *wanted = first_wanted(search, symbol->st_value);
         wanted < end && holds(symbol, wanted); wanted++) {
        if (is_better(table, wanted, symbol)) {
            wanted->symbol = *symbol;
            wanted->index = index;
            wanted->found = true;
        }
    }
}

static void name_frame(struct search *search, struct arena *arena, const struct image *image,
                       const struct symbol_table *table, const struct wanted *wanted) {
    struct frame *frame = wanted->frame;
    uint32_t start = wanted->symbol.st_name;
    if (start >= table->names.length)
        return;
    uint64_t left = table->names.length - start;
    struct slice mangled = {search->name, 0};
    for (size_t room = SHORT_NAME, length; room <= MANGLED_MOST; room = MANGLED_MOST) {
        length = left < room ? (size_t)left : room;
        if (!bytes_read(&table->names, start, search->name, length))
            return;
        mangled.length = slice_find((struct slice){search->name, length}, '\0');
        if (mangled.length < length || room == MANGLED_MOST)
            break;
    }
    frame->function = demangle_nested(arena, mangled);
    if (frame->function.length == 0)
        frame->function = arena_copy(arena, slice_first(mangled, NAME_MOST));
    frame->symbol_offset = frame->pc - (image->base + wanted->symbol.st_value);
}

/* Looks at every symbol; false when some were left out. */
static bool search_table(struct search *search, const struct symbol_table *table) {
    uint64_t total = table->symbols.length / sizeof(Elf64_Sym);
    if (total > MOST_SYMBOLS)
        total = MOST_SYMBOLS;
    for (uint64_t at = 0; at < total; at += WINDOW_SYMBOLS) {
        size_t count = total - at < WINDOW_SYMBOLS ? (size_t)(total - at) : WINDOW_SYMBOLS;
        if (!bytes_read(&table->symbols, at * sizeof(Elf64_Sym), search->window,
                        count * sizeof(Elf64_Sym)))
            return false;
        for (size_t i = 0; i < count; i++)
            consider(search, table, &search->window[i], (uint32_t)(at + i));
    }
    return total < MOST_SYMBOLS;
}

/* Names the frames that this table could name and drops them from the search. */
static void name_found(struct search *search, struct arena *arena, const struct image *image,
                       const struct symbol_table *table) {
    size_t kept = 0;
    for (size_t i = 0; i < search->count; i++) {
        if (search->wanted[i].found)
            name_frame(search, arena, image, table, &search->wanted[i]);
        else
            search->wanted[kept++] = search->wanted[i];
    }
    search->count = kept;
}

/* ---- dynamic symbols, from one report to the next ---- */

/*
 * Which symbol an address belongs to: a table has thousands. A slot holds 40 bits of a hash of all
 * that decides it, and the symbol's index + 1 in 24 bits, or that there is none. What an index
 * leads to is looked at again. Other threads may set the same slot.
 */
enum { KNOWN_SLOTS = 256, INDEX_BITS = 24, NO_SYMBOL = (1 << INDEX_BITS) - 1 };
static _Atomic uint64_t known_symbols[KNOWN_SLOTS];

/* The slot and what its upper bits must be; 0 for an object without build id. */
static uint64_t known_key(const struct image *image, const struct wanted *wanted,
                          _Atomic uint64_t **slot) {
    uint64_t key = image_key(image);
    if (key == 0)
        return 0;
    key = hash_word(hash_word(key, wanted->address), wanted->function);
    *slot = &known_symbols[key % KNOWN_SLOTS];
    return key >> INDEX_BITS << INDEX_BITS;
}

/* Whether all of the dynamic symbols are known, or that there are none. */
static bool recall(struct search *search, const struct image *image,
                   const struct symbol_table *table) {
    for (size_t i = 0; i < search->count; i++) {
        struct wanted *wanted = &search->wanted[i];
        _Atomic uint64_t *slot;
        uint64_t key = known_key(image, wanted, &slot);
        uint64_t known = key ? atomic_load_explicit(slot, memory_order_relaxed) : 0;
        uint32_t index = (uint32_t)(known & NO_SYMBOL) - 1;
        if (key == 0 || known >> INDEX_BITS != key >> INDEX_BITS)
            return false;
        if (index == NO_SYMBOL - 1)
            continue;
        wanted->found = bytes_read(&table->symbols, index * sizeof(Elf64_Sym), &wanted->symbol,
                                   sizeof wanted->symbol) &&
                        is_code(&wanted->symbol) && holds(&wanted->symbol, wanted);
        if (!wanted->found)
            return false;
    }
    return true;
}

static void remember(const struct search *search, const struct image *image) {
    for (size_t i = 0; i < search->count; i++) {
        const struct wanted *wanted = &search->wanted[i];
        _Atomic uint64_t *slot;
        uint64_t key = known_key(image, wanted, &slot);
        if (key)
            atomic_store_explicit(slot, key | (wanted->found ? wanted->index + 1 : NO_SYMBOL),
                                  memory_order_relaxed);
    }
}

static void search_dynamic(struct search *search, struct arena *arena, const struct image *image,
                           const struct symbol_table *table) {
    if (!recall(search, image, table)) {
        for (size_t i = 0; i < search->count; i++)
            search->wanted[i].found = false;
        if (search_table(search, table))
            remember(search, image);
    }
    name_found(search, arena, image, table);
}

/* ---- objects ---- */

static void want(struct search *search, const struct image *image, struct frame *frame) {
    struct wanted wanted = {
        .frame = frame,
        .address = frame->pc - !frame->interrupted - image->base,
        .function = frame->function_start ? frame->function_start - image->base : 0,
    };
    size_t at = search->count++;
    for (; at > 0 && search->wanted[at - 1].address > wanted.address; at--)
        search->wanted[at] = search->wanted[at - 1];
    search->wanted[at] = wanted;
}

static struct slice build_id_text(struct arena *arena, const struct image *image) {
    struct buffer text = buffer_in(arena, image->build_id_length * 2);
    for (size_t i = 0; i < image->build_id_length; i++)
        buffer_format(&text, "%02x", image->build_id[i]);
    return buffer_text(&text);
}

/* All frames from `first` on that lie in its object. */
static void resolve_object(struct search *search, struct arena *arena, struct memory *memory,
                           struct frame *frames, size_t first, size_t count) {
    struct object object = search->objects[first];
    struct image image;
    bool known = image_read(arena, memory, &object, &image);
    struct slice build_id = known ? build_id_text(arena, &image) : SLICE("");
    search->count = 0;
    for (size_t i = first; i < count; i++) {
        if (search->objects[i].link_map != object.link_map)
            continue;
        search->objects[i].link_map = 0;
        if (!known)
            continue;
        frames[i].object = image.path;
        frames[i].build_id = build_id;
        frames[i].offset = frames[i].pc - image.base;
        want(search, &image, &frames[i]);
    }
    struct symbol_table table;
    if (search->count > 0 && image_dynamic_symbols(memory, &image, &table))
        search_dynamic(search, arena, &image, &table);
    if (search->count > 0 && image_open_symbols(memory, &image, &table)) {
        search_table(search, &table);
        name_found(search, arena, &image, &table);
        sys_close(table.symbols.descriptor);
    }
}

void symbols_resolve(struct arena *arena, struct memory *memory, struct frame *frames,
                     size_t count) {
    if (count > STACK_MOST_FRAMES)
        count = STACK_MOST_FRAMES;
    struct search *search =
        sys_map(sizeof *search, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS);
    if (!search)
        return;
    for (size_t i = 0; i < count; i++) {
        struct frame *frame = &frames[i];
        if (frame->kind != FRAME_NATIVE)
            continue;
        if (frame->function_start)
            frame->symbol_offset = frame->pc - frame->function_start; /* until it has a name */
        if (!object_find(memory, frame->pc - !frame->interrupted, &search->objects[i]))
            search->objects[i].link_map = 0;
    }
    for (size_t i = 0; i < count; i++) {
        if (search->objects[i].link_map)
            resolve_object(search, arena, memory, frames, i, count);
    }
    sys_unmap(search, sizeof *search);
}

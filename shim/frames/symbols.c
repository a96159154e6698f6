/* SPDX-License-Identifier: MIT */
#include "frames/symbols.h"
#include "base/buffer.h"
#include "base/sys.h"
#include "frames/demangle.h"
#include "frames/image.h"
#include <string.h>
#include <sys/mman.h>

enum {
    WINDOW_SYMBOLS = 256,
    MOST_SYMBOLS = 1 << 20, /* of one table; reading so many takes about 10 ms */
    MANGLED_MOST = 4096,    /* templates of templates have long names, and short ones inside */
    NAME_MOST = 512,
};

/* One frame whose function is looked for. Addresses are those in the file. */
struct wanted {
    struct frame *frame;
    uint64_t address;  /* inside the call instruction, or where a signal struck */
    uint64_t function; /* where the unwind table says its function starts; 0: unknown */
    bool found;
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

static void consider(struct search *search, const struct symbol_table *table,
                     const Elf64_Sym *symbol) {
    unsigned type = ELF64_ST_TYPE(symbol->st_info);
    if ((type != STT_FUNC && type != STT_GNU_IFUNC && type != STT_NOTYPE) ||
        symbol->st_shndx == SHN_UNDEF || symbol->st_value == 0)
        return;
    struct wanted *end = search->wanted + search->count;
    if (symbol->st_value > end[-1].address ||
        (symbol->st_size && symbol->st_value + symbol->st_size <= search->wanted->address))
        return;
    for (struct wanted *wanted = first_wanted(search, symbol->st_value);
         wanted < end && holds(symbol, wanted); wanted++) {
        if (is_better(table, wanted, symbol)) {
            wanted->symbol = *symbol;
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
    size_t length = left < MANGLED_MOST ? (size_t)left : MANGLED_MOST;
    if (!bytes_read(&table->names, start, search->name, length))
        return;
    struct slice mangled = {search->name, strnlen(search->name, length)};
    frame->function = demangle_nested(arena, mangled);
    if (frame->function.length == 0)
        frame->function = arena_copy(arena, slice_first(mangled, NAME_MOST));
    frame->symbol_offset = frame->pc - (image->base + wanted->symbol.st_value);
}

/* Names the frames that this table can name and drops them from the search. */
static void search_table(struct search *search, struct arena *arena, const struct image *image,
                         const struct symbol_table *table) {
    uint64_t total = table->symbols.length / sizeof(Elf64_Sym);
    if (total > MOST_SYMBOLS)
        total = MOST_SYMBOLS;
    for (uint64_t at = 0; at < total; at += WINDOW_SYMBOLS) {
        size_t count = total - at < WINDOW_SYMBOLS ? (size_t)(total - at) : WINDOW_SYMBOLS;
        if (!bytes_read(&table->symbols, at * sizeof(Elf64_Sym), search->window,
                        count * sizeof(Elf64_Sym)))
            break;
        for (size_t i = 0; i < count; i++)
            consider(search, table, &search->window[i]);
    }
    size_t kept = 0;
    for (size_t i = 0; i < search->count; i++) {
        if (search->wanted[i].found)
            name_frame(search, arena, image, table, &search->wanted[i]);
        else
            search->wanted[kept++] = search->wanted[i];
    }
    search->count = kept;
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
        search_table(search, arena, &image, &table);
    if (search->count > 0 && image_open_symbols(memory, &image, &table)) {
        search_table(search, arena, &image, &table);
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

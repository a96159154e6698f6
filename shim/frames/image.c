/* SPDX-License-Identifier: MIT */
#include "frames/image.h"
#include "base/file.h"
#include "base/sys.h"
#include <link.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/auxv.h>

enum {
    MOST_SEGMENTS = 64,
    MOST_DYNAMIC = 256,
    MOST_NOTES = 16,
    MOST_BUCKETS = 1 << 22,
    PATH_MOST = 4096,
};

bool bytes_read(const struct bytes *bytes, uint64_t at, void *copy, size_t count) {
    if (at > bytes->length || count > bytes->length - at)
        return false;
    if (bytes->descriptor < 0)
        return memory_read(bytes->memory, bytes->start + at, copy, count);
    return sys_pread(bytes->descriptor, copy, count, (off_t)(bytes->start + at)) == (long)count;
}

/* Segment number `index`: in memory the program headers follow the ELF header as in the file. */
static bool segment_read(struct memory *memory, const struct image *image, size_t index,
                         Elf64_Phdr *segment) {
    return index < image->header.e_phnum && index < MOST_SEGMENTS &&
           memory_read(memory, image->start + image->header.e_phoff + index * sizeof *segment,
                       segment, sizeof *segment);
}

/* ---- build id: the GNU note of type 3, elf(5) "Notes" ---- */

static void find_build_id(struct memory *memory, struct image *image) {
    static const char owner[] = "GNU";
    Elf64_Phdr segment;
    for (size_t i = 0; segment_read(memory, image, i, &segment); i++) {
        if (segment.p_type != PT_NOTE)
            continue;
        uint64_t align = segment.p_align == 8 ? 8 : 4, at = 0;
        for (size_t note = 0; note < MOST_NOTES; note++) {
            struct {
                Elf64_Nhdr header;
                char name[sizeof owner];
            } start;
            uintptr_t address = image->base + segment.p_vaddr + at;
            if (at + sizeof start > segment.p_memsz ||
                !memory_read(memory, address, &start, sizeof start))
                break;
            uint64_t content =
                (sizeof start.header + start.header.n_namesz + align - 1) & ~(align - 1);
            size_t length = start.header.n_descsz;
            if (start.header.n_type == NT_GNU_BUILD_ID && start.header.n_namesz == sizeof owner &&
                memcmp(start.name, owner, sizeof owner) == 0 && length <= BUILD_ID_MOST &&
                memory_read(memory, address + content, image->build_id, length)) {
                image->build_id_length = length;
                image->build_id_offset = segment.p_offset + at + content;
                return;
            }
            at += (content + length + align - 1) & ~(align - 1);
        }
    }
}

static bool header_at(struct memory *memory, uintptr_t address, struct image *image) {
    image->start = address;
    return memory_read(memory, address, &image->header, sizeof image->header) &&
           memcmp(image->header.e_ident, ELFMAG, SELFMAG) == 0 &&
           image->header.e_phentsize == sizeof(Elf64_Phdr);
}

/* The ELF header begins the lowest segment: where the loader put address 0 of a library, on the
 * page of the program's own headers, and mostly where the mapping begins. */
static bool read_header(struct memory *memory, const struct object *object, struct image *image) {
    uintptr_t program = (uintptr_t)getauxval(AT_PHDR) & ~(uintptr_t)(MEMORY_PAGE_BYTES - 1);
    return header_at(memory, image->is_program ? program : image->base, image) ||
           header_at(memory, object->start, image);
}

bool image_read(struct arena *arena, struct memory *memory, const struct object *object,
                struct image *image) {
    struct link_map map;
    *image = (struct image){.path = SLICE("")};
    if (!memory_read(memory, object->link_map, &map, sizeof map))
        return false;
    image->base = map.l_addr;
    image->dynamic = (uintptr_t)map.l_ld;
    long length = memory_string_length(memory, (uintptr_t)map.l_name, PATH_MOST - 1);
    image->is_program = length == 0;
    if (!read_header(memory, object, image))
        return false;
    if (image->is_program)
        image->path = file_link(arena, AT_FDCWD, "/proc/self/exe");
    else if (length > 0)
        image->path = arena_copy(arena, (struct slice){map.l_name, (size_t)length});
    find_build_id(memory, image);
    return true;
}

/* ---- .dynsym ---- */

/* How many symbols there are, which only the hash tables tell: the last chain of the highest bucket
 * ends with the last symbol (https://flapenguin.me/elf-dt-gnu-hash tells the layout). */
static uint64_t count_gnu_hash(struct memory *memory, uintptr_t table) {
    enum { CHUNK = 64 };
    struct {
        uint32_t buckets, first_symbol, bloom_words, bloom_shift;
    } head;
    if (!memory_read(memory, table, &head, sizeof head) || head.buckets > MOST_BUCKETS)
        return 0;
    uintptr_t buckets = table + sizeof head + head.bloom_words * sizeof(uint64_t);
    uint32_t last = 0, words[CHUNK];
    for (uint32_t i = 0; i < head.buckets; i += CHUNK) {
        uint32_t count = head.buckets - i < CHUNK ? head.buckets - i : CHUNK;
        if (!memory_read(memory, buckets + i * sizeof *words, words, count * sizeof *words))
            return 0;
        for (uint32_t k = 0; k < count; k++)
            last = words[k] > last ? words[k] : last;
    }
    if (last < head.first_symbol)
        return 0;
    uintptr_t chain = buckets + head.buckets * sizeof *words;
    for (uint32_t i = 0; i < MOST_BUCKETS; i++, last++) {
        uint32_t hash;
        if (!memory_read(memory, chain + (last - head.first_symbol) * sizeof hash, &hash,
                         sizeof hash))
            return 0;
        if (hash & 1)
            return (uint64_t)last + 1;
    }
    return 0;
}

static uint64_t count_hash(struct memory *memory, uintptr_t table) {
    uint32_t head[2]; /* buckets, symbols */
    return memory_read(memory, table, head, sizeof head) ? head[1] : 0;
}

bool image_dynamic_symbols(struct memory *memory, const struct image *image,
                           struct symbol_table *table) {
    uintptr_t symbols = 0, names = 0, gnu_hash = 0, hash = 0;
    uint64_t names_length = 0;
    for (size_t i = 0; i < MOST_DYNAMIC; i++) {
        Elf64_Dyn entry;
        if (!memory_read(memory, image->dynamic + i * sizeof entry, &entry, sizeof entry) ||
            entry.d_tag == DT_NULL)
            break;
        /* The loader turns offsets into addresses in place, but not in the vDSO. */
        uintptr_t address = entry.d_un.d_ptr;
        if (address < image->start)
            address += image->base;
        if (entry.d_tag == DT_SYMTAB)
            symbols = address;
        else if (entry.d_tag == DT_STRTAB)
            names = address;
        else if (entry.d_tag == DT_STRSZ)
            names_length = entry.d_un.d_val;
        else if (entry.d_tag == DT_GNU_HASH)
            gnu_hash = address;
        else if (entry.d_tag == DT_HASH)
            hash = address;
    }
    uint64_t count = gnu_hash ? count_gnu_hash(memory, gnu_hash) : 0;
    if (count == 0 && hash)
        count = count_hash(memory, hash);
    if (!symbols || !names || count == 0)
        return false;
    *table = (struct symbol_table){{memory, -1, symbols, count * sizeof(Elf64_Sym)},
                                   {memory, -1, names, names_length}};
    return true;
}

/* ---- .symtab ---- */

/* Whether the file's program headers are the mapped ones. */
static bool same_segments(struct memory *memory, const struct image *image,
                          const struct bytes *file) {
    Elf64_Phdr mapped, segment;
    for (size_t i = 0; segment_read(memory, image, i, &mapped); i++)
        if (!bytes_read(file, image->header.e_phoff + i * sizeof segment, &segment,
                        sizeof segment) ||
            memcmp(&segment, &mapped, sizeof segment) != 0)
            return false;
    return true;
}

/* Whether the file is what is mapped. strip(1) keeps the build id and changes the ELF header. */
static bool same_file(struct memory *memory, const struct image *image, const struct bytes *file) {
    Elf64_Ehdr header;
    if (!bytes_read(file, 0, &header, sizeof header) ||
        memcmp(&header, &image->header, sizeof header) != 0)
        return false;
    uint8_t id[BUILD_ID_MOST];
    if (image->build_id_length == 0)
        return same_segments(memory, image, file);
    return bytes_read(file, image->build_id_offset, id, image->build_id_length) &&
           memcmp(id, image->build_id, image->build_id_length) == 0;
}

static bool find_symbol_section(const struct image *image, const struct bytes *file,
                                struct symbol_table *table) {
    enum { AT_ONCE = 16 };
    const Elf64_Ehdr *header = &image->header;
    Elf64_Shdr sections[AT_ONCE], names;
    if (header->e_shentsize != sizeof names)
        return false;
    /* .symtab is among the last ones. */
    for (size_t end = header->e_shnum, start; end > 0; end = start) {
        start = end > AT_ONCE ? end - AT_ONCE : 0;
        if (!bytes_read(file, header->e_shoff + start * sizeof names, sections,
                        (end - start) * sizeof names))
            return false;
        for (size_t i = end; i-- > start;) {
            const Elf64_Shdr *section = &sections[i - start];
            if (section->sh_type != SHT_SYMTAB)
                continue;
            if (section->sh_link >= header->e_shnum ||
                !bytes_read(file, header->e_shoff + section->sh_link * sizeof names, &names,
                            sizeof names))
                return false;
            *table = (struct symbol_table){
                {NULL, file->descriptor, section->sh_offset, section->sh_size},
                {NULL, file->descriptor, names.sh_offset, names.sh_size}};
            return true;
        }
    }
    return false;
}

uint64_t image_key(const struct image *image) {
    uint64_t key = 0;
    if (image->build_id_length >= sizeof key)
        memcpy(&key, image->build_id, sizeof key);
    return key;
}

/*
 * Objects whose files are known to have no .symtab, by the start of their build id: most of a
 * distribution's. Other threads may set the same slot; then a file is looked at again.
 */
enum { STRIPPED_SLOTS = 64 };
static _Atomic uint64_t stripped[STRIPPED_SLOTS];

bool image_open_symbols(struct memory *memory, const struct image *image,
                        struct symbol_table *table) {
    uint64_t key = image_key(image);
    _Atomic uint64_t *known = &stripped[key % STRIPPED_SLOTS];
    if (key && atomic_load_explicit(known, memory_order_relaxed) == key)
        return false;
    const char *path = image->is_program ? "/proc/self/exe" : image->path.data;
    if (slice_find(slice_of(path), '/') == strlen(path))
        return false; /* the vDSO has a name and no file */
    int descriptor = sys_open_to_read(path);
    if (descriptor < 0)
        return false;
    struct stat status;
    struct bytes file = {NULL, descriptor, 0, 0};
    if (sys_fstat(descriptor, &status) == 0 && S_ISREG(status.st_mode)) {
        file.length = (uint64_t)status.st_size;
        if (same_file(memory, image, &file)) {
            if (find_symbol_section(image, &file, table))
                return true;
            atomic_store_explicit(known, key, memory_order_relaxed);
        }
    }
    sys_close(descriptor);
    return false;
}

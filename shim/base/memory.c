/* SPDX-License-Identifier: MIT */
#include "base/memory.h"
#include "base/sys.h"
#include "base/valgrind.h"
#include <string.h>

enum { NO_SUCH_HOW = -1 };

static bool is_known(const struct memory *memory, uintptr_t page) {
    return memory->readable[page / MEMORY_PAGE_BYTES % MEMORY_CACHE_SLOTS] == page + 1;
}

static bool page_readable(struct memory *memory, uintptr_t page) {
    size_t slot = (page / MEMORY_PAGE_BYTES) % MEMORY_CACHE_SLOTS;
    if (is_known(memory, page))
        return true;
    /* The kernel rejects a user address in its own half of the address space by itself. Valgrind
     * would report that a page begins with what nobody wrote, or has freed. */
    valgrind_request(VALGRIND_CHANGE_ERROR_DISABLEMENT, 1, 0);
    int answer = sys_sigmask(NO_SUCH_HOW, (const uint64_t *)page, NULL);
    valgrind_request(VALGRIND_CHANGE_ERROR_DISABLEMENT, (uintptr_t)-1, 0);
    if (answer != -EINVAL)
        return false;
    memory->readable[slot] = page + 1;
    return true;
}

bool memory_readable(struct memory *memory, uintptr_t address, size_t bytes) {
    if (bytes == 0)
        return true;
    if (address < MEMORY_PAGE_BYTES || address + bytes - 1 < address)
        return false;
    uintptr_t last = (address + bytes - 1) & ~(uintptr_t)(MEMORY_PAGE_BYTES - 1);
    for (uintptr_t page = address & ~(uintptr_t)(MEMORY_PAGE_BYTES - 1);;
         page += MEMORY_PAGE_BYTES) {
        if (!page_readable(memory, page))
            return false;
        if (page == last)
            return true;
    }
}

bool memory_read(struct memory *memory, uintptr_t address, void *copy, size_t bytes) {
    uintptr_t page = address & ~(uintptr_t)(MEMORY_PAGE_BYTES - 1);
    bool inside = bytes <= MEMORY_PAGE_BYTES - (address - page);
    if (!(inside && is_known(memory, page)) && !memory_readable(memory, address, bytes))
        return false;
    /* Not memcpy(3): what is read here is not ours, may be null when it is nothing, and may hold
     * the red zones of a host's address sanitizer, whose memcpy ends the process over them. Most
     * reads are of one word, for which a string instruction takes long to start. */
    if (bytes == sizeof(uint64_t)) {
        uint64_t word;
        __asm__ volatile("movq (%1), %0" : "=r"(word) : "r"(address) : "memory");
        memcpy(copy, &word, sizeof word);
        return true;
    }
    __asm__ volatile("rep movsb" : "+D"(copy), "+S"(address), "+c"(bytes) : : "memory");
    return true;
}

long memory_string_length(struct memory *memory, uintptr_t address, size_t most) {
    size_t length = 0;
    while (length <= most) {
        uintptr_t at = address + length;
        size_t in_page = MEMORY_PAGE_BYTES - at % MEMORY_PAGE_BYTES;
        if (!memory_readable(memory, at, 1))
            return -1;
        const char *end = memchr((const char *)at, '\0', in_page);
        if (end) {
            length += (size_t)(end - (const char *)at);
            return length <= most ? (long)length : -1;
        }
        length += in_page;
    }
    return -1;
}

/* SPDX-License-Identifier: MIT */
#include "frames/unwind.h"
#include "base/enter.h"
#include "frames/box.h"
#include "frames/object.h"
#include "incident.h"
#include <libunwind-x86_64.h>
#include <pthread.h>
#include <string.h>

_Static_assert(offsetof(struct registers, rip) == REGISTERS_RIP &&
                   offsetof(struct registers, rsp) == REGISTERS_RSP &&
                   offsetof(struct registers, rbx) == REGISTERS_RBX &&
                   offsetof(struct registers, rbp) == REGISTERS_RBP &&
                   offsetof(struct registers, r12) == REGISTERS_R12 &&
                   offsetof(struct registers, r13) == REGISTERS_R13 &&
                   offsetof(struct registers, r14) == REGISTERS_R14 &&
                   offsetof(struct registers, r15) == REGISTERS_R15 &&
                   sizeof(struct registers) == REGISTERS_BYTES,
               "base/enter.S writes struct registers");

/* libunwind's search of a binary search table, public though no header declares it. */
int UNW_OBJ(dwarf_search_unwind_table)(unw_addr_space_t space, unw_word_t ip, unw_dyn_info_t *table,
                                       unw_proc_info_t *info, int need_unwind_info, void *argument);

enum {
    /* A step reads some hundred words. This ends a loop in a broken DWARF expression. */
    MOST_READS = 1 << 20,
    /* How far a frame pointer may lie above the stack pointer. */
    MOST_FRAME_BYTES = 8 << 20,
    /* Links of a chain of frame pointers that are looked at before it is believed. */
    MOST_LINKS = 512,
};

static const char NO_ADDRESS[] = "a return address on the stack is none";
static const char IN_A_CIRCLE[] = "the stack runs in a circle";

/* What libunwind's accessors are told. */
struct source {
    struct memory *memory;
    struct registers registers;
    bool only_frame_pointer; /* of registers, only rip, rsp and rbp are known */
    unsigned reads_left;
    bool no_entry;            /* the last step found no unwind table entry */
    uintptr_t function_start; /* of the last step's function; 0: unknown */
};

/* ---- accessors: the only way libunwind learns anything ---- */

static int read_memory(unw_addr_space_t space, unw_word_t address, unw_word_t *value, int write,
                       void *argument) {
    (void)space;
    struct source *source = argument;
    if (write || source->reads_left == 0)
        return -UNW_EINVAL;
    source->reads_left--;
    return memory_read(source->memory, address, value, sizeof *value) ? 0 : -UNW_EINVAL;
}

static int read_register(unw_addr_space_t space, unw_regnum_t number, unw_word_t *value, int write,
                         void *argument) {
    (void)space;
    /* The first three are those that a chain of frame pointers tells. */
    static const struct {
        uint8_t number, offset;
    } known[] = {
        {UNW_X86_64_RIP, REGISTERS_RIP}, {UNW_X86_64_RSP, REGISTERS_RSP},
        {UNW_X86_64_RBP, REGISTERS_RBP}, {UNW_X86_64_RBX, REGISTERS_RBX},
        {UNW_X86_64_R12, REGISTERS_R12}, {UNW_X86_64_R13, REGISTERS_R13},
        {UNW_X86_64_R14, REGISTERS_R14}, {UNW_X86_64_R15, REGISTERS_R15},
    };
    const struct source *source = argument;
    size_t count = source->only_frame_pointer ? 3 : sizeof known / sizeof *known;
    if (write)
        return -UNW_EREADONLYREG;
    for (size_t i = 0; i < count; i++)
        if (known[i].number == number) {
            memcpy(value, (const char *)&source->registers + known[i].offset, sizeof *value);
            return 0;
        }
    return -UNW_EBADREG; /* not preserved over a call: nobody knows */
}

static int no_float_register(unw_addr_space_t space, unw_regnum_t number, unw_fpreg_t *value,
                             int write, void *argument) {
    (void)space, (void)number, (void)value, (void)write, (void)argument;
    return -UNW_EBADREG;
}

/* .eh_frame_hdr as every linker writes it (LSB 5.0, 10.6.2): a sorted table of pairs of 32-bit
 * offsets from the header, of which libunwind reads what it needs through read_memory. */
struct table_header {
    uint8_t version, eh_frame_encoding, count_encoding, table_encoding;
    int32_t eh_frame;
    uint32_t count;
};

static int find_entry(unw_addr_space_t space, unw_word_t ip, unw_proc_info_t *info,
                      int need_unwind_info, void *argument) {
    enum { VERSION = 1, PC_RELATIVE_S4 = 0x1b, U4 = 0x03, TABLE_RELATIVE_S4 = 0x3b };
    struct source *source = argument;
    struct object object;
    struct table_header header;
    int result = -UNW_ENOINFO;
    if (object_find(source->memory, ip, &object) && object.unwind &&
        memory_read(source->memory, object.unwind, &header, sizeof header) &&
        header.version == VERSION && header.eh_frame_encoding == PC_RELATIVE_S4 &&
        header.count_encoding == U4 && header.table_encoding == TABLE_RELATIVE_S4) {
        unw_dyn_info_t table = {
            .start_ip = object.start,
            .end_ip = object.end,
            .format = UNW_INFO_FORMAT_REMOTE_TABLE,
            .u.rti = {.segbase = object.unwind,
                      .table_data = object.unwind + sizeof header,
                      .table_len = header.count}, /* in words: one for each pair */
        };
        result =
            UNW_OBJ(dwarf_search_unwind_table)(space, ip, &table, info, need_unwind_info, argument);
    }
    if (result == 0)
        source->function_start = info->start_ip;
    source->no_entry = result == -UNW_ENOINFO;
    /* With ENOINFO libunwind would begin to guess; unwind_frames() has the stricter rules. */
    return source->no_entry ? -UNW_ESTOPUNWIND : result;
}

static void keep_entry(unw_addr_space_t space, unw_proc_info_t *info, void *argument) {
    (void)space, (void)info, (void)argument; /* box_rewind() frees it */
}

static int no_registered_code(unw_addr_space_t space, unw_word_t *list, void *argument) {
    (void)space, (void)list, (void)argument;
    return -UNW_ENOINFO;
}

static int no_resuming(unw_addr_space_t space, unw_cursor_t *cursor, void *argument) {
    (void)space, (void)cursor, (void)argument;
    return -UNW_EINVAL;
}

static int no_name(unw_addr_space_t space, unw_word_t address, char *name, size_t capacity,
                   unw_word_t *offset, void *argument) {
    (void)space, (void)address, (void)name, (void)capacity, (void)offset, (void)argument;
    return -UNW_ENOINFO;
}

/* ---- steps ---- */

struct walker {
    struct source source;
    struct box *box;
    unw_addr_space_t space;
    unw_cursor_t cursor;
    uintptr_t pc, sp;
    bool interrupted;                 /* pc is exact, not a return address */
    bool by_frame_pointer;            /* how pc was found */
    uintptr_t stack_low;              /* where the walk entered the stack it is on */
    uintptr_t chain_start, chain_end; /* frame pointers that leads_out() has followed */
    const char *ended;                /* why it cannot go on; NULL: at the start of the thread */
};

/* Starts libunwind at source.registers, whose rip is a return address: the call before it decides.
 */
static bool start_at_call(struct walker *walker) {
    walker->source.registers.rip--;
    bool started = unw_init_remote(&walker->cursor, walker->space, &walker->source) == 0;
    walker->source.registers.rip++;
    return started;
}

/* Whether a call instruction ends at `address`: E8 with an offset, or FF /2 with any operand (Intel
 * SDM volume 2, CALL). Tells a return address of JIT code from other words on a damaged stack. */
static bool follows_call(struct memory *memory, uintptr_t address) {
    enum { LONGEST = 7 }; /* FF, ModRM, SIB and 32 bits; a REX prefix before it does not matter */
    uint8_t code[LONGEST] = {0};
    size_t known = LONGEST;
    if (!memory_readable(memory, address - LONGEST, LONGEST))
        known = address % MEMORY_PAGE_BYTES; /* the code starts with its page */
    if (known == 0 || known > LONGEST ||
        !memory_read(memory, address - known, code + LONGEST - known, known))
        return false;
    if (code[LONGEST - 5] == 0xe8)
        return true;
    static const uint8_t lengths[] = {2, 3, 4, 6, 7};
    for (size_t i = 0; i < sizeof lengths; i++) {
        const uint8_t *call = code + LONGEST - lengths[i];
        if (call[0] == 0xff && (call[1] >> 3 & 7) == 2)
            return true;
    }
    return false;
}

/*
 * Whether the chain of frame pointers from `rbp` on, each above the one before, leads to a call in
 * an object. HotSpot's interpreter enters a method by a jump, with a return address that no call
 * left: what proves such frames is where they come from.
 */
static bool leads_out(struct walker *walker, uintptr_t rbp) {
    struct memory *memory = walker->source.memory;
    uintptr_t saved[2], at = rbp;
    struct object object;
    if (rbp >= walker->chain_start && rbp < walker->chain_end)
        return true;
    for (size_t links = 0; links < MOST_LINKS; links++) {
        if (!memory_read(memory, at, saved, sizeof saved) || !memory_readable(memory, saved[1], 1))
            return false;
        if (object_find(memory, saved[1] - 1, &object)) {
            if (!follows_call(memory, saved[1]))
                return false;
            break;
        }
        if (saved[0] <= at || saved[0] % 8 || saved[0] - at > MOST_FRAME_BYTES)
            return false;
        at = saved[0];
    }
    walker->chain_start = rbp;
    walker->chain_end = at;
    return true;
}

/* Whether `address` is where a function of libc's starts, which no call returns to: makecontext(3)
 * lets the coroutine return so to __start_context, and this stack has nothing above. */
static bool is_coroutine_start(struct walker *walker, uintptr_t address) {
    struct source *source = &walker->source;
    struct object object, libc;
    unw_proc_info_t info;
    bool is_libc = object_find(source->memory, address, &object) &&
                   object_find(source->memory, (uintptr_t)pthread_self, &libc) &&
                   object.start == libc.start;
    return is_libc && find_entry(walker->space, address, &info, 0, source) == 0 &&
           info.start_ip == address;
}

/* What a function without a table entry may return to: behind a call; where a signal's handler
 * returns to, whose entry starts a byte early; or where a coroutine started. */
static bool is_return_address(struct walker *walker, uintptr_t address) {
    unw_proc_info_t info;
    return follows_call(walker->source.memory, address) ||
           find_entry(walker->space, address - 1, &info, 0, &walker->source) == 0 ||
           is_coroutine_start(walker, address);
}

/* From a function without an unwind table entry: by the frame pointer, if that is what rbp can be.
 */
static bool step_by_frame_pointer(struct walker *walker) {
    struct memory *memory = walker->source.memory;
    unw_word_t rbp;
    uintptr_t saved[2]; /* the caller's rbp, the return address */
    if (unw_get_reg(&walker->cursor, UNW_X86_64_RBP, &rbp) != 0 || rbp < walker->sp || rbp % 8 ||
        rbp - walker->sp > MOST_FRAME_BYTES || !memory_read(memory, rbp, saved, sizeof saved))
        return false;
    if (!is_return_address(walker, saved[1]) && !leads_out(walker, rbp))
        return false;
    walker->pc = saved[1];
    walker->sp = rbp + sizeof saved;
    walker->interrupted = false;
    walker->source.registers =
        (struct registers){.rip = walker->pc, .rsp = walker->sp, .rbp = saved[0]};
    walker->source.only_frame_pointer = true;
    walker->by_frame_pointer = true;
    return start_at_call(walker);
}

/* The stack may be left for another one (a signal's, a coroutine's), but not go in a circle. */
static bool advances(struct walker *walker, uintptr_t sp) {
    if (sp >= walker->stack_low && sp <= walker->sp)
        return false;
    if (sp < walker->stack_low || sp - walker->sp > MOST_FRAME_BYTES)
        walker->stack_low = sp;
    return true;
}

/* From a function without an unwind table entry. Data of an object has none either. */
static bool step_without_entry(struct walker *walker, struct frame *frame) {
    if (is_coroutine_start(walker, walker->pc))
        return false;
    bool is_proven = walker->interrupted || walker->by_frame_pointer;
    if (!is_proven && !follows_call(walker->source.memory, walker->pc)) {
        walker->ended = NO_ADDRESS;
        frame->pc = 0;
        return false;
    }
    if (!step_by_frame_pointer(walker)) {
        walker->ended = "no unwind information and no frame pointer";
        return false;
    }
    frame->cfa = walker->sp;
    return true;
}

/* To the caller: fills in what only this step tells of `frame`. False: the walk ends with it, and
 * before it where its pc is 0. */
static bool step(struct walker *walker, struct frame *frame) {
    struct source *source = &walker->source;
    source->no_entry = false;
    source->function_start = 0;
    box_rewind(walker->box);
    int result = unw_step(&walker->cursor);
    if (source->no_entry)
        return step_without_entry(walker, frame);
    frame->function_start = source->function_start;
    unw_word_t pc = 0, sp = 0;
    if (result == -UNW_EBADFRAME) { /* libunwind has come nowhere */
        walker->ended = IN_A_CIRCLE;
        return false;
    }
    if (result < 0 || unw_get_reg(&walker->cursor, UNW_REG_SP, &sp) != 0) {
        walker->ended = source->reads_left ? "the stack or its unwind information cannot be read"
                                           : "the unwind information has no end";
        return false;
    }
    frame->cfa = sp;
    if (result == 0)
        return false;
    if (unw_get_reg(&walker->cursor, UNW_REG_IP, &pc) != 0 || !advances(walker, sp)) {
        walker->ended = IN_A_CIRCLE;
        return false;
    }
    walker->pc = pc;
    walker->sp = sp;
    walker->by_frame_pointer = false;
    walker->interrupted = unw_is_signal_frame(&walker->cursor) > 0; /* the frame just left */
    return true;
}

/* Whether the walk has come to code at all. */
static bool at_code(struct walker *walker) {
    struct object object;
    struct memory *memory = walker->source.memory;
    return walker->by_frame_pointer || /* it was looked at there */
           object_find(memory, walker->pc - !walker->interrupted, &object) ||
           (walker->interrupted ? memory_readable(memory, walker->pc, 1)
                                : follows_call(memory, walker->pc));
}

static size_t walk(struct walker *walker, struct frame *frames, size_t capacity) {
    size_t count = 0;
    for (;;) {
        if (!at_code(walker)) {
            walker->ended = NO_ADDRESS;
            return count;
        }
        if (count == capacity) {
            walker->ended = "more frames than are kept";
            return count;
        }
        struct frame *frame = &frames[count++];
        *frame = (struct frame){
            .kind = FRAME_NATIVE, .pc = walker->pc, .interrupted = walker->interrupted};
        if (!step(walker, frame))
            return frame->pc ? count : count - 1;
    }
}

size_t unwind_frames(struct memory *memory, const struct registers *registers, struct frame *frames,
                     size_t capacity, const char **ended) {
    unw_accessors_t accessors = {
        .find_proc_info = find_entry,
        .put_unwind_info = keep_entry,
        .get_dyn_info_list_addr = no_registered_code,
        .access_mem = read_memory,
        .access_reg = read_register,
        .access_fpreg = no_float_register,
        .resume = no_resuming,
        .get_proc_name = no_name,
    };
    struct box box;
    struct walker walker = {
        .box = &box,
        .source = {.memory = memory, .registers = *registers, .reads_left = MOST_READS},
        .pc = registers->rip,
        .sp = registers->rsp,
        .stack_low = registers->rsp,
    };
    size_t count = 0;
    *ended = "no memory";
    if (!box_open(&box))
        return 0;
    walker.space = unw_create_addr_space(&accessors, 0);
    if (walker.space && start_at_call(&walker)) {
        box_keep(&box);
        count = walk(&walker, frames, capacity);
        *ended = walker.ended;
    }
    box_close(&box);
    return count;
}

/* SPDX-License-Identifier: MIT */
#include "frames/python.h"

/* The evaluation loop's own frame is smaller than this in every build, debug builds included. */
enum { LOOP_FRAME_MOST_BYTES = 64 * 1024 };

/*
 * Whether a local variable at `address` belongs to native frame `i`: its frame lies between the CFA
 * of the frame it called and its own. Where the stack was switched in between, the former says
 * nothing. The innermost frame is never the loop, which calls no libc function that is wrapped.
 */
static bool holds(const struct stack *stack, size_t i, uintptr_t address) {
    if (i == 0)
        return false;
    uintptr_t end = stack->frames[i].cfa, inner = stack->frames[i - 1].cfa;
    return address < end && end - address <= LOOP_FRAME_MOST_BYTES &&
           (inner >= end || inner <= address);
}

/* hosts[g] = the native frame of group g; stack->count where there is none. */
static void find_hosts_by_address(const struct python_stack *python, const struct stack *stack,
                                  size_t *hosts) {
    size_t from = 0;
    for (size_t g = 0; g < python->group_count; g++) {
        uintptr_t marker = python->groups[g].marker;
        size_t i = from;
        while (i < stack->count && !(marker && holds(stack, i, marker)))
            i++;
        hosts[g] = i;
        if (i < stack->count)
            from = i;
    }
}

static bool in_loop(const struct python_stack *python, const struct frame *frame) {
    uintptr_t address = frame->pc - !frame->interrupted; /* of the call, which may come last */
    return address >= python->loop_start && address < python->loop_end;
}

/*
 * The n-th group to the n-th native frame in the loop. While a frame is being entered or left there
 * is one more of one kind; when both stacks are complete they meet at the far end.
 */
static void find_hosts_by_code(const struct python_stack *python, const struct stack *stack,
                               size_t *hosts) {
    size_t loops = 0, g = 0, skip = 0;
    for (size_t i = 0; i < stack->count; i++)
        loops += in_loop(python, &stack->frames[i]);
    bool complete = !python->ended && !stack->ended;
    if (complete && loops > python->group_count)
        skip = loops - python->group_count;
    if (complete && loops < python->group_count)
        g = python->group_count - loops;
    for (size_t before = 0; before < python->group_count; before++)
        hosts[before] = stack->count;
    for (size_t i = 0; i < stack->count && g < python->group_count; i++)
        if (in_loop(python, &stack->frames[i]) && skip-- == 0) {
            hosts[g++] = i;
            skip = 0;
        }
}

/* "python", "python3.11", "libpython3.11.so.1.0"; not what merely has python in its name. */
static bool is_interpreter(struct slice object) {
    struct slice name = slice_basename(object);
    if (slice_starts(name, SLICE("lib")))
        name = slice_from(name, 3);
    if (!slice_starts(name, SLICE("python")))
        return false;
    name = slice_from(name, 6);
    return name.length == 0 || (name.data[0] >= '0' && name.data[0] <= '9');
}

void python_merge(struct arena *arena, const struct python_stack *python, struct stack *stack) {
    if (!stack->ended && python->count == 0)
        stack->ended = python->ended;
    if (python->count == 0)
        return;
    size_t *hosts = ARENA_ARRAY(arena, size_t, python->group_count);
    struct frame *merged = ARENA_ARRAY(arena, struct frame, stack->count + python->count);
    if (!hosts || !merged)
        return;
    if (python->loop_start)
        find_hosts_by_code(python, stack, hosts);
    else
        find_hosts_by_address(python, stack, hosts);
    /* A group without a host stands with the next one that has one: the order stays right. */
    for (size_t g = python->group_count - 1; g > 0; g--)
        if (hosts[g - 1] == stack->count)
            hosts[g - 1] = hosts[g];
    size_t count = 0, g = 0;
    for (size_t i = 0; i <= stack->count; i++) {
        if (i < stack->count) {
            merged[count] = stack->frames[i];
            merged[count++].interpreter = is_interpreter(stack->frames[i].object) ||
                                          (g < python->group_count && hosts[g] == i);
        }
        for (; g < python->group_count && hosts[g] == i; g++) {
            const struct python_group *group = &python->groups[g];
            memcpy(merged + count, python->frames + group->first, group->count * sizeof *merged);
            count += group->count;
        }
    }
    stack->frames = merged;
    stack->count = count;
    if (!stack->ended)
        stack->ended = python->ended;
}

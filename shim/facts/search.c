/* SPDX-License-Identifier: MIT */
#include "facts/search.h"
#include "base/hash.h"
#include "base/sys.h"
#include <sys/resource.h>

enum {
    ENTRIES_BUDGET = 20000,
    MOST_CALLS = 6000, /* what bounds it without a clock */
    PATH_BYTES = 4096, /* PATH_MAX, linux/limits.h */
    NAME_BYTES = 256,
};

struct search_budget search_budget = {.processor_ns = 2000000, .wall_ns = 20000000};

/* 0 where the clock may not be asked (sys_careful). */
static uint64_t now_ns(clockid_t clock) {
    struct timespec now = {0};
    if (sys_clock(clock, &now) != 0)
        return 0;
    return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

/* How often this thread has gone to sleep; -1 where that may not be asked (sys_careful). */
static long count_sleeps(void) {
    struct rusage usage;
    bool known = sys_call(SYS_getrusage, RUSAGE_THREAD, (long)&usage, 0, 0, 0, 0) == 0;
    return known ? usage.ru_nvcsw : -1;
}

bool search_start(struct search *search) {
    search->path = buffer_in(search->arena, PATH_BYTES);
    search->candidate = buffer_in(search->arena, NAME_BYTES);
    search->entries = arena_get(search->arena, SEARCH_ENTRIES_BYTES, 8);
    search->entries_left = ENTRIES_BUDGET;
    /* Processor time, so that a busy machine does not make the answer worse. */
    search->processor_end_ns = now_ns(CLOCK_THREAD_CPUTIME_ID) + search_budget.processor_ns;
    search->start_ns = now_ns(CLOCK_MONOTONIC);
    search->end_ns = search->start_ns + search_budget.wall_ns;
    search->sleeps = count_sleeps();
    return search->path.data && search->candidate.data && search->entries;
}

bool search_ask_clock(struct search *search) {
    uint64_t now = now_ns(CLOCK_MONOTONIC), start = search->start_ns;
    if (now > search->end_ns && search->sleeps >= 0 && count_sleeps() == search->sleeps)
        search->end_ns = now + search_budget.wall_ns; /* it only queued for a processor */
    /* No thread has used more of a processor than the time that went by. */
    bool late =
        now > search->end_ns || (now > start + search_budget.processor_ns &&
                                 now_ns(CLOCK_THREAD_CPUTIME_ID) > search->processor_end_ns);
    search->result->out_of_time = search->result->out_of_time || late;
    return !search->result->out_of_time;
}

bool search_has_time(struct search *search) {
    if (++search->calls > MOST_CALLS)
        search->result->out_of_time = true;
    if (search->calls % 16 == 1)
        search_ask_clock(search);
    return !search->result->out_of_time;
}

int search_directory(const struct search *search) {
    return search->path.length > 0 && search->path.data[0] == '/' ? AT_FDCWD
                                                                  : search->incident->directory;
}

void search_enter(struct search *search, struct slice directory) {
    search->path.length = 0;
    search->path.cut = false;
    buffer_slice(&search->path, directory);
}

bool search_append(struct search *search, struct slice text) {
    struct buffer *path = &search->path;
    if (path->length > 0 && path->data[path->length - 1] != '/')
        buffer_char(path, '/');
    buffer_slice(path, text);
    return !path->cut;
}

/* NUL-terminated; NULL when there is no room for the NUL. */
static const char *terminated(struct buffer *path) {
    if (path->cut || path->length == path->capacity)
        return NULL;
    path->data[path->length] = '\0';
    return path->length > 0 ? path->data : ".";
}

uint64_t search_path_hash(const struct search *search) {
    return hash_text(0, buffer_text(&search->path)) | 1;
}

bool search_exists(struct search *search, struct stat *status) {
    const char *path = terminated(&search->path);
    uint64_t key = search_path_hash(search);
    uint64_t *absent = &search->absent[key / 2 % SEARCH_ABSENT_SLOTS];
    if (!path || *absent == key || !search_has_time(search))
        return false;
    int result = sys_fstatat(search_directory(search), path, status, AT_NO_AUTOMOUNT);
    if (result != 0)
        *absent = key;
    return result == 0;
}

unsigned search_cost(unsigned slips, unsigned edits) {
    /* One likely slip is nearer than two; of two alike the contract's order decides. */
    static const unsigned costs[SLIP_COUNT] = {
        [SLIP_WHITESPACE] = 10, [SLIP_QUOTES] = 11,    [SLIP_UNEXPANDED] = 12, [SLIP_WINDOWS] = 12,
        [SLIP_LINE] = 12,       [SLIP_URI] = 12,       [SLIP_BASE] = 13,       [SLIP_CASE] = 13,
        [SLIP_UNICODE] = 14,    [SLIP_EXTENSION] = 15, [SLIP_NUMBER] = 15,     [SLIP_TYPO] = 12,
    };
    unsigned cost = 6 * edits;
    for (unsigned slip = 0; slip < SLIP_COUNT; slip++)
        if (slips & SLIP_BIT(slip))
            cost += costs[slip];
    return cost;
}

static unsigned rank(const struct neighbour *neighbour) {
    return search_cost(neighbour->slips, neighbour->edits) * 16 + neighbour->unlikely;
}

static bool is_wanted_kind(const struct search *search, const struct stat *status) {
    return search->wants_directory == (bool)S_ISDIR(status->st_mode);
}

void search_offer(struct search *search, const struct stat *status, const struct change *change) {
    struct neighbours *result = search->result;
    struct neighbour offered = {
        .slips = change->slips,
        .edits = change->edits,
        .unlikely = change->unlikely,
        .kernel_answer = ANSWER_UNKNOWN,
    };
    if (change->place && change->place->kind != BASE_OF_CALL) {
        offered.base_kind = change->place->kind;
        offered.base = change->place->directory;
    }
    if (!is_wanted_kind(search, status))
        return;
    size_t at = result->count;
    for (size_t i = 0; i < result->count; i++)
        if (search->found_status[i].st_ino == status->st_ino &&
            search->found_status[i].st_dev == status->st_dev) {
            if (rank(&search->found[i]) <= rank(&offered))
                return;
            at = i; /* found again, by a nearer way */
        }
    if (at == NEIGHBOURS_MOST) {
        at--;
        if (rank(&search->found[at]) <= rank(&offered))
            return;
    }
    offered.path = arena_copy(search->arena, buffer_text(&search->path));
    if (offered.path.length == 0)
        return;
    if (at == result->count)
        result->count++;
    for (; at > 0 && rank(&search->found[at - 1]) > rank(&offered); at--) {
        search->found[at] = search->found[at - 1];
        search->found_status[at] = search->found_status[at - 1];
    }
    search->found[at] = offered;
    search->found_status[at] = *status;
}

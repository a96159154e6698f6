/* SPDX-License-Identifier: MIT */
/*
 * What was reported already. One table in shared memory, made before any fork, so that the workers
 * of a process count together. Every field is changed by atomic operations only: no lock that a
 * killed worker could keep. A worker may be trusted less than its parent and write here what it
 * likes, so what is read is checked.
 */
#include "base/start.h"
#include "base/sys.h"
#include "report/report.h"
#include <signal.h>
#include <stdatomic.h>
#include <sys/mman.h>

enum { SLOTS = 1024, CULPRIT_BYTES = 200 };

struct slot {
    _Atomic uint64_t fingerprint; /* 0: free */
    _Atomic uint32_t count;
    _Atomic uint32_t told;      /* the count that was last said */
    _Atomic uint32_t described; /* cause and culprit are filled in */
    _Atomic uint32_t cause;     /* enum cause */
    _Atomic uint32_t culprit_length;
    char culprit[CULPRIT_BYTES]; /* its end, when it is longer */
};

struct table {
    _Atomic uint32_t reports; /* full reports made */
    _Atomic uint32_t untold;  /* failures counted that no report or count line has told of */
    struct slot slots[SLOTS];
};

/*
 * The table's place is a part of the library from the start, memory that nobody has touched; it is
 * mapped anew, as shared memory, when it is needed first. So a report or a fork leaves the process
 * no larger than it was: under a small RLIMIT_AS the host's next malloc(3) finds what it would find
 * without us.
 */
enum { PAGE = 4096, TABLE_BYTES = (sizeof(struct table) + PAGE - 1) / PAGE * PAGE };
static char reserve[TABLE_BYTES + PAGE - 1]; /* aligned, it would take .bss off the page of .data */

static struct table *place(void) {
    return (struct table *)(((uintptr_t)reserve + PAGE - 1) & ~(uintptr_t)(PAGE - 1));
}

enum { ABSENT, BEING_MADE, PRESENT, LOST };
static START_DATA _Atomic int state;

static struct table *present_table(void) {
    return atomic_load(&state) == PRESENT ? place() : NULL;
}

static bool lay(int sharing) {
    return sys_map_over(place(), TABLE_BYTES, PROT_READ | PROT_WRITE,
                        sharing | MAP_ANONYMOUS | MAP_NORESERVE);
}

/* Where neither can be had, the place may be a hole by now (mmap(2), MAP_FIXED). */
static void make_table(void) {
    atomic_store(&state, lay(MAP_SHARED) || lay(MAP_PRIVATE) ? PRESENT : LOST);
}

/*
 * Of two threads that come at the same time the second waits for the first, which makes one or two
 * system calls with its signals blocked. It does not wait for ever: in the child of a fork that ran
 * no handlers, _Fork(3), there may be no first one. Then the table is made once more; if there was
 * one after all, a count is lost.
 */
static struct table *find_table(void) {
    enum { MOST_TURNS = 1000000 };
    int now = ABSENT;
    if (atomic_compare_exchange_strong(&state, &now, BEING_MADE)) {
        make_table();
    } else if (now == BEING_MADE) {
        for (int turn = 0; turn < MOST_TURNS && atomic_load(&state) == BEING_MADE; turn++)
            __builtin_ia32_pause();
        if (atomic_load(&state) == BEING_MADE)
            make_table();
    }
    return present_table();
}

/* A report has blocked the signals already. SIGSYS as there: incident.c, asynchronous_signals. */
static void before_fork(void) {
    uint64_t others = ~sys_signal(SIGSYS), mask;
    int now = atomic_load(&state);
    if (now == PRESENT || now == LOST || sys_sigmask(SIG_BLOCK, &others, &mask) != 0)
        return;
    find_table();
    sys_sigmask(SIG_SETMASK, &mask, NULL);
}

/* What pthread_atfork(3) calls, LSB 5.0 "__register_atfork". That one is a part of libc that would
 * be linked in here, on a page of its own. */
int __register_atfork(void (*prepare)(void), void (*parent)(void), void (*child)(void),
                      void *object);
extern void *__dso_handle __attribute__((visibility("hidden")));

START_CODE void tally_start(void) {
    /* Shared memory costs 10 µs to make and to drop; most programs neither fork nor fail. */
    __register_atfork(before_fork, NULL, NULL, __dso_handle);
}

/* The slot of a fingerprint, taken if it is new; NULL when the table is full. */
static struct slot *find_slot(struct table *table, uint64_t fingerprint) {
    for (size_t i = 0; i < SLOTS; i++) {
        struct slot *slot = &table->slots[(fingerprint + i) % SLOTS];
        uint64_t present = 0;
        if (atomic_compare_exchange_strong(&slot->fingerprint, &present, fingerprint) ||
            present == fingerprint)
            return slot;
    }
    return NULL;
}

static void describe(struct slot *slot, const struct verdict *verdict, struct slice culprit) {
    size_t cut = culprit.length > CULPRIT_BYTES ? culprit.length - CULPRIT_BYTES : 0;
    culprit = slice_from(culprit, cut);
    atomic_store(&slot->cause, verdict->cause);
    atomic_store(&slot->culprit_length, (uint32_t)culprit.length);
    if (culprit.length)
        memcpy(slot->culprit, culprit.data, culprit.length);
    atomic_store(&slot->described, 1);
}

static bool is_power_of_ten(unsigned count) {
    while (count >= 10 && count % 10 == 0)
        count /= 10;
    return count == 1;
}

/* A full report counts against the limit of the process tree. */
static bool within_limit(struct table *table, unsigned limit) {
    unsigned before = atomic_fetch_add(&table->reports, 1);
    return limit == 0 || before < limit;
}

void tally_count(uint64_t fingerprint, const struct verdict *verdict, struct slice culprit,
                 unsigned limit, struct sighting *sighting) {
    struct table *table = find_table();
    if (!table) { /* every failure is its own first */
        *sighting = (struct sighting){.report = true};
        return;
    }
    struct slot *slot = find_slot(table, fingerprint ? fingerprint : 1);
    if (!slot) {
        *sighting = (struct sighting){.report = within_limit(table, limit)};
        return;
    }
    unsigned count = atomic_fetch_add(&slot->count, 1) + 1;
    *sighting = (struct sighting){0};
    if (count == 1) {
        describe(slot, verdict, culprit);
        sighting->report = within_limit(table, limit);
    } else {
        sighting->say_count = is_power_of_ten(count);
    }
    if (sighting->report)
        atomic_store(&slot->told, 1);
    else
        atomic_fetch_add(&table->untold, 1);
}

void tally_refine(uint64_t fingerprint, enum cause cause) {
    struct table *table = present_table();
    struct slot *slot = table ? find_slot(table, fingerprint ? fingerprint : 1) : NULL;
    if (slot)
        atomic_store(&slot->cause, cause);
}

START_CODE bool tally_has_untold(void) {
    struct table *table = present_table();
    return table && atomic_load(&table->untold) != 0;
}

static void tell(struct slot *slot, void (*each)(const struct tally_line *line, void *context),
                 void *context) {
    uint32_t count = atomic_load(&slot->count), told = atomic_load(&slot->told);
    if (!atomic_load(&slot->described) || count <= told ||
        !atomic_compare_exchange_strong(&slot->told, &told, count))
        return;
    char culprit[CULPRIT_BYTES];
    uint32_t cause = atomic_load(&slot->cause), length = atomic_load(&slot->culprit_length);
    if (cause >= CAUSE_COUNT || length > sizeof culprit)
        return;
    memcpy(culprit, slot->culprit, length);
    struct tally_line line = {
        .fingerprint = atomic_load(&slot->fingerprint),
        .cause = cause_word((enum cause)cause),
        .culprit = {culprit, length},
        .count = count,
    };
    each(&line, context);
}

void tally_untold(uint64_t only, void (*each)(const struct tally_line *line, void *context),
                  void *context) {
    struct table *table = present_table();
    struct slot *slot = table && only ? find_slot(table, only) : NULL;
    if (slot)
        tell(slot, each, context);
    if (only || !table)
        return;
    atomic_store(&table->untold, 0);
    for (size_t i = 0; i < SLOTS; i++)
        tell(&table->slots[i], each, context);
}

/* SPDX-License-Identifier: MIT */
/* The road from a failure that counts: facts, verdict, report. */
#include "incident.h"
#include "base/arena.h"
#include "base/ask.h"
#include "base/enter.h"
#include "base/memory.h"
#include "base/start.h"
#include "base/sys.h"
#include "base/valgrind.h"
#include "config.h"
#include "facts/collect.h"
#include "frames.h"
#include "report/report.h"
#include "verdict.h"
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>

enum {
    SCRATCH_BYTES = 1536 * 1024, /* under 2 MiB: no huge page is made for it */
    STACK_BYTES = 64 * 1024,
    PAPER_BYTES = TEXT_MOST_BYTES + JSON_MOST_BYTES + 8 * 1024,
    MOST_TOLD_LINES = 10,
};

/* ---- facts and verdict ---- */

bool incident_examine(struct arena *arena, const struct incident *incident, struct facts *facts,
                      struct verdict *verdict) {
    memset(facts, 0, sizeof *facts);
    if (!identity_read(arena, &facts->identity))
        return false;
    facts->now = ask_time(arena);
    walk_path(arena, incident, &facts->walk);
    accounts_find_joinable(arena, &facts->identity, &facts->walk);
    verdict_reach(arena, incident, facts, verdict);
    if (verdict->asks_for_more) {
        surroundings_read(arena, incident, facts, verdict->culprit);
        verdict_reach(arena, incident, facts, verdict);
    }
    return true;
}

void incident_search(struct arena *arena, const struct incident *incident, struct facts *facts,
                     struct verdict *verdict) {
    enum cause cause = verdict->cause;
    bool dangling = cause == CAUSE_dangling_symlink && verdict->culprit >= 0;
    bool absent = cause == CAUSE_missing_file || cause == CAUSE_missing_dir ||
                  cause == CAUSE_create_in_missing_dir;
    if (absent || incident->error == EACCES)
        environment_read(arena, facts);
    else if (!dangling)
        return;
    if (dangling) {
        struct component *link = &facts->walk.components[verdict->culprit];
        link_find_meant(arena, link);
        if (link->meant_target.length == 0)
            neighbours_find_elsewhere(arena, incident, facts, link);
    }
    if (absent)
        neighbours_find(arena, incident, facts);
    verdict_reach(arena, incident, facts, verdict);
}

/* ---- report ---- */

/* One report at work, in the scratch mapping together with everything it points to. */
struct desk {
    const struct incident *incident;
    const struct registers *registers;
    struct arena arena;
    struct arena paper; /* the end of the mapping, for what is written: no input can use it up */
    struct memory memory;
    struct facts facts;
    struct verdict verdict;
    struct stack stack;
    unsigned lines_told; /* of a summary, as text */
    bool shares_memory;  /* a vfork child: say one line, leave the rest of the memory alone */
};

static void write_both(struct desk *desk, const struct report *report) {
    struct buffer text = buffer_in(&desk->paper, TEXT_MOST_BYTES);
    if (config.format == FORMAT_TEXT && desk->shares_memory)
        text_render_line(report, &text);
    else if (config.format == FORMAT_TEXT)
        text_render(&desk->arena, report, &text);
    sink_stderr(buffer_text(&text));
    if (config.format != FORMAT_JSON && !config.log_path[0])
        return;
    struct buffer json = buffer_in(&desk->paper, JSON_MOST_BYTES);
    json_render(report, &json);
    if (config.format == FORMAT_JSON)
        sink_stderr(buffer_text(&json));
    sink_log(&desk->paper, buffer_text(&json), desk->facts.identity.pid);
}

static void write_summary(const struct tally_line *line, void *context) {
    struct desk *desk = context;
    struct arena arena = desk->arena; /* there may be a thousand lines: each starts anew */
    struct buffer text = buffer_in(&desk->arena, 2048), json = buffer_in(&desk->arena, 4096);
    json_render_summary(line, &desk->facts, &json);
    if (config.format == FORMAT_JSON) {
        sink_stderr(buffer_text(&json));
    } else if (config.format == FORMAT_TEXT && desk->lines_told++ < MOST_TOLD_LINES) {
        text_render_summary(line, sink_is_terminal(), &text);
        sink_stderr(buffer_text(&text));
    }
    sink_log(&desk->arena, buffer_text(&json), desk->facts.identity.pid);
    desk->arena = arena;
}

/* In a vfork child the thread control block is still the parent's: it tells the parent's id. */
static bool is_vfork_child(pid_t tid) {
    clockid_t clock;
    if (pthread_getcpuclockid(pthread_self(), &clock) != 0)
        return true;
    return ~(clock >> 3) != tid; /* CPUCLOCK_PID of linux/posix-timers.h */
}

/* Valgrind is told not to report that the probing of memory meets what nobody wrote or mapped. */
static void collect_frames(struct desk *desk) {
    valgrind_request(VALGRIND_CHANGE_ERROR_DISABLEMENT, 1, 0);
    frames_collect(&desk->arena, &desk->memory, desk->registers, &desk->stack);
    valgrind_request(VALGRIND_CHANGE_ERROR_DISABLEMENT, (uintptr_t)-1, 0);
}

static void make_report(void *argument) {
    struct desk *desk = argument;
    struct sighting sighting;
    if (!incident_examine(&desk->arena, desk->incident, &desk->facts, &desk->verdict))
        return;
    desk->shares_memory = is_vfork_child(desk->facts.identity.tid);
    int culprit = desk->verdict.culprit;
    uint64_t fingerprint = report_fingerprint(desk->incident, &desk->facts, &desk->verdict);
    tally_count(fingerprint, &desk->verdict,
                culprit >= 0 ? desk->facts.walk.components[culprit].path : SLICE(""), config.limit,
                &sighting);
    if (!sighting.report && !sighting.say_count)
        return;
    place_read(&desk->arena, &desk->facts);
    if (sighting.say_count) {
        tally_untold(fingerprint, write_summary, desk);
        return;
    }
    accounts_read(&desk->arena, &desk->facts);
    if (!desk->shares_memory) {
        incident_search(&desk->arena, desk->incident, &desk->facts, &desk->verdict);
        tally_refine(fingerprint, desk->verdict.cause);
    }
    if (config.frames > 0 && !desk->shares_memory)
        collect_frames(desk);
    struct report report = {
        .incident = desk->incident,
        .facts = &desk->facts,
        .verdict = &desk->verdict,
        .stack = &desk->stack,
        .fingerprint = fingerprint,
        .most_frames = config.frames,
        .terminal = config.color == COLOR_ALWAYS ||
                    (config.color == COLOR_AUTO && !config.no_color && sink_is_terminal()),
    };
    write_both(desk, &report);
}

/* ---- guard ---- */

/* All but the signals that an instruction itself raises: were SIGSYS blocked, a seccomp filter that
 * traps would kill the process instead of calling its handler. */
static uint64_t asynchronous_signals(void) {
    uint64_t synchronous = 0;
    static const int kept[] = {SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGTRAP, SIGSYS};
    for (size_t i = 0; i < sizeof kept / sizeof *kept; i++)
        synchronous |= sys_signal(kept[i]);
    return ~synchronous;
}

static struct desk *take_desk(void) {
    char *scratch =
        sys_map(SCRATCH_BYTES, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE);
    if (!scratch)
        return NULL;
    char *paper = scratch + SCRATCH_BYTES - PAPER_BYTES;
    struct arena arena = {scratch + STACK_BYTES, paper};
    struct desk *desk = ARENA_NEW(&arena, struct desk);
    desk->arena = arena;
    desk->paper = (struct arena){paper, paper + PAPER_BYTES};
    return desk;
}

static char *scratch_of(const struct desk *desk) {
    return desk->paper.end - SCRATCH_BYTES;
}

static void leave_desk(struct desk *desk) {
    sys_unmap(scratch_of(desk), SCRATCH_BYTES);
}

/* Valgrind would take the way to the other stack for one large frame, and all between for stack. */
static void call_on_desk(void (*work)(void *desk), struct desk *desk) {
    char *stack = scratch_of(desk);
    uintptr_t number = valgrind_request(VALGRIND_STACK_REGISTER, (uintptr_t)stack,
                                        (uintptr_t)stack + STACK_BYTES - 1);
    stack_call(work, desk, stack + STACK_BYTES);
    valgrind_request(VALGRIND_STACK_DEREGISTER, number, 0);
}

/* Runs `work` on a desk of its own, on the desk's stack, where no handler can interrupt it: a
 * handler may leave by longjmp, and then descriptors and memory would be lost. */
static void work_at_desk(void (*work)(void *desk), const struct incident *incident,
                         const struct registers *registers) {
    uint64_t blocked = asynchronous_signals(), mask;
    if (sys_sigmask(SIG_BLOCK, &blocked, &mask) != 0)
        return;
    struct desk *desk = take_desk();
    if (desk) {
        desk->incident = incident;
        desk->registers = registers;
        call_on_desk(work, desk);
        leave_desk(desk);
    }
    sys_sigmask(SIG_SETMASK, &mask, NULL);
}

void incident_report(const struct incident *incident, const struct registers *registers) {
    work_at_desk(make_report, incident, registers);
}

static void make_summary(void *argument) {
    struct desk *desk = argument;
    if (!identity_read(&desk->arena, &desk->facts.identity))
        return;
    desk->facts.now = ask_time(&desk->arena);
    place_read(&desk->arena, &desk->facts);
    tally_untold(0, write_summary, desk);
    if (desk->lines_told > MOST_TOLD_LINES) {
        struct buffer text = buffer_in(&desk->arena, 200);
        buffer_format(&text, "permshim: and %u more kinds of failures; %s has each\n",
                      desk->lines_told - MOST_TOLD_LINES,
                      config.log_path[0] ? "the log" : "a file named by PERMSHIM_LOG");
        sink_stderr(buffer_text(&text));
    }
}

START_CODE void incident_summary(void) {
    if (config.enabled && tally_has_untold())
        work_at_desk(make_summary, NULL, NULL);
}

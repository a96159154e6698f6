/* SPDX-License-Identifier: MIT */
/* A verdict on its way to somebody who reads it. */
#ifndef PERMSHIM_REPORT_REPORT_H
#define PERMSHIM_REPORT_REPORT_H

#include "base/buffer.h"
#include "facts.h"
#include "frames.h"
#include "verdict.h"

enum {
    TEXT_MOST_LINES = 25,
    TEXT_MOST_BYTES = 4096, /* PIPE_BUF: one write to a pipe is not torn, pipe(7) */
    JSON_MOST_BYTES = 128 * 1024,
};

/* All that a rendering needs. */
struct report {
    const struct incident *incident;
    const struct facts *facts;
    const struct verdict *verdict;
    const struct stack *stack;
    uint64_t fingerprint;
    unsigned most_frames;
    bool terminal; /* colours, and UTF-8 as it is */
};

/* What makes two failures the same to a reader: errno, cause, culprit and who was refused. */
uint64_t report_fingerprint(const struct incident *incident, const struct facts *facts,
                            const struct verdict *verdict);

/* Renders into `out`. Safe in a signal handler; never more than the buffer holds. */
void text_render(struct arena *arena, const struct report *report, struct buffer *out);
void json_render(const struct report *report, struct buffer *out);

/* The one line that a vfork child can afford. */
void text_render_line(const struct report *report, struct buffer *out);

/* "proven", "likely" or "unknown". */
const char *certainty_word(enum certainty certainty);

/* The O_* flags of a call by name, one after the other; NULL behind the last. */
const char *flag_name(int flags, size_t index);

/* What a call was asked to do, by name: the O_* flags of an open, the R_OK … of access(2); nothing
 * for the others. NULL behind the last. */
const char *how_name(const struct incident *incident, size_t index);

/* "CAP_CHOWN", or NULL for a number that has no name here; linux/capability.h. */
const char *capability_name(unsigned capability);

/* What is to be said of a failure now; mostly nothing. */
struct sighting {
    bool report;    /* make the full report */
    bool say_count; /* only say the count: it passed a power of ten */
};

/* Sees to it that forked processes share one table. Called by the library's constructor. */
void tally_start(void);

/* Counts a failure. Lock-free; safe in a signal handler, in threads and in forked processes. */
void tally_count(uint64_t fingerprint, const struct verdict *verdict, struct slice culprit,
                 unsigned limit, struct sighting *sighting);

/* Corrects the cause that was counted, when the report found out more. As safe as tally_count(), as
 * what follows about counts. */
void tally_refine(uint64_t fingerprint, enum cause cause);

/* What is known of one fingerprint, for a summary. */
struct tally_line {
    uint64_t fingerprint;
    const char *cause;
    struct slice culprit;
    unsigned count;
};

/* Calls `each` for every fingerprint whose count grew since it was last said; when `only` is not 0,
 * for that one alone. Whoever calls first says it. */
void tally_untold(uint64_t only, void (*each)(const struct tally_line *line, void *context),
                  void *context);

/* Whether anything was counted that no one was told of. */
bool tally_has_untold(void);

/* One line each: how often a fingerprint was seen so far. Of `facts` the JSON takes time, host,
 * process and executable. */
void text_render_summary(const struct tally_line *line, bool terminal, struct buffer *out);
void json_render_summary(const struct tally_line *line, const struct facts *facts,
                         struct buffer *out);

/* Where bytes may go: safe in a signal handler, but for sink_start(). */

/* Remembers what descriptor 2 is. Called by the library's constructor. */
void sink_start(void);

/* Whether stderr is a terminal; false when it is not what it was at start. */
bool sink_is_terminal(void);

/* One write to stderr while it is still the file it was at start, and only when it takes the bytes
 * without waiting. This one and sink_log() need the signals that a write may raise blocked. */
void sink_stderr(struct slice text);

/* Appends one line to the log file by one write; `pid` is what %p stands for. */
void sink_log(struct arena *arena, struct slice line, pid_t pid);

#endif

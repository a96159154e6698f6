/* SPDX-License-Identifier: MIT */
/* The PERMSHIM_* variables, read once before main and constant from then on. */
#ifndef PERMSHIM_CONFIG_H
#define PERMSHIM_CONFIG_H

#include "base/slice.h"
#include "incident.h"
#include "match.h"
#include <stdint.h>

enum output_format { FORMAT_TEXT, FORMAT_JSON, FORMAT_NONE };
enum color_choice { COLOR_AUTO, COLOR_ALWAYS, COLOR_NEVER };

enum { CONFIG_ERRNOS = 192, CONFIG_LOG_BYTES = 4096 };

struct config {
    bool enabled;                     /* false: load, do nothing; also before config_read() */
    unsigned groups;                  /* GROUP_* that may report */
    bool probe_missing;               /* "probe+": ENOENT of probes too */
    bool errors[CONFIG_ERRNOS];       /* which errnos may be reported */
    uint8_t reporting[CONFIG_ERRNOS]; /* by errno, the GROUP_* that report it: of all the above */
    enum output_format format;
    enum color_choice color;
    unsigned frames;    /* most frames shown */
    unsigned limit;     /* full reports per process tree; 0: no limit */
    bool no_color;      /* NO_COLOR is set, or the terminal is dumb */
    char container[24]; /* what the environment says about a container; or empty */
    /* The large ones last, so that what is read and written at start stands on one page. */
    struct matcher matcher;
    char log_path[CONFIG_LOG_BYTES]; /* absolute, %p and %h as given; empty: none */
};

extern struct config config;

/* Reads the environment. A bad value gets one line on stderr (by `complain`) and its default.
 * Called once, by the library's constructor; needs libc for nothing but memory functions. */
void config_read(char *const *environment, void (*complain)(struct slice line));

/* Does one of these GROUP_* report a failure with this errno? None does before config_read(). */
static inline bool config_reports(unsigned groups, int error) {
    return (unsigned)error < CONFIG_ERRNOS && (config.reporting[error] & groups) != 0;
}

#endif

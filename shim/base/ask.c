/* SPDX-License-Identifier: MIT */
#include "base/ask.h"
#include "base/file.h"
#include "base/sys.h"
#include <sys/utsname.h>

enum { STAT_BUDGET_BYTES = 1 << 20, HUNDREDTH_NS = 10000000 };

struct slice ask_host(struct arena *arena) {
    struct utsname *names = ARENA_NEW(arena, struct utsname);
    if (names && sys_call(SYS_uname, (long)names, 0, 0, 0, 0, 0) == 0)
        return slice_of(names->nodename);
    return file_first(arena, "/proc/sys/kernel/hostname", sizeof names->nodename);
}

/* "btime 1767323045": when the system was booted, in seconds; proc_stat(5). */
static unsigned long boot_time(struct arena *arena) {
    struct line_reader reader;
    struct slice line;
    unsigned long seconds = 0;
    if (!lines_open(&reader, arena, "/proc/stat", STAT_BUDGET_BYTES))
        return 0;
    while (seconds == 0 && lines_next(&reader, &line)) {
        struct slice value = line;
        if (slice_is(slice_split(&value, ' '), "btime"))
            slice_number(&value, 10, &seconds);
    }
    lines_close(&reader);
    return seconds;
}

struct timespec ask_time(struct arena *arena) {
    struct timespec now = {0};
    if (sys_clock(CLOCK_REALTIME, &now) == 0)
        return now;
    struct slice uptime = file_first(arena, "/proc/uptime", 32); /* "350735.47 234388.90" */
    struct slice whole = slice_split(&uptime, '.'), part = slice_split(&uptime, ' ');
    unsigned long seconds, hundredths, boot = boot_time(arena);
    if (boot == 0 || !slice_number(&whole, 10, &seconds) || !slice_number(&part, 10, &hundredths))
        return (struct timespec){0};
    return (struct timespec){(time_t)(boot + seconds), (long)(hundredths % 100) * HUNDREDTH_NS};
}

/* SPDX-License-Identifier: MIT */
/* What a system call tells, or a file in /proc where the call may not be made (sys_careful). Safe
 * in a signal handler. */
#ifndef PERMSHIM_BASE_ASK_H
#define PERMSHIM_BASE_ASK_H

#include "base/arena.h"
#include <time.h>

/* The nodename of uname(2); empty: unknown. */
struct slice ask_host(struct arena *arena);

/* The time of day; from /proc to a hundredth of a second. Zero: unknown. */
struct timespec ask_time(struct arena *arena);

#endif

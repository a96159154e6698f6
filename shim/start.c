/* SPDX-License-Identifier: MIT */
/* What happens when the library is loaded, and when the process ends. */
#include "base/sys.h"
#include "config.h"
#include "incident.h"
#include "next.h"
#include "report/report.h"
#include <signal.h>

/* The signals that a write may raise are blocked, as they are in a report. */
static void complain(struct slice line) {
    uint64_t mask, raised = sys_signal(SIGPIPE) | sys_signal(SIGXFSZ) | sys_signal(SIGTTOU);
    if (sys_sigmask(SIG_BLOCK, &raised, &mask) != 0)
        return;
    sink_stderr(line);
    sys_sigmask(SIG_SETMASK, &mask, NULL);
}

__attribute__((constructor)) static void start(int count, char **arguments, char **environment) {
    (void)count;
    (void)arguments;
    int error = errno;
    next_start(environment);
    sink_start();
    config_read(environment, complain);
    if (config.enabled)
        tally_start();
    errno = error;
}

__attribute__((destructor)) static void end(void) {
    int error = errno;
    incident_summary();
    errno = error;
}

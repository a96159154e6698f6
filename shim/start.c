/* SPDX-License-Identifier: MIT */
/* What happens when the library is loaded, and when the process ends. */
#include "base/sys.h"
#include "config.h"
#include "incident.h"
#include "next.h"
#include "report/report.h"

__attribute__((constructor)) static void start(int count, char **arguments, char **environment) {
    (void)count;
    (void)arguments;
    int error = errno;
    next_start(environment);
    sink_start();
    config_read(environment, sink_stderr);
    if (config.enabled)
        tally_start();
    errno = error;
}

__attribute__((destructor)) static void end(void) {
    int error = errno;
    incident_summary();
    errno = error;
}

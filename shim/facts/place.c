/* SPDX-License-Identifier: MIT */
/* Where it happened. */
#include "base/ask.h"
#include "base/file.h"
#include "facts/collect.h"
#include <fcntl.h>

enum { ENVIRONMENT_BYTES = 32768 };

void place_read(struct arena *arena, struct facts *facts) {
    struct slice directory = file_link(arena, AT_FDCWD, "/proc/thread-self/cwd");
    bool astray = directory.length > 0 && path_leads_elsewhere(arena, directory, AT_FDCWD);
    facts->working_directory = astray ? SLICE("") : directory;
    facts->executable = file_link(arena, AT_FDCWD, "/proc/self/exe");
    facts->host = ask_host(arena);
}

void environment_read(struct arena *arena, struct facts *facts) {
    facts->environment = file_first(arena, "/proc/self/environ", ENVIRONMENT_BYTES);
}

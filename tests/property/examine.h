/* SPDX-License-Identifier: MIT */
/* The library under test: the one place that knows its headers. */
#ifndef PROPERTY_EXAMINE_H
#define PROPERTY_EXAMINE_H

#include "scene.h"

/* Asks the library about a call that failed with `error`, in the calling process's identity. */
void examine(const struct call *call, int directory, int error, struct outcome *outcome);

/* Whether the library knows a cause by this word: some come in later issues. */
bool examine_knows(const char *word);

enum { SURE_UNKNOWN, SURE_LIKELY, SURE_PROVEN };

#endif

/* SPDX-License-Identifier: MIT */
/* Prints a case as a shell script that builds it and does the call. */
#ifndef PROPERTY_SCRIPT_H
#define PROPERTY_SCRIPT_H

#include "scene.h"
#include <stdio.h>

void script_print(FILE *file, const struct scene *scene, const struct subject *subject,
                  const struct call *call);
/* The commands of a report, as comments. */
void script_print_fixes(FILE *file, const struct outcome *outcome);

#endif

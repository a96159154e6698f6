/* SPDX-License-Identifier: MIT */
/* Makes a failing trial smaller for as long as it fails in the same way. */
#ifndef PROPERTY_SHRINK_H
#define PROPERTY_SHRINK_H

#include "trial.h"

/* Needs the worker's directory to be current and empty. */
void shrink(struct trial *trial, enum complaint complaint, struct expectation *expectation,
            struct outcome *outcome);

#endif

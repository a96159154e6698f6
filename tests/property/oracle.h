/* SPDX-License-Identifier: MIT */
/*
 * The oracle's second half: what a call must answer, and whose fault it is. Written from open(2),
 * path_resolution(7), symlink(7), proc(5) (fs.protected_*) and mount(8), not from the library.
 */
#ifndef PROPERTY_ORACLE_H
#define PROPERTY_ORACLE_H

#include "scene.h"

void oracle_predict(const struct scene *scene, const struct subject *subject,
                    const struct call *call, struct expectation *expectation);

#endif

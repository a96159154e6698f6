/* SPDX-License-Identifier: MIT */
/* From an instruction to its source line: the three line tables of CPython 3.8 to 3.15. */
#ifndef PERMSHIM_FRAMES_PYTHON_LINES_H
#define PERMSHIM_FRAMES_PYTHON_LINES_H

#include "frames/python_layout.h"

/*
 * The line of the instruction at byte `offset` of a code object that begins at `first_line`; -1
 * where the compiler put an instruction on no line. What PyCode_Addr2Line() answers: a negative
 * offset (not begun yet) is on the first line. `table` is readable; hostile bytes give a wrong line
 * and nothing else. Pure.
 */
int python_line(enum python_lines format, const uint8_t *table, size_t length, int first_line,
                long offset);

#endif

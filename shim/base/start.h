/* SPDX-License-Identifier: MIT */
/* Where what every program's start runs and writes is put: together, since each page costs a fault.
 */
#ifndef PERMSHIM_BASE_START_H
#define PERMSHIM_BASE_START_H

/* A function that every program runs, once: the linker puts it first, behind the tables that the
 * loader reads. */
#define START_CODE __attribute__((section(".text.startup")))

/* A variable that every program writes or reads: on the page of `next`, which the loader writes to.
 */
#define START_DATA __attribute__((section(".data")))

#endif

/* SPDX-License-Identifier: MIT */
/* Names of errno values. strerrorname_np() would do, but a table needs no newer libc and no locale.
 * All of it is safe in a signal handler. */
#ifndef PERMSHIM_BASE_ERRNAMES_H
#define PERMSHIM_BASE_ERRNAMES_H

/* The number of a name ("EACCES"); 0 when it is not in the table. */
int errno_number(const char *name, unsigned long length);

/* "EACCES"; "E?" for a number we have no name for. */
const char *errno_name(int error);

/* "Permission denied", as strerror(3) says it in the C locale; "" for a number without a name here.
 */
const char *errno_text(int error);

#endif

/* SPDX-License-Identifier: MIT */
/* Slips made at random, by other code than that which undoes them. */
#ifndef PERMSHIM_TESTS_NEAR_RANDOM_SLIPS_H
#define PERMSHIM_TESTS_NEAR_RANDOM_SLIPS_H

#include <stdbool.h>
#include <stddef.h>

/* A number below `bound`, reproducible by the seed. */
size_t random_below(unsigned *seed, size_t bound);

/* Writes "proj/a/b.png", a path of the tree, as a process in root/proj would get it after `slips`
 * slips of different kinds, and their names to `history`. False: this one cannot have them. */
bool random_slip(unsigned *seed, const char *root, const char *original, size_t slips,
                 char *slipped, size_t slipped_size, char *history, size_t history_size);

/* A path in root/proj that is like none there. */
void random_name(unsigned *seed, char *path, size_t size);

#endif

/* SPDX-License-Identifier: MIT */
/* Numbers that a seed and an index determine on every machine. */
#ifndef PROPERTY_RANDOM_H
#define PROPERTY_RANDOM_H

#include <stdbool.h>
#include <stdint.h>

struct random {
    uint64_t state;
};

struct random random_start(uint64_t seed, uint64_t index);
uint64_t random_next(struct random *random);
/* 0 to below - 1. */
unsigned random_below(struct random *random, unsigned below);
/* True in `percent` of 100 cases. */
bool random_chance(struct random *random, unsigned percent);

/* One element of a literal array. */
#define RANDOM_OF(random, array)                                                                   \
    ((array)[random_below((random), (unsigned)(sizeof(array) / sizeof *(array)))])

#endif

/* SPDX-License-Identifier: MIT */
/* One hash for all tables: quick, the same in every run, and no match for an adversary. */
#ifndef PERMSHIM_BASE_HASH_H
#define PERMSHIM_BASE_HASH_H

#include "base/slice.h"
#include <stdint.h>

/* Both are pure and safe in a signal handler. */

/* Mixes one word into `hash`: Knuth's multiplicative hashing by the golden ratio, whose upper half,
 * the better one, is folded upon the lower. */
static inline uint64_t hash_word(uint64_t hash, uint64_t word) {
    hash = (hash ^ word) * 0x9e3779b97f4a7c15u;
    return hash ^ hash >> 32;
}

/* Mixes a text into `hash`, its length included: where one text ends and the next begins counts. */
static inline uint64_t hash_text(uint64_t hash, struct slice text) {
    hash ^= text.length;
    while (text.length > 0) {
        uint64_t word = 0;
        size_t bytes = text.length < sizeof word ? text.length : sizeof word;
        memcpy(&word, text.data, bytes);
        hash = hash_word(hash, word);
        text = slice_from(text, bytes);
    }
    return hash;
}

#endif

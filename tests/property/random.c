/* SPDX-License-Identifier: MIT */
#include "random.h"

/* splitmix64: one word of state, every seed is good. */
uint64_t random_next(struct random *random) {
    uint64_t z = random->state += 0x9e3779b97f4a7c15U;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9U;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebU;
    return z ^ (z >> 31);
}

struct random random_start(uint64_t seed, uint64_t index) {
    struct random random = {seed};
    random.state = random_next(&random) ^ (index * 0xd1342543de82ef95U);
    (void)random_next(&random);
    return random;
}

unsigned random_below(struct random *random, unsigned below) {
    return (unsigned)((random_next(random) >> 32) * below >> 32);
}

bool random_chance(struct random *random, unsigned percent) {
    return random_below(random, 100) < percent;
}

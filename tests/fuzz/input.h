/* SPDX-License-Identifier: MIT */
/* The fuzzer's bytes, taken from the front; behind their end come zeros. */
#ifndef PERMSHIM_TESTS_FUZZ_INPUT_H
#define PERMSHIM_TESTS_FUZZ_INPUT_H

#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

struct input {
    const uint8_t *data;
    size_t size;
};

static inline size_t input_take(struct input *input, void *bytes, size_t count) {
    size_t given = count < input->size ? count : input->size;
    memset(bytes, 0, count);
    if (given)
        memcpy(bytes, input->data, given);
    input->data += given;
    input->size -= given;
    return given;
}

static inline uint8_t input_byte(struct input *input) {
    uint8_t byte;
    input_take(input, &byte, 1);
    return byte;
}

/* Asserts even with NDEBUG; libFuzzer keeps the input. */
#define REQUIRE(condition)                                                                         \
    do {                                                                                           \
        if (!(condition))                                                                          \
            abort();                                                                               \
    } while (0)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#endif

/* SPDX-License-Identifier: MIT */
/* Telling valgrind what its tools cannot know; outside of it these are a few instructions without
 * effect. The numbers are its public interface ("client requests", valgrind manual 3.1). */
#ifndef PERMSHIM_BASE_VALGRIND_H
#define PERMSHIM_BASE_VALGRIND_H

#include <stdint.h>

enum {
    VALGRIND_STACK_REGISTER = 0x1501, /* lowest and highest byte; returns the stack's number */
    VALGRIND_STACK_DEREGISTER = 0x1502,
    VALGRIND_CHANGE_ERROR_DISABLEMENT = 0x1801, /* +1: this thread's errors are not reported */
};

static inline uintptr_t valgrind_request(uintptr_t request, uintptr_t a, uintptr_t b) {
    volatile uintptr_t arguments[6] = {request, a, b};
    uintptr_t result = 0;
    __asm__ volatile("rolq $3, %%rdi\n\trolq $13, %%rdi\n\trolq $61, %%rdi\n\trolq $51, %%rdi\n\t"
                     "xchgq %%rbx, %%rbx"
                     : "+d"(result)
                     : "a"(arguments)
                     : "cc", "memory");
    return result;
}

#endif

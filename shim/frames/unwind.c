/* SPDX-License-Identifier: MIT */
#include "base/enter.h"
#include "incident.h"

_Static_assert(offsetof(struct registers, rip) == REGISTERS_RIP &&
                   offsetof(struct registers, rsp) == REGISTERS_RSP &&
                   offsetof(struct registers, rbx) == REGISTERS_RBX &&
                   offsetof(struct registers, rbp) == REGISTERS_RBP &&
                   offsetof(struct registers, r12) == REGISTERS_R12 &&
                   offsetof(struct registers, r13) == REGISTERS_R13 &&
                   offsetof(struct registers, r14) == REGISTERS_R14 &&
                   offsetof(struct registers, r15) == REGISTERS_R15 &&
                   sizeof(struct registers) == REGISTERS_BYTES,
               "base/enter.S writes struct registers");

/* SPDX-License-Identifier: MIT */
/* What C cannot say: the registers of a caller, and a call on another stack (enter.S). */
#ifndef PERMSHIM_BASE_ENTER_H
#define PERMSHIM_BASE_ENTER_H

#ifndef __ASSEMBLER__

struct incident;
struct registers;

/*
 * Calls report(incident, registers), where `registers` are the caller's callee-saved ones as they
 * stand when this function has returned. They live on the stack until `report` returns. Safe in a
 * signal handler.
 */
void enter_with_registers(const struct incident *incident,
                          void (*report)(const struct incident *incident,
                                         const struct registers *registers));

/*
 * Calls function(argument) on the stack that ends at `stack_top` (its first byte above; any
 * alignment) and returns when it does. Unwinders pass through. Safe in a signal handler; a signal
 * that arrives meanwhile is handled on the other stack.
 */
void stack_call(void (*function)(void *argument), void *argument, void *stack_top);

#endif

/* Offsets in struct registers, which the assembler cannot ask for: frames/unwind.c checks them. */
#define REGISTERS_RIP 0
#define REGISTERS_RSP 8
#define REGISTERS_RBX 16
#define REGISTERS_RBP 24
#define REGISTERS_R12 32
#define REGISTERS_R13 40
#define REGISTERS_R14 48
#define REGISTERS_R15 56
#define REGISTERS_BYTES 64

#endif

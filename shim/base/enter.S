/* SPDX-License-Identifier: MIT */
#include "base/enter.h"

#ifdef __CET__
#include <cet.h> /* also marks the object for IBT and shadow stacks */
#else
#define _CET_ENDBR
#endif

/* One word of padding keeps the stack at a multiple of 16 at the call (psABI 3.2.2): the return
 * address lies above it. */
#define SPACE (REGISTERS_BYTES + 8)

    .text

    .globl enter_with_registers
    .hidden enter_with_registers
    .type enter_with_registers, @function
    .balign 16
enter_with_registers:
    .cfi_startproc
    _CET_ENDBR
    movq %rsi, %rax
    subq $SPACE, %rsp
    .cfi_adjust_cfa_offset SPACE
    movq SPACE(%rsp), %rcx
    movq %rcx, REGISTERS_RIP(%rsp)
    leaq SPACE+8(%rsp), %rcx
    movq %rcx, REGISTERS_RSP(%rsp)
    movq %rbx, REGISTERS_RBX(%rsp)
    movq %rbp, REGISTERS_RBP(%rsp)
    movq %r12, REGISTERS_R12(%rsp)
    movq %r13, REGISTERS_R13(%rsp)
    movq %r14, REGISTERS_R14(%rsp)
    movq %r15, REGISTERS_R15(%rsp)
    movq %rsp, %rsi
    call *%rax
    addq $SPACE, %rsp
    .cfi_adjust_cfa_offset -SPACE
    ret
    .cfi_endproc
    .size enter_with_registers, . - enter_with_registers

    .globl stack_call
    .hidden stack_call
    .type stack_call, @function
    .balign 16
stack_call:
    .cfi_startproc
    _CET_ENDBR
    pushq %rbp
    .cfi_adjust_cfa_offset 8
    .cfi_rel_offset %rbp, 0
    movq %rsp, %rbp
    .cfi_def_cfa_register %rbp
    movq %rdi, %rax
    movq %rsi, %rdi
    movq %rdx, %rsp
    andq $-16, %rsp
    call *%rax
    movq %rbp, %rsp
    popq %rbp
    .cfi_restore %rbp
    .cfi_def_cfa %rsp, 8
    ret
    .cfi_endproc
    .size stack_call, . - stack_call

    .section .note.GNU-stack, "", @progbits

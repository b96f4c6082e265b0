/* SPDX-License-Identifier: GPL-2.0-only */
/* The system calls a trace knows: their numbers here, and which argument each field is. */
#ifndef MMT_RECORD_SYSCALL_H
#define MMT_RECORD_SYSCALL_H

#include "lib/trace/event.h"

/* Where a field's value comes from: an argument from 1; the result; the file or node mask that the
 * program looked up. */
enum { REC_ARG_NONE = 0, REC_ARG_RET = 7, REC_ARG_FILE = 8, REC_ARG_NODES = 5 };

struct rec_syscall {
	const char *name; /* as in tracefs: sys_exit_NAME */
	int nr;
	uint16_t kind;
	uint8_t fd;   /* argument that is a descriptor, from 1; 0: none */
	uint8_t mask; /* argument that points to a node mask */
	uint8_t field[8];
};

extern const struct rec_syscall rec_syscalls[];
extern const unsigned rec_nr_syscalls;

/* The row of @kind, or NULL if that is no system call this machine has. */
const struct rec_syscall *rec_syscall_of(unsigned kind);

#endif

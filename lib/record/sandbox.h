/* SPDX-License-Identifier: GPL-2.0-only */
/* The system calls that are left after attaching; seccomp(2). */
#ifndef MMT_RECORD_SANDBOX_H
#define MMT_RECORD_SANDBOX_H

#include "lib/base/err.h"

enum rec_sandbox {
	REC_SANDBOX_RECORDER, /* drain, read /proc, write the trace */
	REC_SANDBOX_OPENER,   /* open files of /proc for it, and nothing else */
	REC_SANDBOX_FILER,    /* make files in one directory, and nothing else */
};

struct rec_sandbox_options {
	bool kill;   /* another call ends the process, as in tests; else it fails with EPERM */
	int command; /* process that may be sent signals; 0: none */
	int dir;     /* the filer's directory */
};

/* From now on this process makes the calls of @which only. -errno: this kernel has no filters
 * (then nothing changed), told in @e. */
int rec_sandbox_enter(enum rec_sandbox which, const struct rec_sandbox_options *o,
		      struct mmt_err *e);

#endif

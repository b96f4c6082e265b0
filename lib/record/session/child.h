/* SPDX-License-Identifier: GPL-2.0-only */
/* The command to record: started stopped, let go when everything is attached. */
#ifndef MMT_RECORD_CHILD_H
#define MMT_RECORD_CHILD_H

#include "lib/base/err.h"

struct rec_child {
	int pid;    /* 0: none */
	int go;	    /* pipe that lets it go; -1: done */
	int status; /* of wait(2); valid once pid is 0 again */
	bool ended;
};

/* Fork a process that waits to become @argv. @stdout_to_stderr: its output goes to our stderr. */
int rec_child_fork(struct rec_child *c, char *const argv[], bool stdout_to_stderr,
		   struct mmt_err *e);
void rec_child_go(struct rec_child *c);
/* Has it ended? @block: wait for it. */
bool rec_child_ended(struct rec_child *c, bool block);
/* What a shell would say of its end: its status, 128 + signal, 126 or 127 if it could not run. */
int rec_child_exit_status(const struct rec_child *c);

#endif

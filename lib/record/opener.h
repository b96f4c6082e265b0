/* SPDX-License-Identifier: GPL-2.0-only */
/* The helper process that opens what the recorder may not see once it gave up its privileges. */
#ifndef MMT_RECORD_OPENER_H
#define MMT_RECORD_OPENER_H

#include "lib/base/alloc.h"
#include "lib/base/err.h"

struct rec_opener;

enum rec_task_file { REC_FILE_SMAPS, REC_FILE_MAPS, REC_FILE_PAGEMAP };

/* Of a mapped file. */
struct rec_mapped {
	bool device, tmpfs;
	uint64_t size;
};

/* Start it, if this process may do anything that it would be needed for; *@opener is NULL if not.
 * It may send signals to process @command (0: none). @kill: as rec_sandbox_options. Call before
 * anything is opened that must not outlive the recorder. */
int rec_opener_start(struct rec_opener **opener, struct mmt_alloc *a, int command, bool kill,
		     struct mmt_err *e);
/* End it and wait for its end; NULL is fine. */
void rec_opener_stop(struct rec_opener *o);
/* Its process number; 0 for NULL. */
int rec_opener_pid(const struct rec_opener *o);

/* The name of @file below /proc/PID/. */
const char *rec_task_file_name(enum rec_task_file file);
/* @file of process @pid, open for reading: descriptor, or -errno. @o is not NULL. */
int rec_opener_file(struct rec_opener *o, int pid, enum rec_task_file file);

/* With @o NULL the following ask the kernel from this process. */

/* stat(2), and type of file system, of what process @pid maps at [@start, @end): 0 or -errno. */
int rec_opener_mapped(struct rec_opener *o, const char *root, int pid, uint64_t start, uint64_t end,
		      struct rec_mapped *m);
/* Whether both processes live in one address space. */
bool rec_opener_same_mm(struct rec_opener *o, int a, int b);
/* Send @signal to the command: 0 or -errno. */
int rec_opener_signal(struct rec_opener *o, int command, int signal);

#endif

/* SPDX-License-Identifier: GPL-2.0-only */
/* The helper process that makes and names the files of a recording that has several. */
#ifndef MMT_RECORD_FILER_H
#define MMT_RECORD_FILER_H

#include "lib/base/alloc.h"
#include "lib/base/err.h"

#define REC_FILE_NAME 256 /* bytes of a name without its directory */

/* What the helper does; called in its process only, one file at a time. */
struct rec_filer_calls {
	/* A descriptor to write the next file to, which stays the callee's; @plain: the one that
	 * gets the name that was asked for, not a stamped one. -errno. */
	int (*open)(void *arg, bool plain);
	/* Give it its name, told in @name: 0 or -errno. */
	int (*name)(void *arg, char name[REC_FILE_NAME]);
	/* It is written: make it durable, close it, remove what is too many. 0 or -errno. */
	int (*done)(void *arg);
	/* There will be no more. */
	void (*end)(void *arg);
	void *arg;
	int dir; /* the directory they are in */
};

struct rec_filer;

/* Start it, with no privilege but to write where the caller may; @kill: as rec_sandbox_options. It
 * closes every descriptor but @dir and @spare (or -1). Call before anything is opened that must not
 * outlive the recorder. */
int rec_filer_start(struct rec_filer **filer, struct mmt_alloc *a,
		    const struct rec_filer_calls *calls, int spare, bool kill, struct mmt_err *e);
int rec_filer_pid(const struct rec_filer *f);
/* The next file: a descriptor, the caller's to close, or -errno. */
int rec_filer_open(struct rec_filer *f, bool plain);
/* 0 or -errno; @name tells. */
int rec_filer_name(struct rec_filer *f, char name[REC_FILE_NAME]);
/* It is written. Returns at once; what goes wrong is told at the end. */
void rec_filer_done(struct rec_filer *f);
/* End it, and wait until every file is durable: 0, or -errno of the first that could not be made
 * so. NULL is fine. */
int rec_filer_stop(struct rec_filer *f);

#endif

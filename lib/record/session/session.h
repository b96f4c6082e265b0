/* SPDX-License-Identifier: GPL-2.0-only */
/* One recording, from the first attached program to the sealed trace. */
#ifndef MMT_RECORD_SESSION_H
#define MMT_RECORD_SESSION_H

#include "lib/record/probe.h"
#include "lib/record/session/child.h"
#include "lib/record/session/filer.h"
#include "lib/record/session/trigger.h"

/* Leave 64 MiB, or a hundredth of a file system smaller than 6.4 GiB. */
#define REC_RESERVE_DEFAULT UINT64_MAX

struct rec_options {
	struct rec_probe_options probes;
	const char *group; /* watch the tasks of this control group's directory; or NULL */
	int pid;	   /* watch this process (with its threads and later children); 0: not */
	struct rec_child
		*child;	   /* watch this one too, let it go, and stop when it ended; or NULL */
	uint64_t duration; /* ns after the first snapshot; 0: until something else ends it */
	uint64_t max_size; /* bytes after which it ends; 0: no bound */
	const char *pmu;   /* counters to read beside, separated by commas; NULL: none */
	int signals;	   /* a signalfd(2); a signal on it ends the recording */
	bool hide_names;   /* no comm of programs, path of cgroups, local part of the release */
	int level;	   /* of zstd; 0: the default */
	/* Called when the trace's header is written and everything attached, before privileges are
	 * given up; -errno ends it. */
	int (*begun)(void *arg, struct mmt_err *e);
	void *begun_arg;  /* of say() too */
	const char *name; /* of the output, for messages */
	/* More than one file, or one that is made late: how they are made; NULL: @fd is all. */
	const struct rec_filer_calls *filer;
	int filer_spare; /* a descriptor that they need, or -1 */
	/* A new file after so many bytes, or ns (0: neither), on a trigger and on SIGUSR2. */
	bool rotate;
	uint64_t rotate_bytes, rotate_ns;
	/* Keep the last events in so much memory (0: write them), those of so many ns. */
	uint64_t flight_bytes, flight_ns;
	struct rec_triggers *triggers; /* NULL: none */
	/* Something that a user waits for has happened: a trigger fired, a file is whole. */
	void (*say)(void *arg, const char *text);
	uint64_t reserve; /* bytes of its file system the trace leaves free, or ends; 0: none */
	bool strict;	  /* a system call that is not expected ends the recorder; tests */
};

struct rec_summary {
	uint64_t events, bytes, lost, late; /* events without rows of snapshots */
	uint64_t rows;
	uint64_t duration;	  /* ns recorded */
	uint64_t first_snapshot;  /* ns of it that the full snapshot took */
	uint64_t cpu;		  /* ns of CPU time of the recorder */
	uint64_t bpf_ns;	  /* of the programs, where the kernel counts it */
	unsigned not_attached;	  /* wanted events that this host does not give */
	int signal;		  /* what ended it; 0: none */
	bool full;		  /* max_size ended it */
	bool fired;		  /* a trigger ended it */
	unsigned files;		  /* made by the filer */
	char name[REC_FILE_NAME]; /* of the last of them */
	bool sealed;
	char missing[512]; /* counters that the host does not give; "": none */
	char kept[320];	   /* what could not be given up after attaching; "": nothing */
};

/* Record to @fd until something ends it. 0: sealed; -errno: told in @e, and @fd holds what could be
 * written (sealed if @sum says so). */
int rec_session(struct mmt_alloc *a, struct mmt_io *io, int fd, const struct rec_options *o,
		struct rec_summary *sum, struct mmt_err *e);

#endif

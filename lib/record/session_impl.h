/* SPDX-License-Identifier: GPL-2.0-only */
/* What the parts of a recording share: session.c goes on, bound.c says when it ends. */
#ifndef MMT_RECORD_SESSION_IMPL_H
#define MMT_RECORD_SESSION_IMPL_H

#include "lib/record/opener.h"
#include "lib/record/ring.h"
#include "lib/record/session.h"
#include "lib/record/snapshot.h"

#define SESSION_MS UINT64_C(1000000)

struct session {
	struct mmt_alloc *alloc;
	struct mmt_io *io;
	const struct rec_options *o;
	struct rec_summary *sum;
	struct rec_kernel kernel;
	struct rec_opener *opener;
	struct rec_probes *probes;
	struct mmt_writer *writer;
	struct rec_ids *ids;
	struct rec_convert *convert;
	struct rec_drain *drain;
	struct rec_snapshot *snapshot;
	struct rec_pmu *pmu;
	int fd;
	bool on_disk; /* fd is a file that grows */
	uint64_t page_base;
	unsigned cgroups;
	uint64_t margin; /* ns after which a record surely is in its ring */
	uint64_t next_loss, misses;
	bool recording, stop;
	bool cut; /* the full snapshot has no end */
};

/* CLOCK_MONOTONIC, ns. */
uint64_t session_now(void);

/* bound.c */
/* Take the signals that came: the one that ends the recording, and the command's end. */
void session_signals(struct session *s);
/* -ENOSPC once the file system has less than its reserve left. */
int session_disk(struct session *s, struct mmt_err *e);
/* Stop while the frame being filled, the trailer and the seek table still have room. */
void session_size(struct session *s);
/* End the command that outlived its recording, and wait for it. */
void session_end_command(struct session *s);

#endif

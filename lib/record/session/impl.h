/* SPDX-License-Identifier: GPL-2.0-only */
/* What the parts of a recording share: session.c goes on, bound.c says when it ends. */
#ifndef MMT_RECORD_SESSION_IMPL_H
#define MMT_RECORD_SESSION_IMPL_H

#include "lib/base/json.h"
#include "lib/record/opener.h"
#include "lib/record/pmu.h"
#include "lib/record/ring.h"
#include "lib/record/session/flight.h"
#include "lib/record/session/session.h"
#include "lib/record/snapshot/snapshot.h"

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
	struct rec_filer *filer;   /* or NULL: there is one file, and it is open */
	struct rec_flight *flight; /* or NULL: events are written at once */
	json_t *header;		   /* of files that are made later */
	int fd;
	bool on_disk; /* fd is a file that grows */
	uint64_t page_base;
	unsigned cgroups;
	uint64_t margin;     /* ns after which a record surely is in its ring */
	uint64_t drained;    /* the rings are, of all before it */
	uint64_t disk_bytes; /* of the trace when the disk was looked at for it */
	uint64_t next_loss, misses;
	uint64_t next_frame; /* when the one being filled goes out */
	bool recording, stop;
	bool cut;	       /* the full snapshot has no end */
	bool between;	       /* the last file is sealed, and the next not begun */
	unsigned signals;      /* that end it, so far */
	bool asked;	       /* by SIGUSR2: dump, rotate, or flush */
	uint64_t tail;	       /* when to act on the trigger that fired; 0: none has */
	char trigger[96];      /* it, in words */
	uint64_t trigger_time; /* of the event */
	struct session_reread {
		bool wanted;		/* somebody can make use of it */
		struct rec_space *list; /* of this round; NULL: none */
		size_t nr, at;
		uint64_t lost;	/* of what matters, as told so far */
		uint64_t since; /* when another round became necessary; 0: none is */
		uint64_t why;	/* that of this round */
		uint64_t next;	/* when one may begin */
	} reread;
	struct session_file {
		uint64_t began; /* the file that is being written */
		uint64_t whole; /* its snapshot */
		uint64_t cpu, bpf_ns, bpf_runs;
	} file;
};

/* CLOCK_MONOTONIC, ns. */
uint64_t session_now(void);

/* session.c */
int session_drain(struct session *s, struct mmt_err *e);
/* Wait until all that happened before @time is in the rings, and write it. */
int session_settle(struct session *s, uint64_t time, struct mmt_err *e);
int session_losses(struct session *s, struct mmt_err *e);
int session_full_snapshot(struct session *s, struct mmt_err *e);
uint64_t session_file_id(void);

/* trailer.c */
/* CPU time of this process so far, ns. */
uint64_t session_cpu(void);
/* What recording cost, and how it ended; NULL: memory. */
json_t *session_overhead(struct session *s);
/* From now on what it cost is the next file's. */
void session_count_from_here(struct session *s);

/* rotate.c */
/* Open the next file of several; it gets its name once it holds something. */
int session_open_file(struct session *s, struct mmt_err *e);
int session_name_file(struct session *s, struct mmt_err *e);
/* Whether this file has reached its size or time. */
bool session_rotate_due(const struct session *s);
/* Seal this file, and begin the next with a full snapshot. */
int session_rotate(struct session *s, struct mmt_err *e);

/* dump.c */
/* Begin another segment of the flight recorder: dictionaries and a full snapshot. */
int session_segment(struct session *s, struct mmt_err *e);
/* Begin one without a snapshot, if more happens than there is memory for. */
int session_overrun(struct session *s, struct mmt_err *e);
/* Make a file of what the flight recorder holds; @plain: under the name that was asked for. */
int session_dump(struct session *s, bool plain, struct mmt_err *e);

/* reread.c */
/* Losses were told: is another round necessary? */
void session_reread_look(struct session *s);
/* A piece of the round that goes on, or begins now. */
int session_reread(struct session *s, struct mmt_err *e);
void session_reread_free(struct session *s);

/* bound.c */
/* Look at what the triggers saw up to @now; once one fired and had its time, act on it. */
int session_act(struct session *s, bool in_snapshot, struct mmt_err *e);
/* Say which trigger fired, if one did; the recording ends, or changes its file, a while after. */
void session_triggers(struct session *s);
/* Called with every event. */
void session_see(void *session, const struct mmt_event *ev, const struct rec_task *task);
/* Take the signals that came: the one that ends the recording, and the command's end. */
void session_signals(struct session *s);
/* -ENOSPC once the file system has less than its reserve left. */
int session_disk(struct session *s, struct mmt_err *e);
/* Stop while the frame being filled, the trailer and the seek table still have room. */
void session_size(struct session *s);
/* End the command that outlived its recording, and wait for it. */
void session_end_command(struct session *s);

#endif

/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The host's state as events: what /proc and /sys tell of zones, counters, tunables, control
 * groups, tasks, address spaces and frames.
 *
 * The global files are opened once, so that later snapshots need no privilege that the first one
 * had. A file that this host lacks is left out, and named in the header's list "unavailable".
 */
#ifndef MMT_RECORD_SNAPSHOT_H
#define MMT_RECORD_SNAPSHOT_H

#include "bpf/record.h"
#include "lib/record/ids.h"
#include "lib/record/opener.h"

struct rec_snapshot;

/* Bits of snap_resident.flags. */
enum rec_resident {
	REC_RESIDENT_PRESENT = 1, /* a frame is mapped; else the run is in swap, pfn none */
	REC_RESIDENT_SHARED = 2,  /* page cache or shared memory, not anonymous */
	REC_RESIDENT_ONCE = 4,	  /* mapped by this address space alone */
	REC_RESIDENT_NO_PFN = 8,  /* present, but the kernel would not tell the frame */
};

/* Open what snapshots read. NULL: memory, told in @e. @ids and @w are used until
 * rec_snapshot_free(). */
struct rec_snapshot *rec_snapshot_new(struct mmt_alloc *a, struct mmt_io *io, struct rec_ids *ids,
				      struct mmt_writer *w, struct mmt_err *e);
/* As above, with every path taken below the directory @root ("": the host itself). */
struct rec_snapshot *rec_snapshot_new_at(struct mmt_alloc *a, struct mmt_io *io,
					 struct rec_ids *ids, struct mmt_writer *w,
					 const char *root, struct mmt_err *e);
void rec_snapshot_free(struct rec_snapshot *s);

/*
 * Write snapshot_begin, rows, snapshot_end. Each row carries the time at which its source had been
 * read. FULL holds everything; LIGHT what changed of zones, counters, control groups and tunables
 * since the one before (or, now and then, all of it); END all of it. -errno: memory, or the
 * writer's trouble; a source that cannot be read only misses.
 */
int rec_snapshot_take(struct rec_snapshot *s, enum mmt_snapshot kind, struct mmt_err *e);
/* Rows that were written do not reach every reader: the next snapshot leaves out none. */
void rec_snapshot_lost(struct rec_snapshot *s);
/* Why an address space is read outside a full snapshot: vma_reading.why. */
enum rec_reading { REC_READING_EXEC, REC_READING_LOST };

/* Write vma_reading, and vma_list and the VMAs of thread group @tgid as those of @mm, unless it has
 * gone. What makes it necessary happened at @since. */
int rec_snapshot_mm(struct rec_snapshot *s, int tgid, uint32_t mm, enum rec_reading why,
		    uint64_t since, struct mmt_err *e);
/* Open what this process may no longer see through @o, which is used until rec_snapshot_free(). */
void rec_snapshot_use_opener(struct rec_snapshot *s, struct rec_opener *o);
/* How long lists may be where /proc/zoneinfo does not say: @limits, [REC_LISTS_NODES][REC_LISTS_ZONES], is used
 * until rec_snapshot_free(). */
void rec_snapshot_use_limits(struct rec_snapshot *s, const struct rec_limits *limits);
/* Leave the pages that are resident in address spaces (snap_resident) out of full snapshots. */
void rec_snapshot_no_resident(struct rec_snapshot *s);
/* Call @pause between the parts of a full snapshot (some 10 ms apart), so that the caller can drain
 * its rings; a negative return ends the snapshot. */
void rec_snapshot_on_pause(struct rec_snapshot *s, int (*pause)(void *arg, struct mmt_err *e),
			   void *arg);
/* Call @settle when zones have been read, with the time they are the state of, and before their
 * rows are written: what the caller has to write that happened earlier stands before them then. */
void rec_snapshot_on_settle(struct rec_snapshot *s,
			    int (*settle)(void *arg, uint64_t time, struct mmt_err *e), void *arg);
/* Rows that were left out because a number of theirs is beyond what a trace may hold. */
uint64_t rec_snapshot_refused(const struct rec_snapshot *s);

/* Add to @header what the host is: kernel, CPU, RAM, clock, settings, number maps, and the list
 * "unavailable" of sources that this host lacks. */
int rec_snapshot_header(json_t *header, struct mmt_err *e);

#endif

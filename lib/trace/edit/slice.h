/* SPDX-License-Identifier: GPL-2.0-only */
/* Which events of a trace belong to a part of it: a time, a process, a control group, kinds. */
#ifndef MMT_TRACE_EDIT_SLICE_H
#define MMT_TRACE_EDIT_SLICE_H

#include "lib/base/json.h"
#include "lib/trace/reader.h"

/* One end of a window. */
struct mmt_slice_time {
	bool set, absolute; /* absolute: on the trace's own clock, not since its first event */
	uint64_t ns;
};

struct mmt_slice_options {
	struct mmt_slice_time from, to; /* both inclusive */
	const bool *kinds;		/* MMT_KIND_MAX + 1 of them; NULL: all */
	const char *kinds_text;		/* how the user named them, for the header */
	bool by_pid;
	uint64_t pid;	    /* of a process or a thread */
	const char *cgroup; /* path: it and those below; NULL: all */
};

struct mmt_slice;

/* Whether @o asks for less than the whole trace. */
bool mmt_slice_is_part(const struct mmt_slice_options *o);
/* @o stays the caller's. NULL: no memory. */
struct mmt_slice *mmt_slice_new(struct mmt_alloc *a, const struct mmt_slice_options *o);
void mmt_slice_free(struct mmt_slice *s);
/* Whether the next event of a trace, in the order of the file, belongs to the part: 1, 0 or
 * -ENOMEM. Every event is to be asked for, since some say what later ones belong to. */
int mmt_slice_wants(struct mmt_slice *s, const struct mmt_event *ev, const struct mmt_dict *dict,
		    struct mmt_err *e);
/* Rows that are to follow the event just wanted, a snapshot_begin that tells all by them; 0: none. */
size_t mmt_slice_rows(const struct mmt_slice *s);
/* Kind and fields of row @i of these into @row; false: it is not of the part. */
bool mmt_slice_row(struct mmt_slice *s, size_t i, const struct mmt_dict *dict,
		   struct mmt_event *row);
/* Whether a loss may have been of the part. */
bool mmt_slice_loss(const struct mmt_slice *s, const struct mmt_loss *loss);
/* @header with the key "slice", which says what was asked for and holds the one there was before.
 * NULL: no memory. */
json_t *mmt_slice_header(const json_t *header, const struct mmt_slice_options *o);
/* The random id of the part of a trace with @file_id: another one, but always the same. */
uint64_t mmt_slice_id(uint64_t file_id, const struct mmt_slice_options *o);

#endif

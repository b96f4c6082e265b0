/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What is missing of a trace.
 *
 * Theory. Two things may be: frames that were written and cannot be read, which are gaps, and
 * events that were never written, of which the frames around them tell, which are losses.
 *
 *	offset, bytes	what was passed over; 0 bytes where the file goes on as if nothing was
 *	frames		how many are missing, by the number of the next good one
 *
 * Invariants: (1) lists only grow, in the order of the file; (2) what a state shows of them is
 * valid until the next frame is read.
 */
#include "lib/trace/missing.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>

int mmt_missing_gap(struct mmt_missing *m, struct mmt_reader_state *s, const struct mmt_gap *gap,
		    const char *why, struct mmt_err *e)
{
	struct mmt_gap *gaps =
		mmt_grow(m->alloc, m->gaps, &m->cap_gaps, s->nr_gaps + 1, sizeof(*gaps));

	if (!gaps)
		return mmt_fail(e, ENOMEM, "no memory for the list of gaps");
	s->gaps = m->gaps = gaps;
	gaps += s->nr_gaps++;
	*gaps = *gap;
	gaps->time = s->last_time;
	snprintf(gaps->why, sizeof(gaps->why), "%s", why);
	return 0;
}

int mmt_missing_frames(struct mmt_missing *m, struct mmt_reader_state *s, uint64_t offset,
		       uint64_t next, uint64_t seq, struct mmt_err *e)
{
	struct mmt_gap gap = { .offset = offset, .first_frame = next, .frames = seq - next };
	struct mmt_gap *last = s->nr_gaps ? &m->gaps[s->nr_gaps - 1] : NULL;

	if (!last || last->offset + last->bytes != offset)
		return mmt_missing_gap(m, s, &gap, "frames are missing", e);
	last->frames = gap.frames;
	return 0;
}

int mmt_missing_losses(struct mmt_missing *m, struct mmt_reader_state *s, struct mmt_frame *f,
		       struct mmt_err *e)
{
	struct mmt_loss *losses;

	if (!f->nr_losses)
		return 0;
	losses = mmt_grow(m->alloc, m->losses, &m->cap_losses, s->nr_losses + f->nr_losses,
			  sizeof(*losses));
	if (!losses)
		return mmt_fail(e, ENOMEM, "no memory for the list of losses");
	s->losses = m->losses = losses;
	s->lost_from = s->lost_intervals++ ? s->lost_from : f->first_time;
	s->lost_to = f->last_time;
	for (uint32_t i = 0; i < f->nr_losses; i++) {
		struct mmt_loss *loss = &losses[s->nr_losses++];

		mmt_frame_loss(f, loss);
		s->lost += loss->count;
	}
	return 0;
}

void mmt_missing_explain(struct mmt_reader_state *s, uint64_t last)
{
	if (s->complete)
		s->why_incomplete[0] = '\0';
	else if (s->nr_gaps)
		snprintf(s->why_incomplete, sizeof(s->why_incomplete),
			 "%zu gap%s%s, the first at offset %" PRIu64 ": %s", s->nr_gaps,
			 s->nr_gaps == 1 ? "" : "s", s->sealed ? "" : ", no trailer",
			 s->gaps[0].offset, s->gaps[0].why);
	else if (!s->sealed)
		snprintf(s->why_incomplete, sizeof(s->why_incomplete),
			 "no trailer: the file ends after frame %" PRIu64, last);
	else
		snprintf(s->why_incomplete, sizeof(s->why_incomplete), "no seek table");
}

void mmt_missing_free(struct mmt_missing *m)
{
	mmt_free(m->alloc, m->gaps);
	mmt_free(m->alloc, m->losses);
}

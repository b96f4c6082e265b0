// SPDX-License-Identifier: GPL-2.0-only
/*
 * Address spaces that are read again.
 *
 * Theory. The VMAs of an address space are told by its exec's list and by system calls from then
 * on. After some of these were lost, what a reader makes of the rest is no more what is there, and
 * nothing tells which tasks lost theirs. So every address space that is recorded is read again:
 *
 *	events  ----- lost ------|----- losses told -- a b c d -- e f g h -- ...
 *	                         since                 PIECE of them after each drain
 *
 *   I1  Only losses of system calls that change address spaces, and of forks, execs and exits,
 *       begin a round; so do more execs in one drain than could be told.
 *   I2  Rounds begin APART at least: who loses events all the time has no time for this.
 *   I3  A list says how late it was (vma_reading), and is right at its own time: an event that
 *       happened before may stand behind it, since records of a drain are some ms old.
 *
 * With a filter only address spaces of which an event was seen are read. A process whose fork was
 * lost is not known until it is heard of.
 *
 * Cost: 0.3 ms an address space with its smaps, PIECE of them each 10 ms: an eighth of a CPU while
 * a round lasts.
 */
#include "lib/record/session/impl.h"

#include <errno.h>

#define PIECE 4
#define APART (5000 * SESSION_MS)

static bool matters(unsigned kind)
{
	const struct mmt_event_info *info = mmt_event_info(kind);

	return !kind || (info && (info->group == MMT_G_VMA || info->group == MMT_G_TASK));
}

static uint64_t lost(const struct session *s)
{
	uint64_t sum = 0;

	for (unsigned kind = 0; kind <= MMT_KIND_MAX; kind++)
		sum += matters(kind) ? mmt_writer_lost_kind(s->writer, kind) : 0;
	return sum;
}

void session_reread_look(struct session *s)
{
	struct session_reread *r = &s->reread;
	uint64_t now = lost(s);

	/* a new file begins with none, and with all of them read */
	if (now < r->lost)
		r->lost = 0;
	if (rec_convert_missed_mm(s->convert) || now > r->lost) {
		if (!r->since)
			r->since = session_now();
	}
	r->lost = now;
}

static int begin_round(struct session *s, struct mmt_err *e)
{
	struct session_reread *r = &s->reread;

	r->next = session_now() + APART;
	r->why = r->since;
	r->since = 0;
	r->at = 0;
	if (rec_ids_spaces(s->ids, s->o->probes.filtered, &r->list, &r->nr))
		return mmt_fail(e, ENOMEM, "no memory to read address spaces again");
	return 0;
}

int session_reread(struct session *s, struct mmt_err *e)
{
	struct session_reread *r = &s->reread;
	int err = 0;

	if (!r->list) {
		if (!r->since || session_now() < r->next)
			return 0;
		err = begin_round(s, e);
	}
	for (unsigned i = 0; !err && i < PIECE && r->at < r->nr; i++, r->at++)
		err = rec_snapshot_mm(s->snapshot, r->list[r->at].tgid, r->list[r->at].mm,
				      REC_READING_LOST, r->why, e);
	if (r->at == r->nr)
		session_reread_free(s);
	return err;
}

void session_reread_free(struct session *s)
{
	mmt_free(s->alloc, s->reread.list);
	s->reread.list = NULL;
}

/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Events from a reader to a writer, with all that belongs to them.
 *
 * Theory. An event's ids mean nothing without their entries, and an entry may change under its id
 * (a task that execs), so before an event goes over, each entry it names is compared with what went
 * over last under that id. What the events stand between goes over too:
 *
 *	reader	frame 1   frame 2   ---- gap ----   frame 5, 3 lost   frame 6
 *	writer	frame 1   frame 2   (numbers 3, 4   frame 5, 3 lost   frame 6
 *			    are left out)
 *
 * A gap becomes a gap: whoever reads the copy is told of it at the same place. A loss is told in a
 * frame of the same events, so its times stay those that the recorder gave. For that, a frame with
 * losses ends where it ended in the original; in a whole copy all do.
 *
 * Invariants: (1) an event never stands before an entry it names; (2) the copy has as many gaps
 * between events as the original, and no fewer losses than @ops->loss let pass; (3) memory is the
 * entries that went over.
 *
 * Cost: a look-up and a comparison per id of an event.
 */
#include "lib/trace/edit/copy.h"

#include <errno.h>
#include <string.h>

#define GAP_FRAMES (1u << 20) /* a file that claims to miss more frames is not believed */
#define DEPTH	   64	      /* of control groups within each other */

enum mmt_dict_kind mmt_unit_dict(enum mmt_unit unit)
{
	switch (unit) {
	case MMT_U_TASK:
		return MMT_DICT_TASK;
	case MMT_U_MM:
		return MMT_DICT_MM;
	case MMT_U_FILE:
		return MMT_DICT_FILE;
	case MMT_U_CGROUP:
		return MMT_DICT_CGROUP;
	case MMT_U_STRING:
		return MMT_DICT_STRING;
	default:
		return MMT_NR_DICTS;
	}
}

int mmt_copy_init(struct mmt_copy *c, struct mmt_alloc *a, struct mmt_reader *reader,
		  struct mmt_writer *writer, const struct mmt_copy_ops *ops, void *ctx,
		  struct mmt_err *e)
{
	static const struct mmt_copy_ops none;

	*c = (struct mmt_copy){
		.alloc = a, .reader = reader, .writer = writer, .ops = ops ? ops : &none, .ctx = ctx
	};
	c->shown = mmt_dict_new(a);
	c->ids = mmt_dict_new(a);
	return c->shown && c->ids ? 0 : mmt_fail(e, ENOMEM, "no memory for copying a trace");
}

void mmt_copy_free(struct mmt_copy *c)
{
	mmt_dict_free(c->shown);
	mmt_dict_free(c->ids);
	c->shown = c->ids = NULL;
}

/* --- gaps and losses --- */

int mmt_copy_sync(struct mmt_copy *c, struct mmt_err *e)
{
	const struct mmt_reader_state *s = mmt_reader_state(c->reader);
	bool losses = s->nr_losses > c->losses;
	int err = 0;

	if (s->frames == c->frames && s->nr_gaps == c->gaps && !losses)
		return 0;
	if (c->whole || losses || s->nr_gaps > c->gaps)
		err = mmt_writer_flush(c->writer, e);
	for (; !err && c->gaps < s->nr_gaps; c->gaps++) {
		uint64_t n = s->gaps[c->gaps].frames;

		err = mmt_writer_gap(c->writer, !n ? 1 : n > GAP_FRAMES ? GAP_FRAMES : n, e);
	}
	for (; !err && c->losses < s->nr_losses; c->losses++) {
		const struct mmt_loss *l = &s->losses[c->losses];

		if (!c->ops->loss || c->ops->loss(c->ctx, l))
			err = mmt_writer_lost(c->writer, l->cpu, l->kind, l->cause, l->count, e);
	}
	c->frames = s->frames;
	return err;
}

/* --- entries --- */

/* *@id as it is in the copy. */
static int translate(struct mmt_copy *c, enum mmt_dict_kind kind, uint64_t *id, struct mmt_err *e)
{
	struct mmt_dict_entry known = { .kind = kind, .name = "" };
	const struct mmt_dict_entry *have;
	uint32_t to = 0;
	int err;

	if (!*id || *id > MMT_DICT_ID_MAX || !c->ops->id)
		return 0;
	have = mmt_dict_get(c->ids, kind, (uint32_t)*id);
	if (have) {
		*id = have->num[0];
		return 0;
	}
	known.id = (uint32_t)*id;
	err = c->ops->id(c->ctx, kind, known.id,
			 mmt_dict_get(mmt_reader_dict(c->reader), kind, known.id), &to, e);
	known.num[0] = *id = to;
	return err ? err : mmt_dict_define(c->ids, &known, e);
}

static bool same(const struct mmt_dict_entry *a, const struct mmt_dict_entry *b)
{
	return memcmp(a->num, b->num, sizeof(a->num)) == 0 && strcmp(a->name, b->name) == 0;
}

static int carry(struct mmt_copy *c, enum mmt_dict_kind kind, uint32_t id, unsigned depth,
		 struct mmt_err *e)
{
	const struct mmt_dict_entry *is = mmt_dict_get(mmt_reader_dict(c->reader), kind, id), *was;
	struct mmt_dict_entry entry;
	uint64_t to = id;
	int err = 0;

	if (!is)
		return 0;
	was = mmt_dict_get(c->shown, kind, id);
	if (was && same(is, was))
		return 0;
	err = mmt_dict_define(c->shown, is, e);
	/* what it names comes first; a loop of parents ends at the entry already shown */
	if (!err && kind == MMT_DICT_MM && is->num[0] <= MMT_DICT_ID_MAX)
		err = carry(c, MMT_DICT_TASK, (uint32_t)is->num[0], depth + 1, e);
	if (!err && kind == MMT_DICT_CGROUP && is->num[1] <= MMT_DICT_ID_MAX && depth < DEPTH)
		err = carry(c, MMT_DICT_CGROUP, (uint32_t)is->num[1], depth + 1, e);
	if (err)
		return err;
	entry = *is;
	err = translate(c, kind, &to, e);
	entry.id = (uint32_t)to;
	if (!err && kind == MMT_DICT_MM)
		err = translate(c, MMT_DICT_TASK, &entry.num[0], e);
	if (!err && kind == MMT_DICT_CGROUP)
		err = translate(c, MMT_DICT_CGROUP, &entry.num[1], e);
	if (!err && c->ops->entry)
		err = c->ops->entry(c->ctx, &entry, e);
	return err ? err : mmt_writer_define(c->writer, &entry, e);
}

int mmt_copy_rest(struct mmt_copy *c, bool strings, struct mmt_err *e)
{
	const struct mmt_dict *d = mmt_reader_dict(c->reader);
	int err = 0;

	for (int k = 0; k < MMT_NR_DICTS; k++) {
		enum mmt_dict_kind kind = (enum mmt_dict_kind)k;

		if (kind == MMT_DICT_STRING && !strings)
			continue;
		for (size_t i = 0; !err && i < mmt_dict_count(d, kind); i++)
			err = carry(c, kind, mmt_dict_at(d, kind, i)->id, 0, e);
	}
	return err;
}

/* --- events --- */

int mmt_copy_event(struct mmt_copy *c, const struct mmt_event *ev, bool strings, struct mmt_err *e)
{
	const struct mmt_event_info *info = mmt_event_info(ev->kind);
	struct mmt_event out = *ev;
	uint64_t task = ev->task;
	int err = ev->task ? carry(c, MMT_DICT_TASK, ev->task, 0, e) : 0;

	if (!err)
		err = translate(c, MMT_DICT_TASK, &task, e);
	out.task = (uint32_t)task;
	for (unsigned i = 0; !err && i < info->nr_fields; i++) {
		enum mmt_dict_kind kind = mmt_unit_dict(info->fields[i].unit);

		if (kind == MMT_NR_DICTS || !ev->v[i] || (kind == MMT_DICT_STRING && !strings))
			continue;
		err = carry(c, kind, (uint32_t)ev->v[i], 0, e);
		if (!err)
			err = translate(c, kind, &out.v[i], e);
	}
	return err ? err : mmt_writer_add(c->writer, &out, e);
}

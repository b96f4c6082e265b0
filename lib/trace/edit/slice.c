/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Slices: a part of a trace that can be read, and replayed, like a trace.
 *
 * Theory. A window of time keeps the events in it and the snapshots that begin in it; and, so that
 * a replay still knows the machine, the first full snapshot, with the times it was taken at:
 *
 *	full snapshot | events | light | events | light | events
 *	xxxxxxxxxxxxxxx                 from xxxxxxxxxxxxx to
 *
 * A process or a control group keeps what its tasks did, what others did to them (an OOM kill, a
 * move), and all changes of tunables. Frames do not obey tasks: a free is kept if the allocation of
 * the frame was. Of snapshots, the rows of other tasks and address spaces are left out.
 *
 * A task's control group is the one its snapshot row, its parent or its last move says. Lost events
 * cannot be sorted by task: a slice carries all losses of its window and kinds.
 *
 * The first snapshot of a window may tell changes alone, since one that is left out: then it becomes
 * one that leaves out nothing, by the rows that were the last of their things when it began.
 *
 * Invariants: (1) a snapshot is kept whole, from begin to end, as far as its rows pass; (2) memory
 * follows the tasks, address spaces and frames seen, and the things that snapshots tell of.
 *
 * Cost: a look-up or two an event.
 */
#include "lib/trace/edit/slice.h"

#include "lib/trace/edit/copy.h"
#include "lib/trace/rows.h"

#include <errno.h>
#include <string.h>

#define SECTION_ORDER 15
#define NR_SECTIONS   (1u << (32 - SECTION_ORDER))

struct mmt_slice {
	struct mmt_alloc *alloc;
	const struct mmt_slice_options *o;
	struct mmt_dict *members; /* num[0]: whether a task, or an address space, is one */
	uint64_t **frames;	  /* a bit for each frame that a member holds, by sections */
	uint64_t from, to;
	bool started;			 /* from and to are known */
	bool in_snapshot, keep_snapshot; /* of the snapshot that is being read */
	bool had_full;
	struct mmt_rows *rows;	    /* of all snapshots so far */
	bool known;		    /* none is missing */
	uint64_t seq, complete_seq; /* of the snapshot being read, and of the last whole one */
	uint64_t kept_seq;	    /* of the last that is in the part */
	bool mends;		    /* the event just wanted begins one that the rows make whole */
};

bool mmt_slice_is_part(const struct mmt_slice_options *o)
{
	return o->from.set || o->to.set || o->kinds || o->by_pid || o->cgroup;
}

struct mmt_slice *mmt_slice_new(struct mmt_alloc *a, const struct mmt_slice_options *o)
{
	struct mmt_slice *s = mmt_calloc(a, 1, sizeof(*s));

	if (!s)
		return NULL;
	s->alloc = a;
	s->o = o;
	s->members = mmt_dict_new(a);
	s->frames = mmt_calloc(a, NR_SECTIONS, sizeof(*s->frames));
	s->rows = mmt_rows_new(a);
	if (s->members && s->frames && s->rows)
		return s;
	mmt_slice_free(s);
	return NULL;
}

void mmt_slice_free(struct mmt_slice *s)
{
	if (!s)
		return;
	for (uint32_t i = 0; s->frames && i < NR_SECTIONS; i++)
		mmt_free(s->alloc, s->frames[i]);
	mmt_free(s->alloc, s->frames);
	mmt_dict_free(s->members);
	mmt_rows_free(s->rows);
	mmt_free(s->alloc, s);
}

/* --- frames --- */

static bool holds(const struct mmt_slice *s, uint32_t pfn)
{
	const uint64_t *section = s->frames[pfn >> SECTION_ORDER];
	uint32_t bit = pfn & ((1u << SECTION_ORDER) - 1);

	return section && section[bit / 64] >> bit % 64 & 1;
}

static int hold(struct mmt_slice *s, uint32_t pfn, bool held)
{
	uint64_t **section = &s->frames[pfn >> SECTION_ORDER];
	uint32_t bit = pfn & ((1u << SECTION_ORDER) - 1);
	uint64_t mask = UINT64_C(1) << bit % 64;

	if (!*section && !held)
		return 0;
	if (!*section)
		*section = mmt_calloc(s->alloc, (1u << SECTION_ORDER) / 64, sizeof(**section));
	if (!*section)
		return -ENOMEM;
	if (held)
		(*section)[bit / 64] |= mask;
	else
		(*section)[bit / 64] &= ~mask;
	return 0;
}

/* The frames of @ev, an allocation or a free, are a member's from now on, or no longer. */
static int hold_block(struct mmt_slice *s, const struct mmt_event *ev, bool held)
{
	uint64_t pfn = ev->v[MMT_F(mm_page_free, pfn)], order = ev->v[MMT_F(mm_page_free, order)];
	int err = 0;

	if (pfn == MMT_PFN_NONE || order > MMT_ORDER_MAX)
		return 0;
	for (uint64_t i = pfn; !err && i < pfn + (UINT64_C(1) << order) && i < MMT_PFN_NONE; i++)
		err = hold(s, (uint32_t)i, held);
	return err;
}

/* --- tasks and address spaces --- */

static bool in_group(const struct mmt_slice *s, const struct mmt_dict *dict, uint64_t id)
{
	const struct mmt_dict_entry *cgroup = mmt_dict_get(dict, MMT_DICT_CGROUP, (uint32_t)id);
	size_t n = strlen(s->o->cgroup);

	if (!cgroup || strncmp(cgroup->name, s->o->cgroup, n) != 0)
		return false;
	return !cgroup->name[n] || cgroup->name[n] == '/' || (n && s->o->cgroup[n - 1] == '/');
}

static int set_member(struct mmt_slice *s, enum mmt_dict_kind kind, uint64_t id, bool is,
		      struct mmt_err *e)
{
	struct mmt_dict_entry entry = {
		.kind = kind, .id = (uint32_t)id, .num = { is }, .name = ""
	};

	return id ? mmt_dict_define(s->members, &entry, e) : 0;
}

static bool is_pid(const struct mmt_slice *s, const struct mmt_dict *dict, uint64_t task)
{
	const struct mmt_dict_entry *entry = mmt_dict_get(dict, MMT_DICT_TASK, (uint32_t)task);

	return entry && (entry->num[0] == s->o->pid || entry->num[1] == s->o->pid);
}

static bool is_task(const struct mmt_slice *s, const struct mmt_dict *dict, uint64_t task)
{
	const struct mmt_dict_entry *known =
		mmt_dict_get(s->members, MMT_DICT_TASK, (uint32_t)task);

	if (!task || (s->o->by_pid && !is_pid(s, dict, task)))
		return false;
	return !s->o->cgroup || (known && known->num[0]);
}

static bool is_mm(const struct mmt_slice *s, const struct mmt_dict *dict, uint64_t mm)
{
	const struct mmt_dict_entry *known = mmt_dict_get(s->members, MMT_DICT_MM, (uint32_t)mm);
	const struct mmt_dict_entry *entry = mmt_dict_get(dict, MMT_DICT_MM, (uint32_t)mm);

	return (known && known->num[0]) || (entry && is_task(s, dict, entry->num[0]));
}

/* What an event says of who is a member from now on. */
static int follow(struct mmt_slice *s, const struct mmt_event *ev, const struct mmt_dict *dict,
		  struct mmt_err *e)
{
	uint64_t task = ev->task, mm = 0;
	bool group = false, told = false;
	int err = 0;

	switch (ev->kind) {
	case MMT_EV_snap_task:
		task = ev->v[MMT_F(snap_task, task)];
		mm = ev->v[MMT_F(snap_task, mm)];
		group = s->o->cgroup && in_group(s, dict, ev->v[MMT_F(snap_task, cgroup)]);
		told = true;
		break;
	case MMT_EV_cgroup_attach_task:
		task = ev->v[MMT_F(cgroup_attach_task, task)];
		group = s->o->cgroup && in_group(s, dict, ev->v[MMT_F(cgroup_attach_task, cgroup)]);
		told = true;
		break;
	case MMT_EV_sched_process_fork:
		task = ev->v[MMT_F(sched_process_fork, child)];
		mm = ev->v[MMT_F(sched_process_fork, mm)];
		group = is_task(s, dict, ev->task);
		told = true;
		break;
	case MMT_EV_sched_process_exec:
		mm = ev->v[MMT_F(sched_process_exec, mm)];
		break;
	default:
		return 0;
	}
	if (told && s->o->cgroup)
		err = set_member(s, MMT_DICT_TASK, task, group, e);
	if (!err && mm && is_task(s, dict, task))
		err = set_member(s, MMT_DICT_MM, mm, true, e);
	return err;
}

/* Of the tasks asked for: 1 or 0 by who did it, by whom it names, or by whose frame it frees. */
static int by_task(struct mmt_slice *s, const struct mmt_event *ev, const struct mmt_dict *dict)
{
	const struct mmt_event_info *info = mmt_event_info(ev->kind);
	bool row = info->class == MMT_SNAPSHOT, names = false, wants;

	wants = is_task(s, dict, ev->task) || (info->group == MMT_G_META && !ev->task);
	for (unsigned i = 0; i < info->nr_fields; i++) {
		enum mmt_unit unit = info->fields[i].unit;

		if (unit == MMT_U_TASK)
			wants |= is_task(s, dict, ev->v[i]);
		else if (unit == MMT_U_MM)
			wants |= is_mm(s, dict, ev->v[i]);
		else if (unit == MMT_U_CGROUP && s->o->cgroup && !s->o->by_pid)
			wants |= in_group(s, dict, ev->v[i]);
		names |= unit == MMT_U_TASK || unit == MMT_U_MM;
	}
	if (ev->kind == MMT_EV_mm_page_free && !wants)
		wants = holds(s, (uint32_t)ev->v[MMT_F(mm_page_free, pfn)]);
	if ((ev->kind == MMT_EV_mm_page_alloc && hold_block(s, ev, wants)) ||
	    (ev->kind == MMT_EV_mm_page_free && hold_block(s, ev, false)))
		return -ENOMEM;
	return wants || (row && !names);
}

/* --- the window --- */

static uint64_t instant(const struct mmt_slice_time *t, uint64_t first, uint64_t none)
{
	if (!t->set || t->absolute)
		return t->set ? t->ns : none;
	return t->ns > UINT64_MAX - first ? UINT64_MAX : first + t->ns;
}

static bool in_window(struct mmt_slice *s, const struct mmt_event *ev)
{
	bool inside, keep;

	if (!s->started) {
		s->from = instant(&s->o->from, ev->time, 0);
		s->to = instant(&s->o->to, ev->time, UINT64_MAX);
		s->started = true;
	}
	inside = ev->time >= s->from && ev->time <= s->to;
	if (ev->kind == MMT_EV_snapshot_begin) {
		bool full = ev->v[MMT_F(snapshot_begin, kind)] == MMT_SNAP_FULL;

		s->in_snapshot = true;
		s->keep_snapshot = inside || (full && !s->had_full);
		s->had_full |= full;
	}
	keep = s->in_snapshot && mmt_event_info(ev->kind)->class == MMT_SNAPSHOT ? s->keep_snapshot
										 : inside;
	if (ev->kind == MMT_EV_snapshot_end)
		s->in_snapshot = false;
	return keep;
}

/* --- rows that a snapshot left out --- */

static void begin_rows(struct mmt_slice *s, const struct mmt_event *ev)
{
	bool changes = ev->v[MMT_F(snapshot_begin, changes)] != 0;

	s->seq = ev->v[MMT_F(snapshot_begin, seq)];
	s->known = !changes || (s->known && s->complete_seq + 1 == s->seq);
	if (!changes)
		mmt_rows_clear(s->rows);
	s->mends = s->keep_snapshot && changes && s->known && s->kept_seq + 1 != s->seq;
	if (s->keep_snapshot)
		s->kept_seq = s->seq;
}

static int note_row(struct mmt_slice *s, const struct mmt_event *ev)
{
	s->mends = false;
	if (ev->kind == MMT_EV_snapshot_begin)
		begin_rows(s, ev);
	else if (ev->kind == MMT_EV_snapshot_end)
		s->complete_seq = s->seq;
	else if (s->in_snapshot && mmt_rows_key(ev->kind))
		return mmt_rows_note(s->rows, ev) < 0 ? -ENOMEM : 0;
	return 0;
}

size_t mmt_slice_rows(const struct mmt_slice *s)
{
	return s->mends ? mmt_rows_count(s->rows) : 0;
}

bool mmt_slice_row(struct mmt_slice *s, size_t i, const struct mmt_dict *dict,
		   struct mmt_event *row)
{
	mmt_rows_at(s->rows, i, row);
	return (!s->o->kinds || s->o->kinds[row->kind]) &&
	       ((!s->o->by_pid && !s->o->cgroup) || by_task(s, row, dict) > 0);
}

int mmt_slice_wants(struct mmt_slice *s, const struct mmt_event *ev, const struct mmt_dict *dict,
		    struct mmt_err *e)
{
	bool inside = in_window(s, ev);
	int wants = 1;

	if (note_row(s, ev))
		return mmt_fail(e, ENOMEM, "no memory for a slice");
	if (s->o->by_pid || s->o->cgroup) {
		/* who moves out was there until then */
		bool leaves = ev->kind == MMT_EV_cgroup_attach_task && by_task(s, ev, dict) > 0;
		int err = follow(s, ev, dict, e);

		if (err)
			return err;
		wants = by_task(s, ev, dict);
		if (wants < 0)
			return mmt_fail(e, ENOMEM, "no memory for a slice");
		wants |= leaves;
	}
	return wants && inside && (!s->o->kinds || s->o->kinds[ev->kind]);
}

bool mmt_slice_loss(const struct mmt_slice *s, const struct mmt_loss *loss)
{
	if (s->o->kinds && !s->o->kinds[loss->kind])
		return false;
	return !s->started || (loss->time_last >= s->from && loss->time_first <= s->to);
}

/* --- what the part says of itself --- */

static bool set_time(json_t *o, const char *key, const struct mmt_slice_time *t)
{
	return !t->set || mmt_json_set(o, key,
				       json_pack("{sIsb}", "ns", (json_int_t)t->ns, "absolute",
						 (int)t->absolute));
}

json_t *mmt_slice_header(const json_t *header, const struct mmt_slice_options *o)
{
	json_t *j = json_deep_copy(header), *slice = json_object();
	json_t *before = json_object_get(header, "slice");
	bool ok = j && slice && set_time(slice, "from", &o->from) && set_time(slice, "to", &o->to);

	if (ok && o->kinds)
		ok = mmt_json_set(slice, "events", mmt_json_bytes(o->kinds_text));
	if (ok && o->by_pid)
		ok = mmt_json_set(slice, "pid", mmt_json_u64(o->pid));
	if (ok && o->cgroup)
		ok = mmt_json_set(slice, "cgroup", mmt_json_bytes(o->cgroup));
	if (ok && before)
		ok = mmt_json_set(slice, "of", json_deep_copy(before));
	if (!ok)
		json_decref(slice);
	return mmt_json_whole(j, ok && mmt_json_set(j, "slice", slice));
}

static uint64_t mix(uint64_t id, uint64_t word)
{
	id = (id ^ word) * UINT64_C(0x9e3779b97f4a7c15);
	return id ^ id >> 32;
}

static uint64_t mix_time(uint64_t id, const struct mmt_slice_time *t)
{
	return mix(mix(id, (unsigned)t->set | (unsigned)t->absolute << 1), t->ns);
}

uint64_t mmt_slice_id(uint64_t file_id, const struct mmt_slice_options *o)
{
	uint64_t id = mix_time(mix_time(file_id, &o->from), &o->to);

	id = mix(mix(id, o->by_pid), o->pid);
	for (const char *p = o->cgroup; p && *p; p++)
		id = mix(id, (uint8_t)*p);
	for (unsigned k = 0; o->kinds && k <= MMT_KIND_MAX; k++)
		id = mix(id, o->kinds[k]);
	return id;
}

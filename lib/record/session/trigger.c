/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Events that end a recording, or make it dump.
 *
 * Theory. Each converted event is looked at once, in the order of the trace. What a user asks for:
 *
 *	oom          mark_victim: the OOM killer chose a victim
 *	stall>TIME   direct reclaim or direct compaction of one task, from its begin to its end, or
 *	             a wait of mm_vmscan_throttled, longer than TIME
 *	order>=N     an allocation (granted or not), direct reclaim or compaction of that order
 *
 *	task 7   reclaim_begin ----------------- reclaim_end        a stall that lasts fires when it
 *	                       TIME ->| fires                       is too long, not when it ends
 *
 *   I1  The recorder's own events fire nothing, and kernel threads (kcompactd) stall nobody.
 *   I2  After lost events no stall that began before them is believed.
 *   I3  Once one has fired nothing is looked at until rec_trigger_arm().
 *
 * Cost: 2 ns an event, while there are triggers. Of more than REC_TRIGGER_STALLS tasks that stall
 * at a time the later ones are not looked at.
 * Reference: mm/vmscan.c, mm/compaction.c, mm/oom_kill.c of Linux 6.12, where the events are.
 */
#include "lib/record/session/trigger.h"

#include <stdlib.h>
#include <string.h>

/* What begins a stall, what ends it, and which field of the begin is its order (-1: none). */
static const struct bracket {
	uint16_t begin, end;
	int order;
} brackets[] = {
	{ MMT_EV_mm_vmscan_direct_reclaim_begin, MMT_EV_mm_vmscan_direct_reclaim_end,
	  MMT_F(mm_vmscan_direct_reclaim_begin, order) },
	{ MMT_EV_mm_vmscan_memcg_reclaim_begin, MMT_EV_mm_vmscan_memcg_reclaim_end,
	  MMT_F(mm_vmscan_memcg_reclaim_begin, order) },
	{ MMT_EV_mm_compaction_begin, MMT_EV_mm_compaction_end, -1 },
};
#define NR_BRACKETS (sizeof(brackets) / sizeof(brackets[0]))

const char *rec_trigger_add(struct rec_triggers *r, const char *text,
			    bool (*parse)(const char *text, uint64_t *ns))
{
	struct rec_trigger t = { 0 };

	if (r->nr == REC_TRIGGERS)
		return "more than eight triggers";
	if (strlen(text) >= sizeof(t.text))
		return "not a trigger: oom, stall>TIME, order>=N";
	memcpy(t.text, text, strlen(text));
	if (!strcmp(text, "oom")) {
		t.kind = REC_TRIGGER_OOM;
	} else if (!strncmp(text, "stall>", 6)) {
		t.kind = REC_TRIGGER_STALL;
		if (!parse(text + 6, &t.than) || !t.than)
			return "not a time";
	} else if (!strncmp(text, "order>=", 7)) {
		char *end;

		t.kind = REC_TRIGGER_ORDER;
		t.than = strtoul(text + 7, &end, 10);
		if (end == text + 7 || *end || text[7] < '0' || text[7] > '9' ||
		    t.than > MMT_ORDER_MAX)
			return "not an order (0 to 18)";
	} else {
		return "not a trigger: oom, stall>TIME, order>=N";
	}
	r->t[r->nr++] = t;
	return NULL;
}

bool rec_trigger_wants(const struct rec_triggers *r, unsigned kind)
{
	for (unsigned i = 0; i < r->nr; i++) {
		enum rec_trigger_kind t = r->t[i].kind;

		if (t == REC_TRIGGER_OOM && kind == MMT_EV_mark_victim)
			return true;
		if (t == REC_TRIGGER_STALL && kind == MMT_EV_mm_vmscan_throttled)
			return true;
		if (t == REC_TRIGGER_ORDER && (kind == MMT_EV_mm_page_alloc ||
					       kind == MMT_EV_mm_compaction_try_to_compact_pages))
			return true;
		for (size_t b = 0; b < NR_BRACKETS; b++) {
			if (t == REC_TRIGGER_STALL &&
			    (kind == brackets[b].begin || kind == brackets[b].end))
				return true;
			if (t == REC_TRIGGER_ORDER && kind == brackets[b].begin &&
			    brackets[b].order >= 0)
				return true;
		}
	}
	return false;
}

static void fire(struct rec_triggers *r, enum rec_trigger_kind kind, uint64_t value,
		 struct rec_stall by)
{
	for (unsigned i = 0; i < r->nr && !r->fired; i++) {
		const struct rec_trigger *t = &r->t[i];

		if (t->kind != kind || (kind == REC_TRIGGER_STALL && value <= t->than) ||
		    (kind == REC_TRIGGER_ORDER && value < t->than))
			continue;
		r->fired = t;
		r->by = by;
		r->took = value;
	}
}

/* Index of a stall that an event of kind @begin began, or nr_stalls. */
static unsigned find(const struct rec_triggers *r, uint32_t task, unsigned begin)
{
	unsigned i = 0;

	while (i < r->nr_stalls && (r->stall[i].task != task || r->stall[i].kind != begin))
		i++;
	return i;
}

static void bracket(struct rec_triggers *r, const struct bracket *b, const struct mmt_event *ev)
{
	struct rec_stall by = { ev->task, ev->kind, ev->time };
	unsigned i = find(r, ev->task, b->begin);

	if (ev->kind == b->begin) {
		if (b->order >= 0 && ev->v[b->order] <= MMT_ORDER_MAX)
			fire(r, REC_TRIGGER_ORDER, ev->v[b->order], by);
		if (i == r->nr_stalls && i < REC_TRIGGER_STALLS)
			r->nr_stalls++;
		if (i < r->nr_stalls)
			r->stall[i] = by;
	} else if (i < r->nr_stalls) {
		uint64_t since = r->stall[i].since;

		r->stall[i] = r->stall[--r->nr_stalls];
		fire(r, REC_TRIGGER_STALL, ev->time > since ? ev->time - since : 0, by);
	}
}

void rec_trigger_see(struct rec_triggers *r, const struct mmt_event *ev, bool kthread)
{
	struct rec_stall by = { ev->task, ev->kind, ev->time };
	uint64_t order = MMT_ORDER_ANY;

	if (r->fired || ev->flags & MMT_EVENT_SELF)
		return;
	switch (ev->kind) {
	case MMT_EV_mark_victim:
		fire(r, REC_TRIGGER_OOM, 0, by);
		return;
	case MMT_EV_mm_vmscan_throttled:
		fire(r, REC_TRIGGER_STALL, ev->v[MMT_F(mm_vmscan_throttled, usec_delayed)] * 1000,
		     by);
		return;
	case MMT_EV_mm_page_alloc:
		order = ev->v[MMT_F(mm_page_alloc, order)];
		break;
	case MMT_EV_mm_compaction_try_to_compact_pages:
		order = ev->v[MMT_F(mm_compaction_try_to_compact_pages, order)];
		break;
	default:
		for (size_t b = 0; b < NR_BRACKETS && !kthread; b++) {
			if (ev->kind == brackets[b].begin || ev->kind == brackets[b].end)
				bracket(r, &brackets[b], ev);
		}
		return;
	}
	if (order <= MMT_ORDER_MAX)
		fire(r, REC_TRIGGER_ORDER, order, by);
}

void rec_trigger_tick(struct rec_triggers *r, uint64_t now)
{
	for (unsigned i = 0; i < r->nr_stalls && !r->fired; i++) {
		const struct rec_stall *s = &r->stall[i];

		if (now > s->since)
			fire(r, REC_TRIGGER_STALL, now - s->since, *s);
	}
}

void rec_trigger_forget(struct rec_triggers *r)
{
	r->nr_stalls = 0;
}

void rec_trigger_arm(struct rec_triggers *r)
{
	r->fired = NULL;
	r->nr_stalls = 0;
}

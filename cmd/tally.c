/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The kernel's own counts beside a trace's events.
 *
 * Theory. /proc/vmstat counts pgfree and pgalloc_ZONE in pages, at the places where mm_page_free
 * and mm_page_alloc happen, and sums the CPUs' counters when it is read. So between two readings
 *
 *	pgfree(t1) - pgfree(t0)  ~  sum over mm_page_free in (t0, t1] of 2^order, and what was lost
 *
 * A reader of /proc/vmstat meets each CPU at another instant, and an event is a moment before its
 * count: the two differ by a few pages. Bulk allocation counts, and has an event only where
 * functions can be traced. More than that are pages whose events the kernel gave to no program.
 *   T1  A row stands in the file where it was read, events may follow that happened before: what
 *       belongs before a row is told by time alone.
 */
#include "cmd/tally.h"

#include <string.h>

static uint64_t block(uint64_t order)
{
	return order <= MMT_ORDER_MAX ? UINT64_C(1) << order : 0;
}

static void count(struct tally_sum *s, uint64_t time, uint64_t pages)
{
	if (!s->seen || time <= s->from)
		return;
	s->pages += pages;
	if (time <= s->to)
		s->at_end += pages;
}

/* What counter @id was when it was last told. */
static uint64_t *part(struct tally_sum *s, uint64_t id)
{
	unsigned i = 0;

	while (i < s->nr_parts && s->part[i].id != id)
		i++;
	if (i == TALLY_PARTS)
		return NULL;
	if (i == s->nr_parts)
		s->part[s->nr_parts++].id = id;
	return &s->part[i].value;
}

/* Rows of one reading have one time; a counter that has none is as it was. */
static void counter(struct tally_sum *s, uint64_t time, uint64_t id, uint64_t value)
{
	uint64_t *was = part(s, id);

	if (!was)
		return;
	if (!s->seen) {
		s->seen = true;
		s->from = s->to = time;
	} else if (s->to != time) {
		s->to = time;
		s->at_end = s->pages;
	}
	s->end += value - *was;
	if (s->from == time)
		s->first = s->end;
	*was = value;
}

void tally_event(struct tally *t, const struct mmt_event *ev, const struct mmt_dict *dict)
{
	const struct mmt_dict_entry *name;
	uint64_t value;

	switch (ev->kind) {
	case MMT_EV_mm_page_alloc:
		if (ev->v[MMT_F(mm_page_alloc, pfn)] != MMT_PFN_NONE)
			count(&t->alloc, ev->time, block(ev->v[MMT_F(mm_page_alloc, order)]));
		break;
	case MMT_EV_alloc_pages_bulk:
		/* a single page is got the ordinary way, and was told so */
		if (ev->v[MMT_F(alloc_pages_bulk, nr_got)] > 1)
			count(&t->alloc, ev->time, ev->v[MMT_F(alloc_pages_bulk, nr_got)]);
		break;
	case MMT_EV_mm_page_free:
		count(&t->free, ev->time, block(ev->v[MMT_F(mm_page_free, order)]));
		break;
	case MMT_EV_snap_vmstat:
		name = mmt_dict_get(dict, MMT_DICT_STRING,
				    (uint32_t)ev->v[MMT_F(snap_vmstat, name)]);
		value = ev->v[MMT_F(snap_vmstat, value)];
		if (name && !strcmp(name->name, "pgfree"))
			counter(&t->free, ev->time, name->id, value);
		else if (name && !strncmp(name->name, "pgalloc_", 8))
			counter(&t->alloc, ev->time, name->id, value);
		break;
	default:
		break;
	}
}

bool tally_is_whole(const struct mmt_reader *r, const char *event)
{
	const json_t *record = json_object_get(mmt_reader_header(r), "record");
	const char *filter = json_string_value(json_object_get(record, "filter"));
	const char *had =
		json_string_value(json_object_get(json_object_get(record, "events"), event));

	return filter && had && !strcmp(filter, "all") && !strcmp(had, "yes") &&
	       !json_object_get(mmt_reader_header(r), "slice") && !mmt_reader_state(r)->nr_gaps;
}

bool tally_between(const struct tally_sum *s, uint64_t *counted, uint64_t *told)
{
	if (!s->seen || s->to == s->from || s->end < s->first)
		return false;
	*counted = s->end - s->first;
	*told = s->at_end;
	return true;
}

uint64_t tally_lost(const struct mmt_reader_state *s, unsigned kind)
{
	uint64_t n = 0;

	for (size_t i = 0; i < s->nr_losses; i++)
		n += s->losses[i].kind == kind ? s->losses[i].count : 0;
	return n;
}

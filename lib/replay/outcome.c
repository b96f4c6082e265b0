// SPDX-License-Identifier: GPL-2.0-only
/*
 * Counts that the host's tracepoints and the model's counters both have.
 *
 * An outcome is never replayed: how often pageblocks of another type had to serve, and how many
 * pages per-CPU lists gave back, is the model's own affair, and its counters begin with the first
 * event as the trace does.
 *
 * I1  A count that the trace does not have, or has as 0, is not compared.
 *
 * Cost: one search by name for each count, once a replay.
 */
#include "lib/replay/engine.h"

#include <string.h>

void replay_drained(struct replay *r, const struct page_event *ev)
{
	r->outcomes.pcpu_drain_pages += ev->order <= MAX_PAGE_ORDER ? 1u << ev->order : 0;
	compaction_drained(&r->allocator, ev);
}

static uint64_t counter_by_name(const struct replay *r, const char *name)
{
	for (unsigned i = 0; i < mm_nr_counters(); i++)
		if (strcmp(mm_counter_name(i), name) == 0)
			return replay_counter(r, i);
	return 0;
}

int replay_compare_outcomes(struct replay *r, struct mmt_err *e)
{
	const struct {
		const char *name;
		uint64_t recorded;
	} both[] = { { "mm_page_alloc_extfrag", r->outcomes.extfrag },
		     { "pcp_drain_pages", r->outcomes.pcpu_drain_pages } };
	int ret = 0;

	for (unsigned i = 0; i < sizeof(both) / sizeof(*both) && !ret; i++)
		ret = compare_total(&r->compare, both[i].name, both[i].recorded,
				    counter_by_name(r, both[i].name), e);
	return ret;
}

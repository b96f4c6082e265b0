// SPDX-License-Identifier: GPL-2.0-only
/*
 * Columns -> the events that a replay wants, one after the other.
 *
 * Theory. Allocations and frees are most of what a replay needs, and few fields of them. They are
 * put together here, merged from the lanes of their CPUs (column.h); of what else is wanted, only
 * the place; what nobody wants is passed over.
 *
 *	frame   kinds   alloc fault free fault zone_row alloc ...
 *	                  |           |         |         |
 *	rows            alloc        free     other     alloc    40 bytes each
 *
 * This needs the frame alone, so the thread that decodes ahead does it (mmt_prepare), and the replay
 * has one row after the other to read. So it also knows which frames the next events name, and can
 * ask for what it keeps of them early.
 *
 * I1  Nothing but the view is read, and nothing is written but its lanes and the rows.
 *
 * Cost: a few counters an event, 40 bytes a row.
 */
#include "lib/replay/wanted.h"

#include "lib/mm/gfp.h"

#include <string.h>

/*
 * The events of one kind in the frame in hand: where their values are, with a mask for the number
 * of the event: 0 where there is one value for all. So every event goes the same way through
 * merge(), and no branch has to be guessed.
 */
struct kind {
	const uint32_t *gfp;
	const uint8_t *order, *type, *cause;
	uint32_t has_gfp, has_order;
	uint32_t other; /* all bits: what is kept is where the values are */
	uint64_t known; /* all bits, or none */
	uint8_t wanted, shared, role;
};

static const uint32_t none[1] = { 0 };

static struct kind role_of(const struct mmt_view_kind *k, bool (*wants)(unsigned kind))
{
	const uint8_t *no_bytes = (const uint8_t *)none;
	struct kind s = { .gfp = none, .order = no_bytes, .type = no_bytes, .cause = no_bytes };

	s.shared = k->shared != 0;
	s.known = k->info ? UINT64_MAX : 0;
	s.wanted = k->info && wants(k->kind);
	if (k->kind == MMT_EV_mm_page_alloc && k->shared == MMT_F(mm_page_alloc, pfn) + 1) {
		s.role = WANTED_ALLOC;
		s.order = k->column[MMT_F(mm_page_alloc, order)];
		s.type = k->column[MMT_F(mm_page_alloc, migratetype)];
		s.gfp = k->column[MMT_F(mm_page_alloc, gfp)];
		s.cause = k->column[MMT_F(mm_page_alloc, cause)];
		s.has_gfp = s.has_order = UINT32_MAX;
	} else if (k->kind == MMT_EV_mm_page_free && k->shared == MMT_F(mm_page_free, pfn) + 1) {
		s.role = WANTED_FREE;
		s.order = k->column[MMT_F(mm_page_free, order)];
		s.has_order = UINT32_MAX;
	} else {
		s.role = WANTED_OTHER;
		s.other = UINT32_MAX;
	}
	return s;
}

static inline uint32_t choose(uint32_t mask, uint32_t a, uint32_t b)
{
	return (a & mask) | (b & ~mask);
}

/*
 * Returns the row after the last; one more is written to on the way. A row is written field by
 * field: to put it together elsewhere and copy it takes longer. What is said of all events of known
 * kinds goes to @all.
 */
static struct wanted_row *merge(const struct mmt_view *v, const struct kind *restrict kinds,
				struct wanted *all)
{
	struct wanted_row *restrict row = all->row;
	const uint16_t *restrict cpus = v->cpu, *restrict places = v->place;
	const uint64_t *restrict time = v->time;
	const uint32_t *restrict task = v->task;
	struct mmt_lane *restrict lanes = v->lanes;
	const uint8_t *restrict flags = v->flags;
	const uint32_t mask = v->lane_mask, n = v->n;
	uint64_t last = 0, self = 0;

	for (uint32_t i = 0; i < n; i++) {
		const uint16_t cpu = cpus[i];
		struct mmt_lane *lane = &lanes[cpu & mask];
		const uint32_t **shared = &lanes[cpu % MMT_LANES].shared;
		const uint32_t at = lane->at++;
		const uint16_t place = places[at];
		const struct kind *k = &kinds[place];
		const uint32_t number = lane->number[place]++, in_alloc = number & k->has_gfp;
		uint32_t other = k->other;
		uint32_t role = k->role;

		/* whose huge page it is decides where it comes from */
		if (__builtin_expect(k->cause[in_alloc] == MMT_CAUSE_THP, 0)) {
			other = UINT32_MAX;
			role = WANTED_OTHER;
		}
		last = (time[at] & k->known) > last ? time[at] : last;
		self += flags[at] & k->known;
		row->page.time = time[at];
		row->page.pfn = **shared;
		row->page.gfp = choose(other, number, k->gfp[in_alloc]);
		row->page.task = choose(other, at, task[at]);
		row->page.cpu = cpu;
		row->page.order = k->order[number & k->has_order];
		row->page.type = k->type[in_alloc];
		row->page.names_node = (k->gfp[in_alloc] & __GFP_THISNODE) != 0;
		row->i = i;
		row->role = role;
		*shared += k->shared;
		row += k->wanted;
	}
	all->last_time = last;
	all->self = self;
	return row;
}

/* Time of the first event of a known kind. */
static uint64_t first_time(const struct mmt_view *v)
{
	uint32_t at[MMT_LANES];

	memcpy(at, v->first, sizeof(at));
	for (uint32_t i = 0; i < v->n; i++) {
		uint32_t a = at[v->cpu[i] & v->lane_mask]++;

		if (v->kinds[v->place[a]].info)
			return v->time[a];
	}
	return 0;
}

void wanted_prepare(const void *choice, const struct mmt_view *v, struct mmt_wr *w)
{
	const struct wanted_choice *c = choice;
	struct kind kinds[MMT_KIND_MAX];
	struct wanted *all;
	bool shared = false;
	size_t nr = 0;

	for (uint32_t k = 0; k < v->nr_kinds; k++) {
		kinds[k] = role_of(&v->kinds[k], c->wants);
		nr += kinds[k].wanted ? v->kinds[k].n : 0;
		shared |= kinds[k].shared;
	}
	for (size_t l = 0; l < MMT_LANES && !shared; l++)
		v->lanes[l].shared = none; /* there is no such column */
	all = (struct wanted *)(void *)mmt_wr_space(w, sizeof(*all) + (nr + WANTED_AHEAD) *
									      sizeof(all->row[0]));
	if (!all)
		return;
	all->known = mmt_view_known(v, v->n);
	all->first_time = first_time(v);
	all->nr = nr;
	memset(merge(v, kinds, all), 0, WANTED_AHEAD * sizeof(all->row[0]));
}

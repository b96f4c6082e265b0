// SPDX-License-Identifier: GPL-2.0-only
/*
 * Columns -> the events that a replay wants, one after the other.
 *
 * Theory. Blocks that go from hand to hand are most of what a replay needs, and few fields of them;
 * so are runs of frames in a first snapshot. They are put together here, merged from the lanes of
 * their CPUs (column.h); of what else is wanted, only the place; what nobody wants is passed over.
 *
 *	frame   kinds   alloc fault free fault zone_row alloc ...
 *	                  |           |         |         |
 *	rows            alloc        free     other     alloc    24 bytes each
 *
 * A CPU is busy for some time before another's events come, as a rule: so events are taken by runs
 * of one CPU, of which first the wanted are picked and then put into rows.
 *
 * This needs the frame alone, so the thread that decodes ahead does it (mmt_prepare), and the replay
 * has one row after the other to read. So it also knows which frames the next events name, and can
 * ask for what it keeps of them early.
 *
 * I1  Nothing but the view is read, and nothing is written but its lanes and the rows.
 *
 * Cost: two additions an event, some twenty loads and stores a row. Rows are written by one CPU and
 * read by another, so their size counts.
 */
#include "lib/replay/wanted.h"

#include "lib/mm/gfp.h"

#include <string.h>

#define MOST 256 /* events of a run handled at once */

/*
 * The events of one kind in the frame in hand: where their values are, with a mask for the number
 * of the event: 0 where there is one value for all. So every event that is wanted goes the same way
 * through put_rows(), and no branch has to be guessed.
 */
struct kind {
	const uint32_t *gfp;
	const uint8_t *order, *type, *cause;
	uint32_t has_gfp, has_order, has_type;
	uint32_t other; /* all bits: what is kept is where the values are */
	uint32_t role;
	const struct mmt_view_kind *pages; /* if the kind is snap_pages */
};

/* Of each kind: whether its events are wanted, and have values in the shared column. */
struct pass {
	uint8_t wanted, shared;
};

/* What of a run of events, all on one CPU, is wanted. */
struct pick {
	uint32_t at;	 /* from the first one on */
	uint32_t shared; /* values in the shared column before it */
};

static const uint32_t none[1] = { 0 };

static struct kind role_of(const struct mmt_view_kind *k)
{
	const uint8_t *no_bytes = (const uint8_t *)none;
	struct kind s = { .gfp = none, .order = no_bytes, .type = no_bytes, .cause = no_bytes };

	if (k->kind == MMT_EV_mm_page_alloc && k->shared == MMT_F(mm_page_alloc, pfn) + 1) {
		s.role = WANTED_ALLOC;
		s.order = k->column[MMT_F(mm_page_alloc, order)];
		s.type = k->column[MMT_F(mm_page_alloc, migratetype)];
		s.gfp = k->column[MMT_F(mm_page_alloc, gfp)];
		s.cause = k->column[MMT_F(mm_page_alloc, cause)];
		s.has_gfp = s.has_order = s.has_type = UINT32_MAX;
	} else if (k->kind == MMT_EV_mm_page_alloc_zone_locked &&
		   k->shared == MMT_F(mm_page_alloc_zone_locked, pfn) + 1) {
		s.role = WANTED_LOCKED;
		s.order = k->column[MMT_F(mm_page_alloc_zone_locked, order)];
		s.type = k->column[MMT_F(mm_page_alloc_zone_locked, migratetype)];
		s.has_order = s.has_type = UINT32_MAX;
	} else if (k->kind == MMT_EV_mm_page_pcpu_drain &&
		   k->shared == MMT_F(mm_page_pcpu_drain, pfn) + 1) {
		s.role = WANTED_DRAIN;
		s.order = k->column[MMT_F(mm_page_pcpu_drain, order)];
		s.type = k->column[MMT_F(mm_page_pcpu_drain, migratetype)];
		s.has_order = s.has_type = UINT32_MAX;
	} else if (k->kind == MMT_EV_mm_page_free && k->shared == MMT_F(mm_page_free, pfn) + 1) {
		s.role = WANTED_FREE;
		s.order = k->column[MMT_F(mm_page_free, order)];
		s.has_order = UINT32_MAX;
	} else {
		s.role = WANTED_OTHER;
		s.other = UINT32_MAX;
		s.pages = k->kind == MMT_EV_snap_pages && !k->shared ? k : NULL;
	}
	return s;
}

static inline uint32_t choose(uint32_t mask, uint32_t a, uint32_t b)
{
	return (a & mask) | (b & ~mask);
}

/* Where the run of event @i ends: the events from there on are on another CPU, or more than MOST on.
 */
static uint32_t run_end(const uint16_t *cpus, uint32_t i, uint32_t n)
{
	const uint64_t alike = cpus[i] * UINT64_C(0x0001000100010001);
	const uint16_t cpu = cpus[i];
	uint64_t four;

	n = n - i > MOST ? i + MOST : n;
	for (i++; i + 4 <= n; i += 4) {
		memcpy(&four, &cpus[i], sizeof(four));
		if (four != alike)
			break;
	}
	while (i < n && cpus[i] == cpu)
		i++;
	return i;
}

/* Pick what is wanted of @n events that stand at @place; returns how much that is. *@shared: values
 * they all have in the shared column. */
static uint32_t pick_wanted(const struct pass *pass, const uint16_t *place, uint32_t n,
			    struct pick *restrict pick, uint32_t *shared)
{
	uint32_t nr = 0, before = 0;

	for (uint32_t at = 0; at < n; at++) {
		const struct pass p = pass[place[at]];

		pick[nr] = (struct pick){ at, before };
		nr += p.wanted;
		before += p.shared;
	}
	*shared = before;
	return nr;
}

/* Have the row of a snap_pages, which is the one with @number, say it, if it can. */
static void tell_pages(struct wanted_row *row, const struct mmt_view_kind *k, uint32_t number,
		       uint64_t time)
{
	const uint32_t *pfn = k->column[MMT_F(snap_pages, pfn)];
	const uint64_t *pages = k->column[MMT_F(snap_pages, pages)];
	const uint64_t *flags = k->column[MMT_F(snap_pages, flags)];
	const uint64_t *mapcount = k->column[MMT_F(snap_pages, mapcount)];

	if (pfn[number] >= PFN_NONE || pages[number] > PFN_NONE - pfn[number])
		return;
	row->page.time = time;
	row->page.pfn = pfn[number];
	row->page.gfp = (uint32_t)pages[number];
	row->page.type = frame_use_of(flags[number], mapcount[number]) & 15;
	row->page.role = WANTED_PAGES;
}

/* The rows of @nr events of a run, which begins with event @i at @lane. Returns the row after them;
 * that one may be written to. */
static struct wanted_row *put_rows(const struct mmt_view *v, const struct kind *restrict kinds,
				   const struct pick *restrict pick, uint32_t nr, uint32_t i,
				   const struct mmt_lane *lane, const uint32_t *shared,
				   struct wanted_row *restrict row)
{
	const uint16_t cpu = v->cpu[i];
	const uint64_t *restrict time = &v->time[lane->at];
	const uint32_t *restrict task = &v->task[lane->at];
	const uint16_t *restrict places = &v->place[lane->at];
	uint32_t *restrict numbers = lane->number;

	for (const struct pick *end = pick + nr; pick < end; pick++, row++) {
		const uint16_t place = places[pick->at];
		const struct kind *k = &kinds[place];
		const uint32_t number = numbers[place]++, in_alloc = number & k->has_gfp;
		uint32_t other = k->other, role = k->role;
		uint32_t gfp = k->gfp[in_alloc];

		/* whose huge page it is decides where it comes from */
		if (__builtin_expect(k->cause[in_alloc] == MMT_CAUSE_THP, 0)) {
			other = UINT32_MAX;
			role = WANTED_OTHER;
		}
		row->page.time = other ? i + pick->at : time[pick->at];
		row->page.pfn = shared[pick->shared];
		row->page.gfp = choose(other, number, gfp);
		row->page.task = choose(other, lane->at + pick->at, task[pick->at]);
		row->page.cpu = cpu;
		row->page.order = k->order[number & k->has_order];
		row->page.type = k->type[number & k->has_type] & 15;
		row->page.names_node = (gfp & __GFP_THISNODE) != 0;
		row->page.role = role & 7;
		if (k->pages)
			tell_pages(row, k->pages, number, time[pick->at]);
	}
	return row;
}

/* Run after run. Returns the row after the last; one more is written to on the way. */
static struct wanted_row *merge(const struct mmt_view *v, const struct kind *kinds,
				const struct pass *pass, struct wanted_row *row)
{
	struct pick pick[MOST + 1];

	for (uint32_t i = 0, end; i < v->n; i = end) {
		struct mmt_lane *lane = &v->lanes[v->cpu[i] & v->lane_mask];
		const uint32_t **shared = &v->lanes[v->cpu[i] % MMT_LANES].shared;
		uint32_t nr, nr_shared;

		end = run_end(v->cpu, i, v->n);
		nr = pick_wanted(pass, &v->place[lane->at], end - i, pick, &nr_shared);
		row = put_rows(v, kinds, pick, nr, i, lane, *shared, row);
		lane->at += end - i;
		*shared += nr_shared;
	}
	return row;
}

/* The latest time of events of known kinds, and how many of these the recorder caused. */
static void count_all(const struct mmt_view *v, struct wanted *all)
{
	bool every = all->known == v->n;
	uint64_t last = 0, self = 0;

	for (uint32_t at = 0; at < v->n && every; at++) {
		last = v->time[at] > last ? v->time[at] : last;
		self += v->flags[at];
	}
	for (uint32_t at = 0; at < v->n && !every; at++) {
		if (!v->kinds[v->place[at]].info)
			continue;
		last = v->time[at] > last ? v->time[at] : last;
		self += v->flags[at];
	}
	all->last_time = last;
	all->self = self;
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
	struct pass pass[MMT_KIND_MAX];
	struct wanted *all;
	bool shared = false;
	size_t nr = 0;

	for (uint32_t k = 0; k < v->nr_kinds; k++) {
		const struct mmt_view_kind *kind = &v->kinds[k];

		kinds[k] = role_of(kind);
		pass[k] = (struct pass){ .wanted = kind->info && c->wants(kind->kind),
					 .shared = kind->shared != 0 };
		nr += pass[k].wanted ? kind->n : 0;
		shared |= kind->shared != 0;
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
	count_all(v, all);
	memset(merge(v, kinds, pass, all->row), 0, WANTED_AHEAD * sizeof(all->row[0]));
}

uint32_t wanted_place(const struct wanted_choice *c, const struct mmt_view *v, uint64_t row)
{
	uint32_t at[MMT_LANES];

	memcpy(at, v->first, sizeof(at));
	for (uint32_t i = 0; i < v->n; i++) {
		const struct mmt_view_kind *k = &v->kinds[v->place[at[v->cpu[i] & v->lane_mask]++]];

		if (k->info && c->wants(k->kind) && !row--)
			return i;
	}
	return v->n;
}

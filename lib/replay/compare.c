// SPDX-License-Identifier: GPL-2.0-only
/*
 * Comparing the model with the host.
 *
 * A snapshot's zone rows carry the moment they were read; the model's side is taken when the replay
 * passes that moment, wherever the rows stand in the file:
 *
 *	events    --1----2-----3------|------4-----5--
 *	rows         from (read here) at
 *	the model is looked at after event 3, before event 4, and when reading began: after event 2
 *
 * The host read at some moment between. On a machine that works meanwhile (an emulated one may be
 * held up for 30 ms) each figure of the model moves from one to the other, so the error is that of
 * the nearest figure on that way; where nothing happened both are the same.
 *
 * Where a refill was under way at `at`, whose pages the host had taken already, the model is looked
 * at after the request that it served.
 *
 * I1  Every sample has one entry per zone of the model, in its order.
 * I2  An error is relative to the host's figure, in thousandths, rounded to nearest.
 *
 * The recorded free pages are summed over buddyinfo, which is exact under the zone's lock;
 * zoneinfo's own counter lags by the per-CPU thresholds.
 *
 * Cost: per snapshot two views of each zone, O(pageblocks); 500 host bytes per zone and snapshot.
 */
#include "lib/replay/compare.h"

#include <errno.h>
#include <string.h>

uint64_t fidelity_nearest(uint64_t recorded, struct sample_range r)
{
	return recorded < r.least ? r.least : recorded > r.most ? r.most : recorded;
}

uint64_t fidelity_error(uint64_t recorded, uint64_t model)
{
	uint64_t off = recorded > model ? recorded - model : model - recorded;

	if (!recorded)
		return off > UINT64_MAX / 1000 ? UINT64_MAX : off * 1000;
	if (off > UINT64_MAX / 1001)
		return off / recorded * 1000;
	return (off * 1000 + recorded / 2) / recorded;
}

/* The next of the readings that are known begins when the model gets there. */
static void expect(struct compare *c)
{
	if (!c->flow || c->reading >= c->flow->nr_readings)
		return;
	c->begun = true;
	c->from = c->flow->reading[c->reading].since;
}

int compare_init(struct compare *c, struct mmt_alloc *a, const struct mm_system *sys,
		 bool as_recorded, uint64_t start, const struct flow *flow, struct mmt_err *e)
{
	*c = (struct compare){ .alloc = a,
			       .sys = sys,
			       .as_recorded = as_recorded,
			       .start = start,
			       .flow = flow,
			       .nr_zones = mm_nr_zones(sys) };
	machine_init(&c->now, a);
	c->view = mmt_calloc(a, c->nr_zones, sizeof(*c->view));
	c->begin = mmt_calloc(a, c->nr_zones, sizeof(*c->begin));
	c->seen = mmt_calloc(a, c->nr_zones, sizeof(*c->seen));
	expect(c);
	return c->view && c->begin && c->seen
		       ? 0
		       : mmt_fail(e, ENOMEM, "no memory to compare snapshots");
}

void compare_free(struct compare *c)
{
	machine_free(&c->now);
	mmt_free(c->alloc, c->view);
	mmt_free(c->alloc, c->begin);
	mmt_free(c->alloc, c->seen);
	mmt_free(c->alloc, c->time);
	mmt_free(c->alloc, c->sample);
	mmt_free(c->alloc, c->fidelity);
	*c = (struct compare){ 0 };
}

static void widen(struct sample_range *r, uint64_t pages)
{
	r->least = pages < r->least ? pages : r->least;
	r->most = pages > r->most ? pages : r->most;
}

void compare_watch(struct compare *c)
{
	for (unsigned i = 0; i < c->nr_zones && c->watched; i++) {
		struct sample_zone *s = &c->seen[i];
		uint64_t pcp, free = mm_zone_free(c->sys, i, &pcp);

		widen(&s->free_range, free);
		widen(&s->pcp_range, pcp);
	}
}

static void capture_begin(struct compare *c)
{
	for (unsigned i = 0; i < c->nr_zones; i++) {
		struct sample_range none = { UINT64_MAX, 0 };

		mm_view_zone(c->sys, i, &c->begin[i]);
		c->seen[i].free_range = c->seen[i].pcp_range = none;
	}
	c->begun = false;
	c->watched = true;
	compare_watch(c);
}

static void capture(struct compare *c)
{
	for (unsigned i = 0; i < c->nr_zones; i++)
		mm_view_zone(c->sys, i, &c->view[i]);
	compare_watch(c);
	c->armed = c->watched = false;
	c->captured = true;
}

static void fill_sample(const struct compare *c, unsigned i, struct sample_zone *s)
{
	const struct mm_zone_view *v = &c->view[i], *begin = &c->begin[i];
	const struct machine_zone *z =
		c->as_recorded ? machine_zone(&c->now, v->node, v->type) : NULL;

	*s = (struct sample_zone){ .managed = v->managed,
				   .free = v->free,
				   .pcp = v->pcp,
				   .free_range = c->seen[i].free_range,
				   .pcp_range = c->seen[i].pcp_range,
				   .wmark_low = v->wmark[WMARK_LOW],
				   .wmark_min = v->wmark[WMARK_MIN] };
	memcpy(s->blocks, v->nr_free, sizeof(s->blocks));
	memcpy(s->blocks_begin, begin->nr_free, sizeof(s->blocks_begin));
	for (unsigned order = 0; order < NR_PAGE_ORDERS; order++) {
		s->extfrag[order] = mm_extfrag_index(v, order);
		s->unusable[order] = mm_unusable_index(v, order);
	}
	if (!z || !z->told)
		return;
	s->recorded = true;
	s->recorded_managed = z->managed;
	s->recorded_free = machine_free_pages(z);
	s->recorded_pcp = machine_pcp_pages(z);
	memcpy(s->recorded_blocks, z->buddy, sizeof(s->recorded_blocks));
}

/* Both sides of a snapshot are known: keep it. */
static int push(struct compare *c, struct mmt_err *e)
{
	uint64_t *time = mmt_grow(c->alloc, c->time, &c->cap_time, c->nr + 1, sizeof(*time));
	struct sample_zone *sample;

	if (!time)
		return mmt_fail(e, ENOMEM, "no memory to compare snapshots");
	c->time = time;
	sample = mmt_grow(c->alloc, c->sample, &c->cap_sample, (c->nr + 1) * c->nr_zones,
			  sizeof(*sample));
	if (!sample)
		return mmt_fail(e, ENOMEM, "no memory to compare snapshots");
	c->sample = sample;
	time[c->nr] = c->at > c->start ? c->at - c->start : 0;
	for (unsigned i = 0; i < c->nr_zones; i++)
		fill_sample(c, i, &sample[c->nr * c->nr_zones + i]);
	c->nr++;
	c->captured = false;
	c->now.complete = false;
	return 0;
}

int compare_before(struct compare *c, uint64_t time, struct mmt_err *e)
{
	if (c->begun && time > c->from)
		capture_begin(c);
	if (!c->armed || time <= c->look)
		return 0;
	capture(c);
	expect(c);
	return c->now.complete ? push(c, e) : 0;
}

/* A snapshot begins: the next of the readings, or one that nothing is known of. */
static void begin(struct compare *c, uint64_t time)
{
	const struct decay_reading *r = c->flow ? c->flow->reading : NULL;

	c->armed = c->captured = false;
	while (r && c->reading < c->flow->nr_readings && r[c->reading].from < time) {
		c->reading++;
		c->watched = false;
		expect(c);
	}
	if (r && c->reading < c->flow->nr_readings && r[c->reading].from == time)
		return;
	c->begun = true;
	c->watched = false;
	c->from = time;
}

/* The zones have been read at @time. */
static void arm(struct compare *c, uint64_t time)
{
	const struct decay_reading *r = c->flow ? c->flow->reading : NULL;

	if (c->begun)
		capture_begin(c);
	c->armed = true;
	c->at = c->look = time;
	if (!r || c->reading >= c->flow->nr_readings || r[c->reading].at != time)
		return;
	c->look = r[c->reading++].until;
}

int compare_row(struct compare *c, const struct mmt_event *ev, const struct mmt_dict *dict,
		struct mmt_err *e)
{
	int ret;

	if (ev->kind == MMT_EV_snapshot_begin) {
		/* one that still waits got no event since it was read */
		ret = c->armed ? compare_before(c, UINT64_MAX, e) : 0;
		if (ret)
			return ret;
		begin(c, ev->time);
	}
	ret = machine_row(&c->now, ev, dict, e);
	if (ret < 0)
		return ret;
	if (ev->kind == MMT_EV_snap_zone && !c->armed && !c->captured && c->now.reading)
		arm(c, ev->time);
	if (ret == 1 && c->captured) {
		int err = push(c, e);

		if (err)
			return err;
	}
	return ret;
}

int compare_add(struct compare *c, struct fidelity row, struct mmt_err *e)
{
	struct fidelity *grown = mmt_grow(c->alloc, c->fidelity, &c->cap_fidelity,
					  c->nr_fidelity + 1, sizeof(*grown));

	if (!grown)
		return mmt_fail(e, ENOMEM, "no memory to compare snapshots");
	c->fidelity = grown;
	row.error_permille = fidelity_error(row.recorded, row.model);
	grown[c->nr_fidelity++] = row;
	return 0;
}

static const char *const order_metric[NR_PAGE_ORDERS] = {
	"free_blocks_order_0", "free_blocks_order_1", "free_blocks_order_2",  "free_blocks_order_3",
	"free_blocks_order_4", "free_blocks_order_5", "free_blocks_order_6",  "free_blocks_order_7",
	"free_blocks_order_8", "free_blocks_order_9", "free_blocks_order_10",
};

/* Free and per-CPU pages together follow from the events alone, whatever the model does: their
 * error is what the trace does not tell (alloc_pages_bulk() has no tracepoint, free page reporting
 * and compaction take blocks out of the lists), and no model can do better on free pages than that.
 */
#define METRIC_FREE	0
#define METRIC_PCP	1
#define METRIC_BOTH	2
#define METRIC_ORDER(o) (3 + (o))
#define NR_METRICS	METRIC_ORDER(NR_PAGE_ORDERS)

/* The two were read one after the other. */
static struct sample_range both(const struct sample_zone *s)
{
	return (struct sample_range){ s->free_range.least + s->pcp_range.least,
				      s->free_range.most + s->pcp_range.most };
}

static struct sample_range between(uint64_t before, uint64_t after)
{
	return before < after ? (struct sample_range){ before, after }
			      : (struct sample_range){ after, before };
}

static struct fidelity row_of(const struct compare *c, size_t sample, unsigned zone,
			      unsigned metric, const char *at)
{
	const struct sample_zone *s = &c->sample[sample * c->nr_zones + zone];
	struct mm_zone_view v;
	struct fidelity row = { .at = at, .cpu = -1, .time = c->time[sample] };

	mm_view_zone(c->sys, zone, &v);
	row.node = v.node;
	row.zone = v.name;
	if (metric == METRIC_FREE) {
		row.metric = "free_pages";
		row.recorded = s->recorded_free;
		row.model = fidelity_nearest(row.recorded, s->free_range);
	} else if (metric == METRIC_PCP) {
		row.metric = "pcp_pages";
		row.recorded = s->recorded_pcp;
		row.model = fidelity_nearest(row.recorded, s->pcp_range);
	} else if (metric == METRIC_BOTH) {
		row.metric = "free_and_pcp_pages";
		row.recorded = s->recorded_free + s->recorded_pcp;
		row.model = fidelity_nearest(row.recorded, both(s));
	} else {
		unsigned order = metric - METRIC_ORDER(0);

		row.metric = order_metric[order];
		row.recorded = s->recorded_blocks[order];
		row.model = fidelity_nearest(row.recorded,
					     between(s->blocks_begin[order], s->blocks[order]));
	}
	row.error_permille = fidelity_error(row.recorded, row.model);
	return row;
}

static int add_zone(struct compare *c, unsigned zone, struct mmt_err *e)
{
	size_t first = SIZE_MAX, last = SIZE_MAX;

	for (size_t i = 0; i < c->nr; i++) {
		if (!c->sample[i * c->nr_zones + zone].recorded)
			continue;
		last = i;
		if (first == SIZE_MAX)
			first = i;
	}
	for (unsigned metric = 0; metric < NR_METRICS && last != SIZE_MAX; metric++) {
		struct fidelity worst = row_of(c, last, zone, metric, "last");
		int ret = compare_add(c, row_of(c, first, zone, metric, "start"), e);

		if (!ret)
			ret = compare_add(c, worst, e);
		for (size_t i = 0; i < c->nr; i++) {
			struct fidelity row = row_of(c, i, zone, metric, "worst");

			if (c->sample[i * c->nr_zones + zone].recorded &&
			    (i == 0 || row.error_permille > worst.error_permille))
				worst = row;
		}
		worst.at = "worst";
		if (!ret)
			ret = compare_add(c, worst, e);
		if (ret)
			return ret;
	}
	return 0;
}

int compare_finish(struct compare *c, struct mmt_err *e)
{
	int ret = compare_before(c, UINT64_MAX, e);

	for (unsigned i = 0; i < c->nr_zones && !ret; i++)
		ret = add_zone(c, i, e);
	return ret;
}

int compare_total(struct compare *c, const char *metric, uint64_t recorded, uint64_t model,
		  struct mmt_err *e)
{
	struct fidelity row = {
		.metric = metric, .at = "total", .cpu = -1, .recorded = recorded, .model = model
	};

	return recorded ? compare_add(c, row, e) : 0;
}

static int add_formula(struct compare *c, const char *metric, const struct mm_zone_view *v, int cpu,
		       uint64_t recorded, uint64_t model, struct mmt_err *e)
{
	return compare_add(c,
			   (struct fidelity){ .metric = metric,
					      .at = "formula",
					      .node = v->node,
					      .zone = v->name,
					      .cpu = cpu,
					      .recorded = recorded,
					      .model = model },
			   e);
}

static const char *const protection_metric[MAX_NR_ZONES] = {
	"lowmem_reserve_dma", "lowmem_reserve_dma32", "lowmem_reserve_normal",
	"lowmem_reserve_movable", "lowmem_reserve_device"
};

static int compare_zone_formulas(struct compare *c, const struct mm_system *sys, unsigned index,
				 const struct machine_zone *z, unsigned nr_cpus, struct mmt_err *e)
{
	static const char *const name[] = { "wmark_min", "wmark_low", "wmark_high", "wmark_promo" };
	struct mm_zone_view v;
	int ret = 0;

	mm_view_zone(sys, index, &v);
	for (unsigned i = 0; i < NR_WMARK && !ret; i++)
		if (i != WMARK_PROMO || z->wmark[i])
			ret = add_formula(c, name[i], &v, -1, z->wmark[i], v.wmark[i], e);
	for (unsigned i = v.type + 1; i < ZONE_DEVICE && !ret; i++)
		ret = add_formula(c, protection_metric[i], &v, -1, z->protection[i],
				  v.lowmem_reserve[i], e);
	for (unsigned cpu = 0; cpu < z->nr_pcp && cpu < nr_cpus && !ret; cpu++) {
		const struct machine_pcp *told = &z->pcp[cpu];
		struct mm_pcp_view pcp;

		mm_view_pcp(sys, index, cpu, &pcp);
		if (!told->told)
			continue;
		ret = add_formula(c, "pcp_batch", &v, (int)cpu, told->batch, pcp.batch, e);
		if (!ret && told->high_max)
			ret = add_formula(c, "pcp_high_min", &v, (int)cpu, told->high_min,
					  pcp.high_min, e);
		if (!ret && told->high_max)
			ret = add_formula(c, "pcp_high_max", &v, (int)cpu, told->high_max,
					  pcp.high_max, e);
	}
	return ret;
}

int compare_formulas(struct compare *c, const struct machine *m, const struct mm_system *sys,
		     unsigned nr_cpus, struct mmt_err *e)
{
	int ret = 0;

	for (unsigned i = 0; i < mm_nr_zones(sys) && !ret; i++) {
		struct mm_zone_view v;
		const struct machine_zone *z;

		mm_view_zone(sys, i, &v);
		z = machine_zone(m, v.node, v.type);
		if (z && z->told)
			ret = compare_zone_formulas(c, sys, i, z, nr_cpus, e);
	}
	return ret;
}

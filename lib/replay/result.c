// SPDX-License-Identifier: GPL-2.0-only
/*
 * The result: everything a report or a diff needs, and nothing of the host that made it.
 *
 * I1  Integers only, keys sorted by the writer: the same replay gives the same bytes anywhere.
 * I2  Every metric is a row of the registry (metric.def), and carries its unit and polarity.
 * I3  series.time_ns and every array of series.zones[] have one entry per snapshot.
 *
 * A failed allocation of the JSON library shows as a NULL that every call passes on; it is looked
 * for once, at the end.
 *
 * Cost: O(snapshots x zones).
 */
#include "lib/replay/result.h"

#include "lib/base/json.h"
#include "lib/replay/flags.h"
#include "lib/replay/metric.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#ifndef MMT_VERSION
#define MMT_VERSION "unknown"
#endif

/* --- metrics --- */

struct totals {
	uint64_t free, pcp, used, managed, order_9, mixed, highatomic;
	uint64_t unusable_3, unusable_9; /* free pages that cannot serve the order */
};

static uint64_t blocks_from(const struct mm_zone_view *v, unsigned order)
{
	uint64_t pages = 0;

	for (unsigned i = order; i < NR_PAGE_ORDERS; i++)
		pages += v->nr_free[i] << i;
	return pages;
}

static struct totals totals_of(const struct mm_system *sys)
{
	struct totals t = { 0 };

	for (unsigned i = 0; i < mm_nr_zones(sys); i++) {
		struct mm_zone_view v;

		mm_view_zone(sys, i, &v);
		t.free += v.free;
		t.pcp += v.pcp;
		t.used += v.used;
		t.managed += v.managed;
		t.order_9 += blocks_from(&v, PAGEBLOCK_ORDER) >> PAGEBLOCK_ORDER;
		t.unusable_3 += blocks_from(&v, 0) - blocks_from(&v, 3);
		t.unusable_9 += blocks_from(&v, 0) - blocks_from(&v, 9);
		t.mixed += v.pageblocks[MIGRATE_UNMOVABLE] + v.pageblocks[MIGRATE_RECLAIMABLE];
		t.highatomic += v.pageblocks[MIGRATE_HIGHATOMIC];
	}
	return t;
}

static uint64_t permille(uint64_t part, uint64_t whole)
{
	return whole ? part * 1000 / whole : 0;
}

struct over_time {
	uint64_t free_min, unusable_9_max, below_low, below_min, error_max;
};

/* Free pages of one sample that are in blocks below @order. */
static uint64_t below_order(const struct sample_zone *s, unsigned order)
{
	uint64_t pages = 0;

	for (unsigned i = 0; i < order; i++)
		pages += s->blocks[i] << i;
	return pages;
}

static struct over_time over_time_of(const struct compare *c)
{
	struct over_time t = { 0 };

	for (size_t i = 0; i < c->nr; i++) {
		uint64_t free = 0, unusable = 0;

		for (unsigned z = 0; z < c->nr_zones; z++) {
			const struct sample_zone *s = &c->sample[i * c->nr_zones + z];

			free += s->free;
			unusable += below_order(s, PAGEBLOCK_ORDER);
			if (!s->managed)
				continue;
			t.below_low += s->free <= s->wmark_low;
			t.below_min += s->free <= s->wmark_min;
			if (s->recorded) {
				uint64_t near = fidelity_nearest(s->recorded_free, s->free_range);
				uint64_t error = fidelity_error(s->recorded_free, near);

				t.error_max = error > t.error_max ? error : t.error_max;
			}
		}
		if (i == 0 || free < t.free_min)
			t.free_min = free;
		if (permille(unusable, free) > t.unusable_9_max)
			t.unusable_9_max = permille(unusable, free);
	}
	return t;
}

bool result_metric(const struct replay *r, const char *name, uint64_t *value)
{
	const struct allocator *a = &r->allocator;
	struct totals t = totals_of(a->sys);
	struct over_time o = over_time_of(&r->compare);
	const struct {
		const char *name;
		bool told;
		uint64_t value;
	} own[] = {
		{ "nr_free_pages", true, t.free },
		{ "nr_free_pages_min", r->compare.nr > 0, o.free_min },
		{ "pcp_pages", true, t.pcp },
		{ "nr_used_pages", true, t.used },
		{ "managed_pages", true, t.managed },
		{ "free_blocks_order_9", true, t.order_9 },
		{ "unusable_index_order_3", true, permille(t.unusable_3, t.free) },
		{ "unusable_index_order_9", true, permille(t.unusable_9, t.free) },
		{ "unusable_index_order_9_max", r->compare.nr > 0, o.unusable_9_max },
		{ "pageblocks_mixed", true, t.mixed },
		{ "pageblocks_highatomic", true, t.highatomic },
		{ "watermark_below_low", r->compare.nr > 0, o.below_low },
		{ "watermark_below_min", r->compare.nr > 0, o.below_min },
		{ "replayed_alloc", true, a->allocs },
		{ "replayed_free", true, a->frees },
		{ "refused_alloc", true, a->divergence[DIVERGENCE_REFUSED_SUCCESS] },
		{ "placement_same_frame", a->compared > 0, permille(a->same_frame, a->compared) },
		{ "placement_same_pageblock", a->compared > 0,
		  permille(a->same_pageblock, a->compared) },
		{ "placement_same_zone", a->compared > 0, permille(a->same_zone, a->compared) },
		{ "fidelity_free_pages_error", r->base && r->compare.nr > 0, o.error_max },
	};

	for (unsigned i = 0; i < sizeof(own) / sizeof(*own); i++)
		if (strcmp(own[i].name, name) == 0) {
			*value = own[i].value;
			return own[i].told;
		}
	for (unsigned i = 0; i < mm_nr_counters(); i++)
		if (strcmp(mm_counter_name(i), name) == 0) {
			*value = replay_counter(r, i);
			return true;
		}
	return false;
}

/* --- parts of the object --- */

/* @o, unless a part of it could not be had. */
static json_t *finished(json_t *o, bool ok)
{
	if (ok)
		return o;
	json_decref(o);
	return NULL;
}

static bool set_u64(json_t *o, const char *key, uint64_t v)
{
	return mmt_json_set(o, key, mmt_json_u64(v));
}

static json_t *metrics_json(const struct replay *r)
{
	json_t *o = json_object();
	bool ok = o != NULL;

	for (unsigned i = 0; i < metric_count() && ok; i++) {
		const struct metric *m = metric_at(i);
		json_t *row;
		uint64_t value;

		if (!result_metric(r, m->name, &value))
			continue;
		row = json_object();
		ok = set_u64(row, "value", value);
		ok &= mmt_json_set(row, "unit", json_string(m->unit));
		ok &= mmt_json_set(row, "polarity", json_string(metric_polarity_name(m->polarity)));
		ok &= mmt_json_set(o, m->name, row);
	}
	return finished(o, ok);
}

static json_t *input_json(const struct replay *r)
{
	const struct mmt_reader_state *s = &r->state;
	json_t *o = json_object();
	char digest[24] = "0x";
	uint64_t span = r->survey.last_time - r->survey.first_time;
	bool ok;

	for (unsigned i = 0; i < 16; i++)
		digest[2 + i] = "0123456789abcdef"[r->digest >> (60 - 4 * i) & 15];
	ok = mmt_json_set(o, "digest", json_string(digest));
	ok &= set_u64(o, "events", s->events - s->rows);
	ok &= set_u64(o, "rows", s->rows);
	ok &= set_u64(o, "duration_ns", r->survey.last_time < r->survey.first_time ? 0 : span);
	ok &= mmt_json_set(o, "kernel", mmt_json_bytes(r->kernel));
	ok &= mmt_json_set(o, "sealed", json_boolean(s->sealed));
	ok &= mmt_json_set(o, "complete", json_boolean(s->complete));
	ok &= set_u64(o, "lost", s->lost);
	ok &= set_u64(o, "gaps", r->nr_gaps);
	ok &= set_u64(o, "self_events", r->survey.self);
	ok &= set_u64(o, "unknown_events", s->unknown);
	return finished(o, ok);
}

static json_t *zones_json(const struct mm_system *sys)
{
	json_t *list = json_array();
	bool ok = list != NULL;

	for (unsigned i = 0; i < mm_nr_zones(sys) && ok; i++) {
		json_t *o = json_object();
		struct mm_zone_view v;

		mm_view_zone(sys, i, &v);
		ok = set_u64(o, "node", v.node);
		ok &= mmt_json_set(o, "zone", json_string(v.name));
		ok &= set_u64(o, "start_pfn", v.start);
		ok &= set_u64(o, "spanned", v.spanned);
		ok &= set_u64(o, "present", v.present);
		ok &= set_u64(o, "managed", v.managed);
		ok &= set_u64(o, "min", v.wmark[WMARK_MIN] - v.boost);
		ok &= set_u64(o, "low", v.wmark[WMARK_LOW] - v.boost);
		ok &= set_u64(o, "high", v.wmark[WMARK_HIGH] - v.boost);
		ok &= json_array_append_new(list, o) == 0;
	}
	if (ok)
		return list;
	json_decref(list);
	return NULL;
}

static json_t *effective_json(const struct replay *r)
{
	const struct mm_tunables *t = &r->values.mm;
	const struct mm_system *sys = r->allocator.sys;
	const uint32_t *ratio = t->lowmem_reserve_ratio;
	json_t *o = json_object();
	struct mm_zone_view v;
	bool ok;

	mm_view_zone(sys, mm_nr_zones(sys) - 1, &v);
	ok = set_u64(o, "vm.min_free_kbytes",
		     r->base && !r->scenario && t->min_free_kbytes ? t->min_free_kbytes
								   : mm_min_free_kbytes(sys));
	ok &= set_u64(o, "vm.watermark_scale_factor", t->watermark_scale_factor);
	ok &= set_u64(o, "vm.watermark_boost_factor", t->watermark_boost_factor);
	ok &= set_u64(o, "vm.percpu_pagelist_high_fraction", t->percpu_pagelist_high_fraction);
	/* as the kernel writes it: one number for each zone type */
	ok &= mmt_json_set(
		o, "vm.lowmem_reserve_ratio",
		json_sprintf("%u %u %u %u %u", ratio[0], ratio[1], ratio[2], ratio[3], ratio[4]));
	ok &= mmt_json_set(o, "thp.enabled", json_boolean(t->thp));
	ok &= set_u64(o, "mem", (uint64_t)(v.start + v.spanned) << PAGE_SHIFT);
	ok &= set_u64(o, "nodes", mm_nr_nodes(sys));
	ok &= set_u64(o, "cpus", r->allocator.nr_cpus);
	ok &= mmt_json_set(o, "model.profile", json_string(mm_profile_name(r->values.profile)));
	ok &= set_u64(o, "model.seed", r->values.seed);
	return finished(o, ok);
}

static json_t *config_json(const struct replay *r)
{
	json_t *o = json_object(), *set = json_object();
	bool ok = set != NULL;

	for (size_t i = 0; i < r->options->nr_changes && ok; i++) {
		const struct tunable_change *c = &r->options->change[i];
		char key[64 + 24];
		size_t n = strlen(c->key);

		/* a timed change is a key of its own: KEY@NANOSECONDSns */
		memcpy(key, c->key, n + 1);
		if (c->timed) {
			char digits[24];
			unsigned d = 0;
			uint64_t at = c->at;

			do
				digits[d++] = (char)('0' + at % 10);
			while (at /= 10);
			key[n++] = '@';
			while (d)
				key[n++] = digits[--d];
			memcpy(key + n, "ns", 3);
		}
		ok = mmt_json_set(set, key, mmt_json_bytes(c->text));
	}
	ok &= mmt_json_set(o, "set", set);
	ok &= mmt_json_set(o, "profile", json_string(mm_profile_name(r->values.profile)));
	ok &= mmt_json_set(o, "kind", json_string(r->base ? "base" : "what-if"));
	ok &= mmt_json_set(o, "effective", effective_json(r));
	ok &= mmt_json_set(o, "zones", zones_json(r->allocator.sys));
	return finished(o, ok);
}

static json_t *initial_json(const struct replay *r)
{
	const struct initial *in = &r->initial;
	json_t *o = json_object(), *inferred = json_object();
	bool ok;

	ok = set_u64(inferred, "pcp_pages", in->inferred_pcp_pages);
	ok &= set_u64(inferred, "pageblock_types", in->inferred_pageblocks);
	ok &= set_u64(inferred, "managed_pages", in->inferred_managed_pages);
	ok &= set_u64(inferred, "late_pages", in->late_pages);
	ok &= set_u64(inferred, "vmstat_updates", in->inferred_ticks);
	ok &= mmt_json_set(o, "inferred", inferred);
	ok &= set_u64(o, "free_pages", in->free_pages);
	ok &= set_u64(o, "recorded_free_pages", in->recorded_free_pages);
	ok &= set_u64(o, "pcp_pages", in->pcp_pages);
	ok &= set_u64(o, "used_pages", in->used_pages);
	ok &= set_u64(o, "evicted_pages", in->evicted_pages);
	ok &= set_u64(o, "moved_pages", in->moved_pages);
	ok &= set_u64(o, "onlined_pages", r->allocator.onlined_pages);
	return finished(o, ok);
}

static json_t *divergence_json(const struct replay *r)
{
	json_t *o = json_object();
	bool ok = o != NULL;

	for (unsigned i = 0; i < NR_DIVERGENCES && ok; i++)
		ok = set_u64(o, divergence_name((enum divergence)i), r->allocator.divergence[i]);
	return finished(o, ok);
}

static json_t *replayed_json(const struct replay *r)
{
	const struct allocator *a = &r->allocator;
	json_t *o = json_object();
	uint64_t events = a->allocs + a->frees;
	bool ok;

	ok = set_u64(o, "events", events);
	ok &= set_u64(o, "faithful", a->faithful);
	ok &= set_u64(o, "permille", events ? a->faithful * 1000 / events : 1000);
	ok &= set_u64(o, "setting_changes", r->setting_changes);
	return finished(o, ok);
}

static json_t *fidelity_json(const struct compare *c)
{
	json_t *list = json_array();
	bool ok = list != NULL;

	for (size_t i = 0; i < c->nr_fidelity && ok; i++) {
		const struct fidelity *f = &c->fidelity[i];
		json_t *o = json_object();

		ok = mmt_json_set(o, "metric", json_string(f->metric));
		ok &= mmt_json_set(o, "at", json_string(f->at));
		if (f->zone) {
			ok &= set_u64(o, "node", f->node);
			ok &= mmt_json_set(o, "zone", json_string(f->zone));
		}
		if (f->cpu >= 0)
			ok &= set_u64(o, "cpu", (uint64_t)f->cpu);
		ok &= set_u64(o, "time_ns", f->time);
		ok &= set_u64(o, "recorded", f->recorded);
		ok &= set_u64(o, "model", f->model);
		ok &= set_u64(o, "error_permille", f->error_permille);
		ok &= json_array_append_new(list, o) == 0;
	}
	if (ok)
		return list;
	json_decref(list);
	return NULL;
}

/* One number per snapshot. */
static json_t *column(const struct compare *c, unsigned zone, size_t offset)
{
	json_t *list = json_array();
	bool ok = list != NULL;

	for (size_t i = 0; i < c->nr && ok; i++) {
		const struct sample_zone *s = &c->sample[i * c->nr_zones + zone];
		uint64_t v;

		memcpy(&v, (const char *)s + offset, sizeof(v));
		ok = json_array_append_new(list, mmt_json_u64(v)) == 0;
	}
	if (ok)
		return list;
	json_decref(list);
	return NULL;
}

/* NR_PAGE_ORDERS numbers per snapshot: of type uint64_t, or int where @small. */
static json_t *rows(const struct compare *c, unsigned zone, size_t offset, bool small)
{
	json_t *list = json_array();
	bool ok = list != NULL;

	for (size_t i = 0; i < c->nr && ok; i++) {
		const char *p = (const char *)&c->sample[i * c->nr_zones + zone] + offset;
		json_t *row = json_array();

		for (unsigned order = 0; order < NR_PAGE_ORDERS && ok; order++) {
			uint64_t v = 0;
			int n = 0;

			if (small)
				memcpy(&n, p + order * sizeof(n), sizeof(n));
			else
				memcpy(&v, p + order * sizeof(v), sizeof(v));
			ok = json_array_append_new(row,
						   small ? json_integer(n) : mmt_json_u64(v)) == 0;
		}
		ok = json_array_append_new(list, row) == 0 && ok;
	}
	if (ok)
		return list;
	json_decref(list);
	return NULL;
}

#define IN_SAMPLE(field) offsetof(struct sample_zone, field)

static json_t *series_zone_json(const struct compare *c, unsigned zone)
{
	static const struct {
		const char *name;
		size_t offset;
		bool by_order, is_signed, of_host; /* the last: or of what is set beside it */
	} series[] = {
		{ "managed", IN_SAMPLE(managed), false, false, false },
		{ "free", IN_SAMPLE(free), false, false, false },
		{ "pcp", IN_SAMPLE(pcp), false, false, false },
		{ "blocks", IN_SAMPLE(blocks), true, false, false },
		{ "extfrag", IN_SAMPLE(extfrag), true, true, false },
		{ "unusable", IN_SAMPLE(unusable), true, true, false },
		{ "free_least", IN_SAMPLE(free_range.least), false, false, true },
		{ "free_most", IN_SAMPLE(free_range.most), false, false, true },
		{ "pcp_least", IN_SAMPLE(pcp_range.least), false, false, true },
		{ "pcp_most", IN_SAMPLE(pcp_range.most), false, false, true },
		{ "blocks_begin", IN_SAMPLE(blocks_begin), true, false, true },
		{ "recorded_free", IN_SAMPLE(recorded_free), false, false, true },
		{ "recorded_pcp", IN_SAMPLE(recorded_pcp), false, false, true },
		{ "recorded_blocks", IN_SAMPLE(recorded_blocks), true, false, true },
	};
	json_t *o = json_object();
	struct mm_zone_view v;
	bool ok;

	mm_view_zone(c->sys, zone, &v);
	ok = set_u64(o, "node", v.node);
	ok &= mmt_json_set(o, "zone", json_string(v.name));
	for (unsigned i = 0; i < sizeof(series) / sizeof(*series); i++) {
		size_t offset = series[i].offset;

		if (series[i].of_host && !c->as_recorded)
			continue;
		ok &= mmt_json_set(o, series[i].name,
				   series[i].by_order ? rows(c, zone, offset, series[i].is_signed)
						      : column(c, zone, offset));
	}
	return finished(o, ok);
}

static json_t *series_json(const struct compare *c)
{
	json_t *o = json_object(), *time = json_array(), *zones = json_array();
	bool ok = true;

	for (size_t i = 0; i < c->nr && ok; i++)
		ok = json_array_append_new(time, mmt_json_u64(c->time[i])) == 0;
	for (unsigned i = 0; i < c->nr_zones && ok; i++)
		ok = json_array_append_new(zones, series_zone_json(c, i)) == 0;
	ok &= mmt_json_set(o, "time_ns", time);
	ok &= mmt_json_set(o, "zones", zones);
	return finished(o, ok);
}

/* What the host counted and the model does not. */
static json_t *host_only_json(const struct host_only *h)
{
	json_t *o = json_object();
	bool ok = o != NULL;

	for (unsigned i = 0; i < host_only_count() && ok; i++)
		if (h->seen[i])
			ok = mmt_json_set(o, host_only_at(i)->name,
					  json_pack("{sosssn}", "recorded",
						    mmt_json_u64(h->count[i]), "unit",
						    host_only_at(i)->unit, "model"));
	return mmt_json_whole(o, ok);
}

/* What a scenario's expect and fails found; the text of it has the lines. */
static json_t *assertions_json(const struct scenario *s)
{
	json_t *o = json_object(), *list = json_array();
	bool ok = list != NULL;

	for (uint64_t i = 0; i < s->failed && i < SCENARIO_FAILURES_MAX && ok; i++) {
		json_t *row = json_object();

		ok = set_u64(row, "line", s->failure[i].line);
		ok &= mmt_json_set(row, "text", mmt_json_bytes(s->failure[i].text));
		ok &= json_array_append_new(list, row) == 0;
	}
	ok &= mmt_json_set(o, "failures", list);
	ok &= set_u64(o, "count", s->checks);
	ok &= set_u64(o, "failed", s->failed);
	return mmt_json_whole(o, ok);
}

json_t *result_build(const struct replay *r, struct mmt_err *e)
{
	json_t *o = json_object();
	bool ok;

	ok = mmt_json_set(o, "schema", json_string(RESULT_SCHEMA));
	ok &= mmt_json_set(o, "generator", json_string("mmtrace " MMT_VERSION));
	ok &= mmt_json_set(o, "mode", json_string(r->scenario ? "scenario" : "allocator"));
	ok &= mmt_json_set(o, "input", input_json(r));
	ok &= mmt_json_set(o, "config", config_json(r));
	ok &= mmt_json_set(o, "initial", initial_json(r));
	ok &= mmt_json_set(o, "metrics", metrics_json(r));
	ok &= mmt_json_set(o, "divergence", divergence_json(r));
	ok &= mmt_json_set(o, "replayed", replayed_json(r));
	ok &= mmt_json_set(o, "series", series_json(&r->compare));
	ok &= mmt_json_set(o, "flags", flags_json(r));
	if (r->base && !r->scenario)
		ok &= mmt_json_set(o, "fidelity", fidelity_json(&r->compare));
	if (!r->scenario)
		ok &= mmt_json_set(o, "host_only", host_only_json(&r->survey.host_only));
	if (r->scenario)
		ok &= mmt_json_set(o, "assertions", assertions_json(r->scenario));
	if (ok)
		return o;
	json_decref(o);
	mmt_fail(e, ENOMEM, "no memory for the result");
	return NULL;
}

// SPDX-License-Identifier: GPL-2.0-only
/*
 * The engine: a trace in, a machine with its history out.
 *
 *	1st reading   survey: snapshot, first event of every frame
 *	initial.c     the machine as it was
 *	2nd reading   for each event: clock -> ticks -> waiting snapshot -> handler of its kind
 *
 * Events are dispatched in recorded order, always. The clock is the recorded time; what the kernel
 * does by the clock (vmstat_update() once a second on each CPU) happens between events. kswapd is
 * not modelled here: its recorded wake and sleep say when it was at work; what it freed are
 * recorded frees.
 *
 * I1  The same trace, settings and version give the same result: nothing here asks the host for
 *     time, order or addresses.
 * I2  After an error the machine is sound as far as it went.
 *
 * Cost: two decodes of the trace, one handler call per event that has a handler; allocations and
 * frees come from their columns (stream.c).
 */
#include "lib/replay/engine.h"

#include "lib/base/json.h"
#include "lib/replay/start/booted.h"
#include "lib/replay/stream.h"
#include "lib/trace/scenario/scenario.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* --- what happens by the clock --- */

static void tick(struct replay *r, unsigned cpu)
{
	struct mm_system *sys = r->allocator.sys;

	bool told = r->base && r->allocator.as_recorded && r->survey.flow.told;

	/* which lists of other nodes had been idle for long is told by their drains */
	if (told)
		mm_set_expired(sys, cpu, r->ticker.cpu[cpu].nodes);
	mm_vmstat_tick(sys, cpu);
	if (told && r->ticker.cpu[cpu].again) {
		mm_set_expired(sys, cpu, 0);
		mm_vmstat_tick(sys, cpu);
	}
	idle_ticks(&r->allocator.idle, cpu);
	if (cpu)
		return;
	/* without kswapd's own events, a pass takes until the next tick, on the whole node */
	for (unsigned node = 0; node < MM_MAX_NODES && !r->kswapd.sleeps; node++)
		if (r->kswapd_asked[node])
			mm_drop_boost(sys, node);
	memset(r->kswapd_asked, 0, sizeof(r->kswapd_asked));
}

int replay_advance(struct replay *r, uint64_t time, struct mmt_err *e)
{
	int ret = replay_apply_timed(r, r->now, time, e), cpu;

	while ((cpu = ticker_due(&r->ticker, time)) >= 0)
		tick(r, (unsigned)cpu);
	r->now = time;
	return ret;
}

/* --- handlers, one per kind --- */

/* khugepaged asks for the node that has most of the pages it joins. */
static bool names_node(const struct mmt_event *ev, const struct mmt_dict *dict)
{
	const struct mmt_dict_entry *task = mmt_dict_get(dict, MMT_DICT_TASK, ev->task);

	return ev->v[MMT_F(mm_page_alloc, cause)] == MMT_CAUSE_THP && task &&
	       task->num[2] & MMT_TASK_KTHREAD;
}

static int on_alloc(struct replay *r, const struct mmt_event *ev, const struct mmt_dict *dict,
		    struct mmt_err *e)
{
	return allocator_alloc(&r->allocator, ev, names_node(ev, dict), e);
}

static int on_free(struct replay *r, const struct mmt_event *ev, const struct mmt_dict *dict,
		   struct mmt_err *e)
{
	(void)dict;
	return allocator_free(&r->allocator, ev, e);
}

static int on_compaction(struct replay *r, const struct mmt_event *ev, const struct mmt_dict *dict,
			 struct mmt_err *e)
{
	(void)dict;
	return compaction_event(&r->allocator, ev, e);
}

static int on_extfrag(struct replay *r, const struct mmt_event *ev, const struct mmt_dict *dict,
		      struct mmt_err *e)
{
	(void)ev;
	(void)dict;
	(void)e;
	r->outcomes.extfrag++;
	return 0;
}

static int on_pcpu_drain(struct replay *r, const struct mmt_event *ev, const struct mmt_dict *dict,
			 struct mmt_err *e)
{
	struct page_event page = page_event_drain(ev);

	(void)dict;
	(void)e;
	replay_drained(r, &page);
	return 0;
}

static int on_kswapd(struct replay *r, const struct mmt_event *ev, const struct mmt_dict *dict,
		     struct mmt_err *e)
{
	(void)dict;
	(void)e;
	r->outcomes.kswapd_wakes += ev->kind == MMT_EV_mm_vmscan_kswapd_wake;
	kswapd_event(&r->kswapd, r->allocator.sys, ev);
	return 0;
}

/* The host's tunable changed while it was recorded: so does the model's, unless it was set. */
static int on_setting_change(struct replay *r, const struct mmt_event *ev,
			     const struct mmt_dict *dict, struct mmt_err *e)
{
	const struct mmt_dict_entry *name =
		mmt_dict_get(dict, MMT_DICT_STRING, (uint32_t)ev->v[MMT_F(setting_change, name)]);
	const struct mmt_dict_entry *value =
		mmt_dict_get(dict, MMT_DICT_STRING, (uint32_t)ev->v[MMT_F(setting_change, value)]);
	struct mm_tunables before = r->values.mm;

	if (!name || !value ||
	    tunable_is_set(r->options->change, r->options->nr_changes, name->name))
		return 0;
	if (!machine_setting_text(&r->values.mm, name->name, value->name))
		return 0;
	r->setting_changes++;
	/* what a real kernel accepted is within range; a trace that lies is not believed */
	if (mm_set_tunables(r->allocator.sys, &r->values.mm, e))
		r->values.mm = before;
	return 0;
}

static int on_managed_change(struct replay *r, const struct mmt_event *ev,
			     const struct mmt_dict *dict, struct mmt_err *e)
{
	uint64_t node = ev->v[MMT_F(managed_change, node)];
	uint64_t zone = ev->v[MMT_F(managed_change, zone)];
	uint64_t managed = ev->v[MMT_F(managed_change, managed)];
	const struct machine_zone *z = NULL;

	(void)dict;
	if (node < MM_MAX_NODES && zone < MAX_NR_ZONES)
		z = machine_zone(&r->survey.machine, (unsigned)node, (enum zone_type)zone);
	if (!z || managed > z->spanned)
		return 0;
	return allocator_online(&r->allocator, z, (pfn_t)managed, e);
}

/* In a base replay watermarks and reserves follow the host's: it computes them anew when memory is
 * added, and reserves when their ratio is read. */
static int follow_watermarks(struct replay *r, struct mmt_err *e)
{
	const struct machine *m = &r->compare.now;

	for (unsigned i = 0; i < m->nr_zones && r->base; i++) {
		const struct machine_zone *z = &m->zone[i];
		const struct machine_zone *was = machine_zone(&r->survey.machine, z->node, z->type);

		if (!z->told || !was || !was->told || !was->spanned || z->type == ZONE_DEVICE ||
		    mm_zone_of(r->allocator.sys, was->start) < 0)
			continue;
		if (z->managed > was->managed && z->managed <= was->spanned) {
			int ret = allocator_online(&r->allocator, was, z->managed, e);

			if (ret)
				return ret;
		}
		if (memcmp(z->wmark, was->wmark, sizeof(z->wmark)) == 0 &&
		    memcmp(z->protection, was->protection, sizeof(z->protection)) == 0)
			continue;
		/* refused where they do not ascend: the old ones stay */
		mm_override_zone(r->allocator.sys, z->node, z->type, z->wmark, z->protection, NULL);
	}
	return 0;
}

static int on_snapshot(struct replay *r, const struct mmt_event *ev, const struct mmt_dict *dict,
		       struct mmt_err *e)
{
	int ret = compare_row(&r->compare, ev, dict, e);

	return ret == 1 ? follow_watermarks(r, e) : ret;
}

static int on_scenario(struct replay *r, const struct mmt_event *ev, const struct mmt_dict *dict,
		       struct mmt_err *e)
{
	if (!r->scenario)
		return 0;
	return scenario_event(r, ev, dict, e);
}

typedef int (*handler)(struct replay *r, const struct mmt_event *ev, const struct mmt_dict *dict,
		       struct mmt_err *e);

static const handler handlers[MMT_KIND_MAX + 1] = {
	[MMT_EV_mm_page_alloc] = on_alloc,
	[MMT_EV_mm_page_free] = on_free,
	[MMT_EV_mm_page_alloc_extfrag] = on_extfrag,
	[MMT_EV_mm_page_pcpu_drain] = on_pcpu_drain,
	[MMT_EV_mm_compaction_kcompactd_wake] = on_compaction,
	[MMT_EV_mm_compaction_begin] = on_compaction,
	[MMT_EV_mm_compaction_end] = on_compaction,
	[MMT_EV_mm_compaction_defer_compaction] = on_compaction,
	[MMT_EV_mm_compaction_isolate_freepages] = on_compaction,
	[MMT_EV_mm_compaction_fast_isolate_freepages] = on_compaction,
	[MMT_EV_mm_compaction_isolate_migratepages] = on_compaction,
	[MMT_EV_mm_migrate_pages_start] = on_compaction,
	[MMT_EV_mm_migrate_pages] = on_compaction,
	[MMT_EV_mm_compaction_migratepages] = on_compaction,
	[MMT_EV_remove_migration_pte] = on_compaction,
	[MMT_EV_mm_vmscan_kswapd_wake] = on_kswapd,
	[MMT_EV_mm_vmscan_kswapd_sleep] = on_kswapd,
	[MMT_EV_mm_compaction_suitable] = on_kswapd,
	[MMT_EV_setting_change] = on_setting_change,
	[MMT_EV_managed_change] = on_managed_change,
	[MMT_EV_snapshot_begin] = on_snapshot,
	[MMT_EV_snapshot_end] = on_snapshot,
	[MMT_EV_snap_zone] = on_snapshot,
	[MMT_EV_snap_protection] = on_snapshot,
	[MMT_EV_snap_pcp] = on_snapshot,
	[MMT_EV_snap_buddy] = on_snapshot,
	[MMT_EV_snap_freetype] = on_snapshot,
	[MMT_EV_snap_pageblocks] = on_snapshot,
};

/* --- the two readings --- */

/* An error of the model's, or of memory, at the event just read. */
static int failed_at(struct replay *r, const struct mmt_reader *reader, int ret, uint64_t n,
		     struct mmt_err *e)
{
	mmt_reader_where(reader, e);
	if (ret == -ENOMEM && r->alloc->limit)
		return mmt_fail(e, EDQUOT, "budget of %llu bytes exceeded at event %llu",
				(unsigned long long)r->alloc->limit, (unsigned long long)n);
	return ret;
}

static bool is_scenario(unsigned kind)
{
	return kind >= MMT_EV_scenario_machine && kind <= MMT_EV_scenario_print;
}

bool replay_survey_wants(unsigned kind)
{
	return survey_wants(kind) || is_scenario(kind);
}

int replay_survey_take(struct replay *r, const struct mmt_event *ev, const struct mmt_dict *dict,
		       struct mmt_err *e)
{
	if (is_scenario(ev->kind))
		return scenario_survey(&r->scenario, r->alloc, ev, dict, e);
	return survey_take(&r->survey, ev, dict, e);
}

int replay_survey(struct replay *r, const struct mmt_event *ev, const struct mmt_dict *dict,
		  struct mmt_err *e)
{
	survey_count(&r->survey, 1, ev->time, ev->time, ev->flags & MMT_EVENT_SELF);
	return replay_survey_take(r, ev, dict, e);
}

/* "6.12.117+deb12-amd64": 6, 12. What is not of that shape tells nothing. */
static void take_release(struct replay *r, const char *release)
{
	char *end, *last;
	unsigned long major = strtoul(release, &end, 10), minor = 0;

	/* who built the kernel, and which of its builds it was, is no part of a result */
	snprintf(r->kernel, sizeof(r->kernel), "%.*s", (int)strspn(release, "0123456789."),
		 release);
	if (!*r->kernel)
		snprintf(r->kernel, sizeof(r->kernel), "unknown");
	if (end == release || *end != '.')
		return;
	minor = strtoul(end + 1, &last, 10);
	if (last == end + 1 || major > UINT16_MAX || minor > UINT16_MAX)
		return;
	r->kernel_major = (unsigned)major;
	r->kernel_minor = (unsigned)minor;
	r->survey.machine.fixed_high = major < 6 || (major == 6 && minor < 7);
}

bool replay_other_kernel(const struct replay *r)
{
	return r->kernel_major &&
	       !mm_profile_is(r->values.profile, r->kernel_major, r->kernel_minor);
}

static int read_survey(struct replay *r, const struct replay_source *source, struct mmt_err *e)
{
	struct mmt_reader *reader = source->open(source->ctx, e);
	uint64_t n = 0;
	int ret;

	if (!reader)
		return e->code ? -e->code : -EIO;
	take_release(r, mmt_json_get_str(json_object_get(mmt_reader_header(reader), "kernel"),
					 "release", "unknown"));
	snprintf(r->filter, sizeof(r->filter), "%s",
		 mmt_json_get_str(json_object_get(mmt_reader_header(reader), "record"), "filter",
				  "all"));
	ret = stream_survey(r, reader, &n, e);
	if (ret)
		ret = failed_at(r, reader, ret, n, e);
	if (r->scenario)
		snprintf(r->scenario->name, sizeof(r->scenario->name), "%s",
			 mmt_scenario_name(mmt_reader_header(reader)));
	mmt_reader_free(reader);
	return ret;
}

void replay_note_losses(struct replay *r, const struct mmt_reader_state *state)
{
	struct allocator *a = &r->allocator;

	if (state->lost == a->lost && !state->nr_gaps)
		return;
	a->divergence[DIVERGENCE_LOST_BEFORE] += state->lost - a->lost;
	a->lossy = true;
	a->lost = state->lost;
}

static handler handler_of(unsigned kind)
{
	if (is_scenario(kind))
		return on_scenario;
	return kind <= MMT_KIND_MAX ? handlers[kind] : NULL;
}

bool replay_wants(unsigned kind)
{
	return handler_of(kind) != NULL;
}

int replay_reach(struct replay *r, uint64_t time, struct mmt_err *e)
{
	uint64_t moment;
	int ret = 0;

	if (r->compare.watched)
		compare_watch(&r->compare);
	/* what the clock does before the host was looked at is part of what was seen */
	while (!ret && (moment = compare_moment(&r->compare)) < time) {
		if (r->ticker.soonest <= moment)
			ret = replay_advance(r, moment, e);
		if (!ret)
			ret = compare_before(&r->compare, moment + 1, e);
	}
	if (ret || time <= r->now)
		return ret;
	if (r->options->nr_changes || r->ticker.soonest <= time)
		return replay_advance(r, time, e);
	r->now = time;
	return 0;
}

int replay_event(struct replay *r, const struct mmt_event *ev, const struct mmt_dict *dict,
		 struct mmt_err *e)
{
	handler handle = handler_of(ev->kind);
	int ret = 0;

	if (!handle)
		return 0;
	if (handle != on_snapshot)
		ret = replay_reach(r, ev->time, e);
	if (!ret)
		ret = handle(r, ev, dict, e);
	if (!ret && r->options->check)
		ret = mm_check(r->allocator.sys, r->options->check, e);
	return ret;
}

static int read_events(struct replay *r, struct mmt_reader *reader, struct mmt_err *e)
{
	uint64_t n = 0;
	int ret = stream_events(r, reader, &n, e);

	if (ret)
		ret = failed_at(r, reader, ret, n, e);
	if (!ret) {
		const struct mmt_reader_state *state = mmt_reader_state(reader);

		r->state = *state;
		r->nr_gaps = state->nr_gaps;
		memcpy(r->why_incomplete, state->why_incomplete, sizeof(r->why_incomplete));
		r->state.gaps = NULL;
		r->state.losses = NULL;
		r->digest = mmt_state_digest(state);
	}
	return ret;
}

/* --- the machine --- */

static void wake_kswapd(void *ctx, unsigned node, unsigned order, enum zone_type highest)
{
	struct replay *r = ctx;

	(void)order;
	(void)highest;
	r->kswapd_asked[node] = true;
}

/* The recorded minimum may be the kernel's own choice; then another RAM or THP setting changes it.
 */
static int guess_min_free(struct replay *r, struct mmt_err *e)
{
	struct tunable_values v = r->values;
	struct mm_system *sys;
	uint32_t automatic;
	int ret;

	if (!v.mm.min_free_kbytes_set)
		return 0;
	v.mm.min_free_kbytes_set = false;
	ret = initial_empty(&r->survey, &v, &sys, e);
	if (ret)
		return ret;
	automatic = mm_min_free_kbytes(sys);
	mm_destroy(sys);
	if (automatic == v.mm.min_free_kbytes)
		r->values.mm.min_free_kbytes_set = false;
	return 0;
}

/* What a trace recorded on a host, or a host imagined, is replayed on. */
static int build_recorded(struct replay *r, struct mmt_err *e)
{
	struct allocator *a = &r->allocator;
	int ret;

	if (!r->survey.has_machine)
		return mmt_fail(e, ENOTSUP,
				"the trace has no complete start snapshot: what was free when it "
				"began is not known");
	r->values = tunable_defaults();
	if (r->kernel_major)
		r->values.profile = mm_profile_for(r->kernel_major, r->kernel_minor);
	r->values.mm = r->survey.machine.tunables;
	r->recorded = r->values;
	ret = survey_end(&r->survey, e);
	if (!ret)
		ret = booted_infer(&r->survey, &r->values, e);
	if (!ret)
		ret = tunable_without_policies(r->options->change, r->options->nr_changes, e);
	if (!ret)
		ret = guess_min_free(r, e);
	if (!ret)
		ret = framemap_init(&a->map, machine_frames(&r->survey.machine), r->alloc, e);
	replay_apply_untimed(r);
	tunable_drop_weights(&r->values);
	if (!ret)
		ret = initial_build(&r->initial, &r->survey, &r->values, r->base, &a->map, &a->sys,
				    e);
	a->nr_cpus = r->initial.nr_cpus;
	a->as_recorded = r->initial.as_recorded;
	return ret;
}

int replay_build(struct replay *r, struct mmt_err *e)
{
	struct mm_hooks hooks = { .ctx = r, .wake_kswapd = wake_kswapd };
	struct allocator *a = &r->allocator;
	struct mm_zone_view v;
	int ret = r->scenario ? scenario_start(r, e) : build_recorded(r, e);

	if (ret)
		return ret;
	mm_set_hooks(a->sys, &hooks);
	a->survey = &r->survey;
	a->compaction.alloc = r->alloc;
	a->base = r->base;
	for (unsigned i = 0; i < mm_nr_zones(a->sys); i++) {
		mm_view_zone(a->sys, i, &v);
		a->zone_node[i] = (uint16_t)v.node;
	}
	r->counter_base = mmt_calloc(r->alloc, mm_nr_counters(), sizeof(*r->counter_base));
	if (!r->counter_base)
		return mmt_fail(e, ENOMEM, "no memory for counters");
	for (unsigned i = 0; i < mm_nr_counters(); i++)
		r->counter_base[i] = mm_counter(a->sys, i);
	r->now = r->survey.first_time;
	r->initial.inferred_ticks = r->survey.flow.nr_ticks;
	ret = ticker_init(&r->ticker, r->alloc, &r->survey.flow, a->nr_cpus, r->now, e);
	if (ret)
		return ret;
	return compare_init(&r->compare, r->alloc, a->sys, a->as_recorded, r->survey.first_time,
			    &r->survey.flow, e);
}

uint64_t replay_counter(const struct replay *r, unsigned i)
{
	return mm_counter(r->allocator.sys, i) - r->counter_base[i];
}

int replay_start(struct replay *r, struct mmt_alloc *a, const struct replay_options *o,
		 struct mmt_err *e)
{
	*r = (struct replay){ .alloc = a, .options = o };
	return survey_init(&r->survey, a, e);
}

int replay_finish(struct replay *r, struct mmt_err *e)
{
	int ret = compare_finish(&r->compare, e);

	if (!ret && r->base && !r->scenario)
		ret = replay_compare_outcomes(r, e);
	if (!ret && r->base && !r->scenario)
		ret = initial_formulas(&r->survey, &r->recorded, &r->compare, e);
	return ret;
}

int replay_run(struct replay *r, struct mmt_alloc *a, const struct replay_source *source,
	       const struct replay_options *o, struct mmt_err *e)
{
	struct mmt_reader *reader = NULL;
	int ret = replay_start(r, a, o, e);

	if (!ret)
		ret = read_survey(r, source, e);
	if (!ret && !(reader = source->open(source->ctx, e)))
		ret = e->code ? -e->code : -EIO;
	if (!ret)
		stream_expect(r, reader); /* while the machine is built */
	if (!ret)
		ret = replay_build(r, e);
	if (!ret)
		ret = read_events(r, reader, e);
	mmt_reader_free(reader);
	if (!ret)
		ret = replay_finish(r, e);
	if (ret == -ENOMEM && a->limit)
		ret = mmt_fail(e, EDQUOT, "budget of %llu bytes exceeded: the machine does not fit",
			       (unsigned long long)a->limit);
	return ret;
}

void replay_free(struct replay *r)
{
	compare_free(&r->compare);
	mm_destroy(r->allocator.sys);
	framemap_free(&r->allocator.map);
	compaction_end(&r->allocator.compaction);
	ticker_free(&r->ticker);
	mmt_free(r->alloc, r->counter_base);
	survey_free(&r->survey);
	scenario_free(r->scenario);
	*r = (struct replay){ 0 };
}

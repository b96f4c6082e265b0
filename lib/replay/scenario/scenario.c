// SPDX-License-Identifier: GPL-2.0-only
/*
 * The verbs of a scenario, done to the machine.
 *
 *	1st reading   scenario_survey(): machine section; keys, settings and verbs are known ones
 *	scenario/machine.c  the machine, booted
 *	2nd reading   scenario_event(): one verb a time, at the time its event has
 *
 * A verb either happens, or is refused with an errno as the system call would be, which `fails`
 * expects and everything else ends with; or it is not modelled yet, which ends it in any case.
 * Names of blocks, tasks and control groups live here, for the model knows frames alone.
 *
 * I1  A refused verb changes nothing.
 *
 * Cost: a table look-up for each event, beside what the verb does.
 */
#include "lib/base/nearest.h"
#include "lib/replay/scenario/call.h"
#include "lib/replay/scenario/key.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

const char *scenario_text(const struct call *c, uint64_t id)
{
	const struct mmt_dict_entry *entry = mmt_dict_get(c->dict, MMT_DICT_STRING, (uint32_t)id);

	return entry ? entry->name : "";
}

bool scenario_given(const struct call *c, unsigned i)
{
	return c->how & MMT_HOW_GIVEN(i);
}

/* --- names --- */

/* The number of @name in @names, whose entries are in *@array; SYMBOL_NONE: no memory. */
uint32_t scenario_add_name(struct call *c, struct symbols *names, const char *name, void **array,
			   size_t *cap, size_t size)
{
	size_t nr = names->nr;
	void *grown = mmt_grow(c->s->alloc, *array, cap, nr + 1, size);
	uint32_t n;

	if (!grown) {
		mmt_fail(c->e, ENOMEM, "no memory for the scenario");
		return SYMBOL_NONE;
	}
	*array = grown;
	n = symbol_add(names, name, c->e);
	if (n == nr)
		memset((char *)grown + n * size, 0, size);
	return n;
}

int scenario_unknown(struct mmt_err *e, int code, const char *what, const struct symbols *names,
		     const char *name, const char *gone)
{
	struct mmt_nearest nearest;
	char text[160];

	if (symbol_find(names, name) != SYMBOL_NONE)
		return mmt_fail(e, code, "%s '%.80s' %s", what, name, gone);
	mmt_nearest_init(&nearest, name, strlen(name));
	for (size_t i = 0; i < names->nr && i < 1000; i++)
		mmt_nearest_try(&nearest, names->name[i]);
	mmt_nearest_text(&nearest, text, sizeof(text));
	return mmt_fail(e, code, "there is no %s '%.80s'%s%s", what, name,
			*text ? "; the nearest are " : "", text);
}

/* --- the machine --- */

/* KEY=VALUE of a `set`. */
static void setting(const struct call *c, char *text, size_t size)
{
	snprintf(text, size, "%.80s=%.100s", TEXT(c, set, key), TEXT(c, set, value));
}

/* The file's setting holds unless the command line set the same. */
static int do_set(struct call *c)
{
	struct replay *r = c->r;
	struct tunable_change change;
	char text[192];
	int ret;

	setting(c, text, sizeof(text));
	ret = tunable_parse(text, &change, c->e);
	/* what is out of range, the kernel refuses with EINVAL as well */
	if (ret)
		return ret == -ENOTSUP ? ret : EINVAL;
	if (change.timed || (tunable_at_boot(&change) && c->s->running))
		return REFUSE(c, EINVAL, "%s cannot change while it runs", change.key);
	if (tunable_at_boot(&change)) /* so it did */
		return 0;
	if (tunable_is_set(r->options->change, r->options->nr_changes, change.key))
		return 0;
	return -replay_write(r, &change, c->e);
}

int scenario_start(struct replay *r, struct mmt_err *e)
{
	struct scenario *s = r->scenario;
	bool thp_given = false;

	r->values = tunable_defaults();
	r->values.profile = s->machine.profile;
	for (unsigned i = 0; i < s->machine.nr_boot; i++)
		tunable_apply(&s->machine.boot[i].change, &r->values);
	replay_apply_untimed(r);
	for (size_t i = 0; i < r->options->nr_changes; i++)
		thp_given |= !r->options->change[i].timed &&
			     strcmp(r->options->change[i].key, "thp.enabled") == 0;
	return scenario_build(s, &r->values, thp_given, &r->allocator.sys, &r->allocator.nr_cpus,
			      e);
}

static int do_drain_all(struct call *c)
{
	mm_drain_all_pages(c->r->allocator.sys);
	return 0;
}

static int do_settle(struct call *c)
{
	int ret = replay_advance(c->r, c->ev->time + ARG(c, settle, time), c->e);

	if (!ret)
		mm_drain_all_pages(c->r->allocator.sys);
	return ret;
}

/* What needs no doing: time has passed already, the machine section was read. */
static int do_nothing(struct call *c)
{
	(void)c;
	return 0;
}

static int do_expect(struct call *c)
{
	return scenario_expect(c->r, c->ev, c->dict, c->e);
}

static int do_print(struct call *c)
{
	return scenario_print(c->r, c->ev, c->dict, c->e);
}

typedef int (*verb)(struct call *c);

#define FIRST MMT_EV_scenario_machine
#define LAST  MMT_EV_scenario_print

/* NULL: not modelled yet. */
static const verb verbs[LAST - FIRST + 1] = {
#define VERB(name, function) [MMT_EV_scenario_##name - FIRST] = function
	VERB(machine, do_nothing),
	VERB(zone, do_nothing),
	VERB(distance, do_nothing),
	VERB(hw, do_nothing),
	VERB(set, do_set),
	VERB(time, do_nothing),
	VERB(task, scenario_do_task),
	VERB(thread, scenario_do_thread),
	VERB(fork, scenario_do_fork),
	VERB(exec, scenario_do_exec),
	VERB(exit, scenario_do_exit),
	VERB(cpu, scenario_do_cpu),
	VERB(move, scenario_do_move),
	VERB(adj, scenario_do_adj),
	VERB(policy, scenario_do_policy),
	VERB(cgroup, scenario_do_cgroup),
	VERB(rmcgroup, scenario_do_rmcgroup),
	VERB(alloc, scenario_do_alloc),
	VERB(free, scenario_do_free),
	VERB(drain_all, do_drain_all),
	VERB(settle, do_settle),
	VERB(expect, do_expect),
	VERB(print, do_print),
#undef VERB
};

/* --- the two readings --- */

static struct scenario_place place_of(const struct mmt_event *ev)
{
	unsigned fields = mmt_event_info(ev->kind)->nr_fields;
	uint64_t line = ev->v[fields - 1];

	if (!line || line > UINT32_MAX)
		return (struct scenario_place){ 0 };
	return (struct scenario_place){ line, MMT_HOW_COLUMN(ev->v[fields - 2]) };
}

static void where(const struct mmt_event *ev, struct mmt_err *e)
{
	struct scenario_place at = place_of(ev);

	if (at.line)
		mmt_err_line(e, (unsigned)at.line, at.column);
}

static int survey_machine(struct call *c)
{
	struct scenario_machine *m = &c->s->machine;
	const char *profile = TEXT(c, machine, profile);
	char names[64];
	size_t n = 0;

	m->at = place_of(c->ev);
	m->mem = scenario_given(c, 0) ? ARG(c, machine, mem) : (uint64_t)1 << 30;
	m->nodes = scenario_given(c, 1) ? ARG(c, machine, nodes) : 1;
	m->cpus = scenario_given(c, 2) ? ARG(c, machine, cpus) : 1;
	m->has_swap = scenario_given(c, 3) && ARG(c, machine, swap);
	m->profile = MM_PROFILE_6_12;
	if (!scenario_given(c, 6))
		return 0;
	for (unsigned i = 0; i < NR_MM_PROFILES; i++) {
		if (strcmp(profile, mm_profile_name((enum mm_profile)i)) != 0)
			continue;
		m->profile = (enum mm_profile)i;
		return 0;
	}
	for (unsigned i = 0; i < NR_MM_PROFILES; i++)
		n += (size_t)snprintf(names + n, sizeof(names) - n, "%s%s", i ? ", " : "",
				      mm_profile_name((enum mm_profile)i));
	return mmt_fail(c->e, EINVAL, "profile=%.40s is none of %s", profile, names);
}

static int survey_zone(struct call *c)
{
	struct scenario_machine *m = &c->s->machine;
	struct scenario_zone z = { .config = { .node = (unsigned)ARG(c, zone, node),
					       .type = (enum zone_type)ARG(c, zone, zone) },
				   .at = place_of(c->ev) };
	uint64_t start = ARG(c, zone, start), spanned = ARG(c, zone, spanned);
	uint64_t present = ARG(c, zone, present), managed = ARG(c, zone, managed);
	uint64_t free = scenario_given(c, 6) ? ARG(c, zone, free) : managed;

	if (z.config.type > ZONE_MOVABLE)
		return mmt_fail(c->e, EINVAL, "a zone of device memory");
	if (managed > present || present > spanned || free > managed)
		return mmt_fail(c->e, EINVAL,
				"free %" PRIu64 ", managed %" PRIu64 ", present %" PRIu64
				", spanned %" PRIu64 ": each is part of the next",
				free, managed, present, spanned);
	if (spanned >= PFN_NONE || start >= PFN_NONE - spanned || z.config.node >= MM_MAX_NODES)
		return mmt_fail(c->e, EINVAL, "a zone beyond frame %u or node %d", PFN_NONE,
				MM_MAX_NODES - 1);
	for (unsigned i = 0; i < m->nr_zones; i++)
		if (m->zone[i].config.node == z.config.node &&
		    m->zone[i].config.type == z.config.type)
			return mmt_fail(c->e, EINVAL, "this zone was described in line %" PRIu64,
					m->zone[i].at.line);
	z.config.start = (pfn_t)start;
	z.config.spanned = (pfn_t)spanned;
	z.config.present = (pfn_t)present;
	z.config.managed = (pfn_t)managed;
	z.free = (pfn_t)free;
	m->zone[m->nr_zones++] = z;
	return 0;
}

static int survey_distance(struct call *c)
{
	uint64_t a = ARG(c, distance, node), b = ARG(c, distance, to);
	uint64_t distance = ARG(c, distance, distance);

	if (a >= MM_MAX_NODES || b >= MM_MAX_NODES || distance < 10 || distance > 254)
		return mmt_fail(c->e, EINVAL, "nodes are 0..%d, distances 10..254",
				MM_MAX_NODES - 1);
	if (a == b && distance != 10)
		return mmt_fail(c->e, EINVAL, "a node is at distance 10 from itself");
	c->s->machine.distance[a][b] = (uint8_t)distance;
	c->s->machine.distance[b][a] = (uint8_t)distance;
	c->s->machine.has_distance = true;
	if (c->s->machine.distance_node < (a > b ? a : b)) {
		c->s->machine.distance_node = (unsigned)(a > b ? a : b);
		c->s->machine.distance_at = place_of(c->ev);
	}
	return 0;
}

/* A boot parameter of the machine section; what is wrong with others is said when they are due. */
static int survey_set(struct call *c)
{
	struct scenario_machine *m = &c->s->machine;
	struct tunable_change change;
	struct mmt_err ignored;
	char text[192];
	unsigned i = 0;

	if (m->complete)
		return 0;
	setting(c, text, sizeof(text));
	if (tunable_parse(text, &change, &ignored) || !tunable_at_boot(&change))
		return 0;
	while (i < m->nr_boot && m->boot[i].change.tunable != change.tunable)
		i++;
	if (i == SCENARIO_BOOT_MAX)
		return mmt_fail(c->e, EINVAL, "more than %d boot parameters", SCENARIO_BOOT_MAX);
	m->boot[i] = (struct scenario_boot){ change, place_of(c->ev) };
	m->nr_boot += i == m->nr_boot;
	return 0;
}

static bool of_machine_section(uint16_t kind)
{
	return kind == MMT_EV_scenario_machine || kind == MMT_EV_scenario_zone ||
	       kind == MMT_EV_scenario_distance || kind == MMT_EV_scenario_hw ||
	       kind == MMT_EV_scenario_set;
}

static int survey_key(struct call *c, uint64_t id)
{
	struct scenario_key key;

	return scenario_key_parse(scenario_text(c, id), &key, c->e);
}

static int survey_one(struct call *c)
{
	switch (c->ev->kind) {
	case MMT_EV_scenario_machine:
		return survey_machine(c);
	case MMT_EV_scenario_zone:
		return survey_zone(c);
	case MMT_EV_scenario_distance:
		return survey_distance(c);
	case MMT_EV_scenario_hw:
		c->s->machine.has_hw = true;
		return 0;
	case MMT_EV_scenario_set:
		return survey_set(c);
	case MMT_EV_scenario_expect:
		return survey_key(c, ARG(c, expect, key));
	case MMT_EV_scenario_print:
		return survey_key(c, ARG(c, print, key));
	default:
		if (verbs[c->ev->kind - FIRST])
			return 0;
		return mmt_fail(c->e, ENOTSUP, "%s is not modelled yet",
				mmt_scenario_verb(c->ev->kind));
	}
}

static struct call call_of(struct replay *r, struct scenario *s, const struct mmt_event *ev,
			   const struct mmt_dict *dict, struct mmt_err *e)
{
	return (struct call){ .r = r,
			      .s = s,
			      .ev = ev,
			      .dict = dict,
			      .how = ev->v[mmt_event_info(ev->kind)->nr_fields - 2],
			      .e = e };
}

static struct scenario *new_scenario(struct mmt_alloc *a, struct mmt_err *e)
{
	struct scenario *s = mmt_calloc(a, 1, sizeof(*s));

	if (!s) {
		mmt_fail(e, ENOMEM, "no memory for a scenario");
		return NULL;
	}
	s->alloc = a;
	s->machine.mem = (uint64_t)1 << 30;
	s->machine.nodes = 1;
	s->machine.cpus = 1;
	s->machine.profile = MM_PROFILE_6_12;
	symbols_init(&s->block_names, a);
	symbols_init(&s->task_names, a);
	symbols_init(&s->cgroup_names, a);
	if (!scenario_add_root(s, e))
		return s;
	scenario_free(s);
	return NULL;
}

int scenario_survey(struct scenario **s, struct mmt_alloc *a, const struct mmt_event *ev,
		    const struct mmt_dict *dict, struct mmt_err *e)
{
	struct call c;
	int ret;

	if (!*s)
		*s = new_scenario(a, e);
	if (!*s)
		return -ENOMEM;
	c = call_of(NULL, *s, ev, dict, e);
	(*s)->machine.complete |= !of_machine_section(ev->kind);
	ret = survey_one(&c);
	if (ret)
		where(ev, e);
	return ret;
}

/* Whether the event is an alloc that did not get all it asked for, which is no refusal. */
static bool got_too_few(const struct call *c)
{
	uint32_t n = SYMBOL_NONE;

	if (c->ev->kind == MMT_EV_scenario_alloc)
		n = symbol_find(&c->s->block_names, TEXT(c, alloc, name));
	return n != SYMBOL_NONE && c->s->blocks[n].failed;
}

/* An event that was to be refused: was it, and for that reason? */
static int judge(struct call *c, int refused)
{
	unsigned why = MMT_HOW_WHY(c->how);
	bool is_signal = c->how & MMT_HOW_SIGNAL;
	const char *want = why ? mmt_scenario_reason(why, is_signal) : NULL;
	const char *found = refused ? mmt_scenario_reason((unsigned)refused, false) : NULL;
	const char *name = mmt_scenario_verb(c->ev->kind);
	uint64_t line = c->ev->v[mmt_event_info(c->ev->kind)->nr_fields - 1];
	char text[sizeof(c->e->text)];

	c->s->checks++;
	if (refused && (!why || (!is_signal && why == (unsigned)refused)))
		return 0;
	if (!refused)
		return scenario_fail(
			c->r, line, c->e, "%s happens%s, expected it to be refused%s%s", name,
			got_too_few(c) ? " and gets too little (alloc.NAME.failed)" : "",
			want ? " with " : "", want ? want : "");
	snprintf(text, sizeof(text), "%s", c->e ? c->e->text : "");
	return scenario_fail(c->r, line, c->e,
			     "%s is refused with %s (%s), expected it to be refused with %s", name,
			     found ? found : "another error", text, want ? want : "another reason");
}

int scenario_event(struct replay *r, const struct mmt_event *ev, const struct mmt_dict *dict,
		   struct mmt_err *e)
{
	struct call c = call_of(r, r->scenario, ev, dict, e);
	int ret;

	if (!verbs[ev->kind - FIRST])
		return mmt_fail(e, ENOTSUP, "%s is not modelled yet", mmt_scenario_verb(ev->kind));
	c.s->running |= !of_machine_section(ev->kind);
	ret = verbs[ev->kind - FIRST](&c);
	if (ret >= 0 && c.how & MMT_HOW_FAILS)
		return judge(&c, ret);
	if (!ret)
		return 0;
	where(ev, e);
	if (ret < 0)
		return ret;
	/* whatever the errno was, the file says what cannot be */
	e->code = EINVAL;
	return -EINVAL;
}

void scenario_free(struct scenario *s)
{
	if (!s)
		return;
	for (size_t i = 0; i < s->block_names.nr; i++)
		mmt_free(s->alloc, s->blocks[i].pfn);
	for (uint64_t i = 0; i < s->failed && i < SCENARIO_FAILURES_MAX; i++)
		mmt_free(s->alloc, s->failure[i].text);
	mmt_free(s->alloc, s->blocks);
	mmt_free(s->alloc, s->tasks);
	mmt_free(s->alloc, s->cgroups);
	symbols_free(&s->block_names);
	symbols_free(&s->task_names);
	symbols_free(&s->cgroup_names);
	mmt_free(s->alloc, s);
}

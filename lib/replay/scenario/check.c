// SPDX-License-Identifier: GPL-2.0-only
/*
 * Assertions of a scenario: what a key says now, and whether that is what was expected.
 *
 *	expect free.0.Normal ~1.5 11621        |found - 11621| * 100 <= 1.5 * 11621
 *
 * I1  Reading changes nothing. I2 A counter is its growth since the first event; state is state.
 * I3  A zone that a node does not have reads as one without pages; a node, CPU, name or frame that
 *     does not exist is an error, so that no assertion holds by mistake.
 *
 * Cost: a view of a zone is O(its pageblocks).
 */
#include "lib/replay/scenario/call.h"
#include "lib/replay/scenario/key.h"

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

int scenario_fail(struct replay *r, uint64_t line, struct mmt_err *e, const char *fmt, ...)
{
	const struct scenario_listener *listener = r->options->listener;
	struct scenario *s = r->scenario;
	char text[768];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	if (listener && listener->failed)
		listener->failed(listener->ctx, line, text);
	if (s->failed < SCENARIO_FAILURES_MAX) {
		s->failure[s->failed].line = line;
		s->failure[s->failed].text = mmt_strdup(s->alloc, text);
		if (!s->failure[s->failed].text)
			return mmt_fail(e, ENOMEM, "no memory for a failed assertion");
	}
	s->failed++;
	return 0;
}

/* --- what a key says --- */

static int no_such(struct mmt_err *e, const char *what, uint64_t n)
{
	return mmt_fail(e, EINVAL, "there is no %s %" PRIu64, what, n);
}

/* The view of a zone, all zero if the node has none of the type. */
static int view(const struct replay *r, uint64_t node, enum zone_type type, struct mm_zone_view *v,
		unsigned *index, struct mmt_err *e)
{
	const struct mm_system *sys = r->allocator.sys;

	*v = (struct mm_zone_view){ 0 };
	*index = mm_nr_zones(sys);
	if (node >= r->scenario->machine.nodes)
		return no_such(e, "node", node);
	for (unsigned i = 0; i < mm_nr_zones(sys); i++) {
		struct mm_zone_view look;

		if (r->allocator.zone_node[i] != node)
			continue;
		mm_view_zone(sys, i, &look);
		if (look.type != type)
			continue;
		*v = look;
		*index = i;
	}
	return 0;
}

static int64_t pcp_value(const struct replay *r, unsigned index, const struct scenario_key *k)
{
	struct mm_pcp_view v = { 0 };

	if (index < mm_nr_zones(r->allocator.sys))
		mm_view_pcp(r->allocator.sys, index, k->id == KEY_PCP ? (unsigned)k->n[0] : 0, &v);
	switch (k->id) {
	case KEY_ZONE_PCP_BATCH:
		return v.batch;
	case KEY_ZONE_PCP_HIGH:
		return v.high;
	case KEY_ZONE_PCP_HIGH_MIN:
		return v.high_min;
	case KEY_ZONE_PCP_HIGH_MAX:
		return v.high_max;
	default:
		return v.count;
	}
}

/* Keys that look at one zone. */
static int zone_value(const struct replay *r, const struct scenario_key *k, int64_t *value,
		      struct mmt_err *e)
{
	struct mm_zone_view v;
	unsigned index;
	int ret = view(r, k->n[k->id == KEY_PCP], k->zone, &v, &index, e);

	if (!ret && k->id == KEY_PCP && k->n[0] >= r->allocator.nr_cpus)
		ret = no_such(e, "CPU", k->n[0]);
	if (ret)
		return ret;
	switch (k->id) {
#define IS(id, field)                        \
	case KEY_##id:                       \
		*value = (int64_t)(v.field); \
		break
		IS(FREE, free);
		IS(ZONE_MIN, wmark[WMARK_MIN]);
		IS(ZONE_LOW, wmark[WMARK_LOW]);
		IS(ZONE_HIGH, wmark[WMARK_HIGH]);
		IS(ZONE_PROMO, wmark[WMARK_PROMO]);
		IS(ZONE_BOOST, boost);
		IS(ZONE_START, start);
		IS(ZONE_SPANNED, spanned);
		IS(ZONE_PRESENT, present);
		IS(ZONE_MANAGED, managed);
		IS(ZONE_USED, used);
		IS(ZONE_RESERVE, lowmem_reserve[k->class]);
		IS(ZONE_PAGEBLOCKS, pageblocks[k->type]);
		IS(ZONE_NUMA_HIT, numa_hit);
		IS(ZONE_NUMA_MISS, numa_miss);
		IS(ZONE_NUMA_FOREIGN, numa_foreign);
		IS(ZONE_NUMA_LOCAL, numa_local);
		IS(ZONE_NUMA_OTHER, numa_other);
		IS(ZONE_NUMA_INTERLEAVE, numa_interleave);
		IS(BUDDY, nr_free[k->order]);
		IS(BUDDY_TYPE, by_type[k->type][k->order]);
#undef IS
	case KEY_EXTFRAG:
		*value = mm_extfrag_index(&v, k->order);
		break;
	case KEY_UNUSABLE:
		*value = mm_unusable_index(&v, k->order);
		break;
	default:
		*value = pcp_value(r, index, k);
	}
	return 0;
}

/* fragmentation_score_node() of mm/compaction.c (6.12): per zone the share of free memory that a
 * pageblock cannot use, in percent, weighted by present pages. */
static int fragscore(const struct replay *r, uint64_t node, int64_t *value, struct mmt_err *e)
{
	uint64_t present = 0, score = 0;

	if (node >= r->scenario->machine.nodes)
		return no_such(e, "node", node);
	for (unsigned i = 0; i < mm_nr_zones(r->allocator.sys); i++)
		if (r->allocator.zone_node[i] == node) {
			struct mm_zone_view v;

			mm_view_zone(r->allocator.sys, i, &v);
			present += v.present;
		}
	for (unsigned i = 0; i < mm_nr_zones(r->allocator.sys); i++) {
		struct mm_zone_view v;
		uint64_t blocks = 0;

		mm_view_zone(r->allocator.sys, i, &v);
		for (unsigned order = 0; order < NR_PAGE_ORDERS; order++)
			blocks += v.nr_free[order];
		if (v.node == node && blocks)
			score += v.present *
				 (uint64_t)(mm_unusable_index(&v, PAGEBLOCK_ORDER) / 10) /
				 (present + 1);
	}
	*value = (int64_t)score;
	return 0;
}

static int block_value(const struct replay *r, const struct scenario_key *k, int64_t *value,
		       struct mmt_err *e)
{
	uint32_t n = symbol_find(&r->scenario->block_names, k->name);
	const struct scenario_blocks *b;
	int zone;

	if (n == SYMBOL_NONE)
		return scenario_unknown(e, EINVAL, "block", &r->scenario->block_names, k->name, "");
	b = &r->scenario->blocks[n];
	zone = b->first == PFN_NONE ? -1 : mm_zone_of(r->allocator.sys, b->first);
	switch (k->id) {
	case KEY_ALLOC_PFN:
		*value = b->first == PFN_NONE ? -1 : (int64_t)b->first;
		break;
	case KEY_ALLOC_ORDER:
		*value = b->order;
		break;
	case KEY_ALLOC_NODE:
		*value = zone < 0 ? -1 : r->allocator.zone_node[zone];
		break;
	case KEY_ALLOC_ZONE:
		*value = -1;
		if (zone >= 0) {
			struct mm_zone_view v;

			mm_view_zone(r->allocator.sys, (unsigned)zone, &v);
			*value = v.type;
		}
		break;
	case KEY_ALLOC_BLOCKS:
		*value = b->nr;
		break;
	default:
		*value = b->failed;
	}
	return 0;
}

static int cgroup_value(const struct replay *r, const struct scenario_key *k, int64_t *value,
			struct mmt_err *e)
{
	uint32_t n = symbol_find(&r->scenario->cgroup_names, k->name);

	if (n == SYMBOL_NONE)
		return scenario_unknown(e, EINVAL, "control group", &r->scenario->cgroup_names,
					k->name, "");
	*value = (int64_t)(k->id == KEY_CG_USAGE ? r->scenario->cgroups[n].usage
						 : r->scenario->cgroups[n].peak);
	return 0;
}

static int task_value(const struct replay *r, const struct scenario_key *k, int64_t *value,
		      struct mmt_err *e)
{
	char name[32];
	uint32_t n;

	snprintf(name, sizeof(name), "%" PRIu64, k->n[0]);
	n = symbol_find(&r->scenario->task_names, name);
	if (n == SYMBOL_NONE)
		return no_such(e, "task", k->n[0]);
	*value = r->scenario->tasks[n].alive;
	return 0;
}

static int pageblock_value(const struct replay *r, const struct scenario_key *k, int64_t *value,
			   struct mmt_err *e)
{
	if (k->n[0] >= PFN_NONE || mm_zone_of(r->allocator.sys, (pfn_t)k->n[0]) < 0)
		return no_such(e, "frame", k->n[0]);
	*value = mm_pageblock_type(r->allocator.sys, (pfn_t)k->n[0]);
	return 0;
}

static int64_t free_pages(const struct replay *r)
{
	int64_t sum = 0;

	for (unsigned i = 0; i < mm_nr_zones(r->allocator.sys); i++) {
		struct mm_zone_view v;

		mm_view_zone(r->allocator.sys, i, &v);
		sum += (int64_t)v.free;
	}
	return sum;
}

static int64_t locks(const struct replay *r)
{
	int64_t sum = 0;

	for (unsigned i = 0; i < mm_nr_counters(); i++)
		if (strncmp(mm_counter_name(i), "zone_lock_", 10) == 0)
			sum += (int64_t)replay_counter(r, i);
	return sum;
}

static int value_of(const struct replay *r, const struct scenario_key *k, int64_t *value,
		    struct mmt_err *e)
{
	*value = 0;
	switch (k->id) {
	case KEY_COUNTER:
		*value = (int64_t)replay_counter(r, (unsigned)k->n[0]);
		return 0;
	case KEY_PAGEBLOCK:
		return pageblock_value(r, k, value, e);
	case KEY_FRAGSCORE:
		return fragscore(r, k->n[0], value, e);
	case KEY_TASK_ALIVE:
		return task_value(r, k, value, e);
	case KEY_CG_USAGE:
	case KEY_CG_PEAK:
		return cgroup_value(r, k, value, e);
	case KEY_LOCK_ACQUIRED:
		*value = locks(r);
		return 0;
	case KEY_SKIPPED: /* nobody is killed yet */
		return 0;
	case KEY_NR_FREE_PAGES:
		*value = free_pages(r);
		return 0;
	case KEY_MIN_FREE_KBYTES:
		*value = mm_min_free_kbytes(r->allocator.sys);
		return 0;
	case KEY_TOTALRESERVE:
		*value = (int64_t)mm_totalreserve_pages(r->allocator.sys);
		return 0;
	case KEY_ALLOC_PFN:
	case KEY_ALLOC_ORDER:
	case KEY_ALLOC_NODE:
	case KEY_ALLOC_ZONE:
	case KEY_ALLOC_BLOCKS:
	case KEY_ALLOC_FAILED:
		return block_value(r, k, value, e);
	default:
		return zone_value(r, k, value, e);
	}
}

/* --- expect and print --- */

/* "movable" or "5". */
static const char *value_text(const struct scenario_key *k, __int128 value, char *buf, size_t size)
{
	const char *name =
		k->id == KEY_PAGEBLOCK ? mmt_value_name(MMT_U_MIGRATETYPE, (uint64_t)value) : NULL;

	if (name)
		return name;
	if (value < 0)
		snprintf(buf, size, "%" PRId64, (int64_t)value);
	else
		snprintf(buf, size, "%" PRIu64, (uint64_t)value);
	return buf;
}

static const char *string(const struct mmt_dict *dict, uint64_t id)
{
	const struct mmt_dict_entry *entry = mmt_dict_get(dict, MMT_DICT_STRING, (uint32_t)id);

	return entry ? entry->name : "";
}

static int read_key(const struct replay *r, const char *text, struct scenario_key *k,
		    int64_t *value, struct mmt_err *e)
{
	int ret = scenario_key_parse(text, k, e);
	char why[sizeof(e->text)];

	if (ret)
		return ret;
	ret = value_of(r, k, value, e);
	if (!ret || !e)
		return ret;
	memcpy(why, e->text, sizeof(why));
	return mmt_fail(e, e->code, "%.80s: %s", text, why);
}

static bool within(__int128 found, __int128 want, uint64_t thousandths)
{
	__int128 apart = found - want, room = want;

	apart = apart < 0 ? -apart : apart;
	room = (room < 0 ? -room : room) * (__int128)thousandths;
	return apart * 100000 <= room;
}

static bool holds(__int128 found, uint64_t op, __int128 want, uint64_t thousandths)
{
	switch (op) {
	case MMT_OP_EQ:
		return found == want;
	case MMT_OP_NE:
		return found != want;
	case MMT_OP_LT:
		return found < want;
	case MMT_OP_LE:
		return found <= want;
	case MMT_OP_GT:
		return found > want;
	case MMT_OP_GE:
		return found >= want;
	default:
		return within(found, want, thousandths);
	}
}

int scenario_print(struct replay *r, const struct mmt_event *ev, const struct mmt_dict *dict,
		   struct mmt_err *e)
{
	const struct scenario_listener *listener = r->options->listener;
	const char *text = string(dict, ev->v[MMT_F(scenario_print, key)]);
	char line[SCENARIO_KEY_MAX + 32], number[32];
	struct scenario_key k;
	int64_t value;
	int ret = read_key(r, text, &k, &value, e);

	if (ret)
		return ret;
	r->scenario->prints++;
	snprintf(line, sizeof(line), "%s %s", text, value_text(&k, value, number, sizeof(number)));
	if (listener && listener->print)
		listener->print(listener->ctx, line);
	return 0;
}

int scenario_expect(struct replay *r, const struct mmt_event *ev, const struct mmt_dict *dict,
		    struct mmt_err *e)
{
	const char *text = string(dict, ev->v[MMT_F(scenario_expect, key)]);
	const char *word = string(dict, ev->v[MMT_F(scenario_expect, word)]);
	uint64_t op = ev->v[MMT_F(scenario_expect, op)];
	uint64_t near = ev->v[MMT_F(scenario_expect, within)];
	uint64_t bits = ev->v[MMT_F(scenario_expect, value)];
	bool big = ev->v[MMT_F(scenario_expect, how)] & MMT_HOW_UNSIGNED;
	__int128 want = big ? (__int128)bits : (__int128)(int64_t)bits;
	int64_t found;
	char a[32], b[32], percent[40] = "";
	enum migratetype type;
	struct scenario_key k;
	int ret = read_key(r, text, &k, &found, e);

	if (ret)
		return ret;
	if (op > MMT_OP_NEAR)
		return mmt_fail(e, EINVAL, "operator %" PRIu64 " is none", op);
	if (*word) {
		if (k.id != KEY_PAGEBLOCK || !scenario_migratetype(word, strlen(word), &type))
			return mmt_fail(e, EINVAL, "'%.40s' is no value of %s%s", word, text,
					k.id == KEY_PAGEBLOCK ? ": " SCENARIO_TYPES
							      : ", which is a number");
		want = type;
	}
	r->scenario->checks++;
	if (holds(found, op, want, near))
		return 0;
	if (op == MMT_OP_NEAR)
		snprintf(percent, sizeof(percent), "%" PRIu64 ".%03" PRIu64 "%% of", near / 1000,
			 near % 1000);
	return scenario_fail(
		r, ev->v[MMT_F(scenario_expect, line)], e, "%s is %s, expected %s%s %s", text,
		value_text(&k, found, a, sizeof(a)), mmt_scenario_op_name((unsigned)op), percent,
		value_text(&k, want, b, sizeof(b)));
}

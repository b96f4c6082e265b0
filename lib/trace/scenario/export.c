// SPDX-License-Identifier: GPL-2.0-only
/*
 * Theory: a trace as a scenario. An imported one gives its lines back; of a recorded one the page
 * demand is told, by block:
 *
 *     machine mem=8G nodes=1 cpus=2 profile=6.12
 *     zone 0 Normal start=1048576 spanned=1048576 present=1048576 managed=1029504 free=781178
 *     set vm.min_free_kbytes=67584
 *     @12us alloc p1a2b3 order=0 gfp=GFP_KERNEL cpu=1     named by the recorded frame
 *     free p1a2b3
 *
 * What was in use at the start has no names: it is the pages that `free` leaves, packed at the low
 * end, and its frees cannot be told.
 *
 * Invariants: I1 a name is live at most once, so that the lines can be replayed. I2 Every line can
 * be parsed. I3 Times are those of the trace, less that of the start snapshot's end.
 *
 * Cost: a byte for each frame of a section of 4096 in which a block was allocated, as far as the zones
 * reach, and some; a trace that names frames all over the place is refused.
 */
#include "lib/trace/scenario/syntax.h"

#include "lib/base/err.h"
#include "lib/trace/gfp_names.h"
#include "lib/trace/reader.h"

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define FLUSH	  65536
#define SECTION	  4096u
#define BEYOND	  4096 /* sections of frames that no zone told of */
#define PAGE	  4096u
#define ZONES_MAX 320
#define NODES_MAX 64
#define SETS_MAX  32

struct zone {
	uint64_t node, type, start, spanned, present, managed, free;
	bool has_buddy;
	uint64_t buddy;
};

struct set {
	char *key;
	char value[80];
};

struct export
{
	const struct mmt_scenario_exporter *x;
	struct mmt_scenario_export *told;
	struct mmt_alloc *alloc;
	const struct mmt_dict *dict;
	struct mmt_wr w;
	uint64_t start, now; /* of the trace; ns told so far */
	bool running;	     /* the machine was told */
	bool in_full;	     /* rows of the first full snapshot come */
	struct zone zone[ZONES_MAX];
	unsigned nr_zones;
	uint64_t nodes, cpus;
	struct set set[SETS_MAX];
	unsigned nr_sets;
	uint8_t **live;	   /* [2^20] sections: order + 1 at the head of a live block */
	uint64_t room;	   /* sections that may still be made */
	uint8_t *has_task; /* bit by task id: it has a policy */
};

static void line(struct export *s, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
static void line(struct export *s, const char *fmt, ...)
{
	char text[512];
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	mmt_wr_bytes(&s->w, text,
		     n < 0			? 0
		     : (size_t)n < sizeof(text) ? (size_t)n
						: sizeof(text) - 1);
	s->told->lines += n > 0 && text[strlen(text) - 1] == '\n';
}

/* Pass on what has gathered, if it is much or must. */
static int flush(struct export *s, bool all, struct mmt_err *e)
{
	int ret = 0;

	if (s->w.bad)
		return mmt_fail(e, ENOMEM, "no memory for lines");
	if (s->w.len && (all || s->w.len >= FLUSH)) {
		ret = s->x->write(s->x->ctx, s->w.buf, s->w.len, e);
		s->w.len = 0;
	}
	return ret;
}

/* "@TIME " before a line, unless it is that time already. */
static void at(struct export *s, uint64_t time)
{
	uint64_t t = time > s->start ? time - s->start : 0;

	if (t <= s->now)
		return;
	s->now = t;
	line(s, "@");
	scenario_put_time(&s->w, t);
	line(s, " ");
}

/* The CPU of an event, on the machine that was told. */
static unsigned cpu_of(const struct export *s, const struct mmt_event *ev)
{
	return s->cpus ? (unsigned)(ev->cpu % s->cpus) : 0;
}

/* --- the machine --- */

static struct zone *zone_of(struct export *s, uint64_t node, uint64_t type)
{
	for (unsigned i = 0; i < s->nr_zones; i++)
		if (s->zone[i].node == node && s->zone[i].type == type)
			return &s->zone[i];
	return NULL;
}

static const char *string(const struct export *s, uint64_t id)
{
	const struct mmt_dict_entry *entry = mmt_dict_get(s->dict, MMT_DICT_STRING, (uint32_t)id);

	return entry ? entry->name : "";
}

/* Keep a number, or a word, of a tunable; lists come number by number. */
static int keep_set(struct export *s, const char *key, const char *value, struct mmt_err *e)
{
	for (unsigned i = 0; i < s->nr_sets; i++) {
		size_t n = strlen(s->set[i].value);

		if (strcmp(s->set[i].key, key) != 0)
			continue;
		snprintf(s->set[i].value + n, sizeof(s->set[i].value) - n, " %s", value);
		return 0;
	}
	if (s->nr_sets == SETS_MAX || !s->x->may_set(key, value))
		return 0;
	s->set[s->nr_sets].key = mmt_strdup(s->alloc, key);
	if (!s->set[s->nr_sets].key)
		return mmt_fail(e, ENOMEM, "no memory for settings");
	snprintf(s->set[s->nr_sets++].value, sizeof(s->set[0].value), "%s", value);
	return 0;
}

#define V(event, field) (ev->v[MMT_F(event, field)])

static int take_row(struct export *s, const struct mmt_event *ev, struct mmt_err *e)
{
	char number[24];
	struct zone *z;

	switch (ev->kind) {
	case MMT_EV_snap_cpu:
		if (V(snap_cpu, cpu) >= s->cpus)
			s->cpus = V(snap_cpu, cpu) + 1;
		return 0;
	case MMT_EV_snap_zone:
		if (V(snap_zone, zone) > 3 || V(snap_zone, node) >= NODES_MAX ||
		    s->nr_zones == ZONES_MAX || !V(snap_zone, spanned) ||
		    zone_of(s, V(snap_zone, node), V(snap_zone, zone)))
			return 0;
		z = &s->zone[s->nr_zones++];
		*z = (struct zone){ .node = V(snap_zone, node),
				    .type = V(snap_zone, zone),
				    .start = V(snap_zone, start_pfn),
				    .spanned = V(snap_zone, spanned),
				    .present = V(snap_zone, present),
				    .managed = V(snap_zone, managed),
				    .free = V(snap_zone, free) };
		s->room += z->spanned / SECTION;
		if (z->node >= s->nodes)
			s->nodes = z->node + 1;
		return 0;
	case MMT_EV_snap_buddy:
		z = zone_of(s, V(snap_buddy, node), V(snap_buddy, zone));
		if (z && V(snap_buddy, order) <= 10 && V(snap_buddy, blocks) < 1u << 31) {
			z->has_buddy = true;
			z->buddy += V(snap_buddy, blocks) << V(snap_buddy, order);
		}
		return 0;
	case MMT_EV_snap_sysctl:
		snprintf(number, sizeof(number), "%" PRIu64, V(snap_sysctl, value));
		return keep_set(s, string(s, V(snap_sysctl, name)), number, e);
	case MMT_EV_snap_setting:
		return keep_set(s, string(s, V(snap_setting, name)),
				string(s, V(snap_setting, value)), e);
	default:
		return 0;
	}
}

static void put_machine(struct export *s)
{
	static const char *const types[] = { "DMA", "DMA32", "Normal", "Movable" };
	const struct scenario_arg memory = { .type = SCN_MEMORY };
	uint64_t end = 0;

	for (unsigned i = 0; i < s->nr_zones; i++)
		if (s->zone[i].start + s->zone[i].spanned > end)
			end = s->zone[i].start + s->zone[i].spanned;
	/* nodes have at least that much when their parts are computed, though no zone here is */
	if (end < s->nodes * 1024)
		end = s->nodes * 1024;
	end *= PAGE;
	line(s, "machine mem=");
	scenario_put(&s->w, &memory, &end, false, NULL);
	line(s, " nodes=%" PRIu64 " cpus=%" PRIu64 "%s%s\n", s->nodes, s->cpus ? s->cpus : 1,
	     s->x->profile ? " profile=" : "", s->x->profile ? s->x->profile : "");
	for (unsigned i = 0; i < s->nr_zones; i++) {
		const struct zone *z = &s->zone[i];
		uint64_t free = z->has_buddy ? z->buddy : z->free;

		line(s,
		     "zone %" PRIu64 " %s start=%" PRIu64 " spanned=%" PRIu64 " present=%" PRIu64
		     " managed=%" PRIu64 " free=%" PRIu64 "\n",
		     z->node, types[z->type], z->start, z->spanned, z->present, z->managed,
		     free < z->managed ? free : z->managed);
	}
	for (uint64_t node = 0; node < s->nodes; node++)
		for (unsigned type = 0; type < 3; type++)
			if (!zone_of(s, node, type))
				line(s,
				     "zone %" PRIu64 " %s start=0 spanned=0 present=0 managed=0\n",
				     node, types[type]);
	for (unsigned i = 0; i < s->nr_sets; i++)
		line(s, "set %s=%s\n", s->set[i].key, s->set[i].value);
}

/* --- blocks --- */

/* Where the state of frame @pfn is; NULL: @create, and there is no memory for it, or none yet. */
static uint8_t *state(struct export *s, uint64_t pfn, bool create)
{
	uint8_t **section = &s->live[pfn / SECTION];

	if (!*section && create && s->room) {
		*section = mmt_calloc(s->alloc, SECTION, 1);
		s->room -= *section != NULL;
	}
	return *section ? &(*section)[pfn % SECTION] : NULL;
}

/* The head of the live block that holds @pfn, and its order; false: none. */
static bool find_live(struct export *s, uint64_t pfn, uint64_t *head, unsigned *order)
{
	for (*order = 0; *order <= MMT_ORDER_MAX; ++*order) {
		uint8_t *p;

		*head = pfn & ~((UINT64_C(1) << *order) - 1);
		p = state(s, *head, false);
		if (p && *p == *order + 1)
			return true;
	}
	return false;
}

static void put_free(struct export *s, const struct mmt_event *ev, uint64_t head)
{
	*state(s, head, false) = 0;
	at(s, ev->time);
	line(s, "free p%" PRIx64 " cpu=%u\n", head, cpu_of(s, ev));
	s->told->frees++;
}

static void take_free(struct export *s, const struct mmt_event *ev)
{
	uint64_t pfn = V(mm_page_free, pfn), head, end;
	unsigned order;
	bool found = false;

	if (pfn >= MMT_PFN_NONE || V(mm_page_free, order) > MMT_ORDER_MAX)
		return;
	end = pfn + (UINT64_C(1) << V(mm_page_free, order));
	for (uint64_t p = pfn; p < end && p < MMT_PFN_NONE; p++) {
		if (!find_live(s, p, &head, &order))
			continue;
		found = true;
		s->told->in_pieces += order > V(mm_page_free, order);
		put_free(s, ev, head);
	}
	s->told->unknown_free += !found;
}

/* The number of a task that has a policy; 0: none. */
static uint64_t policy_pid(const struct export *s, uint32_t task)
{
	const struct mmt_dict_entry *entry;

	if (!task || !(s->has_task[task / 8] >> (task % 8) & 1))
		return 0;
	entry = mmt_dict_get(s->dict, MMT_DICT_TASK, task);
	return entry ? entry->num[0] : 0;
}

static int take_alloc(struct export *s, const struct mmt_event *ev, struct mmt_err *e)
{
	uint64_t pfn = V(mm_page_alloc, pfn), order = V(mm_page_alloc, order), head, pid;
	char gfp[MMT_GFP_TEXT];
	unsigned old;
	uint8_t *p;

	if (pfn == MMT_PFN_NONE || order > MMT_ORDER_MAX || pfn & ((UINT64_C(1) << order) - 1)) {
		s->told->refused++;
		return 0;
	}
	for (uint64_t i = pfn; i < pfn + (UINT64_C(1) << order) && i < MMT_PFN_NONE; i++)
		if (find_live(s, i, &head, &old))
			put_free(s, ev, head);
	p = state(s, pfn, true);
	if (!p && !s->room)
		return mmt_fail(e, EDQUOT, "frames are named far beyond the zones of the host");
	if (!p)
		return mmt_fail(e, ENOMEM, "no memory for blocks");
	*p = (uint8_t)(order + 1);
	pid = policy_pid(s, ev->task);
	at(s, ev->time);
	line(s, "alloc p%" PRIx64 " order=%" PRIu64 " gfp=%s cpu=%u", pfn, order,
	     mmt_gfp_text(V(mm_page_alloc, gfp), gfp, sizeof(gfp)), cpu_of(s, ev));
	if (pid)
		line(s, " pid=%" PRIu64, pid);
	line(s, "\n");
	s->told->allocs++;
	return 0;
}

/* --- other demand --- */

static void take_policy(struct export *s, const struct mmt_event *ev)
{
	const struct mmt_dict_entry *entry = mmt_dict_get(s->dict, MMT_DICT_TASK, ev->task);
	struct scenario_arg arg = { .type = SCN_POLICY };
	/* the upper bits are modifiers of what the nodes mean */
	uint64_t v[2] = { V(sys_set_mempolicy, mode) & 0xff, V(sys_set_mempolicy, nodemask) };
	const char *none[2] = { "", "" };
	bool bare = v[0] == MMT_POLICY_DEFAULT || v[0] == MMT_POLICY_LOCAL;

	if (V(sys_set_mempolicy, ret) || !entry || v[0] >= MMT_NR_POLICIES || (!bare && !v[1]) ||
	    !entry->num[0] || entry->num[0] > 1u << 22) {
		s->told->other++;
		return;
	}
	if (bare)
		v[1] = 0;
	if (v[0] == MMT_POLICY_PREFERRED)
		v[1] &= 0 - v[1];
	at(s, ev->time);
	if (!policy_pid(s, ev->task)) {
		line(s, "task %" PRIu64 " cpu=%u\n", entry->num[0], cpu_of(s, ev));
		s->has_task[ev->task / 8] |= (uint8_t)(1u << ev->task % 8);
	}
	line(s, "policy %" PRIu64 " ", entry->num[0]);
	scenario_put(&s->w, &arg, v, false, none);
	line(s, "\n");
}

static void take_setting(struct export *s, const struct mmt_event *ev)
{
	const char *key = string(s, V(setting_change, name));
	const char *value = string(s, V(setting_change, value));

	if (!s->x->may_set(key, value)) {
		s->told->other++;
		return;
	}
	at(s, ev->time);
	line(s, "set %s=%s\n", key, value);
}

/* An event of a recorded trace. */
static int take_recorded(struct export *s, const struct mmt_event *ev, struct mmt_err *e)
{
	const struct mmt_event_info *info = mmt_event_info(ev->kind);
	bool page = ev->kind == MMT_EV_mm_page_alloc || ev->kind == MMT_EV_mm_page_free;

	if (!s->running) {
		s->told->early += page;
		if (ev->kind == MMT_EV_snapshot_begin)
			s->in_full = V(snapshot_begin, kind) == MMT_SNAP_FULL;
		if (s->in_full && ev->kind == MMT_EV_snapshot_end && s->nr_zones) {
			s->running = true;
			s->start = ev->time;
			put_machine(s);
			return 0;
		}
		return s->in_full ? take_row(s, ev, e) : 0;
	}
	switch (ev->kind) {
	case MMT_EV_mm_page_alloc:
		return take_alloc(s, ev, e);
	case MMT_EV_mm_page_free:
		take_free(s, ev);
		return 0;
	case MMT_EV_sys_set_mempolicy:
		take_policy(s, ev);
		return 0;
	case MMT_EV_setting_change:
		take_setting(s, ev);
		return 0;
	default:
		s->told->other += info && info->class == MMT_DEMAND;
		return 0;
	}
}

static int take(struct export *s, const struct mmt_event *ev, struct mmt_err *e)
{
	const struct mmt_event_info *info = mmt_event_info(ev->kind);
	int ret;

	if (!info || info->group != MMT_G_SCENARIO) {
		ret = take_recorded(s, ev, e);
	} else {
		ret = mmt_scenario_print(&s->w, ev, s->dict, &s->now, e);
		s->running = true;
		s->told->lines++;
	}
	return ret ? ret : flush(s, false, e);
}

static int take_all(struct export *s, struct mmt_reader *r, struct mmt_err *e)
{
	const struct mmt_event *ev;
	int ret;

	line(s, "%s 1\n", MMT_SCENARIO_MAGIC);
	while ((ret = mmt_reader_next(r, &ev, e)) == 1) {
		ret = take(s, ev, e);
		if (!ret)
			continue;
		mmt_reader_where(r, e);
		return ret;
	}
	if (!ret && !s->running)
		return mmt_fail(
			e, ENOTSUP,
			"the trace has no complete start snapshot: its machine is not known");
	return ret ? ret : flush(s, true, e);
}

int mmt_scenario_export(struct mmt_reader *r, const struct mmt_scenario_exporter *x,
			struct mmt_alloc *a, struct mmt_scenario_export *told, struct mmt_err *e)
{
	struct export *s = mmt_calloc(a, 1, sizeof(*s));
	int ret = -ENOMEM;

	*told = (struct mmt_scenario_export){ 0 };
	if (!s)
		return mmt_fail(e, ENOMEM, "no memory for an export");
	s->x = x;
	s->told = told;
	s->alloc = a;
	s->dict = mmt_reader_dict(r);
	s->w.alloc = a;
	s->room = BEYOND;
	s->live = mmt_calloc(a, ((size_t)MMT_PFN_NONE + 1) / SECTION, sizeof(*s->live));
	s->has_task = mmt_calloc(a, MMT_DICT_ID_MAX / 8 + 1, 1);
	if (s->live && s->has_task)
		ret = take_all(s, r, e);
	else
		mmt_fail(e, ENOMEM, "no memory for an export");
	for (size_t i = 0; s->live && i < ((size_t)MMT_PFN_NONE + 1) / SECTION; i++)
		mmt_free(a, s->live[i]);
	for (unsigned i = 0; i < s->nr_sets; i++)
		mmt_free(a, s->set[i].key);
	mmt_free(a, s->live);
	mmt_free(a, s->has_task);
	mmt_wr_free(&s->w);
	mmt_free(a, s);
	return ret;
}

// SPDX-License-Identifier: GPL-2.0-only
/*
 * Zones: sizes, watermarks, reserves, per-CPU lists, free blocks.
 *
 * Reference: /proc/zoneinfo (mm/vmstat.c zoneinfo_show_print()), /proc/buddyinfo
 * (frag_show_print()), /proc/pagetypeinfo (pagetypeinfo_showfree_print(),
 * pagetypeinfo_showblockcount_print()) of Linux 6.1 to 6.18.
 *
 * I1. The three files are read next to each other, before any of them is parsed. Rows of buddyinfo
 *     and zoneinfo carry the time after these two (they took 0.1 ms), rows of pagetypeinfo the time
 *     after it (1 to 2 ms later).
 * I2. `promo` and `boost` are 0 where a kernel has no such line; `high_min` and `high_max`, which
 *     6.18 prints, and 6.1 and 6.12 do not, where no program told them either (bpf/limits.bpf.h).
 * I3. pagetypeinfo gives up counting a free list at 100000 blocks and says ">100000": such a row is
 *     left out, buddyinfo still has the sum over types.
 * I4. Free blocks exclude the per-CPU lists; zoneinfo's "pages free" is the buddy lists' pages.
 * I5. A reading takes no page that it has counted as free: what the text needs, the kernel's buffer
 *     and ours, has been there since a reading before the first, which is thrown away.
 * I6. Light snapshots read pagetypeinfo only while that costs under 0.5 % of the time.
 *
 * Managed pages may grow while the host runs. With deferred initialisation on demand (the kernel
 * argument deferred_init=lazy, seen on 6.18 with 24 GiB):
 *   - zone Normal spans 5505024 frames, all present; managed are the first 294912 = 9 * 32768 of
 *     them, from start_pfn on without a hole. Frames above have neither bit nor count in
 *     kpageflags and are in no free list.
 *   - it grows by the next section of 32768 frames (128 MiB), always upward from start_pfn +
 *     managed: 557056 -> 1015808 in 14 such steps while 3 GiB were touched. The allocator does so
 *     itself, in the request that found the zone short (6 to 8 ms, and the first frame of the new
 *     section is what it returned), or a kernel thread does, in multiples of 1024 frames that are
 *     seen in between for some 8 ms.
 *   - a step came each time when the zone was down to 19600 to 20300 free pages; its low mark grew
 *     from 8820 to 11967 meanwhile, so the mark is not the trigger. DMA32 stayed wholly free: a
 *     zone grows before a request falls back to the next.
 *   - watermarks and the per-CPU lists' limits are computed anew after a step, the share of
 *     min_free_kbytes moving from the other zones to this one. It never shrank.
 *
 * So an allocation that names frame P of such a zone shows that all frames below the end of P's
 * section are managed; light snapshots tell of it by managed_change up to a second later.
 *
 * Cost: zoneinfo and buddyinfo 0.1 ms on two CPUs. For pagetypeinfo the kernel walks every free
 * list of a zone under its lock, then looks at every pageblock of its span: 0.8 to 2 ms for 21 GiB.
 */
#include "lib/record/snapshot/part.h"

#include <errno.h>
#include <string.h>

static const char *const zone_names[] = { "DMA", "DMA32", "Normal", "Movable", "Device" };
static const char *const type_names[] = { "Unmovable",	"Movable", "Reclaimable",
					  "HighAtomic", "CMA",	   "Isolate" };
#define NR_ZONE_NAMES (sizeof(zone_names) / sizeof(*zone_names))
#define NR_TYPE_NAMES (sizeof(type_names) / sizeof(*type_names))

static bool find_name(struct text t, const char *const *names, unsigned n, uint64_t *v)
{
	for (unsigned i = 0; i < n; i++) {
		if (text_is(t, names[i])) {
			*v = i;
			return true;
		}
	}
	return false;
}

/* Take "Node 0, zone DMA" off @line (also "DMA," with a comma). */
static bool node_zone(struct text *line, uint64_t *node, uint64_t *zone)
{
	struct text word, number;

	if (!text_word(line, &word) || !text_is(word, "Node") || !text_word(line, &word) ||
	    !text_until(&word, ',', &number) || !text_u64(number, node) || word.p != word.end ||
	    !text_word(line, &word) || !text_is(word, "zone") || !text_word(line, &word))
		return false;
	if (word.p < word.end && word.end[-1] == ',')
		word.end--;
	return find_name(word, zone_names, NR_ZONE_NAMES, zone);
}

/* --- zoneinfo --- */

enum section { S_NONE, S_NODE, S_ZONE, S_STAT, S_PAGESET };

struct zone_state {
	enum section section;
	uint64_t v[MMT_FIELDS_MAX]; /* of snap_zone */
	uint64_t pcp[MMT_FIELDS_MAX];
	bool has_pcp;
};

#define Z(field) MMT_F(snap_zone, field)
#define P(field) MMT_F(snap_pcp, field)

/* The limits of the lists, where the file does not have them. */
static void add_limits(const struct rec_snapshot *s, uint64_t *v)
{
	if (!s->limits || v[P(high_max)] || v[P(node)] >= REC_LISTS_NODES)
		return;
	for (unsigned i = 0; i < REC_LISTS_ZONES; i++) {
		const struct rec_limits *l = &s->limits[v[P(node)] * REC_LISTS_ZONES + i];
		char name[sizeof(l->zone) + 1] = { 0 };

		memcpy(name, &l->zone, sizeof(l->zone));
		if (strcmp(name, zone_names[v[P(zone)]]) != 0)
			continue;
		v[P(high_min)] = l->least;
		v[P(high_max)] = l->most;
	}
}

static int flush_pcp(struct rec_snapshot *s, struct zone_state *z, struct mmt_err *e)
{
	if (!z->has_pcp)
		return 0;
	z->has_pcp = false;
	add_limits(s, z->pcp);
	return snap_row(s, MMT_EV_snap_pcp, z->pcp, sizeof(struct mmt_fields_snap_pcp), e);
}

/* Remember the zone; tell if its managed pages changed since it was last seen. */
static int note_zone(struct rec_snapshot *s, const uint64_t *v, struct mmt_err *e)
{
	struct snap_zone_seen now = {
		.node = (uint32_t)v[Z(node)],
		.zone = (uint32_t)v[Z(zone)],
		.start = v[Z(start_pfn)],
		.spanned = v[Z(spanned)],
		.present = v[Z(present)],
		.managed = v[Z(managed)],
	};

	for (unsigned i = 0; i < s->nr_zones; i++) {
		struct snap_zone_seen *z = &s->zone[i];
		uint64_t before = z->managed;

		if (z->node != now.node || z->zone != now.zone)
			continue;
		*z = now;
		if (before == now.managed)
			return 0;
		return SNAP_ROW(s, managed_change, e, now.node, now.zone, now.managed);
	}
	if (s->nr_zones < SNAP_ZONES_MAX)
		s->zone[s->nr_zones++] = now;
	return 0;
}

static int flush_zone(struct rec_snapshot *s, struct zone_state *z, struct mmt_err *e)
{
	int err = 0;

	if (z->section >= S_ZONE) {
		err = flush_pcp(s, z, e);
		if (!err)
			err = snap_row(s, MMT_EV_snap_zone, z->v,
				       sizeof(struct mmt_fields_snap_zone), e);
		if (!err)
			err = note_zone(s, z->v, e);
	}
	z->section = S_NONE;
	return err;
}

/* "protection: (0, 3019, 4171, 4171, 4171)" */
static int protection(struct rec_snapshot *s, const struct zone_state *z, struct text t,
		      struct mmt_err *e)
{
	struct text list, part;

	if (!text_until(&t, '(', &part) || !text_until(&t, ')', &list))
		return 0;
	for (uint64_t class = 0; class < NR_ZONE_NAMES && list.p < list.end; class ++) {
		uint64_t pages;
		int err = 0;

		if (!text_until(&list, ',', &part)) {
			part = list;
			list.p = list.end;
		}
		text_trim(&part);
		if (text_u64(part, &pages)) {
			s->reserves = ((s->reserves | 1) ^ pages << 1) * 0x100000001b3;
			err = SNAP_ROW(s, snap_protection, e, z->v[Z(node)], z->v[Z(zone)], class,
				       pages);
		}
		if (err)
			return err;
	}
	return 0;
}

static int zone_line(struct rec_snapshot *s, struct zone_state *z, struct text name,
		     struct text rest, struct mmt_err *e)
{
	static const struct {
		const char *name;
		unsigned field;
	} fields[] = {
		{ "boost", Z(boost) },	   { "min", Z(min) },	      { "low", Z(low) },
		{ "high", Z(high) },	   { "promo", Z(promo) },     { "spanned", Z(spanned) },
		{ "present", Z(present) }, { "managed", Z(managed) },
	};
	uint64_t value;

	if (text_is(name, "protection:")) {
		z->section = S_STAT;
		return protection(s, z, rest, e);
	}
	if (!text_next_u64(&rest, &value))
		return 0;
	for (unsigned i = 0; i < sizeof(fields) / sizeof(*fields); i++) {
		if (text_is(name, fields[i].name))
			z->v[fields[i].field] = value;
	}
	if (text_is(name, "cma")) {
		uint32_t id = mmt_writer_string(s->w, "cma", e);

		return id ? SNAP_ROW(s, snap_zonestat, e, z->v[Z(node)], z->v[Z(zone)], id, value)
			  : -ENOMEM;
	}
	return 0;
}

static int pageset_line(struct rec_snapshot *s, struct zone_state *z, struct text name,
			struct text rest, struct mmt_err *e)
{
	static const struct {
		const char *name;
		unsigned field;
	} fields[] = {
		{ "count:", P(count) },	      { "high:", P(high) },	    { "batch:", P(batch) },
		{ "high_min:", P(high_min) }, { "high_max:", P(high_max) },
	};
	uint64_t value;
	int err;

	if (!text_next_u64(&rest, &value))
		return 0;
	if (text_is(name, "start_pfn:")) {
		z->v[Z(start_pfn)] = value;
		return flush_pcp(s, z, e);
	}
	if (text_is(name, "cpu:")) {
		err = flush_pcp(s, z, e);
		memset(z->pcp, 0, sizeof(z->pcp));
		z->pcp[P(node)] = z->v[Z(node)];
		z->pcp[P(zone)] = z->v[Z(zone)];
		z->pcp[P(cpu)] = value;
		z->has_pcp = true;
		return err;
	}
	for (unsigned i = 0; i < sizeof(fields) / sizeof(*fields); i++) {
		if (text_is(name, fields[i].name))
			z->pcp[fields[i].field] = value;
	}
	return 0;
}

static int stat_line(struct rec_snapshot *s, struct zone_state *z, struct text name,
		     struct text rest, struct mmt_err *e)
{
	uint64_t value;
	uint32_t id;

	if (!text_next_u64(&rest, &value))
		return 0;
	id = snap_string(s, name, e);
	if (!id)
		return -ENOMEM;
	if (z->section == S_NODE)
		return SNAP_ROW(s, snap_nodestat, e, z->v[Z(node)], id, value);
	return SNAP_ROW(s, snap_zonestat, e, z->v[Z(node)], z->v[Z(zone)], id, value);
}

static int info_line(struct rec_snapshot *s, struct zone_state *z, struct text line,
		     struct mmt_err *e)
{
	struct text name, word, rest = line;

	if (!text_word(&rest, &name))
		return 0;
	if (text_is(name, "per-node")) {
		z->section = S_NODE;
		return 0;
	}
	if (text_is(name, "pages")) { /* "pages free 3840" */
		z->section = S_ZONE;
		if (text_word(&rest, &word) && text_is(word, "free"))
			text_next_u64(&rest, &z->v[Z(free)]);
		return 0;
	}
	if (text_is(name, "pagesets") || text_is(name, "start_pfn:") ||
	    text_is(name, "node_unreclaimable:"))
		z->section = S_PAGESET;
	switch (z->section) {
	case S_ZONE:
		return zone_line(s, z, name, rest, e);
	case S_NODE:
	case S_STAT:
		return stat_line(s, z, name, rest, e);
	case S_PAGESET:
		return pageset_line(s, z, name, rest, e);
	default:
		return 0;
	}
}

int snap_zoneinfo(struct rec_snapshot *s, struct text t, struct mmt_err *e)
{
	struct zone_state z = { .section = S_NONE };
	uint64_t before = s->reserves;
	struct text line;
	bool known = false;
	int err = 0;

	s->reserves = 0;
	while (!err && text_line(&t, &line)) {
		struct text rest = line;

		if (text_skip(&rest, "Node")) {
			err = flush_zone(s, &z, e);
			memset(&z, 0, sizeof(z));
			known = node_zone(&line, &z.v[Z(node)], &z.v[Z(zone)]);
		} else if (known) {
			err = info_line(s, &z, line, e);
		}
	}
	s->new_reserves |= before && before != s->reserves;
	return err ? err : flush_zone(s, &z, e);
}

/* --- buddyinfo and pagetypeinfo --- */

int snap_buddyinfo(struct rec_snapshot *s, struct text t, struct mmt_err *e)
{
	struct text line;

	while (text_line(&t, &line)) {
		uint64_t node, zone, blocks;

		if (!node_zone(&line, &node, &zone))
			continue;
		for (uint64_t order = 0; text_next_u64(&line, &blocks); order++) {
			int err = SNAP_ROW(s, snap_buddy, e, node, zone, order, blocks);

			if (err)
				return err;
		}
	}
	return 0;
}

/* "type Unmovable 0 1 2 ...", the rest of a line of free counts */
static int free_types(struct rec_snapshot *s, uint64_t node, uint64_t zone, struct text line,
		      struct mmt_err *e)
{
	struct text word;
	uint64_t type, blocks;

	if (!text_word(&line, &word) || !find_name(word, type_names, NR_TYPE_NAMES, &type))
		return 0;
	for (uint64_t order = 0; text_word(&line, &word); order++) {
		int err = 0;

		if (text_u64(word, &blocks))
			err = SNAP_ROW(s, snap_freetype, e, node, zone, type, order, blocks);
		if (err)
			return err;
	}
	return 0;
}

#define TYPE_COLUMNS 16

int snap_pagetypeinfo(struct rec_snapshot *s, struct text t, struct mmt_err *e)
{
	uint64_t column[TYPE_COLUMNS];
	unsigned nr = 0;
	struct text line, word;

	while (text_line(&t, &line)) {
		uint64_t node, zone, blocks;
		struct text rest = line;
		int err = 0;

		if (text_skip(&rest, "Number of blocks type")) {
			for (nr = 0; nr < TYPE_COLUMNS && text_word(&rest, &word); nr++) {
				if (!find_name(word, type_names, NR_TYPE_NAMES, &column[nr]))
					column[nr] = NR_TYPE_NAMES;
			}
			continue;
		}
		if (!node_zone(&line, &node, &zone))
			continue;
		rest = line;
		if (text_word(&rest, &word) && text_is(word, "type")) {
			err = free_types(s, node, zone, rest, e);
		} else {
			for (unsigned i = 0; !err && i < nr && text_next_u64(&line, &blocks); i++) {
				if (column[i] < NR_TYPE_NAMES)
					err = SNAP_ROW(s, snap_pageblocks, e, node, zone, column[i],
						       blocks);
			}
		}
		if (err)
			return err;
	}
	return 0;
}

static const unsigned zone_files[] = { SNAP_BUDDYINFO, SNAP_ZONEINFO, SNAP_PAGETYPEINFO };

/* A reading of pagetypeinfo pays for TYPES_SHARE times its duration without one. */
#define TYPES_SHARE 200

static int read_one(struct rec_snapshot *s, unsigned i, struct mmt_err *e)
{
	s->buf[i].len = 0;
	if (s->fd[i] >= 0 && snap_read(s, s->fd[i], &s->buf[i]) == -ENOMEM)
		return mmt_fail(e, ENOMEM, "no memory to read the zones");
	return 0;
}

int snap_zones_warm(struct rec_snapshot *s, struct mmt_err *e)
{
	int err = 0;

	for (unsigned i = 0; i < sizeof(zone_files) / sizeof(*zone_files) && !err; i++)
		err = read_one(s, zone_files[i], e);
	return err;
}

/* From here on rows are the state of @time, and what happened before stands before them. */
static int settle(struct rec_snapshot *s, uint64_t time, struct mmt_err *e)
{
	s->now = time;
	return s->settle ? s->settle(s->settle_arg, time, e) : 0;
}

int snap_zones(struct rec_snapshot *s, bool all, struct mmt_err *e)
{
	uint64_t zones, types;
	int err = read_one(s, SNAP_BUDDYINFO, e);

	if (!err)
		err = read_one(s, SNAP_ZONEINFO, e);
	zones = snap_clock();
	s->buf[SNAP_PAGETYPEINFO].len = 0;
	if (!err && (all || zones >= s->types_again))
		err = read_one(s, SNAP_PAGETYPEINFO, e);
	types = snap_clock();
	if (s->buf[SNAP_PAGETYPEINFO].len)
		s->types_again = zones + TYPES_SHARE * (types - zones);

	if (!err)
		err = settle(s, zones, e);
	if (!err)
		err = snap_zoneinfo(s, snap_text(&s->buf[SNAP_ZONEINFO]), e);
	if (!err)
		err = snap_buddyinfo(s, snap_text(&s->buf[SNAP_BUDDYINFO]), e);
	if (!err && s->buf[SNAP_PAGETYPEINFO].len) {
		err = settle(s, types, e);
		if (!err)
			err = snap_pagetypeinfo(s, snap_text(&s->buf[SNAP_PAGETYPEINFO]), e);
	}
	return err;
}

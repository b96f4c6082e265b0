/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A pretend host for tests of the replay: a model machine whose allocations and frees are written
 * as a trace, with snapshots of its state as a recorder would take them. What happened on it is
 * known exactly.
 *
 *	host_start()      machine with every frame free, nothing written
 *	host_alloc/free   before host_record(): happens, leaves no event
 *	host_record()     trace begins: header, full snapshot
 *	host_alloc/free   happens, and is an event
 *	host_snapshot()   light snapshot
 *	host_finish()     sealed; h->fd holds the trace
 */
#ifndef MMT_TEST_HOST_H
#define MMT_TEST_HOST_H

#include "lib/mm/gfp.h"
#include "lib/mm/pages/pcp.h"
#include "lib/replay/engine.h"
#include "lib/trace/writer.h"

#include "lib/base/rng.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define HOST_PAGES (1u << 14) /* 64 MiB */
#define HOST_CPUS  2

struct host {
	struct mmt_alloc alloc;
	struct mmt_io io;
	struct mmt_err err;
	struct mm_system *sys;
	struct mmt_writer *w;
	int fd;
	uint64_t time, seq;
	const char *release;	  /* of its kernel; NULL: of 6.12 */
	uint32_t min_free_kbytes; /* that snapshots tell; 0: they do not */
	bool tells_refills;	  /* blocks that leave the buddy lists are events */
	uint8_t block_type[HOST_PAGES >> PAGEBLOCK_ORDER]; /* before the latest request */
	bool broken;					   /* a step failed: err says why */
	bool movable[HOST_PAGES]; /* by head of block: it was asked for as such */
};

static const struct mm_zone_config host_zones[] = {
	{ .type = ZONE_DMA, .start = 1, .spanned = 4095, .present = 3998, .managed = 3840 },
	{ .type = ZONE_DMA32, .start = 4096, .spanned = 12288, .present = 12288, .managed = 12000 },
};

static inline struct mm_config host_config(void)
{
	return (struct mm_config){ .profile = MM_PROFILE_6_12,
				   .nr_nodes = 1,
				   .nr_cpus = HOST_CPUS,
				   .zones = host_zones,
				   .nr_zones = 2,
				   .tunables = mm_default_tunables(),
				   .seed = 1 };
}

static inline void host_start(struct host *h)
{
	struct mm_config config = host_config();

	*h = (struct host){ .time = 1000000000, .fd = -1 };
	h->sys = mm_create(&config, &h->alloc, &h->err);
	h->broken = !h->sys || mm_seed_boot(h->sys, &h->err);
}

static inline void host_add(struct host *h, struct mmt_event ev)
{
	ev.time = h->time;
	if (h->w && mmt_writer_add(h->w, &ev, &h->err))
		h->broken = true;
}

static inline void host_row(struct host *h, unsigned kind, const uint64_t *v, unsigned n)
{
	struct mmt_event ev = { .kind = (uint16_t)kind };

	memcpy(ev.v, v, n * sizeof(*v));
	host_add(h, ev);
}
#define HOST_ROW(h, kind, ...)                                        \
	host_row(h, MMT_EV_##kind, (const uint64_t[]){ __VA_ARGS__ }, \
		 sizeof((const uint64_t[]){ __VA_ARGS__ }) / sizeof(uint64_t))

/* KPF_* bits as the recorder keeps them. */
static inline uint64_t host_flags(const struct host *h, pfn_t pfn)
{
	pfn_t head;
	unsigned order;

	switch (frames_find_block(&h->sys->frames, pfn, &head, &order)) {
	case PAGE_BUDDY:
		return 1u << 10;
	case PAGE_ALLOCATED:
		return h->movable[head] ? 1u << 12 | 1u << 5 : 1u << 7;
	case PAGE_PCP:
		return 0;
	default: {
		const struct zone *z = zone_of(h->sys, pfn);

		/* the model keeps reservations at the end of each zone */
		return z && pfn < z->start + z->managed ? 0 : (uint64_t)1 << 32;
	}
	}
}

static inline void host_pages(struct host *h)
{
	pfn_t from = 0;

	for (pfn_t pfn = 1; pfn <= HOST_PAGES; pfn++)
		if (pfn == HOST_PAGES || host_flags(h, pfn) != host_flags(h, from)) {
			HOST_ROW(h, snap_pages, from, pfn - from, host_flags(h, from), 0);
			from = pfn;
		}
}

static inline void host_zone_rows(struct host *h, unsigned index)
{
	struct mm_zone_view v;

	mm_view_zone(h->sys, index, &v);
	HOST_ROW(h, snap_zone, v.node, v.type, v.start, v.spanned, v.present, v.managed, v.free,
		 v.wmark[0], v.wmark[1], v.wmark[2], v.wmark[3], v.boost);
	for (unsigned i = 0; i < MAX_NR_ZONES; i++)
		HOST_ROW(h, snap_protection, v.node, v.type, i, v.lowmem_reserve[i]);
	for (unsigned cpu = 0; cpu < HOST_CPUS; cpu++) {
		struct mm_pcp_view p;

		mm_view_pcp(h->sys, index, cpu, &p);
		HOST_ROW(h, snap_pcp, v.node, v.type, cpu, p.count, p.high, p.batch, p.high_min,
			 p.high_max);
	}
	for (unsigned order = 0; order < NR_PAGE_ORDERS; order++)
		HOST_ROW(h, snap_buddy, v.node, v.type, order, v.nr_free[order]);
	for (unsigned t = 0; t < MIGRATE_TYPES; t++) {
		for (unsigned order = 0; order < NR_PAGE_ORDERS; order++)
			HOST_ROW(h, snap_freetype, v.node, v.type, t, order, v.by_type[t][order]);
		HOST_ROW(h, snap_pageblocks, v.node, v.type, t, v.pageblocks[t]);
	}
}

static inline void host_snapshot(struct host *h, enum mmt_snapshot kind)
{
	HOST_ROW(h, snapshot_begin, kind, h->seq);
	if (h->min_free_kbytes && h->w)
		HOST_ROW(h, snap_sysctl, mmt_writer_string(h->w, "vm.min_free_kbytes", &h->err), 0,
			 h->min_free_kbytes);
	for (unsigned i = 0; i < mm_nr_zones(h->sys); i++)
		host_zone_rows(h, i);
	if (kind == MMT_SNAP_FULL) {
		for (unsigned cpu = 0; cpu < HOST_CPUS; cpu++)
			HOST_ROW(h, snap_cpu, cpu, 0);
		host_pages(h);
	}
	HOST_ROW(h, snapshot_end, kind, h->seq++);
	h->time += 1000;
}

static inline void host_open(struct host *h)
{
	struct mmt_writer_options o = { .file_id = 42 };
	json_t *header = json_pack("{s:{s:s}}", "kernel", "release",
				   h->release ? h->release : "6.12.0-pretend");

	h->fd = memfd_create("trace", MFD_CLOEXEC);
	h->w = h->fd < 0 || !header ? NULL
				    : mmt_writer_new(&h->alloc, &h->io, h->fd, &o, header, &h->err);
	json_decref(header);
	h->broken |= !h->w;
}

static inline void host_record(struct host *h)
{
	host_open(h);
	host_snapshot(h, MMT_SNAP_FULL);
}

/* A block of a list of @type, or of another's: stolen, or claimed with its pageblock. */
static inline void host_left_buddy(struct host *h, unsigned cpu, pfn_t pfn, unsigned order,
				   unsigned type)
{
	struct mmt_event ev = { .kind = MMT_EV_mm_page_alloc_zone_locked, .cpu = (uint16_t)cpu };
	struct mmt_event frag = { .kind = MMT_EV_mm_page_alloc_extfrag, .cpu = (uint16_t)cpu };
	unsigned was = h->block_type[pfn >> PAGEBLOCK_ORDER];
	pfn_t other = pfn ^ PAGEBLOCK_PAGES;
	bool both = was != type && h->block_type[other >> PAGEBLOCK_ORDER] == was &&
		    frames_block(&h->sys->frames, other)->type == type;

	ev.v[MMT_F(mm_page_alloc_zone_locked, pfn)] = pfn;
	ev.v[MMT_F(mm_page_alloc_zone_locked, order)] = order;
	ev.v[MMT_F(mm_page_alloc_zone_locked, migratetype)] = type;
	frag.v[MMT_F(mm_page_alloc_extfrag, pfn)] = pfn;
	frag.v[MMT_F(mm_page_alloc_extfrag, alloc_order)] = order;
	frag.v[MMT_F(mm_page_alloc_extfrag, fallback_order)] = both ? MAX_PAGE_ORDER : order;
	frag.v[MMT_F(mm_page_alloc_extfrag, alloc_migratetype)] = type;
	frag.v[MMT_F(mm_page_alloc_extfrag, fallback_migratetype)] = was;
	if (frames_block(&h->sys->frames, pfn)->type == type)
		host_add(h, ev);
	if (was != type)
		host_add(h, frag);
}

/* The request that got @pfn took blocks from the buddy lists: that one, and what its list has. */
static inline void host_tell_refill(struct host *h, unsigned cpu, uint32_t gfp, unsigned order,
				    pfn_t pfn)
{
	unsigned type = (unsigned)gfp_migratetype(gfp);
	const struct zone *z = zone_of(h->sys, pfn);
	const struct deque *l;

	host_left_buddy(h, cpu, pfn, order, type);
	if (!pcp_allowed_order(order))
		return;
	l = &z->cpu[cpu].list[pcp_index((enum migratetype)type, order)];
	for (uint32_t i = 0; i < deque_len(l); i++)
		host_left_buddy(h, cpu, deque_at(l, i), order, type);
}

static inline uint64_t host_counter(const struct host *h, const char *name)
{
	for (unsigned i = 0; i < mm_nr_counters(); i++)
		if (strcmp(mm_counter_name(i), name) == 0)
			return mm_counter(h->sys, i);
	return 0;
}

static inline pfn_t host_alloc(struct host *h, unsigned cpu, uint32_t gfp, unsigned order)
{
	uint64_t refills = host_counter(h, "pcp_refill");
	struct mm_alloc_request rq = {
		.gfp = gfp, .order = (uint8_t)order, .cpu = (uint16_t)cpu, .node = -1
	};
	struct mmt_event ev = { .kind = MMT_EV_mm_page_alloc, .cpu = (uint16_t)cpu };
	pfn_t pfn;

	for (pfn_t i = 0; i < HOST_PAGES >> PAGEBLOCK_ORDER; i++)
		h->block_type[i] = frames_block(&h->sys->frames, i << PAGEBLOCK_ORDER)->type;
	pfn = mm_alloc_pages(h->sys, &rq);
	ev.v[MMT_F(mm_page_alloc, pfn)] = pfn == PFN_NONE ? MMT_PFN_NONE : pfn;
	ev.v[MMT_F(mm_page_alloc, order)] = order;
	ev.v[MMT_F(mm_page_alloc, gfp)] = gfp;
	ev.v[MMT_F(mm_page_alloc, migratetype)] = (uint64_t)gfp_migratetype(gfp);
	h->time += 500;
	if (h->tells_refills && pfn != PFN_NONE &&
	    (!pcp_allowed_order(order) || host_counter(h, "pcp_refill") != refills))
		host_tell_refill(h, cpu, gfp, order, pfn);
	host_add(h, ev);
	if (pfn != PFN_NONE)
		h->movable[pfn] = gfp & __GFP_MOVABLE;
	return pfn;
}

static inline void host_event_free(struct host *h, unsigned cpu, pfn_t pfn, unsigned order)
{
	struct mmt_event ev = { .kind = MMT_EV_mm_page_free, .cpu = (uint16_t)cpu };

	ev.v[MMT_F(mm_page_free, pfn)] = pfn;
	ev.v[MMT_F(mm_page_free, order)] = order;
	h->time += 500;
	host_add(h, ev);
}

static inline void host_free(struct host *h, unsigned cpu, pfn_t pfn, unsigned order)
{
	if (!mm_free_pages(h->sys, pfn, order, cpu))
		h->broken = true;
	host_event_free(h, cpu, pfn, order);
}

/* Random allocations and frees of all sorts; *@held keeps what lives on, up to @max blocks. */
struct host_block {
	pfn_t pfn;
	unsigned order;
};

static inline unsigned host_churn(struct host *h, struct mmt_rng *rng, unsigned n,
				  struct host_block *held, unsigned nr, unsigned max)
{
	static const uint32_t gfp[] = { GFP_HIGHUSER_MOVABLE, GFP_HIGHUSER_MOVABLE, GFP_KERNEL,
					GFP_KERNEL | __GFP_RECLAIMABLE };

	while (n--) {
		unsigned cpu = (unsigned)mmt_rng_below(rng, HOST_CPUS);

		if (nr < max && (!nr || mmt_rng_below(rng, 5) < 3)) {
			unsigned order =
				mmt_rng_below(rng, 4)
					? 0
					: (unsigned)mmt_rng_below(rng, PAGEBLOCK_ORDER + 1);
			pfn_t pfn = host_alloc(h, cpu, gfp[mmt_rng_below(rng, 4)] | __GFP_NORETRY,
					       order);

			if (pfn != PFN_NONE)
				held[nr++] = (struct host_block){ pfn, order };
		} else {
			unsigned i = (unsigned)mmt_rng_below(rng, nr);

			host_free(h, cpu, held[i].pfn, held[i].order);
			held[i] = held[--nr];
		}
	}
	return nr;
}

static inline void host_finish(struct host *h)
{
	if (h->w && mmt_writer_seal(h->w, NULL, &h->err))
		h->broken = true;
}

static inline void host_stop(struct host *h)
{
	mmt_writer_free(h->w);
	mm_destroy(h->sys);
	if (h->fd >= 0)
		close(h->fd);
}

/* The trace just written, to @to; is it whole there? */
static inline bool host_copy(const struct host *h, FILE *to)
{
	char buf[65536];
	ssize_t n;

	if (lseek(h->fd, 0, SEEK_SET) < 0)
		return false;
	while ((n = read(h->fd, buf, sizeof(buf))) > 0)
		if (fwrite(buf, 1, (size_t)n, to) != (size_t)n)
			return false;
	return n == 0 && fflush(to) == 0;
}

/* For replay_run(): the trace just written. */
static inline struct mmt_reader *host_reader(void *ctx, struct mmt_err *e)
{
	struct host *h = ctx;

	if (lseek(h->fd, 0, SEEK_SET) < 0) {
		mmt_fail(e, EIO, "lseek");
		return NULL;
	}
	return mmt_reader_open(&h->alloc, &h->io, h->fd, e);
}

static inline int host_replay(struct host *h, struct replay *r, const struct replay_options *o)
{
	struct replay_source source = { .open = host_reader, .ctx = h };

	h->err = (struct mmt_err){ 0 };
	return replay_run(r, &h->alloc, &source, o, &h->err);
}

#endif

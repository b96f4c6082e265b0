// SPDX-License-Identifier: GPL-2.0-only
/*
 * Frames: the state of every one, as runs alike.
 *
 * Reference: /proc/kpageflags and /proc/kpagecount (fs/proc/page.c, stable_page_flags()),
 * Documentation/admin-guide/mm/pagemap.rst; /proc/iomem for where RAM is.
 *
 * I1. Rows cover the span of every zone in order of PFN, each frame once; a row's time is when its
 *     chunk of frames was read, flags first, counts next.
 * I2. Frames that are no RAM ("System RAM" of /proc/iomem) are not read and are written as NOPAGE.
 * I3. Only bits that say what a frame is used for are kept (KEPT): those that change with every
 *     access (REFERENCED, IDLE, LOCKED, UPTODATE) would break runs apart.
 * I4. A free block shows BUDDY on *all* its frames (seen on 6.1, 6.12 and 6.18: in idle zones
 *     their number was nr_free_pages exactly), so where one block ends and the next begins is not
 *     told: the maximal aligned cover of BUDDY frames is.
 * I5. Frames that the kernel allocated for itself (not slab, not page tables) have no bit at all;
 *     neither have frames not yet managed, and frames in the per-CPU lists. The latter cannot be
 *     told apart here.
 * I6. Frames that the allocator was not given yet (deferred initialisation on demand) are written
 *     as OFFLINE: of the frames at the end of a zone without bit or count, the topmost
 *     present - managed - RESERVED ones. Frames without bit or count are therefore held back until
 *     one with either follows, or the zone ends; each keeps the time of its chunk.
 *
 * Cost: 0.2 us a frame that is RAM. Runs: about one for each used page, few for free ones.
 */
#include "lib/record/snapshot/part.h"

#include <errno.h>
#include <string.h>

#define CHUNK	     16384 /* frames read at a time: some 7 ms */
#define RANGES_MAX   128

#define KPF(n)	     (UINT64_C(1) << (n))
#define KPF_OFFLINE  KPF(23)
#define KPF_NOPAGE   KPF(20)
#define KPF_RESERVED KPF(32)

/* DIRTY LRU ACTIVE SLAB WRITEBACK BUDDY MMAP ANON SWAPCACHE SWAPBACKED COMPOUND_HEAD COMPOUND_TAIL
 * HUGE UNEVICTABLE HWPOISON NOPAGE KSM THP OFFLINE ZERO_PAGE PGTABLE RESERVED MLOCKED */
#define KEPT                                                                                       \
	(KPF(4) | KPF(5) | KPF(6) | KPF(7) | KPF(8) | KPF(10) | KPF(11) | KPF(12) | KPF(13) |      \
	 KPF(14) | KPF(15) | KPF(16) | KPF(17) | KPF(18) | KPF(19) | KPF(20) | KPF(21) | KPF(22) | \
	 KPF(23) | KPF(24) | KPF(26) | KPF(32) | KPF(33))

struct range {
	uint64_t start, end;
};

/* Frames of one chunk without bit and count. */
struct held {
	uint64_t pfn, nr, time;
};

struct pages {
	struct rec_snapshot *s;
	uint64_t *flags, *count;
	struct range ram[RANGES_MAX];
	unsigned nr_ram;		  /* 0: not known, all of it is read */
	uint64_t pfn, nr, kept, mapcount; /* the run; nr 0: none */
	struct held *held;
	size_t nr_held, cap_held;
	uint64_t reserved; /* frames of the zone with RESERVED */
};

/* "00100000-bfffffff : System RAM"; indented lines are parts of others. */
static void find_ram(struct pages *p, struct text t)
{
	struct text line, part;

	while (p->nr_ram < RANGES_MAX && text_line(&t, &line)) {
		uint64_t start, end;

		if (!text_until(&line, '-', &part) || !text_hex(part, &start) ||
		    !text_until(&line, ' ', &part) || !text_hex(part, &end) ||
		    !text_skip(&line, ": System RAM") || !end)
			continue;
		/* a page that is RAM only in part is no page of the allocator */
		p->ram[p->nr_ram].start = (start + 4095) / 4096;
		p->ram[p->nr_ram].end = (end + 1) / 4096;
		p->nr_ram++;
	}
}

static int flush(struct pages *p, struct mmt_err *e)
{
	uint64_t nr = p->nr;

	p->nr = 0;
	return nr ? SNAP_ROW(p->s, snap_pages, e, p->pfn, nr, p->kept, p->mapcount) : 0;
}

static int frames(struct pages *p, uint64_t pfn, uint64_t nr, uint64_t kept, uint64_t mapcount,
		  struct mmt_err *e)
{
	int err;

	if (p->nr && kept == p->kept && mapcount == p->mapcount && pfn == p->pfn + p->nr) {
		p->nr += nr;
		return 0;
	}
	err = flush(p, e);
	p->pfn = pfn;
	p->nr = nr;
	p->kept = kept;
	p->mapcount = mapcount;
	return err;
}

/* Write what was held back; of it the topmost @offline frames are not managed. */
static int release(struct pages *p, uint64_t offline, struct mmt_err *e)
{
	uint64_t now = p->s->now, nr = 0, seen = 0;
	int err = flush(p, e);

	for (size_t i = 0; i < p->nr_held; i++)
		nr += p->held[i].nr;
	offline = offline < nr ? offline : nr;
	for (size_t i = 0; !err && i < p->nr_held; i++) {
		const struct held *h = &p->held[i];
		uint64_t managed = nr - offline > seen ? nr - offline - seen : 0;

		managed = managed < h->nr ? managed : h->nr;
		p->s->now = h->time;
		if (managed)
			err = frames(p, h->pfn, managed, 0, 0, e);
		if (!err && managed < h->nr)
			err = frames(p, h->pfn + managed, h->nr - managed, KPF_OFFLINE, 0, e);
		if (!err)
			err = flush(p, e);
		seen += h->nr;
	}
	p->nr_held = 0;
	p->s->now = now;
	return err;
}

/* Hold one frame back. */
static int hold(struct pages *p, uint64_t pfn, struct mmt_err *e)
{
	struct held *h = p->nr_held ? &p->held[p->nr_held - 1] : NULL;

	if (h && h->time == p->s->now && h->pfn + h->nr == pfn) {
		h->nr++;
		return 0;
	}
	h = mmt_grow(p->s->alloc, p->held, &p->cap_held, p->nr_held + 1, sizeof(*h));
	if (!h)
		return mmt_fail(e, ENOMEM, "no memory to read the frames");
	p->held = h;
	h[p->nr_held++] = (struct held){ .pfn = pfn, .nr = 1, .time = p->s->now };
	return 0;
}

/* Read the counts of @n frames; a mapped frame has a bit (MMAP), so where none has one, none is
 * read. */
static void read_counts(struct pages *p, uint64_t pfn, size_t n)
{
	struct rec_snapshot *s = p->s;
	uint64_t any = 0;
	ssize_t got = 0;

	for (size_t i = 0; i < n; i++)
		any |= p->flags[i];
	if (any && s->fd[SNAP_KPAGECOUNT] >= 0)
		got = mmt_io_pread(s->io, s->fd[SNAP_KPAGECOUNT], p->count, n * 8,
				   (off_t)(pfn * 8));
	got = got > 0 ? got / 8 : 0;
	memset(p->count + got, 0, (n - (size_t)got) * 8);
}

/* One chunk of RAM: 0, -errno, or 1 when the kernel tells no more. */
static int chunk(struct pages *p, uint64_t pfn, uint64_t nr, struct mmt_err *e)
{
	struct rec_snapshot *s = p->s;
	ssize_t n = mmt_io_pread(s->io, s->fd[SNAP_KPAGEFLAGS], p->flags, nr * 8, (off_t)(pfn * 8));
	int err = 0;

	if (n < 8)
		return 1;
	read_counts(p, pfn, (size_t)n / 8);
	s->now = snap_clock();
	for (ssize_t i = 0; !err && i < n / 8; i++) {
		uint64_t at = pfn + (uint64_t)i;

		if (!p->flags[i] && !p->count[i]) {
			err = hold(p, at, e);
			continue;
		}
		p->reserved += !!(p->flags[i] & KPF_RESERVED);
		if (p->nr_held)
			err = release(p, 0, e);
		if (!err)
			err = frames(p, at, 1, p->flags[i] & KEPT, p->count[i], e);
	}
	if (!err)
		err = flush(p, e); /* so that no row is older than its chunk */
	return err ? err : snap_pause(s, e);
}

static int read_ram(struct pages *p, uint64_t start, uint64_t end, struct mmt_err *e)
{
	while (start < end) {
		uint64_t nr = end - start < CHUNK ? end - start : CHUNK;
		int err = chunk(p, start, nr, e);

		if (err)
			return err;
		start += nr;
	}
	return 0;
}

static int zone_frames(struct pages *p, const struct snap_zone_seen *z, struct mmt_err *e)
{
	uint64_t at = z->start, end = z->start + z->spanned, lacking = 0;
	int err = 0;

	p->reserved = 0;
	for (unsigned i = 0; !err && i < p->nr_ram && at < end; i++) {
		uint64_t from = p->ram[i].start, to = p->ram[i].end;

		if (to <= at || from >= end)
			continue;
		from = from > at ? from : at;
		to = to < end ? to : end;
		if (from > at) { /* a hole */
			err = release(p, 0, e);
			if (!err)
				err = frames(p, at, from - at, KPF_NOPAGE, 0, e);
		}
		if (!err)
			err = read_ram(p, from, to, e);
		at = to;
	}
	if (!err && !p->nr_ram) {
		err = read_ram(p, at, end, e);
		at = end;
	}
	if (err < 0)
		return err;
	/* where the kernel told no more (1), what is left of the zone is not known */
	if (!err && z->present > z->managed + p->reserved)
		lacking = z->present - z->managed - p->reserved;
	if (err)
		at = end;
	err = release(p, lacking, e);
	if (!err && at < end)
		err = frames(p, at, end - at, KPF_NOPAGE, 0, e);
	return err ? err : flush(p, e);
}

int snap_pages(struct rec_snapshot *s, struct mmt_err *e)
{
	struct pages *p;
	int err = 0;

	if (s->fd[SNAP_KPAGEFLAGS] < 0)
		return 0;
	p = mmt_calloc(s->alloc, 1, sizeof(*p));
	if (p) {
		p->s = s;
		p->flags = mmt_calloc(s->alloc, CHUNK, sizeof(*p->flags));
		p->count = mmt_calloc(s->alloc, CHUNK, sizeof(*p->count));
	}
	if (!p || !p->flags || !p->count)
		err = mmt_fail(e, ENOMEM, "no memory to read the frames");
	if (!err && s->fd[SNAP_IOMEM] >= 0) {
		if (snap_read(s, s->fd[SNAP_IOMEM], &s->text) == -ENOMEM)
			err = mmt_fail(e, ENOMEM, "no memory to read /proc/iomem");
		else
			find_ram(p, snap_text(&s->text));
	}
	for (unsigned i = 0; !err && i < s->nr_zones; i++) {
		if (s->zone[i].spanned && s->zone[i].spanned < MMT_PFN_NONE)
			err = zone_frames(p, &s->zone[i], e);
	}
	if (p) {
		mmt_free(s->alloc, p->flags);
		mmt_free(s->alloc, p->count);
		mmt_free(s->alloc, p->held);
	}
	mmt_free(s->alloc, p);
	return err;
}

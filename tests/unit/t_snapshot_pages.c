/* SPDX-License-Identifier: GPL-2.0-only */
/* lib/record/snapshot/pages.c: runs of frames, holes, and frames not managed yet. */
#include "tests/unit/t_snapshot.h"

#include <errno.h>

#define BUDDY	    (UINT64_C(1) << 10)
#define ANON	    (UINT64_C(1) << 12)
#define LRU	    (UINT64_C(1) << 5)
#define NOPAGE	    (UINT64_C(1) << 20)
#define OFFLINE	    (UINT64_C(1) << 23)
#define IDLE	    (UINT64_C(1) << 25)
#define RESERVED    (UINT64_C(1) << 32)

#define S(n, field) ROW(&h, snap_pages, n, field)

struct run {
	uint64_t pfn, pages, flags, mapcount;
};

static void zone(struct host *h, unsigned start, unsigned spanned, unsigned present,
		 unsigned managed)
{
	char text[256];

	snprintf(text, sizeof(text),
		 "Node 0, zone Normal\n  pages free 0\n spanned %u\n present %u\n managed %u\n"
		 "  start_pfn: %u\n",
		 spanned, present, managed, start);
	CHECK_EQ(snap_zoneinfo(h->s, text_of(text, strlen(text)), &h->err), 0);
}

static void expect(struct host *h, const struct run *want, size_t n)
{
	uint64_t at = want[0].pfn, time = 0;

	CHECK_EQ(host_count(h, MMT_EV_snap_pages), n);
	for (size_t i = 0; i < n; i++) {
		const struct mmt_event *ev = host_row(h, MMT_EV_snap_pages, i);

		CHECK_EQ(ev->v[0], want[i].pfn);
		CHECK_EQ(ev->v[1], want[i].pages);
		CHECK_EQ(ev->v[2], want[i].flags);
		CHECK_EQ(ev->v[3], want[i].mapcount);
		CHECK_EQ(ev->v[0], at); /* every frame once, in order */
		CHECK(ev->time >= time);
		at += ev->v[1];
		time = ev->time;
	}
}

/*
 *	frame    0    1    2    3    4     5     6       7     8    9
 *	         hole |buddy....|  anon x2 twice |kernel  buddy     hole
 */
TEST(runs_and_holes)
{
	static const uint64_t flags[10] = {
		0, BUDDY, BUDDY, BUDDY | IDLE, ANON | LRU | IDLE, ANON | LRU, LRU, 0, BUDDY, 0
	};
	static const uint64_t count[10] = { 0, 0, 0, 0, 2, 2, 0, 0, 0, 0 };
	static const struct run want[] = {
		{ 0, 1, NOPAGE, 0 }, { 1, 3, BUDDY, 0 }, { 4, 2, ANON | LRU, 2 }, { 6, 1, LRU, 0 },
		{ 7, 1, 0, 0 },	     { 8, 1, BUDDY, 0 }, { 9, 1, NOPAGE, 0 },
	};
	struct host h;

	host_make(&h);
	host_put(&h, "/proc/kpageflags", flags, sizeof(flags));
	host_put(&h, "/proc/kpagecount", count, sizeof(count));
	/* frame 9 is RAM only in part */
	host_text(&h, "/proc/iomem",
		  "00001000-00009bff : System RAM\n  00002000-00002fff : Kernel code\n"
		  "0000a000-ffffffff : Reserved\n");
	CHECK(host_open(&h, NULL));
	zone(&h, 0, 10, 8, 8);
	CHECK_EQ(snap_pages(h.s, &h.err), 0);
	CHECK(host_read(&h));
	expect(&h, want, sizeof(want) / sizeof(*want));
	host_free(&h);
}

/*
 * A zone of 40000 frames at frame 16: the first 10 reserved, 7990 managed of which the last 4 the
 * kernel uses (no bit), and 32000 not managed yet.
 *
 *	16       26                        8012  8016                  40016
 *	|reserved|buddy .................. |  0   |offline .............|
 */
TEST(frames_not_managed_yet_are_offline)
{
	static uint64_t flags[40016];
	struct host h;
	uint64_t offline = 0, kernel = 0, buddy = 0;

	for (size_t i = 16; i < 26; i++)
		flags[i] = RESERVED;
	for (size_t i = 26; i < 8012; i++)
		flags[i] = BUDDY;
	host_make(&h);
	host_put(&h, "/proc/kpageflags", flags, sizeof(flags));
	CHECK(host_open(&h, NULL));
	zone(&h, 16, 40000, 40000, 7990);
	CHECK_EQ(snap_pages(h.s, &h.err), 0);
	CHECK(host_read(&h));
	for (size_t i = 0; i < host_count(&h, MMT_EV_snap_pages); i++) {
		uint64_t pages = S(i, pages);

		offline += S(i, flags) == OFFLINE ? pages : 0;
		kernel += S(i, flags) == 0 ? pages : 0;
		buddy += S(i, flags) == BUDDY ? pages : 0;
		CHECK(S(i, flags) != OFFLINE || S(i, pfn) >= 8016);
	}
	CHECK_EQ(offline, 32000);
	CHECK_EQ(kernel, 4);
	CHECK_EQ(buddy, 8012 - 26);
	host_free(&h);
}

/* Chunks end where they end: a run goes on in the next with that one's own time. */
TEST(chunks_keep_their_own_time)
{
	static uint64_t flags[40000];
	uint64_t covered = 0, last = 0;
	struct host h;

	for (size_t i = 0; i < 40000; i++)
		flags[i] = i < 20000 || i > 35000 ? BUDDY : 0;
	host_make(&h);
	host_put(&h, "/proc/kpageflags", flags, sizeof(flags));
	CHECK(host_open(&h, NULL));
	zone(&h, 0, 40000, 40000, 40000);
	CHECK_EQ(snap_pages(h.s, &h.err), 0);
	CHECK(host_read(&h));
	CHECK(host_count(&h, MMT_EV_snap_pages) > 3);
	for (size_t i = 0; i < host_count(&h, MMT_EV_snap_pages); i++) {
		const struct mmt_event *ev = host_row(&h, MMT_EV_snap_pages, i);

		CHECK_EQ(ev->v[0], covered);
		CHECK(ev->time >= last);
		last = ev->time;
		covered += ev->v[1];
	}
	CHECK_EQ(covered, 40000);
	host_free(&h);
}

TEST(a_file_that_ends_early_ends_the_zone)
{
	static const uint64_t flags[4] = { BUDDY, BUDDY, 0, ANON };
	static const struct run want[] = { { 0, 2, BUDDY, 0 }, { 2, 1, 0, 0 }, { 3, 1, ANON, 0 } };
	struct host h;

	host_make(&h);
	host_put(&h, "/proc/kpageflags", flags, sizeof(flags));
	CHECK(host_open(&h, NULL));
	zone(&h, 0, 40000, 40000, 100);
	CHECK_EQ(snap_pages(h.s, &h.err), 0);
	CHECK(host_read(&h));
	expect(&h, want, 3);
	host_free(&h);
}

static int stop_at_once(void *arg, struct mmt_err *e)
{
	++*(int *)arg;
	return mmt_fail(e, EIO, "stopped");
}

TEST(a_pause_that_fails_ends_it)
{
	static const uint64_t flags[4] = { BUDDY, BUDDY, 0, ANON };
	struct host h;
	int calls = 0;

	host_make(&h);
	host_put(&h, "/proc/kpageflags", flags, sizeof(flags));
	CHECK(host_open(&h, NULL));
	zone(&h, 0, 4, 4, 4);
	rec_snapshot_on_pause(h.s, stop_at_once, &calls);
	CHECK_EQ(snap_pages(h.s, &h.err), -EIO);
	CHECK_EQ(calls, 1);
	CHECK_STR(h.err.text, "stopped");
	host_free(&h);
}

TEST_MAIN

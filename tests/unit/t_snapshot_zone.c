/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * lib/record/snapshot/zone.c on what kernels 6.1, 6.12 and 6.18 printed (tests/golden/proc), and on
 * text that no kernel would print.
 */
#include "tests/unit/t_snapshot.h"

static char *sample(const char *name, size_t *n)
{
	char path[128], *text = calloc(1, 65536);
	FILE *f;

	snprintf(path, sizeof(path), "tests/golden/proc/%s", name);
	f = fopen(path, "r");
	if (!f) {
		perror(path);
		exit(1);
	}
	*n = fread(text, 1, 65536, f);
	fclose(f);
	return text;
}

typedef int parser(struct rec_snapshot *, struct text, struct mmt_err *);

static void parse(struct host *h, parser *p, const char *name)
{
	size_t n;
	char *text = sample(name, &n);

	CHECK_EQ(p(h->s, text_of(text, n), &h->err), 0);
	free(text);
}

#define Z(n, field) ROW(&h, snap_zone, n, field)
#define P(n, field) ROW(&h, snap_pcp, n, field)

TEST(zones_of_6_18)
{
	struct host h;

	host_make(&h);
	CHECK(host_open(&h, NULL));
	parse(&h, snap_zoneinfo, "6.18/zoneinfo");
	CHECK(host_read(&h));
	CHECK_EQ(host_count(&h, MMT_EV_snap_zone), 5);
	CHECK_EQ(Z(2, node), 0);
	CHECK_EQ(Z(2, zone), 2);
	CHECK_EQ(Z(2, start_pfn), 1048576);
	CHECK_EQ(Z(2, spanned), 5505024);
	CHECK_EQ(Z(2, present), 5505024);
	CHECK_EQ(Z(2, managed), 1015808);
	CHECK_EQ(Z(2, free), 802506);
	CHECK_EQ(Z(2, min), 9574);
	CHECK_EQ(Z(2, low), 11967);
	CHECK_EQ(Z(2, high), 14360);
	CHECK_EQ(Z(2, promo), 16753);
	CHECK_EQ(Z(2, boost), 0);
	/* the last two zones are empty and end at their protection */
	CHECK_EQ(Z(4, zone), 4);
	CHECK_EQ(Z(4, spanned), 0);
	/* three zones, two CPUs each */
	CHECK_EQ(host_count(&h, MMT_EV_snap_pcp), 6);
	CHECK_EQ(P(5, zone), 2);
	CHECK_EQ(P(5, cpu), 1);
	CHECK_EQ(P(5, high), 27928);
	CHECK_EQ(P(5, batch), 63);
	CHECK_EQ(P(5, high_min), 5983);
	CHECK_EQ(P(5, high_max), 63488);
	/* protection: (0, 3019, 6987, 6987, 6987) of DMA */
	CHECK_EQ(host_count(&h, MMT_EV_snap_protection), 25);
	CHECK_EQ(ROW(&h, snap_protection, 1, class), 1);
	CHECK_EQ(ROW(&h, snap_protection, 1, pages), 3019);
	CHECK_EQ(ROW(&h, snap_protection, 2, pages), 6987);
	CHECK_EQ(host_count(&h, MMT_EV_managed_change), 0);
	CHECK_STR(host_name(&h, MMT_DICT_STRING, ROW(&h, snap_nodestat, 0, name)),
		  "nr_inactive_anon");
	host_free(&h);
}

TEST(zones_of_6_12_with_two_nodes)
{
	struct host h;
	uint64_t present = 0;

	host_make(&h);
	CHECK(host_open(&h, NULL));
	parse(&h, snap_zoneinfo, "6.12/zoneinfo");
	CHECK(host_read(&h));
	CHECK_EQ(host_count(&h, MMT_EV_snap_zone), 10);
	for (size_t i = 0; i < 10; i++) {
		CHECK_EQ(Z(i, node), i / 5);
		CHECK_EQ(Z(i, zone), i % 5);
		present += Z(i, present);
		CHECK(Z(i, low) >= Z(i, min) && Z(i, high) >= Z(i, low));
		CHECK(Z(i, free) <= Z(i, managed) && Z(i, managed) <= Z(i, present));
		CHECK(Z(i, present) <= Z(i, spanned));
	}
	CHECK_EQ(present, 130939); /* 512 MiB less what is reserved below 1 MiB */
	CHECK_EQ(host_count(&h, MMT_EV_snap_pcp), 6);
	CHECK_EQ(P(2, count), 1429);
	for (size_t i = 0; i < 6; i++) {
		CHECK(P(i, batch) > 0);
		CHECK_EQ(P(i, high_min), 0);
	}
	host_free(&h);
}

/* Where the file has no limits of the lists, what a program found of each node is told. */
TEST(limits_of_lists_come_from_elsewhere_before_6_18)
{
	static struct rec_limits limits[REC_LISTS_NODES][REC_LISTS_ZONES];
	struct host h;

	memcpy(&limits[1][2].zone, "DMA32", sizeof("DMA32"));
	limits[1][2].least = 361;
	limits[1][2].most = 6081;
	host_make(&h);
	CHECK(host_open(&h, NULL));
	rec_snapshot_use_limits(h.s, limits[0]);
	parse(&h, snap_zoneinfo, "6.12/zoneinfo");
	parse(&h, snap_zoneinfo, "6.18/zoneinfo");
	CHECK(host_read(&h));
	for (size_t i = 0; i < 6; i++) {
		bool told = P(i, node) == 1 && P(i, zone) == 1;

		CHECK_EQ(P(i, high_min), told ? 361 : 0);
		CHECK_EQ(P(i, high_max), told ? 6081 : 0);
	}
	CHECK_EQ(P(4, node), 1);
	CHECK_EQ(P(11, high_min), 5983);
	CHECK_EQ(P(11, high_max), 63488);
	host_free(&h);
}

TEST(new_reserves_are_noticed)
{
	struct host h;

	host_make(&h);
	CHECK(host_open(&h, NULL));
	parse(&h, snap_zoneinfo, "6.12/zoneinfo");
	parse(&h, snap_zoneinfo, "6.12/zoneinfo");
	CHECK(!h.s->new_reserves);
	parse(&h, snap_zoneinfo, "6.18/zoneinfo");
	CHECK(h.s->new_reserves);
	host_free(&h);
}

/* 6.18 alone of the three prints high_min and high_max. */
TEST(zones_of_6_1)
{
	struct host h;

	host_make(&h);
	CHECK(host_open(&h, NULL));
	parse(&h, snap_zoneinfo, "6.1/zoneinfo");
	CHECK(host_read(&h));
	CHECK_EQ(host_count(&h, MMT_EV_snap_zone), 10);
	CHECK(host_count(&h, MMT_EV_snap_pcp) >= 6);
	for (size_t i = 0; i < host_count(&h, MMT_EV_snap_pcp); i++) {
		CHECK(P(i, batch) > 0);
		CHECK_EQ(P(i, high_min), 0);
		CHECK_EQ(P(i, high_max), 0);
	}
	CHECK(Z(1, start_pfn) == 4096);
	host_free(&h);
}

/* buddyinfo and pagetypeinfo agree: free pages are the same, counted by order or by type. */
static void free_lists(const char *release, uint64_t zones)
{
	uint64_t by_type = 0, by_order = 0; /* free pages of DMA32 */
	struct host h;
	char name[64];

	host_make(&h);
	CHECK(host_open(&h, NULL));
	snprintf(name, sizeof(name), "%s/buddyinfo", release);
	parse(&h, snap_buddyinfo, name);
	snprintf(name, sizeof(name), "%s/pagetypeinfo", release);
	parse(&h, snap_pagetypeinfo, name);
	CHECK(host_read(&h));
	CHECK_EQ(host_count(&h, MMT_EV_snap_buddy), zones * 11);
	for (size_t i = 0; i < host_count(&h, MMT_EV_snap_freetype); i++) {
		if (ROW(&h, snap_freetype, i, zone) == 1)
			by_type += ROW(&h, snap_freetype, i, blocks)
				   << ROW(&h, snap_freetype, i, order);
	}
	for (size_t i = 0; i < zones * 11; i++) {
		CHECK_EQ(ROW(&h, snap_buddy, i, order), i % 11);
		if (ROW(&h, snap_buddy, i, zone) == 1)
			by_order += ROW(&h, snap_buddy, i, blocks) << i % 11;
	}
	/* the two files were read one after the other on a host that lived */
	CHECK(by_order > 0 && by_type > by_order * 98 / 100 && by_type < by_order * 102 / 100);
	CHECK(host_count(&h, MMT_EV_snap_pageblocks) >= zones * 5);
	host_free(&h);
}

TEST(free_lists_of_6_18)
{
	free_lists("6.18", 3);
}

TEST(free_lists_of_6_12)
{
	free_lists("6.12", 3);
}

TEST(free_lists_of_6_1)
{
	free_lists("6.1", 3);
}

TEST(isolate_is_five_where_cma_is_missing)
{
	static const char text[] =
		"Number of blocks type     Unmovable      Movable  Reclaimable   "
		"HighAtomic      Isolate \n"
		"Node 0, zone      DMA            1            7            2     "
		"       3            4 \n";
	struct host h;

	host_make(&h);
	CHECK(host_open(&h, NULL));
	CHECK_EQ(snap_pagetypeinfo(h.s, text_of(text, sizeof(text) - 1), &h.err), 0);
	CHECK(host_read(&h));
	CHECK_EQ(host_count(&h, MMT_EV_snap_pageblocks), 5);
	CHECK_EQ(ROW(&h, snap_pageblocks, 3, migratetype), 3);
	CHECK_EQ(ROW(&h, snap_pageblocks, 4, migratetype), 5);
	CHECK_EQ(ROW(&h, snap_pageblocks, 4, blocks), 4);
	host_free(&h);
}

/* The kernel stops counting at 100000 blocks: that order has no row, the next ones have. */
TEST(an_unfinished_count_is_left_out)
{
	static const char text[] =
		"Node    0, zone   Normal, type      Movable >100000   1317    685 \n";
	struct host h;

	host_make(&h);
	CHECK(host_open(&h, NULL));
	CHECK_EQ(snap_pagetypeinfo(h.s, text_of(text, sizeof(text) - 1), &h.err), 0);
	CHECK(host_read(&h));
	CHECK_EQ(host_count(&h, MMT_EV_snap_freetype), 2);
	CHECK_EQ(ROW(&h, snap_freetype, 0, order), 1);
	CHECK_EQ(ROW(&h, snap_freetype, 0, blocks), 1317);
	host_free(&h);
}

/* managed:  3840 | 3840 | 4096   ->   one change, at the third look */
TEST(growth_of_managed_is_told_once)
{
	static const char *const text[] = {
		"Node 0, zone DMA\n  pages free 10\n managed 3840\n start_pfn: 1\n",
		"Node 0, zone DMA\n  pages free 11\n managed 3840\n start_pfn: 1\n",
		"Node 0, zone DMA\n  pages free 12\n managed 4096\n start_pfn: 1\n",
	};
	struct host h;

	host_make(&h);
	CHECK(host_open(&h, NULL));
	for (int i = 0; i < 3; i++)
		CHECK_EQ(snap_zoneinfo(h.s, text_of(text[i], strlen(text[i])), &h.err), 0);
	CHECK(host_read(&h));
	CHECK_EQ(host_count(&h, MMT_EV_snap_zone), 3);
	CHECK_EQ(Z(1, free), 11);
	CHECK_EQ(host_count(&h, MMT_EV_managed_change), 1);
	CHECK_EQ(ROW(&h, managed_change, 0, managed), 4096);
	host_free(&h);
}

TEST(absurd_numbers_saturate_or_are_refused)
{
	static const char text[] = "Node 0, zone Normal\n"
				   "  pages free 18446744073709551615\n"
				   "        min 99999999999999999999999\n"
				   "        managed 5\n"
				   "  start_pfn: 4294967296\n"
				   "Node 9999999999, zone DMA\n  pages free 1\n"
				   "Node 0, zone HighMem\n  pages free 1\n"
				   "Node 0, zone DMA\n  pages free 2\n";
	struct host h;

	host_make(&h);
	CHECK(host_open(&h, NULL));
	CHECK_EQ(snap_zoneinfo(h.s, text_of(text, sizeof(text) - 1), &h.err), 0);
	CHECK_EQ(rec_snapshot_refused(h.s), 2); /* a frame and a node beyond any format */
	CHECK(host_read(&h));
	CHECK_EQ(host_count(&h, MMT_EV_snap_zone), 1);
	CHECK_EQ(Z(0, free), 2);
	host_free(&h);
}

/* Text cut anywhere, and text with any one byte changed: no crash, never more rows. */
static void cut(parser *p, const char *name)
{
	struct host h;
	size_t n;
	char *text = sample(name, &n);

	host_make(&h);
	CHECK(host_open(&h, NULL));
	for (size_t i = 0; i <= n; i += 7) {
		char *copy = malloc(i + 1); /* so that a read past the end is seen */

		memcpy(copy, text, i);
		CHECK_EQ(p(h.s, text_of(copy, i), &h.err), 0);
		free(copy);
	}
	for (size_t i = 0; i < n; i += 13) {
		char was = text[i];

		text[i] = (char)(was + 1 + i % 200);
		CHECK_EQ(p(h.s, text_of(text, n), &h.err), 0);
		text[i] = was;
	}
	free(text);
	host_free(&h);
}

TEST(zoneinfo_cut_and_changed)
{
	cut(snap_zoneinfo, "6.12/zoneinfo");
}

TEST(buddyinfo_cut_and_changed)
{
	cut(snap_buddyinfo, "6.18/buddyinfo");
}

TEST(pagetypeinfo_cut_and_changed)
{
	cut(snap_pagetypeinfo, "6.18/pagetypeinfo");
}

/* The buffer for a text is there, touched, before the text is the one that counts. */
TEST(a_first_reading_is_thrown_away_and_leaves_its_buffers)
{
	size_t n;
	char *text = sample("6.18/zoneinfo", &n), *first;
	struct host h;

	host_make(&h);
	host_put(&h, "/proc/zoneinfo", text, n);
	CHECK(host_open(&h, NULL));
	CHECK_EQ(snap_zones_warm(h.s, &h.err), 0);
	first = h.s->buf[SNAP_ZONEINFO].p;
	CHECK(first && h.s->buf[SNAP_ZONEINFO].cap > n && memcmp(first, text, n) == 0);
	/* another host by now: a zone less */
	*strstr(strstr(text, "Node 0, zone"), "Node") = 'X';
	host_put(&h, "/proc/zoneinfo", text, n);
	CHECK_EQ(rec_snapshot_take(h.s, MMT_SNAP_LIGHT, &h.err), 0);
	CHECK(h.s->buf[SNAP_ZONEINFO].p == first);
	CHECK(host_read(&h));
	CHECK_EQ(host_count(&h, MMT_EV_snap_zone), 4);
	host_free(&h);
	free(text);
}

TEST_MAIN

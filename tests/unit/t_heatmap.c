/* SPDX-License-Identifier: GPL-2.0-only */
#include "lib/report/heatmap.h"
#include "lib/report/load.h"
#include "tests/unit/test.h"

static struct mmt_alloc heap;

/* A zone whose blocks of order @order number @value(time), others none. */
static json_t *zone(size_t times, unsigned order, int64_t (*value)(size_t time), int64_t unusable)
{
	json_t *blocks = json_array(), *indices = json_array();

	for (size_t t = 0; t < times; t++) {
		json_t *row = json_array(), *index = json_array();

		for (unsigned o = 0; o < REP_ORDERS; o++) {
			json_array_append_new(row, json_integer(o == order ? value(t) : 0));
			json_array_append_new(index, json_integer(unusable));
		}
		json_array_append_new(blocks, row);
		json_array_append_new(indices, index);
	}
	return json_pack("{sisssoso}", "node", 0, "zone", "Normal", "blocks", blocks, "unusable",
			 indices);
}

static json_t *seconds(size_t n)
{
	json_t *times = json_array();

	for (size_t i = 0; i < n; i++)
		json_array_append_new(times, json_integer((json_int_t)i * 1000000000));
	return times;
}

/* The map of @z as text; mmt_free() it. */
static char *draw(json_t *z, size_t times, struct rep_style style)
{
	struct mmt_wr w = { .alloc = &heap };
	json_t *t = seconds(times);

	rep_heatmap(&w, z, t, &style);
	mmt_wr_u8(&w, 0);
	json_decref(t);
	json_decref(z);
	return w.bad ? NULL : (char *)w.buf;
}

/* The text between the bars of row "order N"; also that it is @columns characters of ASCII. */
static const char *row(const char *map, unsigned order, size_t *len)
{
	char label[16];
	const char *p;

	snprintf(label, sizeof(label), "order %2u |", order);
	p = strstr(map, label);
	if (!p)
		return NULL;
	p += strlen(label);
	*len = strcspn(p, "|");
	return p;
}

static int64_t one(size_t time)
{
	(void)time;
	return 1;
}

static int64_t doubling(size_t time)
{
	return 1ll << time;
}

static int64_t none(size_t time)
{
	(void)time;
	return 0;
}

static int64_t alternating(size_t time)
{
	return time % 2 ? 200 : 100;
}

TEST_NAMED(shades, "shades: none is blank, the most is darkest, equal factors between")
{
	CHECK_EQ(rep_shade(0, 1000, 5), 0);
	CHECK_EQ(rep_shade(0, 0, 5), 0);
	CHECK_EQ(rep_shade(1, 1, 5), 4);
	CHECK_EQ(rep_shade(1, 1 << 20, 5), 1);
	CHECK_EQ(rep_shade(1 << 20, 1 << 20, 5), 4);
	CHECK_EQ(rep_shade(UINT64_MAX, UINT64_MAX, 10), 9);
	CHECK_EQ(rep_shade(5, 5, 1), 0);
	for (uint64_t v = 1, last = 0; v < 1 << 20; v++) {
		unsigned s = rep_shade(v, 1 << 20, 10);

		CHECK(s >= last && s >= 1 && s <= 9);
		last = s;
	}
}

TEST_NAMED(one_block, "one block of order 3 throughout: a dark row 3, blank rows else")
{
	/* 4 times in 80 columns: each is drawn 8 wide */
	struct rep_style style = { .width = 80, .ascii = true };
	char *map = draw(zone(4, 3, one, 0), 4, style);
	size_t len;
	const char *r = row(map, 3, &len);

	CHECK_EQ(len, 32);
	CHECK_EQ(strspn(r, "@"), 32);
	for (unsigned o = 0; o < REP_ORDERS; o++) {
		r = row(map, o, &len);
		CHECK_EQ(len, 32);
		CHECK_EQ(strspn(r, o == 3 ? "@" : " "), 32);
	}
	CHECK(strstr(map, "node 0, zone Normal"));
	CHECK(strstr(map, "unusable |00000000000000000000000000000000|"));
	CHECK(strstr(map, "0 ns to 3.000 s, 4 snapshots in 4 columns"));
	CHECK(strstr(map, "blank 0, . 1, - 2, + 4, @ 8\n"));
	mmt_free(&heap, map);
}

TEST_NAMED(ramp, "doubling each second: the row darkens monotonically to the darkest")
{
	struct rep_style style = { .width = 80, .ascii = true };
	static const char ramp[] = " .:-=+*#%@";
	char *map = draw(zone(20, 0, doubling, 0), 20, style);
	size_t len;
	const char *r = row(map, 0, &len);
	long last = 0;

	CHECK_EQ(len, 60);
	for (size_t i = 0; i < len; i++) {
		long shade = strchr(ramp, r[i]) - ramp;

		CHECK(shade >= last && shade >= 1);
		last = shade;
	}
	CHECK_EQ(last, 9);
	mmt_free(&heap, map);
}

TEST_NAMED(many_times, "more times than columns: a column is a mean, no line exceeds the width")
{
	/* 10000 times of 100 and 200 in turn: every mean of many is one of the two darkest */
	for (unsigned width = 40; width <= 200; width += 40) {
		struct rep_style style = { .width = width, .ascii = true };
		char *map = draw(zone(10000, 0, alternating, 500), 10000, style);
		size_t len;
		const char *r = row(map, 0, &len);

		CHECK_EQ(len, width - 11);
		CHECK_EQ(strspn(r, "%@"), len);
		CHECK(strstr(map, "unusable |555555"));
		for (const char *line = map; *line; line += strcspn(line, "\n") + 1)
			if (strncmp(line, "order", 5) == 0)
				CHECK(strcspn(line, "\n") <= width);
		mmt_free(&heap, map);
	}
}

TEST_NAMED(nothing, "no free memory at all, and no snapshot at all")
{
	struct rep_style style = { .width = 80, .ascii = true };
	char *map = draw(zone(3, 0, none, 1000), 3, style);
	size_t len;
	const char *r = row(map, 0, &len);

	CHECK_EQ(strspn(r, " "), len);
	CHECK(strstr(map, "unusable |999999"));
	mmt_free(&heap, map);
	map = draw(zone(0, 0, none, 0), 0, style);
	CHECK_STR(map, "node 0, zone Normal: no snapshots\n");
	mmt_free(&heap, map);
}

TEST_NAMED(styles, "ASCII has no other byte, colour resets itself, shades are UTF-8")
{
	struct rep_style ascii = { .ascii = true }, colour = { .colour = true }, plain = { 0 };
	char *map = draw(zone(4, 3, one, 0), 4, ascii);
	size_t starts = 0, ends = 0;

	for (const char *p = map; *p; p++)
		CHECK(*p == '\n' || (*p >= ' ' && *p <= '~'));
	mmt_free(&heap, map);
	map = draw(zone(4, 3, one, 0), 4, colour);
	for (const char *p = map; (p = strchr(p, '\033')); p++) {
		starts += strncmp(p, "\033[38;5;", 7) == 0;
		ends += strncmp(p, "\033[0m", 4) == 0;
	}
	CHECK(starts > 0);
	CHECK_EQ(starts, ends);
	mmt_free(&heap, map);
	map = draw(zone(4, 3, one, 0), 4, plain);
	CHECK(strstr(map, "\u2588\u2588\u2588\u2588"));
	CHECK(!strchr(map, '\033'));
	mmt_free(&heap, map);
}

TEST_NAMED(wild_values, "negative and enormous counts are drawn, not overflowed")
{
	struct rep_style style = { .width = 80, .ascii = true };
	json_t *z = zone(2, 10, one, -5);
	char *map;

	json_array_set_new(json_array_get(json_object_get(z, "blocks"), 0), 10,
			   json_integer(INT64_MAX));
	json_array_set_new(json_array_get(json_object_get(z, "blocks"), 1), 10,
			   json_integer(INT64_MIN));
	map = draw(z, 2, style);
	CHECK(map != NULL);
	CHECK(strstr(map, "order 10 |@@@@@@@@        |"));
	mmt_free(&heap, map);
}

TEST_MAIN

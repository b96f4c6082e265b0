/* SPDX-License-Identifier: GPL-2.0-only */
/* lib/trace/{column,batch,repeat}.c: events <-> columns. */
#include "lib/trace/column/codec.h"
#include "lib/trace/column/column.h"
#include "lib/trace/column/repeat.h"
#include "tests/unit/test.h"
#include "tests/unit/trace_sample.h"

#include <errno.h>

static struct mmt_alloc heap;

/* The columns of a frame are the events @ev. */
static void check_view(const struct mmt_view *v, const struct mmt_event *ev, size_t n)
{
	const uint32_t *begin[MMT_LANES];
	struct mmt_event got;
	size_t same = 0;

	for (unsigned l = 0; l < MMT_LANES; l++)
		begin[l] = v->lanes[l].shared;
	for (uint32_t i = 0; i < v->n; i++) {
		struct mmt_lane *lane = &v->lanes[v->cpu[i] & v->lane_mask];
		uint32_t at = lane->at++, shared = 0;
		unsigned place = v->place[at];

		if (v->kinds[place].shared)
			shared = *v->lanes[v->cpu[i] % MMT_LANES].shared++;
		mmt_view_event(v, at, v->cpu[i], lane->number[place]++, shared, &got);
		same += i < n && sample_equal(&got, &ev[i]);
	}
	test_eq(__FILE__, __LINE__, "events in columns", same, n);
	test_eq(__FILE__, __LINE__, "all known", mmt_view_known(v, v->n), n);
	test_eq(__FILE__, __LINE__, "half of them", mmt_view_known(v, v->n / 2), v->n / 2);
	for (unsigned l = 0; l < MMT_LANES; l++)
		test_eq(__FILE__, __LINE__, "values of a lane",
			(uint64_t)(v->lanes[l].shared - begin[l]), v->lanes[l].nr_shared);
}

/* All events of @ev through columns and back. */
static void round_trip(const struct mmt_event *ev, size_t n, bool plain)
{
	struct mmt_columns *c = mmt_columns_new(&heap);
	struct mmt_batch *b = mmt_batch_new(&heap);
	struct mmt_wr w = { .alloc = &heap };
	struct mmt_err e = { 0 };
	size_t same = 0;

	for (size_t i = 0; i < n; i++)
		mmt_columns_add(c, &ev[i], NULL);
	mmt_columns_put(c, &w, plain ? 0 : SIZE_MAX);
	test_eq(__FILE__, __LINE__, "count", mmt_columns_count(c), n);
	if (plain)
		test_true(__FILE__, __LINE__, "within the bound", w.len <= mmt_columns_bound(c));
	if (mmt_batch_take(b, mmt_rd(w.buf, w.len), (uint32_t)n, &e) != 0)
		printf("# %s\n", e.text);
	for (size_t i = 0; i < n; i++) {
		const struct mmt_event *got = mmt_batch_next(b);

		same += got && sample_equal(got, &ev[i]) && mmt_batch_place(b) == i + 1;
	}
	test_eq(__FILE__, __LINE__, "events that came back", same, n);
	test_true(__FILE__, __LINE__, "no more", !mmt_batch_next(b));
	test_true(__FILE__, __LINE__, "nor columns", !mmt_batch_view(b));
	if (mmt_batch_take(b, mmt_rd(w.buf, w.len), (uint32_t)n, &e) == 0)
		check_view(mmt_batch_view(b), ev, n);
	mmt_columns_free(c);
	mmt_batch_free(b);
	mmt_wr_free(&w);
	test_eq(__FILE__, __LINE__, "memory", heap.used, 0);
}

TEST(events_of_every_kind_come_back)
{
	struct mmt_rng r = { 11 };
	uint64_t time = 5;

	for (unsigned kind = 1; kind <= MMT_KIND_MAX; kind++) {
		struct mmt_event ev[100];

		if (!mmt_event_info(kind))
			continue;
		for (int i = 0; i < 100; i++)
			sample_event_of(&r, kind, &time, &ev[i]);
		round_trip(ev, 100, false);
		round_trip(ev, 3, true);
		round_trip(ev, 1, false);
		if (test_failed())
			return;
	}
}

TEST(events_of_all_kinds_mixed_come_back)
{
	struct mmt_rng r = { 12 };
	uint64_t time = 5;
	size_t n = 20000;
	struct mmt_event *ev = calloc(n, sizeof(*ev));

	for (size_t i = 0; i < n; i++) {
		sample_event(&r, &time, &ev[i]);
		if (i % 100 == 99) /* times may go back */
			ev[i].time -= 50;
	}
	round_trip(ev, n, false);
	round_trip(ev, n, true);
	free(ev);
}

/* Columns of @kinds (number step, fields, count each) with everything constant 0. */
static struct mmt_wr by_hand(const uint64_t (*kinds)[3], size_t nr)
{
	struct mmt_wr w = { .alloc = &heap };
	uint64_t columns = 4;

	if (!nr)
		mmt_wr_u8(&w, 0); /* else it would say that the frame is in lanes */
	mmt_wr_varint(&w, nr);
	for (size_t i = 0; i < nr; i++) {
		mmt_wr_varint(&w, kinds[i][0]);
		mmt_wr_u8(&w, (uint8_t)kinds[i][1]);
		mmt_wr_varint(&w, kinds[i][2]);
		mmt_wr_u8(&w, 0);
		columns += kinds[i][1];
	}
	/* places: 0, 1, 0, 1 ... in a table, or constant */
	if (nr != 2) {
		columns++;
	} else {
		uint64_t n = kinds[0][2] + kinds[1][2];

		mmt_wr_varint(&w, n + 4);
		mmt_wr_bytes(&w, "\x03\x02\x00\x01", 4);
		for (uint64_t i = 0; i < n; i++)
			mmt_wr_u8(&w, i & 1);
	}
	for (uint64_t i = 0; i < columns; i++)
		mmt_wr_bytes(&w, "\x02\x00\x00", 3); /* 2 bytes: const 0 */
	return w;
}

TEST(kinds_and_fields_of_a_later_version_are_passed_over)
{
	/* kind 1000 is not known; mm_page_free has three fields more than we know */
	const uint64_t kinds[][3] = { { MMT_EV_mm_page_free, 5, 10 },
				      { 1000 - MMT_EV_mm_page_free, 200, 10 } };
	struct mmt_wr w = by_hand(kinds, 2);
	struct mmt_batch *b = mmt_batch_new(&heap);
	const struct mmt_event *ev;
	struct mmt_err e = { 0 };
	int n = 0;

	CHECK_EQ(mmt_batch_take(b, mmt_rd(w.buf, w.len), 20, &e), 0);
	CHECK_EQ(mmt_batch_unknown(b), 10);
	CHECK_EQ(mmt_batch_extra(b), 30);
	while ((ev = mmt_batch_next(b))) {
		CHECK_EQ(ev->kind, MMT_EV_mm_page_free);
		CHECK_EQ(mmt_batch_place(b), 2 * n + 1);
		n++;
	}
	CHECK_EQ(n, 10);
	mmt_batch_free(b);
	mmt_wr_free(&w);
}

TEST(fields_of_an_earlier_version_read_as_0)
{
	const uint64_t kinds[][3] = { { MMT_EV_mm_page_alloc, 1, 4 } };
	struct mmt_wr w = by_hand(kinds, 1);
	struct mmt_batch *b = mmt_batch_new(&heap);
	const struct mmt_event *ev;

	CHECK_EQ(mmt_batch_take(b, mmt_rd(w.buf, w.len), 4, NULL), 0);
	ev = mmt_batch_next(b);
	for (int i = 0; i < MMT_FIELDS_MAX; i++)
		CHECK_EQ(ev->v[i], 0);
	mmt_batch_free(b);
	mmt_wr_free(&w);
}

/* The frame of @kinds by hand, said to have @n events, must be refused with @text. */
static void refuses_kinds(const uint64_t (*kinds)[3], size_t nr, uint32_t n, const char *text)
{
	struct mmt_wr w = by_hand(kinds, nr);
	struct mmt_batch *b = mmt_batch_new(&heap);
	struct mmt_err e = { 0 };

	test_eq(__FILE__, __LINE__, text, (uint64_t)mmt_batch_take(b, mmt_rd(w.buf, w.len), n, &e),
		(uint64_t)-EBADMSG);
	test_str(__FILE__, __LINE__, "reason", e.text, text);
	test_true(__FILE__, __LINE__, "no event", !mmt_batch_next(b));
	mmt_batch_free(b);
	mmt_wr_free(&w);
	test_true(__FILE__, __LINE__, "little memory", heap.peak < 64 << 20);
}

TEST_NAMED(hostile_kinds, "R11 every way a list of kinds can lie is refused by name")
{
	const uint64_t good[][3] = { { 5, 2, 4 } };
	const uint64_t zero[][3] = { { 0, 2, 4 } };
	const uint64_t far[][3] = { { 1024, 2, 4 } };
	const uint64_t none[][3] = { { 5, 2, 0 } };
	const uint64_t many[][3] = { { 5, 2, UINT32_MAX } };
	const uint64_t few[][3] = { { 5, 5, 4 } };
	const uint64_t pair[][3] = { { 5, 2, 6 }, { 1, 1, 2 } };

	refuses_kinds(good, 1, 5, "the kinds have 4 events, the frame says 5");
	refuses_kinds(zero, 1, 4, "kind 0 + 0 is not in 1..1023");
	refuses_kinds(far, 1, 4, "kind 0 + 1024 is not in 1..1023");
	refuses_kinds(none, 1, 4, "0 events of kind 5 are not in 1..65536");
	refuses_kinds(many, 1, 4, "4294967295 events of kind 5 are not in 1..65536");
	refuses_kinds(good, 0, 4, "0 kinds among 4 events");
	refuses_kinds(pair, 2, 1, "2 kinds among 1 events");
	refuses_kinds(pair, 2, 8, "kind 5 has not the 6 events its list says");
	/* fields beyond those known may be anything, but must be there */
	refuses_kinds(few, 1, 3, "the kinds have 4 events, the frame says 3");
}

TEST_NAMED(hostile_values, "R11 a value beyond its limit is named with event, field and limit")
{
	const struct {
		unsigned kind, field;
		uint64_t value;
		const char *text;
	} cases[] = {
		{ MMT_EV_mm_page_free, MMT_F(mm_page_free, order), 40,
		  "order of mm_page_free is 40, the limit of order 18" },
		{ MMT_EV_mm_page_free, MMT_F(mm_page_free, pfn), 1ull << 32,
		  "pfn of mm_page_free is 4294967296, the limit of pfn 4294967295" },
		{ MMT_EV_snap_distance, MMT_F(snap_distance, node), 4000000000,
		  "node of snap_distance is 4000000000, the limit of node 1024" },
		{ MMT_EV_page_fault_user, 0, 0xffff888012345678,
		  "address of page_fault_user is 18446612682375452280, the limit of addr 72057594037927936" },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		for (size_t n = 1; n < 200; n += 99) {
			struct mmt_columns *c = mmt_columns_new(&heap);
			struct mmt_batch *b = mmt_batch_new(&heap);
			struct mmt_event ev = { .kind = (uint16_t)cases[i].kind };
			struct mmt_wr w = { .alloc = &heap };
			struct mmt_err e = { 0 };

			for (size_t k = 0; k < n; k++) {
				ev.v[cases[i].field] = k == n - 1 ? cases[i].value : 0;
				mmt_columns_add(c, &ev, NULL);
			}
			mmt_columns_put(c, &w, SIZE_MAX);
			CHECK_EQ(mmt_batch_take(b, mmt_rd(w.buf, w.len), (uint32_t)n, &e),
				 -EBADMSG);
			CHECK_STR(e.text, cases[i].text);
			CHECK(e.has_event);
			CHECK_EQ(e.event, n - 1);
			mmt_columns_free(c);
			mmt_batch_free(b);
			mmt_wr_free(&w);
		}
	}
}

/* --- the shared column --- */

/* Frames that go round: @n events that allocate and free @pages pages, @cpus CPUs in turn. */
static void churn(size_t n, uint32_t pages, unsigned cpus, size_t *len)
{
	struct mmt_event *ev = calloc(n, sizeof(*ev));
	struct mmt_wr w = { .alloc = &heap };
	struct mmt_rng r = { pages };
	struct mmt_columns *c;
	void *out;
	uint32_t *stack = calloc(pages * cpus, sizeof(*stack));

	for (size_t i = 0; i < pages * cpus; i++)
		stack[i] = (uint32_t)mmt_rng_below(&r, 1 << 22);
	for (size_t i = 0; i < n; i++) {
		/* each CPU takes its pages and gives them back in the same order */
		unsigned cpu = (unsigned)(i % cpus);
		size_t turn = i / cpus / pages, at = i / cpus % pages;

		ev[i].time = i;
		ev[i].cpu = (uint16_t)cpu;
		ev[i].kind = turn % 2 ? MMT_EV_mm_page_free : MMT_EV_mm_page_alloc;
		ev[i].v[0] = stack[cpu * pages + (turn / 2 % 2 ? pages - 1 - at : at)];
	}
	round_trip(ev, n, false);
	round_trip(ev, n, true);
	c = mmt_columns_new(&heap);
	for (size_t i = 0; i < n; i++)
		mmt_columns_add(c, &ev[i], NULL);
	mmt_columns_put(c, &w, SIZE_MAX);
	out = malloc(ZSTD_compressBound(w.len));
	*len = ZSTD_compress(out, ZSTD_compressBound(w.len), w.buf, w.len, 3);
	free(out);
	mmt_columns_free(c);
	mmt_wr_free(&w);
	free(stack);
	free(ev);
}

TEST(frames_that_go_round_cost_a_token)
{
	/* 2000 events, of which only the 100 literals of 3 bytes are news */
	size_t len;

	churn(2000, 100, 1, &len);
	CHECK(len < 100 * 3 + 300);
	/* on four CPUs at once each has a lane of its own */
	churn(8000, 100, 4, &len);
	CHECK(len < 400 * 3 + 600);
}

/* A shared column by hand for @n events of mm_page_free must be refused with @text. */
static void refuses_repeat(const char *bytes, size_t len, size_t n, const char *text)
{
	uint64_t v[16], any;
	uint32_t quick[16];
	uint8_t *copy = malloc(len);
	struct mmt_err e = { 0 }, short_e = { 0 };

	memcpy(copy, bytes, len);
	test_eq(__FILE__, __LINE__, text,
		(uint64_t)mmt_repeat_take(mmt_rd(copy, len), quick, n, &any, &short_e),
		(uint64_t)-EBADMSG);
	if (strcmp(short_e.text, text) != 0)
		test_str(__FILE__, __LINE__, "in short", short_e.text,
			 "a value has no match, jump or literal");
	test_eq(__FILE__, __LINE__, text, (uint64_t)mmt_repeat_explain(mmt_rd(copy, len), v, n, &e),
		(uint64_t)-EBADMSG);
	test_str(__FILE__, __LINE__, "reason", e.text, text);
	free(copy);
}

TEST_NAMED(hostile_repeats, "R11 every way a column of repeats can lie is refused by name")
{
	const struct mmt_rd good = mmt_rd("\x01\x01\x06\x02\x05\x04\x00\x00\x00\x09", 10);
	uint64_t v[4], any;
	uint32_t quick[4];

	/* literal 9, up, jump 1 back, same: 9 10 10 10 */
	CHECK_EQ(mmt_repeat_explain(good, v, 4, NULL), 0);
	CHECK(v[0] == 9 && v[1] == 10 && v[2] == 10 && v[3] == 10);
	CHECK_EQ(mmt_repeat_take(good, quick, 4, &any, NULL), 0);
	CHECK(quick[0] == 9 && quick[1] == 10 && quick[2] == 10 && quick[3] == 10 && any == 11);
	refuses_repeat("\x03\x00", 2, 2, "3 jumps and 0 literals among 2 values");
	refuses_repeat("\x01\x02", 2, 2, "1 jumps and 2 literals among 2 values");
	refuses_repeat("\x00\x00\x02", 3, 2, "tokens of 2 values are cut short");
	refuses_repeat("\x00\x00\x02\x02x", 5, 2, "1 bytes are left over in a column");
	refuses_repeat("\x00\x00\x00\x02", 4, 2, "value 0 has no match before it");
	refuses_repeat("\x00\x00\x01\x02", 4, 2, "value 0 has no match before it");
	refuses_repeat("\x01\x00\x02\x05\x01\x00", 6, 2, "value 1 jumps before the first");
	refuses_repeat("\x01\x00\x02\x02\x00\x00", 6, 2, "jumps or literals are left over");
	refuses_repeat("\x00\x00\x02\x05", 4, 2, "value 1 jumps before the first");
	refuses_repeat("\x00\x00\x02\x06", 4, 2, "value 1 has no literal left");
	refuses_repeat("\x00\x00\x02\x07", 4, 2, "token 7 is not known");
}

TEST_NAMED(quick_repeats,
	   "R11 repeats read quickly are those read step by step, or refused by both")
{
	enum { MOST = 250 };
	struct mmt_rng r = { 77 };
	unsigned good = 0, long_ones = 0;

	for (unsigned turn = 0; turn < 20000; turn++) {
		/* few kinds of tokens in most turns, else hardly any column would be a good one */
		size_t n = 1 + mmt_rng_below(&r, turn % 4 ? 12 : MOST);
		unsigned kinds = mmt_rng_below(&r, 2) ? 7 : 8;
		struct mmt_wr w = { .alloc = &heap };
		uint8_t tokens[MOST], low[MOST], high[MOST] = { 0 };
		size_t jumps = 0, literals = 0;
		uint64_t any = 0, v[MOST];
		uint32_t quick[MOST];
		bool explained, taken, same = true;

		for (size_t i = 0; i < n; i++) {
			tokens[i] = i ? (uint8_t)mmt_rng_below(&r, n > 12 ? 7 : kinds) : 6;
			/* like tokens in long rows too */
			if (n > 12 && i && mmt_rng_below(&r, turn % 8 ? 2 : 20))
				tokens[i] = tokens[i - 1];
			if (tokens[i] == 5) {
				low[jumps] = (uint8_t)mmt_rng_below(&r, n > 12 ? i : 3);
				/* seldom to before the first */
				high[jumps++] = n > 12 && !mmt_rng_below(&r, 2000);
			}
			literals += tokens[i] == 6;
		}
		mmt_wr_varint(&w, jumps + !mmt_rng_below(&r, 50));
		mmt_wr_varint(&w, literals);
		mmt_wr_bytes(&w, tokens, n);
		mmt_wr_bytes(&w, low, jumps);
		mmt_wr_bytes(&w, high, jumps);
		mmt_wr_bytes(&w, "\x01\x00\x04\x00", 4); /* planes of 4 bytes */
		for (size_t i = 0; i < 4 * literals; i++)
			mmt_wr_u8(&w, mmt_rng_below(&r, 4) ? (uint8_t)mmt_rng_below(&r, 256) : 255);
		explained = mmt_repeat_explain(mmt_rd(w.buf, w.len), v, n, NULL) == 0;
		taken = mmt_repeat_take(mmt_rd(w.buf, w.len), quick, n, &any, NULL) == 0;
		for (size_t i = 0; explained && taken && i < n; i++)
			same &= quick[i] == (uint32_t)v[i] && !(v[i] & ~any);
		/* what is beyond a frame number may be refused in other words */
		CHECK(explained == taken || any > UINT32_MAX);
		CHECK(same || any > UINT32_MAX);
		good += taken;
		long_ones += taken && n > 100;
		mmt_wr_free(&w);
	}
	CHECK(good > 1000 && good < 19000 && long_ones > 300);
}

TEST(every_cut_and_every_flip_is_survived)
{
	struct mmt_rng r = { 21 };
	struct mmt_columns *c = mmt_columns_new(&heap);
	struct mmt_batch *b = mmt_batch_new(&heap);
	struct mmt_wr w = { .alloc = &heap };
	struct mmt_event ev;
	uint64_t time = 0;

	for (int i = 0; i < 60; i++) {
		sample_event(&r, &time, &ev);
		mmt_columns_add(c, &ev, NULL);
	}
	mmt_columns_put(c, &w, SIZE_MAX);
	for (size_t n = 0; n < w.len; n++) {
		uint8_t *copy = malloc(n + 1);

		memcpy(copy, w.buf, n);
		CHECK_EQ(mmt_batch_take(b, mmt_rd(copy, n), 60, NULL), -EBADMSG);
		free(copy);
	}
	/* below the CRC a flip may give other events, but only valid ones */
	for (size_t bit = 0; bit < w.len * 8; bit++) {
		const struct mmt_event *got;

		w.buf[bit / 8] ^= (uint8_t)(1 << bit % 8);
		if (mmt_batch_take(b, mmt_rd(w.buf, w.len), 60, NULL) == 0)
			while ((got = mmt_batch_next(b)))
				CHECK_EQ(mmt_event_validate(got), 0);
		w.buf[bit / 8] ^= (uint8_t)(1 << bit % 8);
	}
	mmt_columns_free(c);
	mmt_batch_free(b);
	mmt_wr_free(&w);
	CHECK_EQ(heap.used, 0);
}

TEST_MAIN

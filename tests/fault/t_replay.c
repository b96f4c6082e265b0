// SPDX-License-Identifier: GPL-2.0-only
/*
 * Every allocation of a replay fails once, alone and with all that follow; every host call too. The
 * replay must say so, leak nothing, and give no result that looks whole.
 */
#include "lib/replay/result.h"
#include "tests/unit/host.h"
#include "tests/unit/test.h"

static struct host_block held[1024];

static void record(struct host *h)
{
	struct mmt_rng rng = { 33 };
	unsigned nr;

	host_start(h);
	nr = host_churn(h, &rng, 60, held, 0, 50);
	host_record(h);
	host_churn(h, &rng, 60, held, nr, 50);
	host_snapshot(h, MMT_SNAP_LIGHT);
	host_finish(h);
}

static int replay_once(struct host *h, const char *set)
{
	struct replay_options o = { 0 };
	struct tunable_change c;
	struct replay r;
	int ret;

	if (set) {
		if (tunable_parse(set, &c, &h->err))
			return -EINVAL;
		o = (struct replay_options){ .change = &c, .nr_changes = 1 };
	}
	ret = host_replay(h, &r, &o);
	replay_free(&r);
	return ret;
}

static void fail_each(const char *set, bool after)
{
	struct host h;
	uint64_t base, calls, used;

	record(&h);
	CHECK(!h.broken);
	used = h.alloc.used;
	base = h.alloc.calls;
	CHECK_EQ(replay_once(&h, set), 0);
	calls = h.alloc.calls - base;
	CHECK(calls > 50);
	for (uint64_t i = 1; i <= calls; i++) {
		int ret;

		h.alloc.fail_at = h.alloc.calls + i;
		h.alloc.fail_after = after;
		ret = replay_once(&h, set);
		h.alloc.fail_at = 0;
		h.alloc.fail_after = false;
		if (ret != -ENOMEM)
			printf("# allocation %llu of %llu: %d %s\n", (unsigned long long)i,
			       (unsigned long long)calls, ret, h.err.text);
		CHECK_EQ(ret, -ENOMEM);
		CHECK(h.err.text[0]);
		CHECK_EQ(h.alloc.used, used);
	}
	h.alloc.fail_at = 0;
	CHECK_EQ(replay_once(&h, set), 0);
	host_stop(&h);
}

TEST(each_allocation_fails_alone)
{
	fail_each(NULL, false);
}

TEST(each_allocation_fails_with_all_that_follow)
{
	fail_each(NULL, true);
}

TEST(each_allocation_fails_in_a_smaller_machine)
{
	fail_each("mem=32M", false);
}

TEST(each_host_call_fails)
{
	struct host h;
	uint64_t calls, before, used;

	record(&h);
	CHECK(!h.broken);
	used = h.alloc.used;
	before = h.io.calls;
	CHECK_EQ(replay_once(&h, NULL), 0);
	calls = h.io.calls - before;
	for (uint64_t i = 1; i <= calls; i++) {
		h.io.fail_at = h.io.calls + i;
		h.io.fail_with = EIO;
		CHECK(replay_once(&h, NULL) < 0);
		CHECK(h.err.text[0]);
		CHECK_EQ(h.alloc.used, used);
	}
	h.io.fail_at = 0;
	CHECK_EQ(replay_once(&h, NULL), 0);
	host_stop(&h);
}

TEST_MAIN

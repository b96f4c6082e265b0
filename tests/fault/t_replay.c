// SPDX-License-Identifier: GPL-2.0-only
/*
 * R14, R15: every allocation of a replay fails once, alone and with all that follow; every host
 * call too. The replay must say so, leak nothing, and give no result that looks whole. R10: time
 * that jumps costs nothing.
 */
#include "lib/replay/result.h"
#include "tests/unit/host.h"
#include "tests/unit/test.h"

#include <time.h>

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

TEST_NAMED(alone, "R14 each allocation of a replay fails alone")
{
	fail_each(NULL, false);
}

TEST_NAMED(following, "R14 each allocation of a replay fails with all that follow")
{
	fail_each(NULL, true);
}

TEST_NAMED(smaller, "R14 each allocation of a replay fails in a smaller machine")
{
	fail_each("mem=32M", false);
}

TEST_NAMED(host_calls, "R15 each host call of a replay fails")
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

/* CPU time, in us, of a replay of a host whose clock jumps by @by ns while its lists hold pages. */
static uint64_t cost_of_jump(uint64_t by)
{
	struct timespec from, to;
	uint64_t best = UINT64_MAX;
	struct mmt_rng rng = { 34 };
	struct host h;
	unsigned nr;

	host_start(&h);
	nr = host_churn(&h, &rng, 60, held, 0, 50);
	host_record(&h);
	nr = host_churn(&h, &rng, 60, held, nr, 50);
	h.time += by;
	host_churn(&h, &rng, 60, held, nr, 50);
	host_snapshot(&h, MMT_SNAP_LIGHT);
	host_finish(&h);
	for (int i = 0; i < 3; i++) {
		uint64_t took;

		clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &from);
		test_true(__FILE__, __LINE__, "replayed", replay_once(&h, NULL) == 0);
		clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &to);
		took = (uint64_t)(to.tv_sec - from.tv_sec) * 1000000 +
		       (uint64_t)(to.tv_nsec / 1000) - (uint64_t)(from.tv_nsec / 1000);
		best = took < best ? took : best;
	}
	host_stop(&h);
	return best;
}

TEST_NAMED(jump, "R10 a jump of a hundred years costs less than 10 ms")
{
	const uint64_t century = UINT64_C(100) * 365 * 86400 * 1000000000;
	uint64_t still = cost_of_jump(0), jump = cost_of_jump(century);

	printf("# %llu us without the jump, %llu us with it\n", (unsigned long long)still,
	       (unsigned long long)jump);
	CHECK(jump < still + 10000);
}

TEST_MAIN

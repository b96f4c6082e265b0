// SPDX-License-Identifier: GPL-2.0-only
/*
 * Replays of traces whose every event is known, because the host was a model machine itself.
 */
#include "tests/unit/host.h"
#include "tests/unit/test.h"

static struct host_block held[4096];

/* host: empty machine -> record -> churn. The model begins from the same state and gets the same
 * requests: it must do the very same thing. */
TEST(a_machine_recorded_from_boot_is_replayed_exactly)
{
	struct mmt_rng rng = { 7 };
	struct replay_options o = { .check = 3 };
	struct replay r;
	struct host h;
	uint64_t events;

	host_start(&h);
	host_record(&h);
	unsigned nr = host_churn(&h, &rng, 400, held, 0, 300);
	host_snapshot(&h, MMT_SNAP_LIGHT);
	host_churn(&h, &rng, 400, held, nr, 300);
	host_snapshot(&h, MMT_SNAP_LIGHT);
	host_finish(&h);
	CHECK(!h.broken);
	CHECK_EQ(host_replay(&h, &r, &o), 0);
	CHECK(r.base);
	events = r.allocator.allocs + r.allocator.frees;
	CHECK_EQ(events, 800);
	CHECK_EQ(r.allocator.faithful, events);
	for (unsigned i = 0; i < NR_DIVERGENCES; i++)
		CHECK_EQ(r.allocator.divergence[i], 0);
	CHECK_EQ(r.allocator.same_frame, r.allocator.compared);
	CHECK_EQ(r.compare.nr, 3);
	for (size_t i = 0; i < r.compare.nr * r.compare.nr_zones; i++) {
		const struct sample_zone *s = &r.compare.sample[i];

		CHECK(s->recorded);
		CHECK_EQ(s->free, s->recorded_free);
		CHECK_EQ(s->pcp, s->recorded_pcp);
		CHECK_MEM(s->blocks, s->recorded_blocks, sizeof(s->blocks));
	}
	for (size_t i = 0; i < r.compare.nr_fidelity; i++)
		CHECK_EQ(r.compare.fidelity[i].error_permille, 0);
	replay_free(&r);
	host_stop(&h);
}

TEST_MAIN

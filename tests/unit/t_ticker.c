// SPDX-License-Identifier: GPL-2.0-only
/*
 * When vmstat_update() runs: computed as the kernel rounds its timers, or as drains or the trace
 * itself told.
 */
#include "lib/replay/survey/clock.h"
#include "lib/replay/ticker.h"
#include "tests/unit/test.h"

#define MS UINT64_C(1000000)

static struct mmt_alloc alloc = MMT_ALLOC_INIT;
static struct machine machine;

/* A drain on @cpu by @task. */
static void drain(struct flow *f, unsigned cpu, uint64_t ms, uint32_t task)
{
	struct mmt_event ev = { .kind = MMT_EV_mm_page_pcpu_drain,
				.time = ms * MS,
				.cpu = (uint16_t)cpu,
				.task = task };
	struct mmt_err e = { 0 };

	CHECK_EQ(flow_event(f, &ev, 100, 0, &machine, 1, &e), 0);
}

static void event(struct flow *f, unsigned cpu, uint64_t ms, uint32_t task, unsigned kind)
{
	struct mmt_event ev = {
		.kind = (uint16_t)kind, .time = ms * MS, .cpu = (uint16_t)cpu, .task = task
	};
	struct mmt_err e = { 0 };

	CHECK_EQ(flow_event(f, &ev, 100, 0, &machine, 1, &e), 0);
}

/* The next run until @ms: its CPU, or -1. */
static int due(struct ticker *t, uint64_t ms)
{
	return ticker_due(t, ms * MS);
}

/* Nothing told: whole seconds from the start, on both CPUs.
 *
 *	start 5.3   6.3   7.3
 */
TEST(without_a_hint_it_runs_each_second)
{
	struct mmt_err e = { 0 };
	struct flow f;
	struct ticker t;

	CHECK_EQ(flow_init(&f, &alloc, &e), 0);
	CHECK_EQ(clock_phase(&f), -1);
	CHECK_EQ(ticker_init(&t, &alloc, &f, 2, 5300 * MS, &e), 0);
	CHECK_EQ(due(&t, 6299), -1);
	CHECK_EQ(due(&t, 6300), 0);
	CHECK_EQ(due(&t, 6300), 1);
	CHECK_EQ(due(&t, 6300), -1);
	CHECK_EQ(due(&t, 7300), 0);
	CHECK_EQ(due(&t, 7300), 1);
	CHECK_EQ(due(&t, 8299), -1);
	ticker_free(&t);
	flow_free(&f);
	CHECK_EQ(alloc.used, 0);
}

/* On a large host too, those of one moment in the order of the CPUs. */
TEST(many_cpus_take_turns_in_order)
{
	const int cpus = 700;
	struct mmt_err e = { 0 };
	struct flow f;
	struct ticker t;

	CHECK_EQ(flow_init(&f, &alloc, &e), 0);
	CHECK_EQ(ticker_init(&t, &alloc, &f, (unsigned)cpus, 5300 * MS, &e), 0);
	for (uint64_t ms = 6300; ms < 9000; ms += 1000) {
		CHECK_EQ(due(&t, ms - 1), -1);
		for (int cpu = 0; cpu < cpus; cpu++)
			CHECK_EQ(due(&t, ms + 500), cpu);
		CHECK_EQ(due(&t, ms + 999), -1);
	}
	ticker_free(&t);
	flow_free(&f);
	CHECK_EQ(alloc.used, 0);
}

/* The worker is task 7. Frees by task 3 drain too, which says nothing of the clock.
 *
 *	ms  4400   5130   5200 5400     6110   7660     9120
 *	    alloc  drain  free drain 3  drain  drain    drain
 *	    by 3   by 7        by 3     by 7   by 7     by 7
 */
TEST(drains_that_no_free_caused_tell_the_clock)
{
	struct mmt_err e = { 0 };
	struct flow f;
	struct ticker t;

	CHECK_EQ(flow_init(&f, &alloc, &e), 0);
	event(&f, 0, 4400, 3, MMT_EV_mm_page_alloc);
	drain(&f, 0, 5130, 7);
	drain(&f, 0, 5130, 7); /* of the same run */
	event(&f, 0, 5200, 3, MMT_EV_mm_page_free);
	drain(&f, 0, 5400, 3);
	drain(&f, 0, 6110, 7);
	drain(&f, 0, 7660, 7);
	drain(&f, 0, 9120, 7);
	CHECK_EQ(f.nr_ticks, 4);
	/* 110 to 130 ms into the second, one late: the first of the others, in bins of 20 ms */
	CHECK_EQ(clock_phase(&f), 110 * MS);
	CHECK_EQ(ticker_init(&t, &alloc, &f, 2, 4200 * MS, &e), 0);
	/* CPU 0 as told; CPU 1, of which nothing is, by the phase */
	CHECK_EQ(due(&t, 5109), -1);
	CHECK_EQ(due(&t, 5129), 1);
	CHECK_EQ(due(&t, 5129), -1);
	CHECK_EQ(due(&t, 5130), 0);
	CHECK_EQ(due(&t, 6110), 0);
	CHECK_EQ(due(&t, 6110), 1);
	CHECK_EQ(due(&t, 7109), -1);
	CHECK_EQ(due(&t, 7110), 1);
	CHECK_EQ(due(&t, 7659), -1);
	CHECK_EQ(due(&t, 7660), 0);
	/* so late that the timer is rounded up: none at 8.11 */
	CHECK_EQ(due(&t, 9119), 1);
	CHECK_EQ(due(&t, 9119), 1);
	CHECK_EQ(due(&t, 9119), -1);
	CHECK_EQ(due(&t, 9120), 0);
	/* nothing told from here on: the phase again */
	CHECK_EQ(due(&t, 10109), -1);
	CHECK_EQ(due(&t, 10110), 0);
	ticker_free(&t);
	flow_free(&f);
	CHECK_EQ(alloc.used, 0);
}

/* Batches of 15: a run drains 480 pages of a zone of its own node at most.
 *
 *	ms  5130 CPU 0: 480 of DMA32		one run
 *	    6130 CPU 0: 481 of DMA32		two
 *	    7130 CPU 0: DMA32, Normal, DMA32	two
 *	    8130 CPU 0: 961 of DMA32		no run of the clock drains as many
 *	    5130 CPU 1, of another node: 481	one
 */
TEST(what_one_run_cannot_have_drained_tells_of_two)
{
	struct machine_pcp pcp[] = { { .batch = 15 }, { .batch = 15 } };
	struct machine_zone zones[] = {
		{ .type = ZONE_DMA32, .start = 0, .spanned = 1000, .nr_pcp = 2, .pcp = pcp },
		{ .type = ZONE_NORMAL, .start = 1000, .spanned = 1000, .nr_pcp = 2, .pcp = pcp },
	};
	const unsigned pages[] = { 480, 481, 1, 961 };
	struct machine two = { .zone = zones, .nr_zones = 2 };
	struct mmt_event ev = { .kind = MMT_EV_mm_page_pcpu_drain, .task = 7 };
	struct mmt_err e = { 0 };
	struct flow f;
	struct ticker t;

	two.node_of_cpu[1] = 1;
	CHECK_EQ(flow_init(&f, &alloc, &e), 0);
	event(&f, 0, 4400, 3, MMT_EV_mm_page_alloc);
	event(&f, 1, 4400, 3, MMT_EV_mm_page_alloc);
	for (unsigned i = 0; i < 4; i++) {
		ev.time = (5130 + i * UINT64_C(1000)) * MS;
		for (unsigned n = 0; n < pages[i]; n++)
			CHECK_EQ(flow_event(&f, &ev, n, 0, &two, 1, &e), 0);
		if (pages[i] > 1)
			continue;
		CHECK_EQ(flow_event(&f, &ev, 1000, 0, &two, 1, &e), 0);
		CHECK_EQ(flow_event(&f, &ev, 1, 0, &two, 1, &e), 0);
	}
	ev.time = 5130 * MS;
	ev.cpu = 1;
	for (unsigned n = 0; n < 481; n++)
		CHECK_EQ(flow_event(&f, &ev, n, 0, &two, 1, &e), 0);
	CHECK_EQ(f.nr_ticks, 5);
	CHECK_EQ(ticker_init(&t, &alloc, &f, 2, 4200 * MS, &e), 0);
	CHECK_EQ(due(&t, 5130), 0);
	CHECK(!t.cpu[0].again);
	CHECK_EQ(due(&t, 5130), 1);
	CHECK(!t.cpu[1].again);
	CHECK_EQ(due(&t, 6130), 0);
	CHECK(t.cpu[0].again);
	CHECK_EQ(due(&t, 6130), 1);
	CHECK_EQ(due(&t, 7130), 0);
	CHECK(t.cpu[0].again);
	CHECK_EQ(due(&t, 7130), 1);
	CHECK_EQ(due(&t, 8130), 0);
	CHECK(!t.cpu[0].again);
	ticker_free(&t);
	flow_free(&f);
	CHECK_EQ(alloc.used, 0);
}

/* A worker, task @task, begins with @function on @cpu. */
static void begin(struct flow *f, struct mmt_dict *dict, unsigned cpu, uint64_t ms, uint32_t task,
		  const char *function)
{
	struct mmt_event ev = { .kind = MMT_EV_workqueue_execute_start,
				.time = ms * MS,
				.cpu = (uint16_t)cpu,
				.task = task };
	struct mmt_err e = { 0 };
	bool fresh;

	ev.v[MMT_F(workqueue_execute_start, function)] = mmt_dict_intern(dict, function, &fresh);
	CHECK_EQ(clock_run(f, &ev, dict, &e), 0);
}

/* Worker 7 runs as told, an idle CPU's timer late; task 9 drains the lists of all CPUs. What drains
 * seemed to tell before, on CPU 1, was none either.
 *
 *	ms     5050     5130   5130   5500    6100   7900   7900
 *	CPU 0           run 7  drain  drain   other  run 7  drain
 *	                              by 9    work          of node 1
 *	CPU 1  drain
 */
TEST(where_runs_are_told_there_are_no_others)
{
	static struct machine_pcp pcp[2] = { { .batch = 15 }, { .batch = 15 } };
	static struct machine_zone zones[] = {
		{ .start = 0, .spanned = 200, .pcp = pcp, .nr_pcp = 2 },
		{ .node = 1, .start = 200, .spanned = 200, .pcp = pcp, .nr_pcp = 2 },
	};
	static struct machine two = { .nr_zones = 2, .zone = zones };
	struct mmt_dict *dict = mmt_dict_new(&alloc);
	struct mmt_event of_node_1 = { .kind = MMT_EV_mm_page_pcpu_drain,
				       .time = 7900 * MS,
				       .task = 7 };
	struct mmt_err e = { 0 };
	struct flow f;
	struct ticker t;

	CHECK_EQ(flow_init(&f, &alloc, &e), 0);
	event(&f, 1, 5000, 3, MMT_EV_mm_page_alloc);
	drain(&f, 1, 5050, 7);
	begin(&f, dict, 0, 5130, 7, "vmstat_update");
	drain(&f, 0, 5130, 7);
	event(&f, 0, 5400, 9, MMT_EV_mm_page_alloc);
	drain(&f, 0, 5500, 9);
	begin(&f, dict, 0, 6100, 7, "lru_add_drain_per_cpu");
	begin(&f, dict, 0, 7900, 7, "vmstat_update");
	CHECK_EQ(flow_event(&f, &of_node_1, 300, 0, &two, 1, &e), 0);
	CHECK_EQ(flow_settle(&f, &two, 1, &e), 0);
	CHECK_EQ(ticker_init(&t, &alloc, &f, 2, 5000 * MS, &e), 0);
	CHECK_EQ(due(&t, 5129), -1);
	CHECK_EQ(due(&t, 7899), 0);
	CHECK_EQ(t.cpu[0].nodes, 0);
	CHECK_EQ(due(&t, 7899), -1);
	CHECK_EQ(due(&t, 7900), 0);
	CHECK_EQ(t.cpu[0].nodes, 2);
	CHECK(!t.cpu[0].again);
	CHECK_EQ(due(&t, 3600 * 1000), -1);
	ticker_free(&t);
	flow_free(&f);
	mmt_dict_free(dict);
	CHECK_EQ(alloc.used, 0);
}

/* Worker 7 begins, but task 3 is let in and frees before it drains: the run counts from its drain on.
 * One that has drained, or whose worker does something else, began when it did.
 *
 *	ms   5000         5020  5046   6000         6020  6046   7000   7010  7020  7046
 *	     run 7        free  drain  run 7 drain  free  drain  run 7  free  free  drain
 *	                  by 3  by 7         by 7   by 3  by 7          by 7  by 3  by 7
 */
TEST(a_run_that_others_are_let_in_upon_is_when_it_drains)
{
	static struct machine_pcp pcp[1] = { { .batch = 15 } };
	static struct machine_zone zone = { .start = 0, .spanned = 200, .pcp = pcp, .nr_pcp = 1 };
	static struct machine one = { .nr_zones = 1, .zone = &zone };
	static const uint64_t at[] = { 5046, 6000, 7000 };
	struct mmt_dict *dict = mmt_dict_new(&alloc);
	struct mmt_err e = { 0 };
	struct flow f;
	struct ticker t;

	CHECK_EQ(flow_init(&f, &alloc, &e), 0);
	for (unsigned i = 0; i < 3; i++) {
		uint64_t second = (5 + i) * 1000;
		struct mmt_event ev[] = {
			{ .kind = MMT_EV_mm_page_pcpu_drain, .time = second * MS, .task = 7 },
			{ .kind = MMT_EV_mm_page_free, .time = (second + 10) * MS, .task = 7 },
			{ .kind = MMT_EV_mm_page_free, .time = (second + 20) * MS, .task = 3 },
			{ .kind = MMT_EV_mm_page_pcpu_drain,
			  .time = (second + 46) * MS,
			  .task = 7 },
		};

		begin(&f, dict, 0, second, 7, "vmstat_update");
		for (unsigned k = 0; k < 4; k++)
			if (k > 1 || k + 1 == i)
				CHECK_EQ(flow_event(&f, &ev[k], 100 + k, 0, &one, 1, &e), 0);
	}
	CHECK_EQ(flow_settle(&f, &one, 1, &e), 0);
	CHECK_EQ(ticker_init(&t, &alloc, &f, 1, 4900 * MS, &e), 0);
	for (unsigned i = 0; i < 3; i++) {
		CHECK_EQ(due(&t, at[i] - 1), -1);
		CHECK_EQ(due(&t, at[i]), 0);
	}
	ticker_free(&t);
	flow_free(&f);
	mmt_dict_free(dict);
	CHECK_EQ(alloc.used, 0);
}

/* The first snapshot reads the zones at 6000; what a run before drained of another node's lists is known
 * to be that only then. A batch is drained when they have idled for long; more, and it is something
 * else. */
TEST(a_run_before_the_zones_are_known_tells_of_them_too)
{
	static struct machine_pcp pcp[1] = { { .batch = 15 } };
	static struct machine_zone zones[] = {
		{ .start = 0, .spanned = 200, .pcp = pcp, .nr_pcp = 1 },
		{ .node = 1, .start = 200, .spanned = 200, .pcp = pcp, .nr_pcp = 1 },
	};
	static struct machine none, two = { .nr_zones = 2, .zone = zones };

	for (unsigned pages = 15; pages < 32; pages += 15) {
		struct mmt_dict *dict = mmt_dict_new(&alloc);
		struct mmt_event ev = { .kind = MMT_EV_mm_page_pcpu_drain,
					.time = 5001 * MS,
					.task = 7 };
		struct mmt_err e = { 0 };
		struct flow f;

		CHECK_EQ(flow_init(&f, &alloc, &e), 0);
		begin(&f, dict, 0, 5000, 7, "vmstat_update");
		CHECK_EQ(flow_event(&f, &ev, 100, 0, &none, 0, &e), 0);
		for (unsigned i = 0; i < pages; i++)
			CHECK_EQ(flow_event(&f, &ev, 300 + i, 0, &none, 0, &e), 0);
		CHECK_EQ(f.tick[0].nodes, 0);
		CHECK_EQ(flow_settle(&f, &two, 6000 * MS, &e), 0);
		CHECK_EQ(f.tick[0].nodes, pages == 15 ? 2 : 0);
		flow_free(&f);
		mmt_dict_free(dict);
	}
	CHECK_EQ(alloc.used, 0);
}

/* An hour without an event: the lists have come to rest long before. */
TEST(a_long_silence_runs_its_end_only)
{
	struct mmt_err e = { 0 };
	struct flow f;
	struct ticker t;
	unsigned runs = 0;

	CHECK_EQ(flow_init(&f, &alloc, &e), 0);
	CHECK_EQ(ticker_init(&t, &alloc, &f, 1, 500 * MS, &e), 0);
	while (due(&t, 3600 * 1000) == 0)
		runs++;
	CHECK_EQ(runs, 64);
	CHECK_EQ(due(&t, 3601 * 1000), 0);
	ticker_free(&t);
	flow_free(&f);
	CHECK_EQ(alloc.used, 0);
}

TEST_MAIN

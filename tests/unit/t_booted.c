// SPDX-License-Identifier: GPL-2.0-only
/*
 * Pages that a zone was given after its watermarks were set: found from the watermarks.
 */
#include "lib/replay/start/booted.h"
#include "tests/unit/host.h"
#include "tests/unit/test.h"

/* A machine whose kernel found @managed pages in zone DMA32 when it set watermarks and, if
 * @reserves, the reserves of lower zones. */
static void boot_with(struct host *h, pfn_t managed, bool reserves)
{
	struct mm_zone_config zones[2] = { host_zones[0], host_zones[1] };
	struct mm_config config = host_config();
	struct mm_system *booted;

	host_start(h);
	zones[1].managed = managed;
	config.zones = zones;
	booted = mm_create(&config, &h->alloc, &h->err);
	h->broken |= !booted;
	h->min_free_kbytes = booted ? mm_min_free_kbytes(booted) : 0;
	for (unsigned i = 0; i < 2 && booted; i++) {
		struct mm_zone_view then, now;

		mm_view_zone(booted, i, &then);
		mm_view_zone(h->sys, i, &now);
		h->broken |= mm_override_zone(h->sys, 0, then.type, then.wmark,
					      reserves ? then.lowmem_reserve : now.lowmem_reserve,
					      &h->err) != 0;
		for (unsigned cpu = 0; cpu < HOST_CPUS; cpu++) {
			struct mm_pcp_view p;

			mm_view_pcp(booted, i, cpu, &p);
			h->broken |= mm_override_pcp(h->sys, 0, then.type, cpu, p.high, p.high_min,
						     p.high_max, p.batch, &h->err) != 0;
		}
	}
	mm_destroy(booted);
}

static unsigned formulas_off(const struct replay *r, const char *metric)
{
	unsigned off = 0;

	for (size_t i = 0; i < r->compare.nr_fidelity; i++) {
		const struct fidelity *f = &r->compare.fidelity[i];

		off += strcmp(f->at, "formula") == 0 && f->recorded != f->model &&
		       strncmp(f->metric, metric, strlen(metric)) == 0;
	}
	return off;
}

static void replay_of(struct host *h, struct replay *r)
{
	struct replay_options o = { .check = 3 };

	host_record(h);
	host_finish(h);
	CHECK(!h->broken);
	CHECK_EQ(host_replay(h, r, &o), 0);
}

/* Whatever the number, it is found as near as 20 figures tell it, and explains them all. */
TEST(late_pages_are_found_and_explain_every_figure)
{
	static const pfn_t late[] = { 1, 100, 517, 1000, 2048, 5000 };

	for (size_t i = 0; i < sizeof(late) / sizeof(*late); i++) {
		struct replay r;
		struct host h;
		uint64_t found;

		boot_with(&h, host_zones[1].managed - late[i], true);
		replay_of(&h, &r);
		found = r.initial.late_pages;
		/* a reserve is a 256th of them */
		CHECK(found <= late[i] + 128 && found + 128 >= late[i]);
		CHECK_EQ(formulas_off(&r, ""), 0);
		CHECK_EQ(booted_late(&r.survey.machine), found);
		CHECK_EQ(machine_zone(&r.survey.machine, 0, ZONE_DMA)->late, 0);
		replay_free(&r);
		host_stop(&h);
	}
}

TEST(figures_of_todays_pages_need_no_late_ones)
{
	struct replay r;
	struct host h;

	boot_with(&h, host_zones[1].managed, true);
	replay_of(&h, &r);
	CHECK_EQ(r.initial.late_pages, 0);
	CHECK_EQ(formulas_off(&r, ""), 0);
	replay_free(&r);
	host_stop(&h);
}

/* A sysctl that sets watermarks anew leaves the reserves of the boot, and the other way round. */
TEST(watermarks_are_explained_where_reserves_are_of_another_moment)
{
	struct replay r;
	struct host h;

	boot_with(&h, host_zones[1].managed - 3000, false);
	replay_of(&h, &r);
	CHECK(r.initial.late_pages > 2950 && r.initial.late_pages < 3050);
	CHECK_EQ(formulas_off(&r, "wmark"), 0);
	CHECK_EQ(formulas_off(&r, "pcp"), 0);
	CHECK(formulas_off(&r, "lowmem_reserve") > 0);
	replay_free(&r);
	host_stop(&h);
}

TEST(figures_that_contradict_each_other_stay_unexplained)
{
	struct mm_zone_view v;
	struct replay r;
	struct host h;

	boot_with(&h, host_zones[1].managed - 3000, true);
	mm_view_zone(h.sys, 1, &v);
	for (unsigned i = 0; i < NR_WMARK; i++)
		v.wmark[i] *= 2;
	CHECK_EQ(mm_override_zone(h.sys, 0, ZONE_DMA32, v.wmark, v.lowmem_reserve, &h.err), 0);
	replay_of(&h, &r);
	CHECK_EQ(r.initial.late_pages, 0);
	CHECK(formulas_off(&r, "") > 0);
	replay_free(&r);
	host_stop(&h);
}

TEST_MAIN

/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Machines for the tests of lib/mm, and looks at their insides.
 *
 *	R1   one node, 4 CPUs: DMA 3840, DMA32 760000, Normal 3300000 managed pages
 *	R2   three nodes, 20 apart, each a Normal zone
 *	tiny one Normal zone from frame 0, nothing free until seeded, no watermarks
 */
#ifndef TESTS_MM_MACHINE_H
#define TESTS_MM_MACHINE_H

#include "lib/mm/gfp.h"
#include "lib/mm/pages/fallback.h"
#include "lib/mm/pages/highatomic.h"
#include "lib/mm/pages/page_alloc.h"
#include "lib/mm/pages/pcp.h"
#include "lib/mm/pages/wmark.h"
#include "lib/mm/pages/zonelist.h"
#include "tests/unit/test.h"

#include <errno.h>

struct machine {
	struct mmt_alloc alloc;
	struct mmt_err err;
	struct mm_system *sys;
};

#define R1_DMA	  0
#define R1_DMA32  1
#define R1_NORMAL 2

/* A machine of @nr zones with the defaults of 6.12. */
TEST_UNUSED static struct mm_config machine_config(const struct mm_zone_config *zones, unsigned nr,
						   unsigned nodes, unsigned cpus)
{
	return (struct mm_config){ .profile = MM_PROFILE_6_12,
				   .nr_nodes = nodes,
				   .nr_cpus = cpus,
				   .zones = zones,
				   .nr_zones = nr,
				   .tunables = mm_default_tunables() };
}

TEST_UNUSED static struct mm_system *machine_create(struct machine *m, const struct mm_config *c)
{
	*m = (struct machine){ .alloc = MMT_ALLOC_INIT };
	m->sys = mm_create(c, &m->alloc, &m->err);
	if (!m->sys)
		test_true(__FILE__, __LINE__, m->err.text, false);
	return m->sys;
}

/* All of the invariants hold, and nothing is left on the host. */
TEST_UNUSED static void machine_end(struct machine *m)
{
	if (m->sys && mm_check(m->sys, 3, &m->err))
		test_true(__FILE__, __LINE__, m->err.text, false);
	mm_destroy(m->sys);
	CHECK_EQ(m->alloc.used, 0);
}

TEST_UNUSED static struct mm_system *machine_r1(struct machine *m, bool thp)
{
	static const struct mm_zone_config zones[] = {
		{ 0, ZONE_DMA, 1, 4095, 3998, 3840 },
		{ 0, ZONE_DMA32, 4096, 1044480, 782336, 760000 },
		{ 0, ZONE_NORMAL, 1048576, 3407872, 3407872, 3300000 },
	};
	struct mm_config c = machine_config(zones, 3, 1, 4);

	c.tunables.thp = thp;
	return machine_create(m, &c);
}

/* R1 with all its memory free. */
TEST_UNUSED static struct mm_system *machine_r1_boot(struct machine *m, bool thp)
{
	if (!machine_r1(m, thp) || mm_seed_boot(m->sys, &m->err))
		return NULL;
	return m->sys;
}

TEST_UNUSED static struct mm_system *machine_r2(struct machine *m)
{
	static const struct mm_zone_config zones[] = {
		{ 0, ZONE_NORMAL, 0, 65536, 65536, 65536 },
		{ 1, ZONE_NORMAL, 65536, 65536, 65536, 65536 },
		{ 2, ZONE_NORMAL, 131072, 65536, 65536, 65536 },
	};
	struct mm_config c = machine_config(zones, 3, 3, 3);

	c.tunables.thp = false;
	return machine_create(m, &c);
}

TEST_UNUSED static struct mm_system *machine_tiny(struct machine *m, pfn_t pages, unsigned cpus)
{
	struct mm_zone_config zone = { 0, ZONE_NORMAL, 0, pages, pages, pages };
	struct mm_config c = {
		.profile = MM_PROFILE_6_12,
		.nr_nodes = 1,
		.nr_cpus = cpus,
		.zones = &zone,
		.nr_zones = 1,
		.tunables = mm_default_tunables(),
	};

	c.tunables.min_free_kbytes_set = true;
	c.tunables.watermark_scale_factor = 1;
	c.tunables.thp = false;
	return machine_create(m, &c);
}

/* Blocks of a list in order, as "64 16" ("-" when empty). */
TEST_UNUSED static const char *list_text(const struct mm_system *sys, const struct page_list *l,
					 unsigned order, char *buf, size_t size)
{
	size_t n = 0;
	pfn_t pfn;

	snprintf(buf, size, "-");
	for (pfn = l->first; pfn != PFN_NONE && n < size;
	     pfn = frames_link(&sys->frames, pfn, order)->next)
		n += (size_t)snprintf(buf + n, size - n, n ? " %u" : "%u", pfn);
	return buf;
}

#define FREE_LIST(sys, z, order, type) \
	list_text((sys), &(sys)->zone[z].area[order].list[type], (order), (char[256]){ 0 }, 256)

/* Make a zone's free count what the test needs, by taking from or giving to "used". The lists keep
 * what they have: only for tests of the watermark checks, which look at counts. */
TEST_UNUSED static void force_free(struct mm_system *sys, unsigned z, int64_t free)
{
	sys->zone[z].unknown += sys->zone[z].free - free;
	sys->zone[z].free = free;
}

TEST_UNUSED static uint64_t counter(const struct mm_system *sys, const char *name)
{
	unsigned i;

	for (i = 0; i < mm_nr_counters(); i++)
		if (!strcmp(mm_counter_name(i), name))
			return mm_counter(sys, i);
	test_true(__FILE__, __LINE__, name, false);
	return 0;
}

TEST_UNUSED static pfn_t get(struct mm_system *sys, uint32_t gfp, unsigned order, unsigned cpu)
{
	struct mm_alloc_request rq = {
		.gfp = gfp, .order = (uint8_t)order, .cpu = (uint16_t)cpu, .node = -1
	};

	return mm_alloc_pages(sys, &rq);
}

#endif

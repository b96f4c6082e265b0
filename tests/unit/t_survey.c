// SPDX-License-Identifier: GPL-2.0-only
/*
 * What events tell of the types of pageblocks.
 */
#include "lib/replay/survey/survey.h"

#include "tests/unit/test.h"

/* A free makes a list too long: its pageblock is of the type of what is drained first. Not if the clock
 * drains, as it says, nor if what was freed is a user's and the unmovable list drains, which a flush of all
 * lists does.
 *
 *	4096 the kernel's	a drain of its type, whichever
 *	4608 a user's		of the movable list
 */
TEST(what_is_drained_first_tells_the_pageblock_of_what_was_freed)
{
	static const struct {
		pfn_t pfn;
		unsigned type, witness;
	} of[] = { { 4096, MIGRATE_UNMOVABLE, MIGRATE_UNMOVABLE + 1 },
		   { 4096, MIGRATE_MOVABLE, MIGRATE_MOVABLE + 1 },
		   { 4608, MIGRATE_UNMOVABLE, 0 },
		   { 4608, MIGRATE_MOVABLE, MIGRATE_MOVABLE + 1 } };

	for (unsigned i = 0; i < 24; i++) {
		struct page_event freed = { .time = 20, .pfn = of[i % 4].pfn, .task = 7 };
		struct page_event drained = {
			.time = 20, .pfn = 5120, .task = 7, .type = (uint8_t)of[i % 4].type
		};
		struct page_event other = { .time = 20, .pfn = 9000, .task = 7 };
		struct machine_zone zone = { .type = ZONE_DMA32, .start = 4096, .spanned = 4096 };
		struct mmt_alloc alloc = MMT_ALLOC_INIT;
		struct mmt_err e = { 0 };
		unsigned told = of[i % 4].witness;
		struct survey s;

		CHECK_EQ(survey_init(&s, &alloc, &e), 0);
		s.machine.zone = &zone;
		s.machine.nr_zones = 1;
		CHECK_EQ(population_fill(&s.population, 4096, 512, FRAME_KERNEL, &e), 0);
		CHECK_EQ(population_fill(&s.population, 4608, 512, FRAME_ANON, &e), 0);
		CHECK_EQ(population_fill(&s.population, 5120, 512, FRAME_FREE, &e), 0);
		/* another task, order or zone, a block of another list between, the clock's worker: none of
		 * these tells */
		drained.task += i / 4 == 1;
		drained.order = i / 4 == 2;
		drained.pfn += i / 4 == 4 ? 4096 : 0;
		CHECK_EQ(survey_free_page(&s, &freed, &e), 0);
		if (i / 4 == 3)
			CHECK_EQ(survey_drain(&s, &other, &e), 0);
		if (i / 4 == 5) {
			s.flow.cpu[0].run = 1;
			s.flow.cpu[0].runner = 7;
		}
		CHECK_EQ(survey_drain(&s, &drained, &e), 0);
		s.flow.cpu[0].run = 0;
		CHECK_EQ(s.witness[freed.pfn >> PAGEBLOCK_ORDER] & ~SURVEY_LISTED,
			 i < 4 ? told : 0);
		s.machine.zone = NULL;
		s.machine.nr_zones = 0;
		survey_free(&s);
		CHECK_EQ(alloc.used, 0);
	}
}

TEST_MAIN

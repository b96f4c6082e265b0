// SPDX-License-Identifier: GPL-2.0-only
/* Names of hardware counters, encoded as for a processor that need not be here. */
#include "lib/record/pmu.h"
#include "tests/unit/test.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/*
 * Intel's manual (SDM volume 3, Skylake): DTLB_LOAD_MISSES is event 08H, WALK_COMPLETED all of its
 * umask bits 02H, 04H and 08H; a code is umask << 8 | event. libpfm4 reads LIBPFM_FORCE_PMU when it
 * begins, once in a process, hence before anything else here.
 */
TEST_NAMED(forced, "a name becomes the code in the vendor's manual, hardware or not")
{
	struct perf_event_attr attr;
	struct mmt_err e = { 0 };

	CHECK_EQ(setenv("LIBPFM_FORCE_PMU", "skl", 1), 0);
	CHECK_EQ(rec_pmu_encode("DTLB_LOAD_MISSES:WALK_COMPLETED", &attr, &e), 0);
	CHECK_EQ(attr.type, PERF_TYPE_RAW);
	CHECK_EQ(attr.config, 0x0e08);
	CHECK_EQ(attr.exclude_user, 0);
	CHECK_EQ(attr.exclude_kernel, 0);
	CHECK_EQ(attr.read_format, PERF_FORMAT_TOTAL_TIME_ENABLED | PERF_FORMAT_TOTAL_TIME_RUNNING);
	/* of user space alone */
	CHECK_EQ(rec_pmu_encode("DTLB_LOAD_MISSES:WALK_COMPLETED:u", &attr, &e), 0);
	CHECK_EQ(attr.config, 0x0e08);
	CHECK_EQ(attr.exclude_kernel, 1);
	CHECK_EQ(rec_pmu_encode("skl::UNHALTED_CORE_CYCLES", &attr, &e), 0);
	CHECK_EQ(attr.config, 0x3c);
}

TEST_NAMED(unknown, "a name that no PMU here has is refused, and those there are named")
{
	struct perf_event_attr attr;
	struct mmt_err e = { 0 };

	CHECK_EQ(rec_pmu_encode("DTLB_LOAD_MISSES:NO_SUCH_UNIT", &attr, &e), -EINVAL);
	CHECK(strstr(e.text, "counter DTLB_LOAD_MISSES:NO_SUCH_UNIT: ") != NULL);
	CHECK(strstr(e.text, "(known here: skl)") != NULL);
}

TEST_NAMED(list, "lists of counters: at most 16, none of them empty")
{
	struct mmt_alloc a = MMT_ALLOC_INIT;
	struct mmt_io io = MMT_IO_INIT;
	struct mmt_err e = { 0 };
	struct rec_pmu *pmu;
	char many[17 * 32] = "";

	CHECK_EQ(rec_pmu_open(&pmu, &a, &io, "UNHALTED_CORE_CYCLES,,", &e), -EINVAL);
	rec_pmu_close(pmu);
	for (int i = 0; i < 17; i++)
		strncat(many, i ? ",UNHALTED_CORE_CYCLES" : "UNHALTED_CORE_CYCLES",
			sizeof(many) - strlen(many) - 1);
	CHECK_EQ(rec_pmu_open(&pmu, &a, &io, many, &e), -EINVAL);
	CHECK_STR(e.text, "more than 16 counters");
	rec_pmu_close(pmu);
}

TEST_MAIN

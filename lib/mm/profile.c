// SPDX-License-Identifier: GPL-2.0-only
/*
 * Theory: a profile is the kernel release whose behaviour the model follows. Releases differ in few
 * places; each such place is a member of struct mm_profile_rules, and each release a row of the
 * table below. To add a release, add a row; to add a difference, add a member and its value in
 * every row.
 *
 *     6.1 ... 6.11        6.12 ... 6.17         6.18 ...    recorded kernel
 *     [----- 6.1 ----)     [----- 6.12 ---)      [-- 6.18    profile it gets
 *
 * Reference: Linux 6.1.192, 6.12.117 and 6.18 mm/page_alloc.c, mm/mempolicy.c, mm/shmem.c; the
 * burst of frees in free_unref_page_commit() (6.12) and free_frozen_page_commit() (6.18), whose
 * condition changed in 6.16. The members of struct mm_profile_rules say what each difference is.
 *
 * Invariants: I1 Rows ascend by release.
 * Cost: a walk over the table at creation, a pointer in the machine.
 *
 * Differs from Linux:
 * - a release between two rows follows the older one: 6.7 and 6.8 have per-CPU lists of 6.12
 *   already, 6.9 to 6.11 its free lists; 6.14 to 6.17 count weighted interleaving, 6.15 to 6.17
 *   captured blocks of another type, and 6.16 and 6.17 begin a burst, as 6.18 does.
 */
#include "lib/mm/profile.h"

static const struct mm_profile_rules table[NR_MM_PROFILES] = {
	[MM_PROFILE_6_1] = { .name = "6.1",
			     .major = 6,
			     .minor = 1,
			     .blocks_keep_list_type = true,
			     .pcp_fixed_high = true,
			     .highatomic_by_block = true,
			     .counts_refill_at_once = true,
			     .movable_is_lowmem = true,
			     .boost_wakes_always = true,
			     .boost_binds_waiters = true,
			     .movable_list_needs_cma = true,
			     .movable_is_not_captured = true,
			     .reclaim_retry_ignores_cpuset = true,
			     .interleaves_by_page_number = true },
	[MM_PROFILE_6_12] = { .name = "6.12",
			      .major = 6,
			      .minor = 12,
			      .weighted_interleave = true,
			      .thp_begins_at_home_node = true },
	[MM_PROFILE_6_18] = { .name = "6.18",
			      .major = 6,
			      .minor = 18,
			      .weighted_interleave = true,
			      .thp_begins_at_home_node = true,
			      .counts_weighted_hits = true,
			      .counts_captured_theft = true,
			      .burst_high_min_divisor = 2 },
};

const struct mm_profile_rules *mm_profile_rules(enum mm_profile profile)
{
	return &table[profile];
}

const char *mm_profile_name(enum mm_profile profile)
{
	return table[profile].name;
}

bool mm_profile_is(enum mm_profile profile, unsigned major, unsigned minor)
{
	return table[profile].major == major && table[profile].minor == minor;
}

enum mm_profile mm_profile_for(unsigned major, unsigned minor)
{
	enum mm_profile best = NR_MM_PROFILES;

	for (unsigned i = 0; i < NR_MM_PROFILES; i++) {
		const struct mm_profile_rules *p = &table[i];
		bool newer = p->major > major || (p->major == major && p->minor > minor);

		/* the first one stands in for what is older than all of them */
		if (best == NR_MM_PROFILES || !newer)
			best = (enum mm_profile)i;
	}
	return best;
}

/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Profiles: where kernel releases behave differently, one value per release says how.
 */
#ifndef MM_PROFILE_H
#define MM_PROFILE_H

#include "lib/mm/mm.h"

/* What differs between releases. The rest of the model reads these values and never asks for a
 * release's name. */
struct mm_profile_rules {
	const char *name; /* as model.profile spells it */
	unsigned major, minor;
	bool modelled;
	/* A burst of frees of order 1 to 3 begins after a batch of pages and high_min / this more;
	 * 0: after a batch. */
	int32_t burst_high_min_divisor;
	bool weighted_interleave;     /* MPOL_WEIGHTED_INTERLEAVE exists (6.9) */
	bool thp_begins_at_home_node; /* else at the CPU's node, whatever the policy's home */
};

/* The rules of @profile, which need not be modelled. */
const struct mm_profile_rules *mm_profile_rules(enum mm_profile profile);

#endif

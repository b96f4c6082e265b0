// SPDX-License-Identifier: GPL-2.0-only
/*
 * Theory: a simulated machine from birth to death, its tunables, and what is told rather than
 * computed about it: the figures a real machine reported.
 *
 * Reference: Linux 6.12 mm/mm_init.c, mm/page_alloc.c init_per_zone_wmark_min() and the sysctl
 * handlers of vm.*; mm/vmscan.c balance_pgdat() for the end of a boost.
 *
 * Invariants: I1 two systems share nothing. I2 A refused call changes nothing.
 * Cost: creation is O(zones x CPUs + pageblocks).
 *
 * Differs from Linux:
 * - sysctl writes take effect at once and in whole.
 */
#include "lib/mm/pages/pcp.h"
#include "lib/mm/pages/wmark.h"
#include "lib/mm/pages/zonelist.h"
#include "lib/mm/profile.h"

#include <errno.h>
#include <string.h>

struct mm_tunables mm_default_tunables(void)
{
	return (struct mm_tunables){
		.watermark_scale_factor = 10,
		.watermark_boost_factor = 15000,
		.lowmem_reserve_ratio = { 256, 256, 32, 0, 0 },
		.thp = true,
	};
}

static int check_tunables(const struct mm_tunables *t, struct mmt_err *e)
{
	unsigned i;

	if (t->watermark_scale_factor < 1 || t->watermark_scale_factor > 3000)
		return mmt_fail(e, ERANGE, "vm.watermark_scale_factor %u: not in 1..3000",
				t->watermark_scale_factor);
	if (t->percpu_pagelist_high_fraction &&
	    t->percpu_pagelist_high_fraction < MIN_PERCPU_PAGELIST_HIGH_FRACTION)
		return mmt_fail(e, ERANGE, "vm.percpu_pagelist_high_fraction %u: not 0 or >= %d",
				t->percpu_pagelist_high_fraction,
				MIN_PERCPU_PAGELIST_HIGH_FRACTION);
	if (t->watermark_boost_factor > INT32_MAX)
		return mmt_fail(e, ERANGE, "vm.watermark_boost_factor %u: above %d",
				t->watermark_boost_factor, INT32_MAX);
	if (t->zone_reclaim_mode > INT32_MAX)
		return mmt_fail(e, ERANGE, "vm.zone_reclaim_mode %u: above %d",
				t->zone_reclaim_mode, INT32_MAX);
	if (t->min_free_kbytes > INT32_MAX)
		return mmt_fail(e, ERANGE, "vm.min_free_kbytes %u: above %d", t->min_free_kbytes,
				INT32_MAX);
	for (i = 0; i < MAX_NR_ZONES; i++)
		if (t->lowmem_reserve_ratio[i] > INT32_MAX)
			return mmt_fail(e, ERANGE, "vm.lowmem_reserve_ratio %u: above %d",
					t->lowmem_reserve_ratio[i], INT32_MAX);
	return 0;
}

/* A node has a weight if there is such a node, and a kernel that weighs. */
static int check_weights(const struct mm_profile_rules *rules, unsigned nr_nodes,
			 const struct mm_tunables *t, struct mmt_err *e)
{
	unsigned n;

	for (n = 0; n < MM_MAX_NODES; n++) {
		if (!t->interleave_weight[n])
			continue;
		if (!rules->weighted_interleave)
			return mmt_fail(e, EINVAL,
					"weighted interleaving does not exist in Linux %s",
					rules->name);
		if (n >= nr_nodes)
			return mmt_fail(e, EINVAL,
					"mempolicy.weighted_interleave.node%u: no such node", n);
	}
	return 0;
}

static void setup_pcp(struct mm_system *sys)
{
	unsigned i;

	for (i = 0; i < sys->nr_zones; i++)
		pcp_setup(sys, &sys->zone[i]);
}

/* vm.min_free_kbytes was written, or is the kernel's own choice. */
static void setup_min_free(struct mm_system *sys)
{
	sys->user_min_free_kbytes = 0;
	if (!sys->tunables.min_free_kbytes_set) {
		wmark_auto_min_free_kbytes(sys);
		return;
	}
	sys->min_free_kbytes = sys->user_min_free_kbytes = sys->tunables.min_free_kbytes;
	wmark_setup(sys);
}

static void setup_ways(struct mm_system *sys)
{
	uint32_t gfp;

	for (gfp = 0; gfp < GFP_WAYS; gfp++)
		sys->way[gfp] = (struct gfp_way){ .highest = (int8_t)gfp_zone(gfp),
						  .type = (int8_t)gfp_migratetype(gfp) };
}

struct mm_system *mm_create(const struct mm_config *config, struct mmt_alloc *a, struct mmt_err *e)
{
	struct mm_system *sys;

	if (config->profile >= NR_MM_PROFILES) {
		mmt_fail(e, EINVAL, "profile %u: no such profile", (unsigned)config->profile);
		return NULL;
	}
	if (check_tunables(&config->tunables, e) ||
	    check_weights(mm_profile_rules(config->profile), config->nr_nodes, &config->tunables,
			  e))
		return NULL;
	sys = mmt_calloc(a, 1, sizeof(*sys));
	if (!sys) {
		mmt_fail(e, ENOMEM, "no memory for a machine");
		return NULL;
	}
	sys->alloc = a;
	sys->rules = mm_profile_rules(config->profile);
	sys->tunables = config->tunables;
	sys->capture = (struct capture){ .order = NO_CAPTURE, .pfn = PFN_NONE };
	setup_ways(sys);
	if (zones_init(sys, config, e) || zonelists_init(sys, e) || pcps_init(sys, e)) {
		mm_destroy(sys);
		return NULL;
	}
	setup_min_free(sys);
	wmark_setup_lowmem_reserve(sys);
	setup_pcp(sys);
	sys->counter[C_LOCK_WATERMARK] = 0;
	return sys;
}

void mm_destroy(struct mm_system *sys)
{
	if (!sys)
		return;
	pcps_free(sys);
	zonelists_free(sys);
	zones_free(sys);
	mmt_free(sys->alloc, sys);
}

void mm_setup_watermarks(struct mm_system *sys)
{
	if (sys->tunables.min_free_kbytes_set)
		wmark_setup(sys);
	else
		wmark_auto_min_free_kbytes(sys);
	wmark_setup_lowmem_reserve(sys);
	setup_pcp(sys);
}

/* Which of the tunables that set watermarks differ, and thus were written. */
static unsigned differ(const struct mm_tunables *t, const struct mm_tunables *old)
{
	unsigned written = 0;

	if (t->min_free_kbytes_set != old->min_free_kbytes_set ||
	    (t->min_free_kbytes_set && t->min_free_kbytes != old->min_free_kbytes))
		written |= MM_WRITTEN_MIN_FREE;
	if (t->watermark_scale_factor != old->watermark_scale_factor)
		written |= MM_WRITTEN_SCALE;
	if (t->thp != old->thp)
		written |= MM_WRITTEN_THP;
	return written;
}

int mm_write_tunables(struct mm_system *sys, const struct mm_tunables *t, unsigned written,
		      struct mmt_err *e)
{
	const struct mm_tunables old = sys->tunables;
	int err = check_tunables(t, e);

	if (!err)
		err = check_weights(sys->rules, sys->nr_nodes, t, e);
	if (err)
		return err;
	written |= differ(t, &old);
	sys->tunables = *t;
	if (written & MM_WRITTEN_MIN_FREE)
		setup_min_free(sys);
	else if (written & MM_WRITTEN_SCALE)
		wmark_setup(sys);
	if (written & MM_WRITTEN_THP)
		wmark_write_thp(sys);
	if (memcmp(t->lowmem_reserve_ratio, old.lowmem_reserve_ratio,
		   sizeof(old.lowmem_reserve_ratio)) != 0)
		wmark_setup_lowmem_reserve(sys);
	if (written || t->percpu_pagelist_high_fraction != old.percpu_pagelist_high_fraction)
		setup_pcp(sys);
	return 0;
}

int mm_set_tunables(struct mm_system *sys, const struct mm_tunables *t, struct mmt_err *e)
{
	return mm_write_tunables(sys, t, 0, e);
}

static struct zone *find_zone(struct mm_system *sys, unsigned node, enum zone_type type,
			      struct mmt_err *e)
{
	int z = node < sys->nr_nodes && (unsigned)type < MAX_NR_ZONES ? sys->node[node].zone[type]
								      : -1;

	if (z >= 0)
		return &sys->zone[z];
	mmt_fail(e, EINVAL, "node %u has no such zone", node);
	return NULL;
}

int mm_override_zone(struct mm_system *sys, unsigned node, enum zone_type type,
		     const uint64_t wmark[NR_WMARK], const uint64_t lowmem_reserve[MAX_NR_ZONES],
		     struct mmt_err *e)
{
	struct zone *z = find_zone(sys, node, type, e);
	unsigned i;

	if (!z)
		return -EINVAL;
	for (i = 0; i < NR_WMARK; i++)
		if (wmark[i] > INT32_MAX || (i && wmark[i] < wmark[i - 1]))
			return mmt_fail(e, EINVAL, "watermarks of node %u do not ascend", node);
	for (i = 0; i < MAX_NR_ZONES; i++)
		if (lowmem_reserve[i] > INT32_MAX)
			return mmt_fail(e, EINVAL, "lowmem_reserve %llu of node %u",
					(unsigned long long)lowmem_reserve[i], node);
	for (i = 0; i < NR_WMARK; i++)
		z->wmark[i] = (int64_t)wmark[i];
	for (i = 0; i < MAX_NR_ZONES; i++)
		z->lowmem_reserve[i] = (int64_t)lowmem_reserve[i];
	wmark_setup_totalreserve(sys);
	pcp_setup(sys, z);
	return 0;
}

int mm_override_pcp(struct mm_system *sys, unsigned node, enum zone_type type, unsigned cpu,
		    uint32_t high, uint32_t high_min, uint32_t high_max, uint32_t batch,
		    struct mmt_err *e)
{
	struct zone *z = find_zone(sys, node, type, e);

	if (!z)
		return -EINVAL;
	if (cpu >= sys->nr_cpus || !batch || batch > 1 << 16 || high_min > high_max ||
	    high_max > INT32_MAX / 2 || high > INT32_MAX / 2)
		return mmt_fail(e, EINVAL, "PCP lists of CPU %u: batch %u, high %u in %u..%u", cpu,
				batch, high, high_min, high_max);
	z->cpu[cpu].high = (int32_t)high;
	z->cpu[cpu].high_min = (int32_t)high_min;
	z->cpu[cpu].high_max = (int32_t)high_max;
	z->cpu[cpu].batch = (int32_t)batch;
	return 0;
}

void mm_seed_pcp_state(struct mm_system *sys, unsigned node, enum zone_type type, unsigned cpu,
		       unsigned alloc_factor, uint32_t free_count, bool high_order)
{
	struct zone *z = find_zone(sys, node, type, NULL);

	if (!z || cpu >= sys->nr_cpus || alloc_factor > PCP_BATCH_SCALE_MAX ||
	    free_count > (uint32_t)z->cpu[cpu].batch << PCP_BATCH_SCALE_MAX)
		return;
	z->cpu[cpu].alloc_factor = (int32_t)alloc_factor;
	z->cpu[cpu].free_count = (int32_t)free_count;
	z->cpu[cpu].prev_free_high_order = high_order;
}

void mm_set_hooks(struct mm_system *sys, const struct mm_hooks *hooks)
{
	sys->hooks = hooks ? *hooks : (struct mm_hooks){ 0 };
}

void mm_drop_boost(struct mm_system *sys, unsigned node)
{
	unsigned i;

	for (i = 0; i < sys->nr_zones; i++)
		if (sys->zone[i].node == node)
			sys->zone[i].boost = 0;
}

void mm_begin_pass(struct mm_system *sys, unsigned node, enum zone_type highest)
{
	unsigned i;

	for (i = 0; i < sys->nr_zones; i++) {
		struct zone *z = &sys->zone[i];

		if (z->node == node)
			z->boost_seen = z->type <= highest ? z->boost : 0;
	}
	mm_set_reclaim_active(sys, node, highest, true);
}

void mm_end_pass(struct mm_system *sys, unsigned node)
{
	unsigned i;

	for (i = 0; i < sys->nr_zones; i++) {
		struct zone *z = &sys->zone[i];

		if (z->node == node)
			z->boost -= z->boost < z->boost_seen ? z->boost : z->boost_seen;
	}
	mm_set_reclaim_active(sys, node, ZONE_MOVABLE, false);
}

void mm_set_reclaim_active(struct mm_system *sys, unsigned node, enum zone_type highest,
			   bool active)
{
	unsigned i;

	for (i = 0; i < sys->nr_zones; i++)
		if (sys->zone[i].node == node && sys->zone[i].type <= highest)
			sys->zone[i].reclaim_active = active;
}

bool mm_host_failed(const struct mm_system *sys)
{
	return sys->frames.host_failed;
}

uint64_t mm_touched_bytes(const struct mm_system *sys)
{
	return sys->frames.nr_touched * sizeof(struct section) + pcps_bytes(sys);
}

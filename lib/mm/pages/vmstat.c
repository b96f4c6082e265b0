// SPDX-License-Identifier: GPL-2.0-only
/*
 * Theory: a counter that all CPUs write would travel between their caches. So each CPU keeps what it
 * has counted to itself, and adds it once that is more than a threshold, or its clock ticks:
 *
 *	threshold 8	CPU 0 frees a page, 8 times	its own 8	the counter lags by 8
 *			once more			0		9 are added
 *			takes a refill of 31 pages	four times -9	it lags by -(31 - 27)
 *
 * Watermark checks read the counter as it is. While kswapd is awake the threshold is such that all CPUs
 * together hide no more than lies between two watermarks, which on small machines is more than otherwise:
 * of 256 MiB and two CPUs 52 for 8.
 *
 * Reference: Linux 6.12 mm/vmstat.c __mod_zone_page_state(), calculate_normal_threshold(),
 * calculate_pressure_threshold(), refresh_zone_stat_thresholds(), set_pgdat_percpu_threshold(),
 * refresh_cpu_vm_stats(); mm/page_alloc.c account_freepages(). Until 6.9 a refill is counted as a whole
 * (rmqueue_bulk()).
 *
 * Invariants:
 * I1 uncounted is the sum of the CPUs' free_diff, each of which is at most the threshold, or what it was
 *    when the threshold became less.
 * I2 A threshold is at most 125; 0, as at first, makes the counter exact.
 *
 * Cost: an addition and two comparisons for each block that enters or leaves the free lists.
 *
 * Differs from Linux:
 * - of all counters only NR_FREE_PAGES is kept so;
 * - a CPU goes idle when a replay says so (mm_quiet_vmstat()): when it allocated and freed nothing for
 *   a while, for no event tells it;
 * - when a replay begins the CPUs have nothing to add, and every kswapd is asleep;
 * - all CPUs are taken to have come online while the system booted;
 * - what compaction takes, and memory that comes online, is added at once;
 * - percpu_drift_mark bounds thresholds alone: zone_watermark_ok_safe() is kswapd's.
 */
#include "lib/mm/pages/vmstat.h"

#include "lib/mm/pages/wmark.h"

#define MOST_THRESHOLD 125
#define UNIT_ORDER     15 /* managed memory counts in units of 128 MiB */

/* The number of the highest bit set, from 1; 0: there is none. */
static unsigned fls(uint64_t v)
{
	return v ? 64 - (unsigned)__builtin_clzll(v) : 0;
}

static uint8_t normal_threshold(const struct mm_system *sys, const struct zone *z)
{
	unsigned pages = 2 * fls(sys->nr_cpus) * (1 + fls((uint64_t)z->managed >> UNIT_ORDER));

	return (uint8_t)(pages < MOST_THRESHOLD ? pages : MOST_THRESHOLD);
}

/* With this, all CPUs together hide less than lies between the two watermarks. */
static uint8_t pressure_threshold(const struct mm_system *sys, const struct zone *z)
{
	int64_t pages = (zone_wmark(z, WMARK_LOW) - zone_wmark(z, WMARK_MIN)) / sys->nr_cpus;

	if (pages < 1)
		pages = 1;
	return (uint8_t)(pages < MOST_THRESHOLD ? pages : MOST_THRESHOLD);
}

/* Whether CPUs could hide more than lies between the watermarks when it was looked at: of a CPU that comes
 * online while the system boots, before there are watermarks (smp_init(), init_per_zone_wmark_min()), and
 * what that finds stays. Guests of 6.1 and 6.12 with two CPUs show it of DMA32, whose marks lie 104 apart. */
static bool drifts(const struct mm_system *sys, const struct zone *z)
{
	return sys->nr_cpus > 1 || (int64_t)sys->nr_cpus * normal_threshold(sys, z) >
					   zone_wmark(z, WMARK_LOW) - zone_wmark(z, WMARK_MIN);
}

void vmstat_count_row(struct zone *z, struct per_cpu_pages *pcp, int32_t pages, uint32_t n)
{
	int32_t step = pages < 0 ? -pages : pages, most = z->stat_threshold;
	int32_t diff = pages < 0 ? -pcp->free_diff : pcp->free_diff; /* towards where it goes */
	uint32_t until;						     /* all is added */

	if (!most)
		return;
	/* at once, if it is beyond a threshold that became less */
	until = diff + step > most || diff + step < -most ? 1
							  : (uint32_t)((most - diff) / step) + 1;
	diff = n < until ? diff + (int32_t)n * step
			 : (int32_t)((n - until) % (uint32_t)(most / step + 1)) * step;
	if (pages < 0)
		diff = -diff;
	z->uncounted += diff - pcp->free_diff;
	pcp->free_diff = (int8_t)diff;
}

void vmstat_fold(struct zone *z, unsigned cpu)
{
	z->uncounted -= z->cpu[cpu].free_diff;
	z->cpu[cpu].free_diff = 0;
}

void mm_let_counters_drift(struct mm_system *sys)
{
	for (unsigned i = 0; i < sys->nr_zones; i++) {
		struct zone *z = &sys->zone[i];

		z->stat_threshold = normal_threshold(sys, z);
		/* a lower one than before holds from the next block on */
		for (unsigned cpu = 0; cpu < sys->nr_cpus; cpu++)
			vmstat_fold(z, cpu);
	}
}

void mm_quiet_vmstat(struct mm_system *sys, unsigned cpu)
{
	for (unsigned i = 0; cpu < sys->nr_cpus && i < sys->nr_zones; i++)
		vmstat_fold(&sys->zone[i], cpu);
}

void mm_set_stat_pressure(struct mm_system *sys, unsigned node, bool awake)
{
	for (unsigned i = 0; i < sys->nr_zones; i++) {
		struct zone *z = &sys->zone[i];

		if (z->node == node && z->stat_threshold && drifts(sys, z))
			z->stat_threshold =
				awake ? pressure_threshold(sys, z) : normal_threshold(sys, z);
	}
}

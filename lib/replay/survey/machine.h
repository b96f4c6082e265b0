/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A recorded machine as one snapshot tells it: zones, free lists, per-CPU lists, tunables.
 */
#ifndef REPLAY_MACHINE_H
#define REPLAY_MACHINE_H

#include "lib/base/alloc.h"
#include "lib/base/err.h"
#include "lib/mm/mm.h"
#include "lib/trace/dict.h"
#include "lib/trace/event.h"

#define MACHINE_MAX_ZONES (MM_MAX_NODES * MAX_NR_ZONES)

struct machine_pcp {
	bool told;
	uint32_t count, high, batch, high_min, high_max;
};

struct machine_zone {
	unsigned node;
	enum zone_type type;
	bool told; /* by the snapshot being read */
	pfn_t start, spanned, present, managed;
	pfn_t late;			 /* of managed: since the watermarks were set (booted.c) */
	uint64_t free;			 /* as /proc/zoneinfo: per-CPU counters may be behind */
	uint64_t wmark[NR_WMARK], boost; /* boost not included in wmark[] */
	uint64_t protection[MAX_NR_ZONES];
	bool has_buddy, has_freetype, has_pageblocks;
	uint64_t buddy[NR_PAGE_ORDERS];
	uint64_t freetype[MIGRATE_TYPES][NR_PAGE_ORDERS];
	uint64_t pageblocks[MIGRATE_TYPES];
	struct machine_pcp *pcp; /* [nr_cpus of the machine] */
	unsigned nr_pcp;
};

struct machine {
	struct mmt_alloc *alloc;
	enum mmt_snapshot kind;
	uint64_t begin, end; /* times of snapshot_begin and snapshot_end */
	bool reading, complete;
	uint64_t seq, complete_seq; /* of the snapshot being read, and of the last whole one */
	bool known;		    /* every row that a snapshot of changes leaves out */
	unsigned nr_zones;
	struct machine_zone *zone; /* in order of first sight */
	unsigned nr_cpus;	   /* largest CPU told + 1 */
	uint16_t node_of_cpu[MM_MAX_CPUS];
	uint8_t distance[MM_MAX_NODES][MM_MAX_NODES]; /* 0: not told */
	struct mm_tunables tunables;
	bool has_tunables;
	bool fixed_high; /* a kernel before 6.7: it did not tune the high of per-CPU lists */
};

void machine_init(struct machine *m, struct mmt_alloc *a);
void machine_free(struct machine *m);
/* Take one event of class snapshot. 1: the snapshot is complete now; 0: taken, or no row of ours;
 * -EBADMSG: beyond the limits of a machine; -ENOMEM. */
int machine_row(struct machine *m, const struct mmt_event *ev, const struct mmt_dict *dict,
		struct mmt_err *e);
/* Frames that the zones of the host span together. */
uint64_t machine_frames(const struct machine *m);
/* The zone, or NULL. */
struct machine_zone *machine_zone(const struct machine *m, unsigned node, enum zone_type type);
static inline bool machine_zone_holds(const struct machine_zone *z, pfn_t pfn)
{
	return pfn >= z->start && pfn - z->start < z->spanned;
}

/* Pages in free lists: summed over buddyinfo where the snapshot has it, which is exact. */
uint64_t machine_free_pages(const struct machine_zone *z);
/* Pages in per-CPU lists. */
uint64_t machine_pcp_pages(const struct machine_zone *z);
/* A tunable by its recorded name ("vm.min_free_kbytes", "thp.enabled"). False: not one that the
 * model follows. */
bool machine_sysctl(struct mm_tunables *t, const char *name, uint64_t index, uint64_t value);
bool machine_setting(struct mm_tunables *t, const char *name, const char *value);
/* The same from text as /proc and /sys show it: numbers, or a word. */
bool machine_setting_text(struct mm_tunables *t, const char *name, const char *value);

#endif

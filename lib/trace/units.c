/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Units: what a field's number means, the largest one a file may hold, and how it prints.
 *
 * Theory. The limits are the first guard of a replay against a stranger's file: node four billion
 * or order 63 is refused here, in one place, before any model sees it. A limit is what the kernel
 * could ever say, not what is usual, so that an honest recorder never meets it. Arguments of system
 * calls are what a program passed, however absurd: lengths (BYTES) and FLAGS take all 64 bits, and
 * an address outside user space is stored as MMT_ADDR_OUTSIDE, which also keeps every kernel
 * address out.
 */
#include "lib/base/err.h"
#include "lib/trace/dict.h"
#include "lib/trace/event.h"

#define PAGES_MAX ((UINT64_C(1) << 52) - 1) /* 2^64 bytes of 4 KiB pages */

struct unit {
	const char *name;
	uint64_t limit;
	enum mmt_print print;
};

static const struct unit units[MMT_NR_UNITS] = {
	[MMT_U_COUNT] = { "count", INT64_MAX, MMT_PRINT_DECIMAL },
	[MMT_U_PAGES] = { "pages", PAGES_MAX, MMT_PRINT_DECIMAL },
	[MMT_U_BYTES] = { "bytes", UINT64_MAX, MMT_PRINT_DECIMAL },
	[MMT_U_US] = { "us", INT64_MAX, MMT_PRINT_DECIMAL },
	[MMT_U_ADDR] = { "addr", MMT_ADDR_OUTSIDE, MMT_PRINT_HEX },
	[MMT_U_PHYS] = { "phys", MMT_ADDR_OUTSIDE, MMT_PRINT_HEX },
	[MMT_U_PFN] = { "pfn", UINT32_MAX, MMT_PRINT_HEX },
	[MMT_U_INDEX] = { "index", PAGES_MAX, MMT_PRINT_DECIMAL },
	[MMT_U_ORDER] = { "order", MMT_ORDER_ANY, MMT_PRINT_DECIMAL },
	[MMT_U_GFP] = { "gfp", UINT32_MAX, MMT_PRINT_HEX },
	[MMT_U_MIGRATETYPE] = { "migratetype", 5, MMT_PRINT_NAME },
	[MMT_U_CAUSE] = { "cause", MMT_NR_CAUSES - 1, MMT_PRINT_NAME },
	[MMT_U_NODE] = { "node", MMT_NODE_ANY, MMT_PRINT_DECIMAL },
	[MMT_U_ZONE] = { "zone", 4, MMT_PRINT_NAME },
	[MMT_U_CPU] = { "cpu", MMT_CPU_MAX, MMT_PRINT_DECIMAL },
	[MMT_U_TASK] = { "task", MMT_DICT_ID_MAX, MMT_PRINT_DICT },
	[MMT_U_TID] = { "tid", 1u << 22, MMT_PRINT_DECIMAL },
	[MMT_U_MM] = { "mm", MMT_DICT_ID_MAX, MMT_PRINT_DICT },
	[MMT_U_FILE] = { "file", MMT_DICT_ID_MAX, MMT_PRINT_DICT },
	[MMT_U_CGROUP] = { "cgroup", MMT_DICT_ID_MAX, MMT_PRINT_DICT },
	[MMT_U_STRING] = { "string", MMT_DICT_ID_MAX, MMT_PRINT_DICT },
	[MMT_U_HANDLE] = { "handle", UINT64_C(1) << 48, MMT_PRINT_DECIMAL },
	[MMT_U_DEV] = { "dev", UINT32_MAX, MMT_PRINT_DEV },
	[MMT_U_ENUM] = { "enum", UINT32_MAX, MMT_PRINT_DECIMAL },
	[MMT_U_FLAGS] = { "flags", UINT64_MAX, MMT_PRINT_HEX },
	[MMT_U_VMFLAGS] = { "vmflags", UINT64_MAX, MMT_PRINT_HEX },
	[MMT_U_PAGEFLAGS] = { "pageflags", UINT64_MAX, MMT_PRINT_HEX },
	[MMT_U_BOOL] = { "bool", 1, MMT_PRINT_DECIMAL },
	[MMT_U_SIGNED] = { "signed", UINT64_MAX, MMT_PRINT_SIGNED },
	[MMT_U_RET] = { "ret", UINT64_MAX, MMT_PRINT_RET },
	[MMT_U_SNAPSHOT] = { "snapshot", MMT_SNAP_END, MMT_PRINT_NAME },
};

const char *mmt_unit_name(enum mmt_unit unit)
{
	MMT_BUG(unit >= MMT_NR_UNITS);
	return units[unit].name;
}

uint64_t mmt_unit_limit(enum mmt_unit unit)
{
	MMT_BUG(unit >= MMT_NR_UNITS);
	return units[unit].limit;
}

unsigned mmt_unit_width(enum mmt_unit unit)
{
	uint64_t limit = mmt_unit_limit(unit);

	if (limit <= UINT8_MAX)
		return 1;
	if (limit <= UINT16_MAX)
		return 2;
	return limit <= UINT32_MAX ? 4 : 8;
}

bool mmt_unit_signed(enum mmt_unit unit)
{
	return unit == MMT_U_SIGNED || unit == MMT_U_RET;
}

enum mmt_print mmt_unit_print(enum mmt_unit unit)
{
	MMT_BUG(unit >= MMT_NR_UNITS);
	return units[unit].print;
}

bool mmt_unit_valid(enum mmt_unit unit, uint64_t v)
{
	if (v > units[unit].limit)
		return false;
	return unit != MMT_U_ORDER || v <= MMT_ORDER_MAX || v == MMT_ORDER_ANY;
}

const char *mmt_value_name(enum mmt_unit unit, uint64_t v)
{
	static const char *const types[] = { "unmovable",  "movable", "reclaimable",
					     "highatomic", "cma",     "isolate" };
	static const char *const zones[] = { "DMA", "DMA32", "Normal", "Movable", "Device" };
	static const char *const snapshots[] = { "full", "light", "end" };

	if (!mmt_unit_valid(unit, v))
		return NULL;
	switch (unit) {
	case MMT_U_MIGRATETYPE:
		return types[v];
	case MMT_U_ZONE:
		return zones[v];
	case MMT_U_SNAPSHOT:
		return snapshots[v];
	case MMT_U_CAUSE:
		return mmt_cause_name((enum mmt_cause)v);
	default:
		return NULL;
	}
}

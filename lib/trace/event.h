/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The events of a trace: one table, from which the dumper, the JSON export, the fuzzer's mutator,
 * `mmtrace list events` and the table of mmtrace-trace(5) come.
 *
 * The table is four files: tracepoint.def, syscall.def, snapshot.def, scenario.def. A row is
 *
 *	EVENT(name, number, GROUP, CLASS, system, "what it says")
 *		FIELD(name, UNIT) FIELD(name, UNIT) ... END
 *
 * where `number` is what stands in files: never reused, never changed. A later version may append
 * fields to a kind and kinds to the table; a reader skips kinds and fields it does not know.
 */
#ifndef MMT_TRACE_EVENT_H
#define MMT_TRACE_EVENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* demand is replayed; outcome is compared with; snapshot is state; check is a scenario's assertion
 */
enum mmt_class { MMT_DEMAND, MMT_OUTCOME, MMT_SNAPSHOT, MMT_CHECK, MMT_NR_CLASSES };

enum mmt_group {
	MMT_G_ALLOC,
	MMT_G_FAULT,
	MMT_G_VMA,
	MMT_G_TASK,
	MMT_G_FILEMAP,
	MMT_G_LRU,
	MMT_G_RECLAIM,
	MMT_G_COMPACT,
	MMT_G_OOM,
	MMT_G_MIGRATE,
	MMT_G_THP,
	MMT_G_KSM,
	MMT_G_TLB,
	MMT_G_MEMCG,
	MMT_G_CGROUP,
	MMT_G_DAMON,
	MMT_G_READAHEAD,
	MMT_G_WRITEBACK,
	MMT_G_VMALLOC,
	MMT_G_SLAB,
	MMT_G_PERCPU,
	MMT_G_HUGETLB,
	MMT_G_SCHED,
	MMT_G_NUMA,
	MMT_G_SNAPSHOT,
	MMT_G_META,
	MMT_G_SCENARIO,
	MMT_NR_GROUPS
};

/* What a field counts or names; units.c gives each its name, its limit and how it prints. */
enum mmt_unit {
	MMT_U_COUNT,
	MMT_U_PAGES,
	MMT_U_BYTES,
	MMT_U_US,
	MMT_U_ADDR,  /* user address; a kernel address never stands in a trace */
	MMT_U_PHYS,  /* physical address, bytes */
	MMT_U_PFN,   /* frame number; MMT_PFN_NONE: none */
	MMT_U_INDEX, /* page offset in a file */
	MMT_U_ORDER, /* 0..MMT_ORDER_MAX; compaction's "whole zone" order -1 is MMT_ORDER_ANY */
	MMT_U_GFP,   /* canonical (6.12) bits */
	MMT_U_MIGRATETYPE, /* canonical: UNMOVABLE 0 MOVABLE 1 RECLAIMABLE 2 HIGHATOMIC 3 CMA 4
			      ISOLATE 5 */
	MMT_U_CAUSE,	   /* enum mmt_cause */
	MMT_U_NODE,
	MMT_U_ZONE, /* DMA 0 DMA32 1 Normal 2 Movable 3 Device 4 */
	MMT_U_CPU,
	MMT_U_TASK,   /* id in the task dictionary; 0: none */
	MMT_U_TID,    /* the kernel's thread number */
	MMT_U_MM,     /* dense mm id; 0: a kernel thread's */
	MMT_U_FILE,   /* id in the file dictionary; 0: none */
	MMT_U_CGROUP, /* id in the cgroup dictionary; 0: none */
	MMT_U_STRING, /* id in the string dictionary; 0: none */
	MMT_U_HANDLE, /* dense id of a kernel object, in place of its address; 0: none */
	MMT_U_DEV,    /* device number, major << 20 | minor */
	MMT_U_ENUM,
	MMT_U_FLAGS,
	MMT_U_VMFLAGS,	 /* canonical VM_* bits */
	MMT_U_PAGEFLAGS, /* KPF_* bits of /proc/kpageflags */
	MMT_U_BOOL,
	MMT_U_SIGNED,	/* two's complement */
	MMT_U_RET,	/* a system call's result: address, count or -errno, two's complement */
	MMT_U_SNAPSHOT, /* enum mmt_snapshot */
	MMT_NR_UNITS
};

/* Why a block was allocated, told from (gfp, order, migratetype, the task's last fault). */
enum mmt_cause {
	MMT_CAUSE_UNKNOWN,
	MMT_CAUSE_ANON,	     /* first touch of anonymous memory */
	MMT_CAUSE_COW,	     /* copy on write */
	MMT_CAUSE_FILE,	     /* page cache */
	MMT_CAUSE_FILE_COPY, /* private copy of a file page */
	MMT_CAUSE_SHMEM,
	MMT_CAUSE_SWAPIN,
	MMT_CAUSE_THP,
	MMT_CAUSE_PGTABLE,
	MMT_CAUSE_SLAB,
	MMT_CAUSE_MMU_GATHER,
	MMT_CAUSE_KERNEL, /* stacks, buffers, vmalloc, network and the rest */
	MMT_NR_CAUSES
};

enum mmt_snapshot { MMT_SNAP_FULL, MMT_SNAP_LIGHT, MMT_SNAP_END };

#define MMT_FIELDS_MAX 16
#define MMT_KIND_MAX   1023 /* largest kind number a file may hold */
#define MMT_PFN_NONE   UINT32_MAX
#define MMT_ORDER_MAX  18 /* 1 GiB, what a recorded host may name; models refuse what they lack */
#define MMT_ORDER_ANY  63
#define MMT_NODE_ANY   1024 /* no node asked for; real ones are smaller */
#define MMT_CPU_MAX    8191
#define MMT_CPU_NONE   MMT_CPU_MAX /* in a field: no CPU, the kernel's -1; real ones are smaller */
#define MMT_TIME_MAX   (UINT64_MAX >> 1)
/* What stands for an address outside user space (a program may pass any): never the address. */
#define MMT_ADDR_OUTSIDE (UINT64_C(1) << 56)

/* The kinds: MMT_EV_mm_page_alloc and so on. */
#define EVENT(name, number, group, class, system, help) MMT_EV_##name = number,
#define FIELD(name, unit)
#define END
enum mmt_kind {
	MMT_EV_none = 0,
#include "lib/trace/scenario.def"
#include "lib/trace/snapshot.def"
#include "lib/trace/syscall.def"
#include "lib/trace/tracepoint.def"
};
#undef EVENT
#undef FIELD
#undef END

/* A field's place in v[]: MMT_F(mm_page_alloc, pfn), a constant. These structs are never made. */
#define EVENT(name, number, group, class, system, help) struct mmt_fields_##name {
#define FIELD(name, unit)				char name;
#define END \
	}   \
	;
#include "lib/trace/scenario.def"
#include "lib/trace/snapshot.def"
#include "lib/trace/syscall.def"
#include "lib/trace/tracepoint.def"
#undef EVENT
#undef FIELD
#undef END
#define MMT_F(event, field) offsetof(struct mmt_fields_##event, field)

#define MMT_EVENT_SELF	    1 /* caused by the recorder itself: replayed, left out of reports */

struct mmt_event {
	uint64_t time; /* ns on the recorded host's CLOCK_MONOTONIC */
	uint32_t task; /* id in the task dictionary; 0: none (idle, before the first sight) */
	uint16_t kind; /* enum mmt_kind */
	uint16_t cpu;
	uint8_t flags; /* MMT_EVENT_* */
	uint64_t v[MMT_FIELDS_MAX];
};

/* How a value prints. */
enum mmt_print {
	MMT_PRINT_DECIMAL,
	MMT_PRINT_HEX,
	MMT_PRINT_SIGNED,
	MMT_PRINT_RET,	/* -errno if -4095..-1, else hex */
	MMT_PRINT_NAME, /* mmt_value_name() */
	MMT_PRINT_DICT, /* entry of a dictionary, ?N if not known */
	MMT_PRINT_DEV	/* major:minor */
};

struct mmt_field {
	const char *name;
	enum mmt_unit unit;
};

struct mmt_event_info {
	const char *name;   /* the kernel's tracepoint name, or sys_NAME; NULL: no such kind */
	const char *system; /* the tracepoint's subsystem, "syscalls", or "mmtrace" */
	const char *help;
	enum mmt_group group;
	enum mmt_class class;
	unsigned nr_fields;
	const struct mmt_field *fields;
};

/* The row of @kind, or NULL if this version has none. */
const struct mmt_event_info *mmt_event_info(unsigned kind);
/* The kind of that name, or 0. */
unsigned mmt_event_by_name(const char *name);
/* Is @kind one that only who asks for it gets: frequent, and of little use to a replay? */
bool mmt_event_optional(unsigned kind);
/* "alloc", "fault", ...; @group in range. */
const char *mmt_group_name(enum mmt_group group);
const char *mmt_class_name(enum mmt_class class);
const char *mmt_cause_name(enum mmt_cause cause);
/* "pages", "pfn", ... and the largest value a file may hold in such a field. */
const char *mmt_unit_name(enum mmt_unit unit);
uint64_t mmt_unit_limit(enum mmt_unit unit);
/* Bytes that hold every such value: 1, 2, 4 or 8. */
unsigned mmt_unit_width(enum mmt_unit unit);
bool mmt_unit_signed(enum mmt_unit unit);
enum mmt_print mmt_unit_print(enum mmt_unit unit);
/* Whether a file may hold @v in such a field. */
bool mmt_unit_valid(enum mmt_unit unit, uint64_t v);
/* The word for @v in a unit of MMT_PRINT_NAME, or NULL. */
const char *mmt_value_name(enum mmt_unit unit, uint64_t v);
/* 0, or the number (from 1) of the first field of @ev beyond its limit; 17: kind unknown, or cpu,
 * task, time or flags beyond theirs. */
unsigned mmt_event_validate(const struct mmt_event *ev);

#endif

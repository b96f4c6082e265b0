/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The table of events, built from the four .def files, and what follows from it.
 *
 * Theory. A kind's number stands in files, so the table is an array by number with holes. A field
 * has a unit and no limit of its own: whatever is an order or a node has the same limit in every
 * kind, which is why mmt_event_validate() can be one loop.
 *
 * Invariants: (1) a name and a number occur once; (2) no kind has more than MMT_FIELDS_MAX fields,
 * and a kind may have none; (3) the names of a kind's fields differ. t_event.c checks every row.
 *
 * Cost: mmt_event_info() is one load; mmt_event_by_name() walks the table and is for people's
 * input only.
 */
#include "lib/trace/event.h"

#include "lib/base/err.h"
#include "lib/trace/dict.h"

#include <string.h>

/* One array of fields per kind; the last element only ends it (some kinds have no field). */
#define EVENT(name, number, group, class, system, help) \
	static const struct mmt_field fields_##name[] = {
#define FIELD(name, unit) { #name, MMT_U_##unit },
#define END                       \
	{                         \
		NULL, MMT_U_COUNT \
	}                         \
	}                         \
	;
#include "lib/trace/scenario.def"
#include "lib/trace/snapshot.def"
#include "lib/trace/syscall.def"
#include "lib/trace/tracepoint.def"
#undef EVENT
#undef FIELD
#undef END

#define EVENT(name, number, group, class, system, help)                                  \
	[number] = { #name,	   #system,                                              \
		     help,	   MMT_G_##group,                                        \
		     MMT_##class,  sizeof(fields_##name) / sizeof(fields_##name[0]) - 1, \
		     fields_##name },
#define FIELD(name, unit)
#define END
static const struct mmt_event_info events[MMT_KIND_MAX + 1] = {
#include "lib/trace/scenario.def"
#include "lib/trace/snapshot.def"
#include "lib/trace/syscall.def"
#include "lib/trace/tracepoint.def"
};
#undef EVENT
#undef FIELD
#undef END

const struct mmt_event_info *mmt_event_info(unsigned kind)
{
	return kind <= MMT_KIND_MAX && events[kind].name ? &events[kind] : NULL;
}

unsigned mmt_event_by_name(const char *name)
{
	for (unsigned k = 1; k <= MMT_KIND_MAX; k++)
		if (events[k].name && strcmp(events[k].name, name) == 0)
			return k;
	return 0;
}

bool mmt_event_optional(unsigned kind)
{
	static const uint16_t kinds[] = {
		/* told by other events, or only of use to who looks for a bug of the kernel */
		MMT_EV_mm_page_free_batched,
		MMT_EV_rss_stat,
		MMT_EV_vm_unmapped_area,
		MMT_EV_ma_op,
		MMT_EV_ma_read,
		MMT_EV_ma_write,
		MMT_EV_sched_prepare_exec,
		MMT_EV_task_newtask,
		MMT_EV_task_prctl_unknown,
		MMT_EV_file_check_and_advance_wb_err,
		MMT_EV_filemap_set_wb_err,
		MMT_EV_cgroup_freeze,
		MMT_EV_cgroup_unfreeze,
		MMT_EV_cgroup_notify_frozen,
		MMT_EV_cgroup_notify_populated,
		MMT_EV_cgroup_rstat_lock_contended,
		MMT_EV_cgroup_rstat_locked,
		MMT_EV_cgroup_rstat_unlock,
		MMT_EV_inode_foreign_history,
		MMT_EV_inode_switch_wbs,
		MMT_EV_inode_switch_wbs_queue,
		MMT_EV_sb_clear_inode_writeback,
		MMT_EV_sb_mark_inode_writeback,
		MMT_EV_track_foreign_dirty,
		MMT_EV_wbc_writepage,
		MMT_EV_writeback_bdi_register,
		MMT_EV_writeback_dirty_inode,
		MMT_EV_writeback_dirty_inode_enqueue,
		MMT_EV_writeback_dirty_inode_start,
		MMT_EV_writeback_lazytime,
		MMT_EV_writeback_lazytime_iput,
		MMT_EV_writeback_mark_inode_dirty,
		MMT_EV_writeback_sb_inodes_requeue,
		MMT_EV_writeback_single_inode_start,
		MMT_EV_writeback_write_inode,
		MMT_EV_writeback_write_inode_start,
	};
	const struct mmt_event_info *info = mmt_event_info(kind);

	if (!info)
		return false;
	switch (info->group) {
	case MMT_G_LRU:
	case MMT_G_MEMCG:
	case MMT_G_DAMON:
	case MMT_G_SLAB:
	case MMT_G_PERCPU:
	case MMT_G_SCHED:
	case MMT_G_TLB:
		return true;
	default:
		break;
	}
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		if (kinds[i] == kind)
			return true;
	}
	return false;
}

const char *mmt_group_name(enum mmt_group group)
{
	static const char *const names[MMT_NR_GROUPS] = {
		[MMT_G_ALLOC] = "alloc",
		[MMT_G_FAULT] = "fault",
		[MMT_G_VMA] = "vma",
		[MMT_G_TASK] = "task",
		[MMT_G_FILEMAP] = "filemap",
		[MMT_G_LRU] = "lru",
		[MMT_G_RECLAIM] = "reclaim",
		[MMT_G_COMPACT] = "compact",
		[MMT_G_OOM] = "oom",
		[MMT_G_MIGRATE] = "migrate",
		[MMT_G_THP] = "thp",
		[MMT_G_KSM] = "ksm",
		[MMT_G_TLB] = "tlb",
		[MMT_G_MEMCG] = "memcg",
		[MMT_G_CGROUP] = "cgroup",
		[MMT_G_DAMON] = "damon",
		[MMT_G_READAHEAD] = "readahead",
		[MMT_G_WRITEBACK] = "writeback",
		[MMT_G_VMALLOC] = "vmalloc",
		[MMT_G_SLAB] = "slab",
		[MMT_G_PERCPU] = "percpu",
		[MMT_G_HUGETLB] = "hugetlb",
		[MMT_G_SCHED] = "sched",
		[MMT_G_NUMA] = "numa",
		[MMT_G_SNAPSHOT] = "snapshot",
		[MMT_G_META] = "meta",
		[MMT_G_SCENARIO] = "scenario",
	};

	MMT_BUG(group >= MMT_NR_GROUPS);
	return names[group];
}

const char *mmt_class_name(enum mmt_class class)
{
	static const char *const names[MMT_NR_CLASSES] = { "demand", "outcome", "snapshot",
							   "check" };

	MMT_BUG(class >= MMT_NR_CLASSES);
	return names[class];
}

const char *mmt_cause_name(enum mmt_cause cause)
{
	static const char *const names[MMT_NR_CAUSES] = {
		[MMT_CAUSE_UNKNOWN] = "unknown",
		[MMT_CAUSE_ANON] = "anon",
		[MMT_CAUSE_COW] = "cow",
		[MMT_CAUSE_FILE] = "file",
		[MMT_CAUSE_FILE_COPY] = "file_copy",
		[MMT_CAUSE_SHMEM] = "shmem",
		[MMT_CAUSE_SWAPIN] = "swapin",
		[MMT_CAUSE_THP] = "thp",
		[MMT_CAUSE_PGTABLE] = "pgtable",
		[MMT_CAUSE_SLAB] = "slab",
		[MMT_CAUSE_MMU_GATHER] = "mmu_gather",
		[MMT_CAUSE_KERNEL] = "kernel",
	};

	MMT_BUG(cause >= MMT_NR_CAUSES);
	return names[cause];
}

unsigned mmt_event_validate(const struct mmt_event *ev)
{
	const struct mmt_event_info *info = mmt_event_info(ev->kind);

	if (!info || ev->cpu > MMT_CPU_MAX || ev->task > MMT_DICT_ID_MAX ||
	    ev->time > MMT_TIME_MAX || ev->flags & ~MMT_EVENT_SELF)
		return MMT_FIELDS_MAX + 1;
	for (unsigned i = 0; i < info->nr_fields; i++)
		if (!mmt_unit_valid(info->fields[i].unit, ev->v[i]))
			return i + 1;
	return 0;
}

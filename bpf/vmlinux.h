/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The few kernel types the programs look into, with only the members they read. Offsets come from
 * the running kernel's BTF at load time (CO-RE), so order and neighbours do not matter here; a
 * build needs no kernel headers and no BTF. A name after ___ is a flavour: the same kernel type
 * as another release declares it.
 */
#ifndef MMT_BPF_VMLINUX_H
#define MMT_BPF_VMLINUX_H

typedef unsigned char u8;
typedef unsigned short u16;
typedef unsigned int u32;
typedef unsigned long long u64;
typedef signed char s8;
typedef short s16;
typedef int s32;
typedef long long s64;
typedef u8 __u8;
typedef u16 __u16;
typedef u32 __u32;
typedef u64 __u64;
typedef s8 __s8;
typedef s16 __s16;
typedef s32 __s32;
typedef s64 __s64;
typedef u16 __be16;
typedef u32 __be32;
typedef u64 __be64;
typedef u32 __wsum;
typedef u16 __sum16;
typedef _Bool bool;
enum { false = 0, true = 1 };

enum bpf_map_type {
	BPF_MAP_TYPE_HASH = 1,
	BPF_MAP_TYPE_ARRAY = 2,
	BPF_MAP_TYPE_PERCPU_ARRAY = 6,
};
enum { BPF_ANY = 0, BPF_F_NO_PREALLOC = 1, BPF_F_MMAPABLE = 1024 };

enum pageflags { PG_head = 6 };
enum cgroup_subsys_id { memory_cgrp_id = 4 };

#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)

struct pt_regs {
	unsigned long r10, r9, r8, dx, si, di, orig_ax, ip, cs;
};

struct kernfs_node {
	u64 id;
	struct kernfs_node *__parent;
};
struct kernfs_node___old { /* before 6.15 */
	struct kernfs_node *parent;
};
struct cgroup_root {
	int hierarchy_id;
};
struct cgroup {
	struct kernfs_node *kn;
	struct cgroup_root *root;
};
struct cgroup_subsys_state {
	struct cgroup *cgroup;
};
struct css_set {
	struct cgroup_subsys_state *subsys[1];
	struct cgroup *dfl_cgrp;
};

typedef struct {
	int counter;
} atomic_t;
struct percpu_counter {
	s64 count;
};
struct mem_cgroup;
struct maple_tree {
	unsigned int ma_flags;
};
struct mm_struct {
	unsigned long total_vm;
	struct percpu_counter rss_stat[4];
	struct maple_tree mm_mt;
	struct task_struct *owner;
};
struct mm_rss_stat {
	struct {
		s64 counter;
	} count[4];
};
struct mm_struct___old { /* before 6.2 */
	struct mm_rss_stat rss_stat;
};
struct ma_state {
	struct maple_tree *tree;
	unsigned long index, last;
};
struct vm_unmapped_area_info {
	unsigned long flags, length, low_limit, high_limit;
};
struct vm_area_struct {
	unsigned long vm_start, vm_end;
};
struct signal_struct {
	atomic_t live;
	short oom_score_adj;
};

struct super_block {
	u32 s_dev;
	unsigned long s_magic;
};
struct inode {
	u16 i_mode;
	struct super_block *i_sb;
	unsigned long i_ino;
	s64 i_size;
};
struct file {
	struct inode *f_inode;
};
struct iattr {
	s64 ia_size;
};
struct file_ra_state {
	unsigned long start;
	unsigned int size, async_size;
};
struct fdtable {
	unsigned int max_fds;
	struct file **fd;
};
struct files_struct {
	struct fdtable *fdt;
};

struct task_struct {
	void *stack;
	unsigned int flags;
	struct mm_struct *mm;
	int pid, tgid;
	struct task_struct *real_parent;
	void *vfork_done;
	char comm[16];
	struct files_struct *files;
	struct signal_struct *signal;
	struct css_set *cgroups;
	struct mem_cgroup *active_memcg;
	void *worker_private;
};

struct address_space {
	struct inode *host;
};
struct folio {
	struct address_space *mapping;
	unsigned long index;
	unsigned long _flags_1;
};

struct zone {
	unsigned long _watermark[4];
	struct pglist_data *zone_pgdat;
	int pageset_high_min, pageset_high_max; /* since 6.7 */
	const char *name;
};
struct pglist_data {
	struct zone node_zones[5];
	int node_id;
};
struct kthread {
	void *data;
};
struct zoneref {
	struct zone *zone;
};
struct shrinker {
	void *scan_objects;
};
struct work_struct {
	void *func;
};
struct shrink_control {
	u32 gfp_mask;
	int nid;
};
struct kmem_cache {
	const char *name;
};
struct mem_cgroup {
	struct cgroup_subsys_state css;
};
struct compact_control {
	unsigned int nr_migratepages;
	struct zone *zone;
	int order;
};
struct reclaim_stat {
	unsigned int nr_dirty, nr_congested, nr_writeback, nr_immediate;
	unsigned int nr_activate[2];
	unsigned int nr_ref_keep, nr_unmap_fail;
};

struct backing_dev_info {
	char dev_name[64];
};
struct bdi_writeback {
	struct backing_dev_info *bdi;
};
enum wb_reason { WB_REASON_BACKGROUND };
struct wb_writeback_work {
	long nr_pages;
	enum wb_reason reason;
};
enum writeback_sync_modes { WB_SYNC_NONE };
struct writeback_control {
	long nr_to_write;
	enum writeback_sync_modes sync_mode;
};
struct dirty_throttle_control {
	unsigned long dirty, thresh, bg_thresh;
};

struct damon_addr_range {
	unsigned long start, end;
};
struct damon_region {
	struct damon_addr_range ar;
	unsigned int nr_accesses, age;
};

struct bpf_iter_meta {
	void *seq;
};
struct bpf_iter__task {
	struct bpf_iter_meta *meta;
	struct task_struct *task;
};

#pragma clang attribute pop

#endif

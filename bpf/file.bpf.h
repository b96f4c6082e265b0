/* SPDX-License-Identifier: GPL-2.0-only */
/* Files beyond the page cache's contents: LRU lists, readahead, errors of writeback, hugetlbfs. */
#ifndef MMT_BPF_FILE_H
#define MMT_BPF_FILE_H

#include "bpf/writeback.bpf.h"

/* Any folio, anonymous ones too; frames obey no task. */
#define LRU_EVENT(name)                                  \
	SEC("raw_tp/" #name) int name(u64 *ctx)          \
	{                                                \
		struct folio *folio = ARG(folio, 0);     \
		struct inode *inode;                     \
                                                         \
		if (!recording || !wanted_frame(ctx[0])) \
			return 0;                        \
		inode = folio_inode(folio);              \
		return FOLIO_EVENT(name, inode);         \
	}
LRU_EVENT(mm_lru_insertion)
LRU_EVENT(mm_lru_activate)

#define RA                                                  \
	L(1), BPF_CORE_READ(ARG(file_ra_state, 2), start),  \
		BPF_CORE_READ(ARG(file_ra_state, 2), size), \
		BPF_CORE_READ(ARG(file_ra_state, 2), async_size)
#define OWN_INODE_EVENT(name, ...)                                                     \
	SEC("raw_tp/" #name) int name(u64 *ctx)                                        \
	{                                                                              \
		struct inode *inode = ARG(inode, 0);                                   \
                                                                                       \
		return wanted() ? EMIT_FILE(MMT_EV_##name, 0, inode, __VA_ARGS__) : 0; \
	}
OWN_INODE_EVENT(page_cache_async_ra, RA, L(3))
OWN_INODE_EVENT(page_cache_sync_ra, RA, L(3))
OWN_INODE_EVENT(page_cache_ra_order, RA)
OWN_INODE_EVENT(page_cache_ra_unbounded, L(1), L(2), L(3))

OWN_INODE_EVENT(hugetlbfs_alloc_inode, U(2))
OWN_INODE_EVENT(hugetlbfs_evict_inode, 0)
OWN_INODE_EVENT(hugetlbfs_free_inode, 0)
OWN_INODE_EVENT(hugetlbfs_fallocate, U(1), L(2), L(3), I(4))
OWN_INODE_EVENT(hugetlbfs_setattr, BPF_CORE_READ(ARG(iattr, 2), ia_size))

SEC("raw_tp/file_check_and_advance_wb_err") int file_check_and_advance_wb_err(u64 *ctx)
{
	struct file *file = ARG(file, 0);
	struct inode *inode;

	if (!wanted())
		return 0;
	inode = BPF_CORE_READ(file, f_inode);
	return EMIT_FILE(MMT_EV_file_check_and_advance_wb_err, !inode << 15, inode, U(1));
}

SEC("raw_tp/filemap_set_wb_err") int filemap_set_wb_err(u64 *ctx)
{
	struct address_space *mapping = ARG(address_space, 0);
	struct inode *inode;

	if (!recording)
		return 0;
	inode = BPF_CORE_READ(mapping, host);
	return EMIT_FILE(MMT_EV_filemap_set_wb_err, !inode << 15, inode, U(1));
}

#endif

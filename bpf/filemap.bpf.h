/* SPDX-License-Identifier: GPL-2.0-only */
/* The page cache: what enters and leaves it, and who reads or maps resident pages of it. */
#ifndef MMT_BPF_FILEMAP_H
#define MMT_BPF_FILEMAP_H

#include "bpf/filter.bpf.h"

/* The flags word comes first in every release; before 6.6 no order word can be relied on. */
static __always_inline u32 folio_order(struct folio *folio)
{
	u64 flags = 0, flags_1 = 0;

	bpf_probe_read_kernel(&flags, 8, folio);
	if (!(flags >> bpf_core_enum_value(enum pageflags, PG_head) & 1))
		return 0;
	if (!bpf_core_field_exists(folio->_flags_1))
		return 0;
	bpf_probe_read_kernel(&flags_1, 8, &folio->_flags_1);
	return flags_1 & 0x3f;
}

/* The inode of a folio's mapping, or NULL: its low bits tell anonymous and movable folios apart. */
static __always_inline struct inode *folio_inode(struct folio *folio)
{
	u64 mapping = 0;

	bpf_probe_read_kernel(&mapping, 8, &folio->mapping);
	if (!mapping || mapping & 3)
		return 0;
	return BPF_CORE_READ((struct address_space *)mapping, host);
}

/* Of a raw tracepoint's plain number, so that frames can be told from it. */
#define FOLIO_EVENT(name, inode)                                                                 \
	EMIT_FILE(MMT_EV_##name, !(inode) << 15, inode, inode ? BPF_CORE_READ(folio, index) : 0, \
		  (u64)folio, folio_order(folio))

/* Frames obey no task: whoever adds or deletes, the frame's own mark decides. */
#define CACHE_EVENT(name)                                \
	SEC("raw_tp/" #name) int name(u64 *ctx)          \
	{                                                \
		struct folio *folio = (void *)ctx[0];    \
		struct inode *inode;                     \
                                                         \
		if (!recording || !wanted_frame(ctx[0])) \
			return 0;                        \
		inode = folio_inode(folio);              \
		return FOLIO_EVENT(name, inode);         \
	}
CACHE_EVENT(mm_filemap_add_to_page_cache)
CACHE_EVENT(mm_filemap_delete_from_page_cache)

#define MAPPING_EVENT(name, ...)                                                   \
	SEC("raw_tp/" #name) int name(u64 *ctx)                                    \
	{                                                                          \
		struct address_space *mapping = (void *)ctx[0];                    \
		struct inode *inode;                                               \
                                                                                   \
		if (!wanted())                                                     \
			return 0;                                                  \
		inode = BPF_CORE_READ(mapping, host);                              \
		return EMIT_FILE(MMT_EV_##name, !inode << 15, inode, __VA_ARGS__); \
	}
MAPPING_EVENT(mm_filemap_get_pages, ctx[1], ctx[2])
MAPPING_EVENT(mm_filemap_map_pages, ctx[1], ctx[2])
MAPPING_EVENT(mm_filemap_fault, ctx[1])

SEC("raw_tp/writeback_dirty_folio") int writeback_dirty_folio(u64 *ctx)
{
	struct folio *folio = (void *)ctx[0];
	struct address_space *mapping = (void *)ctx[1];
	struct inode *inode;

	if (!wanted())
		return 0;
	inode = BPF_CORE_READ(mapping, host);
	return FOLIO_EVENT(writeback_dirty_folio, inode);
}

SEC("raw_tp/mm_vmscan_write_folio") int mm_vmscan_write_folio(u64 *ctx)
{
	struct folio *folio = (void *)ctx[0];
	struct inode *inode;

	if (!recording)
		return 0;
	inode = folio_inode(folio);
	return FOLIO_EVENT(mm_vmscan_write_folio, inode);
}

#endif

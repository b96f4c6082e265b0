/* SPDX-License-Identifier: GPL-2.0-only */
/* Writeback: what is written, why, and who waits for it. A device is told by its name ("8:0"). */
#ifndef MMT_BPF_WRITEBACK_H
#define MMT_BPF_WRITEBACK_H

#include "bpf/filemap.bpf.h"
#include "bpf/reclaim.bpf.h"
#include "bpf/text.bpf.h"

/* The first 8 bytes of the name of the device that @bdi writes to. */
static __always_inline u64 bdi_name(struct backing_dev_info *bdi)
{
	u64 name = 0;

	bpf_probe_read_kernel(&name, 8, &bdi->dev_name);
	return name;
}

static __always_inline u64 wb_name(struct bdi_writeback *wb)
{
	return bdi_name(BPF_CORE_READ(wb, bdi));
}

/* 6.1 and 6.12 tell the limits, later ones point to them */
const volatile bool throttle_has_control = true;

SEC("raw_tp/balance_dirty_pages") int balance_dirty_pages(u64 *ctx)
{
	u64 name;

	if (!wanted())
		return 0;
	name = wb_name(ARG(bdi_writeback, 0));
	if (throttle_has_control) {
		struct dirty_throttle_control *d = ARG(dirty_throttle_control, 1);

		return EMIT(balance_dirty_pages, name, BPF_CORE_READ(d, dirty),
			    BPF_CORE_READ(d, thresh), BPF_CORE_READ(d, bg_thresh), L(2), L(3), L(4),
			    L(5), L(6), L(7));
	}
	return EMIT(balance_dirty_pages, name, L(3), L(1), L(2), L(6), L(7), L(8), L(9), L(10),
		    L(11));
}

PLAIN(global_dirty_state, L(0), L(1))
PLAIN(writeback_pages_written, L(0))
PLAIN(bdi_dirty_ratelimit, wb_name(ARG(bdi_writeback, 0)), L(1), L(2))
PLAIN(flush_foreign, wb_name(ARG(bdi_writeback, 0)), U(1), U(2))
PLAIN(inode_switch_wbs_queue, wb_name(ARG(bdi_writeback, 0)), wb_name(ARG(bdi_writeback, 1)), U(2))
PLAIN(writeback_bdi_register, bdi_name(ARG(backing_dev_info, 0)))
PLAIN(writeback_wake_background, wb_name(ARG(bdi_writeback, 0)))
PLAIN(wbc_writepage, (s64)BPF_CORE_READ(ARG(writeback_control, 0), nr_to_write),
      BPF_CORE_READ(ARG(writeback_control, 0), sync_mode), bdi_name(ARG(backing_dev_info, 1)))

#define WORK(n)                                                                             \
	wb_name(ARG(bdi_writeback, 0)), BPF_CORE_READ(ARG(wb_writeback_work, n), nr_pages), \
		BPF_CORE_READ(ARG(wb_writeback_work, n), reason)
PLAIN(writeback_exec, WORK(1))
PLAIN(writeback_queue, WORK(1))
PLAIN(writeback_start, WORK(1))
PLAIN(writeback_wait, WORK(1))
PLAIN(writeback_written, WORK(1))
PLAIN(writeback_queue_io, WORK(1), L(2), U(3))

/* An event about a file; nothing else is at @words if it has no further argument. */
#define INODE_EVENT(name, ...)                                                          \
	SEC("raw_tp/" #name) int name(u64 *ctx)                                         \
	{                                                                               \
		struct inode *inode = ARG(inode, 0);                                    \
                                                                                        \
		return recording ? EMIT_FILE(MMT_EV_##name, 0, inode, __VA_ARGS__) : 0; \
	}
INODE_EVENT(inode_foreign_history, (s64)BPF_CORE_READ(ARG(writeback_control, 1), nr_to_write),
	    BPF_CORE_READ(ARG(writeback_control, 1), sync_mode), U(2))
INODE_EVENT(inode_switch_wbs, wb_name(ARG(bdi_writeback, 1)), wb_name(ARG(bdi_writeback, 2)))
INODE_EVENT(sb_clear_inode_writeback, 0)
INODE_EVENT(sb_mark_inode_writeback, 0)
INODE_EVENT(writeback_dirty_inode, U(1))
INODE_EVENT(writeback_dirty_inode_start, U(1))
INODE_EVENT(writeback_mark_inode_dirty, U(1))
INODE_EVENT(writeback_dirty_inode_enqueue, 0)
INODE_EVENT(writeback_lazytime, 0)
INODE_EVENT(writeback_lazytime_iput, 0)
INODE_EVENT(writeback_sb_inodes_requeue, 0)

#define CONTROL                                                      \
	(s64) BPF_CORE_READ(ARG(writeback_control, 1), nr_to_write), \
		BPF_CORE_READ(ARG(writeback_control, 1), sync_mode)
INODE_EVENT(writeback_single_inode, CONTROL, L(2))
INODE_EVENT(writeback_single_inode_start, CONTROL, L(2))
INODE_EVENT(writeback_write_inode, CONTROL)
INODE_EVENT(writeback_write_inode_start, CONTROL)

SEC("raw_tp/folio_wait_writeback") int folio_wait_writeback(u64 *ctx)
{
	struct folio *folio = ARG(folio, 0);
	struct inode *inode;

	if (!wanted())
		return 0;
	inode = folio_inode(folio);
	return FOLIO_EVENT(folio_wait_writeback, inode);
}

SEC("raw_tp/track_foreign_dirty") int track_foreign_dirty(u64 *ctx)
{
	struct folio *folio = ARG(folio, 0);
	struct inode *inode;

	if (!recording)
		return 0;
	inode = folio_inode(folio);
	return EMIT_FILE(MMT_EV_track_foreign_dirty, !inode << 15, inode,
			 BPF_CORE_READ(folio, index), (u64)folio, folio_order(folio),
			 wb_name(ARG(bdi_writeback, 1)));
}

#endif

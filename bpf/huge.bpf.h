/* SPDX-License-Identifier: GPL-2.0-only */
/* Huge pages, same-page merging, and what page migration does to page tables. */
#ifndef MMT_BPF_HUGE_H
#define MMT_BPF_HUGE_H

#include "bpf/writeback.bpf.h"

/* An address of the kernel stays here. */
#define OWN_ADDRESS(n) (ctx[n] >> 63 ? 0 : ctx[n])
/* The frame in a page-table entry, whose format is x86's: bits 12 to 51. */
#define PTE_FRAME(n) (ctx[n] >> 12 & 0xffffffff)

PLAIN(set_migration_pte, OWN_ADDRESS(0), 0, I(2))
PLAIN(remove_migration_pte, OWN_ADDRESS(0), PTE_FRAME(1), I(2))
PLAIN(set_migration_pmd, OWN_ADDRESS(0), 0)
PLAIN(remove_migration_pmd, OWN_ADDRESS(0), PTE_FRAME(1))

PLAIN(mm_collapse_huge_page, L(0), I(1) != 0, I(2))
PLAIN(mm_collapse_huge_page_swapin, L(0), I(1), I(2), I(3))

/* Before 6.16 these tell whether the pages were writable, too. */
const volatile bool collapse_has_writable = false;

SEC("raw_tp/mm_collapse_huge_page_isolate") int mm_collapse_huge_page_isolate(u64 *ctx)
{
	if (!recording)
		return 0;
	if (collapse_has_writable)
		return EMIT(mm_collapse_huge_page_isolate, L(0), I(1), I(2), I(4));
	return EMIT(mm_collapse_huge_page_isolate, L(0), I(1), I(2), I(3));
}

SEC("raw_tp/mm_khugepaged_scan_pmd") int mm_khugepaged_scan_pmd(u64 *ctx)
{
	if (!recording)
		return 0;
	if (collapse_has_writable)
		return EMIT(mm_khugepaged_scan_pmd, L(0), L(1), I(3), I(4), I(5), I(6));
	return EMIT(mm_khugepaged_scan_pmd, L(0), L(1), I(2), I(3), I(4), I(5));
}

/* A folio, or a page, or a frame's number: releases differ, the recorder can tell. */
static __always_inline u32 order_of(u64 page)
{
	return page >> 63 && page + 1 ? folio_order((struct folio *)page) : 0;
}

SEC("raw_tp/mm_khugepaged_scan_file") int mm_khugepaged_scan_file(u64 *ctx)
{
	struct inode *inode;

	if (!recording)
		return 0;
	inode = BPF_CORE_READ(ARG(file, 2), f_inode);
	return EMIT_FILE(MMT_EV_mm_khugepaged_scan_file, !inode << 15, inode, L(0), 0, L(1),
			 order_of(ctx[1]), I(3), I(4), I(5));
}

SEC("raw_tp/mm_khugepaged_collapse_file") int mm_khugepaged_collapse_file(u64 *ctx)
{
	struct inode *inode;

	if (!recording)
		return 0;
	inode = BPF_CORE_READ(ARG(file, 5), f_inode);
	return EMIT_FILE(MMT_EV_mm_khugepaged_collapse_file, !inode << 15, inode, L(0), L(2), L(1),
			 order_of(ctx[1]), OWN_ADDRESS(3), ctx[4] & 1, I(6), I(7));
}

PLAIN(ksm_advisor, L(0), L(1), U(2))
PLAIN(ksm_enter, L(0))
PLAIN(ksm_exit, L(0))
PLAIN(ksm_merge_one_page, L(0), L(1), L(2), I(3))
PLAIN(ksm_merge_with_ksm_page, L(0), L(1), L(2), L(3), I(4))
PLAIN(ksm_remove_ksm_page, L(0))
PLAIN(ksm_remove_rmap_item, L(0), L(1), L(2))
PLAIN(ksm_start_scan, I(0), U(1))
PLAIN(ksm_stop_scan, I(0), U(1))

#endif

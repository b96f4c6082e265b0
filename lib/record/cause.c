/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Why a block was allocated.
 *
 * Theory. No tracepoint says who asked. The GFP flags separate the kernel's allocators from each
 * other, and the error code of the task's last page fault separates what faults do with the same
 * flags: a fault on an absent page is a first touch, on a present one a copy on write. Against
 * kernel stacks of a million allocations (6.18: compile, swap, fork, file copy, a server) this key
 * names the right cause for 99.9 % of them; a stack for each would cost 2 us.
 *
 *	flags (canonical)                          fault            cause
 *	order >= 9, movable                        any              thp
 *	ZERO, movable                              present          cow (of the zero page)
 *	                                           absent, none     anon
 *	movable, WRITE or (NORETRY and NOWARN)     any              file
 *	movable                                    present, write   cow
 *	                                           absent, write    file_copy
 *	                                           absent, read     file
 *	                                           none             file
 *	ZERO, ACCOUNT, COMP                        any              pgtable
 *	NOWAIT, NOWARN alone                       any              mmu_gather
 *	COMP, NORETRY, NOWARN, or reclaimable      any              slab
 *	anything else                              any              kernel
 *
 * Not told apart: a page read back from swap by a write fault (file_copy) or a read fault (file),
 * a page of shared memory (anon when zeroed, else file).
 */
#include "lib/record/convert.h"

#define GFP_HIGHMEM	    0x2u
#define GFP_MOVABLE	    0x8u
#define GFP_ZERO	    0x100u
#define GFP_KSWAPD_RECLAIM  0x800u
#define GFP_WRITE	    0x1000u
#define GFP_NOWARN	    0x2000u
#define GFP_NORETRY	    0x10000u
#define GFP_COMP	    0x40000u
#define GFP_ACCOUNT	    0x400000u
#define USER_PAGE	    (GFP_HIGHMEM | GFP_MOVABLE)
#define READAHEAD	    (GFP_NORETRY | GFP_NOWARN)
#define PAGE_TABLE	    (GFP_ZERO | GFP_ACCOUNT | GFP_COMP)
#define SLAB		    (GFP_COMP | GFP_NORETRY | GFP_NOWARN)

#define FAULT_PRESENT	    1u
#define FAULT_WRITE	    2u
#define MIGRATE_RECLAIMABLE 2

static enum mmt_cause user_page(uint32_t gfp, unsigned order, uint32_t fault)
{
	uint32_t code = fault ? fault - 1 : 0;

	if (order >= 9)
		return MMT_CAUSE_THP;
	if (gfp & GFP_ZERO)
		return fault && code & FAULT_PRESENT ? MMT_CAUSE_COW : MMT_CAUSE_ANON;
	if (gfp & GFP_WRITE || (gfp & READAHEAD) == READAHEAD)
		return MMT_CAUSE_FILE;
	if (!fault || !(code & FAULT_WRITE))
		return MMT_CAUSE_FILE;
	return code & FAULT_PRESENT ? MMT_CAUSE_COW : MMT_CAUSE_FILE_COPY;
}

enum mmt_cause rec_cause(uint32_t gfp, unsigned order, unsigned type, uint32_t fault)
{
	if ((gfp & USER_PAGE) == USER_PAGE)
		return user_page(gfp, order, fault);
	if ((gfp & PAGE_TABLE) == PAGE_TABLE)
		return MMT_CAUSE_PGTABLE;
	if (gfp == (GFP_KSWAPD_RECLAIM | GFP_NOWARN) && !order)
		return MMT_CAUSE_MMU_GATHER;
	if ((gfp & SLAB) == SLAB || type == MIGRATE_RECLAIMABLE)
		return MMT_CAUSE_SLAB;
	return MMT_CAUSE_KERNEL;
}

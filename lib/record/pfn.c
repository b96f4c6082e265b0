/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Where the kernel keeps its struct pages.
 *
 * Theory. On x86-64 with a virtual memmap, frame n's struct page lies at base + n * size, and base
 * (vmemmap_base) is chosen at boot. No symbol of it can be read everywhere, but one allocation seen
 * by two programs, one with the address and one with the number, gives it: base = page - pfn *
 * size. The two may run in either order, and other allocations may come between, so a pairing
 * counts only if most of its samples agree.
 */
#include "lib/record/pfn.h"

#define KERNEL_HALF (UINT64_C(1) << 63)
#define GUESS_ALIGN (UINT64_C(1) << 30)

static uint64_t base_of(uint64_t page, uint64_t pfn, unsigned size)
{
	uint64_t base = page - pfn * size;

	return page & KERNEL_HALF && base & KERNEL_HALF && base <= page && !(base & 0xfff) ? base
											   : 0;
}

uint64_t rec_page_base(const volatile uint64_t *page, const volatile uint64_t *pfn, unsigned n,
		       unsigned page_struct)
{
	for (unsigned i = 0; i < n; i++) {
		uint64_t base = base_of(page[i], pfn[i], page_struct);
		unsigned agree = 0;

		for (unsigned j = 0; base && j < n; j++)
			agree += base_of(page[j], pfn[j], page_struct) == base;
		if (agree >= 3 && agree * 2 > n)
			return base;
	}
	return 0;
}

uint64_t rec_page_base_guess(const volatile uint64_t *page, unsigned n)
{
	uint64_t base = 0;

	for (unsigned i = 0; i < n; i++) {
		uint64_t down = page[i] & ~(GUESS_ALIGN - 1);

		if (!(page[i] & KERNEL_HALF) || (base && down != base))
			return 0;
		base = down;
	}
	return base;
}

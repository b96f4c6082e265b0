/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A workload whose frees interrupt each other: for SECONDS it unmaps sparse mappings, whose page
 * tables RCU frees by the hundred in the next clock ticks, and unmaps dense ones meanwhile.
 *
 *	tables SECONDS
 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <stdlib.h>
#include <sys/mman.h>
#include <time.h>

#define PAGE  4096UL
#define TABLE (512 * PAGE)

static void map_and_unmap(unsigned long pages, unsigned long apart)
{
	volatile char *at = mmap(NULL, pages * apart, PROT_READ | PROT_WRITE,
				 MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	if (at == MAP_FAILED)
		exit(3);
	madvise((void *)at, pages * apart, MADV_NOHUGEPAGE);
	for (unsigned long i = 0; i < pages; i++)
		at[i * apart] = 1;
	munmap((void *)at, pages * apart);
}

int main(int argc, char **argv)
{
	time_t end = time(NULL) + (argc > 1 ? strtol(argv[1], NULL, 10) : 1);

	while (time(NULL) < end) {
		map_and_unmap(256, TABLE);
		for (int i = 0; i < 4; i++)
			map_and_unmap(1024, PAGE);
	}
	return 0;
}

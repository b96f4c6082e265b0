/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Faults whose times are known: touches PAGES pages, with GAP microseconds between them in which
 * it makes no system call, and prints of each its address and the time (CLOCK_MONOTONIC, ns) right
 * before and after the touch.
 *
 *	spaced PAGES GAP
 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>

#define PAGE 4096UL

static uint64_t now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000000 + (uint64_t)t.tv_nsec;
}

static void *map(size_t bytes)
{
	void *at = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (at == MAP_FAILED)
		exit(3);
	madvise(at, bytes, MADV_NOHUGEPAGE);
	return at;
}

int main(int argc, char **argv)
{
	unsigned long pages = argc > 1 ? strtoul(argv[1], NULL, 10) : 0;
	uint64_t gap = argc > 2 ? strtoul(argv[2], NULL, 10) * 1000 : 0;
	volatile char *at = map((pages + 1) * PAGE);
	uint64_t(*told)[2] = map((pages + 1) * sizeof(*told));

	memset(told, 1, (pages + 1) * sizeof(*told));
	for (unsigned long i = 0; i < pages; i++) {
		told[i][0] = now();
		at[i * PAGE] = 1;
		told[i][1] = now();
		while (now() < told[i][1] + gap)
			;
	}
	for (unsigned long i = 0; i < pages; i++)
		printf("%llu %llu %llu\n", (unsigned long long)(uintptr_t)(at + i * PAGE),
		       (unsigned long long)told[i][0], (unsigned long long)told[i][1]);
	return 0;
}

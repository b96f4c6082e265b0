/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A workload whose events can be counted: maps, touches and unmaps, and prints what it did.
 *
 *	touch PAGES MAPS FORKS [RATE]
 *
 * PAGES anonymous pages are touched one by one in mappings of at most 64 MiB without huge pages:
 * one user fault and one allocation each, and one free at munmap. MAPS times a page is mapped,
 * protected and unmapped untouched. FORKS children run and end. RATE: no more pages a second.
 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define PAGE  4096UL
#define CHUNK 16384UL /* pages of a mapping */

/* Sleep until what was touched is no more than the rate allows. */
static void keep_to(unsigned long rate, struct timespec since, unsigned long done)
{
	since.tv_sec += (time_t)(done / rate);
	since.tv_nsec += (long)(done % rate * 1000000000UL / rate);
	if (since.tv_nsec >= 1000000000) {
		since.tv_nsec -= 1000000000;
		since.tv_sec++;
	}
	clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &since, NULL);
}

static void touch_pages(unsigned long pages, unsigned long rate)
{
	struct timespec begin;

	clock_gettime(CLOCK_MONOTONIC, &begin);
	for (unsigned long done = 0; done < pages;) {
		unsigned long left = pages - done, n = left < CHUNK ? left : CHUNK;
		volatile char *at = mmap(NULL, n * PAGE, PROT_READ | PROT_WRITE,
					 MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

		if (at == MAP_FAILED)
			exit(3);
		madvise((void *)at, n * PAGE, MADV_NOHUGEPAGE);
		for (unsigned long i = 0; i < n; i++)
			at[i * PAGE] = 1;
		munmap((void *)at, n * PAGE);
		done += n;
		if (rate)
			keep_to(rate, begin, done);
	}
}

int main(int argc, char **argv)
{
	unsigned long pages = argc > 1 ? strtoul(argv[1], NULL, 10) : 0;
	unsigned long maps = argc > 2 ? strtoul(argv[2], NULL, 10) : 0;
	unsigned long forks = argc > 3 ? strtoul(argv[3], NULL, 10) : 0;

	touch_pages(pages, argc > 4 ? strtoul(argv[4], NULL, 10) : 0);
	for (unsigned long i = 0; i < maps; i++) {
		void *at = mmap(NULL, PAGE, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

		if (at == MAP_FAILED)
			return 3;
		mprotect(at, PAGE, PROT_NONE);
		munmap(at, PAGE);
	}
	for (unsigned long i = 0; i < forks; i++) {
		int pid = fork();

		if (!pid)
			_exit(0);
		waitpid(pid, NULL, 0);
	}
	return 0;
}

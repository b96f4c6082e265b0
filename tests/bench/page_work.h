/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The work whose cost tracing adds to: pages touched and unmapped, pages copied after fork. CPU
 * time, children's included, ns a page. Of few pages at a time, which stay in the caches: what is
 * added stands out against what the work costs alone, and a sample is so short that the host seldom
 * changes its speed within it.
 */
#ifndef BENCH_PAGE_WORK_H
#define BENCH_PAGE_WORK_H

#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define PAGE 4096UL
#ifndef TOUCH
#define TOUCH 256 /* pages of a sample */
#endif
#define COW 256

/* Of the thread that works: it is the only one, or the others are no part of the work. ns */
static double cpu_own(void)
{
	struct timespec t;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
	return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

static double cpu(void)
{
	struct rusage kids;

	getrusage(RUSAGE_CHILDREN, &kids);
	return cpu_own() + (double)(kids.ru_utime.tv_sec + kids.ru_stime.tv_sec) * 1e9 +
	       (double)(kids.ru_utime.tv_usec + kids.ru_stime.tv_usec) * 1e3;
}

static volatile char *map_pages(unsigned long pages)
{
	void *at = mmap(NULL, pages * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1,
			0);

	if (at == MAP_FAILED) {
		perror("cannot map pages");
		exit(3);
	}
	madvise(at, pages * PAGE, MADV_NOHUGEPAGE);
	return at;
}

static void touch(volatile char *at, unsigned long pages)
{
	for (unsigned long i = 0; i < pages; i++)
		at[i * PAGE] = 1; /* written without being read: one fault */
}

static double touched(void)
{
	double begin = cpu();
	volatile char *at = map_pages(TOUCH);

	touch(at, TOUCH);
	munmap((void *)at, TOUCH * PAGE);
	return (cpu() - begin) / TOUCH;
}

static double copied(volatile char *at)
{
	double begin = cpu();
	int pid = fork();

	if (!pid) {
		touch(at, COW);
		_exit(0);
	}
	waitpid(pid, NULL, 0);
	return (cpu() - begin) / COW;
}

#endif

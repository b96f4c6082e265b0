/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The work whose cost tracing adds to: pages touched and unmapped, pages copied after fork. CPU
 * time, children's included, ns a page.
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

#define PAGE  4096UL
#define TOUCH 4096 /* pages of a round */
#define COW   1024

/* Of the thread that works: it is the only one, or the others are no part of the work. */
static double cpu(void)
{
	struct rusage kids;
	struct timespec t;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
	getrusage(RUSAGE_CHILDREN, &kids);
	return (double)(t.tv_sec + kids.ru_utime.tv_sec + kids.ru_stime.tv_sec) * 1e9 +
	       (double)t.tv_nsec + (double)(kids.ru_utime.tv_usec + kids.ru_stime.tv_usec) * 1e3;
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
		at[i * PAGE]++;
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

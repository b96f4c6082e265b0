/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What tracing costs the traced: CPU time per touched and unmapped page, per copied page after
 * fork, and per system call that no one records.
 *
 *	page_cost ROUNDS -> "PAGE COW CALL", nanoseconds, the lower quartile of the rounds
 *
 * A quartile, not the mean: other load on the host only ever adds.
 */
#define _GNU_SOURCE
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define PAGE  4096UL
#define TOUCH 4096 /* pages of a round */
#define COW   1024
#define CALLS 20000
#define MAX   1000

static double cpu(void)
{
	struct rusage kids;
	struct timespec t;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	getrusage(RUSAGE_CHILDREN, &kids);
	return (double)(t.tv_sec + kids.ru_utime.tv_sec + kids.ru_stime.tv_sec) * 1e9 +
	       (double)t.tv_nsec + (double)(kids.ru_utime.tv_usec + kids.ru_stime.tv_usec) * 1e3;
}

static volatile char *map(unsigned long pages)
{
	void *at = mmap(NULL, pages * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1,
			0);

	if (at == MAP_FAILED)
		exit(3);
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
	volatile char *at = map(TOUCH);

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

static double called(void)
{
	double begin = cpu();

	for (int i = 0; i < CALLS; i++)
		syscall(SYS_getppid);
	return (cpu() - begin) / CALLS;
}

static int order(const void *a, const void *b)
{
	double x = *(const double *)a - *(const double *)b;

	return (x > 0) - (x < 0);
}

static double quartile(double *v, int n)
{
	qsort(v, (size_t)n, sizeof(*v), order);
	return v[n / 4];
}

int main(int argc, char **argv)
{
	int rounds = argc > 1 ? (int)strtol(argv[1], NULL, 10) : 40;
	static double page[MAX], cow[MAX], call[MAX];
	volatile char *at = map(COW);

	if (rounds < 4 || rounds > MAX)
		return 2;
	touch(at, COW);
	for (int i = 0; i < rounds; i++) {
		page[i] = touched();
		cow[i] = copied(at);
		call[i] = called();
	}
	printf("%.1f %.1f %.2f\n", quartile(page, rounds), quartile(cow, rounds),
	       quartile(call, rounds));
	return 0;
}

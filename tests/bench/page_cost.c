/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What tracing costs the traced: CPU time per touched and unmapped page, per copied page after
 * fork, per system call that no one records, and per one that is recorded (madvise).
 *
 *	page_cost ROUNDS -> "PAGE COW CALL RECORDED", nanoseconds, the lower quartile of the rounds
 *	page_cost ROUNDS DIR   the same for every line written to DIR/go; the answer to DIR/done
 *
 * A quartile, not the mean: other load on the host only ever adds. One process that serves all
 * rounds of all tools has the same memory, CPU and cache colours for each of them.
 */
#define _GNU_SOURCE
#include "page_work.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#define CALLS 20000
#define MAX   1000

static double called(void)
{
	double begin = cpu();

	for (int i = 0; i < CALLS; i++)
		syscall(SYS_getppid);
	return (cpu() - begin) / CALLS;
}

static double recorded(volatile char *at)
{
	double begin = cpu();

	for (int i = 0; i < CALLS / 4; i++)
		madvise((void *)at, PAGE, MADV_NORMAL);
	return (cpu() - begin) / (CALLS / 4);
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

static int measure(volatile char *at, int rounds, FILE *to)
{
	static double page[MAX], cow[MAX], call[MAX], told[MAX];

	for (int i = 0; i < rounds; i++) {
		page[i] = touched();
		cow[i] = copied(at);
		call[i] = called();
		told[i] = recorded(at);
	}
	return fprintf(to, "%.1f %.1f %.2f %.2f\n", quartile(page, rounds), quartile(cow, rounds),
		       quartile(call, rounds), quartile(told, rounds));
}

/* Until a line says "end". */
static int serve(volatile char *at, int rounds, const char *dir)
{
	char go[4096], done[4096], line[16];

	snprintf(go, sizeof(go), "%s/go", dir);
	snprintf(done, sizeof(done), "%s/done", dir);
	for (;;) {
		FILE *f = fopen(go, "r");

		if (!f || !fgets(line, sizeof(line), f))
			return 1;
		fclose(f);
		if (!strncmp(line, "end", 3))
			return 0;
		f = fopen(done, "w");
		if (!f || measure(at, rounds, f) < 0)
			return 1;
		fclose(f);
	}
}

int main(int argc, char **argv)
{
	int rounds = argc > 1 ? (int)strtol(argv[1], NULL, 10) : 40;
	volatile char *at = map_pages(COW);

	if (rounds < 4 || rounds > MAX)
		return 2;
	touch(at, COW);
	if (argc > 2)
		return serve(at, rounds, argv[2]);
	return measure(at, rounds, stdout) < 0;
}

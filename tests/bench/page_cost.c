/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What tracing costs the traced: CPU time per touched and unmapped page, per copied page after
 * fork, per system call that no one records, and per one that is recorded (madvise).
 *
 *	page_cost SAMPLES -> "PAGE COW CALL RECORDED", nanoseconds, medians
 *	page_cost SAMPLES DIR   the same for every line written to DIR/go; the answer to DIR/done
 *
 * A virtual CPU that shares its core with a neighbour's runs at one of several speeds, and changes
 * between them within milliseconds. So each sample is short, a fixed computation that nothing
 * traces runs before and after it, and those samples count around which it ran about as fast as it
 * ever did. Sampling goes on until SAMPLES of each kind count, or 40 times as many were taken; if
 * too few count by then, the answer is "slow". One process that serves all rounds of all tools has the
 * same memory, CPU and cache colours for each of them.
 */
#define _GNU_SOURCE
#include "page_work.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#define CALLS  2000
#define MAX    1000
#define TRIES  40   /* times the samples asked for */
#define STEADY 1.08 /* times the shortest pace: as fast as ever */
#define KINDS  4

/* What a computation takes that knows no kernel: it has several chains, as a core that is shared has
 * fewer units for each. ns. */
static double pace(void)
{
	static volatile uint32_t table[2048];
	uint64_t x[4] = { 1, 2, 3, 4 };
	double begin = cpu_own();

	for (int i = 0; i < 12000; i++) {
		for (int k = 0; k < 4; k++) {
			x[k] ^= x[k] << 13;
			x[k] ^= x[k] >> 7;
			x[k] += table[x[k] % 2048];
		}
	}
	table[0] = (uint32_t)(x[0] + x[1] + x[2] + x[3]);
	return cpu_own() - begin;
}

static double called(volatile char *at)
{
	double begin = cpu();

	(void)at;
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

static double touched_new(volatile char *at)
{
	(void)at;
	return touched();
}

static int order(const void *a, const void *b)
{
	double x = *(const double *)a - *(const double *)b;

	return (x > 0) - (x < 0);
}

static double quantile(double *v, int n, int percent)
{
	qsort(v, (size_t)n, sizeof(*v), order);
	return v[n * percent / 100];
}

struct samples {
	double took[TRIES * MAX];
	double pace[TRIES * MAX]; /* the slower one of both sides */
	int n;
};

static double shortest; /* pace of this process's life, but for the few shortest ones of a round */

/* The median of those that count; how many do: *N. */
static double steady(const struct samples *s, int *n)
{
	static double v[TRIES * MAX];

	*n = 0;
	for (int i = 0; i < s->n; i++) {
		if (s->pace[i] <= STEADY * shortest)
			v[(*n)++] = s->took[i];
	}
	return *n ? quantile(v, *n, 50) : 0;
}

static void learn_pace(const struct samples *s)
{
	static double v[TRIES * MAX];
	double p;

	memcpy(v, s->pace, (size_t)s->n * sizeof(*v));
	p = quantile(v, s->n, 2);
	shortest = shortest && shortest < p ? shortest : p;
}

/* Returns how many samples count of the kind that has fewest. */
static int take(struct samples s[KINDS], volatile char *at, int more, double median[KINDS])
{
	static double (*const work[KINDS])(volatile char *) = { touched_new, copied, called,
								recorded };
	int fewest = MAX * TRIES, n;

	for (int k = 0; k < KINDS; k++) {
		double before = pace();

		for (int i = 0; i < more; i++) {
			double took = work[k](at), after = pace();

			s[k].took[s[k].n] = took;
			s[k].pace[s[k].n++] = before > after ? before : after;
			before = after;
		}
		learn_pace(&s[k]);
	}
	for (int k = 0; k < KINDS; k++) {
		median[k] = steady(&s[k], &n);
		fewest = n < fewest ? n : fewest;
	}
	return fewest;
}

static int measure(volatile char *at, int wanted, FILE *to)
{
	static struct samples s[KINDS];
	double median[KINDS];
	int n = 0;

	for (int k = 0; k < KINDS; k++)
		s[k].n = 0;
	for (int i = 0; i < TRIES && n < wanted; i++)
		n = take(s, at, wanted, median);
	if (n < wanted / 4)
		return fprintf(to, "slow\n");
	return fprintf(to, "%.1f %.1f %.2f %.2f\n", median[0], median[1], median[2], median[3]);
}

/* Until a line says "end". */
static int serve(volatile char *at, int wanted, const char *dir)
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
		if (!f || measure(at, wanted, f) < 0)
			return 1;
		fclose(f);
	}
}

int main(int argc, char **argv)
{
	int wanted = argc > 1 ? (int)strtol(argv[1], NULL, 10) : 100;
	volatile char *at = map_pages(COW);

	if (wanted < 8 || wanted > MAX)
		return 2;
	touch(at, COW);
	if (argc > 2)
		return serve(at, wanted, argv[2]);
	return measure(at, wanted, stdout) < 0;
}

// SPDX-License-Identifier: GPL-2.0-only
/*
 * Open-loop replay: events a second, decode included, beside decode alone.
 *
 *	bench_replay [TRACE]	without one, a pretend host's churn of a million events
 *
 * Decode alone, in columns, then a whole replay (two decodes, survey, initial state, model),
 * alternately; the medians of each. The last line is the ratio: how many decodes a replay costs.
 */
#include "lib/trace/column/column.h"
#include "tests/unit/host.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#define ROUNDS 5

static struct host h;
static struct host_block held[4096];

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static int by_value(const void *a, const void *b)
{
	const double *x = a, *y = b;

	return *x < *y ? -1 : *x > *y;
}

static double median(double *v)
{
	qsort(v, ROUNDS, sizeof(*v), by_value);
	return v[ROUNDS / 2];
}

static void synthesise(void)
{
	struct mmt_rng rng = { 1 };
	unsigned nr = 0;

	host_start(&h);
	host_record(&h);
	for (unsigned i = 0; i < 10; i++) {
		nr = host_churn(&h, &rng, 100000, held, nr, 400);
		host_snapshot(&h, MMT_SNAP_LIGHT);
	}
	host_finish(&h);
}

static uint64_t decode(void)
{
	struct mmt_reader *reader = host_reader(&h, &h.err);
	const struct mmt_view *v = NULL;
	uint64_t n = 0;

	while (reader && mmt_reader_next_view(reader, &v, &h.err) == 1)
		n += v->n;
	mmt_reader_free(reader);
	return n;
}

int main(int argc, char **argv)
{
	struct replay_options o = { 0 };
	double alone[ROUNDS], whole[ROUNDS];
	uint64_t events = 0, model = 0;

	if (argc > 1)
		h.fd = open(argv[1], O_RDONLY | O_CLOEXEC);
	else
		synthesise();
	if (h.fd < 0 || h.broken) {
		fprintf(stderr, "no trace: %s\n", h.err.text);
		return 1;
	}
	for (unsigned i = 0; i < ROUNDS; i++) {
		struct replay r;
		double start = now();
		int ret;

		events = decode();
		alone[i] = now() - start;
		start = now();
		ret = host_replay(&h, &r, &o);
		whole[i] = now() - start;
		if (ret) {
			fprintf(stderr, "%s\n", h.err.text);
			return 1;
		}
		model = r.allocator.allocs + r.allocator.frees;
		replay_free(&r);
	}
	printf("events            %10llu, of which allocations and frees %llu\n",
	       (unsigned long long)events, (unsigned long long)model);
	printf("decode            %10.2f M events/s\n", (double)events / median(alone) / 1e6);
	printf("replay            %10.2f M events/s\n", (double)events / median(whole) / 1e6);
	printf("model             %10.1f ns an allocation or free\n",
	       (median(whole) - 2 * median(alone)) / (double)model * 1e9);
	printf("replay / decode   %10.2f\n", median(whole) / median(alone));
	host_stop(&h);
	return 0;
}

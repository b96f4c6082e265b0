/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Reading a trace against what zstd alone takes for the same frames: A B C A B C ... in one
 * process, all from memory, medians of CPU time, which is one core's. Then come reading event by
 * event, and in columns, each with the ratio zstd / reader: 1 would mean that events cost nothing
 * on top of decompression. The last line is columns with a thread that decodes ahead, as a replay
 * has them, by the clock on the wall: two cores share the work (ahead.c).
 *
 *	bench_decode [FILE.mmt [ROUNDS]]
 *
 * Memory freed in one round stays for the next: zstd alone keeps its buffers too, and a reader's first
 * touch of its own, some thousand page faults, is the same for a short trace as for a long one.
 *
 * Without a file, the first of traces/ that is found. Bytes per event are by kind: each frame's
 * bytes go to its kinds by their values before compression.
 */
#include "lib/trace/column/column.h"
#include "lib/trace/frame.h"
#include "lib/trace/reader.h"

#include <fcntl.h>
#include <glob.h>
#include <limits.h>
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>
#include <zstd.h>

#define ROUNDS_MAX 101

struct input {
	uint8_t *bytes;
	size_t n;
};

static double seconds_by(clockid_t clock)
{
	struct timespec t;

	clock_gettime(clock, &t);
	return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static double cpu_seconds(void)
{
	return seconds_by(CLOCK_PROCESS_CPUTIME_ID);
}

static int by_value(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static double median(double *v, int n)
{
	qsort(v, (size_t)n, sizeof(*v), by_value);
	return v[n / 2];
}

static double unpack_all(const struct input *in, ZSTD_DCtx *dctx, uint8_t *raw, uint64_t *bytes)
{
	double start = cpu_seconds();
	struct mmt_frame f;
	size_t at = 0;

	*bytes = 0;
	while (mmt_frame_peek(&f, in->bytes + at, in->n - at, NULL) == 0) {
		*bytes += ZSTD_decompressDCtx(dctx, raw, MMT_FRAME_RAW_MAX,
					      in->bytes + at + f.head_len, f.comp_len);
		at += mmt_frame_len(&f);
	}
	return cpu_seconds() - start;
}

static double read_all(const struct input *in, uint64_t *events, uint64_t *sum)
{
	struct mmt_alloc a = MMT_ALLOC_INIT;
	struct mmt_err e = { 0 };
	struct mmt_reader *r = mmt_reader_open_memory(&a, in->bytes, in->n, &e);
	const struct mmt_event *ev;
	double start = cpu_seconds();

	*events = 0;
	while (r && mmt_reader_next(r, &ev, &e) > 0) {
		++*events;
		*sum += ev->time ^ ev->v[0];
	}
	start = cpu_seconds() - start;
	mmt_reader_free(r);
	return start;
}

/* @ahead: decode a frame ahead, and take the time on the wall. */
static double view_all(const struct input *in, bool ahead, uint64_t *sum)
{
	clockid_t clock = ahead ? CLOCK_MONOTONIC : CLOCK_PROCESS_CPUTIME_ID;
	struct mmt_alloc a = MMT_ALLOC_INIT;
	struct mmt_err e = { 0 };
	struct mmt_reader *r = mmt_reader_open_memory(&a, in->bytes, in->n, &e);
	const struct mmt_view *v = NULL;
	double start = seconds_by(clock);

	if (r && ahead)
		mmt_reader_read_ahead(r);
	while (r && mmt_reader_next_view(r, &v, &e) > 0)
		*sum += v->time[v->n - 1];
	start = seconds_by(clock) - start;
	mmt_reader_free(r);
	return start;
}

/* Events and their uncompressed values by kind; the file's bytes are dealt out by the latter. */
static void print_kinds(const struct input *in)
{
	static uint64_t count[MMT_KIND_MAX + 1], values[MMT_KIND_MAX + 1];
	struct mmt_alloc a = MMT_ALLOC_INIT;
	struct mmt_reader *r = mmt_reader_open_memory(&a, in->bytes, in->n, NULL);
	const struct mmt_event *ev;
	uint64_t all = 0, events = 0, rows = 0, row_bytes = 0;

	while (r && mmt_reader_next(r, &ev, NULL) > 0) {
		const struct mmt_event_info *info = mmt_event_info(ev->kind);
		uint64_t bytes = 3; /* time, and what says the kind, CPU and task */

		for (unsigned f = 0; f < info->nr_fields; f++)
			bytes += mmt_varint_len(ev->v[f]);
		count[ev->kind]++;
		values[ev->kind] += bytes;
		all += bytes;
	}
	mmt_reader_free(r);
	printf("%-40s %10s %8s\n", "event", "count", "bytes");
	for (unsigned k = 0; all && k <= MMT_KIND_MAX; k++) {
		double share = (double)values[k] / (double)all * (double)in->n;

		if (!count[k])
			continue;
		if (mmt_event_info(k)->class == MMT_SNAPSHOT) {
			rows += count[k];
			row_bytes += (uint64_t)share;
			continue;
		}
		events += count[k];
		if (count[k] > 100)
			printf("%-40s %10llu %8.2f\n", mmt_event_info(k)->name,
			       (unsigned long long)count[k], share / (double)count[k]);
	}
	printf("%-40s %10llu %8.2f\n", "(snapshot rows)", (unsigned long long)rows,
	       rows ? (double)row_bytes / (double)rows : 0);
	printf("%-40s %10llu %8.2f\n", "(events without snapshot rows)", (unsigned long long)events,
	       events ? (double)(in->n - row_bytes) / (double)events : 0);
}

static void print_reader(const char *what, double seconds, uint64_t events, double zstd)
{
	printf("%-13s %8.2f ns/event  %8.2f M events/s  ratio %.3f\n", what,
	       1e9 * seconds / (double)events, 1e-6 * (double)events / seconds, zstd / seconds);
}

static int load(const char *path, struct input *in)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	struct stat st;

	if (fd < 0 || fstat(fd, &st) != 0)
		return -1;
	in->n = (size_t)st.st_size;
	in->bytes = malloc(in->n + 1);
	for (size_t at = 0; in->bytes && at < in->n;) {
		ssize_t got = read(fd, in->bytes + at, in->n - at);

		if (got <= 0)
			return -1;
		at += (size_t)got;
	}
	close(fd);
	return in->bytes ? 0 : -1;
}

int main(int argc, char **argv)
{
	double a[ROUNDS_MAX], b[ROUNDS_MAX], c[ROUNDS_MAX], d[ROUNDS_MAX];
	double zstd, reader, columns, ahead;
	int rounds = argc > 2 ? (int)strtol(argv[2], NULL, 10) : 11;
	uint8_t *raw = malloc(MMT_FRAME_RAW_MAX);
	ZSTD_DCtx *dctx = ZSTD_createDCtx();
	uint64_t events = 0, bytes = 0, sum = 0;
	glob_t found = { 0 };
	struct input in;
	const char *path = argc > 1 ? argv[1] : NULL;

	mallopt(M_MMAP_MAX, 0);
	mallopt(M_TRIM_THRESHOLD, INT_MAX);
	mallopt(M_ARENA_MAX, 1);
	if (!path && glob("traces/*.mmt", 0, NULL, &found) == 0)
		path = found.gl_pathv[0];
	if (!path || rounds < 1 || rounds > ROUNDS_MAX || load(path, &in) != 0) {
		fprintf(stderr, "usage: bench_decode [FILE.mmt [ROUNDS]]\n");
		return 2;
	}
	for (int i = 0; i < rounds; i++) {
		a[i] = unpack_all(&in, dctx, raw, &bytes);
		b[i] = read_all(&in, &events, &sum);
		c[i] = view_all(&in, false, &sum);
		d[i] = view_all(&in, true, &sum);
	}
	if (!events)
		return 1;
	zstd = median(a, rounds);
	reader = median(b, rounds);
	columns = median(c, rounds);
	ahead = median(d, rounds);
	print_kinds(&in);
	printf("%s: %zu bytes, %llu uncompressed, %llu events, %d rounds (sum %llx)\n", path, in.n,
	       (unsigned long long)bytes, (unsigned long long)events, rounds,
	       (unsigned long long)sum);
	printf("zstd alone    %8.2f ns/event  %8.1f MB/s uncompressed\n",
	       1e9 * zstd / (double)events, 1e-6 * (double)bytes / zstd);
	print_reader("events", reader, events, zstd);
	print_reader("columns", columns, events, zstd);
	print_reader("ahead (wall)", ahead, events, zstd);
	ZSTD_freeDCtx(dctx);
	globfree(&found);
	free(in.bytes);
	free(raw);
	return 0;
}

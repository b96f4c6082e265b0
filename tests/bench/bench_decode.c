/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Reading a trace against what zstd alone takes for the same frames: A B C D E in one process, again
 * and again. By CPU time, which is one core's, both from memory: reading event by event, and in
 * columns. By the clock on the wall: columns out of the file, with the threads that decode ahead,
 * as a replay has them (ahead.c), against zstd alone in this thread from memory, and against
 * `zstd -d -c FILE`, whose other output goes nowhere, where there is that program.
 *
 * The ratio zstd / reader is taken in each round, since a host may change its speed between two:
 * its median, and the quartiles. 1 would mean that events cost nothing on top of decompression.
 *
 *	bench_decode [FILE.mmt [ROUNDS]]
 *
 * Memory freed in one round stays for the next: zstd alone keeps its buffers too, and a reader's first
 * touch of its own, some thousand page faults, is the same for a short trace as for a long one.
 *
 * Without a file, the first of traces/ that is found. Bytes per event are by kind: each frame's
 * bytes go to its kinds by their values before compression.
 */
#include "lib/trace/ahead.h"
#include "lib/trace/column/column.h"
#include "lib/trace/frame.h"
#include "lib/trace/reader.h"

#include <fcntl.h>
#include <glob.h>
#include <limits.h>
#include <malloc.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#include <zstd.h>

#define ROUNDS_MAX 101

struct input {
	const char *path;
	uint8_t *bytes;
	size_t n;
};

/* CPU seconds, but of WALL_... */
enum { ZSTD, EVENTS, COLUMNS, WALL_ZSTD, WALL_AHEAD, WALL_PROGRAM, NR_MEASURES };

struct rounds {
	double seconds[NR_MEASURES][ROUNDS_MAX]; /* 0: not to be had */
	int n;
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

/* The value of @v that @percent are below. */
static double quantile(const double *v, int n, int percent)
{
	double sorted[ROUNDS_MAX];

	memcpy(sorted, v, (size_t)n * sizeof(*v));
	qsort(sorted, (size_t)n, sizeof(*sorted), by_value);
	return sorted[n * percent / 100];
}

static void unpack_all(const struct input *in, ZSTD_DCtx *dctx, uint8_t *raw, uint64_t *bytes,
		       double *cpu, double *wall)
{
	double start = cpu_seconds(), start_wall = seconds_by(CLOCK_MONOTONIC);
	struct mmt_frame f;
	size_t at = 0;

	*bytes = 0;
	while (mmt_frame_peek(&f, in->bytes + at, in->n - at, NULL) == 0) {
		*bytes += ZSTD_decompressDCtx(dctx, raw, MMT_FRAME_RAW_MAX,
					      in->bytes + at + f.head_len, f.comp_len);
		at += mmt_frame_len(&f);
	}
	*cpu = cpu_seconds() - start;
	*wall = seconds_by(CLOCK_MONOTONIC) - start_wall;
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

static double columns_of(struct mmt_reader *r, bool ahead, clockid_t clock, double start,
			 uint64_t *sum)
{
	const struct mmt_view *v = NULL;
	struct mmt_err e = { 0 };

	if (r && ahead)
		mmt_reader_read_ahead(r);
	while (r && mmt_reader_next_view(r, &v, &e) > 0)
		*sum += v->time[v->n - 1];
	start = seconds_by(clock) - start;
	mmt_reader_free(r);
	return start;
}

/* Columns from memory, CPU seconds. */
static double view_all(const struct input *in, uint64_t *sum)
{
	struct mmt_alloc a = MMT_ALLOC_INIT;
	double start = cpu_seconds();

	return columns_of(mmt_reader_open_memory(&a, in->bytes, in->n, NULL), false,
			  CLOCK_PROCESS_CPUTIME_ID, start, sum);
}

/* Columns out of the file, decoded ahead, seconds on the wall. */
static double view_file(const struct input *in, uint64_t *sum)
{
	struct mmt_alloc a = MMT_ALLOC_INIT;
	struct mmt_io io = MMT_IO_INIT;
	double start = seconds_by(CLOCK_MONOTONIC);
	int fd = open(in->path, O_RDONLY | O_CLOEXEC);

	start = columns_of(mmt_reader_open(&a, &io, fd, NULL), true, CLOCK_MONOTONIC, start, sum);
	close(fd);
	return start;
}

/* `zstd -d -c FILE >/dev/null`, seconds on the wall; 0: there is no such program. */
static double run_zstd(const struct input *in)
{
	char *argv[] = { "zstd", "-q", "-d", "-c", (char *)(uintptr_t)in->path, NULL };
	posix_spawn_file_actions_t actions;
	double start = seconds_by(CLOCK_MONOTONIC);
	int status = -1;
	pid_t pid;

	posix_spawn_file_actions_init(&actions);
	posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, "/dev/null", O_WRONLY, 0);
	if (posix_spawnp(&pid, argv[0], &actions, NULL, argv, environ) == 0)
		waitpid(pid, &status, 0);
	posix_spawn_file_actions_destroy(&actions);
	return status == 0 ? seconds_by(CLOCK_MONOTONIC) - start : 0;
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

/* What @reader takes, and how it compares with @zstd in each round. */
static void print_ratio(const char *what, const struct rounds *r, int reader, int zstd,
			uint64_t events)
{
	double ratio[ROUNDS_MAX], seconds = quantile(r->seconds[reader], r->n, 50);

	for (int i = 0; i < r->n; i++)
		ratio[i] = r->seconds[zstd][i] / r->seconds[reader][i];
	printf("%-34s %7.2f ns/event %8.2f M events/s  ratio %.3f (%.3f to %.3f)\n", what,
	       1e9 * seconds / (double)events, 1e-6 * (double)events / seconds,
	       quantile(ratio, r->n, 50), quantile(ratio, r->n, 25), quantile(ratio, r->n, 75));
}

static void print_zstd(const char *what, double seconds, uint64_t events, uint64_t bytes)
{
	printf("%-34s %7.2f ns/event %8.1f MB/s uncompressed\n", what,
	       1e9 * seconds / (double)events, 1e-6 * (double)bytes / seconds);
}

static void print_all(const struct rounds *r, uint64_t events, uint64_t bytes)
{
	char ahead[64];

	print_zstd("zstd alone, one core", quantile(r->seconds[ZSTD], r->n, 50), events, bytes);
	print_ratio("events, one core", r, EVENTS, ZSTD, events);
	print_ratio("columns, one core", r, COLUMNS, ZSTD, events);
	snprintf(ahead, sizeof(ahead), "columns, wall, %u threads", mmt_ahead_workers() + 1);
	print_ratio(ahead, r, WALL_AHEAD, WALL_ZSTD, events);
	if (!quantile(r->seconds[WALL_PROGRAM], r->n, 0))
		return;
	print_zstd("zstd -d -c, wall", quantile(r->seconds[WALL_PROGRAM], r->n, 50), events, bytes);
	print_ratio("the same columns against that", r, WALL_AHEAD, WALL_PROGRAM, events);
}

static int load(struct input *in)
{
	int fd = open(in->path, O_RDONLY | O_CLOEXEC);
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
	static struct rounds r;
	uint8_t *raw = malloc(MMT_FRAME_RAW_MAX);
	ZSTD_DCtx *dctx = ZSTD_createDCtx();
	uint64_t events = 0, bytes = 0, sum = 0;
	glob_t found = { 0 };
	struct input in = { .path = argc > 1 ? argv[1] : NULL };

	r.n = argc > 2 ? (int)strtol(argv[2], NULL, 10) : 11;
	mallopt(M_MMAP_MAX, 0);
	mallopt(M_TRIM_THRESHOLD, INT_MAX);
	mallopt(M_ARENA_MAX, 1);
	if (!in.path && glob("traces/*.mmt", 0, NULL, &found) == 0)
		in.path = found.gl_pathv[0];
	if (!in.path || r.n < 1 || r.n > ROUNDS_MAX || load(&in) != 0) {
		fprintf(stderr, "usage: bench_decode [FILE.mmt [ROUNDS]]\n");
		return 2;
	}
	for (int i = 0; i < r.n; i++) {
		unpack_all(&in, dctx, raw, &bytes, &r.seconds[ZSTD][i], &r.seconds[WALL_ZSTD][i]);
		r.seconds[EVENTS][i] = read_all(&in, &events, &sum);
		r.seconds[COLUMNS][i] = view_all(&in, &sum);
		r.seconds[WALL_AHEAD][i] = view_file(&in, &sum);
		r.seconds[WALL_PROGRAM][i] = run_zstd(&in);
	}
	if (!events)
		return 1;
	print_kinds(&in);
	printf("%s: %zu bytes, %llu uncompressed, %llu events, %d rounds (sum %llx)\n", in.path,
	       in.n, (unsigned long long)bytes, (unsigned long long)events, r.n,
	       (unsigned long long)sum);
	print_all(&r, events, bytes);
	ZSTD_freeDCtx(dctx);
	globfree(&found);
	free(in.bytes);
	free(raw);
	return 0;
}

/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * R14, R15: reading a trace, sound or damaged, while each allocation and each host call fails in
 * turn, alone and with all after it.
 */
#include "tests/unit/test.h"
#include "tests/unit/trace_sample.h"

#include <errno.h>

static struct sample sample;

/* Read @fd to its end: 0 or the error; *@n events that were the sample's, in order. */
static int read_trace(struct mmt_alloc *a, struct mmt_io *io, int fd, size_t *n, bool *complete,
		      struct mmt_err *e)
{
	struct mmt_reader *r = mmt_reader_open(a, io, fd, e);
	const struct mmt_event *ev;
	size_t at = 0;
	int more;

	*n = 0;
	*complete = false;
	if (!r)
		return -e->code;
	while ((more = mmt_reader_next(r, &ev, e)) > 0) {
		while (at < sample.nr_events && !sample_equal(ev, &sample.events[at]))
			at++;
		if (at++ < sample.nr_events)
			++*n;
	}
	*complete = mmt_reader_state(r)->complete;
	mmt_reader_free(r);
	return more;
}

/* One life with the given faults; false when none was met. */
static bool live(int fd, struct mmt_alloc a, struct mmt_io io, int expected, size_t events)
{
	struct mmt_err e = { 0 };
	bool complete, met;
	size_t n;
	int err;

	lseek(fd, 0, SEEK_SET);
	err = read_trace(&a, &io, fd, &n, &complete, &e);
	met = (a.fail_at && a.calls >= a.fail_at) || (io.fail_at && io.calls >= io.fail_at);
	test_eq(__FILE__, __LINE__, "error", (uint64_t)err, (uint64_t)(met ? expected : 0));
	test_true(__FILE__, __LINE__, "told", !err || (*e.text && e.code == -err));
	test_eq(__FILE__, __LINE__, "memory", a.used, 0);
	if (err)
		test_true(__FILE__, __LINE__, "not taken for whole", !complete && n <= events);
	else
		test_eq(__FILE__, __LINE__, "events", n, events);
	return met;
}

/* A descriptor with the sample, its frame @damaged (if not 0) hurt; how many events are left. */
static int open_sample(size_t damaged, size_t *events)
{
	int fd = memfd_create("trace", MFD_CLOEXEC);

	sample_free(&sample);
	if (!sample_make(&sample, 4, 25, 6))
		return -1;
	*events = sample.nr_events;
	if (damaged) {
		sample.bytes[sample.end[damaged] - 10] ^= 0x10;
		*events -= sample.events_before[damaged] - sample.events_before[damaged - 1];
	}
	if (write(fd, sample.bytes, sample.n) != (ssize_t)sample.n)
		return -1;
	return fd;
}

TEST_NAMED(allocations, "R14 every failing allocation of a reader")
{
	for (size_t damaged = 0; damaged < 4; damaged += 3)
		for (int after = 0; after < 2; after++) {
			size_t events;
			int fd = open_sample(damaged, &events);

			CHECK(fd >= 0);
			for (uint64_t n = 1;; n++) {
				struct mmt_alloc a = { .fail_at = n, .fail_after = after };

				if (!live(fd, a, (struct mmt_io)MMT_IO_INIT, -ENOMEM, events))
					break;
				CHECK(!test_failed() && n < 10000);
			}
			close(fd);
		}
	sample_free(&sample);
}

TEST_NAMED(budget, "R9 a budget of any size ends in a clean error or in the whole trace")
{
	size_t events;
	int fd = open_sample(0, &events);
	bool enough = false;

	CHECK(fd >= 0);
	for (uint64_t limit = 1000; !enough; limit += limit / 8) {
		struct mmt_alloc a = { .limit = limit };
		struct mmt_io io = MMT_IO_INIT;
		struct mmt_err e = { 0 };
		bool complete;
		size_t n;
		int err;

		lseek(fd, 0, SEEK_SET);
		err = read_trace(&a, &io, fd, &n, &complete, &e);
		CHECK(!err || err == -ENOMEM);
		CHECK_EQ(complete, !err);
		CHECK(a.peak <= limit);
		enough = !err;
		CHECK(limit < 16 << 20);
	}
	close(fd);
	sample_free(&sample);
}

TEST_NAMED(host_calls, "R15 every failing host call of a reader")
{
	for (int after = 0; after < 2; after++) {
		size_t events;
		int fd = open_sample(0, &events);

		CHECK(fd >= 0);
		for (uint64_t n = 1;; n++) {
			struct mmt_io io = { .fail_at = n, .fail_with = EIO, .fail_after = after };

			if (!live(fd, (struct mmt_alloc)MMT_ALLOC_INIT, io, -EIO, events))
				break;
			CHECK(!test_failed() && n < 100);
		}
		close(fd);
	}
	sample_free(&sample);
}

TEST_NAMED(interruptions, "R15 interrupted and short reads are resumed")
{
	size_t events;
	int fd = open_sample(0, &events);
	struct mmt_io every = { .fail_at = 1, .fail_after = true };

	CHECK(fd >= 0);
	for (int c = 0; c < 2; c++)
		for (uint64_t n = 1;; n++) {
			struct mmt_io io = { .fail_at = n, .fail_with = c ? EINTR : 0 };

			if (!live(fd, (struct mmt_alloc)MMT_ALLOC_INIT, io, 0, events))
				break;
			CHECK(!test_failed() && n < 100);
		}
	/* one byte at a time, all the way */
	live(fd, (struct mmt_alloc)MMT_ALLOC_INIT, every, 0, events);
	close(fd);
	sample_free(&sample);
}

TEST_NAMED(read_error_later, "R15 events before a read error were given out")
{
	/* the reader asks for 2.3 MiB at a time: a pipe gives less, so errors come in the middle */
	struct mmt_alloc a = MMT_ALLOC_INIT;
	struct mmt_io io = { .fail_at = 2, .fail_with = EIO };
	struct mmt_err e = { 0 };
	size_t n, events;
	bool complete;
	int fd = open_sample(0, &events), fds[2];
	char text[700];

	CHECK(fd >= 0 && pipe(fds) == 0);
	CHECK_EQ(write(fds[1], sample.bytes, sample.end[2] + 5), (ssize_t)sample.end[2] + 5);
	CHECK_EQ(read_trace(&a, &io, fds[0], &n, &complete, &e), -EIO);
	CHECK_EQ(n, sample.events_before[2]);
	CHECK_EQ(e.offset, sample.end[2] + 5);
	CHECK(strstr(mmt_err_format(&e, text, sizeof(text)), "cannot read: Input/output error"));
	close(fds[0]);
	close(fds[1]);
	close(fd);
	sample_free(&sample);
	CHECK_EQ(a.used, 0);
}

TEST_MAIN

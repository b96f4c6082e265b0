/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * R14, R15: writing a trace while each allocation and each host call fails in turn, alone and with
 * all after it. What was written is read back each time: whole frames, and complete only if the
 * writer said that it had sealed the file.
 */
#include "tests/unit/test.h"
#include "tests/unit/trace_sample.h"

#include <errno.h>

#define EVENTS 60

static struct mmt_event events[EVENTS];

/* The whole life of a writer: 0, or the first error; *@sealed: it said so. */
static int write_trace(struct mmt_alloc *a, struct mmt_io *io, int fd, bool *sealed,
		       struct mmt_err *e)
{
	struct mmt_writer_options o = { .file_id = SAMPLE_ID, .dict_repeat_bytes = 1 };
	struct mmt_dict_entry task = { MMT_DICT_TASK, 1, { 1, 2, 3 }, "a task" };
	struct mmt_writer *w = mmt_writer_new(a, io, fd, &o, NULL, e);
	int err = w ? 0 : -e->code;

	*sealed = false;
	for (int i = 0; !err && i < EVENTS; i++) {
		task.id = 1 + (uint32_t)i;
		err = mmt_writer_define(w, &task, e);
		if (!err && i % 5 == 0 && !mmt_writer_string(w, i % 2 ? "odd" : "even", e))
			err = -e->code;
		if (!err)
			err = mmt_writer_add(w, &events[i], e);
		if (!err)
			err = mmt_writer_lost(w, 0, 5, MMT_LOST_RING, 1, e);
		if (!err && i % 20 == 19)
			err = mmt_writer_flush(w, e);
	}
	if (!err)
		err = mmt_writer_seal(w, NULL, e);
	*sealed = w && !err;
	mmt_writer_free(w);
	return err;
}

static void make_events(void)
{
	struct mmt_rng r = { 4 };
	uint64_t time = 0;

	for (int i = 0; i < EVENTS; i++)
		sample_event(&r, &time, &events[i]);
}

/* One life with the given faults; false when none was met, so that there are no more. */
static bool live(struct mmt_alloc a, struct mmt_io io, int expected)
{
	struct sample whole = { .events = events, .nr_events = EVENTS };
	int fd = memfd_create("trace", MFD_CLOEXEC);
	struct sample_result got;
	struct mmt_err e = { 0 };
	bool sealed, met;
	uint8_t *bytes;
	size_t n;
	int err = write_trace(&a, &io, fd, &sealed, &e);

	met = (a.fail_at && a.calls >= a.fail_at) || (io.fail_at && io.calls >= io.fail_at);
	test_eq(__FILE__, __LINE__, "error", (uint64_t)err, (uint64_t)(met ? expected : 0));
	test_true(__FILE__, __LINE__, "told", !err || (*e.text && e.code == -err));
	test_eq(__FILE__, __LINE__, "memory", a.used, 0);
	bytes = sample_slurp(fd, &n);
	close(fd);
	got = sample_read(&whole, bytes, n);
	free(bytes);
	test_true(__FILE__, __LINE__, "no wrong event", !got.wrong);
	test_true(__FILE__, __LINE__, "whole frames", got.events % 20 == 0);
	/* the last call is the sync, after which all is there already */
	if (sealed)
		test_true(__FILE__, __LINE__, "complete", got.complete && got.events == EVENTS);
	else
		test_true(__FILE__, __LINE__, "an error was told", err);
	return met;
}

TEST_NAMED(allocations, "R14 every failing allocation of a writer")
{
	make_events();
	for (int after = 0; after < 2; after++)
		for (uint64_t n = 1;; n++) {
			struct mmt_alloc a = { .fail_at = n, .fail_after = after };

			if (!live(a, (struct mmt_io)MMT_IO_INIT, -ENOMEM))
				break;
			CHECK(!test_failed() && n < 10000);
		}
}

TEST_NAMED(host_calls, "R15 every failing host call of a writer")
{
	const int codes[] = { EIO, ENOSPC, EFBIG, EPIPE };

	make_events();
	for (int after = 0; after < 2; after++)
		for (int c = 0; c < 4; c++)
			for (uint64_t n = 1;; n++) {
				struct mmt_io io = { .fail_at = n,
						     .fail_with = codes[c],
						     .fail_after = after };

				if (!live((struct mmt_alloc)MMT_ALLOC_INIT, io, -codes[c]))
					break;
				CHECK(!test_failed() && n < 100);
			}
}

TEST_NAMED(interruptions, "R15 interrupted and short writes are resumed")
{
	make_events();
	for (int c = 0; c < 2; c++)
		for (uint64_t n = 1;; n++) {
			struct mmt_io io = { .fail_at = n, .fail_with = c ? EINTR : 0 };

			if (!live((struct mmt_alloc)MMT_ALLOC_INIT, io, 0))
				break;
			CHECK(!test_failed() && n < 100);
		}
}

TEST_NAMED(torn, "R17 a process killed within any write leaves whole frames before it")
{
	struct sample whole = { .events = events, .nr_events = EVENTS };
	struct mmt_alloc a = MMT_ALLOC_INIT;
	struct mmt_io io = MMT_IO_INIT;
	struct mmt_err e = { 0 };
	bool sealed;
	uint8_t *bytes;
	size_t n;
	int fd = memfd_create("trace", MFD_CLOEXEC);

	make_events();
	CHECK_EQ(write_trace(&a, &io, fd, &sealed, &e), 0);
	bytes = sample_slurp(fd, &n);
	close(fd);
	/* a crash at any byte; the tail may also be zeros, as file systems leave it */
	for (size_t cut = 0; cut < n; cut += 1 + cut / 200) {
		uint8_t *copy = calloc(1, n);
		struct sample_result got;

		memcpy(copy, bytes, cut);
		got = sample_read(&whole, copy, n);
		CHECK(!got.wrong && !got.complete);
		CHECK(got.err || got.events % 20 == 0);
		free(copy);
	}
	free(bytes);
}

TEST_MAIN

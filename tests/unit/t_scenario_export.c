// SPDX-License-Identifier: GPL-2.0-only
/*
 * Scenarios as traces and back: import.c and export.c, each trace in memory.
 */
#include "lib/mm/gfp.h"
#include "lib/replay/scenario/key.h"
#include "lib/trace/scenario/scenario.h"
#include "lib/trace/writer.h"
#include "tests/unit/test.h"
#include "tests/unit/trace_sample.h"

#include <errno.h>
#include <glob.h>

#define HEAD "#mmtrace-scenario 1\n"

static struct mmt_alloc heap;
static const struct mmt_scenario_sink checks = { .check_key = scenario_key_check,
						 .check_setting = scenario_setting_check };

/* --- text -> trace -> text --- */

static int import(const char *text, size_t n, struct mmt_alloc *a, uint8_t **trace, size_t *size,
		  struct mmt_err *e)
{
	struct mmt_io io = MMT_IO_INIT;
	int fd = memfd_create("scenario", MFD_CLOEXEC);
	int ret = mmt_scenario_import(text, n, "a.mms", &checks, a, &io, fd, e);

	*trace = sample_slurp(fd, size);
	close(fd);
	return ret;
}

static int put(void *ctx, const void *p, size_t n, struct mmt_err *e)
{
	struct mmt_wr *w = ctx;

	mmt_wr_bytes(w, p, n);
	return w->bad ? mmt_fail(e, ENOMEM, "no memory for a text") : 0;
}

static int full(void *ctx, const void *p, size_t n, struct mmt_err *e)
{
	(void)ctx;
	(void)p;
	(void)n;
	return mmt_fail(e, ENOSPC, "no space left");
}

static bool may_set(const char *key, const char *value)
{
	return strncmp(key, "vm.", 3) == 0 && strcmp(value, "odd") != 0;
}

static int export(const uint8_t *trace, size_t size, struct mmt_alloc *a, struct mmt_wr *w,
		  struct mmt_scenario_export *told, struct mmt_err *e)
{
	const struct mmt_scenario_exporter x = {
		.ctx = w, .write = put, .may_set = may_set, .profile = "6.12"
	};
	struct mmt_reader *r = mmt_reader_open_memory(a, trace, size, e);
	int ret = r ? mmt_scenario_export(r, &x, a, told, e) : -ENOMEM;

	mmt_reader_free(r);
	return ret;
}

/* @text goes there and back; @w has what came. */
static void round_trip(const char *text, size_t n, struct mmt_wr *w)
{
	struct mmt_scenario_export told;
	struct mmt_err e = { 0 };
	uint8_t *trace;
	size_t size;

	CHECK_EQ(import(text, n, &heap, &trace, &size, &e), 0);
	CHECK_EQ(export(trace, size, &heap, w, &told, &e), 0);
	free(trace);
}

TEST(what_is_exported_is_exported_again_byte_for_byte)
{
	glob_t g;

	CHECK_EQ(glob("tests/scenario/*.mms", 0, NULL, &g), 0);
	CHECK(g.gl_pathc > 50);
	for (size_t i = 0; i < g.gl_pathc; i++) {
		struct mmt_wr once = { .alloc = &heap }, twice = { .alloc = &heap };
		int fd = open(g.gl_pathv[i], O_RDONLY | O_CLOEXEC);
		uint8_t *text, *a, *b;
		struct mmt_err e = { 0 };
		size_t n, na, nb;

		text = sample_slurp(fd, &n);
		close(fd);
		round_trip((const char *)text, n, &once);
		if (test_failed())
			printf("# %s\n", g.gl_pathv[i]);
		round_trip((const char *)once.buf, once.len, &twice);
		CHECK_EQ(once.len, twice.len);
		CHECK_MEM(once.buf, twice.buf, once.len);
		/* and the same text is the same trace */
		CHECK_EQ(import((const char *)text, n, &heap, &a, &na, &e), 0);
		CHECK_EQ(import((const char *)text, n, &heap, &b, &nb, &e), 0);
		CHECK_EQ(na, nb);
		CHECK_MEM(a, b, na);
		free(a);
		free(b);
		free(text);
		mmt_wr_free(&once);
		mmt_wr_free(&twice);
	}
	globfree(&g);
	CHECK_EQ(heap.used, 0);
}

TEST(a_scenario_comes_back_with_its_times_and_name)
{
	static const char text[] = HEAD "machine mem=64M nodes=1 cpus=2\n"
					"# a word\n"
					"@1ms alloc A order=3 gfp=GFP_KERNEL cpu=1\n"
					"@+1ms free A\n";
	struct mmt_wr w = { .alloc = &heap };
	struct mmt_scenario_export told;
	struct mmt_reader *r;
	struct mmt_err e = { 0 };
	uint8_t *trace;
	size_t size;

	CHECK_EQ(import(text, strlen(text), &heap, &trace, &size, &e), 0);
	r = mmt_reader_open_memory(&heap, trace, size, &e);
	CHECK_STR(mmt_scenario_name(mmt_reader_header(r)), "a.mms");
	mmt_reader_free(r);
	CHECK_EQ(export(trace, size, &heap, &w, &told, &e), 0);
	mmt_wr_u8(&w, 0);
	CHECK_STR((char *)w.buf, HEAD "machine mem=64M nodes=1 cpus=2\n"
				      "@1ms alloc A order=3 gfp=GFP_KERNEL cpu=1\n"
				      "@2ms free A\n");
	CHECK_EQ(told.lines, 4);
	CHECK_EQ(told.allocs, 0);
	mmt_wr_free(&w);
	free(trace);
}

TEST(a_text_that_is_refused_says_where_and_leaves_no_whole_trace)
{
	static const char text[] = HEAD "machine mem=64M\nalloc A order=99\n";
	struct mmt_reader *r;
	struct mmt_err e = { 0 };
	uint8_t *trace;
	size_t size;

	CHECK_EQ(import(text, strlen(text), &heap, &trace, &size, &e), -EINVAL);
	CHECK_EQ(e.line, 3);
	CHECK_EQ(e.column, 15);
	CHECK(strstr(e.text, "order 99"));
	r = mmt_reader_open_memory(&heap, trace, size, NULL);
	CHECK(!r || !mmt_reader_state(r)->sealed);
	mmt_reader_free(r);
	free(trace);
	CHECK_EQ(heap.used, 0);
}

TEST(no_memory_for_an_import_or_an_export_is_told)
{
	static const char text[] = HEAD "machine mem=64M\nalloc A order=3\nfree A\n";
	struct mmt_wr w = { .alloc = &heap };
	struct mmt_scenario_export told;
	struct mmt_err e = { 0 };
	uint8_t *trace = NULL;
	size_t size = 0;
	int ret = -ENOMEM;

	for (uint64_t at = 1; ret; at++) {
		struct mmt_alloc failing = { .fail_at = at };

		free(trace);
		e = (struct mmt_err){ 0 };
		ret = import(text, strlen(text), &failing, &trace, &size, &e);
		CHECK(ret == 0 || (ret == -ENOMEM && e.text[0]));
		CHECK_EQ(failing.used, 0);
		CHECK(at < 1000);
	}
	ret = -ENOMEM;
	for (uint64_t at = 1; ret; at++) {
		struct mmt_alloc failing = { .fail_at = at };

		e = (struct mmt_err){ 0 };
		w.len = 0;
		ret = export(trace, size, &failing, &w, &told, &e);
		CHECK(ret == 0 || (ret == -ENOMEM && e.text[0]));
		CHECK_EQ(failing.used, 0);
		CHECK(at < 1000);
	}
	mmt_wr_free(&w);
	free(trace);
}

/* --- a recorded trace --- */

struct step {
	unsigned kind;
	uint64_t time;
	uint32_t task;
	uint16_t cpu;
	uint64_t v[12];
};
#define EV(k, at, by, on, ...)                                                                    \
	{                                                                                         \
		.kind = MMT_EV_##k, .time = (at), .task = (by), .cpu = (on), .v = { __VA_ARGS__ } \
	}

enum { MIN_FREE = 1, RATIO, THP, ALWAYS, NEVER, MIN_KEY, NUMBER, ODD };

/* A trace of @step, with task 1 = tid 500, task 2 = tid 0, and the strings above. */
static uint8_t *record(const struct step *step, size_t n, size_t *size)
{
	static const char *const strings[] = { "vm.min_free_kbytes",
					       "vm.lowmem_reserve_ratio",
					       "thp.enabled",
					       "always",
					       "never",
					       "vm.min_free_kbytes",
					       "4096",
					       "odd" };
	static const struct mmt_dict_entry tasks[] = { { MMT_DICT_TASK, 1, { 500, 500 }, "a" },
						       { MMT_DICT_TASK, 2, { 0, 0 }, "idle" } };
	struct mmt_writer_options o = { .file_id = SAMPLE_ID };
	struct mmt_io io = MMT_IO_INIT;
	struct mmt_err e = { 0 };
	int fd = memfd_create("recorded", MFD_CLOEXEC);
	struct mmt_writer *w = mmt_writer_new(&heap, &io, fd, &o, NULL, &e);
	uint32_t id[sizeof(strings) / sizeof(*strings) + 1] = { 0 };
	uint8_t *trace;
	bool ok = true;

	for (size_t i = 0; i < sizeof(strings) / sizeof(*strings); i++)
		id[i + 1] = mmt_writer_string(w, strings[i], &e);
	for (size_t i = 0; i < sizeof(tasks) / sizeof(*tasks); i++)
		ok &= !mmt_writer_define(w, &tasks[i], &e);
	for (size_t i = 0; i < n; i++) {
		const struct mmt_event_info *info = mmt_event_info(step[i].kind);
		struct mmt_event ev = { .kind = (uint16_t)step[i].kind,
					.time = step[i].time,
					.task = step[i].task,
					.cpu = step[i].cpu };

		for (unsigned f = 0; f < info->nr_fields; f++)
			ev.v[f] = info->fields[f].unit == MMT_U_STRING ? id[step[i].v[f]]
								       : step[i].v[f];
		ok &= !mmt_writer_add(w, &ev, &e);
	}
	ok &= !mmt_writer_seal(w, NULL, &e);
	mmt_writer_free(w);
	if (!ok)
		printf("# %s\n", e.text);
	trace = sample_slurp(fd, size);
	close(fd);
	return trace;
}
#define RECORD(step, size) record(step, sizeof(step) / sizeof(*(step)), size)

#define SNAPSHOT                                                                        \
	EV(snapshot_begin, 100, 0, 0, MMT_SNAP_FULL, 1), EV(snap_cpu, 101, 0, 0, 0, 0), \
		EV(snap_cpu, 101, 0, 0, 1, 0),                                          \
		EV(snap_zone, 102, 0, 0, 0, 1, 1024, 7168, 7168, 7000, 6000)

TEST(a_recorded_trace_is_its_machine_and_its_page_demand)
{
	static const struct step step[] = {
		/* before anything is known of the machine */
		EV(mm_page_alloc, 50, 1, 0, 5000, 0, GFP_KERNEL),
		EV(snap_cpu, 60, 0, 0, 7, 0),
		SNAPSHOT,
		/* again, or what no machine line can have */
		EV(snap_zone, 103, 0, 0, 0, 1, 1, 2, 2, 2, 2),
		EV(snap_zone, 103, 0, 0, 0, 4, 9000, 100, 100, 100, 0),
		EV(snap_zone, 103, 0, 0, 0, 3, 9000, 0, 0, 0, 0),
		/* 3 x 2^10 pages and 4: what buddyinfo has is more right than the zone row */
		EV(snap_buddy, 104, 0, 0, 0, 1, 10, 3),
		EV(snap_buddy, 104, 0, 0, 0, 1, 2, 1),
		EV(snap_buddy, 104, 0, 0, 1, 1, 0, 9),
		EV(snap_sysctl, 105, 0, 0, MIN_FREE, 0, 2048),
		EV(snap_sysctl, 105, 0, 0, RATIO, 0, 256),
		EV(snap_sysctl, 105, 0, 0, RATIO, 1, 32),
		EV(snap_setting, 105, 0, 0, THP, ALWAYS),
		EV(mm_page_free, 150, 1, 0, 5000, 0),
		EV(snapshot_end, 200, 0, 0, MMT_SNAP_FULL, 1),
		EV(mm_page_alloc, 1200, 1, 1, 0x400, 1, GFP_KERNEL),
		/* at the same time; CPU 3 of a machine of two */
		EV(mm_page_alloc, 1200, 1, 3, 0x410, 0, GFP_ATOMIC),
		/* refused: it has no frame; misaligned: it is none */
		EV(mm_page_alloc, 1300, 1, 0, MMT_PFN_NONE, 3, GFP_KERNEL),
		EV(mm_page_alloc, 1300, 1, 0, 0x401, 1, GFP_KERNEL),
		/* of a block in use at the start */
		EV(mm_page_free, 1400, 1, 0, 0x7000, 0),
		/* the second half alone */
		EV(mm_page_free, 1500, 1, 0, 0x401, 0),
		EV(mm_page_free, 1600, 1, 0, 0x400, 0),
		/* given out again, though no free was seen */
		EV(mm_page_alloc, 1700, 1, 0, 0x410, 0, GFP_KERNEL),
		EV(mark_victim, 1750, 0, 0, 1),
		EV(sched_process_exec, 1800, 1, 0, 1, 500),
		EV(snapshot_begin, 1900, 0, 0, MMT_SNAP_LIGHT, 2),
		EV(snap_buddy, 1900, 0, 0, 0, 1, 10, 1),
		EV(snapshot_end, 1900, 0, 0, MMT_SNAP_LIGHT, 2),
	};
	struct mmt_wr w = { .alloc = &heap };
	struct mmt_scenario_export told;
	struct mmt_err e = { 0 };
	size_t size;
	uint8_t *trace = RECORD(step, &size);

	CHECK_EQ(export(trace, size, &heap, &w, &told, &e), 0);
	mmt_wr_u8(&w, 0);
	CHECK_STR((char *)w.buf,
		  HEAD "machine mem=32M nodes=1 cpus=2 profile=6.12\n"
		       "zone 0 DMA32 start=1024 spanned=7168 present=7168 managed=7000 free=3076\n"
		       "zone 0 DMA start=0 spanned=0 present=0 managed=0\n"
		       "zone 0 Normal start=0 spanned=0 present=0 managed=0\n"
		       "set vm.min_free_kbytes=2048\n"
		       "set vm.lowmem_reserve_ratio=256 32\n"
		       "@1us alloc p400 order=1 gfp=GFP_KERNEL cpu=1\n"
		       "alloc p410 order=0 gfp=GFP_ATOMIC cpu=1\n"
		       "@1300ns free p400 cpu=0\n"
		       "@1500ns free p410 cpu=0\n"
		       "alloc p410 order=0 gfp=GFP_KERNEL cpu=0\n");
	CHECK_EQ(told.early, 2);
	CHECK_EQ(told.allocs, 3);
	CHECK_EQ(told.frees, 2);
	CHECK_EQ(told.refused, 2);
	CHECK_EQ(told.unknown_free, 2);
	CHECK_EQ(told.in_pieces, 1);
	CHECK_EQ(told.other, 1);
	mmt_wr_free(&w);
	free(trace);
	CHECK_EQ(heap.used, 0);
}

TEST(policies_and_settings_are_told_as_far_as_a_scenario_can)
{
	static const struct step step[] = {
		SNAPSHOT,
		EV(snapshot_end, 200, 0, 0, MMT_SNAP_FULL, 1),
		/* refused; of nobody; without nodes; of a task without a number; no such mode */
		EV(sys_set_mempolicy, 210, 1, 0, 2, 1, (uint64_t)-EINVAL),
		EV(sys_set_mempolicy, 210, 9, 0, 2, 1, 0),
		EV(sys_set_mempolicy, 210, 1, 0, 2, 0, 0),
		EV(sys_set_mempolicy, 210, 2, 0, 2, 1, 0),
		EV(sys_set_mempolicy, 210, 1, 0, 99, 1, 0),
		EV(mm_page_alloc, 1200, 1, 0, 0x400, 0, GFP_KERNEL),
		/* the upper bits say how nodes are meant */
		EV(sys_set_mempolicy, 2200, 1, 1, 0x8000 | MMT_POLICY_INTERLEAVE, 1, 0),
		EV(mm_page_alloc, 3200, 1, 0, 0x401, 0, GFP_KERNEL),
		/* a preferred node is one; a second policy needs no second task */
		EV(sys_set_mempolicy, 4200, 1, 0, MMT_POLICY_PREFERRED, 6, 0),
		EV(sys_set_mempolicy, 5200, 1, 0, MMT_POLICY_LOCAL, 6, 0),
		EV(setting_change, 6200, 0, 0, MIN_KEY, NUMBER),
		EV(setting_change, 6200, 0, 0, THP, NEVER),
		EV(setting_change, 6200, 0, 0, MIN_KEY, ODD),
	};
	struct mmt_wr w = { .alloc = &heap };
	struct mmt_scenario_export told;
	struct mmt_err e = { 0 };
	size_t size;
	uint8_t *trace = RECORD(step, &size);
	char *lines;

	CHECK_EQ(export(trace, size, &heap, &w, &told, &e), 0);
	mmt_wr_u8(&w, 0);
	lines = strstr((char *)w.buf, "@1us");
	CHECK_STR(lines, "@1us alloc p400 order=0 gfp=GFP_KERNEL cpu=0\n"
			 "@2us task 500 cpu=1\n"
			 "policy 500 interleave:0\n"
			 "@3us alloc p401 order=0 gfp=GFP_KERNEL cpu=0 pid=500\n"
			 "@4us policy 500 preferred:1\n"
			 "@5us policy 500 local\n"
			 "@6us set vm.min_free_kbytes=4096\n");
	CHECK_EQ(told.other, 7);
	mmt_wr_free(&w);
	free(trace);
	CHECK_EQ(heap.used, 0);
}

/* I1: no name is given while a block has it, none is freed that no block has. */
static void check_names(const char *text)
{
	static bool live[1 << 16];

	memset(live, 0, sizeof(live));
	for (const char *p = text; p; p = strchr(p, '\n')) {
		unsigned pfn;
		bool alloc;

		p += *p == '\n';
		if (*p == '@')
			p += strcspn(p, " \n") + 1;
		alloc = sscanf(p, "alloc p%x", &pfn) == 1;
		if (!alloc && sscanf(p, "free p%x", &pfn) != 1)
			continue;
		CHECK(pfn < sizeof(live) && live[pfn] != alloc);
		live[pfn] = alloc;
	}
}

/* I2: whatever was recorded, each line can be read. Frames are few, so that they come again. */
TEST(lines_of_any_recorded_demand_can_be_parsed)
{
	static struct step step[2000] = { SNAPSHOT, EV(snapshot_end, 200, 0, 0, MMT_SNAP_FULL, 1) };
	struct mmt_rng rng = { 3 };

	for (unsigned round = 0; round < 20; round++) {
		struct mmt_wr w = { .alloc = &heap }, again = { .alloc = &heap };
		struct mmt_scenario_export told;
		struct mmt_err e = { 0 };
		size_t size;
		uint8_t *trace;

		for (size_t i = 5; i < sizeof(step) / sizeof(*step); i++) {
			unsigned order = (unsigned)mmt_rng_below(&rng, 5);
			uint64_t pfn = 1024 + (mmt_rng_below(&rng, 256) & ~((1u << order) - 1));

			step[i] =
				(struct step){ .kind = mmt_rng_below(&rng, 2) ? MMT_EV_mm_page_alloc
									      : MMT_EV_mm_page_free,
					       .time = 200 + 10 * i,
					       .task = 1,
					       .cpu = (uint16_t)mmt_rng_below(&rng, 4),
					       .v = { pfn, order } };
			if (step[i].kind == MMT_EV_mm_page_alloc)
				step[i].v[2] = mmt_rng_next(&rng) & ((1u << 26) - 1);
		}
		trace = RECORD(step, &size);
		CHECK_EQ(export(trace, size, &heap, &w, &told, &e), 0);
		CHECK(told.allocs > 500 && told.frees > 400);
		round_trip((const char *)w.buf, w.len, &again);
		mmt_wr_u8(&w, 0);
		check_names((const char *)w.buf);
		mmt_wr_free(&w);
		mmt_wr_free(&again);
		free(trace);
	}
	CHECK_EQ(heap.used, 0);
}

TEST(without_a_machine_nothing_is_exported)
{
	static const struct step none[] = { EV(mm_page_alloc, 50, 1, 0, 5000, 0, GFP_KERNEL) };
	static const struct step light[] = {
		EV(snapshot_begin, 100, 0, 0, MMT_SNAP_LIGHT, 1),
		EV(snap_zone, 102, 0, 0, 0, 1, 1024, 7168, 7168, 7000, 6000),
		EV(snapshot_end, 103, 0, 0, MMT_SNAP_LIGHT, 1),
	};
	static const struct step open[] = { SNAPSHOT };
	struct mmt_scenario_export told;
	struct mmt_wr w = { .alloc = &heap };
	struct mmt_err e = { 0 };
	uint8_t *trace[3];
	size_t size[3];

	trace[0] = RECORD(none, &size[0]);
	trace[1] = RECORD(light, &size[1]);
	trace[2] = RECORD(open, &size[2]);
	for (unsigned i = 0; i < 3; i++) {
		CHECK_EQ(export(trace[i], size[i], &heap, &w, &told, &e), -ENOTSUP);
		CHECK(strstr(e.text, "no complete start snapshot"));
		free(trace[i]);
	}
	CHECK_EQ(told.early, 0);
	mmt_wr_free(&w);
}

TEST(a_full_disk_ends_an_export)
{
	static const struct step step[] = { SNAPSHOT,
					    EV(snapshot_end, 200, 0, 0, MMT_SNAP_FULL, 1) };
	const struct mmt_scenario_exporter x = { .write = full, .may_set = may_set };
	struct mmt_scenario_export told;
	struct mmt_err e = { 0 };
	size_t size;
	uint8_t *trace = RECORD(step, &size);
	struct mmt_reader *r = mmt_reader_open_memory(&heap, trace, size, &e);

	CHECK_EQ(mmt_scenario_export(r, &x, &heap, &told, &e), -ENOSPC);
	mmt_reader_free(r);
	free(trace);
	CHECK_EQ(heap.used, 0);
}

TEST_MAIN

/* SPDX-License-Identifier: GPL-2.0-only */
/* lib/record/convert.c, cause.c, kernel.c, pfn.c: raw records and the events they become. */
#include "lib/record/convert.h"
#include "lib/record/pfn.h"
#include "lib/record/syscall.h"
#include "tests/unit/record_trace.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>

#define BASE UINT64_C(0xffffea0000000000)

struct bench {
	struct trace t;
	struct rec_kernel k;
	struct rec_ids *ids;
	struct rec_convert *c;
	struct rec_task task;
	struct rec_file file;
	struct mmt_event ev;
};

/* A kernel that numbers as the canonical one, but for type 4: ISOLATE (no CMA). */
static void begin(struct bench *b)
{
	*b = (struct bench){
		.task = { .tid = 42, .tgid = 42, .mm = 0xffff888000001000, .comm = "w" }
	};
	for (unsigned i = 0; i < REC_GFP_BITS; i++)
		b->k.gfp[i] = i < 23 ? 1u << i : 0;
	memset(b->k.type, REC_NO_SUCH, sizeof(b->k.type));
	memset(b->k.zone, REC_NO_SUCH, sizeof(b->k.zone));
	for (unsigned i = 0; i < 4; i++)
		b->k.type[i] = b->k.zone[i] = (uint8_t)i;
	b->k.type[4] = 5;
	CHECK(trace_begin(&b->t));
	b->ids = rec_ids_new(&b->t.alloc, b->t.w, NULL);
	b->c = rec_convert_new(&b->t.alloc, b->ids, b->t.w, &b->k, BASE >> 6, 2, NULL);
	CHECK(b->ids && b->c);
}

static void end(struct bench *b)
{
	rec_convert_free(b->c);
	rec_ids_free(b->ids);
	trace_end(&b->t);
	CHECK_EQ(b->t.alloc.used, 0);
}

static int convert(struct bench *b, unsigned kind, unsigned aux, const unsigned long long *v,
		   unsigned words)
{
	struct rec_raw raw = { 1000, 1, kind, aux, words, v, &b->task, &b->file };

	return rec_convert(b->c, &raw, &b->ev, NULL);
}

#define CONVERT(b, name, aux, ...)                                              \
	({                                                                      \
		const unsigned long long v_[] = { __VA_ARGS__ };                \
		convert(b, MMT_EV_##name, aux, v_, sizeof(v_) / sizeof(v_[0])); \
	})
#define V(name, field) b.ev.v[MMT_F(name, field)]

TEST(page_records_become_frames_flags_and_causes)
{
	struct bench b;
	uint64_t page = BASE + 0x12345 * 64;

	begin(&b);
	/* a write fault on an absent page, then its allocation: anonymous memory */
	CHECK_EQ(CONVERT(&b, page_fault_user, 6, 0x7f0000001000), 1);
	CHECK_EQ(V(page_fault_user, address), 0x7f0000001000);
	CHECK_EQ(V(page_fault_user, error_code), 6);
	CHECK_EQ(CONVERT(&b, mm_page_alloc, REC_PAGE_AUX(3, 4, 0),
			 (uint32_t)(page >> 6) | UINT64_C(0x140dca) << 32),
		 1);
	CHECK_EQ(V(mm_page_alloc, pfn), 0x12345);
	CHECK_EQ(V(mm_page_alloc, order), 3);
	CHECK_EQ(V(mm_page_alloc, gfp), 0x140dca);
	CHECK_EQ(V(mm_page_alloc, migratetype), 5); /* this kernel's 4 is ISOLATE */
	CHECK_EQ(V(mm_page_alloc, cause), MMT_CAUSE_ANON);
	CHECK_EQ(b.ev.task, rec_ids_task_known(b.ids, 42));
	/* a write fault on a present page: the same flags are a copy of the zero page now */
	CONVERT(&b, page_fault_user, 7, 0x7f0000002000);
	CONVERT(&b, mm_page_alloc, 0, UINT64_C(0x140dca) << 32 | 1);
	CHECK_EQ(V(mm_page_alloc, cause), MMT_CAUSE_COW);
	/* an allocation that failed has no frame */
	CONVERT(&b, mm_page_alloc, REC_PAGE_AUX(9, 1, 1), 0);
	CHECK_EQ(V(mm_page_alloc, pfn), MMT_PFN_NONE);
	CONVERT(&b, mm_page_free, REC_PAGE_AUX(3, 0, 0), (uint32_t)(page >> 6));
	CHECK_EQ(V(mm_page_free, pfn), 0x12345);
	CHECK_EQ(V(mm_page_free, order), 3);
	/* on the way to and from a per-CPU list: frame, order and type in the same shape */
	CONVERT(&b, mm_page_pcpu_drain, REC_PAGE_AUX(2, 4, 0), (uint32_t)(page >> 6));
	CHECK_EQ(V(mm_page_pcpu_drain, pfn), 0x12345);
	CHECK_EQ(V(mm_page_pcpu_drain, order), 2);
	CHECK_EQ(V(mm_page_pcpu_drain, migratetype), 5);
	CONVERT(&b, mm_page_alloc_zone_locked, REC_PAGE_AUX(0, 1, 1), (uint32_t)(page >> 6));
	CHECK_EQ(V(mm_page_alloc_zone_locked, pfn), 0x12345);
	CHECK_EQ(V(mm_page_alloc_zone_locked, migratetype), 1);
	CHECK_EQ(V(mm_page_alloc_zone_locked, percpu_refill), 1);
	CONVERT(&b, mm_page_alloc_zone_locked, REC_PAGE_AUX(9, 1, 0), (uint32_t)(page >> 6));
	CHECK_EQ(V(mm_page_alloc_zone_locked, order), 9);
	CHECK_EQ(V(mm_page_alloc_zone_locked, percpu_refill), 0);
	end(&b);
}

TEST(fields_are_told_by_their_unit)
{
	struct bench b;
	uint64_t movable;

	begin(&b);
	memcpy(&movable, "Movable", 8);
	/* a struct page's address, a frame number, -1 */
	CONVERT(&b, mm_page_alloc_extfrag, 0, BASE + 64 * 77, 2, 9, 1, 4);
	CHECK_EQ(V(mm_page_alloc_extfrag, pfn), 77);
	CHECK_EQ(V(mm_page_alloc_extfrag, alloc_order), 2);
	CONVERT(&b, mm_compaction_begin, 0, 0, movable, (unsigned long long)-1, 4096, 8192, 1);
	CHECK_EQ(V(mm_compaction_begin, zone), 3);
	CHECK_EQ(V(mm_compaction_begin, order), MMT_ORDER_ANY);
	CHECK_EQ(V(mm_compaction_begin, zone_start), 4096);
	CONVERT(&b, mm_vmscan_wakeup_kswapd, 0, (unsigned long long)-1, 2, 4, 0xc00);
	CHECK_EQ(V(mm_vmscan_wakeup_kswapd, node), MMT_NODE_ANY);
	CHECK_EQ(V(mm_vmscan_wakeup_kswapd, zone), 2);
	CONVERT(&b, sched_stick_numa, 0, 43 | UINT64_C(43) << 32, 3, 0, (uint32_t)-1);
	CHECK_EQ(V(sched_stick_numa, src_cpu), 3);
	CHECK_EQ(V(sched_stick_numa, dst_cpu), MMT_CPU_NONE);
	/* the file is the one the stream told, unless the record says it has none */
	b.file = (struct rec_file){ .dev = 8 << 20 | 1, .ino = 99, .mode = 0100644, .size = 12288 };
	CONVERT(&b, mm_filemap_get_pages, 0, 3, 8);
	CHECK_EQ(V(mm_filemap_get_pages, file), 1);
	CHECK_EQ(V(mm_filemap_get_pages, index), 3);
	CHECK_EQ(V(mm_filemap_get_pages, last_index), 8);
	CONVERT(&b, mm_vmscan_write_folio, 1 << 15, 0, BASE + 64 * 5, 0);
	CHECK_EQ(V(mm_vmscan_write_folio, file), 0);
	CHECK_EQ(V(mm_vmscan_write_folio, pfn), 5);
	end(&b);
}

TEST(no_address_of_the_kernel_leaves)
{
	/* every kind, every word the address of something */
	for (unsigned kind = 1; kind <= MMT_KIND_MAX; kind++) {
		const struct mmt_event_info *info = mmt_event_info(kind);
		unsigned long long v[MMT_FIELDS_MAX];
		struct bench b;

		if (!info || kind == MMT_EV_task_rename || kind == MMT_EV_sched_process_fork)
			continue; /* these carry text */
		begin(&b);
		for (unsigned i = 0; i < MMT_FIELDS_MAX; i++)
			v[i] = 0xffff888012345678 + i;
		if (convert(&b, kind, 0, v, MMT_FIELDS_MAX) > 0) {
			for (unsigned i = 0; i < info->nr_fields; i++) {
				enum mmt_unit u = info->fields[i].unit;

				if (u == MMT_U_ADDR || u == MMT_U_PFN || u == MMT_U_MM ||
				    u == MMT_U_TASK || u == MMT_U_INDEX)
					CHECK(b.ev.v[i] <= mmt_unit_limit(u));
			}
		}
		end(&b);
	}
}

TEST(tasks_come_and_go_with_their_address_spaces)
{
	struct rec_fresh_mm fresh;
	unsigned long long comm[2] = { 0, 0 };
	struct bench b;
	uint32_t parent;

	memcpy(comm, "child", 6);
	begin(&b);
	/* fork without CLONE_VM: another mm; a thread: the same */
	CHECK_EQ(CONVERT(&b, sched_process_fork, 0, 43 | UINT64_C(43) << 32, 0xffff888000002000, 0,
			 0, comm[0], comm[1]),
		 1);
	CHECK_EQ(V(sched_process_fork, child), 2);
	parent = rec_ids_mm_of_tgid(b.ids, 42);
	CHECK(V(sched_process_fork, mm) != parent);
	CONVERT(&b, sched_process_fork, 0, 44 | UINT64_C(42) << 32, 0xffff888000001000, 0x10100, 0,
		comm[0], comm[1]);
	CHECK_EQ(V(sched_process_fork, mm), parent);
	/* exec: a new mm, whose VMAs are wanted */
	CHECK(!rec_convert_fresh_mm(b.c, &fresh));
	CONVERT(&b, sched_process_exec, 0, 0xffff888000003000, 42);
	CHECK(V(sched_process_exec, mm) != parent);
	CHECK(rec_convert_fresh_mm(b.c, &fresh));
	CHECK_EQ(fresh.tgid, 42);
	CHECK_EQ(fresh.mm, V(sched_process_exec, mm));
	CHECK(!rec_convert_fresh_mm(b.c, &fresh));
	/* the old one is torn down by its key */
	CONVERT(&b, exit_mmap, 0, 0xffff888000001000);
	CHECK_EQ(V(exit_mmap, mm), parent);
	CHECK_EQ(rec_ids_mm(b.ids, 0xffff888000001000), 0);
	end(&b);
}

/* A frame that is full goes out when the next name is defined: what comes of that is the reason, whoever
 * wanted the name. */
TEST(a_name_that_a_full_disk_keeps_from_being_defined_says_so)
{
	for (unsigned fresh = 0; fresh < 2; fresh++) {
		struct bench b;
		struct mmt_err e = { 0 };
		int full = open("/dev/full", O_WRONLY | O_CLOEXEC), n = 1;

		begin(&b);
		CHECK_EQ(dup2(full, b.t.fd), b.t.fd);
		for (unsigned i = 0; i < 1000000 && n == 1; i++) {
			/* a new name of one task, or a new task of one name */
			unsigned long long v[3] = { fresh ? i + 2 : 42, 0, 0 };
			struct rec_raw raw = { 1000 + i, 1,	 MMT_EV_task_rename, 0, 3, v,
					       &b.task,	 &b.file };

			snprintf((char *)&v[1], 16, "w%u", fresh ? 0 : i);
			n = rec_convert(b.c, &raw, &b.ev, &e);
			if (n == 1 && mmt_writer_add(b.t.w, &b.ev, NULL) < 0)
				break;
		}
		CHECK_EQ(n, -ENOSPC);
		CHECK_EQ(e.code, ENOSPC);
		close(full);
		end(&b);
	}
}

TEST(system_calls_take_each_field_from_its_argument)
{
	struct bench b;

	begin(&b);
	b.file = (struct rec_file){ .dev = 1, .ino = 5, .mode = 0100644, .size = 1 };
	/* mmap(0, 8192, PROT_READ, MAP_PRIVATE, fd, 4096) */
	CONVERT(&b, sys_mmap, 0, 0, 8192, 1, 2, 3, 4096, 0x7f0000000000);
	CHECK_EQ(V(sys_mmap, len), 8192);
	CHECK_EQ(V(sys_mmap, file), 1);
	CHECK_EQ(V(sys_mmap, offset), 4096);
	CHECK_EQ(V(sys_mmap, ret), 0x7f0000000000);
	/* MAP_ANONYMOUS: what stands where the descriptor would is no file */
	CONVERT(&b, sys_mmap, 0, 0, 8192, 1, 0x22, 0, 0, 0x7f0000000000);
	CHECK_EQ(V(sys_mmap, file), 0);
	/* mremap's result may be an error; an address outside user space is told as that */
	CONVERT(&b, sys_mremap, 0, 0xffff888000000000, 1, 2, 3, 4, 0, (unsigned long long)-14);
	CHECK_EQ(V(sys_mremap, addr), mmt_unit_limit(MMT_U_ADDR));
	CHECK_EQ((int64_t)V(sys_mremap, ret), -14);
	/* of prctl only what concerns memory */
	CHECK_EQ(CONVERT(&b, sys_prctl, 0, 15, 0, 0, 0, 0, 0, 0), 0);
	CHECK_EQ(CONVERT(&b, sys_prctl, 0, 41, 1, 0, 0, 0, 0, 0), 1);
	/* every call of the table has an event with as many fields as it fills */
	for (unsigned i = 0; i < rec_nr_syscalls; i++) {
		const struct mmt_event_info *info = mmt_event_info(rec_syscalls[i].kind);

		CHECK(info);
		CHECK_STR(info->name + 4, rec_syscalls[i].name);
		CHECK_EQ(rec_syscalls[i].field[info->nr_fields - 1], REC_ARG_RET);
	}
	end(&b);
}

TEST(causes_by_flags_and_fault)
{
	/* what Linux 6.18 asked with, and what stacks said it was for */
	static const struct {
		uint32_t gfp, fault;
		unsigned order, type;
		enum mmt_cause cause;
	} cases[] = {
		{ 0x140dca, 6 + 1, 0, 1, MMT_CAUSE_ANON },
		{ 0x140dca, 7 + 1, 0, 1, MMT_CAUSE_COW },
		{ 0x140cca, 7 + 1, 0, 1, MMT_CAUSE_COW },
		{ 0x140cca, 6 + 1, 0, 1, MMT_CAUSE_FILE_COPY },
		{ 0x152c4a, 4 + 1, 0, 1, MMT_CAUSE_FILE },
		{ 0x141cca, 0, 0, 1, MMT_CAUSE_FILE },
		{ 0x153cca, 0, 2, 1, MMT_CAUSE_FILE },
		{ 0x440dc0, 6 + 1, 0, 0, MMT_CAUSE_PGTABLE },
		{ 0x2800, 0, 0, 0, MMT_CAUSE_MMU_GATHER },
		{ 0x52cc0, 0, 3, 0, MMT_CAUSE_SLAB },
		{ 0xd2800, 0, 1, 2, MMT_CAUSE_SLAB },
		{ 0x1c24ca, 6 + 1, 9, 1, MMT_CAUSE_THP },
		{ 0xcc0, 0, 0, 0, MMT_CAUSE_KERNEL },
	};

	for (unsigned i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		CHECK_EQ(rec_cause(cases[i].gfp, cases[i].order, cases[i].type, cases[i].fault),
			 cases[i].cause);
}

TEST(page_base_is_what_most_samples_agree_on)
{
	uint64_t page[6], pfn[6];

	for (unsigned i = 0; i < 6; i++) {
		pfn[i] = 1000 + 37 * i;
		page[i] = BASE + pfn[i] * 64;
	}
	CHECK_EQ(rec_page_base(page, pfn, 6, 64), BASE);
	/* one allocation came between: outvoted */
	page[2] += 64 * 5;
	CHECK_EQ(rec_page_base(page, pfn, 6, 64), BASE);
	/* paired one off, as when the other program ran first: nothing agrees */
	CHECK_EQ(rec_page_base(page + 1, pfn, 5, 64), 0);
	CHECK_EQ(rec_page_base(page, pfn, 2, 64), 0); /* too few */
	CHECK_EQ(rec_page_base_guess(page, 6), BASE);
	page[5] += UINT64_C(1) << 31;
	CHECK_EQ(rec_page_base_guess(page, 6), 0);
}

TEST(zones_by_name)
{
	static const char names[][9] = { "DMA", "DMA32", "Normal", "Movable", "Device" };

	for (unsigned i = 0; i < 5; i++) {
		uint64_t n;

		memcpy(&n, names[i], 8);
		CHECK_EQ(rec_kernel_zone_named(n), i);
	}
}

TEST_MAIN

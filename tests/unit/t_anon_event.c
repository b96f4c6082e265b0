// SPDX-License-Identifier: GPL-2.0-only
/*
 * What becomes of single events and entries when a trace is made anonymous: known answers for
 * fields that say more than their unit does. Whole traces: t_anon.c.
 */
#include "lib/trace/edit/anon.h"
#include "tests/unit/test.h"
#include "tests/unit/trace_sample.h"

#include <errno.h>

#define SPAN (UINT64_C(1) << 39)
#define PAGE 4096

static struct mmt_alloc heap;
static struct mmt_err err;

/* One trace of few events being read twice. */
struct both {
	struct mmt_anon *anon;
	struct mmt_dict *dict;
	struct mmt_writer *w;
	int fd;
};

static void both_start(struct both *b, struct mmt_alloc *a)
{
	static struct mmt_io io = MMT_IO_INIT;
	const struct mmt_writer_options o = { .file_id = SAMPLE_ID };

	b->anon = mmt_anon_new(a, 5);
	b->dict = mmt_dict_new(&heap);
	b->fd = memfd_create("anon", MFD_CLOEXEC);
	b->w = mmt_writer_new(&heap, &io, b->fd, &o, NULL, &err);
}

static void both_end(struct both *b)
{
	mmt_anon_free(b->anon);
	mmt_dict_free(b->dict);
	mmt_writer_free(b->w);
	close(b->fd);
}

static void look(struct both *b, unsigned kind, const uint64_t v[6])
{
	struct mmt_event ev = { .kind = (uint16_t)kind };

	memcpy(ev.v, v, 6 * sizeof(*v));
	mmt_anon_look(b->anon, &ev);
}
#define LOOK(b, k, ...) look(b, MMT_EV_##k, (const uint64_t[6]){ __VA_ARGS__ })

static struct mmt_event become(struct both *b, unsigned kind, const uint64_t v[6], int *ret)
{
	struct mmt_event ev = { .kind = (uint16_t)kind };

	memcpy(ev.v, v, 6 * sizeof(*v));
	err = (struct mmt_err){ 0 };
	*ret = mmt_anon_event(b->anon, &ev, b->dict, b->w, &err);
	return ev;
}
#define BECOME(b, k, ...) become(b, MMT_EV_##k, (const uint64_t[6]){ __VA_ARGS__ }, &ret)

TEST(what_calls_returned_moves_with_its_region)
{
	struct both b;
	struct mmt_event ev;
	uint64_t map, moved, shared, swapped;
	int ret;

	both_start(&b, &heap);
	LOOK(&b, sys_mmap, 0, 2 * PAGE, 0, 0, 0, 0);
	LOOK(&b, sys_mremap, 10 * SPAN, PAGE, 3 * PAGE, 0, 0, 12 * SPAN + PAGE);
	LOOK(&b, sys_shmat, 7, 0, 0, 14 * SPAN);
	LOOK(&b, swap_in, 1, 16 * SPAN + 5 * PAGE);
	LOOK(&b, page_fault_kernel, 10 * SPAN);
	/* a failed call used no address */
	LOOK(&b, sys_mremap, 0, 0, PAGE, 0, 0, (uint64_t)-ENOMEM);
	LOOK(&b, mark_victim, 1);
	CHECK_EQ(mmt_anon_place(b.anon, &err), 0);

	ev = BECOME(&b, sys_mremap, 10 * SPAN, PAGE, 3 * PAGE, 1, 0, 12 * SPAN + PAGE);
	CHECK_EQ(ret, 1);
	map = ev.v[MMT_F(sys_mremap, addr)];
	moved = ev.v[MMT_F(sys_mremap, ret)];
	CHECK(map != 10 * SPAN && map % SPAN == 0);
	CHECK(moved > map && moved % SPAN == PAGE);
	/* lengths and flags stay, and so does no address */
	CHECK_EQ(ev.v[MMT_F(sys_mremap, old_len)], PAGE);
	CHECK_EQ(ev.v[MMT_F(sys_mremap, new_len)], 3 * PAGE);
	CHECK_EQ(ev.v[MMT_F(sys_mremap, flags)], 1);
	CHECK_EQ(ev.v[MMT_F(sys_mremap, new_addr)], 0);
	ev = BECOME(&b, sys_mremap, 10 * SPAN, 0, PAGE, 0, 0, (uint64_t)-ENOMEM);
	CHECK_EQ(ev.v[MMT_F(sys_mremap, ret)], (uint64_t)-ENOMEM);

	ev = BECOME(&b, sys_shmat, 7, 0, 0, 14 * SPAN);
	shared = ev.v[MMT_F(sys_shmat, ret)];
	CHECK(shared > moved && shared % SPAN == 0);
	CHECK_EQ(ev.v[MMT_F(sys_shmat, shmid)], 1);
	ev = BECOME(&b, sys_shmat, 900, 0, 0, 14 * SPAN);
	CHECK_EQ(ev.v[MMT_F(sys_shmat, shmid)], 2);
	ev = BECOME(&b, sys_shmat, 7, 0, 0, 14 * SPAN);
	CHECK_EQ(ev.v[MMT_F(sys_shmat, shmid)], 1);

	ev = BECOME(&b, swap_in, 1, 16 * SPAN + 5 * PAGE);
	swapped = ev.v[MMT_F(swap_in, address)];
	CHECK(swapped > shared && swapped % SPAN == 5 * PAGE);
	CHECK_EQ(ev.v[MMT_F(swap_in, mm)], 1);
	both_end(&b);
	CHECK_EQ(heap.used, 0);
}

TEST(what_may_be_a_pointer_or_a_user_is_gone)
{
	struct both b;
	struct mmt_event ev;
	int ret;

	both_start(&b, &heap);
	CHECK_EQ(mmt_anon_place(b.anon, &err), 0);
	/* PR_SET_THP_DISABLE with 1; PR_SET_NAME with an address */
	ev = BECOME(&b, sys_prctl, 41, 1, 0);
	CHECK_EQ(ev.v[MMT_F(sys_prctl, arg2)], 1);
	ev = BECOME(&b, sys_prctl, 15, 0x7ffe12345678, 0);
	CHECK_EQ(ev.v[MMT_F(sys_prctl, option)], 15);
	CHECK_EQ(ev.v[MMT_F(sys_prctl, arg2)], 0);
	ev = BECOME(&b, sys_prctl, 15, 4095, 0);
	CHECK_EQ(ev.v[MMT_F(sys_prctl, arg2)], 4095);
	ev = BECOME(&b, sys_prctl, 15, 4096, 0);
	CHECK_EQ(ev.v[MMT_F(sys_prctl, arg2)], 0);
	ev = BECOME(&b, task_prctl_unknown, 77, 1, 2, 3, 4);
	CHECK_EQ(ev.v[0], 77);
	for (unsigned i = 1; i < 5; i++)
		CHECK_EQ(ev.v[i], 0);
	ev = BECOME(&b, mark_victim, 3, 1000, 50, 40, 30, 20);
	CHECK_EQ(ev.v[MMT_F(mark_victim, uid)], 0);
	CHECK_EQ(ev.v[MMT_F(mark_victim, task)], 3);
	CHECK_EQ(ev.v[MMT_F(mark_victim, anon)], 40);
	/* devices are numbered as they come; device 0 is none */
	ev = BECOME(&b, flush_foreign, 0x800010, 5, 6);
	CHECK_EQ(ev.v[MMT_F(flush_foreign, dev)], 1);
	CHECK_EQ(ev.v[MMT_F(flush_foreign, frn_bdi_id)], 0);
	CHECK_EQ(ev.v[MMT_F(flush_foreign, frn_memcg_id)], 0);
	ev = BECOME(&b, flush_foreign, 0x800020, 5, 6);
	CHECK_EQ(ev.v[MMT_F(flush_foreign, dev)], 2);
	ev = BECOME(&b, flush_foreign, 0, 5, 6);
	CHECK_EQ(ev.v[MMT_F(flush_foreign, dev)], 0);
	both_end(&b);
	CHECK_EQ(heap.used, 0);
}

/* The string that @id names in what was written. */
static void check_string(struct both *b, uint64_t id, const char *want)
{
	CHECK_EQ(mmt_writer_string(b->w, want, &err), id);
}

TEST(strings_keep_what_the_kernel_named_and_no_more)
{
	struct both b;
	struct mmt_event ev;
	struct mmt_dict_entry task = { MMT_DICT_TASK, 1, { 500, 500, 0, 9 }, "acme-server" };
	uint32_t name, plain, named, comm;
	char was[32];
	bool fresh;
	int ret;

	both_start(&b, &heap);
	name = mmt_dict_intern(b.dict, "vm.swappiness", &fresh);
	plain = mmt_dict_intern(b.dict, "60", &fresh);
	named = mmt_dict_intern(b.dict, "/opt/acme", &fresh);
	comm = mmt_dict_intern(b.dict, "acme-server", &fresh);
	CHECK_EQ(mmt_anon_place(b.anon, &err), 0);

	ev = BECOME(&b, setting_change, name, plain);
	check_string(&b, ev.v[0], "vm.swappiness");
	check_string(&b, ev.v[1], "60");
	ev = BECOME(&b, setting_change, name, named);
	check_string(&b, ev.v[1], "w1");
	/* a string that was lost stays unknown */
	ev = BECOME(&b, setting_change, name, 99);
	CHECK_EQ(ret, 1);
	CHECK_EQ(ev.v[1], 0);
	/* a task that takes a name gets the pseudonym that the name has everywhere */
	CHECK_EQ(mmt_anon_entry(b.anon, &task, &err), 0);
	snprintf(was, sizeof(was), "%s", task.name);
	CHECK_STR(was, "p1");
	CHECK(task.num[0] != 500 && task.num[0] == task.num[1]);
	CHECK_EQ(task.num[3], 0);
	ev = BECOME(&b, task_rename, 1, comm);
	check_string(&b, ev.v[MMT_F(task_rename, comm)], was);
	both_end(&b);
	CHECK_EQ(heap.used, 0);
}

TEST(entries_keep_what_they_are_and_lose_what_they_are_called)
{
	struct mmt_dict_entry kthread = {
		MMT_DICT_TASK, 1, { 2, 2, MMT_TASK_KTHREAD }, "kthreadd"
	};
	struct mmt_dict_entry mm = { MMT_DICT_MM, 1, { 4, 5, 6, 7 }, "" };
	struct mmt_dict_entry file = {
		MMT_DICT_FILE, 1, { 0x801, 1234, MMT_FILE_SHMEM, 8192 }, "/srv/bob/x"
	};
	struct mmt_dict_entry same = { MMT_DICT_FILE, 2, { 0x801, 9, MMT_FILE_REGULAR, 1 }, "" };
	struct mmt_dict_entry group = {
		MMT_DICT_CGROUP, 1, { 77, 1, 2, 3 }, "/bob.slice/app/bob.slice"
	};
	struct mmt_dict_entry string = { MMT_DICT_STRING, 1, { 0 }, "x" };
	struct both b;

	both_start(&b, &heap);
	CHECK_EQ(mmt_anon_entry(b.anon, &kthread, &err), 0);
	CHECK_STR(kthread.name, "k1");
	/* init and kthreadd are what they are on every host */
	CHECK_EQ(kthread.num[0], 2);
	CHECK_EQ(mmt_anon_entry(b.anon, &mm, &err), 0);
	CHECK_EQ(mm.num[0], 4);
	CHECK_EQ(mm.num[1] | mm.num[2] | mm.num[3], 0);
	CHECK_EQ(mmt_anon_entry(b.anon, &file, &err), 0);
	CHECK_STR(file.name, "f1");
	CHECK_EQ(file.num[2], MMT_FILE_SHMEM);
	CHECK_EQ(file.num[3], 8192);
	CHECK_EQ(mmt_anon_entry(b.anon, &same, &err), 0);
	CHECK_STR(same.name, "");
	CHECK_EQ(same.num[0], 1);
	CHECK_EQ(mmt_anon_entry(b.anon, &group, &err), 0);
	CHECK_STR(group.name, "/g1/g2/g1");
	CHECK_EQ(group.num[1], 1);
	CHECK_EQ(group.num[2], 2);
	CHECK_EQ(mmt_anon_entry(b.anon, &string, &err), -EINVAL);
	CHECK(strstr(err.text, "a string by itself"));
	both_end(&b);
	CHECK_EQ(heap.used, 0);
}

TEST(offsets_without_a_file_are_addresses)
{
	const uint64_t addr = 20 * SPAN + 3 * PAGE, page = addr / PAGE;
	struct both b;
	struct mmt_event ev;
	uint64_t moved;
	int ret;

	both_start(&b, &heap);
	LOOK(&b, page_fault_user, addr);
	CHECK_EQ(mmt_anon_place(b.anon, &err), 0);
	ev = BECOME(&b, swap_in, 1, addr);
	moved = ev.v[MMT_F(swap_in, address)];
	ev = BECOME(&b, mm_filemap_add_to_page_cache, 0, page, 5, 0);
	CHECK_EQ(ev.v[MMT_F(mm_filemap_add_to_page_cache, index)], moved / PAGE);
	ev = BECOME(&b, mm_filemap_add_to_page_cache, 3, page, 5, 0);
	CHECK_EQ(ev.v[MMT_F(mm_filemap_add_to_page_cache, index)], page);
	both_end(&b);
	CHECK_EQ(heap.used, 0);
}

TEST(overhead_keeps_its_numbers)
{
	json_t *overhead =
		json_pack("{sIssss}", "cpu_ns", (json_int_t)5, "host", "bob", "seconds", "12");
	json_t *j = mmt_anon_overhead(overhead), *none = mmt_anon_overhead(NULL);

	CHECK_EQ(json_integer_value(json_object_get(j, "cpu_ns")), 5);
	CHECK(!json_object_get(j, "host"));
	CHECK(json_is_object(none) && json_object_size(none) == 0);
	json_decref(j);
	json_decref(none);
	json_decref(overhead);
}

/* Every allocation of the pseudonyms fails in turn. */
TEST(no_memory_is_told)
{
	bool whole = false;

	for (uint64_t at = 1; !whole; at++) {
		struct mmt_alloc failing = { .fail_at = at };
		struct mmt_dict_entry file = { MMT_DICT_FILE, 1, { 0x801, 9 }, "/srv/bob" };
		struct mmt_dict_entry group = { MMT_DICT_CGROUP, 1, { 77, 1, 2 }, "/a/b" };
		struct mmt_dict_entry task = { MMT_DICT_TASK, 1, { 500, 501 }, "acme" };
		struct both b;
		int ret = -ENOMEM;

		CHECK(at < 1000);
		both_start(&b, &failing);
		if (b.anon) {
			err = (struct mmt_err){ 0 };
			LOOK(&b, page_fault_user, 9 * SPAN);
			LOOK(&b, page_fault_user, 12 * SPAN);
			ret = mmt_anon_place(b.anon, &err);
			if (!ret)
				ret = mmt_anon_entry(b.anon, &file, &err);
			if (!ret)
				ret = mmt_anon_entry(b.anon, &group, &err);
			if (!ret)
				ret = mmt_anon_entry(b.anon, &task, &err);
			CHECK(!ret || err.text[0]);
		}
		CHECK(!ret || ret == -ENOMEM);
		whole = !ret;
		CHECK(!whole || failing.calls < at);
		both_end(&b);
		CHECK_EQ(failing.used, 0);
	}
	CHECK_EQ(heap.used, 0);
}

TEST_MAIN

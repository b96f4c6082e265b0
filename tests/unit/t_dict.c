/* SPDX-License-Identifier: GPL-2.0-only */
/* lib/trace/dict.c: ids and what they stand for. */
#include "lib/trace/dict.h"

#include "lib/base/rng.h"
#include "tests/unit/test.h"

#include <errno.h>

static struct mmt_dict_entry entry(enum mmt_dict_kind kind, uint32_t id, const char *name)
{
	return (struct mmt_dict_entry){ kind, id, { id, 2 * (uint64_t)id, 3, 4 }, name };
}

TEST(define_get_redefine)
{
	struct mmt_alloc a = MMT_ALLOC_INIT;
	struct mmt_dict *d = mmt_dict_new(&a);
	struct mmt_dict_entry t = entry(MMT_DICT_TASK, 1, "bash");
	char name[] = "short";

	CHECK(!mmt_dict_get(d, MMT_DICT_TASK, 1));
	CHECK(!mmt_dict_get(d, MMT_DICT_TASK, 0));
	CHECK_EQ(mmt_dict_last(d, MMT_DICT_TASK), 0);
	CHECK_EQ(mmt_dict_define(d, &t, NULL), 0);
	CHECK_STR(mmt_dict_get(d, MMT_DICT_TASK, 1)->name, "bash");
	CHECK_EQ(mmt_dict_get(d, MMT_DICT_TASK, 1)->num[1], 2);
	/* another dictionary has ids of its own */
	CHECK(!mmt_dict_get(d, MMT_DICT_FILE, 1));
	/* exec: same id, new name, copied */
	t.name = name;
	t.num[2] = 77;
	CHECK_EQ(mmt_dict_define(d, &t, NULL), 0);
	name[0] = 'X';
	CHECK_STR(mmt_dict_get(d, MMT_DICT_TASK, 1)->name, "short");
	CHECK_EQ(mmt_dict_get(d, MMT_DICT_TASK, 1)->num[2], 77);
	CHECK_EQ(mmt_dict_count(d, MMT_DICT_TASK), 1);
	mmt_dict_free(d);
	CHECK_EQ(a.used, 0);
}

TEST(any_ids_in_any_order_are_found)
{
	struct mmt_alloc a = MMT_ALLOC_INIT;
	struct mmt_dict *d = mmt_dict_new(&a);
	struct mmt_rng r = { 5 };
	uint32_t ids[3000];

	for (int i = 0; i < 3000; i++) {
		struct mmt_dict_entry t;

		ids[i] = (uint32_t)mmt_rng_below(&r, MMT_DICT_ID_MAX) + 1;
		t = entry(MMT_DICT_MM, ids[i], "");
		CHECK_EQ(mmt_dict_define(d, &t, NULL), 0);
		for (int j = i; j >= 0 && j > i - 5; j--)
			CHECK_EQ(mmt_dict_get(d, MMT_DICT_MM, ids[j])->id, ids[j]);
	}
	for (int i = 0; i < 3000; i++)
		CHECK_EQ(mmt_dict_get(d, MMT_DICT_MM, ids[i])->num[0], ids[i]);
	/* memory follows the entries, not the ids */
	CHECK(a.peak < 1 << 20);
	mmt_dict_free(d);
	CHECK_EQ(a.used, 0);
}

TEST(entries_come_in_order_of_first_sight)
{
	struct mmt_alloc a = MMT_ALLOC_INIT;
	struct mmt_dict *d = mmt_dict_new(&a);
	const uint32_t ids[] = { 4, 1, 9, 1 };

	for (int i = 0; i < 4; i++) {
		struct mmt_dict_entry t = entry(MMT_DICT_FILE, ids[i], "f");

		CHECK_EQ(mmt_dict_define(d, &t, NULL), 0);
	}
	CHECK_EQ(mmt_dict_count(d, MMT_DICT_FILE), 3);
	for (size_t i = 0; i < 3; i++)
		CHECK_EQ(mmt_dict_at(d, MMT_DICT_FILE, i)->id, ids[i]);
	CHECK(!mmt_dict_at(d, MMT_DICT_FILE, 3));
	CHECK_EQ(mmt_dict_last(d, MMT_DICT_FILE), 9);
	mmt_dict_free(d);
}

TEST(strings_are_interned_once)
{
	struct mmt_alloc a = MMT_ALLOC_INIT;
	struct mmt_dict *d = mmt_dict_new(&a);
	struct mmt_dict_entry again = entry(MMT_DICT_STRING, 7, "moved");
	char name[32];
	bool fresh;

	for (int round = 0; round < 2; round++)
		for (uint32_t i = 0; i < 1000; i++) {
			snprintf(name, sizeof(name), "string %u", i);
			CHECK_EQ(mmt_dict_intern(d, name, &fresh), i + 1);
			CHECK_EQ(fresh, round == 0);
		}
	CHECK_EQ(mmt_dict_intern(d, "", &fresh), 1001);
	CHECK(fresh);
	CHECK_EQ(mmt_dict_intern(d, "", &fresh), 1001);
	CHECK(!fresh);
	/* string 7 ("string 6") becomes another: the old word gets a new id, the new one is found
	 */
	CHECK_EQ(mmt_dict_define(d, &again, NULL), 0);
	CHECK_EQ(mmt_dict_intern(d, "moved", &fresh), 7);
	CHECK_EQ(mmt_dict_intern(d, "string 6", &fresh), 1002);
	mmt_dict_free(d);
	CHECK_EQ(a.used, 0);
}

TEST(what_is_beyond_a_limit_is_refused_by_name)
{
	struct mmt_alloc a = MMT_ALLOC_INIT;
	struct mmt_dict *d = mmt_dict_new(&a);
	struct mmt_err e = { 0 };
	static char longest[MMT_DICT_NAME_MAX + 2];
	struct mmt_dict_entry t = entry(MMT_DICT_TASK, 0, "x");

	CHECK_EQ(mmt_dict_define(d, &t, &e), -EBADMSG);
	CHECK_STR(e.text, "task id 0 is not in 1..67108864");
	t.id = 1u << 31;
	CHECK_EQ(mmt_dict_define(d, &t, &e), -EBADMSG);
	CHECK_STR(e.text, "task id 2147483648 is not in 1..67108864");
	t.id = MMT_DICT_ID_MAX;
	CHECK_EQ(mmt_dict_define(d, &t, &e), 0);
	t.kind = MMT_NR_DICTS;
	CHECK_EQ(mmt_dict_define(d, &t, &e), -EBADMSG);
	CHECK_STR(e.text, "dictionary 5 exceeds 4");
	memset(longest, 'n', sizeof(longest) - 1);
	t = entry(MMT_DICT_STRING, 1, longest);
	CHECK_EQ(mmt_dict_define(d, &t, &e), -EBADMSG);
	CHECK_STR(e.text, "name of string 1 exceeds 4096 bytes");
	longest[MMT_DICT_NAME_MAX] = '\0';
	CHECK_EQ(mmt_dict_define(d, &t, &e), 0);
	mmt_dict_free(d);
	CHECK_EQ(a.used, 0);
}

TEST(entries_survive_their_bytes)
{
	struct mmt_alloc a = MMT_ALLOC_INIT;
	struct mmt_wr w = { .alloc = &a };
	struct mmt_dict_entry in = {
		MMT_DICT_CGROUP, 12345, { 0, UINT64_MAX, 128, 1 }, "/a b\x1b"
	};
	struct mmt_dict_entry out;
	char name[MMT_DICT_NAME_MAX + 1];
	struct mmt_rd r;

	mmt_dict_put(&w, &in);
	r = mmt_rd(w.buf, w.len);
	CHECK_EQ(mmt_dict_take(&r, &out, name, NULL), 0);
	CHECK_EQ(mmt_rd_left(&r), 0);
	CHECK_EQ(out.kind, in.kind);
	CHECK_EQ(out.id, in.id);
	CHECK_MEM(out.num, in.num, sizeof(in.num));
	CHECK_STR(out.name, in.name);
	for (size_t n = 0; n < w.len; n++) {
		r = mmt_rd(w.buf, n);
		CHECK_EQ(mmt_dict_take(&r, &out, name, NULL), -EBADMSG);
	}
	/* a zero byte in a name would cut it */
	w.buf[w.len - 1] = 0;
	r = mmt_rd(w.buf, w.len);
	CHECK_EQ(mmt_dict_take(&r, &out, name, NULL), -EBADMSG);
	mmt_wr_free(&w);
}

/* A random entry of few ids and names, so that most come again, changed or not. */
static void random_entry(struct mmt_rng *rng, struct mmt_dict_entry *entry)
{
	static const char *const names[] = { "", "a", "ab", "abc", "b", "longer than the others" };

	*entry = (struct mmt_dict_entry){ .kind = (enum mmt_dict_kind)(mmt_rng_next(rng) % 5),
					  .id = 1 + (uint32_t)(mmt_rng_next(rng) % 20),
					  .name = names[mmt_rng_next(rng) % 6] };
	for (int i = 0; i < MMT_DICT_NUMS; i++)
		entry->num[i] = mmt_rng_next(rng) >> mmt_rng_next(rng) % 64;
}

TEST(reading_defines_what_taking_and_defining_do)
{
	struct mmt_alloc a = MMT_ALLOC_INIT;
	struct mmt_dict *read = mmt_dict_new(&a), *defined = mmt_dict_new(&a);
	struct mmt_rng rng = { 1 };

	for (unsigned i = 0; i < 5000; i++) {
		struct mmt_wr w = { .alloc = &a };
		const struct mmt_dict_entry *x, *y;
		struct mmt_dict_entry in, out;
		char name[MMT_DICT_NAME_MAX + 1];
		struct mmt_rd r, s, t;

		random_entry(&rng, &in);
		mmt_dict_put(&w, &in);
		if (mmt_rng_next(&rng) % 4 == 0) /* damaged: both refuse it, or both take it */
			w.buf[mmt_rng_next(&rng) % w.len] = (uint8_t)mmt_rng_next(&rng);
		r = s = t = mmt_rd(w.buf, w.len);
		if (mmt_dict_take(&r, &out, name, NULL) != 0) {
			CHECK_EQ(mmt_dict_pass(&s, NULL), -EBADMSG);
			CHECK_EQ(mmt_dict_read(read, &t, NULL), -EBADMSG);
			mmt_wr_free(&w);
			continue;
		}
		CHECK_EQ(mmt_dict_define(defined, &out, NULL), 0);
		CHECK_EQ(mmt_dict_pass(&s, NULL), 0);
		CHECK_EQ(mmt_dict_read(read, &t, NULL), 0);
		CHECK(r.p == s.p && r.p == t.p);
		x = mmt_dict_get(read, out.kind, out.id);
		y = mmt_dict_get(defined, out.kind, out.id);
		CHECK(x && y && strcmp(x->name, y->name) == 0 &&
		      memcmp(x->num, y->num, sizeof(x->num)) == 0);
		CHECK_EQ(mmt_dict_count(read, out.kind), mmt_dict_count(defined, out.kind));
		mmt_wr_free(&w);
	}
	mmt_dict_free(read);
	mmt_dict_free(defined);
	CHECK_EQ(a.used, 0);
}

TEST(every_failing_allocation_leaves_a_sound_dictionary)
{
	for (int after = 0; after < 2; after++) {
		for (uint64_t n = 1;; n++) {
			struct mmt_alloc a = { .fail_at = n, .fail_after = after };
			struct mmt_dict *d = mmt_dict_new(&a);
			bool failed = !d, fresh;

			for (uint32_t i = 1; d && i <= 200; i++) {
				struct mmt_dict_entry t = entry(MMT_DICT_TASK, i * 3, "name");
				bool ok = mmt_dict_define(d, &t, NULL) == 0;

				failed |= !ok;
				CHECK_EQ(mmt_dict_get(d, MMT_DICT_TASK, i * 3) != NULL, ok);
				failed |= !mmt_dict_intern(d, i % 2 ? "odd" : "even", &fresh);
			}
			mmt_dict_free(d);
			CHECK_EQ(a.used, 0);
			if (!failed)
				break;
			CHECK(n < 1000);
		}
	}
}

TEST_NAMED(full, "R9 R11 dictionaries end at 512 MiB, with the reason")
{
	struct mmt_alloc a = MMT_ALLOC_INIT;
	struct mmt_dict *d = mmt_dict_new(&a);
	struct mmt_dict_entry entry = { .kind = MMT_DICT_STRING };
	char name[MMT_DICT_NAME_MAX + 1];
	struct mmt_err e = { 0 };
	int err = 0;

	if (!test_long()) {
		mmt_dict_free(d);
		SKIP("takes 600 MiB: make check-long");
	}
	CHECK(d);
	memset(name, 'x', sizeof(name) - 1);
	name[sizeof(name) - 1] = '\0';
	entry.name = name;
	while (!err) {
		entry.id++;
		err = mmt_dict_define(d, &entry, &e);
		CHECK(entry.id < 200000);
	}
	CHECK_EQ(err, -EBADMSG);
	CHECK_STR(e.text, "dictionaries exceed 512 MiB");
	CHECK(a.peak < (uint64_t)MMT_DICT_BYTES + (64 << 20));
	mmt_dict_free(d);
	CHECK_EQ(a.used, 0);
}

TEST(forgetting_keeps_the_rest_and_its_memory)
{
	enum { N = 3000 };
	struct mmt_alloc a = MMT_ALLOC_INIT;
	struct mmt_dict *d = mmt_dict_new(&a);
	static uint32_t odd[N + 2];
	size_t nr = 0;
	uint64_t used = 0;

	for (unsigned round = 0; round < 20; round++) {
		nr = 0;
		for (uint32_t i = 1; i <= N; i++) {
			struct mmt_dict_entry e = { MMT_DICT_TASK, round * N + i, { i }, "name" };

			CHECK_EQ(mmt_dict_define(d, &e, NULL), 0);
			odd[nr] = e.id;
			nr += round != 7 || i % 2; /* of one round half is kept */
		}
		odd[nr++] = 0;
		odd[nr++] = 60000000; /* neither was defined */
		mmt_dict_forget(d, MMT_DICT_TASK, odd, nr);
		CHECK_EQ(mmt_dict_count(d, MMT_DICT_TASK), round < 7 ? 0 : N / 2);
		used = round == 8 ? a.used : used;
	}
	CHECK_EQ(a.used, used); /* rounds from then on cost nothing */
	for (uint32_t i = 1; i <= N; i++) {
		const struct mmt_dict_entry *e = mmt_dict_get(d, MMT_DICT_TASK, 7 * N + i);

		CHECK_EQ(!e, i % 2);
		CHECK(!e || e->num[0] == i);
	}
	CHECK(!mmt_dict_get(d, MMT_DICT_TASK, 1));
	CHECK_EQ(mmt_dict_last(d, MMT_DICT_TASK), 20 * N);
	mmt_dict_free(d);
	CHECK_EQ(a.used, 0);
}

TEST_MAIN

/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * R31: lib/trace/edit/anon.c on the samples of traces/, event beside event; and address.c by
 * itself.
 */
#include "lib/trace/edit/address.h"
#include "lib/trace/edit/anon.h"
#include "tests/unit/test.h"
#include "tests/unit/trace_sample.h"

#include <errno.h>
#include <glob.h>

#define SPAN (UINT64_C(1) << 39)

static struct mmt_alloc heap;

/* --- addresses --- */

TEST(regions_move_by_512_gib_in_their_order_and_none_stays)
{
	/* span 0 | 1 2 | .. | 85 86 | .. | 254 255 */
	static const uint64_t at[] = {
		0x400000,	    SPAN + 5,  2 * SPAN - 1,	    2 * SPAN,
		85 * SPAN + 0x1234, 86 * SPAN, 254 * SPAN + 0xabcd, 256 * SPAN - 1
	};
	const size_t n = sizeof(at) / sizeof(*at);

	for (uint64_t seed = 0; seed < 200; seed++) {
		struct mmt_rng rng = { seed };
		struct mmt_regions *r = mmt_regions_new(&heap);
		uint64_t last = 0;

		CHECK(r);
		for (size_t i = 0; i < n; i++)
			mmt_regions_use(r, at[i], 1);
		CHECK_EQ(mmt_regions_place(r, &rng, NULL), 0);
		for (size_t i = 0; i < n; i++) {
			uint64_t to = mmt_regions_move(r, at[i]);

			CHECK(to > last && to != at[i] && to < 256 * SPAN && to >= SPAN);
			CHECK_EQ(to % SPAN, at[i] % SPAN);
			last = to;
		}
		/* neighbours stay neighbours */
		CHECK_EQ(mmt_regions_move(r, 2 * SPAN) - mmt_regions_move(r, 2 * SPAN - 1), 1);
		CHECK_EQ(mmt_regions_move_end(r, 2 * SPAN), mmt_regions_move(r, 2 * SPAN));
		CHECK_EQ(mmt_regions_move_end(r, 256 * SPAN),
			 mmt_regions_move(r, 256 * SPAN - 1) + 1);
		mmt_regions_free(r);
	}
	CHECK_EQ(heap.used, 0);
}

TEST(addresses_of_nothing_become_borders_and_null_stays)
{
	struct mmt_regions *r = mmt_regions_new(&heap);
	struct mmt_rng rng = { 1 };
	uint64_t low, high;

	mmt_regions_use(r, 10 * SPAN, 1);
	mmt_regions_use(r, 20 * SPAN, 2 * SPAN);
	CHECK_EQ(mmt_regions_place(r, &rng, NULL), 0);
	low = mmt_regions_move(r, 10 * SPAN);
	high = mmt_regions_move(r, 20 * SPAN);
	CHECK_EQ(mmt_regions_move(r, 0), 0);
	CHECK_EQ(mmt_regions_move(r, MMT_ADDR_OUTSIDE), MMT_ADDR_OUTSIDE);
	CHECK_EQ(mmt_regions_move(r, 0x10000), 4096);
	CHECK_EQ(mmt_regions_move(r, 12 * SPAN + 77), low + SPAN);
	CHECK_EQ(mmt_regions_move(r, 19 * SPAN + 78), low + SPAN);
	CHECK_EQ(mmt_regions_move(r, 30 * SPAN), high + 2 * SPAN);
	mmt_regions_free(r);
	CHECK_EQ(heap.used, 0);
}

TEST(five_levels_stay_on_their_side)
{
	struct mmt_regions *r = mmt_regions_new(&heap);
	struct mmt_rng rng = { 1 };

	mmt_regions_use(r, 255 * SPAN, 2 * SPAN);
	CHECK_EQ(mmt_regions_place(r, &rng, NULL), 0);
	CHECK(mmt_regions_move(r, 255 * SPAN) < 255 * SPAN);
	CHECK(mmt_regions_move(r, 256 * SPAN) > 256 * SPAN);
	mmt_regions_free(r);
	CHECK_EQ(heap.used, 0);
}

TEST(a_full_address_space_is_refused)
{
	struct mmt_regions *r = mmt_regions_new(&heap);
	struct mmt_rng rng = { 1 };
	struct mmt_err e = { 0 };

	mmt_regions_use(r, SPAN, 255 * SPAN);
	CHECK_EQ(mmt_regions_place(r, &rng, &e), -ENOTSUP);
	CHECK(strstr(e.text, "255 of 255 spans"));
	mmt_regions_free(r);
	CHECK_EQ(heap.used, 0);
}

/* --- values of tunables --- */

TEST(values_of_numbers_and_the_kernels_words_are_plain)
{
	static const char *const plain[] = {
		"60", "256 256 32 0", "[always] madvise never", "0x0007", "Y", "-1", "lz4", ""
	};
	static const char *const named[] = { "acme",   "/usr/bin/x", "10.acme",
					     "60 bob", "dead",	     "always acme" };

	for (size_t i = 0; i < sizeof(plain) / sizeof(*plain); i++)
		CHECK(mmt_anon_value_is_plain(plain[i]));
	for (size_t i = 0; i < sizeof(named) / sizeof(*named); i++)
		CHECK(!mmt_anon_value_is_plain(named[i]));
}

/* --- traces --- */

static struct mmt_reader *open_bytes(const uint8_t *bytes, size_t n)
{
	return mmt_reader_open_memory(&heap, bytes, n, NULL);
}

/* The anonymous copy of a trace in memory, as the command makes it; free() it. */
static uint8_t *make_anonymous(const uint8_t *bytes, size_t n, uint64_t seed, size_t *size)
{
	static const struct mmt_copy_ops ops = { .entry = mmt_anon_entry };
	struct mmt_anon *a = mmt_anon_new(&heap, seed);
	struct mmt_reader *r = open_bytes(bytes, n);
	struct mmt_writer_options o = { .level = 1, .file_id = SAMPLE_ID };
	struct mmt_io io = MMT_IO_INIT;
	const struct mmt_event *ev;
	struct mmt_copy c = { 0 };
	struct mmt_err e = { 0 };
	json_t *header = mmt_anon_header(mmt_reader_header(r));
	int fd = memfd_create("anon", MFD_CLOEXEC), err;
	struct mmt_writer *w = mmt_writer_new(&heap, &io, fd, &o, header, &e);
	uint8_t *out;

	while (mmt_reader_next(r, &ev, &e) > 0)
		mmt_anon_look(a, ev);
	mmt_reader_free(r);
	r = open_bytes(bytes, n);
	err = mmt_anon_place(a, &e) ?: mmt_copy_init(&c, &heap, r, w, &ops, a, &e);
	c.whole = true;
	while (err >= 0 && mmt_reader_next(r, &ev, &e) > 0) {
		struct mmt_event to = *ev;

		err = mmt_copy_sync(&c, &e) ?: mmt_anon_event(a, &to, mmt_reader_dict(r), w, &e);
		if (err > 0)
			err = mmt_copy_event(&c, &to, false, &e);
	}
	err = err < 0 ? err : mmt_copy_rest(&c, false, &e) ?: mmt_writer_seal(w, NULL, &e);
	test_true(__FILE__, __LINE__, e.text, err == 0);
	mmt_copy_free(&c);
	mmt_writer_free(w);
	mmt_reader_free(r);
	mmt_anon_free(a);
	json_decref(header);
	out = sample_slurp(fd, size);
	close(fd);
	return out;
}

/* All that the frames after the header hold, unpacked; free() it. */
static uint8_t *unpacked(const uint8_t *bytes, size_t n, size_t *size)
{
	ZSTD_DCtx *d = ZSTD_createDCtx();
	uint8_t *out = NULL;
	size_t at = 0;
	struct mmt_frame f;

	*size = 0;
	while (mmt_frame_peek(&f, bytes + at, n - at, NULL) == 0) {
		if (f.type != MMT_FRAME_HEADER) {
			out = realloc(out, *size + f.raw_len);
			mmt_frame_unpack(d, bytes + at + f.head_len, f.comp_len, out + *size,
					 f.raw_len, NULL);
			*size += f.raw_len;
		}
		at += mmt_frame_len(&f);
	}
	ZSTD_freeDCtx(d);
	return out;
}

/* Whether a string of the copy also stands in the original: then nothing secret may be part of it.
 */
static bool in_vocabulary(const struct mmt_dict *copy, const char *name)
{
	for (size_t i = 0; i < mmt_dict_count(copy, MMT_DICT_STRING); i++)
		if (strstr(mmt_dict_at(copy, MMT_DICT_STRING, i)->name, name))
			return true;
	return false;
}

static void search(const struct mmt_dict *was, const struct mmt_dict *is, const uint8_t *raw,
		   size_t size)
{
	static const enum mmt_dict_kind kinds[] = { MMT_DICT_TASK, MMT_DICT_FILE, MMT_DICT_CGROUP };
	size_t searched = 0;

	for (size_t k = 0; k < 3; k++)
		for (size_t i = 0; i < mmt_dict_count(was, kinds[k]); i++) {
			const struct mmt_dict_entry *entry = mmt_dict_at(was, kinds[k], i);
			char name[MMT_DICT_NAME_MAX + 1], *save = NULL;

			memcpy(name, entry->name, strlen(entry->name) + 1);
			for (char *p = strtok_r(name, "/", &save); p;
			     p = strtok_r(NULL, "/", &save)) {
				if (strlen(p) < 4 || in_vocabulary(is, p))
					continue;
				searched++;
				if (memmem(raw, size, p, strlen(p)))
					printf("# '%s' is still there\n", p);
				CHECK(!memmem(raw, size, p, strlen(p)));
			}
		}
	CHECK(searched > 20);
}

/* One field beside its original. */
static bool field_ok(const struct mmt_event *was, const struct mmt_event *is, unsigned i,
		     const struct mmt_dict *old, const struct mmt_dict *new)
{
	const struct mmt_field *f = &mmt_event_info(was->kind)->fields[i];
	uint64_t a = was->v[i], b = is->v[i];
	const struct mmt_dict_entry *x, *y;
	bool address = f->unit == MMT_U_ADDR;

	if (was->kind == MMT_EV_sys_mmap || was->kind == MMT_EV_sys_brk ||
	    was->kind == MMT_EV_sys_mremap)
		address |= f->unit == MMT_U_RET && a < MMT_ADDR_OUTSIDE;
	if (address && a && a < MMT_ADDR_OUTSIDE)
		return a != b && b && b < MMT_ADDR_OUTSIDE;
	if (f->unit == MMT_U_TID)
		return a <= 2 ? a == b : a != b;
	if (f->unit == MMT_U_DEV)
		return !a == !b;
	if (f->unit != MMT_U_STRING || !a)
		return a == b;
	x = mmt_dict_get(old, MMT_DICT_STRING, (uint32_t)a);
	y = mmt_dict_get(new, MMT_DICT_STRING, (uint32_t)b);
	if (was->kind == MMT_EV_snap_slab || was->kind == MMT_EV_task_rename)
		return x && y && strcmp(x->name, y->name) != 0;
	return x && y;
}

static bool event_ok(const struct mmt_event *was, const struct mmt_event *is,
		     const struct mmt_dict *old, const struct mmt_dict *new)
{
	bool ok = was->time == is->time && was->kind == is->kind && was->cpu == is->cpu &&
		  was->task == is->task && was->flags == is->flags;

	for (unsigned i = 0; ok && i < mmt_event_info(was->kind)->nr_fields; i++)
		ok = field_ok(was, is, i, old, new);
	if (!ok)
		printf("# %s at %llu\n", mmt_event_info(was->kind)->name,
		       (unsigned long long)was->time);
	return ok;
}

static void tasks_ok(const struct mmt_dict *old, const struct mmt_dict *new)
{
	CHECK_EQ(mmt_dict_count(old, MMT_DICT_TASK), mmt_dict_count(new, MMT_DICT_TASK));
	for (size_t i = 0; i < mmt_dict_count(old, MMT_DICT_TASK); i++) {
		const struct mmt_dict_entry *a = mmt_dict_at(old, MMT_DICT_TASK, i);
		const struct mmt_dict_entry *b = mmt_dict_get(new, MMT_DICT_TASK, a->id);

		CHECK(b);
		CHECK(a->num[0] <= 2 ? a->num[0] == b->num[0] : a->num[0] != b->num[0]);
		CHECK_EQ(a->num[0] == a->num[1], b->num[0] == b->num[1]);
		CHECK_EQ(a->num[2], b->num[2]);
		CHECK(!*a->name == !*b->name && (!*a->name || strcmp(a->name, b->name) != 0));
	}
}

static void compare(const uint8_t *bytes, size_t n)
{
	size_t size, raw_size;
	uint8_t *copy = make_anonymous(bytes, n, 7, &size), *raw = unpacked(copy, size, &raw_size);
	struct mmt_reader *a = open_bytes(bytes, n), *b = open_bytes(copy, size);
	const struct mmt_event *was, *is;
	bool ok = true;

	while (ok && mmt_reader_next(a, &was, NULL) > 0) {
		ok = mmt_reader_next(b, &is, NULL) > 0;
		ok = ok && event_ok(was, is, mmt_reader_dict(a), mmt_reader_dict(b));
	}
	test_true(__FILE__, __LINE__, "events are those of the original", ok);
	test_true(__FILE__, __LINE__, "and no more", mmt_reader_next(b, &is, NULL) == 0);
	test_true(__FILE__, __LINE__, "the copy is complete", mmt_reader_state(b)->complete);
	tasks_ok(mmt_reader_dict(a), mmt_reader_dict(b));
	search(mmt_reader_dict(a), mmt_reader_dict(b), raw, raw_size);
	test_true(__FILE__, __LINE__, "no path in the header",
		  !json_object_get(mmt_reader_header(b), "unavailable"));
	mmt_reader_free(a);
	mmt_reader_free(b);
	free(raw);
	free(copy);
}

TEST_NAMED(samples, "R31 no name, path, pid or address of a sample remains, all else does")
{
	glob_t found = { 0 };

	if (glob("traces/*.mmt", 0, NULL, &found) != 0)
		SKIP("not run from the top of the sources");
	for (size_t i = 0; i < found.gl_pathc && !test_failed(); i++) {
		int fd = open(found.gl_pathv[i], O_RDONLY | O_CLOEXEC);
		size_t n;
		uint8_t *bytes = sample_slurp(fd, &n);

		close(fd);
		compare(bytes, n);
		if (test_failed())
			printf("# %s\n", found.gl_pathv[i]);
		free(bytes);
	}
	CHECK(found.gl_pathc >= 5);
	globfree(&found);
	CHECK_EQ(heap.used, 0);
}

TEST(header_keeps_the_machine_and_no_name)
{
	json_t *header = json_pack(
		"{s{ssss}s{sssisssss[i]}s{sisss{ssss}}s{ssss}sssss{s{si}s[s]}s{sis{siss}}}",
		"kernel", "release", "6.12.117-acme-prod", "version", "#1 acme", "cpu", "name",
		"Acme CPU", "model", 17, "vendor", "AuthenticAMD", "socket", "/dev/x", "caches", 5,
		"record", "pid", 4242, "filter", "all", "events", "mm_page_alloc", "yes",
		"mm_page_free", "/no/such", "settings", "thp.enabled", "always", "zswap.zpool",
		"acme", "host", "acme-db-7", "user", "bob", "maps", "gfp_bits", "IO", 6, "list",
		"x", "slice", "pid", 77, "of", "pid", 78, "cgroup", "/acme");
	json_t *j = mmt_anon_header(header);
	char *text = mmt_json_text(j);

	CHECK(header && j && text);
	CHECK(!strstr(text, "cme") && !strstr(text, "bob") && !strstr(text, "/"));
	CHECK(!strstr(text, "4242") && !strstr(text, "7 ") && !strstr(text, "78"));
	CHECK_STR(json_string_value(json_object_get(json_object_get(j, "kernel"), "release")),
		  "6.12.117");
	CHECK_EQ(json_integer_value(json_object_get(json_object_get(j, "cpu"), "model")), 17);
	CHECK_STR(json_string_value(json_object_get(json_object_get(j, "settings"), "thp.enabled")),
		  "always");
	CHECK(json_is_true(json_object_get(j, "anonymous")));
	free(text);
	json_decref(j);
	json_decref(header);
}

TEST_MAIN

/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * R12: old traces open for ever. tests/golden/trace-X.Y.mmt is a trace of format X.Y with every
 * kind of that time, and trace-X.Y.txt what it says; neither is ever changed, a new version adds
 * its own. "t_golden --write X.Y" makes the pair of the version at hand.
 */
#include "lib/base/json.h"
#include "tests/unit/test.h"
#include "tests/unit/trace_sample.h"

#include <glob.h>

static struct mmt_alloc heap;

static void print_event(FILE *out, const struct mmt_event *ev)
{
	const struct mmt_event_info *info = mmt_event_info(ev->kind);

	fprintf(out, "%llu cpu %u task %u flags %u %s", (unsigned long long)ev->time, ev->cpu,
		ev->task, ev->flags, info->name);
	for (unsigned f = 0; f < info->nr_fields; f++)
		fprintf(out, " %s=%llx", info->fields[f].name, (unsigned long long)ev->v[f]);
	fputc('\n', out);
}

static void print_entries(FILE *out, const struct mmt_dict *d)
{
	for (int k = 0; k < MMT_NR_DICTS; k++)
		for (size_t i = 0; i < mmt_dict_count(d, k); i++) {
			const struct mmt_dict_entry *e = mmt_dict_at(d, k, i);

			fprintf(out, "%s %u: %llu %llu %llu %llu \"%s\"\n", mmt_dict_kind_name(k),
				e->id, (unsigned long long)e->num[0], (unsigned long long)e->num[1],
				(unsigned long long)e->num[2], (unsigned long long)e->num[3],
				e->name);
		}
}

/* All that the trace at @path says; free() it. NULL: it is not complete. */
static char *describe(const char *path, size_t *n)
{
	struct mmt_io io = MMT_IO_INIT;
	struct mmt_err e = { 0 };
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	struct mmt_reader *r = mmt_reader_open(&heap, &io, fd, &e);
	const struct mmt_reader_state *s;
	const struct mmt_event *ev;
	char *text = NULL, *json;
	FILE *out = open_memstream(&text, n);
	bool complete = false;

	while (r && mmt_reader_next(r, &ev, &e) > 0)
		print_event(out, ev);
	if (r) {
		s = mmt_reader_state(r);
		complete = s->complete;
		print_entries(out, mmt_reader_dict(r));
		for (size_t i = 0; i < s->nr_losses; i++)
			fprintf(out, "lost %llu on cpu %u of kind %u, cause %u\n",
				(unsigned long long)s->losses[i].count, s->losses[i].cpu,
				s->losses[i].kind, (unsigned)s->losses[i].cause);
		json = mmt_json_text(mmt_reader_trailer(r));
		fputs(json ? json : "no trailer\n", out);
		free(json);
	}
	fclose(out);
	mmt_reader_free(r);
	close(fd);
	if (complete)
		return text;
	printf("# %s: %s\n", path, e.text);
	free(text);
	return NULL;
}

TEST_NAMED(golden, "R12 a trace of every format version there was says what it said")
{
	glob_t found = { 0 };

	if (access("tests/golden", R_OK) != 0)
		SKIP("not run from the top of the sources");
	CHECK_EQ(glob("tests/golden/trace-*.mmt", 0, NULL, &found), 0);
	CHECK(found.gl_pathc >= 1);
	for (size_t i = 0; i < found.gl_pathc; i++) {
		char path[300], *text;
		size_t n, length;
		uint8_t *expected;
		int fd;

		snprintf(path, sizeof(path), "%.*s.txt",
			 (int)strlen(found.gl_pathv[i]) - (int)strlen(".mmt"), found.gl_pathv[i]);
		fd = open(path, O_RDONLY | O_CLOEXEC);
		CHECK(fd >= 0);
		expected = sample_slurp(fd, &n);
		close(fd);
		text = describe(found.gl_pathv[i], &length);
		CHECK(text);
		CHECK_EQ(length, n);
		CHECK_MEM(text, expected, n);
		free(text);
		free(expected);
	}
	globfree(&found);
	CHECK_EQ(heap.used, 0);
}

/* --- making a pair --- */

static bool add(struct mmt_writer *w, const struct mmt_event *ev)
{
	return mmt_writer_add(w, ev, NULL) == 0;
}

/* Two events of every kind, then pages that go round, with entries and losses between. */
static bool fill(struct mmt_writer *w)
{
	struct mmt_dict_entry task = { MMT_DICT_TASK, 1, { 100, 100, 0 }, "init" };
	struct mmt_dict_entry file = {
		MMT_DICT_FILE, 1, { 0x800001, 12, 0, 4096 }, "/lib/libc.so"
	};
	struct mmt_rng r = { 2026 };
	uint64_t time = 1000000000;
	struct mmt_event ev;
	bool ok = mmt_writer_define(w, &task, NULL) == 0 && mmt_writer_define(w, &file, NULL) == 0;

	for (unsigned k = 1; k <= MMT_KIND_MAX; k++)
		for (int i = 0; ok && i < 2 && mmt_event_info(k); i++) {
			sample_event_of(&r, k, &time, &ev);
			ok = add(w, &ev);
		}
	task.name = "sh";
	ok = ok && mmt_writer_define(w, &task, NULL) == 0 &&
	     mmt_writer_string(w, "a string", NULL) &&
	     mmt_writer_lost(w, 1, MMT_EV_mm_page_free, MMT_LOST_RING, 19, NULL) == 0 &&
	     mmt_writer_flush(w, NULL) == 0;
	for (unsigned i = 0; ok && i < 400; i++) {
		unsigned page = i % 50;

		ev = (struct mmt_event){ .time = time += 100 + i * 7919 % 300,
					 .cpu = (uint16_t)(i / 25 % 2),
					 .task = 1,
					 .kind = i / 50 % 2 ? MMT_EV_mm_page_free
							    : MMT_EV_mm_page_alloc };
		ev.v[0] = 0x1000 + (i / 100 % 2 ? 49 - page : page) * 7919 % 5000;
		ok = add(w, &ev);
	}
	return ok && mmt_writer_seal(w, NULL, NULL) == 0;
}

static int write_pair(const char *version)
{
	struct mmt_writer_options o = { .file_id = SAMPLE_ID };
	struct mmt_io io = MMT_IO_INIT;
	char path[300], *text;
	struct mmt_writer *w;
	FILE *out;
	size_t n;
	bool ok;
	int fd;

	snprintf(path, sizeof(path), "tests/golden/trace-%s.mmt", version);
	fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
	w = mmt_writer_new(&heap, &io, fd, &o, NULL, NULL);
	ok = w && fill(w);
	mmt_writer_free(w);
	close(fd);
	text = ok ? describe(path, &n) : NULL;
	snprintf(path, sizeof(path), "tests/golden/trace-%s.txt", version);
	out = text ? fopen(path, "wx") : NULL;
	ok = out && fwrite(text, 1, n, out) == n;
	if (out)
		ok = fclose(out) == 0 && ok;
	free(text);
	return ok ? 0 : 1;
}

int main(int argc, char **argv)
{
	if (argc == 3 && strcmp(argv[1], "--write") == 0)
		return write_pair(argv[2]);
	return test_main(argc, argv);
}

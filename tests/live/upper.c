// SPDX-License-Identifier: GPL-2.0-only
/*
 * Addresses of the kernel in traces:
 *
 *	upper FILE...	-> "EVENTS events", and a line for each place where there may be one
 *
 * Looked at is every field of every event, snapshots' too, by its number, whatever it counts or
 * names; every number of every dictionary; and names and the header's text for sixteen digits of an
 * address as the kernel prints it. An address of the kernel is one from 0xffff800000000000 on. What
 * is signed may be no less than -8 MiB, where nothing of the kernel is mapped; UINT64_MAX is "none"
 * or "no limit" anywhere. Exit 1: something was found.
 */
#include "lib/base/json.h"
#include "lib/trace/reader.h"

#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define UPPER	UINT64_C(0xffff800000000000)
#define HIGHEST UINT64_C(0xffffffffff800000) /* nothing is mapped from here on */
#define MOST	20			     /* lines of a file */

static struct mmt_alloc memory;
static struct mmt_io io;
static uint64_t events, found;

static bool upper(uint64_t v)
{
	return v >= UPPER && v < HIGHEST;
}

static void tell(const char *file, const char *what, const char *name, uint64_t v)
{
	if (found++ < MOST)
		printf("%s: %s of %s: 0x%016" PRIx64 "\n", file, name, what, v);
}

/* Sixteen digits in a row that are such an address. */
static void look_at_text(const char *file, const char *what, const char *text)
{
	static const char digits[] = "0123456789abcdef";

	for (const char *p = text; *p;) {
		size_t n = strspn(p, digits);
		uint64_t v = n == 16 ? strtoull(p, NULL, 16) : 0;

		if (upper(v))
			tell(file, what, "text", v);
		p += n ? n : 1;
	}
}

static void look_at_dictionaries(const char *file, const struct mmt_dict *d)
{
	for (int k = 0; k < MMT_NR_DICTS; k++) {
		enum mmt_dict_kind kind = (enum mmt_dict_kind)k;

		for (size_t i = 0; i < mmt_dict_count(d, kind); i++) {
			const struct mmt_dict_entry *entry = mmt_dict_at(d, kind, i);

			for (unsigned j = 0; j < MMT_DICT_NUMS; j++) {
				if (upper(entry->num[j]))
					tell(file, mmt_dict_kind_name(kind), "a number",
					     entry->num[j]);
			}
			look_at_text(file, mmt_dict_kind_name(kind), entry->name);
		}
	}
}

static void look_at_header(const char *file, const json_t *header)
{
	char *text = mmt_json_text(header);

	if (!text)
		exit(2);
	look_at_text(file, "the header", text);
	free(text);
}

static int look_at(const char *file)
{
	struct mmt_err e = { 0 };
	char text[600];
	int fd = open(file, O_RDONLY | O_CLOEXEC), err = -1;
	struct mmt_reader *r = fd < 0 ? NULL : mmt_reader_open(&memory, &io, fd, &e);
	const struct mmt_event *ev;

	while (r && (err = mmt_reader_next(r, &ev, &e)) == 1) {
		const struct mmt_event_info *info = mmt_event_info(ev->kind);

		for (unsigned i = 0; i < info->nr_fields; i++) {
			if (upper(ev->v[i]))
				tell(file, info->name, info->fields[i].name, ev->v[i]);
		}
		events++;
	}
	if (err) {
		fprintf(stderr, "upper: %s: %s\n", file, mmt_err_format(&e, text, sizeof(text)));
	} else {
		look_at_dictionaries(file, mmt_reader_dict(r));
		look_at_header(file, mmt_reader_header(r));
	}
	mmt_reader_free(r);
	close(fd);
	return err;
}

int main(int argc, char **argv)
{
	for (int i = 1; i < argc; i++) {
		if (look_at(argv[i]))
			return 2;
	}
	printf("%" PRIu64 " events\n", events);
	return found != 0;
}

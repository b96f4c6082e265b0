// SPDX-License-Identifier: GPL-2.0-only
/*
 * A sealed trace with one damage: damage HOW FILE >OUT. Of the frames with events, the one in the
 * middle is frame k:
 *
 *	cut	  the file ends within frame k
 *	header	  a bit of frame k's header is flipped
 *	payload	  a bit of its compressed payload
 *	trailer	  a bit of the trailer
 *	seek	  a bit of the seek table
 *	missing	  frame k is not there
 *	twice	  it is there twice
 *	zeros	  from its middle to the middle of the next one there are zeros
 *	swapped	  it stands after the next one
 *	first	  the first frame with events, which holds the start snapshot, is not there
 *
 * On stderr, for the shell: lost_from and lost_to, the numbers (from 1) of the first and the last
 * event that a reader cannot get; lost_to is 0 if it gets all.
 */
#include "lib/trace/frame.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FRAMES 256

static struct {
	uint8_t bytes[4 << 20];
	size_t n, start[FRAMES + 1];
	uint32_t events[FRAMES];
	unsigned nr;
} f;

static bool load(const char *path)
{
	FILE *in = fopen(path, "rb");
	struct mmt_frame head;
	size_t at = 0;

	if (!in)
		return false;
	f.n = fread(f.bytes, 1, sizeof(f.bytes), in);
	fclose(in);
	for (; f.nr < FRAMES && mmt_frame_peek(&head, f.bytes + at, f.n - at, NULL) == 0; f.nr++) {
		f.start[f.nr] = at;
		f.events[f.nr] = head.nr_events;
		at += mmt_frame_len(&head);
	}
	f.start[f.nr] = at;
	return f.nr > 4;
}

/* Frame @i, counted among those with events. */
static unsigned with_events(unsigned i)
{
	for (unsigned at = 0; at < f.nr; at++)
		if (f.events[at] && i-- == 0)
			return at;
	return 0;
}

static void put(size_t from, size_t to)
{
	fwrite(f.bytes + from, 1, to - from, stdout);
}

static uint64_t before(unsigned frame)
{
	uint64_t n = 0;

	for (unsigned i = 0; i < frame; i++)
		n += f.events[i];
	return n;
}

/* Frames @from to @to are lost. */
static void tell(unsigned from, unsigned to)
{
	fprintf(stderr, "lost_from=%llu lost_to=%llu\n", (unsigned long long)before(from) + 1,
		(unsigned long long)before(to + 1));
}

static void tell_none(void)
{
	fprintf(stderr, "lost_from=0 lost_to=0\n");
}

static void flip(size_t at)
{
	f.bytes[at] ^= 4;
	put(0, f.n);
}

static bool damage(const char *how, unsigned k)
{
	size_t start = f.start[k], next = f.start[k + 1], after = f.start[k + 2];
	size_t middle = (start + next) / 2;

	if (strcmp(how, "cut") == 0) {
		put(0, middle);
		tell(k, f.nr - 1);
	} else if (strcmp(how, "header") == 0) {
		flip(start + 30);
		tell(k, k);
	} else if (strcmp(how, "payload") == 0) {
		flip(middle);
		tell(k, k);
	} else if (strcmp(how, "trailer") == 0) {
		flip(f.start[f.nr] - 9);
		tell_none();
	} else if (strcmp(how, "seek") == 0) {
		flip(f.n - 20);
		tell_none();
	} else if (strcmp(how, "missing") == 0) {
		put(0, start);
		put(next, f.n);
		tell(k, k);
	} else if (strcmp(how, "twice") == 0) {
		put(0, next);
		put(start, f.n);
		tell_none();
	} else if (strcmp(how, "zeros") == 0) {
		memset(f.bytes + middle, 0, (next + after) / 2 - middle);
		put(0, f.n);
		tell(k, k + 1);
	} else if (strcmp(how, "swapped") == 0) {
		put(0, start);
		put(next, after);
		put(start, next);
		put(after, f.n);
		tell(k, k);
	} else if (strcmp(how, "first") == 0) {
		k = with_events(0);
		put(0, f.start[k]);
		put(f.start[k + 1], f.n);
		tell(k, k);
	} else {
		return false;
	}
	return true;
}

int main(int argc, char **argv)
{
	unsigned nr = 0;

	if (argc != 3 || !load(argv[2]))
		return 2;
	for (unsigned i = 0; i < f.nr; i++)
		nr += f.events[i] != 0;
	return nr > 4 && damage(argv[1], with_events(nr / 2)) && fflush(stdout) == 0 ? 0 : 2;
}

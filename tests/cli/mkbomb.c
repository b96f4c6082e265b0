// SPDX-License-Identifier: GPL-2.0-only
/*
 * Traces that would take a careless reader's memory or time: mkbomb NAME >FILE
 *
 * a frame that lies:
 *	ratio	1 GiB of zeros in 33 KB, said to be 1 MiB
 *	stream	the same, without its size
 *	window	one byte, for whose decompression a window of 2 GiB is asked
 *	count	2^32 - 1 events in an empty frame
 * sound frames, of a host of 64 MiB (tests/unit/host.h):
 *	forks	a million tasks, each the child of the one before
 *	jump	a hundred years between two events
 *	names	20000 names of 4096 bytes
 *	far	300 000 frames allocated, each in another 16 MiB
 *	full	each frame of a host of 1 GiB allocated and freed, one by one
 *	vast	a host of 16 TiB, all of it in use
 */
#include "lib/trace/frame.h"
#include "tests/unit/host.h"

#include <stdio.h>
#include <stdlib.h>
#include <zstd.h>

#define BYTES (UINT64_C(1) << 30)

static struct host h;

static bool put_out(const void *p, size_t n)
{
	return fwrite(p, 1, n, stdout) == n;
}

/* 1 GiB of zeros, compressed; told its size or not. */
static size_t zeros(uint8_t *out, size_t room, bool sized)
{
	static const uint8_t none[1 << 20];
	ZSTD_CCtx *c = ZSTD_createCCtx();
	ZSTD_outBuffer to = { out, room, 0 };

	if (sized)
		ZSTD_CCtx_setPledgedSrcSize(c, BYTES);
	for (uint64_t n = 0; n < BYTES; n += sizeof(none)) {
		ZSTD_inBuffer from = { none, sizeof(none), 0 };

		ZSTD_compressStream2(c, &to, &from,
				     n + sizeof(none) < BYTES ? ZSTD_e_continue : ZSTD_e_end);
	}
	ZSTD_freeCCtx(c);
	return to.pos;
}

/* A header, and a frame whose payload is @comp, with a right CRC. */
static bool lies(struct mmt_frame f, const void *comp, size_t n)
{
	static const char json[] = "{\"schema\": \"mmtrace.trace/1\"}";
	struct mmt_frame head = { .type = MMT_FRAME_HEADER,
				  .file_id = 42,
				  .major = MMT_FRAME_MAJOR,
				  .raw_len = sizeof(json) - 1 };
	struct mmt_wr w = { .alloc = &h.alloc };
	uint8_t packed[256];
	bool ok;

	head.comp_len = (uint32_t)ZSTD_compress(packed, sizeof(packed), json, sizeof(json) - 1, 3);
	mmt_frame_put(&w, &head, NULL, packed);
	f.type = MMT_FRAME_EVENT;
	f.file_id = 42;
	f.major = MMT_FRAME_MAJOR;
	f.seq = 1;
	f.comp_len = (uint32_t)n;
	mmt_frame_put(&w, &f, NULL, comp);
	ok = !w.bad && put_out(w.buf, w.len);
	mmt_wr_free(&w);
	return ok;
}

static bool lie(const char *name)
{
	/* RFC 8878: 4 bytes of content size, window 2^31, one raw block, the last */
	static const uint8_t window[] = { 0x28, 0xb5, 0x2f, 0xfd, 0x80, 21 << 3, 1,
					  0,	0,    0,    0x09, 0,	0,	 'x' };
	static uint8_t comp[1 << 17];

	if (strcmp(name, "window") == 0)
		return lies((struct mmt_frame){ .raw_len = 1 }, window, sizeof(window));
	if (strcmp(name, "count") == 0)
		return lies((struct mmt_frame){ .raw_len = 0, .nr_events = UINT32_MAX }, comp,
			    ZSTD_compress(comp, sizeof(comp), "", 0, 3));
	return lies((struct mmt_frame){ .raw_len = MMT_FRAME_RAW_MAX }, comp,
		    zeros(comp, sizeof(comp), strcmp(name, "ratio") == 0));
}

static void task(uint32_t id, const char *name)
{
	struct mmt_dict_entry e = {
		.kind = MMT_DICT_TASK, .id = id, .num = { id, id, 0 }, .name = name
	};

	h.broken |= mmt_writer_define(h.w, &e, &h.err) != 0;
}

static void forks(void)
{
	for (uint32_t i = 1; i <= 1000000; i++) {
		task(i, "bomb");
		h.time += 1000;
		HOST_ROW(&h, sched_process_fork, i, i, i + 1, i + 1);
	}
}

static void names(void)
{
	char name[4097];

	for (uint32_t i = 1; i <= 20000; i++) {
		memset(name, 'a' + (int)(i % 26), 4096);
		name[4096] = 0;
		task(i, name);
		h.time += 1000;
	}
}

static void allocated(uint64_t pfn)
{
	struct mmt_event ev = { .kind = MMT_EV_mm_page_alloc };

	ev.v[MMT_F(mm_page_alloc, pfn)] = pfn;
	ev.v[MMT_F(mm_page_alloc, gfp)] = GFP_KERNEL;
	h.time += 1000;
	host_add(&h, ev);
}

static void freed(uint64_t pfn)
{
	struct mmt_event ev = { .kind = MMT_EV_mm_page_free };

	ev.v[MMT_F(mm_page_free, pfn)] = pfn;
	h.time += 1000;
	host_add(&h, ev);
}

/* A snapshot of one zone of @pages frames, with these flags. */
static void one_zone(uint64_t pages, uint64_t flags)
{
	uint64_t free = flags & 1u << 10 ? pages - 4096 : 0;

	HOST_ROW(&h, snapshot_begin, MMT_SNAP_FULL, 0);
	HOST_ROW(&h, snap_zone, 0, ZONE_NORMAL, 4096, pages - 4096, pages - 4096, pages - 4096,
		 free, 100, 125, 150, 175, 0);
	HOST_ROW(&h, snap_cpu, 0, 0);
	HOST_ROW(&h, snap_pages, 4096, pages - 4096, flags, 0);
	HOST_ROW(&h, snapshot_end, MMT_SNAP_FULL, 0);
}

static void full(void)
{
	const uint64_t pages = BYTES >> 12;

	one_zone(pages, 1u << 10);
	/* backwards: no model gives them so */
	for (uint64_t pfn = pages - 1; pfn > 4200; pfn--)
		allocated(pfn);
	for (uint64_t pfn = pages - 1; pfn > 4200; pfn -= 2)
		freed(pfn);
}

static bool sound(const char *name)
{
	bool zoned = strcmp(name, "full") == 0 || strcmp(name, "vast") == 0;

	host_start(&h);
	if (zoned)
		host_open(&h);
	else
		host_record(&h);
	if (h.broken)
		return false;
	if (strcmp(name, "forks") == 0) {
		forks();
	} else if (strcmp(name, "names") == 0) {
		names();
	} else if (strcmp(name, "jump") == 0) {
		host_alloc(&h, 0, GFP_KERNEL, 0);
		h.time += UINT64_C(100) * 365 * 86400 * 1000000000;
		host_alloc(&h, 0, GFP_KERNEL, 0);
	} else if (strcmp(name, "far") == 0) {
		for (uint64_t i = 0; i < 300000; i++)
			allocated(i << 12);
	} else if (strcmp(name, "full") == 0) {
		full();
	} else if (strcmp(name, "vast") == 0) {
		one_zone(UINT64_C(1) << 32, 1u << 7);
	} else {
		return false;
	}
	host_finish(&h);
	return !h.broken;
}

int main(int argc, char **argv)
{
	static const char *const frames[] = { "ratio", "stream", "window", "count" };
	const char *name = argc == 2 ? argv[1] : "";

	for (size_t i = 0; i < sizeof(frames) / sizeof(frames[0]); i++)
		if (strcmp(frames[i], name) == 0)
			return !(lie(name) && !fflush(stdout));
	if (!sound(name) || !host_copy(&h, stdout)) {
		fprintf(stderr, "mkbomb: %s: %s\n", name, h.err.text);
		return 1;
	}
	host_stop(&h);
	return 0;
}

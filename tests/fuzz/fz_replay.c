// SPDX-License-Identifier: GPL-2.0-only
/*
 * Bytes -> events -> a machine of 16 or 64 MiB, every invariant of the model checked on the way.
 *
 *	byte 0    low 3 bits: what is set; bits 3 and 4, both: the larger machine; none of bits 5 to
 *	          7: a result is made too; all of them: frames anywhere, and if the input is short,
 *	          zones too
 *	then per event: kind, cpu, time step, and its fields, each led by a byte that says how it is
 *	made: a small number, a frame of the machine, a wild value
 *
 * The events go to the survey first and then to the replay, as the two readings of a trace do.
 *
 * Sums are checked after every event, lists after every 16th, each frame after every 64th, and all
 * of it at the start and at the end: a check of every frame costs more than the replay of a hundred
 * events. The mutator knows where events begin: it adds, drops, doubles, swaps and mixes whole
 * ones, and makes single fields wild, so that most of what it makes gets as far as the model.
 */
#include "lib/base/bytes.h"
#include "lib/base/rng.h"
#include "lib/replay/result.h"
#include "lib/trace/dict.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define EVENTS_MAX 256
#define LARGE	   (8 | 16)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max, unsigned seed);
size_t LLVMFuzzerCustomCrossOver(const uint8_t *a, size_t a_size, const uint8_t *b, size_t b_size,
				 uint8_t *out, size_t max, unsigned seed);
/* libFuzzer's own; not there when a corpus is replayed without it */
__attribute__((weak)) size_t LLVMFuzzerMutate(uint8_t *data, size_t size, size_t max);

static const uint16_t kinds[] = {
	MMT_EV_mm_page_alloc,
	MMT_EV_mm_page_alloc,
	MMT_EV_mm_page_alloc,
	MMT_EV_mm_page_free,
	MMT_EV_mm_page_free,
	MMT_EV_mm_page_alloc_extfrag,
	MMT_EV_mm_page_pcpu_drain,
	MMT_EV_mm_vmscan_kswapd_wake,
	MMT_EV_mm_vmscan_kswapd_sleep,
	MMT_EV_setting_change,
	MMT_EV_managed_change,
	MMT_EV_snapshot_begin,
	MMT_EV_snapshot_end,
	MMT_EV_snap_zone,
	MMT_EV_snap_protection,
	MMT_EV_snap_pcp,
	MMT_EV_snap_buddy,
	MMT_EV_snap_freetype,
	MMT_EV_snap_pageblocks,
	MMT_EV_snap_pages,
	MMT_EV_snap_cpu,
	MMT_EV_snap_sysctl,
	MMT_EV_snap_setting,
};

struct input {
	struct mmt_event ev[EVENTS_MAX];
	unsigned nr;
	uint64_t time;
	uint32_t pages; /* of the machine */
	bool wild;	/* frames may be anywhere */
	bool wide;	/* so may zones */
};

static void add(struct input *in, unsigned kind, const uint64_t *v, unsigned n)
{
	struct mmt_event *ev = &in->ev[in->nr++];

	*ev = (struct mmt_event){ .kind = (uint16_t)kind, .time = in->time };
	memcpy(ev->v, v, n * sizeof(*v));
}
#define ADD(in, kind, ...)                                        \
	add(in, MMT_EV_##kind, (const uint64_t[]){ __VA_ARGS__ }, \
	    sizeof((const uint64_t[]){ __VA_ARGS__ }) / sizeof(uint64_t))

/* A snapshot of a machine that is half in use, so that most inputs get as far as the model. */
static void begin(struct input *in)
{
	ADD(in, snapshot_begin, MMT_SNAP_FULL, 0);
	ADD(in, snap_cpu, 0, 0);
	ADD(in, snap_cpu, 1, 0);
	if (in->pages == 4096) {
		ADD(in, snap_zone, 0, ZONE_DMA, 1, 1023, 1023, 1000, 512, 4, 5, 6, 7, 0);
		ADD(in, snap_zone, 0, ZONE_DMA32, 1024, 3072, 3072, 3000, 1536, 50, 62, 75, 87, 0);
		ADD(in, snap_pcp, 0, ZONE_DMA32, 1, 20, 100, 7, 50, 700);
		ADD(in, snap_buddy, 0, ZONE_DMA32, 9, 3);
		ADD(in, snap_pageblocks, 0, ZONE_DMA32, MIGRATE_UNMOVABLE, 2);
		ADD(in, snap_pageblocks, 0, ZONE_DMA32, MIGRATE_RECLAIMABLE, 1);
		ADD(in, snap_pages, 512, 512, 1 << 10, 0);
		ADD(in, snap_pages, 1024, 512, 1 << 7, 0);
		ADD(in, snap_pages, 1536, 1536, 1 << 10, 0);
		ADD(in, snap_pages, 3072, 512, 1 << 12, 1);
		ADD(in, snap_pages, 3584, 256, 0, 0);
		ADD(in, snap_pages, 3840, 256, 1 << 5, 0);
		return;
	}
	ADD(in, snap_zone, 0, ZONE_DMA, 1, 4095, 3998, 3840, 1024, 10, 12, 14, 16, 0);
	ADD(in, snap_zone, 0, ZONE_DMA32, 4096, 12288, 12288, 12000, 6144, 100, 125, 150, 175, 0);
	ADD(in, snap_pcp, 0, ZONE_DMA32, 1, 20, 100, 7, 50, 700);
	ADD(in, snap_buddy, 0, ZONE_DMA32, 10, 6);
	ADD(in, snap_pageblocks, 0, ZONE_DMA32, MIGRATE_UNMOVABLE, 5);
	ADD(in, snap_pageblocks, 0, ZONE_DMA32, MIGRATE_RECLAIMABLE, 2);
	ADD(in, snap_pages, 1024, 1024, 1 << 10, 0);
	ADD(in, snap_pages, 4096, 2048, 1 << 7, 0);
	ADD(in, snap_pages, 6144, 6144, 1 << 10, 0);
	ADD(in, snap_pages, 12288, 2048, 1 << 12, 1);
	ADD(in, snap_pages, 14336, 1024, 0, 0);
	ADD(in, snap_pages, 15360, 1024, 1 << 5, 0);
}

/* A field: what its first byte asks for. */
static uint64_t value(struct mmt_rd *r, uint32_t pages)
{
	uint8_t how = mmt_rd_u8(r);

	switch (how >> 5) {
	case 0:
	case 1:
		return how & 31;
	case 2:
		return mmt_rd_u16(r) % pages;
	case 3:
		return mmt_rd_u16(r) % pages & ~((UINT64_C(1) << (how & 15)) - 1);
	case 4:
		return mmt_rd_u32(r);
	case 5:
		return mmt_rd_u16(r);
	case 6:
		return UINT32_MAX - (how & 31);
	default:
		return mmt_rd_u64(r);
	}
}

/*
 * Frames far from the machine's make sparse tables of the survey wide, and a run slow: most inputs
 * keep to eight times its size. A wide zone makes all that goes by pageblocks slow, a thousand times
 * if it ends at the last frame: it does so only in a short input, else at 64 GiB.
 */
static uint64_t tamed(const struct input *in, unsigned kind, enum mmt_unit unit, uint64_t v)
{
	uint64_t limit = in->wild ? UINT64_C(1) << 24 : 8 * in->pages;

	if ((unit != MMT_U_PFN && unit != MMT_U_PAGES) || v == MMT_PFN_NONE)
		return v;
	if (in->wild && (in->wide || kind != MMT_EV_snap_zone))
		return v;
	return v < limit ? v : v % limit;
}

static unsigned kind_of(uint8_t byte)
{
	return kinds[byte % (sizeof(kinds) / sizeof(*kinds))];
}

static void parse(struct input *in, struct mmt_rd *r)
{
	bool ended = false;

	while (mmt_rd_left(r) && in->nr < EVENTS_MAX - 1) {
		struct mmt_event ev = { 0 };
		uint8_t kind = mmt_rd_u8(r), cpu = mmt_rd_u8(r), step = mmt_rd_u8(r);
		const struct mmt_event_info *info;

		ev.kind = (uint16_t)kind_of(kind);
		ev.cpu = cpu & 0x80 ? (uint16_t)(cpu << 8) : cpu & 3;
		/* nearly always below the second after which each CPU ticks */
		in->time += (uint64_t)1 << (step < 0xf0 ? step % 30 : step & 63);
		ev.time = in->time;
		info = mmt_event_info(ev.kind);
		for (unsigned i = 0; i < info->nr_fields; i++)
			ev.v[i] = tamed(in, ev.kind, info->fields[i].unit, value(r, in->pages));
		/* the reader lets no event pass that is beyond a limit of the table */
		if (mmt_event_validate(&ev))
			continue;
		if (!ended && info->class != MMT_SNAPSHOT) {
			ADD(in, snapshot_end, MMT_SNAP_FULL, 0);
			ended = true;
			if (in->nr == EVENTS_MAX)
				break;
		}
		in->ev[in->nr++] = ev;
	}
}

/* How closely to look after event number @i. */
static int level(unsigned i)
{
	return i % 64 == 63 ? 3 : i % 16 == 15 ? 2 : 1;
}

static void replay_all(struct replay *r, const struct input *in, const struct mmt_dict *dict,
		       struct replay_options *o, bool result_too, struct mmt_alloc *a)
{
	struct mmt_err e = { 0 };
	int ret = replay_start(r, a, o, &e);

	for (unsigned i = 0; i < in->nr && !ret; i++)
		ret = replay_survey(r, &in->ev[i], dict, &e);
	if (!ret)
		ret = replay_build(r, &e);
	if (!ret && mm_check(r->allocator.sys, 3, &e))
		abort();
	for (unsigned i = 0; i < in->nr && !ret; i++) {
		o->check = level(i);
		ret = replay_event(r, &in->ev[i], dict, &e);
	}
	if (ret == -EUCLEAN)
		abort();
	if (!ret && mm_check(r->allocator.sys, 3, &e))
		abort();
	if (!ret)
		ret = replay_finish(r, &e);
	if (!ret && result_too) {
		json_t *result = result_build(r, &e);

		if (!result)
			abort();
		json_decref(result);
	}
	/* whatever is refused says why */
	if (ret && !e.text[0])
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char *const sets[] = { NULL,
					    NULL,
					    "mem=17M",
					    "mem=24M",
					    "nodes=2",
					    "nr_cpus=1",
					    "vm.min_free_kbytes=100000",
					    "vm.watermark_scale_factor=3000@1us" };
	struct mmt_alloc a = MMT_ALLOC_INIT;
	struct mmt_rd rd = mmt_rd(data, size);
	uint8_t flags = mmt_rd_u8(&rd);
	struct replay_options o = { 0 };
	struct input *in = calloc(1, sizeof(*in));
	struct replay *r = calloc(1, sizeof(*r));
	struct mmt_dict *dict = mmt_dict_new(&a);
	struct tunable_change c;
	struct mmt_err e = { 0 };

	if (!in || !r || !dict)
		abort();
	a.limit = 1 << 30;
	in->wild = flags >> 5 == 7;
	in->wide = size < 64;
	in->pages = (flags & LARGE) == LARGE ? 16384 : 4096;
	if (sets[flags & 7]) {
		if (tunable_parse(sets[flags & 7], &c, &e))
			abort();
		o.change = &c;
		o.nr_changes = 1;
	}
	mmt_dict_intern(dict, "vm.min_free_kbytes", &(bool){ false });
	mmt_dict_intern(dict, "vm.lowmem_reserve_ratio", &(bool){ false });
	mmt_dict_intern(dict, "thp.enabled", &(bool){ false });
	mmt_dict_intern(dict, "8192 1 2 3", &(bool){ false });
	begin(in);
	parse(in, &rd);
	replay_all(r, in, dict, &o, !(flags >> 5), &a);
	replay_free(r);
	mmt_dict_free(dict);
	if (a.used)
		abort();
	free(in);
	free(r);
	return 0;
}

/* --- the mutator --- */

/* Bytes that follow a field's first, by its upper three bits. */
static const uint8_t operand[8] = { 0, 0, 2, 2, 4, 2, 0, 8 };

/* Bytes of the event at @p, or what is left. */
static size_t event_len(const uint8_t *p, size_t left)
{
	size_t at = 3;

	if (left < at)
		return left;
	for (unsigned i = 0; i < mmt_event_info(kind_of(p[0]))->nr_fields && at < left; i++)
		at += 1u + operand[p[at] >> 5];
	return at < left ? at : left;
}

struct span {
	size_t at, len;
};

/* Where the events stand; returns how many. */
static unsigned spans(const uint8_t *data, size_t size, struct span *s)
{
	unsigned n = 0;

	for (size_t at = 1; at < size && n < EVENTS_MAX; at += s[n++].len)
		s[n] = (struct span){ at, event_len(data + at, size - at) };
	return n;
}

/* A new event: mostly allocations and frees of frames there are. */
static size_t make_event(uint8_t *out, struct mmt_rng *r)
{
	uint8_t kind = (uint8_t)mmt_rng_below(r, sizeof(kinds) / sizeof(*kinds));
	size_t at = 0;

	if (mmt_rng_below(r, 3))
		kind %= 5;
	out[at++] = kind;
	out[at++] = (uint8_t)mmt_rng_below(r, 4);
	out[at++] = (uint8_t)(mmt_rng_below(r, 8) ? mmt_rng_below(r, 24) : mmt_rng_next(r));
	for (unsigned i = 0; i < mmt_event_info(kind_of(kind))->nr_fields; i++) {
		uint8_t how = (uint8_t)mmt_rng_below(r, 12);
		uint64_t x = mmt_rng_next(r);

		/* small, a frame, an aligned frame, anything */
		if (i == 0)
			how = (uint8_t)(2u << 5 | (x & 0x3f));
		else if (mmt_rng_below(r, 12) == 0)
			how = (uint8_t)x;
		out[at++] = how;
		x = mmt_rng_next(r);
		for (unsigned b = 0; b < operand[how >> 5]; b++)
			out[at++] = (uint8_t)(x >> (8 * b));
	}
	return at;
}

/* Put @n bytes at @at in place of @gone ones; the new size (unchanged if there is no room). */
static size_t splice(uint8_t *data, size_t size, size_t max, size_t at, size_t gone,
		     const uint8_t *in, size_t n)
{
	if (size - gone + n > max)
		return size;
	memmove(data + at + n, data + at + gone, size - at - gone);
	memcpy(data + at, in, n);
	return size - gone + n;
}

size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max, unsigned seed)
{
	struct mmt_rng r = { seed };
	struct span s[EVENTS_MAX];
	uint8_t made[512];
	unsigned n, i, j;
	size_t len;

	if (size < 2 || mmt_rng_below(&r, 4) == 0)
		return LLVMFuzzerMutate(data, size, max);
	n = spans(data, size, s);
	i = (unsigned)mmt_rng_below(&r, n);
	j = (unsigned)mmt_rng_below(&r, n);
	switch (mmt_rng_below(&r, 6)) {
	case 0: /* one more */
	case 1:
		len = make_event(made, &r);
		return splice(data, size, max, s[i].at, 0, made, len);
	case 2: /* one less */
		return splice(data, size, max, s[i].at, s[i].len, made, 0);
	case 3: /* the same again, elsewhere */
		len = s[i].len < sizeof(made) ? s[i].len : 0;
		memcpy(made, data + s[i].at, len);
		return splice(data, size, max, s[j].at, 0, made, len);
	case 4: /* an event becomes another */
		len = make_event(made, &r);
		return splice(data, size, max, s[i].at, s[i].len, made, len);
	default: /* a byte of one */
		data[s[i].at + mmt_rng_below(&r, s[i].len)] = (uint8_t)mmt_rng_next(&r);
		return size;
	}
}

size_t LLVMFuzzerCustomCrossOver(const uint8_t *a, size_t a_size, const uint8_t *b, size_t b_size,
				 uint8_t *out, size_t max, unsigned seed)
{
	struct mmt_rng r = { seed };
	struct span s[EVENTS_MAX];
	size_t head = 1, tail = b_size;
	unsigned n;

	if (a_size < 2 || b_size < 2)
		return 0;
	n = spans(a, a_size, s);
	head = s[mmt_rng_below(&r, n)].at;
	n = spans(b, b_size, s);
	tail = s[mmt_rng_below(&r, n)].at;
	if (head > max)
		head = max;
	memcpy(out, a, head);
	if (b_size - tail > max - head)
		b_size = tail + max - head;
	memcpy(out + head, b + tail, b_size - tail);
	return head + b_size - tail;
}

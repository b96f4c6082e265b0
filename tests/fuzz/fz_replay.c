// SPDX-License-Identifier: GPL-2.0-only
/*
 * Bytes -> events -> a machine of 64 MiB, every invariant of the model checked on the way.
 *
 *	byte 0    low 3 bits: what is set; bit 3: check all frames after every event
 *	then per event: kind, cpu, time step, and its fields, each led by a byte that says how it is
 *	made: a small number, a frame of the machine, a wild value
 *
 * The events go to the survey first and then to the replay, as the two readings of a trace do.
 */
#include "lib/base/bytes.h"
#include "lib/replay/result.h"
#include "lib/trace/dict.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define EVENTS_MAX 256
#define PAGES	   16384

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

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
static uint64_t value(struct mmt_rd *r)
{
	uint8_t how = mmt_rd_u8(r);

	switch (how >> 5) {
	case 0:
	case 1:
		return how & 31;
	case 2:
		return mmt_rd_u16(r) % PAGES;
	case 3:
		return mmt_rd_u16(r) % PAGES & ~((UINT64_C(1) << (how & 15)) - 1);
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

static void parse(struct input *in, struct mmt_rd *r)
{
	bool ended = false;

	while (mmt_rd_left(r) && in->nr < EVENTS_MAX - 1) {
		struct mmt_event ev = { 0 };
		uint8_t kind = mmt_rd_u8(r), cpu = mmt_rd_u8(r);
		const struct mmt_event_info *info;

		ev.kind = kinds[kind % (sizeof(kinds) / sizeof(*kinds))];
		ev.cpu = cpu & 0x80 ? (uint16_t)(cpu << 8) : cpu & 3;
		in->time += (uint64_t)1 << (mmt_rd_u8(r) & 63);
		ev.time = in->time;
		info = mmt_event_info(ev.kind);
		for (unsigned i = 0; i < info->nr_fields; i++)
			ev.v[i] = value(r);
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

static void replay_all(struct replay *r, const struct input *in, const struct mmt_dict *dict,
		       const struct replay_options *o, struct mmt_alloc *a)
{
	struct mmt_err e = { 0 };
	int ret = replay_start(r, a, o, &e);

	for (unsigned i = 0; i < in->nr && !ret; i++)
		ret = replay_survey(r, &in->ev[i], dict, &e);
	if (!ret)
		ret = replay_build(r, &e);
	if (!ret && mm_check(r->allocator.sys, 3, &e))
		abort();
	for (unsigned i = 0; i < in->nr && !ret; i++)
		ret = replay_event(r, &in->ev[i], dict, &e);
	if (ret == -EUCLEAN)
		abort();
	if (!ret && mm_check(r->allocator.sys, 3, &e))
		abort();
	if (!ret)
		ret = replay_finish(r, &e);
	if (!ret) {
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
					    "mem=48M",
					    "mem=17M",
					    "mem=256M",
					    "nodes=2",
					    "nr_cpus=1",
					    "vm.min_free_kbytes=100000",
					    "vm.watermark_scale_factor=3000@1us" };
	struct mmt_alloc a = MMT_ALLOC_INIT;
	struct mmt_rd rd = mmt_rd(data, size);
	uint8_t flags = mmt_rd_u8(&rd);
	struct replay_options o = { .check = flags & 8 ? 3 : 1 };
	struct input *in = calloc(1, sizeof(*in));
	struct replay *r = calloc(1, sizeof(*r));
	struct mmt_dict *dict = mmt_dict_new(&a);
	struct tunable_change c;
	struct mmt_err e = { 0 };

	if (!in || !r || !dict)
		abort();
	a.limit = 1 << 30;
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
	replay_all(r, in, dict, &o, &a);
	replay_free(r);
	mmt_dict_free(dict);
	if (a.used)
		abort();
	free(in);
	free(r);
	return 0;
}

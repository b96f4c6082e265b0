/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the running kernel calls things.
 *
 * Theory. GFP bits, migratetypes and zone numbers depend on release and configuration: without CMA
 * MIGRATE_ISOLATE is 4, without ZONE_DMA zone 0 is DMA32, and from 6.10 on the GFP bits are an enum
 * whose tail moves. The kernel's BTF says all of it. Kernels whose BTF has no such enum of GFP bits
 * (before 6.10) number the ones that matter here as a constant table, told by whether bit 9 was
 * ATOMIC (before 6.3) or unused.
 * Reference: include/linux/gfp_types.h and mmzone.h of 6.12 for the canonical numbers.
 */
#include "lib/record/kernel.h"

#include <bpf/btf.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define BTF_FILE "/sys/kernel/btf/vmlinux"

/* by canonical bit */
static const char *const gfp_names[] = {
	"DMA",	 "HIGHMEM",    "DMA32",		"MOVABLE",  "RECLAIMABLE",    "HIGH",
	"IO",	 "FS",	       "ZERO",		"UNUSED",   "DIRECT_RECLAIM", "KSWAPD_RECLAIM",
	"WRITE", "NOWARN",     "RETRY_MAYFAIL", "NOFAIL",   "NORETRY",	      "MEMALLOC",
	"COMP",	 "NOMEMALLOC", "HARDWALL",	"THISNODE", "ACCOUNT",
};

#define NR_GFP (sizeof(gfp_names) / sizeof(gfp_names[0]))

static const char *const type_names[] = { "UNMOVABLE",	"MOVABLE", "RECLAIMABLE",
					  "HIGHATOMIC", "CMA",	   "ISOLATE" };
static const char *const zone_names[] = { "DMA", "DMA32", "NORMAL", "MOVABLE", "DEVICE" };

static int index_of(const char *const *names, size_t n, const char *name, size_t len)
{
	for (size_t i = 0; i < n; i++) {
		if (strlen(names[i]) == len && !strncmp(names[i], name, len))
			return (int)i;
	}
	return -1;
}

static void read_enum(struct rec_kernel *k, const struct btf *btf, const struct btf_type *t)
{
	const struct btf_enum *v = btf_enum(t);
	const char *enum_name = btf__name_by_offset(btf, t->name_off);

	for (unsigned i = 0; i < btf_vlen(t); i++, v++) {
		const char *name = btf__name_by_offset(btf, v->name_off);
		size_t len = strlen(name);
		int at;

		if (!strncmp(name, "___GFP_", 7) && len > 11 && !strcmp(name + len - 4, "_BIT")) {
			at = index_of(gfp_names, NR_GFP, name + 7, len - 11);
			if (at >= 0 && v->val >= 0 && v->val < REC_GFP_BITS)
				k->gfp[v->val] = UINT32_C(1) << at;
		} else if (!strcmp(enum_name, "migratetype") && !strncmp(name, "MIGRATE_", 8)) {
			at = index_of(type_names, 6, name + 8, len - 8);
			if (at >= 0 && v->val >= 0 && v->val < REC_TYPES)
				k->type[v->val] = (uint8_t)at;
		} else if (!strcmp(enum_name, "zone_type") && !strncmp(name, "ZONE_", 5)) {
			at = index_of(zone_names, 5, name + 5, len - 5);
			if (at >= 0 && v->val >= 0 && v->val < REC_ZONES)
				k->zone[v->val] = (uint8_t)at;
		}
	}
}

/* Releases before the enum of GFP bits: the same order, but for ATOMIC at 9, which is dropped. */
static void assume_gfp(struct rec_kernel *k)
{
	for (unsigned i = 0; i < REC_GFP_BITS; i++) {
		if (k->gfp[i])
			return;
	}
	for (unsigned i = 0; i < NR_GFP; i++)
		k->gfp[i] = i == 9 ? 0 : UINT32_C(1) << i;
}

static const struct btf_type *tracepoint_type(const struct rec_kernel *k, const char *name)
{
	char full[96];
	int id;

	snprintf(full, sizeof(full), "btf_trace_%s", name);
	id = btf__find_by_name_kind(k->btf, full, BTF_KIND_TYPEDEF);
	return id > 0 ? btf__type_by_id(k->btf, (unsigned)id) : NULL;
}

/* What a program at the tracepoint is called with; the first parameter is not the tracepoint's. */
static const struct btf_type *tracepoint_function(const struct rec_kernel *k, const char *name)
{
	const struct btf_type *t = tracepoint_type(k, name);

	t = t ? btf__type_by_id(k->btf, t->type) : NULL; /* pointer to the function */
	t = t ? btf__type_by_id(k->btf, t->type) : NULL;
	return t && btf_is_func_proto(t) ? t : NULL;
}

static bool first_argument_is_pointer(const struct rec_kernel *k, const char *name)
{
	const struct btf_type *t = tracepoint_function(k, name);

	if (!t || btf_vlen(t) < 2)
		return false;
	t = btf__type_by_id(k->btf, btf_params(t)[1].type);
	return t && btf_is_ptr(t);
}

static bool has_arguments(const struct rec_kernel *k, const char *name, unsigned n)
{
	const struct btf_type *t = tracepoint_function(k, name);

	return t && btf_vlen(t) > n;
}

int rec_kernel_open(struct rec_kernel *k, struct mmt_err *e)
{
	const struct btf_type *t;
	unsigned n;
	int id;

	*k = (struct rec_kernel){ 0 };
	memset(k->type, REC_NO_SUCH, sizeof(k->type));
	memset(k->zone, REC_NO_SUCH, sizeof(k->zone));
	k->btf = btf__load_vmlinux_btf();
	/* libbpf has one answer for all that may be wrong */
	if (!k->btf && access(BTF_FILE, R_OK) == 0)
		return mmt_fail(e, EIO,
				"cannot load " BTF_FILE ": no memory for it, or newer than libbpf");
	if (!k->btf)
		return mmt_fail(e, ENOENT, "this kernel has no BTF (" BTF_FILE "): no recording");
	n = btf__type_cnt(k->btf);
	for (unsigned i = 1; i < n; i++) {
		t = btf__type_by_id(k->btf, i);
		if (btf_is_enum(t))
			read_enum(k, k->btf, t);
	}
	assume_gfp(k);
	id = btf__find_by_name_kind(k->btf, "page", BTF_KIND_STRUCT);
	if (id > 0)
		k->page_struct = btf__type_by_id(k->btf, (unsigned)id)->size;
	k->victim_is_task = first_argument_is_pointer(k, "mark_victim");
	k->isolate_has_mode = has_arguments(k, "mm_vmscan_lru_isolate", 8);
	k->migratepages_has_cc = first_argument_is_pointer(k, "mm_compaction_migratepages");
	k->migrate_has_split = has_arguments(k, "mm_migrate_pages", 8);
	k->throttle_has_control = !has_arguments(k, "balance_dirty_pages", 9);
	k->collapse_has_writable = has_arguments(k, "mm_khugepaged_scan_pmd", 7);
	k->rss_has_count = has_arguments(k, "rss_stat", 3);
	return 0;
}

void rec_kernel_close(struct rec_kernel *k)
{
	btf__free(k->btf);
	k->btf = NULL;
}

bool rec_kernel_has(const struct rec_kernel *k, const char *tracepoint)
{
	return tracepoint_type(k, tracepoint) != NULL;
}

uint32_t rec_kernel_gfp(const struct rec_kernel *k, uint32_t gfp)
{
	uint32_t canonical = 0;

	for (; gfp; gfp &= gfp - 1)
		canonical |= k->gfp[__builtin_ctz(gfp)];
	return canonical;
}

uint8_t rec_kernel_type(const struct rec_kernel *k, uint32_t type)
{
	return type < REC_TYPES && k->type[type] != REC_NO_SUCH ? k->type[type] : 0;
}

uint8_t rec_kernel_zone(const struct rec_kernel *k, uint64_t zone)
{
	return zone < REC_ZONES && k->zone[zone] != REC_NO_SUCH ? k->zone[zone] : 2;
}

uint8_t rec_kernel_zone_named(uint64_t name)
{
	char text[9] = { 0 };

	memcpy(text, &name, 8);
	for (unsigned i = 0; i < 5; i++) {
		if (!strncasecmp(text, zone_names[i], 7))
			return (uint8_t)i;
	}
	return 2;
}

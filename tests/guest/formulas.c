/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The exact figures of the model against those a kernel printed: formulas SERIES CPUS FOLDER...,
 * where each FOLDER holds the zoneinfo and sysctl that `snap` of tests/guest/init copied after a
 * sysctl was written (before, watermarks stand for the managed pages of boot). Builds the same
 * zones in the model, sets the same tunables and compares min, low, high, protection, and the batch
 * of the per-CPU lists. Their high is fixed in 6.1 and compared too; in 6.12 it is tuned at run
 * time and its bounds are not printed, so only that it is not above them can be compared, and only
 * at the default: new bounds act when the list is next used. Prints a line for every difference and
 * then "N compared, N different"; exit 1 if there are any, or if nothing was compared.
 */
#include "lib/mm/mm.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ZONES 64
#define CPUS  64

struct seen_zone {
	struct mm_zone_config config;
	unsigned long long wmark[3]; /* min, low, high */
	unsigned long long protection[MAX_NR_ZONES];
	unsigned long long high[CPUS], batch[CPUS];
	unsigned nr_pagesets;
};

struct seen {
	struct seen_zone zone[ZONES];
	unsigned nr;
};

struct tally {
	const char *folder;
	unsigned compared, different;
};

static FILE *open_in(const char *folder, const char *name)
{
	char path[4096];
	FILE *f;

	snprintf(path, sizeof(path), "%s/%s", folder, name);
	f = fopen(path, "r");
	if (!f) {
		perror(path);
		exit(1);
	}
	return f;
}

static enum zone_type zone_type_of(const char *name)
{
	static const char *const names[] = { "DMA", "DMA32", "Normal", "Movable", "Device" };
	unsigned i;

	for (i = 0; i < MAX_NR_ZONES; i++)
		if (!strcmp(name, names[i]))
			return (enum zone_type)i;
	fprintf(stderr, "unknown zone %s\n", name);
	exit(1);
}

/* A line within a zone of /proc/zoneinfo. */
static void read_zone_line(struct seen_zone *z, const char *line)
{
	unsigned long long n;
	unsigned i = z->nr_pagesets - 1;

	if (sscanf(line, " min %llu", &n) == 1)
		z->wmark[0] = n;
	else if (sscanf(line, " low %llu", &n) == 1)
		z->wmark[1] = n;
	else if (sscanf(line, " high %llu", &n) == 1)
		z->wmark[2] = n;
	else if (sscanf(line, " spanned %llu", &n) == 1)
		z->config.spanned = (pfn_t)n;
	else if (sscanf(line, " present %llu", &n) == 1)
		z->config.present = (pfn_t)n;
	else if (sscanf(line, " managed %llu", &n) == 1)
		z->config.managed = (pfn_t)n;
	else if (sscanf(line, " start_pfn: %llu", &n) == 1)
		z->config.start = (pfn_t)n;
	else if (sscanf(line, " cpu: %llu", &n) == 1 && z->nr_pagesets < CPUS)
		z->nr_pagesets++;
	else if (sscanf(line, " high: %llu", &n) == 1 && z->nr_pagesets)
		z->high[i] = n;
	else if (sscanf(line, " batch: %llu", &n) == 1 && z->nr_pagesets)
		z->batch[i] = n;
	else
		sscanf(line, " protection: (%llu, %llu, %llu, %llu, %llu)", &z->protection[0],
		       &z->protection[1], &z->protection[2], &z->protection[3], &z->protection[4]);
}

static void read_zoneinfo(struct seen *s, const char *folder)
{
	FILE *f = open_in(folder, "zoneinfo");
	struct seen_zone *z = NULL;
	char line[512], name[16];
	unsigned node;

	s->nr = 0;
	while (fgets(line, sizeof(line), f)) {
		if (sscanf(line, "Node %u, zone %15s", &node, name) != 2) {
			if (z)
				read_zone_line(z, line);
			continue;
		}
		/* The zone before was empty: its place is free again. */
		if (z && !z->config.managed)
			s->nr--;
		if (s->nr == ZONES) {
			fprintf(stderr, "too many zones\n");
			exit(1);
		}
		z = &s->zone[s->nr++];
		*z = (struct seen_zone){ .config = { .node = node, .type = zone_type_of(name) } };
	}
	if (z && !z->config.managed)
		s->nr--;
	fclose(f);
}

static void read_sysctl(struct mm_tunables *t, const char *folder)
{
	FILE *f = open_in(folder, "sysctl");
	uint32_t *ratio = t->lowmem_reserve_ratio;
	char line[256];

	while (fgets(line, sizeof(line), f)) {
		if (sscanf(line, "vm.min_free_kbytes = %u", &t->min_free_kbytes) == 1)
			t->min_free_kbytes_set = true;
		sscanf(line, "vm.watermark_scale_factor = %u", &t->watermark_scale_factor);
		sscanf(line, "vm.watermark_boost_factor = %u", &t->watermark_boost_factor);
		sscanf(line, "vm.percpu_pagelist_high_fraction = %u",
		       &t->percpu_pagelist_high_fraction);
		sscanf(line, "vm.lowmem_reserve_ratio = %u %u %u %u %u", &ratio[0], &ratio[1],
		       &ratio[2], &ratio[3], &ratio[4]);
	}
	fclose(f);
}

/* Firmware may number nodes against the order of their frames. */
static int by_start(const void *a, const void *b)
{
	const struct seen_zone *x = a, *y = b;

	return x->config.start < y->config.start ? -1 : x->config.start > y->config.start;
}

static void compare(struct tally *t, const struct mm_zone_view *v, const char *what,
		    unsigned long long kernel, unsigned long long model)
{
	t->compared++;
	if (kernel == model)
		return;
	t->different++;
	printf("%s: node %u %s %s: kernel %llu, model %llu\n", t->folder, v->node, v->name, what,
	       kernel, model);
}

static void compare_zone(struct tally *t, const struct mm_system *sys, unsigned index,
			 const struct seen_zone *z, enum mm_profile profile, bool pcp_high)
{
	static const char *const names[] = { "min", "low", "high" };
	struct mm_zone_view v;
	unsigned i;

	mm_view_zone(sys, index, &v);
	for (i = 0; i < 3; i++)
		compare(t, &v, names[i], z->wmark[i], v.wmark[i]);
	for (i = 0; i < MAX_NR_ZONES; i++)
		compare(t, &v, "protection", z->protection[i], v.lowmem_reserve[i]);
	for (i = 0; i < z->nr_pagesets; i++) {
		struct mm_pcp_view p;

		mm_view_pcp(sys, index, i, &p);
		compare(t, &v, "batch", z->batch[i], p.batch);
		if (profile == MM_PROFILE_6_1)
			compare(t, &v, "high", z->high[i], p.high);
		else if (pcp_high)
			compare(t, &v, "high above high_max", z->high[i] > p.high_max, 0);
	}
}

static void compare_folder(struct tally *t, enum mm_profile profile, unsigned cpus)
{
	static struct seen s;
	struct mm_zone_config zones[ZONES];
	struct mm_config config = { .profile = profile, .nr_cpus = cpus, .zones = zones };
	struct mmt_alloc a = MMT_ALLOC_INIT;
	struct mmt_err e = { 0 };
	struct mm_system *sys;
	char text[256];
	unsigned i;

	read_zoneinfo(&s, t->folder);
	qsort(s.zone, s.nr, sizeof(s.zone[0]), by_start);
	config.tunables = mm_default_tunables();
	read_sysctl(&config.tunables, t->folder);
	config.nr_zones = s.nr;
	for (i = 0; i < s.nr; i++) {
		zones[i] = s.zone[i].config;
		if (zones[i].node >= config.nr_nodes)
			config.nr_nodes = zones[i].node + 1;
	}
	sys = mm_create(&config, &a, &e);
	if (!sys) {
		fprintf(stderr, "%s: %s\n", t->folder, mmt_err_format(&e, text, sizeof(text)));
		exit(1);
	}
	for (i = 0; i < s.nr; i++)
		compare_zone(t, sys, i, &s.zone[i], profile,
			     !config.tunables.percpu_pagelist_high_fraction);
	mm_destroy(sys);
}

int main(int argc, char **argv)
{
	struct tally t = { 0 };
	int i;

	if (argc < 4) {
		fprintf(stderr, "usage: formulas SERIES CPUS FOLDER...\n");
		return 2;
	}
	for (i = 3; i < argc; i++) {
		t.folder = argv[i];
		compare_folder(&t, strcmp(argv[1], "6.1") ? MM_PROFILE_6_12 : MM_PROFILE_6_1,
			       (unsigned)strtoul(argv[2], NULL, 10));
	}
	printf("%u compared, %u different\n", t.compared, t.different);
	return t.different || !t.compared;
}

// SPDX-License-Identifier: GPL-2.0-only
/*
 * Pages that came under management after the kernel had set its watermarks.
 *
 * Theory. Watermarks, reserves and the sizes of per-CPU lists follow from the pages that zones
 * manage, but the kernel computes them at boot, and frees its own initialisation and the initrd's
 * pages into a zone only later. The figures stay. Each of them is a monotone function of the pages
 * x that one zone managed then, so each leaves an interval of x, and all together a narrow one:
 *
 *	DMA32 manages 50540        now would be    as recorded if x is
 *	DMA    min 34              31              44800..46400
 *	DMA    reserve 178         197             45568..45823
 *	DMA32  low 511             515             43600..46100
 *	...                                        x = 45695, 4845 pages came later
 *
 * A formula that is not all there could not agree with a dozen figures by one number.
 *
 * Reference: Linux 6.12 mm/page_alloc.c init_per_zone_wmark_min() (postcore_initcall),
 * setup_per_zone_wmarks(), setup_per_zone_lowmem_reserve(), zone_set_pageset_high_and_batch();
 * init/initramfs.c (rootfs_initcall), init/main.c free_initmem().
 *
 * I1  A zone has late pages only if with them every figure is as recorded; where a sysctl was
 *     written since, which sets watermarks but no reserves, every figure but the reserves.
 * I2  At most one zone has some.
 *
 * Differs from Linux: pages may have come to two zones; then the figures stay unexplained. So do they
 * where vm.min_free_kbytes was not recorded: what it would be changes with the pages, too.
 *
 * Cost: nothing where the figures follow from today's pages; else some dozen empty machines.
 */
#include "lib/replay/start/booted.h"

#include "lib/replay/compare.h"
#include "lib/replay/start/initial.h"

#include <string.h>

/* What the figures say of a supposed number of pages. */
enum verdict { TOO_FEW = 1, TOO_MANY = 2, CONTRADICTION = TOO_FEW | TOO_MANY, FITS = 0 };

struct booted {
	struct survey *s;
	const struct tunable_values *v;
	struct compare rows;
	bool reserves; /* count too */
	struct mmt_err *e;
};

static bool is_reserve(const struct fidelity *row)
{
	return strncmp(row->metric, "lowmem_reserve", strlen("lowmem_reserve")) == 0;
}

/* A zone's own figures and the reserves grow with its pages; watermarks of others shrink. */
static enum verdict judge_row(const struct fidelity *row, const struct machine_zone *z)
{
	bool grows = is_reserve(row) ||
		     (row->node == z->node && strcmp(row->zone, mm_zone_name(z->type)) == 0);

	if (row->recorded == row->model)
		return FITS;
	return (row->recorded > row->model) == grows ? TOO_FEW : TOO_MANY;
}

/* <0: failed, e is set. */
static int judge(struct booted *b, struct machine_zone *z, pfn_t late)
{
	int ret, verdict = FITS;

	z->late = late;
	b->rows.nr_fidelity = 0;
	ret = initial_formulas(b->s, b->v, &b->rows, b->e);
	if (ret)
		return ret;
	for (size_t i = 0; i < b->rows.nr_fidelity; i++)
		if (b->reserves || !is_reserve(&b->rows.fidelity[i]))
			verdict |= judge_row(&b->rows.fidelity[i], z);
	return verdict;
}

/* The least number of late pages from @from on of which the figures do not say @verdict, which they
 * say of all before; at most @end. */
static int least_without(struct booted *b, struct machine_zone *z, enum verdict verdict, pfn_t from,
			 pfn_t end, pfn_t *late)
{
	while (from < end) {
		pfn_t middle = from + (end - from) / 2;
		int said = judge(b, z, middle);

		if (said < 0)
			return said;
		if (said == (int)verdict)
			from = middle + 1;
		else
			end = middle;
	}
	*late = from;
	return 0;
}

/* 1: all figures are as recorded with z->late; 0: with no number of pages. */
static int explain(struct booted *b, struct machine_zone *z)
{
	pfn_t first, past, end = z->managed / 2;
	int ret = least_without(b, z, TOO_MANY, 0, end, &first);

	if (!ret)
		ret = judge(b, z, first);
	if (ret != FITS) {
		z->late = 0;
		return ret < 0 ? ret : 0;
	}
	if (!first)
		return 1;
	ret = least_without(b, z, FITS, first, end, &past);
	z->late = ret ? 0 : first + (past - 1 - first) / 2;
	return ret < 0 ? ret : 1;
}

static int explain_one(struct booted *b)
{
	struct machine *m = &b->s->machine;
	int ret = 0;

	for (unsigned i = 0; i < m->nr_zones && !ret; i++)
		if (m->zone[i].told && m->zone[i].managed && m->zone[i].type <= ZONE_NORMAL)
			ret = explain(b, &m->zone[i]);
	return ret;
}

int booted_infer(struct survey *s, const struct tunable_values *v, struct mmt_err *e)
{
	struct booted b = { .s = s, .v = v, .rows.alloc = s->alloc, .reserves = true, .e = e };
	int ret = v->mm.min_free_kbytes_set ? explain_one(&b) : 1;

	if (!ret) {
		b.reserves = false;
		ret = explain_one(&b);
	}
	compare_free(&b.rows);
	return ret < 0 ? ret : 0;
}

uint64_t booted_late(const struct machine *m)
{
	uint64_t pages = 0;

	for (unsigned i = 0; i < m->nr_zones; i++)
		pages += m->zone[i].late;
	return pages;
}

// SPDX-License-Identifier: GPL-2.0-only
/*
 * Tunables: their values at first, later their changes.
 *
 * Reference: Documentation/admin-guide/sysctl/vm.rst, mm/transhuge.rst, mm/ksm.rst,
 * mm/multigen_lru.rst of Linux 6.12.
 *
 * Names: "vm.X" for /proc/sys/vm/X; below /sys/kernel/mm "thp.X" and "thp.khugepaged.X",
 * "thp.hugepages-64kB/enabled", "ksm.X", "lru_gen.X", "numa.X", "swap.X",
 * "mempolicy.weighted_interleave.node0" (since Linux 6.9),
 * "hugepages.hugepages-2048kB/nr_hugepages"; "zswap.X" for the module's parameters.
 *
 * I1. Only files that their owner may both read and write are tunables; the rest are counters or
 *     orders. vm.stat_refresh and vm.drop_caches are orders: never read.
 * I2. A value of numbers alone gives one snap_sysctl for each; any other one snap_setting, which
 *     for a choice like "always [madvise] never" holds the chosen word.
 * I3. A change has no tracepoint: it is seen at the first snapshot after it, and told by a
 *     setting_change besides its rows. Its time is that snapshot's, its cause may be up to a
 *     snapshot's interval earlier.
 * I4. The kernel asks at each read of /proc/sys who reads. Files that only root may read
 *     (vm.mmap_rnd_bits) are therefore read when they are opened; later changes go unseen by a
 *     recorder that gave up being root.
 * I5. To read vm.lowmem_reserve_ratio makes the kernel compute all zones' reserves anew, from the
 *     pages they manage by then (lowmem_reserve_ratio_sysctl_handler() does not ask whether it is
 *     written): after boot they may have got an initrd's, 25 pages of 449 in a guest. So it is read
 *     once, before the first snapshot reads zones, and again only when reserves have changed, as
 *     they do when it is written: what the first snapshot says of them holds. vm.min_slab_ratio and
 *     vm.min_unmapped_ratio do the same with limits of node reclaim, which show nowhere: they are
 *     read with it, and a change of theirs is told when reserves change.
 *
 * Cost: one short read for each of some 100 files: 0.2 ms.
 */
#include "lib/record/snapshot/part.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define VALUE_MAX    512
#define SETTINGS_MAX 1024

struct setting {
	char *name;
	int fd;
	uint64_t digest; /* of the text last seen */
	char *opened; /* the text when it was opened, of a file that only root may read; or NULL */
	bool once;    /* it is read before the first snapshot: that is in `opened` */
};

struct snap_settings {
	struct setting *v;
	size_t nr, cap;
};

/* Directories whose writable files are tunables. One level of subdirectories whose names begin
 * with `sub` is entered; `sub_sep` joins their files to the name. */
static const struct source {
	const char *dir, *prefix, *sub, *sub_sep;
} sources[] = {
	{ "/proc/sys/vm", "vm", NULL, NULL },
	{ "/sys/kernel/mm/transparent_hugepage", "thp", "hugepages-", "/" },
	{ "/sys/kernel/mm/transparent_hugepage/khugepaged", "thp.khugepaged", NULL, NULL },
	{ "/sys/kernel/mm/ksm", "ksm", NULL, NULL },
	{ "/sys/kernel/mm/lru_gen", "lru_gen", NULL, NULL },
	{ "/sys/kernel/mm/numa", "numa", NULL, NULL },
	{ "/sys/kernel/mm/mempolicy/weighted_interleave", "mempolicy.weighted_interleave", NULL,
	  NULL },
	{ "/sys/kernel/mm/swap", "swap", NULL, NULL },
	{ "/sys/kernel/mm/hugepages", "hugepages", "hugepages-", "/" },
	{ "/sys/module/zswap/parameters", "zswap", NULL, NULL },
};

static const struct {
	const char *path, *name;
} singles[] = {
	{ "/proc/sys/kernel/numa_balancing", "kernel.numa_balancing" },
	{ "/proc/sys/kernel/numa_balancing_promote_rate_limit_MBps",
	  "kernel.numa_balancing_promote_rate_limit_MBps" },
	{ "/proc/sys/kernel/randomize_va_space", "kernel.randomize_va_space" },
};

/* The name of a tunable's file; Linux 6.16 and later call one by what a macro made of "auto". */
static const char *file_name(const struct dirent *de)
{
	return strcmp(de->d_name, "__auto_type") ? de->d_name : "auto";
}

static bool is_order(const char *name)
{
	return !strcmp(name, "vm.stat_refresh") || !strcmp(name, "vm.drop_caches") ||
	       !strcmp(name, "vm.compact_memory");
}

/* Whether to read it changes more than nothing. */
static bool is_disturbing(const char *name)
{
	return !strcmp(name, "vm.lowmem_reserve_ratio") || !strcmp(name, "vm.min_slab_ratio") ||
	       !strcmp(name, "vm.min_unmapped_ratio");
}

/* What @fd holds, as a string to be freed; NULL: nothing, or no memory. */
static char *read_once(struct rec_snapshot *s, int fd)
{
	char bytes[VALUE_MAX + 1];
	ssize_t n = mmt_io_pread(s->io, fd, bytes, VALUE_MAX, 0);

	bytes[n > 0 ? n : 0] = 0;
	return n > 0 ? mmt_strdup(s->alloc, bytes) : NULL;
}

/* Open the file at @path as tunable @name, if it is one. */
static int add(struct rec_snapshot *s, struct snap_settings *set, const char *path,
	       const char *name, struct mmt_err *e)
{
	struct stat st;
	char full[4096];
	struct setting *v;
	int fd;

	if (is_order(name) || set->nr >= SETTINGS_MAX || !snap_path(s, full, sizeof(full), path) ||
	    stat(full, &st) || !S_ISREG(st.st_mode) ||
	    (st.st_mode & (S_IRUSR | S_IWUSR)) != (S_IRUSR | S_IWUSR))
		return 0;
	fd = snap_open(s, path);
	if (fd < 0)
		return 0;
	v = mmt_grow(s->alloc, set->v, &set->cap, set->nr + 1, sizeof(*v));
	if (v) {
		set->v = v;
		v += set->nr;
		*v = (struct setting){ .name = mmt_strdup(s->alloc, name), .fd = fd };
		v->once = is_disturbing(name);
		if (!(st.st_mode & S_IROTH))
			v->opened = read_once(s, fd);
		if (v->name) {
			set->nr++;
			return 0;
		}
	}
	mmt_io_close(s->io, fd);
	return mmt_fail(e, ENOMEM, "no memory for the tunables");
}

static int add_directory(struct rec_snapshot *s, struct snap_settings *set, const char *dir,
			 const char *prefix, const char *sep, const char *sub, const char *sub_sep,
			 struct mmt_err *e)
{
	char path[1024], name[512];
	struct dirent *de;
	int err = 0;
	DIR *d;

	if (!snap_path(s, path, sizeof(path), dir))
		return 0;
	d = opendir(path);
	if (!d)
		return 0;
	while (!err && (de = readdir(d))) {
		if (de->d_name[0] == '.' ||
		    snprintf(path, sizeof(path), "%s/%s", dir, de->d_name) >= (int)sizeof(path) ||
		    snprintf(name, sizeof(name), "%s%s%s", prefix, sep, file_name(de)) >=
			    (int)sizeof(name))
			continue;
		if (sub && !strncmp(de->d_name, sub, strlen(sub)))
			err = add_directory(s, set, path, name, sub_sep, NULL, NULL, e);
		else
			err = add(s, set, path, name, e);
	}
	closedir(d);
	return err;
}

static int by_name(const void *a, const void *b)
{
	return strcmp(((const struct setting *)a)->name, ((const struct setting *)b)->name);
}

struct snap_settings *snap_settings_new(struct rec_snapshot *s, struct mmt_err *e)
{
	struct snap_settings *set = mmt_calloc(s->alloc, 1, sizeof(*set));
	int err = 0;

	if (!set) {
		mmt_fail(e, ENOMEM, "no memory for the tunables");
		return NULL;
	}
	s->settings = set;
	for (size_t i = 0; !err && i < sizeof(sources) / sizeof(*sources); i++)
		err = add_directory(s, set, sources[i].dir, sources[i].prefix, ".", sources[i].sub,
				    sources[i].sub_sep, e);
	for (size_t i = 0; !err && i < sizeof(singles) / sizeof(*singles); i++)
		err = add(s, set, singles[i].path, singles[i].name, e);
	if (err) {
		snap_settings_free(s);
		return NULL;
	}
	if (set->nr)
		qsort(set->v, set->nr, sizeof(*set->v), by_name);
	return set;
}

void snap_settings_free(struct rec_snapshot *s)
{
	struct snap_settings *set = s->settings;

	s->settings = NULL;
	if (!set)
		return;
	for (size_t i = 0; i < set->nr; i++) {
		mmt_io_close(s->io, set->v[i].fd);
		mmt_free(s->alloc, set->v[i].name);
		mmt_free(s->alloc, set->v[i].opened);
	}
	mmt_free(s->alloc, set->v);
	mmt_free(s->alloc, set);
}

/* FNV-1a: a change between two values of one file goes unseen once in 2^64. */
static uint64_t digest_of(struct text t)
{
	uint64_t h = 0xcbf29ce484222325;

	for (; t.p < t.end; t.p++)
		h = (h ^ (unsigned char)*t.p) * 0x100000001b3;
	return h;
}

/* The word in brackets of a choice, or the whole. */
static struct text chosen(struct text t)
{
	struct text rest = t, part;

	if (text_until(&rest, '[', &part) && text_until(&rest, ']', &part))
		return part;
	return t;
}

static bool all_numbers(struct text t)
{
	struct text word;
	int64_t v;
	bool any = false;

	while (text_word(&t, &word)) {
		if (!text_s64(word, &v))
			return false;
		any = true;
	}
	return any;
}

static int rows(struct rec_snapshot *s, uint32_t name, struct text value, struct mmt_err *e)
{
	struct text word;
	uint64_t index = 0;
	uint32_t id;
	int64_t v;

	if (!all_numbers(value)) {
		id = snap_string(s, chosen(value), e);
		return id ? SNAP_ROW(s, snap_setting, e, name, id) : -ENOMEM;
	}
	while (text_word(&value, &word) && text_s64(word, &v)) {
		int err = SNAP_ROW(s, snap_sysctl, e, name, index++, (uint64_t)v);

		if (err)
			return err;
	}
	return 0;
}

static int take_one(struct rec_snapshot *s, struct setting *v, bool all, struct mmt_err *e)
{
	char bytes[VALUE_MAX];
	bool known = v->once && v->opened;
	ssize_t n = known ? -EPERM : mmt_io_pread(s->io, v->fd, bytes, sizeof(bytes), 0);
	struct text value;
	uint64_t digest;
	uint32_t name, id;
	int err;

	if (n == -EPERM && v->opened)
		n = snprintf(bytes, sizeof(bytes), "%s", v->opened);
	if (n <= 0)
		return 0;
	value = text_of(bytes, (size_t)n);
	text_trim(&value);
	digest = digest_of(value);
	if (!all && digest == v->digest)
		return 0;
	s->now = snap_clock();
	name = mmt_writer_string(s->w, v->name, e);
	if (!name)
		return -ENOMEM;
	if (v->digest && digest != v->digest) {
		id = snap_string(s, chosen(value), e);
		if (!id)
			return -ENOMEM;
		err = SNAP_ROW(s, setting_change, e, name, id);
		if (err)
			return err;
	}
	v->digest = digest;
	return rows(s, name, value, e);
}

void snap_settings_warm(struct rec_snapshot *s)
{
	for (size_t i = 0; i < s->settings->nr; i++) {
		struct setting *v = &s->settings->v[i];

		if (!v->once)
			continue;
		mmt_free(s->alloc, v->opened);
		v->opened = read_once(s, v->fd);
	}
	s->new_reserves = false;
}

int snap_settings_take(struct rec_snapshot *s, bool all, struct mmt_err *e)
{
	if (s->new_reserves)
		snap_settings_warm(s);
	for (size_t i = 0; i < s->settings->nr; i++) {
		int err = take_one(s, &s->settings->v[i], all, e);

		if (err)
			return err;
	}
	return 0;
}

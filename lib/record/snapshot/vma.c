// SPDX-License-Identifier: GPL-2.0-only
/*
 * Address spaces: VMAs and the pages resident in them.
 *
 * Reference: /proc/PID/smaps and maps (fs/proc/task_mmu.c show_map_vma(), show_smap_vma_flags()),
 * /proc/PID/map_files, /proc/PID/pagemap (pagemap_read()) and its PAGEMAP_SCAN call (since 6.7).
 *
 * I1. VMAs are written in order of address, as half-open ranges; what lies outside user space
 *     ([vsyscall]) is left out.
 * I2. Flags are canonical VM_* bits (6.12), from smaps' two-letter names; where smaps is refused,
 *     from maps: then only read, write, exec, shared and grows-down are known and the MAY bits are
 *     assumed.
 * I3. Only files with an inode are files: their kind and size come from the file that map_files
 *     leads to, without opening it.
 * I4. A run of resident pages is contiguous in addresses and in frames, and alike in flags. Pages
 *     in swap name no frame.
 *
 * Cost: smaps walks the page tables of every VMA (20 ns a page); pagemap 0.1 us a page. Without
 * PAGEMAP_SCAN an empty address costs as much as a used one, so VMAs that nobody may access, and
 * those beyond 64 GiB, are left out there.
 */
#include "lib/record/snapshot/part.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>

#define VM_BIT(n) (UINT64_C(1) << (n))
#define VMAS_MAX  (1u << 20)
#define PAGE	  4096u

struct vma {
	uint64_t start, end, flags, pgoff, dev, ino;
	uint32_t file;
	bool hugetlb, shmem; /* guessed from its flags and name */
};

/* --- maps --- */

/* The two letters of smaps' VmFlags, and the bit of vm_flags they stand for. */
static const struct {
	char name[3];
	unsigned char bit;
} flag_names[] = {
	{ "rd", 0 },  { "wr", 1 },  { "ex", 2 },  { "sh", 3 },	{ "mr", 4 },  { "mw", 5 },
	{ "me", 6 },  { "ms", 7 },  { "gd", 8 },  { "um", 9 },	{ "pf", 10 }, { "uw", 12 },
	{ "lo", 13 }, { "io", 14 }, { "sr", 15 }, { "rr", 16 }, { "dc", 17 }, { "de", 18 },
	{ "lf", 19 }, { "ac", 20 }, { "nr", 21 }, { "ht", 22 }, { "sf", 23 }, { "ar", 24 },
	{ "wf", 25 }, { "dd", 26 }, { "sd", 27 }, { "mm", 28 }, { "hg", 29 }, { "nh", 30 },
	{ "mg", 31 }, { "ui", 38 }, { "sl", 63 },
};

static uint64_t vm_flags(struct text t)
{
	uint64_t flags = 0;
	struct text word;

	while (text_word(&t, &word)) {
		for (size_t i = 0; i < sizeof(flag_names) / sizeof(*flag_names); i++) {
			if (text_is(word, flag_names[i].name))
				flags |= VM_BIT(flag_names[i].bit);
		}
	}
	return flags;
}

static uint64_t permission_flags(struct text perms, struct text name)
{
	const char *p = perms.p;
	uint64_t flags = 0x70; /* MAYREAD, MAYWRITE, MAYEXEC */

	flags |= p[0] == 'r' ? VM_BIT(0) : 0;
	flags |= p[1] == 'w' ? VM_BIT(1) : 0;
	flags |= p[2] == 'x' ? VM_BIT(2) : 0;
	flags |= p[3] == 's' ? VM_BIT(3) | VM_BIT(7) : 0;
	flags |= text_is(name, "[stack]") ? VM_BIT(8) : 0;
	return flags;
}

/* "563c25723000-563c25725000 r--p 00000000 fe:00 247134   /usr/bin/cat" */
static bool parse_vma(struct text line, struct vma *v)
{
	struct text word, part, perms;
	uint64_t offset, major, minor;

	memset(v, 0, sizeof(*v));
	if (!text_word(&line, &word) || !text_until(&word, '-', &part) ||
	    !text_hex(part, &v->start) || !text_hex(word, &v->end) || v->start >= v->end)
		return false;
	if (!text_word(&line, &perms) || text_len(perms) != 4 || !text_word(&line, &word) ||
	    !text_hex(word, &offset) || !text_word(&line, &word) ||
	    !text_until(&word, ':', &part) || !text_hex(part, &major) || !text_hex(word, &minor) ||
	    !text_next_u64(&line, &v->ino))
		return false;
	text_trim(&line);
	v->pgoff = offset / PAGE;
	v->dev = (major & 0xfff) << 20 | (minor & 0xfffff);
	v->flags = permission_flags(perms, line);
	v->shmem = text_skip(&line, "/dev/zero (deleted)") || text_skip(&line, "/memfd:") ||
		   text_skip(&line, "/SYSV");
	return true;
}

/* The VMAs in @t, the text of maps or smaps: their number, or -ENOMEM. */
static ssize_t parse_maps(struct rec_snapshot *s, struct text t, struct vma **out)
{
	struct vma *list = NULL, v;
	size_t nr = 0, cap = 0;
	bool kept = false; /* whether the lines that follow are about list[nr - 1] */
	struct text line;

	while (text_line(&t, &line) && nr < VMAS_MAX) {
		struct text rest = line;

		if (text_skip(&rest, "VmFlags:") && kept) {
			list[nr - 1].flags = vm_flags(rest);
			list[nr - 1].hugetlb = list[nr - 1].flags & VM_BIT(22);
		}
		if (!parse_vma(line, &v))
			continue;
		kept = v.end <= MMT_ADDR_OUTSIDE;
		if (!kept)
			continue;
		*out = mmt_grow(s->alloc, list, &cap, nr + 1, sizeof(v));
		if (!*out) {
			mmt_free(s->alloc, list);
			return -ENOMEM;
		}
		list = *out;
		list[nr++] = v;
	}
	*out = list;
	return (ssize_t)nr;
}

/* --- files --- */

static void name_file(struct rec_snapshot *s, int tgid, struct vma *v)
{
	enum mmt_file_kind kind = v->hugetlb ? MMT_FILE_HUGETLB
				  : v->shmem ? MMT_FILE_SHMEM
					     : MMT_FILE_REGULAR;
	uint64_t size = REC_SIZE_UNKNOWN;
	struct rec_mapped m;

	v->file = rec_ids_file_known(s->ids, v->dev, v->ino);
	if (v->file)
		return;
	if (!rec_opener_mapped(s->opener, s->root, tgid, v->start, v->end, &m)) {
		kind = m.device ? MMT_FILE_DEVICE : m.tmpfs ? MMT_FILE_SHMEM : kind;
		size = m.size;
	}
	v->file = rec_ids_file(s->ids, v->dev, v->ino, kind, size);
}

/* --- resident pages --- */

#define ENTRY_PRESENT (UINT64_C(1) << 63)
#define ENTRY_SWAPPED (UINT64_C(1) << 62)
#define ENTRY_FILE    (UINT64_C(1) << 61)
#define ENTRY_ONCE    (UINT64_C(1) << 56)
#define ENTRY_PFN     ((UINT64_C(1) << 55) - 1)
#define ENTRIES	      8192 /* read at a time */

/* The kernel's interface of PAGEMAP_SCAN: twelve 64-bit words in, three for each region out. */
enum {
	SCAN_SIZE,
	SCAN_FLAGS,
	SCAN_START,
	SCAN_END,
	SCAN_WALK_END,
	SCAN_VEC,
	SCAN_VEC_LEN,
	SCAN_MAX_PAGES,
	SCAN_INVERTED,
	SCAN_MASK,
	SCAN_ANYOF,
	SCAN_RETURN,
	SCAN_WORDS
};
#define SCAN_CALL    _IOC(_IOC_READ | _IOC_WRITE, 'f', 16, SCAN_WORDS * 8)
#define SCAN_PRESENT 8
#define SCAN_SWAPPED 16
#define REGIONS	     256

struct resident {
	struct rec_snapshot *s;
	uint32_t mm;
	int fd;
	uint64_t *entries;
	uint64_t address, pages, pfn, flags; /* the run; pages 0: none */
};

static int flush_run(struct resident *r, struct mmt_err *e)
{
	uint64_t pages = r->pages;

	r->pages = 0;
	if (!pages)
		return 0;
	return SNAP_ROW(r->s, snap_resident, e, r->mm, r->address, pages, r->pfn, r->flags);
}

static int one_page(struct resident *r, uint64_t address, uint64_t entry, struct mmt_err *e)
{
	uint64_t pfn = MMT_PFN_NONE, flags = 0;
	int err = 0;

	if (entry & ENTRY_PRESENT) {
		flags = REC_RESIDENT_PRESENT;
		pfn = entry & ENTRY_PFN;
		if (!pfn || pfn >= MMT_PFN_NONE) {
			flags |= REC_RESIDENT_NO_PFN;
			pfn = MMT_PFN_NONE;
		}
		flags |= entry & ENTRY_FILE ? REC_RESIDENT_SHARED : 0;
		flags |= entry & ENTRY_ONCE ? REC_RESIDENT_ONCE : 0;
	} else if (!(entry & ENTRY_SWAPPED)) {
		return flush_run(r, e);
	}
	if (r->pages && flags == r->flags && address == r->address + r->pages * PAGE &&
	    pfn == (r->pfn == MMT_PFN_NONE ? MMT_PFN_NONE : r->pfn + r->pages)) {
		r->pages++;
		return 0;
	}
	err = flush_run(r, e);
	r->address = address;
	r->pages = 1;
	r->pfn = pfn;
	r->flags = flags;
	return err;
}

static int resident_range(struct resident *r, uint64_t start, uint64_t end, struct mmt_err *e)
{
	while (start < end) {
		uint64_t want = (end - start) / PAGE;
		ssize_t n;

		want = want < ENTRIES ? want : ENTRIES;
		n = mmt_io_pread(r->s->io, r->fd, r->entries, want * 8, (off_t)(start / PAGE * 8));
		if (n < 8)
			return 0;
		r->s->now = snap_clock();
		for (ssize_t i = 0; i < n / 8; i++) {
			int err = one_page(r, start, r->entries[i], e);

			if (err)
				return err;
			start += PAGE;
		}
	}
	return 0;
}

/* The populated regions of @v, by PAGEMAP_SCAN; -ENOTTY: this kernel cannot. */
static int scan_vma(struct resident *r, const struct vma *v, struct mmt_err *e)
{
	uint64_t region[REGIONS][3];
	uint64_t arg[SCAN_WORDS] = {
		[SCAN_SIZE] = sizeof(arg),
		[SCAN_START] = v->start,
		[SCAN_END] = v->end,
		[SCAN_VEC] = (uintptr_t)region,
		[SCAN_VEC_LEN] = REGIONS,
		[SCAN_ANYOF] = SCAN_PRESENT | SCAN_SWAPPED,
		[SCAN_RETURN] = SCAN_PRESENT | SCAN_SWAPPED,
	};

	while (arg[SCAN_START] < v->end) {
		int n = ioctl(r->fd, SCAN_CALL, arg);

		if (n < 0)
			return arg[SCAN_START] == v->start ? -ENOTTY : 0;
		for (int i = 0; i < n && i < REGIONS; i++) {
			int err = resident_range(r, region[i][0], region[i][1], e);

			if (err)
				return err;
		}
		if (arg[SCAN_WALK_END] <= arg[SCAN_START])
			break;
		arg[SCAN_START] = arg[SCAN_WALK_END];
	}
	return 0;
}

static int resident(struct rec_snapshot *s, int tgid, uint32_t mm, const struct vma *v, size_t nr,
		    struct mmt_err *e)
{
	struct resident r = { .s = s, .mm = mm };
	bool can_scan = true;
	int err = 0;

	r.fd = snap_open_task(s, tgid, REC_FILE_PAGEMAP);
	if (r.fd < 0)
		return 0;
	r.entries = mmt_calloc(s->alloc, ENTRIES, sizeof(*r.entries));
	if (!r.entries)
		err = mmt_fail(e, ENOMEM, "no memory to read pagemap");
	for (size_t i = 0; !err && i < nr; i++) {
		bool worth = v[i].flags & 7 && v[i].end - v[i].start <= UINT64_C(64) << 30;

		err = can_scan ? scan_vma(&r, &v[i], e) : -ENOTTY;
		if (err == -ENOTTY) {
			can_scan = false;
			err = worth ? resident_range(&r, v[i].start, v[i].end, e) : 0;
		}
	}
	if (!err)
		err = flush_run(&r, e);
	mmt_free(s->alloc, r.entries);
	mmt_io_close(s->io, r.fd);
	return err;
}

/* --- together --- */

static ssize_t read_maps(struct rec_snapshot *s, int tgid, struct vma **list)
{
	static const enum rec_task_file files[] = { REC_FILE_SMAPS, REC_FILE_MAPS };
	ssize_t n = 0;

	for (unsigned i = 0; i < 2; i++) {
		int fd = snap_open_task(s, tgid, files[i]);

		n = fd < 0 ? fd : snap_read(s, fd, &s->text);
		if (fd >= 0)
			mmt_io_close(s->io, fd);
		if (n > 0 || n == -ENOMEM)
			break;
	}
	s->now = snap_clock();
	return n > 0 ? parse_maps(s, snap_text(&s->text), list) : n;
}

/* How late it was, and whether there was anything left to read. */
static int note_reading(struct rec_snapshot *s, uint32_t mm, const struct snap_reading *r,
			bool gone, struct mmt_err *e)
{
	uint64_t late = s->now > r->since ? (s->now - r->since) / 1000 : 0;

	return SNAP_ROW(s, vma_reading, e, mm, r->why, late, gone);
}

int snap_vmas(struct rec_snapshot *s, int tgid, uint32_t mm, const struct snap_reading *r,
	      struct mmt_err *e)
{
	struct vma *list = NULL;
	ssize_t nr = read_maps(s, tgid, &list);
	int err = 0;

	if (nr == -ENOMEM)
		return mmt_fail(e, ENOMEM, "no memory for the VMAs of process %d", tgid);
	if (r->noted)
		err = note_reading(s, mm, r, nr <= 0, e);
	if (!err && nr > 0) {
		for (ssize_t i = 0; i < nr; i++) {
			bool same = i && list[i].dev == list[i - 1].dev &&
				    list[i].ino == list[i - 1].ino;

			if (same)
				list[i].file = list[i - 1].file;
			else if (list[i].ino)
				name_file(s, tgid, &list[i]);
		}
		err = SNAP_ROW(s, vma_list, e, mm, (uint64_t)nr);
	}
	for (ssize_t i = 0; !err && i < nr; i++)
		err = SNAP_ROW(s, vma, e, mm, list[i].start, list[i].end, list[i].flags,
			       list[i].pgoff, list[i].file);
	if (!err && nr > 0 && r->pages && !s->no_resident)
		err = resident(s, tgid, mm, list, (size_t)nr, e);
	mmt_free(s->alloc, list);
	return err;
}

int rec_snapshot_mm(struct rec_snapshot *s, int tgid, uint32_t mm, enum rec_reading why,
		    uint64_t since, struct mmt_err *e)
{
	struct snap_reading r = { .noted = true, .why = why, .since = since };

	return snap_vmas(s, tgid, mm, &r, e);
}

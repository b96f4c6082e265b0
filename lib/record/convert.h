/* SPDX-License-Identifier: GPL-2.0-only */
/* Raw records -> events: names of the kernel become ids, its numbers canonical ones. */
#ifndef MMT_RECORD_CONVERT_H
#define MMT_RECORD_CONVERT_H

#include "bpf/record.h"
#include "lib/record/ids.h"
#include "lib/record/kernel.h"
#include "lib/record/object.h"

struct rec_convert;

/* A task as a stream last told it, and what it is in the trace (0: not looked up yet). */
struct rec_task {
	uint32_t tid, tgid, flags;
	uint64_t mm;	 /* the kernel's address of it: a key */
	uint64_t cgroup; /* inode of its directory */
	char comm[16];
	uint64_t told;	/* when, or a little before */
	uint64_t epoch; /* of the ids below */
	uint32_t id, cgroup_id;
};

struct rec_file {
	uint64_t dev, ino, size;
	uint32_t mode, magic;
	uint32_t id; /* 0: not looked up yet */
};

/* A record with the state of its stream. */
struct rec_raw {
	uint64_t time;
	unsigned cpu, kind, aux, words; /* words behind the head */
	const unsigned long long *v;
	struct rec_task *task;
	struct rec_file *file;
};

/* A thread group whose VMAs must be read anew: it got a new address space. */
struct rec_fresh_mm {
	int tgid;
	uint32_t mm;
	uint64_t since; /* time of the event */
};

/* @page_base: what a page's address >> 6 (low 32 bits) is for frame 0; @cgroups: version of the
 * memory controller's hierarchy, 1 or 2. NULL: memory. */
struct rec_convert *rec_convert_new(struct mmt_alloc *a, struct rec_ids *ids, struct mmt_writer *w,
				    const struct rec_kernel *k, uint64_t page_base,
				    unsigned cgroups, struct mmt_err *e);
void rec_convert_free(struct rec_convert *c);
/* What it knows of kernel objects; the caller says where names of caches are. */
struct rec_objects *rec_convert_objects(struct rec_convert *c);
/* Make *@ev of @raw: 1; 0: nothing to write (a call that is of no interest); -errno. */
int rec_convert(struct rec_convert *c, struct rec_raw *raw, struct mmt_event *ev,
		struct mmt_err *e);
/* Take one address space that was new since the last call; false: none left. */
bool rec_convert_fresh_mm(struct rec_convert *c, struct rec_fresh_mm *fresh);
/* Whether there were more than could be told since the last call. */
bool rec_convert_missed_mm(struct rec_convert *c);

/* Why a block was allocated. @gfp and @type are canonical; @fault is the error code of the task's
 * last fault + 1, 0 if a system call came after it. */
enum mmt_cause rec_cause(uint32_t gfp, unsigned order, unsigned type, uint32_t fault);

#endif

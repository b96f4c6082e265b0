/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Raw records -> events.
 *
 * Theory. Most records hold their event's fields in the table's order, each as the kernel says it;
 * what a field's unit says decides how it is told in the trace:
 *
 *	PFN          an address of the kernel is a struct page's: frame = (address >> 6) - base
 *	GFP, MIGRATETYPE, ZONE   the canonical number; a zone may also come by name
 *	TASK, MM, CGROUP, FILE   the dense id (ids.h); a FILE is the one the stream told last
 *	ORDER, NODE, CPU   -1 is MMT_ORDER_ANY, MMT_NODE_ANY, MMT_CPU_NONE
 *	ADDR         what is no user address is MMT_ADDR_OUTSIDE
 *	HANDLE       the dense id of the object at that address (object.h)
 *	STRING       REC_NAME words of text
 *	DEV          the device's name ("8:0") as one word of text
 *
 * Fork, exec, exit, rename and the hot kinds, which name a frame, have their own shapes.
 *   I1  No address of the kernel leaves here: as numbers they are pages, mms, or nothing.
 *   I2  Ids of a stream's task hold until the next fork, exec or end of any task (its epoch).
 */
#include "lib/record/convert.h"

#include "lib/record/map.h"
#include "lib/record/object.h"
#include "lib/record/syscall.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>

#define PF_KTHREAD    0x00200000u
#define CLONE_VM      0x100u
#define CLONE_THREAD  0x10000u
#define TMPFS_MAGIC   0x01021994u
#define HUGETLB_MAGIC 0x958458f6u
#define MAP_ANON      0x20u
#define KERNEL_HALF   (UINT64_C(1) << 63)
#define NR_FRESH      256
#define GFP_ACCOUNT   0x400000u

struct rec_convert {
	struct mmt_alloc *alloc;
	struct rec_ids *ids;
	struct mmt_writer *writer;
	const struct rec_kernel *kernel;
	uint64_t page_base;
	unsigned cgroups;
	uint64_t epoch;
	struct rec_objects objects;
	struct rec_map moved;  /* (tid, 0) or (tgid, 1) -> control group it was moved to last */
	uint64_t moved_at;     /* time of the last such move */
	struct rec_map faults; /* tid -> error code of its last fault + 1 */
	struct rec_fresh_mm fresh[NR_FRESH];
	unsigned nr_fresh;
	bool missed_fresh; /* there were more */
};

struct rec_convert *rec_convert_new(struct mmt_alloc *a, struct rec_ids *ids, struct mmt_writer *w,
				    const struct rec_kernel *k, uint64_t page_base,
				    unsigned cgroups, struct mmt_err *e)
{
	struct rec_convert *c = mmt_calloc(a, 1, sizeof(*c));

	if (!c) {
		mmt_fail(e, ENOMEM, "no memory to convert records");
		return NULL;
	}
	c->alloc = a;
	c->ids = ids;
	c->writer = w;
	c->kernel = k;
	c->page_base = page_base;
	c->cgroups = cgroups;
	c->epoch = 1;
	c->faults.alloc = c->moved.alloc = c->objects.ids.alloc = a;
	return c;
}

void rec_convert_free(struct rec_convert *c)
{
	if (!c)
		return;
	rec_map_free(&c->faults);
	rec_map_free(&c->moved);
	rec_map_free(&c->objects.ids);
	mmt_free(c->alloc, c);
}

struct rec_objects *rec_convert_objects(struct rec_convert *c)
{
	return &c->objects;
}

bool rec_convert_fresh_mm(struct rec_convert *c, struct rec_fresh_mm *fresh)
{
	if (!c->nr_fresh)
		return false;
	*fresh = c->fresh[0];
	memmove(c->fresh, c->fresh + 1, --c->nr_fresh * sizeof(*c->fresh));
	return true;
}

bool rec_convert_missed_mm(struct rec_convert *c)
{
	bool missed = c->missed_fresh;

	c->missed_fresh = false;
	return missed;
}

static void want_vmas(struct rec_convert *c, int tgid, uint32_t mm, uint64_t since)
{
	if (mm && c->nr_fresh < NR_FRESH)
		c->fresh[c->nr_fresh++] = (struct rec_fresh_mm){ tgid, mm, since };
	else if (mm)
		c->missed_fresh = true;
}

/* --- what a stream told --- */

static void resolve_task(struct rec_convert *c, struct rec_task *t)
{
	bool kthread = t->flags & PF_KTHREAD;

	if (t->epoch == c->epoch)
		return;
	t->id = rec_ids_task(c->ids, (int)t->tid, (int)t->tgid, t->comm,
			     kthread ? MMT_TASK_KTHREAD : 0);
	if (t->mm && !kthread)
		rec_ids_mm_bind(c->ids, (int)t->tgid, t->mm);
	t->cgroup_id = rec_ids_cgroup(c->ids, t->cgroup, 0, c->cgroups, "");
	if (t->told <= c->moved_at) {
		uint32_t group = rec_map_get(&c->moved, t->tgid, 1);

		group = rec_map_get(&c->moved, t->tid, 0) ? rec_map_get(&c->moved, t->tid, 0)
							  : group;
		if (group)
			t->cgroup_id = group;
	}
	t->epoch = c->epoch;
}

static uint32_t resolve_file(struct rec_convert *c, struct rec_file *f)
{
	enum mmt_file_kind kind = MMT_FILE_REGULAR;

	if (f->id)
		return f->id;
	if (S_ISCHR(f->mode) || S_ISBLK(f->mode))
		kind = MMT_FILE_DEVICE;
	else if (f->magic == TMPFS_MAGIC)
		kind = MMT_FILE_SHMEM;
	else if (f->magic == HUGETLB_MAGIC)
		kind = MMT_FILE_HUGETLB;
	f->id = rec_ids_file(c->ids, f->dev, f->ino, kind, f->size);
	return f->id;
}

/* --- one field --- */

static uint64_t frame(const struct rec_convert *c, uint64_t v)
{
	if (!v || v == UINT64_MAX)
		return MMT_PFN_NONE;
	if (!(v & KERNEL_HALF))
		return v < MMT_PFN_NONE ? v : MMT_PFN_NONE; /* a frame number already */
	return (uint32_t)((v >> 6) - c->page_base);
}

static uint64_t by_limit(enum mmt_unit unit, uint64_t v)
{
	return v <= mmt_unit_limit(unit) ? v : mmt_unit_limit(unit);
}

/* A thread number, perhaps with its group's above it: then it is given an id at first sight. */
static uint32_t task(struct rec_convert *c, uint64_t v)
{
	int tid = (int)(uint32_t)v, tgid = (int)(v >> 32);
	uint32_t id = rec_ids_task_known(c->ids, tid);

	return id || !tgid ? id : rec_ids_task(c->ids, tid, tgid, NULL, 0);
}

/* "254:16" as a number; what has no such name (a network file system) is 0 */
static uint64_t device(uint64_t text)
{
	uint64_t number[2] = { 0 };
	unsigned part = 0;

	for (; text; text >>= 8) {
		char ch = (char)(text & 0xff);

		if (ch >= '0' && ch <= '9')
			number[part] = number[part] * 10 + (uint64_t)(ch - '0');
		else if (ch == ':' && !part)
			part = 1;
		else
			return 0;
	}
	return part && number[0] < 4096 && number[1] < 1 << 20 ? number[0] << 20 | number[1] : 0;
}

static uint64_t field(struct rec_convert *c, const struct rec_raw *raw, enum mmt_unit unit,
		      uint64_t v)
{
	switch (unit) {
	case MMT_U_PFN:
		return frame(c, v);
	case MMT_U_GFP:
		return rec_kernel_gfp(c->kernel, (uint32_t)v);
	case MMT_U_MIGRATETYPE:
		return rec_kernel_type(c->kernel, (uint32_t)v);
	case MMT_U_ZONE:
		return v < 256 ? rec_kernel_zone(c->kernel, v) : rec_kernel_zone_named(v);
	case MMT_U_ORDER:
		return v <= MMT_ORDER_MAX ? v : MMT_ORDER_ANY;
	case MMT_U_CPU:
		return v < MMT_CPU_NONE ? v : MMT_CPU_NONE;
	case MMT_U_NODE:
		return v < MMT_NODE_ANY ? v : MMT_NODE_ANY;
	case MMT_U_ADDR:
		return by_limit(MMT_U_ADDR, v);
	case MMT_U_TASK:
		return task(c, v);
	case MMT_U_MM:
		return rec_ids_mm(c->ids, v);
	case MMT_U_CGROUP:
		return rec_ids_cgroup(c->ids, v, 0, c->cgroups, "");
	case MMT_U_FILE:
		return raw->aux >> 15 ? 0 : resolve_file(c, raw->file);
	case MMT_U_ENUM:
		return (uint32_t)v;
	case MMT_U_DEV:
		return device(v);
	case MMT_U_SIGNED:
	case MMT_U_RET:
		return v;
	default:
		return by_limit(unit, v);
	}
}

/* --- shapes --- */

static uint32_t text(struct rec_convert *c, const unsigned long long *words)
{
	char name[8 * REC_NAME + 1] = { 0 };
	struct mmt_err e;

	memcpy(name, words, 8 * REC_NAME);
	return mmt_writer_string(c->writer, name, &e);
}

/* FILE fields have no word: the stream told the file, and it is the first of them. */
static int generic(struct rec_convert *c, const struct rec_raw *raw, struct mmt_event *ev)
{
	const struct mmt_event_info *info = mmt_event_info(raw->kind);
	bool file_told = false, skip = false;
	unsigned word = 0;

	for (unsigned i = 0; i < info->nr_fields; i++) {
		enum mmt_unit unit = info->fields[i].unit;
		unsigned words = unit == MMT_U_FILE ? 0 : unit == MMT_U_STRING ? REC_NAME : 1;
		uint64_t v = 0;
		int64_t id;

		if (words && word + words <= raw->words)
			v = raw->v[word];
		if (unit == MMT_U_STRING) {
			ev->v[i] = word + words <= raw->words ? text(c, raw->v + word) : 0;
		} else if (unit == MMT_U_HANDLE) {
			id = rec_object(&c->objects, raw->kind, i, v, &skip);
			if (id < 0)
				return -ENOMEM;
			ev->v[i] = (uint64_t)id;
		} else if (unit != MMT_U_FILE || !file_told) {
			ev->v[i] = field(c, raw, unit, v);
		}
		file_told |= unit == MMT_U_FILE;
		word += words;
	}
	return !skip;
}

/* kmem_cache_alloc and _free: object, cache | gfp << 32, node */
static int cache_object(struct rec_convert *c, const struct rec_raw *raw, struct mmt_event *ev,
			struct mmt_err *e)
{
	int64_t id;
	char name[REC_CACHE_NAME];
	bool skip = false;

	id = rec_object(&c->objects, raw->kind, MMT_F(kmem_cache_alloc, object), raw->v[0], &skip);
	if (id < 0)
		return -ENOMEM;
	ev->v[MMT_F(kmem_cache_alloc, object)] = (uint64_t)id;
	if (rec_object_cache(&c->objects, (uint32_t)raw->v[1], name)) {
		ev->v[MMT_F(kmem_cache_alloc, cache)] = mmt_writer_string(c->writer, name, e);
		if (!ev->v[MMT_F(kmem_cache_alloc, cache)])
			return -ENOMEM;
	}
	if (raw->kind == MMT_EV_kmem_cache_alloc) {
		ev->v[MMT_F(kmem_cache_alloc, gfp)] = field(c, raw, MMT_U_GFP, raw->v[1] >> 32);
		ev->v[MMT_F(kmem_cache_alloc, node)] = field(c, raw, MMT_U_NODE, raw->v[2]);
	}
	return !skip;
}

static int alloc_stack(struct rec_convert *c, const struct rec_raw *raw, struct mmt_event *ev,
		       struct mmt_err *e)
{
	char name[REC_STACK];

	ev->v[MMT_F(alloc_stack, pfn)] = frame(c, raw->v[0]);
	if (!rec_object_stack(&c->objects, (uint32_t)raw->v[1], name))
		return 1; /* beyond the number that can be told */
	ev->v[MMT_F(alloc_stack, stack)] = mmt_writer_string(c->writer, name, e);
	return ev->v[MMT_F(alloc_stack, stack)] ? 1 : -ENOMEM;
}

static int cgroup_mkdir(struct rec_convert *c, const struct rec_raw *raw, struct mmt_event *ev)
{
	char path[8 * REC_PATH + 1] = { 0 };
	uint32_t parent = rec_ids_cgroup(c->ids, raw->v[1], 0, c->cgroups, "");

	if (raw->words >= 2 + REC_PATH)
		memcpy(path, &raw->v[2], 8 * REC_PATH);
	if (strlen(path) >= 8 * REC_PATH - 1)
		path[0] = 0; /* it may be longer: a snapshot will tell */
	ev->v[MMT_F(cgroup_mkdir, parent)] = parent;
	ev->v[MMT_F(cgroup_mkdir, cgroup)] =
		rec_ids_cgroup(c->ids, raw->v[0], parent, c->cgroups, path);
	return 1;
}

/* What streams told of the group's tasks before is old now. */
static int cgroup_attach(struct rec_convert *c, const struct rec_raw *raw, struct mmt_event *ev)
{
	int tid = (int)(uint32_t)raw->v[1], tgid = (int)(raw->v[1] >> 32);
	bool all = raw->v[2] & 1;

	generic(c, raw, ev);
	c->moved_at = raw->time;
	c->epoch++;
	if (!rec_map_set(&c->moved, (uint64_t)(all ? tgid : tid), all,
			 (uint32_t)ev->v[MMT_F(cgroup_attach_task, cgroup)]))
		return -ENOMEM;
	return 1;
}

/* Pages of users are charged to a control group, and those of the kernel that ask for it. */
static bool is_charged(uint32_t gfp, enum mmt_cause cause)
{
	switch (cause) {
	case MMT_CAUSE_ANON:
	case MMT_CAUSE_COW:
	case MMT_CAUSE_FILE:
	case MMT_CAUSE_FILE_COPY:
	case MMT_CAUSE_SHMEM:
	case MMT_CAUSE_SWAPIN:
	case MMT_CAUSE_THP:
		return true;
	default:
		return gfp & GFP_ACCOUNT;
	}
}

static int page_alloc(struct rec_convert *c, const struct rec_raw *raw, struct mmt_event *ev)
{
	uint32_t gfp = rec_kernel_gfp(c->kernel, (uint32_t)(raw->v[0] >> 32));
	unsigned order = REC_ORDER(raw->aux);
	unsigned type = rec_kernel_type(c->kernel, REC_TYPE(raw->aux));
	uint32_t fault = rec_map_get(&c->faults, raw->task->tid, 0);

	ev->v[MMT_F(mm_page_alloc, pfn)] =
		REC_FLAG(raw->aux) ? MMT_PFN_NONE : (uint32_t)(raw->v[0] - c->page_base);
	ev->v[MMT_F(mm_page_alloc, order)] = order;
	ev->v[MMT_F(mm_page_alloc, gfp)] = gfp;
	ev->v[MMT_F(mm_page_alloc, migratetype)] = type;
	ev->v[MMT_F(mm_page_alloc, cause)] = rec_cause(gfp, order, type, fault);
	ev->v[MMT_F(mm_page_alloc, cgroup)] =
		is_charged(gfp, ev->v[MMT_F(mm_page_alloc, cause)]) ? raw->task->cgroup_id : 0;
	return 1;
}

static int page_free(const struct rec_convert *c, const struct rec_raw *raw, struct mmt_event *ev)
{
	ev->v[MMT_F(mm_page_free, pfn)] = (uint32_t)(raw->v[0] - c->page_base);
	ev->v[MMT_F(mm_page_free, order)] = REC_ORDER(raw->aux);
	return 1;
}

/* A frame on its way between a per-CPU list and the buddy allocator. */
static int page_moved(const struct rec_convert *c, const struct rec_raw *raw, struct mmt_event *ev)
{
	ev->v[0] = (uint32_t)(raw->v[0] - c->page_base);
	ev->v[1] = REC_ORDER(raw->aux);
	ev->v[2] = rec_kernel_type(c->kernel, REC_TYPE(raw->aux));
	if (raw->kind == MMT_EV_mm_page_alloc_zone_locked)
		ev->v[MMT_F(mm_page_alloc_zone_locked, percpu_refill)] = REC_FLAG(raw->aux);
	return 1;
}

static int page_fault(struct rec_convert *c, const struct rec_raw *raw, struct mmt_event *ev)
{
	ev->v[0] = by_limit(MMT_U_ADDR, raw->v[0]);
	ev->v[1] = raw->aux;
	return rec_map_set(&c->faults, raw->task->tid, 0, raw->aux + 1) ? 1 : -ENOMEM;
}

static int process_fork(struct rec_convert *c, const struct rec_raw *raw, struct mmt_event *ev)
{
	int tid = (int)(uint32_t)raw->v[0], tgid = (int)(raw->v[0] >> 32);
	uint64_t key = raw->v[1], flags = raw->v[2];
	bool kthread = raw->v[3] & PF_KTHREAD;
	char comm[16];
	uint32_t mm;

	memcpy(comm, &raw->v[4], 16);
	comm[15] = 0;
	c->epoch++;
	rec_ids_task_gone(c->ids, tid);
	rec_map_del(&c->faults, (uint64_t)tid, 0);
	rec_map_del(&c->moved, (uint64_t)tid, 0);
	if (!(flags & CLONE_THREAD))
		rec_map_del(&c->moved, (uint64_t)tgid, 1);
	if (!(flags & CLONE_THREAD))
		rec_ids_tgid_gone(c->ids, tgid);
	ev->v[MMT_F(sched_process_fork, child)] =
		rec_ids_task(c->ids, tid, tgid, comm, kthread ? MMT_TASK_KTHREAD : 0);
	if (!key || kthread)
		mm = 0;
	else if (flags & CLONE_THREAD)
		mm = rec_ids_mm_bind(c->ids, tgid, key);
	else if (flags & CLONE_VM)
		mm = rec_ids_mm_share(c->ids, tgid, (int)raw->task->tgid);
	else
		mm = rec_ids_mm_new(c->ids, tgid, key);
	ev->v[MMT_F(sched_process_fork, mm)] = mm;
	ev->v[MMT_F(sched_process_fork, clone_flags)] = flags;
	return 1;
}

static int process_exec(struct rec_convert *c, const struct rec_raw *raw, struct mmt_event *ev)
{
	int tgid = (int)raw->task->tgid;
	uint32_t mm = rec_ids_mm_new(c->ids, tgid, raw->v[0]);

	ev->v[MMT_F(sched_process_exec, mm)] = mm;
	ev->v[MMT_F(sched_process_exec, old_tid)] = (uint32_t)raw->v[1];
	rec_map_del(&c->faults, raw->task->tid, 0);
	c->epoch++;
	want_vmas(c, tgid, mm, raw->time);
	return 1;
}

static int process_exit(struct rec_convert *c, const struct rec_raw *raw, struct mmt_event *ev)
{
	uint32_t mm = rec_ids_mm(c->ids, raw->v[0]);

	if (!mm && !(raw->task->flags & PF_KTHREAD))
		mm = rec_ids_mm_of_tgid(c->ids, (int)raw->task->tgid);
	ev->v[MMT_F(sched_process_exit, mm)] = mm;
	ev->v[MMT_F(sched_process_exit, group_dead)] = raw->v[1] & 1;
	return 1;
}

static int process_free(struct rec_convert *c, const struct rec_raw *raw, struct mmt_event *ev)
{
	int tid = (int)raw->v[0];

	ev->v[0] = rec_ids_task_known(c->ids, tid);
	rec_map_del(&c->faults, (uint64_t)tid, 0);
	if (rec_ids_tgid(c->ids, tid) == tid)
		rec_ids_tgid_gone(c->ids, tid);
	rec_ids_task_gone(c->ids, tid);
	c->epoch++;
	return 1;
}

static int task_rename(struct rec_convert *c, const struct rec_raw *raw, struct mmt_event *ev,
		       struct mmt_err *e)
{
	int tid = (int)(uint32_t)raw->v[0], tgid = (int)(raw->v[0] >> 32);
	char comm[16];

	memcpy(comm, &raw->v[1], 16);
	comm[15] = 0;
	ev->v[MMT_F(task_rename, task)] = rec_ids_task(c->ids, tid, tgid, comm, 0);
	ev->v[MMT_F(task_rename, comm)] =
		mmt_writer_string(c->writer, rec_ids_comm(c->ids, tgid, 0, comm), e);
	c->epoch++;
	return ev->v[MMT_F(task_rename, comm)] ? 1 : -ENOMEM;
}

/* prctl(2) options that concern memory: SET_MM, THP_DISABLE, MDWE, MEMORY_MERGE, SET_VMA */
static bool prctl_matters(uint64_t option)
{
	return option == 35 || option == 41 || option == 65 || option == 67 || option == 0x53564d41;
}

static int system_call(struct rec_convert *c, const struct rec_raw *raw,
		       const struct rec_syscall *call, struct mmt_event *ev)
{
	const struct mmt_event_info *info = mmt_event_info(raw->kind);
	bool no_file = raw->aux >> 15;

	rec_map_del(&c->faults, raw->task->tid, 0);
	if (raw->words < 7 || (raw->kind == MMT_EV_sys_prctl && !prctl_matters(raw->v[0])))
		return 0;
	if (raw->kind == MMT_EV_sys_mmap && raw->v[3] & MAP_ANON)
		no_file = true;
	for (unsigned i = 0; i < info->nr_fields; i++) {
		unsigned from = call->field[i];

		if (from == REC_ARG_FILE)
			ev->v[i] = no_file ? 0 : resolve_file(c, raw->file);
		else if (from)
			ev->v[i] = field(c, raw, info->fields[i].unit, raw->v[from - 1]);
		else
			ev->v[i] = 0;
	}
	return 1;
}

static int exit_mmap(struct rec_convert *c, const struct rec_raw *raw, struct mmt_event *ev)
{
	ev->v[0] = rec_ids_mm(c->ids, raw->v[0]);
	rec_ids_mm_gone(c->ids, raw->v[0]);
	return 1;
}

static int shape(struct rec_convert *c, struct rec_raw *raw, struct mmt_event *ev,
		 struct mmt_err *e)
{
	const struct rec_syscall *call;

	switch (raw->kind) {
	case MMT_EV_mm_page_alloc:
		return page_alloc(c, raw, ev);
	case MMT_EV_mm_page_free:
		return page_free(c, raw, ev);
	case MMT_EV_mm_page_alloc_zone_locked:
	case MMT_EV_mm_page_pcpu_drain:
		return page_moved(c, raw, ev);
	case MMT_EV_page_fault_user:
	case MMT_EV_page_fault_kernel:
		return page_fault(c, raw, ev);
	case MMT_EV_sched_process_fork:
		return process_fork(c, raw, ev);
	case MMT_EV_sched_process_exec:
		return process_exec(c, raw, ev);
	case MMT_EV_sched_process_exit:
		return process_exit(c, raw, ev);
	case MMT_EV_sched_process_free:
		return process_free(c, raw, ev);
	case MMT_EV_task_rename:
		return task_rename(c, raw, ev, e);
	case MMT_EV_exit_mmap:
		return exit_mmap(c, raw, ev);
	case MMT_EV_kmem_cache_alloc:
	case MMT_EV_kmem_cache_free:
		return cache_object(c, raw, ev, e);
	case MMT_EV_alloc_stack:
		return alloc_stack(c, raw, ev, e);
	case MMT_EV_cgroup_mkdir:
		return cgroup_mkdir(c, raw, ev);
	case MMT_EV_cgroup_attach_task:
		return cgroup_attach(c, raw, ev);
	default:
		call = rec_syscall_of(raw->kind);
		return call ? system_call(c, raw, call, ev) : generic(c, raw, ev);
	}
}

int rec_convert(struct rec_convert *c, struct rec_raw *raw, struct mmt_event *ev, struct mmt_err *e)
{
	int n, self = MMT_EVENT_SELF;

	if (!mmt_event_info(raw->kind))
		return mmt_fail(e, EBADMSG, "a record of the unknown kind %u in the ring of CPU %u",
				raw->kind, raw->cpu);
	resolve_task(c, raw->task);
	memset(ev, 0, offsetof(struct mmt_event, v));
	ev->time = raw->time;
	ev->task = raw->task->id;
	ev->kind = (uint16_t)raw->kind;
	ev->cpu = (uint16_t)raw->cpu;
	ev->flags = rec_ids_is_self(c->ids, (int)raw->task->tgid) ? (uint8_t)self : 0;
	n = shape(c, raw, ev, e);
	/* a name that could not be defined has its own reason, such as a full disk */
	if ((n >= 0 || n == -ENOMEM) && rec_ids_check(c->ids, e) < 0)
		return rec_ids_check(c->ids, e);
	if (n == -ENOMEM && e && e->code)
		return -e->code;
	return n == -ENOMEM ? mmt_fail(e, ENOMEM, "no memory to convert records") : n;
}

/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Names of the kernel -> dense ids of a trace. Snapshots and drained events meet here: whoever sees
 * a task, address space, file or control group first defines it through the writer.
 *
 * Every call returns an id from 1, or 0 for "none": a kernel thread's mm, or a failure, which is
 * kept and told by rec_ids_check().
 */
#ifndef MMT_RECORD_IDS_H
#define MMT_RECORD_IDS_H

#include "lib/trace/writer.h"

struct rec_ids;

/* NULL: memory, told in @e. @w is used until rec_ids_free(). */
struct rec_ids *rec_ids_new(struct mmt_alloc *a, struct mmt_writer *w, struct mmt_err *e);
void rec_ids_free(struct rec_ids *ids);
/* From now on no name that a user chose is defined: programs are "task", control groups "/ID". */
void rec_ids_hide_names(struct rec_ids *ids);
/* What stands in the trace for the comm of a task of @tgid with these flags. */
const char *rec_ids_comm(const struct rec_ids *ids, int tgid, unsigned flags, const char *comm);
/* 0, or the -errno of the first call that failed. */
int rec_ids_check(const struct rec_ids *ids, struct mmt_err *e);

/* The task that has thread number @tid now. @comm NULL: name unknown (kept if known); a changed
 * @comm, @tgid or @flags (enum mmt_task_flags) defines it again under its id. @tid 0: none. */
uint32_t rec_ids_task(struct rec_ids *ids, int tid, int tgid, const char *comm, unsigned flags);
/* The id of @tid if it was seen, else 0; defines nothing. */
uint32_t rec_ids_task_known(const struct rec_ids *ids, int tid);
/* The thread group of @tid if it was seen, else 0. */
int rec_ids_tgid(const struct rec_ids *ids, int tid);
/* @tgid works for the recorder and is its own too; 0: none. Two of them at most. */
void rec_ids_helper(struct rec_ids *ids, int tgid);
/* Is @tgid the recorder's own? */
bool rec_ids_is_self(const struct rec_ids *ids, int tgid);
/* The kernel may give @tid to another task from now on: its next sight is a new id. */
void rec_ids_task_gone(struct rec_ids *ids, int tid);

/* Entries of tasks and address spaces that are gone since the last call are forgotten by the
 * writer; those that go before the first call are kept. Nothing that names them may be held back.
 */
void rec_ids_forget(struct rec_ids *ids);

/*
 * Address spaces are known by two names: the thread group that lives in one (all that /proc tells)
 * and the kernel's key (a struct mm_struct's address; it stays in this process).
 */
/* The mm that thread group @tgid lives in, new at first sight; 0 if its leader is a kernel thread.
 */
uint32_t rec_ids_mm_of_tgid(struct rec_ids *ids, int tgid);
/* A new mm for @tgid, whatever it had before (exec, fork without CLONE_VM); @key 0: not known. */
uint32_t rec_ids_mm_new(struct rec_ids *ids, int tgid, uint64_t key);
/* @tgid lives in the mm of @parent_tgid (fork with CLONE_VM); returns that mm. */
uint32_t rec_ids_mm_share(struct rec_ids *ids, int tgid, int parent_tgid);
/* The kernel's name of the mm of @tgid is @key: two groups of one key share one mm. */
uint32_t rec_ids_mm_bind(struct rec_ids *ids, int tgid, uint64_t key);
/* The mm of that key, or 0 if no group was bound to it. */
uint32_t rec_ids_mm(const struct rec_ids *ids, uint64_t key);
/* The mm of @key is torn down: the key may name another one from now on. */
void rec_ids_mm_gone(struct rec_ids *ids, uint64_t key);
/* An address space, and a thread group that lives in it. */
struct rec_space {
	int tgid;
	uint32_t mm;
};
/* All that live, ascending by mm, into *@out, which the caller frees; @seen: only those that an
 * event named. 0 or -ENOMEM. */
int rec_ids_spaces(const struct rec_ids *ids, bool seen, struct rec_space **out, size_t *nr);
/* The whole group ended. */
void rec_ids_tgid_gone(struct rec_ids *ids, int tgid);

#define REC_SIZE_UNKNOWN UINT64_MAX
/* A file; @dev is major << 20 | minor. A size not known before defines it again. @ino 0: none. */
uint32_t rec_ids_file(struct rec_ids *ids, uint64_t dev, uint64_t ino, enum mmt_file_kind kind,
		      uint64_t size);
/* The file if it was seen with its size, else 0. */
uint32_t rec_ids_file_known(const struct rec_ids *ids, uint64_t dev, uint64_t ino);
/* A control group: inode of its directory in hierarchy version 1 or 2, @parent its parent's id (0:
 * root, or unknown), @path below the mount ("" unknown). A newly known path or parent defines it
 * again. @ino 0: none. */
uint32_t rec_ids_cgroup(struct rec_ids *ids, uint64_t ino, uint32_t parent, unsigned version,
			const char *path);

#endif

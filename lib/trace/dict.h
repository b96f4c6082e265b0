/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Dictionaries: what the dense ids in events stand for. Ids begin at 1, are given in order of
 * first sight, and are never reused within a trace; a changed entry (a task that execs) is defined
 * again under its old id and holds from there on.
 */
#ifndef MMT_TRACE_DICT_H
#define MMT_TRACE_DICT_H

#include "lib/base/alloc.h"
#include "lib/base/bytes.h"
#include "lib/base/err.h"

enum mmt_dict_kind {
	MMT_DICT_TASK, /* num: tid, tgid, enum mmt_task_flags; name: comm */
	MMT_DICT_MM,   /* num: task id of the first owner; name: empty */
	MMT_DICT_FILE, /* num: dev, ino, enum mmt_file_kind, size in bytes; name: path if asked for
			*/
	MMT_DICT_CGROUP, /* num: inode of its directory, parent id, hierarchy version 1|2; name:
			    path */
	MMT_DICT_STRING, /* name: the bytes */
	MMT_NR_DICTS
};

enum mmt_task_flags { MMT_TASK_KTHREAD = 1, MMT_TASK_SELF = 2 };
enum mmt_file_kind { MMT_FILE_REGULAR, MMT_FILE_SHMEM, MMT_FILE_HUGETLB, MMT_FILE_DEVICE };

#define MMT_DICT_NUMS	  4
#define MMT_DICT_NAME_MAX 4096	       /* bytes of a name */
#define MMT_DICT_ID_MAX	  (1u << 26)   /* largest id */
#define MMT_DICT_BYTES	  (512u << 20) /* memory of all entries of a trace together */

struct mmt_dict_entry {
	enum mmt_dict_kind kind;
	uint32_t id;
	uint64_t num[MMT_DICT_NUMS];
	const char *name; /* bytes, never NULL, may hold anything but NUL */
};

struct mmt_dict; /* all five dictionaries of one trace */

struct mmt_dict *mmt_dict_new(struct mmt_alloc *a);
void mmt_dict_free(struct mmt_dict *d);
/* Define or redefine; copies the name. -EBADMSG: kind, id, name or all entries together beyond
 * their limit; -ENOMEM. */
int mmt_dict_define(struct mmt_dict *d, const struct mmt_dict_entry *entry, struct mmt_err *e);
/* Remove these @nr ids, which no event will name again; not of strings. Places change. */
void mmt_dict_forget(struct mmt_dict *d, enum mmt_dict_kind kind, const uint32_t *ids, size_t nr);
/* The entry, valid until the next define; NULL: not defined. */
const struct mmt_dict_entry *mmt_dict_get(const struct mmt_dict *d, enum mmt_dict_kind kind,
					  uint32_t id);
/* The id of @name among the strings, defining it if new (then *@fresh is set); 0: no memory. */
uint32_t mmt_dict_intern(struct mmt_dict *d, const char *name, bool *fresh);
/* How many entries @kind has, and the one that was defined as number @i, from 0. */
size_t mmt_dict_count(const struct mmt_dict *d, enum mmt_dict_kind kind);
const struct mmt_dict_entry *mmt_dict_at(const struct mmt_dict *d, enum mmt_dict_kind kind,
					 size_t i);
/* Largest id defined, 0: none. */
uint32_t mmt_dict_last(const struct mmt_dict *d, enum mmt_dict_kind kind);
/* "task", "mm", ...; @kind in range. */
const char *mmt_dict_kind_name(enum mmt_dict_kind kind);

/* An entry as it stands in a file (mmtrace-trace(5)). */
void mmt_dict_put(struct mmt_wr *w, const struct mmt_dict_entry *entry);
/* Read one; @name (MMT_DICT_NAME_MAX + 1 bytes) gets the name, which the entry points to. -EBADMSG
 * names what is beyond its limit. */
int mmt_dict_take(struct mmt_rd *r, struct mmt_dict_entry *entry, char *name, struct mmt_err *e);
/* Check one as mmt_dict_take() does, and pass over it. */
int mmt_dict_pass(struct mmt_rd *r, struct mmt_err *e);
/* Read one and define it. */
int mmt_dict_read(struct mmt_dict *d, struct mmt_rd *r, struct mmt_err *e);

#endif

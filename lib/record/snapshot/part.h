/* SPDX-License-Identifier: GPL-2.0-only */
/* What the parts of a snapshot share; private to lib/record/snapshot*.c and their tests. */
#ifndef MMT_RECORD_SNAPSHOT_PART_H
#define MMT_RECORD_SNAPSHOT_PART_H

#include "lib/record/snapshot/snapshot.h"
#include "lib/record/snapshot/text.h"
#include "lib/trace/rows.h"

/* The global files, each opened once. */
#define SNAP_FILES                                    \
	SNAP_FILE(BUDDYINFO, "/proc/buddyinfo")       \
	SNAP_FILE(ZONEINFO, "/proc/zoneinfo")         \
	SNAP_FILE(PAGETYPEINFO, "/proc/pagetypeinfo") \
	SNAP_FILE(VMSTAT, "/proc/vmstat")             \
	SNAP_FILE(MEMINFO, "/proc/meminfo")           \
	SNAP_FILE(SWAPS, "/proc/swaps")               \
	SNAP_FILE(SLABINFO, "/proc/slabinfo")         \
	SNAP_FILE(IOMEM, "/proc/iomem")               \
	SNAP_FILE(KPAGEFLAGS, "/proc/kpageflags")     \
	SNAP_FILE(KPAGECOUNT, "/proc/kpagecount")

enum snap_file {
#define SNAP_FILE(id, path) SNAP_##id,
	SNAP_FILES
#undef SNAP_FILE
		SNAP_NR_FILES
};

#define SNAP_ZONES_MAX 256 /* zones of all nodes */

/* A zone as last seen: what kpageflags is read for, and what managed is compared with. */
struct snap_zone_seen {
	uint32_t node, zone;
	uint64_t start, spanned, present, managed;
};

/* A growing buffer that files are read into. */
struct snap_buf {
	char *p;
	size_t len, cap;
};

struct snap_settings;
struct snap_cgroups;

struct rec_snapshot {
	struct mmt_alloc *alloc;
	struct mmt_io *io;
	struct rec_ids *ids;
	struct rec_opener *opener; /* or NULL: this process opens everything */
	struct mmt_writer *w;
	char *root;
	uint64_t now; /* time that rows carry */
	uint64_t seq;
	uint64_t refused;
	struct mmt_rows *rows;			    /* the last that were written */
	uint64_t whole;				    /* seq of the last that left out none */
	bool changes;				    /* this one leaves out what is as it was */
	bool lost;				    /* a reader may not have all rows before */
	uint64_t types_again;			    /* when pagetypeinfo may be read again */
	int fd[SNAP_NR_FILES];			    /* -1: the host lacks it */
	struct snap_buf buf[SNAP_PAGETYPEINFO + 1]; /* the three that are read together */
	struct snap_buf text;			    /* any other file */
	struct snap_zone_seen zone[SNAP_ZONES_MAX];
	unsigned nr_zones;
	uint64_t reserves; /* a digest of all zones' */
	bool new_reserves; /* they are not those of the snapshot before */
	bool no_resident;
	const struct rec_limits *limits; /* or NULL: not told */
	struct snap_settings *settings;
	struct snap_cgroups *cgroups;
	int (*pause)(void *arg, struct mmt_err *e);
	void *pause_arg;
	int (*settle)(void *arg, uint64_t time, struct mmt_err *e);
	void *settle_arg;
};

/* snapshot/file.c */
/* Path @path below the root into @out of @size: false if it does not fit. */
bool snap_path(const struct rec_snapshot *s, char *out, size_t size, const char *path);
int snap_open(struct rec_snapshot *s, const char *path);
/* @file of process @pid. */
int snap_open_task(struct rec_snapshot *s, int pid, enum rec_task_file file);
/* All of @fd from its start into @b: bytes, or -errno (-ENOMEM alone is the caller's trouble; any
 * other means the source has gone). */
ssize_t snap_read(struct rec_snapshot *s, int fd, struct snap_buf *b);
/* The same for a path, or -errno. */
ssize_t snap_read_path(struct rec_snapshot *s, const char *path, struct snap_buf *b);
static inline struct text snap_text(const struct snap_buf *b)
{
	return text_of(b->p, b->len);
}

/* snapshot.c */
uint64_t snap_clock(void);
/* Write one row of @kind with the fields of @v, at s->now, unless it may be left out. Counts, pages and bytes beyond the
 * format's limit are written as the limit ("max"); a row with another number beyond is left out and
 * counted. */
int snap_row(struct rec_snapshot *s, unsigned kind, const uint64_t *v, unsigned n,
	     struct mmt_err *e);
#define SNAP_ROW(s, name, e, ...)                                     \
	snap_row(s, MMT_EV_##name, (const uint64_t[]){ __VA_ARGS__ }, \
		 sizeof((const uint64_t[]){ __VA_ARGS__ }) / sizeof(uint64_t), e)
/* The id of the string @t; 0 and told: no memory. */
uint32_t snap_string(struct rec_snapshot *s, struct text t, struct mmt_err *e);
int snap_pause(struct rec_snapshot *s, struct mmt_err *e);

/* Each part: 0, or -errno (memory, writer). */
/* @all: pagetypeinfo too, whatever it costs. */
int snap_zones(struct rec_snapshot *s, bool all, struct mmt_err *e);
/* Read the files of zones once for nothing, before they are first read for rows. */
int snap_zones_warm(struct rec_snapshot *s, struct mmt_err *e);
int snap_zoneinfo(struct rec_snapshot *s, struct text t, struct mmt_err *e);
int snap_buddyinfo(struct rec_snapshot *s, struct text t, struct mmt_err *e);
int snap_pagetypeinfo(struct rec_snapshot *s, struct text t, struct mmt_err *e);
int snap_vmstat(struct rec_snapshot *s, struct text t, struct mmt_err *e);
int snap_meminfo(struct rec_snapshot *s, struct text t, struct mmt_err *e);
int snap_slabinfo(struct rec_snapshot *s, struct text t, struct mmt_err *e);
int snap_swaps(struct rec_snapshot *s, struct text t, struct mmt_err *e);
int snap_topology(struct rec_snapshot *s, struct mmt_err *e);
/* Tunables; @all: every one, else those that changed, these also as setting_change. */
struct snap_settings *snap_settings_new(struct rec_snapshot *s, struct mmt_err *e);
/* Read those of which a reading changes the host, before zones are read. */
void snap_settings_warm(struct rec_snapshot *s);
int snap_settings_take(struct rec_snapshot *s, bool all, struct mmt_err *e);
void snap_settings_free(struct rec_snapshot *s);
/* Control groups; @all: every counter, else those that changed; @last: there is no next time. */
struct snap_cgroups *snap_cgroups_new(struct rec_snapshot *s, struct mmt_err *e);
int snap_cgroups_take(struct rec_snapshot *s, bool all, bool last, struct mmt_err *e);
/* The id of the group at @path below the memory hierarchy, 0: not known. */
uint32_t snap_cgroup_at(const struct rec_snapshot *s, const char *path);
/* 1 or 2: where the memory controller is; 0: nowhere. */
unsigned snap_cgroup_version(const struct rec_snapshot *s);
void snap_cgroups_free(struct rec_snapshot *s);
int snap_tasks(struct rec_snapshot *s, struct mmt_err *e);
/* What an address space is read for. */
struct snap_reading {
	bool pages; /* what is resident in it too */
	bool noted; /* by a row vma_reading */
	enum rec_reading why;
	uint64_t since;
};
/* vma_list and the VMAs of @tgid. */
int snap_vmas(struct rec_snapshot *s, int tgid, uint32_t mm, const struct snap_reading *r,
	      struct mmt_err *e);
int snap_pages(struct rec_snapshot *s, struct mmt_err *e);

#endif

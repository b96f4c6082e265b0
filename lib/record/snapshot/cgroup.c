// SPDX-License-Identifier: GPL-2.0-only
/*
 * Control groups with the memory controller: use, limits, counters.
 *
 * Reference: Documentation/admin-guide/cgroup-v2.rst (memory.current, max, high, low, min,
 * swap.current, swap.max, stat) and cgroup-v1/memory.rst (usage_in_bytes, limit_in_bytes,
 * memsw.*, soft_limit_in_bytes, swappiness, stat) of Linux 6.12.
 *
 * The controller is in one hierarchy at a time: where /proc/self/mountinfo shows a version 1 mount
 * with "memory", there; else in the version 2 mount whose root has memory.stat.
 *
 * I1. "max", and version 1's largest number, are written as 2^64-1: no limit.
 * I2. Version 1 has neither high, low nor min: high is no limit, low and min are 0; swap_usage and
 *     swap_max are its memsw figures, memory and swap together. soft_limit_in_bytes and swappiness
 *     are rows of snap_cgroupstat under these names.
 * I3. A light snapshot writes the snap_cgroup row of a group it comes to, if it changed, and those
 *     of its counters that changed since their last rows. A limit that changed is told by a
 *     cgroup_change as well.
 * I4. A group comes into view at the first snapshot after its mkdir, and leaves with its files.
 *     A directory is listed again when its link count changed or a child of it left.
 * I5. A light snapshot spends 3 ms here, comes to LIGHT_LEAST groups however slow the host is, and
 *     goes on from there the next time: on a host with many groups each comes by every few seconds,
 *     and changes are dated accordingly later. The last snapshot takes its time to find those that
 *     nobody has seen yet.
 *
 * Cost: eight short reads a group, 40 us on version 1; reading memory.stat makes the kernel flush
 * that group's per-CPU counters.
 */
#include "lib/record/snapshot/part.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#define GROUPS_MAX   65536
#define HELD_MAX     256 /* groups whose files are held open */
#define COUNTERS_MAX 160
#define LIGHT_NS     3000000   /* what a light snapshot may spend here */
#define LIGHT_LEAST  16	       /* groups it comes to all the same */
#define END_NS	     100000000 /* what the last one may */
#define NO_LIMIT     UINT64_MAX
#define V1_NO_LIMIT  (INT64_MAX / 4096 * 4096) /* PAGE_COUNTER_MAX pages, in bytes */

enum value {
	V_USAGE,
	V_MAX,
	V_HIGH,
	V_LOW,
	V_MIN,
	V_SWAP_USAGE,
	V_SWAP_MAX,
	V_SOFT,
	V_SWAPPINESS,
	NR_VALUES
};

static const char *const v1_files[NR_VALUES] = {
	[V_USAGE] = "memory.usage_in_bytes",
	[V_MAX] = "memory.limit_in_bytes",
	[V_SWAP_USAGE] = "memory.memsw.usage_in_bytes",
	[V_SWAP_MAX] = "memory.memsw.limit_in_bytes",
	[V_SOFT] = "memory.soft_limit_in_bytes",
	[V_SWAPPINESS] = "memory.swappiness",
};

static const char *const v2_files[NR_VALUES] = {
	[V_USAGE] = "memory.current",	  [V_MAX] = "memory.max",
	[V_HIGH] = "memory.high",	  [V_LOW] = "memory.low",
	[V_MIN] = "memory.min",		  [V_SWAP_USAGE] = "memory.swap.current",
	[V_SWAP_MAX] = "memory.swap.max",
};

struct group {
	char *path; /* below the mount; "" the root */
	uint64_t ino;
	uint32_t id, parent; /* ids; parent 0: none */
	uint32_t up;	     /* index of the parent + 1 */
	nlink_t links;	     /* of the directory when it was last listed */
	bool gone, relist, told;
	int fd[NR_VALUES], stat_fd;
	uint64_t last[NR_VALUES];
	uint64_t *counter; /* last of each line of memory.stat */
};

struct snap_cgroups {
	unsigned version; /* 0: no memory controller */
	char *mount;	  /* path of the hierarchy's root directory */
	char *below;	  /* the mount shows only what is below this path of the hierarchy */
	struct group *v;
	size_t nr, cap;
	size_t next; /* the group a light snapshot goes on with */
};

/* --- where the hierarchy is --- */

/* "31 23 0:28 /root /mount opts - type source super" */
static bool mount_line(struct text line, struct text *below, struct text *at, struct text *type,
		       struct text *super)
{
	struct text word;

	for (unsigned i = 0; i < 3; i++) {
		if (!text_word(&line, &word))
			return false;
	}
	if (!text_word(&line, below) || !text_word(&line, at))
		return false;
	while (text_word(&line, &word) && !text_is(word, "-"))
		;
	return text_word(&line, type) && text_word(&line, &word) && text_word(&line, super);
}

static bool has_option(struct text options, const char *name)
{
	struct text part;

	while (text_until(&options, ',', &part)) {
		if (text_is(part, name))
			return true;
	}
	return text_is(options, name);
}

static bool v2_has_memory(struct rec_snapshot *s, struct text at)
{
	char mount[1024], path[1100];
	struct stat st;

	text_copy(at, mount, sizeof(mount));
	snprintf(path, sizeof(path), "%s/memory.stat", mount);
	return snap_path(s, mount, sizeof(mount), path) && !stat(mount, &st);
}

static int find_mount(struct rec_snapshot *s, struct snap_cgroups *g, struct mmt_err *e)
{
	struct text t, line, below, at, type, super;
	char path[1024];

	if (snap_read_path(s, "/proc/self/mountinfo", &s->text) == -ENOMEM)
		return mmt_fail(e, ENOMEM, "no memory to find the control groups");
	t = snap_text(&s->text);
	while (text_line(&t, &line)) {
		unsigned version;

		if (!mount_line(line, &below, &at, &type, &super))
			continue;
		if (text_is(type, "cgroup") && has_option(super, "memory"))
			version = 1;
		else if (text_is(type, "cgroup2") && !g->version && v2_has_memory(s, at))
			version = 2;
		else
			continue;
		mmt_free(s->alloc, g->mount);
		mmt_free(s->alloc, g->below);
		g->version = version;
		text_copy(at, path, sizeof(path));
		g->mount = mmt_strdup(s->alloc, path);
		text_copy(below, path, sizeof(path));
		g->below = mmt_strdup(s->alloc, strcmp(path, "/") ? path : "");
		if (!g->mount || !g->below)
			return mmt_fail(e, ENOMEM, "no memory for the control groups");
		if (version == 1)
			break;
	}
	return 0;
}

/* --- the tree --- */

static bool group_path(const struct rec_snapshot *s, const struct group *v, const char *file,
		       char *out, size_t size)
{
	int n = snprintf(out, size, "%s%s%s%s%s", s->root, s->cgroups->mount, v->path,
			 *file ? "/" : "", file);

	return n >= 0 && (size_t)n < size;
}

static int open_file(struct rec_snapshot *s, const struct group *v, const char *file)
{
	char path[4096];

	return group_path(s, v, file, path, sizeof(path)) ? mmt_io_open(s->io, path, O_RDONLY, 0)
							  : -1;
}

static void close_group(struct rec_snapshot *s, struct group *v)
{
	for (unsigned i = 0; i < NR_VALUES; i++) {
		if (v->fd[i] >= 0)
			mmt_io_close(s->io, v->fd[i]);
		v->fd[i] = -1;
	}
	if (v->stat_fd >= 0)
		mmt_io_close(s->io, v->stat_fd);
	v->stat_fd = -1;
}

static const char *const *files(const struct snap_cgroups *g)
{
	return g->version == 1 ? v1_files : v2_files;
}

static int add_group(struct rec_snapshot *s, const char *path, uint64_t ino, size_t up,
		     struct mmt_err *e)
{
	struct snap_cgroups *g = s->cgroups;
	struct group *v;
	size_t at = 0;

	while (at < g->nr && !g->v[at].gone)
		at++; /* a group that left makes room */
	if (at >= GROUPS_MAX)
		return 0;
	v = mmt_grow(s->alloc, g->v, &g->cap, at + 1, sizeof(*v));
	if (!v)
		return mmt_fail(e, ENOMEM, "no memory for the control groups");
	g->v = v;
	v += at;
	*v = (struct group){ .ino = ino, .up = (uint32_t)up, .stat_fd = -1, .relist = true };
	for (unsigned i = 0; i < NR_VALUES; i++)
		v->fd[i] = -1;
	v->path = mmt_strdup(s->alloc, path);
	v->counter = mmt_calloc(s->alloc, COUNTERS_MAX, sizeof(*v->counter));
	if (!v->path || !v->counter) {
		mmt_free(s->alloc, v->path);
		mmt_free(s->alloc, v->counter);
		v->path = NULL;
		v->counter = NULL;
		v->gone = true;
		g->nr = at + 1 > g->nr ? at + 1 : g->nr;
		return mmt_fail(e, ENOMEM, "no memory for the control groups");
	}
	g->nr = at + 1 > g->nr ? at + 1 : g->nr;
	v->parent = up ? g->v[up - 1].id : 0;
	v->id = rec_ids_cgroup(s->ids, ino, v->parent, g->version, *path ? path : "/");
	for (unsigned i = 0; at < HELD_MAX && i < NR_VALUES; i++) {
		if (files(g)[i])
			v->fd[i] = open_file(s, v, files(g)[i]);
	}
	if (at < HELD_MAX)
		v->stat_fd = open_file(s, v, "memory.stat");
	return 0;
}

static bool known_child(const struct snap_cgroups *g, const char *path)
{
	for (size_t i = 0; i < g->nr; i++) {
		if (!g->v[i].gone && !strcmp(g->v[i].path, path))
			return true;
	}
	return false;
}

/* Add the children of group @at that are not known. */
static int list_children(struct rec_snapshot *s, size_t at, struct mmt_err *e)
{
	char path[4096], full[4096];
	struct dirent *de;
	struct stat st;
	int err = 0;
	DIR *d;

	if (!group_path(s, &s->cgroups->v[at], "", full, sizeof(full)))
		return 0;
	d = opendir(full);
	if (!d)
		return 0;
	while (!err && (de = readdir(d))) {
		if (de->d_type != DT_DIR || de->d_name[0] == '.' ||
		    snprintf(path, sizeof(path), "%s/%s", s->cgroups->v[at].path, de->d_name) >=
			    (int)sizeof(path) ||
		    known_child(s->cgroups, path) ||
		    fstatat(dirfd(d), de->d_name, &st, AT_SYMLINK_NOFOLLOW))
			continue;
		err = add_group(s, path, st.st_ino, at + 1, e);
	}
	closedir(d);
	return err;
}

static void leave(struct rec_snapshot *s, struct group *v)
{
	close_group(s, v);
	if (v->up)
		s->cgroups->v[v->up - 1].relist = true;
	mmt_free(s->alloc, v->path);
	mmt_free(s->alloc, v->counter);
	v->path = NULL;
	v->counter = NULL;
	v->gone = true;
}

/* Bring the list of groups up to date; a group that comes back under its old path is a new one. */
static int refresh(struct rec_snapshot *s, struct mmt_err *e)
{
	struct snap_cgroups *g = s->cgroups;
	char path[4096];
	struct stat st;
	bool again;

	for (size_t i = 0; i < g->nr; i++) {
		struct group *v = &g->v[i];

		if (v->gone)
			continue;
		if (!group_path(s, v, "", path, sizeof(path)) || stat(path, &st) ||
		    st.st_ino != v->ino) {
			leave(s, v);
			continue;
		}
		v->relist |= st.st_nlink != v->links;
		v->links = st.st_nlink;
	}
	do {
		again = false;
		for (size_t i = 0; i < g->nr; i++) {
			int err;

			if (g->v[i].gone || !g->v[i].relist)
				continue;
			g->v[i].relist = false;
			err = list_children(s, i, e);
			if (err)
				return err;
			again = true;
		}
	} while (again);
	return 0;
}

struct snap_cgroups *snap_cgroups_new(struct rec_snapshot *s, struct mmt_err *e)
{
	struct snap_cgroups *g = mmt_calloc(s->alloc, 1, sizeof(*g));
	char path[4096];
	struct stat st;
	int err;

	if (!g) {
		mmt_fail(e, ENOMEM, "no memory for the control groups");
		return NULL;
	}
	s->cgroups = g;
	err = find_mount(s, g, e);
	if (!err && g->version && snap_path(s, path, sizeof(path), g->mount) && !stat(path, &st))
		err = add_group(s, "", st.st_ino, 0, e);
	if (!err)
		err = refresh(s, e);
	if (err) {
		snap_cgroups_free(s);
		return NULL;
	}
	return g;
}

void snap_cgroups_free(struct rec_snapshot *s)
{
	struct snap_cgroups *g = s->cgroups;

	if (!g)
		return;
	for (size_t i = 0; i < g->nr; i++) {
		if (!g->v[i].gone)
			leave(s, &g->v[i]);
	}
	mmt_free(s->alloc, g->v);
	mmt_free(s->alloc, g->mount);
	mmt_free(s->alloc, g->below);
	mmt_free(s->alloc, g);
	s->cgroups = NULL;
}

unsigned snap_cgroup_version(const struct rec_snapshot *s)
{
	return s->cgroups->version;
}

uint32_t snap_cgroup_at(const struct rec_snapshot *s, const char *path)
{
	const struct snap_cgroups *g = s->cgroups;
	size_t n = g->below ? strlen(g->below) : 0;

	if (n && !strncmp(path, g->below, n))
		path += n;
	if (!strcmp(path, "/"))
		path = "";
	for (size_t i = 0; i < g->nr; i++) {
		if (!g->v[i].gone && !strcmp(g->v[i].path, path))
			return g->v[i].id;
	}
	return 0;
}

/* --- rows --- */

/* The number in file @name of the group; @fallback if it has none. */
static uint64_t read_value(struct rec_snapshot *s, const struct group *v, unsigned i,
			   uint64_t fallback)
{
	int fd = v->fd[i];
	bool held = fd >= 0;
	char bytes[64];
	struct text t;
	uint64_t n;
	ssize_t len;

	if (!files(s->cgroups)[i])
		return fallback;
	if (!held)
		fd = open_file(s, v, files(s->cgroups)[i]);
	if (fd < 0)
		return fallback;
	len = mmt_io_pread(s->io, fd, bytes, sizeof(bytes), 0);
	if (!held)
		mmt_io_close(s->io, fd);
	if (len <= 0)
		return fallback;
	t = text_of(bytes, (size_t)len);
	text_trim(&t);
	if (text_is(t, "max") || !text_u64(t, &n))
		return text_is(t, "max") ? NO_LIMIT : fallback;
	return s->cgroups->version == 1 && n >= V1_NO_LIMIT ? NO_LIMIT : n;
}

static int stat_row(struct rec_snapshot *s, const struct group *v, const char *name, uint64_t value,
		    struct mmt_err *e)
{
	uint32_t id = mmt_writer_string(s->w, name, e);

	return id ? SNAP_ROW(s, snap_cgroupstat, e, v->id, id, value) : -ENOMEM;
}

static int counters(struct rec_snapshot *s, struct group *v, bool all, struct mmt_err *e)
{
	int fd = v->stat_fd >= 0 ? v->stat_fd : open_file(s, v, "memory.stat");
	struct text t, line, word;
	ssize_t n;
	unsigned i = 0;

	if (fd < 0)
		return 0;
	n = snap_read(s, fd, &s->text);
	if (fd != v->stat_fd)
		mmt_io_close(s->io, fd);
	if (n == -ENOMEM)
		return mmt_fail(e, ENOMEM, "no memory to read memory.stat");
	if (n <= 0)
		return 0;
	s->now = snap_clock();
	for (t = snap_text(&s->text); text_line(&t, &line) && i < COUNTERS_MAX; i++) {
		char name[96];
		uint64_t value;
		int err;

		if (!text_word(&line, &word) || !text_next_u64(&line, &value) ||
		    (!all && value == v->counter[i]))
			continue;
		v->counter[i] = value;
		text_copy(word, name, sizeof(name));
		err = stat_row(s, v, name, value, e);
		if (err)
			return err;
	}
	return 0;
}

static const char *limit_name(unsigned version, unsigned i)
{
	if (i == V_USAGE || i == V_SWAP_USAGE)
		return NULL;
	return version == 1 ? v1_files[i] : v2_files[i];
}

static int changes(struct rec_snapshot *s, struct group *v, const uint64_t *now, struct mmt_err *e)
{
	int err = 0;

	for (unsigned i = 0; !err && v->told && i < NR_VALUES; i++) {
		const char *name = limit_name(s->cgroups->version, i);
		uint32_t id;

		if (!name || now[i] == v->last[i])
			continue;
		id = mmt_writer_string(s->w, name, e);
		err = id ? SNAP_ROW(s, cgroup_change, e, v->id, id, now[i]) : -ENOMEM;
	}
	memcpy(v->last, now, sizeof(v->last));
	return err;
}

static int take_group(struct rec_snapshot *s, struct group *v, bool all, struct mmt_err *e)
{
	bool fresh = !v->told;
	bool soft = fresh || all;
	uint64_t now[NR_VALUES];
	int err;

	for (unsigned i = 0; i < NR_VALUES; i++)
		now[i] = read_value(s, v, i,
				    i == V_MAX || i == V_HIGH || i == V_SWAP_MAX ? NO_LIMIT : 0);
	s->now = snap_clock();
	soft |= now[V_SOFT] != v->last[V_SOFT] || now[V_SWAPPINESS] != v->last[V_SWAPPINESS];
	err = changes(s, v, now, e);
	if (!err)
		err = SNAP_ROW(s, snap_cgroup, e, v->id, v->parent, s->cgroups->version,
			       now[V_USAGE], now[V_MAX], now[V_HIGH], now[V_LOW], now[V_MIN],
			       now[V_SWAP_USAGE], now[V_SWAP_MAX]);
	v->told = true;
	if (!err && soft && s->cgroups->version == 1) {
		err = stat_row(s, v, v1_files[V_SOFT], now[V_SOFT], e);
		if (!err)
			err = stat_row(s, v, v1_files[V_SWAPPINESS], now[V_SWAPPINESS], e);
	}
	return err ? err : counters(s, v, all || fresh, e);
}

int snap_cgroups_take(struct rec_snapshot *s, bool all, bool last, struct mmt_err *e)
{
	struct snap_cgroups *g = s->cgroups;
	int err = g->version ? refresh(s, e) : 0;
	uint64_t until = snap_clock() + (last ? END_NS : LIGHT_NS);
	size_t taken = 0;

	for (size_t i = 0; !err && i < g->nr; i++) {
		size_t at = all ? i : (g->next + i) % g->nr;

		if (g->v[at].gone)
			continue;
		err = take_group(s, &g->v[at], all, e);
		if (!all && ++taken >= LIGHT_LEAST && snap_clock() > until) {
			g->next = at + 1;
			break;
		}
	}
	return err;
}

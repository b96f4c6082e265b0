// SPDX-License-Identifier: GPL-2.0-only
/*
 * The control group that a recording is of.
 *
 * Theory. The kernel tells groups by the inode of their directory, which is unique in a hierarchy:
 * version 2's, or that of the memory controller where it is on version 1.
 *   I1  A group is watched before those below it are listed, by programs that see mkdir already:
 * one made meanwhile is found by the list or by the program, or by both. Reference: cgroups(7);
 * statfs(2) for the two kinds of file systems.
 */
#include "lib/record/group.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/vfs.h>

#define V1_MAGIC 0x0027e0ebu
#define V2_MAGIC 0x63677270u
#define DEEPEST	 64

/* 1 or 2, 0: no control group with memory in it. */
static int version_of(const char *path)
{
	char file[REC_GROUP_PATH + 32];
	struct statfs fs;
	struct stat st;

	if (statfs(path, &fs))
		return 0;
	if ((uint32_t)fs.f_type == V2_MAGIC)
		return 2;
	snprintf(file, sizeof(file), "%s/memory.usage_in_bytes", path);
	return (uint32_t)fs.f_type == V1_MAGIC && !stat(file, &st) ? 1 : 0;
}

int rec_group_find(const char *name, char *path, struct mmt_err *e)
{
	static const char *const mounts[] = { "", "/sys/fs/cgroup/memory/", "/sys/fs/cgroup/" };

	for (size_t i = 0; i < sizeof(mounts) / sizeof(mounts[0]); i++) {
		int n = snprintf(path, REC_GROUP_PATH, "%s%s", mounts[i], name), version;

		version = n < REC_GROUP_PATH ? version_of(path) : 0;
		if (version)
			return version;
	}
	return mmt_fail(e, ENOENT, "%s: no control group of version 2 or of the memory controller",
			name);
}

static int watch_below(struct rec_probes *p, char *path, unsigned depth, struct mmt_err *e)
{
	size_t len = strlen(path);
	struct dirent *de;
	struct stat st;
	int err;
	DIR *d;

	if (stat(path, &st))
		return depth ? 0 : mmt_fail_errno(e, errno, "%s", path); /* it has gone */
	err = rec_probes_watch_group(p, st.st_ino, e);
	d = err || depth >= DEEPEST ? NULL : opendir(path);
	while (d && !err && (de = readdir(d))) {
		if (de->d_type != DT_DIR || de->d_name[0] == '.' ||
		    len + strlen(de->d_name) + 2 > REC_GROUP_PATH)
			continue;
		snprintf(path + len, REC_GROUP_PATH - len, "/%s", de->d_name);
		err = watch_below(p, path, depth + 1, e);
		path[len] = 0;
	}
	if (d)
		closedir(d);
	return err;
}

int rec_group_watch(struct rec_probes *p, const char *path, struct mmt_err *e)
{
	char at[REC_GROUP_PATH];

	snprintf(at, sizeof(at), "%s", path);
	return watch_below(p, at, 0, e);
}

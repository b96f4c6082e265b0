/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Which allocation of the process fails: number $NOMEM_AT (from 1), and with $NOMEM_AFTER all later
 * ones too. At exit the number of those tried is appended to the file $NOMEM_COUNT. What takes 20 s
 * of CPU time, or two minutes, is ended.
 */
#ifndef FAULT_NTH_H
#define FAULT_NTH_H

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <unistd.h>

static unsigned long calls, fail_at;
static bool ready, after;

static bool fails(void)
{
	if (!ready) {
		ready = true;
		setrlimit(RLIMIT_CPU, &(struct rlimit){ 20, 20 });
		alarm(120);
		fail_at = getenv("NOMEM_AT") ? strtoul(getenv("NOMEM_AT"), NULL, 10) : 0;
		after = getenv("NOMEM_AFTER") && *getenv("NOMEM_AFTER");
	}
	calls++;
	if (!fail_at || calls < fail_at || (calls > fail_at && !after))
		return false;
	errno = ENOMEM;
	return true;
}

__attribute__((destructor)) static void report(void)
{
	const char *path = getenv("NOMEM_COUNT");
	char line[32];
	int fd, n;

	if (!path)
		return;
	fd = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
	n = snprintf(line, sizeof(line), "%lu\n", calls);
	if (fd < 0 || write(fd, line, (size_t)n) != n)
		_exit(99);
	close(fd);
}

#endif

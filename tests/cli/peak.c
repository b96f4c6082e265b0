// SPDX-License-Identifier: GPL-2.0-only
/*
 * What a command costs: peak FILE PROGRAM [ARG...] runs it and writes to FILE its exit status (128 +
 * signal), the most memory it had at once in KiB, and its CPU time in ms. Exits as it did.
 */
#include <stdio.h>
#include <sys/resource.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

static long ms(struct timeval t)
{
	return t.tv_sec * 1000 + t.tv_usec / 1000;
}

int main(int argc, char **argv)
{
	struct rusage u;
	int status;
	pid_t pid;
	FILE *f;

	if (argc < 3)
		return 2;
	pid = fork();
	if (pid < 0)
		return 2;
	if (!pid) {
		execv(argv[2], argv + 2);
		_exit(127);
	}
	if (wait4(pid, &status, 0, &u) != pid)
		return 2;
	status = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
	f = fopen(argv[1], "w");
	if (!f)
		return 2;
	fprintf(f, "%d %ld %ld\n", status, u.ru_maxrss, ms(u.ru_utime) + ms(u.ru_stime));
	return fclose(f) ? 2 : status;
}

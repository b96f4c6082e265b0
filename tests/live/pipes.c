/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Many allocations and frees for little CPU time: fills a pipe of 256 pages and empties it, which
 * allocates and frees each of them, until it has done so with PAGES, at no more than RATE a second.
 * Prints how many a second it were.
 *
 *	pipes PAGES RATE
 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#define BATCH 256UL /* pages; what a user may have in a pipe */
#define BYTES (BATCH * 4096)

static char buffer[BYTES];

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

int main(int argc, char **argv)
{
	unsigned long pages = argc > 1 ? strtoul(argv[1], NULL, 10) : 0, done = 0;
	double rate = argc > 2 ? strtod(argv[2], NULL) : 0, begin = now(), late;
	int fd[2];

	if (rate <= 0 || pipe(fd) || fcntl(fd[1], F_SETPIPE_SZ, BYTES) < (int)BYTES)
		return 2;
	for (; done < pages; done += BATCH) {
		if (write(fd[1], buffer, BYTES) != BYTES || read(fd[0], buffer, BYTES) != BYTES)
			return 3;
		late = begin + (double)done / rate - now();
		if (late > 0.002)
			usleep((useconds_t)(late * 1e6));
	}
	printf("%.0f pages a second\n", (double)done / (now() - begin));
	return 0;
}

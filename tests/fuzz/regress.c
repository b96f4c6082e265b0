/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Replays the corpus of one fuzz target with any compiler, as TAP: linked with fz_X.c into
 * regress_fz_X, it feeds every file of tests/fuzz/corpus/fz_X/ to LLVMFuzzerTestOneInput(). A
 * crash ends the program, and so the plan is not met. R10: none takes more than a second of CPU
 * time for each MiB that is begun.
 */
#include <dirent.h>
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int by_name(const struct dirent *e)
{
	return e->d_name[0] != '.';
}

static double cpu_seconds(void)
{
	struct timespec now;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
	return (double)now.tv_sec + (double)now.tv_nsec * 1e-9;
}

/* Run the target on one input: 0, or 1 if it was too slow. */
static int run(const uint8_t *data, size_t size)
{
	double limit = 1 + (double)(size >> 20), from = cpu_seconds(), took;

	LLVMFuzzerTestOneInput(data, size);
	took = cpu_seconds() - from;
	if (took <= limit)
		return 0;
	printf("# %zu bytes took %.2f s\n", size, took);
	return 1;
}

/* An exact-size block, so that a sanitizer sees a read past its end. */
static int feed(const char *path)
{
	FILE *f = fopen(path, "rb");
	uint8_t *data;
	long size;
	int bad = 1;

	if (!f)
		return 1;
	if (fseek(f, 0, SEEK_END) == 0 && (size = ftell(f)) >= 0 && fseek(f, 0, SEEK_SET) == 0) {
		data = malloc(size ? (size_t)size : 1);
		bad = !data || fread(data, 1, (size_t)size, f) != (size_t)size;
		if (!bad)
			bad = run(data, (size_t)size);
		free(data);
	}
	fclose(f);
	return bad;
}

int main(int argc, char **argv)
{
	const char *name = argc ? strrchr(argv[0], '/') : NULL;
	char dir[300], path[600];
	struct dirent **e = NULL;
	int n, bad = 0;

	setvbuf(stdout, NULL, _IOLBF, 0);
	name = name ? name + 1 : argv[0];
	if (strncmp(name, "regress_", 8) != 0)
		return 2;
	snprintf(dir, sizeof(dir), "tests/fuzz/corpus/%s", name + 8);
	n = scandir(dir, &e, by_name, alphasort);
	if (n < 0) {
		printf("# %s: %s\n", dir, strerror(errno));
		return 2;
	}
	printf("1..%d\n", n);
	for (int i = 0; i < n; i++) {
		int wrong;

		snprintf(path, sizeof(path), "%s/%s", dir, e[i]->d_name);
		wrong = feed(path);
		bad |= wrong;
		printf("%sok %d - %s\n", wrong ? "not " : "", i + 1, e[i]->d_name);
		free(e[i]);
	}
	free(e);
	return bad;
}

/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What guests do while they are recorded: small loads whose page faults follow from their arguments
 * alone, so that two runs ask the kernel for the same pages in the same order.
 *
 *	load anon MB PASSES      touch MB of anonymous memory, then as many pages at random, PASSES
 *	                         times
 *	load churn STEPS         map, fill and unmap regions of 1 to 64 pages, up to 256 at once
 *	load frag MB KEEP        fill MB with single pages while kernel pages (pipe buffers) go in
 *	                         between, then free all of them but one in KEEP: what is left holes
 *	load compact MB KEEP     the same, then let the kernel compact all memory, which moves
 *	                         what was kept together, and touch half of it again
 *	load huge MB             touch MB with huge pages allowed, say how many the kernel gave
 *	load files FOLDER N KB   write N files of KB, read them twice, delete every second one
 *
 * A seed may follow as the last argument. HOLD=SECONDS in the environment keeps the memory that
 * long before the end, for a snapshot to see.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>

#define PAGE 4096u
#define HUGE (2u << 20)

static uint64_t seed = 1;

/* splitmix64: public domain constants of its paper (Steele, Lea, Flood 2014). */
static uint64_t next(void)
{
	uint64_t z = seed += UINT64_C(0x9e3779b97f4a7c15);

	z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
	return z ^ (z >> 31);
}

static void die(const char *what)
{
	fprintf(stderr, "load: %s: %s\n", what, strerror(errno));
	exit(1);
}

static unsigned long number(const char *text)
{
	char *end;
	unsigned long n = strtoul(text, &end, 10);

	if (!*text || *end) {
		fprintf(stderr, "load: not a number: %s\n", text);
		exit(2);
	}
	return n;
}

/* Anonymous memory that begins on a huge page's boundary. */
static char *map(size_t size)
{
	char *p =
		mmap(NULL, size + HUGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (p == MAP_FAILED)
		die("mmap");
	return (char *)(((uintptr_t)p + HUGE - 1) & ~(uintptr_t)(HUGE - 1));
}

/* A plain store: emulated read-modify-write faults twice, for the read and for the write. */
static void touch(char *p)
{
	*(volatile char *)p = 1;
}

static long faults(void)
{
	struct rusage r;

	getrusage(RUSAGE_SELF, &r);
	return r.ru_minflt + r.ru_majflt;
}

static void anon(size_t mb, unsigned long passes)
{
	size_t pages = (mb << 20) / PAGE;
	char *p = map(pages * PAGE);

	if (madvise(p, pages * PAGE, MADV_NOHUGEPAGE))
		die("madvise");
	for (size_t i = 0; i < pages; i++)
		touch(p + i * PAGE);
	for (size_t i = 0; i < pages * passes; i++)
		touch(p + next() % pages * PAGE);
}

static void churn(unsigned long steps)
{
	enum { REGIONS = 256, PAGES = 64 };
	static char *region[REGIONS];
	static size_t size[REGIONS];
	unsigned long mapped = 0;

	for (unsigned long i = 0; i < steps; i++) {
		size_t r = next() % REGIONS;

		if (region[r]) {
			munmap(region[r], size[r]);
			region[r] = NULL;
			continue;
		}
		size[r] = (1 + next() % PAGES) * PAGE;
		region[r] = mmap(NULL, size[r], PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS,
				 -1, 0);
		if (region[r] == MAP_FAILED)
			die("mmap");
		for (size_t at = 0; at < size[r]; at += PAGE, mapped++)
			touch(region[r] + at);
	}
	printf("pages=%lu ", mapped);
}

static char *frag(size_t mb, unsigned long keep)
{
	enum { BETWEEN = 16 }; /* user pages for every page that the kernel takes */
	static const char buffer[PAGE];
	size_t pages = (mb << 20) / PAGE, pipes = 0;
	struct rlimit files = { 1 << 16, 1 << 16 };
	char *p = map(pages * PAGE);

	if (!keep || madvise(p, pages * PAGE, MADV_NOHUGEPAGE) || setrlimit(RLIMIT_NOFILE, &files))
		die("frag");
	for (size_t i = 0; i < pages; i++) {
		int end[2];

		touch(p + i * PAGE);
		if (i % BETWEEN)
			continue;
		if (pipe(end) || write(end[1], buffer, PAGE) != PAGE)
			die("pipe");
		pipes++;
	}
	for (size_t i = 0; i < pages; i++) {
		if (i % keep && madvise(p + i * PAGE, PAGE, MADV_DONTNEED))
			die("madvise");
	}
	printf("pages=%zu pipes=%zu ", pages, pipes);
	return p;
}

static void compact(size_t mb, unsigned long keep)
{
	size_t pages = (mb << 20) / PAGE;
	char *p = frag(mb, keep);
	int fd;

	sleep(2); /* for a snapshot to see what there is to compact */
	fd = open("/proc/sys/vm/compact_memory", O_WRONLY);
	if (fd < 0 || write(fd, "1", 1) != 1)
		die("compact_memory");
	close(fd);
	for (size_t i = 0; i < pages; i += 2)
		touch(p + i * PAGE);
}

static void huge(size_t mb)
{
	size_t size = mb << 20;
	char line[256], *p = map(size);
	FILE *smaps = fopen("/proc/self/smaps_rollup", "r");

	if (!smaps || madvise(p, size, MADV_HUGEPAGE))
		die("huge");
	for (size_t at = 0; at < size; at += PAGE)
		touch(p + at);
	while (fgets(line, sizeof(line), smaps)) {
		if (!strncmp(line, "AnonHugePages:", 14))
			printf("huge_kb=%ld ", strtol(line + 14, NULL, 10));
	}
	fclose(smaps);
}

static void files(const char *folder, unsigned long count, size_t kb)
{
	static char buffer[64 << 10];
	char name[4096];

	for (int round = 0; round < 4; round++) {
		for (unsigned long i = 0; i < count; i++) {
			int flags = round ? O_RDONLY : O_CREAT | O_TRUNC | O_WRONLY, fd;

			snprintf(name, sizeof(name), "%s/%lu", folder, i);
			if (round == 3) {
				if (i % 2 == 0 && unlink(name))
					die(name);
				continue;
			}
			fd = open(name, flags, 0600);
			if (fd < 0)
				die(name);
			for (size_t left = kb << 10, n; left; left -= n) {
				n = left < sizeof(buffer) ? left : sizeof(buffer);
				if ((round ? read(fd, buffer, n) : write(fd, buffer, n)) !=
				    (ssize_t)n)
					die(name);
			}
			close(fd);
		}
	}
}

int main(int argc, char **argv)
{
	const char *what = argc > 2 ? argv[1] : "";
	static const struct {
		const char *name;
		int arguments;
	} loads[] = { { "anon", 2 },	{ "churn", 1 }, { "frag", 2 },
		      { "compact", 2 }, { "huge", 1 },	{ "files", 3 } };
	int arguments = 0;

	for (size_t i = 0; i < sizeof(loads) / sizeof(loads[0]); i++) {
		if (!strcmp(loads[i].name, what))
			arguments = loads[i].arguments;
	}
	if (!arguments || (argc != 2 + arguments && argc != 3 + arguments)) {
		fprintf(stderr,
			"usage: load anon MB PASSES | churn STEPS | frag MB KEEP | compact MB KEEP | "
			"huge MB | files FOLDER N KB  [SEED]\n");
		return 2;
	}
	if (argc == 3 + arguments)
		seed = number(argv[argc - 1]);
	printf("%s ", what);
	if (!strcmp(what, "anon"))
		anon(number(argv[2]), number(argv[3]));
	else if (!strcmp(what, "churn"))
		churn(number(argv[2]));
	else if (!strcmp(what, "frag"))
		frag(number(argv[2]), number(argv[3]));
	else if (!strcmp(what, "compact"))
		compact(number(argv[2]), number(argv[3]));
	else if (!strcmp(what, "huge"))
		huge(number(argv[2]));
	else
		files(argv[2], number(argv[3]), number(argv[4]));
	printf("faults=%ld\n", faults());
	fflush(stdout);
	if (getenv("HOLD"))
		sleep((unsigned)number(getenv("HOLD")));
	return 0;
}

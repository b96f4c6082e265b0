/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Make events happen in a guest, one sort a call. Numbers are the caller's, so that a trace can be
 * held against them; "KEY=N" on stdout is what the kernel said it did.
 *
 *	events switch N             two processes hand a byte to and fro, N times
 *	events threads N            N threads alive at once, each with a kernel stack
 *	events shoot N              unmap a page N times while a thread runs on another CPU
 *	events touch N [FILE]       touch N pages, and N more once FILE is there
 *	events move N FROM TO       N pages of node FROM moved to node TO: moved=
 *	events migrate N FROM TO    the same, the whole process, by migrate_pages(): left=
 *	events huge-move FROM TO    a huge page moved between nodes: moved=
 *	events far N SECONDS        touch N pages of another node than one runs on, two processes:
 *	                            node= of the first's first page
 *	events bind N NODE          touch N pages that only NODE may give
 *	events collapse KIND        a huge page of small ones: anon (by khugepaged), swapped (with
 *	                            some of them in swap), shmem (on demand)
 *	events merge N SECONDS      N equal pages offered to KSM twice over and a zero page, taken
 *	                            back at the end; with SECONDS 0 offered and left
 *	events hugetlb N            N huge pages of the pool touched
 *	events hugetlbfs FILE N     FILE of N huge pages made, resized, emptied, removed
 *	events write FILE N         N pages written to FILE and on to the disk
 *	events read FILE            FILE forgotten, and read from its beginning, twice
 *	events map FILE             FILE forgotten, mapped and touched
 *	events pageout N            N pages touched and given out to swap, and read back: majors=
 *	events percpu N             N objects of 32 KiB on each CPU, made and given back
 *	events protect              a file mapping, remapped, protected, locked, discarded
 *	events prctl                a call of prctl() that no kernel knows
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/bpf.h>
#include <linux/mempolicy.h>
#include <pthread.h>
#include <sched.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define PAGE 4096ul
#define HUGE (512 * PAGE)

#ifndef MADV_COLLAPSE
#define MADV_COLLAPSE 25
#endif
#ifndef MADV_PAGEOUT
#define MADV_PAGEOUT 21
#endif

static void die(const char *what)
{
	fprintf(stderr, "events: %s: %s\n", what, strerror(errno));
	exit(1);
}

static unsigned long number(const char *text)
{
	char *end;
	unsigned long n = text ? strtoul(text, &end, 10) : 0;

	if (!text || !*text || *end) {
		fprintf(stderr, "events: not a number: %s\n", text ? text : "");
		exit(2);
	}
	return n;
}

/* Memory that begins on a huge page's boundary; small pages, unless it is asked otherwise. */
static char *map_of(size_t bytes, int fd)
{
	int flags = fd < 0 ? MAP_PRIVATE | MAP_ANONYMOUS : MAP_SHARED;
	char *p = mmap(NULL, bytes + HUGE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (p == MAP_FAILED)
		die("mmap");
	p += (HUGE - (size_t)p % HUGE) % HUGE;
	p = mmap(p, bytes, PROT_READ | PROT_WRITE, flags | MAP_FIXED, fd, 0);
	if (p == MAP_FAILED || madvise(p, bytes, MADV_NOHUGEPAGE))
		die("mmap");
	return p;
}

static char *map(size_t bytes)
{
	return map_of(bytes, -1);
}

static void touch(char *at, size_t pages)
{
	for (size_t i = 0; i < pages; i++)
		((volatile char *)at)[i * PAGE] = (char)i;
}

static void run_on(int cpu)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(cpu, &set);
	if (sched_setaffinity(0, sizeof(set), &set))
		die("sched_setaffinity");
}

static void run_anywhere(void)
{
	cpu_set_t set;

	memset(&set, 0xff, sizeof(set));
	if (sched_setaffinity(0, sizeof(set), &set))
		die("sched_setaffinity");
}

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/* What is at the path, a number. */
static unsigned long read_number(const char *path)
{
	char line[64] = "0";
	FILE *f = fopen(path, "r");

	if (!f || !fgets(line, sizeof(line), f))
		die(path);
	fclose(f);
	return strtoul(line, NULL, 10);
}

static void on_node(char *at, size_t bytes, unsigned long node)
{
	unsigned long mask = 1ul << node;

	if (syscall(SYS_mbind, at, bytes, MPOL_BIND, &mask, 64, 0))
		die("mbind");
	touch(at, bytes / PAGE);
	if (syscall(SYS_mbind, at, bytes, MPOL_DEFAULT, NULL, 0, 0))
		die("mbind");
}

/* --- tasks --- */

static void switches(unsigned long n)
{
	int there[2], back[2], pid;
	char byte = 1;

	if (pipe(there) || pipe(back))
		die("pipe");
	run_on(0);
	pid = fork();
	for (; n; n--) {
		if (!pid && (read(there[0], &byte, 1) != 1 || write(back[1], &byte, 1) != 1))
			_exit(3);
		if (pid && (write(there[1], &byte, 1) != 1 || read(back[0], &byte, 1) != 1))
			die("pipe");
	}
	if (!pid)
		_exit(0);
	waitpid(pid, NULL, 0);
}

static pthread_barrier_t met;
static volatile int done;

static void *wait_for_all(void *arg)
{
	(void)arg;
	pthread_barrier_wait(&met);
	return NULL;
}

static void threads(unsigned n)
{
	pthread_t *t = calloc(n, sizeof(*t));
	pthread_attr_t small;

	pthread_attr_init(&small);
	pthread_attr_setstacksize(&small, 64 << 10);
	pthread_barrier_init(&met, NULL, n + 1);
	for (unsigned i = 0; i < n; i++) {
		if (pthread_create(&t[i], &small, wait_for_all, NULL))
			die("pthread_create");
	}
	pthread_barrier_wait(&met);
	for (unsigned i = 0; i < n; i++)
		pthread_join(t[i], NULL);
}

static void *spin(void *arg)
{
	(void)arg;
	run_on(1);
	pthread_barrier_wait(&met);
	while (!done)
		;
	return NULL;
}

static void shoot(unsigned long n)
{
	pthread_t other;

	pthread_barrier_init(&met, NULL, 2);
	if (pthread_create(&other, NULL, spin, NULL))
		die("pthread_create");
	run_on(0);
	pthread_barrier_wait(&met);
	while (n--) {
		char *p = map(PAGE);

		touch(p, 1);
		munmap(p, PAGE);
	}
	done = 1;
	pthread_join(other, NULL);
}

static void touch_twice(size_t n, const char *file)
{
	char *p = map(2 * n * PAGE);

	touch(p, n);
	if (!file)
		return;
	while (access(file, F_OK))
		usleep(1000);
	touch(p + n * PAGE, n);
}

/* --- nodes --- */

static unsigned long move(char *p, size_t n, size_t step, int to)
{
	void **pages = calloc(n, sizeof(*pages));
	int *nodes = calloc(n, sizeof(*nodes)), *status = calloc(n, sizeof(*status));
	unsigned long moved = 0;

	for (size_t i = 0; i < n; i++) {
		pages[i] = p + i * step;
		nodes[i] = to;
		status[i] = -1;
	}
	if (syscall(SYS_move_pages, 0, n, pages, nodes, status, MPOL_MF_MOVE) < 0)
		die("move_pages");
	for (size_t i = 0; i < n; i++)
		moved += status[i] == to;
	return moved;
}

static void move_small(size_t n, unsigned long from, unsigned long to)
{
	char *p = map(n * PAGE);

	on_node(p, n * PAGE, from);
	printf("moved=%lu\n", move(p, n, PAGE, (int)to));
}

static void move_huge(unsigned long from, unsigned long to)
{
	char *p = map(HUGE);

	madvise(p, HUGE, MADV_HUGEPAGE);
	on_node(p, HUGE, from);
	printf("moved=%lu\n", move(p, 1, PAGE, (int)to));
}

static void migrate(size_t n, unsigned long from, unsigned long to)
{
	unsigned long old = 1ul << from, new = 1ul << to;
	char *p = map(n * PAGE);
	long left;

	on_node(p, n * PAGE, from);
	left = syscall(SYS_migrate_pages, 0, 64, &old, &new);
	if (left < 0)
		die("migrate_pages");
	printf("left=%ld\n", left);
}

static void bind_to(size_t n, unsigned long node)
{
	unsigned long mask = 1ul << node;
	char *p = map(n * PAGE);

	if (syscall(SYS_mbind, p, n * PAGE, MPOL_BIND, &mask, 64, 0))
		die("mbind");
	touch(p, n);
}

/* First from one CPU, whose node then has the pages; then from the other, then wherever the kernel
 * likes: its balancing should bring pages and tasks together. */
static void far(size_t n, unsigned long seconds)
{
	bool child = !fork();
	char *p = map(n * PAGE);
	double end;
	int node = -1;
	void *first = p;

	run_on(!child);
	touch(p, n);
	run_on(child);
	for (int half = 0; half < 2; half++) {
		for (end = now() + (double)seconds / 2; now() < end;)
			touch(p, n);
		run_anywhere();
	}
	if (child)
		_exit(0);
	wait(NULL);
	syscall(SYS_move_pages, 0, 1, &first, NULL, &node, 0);
	printf("node=%d\n", node);
}

/* --- huge pages and merged pages --- */

static unsigned long huge_kb(void)
{
	FILE *f = fopen("/proc/self/smaps_rollup", "r");
	unsigned long kb = 0;
	char line[256];

	while (f && fgets(line, sizeof(line), f))
		sscanf(line, "AnonHugePages: %lu", &kb);
	if (f)
		fclose(f);
	return kb;
}

static void collapse(const char *kind)
{
	bool shmem = !strcmp(kind, "shmem");
	int fd = shmem ? (int)syscall(SYS_memfd_create, "shmem", 0) : -1;
	double end = now() + 30;
	char *p;

	if (shmem && ftruncate(fd, (off_t)HUGE))
		die("memfd");
	p = map_of(HUGE, fd);
	touch(p, HUGE / PAGE);
	if (!strcmp(kind, "swapped") && madvise(p, 31 * PAGE, MADV_PAGEOUT))
		die("MADV_PAGEOUT");
	madvise(p, HUGE, MADV_HUGEPAGE);
	/* a page on its way to an LRU list is busy */
	while (shmem && madvise(p, HUGE, MADV_COLLAPSE)) {
		if (errno != EAGAIN || now() > end)
			die("MADV_COLLAPSE");
		usleep(10000);
	}
	while (!shmem && !huge_kb() && now() < end)
		usleep(10000);
	printf("huge_kb=%lu\n", huge_kb());
}

static void merge(size_t n, unsigned long seconds)
{
	double end = now() + (double)seconds;
	char *p = map((3 * n + 1) * PAGE);

	/* page i of each part is like page i of the others */
	for (size_t i = 0; i < 3 * n; i++)
		memset(p + i * PAGE, (int)(1 + i % n), PAGE);
	memset(p + 3 * n * PAGE, 0, PAGE);
	if (madvise(p, (3 * n + 1) * PAGE, MADV_MERGEABLE))
		die("MADV_MERGEABLE");
	if (!seconds)
		return;
	while (read_number("/sys/kernel/mm/ksm/pages_sharing") < 2 * n && now() < end)
		usleep(10000);
	printf("shared=%lu sharing=%lu\n", read_number("/sys/kernel/mm/ksm/pages_shared"),
	       read_number("/sys/kernel/mm/ksm/pages_sharing"));
	if (madvise(p, (3 * n + 1) * PAGE, MADV_UNMERGEABLE))
		die("MADV_UNMERGEABLE");
}

static void hugetlb(size_t n)
{
	char *p = mmap(NULL, n * HUGE, PROT_READ | PROT_WRITE,
		       MAP_PRIVATE | MAP_ANONYMOUS | MAP_HUGETLB, -1, 0);

	if (p == MAP_FAILED)
		die("MAP_HUGETLB");
	for (size_t i = 0; i < n; i++)
		touch(p + i * HUGE, 1);
}

static void hugetlbfs(const char *file, size_t n)
{
	int fd = open(file, O_CREAT | O_RDWR, 0600);
	char *p;

	if (fd < 0 || ftruncate(fd, (off_t)(n * HUGE)) || fallocate(fd, 0, 0, (off_t)(n * HUGE)))
		die(file);
	p = mmap(NULL, n * HUGE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (p == MAP_FAILED)
		die(file);
	for (size_t i = 0; i < n; i++)
		touch(p + i * HUGE, 1);
	munmap(p, n * HUGE);
	if (fallocate(fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 0, (off_t)HUGE))
		die(file);
	close(fd);
	unlink(file);
}

/* --- files and swap --- */

static void write_file(const char *file, size_t n)
{
	int fd = open(file, O_WRONLY | O_CREAT | O_TRUNC, 0600);
	char page[PAGE];

	memset(page, 1, sizeof(page));
	if (fd < 0)
		die(file);
	while (n--) {
		if (write(fd, page, sizeof(page)) != (ssize_t)sizeof(page))
			die(file);
	}
	if (fsync(fd) || close(fd))
		die(file);
}

static void read_file(const char *file)
{
	int fd = open(file, O_RDONLY);
	char page[PAGE];

	if (fd < 0 || posix_fadvise(fd, 0, 0, POSIX_FADV_DONTNEED))
		die(file);
	for (int round = 0; round < 2; round++) {
		if (lseek(fd, 0, SEEK_SET))
			die(file);
		while (read(fd, page, sizeof(page)) > 0)
			;
	}
	close(fd);
}

static void map_file(const char *file)
{
	int fd = open(file, O_RDONLY);
	off_t size = fd < 0 ? -1 : lseek(fd, 0, SEEK_END);
	volatile char *p;

	if (size < 0 || posix_fadvise(fd, 0, 0, POSIX_FADV_DONTNEED))
		die(file);
	p = mmap(NULL, (size_t)size, PROT_READ, MAP_PRIVATE, fd, 0);
	if (p == MAP_FAILED)
		die(file);
	for (off_t at = 0; at < size; at += PAGE)
		(void)p[at];
	close(fd);
}

static void pageout(size_t n)
{
	char *p = map(n * PAGE);
	struct rusage before, after;

	touch(p, n);
	if (madvise(p, n * PAGE, MADV_PAGEOUT))
		die("MADV_PAGEOUT");
	getrusage(RUSAGE_SELF, &before);
	touch(p, n);
	getrusage(RUSAGE_SELF, &after);
	printf("majors=%ld minors=%ld\n", after.ru_majflt - before.ru_majflt,
	       after.ru_minflt - before.ru_minflt);
}

/* Elements of a map of BPF programs are per-CPU objects, the largest that there are. */
static void percpu(unsigned n)
{
	union bpf_attr attr = { .map_type = BPF_MAP_TYPE_PERCPU_ARRAY,
				.key_size = 4,
				.value_size = 32 << 10,
				.max_entries = n };

	if (syscall(SYS_bpf, BPF_MAP_CREATE, &attr, sizeof(attr)) < 0)
		die("BPF_MAP_CREATE");
}

static void protect(void)
{
	int fd = open("/proc/self/exe", O_RDONLY);
	char *p = mmap(NULL, 7 * PAGE, PROT_READ, MAP_PRIVATE, fd, 0), *q;

	if (p == MAP_FAILED || mprotect(p, 7 * PAGE, PROT_READ | PROT_WRITE))
		die("mprotect");
	q = mremap(p, 7 * PAGE, 11 * PAGE, MREMAP_MAYMOVE);
	if (q == MAP_FAILED || mlock(q, PAGE) || munlock(q, PAGE) ||
	    madvise(q, 3 * PAGE, MADV_DONTNEED) || munmap(q, 11 * PAGE))
		die("mremap");
	close(fd);
}

int main(int argc, char **argv)
{
	const char *what = argc > 1 ? argv[1] : "", *a = argc > 2 ? argv[2] : NULL;
	const char *b = argc > 3 ? argv[3] : NULL, *c = argc > 4 ? argv[4] : NULL;

	if (!strcmp(what, "switch"))
		switches(number(a));
	else if (!strcmp(what, "threads"))
		threads((unsigned)number(a));
	else if (!strcmp(what, "shoot"))
		shoot(number(a));
	else if (!strcmp(what, "touch"))
		touch_twice(number(a), b);
	else if (!strcmp(what, "move"))
		move_small(number(a), number(b), number(c));
	else if (!strcmp(what, "migrate"))
		migrate(number(a), number(b), number(c));
	else if (!strcmp(what, "huge-move"))
		move_huge(number(a), number(b));
	else if (!strcmp(what, "far"))
		far(number(a), number(b));
	else if (!strcmp(what, "bind"))
		bind_to(number(a), number(b));
	else if (!strcmp(what, "collapse") && a)
		collapse(a);
	else if (!strcmp(what, "merge"))
		merge(number(a), number(b));
	else if (!strcmp(what, "hugetlb"))
		hugetlb(number(a));
	else if (!strcmp(what, "hugetlbfs") && a)
		hugetlbfs(a, number(b));
	else if (!strcmp(what, "write") && a)
		write_file(a, number(b));
	else if (!strcmp(what, "read") && a)
		read_file(a);
	else if (!strcmp(what, "map") && a)
		map_file(a);
	else if (!strcmp(what, "pageout"))
		pageout(number(a));
	else if (!strcmp(what, "percpu"))
		percpu((unsigned)number(a));
	else if (!strcmp(what, "protect"))
		protect();
	else if (!strcmp(what, "prctl"))
		return prctl(0x7fffffff, 1, 2, 3, 4) != -1;
	else
		return 2;
	return 0;
}

/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the page programs of several BPF objects cost, side by side: each object in turn is attached
 * around the same work of the same process, and ftrace's events in an instance of tracefs. CPU time
 * that is added, ns, for a page touched and unmapped, and for a page copied after fork, to what the
 * work took right before: medians and quartiles over the turns, and the ratio to ftrace.
 *
 *	page_ab TURNS NAME=OBJECT[,FILTER]...
 *
 * An object is a build/bpf/mmtrace.bpf.o; of each only the programs of pages are loaded. A
 * thread on another CPU reads their rings every 10 ms. With a filter, what is recorded is this
 * process (wanted), another one (unwanted), its control group (group) or another (ungroup): what a
 * recording of a command, of -p or of --cgroup costs its own tasks and all others (forks are not
 * followed, so to the first two a copied page is another process's). Needs root and tracefs, and
 * for groups that of the memory controller or version 2 in /sys/fs/cgroup.
 */
#define _GNU_SOURCE
#include "page_work.h"

#include <bpf/bpf.h>
#include <bpf/btf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#define INNER	   40 /* rounds of work in a turn, after one to warm up: the fastest counts */
#define WORDS	   (1UL << 18) /* of a ring */
#define SLACK	   64
#define MAX	   24 /* variants */
#define TURNS	   400
#define PAGE_UP(n) (((n) + PAGE - 1) / PAGE * PAGE)
#define INSTANCE   "/sys/kernel/tracing/instances/page_ab"

static const char *const programs[] = { "page_fault_user",    "mm_page_alloc",
					"mm_page_free",	      "mm_page_alloc_zone_locked",
					"mm_page_pcpu_drain", "mm_page_free_within" };
#define NR_PROGRAMS (sizeof(programs) / sizeof(*programs))
#define NR_EVENTS   5 /* the last program shares its tracepoint */

struct variant {
	const char *name;
	struct bpf_object *object;
	struct bpf_program *program[NR_PROGRAMS];
	struct bpf_link *link[NR_PROGRAMS];
	char *rings;
	size_t stride, head, tail, words, on; /* bytes; all but the first within a ring */
	void *bss;
	size_t bss_size;
	uint32_t *recording;
	uint64_t read; /* words */
	const char *path, *filter;
	double page[TURNS], cow[TURNS]; /* added, of each turn */
	double run[NR_PROGRAMS][TURNS]; /* ns a program ran, by the kernel's own measurement */
	unsigned n;
};

static struct variant variant[MAX];
static unsigned nr_variants, nr_cpus;
static struct variant *current;
static bool pages_only;
static pthread_mutex_t reading = PTHREAD_MUTEX_INITIALIZER;
static volatile uint64_t sink;

static void die(const char *what, const char *which)
{
	fprintf(stderr, "page_ab: %s %s: %s\n", what, which, strerror(errno));
	exit(2);
}

/* --- objects --- */

/* 0: there is none */
static size_t member(const struct btf *btf, const char *name)
{
	int id = btf__find_by_name_kind(btf, "rec_ring", BTF_KIND_STRUCT);
	const struct btf_type *t = id > 0 ? btf__type_by_id(btf, (unsigned)id) : NULL;

	for (unsigned i = 0; t && i < btf_vlen(t); i++) {
		if (!strcmp(btf__name_by_offset(btf, btf_members(t)[i].name_off), name))
			return btf_members(t)[i].offset / 8;
	}
	return 0;
}

static struct bpf_map *section(struct bpf_object *o, const char *section)
{
	struct bpf_map *map;

	bpf_object__for_each_map(map, o)
	{
		const char *dot = strrchr(bpf_map__name(map), '.');

		if (dot && !strcmp(dot, section))
			return map;
	}
	die("no section", section);
	return NULL;
}

/* Where a variable is in its section. */
static size_t variable(struct bpf_object *o, const char *section, const char *name)
{
	const struct btf *btf = bpf_object__btf(o);
	int id = btf__find_by_name_kind(btf, section, BTF_KIND_DATASEC);
	const struct btf_type *t = id > 0 ? btf__type_by_id(btf, (unsigned)id) : NULL;

	for (unsigned i = 0; t && i < btf_vlen(t); i++) {
		const struct btf_var_secinfo *v = &btf_var_secinfos(t)[i];
		const struct btf_type *var = btf__type_by_id(btf, v->type);

		if (!strcmp(btf__name_by_offset(btf, var->name_off), name))
			return v->offset;
	}
	die("no variable", name);
	return 0;
}

static struct bpf_map *map_of(struct bpf_object *o, const char *name)
{
	struct bpf_map *m = bpf_object__find_map_by_name(o, name);

	if (!m)
		die("no map", name);
	return m;
}

/* --- what is wanted --- */

/* This process's group of the memory controller, or of version 2, as the programs know it. */
static uint64_t own_group(uint32_t *version)
{
	char line[512], path[1024];
	FILE *f = fopen("/proc/self/cgroup", "re");
	struct stat st;

	*version = access("/sys/fs/cgroup/memory", F_OK) ? 2 : 1;
	while (f && fgets(line, sizeof(line), f)) {
		char *at = strstr(line, *version == 1 ? ":memory:" : "0::");

		line[strcspn(line, "\n")] = 0;
		if (!at)
			continue;
		snprintf(path, sizeof(path), "/sys/fs/cgroup%s%s", *version == 1 ? "/memory" : "",
			 strchr(strchr(at, ':') + 1, ':') + 1);
		if (stat(path, &st))
			die("no control group", path);
		fclose(f);
		return st.st_ino;
	}
	die("cannot read", "/proc/self/cgroup");
	return 0;
}

/* Every page may have been allocated before: all marks begin as set, as when recording. */
#define FRAMES (1U << 25)

static void size_filter(const struct variant *v, char *rodata)
{
	uint32_t version;

	if (!v->filter)
		return;
	own_group(&version);
	rodata[variable(v->object, ".rodata", "filtered")] = 1;
	*(uint64_t *)(rodata + variable(v->object, ".rodata", "frame_mask")) = FRAMES - 1;
	if (strstr(v->filter, "group"))
		*(uint32_t *)(rodata + variable(v->object, ".rodata", "by_group")) = version;
	bpf_map__set_max_entries(map_of(v->object, "frames"), FRAMES / 64);
}

static void set_filter(const struct variant *v)
{
	struct bpf_object *o = v->object;
	uint32_t tgid = (uint32_t)getpid(), version;
	uint64_t group = own_group(&version);
	bool not_us = !strncmp(v->filter, "un", 2);
	uint8_t one = 1;
	void *at;

	tgid = not_us ? 1 : tgid;
	group = not_us ? 0 : group;
	if (bpf_map__update_elem(map_of(o, "watched"), &tgid, 4, &one, 1, BPF_ANY) ||
	    bpf_map__update_elem(map_of(o, "watched_groups"), &group, 8, &one, 1, BPF_ANY))
		die("cannot filter", v->filter);
	at = mmap(NULL, FRAMES / 8, PROT_READ | PROT_WRITE, MAP_SHARED,
		  bpf_map__fd(map_of(o, "frames")), 0);
	if (at == MAP_FAILED)
		die("cannot map", "the marks of frames");
	memset(at, 0xff, FRAMES / 8);
	munmap(at, FRAMES / 8);
}

static void load(struct variant *v)
{
	const char *path = v->path;
	struct bpf_object *o = bpf_object__open_file(path, NULL);
	struct bpf_program *p;
	struct bpf_map *map;
	size_t size;
	char *at;

	if (!o)
		die("cannot open", path);
	v->object = o;
	v->head = member(bpf_object__btf(o), "head");
	v->tail = member(bpf_object__btf(o), "tail");
	v->words = member(bpf_object__btf(o), "words");
	v->on = member(bpf_object__btf(o), "on");
	v->stride = PAGE_UP(v->words + (WORDS + SLACK) * 8);
	bpf_object__for_each_program(p, o)
	{
		bool wanted = false;

		for (unsigned i = 0; i < NR_PROGRAMS; i++) {
			if (!strcmp(bpf_program__name(p), programs[i])) {
				v->program[i] = p;
				wanted = true;
			}
		}
		bpf_program__set_autoload(p, wanted);
	}
	map = map_of(o, "rings");
	bpf_map__set_value_size(map, (uint32_t)v->stride);
	bpf_map__set_max_entries(map, nr_cpus);
	map = map_of(o, "nested");
	bpf_map__set_value_size(map, (uint32_t)PAGE_UP(v->words + (4096 + SLACK) * 8));
	bpf_map__set_max_entries(map, 2 * nr_cpus);
	at = (char *)bpf_map__initial_value(section(o, ".rodata"), &size);
	*(uint64_t *)(at + variable(o, ".rodata", "ring_mask")) = WORDS - 1;
	size_filter(v, at);
	if (bpf_object__load(o))
		die("cannot load", path);
	if (v->filter)
		set_filter(v);
	v->rings = mmap(NULL, v->stride * nr_cpus, PROT_READ | PROT_WRITE, MAP_SHARED,
			bpf_map__fd(map_of(o, "rings")), 0);
	if (v->rings == MAP_FAILED)
		die("cannot map the rings of", path);
	madvise(v->rings, v->stride * nr_cpus, MADV_DONTFORK); /* a fork would copy its tables */
	map = section(o, ".bss");
	v->bss_size = PAGE_UP(bpf_map__value_size(map));
	v->bss = mmap(NULL, v->bss_size, PROT_READ | PROT_WRITE, MAP_SHARED, bpf_map__fd(map), 0);
	if (v->bss == MAP_FAILED)
		die("cannot map the variables of", path);
	v->recording = (void *)((char *)v->bss + variable(o, ".bss", "recording"));
}

static void record(struct variant *v, uint32_t on)
{
	for (unsigned cpu = 0; v->on && cpu < nr_cpus; cpu++)
		*(volatile uint32_t *)(v->rings + v->stride * cpu + v->on) = on;
	if (v->recording)
		*(volatile uint32_t *)v->recording = on;
}

static void unload(struct variant *v)
{
	munmap(v->rings, v->stride * nr_cpus);
	munmap(v->bss, v->bss_size);
	bpf_object__close(v->object);
	v->object = NULL;
}

/* --- the reader --- */

static void drain(struct variant *v)
{
	for (unsigned cpu = 0; cpu < nr_cpus; cpu++) {
		char *ring = v->rings + v->stride * cpu;
		uint64_t *head = (void *)(ring + v->head), *tail = (void *)(ring + v->tail);
		uint64_t *words = (void *)(ring + v->words), end = *(volatile uint64_t *)head;
		uint64_t at = *tail, sum = 0;

		v->read += (end - at) & (WORDS - 1);
		for (; at != end; at = (at + 1) & (WORDS - 1))
			sum += words[at];
		sink += sum;
		__atomic_store_n(tail, end, __ATOMIC_RELEASE);
	}
}

static void *reader(void *arg)
{
	for (;;) {
		pthread_mutex_lock(&reading);
		if (current && current->rings)
			drain(current);
		pthread_mutex_unlock(&reading);
		usleep(10000);
	}
	return arg;
}

/* --- ftrace --- */

static void put(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY);

	if (fd < 0 || write(fd, text, strlen(text)) < 0)
		die("cannot write to", path);
	close(fd);
}

static void ftrace(const char *on)
{
	for (unsigned i = 0; i < NR_EVENTS; i++) {
		char path[256];

		snprintf(path, sizeof(path), INSTANCE "/events/%s/%s/enable",
			 i ? "kmem" : "exceptions", programs[i]);
		put(path, on);
	}
}

/* --- the work --- */

static double lowest(double *v, unsigned n)
{
	double least = v[0];

	for (unsigned i = 1; i < n; i++)
		least = v[i] < least ? v[i] : least;
	return least;
}

static void work(volatile char *at, double *page, double *cow)
{
	double p[INNER], c[INNER];

	touched();
	for (unsigned i = 0; i < INNER; i++) {
		p[i] = touched();
		c[i] = pages_only ? 0 : copied(at);
	}
	*page = lowest(p, INNER);
	*cow = lowest(c, INNER);
}

static void ran(const struct variant *v, double *ns, double *runs)
{
	for (unsigned i = 0; i < NR_PROGRAMS; i++) {
		struct bpf_prog_info info = { 0 };
		uint32_t size = sizeof(info);

		if (v->program[i] &&
		    bpf_obj_get_info_by_fd(bpf_program__fd(v->program[i]), &info, &size))
			die("cannot ask for", programs[i]);
		ns[i] = (double)info.run_time_ns;
		runs[i] = (double)info.run_cnt;
	}
}

static void programs_alone(struct variant *v)
{
	double ns[2][NR_PROGRAMS], runs[2][NR_PROGRAMS];
	int fd = bpf_enable_stats(BPF_STATS_RUN_TIME);

	touched();
	ran(v, ns[0], runs[0]);
	for (unsigned i = 0; i < INNER; i++)
		touched();
	ran(v, ns[1], runs[1]);
	close(fd);
	for (unsigned i = 0; i < NR_PROGRAMS; i++) {
		double n = runs[1][i] - runs[0][i];

		v->run[i][v->n] = n ? (ns[1][i] - ns[0][i]) / n : 0;
	}
}

/* Loaded anew each time: where code and rings lie in the caches is luck. */
static void turn(struct variant *v, volatile char *at, double page, double cow)
{
	double with_page, with_cow;

	if (v->path)
		load(v);
	for (unsigned i = 0; i < NR_PROGRAMS && v->object; i++) {
		if (!v->program[i])
			continue; /* an older object */
		v->link[i] = bpf_program__attach(v->program[i]);
		if (!v->link[i])
			die("cannot attach", programs[i]);
	}
	if (!v->object)
		ftrace("1");
	current = v;
	record(v, 1);
	work(at, &with_page, &with_cow);
	if (v->object && !pages_only)
		programs_alone(v);
	record(v, 0);
	pthread_mutex_lock(&reading);
	current = NULL;
	pthread_mutex_unlock(&reading);
	for (unsigned i = 0; i < NR_PROGRAMS; i++)
		bpf_link__destroy(v->link[i]);
	if (v->object)
		unload(v);
	else
		ftrace("0");
	v->page[v->n] = with_page - page;
	v->cow[v->n++] = with_cow - cow;
}

static int order(const void *a, const void *b)
{
	double x = *(const double *)a - *(const double *)b;

	return (x > 0) - (x < 0);
}

static double median(double *v, unsigned n)
{
	qsort(v, n, sizeof(*v), order);
	return v[n / 2];
}

static void say(void)
{
	double page = 0, cow = 0;

	for (unsigned i = 0; i < nr_variants; i++) {
		struct variant *v = &variant[i];
		double p = median(v->page, v->n), c = median(v->cow, v->n), run[NR_PROGRAMS];

		if (!i) {
			page = p;
			cow = c;
		}
		for (unsigned j = 0; j < NR_PROGRAMS; j++)
			run[j] = median(v->run[j], v->n);
		printf("%-10s page %+5.0f (%+5.0f..%+5.0f) %.3f   cow %+5.0f (%+5.0f..%+5.0f) %.3f  words/page %.2f fault %.1f alloc %.1f free %.1f\n",
		       v->name, p, v->page[v->n / 4], v->page[v->n * 3 / 4], p / page, c,
		       v->cow[v->n / 4], v->cow[v->n * 3 / 4], c / cow,
		       (double)v->read / v->n / ((2 * INNER + 2) * TOUCH + INNER * COW), run[0],
		       run[1], run[2]);
	}
}

static void pin(unsigned which)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(which, &set);
	sched_setaffinity(0, sizeof(set), &set);
}

static int quiet(enum libbpf_print_level level, const char *format, va_list args)
{
	return level == LIBBPF_WARN ? vfprintf(stderr, format, args) : 0;
}

int main(int argc, char **argv)
{
	unsigned turns = argc > 1 ? (unsigned)strtoul(argv[1], NULL, 10) : 0;
	volatile char *at = map_pages(COW);
	pthread_t thread;

	if (!turns || turns > TURNS || argc > MAX)
		return 2;
	pages_only = getenv("PAGES_ONLY") != NULL;
	libbpf_set_print(quiet);
	nr_cpus = (unsigned)libbpf_num_possible_cpus();
	mkdir(INSTANCE, 0700);
	put(INSTANCE "/buffer_size_kb", "16384");
	variant[0].name = "ftrace";
	nr_variants = 1;
	for (int i = 2; i < argc; i++) {
		char *path = strchr(argv[i], '=');

		if (!path)
			return 2;
		*path++ = 0;
		variant[nr_variants].name = argv[i];
		variant[nr_variants].filter = strchr(path, ',');
		if (variant[nr_variants].filter)
			*(char *)variant[nr_variants].filter++ = 0;
		variant[nr_variants++].path = path;
	}
	pin(nr_cpus - 1);
	pthread_create(&thread, NULL, reader, NULL);
	pin(0);
	touch(at, COW);
	for (unsigned t = 0; t < turns; t++) {
		for (unsigned i = 0; i < nr_variants; i++) {
			double page, cow;

			work(at, &page, &cow);
			turn(&variant[(i + t) % nr_variants], at, page, cow);
		}
	}
	say();
	rmdir(INSTANCE);
	return 0;
}

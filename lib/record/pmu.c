// SPDX-License-Identifier: GPL-2.0-only
/*
 * Theory: a counter is opened on each CPU for whatever runs there, so that two readings tell what
 * that CPU did between two light snapshots; a filter of tasks does not narrow it.
 *
 *	CPU 0   |----- 812 -----|----- 790 -----|-- 15 --|
 *	      start           light           light     stop      pmu_count: cpu, counter, count
 *
 * Where there are more counters than the CPU has registers, the kernel shares them by time and
 * says for how long each had counted; the count is scaled up to the whole interval, as perf stat
 * does. An interval in which it never counted has no row.
 *
 * Names and codes are libpfm4's, so what works here is what its tables know: the CPU's own events
 * by their names in the vendor's manual, the generic ones (cycles), the kernel's (page-faults).
 * They are opened before privileges are given up; reading them needs none.
 *
 * Reference: perf_event_open(2), read_format; pfm_get_os_event_encoding(3) of libpfm4 4.13.
 *
 * The counters run from the moment they are opened; a recording begins by noting where they stand.
 *
 * I1 A count is never negative: a scaled estimate that falls behind the last one is zero.
 * I2 Each counter and CPU has a descriptor, or the counter is left out on every CPU.
 *
 * Cost: one read(2) for each counter and CPU in a second.
 */
#include "lib/record/pmu.h"

#include "lib/base/json.h"

#include <errno.h>
#include <perfmon/pfmlib_perf_event.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#define CPUS_MAX 4096

struct counter {
	char name[128];
	struct perf_event_attr attr;
	int error;     /* why it could not be opened, or 0 */
	int *fd;       /* by CPU; -1: that CPU is not there */
	uint64_t *was; /* by CPU: scaled count of the last reading */
};

struct rec_pmu {
	struct mmt_alloc *alloc;
	struct mmt_io *io;
	unsigned nr, nr_cpus;
	struct counter counter[REC_PMU_MAX];
	char missing[512];
};

/* What a read(2) gives with our read_format. */
struct reading {
	uint64_t value, enabled, running;
};

/* "skl, perf": the PMUs whose names are known here. */
static const char *known_pmus(char *out, size_t size)
{
	size_t len = 0;

	*out = 0;
	for (int i = 0; i < PFM_PMU_MAX; i++) {
		pfm_pmu_info_t info = { .size = sizeof(info) };

		if (pfm_get_pmu_info((pfm_pmu_t)i, &info) != PFM_SUCCESS || !info.is_present)
			continue;
		snprintf(out + len, size - len, "%s%s", len ? ", " : "", info.name);
		len = strlen(out);
	}
	return len ? out : "none";
}

int rec_pmu_encode(const char *name, struct perf_event_attr *attr, struct mmt_err *e)
{
	pfm_perf_encode_arg_t arg = { .attr = attr, .size = sizeof(arg) };
	char pmus[128];
	int err = pfm_initialize();

	if (err != PFM_SUCCESS)
		return mmt_fail(e, ENOSYS, "libpfm4 cannot begin: %s", pfm_strerror(err));
	*attr = (struct perf_event_attr){ .size = sizeof(*attr) };
	err = pfm_get_os_event_encoding(name, PFM_PLM0 | PFM_PLM3, PFM_OS_PERF_EVENT, &arg);
	if (err != PFM_SUCCESS)
		return mmt_fail(e, EINVAL, "counter %s: %s (known here: %s)", name,
				pfm_strerror(err), known_pmus(pmus, sizeof(pmus)));
	attr->read_format = PERF_FORMAT_TOTAL_TIME_ENABLED | PERF_FORMAT_TOTAL_TIME_RUNNING;
	return 0;
}

static void close_counter(struct rec_pmu *pmu, struct counter *c)
{
	for (unsigned cpu = 0; c->fd && cpu < pmu->nr_cpus; cpu++) {
		if (c->fd[cpu] >= 0)
			mmt_io_close(pmu->io, c->fd[cpu]);
		c->fd[cpu] = -1;
	}
}

/* On every CPU, or on none. */
static int open_counter(struct rec_pmu *pmu, struct counter *c, struct mmt_err *e)
{
	unsigned opened = 0;

	c->fd = mmt_calloc(pmu->alloc, pmu->nr_cpus, sizeof(*c->fd));
	c->was = mmt_calloc(pmu->alloc, pmu->nr_cpus, sizeof(*c->was));
	if (!c->fd || !c->was)
		return mmt_fail(e, ENOMEM, "no memory for counters");
	for (unsigned cpu = 0; cpu < pmu->nr_cpus; cpu++)
		c->fd[cpu] = -1;
	for (unsigned cpu = 0; cpu < pmu->nr_cpus; cpu++) {
		c->fd[cpu] = (int)syscall(SYS_perf_event_open, &c->attr, -1, cpu, -1,
					  PERF_FLAG_FD_CLOEXEC);
		if (c->fd[cpu] >= 0) {
			opened++;
		} else if (errno != ENODEV) { /* a CPU that is offline */
			c->error = errno;
			break;
		}
	}
	if (!opened && !c->error)
		c->error = ENODEV;
	if (c->error)
		close_counter(pmu, c);
	return 0;
}

static const char *why(int error)
{
	switch (error) {
	case ENOENT:
	case ENODEV:
	case EOPNOTSUPP:
		return "the kernel has no such counter on this machine";
	case EACCES:
	case EPERM:
		return "not permitted (needs CAP_PERFMON)";
	case EMFILE:
		return "too many open files";
	default:
		return strerror(error);
	}
}

static void tell_missing(struct rec_pmu *pmu, const struct counter *c)
{
	size_t len = strlen(pmu->missing);

	snprintf(pmu->missing + len, sizeof(pmu->missing) - len, "%s%s: %s", len ? "; " : "",
		 c->name, why(c->error));
}

static int add(struct rec_pmu *pmu, const char *name, size_t len, struct mmt_err *e)
{
	struct counter *c;
	int err;

	if (pmu->nr == REC_PMU_MAX)
		return mmt_fail(e, EINVAL, "more than %d counters", REC_PMU_MAX);
	c = &pmu->counter[pmu->nr];
	if (!len || len >= sizeof(c->name))
		return mmt_fail(e, EINVAL, "counter %.*s: not a name", (int)len, name);
	memcpy(c->name, name, len);
	err = rec_pmu_encode(c->name, &c->attr, e);
	if (err)
		return err;
	pmu->nr++;
	err = open_counter(pmu, c, e);
	if (!err && c->error)
		tell_missing(pmu, c);
	return err;
}

int rec_pmu_open(struct rec_pmu **out, struct mmt_alloc *a, struct mmt_io *io, const char *names,
		 struct mmt_err *e)
{
	struct rec_pmu *pmu = mmt_calloc(a, 1, sizeof(*pmu));
	long cpus = sysconf(_SC_NPROCESSORS_CONF);
	int err = 0;

	*out = pmu;
	if (!pmu)
		return mmt_fail(e, ENOMEM, "no memory for counters");
	pmu->alloc = a;
	pmu->io = io;
	pmu->nr_cpus = cpus < 1 ? 1 : cpus > CPUS_MAX ? CPUS_MAX : (unsigned)cpus;
	while (!err) {
		size_t len = strcspn(names, ",");

		err = add(pmu, names, len, e);
		if (!names[len])
			break;
		names += len + 1;
	}
	return err;
}

/* The count of @c on @cpu so far, scaled to all of the time; false: it has not counted. */
static bool count(struct rec_pmu *pmu, const struct counter *c, unsigned cpu, uint64_t *total)
{
	struct reading r;

	if (c->fd[cpu] < 0 || mmt_io_read(pmu->io, c->fd[cpu], &r, sizeof(r)) != sizeof(r) ||
	    !r.running)
		return false;
	*total = r.value;
	if (r.running < r.enabled)
		*total = (uint64_t)((unsigned __int128)r.value * r.enabled / r.running);
	return true;
}

void rec_pmu_start(struct rec_pmu *pmu)
{
	for (unsigned i = 0; pmu && i < pmu->nr; i++) {
		struct counter *c = &pmu->counter[i];

		for (unsigned cpu = 0; !c->error && cpu < pmu->nr_cpus; cpu++)
			count(pmu, c, cpu, &c->was[cpu]);
	}
}

static int read_one(struct rec_pmu *pmu, struct counter *c, unsigned cpu, uint32_t name,
		    struct mmt_writer *w, uint64_t now, struct mmt_err *e)
{
	struct mmt_event ev = {
		.time = now, .kind = MMT_EV_pmu_count, .cpu = (uint16_t)cpu, .v = { name }
	};
	uint64_t total;

	if (!count(pmu, c, cpu, &total))
		return 0;
	if (total > c->was[cpu]) {
		ev.v[1] = total - c->was[cpu];
		c->was[cpu] = total;
	}
	return mmt_writer_add(w, &ev, e);
}

int rec_pmu_read(struct rec_pmu *pmu, struct mmt_writer *w, uint64_t now, struct mmt_err *e)
{
	for (unsigned i = 0; pmu && i < pmu->nr; i++) {
		struct counter *c = &pmu->counter[i];
		uint32_t name = c->error ? 0 : mmt_writer_string(w, c->name, e);

		if (!name && !c->error)
			return -ENOMEM;
		for (unsigned cpu = 0; !c->error && cpu < pmu->nr_cpus; cpu++) {
			int err = read_one(pmu, c, cpu, name, w, now, e);

			if (err)
				return err;
		}
	}
	return 0;
}

const char *rec_pmu_missing(const struct rec_pmu *pmu)
{
	return pmu ? pmu->missing : "";
}

json_t *rec_pmu_json(const struct rec_pmu *pmu)
{
	json_t *all = json_array();

	for (unsigned i = 0; pmu && i < pmu->nr; i++)
		json_array_append_new(all, json_pack("{s:s, s:b}", "name", pmu->counter[i].name,
						     "open", !pmu->counter[i].error));
	return all;
}

void rec_pmu_close(struct rec_pmu *pmu)
{
	if (!pmu)
		return;
	for (unsigned i = 0; i < pmu->nr; i++) {
		close_counter(pmu, &pmu->counter[i]);
		mmt_free(pmu->alloc, pmu->counter[i].fd);
		mmt_free(pmu->alloc, pmu->counter[i].was);
	}
	mmt_free(pmu->alloc, pmu);
}

/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * mmtrace record: this host's memory-management events into a trace.
 *
 * Signals are blocked from the beginning and read from a descriptor, so that one that comes at any
 * moment ends in a sealed trace; the command to record is started with all of them free again.
 */
#include "cmd/series.h"
#include "cmd/trace.h"
#include "lib/record/group.h"
#include "lib/record/privilege.h"
#include "lib/record/session/session.h"

#include <errno.h>
#include <inttypes.h>
#include <linux/capability.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <unistd.h>

#define BUFFER_DEFAULT (UINT64_C(16) << 20)
#define BUFFER_MIN     4096
#define BUFFER_MAX     (UINT64_C(1) << 30)
#define MAX_SIZE_MIN   (UINT64_C(1) << 20) /* a frame, before it is compressed */
#define FLIGHT_MIN     (UINT64_C(4) << 20)
#define FLIGHT_MAX     (UINT64_C(1) << 40)
#define FLIGHT_DEFAULT (UINT64_C(128) << 20) /* of memory */
#define ROTATE_MOST    100000

struct record {
	struct cli *cli;
	const char *output;
	struct cli_output out;
	struct rec_options o;
	bool all, force, quiet;
	char group[REC_GROUP_PATH];
	bool listed; /* by -e; else the default */
	bool damon;  /* its samples besides */
	bool wanted[MMT_KIND_MAX + 1];
	struct rec_triggers triggers;
	struct rec_filer_calls filer;
	struct series series;
	unsigned most; /* files of a series */
	struct rec_child child;
	char **command; /* NULL: none */
};

static bool is_wanted(unsigned kind, const void *arg)
{
	const struct record *r = arg;
	const struct mmt_event_info *info = mmt_event_info(kind);

	if (!info)
		return false;
	if (rec_trigger_wants(&r->triggers, kind))
		return true;
	if (r->damon && info->group == MMT_G_DAMON)
		return true;
	/* tasks carry the names that all others need */
	if (!r->listed || info->group == MMT_G_TASK)
		return rec_kind_default(kind) || r->wanted[kind];
	return r->wanted[kind];
}

/* TIME, SIZE or TIME,SIZE. */
static int flight_option(struct record *r, const char *arg)
{
	const char *comma = strchr(arg, ',');
	char first[32];
	bool ok = true;

	snprintf(first, sizeof(first), "%.*s", comma ? (int)(comma - arg) : 31, arg);
	r->o.flight_ns = 0;
	r->o.flight_bytes = FLIGHT_DEFAULT;
	if (!cli_parse_time(first, &r->o.flight_ns) || !r->o.flight_ns)
		ok = !comma && cli_parse_size(arg, &r->o.flight_bytes);
	else if (comma)
		ok = cli_parse_size(comma + 1, &r->o.flight_bytes);
	if (!ok)
		return cli_usage(r->cli, "%s: not a window: 30s, 64M, or 30s,64M", arg);
	if (r->o.flight_bytes < FLIGHT_MIN || r->o.flight_bytes > FLIGHT_MAX)
		return cli_usage(r->cli, "%s: not a window's memory (4M to 1T)", arg);
	return 0;
}

/* SIZE, TIME or trigger, and COUNT. */
static int rotate_option(struct record *r, const char *arg)
{
	const char *comma = strchr(arg, ',');
	uint64_t count = 0;
	char first[32];

	snprintf(first, sizeof(first), "%.*s", comma ? (int)(comma - arg) : 31, arg);
	r->o.rotate = true;
	r->o.rotate_ns = r->o.rotate_bytes = 0;
	if (strcmp(first, "trigger") != 0 && !cli_parse_time(first, &r->o.rotate_ns) &&
	    (!cli_parse_size(first, &r->o.rotate_bytes) || r->o.rotate_bytes < MAX_SIZE_MIN))
		return cli_usage(r->cli, "%s: not a size (1M and more), a time, or trigger", first);
	if (!r->o.rotate_bytes && first[0] != 't' && r->o.rotate_ns < 1000000000)
		return cli_usage(r->cli, "%s: less than a second", first);
	if (comma && (!cli_parse_u64(comma + 1, ROTATE_MOST, &count) || !count))
		return cli_usage(r->cli, "%s: not a number of files", comma + 1);
	r->most = (unsigned)count;
	return 0;
}

static int one_option(struct record *r, int option, const char *arg)
{
	struct mmt_err e = { 0 };
	const char *why;
	uint64_t v;
	int version;

	switch (option) {
	case OPT_record_output:
		r->output = arg;
		return 0;
	case OPT_record_duration:
		if (!cli_parse_time(arg, &r->o.duration) || !r->o.duration)
			return cli_usage(r->cli, "%s: not a duration", arg);
		return 0;
	case OPT_record_all:
		r->all = true;
		return 0;
	case OPT_record_pid:
		if (!cli_parse_u64(arg, 1 << 22, &v) || !v)
			return cli_usage(r->cli, "%s: not a process number", arg);
		r->o.pid = (int)v;
		return 0;
	case OPT_record_events:
		if (!cli_events_wanted(r->cli, arg, r->wanted))
			return EXIT_TROUBLE;
		r->listed = true;
		return 0;
	case OPT_record_cgroup:
		version = rec_group_find(arg, r->group, &e);
		if (version < 0)
			return cli_usage(r->cli, "%s", e.text);
		r->o.group = r->group;
		r->o.probes.group = (unsigned)version;
		return 0;
	case OPT_record_stacks:
		if (!strncmp(arg, "1/", 2))
			arg += 2;
		if (!cli_parse_u64(arg, 1 << 20, &v) || !v)
			return cli_usage(r->cli, "%s: not a share: 1, 1/100", arg);
		r->o.probes.stacks = (unsigned)v;
		return 0;
	case OPT_record_access:
		if (strcmp(arg, "damon") != 0)
			return cli_usage(r->cli, "%s: accesses can be sampled by damon only", arg);
		r->damon = true;
		return 0;
	case OPT_record_buffer:
		if (!cli_parse_size(arg, &v) || v < BUFFER_MIN || v > BUFFER_MAX)
			return cli_usage(r->cli, "%s: not a buffer size (4K to 1G)", arg);
		r->o.probes.buffer = v;
		return 0;
	case OPT_record_max_size:
		if (!cli_parse_size(arg, &v) || v < MAX_SIZE_MIN)
			return cli_usage(r->cli, "%s: not a size of a trace (1M and more)", arg);
		r->o.max_size = v;
		return 0;
	case OPT_record_rotate:
		return rotate_option(r, arg);
	case OPT_record_flight_recorder:
		return flight_option(r, arg);
	case OPT_record_trigger:
		why = rec_trigger_add(&r->triggers, arg, cli_parse_time);
		return why ? cli_usage(r->cli, "%s: %s", arg, why) : 0;
	case OPT_record_pmu:
		r->o.pmu = arg;
		return 0;
	case OPT_record_reserve:
		if (!cli_parse_size(arg, &r->o.reserve))
			return cli_usage(r->cli, "%s: not a size", arg);
		return 0;
	case OPT_record_no_names:
		r->o.hide_names = true;
		return 0;
	case OPT_record_force:
		r->force = true;
		return 0;
	case OPT_record_quiet:
		r->quiet = true;
		return 0;
	}
	return cli_usage_status(r->cli);
}

static int parse(struct record *r)
{
	const char *arg;
	int option, status;

	while ((option = cli_option(r->cli, &arg)) > 0) {
		status = one_option(r, option, arg);
		if (status)
			return status;
	}
	if (option < 0)
		return cli_usage_status(r->cli);
	if (r->cli->operand < r->cli->argc)
		r->command = r->cli->argv + r->cli->operand;
	if (r->o.pid && (r->command || r->all))
		return cli_usage(r->cli, "--pid goes with neither --all nor a command");
	if (r->o.pid && kill(r->o.pid, 0) < 0 && errno == ESRCH)
		return cli_usage(r->cli, "there is no process %d", r->o.pid);
	if (r->o.group && (r->o.pid || r->all))
		return cli_usage(r->cli, "--cgroup goes with neither --all nor --pid");
	if (r->o.max_size && (r->o.rotate || r->o.flight_bytes))
		return cli_usage(r->cli,
				 "--max-size goes with neither --rotate nor --flight-recorder");
	if (r->o.flight_bytes && (r->o.rotate_bytes || r->o.rotate_ns))
		return cli_usage(r->cli, "--flight-recorder goes with --rotate trigger only");
	r->o.triggers = r->triggers.nr ? &r->triggers : NULL;
	r->o.probes.filtered = r->o.pid || r->o.group || (r->command && !r->all);
	return EXIT_OK;
}

/* Signals to a descriptor; the mask as it was goes to @old. */
static int take_signals(sigset_t *old)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGHUP);
	sigaddset(&set, SIGQUIT);
	sigaddset(&set, SIGUSR2);
	sigaddset(&set, SIGCHLD);
	sigprocmask(SIG_BLOCK, &set, old);
	signal(SIGPIPE, SIG_IGN);
	signal(SIGXFSZ, SIG_IGN);
	return signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
}

static void tell(const struct record *r, const struct rec_summary *s)
{
	uint64_t all = s->events + s->rows; /* rows of snapshots, which info tells apart */

	fprintf(stderr,
		"mmtrace: %s: %" PRIu64 " events in %.1f s (%.1f s of them the first snapshot), "
		"%" PRIu64 " lost; %" PRIu64 " bytes, %.2f an event or row; %.2f s of CPU\n",
		*s->name		 ? s->name
		: strcmp(r->output, "-") ? r->output
					 : "standard output",
		s->events, (double)s->duration / 1e9, (double)s->first_snapshot / 1e9, s->lost,
		s->bytes, all ? (double)s->bytes / (double)all : 0.0, (double)s->cpu / 1e9);
}

/* The command's own status is ours, whatever became of the recording. */
static int command_status(struct record *r)
{
	rec_child_ended(&r->child, true);
	return rec_child_exit_status(&r->child);
}

/* What the trace will lack, by the capability that would have shown it. */
static void warn_lacks(struct mmt_io *io)
{
	const struct rec_lack *lack[REC_LACKS_MAX];
	unsigned n = rec_privilege_lacks(io, lack);
	struct rec_privilege may;

	rec_privilege_read(&may, io);
	if (!rec_privilege_has(&may, CAP_BPF) || !rec_privilege_has(&may, CAP_PERFMON))
		return; /* there will be no trace */
	for (unsigned i = 0; i < n; i++) {
		bool told = false;
		char text[512] = "";

		for (unsigned j = 0; j < i; j++)
			told |= !strcmp(lack[j]->needs, lack[i]->needs);
		for (unsigned j = i; !told && j < n; j++) {
			size_t len = strlen(text);

			if (!strcmp(lack[j]->needs, lack[i]->needs))
				snprintf(text + len, sizeof(text) - len, "%s%s (%s)",
					 len ? "; " : "", lack[j]->lost, lack[j]->source);
		}
		if (!told)
			cli_warn("without %s the trace does not tell: %s", lack[i]->needs, text);
	}
}

/* The trace can be read from now on. */
static int begun(void *arg, struct mmt_err *e)
{
	struct record *r = arg;

	return cli_output_name(&r->out, e);
}

static void say(void *arg, const char *text)
{
	(void)arg;
	fprintf(stderr, "mmtrace: %s\n", text);
}

/* A recording that makes its files later: 0, or an exit code. */
static int several_files(struct record *r)
{
	if (r->out.dir < 0) {
		cli_output_close(r->cli, &r->out, false);
		return cli_usage(r->cli, "--rotate and --flight-recorder make files; %s is none",
				 r->output);
	}
	r->filer = series_begin(&r->series, r->cli, &r->out, r->most);
	r->o.filer = &r->filer;
	r->o.filer_spare = r->out.fd;
	return 0;
}

/* What went wrong, at the file it happened to: of several, the last that got a name. */
static int failed(const struct record *r, const struct rec_summary *s, struct mmt_err *e)
{
	const char *slash = strrchr(r->output, '/');
	char path[sizeof(e->path)];
	int n = snprintf(path, sizeof(path), "%.*s%s", slash ? (int)(slash + 1 - r->output) : 0,
			 r->output, s->name);

	mmt_err_path(e, *s->name && n > 0 && (size_t)n < sizeof(path) ? path : r->output);
	return cli_error(e);
}

static int run(struct record *r)
{
	struct rec_summary sum = { 0 };
	struct mmt_err e = { 0 };
	int status = EXIT_OK, err, closed;

	if (cli_output_open(r->cli, &r->out, r->output, true, r->force || r->o.rotate))
		return r->command ? 125 : EXIT_TROUBLE;
	if ((r->o.rotate || r->o.flight_bytes) && several_files(r))
		return r->command ? 125 : EXIT_TROUBLE;
	r->o.say = say;
	r->o.name = r->output;
	r->o.begun = begun;
	r->o.begun_arg = r;
	warn_lacks(&r->cli->io);
	err = r->command ? rec_child_fork(&r->child, r->command, !strcmp(r->output, "-"), &e) : 0;
	if (!err) {
		r->o.child = r->command ? &r->child : NULL;
		err = rec_session(&r->cli->alloc, &r->cli->io, r->out.fd, &r->o, &sum, &e);
	}
	closed = cli_output_close(r->cli, &r->out, sum.bytes);
	if (closed && !err)
		err = mmt_fail_errno(&e, -closed, "cannot close");
	if (err)
		status = failed(r, &sum, &e);
	if (*sum.missing)
		cli_warn("not counted: %s", sum.missing);
	if (sum.full)
		cli_warn("stopped: the trace reached its --max-size");
	if (*sum.kept)
		cli_warn("kept while recording: %s", sum.kept);
	if (!r->quiet && (sum.sealed || sum.bytes))
		tell(r, &sum);
	return r->command ? command_status(r) : status;
}

int cmd_record(struct cli *c)
{
	struct record r = { .cli = c,
			    .output = "mmtrace.mmt",
			    .o.probes.buffer = BUFFER_DEFAULT,
			    .o.reserve = REC_RESERVE_DEFAULT,
			    .child.go = -1 };
	sigset_t old;

	r.o.probes.wanted = is_wanted;
	r.o.probes.arg = &r;
	int status;

	r.o.strict = getenv("MMTRACE_STRICT") != NULL;
	r.o.signals = take_signals(&old);
	if (r.o.signals < 0)
		return cli_usage(c, "no descriptor for signals: %s", strerror(errno));
	status = parse(&r);
	if (!status && (r.o.pid || r.command || r.all || c->operand == c->argc))
		status = run(&r);
	mmt_io_close(&c->io, r.o.signals);
	return status;
}

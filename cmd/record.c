/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * mmtrace record: this host's memory-management events into a trace.
 *
 * Signals are blocked from the beginning and read from a descriptor, so that one that comes at any
 * moment ends in a sealed trace; the command to record is started with all of them free again.
 */
#include "cmd/output.h"
#include "cmd/trace.h"
#include "lib/record/group.h"
#include "lib/record/privilege.h"
#include "lib/record/session.h"

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
	struct rec_child child;
	char **command; /* NULL: none */
};

static bool is_wanted(unsigned kind, const void *arg)
{
	const struct record *r = arg;
	const struct mmt_event_info *info = mmt_event_info(kind);

	if (!info)
		return false;
	if (r->damon && info->group == MMT_G_DAMON)
		return true;
	/* tasks carry the names that all others need */
	if (!r->listed || info->group == MMT_G_TASK)
		return rec_kind_default(kind) || r->wanted[kind];
	return r->wanted[kind];
}

static int one_option(struct record *r, int option, const char *arg)
{
	struct mmt_err e = { 0 };
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
	sigaddset(&set, SIGCHLD);
	sigprocmask(SIG_BLOCK, &set, old);
	signal(SIGPIPE, SIG_IGN);
	signal(SIGXFSZ, SIG_IGN);
	return signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
}

static void tell(const struct record *r, const struct rec_summary *s)
{
	uint64_t all = s->events + s->rows;
	double share = all ? (double)s->events / (double)all : 0;

	fprintf(stderr,
		"mmtrace: %s: %" PRIu64 " events in %.1f s (%.1f s of them the first snapshot), "
		"%" PRIu64 " lost; %" PRIu64 " bytes, %.2f an event; %.2f s of CPU\n",
		strcmp(r->output, "-") ? r->output : "standard output", s->events,
		(double)s->duration / 1e9, (double)s->first_snapshot / 1e9, s->lost, s->bytes,
		s->events ? (double)s->bytes * share / (double)s->events : 0.0,
		(double)s->cpu / 1e9);
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

static int run(struct record *r)
{
	struct rec_summary sum = { 0 };
	struct mmt_err e = { 0 };
	int status = EXIT_OK, err, closed;

	if (cli_output_open(r->cli, &r->out, r->output, true, r->force))
		return r->command ? 125 : EXIT_TROUBLE;
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
	if (err) {
		mmt_err_path(&e, r->output);
		status = cli_error(&e);
	}
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

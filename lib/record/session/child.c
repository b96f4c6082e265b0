/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The command to record.
 *
 * Theory. The child exists before recording begins, so that its thread group can be watched from
 * its first instruction on, and waits on a pipe:
 *
 *	recorder   fork --- attach, record, snapshot --- close(pipe) ------------ wait
 *	child          \--- read(pipe) ...............------------ exec COMMAND ---/
 *
 * If the recorder dies before it lets go, the pipe closes without the byte, and the child ends
 * without running anything.
 */
#include "lib/record/session/child.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stddef.h>
#include <sys/wait.h>
#include <unistd.h>

static _Noreturn void wait_and_exec(int go, char *const argv[], bool stdout_to_stderr)
{
	sigset_t none;
	char byte;
	ssize_t n;

	do {
		n = read(go, &byte, 1);
	} while (n < 0 && errno == EINTR);
	if (n != 1)
		_exit(125);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	signal(SIGPIPE, SIG_DFL);
	signal(SIGXFSZ, SIG_DFL);
	if (stdout_to_stderr)
		dup2(STDERR_FILENO, STDOUT_FILENO);
	execvp(argv[0], argv);
	_exit(errno == ENOENT ? 127 : 126);
}

int rec_child_fork(struct rec_child *c, char *const argv[], bool stdout_to_stderr,
		   struct mmt_err *e)
{
	int ends[2];

	*c = (struct rec_child){ .go = -1 };
	if (pipe2(ends, O_CLOEXEC) < 0)
		return mmt_fail_errno(e, errno, "cannot make a pipe");
	c->pid = fork();
	if (c->pid < 0) {
		c->pid = 0;
		close(ends[0]);
		close(ends[1]);
		return mmt_fail_errno(e, errno, "cannot start a process");
	}
	if (!c->pid) {
		close(ends[1]);
		wait_and_exec(ends[0], argv, stdout_to_stderr);
	}
	close(ends[0]);
	c->go = ends[1];
	return 0;
}

void rec_child_go(struct rec_child *c)
{
	ssize_t n;

	if (c->go < 0)
		return;
	do {
		n = write(c->go, "", 1);
	} while (n < 0 && errno == EINTR);
	close(c->go);
	c->go = -1;
}

bool rec_child_ended(struct rec_child *c, bool block)
{
	int got;

	if (!c->pid)
		return c->ended;
	if (block && c->go >= 0) {
		close(c->go); /* never let go: it ends by itself */
		c->go = -1;
	}
	do {
		got = waitpid(c->pid, &c->status, block ? 0 : WNOHANG);
	} while (got < 0 && errno == EINTR);
	if (got != c->pid)
		return false;
	c->pid = 0;
	c->ended = true;
	return true;
}

int rec_child_exit_status(const struct rec_child *c)
{
	if (WIFEXITED(c->status))
		return WEXITSTATUS(c->status);
	return WIFSIGNALED(c->status) ? 128 + WTERMSIG(c->status) : 125;
}

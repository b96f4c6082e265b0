// SPDX-License-Identifier: GPL-2.0-only
/*
 * A command once for each failure of its host: what commands.bats would do line by line, without a
 * shell and five tools for each of some ten thousand runs.
 *
 *	every WORK WANT MMTRACE RULES PROGRAM [ARG...] <FAILURES
 *
 * Each line of FAILURES is a run: assignments to its environment, a tab between two. WORK/whole holds
 * what an undisturbed run gave (out, and result if there is one), WANT is its status; a run that
 * writes WORK/result has it moved to WORK/failed. A run either was not moved by its failure (the
 * same bytes, the same status), or exited 2 with a message, and what it left is no trace or result
 * that MMTRACE takes for whole. RULES: q, no message is asked for; m, every run has to be unmoved;
 * - for neither.
 *
 * The first run that does neither is told, with what it said, and ends it: status 1.
 */
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static char **program, *check[] = { NULL, "check", "-q", NULL, NULL },
		       *report[] = { NULL, "report", NULL, NULL };
static int want, home;
static bool quiet, unmoved;

static void die(const char *what)
{
	perror(what);
	exit(3);
}

/* Run @argv with the assignments of @line; its status, 128 + signal if that ended it. */
static int run(char **argv, char *line, const char *out, const char *err)
{
	pid_t pid = fork();
	int status;

	if (pid < 0)
		die("fork");
	if (!pid) {
		char *save, *word;

		for (word = strtok_r(line, "\t\n", &save); word;
		     word = strtok_r(NULL, "\t\n", &save))
			putenv(word);
		if (dup2(open(out, O_WRONLY | O_CREAT | O_TRUNC, 0600), 1) < 0 ||
		    dup2(open(err, O_WRONLY | O_CREAT | O_TRUNC, 0600), 2) < 0 || fchdir(home))
			_exit(99);
		execv(argv[0], argv);
		_exit(99);
	}
	if (waitpid(pid, &status, 0) != pid)
		die("waitpid");
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

/* Two files hold the same bytes, or neither is there. */
static bool same(const char *a, const char *b)
{
	FILE *f = fopen(a, "r"), *g = fopen(b, "r");
	bool equal = !f == !g;
	int c = 0;

	while (f && g && equal && c != EOF) {
		c = getc(f);
		equal = c == getc(g);
	}
	if (f)
		fclose(f);
	if (g)
		fclose(g);
	return equal;
}

static bool says_why(const char *path)
{
	FILE *f = fopen(path, "r");
	char line[4096];
	bool found = false;

	while (f && !found && fgets(line, sizeof(line), f))
		found = strncmp(line, "mmtrace: ", 9) == 0;
	if (f)
		fclose(f);
	return found;
}

/* What a failed run left is not the whole result, and not refused either. */
static bool taken_for_whole(void)
{
	char none[] = "";

	if (access("failed/result", F_OK) || same("whole/result", "failed/result"))
		return false;
	return run(check, none, "judged", "judged") == 0 ||
	       run(report, none, "judged", "judged") == 0;
}

/* True: a failure of the host was survived. */
static bool survives(const char *line)
{
	char words[512];
	int status;

	if (strlen(line) >= sizeof(words))
		return false;
	memcpy(words, line, strlen(line) + 1);
	unlink("failed/result");
	status = run(program, words, "failed/out", "failed/err");
	if (!access("result", F_OK) && rename("result", "failed/result"))
		die("result");
	if (status == want && same("whole/out", "failed/out") &&
	    same("whole/result", "failed/result"))
		return true;
	if (!unmoved && status == 2 && (quiet || says_why("failed/err")) && !taken_for_whole())
		return true;
	printf("status %d of %s", status, line);
	return false;
}

static void show(const char *path)
{
	FILE *f = fopen(path, "r");
	char line[4096];

	while (f && fgets(line, sizeof(line), f))
		fputs(line, stdout);
	if (f)
		fclose(f);
}

int main(int argc, char **argv)
{
	char line[512], left[4096];
	unsigned n = 0;

	home = open(".", O_RDONLY | O_DIRECTORY);
	if (argc < 6 || home < 0 || chdir(argv[1])) {
		fprintf(stderr, "usage: every WORK WANT MMTRACE RULES PROGRAM [ARG...]\n");
		return 3;
	}
	snprintf(left, sizeof(left), "%s/failed/result", argv[1]);
	want = (int)strtol(argv[2], NULL, 10);
	check[0] = report[0] = argv[3];
	check[3] = report[2] = left;
	quiet = strchr(argv[4], 'q');
	unmoved = strchr(argv[4], 'm');
	program = argv + 5;
	for (; fgets(line, sizeof(line), stdin); n++) {
		if (survives(line))
			continue;
		show("failed/err");
		return 1;
	}
	return n ? 0 : 3;
}

/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the commands share: the option table, errors and exit codes.
 *
 * To add a command: a COMMAND and its OPTIONs in options.def, cmd/NAME.c with cmd_NAME(), and
 * man/mmtrace-NAME.1. `make lint` compares the table with the man page, `make check` runs --help.
 */
#ifndef MMT_CMD_CLI_H
#define MMT_CMD_CLI_H

#include "lib/base/bytes.h"
#include "lib/base/err.h"
#include "lib/base/io.h"

#include <jansson.h>
#include <stdio.h>

/* Exit codes (design: mmtrace(1), EXIT STATUS). */
enum {
	EXIT_OK = 0,
	EXIT_NO = 1,	     /* the answer is no: a threshold crossed, an expectation failed */
	EXIT_TROUBLE = 2,    /* usage, I/O, privilege, disk full */
	EXIT_CANNOT = 3,     /* not comparable, beyond the model, budget exceeded */
	EXIT_INCOMPLETE = 4, /* finished on incomplete data */
};

/* OPT_record_output and so on: one number for every row of options.def, from 256. */
enum cli_option_id {
	OPT_BEFORE = 255,
#define COMMAND(name, operands, help)
#define OPTION(command, letter, name, arg, help) OPT_##command##_##name,
#include "cmd/options.def"
#undef COMMAND
#undef OPTION
	OPT_END
};

struct cli {
	const char *command; /* its name, for messages */
	int argc;	     /* argv[0] is the command's name */
	char **argv;
	int operand;		/* index of the first operand once cli_option() returned 0 */
	bool helped;		/* --help was answered */
	struct mmt_alloc alloc; /* the process's memory and I/O */
	struct mmt_io io;
};

/* Next option: its OPT_ number with *@arg its argument (or NULL); 0: no more; -1: wrong usage, or
 * --help, already answered; then return cli_usage_status(). A row's long name is its table name
 * with '-' for '_'. */
int cli_option(struct cli *c, const char **arg);
int cli_usage_status(const struct cli *c);
/* "mmtrace: COMMAND: TEXT" and a hint at --help, on stderr; returns EXIT_TROUBLE. */
int cli_usage(const struct cli *c, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* Print @e on stderr; returns the exit code of its class (lib/base/err.h). */
int cli_error(const struct mmt_err *e);
/* That exit code alone. */
int cli_exit_code(int code);
/* "mmtrace: TEXT" on stderr; returns EXIT_TROUBLE. */
int cli_fail(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
/* "mmtrace: warning: TEXT" on stderr. */
void cli_warn(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/* Literals with units. Times: 30, 30s, 500ms, 10us, 5m, 1h -> ns (a bare number is seconds). Sizes:
 * 4096, 64K, 512M, 16G, 1T, also KiB.. -> bytes. False: @text is none. */
bool cli_parse_time(const char *text, uint64_t *ns);
bool cli_parse_size(const char *text, uint64_t *bytes);
bool cli_parse_u64(const char *text, uint64_t max, uint64_t *v);

/* Text of a stranger (comm, path) as it may be printed: control bytes and broken UTF-8 escaped. */
void cli_put_escaped(const char *s);
/* Open @path for reading ("-": stdin), or create it for writing without following links (0600;
 * "-": stdout, refused on a terminal when @binary; @force to overwrite): descriptor or -1, told. */
int cli_open_input(struct cli *c, const char *path);
int cli_open_output(struct cli *c, const char *path, bool binary, bool force);
/* Write all of @text (NUL-terminated) to @fd; exit code. */
int cli_write(struct cli *c, int fd, const char *path, const char *text);
/* Read a whole file of at most @max bytes ("-": stdin): the bytes, mmt_free() them, or NULL, told.
 */
uint8_t *cli_read_file(struct cli *c, const char *path, size_t max, size_t *n);
/* Read and check a result of replay: json_decref() it; NULL: told, *@status is the exit code. */
json_t *cli_read_result(struct cli *c, const char *path, int *status);
/* Print what @w holds to stdout and free it; exit code. */
int cli_put_text(struct mmt_wr *w);
/* Whether stdout may be coloured: a terminal, and neither NO_COLOR nor TERM=dumb. */
bool cli_colour(void);
/* Print @root to stdout as sorted JSON and drop it (NULL: memory ran out, told); exit code. */
int cli_put_json(json_t *root);
/* True if @format (NULL: text) names one of @names, which ends in NULL; *@which is its index.
 * Otherwise the usage error has been printed. */
bool cli_format(const struct cli *c, const char *format, const char *const *names, unsigned *which);

/* The table itself, for help and completion. */
struct cli_command {
	const char *name, *operands, *help;
	int (*run)(struct cli *c);
};
struct cli_row {
	int id;
	const char *command;
	char letter; /* or 0 */
	const char *name, *arg, *help;
};
extern const struct cli_command cli_commands[];		 /* ends with a NULL name */
extern const struct cli_row cli_rows[];			 /* ends with a NULL name */
const struct cli_command *cli_command(const char *name); /* or NULL */
/* Copy @name with '-' for '_' into @buf; returns @buf. */
const char *cli_long_name(const char *name, char *buf, size_t size);
/* The overview, or what `mmtrace COMMAND --help` prints. */
void cli_print_overview(FILE *f);
void cli_print_help(const struct cli_command *command);
/* The candidate nearest to @word, near enough to suggest, or NULL; @names ends in NULL. */
const char *cli_nearest(const char *word, const char *const *names);

/* From now on the program ends, with a word, when jansson finds no memory. Not for a recorder,
 * which has a file to seal and a command to wait for. */
void cli_json_memory(void);

#define COMMAND(name, operands, help) int cmd_##name(struct cli *c);
#define OPTION(command, letter, name, arg, help)
#include "cmd/options.def"
#undef COMMAND
#undef OPTION

#endif

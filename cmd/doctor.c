/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * mmtrace doctor: what this host lets mmtrace record, and why not the rest.
 */
#ifndef MMT_WITHOUT_BPF
#include "lib/record/doctor.h"
#include "cmd/cli.h"
#include "lib/base/json.h"

#include <bpf/libbpf.h>
#include <string.h>
#include <sys/utsname.h>

static int put_json(const struct rec_doctor *d, const struct utsname *u)
{
	json_t *all = json_array();

	for (unsigned i = 0; i < d->nr; i++) {
		const struct rec_ability *a = &d->ability[i];

		json_array_append_new(all,
				      json_pack("{sssbsbssssss}", "name", a->name, "available",
						(int)a->there, "needed", (int)a->needed, "found",
						a->why, "lost", a->lost, "remedy", a->remedy));
	}
	return cli_put_json(json_pack("{sbssssso}", "can_record", (int)rec_doctor_can_record(d),
				      "kernel", u->release, "arch", u->machine, "abilities", all));
}

static void put_text(const struct rec_doctor *d, const struct utsname *u)
{
	printf("Linux %s %s\n", u->release, u->machine);
	for (unsigned i = 0; i < d->nr; i++) {
		const struct rec_ability *a = &d->ability[i];

		printf("%-4s%-24s %s\n",
		       a->there	   ? "yes"
		       : a->needed ? "NO"
				   : "no",
		       a->name, a->why);
		if (!a->there)
			printf("%-29slost: %s\n%-29sdo: %s\n", "", a->lost, "", a->remedy);
	}
	if (rec_doctor_can_record(d)) {
		printf("mmtrace can record here.\n");
		return;
	}
	printf("mmtrace cannot record here:");
	for (unsigned i = 0; i < d->nr; i++) {
		if (d->ability[i].needed && !d->ability[i].there)
			printf(" %s", d->ability[i].name);
	}
	printf("\n");
}

int cmd_doctor(struct cli *c)
{
	static const char *const formats[] = { "text", "json", NULL };
	const char *arg, *format = NULL;
	struct rec_doctor d;
	struct utsname u;
	unsigned which;
	int option, status = EXIT_OK;

	while ((option = cli_option(c, &arg)) > 0)
		format = arg;
	if (option < 0)
		return cli_usage_status(c);
	if (!cli_format(c, format, formats, &which))
		return EXIT_TROUBLE;
	if (c->operand < c->argc)
		return cli_usage(c, "takes no operand");
	uname(&u);
	libbpf_set_print(NULL); /* what refuses is told in our own words */
	rec_doctor_examine(&d, &c->io);
	if (which)
		status = put_json(&d, &u);
	else
		put_text(&d, &u);
	return status ? status : rec_doctor_can_record(&d) ? EXIT_OK : EXIT_TROUBLE;
}
#endif

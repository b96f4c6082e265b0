/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * mmtrace version: the version, and the libraries this program runs with.
 */
#include "cmd/cli.h"

#include <jansson.h>
#include <zstd.h>
#ifndef MMT_WITHOUT_BPF
#include <bpf/libbpf.h>
#endif

int cmd_version(struct cli *c)
{
	const char *arg;

	if (cli_option(c, &arg) < 0)
		return cli_usage_status(c);
	if (c->operand < c->argc)
		return cli_usage(c, "takes no operand");
	printf("mmtrace %s\n", MMT_VERSION);
	printf("zstd %s, jansson %s, ", ZSTD_versionString(), jansson_version_str());
#ifdef MMT_WITHOUT_BPF
	printf("no BPF: cannot record\n");
#else
	printf("libbpf %d.%d\n", (int)libbpf_major_version(), (int)libbpf_minor_version());
#endif
	return EXIT_OK;
}

/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Memory for jansson. Its parser drops bytes of a long token when the buffer for it cannot grow,
 * and says nothing: a number could lose a digit. So a command that reads gets its JSON whole or
 * ends here; nothing it would have to clean up is open by name.
 */
#include "cmd/cli.h"

#include <jansson.h>
#include <stdlib.h>

static void *memory_or_end(size_t size)
{
	void *p = malloc(size);

	if (!p) {
		fputs("mmtrace: out of memory\n", stderr);
		exit(EXIT_TROUBLE);
	}
	return p;
}

void cli_json_memory(void)
{
	json_set_alloc_funcs(memory_or_end, free);
}

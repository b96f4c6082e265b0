// SPDX-License-Identifier: GPL-2.0-only
/*
 * The header of a recording: the host's (snapshot/header.c), what is recorded of it and how, and
 * what this process may not see of it.
 *
 * I1. It is written while the privileges are there that snapshots of the host are made with.
 */
#include "lib/record/session/header.h"

#include "lib/base/json.h"
#include "lib/record/privilege.h"
#include "lib/record/snapshot/snapshot.h"

#include <string.h>

/* "6.12.117-amd64" -> "6.12.117": what follows is whoever built it to choose. */
static void cut_release(json_t *h)
{
	json_t *k = json_object_get(h, "kernel");
	const char *release = json_string_value(json_object_get(k, "release"));

	if (release)
		mmt_json_set(k, "release", json_stringn(release, strspn(release, "0123456789.")));
}

/* For the header: what this process may not see of the host. */
static json_t *lacks(struct mmt_io *io)
{
	const struct rec_lack *lack[REC_LACKS_MAX];
	unsigned n = rec_privilege_lacks(io, lack);
	json_t *all = json_array();

	for (unsigned i = 0; i < n; i++)
		json_array_append_new(all,
				      json_pack("{s:s, s:s, s:s}", "source", lack[i]->source,
						"lost", lack[i]->lost, "needs", lack[i]->needs));
	return all;
}

json_t *rec_session_header(const struct rec_options *o, const struct rec_probes *probes,
			   struct mmt_io *io, struct mmt_err *e)
{
	json_t *h = json_object(), *r;

	if (!h || rec_snapshot_header(h, e) < 0)
		return h;
	r = json_pack("{s:o, s:I, s:s, s:I}", "events", rec_probes_json(probes), "buffer",
		      (json_int_t)o->probes.buffer, "filter",
		      !o->probes.filtered ? "all"
		      : o->group	  ? "cgroup"
		      : o->child	  ? "command"
					  : "pid",
		      "pid", (json_int_t)o->pid);
	mmt_json_set(h, "record", r);
	mmt_json_set(h, "lacks", lacks(io));
	if (o->hide_names)
		cut_release(h);
	return h;
}

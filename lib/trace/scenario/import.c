// SPDX-License-Identifier: GPL-2.0-only
/*
 * Theory: a scenario as a trace: its events in frames, its strings in the dictionary, and in the
 * header, in place of a recorded host,
 *
 *     {"scenario": {"name": "pcp.mms"}}
 *
 * Invariants: I1 the same text and name give the same bytes: the file id is two CRCs of the text.
 * Cost: that of parsing and writing.
 */
#include "lib/trace/scenario/scenario.h"

#include "lib/base/crc32c.h"
#include "lib/base/json.h"
#include "lib/trace/writer.h"

#include <errno.h>

static uint32_t put_string(void *ctx, const char *s, struct mmt_err *e)
{
	return mmt_writer_string(ctx, s, e);
}

static int put_event(void *ctx, const struct mmt_event *ev, struct mmt_err *e)
{
	return mmt_writer_add(ctx, ev, e);
}

static json_t *new_header(const char *name)
{
	json_t *header = json_object(), *scenario = json_object();
	bool ok = mmt_json_set(scenario, "name", mmt_json_bytes(name));

	ok &= mmt_json_set(header, "scenario", scenario);
	return mmt_json_whole(header, ok);
}

int mmt_scenario_import(const char *text, size_t n, const char *name,
			const struct mmt_scenario_sink *checks, struct mmt_alloc *a,
			struct mmt_io *io, int fd, struct mmt_err *e)
{
	struct mmt_writer_options options = {
		.file_id = (uint64_t)mmt_crc32c(0, text, n) << 32 | mmt_crc32c(1, text, n),
	};
	struct mmt_scenario_sink sink = *checks;
	json_t *header = new_header(name);
	struct mmt_writer *w;
	int ret;

	if (!header)
		return mmt_fail(e, ENOMEM, "no memory for a header");
	w = mmt_writer_new(a, io, fd, &options, header, e);
	json_decref(header);
	if (!w)
		return e && e->code ? -e->code : -EIO;
	sink.ctx = w;
	sink.string = put_string;
	sink.event = put_event;
	ret = mmt_scenario_parse(text, n, &sink, e);
	if (!ret)
		ret = mmt_writer_seal(w, NULL, e);
	mmt_writer_free(w);
	return ret;
}

const char *mmt_scenario_name(const json_t *header)
{
	return mmt_json_get_str(json_object_get(header, "scenario"), "name", "scenario");
}

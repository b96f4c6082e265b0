/* SPDX-License-Identifier: GPL-2.0-only */
/* Parts of the trace header that are larger than a few keys. Each is false when memory ran out. */
#ifndef MMT_RECORD_SNAPSHOT_HEADER_H
#define MMT_RECORD_SNAPSHOT_HEADER_H

#include <stdbool.h>

#include <jansson.h>

/* "cpu": vendor, model, caches and TLBs. */
bool rec_header_cpu(json_t *header);
/* "maps": the running kernel's own numbers of GFP, VM and page flags and migration types. */
bool rec_header_maps(json_t *header);

#endif

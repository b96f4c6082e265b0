/* SPDX-License-Identifier: GPL-2.0-only */
/* A small result as lib/replay would write it: one zone, two snapshots. */
#ifndef MMT_TESTS_REPORT_SAMPLE_H
#define MMT_TESTS_REPORT_SAMPLE_H

#include <jansson.h>
#include <stdlib.h>

static inline json_t *sample_result(void)
{
	static const char text[] =
		"{\"schema\": \"mmtrace.report/1\", \"generator\": \"mmtrace 0.1.0\","
		"\"mode\": \"allocator\","
		"\"input\": {\"digest\": \"0x1234\", \"events\": 30, \"duration_ns\": 1000000000,"
		" \"kernel\": \"6.12.0\", \"sealed\": true, \"complete\": true, \"lost\": 0,"
		" \"gaps\": 0},"
		"\"config\": {\"profile\": \"6.12\", \"kind\": \"base\", \"set\": {},"
		" \"effective\": {\"vm.min_free_kbytes\": 8192, \"thp.enabled\": true},"
		" \"zones\": [{\"node\": 0, \"zone\": \"Normal\", \"start_pfn\": 0,"
		"  \"spanned\": 4096, \"present\": 4096, \"managed\": 4000, \"min\": 32,"
		"  \"low\": 40, \"high\": 48}]},"
		"\"initial\": {\"free_pages\": 2048, \"used_pages\": 1952, \"evicted_pages\": 0},"
		"\"metrics\": {\"free\": {\"value\": 1024, \"unit\": \"pages\","
		"  \"polarity\": \"higher\"},"
		" \"stalls\": {\"value\": 0, \"unit\": \"events\", \"polarity\": \"lower\"}},"
		"\"divergence\": {\"free_unknown\": 2, \"zone_differs\": 0},"
		"\"replayed\": {\"events\": 20, \"faithful\": 18, \"permille\": 900},"
		"\"fidelity\": ["
		" {\"metric\": \"free_pages\", \"at\": \"start\", \"node\": 0,"
		"  \"zone\": \"Normal\", \"recorded\": 2048, \"model\": 2048,"
		"  \"error_permille\": 0},"
		" {\"metric\": \"free_pages\", \"at\": \"last\", \"node\": 0,"
		"  \"zone\": \"Normal\", \"recorded\": 1000, \"model\": 1024,"
		"  \"error_permille\": 24},"
		" {\"metric\": \"free_pages\", \"at\": \"worst\", \"node\": 0,"
		"  \"zone\": \"Normal\", \"recorded\": 500, \"model\": 512,"
		"  \"error_permille\": 31},"
		" {\"metric\": \"wmark_min\", \"at\": \"formula\", \"node\": 0,"
		"  \"zone\": \"Normal\", \"recorded\": 32, \"model\": 32,"
		"  \"error_permille\": 0}],"
		"\"series\": {\"time_ns\": [0, 1000000000], \"zones\": [{\"node\": 0,"
		" \"zone\": \"Normal\", \"free\": [2048, 1024], \"pcp\": [0, 3],"
		" \"blocks\": [[0,0,0,0,0,0,0,0,0,0,2], [0,0,0,0,0,0,0,0,0,2,0]],"
		" \"extfrag\": [[-1000,-1000,-1000,-1000,-1000,-1000,-1000,-1000,-1000,-1000,"
		"  -1000], [-1000,-1000,-1000,-1000,-1000,-1000,-1000,-1000,-1000,-1000,499]],"
		" \"unusable\": [[0,0,0,0,0,0,0,0,0,0,0], [0,0,0,0,0,0,0,0,0,0,1000]]}]},"
		"\"flags\": {\"partial\": false, \"reasons\": []}}";

	return json_loads(text, 0, NULL);
}

#endif

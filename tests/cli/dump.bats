#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-only
# mmtrace dump: every event, as text and as JSON.

setup_file() {
	load common
	build_mktrace
}

setup() {
	load common
	common_setup
}

@test "text and jsonl: golden" {
	trace plain
	"$MMTRACE" dump plain.mmt | golden dump.txt
	"$MMTRACE" dump --format jsonl plain.mmt | golden dump.jsonl
}

@test "a name that attacks the terminal is escaped in text (R13)" {
	trace evil
	"$MMTRACE" dump evil.mmt >out
	grep -qF 'a\x1b]0;b\nc\\\xff"-7 page_fault_user' out
	grep -qF 'name=x\x1b[2J\x0d\xe2\x80\xae' out
	[ "$(wc -l <out)" = 2 ]
	# no byte outside printable ASCII and newline
	[ "$(LC_ALL=C tr -d '\n -~' <out | wc -c)" = 0 ]
}

@test "and is valid, strict JSON (R13)" {
	trace evil
	"$MMTRACE" dump --format jsonl evil.mmt >out
	[ "$(wc -l <out)" = 2 ]
	jq -es 'length == 2 and (.[0].task.comm | startswith("a\u001b]0;b\nc\\")) and .[0].task.tid == 7' out
	jq -es '.[1].fields.name == "x\u001b[2J\r\u202e"' out
	[ "$(LC_ALL=C tr -d '\n' <out | LC_ALL=C tr -cd '\000-\037' | wc -c)" = 0 ]
}

@test "ids that no dictionary explains print as ?N" {
	trace orphan
	"$MMTRACE" dump orphan.mmt >out
	grep -q '?9 page_fault_user' out
	grep -q 'name=?77' out
	grep -q 'task=?12 .* adj=-500' out
	"$MMTRACE" dump --format jsonl orphan.mmt | jq -es '.[0].task == {id: 9} and .[1].fields.name == "?77"'
}

@test "no CPU, node or order prints as -1, as the kernel says it" {
	trace nowhere
	"$MMTRACE" dump nowhere.mmt >out
	grep -q 'src_cpu=3 dst_task=- dst_cpu=-1$' out
	grep -q 'node=-1 zone=DMA order=-1 ' out
	"$MMTRACE" dump --format=jsonl nowhere.mmt |
		jq -s -e '.[0].fields.dst_cpu == -1 and .[0].fields.src_cpu == 3 and .[1].fields.node == -1'
}

@test "-e takes groups and names; an unknown one exits 2 with the nearest" {
	trace plain
	[ "$("$MMTRACE" dump -e mm_page_free plain.mmt | wc -l)" = 18 ]
	[ "$("$MMTRACE" dump -e alloc plain.mmt | wc -l)" = 38 ]
	[ "$("$MMTRACE" dump -e snap_cpu,mm_page_free plain.mmt | wc -l)" = 20 ]
	[ "$("$MMTRACE" dump -e oom plain.mmt | wc -l)" = 0 ]
	fails 2 "'mm_page_aloc'; did you mean mm_page_alloc?" "$MMTRACE" dump -e mm_page_aloc plain.mmt
	fails 2 "unknown event or group ''" "$MMTRACE" dump -e alloc, plain.mmt
}

@test "-n stops after N events of those wanted, and what follows does not matter" {
	trace plain
	[ "$("$MMTRACE" dump -n 3 plain.mmt | wc -l)" = 3 ]
	[ "$("$MMTRACE" dump -n 0 plain.mmt | wc -l)" = 0 ]
	[ "$("$MMTRACE" dump -n 2 -e mm_page_free plain.mmt | grep -c mm_page_free)" = 2 ]
	[ "$("$MMTRACE" dump -n 99999 plain.mmt | wc -l)" = 43 ]
	trace unsealed
	"$MMTRACE" dump -n 3 unsealed.mmt
	for wrong in x -1 1k 99999999999999999999 ''; do
		fails 2 '-n needs a number' "$MMTRACE" dump -n "$wrong" plain.mmt
	done
}

@test "a truncated trace is dumped as far as it goes and exits 4" {
	trace unsealed
	run -4 --separate-stderr "$MMTRACE" dump unsealed.mmt
	[ "${#lines[@]}" = 43 ]
	[[ "$stderr" == *incomplete* ]]
}

@test "GFP flags by the kernel's names, as many as it takes" {
	trace plain
	"$MMTRACE" dump -e mm_page_alloc -n 1 plain.mmt |
		grep -q 'gfp=GFP_HIGHUSER_MOVABLE|__GFP_ZERO|__GFP_COMP migratetype=movable cause=anon'
}

@test "dump and info count alike" {
	trace lossy
	kept=$("$MMTRACE" info --format json lossy.mmt | jq '[.events[].kept] | add')
	[ "$("$MMTRACE" dump lossy.mmt | wc -l)" = "$kept" ]
}

@test "KAT 14.1 20.28 1.2a 4.1 the records of the recorded machine" {
	sample=$ROOT/traces/debian-6.1-384m-2nodes.mmt
	"$MMTRACE" dump --struct zone "$sample" >out
	[ "$(grep -c ^name out)" = 3 ]
	for field in zone_start_pfn spanned_pages present_pages managed_pages _watermark \
		watermark_boost nr_reserved_highatomic lowmem_reserve free_area NR_FREE_PAGES \
		per_cpu_pageset; do
		[ "$(grep -c "^$field " out)" = 3 ]
	done
	"$MMTRACE" dump --struct zone --format jsonl "$sample" >out
	# spanned >= present >= managed, ascending watermarks, free pages as the blocks say
	jq -es 'all(.spanned_pages >= .present_pages and .present_pages >= .managed_pages)' out
	jq -es 'all(._watermark == (._watermark | sort) and (.lowmem_reserve | length) == 5)' out
	jq -es 'all(.NR_FREE_PAGES == ([.free_area | to_entries[] | .value * pow(2; .key)] | add))' out
	jq -es '.[0] | .name == "DMA" and .managed_pages == 3840 and .lowmem_reserve[0] == 0' out
	"$MMTRACE" dump --struct pglist_data --format jsonl "$sample" >nodes
	jq -es 'length == 2 and .[0].node_zones == ["DMA", "DMA32"]' nodes
	[ "$(jq -s 'map(.node_present_pages) | add' nodes)" = "$(jq -s 'map(.present_pages) | add' out)" ]
	fails 2 "there is no record 'page'" "$MMTRACE" dump --struct page "$sample"
}

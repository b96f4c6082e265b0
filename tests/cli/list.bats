#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-only
# mmtrace list: the tables other commands name things from.

setup() {
	load common
	common_setup
}

@test "events: every row of the tables, in text and JSON" {
	rows=$(cat "$ROOT"/lib/trace/*.def | grep -c '^EVENT(')
	[ "$rows" -gt 200 ]
	"$MMTRACE" list --format json events >out
	jq -e "length == $rows" out
	jq -e 'all(.name and .group and .class and .system and .help and (.fields | type == "array"))' out
	jq -e 'map(.number) | length == (unique | length)' out
	jq -e '.[] | select(.name == "mm_page_free") | .fields == [{name: "pfn", unit: "pfn"}, {name: "order", unit: "order"}]' out
	[ "$("$MMTRACE" list events | grep -c '^[a-z]')" = "$rows" ]
}

@test "every event of the list may be asked for by name" {
	build_mktrace
	trace plain
	names=$("$MMTRACE" list --format json events | jq -r '[.[].name] | join(",")')
	[ "$("$MMTRACE" dump -e "$names" plain.mmt | wc -l)" = 43 ]
}

@test "metrics: every row, with a limit that diff takes" {
	rows=$(grep -c '^METRIC("' "$ROOT/lib/replay/metric.def")
	"$MMTRACE" list --format json metrics >out
	jq -e "length >= $rows and $rows > 10" out
	jq -e 'all(.polarity == "none" or .polarity == "lower" or .polarity == "higher")' out
	jq -e 'all(.limit | test("^(none|[0-9]+|[0-9]+([.][0-9])?%([+][0-9]+)?)$"))' out
	[ "$("$MMTRACE" list metrics | wc -l)" = "$(jq length out)" ]
}

@test "tunables: every row" {
	"$MMTRACE" list --format json tunables >out
	jq -e 'map(.name) | index("vm.min_free_kbytes") != null' out
	jq -e 'any(.modelled) and any(.modelled | not)' out
	[ "$("$MMTRACE" list tunables | wc -l)" = "$(jq length out)" ]
}

@test "wrong names exit 2" {
	fails 2 "no list of 'cats'" "$MMTRACE" list cats
	fails 2 'name what to list' "$MMTRACE" list
	fails 2 "unknown format 'xml'" "$MMTRACE" list --format xml events
}

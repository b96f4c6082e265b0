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

@test "KAT 4.4b constants of NUMA balancing: 256 MiB are 65536 pages a turn" {
	"$MMTRACE" list --format json constants >c.json
	jq -e 'map({(.name): .value}) | add |
		.["numa_balancing.scan_size_mb"] == 256 and
		.["numa_balancing.scan_pages"] == 65536 and
		.["numa_balancing.scan_period_min_ms"] == 1000 and
		.["numa_balancing.scan_period_max_ms"] == 60000 and
		.["numa_balancing.scan_delay_ms"] == 1000' c.json
	#  the tunables of the same names have these defaults
	for name in scan_size_mb scan_period_min_ms scan_period_max_ms scan_delay_ms; do
		"$MMTRACE" list --format json tunables >t.json
		jq -e --arg n "numa_balancing.$name" --slurpfile c c.json \
			'(map(select(.name == $n))[0].default) ==
			($c[0] | map(select(.name == $n))[0].value | tostring)' t.json
	done
}

@test "KAT 14.3 constants, as a list and as an option" {
	"$MMTRACE" list constants >out
	grep -qE '^PAGE_SIZE +4096 ' out
	grep -qE '^PAGE_SHIFT +12 ' out
	grep -qE '^MAX_PAGE_ORDER +10 ' out
	grep -qE '^SWAP_CLUSTER_MAX +32 ' out
	grep -qE '^TLB_NR_DYN_ASIDS +6 ' out
	grep -qE '^DEF_PRIORITY +12 ' out
	"$MMTRACE" --constants | cmp - out
	"$MMTRACE" list --format json constants | jq -e 'any(.name == "MAX_NR_ZONES" and .value == 5)'
}

@test "KAT 20.29 3.2 1.1b GFP masks to names and back" {
	while read -r value names; do
		[ "$("$MMTRACE" list gfp "$value" | cut -d ' ' -f 2)" = "$names" ]
		[ "$("$MMTRACE" list gfp "$names" | cut -d ' ' -f 1)" = "$value" ]
	done <<-END
		0x820 GFP_ATOMIC
		0xcc0 GFP_KERNEL
		0x2800 GFP_NOWAIT
		0xc00 GFP_NOIO
		0xc40 GFP_NOFS
		0x100cc0 GFP_USER
		0x100cca GFP_HIGHUSER_MOVABLE
		0xdc0 GFP_KERNEL|__GFP_ZERO
		0x1c24ca GFP_TRANSHUGE
	END
	"$MMTRACE" list gfp 0x100cca 0 4 0x13 3 | cut -d ' ' -f 3- >out
	printf 'zone %s migratetype %s\n' Movable MOVABLE Normal UNMOVABLE DMA32 UNMOVABLE \
		invalid RECLAIMABLE invalid UNMOVABLE | cmp - out
	"$MMTRACE" list --format json gfp 0x18 |
		jq -e '.[0] | .value == 24 and .migratetype == "invalid"'
	"$MMTRACE" list --format json gfp | jq -e 'any(.name == "__GFP_ACCOUNT" and .value == 4194304)'
	fails 2 "'GFP_FOO' is no GFP flag" "$MMTRACE" list gfp 'GFP_KERNEL|GFP_FOO'
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

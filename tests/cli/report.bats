#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-only
# mmtrace report: a result as text and JSON, on terminals of every kind.

setup() {
	load common
	common_setup
	cp "$ROOT/tests/golden/cli/result.json" result.json
}

# on_terminal COMMAND: runs it with a terminal as stdout; its output, without carriage returns.
on_terminal() {
	script -qec "$*" /dev/null </dev/null | tr -d '\r'
}

@test "text, Unicode and ASCII: golden" {
	"$MMTRACE" report result.json | golden report.txt
	"$MMTRACE" report --ascii result.json | golden report-ascii.txt
}

@test "--ascii has no other byte; so has a locale without UTF-8" {
	"$MMTRACE" report --ascii result.json >ascii
	[ "$(LC_ALL=C tr -d '\n -~' <ascii | wc -c)" = 0 ]
	LANG=C "$MMTRACE" report result.json | cmp - ascii
	LANG=C LC_ALL=de_DE.UTF-8 "$MMTRACE" report result.json >unicode
	if cmp -s unicode ascii; then return 1; fi
	LANG=de_DE.UTF-8 LC_CTYPE=C "$MMTRACE" report result.json | cmp - ascii
}

@test "COLUMNS sets the width of heatmaps, 80 without" {
	jq '.series.time_ns = [range(500)] |
		.series.zones |= map(map_values(if type == "array" then [range(500) as $i | .[$i % 12]] else . end))' \
		result.json >long.json
	for width in 40 80 132 200; do
		longest=$(COLUMNS=$width "$MMTRACE" report --ascii long.json | grep '^order' | awk '{ print length }' | sort -n | tail -n 1)
		[ "$longest" = "$width" ]
	done
	[ "$("$MMTRACE" report --ascii long.json | grep '^order' | awk '{ print length }' | sort -nu)" = 80 ]
	# nonsense is ignored
	for wrong in 0 -3 x 99999999999999999999; do
		COLUMNS=$wrong "$MMTRACE" report --ascii long.json | grep -q '^order'
	done
}

@test "colour only on a terminal, and not with NO_COLOR or TERM=dumb" {
	command -v script >/dev/null || skip "script(1) is not installed"
	esc=$(printf '\033')
	if "$MMTRACE" report result.json | grep -q "$esc"; then return 1; fi
	on_terminal "$MMTRACE report result.json" | grep -q "$esc"
	if NO_COLOR=1 on_terminal "$MMTRACE report result.json" | grep -q "$esc"; then return 1; fi
	NO_COLOR='' on_terminal "$MMTRACE report result.json" | grep -q "$esc"
	if TERM=dumb on_terminal "$MMTRACE report result.json" | grep -q "$esc"; then return 1; fi
}

@test "--format json is the result, checked, its keys sorted" {
	"$MMTRACE" report --format json result.json >out
	jq -S . result.json >want
	jq . out | cmp - want
	"$MMTRACE" report --format json out | cmp - out
	"$MMTRACE" report --format json - <result.json | cmp - out
}

@test "a partial result is shown, says so and exits 4" {
	jq '.flags = {partial: true, reasons: ["7 events lost"]}' result.json >partial.json
	run -4 "$MMTRACE" report partial.json
	[[ "$output" == *PARTIAL*'7 events lost'* ]]
	run -4 "$MMTRACE" report --format json partial.json
}

@test "a wrong file is told by name and key, exit 2; another schema exits 3" {
	jq 'del(.replayed)' result.json >broken.json
	fails 2 'broken.json: replayed: is missing' "$MMTRACE" report broken.json
	jq '.series.zones[1].blocks[3][2] = "x"' result.json >broken.json
	fails 2 'broken.json: series.zones[1].blocks[3]: holds something' "$MMTRACE" report broken.json
	echo 'not json' >broken.json
	fails 2 'broken.json: line 1, column 3: not JSON' "$MMTRACE" report broken.json
	: >broken.json
	fails 2 'broken.json: line 1, column 0: not JSON' "$MMTRACE" report broken.json
	trace=$ROOT/traces/guest-6.1-frag.mmt
	fails 2 'guest-6.1-frag.mmt: is a trace, not a result' "$MMTRACE" report "$trace"
	fails 2 'guest-6.1-frag.mmt: is a trace, not a result' "$MMTRACE" diff result.json "$trace"
	jq '.schema = "mmtrace.report/9"' result.json >other.json
	fails 3 'other.json: schema: is mmtrace.report/9' "$MMTRACE" report other.json
}

@test "a name in the file does not reach the terminal raw (R13)" {
	jq '.input.kernel = "\u001b]0;x\u0007\n" | .metrics["m\u001b[2J"] = .metrics.nr_free_pages' result.json >evil.json
	"$MMTRACE" report --ascii evil.json >out
	grep -qF 'm\x1b[2J' out
	[ "$(LC_ALL=C tr -d '\n -~' <out | wc -c)" = 0 ]
	[ "$("$MMTRACE" report --format json evil.json | jq -r '.metrics | keys[]' | LC_ALL=C tr -cd '\033' | wc -c)" = 1 ]
}

@test "every bundled trace: replayed, reported, compared with itself" {
	mapfile -t samples < <(find "$ROOT/traces" -name '*.mmt' -size -4096k | sort)
	[ "${#samples[@]}" -gt 0 ] || skip "no sample in traces/"
	for sample in "${samples[@]}"; do
		"$MMTRACE" replay -q -o real.json "$sample"
		"$MMTRACE" report real.json >out
		grep -q '^Fragmentation' out
		grep -q '^order 10 |' out
		"$MMTRACE" diff real.json real.json | tail -n 1 | grep -q '^0 beyond limit, 0 within, 0 better, 0 changed'
		rm real.json
	done
}

#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-only
# mmtrace diff: the gate. First of all that it fires: a gate that never does is worse than none.

setup() {
	load common
	common_setup
	cp "$ROOT/tests/golden/cli/result.json" base.json
}

# variant JQ: base.json changed.
variant() {
	jq "$1" base.json >candidate.json
}

@test "the gate fires: every judged metric, made worse by one more than its limit, exits 1" {
	"$MMTRACE" list --format json metrics | jq -c '.[] | select(.limit != "none" and .polarity != "none")' >judged
	[ "$(wc -l <judged)" -gt 5 ]
	while read -r metric; do
		name=$(jq -r .name <<<"$metric")
		# 1000 000: a limit of P% allows 10000 * P, an absolute one itself, and the larger counts
		most=$(jq '.limit | [(capture("(?<p>[0-9.]+)%").p | tonumber * 10000), (capture("(^|[+])(?<a>[0-9]+)$").a | tonumber)] | max | floor' <<<"$metric")
		sign=$(jq -r 'if .polarity == "lower" then "+" else "-" end' <<<"$metric")
		jq --arg n "$name" --argjson m "$metric" '.metrics[$n] = {value: 1000000, unit: $m.unit, polarity: $m.polarity}' base.json >a.json
		jq --arg n "$name" ".metrics[\$n].value |= . $sign $most" a.json >within.json
		jq --arg n "$name" ".metrics[\$n].value |= . $sign $most $sign 1" a.json >beyond.json
		"$MMTRACE" diff a.json within.json >/dev/null
		run -1 "$MMTRACE" diff a.json beyond.json
		grep -q "^$name .*WORSE" <<<"$output"
		# and for the better it does not
		"$MMTRACE" diff beyond.json a.json >/dev/null
	done <judged
}

@test "nothing changed: exit 0" {
	run -0 "$MMTRACE" diff base.json base.json
	[[ "$output" == *"0 beyond limit, 0 within, 0 better, 0 changed"* ]]
}

@test "worse, better and changed: golden text and JSON" {
	variant '.config.effective["vm.min_free_kbytes"] = 16384 | .config.effective["vm.lowmem_reserve_ratio"][0] = 8 |
		.metrics.nr_free_pages_min.value = 400 | .metrics.alloc_fail.value = 7 |
		.metrics.pgalloc_normal.value += 9 | .metrics.compact_stall.value = 3 | .metrics.nr_free_pages.value -= 1'
	run -1 "$MMTRACE" diff base.json candidate.json
	golden diff.txt <<<"$output"
	run -1 "$MMTRACE" diff --format json base.json candidate.json
	golden diff.json <<<"$output"
	jq -e '.crossed == 2 and [.metrics[0, 1].verdict] == ["crossed", "crossed"]' <<<"$output"
}

@test "-t replaces a limit, in every spelling" {
	variant '.metrics.nr_free_pages_min.value = 400' # from 1000
	run -1 "$MMTRACE" diff base.json candidate.json
	for limit in 60% 60.0% 600 1%+600 60%+1 none; do
		"$MMTRACE" diff -t nr_free_pages_min=$limit base.json candidate.json >/dev/null
	done
	for limit in 59.9% 599 0 59%+599; do
		run -1 "$MMTRACE" diff -t nr_free_pages_min=$limit base.json candidate.json
	done
	# the last one counts
	run -1 "$MMTRACE" diff -t nr_free_pages_min=none -t nr_free_pages_min=0 base.json candidate.json
	# without a better direction, both count
	variant '.metrics.pgalloc_normal.value -= 1'
	run -1 "$MMTRACE" diff -t pgalloc_normal=0 base.json candidate.json
	run -1 "$MMTRACE" diff -t pgalloc_normal=0 candidate.json base.json
}

@test "wrong thresholds exit 2" {
	for wrong in alloc_fail alloc_fail= =5 alloc_fail=x alloc_fail=-1 alloc_fail=5%% alloc_fail=5.25%; do
		fails 2 'mmtrace: diff: ' "$MMTRACE" diff -t "$wrong" base.json base.json
	done
	fails 2 "neither result has a metric 'alloc_fial'" "$MMTRACE" diff -t alloc_fial=1 base.json base.json
}

@test "what cannot be compared exits 3 and prints no table" {
	variant '.input.digest = "0x1"'
	fails 3 'not comparable: the traces replayed differ' "$MMTRACE" diff base.json candidate.json
	variant '.mode = "closed"'
	fails 3 'not comparable: the modes differ' "$MMTRACE" diff base.json candidate.json
	variant '.flags = {partial: true, reasons: ["unsealed"]}'
	fails 3 'not comparable: only the candidate is partial: unsealed' "$MMTRACE" diff base.json candidate.json
	fails 3 'not comparable: only the base is partial: unsealed' "$MMTRACE" diff candidate.json base.json
	variant '.schema = "mmtrace.report/2"'
	fails 3 'candidate.json: schema: is mmtrace.report/2' "$MMTRACE" diff base.json candidate.json
	variant 'del(.metrics.alloc_fail)'
	fails 3 'the candidate has no metric alloc_fail' "$MMTRACE" diff base.json candidate.json
}

@test "partial results that miss the same events of one trace are compared, and the gate still fires" {
	local partial='.flags = {partial: true, reasons: ["events were lost while recording"]} | .input.lost = 9'
	jq "$partial" base.json >a.json
	run -0 "$MMTRACE" diff a.json a.json
	[ "${lines[0]}" = "note: both results stand on incomplete data: events were lost while recording" ]
	variant "$partial | .metrics.alloc_fail.value = 9"
	run -1 "$MMTRACE" diff a.json candidate.json
	grep -q '^alloc_fail .*WORSE' <<<"$output"
	run -1 "$MMTRACE" diff --format json a.json candidate.json
	jq -e '.crossed == 1 and .base.partial and .candidate.partial' <<<"$output"
	# other events missing, another trace
	variant "$partial | .input.lost = 8"
	fails 3 'not comparable: both are partial, and input.lost differs' "$MMTRACE" diff a.json candidate.json
	variant "$partial | .input.digest = \"0x1\""
	fails 3 'not comparable: the traces replayed differ' "$MMTRACE" diff a.json candidate.json
	variant '.input.digest = "0x1"'
	fails 3 'not comparable' "$MMTRACE" diff a.json candidate.json
	run -0 "$MMTRACE" diff -f a.json candidate.json
	[ "${lines[0]}" = "note: the base stands on incomplete data: events were lost while recording" ]
}

@test "--force compares all the same, and the gate still fires" {
	variant '.input.digest = "0x1" | .flags.partial = true | del(.metrics.compact_stall)'
	run -0 "$MMTRACE" diff -f base.json candidate.json
	[[ "$output" == *"compact_stall"*MISSING* ]]
	variant '.input.digest = "0x1" | .metrics.alloc_fail.value = 9'
	run -1 "$MMTRACE" diff --force base.json candidate.json
}

@test "a missing metric that nobody judges is told" {
	variant 'del(.metrics.pgalloc_normal) | .metrics.novel = {value: 3, unit: "pages", polarity: "none"}'
	run -0 "$MMTRACE" diff base.json candidate.json
	grep -qE '^pgalloc_normal +[0-9]+ +- ' <<<"$output"
	grep -qE '^novel +- +3 ' <<<"$output"
}

@test "missing and broken files exit 2" {
	fails 2 'nowhere.json: cannot open' "$MMTRACE" diff base.json nowhere.json
	fails 2 'nowhere.json: cannot open' "$MMTRACE" diff nowhere.json base.json
	echo '{' >broken.json
	fails 2 'broken.json: line 2, column 0: not JSON' "$MMTRACE" diff base.json broken.json
}

@test "a full disk is no verdict: exit 2, not 0 or 1" {
	[ -w /dev/full ] || skip "no /dev/full"
	variant '.metrics.alloc_fail.value = 9'
	run -2 bash -c "\"$MMTRACE\" diff base.json candidate.json >/dev/full"
	run -2 bash -c "\"$MMTRACE\" diff base.json base.json >/dev/full"
}

@test "one side may be standard input" {
	"$MMTRACE" diff - base.json <base.json >/dev/null
}

#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-only
# Every sample in traces/ goes through every command, and the replay stays close to what was recorded.

setup() {
	load common
	common_setup
	samples=("$ROOT"/traces/*.mmt)
	[ -e "${samples[0]}" ] || skip "no sample in traces/"
}

@test "samples are whole and sound, small, and told in the page beside them" {
	for trace in "${samples[@]}"; do
		"$MMTRACE" check "$trace"
		[ "$(stat -c %s "$trace")" -lt 1048576 ]
		grep -q "^## .*${trace##*/}" "$ROOT/traces/README.md"
		"$MMTRACE" info --format=json "$trace" | jq -e '.sealed and .lost == 0 and .events != {}'
	done
}

@test "samples hold no name that tells of who recorded them" {
	for trace in "${samples[@]}"; do
		"$MMTRACE" dump --format=jsonl -e snap_cgroup,task_rename,snap_task "$trace" >names
		[ -s names ]
		# control groups: the root, a number, or init's and the like of a guest
		run jq -r '.fields.cgroup.path? // empty' names
		[ "$status" -eq 0 ]
		for path in $(sort -u <<<"$output"); do
			[[ $path =~ ^/([0-9]*|init\.scope|system\.slice)$ ]]
		done
	done
}

# The free pages of each zone in the last snapshot, 20 in 1000 beside the recorded ones at most: a
# list of a CPU that holds one batch more or less is up to that in a zone of 128 MiB. Free pages and
# those in the lists together: 5 in 1000.
@test "replayed, the last snapshot's free pages are within 2 % of the host's, with the lists 0.5 %" {
	for trace in "${samples[@]}"; do
		"$MMTRACE" replay -q -f -o base.json "$trace"
		echo "${trace##*/}: $(jq -c '[.fidelity[] | select(.at == "last") |
			select(.metric | test("free_pages|free_and_pcp")) | .error_permille]' base.json)"
		jq -e '[.fidelity[] | select(.at == "last" and .metric == "free_pages")] | length > 0' base.json
		jq -e '[.fidelity[] | select(.at == "last" and .metric == "free_pages") |
			.error_permille] | max <= 20' base.json
		jq -e '[.fidelity[] | select(.at == "last" and .metric == "free_and_pcp_pages") |
			.error_permille] | max <= 5' base.json
		jq -e '.replayed.permille >= 950' base.json
	done
}

@test "samples can be reported, compared with themselves and with another machine" {
	for trace in "${samples[@]}"; do
		"$MMTRACE" replay -q -f -o base.json "$trace"
		"$MMTRACE" replay -q -f -o again.json "$trace"
		cmp base.json again.json
		"$MMTRACE" report base.json | grep -q 'allocator'
		"$MMTRACE" report --format=json base.json | jq -e . >/dev/null
		run -0 "$MMTRACE" diff base.json again.json
		"$MMTRACE" replay -q -f -s vm.min_free_kbytes=4096 -o what-if.json "$trace"
		run "$MMTRACE" diff base.json what-if.json
		[ "$status" -le 1 ]
		[[ $output == *min_free_kbytes* ]]
	done
}

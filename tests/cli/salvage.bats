#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-only
# Every command that reads traces, on every kind of damage (tests/cli/damage.c): it reads up to the
# damage and on after it, says what is missing, exits 4, and what it makes of such a trace is never
# taken for whole.

damages=(cut header payload trailer seek missing twice zeros swapped first)

setup_file() {
	load common
	build_mktrace
	make -s --no-print-directory -C "$BATS_TEST_DIRNAME/../.." build/tests/cli/mkhost \
		build/tests/cli/damage
	cd "$BATS_FILE_TMPDIR" || return 1
	tools=$BATS_TEST_DIRNAME/../../build
	"$tools/tests/cli/mkhost" frames >whole.mmt
	"${MMTRACE:-$tools/mmtrace}" dump whole.mmt >whole.txt
	for how in "${damages[@]}"; do
		"$tools/tests/cli/damage" "$how" whole.mmt >"$how.mmt" 2>"$how.lost"
		# what a dump of it must print
		lost_from=0 lost_to=0
		# shellcheck disable=SC1090
		. "./$how.lost"
		if [ "$lost_to" = 0 ]; then
			cp whole.txt "$how.txt"
		else
			sed "$lost_from,${lost_to}d" whole.txt >"$how.txt"
		fi
	done
}

setup() {
	load common
	common_setup
	cd "$BATS_FILE_TMPDIR" || return 1
}

# damaged STATUS COMMAND...: the status, and on stderr the trace with the reason.
damaged() {
	local want=$1 status=0
	shift
	"$@" >out 2>err || status=$?
	if [ "$status" != "$want" ] || ! grep -q "$how.mmt: incomplete: ..*" err; then
		echo "$* -> $status, not $want"
		head -n 3 out
		cat err
		return 1
	fi
}

# same_events TRACE: check finds it incomplete, and it dumps as the damaged one does.
same_events() {
	local status=0
	"$MMTRACE" check -q "$1" || status=$?
	[ "$status" = 4 ]
	"$MMTRACE" dump "$1" 2>err >dumped || [ $? = 4 ]
	cmp "$how.txt" dumped
}

@test "dump prints each event before the damage and after it, and no other" {
	for how in "${damages[@]}"; do
		damaged 4 "$MMTRACE" dump "$how.mmt"
		cmp "$how.txt" out
	done
}

@test "dump over a pipe, which cannot seek, prints the same" {
	for how in "${damages[@]}"; do
		status=0
		cat "$how.mmt" | "$MMTRACE" dump - >out 2>err || status=$?
		[ "$status" = 4 ]
		cmp "$how.txt" out
	done
}

@test "info tells each gap with place, bytes, frames and reason" {
	for how in "${damages[@]}"; do
		damaged 4 "$MMTRACE" info --format json "$how.mmt"
		jq -e --argjson n "$(wc -l <"$how.txt")" '([.events[].kept] | add) == $n and
			(.complete | not) and .why_incomplete != "" and (.gaps | length) > 0 and
			all(.gaps[]; .offset > 0 and .why != "")' out
		damaged 4 "$MMTRACE" info "$how.mmt"
		grep -q '^complete    NO' out
		grep -q '^gap  ' out
	done
	how=zeros
	jq -e '.gaps[0].frames == 2' <("$MMTRACE" info --format json zeros.mmt 2>err)
	jq -e '.gaps[0].frames == 1 and .gaps[0].bytes == 0' <("$MMTRACE" info --format json missing.mmt 2>err)
}

@test "check names each problem" {
	for how in "${damages[@]}"; do
		status=0
		"$MMTRACE" check "$how.mmt" >out || status=$?
		[ "$status" = 4 ]
		grep -q "^$how.mmt: problem: at offset 0x[0-9a-f]*, frame [0-9]*: " out
	done
}

@test "convert keeps what can be read, and the output is as incomplete" {
	for how in "${damages[@]}"; do
		damaged 4 "$MMTRACE" convert -f -o converted.mmt "$how.mmt"
		same_events converted.mmt
	done
}

@test "anon keeps what can be read, and the output is as incomplete" {
	for how in "${damages[@]}"; do
		damaged 4 "$MMTRACE" anon --seed 1 -f -o anon.mmt "$how.mmt"
		same_events anon.mmt
	done
}

@test "merge keeps what can be read of each part, and the output is incomplete" {
	"$ROOT/build/tests/cli/mktrace" big 30000 >big.mmt
	"$MMTRACE" convert -q -f --from 0.02s big.mmt -o second.mmt
	"$MMTRACE" dump second.mmt >second.txt
	for how in "${damages[@]}"; do
		"$ROOT/build/tests/cli/damage" "$how" big.mmt >"part.$how.mmt" 2>lost
		damaged 4 "$MMTRACE" merge -f "part.$how.mmt" second.mmt -o merged.mmt
		status=0
		"$MMTRACE" check -q merged.mmt || status=$?
		[ "$status" = 4 ]
		"$MMTRACE" dump "part.$how.mmt" >want 2>err || [ $? = 4 ]
		last=$(tail -n 1 want | awk '{ print $1 }')
		awk -v last="$last" '$1 > last' second.txt >>want
		"$MMTRACE" dump merged.mmt >out 2>err || [ $? = 4 ]
		cmp want out
		# and as a later part
		[ "$how" != payload ] || damaged 4 "$MMTRACE" merge -f second.mmt "part.$how.mmt" -o merged.mmt
	done
}

@test "replay takes all that is there, its result is marked; without a start it is refused" {
	for how in "${damages[@]}"; do
		rm -f result.json
		if [ "$how" = first ]; then
			fails 3 'first.mmt: the trace has no complete start snapshot' \
				"$MMTRACE" replay -q -o result.json first.mmt
			[ ! -e result.json ]
			continue
		fi
		damaged 4 "$MMTRACE" replay -q -o result.json "$how.mmt"
		jq -e --argjson n "$(wc -l <"$how.txt")" '.input.events + .input.rows == $n and
			.flags.partial and .flags.reasons != [] and (.input.complete | not) and
			.input.gaps > 0' result.json
		# a report and a comparison of it say so
		status=0
		"$MMTRACE" report result.json >out || status=$?
		[ "$status" = 4 ]
		grep -q '^PARTIAL: ' out
		status=0
		"$MMTRACE" diff result.json result.json >out || status=$?
		grep -q '^note: both results stand on incomplete data: ' out
	done
}

@test "export tells all that is there, and a scenario needs its start" {
	for how in "${damages[@]}"; do
		if [ "$how" = first ]; then
			fails 3 'first.mmt: the trace has no complete start snapshot' "$MMTRACE" export first.mmt
			continue
		fi
		damaged 4 "$MMTRACE" export -f -o exported.mms "$how.mmt"
		"$MMTRACE" import -f -o imported.mmt exported.mms
		"$MMTRACE" check -q imported.mmt
	done
}

@test "a header that cannot be read ends every command: exit 4, and no file is made" {
	cp whole.mmt headless.mmt
	printf '\377' | dd of=headless.mmt bs=1 seek=20 conv=notrunc status=none
	head -c 50 whole.mmt >short.mmt
	for name in headless short; do
		for command in info dump check export replay; do
			status=0
			"$MMTRACE" $command $name.mmt >out 2>&1 || status=$?
			[ "$status" = 4 ]
			grep -q "$name.mmt: .*at offset 0x0" out
		done
		for command in convert anon "merge whole.mmt" replay; do
			fails 4 "$name.mmt: at offset 0x0" "$MMTRACE" $command -q -o none.mmt $name.mmt
			[ ! -e none.mmt ]
		done
	done
}

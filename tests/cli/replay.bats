#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-only
# mmtrace replay: results, what-ifs, and what it refuses.

setup_file() {
	[ "${MMT_BUILT:-}" ] || (
		unset MAKEFLAGS MAKELEVEL MFLAGS
		cd "$BATS_TEST_DIRNAME/../.." && make -s --no-print-directory build/tests/cli/mkhost
	)
}

setup() {
	load common
	common_setup
}

host() {
	"${MKHOST:-$ROOT/build/tests/cli/mkhost}" "$1" >"$WORK/$1.mmt"
}

@test "the summary begins with the mode and sets the host's figures beside the model's" {
	host run
	"$MMTRACE" replay run.mmt >out 2>err
	[ ! -s err ]
	head -n 1 out | grep -q '^mode allocator (open loop): the recorded machine'
	grep -q '^replayed [1-9][0-9]* allocations and [1-9][0-9]* frees, ' out
	grep -q 'watermarks, reserves and per-CPU sizes by formula: \([0-9]*\) of \1 as recorded' out
	grep -Eq '^  0 DMA32 +[0-9]+ +[0-9]+ +[0-9.]+%' out
}

@test "watermarks of a machine that got its initrd's pages later follow by formula, too" {
	for sample in debian-6.12-256m guest-6.1-frag guest-6.12-frag-2nodes; do
		"$MMTRACE" replay "$ROOT/traces/$sample.mmt" >out
		grep -q 'by formula: \([1-9][0-9]*\) of \1 as recorded' out
		grep -q '[45][0-9][0-9][0-9] pages were given to a zone after its watermarks' out
	done
	"$MMTRACE" replay "$ROOT/traces/host-6.18-churn.mmt" >out
	grep -q 'by formula: 36 of 36 as recorded' out
	run grep 'were given to a zone after' out
	[ "$status" = 1 ]
}

@test "-o writes the result, 0600, and the summary goes to stderr" {
	host run
	"$MMTRACE" replay -o run.json run.mmt >out 2>err
	[ ! -s out ]
	grep -q '^mode allocator' err
	[ "$(stat -c %a run.json)" = 600 ]
	jq -e '.schema == "mmtrace.report/1" and .mode == "allocator"' run.json
	jq -e '.config.kind == "base" and .config.set == {}' run.json
	jq -e '.input.complete and .input.lost == 0 and .input.events == 2000' run.json
	jq -e '.input.kernel == "6.12.0"' run.json
	jq -e '[.fidelity[] | select(.at == "formula") | .error_permille] | length > 10 and max == 0' run.json
	jq -e '.replayed.permille >= 900 and (.series.time_ns | length) == 3' run.json
	"$MMTRACE" replay -q -f -o run.json run.mmt >out 2>err
	[ ! -s out ] && [ ! -s err ]
}

@test "an existing result is kept, links are not followed" {
	host run
	echo precious >run.json
	fails 2 "run.json" "$MMTRACE" replay -o run.json run.mmt
	[ "$(cat run.json)" = precious ]
	ln -s run.json link.json
	fails 2 "link.json" "$MMTRACE" replay -o link.json run.mmt
	fails 2 "link.json" "$MMTRACE" replay -f -o link.json run.mmt
	[ "$(cat run.json)" = precious ]
}

@test "-o - prints the result and nothing else" {
	host run
	"$MMTRACE" replay -o - run.mmt 2>err | jq -e '.schema == "mmtrace.report/1"'
	[ ! -s err ]
}

@test "the same trace gives the same bytes, read from a file or a pipe" {
	host run
	"$MMTRACE" replay -q -o a.json run.mmt
	"$MMTRACE" replay -q -o b.json run.mmt
	cmp a.json b.json
	cat run.mmt | "$MMTRACE" replay -q -o c.json -
	cmp a.json c.json
}

@test "a tunable changes the outcome and is told" {
	host run
	"$MMTRACE" replay -q -o base.json run.mmt
	"$MMTRACE" replay -q -s vm.min_free_kbytes=16384 -o what-if.json run.mmt
	jq -e '.config.kind == "what-if" and .config.set == {"vm.min_free_kbytes": "16384"}' what-if.json
	jq -e 'has("fidelity") | not' what-if.json
	low=$(jq '.config.zones[1].low' base.json)
	jq -e --argjson low "$low" '.config.zones[1].low > $low' what-if.json
	[ "$(jq .input.digest base.json)" = "$(jq .input.digest what-if.json)" ]
}

@test "RAM, nodes and CPUs can be other than recorded" {
	host run
	"$MMTRACE" replay -q -s mem=128M -o more.json run.mmt
	jq -e '.config.effective.mem == 134217728' more.json
	# what was added is free, but for the page structures
	"$MMTRACE" replay -q -o base.json run.mmt
	used=$(jq .metrics.nr_used_pages.value base.json)
	jq -e --argjson used "$used" '.metrics.nr_used_pages.value == $used' more.json
	"$MMTRACE" replay -q -s mem=40M -o less.json run.mmt
	jq -e '.initial.moved_pages + .initial.evicted_pages > 0' less.json
	"$MMTRACE" replay -q -s mem=128M -s nodes=2 -s nr_cpus=4 -o two.json run.mmt
	jq -e '.config.effective.nodes == 2 and .config.effective.cpus == 4' two.json
}

@test "what the kernel holds is never dropped: exit 3" {
	host kernel
	fails 3 "do not fit" "$MMTRACE" replay -s mem=16M kernel.mmt
}

@test "KAT 4.4a what NUMA balancing did on the host is shown as recorded, and not modelled" {
	trace=$ROOT/traces/guest-6.12-frag-2nodes.mmt
	#  by dump: numa_hint_faults 711 in the first snapshot, 721 in the last, and so on
	"$MMTRACE" replay -o numa.json "$trace" 2>err
	jq -e '.host_only.numa_hint_faults == { recorded: 10, unit: "events", model: null } and
		.host_only.numa_pte_updates.recorded == 8139 and
		.host_only.numa_huge_pte_updates.recorded == 0 and
		.host_only.numa_hint_faults_local.recorded == 0 and
		.host_only.numa_pages_migrated.recorded == 10 and
		.host_only.pgmigrate_success.recorded == 10 and
		.host_only.pgmigrate_fail.recorded == 0 and
		(.metrics | has("numa_hint_faults") | not)' numa.json
	grep -q '^  numa_hint_faults  *recorded 10, not modelled$' err
	"$MMTRACE" report numa.json | grep -q '^numa_pte_updates: recorded 8139 pages, not modelled$'
	#  what was not counted is not there, rather than 0
	host run
	"$MMTRACE" replay -q -o run.json run.mmt
	jq -e '.host_only | has("numa_hint_faults") | not' run.json
	#  in a scenario it is refused by name
	printf '#mmtrace-scenario 1\nexpect numa_hint_faults == 0\n' >s.mms
	fails 3 "numa_hint_faults is not modelled yet" "$MMTRACE" replay s.mms
	fails 3 "kernel.numa_balancing is not modelled yet" \
		"$MMTRACE" replay -s kernel.numa_balancing=0 run.mmt
	fails 3 "numa_balancing.scan_size_mb is not modelled yet" \
		"$MMTRACE" replay -s numa_balancing.scan_size_mb=64 run.mmt
}

@test "--set-file takes what a host sets by sysctl.d, and tells a wrong line" {
	host run
	printf '%s\n' '# of a host' 'vm/watermark_scale_factor = 40' '-vm.swappiness = 10' \
		'net.core.somaxconn = 4096' 'kernel.pid_max = 99999' >host.conf
	"$MMTRACE" replay -q --set-file host.conf -o file.json run.mmt 2>err
	grep -qx 'mmtrace: warning: host.conf:3: left out: vm.swappiness is not modelled yet' err
	grep -qx 'mmtrace: warning: host.conf:4: left out: 2 settings of other parts .* the first' err
	"$MMTRACE" replay -q -s vm.watermark_scale_factor=40 -o set.json run.mmt
	cmp set.json file.json
	# the later one holds
	"$MMTRACE" replay -q --set-file=host.conf -s vm.watermark_scale_factor=300 -o later.json run.mmt
	jq -e '.config.effective."vm.watermark_scale_factor" == 300' later.json
	"$MMTRACE" replay -q --set-file - -o stdin.json run.mmt <host.conf 2>err
	cmp set.json stdin.json
	printf 'mem = 1G\n\nvm.swapiness = 1\n' >typing.conf
	fails 2 "typing.conf:3: unknown tunable 'vm.swapiness'; the nearest are vm.swappiness" \
		"$MMTRACE" replay --set-file typing.conf run.mmt
	printf 'vm.swappiness = 1\n' >beyond.conf
	fails 3 "beyond.conf:1: vm.swappiness is not modelled yet" \
		"$MMTRACE" replay --set-file beyond.conf run.mmt
	fails 2 "missing.conf: cannot open" "$MMTRACE" replay --set-file missing.conf run.mmt
}

@test "unknown, unmodelled and impossible settings" {
	host run
	fails 2 "vm.swappiness" "$MMTRACE" replay -s vm.swapiness=10 run.mmt
	fails 3 "not modelled yet" "$MMTRACE" replay -s vm.swappiness=10 run.mmt
	fails 3 "not modelled yet" "$MMTRACE" replay -s memory.high@/a/b=1G run.mmt
	fails 3 "vm.zone_reclaim_mode=1 asks for reclaim, which is not modelled yet" \
		"$MMTRACE" replay -s vm.zone_reclaim_mode=1 run.mmt
	fails 3 "mempolicy.weighted_interleave.node0: a recorded allocation follows no policy" \
		"$MMTRACE" replay -s mempolicy.weighted_interleave.node0=3 run.mmt
	"$MMTRACE" replay -q -s vm.zone_reclaim_mode=0 run.mmt
	fails 2 "kernelcore: '101%' is out of range" "$MMTRACE" replay -s kernelcore=101% run.mmt
	fails 2 "kernelcore: 'mirror' is not understood" "$MMTRACE" replay -s kernelcore=mirror run.mmt
	fails 3 "cma: what a recorded machine had in use" "$MMTRACE" replay -s cma=64M run.mmt
	fails 2 "out of range" "$MMTRACE" replay -s vm.watermark_scale_factor=9999 run.mmt
	fails 2 "KEY=VALUE" "$MMTRACE" replay -s vm.min_free_kbytes run.mmt
	fails 2 "cannot change during a replay" "$MMTRACE" replay -s mem=1G@5s run.mmt
	fails 2 "mode" "$MMTRACE" replay --mode closed run.mmt
	fails 2 "max-lost" "$MMTRACE" replay --max-lost many run.mmt
	fails 2 "one trace" "$MMTRACE" replay
	fails 2 "one trace" "$MMTRACE" replay run.mmt run.mmt
}

@test "the profile is that of the recorded release, or the one asked for, and both are named" {
	host run
	"$MMTRACE" replay -o base.json run.mmt 2>err
	grep -q 'model profile 6.12, recorded on Linux 6.12.0$' err
	jq -e '.config.profile == "6.12" and .flags.reasons == []' base.json
	"$MMTRACE" replay -s model.profile=6.18 -o other.json run.mmt 2>err
	grep -q 'model profile 6.18, recorded on Linux 6.12.0$' err
	jq -e '.config.profile == "6.18" and .config.effective["model.profile"] == "6.18"' other.json
	jq -e '(.flags.partial | not) and .flags.reasons == ["recorded on Linux 6.12.0, modelled as 6.18"]' other.json
	"$MMTRACE" report other.json | grep -A 1 '^note$' | grep -q 'recorded on Linux 6.12.0, modelled as 6.18'
	"$MMTRACE" diff base.json other.json | grep -q '^model.profile: 6.12 -> 6.18'
	fails 3 "model.profile=doc is not modelled yet" "$MMTRACE" replay -s model.profile=doc run.mmt
	fails 2 "not understood" "$MMTRACE" replay -s model.profile=5.0 run.mmt
}

@test "a setting can change while the replay runs" {
	host run
	"$MMTRACE" replay -q -s vm.min_free_kbytes=16384@100us -o timed.json run.mmt
	jq -e '.config.set == {"vm.min_free_kbytes@100000ns": "16384"}' timed.json
	jq -e '.replayed.setting_changes == 1' timed.json
}

@test "losses beyond --max-lost exit 4, with the result written" {
	host lossy
	status=0
	"$MMTRACE" replay -q -o lossy.json lossy.mmt 2>err || status=$?
	[ "$status" -eq 4 ]
	grep -q '9 events were lost' err
	jq -e '.flags.partial and .input.lost == 9' lossy.json
	"$MMTRACE" replay -q --max-lost 9 -o allowed.json lossy.mmt
	cmp lossy.json allowed.json
}

@test "R23 a burst of losses is told with its time, by info, in the result and in the report" {
	host burst
	"$MMTRACE" info --format json burst.mmt >info.json
	# the sixth of ten frames of a millisecond in all
	jq -e '(.losses | length) == 1 and .losses[0].count == 9 and
		.losses[0].time_first - .first_time > 400000 and
		.last_time - .losses[0].time_last > 300000' info.json
	status=0
	"$MMTRACE" replay -q -o burst.json burst.mmt 2>err || status=$?
	[ "$status" = 4 ]
	jq -e '.flags.partial and (.flags.reasons | length == 1 and (.[0] | test("^events were " +
		"lost while recording, in 1 interval from 0\\.0005[0-9]* to 0\\.0006[0-9]* s$")))' burst.json
	run -4 "$MMTRACE" report burst.json
	[[ "$output" == *'PARTIAL: these figures stand on incomplete data'*'in 1 interval from 0.0005'* ]]
}

@test "a trace cut short is replayed to its last good frame: exit 4" {
	host run
	size=$(stat -c %s run.mmt)
	head -c $((size - 20)) run.mmt >cut.mmt
	status=0
	"$MMTRACE" replay -q -o cut.json cut.mmt 2>err || status=$?
	[ "$status" -eq 4 ]
	grep -q 'cut.mmt: incomplete' err
	jq -e '.flags.partial and (.input.complete | not)' cut.json
}

@test "no start snapshot: exit 3 and why" {
	host blind
	fails 3 "no complete start snapshot" "$MMTRACE" replay blind.mmt
}

@test "what is no trace is no trace" {
	fails 2 "missing.mmt" "$MMTRACE" replay missing.mmt
	echo "certainly not a trace, whatever its name says" >text.mmt
	fails 4 "text.mmt" "$MMTRACE" replay text.mmt
	mkdir dir.mmt
	fails 2 "dir.mmt" "$MMTRACE" replay dir.mmt
	: >empty.mmt
	fails 4 "empty.mmt" "$MMTRACE" replay empty.mmt
}

@test "a full disk is noticed" {
	[ -c /dev/full ] || skip "no /dev/full"
	host run
	status=0
	"$MMTRACE" replay -o - run.mmt >/dev/full 2>err || status=$?
	[ "$status" -eq 2 ]
	status=0
	"$MMTRACE" replay run.mmt >/dev/full 2>err || status=$?
	[ "$status" -eq 2 ]
}

#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-only
# mmtrace record on this host: counts that are known before, every way it can end, what it leaves.

setup_file() {
	export CC=${CC:-cc}
	export TOUCH=$BATS_FILE_TMPDIR/touch BASE=$BATS_FILE_TMPDIR/base.json
	"$CC" -O2 -o "$TOUCH" "$BATS_TEST_DIRNAME/touch.c"
	export SPACED=$BATS_FILE_TMPDIR/spaced
	"$CC" -O2 -o "$SPACED" "$BATS_TEST_DIRNAME/spaced.c"
	MMTRACE=${MMTRACE:-$BATS_TEST_DIRNAME/../../build/mmtrace}
	export MMTRACE
}

load common

# Reasons not to run here are told, never passed over.
setup() {
	can_record
	cd "$BATS_TEST_TMPDIR" || return 1
}

# Loads that a failed test left.
teardown() {
	[ ! -s "$BATS_TEST_TMPDIR/pids" ] || xargs kill <"$BATS_TEST_TMPDIR/pids" 2>/dev/null || true
}

# A recording of COMMAND alone; the same addresses each time, so that faults can be counted.
record() {
	"$MMTRACE" record -f -o t.mmt "$@"
}

# beside COMMAND...: run it while others do; beside_end waits for all, and fails if one did. A
# recording is for the most part one thread that reads the state of frames.
beside() {
	"$@" 3>&- &
	besides+=($!)
}
beside_end() {
	local pid status=0
	for pid in "${besides[@]}"; do
		wait "$pid" || status=$?
	done
	besides=()
	return $status
}

# happened EVENT [FILE]: kept + lost of the trace; kept EVENT, lost EVENT.
count() {
	"$MMTRACE" info --format=json "${3:-t.mmt}" |
		jq --arg e "$2" ".events[\$e] | (.kept // 0) * $1[0] + (.lost // 0) * $1[1]"
}
kept() { count '[1,0]' "$@"; }
lost() { count '[0,1]' "$@"; }
happened() { count '[1,1]' "$@"; }

@test "R22 a known workload is kept whole: system calls, faults and allocations by number" {
	beside record -m 64M -o none.mmt -- "$TOUCH" 0 0 0
	beside record -m 64M -o pages.mmt -- "$TOUCH" 100003 0 0
	beside_end
	maps=$(kept sys_mmap none.mmt) unmaps=$(kept sys_munmap none.mmt)
	protects=$(kept sys_mprotect none.mmt) faults=$(kept page_fault_user none.mmt)
	allocs=$(kept mm_page_alloc none.mmt)
	record -m 64M -- "$TOUCH" 100003 1009 101
	[ "$(kept sys_mprotect)" -eq $((protects + 1009)) ]
	[ "$(kept sys_mmap)" -eq $((maps + 1009 + 7)) ] # 100003 pages in mappings of 16384
	[ "$(kept sys_munmap)" -eq $((unmaps + 1009 + 7)) ]
	[ "$(kept sched_process_fork)" -eq 101 ]
	[ "$(kept page_fault_user)" -ge 100003 ]
	[ "$(kept mm_page_alloc)" -ge 100003 ]
	[ "$(kept mm_page_free)" -ge 99000 ] # recursion may cost some: then they are counted
	[ "$(happened mm_page_free)" -ge 100003 ]
	for e in sys_mmap sys_munmap page_fault_user sched_process_fork; do
		[ "$(lost $e)" -eq 0 ]
	done
	# without children, faults and allocations are those of the empty run and one for each page
	[ "$(kept page_fault_user pages.mmt)" -ge $((faults + 100003 - 20)) ]
	[ "$(kept page_fault_user pages.mmt)" -le $((faults + 100003 + 20)) ]
	# tables of the pages, and noise
	[ "$(kept mm_page_alloc pages.mmt)" -le $((allocs + 100003 + 1000)) ]
}

# what EVENT of the command touch, from its exec on, of t.mmt
of_touch() {
	"$MMTRACE" dump --format=jsonl -e "$1" t.mmt | jq -r .task.comm | grep -cx touch
}

@test "R22 what is recorded is what perf counts of the same task" {
	command -v perf >/dev/null || skip "no perf"
	events=syscalls:sys_enter_mmap,syscalls:sys_enter_munmap,syscalls:sys_enter_mprotect
	events+=,exceptions:page_fault_user,kmem:mm_page_alloc,kmem:mm_page_free
	perf stat -x, -o counts -e $events true 2>said || skip "perf: $(head -n 1 said)"
	for all in "" -a; do
		# shellcheck disable=SC2086 # an option or none
		record -q -m 64M $all -- perf stat -x, -o counts -e $events "$TOUCH" 100003 1009 11
		cat counts
		grep -v '^#' counts | awk -F, 'NF > 1 { sub(/.*:/, "", $3); print $3, $1 }' >perf
		[ "$(wc -l <perf)" -eq 6 ]
		while read -r event counted; do
			case $event in
			sys_enter_*)
				[ "$(of_touch "${event/_enter/}")" -eq "$counted" ]
				;;
			page_fault_user)
				[ "$(of_touch $event)" -eq "$counted" ]
				[ "$counted" -ge 100003 ]
				;;
			*)
				# perf begins a little later; a free within another tracepoint's program may be lost
				kept=$(of_touch "$event")
				echo "$event: $kept recorded, $counted counted"
				# A recording of a command tells frees by the frame. An interrupt that frees other
				# tasks' counts for perf as the task's that it comes upon.
				[ "$event$all" = mm_page_free ] ||
					[ "$kept" -ge $((counted - $(lost "$event"))) ]
				[ "$kept" -le $((counted + 200)) ]
				;;
			esac
		done <perf
	done
}

@test "pages allocated and freed are those that the kernel counted itself" {
	record -q -m 64M -a -- "$TOUCH" 300007 0 101
	"$MMTRACE" check t.mmt >said || true
	cat said
	for verb in allocated freed; do
		# tasks without BPF programs are missing, and all bulk allocation
		most=20
		[ $verb = freed ] || most=100
		line=$(grep "note: pages $verb between" said)
		[[ $line =~ lost:\ (([0-9]+)\.[0-9]\ permille|the\ same) ]]
		[ "${BASH_REMATCH[2]:-0}" -lt $most ]
	done
}

@test "R21 what does not fit is lost and counted: kept + lost is what happened, at every ring size" {
	beside record -m 64M -- setarch -R "$TOUCH" 20011 1009 0
	beside record -q -m 4K -o least.mmt -- "$TOUCH" 20011 0 0
	beside_end
	maps=$(kept sys_mmap) protects=$(kept sys_mprotect) faults=$(kept page_fault_user)
	unmaps=$(kept sys_munmap)
	sizes="4K 8K 16K 32K 64K 256K"
	[ -z "$MMT_TEST_LONG" ] || # 52 runs
		sizes=$(printf '%s\n' {4,8,16,32,64,128,256,512}K {1,2,4,8,16}M | sed p | sed p)
	n=0
	for size in $sizes; do
		beside record -q -m "$size" -o $n.mmt -- setarch -R "$TOUCH" 20011 1009 0
		n=$((n + 1))
		[ $((n % 2)) = 1 ] || beside_end
	done
	beside_end
	n=0
	for size in $sizes; do
		f=$n.mmt n=$((n + 1))
		echo "$size: $(kept page_fault_user $f) kept, $(lost page_fault_user $f) lost"
		[ "$(happened sys_mmap $f)" -eq "$maps" ]
		[ "$(happened sys_munmap $f)" -eq "$unmaps" ]
		[ "$(happened sys_mprotect $f)" -eq "$protects" ]
		[ "$(happened page_fault_user $f)" -ge $((faults - 8)) ]
		[ "$(happened page_fault_user $f)" -le $((faults + 8)) ]
		"$MMTRACE" info --format=json $f | jq -e .sealed
	done
	[ "$(lost page_fault_user least.mmt)" -gt 0 ]
	# said by CPU and cause too
	"$MMTRACE" info --format=json least.mmt | jq -e '.losses | any(.cause == "ring" and .event == "page_fault_user")'
}

# How long after the time of its event each fault that $SPACED tells of happened: at least, at most,
# and that time.
ages() {
	"$MMTRACE" dump --format=jsonl -e page_fault_user t.mmt >events
	jq -r '"\(.fields.address) \(.time)"' events | awk '
		NR == FNR { before[$1] = $2; after[$1] = $3; next }
		$1 in before { print before[$1] - $2, after[$1] - $2, $2 }' said -
}

@test "frees within the recording of a free are recorded, each once and in its order" {
	"$CC" -O2 -o tables "$BATS_TEST_DIRNAME/tables.c"
	rounds=1 within=0 exact=0 inexact=0
	[ -z "$MMT_TEST_LONG" ] || rounds=20
	# a kernel may keep BPF programs from a task, which an interrupt may find in place of ours
	while [ "$rounds" -gt 0 ] && [ "$within" = 0 ] || [ $exact -lt $((2 * inexact)) ]; do
		rounds=$((rounds - 1))
		record -q -e page_fault_user,alloc -a -- taskset -c 0 ./tables 6
		within=$("$MMTRACE" info --format=json t.mmt | jq .overhead.interrupted_frees)
		# a frame that is allocated while it is in use had its free lost, or told behind it
		"$MMTRACE" replay -q -f -o r.json --max-lost 1000000 t.mmt
		jq -c .divergence r.json
		if [ "$(lost mm_page_free)" = "$(jq .divergence.double_alloc r.json)" ]; then
			exact=$((exact + 1))
		else
			inexact=$((inexact + 1))
			[ $inexact -lt 4 ]
		fi
	done
	echo "$within frees within another; $exact recordings exact, $inexact not"
	[ -z "$MMT_TEST_LONG" ] || [ "$within" -gt 0 ]
}

@test "a fault has its own time, or in quick succession that of one of the 7 before, within a tick" {
	tick=$((1000000000 / $(getconf CLK_TCK))) # or less
	for all in -a ''; do
		record -q $all -- sh -c "$SPACED 503 100 >said"
		ages >ages
		[ "$(wc -l <ages)" -ge 500 ]
		# rounded down by 128 ns; one that came at once behind another may share its time
		[ "$(awk '$1 <= 128' ages | wc -l)" -ge 450 ]
		[ "$(awk '$2 < 0' ages | wc -l)" -eq 0 ]
		record -q $all -- sh -c "$SPACED 20011 0 >said"
		ages >ages
		[ "$(wc -l <ages)" -ge 20000 ]
		[ "$(awk '$2 < 0' ages | wc -l)" -eq 0 ]
		[ "$(awk -v t=$tick '$1 > t' ages | wc -l)" -eq 0 ]
		shared=$(awk '{ n[$3]++ } END { for (t in n) if (n[t] > most) most = n[t]; print most }' ages)
		echo "at most $shared of one time"
		[ "$shared" -le 8 ]
		[ "$shared" -gt 1 ]
	done
}

@test "a command's status is returned, whatever it is; without it the status is ours" {
	# becomes STATUS NAME COMMAND...
	becomes() {
		local want=$1 status=0
		record -q -e task -o "$2.mmt" -- "${@:3}" || status=$?
		[ $status -eq "$want" ]
	}
	: >not-executable
	beside becomes 0 true true
	beside becomes 7 seven sh -c 'exit 7'
	# shellcheck disable=SC2016
	beside becomes 137 killed sh -c 'kill -9 $$'
	beside becomes 127 missing ./no-such-command
	beside becomes 126 refused ./not-executable
	beside_end
	run -125 record -q -o /no/such/dir/t.mmt -- true
}

@test "only the command and its descendants: another task's faults are not there" {
	"$TOUCH" 3000000 0 0 &
	other=$!
	record -q -- sh -c "$TOUCH 4001 0 0; $TOUCH 4001 0 0"
	kill $other 2>/dev/null || true
	wait $other || true
	[ "$(kept page_fault_user)" -ge 8002 ]
	[ "$(kept page_fault_user)" -lt 12000 ]
	"$MMTRACE" dump --format=jsonl -e page_fault_user t.mmt >faults
	[ "$(jq -r .task.tid faults | sort -u | wc -l)" -ge 2 ]
	run jq -e "select(.task.tid == $other)" faults
	[ -z "$output" ]
	# whoever reads a result of it is told
	"$MMTRACE" replay -q -f -o r.json --max-lost 1000000 t.mmt
	"$MMTRACE" report r.json | grep 'only the tasks of a command were recorded'
}

# seconds from the end of the first snapshot to the last row of the trace
after_snapshot() {
	"$MMTRACE" dump --format=jsonl -e snapshot_end "$1" |
		jq -s 'map(.time) | (last - first) / 1e9'
}

@test "-d is the time after the first snapshot, quiet and under load" {
	for load in 0 3; do
		pids=()
		: >pids
		for _ in $(seq $load); do
			timeout 60 sh -c "while $TOUCH 20011 101 11; do :; done" 3>&- & # ends by itself too
			pids+=($!)
			echo $! >>pids
		done
		for d in 200 1500; do
			beside record -q -a -d ${d}ms -o $d.mmt
			[ $load = 0 ] || beside_end # one is enough there
		done
		beside_end
		for d in 200 1500; do
			seconds=$(after_snapshot $d.mmt)
			echo "load $load, -d ${d}ms: recorded ${seconds} s after the snapshot"
			[ "$(jq -n "$seconds * 1000 >= $d")" = true ]
			# and the end's own snapshot, for which three loads leave little CPU time
			[ "$(jq -n "$seconds * 1000 <= $d + 300 + 300 * $load")" = true ]
			# its first snapshot is whole
			[ $load != 0 ] || "$MMTRACE" replay -q -f -o result.json $d.mmt || [ $? -eq 4 ]
		done
		for pid in "${pids[@]}"; do
			kill "$pid" 2>/dev/null || true # it ends by itself too
			wait "$pid" || true
		done
		: >pids
	done
	# programs were recording little longer than that
	"$MMTRACE" info --format=json 1500.mmt |
		jq -e '.overhead | .recorded_ns - .first_snapshot_ns < 3e9'
}

@test "-p records a process that runs, and ends with a signal" {
	sh -c "sleep 0.2; while :; do $TOUCH 1009 0 0; done" &
	pid=$!
	run timeout -s INT 60 "$MMTRACE" record -q -f -o t.mmt -p $pid -d 500ms
	kill $pid
	wait $pid || true
	[ "$status" -eq 0 ]
	[ "$(kept page_fault_user)" -ge 1009 ]
	[ "$(kept sched_process_exec)" -ge 1 ] # its children are followed
}

@test "-o - is a stream, and the command's output does not go into it" {
	"$MMTRACE" record -q -o - -- echo hello >t.mmt 2>err
	grep -q hello err
	"$MMTRACE" info --format=json t.mmt | jq -e .complete
}

@test "--no-names leaves out what users named" {
	cp "$TOUCH" ./private-name
	beside record -q --no-names -a -- ./private-name 2003 0 11
	beside record -q -o named.mmt -- ./private-name 2003 0 11
	beside_end
	zstd -dcq t.mmt >raw
	run -1 grep -aq private-name raw t.mmt
	[[ $(uname -r) =~ ^[0-9.]*$ ]] || run -1 grep -aqF "$(uname -r)" raw t.mmt
	while read -r path; do
		[ ${#path} -lt 4 ] || run -1 grep -aqF "$path" raw
	done < <(cut -d: -f3- /proc/self/cgroup)
	"$MMTRACE" dump --format=jsonl -e page_fault_user t.mmt >all
	jq -r .task.comm all | sort | uniq -c
	[ "$(jq -r .task.comm all | grep -cx task)" -ge 2003 ]
	# the same workload without it: its name is there
	zstd -dcq named.mmt | grep -aq private-name
}

@test "-e narrows what is recorded; tasks are always named" {
	beside record -q -e page_fault_user -- "$TOUCH" 1009 101 3
	beside record -q -e alloc -o alloc.mmt -- true
	beside_end
	[ "$(kept page_fault_user)" -ge 1009 ]
	[ "$(kept sys_mmap)" -eq 0 ]
	[ "$(kept mm_page_alloc)" -eq 0 ]
	[ "$(kept sched_process_fork)" -eq 3 ]
	[ "$(kept snap_resident)" -gt 0 ]
	[ "$(kept snap_resident alloc.mmt)" -eq 0 ]
	[ "$(kept snap_pages alloc.mmt)" -gt 0 ]
	run record -e no_such_event -- true
	[ "$status" -eq 2 ] || [ "$status" -eq 125 ]
	[[ $output == *no_such_event* ]]
}

@test "wrong usage says so" {
	for args in '-d 0' '-d x' '-m 1' '-m 2T' '-p 0' '-p x' '-p 1 -a' '-p 1 -- true'; do
		# shellcheck disable=SC2086
		run "$MMTRACE" record -f -o t.mmt $args
		echo "$args: $output"
		[ "$status" -eq 2 ]
		[ ! -e t.mmt ]
	done
}

@test "R24 the recorder's memory is its rings and 32 MiB" {
	"$MMTRACE" record -q -f -m 4M -a -o t.mmt 3>&- &
	pid=$!
	sleep 1
	"$TOUCH" 100003 1009 31
	sleep 0.5
	grep -E '^(VmHWM|Rss)' "/proc/$pid/status"
	peak=$(awk '/^VmHWM/ { print $2 }' "/proc/$pid/status")
	kill -INT $pid
	wait $pid
	cpus=$(($(sed 's/.*-//' /sys/devices/system/cpu/possible) + 1))
	[ "$peak" -le $((cpus * (4096 + 128) + 32768)) ]
	[ "$peak" -gt 4096 ]
}

@test "no event is lost at a million a second with the default rings, on two CPUs" {
	[ -n "$MMT_TEST_LONG" ] || skip "make check-long"
	"$CC" -O2 -o pipes "$BATS_TEST_DIRNAME/pipes.c"
	# above its neighbours' priority, as the recorder is; two events a page and more
	cat >flood <<-END
		date +%s%N >begin
		taskset -c 0 nice -n -10 ./pipes 1200128 270000 &
		taskset -c 1 nice -n -10 ./pipes 1200128 270000
		wait
		date +%s%N >end
	END
	record -q -e page_fault_user,alloc -a -- sh flood
	"$MMTRACE" info --format=json t.mmt >info
	rate=$(jq "(.kept + .lost) / ($(cat end) - $(cat begin)) * 1e9 | floor" info)
	echo "$rate events a second"
	jq -c '.losses' info
	[ "$rate" -ge 1000000 ] || skip "this host, busy, made no more than $rate events a second"
	jq -e '([.losses[] | select(.cause == "ring") | .count] | add // 0) == 0' info
	[ "$(happened mm_page_alloc)" -ge 2400256 ]
}

# Those who hold the tracepoints of system calls for a recorder, by process.
holders() {
	pgrep -x mmtrace-holder | sort
}

@test "who holds the tracepoints of system calls has no privilege, and goes with the recorder" {
	for signal in INT KILL; do
		before=$(holders)
		"$MMTRACE" record -q -f -e vma -o t.mmt 3>&- &
		pid=$!
		for _ in $(seq 200); do
			holder=$(comm -13 <(echo "$before") <(holders) | tail -n 1)
			[ -z "$holder" ] && sleep 0.05 || break
		done
		[ -n "$holder" ] || skip "this host gives no tracefs"
		sleep 0.5
		grep -E '^(Cap|Uid|NoNew)' "/proc/$holder/status"
		[ "$(awk '/^Cap(Inh|Prm|Eff|Bnd|Amb):/ { print $2 }' "/proc/$holder/status" |
			sort -u)" = 0000000000000000 ]
		[ "$(awk '/^NoNewPrivs:/ { print $2 }' "/proc/$holder/status")" = 1 ]
		# nothing but links, perf events and the line to the recorder
		readlink "/proc/$holder/fd/"* | sort | uniq -c
		run ! grep -vE '^(socket:.*|anon_inode:(bpf_link|\[perf_event\]))$' \
			<(readlink "/proc/$holder/fd/"*)
		run ! grep bpf-map "/proc/$holder/maps" # the rings are not its
		kill -$signal $pid
		wait $pid || true
		for _ in $(seq 200); do
			[ -e "/proc/$holder" ] && sleep 0.05 || break
		done
		[ ! -e "/proc/$holder" ]
	done
}

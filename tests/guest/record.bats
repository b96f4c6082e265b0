#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-only
# Recording on other kernels, with addresses random as on real hosts: programs load, frame numbers
# are right, and tracepoints that releases tell differently say the same.

bats_require_minimum_version 1.5.0

setup_file() {
	load common.bash
	compile load
	compile events -pthread
}

setup() {
	load common.bash
	[ -x "$MMTRACE" ] || skip "no $MMTRACE"
	command -v jq >/dev/null || skip "no jq"
	BOTH=(-b "$MMTRACE" -b "$BATS_FILE_TMPDIR/load" -b "$BATS_FILE_TMPDIR/events")
}

# count EVENT: how many were kept in $OUT/trace.mmt
count() {
	jq ".events[\"$1\"].kept // 0" "$OUT/info.json"
}

# 4 MiB more are 1024 faults more, each with its page, and an exit gives all pages back
faults() {
	need_guest "$1"
	run guest "$1" -r "${BOTH[@]}" <<-'END'
		mmtrace doctor >/out/doctor || exit 1
		for mb in 4 8; do
			mmtrace record -q -o /out/$mb.mmt -- load anon $mb 1 || exit 1
		done
	END
	echo "$output"
	cat "$OUT/log"
	[ "$status" -eq 0 ]
	grep -q 'mmtrace can record here' "$OUT/doctor"
	for mb in 4 8; do
		run "$MMTRACE" check "$OUT/$mb.mmt"
		echo "$output"
		[ "$status" -eq 0 ]
		"$MMTRACE" info --format=json "$OUT/$mb.mmt" >"$OUT/info.json"
		faults[mb]=$(count page_fault_user)
		allocs[mb]=$(count mm_page_alloc)
		frees[mb]=$(count mm_page_free)
	done
	echo "faults ${faults[4]} ${faults[8]}, pages ${allocs[4]} ${allocs[8]}, frees ${frees[4]} ${frees[8]}"
	# a stack that begins elsewhere may be a page more or less
	[ $((faults[8] - faults[4])) -ge 1020 ]
	[ $((faults[8] - faults[4])) -le 1028 ]
	# page tables, and what the kernel did in between
	[ $((allocs[8] - allocs[4])) -ge 1020 ]
	[ $((allocs[8] - allocs[4])) -le 1100 ]
	[ $((frees[8] - frees[4])) -ge 1020 ]
	[ $((frees[8] - frees[4])) -le 1100 ]
}

# Every frame named is one of the guest's, and what compaction and reclaim say adds up.
pressure() {
	need_guest "$1"
	run guest "$1" -r -m 384M -s 256M "${BOTH[@]}" <<-'END'
		(sleep 5 && echo 1 >/proc/sys/vm/compact_memory) &
		HOLD=6 mmtrace record -a -q -o /out/trace.mmt -- sh -c 'load frag 160 8; load anon 300 1'
	END
	echo "$output"
	cat "$OUT/log"
	[ "$status" -eq 0 ]
	"$MMTRACE" info --format=json "$OUT/trace.mmt" >"$OUT/info.json" || [ $? -eq 4 ]
	for event in mm_compaction_migratepages mm_migrate_pages mm_vmscan_lru_isolate \
		mm_vmscan_kswapd_wake mm_vmscan_direct_reclaim_begin mm_page_alloc_extfrag; do
		echo "$event $(count $event)"
		[ "$(count $event)" -gt 0 ]
	done
	"$MMTRACE" dump --format=jsonl -e "$compaction" "$OUT/trace.mmt" >"$OUT/compaction" || [ $? -eq 4 ]
	run jq -c 'select(.event == "mm_compaction_migratepages" and
			  (.fields.nr_migratepages > 98304 or .fields.nr_succeeded > .fields.nr_migratepages)),
		   select(.event == "mm_vmscan_lru_isolate" and
			  (.fields.nr_taken > .fields.nr_scanned or .fields.lru > 4)),
		   select(.event == "mm_migrate_pages" and (.fields.mode > 3 or .fields.reason > 12))' \
		"$OUT/compaction"
	echo "$output"
	[ "$status" -eq 0 ]
	[ -z "$output" ]
	run "$MMTRACE" replay --max-lost 50 -q -f -o "$OUT/result.json" "$OUT/trace.mmt"
	echo "$output"
	[ "$status" -eq 0 ]
	jq -c '.replayed, .divergence' "$OUT/result.json"
	# compaction takes free frames without an event, so an open loop cannot follow everything
	jq -e '.replayed.permille >= 900' "$OUT/result.json"
}

compaction=mm_compaction_migratepages,mm_migrate_pages,mm_vmscan_lru_isolate

@test "6.12: faults, pages and frees of a known load" {
	faults 6.12
}

@test "6.1: faults, pages and frees of a known load" {
	faults 6.1
}

@test "6.12: reclaim, swap and compaction" {
	pressure 6.12
}

@test "6.1: reclaim, swap and compaction" {
	pressure 6.1
}

# A whole trace, $1: sealed, no frame missing, no event lost, and it replays.
whole() {
	"$MMTRACE" info --format=json "$1" >"$OUT/info.json"
	jq -e '.sealed and (.gaps | length) == 0 and .snapshots.full >= 1' "$OUT/info.json"
	"$MMTRACE" check "$1"
	"$MMTRACE" replay -q -f -o "$OUT/result.json" "$1"
}

# What needs more than one file, or hides names: on a root of its own, and on one that the host
# shares, which has no files without a name.
several() {
	need_guest "$1"
	cp "$BATS_FILE_TMPDIR/load" "$BATS_TEST_TMPDIR/private-name"
	run guest "$1" -r "${BOTH[@]}" -b "$BATS_TEST_TMPDIR/private-name" <<-'END'
		mmtrace record -q --no-names -a -o /out/nameless.mmt -- private-name anon 4 1 || exit 1
		for dir in /tmp /out; do
			mmtrace record -q --flight-recorder=1m,32M -o $dir/flight.mmt -- sh -c "
				load anon 8 1
				kill -USR2 \$PPID
				until ls $dir/flight.mmt.*; do sleep 0.1; done
				load anon 4 1" || exit 1
			mmtrace record -q --rotate=trigger,2 -o $dir/part -- sh -c "
				n=0
				while [ \$n -lt 3 ]; do
					load anon 4 1
					was=\$(ls $dir/part.*)
					kill -USR2 \$PPID
					while [ \"\$(ls $dir/part.*)\" = \"\$was\" ]; do sleep 0.1; done
					n=\$((n + 1))
				done" || exit 1
			ls -la $dir
			[ $dir = /out ] || { mkdir /out/own && cp /tmp/flight.mmt* /tmp/part.* /out/own; }
		done
	END
	echo "$output"
	cat "$OUT/log"
	[ "$status" -eq 0 ]
	whole "$OUT/nameless.mmt"
	zstd -dcq "$OUT/nameless.mmt" >"$OUT/raw"
	run -1 grep -aq 'private-name' "$OUT/raw"
	for dir in "$OUT" "$OUT/own"; do
		whole "$dir/flight.mmt"
		all=$(count page_fault_user)
		set -- "$dir"/flight.mmt.*
		[ $# -eq 1 ]
		whole "$1"
		first=$(count page_fault_user)
		echo "faults: $first in the dump, $all at the end"
		[ "$first" -ge 2048 ]
		[ "$all" -ge $((first + 1024)) ]
		set -- "$dir"/part.*
		[ $# -eq 2 ]
		sum=0
		for part in "$dir"/part.*; do
			whole "$part"
			sum=$((sum + $(count page_fault_user)))
		done
		[ "$sum" -ge 1024 ] # the third, and what follows it
		[ -z "$(find "$dir" -name '.mmtrace-*')" ]
	done
}

@test "6.12: --no-names, --flight-recorder and --rotate" {
	several 6.12
}

@test "6.1: --no-names, --flight-recorder and --rotate" {
	several 6.1
}

# One minute more of an idle machine, once it has settled: its light snapshots, a whole one among
# them, and what the kernel does by itself.
@test "R25 a recording of an idle machine grows by less than 10 KiB a minute" {
	need_guest 6.12
	run guest 6.12 -r "${BOTH[@]}" <<-'END'
		sleep 20
		for d in 63 1; do
			mmtrace record -a -q -d $d -o /out/$d.mmt || exit 1
		done
	END
	echo "$output"
	[ "$status" -eq 0 ]
	grown=$((($(stat -c %s "$OUT/63.mmt") - $(stat -c %s "$OUT/1.mmt")) * 60 / 62))
	echo "$grown bytes a minute"
	[ $grown -lt 10240 ]
	# all is still told: what the changes add up to is what was there at the end
	"$MMTRACE" dump --format=jsonl "$OUT/63.mmt" >"$OUT/events"
	jq -s -e '[.[] | select(.event == "snapshot_begin")] | length > 55 and
		(map(select(.fields.changes == 0)) | length) == 3' "$OUT/events"
	"$MMTRACE" replay -q -f -o "$OUT/result.json" "$OUT/63.mmt"
	jq -e '[.fidelity[] | select(.metric == "free_and_pcp_pages" and .at == "worst")] |
		length > 0 and all(.error_permille <= 10)' "$OUT/result.json"
}

# --- every event there is ---

# Events that a kernel of the guests has and the loads below may not bring about: why not.
seldom() {
	cat <<-'END'
		cgroup_rename	of the memory controller's hierarchy: version 2 renames no group
		cgroup_rstat_lock_contended	two CPUs at one lock of the counters at once
		cgroup_transfer_tasks	a cpuset of version 1 whose last CPU goes away
		compact_retry	a costly allocation that must not fail, in fragmented memory
		finish_task_reaping	a victim that has not exited after two seconds
		flush_foreign	dirty pages of another group at the group's own dirty limit
		folio_wait_writeback	a disk so slow that one waits for it: here it is the host's memory
		inode_foreign_history	the flusher at a file that two groups write
		inode_switch_wbs	several seconds of writing by the other group
		ksm_advisor	a round of KSM after one that its advisor has measured
		mm_collapse_huge_page_swapin	khugepaged at a range before its pages are read back
		mm_compaction_defer_compaction	compaction that failed
		mm_compaction_defer_reset	compaction that succeeded after it had failed
		mm_compaction_deferred	compaction that had failed
		mm_compaction_fast_isolate_freepages	compaction whose scanners are still far apart
		mm_compaction_kcompactd_wake	free memory in pieces that reclaim alone does not mend
		mm_compaction_wakeup_kcompactd	the same
		mm_khugepaged_collapse_file	khugepaged, where it looks at files (since 6.2)
		mm_khugepaged_scan_file	the same
		mm_vmscan_memcg_softlimit_reclaim_begin	a soft limit, which version 2 has not
		mm_vmscan_memcg_softlimit_reclaim_end	the same
		mm_vmscan_node_reclaim_begin	a node that is low while its neighbour is far: in QEMU it is near
		mm_vmscan_node_reclaim_end	the same
		mm_vmscan_throttled	reclaim that waits for a slow disk
		percpu_alloc_percpu_fail	a per-CPU object larger than the allocator's chunks
		percpu_destroy_chunk	two chunks that are empty when the balancer looks
		sched_move_numa	an idle CPU on the better node when the balancer looks
		sched_stick_numa	none there
		sched_swap_numa	two tasks that would both gain
		skip_task_reaping	a victim whose address space is busy
		start_task_reaping	a victim that has not exited after two seconds
		test_pages_isolated	a block of memory that can be removed: nothing in it that stays
		track_foreign_dirty	a file whose writer became another group's, and the first one again
		wake_reaper	a victim that has not exited after two seconds
		wbc_writepage	a file system that writes page by page
		writeback_lazytime	a file with new times alone when it is written
		writeback_lazytime_iput	such a file when its last user goes
		writeback_sb_inodes_requeue	more dirty pages than one round of writing may write
		writeback_wait	a file that is being written by another
		writeback_wake_background	dirty pages above the lower limit for a while
	END
}

# every SERIES: the loads of tests/guest/matrix, in three recordings
every() {
	local module
	need_guest "$1"
	mkdir -p "$OUT"
	module=$(find "$(tests/guest/get-kernel "$1")/lib/modules" -name 'loop.ko*')
	case $module in
	*.xz) xz -dc "$module" >"$OUT/loop.ko" ;;
	*) cp "$module" "$OUT/loop.ko" ;;
	esac
	run guest "$1" -r -m 640M -n 2 -s 256M -d 64M -t 600 "${BOTH[@]}" -b tests/guest/matrix <<-'END'
		export swap
		frequent=sched,tlb,lru,memcg,percpu,vma
		some=ksm,writeback,cgroup,damon,task,sched_migrate_task,mm_page_alloc_extfrag
		matrix settings
		mmtrace record -a -q -m 32M -e default,$some,sched,tlb,lru,percpu -o /out/counts.mmt -- \
			matrix counts || exit 1
		mmtrace record -a -q -e reclaim,compact,oom,migrate,thp,readahead,vmalloc,numa,$some -o /out/pressure.mmt -- matrix pressure || exit 1
		mmtrace record -q -m 32M -e default,slab,$frequent -o /out/objects.mmt -- \
			matrix objects || exit 1
	END
	echo "$output"
	cat "$OUT/log"
	[ "$status" -eq 0 ]
	for part in counts pressure objects; do
		run "$MMTRACE" check "$OUT/$part.mmt"
		echo "$output"
		# what an interrupt within a program cost is counted; nothing else is wrong
		[ "$status" -eq 0 ] || [ "$(grep -c 'problem: ' <<<"$output")" = 1 ]
		"$MMTRACE" info --format=json "$OUT/$part.mmt" >"$OUT/$part.json" || [ $? -eq 4 ]
		jq -e '[.events[].lost] | add < 100' "$OUT/$part.json"
	done
	# with bulk allocations told, events have every page that the kernel counted
	"$MMTRACE" check "$OUT/counts.mmt" >"$OUT/checked" || [ $? -eq 4 ]
	off=$(sed -n 's/.*pages allocated.* lost: \(.*\)/\1/p' "$OUT/checked")
	[ "$off" = "the same" ] || [ "$(sed 's/\..*//' <<<"$off")" -le 5 ]
}

# which of the events this kernel has were in none of the recordings, and why not
unheard() {
	# sys_exit is the program behind all system calls, which have names of their own
	jq -r '.host.record.events | to_entries[] | select(.value == "yes" and .key != "sys_exit") |
		.key' \
		"$OUT"/{counts,pressure,objects}.json | sort -u >"$OUT/there"
	jq -r '.events | to_entries[] | select(.value.kept > 0) | .key' \
		"$OUT"/{counts,pressure,objects}.json | sort -u >"$OUT/heard"
	echo "$(comm -12 "$OUT/there" "$OUT/heard" | wc -l) of $(wc -l <"$OUT/there") events; not:"
	seldom | sort >"$OUT/seldom"
	comm -23 "$OUT/there" "$OUT/heard" | join -t $'\t' - "$OUT/seldom"
	run comm -23 <(comm -23 "$OUT/there" "$OUT/heard") <(cut -f1 "$OUT/seldom")
	echo "without a reason: $output"
	[ -z "$output" ]
}

# sum EVENT EXPRESSION [CONDITION]: of the events in $OUT/events
sum() {
	jq -s "map(select(.event == \"$1\" and (${3:-true})) | $2) | add // 0" "$OUT/events"
}

# is WHAT N [MOST]: what was summed last is N, or N to MOST
is() {
	echo "$1: $output, of $2 to ${3:-$2}"
	[ "$output" -ge "$2" ]
	[ "$output" -le "${3:-$2}" ]
}

has() { # EVENT: has this kernel got it
	jq -e ".host.record.events[\"$1\"] == \"yes\"" "$OUT/counts.json" >/dev/null
}

# what the loads did, by their numbers: `matrix counts` in the order of its lines
counted() {
	local events=.task.comm==\"events\"
	"$MMTRACE" dump --format=jsonl -e "$(tr -d ' \n' <<-'END'
		migrate,thp,ksm,task,tlb,sched_switch,cgroup,oom,mm_vmscan_write_folio,damon,vmalloc,
		writeback_dirty_folio,mm_filemap_add_to_page_cache,mm_filemap_delete_from_page_cache,
		setting_change,cgroup_change,sys_mmap,sys_prctl,task_prctl_unknown,percpu,
		alloc_pages_bulk
	END
	)" "$OUT/counts.mmt" >"$OUT/events"

	# two tasks' pages follow them to their nodes; others of theirs may move as well
	output=$(sum mm_migrate_pages .fields.succeeded "$events and .fields.reason == 5")
	is "pages moved by NUMA balancing" 2018 2600
	# moved by name: no other page; the whole process: its stack and heap too; a huge page
	output=$(jq -s -c "map(select(.event == \"mm_migrate_pages\" and $events and
		.fields.reason == 3)) | group_by(.task.tid) | map([(map(.fields.succeeded) | add),
		(map(.fields.thp_succeeded) | add)])" "$OUT/events")
	echo "moved by system calls: $output"
	jq -e '.[0] == [503, 0] and .[1][0] >= 307 and .[1][0] < 500 and .[1][1] == 0 and
		.[2] == [512, 1]' <<<"$output"
	output=$(sum set_migration_pte 1)
	is "mappings replaced for migration" $((2018 + 503 + 307)) 6000
	[ "$(sum remove_migration_pte 1)" = "$output" ]
	output=$(sum set_migration_pmd 1)
	is "huge mappings replaced" 1 100
	# anonymous ones of khugepaged, one of them with pages in swap; a file's on demand, whose
	# success is told as a huge page that is not mapped as one yet (10)
	output=$(sum mm_collapse_huge_page 1 '.fields.status == 1 and .fields.isolated == 1')
	is "collapsed" 2 20
	if has mm_khugepaged_collapse_file; then
		output=$(sum mm_khugepaged_collapse_file 1 "(.fields.result == 1 or .fields.result == 10) and .fields.is_shmem == 1")
		is "collapsed in a file" 1 2
	fi
	if has ksm_enter; then
		output=$(sum ksm_enter 1)
		is "address spaces given to KSM" 2
		output=$(sum ksm_merge_with_ksm_page 1 '.fields.err == 0')
		is "pages merged" 303 336
		output=$(sum ksm_merge_one_page 1 '.fields.err == 0')
		is "zero pages merged" 1 2
		output=$(sum ksm_remove_rmap_item 1)
		is "pages that KSM forgot" 202 240
	fi
	output=$(sum sys_mmap 1 '.fields.len == 3 * 2097152 and .fields.file.ino > 0')
	is "mappings of a file of huge pages" 1
	output=$(sum tlb_flush 1 "$events and .fields.pages == 1 and .fields.reason == 3")
	is "pages that a CPU forgot" 307 100000
	# one that does not run the other thread just then need not
	output=$(sum tlb_flush 1 "$events and .fields.pages == 1 and .fields.reason == 4")
	is "pages that the other CPU had to forget" 1 1000 # with those of pages that move
	output=$(sum sched_process_fork 1 "$events and .fields.child.comm == \"events\"")
	is "threads and processes made" $((1 + 1 + 211 + 1)) $((1 + 1 + 211 + 1))
	if has alloc_vmap_area; then
		# each has a stack in vmalloc; a few may be left of others
		output=$(sum alloc_vmap_area 1 "$events and .fields.failed == 0")
		is "ranges of vmalloc" 190 300
	fi
	output=$(sum alloc_pages_bulk .fields.nr_got "$events and .fields.nr_got == 4 and
		.fields.nr_pages == 4")
	is "pages of their stacks, at once" $((4 * 190)) $((4 * 260))
	output=$(sum sched_switch 1 '.fields.prev.comm == "events" and .fields.next.comm == "events"')
	is "switches between the two" 200 1200
	output=$(sum mm_vmscan_write_folio 1 "$events")
	is "pages written to swap" 601 3200
	if has task_prctl_unknown; then
		output=$(sum task_prctl_unknown 1)
		is "unknown calls of prctl" 1
	fi
	output=$(sum percpu_alloc_percpu 1 "$events and .fields.size == 32768")
	is "per-CPU objects" 101
	ino=$(jq -s -r 'map(select(.event == "writeback_dirty_folio") | .fields.file.ino) |
		group_by(.) | max_by(length)[0]' "$OUT/events")
	output=$(sum writeback_dirty_folio 1 ".fields.file.ino == $ino")
	is "pages of the file dirtied" 1009
	output=$(sum mm_filemap_add_to_page_cache 1 ".fields.file.ino == $ino")
	is "pages of the file read or written" $((3 * 1009))
	output=$(sum mm_filemap_delete_from_page_cache 1 ".fields.file.ino == $ino")
	is "pages of the file forgotten" $((2 * 1009))
	for event in cgroup_mkdir cgroup_rmdir; do
		output=$(sum $event 1)
		is $event 25
	done
	output=$(sum cgroup_attach_task 1)
	is cgroup_attach_task 4
	for event in cgroup_freeze cgroup_unfreeze cgroup_setup_root cgroup_remount \
		cgroup_destroy_root mark_victim oom_score_adj_update; do
		output=$(sum $event 1)
		is $event 1
	done
	# the victim's pages: what its group may have, with its tables
	jq -s -e 'any(.event == "mark_victim" and (.fields | .adj == 321 and
		.task.comm == "events" and .anon > 3500 and .anon <= 4096 and
		.total_vm > 12014))' "$OUT/events"
	# what snapshots saw change: a limit to 0, the pool of huge pages from 13 to 0
	jq -s -e 'any(.event == "cgroup_change" and .fields.name == "memory.swap.max" and
			.fields.value == 0 and .fields.cgroup.path == "/a") and
		any(.event == "setting_change" and .fields.name == "vm.nr_hugepages" and
			.fields.value == "0")' "$OUT/events"
}

# No frame beyond the machine's, and no address of the kernel, in anything that was recorded.
sane() {
	for part in counts pressure objects; do
		"$MMTRACE" dump --format=jsonl "$OUT/$part.mmt" >"$OUT/events"
		jq -c 'select((.fields.pfn // 0) > 1048576 and .fields.pfn != 4294967295)' \
			"$OUT/events" | head -n 3 >"$OUT/wrong"
		cat "$OUT/wrong"
		[ ! -s "$OUT/wrong" ]
		# limits may be anything
		sed -E 's/"(ret|value|max|high|low|min|swap_max)":"?[-0-9a-fx]*//g' "$OUT/events" |
			LC_ALL=C grep -m 3 -E ':"?(0xffff[89a-f][0-9a-f]{11}|184467[0-9]{14})[^0-9a-f]' \
				>"$OUT/wrong" || true
		cat "$OUT/wrong"
		[ ! -s "$OUT/wrong" ]
	done
}

@test "6.12: every event that a guest can make happen" {
	every 6.12
	unheard
	counted
	sane
}

@test "6.1: every event that a guest can make happen" {
	every 6.1
	unheard
	counted
	sane
}

# --- control groups ---

# group SERIES VERSION: --cgroup in a guest: tasks of a group made before and of one made meanwhile,
# another group's beside, and a file whose pages another task gives back
group() {
	need_guest "$1"
	sed "s/^version=.*/version=$2/" "$BATS_TEST_DIRNAME/cgroups" >"$BATS_TEST_TMPDIR/cgroups"
	chmod 755 "$BATS_TEST_TMPDIR/cgroups"
	run guest "$1" -r -d 32M "${BOTH[@]}" -b "$BATS_TEST_TMPDIR/cgroups" <<-'END'
		cgroups
	END
	echo "$output"
	cat "$OUT/log"
	[ "$status" -ne 77 ] || skip "this kernel has no memory controller of version $2"
	[ "$status" -eq 0 ]
	run "$MMTRACE" check "$OUT/trace.mmt"
	echo "$output"
	"$MMTRACE" info --format=json "$OUT/trace.mmt" >"$OUT/info.json" || [ $? -eq 4 ]
	[ "$(jq -r .host.record.filter "$OUT/info.json")" = cgroup ]
	"$MMTRACE" dump --format=jsonl -e alloc,fault,filemap,task \
		"$OUT/trace.mmt" >"$OUT/all"
	# faults: the group's and those of nobody else
	jq -r 'select(.event == "page_fault_user") | .task.comm' "$OUT/all" | sort | uniq -c |
		tee "$OUT/faults"
	[ "$(awk '$2 == "events" { print $1 }' "$OUT/faults")" -ge $((2003 + 4001 + 3001)) ]
	[ "$(awk '{ n += $1 } END { print n }' "$OUT/faults")" -lt $((2003 + 4001 + 3001 + 2000)) ]
	run grep -c other "$OUT/faults"
	[ "$output" = 0 ]
	# pages by the group that they are charged to
	jq -r 'select(.event == "mm_page_alloc" and .fields.cause == "anon") | .fields.cgroup.path' \
		"$OUT/all" | sort | uniq -c | tee "$OUT/where"
	old=$(awk '$2 ~ /a\/old$/ { print $1 }' "$OUT/where")
	below=$(awk '$2 ~ /a\/below$/ { print $1 }' "$OUT/where")
	[ "$below" -ge 4001 ]
	[ "$below" -lt 4151 ]
	[ "$old" -ge $((2003 + 3001)) ]
	[ "$old" -lt $((2003 + 3001 + 450)) ]
	[ "$(wc -l <"$OUT/where")" = 2 ]
	# what the kernel itself charged while the last load held its pages: the rest was freed
	anon=$(($(cut -d' ' -f2 "$OUT/anon") / 4096))
	echo "$anon anonymous pages charged by the kernel"
	[ "$anon" -ge 3001 ]
	[ $((anon + 2003)) -le "$old" ]
	[ $((anon + 2003 + 450)) -gt "$old" ]
	# frees follow frames: the file's pages were the group's, whoever removes it
	file=$(jq -r 'select(.event == "mm_filemap_add_to_page_cache" and .task.comm == "events" and
		.fields.file.dev != null) | .fields.pfn' "$OUT/all" | sort -u | wc -l)
	freed=$(jq -r 'select(.event == "mm_page_free" and .task.comm == "rm") | .fields.pfn' \
		"$OUT/all" | sort -u | wc -l)
	echo "$file pages of files, $freed freed by rm"
	[ "$file" -ge 503 ]
	[ "$freed" -ge 503 ]
	# and every page of the group that was given back is told
	jq -s -e '(map(select(.event == "mm_page_alloc" and .task.comm == "events" and
			.fields.cause == "anon" and (.fields.cgroup.path | endswith("below"))) |
			.fields.pfn | tostring) | INDEX(.)) as $pages |
		map(select(.event == "mm_page_free" and $pages[.fields.pfn | tostring])) |
		length >= 4001' "$OUT/all"
}

@test "6.12: --cgroup on version 2: tasks, children, frees, and what pages are charged to" {
	group 6.12 2
}

@test "6.1: --cgroup on version 2: the same" {
	group 6.1 2
}

@test "6.1: --cgroup on version 1: the same" {
	group 6.1 1
}

@test "6.12: --cgroup on version 1, where the kernel has it" {
	group 6.12 1
}

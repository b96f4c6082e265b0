#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-only
# Snapshots of this host against its own /proc, read beside them.

load common

setup_file() {
	MMTRACE=${MMTRACE:-$BATS_TEST_DIRNAME/../../build/mmtrace}
	export MMTRACE TRACE=$BATS_FILE_TMPDIR/t.mmt
	ready || return 0
	# A process whose VMAs and resident pages are known: 1009 pages touched of 4096 mapped.
	cat >"$BATS_FILE_TMPDIR/known.c" <<-'C'
		#include <stdio.h>
		#include <sys/mman.h>
		#include <unistd.h>
		int main(void)
		{
			char *p = mmap(0, 4096 << 12, PROT_READ | PROT_WRITE,
				       MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
			madvise(p, 4096 << 12, MADV_NOHUGEPAGE);
			for (int i = 0; i < 1009; i++)
				p[(i * 4) << 12] = 1; /* every fourth: 1009 runs of one page */
			printf("%p\n", (void *)p);
			fflush(stdout);
			pause();
			return 0;
		}
	C
	"${CC:-cc}" -O2 -o "$BATS_FILE_TMPDIR/known" "$BATS_FILE_TMPDIR/known.c"
	"$BATS_FILE_TMPDIR/known" >"$BATS_FILE_TMPDIR/known.out" 3>&- &
	echo $! >"$BATS_FILE_TMPDIR/known.pid"
	for _ in $(seq 100); do
		[ ! -s "$BATS_FILE_TMPDIR/known.out" ] || break
		sleep 0.05
	done
	cp /proc/zoneinfo "$BATS_FILE_TMPDIR/zoneinfo"
	cp "/proc/$!/maps" "$BATS_FILE_TMPDIR/maps"
	"$MMTRACE" record -q -f -a -d 3 -o "$TRACE"
	# Frames and resident pages are by far the most rows: only what is asked of them is kept.
	"$MMTRACE" dump --format=jsonl \
		-e snapshot_begin,snapshot_end,snap_zone,snap_buddy,snap_task,snap_mm "$TRACE" \
		>"$BATS_FILE_TMPDIR/rows"
	mm=$(rows=$BATS_FILE_TMPDIR/rows known_mm)
	"$MMTRACE" dump --format=jsonl -e vma,vma_list,snap_resident "$TRACE" |
		grep "\"mm\":${mm}[,}]" >>"$BATS_FILE_TMPDIR/rows"
	"$MMTRACE" dump --format=jsonl -e snap_pages "$TRACE" |
		sed -E 's/.*"flags":([0-9]+),.*"pages":([0-9]+),"pfn":([0-9]+).*/\3 \2 \1/' \
			>"$BATS_FILE_TMPDIR/frames"
}

teardown_file() {
	[ ! -s "$BATS_FILE_TMPDIR/known.pid" ] || kill "$(cat "$BATS_FILE_TMPDIR/known.pid")" || true
}

ready() {
	[ "$(id -u)" = 0 ] && [ -x "$MMTRACE" ] && [ -e /sys/kernel/btf/vmlinux ] &&
		"$MMTRACE" help record >/dev/null 2>&1
}

setup() {
	can_record
	rows=$BATS_FILE_TMPDIR/rows
	cd "$BATS_TEST_TMPDIR" || return 1
}

@test "begin, rows, end; light ones each second, in order of time" {
	jq -es '[.[] | select(.event | test("snapshot_(begin|end)"))] as $s |
		($s | length) >= 6 and ($s | length) % 2 == 0 and
		([range(0; $s | length; 2) | $s[.].event == "snapshot_begin" and
			$s[. + 1].event == "snapshot_end" and
			$s[.].fields.seq == $s[. + 1].fields.seq] | all) and
		($s[0].fields.kind == "full") and ($s[-1].fields.kind == "end") and
		([$s[].time] | . == sort)' "$rows"
}

# Managed memory may grow on hosts that initialise it late, so equality or growth.
@test "zones are those of /proc/zoneinfo" {
	awk '/^Node/ { gsub(",", ""); n = $2; z = $4 }
		/^ +spanned/ { s = $2 } /^ +present/ { p = $2 } /^ +managed/ { m = $2; print n, z, s, p, m }' \
		"$BATS_FILE_TMPDIR/zoneinfo" >want
	jq -r 'select(.event == "snap_zone") | .fields |
		"\(.node) \(.zone) \(.spanned) \(.present) \(.managed)"' "$rows" | head -n "$(wc -l <want)" >got
	[ "$(wc -l <want)" -ge 2 ]
	paste -d ' ' want got | while read -r n z s p m gn gz gs gp gm; do
		[ "$n $z $s $p" = "$gn $gz $gs $gp" ] && [ "$gm" -ge "$m" ]
	done
}

# A light snapshot tells the orders that changed; the others are as they were told last.
@test "buddyinfo's blocks are zoneinfo's free pages, within what 0.1 ms can change" {
	jq -es 'reduce .[] as $e ({ blocks: {}, free: {}, off: [] };
			"\($e.fields.node) \($e.fields.zone)" as $zone |
			if $e.event == "snap_buddy" then
				.blocks[$zone]["\($e.fields.order)"] =
					$e.fields.blocks * pow(2; $e.fields.order)
			elif $e.event == "snap_zone" then .free[$zone] = $e.fields.free
			elif $e.event == "snapshot_end" then
				.off += [.free as $free | .blocks | to_entries[] |
					(.value | add) - $free[.key]]
			else . end) |
		.off | length >= 6 and all(fabs <= 4096)' "$rows"
}

@test "BUDDY frames are the free pages: an idle zone's exactly, all within 5 %" {
	[ -s "$BATS_FILE_TMPDIR/frames" ] || skip "this kernel has no kpageflags"
	jq -rs 'map(select(.event == "snap_zone").fields) | unique_by([.node, .zone]) | .[] |
		select(.spanned > 0) | "\(.start_pfn) \(.spanned) \(.free)"' "$rows" >zones
	# on a busy host free pages come and go while frames are read: there were so many before and
	# a second later
	read -r least most < <(jq -rs 'reduce .[] as $e ([];
		if $e.event == "snapshot_begin" then . + [0]
		elif $e.event == "snap_zone" then .[-1] += $e.fields.free
		else . end) | .[:2] | "\(min) \(max)"' "$rows")
	echo "free before or after: $least to $most"
	awk -v least="$least" -v most="$most" '
		NR == FNR { start[NR] = $1; end[NR] = $1 + $2; free[NR] = $3; n = NR; next }
		int($3 / 1024) % 2 { for (z = 1; z <= n; z++) if ($1 >= start[z] && $1 < end[z]) got[z] += $2 }
		END {
			for (z = 1; z <= n; z++) {
				print "free", free[z], "BUDDY", got[z] + 0
				exact += free[z] == got[z]; sum += got[z]
			}
			exit !(exact >= 1 && sum >= 0.95 * least && sum <= 1.05 * most)
		}' zones "$BATS_FILE_TMPDIR/frames"
}

@test "frames are told once each, zone after zone without a gap" {
	[ -s "$BATS_FILE_TMPDIR/frames" ] || skip "this kernel has no kpageflags"
	spanned=$(jq -s '[map(select(.event == "snap_zone").fields) | unique_by([.node, .zone]) | .[] |
		.spanned] | add' "$rows")
	awk -v spanned="$spanned" '$1 < next_ { back++ } { sum += $2; next_ = $1 + $2 }
		END { print sum, "of", spanned, back + 0, "twice"; exit !(sum == spanned && !back) }' \
		"$BATS_FILE_TMPDIR/frames"
}

# mm of the known process, through its task row
known_mm() {
	jq --argjson pid "$(cat "$BATS_FILE_TMPDIR/known.pid")" \
		'select(.event == "snap_task" and .fields.task.tid == $pid) | .fields.mm' "$rows"
}

@test "the VMAs of a known process are those of its maps" {
	mm=$(known_mm)
	[ "$mm" -gt 0 ]
	jq -r --argjson mm "$mm" 'select(.event == "vma" and .fields.mm == $mm) | .fields |
		"\(.start) \(.end) \(.flags % 16)"' "$rows" |
		while read -r s e f; do
			p=
			for bit in 1:r 2:w 4:x; do
				[ $((f & ${bit%:*})) != 0 ] && p+=${bit#*:} || p+=-
			done
			printf '%08x-%08x %s%s\n' "$s" "$e" "$p" "$([ $((f & 8)) != 0 ] && echo s || echo p)"
		done >got
	awk '!/vsyscall/ { print $1, $2 }' "$BATS_FILE_TMPDIR/maps" >want
	diff want got
	[ "$(jq --argjson mm "$mm" 'select(.event == "vma_list" and .fields.mm == $mm) | .fields.count' "$rows")" \
		-eq "$(wc -l <want)" ]
}

@test "1009 touched pages are 1009 resident runs, each with a frame that is in use" {
	mm=$(known_mm) start=$(($(cat "$BATS_FILE_TMPDIR/known.out")))
	jq -es --argjson mm "$mm" --argjson start "$start" '
		map(select(.event == "snap_resident" and .fields.mm == $mm and
			.fields.address >= $start and .fields.address < $start + 16777216) | .fields) |
		length == 1009 and all(.pages == 1 and (.address - $start) % 16384 == 0 and
			.flags % 2 == 1) and (map(.pfn) | unique | length) == 1009' "$rows"
}

@test "a process's resident pages add up to its RSS" {
	mm=$(known_mm)
	jq -es --argjson mm "$mm" '
		(map(select(.event == "snap_mm" and .fields.mm == $mm) | .fields |
			.rss_anon + .rss_file + .rss_shmem) | first) as $rss |
		(map(select(.event == "snap_resident" and .fields.mm == $mm) | .fields.pages) | add) |
		debug | . >= 1009 and (. - $rss | fabs) <= 64' "$rows"
}

@test "processes have a task row; kernel threads have no address space" {
	for pid in 1 "$(cat "$BATS_FILE_TMPDIR/known.pid")"; do
		jq -es --argjson pid "$pid" \
			'any(.[]; .event == "snap_task" and .fields.task.tid == $pid and .fields.mm > 0)' "$rows"
	done
	[ "$(cat /proc/2/comm)" = kthreadd ] || skip "no kthreadd in this PID namespace"
	jq -es 'any(.[]; .event == "snap_task" and .fields.task.tid == 2 and .fields.mm == 0)' "$rows"
}

# The full one, of all processes and frames, is the measure: what slows one slows the other.
@test "a light snapshot takes milliseconds, where a full one takes hundreds" {
	jq -es '[.[] | select(.event | test("snapshot_(begin|end)"))] |
		[range(0; length; 2) as $i | .[$i + 1].time - .[$i].time] |
		debug | .[0] as $full | (.[1:] | min) as $light |
		$light < 20000000 or $light * 20 < $full' "$rows"
}

@test "a changed sysctl and a changed limit are told, with the new value" {
	knob=/proc/sys/vm/dirtytime_expire_seconds
	[ -w $knob ] || skip "cannot change $knob"
	hierarchy=$(awk '$9 == "cgroup" && $0 ~ /memory/ { print $5 }' /proc/self/mountinfo | head -1)
	was=$(cat $knob)
	group=$hierarchy/mmtrace-test-$$
	[ -z "$hierarchy" ] || mkdir "$group"
	(
		sleep 1.5
		echo $((was + 7)) >$knob
		[ -z "$hierarchy" ] || echo 41943040 >"$group/memory.limit_in_bytes"
	) &
	"$MMTRACE" record -q -f -a -d 4 -o "$BATS_TEST_TMPDIR/c.mmt" || failed=1
	echo "$was" >$knob
	[ -z "$hierarchy" ] || rmdir "$group"
	[ -z "${failed:-}" ]
	"$MMTRACE" dump --format=jsonl -e setting_change,cgroup_change "$BATS_TEST_TMPDIR/c.mmt" >changes
	jq -es --arg v $((was + 7)) 'any(.[]; .event == "setting_change" and
		.fields.name == "vm.dirtytime_expire_seconds" and .fields.value == $v)' changes
	[ -z "$hierarchy" ] || jq -es 'any(.[]; .event == "cgroup_change" and
		.fields.name == "memory.limit_in_bytes" and .fields.value == 41943040 and
		(.fields.cgroup.path | endswith("mmtrace-test-'$$'")))' changes
}

@test "the header names what this host is and what it lacks" {
	"$MMTRACE" info --format=json "$TRACE" >told
	release=$(uname -r)
	grep -q "\"release\": \"$release\"" told
	for f in /sys/kernel/mm/page_idle/bitmap /sys/kernel/mm/lru_gen/enabled; do
		if [ -r $f ]; then
			run ! grep -q "\"$f\"" told
		else
			grep -q "\"$f\"" told
		fi
	done
	# nothing that names the host or its users
	run ! grep -q "\"$(uname -n)\"" told
}

#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# make demo: record this host while a small workload runs, replay the trace as recorded, replay it
# with another tunable and less RAM, look at fragmentation, compare. Without the privilege for
# eBPF a sample of traces/ takes the place of the recording. Leaves nothing behind.
#	tests/demo.sh PROGRAM [SECONDS]
set -u
cd "$(dirname "$0")/.." || exit 1
root=$PWD
mmtrace=$root/$1
seconds=${2:-6}
[ -x "$mmtrace" ] || { echo "$1: not built: make" >&2; exit 1; }

work=$(mktemp -d) || exit 1
worker=
cleanup() {
	[ -z "$worker" ] || { kill "$worker" && wait "$worker"; } 2>/dev/null
	rm -rf "$work"
}
trap cleanup EXIT
trap 'exit 130' INT TERM

step() {
	if [ -t 1 ]; then
		printf '\n\033[1m== %s\033[0m\n' "$*"
	else
		printf '\n== %s\n' "$*"
	fi
}

# show STATUS... -- COMMAND...: print it as typed, run it (through $filter, if set), accept these
# exit statuses.
show() {
	local ok=" " status
	while [ "$1" != -- ]; do ok="$ok$1 " && shift; done
	shift
	printf '$ mmtrace %s\n' "$*"
	"$mmtrace" "$@" | sed "${filter:-}"
	status=${PIPESTATUS[0]}
	[[ $ok == *" $status "* ]] || {
		echo "demo: exit status $status was not expected" >&2
		exit 1
	}
	return "$status"
}

# Page cache, anonymous memory, forks and frees, in turns until told to stop. The scratch file is
# small: the host is somebody's.
workload() {
	trap 'exit 0' TERM
	while :; do
		head -c 64M /dev/zero >scratch
		seq 400000 | sort -r | tail -n 1
		md5sum scratch
		for _ in $(seq 50); do sh -c :; done
		rm scratch
	done >/dev/null 2>&1
}

cd "$work" || exit 1
step "1. Record $seconds s of this host while a small workload runs"
workload &
worker=$!
printf '$ mmtrace record -a -d %s -o demo.mmt\n' "$seconds"
"$mmtrace" record -a -d "$seconds" -o demo.mmt
status=$?
kill "$worker"
wait "$worker"
worker=
if [ $status != 0 ] && [ $status != 4 ]; then
	sample=$(find "$root/traces" -name '*.mmt' | sort | head -n 1)
	[ "$sample" ] || { echo "demo: no sample in traces/" >&2; exit 1; }
	echo
	echo "This host or user cannot record (mmtrace doctor says why)."
	echo "A recorded sample takes the place of demo.mmt: traces/${sample##*/}"
	cp "$sample" demo.mmt
fi

step "2. What is in the trace"
# shellcheck disable=SC2016 # sed, not the shell
filter='/^$/,$d' show 0 4 -- info demo.mmt

step "3. Replay it as recorded: the kernel's figures beside the model's"
show 0 4 -- replay demo.mmt -o base.json

step "4. Fragmentation over time, as the model saw it"
filter='1,/^Fragmentation/d' show 0 4 -- report base.json

# Half of what the highest zone has, or three quarters if the kernel's own pages need more; and a
# reserve four times as large.
mem() {
	jq -r '.config.zones[-1] | (.start_pfn + .managed * '"$1"') * 4096 / 1048576 | floor' base.json
}
reserve=$(jq '.config.effective["vm.min_free_kbytes"] * 4' base.json)
step "5. The same demand on less RAM, with four times vm.min_free_kbytes"
what_if() {
	show 0 3 4 -- replay demo.mmt --set "vm.min_free_kbytes=$reserve" \
		--set "mem=$(mem "$1")M" -o what-if.json
}
what_if 0.5
[ $? != 3 ] || what_if 0.75

step "6. What changed"
# A busy host loses a few events; both results miss the same ones, so they may be compared.
show 0 1 -- diff base.json what-if.json
echo "exit status $? (0: within the thresholds, 1: one was crossed; a gate for scripts)"

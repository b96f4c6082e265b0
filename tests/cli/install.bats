#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-only
# make install, uninstall and dist; the flags of the release build.

setup() {
	cd "$BATS_TEST_DIRNAME/../.." || return 1
	unset MAKEFLAGS MAKELEVEL MFLAGS
}

@test "install puts the program and every man page where it is told, uninstall takes them away" {
	root=$BATS_TEST_TMPDIR/root
	make install DESTDIR="$root" PREFIX=/usr
	[ -x "$root/usr/bin/mmtrace" ]
	[ "$("$root/usr/bin/mmtrace" version | head -n 1)" = "mmtrace $(sed -n 's/^VERSION = //p' Makefile)" ]
	for page in man/*.[157]; do
		cmp "$page" "$root/usr/share/man/man${page##*.}/${page##*/}"
	done
	[ "$(stat -c %a "$root/usr/bin/mmtrace")" = 755 ]
	make uninstall DESTDIR="$root" PREFIX=/usr
	[ -z "$(find "$root" -type f)" ]
}

@test "install obeys BINDIR and MANDIR, and its default is /usr/local" {
	root=$BATS_TEST_TMPDIR/root
	make install DESTDIR="$root" BINDIR=/opt/b MANDIR=/opt/m
	[ -x "$root/opt/b/mmtrace" ]
	[ -f "$root/opt/m/man1/mmtrace.1" ]
	make install DESTDIR="$root"
	[ -x "$root/usr/local/bin/mmtrace" ]
}

@test "dist gives the same bytes twice, and what it packs compiles" {
	git rev-parse --git-dir >/dev/null 2>&1 || skip "not a git checkout"
	version=$(sed -n 's/^VERSION = //p' Makefile)
	make dist
	cp "build/mmtrace-$version.tar.xz" "$BATS_TEST_TMPDIR/first"
	make dist
	cmp "build/mmtrace-$version.tar.xz" "$BATS_TEST_TMPDIR/first"
	cd "$BATS_TEST_TMPDIR"
	tar xf first
	cd "mmtrace-$version"
	if [ -z "${MMT_TEST_LONG:-}" ]; then
		make syntax WITHOUT_BPF=1 LTO= CLANG=false
		return
	fi
	make -j2 WITHOUT_BPF=1 LTO= CLANG=false
	[ "$(build/mmtrace version | head -n 1)" = "mmtrace $version" ]
}

@test "without BPF, record and doctor say so and exit 2" {
	[ -x build/nobpf/mmtrace ] || make -j2 WITHOUT_BPF=1 O=build/nobpf LTO= CLANG=false
	run ldd build/nobpf/mmtrace
	[[ $output != *libbpf* ]]
	for command in record doctor; do
		run build/nobpf/mmtrace $command
		[ "$status" -eq 2 ]
		[[ $output == *"built without BPF"* ]]
	done
}

@test "the release is position independent, with full RELRO, stack protector and FORTIFY" {
	run readelf -hldW build/mmtrace
	[[ $output == *"DYN (Position-Independent Executable file)"* ]]
	[[ $output == *GNU_RELRO* ]]
	[[ $output == *BIND_NOW* || $output == *"Flags: NOW"* ]]
	run readelf -sW --dyn-syms build/mmtrace
	[[ $output == *__stack_chk_fail* ]]
	[[ $output == *_chk@* ]]
}

@test "no path of the build folder is in the program" {
	run grep -acF "$PWD/" build/mmtrace
	[ "$output" = 0 ]
}

@test "flags of the caller are added to ours, and changed flags rebuild" {
	out=$BATS_TEST_TMPDIR/o
	run make O="$out" V=1 CFLAGS=-DEXTRA_ONE CPPFLAGS=-DEXTRA_TWO WITHOUT_BPF=1 "$out/obj/lib/base/err.o"
	[ "$status" -eq 0 ]
	[[ $output == *-Werror*-DEXTRA_ONE* && $output == *-DEXTRA_TWO* ]]
	run make O="$out" CFLAGS=-DEXTRA_ONE CPPFLAGS=-DEXTRA_TWO WITHOUT_BPF=1 "$out/obj/lib/base/err.o"
	[[ $output != *" CC "* ]]
	run make O="$out" WITHOUT_BPF=1 "$out/obj/lib/base/err.o"
	[[ $output == *" CC "* ]]
}

#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-only
# shellcheck disable=SC2016
# Each check of tests/lint accepts a right sample and names the line of a wrong one.

setup() {
	LINT=$BATS_TEST_DIRNAME/../lint
	ROOT=$(cd "$BATS_TEST_DIRNAME/../.." && pwd)
	cd "$BATS_TEST_TMPDIR" || return 1
	mkdir -p lib/base lib/trace lib/mm lib/mm/pages lib/report lib/replay cmd tests/unit bpf man build/obj/lib/mm .ci
	cp "$ROOT/.clang-format" .
	SPDX='SPDX-License-Identifier: GPL-2.0-only'
}

accepts() {
	run "$LINT/$1"
	echo "$output"
	[ "$status" -eq 0 ]
}

# refuses CHECK TEXT: exits non-zero and prints a line that holds TEXT.
refuses() {
	run "$LINT/$1"
	echo "$output"
	[ "$status" -ne 0 ]
	[[ $output == *"$2"* ]]
}

@test "every check has a test here" {
	for check in "$LINT"/*; do
		[ "${check##*/}" = all ] || grep -q "refuses ${check##*/} " "$BATS_TEST_FILENAME"
	done
}

@test "lint format" {
	printf 'int f(void)\n{\n\treturn 1;\n}\n' >lib/mm/a.c
	accepts format
	printf 'int f(void)\n{\n\treturn  1;\n}\n' >lib/mm/a.c
	refuses format lib/mm/a.c:3:
}

@test "lint layers: a folder may not look up, and lib/mm not at a higher concept" {
	echo '#include "lib/base/err.h"' >lib/mm/pages/buddy.c
	echo '#include "lib/mm/pages/zone.h"' >>lib/mm/pages/buddy.c
	echo '#include "lib/replay/result.h"' >lib/report/a.c
	accepts layers
	for wrong in mm/a.c:lib/trace/event.h report/b.c:lib/mm/mm.h report/b.c:lib/replay/engine.h \
		trace/a.c:lib/mm/mm.h base/a.c:cmd/cli.h mm/pages/zone.c:lib/mm/pages/buddy.h \
		replay/a.c:lib/mm/pages/pcp.h mm/a.c:buddy.h; do
		printf '\n#include "%s"\n' "${wrong#*:}" >"lib/${wrong%%:*}"
		refuses layers "lib/${wrong%%:*}:2: \"${wrong#*:}\""
		rm "lib/${wrong%%:*}"
	done
}

@test "lint globals: variables of file and function lifetime, but not constant tables" {
	cat >lib/mm/a.c <<-C
		extern int f(int *);
		static const int table[3] = { 1, 2, 3 };
		static const char *const names[] = { "a", "b" };
		const char *g(int i) { return f((int *)&table[i]) ? names[i] : 0; }
	C
	gcc -O1 -fPIE -c lib/mm/a.c -o build/obj/lib/mm/a.o
	accepts globals
	for wrong in 'static int hidden = 1;' 'static int hidden;' 'int hidden;' '_Thread_local int hidden;' \
		'static const char *hidden = "x";'; do
		printf '\n%s\nint *h(void);\nint *h(void) { return (int *)&hidden; }\n' "$wrong" >lib/mm/a.c
		gcc -O1 -fPIE -c lib/mm/a.c -o build/obj/lib/mm/a.o
		refuses globals 'lib/mm/a.c:2: mutable: hidden'
	done
	printf '\nint h(void)\n{\n\tstatic int count;\n\treturn count++;\n}\n' >lib/mm/a.c
	gcc -O1 -fPIE -c lib/mm/a.c -o build/obj/lib/mm/a.o
	refuses globals 'lib/mm/a.c:4: mutable: count'
	rm build/obj/lib/mm/a.o
	refuses globals 'lib/mm/a.c:1: not compiled'
}

@test "lint hdr-check" {
	printf '#include <stdint.h>\nstruct s { uint32_t x; };\n' >lib/mm/a.h
	accepts hdr-check
	printf 'struct s { uint32_t x; };\n' >lib/mm/a.h
	refuses hdr-check lib/mm/a.h:1:
	rm lib/mm/a.h
	printf 'struct s { __u32 x; };\n' >bpf/b.h
	refuses hdr-check bpf/b.h:1:
}

@test "lint banned: calls, but not words in comments, strings and other names" {
	cat >lib/mm/a.c <<-C
		/* free(p), strcpy(a, b) and
		 * exit(1) are banned */
		const char *s = "exit(1)"; /* malloc( */
		void f(struct s *p) { mmt_free(p); p->read(p); fread_like(p); }
	C
	echo 'void f(void) { free(mmt_json_text(0)); printf("x"); }' >cmd/a.c
	echo 'void f(void) { free(malloc(1)); }' >lib/base/a.c
	echo 'void f(void) { if (!fork()) { write(1, "x", 1); _exit(1); } }' >lib/report/a.c
	accepts banned
	for wrong in 'strcpy(a, b)' 'free(p)' 'malloc(1)' 'printf("x")' 'exit(1)' 'open("x", 0)' 'write(1, s, 1)' \
		'if (atoi(s))' 'x = sprintf(b, "x")'; do
		printf '/* x */\n\n%s;\n' "$wrong" >lib/mm/a.c
		refuses banned lib/mm/a.c:3:
	done
	rm lib/mm/a.c
	echo 'char *p = malloc(1);' >cmd/b.c
	refuses banned cmd/b.c:1:
	rm cmd/b.c
	echo 'strcat(a, b);' >lib/base/b.c
	refuses banned lib/base/b.c:1:
}

@test "lint sizes: files over 600 lines, functions over 120, too many over 60" {
	body() { printf 'int %s(void)\n{\n' "$1" && yes '	x();' | head -n "$2" && echo '}'; }
	for i in $(seq 99); do body "f$i" 3; done >lib/mm/a.c
	body long 120 >lib/mm/b.c
	accepts sizes
	body longer 121 >lib/mm/b.c
	refuses sizes 'lib/mm/b.c:2: function of 121 lines'
	for i in 1 2 3 4; do body "g$i" 61; done >lib/mm/b.c
	refuses sizes 'over 60 lines'
	yes '' | head -n 601 >lib/mm/b.c
	refuses sizes 'lib/mm/b.c:601: more than 600'
}

@test "lint spdx" {
	echo "/* $SPDX */" >lib/mm/a.c
	printf '#!/bin/sh\n# %s\n' "$SPDX" >tests/x
	echo "# $SPDX" >.clang-format
	echo '{}' >tests/data.json
	accepts spdx
	printf '#!/bin/sh\n\n# %s\n' "$SPDX" >tests/x
	refuses spdx tests/x:1:
}

@test "lint words: promises, and folders of one machine" {
	echo 'the stubborn hackberry stands at /proc/self and /usr/share/x' >lib/mm/a.c
	accepts words
	for wrong in 'TO''DO: x' '// X''XX' 'a place''holder' 'works for'' now' '/ho''me/me/x' '/ro''ot/x'; do
		printf '\n%s\n' "$wrong" >lib/mm/a.c
		refuses words lib/mm/a.c:2:
	done
}

@test "lint shell" {
	printf '#!/bin/sh\necho "$1"\n' >tests/x
	accepts shell
	printf '#!/bin/sh\n\ncd /x\n' >tests/x
	refuses shell tests/x:3:
}

page() {
	cat <<-MAN
		.\\" $SPDX
		.Dd November 22, 2026
		.Dt MMTRACE-$1 1
		.Os
		.Sh NAME
		.Nm mmtrace-$1
		.Nd sample
		.Sh SYNOPSIS
		.Nm mmtrace $1
		.Op Fl f
		.Op Fl o Ar FILE
		.Ar TRACE
		.Sh DESCRIPTION
		A sample.
		.Bl -tag -width Ds
		.It Fl f , Fl -force
		Force.
		.It Fl o , Fl -output Ar FILE
		Write.
		.El
	MAN
}

@test "lint man" {
	page sample | sed 's/MMTRACE-sample/MMTRACE-SAMPLE/' >man/mmtrace-sample.1
	accepts man
	echo .Xx >>man/mmtrace-sample.1
	refuses man man/mmtrace-sample.1:21:
}

@test "lint doc-vs-help: usage and options of --help against the man page" {
	cat >fake <<-'SH'
		#!/bin/sh
		[ "$1" = help ] && echo '  sample       makes a sample' && exit
		echo 'usage: mmtrace sample [-f] [-o FILE] TRACE'
		echo
		echo '  -f, --force                    force it'
		echo '  -o, --output FILE              write to FILE'
	SH
	chmod +x fake
	export LINT_MMTRACE=./fake
	page sample >man/mmtrace-sample.1
	accepts doc-vs-help
	page sample | sed 's/Op Fl f/Op Fl x/' >man/mmtrace-sample.1
	refuses doc-vs-help man/mmtrace-sample.1:8:
	page sample | sed 's/-output Ar FILE/-output Ar PATH/' >man/mmtrace-sample.1
	refuses doc-vs-help 'only in the page: -o --output PATH'
	page sample | sed '/^.It Fl f/d' >man/mmtrace-sample.1
	refuses doc-vs-help 'only in --help: -f --force'
	rm man/mmtrace-sample.1
	refuses doc-vs-help 'man/mmtrace-sample.1:1: no such page'
}

@test "lint options: one table, parsed in one place, no letter twice" {
	printf '%s\n' "OPTION(a, 'o', output, \"FILE\", \"x\")" "OPTION(b, 'o', output, \"FILE\", \"x\")" \
		'OPTION(a, 0, x, NULL, "x")' 'OPTION(a, 0, y, NULL, "x")' >cmd/options.def
	echo 'getopt_long(x);' >cmd/cli.c
	accepts options
	printf "OPTION(b, 'o', other, \"FILE\", \"x\")\n" >>cmd/options.def
	refuses options "cmd/options.def:5: b has 'o' twice"
	sed -i '$d' cmd/options.def
	printf '\nif (!strcmp(s, "--quick"))\n' >cmd/b.c
	refuses options cmd/b.c:2:
}

@test "lint known: a listed known answer without a test, and a test that is not listed" {
	mkdir -p tests/cli
	printf '# %s\n1.1a\tzones\n2.5a\tsplitting\n' "$SPDX" >tests/known-answers
	printf 'TEST_NAMED(\n\tzones, "KAT 1.1a 15.2c zones")\n{\n}\n' >tests/unit/t_zone.c
	printf '@%s "KAT 2.5a: splitting" {\n}\n' test >tests/cli/kat.bats
	accepts known
	printf '\t/* "KAT 2.6a" is another */\n' >>tests/unit/t_zone.c
	printf '2.6a\tmerging\n' >>tests/known-answers
	sed -i 's/"KAT 2.6a" is/KAT 2.6a is/' tests/unit/t_zone.c
	refuses known "tests/known-answers:4: no test is named after 2.6a"
	printf 'TEST_NAMED(merge, "KAT 2.6a merging")\nTEST_NAMED(odd, "KAT 2.99 odd")\n' >>tests/unit/t_zone.c
	refuses known "tests/unit/t_zone.c:7: 2.99 is not in tests/known-answers"
	sed -i '$d' tests/unit/t_zone.c
	accepts known
	printf '2.6a\tmerging\n3.2\n' >>tests/known-answers
	refuses known "tests/known-answers:5: 2.6a is listed twice"
	refuses known "tests/known-answers:6: 3.2 says nothing"
}

@test "lint rejects: reasons of the readers that no test brings about" {
	mkdir -p tests/fault tests/cli
	touch tests/fault/t_a.c tests/cli/a.bats
	printf 'return mmt_fail(e, EBADMSG,\n\t"%%" PRIu64 " frames "\n\t"too many, %%s", n, s);\n' >lib/trace/reader.c
	printf 'return mmt_fail(e, ENOMEM, "no memory for it");\n' >>lib/trace/reader.c
	printf 'CHECK_STR(e.text, "3 frames too "\n\t"many, or so");\n' >tests/unit/t_reader.c
	mkdir lib/trace/column
	for name in dict frame header salvage seek source column/batch column/codec column/column \
		column/limit column/repeat; do
		: >"lib/trace/$name.c"
	done
	refuses rejects 'lib/trace/column/unpack.c:1: is not there'
	: >lib/trace/column/unpack.c
	accepts rejects
	printf 'add_gap(r, at, n, 0, "bytes of nobody", e);\n' >>lib/trace/reader.c
	refuses rejects 'lib/trace/reader.c:5: no test for "bytes of nobody"'
}

@test "lint promises: a promise without a test, a test that is not there, one that is not listed" {
	mkdir -p tests/cli
	printf '# %s\nR6\tcuts\n\tcheck\ttests/unit/t_a.c\tR6 cut at every\n' "$SPDX" >tests/promises
	printf 'TEST_NAMED(cuts, "R6 cut at every byte")\n' >tests/unit/t_a.c
	accepts promises
	printf 'R7\tflips\n' >>tests/promises
	refuses promises 'tests/promises:4: R7 has no test'
	printf '\tlong\ttests/unit/t_a.c\tR7 flip\n' >>tests/promises
	refuses promises 'tests/promises:5: no test "R7 flip" in tests/unit/t_a.c'
	printf '@%s "R8 bursts" {\n}\n' test >tests/cli/a.bats
	refuses promises 'tests/cli/a.bats:1: R8 is not in tests/promises'
	sed -i 's/\tlong/\tsometimes/' tests/promises
	refuses promises "tests/promises:5: 'sometimes' is no time of a test"
	sed -i '5s|.*|\topen\ttests/unit/t_b.c\tnot yet|' tests/promises
	refuses promises 'tests/promises:5: no file tests/unit/t_b.c'
}

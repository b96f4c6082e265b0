# SPDX-License-Identifier: GPL-2.0-only
#
#	make            the program, build/mmtrace
#	make demo       record this host, replay it, change a tunable, see the difference
#	make check      everything that can fail, in minutes (what CI runs)
#	make install    to DESTDIR/PREFIX (default /usr/local)
#
# `demo`, `check`, `check-long`, `fuzz`, `afl` and `cover` install the Debian packages they miss; `setup`
# does it for the build alone. Variables: CC CFLAGS CPPFLAGS LDFLAGS (added to ours), V=1 (show commands),
# WITHOUT_BPF=1 (everything but record), SANITIZE=1 (into build/asan; also fault, into build/fault, and
# with CC=clang-14 memory, into build/msan, and thread, into build/tsan), FUZZ_SECONDS.

VERSION = 0.1.0

PREFIX ?= /usr/local
BINDIR ?= $(PREFIX)/bin
MANDIR ?= $(PREFIX)/share/man
INSTALL ?= install
PKG_CONFIG ?= pkg-config
# bpftool and mandoc may live where only root looks
export PATH := $(PATH):/usr/sbin:/sbin

ifeq ($(origin CC),default)
CC = gcc
endif
CLANG := $(or $(shell command -v clang-14 || command -v clang),clang-14)

comma = ,
# Variants: each has its own folder of objects, and differs by these words only.
O = build
OPT = -O2
LTO = -flto=auto -ffat-lto-objects
HARDEN = $(if $(filter -O0,$(CFLAGS)),,-U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=2) \
	-fstack-protector-strong -fstack-clash-protection
ifdef SANITIZE
O = build/asan
# a third less to compile, a tenth more to run
OPT = -O1
VARIANT = -fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer
ifeq ($(SANITIZE),memory)
O = build/msan
VARIANT = -fsanitize=memory -fno-sanitize-recover=all -fno-omit-frame-pointer
# The border to libraries that are not built so.
BORDER = $(O)/obj/tests/fault/msan.o
WRAP = $(addprefix -Wl$(comma)--wrap=,json_loads json_loadb json_dumps json_dumpf json_pack \
	ZSTD_compress ZSTD_compress2 ZSTD_decompressDCtx)
endif
# Allocations that fail, and what leaks then.
ifeq ($(SANITIZE),fault)
O = build/fault
BORDER = $(O)/obj/tests/fault/inject.o
WRAP = $(addprefix -Wl$(comma)--wrap=,malloc calloc realloc ZSTD_createCCtx ZSTD_createDCtx)
endif
ifeq ($(SANITIZE),thread)
O = build/tsan
VARIANT = -fsanitize=thread -fno-omit-frame-pointer
endif
endif
ifdef COVER
O = build/cover
VARIANT = --coverage -O0
endif
ifdef FUZZ
O = build/fuzz
VARIANT = -DMMT_FUZZ -fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer \
	$(if $(findstring clang,$(CC)),-fsanitize=fuzzer-no-link)
# fz_replay and fz_scenario check the model itself, so most of their runs do without what slows
# them ten times: shadow memory, and a look at each comparison.
ifeq ($(FUZZ),model)
VARIANT = -DMMT_FUZZ -fsanitize=undefined -fno-sanitize-recover=all -fno-omit-frame-pointer \
	-fsanitize-coverage=inline-8bit-counters,pc-table
endif
# AFL's compiler brings its own.
ifeq ($(FUZZ),afl)
VARIANT = -DMMT_FUZZ
endif
endif
ifdef VARIANT
LTO =
HARDEN =
endif
# How near two words are is comparisons and nothing else, and none of them leads a fuzzer anywhere.
ifneq ($(and $(filter-out afl,$(FUZZ)),$(findstring clang,$(CC))),)
$(O)/obj/lib/base/nearest.o: EXTRA += -fno-sanitize-coverage=trace-cmp
endif

# Asked for on first use only, so that a host without pkg-config reaches the set-up.
PKGS = libzstd jansson $(if $(WITHOUT_BPF),,libbpf libcap libseccomp)
PKG_CFLAGS = $(eval PKG_CFLAGS := $$(shell $(PKG_CONFIG) --cflags $(PKGS) 2>/dev/null))$(PKG_CFLAGS)
# libpfm4 comes without a description for pkg-config.
PKG_LIBS = $(eval PKG_LIBS := $$(shell $(PKG_CONFIG) --libs $(PKGS) 2>/dev/null) \
	$(if $(WITHOUT_BPF),,-lpfm))$(PKG_LIBS)

WARN = -Wall -Wextra -Wshadow -Wstrict-prototypes -Wvla -Werror
ALL_CPPFLAGS = -D_GNU_SOURCE -DMMT_VERSION='"$(VERSION)"' -I. -Ibuild -isystem build/bpf \
	$(if $(WITHOUT_BPF),-DMMT_WITHOUT_BPF) $(PKG_CFLAGS) $(CPPFLAGS)
ALL_CFLAGS = -std=c11 $(OPT) -g $(WARN) -fPIE -ffile-prefix-map=$(CURDIR)=. $(HARDEN) $(VARIANT) $(CFLAGS)
ALL_LDFLAGS = -pie -Wl,-z,relro,-z,now $(VARIANT) $(WRAP) $(LDFLAGS)
# The user's CFLAGS come last. -MD, not -MMD: the skeleton of the BPF object is found by -isystem.
COMPILE = $(CC) $(ALL_CPPFLAGS) $(ALL_CFLAGS) $(EXTRA) $(CFLAGS) -MD -MP

SKEL = build/bpf/mmtrace.skel.h

LIB_SRC := $(sort $(wildcard lib/*/*.c lib/*/*/*.c))
CMD_SRC := $(sort $(wildcard cmd/*.c))
TEST_SRC := $(sort $(wildcard tests/unit/t_*.c tests/oracle/t_*.c tests/fault/t_*.c))
ifdef WITHOUT_BPF
LIB_SRC := $(filter-out lib/record/%,$(LIB_SRC))
CMD_SRC := $(shell grep -L lib/record/ $(CMD_SRC))
TEST_SRC := $(if $(TEST_SRC),$(shell grep -L lib/record/ $(TEST_SRC)))
endif
BENCH_SRC := $(sort $(wildcard tests/bench/bench_*.c))
FUZZ_SRC := $(sort $(wildcard tests/fuzz/fz_*.c))

# Objects hold code for both: the program and the benchmarks are linked with LTO, the tests without.
LIB_OBJ = $(LIB_SRC:%.c=$(O)/obj/%.o)
CMD_OBJ = $(CMD_SRC:%.c=$(O)/obj/%.o)
BENCH_OBJ = $(BENCH_SRC:%.c=$(O)/obj/%.o)
$(LIB_OBJ) $(CMD_OBJ) $(BENCH_OBJ): private EXTRA += $(LTO)
TESTS = $(TEST_SRC:%.c=$(O)/%)
# Programs that bats files and scripts use.
HELPER_SRC := $(sort $(wildcard tests/cli/*.c tests/live/*.c) tests/fuzz/store.c tests/fault/every.c)
HELPERS = $(HELPER_SRC:%.c=$(O)/%)
BENCHES = $(BENCH_SRC:tests/bench/%.c=$(O)/%)
FUZZERS = $(FUZZ_SRC:tests/fuzz/%.c=$(O)/%)
REGRESS = $(FUZZ_SRC:tests/fuzz/%.c=$(O)/regress_%)

Q = $(if $(V),,@)
say = @$(if $(V)$(findstring s,$(firstword -$(MAKEFLAGS))),:,printf '  %-8s%s\n')

.DEFAULT_GOAL := all
.DELETE_ON_ERROR:
# What stands between sources and one program is kept. Not objects of the library: one that is missing
# would be taken for made if its source is older than the library, which then goes without it.
.SECONDARY: $(patsubst %.c,$(O)/obj/%.o,$(TEST_SRC) $(HELPER_SRC) $(BENCH_SRC) $(FUZZ_SRC) \
	tests/fuzz/regress.c) $(O)/obj/fuzz/frame.o \
	build/bpf/mmtrace.raw.o build/bpf/mmtrace.bpf.o
export WITHOUT_BPF
.PHONY: all setup demo check check-long bench fuzz afl cover lint install uninstall dist clean \
	tests list-tests fuzzers regress syntax syntax-strict syntax-lib syntax-tests FORCE

all: $(O)/mmtrace

$(O)/mmtrace: $(CMD_OBJ) $(LIB_OBJ)
	$(say) LINK $@
	$(Q)$(CC) $(ALL_CFLAGS) $(LTO) $(ALL_LDFLAGS) $^ $(PKG_LIBS) -o $@

$(O)/libmmtrace.a: $(LIB_OBJ)
	$(say) AR $@
	$(Q)rm -f $@ && $(AR) rcs $@ $^

$(O)/obj/%.o: %.c $(O)/flags
	$(say) CC $<
	$(Q)mkdir -p $(@D) && $(COMPILE) -c $< -o $@

# Stricter where it matters: every public function declared in lib/ and cmd/, and no silent
# conversion where bytes of a stranger become numbers.
STRICT = -Wmissing-prototypes
STRICTER = $(STRICT) -Wconversion
$(O)/obj/lib/%.o $(O)/obj/cmd/%.o: private EXTRA += $(STRICT)
$(O)/obj/lib/base/%.o $(O)/obj/lib/trace/%.o: private EXTRA += $(STRICTER)
# Loops over columns, worth turning into vector code, and what every event of a replay goes through.
ifndef VARIANT
$(addprefix $(O)/obj/lib/trace/column/,lane.o matches.o repeat.o unpack.o) \
$(O)/obj/lib/mm/%.o $(O)/obj/lib/replay/%.o: private EXTRA += -O3
endif

# Changed flags rebuild; missing libraries are named before the first compile.
$(O)/flags: FORCE
	@mkdir -p $(@D)
	@$(PKG_CONFIG) --exists $(PKGS) 2>/dev/null || { .ci/setup --explain build; exit 1; }
	@echo '$(subst ','\'',$(COMPILE) $(LTO) $(ALL_LDFLAGS))' >$@.new
	@if cmp -s $@.new $@; then rm $@.new; else mv $@.new $@; fi

# The BPF programs: one object, its skeleton compiled into the program.
ifndef WITHOUT_BPF
$(LIB_OBJ) $(CMD_OBJ): | $(SKEL)
endif
build/bpf/%.raw.o: bpf/%.bpf.c $(wildcard bpf/*.h)
	$(say) BPF $<
	$(Q)mkdir -p $(@D) && $(CLANG) -O2 -g -target bpf -mcpu=v3 -Wall -Werror -D__TARGET_ARCH_x86 \
		-I bpf -I . -ffile-prefix-map=$(CURDIR)=. -c $< -o $@
build/bpf/%.bpf.o: build/bpf/%.raw.o
	$(Q)bpftool gen object $@ $<
$(SKEL): build/bpf/mmtrace.bpf.o
	$(say) SKEL $@
	$(Q)bpftool gen skeleton $< name mmtrace_bpf >$@

setup:
	@.ci/setup build

# --- tests ---

tests: $(TESTS) $(HELPERS)
$(TESTS) $(HELPERS) $(REGRESS) $(O)/mmtrace: $(BORDER)

# For tests/check: what to run.
LIST = tests
list-tests:
	@printf '%s\n' $(if $(filter regress,$(LIST)),$(REGRESS),$(TESTS))

$(O)/tests/%: $(O)/obj/tests/%.o $(O)/libmmtrace.a
	$(say) LINK $@
	$(Q)mkdir -p $(@D) && $(CC) $(ALL_CFLAGS) -fno-lto $(ALL_LDFLAGS) $^ $(PKG_LIBS) -o $@

# Preloaded into the program by tests/fault/*.bats.
build/nomem.so: tests/fault/nth.h
build/nomem.so build/noio.so: build/%.so: tests/fault/%.c
	$(say) LINK $@
	$(Q)mkdir -p $(@D) && $(CC) -std=c11 -D_GNU_SOURCE -I. -O2 $(WARN) -fPIC -shared $< -o $@

check:
	@.ci/setup build check
	@tests/check

check-long:
	@.ci/setup build check guest
	@MMT_TEST_LONG=1 tests/check

# What another compiler has to say, without its code: make syntax CC=clang-14.
SYNTAX = $(CC) $(ALL_CPPFLAGS) $(ALL_CFLAGS) -fsyntax-only
syntax: syntax-strict syntax-lib syntax-tests
syntax-strict syntax-lib syntax-tests: $(O)/flags $(if $(WITHOUT_BPF),,$(SKEL))
syntax-strict:
	$(Q)$(SYNTAX) $(STRICTER) $(wildcard lib/base/*.c lib/trace/*.c lib/trace/*/*.c)
syntax-lib:
	$(Q)$(SYNTAX) $(STRICT) $(filter-out lib/base/% lib/trace/%,$(LIB_SRC)) $(CMD_SRC)
syntax-tests:
	$(Q)$(SYNTAX) $(TEST_SRC) $(HELPER_SRC) $(BENCH_SRC) $(FUZZ_SRC) tests/fuzz/regress.c

lint: $(O)/mmtrace $(O)/libmmtrace.a
	@MMT_TEST_TIMEOUT=600 tests/run tests/lint/all

bench: $(BENCHES) $(O)/mmtrace
	@for b in $(BENCHES) $(wildcard tests/bench/*.sh); do echo "== $${b##*/}"; $$b || bad=1; done; \
		[ -z "$$bad" ]

$(O)/bench_%: $(O)/obj/tests/bench/bench_%.o $(LIB_OBJ)
	$(say) LINK $@
	$(Q)$(CC) $(ALL_CFLAGS) $(LTO) $(ALL_LDFLAGS) $^ $(PKG_LIBS) -lm -o $@

# Fuzzers (clang, FUZZ=1), and the replay of their corpora (any compiler, SANITIZE=1). For the latter
# the one file that is different for fuzzing comes before those of the tests.
FUZZ_SECONDS ?= 60
fuzz:
	@.ci/setup build fuzz
	@$(MAKE) --no-print-directory FUZZ=1 O=build/libfuzzer CC=$(CLANG) fuzzers
	@$(MAKE) --no-print-directory FUZZ=model O=build/libfuzzer/model CC=$(CLANG) \
		build/libfuzzer/model/fz_replay build/libfuzzer/model/fz_scenario
	@tests/fuzz/run build/libfuzzer $(FUZZ_SECONDS)

# The program itself under a second fuzzer, which knows nothing of our targets.
afl:
	@.ci/setup build afl
	@$(MAKE) --no-print-directory FUZZ=afl O=build/afl CC=afl-clang-fast WITHOUT_BPF=1 all
	@$(MAKE) --no-print-directory all build/tests/fuzz/store build/tests/cli/mkhost
	@tests/fuzz/afl build/afl $(FUZZ_SECONDS)

fuzzers: $(FUZZERS)
regress: $(REGRESS)

$(O)/fz_%: $(O)/obj/tests/fuzz/fz_%.o $(O)/libmmtrace.a
	$(say) LINK $@
	$(Q)$(CC) $(ALL_CFLAGS) $(ALL_LDFLAGS) -fsanitize=fuzzer $^ $(PKG_LIBS) -o $@

$(O)/regress_fz_%: $(O)/obj/tests/fuzz/regress.o $(O)/obj/tests/fuzz/fz_%.o $(O)/obj/fuzz/frame.o \
		$(O)/libmmtrace.a
	$(say) LINK $@
	$(Q)$(CC) $(ALL_CFLAGS) $(ALL_LDFLAGS) $^ $(PKG_LIBS) -o $@

# It parses what options hold, too.
$(O)/fz_config $(O)/regress_fz_config: $(O)/obj/cmd/literal.o

$(O)/obj/fuzz/frame.o: lib/trace/frame.c $(O)/flags
	$(say) CC $@
	$(Q)mkdir -p $(@D) && $(COMPILE) -DMMT_FUZZ -c $< -o $@

cover:
	@.ci/setup build check
	@$(MAKE) --no-print-directory COVER=1 tests
	@tests/cover build/cover

# --- the rest ---

demo:
	@.ci/setup build demo
	@$(MAKE) --no-print-directory -j$$(nproc) all
	@tests/demo.sh $(O)/mmtrace

MAN_PAGES = $(wildcard man/*.[157])

install: $(O)/mmtrace
	$(INSTALL) -D -m 755 $(O)/mmtrace $(DESTDIR)$(BINDIR)/mmtrace
	for p in $(MAN_PAGES); do \
		$(INSTALL) -D -m 644 $$p $(DESTDIR)$(MANDIR)/man$${p##*.}/$${p##*/} || exit 1; \
	done

uninstall:
	rm -f $(DESTDIR)$(BINDIR)/mmtrace
	for p in $(MAN_PAGES); do rm -f $(DESTDIR)$(MANDIR)/man$${p##*.}/$${p##*/}; done

# The same commit gives the same bytes.
dist:
	@mkdir -p build
	git archive --format=tar --prefix=mmtrace-$(VERSION)/ HEAD | xz -T1 -6 >build/mmtrace-$(VERSION).tar.xz

clean:
	rm -rf build

FORCE:

-include $(patsubst %.c,$(O)/obj/%.d,$(LIB_SRC) $(CMD_SRC) $(TEST_SRC) $(HELPER_SRC) $(BENCH_SRC) \
	$(FUZZ_SRC) tests/fuzz/regress.c)

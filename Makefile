# SPDX-License-Identifier: GPL-2.0-only
#
# icache-ipi: every door of the project. `make help` lists them.
# Variables of proof and kernel-packages: KERNEL= (scripts/kernel-source --help), SERIES=posted|merged,
# PAGES=4K|16K|64K, CONFIG= a distribution's own .config; of proof: CPUS=, REALISTIC=1, REGRESS=1.
# SETUP=no installs no packages. STATIC=yes builds and installs programs that need no library.

VERSION := 0.2.0
O       ?= build
KERNEL  ?= auto
CFLAGS  ?= -O2 -g
PKG_CONFIG ?= pkg-config
# CC= may be a cross compiler, PKG_CONFIG= its own; ar comes from the same family.
AR      := $(if $(filter %-gcc,$(CC)),$(CC:%gcc=%ar),$(AR))
OBJCOPY ?= objcopy
# The guest's programs are arm64; on an arm64 machine that is the machine's own compiler. They
# have flags of their own: CFLAGS may be for another machine.
CROSS_COMPILE ?= $(if $(filter aarch64,$(shell uname -m)),,aarch64-linux-gnu-)
ARM64_CC      ?= $(CROSS_COMPILE)gcc
ARM64_CFLAGS  ?= -O2 -g
ARM64_LDFLAGS ?=

WARN     := -Wall -Wextra -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Wvla
# What an object depends on is recorded under both of its names: O= may be a whole one.
NAMES     = -MQ "$(abspath $@)" -MQ "$(subst $(CURDIR)/,,$(abspath $@))"
C11       = -std=c11 -D_GNU_SOURCE -DICACHE_IPI_VERSION='"$(VERSION)"' -Isrc -I$(O)/obj -MMD -MP $(NAMES) \
	    -ffile-prefix-map="$(CURDIR)"=.
HARDEN   := -D_FORTIFY_SOURCE=2 -fstack-protector-strong

# Programs of the machine one works at, and the libraries each one needs.
# icache-ipi itself is the front door, the others are icache-ipi-NAME.
PROGRAMS      := icache-ipi check vm report status backport triage who
name           = icache-ipi$(addprefix -,$(1:icache-ipi=))
LIBS_check    := libelf libarchive zlib liblzma libzstd liblz4 jansson
LDLIBS_check  := -lbz2
LIBS_triage   := $(LIBS_check)
LDLIBS_triage := -lbz2
LIBS_vm       := jansson libarchive nettle zlib liblzma libzstd liblz4
LDLIBS_vm     := -lbz2
LIBS_report   := jansson
LDLIBS_report := -lm
LIBS_backport := nettle
LDLIBS_who    := -lm

# What an operator runs on a server. With the workload they are inside the one file, icache-ipi.
TOOL_PROGRAMS := check triage status report who
INSIDE        := $(TOOL_PROGRAMS) stress
VM_PROGRAMS   := vm backport
STATIC        :=
ALL_LIBS       = $$($(PKG_CONFIG) --libs $(sort $(foreach p,$(PROGRAMS),$(LIBS_$(p))))) \
		 $(sort $(foreach p,$(PROGRAMS),$(LDLIBS_$(p)))) -lpthread

.PHONY: all help proof matrix check bench deb kernel-packages clean setup-%
all: $(if $(STATIC),$(O)/static/icache-ipi $(VM_PROGRAMS:%=$(O)/static/icache-ipi-%),\
	$(foreach p,$(PROGRAMS),$(O)/$(call name,$(p)))) $(O)/arm64/icache-ipi-stress

help:
	@sed -n 's/^## //p' Makefile scripts/*.mk

## make proof     prove the backport: an affected and a fixed kernel on 64 arm64 CPUs
proof: setup-proof
	@+$(MAKE) --no-print-directory all
	@O="$(abspath $(O))" scripts/proof --kernel "$(KERNEL)" $(SERIES:%=--series %) \
		$(CPUS:%=--cpus %) $(PAGES:%=--pages %) $(if $(REALISTIC),--realistic) \
		$(if $(REGRESS),--regress)

## make matrix    every combination of KERNELS= SERIES= PAGES= CPUS= COMPILERS=, here or over SSHLOGINS=file
matrix: setup-matrix
	@+$(MAKE) --no-print-directory all
	@O="$(abspath $(O))" scripts/matrix $(if $(KERNELS),--kernels "$(KERNELS)") \
		$(if $(SERIES),--series "$(SERIES)") $(if $(PAGES),--pages "$(PAGES)") \
		$(if $(CPUS),--cpus "$(CPUS)") $(if $(COMPILERS),--compilers "$(COMPILERS)") \
		$(if $(TIER),--tier $(TIER)) $(if $(SSHLOGINS),--sshlogins "$(SSHLOGINS)") \
		$(if $(FRESH),--fresh)

## make check     every test; TESTS=tests/cli runs one folder, TESTS=quick what takes a minute or two
TESTS ?= tests
check: setup-check
	@+$(MAKE) --no-print-directory all unit-tests
	@O="$(abspath $(O))" scripts/run-tests $(TESTS)

## make fuzz      what reads files, guests and packages, with bytes of no sense: MINUTES=10 for each target
.PHONY: fuzz
MINUTES ?= 10
fuzz: setup-check
	@+$(MAKE) --no-print-directory all
	@O="$(abspath $(O))" FUZZ_SECONDS=$$(($(MINUTES) * 60)) scripts/run-tests tests/cli/*-fuzz.t

## make mutants   what tests do not notice: each small fault of tests/mutants in a copy; MUTANTS= lists, MUTANT_JOBS=
# Hours on a small machine, so it is no part of make check. The table is build/mutants.md.
.PHONY: mutants
mutants: setup-check
	@+$(MAKE) --no-print-directory all unit-tests
	@O="$(abspath $(O))" tests/mutants/run $(if $(MUTANT_JOBS),--jobs $(MUTANT_JOBS)) $(MUTANTS)

## make bench     what it costs, now and the last time, each BENCHES="stages load mitigate check who" of tests/bench
BENCHES ?= stages load mitigate check who
bench: setup-bench
	@+$(MAKE) --no-print-directory all
	@code=0; for part in $(BENCHES); do \
		O="$(abspath $(O))" tests/bench/history $$part || code=$$?; echo; \
	done; exit $$code

## make deb       Debian packages for this machine and arm64, as an apt repository (SIGN=GPG-KEY)
deb: setup-deb
	@O="$(abspath $(O))" debian/build $(if $(SIGN),--sign "$(SIGN)")

## make deb-static  the same for Debian 10 and newer, of static programs: build/deb-static
.PHONY: deb-static
deb-static: setup-deb
	@O="$(abspath $(O))" debian/build --static $(if $(SIGN),--sign "$(SIGN)")

## make one-file  check, triage, who, status, report and stress in one static program, and an archive: build/one-file
.PHONY: one-file
one-file: setup-proof
	@O="$(abspath $(O))" scripts/one-file

## make kernel-packages FORMAT=deb|rpm   kernels to install, an affected and a fixed one
FORMAT ?= deb
kernel-packages: setup-packages
	@scripts/kernel-packages --kernel "$(KERNEL)" $(SERIES:%=--series %) $(PAGES:%=--pages %) \
		$(FORMAT:%=--format %) --output "$(abspath $(O))/kernel-packages"

## make rpm       source RPM, and RPMs of this machine and of aarch64: build/rpm (rpm/README.md)
.PHONY: rpm rpm-repo
rpm: setup-rpm
	@O="$(abspath $(O))" rpm/build

## make rpm-repo  the same, as a repository for dnf: build/rpm/RPMS (SIGN=GPG-KEY, URL=)
rpm-repo: rpm
	@rpm/repository $(if $(SIGN),--sign "$(SIGN)") $(if $(URL),--url "$(URL)") "$(O)/rpm/RPMS"

setup-%:
	@[ "$(SETUP)" = no ] || scripts/setup $*

# What programs share: a program links of it what it calls, and needs the libraries of that alone.
ROOMS       := lib kernel result
LIB_OBJECTS := $(patsubst src/%.c,$(O)/obj/%.o,$(wildcard $(ROOMS:%=src/%/*.c)))

define program
$(O)/$(call name,$(1)): $$(patsubst src/%.c,$$(O)/obj/%.o,$$(wildcard src/$(1)/*.c)) $(O)/libicache-ipi.a
	$$(CC) $$(CFLAGS) $$(LDFLAGS) -o $$@ $$^ $$(if $$(LIBS_$(1)),$$$$($$(PKG_CONFIG) --libs $$(LIBS_$(1)))) $$(LDLIBS_$(1)) -lpthread
endef
$(foreach p,$(PROGRAMS),$(eval $(call program,$(p))))

# Programs in one, each main() under its program's name: no two files may have a name in common.
# $(call mains,PROGRAM...), $(call parts,PROGRAM...): objects with main(), and all others
mains = $(1:%=$(O)/obj/%/one-main.o)
parts = $(filter-out $(1:%=$(O)/obj/%/main.o),$(patsubst src/%.c,$(O)/obj/%.o,$(wildcard $(1:%=src/%/*.c))))
FRONT_DOOR := $(O)/obj/icache-ipi/main.o $(O)/obj/one/programs.o
.SECONDARY: $(patsubst %,$(O)/obj/%/main.o,stress $(PROGRAMS))
$(O)/obj/one/programs.o: C11 += -DONE_PROGRAMS='$(foreach p,$(INSIDE),PROGRAM($p))'
$(O)/obj/%/one-main.o: $(O)/obj/%/main.o
	$(OBJCOPY) --redefine-sym main=$*_main $< $@

# Every program there is, to see that they can be one.
EVERY := $(filter-out icache-ipi,$(PROGRAMS)) stress
$(O)/icache-ipi-one: $(FRONT_DOOR) $(call parts,$(EVERY)) $(call mains,$(EVERY)) $(LIB_OBJECTS)
	$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $^ $(ALL_LIBS)

# Static programs: the same objects, with the libraries in them. pkg-config --static would name more
# than is called.
STATIC_LIBS = -static-pie -Wl,--hash-style=sysv -Wl,--start-group $(ALL_LIBS) -Wl,--end-group
$(O)/static/icache-ipi: $(FRONT_DOOR) $(call parts,$(INSIDE)) $(call mains,$(INSIDE)) $(O)/libicache-ipi.a
	@mkdir -p $(@D)
	$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $^ $(STATIC_LIBS)
define static_program
$(O)/static/icache-ipi-$(1): $(call parts,$(1)) $(O)/obj/$(1)/main.o $(O)/libicache-ipi.a
	@mkdir -p $$(@D)
	$$(CC) $$(CFLAGS) $$(LDFLAGS) -o $$@ $$^ $$(STATIC_LIBS)
endef
$(foreach p,$(VM_PROGRAMS),$(eval $(call static_program,$(p))))

# The page's style sheet as a C string, without its comments.
$(O)/obj/report/page.css.inc: src/report/page.css Makefile
	@mkdir -p $(@D)
	sed -e '/^[[:blank:]]*\/\*.*\*\/$$/d' -e '/^\/\*/,/\*\//d' -e 's/["\\]/\\&/g' -e 's/.*/"&\\n"/' $< >$@

$(O)/obj/report/frame.o: $(O)/obj/report/page.css.inc

$(O)/libicache-ipi.a: $(LIB_OBJECTS)
	rm -f $@ && $(AR) rcs $@ $^

$(O)/obj/%.o: src/%.c Makefile | toolchain
	@mkdir -p $(@D)
	$(CC) $(C11) $(WARN) $(HARDEN) $(CPPFLAGS) $(CFLAGS) -c -o $@ $<

# A machine that has nothing yet is told what to do, instead of "cc: not found".
.PHONY: toolchain
toolchain:
	@command -v $(firstword $(CC)) >/dev/null && command -v $(firstword $(PKG_CONFIG)) >/dev/null || { \
		echo "no $(firstword $(CC)) or no $(firstword $(PKG_CONFIG)): 'make setup-proof' installs all that is needed (Debian)" >&2; \
		exit 3; }

# The workload: static and libc only, because it is also the guest's init.
STRESS_SOURCES := $(filter-out src/lib/paths.c,$(wildcard src/stress/*.c src/lib/*.c))
$(O)/arm64/icache-ipi-stress: $(STRESS_SOURCES:src/%.c=$(O)/arm64/%.o)
	$(ARM64_CC) $(ARM64_CFLAGS) $(ARM64_LDFLAGS) -static -pthread -o $@ $^

# For guests of tests: it needs libc alone, too.
WHO_SOURCES := $(filter-out src/lib/paths.c,$(wildcard src/who/*.c src/lib/*.c))
$(O)/arm64/icache-ipi-who: $(WHO_SOURCES:src/%.c=$(O)/arm64/%.o)
	$(ARM64_CC) $(ARM64_CFLAGS) $(ARM64_LDFLAGS) -static -o $@ $^ -lm

$(O)/arm64/%.o: src/%.c Makefile | toolchain
	@mkdir -p $(@D)
	$(ARM64_CC) $(C11) $(WARN) $(HARDEN) $(ARM64_CFLAGS) -pthread -c -o $@ $<

# Other inits, for guests of tests and benches: they link with the workload's objects, whose main()
# is renamed.
define guest_init
	@mkdir -p $(@D)
	$(ARM64_CC) $(C11) -Dmain=stress_main -c -o $@.o src/stress/main.c
	$(ARM64_CC) -std=c11 -D_GNU_SOURCE -Isrc -O2 -static -pthread -o $@ $< $@.o \
		$(filter-out $(O)/arm64/stress/main.o,$(STRESS_SOURCES:src/%.c=$(O)/arm64/%.o))
endef
$(O)/arm64/tests/%: tests/vm/%.c $(STRESS_SOURCES)
	$(guest_init)
$(O)/arm64/tests/%: tests/bench/%.c $(STRESS_SOURCES)
	$(guest_init)

# Unit tests: tests/unit/NAME.c includes or links what it tests; all of lib is at hand.
UNIT_TESTS := $(patsubst tests/unit/%.c,$(O)/tests/unit/%.t,$(wildcard tests/unit/*.c))
unit-tests: $(UNIT_TESTS)
$(O)/tests/unit/%.t: tests/unit/%.c $(O)/libicache-ipi.a Makefile
	@mkdir -p $(@D)
	$(CC) $(C11) $(WARN) $(CPPFLAGS) $(CFLAGS) $(LDFLAGS) -o $@ $< $(O)/libicache-ipi.a \
		$$($(PKG_CONFIG) --libs cmocka) $(ALL_LIBS)

## make dist      the source archive of a release, of the commit at hand: build/icache-ipi-VERSION.tar.gz
# The same commit gives the same bytes: git sorts the files and dates them by the commit; modes and
# line ends are not left to who runs it, and gzip writes neither a name nor a time.
DIST := icache-ipi-$(VERSION)
.PHONY: dist
dist:
	@[ -e .git ] || { echo "make dist: this is no git checkout, and only git knows what a release holds" >&2; \
		echo "make dist: an unpacked release builds with 'make all'" >&2; exit 3; }
	@git diff --quiet HEAD || { echo "make dist: some changes are not committed, and would not be in it" >&2; \
		echo "make dist: commit them, or put them away with 'git stash'" >&2; exit 3; }
	@mkdir -p $(O)
	@GIT_ATTR_NOSYSTEM=1 git -c core.autocrlf=false -c core.attributesFile=/dev/null -c tar.umask=0022 archive \
		--format=tar --prefix=$(DIST)/ --output=$(O)/$(DIST).tar HEAD
	@gzip --best --no-name --force $(O)/$(DIST).tar
	@echo $(O)/$(DIST).tar.gz

## make format    rewrite the C files of src and tests in the style of .clang-format
CLANG_FORMAT ?= clang-format-19
.PHONY: format
format:
	find src tests -name '*.[ch]' -exec $(CLANG_FORMAT) -i {} +

## make clean     remove the build directory (caches stay)
clean:
	rm -rf $(O)

## make cache     what is kept of kernels, trees and systems; clean-cache removes what is older than DAYS=30
DAYS ?= 30
.PHONY: cache clean-cache
cache:
	@scripts/cache
clean-cache:
	@scripts/cache --clean "$(DAYS)"

include scripts/install.mk
-include $(shell [ ! -d $(O) ] || find $(O) -name '*.d')

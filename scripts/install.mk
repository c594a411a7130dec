# SPDX-License-Identifier: GPL-2.0-only
#
# install.mk: what goes where; included by the Makefile. Each part is what a package holds.
# Nothing is written outside of DESTDIR. Programs find their helpers from where they are: lib and
# share are siblings of bin.

prefix  ?= /usr/local
bindir  ?= $(prefix)/bin
libdir  ?= $(prefix)/lib
datadir ?= $(prefix)/share
mandir  ?= $(datadir)/man
unitdir ?= $(prefix)/lib/systemd/system
bashcompdir ?= $(datadir)/bash-completion/completions
zshcompdir  ?= $(datadir)/zsh/site-functions
# Where dkms looks, whatever the prefix is.
dkmsdir ?= /usr/src

ours    := $(datadir)/icache-ipi
PUT     := install -D -m 644
PUT_RUN := install -D -m 755

# A tool that runs on arm64 alone is one of the tools where they are for arm64.
STRESS_HERE := $(filter aarch64%,$(shell $(CC) -dumpmachine 2>/dev/null))
TOOLS       := icache-ipi $(TOOL_PROGRAMS:%=icache-ipi-%)
TOOLS_MAN   := icache-ipi.1 icache-ipi-check.8 icache-ipi-status.8 icache-ipi-report.1 \
	       icache-ipi-stress.1 icache-ipi-triage.1 icache-ipi-mitigate.8 icache-ipi-repro.8 \
	       icache-ipi-who.8
TOOLS_DATA  := icache-ipi-check.schema.json icache-ipi-report.schema.json \
	       icache-ipi-repro.schema.json icache-ipi-triage.schema.json icache-ipi-who.schema.json
UNITS       := src/check/icache-ipi-check.service src/check/icache-ipi-check.timer \
	       src/who/icache-ipi-who.service \
	       modules/mitigate/icache-ipi-mitigate.service
VM_MAN      := icache-ipi-vm.1 icache-ipi-proof.1 icache-ipi-backport.1
VM_DATA     := result.schema.json census.schema.json
# Those that are commands, icache-ipi-NAME on PATH; and what they need beside them.
VM_COMMANDS := proof
VM_SCRIPTS  := kernel-source kernel-build backport
VM_PARTS    := common.sh halves.sh config.sh debian-apt.sh debian-mirror.sh kernel-copy.sh kernel-org.sh
VM_CONFIGS  := distribution.config guest.config proof.config

# $(call put_man,PAGE...): each into the section its name ends with
put_man = $(foreach page,$(1),$(PUT) man/$(page) \
	"$(DESTDIR)$(mandir)/man$(patsubst .%,%,$(suffix $(page)))/$(page)" &&) :

.PHONY: install tools install-tools install-vm install-modules install-patches install-completions
## make install DESTDIR= prefix=   all of install-tools, -completions, -vm, -modules, -patches
install: install-tools install-completions install-vm install-modules install-patches

# Static, the tools are one file with as many names.
TOOL_FILES := $(if $(STATIC),$(O)/static/icache-ipi,$(TOOLS:%=$(O)/%) $(if $(STRESS_HERE),$(O)/arm64/icache-ipi-stress))
TOOL_LINKS := $(if $(STATIC),$(TOOL_PROGRAMS:%=icache-ipi-%) $(if $(STRESS_HERE),icache-ipi-stress))
BUILT      := $(O)$(if $(STATIC),/static)

tools: $(TOOL_FILES)
install-tools: $(TOOL_FILES)
	install -d "$(DESTDIR)$(bindir)" "$(DESTDIR)$(unitdir)"
	install -m 755 $^ "$(DESTDIR)$(bindir)"
	for name in $(TOOL_LINKS); do \
		ln --symbolic --force icache-ipi "$(DESTDIR)$(bindir)/$$name" || exit; \
	done
	$(call put_man,$(TOOLS_MAN))
	install -D -m 644 -t "$(DESTDIR)$(ours)/schema" $(TOOLS_DATA:%=docs/schemas/%)
	for unit in $(UNITS); do \
		sed 's|/usr/bin/icache-ipi|$(bindir)/icache-ipi|' "$$unit" \
			>"$(DESTDIR)$(unitdir)/$${unit##*/}" && \
		chmod 644 "$(DESTDIR)$(unitdir)/$${unit##*/}" || exit; \
	done

# bash-completion looks for a file of the command's name.
install-completions:
	$(PUT) completions/icache-ipi.bash \
		"$(DESTDIR)$(bashcompdir)/icache-ipi"
	for command in backport check matrix proof report status stress triage vm who; do \
		ln --symbolic --force icache-ipi "$(DESTDIR)$(bashcompdir)/icache-ipi-$$command" || exit; \
	done
	$(PUT) completions/icache-ipi.zsh "$(DESTDIR)$(zshcompdir)/_icache-ipi"

install-vm: $(VM_PROGRAMS:%=$(BUILT)/icache-ipi-%) $(O)/arm64/icache-ipi-stress
	$(PUT_RUN) -t "$(DESTDIR)$(bindir)" $(VM_PROGRAMS:%=$(BUILT)/icache-ipi-%)
	$(PUT_RUN) -t "$(DESTDIR)$(libdir)/icache-ipi" $(O)/arm64/icache-ipi-stress
	$(PUT_RUN) -t "$(DESTDIR)$(ours)/scripts" $(addprefix scripts/,$(VM_COMMANDS) $(VM_SCRIPTS))
	$(PUT) -t "$(DESTDIR)$(ours)/scripts" $(VM_PARTS:%=scripts/%)
	$(PUT) -t "$(DESTDIR)$(ours)/configs" $(VM_CONFIGS:%=configs/%)
	for command in $(VM_COMMANDS); do \
		ln --symbolic --relative --force "$(DESTDIR)$(ours)/scripts/$$command" \
			"$(DESTDIR)$(bindir)/icache-ipi-$$command" || exit; \
	done
	$(call put_man,$(VM_MAN))
	$(PUT) -t "$(DESTDIR)$(ours)/schema" $(VM_DATA:%=docs/schemas/%)

install-modules:
	for module in mitigate repro; do \
		source="$(DESTDIR)$(dkmsdir)/icache-ipi-$$module-$(VERSION)"; \
		$(PUT) -t "$$source/common" modules/common/*.[ch] \
			modules/common/autoinstall.sh && \
		$(PUT) -t "$$source" modules/$$module/Kbuild modules/$$module/dkms.conf \
			modules/$$module/*.[ch] || exit; \
	done

install-patches:
	cd patches && find . -type f -exec $(PUT) '{}' "$(abspath $(DESTDIR))$(ours)/patches/{}" \;

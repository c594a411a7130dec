#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# check-unit.t: icache-ipi-check.service and .timer: valid, kept in, off by default, and they do it
set -eu

. "$(dirname "$0")/../lib/tap.sh"
. "$top/tests/lib/mini-kernel.sh"
. "$top/tests/lib/unpacked.sh"
service=$top/src/check/icache-ipi-check.service
timer=$top/src/check/icache-ipi-check.timer

command -v apt-get >/dev/null || skip_all 'no apt-get: systemd-analyze comes out of a Debian package'
mkdir "$scratch/units" "$scratch/textfiles"
sed "s|^ExecStart=/usr/bin/|ExecStart=$O/|" "$service" >"$scratch/units/icache-ipi-check.service"
cp "$timer" "$scratch/units"
run systemd_analyze verify --man=no "$scratch"/units/*
is "$rc:$(printf '%s\n' "$err" | grep icache-ipi-check || :)" '0:' 'systemd finds nothing wrong'
sed 's|^ExecStart=|&/nothing|' "$service" >"$scratch/icache-ipi-check.service"
run systemd_analyze verify --man=no "$scratch/icache-ipi-check.service"
like "$err" 'is not executable' '... and would have found a program that is not there'
run systemd_analyze security --offline=yes --threshold=30 "$service"
is "$rc" 0 "exposure: $(printf '%s\n' "$out" | sed -n 's/.*exposure level for [^:]*: \([0-9.]*\).*/\1/p')"
is "$(grep -c '^\[Install\]' "$service") $(grep -c '^WantedBy=timers.target$' "$timer")" '0 1' \
	'off until the timer is enabled; the service is nobody else'\''s'

# The command of the unit, on this machine and on a made-up affected one.
line=$(sed -n 's/^ExecStart=//p' "$service")
folder=$(printf '%s\n' "$line" | sed 's|.* \(/.*\)/[^/]*$|\1|')
is "$(sed -n 's/^ReadWritePaths=-*//p' "$service")" "$folder" 'it may write where it writes'
line=$(printf '%s\n' "$line" | sed "s|/usr/bin/|$O/|; s|$folder|$scratch/textfiles|")
# What is left of root's powers in the unit.
limits=
[ "$(id -u)" != 0 ] || ! setpriv --bounding-set -all true 2>/dev/null ||
	limits="setpriv --no-new-privs --inh-caps -all --bounding-set -all$(
		sed -n 's/^CapabilityBoundingSet=//p' "$service" | tr '[:upper:]' '[:lower:]' |
			sed 's/cap_/,+/g; s/ //g') --"
# shellcheck disable=SC2086 # a command line
run $limits $line
is "$rc:$out" '0:' 'the command of the unit runs, and says nothing'
metrics=$scratch/textfiles/icache-ipi.prom
is "$(grep -c '^icache_ipi_kernel_verdict{input="running kernel",state="[a-z]*"} [01]$' "$metrics")" 5 \
	'... it has written five states'
is "$(grep -c '} 1$' "$metrics") $(stat -c %a "$metrics") $(find "$scratch/textfiles" -type f | wc -l)" '2 644 1' \
	'... one of which holds, for the collector to read, and nothing else'
mini_vmlinux AFFECTED "$scratch/vmlinux"
mini_image "$scratch/vmlinux" "$scratch/image" --layout 4.19
mkdir -p "$scratch/root/boot" "$scratch/root/proc/sys/kernel" "$scratch/root/sys/kernel"
cp "$scratch/image" "$scratch/root/boot/Image"
"${mini_cross}objcopy" -O binary --only-section=.notes "$scratch/vmlinux" "$scratch/root/sys/kernel/notes"
# shellcheck disable=SC2086
run $limits $line --root "$scratch/root"
is "$rc:$(sed -n 's/.*state="\([a-z]*\)"} 1$/\1/p' "$metrics")" '0:affected' \
	'an affected machine: exit code 0, and the metric says so'
is "$(find "$scratch/textfiles" -type f | wc -l)" 1 '... in the same file'
rm -r "$scratch/textfiles"
# shellcheck disable=SC2086
run $limits $line
is "$rc" 3 'without the folder it fails'
like "$err" 'cannot write .*icache-ipi.prom: No such file' '... and says why'
done_testing

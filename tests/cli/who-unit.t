#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# who-unit.t: icache-ipi-who.service: valid, kept in, off by default, and with the powers that it needs
set -eu
. "$(dirname "$0")/../lib/tap.sh"
. "$top/tests/lib/unpacked.sh"
service=$top/src/who/icache-ipi-who.service

command -v apt-get >/dev/null || skip_all 'no apt-get: systemd-analyze comes out of a Debian package'
mkdir "$scratch/units"
sed "s|^ExecStart=/usr/bin/|ExecStart=$O/|" "$service" >"$scratch/units/icache-ipi-who.service"
run systemd_analyze verify --man=no "$scratch/units/icache-ipi-who.service"
is "$rc:$(printf '%s\n' "$err" | grep icache-ipi-who || :)" '0:' 'systemd finds nothing wrong'
run systemd_analyze security --offline=yes --threshold=35 "$service"
is "$rc" 0 "exposure: $(printf '%s\n' "$out" | sed -n 's/.*exposure level for [^:]*: \([0-9.]*\).*/\1/p')"
line=$(sed -n 's/^ExecStart=//p' "$service")
folder=$(printf '%s\n' "$line" | sed 's|.*=\(/.*\)/[^/]*$|\1|')
is "$(sed -n 's/^ReadWritePaths=-*//p' "$service")" "$folder" 'it may write where it writes'
# The calls that the program makes, and that @system-service does not have.
for call in bpf perf_event_open membarrier open_by_handle_at; do
	is "$(grep -l -E -e "SYS_$call\\b" -e "\\b$call\\(" "$top"/src/who/*.c | wc -l) $(grep -c "^SystemCallFilter=.* $call\\b" "$service")" \
		'1 1' "$call is called, and allowed"
done

# With these powers and without the folder, it says which of the two is missing.
[ "$(id -u)" != 0 ] || ! setpriv --bounding-set -all true 2>/dev/null ||
	limits="setpriv --no-new-privs --inh-caps -all --bounding-set -all$(
		sed -n 's/^CapabilityBoundingSet=//p' "$service" | tr '[:upper:]' '[:lower:]' |
			sed 's/cap_/,+/g; s/ //g') --"
line=$(printf '%s\n' "$line" | sed "s|/usr/bin/|$O/|; s|$folder|$scratch/none|")
# shellcheck disable=SC2086 # a command line
run ${limits-} $line --duration=0.01
is "$rc:$out" '3:' 'without the folder it fails, and prints nothing'
like "$err" '(cannot write .*icache-ipi-who.prom: No such file|kprobe events|run this )' '... and says why'
done_testing

#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# units.t: the units work with systemd 239 (EL 8, openEuler 20.03), which ignores what it does not know
#
# It may ignore what restricts a service further, and nothing else.
set -eu
. "$(dirname "$0")/../lib/tap.sh"

# Directive, and the version of systemd that has it first, by the manual pages of systemd 257 ("Added in version");
# 0: older than those tell.
cat >"$scratch/versions" <<'END'
After 0
CapabilityBoundingSet 0
ConditionArchitecture 201
ConditionKernelCommandLine 0
DefaultDependencies 201
Description 0
DevicePolicy 208
Documentation 201
Environment 0
ExecCondition 243
ExecStart 0
ExecStop 0
IPAddressDeny 235
LockPersonality 235
MemoryDenyWriteExecute 231
MemoryMax 231
Nice 0
NoNewPrivileges 187
OnBootSec 0
OnUnitActiveSec 0
PrivateDevices 209
PrivateMounts 239
PrivateNetwork 0
PrivateTmp 0
ProtectClock 245
ProtectControlGroups 232
ProtectHome 214
ProtectHostname 242
ProtectKernelModules 232
ProtectKernelTunables 232
ProtectSystem 214
RandomizedDelaySec 229
ReadWritePaths 231
RemainAfterExit 0
Requires 0
Restart 0
RestartSec 0
RestrictAddressFamilies 211
RestrictNamespaces 233
RestrictRealtime 231
RestrictSUIDSGID 242
SystemCallArchitectures 209
SystemCallErrorNumber 209
SystemCallFilter 187
Type 0
UMask 0
WantedBy 0
END

# faults UNIT: directives that are not in the table, and those that systemd 239 would ignore with a loss
faults()
{
	sed -n 's/^\([A-Za-z]*\)=.*/\1/p' "$1" | sort -u | while read -r directive; do
		version=$(sed -n "s/^$directive //p" "$scratch/versions")
		case $directive:$version in
		*:) echo "$directive is not in the table" ;;
		ProtectClock:* | ProtectHostname:* | RestrictSUIDSGID:*) ;;
		*) [ "$version" -le 239 ] || echo "$directive needs systemd $version" ;;
		esac
	done
	# Values that came later: "none" of address families with 249, most lists of system calls after 239.
	sed -n -e '/^RestrictAddressFamilies=none/p' -e 's/^SystemCallFilter=~*//p' "$1" | tr ' ' '\n' | grep -e '^@' -e = |
		grep -v -x -e '@clock' -e '@cpu-emulation' -e '@debug' -e '@ipc' -e '@keyring' -e '@mount' -e '@network-io' -e '@obsolete' \
			-e '@privileged' -e '@raw-io' -e '@reboot' -e '@setuid' -e '@swap' -e '@system-service' || :
}

units=$(find "$top/src" "$top/modules" "$top/debian" "$top/rpm" -name '*.service' -o -name '*.timer')
like "$(echo "$units" | wc -l)" '^[3-9]$' 'the units were found'
for unit in $units; do
	is "$(faults "$unit")" '' "$(basename "$unit"): systemd 239 does all of it, but for three restrictions"
done
printf '[Service]\nExecCondition=/bin/true\nColour=blue\nSystemCallFilter=@sandbox\nRestrictAddressFamilies=none\n' >"$scratch/new.service"
is "$(faults "$scratch/new.service" | xargs)" \
	'Colour is not in the table ExecCondition needs systemd 243 @sandbox RestrictAddressFamilies=none' 'what is too new is found'

done_testing

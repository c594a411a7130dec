#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# On an affected kernel: built, loaded, mitigated, unloaded; affected is what it is while loaded. A mitigation that
# was loaded before must hold, and stays. On any other kernel there is nothing to do, and the module says
# so when somebody loads it all the same.
set -eu
# What breaks on the way is an error. 1 is for one finding: affected.
verdict=2
trap 'exit "$verdict"' EXIT

module=icache_ipi_mitigate state=/sys/module/icache_ipi_mitigate/state
# holds: nothing is interrupted now, by the module's own word and by measurement
holds()
{
	[ "$(cat $state)" = mitigated ] || return
	! command -v icache-ipi-stress >/dev/null || icache-ipi-stress || [ $? = 1 ]
}

if [ -e $state ]; then
	echo "$module is loaded already: it stays"
	if holds; then verdict=0; else verdict=1; fi
	exit
fi
code=0
icache-ipi-check --quiet || code=$?
case $code in
2)
	[ -e "/lib/modules/$(uname -r)/build" ] ||
		{ echo "there are no headers of this kernel: dnf install kernel-devel-$(uname -r)"; exit; }
	dkms status -m icache-ipi-mitigate -k "$(uname -r)" | grep installed
	modprobe $module
	if holds; then verdict=0; else verdict=1; fi
	rmmod $module
	;;
0 | 1)
	if modprobe $module; then
		echo "$module loads into a kernel that does not need it"
		rmmod $module
	else
		verdict=0
	fi
	;;
esac

#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# On an affected kernel: built, loaded, mitigated, unloaded. On any other there is nothing to do, and
# the module says so when somebody loads it all the same.
set -eu

code=0
icache-ipi-check --quiet || code=$?
case $code in
2)
	dkms status -m icache-ipi-mitigate -k "$(uname -r)" | grep installed
	modprobe icache_ipi_mitigate
	[ "$(cat /sys/module/icache_ipi_mitigate/state)" = mitigated ]
	[ ! -x /usr/bin/icache-ipi-stress ] || icache-ipi-stress || [ $? = 1 ]
	modprobe -r icache_ipi_mitigate
	;;
0 | 1)
	! modprobe icache_ipi_mitigate
	[ ! -e /sys/module/icache_ipi_mitigate ]
	;;
*)
	exit 2
	;;
esac

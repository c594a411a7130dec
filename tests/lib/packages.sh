# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh disable=SC2034 # its readers use what is set here
#
# packages.sh: the Debian packages and a clean system to try them in. Sourced after tap.sh.
# shellcheck disable=SC2154 # top
. "$top/scripts/common.sh"
. "$top/scripts/chroot.sh"

# What most of our packages and their tests depend on is in it already: that saves minutes a run.
testbed()
{
	cross=gcc-aarch64-linux-gnu
	[ "$(dpkg --print-architecture)" != arm64 ] || cross=libc6-dev
	system testbed "autopkgtest,bc,ca-certificates,$cross,dkms,gcc,kmod,libc6-dev,make,patch,qemu-system-arm,quilt,xz-utils"
}

# packages: the flat apt repository; built once for all tests of the same tree
packages()
{
	"$top/scripts/deb" | tail -n 1
}

# What a testbed does first: the repository on /repository becomes one of its sources.
use_repository='
echo "deb [trusted=yes] file:/host/repository ./" >/etc/apt/sources.list.d/icache-ipi.list
apt-get --quiet --quiet update
'

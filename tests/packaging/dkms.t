#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# dkms.t: a module of ours that does not build fails no kernel, no headers and no package of ours, with each dkms
# that apt has: 2.8 (Debian 11), 3.0 (12), 3.1 or newer (13, unstable)
#
# Kernels are folders here: of headers there is their version and a Makefile that builds, or fails.
set -eu
. "$(dirname "$0")/../lib/tap.sh"
. "$top/scripts/common.sh"
. "$top/scripts/debian-mirror.sh"
. "$top/scripts/debian-apt.sh"
command -v apt-get >/dev/null || skip_all 'no apt-get to download dkms with'
user=''
[ "$(id -u)" = 0 ] || user=--map-root-user
# shellcheck disable=SC2086 # an option or none
unshare $user --mount mount -t tmpfs none /mnt 2>/dev/null || skip_all 'this machine lets nobody mount anything'
version=$(sed -n 's/^VERSION := //p' "$top/Makefile")

# dkms_of SUITE: the folder that its package of dkms is unpacked in; kept
dkms_of()
(
	debian_architecture=$(dpkg --print-architecture)
	store=$(cache_dir)/dkms/$1
	mkdir -p "$store"
	exec 8>"$store.lock"
	flock 8
	[ ! -e "$store/usr/sbin/dkms" ] || { echo "$store"; return; }
	cd "$store"
	{ debian_apt apt-get "$1" update && debian_apt apt-get "$1" download dkms; } >&2 8>&- || exit
	dpkg-deb --extract dkms_*.deb . || exit
	echo "$store"
)

make -s -C "$top" O="$O" install-modules DESTDIR="$scratch/modules"
sed "s/^#DEBHELPER#$/\/usr\/lib\/dkms\/common.postinst icache-ipi-mitigate $version \/nowhere '' ''/" \
	"$top/debian/icache-ipi-mitigate-dkms.postinst" >"$scratch/postinst"
cp "$top/tests/packaging/dkms-steps.sh" "$scratch/"

# steps SUITE: what was said for the test, in $said
steps()
{
	# shellcheck disable=SC2086
	run unshare $user --mount --propagation private sh -eu "$scratch/dkms-steps.sh" "$scratch" "$2" "$version"
	said=$(printf '%s\n' "$out" | sed -n 's/^@ //p')
	like "$said" '^end$' "$1: every step was done"
	printf '%s\n' "$said" | grep --quiet '^end$' || printf '%s\n' "$out" "$err" | tail -n 30 | sed 's/^/# /'
}
step() { printf '%s\n' "$said" | sed -n "s/^$1: //p"; }

tried=''
for suite in bullseye bookworm trixie sid; do
	if ! folder=$(dkms_of "$suite" 2>"$scratch/apt"); then
		skip "dkms of $suite" "apt has none: $(tail -n 1 "$scratch/apt")"
		continue
	fi
	number=$(dpkg-deb --field "$folder"/dkms_*.deb Version | sed 's/[-~].*//')
	case " $tried " in *" $number "*) continue ;; esac
	tried="$tried $number" name="dkms $number"
	steps "$name" "$folder"
	is "$(step builds)" '0 installed' "$name: headers of an affected kernel: built and installed"
	is "$(step fails)" '0 added, not built for 4.19.6-fails (dkms: 10)' \
		"$name: a build that fails: the headers are installed, and one line says what is missing"
	is "$(step neighbour)" installed "$name: ... and another's module is built after ours"
	is "$(step kernel)" 0 "$name: ... the kernel is installed, too"
	is "$(step fixed)" '0 added' "$name: headers of a fixed kernel: nothing is built, and nothing fails"
	is "$(step architecture)" '0 added' "$name: another architecture: the same"
	is "$(step package)" '0 added' "$name: a build that fails: our package is installed"
	is "$(step 'package builds')" '0 installed' "$name: a build that does not: and the module, too"
	# What the others are measured by: a hook of dkms 3 does fail where a module of others does not build.
	wanted=failed
	[ "${number%%.*}" != 2 ] || wanted=0
	is "$(step control)" "$wanted" "$name: a module of others that fails: $wanted"
done

done_testing

#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# rpm-kmod.t: kmod-icache-ipi-mitigate, built from a kernel-devel RPM, on the kernel RPM it was built for
set -eu
. "$(dirname "$0")/../lib/tap.sh"
unset CONFIG SERIES PAGES
version=$(sed -n 's/^VERSION := //p' "$top/Makefile")

kernels=$O/kernel-packages/rpm
# Both formats at once, as kernel-packages.t asks for them: a second call then builds nothing.
formats='--format rpm'
! command -v dpkg-buildpackage >/dev/null || formats="--format deb $formats"
# shellcheck disable=SC2086 # options are words
run "$top/scripts/kernel-packages" --kernel debian-5.10 $formats --output "$O/kernel-packages"
is "$rc" 0 'kernel, kernel-devel and kernel-headers RPMs, affected and fixed'
[ "$rc" = 0 ] || { printf '# %s\n' "$err"; done_testing; exit; }

# kmod HALF: its package in $kmod, its kernel's release in $release, the module in $module
kmod()
{
	release=5.10.223-$1
	run "$top/rpm/build" --output "$scratch/$1" --kmod "$kernels/kernel-devel-5.10.223_$1-1.aarch64.rpm"
	is "$rc" 0 "$1: built from kernel-devel alone"
	[ "$rc" = 0 ] || { printf '%s\n' "$err" | sed 's/^/# /'; done_testing; exit; }
	kmod=$(ls "$scratch/$1"/RPMS/aarch64/*.rpm)
	mkdir "$scratch/$1/root"
	rpm2cpio "$kmod" | (cd "$scratch/$1/root" && cpio --extract --make-directories --quiet)
	module=$scratch/$1/root/lib/modules/$release/extra/icache-ipi-mitigate/icache_ipi_mitigate.ko
}

kmod affected
is "$(basename "$kmod")" "kmod-icache-ipi-mitigate-$version-1.5.10.223_affected.aarch64.rpm" 'its name says for which kernel'
is "$(rpm --query --list --package "$kmod" | grep '^/lib')" "/lib/modules/$release/extra/icache-ipi-mitigate
/lib/modules/$release/extra/icache-ipi-mitigate/icache_ipi_mitigate.ko" 'it holds one module, for one kernel'
is "$(modinfo --field vermagic "$module" | cut -d ' ' -f 1)" "$release" 'the module says so too'
like "$(rpm --query --requires --package "$kmod")" \
	"^\(kernel-uname-r = $release or kernel-$release\)\$" 'it requires exactly that kernel'
scripts=$(rpm --query --scripts --package "$kmod")
like "$scripts" "depmod -a $release" 'modprobe will find it'
is "$(echo "$scripts" | grep weak-modules)" '' 'and weak-modules is not told of it'
is "$(rpm --query --obsoletes --package "$kmod"):$(rpm --query --provides --package "$kmod" | grep '^kmod-icache-ipi =')" \
	"kmod-icache-ipi < 0.2.0:kmod-icache-ipi = $version-1.5.10.223_affected" 'an upgrade finds it by its old name'
run rpmlint --rpmlintrc "$top/rpm/kmod-icache-ipi-mitigate.rpmlintrc" "$kmod"
# What one release of rpmlint says, another does not: then a filter is of no use.
is "$(printf '%s\n' "$out" | grep -e ': [EW]: ' | grep -v ': E: unused-rpmlintrc-filter ')" '' \
	'rpmlint: nothing that its rpmlintrc does not explain'
like "$out" ' 1 packages and 0 specfiles checked; ' 'rpmlint read it'

# status, on a machine that has this RPM
if [ "$(id -u)" = 0 ]; then
	machine=$scratch/machine
	mkdir -p "$machine/proc/sys/kernel" "$machine/sys/module"
	echo "$release" >"$machine/proc/sys/kernel/osrelease"
	run rpm --root="$machine" --install --nodeps --noscripts --ignorearch "$kmod"
	is "$rc" 0 'rpm installs it'
	depmod -b "$machine" "$release" 2>/dev/null
	run "$O/icache-ipi-status" --root "$machine"
	like "$out" "^  built    for $release \\(running\\), by the package kmod-icache-ipi-mitigate" 'status sees its module, and whose it is'
	like "$out" '^next +modprobe' '... and advises to load it'
	echo 5.10.223-other >"$machine/proc/sys/kernel/osrelease"
	run "$O/icache-ipi-status" --root "$machine"
	like "$out" "^next +kmod-icache-ipi-mitigate is for $release: install the one for 5.10.223-other" \
		'... for another kernel it advises no package that conflicts'
else
	skip 'status on the RPM' 'only root installs it'
fi

# boot HALF: the kernel of its RPM with that module; answers in $answers
boot()
{
	mkdir "$scratch/$1/kernel"
	rpm2cpio "$kernels/kernel-5.10.223_$1-1.aarch64.rpm" |
		(cd "$scratch/$1/kernel" && cpio --extract --make-directories --quiet './boot/vmlinuz-*')
	image=$scratch/$1/kernel/boot/vmlinuz-$release
	if gzip --test "$image" 2>/dev/null; then
		gzip --decompress --stdout "$image" >"$scratch/$1/Image"
		image=$scratch/$1/Image
	fi
	run "$O/icache-ipi-vm" --quiet --output="$scratch/$1/guest" --init="$O/arm64/tests/steps" --cpus=8 \
		--boot-deadline=1500 --file="$scratch/steps" --file="$module" "$image"
	answers=$(tr -d '\r' <"$scratch/$1/guest/console.log" | sed -n 's/^@ //p')
	like "$answers" '^end$' "$1: the kernel of the RPM boots, and the guest comes to its end"
}

answer()
{
	printf '%s\n' "$answers" | sed -n "s#^$2: ##p" | sed -n "$1p"
}

make -s -C "$top" O="$O" "$O/arm64/tests/steps"
cat >"$scratch/steps" <<-END
	workload burst
	load icache_ipi_mitigate.ko
	workload burst
	read /sys/module/icache_ipi_mitigate/state
	unload icache_ipi_mitigate
	workload burst
END
boot affected
is "$(answer 1 'load icache_ipi_mitigate.ko') $(answer 1 'read /sys/module/icache_ipi_mitigate/state')" \
	'ok mitigated' 'affected: loaded, and the kernel is mitigated'
like "$(answer 1 workload) $(answer 2 workload) $(answer 3 workload)" '^2 [01] 2$' \
	'affected: the workload finds it affected, not affected while loaded, affected'

kmod merged
printf 'load icache_ipi_mitigate.ko\nworkload burst\n' >"$scratch/steps"
boot merged
is "$(answer 1 'load icache_ipi_mitigate.ko')" ENODEV 'fixed: the module refuses'
is "$(answer 1 workload)" 0 'fixed: and there was nothing to mitigate'

done_testing

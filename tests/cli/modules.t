#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# modules.t: both modules built from headers alone, for arm64 kernels of Debian (SUITES=), and by dkms
set -eu
. "$(dirname "$0")/../lib/tap.sh"
. "$top/scripts/common.sh"
. "$top/tests/lib/kernels.sh"
. "$top/tests/lib/trees.sh"
. "$top/tests/lib/debian-kernels.sh"
. "$top/tests/lib/debian-headers.sh"
. "$top/tests/lib/modules.sh"
[ "$(uname -m)" != aarch64 ] || CROSS_COMPILE=''

version=$(sed -n 's/^VERSION := //p' "$top/Makefile")

# build_both KDIR LABEL
build_both()
{
	for name in mitigate repro; do
		where=$scratch/$2-$name
		if ko=$(module_build "$1" $name "$where" W=1); then
			is "$(module_warnings "$where/log")" '' "$2: $name builds with W=1 and no warning"
		else
			fail "$2: $name builds" "$(tail -n 20 "$where/log")"
		fi
	done
}

proof=$(kernel_build_dir)
build_both "$proof" debian-5.10
for suite in ${SUITES:-bullseye sid}; do
	if headers=$(debian_headers "$suite" 2>"$scratch/err"); then
		build_both "$headers" "$suite"
	else
		skip "$suite's headers" "not to be had: $(tail -n 1 "$scratch/err")"
	fi
done
if [ -z "${KERNEL_TREE-}" ]; then
	skip 'real 4.19 trees' 'no KERNEL_TREE='
else
	for tree in $(echo "$KERNEL_TREE" | tr : ' '); do
		build_both "$("$top/scripts/kernel-build" "$tree")" "$(basename "$tree")"
	done
fi

# --- what the module says about itself ---
for name in mitigate repro; do
	ko=$scratch/debian-5.10-$name/$name/icache_ipi_$name.ko
	is "$(modinfo -F version "$ko")" "$version" "$name: modinfo: version"
	is "$(modinfo -F license "$ko")" 'GPL v2' "$name: modinfo: license"
	like "$(modinfo -F description "$ko")" '^arm64: ' "$name: modinfo: description"
	like "$(modinfo -F author "$ko")" . "$name: modinfo: author"
	is "$(modinfo -F alias "$ko")$(modinfo -F depends "$ko")$(modinfo -F intree "$ko")" '' \
		"$name: modinfo: no alias, no dependency, no claim to be in-tree"
	parameters=$(modinfo -F parm "$ko" | wc -l)
	is "$(modinfo -F parm "$ko" | grep -c ':.*[a-z]')" "$parameters" \
		"$name: modinfo: each of $parameters parameters is described"
done

# --- style and static checks ---
# LINUX_VERSION_CODE and where its constant stands: checkpatch is for code in the tree.
tree=$(kernel_tree)
for file in "$top"/modules/*/*.[ch]; do
	run perl "$tree/scripts/checkpatch.pl" --no-tree --terse --strict --max-line-length=100 \
		--ignore LINUX_VERSION_CODE,CONSTANT_COMPARISON --file "$file"
	is "$rc" 0 "checkpatch: ${file#"$top/"}"
	[ "$rc" = 0 ] || printf '%s\n' "$out" | sed 's/^/# /'
done
if command -v sparse >/dev/null; then
	for name in mitigate repro; do
		where=$scratch/sparse-$name
		module_build "$proof" $name "$where" C=2 CF=-D__CHECK_ENDIAN__ >/dev/null || :
		like "$(cat "$where/log")" "CHECK .*/$name/main.c" "sparse looks at $name"
		is "$(module_warnings "$where/log")" '' "sparse: $name"
	done
else
	skip sparse 'not installed: scripts/setup check'
fi
# The check itself must be able to fail.
mkdir "$scratch/bad"
cp -r "$top/modules/common" "$top/modules/mitigate" "$scratch/bad/"
echo 'int icache_ipi_unannounced(int unused) { int never; return 0; }' \
	>>"$scratch/bad/mitigate/main.c"
make -C "$proof" M="$scratch/bad/mitigate" ARCH=arm64 \
	CROSS_COMPILE="${CROSS_COMPILE-aarch64-linux-gnu-}" W=1 modules >"$scratch/bad/log" 2>&1 || :
like "$(module_warnings "$scratch/bad/log")" unannounced 'a warning of ours is seen'

# 4.19 has this name in one header, which newer kernels include by others; KERNEL_TREE= compiles for it.
# shellcheck disable=SC2046 # file names without blanks
is "$(grep -L '^#include <linux/module\.h>' $(grep -lw MODULE_NAME_LEN "$top"/modules/*/*.[ch]))" '' \
	'who uses MODULE_NAME_LEN includes linux/module.h'

# Somebody compiles them for another machine.
run cpp "$top/modules/common/code.h"
like "$err" '#error "the fault these modules are about is one of arm64 kernels' \
	'another architecture is told so'
# And for a kernel whose kprobes cannot do what method=kprobe asks of them.
mkdir -p "$scratch/old/linux" "$scratch/old/asm"
touch "$scratch/old/linux/compiler.h" "$scratch/old/asm/cacheflush.h"
for code in 0x0412ff=1 0x041300=0; do
	printf '#define LINUX_VERSION_CODE %s\n#define KERNEL_VERSION(a, b, c) (((a) << 16) + ((b) << 8) + (c))\n' \
		${code%=*} >"$scratch/old/linux/version.h"
	run cpp -nostdinc -I "$scratch/old" "$top/modules/common/compat.h"
	is "$(printf '%s\n' "$err" | grep --count 'error: #error "Linux 4.19 or newer is needed')" "${code#*=}" \
		"version code ${code%=*}: $([ ${code#*=} = 1 ] && echo refused || echo taken)"
done

# What is for tests alone is not in what packages build.
is "$(modinfo -F parm "$scratch/debian-5.10-mitigate/mitigate/icache_ipi_mitigate.ko" | cut -d : -f 1)" method \
	'mitigate has one parameter'

# --- dkms ---
for name in mitigate repro; do
	is "$(sed -n 's/^PACKAGE_VERSION="\(.*\)"/\1/p' "$top/modules/$name/dkms.conf")" "$version" \
		"$name: dkms.conf has the project's version"
done
make -s -C "$top" O="$O" install-modules DESTDIR="$scratch/root"
is "$(cd "$scratch/root/usr/src" && find . -type f | sort | tr '\n' ' ')" \
	"$(for name in mitigate repro; do
		own='branch.c branch.h main.c veneer.c veneer.h'
		[ $name = mitigate ] || own='inject.c main.c replay.c repro.h'
		for file in Kbuild common/autoinstall.sh common/code.c common/code.h common/compat.h common/refuse.c \
			common/refuse.h common/trial.c common/trial.h dkms.conf $own; do
			printf './icache-ipi-%s-%s/%s\n' $name "$version" "$file"
		done
	done | sort | tr '\n' ' ')" 'install-modules: what dkms wants under /usr/src'

# exclusion CODE: does dkms.conf let a kernel with these headers have the module?
exclusion()
{
	mkdir -p "$scratch/fake/include/generated/uapi/linux"
	echo "#define LINUX_VERSION_CODE $(($1))" >"$scratch/fake/include/generated/uapi/linux/version.h"
	env -i kernel_source_dir="$scratch/fake" dkms_tree=/var/lib/dkms bash -c \
		". '$top/modules/mitigate/dkms.conf'
		if [[ 4.19.0-27-arm64 =~ \$BUILD_EXCLUSIVE_KERNEL ]]; then echo build; else echo skip; fi"
}
for code in 0x041300=build 0x04130d=build 0x041313=build 0x041314=skip 0x0413ff=skip 0x041400=build 0x041403=build 0x041406=build 0x041407=skip 0x0414ff=skip \
	0x041200=skip 0x050000=skip 0x050adf=skip 0x060cff=skip; do
	is "$(exclusion "${code%=*}")" "${code#*=}" "dkms.conf: version code ${code%=*}: ${code#*=}"
done
is "$(cd / && bash -euc ". '$top/modules/mitigate/dkms.conf'; echo \$BUILD_EXCLUSIVE_KERNEL")" . \
	'dkms.conf can be read for its name alone'

# --- whose module is it that a package's removal unloads? ---
# removal NAME WHERE: how often the package asks for it, on a machine (host) or elsewhere
mkdir "$scratch/shim"
removal()
{
	mkdir -p "$scratch/sys-module/icache_ipi_$1"
	: >"$scratch/asked"
	printf '#!/bin/sh\n[ %s = chroot ]\n' "$2" >"$scratch/shim/ischroot"
	printf '#!/bin/sh\n[ %s = container ]\n' "$2" >"$scratch/shim/systemd-detect-virt"
	# shellcheck disable=SC2016 # $1 is the shim's
	printf '#!/bin/sh\necho >>%s\nrmdir "%s/$1"\n' "$scratch/asked" "$scratch/sys-module" \
		>"$scratch/shim/rmmod"
	chmod +x "$scratch"/shim/*
	sed "s#/sys/module#$scratch/sys-module#" "$top/debian/icache-ipi-$1-dkms.prerm" >"$scratch/prerm"
	env PATH="$scratch/shim:$PATH" DPKG_ROOT="$([ "$2" != elsewhere ] || echo /elsewhere)" \
		sh "$scratch/prerm" remove || echo fails
	wc -l <"$scratch/asked"
}
for name in mitigate repro; do
	is "$(removal $name host) $(removal $name chroot) $(removal $name container) $(removal $name elsewhere)" \
		'1 0 0 0' "$name: unloaded on this machine, not from a chroot, a container or another root"
done
for spec in icache-ipi kmod-icache-ipi-mitigate; do
	is "$(grep -c 'systemd-detect-virt --quiet --ch\|systemd-detect-virt --quiet --co' "$top/rpm/$spec.spec"), $(
		grep -c 'modprobe -r' "$top/rpm/$spec.spec")" '2, 0' "$spec.spec: the same, and by rmmod"
done

if ! command -v dkms >/dev/null; then
	skip 'dkms' 'not installed: scripts/setup check'
elif ! headers=$(debian_headers bookworm 2>"$scratch/err"); then
	skip 'dkms' "no headers of bookworm: $(tail -n 1 "$scratch/err")"
else
	dkms_add
	dkms_build repro aarch64
	is "$rc" 0 'dkms builds repro for bookworm'
	[ "$rc" = 0 ] || printf '%s\n' "$out" "$err" | sed 's/^/# /'
	dkms_build mitigate aarch64
	like "$rc" '^(9|77)$' 'dkms skips mitigate for bookworm, which is fixed'
	dkms_build mitigate aarch64 --directive BUILD_EXCLUSIVE_KERNEL=.
	is "$rc" 0 'dkms builds mitigate for bookworm where that is asked for'
	[ "$rc" = 0 ] || printf '%s\n' "$out" "$err" | sed 's/^/# /'
	for name in mitigate repro; do
		like "$(modinfo -F vermagic "$(dkms_ko $name)" 2>&1)" "^$release .* aarch64" "dkms: $name is for $release"
	done
	dkms_build repro x86_64
	like "$rc" '^(9|77)$' 'dkms skips repro on x86-64'
fi

done_testing

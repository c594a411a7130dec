# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh
#
# modules.sh: build the modules for tests. Sourced after tap.sh.
# shellcheck disable=SC2154 # top, scratch

# The compiler for modules. Headers of kernels built with gcc 14 have an option older ones lack; those
# align no function that is cold, and where the kernel is built with them, none is (compiler_types.h).
modules_compiler()
{
	printf '#undef __cold\n#define __cold\n' >"$scratch/not-cold.h"
	[ -x "$scratch/gcc" ] || cat >"$scratch/gcc" <<-END
		#!/bin/sh
		for word; do
			shift
			case \$word in
			-fmin-function-alignment=*)
				set -- "\$@" -include "$scratch/not-cold.h"
				word=-falign-functions=\${word#*=}
				;;
			esac
			set -- "\$@" "\$word"
		done
		exec ${CROSS_COMPILE-aarch64-linux-gnu-}gcc "\$@"
	END
	chmod +x "$scratch/gcc"
	echo "$scratch/gcc"
}

# Type information (BTF) is left out: it needs pahole, as new as the kernel.
#
# module_build KDIR NAME WHERE [MAKE-VARIABLE...]: a .ko from headers alone, its path; log in WHERE/log
module_build()
{
	kdir=$1 name=$2 where=$3
	shift 3
	mkdir -p "$where"
	cp -r "$top/modules/common" "$top/modules/$name" "$where/"
	make -C "$kdir" M="$where/$name" ARCH=arm64 CROSS_COMPILE="${CROSS_COMPILE-aarch64-linux-gnu-}" \
		CC="$(modules_compiler)" CONFIG_DEBUG_INFO_BTF_MODULES='' "$@" modules >"$where/log" 2>&1 || return
	ls "$where/$name/icache_ipi_$name.ko"
}

# What the compiler or sparse has to say about our files; what it says about the kernel's is the
# kernel's.
module_warnings()
{
	grep -E "^([^ ]*/)?(main|branch|replay|inject|code|trial|refuse|veneer|repro|compat)\.[ch]:.*(warning|error):|^WARNING: modpost" \
		"$1" || :
}

# dkms_add: both packages, as `make install-modules` lays them out, in a dkms tree of the test's. $headers
# is what they will be built for.
dkms_add()
{
	version=$(sed -n 's/^VERSION := //p' "$top/Makefile")
	release=$(basename "$headers" | sed 's/^linux-headers-//')
	make -s -C "$top" O="$O" install-modules DESTDIR="$scratch/root"
	mkdir -p "$scratch/dkms"
	for name in mitigate repro; do
		dkms add --dkmstree "$scratch/dkms" --sourcetree "$scratch/root/usr/src" \
			-m "icache-ipi-$name" -v "$version" >"$scratch/log" 2>&1 || cat "$scratch/log"
	done
}

# dkms_build NAME ARCH [OPTION...]: with dkms's own command
dkms_build()
{
	name=$1 arch=$2
	shift 2
	prefix=${CROSS_COMPILE-aarch64-linux-gnu-}
	# Debian's headers name the compiler of their kernel, which another release may not have.
	mkdir -p "$scratch/compilers"
	compiler=$prefix$(sed -n 's/^CC = .*)\(gcc-[0-9]*\)$/\1/p' "$headers/.kernelvariables")
	command -v "$compiler" >/dev/null || ln -sf "$(command -v "${prefix}gcc")" "$scratch/compilers/$compiler"
	run env PATH="$scratch/compilers:$PATH" ARCH=arm64 CROSS_COMPILE="$prefix" CC="${prefix}gcc" dkms build \
		--dkmstree "$scratch/dkms" --sourcetree "$scratch/root/usr/src" \
		--kernelsourcedir "$headers" -m "icache-ipi-$name" -v "$version" \
		-k "$release" -a "$arch" "$@"
}

# dkms_ko NAME: what dkms built
dkms_ko()
{
	echo "$scratch/dkms/icache-ipi-$1/$version/$release/aarch64/module/icache_ipi_$1.ko"
}

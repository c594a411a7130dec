#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# check-variants.t: icache-ipi-check on whole kernels built in other ways, affected and fixed
#
# Each is debian-5.10 from tinyconfig, which optimises for size: half a minute to two minutes of
# two CPUs. By default none is built. CORPUS=full builds all, CORPUS='clang 64K' these two.
set -eu

. "$(dirname "$0")/../lib/tap.sh"
. "$top/scripts/common.sh"
. "$top/tests/lib/kernels.sh"
check=$O/icache-ipi-check
cross=${CROSS_COMPILE-aarch64-linux-gnu-}
[ "$(uname -m)" != aarch64 ] || cross=${CROSS_COMPILE-}
flush=arch/arm64/mm/flush.c

[ -n "${CORPUS-}" ] || skip_all 'CORPUS=full builds kernels in eight ways, a minute each'
affected=$(kernel_tree regress)
fixed=$(kernel_tree)
# One tree for all, of links; only flush.c is its own.
cp --recursive --symbolic-link "$affected" "$scratch/tree"
tree=$scratch/tree

# build OPTION...: make with these, in $build, with the compiler $cc
build()
{
	make -C "$tree" O="$build" ARCH=arm64 CROSS_COMPILE="$cross" HOSTCFLAGS='-fcommon -O2' \
		${cc:+"CC=$cc"} --silent -j"$(($(nproc) + 1))" "$@" >"$build.log" 2>&1 ||
		tail -n 5 "$build.log" | sed 's/^/# /'
}

verdicts()
{
	"$check" --json "$@" | sed 's/.*"verdict":"\([^"]*\)","form":"*\([^",]*\).*/\1 \2/' | sort -u
}

# form NAME TREE VERDICT: build with flush.c of TREE. The Image, and vmlinux without its symbols,
# have only the table inside.
form()
{
	cp --remove-destination "$2/$flush" "$tree/$flush"
	build Image
	"${cross}strip" --strip-all -o "$build/stripped" "$build/vmlinux" || return 0
	is "$(verdicts "$build/vmlinux")" "$3" "$1: vmlinux"
	wanted=$3
	grep --quiet '^CONFIG_KALLSYMS=y' "$build/.config" || wanted='unknown null'
	is "$(verdicts "$build/stripped")" "$wanted" "$1: stripped"
	is "$(verdicts "$build/arch/arm64/boot/Image")" "$wanted" "$1: Image"
	is "$(verdicts --map "$build/System.map" "$build/arch/arm64/boot/Image")" "$3" "$1: Image, map"
}

# variant NAME COMPILER OPTION...: with these; X=n is one that is off. COMPILER - is gcc.
variant()
{
	name=$1 cc=${2#-} build=$scratch/$1
	shift 2
	case " $CORPUS " in *' full '* | *" $name "*) ;; *) return 0 ;; esac
	mkdir "$build"
	build tinyconfig
	for option in EXPERT MODULES PRINTK KALLSYMS KALLSYMS_ALL DEBUG_KERNEL "$@"; do
		case $option in
		*=n) echo "# CONFIG_${option%=n} is not set" ;;
		*) echo "CONFIG_$option=y" ;;
		esac
	done >"$build.fragment"
	(cd "$build" && "$tree/scripts/kconfig/merge_config.sh" -m .config "$build.fragment" >/dev/null)
	build olddefconfig
	for option; do
		has=$(grep -c "^CONFIG_${option%=n}=y" "$build/.config" || :)
		case $option:$has in *=n:0 | *[!n]:1) ;; *) fail "$name: cannot have $option" ;; esac
	done
	form "$name, affected" "$affected" 'affected affected'
	form "$name, fixed" "$fixed" 'fixed merged'
	rm -rf "$build"
}

variant Os - CC_OPTIMIZE_FOR_SIZE
variant KALLSYMS_ALL=n - KALLSYMS_ALL=n
variant KALLSYMS=n - KALLSYMS=n
variant 64K - ARM64_64K_PAGES
variant big-endian - CPU_BIG_ENDIAN
variant traced - SYSFS PROC_FS DEBUG_FS FTRACE FUNCTION_TRACER KGDB KCOV
variant sanitized - SYSFS SLUB KASAN KASAN_GENERIC KASAN_OUTLINE UBSAN
variant clang clang CC_OPTIMIZE_FOR_PERFORMANCE
[ "$tap_count" -gt 0 ] || skip_all "no variant in CORPUS=$CORPUS"
done_testing

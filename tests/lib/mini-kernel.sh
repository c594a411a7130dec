# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh disable=SC2154
#
# mini-kernel.sh: small kernels for tests, in a second each. Sourced after tap.sh.

mini_cross=${CROSS_COMPILE-aarch64-linux-gnu-}
[ "$(uname -m)" != aarch64 ] || mini_cross=${CROSS_COMPILE-}

# shellcheck disable=SC2154 # top: from tap.sh
# mini_vmlinux FORM FILE [COMPILER OPTION...]: FORM is AFFECTED, POSTED or MERGED. mini_place may
# have options of ld: --defsym=BASE= where it is linked, --defsym=HEAD= bytes before its code.
mini_vmlinux()
{
	form=$1 file=$2
	shift 2
	[ $# -gt 0 ] || set -- "${mini_cross}gcc" -O2
	order=-EL
	case " $* " in *" -mbig-endian "*) order=-EB ;; esac
	# shellcheck disable=SC2086 # mini_place: one option a word, or none
	"$@" -DFORM="$form" -ffreestanding -fno-pic -mno-outline-atomics -fno-asynchronous-unwind-tables \
		-c -o "$file.o" "$top/tests/lib/mini-kernel/mini.c" &&
		"${mini_cross}ld" "$order" ${mini_place-} --no-warn-rwx-segments --build-id -nostdlib \
			-T "$top/tests/lib/mini-kernel/mini.lds" -o "$file" "$file.o"
}

# mini_image VMLINUX FILE MAKE-IMAGE-OPTION...; mini_names may have sed's commands for the symbols
mini_image()
{
	vmlinux=$1 file=$2
	shift 2
	"${mini_cross}objcopy" -O binary "$vmlinux" "$file.bin" &&
		"${mini_cross}nm" -n "$vmlinux" | grep -v ' \$' | sed "${mini_names-}" >"$file.map" &&
		"$top/tests/lib/mini-kernel/make-image" "$@" "$file.bin" "$file.map" "$file"
}

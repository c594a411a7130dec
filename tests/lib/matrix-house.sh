# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh
#
# matrix-house.sh: a house whose kernels cost nothing, for tests of scripts/matrix. Sourced; needs
# $scratch, $top and $O from tap.sh.
#
# The matrix itself, the proof, what boots a guest and what judges it are the real ones. What gets
# sources and compiles them is not: a QEMU that is none knows by an Image's folder what to say.
# $house/slow, $house/broken and $house/wrong name guests, KERNEL+FIX+PAGES+COMPILER+CPUS, that take 3 s,
# die, or are fixed; those in $house/stuck never end.
# shellcheck disable=SC2154 # top, scratch, O

house=$scratch/house

house_script()
{
	{ echo '#!/bin/sh'; echo 'set -eu'; cat; } >"$house/$1"
	chmod +x "$house/$1"
}

# house_build DIR: the house, in DIR
house_build()
{
	house=$1
	mkdir -p "$house/scripts" "$house/configs" "$house/build/arm64" "$house/bin" "$house/patches/4.19.y-posted"
	touch "$house/slow" "$house/broken" "$house/wrong" "$house/stuck" "$house/patches/4.19.y-posted/series"
	cp "$top/scripts/matrix" "$top/scripts/proof" "$top"/scripts/*.sh "$house/scripts"
	cp "$top"/configs/*.config "$house/configs"
	touch "$house/Makefile"
	cp "$O/icache-ipi-vm" "$O/icache-ipi-report" "$house/build"
	cp "$O/arm64/icache-ipi-stress" "$house/build/arm64"
	cp "$top/tests/lib/fake-qemu" "$house/bin"
	house_script scripts/setup <<-'END'
		echo "$@" >>"$(dirname "$0")/../installed-compilers"
	END
	house_script scripts/kernel-source <<-'END'
		case $1 in 4.19.9*) echo "kernel-source: there is no $1" >&2; exit 3 ;; esac
		tree=$(dirname "$0")/../trees/$1
		mkdir -p "$tree"
		printf 'VERSION = 4\nPATCHLEVEL = 19\nSUBLEVEL = %s\n' "${1##*.}" >"$tree/Makefile"
		echo "$tree"
	END
	house_script scripts/backport <<-'END'
		[ "$1" != --check ] || { echo affected; exit 2; }
		mkdir -p "$3+$2"
		echo "$3+$2"
	END
	# kernel-build [OPTION VALUE]... TREE
	house_script scripts/kernel-build <<-'END'
		objects=''
		while [ $# -gt 1 ]; do
			case $1 in
			--fragment) echo "$2" >>"$(dirname "$0")/../fragments" ;;
			--output) objects=$2 ;;
			esac
			shift 2
		done
		objects=${objects:-$1/built}
		mkdir -p "$objects/arch/arm64/boot"
		{ head -c 56 /dev/zero; printf 'ARM\144\0\0\0\0'; } >"$objects/arch/arm64/boot/Image"
		touch "$objects/System.map" "$objects/.config" "$objects/.required.config"
		echo "$1" >>"$(dirname "$0")/../built"
		echo "$objects"
	END
	house_script bin/qemu-system-aarch64 <<-'END'
		here=$(dirname "$0")
		[ "$1" != --version ] || exec "$here/fake-qemu" --version
		cpus=64 image=''
		for word; do
			case ${before-} in -smp) cpus=${word%%,*} ;; -kernel) image=$word ;; esac
			before=$word
		done
		case $image in
		*/built/arch/*) # of a proof: TREE/built/arch/arm64/boot/Image
			case ${image%/built/*} in
			*[+-]posted*) name=4.19.1+posted ;;
			*[+-]merged*) name=4.19.1+merged ;;
			*) name=4.19.1+none ;;
			esac
			name=$name+$cpus
			;;
		*) # of a matrix: builds/KERNEL+PAGES+COMPILER/FIX/Image
			build=$(basename "$(dirname "$(dirname "$image")")")
			name=${build%%+*}+$(basename "$(dirname "$image")")+${build#*+}+$cpus
			;;
		esac
		echo "$name" >>"$here/../booted"
		FAKE=fixed FAKE_CPUS=${cpus#cpus=}
		case $name in *+none+*) FAKE=affected ;; esac
		FAKE_TIER=count FAKE_FORM=posted
		case $* in *--lockup-tier*) FAKE_TIER=lockup ;; esac
		case $name in *+merged+*) FAKE_FORM=merged ;; esac
		export FAKE FAKE_CPUS FAKE_TIER FAKE_FORM
		! grep --quiet --line-regexp --fixed-strings "$name" "$here/../broken" || export FAKE=died
		! grep --quiet --line-regexp --fixed-strings "$name" "$here/../slow" || sleep 3
		! grep --quiet --line-regexp --fixed-strings "$name" "$here/../stuck" || export FAKE=silent
		! grep --quiet --line-regexp --fixed-strings "$name" "$here/../wrong" || export FAKE=fixed
		exec "$here/fake-qemu" "$@"
	END
	PATH=$house/bin:$PATH
	export PATH
	unset MAKEFLAGS
}

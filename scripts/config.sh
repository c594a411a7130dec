# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh
#
# config.sh: what becomes of a distribution's own configuration; sourced after common.sh and halves.sh,
# never run.
# $here is the folder of scripts.
# shellcheck disable=SC2154

# config_changes CONFIG BUILD FRAGMENT: two lines, or fewer: the options that the kernel in BUILD
# got because the guest needs them, by kernel-build or by FRAGMENT, and those that FRAGMENT took
# out, as far as CONFIG differs.
config_changes()
{
	added=$(grep -h '=y$' "$2/.required.config" "$3" | grep -x -F -f "$2/.config" |
		grep -v -x -F -f "$1" | sed 's/=y$//' | xargs)
	removed=$(sed -n 's/^# \(CONFIG_[A-Z0-9_]*\) is not set$/^\1=y/p
		s/^\(CONFIG_[A-Z0-9_]*=\)""$/^\1"[^"]/p' "$3" | grep -o -f - "$1" | sed 's/=.*//' | xargs)
	[ -z "$added" ] || echo "added, because the guest needs it: $added"
	[ -z "$removed" ] || echo "taken out, because it could stop the build or the guest here: $removed"
}

# config_cpus CONFIG CPUS: a kernel that is made for fewer CPUs would boot, and prove something else.
config_cpus()
{
	[ -r "$1" ] || die "$EXIT_UNKNOWN" "cannot read CONFIG=$1" "name a kernel's .config"
	most=$(sed -n 's/^CONFIG_NR_CPUS=//p' "$1")
	[ "${most:-$2}" -ge "$2" ] || die "$EXIT_UNKNOWN" \
		"$1 has CONFIG_NR_CPUS=$most, and the guest shall have $2 CPUs" "try CPUS=$most"
}

# config_build CONFIG PAGES FIRST FIX TREE: a half's kernel, with a distribution's configuration;
# prints the folder with its Image and System.map. FIRST is the first half's tree: all halves are
# built in one place. A second call with the same sources and configuration does nothing.
config_build()
(
	config=$1 pages=$2 origin=$3 fix=$4 tree=$5
	fragment=$here/../configs/distribution.config
	work=$(cache_dir)/configured/$(basename "$origin")-$pages-$(
		{ echo "$origin"; cat "$config" "$fragment"; } | short_sum 12)
	mkdir -p "$work/$fix"
	exec 8>"$work/.lock"
	flock 8
	stamp=$({ cat "$here/kernel-build"
		for compiler in gcc "${CROSS_COMPILE:-aarch64-linux-gnu-}${COMPILER:-gcc}"; do
			"$compiler" --version 2>/dev/null || :
		done
		tree_files "$tree"; } | sha256sum)
	if [ "$(cat "$work/$fix/.stamp" 2>/dev/null)" != "$stamp" ]; then
		rm -f "$work/$fix/.stamp"
		half_build "$work" "$tree" --config "$config" --pages "$pages" --fragment "$fragment"
		cp "$work/build/arch/arm64/boot/Image" "$work/build/System.map" \
			"$work/build/.config" "$work/build/.required.config" "$work/$fix"
		echo "$stamp" >"$work/$fix/.stamp"
	fi
	echo "$work/$fix"
)

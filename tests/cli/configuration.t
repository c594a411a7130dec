#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# configuration.t: kernel-build takes a configuration and fragments from folders of any name, builds anew when
# one changes, and copies a tree without its dangerous modes. Programs of the test's own stand for make and gcc.
set -eu
. "$(dirname "$0")/../lib/tap.sh"
. "$top/scripts/common.sh"
. "$top/scripts/halves.sh"
. "$top/scripts/config.sh"
export XDG_CACHE_HOME="$scratch/cache"
unset CONFIG PAGES COMPILER CROSS_COMPILE MAKEFLAGS MAKEOVERRIDES
here=$top/scripts

# A kernel whose Image is its configuration
tree=$scratch/tree
mkdir -p "$tree/scripts/kconfig" "$tree/arch/arm64" "$scratch/bin"
touch "$tree/Kconfig" "$tree/arch/arm64/Makefile"
cat >"$tree/scripts/kconfig/merge_config.sh" <<'END'
#!/bin/sh
[ "$1 $2" = "-m -O" ] && cd "$3" && shift 3 && cat "$@" >.config
END
cat >"$scratch/bin/make" <<'END'
#!/bin/sh
for word; do
	case $word in
	O=*) cd "${word#O=}" ;;
	tinyconfig) : >.config ;;
	Image) mkdir -p arch/arm64/boot && cp .config arch/arm64/boot/Image && cp .config System.map ;;
	esac
done
END
for compiler in gcc aarch64-linux-gnu-gcc; do
	printf '#!/bin/sh\necho "gcc (test) 12"\n' >"$scratch/bin/$compiler"
done
chmod +x "$tree/scripts/kconfig/merge_config.sh" "$scratch/bin"/*
PATH=$scratch/bin:$PATH

odd="$scratch/a b's \"ü\" \$x *"
mkdir "$odd"
echo CONFIG_FIRST=y >"$odd/config"
echo CONFIG_FRAGMENT=y >"$odd/one"
echo CONFIG_OTHER=y >"$odd/two"
# built [OPTION...]: what the Image was made of
built()
{
	run "$top/scripts/kernel-build" "$@" "$tree"
	[ "$rc" = 0 ] || { echo "$rc $err"; return; }
	grep -x -e CONFIG_FIRST=. -e CONFIG_FRAGMENT=. -e CONFIG_OTHER=. "$out/arch/arm64/boot/Image" | paste -s -d ' '
}
all='--config|--fragment|--fragment'
is "$(built --config "$odd/config" --fragment "$odd/one" --fragment "$odd/two")" \
	'CONFIG_FIRST=y CONFIG_FRAGMENT=y CONFIG_OTHER=y' "$all in a folder of any name"
for name in config one two; do
	for output in "$scratch/cache" "$scratch/named"; do
		set -- --config "$odd/config" --fragment "$odd/one" --fragment "$odd/two"
		[ "$output" = "$scratch/cache" ] || set -- "$@" --output "$output"
		sed -i 's/=.*/=y/' "$odd/$name"
		before=$(built "$@")
		sed -i 's/=y/=m/' "$odd/$name"
		after=$(built "$@")
		wanted=$(echo "$before" | sed "s/$(sed 's/=.*//' "$odd/$name")=y/$(cat "$odd/$name")/")
		is "$after" "$wanted" "$name changes: the kernel is another one, in $(basename "$output")"
		[ "$before" != "$after" ] || fail "$name: nothing has changed" "$before" "$after"
	done
done
export CONFIG="$odd/config"
like "$(built)" '^CONFIG_FIRST=m$' 'CONFIG= in a folder of any name'
unset CONFIG
first=$(config_build "$odd/config" 4K "$tree" none "$tree" 2>"$scratch/err") || cat "$scratch/err"
echo CONFIG_FIRST=n >"$odd/config"
second=$(config_build "$odd/config" 4K "$tree" none "$tree" 2>"$scratch/err") || cat "$scratch/err"
is "$(grep -h '^CONFIG_FIRST' "$first/Image" "$second/Image" | paste -s -d ' ')" 'CONFIG_FIRST=m CONFIG_FIRST=n' \
	'a configuration of a distribution that changes: each half anew'

# --- what a copy of a tree may not bring ---
mkdir "$tree/open" "$tree/sticky"
echo '#!/bin/sh' >"$tree/open/tool"
chmod 6777 "$tree/open/tool"
chmod 2777 "$tree/open"
chmod 1777 "$tree/sticky"
echo x >"$tree/read-only" && chmod 444 "$tree/read-only"
(umask 000 && half_build "$scratch/work" "$tree") 2>"$scratch/err" || :
is "$(cd "$scratch/work/tree" && find . -perm /7022 ! -type l)" '' 'a copy to build in: nothing is setuid, or writable by others'
is "$(stat --format %a "$scratch/work/tree/open/tool" "$scratch/work/tree/read-only" | paste -s -d ' ')" '755 644' \
	'... what is executable stays so, and what make removes can be'
done_testing

#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# kernel-build.t: configuration, caching, bad input. What it builds, the VM tests boot.
set -eu
. "$(dirname "$0")/../lib/tap.sh"
. "$top/tests/lib/kernels.sh"

build=$top/scripts/kernel-build
tree=$(kernel_tree)
directory=$("$build" "$tree")
for file in vmlinux System.map Module.symvers arch/arm64/boot/Image; do
	if [ -s "$directory/$file" ]; then pass "$file is there"; else fail "$file is there"; fi
done

before=$(stat --format '%Y %i' "$directory/vmlinux")
run "$build" "$tree"
is "$rc $out" "0 $directory" 'a second call prints the same directory'
is "$err" '' 'and says nothing'
is "$(stat --format '%Y %i' "$directory/vmlinux")" "$before" 'and builds nothing'

like "$(cat "$directory/.config")" '^CONFIG_ARM64_4K_PAGES=y' '4K pages unless told otherwise'
is "$(strings "$directory/vmlinux" | sed -n '/^Linux version/{s/.*(\([^)@]*@[^)]*\)).*/\1/p;q}')" \
	"$(strings "$directory/vmlinux" | sed -n '/^Linux version/{s/.*(icache-ipi@proof).*/icache-ipi@proof/p;q}')" \
	'the banner names no machine'

# All configurations in one folder: its host programs are compiled once.
# An option the guest needs, switched off by a fragment: named, before anything is compiled.
echo '# CONFIG_VIRTIO_CONSOLE is not set' >"$scratch/fragment"
run script --quiet --return --command \
	"'$build' --fragment '$scratch/fragment' --output '$scratch/configured' '$tree'" "$scratch/typescript"
is "$rc" 3 'a configuration that cannot work: exit 3'
like "$out" 'cannot have CONFIG_VIRTIO_CONSOLE=y' 'and told which option'
like "$(echo "$out" | tr '\r' '\n')" "building ${tree##*/}: [0-9]+ (of about [0-9]+ )?files, [0-9]+ s" \
	'on a terminal: how far it is'

# Page size and a distribution's own configuration, as far as the .config
printf 'CONFIG_ARM64=y\nCONFIG_LOCALVERSION="-distribution"\n' >"$scratch/config"
run timeout 600 "$build" --config "$scratch/config" --pages 64K --jobs 1 \
	--fragment "$scratch/fragment" --output "$scratch/configured" "$tree"
like "$(cat "$scratch/configured/.config")" '^CONFIG_ARM64_64K_PAGES=y' '--pages 64K'
like "$(cat "$scratch/configured/.config")" '^CONFIG_LOCALVERSION="-distribution"' '--config is the base'
like "$(cat "$scratch/configured/.config")" '^CONFIG_SERIAL_AMBA_PL011_CONSOLE=y' \
	'what the guest needs is added to it'

# Configurations that were made for anything but a guest: all that it needs is there in the end, and
# what would stop it or the build is not. The last of the needed options is held back: nothing is compiled.
cat "$directory/.config" - >"$scratch/hostile" <<END
CONFIG_MODULE_SIG=y
CONFIG_MODULE_SIG_KEY="certs/elsewhere.pem"
CONFIG_SYSTEM_TRUSTED_KEYRING=y
CONFIG_SYSTEM_TRUSTED_KEYS="debian/certs/elsewhere.pem"
CONFIG_INITRAMFS_SOURCE="/nonexistent/initramfs.list"
CONFIG_CMDLINE="root=/dev/nfs console=ttyS9"
CONFIG_CMDLINE_FORCE=y
CONFIG_BOOTPARAM_SOFTLOCKUP_PANIC=y
CONFIG_DEBUG_INFO=y
CONFIG_MODVERSIONS=y
CONFIG_VIRTIO_MMIO=m
CONFIG_VIRTIO_CONSOLE=m
# CONFIG_KPROBES is not set
# CONFIG_UPROBE_EVENTS is not set
# CONFIG_MEMBARRIER is not set
END
sed 's/^\(CONFIG_[A-Za-z0-9_]*\)=[ym]$/# \1 is not set/' "$directory/.config" >"$scratch/bare"
echo '# CONFIG_PROC_KCORE is not set' >"$scratch/stop"
for base in hostile bare; do
	run "$build" --config "$scratch/$base" --fragment "$top/configs/distribution.config" \
		--fragment "$scratch/stop" --output "$scratch/configured" "$tree"
	like "$err" 'cannot have CONFIG_PROC_KCORE=y' "$base: all else that the guest needs is there"
	is "$(grep -E -e '^CONFIG_(CMDLINE_FORCE|BOOTPARAM_SOFTLOCKUP_PANIC|DEBUG_INFO|MODVERSIONS)=y' \
		-e '^CONFIG_.*(elsewhere|nonexistent)' "$scratch/configured/.config" || :)" '' \
		"$base: nothing that could stop it is"
	[ "$base" = bare ] ||
		like "$(cat "$scratch/configured/.config")" '^CONFIG_SYSTEM_TRUSTED_KEYRING=y' 'hostile: it was'
done

run "$build" "$scratch"
is "$rc" 3 'a folder that is no kernel: exit 3'
like "$err" 'not a kernel tree for arm64' 'and told so'
run "$build" --config "$scratch/none" "$tree"
is "$rc" 3 'a configuration that is not there: exit 3'
for wrong in '--pages 8K' '--nonsense' '' 'one two'; do
	# shellcheck disable=SC2086 # options are words
	run "$build" $wrong
	is "$rc" 64 "'$wrong': usage"
done
run env CROSS_COMPILE=no-such- "$build" --output "$scratch/cross" "$tree"
like "$rc $err" 'no no-such-gcc' 'no compiler: named'

# Another compiler, as far as the .config: a program that leaves a mark and is gcc.
mkdir "$scratch/bin"
cross=$([ "$(uname -m)" = aarch64 ] || echo "${CROSS_COMPILE-aarch64-linux-gnu-}")
cat >"$scratch/bin/${cross}gcc-marked" <<-END
	#!/bin/sh
	[ "\$*" = --version ] || echo "\$@" >>"$scratch/marks"
	exec ${cross}gcc "\$@"
END
chmod +x "$scratch/bin/${cross}gcc-marked"
run env PATH="$scratch/bin:$PATH" "$build" --compiler gcc-marked --fragment "$scratch/fragment" \
	--output "$scratch/configured" "$tree"
like "$err" 'cannot have CONFIG_VIRTIO_CONSOLE' '--compiler: configured as ever'
like "$(cat "$scratch/marks")" '^-' 'by that compiler'
run "$build" --compiler "$(basename "$(realpath "$(command -v "${cross}gcc")")" |
	sed "s/^$cross//")" "$tree"
is "$rc $out" "0 $directory" "--compiler with the machine's own choice: nothing new to build"
run "$build" --compiler gcc-0 "$tree"
like "$rc $err" "no ${cross}gcc-0" '--compiler that is not there: named'

# --- by difference: what a copy can follow, and what it cannot ---
. "$top/scripts/common.sh"
. "$top/scripts/kernel-copy.sh"
for name in mm/a.c include/b.h arch/arm64/c.S Makefile scripts/d.c debian/changelog .git/HEAD mm/e.c.orig; do
	echo "$name 10 1.0"
done >"$scratch/old"
# differs NAME: what copies say where NAME differs; differs NAME 1: where it is new
differs()
{
	case ${2-} in
	1) { cat "$scratch/old"; echo "$1 10 1.0"; } ;;
	*) sed "s#^$1 10 1.0#$1 10 2.0#" "$scratch/old" ;;
	esac >"$scratch/new"
	copy_differences "$scratch/old" "$scratch/new" && echo "done"
}
is "$(differs none)" 'done' 'by difference: no difference'
for name in mm/a.c include/b.h arch/arm64/c.S; do
	is "$(differs $name | xargs)" "$name done" "by difference: $name"
done
for name in debian/changelog .git/HEAD mm/e.c.orig; do
	is "$(differs $name | xargs)" 'done' "by difference: $name is nothing that is compiled"
done
for name in Makefile scripts/d.c; do
	is "$(differs $name || echo no)" no "by difference: $name has it built from nothing"
done
is "$(differs mm/new.h 1 || echo no) $(copy_differences "$scratch/new" "$scratch/old" || echo no)" 'no no' \
	'by difference: a file more or less has it built from nothing'
seq "$COPY_LIMIT" | sed 's#.*#mm/&.c 1 1#' >"$scratch/old"
sed 's/ 1$/ 2/' "$scratch/old" >"$scratch/new"
is "$(copy_differences "$scratch/old" "$scratch/new" | wc -l)" "$COPY_LIMIT" "by difference: $COPY_LIMIT sources"
echo mm/0.c 1 1 >>"$scratch/old"
echo mm/0.c 1 2 >>"$scratch/new"
is "$(copy_differences "$scratch/old" "$scratch/new" || echo no)" no 'by difference: not one more'

# A folder as a build leaves it; of its tree, mm/a.c differs. What was compiled from it is gone, the rest is as old
# as it was, and every command names the other tree.
one=$scratch/one two=$scratch/one-two from=$scratch/from
mkdir -p "$one" "$from/mm" "$from/arch/arm64/boot" "$scratch/to"
echo "configuration sum $one" >"$from/.stamp"
echo x >"$from/arch/arm64/boot/Image"
printf '%s\n' 'mm/a.c 1 1' 'mm/b.c 1 1' >"$from/.files"
sed '1s/1$/2/' "$from/.files" >"$scratch/files"
for source in a b; do
	touch -d @5 "$from/mm/$source.o"
	printf '%s\n' "cmd_mm/$source.o := cc -I$one/include -fmacro-prefix-map=$one/= -I$one-else/x -o mm/$source.o $one/mm/$source.c" \
		"source_mm/$source.o := $one/mm/$source.c" "deps_mm/$source.o := \\" "  $one/include/x.h \\" >"$from/mm/.$source.o.cmd"
done
run copy_build "$from" "$two" "$scratch/files" "$scratch/to"
is "$rc $(cd "$scratch/to" && find . -type f ! -name '.lock' | sort | xargs)" \
	'0 ./arch/arm64/boot/Image ./mm/.a.o.cmd ./mm/.b.o.cmd ./mm/b.o' 'a copy: without what the source that differs made'
is "$(cat "$scratch/to/mm/.b.o.cmd")" "$(sed -e "s#$one/#$two/#g" "$from/mm/.b.o.cmd")" 'a copy: commands name its tree'
is "$(stat --format %Y "$scratch/to/mm/b.o")" 5 'a copy: no object is newer'
like "$(grep -c one-else "$scratch/to/mm/.b.o.cmd")" 1 'a copy: another tree whose name begins alike is another'
is "$(copy_begin x "$two" "$scratch/files" "$scratch/to")" here: 'what is built is built on'
# Killed in its middle
touch "$scratch/to/.copying"
is "$(XDG_CACHE_HOME=$scratch/no copy_begin x "$two" "$scratch/files" "$scratch/to") $(ls -A "$scratch/to")" 'nothing: .lock' \
	'a copy that was cut off is not built on'
rm "$from/.stamp"
run copy_build "$from" "$two" "$scratch/files" "$scratch/to"
is "$rc" 1 'what is not finished is not copied'

# The same bytes as from nothing. The kernels of the tests are built from copies of each other.
if [ "${KERNELS-}" = nothing ]; then
	for series in regress '' regress-stale; do
		# shellcheck disable=SC2086 # none or one
		tree=$(kernel_tree $series) built=$(kernel_build_dir $series)
		mkdir "$scratch/nothing"
		XDG_CACHE_HOME="$scratch/nothing" "$build" --output "$scratch/whole" "$tree" >/dev/null
		for file in vmlinux System.map Module.symvers arch/arm64/boot/Image; do
			run cmp "$built/$file" "$scratch/whole/$file"
			is "$rc" 0 "${series:-as shipped}, from a copy and from nothing: $file"
		done
		rm -r "$scratch/nothing" "$scratch/whole"
	done
else
	skip 'the same bytes from a copy as from nothing' 'KERNELS=nothing builds three kernels, minutes each'
fi

done_testing

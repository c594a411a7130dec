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

# An option the guest needs, switched off by a fragment: named, before anything is compiled.
echo '# CONFIG_VIRTIO_CONSOLE is not set' >"$scratch/fragment"
run "$build" --fragment "$scratch/fragment" --output "$scratch/without" "$tree"
is "$rc" 3 'a configuration that cannot work: exit 3'
like "$err" 'cannot have CONFIG_VIRTIO_CONSOLE=y' 'and told which option'

# Page size and a distribution's own configuration, as far as the .config
printf 'CONFIG_ARM64=y\nCONFIG_LOCALVERSION="-distribution"\n' >"$scratch/config"
run timeout 60 "$build" --config "$scratch/config" --pages 64K --jobs 1 \
	--fragment "$scratch/fragment" --output "$scratch/own" "$tree"
like "$(cat "$scratch/own/.config")" '^CONFIG_ARM64_64K_PAGES=y' '--pages 64K'
like "$(cat "$scratch/own/.config")" '^CONFIG_LOCALVERSION="-distribution"' '--config is the base'
like "$(cat "$scratch/own/.config")" '^CONFIG_SERIAL_AMBA_PL011_CONSOLE=y' \
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
		--fragment "$scratch/stop" --output "$scratch/$base.build" "$tree"
	like "$err" 'cannot have CONFIG_PROC_KCORE=y' "$base: all else that the guest needs is there"
	is "$(grep -E -e '^CONFIG_(CMDLINE_FORCE|BOOTPARAM_SOFTLOCKUP_PANIC|DEBUG_INFO|MODVERSIONS)=y' \
		-e '^CONFIG_.*(elsewhere|nonexistent)' "$scratch/$base.build/.config" || :)" '' \
		"$base: nothing that could stop it is"
done
like "$(cat "$scratch/hostile.build/.config")" '^CONFIG_SYSTEM_TRUSTED_KEYRING=y' 'hostile: it was'

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
	--output "$scratch/marked" "$tree"
like "$err" 'cannot have CONFIG_VIRTIO_CONSOLE' '--compiler: configured as ever'
like "$(cat "$scratch/marks")" '^-' 'by that compiler'
run "$build" --compiler "$(basename "$(realpath "$(command -v "${cross}gcc")")" |
	sed "s/^$cross//")" "$tree"
is "$rc $out" "0 $directory" "--compiler with the machine's own choice: nothing new to build"
run "$build" --compiler gcc-0 "$tree"
like "$rc $err" "no ${cross}gcc-0" '--compiler that is not there: named'

done_testing

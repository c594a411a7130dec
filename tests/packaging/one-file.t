#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# one-file.t: the one static program: what it is made of, that it needs nothing, and its archive
#
# What it answers is compared with what the ordinary programs answer. tests/vm/one-file.t runs it in a guest.
set -eu
. "$(dirname "$0")/../lib/tap.sh"
. "$top/tests/lib/mini-kernel.sh"
. "$top/tests/lib/unpacked.sh"
unset MAKEFLAGS MAKEOVERRIDES
version=$(sed -n 's/^VERSION := //p' "$top/Makefile")
tools=$(sed -n 's/^TOOL_PROGRAMS := //p' "$top/Makefile")
like "$tools" 'check.*status' "the programs in it: $tools, and the workload"

run make --silent --no-print-directory --directory="$top" one-file SETUP=no O="$O"
is "$rc" 0 'make one-file'
[ "$rc" = 0 ] || { printf '%s\n' "$err" | sed 's/^/# /'; done_testing; exit 1; }
machines=$(uname -m)
[ "$machines" = aarch64 ] || machines="aarch64 $machines"
is "$(echo "$out" | sed 's,.*/,,' | sort | xargs)" \
	"$(for machine in $machines; do echo "icache-ipi-$version-$machine icache-ipi-$version-$machine.tar.gz"; done | xargs)" \
	'a program and an archive for each machine'
one=$O/one-file/icache-ipi-$version

# --- what it is ---
for machine in $machines; do
	case $machine in aarch64) oldest=3.7.0 elf=AArch64 ;; *) oldest=3.2.0 elf=X86-64 ;; esac
	run readelf --file-header --program-headers --dynamic --notes "$one-$machine"
	like "$out" "Machine: .*$elf" "$machine: it is for that"
	is "$(echo "$out" | grep -E 'INTERP|NEEDED')" '' "$machine: it needs no loader and no library"
	like "$out" 'Type: +DYN ' "$machine: it can lie at any address"
	like "$out" "OS: Linux, ABI: $oldest\$" "$machine: for Linux $oldest and newer"
	# The C library takes these bytes out of the stack of each thread, and those of stress have 256 KiB.
	like "$(readelf --program-headers --wide "$one-$machine" | awk '$1 == "TLS" { print $6 }')" '^0x00[0-9a-f]{4}$' \
		"$machine: what each thread has of its own is small"
	like "$(stat --format=%s "$one-$machine")" '^[1-4][0-9]{6}$' "$machine: at most 5 MB"
done
run readelf --program-headers --dynamic "$O/icache-ipi-check"
like "$(echo "$out" | grep -oE 'INTERP|NEEDED' | sort -u | xargs)" '^INTERP NEEDED$' 'an ordinary program would be seen'

# objects_of PROGRAM: the objects it is linked from, as make says
objects_of()
{
	make --dry-run --always-make --no-print-directory --directory="$top" SETUP=no O="$O" "$O/$1" |
		grep -e " -o $O/$1 " | grep -oE "$O/obj/[^ ]*\.o" | sed "s,$O/obj/,," | sort -u
}
{
	objects_of icache-ipi
	for tool in $tools; do objects_of "icache-ipi-$tool"; done
	(cd "$top/src/stress" && printf 'stress/%s\n' ./*.c | sed 's,\./,,; s,c$,o,')
} | sort -u >"$scratch/ordinary"
objects_of static/icache-ipi | grep -v '^one/' | sed 's,/one-main\.o,/main.o,' | sort -u >"$scratch/one"
like "$(wc -l <"$scratch/one")" '^[4-9][0-9]$' 'it is linked from many objects'
run diff "$scratch/ordinary" "$scratch/one"
is "$out" '' '... which are those of the ordinary programs'
different=''
for tool in $tools stress; do
	for file in main one-main; do
		objcopy --dump-section ".text=$scratch/$file.text" "$O/obj/$tool/$file.o" "$scratch/$file.o"
		objdump --disassemble --no-show-raw-insn "$scratch/$file.o" >/dev/null
	done
	cmp --silent "$scratch/main.text" "$scratch/one-main.text" || different="$different $tool"
done
is "$different" '' '... and of each main() only the name is another'

# static_emulator: a program for this machine that needs no library, and runs those of arm64
static_emulator()
{
	for program in $(command -v qemu-aarch64-static qemu-aarch64) \
		"$(unpacked qemu-user-static 2>/dev/null)/usr/bin/qemu-aarch64-static"; do
		readelf --program-headers "$program" 2>/dev/null | grep --quiet INTERP || { echo "$program"; return; }
	done
	return 1
}

# --- every command, in a folder that holds nothing else ---
# Answers must be those of the ordinary programs on the same files.
root=$scratch/root
mkdir -p "$root/in/logs"
(
	cd "$root/in"
	mini_vmlinux AFFECTED vmlinux
	mini_vmlinux MERGED fixed
	mini_image vmlinux Image --layout 4.19
	gzip --keep Image
	for compressor in xz zstd bzip2; do $compressor --quiet --keep Image; done
	lz4 -q -l Image Image.lz4
	mkdir -p package/DEBIAN package/boot
	cp Image package/boot/vmlinuz-1
	printf '%s\n' 'Package: k' 'Version: 1' 'Architecture: arm64' 'Maintainer: n <n@localhost>' 'Description: n' \
		>package/DEBIAN/control
	for compressor in gzip xz zstd; do dpkg-deb -Z$compressor --build package $compressor.deb >/dev/null; done
	for payload in w9.gzdio w2.xzdio w3.zstdio; do
		printf '%s\n' 'Name: k' 'Version: 1' 'Release: 1' 'Summary: n' 'License: n' '%description' '%install' \
			"mkdir -p %{buildroot}/boot" "cp $PWD/Image %{buildroot}/boot/vmlinuz-1" '%files' '/boot/vmlinuz-1' >k.spec
		rpmbuild -bb --quiet --target aarch64-linux --define "_topdir $PWD/rpm" --define "_binary_payload $payload" \
			k.spec >/dev/null 2>&1
		mv rpm/RPMS/aarch64/k-1-1.aarch64.rpm "$payload.rpm"
	done
	rm -r rpm package k.spec ./*.o ./*.bin ./*.map 2>/dev/null || :
)
"$top/tests/lib/triage-logs.py" "$scratch/logs"
cp "$scratch"/logs/split.*.log* "$scratch"/logs/seccomp.dmesg.log* "$root/in/logs"
cp -r "$top/tests/cli/report/affected-count" "$top/tests/cli/report/posted-count" "$root/in"
cat >"$scratch/commands" <<'END'
check --help
check in/Image in/vmlinux in/fixed
check in/Image.gz in/Image.xz in/Image.zst in/Image.bz2 in/Image.lz4
check --json in/gzip.deb in/xz.deb in/zstd.deb in/w9.gzdio.rpm in/w2.xzdio.rpm in/w3.zstdio.rpm
check --explain in/Image
check --nagios in/Image
check in/absent
triage --version
triage in/logs
triage --json in/logs
triage --explain in/logs/split.dmesg.log
status --version
status --root in
report --version
report in/affected-count/result.json in/posted-count/result.json
report --format json in/affected-count/result.json in/posted-count/result.json
report --format html in/affected-count/result.json in/posted-count/result.json
report in/absent
who --help
who --nonsense
stress --help
stress --list
stress --nonsense
END
emulator=''
if [ "$(uname -m)" != aarch64 ]; then
	emulator=$(static_emulator)
	cp --dereference "$emulator" "$root/emulator"
fi
mkdir "$root/tmp"

# ordinary COMMAND WORD...: the program on this machine
ordinary()
{
	program=$O/icache-ipi-$1
	[ "$1" != stress ] || program="$emulator $O/arm64/icache-ipi-stress"
	shift
	# shellcheck disable=SC2086 # words of a command
	(cd "$root" && $program "$@")
}

# answers RUNNER: what it says to each command, with the exit code
answers()
{
	# shellcheck disable=SC2086 # words of a command
	while read -r words; do
		code=0
		"$1" $words >"$scratch/said" 2>&1 </dev/null || code=$?
		# getopt() names the program by the path it was called by.
		sed 's,^[^ ]*/\(icache-ipi-[a-z]*: \),\1,' "$scratch/said"
		echo "@ $words: $code"
	done <"$scratch/commands"
}

answers ordinary >"$scratch/wanted"
like "$(grep -c '^@ .*: [023]' "$scratch/wanted")" '^[12][0-9]$' 'the ordinary programs answer'

# alone MACHINE COMMAND...: the one file, with nothing else; by name if that is icache-ipi-COMMAND
# shellcheck disable=SC2016 # for the shell that it is given to
enter='exec env --ignore-environment "$(command -v chroot)" "$@"'
become=''
[ "$(id -u)" = 0 ] || become='unshare --user --map-root-user'
alone()
{
	machine=$1 program=/icache-ipi-$version-$1
	shift
	case $1 in icache-ipi-*) program=/$1; shift ;; esac
	set -- "$program" "$@"
	[ "$machine" = "$(uname -m)" ] || set -- /emulator "$@"
	# shellcheck disable=SC2086 # words of a command
	$become sh -c "$enter" sh "$root" "$@"
}
# shellcheck disable=SC2317 # called by answers
by_command() { alone "$machine" "$@"; }
# shellcheck disable=SC2317
by_name() { command=$1; shift; alone "$machine" "icache-ipi-$command" "$@"; }

for machine in $machines; do
	cp "$one-$machine" "$root/"
	for tool in $tools stress; do ln --symbolic --force "icache-ipi-$version-$machine" "$root/icache-ipi-$tool"; done
	for how in by_command by_name; do
		answers $how >"$scratch/got"
		run sh -c 'diff "$1" "$2" | cut -c 1-200 | head -n 20' sh "$scratch/wanted" "$scratch/got"
		is "$out" '' "$machine, alone, $how: the same answers as those of the ordinary programs"
	done
	run alone "$machine" --version
	is "$rc:$out" "0:icache-ipi $version" "$machine: its version"
	run alone "$machine" help
	is "$(echo "$out" | sed -n 's/^  \([a-z]*\) .*/\1/p' | sort | xargs)" 'backport check matrix proof report status stress triage vm who' \
		"$machine: it knows all commands"
	is "$(echo "$out" | grep -c '(not installed')" 4 "$machine: ... and says which four are not inside"
	run alone "$machine" vm Image
	is "$rc $out$err" "3 icache-ipi: 'vm' is not installed here: try package icache-ipi-vm" \
		"$machine: what is not inside is refused, with what brings it"
	run alone "$machine" nonsense
	is "$rc $err" "64 icache-ipi: no command 'nonsense'
icache-ipi: try --help" "$machine: what is no command is an error"
	# The running kernel cannot be read there: no answer is better than a wrong one.
	for command in check status stress; do
		run alone "$machine" $command
		is "$rc" 3 "$machine: $command of a kernel that cannot be read: exit code 3"
		like "$out$err" 'unknown|cannot be read|names no kernel|not an arm64 kernel' "$machine: ... and why"
	done
done
is "$(cd "$root" && find . -mindepth 1 -maxdepth 1 -printf '%f\n' | grep -vx -e in -e emulator -e tmp -e 'icache-ipi-.*')" '' \
	'nothing else was there'

# --- the same bytes, from another folder, by somebody with other habits ---
mkdir "$scratch/elsewhere"
(cd "$top" && cp --recursive --no-preserve=mode Makefile COPYING NEWS.md completions docs debian man modules scripts src \
	"$scratch/elsewhere")
chmod +x "$scratch"/elsewhere/scripts/*
run env --unset=O TZ=Asia/Tokyo LC_ALL=C sh -c "umask 077; cd '$scratch/elsewhere' && scripts/one-file"
is "$rc" 0 'built again, elsewhere'
for file in "$O/one-file"/*; do
	run cmp "$file" "$scratch/elsewhere/build/one-file/${file##*/}"
	is "$rc$out" 0 "${file##*/}: the same bytes"
done
rm -r "$scratch/elsewhere"

# --- the archive ---
tar --extract --directory="$scratch" --file="$one-$(uname -m).tar.gz"
archive=$scratch/icache-ipi-$version-$(uname -m)
run cmp "$archive/usr/bin/icache-ipi" "$one-$(uname -m)"
is "$rc" 0 'the archive has the program'
like "$(wc -l <"$archive/install")" '^([0-9]|[1-5][0-9]|60)$' 'its script has at most 60 lines'
make --silent --no-print-directory --directory="$top" SETUP=no O="$O" DESTDIR="$scratch/made" \
	install-tools install-completions install-modules
there() { (cd "$1" && find . ! -type d -printf '%P %m\n' | sed '/icache-ipi-[a-z]* 7[57][57]$/s/ 7[57][57]$//' | LC_ALL=C sort); }
run env DESTDIR="$scratch/installed" sh -c "umask 077; '$archive/install'"
is "$rc$err" 0 'install'
like "$out" "^installed: $scratch/installed/usr/local/bin/icache-ipi status" '... says what is next'
there "$scratch/made" | grep -v '^usr/local/bin/icache-ipi-stress' >"$scratch/wanted"
there "$scratch/installed" | grep -v '^usr/local/bin/icache-ipi-stress' >"$scratch/got"
run diff "$scratch/wanted" "$scratch/got"
is "$out" '' "what 'make install' puts where, it puts there: $(wc -l <"$scratch/got") files"
run diff --recursive --exclude=bin "$scratch/made" "$scratch/installed"
is "$out" '' '... the same bytes, the units with the paths of the programs'
is "$("$scratch/installed/usr/local/bin/icache-ipi-check" --version)" "icache-ipi-check $version" '... and the programs run'
echo mine >"$scratch/installed/usr/local/bin/mine"
run env DESTDIR="$scratch/installed" "$archive/install" --uninstall
is "$rc$err" 0 'install --uninstall'
is "$(cd "$scratch/installed" && find . ! -type d; find "$scratch/installed" -name '*icache*')" ./usr/local/bin/mine \
	'nothing of ours is left, and what is not ours stays'
run "$archive/install" --bogus
is "$rc" 64 'install: an option that it does not know'

done_testing

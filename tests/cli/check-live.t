#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# check-live.t: the running kernel, in made-up root file systems: proc, sys and boot as files
set -eu

. "$(dirname "$0")/../lib/tap.sh"
. "$top/tests/lib/mini-kernel.sh"
check=$O/icache-ipi-check
cd "$scratch"

for form in AFFECTED POSTED MERGED; do
	mini_vmlinux $form "vmlinux-$form"
	mini_image "vmlinux-$form" "Image-$form" --layout 4.19
done

# machine NAME FORM: a machine that runs this kernel on 8 CPUs
machine()
{
	mkdir -p "$1/proc/sys/kernel" "$1/sys/kernel" "$1/sys/devices/system/cpu" "$1/boot"
	echo 4.19.0-0-arm64 >"$1/proc/sys/kernel/osrelease"
	echo 'Linux version 4.19.0-0-arm64' >"$1/proc/version"
	echo 0-7 >"$1/sys/devices/system/cpu/online"
	echo 'ext4 1000 1 - Live 0x0' >"$1/proc/modules"
	{
		cat "Image-$2.map"
		printf 'ffffff8000000000 t kick_all_cpus_sync\t[ext4]\n'
	} >"$1/proc/kallsyms"
	"${mini_cross}objcopy" -O binary --only-section=.notes "vmlinux-$2" "$1/sys/kernel/notes"
	# A core file: what is at an address, after an ELF header that says ET_CORE.
	python3 - "vmlinux-$2" "$1/proc/kcore" <<'END'
import struct, sys
data = bytearray(open(sys.argv[1], "rb").read())
struct.pack_into("<H", data, 16, 4)
open(sys.argv[2], "wb").write(data)
END
}

# answers ROOT WORD CODE NAME: and keeps $out
answers()
{
	run "$check" --root "$1" --explain
	is "$rc $(printf '%s\n' "$out" | sed -n '1s/.*: \([a-z]*\).*/\1/p')" "$3 $2" "$4"
}

machine affected AFFECTED
machine posted POSTED
machine merged MERGED
answers affected affected 2 'affected'
like "$out" 'format +/proc/kcore' 'its own code was read'
answers posted fixed 0 'fixed as posted'
answers merged fixed 0 'fixed as merged'

# --- what the machine adds ---
machine one AFFECTED
echo 0 >one/sys/devices/system/cpu/online
answers one dormant 1 'one CPU online: dormant'
like "$out" 'one CPU is online' '... and says why'

# flag FILE SYMBOL-OF WORD...: write into the core file
cat >poke.py <<'END'
import struct, subprocess, sys
core, vmlinux, symbol, word, nm = sys.argv[1:6]
address = next(int(l.split()[0], 16) for l in subprocess.check_output([nm, vmlinux], text=True).splitlines()
	       if l.split()[2] == symbol)
data = bytearray(open(core, "rb").read())
offset, = struct.unpack_from("<Q", data, 32)
for i in range(struct.unpack_from("<H", data, 56)[0]):
	kind, _, at, vaddr, _, size = struct.unpack_from("<IIQQQQ", data, offset + 56 * i)
	if kind == 1 and vaddr <= address < vaddr + size:
		struct.pack_into("<I", data, at + address - vaddr, int(word, 16))
open(core, "wb").write(data)
END
machine vipt AFFECTED
python3 poke.py vipt/proc/kcore vmlinux-AFFECTED __icache_flags 1 "${mini_cross}nm"
answers vipt dormant 1 '__icache_flags says aliasing: dormant'
like "$out" 'VIPT' '... and says why'

machine mitigated AFFECTED
python3 poke.py mitigated/proc/kcore vmlinux-AFFECTED __sync_icache_dcache d4200080 "${mini_cross}nm"
answers mitigated unknown 3 'a probe that is not ours: unknown'
like "$out" "control 'probe'" '... and says which control'
echo 'icache_ipi_mitigate 16384 0 - Live 0x0' >>mitigated/proc/modules
answers mitigated mitigated 1 'our module and its probe: mitigated'
machine disarmed AFFECTED
echo 'icache_ipi_mitigate 16384 0 - Live 0x0' >>disarmed/proc/modules
answers disarmed affected 2 'our module without its probe: affected'
machine loading AFFECTED
echo 'icache_ipi_mitigate 16384 0 - Loading 0x0' >>loading/proc/modules
rm loading/proc/kcore
cp Image-AFFECTED loading/boot/vmlinuz-4.19.0-0-arm64
answers loading affected 2 'our module, not yet loaded: affected'

# What the module says of itself counts, where it says anything.
for state in mitigated affected disarmed 'mitigated not'; do
	for probe in d4200080 none; do
		machine state AFFECTED
		echo 'icache_ipi_mitigate 16384 0 - Live 0x0' >>state/proc/modules
		mkdir -p state/sys/module/icache_ipi_mitigate
		echo "$state" >state/sys/module/icache_ipi_mitigate/state
		[ $probe = none ] || python3 poke.py state/proc/kcore vmlinux-AFFECTED __sync_icache_dcache \
			$probe "${mini_cross}nm"
		case $state:$probe in
		mitigated:*) answers state mitigated 1 "the module says $state, probe $probe: mitigated" ;;
		*:none) answers state affected 2 "the module says $state, probe $probe: affected" ;;
		*) answers state unknown 3 "the module says $state, probe $probe: unknown" ;;
		esac
	done
done
# Its call rewritten, the kernel's own code proves nothing; the module loads on affected ones alone.
machine rewritten MERGED
echo 'icache_ipi_mitigate 16384 0 - Live 0x0' >>rewritten/proc/modules
mkdir -p rewritten/sys/module/icache_ipi_mitigate
echo mitigated >rewritten/sys/module/icache_ipi_mitigate/state
python3 poke.py rewritten/proc/kcore vmlinux-MERGED __sync_icache_dcache d63f0000 "${mini_cross}nm"
answers rewritten mitigated 1 'what our module rewrote: mitigated'

for function in __sync_icache_dcache sync_icache_aliases; do
	machine livepatch MERGED
	mkdir -p "livepatch/sys/kernel/livepatch/lp_1/vmlinux/$function,1"
	answers livepatch unknown 3 "a livepatch on $function: unknown"
	like "$out" 'livepatch lp_1 replaces' '... and names it'
	rm -r livepatch
done
machine livepatch MERGED
mkdir -p livepatch/sys/kernel/livepatch/lp_1/vmlinux/__sync_icache_dcache_more,1 \
	livepatch/sys/kernel/livepatch/lp_1/ext4/sync_icache_aliases,1
answers livepatch fixed 0 'a livepatch on others: fixed'

# Any list or range of CPUs is more than one.
machine cpus AFFECTED
for online in 0,2 0-1 5; do
	echo $online >cpus/sys/devices/system/cpu/online
	case $online in
	*[,-]*) answers cpus affected 2 "CPUs $online online: affected" ;;
	*) answers cpus dormant 1 "CPU $online online: dormant" ;;
	esac
done
# Bit 0 alone is ICACHEF_ALIASING.
machine flags AFFECTED
for flags in 1 2 3 fffffffe; do
	python3 poke.py flags/proc/kcore vmlinux-AFFECTED __icache_flags $flags "${mini_cross}nm"
	case $flags in
	1 | 3) answers flags dormant 1 "__icache_flags $flags: dormant" ;;
	*) answers flags affected 2 "__icache_flags $flags: affected" ;;
	esac
done

# --- without the code in memory: the file with the same build-id ---
machine disk MERGED
rm disk/proc/kcore
answers disk unknown 3 'no kcore, no file: unknown'
cp Image-AFFECTED disk/boot/vmlinuz-4.19.0-0-arm64
answers disk unknown 3 'a file of the right name and another build-id: unknown'
gzip <Image-MERGED >disk/boot/Image
answers disk fixed 0 'a file with the build-id, whatever its name: fixed'
like "$out" 'boot/Image' '... and names it'
machine hidden AFFECTED
sed -i 's/^[0-9a-f]\{16\}/0000000000000000/' hidden/proc/kallsyms
answers hidden unknown 3 'addresses hidden: unknown'
like "$out" 'hides addresses' '... and says what is needed'
cp Image-AFFECTED hidden/boot/vmlinuz-4.19.0-0-arm64
answers hidden affected 2 'addresses hidden, file at hand: affected'

# --- damage ---
machine short MERGED
truncate -s 20000 short/proc/kcore
answers short unknown 3 'a kcore that ends early: unknown'
machine garbage MERGED
head -c 100000 /dev/urandom >garbage/proc/kcore
answers garbage unknown 3 'a kcore of garbage: unknown'
# change FILE OFFSET BYTES: as printf writes them
change()
{
	# shellcheck disable=SC2059
	printf "$3" | dd of="$1" bs=1 seek="$2" conv=notrunc status=none
}
machine foreign MERGED
change foreign/proc/kcore 18 '\076\000'
answers foreign unknown 3 'a kcore of another machine: unknown'
machine headers MERGED
change headers/proc/kcore 54 '\100\000'
answers headers unknown 3 'a kcore with segments of another size: unknown'
machine magic MERGED
change magic/proc/kcore 0 'ELF\177'
answers magic unknown 3 'a kcore that is no ELF: unknown'
machine end MERGED
# To the byte: the code without its last one, and with it.
cat >code-end.py <<'END'
import struct, sys
data = open(sys.argv[1], "rb").read()
at, = struct.unpack_from("<Q", data, 32)
_, _, offset, address = struct.unpack_from("<IIQQ", data, at)
print(int(sys.argv[2], 16) - address + offset)
END
code_end=$(python3 code-end.py end/proc/kcore "$("${mini_cross}nm" vmlinux-MERGED | sed -n 's/ T _etext//p')")
truncate -s "$code_end" end/proc/kcore
answers end fixed 0 'a kcore that ends behind the code: fixed'
truncate -s "$((code_end - 1))" end/proc/kcore
answers end unknown 3 'a kcore without the last byte of the code: unknown'
machine unbounded MERGED
sed -i '/ _etext$/d' unbounded/proc/kallsyms
answers unbounded unknown 3 'no _etext: unknown'
machine nameless MERGED
rm nameless/proc/kallsyms
answers nameless unknown 3 'no kallsyms: unknown'
# Files that are not there take nothing from what the code says.
machine bare AFFECTED
rm bare/proc/modules bare/proc/version bare/proc/sys/kernel/osrelease bare/sys/kernel/notes \
	bare/sys/devices/system/cpu/online
answers bare affected 2 'nothing but the code: affected'
# Without a build-id no file is taken for the running kernel.
machine anonymous MERGED
rm anonymous/proc/kcore anonymous/sys/kernel/notes
cp Image-MERGED anonymous/boot/vmlinuz-4.19.0-0-arm64
answers anonymous unknown 3 'no build-id, a file of the right name: unknown'
"${mini_cross}objcopy" --remove-section=.notes vmlinux-MERGED vmlinux-nameless
mini_image vmlinux-nameless Image-nameless --layout 4.19
is "$("$check" --json Image-nameless | sed 's/.*"build_id":\([a-z]*\),.*"verdict":"\([a-z]*\)".*/\1 \2/')" 'null fixed' \
	'a file without a build-id'
cp Image-nameless anonymous/boot/vmlinuz-4.19.0-0-arm64
answers anonymous unknown 3 'no build-id on either side: unknown'
mkdir nothing
answers nothing unknown 3 'an empty root: unknown'

# --- live and file agree ---
for form in AFFECTED POSTED MERGED; do
	root=$(echo "$form" | tr '[:upper:]' '[:lower:]')
	is "$("$check" --json --root "$root" | sed 's/.*"verdict":"\([a-z]*\)".*/\1/')" \
		"$("$check" --json "Image-$form" | sed 's/.*"verdict":"\([a-z]*\)".*/\1/')" \
		"$form: memory and file agree"
done

done_testing

# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh
#
# guests.sh: guests that do step by step what a test says (tests/vm/steps.c), with both modules at
# hand. Sourced after tap.sh, kernels.sh and modules.sh.
# shellcheck disable=SC2034,SC2154 # names of this file and of tap.sh

[ "$(uname -m)" != aarch64 ] || CROSS_COMPILE=''
make -s -C "$top" O="$O" "$O/arm64/tests/steps"
files=/sys/kernel/debug/icache_ipi
sysfs=/sys/module/icache_ipi_mitigate

# build KDIR: both modules, once; prints the options that give them to a guest
build()
{
	where=$scratch/ko-$(basename "$1")
	for name in mitigate repro; do
		ko=$where/$name/icache_ipi_$name.ko
		[ -e "$ko" ] || module_build "$1" $name "$where" ICACHE_IPI_TEST=y >&2 || { cat "$where/log" >&2; return 1; }
		echo "--file=$ko"
	done
}

# guest LABEL KDIR [OPTION...] <STEPS: the console is in $scratch/LABEL/console, answers in $answers;
# the Image is KDIR's, or $image. Without KDIR (''): $image alone, modules are the caller's --file=
guest()
{
	label=$1 kdir=$2
	shift 2
	cat >"$scratch/steps-$label"
	# shellcheck disable=SC2046 # one option a word
	run "$O/icache-ipi-vm" --quiet --output="$scratch/$label" --init="$O/arm64/tests/steps" \
		--boot-deadline=1500 --file="$scratch/steps-$label:steps" \
		$([ -z "$kdir" ] || build "$kdir") "$@" "${image:-$kdir/arch/arm64/boot/Image}"
	tr -d '\r' <"$scratch/$label/console.log" >"$scratch/$label/console"
	answers=$(sed -n 's/^@ //p' "$scratch/$label/console")
	like "$answers" '^end$' "$label: the guest comes to its end"
	printf '%s\n' "$answers" | grep --quiet '^end$' ||
		tail -n 30 "$scratch/$label/console" | sed 's/^/# /'
}

# answer NUMBER PATTERN: the NUMBERth answer that begins with PATTERN, without it
answer()
{
	printf '%s\n' "$answers" | sed -n "s#^$2: ##p" | sed -n "$1p"
}

# all PATTERN: every answer that begins with PATTERN, without it, in one line
all()
{
	printf '%s\n' "$answers" | sed -n "s#^$1: ##p" | tr '\n' ' ' | sed 's/ $//'
}

# log PATTERN NAME: the kernel said so
log()
{
	like "$(cat "$scratch/$label/console")" "$1" "$label: $2"
}

# No word of the kernel's own that something is wrong.
clean()
{
	is "$(grep -E 'BUG:|WARNING:|Oops|Unable to handle|possible .*deadlock|inconsistent lock|KASAN|sleeping function|stall' \
		"$scratch/$label/console" | grep -v -e 'soft lockup' -e '^@ output: ' | head -n 5)" '' "$label: no complaint of the kernel"
}

# before_after KDIR LABEL OPTIONS METHOD...: 1.0, 0.0, 1.0 broadcasts of eight huge pages, for each method
# in one boot, on 8 CPUs. METHOD is a parameter of the module and what it says of itself, e.g. branch, branch,far.
# flushed=0: the kernel flushes itself, its compiler has put sync_icache_aliases() into its caller
before_after()
{
	kdir=$1 label=$2 options=$3
	shift 3
	{
		printf '%s\n' count 'workload burst' count
		for method; do
			cat <<-END
				load icache_ipi_mitigate.ko method=$(echo "$method" | tr , ' ')
				count
				workload burst
				count
				read $sysfs/hits
				read $sysfs/flushed_bytes
				read $sysfs/missed
				read $sysfs/method
				read $sysfs/state
				unload icache_ipi_mitigate
				count
				workload burst
				count
			END
		done
	} >"$scratch/before-after"
	# shellcheck disable=SC2086 # one option a word
	guest "$label" "$kdir" --cpus=8 $options <"$scratch/before-after"
	clean
	# Fault and split, 8 at once: 512 each. The first time the workload's own code is made executable.
	before=$(answer 2 count)
	is "$((before >= 4096 && before <= 4160)) $(answer 1 workload)" '1 2' \
		"$label: affected, 4096 broadcasts before ($before)"
	number=0
	for method; do
		number=$((number + 1))
		like "$(answer $((2 * number)) workload) $(answer $((2 * number + 1)) workload)" '^1 2$' \
			"$label, $method: mitigated while loaded, affected again"
		is "$(answer $number 'load icache_ipi_mitigate.ko') $(answer $number 'unload icache_ipi_mitigate')" \
			'ok ok' "$label, $method: loads and unloads"
		is "$(answer $((4 * number)) count) $(answer $((4 * number + 2)) count)" '0 4096' \
			"$label, $method: no broadcast while loaded, 4096 after"
		# Eight faults of 2 MiB, eight splits of 511 x 4 KiB.
		is "$(answer $number "read $sysfs/hits") $(answer $number "read $sysfs/flushed_bytes")" \
			"4096 ${flushed-$((8 * (2097152 + 511 * 4096)))}" "$label, $method: so many hits, so many bytes"
		is "$(answer $number "read $sysfs/missed") $(answer $number "read $sysfs/method") $(answer $number "read $sysfs/state")" \
			"0 ${method%%,*} mitigated" "$label, $method: state in sysfs"
	done
}

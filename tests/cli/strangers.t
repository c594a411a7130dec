#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# strangers.t: what the files of a stranger can make status, check and report do
set -eu
. "$(dirname "$0")/../lib/tap.sh"

check=$O/icache-ipi-check
status=$O/icache-ipi-status
report=$O/icache-ipi-report
escape=$(printf '\033')

# --- status ---
# machine DIR: an arm64 machine that has the mitigation loaded
machine()
{
	root=$1
	rm -rf "$root"
	mkdir -p "$root/proc/sys/kernel" "$root/sys/kernel/security" "$root/dev" \
		"$root/sys/module/icache_ipi_mitigate"
	echo 'CPU implementer	: 0x41' >"$root/proc/cpuinfo"
	echo 4.19.0-13-arm64 >"$root/proc/sys/kernel/osrelease"
	echo '[none] integrity confidentiality' >"$root/sys/kernel/security/lockdown"
	echo '6,1,1,-;Linux version' >"$root/dev/kmsg"
	for value in state=mitigated method=branch hits=1 flushed_bytes=2 since=1548080495; do
		echo "${value#*=}" >"$root/sys/module/icache_ipi_mitigate/${value%%=*}"
	done
}

machine "$scratch/root"
echo 99999999999999999999 >"$root/sys/module/icache_ipi_mitigate/since"
run "$status" --root "$root"
like "$rc $out" '^1 ' 'status: a time that is none'
like "$out" 'state    mitigated by branch since' '... is no end of the program'
for value in state method hits; do
	printf 'x\033]0;t\007\377\n' >"$root/sys/module/icache_ipi_mitigate/$value"
done
printf '4.19\033[2J\n' >"$root/proc/sys/kernel/osrelease"
run "$status" --root "$root"
is "$(printf '%s' "$out$err" | LC_ALL=C grep -c "$escape" || :)" 0 'status: values without escapes'

machine "$scratch/root"
rm -r "$root/sys/module/icache_ipi_mitigate"
refusal='icache_ipi_mitigate: event=refused reason=fixed error=-19 text="this kernel is fixed"'
for line in "6,2,2,-;usb 1-1: Product: $refusal" "12,2,2,-;$refusal" "$refusal" " 6,2,2,-;$refusal"; do
	echo "$line" >"$root/dev/kmsg"
	run "$status" --root "$root"
	is "$rc" 3 "status: not the module's own line: $line"
done
echo "4,2,2,-;$refusal" >"$root/dev/kmsg"
run "$status" --root "$root"
is "$rc" 0 "status: the module's own line"
{ head -c 8171 /dev/zero | tr '\0' x; printf ';icache_ipi_mitigate:'; } >"$root/dev/kmsg"
run "$status" --root "$root"
is "$rc" 3 'status: a record that ends within the name'
for special in kmsg cpuinfo; do
	machine "$scratch/root"
	case $special in kmsg) file=$root/dev/kmsg ;; *) file=$root/proc/cpuinfo ;; esac
	rm "$file" && ln -s /dev/zero "$file"
	run timeout 20 "$status" --root "$root"
	like "$rc" '^[0-3]$' "status: $special without an end"
	rm "$file" && mkfifo "$file"
	run timeout 20 "$status" --root "$root"
	like "$rc" '^[0-3]$' "status: $special is a pipe"
done
# A folder may have any name; globs and our own words in it mean nothing.
for name in 'a[x]b' 'icache-ipi-mitigate-root' 'q*?' 'b\n'; do
	machine "$scratch/$name"
	mkdir -p "$root/usr/src/icache-ipi-mitigate-0.1.0" "$root/lib/modules/4.19.0-13-arm64/updates/dkms"
	touch "$root/usr/src/icache-ipi-mitigate-0.1.0/dkms.conf"
	: >"$root/lib/modules/4.19.0-13-arm64/updates/dkms/icache_ipi_mitigate.ko"
	run "$status" --root "$root"
	like "$out" '^  source   icache-ipi-mitigate.* 0\.1\.0$' "status: --root $name: the source"
	like "$out" '^  built    for 4\.19\.0-13-arm64 \(running\)' "status: --root $name: what is built"
	mkdir -p "$root/sys/kernel/livepatch/patch_1/vmlinux/__sync_icache_dcache,1"
	run "$check" --root "$root"
	like "$out" 'the livepatch patch_1 replaces' "check: --root $name: the livepatch"
done

# --- check ---
machine "$scratch/root"
for file in proc/kallsyms proc/kcore proc/version proc/modules sys/kernel/notes; do
	mkdir -p "$root/${file%/*}"
	rm -f "$root/$file" && mkfifo "$root/$file"
	run timeout 20 "$check" --root "$root"
	is "$rc" 3 "check: $file is a pipe"
	rm "$root/$file" && ln -s /dev/zero "$root/$file"
	run timeout 20 "$check" --root "$root"
	is "$rc" 3 "check: $file without an end"
	rm "$root/$file"
done
raw=$(printf '%s/k\374 \033[2J' "$scratch")
echo nothing >"$raw"
run "$check" --json "$raw"
is "$(printf '%s' "$out" | /usr/bin/python3 -c 'import json, sys; print(ascii(json.load(sys.stdin)["input"]["path"][-6:]))')" \
	"'? \\x1b[2J'" 'check --json: a path that is no UTF-8'
run "$check" --map "$raw.map" "$raw"
is "$(printf '%s' "$err" | LC_ALL=C grep -c "$escape" || :)" 0 'check: messages without escapes'
# node_exporter drops a file that is no UTF-8, and one that has a series twice.
run "$check" --prometheus "$scratch/prom" "$raw" "$raw" "$scratch/none"
is "$rc" 0 'check --prometheus: strange names'
is "$(iconv -f utf-8 -t utf-8 <"$scratch/prom" >/dev/null 2>&1; echo $?)" 0 '... in UTF-8'
is "$(grep -v '^#' "$scratch/prom" | sed 's/ [^ ]*$//' | sort | uniq -d)" '' '... each series once'
is "$(grep -c 'verdict{' "$scratch/prom")" 10 '... for both inputs'

# --- report ---
affected=$top/tests/cli/report/affected
[ -d "$affected" ] || affected=$(find "$top/tests/cli/report" -name result.json -printf '%h\n' | sort | head -n 1)
mkdir "$scratch/fifo" && mkfifo "$scratch/fifo/result.json"
run timeout 20 "$report" "$scratch/fifo"
is "$rc" 3 'report: result.json is a pipe'
like "$err" 'is no regular file' '... and said so'
ln -sf /dev/zero "$scratch/fifo/result.json.new" && mv "$scratch/fifo/result.json.new" "$scratch/fifo/result.json"
run timeout 20 "$report" "$scratch/fifo"
is "$rc" 3 'report: result.json without an end'
truncate --size=2G "$scratch/huge" && mv "$scratch/huge" "$scratch/fifo/result.json"
run timeout 20 "$report" "$scratch/fifo"
is "$rc" 3 'report: result.json of 2 GiB'
like "$err" 'has more than 16 MiB' '... and said so'
run sh -c 'cat "$1" | "$2" /dev/stdin' sh "$affected/result.json" "$report"
like "$rc" '^[0-3]$' 'report: a pipe that the user names is read'
like "$out" 'kernel' '... whole'
mkdir -p "$scratch/matrix/cell" && printf 'cell\tk\344rnel\t4K\t8\tgcc\tbuild\n' >"$scratch/matrix/plan"
mkfifo "$scratch/matrix/cell/report.json"
run timeout 20 "$report" --matrix --format=json "$scratch/matrix"
is "$rc" 3 'report --matrix: report.json is a pipe'
like "$out" '"kernel": "k\?rnel"' '... and a name that is no UTF-8'

for pages in '<base >' "${escape}[2J" 8K ''; do
	printf 'cell\tkernel\t%s\t8\tgcc\tbuild\n' "$pages" >"$scratch/matrix/plan"
	run "$report" --matrix --format=html "$scratch/matrix"
	is "$rc $out" '3 ' "report --matrix: pages that are none: $(printf %s "$pages" | tr -d "$escape")"
	is "$(printf '%s' "$err" | grep -c "$escape" || :)" 0 '... without escapes'
done
"$report" --format=html "$affected" >"$scratch/page.html" || :
like "$(cat "$scratch/page.html")" "base-uri 'none'; form-action 'none'" 'report: a page takes no other base, and sends no form'

# --- a report among things of others ---
if [ "$(id -u)" = 0 ]; then
	mkdir -m 1777 "$scratch/shared"
	echo precious >"$scratch/victim"
	ln -s ../victim "$scratch/shared/r.html"
	chown --no-dereference 65534 "$scratch/shared/r.html"
	run "$report" --output="$scratch/shared/r.html" "$affected"
	is "$(cat "$scratch/victim")" precious "report: behind somebody else's link nothing changes"
	is "$(stat -c %F "$scratch/shared/r.html")" 'regular file' '... which is replaced'
	ln -s shared/second "$scratch/own"
	ln -s ../victim "$scratch/shared/second"
	chown --no-dereference 65534 "$scratch/shared/second"
	run "$report" --output="$scratch/own" "$affected"
	is "$(cat "$scratch/victim") $(stat -c %F "$scratch/own" "$scratch/shared/second" | paste -sd,)" \
		'precious symbolic link,regular file' "report: a link of one's own to somebody else's"
	mkfifo "$scratch/shared/pipe" && chown 65534 "$scratch/shared/pipe"
	run timeout 20 "$report" --output="$scratch/shared/pipe" "$affected"
	is "$(stat -c %F "$scratch/shared/pipe")" 'regular file' "report: somebody else's pipe is replaced"
else
	skip "report: somebody else's links" 'needs root'
fi
is "$("$report" --output=/dev/stdout "$affected" | wc -l)" "$("$report" "$affected" | wc -l)" \
	'report: --output=/dev/stdout'

done_testing

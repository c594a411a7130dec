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
for name in proc/cpuinfo proc/modules proc/kallsyms etc/dkms/framework.conf dev/kmsg; do
	machine "$scratch/root"
	mkdir -p "$root/${name%/*}"
	truncate --size=40G "$root/$name"
	run timeout 600 "$status" --root "$root"
	like "$rc" '^[0-3]$' "status: 40 GiB of $name"
	run timeout 600 "$check" --root "$root"
	like "$rc" '^[0-3]$' "check: 40 GiB of $name"
done
for special in kmsg cpuinfo; do
	machine "$scratch/root"
	case $special in kmsg) file=$root/dev/kmsg ;; *) file=$root/proc/cpuinfo ;; esac
	rm "$file" && ln -s /dev/zero "$file"
	run timeout 600 "$status" --root "$root"
	like "$rc" '^[0-3]$' "status: $special without an end"
	rm "$file" && mkfifo "$file"
	run timeout 600 "$status" --root "$root"
	like "$rc" '^[0-3]$' "status: $special is a pipe"
done
# A folder may have any name; globs and our own words in it mean nothing.
for name in 'a[x]b' 'icache-ipi-mitigate-root' 'q*?' 'b\n'; do
	machine "$scratch/$name"
	mkdir -p "$root/usr/src/icache-ipi-mitigate-0.1.0" "$root/lib/modules/4.19.0-13-arm64/updates/dkms"
	touch "$root/usr/src/icache-ipi-mitigate-0.1.0/dkms.conf"
	: >"$root/lib/modules/4.19.0-13-arm64/updates/dkms/icache_ipi_mitigate.ko"
	echo updates/dkms/icache_ipi_mitigate.ko: >"$root/lib/modules/4.19.0-13-arm64/modules.dep"
	run "$status" --root "$root"
	like "$out" '^  source   icache-ipi-mitigate.* 0\.1\.0$' "status: --root $name: the source"
	like "$out" '^  built    for 4\.19\.0-13-arm64 \(running\)' "status: --root $name: what is built"
	mkdir -p "$root/sys/kernel/livepatch/patch_1/vmlinux/__sync_icache_dcache,1"
	run "$check" --root "$root"
	like "$out" 'the livepatch patch_1 replaces' "check: --root $name: the livepatch"
done

# Who put a module there is asked of dpkg and rpm, whose databases are a stranger's, too.
machine "$scratch/root"
rm -r "$root/sys/module/icache_ipi_mitigate"
mkdir -p "$root/lib/modules/4.19.0-13-arm64/updates" "$root/var/lib/dpkg"
: >"$root/lib/modules/4.19.0-13-arm64/updates/icache_ipi_mitigate.ko"
echo updates/icache_ipi_mitigate.ko: >"$root/lib/modules/4.19.0-13-arm64/modules.dep"
before=$(find "$root" | sort)
run env HOME=/root "$status" --root "$root"
like "$rc $out" 'built    for 4.19.0-13-arm64 \(running\), by no package' "status: nobody's module"
is "$(find "$root" | sort)" "$before" '... and no database is made to find that out'
# rpm would make one where the folder stands, and where links in it lead.
if command -v rpm >/dev/null; then
	database=$(HOME=/root rpm --eval '%{_dbpath}')
	for kind in folder link file; do
		rm -rf "${root:?}$database" "$scratch/elsewhere"
		mkdir -p "$root${database%/*}" "$scratch/elsewhere"
		case $kind in
		link) ln -s "$scratch/elsewhere" "$root$database" ;;
		*) mkdir "$root$database" ;;
		esac
		[ $kind != file ] || for name in rpmdb.sqlite Packages Packages.db; do
			ln -s "$scratch/elsewhere/$name" "$root$database/$name"
		done
		before=$(find "$root" "$scratch/elsewhere" | sort)
		run env HOME=/root "$status" --root "$root"
		like "$rc $out" 'built    for 4.19.0-13-arm64 \(running\), by no package' "status: the database of rpm: $kind"
		is "$(find "$root" "$scratch/elsewhere" | sort)" "$before" '... and nothing is made there'
	done
fi
if command -v dpkg-query >/dev/null; then
	mkfifo "$root/var/lib/dpkg/status"
	run timeout 1000 "$status" --root "$root"
	like "$rc $out" '^3 kernel' 'status: a database of packages that is a pipe'
fi

# --- programs beside ours, in a folder that anybody writes to ---
if [ "$(id -u)" = 0 ]; then
	mkdir -m 1777 "$scratch/open"
	cp "$status" "$O/icache-ipi" "$scratch/open"
	machine "$scratch/root"
	rm -r "$root/sys/module/icache_ipi_mitigate"
	for name in check vm; do
		printf '#!/bin/sh\ntouch "%s/ran"\n' "$scratch" >"$scratch/open/icache-ipi-$name"
		chmod 755 "$scratch/open/icache-ipi-$name"
	done
	run "$scratch/open/icache-ipi-status" --root "$root"
	is "$(find "$scratch/ran")" "$scratch/ran" 'status: runs our check beside it'
	chown 65534 "$scratch/open/icache-ipi-check" "$scratch/open/icache-ipi-vm"
	rm "$scratch/ran"
	run "$scratch/open/icache-ipi-status" --root "$root"
	is "$rc $(find "$scratch" -maxdepth 1 -name ran)" '3 ' "... and nobody else's"
	run env PATH=/usr/bin:/bin "$scratch/open/icache-ipi" vm
	is "$rc $(find "$scratch" -maxdepth 1 -name ran)" '3 ' "icache-ipi: runs nobody else's program beside it"
	mv "$scratch/open/icache-ipi-check" "$scratch/theirs" && chown 0 "$scratch/theirs"
	ln -s ../theirs "$scratch/open/icache-ipi-check" && chown --no-dereference 65534 "$scratch/open/icache-ipi-check"
	run "$scratch/open/icache-ipi-status" --root "$root"
	is "$rc $(find "$scratch" -maxdepth 1 -name ran)" '3 ' "status: nor what somebody's link names"
else
	skip "programs of others beside ours" 'needs root'
fi

# --- the unit that loads the mitigation ---
# What it runs, where the check does not know and the module does not load: 0 when the module said why it need not
mkdir "$scratch/bin"
printf '#!/bin/sh\nexit 3\n' >"$scratch/bin/icache-ipi-check"
printf '#!/bin/sh\nexit 1\n' >"$scratch/bin/modprobe"
printf '#!/bin/sh\ncat "%s/kernel"\n[ "$*" = --kernel ] || cat "%s/user"\n' "$scratch" "$scratch" >"$scratch/bin/dmesg"
chmod +x "$scratch/bin"/*
sed -n "/^ExecStart=/,/'\$/p" "$top/modules/mitigate/icache-ipi-mitigate.service" |
	sed "s/^ExecStart=.*-c '//; s/'\$//; s/\\$\\$/\$/g" >"$scratch/start"
# started KERNEL [USER]: its exit code with these lines in the log
started()
{
	printf '[    0.0] Linux\n%s\n' "$1" >"$scratch/kernel"
	printf '%s\n' "${2-}" >"$scratch/user"
	PATH="$scratch/bin:$PATH" sh "$scratch/start" && echo 0 || echo "$?"
}
fixed='icache_ipi_mitigate: event=refused reason=fixed error=-19 text="this kernel is fixed"'
unknown='icache_ipi_mitigate: event=refused reason=unknown-code error=-8 text="this code is not known"'
is "$(started "[   12.345678] $fixed")" 0 "unit: the module's own line"
is "$(started "[   12.345678][  T512] $fixed")" 0 '... of a kernel that names the caller'
is "$(started "[   12.345678] $unknown")" 1 '... that it does not know this code'
for line in "[   13.0] usb 1-1: Product: $fixed" "[   13.0] x: [   12.0] $fixed" "$fixed"; do
	is "$(started "[   12.345678] $unknown
$line")" 1 "unit: not the module's own line: $line"
done
is "$(started "[   12.345678] $unknown" "[   13.000000] $fixed")" 1 'unit: a line of the module that another program wrote'

# --- scripts of another folder, to which CDPATH leads ---
mkdir -p "$scratch/path/scripts" "$scratch/path/rpm" "$scratch/path/debian"
for folder in scripts rpm debian; do
	echo 'echo owned >&2' | tee "$scratch/path/$folder/common.sh" >"$scratch/path/$folder/Makefile"
done
for script in "$top"/scripts/* "$top/rpm/build" "$top/rpm/repository" "$top/debian/build"; do
	case $script in *.sh | *.mk | *.spec | *.packages) continue ;; esac
	script=${script#"$top/"}
	# shellcheck disable=SC2016 # the shell expands
	run sh -c 'cd "$1" && CDPATH=$2 "$3" --help' sh "$top" "$scratch/path" "$script"
	like "$rc:$(printf '%s' "$out$err" | grep -c -e owned -e "$scratch/path")" '^(0|64):0$' "CDPATH: $script is the one that was named"
done

# --- check ---
machine "$scratch/root"
for file in proc/kallsyms proc/kcore proc/version proc/modules sys/kernel/notes; do
	mkdir -p "$root/${file%/*}"
	rm -f "$root/$file" && mkfifo "$root/$file"
	run timeout 600 "$check" --root "$root"
	is "$rc" 3 "check: $file is a pipe"
	rm "$root/$file" && ln -s /dev/zero "$root/$file"
	run timeout 600 "$check" --root "$root"
	is "$rc" 3 "check: $file without an end"
	rm "$root/$file"
done
raw=$(printf '%s/k\374 \033[2J' "$scratch")
echo nothing >"$raw"
run "$check" --json "$raw"
is "$(printf '%s' "$out" | /usr/bin/python3 -c 'import json, sys; print(ascii(json.load(sys.stdin)["input"]["path"][-6:]))')" \
	"'? \\x1b[2J'" 'check --json: a path that is no UTF-8'
# U+009B begins a command of a terminal, as ESC [ does, and is good UTF-8.
csi=$(printf '\302\233')
# ascii NAME: $out is nothing but ASCII
ascii()
{
	is "$(printf '%s' "$out" | LC_ALL=C tr -d '\n -~')" '' "$1: nothing that a terminal obeys"
}
echo nothing >"$scratch/k${csi}2J"
run "$check" --json "$scratch/k${csi}2J"
ascii 'check --json'
like "$out" '/k.u009B2J"' '... the path is whole'
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
run timeout 600 "$report" "$scratch/fifo"
is "$rc" 3 'report: result.json is a pipe'
like "$err" 'is no regular file' '... and said so'
ln -sf /dev/zero "$scratch/fifo/result.json.new" && mv "$scratch/fifo/result.json.new" "$scratch/fifo/result.json"
run timeout 600 "$report" "$scratch/fifo"
is "$rc" 3 'report: result.json without an end'
truncate --size=2G "$scratch/huge" && mv "$scratch/huge" "$scratch/fifo/result.json"
run timeout 600 "$report" "$scratch/fifo"
is "$rc" 3 'report: result.json of 2 GiB'
like "$err" 'has more than 16 MiB' '... and said so'
run sh -c 'cat "$1" | "$2" /dev/stdin' sh "$affected/result.json" "$report"
like "$rc" '^[0-3]$' 'report: a pipe that the user names is read'
like "$out" 'kernel' '... whole'
/usr/bin/python3 - "$affected/result.json" "$scratch/csi.json" <<'END'
import json, sys
result = json.load(open(sys.argv[1]))
result["label"] = "a\u009b2J\u202e"
result["vm"] = {"qemu": "a\u009b2J"}
json.dump(result, open(sys.argv[2], "w"))
END
run "$report" --json "$scratch/csi.json"
ascii 'report --json'
like "$out" '"label": "a.u009B2J.u202E"' '... the label is whole'
mkdir -p "$scratch/matrix/cell" && printf 'cell\tk\344rnel\t4K\t8\tgcc\tbuild\n' >"$scratch/matrix/plan"
mkfifo "$scratch/matrix/cell/report.json"
run timeout 600 "$report" --matrix --format=json "$scratch/matrix"
is "$rc" 3 'report --matrix: report.json is a pipe'
like "$out" '"kernel": "k\?rnel"' '... and a name that is no UTF-8'

for pages in '<base >' "${escape}[2J" 8K ''; do
	printf 'cell\tkernel\t%s\t8\tgcc\tbuild\n' "$pages" >"$scratch/matrix/plan"
	run "$report" --matrix --format=html "$scratch/matrix"
	is "$rc $out" '3 ' "report --matrix: pages that are none: $(printf %s "$pages" | tr -d "$escape")"
	is "$(printf '%s' "$err" | grep -c "$escape" || :)" 0 '... without escapes'
done
# The proof of a cell is a file of somebody's as well: each of its words is shown as text, its fix among them.
printf 'cell\tkernel\t4K\t64\tgcc\tbuild\n' >"$scratch/matrix/plan"
rm "$scratch/matrix/cell/report.json"
"$report" --proof --format=json "$affected" "$top/tests/cli/report/posted" >"$scratch/proof.json" || :
/usr/bin/python3 - "$scratch/proof.json" "$scratch/matrix/cell/report.json" <<'END'
import json, sys

def spoil(thing, key=""):
    if isinstance(thing, dict):
        return {name: spoil(value, name) for name, value in thing.items()}
    if isinstance(thing, list):
        return [spoil(value, key) for value in thing]
    known = key in ("schema", "verdict")
    return thing if known or not isinstance(thing, str) else key + ' <base href=//x><plaintext>"\'&\x1b[2J'

json.dump(spoil(json.load(open(sys.argv[1]))), open(sys.argv[2], "w"))
END
for format in html junit json table; do
	"$report" --matrix --format=$format "$scratch/matrix" >"$scratch/shown" 2>"$scratch/err" || :
	is "$(grep -c -F -e "$escape" "$scratch/shown" "$scratch/err" | cut -d : -f 2 | paste -s -d ' ')" '0 0' \
		"report --matrix --format=$format: a proof with words of its own: no escapes"
	case $format in
	html) like "$(cat "$scratch/shown")" 'text &lt;base href=//x&gt;&lt;plaintext&gt;&quot;' '... its words are text' ;;
	junit) run /usr/bin/python3 -c 'import sys, xml.dom.minidom as d; d.parse(sys.argv[1])' "$scratch/shown"; is "$rc" 0 '... is XML' ;;
	json) run /usr/bin/python3 -m json.tool "$scratch/shown"; is "$rc" 0 '... is JSON' ;;
	table) like "$(cat "$scratch/shown")" 'fix <base' '... its fix is shown' ;;
	esac
	case $format in html | junit) is "$(grep -c -i -e '<base' -e '<plaintext' "$scratch/shown" || :)" 0 '... no markup' ;; esac
done
# A plan of somebody's takes no time that grows with the square of its cells: of these one has 0.05 s.
seq 12000 | sed 's/.*/k&+4K\tk&\t4K\t8\tgcc-&\tb&/' >"$scratch/matrix/plan"
for format in html json junit table; do
	# shellcheck disable=SC3045 # dash and bash have it
	(ulimit -t 10; exec "$report" --matrix --format=$format "$scratch/matrix") >"$scratch/out" 2>/dev/null && rc=0 || rc=$?
	is "$rc $(grep -o 'k12000' "$scratch/out" | sort -u)" '3 k12000' "report --matrix --format=$format: 12000 cells"
done
# Nor memory without a bound: in many cells, or in one folder that many name. A cell has 6 KB.
yes "$(printf 'cell\tk\t4K\t8\tgcc\tb')" | head -n 1000000 >"$scratch/matrix/plan"
run "$report" --matrix --format=json "$scratch/matrix"
like "$rc $out $err" '^3  .*or one of more than 16384' 'report --matrix: a million cells: refused'
head -n 20 "$scratch/matrix/plan" >"$scratch/matrix/plan.few" && mv "$scratch/matrix/plan.few" "$scratch/matrix/plan"
python3 - "$scratch/matrix/cell/report.json" <<'END'
import json, sys
report = json.load(open(sys.argv[1]))
report["pad"] = "x" * (30 << 20)
json.dump(report, open(sys.argv[1], "w"))
END
run "$report" --matrix --format=json "$scratch/matrix"
is "$rc $(printf '%s\n' "$out" | grep -c 'is not that of a proof')" '3 12' 'report --matrix: 20 proofs of 30 MiB: eight are read'
"$report" --format=html "$affected" >"$scratch/page.html" || :
like "$(cat "$scratch/page.html")" "base-uri 'none'; form-action 'none'" 'report: a page takes no other base, and sends no form'

# --- a limit of the size of files ---
mkdir "$scratch/small"
# shellcheck disable=SC2016 # the shell expands
run sh -c 'ulimit -f 0; exec "$1" --format=html --output="$2/r.html" "$3"' sh "$report" "$scratch/small" "$affected"
is "$rc $(ls -A "$scratch/small")" '3 ' 'report: no room for the page: unknown, and nothing stays'
# shellcheck disable=SC2016 # the shell expands
run sh -c 'ulimit -f 0; exec "$1" --prometheus="$2/c.prom" "$3"' sh "$check" "$scratch/small" "$affected/result.json"
is "$rc $(ls -A "$scratch/small")" '3 ' 'check: no room for its series: the same'

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
	run timeout 600 "$report" --output="$scratch/shared/pipe" "$affected"
	is "$(stat -c %F "$scratch/shared/pipe")" 'regular file' "report: somebody else's pipe is replaced"
else
	skip "report: somebody else's links" 'needs root'
fi
is "$("$report" --output=/dev/stdout "$affected" | wc -l)" "$("$report" "$affected" | wc -l)" \
	'report: --output=/dev/stdout'

done_testing

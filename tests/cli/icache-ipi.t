#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# icache-ipi.t: the front door, and what `make install` leaves
set -eu
. "$(dirname "$0")/../lib/tap.sh"
. "$top/tests/lib/kernels.sh"
unset MAKEFLAGS MAKELEVEL CONFIG SERIES

# make_in DIRECTORY ARGUMENT...
make_in()
{
	directory=$1
	shift
	make --silent --no-print-directory --directory="$directory" SETUP=no "$@"
}

# commands in a folder of their own: what the test says is there, is there
mkdir "$scratch/bin" "$scratch/path"
cp "$O/icache-ipi" "$scratch/bin"
# shellcheck disable=SC2016 # for the shell that runs it
put()
{
	printf '#!/bin/sh\necho "$0" "$#" "$@"\nexit %s\n' "$2" >"$1"
	chmod +x "$1"
}
put "$scratch/bin/icache-ipi-check" 2
put "$scratch/path/icache-ipi-check" 9
put "$scratch/path/icache-ipi-report" 1
put "$scratch/path/icache-ipi-own-one" 5
front=$scratch/bin/icache-ipi
PATH=$scratch/path:$PATH

run "$front" check 'two words' '' --json
is "$rc $out" "2 $scratch/bin/icache-ipi-check 3 two words  --json" \
	'the command beside it, its arguments as they are, its exit code'
run "$front" report
is "$rc $out" "1 $scratch/path/icache-ipi-report 0" 'else the one on PATH'
run "$front" own-one x
is "$rc $out" "5 $scratch/path/icache-ipi-own-one 1 x" 'also one that it does not know'
ln -s "$front" "$scratch/link"
run "$scratch/link" check
is "$rc $out" "2 $scratch/bin/icache-ipi-check 0" 'through a link: beside the real one'
run "$front" help check
is "$rc $out" "2 $scratch/bin/icache-ipi-check 1 --help" 'help COMMAND is COMMAND --help'
run "$front" check --help
is "$rc $out" "2 $scratch/bin/icache-ipi-check 1 --help" 'COMMAND --help as well'

run env PATH=/usr/bin "$front" help
is "$rc $err" '0 ' 'help: exit 0'
like "$out" '^  check +is a kernel affected' 'help: what is there'
like "$out" '^  report +\(not installed; package icache-ipi\)' 'help: what is not, and its package'
like "$out" '^  stress +\(not installed; package icache-ipi, on arm64 alone\)' 'help: arm64 alone'
run env PATH=/usr/bin "$front" --help
like "$rc $out" '^0 usage: icache-ipi COMMAND' '--help: the same'
run "$front"
is "$rc $out" '64 ' 'no command: exit 64'
like "$err" '^usage: icache-ipi COMMAND' 'no command: usage, on stderr'
run "$front" --version
is "$rc $out" "0 icache-ipi $(sed -n 's/^VERSION := //p' "$top/Makefile")" '--version'

run env PATH=/usr/bin "$front" vm Image
is "$rc $out$err" "3 icache-ipi: 'vm' is not installed here: try package icache-ipi-vm" \
	'known and absent: the package, exit 3'
run "$front" chekc
is "$rc $err" "64 icache-ipi: no command 'chekc'
icache-ipi: try --help" 'nearly a command: --help lists them'
for wrong in nonsense ../bin/icache-ipi '' .. -x --nonsense a/b; do
	run "$front" "$wrong"
	like "$rc $err" "^64 icache-ipi: no (command|option) '$wrong'" "'$wrong': exit 64"
done
run "$front" help check report
is "$rc" 64 'help for two: exit 64'
run env PATH=:: "$front" own-one
is "$rc" 64 'an empty entry in PATH is not the current folder'
printf 'no program' >"$scratch/bin/icache-ipi-status"
chmod +x "$scratch/bin/icache-ipi-status"
run "$front" status
like "$rc $err" '^3 icache-ipi: cannot run .*/icache-ipi-status: Exec format error' 'what does not run'

# Installed
version=$(sed -n 's/^VERSION := //p' "$top/Makefile")
DESTDIR=$scratch/root
run make_in "$top" install DESTDIR="$DESTDIR" prefix=/usr
is "$rc $err" '0 ' 'make install'
(cd "$DESTDIR" && find . ! -type d -printf '%P %m %l\n') |
	sed -e "s/-$version/-VERSION/" -e 's/ $//' | LC_ALL=C sort |
	grep -v '^usr/bin/icache-ipi-stress ' >"$scratch/files"
run diff "$top/tests/cli/icache-ipi.files.expected" "$scratch/files"
is "$out" '' "$(wc -l <"$scratch/files") files, each where it belongs"
# Every path that starts at / in what make would run: to DESTDIR, or from the build directory.
outside=$(make_in "$top" --dry-run install DESTDIR="$DESTDIR" prefix=/usr |
	grep -oE '(^|[[:space:]"=>])/[^[:space:]"]+' | tr -d '[:blank:]">=' | sort -u)
like "$outside" "^$DESTDIR/usr/share/icache-ipi/scripts$" 'what make would run was read'
outside=$(echo "$outside" | grep -v -e "^$DESTDIR/" -e "^$O/" -e '^/dev/null$') || :
is "$outside" '' 'and not one outside of DESTDIR'
is "$(grep -h -r /usr/bin/icache-ipi "$DESTDIR/usr/lib/systemd" | sort)" \
	"$(grep -h /usr/bin/icache-ipi "$top"/src/*/*.service | sort)" 'units: /usr/bin'
run make_in "$top" install-tools DESTDIR="$scratch/local"
is "$rc" 0 'make install-tools, without a prefix'
like "$(cat "$scratch/local/usr/local/lib/systemd/system/icache-ipi-check.service")" \
	'^ExecStart=/usr/local/bin/icache-ipi-check ' 'units: where the programs are'
like "$(make_in "$top" --dry-run install-tools DESTDIR=/d CC="${CROSS_COMPILE-aarch64-linux-gnu-}gcc")" \
	'^install .*/icache-ipi-status .*arm64/icache-ipi-stress "/d/usr/local/bin"$' \
	'for arm64, the workload is a tool'
PATH=$DESTDIR/usr/bin:/usr/bin:/bin
export PATH

cd "$scratch"
unset O
for command in check triage who status report vm proof backport; do
	run icache-ipi help "$command"
	like "$rc $out" "^0 usage: (icache-ipi-)?$command" "installed: help $command"
done
image=$(top=$top kernel_build_dir)/arch/arm64/boot/Image
run icache-ipi check "$image"
like "$rc $out" '^0 .*fixed' 'installed: check, of an Image'
run icache-ipi vm --quiet --json --tier=count --cpus=2 --output=result "$image" -- fault
is "$rc" 0 'installed: a guest boots, with the workload that was installed'
like "$out" '^  "verdict": "fixed"' 'installed: and is measured'
run icache-ipi backport --check "$(kernel_tree)"
is "$rc $out" '0 fixed as merged' 'installed: backport reads a tree'
like "$(icache-ipi proof --help)" 'default: icache-ipi-proof\)' 'installed: proof writes where the user is'
run icache-ipi proof --kernel "$scratch"
like "$rc $err" '^3 .*is not a kernel tree' 'installed: proof says why it cannot'
rm "$DESTDIR/usr/lib/icache-ipi/icache-ipi-stress"
run icache-ipi vm "$image"
like "$rc $err" '^3 .*no icache-ipi-stress in .*install icache-ipi-vm again' \
	'installed, the workload lost: said so'
mv "$DESTDIR/usr/share/icache-ipi/patches" gone
run icache-ipi backport "$(kernel_tree)"
like "$rc $err" '^3 .*there are no patches at' 'installed, no patches: said so'

# The same bytes, wherever it is built
for where in "$scratch/one" "$scratch/two/deep"; do
	mkdir -p "$where"
	cp -r "$top/Makefile" "$top/src" "$top/scripts" "$where"
	make_in "$where" O=build build/icache-ipi build/icache-ipi-status
done
for program in icache-ipi icache-ipi-status; do
	run cmp "$scratch/one/build/$program" "$scratch/two/deep/build/$program"
	is "$rc$out" 0 "$program: built in two places, the same bytes"
done

for page in icache-ipi.1 icache-ipi-proof.1; do
	is "$(mandoc -T lint -W warning "$top/man/$page")" '' "mandoc: $page"
done
# shellcheck disable=SC2013 # options are words
for option in $("$top/scripts/proof" --help | grep -o -e '^  --[a-z-]*'); do
	like "$(cat "$top/man/icache-ipi-proof.1")" "Fl $(echo "$option" | cut -c 2-)( |\$)" \
		"the manual has $option"
done
for command in $("$front" help | sed -n 's/^  \([a-z]*\) .*/\1/p'); do
	like "$(cat "$top/man/icache-ipi.1")" "^\\.It Cm $command\$" "the manual has $command"
done

done_testing

#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# backport-atomic.t: backport --in-place, killed: the tree is as it was or completely patched
set -eu

# In memory where that can be: each of some 300 runs waits for its files to be on disk.
[ ! -w /dev/shm ] || TMPDIR=/dev/shm
export TMPDIR="${TMPDIR:-/tmp}"
. "$(dirname "$0")/../lib/tap.sh"
. "$top/tests/lib/trees.sh"
# What a killed run leaves of its work goes with everything else.
TMPDIR=$scratch
backport=$O/icache-ipi-backport

# sum DIR: of the tree's own files
sum()
{
	(cd "$1" && find . -name .icache-ipi-backport -prune -o -printf '%P %y %m\n' | LC_ALL=C sort &&
		find . -name .icache-ipi-backport -prune -o -type f -print0 | LC_ALL=C sort -z |
		xargs -0 sha256sum) | sha256sum | cut -c 1-16
}

# which DIR: one word for what it is now; "folder" is added when something stayed behind
which()
{
	case $(sum "$1") in
	"$before") printf untouched ;;
	"$after") printf patched ;;
	*) printf mixed ;;
	esac
	[ ! -e "$1/.icache-ipi-backport" ] || printf +folder
}

fresh()
{
	rm -rf "$scratch/tree"
	cp -a "$scratch/base" "$scratch/tree"
	tree=$scratch/tree
}

# killed OPTION...: run it with the environment given, killed or not; what bash says of it is dropped
killed()
{
	{ env "$@" "$backport" "$tree" --in-place --patches "$patches"; } >/dev/null 2>&1 || :
}

cc -shared -fPIC -O1 -o "$scratch/kill-at.so" "$top/tests/lib/kill-at.c"
preload=LD_PRELOAD=$scratch/kill-at.so
tree_make "$scratch/base"
chmod 750 "$scratch/base/arch/arm64/mm"
chmod 640 "$scratch/base/$flush"
ln -s mm "$scratch/base/arch/arm64/link"
mkdir "$scratch/base/arch/arm64/empty"
cp -a "$scratch/base" "$scratch/goal"
tree_patch "$scratch/goal" 4.19.y-posted
before=$(sum "$scratch/base") after=$(sum "$scratch/goal")
[ "$before" != "$after" ] || fail "the sums differ"

# at_every_step NAME ALLOWED ENV...: killed before each call that writes; then a second run
at_every_step()
{
	name=$1 allowed=$2 wrong=''
	shift 2
	fresh
	killed "$preload" KILL_BELOW="$tree" KILL_COUNT="$scratch/count" "$@"
	is "$(which "$tree")" patched "$name: not killed, patched"
	steps=$(cat "$scratch/count")
	: >"$scratch/seen"
	for step in $(kill_steps 2 "$steps"); do
		fresh
		killed "$preload" KILL_BELOW="$tree" KILL_AT="$step" "$@"
		is_now=$(which "$tree")
		echo "$is_now" >>"$scratch/seen"
		case " $allowed " in *" ${is_now%+folder} "*) ;; *) wrong="$wrong $step:$is_now" ;; esac
		run "$backport" "$tree" --in-place
		[ "$rc:$(which "$tree")" = 0:patched ] ||
			wrong="$wrong $step:$is_now:then $rc $(which "$tree")"
	done
	is "$wrong" '' "$name: killed before calls of $steps: $allowed; then patched"
	for state in untouched $allowed; do
		like "$(cat "$scratch/seen")" "^$state" "$name: seen at some step: $state"
	done
}
at_every_step exchange "untouched patched"
like "$(cat "$scratch/seen")" 'untouched\+folder' "exchange: and a folder left behind"
at_every_step "no hard links" "untouched mixed patched" FAIL_LINK=1
fresh
killed "$preload" KILL_BELOW="$tree" FAIL_EXCHANGE=1
is "$(which "$tree")" patched "no exchange: patched"

# One file: no folder changes its place.
fresh
inode=$(stat -c %i "$tree/arch/arm64")
"$backport" "$tree" --in-place --series merged >/dev/null 2>&1
is "$(stat -c %i "$tree/arch/arm64"):$("$backport" "$tree" --check)" "$inode:fixed as merged" \
	"one file: the folder stays"

# While the journal is open, others keep off.
fresh
step=1
while killed "$preload" KILL_BELOW="$tree" KILL_AT=$step FAIL_LINK=1
	[ "$(which "$tree")" != mixed+folder ]; do
	fresh
	step=$((step + 1))
	[ "$step" -lt 200 ] || break
done
cp -a "$tree" "$scratch/mixed"
run "$backport" "$tree"
is "$rc" 3 "half-way: no copy is made of it"
like "$err" 'was killed.*' "half-way: why"
like "$err" 'run it again with --in-place to finish it' "half-way: what to do"
run "$backport" "$tree" --check
is "$rc:$out" "3:partly applied" "half-way: --check"
run "$backport" "$tree" --in-place
like "$err" 'finished the work of a run that was killed' "half-way: --in-place finishes it"
is "$rc:$(which "$tree")" 0:patched "half-way: finished"
rm -rf "$tree" && mv "$scratch/mixed" "$tree"
echo 'int edited;' >>"$tree/$flush"
edited=$(sum "$tree")
run "$backport" "$tree" --in-place
is "$rc:$(sum "$tree")" "3:$edited" "half-way, then edited: refused, untouched"
like "$err" "$flush is not as the run that was killed left it" "half-way, then edited: why"

# Two at once: one does it, the other waits and finds it done.
fresh
"$backport" "$tree" --in-place >"$scratch/one" 2>&1 & one=$!
"$backport" "$tree" --in-place >"$scratch/two" 2>&1 & two=$!
wait $one && wait $two && rc=0 || rc=$?
is "$rc:$(which "$tree")" "0:patched" "two at once"
is "$(cat "$scratch/one" "$scratch/two" | grep -c 'nothing to do')" 1 "two at once: one had nothing to do"

# Any moment. A larger tree makes the run long enough to be hit.
mkdir "$scratch/base/arch/arm64/boot"
for i in $(seq 400); do echo "$i" >"$scratch/base/arch/arm64/boot/$i"; done
rm -rf "$scratch/goal" && cp -a "$scratch/base" "$scratch/goal"
tree_patch "$scratch/goal" 4.19.y-posted
before=$(sum "$scratch/base") after=$(sum "$scratch/goal")
fresh
started=$(date +%s%N)
"$backport" "$tree" --in-place >/dev/null 2>&1
whole=$((($(date +%s%N) - started) / 1000))
: >"$scratch/seen"
seed=$(od -An -N4 -tu4 /dev/urandom)
wrong=''
# The moments are drawn from the whole run and a little more.
awk -v seed="$seed" -v whole="$whole" 'BEGIN {
	srand(seed)
	for (i = 0; i < 50; i++)
		printf "%.6f\n", rand() * whole * 1.1 / 1e6
}' >"$scratch/moments"
while read -r moment; do
	fresh
	timeout --signal=KILL "$moment" "$backport" "$tree" --in-place >/dev/null 2>&1 || :
	is_now=$(which "$tree")
	echo "$is_now" >>"$scratch/seen"
	case ${is_now%+folder} in untouched | patched) ;; *) wrong="$wrong $moment:$is_now" ;; esac
	run "$backport" "$tree" --in-place
	[ "$rc:$(which "$tree")" = 0:patched ] || wrong="$wrong $moment:then $rc $(which "$tree")"
done <"$scratch/moments"
is "$wrong" '' "killed at 50 random moments of $whole us: untouched or patched; then patched (seed $seed)"
like "$(cat "$scratch/seen")" ^untouched "at some of them it was untouched"
sort "$scratch/seen" | uniq -c | sed 's/^/# /'

done_testing

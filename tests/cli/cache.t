#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# cache.t: what the cache keeps is said; what is old goes, and nothing else
set -eu
. "$(dirname "$0")/../lib/tap.sh"

export XDG_CACHE_HOME="$scratch/cache"
root=$XDG_CACHE_HOME/icache-ipi
cache=$top/scripts/cache

run "$cache"
is "$rc $out" "0 nothing is kept in $root" 'no cache: nothing is kept'
[ ! -e "$root" ] || fail 'no cache: none is made'

# made NAME DAYS: a folder that was used last so many days ago
made()
{
	mkdir -p "$root/$1"
	echo x >"$root/$1/file"
	touch -d "$2 days ago" "$root/$1"
}
make_all()
{
	rm -rf "$root"
	made builds/new 0
	made builds/old 40
	made kernel-source/tree 40
	made 'backport/a b' 40
	made debian-arm64/5.10 40
	made sysroot-arm64 40
	made systems/one 40
	: >"$root/systems/one.made"
	for lock in builds/old/.lock systems/one.lock backport/lock; do
		touch -d '40 days ago' "$root/$lock"
	done
	touch -d '40 days ago' "$root/builds/old"
	mkdir "$scratch/stranger" 2>/dev/null || :
	echo mine >"$scratch/stranger/file"
	ln -s "$scratch/stranger" "$root/linked"
	ln -s "$scratch/stranger" "$root/builds/linked"
}
left() { (cd "$root" && find . -name file | sort | xargs -d '\n'); }

make_all
before=$(left)
run "$cache"
day=$(date -d '40 days ago' +%F)
is "$rc $(printf '%s\n' "$out" | sed '$d; s/^ *[0-9]* MB  //' | sort)" "0 $(sort <<END
$day  backport/a b
$(date +%F)  builds/new
$day  builds/old
$day  debian-arm64/5.10
$day  kernel-source/tree
$day  sysroot-arm64
$day  systems/one
END
)" 'what is kept, and since when'
like "$(printf '%s\n' "$out" | tail -n 1)" "^[0-9]+ MB in $root\$" '... and how much that is'
is "$(left)" "$before" '... and nothing is gone'

# One is in use.
exec 8>>"$root/systems/one.lock"
touch -d '40 days ago' "$root/systems/one.lock"
flock 8
run "$cache" --clean 39
is "$rc $(left)" '0 ./builds/new/file ./systems/one/file' 'what is old goes, but for what is in use'
like "$out" '^in use: systems/one$' '... which is said'
like "$out" '^removed: backport/a b ' '... and what went'
[ -e "$root/systems/one.made" ] || fail 'in use: nothing of it is gone'
exec 8>&-
run "$cache" --clean 39
is "$rc $(ls "$root/systems")" '0 one.lock' 'in use no longer: gone, and nothing says that it is made'
run "$cache" --clean 1
is "$rc $(left)" '0 ./builds/new/file' 'what is new stays'
mkdir -p "$root/builds/.removed.1/x"
run "$cache" --clean 0
is "$rc $(left) $(ls -A "$root/builds")" '0  linked' 'all goes, and what a run that was killed left'
is "$(cat "$scratch/stranger/file") $(readlink "$root/linked")" "mine $scratch/stranger" 'what a link leads to stays'

# The lock of a kernel, as kernel-build takes it, is its last use.
make_all
sh -c 'exec 9>"$1"' sh "$root/builds/old/.lock"
run "$cache" --clean 30
is "$(left)" './builds/new/file ./builds/old/file' 'a kernel that was asked for is used'

# Killed at any moment: what is left under its name is whole.
make_all
mkdir "$scratch/bin"
# shellcheck disable=SC2016 # it is the script's
printf '#!/bin/sh\ncase "$*" in *.removed*) kill -9 0 ;; esac\nexec /bin/rm "$@"\n' >"$scratch/bin/rm"
chmod +x "$scratch/bin/rm"
run setsid --wait env PATH="$scratch/bin:$PATH" "$cache" --clean 30
is "$(find "$root" -path '*.removed*' -name file | wc -l)" 1 'killed: what it was at has another name'
run "$cache" --clean 30
is "$rc $(left)" '0 ./builds/new/file' 'the next run goes on'

for wrong in --clean '--clean x' '--clean -1' '--clean 99999' '--nonsense' 'x y z'; do
	# shellcheck disable=SC2086 # options are words
	run "$cache" $wrong
	is "$rc" 64 "'$wrong': usage"
done
is "$(left)" './builds/new/file' '... and nothing is gone'

done_testing

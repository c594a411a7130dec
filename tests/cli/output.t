#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# output.t: folders with a stranger's files: no script or program takes one away; and a script that
# fails in its middle never ends with a verdict's code
set -eu
. "$(dirname "$0")/../lib/tap.sh"
. "$top/tests/lib/trees.sh"
tree_make "$scratch/tree"
export XDG_CACHE_HOME="$scratch/cache"

# What a folder holds: names, types, modes and content
state()
{
	(cd "$1" && find . -printf '%P %y %m %l\n' | sort && find . -type f -exec sha256sum {} + | sort)
}

# Names that our own scripts have in such folders, and one that they have not
fill()
{
	rm -rf "$1"
	mkdir -p "$1/deb" "$1/rpm" "$1/work" "$1/builds" "$1/none/count" "$1/victim"
	for name in letter deb/x.deb rpm/x.rpm work/x plan inputs builds/x report.html result.json junit.xml \
		halves none/result.json none/count/result.json victim/x; do
		echo "mine: $name" >"$1/$name"
	done
}

# keeps NAME COMMAND...: with the full folder as what follows --output
keeps()
{
	name=$1
	shift
	fill "$scratch/full"
	before=$(state "$scratch/full")
	run "$@" --output "$scratch/full"
	is "$rc" 3 "$name: a folder with files is refused"
	is "$(state "$scratch/full")" "$before" '... and is as it was'
}
keeps proof "$top/scripts/proof" --kernel "$scratch/tree" --cpus 1
keeps matrix "$top/scripts/matrix" --kernels "$scratch/tree" --cpus 1
keeps 'matrix --fresh' "$top/scripts/matrix" --kernels "$scratch/tree" --cpus 1 --fresh
keeps 'debian/build' "$top/debian/build"
keeps 'rpm/build' "$top/rpm/build"
keeps backport "$top/scripts/backport" "$scratch/tree"
if command -v rpmbuild >/dev/null && command -v fakeroot >/dev/null; then
	keeps kernel-packages "$top/scripts/kernel-packages" --kernel "$scratch/tree"
else
	skip kernel-packages 'no rpmbuild or no fakeroot'
fi

# claims DIR: whether a script takes it, and what it says
claims()
{
	(. "$top/scripts/common.sh" && output_claim "$1") 2>"$scratch/said" && rc=0 || rc=$?
}
# What came with the mark: a link, a pipe, a link for a mark
mkdir -p "$scratch/marked/builds/x"
touch "$scratch/marked/.icache-ipi" "$scratch/marked/plan"
echo precious >"$scratch/precious"
ln -s ../precious "$scratch/marked/plan.new"
ln -s ../../../precious "$scratch/marked/builds/x/errors"
mkfifo "$scratch/marked/inputs.new"
run timeout 600 env SETUP=no "$top/scripts/matrix" --kernels "$scratch/no-such-tree" --cpus 1 --output "$scratch/marked"
is "$rc $(cat "$scratch/precious")" '3 precious' 'matrix: what a link of a folder with the mark leads to stays'
is "$(find "$scratch/marked" -type l -o -type p)" '' '... and links and pipes are gone'
rm -rf "$scratch/marked" && mkdir "$scratch/marked"
ln -s ../precious "$scratch/marked/.icache-ipi"
claims "$scratch/marked"
is "$rc $(cat "$scratch/precious")" '0 precious' 'a mark that is a link: is replaced'
mkdir -m 1777 "$scratch/shared"
claims "$scratch/shared"
like "$rc $(cat "$scratch/said")" '^3 .*anybody may write to it' 'a folder that anybody writes to is refused'
claims "$scratch/shared/mine"
is "$rc" 0 '... one of our own in it is taken'
if [ "$(id -u)" = 0 ]; then
	mkdir "$scratch/theirs" && touch "$scratch/theirs/.icache-ipi" && ln -s ../precious "$scratch/theirs/plan.new"
	chown 65534 "$scratch/theirs"
	claims "$scratch/theirs"
	like "$rc $(cat "$scratch/said")" "^3 .*somebody else's" "somebody else's folder is refused"
else
	skip "somebody else's folder is refused" 'needs root'
fi
# Names reach a terminal as text.
evil=$(printf '%s/\033]0;x\007\302\2331m\177ü' "$scratch")
mkdir "$evil"
run "$top/scripts/kernel-build" "$evil"
like "$rc $err" '/\?]0;x\?\?1m\?ü is not a kernel tree' 'a name with escapes is printed without them'
is "$(printf '%s' "$err" | LC_ALL=C grep -c -e "$(printf '\033')" -e "$(printf '\302\233')" || :)" 0 '... each of them'

# A matrix that somebody else made, with the mark: its plan names what is outside.
mkdir -p "$scratch/victim" "$scratch/matrix/.hidden"
echo precious | tee "$scratch/victim/file" >"$scratch/matrix/.hidden/file"
touch "$scratch/matrix/.icache-ipi" "$scratch/matrix/inputs"
printf '%s\tk\t4K\t1\tgcc\tb\n' ../victim .hidden . .. "$scratch/victim" >"$scratch/matrix/plan"
run timeout 600 env SETUP=no "$top/scripts/matrix" --kernels "$scratch/no-such-tree" --cpus 1 --output "$scratch/matrix"
is "$(cat "$scratch/victim/file" "$scratch/matrix/.hidden/file")" 'precious
precious' 'matrix: a plan takes nothing away but what a matrix is made of'

# --- a failure of a script's own is no verdict ---
fails()
{
	name=$1
	shift
	run "$@"
	is "$rc" 3 "$name: 3"
	like "$err" '.' '... and something is said'
}
for script in proof matrix kernel-packages; do
	fails "$script: no folder can be made there" "$top/scripts/$script" --output /proc/nothing/here
done
fails 'kernel-source: no HOME' env -u HOME -u XDG_CACHE_HOME "$top/scripts/kernel-source" debian-5.10
fails 'proof: no HOME' env -u HOME -u XDG_CACHE_HOME "$top/scripts/proof" --kernel debian-5.10 --output "$scratch/new"
fails 'kernel-build: no HOME' env -u HOME -u XDG_CACHE_HOME "$top/scripts/kernel-build" "$scratch/tree"
mkdir "$scratch/bin"
for program in realpath basename dirname cat sed; do ln -s "$(command -v $program)" "$scratch/bin"; done
fails 'kernel-source: no tools' env PATH="$scratch/bin" /bin/sh "$top/scripts/kernel-source" debian-5.10

# --- a checkout in a folder whose name is no plain word ---
odd="$scratch/a b's ü"
mkdir -p "$odd"
tar --create --directory="$top" --exclude=./build --exclude=./.git . | tar --extract --directory="$odd"
run env -u MAKEFLAGS -u MAKEOVERRIDES -u O make --silent --jobs=2 --directory="$odd" SETUP=no CFLAGS=-O0 ARM64_CFLAGS=-O0 all
is "$rc$err" 0 'make all, in a folder with a blank, a quote and an umlaut'
run env -u O "$odd/scripts/backport" --check "$scratch/tree"
is "$rc $out" '2 affected' '... and what it built is found'
run env -u MAKEFLAGS -u MAKEOVERRIDES -u O make --silent --directory="$odd" SETUP=no check TESTS=tests/cli/backport-check.t
is "$rc" 0 '... make check runs there'

# --- what a tarball may not bring ---
mkdir -p "$scratch/pack/tree"
cp -r "$scratch/tree/." "$scratch/pack/tree"
mkdir -p "$scratch/pack/tree/.git/hooks"
echo 'touch /tmp/hooked' >"$scratch/pack/tree/.git/hooks/post-checkout"
echo '#!/bin/sh' >"$scratch/pack/tree/tool"
chmod 6777 "$scratch/pack/tree/tool"
chmod 777 "$scratch/pack/tree/arch"
tar --create --file="$scratch/host:tree.tar" --force-local --directory="$scratch/pack" tree
run sh -c "cd '$scratch' && umask 000 && exec '$top/scripts/kernel-source' host:tree.tar"
is "$rc" 0 'a tarball whose name looks like that of a host'
is "$(find "$out" -perm /6022 ! -type l)" '' 'nothing in it is setuid, or writable by others'
is "$(find "$out" -name .git)" '' 'no git repository comes with it'

done_testing

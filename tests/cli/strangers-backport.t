#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# strangers-backport.t: what a tree, a checkout or a package of a stranger can make backport do
set -eu
. "$(dirname "$0")/../lib/tap.sh"
. "$top/tests/lib/trees.sh"

# With its patches named: a program without them refuses everything.
backport=$scratch/backport
# shellcheck disable=SC2016 # the script expands
printf '#!/bin/sh\nexec "%s" --patches "%s" "$@"\n' "$O/icache-ipi-backport" "$patches" >"$backport"
chmod +x "$backport"
export XDG_CACHE_HOME="$scratch/cache" TMPDIR="$scratch/tmp"
mkdir "$TMPDIR"
tree=$scratch/tree

fresh()
{
	rm -rf "$tree"
	tree_make "$tree"
}

sha()
{
	sha256sum "$1" | cut -d ' ' -f 1
}

# --- a journal that came with the tree ---
# plant NAME: a journal that would replace TREE/NAME by "owned"
plant()
{
	mkdir "$tree/.icache-ipi-backport" && chmod 700 "$tree/.icache-ipi-backport"
	echo owned >"$tree/.icache-ipi-backport/0"
	echo "$(sha "$tree/$1") $(sha "$tree/.icache-ipi-backport/0") $1" >"$tree/.icache-ipi-backport/journal"
}

# refused NAME [FILE]: FILE, precious, is as it was
refused()
{
	run timeout 60 "$backport" "$tree" --in-place
	is "$rc $(cat "${2:-$scratch/victim}")" '3 precious' "journal: $1: refused"
}

echo precious >"$scratch/victim"
mkdir "$scratch/else" && echo precious >"$scratch/else/x.c"
fresh && plant ../victim
refused 'a name with ..'
cp "$scratch/victim" "$scratch/victim.c"
fresh && plant ../victim.c
refused 'a source with ..' "$scratch/victim.c"
fresh && ln -s ../else "$tree/link" && plant link/x.c
refused 'a link on the way' "$scratch/else/x.c"
fresh && ln -s ../else/x.c "$tree/y.c" && plant y.c
run "$backport" "$tree" --in-place
is "$rc $(readlink "$tree/y.c")" '3 ../else/x.c' 'journal: a link itself: refused'
fresh && tree_commit "$tree" && plant .git/config
run "$backport" "$tree" --in-place
is "$rc $(grep -c owned "$tree/.git/config")" '3 0' 'journal: the configuration of git: refused'
fresh && echo precious >"$tree/Kbuild" && plant Kbuild
refused 'what no series changes' "$tree/Kbuild"
fresh && plant "$flush" && rm "$tree/.icache-ipi-backport/0" && mkfifo "$tree/.icache-ipi-backport/0"
run timeout 60 "$backport" "$tree" --in-place
is "$rc" 3 'journal: a pipe to put there: refused'
fresh && plant "$flush" && rm "$tree/.icache-ipi-backport/journal" && mkfifo "$tree/.icache-ipi-backport/journal"
run timeout 60 "$backport" "$tree" --in-place
is "$rc $("$backport" --check "$tree")" '0 fixed as posted' 'journal: a pipe is none'

came='came with the tree: nothing was changed'
fresh && plant "$flush" && tree_commit "$tree" && sum=$(tree_sum "$tree")
run "$backport" "$tree" --in-place
is "$rc $(tree_sum "$tree")" "3 $sum" 'journal: one that was committed'
like "$err" "$came" '... came with the tree'
fresh && plant "$flush" && chmod 755 "$tree/.icache-ipi-backport" && sum=$(tree_sum "$tree")
run "$backport" "$tree" --in-place
is "$rc $(tree_sum "$tree")" "3 $sum" 'journal: one that others may read: not of ours'
fresh && plant "$flush" && mv "$tree/.icache-ipi-backport" "$scratch/theirs" && ln -s ../theirs "$tree/.icache-ipi-backport"
run "$backport" "$tree" --in-place
is "$rc $(ls "$scratch/theirs")" '3 0
journal' 'journal: behind a link'
if [ "$(id -u)" = 0 ]; then
	fresh && plant "$flush" && chown 65534 "$tree/.icache-ipi-backport"
	run "$backport" "$tree" --in-place
	like "$rc $err" "^3 .*$came" "journal: somebody else's"
else
	skip "journal: somebody else's" 'needs root'
fi

# --- a checkout that wants its programs run ---
# evil: every program that git may run for a checkout leaves a mark
evil()
{
	fresh
	rm -rf "$scratch/marks" && mkdir "$scratch/marks"
	echo "* filter=evil merge=evil diff=evil" >"$tree/.gitattributes"
	echo "*.c filter=with.dots" >>"$tree/.gitattributes"
	tree_commit "$tree"
	# shellcheck disable=SC2016 # the script expands
	printf '#!/bin/sh\necho "$0 $*" >>"%s/marks/mark"\ncat\n' "$scratch" >"$scratch/mark"
	chmod +x "$scratch/mark"
	for hook in applypatch-msg pre-applypatch post-applypatch post-checkout reference-transaction \
		post-index-change pre-auto-gc post-commit pre-commit prepare-commit-msg commit-msg; do
		ln -s "$scratch/mark" "$tree/.git/hooks/$hook"
	done
	for setting in core.fsmonitor filter.evil.clean filter.evil.smudge filter.with.dots.process \
		merge.evil.driver diff.evil.command diff.evil.textconv gpg.program core.pager \
		core.editor core.sshCommand credential.helper; do
		git -C "$tree" config "$setting" "$scratch/mark"
	done
	git -C "$tree" config commit.gpgSign true
	git -C "$tree" config am.threeWay true
	git -C "$tree" config filter.evil.required true
	rm -rf "$scratch/marks" && mkdir "$scratch/marks"
}

# quiet NAME: nothing of the checkout was run
quiet()
{
	is "$rc" 0 "$1: done"
	is "$(cat "$scratch/marks/mark" 2>/dev/null || :)" '' "$1: nothing of the checkout was run"
}
export GIT_AUTHOR_NAME=test GIT_AUTHOR_EMAIL=test@example.invalid
export GIT_COMMITTER_NAME=test GIT_COMMITTER_EMAIL=test@example.invalid

evil
touch "$tree/$flush"	# what git looks at again
run "$backport" "$tree" --output "$scratch/copy"
quiet 'a copy of a checkout'
is "$("$backport" --check "$scratch/copy")" 'fixed as posted' '... is patched'
evil
run "$backport" "$tree" --branch fix
quiet '--branch'
is "$(git -C "$tree" -c core.fsmonitor=false rev-parse --abbrev-ref fix)" fix '... is there'
evil
run "$backport" "$tree" --in-place
quiet '--in-place'
evil
run "$backport" "$tree"
quiet 'a copy in the cache'
evil
git -C "$tree" config 'filter.a=b.smudge' "$scratch/mark"
run "$backport" "$tree" --branch fix
is "$rc $(cat "$scratch/marks/mark" 2>/dev/null || :)" '3 ' 'a filter that git cannot be told to leave out'
like "$err" "leave out 'filter.a=b'" '... is named'

# --- files that are none ---
fresh && rm "$tree/Kconfig" && mkfifo "$tree/Kconfig"
run timeout 60 "$backport" "$tree"
like "$rc" '^[03]$' 'a Kconfig that is a pipe'
fresh && ln -sf /dev/zero "$tree/$flush"
run timeout 60 "$backport" "$tree"
is "$rc" 3 'a source without an end'
mkdir -p "$scratch/deb/debian/patches"
printf 'linux (5.10.1-1) unstable; urgency=medium\n\n  * x\n\n -- a <a@b.invalid>  Mon, 21 Jan 2019 14:21:35 +0000\n' \
	>"$scratch/deb/debian/changelog"
echo '../../pipe' >"$scratch/deb/debian/patches/series"
mkfifo "$scratch/deb/pipe"
fresh
run timeout 60 "$backport" "$tree" --export debian "$scratch/deb"
like "$rc" '^[03]$' 'a series that names a pipe'

# --- a package that leads elsewhere ---
mkdir "$scratch/patches" && : >"$scratch/patches/series"
rm -r "$scratch/deb/debian/patches" && ln -s "$scratch/patches" "$scratch/deb/debian/patches"
run "$backport" "$tree" --export debian "$scratch/deb"
is "$rc $(ls -A "$scratch/patches")" '3 series' 'a package whose patches are a link: refused, nothing changed'
like "$err" 'debian/patches is a symbolic link' '... and said so'
# spec DIR: of a kernel that takes a tarball of patches
spec()
{
	rm -rf "$1" && mkdir -p "$1"
	cat >"$1/kernel.spec" <<-'END'
		Name: kernel
		Version: 4.19
		Release: 1
		Summary: A kernel of a test
		License: GPL-2.0-only
		Source1: patches.tar.gz
		Source2: series.conf
		%description
		Of a test.
		%prep
		%setup -q -c -T
		tar --force-local -xf %{_sourcedir}/patches.tar.gz
		while read -r patch; do patch -p1 <"$patch"; done <%{_sourcedir}/series.conf
	END
	: >"$1/series.conf"
}
spec "$scratch/rpm"
mkdir -p "$scratch/elsewhere" "$scratch/in"
ln -s "$scratch/elsewhere" "$scratch/in/patches"
tar -C "$scratch/in" -czf "$scratch/rpm/patches.tar.gz" .
before=$(sha "$scratch/rpm/patches.tar.gz")
run "$backport" "$tree" --export rpm-spec "$scratch/rpm/kernel.spec"
is "$rc $(ls "$scratch/elsewhere") $(sha "$scratch/rpm/patches.tar.gz") $(cat "$scratch/rpm/series.conf")" \
	"3  $before " 'a tarball whose folder is a link: refused, nothing changed'
like "$err" "'patches' in it leads elsewhere" '... and said so'
spec "$scratch/h:d"
mkdir "$scratch/in2" "$scratch/in2/patches" && echo x >"$scratch/in2/patches/x.patch"
tar --force-local -C "$scratch/in2" -czf "$scratch/h:d/patches.tar.gz" .
run timeout 60 "$backport" "$tree" --export rpm-spec "$scratch/h:d/kernel.spec"
is "$rc $(tar --force-local -tzf "$scratch/h:d/patches.tar.gz" | grep -c 'patch$')" '0 2' \
	'a folder with a colon is no host'
spec "$scratch/nul"
printf 'Patch1: a.patch\n\0%%autosetup\n' >>"$scratch/nul/kernel.spec"
before=$(sha "$scratch/nul/kernel.spec")
run "$backport" "$tree" --export rpm-spec "$scratch/nul/kernel.spec"
is "$rc $(sha "$scratch/nul/kernel.spec")" "3 $before" 'a spec with a byte that is 0: refused, nothing changed'

# --- killed, and few descriptors ---
# shellcheck disable=SC3045 # dash and bash have it
(ulimit -n 8; exec "$O/icache-ipi-backport" --patches "$patches" "$tree" --output "$scratch/few") >/dev/null 2>"$scratch/err" && rc=0 || rc=$?
is "$rc" 3 'ulimit -n 8: refused'
is "$(grep -c 'does not fit' "$scratch/err")" 0 '... and the patch is not blamed'

# What a killed run left is removed by the next; what looks alike is not.
cc -shared -fPIC -O1 -o "$scratch/kill-at.so" "$top/tests/lib/kill-at.c"
fresh
mkdir -p "$scratch/place/.icache-ipi-backport.others" "$TMPDIR/icache-ipi-backport.aaaaaa.d"
chmod 755 "$scratch/place/.icache-ipi-backport.others"
{ env LD_PRELOAD="$scratch/kill-at.so" KILL_BELOW="$scratch/place" KILL_AT=4 \
	"$backport" "$tree" --output "$scratch/place/new"; } >/dev/null 2>&1 || :
like "$(ls -A "$scratch/place" "$TMPDIR")" 'icache-ipi-backport\.' 'killed: a copy is left'
run "$backport" "$tree" --output "$scratch/place/new"
is "$rc $(ls -Am "$scratch/place" "$TMPDIR")" "0 $scratch/place:
.icache-ipi-backport.others, new

$TMPDIR:
icache-ipi-backport.aaaaaa.d" 'the next run removes it, and nothing else'

done_testing

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
	run timeout 600 "$backport" "$tree" --in-place
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
run timeout 600 "$backport" "$tree" --in-place
is "$rc" 3 'journal: a pipe to put there: refused'
fresh && plant "$flush" && rm "$tree/.icache-ipi-backport/journal" && mkfifo "$tree/.icache-ipi-backport/journal"
run timeout 600 "$backport" "$tree" --in-place
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
	rm -rf "$XDG_CACHE_HOME"	# a tree of the same second has the same copy there
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
	git -C "$tree" config hook.evil.event reference-transaction
	git -C "$tree" config hook.evil.command "$scratch/mark"
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

# A submodule has a configuration of its own, and a file that git looks at again.
for options in '' --in-place '--branch fix'; do
	fresh
	rm -f "$scratch/owned"
	mkdir "$tree/sub"
	echo '* filter=evil' >"$tree/sub/.gitattributes"
	echo content >"$tree/sub/file"
	tree_commit "$tree/sub"
	tree_commit "$tree" 2>/dev/null
	git -C "$tree/sub" config filter.evil.clean "touch $scratch/owned; cat"
	git -C "$tree" config submodule.sub.ignore none
	touch -d 2001-01-01 "$tree/sub/file"
	# shellcheck disable=SC2086 # options are words
	run "$backport" "$tree" $options
	is "$rc $(find "$scratch" -maxdepth 1 -name owned)" '0 ' "a filter of a submodule, [$options]: not run"
done
is "$(git -C "$tree" status --porcelain)$(basename "$scratch"/owned)" owned '... where git itself runs it'

# git runs these since 2.54; an older one is told to leave them out, too.
mkdir "$scratch/bin"
# shellcheck disable=SC2016 # the script expands
printf '#!/bin/sh\nprintf "%%s " "$@" >>"%s/told"\necho >>"%s/told"\nPATH=${PATH#*:}\nexec git "$@"\n' \
	"$scratch" "$scratch" >"$scratch/bin/git"
chmod +x "$scratch/bin/git"
for options in '' '--branch fix'; do
	evil
	rm -f "$scratch/told"
	# shellcheck disable=SC2086 # options are words
	PATH=$scratch/bin:$PATH run "$backport" "$tree" $options
	quiet "hooks of the configuration, [$options]"
	is "$(grep -Evc -e '^config ' -e '-c hook\.evil\.enabled=false ' "$scratch/told")" 0 \
		'... git is told to leave them out each time'
	like "$(cat "$scratch/told")" ' worktree add ' '... also where it makes a folder'
done

# Programs that are there only where git makes the copy, by the name of its own folder
for options in '' "--output $scratch/filtered" '--branch fix'; do
	fresh
	echo '* filter=evil' >"$tree/.gitattributes"
	tree_commit "$tree"
	rm -f "$scratch/owned"
	printf '[filter "evil"]\n\tclean = "touch %s; cat"\n\tsmudge = "touch %s; cat"\n' "$scratch/owned" \
		"$scratch/owned" >"$tree/.git/evil"
	printf '[hook "evil"]\n\tevent = reference-transaction\n\tcommand = "touch %s"\n' "$scratch/owned" \
		>>"$tree/.git/evil"
	for place in "$tree/.git/worktrees/**" '**/worktrees/**'; do
		printf '[includeIf "gitdir:%s"]\n\tpath = evil\n' "$place"
	done >>"$tree/.git/config"
	# shellcheck disable=SC2086 # options are words
	run "$backport" "$tree" $options
	case $options in --branch*) wanted=3 ;; *) wanted=0 ;; esac
	is "$rc $(find "$scratch" -maxdepth 1 -name owned)" "$wanted " \
		"programs of worktrees alone, [${options##*/}]: not run"
	is "$(ls "$tree/.git/worktrees" 2>/dev/null || :)" '' '... and git makes none'
done
like "$err" 'has includeIf: what it has git run is not known' '--branch: why not'

# --- a folder of the tree that becomes a link while the tree is copied ---
fresh
mkdir "$scratch/precious" "$scratch/swap"
echo precious >"$scratch/precious/flush.c"
cat >"$scratch/swap/cp" <<END
#!/bin/sh
case "\$*" in *--target-directory*) rm -rf "$tree/${flush%/*}"; ln -s "$scratch/precious" "$tree/${flush%/*}" ;; esac
PATH=\${PATH#*:}
exec cp "\$@"
END
chmod +x "$scratch/swap/cp"
PATH=$scratch/swap:$PATH run "$backport" "$tree" --output "$scratch/swapped"
is "$rc $(cat "$scratch/precious"/*)" '3 precious' 'a folder that becomes a link: nothing is written behind it'
like "$err" 'arch/arm64/mm became a symbolic link meanwhile' '... and said so'
is "$(find "$scratch" -maxdepth 1 -name '.icache-ipi-backport.*')" '' '... nothing is left'

# --- sources that are none ---
fresh
mkdir "$tree/a
xx.." && cp "$tree/$flush" "$tree/a
xx../b.c" && cp "$tree/$flush" "$scratch/b.c"
for options in '' --in-place '--semantic --no-compile'; do
	# shellcheck disable=SC2086 # options are words
	run "$backport" "$tree" $options
	like "$rc $err" '^3 .*\./a xx\.\./b\.c has the end of a line in its name' "a name of two lines, [$options]: refused"
done
# quickly NAME: refused within 20 s of CPU
quickly()
{
	# shellcheck disable=SC3045 # dash and bash have it
	run sh -c 'ulimit -t 20; exec "$0" "$1"' "$backport" "$tree"
	like "$rc $err" "^3 .*$1" "a source that is $1"
}
fresh
mkdir "$tree/drivers"
awk 'BEGIN { while (i++ < 20000) print "sync_icache_aliases(" }' >"$tree/drivers/x.c"
quickly 'more than 1000 times'
awk 'BEGIN { while (i++ < 40000) print "sync_icache_aliases(a, b);" }' >"$tree/drivers/x.c"
quickly 'too large for source text'
if command -v spatch >/dev/null; then
	awk 'BEGIN { print "sync_icache_aliases(a, b, true);"; while (i++ < 6500) print "/* ICACHE_IPI_COMMENT */" }' \
		>"$tree/drivers/x.c"
	# shellcheck disable=SC2016 # sh expands
	run sh -c 'ulimit -v "$3"; exec "$1" "$2" --semantic --no-compile --output "$2.semantic"' sh "$backport" "$tree" \
		"$(memory_limit 2097152)"
	like "$rc: $err" 'calls need a decision' 'a source with many signs of ours: no more memory than for its size'
else
	skip 'a source with many signs of ours' 'no spatch (coccinelle)'
fi

# --- a folder for the copy that somebody's link names ---
if [ "$(id -u)" = 0 ]; then
	fresh
	mkdir "$scratch/empty" && ln -s empty "$scratch/planted" && chown --no-dereference 65534 "$scratch/planted"
	run "$backport" "$tree" --output "$scratch/planted"
	is "$rc $(ls -A "$scratch/empty")" '3 ' "--output that is somebody else's link: refused"
	chown --no-dereference 0 "$scratch/planted"
	run "$backport" "$tree" --output "$scratch/planted"
	is "$rc $("$backport" --check "$scratch/empty")" '0 fixed as posted' '... and our own is followed'
else
	skip "--output that is somebody else's link" 'needs root'
fi

# --- a checkout whose repository is not its own ---
mkdir "$scratch/mine" && tree_make "$scratch/mine" && tree_commit "$scratch/mine"
mine=$scratch/mine
tree_state_of_mine()
{
	find "$mine/.git" -type f -exec sha256sum {} + | sort | sha256sum
}
before=$(tree_state_of_mine)
# elsewhere NAME: neither a branch nor a copy of $tree touches the repository of $scratch/mine
elsewhere()
{
	run "$backport" "$tree" --branch fix
	is "$rc:$(tree_state_of_mine)" "3:$before" "$1: --branch is refused"
	like "$err" "git would write to .*, which is not the checkout's own|not the top of a git checkout" '... and why'
	rm -rf "$scratch/copy"
	run "$backport" "$tree" --output "$scratch/copy"
	is "$rc:$(tree_state_of_mine):$("$backport" --check "$scratch/copy")" "0:$before:fixed as posted" '... a copy is made of its files'
}
fresh
echo "gitdir: $mine/.git" >"$tree/.git"
elsewhere 'a .git file that names a repository of ours'
fresh
ln -s "$mine/.git" "$tree/.git"
elsewhere 'a link to one'
fresh
mkdir "$tree/.git" && cp "$mine/.git/HEAD" "$mine/.git/index" "$tree/.git" && echo "$mine/.git" >"$tree/.git/commondir"
echo "$tree/.git" >"$tree/.git/gitdir"
elsewhere 'a .git with the commondir of ours'
for name in objects refs logs; do
	fresh && tree_commit "$tree"
	rm -rf "$tree/.git/$name" && ln -s "$mine/.git/$name" "$tree/.git/$name"
	cp "$mine/.git/HEAD" "$mine/.git/index" "$tree/.git"
	elsewhere "a .git whose $name are ours"
done
fresh && tree_commit "$tree"
echo precious >"$scratch/victim"
mkdir -p "$tree/.git/logs/refs/heads" && ln -s "$scratch/victim" "$tree/.git/logs/refs/heads/fix"
elsewhere "a log of the branch that is a link"
is "$(cat "$scratch/victim")" precious '... to a file that stays'
# What is its own, or knows it, is taken: backport-branch.t has a worktree, too.
rm -rf "$scratch/super" && git init --quiet "$scratch/super"
git -C "$scratch/super" -c protocol.file.allow=always submodule --quiet add "$mine" sub 2>/dev/null
run "$backport" "$scratch/super/sub" --branch fix
is "$rc $out" '0 fix' 'a submodule'

# --- files that are none ---
fresh && rm "$tree/Kconfig" && mkfifo "$tree/Kconfig"
run timeout 600 "$backport" "$tree"
like "$rc" '^[03]$' 'a Kconfig that is a pipe'
fresh && ln -sf /dev/zero "$tree/$flush"
run timeout 600 "$backport" "$tree"
is "$rc" 3 'a source without an end'
mkdir -p "$scratch/deb/debian/patches"
printf 'linux (5.10.1-1) unstable; urgency=medium\n\n  * x\n\n -- a <a@b.invalid>  Mon, 21 Jan 2019 14:21:35 +0000\n' \
	>"$scratch/deb/debian/changelog"
echo '../../pipe' >"$scratch/deb/debian/patches/series"
mkfifo "$scratch/deb/pipe"
fresh
run timeout 600 "$backport" "$tree" --export debian "$scratch/deb"
like "$rc" '^[03]$' 'a series that names a pipe'

# --- a package that leads elsewhere ---
mkdir "$scratch/patches" && : >"$scratch/patches/series"
rm -r "$scratch/deb/debian/patches" && ln -s "$scratch/patches" "$scratch/deb/debian/patches"
run "$backport" "$tree" --export debian "$scratch/deb"
is "$rc $(ls -A "$scratch/patches")" '3 series' 'a package whose patches are a link: refused, nothing changed'
like "$err" 'debian/patches is a symbolic link' '... and said so'

# quilt is a script: what it gets from a package are names, and options that say how to apply a patch.
export DEBFULLNAME=test DEBEMAIL=test@example.invalid
# hostile LINE...: a package whose list of patches has these lines, with sources
hostile()
{
	rm -rf "$scratch/q" "$scratch/w"
	mkdir "$scratch/w"
	tree_make "$scratch/q"
	mkdir -p "$scratch/q/debian/patches"
	cp "$scratch/deb/debian/changelog" "$scratch/q/debian"
	printf '%s\n' "$@" >"$scratch/q/debian/patches/series"
	printf -- '--- a/new\n+++ b/new\n@@ -0,0 +1 @@\n+owned\n' >"$scratch/q/debian/patches/evil.patch"
}

# innocent NAME [CODE]: the export refuses, or does its work, and nothing outside of the package is new
innocent()
{
	run timeout 600 "$backport" --export debian "$scratch/q"
	is "$rc $(find "$scratch/w" "$scratch/q/.pc" -mindepth 1 2>/dev/null)" "${2-3} " "quilt: $1"
}
for option in --output="$scratch/w/x" -o"$scratch/w/x" --directory="$scratch/w" -d"$scratch/w" \
	"-p1 -r $scratch/w/x" --prefix="$scratch/w/" -p12 '-p1;id' '*'; do
	hostile "evil.patch $option"
	innocent "a patch with the option $option: refused" 3
	like "$err" 'is more than a plain name with -p1 or -R' '... and said so'
done
# shellcheck disable=SC2016 # nothing is to expand it here
for name in "x\"||system(\"id>$scratch/w/x\")||\"" '$(id>../w/x)' '`id>../w/x`' \
	'../../w/evil.patch' '/etc/passwd' './evil.patch' '-x' 'a//b' 'x;y'; do
	hostile "$name"
	mkdir -p "$scratch/q/debian/patches/$(dirname -- "$name")" 2>/dev/null || :
	cp "$scratch/q/debian/patches/evil.patch" "$scratch/q/debian/patches/$name" 2>/dev/null || :
	innocent "a patch named $name: refused"
done
hostile evil.patch && ln -s evil.patch "$scratch/q/debian/patches/link" && echo link >>"$scratch/q/debian/patches/series"
innocent 'a patch that is a link: refused'
hostile evil.patch && mkfifo "$scratch/q/debian/patches/pipe" && echo pipe >>"$scratch/q/debian/patches/series"
innocent 'a patch that is a pipe: refused'
hostile evil.patch && mv "$scratch/q/debian/patches/series" "$scratch/w.series"
ln -s "$scratch/w.series" "$scratch/q/debian/patches/series"
innocent 'a list that is a link: refused'
# What patches make is never read as a list, a note or a patch of quilt's.
line="next.patch --output=$scratch/w/x"
hostile first.patch next.patch '# -p1 is what there is' 'evil.patch -p1'
cp "$scratch/q/debian/patches/evil.patch" "$scratch/q/debian/patches/next.patch"
for file in debian/patches/series series .pc/series ../patches/series; do
	printf -- '--- /dev/null\n+++ b/%s\n@@ -0,0 +1 @@\n+%s\n' "$file" "$line"
done >"$scratch/q/debian/patches/first.patch"
sed 's/new/second/' "$scratch/q/debian/patches/evil.patch" >"$scratch/q/debian/patches/next.patch"
innocent 'a patch that makes lists of patches: refused' 3
hostile first.patch
{
	printf -- '--- a/series\n+++ b/series\n@@ -1 +1 @@\n-%s\n+x\n' "$line"
	printf -- '--- /dev/null\n+++ b/.pc/series\n@@ -0,0 +1 @@\n+x\n'
} >"$scratch/q/debian/patches/first.patch"
echo "$line" >"$scratch/q/series"
innocent 'a file of the kernel named series is none of quilt' 0
# A link in the package that leads elsewhere from where quilt works: nothing is made there.
hostile evil.patch
depth=../../../../../../../..
mkdir -p "$scratch/q$scratch/w" && echo x >"$scratch/q$scratch/w/made"
ln -s "$depth$scratch/w" "$scratch/q/debian/patches/deep"
printf -- '--- a/./debian/patches/deep/made\n+++ b/./debian/patches/deep/made\n@@ -1 +1 @@\n-x\n+y\n' \
	>"$scratch/q/debian/patches/evil.patch"
innocent 'a patch of a file behind a link: refused' 3
# What quilt leaves when it stops goes with its folder.
hostile "$(printf 'evil.patch\r')"
innocent 'a list with the line ends of DOS: refused'
is "$(ls "$TMPDIR")" '' '... and nothing stays of it'
# An ed script is no patch.
hostile evil.patch
printf '1i\n!id>%s/w/x\n.\nw %s/w/y\n' "$scratch" "$scratch" >"$scratch/q/debian/patches/evil.patch"
run timeout 600 "$backport" --export debian "$scratch/q"
is "$(ls "$scratch/w")" '' 'quilt: a script for ed is not run'

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
patch=arm64-do-not-issue-ipis-for-user-executable-ptes.patch
echo precious >"$scratch/elsewhere/$patch"
echo "patches/$patch" >"$scratch/rpm/series.conf"
run "$backport" "$tree" --reverse --export rpm-spec "$scratch/rpm/kernel.spec"
is "$rc $(cat "$scratch/elsewhere/$patch") $(cat "$scratch/rpm/series.conf")" "3 precious patches/$patch" \
	'... and --reverse takes no patch out of another folder'
spec "$scratch/h:d"
mkdir "$scratch/in2" "$scratch/in2/patches" && echo x >"$scratch/in2/patches/x.patch"
tar --force-local -C "$scratch/in2" -czf "$scratch/h:d/patches.tar.gz" .
run timeout 600 "$backport" "$tree" --export rpm-spec "$scratch/h:d/kernel.spec"
is "$rc $(tar --force-local -tzf "$scratch/h:d/patches.tar.gz" | grep -c 'patch$')" '0 2' \
	'a folder with a colon is no host'
spec "$scratch/nul"
printf 'Patch1: a.patch\n\0%%autosetup\n' >>"$scratch/nul/kernel.spec"
before=$(sha "$scratch/nul/kernel.spec")
run "$backport" "$tree" --export rpm-spec "$scratch/nul/kernel.spec"
is "$rc $(sha "$scratch/nul/kernel.spec")" "3 $before" 'a spec with a byte that is 0: refused, nothing changed'

mkdir "$scratch/a b's"
spec "$scratch/rpm2"
run env TMPDIR="$scratch/a b's" "$backport" "$tree" --export rpm-spec "$scratch/rpm2/kernel.spec"
like "$rc $err" "^3 .*rpmbuild cannot work in .*/a b's/" 'a TMPDIR that rpmbuild does not quote: refused'
# The macros of a spec are programs, of which an export says that it runs them; nothing else does.
spec "$scratch/macro"
echo "%{lua:os.execute('touch $scratch/ran')}%(touch $scratch/ran)" >>"$scratch/macro/kernel.spec"
cp "$scratch/macro/kernel.spec" "$tree"
for command in --check "--output $scratch/copied" --in-place; do
	# shellcheck disable=SC2086 # words
	run "$backport" "$tree" $command
	is "$rc $(find "$scratch/ran" 2>/dev/null)" "$([ "$command" = --check ] && echo 2 || echo 0) " \
		"backport $command: no macro of a spec is run"
done
run "$O/icache-ipi-check" "$scratch/macro/kernel.spec" "$scratch/macro" "$tree"
is "$(find "$scratch/ran" 2>/dev/null)" '' 'check: no macro of a spec is run'
fresh
for dry in --dry-run ''; do
	run "$backport" "$tree" --export rpm-spec "$scratch/macro/kernel.spec" $dry
	like "$(head -n 1 "$scratch/err")" "rpm now runs the macros and the %prep of $scratch/macro/kernel.spec" \
		"--export $dry: says first that it runs the spec"
	is "$(ls "$scratch/ran")" "$scratch/ran" '... and does so'
	rm "$scratch/ran"
done
run "$backport" --help
like "$out" '--dry-run .* It runs what the export' '... and --help says so, of --dry-run, too'

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

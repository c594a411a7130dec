#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# backport-export.t: backport --export debian into packages with and without sources, which quilt prepares
# before and after; and exports of both kinds, killed before each call that writes
set -eu

# In memory where that can be: each of some 50 runs waits for its files to be on disk.
[ ! -w /dev/shm ] || TMPDIR=/dev/shm
export TMPDIR="${TMPDIR:-/tmp}"
. "$(dirname "$0")/../lib/tap.sh"
. "$top/tests/lib/trees.sh"
export DEBFULLNAME='The Maintainer' DEBEMAIL=maintainer@example.invalid HOME="$scratch/home" TMPDIR="$scratch/tmp" \
	XDG_CACHE_HOME="$scratch/cache" KILL_BELOW_ONLY=1
mkdir "$HOME" "$TMPDIR"
patch=arm64-do-not-issue-ipis-for-user-executable-ptes.patch
entry=bugfix/arm64/$patch path=$PATH

# package [TREE]: a source package whose one patch is not yet applied; its sources are those of TREE
package()
{
	pkg=$scratch/linux-4.19.13
	rm -rf "$pkg"
	mkdir -p "$pkg/debian/patches" "$pkg/debian/source"
	[ $# = 0 ] || cp -a "$1/." "$pkg"
	cat >"$pkg/debian/changelog" <<-'END'
		linux (4.19.13-1) unstable; urgency=medium

		  * New upstream release.

		 -- A <a@example.invalid>  Thu, 01 Jan 2026 00:00:00 +0000
	END
	echo '3.0 (quilt)' >"$pkg/debian/source/format"
	tree_vendor_patch "$pkg/debian/patches/vendor.patch"
	printf '# of the vendor\nvendor.patch\n' >"$pkg/debian/patches/series"
}

# own_patch NAME TREE: a patch of the package's own that leads from the tree to TREE
own_patch()
{
	env -C "$scratch" diff -Naur tree "${2#"$scratch/"}" >"$pkg/debian/patches/$1" || [ $? = 1 ]
	echo "$1" >>"$pkg/debian/patches/series"
}

# pushed: what the package is once quilt has pushed all of its patches
pushed()
{
	rm -rf "$scratch/pushed"
	cp -a "$pkg" "$scratch/pushed"
	env -C "$scratch/pushed" QUILT_PATCHES=debian/patches QUILT_PATCH_OPTS=--fuzz=0 quilt --quiltrc - push -a \
		>"$scratch/log" 2>&1 || [ $? = 2 ] || { echo fails; return; }
	echo "$(tree_state "$scratch/pushed" || :), $(grep -c vendor "$scratch/pushed/Makefile")"
}

export_debian()
{
	run "$O/icache-ipi-backport" "$@"
}

# refuses NAME PATTERN OPTION...: exit 3, nothing changed
refuses()
{
	name=$1 pattern=$2
	shift 2
	sum=$(tree_sum "$pkg")
	export_debian "$@" --export debian "$pkg"
	is "$rc:$out:$(tree_sum "$pkg")" "3::$sum" "$name: refused, nothing changed"
	like "$err" "$pattern" "$name: says why"
}

tree_make "$scratch/tree"

# --- with its sources ---
for form in posted merged; do
	package "$scratch/tree"
	is "$(pushed)" 'affected, 1' "$form: before"
	sum=$(tree_sum "$pkg")
	export_debian --export debian "$pkg" --series "$form" --dry-run
	is "$rc:$(tree_sum "$pkg"):$(find "$pkg/debian" -type d | wc -l)" "0:$sum:3" "$form: --dry-run changes nothing"
	like "$out" "^\+$entry" "$form: --dry-run shows the list"
	like "$out" '^\+  \* \[arm64\] Do not issue IPIs' "$form: --dry-run shows the changelog"
	export_debian --export debian "$pkg" --series "$form"
	is "$rc:$(pushed)" "0:fixed as $form, 1" "$form: quilt builds it"
	is "$(printf '%s' "$err" | grep -c 'holds no sources')" 0 "$form: by the package itself"
	after=$(tree_sum "$pkg")
	export_debian --export debian "$pkg" --series "$form"
	is "$rc:$(tree_sum "$pkg")" "0:$after" "$form: again changes nothing"
	like "$err" 'already: nothing to do' "$form: again says so"
	export_debian --export debian "$pkg" --series "$form" --reverse --dry-run
	is "$rc:$(tree_sum "$pkg")" "0:$after" "$form: --reverse --dry-run changes nothing"
	like "$out" "^-$entry" "$form: --reverse --dry-run shows it"
	export_debian --export debian "$pkg" --series "$form" --reverse
	is "$rc:$(tree_sum "$pkg"):$(pushed)" "0:$sum:affected, 1" "$form: --reverse leaves what was there"
	export_debian --export debian "$pkg" --series "$form" --reverse
	is "$rc:$(tree_sum "$pkg")" "0:$sum" "$form: --reverse again changes nothing"
	like "$err" 'does not list' "$form: --reverse again says so"
done

package "$scratch/tree"
export_debian --export debian "$pkg" --series merged
refuses 'the other form' "but quilt push -a leads to 'fixed as merged'" "$scratch/tree" --series posted

# Patches of the package that are in quilt's way, or ours.
package "$scratch/tree"
printf -- '--- a/Makefile\n+++ b/Makefile\n@@ -1 +1 @@\n-NOT THERE\n+X\n' >"$pkg/debian/patches/vendor.patch"
refuses 'a patch of its own that fails' 'vendor.patch.*without our patch' "$scratch/tree"

package "$scratch/tree"
rm -rf "$scratch/drift"
cp -a "$scratch/tree" "$scratch/drift"
sed -i 's/flush_icache_range(/flush_icache_range (/' "$scratch/drift/$flush"
own_patch drift.patch "$scratch/drift"
refuses 'a patch of its own that ours does not fit' "with the patch in it, quilt push -a in .* fails: Patch .*$patch" "$scratch/tree"

for form in posted merged; do
	package "$scratch/tree"
	rm -rf "$scratch/fixed"
	cp -a "$scratch/tree" "$scratch/fixed"
	tree_patch "$scratch/fixed" "4.19.y-$form"
	own_patch fix.patch "$scratch/fixed"
	sum=$(tree_sum "$pkg")
	export_debian --export debian "$pkg"
	is "$rc:$(tree_sum "$pkg")" "0:$sum" "its own patches are the fix as $form: nothing to do"
	like "$err" "lead to 'fixed as $form' already" "its own patches are the fix as $form: says so"
done

# A listed patch that is not there, or does nothing.
package "$scratch/tree"
echo "$entry" >>"$pkg/debian/patches/series"
refuses 'listed and not there' 'quilt push -a fails' "$scratch/tree"
mkdir -p "$pkg/debian/patches/bugfix/arm64"
printf -- '--- a/Kconfig\n+++ b/Kconfig\n@@ -0,0 +1 @@\n+# x\n' >"$pkg/debian/patches/$entry"
refuses 'listed, and another patch' "quilt push -a leads to 'affected'" "$scratch/tree"

# Programs of other packages, which the one that has this program recommends.
mkdir "$scratch/bin"
ln -s /usr/bin/* "$scratch/bin"
for program in quilt:quilt dch:devscripts; do
	package "$scratch/tree"
	rm "$scratch/bin/${program%:*}"
	PATH=$scratch/bin
	refuses "no ${program%:*}" "^icache-ipi-backport: nothing was changed; install ${program#*:}\$" "$scratch/tree"
	PATH=$path
	ln -s "/usr/bin/${program%:*}" "$scratch/bin"
	like "$(sed -n '/^Package: icache-ipi-vm/,/^Description/p' "$top/debian/control")" \
		"^ *${program#*:},\$" "${program#*:} is recommended"
done

# A patch that leads out of the package.
package "$scratch/tree"
echo outside >"$scratch/outside"
printf -- '--- a/../outside\n+++ b/../outside\n@@ -1 +1 @@\n-outside\n+changed\n' >"$pkg/debian/patches/vendor.patch"
refuses 'a patch that leads out' 'without our patch' "$scratch/tree"
is "$(cat "$scratch/outside")" outside 'a patch that leads out: changed nothing there'

# Applied by dpkg-source or the maintainer: quilt keeps the files as they were before in .pc.
package "$scratch/tree"
rm -rf "$scratch/commented"
cp -a "$scratch/tree" "$scratch/commented"
echo '/* of the vendor */' >>"$scratch/commented/$flush"
own_patch comment.patch "$scratch/commented"
env -C "$pkg" QUILT_PATCHES=debian/patches quilt --quiltrc - push -a >/dev/null 2>&1
export_debian --export debian "$pkg"
is "$rc:$(pushed)" '0:fixed as posted, 1' 'its own patches are applied: quilt goes on from there'
env -C "$pkg" QUILT_PATCHES=debian/patches quilt --quiltrc - push -a >/dev/null 2>&1
refuses 'ours is applied, --reverse' 'quilt pop' "$scratch/tree" --reverse

# --- without its sources ---
package
sum=$(tree_sum "$pkg")
export_debian "$scratch/tree" --export debian "$pkg"
is "$rc" 0 'no sources: exported'
like "$err" 'holds no sources: only our patch was tried' 'no sources: says that this proves less'
export_debian "$scratch/tree" --export debian "$pkg"
like "$rc:$err" '^0:.*already' 'no sources: again'
export_debian "$scratch/tree" --export debian "$pkg" --reverse
is "$rc:$(tree_sum "$pkg")" "0:$sum" 'no sources: --reverse leaves what was there'

# --reverse in a version that somebody works on.
(cd "$pkg" && dch --no-conf --changelog=debian/changelog --check-dirname-level=0 --increment \
	--distribution=UNRELEASED 'Other work')
export_debian "$scratch/tree" --export debian "$pkg"
export_debian "$scratch/tree" --export debian "$pkg" --reverse
is "$rc:$(grep -c 'Other work' "$pkg/debian/changelog"):$(grep -c 'Do not issue' "$pkg/debian/changelog")" 0:1:0 \
	'--reverse: the item goes, that of somebody else stays'
is "$(dpkg-parsechangelog --file "$pkg/debian/changelog" --show-field Version)" 4.19.13-2 '--reverse: and its version'
# One that was released.
export_debian "$scratch/tree" --export debian "$pkg"
sed -i '1s/UNRELEASED/unstable/' "$pkg/debian/changelog"
sum=$(sha256sum "$pkg/debian/changelog")
export_debian "$scratch/tree" --export debian "$pkg" --reverse
is "$rc:$(sha256sum "$pkg/debian/changelog")" "0:$sum" '--reverse: a version that was released says what it said'

# No room in the changelog's folder: nothing is half done. Root writes anywhere.
if [ "$(id -u)" != 0 ]; then
	package "$scratch/tree"
	chmod 555 "$pkg/debian"
	refuses 'a folder that cannot be written' 'nothing was changed' "$scratch/tree"
	chmod 755 "$pkg/debian"
fi
package "$scratch/tree"
mkdir "$pkg/debian/changelog.backport-new"
touch "$pkg/debian/changelog.backport-new/x"
refuses 'a file that cannot be written' 'cannot write .*nothing was changed' "$scratch/tree"
is "$(find "$pkg/debian/patches" -type f | wc -l)" 2 'a file that cannot be written: no new one stays'

# --- killed ---
cc -shared -fPIC -O1 -o "$scratch/kill-at.so" "$top/tests/lib/kill-at.c"

# contents: of all files, but the day in the changelog
contents()
{
	(cd "$pkg" && find . -type f -print0 | LC_ALL=C sort -z | xargs -0 sed '/^ -- The/d' --separate | sha256sum
	find . -type f | LC_ALL=C sort) | sha256sum
}

# killed_at_each COMMAND...: of the package as it is, killed before each call that writes below $pkg, or before
# every eighth but for KILLS=all. What another run finds is gone after it, also if that is a --dry-run; the same
# command then completes its work.
killed_at_each()
{
	rm -rf "$scratch/start"
	cp -a "$pkg" "$scratch/start"
	begun=$(state)
	env LD_PRELOAD="$scratch/kill-at.so" KILL_BELOW="$pkg/" KILL_COUNT="$scratch/count" "$@" >/dev/null 2>&1
	complete=$(contents) steps=$(cat "$scratch/count") wrong='' seen='' left=0 tried=''
	for step in $(kill_steps 8 "$steps"); do
		rm -rf "$pkg" "$XDG_CACHE_HOME"
		cp -a "$scratch/start" "$pkg"
		{ env LD_PRELOAD="$scratch/kill-at.so" KILL_BELOW="$pkg/" KILL_AT="$step" "$@"; } >/dev/null 2>&1 || :
		# What another step left just so was tried.
		key=$(contents | sha256sum | cut -c 1-16)$(ls "$XDG_CACHE_HOME/icache-ipi/backport" 2>/dev/null || :)
		case $tried in *" $key "*) continue ;; esac
		tried="$tried $key "
		now=$(state)
		case $now in untouched | complete | unlabelled) ;; *) wrong="$wrong $step:$now" ;; esac
		seen="$seen $now"
		if find "$pkg" -name '*.backport-new' | grep -q .; then
			left=$((left + 1))
			"$@" --dry-run >/dev/null 2>&1 || wrong="$wrong $step:--dry-run then $?"
			! find "$pkg" -name '*.backport-new' | grep -q . || wrong="$wrong $step:a file stays"
			[ "$(state)" = "$now" ] || wrong="$wrong $step:--dry-run changes $now"
		fi
		"$@" >/dev/null 2>&1 || wrong="$wrong $step:then $?"
		[ "$(contents)" = "$complete" ] || wrong="$wrong $step:$now:not complete then"
	done
	is "$wrong" '' "$kind: killed before calls of $steps: as it was or complete; complete then"
	like "$seen" "$begun" "$kind: as it was, at some step"
	like "$left" '^[1-9]' "$kind: a --dry-run takes away what killed runs left"
}

# killed_both COMMAND...: an export of the package, and the way back from there
killed_both()
{
	killed_at_each "$@"
	kind="$kind, --reverse"
	killed_at_each "$@" --reverse
}

kind='Debian'
package "$scratch/tree"
state()
{
	case $(pushed):$(grep -c 'Do not issue' "$pkg/debian/changelog") in
	'affected, 1:0') echo untouched ;;
	'fixed as posted, 1:0') echo unlabelled ;;
	'fixed as posted, 1:1') echo complete ;;
	*) echo mixed ;;
	esac
}
killed_both "$O/icache-ipi-backport" "$scratch/tree" --export debian "$scratch/linux-4.19.13"

rpm_package()
{
	pkg=$scratch/pkg
	rm -rf "$pkg"
	mkdir -p "$pkg/SPECS" "$pkg/SOURCES"
	tar --create --file="$pkg/SOURCES/linux-4.19.13.tar" --directory="$scratch" --transform='s/^tree/linux-4.19.13/' tree
	{
		cat
		printf '\n%%description\nOf a test.\n\n%%files\n'
	} >"$pkg/SPECS/kernel.spec"
}
state()
{
	rm -rf "$scratch/rpm"
	rpmbuild -bp --nodeps --quiet --target=aarch64 --define "_topdir $scratch/rpm" \
		--define "_sourcedir $pkg/SOURCES" "$pkg/SPECS/kernel.spec" >"$scratch/log" 2>&1 || { echo fails; return; }
	built=$(find "$scratch/rpm/BUILD" -type d -path '*/arch/arm64/mm' | head -n 1)
	case $(tree_state "${built%/arch/arm64/mm}" || :):$(grep -c '^%define buildid' "$pkg/SPECS/kernel.spec") in
	affected:0) echo untouched ;;
	'fixed as posted:0') [ "$label" = 1 ] && echo unlabelled || echo complete ;;
	"fixed as posted:$label") echo complete ;;
	*) echo mixed ;;
	esac
}

kind='a test patch and a label' label=1
rpm_package <<'END'
# define buildid .local
Name: kernel
Version: 4.19.13
Release: 1%{?buildid}
Summary: A kernel of a test
License: GPL-2.0-only
Source0: linux-%{version}.tar
Patch999999: linux-kernel-test.patch

%prep
%setup -q -n linux-%{version}
[ ! -s %{PATCH999999} ] || patch -p1 -s <%{PATCH999999}
END
: >"$pkg/SOURCES/linux-kernel-test.patch"
killed_both "$O/icache-ipi-backport" "$scratch/tree" --export rpm-spec "$scratch/pkg/SPECS/kernel.spec"

kind='series.conf' label=0
rpm_package <<'END'
Name: kernel
Version: 4.19.13
Release: 1
Summary: A kernel of a test
License: GPL-2.0-only
Source0: linux-%{version}.tar
Source2: series.conf
Source3: patches.tar.gz

%prep
%setup -q -n linux-%{version}
tar -xf %{SOURCE3}
sed -e '/^#/d' -e 's!^!patch -s -F0 -E -p1 -i !' %{SOURCE2} | sh -e
END
mkdir -p "$scratch/patches"
tar --create --auto-compress --mtime=@0 --file="$pkg/SOURCES/patches.tar.gz" --directory="$scratch" patches
echo '# of the vendor' >"$pkg/SOURCES/series.conf"
contents()
{
	cat "$pkg/SPECS/kernel.spec" "$pkg/SOURCES/series.conf"
	tar -tf "$pkg/SOURCES/patches.tar.gz"
	find "$pkg" -type f | LC_ALL=C sort
}
killed_both "$O/icache-ipi-backport" "$scratch/tree" --export rpm-spec "$scratch/pkg/SPECS/kernel.spec"

is "$(find "$scratch/pkg" "$scratch/linux-4.19.13" -name '*.backport-new' | wc -l)" 0 'no file of a killed run stays'
done_testing

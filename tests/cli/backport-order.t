#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# backport-order.t: in which order backport writes to disk and renames: a machine that loses power finds all
# of it, or none, or what the next run completes
set -eu

. "$(dirname "$0")/../lib/tap.sh"
. "$top/tests/lib/trees.sh"
export DEBFULLNAME='The Maintainer' DEBEMAIL=maintainer@example.invalid HOME="$scratch/home" XDG_CACHE_HOME="$scratch/cache"
patch=arm64-do-not-issue-ipis-for-user-executable-ptes.patch
entry=bugfix/arm64/$patch
cc -shared -fPIC -O1 -o "$scratch/log-calls.so" "$top/tests/lib/log-calls.c"

# logged BELOW ENVIRONMENT... PROGRAM OPTION...: it ends with 0; and what it did below the folder, in $calls
logged()
{
	below=$1
	shift
	: >"$scratch/calls"
	run env LD_PRELOAD="$scratch/log-calls.so" LOG_BELOW="$below" LOG_CALLS="$scratch/calls" "$@"
	[ "$rc" = 0 ] || printf '%s\n' "$err" | sed 's/^/# /'
	calls=$(cat "$scratch/calls")
}

# --- a Debian package: nothing says that the fix is in before it is, and nothing after it is out ---
tree_make "$scratch/tree"
pkg=$scratch/linux-4.19.13
mkdir -p "$pkg/debian/patches"
cp -a "$scratch/tree/." "$pkg"
cat >"$pkg/debian/changelog" <<'END'
linux (4.19.13-1) unstable; urgency=medium

  * New upstream release.

 -- A <a@example.invalid>  Thu, 01 Jan 2026 00:00:00 +0000
END
tree_vendor_patch "$pkg/debian/patches/vendor.patch"
echo vendor.patch >"$pkg/debian/patches/series"
if command -v quilt >/dev/null && command -v dch >/dev/null; then
	logged "$pkg/debian" "$O/icache-ipi-backport" --export debian "$pkg"
	is "$rc:$calls" "0:sync patches/$entry.backport-new
sync patches/series.backport-new
sync changelog.backport-new
rename patches/$entry
rename patches/series
rename changelog" 'Debian: all is on disk; then the patch, the list, the changelog'
	logged "$pkg/debian" "$O/icache-ipi-backport" --export debian "$pkg" --reverse
	is "$rc:$calls" "0:sync changelog.backport-new
sync patches/series.backport-new
rename changelog
rename patches/series
remove patches/$entry" 'Debian, --reverse: the changelog, the list, the patch'
else
	skip 'a Debian package' 'no quilt, or no devscripts'
fi

# --- an RPM kernel: the spec, or the list, comes last ---
# rpm_package: beside the spec on stdin, the tree and a patch of the vendor's
rpm_package()
{
	pkg=$scratch/rpm
	rm -rf "$pkg"
	mkdir "$pkg"
	tar --create --file="$pkg/linux-4.19.13.tar" --directory="$scratch" --transform='s/^tree/linux-4.19.13/' tree
	tree_vendor_patch "$pkg/vendor.patch"
	{
		printf 'Name: kernel\nVersion: 4.19.13\nRelease: 1\nSummary: A kernel of a test\nLicense: GPL-2.0-only\n'
		cat
		printf '\n%%description\nOf a test.\n\n%%files\n'
	} >"$pkg/kernel.spec"
}
if command -v rpmbuild >/dev/null; then
	rpm_package <<-'END'
		Source0: linux-%{version}.tar
		Patch1: vendor.patch

		%prep
		%autosetup -n linux-%{version} -p1
	END
	logged "$pkg" "$O/icache-ipi-backport" "$scratch/tree" --export rpm-spec "$pkg/kernel.spec"
	is "$rc:$calls" "0:sync $patch.backport-new
sync kernel.spec.backport-new
rename $patch
rename kernel.spec" 'RPM: the patch, then the spec'
	logged "$pkg" "$O/icache-ipi-backport" "$scratch/tree" --export rpm-spec "$pkg/kernel.spec" --reverse
	is "$rc:$calls" "0:sync kernel.spec.backport-new
rename kernel.spec
remove $patch" 'RPM, --reverse: the spec, then the patch'
	rpm_package <<-'END'
		Source0: linux-%{version}.tar
		Source2: series.conf
		Source3: patches.tar.gz

		%prep
		%setup -q -n linux-%{version}
		tar -xf %{SOURCE3}
		sed -e '/^#/d' -e 's!^!patch -s -F0 -E -p1 -i !' %{SOURCE2} | sh -e
	END
	mkdir "$pkg/patches"
	mv "$pkg/vendor.patch" "$pkg/patches"
	tar --create --gzip --file="$pkg/patches.tar.gz" --directory="$pkg" patches
	rm -r "$pkg/patches"
	echo patches/vendor.patch >"$pkg/series.conf"
	logged "$pkg" "$O/icache-ipi-backport" "$scratch/tree" --export rpm-spec "$pkg/kernel.spec"
	is "$rc:$calls" "0:sync patches.tar.gz.backport-new
sync series.conf.backport-new
rename patches.tar.gz
rename series.conf" 'series.conf: the tarball, then the list'
	logged "$pkg" "$O/icache-ipi-backport" "$scratch/tree" --export rpm-spec "$pkg/kernel.spec" --reverse
	is "$rc:$calls" "0:sync series.conf.backport-new
sync patches.tar.gz.backport-new
rename series.conf
rename patches.tar.gz" 'series.conf, --reverse: the list, then the tarball'
else
	skip 'an RPM kernel' 'no rpmbuild'
fi

# --- a tree itself ---
work=.icache-ipi-backport
logged "$scratch/tree" "$O/icache-ipi-backport" "$scratch/tree" --in-place --series merged
is "$rc:$calls" "0:sync $work/0
rename $flush
sync ${flush%/*}" 'one file: it is on disk, then it is renamed, then the folder is on disk'
"$O/icache-ipi-backport" "$scratch/tree" --in-place --series merged --reverse >/dev/null 2>&1
cp -a "$scratch/tree" "$scratch/affected"
logged "$scratch/tree" "$O/icache-ipi-backport" "$scratch/tree" --in-place --series posted
is "$rc:$(printf '%s\n' "$calls" | sed '/^exchange/,$d' | LC_ALL=C sort)" "0:$(
	{
		for file in "$flush" "$header" "$uprobes"; do
			echo "sync $work/folder/${file#arch/arm64/}"
		done
		find "$scratch/affected/arch/arm64" -type d -printf "sync $work/folder/%P\n" | sed 's,/$,,'
	} | LC_ALL=C sort)" 'several files: all and their folders are on disk'
is "$(printf '%s\n' "$calls" | sed -n '/^exchange/,/^sync/p')" 'exchange arch/arm64
sync arch' '... then the folders change places'
rm -rf "$scratch/tree"
cp -a "$scratch/affected" "$scratch/tree"
logged "$scratch/tree" NO_EXCHANGE=1 "$O/icache-ipi-backport" "$scratch/tree" --in-place --series posted
is "$rc:$(printf '%s\n' "$calls" | grep -v -e /folder -e '^remove')" "0:sync $work/0
sync $work/1
sync $work/2
sync $work/journal.new
rename $work/journal
sync $work
sync .
$(for file in "$header" "$uprobes" "$flush"; do printf '%s\n' "rename $file" "sync ${file%/*}"; done)" \
	'one by one: the files and the journal are on disk, then each is renamed'
done_testing

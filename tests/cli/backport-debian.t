#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# backport-debian.t: backport --export debian puts the fix into Debian's own source package linux
set -eu

. "$(dirname "$0")/../lib/tap.sh"
. "$top/tests/lib/trees.sh"
. "$top/tests/lib/debian-source.sh"
. "$top/tests/lib/kernels.sh"
export DEBFULLNAME='The Maintainer' DEBEMAIL=maintainer@example.invalid HOME="$scratch"
name=arm64-do-not-issue-ipis-for-user-executable-ptes.patch
entry=bugfix/arm64/$name

export_debian()
{
	run "$O/icache-ipi-backport" "$@"
}

# package DIR: Debian's debian/, unpacked
package()
{
	rm -rf "$1"
	mkdir "$1"
	tar --extract --file="$tarball" --directory="$1"
}

# added FILE: the lines that FILE has over the one in $scratch/pristine
added()
{
	diff "$scratch/pristine/debian/$1" "$package/debian/$1" | sed -n 's/^[<>]/&/p'
}

real_cache=${XDG_CACHE_HOME:-$(getent passwd "$(id -u)" | cut -d : -f 6)/.cache}
tarball=$(XDG_CACHE_HOME=$real_cache debian_source)
fixed=$(XDG_CACHE_HOME=$real_cache kernel_tree)
tree_excerpt "$fixed" "$scratch/fixed"
cp -a "$scratch/fixed" "$scratch/affected"
tree_patch "$scratch/affected" regress
package "$scratch/pristine"
package=$scratch/linux-5.10.223
like "$(head -n 1 "$scratch/pristine/debian/changelog")" '^linux \(5\.10\.223-1\) ' "Debian's package is read"

for form in posted merged; do
	package "$package"
	export_debian "$scratch/affected" --export debian "$package" --series "$form"
	is "$rc:$out" "0:$package" "$form: exported"
	is "$(added patches/series)" "> $entry" "$form: one line more in the series, none changed"
	is "$(grep -B 1 -A 1 "^$entry" "$package/debian/patches/series" | tr '\n' ' ')" \
		"bugfix/arm64/arm64-acpi-Add-fixup-for-HPE-m400-quirks.patch $entry bugfix/x86/x86-32-disable-3dnow-in-generic-config.patch " \
		"$form: behind the last one of its architecture"
	is "$(added changelog | grep -c '^<' || :)" 0 "$form: the changelog loses nothing"
	top_entry=$(dpkg-parsechangelog --file "$package/debian/changelog")
	is "$(echo "$top_entry" | sed -n -e 's/^Version: //p' -e 's/^Distribution: //p' -e 's/^Maintainer: //p')" \
		"5.10.223-2
UNRELEASED
The Maintainer <maintainer@example.invalid>" "$form: a new version, not released"
	like "$top_entry" '\[arm64\] Do not issue IPIs for user executable ptes' "$form: says what it is"
	is "$(dpkg-parsechangelog --file "$package/debian/changelog" --offset 1 --count 1 --show-field Version)" \
		5.10.223-1 "$form: the entries before are as they were"
	is "$(diff -rq "$scratch/pristine/debian" "$package/debian" | wc -l)" 3 "$form: nothing else changed"

	# What Debian's tools think of it.
	cp -a "$scratch/affected" "$scratch/quilt"
	echo "$entry" >"$scratch/one-line"
	run env -C "$scratch/quilt" QUILT_PATCHES="$package/debian/patches" QUILT_SERIES="$scratch/one-line" \
		QUILT_PATCH_OPTS=--fuzz=0 quilt --quiltrc - push -a
	is "$rc:$(tree_state "$scratch/quilt")" "0:fixed as $form" \
		"$form: quilt applies it, without fuzz"
	rm -rf "$scratch/quilt"
	for field in From: Subject: Origin: Forwarded:\ not-needed Applied-Upstream: Last-Update:; do
		like "$(sed '/^$/q' "$package/debian/patches/$entry")" "^$field" "$form: DEP-3: $field"
	done

	# Again.
	sum=$(tree_sum "$package")
	export_debian "$scratch/affected" --export debian "$package" --series "$form"
	is "$rc:$(tree_sum "$package")" "0:$sum" "$form: again: nothing changes"
	like "$err" "lists $entry already" "$form: again: says so"
done

# A run that was killed before the series had it is finished by the next.
sum=$(tree_sum "$package")
cp "$scratch/pristine/debian/patches/series" "$package/debian/patches/series"
export_debian "$scratch/affected" --export debian "$package" --series merged
is "$rc:$(tree_sum "$package")" "0:$sum" "half-way: finished, and no second changelog item"

# Somebody is at work on the next version: the item joins theirs.
package "$package"
(cd "$package" && dch --no-conf --changelog=debian/changelog --check-dirname-level=0 --local=~test \
	--distribution=UNRELEASED 'Other work')
export_debian "$scratch/affected" --export debian "$package"
top_entry=$(sed '/^ --/q' "$package/debian/changelog")
like "$top_entry" 'Other work' "an entry that is open: stays"
like "$(echo "$top_entry" | head -n 1)" '~test1\) UNRELEASED' "an entry that is open: its version too"
like "$top_entry" "^  \* \[arm64\] Do not issue" "an entry that is open: the item joins it"

# Patches that dpkg-source has applied: quilt wants the new one behind them.
package "$package"
mkdir "$package/.pc"
grep -v -e '^#' -e '^$' "$package/debian/patches/series" >"$package/.pc/applied-patches"
cp -a "$scratch/affected/." "$package"
export_debian --export debian "$package"
is "$rc:$(tail -n 1 "$package/debian/patches/series")" "0:$entry" "patches applied, sources there: at the end"

# A later patch that changes the same file.
package "$package"
printf -- '--- a/%s\n+++ b/%s\n' "$flush" "$flush" >"$package/debian/patches/later.patch"
echo later.patch >>"$package/debian/patches/series"
export_debian "$scratch/affected" --export debian "$package"
is "$rc:$(tail -n 1 "$package/debian/patches/series")" "0:$entry" "a later patch of the same file: behind it"

# Refused, or nothing to do.
package "$package"
sum=$(tree_sum "$package")
export_debian --export debian "$package"
is "$rc:$out" 3: "no sources: refused"
like "$err" 'TREE --export debian' "no sources: what to do"
export_debian "$scratch/fixed" --export debian "$package"
is "$rc" 0 "fixed already: nothing to do"
like "$err" "'fixed as merged' already: nothing to do" "fixed already: says so"
sed -i '1s/^linux/hello/' "$package/debian/changelog"
export_debian "$scratch/affected" --export debian "$package"
is "$rc" 3 "another package: refused"
like "$err" 'is the source package hello, not linux' "another package: why"
sed -i '1s/^hello/linux/' "$package/debian/changelog"
export_debian "$scratch/affected" --export debian "$scratch"
is "$rc" 3 "no package: refused"
is "$(tree_sum "$package")" "$sum" "refused: nothing was changed"
for options in "--export" "--export debian" "--export nix $package" "--export debian $package --branch x"; do
	# shellcheck disable=SC2086 # options
	export_debian "$scratch/affected" $options
	is "$rc:$out" 64: "usage: ${options%%/*}"
done
done_testing

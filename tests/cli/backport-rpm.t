#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# backport-rpm.t: backport --export rpm-spec, in the ways that kernel specs take patches; rpmbuild
# itself unpacks and patches what comes out
set -eu

. "$(dirname "$0")/../lib/tap.sh"
. "$top/tests/lib/trees.sh"
name=arm64-do-not-issue-ipis-for-user-executable-ptes.patch

export_rpm()
{
	run "$O/icache-ipi-backport" "$scratch/tree" --export rpm-spec "$@"
}

# package DIR: a kernel's SOURCES without a spec: the tree, and one patch that it has already
package()
{
	rm -rf "$1"
	mkdir "$1"
	tar --create --file="$1/linux-4.19.1.tar" --directory="$scratch" --transform='s/^tree/linux-4.19.1/' tree
	tree_vendor_patch "$1/vendor.patch"
}

# spec FILE: what all specs have in common, before and after the lines on stdin
spec()
{
	{
		cat <<-'END'
			Name: kernel
			Version: 4.19.1
			Release: 1
			Summary: A kernel of a test
			License: GPL-2.0-only
			Source0: https://host.invalid/linux-%{version}.tar
		END
		cat
		printf '\n%%description\nOf a test.\n\n%%files\n'
	} >"$1"
}

# prepared NAME SPEC: rpmbuild -bp, and the state of what it made
prepared()
{
	run rpmbuild -bp --nodeps --quiet --define "_topdir $scratch/rpm" \
		--define "_sourcedir $(dirname "$2")" "$2"
	[ "$rc" = 0 ] || printf '%s\n' "$err" | tail -n 5 | sed 's/^/# /'
	built=$(find "$scratch/rpm" -type d -name linux-4.19.1)
	is "$rc:$(tree_state "${built:-none}" || :):$(grep -c vendor "$built/Makefile")" \
		"0:$3:1" "$1: rpmbuild -bp: $3, and the spec's own patch is in"
	rm -rf "$scratch/rpm"
}

# exports NAME SPEC: before, after, and again
exports()
{
	prepared "$1, before" "$2" affected
	for form in posted merged; do
		rm -rf "${scratch:?}/$form"
		cp -a "$(dirname "$2")" "$scratch/$form"
		spec=$scratch/$form/$(basename "$2")
		export_rpm "$spec" --series "$form"
		is "$rc:$out" "0:$spec" "$1: exported"
		prepared "$1" "$spec" "fixed as $form"
		sum=$(tree_sum "$scratch/$form")
		export_rpm "$spec" --series "$form"
		is "$rc:$(tree_sum "$scratch/$form")" "0:$sum" "$1: again: nothing changes"
		like "$err" 'already: nothing to do' "$1: again: says so"
	done
}

tree_make "$scratch/tree"
package "$scratch/autosetup"
spec "$scratch/autosetup/kernel.spec" <<'END'
Patch3: vendor.patch

%prep
%autosetup -n linux-%{version} -p1
END
exports autosetup "$scratch/autosetup/kernel.spec"
is "$(diff "$scratch/autosetup/kernel.spec" "$spec")" "7a8
> Patch4: $name" "autosetup: one line more"

package "$scratch/patchn"
spec "$scratch/patchn/my kernel.spec" <<'END'
Patch10: vendor.patch

%prep
%setup -q -n linux-%{version}
%patch10 -p1 -b .vendor

%build
END
if rpmspec --parse "$scratch/patchn/my kernel.spec" >/dev/null 2>"$scratch/err"; then
	exports "%patchN" "$scratch/patchn/my kernel.spec"
	is "$(diff "$scratch/patchn/my kernel.spec" "$spec" | grep '^[<>]')" "> Patch11: $name
> %patch11 -p1" "%patchN: two lines more"
else
	skip '%patchN' "this rpmbuild no longer takes it: $(head -n 1 "$scratch/err")"
fi

package "$scratch/applypatch"
spec "$scratch/applypatch/kernel.spec" <<'END'
Patch1: vendor.patch

%prep
ApplyPatch()
{
	grep -q "^Patch[0-9]*: *$1$" %{_sourcedir}/kernel.spec || exit 1
	patch -p1 -F0 -s <%{_sourcedir}/$1
}
%setup -q -n linux-%{version}
ApplyPatch vendor.patch
END
exports ApplyPatch "$scratch/applypatch/kernel.spec"
is "$(diff "$scratch/applypatch/kernel.spec" "$spec" | grep '^[<>]')" "> Patch2: $name
> ApplyPatch $name" "ApplyPatch: two lines more"

# As Fedora's kernel.spec has it.
package "$scratch/fedora"
: >"$scratch/fedora/linux-kernel-test.patch"
spec "$scratch/fedora/kernel.spec" <<'END'
# define buildid .local
Patch1: vendor.patch
Patch999999: linux-kernel-test.patch

%prep
ApplyOptionalPatch()
{
	if [ $(wc -l <%{_sourcedir}/$1) -gt 0 ]; then
		patch -p1 -F1 -s <%{_sourcedir}/$1
	fi
}
%setup -q -n linux-%{version}
ApplyOptionalPatch vendor.patch
ApplyOptionalPatch linux-kernel-test.patch
END
exports linux-kernel-test.patch "$scratch/fedora/kernel.spec"
is "$(diff "$scratch/fedora/kernel.spec" "$spec" | grep '^[<>]')" "< # define buildid .local
> %define buildid .icache_ipi" "linux-kernel-test.patch: the build is marked"

# What is in it already stays in it.
package "$scratch/test-patch"
mv "$scratch/test-patch/vendor.patch" "$scratch/test-patch/linux-kernel-test.patch"
spec "$scratch/test-patch/kernel.spec" <<'END'
Patch999999: linux-kernel-test.patch

%prep
%setup -q -n linux-%{version}
patch -p1 -F1 -s <%{PATCH999999}
END
exports 'linux-kernel-test.patch, with a patch in it' "$scratch/test-patch/kernel.spec"

# A tree beside the patched one is built, too, unless it is called vanilla.
for other in debug vanilla; do
	rm -rf "${scratch:?}/$other"
	package "$scratch/$other"
	spec "$scratch/$other/kernel.spec" <<-END
		Patch1: vendor.patch

		%prep
		%setup -q -n linux-%{version}
		cp -a ../linux-%{version} ../$other
		patch -p1 -s <%{PATCH1}
	END
	sum=$(tree_sum "$scratch/$other")
	export_rpm "$scratch/$other/kernel.spec"
	case $other in
	vanilla) is "$rc:$(test -e "$scratch/$other/$name" && echo there)" 0:there 'a pristine tree beside it: exported' ;;
	*)
		is "$rc:$(tree_sum "$scratch/$other")" "3:$sum" 'an affected tree beside it: refused, nothing changed'
		like "$err" "leaves .*$other 'affected'" 'an affected tree beside it: says which'
		;;
	esac
done

# As openEuler's has it.
for compress in bz2 xz; do
	package "$scratch/euler"
	mkdir "$scratch/euler/patches"
	mv "$scratch/euler/vendor.patch" "$scratch/euler/patches"
	tar --create --auto-compress --file="$scratch/euler/patches.tar.$compress" --directory="$scratch/euler" patches
	rm -r "$scratch/euler/patches"
	printf '# of the vendor\npatches/vendor.patch' >"$scratch/euler/series.conf"
	spec "$scratch/euler/kernel.spec" <<END
Source9002: series.conf
Source9998: patches.tar.$compress

%prep
%setup -q -n linux-%{version}
tar -xf %{SOURCE9998}
sed -e '/^#/d' -e 's!^!patch -s -F0 -E -p1 --no-backup-if-mismatch -i !' %{SOURCE9002} | sh -e
END
	exports "series.conf, $compress" "$scratch/euler/kernel.spec"
	is "$(cat "$scratch/merged/series.conf")" "# of the vendor
patches/vendor.patch
patches/$name" "series.conf, $compress: one line more"
	is "$(cmp "$scratch/euler/kernel.spec" "$spec" && tar -tf "$scratch/merged/patches.tar.$compress" | grep -c 'patch$')" 2 \
		"series.conf, $compress: the spec stays; the tarball has both"
done

# A run that was killed before the list had it.
printf '# of the vendor\npatches/vendor.patch' >"$scratch/merged/series.conf"
export_rpm "$spec" --series merged
is "$rc:$(tail -n 1 "$scratch/merged/series.conf"):$(tar -tf "$scratch/merged/patches.tar.xz" | grep -c 'patch$')" \
	"0:patches/$name:2" "half-way: finished"

# --- conditionals, and where rpmbuild looks ---
rm -rf "$scratch/euler"
package "$scratch/euler"
mkdir "$scratch/euler/patches"
mv "$scratch/euler/vendor.patch" "$scratch/euler/patches"
tar --create --auto-compress --file="$scratch/euler/patches.tar.xz" --directory="$scratch/euler" patches
rm -r "$scratch/euler/patches"
echo patches/vendor.patch >"$scratch/euler/series.conf"
spec "$scratch/euler/kernel.spec" <<'END'
%if 0%{?with_patch}
Source9002: series.conf
Source9998: patches.tar.xz
%endif

%prep
%setup -q -n linux-%{version}
%if 0%{?with_patch}
tar -xf %{SOURCE9998}
sed -e 's!^!patch -s -F0 -E -p1 --no-backup-if-mismatch -i !' %{SOURCE9002} | sh -e
%endif
END
sum=$(tree_sum "$scratch/euler")
export_rpm "$scratch/euler/kernel.spec"
is "$rc:$out:$(tree_sum "$scratch/euler")" "3::$sum" 'series.conf that is off: refused, nothing changed'
like "$err" 'under %if 0%\{\?with_patch\} \(line 7\), which is off' 'series.conf that is off: names the conditional'
like "$err" "add --define 'with_patch 1'" 'series.conf that is off: and the macro'
export_rpm "$scratch/euler/kernel.spec" --define 'with_patch 1' --dry-run
is "$rc:$(tree_sum "$scratch/euler")" "0:$sum" '--dry-run: nothing changed'
like "$out" "^\+patches/$name" '--dry-run: shows the line'
export_rpm "$scratch/euler/kernel.spec" --define 'with_patch 1'
is "$rc:$(tail -n 1 "$scratch/euler/series.conf")" "0:patches/$name" '--define: exported'
export_rpm "$scratch/euler/kernel.spec" --define 'with_patch 1' --reverse
is "$rc:$(cat "$scratch/euler/series.conf"):$(tar -tf "$scratch/euler/patches.tar.xz" | grep -c 'patch$')" \
	'0:patches/vendor.patch:1' '--reverse: out of the list and the tarball'
rm "$scratch/euler/patches.tar.xz"
sum=$(tree_sum "$scratch/euler")
export_rpm "$scratch/euler/kernel.spec" --define 'with_patch 1'
is "$rc:$(tree_sum "$scratch/euler")" "3:$sum" 'the tarball of patches is missing: refused, none is made'
like "$err" 'patches.tar.xz is not there' 'the tarball of patches is missing: says so'

# A spec whose %prep fails with our patch alone.
package "$scratch/picky"
spec "$scratch/picky/kernel.spec" <<END
Patch1: vendor.patch

%prep
%autosetup -n linux-%{version} -p1
[ ! -e %{_sourcedir}/arm64-do-not*.patch ]
END
sum=$(tree_sum "$scratch/picky")
export_rpm "$scratch/picky/kernel.spec"
is "$rc:$(tree_sum "$scratch/picky")" "3:$sum" 'a way that fails, and the spec alone does not: refused, nothing changed'
is "$(printf '%s\n' "$err" | grep --count '^icache-ipi-backport: tried .*rpmbuild -bp fails')" 2 '... each way that was tried is named'

# SPECS and SOURCES side by side, the last patch in a conditional of its own.
rm -rf "$scratch/rhel"
mkdir "$scratch/rhel" "$scratch/rhel/SPECS"
package "$scratch/rhel/SOURCES"
spec "$scratch/rhel/SPECS/kernel.spec" <<'END'
Patch1: vendor.patch
%if 0%{?fedora} > 31
Patch2: other.patch
%endif

%prep
ApplyPatch()
{
	patch -p1 -F0 -s <%{_sourcedir}/$1
}
%setup -q -n linux-%{version}
ApplyPatch vendor.patch
%if 0%{?fedora} > 31
ApplyPatch other.patch
%endif
END
cp "$scratch/rhel/SPECS/kernel.spec" "$scratch/before"
export_rpm "$scratch/rhel/SPECS/kernel.spec"
is "$rc:$(ls "$scratch/rhel/SPECS"):$(find "$scratch/rhel/SOURCES" -name 'arm64*' | wc -l)" '0:kernel.spec:1' \
	'SPECS and SOURCES: the patch is in SOURCES'
is "$(diff "$scratch/before" "$scratch/rhel/SPECS/kernel.spec" | tr '\n' ' ')" \
	"10a11 > Patch3: $name 21a23 > ApplyPatch $name " 'SPECS and SOURCES: both lines are behind the conditionals'
export_rpm "$scratch/rhel/SPECS/kernel.spec" --reverse
is "$rc:$(cmp "$scratch/before" "$scratch/rhel/SPECS/kernel.spec" && find "$scratch/rhel/SOURCES" -name 'arm64*' | wc -l)" \
	'0:0' '--reverse: as it was'

# The empty test patch of RHEL 8, which is in SOURCES; no kernel is built that is only called fixed.
cat >"$scratch/rhel/SPECS/kernel.spec" <<'END'
# define buildid .local
Name: kernel
Version: 4.19.1
Release: 1%{?buildid}
Summary: A kernel of a test
License: GPL-2.0-only
Source0: linux-%{version}.tar
Patch999: linux-kernel-test.patch
%description
Of a test.
%prep
%setup -q -n linux-%{version}
ApplyOptionalPatch()
{
	[ ! -s $RPM_SOURCE_DIR/$1 ] || patch -p1 -F1 -s <$RPM_SOURCE_DIR/$1
}
ApplyOptionalPatch linux-kernel-test.patch
%files
END
: >"$scratch/rhel/SOURCES/linux-kernel-test.patch"
cp -a "$scratch/rhel" "$scratch/lie"
export_rpm "$scratch/rhel/SPECS/kernel.spec"
is "$rc:$(grep -c '^Subject' "$scratch/rhel/SOURCES/linux-kernel-test.patch"):$(sed -n 2p "$scratch/rhel/SPECS/kernel.spec")" \
	'0:1:Name: kernel' 'linux-kernel-test.patch: the one in SOURCES'
sed -i 's/^ApplyOptionalPatch linux.*/:/' "$scratch/lie/SPECS/kernel.spec"
sum=$(tree_sum "$scratch/lie")
export_rpm "$scratch/lie/SPECS/kernel.spec"
is "$rc:$(tree_sum "$scratch/lie")" "3:$sum" 'a test patch that nothing applies: refused, and no buildid is set'
like "$err" "leaves .*linux-4.19.1 'affected'" 'a test patch that nothing applies: says what came of it'

# A spec without its sources.
rm -rf "$scratch/bare"
mkdir "$scratch/bare"
spec "$scratch/bare/kernel.spec" <<'END'
Source1: config-arm64
Patch3: vendor.patch

%prep
%autosetup -n linux-%{version} -p1
cp %{SOURCE1} .config
END
export_rpm "$scratch/bare/kernel.spec"
is "$rc:$(find "$scratch/bare" -type f | wc -l):$(test -e "$scratch/bare/$name" && echo there)" '0:2:there' 'no sources: exported'
like "$err" '3 sources of the package are not there .*stand-ins' 'no sources: says that it is the weaker proof'

# What nothing applies is no fix, and no tree is none, with the sources or without.
for apply in : '%setup -q -n linux-%{version}'; do
	for sources in there missing; do
		rm -rf "$scratch/unapplied"
		if [ $sources = there ]; then package "$scratch/unapplied"; else mkdir "$scratch/unapplied"; fi
		printf '\n%%%%prep\n%s\n' "$apply" | spec "$scratch/unapplied/kernel.spec"
		sum=$(tree_sum "$scratch/unapplied")
		export_rpm "$scratch/unapplied/kernel.spec"
		is "$rc:$(tree_sum "$scratch/unapplied")" "3:$sum" "%prep is '$apply', its sources are $sources: refused"
	done
done

# Refused.
package "$scratch/strange"
echo : >"$scratch/strange/my-own-way"
spec "$scratch/strange/kernel.spec" <<'END'

%prep
%setup -q -n linux-%{version}
sh %{_sourcedir}/my-own-way
END
sum=$(tree_sum "$scratch/strange")
export_rpm "$scratch/strange/kernel.spec"
is "$rc:$out:$(tree_sum "$scratch/strange")" "3::$sum" "an unknown way: refused, nothing changed"
like "$err" "tried a Patch line behind the sources: rpmbuild -bp leaves .*linux-4.19.1 'affected'" "an unknown way: says so"
rm "$scratch/strange/my-own-way"
export_rpm "$scratch/strange/kernel.spec"
is "$rc" 3 'a package that does not prepare: refused'
like "$err" 'fails: .*also without the patch' 'a package that does not prepare: says that it is not ours'
printf '%%prep\n%%{error:stop}\n' >"$scratch/strange/kernel.spec"
export_rpm "$scratch/strange/kernel.spec"
is "$rc" 3 'a spec that rpm does not read: refused'
export_rpm "$scratch/strange/vendor.patch"
is "$rc" 3 "no spec file: refused"
export_rpm "$scratch/nothing.spec"
is "$rc" 3 "nothing there: refused"
tree_patch "$scratch/tree" 4.19.y-merged
export_rpm "$scratch/autosetup/kernel.spec"
is "$rc" 0 "fixed already: nothing to do"
like "$err" "'fixed as merged' already" "fixed already: says so"
done_testing

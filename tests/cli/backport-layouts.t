#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# backport-layouts.t: backport --export rpm-spec into packages of the layouts that distributions
# have. rpmbuild -bp, run here, says what each builds before and after
set -eu

. "$(dirname "$0")/../lib/tap.sh"
. "$top/tests/lib/trees.sh"
export HOME="$scratch/home" TMPDIR="$scratch/tmp"
mkdir "$HOME" "$TMPDIR"

# layout NAME [SPECS SOURCES]: an empty package, in one folder or in two; the spec is on stdin
layout()
{
	name=$1 pkg=$scratch/pkg specs=$scratch/pkg${2+/$2} sources=$scratch/pkg${3+/$3}
	rm -rf "$pkg"
	mkdir -p "$specs" "$sources"
	tar --create --file="$sources/linux-4.19.13.tar" --directory="$scratch" --transform='s/^tree/linux-4.19.13/' tree
	tree_vendor_patch "$sources/vendor.patch"
	: >"$sources/linux-kernel-test.patch"
	{
		cat
		printf '\n%%description\nOf a test.\n\n%%files\n'
	} >"$specs/kernel.spec"
	spec=$specs/kernel.spec
}

# The first lines of all specs.
tags='Name: kernel
Version: 4.19.13
Release: 1%{?buildid}
Summary: A kernel of a test
License: GPL-2.0-only
Source0: linux-4.19.13.tar'

# built [OPTION...]: the states of the trees that rpmbuild makes of the package
built()
{
	rm -rf "$scratch/rpm"
	if ! rpmbuild -bp --nodeps --quiet --target=aarch64 --define "_topdir $scratch/rpm" \
		--define "_sourcedir $sources" --define "_specdir $specs" "$@" "$spec" >"$scratch/log" 2>&1; then
		tail -n 3 "$scratch/log" | sed 's/^/# /' >&2
		echo fails
		return
	fi
	find "$scratch/rpm/BUILD" -name vanilla -prune -o -type d -path '*/arch/arm64/mm' -print |
		while read -r found; do
			tree_state "${found%/arch/arm64/mm}" || :
		done
}

export_rpm()
{
	run "$O/icache-ipi-backport" "$scratch/tree" --export rpm-spec "$spec" "$@"
}

# takes [OPTION...]: exported in both forms, seen by rpmbuild, a second time, and taken out again
takes()
{
	is "$(built "$@")" affected "$name: before"
	untouched=$(tree_sum "$pkg")
	export_rpm --series posted --dry-run "$@"
	is "$rc:$(tree_sum "$pkg")" "0:$untouched" "$name: --dry-run changes nothing"
	like "$out" '^[-]-- ' "$name: --dry-run prints a diff"
	for form in posted merged; do
		export_rpm --series "$form" "$@"
		is "$rc:$(built "$@")" "0:fixed as $form" "$name: $form: rpmbuild builds it"
		[ "$rc" = 0 ] || printf '%s\n' "$err" | sed 's/^/# /'
		[ "$form" != merged ] || again "$@"
		export_rpm --series "$form" --reverse "$@"
		case $name in
		*series.conf*) # its archive was packed again
			is "$rc:$(built "$@")" 0:affected "$name: $form: --reverse takes it out"
			untouched=$(tree_sum "$pkg") ;;
		*) is "$rc:$(tree_sum "$pkg")" "0:$untouched" "$name: $form: --reverse leaves what was there" ;;
		esac
	done
}

again()
{
	sum=$(tree_sum "$pkg")
	export_rpm --series merged "$@"
	is "$rc:$(tree_sum "$pkg")" "0:$sum" "$name: again changes nothing"
	like "$err" 'already: nothing to do' "$name: again says so"
}

# refuses PATTERN [OPTION...]: nothing changes, and the reason is said
refuses()
{
	pattern=$1
	shift
	sum=$(tree_sum "$pkg")
	export_rpm "$@"
	is "$rc:$out:$(tree_sum "$pkg")" "3::$sum" "$name: refused, nothing changed"
	like "$err" "$pattern" "$name: says why"
}

tree_make "$scratch/tree"

# shellcheck disable=SC2016 # of the spec, not of this shell
apply_patch='ApplyPatch()
{
  local patch=$1
  shift
  [ -f $RPM_SOURCE_DIR/$patch ] || exit 1
  if ! grep -E "^Patch[0-9]+: $patch\$" %{_specdir}/${RPM_PACKAGE_NAME}.spec >/dev/null; then
    echo "$patch is not listed"
    exit 1
  fi
  patch -p1 -F1 -s <$RPM_SOURCE_DIR/$patch
}
ApplyOptionalPatch()
{
  local patch=$1
  [ -f $RPM_SOURCE_DIR/$patch ] || exit 1
  if [ "$(wc -l <$RPM_SOURCE_DIR/$patch)" -gt 9 ]; then
    ApplyPatch $patch
  fi
}'

layout 'EL 8, SPECS and SOURCES' SPECS SOURCES <<END
# define buildid .local
$tags
Patch999999: linux-kernel-test.patch

%prep
$apply_patch
%setup -q -n kernel-%{version} -c
mv linux-%{version} linux-%{version}-1.aarch64
cd linux-%{version}-1.aarch64
ApplyOptionalPatch linux-kernel-test.patch
END
takes
export_rpm
like "$(cat "$spec")" '^%define buildid .icache_ipi' "$name: labelled when it is in"
is "$(find "$specs" -type f | wc -l)" 1 "$name: nothing is put into SPECS"

layout 'Anolis and TencentOS, %if around ApplyOptionalPatch' SPECS SOURCES <<END
%define nopatches 0
$tags
Patch1: vendor.patch
Patch999999: linux-kernel-test.patch

%prep
$apply_patch
%setup -q -n kernel-%{version} -c
cd linux-%{version}
%if !%{nopatches}
ApplyPatch vendor.patch
ApplyOptionalPatch linux-kernel-test.patch
%endif
END
takes

layout 'CentOS and XCP-ng, %autosetup' SPECS SOURCES <<END
$tags
Patch0: vendor.patch

%prep
%autosetup -p1 -n linux-%{version}
END
takes

layout 'Fedora, git am' <<END
$tags
Patch1: empty.mbox

%prep
%setup -q -n kernel-%{version} -c
mv linux-%{version} vanilla
cp -al vanilla linux-%{version}-1
cd linux-%{version}-1
git init --quiet
git config user.name test
git config user.email test@example.invalid
git add --all
git commit --quiet --all --message=baseline
git am --quiet %{patches}
END
{
	printf 'From 0000000000000000000000000000000000000000 Mon Sep 17 00:00:00 2001\nFrom: A <a@example.invalid>\nDate: Thu, 1 Jan 2026 00:00:00 +0000\nSubject: vendor\n\n---\n'
	cat "$sources/vendor.patch"
	printf -- '-- \n2.0\n'
} >"$sources/empty.mbox"
takes

layout 'openEuler, series.conf, on' <<END
%define with_patch 1
$tags
%if 0%{?with_patch}
Source9002: series.conf
Source9998: patches.tar.bz2
%endif

%prep
%setup -q -n linux-%{version}
%if 0%{?with_patch}
tar -xf %{SOURCE9998}
sed -e '/^#/d' -e 's!^!patch -s -F0 -E -p1 -i !' %{SOURCE9002} | sh -e
%endif
END
mkdir "$scratch/patches"
cp "$sources/vendor.patch" "$scratch/patches"
tar --create --bzip2 --file="$sources/patches.tar.bz2" --directory="$scratch" patches
echo patches/vendor.patch >"$sources/series.conf"
takes
mv "$sources/patches.tar.bz2" "$scratch/patches.tar.bz2"
refuses 'patches.tar.bz2 is not there, and series.conf names its patches'
mv "$scratch/patches.tar.bz2" "$sources/patches.tar.bz2"
name='openEuler, series.conf, off'
sed -i 1d "$spec"
refuses "under %if 0%\{\?with_patch\} \(line 7\), which is off"
name='openEuler, series.conf, switched on'
takes --define 'with_patch 1'

layout 'fedberry, a loop over %{patches}' <<END
%define fedora 32
$tags
Patch1: vendor.patch
%if 0%{?fedora} > 31
Source7: extra.patch
%endif

%prep
$apply_patch
%setup -q -n linux-%{version}
for patch in %{patches}; do
  patch -p1 -F1 -s <\$patch
done
%if 0%{?fedora} > 31
[ ! -s %{SOURCE7} ] || ApplyPatch extra.patch
%endif
END
: >"$sources/extra.patch"
takes

layout 'Amazon Linux, %patchN' <<END
$tags
Patch0001: vendor.patch

%prep
%setup -q -n linux-%{version}
%patch0001 -p1

%build
END
if rpmspec --parse "$spec" >/dev/null 2>&1; then
	takes
else
	skip "$name" 'this rpmbuild no longer takes it'
fi

layout 'Azure Linux, %patch N' SPECS SOURCES <<END
$tags
Patch0: vendor.patch

%prep
%setup -q -n linux-%{version}
%patch -P 0 -p1

%build
END
takes

layout 'Phytium and Rocky LTS, patch(1) by hand' <<END
$tags
Patch5: vendor.patch

%prep
%setup -q -n linux-%{version}
patch -p1 -s < %{PATCH5}
END
takes

layout 'ApplyPatch, the last one inside an %if that is off' SPECS SOURCES <<END
%bcond_with extra
$tags
Patch1: vendor.patch
%if %{with extra}
Patch2: extra.patch
%endif

%prep
$apply_patch
%setup -q -n linux-%{version}
ApplyPatch vendor.patch
%if %{with extra}
ApplyPatch extra.patch
%endif
END
takes

layout 'patches for one architecture' <<END
$tags
%ifarch aarch64
Patch1: vendor.patch
%endif

%prep
%setup -q -n linux-%{version}
%ifarch aarch64
%autopatch -p1
%endif
END
takes

layout 'elrepo, no patches at all' SPECS SOURCES <<END
$tags

%prep
%setup -q -n %{name}-%{version} -c
mv linux-%{version} linux-%{version}-1
END
refuses "leaves kernel-4.19.13.*/linux-4.19.13-1 'affected'"

# A folder of the user's own.
layout 'a %_sourcedir of the user' specs elsewhere/sources <<END
$tags
Patch1: vendor.patch

%prep
%autosetup -p1 -n linux-%{version}
END
takes --define "_sourcedir $sources"
name='a %_sourcedir of ~/.rpmmacros'
echo "%_sourcedir $sources" >"$HOME/.rpmmacros"
takes
rm "$HOME/.rpmmacros"

# The spec without the archives: a tree is made for it.
layout 'no sources, %autosetup' SPECS SOURCES <<END
$tags
Patch1: vendor.patch
Patch2: other.patch

%prep
%autosetup -p1 -n linux-%{version}
END
rm "$sources/linux-4.19.13.tar" "$sources/vendor.patch"
export_rpm --series merged
is "$rc" 0 "$name: exported"
like "$err" 'stand-ins took their place, which show only that the patch is applied' "$name: says that this proves less"
is "$(find "$sources" -type f | wc -l)" 2 "$name: nothing but the patch is put into SOURCES"
export_rpm --series merged
is "$rc" 0 "$name: again"
like "$err" 'already: nothing to do' "$name: again: says so"

layout 'no sources, a %prep that wants more of the kernel' <<END
$tags
Source30: Makefile.configs
Patch1: vendor.patch

%prep
%setup -q -n kernel-%{version} -c
mv linux-%{version} vanilla-%{version}
cp -rl vanilla-%{version} linux-%{version}-1
pushd linux-%{version}-1
make -f %{SOURCE30} VERSION=%{version} configs
git init -q
git config user.email "test@example.invalid"
git config user.name "A test"
git add .
git commit -a -q -m "baseline"
git am %{patches}
chmod +x scripts/checkpatch.pl
mv COPYING COPYING-%{version}
END
rm "$sources/linux-4.19.13.tar"
export_rpm --series merged
is "$rc" 0 "$name: exported"
like "$err" '2 sources of the package are not there' "$name: says that this proves less"
export_rpm --series merged --reverse
is "$rc" 0 "$name: --reverse"
sed -i '/^git am/d' "$spec"
refuses "leaves .*kernel-4.19.13/.* 'affected'.*: stand-ins took their place"

# Cases of the field.
layout 'the label that lies' SPECS SOURCES <<'END'
Name: k
# define buildid .local
Version: 4.19.13
Release: 1%{?buildid}
Summary: k
License: GPL
Patch999: linux-kernel-test.patch

%prep
%setup -c -T
[ ! -s $RPM_SOURCE_DIR/linux-kernel-test.patch ] || echo the test patch is applied
END
refuses 'unpacks no kernel tree'

layout 'patches switched off by the spec' <<'END'
%define with_patch 0
Name: k
Version: 4.19.13
Release: 1
Summary: k
License: GPL
Source0: k.tar
%if 0%{?with_patch}
Source1: series.conf
Source2: patches.tar.bz2
%endif

%prep
%setup -c -T
%if 0%{?with_patch}
echo patches are applied
%endif
END
refuses "under %if 0%\{\?with_patch\} \(line 8\), which is off"
refuses 'line 1 of the spec sets with_patch, whatever --define says: change it there' --define 'with_patch 1'

layout 'openEuler, series.conf, a bcond that is off' <<END
%bcond_with patches
$tags
Source9002: series.conf
%if %{with patches}
Source9998: patches.tar.gz
%endif

%prep
%setup -q -n linux-%{version}
%if %{with patches}
tar -xf %{SOURCE9998}
sed -e '/^#/d' -e 's!^!patch -s -F0 -E -p1 -i !' %{SOURCE9002} | sh -e
%endif
END
echo patches/vendor.patch >"$sources/series.conf"
tar --create --gzip --file="$sources/patches.tar.gz" --directory="$scratch" patches
refuses "add --define '_with_patches 1' if your build has it on"
takes --define '_with_patches 1'

layout 'SPECS and SOURCES, nothing but a patch' SPECS SOURCES <<'END'
Name: k
Version: 4.19.13
Release: 1
Summary: k
License: GPL
Patch1: vendor.patch

%prep
%autosetup -c -T -p1
END
rm "$sources/linux-4.19.13.tar"
: >"$sources/vendor.patch"
export_rpm
is "$rc:$(grep -c '^Patch2: arm64-do-not' "$spec"):$(find "$sources" -name 'arm64-do-not-*' | wc -l):$(find "$specs" -type f | wc -l)" \
	0:1:1:1 "$name: the patch is in SOURCES, and listed"

# A label, a list and a patch that fail late: everything is as it was.
layout 'a preparation that fails' SPECS SOURCES <<END
# define buildid .local
$tags
Patch999999: linux-kernel-test.patch

%prep
$apply_patch
%setup -q -n linux-%{version}
ApplyOptionalPatch linux-kernel-test.patch
[ ! -s %{_sourcedir}/linux-kernel-test.patch ] || exit 1
END
refuses "leaves .*linux-4.19.13 'affected'"
layout 'a preparation that applies nothing' SPECS SOURCES <<END
# define buildid .local
$tags
Patch999999: linux-kernel-test.patch

%prep
%setup -q -n linux-%{version}
END
refuses "^icache-ipi-backport: tried linux-kernel-test.patch: rpmbuild -bp leaves .*linux-4.19.13 'affected'"
is "$(printf '%s\n' "$err" | grep -c "tried .*a Patch line behind the .*: rpmbuild -bp leaves .*linux-4.19.13 'affected'")" 2 \
	"$name: says what came of the other ways"
is "$(printf '%s\n' "$err" | wc -l)" 6 "$name: in a line for each, and three"

# A preparation that does not end, and what it leaves running. A wrapper has timeout(1) wait for seconds.
mkdir "$scratch/bin"
cp /usr/bin/sleep "$scratch/bin/icache-ipi-sleeper"
# shellcheck disable=SC2016 # for the other shell
printf '#!/bin/sh\nshift 2\nexec /usr/bin/timeout --kill-after=1 "$TEST_SECONDS" "$@"\n' >"$scratch/bin/timeout"
chmod +x "$scratch/bin/timeout"
# none_runs WHEN: none of the sleepers of this test
none_runs()
{
	is "$(pgrep -f -c "^$scratch/bin/icache-ipi-sleeper" || :)" 0 "$name: no process is left $1"
}
endless()
{
	layout "$1" SPECS SOURCES <<END
$tags

%prep
%setup -q -n linux-%{version}
setsid $scratch/bin/icache-ipi-sleeper 3600 >/dev/null 2>&1 </dev/null &
$2
END
}
path=$PATH
PATH=$scratch/bin:$PATH
export TEST_SECONDS=3
endless 'a preparation that does not end' "$scratch/bin/icache-ipi-sleeper 3600"
refuses 'rpmbuild -bp does not come to its end in 1800 s'
none_runs 'after the limit'
endless 'a preparation that does not end, and heeds no signal' \
	"trap '' TERM; $scratch/bin/icache-ipi-sleeper 3600; $scratch/bin/icache-ipi-sleeper 3600"
refuses 'rpmbuild -bp does not come to its end in 1800 s'
none_runs 'after the limit'
export TEST_SECONDS=600
endless 'a preparation that leaves a process' :
refuses "leaves .*linux-4.19.13 'affected'"
none_runs 'after its end'
endless 'a preparation that is interrupted' "$scratch/bin/icache-ipi-sleeper 3600"
sum=$(tree_sum "$pkg")
"$O/icache-ipi-backport" "$scratch/tree" --export rpm-spec "$spec" >/dev/null 2>&1 &
pid=$! tries=0
while [ "$(pgrep -f -c "^$scratch/bin/icache-ipi-sleeper" || :)" -lt 2 ] && [ "$tries" -lt 600 ]; do
	sleep 0.1
	tries=$((tries + 1))
done
kill -TERM "$pid"
rc=0
wait "$pid" || rc=$?
is "$rc:$(tree_sum "$pkg")" "143:$sum" "$name: ends, and nothing changed"
none_runs 'behind it'
PATH=$path
is "$(find "$TMPDIR" -mindepth 1 | wc -l)" 0 "nothing is left behind"
done_testing

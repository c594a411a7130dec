#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# rpm-rebuild.t: the source RPM, rebuilt with the flags of EL 9: programs that use the machine's libraries
set -eu
. "$(dirname "$0")/../lib/tap.sh"
for program in rpmbuild rpm2cpio cpio readelf; do
	command -v "$program" >/dev/null || skip_all "no $program"
done
unset MAKEFLAGS MAKEOVERRIDES

run "$top/rpm/build" --source --output "$scratch/rpm"
is "$rc" 0 'the source RPM'
source=$(echo "$scratch"/rpm/SRPMS/*.src.rpm)

# What redhat-rpm-config of EL 9 has rpmbuild pass. Its files of specs add -fPIE and -pie; LTO is left out: it
# takes the time of two builds.
cat >"$scratch/macros.el9" <<'END'
%build_cflags -O2 -fexceptions -g -grecord-gcc-switches -pipe -Wall -Werror=format-security -Wp,-D_FORTIFY_SOURCE=2 -Wp,-D_GLIBCXX_ASSERTIONS -fPIE -fstack-protector-strong -fasynchronous-unwind-tables -fstack-clash-protection
%build_ldflags -Wl,-z,relro -Wl,--as-needed -Wl,-z,now -pie
%dist .el9
END
macros=$(rpm --showrc | sed -n 's/^Macro path: //p')
# rpm reads its macros at the first --define.
run rpmbuild --macros="$macros:$top/rpm/macros.debian:$scratch/macros.el9" --define="_topdir $scratch/rebuilt" \
	--rebuild --nodeps --without check "$source"
is "$rc" 0 'rpmbuild --rebuild'
[ "$rc" = 0 ] || { printf '%s\n' "$out" "$err" | tail -n 20 | sed 's/^/# /'; done_testing; exit; }

version=$(sed -n 's/^VERSION := //p' "$top/Makefile")
package=$scratch/rebuilt/RPMS/$(uname -m)/icache-ipi-$version-1.el9.$(uname -m).rpm
like "$(rpm --query --requires --package "$package" | xargs)" 'libarchive\.so\..*libelf\.so\.' \
	'the package asks for libraries'
mkdir "$scratch/root"
rpm2cpio "$package" | (cd "$scratch/root" && cpio --extract --make-directories --quiet)
for program in icache-ipi $(sed -n 's/^TOOL_PROGRAMS := //p' "$top/Makefile"); do
	[ "$program" = icache-ipi ] || program=icache-ipi-$program
	readelf --wide --file-header --program-headers --dynamic "$scratch/root/usr/bin/$program" >"$scratch/elf"
	is "$(grep -o -e 'INTERP' -e 'BIND_NOW' -e 'GNU_RELRO' -e 'Type: *DYN' "$scratch/elf" | sort -u | xargs)" \
		'BIND_NOW GNU_RELRO INTERP Type: DYN' "$program: dynamic, and hardened as its flags say"
done
run "$scratch/root/usr/bin/icache-ipi-check" --version
is "$rc:$out" "0:icache-ipi-check $version" 'it runs'

done_testing

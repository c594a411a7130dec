#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# rpm-dnf.t: what dnf does with the packages on an aarch64 machine, and what dkms makes of that
#
# The machine is a directory: its packages are those of the test and one that stands for the
# distribution; its /usr is this machine's own, with a layer above it, so that scriptlets and dkms run
# without an emulator. uname says aarch64 there, and dkms builds with the cross compiler.
set -eu

# All mounts are in a namespace of the test, and go with it.
if [ "${RPM_DNF_NAMESPACE-}" != yes ]; then
	user=''
	[ "$(id -u)" = 0 ] || user=--map-root-user
	# shellcheck disable=SC2086 # an option or none
	if ! unshare $user --mount mount -t tmpfs none /mnt 2>/dev/null; then
		echo '1..0 # SKIP this machine lets nobody mount anything'
		exit 0
	fi
	# shellcheck disable=SC2086
	RPM_DNF_NAMESPACE=yes exec unshare $user --mount "$0"
fi
. "$(dirname "$0")/../lib/tap.sh"
. "$top/scripts/common.sh"
. "$top/tests/lib/kernels.sh"
. "$top/tests/lib/rpm.sh"

root=$scratch/root
# Nothing may be mounted any more where rm goes.
tear_down()
{
	! mountpoint --quiet "$root" || umount --recursive "$root" || umount --recursive --lazy "$root"
	rm -rf "$scratch"
}
trap tear_down EXIT
kernel=$(kernel_build_dir regress)
release=$(cat "$kernel/include/config/kernel.release")

# make_root: an empty machine, but for /usr, the kernel's headers and what every chroot needs
make_root()
{
	mkdir -p "$root"
	mount -t tmpfs none "$root"
	mkdir -p "$root/usr" "$root/etc" "$root/var/lib/dkms" "$root/tmp" "$root/proc" "$root/dev" \
		"$root/.layer/usr" "$root/.layer/usr.work" "$root/.layer/etc" "$root/.layer/etc.work"
	for name in usr etc; do
		mount -t overlay none "$root/$name" \
			-o "lowerdir=/$name,upperdir=$root/.layer/$name,workdir=$root/.layer/$name.work"
	done
	for name in bin sbin lib lib64; do
		[ ! -L "/$name" ] || ln --symbolic "usr/$name" "$root/$name"
	done
	for name in null zero urandom; do
		: >"$root/dev/$name"
		mount --bind "/dev/$name" "$root/dev/$name"
	done
	ln --symbolic /proc/self/fd "$root/dev/fd"
	mount -t proc none "$root/proc"
	for name in usr/src usr/lib/modules; do
		mkdir -p "$root/$name"
		mount -t tmpfs none "$root/$name"
	done
	mkdir -p "$root$(cache_dir)" "$root/usr/lib/modules/$release"
	mount --bind "$(cache_dir)" "$root$(cache_dir)"
	mount -o remount,bind,ro "$root$(cache_dir)"
	ln --symbolic "$kernel" "$root/usr/lib/modules/$release/build"
	rm -f "$root/etc/dkms/"icache-ipi*
}

# Programs that must not be this machine's
make_tools_of_arm64()
{
	cat >"$scratch/uname" <<-END
		#!/bin/sh
		case \$* in
		-m | -p | -i) echo aarch64 ;;
		-r) echo $release ;;
		*) echo Linux ;;
		esac
	END
	install -m 755 "$scratch/uname" "$root/usr/bin/uname"
	# Scriptlets look here first: the same program for this machine, which has an arm64's processors there.
	install -m 755 "$O/icache-ipi-status" "$root/usr/sbin/icache-ipi-status"
	printf 'CPU implementer\t: 0x41\n' >"$scratch/cpuinfo"
	mount --bind "$scratch/cpuinfo" "$root/proc/cpuinfo"
	[ "$(uname -m)" = aarch64 ] || {
		ln --symbolic --force aarch64-linux-gnu-strip "$root/usr/bin/strip"
		export CROSS_COMPILE=aarch64-linux-gnu-
	}
}

# make_renamed RPM: icache-ipi-dkms 0.1.0, as icache-ipi-mitigate-dkms was called then, with its files and scriptlets
make_renamed()
{
	mkdir -p "$scratch/renamed/usr/src"
	rpm2cpio "$1" | (cd "$scratch/renamed" && cpio --extract --make-directories --quiet './usr/src/*')
	mv "$scratch"/renamed/usr/src/icache-ipi-mitigate-* "$scratch/renamed/usr/src/icache-ipi-mitigate-0.1.0-1"
	sed -i 's/^PACKAGE_VERSION=.*/PACKAGE_VERSION="0.1.0-1"/' \
		"$scratch/renamed/usr/src/icache-ipi-mitigate-0.1.0-1/dkms.conf"
	{
		echo '%global dkms_version 0.1.0-1'
		sed -n '/^%define dkms_/,/^:$/p' "$top/rpm/icache-ipi.spec"
		cat <<-END
			Name: icache-ipi-dkms
			Version: 0.1.0
			Release: 1
			Summary: The mitigation of 0.1.0
			License: GPL-2.0-only
			BuildArch: noarch
			Requires: dkms >= 2.3, gcc, icache-ipi, make
			Conflicts: kmod-icache-ipi
			%description
			As the summary says.
			%install
			cp -a $scratch/renamed/usr %{buildroot}
			%post
			%dkms_install icache-ipi-mitigate
			%preun
			if [ "\$1" -eq 0 ]; then
				[ ! -d /sys/module/icache_ipi_mitigate ] || modprobe -r icache_ipi_mitigate
				dkms remove -m icache-ipi-mitigate -v 0.1.0-1 --all --quiet >/dev/null 2>&1 || :
			fi
			%files
			/usr/src/icache-ipi-mitigate-0.1.0-1/
		END
	} >"$scratch/renamed.spec"
	rpmbuild -bb --quiet --define="_topdir $scratch/base" --define="_rpmdir $scratch/repo" \
		"$scratch/renamed.spec" >&2
}

# make_repository: our packages of both releases, and the one that stands for Fedora
make_repository()
{
	mkdir "$scratch/repo"
	cp "$1"/RPMS/aarch64/*.rpm "$1"/RPMS/noarch/*.rpm "$2"/RPMS/aarch64/*.rpm "$2"/RPMS/noarch/*.rpm \
		"$scratch/repo"
	rpm --query --requires --package "$scratch"/repo/*.rpm | sort --unique >"$scratch/requires"
	is "$(grep -e 'GLIBC' -e '\.so' -e '^rtld(' "$scratch/requires")" '' \
		'no requirement names the C library, its version or another library'
	awk -v provides=1 -f "$top/tests/packaging/rpm-capabilities.awk" "$top/rpm/capabilities" \
		"$scratch/requires" >"$scratch/provides"
	rpmbuild -bb --quiet --define="_topdir $scratch/base" --define="_rpmdir $scratch/repo" \
		--define="base_provides $scratch/provides" "$top/tests/packaging/rpm-base.spec" >&2
	make_renamed "$1"/RPMS/noarch/icache-ipi-mitigate-dkms-*.rpm
	createrepo_c --quiet "$scratch/repo"
	cat >"$scratch/dnf.conf" <<-END
		[main]
		reposdir=/dev/null
		pluginpath=/dev/null
		cachedir=$scratch/dnf/cache
		logdir=$scratch/dnf
		persistdir=$scratch/dnf
		gpgcheck=0
		[ours]
		name=ours
		baseurl=file://$scratch/repo
	END
}

run_dnf()
{
	run dnf --config="$scratch/dnf.conf" --installroot="$root" --forcearch=aarch64 --releasever=1 \
		--assumeyes "$@"
	is "$rc" 0 "dnf $*"
	[ "$rc" = 0 ] || printf '%s\n' "$out" "$err" | tail -n 30 | sed 's/^/# /'
	failed=$(printf '%s\n' "$out" "$err" | grep --ignore-case --after-context=3 'scriptlet.*fail' || :)
	[ -z "$failed" ] || fail 'no scriptlet fails' "$failed"
}

dkms_status()
{
	chroot "$root" /usr/sbin/dkms status | sed "s/$release/KERNEL/; s/ (.*//" | sort
}

ours_left()
{
	find "$root" -xdev \( -path "$root$scratch" -o -path "$root$(cache_dir)" \) -prune -o -name '*icache*' -print
	find "$root/usr/src" "$root/usr/lib/modules" -name '*icache*'
}

first=$(rpm_packages first)
next=$(rpm_packages next)
make_root
make_tools_of_arm64
make_repository "$first" "$next"
version=$(sed -n 's/^VERSION := //p' "$top/Makefile")
old=$version-1 new=$version-2

# Installation
run_dnf install "icache-ipi-$old" "icache-ipi-vm-$old" "icache-ipi-patches-$old" \
	"icache-ipi-mitigate-dkms-$old" "icache-ipi-repro-dkms-$old"
is "$(printf '%s\n' "$out" | sed -n 's/^ *icache-ipi-\([a-z]*\): kernel [^;]*; next: .*/\1/p' | sort | xargs)" \
	'mitigate repro' 'each package with a module prints one line about the running kernel'
rm "$root/usr/sbin/icache-ipi-status"
is "$(dkms_status)" "icache-ipi-mitigate/$old: added
icache-ipi-repro/$old, KERNEL, aarch64: installed" 'the reproducer is built for the kernel that has headers'
run rpm --root="$root" --verify icache-ipi icache-ipi-vm icache-ipi-patches icache-ipi-mitigate-dkms \
	icache-ipi-repro-dkms
is "$rc:$out" 0: 'every file is as it was packed'
is "$(find "$root/.layer/etc/systemd" -name 'icache-ipi*' 2>/dev/null)" '' 'no unit is enabled'

emulator=''
[ "$(uname -m)" = aarch64 ] || emulator=$(command -v qemu-aarch64 || command -v qemu-aarch64-static)
# shellcheck disable=SC2086 # one word or none
run $emulator "$root/usr/bin/icache-ipi-check" --version
is "$rc:$out" "0:icache-ipi-check $version" 'the program that was installed runs'

# The next release of the same version, and back. The order of scriptlets: the new one's %post, then
# the old one's %preun; what was built must survive the second.
run_dnf remove icache-ipi-repro-dkms
is "$(dkms_status)" "icache-ipi-mitigate/$old: added" 'removed: dkms has forgotten the reproducer'
echo 'BUILD_EXCLUSIVE_KERNEL="."' >"$root/etc/dkms/icache-ipi-mitigate.conf"

# state_is WANTED WHAT: one version, built, installed, and nothing of another
state_is()
{
	is "$(dkms_status)" "icache-ipi-mitigate/$1, KERNEL, aarch64: installed" "$2: dkms has $1, built"
	is "$(modinfo --field version "$(find "$root/usr/lib/modules/" -name icache_ipi_mitigate.ko\*)")" "$1" \
		"$2: the module that modprobe finds is that of $1"
	is "$(cd "$root/usr/src" && echo icache*):$(cd "$root/var/lib/dkms/icache-ipi-mitigate" && echo "$version"*)" \
		"icache-ipi-mitigate-$1:$1" "$2: no source and no build of another version"
}
run_dnf upgrade
state_is "$new" upgrade
run_dnf reinstall icache-ipi-mitigate-dkms
state_is "$new" reinstall
run_dnf downgrade "icache-ipi-mitigate-dkms-$old" "icache-ipi-$old" "icache-ipi-vm-$old" "icache-ipi-patches-$old"
state_is "$old" downgrade

# Whatever dkms does, packages are installed and removed.
printf '#!/bin/sh\necho "no luck" >&2\nexit 10\n' >"$scratch/dkms"
cp "$root/usr/sbin/dkms" "$scratch/dkms.real"
install -m 755 "$scratch/dkms" "$root/usr/sbin/dkms"
run_dnf upgrade icache-ipi-mitigate-dkms
like "$out$err" "icache-ipi-mitigate: not built for $release" 'a failure of dkms is said, and is no failure of dnf'
install -m 755 "$scratch/dkms.real" "$root/usr/sbin/dkms"
rm "$root/usr/lib/modules/$release/build"
run_dnf reinstall icache-ipi-mitigate-dkms
like "$out" 'icache-ipi-mitigate: icache-ipi-status, of the package icache-ipi, says what is left to do' \
	'where the program does not run, its package names it'

run_dnf remove 'icache-ipi*'
rm "$root/etc/dkms/icache-ipi-mitigate.conf"
is "$(ours_left)" '' 'removed: nothing is left'

# The name of before 0.2.0. That the module is loaded and its service active is played.
ln --symbolic "$kernel" "$root/usr/lib/modules/$release/build"
echo 'BUILD_EXCLUSIVE_KERNEL="."' >"$root/etc/dkms/icache-ipi-mitigate.conf"
run_dnf install --setopt=obsoletes=0 icache-ipi-dkms-0.1.0
is "$(dkms_status)" 'icache-ipi-mitigate/0.1.0-1, KERNEL, aarch64: installed' 'icache-ipi-dkms 0.1.0: dkms has it, built'
mkdir -p "$root/sys/module/icache_ipi_mitigate"
for program in usr/sbin/modprobe usr/bin/systemctl; do
	printf '#!/bin/sh\necho "%s $*" >>/tmp/asked\n' "${program##*/}" >"$scratch/shim"
	rm -f "$root/$program"
	install -m 755 "$scratch/shim" "$root/$program"
done
run_dnf upgrade
is "$(rpm --root="$root" --query --all 'icache-ipi*dkms' | sed 's/\.noarch$//')" "icache-ipi-mitigate-dkms-$new" \
	'upgrade: icache-ipi-mitigate-dkms replaces icache-ipi-dkms'
state_is "$new" 'replaced'
is "$(grep modprobe "$root/tmp/asked" | xargs)" 'modprobe -r icache_ipi_mitigate modprobe icache_ipi_mitigate' \
	'the old package unloads the module; the new one has it loaded again, where its service is active'
rm -r "$root/sys/module"
run_dnf remove 'icache-ipi*'
rm "$root/etc/dkms/icache-ipi-mitigate.conf"
is "$(ours_left)" '' 'removed: nothing is left'

# README's own lines, typed in a shell. Its dnf and its /etc are of that machine; a kernel's headers are a package of
# the test; a program that would ask the running kernel, or systemd, is only looked for, and noted.
sed -n '/^## Install/,/^## /s/^    //p' "$top/rpm/README.md" >"$scratch/readme"
is "$(wc -l <"$scratch/readme")" 5 "rpm/README.md's lines for the machine: five"
printf '%s\n' 'Name: kernel-devel' 'Version: 6.1.0' 'Release: 1' 'Summary: Headers' 'License: GPL-2.0-only' \
	'%description' 'As the summary says.' '%files' >"$scratch/headers.spec"
rpmbuild -bb --quiet --target=aarch64 --define="_topdir $scratch/base" --define="_rpmdir $scratch/repo" \
	"$scratch/headers.spec" >&2
run "$top/rpm/repository" "$scratch/repo"
is "$rc" 0 'a repository with the file for dnf'
mkdir -p "$scratch/typed" "$scratch/home/build/rpm" "$root/etc/yum.repos.d"
ln --symbolic "$scratch/repo" "$scratch/home/build/rpm/RPMS"
sed -e "s#^reposdir=.*#reposdir=$root/etc/yum.repos.d#" -e '/^\[ours\]/,$d' "$scratch/dnf.conf" >"$scratch/typed.conf"
cat >"$scratch/typed/dnf" <<-END
	#!/bin/sh
	exec $(command -v dnf) --config=$scratch/typed.conf --installroot=$root --forcearch=aarch64 --releasever=1 \
		--assumeyes "\$@"
END
echo 'echo 6.1.0-1.aarch64' >"$scratch/typed/uname"
for program in icache-ipi-check icache-ipi-status systemctl; do
	echo "test -x $root/usr/bin/$program && echo $program \"\$@\" >>$scratch/asked" >"$scratch/typed/$program"
done
sed -i '1{/^#!/!s/^/#!\/bin\/sh\n/}' "$scratch"/typed/*
chmod +x "$scratch"/typed/*
sed -i "s#/etc/#$root/etc/#" "$scratch/readme"
cd "$scratch/home"
PATH=$scratch/typed:$PATH run sh -eux "$scratch/readme"
cd "$top"
is "$rc" 0 "rpm/README.md's lines: every one succeeds"
[ "$rc" = 0 ] || printf '%s\n' "$out" "$err" | tail -n 30 | sed 's/^/# /'
is "$(rpm --root="$root" --query --queryformat '%{NAME}-%{VERSION}-%{RELEASE}\n' icache-ipi icache-ipi-mitigate-dkms kernel-devel | xargs)" \
	"icache-ipi-$new icache-ipi-mitigate-dkms-$new kernel-devel-6.1.0-1" '... what they install'
unit=icache-ipi-mitigate.service
is "$(xargs <"$scratch/asked")" "icache-ipi-check systemctl enable --now $unit icache-ipi-status" \
	'... the programs that they name are there'
is "$([ -e "$root/usr/lib/systemd/system/$unit" ] && echo there)" there '... and the unit'

done_testing

# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh
#
# install-steps.sh: what deb-install.t has apt do in a clean system, with $old and $new set; lines that
# begin with "@" are for the test
# shellcheck disable=SC2012,SC2046,SC2086,SC2154
set -eu

# step NAME: what follows must succeed
step() { echo "@ $1"; }
# apt gives dpkg a PATH of its own, which this can precede.
first=''
apt() { apt-get --yes --quiet --quiet -o DPkg::Path="$first$PATH" "$@" </dev/null 2>&1; }
# Everything that is not apt's, dpkg's or a log, with its content.
state() { find /etc /usr /lib /var/lib /var/cache /run /opt -xdev \( -path /var/lib/apt -o -path /var/lib/dpkg \
	-o -path /var/cache/apt -o -path /var/cache/debconf -o -path /var/lib/systemd -o -path /run/mount \) -prune -o \
	! -type d -printf '%p %s %l\n' -o -type d -printf '%p\n' | sort; }
packages='icache-ipi icache-ipi-vm icache-ipi-mitigate-dkms icache-ipi-repro-dkms linux-patch-icache-ipi'
versions() { dpkg-query --show --showformat '${Version} ' $packages; echo; }

# The repository: only what its key signed
mkdir -p /etc/apt/keyrings /srv/tampered
cp /host/repository/key.asc /etc/apt/keyrings/icache-ipi.asc
list=/etc/apt/sources.list.d/icache-ipi.list
# update FOLDER: apt's exit code
update()
{
	echo "deb [signed-by=/etc/apt/keyrings/icache-ipi.asc] file:$1 ./" >$list
	code=0
	apt-get --quiet --quiet update -oDir::Etc::SourceList=$list -oDir::Etc::SourceParts=/dev/null || code=$?
	echo "$code"
}
cp /host/repository/Packages /host/repository/Release /srv/tampered/
step "not signed $(update /srv/tampered)"
cp /host/repository/InRelease /srv/tampered/
echo >>/srv/tampered/Packages
step "tampered $(update /srv/tampered)"
rm -r /srv/tampered
step "signed $(update /host/repository)"
apt-get --quiet --quiet update

# Its dependencies come first: they may stay.
apt install --no-install-recommends $(for package in $packages; do apt-cache depends $package=$new |
	sed -n 's/^ *Depends: \([a-z0-9][^ ]*\)$/\1/p'; done | grep -v icache-ipi | sort -u)
state >/host/before
# rmmod, played: the mitigation lets itself be unloaded at the second attempt, the other never.
mkdir /shim
cat >/shim/rmmod <<'END'
#!/bin/sh
echo "$1" >>/shim/asked
[ "$1" = icache_ipi_mitigate ] && [ "$(grep -c "^$1$" /shim/asked)" = 2 ] && rmdir "/sys/module/$1"
END
# This is a chroot, where a module would be the host's: for the packages it is a machine.
printf '#!/bin/sh\nexit 1\n' | tee /shim/ischroot >/shim/systemd-detect-virt
chmod +x /shim/rmmod /shim/ischroot /shim/systemd-detect-virt

# The mitigation of 0.1.0 by its name of then, in force, and what full-upgrade makes of it
version_of() { dpkg-query --show --showformat '${Version}' "$1"; }
: >/shim/asked
mount -t tmpfs none /sys/module
mkdir /sys/module/icache_ipi_mitigate
first=/shim:
apt install --no-install-recommends icache-ipi-dkms=0.1.0
step "renamed from $(version_of icache-ipi-dkms) $(dkms status)"
apt full-upgrade --no-install-recommends
step "renamed to $(version_of icache-ipi-dkms) $(version_of icache-ipi-mitigate-dkms) $(dkms status)"
step "renamed files $(cd /usr/src && echo icache-ipi-*) $(dpkg --search icache-ipi-mitigate.service | cut -d : -f 1)"
step "renamed unloads $(wc -l </shim/asked)"
apt purge icache-ipi-dkms
step "renamed gone $(version_of icache-ipi-mitigate-dkms) $(apt autoremove --simulate | grep -c '^Remv icache' || :)"
first=''
umount /sys/module
apt purge icache-ipi-mitigate-dkms icache-ipi

set --
for package in $packages; do
	set -- "$@" "$package=$old"
done
apt install --no-install-recommends "$@"
step "installed $(versions)"
step "dkms $(dkms status | sort | tr '\n' ' ')"
step "enabled $(find /etc/systemd -name 'icache-ipi*' | wc -l)"
apt full-upgrade --no-install-recommends
step "upgraded $(versions)"
step "dkms $(dkms status | sort | tr '\n' ' ')"
step "sources $(cd /usr/src && echo icache-ipi-*)"
step "version $(icache-ipi --version) $(icache-ipi vm --version)"
step "patches $(ls /usr/src/kernel-patches/icache-ipi/ | tr '\n' ' ')"

# What dkms does where a kernel is installed, on arm64 and elsewhere. Of these headers there is no more
# than their version: what is tried fails.
mkdir -p /tmp/dkms /tmp/arm64
printf '#!/bin/sh\n[ "$*" != -m ] || exec echo aarch64\nexec /bin/uname "$@"\n' >/tmp/arm64/uname
chmod +x /tmp/arm64/uname
dkms add --dkmstree /tmp/dkms -m icache-ipi-mitigate -v "$new" >/dev/null
# autoinstall KERNEL VERSION-CODE PATH: the exit code, and what became of the mitigation
autoinstall()
{
	uapi=/lib/modules/$1/build/include/generated/uapi/linux
	mkdir -p $uapi
	echo "#define LINUX_VERSION_CODE $(($2))" >$uapi/version.h
	code=0
	PATH=$3 dkms autoinstall --dkmstree /tmp/dkms -k "$1" >/tmp/autoinstall 2>&1 || code=$?
	rm -r "/lib/modules/$1"
	rmdir --ignore-fail-on-non-empty /lib/modules
	echo "$code $(grep --max-count=1 --only-matching 'icache-ipi-mitigate' /tmp/autoinstall)"
}
step "fixed kernel $(autoinstall 6.1.0-test 0x060100 "/tmp/arm64:$PATH")"
step "affected kernel $(autoinstall 4.19.5-test 0x041305 "/tmp/arm64:$PATH")"
echo 'BUILD_EXCLUSIVE_KERNEL="."' >/etc/dkms/icache-ipi-mitigate.conf
step "lifted $(autoinstall 6.1.0-test 0x060100 "/tmp/arm64:$PATH")"
rm /etc/dkms/icache-ipi-mitigate.conf
step "other architecture $(autoinstall 4.19.5-test 0x041305 "$PATH")"

apt install --reinstall $packages >/tmp/said
step "says $(grep -c '^icache-ipi-\(mitigate\|repro\): kernel [^;]*; next: nothing' /tmp/said)"
step "reinstalled $(versions)"
step "dkms $(dkms status | sort | tr '\n' ' ')"
# The system was made without documentation, so that has nothing to be compared with.
step "integrity $(dpkg --verify $packages | grep -cv -e ' /usr/share/doc/' -e ' /usr/share/man/' || :)"

# Both are loaded, and systemd runs: what it is asked for is noted.
printf '#!/bin/sh\necho "$*" >>/shim/invoked\n' >/shim/deb-systemd-invoke
chmod +x /shim/deb-systemd-invoke
: >/shim/invoked
there=$(ls -d /run/systemd 2>/dev/null || :)
mkdir -p /run/systemd/system
mount -t tmpfs none /sys/module
mkdir /sys/module/icache_ipi_mitigate /sys/module/icache_ipi_repro
: >/shim/asked
first=/shim:
apt install --reinstall icache-ipi-mitigate-dkms icache-ipi
step "upgrade unloads $(grep -c mitigate /shim/asked || :)"
step "upgrade restarts $(xargs </shim/invoked)"
: >/shim/invoked
: >/shim/asked
apt remove icache-ipi-mitigate-dkms
step "remove unloads $(grep -c mitigate /shim/asked), loaded $(ls /sys/module | tr '\n' ' ')"
apt remove icache-ipi-repro-dkms >/host/said
step "remove of what stays loaded: $(grep -c 'cannot be unloaded: reboot' /host/said)"
step "dkms after $(dkms status | wc -l)"
apt purge $packages
step "purged $(dpkg-query --show --showformat '${Package} ' $packages 2>/dev/null)"
step "remove stops $(sort /shim/invoked | xargs)"
rmdir /run/systemd/system
[ -n "$there" ] || rmdir /run/systemd
umount /sys/module
rm -r /shim
state >/host/after

# README's own lines. A systemctl that is played takes the name of the unit.
rm -r /etc/apt/keyrings/icache-ipi.asc $list
ln -s /host/repository /srv/icache-ipi
mkdir /shim
printf '#!/bin/sh\n[ "$*" != -r ] || exec echo 6.1.0-test\nexec /bin/uname "$@"\n' >/shim/uname
printf '#!/bin/sh\necho "$*" >/shim/asked\n' >/shim/systemctl
chmod +x /shim/uname /shim/systemctl
echo 'APT::Get::Assume-Yes "true";' >/etc/apt/apt.conf.d/operator
first=''
grep -v '^icache-ipi status' /host/readme >/tmp/readme
PATH=/shim:$PATH sh -eux /tmp/readme >/host/readme-log 2>&1 </dev/null || tail -n 20 /host/readme-log
step "readme installs $(version_of icache-ipi-mitigate-dkms) $(version_of linux-headers-6.1.0-test)"
unit=$(sed -n 's/^enable --now //p' /shim/asked)
step "readme enables $(dpkg --search "$unit.service" | cut -d : -f 1)"
code=0
said=$(sh -eu -c "$(grep '^icache-ipi status' /host/readme)") || code=$?
step "readme says $code $(echo "$said" | sed -n 's/^next *//p')"
step end

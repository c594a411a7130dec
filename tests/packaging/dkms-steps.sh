# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh
#
# dkms-steps.sh SCRATCH DKMS VERSION: what dkms.t does with one dkms, in a mount namespace of its own; lines that
# begin with "@" are for the test
set -eu
scratch=$1 dkms=$2 version=$3

# This machine with that dkms, no kernel, and our sources; uname says arm64.
mount -t tmpfs none /mnt
for name in usr etc; do
	mkdir -p "/mnt/$name" "/mnt/$name.work"
	mount -t overlay none "/$name" -o "lowerdir=/$name,upperdir=/mnt/$name,workdir=/mnt/$name.work"
done
rm -rf /usr/lib/dkms /etc/dkms /usr/lib/modules /usr/src
cp -a "$dkms/usr/." /usr
cp -a "$dkms/etc/." /etc
mkdir -p /usr/lib/modules /usr/src /var/lib/dkms
mount -t tmpfs none /var/lib/dkms
cp -a "$scratch/modules/usr/src/." /usr/src
mv /usr/bin/uname /usr/bin/uname.real
cat >/usr/bin/uname <<'END'
#!/bin/sh
case $* in
-m) cat /etc/machine-of-test ;;
-r) cat /etc/release-of-test ;;
*) exec /usr/bin/uname.real "$@" ;;
esac
END
chmod +x /usr/bin/uname
echo aarch64 >/etc/machine-of-test
echo none >/etc/release-of-test

# kernel RELEASE VERSION-CODE: with headers; modules do not build for one whose name ends in -fails
kernel()
{
	echo "$1" >/etc/release-of-test
	mkdir -p "/usr/lib/modules/$1/build/include/generated/uapi/linux" "/usr/lib/modules/$1/build/include/config"
	echo "#define LINUX_VERSION_CODE $(($2))" >"/usr/lib/modules/$1/build/include/generated/uapi/linux/version.h"
	echo "$1" >"/usr/lib/modules/$1/build/include/config/kernel.release"
	cat >"/usr/lib/modules/$1/build/Makefile" <<-'END'
		modules clean all: ; @case "$@ $(CURDIR) $(M)" in *clean*) ;; *-fails*icache*) exit 1 ;; \
			*) name=$$(sed -n 's/^BUILT_MODULE_NAME.*="\(.*\)"/\1/p' $(M)/dkms.conf); \
			cc -x c -c -o $(M)/$$name.ko /dev/null ;; esac
	END
}
# module NAME VERSION: what became of it for the running kernel, by dkms's own word; "added": nothing
module()
{
	here=$(dkms status -m "$1" -v "$2" | grep -e "$(uname -r)" | sed 's/.*: *\([a-z]*\).*/\1/' || :)
	echo "${here:-added}"
}
# hook NAME: as a package of that kernel runs it
hook()
{
	code=0
	"/etc/kernel/$1/dkms" "$(uname -r)" >"$scratch/log" 2>&1 || code=$?
	cat "$scratch/log"
	said=$(sed -n 's/^icache-ipi-mitigate: \(not built for .*\);.*/, \1/p' "$scratch/log")
}
# neighbour NAME: a module of others; zz comes after ours, aa before
neighbour()
{
	mkdir -p "/usr/src/$1-1"
	printf '%s\n' "PACKAGE_NAME=$1" PACKAGE_VERSION=1 "BUILT_MODULE_NAME[0]=\"$1\"" 'DEST_MODULE_LOCATION[0]=/updates' \
		"MAKE[0]=\"make -C \$kernel_source_dir M=\$dkms_tree/$1/1/build modules\"" AUTOINSTALL=yes >"/usr/src/$1-1/dkms.conf"
	: >"/usr/src/$1-1/$1.c"
	dkms add -m "$1" -v 1
}

dkms add -m icache-ipi-mitigate -v "$version"
kernel 4.19.5-good 0x041305
hook header_postinst.d
echo "@ builds: $code $(module icache-ipi-mitigate "$version")"

neighbour zz
kernel 4.19.6-fails 0x041306
hook header_postinst.d
echo "@ fails: $code $(module icache-ipi-mitigate "$version")$said"
echo "@ neighbour: $(module zz 1)"
hook postinst.d
echo "@ kernel: $code"

kernel 6.1.0-fixed 0x060100
hook header_postinst.d
echo "@ fixed: $code $(module icache-ipi-mitigate "$version")"

kernel 4.19.7-good 0x041307
echo x86_64 >/etc/machine-of-test
hook header_postinst.d
echo "@ architecture: $code $(module icache-ipi-mitigate "$version")"
echo aarch64 >/etc/machine-of-test

dkms remove -m zz -v 1 --all
dkms remove -m icache-ipi-mitigate -v "$version" --all
rm -r /usr/lib/modules/*
kernel 4.19.6-fails 0x041306
code=0
sh "$scratch/postinst" configure || code=$?
echo "@ package: $code $(module icache-ipi-mitigate "$version")"
dkms remove -m icache-ipi-mitigate -v "$version" --all
rm -r /usr/lib/modules/*
kernel 4.19.5-good 0x041305
code=0
sh "$scratch/postinst" configure || code=$?
echo "@ package builds: $code $(module icache-ipi-mitigate "$version")"

# Its folder has our name in it: it fails as ours does.
kernel 4.19.6-fails 0x041306
neighbour zz-icache
hook header_postinst.d
[ "$code" = 0 ] || code=failed
echo "@ control: $code"
echo "@ end"

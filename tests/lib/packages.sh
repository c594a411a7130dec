# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh disable=SC2034 # its readers use what is set here
#
# packages.sh: the Debian packages and a clean system to try them in. Sourced after tap.sh.
# shellcheck disable=SC2154 # top
. "$top/scripts/common.sh"
. "$top/scripts/debian-mirror.sh"
. "$top/scripts/chroot.sh"

# What most of our packages and their tests depend on is in it already: that saves minutes a run.
testbed()
{
	cross=gcc-aarch64-linux-gnu
	[ "$(dpkg --print-architecture)" != arm64 ] || cross=libc6-dev
	system testbed "autopkgtest,bc,ca-certificates,$cross,dkms,gcc,kmod,libc6-dev,make,patch,qemu-system-arm,quilt,xz-utils"
}

# packages: the flat apt repository; built once for all tests of the same tree. PACKAGES=DIR tests another.
packages()
{
	if [ -n "${PACKAGES-}" ]; then
		realpath "$PACKAGES"
	else
		"$top/debian/build" | tail -n 1
	fi
}

# What a testbed does first: the repository on /repository becomes one of its sources.
use_repository='
echo "deb [trusted=yes] file:/host/repository ./" >/etc/apt/sources.list.d/icache-ipi.list
apt-get --quiet --quiet update
'

# readme_lines: what README has the operator of a server type, as it stands there: the package on, then the module
readme_lines()
{
	sed -n '/^On the arm64 server/,/^Without/s/^    //p' "$top/README.md"
}

# packages_renamed REPOSITORY: adds icache-ipi-dkms 0.1.0, as the mitigation was called until 0.1.0. It is made of
# today's icache-ipi-mitigate-dkms: only the name and the version are others. packages_older lists it.
packages_renamed()
(
	version=$(sed -n 's/^VERSION := //p' "$top/Makefile")
	raw=$scratch/renamed
	dpkg-deb --raw-extract "$1/icache-ipi-mitigate-dkms_${version}_all.deb" "$raw"
	find "$raw/DEBIAN" -type f -exec sed -i "s/$(echo "$version" | sed 's/\./\\./g')/0.1.0/g" {} +
	sed -i -e 's/^Package: .*/Package: icache-ipi-dkms/' -e '/^Breaks:/d; /^Replaces:/d' "$raw/DEBIAN/control"
	sed -i 's/^PACKAGE_VERSION=.*/PACKAGE_VERSION="0.1.0"/' "$raw/usr/src/icache-ipi-mitigate-$version/dkms.conf"
	mv "$raw/usr/src/icache-ipi-mitigate-$version" "$raw/usr/src/icache-ipi-mitigate-0.1.0"
	mv "$raw/usr/share/doc/icache-ipi-mitigate-dkms" "$raw/usr/share/doc/icache-ipi-dkms"
	(cd "$raw" && find . -type f ! -path './DEBIAN/*' -printf '%P\0' | xargs --null md5sum) >"$raw/DEBIAN/md5sums"
	dpkg-deb --build --root-owner-group -Znone "$raw" "$1/icache-ipi-dkms_0.1.0_all.deb" >/dev/null
	rm -r "$raw"
)

# packages_older REPOSITORY VERSION: adds the same packages as they would be if they were VERSION
packages_older()
(
	version=$(sed -n 's/^VERSION := //p' "$top/Makefile")
	escaped=$(echo "$version" | sed 's/\./\\./g')
	rm -f "$1"/*-dbgsym_*
	for deb in "$1"/*_"$version"_*.deb; do
		rm -rf "$scratch/raw"
		dpkg-deb --raw-extract "$deb" "$scratch/raw"
		find "$scratch/raw/DEBIAN" -type f -exec sed -i "s/$escaped/$2/g" {} +
		for folder in "$scratch"/raw/usr/src/icache-ipi-*-"$version"; do
			[ -d "$folder" ] || continue
			sed -i "s/^PACKAGE_VERSION=.*/PACKAGE_VERSION=\"$2\"/" "$folder/dkms.conf"
			mv "$folder" "${folder%"$version"}$2"
		done
		dpkg-deb --build --root-owner-group -Znone "$scratch/raw" \
			"$1/$(basename "$deb" | sed "s/_${escaped}_/_$2_/")" >/dev/null
	done
	rm -rf "$scratch/raw"
	system_run "$("$top/debian/build" --print-system)" "$1" '
		cd /host
		apt-ftparchive packages . >Packages
		gzip --no-name --keep --force Packages
		apt-ftparchive release . >/tmp/Release
		mv /tmp/Release .'
)

# packages_sign REPOSITORY [OPTION...]: by a key of today, which is gone with the test. The options are those
# that debian/build made it with.
packages_sign()
(
	mkdir --mode=700 "$scratch/gnupg"
	export GNUPGHOME="$scratch/gnupg"
	gpg --batch --quiet --passphrase '' --quick-generate-key 'a test' rsa2048 sign 1d 2>"$scratch/gpg.log"
	code=0
	repository=$1
	shift
	"$top/debian/build" "$@" --output "$repository" --sign 'a test' || code=$?
	gpgconf --kill all
	return "$code"
)

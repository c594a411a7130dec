# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh
#
# debian-source.sh: debian/ of Debian's source package linux, 5.10.223-1; sourced after tap.sh
# shellcheck disable=SC2154 # top: from tap.sh

# shellcheck source=../../scripts/common.sh
here=$top/scripts
. "$here/common.sh"

# debian_source: the path of linux_5.10.223-1.debian.tar.xz, fetched by apt once, of the digest
# that the archive's signed index names. Its upstream tarball, 120 MB, is not fetched.
debian_source()
{
	store=$(cache_dir)/debian-source
	tarball=$store/linux_5.10.223-1.debian.tar.xz
	[ ! -f "$tarball" ] || { echo "$tarball"; return; }
	for keyring in /usr/share/keyrings/debian-archive-keyring.pgp \
		/usr/share/keyrings/debian-archive-keyring.gpg; do
		[ ! -r "$keyring" ] || break
	done
	mkdir -p "$store/apt/lists/partial"
	: >"$store/apt/status"
	echo "deb-src [signed-by=$keyring targets=Sources] $DEBIAN_MIRROR bullseye main" \
		>"$store/apt/sources.list"
	cat >"$store/apt/apt.conf" <<-END
		Dir::Etc { SourceList "$store/apt/sources.list"; SourceParts "/dev/null";
			Preferences "/dev/null"; PreferencesParts "/dev/null"; };
		Dir::State "$store/apt"; Dir::State::Lists "$store/apt/lists";
		Dir::State::status "$store/apt/status"; Dir::Cache "$store/apt/cache";
		APT::Sandbox::User "root"; APT::Update::Error-Mode "any"; Acquire::Retries "3";
	END
	apt-get --config-file="$store/apt/apt.conf" --quiet --quiet update >&2 || return
	# 'URI' NAME SIZE SHA256:DIGEST
	(cd "$store" && apt-get --config-file="$store/apt/apt.conf" --quiet --quiet source --print-uris \
		linux=5.10.223-1) | sed -n "s/^'\(.*debian.tar.xz\)' [^ ]* [^ ]* /\1 /p" >"$store/uri"
	read -r uri digest <"$store/uri" || return
	/usr/lib/apt/apt-helper --config-file="$store/apt/apt.conf" --quiet --quiet download-file "$uri" \
		"$tarball" "$digest" >&2 || return
	rm -rf "$store/apt" "$store/uri"
	echo "$tarball"
}

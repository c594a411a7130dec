# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh
#
# kernel-debian.sh: the kernel source that the tests use, through apt; sourced by kernel-source
# (whose $store it uses), never run
# shellcheck disable=SC2154

debian_package=linux-source-5.10
debian_version=5.10.223-1 # the last one of the suite, which is frozen
debian_suite=bullseye

# apt_private ARGUMENTS: apt-get with its own list, index and cache; the machine's stay as they are.
# Its hooks are left out too; proxies and the signature check are not.
apt_private()
{
	apt-get --config-file="$store/apt/apt.conf" --quiet --quiet "$@" >&2 9>&-
}

apt_setup()
{
	for keyring in /usr/share/keyrings/debian-archive-keyring.pgp \
		/usr/share/keyrings/debian-archive-keyring.gpg; do
		[ ! -r "$keyring" ] || break
	done
	mkdir -p "$store/apt/lists/partial" "$store/apt/cache/archives/partial"
	: >"$store/apt/status"
	echo "deb [signed-by=$keyring targets=Packages arch=$(dpkg --print-architecture)]" \
		"$DEBIAN_MIRROR $debian_suite main" >"$store/apt/sources.list"
	cat >"$store/apt/apt.conf" <<-END
		Dir::Etc { SourceList "$store/apt/sources.list"; SourceParts "/dev/null";
			Preferences "/dev/null"; PreferencesParts "/dev/null"; };
		Dir::State "$store/apt"; Dir::State::Lists "$store/apt/lists";
		Dir::State::status "$store/apt/status"; Dir::Cache "$store/apt/cache";
		APT::Sandbox::User "root"; APT::Update::Error-Mode "any"; Acquire::Retries "3";
		#clear APT::Update::Pre-Invoke;
		#clear APT::Update::Post-Invoke;
		#clear APT::Update::Post-Invoke-Success;
	END
}

debian()
{
	tree=$store/debian-$debian_version
	[ ! -d "$tree" ] || return 0
	command -v apt-get >/dev/null || die "$EXIT_UNKNOWN" "debian-5.10 needs apt-get, not found" \
		"name a tree or a tarball instead"
	lock debian
	[ ! -d "$tree" ] || return 0
	say "downloading $debian_package $debian_version from $DEBIAN_MIRROR"
	apt_setup
	(cd "$store/apt" && apt_private update &&
		apt_private download "$debian_package=$debian_version") ||
		die "$EXIT_UNKNOWN" "cannot download $debian_package $debian_version ($debian_suite)" \
			"look at the network, or set DEBIAN_MIRROR=http://archive.debian.org/debian"
	dpkg-deb --fsys-tarfile "$store/apt/${debian_package}_${debian_version}_all.deb" |
		tar --extract --to-stdout "./usr/src/$debian_package.tar.xz" | unpack - "$tree" --xz ||
		exit "$EXIT_UNKNOWN"
	rm -rf "$store/apt"
}

# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh
#
# unpacked.sh: programs out of Debian packages that are unpacked, not installed. No script of a
# package runs: no service is started or enabled, and no user is made. Sourced after tap.sh.
# shellcheck disable=SC2154 # top
. "$top/scripts/common.sh"
. "$top/scripts/debian-mirror.sh"
. "$top/scripts/debian-apt.sh"

# unpacked PACKAGE...: prints the folder that holds the files of these packages and of all that they
# depend on. They are of this machine's own release, and stay in the cache. libc is left out: the
# programs run on the machine's own, by its own loader. So are Perl and the parts of web pages.
unpacked()
(
	suite=$(. /etc/os-release && echo "${VERSION_CODENAME:-unknown}")
	debian_architecture=$(dpkg --print-architecture)
	store=$(cache_dir)/unpacked/$suite-$debian_architecture/$(echo "$*" | tr ' ' +)
	mkdir -p "$store"
	exec 9>"$store.lock"
	flock 9
	[ ! -e "$store.made" ] || { echo "$store"; return; }
	rm -rf "$store" "$store.debs"
	mkdir -p "$store" "$store.debs/partial"
	{
		debian_apt apt-get "$suite" update &&
			debian_apt apt-get "$suite" --yes --no-install-recommends --download-only \
				-oDir::Cache::Archives="$store.debs" install "$@"
	} >&2 9>&- || die "$EXIT_UNKNOWN" "cannot download $* of Debian $suite" \
		"look at the messages above; DEBIAN_MIRROR= names another archive"
	for deb in "$store.debs"/*.deb; do
		case $(basename "$deb") in
		libc6_* | *perl* | libjs-* | fonts-*) ;;
		*) dpkg-deb --extract "$deb" "$store" ;;
		esac
	done
	rm -r "$store.debs"
	touch "$store.made"
	echo "$store"
)

# unpacked_libraries FOLDER: where its programs find their libraries, for LD_LIBRARY_PATH
unpacked_libraries()
{
	printf '%s:' "$1"/lib/*-linux-gnu* "$1"/usr/lib/*-linux-gnu* "$1"/usr/lib/*-linux-gnu*/systemd
}

# sshd_start CONFIG LOG: starts an sshd in the background; CONFIG's PidFile has its pid. As root, it
# needs a user sshd and a folder /run/sshd: it gets both in a mount namespace of its own.
# shellcheck disable=SC2016 # what is quoted runs there
sshd_start()
{
	sshd=$(unpacked openssh-server) || return
	set -- "$sshd/usr/sbin/sshd" -f "$1" -E "$2"
	# Since 9.8 an sshd consists of three programs.
	[ ! -e "$sshd/usr/lib/openssh/sshd-session" ] ||
		set -- "$@" -o "SshdSessionPath=$sshd/usr/lib/openssh/sshd-session"
	[ ! -e "$sshd/usr/lib/openssh/sshd-auth" ] ||
		set -- "$@" -o "SshdAuthPath=$sshd/usr/lib/openssh/sshd-auth"
	set -- env LD_LIBRARY_PATH="$(unpacked_libraries "$sshd")" "$@"
	if [ "$(id -u)" = 0 ]; then
		{ grep -v '^sshd:' /etc/passwd; echo 'sshd:x:65533:65534::/run/sshd:/usr/sbin/nologin'; } \
			>"$scratch/passwd"
		set -- unshare --mount --propagation private sh -euc '
			mount --bind "$1" /etc/passwd
			mount -t tmpfs -o mode=755 icache-ipi /run
			mkdir /run/sshd
			shift
			exec "$@"' sh "$scratch/passwd" "$@"
	fi
	"$@"
}

# systemd_analyze ARGUMENT...: it knows the units that come with systemd, and none of this machine
systemd_analyze()
{
	systemd=$(unpacked systemd) || return
	SYSTEMD_UNIT_PATH=$systemd/usr/lib/systemd/system:$systemd/lib/systemd/system \
		LD_LIBRARY_PATH=$(unpacked_libraries "$systemd") \
		"$(find "$systemd" -name systemd-analyze -path '*/bin/*')" "$@"
}

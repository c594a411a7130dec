# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh disable=SC2016 # what is quoted runs elsewhere
#
# chroot.sh: throw-away Debian systems of this machine's own release, or of $system_release, made once by
# mmdebstrap and kept in the cache; sourced after common.sh and debian-mirror.sh, never run. Needs root.

system_needs()
{
	[ "$(id -u)" = 0 ] || die "$EXIT_UNKNOWN" "only root can make a clean Debian system" \
		"run as root; 'dpkg-buildpackage --build=binary' builds for this machine without"
	for program in mmdebstrap unshare chroot; do
		command -v "$program" >/dev/null ||
			die "$EXIT_UNKNOWN" "$program is not installed" "run scripts/setup deb"
	done
}

system_codename()
{
	(. /etc/os-release && echo "${system_release:-${VERSION_CODENAME:-unknown}}")
}

# Where packages of the system come from. Debian 12 takes QEMU from its backports. The other suites of another
# release may have left the archive: it gets none of them.
system_sources()
{
	codename=$(system_codename)
	mkdir -p "$(cache_dir)/systems"
	[ -z "${system_release-}" ] || { debian_line "$codename" "$(cache_dir)/systems"; return; }
	for suite in "$codename" "$codename-updates" "$codename-security" bookworm-backports; do
		case $codename:$suite in
		bookworm:*-backports | *:"$codename"*) debian_line "$suite" "$(cache_dir)/systems" || exit ;;
		esac
	done
}

# The machine's own proxies, as an apt of another system has them: options of mmdebstrap, one a line
system_proxies()
{
	apt-config dump | grep -Ei '^Acquire::(http|https|ftp)::Proxy(::[^ ]*)? "[^"]' | sed 's/^/--aptopt=/'
}

# system NAME PACKAGES [MMDEBSTRAP-OPTION...]: prints the directory of a system with these packages.
# It is kept under the sum of what it is made from: the options, and the files that $system_inputs
# names.
system()
(
	name=$1 packages=$2
	shift 2
	sources=$(system_sources)
	sum=$({
		echo "$name $packages $*" "$sources"
		# shellcheck disable=SC2086 # one file a word
		[ -z "${system_inputs-}" ] || cat $system_inputs
	} | short_sum 12)
	store=$(cache_dir)/systems/$name-$sum
	mkdir -p "$(dirname "$store")"
	exec 9>"$store.lock"
	flock 9
	[ ! -e "$store.made" ] || { echo "$store"; return; }
	rm -rf --one-file-system "$store"
	say "making a clean $(system_codename) for '$name', which is then kept in $(dirname "$store")"
	rm -f "$store.list"
	(umask 077 && echo "$sources" >"$store.list")
	while read -r option; do
		set -- "$option" "$@"
	done <<-END
		$(system_proxies)
	END
	[ -n "$1" ] || shift
	mmdebstrap --quiet --mode=root --variant=minbase --include="$packages" \
		--aptopt='APT::Install-Recommends "false"' --aptopt='Acquire::Retries "3"' \
		--dpkgopt='path-exclude=/usr/share/doc/*' --dpkgopt='path-exclude=/usr/share/man/*' --dpkgopt='path-exclude=/usr/share/locale/*' \
		--dpkgopt=force-unsafe-io \
		--essential-hook='printf "Package: src:qemu\nPin: release n=*-backports\nPin-Priority: 500\n" >"$1/etc/apt/preferences.d/qemu"' \
		--customize-hook='printf "#!/bin/sh\nexit 101\n" >"$1/usr/sbin/policy-rc.d"; chmod +x "$1/usr/sbin/policy-rc.d"' \
		"$@" "$(system_codename)" "$store" "$store.list" >&2 9>&- ||
		die "$EXIT_UNKNOWN" "cannot make a Debian system for '$name'" \
			"look at the messages above; DEBIAN_MIRROR= names another archive"
	rm "$store.list"
	touch "$store.made"
	echo "$store"
)

# What system_run does within its own mounts and processes, which end with it: $1 the system,
# $2 a folder of this machine or none, seen as /host; $3 the command.
system_enter='
set -eu
root=$(mktemp -d "${TMPDIR:-/tmp}/icache-ipi-system.XXXXXX")
trap "umount --recursive --lazy \"\$root/all\" 2>/dev/null || :; rm -rf --one-file-system \"\$root\"" EXIT
mkdir "$root/all"
mount -t tmpfs -o mode=755 icache-ipi "$root/all"
mkdir "$root/all/upper" "$root/all/work" "$root/all/root"
system=$root/all/root
mount -t overlay -o "lowerdir=$1,upperdir=$root/all/upper,workdir=$root/all/work" icache-ipi \
	"$root/all/root" 2>/dev/null || system=$root/copy
[ -d "$system" ] || cp --archive "$1" "$system"
mount -t proc proc "$system/proc"
mount --rbind /sys "$system/sys"
mount --rbind /dev "$system/dev"
mount -t tmpfs -o mode=1777 icache-ipi "$system/dev/shm"
mkdir -p "$system/host"
[ -z "$2" ] || mount --bind "$2" "$system/host"
cp --dereference /etc/resolv.conf "$system/etc/resolv.conf" 2>/dev/null || :
code=0
env --ignore-environment HOME=/root PATH=/usr/sbin:/usr/bin:/sbin:/bin LC_ALL=C.UTF-8 \
	DEBIAN_FRONTEND=noninteractive http_proxy="${http_proxy-}" https_proxy="${https_proxy-}" \
	chroot "$system" /bin/sh -euc "$3" || code=$?
exit $code
'

# system_run SYSTEM HOST-FOLDER COMMAND: as root in a copy of SYSTEM that is gone afterwards
system_run()
{
	unshare --mount --propagation private --pid --fork --kill-child --ipc --uts \
		sh -c "$system_enter" sh "$1" "$2" "$3" </dev/null
}

# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh
#
# kernel-org.sh: a 4.19.y tarball from kernel.org, believed only when the stable maintainer's key
# signed it; sourced by kernel-source (whose $store it uses), never run
# shellcheck disable=SC2154

mirror=${KERNEL_MIRROR:-https://cdn.kernel.org/pub/linux/kernel}
# Greg Kroah-Hartman; kernel.org/signature.html says how to find and cross-check it.
stable_maintainer=647F28654894E3BD457199BE38DBBDC86092693E
stable_address=gregkh@kernel.org
fingerprint=$(echo "${KERNEL_FINGERPRINT:-$stable_maintainer}" | tr -d ' ' | tr a-f A-F)

# download URL FILE: resumes FILE.part; the whole thing gets the name FILE. 1: not to be had now.
download()
{
	rc=0
	download_part "$@" || rc=$?
	case $rc in
	22 | 33 | 36) # no such range, or no ranges at all: once more from the start
		[ ! -s "$2.part" ] || { rm "$2.part"; rc=0; download_part "$@" || rc=$?; } ;;
	esac
	[ "$rc" = 0 ] || return 1
	mv "$2.part" "$2"
}

download_part()
{
	progress=--silent
	[ ! -t 2 ] || progress=--progress-bar
	curl --fail --location "$progress" --show-error --connect-timeout 20 --speed-limit 1000 \
		--speed-time 60 --continue-at - --output "$2.part" "$1"
}

# gpg_quiet ARGUMENTS: in the private $GNUPGHOME. Its daemons must not inherit the lock.
gpg_quiet()
{
	timeout 120 gpg --batch --no-tty --quiet "$@" 9>&- 2>>"$GNUPGHOME/log"
}

has_key()
{
	gpg_quiet --list-keys "$fingerprint" >/dev/null
}

# key_get: the public key into $GNUPGHOME, from KERNEL_KEYRING, the cache, its owner's domain or a
# keyserver. Where it comes from does not matter: only its fingerprint is trusted. 1: not found.
key_get()
{
	if [ -n "${KERNEL_KEYRING-}" ]; then
		gpg_quiet --import "$KERNEL_KEYRING" || :
		has_key || die "$EXIT_UNKNOWN" "KERNEL_KEYRING=$KERNEL_KEYRING has no key $fingerprint" \
			"name a file with that public key, or leave the variable out"
		return
	fi
	key=$store/key-$fingerprint.gpg
	[ ! -s "$key" ] || gpg_quiet --import "$key" || :
	has_key && return
	[ "$fingerprint" != "$stable_maintainer" ] || gpg_quiet --auto-key-locate clear,nodefault,wkd \
		--locate-external-keys "$stable_address" >/dev/null || :
	has_key || gpg_quiet --keyserver hkps://keyserver.ubuntu.com --recv-keys "$fingerprint" || :
	has_key || return 1
	gpg_quiet --export "$fingerprint" >"$key.tmp" && mv "$key.tmp" "$key"
}

# signer TARBALL SIGNATURE: primary fingerprint of the valid signature over the uncompressed tar,
# or the word gpg has for what is wrong. Never by gpg's exit code, which any known key satisfies. Both xz here
# and tar later are told the format: what they make of a file by its look need not be the same.
signer()
{
	xz --format=xz --decompress --stdout "$1" 2>/dev/null | gpg_quiet --status-fd 1 --verify "$2" - | awk '
		/^\[GNUPG:\] (BADSIG|REVKEYSIG|NODATA)/ { bad = $2 }
		/^\[GNUPG:\] ERRSIG/ { bad = "a key that is missing here, " $3 }
		/^\[GNUPG:\] VALIDSIG/ { good = $NF }
		END { print bad ? bad : good ? good : "no signature" }'
}

# kernel_org_get RELEASE DIR: linux-RELEASE unpacked in DIR. 1: it cannot be had now.
kernel_org_get()
{
	url=$mirror/v4.x/linux-$1.tar file=$store/linux-$1.tar
	[ -z "${KERNEL_MIRROR-}" ] || say "KERNEL_MIRROR is set: downloading from $mirror"
	GNUPGHOME=$(mktemp -d "${TMPDIR:-/tmp}/icache-ipi-gpg.XXXXXX")
	export GNUPGHOME
	# shellcheck disable=SC2317 # called by the trap of failures_are_unknown
	at_exit()
	{
		gpgconf --kill all 9>&-
		rm -rf "$GNUPGHOME" "$file.sign"
	}
	trap 'exit 130' HUP INT TERM

	rm -f "$file.sign" "$file.sign.part"
	download "$url.sign" "$file.sign" || return
	key_get || { say "cannot get the public key $fingerprint (KERNEL_KEYRING=FILE)"; return 1; }
	if [ ! -f "$file.xz" ]; then
		say "downloading $url.xz"
		download "$url.xz" "$file.xz" || return
	fi
	found=$(signer "$file.xz" "$file.sign")
	if [ "$found" != "$fingerprint" ]; then
		rm -f "$file.xz"
		die "$EXIT_UNKNOWN" "linux-$1.tar.xz: wanted a signature by $fingerprint, found $found" \
			"deleted it; try again, or name another KERNEL_MIRROR"
	fi
	# A signature is for what is signed, not for the name it is offered under.
	version=$(tar --force-local --extract --xz --to-stdout --file="$file.xz" --wildcards \
		--no-wildcards-match-slash --occurrence=1 '*/Makefile' 2>/dev/null |
		sed -n 's/^\(VERSION\|PATCHLEVEL\|SUBLEVEL\) *= *//p' | paste -s -d .)
	if [ "${version%.0}" != "$1" ]; then
		rm -f "$file.xz"
		die "$EXIT_UNKNOWN" "linux-$1.tar.xz: wanted Linux $1, found ${version:-no Makefile of it}" \
			"deleted it; name another KERNEL_MIRROR"
	fi
	unpack "$file.xz" "$2" --xz
	rm -f "$file.xz"
}

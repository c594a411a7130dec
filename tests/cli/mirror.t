#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# mirror.t: Debian's packages come from where the machine's own apt gets them, whichever form its
# list has; no archive's address stands in the project
set -eu
. "$(dirname "$0")/../lib/tap.sh"
command -v apt-get >/dev/null || skip_all 'not a Debian system'
. "$top/scripts/common.sh"
. "$top/scripts/debian-mirror.sh"
. "$top/scripts/debian-apt.sh"
. "$top/scripts/chroot.sh"
unset DEBIAN_MIRROR http_proxy https_proxy
export XDG_CACHE_HOME="$scratch/cache" GNUPGHOME="$scratch/gnupg" OS_RELEASE="$scratch/os-release"
mkdir -p "$scratch/keys"
mkdir --mode=700 "$GNUPGHOME"

# What the machine is, as far as this test goes: Debian 12, with the list that each case gives it.
printf 'ID=debian\nVERSION_CODENAME=bookworm\n' >"$OS_RELEASE"
machine()
{
	rm -rf "${scratch:?}/etc" "$scratch/lists"
	mkdir -p "$scratch/etc/sources.list.d" "$scratch/etc/apt.conf.d" "$scratch/etc/preferences.d" "$scratch/lists/partial" "$scratch/archives/partial"
	cat >"$scratch/apt.conf" <<-END
		Dir::Etc "$scratch/etc"; Dir::State::Lists "$scratch/lists"; Dir::Cache "$scratch";
		APT::Sandbox::User "root"; ${1-}
	END
}
export APT_CONFIG="$scratch/apt.conf"

# line SUITE: the line for it, without Debian's own keyring
line()
{
	(debian_line "$1" "$scratch/keys") 2>&1 | sed "s|$(debian_keyring),||; s|\[signed-by=$(debian_keyring)\] ||"
}

mirrors='deb [ arch=amd64,arm64  signed-by=/srv/a.gpg,/srv/b.gpg ] http://site.example:3142/mirror/debian/ bookworm main # ours
deb http://site.example/debian bookworm main contrib
deb [trusted=yes] file:/srv/debian bookworm main non-free
deb mirror+file:/etc/apt/mirrors/debian.list bookworm main
deb [signed-by=/srv/a.gpg] https://site.example/apt/debian stable main
deb http://site.example/a%20b bookworm main
deb http://site.example/a%0Adeb%20[trusted=yes]%20http://other.example/%20x bookworm main'
wanted='deb [signed-by=/srv/a.gpg,/srv/b.gpg] http://site.example:3142/mirror/debian SUITE main
deb http://site.example/debian SUITE main
deb file:/srv/debian SUITE main
deb mirror+file:/etc/apt/mirrors/debian.list SUITE main
deb [signed-by=/srv/a.gpg] https://site.example/apt/debian SUITE main
deb http://site.example/a%20b SUITE main
deb deb%20[trusted=yes]%20http://other.example/%20x SUITE main'
echo "$mirrors" >"$scratch/mirrors"
number=0
while read -r source; do
	number=$((number + 1))
	machine
	echo "$source" >"$scratch/etc/sources.list"
	expected=$(echo "$wanted" | sed -n "${number}p")
	for suite in bookworm bullseye; do
		is "$(line $suite)" "$(echo "$expected" | sed "s/SUITE/$suite/")" "one line: $suite by: $source"
	done
done <"$scratch/mirrors"

# deb822
machine
cat >"$scratch/etc/sources.list.d/debian.sources" <<'END'
# a comment, and what was switched off

Types: deb
Enabled: no
URIs: http://old.example/debian
Suites: bookworm
Components: main

# the mirrors of this site
Types: deb deb-src
URIs: http://user:secret@site.example/debian/ http://second.example/debian
Suites: bookworm bookworm-updates
Components: main contrib
signed-by: /srv/a.gpg /srv/b.gpg

Types: deb
URIs: http://security.example/sec
Suites: bookworm-security
Components: main
Signed-By:
 -----BEGIN PGP PUBLIC KEY BLOCK-----
 .
 bm8ga2V5
 -----END PGP PUBLIC KEY BLOCK-----
END
is "$(line bullseye)" 'deb [signed-by=/srv/a.gpg,/srv/b.gpg] http://user:secret@site.example/debian bullseye main' \
	'deb822: two keys, two addresses, what is off, and a password'
is "$(debian_site bullseye)" 'http://site.example/debian' '... which is not shown to people'
is "$(line bookworm-security)" \
	"deb [signed-by=$scratch/keys/signed-by.asc] http://security.example/sec bookworm-security main" \
	'deb822: a key in the list'
is "$(cat "$scratch/keys/signed-by.asc")" '-----BEGIN PGP PUBLIC KEY BLOCK-----

bm8ga2V5
-----END PGP PUBLIC KEY BLOCK-----' '... as it stands there'
is "$(DEBIAN_MIRROR=http://other.example/debian line bullseye)" 'deb http://other.example/debian bullseye main' \
	'DEBIAN_MIRROR= names another'
is "$(DEBIAN_MIRROR=http://other.example/debian line bookworm-security)" \
	'deb http://other.example/debian-security bookworm-security main' '... and its security archive'

# What is not Debian's
machine
printf 'deb cdrom:[Debian 12]/ bookworm main\ndeb http://vendor.example/apt vendor main\n' >"$scratch/etc/sources.list"
like "$(line bullseye)" 'apt has no source of Debian' 'a disc and a vendor: no source of Debian'
like "$(line bullseye)" 'DEBIAN_MIRROR=' '... and what to do'
is "$(line bookworm-security)" '' '... and no security archive'
run "$top/scripts/kernel-source" debian-5.10
is "$rc:$out" 3: '... kernel-source: exit 3'
printf 'ID=ubuntu\nVERSION_CODENAME=noble\n' >"$OS_RELEASE"
machine
echo 'deb http://vendor.example/ubuntu noble main' >"$scratch/etc/sources.list"
like "$(line bullseye)" 'apt has no source of Debian' 'another distribution: no source of Debian'
printf 'ID=debian\nVERSION_CODENAME=bookworm\n' >"$OS_RELEASE"

# archive NAME LABEL KEY: an archive with one package
archive()
{
	mkdir -p "$scratch/$1/dists/bookworm/main/binary-arm64" "$scratch/$1/dists/bookworm/main/binary-$native"
	for architecture in arm64 "$native"; do
		printf 'Package: of-%s\nVersion: 1\nArchitecture: all\nFilename: x\nSize: 1\nSHA256: %064d\n' "$1" 0 \
			>"$scratch/$1/dists/bookworm/main/binary-$architecture/Packages"
	done
	cd "$scratch/$1/dists/bookworm"
	{
		printf 'Origin: %s\nLabel: %s\nSuite: oldstable\nCodename: bookworm\nComponents: main\n' "$2" "$2"
		echo "Date: $(LC_ALL=C date --utc --rfc-email)"
		echo SHA256:
		find main -type f | while read -r file; do
			echo " $(sha256sum <"$file" | cut -d ' ' -f 1) $(wc -c <"$file") $file"
		done
	} >Release
	gpg --batch --quiet --local-user "$3" --clear-sign --output InRelease Release
	cd "$top"
}
native=$(dpkg --print-architecture)
for name in site vendor; do
	gpg --batch --quiet --passphrase '' --quick-generate-key "$name@example.invalid" rsa2048 sign never 2>"$scratch/log"
	gpg --batch --quiet --armor --export "$name@" >"$scratch/keys/$name.asc"
done
archive vendor Vendor vendor@
archive site Debian site@

# known KEY: a machine whose apt has the lists of a vendor, who names the suite alike, and of a mirror
known()
{
	machine
	{
		echo "deb [signed-by=$scratch/keys/vendor.asc] file:$scratch/vendor bookworm main"
		echo "deb [signed-by=$scratch/keys/$1.asc] file:$scratch/site bookworm main"
	} >"$scratch/etc/sources.list"
	apt-get --quiet --quiet update 2>"$scratch/log" || :
}
known site
is "$(line bookworm)" "deb [signed-by=$scratch/keys/site.asc] file:$scratch/site bookworm main" \
	"the label tells Debian from a vendor that comes first"
run debian_apt apt-get bookworm update
is "$rc:$err" 0: "a site that signs its mirror anew: apt takes it by the key of the machine's own list"
like "$(debian_apt apt-cache bookworm policy of-site)" 'Candidate: 1' '... and has its packages'
is "$(stat -c %a "$scratch/cache/icache-ipi/apt-deb-arm64-bookworm/sources.list")" 600 '... a list for its owner alone'
# shellcheck disable=SC2016 # that shell expands it
run env DEBIAN_MIRROR="file:$scratch/site" sh -euc '. "$1/common.sh"; . "$1/debian-mirror.sh"; . "$1/debian-apt.sh"
	debian_apt apt-get bookworm update' sh "$top/scripts"
is "$rc" 100 'the same mirror by DEBIAN_MIRROR=: only what Debian signed'

# A proxy of the machine's own apt
port=$(/usr/bin/python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
machine "Acquire::http::Proxy \"http://127.0.0.1:$port\"; Acquire::Retries \"0\";"
echo 'deb http://site.invalid/debian bookworm main' >"$scratch/etc/sources.list"
run debian_apt apt-get bookworm -oAcquire::Retries=0 update
like "$err" "127.0.0.1[: ]+$port|127.0.0.1:$port" "the machine's proxy is asked"
is "$(system_proxies)" "--aptopt=Acquire::http::Proxy \"http://127.0.0.1:$port\";" "... and goes into a system of its own"
is "$(system_sources | sed 's/^deb \(\[[^]]*\] \)*//' | head -n 1)" \
	"http://site.invalid/debian $(system_codename) main" '... whose packages come from the mirror'

# Addresses of an archive in the project. Those of this test are no archive's.
hosts='(deb|archive|security|snapshot|ftp[.a-z]*)\.debian\.org|/(debian|ubuntu)-ports'
is "$(grep -rnEI --exclude-dir=.git --exclude-dir=build --exclude=mirror.t "$hosts" "$top" || :)" '' \
	'no host of an archive stands in the project'
echo 'deb http://deb.debian.org/debian' >"$scratch/host"
is "$(grep -cE "$hosts" "$scratch/host")" 1 '... and one would be seen'
done_testing

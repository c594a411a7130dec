#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# kernel-source.t: a made-up kernel.org on the loopback, with a key made here: only what that key
# signed becomes a tree, however the download goes; and the user's own trees and tarballs
set -eu

. "$(dirname "$0")/../lib/tap.sh"
. "$top/tests/lib/trees.sh"
usual_cache=${XDG_CACHE_HOME:-$HOME/.cache}
export XDG_CACHE_HOME="$scratch/cache" TMPDIR="$scratch"
store=$XDG_CACHE_HOME/icache-ipi/kernel-source
www=$scratch/www/v4.x
unset KERNEL_MIRROR KERNEL_FINGERPRINT KERNEL_KEYRING
mkdir -p "$www" "$store"

cleanup()
{
	kill "$server" 2>/dev/null || :
	gpgconf --kill all
	rm -rf "$scratch" "$GNUPGHOME"
}

# key NAME: a key made on the spot; prints its fingerprint.
key()
{
	gpg --batch --quiet --passphrase '' --quick-gen-key "$1 <$1@example.invalid>" ed25519 sign \
		never 2>/dev/null
	gpg --batch --with-colons --list-keys "$1@" 2>/dev/null | sed -n '/^fpr/{s/fpr:*//;s/:.*//;p;q}'
}

# release N SIGNER [M]: linux-4.19.N.tar.xz with a made-up tree of 200 kB that xz cannot shrink.
release()
{
	name=linux-4.19.$1
	tree_make "$scratch/$name"
	printf 'VERSION = 4\nPATCHLEVEL = 19\nSUBLEVEL = %s\n' "${3-$1}" >"$scratch/$name/Makefile"
	head -c 200000 /dev/urandom >"$scratch/$name/blob"
	tar --create --file="$www/$name.tar" --directory="$scratch" "$name"
	gpg --batch --quiet --local-user "$2@" --detach-sign --output "$www/$name.tar.sign" "$www/$name.tar"
	xz "$www/$name.tar"
}

# ask MODE KERNEL: kernel-source with the made-up kernel.org in that mode
ask()
{
	: >"$scratch/log"
	run env KERNEL_MIRROR="http://127.0.0.1:$port/$1" KERNEL_FINGERPRINT="$good" \
		KERNEL_KEYRING="$scratch/keys" "$top/scripts/kernel-source" "$2"
}

# tree_of N: where that release must end up.
tree_of()
{
	echo "$store/linux-4.19.$1-signed-by-$good"
}

# arrived N NAME: the tree is there, whole, and nothing else is
arrived()
{
	is "$rc:$out" "0:$(tree_of "$1")" "$2: its path is printed"
	is "$(tree_sum "$out")" "$(tree_sum "$scratch/linux-4.19.$1")" "$2: the tree is whole"
	is "$(find "$store" -name '*.tmp' -o -name '*.part' -o -name '*.xz')" "" "$2: nothing left over"
}

# refused N REASON NAME: no tree, no tarball that a later run could take for good
refused()
{
	is "$rc:$out" "3:" "$3: exit 3"
	like "$err" "$2" "$3: says why"
	is "$(find "$store" -name "linux-4.19.$1*" ! -name '*.lock')" "" "$3: nothing is kept"
}

GNUPGHOME=$(mktemp -d /tmp/icache-ipi-test.XXXXXX) # short: it holds a socket
export GNUPGHOME
python3 "$top/tests/lib/http-server.py" "$scratch/www" "$scratch/log" >"$scratch/port" &
server=$!
trap cleanup EXIT
good=$(key good)
other=$(key other)
gpg --batch --export >"$scratch/keys"
for n in 1 2 3 4 5 6 7; do release $n good; done
release 8 other
while [ ! -s "$scratch/port" ]; do kill -0 $server; done
port=$(cat "$scratch/port")

ask good 4.19.1
arrived 1 "signed"
like "$err" "KERNEL_MIRROR is set" "the other mirror is said"
like "$err" "KERNEL_FINGERPRINT is set: trusting $good" "the other key is said"
ask good 4.19.1
is "$rc:$out:$(cat "$scratch/log")" "0:$(tree_of 1):" "again: no request at all"
run "$top/scripts/kernel-source" "$out"
is "$rc:$out:$err" "0:$(tree_of 1):" "its path is a KERNEL as well"

# What must not be believed.
ask good 4.19.8
refused 8 "wanted a signature by $good, found $other" "another key that is known"
gpg --batch --export "$good" >"$scratch/key"
run env KERNEL_MIRROR="http://127.0.0.1:$port/good" KERNEL_FINGERPRINT="$good" \
	KERNEL_KEYRING="$scratch/key" "$top/scripts/kernel-source" 4.19.8
refused 8 "found a key that is missing here" "another key that is not known"
cp "$www/linux-4.19.1.tar.sign" "$www/linux-4.19.8.tar.sign"
ask good 4.19.8
refused 8 "found BADSIG" "the signature of another file"
echo "no signature" >"$www/linux-4.19.8.tar.sign"
ask good 4.19.8
refused 8 "found NODATA" "no signature in the file"
gpg --batch --quiet --local-user other@ --detach-sign --output - "$scratch/linux-4.19.1/blob" \
	>"$www/linux-4.19.8.tar.sign"
run env KERNEL_MIRROR="http://127.0.0.1:$port/good" KERNEL_FINGERPRINT="$good" \
	KERNEL_KEYRING="$scratch/linux-4.19.1/blob" "$top/scripts/kernel-source" 4.19.8
refused 8 "has no key $good" "a keyring without the key"
head -c 100000 "$www/linux-4.19.2.tar.xz" >"$www/linux-4.19.8.tar.xz"
cp "$www/linux-4.19.2.tar.sign" "$www/linux-4.19.8.tar.sign"
ask good 4.19.8
refused 8 "found BADSIG" "half a tarball under the whole one's name"
cp "$www/linux-4.19.1.tar.xz" "$www/linux-4.19.8.tar.xz"
cp "$www/linux-4.19.1.tar.sign" "$www/linux-4.19.8.tar.sign"
ask good 4.19.8
refused 8 "wanted Linux 4.19.8, found 4.19.1" "another release under this one's name"
# What xz unpacks by the look of a file, tar may take for a plain archive.
xz --decompress --stdout "$www/linux-4.19.1.tar.xz" | xz --format=lzma >"$www/linux-4.19.8.tar.xz"
ask good 4.19.8
refused 8 "found BADSIG" "the same bytes in another format"
rm "$www/linux-4.19.8.tar.sign"
ask good 4.19.8
refused 8 "cannot download Linux 4.19.8" "no signature at the server"
run env KERNEL_MIRROR="http://127.0.0.1:$port/good" KERNEL_KEYRING="$scratch/keys" \
	"$top/scripts/kernel-source" 4.19.1
refused 1-x "has no key 647F28654894E3BD457199BE38DBBDC86092693E" "the pinned key is the default"

# Downloads that break.
ask cut 4.19.2
is "$rc:$out" "3:" "cut short: exit 3"
like "$err" "run it again to continue" "cut short: says what to do"
had=$(wc -c <"$store/linux-4.19.2.tar.xz.part")
ask good 4.19.2
like "$(cat "$scratch/log")" "linux-4.19.2.tar.xz bytes=$had-" "then: goes on from byte $had"
arrived 2 "then"
ask cut 4.19.3
ask plain 4.19.3
arrived 3 "a server without ranges"
cp "$www/linux-4.19.4.tar.xz" "$store/linux-4.19.4.tar.xz.part"
ask good 4.19.4
arrived 4 "stopped between download and check"
head -c 1000 /dev/urandom >"$store/linux-4.19.5.tar.xz.part"
ask good 4.19.5
refused 5 "found BADSIG" "somebody else's bytes at the front"
ask good 4.19.5
arrived 5 "and then from the start"

# Killed in the middle of the download, and again while unpacking.
: >"$scratch/log"
KERNEL_MIRROR="http://127.0.0.1:$port/stall" KERNEL_FINGERPRINT=$good KERNEL_KEYRING=$scratch/keys \
	setsid "$top/scripts/kernel-source" 4.19.6 >"$scratch/killed" 2>&1 &
while [ ! -s "$store/linux-4.19.6.tar.xz.part" ]; do kill -0 $!; done
kill -9 -$!
wait $! 2>/dev/null || :
is "$(ls -d "$(tree_of 6)" 2>/dev/null || :)" "" "killed: no tree"
mkdir -p "$(tree_of 6).tmp/linux-4.19.6"
ask good 4.19.6
arrived 6 "after the kill"

# Two at once: one downloads, the other waits for it.
: >"$scratch/log"
for i in 1 2; do
	KERNEL_MIRROR="http://127.0.0.1:$port/good" KERNEL_FINGERPRINT=$good \
		KERNEL_KEYRING=$scratch/keys "$top/scripts/kernel-source" 4.19.7 >"$scratch/out.$i" 2>/dev/null &
	eval "pid$i=\$!"
done
# shellcheck disable=SC2154 # pid1, pid2
wait "$pid1" && wait "$pid2" && rc=0 || rc=$?
out=$(sort -u "$scratch/out.1" "$scratch/out.2")
arrived 7 "two at once"
is "$(grep -c 'linux-4.19.7.tar.xz ' "$scratch/log")" 1 "two at once: one download"

# No server. `auto` goes on to Debian's, and says so; a wrong signature never does.
mkdir -p "$store/debian-5.10.223-1"
kill $server
wait $server 2>/dev/null || :
ask good 4.19.9
is "$rc:$out" "3:" "no server: exit 3"
ask good auto
is "$rc:$out" "0:$store/debian-5.10.223-1" "auto without a server: Debian's"
like "$err" "no 4.19.19: taking debian-5.10" "auto: says so"
mkdir "$(tree_of 19)"
ask good auto
is "$rc:$out" "0:$(tree_of 19)" "auto: 4.19.19 when it is cached"
mv "$store" "$scratch/elsewhere"
ln -s "$scratch/elsewhere" "$store"
run "$top/scripts/kernel-source" debian-5.10
is "$rc:$out" "0:$store/debian-5.10.223-1" "a store that is a link to another disk"
rm "$store"
mv "$scratch/elsewhere" "$store"
rmdir "$(tree_of 19)" "$store/debian-5.10.223-1"

# The day when bullseye has left the archives: bookworm's kernel, here of an archive that has nothing else.
mkdir -p "$store/debian-6.1.176-1" "$store/debian-6.1.99-1" "$scratch/bookworm/dists/bookworm"
: >"$store/debian-6.1.lock"
run env KERNEL_MIRROR="http://127.0.0.1:$port/good" DEBIAN_MIRROR="file://$scratch/bookworm" \
	KERNEL_FINGERPRINT="$good" KERNEL_KEYRING="$scratch/keys" "$top/scripts/kernel-source" auto
is "$rc:$out" "0:$store/debian-6.1.176-1" "auto without a server and without bullseye: debian-6.1"
like "$err" "no 4.19.19: taking debian-5.10.*" "... after debian-5.10"
like "$err" "cannot download linux-source-5.10 \(bullseye\)" "... says what is missing"
like "$err" "no debian-5.10: taking debian-6.1" "... and what it takes"
rmdir "$store"/debian-6.1.*-1
run env KERNEL_MIRROR="http://127.0.0.1:$port/good" DEBIAN_MIRROR="file://$scratch/bookworm" \
	KERNEL_FINGERPRINT="$good" KERNEL_KEYRING="$scratch/keys" "$top/scripts/kernel-source" auto
is "$rc:$out" "3:" "auto with nothing at all: exit 3"
release 19 other
run env KERNEL_MIRROR="file://$scratch/www" KERNEL_FINGERPRINT="$good" \
	KERNEL_KEYRING="$scratch/keys" "$top/scripts/kernel-source" auto
refused 19 "found $other" "auto: a wrong signature is the end"

# Debian's, through apt: from a mirror that nobody signed for, nothing is taken.
dist=$scratch/debian/dists/bullseye
mkdir -p "$dist/main/binary-$(dpkg --print-architecture)"
cd "$dist"
: >"main/binary-$(dpkg --print-architecture)/Packages"
lists=$(find /etc/apt /var/lib/apt/lists -ls 2>/dev/null | sha256sum)
for signature in none other; do
	{
		printf 'Suite: oldoldstable\nCodename: bullseye\nComponents: main\nSHA256:\n'
		find main -type f | while read -r file; do
			echo " $(sha256sum <"$file" | cut -d ' ' -f 1) $(wc -c <"$file") $file"
		done
	} >Release
	[ $signature = none ] ||
		gpg --batch --quiet --local-user other@ --clear-sign --output InRelease Release
	run env DEBIAN_MIRROR="file://$scratch/debian" "$top/scripts/kernel-source" debian-5.10
	is "$rc:$out" "3:" "Debian mirror, signed by $signature: exit 3"
	like "$err" "cannot download linux-source-5.10" "Debian mirror, signed by $signature: says so"
done
is "$(find /etc/apt /var/lib/apt/lists -ls 2>/dev/null | sha256sum)" "$lists" "the machine's own apt is untouched"
run env XDG_CACHE_HOME="$usual_cache" "$top/scripts/kernel-source" debian-5.10
is "$rc:$(sed -n 's/^SUBLEVEL = //p' "$out/Makefile")" "0:223" "debian-5.10 is 5.10.223"
is "$("$top/scripts/backport" "$out" --check || :)" "fixed as merged" "debian-5.10 is fixed as merged"
run env XDG_CACHE_HOME="$usual_cache" "$top/scripts/kernel-source" debian-6.1
is "$rc:$(sed -n 's/^\(VERSION\|PATCHLEVEL\) = //p' "$out/Makefile" | paste -s -d .)" "0:6.1" "debian-6.1 is 6.1"
is "$("$top/scripts/backport" "$out" --check || :)" "fixed as merged" "debian-6.1 is fixed as merged"

# The user's own.
run "$top/scripts/kernel-source" "$scratch/linux-4.19.1/../linux-4.19.2"
is "$rc:$out:$err" "0:$scratch/linux-4.19.2:" "a tree is passed on"
cd "$scratch"
for suffix in tar tar.gz tar.bz2 tar.xz tar.zst; do
	if ! tar --create --auto-compress --file="my tree.$suffix" linux-4.19.3 2>/dev/null; then
		skip "a .$suffix" "no program for it here"
		continue
	fi
	run "$top/scripts/kernel-source" "my tree.$suffix"
	is "$rc:$err:$(tree_sum "$out")" "0::$(tree_sum linux-4.19.3)" "a .$suffix"
	first=$out
	cp "my tree.$suffix" copy
	run "$top/scripts/kernel-source" copy
	is "$out" "$first" "a .$suffix: same content, same tree"
done
head -c 90000 "my tree.tar.xz" >half.tar.xz
tar --create --file=flat.tar --directory=linux-4.19.3 .
run "$top/scripts/kernel-source" flat.tar
is "$rc:$(tree_sum "$out")" "0:$(tree_sum linux-4.19.3)" "a tarball without a folder at its top"
mkdir parts && cp -r linux-4.19.3 parts/linux && mkfifo parts/linux/pipe
# Root's tar would make it, for everybody to read.
[ "$(id -u)" != 0 ] || mknod parts/linux/disk b 7 255 2>/dev/null || :
tar --create --file=parts.tar --directory=parts linux
run "$top/scripts/kernel-source" parts.tar
is "$rc:$(tree_sum "$out"):$(find "$out" ! -type f ! -type d)" "0:$(tree_sum linux-4.19.3):" \
	"a tarball with a pipe and a device: without them"
is "$(stat --format=%a "$out")" 755 "... and a folder like any other"
tar --create --file=other.tar www
for bad in half.tar.xz other.tar copy2 www log; do
	run "$top/scripts/kernel-source" $bad
	is "$rc:$out" "3:" "$bad: exit 3"
	is "$(ls -d "$store"/tarball-*.tmp 2>/dev/null || :)" "" "$bad: nothing left"
done
for options in "" --bogus "4.19.1 4.19.2"; do
	# shellcheck disable=SC2086 # options
	run "$top/scripts/kernel-source" $options
	is "$rc:$out" "64:" "usage: ${options:-nothing}"
done
run "$top/scripts/kernel-source" --help
is "$rc:$err" "0:" "--help"
for word in KERNEL_MIRROR KERNEL_FINGERPRINT KERNEL_KEYRING DEBIAN_MIRROR auto debian-5.10 debian-6.1; do
	like "$out" "$word" "--help names $word"
done
done_testing

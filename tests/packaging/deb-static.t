#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# deb-static.t: packages of static programs: Debian 10 and 11 can install them, and Debian 11 does
#
# Only with DEB_STATIC=1: all packages are built once more, for two architectures. DEB_STATIC=DIR has them already.
set -eu
. "$(dirname "$0")/../lib/tap.sh"
[ -n "${DEB_STATIC-}" ] || skip_all 'no DEB_STATIC=1: all packages once more'
. "$top/tests/lib/packages.sh"
. "$top/tests/lib/mini-kernel.sh"
[ "$(id -u)" = 0 ] || skip_all 'only root makes clean systems'

repository=$DEB_STATIC
[ "$DEB_STATIC" != 1 ] || repository=$("$top/debian/build" --static | tail -n 1)
version=$(sed -n 's/^VERSION := //p' "$top/Makefile")
rm -f "$scratch/names"
for deb in "$repository"/*_"$version"_*.deb; do
	case $deb in *-dbgsym_*) continue ;; esac
	dpkg-deb --field "$deb" Package >>"$scratch/names"
done
is "$(sort -u "$scratch/names" | xargs)" \
	'icache-ipi icache-ipi-dkms icache-ipi-mitigate-dkms icache-ipi-repro-dkms linux-patch-icache-ipi' \
	'all packages but icache-ipi-vm'

# What these releases have: name, version in Debian 10, in Debian 11 (packages.debian.org)
table='dkms 2.6.1-4 2.8.4-3'
for deb in "$repository"/*_"$version"_*.deb; do
	case $deb in *-dbgsym_*) continue ;; esac
	name=$(basename "$deb" .deb)
	wrong=''
	dpkg-deb --field "$deb" Depends | tr ',' '\n' | sed 's/^ *//; s/[()]//g' >"$scratch/depends"
	while read -r needs operator least; do
		case $needs in '' | icache-ipi*) continue ;; esac
		has=$(printf '%s\n' "$table" | sed -n "s/^$needs //p")
		for have in ${has:-none none}; do
			[ "$have" != none ] && { [ -z "$operator" ] || dpkg --compare-versions "$have" ge "$least"; } ||
				wrong="$wrong $needs $operator $least;"
		done
	done <"$scratch/depends"
	is "$wrong" '' "$name: Debian 10 and 11 have what it needs"
	# dpkg of Debian 10 and 11 knows no zstd.
	like "$(ar t "$deb" | xargs)" '^debian-binary control.tar.(xz|gz) data.tar.(xz|gz)$' "$name: they can unpack it"
	mkdir "$scratch/$name"
	dpkg-deb --extract "$deb" "$scratch/$name"
	find "$scratch/$name" -type f -exec sh -c 'for file; do
			! readelf --program-headers "$file" 2>/dev/null | grep -q INTERP || echo "$file"
		done' sh {} + >"$scratch/dynamic"
	is "$(cat "$scratch/dynamic")" '' "$name: no program asks for a library"
done
is "$(find "$scratch/icache-ipi_${version}_arm64" -type f -path '*/bin/*' -exec readelf --file-header {} + |
	grep -c 'Machine: *AArch64')" 1 'arm64: one program'

# --- Debian 11 ---
mkdir "$scratch/list"
# shellcheck disable=SC2016 # for the other shell
if ! line=$(debian_line bullseye "$scratch/list" 2>"$scratch/err") || [ -z "$line" ] ||
	! mmdebstrap --quiet --mode=root --variant=minbase --include=dkms --aptopt='APT::Install-Recommends "false"' \
		--customize-hook='printf "#!/bin/sh\nexit 101\n" >"$1/usr/sbin/policy-rc.d"; chmod +x "$1/usr/sbin/policy-rc.d"' \
		bullseye "$scratch/bullseye" "$line" >"$scratch/err" 2>&1; then
	skip 'installed on Debian 11' "no Debian 11 to be had: $(tail -n 1 "$scratch/err")"
	done_testing
	exit
fi
cd "$scratch"
mini_vmlinux AFFECTED small
mkdir host
cp -r "$repository" host/repository
cp small host/
run system_run "$scratch/bullseye" "$scratch/host" "$use_repository
	apt-get --yes --quiet --quiet install icache-ipi-mitigate-dkms linux-patch-icache-ipi >/host/log 2>&1
	echo \"@ glibc \$(dpkg-query --show --showformat='\${Version}' libc6)\"
	code=0; icache-ipi check /host/small >/host/checked || code=\$?
	echo \"@ check \$code \$(head -n 1 /host/checked)\"
	code=0; icache-ipi-check --version >/dev/null || code=\$?
	echo \"@ alone \$code\"
	echo \"@ dkms \$(dkms status | xargs)\"
	apt-get --yes --quiet --quiet purge 'icache-ipi*' linux-patch-icache-ipi >>/host/log 2>&1
	echo \"@ left \$(find / -xdev -name '*icache-ipi*' ! -path '/host/*' ! -path '/proc/*' ! -path '/var/lib/apt/*' \
		! -path '/etc/apt/*' ! -path '/var/log/*' | xargs)\""
is "$rc" 0 'Debian 11: every command succeeds'
[ "$rc" = 0 ] || { printf '%s\n' "$out" "$err"; tail -n 20 host/log; } | sed 's/^/# /'
steps=$(printf '%s\n' "$out" | sed -n 's/^@ //p')
like "$steps" '^glibc 2\.31-' 'Debian 11: its glibc is older than that of the build'
like "$steps" '^check 2 /host/small: affected' 'Debian 11: the check reads a kernel'
like "$steps" '^alone 0$' 'Debian 11: by its own name, too'
like "$steps" "^dkms icache-ipi-mitigate, $version: added\$" 'Debian 11: dkms has the mitigation'
like "$steps" '^left *$' 'Debian 11: nothing is left'
done_testing

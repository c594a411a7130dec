#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# rpm-sign.t: dnf takes what 'make rpm-repo SIGN=KEY' signed, with both of its checks, and nothing else
set -eu
. "$(dirname "$0")/../lib/tap.sh"
for program in rpmsign createrepo_c dnf gpg rpmbuild; do
	command -v "$program" >/dev/null || skip_all "no $program"
done
export GNUPGHOME="$scratch/gnupg"
mkdir --mode=700 "$GNUPGHOME"
trap 'gpgconf --kill all; rm -rf "$scratch"' EXIT
for name in ours other; do
	gpg --batch --quiet --passphrase '' --quick-generate-key "$name@example.invalid" rsa3072 sign never \
		2>>"$scratch/log"
done
cat >"$scratch/small.spec" <<END
Name: small
Version: 1
Release: 1
Summary: A package to sign
License: GPL-2.0-only
BuildArch: noarch
%description
As the summary says.
%files
END
rpmbuild -bb --quiet --define="_topdir $scratch/build" --define="_rpmdir $scratch/rpms" "$scratch/small.spec" \
	2>>"$scratch/log"

# dnf_installs REPO: a new system asks that repository for the package
dnf_installs()
{
	rm -rf "$scratch/root" "$scratch/dnf"
	mkdir -p "$scratch/repos" "$scratch/root"
	cp "$1/icache-ipi.repo" "$scratch/repos/"
	printf '[main]\nreposdir=%s\npluginpath=/dev/null\ncachedir=%s\nlogdir=%s\npersistdir=%s\n' "$scratch/repos" \
		"$scratch/dnf/cache" "$scratch/dnf" "$scratch/dnf" >"$scratch/dnf.conf"
	run dnf --config="$scratch/dnf.conf" --installroot="$scratch/root" --releasever=1 --assumeyes install small
}

# repository NAME [OPTION]...: a copy of the packages, made a repository
repository()
{
	name=$1
	shift
	cp -a "$scratch/rpms" "$scratch/$name"
	run "$top/rpm/repository" "$@" "$scratch/$name"
}

repository signed --sign ours@example.invalid
is "$rc:$out" "0:$scratch/signed/icache-ipi.repo" 'signed: the last line is the file for dnf'
is "$(grep -E '^(gpgcheck|repo_gpgcheck|gpgkey)=' "$scratch/signed/icache-ipi.repo" | xargs)" \
	"gpgcheck=1 repo_gpgcheck=1 gpgkey=file://$scratch/signed/key.asc" '... dnf checks packages and metadata'
dnf_installs "$scratch/signed"
is "$rc" 0 '... and installs'
[ "$rc" = 0 ] || printf '%s\n' "$out" "$err" | tail -n 20 | sed 's/^/# /'
is "$(rpm --root="$scratch/root" --query small)" 'small-1-1.noarch' '... the package'

# Its metadata, and what somebody else put there
repository metadata --sign ours@example.invalid
echo '<!-- more -->' >>"$scratch/metadata/repodata/repomd.xml"
dnf_installs "$scratch/metadata"
is "$([ "$rc" = 0 ] || echo refused)" refused 'metadata that were changed: refused'
repository package --sign ours@example.invalid
rm "$scratch"/package/noarch/*.rpm
cp "$scratch"/rpms/noarch/*.rpm "$scratch/package/noarch/"
createrepo_c --quiet "$scratch/package"
rm -f "$scratch"/package/repodata/repomd.xml.asc
gpg --batch --quiet --local-user ours@ --armor --detach-sign "$scratch/package/repodata/repomd.xml"
dnf_installs "$scratch/package"
is "$([ "$rc" = 0 ] || echo refused)" refused 'a package without a signature in signed metadata: refused'
repository stranger --sign other@example.invalid
cp "$scratch/signed/key.asc" "$scratch/stranger/"
dnf_installs "$scratch/stranger"
is "$([ "$rc" = 0 ] || echo refused)" refused 'signed by another key: refused'

# Without a key, and with one that is not there
repository unsigned --url http://server.example/rpm
is "$rc:$(sed -n 's/^\(baseurl\|gpgcheck\|gpgkey\)=//p' "$scratch/unsigned/icache-ipi.repo" | xargs)" \
	'0:http://server.example/rpm 0' 'not signed: dnf checks nothing, and needs no key'
repository missing --sign nobody@example.invalid
is "$rc:$out" 3: 'no such key: exit 3'
like "$err" "gpg has no key 'nobody@example.invalid'" '... and says so'
mkdir "$scratch/empty"
run "$top/rpm/repository" "$scratch/empty"
is "$rc" 3 'no packages: exit 3'
run "$top/rpm/repository"
is "$rc" 64 'no folder: usage'
run "$top/rpm/repository" --help
like "$rc:$out" '^0:usage' '--help'
done_testing

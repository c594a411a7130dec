#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# names.t: every package, command, manual page, unit and module of ours that a message or a guide names
# is there, by that name
set -eu
. "$(dirname "$0")/../lib/tap.sh"
cd "$top"

# --- what there is ---
# A transitional package is there for upgrades, and nobody should be sent to it.
awk '/^Package:/ { name = $2 } /^Section: oldlibs/ { old = 1 }
	/^$/ { if (name && !old) print name; name = old = "" }
	END { if (name && !old) print name }' debian/control >"$scratch/deb"
for spec in rpm/*.spec; do
	awk '$1 == "Name:" { name = $2; print name } $1 == "%package" { print name "-" $2 }' "$spec"
done >"$scratch/rpm"
make --no-print-directory --silent install O="$O" DESTDIR="$scratch/root" prefix=/usr SETUP=no >/dev/null
find man docs/schemas rpm "$scratch/root" -type f -printf '%f\n' | sort -u >"$scratch/files"
sed -n 's/^PACKAGE_NAME="\(.*\)"/\1/p' modules/*/dkms.conf >"$scratch/dkms"
sed -n 's/^BUILT_MODULE_NAME.*="\(.*\)"/\1/p' modules/*/dkms.conf >"$scratch/modules"
{
	cat "$scratch/deb" "$scratch/rpm" "$scratch/files" "$scratch/dkms"
	# A manual page, as a name and as NAME(8); what configures a module of dkms; what a schema calls itself
	sed -n 's/^\(.*\)\.\([178]\)$/\1 \1(\2)/p' "$scratch/files" | tr ' ' '\n'
	sed 's/$/.conf/' "$scratch/dkms"
	sed -n 's/.*"const": "\(icache-ipi[a-z-]*\)".*/\1/p' docs/schemas/*.json
} | sort -u >"$scratch/known"

# unknown_names FILE...: those that are none of it, and modules that are none of ours
unknown_names()
{
	# A temporary folder is no name, and neither is a metric, a function, or what a service writes.
	sed 's/icache-ipi-[a-z]*\.XXXXXX//g' "$@" |
		grep -oE '[a-z0-9-]*icache-ipi[a-z0-9-]*(\([0-9]\)|(\.[a-z0-9]+)+)?' |
		sed 's/^-*//; s/-$//' | grep -vxE 'icache-ipi(\.[a-z.]+)?|icache-ipi-who\.prom' | sort -u | comm -23 - "$scratch/known"
	grep -hoE '(modprobe|modprobe -r|rmmod|the module|sys/module/) *icache_ipi_[a-z0-9_]+' "$@" |
		sed 's/.*\(icache_ipi_\)/\1/' | sort -u | grep -vxFf "$scratch/modules" || :
}

# --- what is named ---
git ls-files README.md SECURITY.md CONTRIBUTING.md completions contrib debian docs man modules patches rpm \
	scripts src 2>/dev/null | grep -v -e '^debian/control$' -e '^debian/changelog$' -e '^debian/.*\.NEWS$' -e '\.spec$' |
	while read -r file; do [ ! -f "$file" ] || echo "$file"; done >"$scratch/texts"
[ -s "$scratch/texts" ] || skip_all 'not a git checkout'
# shellcheck disable=SC2046 # one file a word
is "$(unknown_names $(cat "$scratch/texts"))" '' "$(wc -l <"$scratch/texts") files: every name in them is there"
cat >"$scratch/wrong" <<'END'
Install kmod-icache-ipi or icache-ipi-dkms, see icache-ipi-modules(7) and icache-ipi-check(1).
systemctl enable icache-ipi-mitigate.timer; modprobe -r icache_ipi_mitigation
icache-ipi-mitigate(8) and icache-ipi-mitigate-dkms are right.
END
is "$(unknown_names "$scratch/wrong" | xargs)" \
	'icache-ipi-check(1) icache-ipi-dkms icache-ipi-mitigate.timer icache-ipi-modules(7) kmod-icache-ipi icache_ipi_mitigation' \
	'names that are not there are found'

# installs PATTERN FILE...: what of ours the lines with that command install
installs()
{
	pattern=$1
	shift
	grep -hE "$pattern" "$@" | sed 's/.* install//; s/[#;&].*//' | grep -oE '[a-z-]*icache-ipi[a-z-]*' | sort -u
}
guides="README.md rpm/README.md docs/fleet.md"
# shellcheck disable=SC2086 # one file a word
{
	installs 'apt(-get)? install' $guides
	grep -oE '[a-z-]*icache-ipi[a-z-]*' debian/tests/control
} | sort -u >"$scratch/apt"
like "$(cat "$scratch/apt")" '^icache-ipi-mitigate-dkms$' 'guides say what to install with apt'
is "$(grep -vxFf "$scratch/deb" "$scratch/apt")" '' 'debian/control has what guides and tests install with apt'
# shellcheck disable=SC2046,SC2086
{
	installs 'dnf install' $guides
	sed -n 's/^ *- \([a-z-]*icache-ipi[a-z-]*\)$/\1/p' $(find rpm/tmt -type f -name '*.fmf')
} | sort -u >"$scratch/dnf"
like "$(cat "$scratch/dnf")" '^icache-ipi-mitigate-dkms$' 'guides say what to install with dnf'
is "$(grep -vxFf "$scratch/rpm" "$scratch/dnf")" '' 'the spec files have what guides and tests install with dnf'
advice=$(sed -n 's/.*"dnf install \(icache-ipi[a-z-]*\)".*/\1/p' src/status/judge.c)
like "$advice" '^icache-ipi' 'icache-ipi-status says what to install'
is "$(grep -cxF "$advice" "$scratch/deb" "$scratch/rpm" | sed 's/.*://' | xargs)" '1 1' \
	"$advice is a package of Debian and of RPM distributions"

# --- the mitigation has one name ---
name=$(sed -n 's/^PACKAGE_NAME="\(.*\)"/\1/p' modules/mitigate/dkms.conf)
is "$(sed -n 's/^BUILT_MODULE_NAME.*="\(.*\)"/\1/p' modules/mitigate/dkms.conf)" "$(echo "$name" | tr - _)" \
	"$name: its module"
for file in "$name.8" "$name.service"; do
	like "$(cat "$scratch/files")" "^$file$" "$file is installed"
done
is "$(sed -n 's/^Documentation=//p' "modules/mitigate/$name.service")" "man:$name(8)" 'its unit names its manual page'
is "$(grep -xF "$name-dkms" "$scratch/deb"):$(grep -xF -e "$name-dkms" -e "kmod-$name" "$scratch/rpm" | sort | xargs)" \
	"$name-dkms:$name-dkms kmod-$name" 'its packages'

done_testing

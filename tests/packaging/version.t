#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# version.t: one version in every place that has one
set -eu
. "$(dirname "$0")/../lib/tap.sh"

version=$(sed -n 's/^VERSION := //p' "$top/Makefile")
like "$version" '^[0-9]+\.[0-9]+\.[0-9]+$' 'Makefile has a version'
is "$(sed -n '1s/^icache-ipi (\(.*\)).*/\1/p' "$top/debian/changelog")" "$version" \
	'debian/changelog has the same'
is "$(sed -n 's/^## \([0-9.]*\)$/\1/p' "$top/NEWS.md" | head -n 1)" "$version" \
	'it is the newest release of NEWS.md'
for module in mitigate repro; do
	is "$(sed -n 's/^PACKAGE_VERSION="\(.*\)"/\1/p' "$top/modules/$module/dkms.conf")" "$version" \
		"modules/$module/dkms.conf has the same"
done
for spec in "$top"/rpm/*.spec; do
	like "$(sed -n 's/^Version:[[:blank:]]*//p' "$spec")" "^($version|%.*)$" \
		"$(basename "$spec") has the same, or computes it"
done

done_testing

#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# tmt.t: rpm/tmt says what tmt understands, asks for packages there are, and its verdict is right
set -eu
. "$(dirname "$0")/../lib/tap.sh"
. "$top/tests/lib/kernels.sh"

# What is said of a tree
faults()
{
	/usr/bin/python3 "$top/tests/lib/check-fmf.py" "$1"
}
is "$(faults "$top/rpm/tmt")" '1 plans, 4 tests' 'plans and tests: no fault'

cp -r "$top/rpm/tmt" "$scratch/tmt"
sed -i 's/^duration:.*/duration: long/; s/^summary:/summry:/' "$scratch/tmt/tests/check/main.fmf"
chmod -x "$scratch/tmt/tests/dkms/test.sh"
sed -i 's/how: tmt/how: else/' "$scratch/tmt/plans/acceptance.fmf"
is "$(faults "$scratch/tmt" | wc -l)" 6 'five faults put in on purpose are found'

packages=$(sed -n 's/^%package //p; s/^Name:[[:space:]]*//p' "$top/rpm/icache-ipi.spec" |
	sed '/^icache-ipi$/!s/^/icache-ipi-/')
find "$top/rpm/tmt" -name '*.fmf' -type f -exec sed -n 's/^ *- \(icache-ipi[-a-z]*\)$/\1/p' '{}' + | sort -u >"$scratch/wanted"
while read -r package; do
	like "$packages" "^$package\$" "what is installed is a package: $package"
done <"$scratch/wanted"
is "$(wc -l <"$scratch/wanted")" 3 'three packages were looked for'

PATH=$O:$PATH
export PATH
affected=$(kernel_build_dir regress)
fixed=$(kernel_build_dir)
run env KERNEL_IMAGE="$affected/arch/arm64/boot/Image" "$top/rpm/tmt/tests/check/test.sh"
is "$rc" 1 'check: an affected kernel fails'
run env KERNEL_IMAGE="$fixed/arch/arm64/boot/Image" "$top/rpm/tmt/tests/check/test.sh"
is "$rc" 0 'check: a fixed one passes'
run env KERNEL_IMAGE="$top/README.md" "$top/rpm/tmt/tests/check/test.sh"
is "$rc" 2 'check: what is no kernel is an error'

done_testing

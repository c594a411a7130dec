#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# proof-words.t: what proof makes of SERIES=posted|merged and of a configuration of one's own
set -eu

. "$(dirname "$0")/../lib/tap.sh"
. "$top/tests/lib/trees.sh"
export XDG_CACHE_HOME="$scratch/cache"
here=$top/scripts
# shellcheck source=../../scripts/common.sh
. "$here/common.sh"
# shellcheck source=../../scripts/halves.sh
. "$here/halves.sh"
# shellcheck source=../../scripts/config.sh
. "$here/config.sh"

tree_make "$scratch/tree" 5.10.y-posted
halves_make "$scratch/tree" posted merged >"$scratch/halves" 2>"$scratch/said"
is "$(cut -d : -f 1,2 "$scratch/halves")" "none:0.0
posted:0.0+posted
merged:0.0+merged" 'SERIES="posted merged": three kernels'
while IFS=: read -r fix _ tree; do
	wanted="fixed as $fix"
	[ "$fix" != none ] || wanted=affected
	is "$("$O/icache-ipi-check" --state "$tree" || :)" "$wanted" "$fix: its tree is $wanted"
done <"$scratch/halves"

mkdir "$scratch/build"
printf 'CONFIG_ARM64_4K_PAGES=y\nCONFIG_SMP=y\nCONFIG_KPROBES=y\nCONFIG_UPROBES=y\n' >"$scratch/build/.required.config"
printf '# CONFIG_DEBUG_INFO is not set\nCONFIG_OTHER=y\nCONFIG_SYSTEM_TRUSTED_KEYS=""\nCONFIG_NONE=""\n' \
	>"$scratch/fragment"
printf 'CONFIG_ARM64_4K_PAGES=y\nCONFIG_SMP=y\nCONFIG_KPROBES=m\n# CONFIG_UPROBES is not set\nCONFIG_DEBUG_INFO=y\nCONFIG_SYSTEM_TRUSTED_KEYS="a.pem"\nCONFIG_NONE=""\n' \
	>"$scratch/own.config"
is "$(config_changes "$scratch/own.config" "$scratch/build" "$scratch/fragment")" \
	"added, because the guest needs it: CONFIG_KPROBES CONFIG_UPROBES
taken out, because it could stop the build or the guest here: CONFIG_DEBUG_INFO CONFIG_SYSTEM_TRUSTED_KEYS" 'CONFIG=: what differs is listed'
sed 's/$/\n/' "$scratch/build/.required.config" >"$scratch/own.config"
is "$(config_changes "$scratch/own.config" "$scratch/build" "$scratch/fragment")" '' 'CONFIG=: nothing differs, nothing is said'
echo CONFIG_NR_CPUS=32 >"$scratch/nr.config"
run config_cpus "$scratch/nr.config" 32
is "$rc" 0 'CONFIG=: as many CPUs as it has'
for cpus in 33 64; do
	rc=0
	(config_cpus "$scratch/nr.config" "$cpus") 2>"$scratch/said" || rc=$?
	is "$rc: $(cat "$scratch/said")" "3: proof-words.t: $scratch/nr.config has CONFIG_NR_CPUS=32, and the guest shall have $cpus CPUs
proof-words.t: try CPUS=32" "CONFIG=: $cpus CPUs are more than it has"
done
config_cpus "$scratch/fragment" 64
like "$(cat "$top/scripts/distribution.config")" '^# CONFIG_DEBUG_INFO is not set$' 'debug information is left out'
done_testing

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
	is "$(tree_state "$tree" || :)" "$wanted" "$fix: its tree is $wanted"
done <"$scratch/halves"

mkdir "$scratch/build"
printf 'CONFIG_ARM64_4K_PAGES=y\nCONFIG_SMP=y\nCONFIG_KPROBES=y\nCONFIG_UPROBES=y\n' >"$scratch/build/.required.config"
printf '# CONFIG_DEBUG_INFO is not set\nCONFIG_OTHER=y\nCONFIG_NEWER=y\nCONFIG_SYSTEM_TRUSTED_KEYS=""\nCONFIG_NONE=""\n' \
	>"$scratch/fragment"
{ cat "$scratch/build/.required.config" && echo CONFIG_OTHER=y; } >"$scratch/build/.config"
printf 'CONFIG_ARM64_4K_PAGES=y\nCONFIG_SMP=y\nCONFIG_KPROBES=m\n# CONFIG_UPROBES is not set\nCONFIG_DEBUG_INFO=y\nCONFIG_SYSTEM_TRUSTED_KEYS="a.pem"\nCONFIG_NONE=""\n' \
	>"$scratch/own.config"
is "$(config_changes "$scratch/own.config" "$scratch/build" "$scratch/fragment")" \
	"added, because the guest needs it: CONFIG_KPROBES CONFIG_UPROBES CONFIG_OTHER
taken out, because it could stop the build or the guest here: CONFIG_DEBUG_INFO CONFIG_SYSTEM_TRUSTED_KEYS" 'CONFIG=: what differs is listed, and nothing that this kernel does not have'
cat "$scratch/build/.required.config" "$scratch/fragment" >"$scratch/own.config"
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
like "$(cat "$top/configs/distribution.config")" '^# CONFIG_DEBUG_INFO is not set$' 'debug information is left out'

mkdir -p "$scratch/results/posted/count"
touch "$scratch/results/junit.xml" "$scratch/results/report.html" "$scratch/results/posted/result.json" \
	"$scratch/results/posted/count/result.json" "$scratch/results/mine" "$scratch/results/.icache-ipi"
run "$top/scripts/proof" --kernel "$scratch/results" --output "$scratch/results"
is "$rc $(find "$scratch/results" -type f -printf '%P\n' | sort | xargs)" '3 .icache-ipi mine' 'nothing proven: no earlier result stays'

# Both halves are built in one copy: what is the same in both is not compiled twice.
here=$scratch/house/scripts
mkdir -p "$here" "$scratch/house/configs"
cp "$top/configs/distribution.config" "$scratch/house/configs"
cat >"$here/kernel-build" <<'END'
#!/bin/sh
# kernel-build --config C --pages P --fragment F --output DIR TREE: what is newer than the last time
set -eu
mkdir -p "$8/arch/arm64/boot"
[ ! -e "$8/last" ] || set -- "$@" -newer "$8/last"
find "$9" -type f $(shift 9; echo "$@") -printf '%P\n' | sort >"$8/arch/arm64/boot/Image"
touch "$8/last"
cp "$8/arch/arm64/boot/Image" "$8/System.map"
echo CONFIG_SMP=y | tee "$8/.config" >"$8/.required.config"
echo "$2 $4" >>"$(dirname "$0")/calls"
END
chmod +x "$here/kernel-build"
for fix in none posted; do
	mkdir "$scratch/$fix"
	echo same >"$scratch/$fix/same.c"
	echo "$fix" >"$scratch/$fix/flush.c"
	touch -d '2 days ago' "$scratch/$fix"/*
done
touch "$scratch/none/only.c"
# image FIX: what was compiled for it
image()
{
	paste -s -d ' ' "$(config_build "$scratch/own.config" 64K "$scratch/none" "$1" "$scratch/$1")/Image"
}
is "$(image none)" 'flush.c only.c same.c' 'CONFIG=: the first half is compiled whole'
is "$(image posted)" 'flush.c' 'the second: what the fix changes, also where its files are older'
is "$(find "$XDG_CACHE_HOME/icache-ipi/configured" -name only.c)" '' 'and without what it does not have'
is "$(image none)/$(image posted)/$(wc -l <"$here/calls")" 'flush.c only.c same.c/flush.c/2' \
	'again: nothing is built, and each half is still its own'
is "$(sort -u "$here/calls")" "$scratch/own.config 64K" 'with the configuration and the page size asked for'
echo more >>"$scratch/posted/flush.c"
image posted >"$scratch/said"
is "$(wc -l <"$here/calls")" 3 'a source that changed: built again'
(config_cpus "$scratch/missing" 64) 2>"$scratch/said" || rc=$?
like "$rc $(cat "$scratch/said")" '^3 .*cannot read CONFIG=' 'CONFIG=: one that is not there'
done_testing

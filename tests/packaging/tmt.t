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

# What dnf trusts is signed: the repository that the environment names, too.
script=$(sed -n '/script: |/,/^  - name/p' "$top/rpm/tmt/plans/acceptance.fmf" | sed "1d;\$d;s#/etc/yum.repos.d#$scratch#")
run env ICACHE_IPI_REPOSITORY=https://host.invalid/rpm sh -euc "$script"
is "$rc $(sort "$scratch/icache-ipi.repo" | xargs)" "0 [icache-ipi] baseurl=https://host.invalid/rpm gpgcheck=1 \
gpgkey=https://host.invalid/rpm/key.asc name=icache-ipi repo_gpgcheck=1" 'the repository is checked by its key'
run env ICACHE_IPI_REPOSITORY=https://host.invalid/rpm ICACHE_IPI_KEY=file:///etc/k.asc sh -euc "$script"
like "$(cat "$scratch/icache-ipi.repo")" '^gpgkey=file:///etc/k.asc$' '... or by one that is named'
rm "$scratch/icache-ipi.repo"
run env ICACHE_IPI_REPOSITORY= sh -euc "$script"
is "$rc $(find "$scratch" -name '*.repo')" '0 ' 'no repository is named: none is added'

# --- exit codes: 0 passes, 1 is affected, all else is an error ---
mkdir "$scratch/bin"
# shim NAME COMMAND...: a program of that name
shim() { name=$1; shift; printf '#!/bin/sh\n%s\n' "$*" >"$scratch/bin/$name"; chmod +x "$scratch/bin/$name"; }
# verdict TEST: its exit code where the programs are those of this test
verdict()
{
	copied=$scratch/copied/tests/$1
	mkdir -p "$copied"
	cp "$top/rpm/tmt/lib.sh" "$scratch/copied/"
	sed -e "s#/sys/module#$scratch/module#" -e "s#/lib/modules#$scratch/modules#" "$top/rpm/tmt/tests/$1/test.sh" >"$copied/test.sh"
	run env PATH="$scratch/bin:/usr/bin:/bin" KERNEL_IMAGE="$top/README.md" TMT_TEST_DATA="$scratch" sh "$copied/test.sh"
	echo "$rc"
}
for test in check=icache-ipi-check count-tier=icache-ipi-stress thp-stress-64cpu=icache-ipi-vm; do
	codes=''
	for code in 0 1 2 3 64 126; do
		shim "${test#*=}" "exit $code"
		codes="$codes $(verdict "${test%=*}")"
	done
	rm "$scratch/bin/${test#*=}"
	is "$codes $(verdict "${test%=*}")" ' 0 0 1 2 2 2 2' "${test%=*}: the program's 0, 1, 2, 3, 64, one that does not run, none"
done
# The module is a folder here. machine CHECK STATE: what the check says, and what the module is once it is loaded
machine()
{
	rm -rf "$scratch/module" "$scratch/modules"
	mkdir -p "$scratch/modules/4.19.5/build" "$scratch/module"
	shim uname 'echo 4.19.5'
	shim icache-ipi-check "exit $1"
	shim icache-ipi-stress "exit $([ "$2" = mitigated ] && echo 1 || echo 2)"
	shim dkms 'echo icache-ipi-mitigate/0.2.0, 4.19.5, aarch64: installed'
	shim modprobe "[ $2 != refuses ] && mkdir $scratch/module/\$1 && echo $2 >$scratch/module/\$1/state"
	shim rmmod "rm -r $scratch/module/\$1"
}
machine 2 mitigated
is "$(verdict dkms) $(ls "$scratch/module")" '0 ' 'dkms: affected, mitigated while loaded, and unloaded'
machine 2 affected
is "$(verdict dkms) $(ls "$scratch/module")" '1 ' 'dkms: affected, loaded too: fails'
machine 2 mitigated
rm -r "$scratch/modules/4.19.5/build"
is "$(verdict dkms)" 2 'dkms: affected, and no headers: an error'
machine 2 mitigated
shim dkms 'echo icache-ipi-mitigate/0.2.0: added'
is "$(verdict dkms)" 2 'dkms: affected, and not built: an error'
machine 2 refuses
is "$(verdict dkms)" 2 'dkms: affected, and the module does not load: an error'
machine 1 mitigated
modprobe=$scratch/bin/modprobe
"$modprobe" icache_ipi_mitigate
is "$(verdict dkms) $(ls "$scratch/module")" '0 icache_ipi_mitigate' 'dkms: loaded before: it holds, and stays'
machine 1 affected
"$modprobe" icache_ipi_mitigate
is "$(verdict dkms) $(ls "$scratch/module")" '1 icache_ipi_mitigate' 'dkms: loaded before, and does not hold: fails'
machine 0 refuses
is "$(verdict dkms)" 0 'dkms: fixed, and the module refuses'
machine 0 mitigated
is "$(verdict dkms) $(ls "$scratch/module")" '2 ' 'dkms: fixed, and the module loads all the same: an error'
machine 3 mitigated
is "$(verdict dkms)" 2 'dkms: the check does not know: an error'

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

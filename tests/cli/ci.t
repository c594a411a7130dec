#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# ci.t: contrib/ci: as GitLab and LAVA take job files, and what the jobs do, done. Kernels cost nothing
# (tests/lib/matrix-house.sh).
set -eu
. "$(dirname "$0")/../lib/tap.sh"
. "$top/tests/lib/matrix-house.sh"
/usr/bin/python3 -c 'import yaml' 2>/dev/null || skip_all 'no python3-yaml: scripts/setup check'
check=$top/tests/lib/ci-files.py
gitlab=$top/contrib/ci/gitlab-ci.yml lava=$top/contrib/ci/lava.yaml

house_build "$scratch/house"
unset O
export XDG_CACHE_HOME="$scratch/cache"
# What the real Makefile does there takes a compiler.
printf 'setup-proof:\nall:\n\tmkdir -p build && cp -r programs/. build\nproof: all\n\tscripts/proof %s\n' \
	"--kernel 4.19.1 --series posted --pages \$(PAGES) --cpus \$(CPUS)" >"$house/Makefile"
mv "$house/build" "$house/programs"
# What apt, curl and LAVA's overlay do there
mkdir "$scratch/bin" "$scratch/device"
printf '#!/bin/sh\n' >"$scratch/bin/apt-get"
printf '#!/bin/sh\nexec tar --create --directory=%s .\n' "$house" >"$scratch/bin/curl"
# shellcheck disable=SC2016
printf '#!/bin/sh\necho "$1" >>%s/cases\nshift 2\nexec "$@"\n' "$scratch" >"$scratch/bin/lava-test-case"
chmod +x "$scratch/bin"/*
PATH=$scratch/bin:$PATH

# obey FILE: each line of it, as a site's shell would, in this folder; stops at the first that fails
obey()
{
	: >"$scratch/obeyed"
	while read -r command; do
		sh -c "$command" </dev/null >>"$scratch/obeyed" 2>&1 || { echo "$? $command" >&2; return 1; }
	done <"$1"
}

run "$check" gitlab "$gitlab"
is "$rc$err" 0 'GitLab: as it documents its files'
printf '%s\n' "$out" >"$scratch/commands"
cd "$house"
export KERNEL=4.19.1 PAGES=4K CPUS=16
run obey "$scratch/commands"
is "$rc$err" 0 'GitLab: what the job does, done'
like "$(cat "$scratch/obeyed")" '^PASS  the posted fix removes' 'and the proof holds'
is "$(xmllint --xpath 'string(/testsuites/@failures)' "$house/build/proof/junit.xml")" 0 'with a JUnit file'
for edit in 's/stage: prove/stage: boo/' 's/^  stage:/  needs: [nobody]\n  stage:/' 's/^  script:/  scripts:/' \
	's/expire_in/expires_in/' 's/max: 2/max: 9/' 's/^default:/prove:/'; do
	sed "$edit" "$gitlab" >"$scratch/bad.yml"
	run "$check" gitlab "$scratch/bad.yml"
	is "$rc" 1 "$(printf '%s' "$edit" | tr -d '\n'): found out"
done

run "$check" lava "$lava"
if [ "$rc" = 77 ]; then
	skip 'LAVA: as it takes it' 'no lava-common here: apt-get install lava-common'
else
	is "$rc$err" 0 "LAVA: as its own schemas want it"
	printf '%s\n' "$out" >"$scratch/commands"
	cd "$scratch/device"
	rm -rf "$house/build"
	run obey "$scratch/commands"
	is "$rc$err" 0 'LAVA: what the job does, done'
	like "$(cat "$scratch/obeyed")" '^PASS  the posted fix removes' 'and the proof holds'
	is "$(paste -s -d ' ' "$scratch/cases")" 'setup proof' 'in two test cases'
	sed 's/device_type/devicetype/' "$lava" >"$scratch/bad.yml"
	run "$check" lava "$scratch/bad.yml"
	is "$rc" 1 'what LAVA does not know: found out'
fi

done_testing

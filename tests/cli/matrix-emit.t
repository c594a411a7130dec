#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# matrix-emit.t: job files for GitLab CI and LAVA: as those sites take them, and what they do, done
set -eu
. "$(dirname "$0")/../lib/tap.sh"
. "$top/tests/lib/matrix-house.sh"
/usr/bin/python3 -c 'import yaml' 2>/dev/null || skip_all 'no python3-yaml: scripts/setup check'
check=$top/tests/lib/ci-files.py

house_build "$scratch/house"
unset O
printf 'setup-proof:\nall:\n\tmkdir -p build && cp -r programs/. build\n' >"$house/Makefile"
cp -r "$house/build" "$house/programs"
emit="$house/scripts/matrix --tier lockup --cpus 2\ 8 --kernels 4.19.1 --emit"

# obey FILE: each line of it, as a site's shell would, in this folder; stops at the first that fails
obey()
{
	while read -r command; do
		sh -c "$command" </dev/null >>"$scratch/obeyed" 2>&1 ||
			{ echo "$? $command" >&2; return 1; }
	done <"$1"
}

run eval "$emit" gitlab --output "$scratch/gitlab"
is "$rc $out" "0 $scratch/gitlab/gitlab-ci.yml" 'gitlab: one file, and where'
file=$scratch/gitlab/gitlab-ci.yml
run "$check" gitlab "$file"
is "$rc$err" 0 'as GitLab documents it'
printf '%s\n' "$out" >"$scratch/commands"
is "$(grep --count matrix-build "$scratch/commands") $(grep --count matrix-cell "$scratch/commands")" \
	'3 6' 'a job a kernel, a job a cell'
cd "$house"
run obey "$scratch/commands"
is "$rc$err" 0 'what the jobs do, done: as expected'
like "$(cat "$scratch/obeyed")" 'PASS  6 of 6 cells are as expected' 'and judged'
is "$(xmllint --xpath 'string(/testsuites/@tests)' matrix/junit.xml)" 6 'with a JUnit file for its page'
for edit in 's/stage: boot/stage: boo/' 's/needs:.*/needs: ["nobody"]/' 's/^  script:/  scripts:/' \
	's/expire_in/expires_in/' 's/^"report"/"build 4.19.1+none+4K+gcc"/' 's/max: 2/max: 9/'; do
	sed "$edit" "$file" >"$scratch/bad.yml"
	run "$check" gitlab "$scratch/bad.yml"
	is "$rc" 1 "$edit: found out"
done

run eval "$emit" lava --output "$scratch/lava"
is "$rc" 64 'lava without --url=: usage'
run eval "$emit" lava --output "$scratch/lava" --url https://example.org/icache-ipi.tar
is "$rc $(echo "$out" | wc -l)" '0 6' 'lava: a file a cell'
run "$check" lava "$scratch"/lava/*
if [ "$rc" = 77 ]; then
	skip 'as LAVA takes it' 'no lava-common here: apt-get install lava-common'
else
	is "$rc$err" 0 "as LAVA's own schemas want it"
	# What LAVA's overlay, apt and curl do on its device
	mkdir "$scratch/bin" "$scratch/device"
	# shellcheck disable=SC2016
	printf '#!/bin/sh\necho "$1" >>%s/cases\nshift 2\nexec "$@"\n' "$scratch" >"$scratch/bin/lava-test-case"
	printf '#!/bin/sh\nexec tar --create --directory=%s --exclude=./matrix .\n' "$house" >"$scratch/bin/curl"
	printf '#!/bin/sh\n' >"$scratch/bin/apt-get"
	chmod +x "$scratch/bin"/*
	PATH=$scratch/bin:$PATH
	cd "$scratch/device"
	"$check" lava "$scratch/lava/4.19.1+none+4K+gcc+8.yaml" >"$scratch/commands"
	: >"$scratch/obeyed"
	run obey "$scratch/commands"
	is "$rc$err" 0 'what the job does, done: as expected'
	like "$(cat "$scratch/obeyed")" 'PASS  1 of 1 cells is as expected' 'and judged'
	is "$(paste -s -d ' ' "$scratch/cases")" 'setup build boot as-expected' 'in four test cases'
	sed 's/device_type/devicetype/' "$scratch/lava/4.19.1+none+4K+gcc+8.yaml" >"$scratch/bad.yml"
	run "$check" lava "$scratch/bad.yml"
	is "$rc" 1 'what LAVA does not know: found out'
fi
cd "$top"

mkdir "$scratch/tree"
run "$house/scripts/matrix" --kernels "$scratch/tree" --emit gitlab
like "$rc $err" '^3 .*is on this machine' 'a kernel that is not there for the jobs: said'

done_testing

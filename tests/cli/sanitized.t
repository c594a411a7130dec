#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# sanitized.t: the unit tests and the tests of the programs, built with AddressSanitizer and UBSan
#
# It builds all programs once more, in build/sanitized, and runs the tests that feed them most; with
# SANITIZED=all, the others as well. What a sanitizer has to say goes to a file for each process: a test that
# expects a failure cannot hide it.
set -eu
. "$(dirname "$0")/../lib/tap.sh"
cd "$top"
unset MAKEFLAGS MAKEOVERRIDES

sanitized=$O/sanitized
run make --silent --jobs=2 all unit-tests SETUP=no O="$sanitized" HARDEN= \
	CFLAGS='-O1 -g -fno-omit-frame-pointer -fsanitize=address,undefined -fno-sanitize-recover=all'
is "$rc$err" 0 'programs and unit tests build with the sanitizers'
[ "$rc" = 0 ] || { done_testing; exit; }

# A test that becomes another user has reports, too.
chmod a+rx "$scratch"
mkdir "$scratch/reports"
chmod 1777 "$scratch/reports"
options="log_path=$scratch/reports/report exitcode=99"
export ASAN_OPTIONS="$options" UBSAN_OPTIONS="$options print_stacktrace=1" ICACHE_IPI_SANITIZED=yes

# clean TEST: it passes, and the sanitizers have nothing to say
clean()
{
	run env O="$sanitized" CMOCKA_MESSAGE_OUTPUT=TAP "$1"
	cat "$scratch/reports"/* >"$scratch/report" 2>/dev/null || :
	rm -f "$scratch/reports"/*
	is "$rc$(cat "$scratch/report")" 0 "${1#"$top/"}"
	[ "$rc" = 0 ] || grep -A 4 '^not ok' "$scratch/out" | sed 's/^/# /'
}
for test in "$sanitized"/tests/unit/*.t; do
	clean "$test"
done
tests='check triage who report backport-check backport-semantic'
[ "${SANITIZED-}" != all ] ||
	tests="$tests check-trees check-live check-unit vm status icache-ipi backport-trees backport-branch backport-rpm"
for test in $tests; do
	# icache-ipi-backport frees nothing: it does one thing and ends (src/backport/backport.h).
	case $test in
	*-trees | backport-* | icache-ipi) leaks=0 ;;
	*) leaks=1 ;;
	esac
	ASAN_OPTIONS="$options detect_leaks=$leaks"
	clean "$top/tests/cli/$test.t"
done

# A fault would be seen.
cat >"$scratch/fault.c" <<-'END'
	#include <stdlib.h>
	int main(int argc, char **argv) { char *a = malloc(2); (void)argv; a[argc + 1] = 1; return a[0]; }
	END
gcc -fsanitize=address -o "$scratch/fault" "$scratch/fault.c"
run "$scratch/fault"
like "$rc:$(cat "$scratch/reports"/*)" '^99:' 'a write beyond the end of memory ends a program'

done_testing

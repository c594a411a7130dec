#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# builds.t: clang builds everything without a warning, for this machine and for arm64
#
# tests/packaging/dist.t does the same with gcc.
set -eu
. "$(dirname "$0")/../lib/tap.sh"
cd "$top"
unset MAKEFLAGS MAKEOVERRIDES

command -v clang >/dev/null || skip_all 'no clang (scripts/setup check)'
run make --silent --jobs=2 all unit-tests SETUP=no O="$scratch/clang" CC=clang CFLAGS='-O1 -Werror' \
	ARM64_CC='clang --target=aarch64-linux-gnu' ARM64_CFLAGS='-O1 -Werror'
is "$rc$out$err" 0 "$(clang --version | head -n 1): programs, the workload of arm64 and unit tests"
run "$scratch/clang/icache-ipi-check" --version
is "$rc" 0 '... and what it built runs'

# A warning would be seen.
mkdir "$scratch/tree"
cp --recursive Makefile scripts src tests "$scratch/tree"
echo 'int main(void) { int unused; return 0; }' >"$scratch/tree/src/icache-ipi/main.c"
run make --silent --directory="$scratch/tree" O="$scratch/warned" SETUP=no CC=clang CFLAGS='-O1 -Werror' \
	"$scratch/warned/icache-ipi"
like "$rc:$err" '^2:.*unused' 'a warning is an error'

# An object depends on the headers of its source, whichever way its folder was named when it was compiled.
object=build/obj/lib/say.o
# compiles: how often make would, now
compiles()
{
	make --dry-run --directory="$scratch/tree" SETUP=no O=build "$object" 2>/dev/null | grep -c " -o $object " || :
}
for named in "$scratch/tree/build" build ./build; do
	run make --silent --directory="$scratch/tree" O="$named" SETUP=no "$named/obj/lib/say.o"
	is "$rc $(compiles)" '0 0' "O=$named: $object is up to date"
	touch -d '1 hour' "$scratch/tree/src/lib/say.h"
	is "$(compiles)" 1 '... until a header changes'
	touch "$scratch/tree/src/lib/say.h"
	rm -f "$scratch/tree/$object"
done

done_testing

#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# backport-fuzz.t: libFuzzer, under ASan and UBSan, over what backport reads of packages and trees: spec
# files, lists of patches and changelogs of Debian, the journal of --in-place
#
# FUZZ_SECONDS and what is kept: tests/lib/fuzz.sh
set -eu
. "$(dirname "$0")/../lib/tap.sh"
. "$top/scripts/common.sh"
. "$top/tests/lib/trees.sh"
. "$top/tests/lib/fuzz.sh"
libraries='jansson libelf libarchive zlib liblzma libzstd liblz4 nettle'
fuzz_program='rpm.c rpm-package.c rpm-prove.c rpm-series.c' fuzz_build "$libraries" lib kernel backport -- spec
fuzz_program='debian.c debian-prove.c' fuzz_build "$libraries" lib kernel backport -- series
fuzz_program=inplace.c fuzz_build "$libraries" lib kernel backport -- journal
seeds=$scratch/seeds

# --- seeds: a spec of each kind, a package, a journal that holds ---
part()
{
	printf '\f'
	cat
}
head='Name: kernel\nVersion: 4.19\n%%if 0%%{?with_patch}\nSource1: patches.tar.gz\nSource2: series.conf\n%%endif\n'
prep='%%prep\n%%setup -q -n linux-4.19 -c\ncd linux-4.19\n'
for how in '%%patch1 -p1' '%%patch -P 1 -p1' 'ApplyPatch a.patch' 'patch -p1 < %%{PATCH1}' '%%autosetup -p1'; do
	# shellcheck disable=SC2059 # these are formats
	printf "${head}Source0: linux-4.19.tar.xz\nPatch1: a.patch\n%%%%define buildid .icache_ipi\n$prep$how\n" >"$scratch/spec"
	{ cat "$scratch/spec"; printf '\f'; cat "$scratch/spec"; } >"$seeds/spec/$(echo "$how" | tr -cd a-zA-Z0-9)"
done
printf 'linux (4.19.1-2) UNRELEASED; urgency=medium\n\n  [ A ]\n  * [arm64] Do not issue IPIs for user executable ptes\n\n -- a <a@b.invalid>  Mon, 21 Jan 2019 14:21:35 +0000\n\nlinux (4.19.1-1) unstable; urgency=medium\n\n  * x\n\n -- a <a@b.invalid>  Mon, 21 Jan 2019 14:21:35 +0000\n' >"$scratch/changelog"
printf '# a comment\nbugfix/arm64/a.patch -p1\nbugfix/all/b.patch # why\ndebian/c.patch -R\n' >"$seeds/series/list"
part <"$scratch/changelog" >>"$seeds/series/list"
printf -- '--- a/a/f\n+++ b/a/f\n@@ -1 +1 @@\n-x\n+y\nrename from out/x\n--- a/a/../../outside/x\n+++ b/link\n' | part >>"$seeds/series/list"
before=$(echo old | sha256sum | cut -d ' ' -f 1) after=$(echo new | sha256sum | cut -d ' ' -f 1)
printf '%s\n' "$before $after arch/mm/flush.c" "$before $after a.h" >"$seeds/journal/two"
printf '%s\n' "$before $after ../outside/x.c" >"$seeds/journal/out"
printf '"%s"\n' "$before $after " ../ outside/x.c out/x.c .git/x.c .git/config y.c arch/mm/flush.c a.h Makefile \
	.icache-ipi-backport/0 >"$scratch/words.journal"
printf '"%s"\n' %if %endif %patch ApplyPatch Patch Source '%{PATCH' -p1 %prep %setup '%define buildid .icache_ipi' \
	linux-kernel-test.patch series.conf patches.tar.xz fix.patch ' -n ' 'cd ' 'error:' >"$scratch/words.spec"
printf '"%s"\n' bugfix/arm64/ -p1 -R UNRELEASED ' -- ' '  * ' '--- a/' '+++ b/' 'rename from ' 'copy from ' /../ ./ out/x \
	link pipe outside/new bugfix/arm64/fix.patch '[arm64] Do not issue IPIs for user executable ptes' >"$scratch/words.series"

for target in spec series journal; do
	fuzz_run "$target" -max_len=8192 -dict="$scratch/words.$target"
done

done_testing

#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# triage-fuzz.t: libFuzzer, under ASan and UBSan, over what reads logs and prints answers
#
# FUZZ_SECONDS and what is kept: tests/lib/fuzz.sh
set -eu

. "$(dirname "$0")/../lib/tap.sh"
. "$top/scripts/common.sh"
. "$top/tests/lib/fuzz.sh"
fuzz_build 'jansson libelf libarchive zlib liblzma libzstd liblz4 nettle' lib kernel result triage -- log

# Seeds: a log in each form, and each scenario in one; words: those that records are known by
"$top/tests/lib/triage-logs.py" "$scratch/logs"
for log in "$scratch"/logs/split.*.log "$scratch"/logs/*.dmesg.log "$scratch"/logs/*.rcu.log "$scratch"/logs/csd*.log; do
	cp "$log" "$scratch/seeds/log"
done
sed -n 's/.*begins([a-z]*, "\([^"]*\)").*/"\1"/p; s/.*strstr([a-z]*, "\([^"]*\)").*/"\1"/p' \
	"$top/src/triage/record.c" | sort -u >"$scratch/words"
fuzz_run log -max_len=16384 -dict="$scratch/words"

done_testing

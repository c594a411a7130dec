#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# triage-fuzz.t: half a minute of libFuzzer, under ASan and UBSan, over what reads logs and prints answers
#
# FUZZ_SECONDS is how long (default 30). What was found stays in $O/fuzz/log-*; a corpus grows in the
# cache from run to run.
set -eu
. "$(dirname "$0")/../lib/tap.sh"
. "$top/scripts/common.sh"
seconds=${FUZZ_SECONDS:-30}
work=$O/fuzz
corpus=$(cache_dir)/fuzz/log
mkdir -p "$work" "$corpus"
printf 'int main(void) { return 0; }' >"$scratch/none.c"
clang -fsanitize=fuzzer-no-link,address "$scratch/none.c" -o "$scratch/none" 2>/dev/null ||
	skip_all 'no clang with sanitizers (scripts/setup check)'
# shellcheck disable=SC2046 # one option a word
clang -std=c11 -D_GNU_SOURCE -DICACHE_IPI_VERSION='"fuzz"' -I"$top/src" -g -O1 \
	-fsanitize=fuzzer,address,undefined -fno-sanitize-recover=undefined -o "$work/log" \
	"$top/tests/fuzz/log.c" $(find "$top/src/triage" -name '*.c' ! -name main.c ! -name input.c) \
	"$top"/src/lib/*.c "$top"/src/result/*.c $(pkg-config --libs jansson) -lpthread

# Seeds: a log in each form, and each scenario in one.
"$top/tests/lib/triage-logs.py" "$scratch/logs"
mkdir "$scratch/seeds"
for log in "$scratch"/logs/split.*.log "$scratch"/logs/*.dmesg.log "$scratch"/logs/*.rcu.log "$scratch"/logs/csd*.log; do
	cp "$log" "$scratch/seeds"
done
sed -n 's/.*begins([a-z]*, "\([^"]*\)").*/"\1"/p; s/.*strstr([a-z]*, "\([^"]*\)").*/"\1"/p' \
	"$top/src/triage/record.c" | sort -u >"$scratch/words"
run "$work/log" -max_total_time="$seconds" -max_len=16384 -timeout=20 -rss_limit_mb=1024 \
	-dict="$scratch/words" -artifact_prefix="$work/log-" "$corpus" "$scratch/seeds"
runs=$(printf '%s\n' "$err" | sed -n 's/^Done \([0-9]*\) runs.*/\1/p')
if [ "$rc" = 0 ]; then pass "log: ${runs:-0} runs"; else
	fail log "$(printf '%s\n' "$err" | grep -E 'ERROR|SUMMARY|runtime error|deadly|triage/' | head -n 8)"
fi

done_testing

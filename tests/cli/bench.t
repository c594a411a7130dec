#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# bench.t: a benchmark's figures are kept, and shown beside those of the last run
set -eu
. "$(dirname "$0")/../lib/tap.sh"

mkdir -p "$scratch/tests/bench" "$scratch/scripts"
cp "$top/tests/bench/history" "$scratch/tests/bench/"
cp "$top/scripts/common.sh" "$scratch/scripts/"
cd "$scratch"
cat >tests/bench/made <<'END'
#!/bin/sh
cat "$TEXT"
exit "$CODE"
END
chmod +x tests/bench/made
# made CODE FILE: a run that prints FILE and ends so
made()
{
	run env O="$scratch/build" CODE="$1" TEXT="$2" tests/bench/history made
}
kept()
{
	find build/bench -type f | wc -l
}
printf 'CPUs boot\n   8  1.0 s 2\n  64 3.0 s 4\nfoo bar 3.5 s\nonly then 1\nno number\n' >first
printf 'CPUs boot\n   8  1.5 s 2\n  64 3.2 s 4\nfoo bar 3.9 s\nno number\n' >second
made 0 first
is "$rc:$out" "0:$(cat first)" 'the first run: what it prints'
sleep 1
made 0 second
is "$rc:$(printf '%s\n' "$out" | sed '/^made, since/d')" "0:$(cat second)

  8
      then  1.0 s 2
      now   1.5 s 2
  64
      then  3.0 s 4
      now   3.2 s 4
  foo bar
      then  3.5 s
      now   3.9 s" 'the next one: then and now, where both have a figure'
like "$out" '^made, since 20[0-9-]*T[0-9.]*:$' '... and since when'
is "$(kept)" 2 'both are kept'
made 3 second
is "$rc:$out:$(kept)" "3:$(cat second):2" 'one that fails: its exit code, and nothing is kept'
made 0 /dev/null
is "$rc" 0 'one that prints nothing'
done_testing

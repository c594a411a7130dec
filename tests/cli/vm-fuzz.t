#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# vm-fuzz.t: some seconds of libFuzzer over what icache-ipi-vm reads of a guest and of QEMU
set -eu
. "$(dirname "$0")/../lib/tap.sh"
. "$top/scripts/common.sh"
. "$top/tests/lib/fuzz.sh"

fuzz_build 'jansson libelf libarchive zlib liblzma libzstd liblz4 nettle' lib kernel result vm \
	-- stream stack qmp

# What a guest says: its records, and the lines of its console.
for fake in affected fixed half short; do
	: >"$scratch/console"
	: >"$scratch/stream"
	FAKE=$fake bash -c '"$1" 11>>"$2" 12>>"$3"' bash "$top/tests/lib/fake-qemu" "$scratch/console" \
		"$scratch/stream" </dev/null >/dev/null 2>&1 || :
	cat "$scratch/stream" "$scratch/console" >"$scratch/seeds/stream/$fake"
done
echo '[   28.0] Kernel panic - not syncing: no init' >>"$scratch/seeds/stream/half"
like "$(tr '\n' ' ' <"$scratch/seeds/stream/affected")" '"record": "end".*soft lockup' 'a stream to begin with'

cpu=' PC=ffffffc010000040 X00=0000000000000000 X01=0000000000000001\n'
{
	for number in 0 1 2; do
		printf 'CPU#%d\n' $number
		# shellcheck disable=SC2059
		printf "$cpu"
		printf 'X28=0000000000000000 X29=0000000000000020 X30=ffffffc010001040\n'
		printf 'PSTATE=60000085 -ZC- EL%dh\n' $((number % 2))
	done
} >"$scratch/registers"
{
	cat "$scratch/registers"
	printf '\f0000000000000020: 0x0000000000000040 0xffffffc010001080\r\n'
} >"$scratch/seeds/stack/three"
/usr/bin/python3 - "$scratch/registers" >"$scratch/seeds/qmp/three" <<'END'
import json, sys
registers = open(sys.argv[1]).read()
print(json.dumps({"QMP": {"version": {}, "capabilities": []}}))
for number in range(4):
    print(json.dumps({"return": registers, "id": number}))
print(json.dumps({"event": "SHUTDOWN", "data": {"guest": True}}))
END

sed -n 's/.*"\([a-z_]*\)": .*/\1/p; s/.*"\([a-z_]*\)", .*/\1/p' "$top/src/result/result.c" | sort -u |
	sed 's/.*/"\\"&\\""/' >"$scratch/words"
fuzz_run stream -dict="$scratch/words"
fuzz_run stack
fuzz_run qmp

done_testing

# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh
#
# tap.sh: TAP for tests written in shell. A test sources this, calls the functions below, and ends
# with `done_testing`; one that dies earlier has no plan, which prove counts as a failure.

tap_count=0
tap_failed=0
top=$(CDPATH='' cd "$(dirname "$0")/../.." && pwd)
O=$(cd "$top" && mkdir -p "${O:-build}" && cd "${O:-build}" && pwd)
scratch=$(mktemp -d "${TMPDIR:-/tmp}/icache-ipi-test.XXXXXX")
trap 'rm -rf "$scratch"' EXIT

# Debian's own python3 has the modules that setup installs. Another one that comes first in PATH may be a script
# that starts three more, each time.
if [ -x /usr/bin/python3 ] && [ "$(command -v python3)" != /usr/bin/python3 ]; then
	mkdir -p "$O/python"
	ln -sfn /usr/bin/python3 "$O/python/python3"
	PATH=$O/python:$PATH
fi

pass()
{
	tap_count=$((tap_count + 1))
	echo "ok $tap_count - $1"
}

fail()
{
	tap_count=$((tap_count + 1))
	tap_failed=$((tap_failed + 1))
	echo "not ok $tap_count - $1"
	shift
	[ $# -eq 0 ] || printf '%s\n' "$@" | sed 's/^/# /'
}

# is GOT WANTED NAME
is()
{
	if [ "$1" = "$2" ]; then pass "$3"; else fail "$3" "got:    $1" "wanted: $2"; fi
}

# like TEXT EXTENDED_REGEX NAME
like()
{
	if printf '%s\n' "$1" | grep -Eq -e "$2"; then pass "$3"; else
		fail "$3" "no match for: $2" "in: $1"
	fi
}

# run COMMAND...: leaves its exit code in $rc, its output in $out and $err
# shellcheck disable=SC2034
run()
{
	rc=0
	"$@" >"$scratch/out" 2>"$scratch/err" || rc=$?
	out=$(cat "$scratch/out")
	err=$(cat "$scratch/err")
}

# memory_limit KIB: what 'ulimit -v' takes; none with a sanitizer, which reserves terabytes of addresses
memory_limit()
{
	if [ -n "${ICACHE_IPI_SANITIZED-}" ]; then echo unlimited; else echo "$1"; fi
}

# skip NAME REASON
skip()
{
	tap_count=$((tap_count + 1))
	echo "ok $tap_count - $1 # SKIP $2"
}

# skip_all REASON: this whole file, with nothing tested so far
skip_all()
{
	echo "1..0 # SKIP $1"
	exit 0
}

done_testing()
{
	echo "1..$tap_count"
	[ "$tap_count" -gt 0 ] && [ "$tap_failed" -eq 0 ]
}

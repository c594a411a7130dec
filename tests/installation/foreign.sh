# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh disable=SC2016 # what is quoted runs elsewhere
#
# foreign.sh: run programs for arm64 on a machine that is none. Sourced.
#
# binfmt_misc of a user namespace is its own (Linux 6.7), so nothing is registered on this machine.

# First two words: ELF of 64 bits, little-endian, and executable or shared; machine 183 is arm64.
foreign_register='
read -r ok <"$1"
shift
mount -t binfmt_misc none /proc/sys/fs/binfmt_misc
emulator=$(command -v qemu-aarch64-static)
printf "%s" ":qemu-aarch64:M::\\x7fELF\\x02\\x01\\x01\\x00\\x00\\x00\\x00\\x00\\x00\\x00\\x00\\x00\\x02\\x00\\xb7\\x00:\\xff\\xff\\xff\\xff\\xff\\xff\\xff\\x00\\xff\\xff\\xff\\xff\\xff\\xff\\xff\\xff\\xfe\\xff\\xff\\xff:$emulator:F" \
	>/proc/sys/fs/binfmt_misc/register
exec "$@"'

# foreign_run COMMAND...: as root of a user namespace with everybody's ids, where arm64 programs run
foreign_run()
{
	if arch-test arm64 >/dev/null 2>&1; then
		"$@"
		return
	fi
	start=$(mktemp --directory "${TMPDIR:-/tmp}/icache-ipi-foreign.XXXXXX")
	mkfifo "$start/go"
	unshare --user --mount --propagation private --pid --fork --kill-child \
		sh -euc "$foreign_register" sh "$start/go" "$@" </dev/null &
	foreign=$!
	# The ids can be mapped once it has left our namespace, and before it may go on.
	while kill -0 "$foreign" 2>/dev/null &&
		[ "$(readlink "/proc/$foreign/ns/user")" = "$(readlink /proc/self/ns/user)" ]; do
		sleep 0.1
	done
	code=0
	{
		echo '0 0 65536' >"/proc/$foreign/uid_map" && echo '0 0 65536' >"/proc/$foreign/gid_map" &&
			echo go >"$start/go" && wait "$foreign"
	} || code=$?
	rm -r "$start"
	return "$code"
}

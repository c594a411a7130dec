# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh
#
# config.sh: what becomes of a distribution's own configuration; sourced after common.sh, never run

# config_changes CONFIG BUILD FRAGMENT: two lines, or fewer: the options that the kernel in BUILD
# got because the guest needs them, and those that FRAGMENT took out, as far as CONFIG differs.
config_changes()
{
	added=$(grep '=y$' "$2/.required.config" | grep -v -x -F -f "$1" | sed 's/=y$//' | xargs)
	removed=$(sed -n 's/^# \(CONFIG_[A-Z0-9_]*\) is not set$/^\1=y/p
		s/^\(CONFIG_[A-Z0-9_]*=\)""$/^\1"[^"]/p' "$3" | grep -o -f - "$1" | sed 's/=.*//' | xargs)
	[ -z "$added" ] || echo "added, because the guest needs it: $added"
	[ -z "$removed" ] || echo "taken out, because it could stop the build or the guest here: $removed"
}

# config_cpus CONFIG CPUS: a kernel that is made for fewer CPUs would boot, and prove something else.
config_cpus()
{
	most=$(sed -n 's/^CONFIG_NR_CPUS=//p' "$1")
	[ "${most:-$2}" -ge "$2" ] || die "$EXIT_UNKNOWN" \
		"$1 has CONFIG_NR_CPUS=$most, and the guest shall have $2 CPUs" "try CPUS=$most"
}

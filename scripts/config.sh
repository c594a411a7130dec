# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh
#
# config.sh: what becomes of a distribution's own configuration; sourced after common.sh, never run

# config_changes CONFIG BUILD FRAGMENT: two lines, or fewer: the options that the kernel in BUILD
# got because the guest needs them, and those that FRAGMENT took out, as far as CONFIG differs.
config_changes()
{
	added=$(grep '=y$' "$2/.required.config" | grep -v -x -F -f "$1" | sed 's/=y$//' | xargs)
	removed=$(sed -n 's/^# \(CONFIG_[A-Z0-9_]*\) is not set$/\1=y/p' "$3" | grep -x -F -f "$1" |
		sed 's/=y$//' | xargs)
	[ -z "$added" ] || echo "added, because the guest needs it: $added"
	[ -z "$removed" ] || echo "taken out, because it only makes the build longer: $removed"
}

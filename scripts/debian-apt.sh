# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh
#
# debian-apt.sh: apt with a private package list and index. The machine's own apt stays as it is.
# Sourced after common.sh. One call at a time for each list: apt's own locks need root.

# debian_apt PROGRAM SUITE ARGUMENT...: apt-get or apt-cache that knows one suite, for arm64 or
# for $debian_architecture
debian_apt()
{
	program=$1 suite=$2 architecture=${debian_architecture:-arm64}
	shift 2
	state=$(cache_dir)/apt-$architecture-$suite
	if [ ! -e "$state/sources.list" ]; then
		mkdir -p "$state/lists/partial"
		echo "deb $DEBIAN_MIRROR $suite main" >"$state/sources.list"
	fi
	flock "$state/lock" "$program" --quiet --quiet -oDir::Etc::SourceList="$state/sources.list" \
		-oDir::Etc::SourceParts=/dev/null -oDir::State::Lists="$state/lists" \
		-oDir::State::status=/dev/null -oDir::Cache::PkgCache= -oDir::Cache::SrcPkgCache= \
		-oAPT::Architecture="$architecture" -oAPT::Architectures="$architecture" -oDebug::NoLocking=1 \
		-oAPT::Sandbox::User= -oAcquire::Languages=none "$@"
}

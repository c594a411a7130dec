# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh
#
# debian-apt.sh: apt with a list, an index and a cache of its own, for one suite. The machine's own apt,
# and the hooks in it, stay as they are and are left out; its proxies and passwords hold. Nothing is
# taken that Debian, or who the machine's own list names for its archive, did not sign. Sourced after
# common.sh and debian-mirror.sh.

# debian_apt_state: what apt is told about $suite, written in $state
debian_apt_state()
{
	mkdir -p "$state/lists/partial" "$state/archives/partial"
	: >"$state/status"
	rm -f "$state/sources.list"
	(umask 077 && debian_line "$suite" "$state" "$type" >"$state/sources.list") || exit
	cat >"$state/apt.conf" <<-END
		Dir::Etc { SourceList "$state/sources.list"; SourceParts "/dev/null";
			Preferences "/dev/null"; PreferencesParts "/dev/null"; };
		Dir::State "$state"; Dir::State::Lists "$state/lists";
		Dir::State::status "$state/status"; Dir::Cache "$state";
		Dir::Cache::PkgCache ""; Dir::Cache::SrcPkgCache "";
		APT::Architecture "$architecture"; #clear APT::Architectures;
		APT::Architectures { "$architecture"; };
		APT::Sandbox::User "root"; APT::Update::Error-Mode "any";
		Acquire::Retries "3"; Acquire::Languages "none";
		#clear APT::Update::Pre-Invoke;
		#clear APT::Update::Post-Invoke;
		#clear APT::Update::Post-Invoke-Success;
	END
}

# debian_apt PROGRAM SUITE ARGUMENT...: apt-get, apt-cache or apt-helper that knows the packages of one
# suite, for arm64 or $debian_architecture; or its sources, with debian_type=deb-src. One call at a
# time for each, which apt's own locks do for root alone.
debian_apt()
(
	program=$1 suite=$2 type=${debian_type:-deb} architecture=${debian_architecture:-arm64}
	shift 2
	state=$(cache_dir)/apt-$type-$architecture-$suite
	mkdir -p "$state"
	exec 9>"$state/lock"
	flock 9
	debian_apt_state
	"$program" --config-file="$state/apt.conf" -oDebug::NoLocking=1 --quiet --quiet "$@" 9>&-
)

#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# setup.t: scripts/setup in a clean system: a package that brings services is installed, but nothing
# is started, and what it enables is disabled. apt alone starts and enables all of it.
#
# The package is made up. It has what debhelper writes for a unit, for a unit of a user's session
# and for an init script. systemd is installed but does not run. A folder makes it look as if it did,
# and a systemctl of the test's own writes down what it is told to start.
set -eu
. "$(dirname "$0")/../lib/tap.sh"
. "$top/tests/lib/packages.sh"
[ "$(id -u)" = 0 ] || skip_all 'only root makes clean systems'

# noisy VERSION FOLDER: the package
noisy()
{
	rm -rf "$scratch/noisy"
	mkdir -p "$scratch/noisy/DEBIAN" "$scratch/noisy/etc/init.d" "$2" \
		"$scratch/noisy/usr/lib/systemd/system" "$scratch/noisy/usr/lib/systemd/user"
	cd "$scratch/noisy"
	printf '%s\n' 'Package: clang-noisy' "Version: $1" 'Architecture: all' \
		'Maintainer: a test <test@localhost>' 'Description: brings services' >DEBIAN/control
	cat >etc/init.d/clang-noisy <<-'END'
		#!/bin/sh
		### BEGIN INIT INFO
		# Provides: clang-noisy
		# Required-Start:
		# Required-Stop:
		# Default-Start: 2 3 4 5
		# Default-Stop: 0 1 6
		### END INIT INFO
		echo "$0 $1" >>/started
	END
	printf '[Service]\nExecStart=/bin/true\n[Install]\nWantedBy=multi-user.target\n' \
		>usr/lib/systemd/system/clang-noisy.service
	printf '[Socket]\nListenStream=1\n[Install]\nWantedBy=sockets.target\n' \
		>usr/lib/systemd/user/clang-noisy.socket
	cat >DEBIAN/postinst <<-'END'
		#!/bin/sh
		set -e
		deb-systemd-helper unmask clang-noisy.service >/dev/null || true
		! deb-systemd-helper --quiet was-enabled clang-noisy.service ||
			deb-systemd-helper enable clang-noisy.service >/dev/null || true
		! deb-systemd-helper --quiet --user was-enabled clang-noisy.socket ||
			deb-systemd-helper --user enable clang-noisy.socket >/dev/null || true
		update-rc.d clang-noisy defaults >/dev/null
		if [ -d /run/systemd/system ]; then
			deb-systemd-invoke start clang-noisy.service >/dev/null || true
		fi
		invoke-rc.d --skip-systemd-native clang-noisy start || exit 1
	END
	chmod 755 DEBIAN/postinst etc/init.d/clang-noisy
	dpkg-deb --build --root-owner-group . "$2/clang-noisy.deb" >/dev/null
	cd "$top"
}
noisy 2 "$scratch/newer"
noisy 1 "$scratch/repository"
deb=$scratch/repository/clang-noisy.deb
{
	dpkg-deb --field "$deb"
	printf 'Filename: ./clang-noisy.deb\nSize: %s\nSHA256: %s\n' "$(stat --format %s "$deb")" \
		"$(sha256sum "$deb" | cut -d ' ' -f 1)"
} >"$scratch/repository/Packages"
cp -r "$top/scripts" "$scratch/scripts"

# What a machine does with the package: $command installs it.
prepare='
rm -f /usr/sbin/policy-rc.d
mv /usr/bin/systemctl /usr/bin/systemctl.real
printf "%s\n" "#!/bin/sh" "case \" \$* \" in *\" start \"*) echo \"\$*\" >>/started; exit ;; esac" \
	"exec systemctl.real \"\$@\"" >/usr/bin/systemctl
chmod +x /usr/bin/systemctl
mkdir -p /run/systemd/system
echo "deb [trusted=yes] file:/host/repository ./" >/etc/apt/sources.list
rm -f /etc/apt/sources.list.d/*
links()
{
	find /etc/systemd /etc/rc[0-9S].d -path "/etc/rc*/K*" -o -name "*clang-noisy*" -print |
		sort
}
'
# shellcheck disable=SC2016 # it expands there
report='
echo "@ installed $(dpkg-query --show --showformat "\${db:Status-Status} \${Version}" clang-noisy)"
echo "@ started $(cat /started 2>/dev/null | wc -l)"
links | sed "s/^/@ enabled /"
'
said() { printf '%s\n' "$out" | sed -n "s/^@ $1 //p"; }
system=$(system bare systemd)

run system_run "$system" "$scratch" "$prepare apt-get --quiet --quiet update
	apt-get --quiet --quiet --yes install clang-noisy $report"
is "$rc $(said installed)" '0 installed 1' 'apt alone installs it'
like "$(said started)" '^[1-9]' '... and starts it'
like "$(said enabled)" '^/etc/systemd/system/multi-user.target.wants/clang-noisy.service$' \
	'... enables the unit'
like "$(said enabled)" '^/etc/systemd/user/sockets.target.wants/clang-noisy.socket$' \
	'... that of a session'
like "$(said enabled)" '^/etc/rc2.d/S[0-9]*clang-noisy$' '... and the init script'

run system_run "$system" "$scratch" "$prepare /host/scripts/setup compiler-clang-noisy $report
	echo \"@ left \$(ls -A /root/.cache/icache-ipi)\""
is "$rc $(said installed)" '0 installed 1' 'setup installs it'
is "$(said started)" 0 '... and does not start it'
is "$(said enabled)" '' '... and disables what it has enabled'
like "$err" 'with these packages: clang-noisy clang-noisy.service clang-noisy.socket$' \
	'... and prints so'
is "$(said left)" '' '... and leaves no file of its own'

run system_run "$system" "$scratch" "$prepare /host/scripts/setup compiler-clang-noisy
	dpkg --install /host/newer/clang-noisy.deb $report"
is "$rc $(said installed)$(said enabled)" '0 installed 2' 'nor does an upgrade enable it'

done_testing

#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# setup.t: no package that scripts/setup names is a server, what programs say is understood whatever language
# its user speaks, and a process that outlives its test is a failure
set -eu
. "$(dirname "$0")/../lib/tap.sh"
command -v dpkg-query >/dev/null || skip_all 'not a Debian system'

# Packages that bring a service all the same. scripts/setup disables it (tests/packaging/setup.t).
# rsync: a client, whose daemon needs a configuration; kmod, e2fsprogs: parts of any system
excused='rsync kmod e2fsprogs'

# services PACKAGE...: those that bring an init script, or a unit that can be enabled
services()
{
	for package; do
		dpkg-query --listfiles "$package" 2>/dev/null |
			grep -E '^/etc/init\.d/.|/systemd/system/[^/]*\.(service|socket|timer|path)$' |
			while read -r file; do
				case $file in
				*/systemd/*) ! grep --quiet '^\[Install\]' "$file" 2>/dev/null || echo "$package" ;;
				*) echo "$package" ;;
				esac
			done
	done | sort -u
}
packages=$(sed -n 's/^[a-z]*: //p' "$top/scripts/setup.packages" | tr ' ' '\n' | sed '/^@/d; s/^[~?]//' | sort -u)
like "$packages" '^shellcheck$' 'setup names packages'
# shellcheck disable=SC2086 # one package a word
is "$(services $packages | grep --invert-match --line-regexp "$(printf '%s\n' $excused)" || :)" '' \
	'none of them is a server'
is "$(services dpkg)" dpkg '... and one would be seen'

# Another language: programs that speak it unless they are told not to. QEMU is too old, and apt has a newer one.
mkdir "$scratch/bin"
cat >"$scratch/bin/apt-cache" <<'END'
#!/bin/sh
case ${LC_ALL-}:${1-} in
C*:policy) printf '%s\n' 'qemu-system-arm:' '  Installed: (none)' '  Candidate: 1:10.0.2+ds-2' ;;
*:policy) printf '%s\n' 'qemu-system-arm:' '  Installiert:           (keine)' '  Installationskandidat: 1:10.0.2+ds-2' ;;
esac
END
printf '#!/bin/sh\necho "$*" >>"%s"\n' "$scratch/asked" >"$scratch/bin/apt-get"
printf '#!/bin/sh\nexec "$@"\n' >"$scratch/bin/sudo"
echo 'echo "QEMU emulator version 7.2.0 (test)"' >"$scratch/bin/qemu-system-aarch64"
chmod +x "$scratch/bin"/*
for language in C.UTF-8 de_DE.UTF-8; do
	rm -f "$scratch/asked"
	run env PATH="$scratch/bin:$PATH" XDG_CACHE_HOME="$scratch/cache" LANGUAGE=de LANG=$language LC_ALL=$language \
		"$top/scripts/setup" proof
	like "$rc $err" '^3 setup: installing with apt: ' "$language: QEMU is asked for"
	like "$(cat "$scratch/asked")" ' install qemu-system-arm$' "... from the machine's own list"
	is "$(grep -c backports "$scratch/asked" || :)" 0 '... and not from backports'
done
# Numbers of other programs have a point in every script.
for script in "$top"/scripts/* "$top"/debian/build "$top"/rpm/build "$top"/rpm/repository; do
	[ -x "$script" ] && ! grep --quiet '^\. .*common\.sh' "$script" && echo "${script##*/}"
done >"$scratch/others"
is "$(cat "$scratch/others")" one-file-install "every script has common.sh, but the archive's own"
is "$(LC_ALL=de_DE.UTF-8 sh -c '. "$1/scripts/common.sh" && env' sh "$top" | grep '^LC_ALL=')" LC_ALL=C.UTF-8 \
	'... which chooses the language of what it runs'

# What is left of a test
run "$top/tests/lib/leftovers.py" sh -c 'exit 7'
is "$rc$err" 7 'leftovers.py: the exit code is that of the command'
run "$top/tests/lib/leftovers.py" sh -c 'setsid sleep 0.1 & exit 0'
is "$rc$err" 0 'a process that soon ends is waited for'
run "$top/tests/lib/leftovers.py" sh -c 'setsid sh -c "sleep 600 & exec sleep 601" & exit 0'
is "$rc" 1 'a daemon that stays is a failure'
like "$err" 'left running by the tests: [0-9]+ sleep 601' '... it is named'
like "$err" 'left running by the tests: [0-9]+ sleep 600' '... so is what it has started'
pids=$(printf '%s\n' "$err" | sed 's/.*tests: \([0-9]*\) .*/\1/' | paste -s -d ,)
is "$(ps -o args= -p "$pids" || :)" '' '... and both are gone'
done_testing

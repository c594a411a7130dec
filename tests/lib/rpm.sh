# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh
#
# rpm.sh: RPMs for tests, each kind built once for all tests that ask. Sourced after tap.sh.
# shellcheck disable=SC2154 # top, O

# %check of the packages is to say what it says anywhere, not what run-tests asks its own programs for.
unset CMOCKA_MESSAGE_OUTPUT

# The same sources are the same packages: they are kept until one byte of them changes.
rpm_key()
(
	cd "$top" || exit
	if [ -e .git ]; then git ls-files --cached --others --exclude-standard; else find . -type f; fi |
		grep --invert-match --extended-regexp '^tests/(cli|fuzz|lib|packaging|vm)/' | LC_ALL=C sort | while read -r file; do
		[ ! -f "$file" ] || sha256sum "$file"
	done | sha256sum | cut -c 1-16
)

# From the source package's own archive, in another place, by somebody with other habits
rpm_build_again()
(
	umask 077
	rm -rf "$1/elsewhere"
	mkdir -p "$1/elsewhere"
	: >"$1/.icache-ipi" # it is ours, and not empty
	cd "$1/elsewhere" || exit
	rpm2cpio "$(rpm_packages first)"/SRPMS/*.src.rpm | cpio --extract --quiet
	tar --extract --file icache-ipi-*.tar.xz
	cd icache-ipi-*/ || exit
	env --unset=O TZ=Asia/Tokyo LC_ALL=C rpm/build --output "$1" --without-check
	rm -r "$1/elsewhere"
)

# rpm_packages KIND: the directory with SRPMS/ and RPMS/. first: everything; again: what the archive
# in its source package gives; next: the release after it.
rpm_packages()
(
	store=$O/tests-rpm/$(rpm_key)/$1
	mkdir -p "$store"
	exec 8>"$store.lock"
	flock 8
	if [ ! -e "$store/complete" ]; then
		case $1 in
		first) "$top/rpm/build" --output "$store" ;;
		again) rpm_build_again "$store" ;;
		next) "$top/rpm/build" --output "$store" --target aarch64 --release 2 --without-check ;;
		esac >&2 || exit
		touch "$store/complete"
	fi
	echo "$store"
)

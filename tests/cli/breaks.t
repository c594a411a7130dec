#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# breaks.t: a script or program that breaks ends with 3, which is no verdict, and says something: with no
# tools, without one of them, without HOME, on a full disk, where its answer cannot be written
set -eu
. "$(dirname "$0")/../lib/tap.sh"
. "$top/tests/lib/trees.sh"

export XDG_CACHE_HOME="$scratch/cache" SETUP=no
export DEBFULLNAME=test DEBEMAIL=test@example.invalid
tree=$scratch/tree
tree_make "$tree"
tar --create --file="$scratch/tree.tar" --directory="$scratch" tree
export KERNEL_MIRROR=file:///nothing DEBIAN_MIRROR=file:///nothing

# breaks NAME COMMAND...
breaks()
{
	name=$1
	shift
	run timeout 1200 "$@" </dev/null
	is "$rc" 3 "$name: 3"
	[ -n "$err" ] || fail "$name: nothing is said"
}
scripts='scripts/arm64-sysroot scripts/backport scripts/cache scripts/kernel-build scripts/kernel-packages
scripts/kernel-source scripts/matrix scripts/one-file scripts/proof scripts/run-tests scripts/setup debian/build rpm/build
rpm/repository'

# What each of them is asked here: it would do that, if nothing broke.
arguments()
{
	case $1 in
	*/backport | */kernel-build) echo "$tree" ;;
	*/kernel-source) echo "$scratch/tree.tar" ;;
	*/proof | */kernel-packages) echo --kernel "$tree" --output "$scratch/out" ;;
	*/matrix) echo --kernels "$tree" --cpus 1 --output "$scratch/out" ;;
	*/run-tests) echo tests/cli/names.t ;;
	*/setup) echo --dry-run proof ;;
	*/one-file | debian/build | rpm/build) echo --output "$scratch/out" ;;
	rpm/repository) echo "$scratch/rpms" ;;
	esac
}
mkdir "$scratch/rpms" && : >"$scratch/rpms/x.rpm"
cd "$top"
for script in $scripts; do
	[ -x "$script" ] || fail "there is no $script"
done
is "$(find scripts debian rpm -maxdepth 1 -type f -perm /111 ! -name rules ! -name one-file-install | sort | xargs)" \
	"$(echo "$scripts" | tr ' ' '\n' | sort | xargs)" 'every script is tried'

# --- the script of the one file's archive, beside a file to install ---
mkdir -p "$scratch/archive/usr/bin"
echo x >"$scratch/archive/usr/bin/x"
sed 's/@VERSION@/1/' scripts/one-file-install >"$scratch/archive/install"
run env DESTDIR="$scratch/dest" sh "$scratch/archive/install"
is "$rc:$(cat "$scratch/dest/usr/local/bin/x")" 0:x 'install: done, where nothing breaks'
breaks 'install, without a tool' env PATH="$scratch/none" /bin/sh "$scratch/archive/install"
breaks 'install, where a file is in the way' sh "$scratch/archive/install" --prefix="$scratch/tree.tar"
breaks 'install, with nothing beside it' sh scripts/one-file-install --prefix="$scratch/out"

# --- no tools at all; then all but one ---
for script in $scripts; do
	# shellcheck disable=SC2046 # one argument a word
	breaks "$script, without a tool" env PATH="$scratch/none" /bin/sh "$script" $(arguments "$script")
done
mkdir "$scratch/tools"
for folder in /usr/local/bin /usr/bin /bin /usr/sbin /sbin; do
	[ ! -d "$folder" ] || find "$folder" -maxdepth 1 ! -type d -exec ln -sf -t "$scratch/tools" {} +
done
# without TOOL SCRIPT
without()
{
	rm -rf "$scratch/out" "$XDG_CACHE_HOME"
	mkdir -p "$XDG_CACHE_HOME/icache-ipi/builds/something"
	rm -f "$scratch/tools/$1"
	# shellcheck disable=SC2046 # one argument a word
	breaks "$2, without $1" env PATH="$scratch/tools" /bin/sh "$2" $(arguments "$2")
	! command -v "$1" >/dev/null || ln -s "$(command -v "$1")" "$scratch/tools/$1"
}
# fails TOOL SCRIPT: it is there, and ends with what would be a verdict
fails()
{
	for code in 1 2; do
		rm -rf "$scratch/out" "$XDG_CACHE_HOME"
		mkdir -p "$XDG_CACHE_HOME/icache-ipi/builds/something"
		rm -f "$scratch/tools/$1"
		printf '#!/bin/sh\necho "%s: broken" >&2\nexit %s\n' "$1" "$code" >"$scratch/tools/$1"
		chmod +x "$scratch/tools/$1"
		# shellcheck disable=SC2046 # one argument a word
		breaks "$2, where $1 ends with $code" env PATH="$scratch/tools" /bin/sh "$2" $(arguments "$2")
		rm "$scratch/tools/$1"
	done
	! command -v "$1" >/dev/null || ln -s "$(command -v "$1")" "$scratch/tools/$1"
}
while read -r script programs; do
	for program in $programs; do
		without "$program" "$script"
		fails "$program" "$script"
	done
done <<-END
	scripts/arm64-sysroot flock apt-get cksum
	scripts/backport patch cp
	scripts/cache du date find stat
	scripts/kernel-build make sha256sum flock aarch64-linux-gnu-gcc
	scripts/kernel-packages sha256sum flock rsync make
	scripts/kernel-source tar sha256sum flock mv mkdir
	scripts/matrix sha256sum flock cmp cut mv
	scripts/proof paste make
	scripts/run-tests sort
	scripts/setup sed dpkg
	debian/build mmdebstrap sed date sha256sum
	rpm/build rpmbuild git xz date
	rpm/repository createrepo_c find
END

without prove scripts/run-tests

# --- folders that cannot be made or written, no HOME ---
for script in scripts/proof scripts/matrix scripts/kernel-packages debian/build rpm/build; do
	breaks "$script: no folder can be made there" "$script" --output /proc/nothing/here
done
for script in scripts/arm64-sysroot scripts/kernel-build scripts/kernel-source scripts/proof scripts/kernel-packages \
	debian/build; do
	# shellcheck disable=SC2046 # one argument a word
	breaks "$script: no HOME" env -u HOME -u XDG_CACHE_HOME "$script" $(arguments "$script")
	rm -rf "$scratch/out"
	# shellcheck disable=SC2046
	breaks "$script: no cache" env XDG_CACHE_HOME=/proc/nothing "$script" $(arguments "$script")
	rm -rf "$scratch/out"
done
for script in scripts/backport scripts/kernel-source debian/build; do
	[ "$script" != scripts/kernel-source ] || continue
	# shellcheck disable=SC2046 # one argument a word
	breaks "$script: no TMPDIR" env TMPDIR=/proc/nothing "$script" $(arguments "$script")
done
breaks 'scripts/run-tests: no build folder' env O=/proc/nothing scripts/run-tests tests/cli/names.t
mkdir -p "$scratch/late/unit"
breaks 'scripts/run-tests: no time' env O="$scratch/late" TESTS_END=5 scripts/run-tests tests/cli/names.t
like "$out" 'not begun, out of time: tests/cli/names.t' '... and which test was not run'
breaks 'scripts/run-tests: no time left' env O="$scratch/late" TESTS_CUT=5 scripts/run-tests tests/cli/style.t
like "$out" 'cut off, out of time: tests/cli/style.t' '... and which test was cut off'
printf '%s\n' '#!/bin/sh' 'echo not ok 1 - early' 'sleep 60' >"$scratch/late/unit/fails.t"
chmod +x "$scratch/late/unit/fails.t"
run env O="$scratch/late" TESTS_CUT="$(($(date +%s) + 2))" scripts/run-tests "$scratch/late/unit"
is "$rc" 1 'scripts/run-tests: cut off after a failure'
like "$out" 'Failed test:  1' '... but what failed before that has failed'
printf '%s\n' '#!/bin/sh' 'echo ok 1 - early' 'exit 137' >"$scratch/late/unit/fails.t"
run env O="$scratch/late" TESTS_CUT="$(($(date +%s) + 600))" scripts/run-tests "$scratch/late/unit"
is "$rc" 1 'scripts/run-tests: a test that is killed before its time has failed'

# --- an answer that cannot be written ---
# unwritten NAME COMMAND...: 3 with a full disk as standard output; what it is asked gives 0 otherwise
unwritten()
{
	name=$1
	shift
	"$@" >"$scratch/out" 2>"$scratch/err" </dev/null && rc=0 || rc=$?
	case $rc in 0 | 2) ;; *) fail "$name: $rc with an output" "$(cat "$scratch/err")" ;; esac
	"$@" >/dev/full 2>"$scratch/err" </dev/null && rc=0 || rc=$?
	is "$rc" 3 "$name: its answer is not written: 3"
	[ -s "$scratch/err" ] || fail "$name: nothing is said"
}
rm -rf "$scratch/out"
rows=$top/tests/cli/report/affected
for program in icache-ipi icache-ipi-backport icache-ipi-check icache-ipi-report icache-ipi-status icache-ipi-triage \
	icache-ipi-vm icache-ipi-who; do
	unwritten "$program --version" "$O/$program" --version
	unwritten "$program --help" "$O/$program" --help
	"$O/$program" --version >&- 2>"$scratch/err" && rc=0 || rc=$?
	is "$rc $(cat "$scratch/err")" '0 ' "$program: a closed output is nobody's"
done
unwritten 'backport --check' "$O/icache-ipi-backport" --patches "$patches" --check "$tree"
unwritten backport "$O/icache-ipi-backport" --patches "$patches" "$tree"
unwritten check "$O/icache-ipi-check" "$tree"
for style in --json --explain --nagios; do
	unwritten "check $style" "$O/icache-ipi-check" "$style" "$tree"
done
unwritten report "$O/icache-ipi-report" "$rows"
for format in json ktap junit html; do
	unwritten "report --format=$format" "$O/icache-ipi-report" --format=$format "$rows"
done
unwritten 'kernel-source' scripts/kernel-source "$tree"
unwritten 'matrix --list' scripts/matrix --list
for script in scripts/backport scripts/kernel-build scripts/kernel-packages scripts/kernel-source scripts/matrix \
	scripts/proof scripts/arm64-sysroot debian/build rpm/repository scripts/run-tests; do
	unwritten "$script --help" "$script" --help
done
# With a closed standard output no file gets its number: a path printed there would be written into one.
cp -r "$tree" "$scratch/place"
"$O/icache-ipi-backport" --patches "$patches" --in-place "$scratch/place" >&- 2>"$scratch/err" && rc=0 || rc=$?
is "$rc $("$O/icache-ipi-backport" --patches "$patches" --check "$scratch/place")" '0 fixed as posted' \
	'backport --in-place with a closed output'
is "$(grep -rl "$scratch" "$scratch/place" || :)" '' '... writes its answer into no file'

# --- a full disk ---
mkdir "$scratch/disk"
# shellcheck disable=SC2016 # the inner shell expands
full='set -eu
mount -t tmpfs -o "size=$1" icache-ipi "$2"
cd "$2"
eval "$3"
shift 3
exec "$@"'
# full_disk SIZE NAME PREPARE COMMAND...: $scratch/disk has SIZE, and what PREPARE, run in it, leaves of that
full_disk()
{
	size=$1 name=$2 prepare=$3
	shift 3
	breaks "a full disk: $name" unshare --map-root-user --mount sh -c "$full" sh "$size" "$scratch/disk" "$prepare" "$@"
	like "$err" 'pace left|I/O error|cannot|not |No ' '... and why'
}
fill='head -c 1M /dev/zero >rest 2>/dev/null || :'
if unshare --map-root-user --mount mount -t tmpfs none "$scratch/disk" 2>/dev/null; then
	disk=$scratch/disk
	backport="$O/icache-ipi-backport --patches $patches"
	full_disk 64k 'kernel-source' "mkdir icache-ipi; $fill" env XDG_CACHE_HOME="$disk" "$top/scripts/kernel-source" "$scratch/tree.tar"
	full_disk 64k 'kernel-build' "$fill" env XDG_CACHE_HOME="$disk" "$top/scripts/kernel-build" "$tree"
	full_disk 64k 'proof' "mkdir d; $fill" "$top/scripts/proof" --kernel "$tree" --output "$disk/d/out"
	full_disk 64k 'matrix' "mkdir d; $fill" "$top/scripts/matrix" --kernels "$tree" --cpus 1 --output "$disk/d"
	full_disk 64k 'kernel-packages' "mkdir d; $fill" "$top/scripts/kernel-packages" --kernel "$tree" --output "$disk/d"
	full_disk 64k 'rpm/build' : "$top/rpm/build" --output "$disk/out"
	full_disk 64k 'debian/build' "$fill" env TMPDIR="$disk" "$top/debian/build" --output "$disk/out"
	full_disk 64k 'run-tests' "mkdir tests; $fill" env O="$disk" "$top/scripts/run-tests" tests/cli/names.t
	full_disk 64k 'arm64-sysroot' "$fill" env XDG_CACHE_HOME="$disk" "$top/scripts/arm64-sysroot"
	# shellcheck disable=SC2086 # words
	{
		full_disk 16k 'backport, the work' : env TMPDIR="$disk" $backport "$tree"
		full_disk 16k 'backport --output' : $backport "$tree" --output "$disk/copy"
		full_disk 16k 'backport, the cache' : env XDG_CACHE_HOME="$disk" $backport "$tree"
		full_disk 64k 'backport --in-place' "cp -r '$tree' t; $fill" $backport --in-place "$disk/t"
	}
	like "$err" 'nothing was changed' '... and the tree is as it was'
	cp -r "$tree" "$scratch/git" && tree_commit "$scratch/git"
	# shellcheck disable=SC2086
	full_disk 256k 'backport --branch' "cp -r '$scratch/git' t; $fill" $backport --branch fix "$disk/t"
	mkdir -p "$scratch/package/debian/patches" && : >"$scratch/package/debian/patches/series"
	printf 'linux (4.19.1-1) unstable; urgency=medium\n\n  * x\n\n -- a <a@b.invalid>  Mon, 21 Jan 2019 14:21:35 +0000\n' \
		>"$scratch/package/debian/changelog"
	# shellcheck disable=SC2086
	full_disk 64k 'backport --export debian' "cp -r '$scratch/package' p; $fill" $backport "$tree" --export debian "$disk/p"
	full_disk 16k 'report --output' "$fill" "$O/icache-ipi-report" --output="$disk/r.html" "$rows"
	full_disk 16k 'check --prometheus' "$fill" "$O/icache-ipi-check" --prometheus "$disk/x.prom" "$tree"
	full_disk 16k 'check >file' "$fill" sh -c "exec '$O/icache-ipi-check' --json '$tree' >'$disk/x'"
	{ head -c 24 /dev/zero; printf '\002'; head -c 31 /dev/zero; printf 'ARM\144\0\0\0\0'; } >"$scratch/Image"
	export FAKE=fixed FAKE_PID="$scratch/pid"
	full_disk 16k 'vm --output' "mkdir d; $fill" "$O/icache-ipi-vm" --output="$disk/d" \
		--qemu="$top/tests/lib/fake-qemu" --quiet "$scratch/Image"
	full_disk 16k 'vm, TMPDIR' "$fill" env TMPDIR="$disk" "$O/icache-ipi-vm" --output="$disk/d" \
		--qemu="$top/tests/lib/fake-qemu" --quiet "$scratch/Image"
else
	skip 'a full disk' 'no mount namespace here'
fi

done_testing

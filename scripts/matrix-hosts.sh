# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh
#
# matrix-hosts.sh: machines with nothing but ssh and apt become ones that run cells of a matrix
#
# Each gets this repository as a tarball, in a folder of its home that is named after the inputs,
# installs what it needs and compiles the programs. There is no shared disk: kernels and results
# travel by rsync.
# shellcheck disable=SC2154 # options of scripts/matrix

# One that does not answer for a minute is dead.
ssh='ssh -o BatchMode=yes -o ConnectTimeout=20 -o ServerAliveInterval=15 -o ServerAliveCountMax=4'

# Plain files and folders, which nobody else may write to, come back: no device, pipe or link, which root
# would make here as well.
export PARALLEL_RSYNC_OPTS='--recursive --compress --relative --chmod=u=rwX,go=rX'

# on_host LOGIN COMMAND: LOGIN as parallel takes them: [NUMBER/][SSH COMMAND ][USER@]HOST
on_host()
{
	address=$(echo "$1" | sed 's,^[0-9]*/,,')
	case $address in
	*' '*) $address "$2" ;;
	*) $ssh "$address" "$2" ;;
	esac
}

# What is committed; outside of a git checkout, what is there.
hosts_tarball()
{
	if [ -e "$here/../.git" ] && git -C "$here/.." archive --output="$output/icache-ipi.tar" HEAD 2>/dev/null; then
		[ -z "$(git -C "$here/.." status --porcelain)" ] ||
			say "changes that are not committed stay here: the machines get HEAD"
	else
		tar --create --file="$output/icache-ipi.tar" --directory="$here/.." --exclude=./build .
	fi
}

prepare_host()
{
	on_host "$1" "mkdir -p $remote/builds && cd $remote && { [ -e ready ] ||
		{ rm -rf tree && mkdir tree && tar --extract --file=- --directory=tree &&
		make -s -C tree setup-proof all >setup.log 2>&1 && touch ready; } ||
		{ tail -n 3 setup.log >&2; exit 3; }; }" <icache-ipi.tar >&2
}

# A tarball of a kernel that is a file here
send_kernel()
{
	place=$remote/kernels/$(basename "$1")
	while read -r login; do
		on_host "$login" "mkdir -p $remote/kernels && cat >$place" <"$1" ||
			say "$login did not get $1"
	done <machines
}

# hosts_probe: `machines` names those that still answer
hosts_probe()
{
	while read -r login; do
		! on_host "$login" true </dev/null || echo "$login"
	done <machines >machines.new
	[ -s machines.new ] || die "$EXIT_UNKNOWN" "no machine answers any more" \
		"run the same command again when one does"
	mv machines.new machines
}

# hosts_prepare: `machines` names those that are ready
hosts_prepare()
{
	remote=.cache/icache-ipi/matrix/$(cat inputs)
	grep --invert-match -e '^ *#' -e '^ *$' "$logins" >machines.all || :
	# ssh would take it for an option.
	odd=$(sed 's,.*[ /@],,' machines.all | grep -m 1 '^-' || :)
	[ -z "$odd" ] || die "$EXIT_UNKNOWN" "$logins: $odd is no name of a machine" "see the manual of parallel: --sshlogin"
	hosts_tarball
	: >machines
	while read -r login; do
		if prepare_host "$login"; then
			echo "$login" | flock machines tee -a machines >/dev/null
		else
			say "$login cannot be used: it does not answer, or its setup failed"
		fi <icache-ipi.tar &
	done <machines.all
	wait
	[ -s machines ] || die "$EXIT_UNKNOWN" "none of the machines in $logins can be used" \
		"each must let you in by key, and root or sudo without a password install packages"
	for kernel in $kernels; do
		[ ! -f "$kernel" ] || send_kernel "$kernel"
	done
	say "$(wc -l <machines) of $(wc -l <machines.all) machines are ready"
}

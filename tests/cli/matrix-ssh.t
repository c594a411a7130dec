#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# matrix-ssh.t: a matrix on two machines, of which one dies. Both are this one: an sshd each on
# loopback, with a home and a cache of its own. Kernels cost nothing (tests/lib/matrix-house.sh).
set -eu
. "$(dirname "$0")/../lib/tap.sh"
. "$top/tests/lib/matrix-house.sh"
. "$top/tests/lib/unpacked.sh"
for program in parallel ssh-keygen rsync; do
	command -v $program >/dev/null || skip_all "no $program: scripts/setup matrix"
done
command -v apt-get >/dev/null || skip_all 'no apt-get: sshd comes out of a Debian package'

house_build "$scratch/house"
unset O
# What the real Makefile does there takes a compiler.
printf 'setup-proof:\n\techo set up >installed\nall:\n\tmkdir -p build && cp -r programs/. build\n' \
	>"$house/Makefile"
cp -r "$house/build" "$house/programs"
# Every proof takes its time, so that some are under way when a machine dies.
results=$house/build/matrix
plan="--kernels 4.19.1\ 4.19.2\ 4.19.3 --pages 4K\ 64K --cpus 8\ 64"
eval "$house/scripts/matrix --list $plan" | sed 's/+/+posted+/' >"$house/slow"

kill_tree()
{
	for child in $(pgrep --parent "$1"); do kill_tree "$child"; done
	kill -KILL "$1" 2>/dev/null || :
}
clean_up()
{
	for file in "$scratch"/*/sshd.pid; do
		[ ! -f "$file" ] || kill_tree "$(cat "$file")"
	done
	rm -rf "$scratch"
}
trap clean_up EXIT

free_port()
{
	/usr/bin/python3 -c 'import socket
s = socket.socket()
s.bind(("127.0.0.1", 0))
print(s.getsockname()[1])'
}

ssh-keygen -q -t ed25519 -N '' -f "$scratch/key"
# machine NAME: an sshd, in whose sessions home and cache are $scratch/NAME
machine()
{
	mkdir -p "$scratch/$1/home"
	ssh-keygen -q -t ed25519 -N '' -f "$scratch/$1/hostkey"
	cat >"$scratch/$1/enter" <<-END
		#!/bin/sh
		export HOME="$scratch/$1/home"
		cd
		for tree in "\$HOME"/.cache/icache-ipi/matrix/*/tree; do PATH="\$tree/bin:\$PATH"; done
		export PATH
		exec sh -c "\$SSH_ORIGINAL_COMMAND"
	END
	chmod +x "$scratch/$1/enter"
	port=$(free_port)
	cat >"$scratch/$1/sshd_config" <<-END
		ListenAddress 127.0.0.1:$port
		HostKey $scratch/$1/hostkey
		AuthorizedKeysFile $scratch/key.pub
		PidFile $scratch/$1/sshd.pid
		ForceCommand $scratch/$1/enter
		StrictModes no
		UsePAM no
		PermitRootLogin yes
		PasswordAuthentication no
		MaxStartups 100
		MaxSessions 100
	END
	cat >>"$scratch/ssh_config" <<-END
		Host $1
			HostName 127.0.0.1
			Port $port
			IdentityFile $scratch/key
			IdentitiesOnly yes
			BatchMode yes
			UserKnownHostsFile /dev/null
			StrictHostKeyChecking no
			LogLevel ERROR
	END
	echo "2/ssh -F $scratch/ssh_config $1" >>"$scratch/logins"
	[ "${2-}" = down ] || sshd_start "$scratch/$1/sshd_config" "$scratch/$1/log"
}
echo '# our machines' >"$scratch/logins"
machine alpha
machine beta
machine gamma down
run ssh -F "$scratch/ssh_config" alpha 'echo "$HOME"'
is "$rc $out" "0 $scratch/alpha/home" 'a machine lets us in'

eval "exec $house/scripts/matrix --tier lockup $plan --sshlogins $scratch/logins" \
	>"$scratch/stdout" 2>"$scratch/stderr" &
matrix=$!
tries=0
# proofs MACHINE: those that it finished
proofs()
{
	awk -F '\t' -v machine=" $1\$" '$2 ~ machine && $7 == 0' "$results/cells.log" 2>/dev/null | wc -l
}
# Beta has given results, and both of its slots have a proof under way, which begins without the fix.
beta_results()
{
	proofs beta
}
beta_boots()
{
	cat "$scratch"/beta/home/.cache/icache-ipi/matrix/*/tree/booted 2>/dev/null | grep --count +none+ || :
}
while { [ "$(beta_results)" -lt 2 ] || [ "$(beta_boots)" -lt $(($(beta_results) + 2)) ]; } &&
	kill -0 "$matrix" 2>/dev/null && [ $tries -lt 1200 ]; do
	tries=$((tries + 1))
	sleep 0.1
done
kill_tree "$(cat "$scratch/beta/sshd.pid")"
pkill -KILL --full "$scratch/beta/home/" || :
rc=0
wait "$matrix" || rc=$?
is "$rc" 0 'a machine dies in the midst of it: every proof is as expected'
like "$(cat "$scratch/stdout")" 'PASS  12 of 12 proofs are as expected' 'and said'
like "$(cat "$scratch/stderr")" 'gamma cannot be used' 'one that never answered: said'
like "$(cat "$scratch/stderr")" '2 of 3 machines are ready' 'and left out'
there()
{
	cat "$scratch/$1"/home/.cache/icache-ipi/matrix/*/tree/"$2"
}
is "$(there alpha installed) $(there beta installed)" 'set up set up' 'both were set up from the tarball'
alpha=$(proofs alpha)
beta=$(proofs beta)
is "$((alpha + beta)) $(find "$results" -name report.json | wc -l)" '12 12' "the results are here: $alpha of one machine, $beta of the other"
like "$beta" '^([2-9]|10)$' 'both had a part in it'
is "$(grep --count '^2/ssh ' "$results/machines")" "$(wc -l <"$results/machines")" \
	'guests at a time are as many as the file says'
lost=$(($(beta_boots) - beta))
like "$lost" '^[1-9]' "$lost proofs were lost with the dead one"
is "$(($(there alpha booted | grep --count +none+) - alpha))" 0 'and done by the other, each once'
is "$(there alpha built | wc -l)$(there beta built | wc -l)" \
	"$((3 * $(grep --count alpha "$results/builds.log")))$((3 * $(grep --count beta "$results/builds.log")))" \
	'no kernel was built twice'

# Nobody is there at all
echo "ssh -F $scratch/ssh_config beta" >"$scratch/logins"
run "$house/scripts/matrix" --fresh --kernels 4.19.1 --cpus 8 --sshlogins "$scratch/logins"
like "$rc $err" 'none of the machines' 'no machine at all: said, and how it should be'
is "$rc" 3 'and 3'
mkdir "$scratch/tree"
run "$house/scripts/matrix" --kernels "$scratch/tree" --sshlogins "$scratch/logins"
like "$rc $err" '^3 .*is a folder of this machine' 'a tree does not travel: said'

done_testing

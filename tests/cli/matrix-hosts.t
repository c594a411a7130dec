#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# matrix-hosts.t: what a machine that runs cells of a matrix can leave here. A program of the test's own stands
# for ssh.
set -eu
. "$(dirname "$0")/../lib/tap.sh"
for program in parallel rsync; do
	command -v $program >/dev/null || skip_all "no $program: scripts/setup matrix"
done
. "$top/scripts/common.sh"
. "$top/scripts/matrix-hosts.sh"

mkdir -p "$scratch/remote/work" "$scratch/local"
cat >"$scratch/ssh" <<END
#!/bin/sh
while :; do case \$1 in -[loSF]) shift 2 ;; -*) shift ;; *) break ;; esac; done
shift
[ "\$1" != -- ] || shift
cd "$scratch/remote"
export SHELL=/bin/sh # as sshd sets it
exec sh -c "\$*"
END
chmod +x "$scratch/ssh"
# returned OPTION...: what comes back of a folder with one of each kind
returned()
{
	rm -rf "$scratch/remote/work/cell" "$scratch/local/cell"
	(
		umask 000
		cd "$scratch/local"
		parallel --will-cite --ssh "$scratch/ssh" --sshlogin 1/machine --workdir work --return '{1}' \
			'mkdir {1} && cd {1} && chmod 2777 . && echo x >tool && chmod 6777 tool && mkdir of &&
			echo x >of/it && chmod 600 of/it && mkfifo pipe && ln -s /etc/passwd link && ln -s /etc folder &&
			{ mknod device c 1 3 || :; }' ::: cell >"$scratch/log" 2>&1 || cat "$scratch/log"
		find cell -printf '%p %y %m\n' | sort | paste -s -d ,
	)
}
is "$(returned)" 'cell d 755,cell/of d 755,cell/of/it f 644,cell/tool f 755' \
	'a machine returns plain files and folders alone, without dangerous modes'
like "$(unset PARALLEL_RSYNC_OPTS; returned)" 'cell/folder l 777.*cell/pipe p 666' '... and others by itself'

# --- names ---
logins=$scratch/logins output=$scratch kernels='' here=$top/scripts
cd "$scratch"
echo sum >inputs
for name in -oProxyCommand=x 2/-x user@-x 'ssh -F x -y'; do
	printf '# ours\n%s\n' "$name" >logins
	rc=0
	(ssh=false hosts_prepare) 2>err || rc=$?
	like "$rc $(cat err)" "^3 .*: -[a-zA-Z=]* is no name of a machine" "a machine by the name of $name is refused"
done
done_testing

# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh
#
# matrix-run.sh: what scripts/matrix does with a plan: parallel over builds, then over cells
#
# In $output: plan, the cells in the order of the report; builds.log and cells.log, parallel's own,
# from which it knows what is done; inputs, the sum of all that decides a result.
# shellcheck disable=SC2154 # options of scripts/matrix

runner=''

# What a result depends on: programs, scripts, patches, the trees and tarballs that were named.
inputs()
{
	cat "$output/plan.new" "$here/matrix-build" "$here/matrix-cell" "$here/kernel-build" \
		"$here/../configs/proof.config" "$here/../patches"/*/*
	if [ -n "$logins" ] && [ -e "$here/../.git" ]; then git -C "$here" rev-parse HEAD; else
		cat "$O/icache-ipi-vm" "$O/arm64/icache-ipi-stress"
	fi
	[ -z "${CONFIG-}" ] || cat "$CONFIG" "$here/../configs/distribution.config"
	for kernel in $kernels; do
		[ ! -e "$kernel" ] ||
			find "$kernel" -name .git -prune -o -type f -printf '%P %s %T@\n' | sort
	done
}

# matrix_open: $output holds the plan, and what an earlier run of the same one left
matrix_open()
{
	mkdir -p "$output"
	output=$(realpath "$output")
	exec 9>"$output/.lock"
	flock --nonblock 9 || die "$EXIT_UNKNOWN" "another matrix is at work in $output" \
		"wait for it (of one that was killed: for the guests under way), or name another --output"
	list_cells >"$output/plan.new"
	inputs | sha256sum | cut -c1-16 >"$output/inputs.new"
	if [ -e "$output/plan" ] && { [ "$fresh" = true ] ||
		! cmp --silent "$output/inputs.new" "$output/inputs"; }; then
		[ "$fresh" = true ] || say "what was found in $output is of other inputs: beginning anew"
		cut -f 1 "$output/plan" | while read -r name; do rm -rf "${output:?}/${name:?}"; done
		rm -rf "$output/builds" "$output/builds.log" "$output/cells.log" "$output/report.html" \
			"$output/matrix.json" "$output/junit.xml"
	fi
	mkdir -p "$output/builds"
	mv "$output/plan.new" "$output/plan"
	mv "$output/inputs.new" "$output/inputs"
	cd "$output" || exit
	say "$(wc -l <plan) cells of $(cut -f 8 plan | sort -u | wc -l) kernels in $output"
}

matrix_stop()
{
	trap '' INT TERM HUP
	# The first one ends the handing out, the second one the jobs; at once they would be one.
	[ -z "$runner" ] || { kill "$runner" && sleep 1 && kill "$runner"; } 2>/dev/null || :
	wait
	say "stopped; the same command resumes it"
	exit "$EXIT_UNKNOWN"
}

# keep_finished LOG: takes out of the job log what did not end well, or left nothing: on a machine
# that died while results were on their way, a disk that filled up. parallel itself cannot resume
# from a log with a failed job of a login that has blanks. Says whether anything was lost like that.
keep_finished()
{
	[ -s "$1.log" ] || return 1
	lost=0
	awk -F '\t' -v marks="$1.marks" '
		BEGIN { while ((getline mark < marks) > 0) left[++n] = !system("test -s \"" mark "\"") }
		NR == 1 || ($7 == 0 && $8 == 0 && left[$1])
		NR > 1 && ($7 == 255 || ($7 == 0 && !left[$1])) { lost = 1 }
		END { exit lost }' "$1.log" >"$1.new" || lost=1
	cp "$1.log" "$1.all.log"
	mv "$1.new" "$1.log"
	[ "$lost" = 1 ]
}

# hand_out LOG FIELD MARK OPTION...: the lines of LOG.lines to parallel, but for those that an earlier
# run finished. A job leaves MARK last; in it & is that field of the line. Never in a pipe: a signal
# has to find $runner.
hand_out()
{
	log=$1
	cut -f "$2" "$log.lines" | sed "s,.*,$3," >"$log.marks"
	shift 3
	[ ! -t 2 ] || set -- --bar "$@"
	keep_finished "$log" || :
	for round in 1 2 3; do
		# Its code counts failed jobs; the report says which.
		parallel --will-cite --colsep '\t' --joblog "$log.log" --resume-failed \
			--timeout "$timeout" "$@" :::: "$log.lines" >&2 &
		runner=$!
		wait "$runner" || :
		runner=''
		if ! keep_finished "$log" || [ -z "$logins" ] || [ "$round" = 3 ]; then break; fi
		say "a machine was lost, with results: those once more, on the others"
		hosts_probe
	done
	rm "$log.lines" "$log.marks"
}

# Of the guests the longest come first, so that the last one to end is a short one.
# shellcheck disable=SC2016 # parallel's shell expands what is quoted here
matrix_run()
{
	cut -f 2-4,6,8 plan | sort -u >builds.lines
	sort --key=5,5nr --key=1,1 plan >cells.lines
	if [ -n "$logins" ]; then
		hosts_prepare
		hand_out builds 5 'builds/&/build' --jobs 1 --retries "${retries:-3}" \
			--sshloginfile machines --ssh "$ssh" --workdir "$remote" --return 'builds/{5}' \
			'tree/scripts/matrix-build {1} {2} {3} {4} builds/{5}'
		hand_out cells 1 '&/cell' --jobs "$jobs" --retries "${retries:-3}" \
			--sshloginfile machines --ssh "$ssh" --workdir "$remote" \
			--transferfile 'builds/{8}' --return '{1}' \
			"SLOW_HOST=$SLOW_HOST tree/scripts/matrix-cell" 'builds/{8} {5} {7} {1}'
		return
	fi
	export O SLOW_HOST HERE="$here"
	hand_out builds 5 'builds/&/build' --jobs 1 --retries "${retries:-1}" \
		'"$HERE"/matrix-build {1} {2} {3} {4} builds/{5}'
	hand_out cells 1 '&/cell' --jobs "$jobs" --retries "${retries:-1}" \
		'"$HERE"/matrix-cell builds/{8} {5} {7} {1}'
}

matrix_report()
{
	set -- "$O/icache-ipi-report" --matrix .
	for form in html:report.html json:matrix.json junit:junit.xml; do
		"$@" --format="${form%:*}" --output="${form#*:}" || :
	done
	exec "$@"
}

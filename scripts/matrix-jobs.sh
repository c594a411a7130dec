# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh
#
# matrix-jobs.sh: GNU parallel over the builds and the proofs of a matrix; sourced by scripts/matrix,
# whose options these are, never run
# shellcheck disable=SC2154

runner=''

# What a result depends on: options, programs, scripts, patches, the trees and tarballs that were named.
inputs()
{
	echo "$series:$tier"
	cat "$output/plan.new" "$here/proof" "$here/halves.sh" "$here/kernel-build" \
		"$here/../configs/proof.config" "$here/../patches"/*/*
	if [ -n "$logins" ] && [ -e "$here/../.git" ]; then git -C "$here" rev-parse HEAD; else
		cat "$O/icache-ipi-vm" "$O/arm64/icache-ipi-stress"
	fi
	[ -z "${CONFIG-}" ] || cat "$CONFIG" "$here/config.sh" "$here/../configs/distribution.config"
	for kernel in $kernels; do
		[ ! -e "$kernel" ] || tree_files "$kernel"
	done
}

# jobs_open: $output holds the plan, and what an earlier run of the same one left
jobs_open()
{
	output_claim "$output"
	output=$(realpath "$output")
	exec 9>"$output/.lock"
	flock --nonblock 9 || die "$EXIT_UNKNOWN" "another matrix is at work in $output" \
		"wait for it, or for the guests of one that was killed, or name another --output"
	list_cells >"$output/plan.new"
	inputs | short_sum 16 >"$output/inputs.new"
	if [ -e "$output/plan" ] && { [ "$fresh" = true ] ||
		! cmp --silent "$output/inputs.new" "$output/inputs"; }; then
		[ "$fresh" = true ] || say "the results in $output are of other inputs: starting from nothing"
		# Names as list_cells makes them; a plan can be somebody else's, too.
		cut -f 1 "$output/plan" | grep --extended-regexp '^[A-Za-z0-9_][A-Za-z0-9_.+-]*$' |
			while read -r name; do rm -rf "${output:?}/${name:?}"; done
		rm -rf "$output/builds" "$output/builds.log" "$output/cells.log" "$output/report.html" \
			"$output/matrix.json" "$output/junit.xml"
	fi
	mkdir -p "$output/builds"
	mv "$output/plan.new" "$output/plan"
	mv "$output/inputs.new" "$output/inputs"
	cd "$output" || exit
	say "$(wc -l <plan) proofs of $(cut -f 6 plan | sort -u | wc -l) builds in $output"
}

jobs_stop()
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

# hand_out LOG FIELD MARK OPTION... COMMAND: the lines of LOG.lines to parallel, but for those that an
# earlier run finished. A job leaves MARK last; in it & is that field of the line. COMMAND begins
# where scripts are. Never in a pipe: a signal has to find $runner.
hand_out()
{
	log=$1
	cut -f "$2" "$log.lines" | sed "s,.*,$3," >"$log.marks"
	shift 3
	[ ! -t 2 ] || set -- --bar "$@"
	if [ -n "$logins" ]; then
		set -- --retries "${retries:-3}" --sshloginfile machines --ssh "$ssh" \
			--workdir "$remote" "$@"
	else
		set -- --retries "${retries:-1}" "$@"
	fi
	keep_finished "$log" || :
	for round in 1 2 3; do
		# Its code counts failed jobs; the report says which.
		parallel --will-cite --colsep '\t' --joblog "$log.log" --resume-failed \
			--timeout "$timeout" "$@" :::: "$log.lines" >&2 &
		runner=$!
		wait "$runner" || :
		runner=''
		if ! keep_finished "$log" || [ -z "$logins" ] || [ "$round" = 3 ]; then break; fi
		say "a machine was lost with its results: the others repeat them"
		hosts_probe
	done
	rm "$log.lines" "$log.marks"
}

# Where the scripts are for a job: beside this one, or on another machine, in the tree it got.
place()
{
	if [ -n "$logins" ]; then echo tree/scripts; else echo "'$here'"; fi
}

# One kernel without the fix and with it: builds/BUILD, once on any machine.
jobs_build()
{
	cut -f 2,3,5,6 plan | sort -u >builds.lines
	[ "${SETUP-}" = no ] && prepare=: || prepare="$(place)/setup compiler-{3}"
	export O
	# shellcheck disable=SC2086 # one fix a word
	hand_out builds 4 'builds/&/halves' --jobs 1 ${logins:+--return 'builds/{4}'} \
		"mkdir -p builds/{4} && : >builds/{4}/.icache-ipi && { $prepare && $(place)/proof --build-only --regress --kernel {1} \
$(printf -- '--series %s ' $series) --pages {2} --compiler {3} --output builds/{4}; } 2>builds/{4}/errors"
}

# The longest come first, so that the last one to end is a short one. A proof that fails is done; one
# that has no answer may have one on another machine.
jobs_prove()
{
	sort --key=4,4nr --key=1,1 plan >cells.lines
	hand_out cells 1 '&/report.json' --jobs "$jobs" \
		${logins:+--transferfile 'builds/{6}' --return '{1}'} \
		"mkdir -p {1} && : >{1}/.icache-ipi && { $(place)/proof --built builds/{6} --serial --tier $tier --cpus {4} \
--pages {3} --slow-host $slow_host --output {1} >/dev/null 2>{1}/errors || [ \$? -lt 3 ]; }"
}

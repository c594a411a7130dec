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
		"$here/proof.config" "$here/../patches"/*/*
	if [ -n "$logins" ]; then git -C "$here" rev-parse HEAD; else
		cat "$O/icache-ipi-vm" "$O/arm64/icache-ipi-stress"
	fi
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
		"wait for it, or name another --output"
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
	# The first one ends the handing out, the second one the jobs.
	[ -z "$runner" ] || { kill "$runner" && kill "$runner"; wait "$runner"; } 2>/dev/null || :
	say "stopped; the same command resumes it"
	exit "$EXIT_UNKNOWN"
}

# missing_results LOG: the job log without the jobs that ended well and left nothing: a machine that
# died while the results were on their way, a disk that filled up. Says whether there were any.
missing_results()
{
	[ -s "$1.log" ] || return 1
	awk -F '\t' -v OFS='\t' -v marks="$1.marks" '
		BEGIN { while ((getline mark < marks) > 0) left[++n] = !system("test -s \"" mark "\"") }
		NR > 1 && $7 == 0 && !left[$1] { $7 = 255; lost++ }
		{ print }
		END { exit !lost }' "$1.log" >"$1.new" || { rm "$1.new"; return 1; }
	mv "$1.new" "$1.log"
}

# hand_out LOG FIELD MARK OPTION...: lines of stdin to parallel, but for those that an earlier run
# finished. A job leaves MARK last; in it & is that field of the line.
hand_out()
{
	log=$1
	cat >"$log.lines"
	cut -f "$2" "$log.lines" | sed "s,.*,$3," >"$log.marks"
	shift 3
	[ ! -t 2 ] || set -- --bar "$@"
	missing_results "$log" || :
	for round in 1 2 3; do
		# Its code counts failed jobs; the report says which.
		parallel --will-cite --colsep '\t' --joblog "$log.log" --resume-failed \
			--timeout "$timeout" "$@" :::: "$log.lines" >&2 &
		runner=$!
		wait "$runner" || :
		runner=''
		missing_results "$log" || break
		say "results of round $round were lost on their way: again"
	done
	rm "$log.lines" "$log.marks"
}

# What there is to build, and to boot: the longest first, so that the last one to end is a short one.
builds()
{
	cut -f 2-4,6,8 plan | sort -u
}

cells()
{
	sort --key=5,5nr --key=1,1 plan
}

# shellcheck disable=SC2016 # parallel's shell expands what is quoted here
matrix_run()
{
	if [ -n "$logins" ]; then
		hosts_prepare
		builds | hand_out builds 5 'builds/&/build' --jobs 1 --retries "${retries:-3}" \
			--sshloginfile machines --ssh "$ssh" --workdir "$remote" --return 'builds/{5}' \
			'tree/scripts/matrix-build {1} {2} {3} {4} builds/{5}'
		cells | hand_out cells 1 '&/cell' --jobs "$jobs" --retries "${retries:-3}" \
			--sshloginfile machines --ssh "$ssh" --workdir "$remote" \
			--transferfile 'builds/{8}' --return '{1}' \
			"SLOW_HOST=$SLOW_HOST tree/scripts/matrix-cell" 'builds/{8} {5} {7} {1}'
		return
	fi
	export O SLOW_HOST HERE="$here"
	builds | hand_out builds 5 'builds/&/build' --jobs 1 --retries "${retries:-1}" \
		'"$HERE"/matrix-build {1} {2} {3} {4} builds/{5}'
	cells | hand_out cells 1 '&/cell' --jobs "$jobs" --retries "${retries:-1}" \
		'"$HERE"/matrix-cell builds/{8} {5} {7} {1}'
}

matrix_report()
{
	set -- "$O/icache-ipi-report" --matrix .
	command -v gnuplot >/dev/null || set -- "$@" --no-pictures
	for form in html:report.html json:matrix.json junit:junit.xml; do
		"$@" --format="${form%:*}" --output="${form#*:}" || :
	done
	exec "$@"
}

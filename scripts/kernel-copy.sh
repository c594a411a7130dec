# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh disable=SC2016,SC2154 # what is quoted is for perl; $output, $pages and $how are of kernel-build
#
# kernel-copy.sh: a kernel by difference: the build of a tree that differs in a few sources, copied, and
# what depends on these taken out of it. Sourced by kernel-build, after common.sh.
#
# A build folder names its tree in every recorded command; make compares those. Once they name the other
# tree, and the objects that depend on a source that differs are gone, make does the rest. Anything but
# plain sources that differ (Makefiles, Kconfig, scripts, a file more or less) is built from nothing.
#
# A finished build has .stamp, "CONFIGURATION SUM TREE", and .files, the list of tree_files whose sum that is.

# How many sources may differ: with more, a copy saves little.
COPY_LIMIT=200

# copy_differences OLD NEW: the sources that differ between two lists of tree_files. It fails where
# something differs that a copy cannot follow.
copy_differences()
{
	{ sed 's/^/1 /' "$1"; sed 's/^/2 /' "$2"; } | awk -v limit="$COPY_LIMIT" '
	{
		name = $0
		sub(/^[12] /, "", name)
		sub(/ [0-9]+ [0-9.]+$/, "", name)
		what = substr($0, length(name) + 3)
		if ($1 == 1) { old[name] = what; next }
		if (!(name in old)) differs[name] = "new"
		else if (old[name] != what) differs[name] = "changed"
		delete old[name]
	}
	END {
		for (name in old)
			differs[name] = "lost"
		for (name in differs) {
			# Hidden files, and what no compiler reads
			if (name ~ /(^|\/)\./ || name ~ /^(Documentation|debian|LICENSES)\// || name ~ /\.(orig|rej)$/)
				continue
			if (differs[name] != "changed" || name !~ /\.[chS]$/ || name ~ /^(scripts|tools|usr|certs|samples)\//)
				exit 1
			found = found name "\n"
			if (++count > limit)
				exit 1
		}
		printf "%s", found
	}'
}

# copy_nearest CONFIGURATION FILES: "FOLDER COUNT" of the finished build of the same configuration whose
# tree differs in the fewest sources; nothing where there is none.
copy_nearest()
(
	best=none fewest=$((COPY_LIMIT + 1))
	for candidate in "$(cache_dir)"/builds/*/; do
		candidate=${candidate%/}
		if [ ! -s "$candidate/.stamp" ] || [ ! -s "$candidate/.files" ]; then
			continue
		fi
		read -r configuration _ <"$candidate/.stamp"
		[ "$configuration" = "$1" ] || continue
		differences=$(copy_differences "$candidate/.files" "$2") || continue
		count=$(printf '%s' "$differences" | grep -c . || :)
		[ "$count" -ge "$fewest" ] || { best=$candidate fewest=$count; }
	done
	[ "$best" = none ] || echo "$best $fewest"
)

# copy_build FROM TREE FILES TO: copies the build FROM to the folder TO, as one of TREE, whose list of files
# is FILES. It fails where FROM is in use, or was changed meanwhile; TO then has .copying and is of no use.
copy_build()
(
	exec 7>>"$1/.lock"
	flock --nonblock 7 || exit
	[ -s "$1/.stamp" ] || exit
	read -r _ _ origin <"$1/.stamp"
	differences=$(copy_differences "$1/.files" "$3") || exit
	cd "$4" || exit
	: >.copying
	cp --archive --reflink=auto "$1/." . || exit
	rm -f .stamp .files build.log build-seconds build-files
	find . -name '*.cmd' -type f -print0 | xargs -0 perl -e '
	my ($old, $new, $differences) = splice @ARGV, 0, 3;
	my %differs = map { ("$new/$_" => 1) } split /\n/, $differences;
	for my $path (@ARGV) {
		open my $in, "<", $path or die "$path: $!";
		my $text = do { local $/; <$in> };
		close $in;
		my @times = (stat $path)[8, 9];
		if ($text =~ s/(?<![^\s:=(,"\x27I])\Q$old\E(?=[\/\s;)"\x27=]|$)/$new/g) {
			open my $out, ">", $path or die "$path: $!";
			print $out $text;
			close $out or die "$path: $!";
			utime @times, $path;
		}
		next unless grep { $differs{$_} } $text =~ /(\S+)/g;
		(my $target = $path) =~ s/\.([^\/]*)\.cmd$/$1/;
		unlink $target;
	}' "$origin" "$2" "$differences" || exit
	rm .copying
)

# copy_begin CONFIGURATION TREE FILES TO: TO as a build of TREE can begin in it, and how it does: "here:",
# from what is in it, "copy:" and what to say of that, or "nothing:"
copy_begin()
(
	if [ -s "$4/arch/arm64/boot/Image" ] && [ ! -e "$4/.copying" ]; then
		echo here:
		return
	fi
	nearest=$(copy_nearest "$1" "$3")
	# Debug information names the folders in every object.
	if [ -n "$nearest" ] && ! grep -q '^CONFIG_DEBUG_INFO=y' "${nearest% *}/.config" &&
		copy_build "${nearest% *}" "$2" "$3" "$4"; then
		echo "copy: from a copy: sources that differ: ${nearest##* }"
		return
	fi
	# A copy that was begun, now or by a run that was killed
	[ ! -e "$4/.copying" ] || find "$4" -mindepth 1 ! -name .lock ! -name .copying -delete
	rm -f "$4/.copying"
	echo nothing:
)

# files_compiled: in $output so far, and of how many, where a kernel of as many $pages was built from nothing before
files_compiled()
{
	compiled=$(grep -c '^  [ACL][CSD] ' "$output/build.log") || :
	all=$(cat "${output%/*}"/*-"$pages"-*/build-files 2>/dev/null | sort -n | tail -n 1)
	[ "$compiled" -ge "${all:-0}" ] || [ "${how#nothing}" = "$how" ] || compiled="$compiled of about $all"
	echo "$compiled files"
}

# cost_keep STARTED BUILD: what BUILD cost, when it was the whole of it: seconds, and files that were compiled
cost_keep()
{
	echo $(($(date +%s) - $1)) >"$2/build-seconds"
	grep -c '^  [ACL][CSD] ' "$2/build.log" >"$2/build-files" || :
}

# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh
#
# specs-one.sh PROGRAM TREE FOLDER: exports into one package of specs.py, and has rpmbuild prepare it.
# A line for each answer: "right WHAT", "unsure WHAT" where the truth allows it, "wrong WHAT: why".
set -u
backport=$1 tree=$2 folder=$3
IFS='|' read -r able spec sources _ what <"$folder/truth"
pkg=$folder/pkg

sum()
{
	(cd "$pkg" && find . -type f -print0 | LC_ALL=C sort -z | xargs -0 sha256sum)
}

# built: the states of the trees that rpmbuild makes of the package, and whether the vendor's patch is in
built()
{
	rm -rf "$folder/rpm"
	xargs -d '\n' rpmbuild -bp --nodeps --quiet --target=aarch64 --define "_topdir $folder/rpm" \
		--define "_sourcedir $pkg/$sources" --define "_specdir $(dirname "$pkg/$spec")" "$pkg/$spec" \
		<"$folder/options" >"$folder/log" 2>&1 || { echo fails; return; }
	find "$folder/rpm/BUILD" -name vanilla -prune -o -path '*/arch/arm64/mm/flush.c' -print | while read -r flush; do
		top=${flush%/arch/arm64/mm/flush.c}
		echo "$("$backport" --check "$top" 2>/dev/null) $(grep -c vendor "$top/Makefile")"
	done
	rm -rf "$folder/rpm"
}

export_rpm()
{
	xargs -d '\n' "$backport" "$tree" --export rpm-spec "$pkg/$spec" "$@" <"$folder/options" >"$folder/out" \
		2>"$folder/err"
}

before=$(sum)
started=$(built)
for form in posted merged; do
	export_rpm --series "$form"
	code=$?
	# xargs says 123 of a command that ends in 1 to 125; the program's own words tell which
	if [ $code = 0 ]; then
		now=$(built)
		if [ "$now" != "fixed as $form ${started##* }" ]; then
			echo "wrong $form ($what): exit 0, but rpmbuild leads to '$now' from '$started'"
		elif [ "$able" = no ]; then
			echo "wrong $form ($what): succeeded where it cannot"
		else
			echo "right $form"
		fi
		export_rpm --series "$form" --reverse && now=$(built)
		[ "$now" = "$started" ] || echo "wrong $form ($what): taken out, rpmbuild leads to '$now'"
		case $what in
		series*) before=$(sum) ;; # its archive was packed again
		esac
		[ "$(sum)" = "$before" ] || echo "wrong $form ($what): taken out, the package is another"
	elif ! grep -q 'nothing was changed' "$folder/err"; then
		echo "wrong $form ($what): exit code $code: $(head -n 1 "$folder/err")"
	elif [ "$(sum)" != "$before" ]; then
		echo "wrong $form ($what): refused, and changed the package"
	elif [ "$able" = must ]; then
		echo "wrong $form ($what): refused: $(tail -n 3 "$folder/err" | tr '\n' ' ')"
	elif [ "$able" = no ]; then
		echo "right $form"
	else
		echo "unsure $form"
	fi
done

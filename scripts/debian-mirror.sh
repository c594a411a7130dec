# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh disable=SC2016 # what is quoted is for apt-get and awk
#
# debian-mirror.sh: where Debian comes from. That is where the machine's own apt gets it; DEBIAN_MIRROR
# names another archive. Sourced after common.sh, never run.

# debian_entries: of each suite that apt knows, "URI|SUITE|ENTRY|ORIGIN". What apt has not
# downloaded yet has no origin. apt reads its lists, whichever form they have.
debian_entries()
{
	entry='$(REPO_URI)|$(RELEASE)|$(SOURCESENTRY)|$(COMPONENT)|$(LABEL)'
	{
		apt-get indextargets --format "$entry" 'Created-By: Packages'
		apt-get indextargets --no-release-info --format "$entry" 'Created-By: Packages'
	} 2>/dev/null | awk -F '|' '$1 !~ /^(cdrom|copy):/ && $4 == "main" && !seen[$1, $2]++ {
		# apt tells an address decoded: a blank would end it in the line that is made of it.
		sub("/$", "", $1); gsub(/[ \t]/, "%20", $1)
		print $1 "|" $2 "|" $3 "|" ($5 ~ /[(]/ ? "" : $5) }'
}

# debian_entry SUITE: "URI|SUITE|ENTRY" of the archive that has SUITE: of one of Debian's by its own label.
# Before the first update nothing has a label: then what has the name of a suite of this release.
debian_entry()
(
	codename=none
	# shellcheck source=/dev/null
	[ "$(. "${OS_RELEASE:-/etc/os-release}" && echo "${ID-}")" != debian ] ||
		codename=$(. "${OS_RELEASE:-/etc/os-release}" && echo "${VERSION_CODENAME-}")
	debian_entries | awk -F '|' -v suite="$1" -v codename="$codename" '
	function security(name) { return name ~ /(-security|\/updates)$/ }
	function named(name) {
		sub(/(-updates|-security|-backports|\/updates)$/, "", name)
		return name == codename || name ~ /^((old)*stable|testing|unstable|sid)$/
	}
	$4 != "" ? $4 !~ /^Debian($|-Security$| Backports$)/ : !named($2) { next }
	security($2) != security(suite) { next }
	{ rank = $2 == suite ? 0 : $4 != "" ? 1 : 2 }
	!line || rank < best { line = $1 "|" $2 "|" $3; best = rank }
	END { if (line) print line }'
)

# debian_signed_by ENTRY FOLDER: the key files that ENTRY of a list names, with commas between. A key
# that stands in the list itself is written to FOLDER.
debian_signed_by()
(
	file=${1%:*} number=${1##*:}
	case $file in
	*.sources)
		awk -v number="$number" '
		/^[ \t\r]*$/ { inside = 0; next }
		/^#/ { next }
		!inside { inside = 1; stanza++; key = 0 }
		stanza != number { next }
		/^[^ \t]/ { key = tolower($0) ~ /^signed-by:/; sub(/^[^:]*:[ \t]*/, "") }
		key && $0 != "" { sub(/^[ \t]+/, ""); print $0 == "." ? "" : $0 }' "$file"
		;;
	*)
		sed -n "${number}s/^[^[]*\[\([^]]*\)\].*/\1/p" "$file" | tr -s ' \t' '\n' |
			sed -n 's/^signed-by=//p'
		;;
	esac >"$2/signed-by"
	if grep -q '^-----BEGIN PGP' "$2/signed-by"; then
		mv "$2/signed-by" "$2/signed-by.asc"
		echo "$2/signed-by.asc"
	else
		tr -s ', \t' '\n' <"$2/signed-by" | grep '^/' | paste -s -d , || :
		rm "$2/signed-by"
	fi
)

debian_keyring()
{
	for keyring in /usr/share/keyrings/debian-archive-keyring.pgp \
		/usr/share/keyrings/debian-archive-keyring.gpg; do
		[ ! -r "$keyring" ] || { echo "$keyring"; return; }
	done
}

# debian_line SUITE FOLDER [TYPE]: the line of an apt list for SUITE. Debian must have signed it, or who
# the machine's own list names for that archive. FOLDER is for key files. Nothing for a security
# suite where the machine has none.
debian_line()
{
	uri=${DEBIAN_MIRROR-} keys=$(debian_keyring)
	if [ -n "$uri" ]; then
		case $1 in *-security) uri=$uri-security ;; esac
	else
		uri=$(debian_entry "$1")
		if [ -z "$uri" ]; then
			case $1 in *-security) return ;; esac
			die "$EXIT_UNKNOWN" "apt has no source of Debian's packages on this machine" \
				"name an archive that has Debian $1: DEBIAN_MIRROR=http://HOST/debian"
		fi
		own=$(debian_signed_by "${uri##*|}" "$2")
		case ,$own, in
		*,"$keys",*) keys=$own ;;
		*) keys=$keys${keys:+${own:+,}}$own ;;
		esac
		uri=${uri%%|*}
	fi
	echo "${3-deb} ${keys:+[signed-by=$keys] }$uri $1 main"
}

# debian_site SUITE: the same archive, for people: without a password
debian_site()
{
	uri=${DEBIAN_MIRROR:-$(debian_entry "$1")}
	echo "${uri%%|*}" | sed 's|//[^/@]*@|//|'
}

#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# house.t: the rooms of src/: one name for one meaning, arrows that go down, no circles
set -eu
. "$(dirname "$0")/../lib/tap.sh"
cd "$top"
unset MAKEFLAGS MAKEOVERRIDES
rooms=$(cd src && echo *)

# one NAME OPTION...: every object of every program links into one program
one()
{
	name=$1
	shift
	run make --silent --jobs=2 SETUP=no "$@"
	is "$rc$out$err" 0 "$name: all programs link into one"
}
one "$(uname -m)" O="$O" "$O/icache-ipi-one"
like "$("$O/icache-ipi-one" --version)" '^icache-ipi ' '... which runs'
if [ "$(uname -m)" != aarch64 ]; then
	if cross=$(scripts/arm64-sysroot --make 2>"$scratch/err"); then
		eval "one aarch64 O=\"\$O/aarch64\" \"\$O/aarch64/icache-ipi-one\" $(echo "$cross" | tr '\n' ' ')"
	else
		skip 'aarch64: all programs link into one' "no libraries of arm64: $(tail -n 1 "$scratch/err")"
	fi
fi

# --- names ---
# objects ROOM: of the sources that are there; a build folder may hold older ones
objects()
{
	for source in src/"$1"/*.c; do
		echo "$O/obj/$1/$(basename "$source" .c).o"
	done
}

# names OBJECT: what it shows to other files
names()
{
	nm --defined-only --extern-only "$1" | awk '{ print $3 }' | grep -vx -e main -e '.*_main'
}
# A name carries its room's prefix; one of src/lib its file's. die() and die_usage() end what say() says.
# eu_search_tree_* stand in for what a static libelf lacks.
strange=''
for room in $rooms; do
	for object in $(objects "$room"); do
		prefix=$room
		[ "$room" != lib ] || prefix=$(basename "$object" .o | sed 's/prices/price/')
		for name in $(names "$object"); do
			case $name in
			"$prefix" | "${prefix}_"* | die | die_usage | row_fields* | eu_search_tree_*) ;;
			*) strange="$strange $room:$name" ;;
			esac
		done
	done
done
is "$strange" '' 'every name that other files see carries its room'

is "$(sed -n 's/^\(struct\|enum\|union\) \([a-z0-9_]*\) {.*/\2/p' src/*/*.h | sort | uniq -d)" '' \
	'no header defines a type that another one defines'
guards=''
for header in src/*/*.h; do
	guard=ICACHE_IPI_$(echo "${header#src/}" | sed 's/\.h$/_H/' | tr 'a-z/-' 'A-Z__')
	[ "$(grep -c -e "^#ifndef $guard\$" -e "^#define $guard\$" "$header")" = 2 ] || guards="$guards $header"
done
is "$guards" '' 'include guards are named after their file'

# --- arrows ---
# Programs include what is shared, and their own; src/kernel and src/result include src/lib.
wrong=''
for room in $rooms; do
	case $room in
	lib) allowed='lib' ;;
	kernel | result) allowed="$room lib" ;;
	*) allowed="$room lib kernel result" ;;
	esac
	sed -n 's,^#include "\([^/"]*\)/.*,\1,p' src/"$room"/*.[ch] | sort -u >"$scratch/included"
	while read -r included; do
		case " $allowed " in *" $included "*) ;; *) wrong="$wrong $room->$included" ;; esac
	done <"$scratch/included"
	! grep -q '^#include "[^/]*"$' src/"$room"/*.[ch] || wrong="$wrong $room->?"
done
is "$wrong" '' 'includes go down: a program to what is shared, that to src/lib'
is "$(grep -l '#include <\(jansson\|archive\|nettle\|libelf\|gelf\|zlib\|lzma\|zstd\|lz4\|bzlib\)' src/lib/* src/stress/* || :)" '' \
	'src/lib and src/stress need libc alone'
is "$(grep -l -e '[^a-z_]printf(' -e 'fprintf(' -e 'puts(' -e '[^a-z_]say(' -e 'perror(' src/kernel/*.c src/result/*.c || :)" '' \
	'src/kernel and src/result print nothing'

# circles ROOM: files of a room that need each other, by the names that they define and use
circles()
{
	for object in $(objects "$1"); do
		names "$object" | sed "s,\$, $(basename "$object" .o),"
	done | sort >"$scratch/defined"
	for object in $(objects "$1"); do
		nm --undefined-only "$object" | awk '{ print $2 }' | sort | join - "$scratch/defined" |
			sed "s,^[^ ]*,$(basename "$object" .o),"
	done | awk '$1 != $2' | sort -u | { tsort >/dev/null; } 2>&1
}
for room in $rooms; do
	is "$(circles "$room")" '' "src/$room: no circle of files"
done
# It would be seen.
mkdir -p "$scratch/src/room" "$scratch/obj/room"
for one in a b; do
	[ $one = a ] && other=b || other=a
	echo "int $other(void); int $one(void) { return $other(); }" >"$scratch/src/room/$one.c"
	gcc -c -o "$scratch/obj/room/$one.o" "$scratch/src/room/$one.c"
done
like "$(cd "$scratch" && O=$scratch circles room)" 'loop' 'a circle would be seen'

done_testing

#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# drift-one.sh PROGRAM HERE STUBS FOLDER: asks icache-ipi-backport about one tree of drift.py, in every way.
# A line for each answer: "right WHAT", "unsure WHAT" where the truth allows it, "wrong WHAT: why".
set -u
backport=$1 here=$2 stubs=$3 folder=$4
tree=$folder/tree
IFS='|' read -r state able drifts <"$folder/truth"

# counts TREE: what its functions do when they run; they are made here and may
counts()
{
	# shellcheck disable=SC2046 # names without blanks
	gcc -std=gnu11 -w -O0 -include "$here/drift-run.h" -I "$stubs" -I "$1/arch/arm64/include" \
		-o "$folder/run" $(find "$1" -name '*.c') "$folder/asm.c" "$here/drift-run.c" 2>"$folder/gcc" &&
		"$folder/run"
}

# meaning COUNTS: the state that these counts are of
meaning()
{
	# shellcheck disable=SC2086 # five numbers
	set -- $1
	case $1,$3,$4,$2 in
	0,0,0,[1-9]*) echo quiet ;;
	0,0,[1-9]*,[1-9]*) echo 'fixed as posted' ;;
	[1-9]*,*) echo affected ;;
	0,[1-9]*) echo affected ;;
	*) echo nothing ;;
	esac
}

sum()
{
	find "$tree" -type f -exec sha256sum {} + | LC_ALL=C sort | sha256sum
}

# says WHAT GOT WANTED
says()
{
	if [ "$2" = "$3" ]; then echo "right $1"; else echo "wrong $1 ($drifts): got $2, wanted $3"; fi
}

says check "$("$backport" --check "$tree" 2>/dev/null)" "$state"
case $state in
'not recognised') ;;
'fixed as merged' | 'not affected') says truth "$(meaning "$(counts "$tree")")" quiet ;;
*) says truth "$(meaning "$(counts "$tree")")" "$state" ;;
esac
before=$(sum)
for way in 'posted' 'merged' 'posted --semantic' 'merged --semantic'; do
	form=${way%% *}
	rm -rf "$folder/out"
	# shellcheck disable=SC2086 # words
	said=$("$backport" "$tree" --output "$folder/out" --series $way 2>"$folder/err")
	code=$?
	wanted=quiet
	case $way$drifts in posted* | *inlined:*) wanted='fixed as posted' ;; esac
	if [ "$(sum)" != "$before" ]; then
		echo "wrong $way ($drifts): the tree was changed"
	elif [ $code = 0 ] && [ "$said" = "$tree" ]; then
		says "$way" "$state" "fixed as $form"
	elif [ $code = 0 ] && [ "$state" = affected ]; then
		says "$way" "$(meaning "$(counts "$folder/out")")" "$wanted"
	elif [ $code = 0 ]; then
		echo "wrong $way ($drifts): changed a tree that is $state"
	elif [ $code != 3 ]; then
		echo "wrong $way ($drifts): exit code $code"
	elif [ "$state" != affected ]; then
		echo "right $way"
	else
		case $way,$able in
		*--semantic,must | merged\ --semantic,merged)
			echo "wrong $way ($drifts): refused: $(head -n 1 "$folder/err")" ;;
		*) echo "unsure $way" ;;
		esac
	fi
done

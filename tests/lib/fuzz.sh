# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh
#
# fuzz.sh: libFuzzer, under ASan and UBSan, over tests/fuzz/TARGET.c. Sourced after tap.sh, common.sh.
#
# FUZZ_SECONDS is for each target (default 6). What was found stays in $O/fuzz/TARGET-*; a corpus grows
# in the cache from run to run. Seeds are the test's: files in $scratch/seeds/TARGET.
# shellcheck disable=SC2154 # top, scratch, rc, err

# To libFuzzer 0 is no limit.
case ${FUZZ_SECONDS:-6} in
0* | *[!0-9]*)
	echo "Bail out! FUZZ_SECONDS=$FUZZ_SECONDS: a number from 1 on is wanted (make fuzz MINUTES=N)"
	exit 1
	;;
esac
fuzz=$O/fuzz
fuzz_flags='-std=c11 -D_GNU_SOURCE -g -O1 -fno-sanitize-recover=undefined'
mkdir -p "$fuzz/objects"
printf 'int main(void) { return 0; }' >"$scratch/none.c"
clang -fsanitize=fuzzer-no-link,address "$scratch/none.c" -o "$scratch/none" 2>/dev/null ||
	skip_all 'no clang with sanitizers (scripts/setup check)'

# fuzz_object SOURCE: its object, compiled anew when a source of a room is newer
fuzz_object()
{
	object=$fuzz/objects/$(basename "$(dirname "$1")")-$(basename "$1" .c).o
	newer=$(find "$1" "$top/src" "$top/tests/fuzz" -name '*.[ch]' -newer "$object" 2>&1 | head -n 1)
	# shellcheck disable=SC2086 # one option a word
	[ -z "$newer" ] ||
		clang $fuzz_flags -DICACHE_IPI_VERSION='"fuzz"' -I"$top/src" -I"$top/tests" -I"$O/obj" \
			-fsanitize=fuzzer-no-link,address,undefined -c -o "$object" "$1"
	echo "$object"
}

# What tests/fuzz/program.h has the linker do
FUZZ_PROGRAM='-Wl,--wrap=malloc,--wrap=calloc,--wrap=realloc,--wrap=reallocarray,--wrap=free,--wrap=exit,--wrap=vasprintf'

# fuzz_build LIBRARIES ROOM... -- TARGET...: each target with all of the rooms but their main(). $fuzz_program
# names sources that the target itself includes, of a program that ends by exit() and frees nothing.
fuzz_build()
{
	libraries=$1 objects=''
	shift
	while [ "$1" != -- ]; do
		for source in "$top/src/$1"/*.c; do
			case " main.c ${fuzz_program-} " in
			*" ${source##*/} "*) ;;
			*) objects="$objects $(fuzz_object "$source")" ;;
			esac
		done
		shift
	done
	shift
	for target; do
		mkdir -p "$scratch/seeds/$target" "$scratch/folder/$target" "$(cache_dir)/fuzz/$target"
		# shellcheck disable=SC2046,SC2086 # one option a word
		clang -fsanitize=fuzzer,address,undefined -o "$fuzz/$target" \
			"$(fuzz_object "$top/tests/fuzz/$target.c")" $objects ${fuzz_program:+$FUZZ_PROGRAM} \
			$(pkg-config --libs $libraries) -lbz2 -lm -lpthread
	done
}

# fuzz_run TARGET [OPTION...]: a test: nothing was found, and something was tried
fuzz_run()
{
	target=$1
	shift
	rm -f "$scratch/sanitizer".*
	run env FUZZ_FOLDER="$scratch/folder/$target" ASAN_OPTIONS="log_path=$scratch/sanitizer" \
		UBSAN_OPTIONS="log_path=$scratch/sanitizer:print_stacktrace=1" \
		"$fuzz/$target" -max_total_time="${FUZZ_SECONDS:-6}" -max_len=65536 -timeout=60 \
		-rss_limit_mb=2560 -close_fd_mask=2 -artifact_prefix="$fuzz/$target-" "$@" \
		"$(cache_dir)/fuzz/$target" "$scratch/seeds/$target"
	runs=$(printf '%s\n' "$err" | sed -n 's/^Done \([0-9]*\) runs.*/\1/p')
	if [ "$rc:${runs:-0}" = 0:0 ] || [ "$rc" != 0 ]; then
		fail "$target" "$({ printf '%s\n' "$err"; cat "$scratch/sanitizer".* 2>/dev/null; } |
			grep -E 'ERROR|SUMMARY|runtime error|libFuzzer|    #[0-9]+ .*(src|tests)/' | head -n 12)"
	else
		pass "$target: $runs runs"
	fi
}

#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# backport-semantic.t: backport --semantic on trees that drifted away from the patches: right in
# both forms, or a finger on each line that a person has to decide, and nothing changed
set -eu

. "$(dirname "$0")/../lib/tap.sh"
. "$top/tests/lib/trees.sh"

semantic()
{
	run "$O/icache-ipi-backport" "$tree" --semantic "$@"
}

# drifted NAME: a fresh tree to let drift, as $tree
drifted()
{
	name=$1 tree=$scratch/tree
	rm -rf "$tree"
	cp -a "$scratch/base" "$tree"
}

# both_forms: no series fits the tree, and --semantic makes the right thing of it, twice
both_forms()
{
	sum=$(tree_sum "$tree")
	run "$O/icache-ipi-backport" "$tree" --output "$scratch/plain"
	is "$rc" 3 "$name: no series fits"
	rm -rf "$scratch/plain"
	for form in posted merged; do
		rm -rf "${scratch:?}/$form"
		semantic --series "$form" --output "$scratch/$form"
		[ "$rc" = 0 ] || printf '%s\n' "$err" | sed 's/^/# /'
		is "$rc:$(tree_state "$scratch/$form" || :)" "0:fixed as $form" "$name: $form"
		is "$(tree_sum "$tree")" "$sum" "$name: $form: the tree itself is untouched"
		run "$O/icache-ipi-backport" "$scratch/$form" --semantic --series "$form"
		is "$rc:$out" "0:$scratch/$form" "$name: $form, again: nothing to do"
	done
	like "$(cat "$scratch/posted/$flush")" ', false\);' "$name: user ptes pass false"
	like "$(cat "$scratch/posted/$uprobes")" ', true\);' "$name: uprobes pass true"
}

# undecided FORM LINES...: refused, each FILE:LINE named and no other, nothing changed
undecided()
{
	form=$1
	shift
	sum=$(tree_sum "$tree")
	semantic --series "$form" --in-place
	is "$rc:$out:$(tree_sum "$tree")" "3::$sum" "$name: $form: refused, nothing changed"
	is "$(printf '%s\n' "$err" | sed -n 's/^icache-ipi-backport: \([^ ]*:[0-9]*\): .*/\1/p')" \
		"$(printf '%s\n' "$@")" "$name: $form: points at $*"
}

# line_of FILE TEXT: FILE:LINE
line_of()
{
	echo "$1:$(grep -nF "$2" "$tree/$1" | head -n 1 | cut -d : -f 1)"
}

tree_make "$scratch/base"
# Coccinelle wants whole functions, which the patch's context is not.
cat >"$scratch/base/$uprobes" <<'END'
void arch_uprobe_copy_ixol(struct page *page, unsigned long vaddr, void *src, unsigned long len)
{
	void *dst = slot_of(page, vaddr);

	/* flush caches (dcache/icache) */
	sync_icache_aliases(dst, len);
}
END

drifted "renamed arguments"
sed -i -e '/^void sync_icache_aliases/,/^}/{s/kaddr/start/g;s/\<len\>/bytes/g}' \
	-e 's/sync_icache_aliases(kaddr, len)/sync_icache_aliases(kaddr + 0, len)/' "$tree/$flush"
sed -i 's/sync_icache_aliases(void \*kaddr, unsigned long len)/sync_icache_aliases(void *start, unsigned long bytes)/' \
	"$tree/$header"
sed -i 's/sync_icache_aliases(dst, len)/sync_icache_aliases(kaddr_of_slot, slot_bytes)/' "$tree/$uprobes"
both_forms
like "$(cat "$scratch/posted/$header")" 'sync_icache_aliases\(void \*start, unsigned long bytes, bool sync\);' \
	"$name: the declaration has them"

drifted "vendor hunks inside the functions"
sed -i -e 's/^\tunsigned long addr = (unsigned long)kaddr;/&\n\tu64 vendor_since = vendor_clock();/' \
	-e 's/^\t\tflush_icache_range(addr, addr + len);/\t\tvendor_count(VENDOR_ICACHE);\n&\n\t\tvendor_trace(addr, len);/' \
	-e 's/^\tstruct page \*page = pte_page(pte);/&\n\n\tif (unlikely(vendor_skip(page)))\n\t\treturn;/' "$tree/$flush"
sed -i 's/^\tsync_icache_aliases(dst, len);/\tif (vendor_slot_is_hot(dst)) {\n\t\tvendor_mark(dst);\n\t\tsync_icache_aliases(dst, len);\n\t}/' \
	"$tree/$uprobes"
both_forms
is "$(grep -c vendor_ "$scratch/posted/$flush") $(grep -c vendor_ "$scratch/merged/$flush")" '4 4' \
	"$name: they are still there"

drifted "other layout, no braces"
sed -i -e '/^void sync_icache_aliases/,/^}/s/} else {/}\n\n\telse/' "$tree/$flush"
awk '/^void sync_icache_aliases/ { inside = 1 } inside && /^\t}$/ && seen++ { next } /^}/ { inside = 0 } { print }' \
	"$tree/$flush" >"$scratch/flush" && cp "$scratch/flush" "$tree/$flush"
both_forms

drifted "moved and marked"
sed -i 's/^void sync_icache_aliases(.*/void notrace sync_icache_aliases(void *kaddr,\n\t\t\t\t unsigned long len)/' "$tree/$flush"
sed -i 's/^extern void sync_icache_aliases/void notrace sync_icache_aliases/' "$tree/$header"
both_forms

drifted "CRLF"
for file in "$flush" "$header" "$uprobes"; do
	sed -i -e 's/dcache\/icache/Dcache\/Icache/' -e 's/kaddr, len/kaddr, (len)/' -e 's/$/\r/' "$tree/$file"
done
sed -i 's/flush_icache_range(addr, addr + len)/flush_icache_range(addr, (addr + len))/' "$tree/$flush"
both_forms
is "$(grep -cv "$(printf '\r')\$" "$scratch/posted/$flush" || :)" 0 "$name: every line keeps it"

# Callers that the posting does not know.
vendor=drivers/vendor/accelerator.c
drifted "a caller of a vendor's"
mkdir -p "$tree/${vendor%/*}"
cat >"$tree/$vendor" <<'END'
/* sync_icache_aliases() in a comment, and "sync_icache_aliases()" in a string: neither counts */
static const char name[] = "sync_icache_aliases()";

int vendor_load(struct vendor *v)
{
	sync_icache_aliases(v->text, v->size);
	return 0;
}
END
undecided posted "$vendor:6"
like "$err" "add ', true'" "$name: says how to decide"
undecided merged "$vendor:6"
like "$err" '1 calls would lose their broadcast' "$name: merged: says what it would mean"
semantic --series merged --callers-checked --output "$scratch/checked"
is "$rc:$(tree_state "$scratch/checked")" "0:fixed as merged" "$name: merged, once they are checked"
sed -i 's/v->size);/v->size, true);/' "$tree/$vendor"
semantic --output "$scratch/decided"
is "$rc:$(tree_state "$scratch/decided")" "0:fixed as posted" "$name: posted, once it is decided"
is "$(diff "$tree/$vendor" "$scratch/decided/$vendor")" '' "$name: the decision stays as it is"
name="a caller of a vendor's, whose argument ends in a word for it"
sed -i 's/v->size, true);/v->size, is_true);/' "$tree/$vendor"
undecided posted "$vendor:6"

drifted "callers of every kind"
mkdir -p "$tree/${vendor%/*}" "$tree/arch/arm64/kernel" "$tree/include/vendor"
printf '#define vendor_sync(p)\t\\\n\tsync_icache_aliases(p, PAGE_SIZE)\n' >"$tree/include/vendor/sync.h"
printf 'ENTRY(vendor_entry)\n\tbl\tsync_icache_aliases\n' >"$tree/arch/arm64/kernel/vendor.S"
printf 'struct vendor_ops ops = {\n\t.sync\t= sync_icache_aliases,\n};\n' >"$tree/$vendor"
sed -i 's/^EXPORT_SYMBOL_GPL(__sync_icache_dcache);/&\nEXPORT_SYMBOL_GPL(sync_icache_aliases);\n\nvoid vendor_flush(void *at)\n{\n\tsync_icache_aliases(at, 64);\n}/' \
	"$tree/$flush"
undecided posted arch/arm64/kernel/vendor.S:2 "$(line_of "$flush" '(at, 64)')" "$vendor:2" include/vendor/sync.h:2

drifted "a sync of its own"
sed -i 's/^\tunsigned long addr = (unsigned long)kaddr;/&\n\tbool sync = vendor_sync;/' "$tree/$flush"
undecided posted "$(line_of "$flush" 'void sync_icache_aliases')"

drifted "something else altogether"
sed -i '/^void sync_icache_aliases/,/^}/s/flush_icache_range/vendor_flush/' "$tree/$flush"
sum=$(tree_sum "$tree")
for form in posted merged; do
	semantic --series "$form" --in-place
	is "$rc:$out:$(tree_sum "$tree")" "3::$sum" "$name: $form: refused, nothing changed"
	like "$err" "is for a tree that is 'affected'; this one is 'not recognised'" "$name: $form: says why"
	like "$err" 'vendor_flush\(\) in' "$name: $form: names what it does not know"
done

# --- what broadcasts, and what does not, by other names ---
drifted "the names of newer kernels"
sed -i 's/^static inline void flush_icache_range.*/&/; s/^\tkick_all_cpus_sync();/\tcaches_clean_inval_pou(start, end);\n&/
	/__flush_icache_range/d' "$tree/$header"
sed -i '/__flush_icache_range/d' "$tree/arch/arm64/mm/cache.S"
for form in posted merged; do
	rm -rf "${scratch:?}/$form"
	semantic --series "$form" --output "$scratch/$form"
	is "$rc:$(tree_state "$scratch/$form" || :)" "0:fixed as $form" "$name: $form"
	like "$(cat "$scratch/$form/$flush")" '	caches_clean_inval_pou\(addr, addr \+ len\);' "$name: $form: its own function"
	is "$(grep -c __flush_icache_range "$scratch/$form/$flush" || :)" 0 "$name: $form: and no other"
done

drifted "a broadcast beside the maintenance"
sed -i '/^void sync_icache_aliases/,/^}/s/^\t\tflush_icache_range(\(.*\)/\t\t__flush_icache_range(\1\n\t\tkick_all_cpus_sync();/' \
	"$tree/$flush"
both_forms

drifted "inside __sync_icache_dcache()"
sed -i '/^void __sync_icache_dcache/,/^}/s/sync_icache_aliases(page_address(page),/flush_icache_range((unsigned long)page_address(page), (unsigned long)page_address(page) +/' \
	"$tree/$flush"
is "$(tree_state "$tree" || :)" affected "$name: affected"
semantic --series merged --output "$scratch/inlined"
is "$rc:$(tree_state "$scratch/inlined" || :)" "0:fixed as merged" "$name: merged"

# no_better NAME REASON: refused in both forms, nothing changed
no_better()
{
	sum=$(tree_sum "$tree")
	for form in posted merged; do
		semantic --series "$form" --in-place
		is "$rc:$out:$(tree_sum "$tree")" "3::$sum" "$name: $form: refused, nothing changed"
		like "$err" "$1" "$name: $form: says why"
	done
}

drifted "no quiet function"
sed -i 's/extern void __flush_icache_range/extern void gone/; s/extern void caches_clean_inval_pou/extern void lost/' \
	"$tree/$header"
no_better 'no function of this tree .* without a broadcast'
drifted "quiet functions that are not"
sed -i -e 's/^extern void __flush_icache_range(\(.*\));/static inline void __flush_icache_range(\1) { kick_all_cpus_sync(); }/' \
	-e 's/^extern void caches_clean_inval_pou(\(.*\));/static inline void caches_clean_inval_pou(\1) { on_each_cpu(f, NULL, 1); }/' \
	"$tree/$header"
no_better 'no function of this tree .* without a broadcast'
drifted "not affected"
sed -i '/kick_all_cpus_sync/d' "$tree/$header"
sed -i 's/^extern void __flush.*/static inline void unused(void) { }/; s/^static inline void flush_icache_range.*/extern void flush_icache_range(unsigned long start, unsigned long end);\nstatic inline void unused_too(void)/' \
	"$tree/$header"
echo 'ENTRY(flush_icache_range)' >"$tree/arch/arm64/mm/cache.S"
no_better "is for a tree that is 'affected'; this one is 'not affected'"
semantic --in-place
is "$rc:$out" 3: "$name: refused without --series, too"
drifted "fixed in the other form"
tree_patch "$tree" 4.19.y-merged
sum=$(tree_sum "$tree")
for option in --series=posted --in-place; do
	semantic "$option"
	is "$rc:$out:$(tree_sum "$tree")" "3::$sum" "$name: $option: refused, nothing changed"
done
drifted "a broadcast that is no maintenance's"
sed -i 's/^\tstruct page \*page = pte_page(pte);/&\n\n\tsmp_call_function(vendor_count, NULL, 1);/' "$tree/$flush"
no_better "after semantic/(posted|merged).cocci the code should be .* __sync_icache_dcache\(\) (broadcasts, whatever|calls smp_call_function)"
drifted "a conflict"
sed -i 's/^void __sync_icache_dcache/<<<<<<< HEAD\n&/' "$tree/$flush"
no_better "$flush:[0-9]*: a conflict of a merge"

# --- the merged form has upstream's lines ---
drifted "upstream's lines"
semantic --series merged --output "$scratch/upstream"
tree_patch "$tree" 4.19.y-merged
is "$(diff "$tree/$flush" "$scratch/upstream/$flush")" '' "$name: the same as by the patch"

# --- the changed files compile ---
# whole: as much of a tree as a compiler needs, with a Makefile that leaves a note
whole()
{
	mkdir -p "$tree/scripts" "$tree/include/linux" "$tree/kernel" "$tree/arch/arm64"
	touch "$tree/Kbuild" "$tree/scripts/Makefile.build" "$tree/include/linux/mm.h" "$tree/arch/arm64/Makefile"
	echo 'void kick_all_cpus_sync(void) { }' >"$tree/kernel/smp.c"
	sed 's/^ /\t/' >"$tree/Makefile" <<END
VERSION = 4
PATCHLEVEL = 19
defconfig olddefconfig:
 echo \$(CURDIR) >>$scratch/ran
 touch .config
%.o: %.c
 echo \$@ >>$scratch/ran
 ! sed -n '/${1-VENDOR_BREAKS}/s/.*/error: unknown word/p' \$< | grep .
END
}
drifted "a whole tree"
whole
rm -f "$scratch/ran"
run env CROSS_COMPILE="$scratch/none-" "$O/icache-ipi-backport" "$tree" --semantic --output "$scratch/uncompiled"
is "$rc:$(test ! -e "$scratch/ran" && echo nothing)" 0:nothing "$name: no compiler, nothing of it runs"
like "$err" 'the change was not compiled: there is no compiler' "$name: says so"
semantic --no-compile --output "$scratch/no-compile"
is "$rc:$(test ! -e "$scratch/ran" && echo nothing)" 0:nothing "$name: --no-compile: nothing of it runs"
run "$O/icache-ipi-backport" "$tree" --check
run "$O/icache-ipi-backport" "$tree" --output "$scratch/by-series"
is "$(test ! -e "$scratch/ran" && echo nothing)" nothing "$name: nor by --check or a series"
mkdir -p "$scratch/bin"
for program in some-gcc flex bison bc; do
	printf '#!/bin/sh\n' >"$scratch/bin/$program"
	chmod +x "$scratch/bin/$program"
done
export PATH="$scratch/bin:$PATH" CROSS_COMPILE=some-
sum=$(tree_sum "$tree")
semantic --output "$scratch/compiled"
is "$rc:$(tree_state "$scratch/compiled")" '0:fixed as posted' "$name: compiled"
like "$(cat "$scratch/ran")" '^arch/arm64/mm/flush\.o$' "$name: flush.c is"
is "$(grep -cFx "$tree" "$scratch/ran" || :):$(tree_sum "$tree")" "0:$sum" "$name: in a copy"
is "$(find "$scratch/compiled" -name '*.o' -o -name .config)" '' "$name: and the result has nothing of it"
whole __flush_icache_range
sum=$(tree_sum "$tree")
semantic --in-place
is "$rc:$out:$(tree_sum "$tree")" "3::$sum" "$name: that the change breaks: refused, nothing changed"
like "$err" 'with the change the tree does not compile: .*error: unknown word' "$name: says why"
whole EXPORT_SYMBOL_GPL
semantic --in-place
is "$rc:$out" 3: "$name: that did not compile before: refused"
like "$err" 'with the change or without' "$name: says that"
semantic --in-place --no-compile
is "$rc:$out" "0:$tree" "$name: that did not compile before, --no-compile: changed"
run "$O/icache-ipi-backport" "$tree" --no-compile
is "$rc" 64 "usage: --no-compile alone"

# Where a series fits as well, both come to the same.
# Those of 5.14 and later have other names, which the scripts do not know.
real_trees | grep . | grep -v '/debian-6' >"$scratch/real" || skip "real trees" "none cached; KERNEL_TREE=DIR[:DIR...] names some"
while read -r real; do
	tree=$scratch/real-tree name=$(basename "$real")
	rm -rf "$tree" "$scratch/made"
	tree_excerpt "$real" "$tree"
	[ "$(tree_state "$tree" || :)" = affected ] || tree_patch "$tree" regress
	for form in posted merged; do
		rm -rf "$scratch/made"
		semantic --series "$form" --output "$scratch/made"
		is "$rc:$(tree_state "$scratch/made")" "0:fixed as $form" "$name: $form"
	done
	case $(git hash-object "$tree/$flush") in
	30695a868107*) like "$(git hash-object "$scratch/made/$flush")" '^5c9073bace83' "$name: merged: upstream's blob" ;;
	esac
done <"$scratch/real"

for options in "--reverse" "--branch x" "--series regress" "--series posted --series merged" \
	"--series 4.19.y-posted"; do
	# shellcheck disable=SC2086 # options
	semantic $options
	is "$rc:$out" 64: "usage: --semantic $options"
done
run "$O/icache-ipi-backport" "$tree" --callers-checked
is "$rc:$out" 64: "usage: --callers-checked alone"
done_testing

#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# check-controls.t: each control of icache-ipi-check, on a small kernel in which it alone fails
set -eu

. "$(dirname "$0")/../lib/tap.sh"
. "$top/tests/lib/mini-kernel.sh"
check=$O/icache-ipi-check
cd "$scratch"

# answer FILE WANTED NAME: "VERDICT FORM CONTROL-NAMED CONTROL-FAILED...", asked for by answers_compare
answer()
{
	printf '%s|%s|%s\n' "$1" "$2" "$3" >>cases
}

# only FILE CONTROL NAME: unknown, because of this control; no other one fails
only()
{
	answer "$1" "unknown - $2 $2" "$2: $3"
}

# own FORM FILE: a kernel of this form with the definitions on standard input. What is called is what
# is written: nothing is inlined, and no function knows what another one leaves in registers.
own()
{
	cat - >"$2.h" <<-END
	$(cat)
	#ifndef IN_MODULE
	#define IN_MODULE kick_all_cpus_sync()
	#endif
	END
	mini_vmlinux "$1" "$2" "${mini_cross}gcc" -O2 -fno-inline -fno-ipa-ra -falign-functions=4 \
		-include "$2.h"
}

for form in AFFECTED POSTED MERGED STALE; do
	own $form $form </dev/null
done
answer AFFECTED 'affected affected - argument' 'every control that counts for it holds: affected'
answer POSTED 'fixed posted -' 'every control holds: posted'
answer MERGED 'fixed merged -' 'every control holds: merged'

# --- landing: of 1,000 calls or more, 98 % ---
while read -r calls landed holds; do
	for form in AFFECTED POSTED MERGED; do
		file=landing-$landed-of-$calls-$form
		echo "$form $file calls $calls $landed" >>recodes
		name="landing: $form, $landed of $calls"
		case $holds:$form in
		yes:AFFECTED) answer "$file" 'affected affected - argument' "$name" ;;
		yes:POSTED) answer "$file" 'fixed posted -' "$name" ;;
		yes:MERGED) answer "$file" 'fixed merged -' "$name" ;;
		no:AFFECTED) answer "$file" 'unknown - landing landing argument' "$name" ;;
		*) only "$file" landing "$form, $landed of $calls" ;;
		esac
	done
done <<'END'
1000 1000 yes
999 999 no
1000 980 yes
1000 979 no
2000 1960 yes
2000 1959 no
END

# --- symbols that nothing speaks for ---
own MERGED callers <<'END'
#define IN_SET_PTE (void)pte
END
only callers callers 'nobody makes a user pte'
own MERGED broadcasts <<'END'
#define IN_MODULE (void)0
END
only broadcasts broadcasts 'nobody broadcasts'
own AFFECTED broadcasts-own <<'END'
#define IN_MODULE (void)0
END
answer broadcasts-own 'unknown - broadcasts broadcasts argument' 'broadcasts: only the functions that are judged'

# --- one of three names twice, not there, or no code ---
for name in __sync_icache_dcache sync_icache_aliases kick_all_cpus_sync; do
	"${mini_cross}objcopy" --add-symbol "$name=.text:0x40,local,function" MERGED "twice-$name"
	"${mini_cross}objcopy" --strip-symbol "$name" MERGED "without-$name"
	"${mini_cross}objcopy" --add-symbol "$name=.data:0,global" "without-$name" "data-$name"
done
run "$check" --json twice-* without-* data-*
for name in __sync_icache_dcache sync_icache_aliases kick_all_cpus_sync; do
	like "$out" "\"path\":\"twice-$name\".*\"verdict\":\"unknown\".*\"reason\":\"$name is there 2 times" "$name is there twice"
	like "$out" "\"path\":\"without-$name\".*\"verdict\":\"unknown\".*\"reason\":\"no symbol $name:" "$name is not there"
	like "$out" "\"path\":\"data-$name\".*\"verdict\":\"unknown\".*\"reason\":\"$name lies outside the code" "$name is no code"
done
is "$rc" 3 '... exit code 3'

# --- what was read of the code ---
# An entry that is no code is both, a probe and a breakpoint; for *affected* the probe alone counts.
for root in __sync_icache_dcache sync_icache_aliases; do
	for word in d4200080 d4210000 00000000; do
		echo "MERGED entry-$root-$word word $root 0 $word" >>recodes
		answer "entry-$root-$word" 'unknown - probe probe breakpoints' "probe: $word at $root, merged"
		echo "AFFECTED entry-$root-$word-bad word $root 0 $word" >>recodes
		answer "entry-$root-$word-bad" 'unknown - probe probe*' "probe: $word at $root, affected"
	done
done
own OWN leaf <<'END'
#define SYNC(at, size, sync) __asm__ volatile("ic ialluis" ::"r"(at), "r"(size), "r"(sync))
#define ALIASES void sync_icache_aliases(void *at, word size) { __flush_icache_range((word)at, size); }
END
only leaf edges 'a user pte calls nothing at all'

# inside FORM FILE ASSEMBLY: in a function, where a branch may lead
inside()
{
	echo "#define IN_PTE __asm__ volatile(\"cbnz %0, 1f; $3; 1:\" ::\"r\"(pte) : \"memory\", \"x30\")" | own "$1" "$2"
}
inside MERGED astray 'bl kick_all_cpus_sync + 4'
only astray edges 'a call of no function'
inside MERGED astray-jump 'b kick_all_cpus_sync + 4'
only astray-jump edges 'a jump to no function'
for word in 'blr x0' 'br x0'; do
	file=indirect-${word% *}
	inside MERGED "$file" "$word"
	only "$file" indirect "$word, merged"
	inside AFFECTED "$file-bad" "$word"
	answer "$file-bad" 'affected affected - indirect argument' "indirect: $word, no doubt of what broadcasts"
done
for word in 0xd4200080 0 0xd4200000; do
	inside MERGED "breakpoint-$word" ".inst $word"
	only "breakpoint-$word" breakpoints "$word, merged"
	inside AFFECTED "breakpoint-$word-bad" ".inst $word"
	answer "breakpoint-$word-bad" 'affected affected - breakpoints argument' \
		"breakpoints: $word, no doubt of what broadcasts"
done
# BUG, KASAN, UBSAN, __builtin_trap(), kCFI
inside MERGED compiled 'brk 0x800; brk 0x900; brk 0x9ff; brk 0x5500; brk 0x55ff; brk 0x3e8; brk 0x8000; brk 0x83ff'
answer compiled 'fixed merged -' 'breakpoints: those that a compiler writes'
for word in 0x7ff 0x801 0x8ff 0xa00 0x54ff 0x5600 0x3e7 0x3e9 0x7fff 0x8400; do
	inside MERGED "breakpoint-$word" "brk $word"
	only "breakpoint-$word" breakpoints "beside those that a compiler writes, $word"
done

# --- callees ---
# stranger FORM FILE DEFINITION...: other_hook(), which a user pte calls first, is this assembly
stranger()
{
	own "$1" "$2" <<-END
	void other_hook(void);
	#define IN_PTE other_hook()
	__asm__(".text\n.globl other_hook\n.type other_hook, %function\nother_hook: $3\n");
	END
}
stranger MERGED stranger-merged 'b kick_all_cpus_sync'
answer stranger-merged 'unknown - callees callees argument' 'callees: a function that is not known broadcasts, merged'
stranger POSTED stranger-ret 'ret'
answer stranger-ret 'fixed posted -' 'callees: a function that is not known and reaches nothing, posted'
stranger MERGED stranger-quiet 'b filler_0\n.type other_piece, %function\nother_piece: ret'
answer stranger-quiet 'unknown - callees*' 'callees: by way of many others'
stranger POSTED stranger-posted 'b kick_all_cpus_sync'
only stranger-posted callees 'a function that is not known broadcasts beside the posted form'
stranger POSTED stranger-again 'b sync_icache_aliases'
only stranger-again callees 'it broadcasts by way of what is known, beside the posted form'
stranger AFFECTED stranger-affected 'b kick_all_cpus_sync'
answer stranger-affected 'affected affected - callees argument' 'callees: no doubt of what broadcasts without them'
stranger MERGED deep 'b deep_1; deep_1: b deep_2; deep_2: b deep_3; deep_3: ret'
answer deep 'fixed merged -' 'callees: four that call each other'
stranger MERGED deeper 'b deep_1; deep_1: b deep_2; deep_2: b deep_3; deep_3: b deep_4; deep_4: ret'
only deeper callees 'the fifth of five is too deep'

# cut FORM FILE INSTRUCTION...: a user pte broadcasts, behind a label amid __sync_icache_dcache()
cut()
{
	own "$1" "$2" <<-END
	#define IN_PTE SYNC((void *)pte, pte, 0); \
		__asm__ volatile("$3\nlabel: .type label, %%function\n bl kick_all_cpus_sync" ::: "memory", "x30")
	END
}
cut MERGED cut-pte ''
only cut-pte callees 'a label in the function that makes a user pte hides the rest of it'
cut MERGED cut-pte-nop nop
only cut-pte-nop callees '... also behind a NOP'
stranger MERGED cut-stranger 'nop; label: .type label, %function; b kick_all_cpus_sync'
only cut-stranger callees 'a label in a function that is not known'
own OWN cut-aliases <<'END'
#define SYNC(at, size, sync) sync_icache_aliases(at, size)
#define ALIASES void sync_icache_aliases(void *at, word size) \
{ __flush_icache_range((word)at, size); __asm__ volatile("label: .type label, %function"); kick_all_cpus_sync(); }
END
answer cut-aliases 'unknown - callees callees maintenance' 'a label behind the call that maintains'

# --- maintenance ---
only STALE maintenance 'not on every path'
own OWN maintenance <<'END'
#define SYNC(at, size, sync) sync_icache_aliases(at, size)
#define ALIASES void sync_icache_aliases(void *at, word size) { __clean_dcache_area_pou(at, size); }
END
only maintenance maintenance 'of instructions none at all, by functions of good names'

# --- argument ---
own POSTED argument-true <<'END'
#define PTE_SYNC 1
END
only argument-true argument 'it decides, and is true for user ptes'
own OWN argument-fourth <<'END'
#define SYNC(at, size, sync) sync_icache_aliases(at, size, 1, sync)
#define ALIASES void sync_icache_aliases(void *at, word size, _Bool now, _Bool sync) \
{ __flush_icache_range((word)at, size); if (sync) kick_all_cpus_sync(); }
END
only argument-fourth argument 'it is not the third one that decides'
own OWN argument-none <<'END'
void kick_all_cpus_sync(void);
__attribute__((noinline, used)) void __flush_icache_all(_Bool all) { if (all) kick_all_cpus_sync(); }
#define IN_PTE __flush_icache_all(0)
#define SYNC(at, size, sync) sync_icache_aliases(at, size)
#define ALIASES void sync_icache_aliases(void *at, word size) { __flush_icache_range((word)at, size); }
END
only argument-none argument 'true does not broadcast either'
own OWN argument-not <<'END'
#define SYNC(at, size, sync) sync_icache_aliases(at, size, 1)
#define ALIASES void sync_icache_aliases(void *at, word size, _Bool quiet) \
{ __flush_icache_range((word)at, size); if (!quiet) kick_all_cpus_sync(); }
END
only argument-not argument 'it decides the other way round'
own POSTED argument-long <<'END'
#define IN_PTE __asm__ volatile(".rept 4200\n nop\n .endr")
END
answer argument-long 'unknown - callees callees argument' 'argument: a user pte is not followed to the end'

own POSTED argument-switched <<'END'
#define IN_PTE __asm__ goto("nop" : : : : on); if (0) { on: kick_all_cpus_sync(); }
END
only argument-switched argument 'a static key turns on what no path reaches'
own MERGED argument-switched-merged <<'END'
#define IN_PTE __asm__ goto("nop" : : : : on); if (0) { on: kick_all_cpus_sync(); }
END
only argument-switched-merged argument 'a static key turns it on in the merged form'

# --- all of them ---
"$top/tests/lib/mini-kernel/recode" <recodes
sed 's/|.*//' cases >list
"$check" --json --files-from list >answers.json || true
python3 - <<'END' >answers
import json
for line in open("answers.json"):
	answer = json.loads(line)
	path, controls = answer["input"]["path"], (answer["evidence"] or {}).get("controls", [])
	named = (answer["reason"] or "").split("'")
	form = answer["form"] or "-"
	if path.startswith("landing-"):
		_, landed, _, calls, _ = path.split("-")
		assert controls[0]["found"].startswith(f"{landed} of {calls} calls land"), controls[0]
	print(path, answer["verdict"], form if answer["verdict"] != "unknown" else "-",
	      named[1] if len(named) > 2 else "-", *[c["name"] for c in controls if not c["holds"]], sep=" ")
END
is "$(wc -l <answers)" "$(wc -l <cases)" 'an answer for each'
while IFS='|' read -r file wanted name; do
	got=$(grep "^$file " answers) || got="$file -"
	got=${got#* }
	case $wanted in
	*\*) like "$got" "^${wanted%\*}" "$name" ;;
	*) is "$got" "$wanted" "$name" ;;
	esac
done <cases

done_testing

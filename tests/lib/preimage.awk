# SPDX-License-Identifier: GPL-2.0-only
#
# preimage.awk: from a patch, the smallest files that it applies to: the lines that its hunks
# expect, at their line numbers, between numbered comments. awk -v dir=DIR -f preimage.awk PATCH

/^--- a\// && !left {
	file = dir "/" substr($0, 7)
	at = 1
}

# "@@ -START,COUNT ... @@ CONTEXT": the context is the head of the function around the hunk.
/^@@ / && !left {
	split(substr($2, 2), range, ",")
	left = range[2]
	context = $0
	sub(/^@@[^@]*@@ ?/, "", context)
	opens = context ~ /\)$/
	for (; at < range[1]; at++) {
		text = "/* " at " */"
		if (context != "" && at == range[1] - 1 - opens)
			text = context
		else if (opens && at == range[1] - 1)
			text = "{"
		print text >file
	}
	next
}

left && /^[- ]/ {
	print substr($0, 2) >file
	at++
	left--
}

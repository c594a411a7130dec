# SPDX-License-Identifier: GPL-2.0-only
#
# tree-state.awk: what sync_icache_aliases() of an arm64 kernel does, by its code
#
# Reads cacheflush.h, cache.S, uprobes.c and flush.c (any order, told apart by name; one that the
# tree lacks is left out) and prints one state: affected, fixed as posted, fixed as merged, not
# affected, partly applied, not recognised. Comments, strings and #if 0 are taken out first: the
# merged form's comment names the very function that it no longer calls.

# Without /* */, //, strings and character constants; in_comment carries over to the next line.
function code_of(line,	out, at, two)
{
	out = ""
	while (line != "") {
		if (in_comment) {
			at = index(line, "*/")
			if (!at)
				return out
			line = substr(line, at + 2)
			in_comment = 0
			out = out " "
		}
		if (!match(line, /\/\*|\/\/|"|'/))
			return out line
		out = out substr(line, 1, RSTART - 1)
		two = substr(line, RSTART, 2)
		line = substr(line, RSTART)
		if (two == "/*") {
			in_comment = 1
			line = substr(line, 3)
		} else if (two == "//") {
			return out
		} else if (match(line, /^"([^"\\]|\\.)*"/) || match(line, /^'([^'\\]|\\.)*'/)) {
			out = out " 0 "
			line = substr(line, RLENGTH + 1)
		} else {
			line = substr(line, 2)
		}
	}
	return out
}

# Text from the bracket that opens at position `at` up to its partner, both left out.
function bracketed(text, at,	open, close_, depth, i, c)
{
	open = substr(text, at, 1)
	close_ = open == "(" ? ")" : "}"
	for (i = at; i <= length(text); i++) {
		c = substr(text, i, 1)
		if (c == open)
			depth++
		else if (c == close_ && --depth == 0)
			return substr(text, at + 1, i - at - 1)
	}
	return ""
}

# Every `name(...)` in text: arguments into list[1..n]; for a definition also its body, in
# list[i, "body"]. Returns n.
function find_uses(text, name, list,	n, start, before, open, args, after)
{
	n = 0
	start = 1
	while (match(substr(text, start), name " ?\\(")) {
		before = substr(text, start + RSTART - 2, 1)
		open = start + RSTART + RLENGTH - 2
		start = open + 1
		if (before ~ /[A-Za-z0-9_]/)
			continue
		args = bracketed(text, open)
		list[++n] = args
		after = substr(text, open + length(args) + 2)
		list[n, "body"] = after ~ /^ ?\{/ ? bracketed(after, index(after, "{")) : ""
	}
	return n
}

function calls(text, name,	unused)
{
	return find_uses(text, name, unused) > 0
}

function broadcasts(text)
{
	return calls(text, "flush_icache_range") || calls(text, "kick_all_cpus_sync")
}

function last_argument(args)
{
	gsub(/.*,| /, "", args)
	return args
}

FNR == 1 {
	in_comment = dead = directive = 0
	file = FILENAME
	sub(/.*\//, "", file)
}

{
	line = code_of($0)
	if (dead) {
		dead += (line ~ /^[ \t]*#[ \t]*if/) - (line ~ /^[ \t]*#[ \t]*endif/)
		if (dead == 1 && line ~ /^[ \t]*#[ \t]*el/)
			dead = 0
	} else if (line ~ /^[ \t]*#[ \t]*if[ \t]+0[ \t]*$/) {
		dead = 1
	} else if (!directive && line !~ /^[ \t]*#/) {
		code[file] = code[file] " " line
	}
	directive = (directive || line ~ /^[ \t]*#/) && line ~ /\\$/
}

# Is the helper itself one that interrupts every CPU? Before v4.19 it was plain assembly.
function helper_state(	list, n, i)
{
	n = find_uses(code["cacheflush.h"], "flush_icache_range", list)
	for (i = 1; i <= n; i++)
		if (calls(list[i, "body"], "kick_all_cpus_sync"))
			return "affected"
	if (code["cache.S"] ~ /ENTRY ?\( ?flush_icache_range ?\)/)
		return "not affected"
	return "not recognised"
}

# Where the callers and the prototype stand: all "posted", all "old", or "mixed".
function callers_state(	list, n, i, seen, arg, where)
{
	n = find_uses(code["cacheflush.h"], "sync_icache_aliases", list)
	for (i = 1; i <= n; i++)
		seen[list[i] ~ /(^|[ ,])bool / ? "posted" : "old"] = 1
	n = find_uses(dcache_body, "sync_icache_aliases", list)
	for (i = 1; i <= n; i++) {
		arg = last_argument(list[i])
		seen[arg == "false" ? "posted" : arg == "true" ? "mixed" : "old"] = 1
	}
	for (where = 1; where <= 2; where++) {
		n = find_uses(where == 1 ? ptrace_body : code["uprobes.c"], "sync_icache_aliases", list)
		for (i = 1; i <= n; i++) {
			arg = last_argument(list[i])
			seen[arg == "true" ? "posted" : arg == "false" ? "mixed" : "old"] = 1
		}
	}
	if (("mixed" in seen) || (("posted" in seen) && ("old" in seen)))
		return "mixed"
	return ("posted" in seen) ? "posted" : "old"
}

function body_of(name,	list, n, i)
{
	n = find_uses(code["flush.c"], name, list)
	for (i = 1; i <= n; i++)
		if (list[i, "body"] != "") {
			parameters = list[i]
			return list[i, "body"]
		}
	return ""
}

function tree_state(	body, flag, broad, local_, callers)
{
	dcache_body = body_of("__sync_icache_dcache")
	ptrace_body = body_of("flush_ptrace_access")
	body = body_of("sync_icache_aliases")
	if (body == "" || !calls(dcache_body, "sync_icache_aliases") || broadcasts(dcache_body))
		return "not recognised"

	broad = broadcasts(body)
	local_ = calls(body, "__flush_icache_range") || calls(body, "caches_clean_inval_pou")
	callers = callers_state()
	if (!match(parameters, /bool +[A-Za-z_0-9]+ *$/)) {
		if (callers != "old")
			return "partly applied"
		if (broad && local_ || !broad && !local_)
			return "not recognised"
		return broad ? helper_state() : "fixed as merged"
	}
	if (callers != "posted")
		return "partly applied"
	flag = substr(parameters, RSTART + 4)
	gsub(/ /, "", flag)
	gsub(/ /, "", body)
	if (body ~ ("if\\(" flag "\\)\\{?flush_icache_range\\([^;]*;\\}?else\\{?__flush_icache_range\\("))
		return helper_state() == "affected" ? "fixed as posted" : "not recognised"
	return "partly applied"
}

END {
	for (file in code)
		gsub(/[ \t\r]+/, " ", code[file])
	print tree_state()
}

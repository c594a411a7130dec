# SPDX-License-Identifier: GPL-2.0-only
#
# rpm-capabilities.awk [-v column=N] [-v provides=1] CAPABILITIES REQUIRES: what is required and not in
# the table, or not in the distribution of that column (2, the first: Fedora). With provides: the other
# way round, Provides: of a package that stands for that distribution.

BEGIN { column = column ? column : 2 }

function later(a, b,    x, y, i)
{
	split(a, x, ".")
	split(b, y, ".")
	for (i = 1; i <= 3; i++)
		if (x[i] + 0 != y[i] + 0)
			return x[i] + 0 > y[i] + 0
	return 0
}

# The newest version of the C library's interface that a requirement names
function glibc_version(requirement)
{
	sub(/.*GLIBC_/, "", requirement)
	sub(/\).*/, "", requirement)
	return requirement ~ /^[0-9.]+$/ ? requirement : "0"
}

/^#/ { next }
FNR == NR { has[$1] = $column; next }
# Ours, and what rpm itself has
/^(icache-ipi|rpmlib\()/ { next }
/^rtld\(/ { has[$1] = "yes" }
/^(lib[cm]\.so\.6|ld-linux-[^ ]*)\(/ { has[$1] = later(glibc_version($1), has["glibc"]) ? "no" : "yes" }
provides && has[$1] == "yes" { print "Provides: " $1 ($1 == "dkms" ? " = 3.0.10" : "") }
!provides && has[$1] != "yes" { print $1 ": " ($1 in has ? has[$1] : "not in rpm/capabilities") }
END { exit NR == FNR }

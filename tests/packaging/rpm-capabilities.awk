# SPDX-License-Identifier: GPL-2.0-only
#
# rpm-capabilities.awk [-v column=N] [-v provides=1] CAPABILITIES REQUIRES: what is required and not in
# the table, or not in the distribution of that column (2, the first: Fedora). With provides: the other
# way round, Provides: of a package that stands for that distribution.

BEGIN { column = column ? column : 2 }

/^#/ { next }
FNR == NR { has[$1] = $column; next }
# Ours, and what rpm itself has
/^(icache-ipi|rpmlib\()/ { next }
provides && has[$1] == "yes" { print "Provides: " $1 ($1 == "dkms" ? " = 3.0.10" : "") }
!provides && has[$1] != "yes" { print $1 ": " ($1 in has ? has[$1] : "not in rpm/capabilities") }
END { exit NR == FNR }

// SPDX-License-Identifier: GPL-2.0-only
// The posted form by meaning: sync_icache_aliases() learns who needs every CPU interrupted.
// Only the callers of the posting are decided here; any other is for a person.
// icache-ipi-backport puts the name of this tree's function in the place of __flush_icache_range.

@ definition @
type T, A, B;
identifier address, length;
expression from, to;
@@
 T sync_icache_aliases(A address, B length
+	, bool sync
 )
 {
 <...
(
-flush_icache_range(from, to);
+if (sync)
+	flush_icache_range(from, to);
+else
+	__flush_icache_range(from, to);
|
+if (sync)
 kick_all_cpus_sync();
)
 ...>
 }

@ prototype @
type T, A, B;
identifier address, length;
@@
 T sync_icache_aliases(A address, B length
+	, bool sync
 );

@ user_pte @
expression address, length;
@@
 __sync_icache_dcache(...)
 {
 <...
 sync_icache_aliases(address, length
+	, false
 )
 ...>
 }

@ ptrace @
expression address, length;
@@
 flush_ptrace_access(...)
 {
 <...
 sync_icache_aliases(address, length
+	, true
 )
 ...>
 }

@ uprobes @
expression address, length;
@@
 arch_uprobe_copy_ixol(...)
 {
 <...
 sync_icache_aliases(address, length
+	, true
 )
 ...>
 }

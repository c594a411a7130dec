// SPDX-License-Identifier: GPL-2.0-only
// The posted form by meaning: sync_icache_aliases() learns who needs every CPU interrupted.
// Only the callers of the posting are decided here; any other is for a person.

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
-flush_icache_range(from, to);
+if (sync)
+	flush_icache_range(from, to);
+else
+	__flush_icache_range(from, to);
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

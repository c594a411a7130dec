// SPDX-License-Identifier: GPL-2.0-only
// The merged form by meaning: nothing that a user pte calls interrupts other CPUs.
// icache-ipi-backport puts the name of this tree's function in the place of __flush_icache_range, and
// the lines of the upstream comment in the place of ICACHE_IPI_COMMENT.

@ aliases @
expression from, to;
@@
 sync_icache_aliases(...)
 {
 <...
(
-flush_icache_range(from, to);
+/* ICACHE_IPI_COMMENT */
+__flush_icache_range(from, to);
|
-kick_all_cpus_sync();
)
 ...>
 }

@ user_pte @
expression from, to;
@@
 __sync_icache_dcache(...)
 {
 <...
(
-flush_icache_range(from, to);
+/* ICACHE_IPI_COMMENT */
+__flush_icache_range(from, to);
|
-kick_all_cpus_sync();
)
 ...>
 }

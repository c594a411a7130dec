// SPDX-License-Identifier: GPL-2.0-only
// The merged form by meaning: nothing in sync_icache_aliases() interrupts other CPUs.

@ definition @
expression from, to;
@@
 sync_icache_aliases(...)
 {
 <...
-flush_icache_range(from, to);
+/* User mappings need no kick_all_cpus_sync(). */
+__flush_icache_range(from, to);
 ...>
 }

#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# fleet.t: real output of the check, through node_exporter's textfile collector, into a real Prometheus
# that has our rules: the alerts fire, and every query of the dashboard returns data
set -eu
. "$(dirname "$0")/../lib/tap.sh"
. "$top/tests/lib/mini-kernel.sh"
. "$top/tests/lib/unpacked.sh"
command -v apt-get >/dev/null || skip_all 'no apt-get: Prometheus comes out of Debian packages'
servers=$(unpacked prometheus prometheus-node-exporter)
PATH=$servers/usr/bin:$PATH
fleet=$top/tests/lib/fleet.py
rules=$top/contrib/fleet/icache-ipi.rules.yml
pids=''
clean_up()
{
	# shellcheck disable=SC2086 # one process a word
	[ -z "$pids" ] || { kill $pids; wait $pids; } 2>/dev/null || :
	rm -rf "$scratch"
}
trap clean_up EXIT

# The rules, with their own durations, on series made up for hours and days
cp "$rules" "$top/tests/cli/fleet.rules-test.yml" "$scratch"
run promtool check rules "$rules"
is "$rc" 0 'promtool check rules'
run promtool test rules "$scratch/fleet.rules-test.yml"
is "$rc" 0 'promtool test rules: each alert when its time is up, for whom it should'
sed 's/for: 1h/for: 6h/' "$rules" >"$scratch/icache-ipi.rules.yml"
run promtool test rules "$scratch/fleet.rules-test.yml"
is "$rc" 1 'and it notices one that comes late'
sed 's/state="affected"/state="fixed"/' "$rules" >"$scratch/icache-ipi.rules.yml"
run promtool test rules "$scratch/fleet.rules-test.yml"
is "$rc" 1 'and one for the wrong machines'

# What counts broadcasts writes this.
gcc -std=c11 -D_GNU_SOURCE -DICACHE_IPI_VERSION='"0"' -I"$top/src" -o "$scratch/series" "$top/tests/lib/who-series.c" \
	"$top/src/who/prometheus.c" "$O/libicache-ipi.a"
"$scratch/series" "$scratch/who.prom" 512 3
run sh -c "promtool check metrics <'$scratch/who.prom'"
is "$rc$out$err" 0 'promtool check metrics: the series of icache-ipi-who'
like "$(cat "$scratch/who.prom")" '^icache_ipi_broadcasts_total\{cause="user-pte"\} 512$' '... by cause'
like "$(cat "$scratch/who.prom")" '^icache_ipi_broadcast_ipis_total 32445$' '... and interrupts'
is "$(grep -c '^icache_ipi_broadcasts_total{' "$scratch/who.prom")" \
	"$(grep -c '^	\[CAUSE_[A-Z_]*\] = "[^"]*",$' "$top/src/lib/causes.c")" '... all causes, from the start'

# Four servers: their kernels, what the check says of them, a node_exporter each
mini_vmlinux AFFECTED "$scratch/affected"
mini_vmlinux MERGED "$scratch/fixed"
cp "$scratch/fixed" "$scratch/stale"
echo 'no kernel at all' >"$scratch/unknown"
run "$fleet" free-ports 5
# shellcheck disable=SC2086 # one port a word
set -- $out
prometheus=$1
shift
targets=''
for server in affected fixed stale unknown; do
	mkdir -p "$scratch/$server.d"
	run "$O/icache-ipi-check" --quiet --prometheus "$scratch/$server.d/icache-ipi.prom" "$scratch/$server"
	is "$rc$out" 0 "$server: the check writes its textfile"
	prometheus-node-exporter --web.listen-address="127.0.0.1:$1" --collector.disable-defaults \
		--collector.uname --collector.textfile --collector.textfile.directory="$scratch/$server.d" \
		>"$scratch/$server.log" 2>&1 &
	pids="$pids $!"
	targets="$targets
      - {targets: ['127.0.0.1:$1'], labels: {instance: $server}}"
	shift
done
# One of them has not been asked for ten days.
sed -i 's/^\(icache_ipi_check_timestamp_seconds\) .*/\1 '$(($(date +%s) - 864000))'/' \
	"$scratch/stale.d/icache-ipi.prom"

# Their Prometheus: our rules, but that an hour here is a second
sed 's/for: [0-9]*[mhd]/for: 1s/' "$rules" >"$scratch/icache-ipi.rules.yml"
cat >"$scratch/prometheus.yml" <<END
global: {scrape_interval: 1s, evaluation_interval: 1s}
rule_files: [$scratch/icache-ipi.rules.yml]
scrape_configs:
  - job_name: node
    static_configs: $targets
END
run promtool check config "$scratch/prometheus.yml"
is "$rc" 0 'promtool check config'
prometheus --config.file="$scratch/prometheus.yml" --storage.tsdb.path="$scratch/data" \
	--web.listen-address="127.0.0.1:$prometheus" >"$scratch/prometheus.log" 2>&1 &
pids="$pids $!"
wanted='IcacheIpiAffected affected
IcacheIpiCheckStale stale
IcacheIpiUnknown unknown'
# One of them splits huge pages.
"$scratch/series" "$scratch/affected.d/icache-ipi-who.prom" 512 3
tries=0
while [ "$("$fleet" alerts "$prometheus" 2>/dev/null)" != "$wanted" ] && [ $tries -lt 240 ]; do
	tries=$((tries + 1))
	sleep 0.5
done
is "$("$fleet" alerts "$prometheus")" "$wanted" 'the alerts fire: these, and no others'
is "$("$fleet" value "$prometheus" 'icache_ipi:machines:count{state="fixed"}')" 2 'two machines are fixed'
"$scratch/series" "$scratch/affected.d/icache-ipi-who.prom" 1024 3
rising='count(increase(icache_ipi_broadcasts_total{cause="user-pte"}[5m]) > 0)'
tries=0
while [ "$("$fleet" value "$prometheus" "$rising")" != 1 ] && [ $tries -lt 240 ]; do
	tries=$((tries + 1))
	sleep 0.5
done
is "$("$fleet" value "$prometheus" "$rising")" 1 'one machine broadcasts'
is "$("$fleet" value "$prometheus" 'count(icache_ipi_kernel_verdict == 1)')" 4 'one verdict a machine'
is "$("$fleet" value "$prometheus" 'sum(node_textfile_scrape_error)')" 0 'the collector has no complaint'

# The dashboard
is "$("$fleet" dashboard "$top/contrib/fleet/dashboard.json")" '' 'the dashboard is in good form'
run "$fleet" queries "$top/contrib/fleet/dashboard.json" "$prometheus" "$(uname -m)"
is "$rc$err" 0 'every query of it is one that Prometheus takes'
is "$(echo "$out" | grep --count ': [1-9]')" "$(grep --count '"expr"' "$top/contrib/fleet/dashboard.json")" \
	'and returns data'
like "$out" '^Machines by verdict: 3$' 'three verdicts in the fleet'
like "$out" '^Machines that are affected, or cannot be told: 2$' 'two machines to look at'
like "$out" '^arm64 machines that are checked: 1$' 'and how many are checked'

# The affected one gets a fixed kernel.
"$O/icache-ipi-check" --quiet --prometheus "$scratch/affected.d/icache-ipi.prom" "$scratch/fixed"
tries=0
while "$fleet" alerts "$prometheus" | grep --quiet Affected && [ $tries -lt 240 ]; do
	tries=$((tries + 1))
	sleep 0.5
done
is "$("$fleet" alerts "$prometheus" | grep --count Affected)" 0 'a fixed kernel, and the alert is over'

done_testing

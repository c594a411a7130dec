#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
#
# who-sums.py NUMBER CONSOLE [FUNCTION]: the NUMBERth JSON of icache-ipi-who that a guest showed ("@ output: "),
# checked against its schema, in one line:
#
#   BROADCASTS LOST MISSED CAUSE=BROADCASTS[,...] PROCESSES-OF-SEVERAL-CAUSES NAME[,...]
#
# With FUNCTION, of --all: calls and the CPUs they were for, in all and on paths through FUNCTION, and what these
# paths begin with:
#
#   CALLS IPIS CALLS-OF-IT IPIS-OF-IT PROBED[,...]
#
# It fails if rows do not add up to the total, or CPUs do not, where all of them are listed.
import json
import os
import sys

import jsonschema

number, console = int(sys.argv[1]), sys.argv[2]
outputs = [line[len("@ output: "):] for line in open(console, errors="replace") if line.startswith("@ output: {")]
table = json.loads(outputs[number - 1])
schema = os.path.dirname(__file__) + "/../../docs/schemas/icache-ipi-who.schema.json"
jsonschema.validate(table, json.load(open(schema)))
rows, cpus = table["rows"], table["cpus"]
assert sum(row["broadcasts"] for row in rows) == table["broadcasts"] - table["lost"], "rows do not add up"
assert sum(row["ipis"] for row in rows) == table["ipis"], "interrupts do not add up"
if len(cpus) == table["cpus_online"]:
    assert sum(cpu["sent"] for cpu in cpus) == table["broadcasts"], "senders do not add up"
if len(sys.argv) > 3:
    assert table["all"] and table["lost"] == 0 and table["missed"] == 0, "all, and nothing lost"
    own = [row for row in rows if any(name.startswith(sys.argv[3]) for name in row["path"])]
    print(
        table["broadcasts"], table["ipis"], sum(row["broadcasts"] for row in own), sum(row["ipis"] for row in own),
        ",".join(sorted({row["path"][0] for row in own})) or "-")
    sys.exit()
assert len(cpus) == table["cpus_online"], "all CPUs are listed"
assert sum(cpu["received"] for cpu in cpus) == table["ipis"], "receivers do not add up"
assert table["ipis"] == table["broadcasts"] * (table["cpus_online"] - 1), "an interrupt for each other CPU"
causes, of_process = {}, {}
for row in rows:
    causes[row["cause"]] = causes.get(row["cause"], 0) + row["broadcasts"]
    of_process.setdefault(row["process"], set()).add(row["cause"])
print(
    table["broadcasts"], table["lost"], table["missed"],
    ",".join("%s=%d" % pair for pair in sorted(causes.items())) or "-",
    sum(len(those) > 1 for those in of_process.values()),
    ",".join(sorted({row["name"] for row in rows})) or "-")

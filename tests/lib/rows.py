# SPDX-License-Identifier: GPL-2.0-only
"""rows.py RESULT FIELD...: these fields of every row of a result.json, a line each"""
import json
import sys

for row in json.load(open(sys.argv[1]))["rows"]:
    print(*[row[name] for name in sys.argv[2:]])

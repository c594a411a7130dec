#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
#
# triage-truth.py DIR ANSWERS: compares `icache-ipi-triage --json` of the files of triage-logs.py with
# their truth. One line for each that differs; the last line says how many were right, wrong, and only
# not told.
import json, os, sys

answers = {}
with open(sys.argv[2]) as file:
    for line in file:
        answer = json.loads(line)
        answers[os.path.basename(answer["path"])] = answer
right = wrong = untold = 0
with open(os.path.join(sys.argv[1], "truth")) as file:
    for line in file:
        name, verdict, cause = line.split()
        answer = answers[name]
        causes = {incident["cause"] for incident in answer["incidents"]}
        if answer["verdict"] in verdict.split("|") and (cause == "-" or cause in causes):
            right += 1
            continue
        if answer["verdict"] == "cannot-tell":
            untold += 1
        else:
            wrong += 1
        print("%s: %s, wanted %s %s: %s" % (name, answer["verdict"], verdict, cause, answer["reason"]))
print("%d right, %d wrong, %d not told" % (right, wrong, untold))

# SPDX-License-Identifier: GPL-2.0-only
#
# check-fmf.py ROOT: what is wrong in a tree of tmt's plans and tests, one fault a line
#
# tmt's own schema, in so far as it concerns what is used here: which words there are, which must be
# there, of which kind. It ends with how much was looked at.
import os
import re
import sys

import yaml

TEXT, TEXTS, ANY = str, (str, list), object
CORE = {"summary": TEXT, "description": TEXT, "tag": TEXTS, "tier": TEXT, "adjust": list,
        "enabled": bool, "order": int, "id": TEXT, "link": ANY, "author": TEXTS, "contact": TEXTS}
TEST = dict(CORE, test=TEXT, framework=TEXT, require=TEXTS, recommend=TEXTS, duration=TEXT,
            environment=dict, path=TEXT, result=TEXT, check=ANY, component=TEXTS)
PLAN = dict(CORE, discover=ANY, provision=ANY, prepare=ANY, execute=dict, finish=ANY, report=ANY,
            environment=dict, context=dict)
STEP = {"name": TEXT, "how": TEXT, "script": TEXTS, "package": TEXTS, "order": int, "summary": TEXT}
HOW = {"discover": {"fmf", "shell"}, "execute": {"tmt"}, "prepare": {"install", "shell", "feature"},
       "provision": {"local", "virtual", "connect", "container"}, "finish": {"shell"},
       "report": {"display", "html", "junit"}}
ADJUST = {"enabled": bool, "when": TEXT, "because": TEXT, "continue": bool}
faults = []


def check_words(where, data, words, required):
    if not isinstance(data, dict):
        return faults.append(f"{where}: no mapping")
    for word, value in data.items():
        if word not in words:
            faults.append(f"{where}: {word}: no such word")
        elif not isinstance(value, words[word]):
            faults.append(f"{where}: {word}: a {type(value).__name__}")
    faults.extend(f"{where}: no {word}" for word in required if word not in data)


def check_core(where, data):
    for rule in data.get("adjust", []):
        check_words(where + ": adjust", rule, ADJUST, ["when", "because"])
    if len(data.get("summary", "")) > 100:
        faults.append(f"{where}: summary: longer than a line")


def check_test(where, data):
    check_words(where, data, TEST, ["test", "summary", "duration", "framework"])
    check_core(where, data)
    if data.get("framework") not in ("shell", "beakerlib"):
        faults.append(f"{where}: framework: {data.get('framework')}")
    if not re.fullmatch(r"\d+[smhd]", str(data.get("duration"))):
        faults.append(f"{where}: duration: {data.get('duration')}")
    script = os.path.join(os.path.dirname(where), str(data.get("test")))
    if not os.access(script, os.X_OK):
        faults.append(f"{where}: test: {script} is no program")


def check_plan(where, data):
    check_words(where, data, PLAN, ["summary", "discover", "execute"])
    check_core(where, data)
    for step in HOW:
        phases = data.get(step, [])
        for phase in phases if isinstance(phases, list) else [phases]:
            check_words(f"{where}: {step}", phase, STEP, ["how"])
            if phase.get("how") not in HOW[step]:
                faults.append(f"{where}: {step}: how: {phase.get('how')}")


def main(root):
    counted = {"plan": 0, "test": 0}
    with open(os.path.join(root, ".fmf/version"), encoding="ascii") as file:
        if file.read().strip() != "1":
            faults.append(".fmf/version: not 1")
    for directory, _, names in sorted(os.walk(root)):
        for name in sorted(names):
            where = os.path.join(directory, name)
            if not name.endswith(".fmf"):
                continue
            with open(where, encoding="utf-8") as file:
                data = yaml.safe_load(file)
            kind = "plan" if "execute" in data else "test"
            (check_plan if kind == "plan" else check_test)(where, data)
            counted[kind] += 1
    print("\n".join(faults + [f"{counted['plan']} plans, {counted['test']} tests"]))


main(sys.argv[1])

#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
"""fleet.py: asks a Prometheus on loopback, in TAP's terms nothing: prints what it found

fleet.py dashboard FILE              what is wrong with the dashboard's form, one line each
fleet.py queries FILE PORT MACHINE   "PANEL: N" a query of the dashboard, N series that it returned
fleet.py alerts PORT                 "NAME INSTANCE" an alert that fires, sorted
fleet.py value PORT QUERY            the one value of a query
fleet.py free-ports N                N ports that are free now
"""
import json
import socket
import sys
import urllib.parse
import urllib.request


def ask(port, path, **arguments):
    url = f"http://127.0.0.1:{port}/api/v1/{path}?{urllib.parse.urlencode(arguments)}"
    with urllib.request.urlopen(url, timeout=20) as answer:
        document = json.load(answer)
    if document["status"] != "success":
        sys.exit(f"{url}: {document}")
    return document["data"]


def overlap(a, b):
    return (a["x"] < b["x"] + b["w"] and b["x"] < a["x"] + a["w"] and
            a["y"] < b["y"] + b["h"] and b["y"] < a["y"] + a["h"])


def dashboard(path):
    document = json.load(open(path))
    names = {v["name"] for v in document["templating"]["list"]}
    panels = document["panels"]
    if len({p["id"] for p in panels}) != len(panels):
        print("two panels of one id")
    for i, panel in enumerate(panels):
        place = panel["gridPos"]
        if place["x"] + place["w"] > 24:
            print(panel["title"], "leaves the grid")
        for other in panels[:i]:
            if overlap(place, other["gridPos"]):
                print(panel["title"], "lies on", other["title"])
        if panel["datasource"]["uid"] != "${datasource}":
            print(panel["title"], "has a data source of its own")
        if not panel["targets"]:
            print(panel["title"], "asks nothing")
    if names != {"datasource", "job", "machine"}:
        print("variables:", *sorted(names))


def queries(path, port, machine):
    for panel in json.load(open(path))["panels"]:
        for target in panel["targets"]:
            query = target["expr"].replace("$job", ".*").replace("$machine", machine)
            if "$" in query:
                sys.exit(f"{panel['title']}: a variable that nobody sets: {query}")
            print(f"{panel['title']}: {len(ask(port, 'query', query=query)['result'])}")


def alerts(port):
    firing = [a["labels"] for a in ask(port, "alerts")["alerts"] if a["state"] == "firing"]
    print(*sorted(f"{a['alertname']} {a['instance']}" for a in firing), sep="\n")


def value(port, query):
    result = ask(port, "query", query=query)["result"]
    print(*[series["value"][1] for series in result])


def free_ports(count):
    sockets = [socket.socket() for _ in range(int(count))]
    for one in sockets:
        one.bind(("127.0.0.1", 0))
    print(*[one.getsockname()[1] for one in sockets], sep="\n")


globals()[sys.argv[1].replace("-", "_")](*sys.argv[2:])

#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
"""check-page.py FILE: is this one whole HTML page that needs nothing else?

Every element closed in order, every id unique, every reference answered, nothing fetched, no
script, every picture with a name. It may lead to the page of a proof in a folder beside it. Prints
what is wrong, one line each; exits 1 when something is.
"""
import html.parser
import os
import re
import sys

VOID = {"meta", "br", "link", "img", "input", "hr"}
KNOWN = set("""html head meta title style body main header footer nav section article h1 h2 h3 p div
    span b small br a table thead tbody tr th td ul li figure figcaption details summary dl dt dd
    code sup bdi svg desc defs g path polygon polyline rect circle line use text tspan""".split())


class Page(html.parser.HTMLParser):
    def __init__(self):
        super().__init__()
        self.wrong, self.open, self.ids, self.references = [], [], set(), set()
        self.pictures, self.text = 0, []

    def say(self, what):
        self.wrong.append(f"line {self.getpos()[0]}: {what}")

    def handle_starttag(self, tag, attributes):
        self.take_attributes(tag, dict(attributes))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attributes):
        self.take_attributes(tag, dict(attributes))
        if "svg" not in self.open:
            self.say(f"<{tag}/> outside of SVG is left open")

    def handle_endtag(self, tag):
        if not self.open or self.open.pop() != tag:
            self.say(f"</{tag}> closes another element")

    def handle_data(self, data):
        if self.open and self.open[-1] == "style" and re.search(r"url\(|@import", data):
            self.say("the style sheet fetches something")
        self.text.append(data)

    def take_attributes(self, tag, attributes):
        if tag not in KNOWN:
            self.say(f"<{tag}> has no place here")
        if "id" in attributes:
            if attributes["id"] in self.ids:
                self.say(f"a second id {attributes['id']}")
            self.ids.add(attributes["id"])
        for name, value in attributes.items():
            if name.startswith("on") or name in ("src", "srcset", "data", "action"):
                self.say(f"attribute {name}")
            if name in ("href", "xlink:href"):
                if value.startswith("#"):
                    self.references.add(value[1:])
                elif not re.fullmatch(r"[\w+.-]+/report\.html", value) or not os.path.exists(
                        os.path.join(os.path.dirname(sys.argv[1]), value)):
                    self.say(f"refers to {value}")
            if name == "aria-labelledby":
                self.references.update(value.split())
            if value and re.search(r"url\(|javascript:", value):
                self.say(f"attribute {name} fetches {value}")
        if tag == "svg":
            self.pictures += 1
            if attributes.get("role") != "img" or "aria-labelledby" not in attributes:
                self.say("a picture without a name")


page = Page()
source = open(sys.argv[1], encoding="utf-8").read()
page.feed(source)
page.close()
if page.open:
    page.say(f"left open: {page.open}")
for missing in sorted(page.references - page.ids):
    page.say(f"nothing has the id {missing}")
print(*page.wrong, sep="\n", end="\n" if page.wrong else "")
print(f"{page.pictures} pictures")
sys.exit(bool(page.wrong))

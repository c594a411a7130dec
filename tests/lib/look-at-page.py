#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
"""look-at-page.py [--output=DIR] FILE...: what do people see of these pages in a real browser?

Chromium, headless, shows each page 1,200 and 400 pixels wide, light and dark, and as wide as
printed A4. Nothing may scroll sideways, every picture must be painted and legible, the console
silent, nothing fetched. "Every number" is open on the screen and on paper that lies across. Prints a line per view; exits 1 when one is bad. DIR gets the screenshots
and the printed page. Nothing runs any more at the end, and nothing is written elsewhere.
"""
import base64
import json
import os
import pathlib
import select
import signal
import struct
import subprocess
import sys
import tempfile
import time
import zlib

SECONDS = 60  # for one answer
A4 = (718, 1046)  # its CSS pixels between Chromium's margins, upright and across
VIEWS = [(width, media, scheme) for media, widths in (("screen", (1200, 400)), ("print", A4))
         for width in widths for scheme in ("light", "dark")]
OPTIONS = """--headless --no-sandbox --disable-gpu --no-first-run --no-default-browser-check
    --disable-background-networking --disable-component-update --disable-sync --disable-extensions
    --disable-dev-shm-usage --hide-scrollbars --force-color-profile=srgb
    --remote-debugging-pipe""".split()

# What is seen of a page, as the browser laid it out.
LOOK = """((open) => {
    const root = document.documentElement;
    for (const details of document.querySelectorAll("details")) details.open = open;
    const rgb = (text) => (text.match(/[0-9.]+/g) || []).slice(0, 3).map(Number);
    const seen = (node) => node.checkVisibility();
    const colours = (svg, which, name) =>
        [...svg.querySelectorAll(which)].map((node) => rgb(getComputedStyle(node)[name]));
    const box = (node) => {
        const it = node.getBoundingClientRect();
        return [it.x + scrollX, it.y + scrollY, it.width, it.height];
    };
    return {
        wide: [root.scrollWidth, root.clientWidth],
        lang: root.lang, title: document.title,
        paper: rgb(getComputedStyle(document.body).backgroundColor),
        nav: seen(document.querySelector("nav")),
        pictures: [...document.querySelectorAll("svg")].map((svg) => ({
            name: svg.querySelector("title").id.replace(/-title$/, ""), box: box(svg),
            words: [svg.querySelector("title"), svg.querySelector("desc")].map(
                (node) => node.textContent.trim().length),
            text: colours(svg, "text", "fill"),
            shapes: [...colours(svg, "path, rect", "fill"), ...colours(svg, "line, polyline", "stroke")],
            out: [...svg.querySelectorAll("text")].filter((node) => {
                const [x, , width] = box(node), [left, , whole] = box(svg);
                return x < left - 1 || x + width > left + whole + 1;
            }).map((node) => node.textContent),
        })),
    };
})"""


class Browser:
    """Chromium, told what to do through two pipes: messages of JSON, each ended by a zero byte."""

    def __init__(self, home):
        to_read, self.to = os.pipe()
        self.from_, to_write = os.pipe()

        def pipes():  # Chromium reads its descriptor 3 and writes 4.
            os.dup2(os.dup(to_read), 33)
            os.dup2(os.dup(to_write), 34)
            os.dup2(33, 3)
            os.dup2(34, 4)

        self.home, self.answers, self.heard, self.number = home, b"", [], 0
        self.errors = open(f"{home}/stderr", "wb")
        self.process = subprocess.Popen(
            ["chromium", *OPTIONS, f"--user-data-dir={home}/profile"], preexec_fn=pipes,
            pass_fds=(3, 4), stdin=subprocess.DEVNULL, stdout=self.errors, stderr=self.errors,
            start_new_session=True, env={"PATH": os.environ["PATH"], "HOME": home, "TMPDIR": home})
        os.close(to_read)
        os.close(to_write)

    def end(self):
        try:
            os.killpg(self.process.pid, signal.SIGKILL)
        except ProcessLookupError:
            pass
        self.process.wait()

    def hear(self):
        """The next message; those that answer nothing are kept in @heard."""
        end = time.monotonic() + SECONDS
        while b"\0" not in self.answers:
            if not select.select([self.from_], [], [], max(0, end - time.monotonic()))[0]:
                raise TimeoutError("Chromium does not answer")
            more = os.read(self.from_, 1 << 20)
            if not more:
                errors = pathlib.Path(self.errors.name).read_text(errors="replace")
                raise EOFError(f"Chromium ended: {errors[-2000:]}")
            self.answers += more
        message, _, self.answers = self.answers.partition(b"\0")
        message = json.loads(message)
        if "id" not in message:
            self.heard.append(message)
        return message

    def ask(self, method, session=None, **parameters):
        self.number += 1
        message = {"id": self.number, "method": method, "params": parameters}
        if session:
            message["sessionId"] = session
        os.write(self.to, json.dumps(message).encode() + b"\0")
        while True:
            answer = self.hear()
            if answer.get("id") == self.number:
                if "error" in answer:
                    raise ValueError(f"{method}: {answer['error']}")
                return answer["result"]

    def wait_for(self, method):
        while method not in [message["method"] for message in self.heard]:
            self.hear()


def pixels(png):
    """The pixels of an image of 8 bits a channel, row by row (PNG specification, section 9)."""
    width, height, depth, kind = struct.unpack(">IIBB", png[16:26])
    size = {2: 3, 6: 4}[kind]
    data, at = b"", 8
    while at < len(png):
        length, name = struct.unpack(">I4s", png[at:at + 8])
        data += png[at + 8:at + 8 + length] if name == b"IDAT" else b""
        at += 12 + length
    data, above, found = zlib.decompress(data), bytearray(width * size), []
    assert depth == 8
    for row in range(height):
        start = row * (width * size + 1)
        kind, line = data[start], bytearray(data[start + 1:start + 1 + width * size])
        for i in range(len(line) if kind else 0):
            left = line[i - size] if i >= size else 0
            corner = above[i - size] if i >= size else 0
            if kind == 4:
                guess = min((left, above[i], corner),
                            key=lambda it, all=left + above[i] - corner: abs(all - it))
            else:
                guess = (0, left, above[i], (left + above[i]) // 2)[kind]
            line[i] = (line[i] + guess) & 255
        found += [tuple(line[i:i + 3]) for i in range(0, len(line), size)]
        above = line
    return found


def contrast(one, other):
    """The contrast of two colours (WCAG 2.1): letters want 4.5 and more."""
    light = []
    for colour in (one, other):
        parts = [it / 255 for it in colour]
        parts = [it / 12.92 if it <= 0.04045 else ((it + 0.055) / 1.055) ** 2.4 for it in parts]
        light.append(0.2126 * parts[0] + 0.7152 * parts[1] + 0.0722 * parts[2] + 0.05)
    return max(light) / min(light)


def judge_picture(picture, paper, image):
    x, y, width, height = picture["box"]
    name = picture["name"]
    if width < 100 or height < 40:
        yield f"{name}: {width:.0f} x {height:.0f} pixels are no picture"
    if min(picture["words"]) < 5:
        yield f"{name}: no title or no description"
    if picture["out"]:
        yield f"{name}: letters are cut off: {picture['out']}"
    for colour in picture["text"]:
        if len(colour) != 3 or contrast(colour, paper) < 4.5:
            yield f"{name}: letters of {colour} on {paper} are hard to read"
    if [0, 0, 0] in picture["shapes"] or [] in picture["shapes"]:
        yield f"{name}: a shape has a colour that the style sheet does not know"
    painted = sum(max(abs(a - b) for a, b in zip(pixel, paper)) > 40 for pixel in image)
    if painted < len(image) * 0.01:
        yield f"{name}: {painted} of {len(image)} pixels are painted"


def judge(browser, session, page, view, output):
    """What is wrong with @page in @view."""
    width, media, scheme = view
    # A printer's paper is light whatever the reader prefers.
    dark = scheme == "dark" and media == "screen"
    browser.heard.clear()
    browser.ask("Emulation.setDeviceMetricsOverride", session, width=width, height=900,
                deviceScaleFactor=1, mobile=False)
    browser.ask("Emulation.setEmulatedMedia", session, media=media,
                features=[{"name": "prefers-color-scheme", "value": scheme}])
    browser.ask("Page.navigate", session, url=page.as_uri())
    browser.wait_for("Page.loadEventFired")
    expression = f"{LOOK}({json.dumps(width != A4[0])})"
    seen = browser.ask("Runtime.evaluate", session, expression=expression, returnByValue=True)
    seen = seen["result"]["value"]
    if seen["wide"][0] > seen["wide"][1]:
        yield f"scrolls sideways: {seen['wide'][0]} pixels in {seen['wide'][1]}"
    if seen["lang"] != "en" or not seen["title"]:
        yield "no language or no title"
    if (contrast(seen["paper"], (0, 0, 0)) < 3) != dark:
        yield f"paper of {seen['paper']}"
    if seen["nav"] != (media == "screen"):
        yield "links to sections are for the screen, and only there"
    for picture in seen["pictures"]:
        x, y, w, h = picture["box"]
        clip = {"x": x, "y": y, "width": max(w, 1), "height": max(h, 1), "scale": 0.5}
        shot = browser.ask("Page.captureScreenshot", session, clip=clip, captureBeyondViewport=True)
        yield from judge_picture(picture, seen["paper"], pixels(base64.b64decode(shot["data"])))
    if output:
        shot = browser.ask("Page.captureScreenshot", session, captureBeyondViewport=True)
        (output / f"{page.stem}-{media}-{width}-{scheme}.png").write_bytes(base64.b64decode(shot["data"]))
    if media == "print":
        printed = browser.ask("Page.printToPDF", session, printBackground=False)
        printed = base64.b64decode(printed["data"])
        if not printed.startswith(b"%PDF-"):
            yield "is not printed"
        if output:
            (output / f"{page.stem}-{width}-{scheme}.pdf").write_bytes(printed)
    for message in browser.heard:
        what, how = message["method"], message.get("params", {})
        if what in ("Runtime.consoleAPICalled", "Runtime.exceptionThrown", "Log.entryAdded"):
            yield f"the console says: {json.dumps(how)[:300]}"
        if what == "Network.requestWillBeSent" and how["request"]["url"] != page.as_uri():
            yield f"fetches {how['request']['url']}"


def left_running(home):
    """Processes that still name @home: none, a second after the browser was ended."""
    end = time.monotonic() + 10
    while True:
        found = []
        for command in pathlib.Path("/proc").glob("[0-9]*/cmdline"):
            try:
                if home.encode() in command.read_bytes():
                    found.append(command.parent.name)
            except OSError:
                pass
        if not found or time.monotonic() > end:
            return found
        time.sleep(0.1)


def main(arguments):
    output, bad = None, 0
    if arguments[0].startswith("--output="):
        output = pathlib.Path(arguments.pop(0).partition("=")[2])
        output.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="icache-ipi-page.") as home:
        browser = Browser(home)
        try:
            target = browser.ask("Target.createTarget", url="about:blank")["targetId"]
            session = browser.ask("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
            for domain in ("Page", "Runtime", "Log", "Network"):
                browser.ask(f"{domain}.enable", session)
            # The page's own scripts: there are none, and it needs none.
            browser.ask("Emulation.setScriptExecutionDisabled", session, value=True)
            for page in map(lambda it: pathlib.Path(it).resolve(), arguments):
                for view in VIEWS:
                    wrong = list(judge(browser, session, page, view, output))
                    bad += len(wrong)
                    name = f"{page.name}: {view[1]}, {view[0]} pixels, {view[2]}"
                    print(f"{name}: good" if not wrong else
                          "\n".join(f"{name}: {it}" for it in wrong), flush=True)
        finally:
            browser.end()
        for process in left_running(home):
            print(f"process {process} is left")
            bad += 1
    return bool(bad)


sys.exit(main(sys.argv[1:]))

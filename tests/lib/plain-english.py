#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
#
# plain-english.py KIND NAME...: print each sentence of more than 25 words, after the name of its file
#
# KIND is markdown or man, for files; or help, for one name and what that command prints, on stdin.
# Tables, code blocks, command lines and synopses are no sentences. `Code`, a link and a macro's
# argument count as words.
import re
import sys

WORDS = 25


def sentences(block):
    """A block is text without a blank line or a bullet in it."""
    text = re.sub(r"\s+", " ", block).strip()
    # A full stop ends a sentence before a capital or a digit.
    return re.split(r"""(?<=[.!?])["')*]*\s+(?=[A-Z0-9*`"'(-])""", text)


def long_sentences(block):
    for sentence in sentences(block):
        words = [word for word in sentence.split(" ") if re.search(r"[A-Za-z0-9]", word)]
        if len(words) > WORDS:
            yield len(words), sentence


def markdown_blocks(text):
    text = re.sub(r"<!--.*?-->|^```.*?^```$", "", text, flags=re.S | re.M)
    text = re.sub(r"\[([^]]*)\]\([^)]*\)", r"\1", text)
    text = re.sub(r"`[^`]*`", "Code", text)
    block, in_list = [], False
    for line in text.splitlines():
        bullet = re.match(r" *([*-]|[0-9]+\.) ", line)
        if not line.strip() or line.startswith(("|", "#")) or bullet or (line.startswith("    ") and not in_list):
            yield " ".join(block)
            block = []
        if bullet:
            in_list = True
            block = [line[bullet.end():]]
        elif line.startswith(("|", "#")) or not line.strip():
            in_list = in_list and not line.strip()
        elif line.startswith(" ") and in_list or not line.startswith("    "):
            in_list = in_list and line.startswith(" ")
            block.append(line)
    yield " ".join(block)


# Macros of mdoc(7) that a line may name again; what they mark up stays as a word.
INLINE = set("Ar Cm Dq Em Ev Fl Fn Ic Li Ns No Nm Op Pa Pf Pq Ql Sq Sx Sy Va Xr".split())


def man_words(line):
    name, *rest = line[1:].split(" ")
    words = [word for word in rest if word not in INLINE and word]
    if name in ("Xr",):
        words = ["%s(%s)" % tuple(words[:2])] + words[2:]
    if name == "Nm" and not [word for word in words if re.search(r"\w", word)]:
        words.insert(0, "Program")
    # ".Ar dir ." has its full stop as a word of its own.
    return re.sub(r" ([.,;:)]+)", r"\1", " ".join(words).replace('"', ""))


def man_blocks(text):
    block, literal, section = [], False, ""
    for line in text.splitlines():
        macro = line[1:3] if line.startswith(".") else ""
        if macro == "Sh":
            section = line[4:]
        if macro in ("Bd", "Ed"):
            literal = macro == "Bd"
        if macro in ("Sh", "Ss", "Pp", "It", "Bl", "El", "Bd", "Ed", "Dl", "Nd"):
            yield " ".join(block)
            block = []
        elif macro in ("\\\"", "Dd", "Dt", "Os") or literal or section in ("SYNOPSIS", "SEE ALSO", "NAME"):
            continue
        else:
            block.append(man_words(line) if macro else line)
            # mdoc(7): a new sentence begins on a new line.
            if re.search(r"[.!?][\"')]*$", block[-1]):
                yield " ".join(block)
                block = []
    yield " ".join(block)


def help_blocks(text):
    """An option, with what follows it in the same column, is a block; so is a paragraph."""
    block, indented = [], False
    for line in text.splitlines():
        option = re.match(r"\s+(\S+ )*?\S+(  +)(?=\S)|\s+-\S.*$", line)
        starts = re.match(r"\s+(-|[a-z0-9.-]+  )|\s+[A-Za-z_0-9.-]+  ", line)
        if not line.strip() or line.startswith(("usage:", "       icache-ipi")) or starts or \
                (not line.startswith(" ") and indented):
            yield " ".join(block)
            block = []
        indented = line.startswith(" ")
        if line.strip() and not line.startswith(("usage:", "       icache-ipi", "    deb ")):
            block.append(line[option.end():] if starts and option else line)
    yield " ".join(block)


BLOCKS = {"markdown": markdown_blocks, "man": man_blocks, "help": help_blocks}


def main():
    kind, *names = sys.argv[1:]
    for name in names:
        text = sys.stdin.read() if kind == "help" else open(name, encoding="utf-8").read()
        for block in BLOCKS[kind](text):
            for words, sentence in long_sentences(block):
                print(f"{name}: {words} words: {sentence}")


main()

#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
#
# make-core.py IMAGE FORMAT OUT [HEADER]: a dump of memory in which IMAGE lies at 1 GiB and 2 MiB
#
# FORMAT is elf, or kdump with pages that are raw, zlib or zstd, or flat for the flattened form of it,
# with records that lie in any order and are written twice. HEADER=lost overwrites the Image's header, as
# running kernels do. Formats: makedumpfile's IMPLEMENTATION and diskdump_mod.h; elf(5).
import random, struct, subprocess, sys, zlib

image_path, form, out = sys.argv[1:4]
image = bytearray(open(image_path, "rb").read())
if sys.argv[4:] == ["lost"]:
    image[:64] = b"\x5a" * 64
image += b"\0" * (-len(image) % 65536)
address, page = 0x40200000, 65536 if form == "flat" else 4096
rng = random.Random(3)


def zstd(data):
    return subprocess.run(["zstd", "-q", "-c"], input=data, stdout=subprocess.PIPE, check=True).stdout


def elf():
    head = struct.pack("<16sHHIQQQIHHHHHH", b"\x7fELF\2\1\1" + bytes(9), 4, 183, 1, 0, 64, 0, 0, 64, 56, 2, 0, 0, 0)
    low = b"\x11" * 8192
    at = 64 + 112
    head += struct.pack("<IIQQQQQQ", 1, 7, at, 0, 0x40000000, len(low), len(low), 0)
    head += struct.pack("<IIQQQQQQ", 1, 7, at + len(low), 0, address, len(image), len(image), 0)
    return head + low + image


def kdump():
    first, count = address // page, len(image) // page
    frames = first + count + 7
    half = frames // 8 // page + 1
    bitmap = bytearray(half * page)
    pages = []
    for i in range(count):
        data = bytes(image[i * page:(i + 1) * page])
        if form == "holes" and not data.strip(b"\0"):
            continue  # makedumpfile -d 1 leaves out what is zero
        bitmap[(first + i) // 8] |= 1 << (first + i) % 8
        pages.append(data)
    packed = {"zlib": (lambda data: zlib.compress(data, 1), 1), "zstd": (zstd, 0x20),
              "flat": (lambda data: zlib.compress(data, 1), 1)}.get(form, (lambda data: data, 0))
    head = bytearray(page)
    struct.pack_into("<8si", head, 0, b"KDUMP   ", 6)
    struct.pack_into("<iiII", head, 428, page, 1, 2 * half, frames)
    sub = bytearray(page)
    struct.pack_into("<Q", sub, 96, frames)
    descriptors, data = b"", b""
    at = (2 + 2 * half) * page + 24 * len(pages)
    for one in pages:
        small = packed[0](one)
        flags = packed[1]
        if len(small) >= page:
            small, flags = one, 0
        descriptors += struct.pack("<QIIQ", at + len(data), len(small), flags, 0)
        data += small
    return bytes(head + sub + bitmap + bitmap) + descriptors + data


def flat(data):
    records, at = [(0, b"\xff" * 4096)], 0
    while at < len(data):
        size = rng.randrange(1000, 300000)
        records.append((at, data[at:at + size]))
        at += size
    later = records[2:]
    rng.shuffle(later)
    # The header is written last, over what stood there.
    records = records[:1] + later + records[1:2]
    text = struct.pack(">16sqq", b"makedumpfile", 1, 1).ljust(4096, b"\0")
    return text + b"".join(struct.pack(">qq", *(at, len(one))) + one for at, one in records) + struct.pack(">qq", -1, -1)


content = elf() if form == "elf" else kdump()
with open(out, "wb") as file:
    file.write(flat(content) if form == "flat" else content)

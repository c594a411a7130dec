#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
#
# make-core.py [OPTION]... IMAGE FORMAT OUT: a dump of memory in which IMAGE lies at 1 GiB and 2 MiB
#
# FORMAT is elf, or kdump with pages that are raw, zlib, zstd, lzo or snappy, or flat for the flattened form of it,
# with records that lie in any order and are written twice. --lost overwrites the Image's header, as
# running kernels do. Formats: makedumpfile's IMPLEMENTATION and diskdump_mod.h; elf(5).
#
# --cpus 'a<b<c,user,off' gives it CPUs: the chain of callers of each, the innermost first. Their stacks lie
# in memory that only page tables lead to, as CONFIG_VMAP_STACK has it. --map is the Image's System.map,
# --base where the kernel runs, --pages and --bits are its page size (log 2) and VA_BITS. --cut leaves the
# page of the last CPU's stack out. --reroute 'HOP,HOP,...,MARK' has the call in __sync_icache_dcache() go to a
# module's function that has MARK in it, as modules/mitigate writes it, through hops: veneer, pad or jump. Where the first one is
# probe, or probe-5.14, there is a kprobe instead, behind another one in its list: of struct kprobe as it was until 5.13, or
# since. probe-elsewhere is one whose place is another, probe-list lies in a list that bites its own tail.
# --online is how many CPUs the kernel says that it has. --unmapped leaves the page tables empty. --crashed adds the note
# of a kernel that saved the registers itself. --log FILE puts dmesg's lines into its memory, --log-form ring or records.
import argparse, ctypes, random, struct, subprocess, sys, zlib

sys.dont_write_bytecode = True
import dmesg_memory

parser = argparse.ArgumentParser()
parser.add_argument("image")
parser.add_argument("format")
parser.add_argument("out")
parser.add_argument("--lost", action="store_true")
parser.add_argument("--cut", action="store_true")
parser.add_argument("--reroute")
parser.add_argument("--online", type=int)
parser.add_argument("--unmapped", action="store_true")
parser.add_argument("--crashed", action="store_true")
parser.add_argument("--log")
parser.add_argument("--log-form", default="ring")
parser.add_argument("--cpus", default="")
parser.add_argument("--map")
parser.add_argument("--base", type=lambda text: int(text, 16))
parser.add_argument("--pages", type=int, default=12)
parser.add_argument("--bits", type=int, default=39)
options = parser.parse_args()
form = options.format
image = bytearray(open(options.image, "rb").read())
if options.lost:
    image[:64] = b"\x5a" * 64
image += b"\0" * (-len(image) % 65536)
address, page = 0x40200000, 65536 if form == "flat" else 4096
rng = random.Random(3)
notes = b""


class Tables:
    """Arm ARM D5.3: tables for pages of 2^shift bytes, behind the image."""

    def __init__(self, shift, bits):
        self.shift, self.bits, self.step = shift, bits, shift - 3
        self.root = self.new()

    def new(self):
        at = len(image)
        image.extend(bytes(1 << self.shift))
        return at

    def add(self, virtual, physical):
        shift = self.shift
        while shift + self.step < self.bits:
            shift += self.step
        table = self.root
        while True:
            at = table + 8 * ((virtual & ((1 << min(shift + self.step, self.bits)) - 1)) >> shift)
            if shift == self.shift:
                struct.pack_into("<Q", image, at, physical | 0x703)
                return
            entry = struct.unpack_from("<Q", image, at)[0]
            if not entry:
                entry = address + self.new() | 3
                struct.pack_into("<Q", image, at, entry)
            table = (entry & ~0xfff) - address
            shift -= self.step


def module_code(at, hops, mark):
    """A module that begins at the address: a function that has MARK, and before it what leads there, in slots of 512 bytes."""
    code, jump = b"", struct.pack("<I", 0x14000000 | 512 // 4)
    for hop in hops:
        code += {"veneer": struct.pack("<IIQ", 0x58000050, 0xd61f0200, at + len(code) + 512),
                 "pad": struct.pack("<II", 0xd503245f, 0x14000000 | 508 // 4), "jump": jump}[hop].ljust(512, b"\0")
    # stp x29, x30, [sp, #-16]!; a load, a compare; a branch around the mark; ret
    return code + struct.pack("<IIII", 0xa9bf7bfd, 0xb9400020, 0x7100001f, 0x14000005) + mark.encode() + struct.pack("<I", 0xd65f03c0)


def probe(kind, where, module, at, word):
    """The struct kprobe of the call @at, for the module's page, and the kernel's table that leads there. Each has 12 words."""
    place, other = module + 2048, module + 2048 + 96
    ours = [0, 0, 0, 0, 0, options.base + at + (4 if kind == "probe-elsewhere" else 0), 0, 0, module, 0, 0, 0]
    ours[10 if kind == "probe-5.14" else 11] = word
    if kind == "probe-list":
        ours[0], ours[5] = other, 0
    # The other probe's handler is ours, too: its place tells that it is not this one.
    struct.pack_into("<Q", image, where["kprobe_table"] - options.base + 8 * 17, other)
    return struct.pack("<24Q", *ours, place, 0, 0, 0, 0, where["set_pte_at"], 0, 0, module, 0, word, word)


def reroute(tables, size, where):
    """The call in __sync_icache_dcache(), now to a page of its own 64 MiB before the kernel."""
    *hops, mark = options.reroute.split(",")
    kind = hops.pop(0) if hops and hops[0].startswith("probe") else None
    module, behind = options.base - (64 << 20), b""
    at = where["__sync_icache_dcache"] - options.base
    called = [where[name] - options.base for name in ("sync_icache_aliases", "kick_all_cpus_sync")]
    while True:
        word = struct.unpack_from("<I", image, at)[0]
        distance = (word & 0x3ffffff ^ 0x2000000) - 0x2000000
        if word >> 26 in (0x25, 0x05) and at + 4 * distance in called:
            break
        at += 4
    if kind:
        behind = probe(kind, where, module, at, word)
        struct.pack_into("<I", image, at, 0xd4200080)
    else:
        struct.pack_into("<I", image, at, word & 0xfc000000 | (module - options.base - at) // 4 & 0x3ffffff)
    image.extend(bytes(-len(image) % size))
    page = address + len(image)
    image.extend((module_code(module, hops, mark).ljust(2048, b"\0") + behind).ljust(size, b"\0"))
    tables.add(module, page)


def add_cpus():
    """The CPUs' stacks and page tables into the image, their registers into notes."""
    global notes
    size, linked = 1 << options.pages, {}
    for line in open(options.map):
        value, kind, name = line.split()
        linked[name] = int(value, 16)
    where = {name: options.base + value - linked["_text"] for name, value in linked.items()}
    image.extend(bytes(-len(image) % 65536))
    tables, last = Tables(options.pages, options.bits), len(image)
    for at in range(0, 0 if options.unmapped else last, size):
        tables.add(options.base + at, address + at)
    if options.online is not None:
        struct.pack_into("<Q", image, where["__cpu_online_mask"] - options.base, (1 << options.online) - 1)
    if options.reroute:
        reroute(tables, size, where)
    for number, chain in enumerate(options.cpus.split(",")):
        registers = [0] * 34
        names = chain.split("<")
        stack = options.base + (64 << 20) + 16 * size * number
        if chain == "user":
            registers[32], registers[29] = 0x400000, 0x7ffffff000
        elif chain != "off":
            image.extend(bytes(-len(image) % size))
            at = len(image)
            image.extend(bytes(size))
            tables.add(stack, address + at)
            for i, name in enumerate(names[1:]):
                struct.pack_into("<QQ", image, at + 512 + 32 * i, stack + 544 + 32 * i, where[name] + 4)
            registers[32], registers[29], registers[33] = where[names[0]], stack + 512, 5
            if options.cut and number == options.cpus.count(","):
                del image[at:]
        status = struct.pack("<32xi76x34Q8x", number + 1, *registers)
        notes += struct.pack("<III8s", 5, len(status), 1, b"CORE") + status
        # Floating-point registers follow, which nobody reads.
        notes += struct.pack("<III8s", 5, 8, 2, b"CORE") + bytes(8)
    info = b"OSRELEASE=5.10.0\n"
    if options.log:
        image.extend(bytes(-len(image) % size))
        at, log_at = len(image), options.base + (96 << 20)
        words, memory = dmesg_memory.make(options.log_form, open(options.log).read(), log_at)
        image.extend(memory + bytes(-len(memory) % size))
        for step in range(0, len(memory), size):
            tables.add(log_at + step, address + at + step)
        info = words.encode()
    if options.crashed or options.log:
        notes += struct.pack("<III12s", 11, len(info), 0, b"VMCOREINFO") + info.ljust((len(info) + 3) // 4 * 4, b"\0")
    image.extend(bytes(-len(image) % 65536) if not options.cut else b"")


if options.cpus:
    add_cpus()


def zstd(data):
    return subprocess.run(["zstd", "-q", "-c"], input=data, stdout=subprocess.PIPE, check=True).stdout


def lzo(data):
    """liblzo2, which QEMU has for the same purpose; lzo/lzo1x.h"""
    out, size = ctypes.create_string_buffer(2 * len(data) + 4096), ctypes.c_size_t()
    work = ctypes.create_string_buffer(16 * 16384)
    assert not ctypes.CDLL("liblzo2.so.2").lzo1x_1_compress(data, ctypes.c_size_t(len(data)), out, ctypes.byref(size), work)
    return out.raw[:size.value]


def snappy(data):
    """libsnappy, which QEMU has for the same purpose; snappy-c.h"""
    out, size = ctypes.create_string_buffer(2 * len(data) + 4096), ctypes.c_size_t(2 * len(data) + 4096)
    assert not ctypes.CDLL("libsnappy.so.1").snappy_compress(data, ctypes.c_size_t(len(data)), out, ctypes.byref(size))
    return out.raw[:size.value]


def elf():
    head = struct.pack("<16sHHIQQQIHHHHHH", b"\x7fELF\2\1\1" + bytes(9), 4, 183, 1, 0, 64, 0, 0, 64, 56, 3, 0, 0, 0)
    low = b"\x11" * 8192
    at = 64 + 168
    head += struct.pack("<IIQQQQQQ", 4, 0, at, 0, 0, len(notes), len(notes), 0)
    at += len(notes)
    head += struct.pack("<IIQQQQQQ", 1, 7, at, 0, 0x40000000, len(low), len(low), 0)
    head += struct.pack("<IIQQQQQQ", 1, 7, at + len(low), 0, address, len(image), len(image), 0)
    return head + notes + low + image


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
    packed = {"zlib": (lambda data: zlib.compress(data, 1), 1), "zstd": (zstd, 0x20), "lzo": (lzo, 2), "snappy": (snappy, 4),
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
    struct.pack_into("<QQ", sub, 48, at + len(data), len(notes))
    return bytes(head + sub + bitmap + bitmap) + descriptors + data + notes


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
with open(options.out, "wb") as file:
    file.write(flat(content) if form == "flat" else content)

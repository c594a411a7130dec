#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""dmesg_memory.py FORM: a kernel's log as it lies in memory, from lines of dmesg on standard input.

FORM is ring (Linux 5.10 and newer) or records (3.5 to 5.9). Prints what VMCOREINFO says of it, a NUL, and the
memory, which begins at address 0: seeds of tests/fuzz/dmesg.c. Both forms wrap within their buffers. make-core.py
puts the same into a dump. Layouts: kernel/printk/printk_ringbuffer.h and printk.c; the offsets are others than a kernel's.
"""
import re
import struct
import sys

CPU = 0x80000000


def read_lines(text):
	"""(nanoseconds, caller, text) of each line; "[C12]" behind the time is a CPU."""
	for line in text.splitlines():
		found = re.match(r"\[ *(\d+)\.(\d{6})\](?:\[ *([CT])(\d+)\])? ?(.*)", line)
		if found:
			seconds, micro, kind, number, rest = found.groups()
			caller = (CPU if kind == "C" else 0) + int(number) if kind else 0
			yield int(seconds) * 10**9 + int(micro) * 1000, caller, rest.encode()


def ring(lines, base):
	"""struct printk_ringbuffer with the lines in it; the ids begin beyond the first lap."""
	blocks = [(8 + len(text) + 7) // 8 * 8 for _, _, text in lines]
	size, count = 1 << (sum(blocks) + max(blocks)).bit_length(), 1 << len(lines).bit_length()
	descriptors, infos, texts = 4096, 4096 + 32 * count, 4096 + (32 + 48) * count
	memory = bytearray(texts + size)
	tail = 3 * count - 2
	at = 2 * size - blocks[0] // 2 // 8 * 8  # the first one finds no room before the end
	for i, (when, caller, text) in enumerate(lines):
		number, begin = (tail + i) % count, at
		where, at = at % size, at + blocks[i]
		if where + blocks[i] > size:
			where, at = 0, begin // size * size + size + blocks[i]
		struct.pack_into("<8xQQQ", memory, descriptors + 32 * number, tail + i | 2 << 62, begin, at)
		struct.pack_into("<4xIQH", memory, infos + 48 * number, caller, when, len(text))
		struct.pack_into("<Q", memory, texts + where, tail + i)
		memory[texts + where + 8:texts + where + 8 + len(text)] = text
	struct.pack_into("<Q", memory, 256, base)
	struct.pack_into("<IxxxxQQQQ", memory, 16, count.bit_length() - 1, base + descriptors, base + infos, tail + len(lines) - 1, tail)
	struct.pack_into("<QI", memory, 128, base + texts, size.bit_length() - 1)
	offsets = {"printk_ringbuffer.desc_ring": 16, "printk_ringbuffer.text_data_ring": 128, "prb_desc_ring.count_bits": 0,
		   "prb_desc_ring.descs": 8, "prb_desc_ring.infos": 16, "prb_desc_ring.head_id": 24, "prb_desc_ring.tail_id": 32,
		   "prb_data_ring.size_bits": 8, "prb_data_ring.data": 0, "prb_desc.state_var": 8, "prb_desc.text_blk_lpos": 16,
		   "prb_data_blk_lpos.begin": 0, "prb_data_blk_lpos.next": 8, "printk_info.caller_id": 4, "printk_info.ts_nsec": 8,
		   "printk_info.text_len": 16}
	return {"prb": base + 256}, offsets, {"prb_desc": 32, "printk_info": 48}, memory


def records(lines, base):
	"""log_buf with the lines in it, the first half of them at its end."""
	packed = []
	for when, _, text in lines:
		length = (16 + len(text) + 3) // 4 * 4
		packed.append(struct.pack("<QHHHBB", when, length, len(text), 0, 0, 6).ljust(16, b"\0") + text.ljust(length - 16, b"\0"))
	first, second = b"".join(packed[:len(packed) // 2]), b"".join(packed[len(packed) // 2:])
	start = len(second) + 64
	buffer = (second.ljust(start, b"\0") + first + bytes(16)).ljust((len(second) + len(first) + 4096) // 4096 * 4096, b"\0")
	memory = bytearray(4096) + buffer
	struct.pack_into("<QIIII", memory, 0, base + 4096, len(buffer), start, len(second), 0)
	memory += bytes(-len(memory) % 4096)
	return ({"log_buf": base, "log_buf_len": base + 8, "log_first_idx": base + 12, "log_next_idx": base + 16},
		{"printk_log.ts_nsec": 0, "printk_log.len": 8, "printk_log.text_len": 10, "printk_log.dict_len": 12},
		{"printk_log": 16}, memory)


def make(form, text, base):
	"""VMCOREINFO's lines, and the memory at the address @base."""
	symbols, offsets, sizes, memory = {"ring": ring, "records": records}[form](list(read_lines(text)), base)
	info = ["OSRELEASE=5.10.0-test", "PAGESIZE=4096"]
	info += [f"SYMBOL({name})={value:x}" for name, value in symbols.items()]
	info += [f"SIZE({name})={value}" for name, value in sizes.items()]
	info += [f"OFFSET({name})={value}" for name, value in offsets.items()]
	return "\n".join(info) + "\n", bytes(memory)


if __name__ == "__main__":
	words, content = make(sys.argv[1], sys.stdin.read(), 0)
	sys.stdout.buffer.write(words.encode() + b"\0" + content)

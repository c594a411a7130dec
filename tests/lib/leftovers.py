#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
#
# leftovers.py COMMAND...: run it; fail when a process of it is still there afterwards
#
# A process whose parent ends becomes a child of this one (prctl(2), PR_SET_CHILD_SUBREAPER), so a
# daemon is seen, too. What listens on the machine because of COMMAND is such a process. Exits as
# COMMAND does, or with 1 when something is left, which is named and then killed.
import ctypes
import os
import signal
import subprocess
import sys
import time

PR_SET_CHILD_SUBREAPER = 36
GRACE = 10  # seconds for what is about to end


def children():
    """pid and command line of each child that lives"""
    found = {}
    for task in os.listdir("/proc/self/task"):
        with open(f"/proc/self/task/{task}/children") as file:
            for pid in file.read().split():
                with open(f"/proc/{pid}/cmdline", errors="replace") as line:
                    found[int(pid)] = line.read().replace("\0", " ").strip()
    return found


def reap(until, options=0):
    """waits for children, whoever they are; the status of the child `until`"""
    while True:
        try:
            pid, status = os.waitpid(-1, options)
        except ChildProcessError:
            return None
        if pid == until:
            return os.waitstatus_to_exitcode(status)
        if pid == 0:
            return None


if ctypes.CDLL(None, use_errno=True).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0):
    print("leftovers.py: this kernel has no subreapers", file=sys.stderr)
    sys.exit(3)
try:
    command = subprocess.Popen(sys.argv[1:])
except OSError as error:
    print(f"leftovers.py: cannot run {sys.argv[1]}: {error}", file=sys.stderr)
    sys.exit(3)
signal.signal(signal.SIGINT, signal.SIG_IGN)
signal.signal(signal.SIGTERM, lambda number, frame: command.send_signal(number))
code = reap(command.pid)
end = time.monotonic() + GRACE
while children() and time.monotonic() < end:
    time.sleep(0.1)
    reap(None, os.WNOHANG)
while left := children():
    code = code or 1
    for pid, line in left.items():
        print(f"left running by the tests: {pid} {line}", file=sys.stderr)
        os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)
sys.exit(code if code >= 0 else 128 - code)

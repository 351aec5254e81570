#!/usr/bin/env python3
"""What `sluice du` costs: memory for a large directory, system calls, and the end when nobody reads."""

import ctypes
import os
import platform
import re
import shutil
import struct
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "lib"))
import filesystems
import harness
import treegen
from ducases import DU, TOOL
from harness import shown

ENTRIES = 1_000_000
ROOM = 64 * 1024        # KiB resident
GETDENTS64 = {"x86_64": 217, "aarch64": 61}.get(platform.machine())


def resident(args, cwd):
    """Exit status, the largest resident size in KiB, and the last line; what is printed is not kept."""
    got = harness.run([sys.executable, "-c",
                       "import os, subprocess, sys\n"
                       "p = subprocess.Popen(sys.argv[1:], stdout=subprocess.PIPE)\n"
                       "last = b''\n"
                       "for last in p.stdout: pass\n"
                       "_, status, used = os.wait4(p.pid, 0)\n"
                       "print(os.waitstatus_to_exitcode(status), used.ru_maxrss, last.split()[0].decode())\n",
                       TOOL, "du", *args], cwd=cwd, timeout=120)
    status, size, last = got.out.split()[-3:]
    return int(status), int(size), int(last)


def memory(c, scratch):
    where = tempfile.mkdtemp(prefix="sluice-test-", dir="/dev/shm") if os.access("/dev/shm", os.W_OK) else scratch
    try:
        room = os.statvfs(where)
        entries = ENTRIES if room.f_favail == 0 or room.f_favail > ENTRIES * 2 else min(200_000, room.f_favail // 2)
        began = time.monotonic()
        os.mkdir(os.path.join(where, "flat"))
        fd = os.open(os.path.join(where, "flat"), os.O_RDONLY)
        made = 0
        while made < entries and time.monotonic() - began < 60:
            for n in range(made, made + 1000):
                os.mknod(f"f{n:07d}", 0o600, dir_fd=fd)
            made += 1000
        os.close(fd)
        if made < ENTRIES:
            c.skip("a million entries", f"only {made}: too slow or too few inodes here")
        most = ROOM if made >= ENTRIES else 16 * 1024 + (ROOM - 16 * 1024) * made // ENTRIES
        for args in (["-s"], ["-a"], [], ["-s", "--jobs=8"], ["-a", "--jobs=8"], ["-a", "--top=10"]):
            rc, size, last = resident(["--inodes", *args, "flat"], where)
            c.check(f"{made} entries in one directory: {' '.join(args) or 'no option'}", rc == 0 and size < most,
                    f"exit status {rc}, {size} KiB resident, allowed {most}")
            if "--top=10" not in args:
                c.equal(f"{made} entries counted: {' '.join(args) or 'no option'}", last, made + 1)
    finally:
        shutil.rmtree(where, ignore_errors=True) if where != scratch else None


def tells_the_end(directory):
    """Whether the last name comes with the greatest position there is, so that no call has to find no more."""
    libc = ctypes.CDLL(None, use_errno=True)
    records = ctypes.create_string_buffer(1 << 16)
    fd = os.open(directory, os.O_RDONLY | os.O_DIRECTORY)
    size = libc.syscall(GETDENTS64, fd, records, len(records)) if GETDENTS64 else 0
    os.close(fd)
    at = position = 0
    while at < size:
        position, length = struct.unpack_from("<qH", records, at + 8)
        at += length
    return position == 2 ** 63 - 1


def operations(c, where, most, kind):
    """At most one operation for each file and so many for each directory, whichever way they are done."""
    files = treegen.five_ary(os.path.join(where, "five"), 4, 100)
    directories = files + 1
    for args in (["-s"], ["-a"], [], ["-aS", "--time"], ["-a", "--inodes"], ["-sL"], ["-aL"], ["-s", "--jobs=8"]):
        got = harness.run([TOOL, "du", "--stats", *args, "five"], cwd=where)
        told = re.search(rb"(?m)^all +(\d+) +(\d+) +(\d+) ", got.err)
        done = sum(map(int, told.groups())) if told else 0
        c.check(f"operations: {' '.join(args) or 'no option'}{kind}",
                files + 4 * directories <= done <= files + most * directories,
                f"{done} for {files} files and {directories} directories")


def at_most_five_each(c, scratch):
    """Four where the file system tells that there are no more names."""
    operations(c, scratch, 4 if tells_the_end(scratch) else 5, "")


def positions_are_bytes(c, scratch):
    """Four where positions are bytes of a directory: the last name's is the directory's size."""
    try:
        with filesystems.mounted(scratch, "ext4", options=["-O", "^dir_index"]) as where:
            operations(c, where, 4, ", ext4 without an index")
            # Several blocks, several calls: each name is met.
            names = [f"a rather long name to fill a block {i}" for i in range(2000)]
            os.mkdir(os.path.join(where, "wide"))
            for name in names:
                open(os.path.join(where, "wide", name), "w").close()
            told = harness.run([TOOL, "du", "-a", "--inodes", "wide"], cwd=where).out
            c.equal("ext4 without an index: all names of a large directory", len(told.splitlines()), len(names) + 1)
    except filesystems.Missing as reason:
        c.skip("positions that are bytes", str(reason))


def tiny(c, scratch):
    """A tiny tree: neither a thread nor a ring."""
    if shutil.which("strace") is None:
        c.skip("a tiny tree", "strace is not installed")
        return
    os.mkdir(os.path.join(scratch, "tiny"))
    log = os.path.join(scratch, "calls")
    for args in (["-s"], ["-a"]):
        traced = subprocess.run(["strace", "-f", "-qq", "-o", log, TOOL, "du", *args, "tiny"], cwd=scratch,
                                env=harness.base_env(), stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, timeout=60)
        if traced.returncode != 0:
            c.skip("a tiny tree", f"strace does not work here: {shown(traced.stderr)}")
            return
        with open(log) as f:
            text = f.read()
        c.check(f"a tiny tree needs neither thread nor ring: {args[0]}", "getdents64" in text and "clone" not in text and
                "io_uring_setup" not in text)


def pipes(c, scratch):
    """`du | head` ends by SIGPIPE and without a word, as GNU's does."""
    os.makedirs(os.path.join(scratch, "pipe"))
    for n in range(12000):
        os.mkdir(os.path.join(scratch, "pipe", f"a directory with a rather long name {n}"))
    ends = []
    for command in ([DU], [TOOL, "du"], [TOOL, "du", "-a", "--jobs=8"], [TOOL, "du", "--json"]):
        p = subprocess.Popen([*command, "pipe"], cwd=scratch, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                             env=harness.base_env())
        p.stdout.read(10)
        p.stdout.close()
        err = p.stderr.read()
        p.stderr.close()
        ends.append((p.wait(timeout=60), err))
    c.equal("a closed pipe ends it as it ends GNU's", ends[1:], [ends[0]] * 3)


def test(c, scratch):
    for part in (memory, at_most_five_each, positions_are_bytes, tiny, pipes):
        part(c, scratch)


if __name__ == "__main__":
    harness.main(test)

#!/usr/bin/env python3
"""What copies and walks take of memory: a million entries stay under 128 and 64 MiB resident. The ordinary run has a
tenth of them, and bounds to match."""

import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "tools", "lib"))
import filesystems
import harness
from harness import shown

TOOL = harness.sluice()
ROOM = 128 * 1024       # KiB resident for a million
WALK_ROOM = 64 * 1024
ALWAYS = 24 * 1024      # of these, what does not grow with the entries

MEASURED = """
import os, subprocess, sys
p = subprocess.Popen(sys.argv[1:])
_, status, used = os.wait4(p.pid, 0)
print(os.waitstatus_to_exitcode(status), used.ru_maxrss)
"""


def flat(where, entries):
    """All in one directory; each tenth has a byte."""
    os.mkdir(where)
    fd = os.open(where, os.O_RDONLY)
    for n in range(entries):
        file = os.open(f"file {n:07d}", os.O_CREAT | os.O_WRONLY, 0o644, dir_fd=fd)
        if n % 10 == 0:
            os.write(file, b"x")
        os.close(file)
    os.close(fd)


def bushy(where, entries):
    """A hundred in each directory."""
    os.mkdir(where)
    for n in range(entries // 101):
        flat(os.path.join(where, f"directory {n}"), 100)


def wide(where, entries):
    """Nothing but directories, side by side: each is remembered until it is left."""
    os.mkdir(where)
    for n in range(entries):
        os.mkdir(os.path.join(where, f"directory {n}"))


def linked(where, entries):
    """Pairs of names: each has to be remembered until its other one comes, which may be never."""
    flat(where, entries // 2)
    os.mkdir(os.path.join(where, "again"))
    for n in range(entries // 2):
        os.link(os.path.join(where, f"file {n:07d}"), os.path.join(where, "again", f"file {n:07d}"))


PLAN = [(flat, ["-r"], ["-a", "--jobs=8"]), (bushy, ["-a"]), (wide, ["-a"]), (linked, ["-a"])]
if filesystems.LARGE:
    PLAN = [(make, ["-r"], ["-a"], ["-a", "--jobs=8"], ["-av"]) for make in (flat, bushy, wide, linked)]


def inodes(where):
    """Of a file system that holds nothing else."""
    room = os.statvfs(where)
    return room.f_files - room.f_ffree


def resumed(c, where, entries, most):
    """The journal tells of all files but the one that was in the way of the first run."""
    tree, copy = os.path.join(where, "journalled"), os.path.join(where, "copy")
    bushy(tree, entries)
    in_the_way = os.path.join(copy, "directory 0", "file 0000000")
    os.makedirs(in_the_way)
    command = [TOOL, "cp", "-rT", "--resume", tree, copy]
    first = harness.run(command, timeout=600)
    journal = os.path.join(where, ".copy.sluice-resume")
    left = os.path.getsize(journal) if os.path.exists(journal) else 0
    c.check("the first run leaves a journal of all", first.rc == 1 and left > 190 * entries, f"{left}: {shown(first.err)}")
    os.rmdir(in_the_way)
    again = harness.run([sys.executable, "-c", MEASURED, *command], timeout=600)
    status, size = map(int, again.out.split()[-2:])
    print(f"      {size} KiB resident, {most} allowed")
    c.check(f"{entries} entries: cp -r --resume once more", status == 0 and size < most and os.path.isfile(in_the_way),
            f"exit status {status}, {size} KiB resident, allowed {most}: {shown(again.err)}")
    harness.rmtree(copy)
    harness.rmtree(tree)


def bound(room, entries):
    return ALWAYS + (room - ALWAYS) * entries // 1_000_000


def walked(c, tree, entries):
    most = bound(WALK_ROOM, entries)
    for command in (["du", "-s"], ["du", "-a"], ["traverse"]):
        result = harness.run([sys.executable, "-c", MEASURED, TOOL, *command, tree], timeout=300)
        status, size = map(int, result.out.split()[-2:])
        c.check(f"{entries} entries, {os.path.basename(tree)}: {' '.join(command)}", status == 0 and size < most,
                f"exit status {status}, {size} KiB resident, allowed {most}: {shown(result.err)}")
        print(f"      {size} KiB resident, {most} allowed")


def test(c, scratch):
    entries = 1_000_000 if filesystems.LARGE else 100_000
    most = bound(ROOM, entries)
    where = filesystems.in_memory(scratch, "8g,nr_inodes=10m")
    for make, *lists in PLAN:
        tree, copy = os.path.join(where, make.__name__), os.path.join(where, "copy")
        none = inodes(where)
        make(tree, entries)
        there = inodes(where) - none
        walked(c, tree, entries)
        for options in lists:
            result = harness.run([sys.executable, "-c", MEASURED, TOOL, "cp", *options, tree, copy], timeout=300)
            status, size = map(int, result.out.split()[-2:])
            name = f"{entries} entries, {make.__name__}: cp {' '.join(options)}"
            c.check(name, status == 0 and size < most,
                    f"exit status {status}, {size} KiB resident, allowed {most}: {shown(result.err)}")
            print(f"      {size} KiB resident, {most} allowed")
            expected = there if options != ["-r"] or make is not linked else entries + 2
            c.equal(f"{name}: all are there", inodes(where) - none - there, expected)
            harness.rmtree(copy)
        harness.rmtree(tree)
    resumed(c, where, entries, most)


if __name__ == "__main__":
    harness.main(test)

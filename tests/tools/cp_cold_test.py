#!/usr/bin/env python3
"""A large source that is not in memory, whose ranges are copied side by side, and one that is: whatever happens, what is
there is a beginning of it."""

import filecmp
import os
import re
import resource
import signal
import sys
import threading

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "lib"))
import cold
import harness
from cold import MIB
from harness import shown

SIZE = 80 * MIB + 4097      # ends within a block


def copied(options, env=None, **how):
    return harness.run([harness.sluice(), "cp", "--stats", *options, "src", "dst"], cwd=copied.where, env=env, **how)


def row(result, name):
    """What was done so, in the table of --stats: by calls, by the ring and by the pool."""
    told = re.search(rb"(?m)^" + name + rb" +(\d+) +(\d+) +(\d+) ", result.err)
    return sum(map(int, told.groups())) if told else 0


def copied_inside(c, name, result):
    if c.shares_blocks:
        c.skip(name, "files share their blocks here, and a copy reads nothing")
    else:
        c.check(name, row(result, b"copy_range") >= 6, shown(result.err))


def whole(c, scratch):
    source, target = os.path.join(scratch, "src"), os.path.join(scratch, "dst")
    for options, backend in (([], None), (["--jobs=1"], None), ([], "pool"), (["--atomic"], None), (["--preserve=all"], "pool")):
        name = " ".join([*options, backend or ""])
        cold.forget(source)
        got = copied(options, harness.base_env(SLUICE_BACKEND=backend) if backend else None)
        c.check(f"cold: a good end: {name}", got.rc == 0, shown(got.err))
        c.check(f"cold: every byte is there: {name}", os.path.exists(target) and filecmp.cmp(source, target, shallow=False))
        copied_inside(c, f"cold: copied inside the kernel: {name}", got)
        os.unlink(target)


def warm(c, scratch):
    source, target = os.path.join(scratch, "src"), os.path.join(scratch, "dst")
    with open(source, "rb") as f:
        while f.read(MIB):
            pass
    for options in ([], ["--bwlimit=200M"]):
        name = " ".join(["warm", *options])
        got = copied(options)
        c.check(f"{name}: a good end", got.rc == 0, shown(got.err))
        copied_inside(c, f"{name}: copied inside the kernel", got)
        c.check(f"{name}: not read", row(got, b"read_at") <= 1, shown(got.err))
        c.check(f"{name}: every byte is there", filecmp.cmp(source, target, shallow=False))
        os.unlink(target)


def no_room(c, scratch):
    """The target can't become so large: that is told once, and nothing half is left."""
    cold.forget(os.path.join(scratch, "src"))
    got = copied([], limits={resource.RLIMIT_FSIZE: 30 * MIB}, ignore=[signal.SIGXFSZ])
    told = [line for line in got.err.splitlines() if b"File too large" in line]
    c.check("cold, no room: one error that names the target", got.rc == 1 and len(told) == 1 and b"dst" in told[0], shown(got.err))
    c.check("cold, no room: nothing half is left", not os.path.exists(os.path.join(scratch, "dst")))


def cut_meanwhile(c, scratch):
    """A source that gets shorter: what is there is a beginning of it, and that it changed is told."""
    source, target = os.path.join(scratch, "src"), os.path.join(scratch, "dst")
    seen = early = 0
    for attempt in range(8):
        os.unlink(source)
        cold.make(source, SIZE)
        with open(source, "rb") as f:
            before = f.read()
        cold.forget(source)
        delay = (attempt + 1) * 3 / 1000
        cutting = threading.Timer(delay, os.truncate, (source, 10 * MIB + 1))
        cutting.start()
        got = copied([])
        cutting.join()
        with open(target, "rb") as f:
            there = f.read()
        if len(there) == 10 * MIB + 1 and got.rc == 0 and seen == 0:
            early += 1      # on a busy machine a copy may begin after the cut; later cuts are in the midst
        elif len(there) < SIZE:
            seen += 1
            c.check(f"cut while it is copied: told, after {delay} s", b"src" in got.err.split(b"\n")[0], shown(got.err))
        # The kernel copies pages: one that is cut just then may come as it was, or with zeros behind the cut.
        cut = 10 * MIB + 1
        zeros = before.startswith(there[:cut]) and len(there) < cut + 4096 and not there[cut:].strip(b"\0")
        c.check(f"cut while it is copied: a beginning of it, after {delay} s", len(there) >= cut and (before.startswith(there) or zeros),
                f"{len(there)} bytes")
        os.unlink(target)
    c.check("cut while it is copied: some were", seen > 0 or early <= 4)
    if seen == 0:
        c.skip("cut while it is copied", "every copy was quicker")


def test(c, scratch):
    copied.where = scratch
    cold.make(os.path.join(scratch, "src"), SIZE)
    c.shares_blocks = harness.run(["cp", "--reflink=always", "src", "shared"], cwd=scratch).rc == 0
    for part in (whole, warm, no_room, cut_meanwhile):
        part(c, scratch)


if __name__ == "__main__":
    harness.main(test)

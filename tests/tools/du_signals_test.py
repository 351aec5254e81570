#!/usr/bin/env python3
"""Signals during `sluice du`: each ends it, soon, and what it draws is erased; ignored ones stay so."""

import os
import select
import signal
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "lib"))
import harness
import terminal
from cprunning import ENDING, end_of, start, wait_for, waits
from harness import shown

TOOL = harness.sluice()
SOON = 5    # seconds, and on a busy machine
DRAWN = b"\r\x1b[K"


def begin(where, options, ignore=()):
    """Begun, and told so much that nobody has read that it waits."""
    process = start([TOOL, "du"], ["-a", *options, "wide"], where, ignore=ignore)
    select.select([process.stdout], [], [], 20)
    return process, wait_for(lambda: waits(process.pid, "pipe_w"))


def ended(c, name, process, began, number):
    since = time.monotonic()
    process.send_signal(number)
    code, _, err = end_of(process)
    took = time.monotonic() - since
    c.equal(f"{name}: ends by {number.name}, without a word", (began, code, err), (True, -number, b""))
    c.check(f"{name}: soon", took < SOON, f"after {took:.1f} s")


def plainly(c, scratch):
    for options in ([], ["--json"], ["--jobs=4"], ["--top=10000"], ["--stats"]):
        for number in ENDING:
            process, began = begin(scratch, options)
            ended(c, f"{' '.join(options) or 'no option'}", process, began, number)


def ignored(c, scratch):
    """As nohup wants it: they change nothing, and others still end it."""
    whole = harness.run([TOOL, "du", "-a", "wide"], cwd=scratch).out
    for number in ENDING:
        process, began = begin(scratch, [], ignore=[number])
        process.send_signal(number)
        process.send_signal(number)
        code, out, err = end_of(process)
        c.equal(f"{number.name} that was ignored: all is counted", (began, code, out == whole, err),
                (True, 0, True, b""))
        other = ENDING[(ENDING.index(number) + 1) % 3]
        process, began = begin(scratch, [], ignore=[number])
        process.send_signal(number)
        ended(c, f"{number.name} that was ignored", process, began, other)


def drawing(c, scratch):
    """With --progress on a terminal there are handlers: nothing stays drawn, what was ignored stays so."""
    plain = harness.run([TOOL, "du", "-s", "wide"], cwd=scratch).out

    def on_terminal(numbers, ignore=()):
        """Until one is in time: it may be done before it hears any."""
        before = [signal.signal(number, signal.SIG_IGN) for number in ignore]
        try:
            for _ in range(30):
                got = terminal.on_terminal(TOOL, ["du", "--progress", "-s", *["wide"] * 20, "-l"], scratch,
                                           on_drawn=lambda p: [p.send_signal(number) for number in numbers])
                if got[0] != 0 or ignore:
                    return got
        finally:
            for number, how in zip(ignore, before):
                signal.signal(number, how)
        return got
    for number in ENDING:
        rc, _, drawn = on_terminal([number])
        c.check(f"--progress is erased: {number.name}", rc == -number and drawn.endswith(DRAWN),
                f"{rc} {shown(drawn[-90:])}")
        other = ENDING[(ENDING.index(number) + 1) % 3]
        rc, _, drawn = on_terminal([number, other])
        c.check(f"--progress is erased: {number.name}, and {other.name} at once", rc in (-number, -other) and
                drawn.endswith(DRAWN), f"{rc} {shown(drawn[-90:])}")
        rc, _, drawn = on_terminal([number, number])
        c.check(f"--progress is erased: {number.name} twice", rc == -number and drawn.endswith(DRAWN),
                f"{rc} {shown(drawn[-90:])}")
        rc, out, drawn = on_terminal([number, number], ignore=[number])
        c.equal(f"--progress, {number.name} was ignored: it goes on",
                (rc, out.splitlines()[:1], drawn.endswith(DRAWN)), (0, plain.splitlines(), True))


def test(c, scratch):
    os.mkdir(os.path.join(scratch, "wide"))
    for n in range(20_000):
        os.mknod(os.path.join(scratch, "wide", f"a file with a rather long name {n}"))
    for part in (plainly, ignored, drawing):
        part(c, scratch)


if __name__ == "__main__":
    harness.main(test)

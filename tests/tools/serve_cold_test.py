#!/usr/bin/env python3
"""Files that are not in memory: `sluice serve http` has them fetched before it moves their pages to a client, so that the
thread that serves everybody does not wait for a device."""

import os
import shutil
import signal
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "lib"))
import cold
import harness
import webserver
from webserver import Reader, Server, request

SIZE = 9 * cold.MIB + 4097


def answered(model, how, root, trace):
    """The bodies, and the calls of the server while it sent the file cold, and then warm: the last time, as a thread may
    still be asking for something when the first body is there."""
    path = os.path.join(root, "large")
    bodies, counts = [], []
    with Server(root, "--model", model, "--workers", "1", "--copy", how,
                wrapper=["strace", "-f", "-e", "trace=fadvise64,sendfile", "-o", trace]) as s:
        with s.connect() as one:
            reader = Reader(one)
            cold.forget(path)
            for _ in range(3):
                one.sendall(request("/large"))
                bodies.append(reader.response().body)
                with open(trace) as f:
                    counts.append(sum("WILLNEED" in line for line in f))
        with open(f"/proc/{s.process.pid}/task/{s.process.pid}/children") as f:
            os.kill(int(f.read().split()[0]), signal.SIGTERM)
        s.process.wait(20)
    return bodies, counts[0], counts[2] - counts[1]


def test(c, scratch):
    webserver.require()
    if shutil.which("strace") is None:
        raise harness.Skip("strace is not installed")
    root = os.path.join(scratch, "site")
    os.mkdir(root)
    path = os.path.join(root, "large")
    cold.make(path, SIZE)
    with open(path, "rb") as f:
        whole = f.read()
    for model in ("uring", "epoll", "threads"):
        for how in ("auto", "sendfile", "splice", "mmap"):
            name = f"{model}, {how}"
            bodies, first, again = answered(model, how, root, os.path.join(scratch, "trace"))
            c.check(f"{name}: every byte", bodies == [whole] * 3, f"{[len(b) for b in bodies]} bytes")
            c.check(f"{name}: asked for before it is sent", first > 0)
            c.equal(f"{name}: what is in memory is not asked for", again, 0)


if __name__ == "__main__":
    harness.main(test)

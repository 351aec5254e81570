#!/usr/bin/env python3
"""`sluice serve http` with a thread or a process for each client, and more clients than those."""

import os
import select
import signal
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "lib"))
import harness
import webserver
from connecting import site
from webserver import Reader, Server, eventually, read_all, request


def blocking_models(c, name, root):
    """More clients than workers: nobody keeps one without need."""
    with Server(root, "--model", name, "--workers", "2") as s:
        kept = [s.connect(), s.connect()]
        for one in kept:
            one.sendall(request("/small"))
            got = Reader(one).response()
        c.check(f"{name}: kept while nobody waits", "connection" not in got.fields, got.fields)
        c.equal(f"{name}: idle ones make room for others", s.get("/small").status, 200)
        ended = select.select(kept, [], [], 20)[0]
        c.equal(f"{name}: and end", [read_all(one) for one in ended][:1], [b""])
        for one in kept:
            one.close()
    with Server(root, "--model", name, "--workers", "1") as s, s.connect() as first, s.connect() as second:
        first.sendall(request("/small")[:-1])   # the worker is this one's until it has asked
        second.sendall(request("/small"))
        first.sendall(request("/small")[-1:])
        got = Reader(first).response()
        c.check(f"{name}: who keeps others waiting is told that it is the last answer", got.status == 200 and
                got.fields.get("connection") == "close", got.fields)
        c.equal(f"{name}: and it was", read_all(first), b"")
        got = Reader(second).response()
        c.check(f"{name}: the one that waited is kept", got.status == 200 and "connection" not in got.fields,
                got.fields)
    if name != "processes":
        return
    with Server(root, "--model", name, "--workers", "2") as s:
        for pid in s.children():
            os.kill(pid, signal.SIGKILL)

        def answers():
            try:
                return s.get("/small").status == 200
            except OSError:  # taken by one that was about to die
                return False
        c.check("processes: those that die are replaced", eventually(answers))
        c.equal("processes: and it ends", s.end(), 0)


def test(c, scratch):
    webserver.require()
    root = site(scratch)
    for name in ("threads", "processes"):
        blocking_models(c, name, root)


if __name__ == "__main__":
    harness.main(test)

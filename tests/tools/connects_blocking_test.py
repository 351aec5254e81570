#!/usr/bin/env python3
"""Connects by the hundred thousand in a row to the web server's threads and processes."""

import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "lib"))
import harness
import webserver
from connecting import compiled, connects, site

WORKERS = 4


def test(c, scratch):
    webserver.require()
    client, root = compiled(scratch), site(scratch)
    # Whether it is the last answer, which is told in it, else depends on who waits.
    ask = webserver.request("/small", "Connection: close")
    for model, processes in (("threads", 0), ("processes", WORKERS)):
        with webserver.Server(root, "--model", model, "--workers", str(WORKERS)) as s:
            length = len(s.raw(ask, half_close=True))
            webserver.eventually(lambda: len(s.children()) == processes)
            children = s.children()
            talk = [ask.decode(), str(length), "HTTP/1.1 200 "]
            connects(c, f"http, {model}", client, s, s.port, talk, children)
            c.equal(f"http, {model}: nobody died", s.children(), children)
            c.equal(f"http, {model}: ends", s.end(), 0)


if __name__ == "__main__":
    harness.main(test)

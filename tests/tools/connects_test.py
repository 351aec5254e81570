#!/usr/bin/env python3
"""Connects by the hundred thousand in a row to the web server's loops."""

import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "lib"))
import harness
import webserver
from connecting import compiled, connects, site


def test(c, scratch):
    webserver.require()
    client, root, ask = compiled(scratch), site(scratch), webserver.request("/small")
    for model in ("uring", "epoll"):
        with webserver.Server(root, "--model", model) as s:
            length = len(s.raw(ask, half_close=True))
            connects(c, f"http, {model}", client, s, s.port, [ask.decode(), str(length), "HTTP/1.1 200 "])
            c.equal(f"http, {model}: ends", s.end(), 0)


if __name__ == "__main__":
    harness.main(test)

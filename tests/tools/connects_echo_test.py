#!/usr/bin/env python3
"""Connects by the hundred thousand in a row to the echo server."""

import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "lib"))
import harness
import server
from connecting import CONNECTS, WARMING, compiled, connects

MESSAGE = "there and back, sixty-four bytes of it: 0123456789 abcdefghijklm"


def test(c, scratch):
    client = compiled(scratch)
    # The buffers that connections share grow to what is needed once: small ones, for they are no leak.
    serve = [harness.sluice(), "echo", "serve", "--listen", "127.0.0.1:0", "--json", "--buffer-size", "128"]
    for name, backend in (("uring", "auto"), ("epoll", "epoll")):
        with server.Server(serve, env=harness.base_env(SLUICE_BACKEND=backend)) as s:
            if name == "uring" and "io_uring" not in s.told["backend"]:
                c.skip("echo, uring", f"the backend here is {s.told['backend']}")
                continue
            connects(c, f"echo, {name}", client, s, server.parse(s.listening)[1],
                     [MESSAGE, str(len(MESSAGE)), MESSAGE])
            rc, told, err = s.end()
            c.check(f"echo, {name}: none failed", rc == 0 and told["connections"] == CONNECTS + WARMING
                    and told["bytes"] == len(MESSAGE) * told["connections"], f"{rc} {told} {err}")


if __name__ == "__main__":
    harness.main(test)

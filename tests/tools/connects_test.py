#!/usr/bin/env python3
"""Connects by the hundred thousand in a row to both servers: all served, no descriptor and no memory left behind."""

import os
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "lib"))
import harness
import server
import webserver

CONNECTS = 100_000
ECHO_CONNECTS = CONNECTS if harness.LARGE else 20_000  # for time: the same loops carry both
AT_ONCE = 16
SPARE = 512 << 10  # bytes: less for each connect than the smallest allocation takes
MESSAGE = "there and back, sixty-four bytes of it: 0123456789 abcdefghijklm"


def compiled(scratch):
    program = os.path.join(scratch, "connects")
    source = os.path.join(harness.HERE, "connects.c")
    got = harness.run(["cc", "-O1", "-Wall", "-pthread", "-o", program, source])
    if got.rc != 0:
        raise harness.Skip(f"no C compiler: {harness.first_line(got.err)}")
    return program


def resident(pid):
    with open(f"/proc/{pid}/statm", encoding="ascii") as f:
        return int(f.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")


def connects(c, name, client, s, port, wanted, talk):
    def run(count):
        return harness.run([client, str(port), str(count), str(AT_ONCE), *talk], timeout=600)

    def settled(most):
        return webserver.eventually(lambda: s.descriptors() <= most)
    idle = s.descriptors()
    first = run(2_000)  # after them it has all that it keeps
    settled(idle + 2)
    open_before, before = s.descriptors(), resident(s.process.pid)
    began = time.monotonic()
    got = run(wanted)
    seconds = time.monotonic() - began
    c.check(f"{name}: {wanted} connects in a row, all served, in {seconds:.1f} s", first.rc == got.rc == 0,
            first.err + got.err)
    c.check(f"{name}: {open_before} descriptors before, no more after", settled(open_before), s.descriptors())
    more = resident(s.process.pid) - before
    c.check(f"{name}: {before >> 10} KiB of memory before, {more >> 10} KiB more after", more <= SPARE)


def test(c, scratch):
    client = compiled(scratch)
    for name, backend in (("uring", "auto"), ("epoll", "epoll")):
        # The buffers that connections share grow to what is needed once: small ones, for they are no leak.
        with server.Server([webserver.TOOL, "echo", "serve", "--listen", "127.0.0.1:0", "--json", "--buffer-size", "128"],
                           env=harness.base_env(SLUICE_BACKEND=backend)) as s:
            if name == "uring" and "io_uring" not in s.told["backend"]:
                c.skip("echo, uring", f"the backend here is {s.told['backend']}")
                continue
            connects(c, f"echo, {name}", client, s, server.parse(s.listening)[1], ECHO_CONNECTS,
                     [MESSAGE, str(len(MESSAGE)), MESSAGE])
            rc, told, err = s.end()
            c.check(f"echo, {name}: none failed", rc == 0 and told["connections"] == ECHO_CONNECTS + 2_000
                    and told["bytes"] == len(MESSAGE) * told["connections"], f"{rc} {told} {err}")
    webserver.require()
    site = os.path.join(scratch, "site")
    os.mkdir(site)
    with open(f"{site}/small", "w", encoding="ascii") as f:
        f.write("small")
    ask = webserver.request("/small")
    for model in ("uring", "epoll"):
        with webserver.Server(site, "--model", model) as s:
            length = len(s.raw(ask, half_close=True))
            connects(c, f"http, {model}", client, s, s.port, CONNECTS, [ask.decode(), str(length), "HTTP/1.1 200 "])
            c.equal(f"http, {model}: ends", s.end(), 0)


if __name__ == "__main__":
    harness.main(test)

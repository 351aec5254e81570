#!/usr/bin/env python3
"""Ten thousand connections to `sluice echo serve`, each active once and then idle: all are served, and one takes
at most 1 KiB of resident memory."""

import os
import resource
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "lib"))
import harness
from server import Server, until

TOOL = harness.sluice()
CONNECTIONS = 10_000
BUDGET = 1024
SPARE = 200  # descriptors besides the connections


def allow_descriptors():
    """Both halves inherit it."""
    wanted = CONNECTIONS + SPARE
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    try:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, max(wanted, hard)))
    except (ValueError, PermissionError):
        raise harness.Skip(f"{hard} descriptors are allowed, {wanted} are needed")


def many(c, backend, env):
    with Server([TOOL, "echo", "serve", "--listen", "127.0.0.1:0", "--json"], env=env) as s:
        before, table = s.status("VmRSS"), s.status("FDSize")
        clients = subprocess.Popen([TOOL, "echo", "load", "--json", "-c", str(CONNECTIONS), "-n", "1", "--hold", "600",
                                    s.listening], env=env, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        try:
            idle = clients.stdout.readline()
            there = until(lambda: s.descriptors() >= CONNECTIONS)
            grown = s.status("FDSize")
            each = (s.status("VmRSS") - before) / CONNECTIONS
        finally:
            clients.kill()
            _, err = clients.communicate()
        c.check(f"{backend}: {CONNECTIONS} connections are there", idle == b'{"idle":true}\n' and there,
                f"{idle!r} {err!r}")
        # Whoever needed one of the descriptors that are new would wait some ten milliseconds for it.
        c.equal(f"{backend}: the table of descriptors need not grow", grown, table)
        if "io_uring" in s.told["backend"]:
            c.check(f"{backend}: {each:.0f} bytes of memory for each, at most {BUDGET}", each <= BUDGET)
        else:
            c.skip(f"{backend}: {each:.0f} bytes of memory for each", "the budget is for io_uring")
        c.check(f"{backend}: they go", until(lambda: s.descriptors() < SPARE), f"{s.descriptors()} are open")
        rc, told, err = s.end()
        # The clients were killed: what they had received in full ends without an error.
        c.check(f"{backend}: all were served", rc == 0 and told["connections"] == CONNECTIONS
                and told["bytes"] == 64 * CONNECTIONS and told["failed"] == 0, f"exit status {rc}, {told}, {err!r}")


def test(c, scratch):
    allow_descriptors()
    for backend in ("auto", "epoll"):
        many(c, backend, harness.base_env(SLUICE_BACKEND=backend))


if __name__ == "__main__":
    harness.main(test)

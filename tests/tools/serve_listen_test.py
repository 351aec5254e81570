#!/usr/bin/env python3
"""Where `sluice serve http` and `sluice echo` listen: this machine only unless told; several addresses; IPv6."""

import contextlib
import os
import socket
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "lib"))
import harness
import server
import webserver
from webserver import MODELS, Reader, Server, request

LISTENING = "0A"


def inodes_of(pid):
    """Of the sockets that a process has open."""
    links = []
    for fd in os.listdir(f"/proc/{pid}/fd"):
        with contextlib.suppress(FileNotFoundError):  # closed meanwhile
            links.append(os.readlink(f"/proc/{pid}/fd/{fd}"))
    return {link[8:-1] for link in links if link.startswith("socket:[")}


def listening(pid):
    """The addresses at which a process listens, as the kernel tells."""
    mine, found = inodes_of(pid), []
    for table, family in (("tcp", socket.AF_INET), ("tcp6", socket.AF_INET6)):
        try:
            with open(f"/proc/{pid}/net/{table}", encoding="ascii") as f:
                rows = [line.split() for line in f.readlines()[1:]]
        except FileNotFoundError:
            continue
        for row in rows:
            if row[3] != LISTENING or row[9] not in mine:
                continue
            digits, port = row[1].split(":")
            words = [int(digits[i:i + 8], 16).to_bytes(4, sys.byteorder) for i in range(0, len(digits), 8)]
            found.append((socket.inet_ntop(family, b"".join(words)), int(port, 16)))
    return sorted(found)


def taken(port):
    with socket.socket() as one:
        one.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            one.bind(("127.0.0.1", port))
            return False
        except OSError:
            return True


def has_ipv6():
    try:
        with socket.socket(socket.AF_INET6) as one:
            one.bind(("::1", 0))
            return True
    except OSError:
        return False


def by_default(c, root):
    """Without a word about where. The ports are fixed then, and may be somebody else's."""
    for name, argv, port in (("echo serve", ["echo", "serve"], 7777), ("serve http", ["serve", "http", root], 8080)):
        if taken(port):
            c.skip(f"{name}: where it listens by default", f"port {port} is taken")
            continue
        process = subprocess.Popen([webserver.TOOL, *argv], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                                   stderr=subprocess.DEVNULL, env=harness.base_env())
        try:
            webserver.eventually(lambda: process.poll() is not None or listening(process.pid))
            c.equal(f"{name}: this machine only by default", listening(process.pid), [("127.0.0.1", port)])
        finally:
            process.kill()
            process.wait()
    with Server(root, "--metrics-listen", "0", listen=("0",)) as s:
        c.equal("a port alone is of this machine only, that of the metrics too", [a for a, _ in listening(s.process.pid)],
                ["127.0.0.1"] * 2)
    with Server(root, listen=(":0",)) as s:
        c.equal("and all its addresses only if told so", [a for a, _ in listening(s.process.pid)], ["0.0.0.0"])


def several(c, root, ipv6):
    listen = ("127.0.0.1:0", "127.0.0.1:0", "127.0.0.2:0") + (("[::1]:0",) if ipv6 else ())
    for model in MODELS:
        with Server(root, "--model", model, "--workers", "1", listen=listen) as s:
            hosts = ["127.0.0.1", "127.0.0.1", "127.0.0.2", "::1"]
            got = []
            for host, port in zip(hosts, s.ports):
                with socket.create_connection((host, port), timeout=20) as one:
                    one.sendall(request("/small", "Connection: close"))
                    got.append(Reader(one).response().body)
            c.equal(f"{model}: {len(listen)} addresses at once", got, [b"Z" * 5] * len(listen))
            c.equal(f"{model}: and no other", listening(s.process.pid), sorted(zip(hosts, s.ports)))
            c.equal(f"{model}: ends", s.end(), 0)
    with socket.create_server(("127.0.0.1", 0)) as held:
        port = held.getsockname()[1]
        got = harness.run([webserver.TOOL, "serve", "http", root, "--listen", "0", "--listen", str(port)], timeout=20)
        c.check("one that can't be had is told", got.rc == 1 and f"127.0.0.1:{port}: ".encode() in got.err, got)


def over_ipv6(c, root, scratch):
    for model in MODELS:
        log = f"{scratch}/log6-{model}"
        with Server(root, "--model", model, "--workers", "1", "--access-log", log, listen=("[::1]:0",)) as s:
            c.equal(f"{model}: IPv6 listens there", listening(s.process.pid), [("::1", s.port)])
            with socket.create_connection(("::1", s.port), timeout=20) as one:
                one.sendall(request("/small") + request("/medium", "Connection: close"))
                reader = Reader(one)
                c.equal(f"{model}: IPv6", [len(reader.response().body) for _ in range(2)], [5, 300_000])
            s.end()
        with open(log, encoding="ascii") as f:
            c.check(f"{model}: IPv6 in the log", all(line.startswith("::1 - - [") for line in f), log)
    for backend in ("auto", "epoll", "pool"):
        env = harness.base_env(SLUICE_BACKEND=backend)
        with server.Server([webserver.TOOL, "echo", "serve", "--json", "--listen", "[::1]:0"], env=env) as s:
            got = harness.run([webserver.TOOL, "echo", "load", "-c", "5", "-n", "20", s.listening], env=env)
            c.check(f"echo, {backend}: IPv6", got.rc == 0 and s.listening.startswith("[::1]:")
                    and b"5 connections, 100 messages" in got.out, got)


def test(c, scratch):
    webserver.require()
    root = os.path.join(scratch, "site")
    os.mkdir(root)
    for name, size in (("small", 5), ("medium", 300_000)):
        with open(f"{root}/{name}", "wb") as f:
            f.write(b"Z" * size)
    by_default(c, root)
    ipv6 = has_ipv6()
    several(c, root, ipv6)
    if ipv6:
        over_ipv6(c, root, scratch)
    else:
        c.skip("IPv6", "this machine has none")


if __name__ == "__main__":
    harness.main(test)

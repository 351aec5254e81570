#!/usr/bin/env python3
"""`sluice echo`: the server beside plain sockets, the load beside servers that are slow, wrong or gone."""

import errno
import json
import os
import re
import resource
import signal
import socket
import struct
import sys
import threading
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "lib"))
import harness
from harness import shown
from server import Server, parse, until

TOOL = harness.sluice()


def serve(*options, **how):
    return Server([TOOL, "echo", "serve", "--json", *(options or ("--listen", "127.0.0.1:0"))], **how)


def load(address, *options, **how):
    result = harness.run([TOOL, "echo", "load", "--json", *options, address], **how)
    lines = result.out.splitlines()
    return result, json.loads(lines[-1]) if lines else {}


def read_all(peer, into):
    while part := peer.recv(1 << 16):
        into.append(part)


def half_close(c, label, at):
    """Everything comes back after we have said that no more comes, and then the end."""
    sent = os.urandom(3_000_000)
    with socket.create_connection(at, timeout=60) as peer:
        got = []
        reader = threading.Thread(target=read_all, args=(peer, got))
        reader.start()
        peer.sendall(sent)
        peer.shutdown(socket.SHUT_WR)
        reader.join()
    c.check(f"{label}: three megabytes, then half a close", b"".join(got) == sent,
            f"{sum(map(len, got))} bytes came back")


def vanish(at):
    """Resets in the middle of things, one with much under way that nobody reads."""
    for n in range(50):
        peer = socket.create_connection(at, timeout=60)
        peer.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        peer.setblocking(False)
        try:
            for _ in range(n):
                peer.send(bytes(1 << 16))
        except BlockingIOError:
            pass
        peer.close()


def server(c, backend):
    env = harness.base_env(SLUICE_BACKEND=backend)
    with serve(env=env) as s:
        at = parse(s.listening)
        before = s.descriptors()
        half_close(c, backend, at)
        vanish(at)
        result, told = load(s.listening, "-c", "50", "-n", "40", "-s", "1000", env=env)
        c.check(f"{backend}: 50 connections, 40 messages each",
                result.rc == 0 and told["messages"] == told["counted"] == 2000 and told["failed"] == 0
                and 0 < told["p50_ns"] <= told["p99_ns"] <= told["p99.9_ns"] <= told["max_ns"],
                f"exit status {result.rc}, {shown(result.out)}{shown(result.err)}")
        result, told = load(s.listening, "-c", "3", "-n", "5", "-s", "65536", env=env)
        c.check(f"{backend}: the largest messages", result.rc == 0 and told["messages"] == 15, shown(result.err))
        # How many descriptors the loop itself has begun to use is its own affair.
        c.check(f"{backend}: no descriptor stays", until(lambda: s.descriptors() <= before + 8),
                f"{before} before, {s.descriptors()} now")
        with socket.create_connection(at, timeout=60) as idle:
            idle.sendall(b"x")
            idle.recv(1)
            rc, told, err = s.end()
            c.check(f"{backend}: asked to end, it does, and closes", rc == 0 and idle.recv(1) == b"", f"exit status {rc}")
        c.check(f"{backend}: its count", told and told["connections"] == 105 and told["bytes"] >= 3_000_000 + 2_000_000
                and told["failed"] <= 50, f"{told} {shown(err)}")


def no_descriptors(c, backend):
    """Those beyond the limit wait in the listener's queue, and are served when others have gone."""
    with serve(env=harness.base_env(SLUICE_BACKEND=backend), limits={resource.RLIMIT_NOFILE: 40}) as s:
        peers = [socket.create_connection(parse(s.listening), timeout=60) for _ in range(80)]
        for peer in peers:
            peer.sendall(b"?")
        served = 0
        for peer in peers:  # accepted in this order
            served += peer.recv(1) == b"?"
            peer.close()
        rc, told, err = s.end()
        c.check(f"{backend}: out of descriptors, it waits", served == 80 and rc == 0 and told["out_of_descriptors"] > 0,
                f"{served} served, exit status {rc}, {told} {shown(err)}")


def hogs(c, backend):
    """Peers that send and never read: they hold more buffers than there are, until they are cut off."""
    with serve("--send-timeout", "1", env=harness.base_env(SLUICE_BACKEND=backend)) as s:
        peers = []
        for _ in range(100):
            peer = socket.socket()
            peer.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1)
            peer.connect(parse(s.listening))
            peer.setblocking(False)
            peers.append(peer)
        for _ in range(40):
            for peer in peers:
                try:
                    peer.send(bytes(65536))
                except OSError:
                    pass
            time.sleep(0.01)
        answered = False
        with socket.create_connection(parse(s.listening), timeout=60) as honest:
            honest.sendall(b"?")
            try:
                answered = honest.recv(1) == b"?"
            except OSError:
                pass
        for peer in peers:
            peer.close()
        rc, told, err = s.end()
        c.check(f"{backend}: who never reads does not stop the others", answered and rc == 0, f"{told} {shown(err)}")


def unix(c, scratch):
    name = os.path.join(scratch, "socket")
    path = "unix:" + name

    def echoes():
        result, told = load(path, "-c", "4", "-n", "10")
        return result.rc == 0 and told["messages"] == 40

    def refused():
        with socket.socket(socket.AF_UNIX) as one:
            return one.connect_ex(name) == errno.ECONNREFUSED

    def stays(label):
        again = harness.run([TOOL, "echo", "serve", "--listen", path], timeout=20)
        c.check(label, again.rc == 1 and b"listen on unix:" in again.err and os.path.exists(name), shown(again.err))
    with serve("--listen", path) as s:
        c.check("a Unix socket", echoes())
        stays("one that is in use stays")
        s.end(signal.SIGKILL)
    # The kernel may hold a ring's files a little longer than its process lives.
    c.check("what a killed one leaves", until(refused) and os.path.exists(name))
    with serve("--listen", path) as s:
        c.check("is replaced", echoes())
        s.end()
    c.check("it is gone with its server", not os.path.exists(name))
    with harness.hung_owner(name):
        stays("one whose owner hangs stays")
    with serve("--listen", path) as s:
        os.unlink(name)
        with open(name, "w") as f:
            f.write("mine")
        s.end()
    c.check("what is not its own any more stays", os.path.exists(name))


class Peer(threading.Thread):
    """A server of one connection: `answer(number of the message, bytes)` gives what goes back."""

    def __init__(self, answer):
        super().__init__(daemon=True)
        self.answer = answer
        self.door = socket.create_server(("127.0.0.1", 0))
        self.address = "127.0.0.1:%d" % self.door.getsockname()[1]
        self.start()

    def run(self):
        peer, _ = self.door.accept()
        with self.door, peer:
            n = 0
            while message := peer.recv(64, socket.MSG_WAITALL):
                n += 1
                back = self.answer(n, message)
                if back is None:
                    return
                peer.sendall(back)


def measuring(c):
    def stall(n, message):
        if n == 100:
            time.sleep(1)
        return message
    result, told = load(Peer(stall).address, "-c", "1", "-r", "200", "-n", "400")
    # One answer was late, and behind it some 200 messages that should have left meanwhile.
    c.check("what waits behind a slow answer counts", result.rc == 0 and told["p99_ns"] > 800_000_000
            and told["max_ns"] >= 1_000_000_000 and told["elapsed_ns"] >= 1_990_000_000, shown(result.out))
    result, told = load(Peer(stall).address, "-c", "1", "-n", "400")
    c.check("without a rate nothing waits behind it", result.rc == 0 and told["counted"] == 400
            and told["p99_ns"] < 800_000_000 <= told["max_ns"], shown(result.out))
    result, told = load(Peer(lambda n, m: m).address, "-c", "1", "-r", "100", "-d", "1", "--warmup", "1")
    c.check("a warm-up does not count", result.rc == 0 and told["counted"] == 100 and told["messages"] == 200,
            shown(result.out))

    result, told = load(Peer(lambda n, m: m if n < 10 else m[:-1] + b"!").address, "-c", "1", "-n", "50")
    c.check("a changed message is told", result.rc == 1 and told["messages"] == 9 and told["failed"] == 1
            and b"1 of 1 connections to" in result.err and b"not what had been sent" in result.err, shown(result.err))
    result, told = load(Peer(lambda n, m: m if n < 10 else None).address, "-c", "1", "-n", "50")
    c.check("so is an end", result.rc == 1 and told["messages"] == 9 and told["failed"] == 1, shown(result.err))
    with socket.create_server(("127.0.0.1", 0)) as door:
        gone = "127.0.0.1:%d" % door.getsockname()[1]
    for how in ([], ["--json"], ["--histogram", "-c", "3"]):
        result = harness.run([TOOL, "echo", "load", *how, gone])
        c.check(f"nobody there: {how}", result.rc == 1 and not result.out and result.err.decode() ==
                f"sluice echo: cannot connect to {gone}: Connection refused\n", shown(result.out + result.err))


def some_only(c):
    """More connections than the load may have descriptors for."""
    with serve() as s:
        result = harness.run([TOOL, "echo", "load", "-c", "100", s.listening], limits={resource.RLIMIT_NOFILE: 40})
        found = re.fullmatch(rf"sluice echo: cannot connect to {s.listening}: Too many open files, after (\d+) connections\n",
                             result.err.decode())
        c.check("a connection that can't be made is told, and how many were", result.rc == 1 and not result.out
                and found and 20 <= int(found[1]) < 40, shown(result.err))


def partly(c):
    """A server that takes ten connections, answers, then ends three and resets two; the others go on."""
    door = socket.create_server(("127.0.0.1", 0))
    address = "127.0.0.1:%d" % door.getsockname()[1]

    def run():
        peers = [door.accept()[0] for _ in range(10)]
        for n, peer in enumerate(peers):
            peer.sendall(peer.recv(64, socket.MSG_WAITALL))
            if n < 5:
                peer.recv(64, socket.MSG_WAITALL)
                if n < 2:
                    peer.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                peer.close()
        for peer in peers[5:]:
            peer.sendall(peer.recv(64, socket.MSG_WAITALL))
    threading.Thread(target=run, daemon=True).start()
    result, told = load(address, "-c", "10", "-n", "2")
    lines = sorted(result.err.decode().splitlines())
    c.equal("those that fail midway are told by their reasons", (result.rc, lines, told["messages"], told["failed"]),
            (1, [f"sluice echo: 2 of 10 connections to {address} failed: Connection reset by peer",
                 f"sluice echo: 3 of 10 connections to {address} failed: the other side ended the connection"], 15, 5))
    door.close()


def histogram(c):
    with serve() as s:
        plain = harness.run([TOOL, "echo", "load", "-c", "4", "-n", "500", s.listening])
        drawn = harness.run([TOOL, "echo", "load", "--histogram", "-c", "4", "-n", "500", s.listening])
        result, told = load(s.listening, "--histogram", "-c", "4", "-n", "500")
    c.check("without being asked: five lines of times", plain.rc == 0 and [x.split()[0] for x in plain.out.decode().splitlines()]
            == ["4", "p50", "p90", "p99", "p99.9", "max"], shown(plain.out))
    head, _, rows = drawn.out.decode().partition("\n\n")
    rows = rows.splitlines()
    form = re.compile(r" {0,6}(\d+) (ns|us|ms|s)  +(\d+)  [ \d]{3}\.\d %(  \.|  #{1,40})?")
    found = [form.fullmatch(row) for row in rows[1:]]
    ok = drawn.rc == 0 and head.count("\n") == 5 and rows[0] == "   up to  messages    share" and all(found)
    c.check("the histogram's form", ok, shown(drawn.out))
    if ok:
        c.equal("each message is in one row", sum(int(m[3]) for m in found), 2000)
        c.check("its rows are aligned, short and begin and end with some", len({m.end(3) for m in found}) == 1
                and max(map(len, rows)) < 80 and int(found[0][3]) > 0 < int(found[-1][3])
                and any("#" * 40 in row for row in rows), shown(drawn.out))
    rows = [json.loads(line) for line in result.out.splitlines()[:-1]]
    bounds = [0] + [row["up_to_ns"] for row in rows]
    c.check("as JSON", result.rc == 0 and sum(row["messages"] for row in rows) == told["counted"] == 2000
            and bounds == sorted(set(bounds)) and bounds[-2] < told["max_ns"] <= bounds[-1], shown(result.out))


def uring_denied(c, scratch):
    """By a filter of system calls, as in containers: another way is found, unless this one was asked for."""
    program = os.path.join(scratch, "refuse")
    if harness.run(["cc", "-o", program, os.path.join(harness.HERE, "refuse_uring.c")]).rc != 0:
        c.skip("io_uring denied", "no C compiler")
        return
    listen = [TOOL, "echo", "serve", "--json", "--listen", "127.0.0.1:0"]
    for error in ("EPERM", "ENOSYS", "ENOMEM"):
        name = f"io_uring denied with {error}"
        env = harness.base_env(SLUICE_BACKEND="auto")
        with Server([program, error, *listen], env=env) as s:
            c.check(f"{name}: epoll takes its place", s.told["backend"].startswith("epoll"), s.told)
            half_close(c, name, parse(s.listening))
            load_it = ["echo", "load", "--json", "-c", "10", "-n", "20", s.listening]
            result = harness.run([program, error, TOOL, *load_it], env=env)
            told = json.loads(result.out.splitlines()[-1]) if result.out else {}
            c.check(f"{name}: the load, too", result.rc == 0 and told["messages"] == 200,
                    shown(result.err))
            rc, told, err = s.end()
            c.check(f"{name}: the end", rc == 0 and told["connections"] == 11, f"{rc} {told} {err}")
        got = harness.run([program, error, *listen], env=harness.base_env(SLUICE_BACKEND="uring"), timeout=20)
        c.check(f"{name}, and insisted on", got.rc == 1 and got.err.startswith(b"sluice") and not got.out
                and b"io_uring" in got.err and got.err.count(b"\n") == 1, shown(got.out + got.err))


def options(c):
    for wrong, word in (([], b"serve or load"), (["sing"], b"neither"), (["serve", "-c", "3"], b"of load"),
                        (["load", "--listen", "127.0.0.1:1"], b"of serve"), (["load", "-s", "0"], b"size"),
                        (["load", "-s", "65537"], b"size"), (["load", "-r", "ten"], b"rate"),
                        (["load", "-d", "-1"], b"duration"), (["load", "localhost"], b"address"),
                        (["load", "127.0.0.1:1", "x"], b"extra"), (["serve", "127.0.0.1:1"], b"extra"),
                        (["load", "--nonsense"], b"nonsense")):
        result = harness.run([TOOL, "echo", *wrong])
        c.check(f"refused: echo {' '.join(wrong)}", result.rc == 1 and result.err.startswith(b"sluice echo: ")
                and word in result.err and not result.out, shown(result.err))
    text = harness.run([TOOL, "help", "echo"]).out.decode()
    c.check("help fits 80 columns", text.startswith("Usage: sluice echo") and all(len(x) <= 80 for x in text.splitlines()))


def test(c, scratch):
    options(c)
    unix(c, scratch)
    measuring(c)
    some_only(c)
    partly(c)
    histogram(c)
    uring_denied(c, scratch)
    for backend in ("auto", "epoll", "pool"):
        server(c, backend)
        no_descriptors(c, backend)
        hogs(c, backend)


if __name__ == "__main__":
    harness.main(test)

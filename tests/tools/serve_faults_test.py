#!/usr/bin/env python3
"""`sluice serve http` among clients that are slow, gone or too many, and without what it needs; its log and its numbers."""

import contextlib
import os
import random
import re
import resource
import select
import signal
import socket
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "lib"))
import harness
import webserver
from webserver import MODELS, WAYS, Reader, Server, eventually, read_all, request

LOOPS = ("uring", "epoll")
LARGE = 8 << 20
HARD = resource.getrlimit(resource.RLIMIT_NOFILE)[1]


def mixed():
    """Content of which no two pieces are alike."""
    return random.Random(3).randbytes(3_000_001)


def slow_clients(c, name, s):
    began = time.monotonic()
    with s.connect() as silent, s.connect() as slow, s.connect() as idle:
        slow.sendall(b"GET / HTTP/1.1\r\n")
        idle.sendall(request("/small"))
        Reader(idle).response()
        ends = [read_all(one) for one in (slow, silent, idle)]
        c.check(f"{name}: nothing was said to those that waited too long", ends == [b""] * 3, ends)
    c.check(f"{name}: and not before their time", time.monotonic() - began >= 0.9)
    c.check(f"{name}: they are counted", eventually(lambda: s.metrics()["sluice_http_timeouts_total"] >= 3),
            s.metrics())
    with s.connect(receive_buffer=4096) as one, s.connect(receive_buffer=1 << 16) as other, \
            s.connect(receive_buffer=1 << 16) as again:
        again.sendall(request("/large"))
        first = len(Reader(again).response().body)
        for peer in (one, other, again):
            peer.sendall(request("/large"))
        taken, until = 0, time.monotonic() + 4  # longer than twice the time for one piece
        while time.monotonic() < until and (more := other.recv(1 << 15)):
            taken += len(more)
            time.sleep(0.1)
        got, later = read_all(one), read_all(again)
        rest = len(read_all(other))
    c.check(f"{name}: one that reads nothing is given up", len(got) < LARGE, len(got))
    c.check(f"{name}: also one that has read an answer before", first == LARGE and len(later) < LARGE,
            f"{first}, then {len(later)}")
    c.check(f"{name}: one that reads slowly is not", taken + rest > LARGE and taken < LARGE // 4, f"{taken}, then {rest}")


def stuck_clients(c, name, root):
    """Clients that read nothing, whichever way files travel: for each way a server, all at the same time."""
    def stuck(s):
        one = s.connect(receive_buffer=4096)
        one.sendall(request("/large"))
        one.recv(10)
        return one
    few = ["--model", name, "--workers", "1"]
    with contextlib.ExitStack() as held:
        servers = [held.enter_context(Server(root, *few, "--copy", way, "--send-timeout", "1",
                                             "--metrics-listen", "0")) for way in WAYS]
        for s in servers:
            held.enter_context(stuck(s))
        for way, s in zip(WAYS, servers):
            c.check(f"{name} {way}: one that reads nothing is given up",
                    eventually(lambda: s.metrics()["sluice_http_timeouts_total"] == 1), s.metrics())
            c.equal(f"{name} {way}: others are served", s.get("/small").status, 200)
    with contextlib.ExitStack() as held:
        servers = [held.enter_context(Server(root, *few, "--copy", way, "--drain-timeout", "1")) for way in WAYS]
        for s in servers:
            held.enter_context(stuck(s))
        for s in servers:
            s.tell(signal.SIGTERM)
        for way, s in zip(WAYS, servers):
            c.equal(f"{name} {way}: the end does not wait for one that reads nothing", s.await_end(), 0)


def tiny_buffers(c, name, s):
    with s.connect(receive_buffer=1) as one:
        one.sendall(request("/medium"))
        c.equal(f"{name}: the smallest buffers", len(Reader(one).response().body), 300_000)


def vanishing(c, name, s):
    for i in range(200):
        one = s.connect()
        one.sendall(request("/large" if i % 2 else "/small")[:40 if i % 3 == 0 else None])
        one.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")  # a reset
        one.close()
    c.check(f"{name}: all that vanished are forgotten",
            eventually(lambda: s.metrics()["sluice_http_connections_open"] == 0), s.metrics())
    c.equal(f"{name}: others are served", s.get("/small").status, 200)


def vanishing_midway(c, name, root):
    """With several buffers in the network's hands; each has to come back, whatever became of its bytes."""
    with Server(root, "--model", name, "--copy", "zc", "--workers", "4", "--metrics-listen", "0") as s:
        for i in range(100):
            with s.connect(receive_buffer=4096) as one:
                one.sendall(request("/large"))
                one.recv(i * 1000 + 1)
                if i % 2:
                    one.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")  # a reset
        c.check(f"{name} zc: all that vanished are forgotten",
                eventually(lambda: s.metrics()["sluice_http_connections_open"] == 0), s.metrics())
        got = s.get("/mixed").body
        c.check(f"{name} zc: others get all in order", got == mixed(), len(got))


def no_leak(c, name, s):
    for _ in range(100):
        s.get("/small")
    eventually(lambda: s.metrics()["sluice_http_connections_open"] == 0)
    before = s.descriptors()
    for _ in range(2000):
        s.get("/small")
    eventually(lambda: s.metrics()["sluice_http_connections_open"] == 0)
    c.check(f"{name}: no descriptor leaks", eventually(lambda: s.descriptors() <= before + 2),
            f"{before}, then {s.descriptors()}")


def too_many(c, name, root):
    with Server(root, "--model", name, "--clients", "3", "--metrics-listen", "0") as s:
        held = [s.connect() for _ in range(3)]
        for one in held:
            one.sendall(request("/small"))
            Reader(one).response()
        got = s.get("/small")
        c.check(f"{name}: one too many", got.status == 503 and got.fields["connection"] == "close", got.status)
        c.check(f"{name}: it is counted", eventually(lambda: s.metrics()["sluice_http_connections_refused_total"] == 1))
        held.pop().close()
        c.check(f"{name}: and then there is room", eventually(lambda: s.get("/small").status == 200))
        for one in held:
            one.close()


def allow(s, more):
    """From now on so many descriptors besides those it has, which have the lowest numbers."""
    resource.prlimit(s.process.pid, resource.RLIMIT_NOFILE, (s.descriptors() + more, HARD))


def answers(s):
    try:
        return s.get("/small").status == 200
    except (ConnectionError, EOFError):
        return False


def out_of_descriptors(c, name, root):
    """They are counted when it starts; but what is taken away later, or by others, is missing."""
    with Server(root, "--model", name, "--workers", "1", "--metrics-listen", "0") as s:
        s.get("/small")
        eventually(lambda: s.metrics()["sluice_http_connections_open"] == 0)
        pids = [s.process.pid, *s.children()]
        for pid in pids:
            resource.prlimit(pid, resource.RLIMIT_NOFILE, (5, HARD))
        with s.connect() as one:
            one.settimeout(1)
            one.sendall(request("/small"))
            try:
                got = one.recv(100)
            except (TimeoutError, ConnectionResetError):
                got = b""
            c.check(f"{name}: without descriptors nobody is served", not got.startswith(b"HTTP/1.1 200"), got)
            c.equal(f"{name}: it lives without descriptors", s.process.poll(), None)
            for pid in pids:
                resource.prlimit(pid, resource.RLIMIT_NOFILE, (HARD, HARD))
        c.check(f"{name}: and recovers", eventually(lambda: answers(s)))
        counted = f"{name}: accepting failed meanwhile"
        if name in LOOPS:
            c.check(counted, s.metrics()["sluice_http_accept_failures_total"] > 0, s.metrics())
        else:
            c.skip(counted, "a worker that waits for a connection has the descriptor for it already")


def more_than_descriptors(c, name, root, way):
    """Far more clients than descriptors: idle ones make room, those with answers under way never do."""
    many = 150
    with Server(root, "--model", name, "--workers", "2", "--copy", way, "--metrics-listen", "0",
                listen=["127.0.0.1:0"] * 2, limits={resource.RLIMIT_NOFILE: 100}) as s, contextlib.ExitStack() as held:
        busy = [held.enter_context(s.connect(receive_buffer=1 << 16)) for _ in range(4)]
        for one in busy:
            one.sendall(request("/large"))
        first = [one.recv(12) for one in busy]
        idle, statuses = [], []
        for i in range(many):
            one = held.enter_context(s.connect(s.ports[i % 2]))
            one.sendall(request("/medium"))
            statuses.append(Reader(one).response().status)
            idle.append(one)
        c.equal(f"{name} {way}: all of more clients than descriptors are served", statuses, [200] * many)
        ended = len(select.select(idle, [], [], 1)[0])
        c.check(f"{name} {way}: idle ones have made room", many - 60 < ended < many - 5, ended)
        c.check(f"{name} {way}: the one that was idle for longest is among them", read_all(idle[0]) == b"")
        idle[-1].sendall(request("/small"))
        c.equal(f"{name} {way}: the last one is not", Reader(idle[-1]).response().status, 200)
        for one in busy:
            one.sendall(request("/small", "Connection: close"))
        got = [len(begun + read_all(one)) for begun, one in zip(first, busy)]
        c.check(f"{name} {way}: nor are those that were busy", all(n > LARGE for n in got), got)
        numbers = s.metrics()
        c.check(f"{name} {way}: and nothing failed for lack of them", numbers["sluice_http_accept_failures_total"] == 0 and
                numbers['sluice_http_responses_total{class="5xx"}'] == 0, numbers)


def all_busy(c, name, root, way):
    """None of them is idle: who comes waits in line, and is served when somebody has what he wanted."""
    with Server(root, "--model", name, "--workers", "1", "--copy", way, "--metrics-listen", "0",
                limits={resource.RLIMIT_NOFILE: 48}) as s, contextlib.ExitStack() as held:
        peers = [held.enter_context(s.connect(receive_buffer=1 << 16)) for _ in range(40)]
        for one in peers:
            one.sendall(request("/large", "Connection: close"))
        begun = select.select(peers, [], [], 20)[0]
        c.check(f"{name} {way}: not all begin", 0 < len(begun) < 35, len(begun))
        got = []
        while peers:
            for one in select.select(peers, [], [], 20)[0]:
                peers.remove(one)
                got.append(read_all(one))
            if not got:
                break
        c.check(f"{name} {way}: all that wait are served whole", len(got) == 40 and
                all(g.startswith(b"HTTP/1.1 200") and len(g) > LARGE for g in got), [(g[:12], len(g)) for g in got])
        c.equal(f"{name} {way}: none is turned away", s.metrics()["sluice_http_accept_failures_total"], 0)


def few_descriptors(c, root):
    """Threads that hold a connection each leave none of the descriptors that their files need."""
    few = {resource.RLIMIT_NOFILE: 32}
    got = harness.run([webserver.TOOL, "serve", "http", root, "--model", "threads", "--listen", "0", "--workers", "30"],
                      limits=few, timeout=20)
    c.check("threads: more workers than descriptors are refused", got.rc == 1 and got.err.count(b"\n") == 1 and
            b"30 workers need" in got.err and b"only 32 are allowed" in got.err, got)
    for name in MODELS:
        got = harness.run([webserver.TOOL, "serve", "http", root, "--model", name, "--listen", "0"],
                          limits={resource.RLIMIT_NOFILE: 14}, timeout=20)
        c.check(f"{name}: too few for one client are refused, too", got.rc == 1 and b"only 14 are allowed" in got.err, got)
    for way in ("auto", "splice"):
        with Server(root, "--model", "threads", "--copy", way, limits=few) as s, contextlib.ExitStack() as held:
            # As many as can be connected at once, and each in the midst of an answer.
            peers = [held.enter_context(s.connect(receive_buffer=4096)) for _ in range(20)]
            for one in peers:
                one.sendall(request("/large"))
            busy = [one for one in peers if select.select([one], [], [], 1)[0]]
            c.check(f"threads {way}: by themselves they are as many as there are descriptors for",
                    0 < len(busy) < 20 and all(one.recv(12) == b"HTTP/1.1 200" for one in busy), len(busy))


def out_of_pipes(c, name, root):
    """There is a descriptor for the file, and none for the pipe."""
    with Server(root, "--model", name, "--workers", "1", "--copy", "splice") as s, s.connect() as one:
        reader = Reader(one)
        one.sendall(request("/medium"))
        reader.response()
        time.sleep(0.2)  # until the file is closed
        allow(s, 1)
        one.sendall(request("/medium"))
        c.equal(f"{name}: without a pipe it is 503", reader.response().status, 503)
        allow(s, 10)
        one.sendall(request("/medium"))
        c.equal(f"{name}: and with one it is not", len(reader.response().body), 300_000)


def log_and_metrics(c, name, root, scratch):
    log = f"{scratch}/log-{name}"
    line = r'127\.0\.0\.1 - - \[\d\d/\w{3}/\d{4}:\d\d:\d\d:\d\d \+0000\] "(.*)" (\d{3}) (\d+)'
    with Server(root, "--model", name, "--access-log", log, "--metrics-listen", "0") as s:
        s.get("/small")
        s.get("/nothing")
        s.get("/small", method="HEAD")
        s.raw(b'GET /"\\x HTTP/1.1\r\nHost: \x80"\r\n\r\n')
        os.rename(log, log + ".1")
        s.tell(signal.SIGHUP)
        c.check(f"{name}: the log is opened anew", eventually(lambda: os.path.exists(log)))
        s.get("/small", "Range: bytes=0-1")
        # An answer is counted when it has been sent, which may be after its client has it.
        eventually(lambda: s.metrics()["sluice_http_response_seconds_count"] == 5)
        numbers = s.metrics()
        c.check(f"{name}: metrics", numbers['sluice_http_responses_total{class="2xx"}'] == 3 and
                numbers['sluice_http_responses_total{class="4xx"}'] == 2 and
                numbers["sluice_http_connections_total"] == 5 and
                numbers["sluice_http_response_seconds_count"] == 5, numbers)
        c.equal(f"{name}: only metrics there", s.get("/small", port=s.metrics_port).status, 404)
        s.end()
    text = open(log + ".1").read() + open(log).read()
    entries = [re.fullmatch(line, one) for one in sorted(text.splitlines(), key=lambda one: one.partition('"')[2])]
    if c.check(f"{name}: every line of the log", all(entries) and len(entries) == 5, text):
        c.equal(f"{name}: what it says", [(e[1], e[2]) for e in entries],
                [(r'GET /\"\\x HTTP/1.1', "400"), ("GET /nothing HTTP/1.1", "404"), ("GET /small HTTP/1.1", "200"),
                 ("GET /small HTTP/1.1", "206"), ("HEAD /small HTTP/1.1", "200")])
        c.equal(f"{name}: bytes", [e[3] for e in entries[2:]], ["5", "2", "0"])


def unix_sockets(c, root, scratch):
    path = f"{scratch}/listen"

    def ask():
        with socket.socket(socket.AF_UNIX) as one:
            one.connect(path)
            one.sendall(request("/small"))
            return Reader(one).response().status

    def refused():
        try:
            ask()
        except ConnectionRefusedError:
            return True
        except (EOFError, ConnectionError):
            pass
        return False
    for name in MODELS:
        with Server(root, "--model", name, listen=[f"unix:{path}"]) as s:
            c.equal(f"{name}: a Unix socket", ask(), 200)
            second = harness.run([webserver.TOOL, "serve", "http", root, "--listen", f"unix:{path}"])
            c.check(f"{name}: one that is in use stays", second.rc == 1 and b"in use" in second.err and ask() == 200)
            s.end(signal.SIGKILL)
        # The kernel may hold a ring's files a little longer than its process lives.
        c.check(f"{name}: what a killed one leaves", eventually(refused) and os.path.exists(path))
        with Server(root, "--model", name, listen=[f"unix:{path}"]) as s:
            c.equal(f"{name}: is replaced", ask(), 200)
            s.end()
        c.check(f"{name}: and removed at the end", not os.path.exists(path))
    with harness.hung_owner(path):
        got = harness.run([webserver.TOOL, "serve", "http", root, "--listen", f"unix:{path}"], timeout=20)
        c.check("one whose owner hangs is in use", got.rc == 1 and b"in use" in got.err and os.path.exists(path), got)
    with open(path, "w") as f:
        f.write("mine")
    got = harness.run([webserver.TOOL, "serve", "http", root, "--listen", f"unix:{path}"])
    c.check("a file is not a stale socket", got.rc == 1 and open(path).read() == "mine", got.err)


def uring_denied(c, root, scratch):
    program = os.path.join(scratch, "refuse")
    source = os.path.join(os.path.dirname(os.path.abspath(__file__)), "lib", "refuse_uring.c")
    if harness.run(["cc", "-o", program, source]).rc != 0:
        c.skip("io_uring denied", "no C compiler")
        return
    with Server(root, wrapper=[program, "EPERM"]) as s:
        c.equal("io_uring denied", s.get("/small").status, 200)
    got = harness.run([program, "EPERM", webserver.TOOL, "serve", "http", root, "--listen", "0", "--model", "uring"])
    c.check("io_uring denied and insisted on", got.rc == 1 and got.err, got)


def wrong_options(c, root):
    """Told in one line that names what is wrong and what would be right."""
    here = ["http", root]
    sealed = ["--cert", "x", "--key", "y"]
    for arguments, words in (([*here, "--model", "magic"], "'magic' --model processes, threads, epoll, uring"),
                             ([*here, "--copy", "x"], "'x' --copy auto, rw, mmap, sendfile, splice, zc"),
                             ([*here, "--copy", ""], "'' --copy auto, rw"),
                             ([*here, "--listen", "there"], "'there' address"), ([*here, *sealed[:2]], "--cert --key"),
                             ([*here, *sealed, "--copy", "zc"], "--cert auto rw"), ([*here, "--clients", "0"], "clients"),
                             ([*here, *sealed], "x: No such file"), ([*here, "--access-log", "/nowhere/log"], "/nowhere/log"),
                             (["ftp", root], "'ftp' http"), ([], "http")):
        got = harness.run([webserver.TOOL, "serve", *arguments])
        lines = got.err.decode().removesuffix("\nTry 'sluice serve http --help' for more information.\n")
        line = lines.removesuffix("\n")
        c.check(f"wrong: {' '.join(arguments)}", got.rc in (1, 2) and line.isprintable() and
                line.startswith("sluice serve: ") and all(w in line for w in words.split(" ")), got)


def test(c, scratch):
    webserver.require()
    root = os.path.join(scratch, "site")
    os.mkdir(root)
    for name, size in (("small", 5), ("medium", 300_000), ("large", LARGE)):
        with open(f"{root}/{name}", "wb") as f:
            f.write(b"Z" * size)
    with open(f"{root}/mixed", "wb") as f:
        f.write(mixed())
    patience = ["--header-timeout", "1", "--idle-timeout", "1", "--send-timeout", "1"]
    for name in MODELS:
        with Server(root, "--model", name, "--metrics-listen", "0", *patience) as s:
            slow_clients(c, name, s)
            tiny_buffers(c, name, s)
            vanishing(c, name, s)
            no_leak(c, name, s)
        for part in (stuck_clients, out_of_descriptors, vanishing_midway):
            part(c, name, root)
        if name in LOOPS:
            too_many(c, name, root)
            out_of_pipes(c, name, root)
            for way in ("auto", "splice", "zc"):
                more_than_descriptors(c, name, root, way)
                all_busy(c, name, root, way)
        log_and_metrics(c, name, root, scratch)
    few_descriptors(c, root)
    unix_sockets(c, root, scratch)
    uring_denied(c, root, scratch)
    wrong_options(c, root)


if __name__ == "__main__":
    harness.main(test)

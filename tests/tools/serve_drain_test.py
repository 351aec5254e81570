#!/usr/bin/env python3
"""`sluice serve http` told to end while clients ask, read slowly, or are in the midst of a request."""

import contextlib
import os
import random
import signal
import sys
import threading
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "lib"))
import harness
import webserver
from webserver import MODELS, Reader, Server, eventually, read_all, request

CLIENTS = 24
ROUNDS = 20 if harness.LARGE else 4
SMALL, LARGE = b"small", random.Random(5).randbytes(4 << 20)
# Blocking models have a worker for each client, so that nobody has to leave for another.
ENOUGH = {"uring": "2", "epoll": "2", "threads": str(CLIENTS + 2), "processes": str(CLIENTS + 2)}


def server(root, name, *options):
    return Server(root, "--model", name, "--workers", ENOUGH[name], *options)


def asks(one):
    """Whether it is answered and kept."""
    try:
        one.sendall(request("/small"))
        return "connection" not in Reader(one).response().fields
    except (EOFError, ConnectionError):
        return False


def kept(s, held):
    """Connections that are kept, each of which had its answer. As long as not all processes have begun, some
    have to leave for others."""
    all_of_them = []

    def stay():
        good = [one for one in all_of_them if asks(one)]
        stayed = len(good) == CLIENTS
        more = [held.enter_context(s.connect()) for _ in range(CLIENTS - len(good))]
        all_of_them[:] = good + more
        return stayed
    if not eventually(stay):
        raise RuntimeError("not all clients are kept")
    return all_of_them


def refuses(s):
    try:
        s.connect().close()
        return False
    except ConnectionError:
        return True


def told_to_end(s):
    s.tell(signal.SIGTERM)
    return eventually(lambda: refuses(s))


def last(got, body):
    """An answer after which the connection ends."""
    return got.status == 200 and got.body == body and got.fields.get("connection") == "close"


def ended(one):
    """Whether nothing more comes, and the end not by a reset."""
    return one.recv(1) == b""


def idle_and_busy(c, name, root):
    with server(root, name) as s, s.connect(receive_buffer=4096) as busy, s.connect() as idle:
        idle.sendall(request("/small"))
        Reader(idle).response()
        busy.sendall(request("/large"))
        first = busy.recv(10)
        s.tell(signal.SIGTERM)
        c.check(f"{name}: idle ones end at once", ended(idle))
        c.check(f"{name}: nobody new is accepted", eventually(lambda: refuses(s)))
        got = first + read_all(busy)
        c.check(f"{name}: what is under way ends whole", got.endswith(LARGE), len(got))
        c.equal(f"{name}: then it ends", s.end(), 0)


def came_meanwhile(c, name, root):
    """Requests that nobody has read yet when the signal comes: all are answered, the last one as the last."""
    with server(root, name) as s, s.connect(receive_buffer=4096) as one:
        reader = Reader(one)
        one.sendall(request("/large"))
        reader.got = one.recv(1000)
        one.sendall(request("/small") * 2)
        c.check(f"{name}: it is told to end", told_to_end(s))
        try:
            first = reader.response()
            c.check(f"{name}: an answer that began before is whole, and was to be followed",
                    first.body == LARGE and "connection" not in first.fields, f"{first.fields} {len(first.body)}")
            got = [reader.response().body == SMALL, last(reader.response(), SMALL), ended(one)]
        except (EOFError, ConnectionError) as e:
            got = repr(e)
        c.equal(f"{name}: what came behind it is answered, and the last one said so", got, [True] * 3)
        c.equal(f"{name}: it ends when nothing is under way", s.await_end(), 0)


def all_stopped(s):
    """Its processes stand still, so that what is sent meanwhile comes together with a signal."""
    @contextlib.contextmanager
    def standing():
        pids = [s.process.pid, *s.children()]
        for pid in pids:
            os.kill(pid, signal.SIGSTOP)
        try:
            yield
        finally:
            for pid in reversed(pids):
                os.kill(pid, signal.SIGCONT)
    return standing()


def together_with_the_signal(c, name, root):
    with server(root, name) as s, contextlib.ExitStack() as held:
        clients = kept(s, held)
        with all_stopped(s):
            for one in clients[::2]:
                one.sendall(request("/small"))
            s.tell(signal.SIGTERM)
            time.sleep(0.2)  # whatever looks at the time now and then is due by then
        answers, problems = 0, []
        for one in clients[::2]:
            try:
                got = Reader(one).response()  # the last one, or it was a little earlier than the signal
                answers += got.status == 200 and got.body == SMALL and ended(one)
            except (EOFError, ConnectionError) as e:
                problems.append(repr(e))
        c.check(f"{name}: those who ask when the signal comes have their answer", answers == CLIENTS // 2,
                f"{answers} of {CLIENTS // 2}, {problems[:3]}")
        c.check(f"{name}: and the others an end", all(ended(one) for one in clients[1::2]))
        c.equal(f"{name}: and it ends", s.await_end(), 0)


class Client(threading.Thread):
    """Asks again and again until it is told that it was the last time, or not heard."""

    def __init__(self, one, seed):
        super().__init__(daemon=True)
        self.one, self.random = one, random.Random(seed)
        self.answers = 0
        self.sent = None     # when the request had left which has no answer
        self.problem = None
        self.start()

    def run(self):
        try:
            self.ask(self.one)
        except Exception as e:
            self.problem = repr(e)

    def ask(self, one):
        reader = Reader(one)
        while True:
            self.sent = time.monotonic()
            try:
                one.sendall(request("/small"))
                self.sent = time.monotonic()
                got = reader.response()
            except (EOFError, ConnectionError) as e:
                if reader.got:
                    self.problem = f"part of an answer, then {e!r}"
                return
            self.sent = None
            self.answers += 1
            if got.status != 200 or got.body != SMALL:
                self.problem = f"{got.status} {got.body!r}"
                return
            if got.fields.get("connection") == "close":
                if not ended(one):
                    self.problem = "more after the last answer"
                return
            time.sleep(self.random.uniform(0, 0.002))  # somewhen, not all at once


def around_the_signal(c, name, root):
    lost, problems, statuses, closed = [], [], [], 0
    for n in range(ROUNDS):
        with server(root, name) as s, contextlib.ExitStack() as held:
            clients = [Client(one, n * CLIENTS + i) for i, one in enumerate(kept(s, held))]
            eventually(lambda: all(one.answers > n for one in clients))
            signalled = time.monotonic()
            s.tell(signal.SIGTERM)
            for one in clients:
                one.join(20)
            statuses.append(s.await_end())
        lost += [signalled - one.sent for one in clients if one.sent is not None and one.sent < signalled]
        problems += [one.problem for one in clients if one.problem]
        closed += sum(one.sent is None for one in clients)
    c.check(f"{name}: what was asked before the signal is answered", not lost,
            f"not {len(lost)}, sent {min(lost, default=0) * 1e6:.0f} us before and more")
    c.nothing(f"{name}: answers are whole, and ends are ends", problems)
    c.check(f"{name}: some heard that it was the last time", closed > 0, closed)
    c.equal(f"{name}: it ended each time", statuses, [0] * ROUNDS)


def slow_reader(c, name, root):
    """Much slower than it could be, across the signal, and within the limit."""
    with server(root, name) as s, s.connect(receive_buffer=4096) as one:
        one.sendall(request("/large"))
        got = one.recv(1000)
        c.check(f"{name}: it is told to end amidst an answer", told_to_end(s))
        for _ in range(30):
            got += one.recv(1 << 15)
            time.sleep(0.05)
        c.check(f"{name}: which it waits for", s.process.poll() is None and len(got) < len(LARGE) // 2,
                f"{s.process.poll()}, {len(got)} read")
        got += read_all(one)
        c.check(f"{name}: and a slow client has it whole", got.endswith(LARGE), len(got))
        c.equal(f"{name}: when it has, the server ends", s.await_end(), 0)


def half_a_request(c, name, root):
    """The first half came with a request that was answered, so it was read: it is under way."""
    whole = request("/small")
    half = len(whole) // 2
    with server(root, name, "--header-timeout", "1") as s, contextlib.ExitStack() as held:
        going_on, silent = kept(s, held)[:2]
        readers = [Reader(going_on), Reader(silent)]
        for one in (going_on, silent):
            one.sendall(whole + whole[:half])
        c.check(f"{name}: with half a request", all(r.response().body == SMALL for r in readers))
        began = time.monotonic()
        c.check(f"{name}: it is told to end", told_to_end(s))
        try:
            going_on.sendall(whole[half:])
            got = last(readers[0].response(), SMALL) and ended(going_on)
        except (EOFError, ConnectionError) as e:
            got = repr(e)
        c.equal(f"{name}: the other half is waited for, and answered", got, True)
        c.check(f"{name}: but not for ever", ended(silent) and time.monotonic() - began >= 0.8,
                time.monotonic() - began)
        c.equal(f"{name}: and then it ends", s.await_end(), 0)


def limit(c, name, root):
    """At the limit it is over for all, whatever they are doing."""
    with server(root, name, "--drain-timeout", "1") as s, s.connect(receive_buffer=4096) as slow, s.connect() as half:
        half.sendall(request("/small") + request("/small")[:10])
        c.equal(f"{name}: before the limit", Reader(half).response().status, 200)
        slow.sendall(request("/large"))
        taken = len(slow.recv(1000))
        began = time.monotonic()
        s.tell(signal.SIGTERM)
        while s.process.poll() is None and time.monotonic() - began < 15:
            taken += len(slow.recv(1000))
            time.sleep(0.02)
        seconds = time.monotonic() - began
        c.check(f"{name}: at the limit it ends, and not before", 0.9 <= seconds < 8, f"{seconds:.1f} s")
        c.equal(f"{name}: as it would have without", s.await_end(), 0)
        rest = len(read_all(slow))
        c.check(f"{name}: what was under way is cut off", taken + rest < len(LARGE), f"{taken}, then {rest}")
        c.equal(f"{name}: half a request, too", read_all(half), b"")


def test(c, scratch):
    webserver.require()
    root = os.path.join(scratch, "site")
    os.mkdir(root)
    for name, content in (("small", SMALL), ("large", LARGE)):
        with open(f"{root}/{name}", "wb") as f:
            f.write(content)
    for name in MODELS:
        for part in (idle_and_busy, came_meanwhile, together_with_the_signal, around_the_signal, slow_reader,
                     half_a_request, limit):
            part(c, name, root)


if __name__ == "__main__":
    harness.main(test)

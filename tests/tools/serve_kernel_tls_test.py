#!/usr/bin/env python3
"""`sluice serve http` with TLS and files that go past OpenSSL: refused where the kernel has no TLS; where it has, which
`make test-ktls` sees to, every way, with each cipher, and the ends of connections."""

import fcntl
import os
import re
import socket
import ssl
import struct
import subprocess
import sys
import termios
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "lib"))
import harness
import serve_tls_test
import webserver
from webserver import (MODELS, Held, Reader, Server, eventually, kernel_has_tls, make_certificate, request, sealed,
                       tls_client)

WAYS = ("sendfile", "splice", "mmap")
CLIENT = ("openssl", "s_client", "-tls1_3", "-connect")
COUNTED = "sluice_http_kernel_tls_total"
BODY = bytes(i * 31 + (i >> 9) & 255 for i in range(1_500_000))


def refused(c, root, scratch):
    def said(way):
        got = harness.run([webserver.TOOL, "serve", "http", root, "--listen", "0", "--copy", way,
                           "--cert", f"{scratch}/first.pem", "--key", f"{scratch}/first.key"])
        return got.rc, got.err.decode().splitlines()[0]
    c.equal("zc is refused", said("zc"),
            (2, "sluice serve: with --cert there is no --copy zc, since what is encrypted is a copy anyway: there is "
             "auto and rw, and with the kernel's TLS mmap, sendfile and splice"))
    if not kernel_has_tls():
        for way in WAYS:
            c.equal(f"{way} without TLS in the kernel", said(way), (
                2, "sluice serve: with --cert only --copy auto and --copy rw are possible here: bytes have to be "
                "encrypted first, and this kernel has no TLS of its own (its module tls)"))


def only(cipher):
    """A client of TLS 1.2 that has no other one."""
    context = tls_client(ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_2)
    context.set_ciphers(cipher)
    return context


def whole(one, target="/large", *fields):
    one.sendall(request(target, *fields))
    return Reader(one).response().body


def by_cipher(c, name, s):
    """What the kernel knows goes through it, and nobody is turned away for the others."""
    for cipher, by_kernel in (("ECDHE-ECDSA-AES128-GCM-SHA256", 1), ("ECDHE-ECDSA-AES256-GCM-SHA384", 1),
                              ("ECDHE-ECDSA-CHACHA20-POLY1305", 1), ("ECDHE-ECDSA-AES128-SHA256", 0)):
        before = s.metrics()[COUNTED]
        with sealed(s, only(cipher)) as one:
            got = [whole(one) == BODY, whole(one, "/small"), whole(one) == BODY, one.cipher()[0]]
        c.equal(f"{name}: {cipher}", got, [True, b"hello", True, cipher])
        c.equal(f"{name}: {cipher}: by the kernel", s.metrics()[COUNTED] - before, by_kernel)
    for cipher in ("TLS_AES_128_GCM_SHA256", "TLS_AES_256_GCM_SHA384", "TLS_CHACHA20_POLY1305_SHA256"):
        before = s.metrics()[COUNTED]
        got = subprocess.run([*CLIENT, f"127.0.0.1:{s.port}", "-ciphersuites", cipher, "-quiet"], timeout=60,
                             input=request("/large", "Connection: close"), capture_output=True).stdout
        got = got.partition(b"\r\n\r\n")[2] == BODY, s.metrics()[COUNTED] - before
        c.equal(f"{name}: {cipher}", got, (True, 1))


def nonces(c, name, s):
    """TLS 1.2 with GCM shows in each record the number that must never come again with the same key."""
    one = Held(s, only("ECDHE-ECDSA-AES128-GCM-SHA256"))
    with one:
        for target in ("/none", "/large", "/small", "/large"):
            one.hold(request(target))
            one.send()
            Reader(one).response()
    records, seen, sealed_now = one.records, [], False
    while len(records) >= 13:
        if sealed_now:
            seen.append(records[5:13])
        sealed_now = sealed_now or records[0] == 20
        records = records[5 + int.from_bytes(records[3:5], "big"):]
    c.check(f"{name}: no nonce twice", len(seen) > 180 and len(set(seen)) == len(seen), (len(seen), len(set(seen))))


def requests(c, name, s):
    """Heads alone, parts, errors, and many requests at once, before and behind the kernel's first file."""
    before = s.metrics()[COUNTED]
    with sealed(s) as one:
        reader = Reader(one)
        one.sendall(request("/none") + request("/large", method="HEAD"))
        statuses = [reader.response().status, reader.response("HEAD").status]
        c.equal(f"{name}: without a file, not by the kernel", (statuses, s.metrics()[COUNTED] - before), ([404, 200], 0))
        one.sendall(request("/large", "Range: bytes=10-19,100000-200000") +
                    request("/large", "Range: bytes=-5") + request("/none") + request("/large", method="HEAD") +
                    request("/small") * 20 + request("/large"))
        parts = reader.response()
        c.check(f"{name}: several ranges", parts.status == 206 and BODY[10:20] in parts.body and
                BODY[100000:200001] in parts.body)
        rest = [reader.response("HEAD" if i == 2 else "GET") for i in range(24)]
        c.equal(f"{name}: what follows", [(r.status, r.body) for r in rest[:4]],
                [(206, BODY[-5:]), (404, rest[1].body), (200, b""), (200, b"hello")])
        c.check(f"{name}: and what follows that", rest[-1].body == BODY and all(r.body == b"hello" for r in rest[3:-1]))
    c.equal(f"{name}: then by the kernel", s.metrics()[COUNTED] - before, 1)


def half_closed(c, name, s):
    """The kernel takes no socket whose client has said that it is through."""
    with Held(s) as one:
        one.hold(request("/large"))
        one.hold(request("/small", "Connection: close"))
        one.send()
        one.s.shutdown(socket.SHUT_WR)
        reader = Reader(one)
        got = [reader.response().body == BODY, reader.response().body]
    c.equal(f"{name}: one that has closed its side", got, [True, b"hello"])


def shrinking(c, name, s, root):
    with open(f"{root}/shrinks", "wb") as f:
        f.truncate(64 << 20)
    with sealed(s) as one:
        one.sendall(request("/shrinks") + request("/small"))
        got = len(one.recv(1000))
        os.truncate(f"{root}/shrinks", 100_001)
        try:
            while more := one.recv(1 << 16):
                got += len(more)
        except OSError:
            pass
    c.check(f"{name}: a file that shrinks ends the connection", 0 < got < 64 << 20, got)


def unread(s, one):
    """Bytes of a connection that the server's system has and the client's program has not."""
    waiting = struct.unpack("i", fcntl.ioctl(one, termios.FIONREAD, b"\0" * 4))[0]
    ports = [f"{port:04X}" for port in (s.port, one.getsockname()[1])]
    with open("/proc/net/tcp") as f:
        for fields in map(str.split, f):
            if [end.partition(":")[2] for end in fields[1:3]] == ports:
                return waiting + int(fields[4].partition(":")[0], 16)
    return 0


def slow_ends(c, name, s):
    """The end of an answer finds the system's buffers just full, and its client takes its time: the kernel holds what
    it has encrypted and has no room for, which must not be lost when the connection is closed."""
    def begun(last):
        one = sealed(s)
        one.sendall(request("/huge", f"Range: bytes=0-{last}", "Connection: close"))
        return one
    with begun((64 << 20) - 1) as one:
        eventually(lambda: unread(s, one) == (time.sleep(0.5), unread(s, one))[1] > 0)
        room = unread(s, one)
    step = 8 * 1024    # half a record
    clients = [(size, begun(size - 1)) for size in range(max(room - 24 * step, step), room + 24 * step, step)]
    time.sleep(4)
    bad = []
    for size, one in clients:
        try:
            got = len(Reader(one).response().body)
            if got != size or not serve_tls_test.ends_told(one) is True:
                bad.append((size, got, "or not told"))
        except (EOFError, OSError) as e:
            bad.append((size, repr(e)[:60]))
        one.close()
    c.nothing(f"{name}: {len(clients)} ends around {room} bytes are whole", bad)


def renewed(c, name, s):
    """A client that renews its keys, and asks for ours: before the kernel has them it gets them, and later the end."""
    def said(*steps):
        client = subprocess.Popen([*CLIENT, f"127.0.0.1:{s.port}"], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                  stderr=subprocess.STDOUT)
        os.set_blocking(client.stdout.fileno(), False)
        got = b""
        for step, until in steps:
            client.stdin.write(step)
            client.stdin.flush()
            for _ in range(100):
                got += client.stdout.read() or b""
                if until in got or client.poll() is not None:
                    break
                time.sleep(0.05)
        client.kill()
        client.wait()
        return len(re.findall(rb"HTTP/1\.1 200", got)), BODY[-1000:] in got
    large = request("/large"), BODY[-1000:]
    before = s.metrics()[COUNTED]
    c.equal(f"{name}: keys renewed before a file", said((b"", b"---\n"), (b"K\n", b"KEYUPDATE"), large), (1, True))
    c.equal(f"{name}: then OpenSSL goes on", s.metrics()[COUNTED] - before, 0)
    c.equal(f"{name}: theirs renewed behind one", said((b"", b"---\n"), large, (b"k\n", b"KEYUPDATE"),
                                                       (request("/small"), b"hello")), (2, True))
    c.equal(f"{name}: ours renewed behind one", said((b"", b"---\n"), large, (b"K\n", b"KEYUPDATE"),
                                                     (request("/small"), b"hello")), (1, True))


def test(c, scratch):
    webserver.require()
    root = os.path.join(scratch, "site")
    os.mkdir(root)
    for name, content in (("small", b"hello"), ("large", BODY)):
        with open(f"{root}/{name}", "wb") as f:
            f.write(content)
    with open(f"{root}/huge", "wb") as f:
        f.truncate(64 << 20)
    for name in ("first", "second"):
        make_certificate(scratch, name)
    refused(c, root, scratch)
    if not kernel_has_tls():
        c.skip("the rest", "this kernel has no TLS of its own; make test-ktls")
        return
    for model in MODELS:
        for way in WAYS:
            name = f"{model} {way}"
            with Server(root, "--model", model, "--copy", way, "--cert", f"{scratch}/first.pem",
                        "--key", f"{scratch}/first.key", "--header-timeout", "2", "--metrics-listen", "0") as s:
                s.certificate = f"{scratch}/first.pem"
                serve_tls_test.answers(c, name, s, BODY)
                serve_tls_test.together(c, name, s)
                requests(c, name, s)
                by_cipher(c, name, s)
                half_closed(c, name, s)
                shrinking(c, name, s, root)
                if way == "sendfile":
                    nonces(c, name, s)
                    renewed(c, name, s)
                if way != "mmap" and model in ("uring", "epoll"):
                    slow_ends(c, name, s)
                serve_tls_test.told_to_end(c, name, s, BODY)
                c.nothing(f"{name}: and nothing was said", [l for l in s.said.splitlines() if b" at http" not in l])


if __name__ == "__main__":
    harness.main(test)

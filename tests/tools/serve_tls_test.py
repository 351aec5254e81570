#!/usr/bin/env python3
"""`sluice serve http` with TLS: which versions, its certificate read again, and clients that are slow to agree."""

import os
import shutil
import signal
import ssl
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "lib"))
import harness
import webserver
from webserver import (MODELS, Held, Reader, Server, eventually, make_certificate, read_all, request, sealed,
                       tls_client)


def name_shown(s, scratch):
    """The certificate that the server shows: whose file is it?"""
    with sealed(s) as one:
        shown = one.getpeercert(binary_form=True)
    for name in ("first", "second"):
        with open(f"{scratch}/{name}.pem") as f:
            if ssl.PEM_cert_to_DER_cert(f.read()) == shown:
                return name
    return None


def ends_told(one):
    """Whether nothing more comes, and TLS says so."""
    try:
        return one.recv(1) == b""
    except OSError as e:
        return repr(e)


def answers(c, name, s, body):
    with sealed(s) as one:
        reader = Reader(one)
        for target, want in (("/large", body), ("/small", b"hello"), ("/large", body)):
            one.sendall(request(target))
            c.check(f"{name}: {target}", reader.response().body == want)
        one.sendall(request("/small") * 20)
        c.check(f"{name}: pipelined", [reader.response().body for _ in range(20)] == [b"hello"] * 20)
        one.sendall(request("/large", "Range: bytes=70000-70009", "Connection: close"))
        c.check(f"{name}: a range", reader.response().body == body[70000:70010])
        c.equal(f"{name}: says its end", ends_told(one), True)
    for version, good in ((ssl.TLSVersion.TLSv1, False), (ssl.TLSVersion.TLSv1_1, False),
                          (ssl.TLSVersion.TLSv1_2, True), (ssl.TLSVersion.TLSv1_3, True)):
        try:
            sealed(s, tls_client(version, version)).close()
            got = True
        except (ssl.SSLError, ConnectionError):
            got = False
        c.equal(f"{name}: {version.name}", got, good)
    plain = s.raw(request("/small"))
    c.check(f"{name}: one that speaks plainly", b"hello" not in plain and b"HTTP/1.1 200" not in plain, plain)
    with s.connect() as silent:
        c.equal(f"{name}: one that says nothing", read_all(silent), b"")
    c.equal(f"{name}: and others are served", name_shown(s, os.path.dirname(s.certificate)), "first")


def together(c, name, s):
    """What came with something else waits in no socket any more."""
    def answers(one, requests):
        for _ in range(requests):
            one.hold(request("/small"))
        one.send()
        try:
            reader = Reader(one)
            return [reader.response().body for _ in range(requests)]
        except (EOFError, OSError) as e:
            return e
    with Held(s) as one:
        c.equal(f"{name}: a request with the handshake's end", answers(one, 1), [b"hello"])
    with Held(s) as one:
        one.send()
        c.equal(f"{name}: two records with a request each", answers(one, 2), [b"hello"] * 2)


def reloaded(c, name, s, scratch):
    old = sealed(s)
    for end in ("pem", "key"):
        shutil.copy(f"{scratch}/second.{end}", f"{scratch}/now.{end}")
    s.tell(signal.SIGHUP)
    c.check(f"{name}: the certificate is read again", eventually(
        lambda: all(name_shown(s, scratch) == "second" for _ in range(10))))
    old.sendall(request("/small"))
    c.equal(f"{name}: old connections go on", Reader(old).response().body, b"hello")
    old.close()
    if name == "processes":
        dead = s.children()
        for pid in dead:
            os.kill(pid, signal.SIGKILL)
        eventually(lambda: len(s.children()) == len(dead) and not set(dead) & set(s.children()))
        c.check(f"{name}: those that replace others have it, too", eventually(
            lambda: all(name_shown(s, scratch) == "second" for _ in range(10))))
    with open(f"{scratch}/now.pem", "w") as f:
        f.write("nonsense")
    s.tell(signal.SIGHUP)
    c.check(f"{name}: one that is wrong is told of", eventually(lambda: b"stays" in heard(s)), s.said)
    # One of many processes may have missed the second one in between; it then has the first.
    c.check(f"{name}: and not taken", name_shown(s, scratch) in ("second", "first" if name == "processes" else ""))


def told_to_end(c, name, s, body):
    """SIGTERM while one client is idle, one is in the midst of an answer, one has asked for more behind it."""
    with sealed(s) as idle, sealed(s) as busy, sealed(s) as eager:
        idle.sendall(request("/small"))
        Reader(idle).response()
        readers = []
        for one, requests in ((busy, request("/large")), (eager, request("/large") + request("/small"))):
            one.sendall(requests)
            readers.append(Reader(one))
            readers[-1].got = one.recv(1)
        s.tell(signal.SIGTERM)
        c.equal(f"{name}: told to end: idle ones hear so", ends_told(idle), True)
        got = [reader.response().body == want for reader, want in zip(readers + readers[1:], (body, body, b"hello"))]
        c.equal(f"{name}: told to end: what was asked is answered whole", got, [True] * 3)
        c.equal(f"{name}: told to end: and then TLS ends, too", [ends_told(busy), ends_told(eager)], [True] * 2)
    c.equal(f"{name}: ends by SIGTERM", s.await_end(), 0)


def wrong_files(c, root, scratch):
    with open(f"{scratch}/nonsense", "w") as f:
        f.write("nonsense\n")
    first, second, nonsense = (f"{scratch}/{name}" for name in ("first", "second", "nonsense"))
    for certificate, key, why in ((nonsense, f"{first}.key", f"{nonsense} holds no PEM certificate"),
                                  (f"{first}.key", f"{first}.key", f"{first}.key holds no PEM certificate"),
                                  (f"{first}.pem", nonsense, f"{nonsense} holds no PEM private key"),
                                  (f"{first}.pem", f"{first}.pem", f"{first}.pem holds no PEM private key"),
                                  (f"{first}.pem", f"{scratch}/none", f"{scratch}/none: No such file or directory"),
                                  (f"{first}.pem", f"{second}.key", f"{second}.key is not the key of {first}.pem")):
        got = harness.run([webserver.TOOL, "serve", "http", root, "--listen", "0", "--cert", certificate, "--key", key])
        c.equal(f"wrong: {os.path.basename(certificate)} and {os.path.basename(key)}", (got.rc, got.err.decode()),
                (1, f"sluice serve: {why}\n"))


def heard(s):
    try:
        s._hear(0.05)
    except RuntimeError:
        pass
    return s.said


def test(c, scratch):
    webserver.require()
    root = os.path.join(scratch, "site")
    os.mkdir(root)
    body = bytes(i * 31 & 255 for i in range(1_500_000))
    for name, content in (("small", b"hello"), ("large", body)):
        with open(f"{root}/{name}", "wb") as f:
            f.write(content)
    for name in ("first", "second"):
        make_certificate(scratch, name)
    wrong_files(c, root, scratch)
    for name in MODELS:
        for end in ("pem", "key"):
            shutil.copy(f"{scratch}/first.{end}", f"{scratch}/now.{end}")
        with Server(root, "--model", name, "--cert", f"{scratch}/now.pem", "--key", f"{scratch}/now.key",
                    "--header-timeout", "2") as s:
            s.certificate = f"{scratch}/now.pem"
            answers(c, name, s, body)
            together(c, name, s)
            reloaded(c, name, s, scratch)
            told_to_end(c, name, s, body)


if __name__ == "__main__":
    harness.main(test)

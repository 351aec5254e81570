#!/usr/bin/env python3
"""`sluice serve http`: what it answers, in each model and each way to send files."""

import email.utils
import os
import random
import re
import socket
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "lib"))
import harness
import webserver
from webserver import MODELS, WAYS, Reader, Server, read_all, request

# Around the sizes of buffers, pages and pieces.
SIZES = (0, 1, 1024, 4096, 65000, 65536, 70001, 262144, 1048576, 3_000_001)
LARGE = random.Random(2).randbytes(4 << 20)


def content(size):
    return bytes((i * 7 + (i >> 8) * 13 + (i >> 16)) & 255 for i in range(size))


def make_site(root):
    for size in SIZES:
        with open(f"{root}/f{size}.bin", "wb") as f:
            f.write(content(size))
    with open(f"{root}/large.bin", "wb") as f:
        f.write(LARGE)
    os.makedirs(f"{root}/with/index")
    os.makedirs(f"{root}/bare")
    for name, text in (("with/index.html", "<p>index"), ("page.html", "<p>page"), ("style.css", "a{}"),
                       (".hidden", "secret"), ("bare/a & <b>.txt", "x"), ("bare/.dot", "x")):
        with open(f"{root}/{name}", "w") as f:
            f.write(text)


def files(c, name, s):
    for size in SIZES:
        got = s.get(f"/f{size}.bin")
        c.check(f"{name}: {size} bytes", (got.status, got.body) == (200, content(size)),
                f"{got.status}, {len(got.body)} bytes")
    want = content(3_000_001)
    for field, parts in (("0-0", [(0, 1)]), ("100-70099", [(100, 70000)]), ("-5", [(2999996, 5)]),
                         ("2000000-", [(2000000, 1000001)]), ("1-3000000", [(1, 3000000)])):
        got = s.get("/f3000001.bin", f"Range: bytes={field}")
        begin, size = parts[0]
        c.check(f"{name}: range {field}", got.status == 206 and got.body == want[begin:begin + size] and
                got.fields["content-range"] == f"bytes {begin}-{begin + size - 1}/3000001", got.fields)


def parts_of(c, name, s):
    """Several ranges, as Python's own library takes them apart."""
    whole = content(1048576)
    wanted = [(i * 60000, 10 + i * 3000) for i in range(16)]
    got = s.get("/f1048576.bin", "Range: bytes=" + ", ".join(f"{a}-{a + n - 1}" for a, n in wanted))
    kind = got.fields.get("content-type", "")
    mark = re.fullmatch(r"multipart/byteranges; boundary=(\w+)", kind)
    if not c.check(f"{name}: sixteen ranges", got.status == 206 and mark, f"{got.status} {kind}"):
        return
    pieces = got.body.split(b"--" + mark[1].encode())[1:]
    bodies = [piece.partition(b"\r\n\r\n")[2][:-2] for piece in pieces[:-1]]
    c.check(f"{name}: their bytes", bodies == [whole[a:a + n] for a, n in wanted] and pieces[-1] == b"--\r\n")
    got = s.get("/f1048576.bin", "Range: bytes=" + ", ".join(f"{i * 10}-{i * 10}" for i in range(17)))
    c.check(f"{name}: seventeen ranges are ignored", got.status == 200 and got.body == whole)
    got = s.get("/f1024.bin", "Range: bytes=1024-")
    c.check(f"{name}: none of it is there", got.status == 416 and got.fields["content-range"] == "bytes */1024")


def conditions(c, name, s, root):
    first = s.get("/page.html")
    tag, date = first.fields["etag"], first.fields["last-modified"]
    about = os.stat(f"{root}/page.html")
    c.equal(f"{name}: date", email.utils.parsedate_to_datetime(date).timestamp(), int(about.st_mtime))
    for fields, want in (([f"If-None-Match: {tag}"], 304), (['If-None-Match: "x"'], 200), ([f"If-Match: {tag}"], 200),
                         (['If-Match: "x"'], 412), ([f"If-Modified-Since: {date}"], 304),
                         (["If-Modified-Since: Sun, 06 Nov 1994 08:49:37 GMT"], 200),
                         (["If-Unmodified-Since: Sun, 06 Nov 1994 08:49:37 GMT"], 412),
                         ([f"If-Range: {tag}", "Range: bytes=0-1"], 206), (['If-Range: "x"', "Range: bytes=0-1"], 200)):
        got = s.get("/page.html", *fields)
        c.check(f"{name}: {fields[0].partition(':')[0]} {want}", got.status == want and
                (want != 304 or "content-length" not in got.fields), got.status)
    with open(f"{root}/new", "w") as f:
        f.write("<p>PAGE")  # of the same size
    os.rename(f"{root}/new", f"{root}/page.html")
    got = s.get("/page.html", f"If-None-Match: {tag}")
    c.check(f"{name}: replaced by rename", got.status == 200 and got.body == b"<p>PAGE" and got.fields["etag"] != tag)


def names(c, name, s):
    for target, status, kind in (("/page.html", 200, "text/html; charset=utf-8"),
                                 ("/style.css", 200, "text/css; charset=utf-8"),
                                 ("/with/", 200, "text/html; charset=utf-8"), ("/.hidden", 404, None),
                                 ("/%2ehidden", 404, None), ("/nothing", 404, None), ("/page.html/", 404, None),
                                 ("/bare/", 404, None), ("/page%2Ehtml?query", 200, None), ("/page%2", 400, None),
                                 ("/../../etc/passwd", 400, None), ("page.html", 400, None)):
        got = s.get(target)
        c.check(f"{name}: {target}", got.status == status and kind in (None, got.fields["content-type"]),
                f"{got.status} {got.fields}")
    got = s.get("/bare?a=b")
    c.check(f"{name}: missing slash", got.status == 301 and got.fields["location"] == "/bare/?a=b", got.fields)
    got = s.get("/f1024.bin", method="HEAD")
    c.check(f"{name}: HEAD", got.status == 200 and got.fields["content-length"] == "1024" and got.body == b"")
    got = s.get("/page.html", method="POST")
    c.check(f"{name}: POST", got.status == 405 and got.fields["allow"] == "GET, HEAD", got.status)
    c.equal(f"{name}: an unknown method", s.get("/page.html", method="BREW").status, 501)


def connections(c, name, s):
    with s.connect() as one:
        reader = Reader(one)
        for _ in range(3):
            one.sendall(request("/f1024.bin"))
            got = reader.response()
        c.check(f"{name}: kept alive", got.body == content(1024))
        one.sendall(request("/f1024.bin") + request("/page.html", method="HEAD") + request("/nothing") +
                    request("/f70001.bin"))
        got = [reader.response(m) for m in ("GET", "HEAD", "GET", "GET")]
        c.check(f"{name}: pipelined", [r.status for r in got] == [200, 200, 404, 200] and
                got[3].body == content(70001), [r.status for r in got])
        for byte in request("/f1024.bin"):
            one.sendall(bytes([byte]))
        c.equal(f"{name}: byte by byte", reader.response().status, 200)
        one.sendall(request("/f1024.bin", "X-Long: " + "x" * 9000) + request("/style.css"))
        c.equal(f"{name}: a long head", [reader.response().status, reader.response().status], [200, 200])
        one.sendall(request("/style.css", "Content-Length: 5000") + b"x" * 5000 + request("/f1.bin"))
        c.equal(f"{name}: a body is skipped", [reader.response().body, reader.response().body], [b"a{}", content(1)])
        one.sendall(request("/style.css", version="1.0"))
        c.check(f"{name}: 1.0 is closed", reader.response().fields["connection"] == "close" and one.recv(1) == b"")
    got = s.raw(request("/style.css", "Connection: keep-alive", version="1.0"), half_close=True)
    c.check(f"{name}: 1.0 asks to be kept", b"Connection: keep-alive" in got and got.endswith(b"a{}"), got)
    with s.connect(receive_buffer=1 << 16) as one:
        one.sendall(request("/large.bin", "Connection: close") + request("/f1024.bin") * 200)
        got = read_all(one)
    c.check(f"{name}: the last answer is whole, whatever was sent behind it", got.endswith(LARGE), len(got))
    got = s.raw(request("/style.css", "Transfer-Encoding: chunked", method="GET") + b"5\r\nhello\r\n0\r\n\r\n")
    c.check(f"{name}: a chunked body closes", got.startswith(b"HTTP/1.1 200") and b"Connection: close" in got, got)
    got = s.raw(request("/style.css", "Content-Length: 90000000", "Expect: 100-continue"))
    c.check(f"{name}: a large body closes", got.startswith(b"HTTP/1.1 200") and b"Connection: close" in got, got)


def half_closed(c, name, s):
    """Clients that say at once that they send no more, and read what they asked for."""
    small = content(1024)
    for label, wanted in (("small", [("/f1024.bin", small)]), ("large", [("/large.bin", LARGE)]),
                          ("several", [("/f1024.bin", small), ("/large.bin", LARGE), ("/f0.bin", b""),
                                       ("/nothing", None), ("/large.bin", LARGE), ("/f1024.bin", small)])):
        with s.connect(receive_buffer=1 << 16) as one:
            one.sendall(b"".join(request(target) for target, _ in wanted))
            one.shutdown(socket.SHUT_WR)
            reader, got = Reader(one), []
            try:
                for _, body in wanted:
                    answer = reader.response()
                    got.append((answer.status, answer.body == body))
                got.append(reader.got + one.recv(1))
            except (EOFError, ConnectionError) as e:
                got.append(repr(e)[:80])
            c.equal(f"{name}: half-closed after asking, {label}", got,
                    [(200, True) if body is not None else (404, False) for _, body in wanted] + [b""])


MALFORMED = ((b"GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n", 400),
             (b"GET / HTTP/1.1\r\n\r\n", 400), (b"GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", 400),
             (b"GET  / HTTP/1.1\r\nHost: a\r\n\r\n", 400), (b"\0\1\2\3\r\n\r\n", 400), (b"GET /\r\n\r\n", 400),
             (b"GET / HTTP/1.1\r\nHost: a\r\n folded\r\n\r\n", 400), (b"GET / HTTP/2.0\r\nHost: a\r\n\r\n", 505),
             (b"GET / HTTP/1.1\r\nHost : a\r\n\r\n", 400), (b"GET / HTTP/1.1\nHost: a\n\n", 400),
             (b"GET /" + b"x" * 9000 + b" HTTP/1.1\r\nHost: a\r\n\r\n", 414), (b"GET / HTTP/1.1\r\nA: " + b"b" * 20000, 431),
             (b"GET / HTTP/1.1\r\nHost: a\r\nContent-Length: -1\r\n\r\n", 400), (b"\x16\x03\x01\x02\x00\x01\x00", None),
             (b"GET / HTTP/1.1\r\nHost: a\r\nA: \x00\r\n\r\n", 400), (b"GET / HTTP/1.1\r\nHost: a\r\n", None), (b"", None))


def malformed(c, name, s):
    for data, status in MALFORMED:
        got = s.raw(data, half_close=True)
        ok = got.startswith(f"HTTP/1.1 {status} ".encode()) and b"Connection: close" in got if status else (
            got == b"" or got.startswith(b"HTTP/1.1 4"))
        c.check(f"{name}: {harness.shown(data, 40)}", ok, harness.shown(got, 60))
    c.equal(f"{name}: and it still serves", s.get("/style.css").body, b"a{}")


def listings(c, root):
    with Server(root, "--list", "--hidden") as s:
        got = s.get("/bare/")
        page = got.body.decode()
        c.check("a listing", got.status == 200 and 'href="a%20%26%20%3Cb%3E.txt"' in page and
                "a &amp; &lt;b&gt;.txt" in page and "<b>.txt" not in page and ".dot" in page, page[-600:])
        c.equal("its policy loads nothing", got.fields["content-security-policy"][:18], "default-src 'none'")
        c.equal("hidden names, where asked for", s.get("/.hidden").body, b"secret")
        old = s.raw(request("/bare/", version="1.0"))
        c.check("a listing for 1.0", b"chunked" not in old and old.endswith(b"</html>\n") or b"</html>" in old[-20:])
        c.equal("index.html comes first", s.get("/with/").body, b"<p>index")
    with Server(root, "--list") as s:
        page = s.get("/bare/").body.decode()
        c.check("a listing without hidden names", "txt" in page and ".dot" not in page)
        os.mkdir(f"{root}/many")
        for i in range(3000):
            open(f"{root}/many/file-{i}", "w").close()
        page = s.get("/many/").body.decode()
        c.equal("a long listing", len(re.findall(r'href="file-\d+"', page)), 3000)
        c.check("and nothing left out", "left out" not in page)
        os.mkdir(f"{root}/too-many")
        for i in range(100_007):  # one file by all its names, as far as links go
            if i % 50_000 == 0:
                open(f"{root}/too-many/file-{i}", "w").close()
                first = f"{root}/too-many/file-{i}"
            else:
                os.link(first, f"{root}/too-many/file-{i}")
        page = s.get("/too-many/").body.decode()
        c.equal("what is left out of a listing is told", (len(re.findall(r'href="file-\d+"', page)),
                re.findall(r"shown: (\d+) names", page)), (100_000, ["7"]))


def test(c, scratch):
    webserver.require()
    root = os.path.join(scratch, "site")
    os.mkdir(root)
    make_site(root)
    for model in MODELS:
        with Server(root, "--model", model) as s:
            for part in (files, parts_of, names, connections, malformed):
                part(c, model, s)
            conditions(c, model, s, root)
            c.equal(f"{model}: ends by SIGTERM", s.end(), 0)
        for way in WAYS:
            with Server(root, "--model", model, "--copy", way) as s:
                files(c, f"{model} {way}", s)
                parts_of(c, f"{model} {way}", s)
                half_closed(c, f"{model} {way}", s)
    listings(c, root)


if __name__ == "__main__":
    harness.main(test)
